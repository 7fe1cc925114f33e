//! `wasi:io/streams`: the program's standard streams, and streams that are closed.
//!
//! An output stream has no buffer: what `write` takes has been given to the kernel when it returns, so
//! a flush has nothing to do. `check-write` permits [`PERMIT`] bytes when the descriptor is ready, as
//! many as Linux takes for a pipe that is without blocking.
//!
//! Input goes through a buffer of the shim's before room for it is asked of the guest: how much comes is known
//! only afterwards, and the canonical ABI has no way to give room back that isn't needed.
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
use crate::host::descriptor::{self, Direction};
use crate::host::io::{error, poll};
use crate::host::slots::Slots;
use crate::sys::SingleThread;
use crate::trap::raise;

/// Bytes that `check-write` permits, and the most that the functions may be given that write, flush
/// and block (which the interface sets).
const PERMIT: u32 = 4096;

/// The most that one `read` or `skip` takes.
const INPUT: usize = 65536;

/// What a stream is.
#[derive(Clone, Copy)]
struct Stream {
    /// The descriptor plus 1, or 0 if the stream is closed.
    descriptor: u32,
    /// Bytes that may still be written before `check-write` has to be asked again.
    permit: u32,
}

/// The state of all streams, of both kinds: a representation is an index.
static STREAMS: SingleThread<Slots<Stream, 8>> = SingleThread(Slots::new(Stream {
    descriptor: 0,
    permit: 0,
}));

/// Where input lies before the guest has made room for it, and zeros before they are written; in `.bss`,
/// of which only what is used becomes memory.
static BUFFER: SingleThread<UnsafeCell<[MaybeUninit<u8>; INPUT]>> =
    SingleThread(UnsafeCell::new([MaybeUninit::zeroed(); INPUT]));

fn buffer() -> &'static mut [MaybeUninit<u8>; INPUT] {
    // SAFETY: each host function takes the buffer at most once, and no guest code that could call
    // another one runs before it returns.
    unsafe { &mut *BUFFER.0.get() }
}

/// A stream of a descriptor; without one it is closed.
fn open(descriptor: Option<i32>) -> u32 {
    let descriptor = descriptor.map_or(0, |d| d as u32 + 1);
    STREAMS.0.insert(Stream {
        descriptor,
        permit: 0,
    })
}

/// A new input stream ([`open`]).
pub fn input(descriptor: Option<i32>) -> Own<InputStream> {
    Own::new(open(descriptor))
}

/// A new output stream ([`open`]).
pub fn output(descriptor: Option<i32>) -> Own<OutputStream> {
    Own::new(open(descriptor))
}

/// The descriptor of a stream that isn't closed.
fn descriptor(stream: u32) -> Result<i32, StreamError> {
    match STREAMS.0.get(stream).descriptor {
        0 => Err(StreamError::Closed),
        plus_one => Ok(plus_one as i32 - 1),
    }
}

/// Closes a stream and says so.
fn close(stream: u32) -> StreamError {
    STREAMS.0.set(
        stream,
        Stream {
            descriptor: 0,
            permit: 0,
        },
    );
    StreamError::Closed
}

/// Closes a stream because of an error. That there is nobody at the other end isn't one.
fn fail(stream: u32, errno: Errno) -> StreamError {
    let closed = close(stream);
    match errno {
        Errno::PIPE | Errno::BADF => closed,
        errno => StreamError::LastOperationFailed(error::from_errno(errno)),
    }
}

/// Reads up to `len` bytes. They may be none only if `len` is 0 or unless `block`.
fn receive(stream: u32, len: u64, block: bool) -> Result<&'static [u8], StreamError> {
    let descriptor = descriptor(stream)?;
    let len = len.min(INPUT as u64) as usize;
    if len == 0 {
        return Ok(&[]);
    }
    match descriptor::read(descriptor, &mut buffer()[..len], block) {
        Ok(None) => Ok(&[]),
        Ok(Some([])) => Err(close(stream)),
        Ok(Some(bytes)) => Ok(bytes),
        Err(errno) => Err(fail(stream, errno)),
    }
}

fn receive_list(
    cx: &mut Cx,
    stream: u32,
    len: u64,
    block: bool,
) -> Result<NewList<u8>, StreamError> {
    let bytes = receive(stream, len, block)?;
    let mut list = cx.list::<u8>(bytes.len());
    // The list has room for exactly these bytes.
    list.room(cx).copy_from_slice(bytes);
    list.advance(bytes.len());
    Ok(list.finish(cx))
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

/// A pollable for a stream: at once if it is closed.
fn subscribe(stream: u32, direction: Direction) -> Own<Pollable> {
    match descriptor(stream) {
        Ok(descriptor) => poll::on_descriptor(descriptor, direction),
        Err(_) => poll::at_once(),
    }
}

/// `subscribe`.
pub fn input_stream_subscribe(_: &mut Cx, self_: Borrow<InputStream>) -> Own<Pollable> {
    subscribe(self_.rep(), Direction::In)
}

/// The end of a stream. The descriptor stays open: it is the program's.
pub fn drop_input_stream(_: &mut Cx, stream: Own<InputStream>) {
    STREAMS.0.remove(stream.rep());
}

/// `check-write`.
pub fn output_stream_check_write(
    _: &mut Cx,
    self_: Borrow<OutputStream>,
) -> Result<u64, StreamError> {
    permit(self_.rep()).map(u64::from)
}

fn permit(stream: u32) -> Result<u32, StreamError> {
    let descriptor = descriptor(stream)?;
    let permit = if descriptor::is_ready(descriptor, Direction::Out) {
        PERMIT
    } else {
        0
    };
    STREAMS.0.set(
        stream,
        Stream {
            permit,
            ..STREAMS.0.get(stream)
        },
    );
    Ok(permit)
}

/// Uses up `len` bytes of what `check-write` permitted. Traps if that was less.
fn spend(stream: u32, len: u64) {
    let state = STREAMS.0.get(stream);
    if len > u64::from(state.permit) {
        raise(Trap::HostFunction);
    }
    STREAMS.0.set(
        stream,
        Stream {
            permit: state.permit - len as u32,
            ..state
        },
    );
}

/// Traps if `len` is more than a function that writes, flushes and blocks may be given.
fn limit(len: u64) {
    if len > u64::from(PERMIT) {
        raise(Trap::HostFunction);
    }
}

/// Writes all of the bytes.
fn send(stream: u32, bytes: &[u8]) -> Result<(), StreamError> {
    descriptor::write(descriptor(stream)?, bytes).map_err(|errno| fail(stream, errno))
}

/// Writes `len` zeros, at most [`PERMIT`].
fn send_zeros(stream: u32, len: u64) -> Result<(), StreamError> {
    let zeros = &mut buffer()[..len as usize];
    zeros.fill(MaybeUninit::new(0));
    // SAFETY: every byte has been set.
    send(stream, unsafe { &*(&raw const *zeros as *const [u8]) })
}

/// `write`.
pub fn output_stream_write(
    cx: &mut Cx,
    self_: Borrow<OutputStream>,
    contents: GuestSlice<u8>,
) -> Result<(), StreamError> {
    spend(self_.rep(), contents.len() as u64);
    send(self_.rep(), contents.bytes(cx))
}

/// `blocking-write-and-flush`.
pub fn output_stream_blocking_write_and_flush(
    cx: &mut Cx,
    self_: Borrow<OutputStream>,
    contents: GuestSlice<u8>,
) -> Result<(), StreamError> {
    limit(contents.len() as u64);
    send(self_.rep(), contents.bytes(cx))
}

/// `flush`.
pub fn output_stream_flush(_: &mut Cx, self_: Borrow<OutputStream>) -> Result<(), StreamError> {
    descriptor(self_.rep()).map(|_| ())
}

/// `blocking-flush`: waits only until more can be written.
pub fn output_stream_blocking_flush(
    _: &mut Cx,
    self_: Borrow<OutputStream>,
) -> Result<(), StreamError> {
    descriptor::wait(descriptor(self_.rep())?, Direction::Out);
    Ok(())
}

/// `subscribe`.
pub fn output_stream_subscribe(_: &mut Cx, self_: Borrow<OutputStream>) -> Own<Pollable> {
    subscribe(self_.rep(), Direction::Out)
}

/// `write-zeroes`.
pub fn output_stream_write_zeroes(
    _: &mut Cx,
    self_: Borrow<OutputStream>,
    len: u64,
) -> Result<(), StreamError> {
    spend(self_.rep(), len);
    send_zeros(self_.rep(), len)
}

/// `blocking-write-zeroes-and-flush`.
pub fn output_stream_blocking_write_zeroes_and_flush(
    _: &mut Cx,
    self_: Borrow<OutputStream>,
    len: u64,
) -> Result<(), StreamError> {
    limit(len);
    send_zeros(self_.rep(), len)
}

/// `splice`: asks as `check-write`, reads, writes.
pub fn output_stream_splice(
    _: &mut Cx,
    self_: Borrow<OutputStream>,
    src: Borrow<InputStream>,
    len: u64,
) -> Result<u64, StreamError> {
    let permit = permit(self_.rep())?;
    let bytes = receive(src.rep(), len.min(permit.into()), false)?;
    spend(self_.rep(), bytes.len() as u64);
    send(self_.rep(), bytes)?;
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
        descriptor::wait(descriptor(self_.rep())?, Direction::Out);
        descriptor::wait(descriptor(src.rep())?, Direction::In);
        // Another process may have been faster.
        match output_stream_splice(cx, self_, src, len) {
            Ok(0) if len != 0 => {}
            result => return result,
        }
    }
}

/// The end of a stream. The descriptor stays open: it is the program's.
pub fn drop_output_stream(_: &mut Cx, stream: Own<OutputStream>) {
    STREAMS.0.remove(stream.rep());
}
