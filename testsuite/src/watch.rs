//! What a running program has come to, so that a test goes on when it has and not after some time: on a busy machine any time is too
//! short.

use crate::{Result, read_text};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// Who isn't there after this long hangs.
const LIMIT: Duration = Duration::from_secs(120);

/// Looks again and again until something holds.
///
/// # Errors
///
/// What `look` says: at once where it fails, and what is still missing (`Ok(Some(_))`) where that takes too long.
pub fn until(mut look: impl FnMut() -> Result<Option<String>>) -> Result<()> {
    let begin = Instant::now();
    while let Some(missing) = look()? {
        if begin.elapsed() > LIMIT {
            return Err(missing);
        }
        thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// What the kernel tells of a process that runs, or has ended and wasn't waited for.
#[derive(Debug)]
pub struct Status(String);

impl Status {
    /// Of the process with this number.
    pub fn of(process: u32) -> Result<Status> {
        read_text(Path::new(&format!("/proc/{process}/status"))).map(Status)
    }

    /// A field, by its name.
    pub fn field(&self, name: &str) -> &str {
        let line = |line: &str| line.strip_prefix(name)?.strip_prefix(':').map(str::len);
        let found = self.0.lines().find_map(|l| Some((l, line(l)?)));
        found.map_or("", |(line, length)| line[line.len() - length..].trim())
    }

    /// `R` for running, `S` for waiting, `T` for stopped, `Z` for ended.
    pub fn state(&self) -> char {
        self.field("State").chars().next().unwrap_or('?')
    }

    /// Whether the signal is in a field of signals: `SigCgt` (handled), `SigIgn` (ignored).
    pub fn has_signal(&self, field: &str, signal: i32) -> bool {
        let mask = u64::from_str_radix(self.field(field), 16).unwrap_or(0);
        mask >> (signal - 1) & 1 == 1
    }
}

/// Waits until the process's status is as wanted.
///
/// # Errors
///
/// If the process has ended, and that isn't wanted.
pub fn process(process: u32, wanted: impl Fn(&Status) -> bool) -> Result<()> {
    until(|| {
        let status = Status::of(process)?;
        match (wanted(&status), status.state()) {
            (true, _) => Ok(None),
            (false, 'Z') => Err(format!("it has ended: {status:?}")),
            (false, _) => Ok(Some(format!("not as wanted: {status:?}"))),
        }
    })
}

/// Waits until nothing more can be written to a pipe or socket.
pub fn full(writer: BorrowedFd) -> Result<()> {
    until(|| {
        let mut polled = libc::pollfd {
            fd: writer.as_raw_fd(),
            events: libc::POLLOUT,
            revents: 0,
        };
        // SAFETY: one structure.
        let ready = unsafe { libc::poll(&mut polled, 1, 0) };
        Ok((ready != 0).then(|| "there is still room".to_owned()))
    })
}

/// Waits until a child has ended, and leaves it to be waited for.
pub fn ended(child: u32) -> Result<()> {
    process(child, |status| status.state() == 'Z')
}
