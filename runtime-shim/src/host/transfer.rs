//! Reading and writing what has no position: the standard streams, sockets.
//!
//! The descriptors that a program starts with are shared with other processes, so their `O_NONBLOCK` isn't ours to change: it
//! may block, and it may not, and either way an operation that may not block asks `ppoll` first, and one that
//! has to block waits with `ppoll` when the descriptor would not. A signal that interrupts a call
//! (stopping and continuing the process can) starts it again.

use core::cell::Cell;
use core::mem::MaybeUninit;

use linux_raw_sys::general::{POLLIN, POLLOUT, S_IFCHR, S_IFIFO, S_IFMT, S_IFREG};
use rustix::io::Errno;

use super::open::File;
use crate::clock::Time;
use crate::sys::{self, PollFd, SingleThread};

/// A descriptor that can be read, or written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Reading.
    In,
    /// Writing.
    Out,
}

impl Direction {
    /// The events to ask `ppoll` for.
    pub fn events(self) -> i16 {
        match self {
            Direction::In => POLLIN as i16,
            Direction::Out => POLLOUT as i16,
        }
    }
}

/// What to ask `ppoll` for.
pub fn interest(descriptor: i32, direction: Direction) -> PollFd {
    PollFd {
        descriptor,
        events: direction.events(),
        ready: 0,
    }
}

/// Whether an operation would not block now, because it can be done or because it fails.
pub fn is_ready(descriptor: i32, direction: Direction) -> bool {
    let mut polled = [interest(descriptor, direction)];
    loop {
        match sys::poll(&mut polled, Some(&Time::default())) {
            Err(Errno::INTR) => {}
            // What can't be polled is ready: the operation will tell.
            result => return result != Ok(0),
        }
    }
}

/// Waits until an operation would not block.
pub fn wait(descriptor: i32, direction: Direction) {
    let mut polled = [interest(descriptor, direction)];
    while sys::poll(&mut polled, None) == Err(Errno::INTR) {}
}

/// Bytes that Linux takes for a pipe, or anything else, that is ready without blocking.
const READY: u32 = 4096;

/// The most that is permitted to be written at a time.
const MOST: u32 = 65536;

/// How many bytes can be written without blocking. `most` is 0 at first, and then the file's own: how many it takes when it is empty, or
/// `u64::MAX` if it never blocks.
pub fn permit(descriptor: i32, most: &mut u64) -> u32 {
    if *most == 0 {
        *most = capacity(descriptor);
    }
    if *most == u64::MAX {
        return MOST;
    }
    if !is_ready(descriptor, Direction::Out) {
        return 0;
    }
    // How much room there is in a pipe can't be told from how many bytes are in it, but for one case.
    if *most > READY.into() && sys::files::is_empty_pipe(descriptor) {
        *most as u32
    } else {
        READY
    }
}

/// See [`permit`].
fn capacity(descriptor: i32) -> u64 {
    /// The devices that are memory, or nothing: `/dev/null` ...
    const MEMORY: u32 = 1;
    let Ok(found) = sys::files::stat(descriptor) else {
        return READY.into();
    };
    match found.st_mode & S_IFMT {
        S_IFREG => u64::MAX,
        S_IFCHR if (found.st_rdev >> 8) as u32 & 0xfff == MEMORY => u64::MAX,
        S_IFIFO => sys::files::pipe_capacity(descriptor)
            .clamp(READY, MOST)
            .into(),
        _ => READY.into(),
    }
}

/// Waits until a file can be read, once there is work that goes on meanwhile (`poll::work`). As for `open.rs`'s files, the cell is read in
/// a way that nobody can foresee the value of.
static MEANWHILE: SingleThread<Cell<Option<Wait>>> = SingleThread(Cell::new(None));

/// See [`MEANWHILE`].
type Wait = fn(File);

/// From now on, the kernel isn't left to wait for a file that is read: this does.
pub fn wait_by(wait: Wait) {
    MEANWHILE.0.set(Some(wait));
}

/// Waits until a file can be read, if that can't be left to the kernel.
pub fn before_reading(file: File) {
    // SAFETY: the cell is there, and written by nobody else now.
    if let Some(wait) = unsafe { MEANWHILE.0.as_ptr().read_volatile() } {
        wait(file);
    }
}

/// Reads some bytes, at most as many as `into` has, and says how many: none at the end. `EAGAIN` if there are none now, which
/// doesn't happen if `block`.
pub fn read(descriptor: i32, into: &mut [MaybeUninit<u8>], block: bool) -> Result<usize, Errno> {
    if !block && !is_ready(descriptor, Direction::In) {
        return Err(Errno::AGAIN);
    }
    loop {
        match sys::read(descriptor, into) {
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if block => wait(descriptor, Direction::In),
            result => return result,
        }
    }
}

/// Writes all of the bytes.
pub fn write(descriptor: i32, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match sys::write(descriptor, bytes) {
            // A device that takes nothing and says nothing would keep us here for ever.
            Ok(0) => return Err(Errno::IO),
            Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => wait(descriptor, Direction::Out),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::{Read, Write, pipe};
    use std::os::fd::AsRawFd;

    use super::{MOST, READY, permit};

    #[test]
    fn what_is_permitted_doesn_t_block() {
        let (mut reader, mut writer) = pipe().unwrap();
        let descriptor = writer.as_raw_fd();
        let mut most = 0;
        let mut permit = || permit(descriptor, &mut most);
        // As much as the pipe takes, when it is empty: writing that comes back.
        let all = permit();
        assert!((READY..=MOST).contains(&all), "{all}");
        writer.write_all(&vec![1; all as usize]).unwrap();
        assert_eq!(permit(), if all == MOST { 0 } else { READY });
        reader.read_exact(&mut vec![0; all as usize]).unwrap();
        assert_eq!(permit(), all);
        // Bytes that were written one by one take more room than they are.
        writer.write_all(&[1]).unwrap();
        assert_eq!(permit(), READY);
        let mut full = 1;
        while permit() != 0 {
            writer.write_all(&[1; READY as usize]).unwrap();
            full += READY;
        }
        assert!(full <= MOST + 1);
        reader.read_exact(&mut vec![0; full as usize]).unwrap();
        assert_eq!(permit(), all);
        drop(reader);
        // It fails rather than block.
        assert_ne!(permit(), 0);
    }

    #[test]
    fn files_take_large_writes() {
        let name = format!("nanocc-transfer-{}", std::process::id());
        let file = std::env::temp_dir().join(name);
        let paths = [file.clone(), "/dev/null".into()];
        for path in paths {
            let mut open = OpenOptions::new();
            let opened = open.write(true).create(true).open(&path).unwrap();
            assert_eq!(permit(opened.as_raw_fd(), &mut 0), MOST, "{path:?}");
        }
        std::fs::remove_file(file).unwrap();
    }
}
