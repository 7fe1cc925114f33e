//! The time from spawning a program to its exit.
//!
//! `posix_spawn` is a `vfork` inside: what it costs doesn't depend on how large this process is.

use nanocc_testsuite::Result;
use std::ffi::CString;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// A command line made ready for spawning, its standard output and error thrown away.
pub struct Program {
    arguments: Vec<CString>,
    null: OwnedFd,
    stdin: CString,
    status: i32,
}

impl Program {
    /// The program at `path` with `args`. It reads the file `stdin`, and has to end with `status`.
    pub fn new(path: &Path, args: &[String], stdin: &Path, status: i32) -> Result<Program> {
        let null = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/null")
            .map_err(|error| format!("/dev/null: {error}"))?;
        let words = std::iter::once(path.as_os_str().as_bytes())
            .chain(args.iter().map(|arg| arg.as_bytes()));
        let arguments = words
            .map(CString::new)
            .collect::<std::result::Result<_, _>>()
            .map_err(|error| error.to_string())?;
        Ok(Program {
            arguments,
            null: null.into(),
            stdin: CString::new(stdin.as_os_str().as_bytes()).map_err(|error| error.to_string())?,
            status,
        })
    }

    /// Runs it once, in an empty environment: the time from spawn to exit.
    pub fn time(&self) -> Result<Duration> {
        self.run().map(|spent| spent.wall)
    }

    /// Runs it once, in an empty environment.
    pub fn run(&self) -> Result<Spent> {
        let program = self.arguments.first().ok_or("no program")?;
        let mut argv: Vec<*mut libc::c_char> = self
            .arguments
            .iter()
            .map(|word| word.as_ptr().cast_mut())
            .collect();
        argv.push(std::ptr::null_mut());
        let environment = [std::ptr::null_mut()];
        let mut actions = Actions::new()?;
        actions.open(&self.stdin, 0)?;
        for descriptor in 1..3 {
            actions.duplicate(&self.null, descriptor)?;
        }
        let mut pid = 0;
        let mut status = 0;
        let start = Instant::now();
        // SAFETY: `argv` and `environment` end with null and their strings, the path and the actions
        // live until after the call.
        let spawned = unsafe {
            libc::posix_spawn(
                &mut pid,
                program.as_ptr(),
                &actions.0,
                std::ptr::null(),
                argv.as_ptr(),
                environment.as_ptr(),
            )
        };
        if spawned != 0 {
            let error = std::io::Error::from_raw_os_error(spawned);
            return Err(format!("{}: {error}", program.to_string_lossy()));
        }
        let mut usage = std::mem::MaybeUninit::uninit();
        // SAFETY: `status` and `usage` outlive the call; the child is this function's own.
        let waited = unsafe { libc::wait4(pid, &mut status, 0, usage.as_mut_ptr()) };
        let wall = start.elapsed();
        if waited != pid || !libc::WIFEXITED(status) || libc::WEXITSTATUS(status) != self.status {
            return Err(format!(
                "{}: wait status {status:#x}",
                program.to_string_lossy()
            ));
        }
        // SAFETY: wait4 has filled it in, since it gave the child back.
        let usage: libc::rusage = unsafe { usage.assume_init() };
        let duration = |time: libc::timeval| {
            Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64)
        };
        Ok(Spent {
            wall,
            cpu: duration(usage.ru_utime) + duration(usage.ru_stime),
            peak: usage.ru_maxrss as u64,
        })
    }
}

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    /// From spawn to exit.
    pub wall: Duration,
    /// Of all threads, the kernel's work for them included.
    pub cpu: Duration,
    /// The most memory there ever was, in KiB; at least what the spawning program has.
    pub peak: u64,
}

/// What a child does with its descriptors before it becomes the program.
struct Actions(libc::posix_spawn_file_actions_t);

impl Actions {
    fn new() -> Result<Actions> {
        let mut actions = std::mem::MaybeUninit::uninit();
        // SAFETY: init fills in the structure, or says that it didn't.
        match unsafe { libc::posix_spawn_file_actions_init(actions.as_mut_ptr()) } {
            // SAFETY: it is filled in.
            0 => Ok(Actions(unsafe { actions.assume_init() })),
            error => Err(std::io::Error::from_raw_os_error(error).to_string()),
        }
    }

    fn open(&mut self, path: &CString, to: i32) -> Result<()> {
        // SAFETY: the structure has been initialised; `path` lives as long as the `Program`, which
        // outlives these actions.
        match unsafe {
            libc::posix_spawn_file_actions_addopen(
                &mut self.0,
                to,
                path.as_ptr(),
                libc::O_RDONLY,
                0,
            )
        } {
            0 => Ok(()),
            error => Err(std::io::Error::from_raw_os_error(error).to_string()),
        }
    }

    fn duplicate(&mut self, from: &OwnedFd, to: i32) -> Result<()> {
        // SAFETY: the structure has been initialised.
        match unsafe { libc::posix_spawn_file_actions_adddup2(&mut self.0, from.as_raw_fd(), to) } {
            0 => Ok(()),
            error => Err(std::io::Error::from_raw_os_error(error).to_string()),
        }
    }
}

impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: the structure has been initialised, and is not used again.
        unsafe { libc::posix_spawn_file_actions_destroy(&mut self.0) };
    }
}
