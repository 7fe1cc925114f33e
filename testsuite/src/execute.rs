//! Running a program with given input and a time limit, and keeping all it says.

use crate::Result;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A program still running after this long hangs. (The suite's longest runs take a second or two.)
const LIMIT: Duration = Duration::from_secs(120);

/// What a program did.
#[derive(Debug, Clone)]
pub struct Executed {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub status: ExitStatus,
}

impl Executed {
    /// The exit status; an error if a signal ended the program.
    pub fn code(&self) -> Result<i32> {
        self.status.code().ok_or_else(|| {
            format!(
                "ended by signal {}; standard error:\n{}",
                self.status.signal().unwrap_or(0),
                String::from_utf8_lossy(&self.stderr)
            )
        })
    }

    /// Standard output as text.
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// Runs `command` with `stdin` on its standard input.
pub fn run(command: &mut Command, stdin: &[u8]) -> Result<Executed> {
    run_within(LIMIT, command, stdin)
}

/// As [`run`], with a time limit of its own.
pub fn run_within(limit: Duration, command: &mut Command, stdin: &[u8]) -> Result<Executed> {
    let what = command.get_program().to_string_lossy().into_owned();
    let command = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let spawned = loop {
        // A program that was written just now is busy while another thread's child, forked at that
        // moment, hasn't begun its own program.
        match command.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(Duration::from_millis(1));
            }
            spawned => break spawned,
        }
    };
    let mut child = spawned.map_err(|error| format!("{what}: {error}"))?;
    let missing = || format!("{what}: a pipe is missing");
    let mut input = child.stdin.take().ok_or_else(missing)?;
    let mut output = child.stdout.take().ok_or_else(missing)?;
    let mut errors = child.stderr.take().ok_or_else(missing)?;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // A program may end without reading its input: then nobody is at the other end.
            let _ = input.write_all(stdin);
        });
        let stdout = scope.spawn(move || read_all(&mut output));
        let stderr = scope.spawn(move || read_all(&mut errors));
        let deadline = Instant::now() + limit;
        let mut pause = Duration::from_micros(200);
        let status = loop {
            match child
                .try_wait()
                .map_err(|error| format!("{what}: {error}"))?
            {
                Some(status) => break Ok(status),
                None if Instant::now() > deadline => {
                    // The readers end with the child, whose pipes close.
                    let _ = child.kill();
                    let _ = child.wait();
                    break Err(format!("{what}: still running after {limit:?}"));
                }
                None => {
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(20));
                }
            }
        };
        let join = |reader: std::thread::ScopedJoinHandle<'_, std::io::Result<Vec<u8>>>| {
            reader
                .join()
                .map_err(|_| format!("{what}: a reader panicked"))?
                .map_err(|error| format!("{what}: {error}"))
        };
        let (stdout, stderr) = (join(stdout)?, join(stderr)?);
        Ok(Executed {
            stdout,
            stderr,
            status: status?,
        })
    })
}

fn read_all(from: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Runs `command` with a terminal for its standard streams, where nothing is typed. What it says, to either
/// stream, is its standard output.
pub fn on_terminal(command: &mut Command) -> Result<Executed> {
    let what = command.get_program().to_string_lossy().into_owned();
    let terminal = Terminal::new()?;
    terminal.give(command)?;
    let child = command
        .spawn()
        .map_err(|error| format!("{what}: {error}"))?;
    let done = child
        .wait_with_output()
        .map_err(|error| format!("{what}: {error}"))?;
    Ok(Executed {
        stdout: terminal.said()?,
        stderr: Vec::new(),
        status: done.status,
    })
}

/// Both ends of a pseudo-terminal that changes nothing of what is said.
pub struct Terminal {
    outer: File,
    inner: File,
}

impl Terminal {
    /// A new one.
    pub fn new() -> Result<Terminal> {
        use std::ptr::{null, null_mut};
        let (mut outer, mut inner) = (-1, -1);
        // SAFETY: both numbers outlive the call, and nothing else is asked for or set.
        let made = unsafe { libc::openpty(&mut outer, &mut inner, null_mut(), null(), null()) };
        if made == -1 {
            return Err(format!("openpty: {}", std::io::Error::last_os_error()));
        }
        // SAFETY: the call has just made both, and nobody else has them.
        let (outer, inner) = unsafe { (File::from_raw_fd(outer), File::from_raw_fd(inner)) };
        let mut settings = std::mem::MaybeUninit::<libc::termios>::zeroed();
        // SAFETY: there is room for the settings, and all zero is a valid value of them.
        unsafe {
            libc::tcgetattr(inner.as_raw_fd(), settings.as_mut_ptr());
            libc::cfmakeraw(settings.as_mut_ptr());
            libc::tcsetattr(inner.as_raw_fd(), libc::TCSANOW, settings.as_ptr());
        }
        Ok(Terminal { outer, inner })
    }

    /// Makes it the standard streams of a program.
    pub fn give(&self, command: &mut Command) -> Result<()> {
        let end = || self.inner.try_clone().map_err(|error| error.to_string());
        command.stdin(end()?).stdout(end()?).stderr(end()?);
        Ok(())
    }

    /// What a program that has ended has said: no more than a terminal keeps, which is some kilobytes.
    pub fn said(mut self) -> Result<Vec<u8>> {
        // A mark of our own after it, so that nobody waits for more.
        const MARK: u8 = 0xff;
        self.inner
            .write_all(&[MARK])
            .map_err(|error| error.to_string())?;
        let mut said = Vec::new();
        while said.last() != Some(&MARK) {
            let mut block = [0; 4096];
            let length = self
                .outer
                .read(&mut block)
                .map_err(|error| error.to_string())?;
            said.extend(&block[..length]);
        }
        said.pop();
        Ok(said)
    }
}
