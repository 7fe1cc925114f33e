//! `nanocc run`: compiles, and executes what was compiled.
//!
//! The executable is a file in memory that no folder holds, so nothing is left behind however the program ends.
//! It takes this process's place: standard streams, environment, signals, exit status are the program's own, with
//! nobody between it and who called. Its name for itself is the input's file name, as under `wasmtime run`.
//!
//! With `--invoke` it can't: the program is one that calls a function, and what that returns is text only here. So the program
//! is a child process, which writes its result to a pipe, and this process ends as the child does.

use crate::Compilation;
use crate::cli::args::RunArgs;
use crate::cli::output::reason;
use crate::cli::progress::Terminal;
use crate::cli::report::{Failure, Style};
use nanocc::invoke::Returned;
use nanocc::options::{Emit, Progress, Target};
use rustix::fs::{MemfdFlags, memfd_create};
use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Instant;

/// Compiles the program and becomes it; returns only where that can't be done.
pub fn run(args: RunArgs, style: Style, terminal: &Terminal) -> Result<(), Failure> {
    let mut program = args.program.into_iter();
    let input = PathBuf::from(program.next().unwrap_or_default());
    let compilation = Compilation::new(&input, args.common, style, terminal)?;
    runs_here(&compilation.target, &input)?;
    let unopened = |error: io::Error| failure(&input, &error);
    let result = match args.invoke {
        Some(call) => Some((call, Channel::open().map_err(unopened)?)),
        None => None,
    };
    let call = result
        .as_ref()
        .map(|(call, channel)| (call.as_str(), channel.descriptor()));
    let compiled = compilation.compile(vec![Emit::Exe], true, &[], call)?;

    let write = Instant::now();
    let bytes = compiled.output.product(Emit::Exe).unwrap_or_default();
    let name = input.file_name().unwrap_or(input.as_os_str());
    let failed = |error: io::Error| failure(&input, &error);
    let file = in_memory(bytes).map_err(failed)?;
    compiled.show_timings(write.elapsed());
    terminal.note(format_args!("executing {} bytes", bytes.len()));

    // Closed by the execution, which has found the file by then.
    let mut command = Command::new(format!("/proc/self/fd/{}", file.as_raw_fd()));
    command.arg0(name).args(program);
    match (result, &compiled.returned) {
        (Some((_, channel)), Some(returned)) => {
            let (status, memory) = channel.run(&mut command).map_err(failed)?;
            report(&input, status, returned, &memory)
        }
        _ => Err(failed(command.exec())),
    }
}

/// Ends as the program did; before that, prints the result if it got that far.
fn report(
    input: &Path,
    status: ExitStatus,
    returned: &Returned,
    memory: &[u8],
) -> Result<(), Failure> {
    // A program that ends itself, successfully or not, has returned nothing.
    if status.success() && !memory.is_empty() {
        let compile = |error| Failure::Compile {
            input: input.to_owned(),
            error: Box::new(error),
        };
        let text = returned.text(memory).map_err(compile)?;
        let mut stdout = io::stdout().lock();
        let written = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
        return written.map_err(|error| Failure::Message {
            message: format!("can't write the result: {}", reason(&error)),
            help: None,
        });
    }
    // Killed by a signal: what shells make of that.
    let signal = || 128 + status.signal().unwrap_or(0);
    std::process::exit(status.code().unwrap_or_else(signal))
}

/// The way of a result from the program to this process.
struct Channel {
    reader: PipeReader,
    writer: PipeWriter,
}

impl Channel {
    /// A pipe whose end for writing programs inherit.
    fn open() -> io::Result<Channel> {
        let (reader, writer) = io::pipe()?;
        rustix::io::fcntl_setfd(&writer, rustix::io::FdFlags::empty())?;
        Ok(Channel { reader, writer })
    }

    /// The number that the end for writing has, there as here.
    fn descriptor(&self) -> i32 {
        self.writer.as_raw_fd()
    }

    /// Runs a program to its end, and reads what it writes.
    fn run(self, command: &mut Command) -> io::Result<(ExitStatus, Vec<u8>)> {
        let mut child = command.spawn()?;
        drop(self.writer);
        let (mut reader, mut memory) = (self.reader, Vec::new());
        reader.read_to_end(&mut memory)?;
        Ok((child.wait()?, memory))
    }
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
