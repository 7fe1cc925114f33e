//! Streams of files: at offsets, at the end, several at once, and after the descriptor is gone.

use crate::{Given, PLAIN, READ, WRITE, content, file, folder, open};
use wasi_bindings::filesystem::types::{OpenFlags, filesystem_error_code};
use wasi_bindings::io::poll::poll;
use wasi_bindings::io::streams::{InputStream, OutputStream, StreamError};
use wasi_bindings::{say, show};

pub fn run(given: &Given) {
    reading(given);
    writing(given);
    appending(given);
    protocol(given);
    zeroes(given);
    splicing(given);
    refused(given);
}

/// All of a stream, read in parts.
fn all(stream: &InputStream, part: u64) -> String {
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(part) {
            Ok(more) => bytes.extend(more),
            Err(StreamError::Closed) => return String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => return format!("{}", wasi_bindings::Text(&error)),
        }
    }
}

/// Writes all, in what parts the stream permits.
fn write_all(stream: &OutputStream, mut bytes: &[u8]) -> Result<(), StreamError> {
    let ready = stream.subscribe();
    while !bytes.is_empty() {
        ready.block();
        let permitted = stream.check_write()?.min(bytes.len() as u64) as usize;
        stream.write(&bytes[..permitted])?;
        bytes = &bytes[permitted..];
    }
    drop(ready);
    stream.blocking_flush()
}

fn reading(given: &Given) {
    let hello = open(&given.files, "hello.txt", PLAIN, READ).expect("it is there");
    let first = hello.read_via_stream(0).expect("a stream");
    let second = hello.read_via_stream(7).expect("a stream");
    let third = hello.read_via_stream(1 << 40).expect("a stream");
    drop(hello);
    let ready = first.subscribe();
    ready.block();
    say!("ready", ready.ready());
    drop(ready);
    say!("first", all(&first, 3));
    say!("second", all(&second, 100));
    let _ = show!(third.blocking_read(10));
    let _ = show!(third.blocking_read(10));
    let _ = show!(first.read(10));
    let ready = first.subscribe();
    ready.block();
    say!("ready at the end", ready.ready());

    let hello = open(&given.files, "hello.txt", PLAIN, READ).expect("it is there");
    let skipping = hello.read_via_stream(0).expect("a stream");
    let _ = show!(skipping.blocking_skip(7));
    say!("after 7", all(&skipping, 100));
    let _ = show!(skipping.blocking_skip(7));
    let past = hello.read_via_stream(10).expect("a stream");
    let _ = show!(past.blocking_skip(100));
    let _ = show!(past.blocking_skip(100));

    let data = open(&given.files, "data.bin", PLAIN, READ).expect("it is there");
    let stream = data.read_via_stream(1).expect("a stream");
    let (mut sum, mut size) = (0_u64, 0_u64);
    while let Ok(part) = stream.blocking_read(10_000) {
        size += part.len() as u64;
        sum = part.iter().fold(sum, |sum, byte| sum.wrapping_mul(31) + u64::from(*byte));
    }
    say!("data.bin from 1", (size, sum));
}

fn writing(given: &Given) {
    let at = folder(given, "stream-writing");
    let target = file(&at, "file", b"0123456789");
    let first = target.write_via_stream(2).expect("a stream");
    let second = target.write_via_stream(20).expect("a stream");
    drop(target);
    let _ = show!(first.blocking_write_and_flush(b"ab"));
    let _ = show!(second.blocking_write_and_flush(b"far"));
    let _ = show!(first.blocking_write_and_flush(b"cd"));
    let _ = show!(first.blocking_write_and_flush(b""));
    let _ = show!(content(&at, "file"));
    let big = vec![b'q'; 100_000];
    let _ = show!(write_all(&first, &big));
    let read = open(&at, "file", PLAIN, READ).expect("it is there");
    let _ = show!(read.stat());
    // Who reads while it is written sees what was flushed.
    let reader = read.read_via_stream(100_006).expect("a stream");
    let _ = show!(reader.blocking_read(10));
    let _ = show!(first.blocking_write_and_flush(b"more"));
    let reader = read.read_via_stream(100_006).expect("a stream");
    say!("what came", all(&reader, 10));
}

fn appending(given: &Given) {
    let at = folder(given, "stream-appending");
    let target = file(&at, "file", b"start");
    let first = target.append_via_stream().expect("a stream");
    let second = target.append_via_stream().expect("a stream");
    for (stream, text) in [(&first, "-one"), (&second, "-two"), (&first, "-three")] {
        say!(text, stream.blocking_write_and_flush(text.as_bytes()));
    }
    let _ = show!(content(&at, "file"));
    let _ = show!(target.set_size(5));
    let _ = show!(second.blocking_write_and_flush(b"-four"));
    let _ = show!(content(&at, "file"));
    let _ = show!(target.get_flags());
    let _ = show!(target.write(b"S", 0));
    let _ = show!(content(&at, "file"));
}

fn protocol(given: &Given) {
    let at = folder(given, "stream-protocol");
    let target = file(&at, "file", b"");
    let stream = target.write_via_stream(0).expect("a stream");
    let permitted = stream.check_write();
    say!("permits something", permitted.is_ok_and(|permitted| permitted > 0));
    let _ = show!(stream.write(b"abc"));
    let _ = show!(stream.flush());
    let ready = stream.subscribe();
    say!("one of one", poll(&[&ready]));
    drop(ready);
    let permitted = stream.check_write();
    say!("permits more", permitted.is_ok_and(|permitted| permitted > 0));
    let _ = show!(stream.write(b"def"));
    let _ = show!(stream.blocking_flush());
    let _ = show!(content(&at, "file"));
    // Dropped at once: what was reported as written is there nevertheless.
    let stream = target.write_via_stream(6).expect("a stream");
    let _ = show!(stream.blocking_write_and_flush(b"ghi"));
    drop(stream);
    drop(target);
    let _ = show!(content(&at, "file"));
}

fn zeroes(given: &Given) {
    let at = folder(given, "stream-zeroes");
    let target = file(&at, "file", b"0123456789");
    let stream = target.write_via_stream(2).expect("a stream");
    let _ = stream.check_write();
    let _ = show!(stream.write_zeroes(3));
    let _ = show!(stream.blocking_flush());
    let _ = show!(content(&at, "file"));
    let _ = show!(stream.blocking_write_zeroes_and_flush(2));
    let _ = show!(content(&at, "file"));
    let _ = show!(stream.blocking_write_zeroes_and_flush(4096));
    let _ = show!(target.stat());
}

fn splicing(given: &Given) {
    let at = folder(given, "stream-splicing");
    let target = file(&at, "file", b"");
    let hello = open(&given.files, "hello.txt", PLAIN, READ).expect("it is there");
    let source = hello.read_via_stream(0).expect("a stream");
    let stream = target.write_via_stream(0).expect("a stream");
    let _ = show!(stream.blocking_splice(&source, 5));
    let _ = show!(stream.blocking_flush());
    let _ = show!(content(&at, "file"));
    let mut moved = 0;
    // It isn't said how much one call moves, nor whether it waits.
    loop {
        match stream.splice(&source, 100) {
            Ok(0) => {
                let (ready, writable) = (source.subscribe(), stream.subscribe());
                ready.block();
                writable.block();
            }
            Ok(more) => moved += more,
            Err(StreamError::Closed) => break,
            Err(error) => {
                say!("splice", error);
                break;
            }
        }
    }
    say!("moved", moved);
    let _ = show!(stream.blocking_flush());
    let _ = show!(content(&at, "file"));
}

fn refused(given: &Given) {
    let at = folder(given, "stream-refused");
    drop(file(&at, "file", b"0123456789"));
    let read_only = open(&at, "file", PLAIN, READ).expect("it is there");
    let write_only = open(&at, "file", PLAIN, WRITE).expect("it is there");
    let _ = show!(at.read_via_stream(0));
    let _ = show!(at.write_via_stream(0));
    let _ = show!(at.append_via_stream());
    // Some find out when opening, some when writing.
    let refused = match read_only.write_via_stream(0) {
        Err(_) => true,
        Ok(stream) => stream.blocking_write_and_flush(b"x").is_err(),
    };
    say!("a stream to a file opened to read is refused", refused);
    let refused = match read_only.append_via_stream() {
        Err(_) => true,
        Ok(stream) => stream.blocking_write_and_flush(b"x").is_err(),
    };
    say!("a stream to its end is refused", refused);
    let refused = match write_only.read_via_stream(0) {
        Err(_) => true,
        Ok(stream) => stream.blocking_read(1).is_err(),
    };
    say!("a stream from a file opened to write is refused", refused);
    let _ = show!(content(&at, "file"));
    // An error of a stream tells its code.
    let far = open(&at, "file", OpenFlags::empty(), WRITE).expect("it is there");
    match far.write_via_stream(u64::MAX >> 1) {
        Err(error) => say!("far away", error),
        Ok(stream) => match stream.blocking_write_and_flush(b"x") {
            Err(StreamError::LastOperationFailed(error)) => {
                say!("far away", filesystem_error_code(&error));
                say!("has words", !error.to_debug_string().is_empty());
                let _ = show!(stream.check_write().is_err());
            }
            other => say!("far away", other),
        },
    }
}
