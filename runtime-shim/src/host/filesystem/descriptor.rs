//! What a descriptor is: an open file or directory with rights.
//!
//! # Rights
//!
//! A descriptor's rights are its own; who uses it doesn't matter. A preopened directory has those that were granted, and what is opened
//! through a directory has at most the directory's:
//!
//! * [`MUTATE`]: of a directory, what is in it may be changed, and opened for writing; of a file, its times may be set. It is given
//!   on as it is, whether or not `open-at` asks for `mutate-directory`: C libraries and the adapter for preview 1 don't ask, and change directories that
//!   they have opened. wasmtime does the same; `get-flags` tells of it.
//! * [`READ`] and [`WRITE`]: the contents of a file may be read, or written. As `open-at` asks. `WRITE` needs `MUTATE` of the directory.
//!
//! The kernel's descriptor is never opened for more than that, so the kernel checks reading and writing once more.
//!
//! A hard link and a new name make a file reachable through another directory, with the rights of that one. So both need `MUTATE` of
//! *both* directories: nothing that could only be read becomes writable.

use crate::bindings::filesystem::types::{Descriptor, DescriptorFlags, ErrorCode};
use crate::checks::denied;
use crate::guest::{Borrow, Cx, Own};
use crate::host::open::File;
use crate::host::slots::Slots;
use crate::sys::SingleThread;

/// `descriptor-flags` `read`.
pub const READ: u8 = DescriptorFlags::READ.bits();
/// `descriptor-flags` `write`.
pub const WRITE: u8 = DescriptorFlags::WRITE.bits();
/// `descriptor-flags` `mutate-directory`.
pub const MUTATE: u8 = DescriptorFlags::MUTATE_DIRECTORY.bits();

/// An open file or directory.
#[derive(Clone, Copy)]
pub struct State {
    /// Retained by the descriptor.
    pub file: File,
    /// Bits of `descriptor-flags`: the rights, and how writes are synchronised.
    pub flags: u8,
    /// Whether it is a directory.
    pub directory: bool,
}

/// All descriptors: a representation is an index.
static DESCRIPTORS: SingleThread<Slots<State, 8>> = SingleThread(Slots::new(State {
    file: File::STDIN,
    flags: 0,
    directory: false,
}));

/// A new descriptor, which takes over the use of the file.
pub fn new(state: State) -> Own<Descriptor> {
    Own::new(DESCRIPTORS.0.insert(state))
}

/// What a descriptor is.
pub fn get(descriptor: Borrow<Descriptor>) -> State {
    DESCRIPTORS.0.get(descriptor.rep())
}

/// The end of a descriptor.
pub fn drop_descriptor(_: &mut Cx, descriptor: Own<Descriptor>) {
    DESCRIPTORS.0.get(descriptor.rep()).file.release();
    DESCRIPTORS.0.remove(descriptor.rep());
}

impl State {
    /// The kernel's number.
    pub fn number(&self) -> i32 {
        self.file.descriptor()
    }

    /// Whether these rights are lacking.
    fn lacks(&self, rights: u8) -> bool {
        denied(self.flags & rights != rights)
    }

    /// Whether what is in a directory may not be changed.
    pub fn is_read_only(&self) -> bool {
        self.lacks(MUTATE)
    }
}

/// The descriptor's directory.
pub fn directory(descriptor: Borrow<Descriptor>) -> Result<State, ErrorCode> {
    let state = get(descriptor);
    if state.directory {
        Ok(state)
    } else {
        Err(ErrorCode::NotDirectory)
    }
}

/// A directory whose entries may be changed.
pub fn mutable(descriptor: Borrow<Descriptor>) -> Result<State, ErrorCode> {
    let state = directory(descriptor)?;
    if state.is_read_only() {
        return Err(ErrorCode::ReadOnly);
    }
    Ok(state)
}

/// A file that isn't a directory.
pub fn file(descriptor: Borrow<Descriptor>) -> Result<State, ErrorCode> {
    let state = get(descriptor);
    if state.directory {
        return Err(ErrorCode::BadDescriptor);
    }
    Ok(state)
}

/// A file that may be read.
pub fn readable(descriptor: Borrow<Descriptor>) -> Result<State, ErrorCode> {
    let state = file(descriptor)?;
    if state.lacks(READ) {
        return Err(ErrorCode::BadDescriptor);
    }
    Ok(state)
}

/// A file that may be written. One that was opened for reading is no descriptor for that, as the kernel has it; one that
/// couldn't have been opened for writing isn't permitted to be, as wasmtime has it.
pub fn writable(descriptor: Borrow<Descriptor>) -> Result<State, ErrorCode> {
    let state = file(descriptor)?;
    if state.lacks(MUTATE) {
        return Err(ErrorCode::NotPermitted);
    }
    if state.lacks(WRITE) {
        return Err(ErrorCode::BadDescriptor);
    }
    Ok(state)
}
