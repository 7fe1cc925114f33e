//! The specification's core scripts, and ours: every script is a test, with and without optimisation.
//! `cargo run --release -p nanocc-testsuite -- core` runs the same, and for aarch64.

use libtest_mimic::{Arguments, Failed, Trial};
use nanocc::options::OptLevel;
use nanocc_testsuite::conformance::{self, Mode};
use nanocc_testsuite::machine::Target;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let scripts = match conformance::scripts() {
        Ok(scripts) => scripts,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let mut trials = Vec::new();
    for script in scripts {
        let script = Arc::new(script);
        for level in [OptLevel::O2, OptLevel::O0] {
            let script = script.clone();
            let target = Target::X86_64;
            let name = format!("{} {} -O{level}", script.name, target.name());
            let test = move || -> Result<(), Failed> {
                let mode = Mode { target, level };
                mode.available()?;
                let report = conformance::run(&script, mode);
                if report.failed + report.skipped > 0 || report.passed == 0 {
                    let reasons = report.reasons.join("\n");
                    return Err(format!("{}\n{reasons}", report.counts()).into());
                }
                Ok(())
            };
            trials.push(Trial::test(name, test));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
