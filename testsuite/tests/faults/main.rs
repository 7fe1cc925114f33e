//! What goes wrong around a program: full disks, pipes that nobody reads, signals without end, descriptors that are closed, don't block
//! or are all used up. What has to hold: no byte is lost that the program was told is written, and no signal ends it.
//!
//! The guests (`guests/faults`) say on standard error how many bytes they were told are written, and with what it ended.

mod connections;
mod files;
mod sockets;
mod streams;

use nanocc_testsuite::compiler::{Executables, Mode};
use nanocc_testsuite::machine::Target;
use nanocc_testsuite::{Result, ports, repository, watch};
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, LazyLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

static EXECUTABLES: LazyLock<(tempfile::TempDir, Executables)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let executables = Executables::new(folder.path());
    (folder, executables)
});

/// WASI 0.2 by Rust's library, and preview 1 by C's.
const GUESTS: [&str; 2] = ["program", "preview1"];

/// The guest's executable for this machine, with words.
fn guest(name: &str, words: &[&str]) -> Result<Command> {
    guest_for(Target::X86_64, name, words)
}

fn guest_for(target: Target, name: &str, words: &[&str]) -> Result<Command> {
    let input = repository().join(format!("testsuite/guests/faults/deps/faults/{name}.wasm"));
    let level = "-O2";
    let mut command = target.command(&EXECUTABLES.1.get(&input, &[], Mode { target, level })?);
    command.args(words).stdin(Stdio::null());
    Ok(command)
}

/// The targets that can be run here.
fn targets() -> Result<Vec<Target>> {
    let mut all = Vec::new();
    for target in Target::ALL {
        match target.can_run() {
            Ok(()) => all.push(target),
            Err(reason) if !target.required() => eprintln!("{} left out: {reason}", target.name()),
            Err(reason) => return Err(reason),
        }
    }
    Ok(all)
}

fn pattern(range: std::ops::Range<u64>) -> Vec<u8> {
    range
        .map(|i| (i.wrapping_mul(167) + i / 256) as u8)
        .collect()
}

/// How a guest has ended.
#[derive(Debug)]
struct End {
    status: i32,
    /// Its report: how many bytes it was told are written.
    count: u64,
    /// With what it ended, empty if with nothing.
    error: String,
}

/// What a guest said last.
fn end(status: std::process::ExitStatus, stderr: &[u8]) -> Result<End> {
    let said = String::from_utf8_lossy(stderr);
    let status = status
        .code()
        .ok_or_else(|| format!("ended by signal {:?}: {said}", status.signal()))?;
    let report = said.lines().last().unwrap_or_default();
    let (count, error) = report.split_once(": ").unwrap_or((report, ""));
    let count = count.split(' ').nth(1).and_then(|count| count.parse().ok());
    let count = count.ok_or_else(|| format!("status {status}, and no report: {said}"))?;
    Ok(End {
        status,
        count,
        error: error.to_owned(),
    })
}

fn spawn(command: &mut Command) -> Result<Child> {
    loop {
        match command.spawn() {
            // Another thread's child has the file open for writing until it executes its own program.
            Err(error) if error.raw_os_error() == Some(libc::ETXTBSY) => {
                thread::sleep(Duration::from_millis(1))
            }
            other => return other.map_err(|error| error.to_string()),
        }
    }
}

/// Waits for a guest whose standard error is a pipe.
fn finish(mut child: Child) -> Result<End> {
    let mut stderr = Vec::new();
    let mut pipe = child.stderr.take().ok_or("no standard error")?;
    pipe.read_to_end(&mut stderr)
        .map_err(|error| error.to_string())?;
    end(child.wait().map_err(|error| error.to_string())?, &stderr)
}

/// The status of a guest that reports an error: WASI 0.2 has one, preview 1 as many as there are.
fn failed(name: &str) -> i32 {
    if name == "program" { 1 } else { 3 }
}

/// Runs a guest with this standard output.
fn run_to(mut command: Command, stdout: impl Into<Stdio>) -> Result<End> {
    finish(spawn(command.stdout(stdout).stderr(Stdio::piped()))?)
}

fn limited(command: &mut Command, resource: libc::__rlimit_resource_t, most: u64) -> &mut Command {
    let limit = libc::rlimit {
        rlim_cur: most,
        rlim_max: most,
    };
    // SAFETY: `setrlimit` may be called between fork and exec; it reads the structure.
    unsafe {
        command.pre_exec(move || match libc::setrlimit(resource, &limit) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        })
    }
}

/// Whoever started the tests may have left descriptors open that the tests' children would have too.
fn leave_none_over(command: &mut Command) {
    // SAFETY: the calls may be made between fork and exec; they touch no memory.
    unsafe {
        command.pre_exec(|| {
            if libc::close_range(3, u32::MAX, libc::CLOSE_RANGE_CLOEXEC as i32) != 0 {
                // Linux 5.10 has the call, but not this flag.
                for descriptor in 3..4096 {
                    libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC);
                }
            }
            Ok(())
        });
    }
}

/// That what is there is the pattern, and not less of it than was reported.
fn nothing_is_lost(got: &[u8], end: &End) {
    assert!(
        got.len() as u64 >= end.count,
        "{} bytes are there, {end:?}",
        got.len()
    );
    assert!(
        got == pattern(0..got.len() as u64),
        "other bytes than were written"
    );
}

/// A pipe, or a pair of sockets: to read from, to write to. Whoever gets one end in a child doesn't get the other.
fn pipe(flags: i32) -> (OwnedFd, OwnedFd) {
    let mut ends = [0; 2];
    // SAFETY: the kernel writes two descriptors.
    assert_eq!(
        unsafe { libc::pipe2(ends.as_mut_ptr(), flags | libc::O_CLOEXEC) },
        0
    );
    // SAFETY: they are ours.
    ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) }).into()
}

fn sockets(flags: i32) -> (OwnedFd, OwnedFd) {
    let mut ends = [0; 2];
    let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | flags;
    // SAFETY: the kernel writes two descriptors.
    assert_eq!(
        unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, ends.as_mut_ptr()) },
        0
    );
    // SAFETY: they are ours.
    ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) }).into()
}

/// How much is copied.
const SIZE: u64 = 3_000_000;

/// Waits until the shim is ready, and SIGPIPE doesn't end the program any more, or until it has ended.
fn ready(process: u32) {
    let ready = |status: &watch::Status| {
        status.has_signal("SigIgn", libc::SIGPIPE) || status.state() == 'Z'
    };
    watch::process(process, ready).expect("the program to begin");
}

/// Sends signals until it is stopped, as often as it can. There were some when this returns.
fn storm(process: i32, signals: &'static [i32], pause: Duration) -> Box<dyn FnOnce()> {
    ready(process as u32);
    let (began, begun) = mpsc::channel();
    let over = Arc::new(AtomicBool::new(false));
    let told = over.clone();
    let sender = thread::spawn(move || {
        let mut count = 0u32;
        while !told.load(SeqCst) {
            for &signal in signals {
                // SAFETY: the process is our child, which nobody has waited for yet.
                unsafe { libc::kill(process, signal) };
                count += 1;
                if count == 10 {
                    let _ = began.send(());
                }
                if !pause.is_zero() {
                    thread::sleep(pause);
                }
            }
        }
        // SAFETY: as above.
        unsafe { libc::kill(process, libc::SIGCONT) };
    });
    begun.recv().expect("the storm");
    Box::new(move || {
        over.store(true, SeqCst);
        sender.join().expect("the storm");
    })
}
