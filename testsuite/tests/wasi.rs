//! The programs of `testsuite/guests/wasi`, compiled with what they are granted, against wasmtime's own
//! implementation of WASI.

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use nanocc_testsuite::machine::Target;
use nanocc_testsuite::oracle::Oracle;
use nanocc_testsuite::wasi::{self, Program, Ran};
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock};

type Remembered = Arc<OnceLock<Result<Ran, String>>>;

/// What all tests share.
struct Shared {
    scratch: PathBuf,
    oracle: Oracle,
    expected: Mutex<HashMap<String, Remembered>>,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let prepared = tempfile::tempdir()
        .map_err(|error| error.to_string())
        .and_then(|folder| Ok((folder, wasi::programs()?, Oracle::new()?)));
    let (folder, programs, oracle) = match prepared {
        Ok(prepared) => prepared,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    let shared = Arc::new(Shared {
        scratch: folder.path().to_path_buf(),
        oracle,
        expected: Mutex::default(),
    });
    let mut trials = Vec::new();
    for program in programs {
        for target in Target::ALL {
            let (program, shared) = (program.clone(), shared.clone());
            let name = format!("{} {}", program.name, target.name());
            trials.push(Trial::ignorable_test(name, move || {
                check(&program, target, &shared)
            }));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn check(program: &Program, target: Target, shared: &Shared) -> Result<Completion, Failed> {
    match target.can_run() {
        Err(reason) if !target.required() => return Ok(Completion::ignored_with(reason)),
        Err(reason) => return Err(reason.into()),
        Ok(()) => {}
    }
    if let Some(reason) = program.needs.and_then(|need| need.missing()) {
        return Ok(Completion::ignored_with(reason));
    }
    let expected = shared.expected(program)?;
    let ours = program.run(target, &shared.scratch)?;
    wasi::compare(&ours, &expected)?;
    Ok(Completion::Completed)
}

impl Shared {
    /// What has to be: asked once for all targets.
    fn expected(&self, program: &Program) -> Result<Ran, String> {
        let remembered = {
            let mut all = self.expected.lock().map_err(|error| error.to_string())?;
            all.entry(program.name.clone()).or_default().clone()
        };
        remembered
            .get_or_init(|| program.expected(&self.oracle, &self.scratch))
            .clone()
    }
}
