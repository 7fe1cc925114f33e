//! A connection: requests one after the other, each answered before the next is looked at.

use crate::answer::{self, Asked};
use wasip2::clocks::monotonic_clock::{self, Instant};
use wasip2::io::poll::Pollable;
use wasip2::io::streams::{InputStream, OutputStream, StreamError};
use wasip2::sockets::tcp::{ShutdownType, TcpSocket};

/// How much is asked of the socket at once.
const PIECE: u64 = 16 << 10;

/// How long a connection may rest before it is closed, in nanoseconds.
const PATIENCE: u64 = 10_000_000_000;

/// Dropped in this order: what one is waited for by, then the streams, then the socket.
pub struct Connection {
    readable: Pollable,
    writable: Pollable,
    input: InputStream,
    output: OutputStream,
    socket: TcpSocket,
    /// Of the requests, what isn't answered.
    received: Vec<u8>,
    /// Of the answer, what isn't sent.
    to_send: Vec<u8>,
    state: State,
    /// When it has rested for too long.
    until: Instant,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Open,
    /// Nothing more is answered when all is sent.
    Last,
    /// All is sent, and said to be all. What still comes in is thrown away: closing a socket that has bytes to read would
    /// make the other side lose the answer.
    Closing,
    Ended,
}

impl Connection {
    pub fn new(socket: TcpSocket, input: InputStream, output: OutputStream) -> Connection {
        Connection {
            readable: input.subscribe(),
            writable: output.subscribe(),
            input,
            output,
            socket,
            received: Vec::new(),
            to_send: Vec::new(),
            state: State::Open,
            until: monotonic_clock::now() + PATIENCE,
        }
    }

    /// While an answer is on its way nothing more is read, so who doesn't read answers can't fill memory with them.
    pub fn waits_for(&self) -> &Pollable {
        if self.to_send.is_empty() { &self.readable } else { &self.writable }
    }

    pub fn ended(&self) -> bool {
        self.state == State::Ended
    }

    pub fn until(&self) -> Instant {
        self.until
    }

    /// Reads or writes what can be without waiting.
    pub fn proceed(&mut self) {
        if self.state != State::Closing {
            self.until = monotonic_clock::now() + PATIENCE;
        }
        let done = if self.to_send.is_empty() { self.receive() } else { self.send() };
        if done.is_err() {
            self.state = State::Ended;
        }
    }

    fn receive(&mut self) -> Result<(), StreamError> {
        let bytes = self.input.read(PIECE)?;
        if self.state == State::Closing {
            return Ok(());
        }
        self.received.extend(bytes);
        self.answer();
        self.send()
    }

    fn send(&mut self) -> Result<(), StreamError> {
        while !self.to_send.is_empty() {
            let space = usize::try_from(self.output.check_write()?).unwrap_or(usize::MAX);
            if space == 0 {
                return Ok(());
            }
            let length = space.min(self.to_send.len());
            self.output.write(&self.to_send[..length])?;
            self.to_send.drain(..length);
            if self.to_send.is_empty() && self.state == State::Open {
                self.answer();
            }
        }
        if self.state == State::Last {
            let said = self.socket.shutdown(ShutdownType::Send);
            self.state = if said.is_ok() { State::Closing } else { State::Ended };
        }
        Ok(())
    }

    /// Answers the first request that was received, if all of it was.
    fn answer(&mut self) {
        match answer::first(&self.received) {
            Asked::NothingYet => {}
            Asked::Answered { length, answer, last } => {
                self.received.drain(..length);
                self.to_send = answer;
                if last {
                    self.state = State::Last;
                }
            }
        }
    }
}
