//! Open files: descriptors with the count of those who use them.
//!
//! A directory's descriptor, the streams on a file, a socket and what is waited for on it may be dropped in any order;
//! the kernel's descriptor is closed with the last of them. The three that a program starts with are never closed.
//!
//! A file belongs to the instance that opened it, whose number of open files is limited, until it is closed, whoever has it by then.

use core::cell::Cell;

use nanocc_shim_abi::{Instance, limit};
use rustix::io::Errno;

use crate::guest::Cx;
use crate::host::slots::Slots;
use crate::sys::{self, SingleThread};

/// An open file: a standard stream, or an index of [`FILES`] plus 3.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct File(u32);

/// How many files are the program's from the start.
const STANDARD: u32 = 3;

#[derive(Clone, Copy)]
struct State {
    descriptor: i32,
    users: u32,
    /// Address of the instance that opened it, or 0 for what isn't closed.
    instance: usize,
}

static FILES: SingleThread<Slots<State, 4>> = SingleThread(Slots::new(State {
    descriptor: 0,
    users: 0,
    instance: 0,
}));

/// [`close`], once a file was opened. A program that opens none has no code for closing one: the cell is read in a way
/// that nobody can foresee the value of.
static CLOSE: SingleThread<Cell<Option<Close>>> = SingleThread(Cell::new(None));

/// Closes the file in a slot.
type Close = fn(u32);

/// Whether the calling instance may open another file.
pub fn room(cx: &Cx) -> Result<(), Errno> {
    // SAFETY: the instance is one of the program's.
    unsafe { room_of(cx.instance()) }
}

/// Whether an instance may open another file: beyond its limit it is told what the system would say beyond its own.
///
/// # Safety
///
/// The instance is one of the program's.
pub unsafe fn room_of(instance: *mut Instance) -> Result<(), Errno> {
    // SAFETY: the caller's; nobody else refers to it now.
    let instance = unsafe { &mut *instance };
    if instance.files >= instance.quota.files {
        instance.quota.refused |= limit::OPEN_FILES;
        return Err(Errno::MFILE);
    }
    Ok(())
}

/// A file of a descriptor that was opened just now, with one user. Ask [`room`] before opening it.
pub fn insert(cx: &Cx, descriptor: i32) -> File {
    // SAFETY: the instance is one of the program's.
    unsafe { insert_of(cx.instance(), descriptor) }
}

/// The same for an instance, which need not be the one that calls now.
///
/// # Safety
///
/// The instance is one of the program's.
pub unsafe fn insert_of(instance: *mut Instance, descriptor: i32) -> File {
    CLOSE.0.set(Some(close));
    // SAFETY: the instance is one of the program's.
    unsafe { (*instance).files += 1 };
    File(
        STANDARD
            + FILES.0.insert(State {
                descriptor,
                users: 1,
                instance: instance.addr(),
            }),
    )
}

/// A file of a descriptor that is the program's for its whole life, with one user: it is no instance's, and not closed.
pub fn standing(descriptor: i32) -> File {
    CLOSE.0.set(Some(close));
    let state = State {
        descriptor,
        users: 1,
        instance: 0,
    };
    File(STANDARD + FILES.0.insert(state))
}

/// Closes the file in a slot.
fn close(slot: u32) {
    let state = FILES.0.get(slot);
    FILES.0.remove(slot);
    if state.instance == 0 {
        return;
    }
    sys::close(state.descriptor);
    let instance = crate::program::address(state.instance as u64).cast::<Instance>();
    // SAFETY: `insert` had it from a `Cx`; instances live as long as the program.
    unsafe { (*instance).files -= 1 };
}

impl File {
    /// Standard input.
    pub const STDIN: File = File(0);
    /// Standard output.
    pub const STDOUT: File = File(1);
    /// Standard error.
    pub const STDERR: File = File(2);

    /// The kernel's number.
    pub fn descriptor(self) -> i32 {
        match self.0.checked_sub(STANDARD) {
            None => self.0 as i32,
            Some(slot) => FILES.0.get(slot).descriptor,
        }
    }

    /// The same file, with another user.
    pub fn retain(self) -> File {
        if let Some(slot) = self.0.checked_sub(STANDARD) {
            let state = FILES.0.get(slot);
            let users = state.users + 1;
            FILES.0.set(slot, State { users, ..state });
        }
        self
    }

    /// The end of one use.
    pub fn release(self) {
        let Some(slot) = self.0.checked_sub(STANDARD) else {
            return;
        };
        let state = FILES.0.get(slot);
        let users = state.users - 1;
        FILES.0.set(slot, State { users, ..state });
        if users == 0 {
            // SAFETY: the cell is there, and written by nobody else now.
            let close = unsafe { CLOSE.0.as_ptr().read_volatile() };
            if let Some(close) = close {
                close(slot);
            }
        }
    }
}
