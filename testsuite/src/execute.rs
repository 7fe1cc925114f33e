//! Running a program with given input and a time limit, and keeping all it says.

use crate::Result;
use std::io::{ErrorKind, Read, Write};
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
