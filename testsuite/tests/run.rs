//! Runs every case of the examples and of the guests, compiled by nanocc, and compares it with the
//! same component under wasmtime: standard output, standard error, exit status, and for a trap its
//! kind, function and place.
//!
//! A case is compiled for x86-64 with and without optimisation (inlined code and plain code trap in
//! different ways) and for aarch64.

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use nanocc_testsuite::cases::{self, Case};
use nanocc_testsuite::compiler::{Executables, Mode};
use nanocc_testsuite::execute::{self, Executed};
use nanocc_testsuite::machine::Target;
use nanocc_testsuite::oracle::{End, Frame, Oracle, Outcome};
use nanocc_testsuite::trap::{self, Kind};
use nanocc_testsuite::world::World;
use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock};

const MODES: [Mode; 3] = [
    Mode {
        target: Target::X86_64,
        level: "-O2",
    },
    Mode {
        target: Target::X86_64,
        level: "-O0",
    },
    Mode {
        target: Target::Aarch64,
        level: "-O2",
    },
];

/// What all tests share.
struct Shared {
    executables: Executables,
    oracle: Oracle,
    outcomes: Mutex<HashMap<String, Remembered>>,
}

type Remembered = Arc<OnceLock<Result<Outcome, String>>>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let prepared = tempfile::tempdir()
        .map_err(|error| error.to_string())
        .and_then(|folder| Ok((folder, cases::all()?, Oracle::new()?)));
    let (folder, cases, oracle) = match prepared {
        Ok(prepared) => prepared,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    let shared = Arc::new(Shared {
        executables: Executables::new(folder.path()),
        oracle,
        outcomes: Mutex::default(),
    });
    let mut trials = Vec::new();
    for case in cases {
        {
            let (case, shared) = (case.clone(), shared.clone());
            let name = format!("{} oracle", case.name);
            trials.push(Trial::ignorable_test(name, move || {
                if let Some(reason) = case.needs.and_then(|need| need.missing()) {
                    return Ok(Completion::ignored_with(reason));
                }
                agree(&case, &shared).map(|()| Completion::Completed)
            }));
        }
        for mode in MODES {
            let (case, shared) = (case.clone(), shared.clone());
            let name = format!("{} {} {}", case.name, mode.target.name(), mode.level);
            trials.push(Trial::ignorable_test(name, move || {
                check(&case, mode, &shared)
            }));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn check(case: &Case, mode: Mode, shared: &Shared) -> Result<Completion, Failed> {
    match mode.target.can_run() {
        Err(reason) if !mode.target.required() => return Ok(Completion::ignored_with(reason)),
        Err(reason) => return Err(reason.into()),
        Ok(()) => {}
    }
    if let Some(reason) = case.needs.and_then(|need| need.missing()) {
        return Ok(Completion::ignored_with(reason));
    }
    agree(case, shared)?;
    let expected = shared.outcome(case)?;
    let executable = shared.executables.get(&case.input, &case.grants, mode)?;
    let mut command = mode.target.command(&executable);
    let world = World::new(case)?;
    command.current_dir(world.folder());
    command.envs(case.environment.iter().map(|(name, value)| (name, value)));
    command.args(&case.args);
    let done = match case.terminal {
        true => execute::on_terminal(&mut command)?,
        false => execute::run(&mut command, &case.stdin)?,
    };
    let status = done.code()?;
    let expected_status = case.status.unwrap_or(match expected.end {
        End::Status(status) => status,
        End::Trap { .. } => 134,
    });
    if status != expected_status {
        return Err(format!(
            "status {status}, expected {expected_status}; standard error:\n{}",
            done.stderr_text()
        )
        .into());
    }
    let stdout = case.stdout.as_ref().map(String::as_bytes);
    same(
        "standard output",
        &done.stdout,
        stdout.unwrap_or(&expected.stdout),
    )?;
    let stderr = case.stderr.as_ref().map(String::as_bytes);
    let stderr = stderr.unwrap_or(&expected.stderr);
    let traps = match case.oracle_status {
        Some(_) => case.trap.is_some(),
        None => matches!(expected.end, End::Trap { .. }),
    };
    if case.files.is_some() || case.fixture {
        same("what is left", &world.left()?, &expected.left)?;
    }
    if traps {
        check_trap(case, &done, &expected, stderr)?;
    } else {
        same("standard error", &done.stderr, stderr)?;
    }
    Ok(Completion::Completed)
}

/// That the case says what the oracle does: without nanocc, so that a mistake in a case shows as one.
fn agree(case: &Case, shared: &Shared) -> Result<(), Failed> {
    let expected = shared.outcome(case)?;
    let agreed = match (&expected.end, case.trap) {
        _ if case.status.is_none() => true,
        (end, _) if case.oracle_status.is_some() => {
            let status = match end {
                End::Status(status) => *status,
                End::Trap { .. } => nanocc_shim_abi::TRAP_STATUS,
            };
            case.oracle_status == Some(status)
        }
        (End::Status(status), None) => case.status == Some(*status),
        (End::Trap { kind, places, .. }, Some(expected)) => {
            let named = places.first().and_then(|place| place.function.as_ref());
            same_kind(expected, *kind)
                && (case.function.is_none() || named == case.function.as_ref())
        }
        _ => false,
    };
    if agreed {
        Ok(())
    } else {
        Err(format!("the oracle disagrees with the case: {:?}", expected.end).into())
    }
}

/// The program's own words, then the message: the right trap at the right place.
fn check_trap(
    case: &Case,
    done: &Executed,
    expected: &Outcome,
    stderr: &[u8],
) -> Result<(), Failed> {
    let (program, report) = trap::split_report(&done.stderr)?;
    same("standard error before the message", program, stderr)?;
    let (oracles, places, text) = match &expected.end {
        End::Trap { kind, places, text } => (Some(*kind), places.as_slice(), text.as_str()),
        End::Status(_) => (None, &[][..], "no trap"),
    };
    let Some(kind) = case.trap.or(oracles) else {
        return Err("the oracle did not trap".into());
    };
    let complain = |what: &str| -> Result<(), Failed> {
        Err(format!(
            "{what}; expected {kind:?} at {places:?}, component {:?}, got {report:?}; the oracle: {text}",
            case.component
        )
        .into())
    };
    if report.kind != kind {
        return complain("another trap");
    }
    if case.says.as_ref().is_some_and(|says| *says != report.words) {
        return complain("another message");
    }
    if case
        .component
        .as_ref()
        .is_some_and(|path| *path != report.component)
    {
        return complain("another component");
    }
    if case.function.is_some() && case.function != report.function {
        return complain("another function");
    }
    // Where in a recursion the stack ends, and how a boundary is named, is each implementation's own.
    let comparable = !matches!(kind, Kind::Abi | Kind::StackOverflow);
    let same_place = |place: &Frame| {
        place.offset == report.offset
            && (place.function.is_none() || place.function == report.function)
    };
    if comparable && !places.is_empty() && !places.iter().any(same_place) {
        return complain("another place");
    }
    Ok(())
}

/// Whether the oracle's trap is the one the case expects. At a boundary its adapters, being WebAssembly
/// too, may just run out of a memory where the canonical ABI has a trap of its own.
fn same_kind(expected: Kind, oracles: Kind) -> bool {
    oracles == expected || (expected, oracles) == (Kind::Abi, Kind::MemoryOutOfBounds)
}

impl Shared {
    /// What the oracle says of a case: asked once for all modes.
    fn outcome(&self, case: &Case) -> Result<Outcome, String> {
        let remembered = {
            let mut outcomes = self.outcomes.lock().map_err(|error| error.to_string())?;
            outcomes.entry(case.name.clone()).or_default().clone()
        };
        remembered
            .get_or_init(|| {
                let mut outcome = self.oracle.run_case(case)?;
                for difference in &case.differs {
                    let found = difference.replace(&mut outcome.stdout)
                        | difference.replace(&mut outcome.stderr);
                    if !found {
                        return Err(format!("the oracle doesn't print: {}", difference.oracle));
                    }
                }
                Ok(outcome)
            })
            .clone()
    }
}

/// Compares byte strings; a difference is shown where it begins.
fn same(what: &str, actual: &[u8], expected: &[u8]) -> Result<(), Failed> {
    if actual == expected {
        return Ok(());
    }
    if let (Ok(actual), Ok(expected)) = (std::str::from_utf8(actual), std::str::from_utf8(expected))
        && expected.lines().count() > 1
    {
        return Err(format!("{what} differs:{}", lines(actual, expected)).into());
    }
    let at = actual
        .iter()
        .zip(expected)
        .take_while(|(a, b)| a == b)
        .count();
    let from = at.saturating_sub(40);
    let show = |bytes: &[u8]| {
        let end = bytes.len().min(from + 200);
        format!("{:?}", String::from_utf8_lossy(&bytes[from.min(end)..end]))
    };
    Err(format!(
        "{what} differs at byte {at} ({} bytes, expected {}); from byte {from}:\n    got {}\nexpected {}",
        actual.len(),
        expected.len(),
        show(actual),
        show(expected)
    )
    .into())
}

/// The first lines that differ.
fn lines(actual: &str, expected: &str) -> String {
    let (actual, expected): (Vec<_>, Vec<_>) =
        (actual.lines().collect(), expected.lines().collect());
    let cut = |line: Option<&&str>| match line {
        Some(line) => line.chars().take(300).collect(),
        None => "(no more)".to_owned(),
    };
    let mut shown = String::new();
    let differ = (0..actual.len().max(expected.len()))
        .filter(|index| actual.get(*index) != expected.get(*index));
    for index in differ.take(40) {
        let (got, wanted) = (cut(actual.get(index)), cut(expected.get(index)));
        shown += &format!("\nline {}:\n    got {got}\nexpected {wanted}", index + 1);
    }
    if shown.is_empty() {
        shown = " in the ends of lines".to_owned();
    }
    shown
}
