//! Scripts of components: ours, and where they are the component model's own. Every script is a test for x86-64, with
//! optimisation and without, and for aarch64. `cargo run --release -p nanocc-testsuite -- wast` runs any of them in
//! any mode.

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use nanocc::options::OptLevel;
use nanocc_testsuite::conformance::{self, Mode, Script};
use nanocc_testsuite::corpora;
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

/// What a script of the component model's may be skipped for: features that nanocc names and doesn't compile. (Scripts
/// have no handles: a function that returns one can't be called.)
const SKIPS: &[&str] = &[
    "not supported: asynchronous functions",
    "(asynchronous components)",
    "(threads of asynchronous components)",
    "not supported: the value type `map`",
    "holds resources, whose handles only a component instance can have",
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    let own = conformance::own_component_scripts();
    let corpus = corpora::folder(corpora::COMPONENT_MODEL);
    let theirs = match &corpus {
        Ok(folder) => conformance::scripts_at(folder),
        Err(reason) => {
            let reason = reason.clone();
            let absent = move || Ok(Completion::ignored_with(reason));
            trials.push(Trial::ignorable_test("corpus", absent));
            Ok(Vec::new())
        }
    };
    for (origin, scripts) in [("own", own), ("official", theirs)] {
        let scripts = match scripts {
            Ok(scripts) => scripts,
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        };
        let skips = if origin == "own" { &[] } else { SKIPS };
        for script in scripts.into_iter().map(Arc::new) {
            for mode in MODES {
                let script = script.clone();
                let (target, level) = (mode.target.name(), mode.level);
                let name = format!("{origin}/{} {target} -O{level}", script.name);
                let check = move || check(&script, mode, skips);
                trials.push(Trial::ignorable_test(name, check));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn check(script: &Script, mode: Mode, skips: &[&str]) -> Result<Completion, Failed> {
    match mode.available() {
        Err(reason) if !mode.target.required() => return Ok(Completion::ignored_with(reason)),
        Err(reason) => return Err(reason.into()),
        Ok(()) => {}
    }
    let report = conformance::run(script, mode);
    let known = |reason: &&String| skips.iter().any(|skip| reason.contains(skip));
    let unknown = report
        .reasons
        .iter()
        .filter(|reason| !known(reason))
        .count();
    if report.failed > 0 || unknown > 0 || report.passed + report.skipped == 0 {
        let reasons = report.reasons.join("\n");
        return Err(format!("{}\n{reasons}", report.counts()).into());
    }
    Ok(Completion::Completed)
}
