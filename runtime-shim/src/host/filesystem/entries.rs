//! Reading directories.
//!
//! # The problem
//!
//! The kernel gives a directory's entries in blocks, the interface one by one, and there may be any number of streams, which nothing
//! but their reading ends.
//!
//! # The invariant
//!
//! There is one buffer. It holds a block of the stream that has read last, its owner. A stream whose block has been overwritten goes
//! back to where it was: each entry says at which position the next one is (`d_off`), which is what `seekdir` goes by. So a
//! stream is a file and a position, and reading one directory to its end makes no call too many.

use core::cell::{Cell, UnsafeCell};

use linux_raw_sys::general::{
    DT_BLK, DT_CHR, DT_DIR, DT_FIFO, DT_LNK, DT_REG, DT_SOCK, O_DIRECTORY, O_RDONLY,
};
use rustix::io::Errno;

use super::descriptor;
use super::error::error;
use super::resolve;
use super::stat::kind;
use crate::bindings::filesystem::types::{
    Descriptor, DescriptorType, DirectoryEntry, DirectoryEntryStream, ErrorCode,
};
use crate::guest::{Borrow, Cx, Own};
use crate::host::open::{self, File};
use crate::host::slots::Slots;
use crate::sys::{self, SingleThread};

#[derive(Clone, Copy)]
struct State {
    /// Open for this stream alone.
    file: File,
    /// Where the next entry is.
    position: u64,
}

/// All streams: a representation is an index.
static STREAMS: SingleThread<Slots<State, 2>> = SingleThread(Slots::new(State {
    file: File::STDIN,
    position: 0,
}));

/// Words of the buffer: as `getdents64` is called by C libraries.
const WORDS: usize = 32768 / 8;

struct Buffer {
    words: UnsafeCell<[u64; WORDS]>,
    /// The stream whose entries are in it plus 1, or 0.
    owner: Cell<u32>,
    /// Bytes of entries that are in it.
    filled: Cell<usize>,
    /// Bytes of those that have been read.
    read: Cell<usize>,
}

static BUFFER: SingleThread<Buffer> = SingleThread(Buffer {
    words: UnsafeCell::new([0; WORDS]),
    owner: Cell::new(0),
    filled: Cell::new(0),
    read: Cell::new(0),
});

/// An entry of a directory.
struct Entry<'b> {
    /// Where the next one is.
    next: u64,
    /// The type, as `getdents64` has it.
    kind: u8,
    /// The name, with the zero after it.
    name: &'b core::ffi::CStr,
    /// Bytes up to the next entry.
    size: usize,
}

/// The first of the entries in `bytes`, which the kernel wrote: `struct linux_dirent64`.
fn first(bytes: &[u8]) -> Option<Entry<'_>> {
    let size = u16::from_ne_bytes(*bytes.get(16..)?.first_chunk()?).into();
    let entry = bytes.get(..size)?;
    Some(Entry {
        next: u64::from_ne_bytes(*entry.get(8..)?.first_chunk()?),
        kind: *entry.get(18)?,
        name: core::ffi::CStr::from_bytes_until_nul(entry.get(19..)?).ok()?,
        size,
    })
}

/// The stream's next entry, none at the end.
fn next(stream: u32) -> Result<Option<Entry<'static>>, Errno> {
    let buffer = &BUFFER.0;
    let state = STREAMS.0.get(stream);
    let directory = state.file.descriptor();
    if buffer.owner.get() != stream + 1 {
        buffer.owner.set(0);
        sys::files::seek(directory, state.position)?;
        buffer.filled.set(0);
        buffer.read.set(0);
    }
    if buffer.read.get() == buffer.filled.get() {
        // Until it is known to be filled, the next call has to begin where this one does.
        buffer.owner.set(0);
        // SAFETY: the only other reference to the buffer is the one that the last call returned, which its caller has given up.
        let words = unsafe { &mut *buffer.words.get() };
        let filled = match sys::files::entries(directory, words) {
            // The directory has been removed: there is nothing in it.
            Err(Errno::NOENT) => 0,
            result => result?,
        };
        buffer.filled.set(filled);
        buffer.read.set(0);
        buffer.owner.set(stream + 1);
        if filled == 0 {
            return Ok(None);
        }
    }
    // SAFETY: the words are initialised, and the kernel has written no more than there are.
    let bytes = unsafe {
        core::slice::from_raw_parts(buffer.words.get().cast::<u8>(), buffer.filled.get())
    };
    let entry = bytes
        .get(buffer.read.get()..)
        .and_then(first)
        .ok_or(Errno::IO)?;
    buffer.read.set(buffer.read.get() + entry.size);
    STREAMS.0.set(
        stream,
        State {
            position: entry.next,
            ..state
        },
    );
    Ok(Some(entry))
}

/// The type of an entry of a directory. File systems that don't keep it there have to be asked.
fn entry_type(directory: i32, entry: &Entry) -> DescriptorType {
    match entry.kind.into() {
        DT_BLK => DescriptorType::BlockDevice,
        DT_CHR => DescriptorType::CharacterDevice,
        DT_DIR => DescriptorType::Directory,
        DT_FIFO => DescriptorType::Fifo,
        DT_LNK => DescriptorType::SymbolicLink,
        DT_REG => DescriptorType::RegularFile,
        DT_SOCK => DescriptorType::Socket,
        // It may be gone by now.
        _ => sys::files::stat_at(directory, entry.name)
            .map_or(DescriptorType::Unknown, |found| kind(found.st_mode)),
    }
}

/// `read-directory`: the directory is opened anew, so that the stream has a position of its own.
pub fn descriptor_read_directory(
    cx: &mut Cx,
    self_: Borrow<Descriptor>,
) -> Result<Own<DirectoryEntryStream>, ErrorCode> {
    let directory = descriptor::directory(self_)?.number();
    open::room(cx).map_err(error)?;
    let number = resolve::open(directory, b".", false, O_RDONLY | O_DIRECTORY, 0).map_err(error)?;
    Ok(Own::new(STREAMS.0.insert(State {
        file: open::insert(cx, number),
        position: 0,
    })))
}

/// `read-directory-entry`. A name that isn't UTF-8 is an error, after which the next one can be read.
pub fn directory_entry_stream_read_directory_entry(
    cx: &mut Cx,
    self_: Borrow<DirectoryEntryStream>,
) -> Result<Option<DirectoryEntry>, ErrorCode> {
    loop {
        let Some(entry) = next(self_.rep()).map_err(error)? else {
            return Ok(None);
        };
        let name = match entry.name.to_bytes() {
            b"." | b".." => continue,
            name => core::str::from_utf8(name).map_err(|_| ErrorCode::IllegalByteSequence)?,
        };
        let directory = STREAMS.0.get(self_.rep()).file.descriptor();
        return Ok(Some(DirectoryEntry {
            type_: entry_type(directory, &entry),
            name: cx.string(name),
        }));
    }
}

/// The end of a stream.
pub fn drop_directory_entry_stream(_: &mut Cx, stream: Own<DirectoryEntryStream>) {
    if BUFFER.0.owner.get() == stream.rep() + 1 {
        BUFFER.0.owner.set(0);
    }
    STREAMS.0.get(stream.rep()).file.release();
    STREAMS.0.remove(stream.rep());
}
