//! The specification's core scripts, and ours. Every script is a test for x86-64, with optimisation and
//! without. Those of version 2.0, SIMD's and ours are tests for aarch64 too: an emulator takes its time to start, and
//! the others say little else. `cargo run --release -p nanocc-testsuite -- core` runs any of them in any mode.

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use nanocc::options::OptLevel;
use nanocc_testsuite::conformance::{self, Mode, Script};
use nanocc_testsuite::machine::Target;
use std::process::ExitCode;
use std::sync::Arc;

const MODES: [Mode; 3] = [
    Mode {
        target: Target::X86_64,
        level: OptLevel::O2,
    },
    Mode {
        target: Target::X86_64,
        level: OptLevel::O0,
    },
    Mode {
        target: Target::Aarch64,
        level: OptLevel::O2,
    },
];

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
    for script in scripts.into_iter().map(Arc::new) {
        for mode in MODES {
            let emulated = ["2.0/", "simd/", "own/"];
            if mode.target == Target::Aarch64
                && !emulated.iter().any(|e| script.name.starts_with(e))
            {
                continue;
            }
            let script = script.clone();
            let name = format!("{} {} -O{}", script.name, mode.target.name(), mode.level);
            trials.push(Trial::ignorable_test(name, move || check(&script, mode)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn check(script: &Script, mode: Mode) -> Result<Completion, Failed> {
    match mode.available() {
        Err(reason) if !mode.target.required() => return Ok(Completion::ignored_with(reason)),
        Err(reason) => return Err(reason.into()),
        Ok(()) => {}
    }
    let report = conformance::run(script, mode);
    if report.failed + report.skipped > 0 || report.passed == 0 {
        let reasons = report.reasons.join("\n");
        return Err(format!("{}\n{reasons}", report.counts()).into());
    }
    Ok(Completion::Completed)
}
