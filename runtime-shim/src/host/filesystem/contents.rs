//! What is in a file: reading and writing at an offset, streams, size, advice, synchronisation.
//!
//! The kernel's position of a file is used by nobody: every call names its offset, so streams and descriptors on one file don't disturb each
//! other.

use core::mem::MaybeUninit;

use linux_raw_sys::general::{
    POSIX_FADV_DONTNEED, POSIX_FADV_NOREUSE, POSIX_FADV_NORMAL, POSIX_FADV_RANDOM,
    POSIX_FADV_SEQUENTIAL, POSIX_FADV_WILLNEED,
};
use rustix::io::Errno;

use super::descriptor::{self, WRITE};
use super::error::error;
use crate::bindings::filesystem::types::{Advice, Descriptor, DescriptorFlags, ErrorCode};
use crate::bindings::io::streams::{InputStream, OutputStream};
use crate::guest::{Borrow, Cx, GuestSlice, NewList, Own};
use crate::host::io::poll::Event;
use crate::host::io::streams::{self, Input, Output, Sink, Source};
use crate::sys;

/// Bytes that a stream on a file takes, and copies, at a time. (wasmtime has the same number.)
const PERMIT: u32 = 65536;

/// Repeats a call that a signal interrupts.
fn again<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            result => return result,
        }
    }
}

fn read_at(file: i32, into: &mut [MaybeUninit<u8>], offset: u64) -> Result<usize, Errno> {
    again(|| sys::files::pread(file, into, offset))
}

/// Writes all of the bytes by calls that write some of them. What has been written is written, whatever happens to the rest.
fn write_all(
    mut bytes: &[u8],
    mut some: impl FnMut(&[u8]) -> Result<usize, Errno>,
) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match again(|| some(bytes))? {
            // A device that takes nothing and says nothing would keep us here for ever.
            0 => return Err(Errno::IO),
            n => bytes = bytes.get(n..).unwrap_or_default(),
        }
    }
    Ok(())
}

/// Input from a file, from an offset on: the stream's position.
static INPUT_AT: Input = Input {
    read: |source, into, _| {
        let read = read_at(source.file.descriptor(), into, source.position)?;
        source.position += read as u64;
        Ok(read)
    },
    // A file is always ready.
    event: |_| Event::Now,
    drop: |_| {},
};

/// Output to a file, from an offset on.
static OUTPUT_AT: Output = Output {
    permit: |_| Ok(PERMIT),
    write: |sink, bytes| {
        let file = sink.file.descriptor();
        write_all(bytes, |bytes| {
            let written = sys::files::pwrite(file, bytes, sink.position)?;
            sink.position += written as u64;
            Ok(written)
        })
    },
    splice: Some(copy),
    flush: |_, _| Ok(()),
    event: |_| Event::Now,
    drop: |_| {},
};

/// Output to the end of a file.
static OUTPUT_APPEND: Output = Output {
    permit: |_| Ok(PERMIT),
    write: |sink, bytes| {
        let file = sink.file.descriptor();
        write_all(bytes, |bytes| sys::files::append(file, bytes))
    },
    splice: None,
    flush: |_, _| Ok(()),
    event: |_| Event::Now,
    drop: |_| {},
};

/// Copies from file to file within the kernel. Whatever it can't do (different kinds of file systems, one file to itself, the end, an
/// error) is left to reading and writing, which tell what is the matter. The bytes are copied, or shared until one of them changes, so it is
/// the same to everybody. (`sendfile` and `splice` aren't: a pipe gets the file's pages, and shows what becomes of them later.)
fn copy(sink: &mut Sink, source: &mut Source, len: usize) -> usize {
    if !source
        .kind
        .is_some_and(|kind| core::ptr::eq(kind, &INPUT_AT))
    {
        return 0;
    }
    let from = (source.file.descriptor(), source.position);
    let to = (sink.file.descriptor(), sink.position);
    let copied = sys::files::copy_range(from, to, len).unwrap_or(0);
    source.position += copied as u64;
    sink.position += copied as u64;
    copied
}

/// `read-via-stream`.
pub fn descriptor_read_via_stream(
    _: &mut Cx,
    self_: Borrow<Descriptor>,
    offset: u64,
) -> Result<Own<InputStream>, ErrorCode> {
    if descriptor::get(self_).directory {
        return Err(ErrorCode::IsDirectory);
    }
    let file = descriptor::readable(self_)?.file;
    Ok(streams::input(&INPUT_AT, file.retain(), offset))
}

/// `write-via-stream`.
pub fn descriptor_write_via_stream(
    _: &mut Cx,
    self_: Borrow<Descriptor>,
    offset: u64,
) -> Result<Own<OutputStream>, ErrorCode> {
    let file = descriptor::writable(self_)?.file;
    Ok(streams::output(&OUTPUT_AT, file.retain(), offset))
}

/// `append-via-stream`.
pub fn descriptor_append_via_stream(
    _: &mut Cx,
    self_: Borrow<Descriptor>,
) -> Result<Own<OutputStream>, ErrorCode> {
    let file = descriptor::writable(self_)?.file;
    Ok(streams::output(&OUTPUT_APPEND, file.retain(), 0))
}

/// `read`. The end is where nothing can be read.
pub fn descriptor_read(
    cx: &mut Cx,
    self_: Borrow<Descriptor>,
    length: u64,
    offset: u64,
) -> Result<(NewList<u8>, bool), ErrorCode> {
    let file = descriptor::readable(self_)?.number();
    let read = |into: &mut [MaybeUninit<u8>]| read_at(file, into, offset);
    let (bytes, read) = streams::list(cx, length, read).map_err(error)?;
    Ok((bytes, read == 0))
}

/// `write`: as much as one call writes.
pub fn descriptor_write(
    cx: &mut Cx,
    self_: Borrow<Descriptor>,
    buffer: GuestSlice<u8>,
    offset: u64,
) -> Result<u64, ErrorCode> {
    let file = descriptor::writable(self_)?.number();
    let bytes = buffer.bytes(cx);
    again(|| sys::files::pwrite(file, bytes, offset))
        .map(|written| written as u64)
        .map_err(error)
}

/// `advise`.
pub fn descriptor_advise(
    _: &mut Cx,
    self_: Borrow<Descriptor>,
    offset: u64,
    length: u64,
    advice: Advice,
) -> Result<(), ErrorCode> {
    let file = descriptor::file(self_)?.number();
    let advice = match advice {
        Advice::Normal => POSIX_FADV_NORMAL,
        Advice::Sequential => POSIX_FADV_SEQUENTIAL,
        Advice::Random => POSIX_FADV_RANDOM,
        Advice::WillNeed => POSIX_FADV_WILLNEED,
        Advice::DontNeed => POSIX_FADV_DONTNEED,
        Advice::NoReuse => POSIX_FADV_NOREUSE,
    };
    sys::files::advise(file, offset, length, advice).map_err(error)
}

/// `set-size`.
pub fn descriptor_set_size(
    _: &mut Cx,
    self_: Borrow<Descriptor>,
    size: u64,
) -> Result<(), ErrorCode> {
    let file = match descriptor::writable(self_) {
        // The kernel's word for a file that was opened for reading.
        Err(ErrorCode::BadDescriptor) if !descriptor::get(self_).directory => {
            return Err(ErrorCode::Invalid);
        }
        file => file?.number(),
    };
    again(|| sys::files::truncate(file, size)).map_err(error)
}

fn sync(
    descriptor: Borrow<Descriptor>,
    call: fn(i32) -> Result<(), Errno>,
) -> Result<(), ErrorCode> {
    let state = descriptor::get(descriptor);
    match again(|| call(state.number())) {
        // What can't be synchronised (a pipe, a file system that can only be read). Only of what may be written that is an error.
        Err(Errno::INVAL | Errno::ROFS) if state.flags & WRITE == 0 => Ok(()),
        result => result.map_err(error),
    }
}

/// `sync-data`.
pub fn descriptor_sync_data(_: &mut Cx, self_: Borrow<Descriptor>) -> Result<(), ErrorCode> {
    sync(self_, sys::files::sync_data)
}

/// `sync`.
pub fn descriptor_sync(_: &mut Cx, self_: Borrow<Descriptor>) -> Result<(), ErrorCode> {
    sync(self_, sys::files::sync)
}

/// `get-flags`.
pub fn descriptor_get_flags(
    _: &mut Cx,
    self_: Borrow<Descriptor>,
) -> Result<DescriptorFlags, ErrorCode> {
    let state = descriptor::get(self_);
    // Of a file, that its times may be changed has no flag.
    let hidden = if state.directory {
        0
    } else {
        descriptor::MUTATE
    };
    Ok(DescriptorFlags::from_bits(state.flags & !hidden))
}
