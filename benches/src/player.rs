//! Programs that obey requests on their standard input and time their own loops, so that several of them
//! take turns on one machine. `guests/copies.wat` says what requests and replies are.

use nanocc_testsuite::Result;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What a program says of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    pub nanoseconds: u64,
    pub sum: u64,
    pub digest: u64,
}

/// A program that obeys requests.
pub struct Player {
    pub name: &'static str,
    child: Child,
    requests: Option<ChildStdin>,
    replies: ChildStdout,
}

impl Player {
    /// Starts it.
    pub fn start(name: &'static str, command: &mut Command) -> Result<Player> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{name}: {error}"))?;
        let missing = || format!("{name}: a pipe is missing");
        Ok(Player {
            name,
            requests: Some(child.stdin.take().ok_or_else(missing)?),
            replies: child.stdout.take().ok_or_else(missing)?,
            child,
        })
    }

    fn request(&mut self, numbers: [u32; 3], data: &[u8]) -> Result<()> {
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
        bytes.extend(data);
        let pipe = self.requests.as_mut().ok_or("the program has ended")?;
        pipe.write_all(&bytes)
            .map_err(|error| format!("{}: {error}", self.name))
    }

    /// What the turns from now on move.
    pub fn keep(&mut self, data: &[u8]) -> Result<()> {
        self.request([0, data.len() as u32, 0], data)
    }

    /// Has it do `rounds` rounds of an operation.
    pub fn turn(&mut self, operation: u32, bytes: u32, rounds: u32) -> Result<Reply> {
        self.request([operation, bytes, rounds], &[])?;
        let mut reply = [0; 24];
        self.replies
            .read_exact(&mut reply)
            .map_err(|error| format!("{}: {error}", self.name))?;
        let mut numbers = reply
            .as_chunks::<8>()
            .0
            .iter()
            .map(|bytes| u64::from_le_bytes(*bytes));
        let mut number = || numbers.next().unwrap_or_default();
        Ok(Reply {
            nanoseconds: number(),
            sum: number(),
            digest: number(),
        })
    }

    /// Ends it.
    pub fn finish(mut self) -> Result<()> {
        drop(self.requests.take());
        let status = self.child.wait().map_err(|error| error.to_string())?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("{}: {status}", self.name))
        }
    }
}

impl Drop for Player {
    /// An error leaves programs that wait for requests: the end of the input ends them.
    fn drop(&mut self) {
        drop(self.requests.take());
        let _ = self.child.wait();
    }
}
