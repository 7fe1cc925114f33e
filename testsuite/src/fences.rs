//! Programs that overstep what was granted, for the tests of the fences.
//!
//! A program is compiled with the shim whose own checks are off, and told by its arguments which system calls to make in place of
//! what it is for ([`crate::unchecked`]): what code would do that has taken over the process. So only the kernel stops it.

use crate::Result;
use crate::compiler::Nanocc;
use crate::execute::{self, Executed};
use crate::machine::Target;
use crate::unchecked;
use object::{Object, ObjectSection, ObjectSymbol};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How a program ended that tried something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All of it succeeded.
    Done,
    /// The kernel refused a call with this error.
    Refused(i32),
    /// The kernel ended the process for a call.
    Killed,
}

/// The end of a program that was started with `--attempt`.
///
/// # Errors
///
/// If it ended otherwise.
pub fn end(done: &Executed) -> Result<End> {
    match (done.status.code(), done.status.signal()) {
        (Some(0), _) => Ok(End::Done),
        // What the shell uses for programs that can't run, and nanocc's for traps, are no errors of these calls.
        (Some(error @ (1..=125 | 127..=133)), _) => Ok(End::Refused(error)),
        (None, Some(libc::SIGSYS)) => Ok(End::Killed),
        _ => Err(format!(
            "ended with {}: {}",
            done.status,
            done.stderr_text()
        )),
    }
}

/// A system call: its number and its arguments, in the words of `runtime-shim/src/attempt.rs`.
pub fn call(number: i64, arguments: &[&str]) -> Vec<String> {
    let arguments = arguments.iter().map(|argument| (*argument).to_owned());
    std::iter::once(number.to_string())
        .chain(arguments)
        .collect()
}

/// Calls, one after the other.
pub fn calls(calls: &[Vec<String>]) -> Vec<String> {
    calls.join(&"--".to_owned())
}

/// A program with the unchecked shim.
#[derive(Debug, Clone)]
pub struct Intruder {
    path: PathBuf,
    target: Target,
}

impl Intruder {
    /// Compiles `input` with these options to `output`.
    pub fn new(input: &Path, options: &[&str], target: Target, output: &Path) -> Result<Intruder> {
        let (variable, shim) = unchecked::shim(target)?;
        let nanocc = Nanocc::new(input)
            .target(target)
            .args(options)
            .output(output);
        let done = execute::run(nanocc.command()?.env(variable, shim), b"")?;
        if done.code()? != 0 {
            return Err(format!("{options:?}: {}", done.stderr_text()));
        }
        Ok(Intruder {
            path: output.to_path_buf(),
            target,
        })
    }

    /// The program, to be run.
    pub fn command(&self) -> Command {
        self.target.command(&self.path)
    }

    /// Lets it make these calls.
    pub fn attempt(&self, calls: &[String]) -> Result<End> {
        end(&execute::run(
            self.command().arg("--attempt").args(calls),
            b"",
        )?)
    }
}

/// The seccomp filter of an executable that has its symbols, as the kernel reads it.
pub fn filter(executable: &Path) -> Result<Vec<u8>> {
    let bytes = crate::read(executable)?;
    let file = object::File::parse(&bytes[..]).map_err(|error| error.to_string())?;
    let fence = file
        .symbols()
        .find(|symbol| symbol.name() == Ok(nanocc_shim_abi::compiled::FENCE))
        .ok_or_else(|| format!("{} has no fence", executable.display()))?;
    let filter = file.sections().find_map(|section| {
        let start = fence.address().checked_sub(section.address())? as usize;
        let fence = section.data().ok()?.get(start..)?;
        let count = u32::from_le_bytes(*fence.first_chunk()?);
        let header = size_of::<nanocc_shim_abi::Fence>();
        fence.get(header..)?.get(..count as usize * 8)
    });
    filter
        .map(<[u8]>::to_vec)
        .ok_or_else(|| format!("{}: the fence isn't in a section", executable.display()))
}
