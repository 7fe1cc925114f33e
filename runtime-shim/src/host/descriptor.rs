//! The file descriptors that a program starts with, as streams need them.
//!
//! A descriptor is shared with other processes, so its `O_NONBLOCK` isn't ours to change: it may block,
//! and it may not, and either way an operation that may not block asks `ppoll` first, and one that
//! has to block waits with `ppoll` when the descriptor would not. A signal that interrupts a call
//! (stopping and continuing the process can) starts it again.

use core::mem::MaybeUninit;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;

/// A descriptor that can be read, or the other kind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Reading.
    In,
    /// Writing.
    Out,
}

impl Direction {
    /// The events to ask `ppoll` for.
    pub fn flags(self) -> PollFlags {
        match self {
            Direction::In => PollFlags::IN,
            Direction::Out => PollFlags::OUT,
        }
    }
}

/// A descriptor by its number.
pub fn borrow(number: i32) -> BorrowedFd<'static> {
    // SAFETY: only 0, 1 and 2 are used; the program never closes them. If one was closed when the program started,
    // it stays so, because the program opens nothing. Whoever adds a function that opens a descriptor has to
    // see to that: the kernel gives out the lowest free number, and a preopened directory or a socket would become
    // a standard stream. (Opening `/dev/null` at start, once for each that is closed, is the usual way.)
    unsafe { BorrowedFd::borrow_raw(number) }
}

/// Whether an operation would not block now, because it can be done or because it fails.
pub fn is_ready(number: i32, direction: Direction) -> bool {
    let mut interest = [PollFd::from_borrowed_fd(borrow(number), direction.flags())];
    loop {
        match poll(
            &mut interest,
            Some(&Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            }),
        ) {
            Err(Errno::INTR) => {}
            // What can't be polled is ready: the operation will tell.
            result => return result != Ok(0),
        }
    }
}

/// Waits until an operation would not block.
pub fn wait(number: i32, direction: Direction) {
    let mut interest = [PollFd::from_borrowed_fd(borrow(number), direction.flags())];
    while poll(&mut interest, None) == Err(Errno::INTR) {}
}

/// Reads some bytes, at most as many as `into` has: the first part of it. `None` if there are none now, which
/// doesn't happen if `block`; an empty slice at the end.
pub fn read(
    number: i32,
    into: &mut [MaybeUninit<u8>],
    block: bool,
) -> Result<Option<&mut [u8]>, Errno> {
    if !block && !is_ready(number, Direction::In) {
        return Ok(None);
    }
    let start = into.as_mut_ptr().cast::<u8>();
    let bytes = loop {
        match rustix::io::read(borrow(number), &mut *into) {
            Ok((read, _)) => break read.len(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if block => wait(number, Direction::In),
            Err(Errno::AGAIN) => return Ok(None),
            Err(error) => return Err(error),
        }
    };
    // SAFETY: the kernel has written that many bytes there.
    Ok(Some(unsafe {
        core::slice::from_raw_parts_mut(start, bytes)
    }))
}

/// Writes all of the bytes.
pub fn write(number: i32, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match rustix::io::write(borrow(number), bytes) {
            // A device that takes nothing and says nothing would keep us here for ever.
            Ok(0) => return Err(Errno::IO),
            Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => wait(number, Direction::Out),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
