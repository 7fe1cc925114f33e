//! A program's memory at the moment it exits.
//!
//! `ru_maxrss` doesn't say: it starts from what the parent had at the fork. The kernel stops a traced
//! program on its way out (`PTRACE_EVENT_EXIT`), while its memory is still there to be asked about.

use nanocc_testsuite::Result;
use std::io::Error;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// Resident memory, in KiB.
#[derive(Debug, Clone, Copy)]
pub struct Resident {
    /// The most there ever was.
    pub peak: u64,
    /// Anonymous memory at exit: what isn't a page of a file.
    pub anonymous: u64,
    /// Page tables at exit.
    pub page_tables: u64,
}

/// Runs `command` with its input, and looks at it when it exits.
pub fn at_exit(command: &mut Command, stdin: std::fs::File) -> Result<Resident> {
    command
        .env_clear()
        .stdin(stdin)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // SAFETY: ptrace(PTRACE_TRACEME) is a bare system call, which is allowed between fork and exec.
    unsafe {
        command.pre_exec(|| match libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) {
            -1 => Err(Error::last_os_error()),
            _ => Ok(()),
        });
    }
    let child = command.spawn().map_err(|error| error.to_string())?;
    let pid = child.id() as libc::pid_t;
    let mut at_exit = None;
    let mut first = true;
    loop {
        let mut status = 0;
        // SAFETY: `status` outlives the call; the child is this function's own.
        if unsafe { libc::waitpid(pid, &mut status, 0) } == -1 {
            return Err(format!("waitpid: {}", Error::last_os_error()));
        }
        if libc::WIFEXITED(status) || libc::WIFSIGNALED(status) {
            return at_exit.ok_or("the program ended unseen".to_owned());
        }
        let mut signal = match libc::WSTOPSIG(status) {
            libc::SIGTRAP => 0,
            other => other,
        };
        if status >> 16 == libc::PTRACE_EVENT_EXIT {
            at_exit = Some(read_status(pid)?);
            signal = 0;
        }
        if std::mem::take(&mut first) {
            // Stopped by its exec.
            // SAFETY: the child is stopped and is this process's tracee.
            let set =
                unsafe { libc::ptrace(libc::PTRACE_SETOPTIONS, pid, 0, libc::PTRACE_O_TRACEEXIT) };
            if set == -1 {
                return Err(format!("ptrace: {}", Error::last_os_error()));
            }
        }
        // SAFETY: as above.
        if unsafe { libc::ptrace(libc::PTRACE_CONT, pid, 0, signal) } == -1 {
            return Err(format!("ptrace: {}", Error::last_os_error()));
        }
    }
}

fn read_status(pid: libc::pid_t) -> Result<Resident> {
    let path = format!("/proc/{pid}/status");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.trim_start_matches(':').trim().strip_suffix(" kB"))
            .and_then(|number| number.parse().ok())
            .ok_or(format!("{path}: no {name}"))
    };
    Ok(Resident {
        peak: field("VmHWM")?,
        anonymous: field("RssAnon")?,
        page_tables: field("VmPTE")?,
    })
}
