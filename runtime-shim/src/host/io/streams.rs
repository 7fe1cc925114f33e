//! `wasi:io/streams`: streams of all kinds.
//!
//! What can be read from or written to is of a kind: a table of functions ([`Input`], [`Output`]), with a file and a position.
//! Whoever makes a stream names its kind, so a program has the code of those kinds alone that it can make.
//!
//! An output stream that has no buffer has given to the kernel what `write` takes when it returns, so
//! a flush has nothing to do. `check-write` permits as many bytes as the kind takes without blocking.
//!
//! Input goes through a buffer of the shim's before room for it is asked of the guest, since how much comes is known
//! only afterwards, and the canonical ABI has no way to give room back that isn't needed, or to ask twice ([`list`]).
//!
//! A stream that has ended or failed is closed from then on, and so is one whose descriptor was
//! closed when the program started.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;

use nanocc_shim_abi::Trap;
use rustix::io::Errno;

use crate::bindings::io::poll::Pollable;
use crate::bindings::io::streams::{InputStream, OutputStream, StreamError};
use crate::guest::{Borrow, Cx, GuestSlice, NewList, Own};
use crate::host::io::error;
use crate::host::io::poll::{self, Event};
use crate::host::open::File;
use crate::host::slots::Slots;
use crate::host::transfer::{self, Direction};
use crate::sys::SingleThread;
use crate::trap::raise;

/// The most bytes that the functions may be given that write, flush and block (which the interface sets).
const BLOCKING_WRITE: u64 = 4096;

/// The most that one `read` or `skip` takes.
const INPUT: usize = 65536;

/// What can be read from.
#[derive(Clone, Copy)]
pub struct Source {
    /// `None` if the stream is closed.
    pub kind: Option<&'static Input>,
    /// Retained by the stream.
    pub file: File,
    /// The kind's: an offset in bytes, or an index.
    pub position: u64,
}

/// See [`Input::read`].
pub type Read = fn(&mut Source, &mut [MaybeUninit<u8>], bool) -> Result<usize, Errno>;

/// A kind of input stream.
pub struct Input {
    /// Reads some bytes, at most as many as the slice has, and says how many: none at the end. `EAGAIN` if there are none now, which
    /// doesn't happen if the last argument says to block.
    pub read: Read,
    /// When there is something to read, or the end.
    pub event: fn(&Source) -> Event,
    /// The stream is closed or dropped, once; its file is released after that.
    pub drop: fn(&Source),
}

/// What can be written to.
#[derive(Clone, Copy)]
pub struct Sink {
    /// `None` if the stream is closed.
    pub kind: Option<&'static Output>,
    /// Retained by the stream.
    pub file: File,
    /// The kind's: an offset in bytes, or an index.
    pub position: u64,
    /// Bytes that may still be written before `check-write` has to be asked again.
    pub permit: u32,
}

/// A kind of output stream.
pub struct Output {
    /// How many bytes `write` takes now without blocking.
    pub permit: fn(&mut Sink) -> Result<u32, Errno>,
    /// Takes all of the bytes. It doesn't block for as many as were permitted.
    pub write: fn(&mut Sink, &[u8]) -> Result<(), Errno>,
    /// Copies from a source some bytes, at most as many as were permitted, and says how many. 0 where it can't: what is the matter is
    /// left to reading and writing to find out.
    pub splice: Option<fn(&mut Sink, &mut Source, usize) -> usize>,
    /// Sees to it that what was taken is given to the system: blocks until then, if the last argument says so. Errors of what was
    /// taken earlier may come here, or with the next operation.
    pub flush: fn(&mut Sink, bool) -> Result<(), Errno>,
    /// When more may be permitted, or the stream has failed.
    pub event: fn(&Sink) -> Event,
    /// The stream is closed or dropped, once; its file is released after that.
    pub drop: fn(&Sink),
}

/// Input of what has no position: a standard stream.
pub static SEQUENCE_INPUT: Input = Input {
    read: |source, into, block| {
        if block {
            transfer::before_reading(source.file);
        }
        transfer::read(source.file.descriptor(), into, block)
    },
    event: |source| Event::File(source.file, Direction::In),
    drop: |_| {},
};

/// Output to what has no position.
pub static SEQUENCE_OUTPUT: Output = Output {
    permit: |sink| Ok(transfer::permit(sink.file.descriptor(), &mut sink.position)),
    write: |sink, bytes| transfer::write(sink.file.descriptor(), bytes),
    splice: None,
    flush: |_, _| Ok(()),
    event: |sink| Event::File(sink.file, Direction::Out),
    drop: |_| {},
};

/// The state of all input streams: a representation is an index.
static SOURCES: SingleThread<Slots<Source, 4>> = SingleThread(Slots::new(Source {
    kind: None,
    file: File::STDIN,
    position: 0,
}));

/// The same of output streams.
static SINKS: SingleThread<Slots<Sink, 8>> = SingleThread(Slots::new(Sink {
    kind: None,
    file: File::STDIN,
    position: 0,
    permit: 0,
}));

/// Where input lies before the guest has made room for it, and zeros before they are written; in `.bss`,
/// of which only what is used becomes memory.
static BUFFER: SingleThread<UnsafeCell<[MaybeUninit<u8>; INPUT]>> =
    SingleThread(UnsafeCell::new([MaybeUninit::zeroed(); INPUT]));

/// The buffer. A host function takes it once, and gives the guest what is in it before it returns.
pub(in crate::host) fn buffer() -> &'static mut [MaybeUninit<u8>; INPUT] {
    // SAFETY: each host function takes the buffer at most once, and no guest code that could call
    // another one runs before it returns.
    unsafe { &mut *BUFFER.0.get() }
}

/// A new input stream, which takes over the use of `file`.
pub fn input(kind: &'static Input, file: File, position: u64) -> Own<InputStream> {
    Own::new(SOURCES.0.insert(Source {
        kind: Some(kind),
        file,
        position,
    }))
}

/// An input stream that is closed.
pub fn closed_input() -> Own<InputStream> {
    Own::new(SOURCES.0.insert(Source {
        kind: None,
        file: File::STDIN,
        position: 0,
    }))
}

/// A new output stream, which takes over the use of `file`.
pub fn output(kind: &'static Output, file: File, position: u64) -> Own<OutputStream> {
    Own::new(SINKS.0.insert(Sink {
        kind: Some(kind),
        file,
        position,
        permit: 0,
    }))
}

/// An output stream that is closed.
pub fn closed_output() -> Own<OutputStream> {
    Own::new(SINKS.0.insert(Sink {
        kind: None,
        file: File::STDIN,
        position: 0,
        permit: 0,
    }))
}

/// What an operation failed with, of a stream that is closed by that. That there is nobody at the other end isn't an error.
fn failure(errno: Errno) -> StreamError {
    match errno {
        Errno::PIPE | Errno::BADF => StreamError::Closed,
        errno => StreamError::LastOperationFailed(error::from_errno(errno)),
    }
}

/// An operation on an input stream that isn't closed. If it fails, the stream is closed.
fn source<T>(
    stream: u32,
    operation: impl FnOnce(&'static Input, &mut Source) -> Result<T, Errno>,
) -> Result<T, StreamError> {
    let mut source = SOURCES.0.get(stream);
    let kind = source.kind.ok_or(StreamError::Closed)?;
    let result = operation(kind, &mut source);
    if result.is_err() {
        (kind.drop)(&source);
        source.kind = None;
    }
    SOURCES.0.set(stream, source);
    result.map_err(failure)
}

/// The same on an output stream.
fn sink<T>(
    stream: u32,
    operation: impl FnOnce(&'static Output, &mut Sink) -> Result<T, Errno>,
) -> Result<T, StreamError> {
    let mut sink = SINKS.0.get(stream);
    let kind = sink.kind.ok_or(StreamError::Closed)?;
    let result = operation(kind, &mut sink);
    if result.is_err() {
        (kind.drop)(&sink);
        sink.kind = None;
    }
    SINKS.0.set(stream, sink);
    result.map_err(failure)
}

/// A list of up to `len` bytes that `read` reads, and how many they are.
///
/// The guest's `realloc` is called once, and for exactly as many bytes as came. Asking first how much is there, and reading right into a block
/// of that size, would save a copy (4 % of the time of copying a file, 64 KiB at a time), but another process may read the same
/// pipe or cut the file off in between. The block would be too long then, and the guest can't be asked for another: the adapter for preview 1 traps
/// when it is asked twice.
pub fn list(
    cx: &mut Cx,
    len: u64,
    read: impl FnOnce(&mut [MaybeUninit<u8>]) -> Result<usize, Errno>,
) -> Result<(NewList<u8>, usize), Errno> {
    let len = len.min(INPUT as u64) as usize;
    let count = read(&mut buffer()[..len])?;
    Ok((exactly(cx, count), count))
}

/// A list of the first `count` bytes of the buffer, which have been written.
fn exactly(cx: &mut Cx, count: usize) -> NewList<u8> {
    let start = buffer().as_ptr().cast();
    // SAFETY: that many bytes have been read into it.
    let bytes = unsafe { core::slice::from_raw_parts(start, count) };
    let mut list = cx.list::<u8>(count);
    // The list has room for exactly these bytes.
    list.room(cx).copy_from_slice(bytes);
    list.advance(count);
    list.finish(cx)
}

/// What a stream's `read` found, for whom the end is as if nobody were at the other end, and nothing now is no bytes.
fn found(read: Result<usize, Errno>) -> Result<usize, Errno> {
    match read {
        Ok(0) => Err(Errno::PIPE),
        Err(Errno::AGAIN) => Ok(0),
        result => result,
    }
}

/// Reads up to `len` bytes. They may be none only if `len` is 0 or unless `block`.
fn receive(stream: u32, len: u64, block: bool) -> Result<&'static [u8], StreamError> {
    let len = len.min(INPUT as u64) as usize;
    let read = source(stream, |kind, source| {
        if len == 0 {
            return Ok(0);
        }
        found((kind.read)(source, &mut buffer()[..len], block))
    })?;
    let start = buffer().as_ptr().cast();
    // SAFETY: that many bytes have been read into it.
    Ok(unsafe { core::slice::from_raw_parts(start, read) })
}

fn receive_list(
    cx: &mut Cx,
    stream: u32,
    len: u64,
    block: bool,
) -> Result<NewList<u8>, StreamError> {
    source(stream, |kind, source| {
        let read = |into: &mut [MaybeUninit<u8>]| match into.len() {
            0 => Ok(0),
            _ => found((kind.read)(source, into, block)),
        };
        list(cx, len, read).map(|(list, _)| list)
    })
}

/// `read`.
pub fn input_stream_read(
    cx: &mut Cx,
    self_: Borrow<InputStream>,
    len: u64,
) -> Result<NewList<u8>, StreamError> {
    receive_list(cx, self_.rep(), len, false)
}

/// `blocking-read`.
pub fn input_stream_blocking_read(
    cx: &mut Cx,
    self_: Borrow<InputStream>,
    len: u64,
) -> Result<NewList<u8>, StreamError> {
    receive_list(cx, self_.rep(), len, true)
}

/// `skip`.
pub fn input_stream_skip(
    _: &mut Cx,
    self_: Borrow<InputStream>,
    len: u64,
) -> Result<u64, StreamError> {
    receive(self_.rep(), len, false).map(|bytes| bytes.len() as u64)
}

/// `blocking-skip`.
pub fn input_stream_blocking_skip(
    _: &mut Cx,
    self_: Borrow<InputStream>,
    len: u64,
) -> Result<u64, StreamError> {
    receive(self_.rep(), len, true).map(|bytes| bytes.len() as u64)
}

/// When an input stream has something: at once if it is closed.
fn source_event(stream: u32) -> Event {
    let source = SOURCES.0.get(stream);
    source.kind.map_or(Event::Now, |kind| (kind.event)(&source))
}

/// When an output stream takes something: at once if it is closed.
fn sink_event(stream: u32) -> Event {
    let sink = SINKS.0.get(stream);
    sink.kind.map_or(Event::Now, |kind| (kind.event)(&sink))
}

/// `subscribe`.
pub fn input_stream_subscribe(_: &mut Cx, self_: Borrow<InputStream>) -> Own<Pollable> {
    poll::pollable(source_event(self_.rep()))
}

/// The end of a stream.
pub fn drop_input_stream(_: &mut Cx, stream: Own<InputStream>) {
    let source = SOURCES.0.get(stream.rep());
    if let Some(kind) = source.kind {
        (kind.drop)(&source);
    }
    source.file.release();
    SOURCES.0.remove(stream.rep());
}

/// `check-write`.
pub fn output_stream_check_write(
    _: &mut Cx,
    self_: Borrow<OutputStream>,
) -> Result<u64, StreamError> {
    permit(self_.rep()).map(u64::from)
}

fn permit(stream: u32) -> Result<u32, StreamError> {
    sink(stream, |kind, sink| {
        sink.permit = (kind.permit)(sink)?;
        Ok(sink.permit)
    })
}

/// Uses up `len` bytes of what `check-write` permitted. Traps if that was less.
fn spend(stream: u32, len: u64) {
    let state = SINKS.0.get(stream);
    if len > u64::from(state.permit) {
        raise(Trap::HostFunction);
    }
    SINKS.0.set(
        stream,
        Sink {
            permit: state.permit - len as u32,
            ..state
        },
    );
}

/// Traps if `len` is more than a function that writes, flushes and blocks may be given.
fn limit(len: u64) {
    if len > BLOCKING_WRITE {
        raise(Trap::HostFunction);
    }
}

/// Writes all of the bytes, and waits until they are given to the system if `block`.
fn send(stream: u32, bytes: &[u8], block: bool) -> Result<(), StreamError> {
    sink(stream, |kind, sink| {
        (kind.write)(sink, bytes)?;
        if block {
            (kind.flush)(sink, true)
        } else {
            Ok(())
        }
    })
}

/// Writes `len` zeros, as [`send`].
fn send_zeros(stream: u32, mut len: u64, block: bool) -> Result<(), StreamError> {
    let zeros = &mut buffer()[..len.min(INPUT as u64) as usize];
    zeros.fill(MaybeUninit::new(0));
    loop {
        let part = &zeros[..len.min(INPUT as u64) as usize];
        len -= part.len() as u64;
        // SAFETY: every byte has been set.
        send(
            stream,
            unsafe { &*(&raw const *part as *const [u8]) },
            block,
        )?;
        if len == 0 {
            return Ok(());
        }
    }
}

/// `write`.
pub fn output_stream_write(
    cx: &mut Cx,
    self_: Borrow<OutputStream>,
    contents: GuestSlice<u8>,
) -> Result<(), StreamError> {
    spend(self_.rep(), contents.len() as u64);
    send(self_.rep(), contents.bytes(cx), false)
}

/// `blocking-write-and-flush`.
pub fn output_stream_blocking_write_and_flush(
    cx: &mut Cx,
    self_: Borrow<OutputStream>,
    contents: GuestSlice<u8>,
) -> Result<(), StreamError> {
    limit(contents.len() as u64);
    send(self_.rep(), contents.bytes(cx), true)
}

/// `flush`.
pub fn output_stream_flush(_: &mut Cx, self_: Borrow<OutputStream>) -> Result<(), StreamError> {
    sink(self_.rep(), |kind, sink| (kind.flush)(sink, false))
}

/// `blocking-flush`: waits until more can be written, too.
pub fn output_stream_blocking_flush(
    _: &mut Cx,
    self_: Borrow<OutputStream>,
) -> Result<(), StreamError> {
    sink(self_.rep(), |kind, sink| (kind.flush)(sink, true))?;
    poll::wait(sink_event(self_.rep()));
    Ok(())
}

/// `subscribe`.
pub fn output_stream_subscribe(_: &mut Cx, self_: Borrow<OutputStream>) -> Own<Pollable> {
    poll::pollable(sink_event(self_.rep()))
}

/// `write-zeroes`.
pub fn output_stream_write_zeroes(
    _: &mut Cx,
    self_: Borrow<OutputStream>,
    len: u64,
) -> Result<(), StreamError> {
    spend(self_.rep(), len);
    send_zeros(self_.rep(), len, false)
}

/// `blocking-write-zeroes-and-flush`.
pub fn output_stream_blocking_write_zeroes_and_flush(
    _: &mut Cx,
    self_: Borrow<OutputStream>,
    len: u64,
) -> Result<(), StreamError> {
    limit(len);
    send_zeros(self_.rep(), len, true)
}

/// What the sink's kind copies from the source by itself.
fn copy(to: u32, from: u32, len: usize) -> Result<usize, StreamError> {
    source(from, |_, source| {
        let copied = sink(to, |kind, sink| {
            Ok(kind.splice.map_or(0, |splice| splice(sink, source, len)))
        });
        // That the sink is closed isn't the source's failure.
        Ok(copied)
    })?
}

/// `splice`: asks as `check-write`, reads, writes.
pub fn output_stream_splice(
    _: &mut Cx,
    self_: Borrow<OutputStream>,
    src: Borrow<InputStream>,
    len: u64,
) -> Result<u64, StreamError> {
    let permit = permit(self_.rep())?;
    let copied = copy(self_.rep(), src.rep(), len.min(permit.into()) as usize)?;
    if copied != 0 {
        return Ok(copied as u64);
    }
    let bytes = receive(src.rep(), len.min(permit.into()), false)?;
    spend(self_.rep(), bytes.len() as u64);
    send(self_.rep(), bytes, false)?;
    Ok(bytes.len() as u64)
}

/// `blocking-splice`: the same once both streams are ready.
pub fn output_stream_blocking_splice(
    cx: &mut Cx,
    self_: Borrow<OutputStream>,
    src: Borrow<InputStream>,
    len: u64,
) -> Result<u64, StreamError> {
    loop {
        poll::wait(sink_event(self_.rep()));
        poll::wait(source_event(src.rep()));
        // Another process may have been faster.
        match output_stream_splice(cx, self_, src, len) {
            Ok(0) if len != 0 => {}
            result => return result,
        }
    }
}

/// The end of a stream.
pub fn drop_output_stream(_: &mut Cx, stream: Own<OutputStream>) {
    let sink = SINKS.0.get(stream.rep());
    if let Some(kind) = sink.kind {
        (kind.drop)(&sink);
    }
    sink.file.release();
    SINKS.0.remove(stream.rep());
}
