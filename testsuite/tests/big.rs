//! The big components (`testsuite/big`): compiled, executed, and compared with what the same component does
//! under wasmtime. One that hasn't been made is reported as ignored, or as failed if `NANOCC_TEST_REQUIRE` names it.

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use nanocc_testsuite::big::{self, Big};
use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::execute;
use nanocc_testsuite::machine::Target;
use nanocc_testsuite::oracle::{End, Oracle, Outcome};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Compilations of megabytes, by a compiler that isn't optimised, on a machine that does other things too.
const LIMIT: Duration = Duration::from_secs(900);

/// A component and what the oracle says about it, which its tests share.
struct Subject {
    big: Big,
    outcome: OnceLock<Result<Outcome, String>>,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let (all, oracle) = match prepare() {
        Ok(prepared) => prepared,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    let oracle = Arc::new(oracle);
    let mut trials = Vec::new();
    for big in all {
        let subject = Arc::new(Subject {
            big,
            outcome: OnceLock::new(),
        });
        for &target in subject.big.targets {
            let (subject, oracle) = (subject.clone(), oracle.clone());
            let name = format!("{} {} -O2", subject.big.name, target.name());
            trials.push(Trial::ignorable_test(name, move || {
                check(&subject, target, &oracle)
            }));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn prepare() -> nanocc_testsuite::Result<(Vec<Big>, Oracle)> {
    let mut all = big::all()?;
    all.extend(big::compositions()?);
    let oracle = Oracle::with_packages(big::by_name(&big::packages()?))?;
    Ok((all, oracle))
}

fn check(subject: &Subject, target: Target, oracle: &Oracle) -> Result<Completion, Failed> {
    let big = &subject.big;
    let missing = big.missing();
    if !missing.is_empty() {
        let reason = format!(
            "testsuite/big/make.sh {} has not been run",
            missing.join(" ")
        );
        if big.required() {
            return Err(reason.into());
        }
        return Ok(Completion::ignored_with(reason));
    }
    match target.can_run() {
        Err(reason) if !target.required() => return Ok(Completion::ignored_with(reason)),
        Err(reason) => return Err(reason.into()),
        Ok(()) => {}
    }
    let stdin = big.stdin()?;
    let expected = subject
        .outcome
        .get_or_init(|| oracle.run(&big.oracle, &[], &stdin))
        .as_ref()?;
    let End::Status(status) = expected.end else {
        return Err(format!("the oracle ends with {:?}", expected.end).into());
    };
    // A program that did nothing would agree with one that does nothing.
    if expected.stdout.len() < 500 {
        return Err("the oracle says too little for a comparison to mean anything".into());
    }

    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let executable = folder.path().join("executable");
    let mut compile = Nanocc::new(&big.path)
        .target(target)
        .args(&["-O2"])
        .args(big.options)
        .output(&executable);
    for package in &big.packages {
        let option = format!("--dep={}={}", package.name, package.path.display());
        compile = compile.arg(option);
    }
    let mut compile = compile.command()?;
    let compiled = execute::run_within(LIMIT, &mut compile, b"")?;
    if compiled.code()? != 0 || !compiled.stderr.is_empty() {
        return Err(format!("nanocc says:\n{}", compiled.stderr_text()).into());
    }
    let done = execute::run_within(LIMIT, &mut target.command(&executable), &stdin)?;
    let (got, stderr) = (done.code()?, done.stderr_text());
    if got != status {
        return Err(format!("status {got}, expected {status}; standard error:\n{stderr}").into());
    }
    if done.stderr != expected.stderr {
        let expected = String::from_utf8_lossy(&expected.stderr);
        return Err(format!("standard error:\n{stderr}\nexpected:\n{expected}").into());
    }
    if done.stdout != expected.stdout {
        let expected = String::from_utf8_lossy(&expected.stdout);
        return Err(format!(
            "standard output:\n{}\nexpected:\n{expected}",
            done.stdout_text()
        )
        .into());
    }
    Ok(Completion::Completed)
}
