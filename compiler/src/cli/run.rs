//! `nanocc run`: compiles, and executes what was compiled.
//!
//! The executable is a file in memory that no folder holds, so nothing is left behind however the program ends.
//! It takes this process's place: standard streams, environment, signals, exit status are the program's own, with
//! nobody between it and who called. Its name for itself is the input's file name, as under `wasmtime run`.

use crate::Compilation;
use crate::cli::args::RunArgs;
use crate::cli::output::reason;
use crate::cli::progress::Terminal;
use crate::cli::report::{Failure, Style};
use nanocc::options::{Emit, Progress, Target};
use rustix::fs::{MemfdFlags, memfd_create};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Compiles the program and becomes it; returns only where that can't be done.
pub fn run(args: RunArgs, style: Style, terminal: &Terminal) -> Result<(), Failure> {
    let mut program = args.program.into_iter();
    let input = PathBuf::from(program.next().unwrap_or_default());
    let compilation = Compilation::new(&input, args.common, style, terminal)?;
    runs_here(&compilation.target, &input)?;
    let compiled = compilation.compile(vec![Emit::Exe], true, &[])?;

    let write = Instant::now();
    let bytes = compiled.output.product(Emit::Exe).unwrap_or_default();
    let name = input.file_name().unwrap_or(input.as_os_str());
    let failed = |error: io::Error| failure(&input, &error);
    let file = in_memory(bytes).map_err(failed)?;
    compiled.show_timings(write.elapsed());
    terminal.note(format_args!("executing {} bytes", bytes.len()));

    // Closed by the execution, which has found the file by then.
    let error = Command::new(format!("/proc/self/fd/{}", file.as_raw_fd()))
        .arg0(name)
        .args(program)
        .exec();
    Err(failed(error))
}

/// An executable file that exists only as long as somebody has it open.
fn in_memory(bytes: &[u8]) -> io::Result<File> {
    let file = memfd_create("nanocc run", MemfdFlags::CLOEXEC)?;
    let mut file = File::from(file);
    file.write_all(bytes)?;
    Ok(file)
}

/// Refuses a target that isn't this machine, before compiling.
fn runs_here(target: &Target, input: &Path) -> Result<(), Failure> {
    if Target::host().is_ok_and(|host| host.machine == target.machine) {
        return Ok(());
    }
    Err(Failure::Message {
        message: format!("a program for {target} doesn't run on this machine"),
        help: Some(format!(
            "compile it to a file, `nanocc {} --target {target} -o FILE`, and run that where it belongs",
            input.display()
        )),
    })
}

fn failure(input: &Path, error: &io::Error) -> Failure {
    Failure::Message {
        message: format!("can't execute what was compiled: {}", reason(error)),
        help: Some(format!(
            "compile it to a file, `nanocc {} -o FILE`, and run that",
            input.display()
        )),
    }
}
