//! WAC's own cases, where they are: each is a test of nanocc's first stage.
//! `cargo run --release -p nanocc-testsuite -- wac PATH...` runs them too.

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use nanocc_testsuite::{corpora, wac};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let cases = match corpora::folder(corpora::WAC) {
        Ok(folder) => wac::cases(&folder),
        Err(reason) => {
            let absent = move || Ok(Completion::ignored_with(reason));
            let trials = vec![Trial::ignorable_test("corpus", absent)];
            return libtest_mimic::run(&arguments, trials).exit_code();
        }
    };
    let cases = match cases {
        Ok(cases) if !cases.is_empty() => cases,
        Ok(_) => {
            eprintln!("the corpus has no cases");
            return ExitCode::FAILURE;
        }
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let trials = cases
        .into_iter()
        .map(|case| Trial::ignorable_test(case.name.clone(), move || check(&case)))
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn check(case: &wac::Case) -> Result<Completion, Failed> {
    let report = wac::run(case);
    let reasons = report.reasons.join("\n");
    if report.failed > 0 {
        return Err(reasons.into());
    }
    if report.skipped > 0 {
        return Ok(Completion::ignored_with(reasons));
    }
    Ok(Completion::Completed)
}
