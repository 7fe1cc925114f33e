//! The streams of a connection.
//!
//! # The problem
//!
//! `check-write` says how many bytes `write` takes without blocking. No number that the kernel tells is one: what it charges for a byte depends on
//! how it is cut into packets, and on how much memory all sockets have. Bytes that `write` has taken may not be lost, and a
//! peer that doesn't read may not stop the program in `write`.
//!
//! # The way
//!
//! While the kernel says that there is room, [`PERMIT`] bytes are permitted. What of them it doesn't take in the end is kept here, in a buffer that is mapped
//! when that happens for the first time; nothing is permitted until the buffer is empty again. What is kept goes out whenever the
//! program waits for anything (`poll::work`), asks about the stream, drops it, or ends. Only a trap loses it.
//!
//! # The end
//!
//! Dropping a stream doesn't wait: one peer that doesn't read would stop a server that has a thousand others. As after `close`, what was written goes on
//! its way: the stream stays a user of the socket until nothing is kept. Ending the program does wait, since nobody else would send it. Neither is
//! without an end, or peers that take nothing would keep descriptors, and the process: the kernel gives a connection up whose
//! peer has taken nothing for as long as [`AFTER_DROP`] or [`AT_END`] (`TCP_USER_TIMEOUT`).
//!
//! An error that is found while nobody asks about the stream is told by the stream's next operation.

use core::cell::Cell;
use linux_raw_sys::net::SHUT_WR;
use rustix::io::Errno;

use super::super::kernel;
use super::{SOCKETS, Socket, change, release, retain, shut};
use crate::host::io::poll::{self, Background, Event, Other, Waits};
use crate::host::io::streams::{Input, Output, Sink, Source};
use crate::host::open::File;
use crate::host::transfer::{self, Direction};
use crate::memory;
use crate::sys::{self, SingleThread, call};
use crate::trap::out_of_memory;

/// Bytes that are permitted at a time.
const PERMIT: usize = 65536;

/// How many milliseconds a peer may take nothing when the stream was dropped.
const AFTER_DROP: u32 = 60_000;

/// The same when the program ends.
const AT_END: u32 = 10_000;

/// What was written and isn't the kernel's yet.
#[derive(Clone, Copy)]
pub struct Pending {
    /// The buffer's address, or 0 as long as there is none.
    buffer: usize,
    /// What is kept, of the buffer: from, to.
    start: u32,
    end: u32,
    /// While something is kept: the index of the next socket with such bytes plus 1, or 0.
    next: u32,
    /// What keeping on failed with, until it is told.
    failed: Option<Errno>,
    /// The kernel has been told that nothing follows.
    closed: bool,
    /// The stream was dropped, and is a user of the socket for as long as something is kept.
    orphaned: bool,
}

impl Pending {
    /// Nothing.
    pub const NONE: Pending = Pending {
        buffer: 0,
        start: 0,
        end: 0,
        next: 0,
        failed: None,
        closed: false,
        orphaned: false,
    };

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// How many bytes are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.bytes().len()
    }

    /// The bytes.
    fn bytes(&self) -> &[u8] {
        if self.is_empty() {
            return &[];
        }
        let start = core::ptr::with_exposed_provenance::<u8>(self.buffer + self.start as usize);
        // SAFETY: these have been kept in the buffer.
        unsafe { core::slice::from_raw_parts(start, (self.end - self.start) as usize) }
    }

    /// Whether so many bytes more can be kept.
    fn has_room(&self, len: usize) -> bool {
        (self.end - self.start) as usize + len <= PERMIT
    }

    /// Keeps bytes behind those that are kept. There is room.
    fn keep(&mut self, bytes: &[u8]) {
        if self.buffer == 0 {
            let Some(at) = memory::map(PERMIT) else {
                out_of_memory()
            };
            self.buffer = at.expose_provenance();
        }
        let at = core::ptr::with_exposed_provenance_mut::<u8>(self.buffer);
        let (start, kept) = (self.start as usize, (self.end - self.start) as usize);
        let len = bytes.len().min(PERMIT - kept);
        // SAFETY: the buffer is `PERMIT` long and this socket's alone; what is kept lies in it, and both together fit.
        unsafe {
            core::ptr::copy(at.wrapping_add(start), at, kept);
            core::ptr::copy_nonoverlapping(bytes.as_ptr(), at.wrapping_add(kept), len);
        }
        (self.start, self.end) = (0, (kept + len) as u32);
    }

    /// The end of the buffer, in which nothing is kept.
    pub fn free(&mut self) {
        if self.buffer != 0 {
            let at = core::ptr::with_exposed_provenance_mut::<u8>(self.buffer);
            // SAFETY: mapped in `keep` with this length; the socket ends.
            unsafe { memory::unmap(at, PERMIT) };
            self.buffer = 0;
        }
    }
}

/// The first socket that keeps bytes, plus 1, or 0.
static FIRST: SingleThread<Cell<u32>> = SingleThread(Cell::new(0));

/// The sockets that keep bytes. What is said of one isn't read before the next is asked for.
fn keeping() -> impl Iterator<Item = u32> {
    let mut at = FIRST.0.get();
    core::iter::from_fn(move || {
        let index = at.checked_sub(1)?;
        at = SOCKETS.0.get(index).pending.next;
        Some(index)
    })
}

/// Takes a socket that keeps nothing any more out of the list.
fn leave(index: u32, next: u32) {
    let mut before = None;
    let mut at = FIRST.0.get();
    while at != index + 1 {
        let Some(other) = at.checked_sub(1) else {
            return;
        };
        before = Some(other);
        at = SOCKETS.0.get(other).pending.next;
    }
    match before {
        None => FIRST.0.set(next),
        Some(other) => change(other, |socket| socket.pending.next = next),
    }
}

static BACKGROUND: Background = Background {
    count: || keeping().count(),
    files: |add| keeping().for_each(|index| add(SOCKETS.0.get(index).file)),
    advance: push_all,
};

/// Gives the kernel what it takes of all that is kept.
fn push_all() {
    let mut at = FIRST.0.get();
    while let Some(index) = at.checked_sub(1) {
        // Before it may have left the list.
        at = SOCKETS.0.get(index).pending.next;
        advance(index);
    }
}

/// Gives the kernel what it takes of what a socket keeps. What this fails with is the stream's to tell; a stream that was dropped
/// ends with what is kept.
pub(super) fn advance(index: u32) {
    let ends = change(index, |socket| {
        if let Err(errno) = socket.push(index) {
            socket.pending.failed = Some(errno);
        }
        let ends = socket.pending.orphaned && socket.pending.is_empty();
        socket.pending.orphaned &= !ends;
        ends
    });
    if ends {
        release(index);
    }
}

/// Has the kernel give the connection up when its peer takes nothing for so many milliseconds. Where it can't, it is waited for.
fn give_up_after(file: File, milliseconds: u32) {
    let _ = kernel::set(file, call::set_user_timeout, milliseconds);
}

/// Waits until the kernel has all that a socket keeps; what others keep goes on meanwhile.
fn settle(index: u32) -> Result<(), Errno> {
    loop {
        let kept = change(index, |socket| {
            socket.failure()?;
            socket.push(index)?;
            Ok(!socket.pending.is_empty())
        });
        if !kept? {
            return Ok(());
        }
        poll::wait(Event::File(SOCKETS.0.get(index).file, Direction::Out));
    }
}

/// The same of all sockets, at the end: nobody is there to be told.
pub(super) fn settle_all() {
    keeping().for_each(|index| give_up_after(SOCKETS.0.get(index).file, AT_END));
    while let Some(index) = FIRST.0.get().checked_sub(1) {
        // Waiting gives the kernel what any of them keeps.
        poll::wait(Event::File(SOCKETS.0.get(index).file, Direction::Out));
        push_all();
    }
}

impl Socket {
    /// Gives the kernel what is kept, as far as it takes it; and then the end, if nothing is to follow.
    pub(super) fn push(&mut self, index: u32) -> Result<(), Errno> {
        let mut result = Ok(());
        if !self.pending.is_empty() {
            while !self.pending.is_empty() {
                match self.told(kernel::send(self.file, self.pending.bytes(), None)) {
                    Ok(sent) => self.pending.start += sent as u32,
                    Err(Errno::AGAIN) => return Ok(()),
                    // Nobody will ever have it.
                    Err(errno) => {
                        self.pending.start = self.pending.end;
                        result = Err(errno);
                    }
                }
            }
            leave(index, self.pending.next);
            self.pending.next = 0;
        }
        if self.write_ended && !self.pending.closed {
            self.pending.closed = true;
            shut(self.file, SHUT_WR);
        }
        result
    }

    /// What has failed, if that isn't told yet.
    fn failure(&mut self) -> Result<(), Errno> {
        match self.pending.failed.take() {
            None => Ok(()),
            Some(errno) => Err(errno),
        }
    }

    fn permit(&mut self, index: u32) -> Result<u32, Errno> {
        self.failure()?;
        self.push(index)?;
        if !self.pending.is_empty() {
            return Ok(0);
        }
        if self.write_ended {
            return Err(Errno::PIPE);
        }
        let ready = transfer::is_ready(self.file.descriptor(), Direction::Out);
        Ok(if ready { PERMIT as u32 } else { 0 })
    }

    /// What sending has given. The kernel tells of a connection's end once: whoever reads has to be told too, to whom it would
    /// be as if the peer had said all that it had to say.
    fn told(&mut self, result: Result<usize, Errno>) -> Result<usize, Errno> {
        if let Err(errno) = result
            && errno != Errno::AGAIN
            && errno != Errno::PIPE
        {
            self.broken = Some(errno);
        }
        result
    }

    pub(super) fn write(&mut self, index: u32, mut bytes: &[u8]) -> Result<(), Errno> {
        self.failure()?;
        if self.write_ended {
            return Err(Errno::PIPE);
        }
        if !self.pending.is_empty() {
            self.pending.keep(bytes);
            return Ok(());
        }
        while !bytes.is_empty() {
            match self.told(kernel::send(self.file, bytes, None)) {
                Ok(sent) => bytes = bytes.get(sent..).unwrap_or_default(),
                Err(Errno::AGAIN) => {
                    self.pending.keep(bytes);
                    self.pending.next = FIRST.0.replace(index + 1);
                    poll::work(&BACKGROUND);
                    crate::start::before_end(settle_all);
                    break;
                }
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }
}

/// Waiting until something can be written: what is kept goes first.
static WRITABLE: Other = Other {
    waits: |index| {
        let socket = SOCKETS.0.get(index);
        let pending = &socket.pending;
        Waits {
            now: pending.failed.is_some() || socket.write_ended && pending.is_empty(),
            files: [Some((socket.file, Direction::Out)), None],
            time: None,
        }
    },
    advance: |index| {
        let kept = !SOCKETS.0.get(index).pending.is_empty();
        advance(index);
        let Socket { file, pending, .. } = SOCKETS.0.get(index);
        pending.failed.is_some()
            || !kept
            || pending.is_empty() && transfer::is_ready(file.descriptor(), Direction::Out)
    },
    retain,
    release,
};

fn index(position: u64) -> u32 {
    position as u32
}

/// What is written to a connection.
pub static OUTPUT: Output = Output {
    permit: |sink| {
        let index = index(sink.position);
        change(index, |socket| socket.permit(index))
    },
    write: |sink, bytes| {
        let index = index(sink.position);
        // What was permitted together can be kept together: more is for a function that blocks.
        if !SOCKETS.0.get(index).pending.has_room(bytes.len()) {
            settle(index)?;
        }
        change(index, |socket| socket.write(index, bytes))
    },
    flush: |sink, block| {
        let index = index(sink.position);
        if block {
            settle(index)?;
        }
        change(index, |socket| {
            socket.failure()?;
            socket.push(index)?;
            if socket.write_ended && socket.pending.is_empty() {
                return Err(Errno::PIPE);
            }
            Ok(())
        })
    },
    splice: None,
    event: |sink: &Sink| Event::Other(&WRITABLE, index(sink.position)),
    drop: |sink| {
        let index = index(sink.position);
        let socket = SOCKETS.0.get(index);
        if socket.pending.is_empty() {
            return release(index);
        }
        give_up_after(socket.file, AFTER_DROP);
        change(index, |socket| socket.pending.orphaned = true);
        advance(index);
    },
};

/// What is read from a connection.
pub static INPUT: Input = Input {
    read: |source: &mut Source, into, block| {
        loop {
            if SOCKETS.0.get(index(source.position)).read_ended {
                return Ok(0);
            }
            match sys::read(source.file.descriptor(), into) {
                Err(Errno::INTR) => {}
                // The peer may wait for what is kept.
                Err(Errno::AGAIN) if block => poll::wait(Event::File(source.file, Direction::In)),
                Ok(0) if !into.is_empty() => {
                    let broken = SOCKETS.0.get(index(source.position)).broken;
                    return broken.map_or(Ok(0), Err);
                }
                result => return result,
            }
        }
    },
    event: |source| Event::File(source.file, Direction::In),
    drop: |source| release(index(source.position)),
};
