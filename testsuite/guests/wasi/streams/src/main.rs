//! Every method of wasi:io's streams on the standard streams, and poll over them. The first argument says
//! which part. What a part finds out goes to standard error, so that standard output is its own.

use wasi_bindings::Text;
use wasi_bindings::cli::{environment, stdin, stdout};
use wasi_bindings::clocks::monotonic_clock;
use wasi_bindings::io::poll::poll;
use wasi_bindings::io::streams::{InputStream, OutputStream, StreamError};

macro_rules! note {
    ($label:expr, $value:expr) => {{
        let value = $value;
        eprintln!("{}: {}", $label, Text(&value));
    }};
}

fn main() {
    let (input, output) = (stdin::get_stdin(), stdout::get_stdout());
    match environment::get_arguments().get(1).map_or("", String::as_str) {
        "read" => read(&input),
        "skip" => skip(&input),
        "write" => write(&output),
        "zeroes" => zeroes(&output),
        "splice" => splice(&input, &output),
        "blocking-splice" => blocking_splice(&input, &output),
        "poll" => mixed(&input, &output),
        "poll-nothing" => note!("of nothing", poll(&[])),
        "unpermitted" => note!("unpermitted", output.write(&vec![b'x'; 1 << 20])),
        "too-much" => note!("too much", output.blocking_write_and_flush(&[b'x'; 4097])),
        "too-many-zeroes" => note!("too many", output.blocking_write_zeroes_and_flush(4097)),
        other => note!("no such part", other),
    }
}

fn read(input: &InputStream) {
    note!("nothing", input.blocking_read(0).map(|bytes| bytes.len()));
    let ready = input.subscribe();
    ready.block();
    note!("ready", ready.ready());
    note!("one", input.blocking_read(1));
    let (mut sum, mut size) = (0_u64, 0_usize);
    loop {
        // Without waiting there may be nothing yet.
        match input.read(1000) {
            Ok(bytes) if bytes.is_empty() => ready.block(),
            Ok(bytes) => {
                assert!(bytes.len() <= 1000);
                size += bytes.len();
                sum = bytes.iter().fold(sum, |sum, byte| sum.wrapping_mul(31) + u64::from(*byte));
            }
            Err(error) => {
                note!("the end", error);
                break;
            }
        }
    }
    note!("all", (size, sum));
    note!("after it", input.read(10));
    note!("after it", input.blocking_read(10));
    note!("after it", input.skip(10));
    note!("ready at the end", ready.ready());
    ready.block();
}

fn skip(input: &InputStream) {
    let ready = input.subscribe();
    let mut left = 500;
    while left > 0 {
        match input.skip(left) {
            Ok(0) => ready.block(),
            Ok(skipped) => left -= skipped,
            Err(error) => {
                note!("early", error);
                break;
            }
        }
    }
    let mut left = 500;
    while left > 0 {
        match input.blocking_skip(left) {
            Ok(skipped) => left -= skipped,
            Err(error) => {
                note!("early", error);
                break;
            }
        }
    }
    note!("what follows 1000", input.blocking_read(4));
    let mut rest = 0;
    while let Ok(skipped) = input.blocking_skip(u64::MAX) {
        rest += skipped;
    }
    note!("the rest", rest);
    note!("at the end", input.blocking_skip(1));
}

/// Writes as the stream permits.
fn put(output: &OutputStream, mut bytes: &[u8]) -> Result<(), StreamError> {
    let ready = output.subscribe();
    while !bytes.is_empty() {
        let permitted = output.check_write()?.min(bytes.len() as u64) as usize;
        if permitted == 0 {
            ready.block();
            continue;
        }
        output.write(&bytes[..permitted])?;
        bytes = &bytes[permitted..];
    }
    Ok(())
}

fn write(output: &OutputStream) {
    let permitted = output.check_write();
    note!("permits something", permitted.is_ok_and(|permitted| permitted > 0));
    note!("little", output.write(b"little\n"));
    note!("flush", output.flush());
    note!("blocking flush", output.blocking_flush());
    let ready = output.subscribe();
    ready.block();
    note!("ready", ready.ready());
    let lines: String = (0..20_000).map(|line| format!("line {line}\n")).collect();
    note!("much", put(output, lines.as_bytes()));
    note!("blocking flush", output.blocking_flush());
    note!("at once", output.blocking_write_and_flush(&[b'y'; 4096]));
    note!("nothing", output.blocking_write_and_flush(b""));
    let _ = output.check_write();
    note!("nothing", output.write(b""));
    note!("blocking flush", output.blocking_flush());
}

fn zeroes(output: &OutputStream) {
    let permitted = output.check_write().expect("it is open");
    note!("zeroes", output.write_zeroes(permitted.min(100)));
    note!("blocking flush", output.blocking_flush());
    note!("more", output.blocking_write_zeroes_and_flush(4096));
    note!("none", output.blocking_write_zeroes_and_flush(0));
    note!("blocking flush", output.blocking_flush());
}

fn splice(input: &InputStream, output: &OutputStream) {
    let (more, room) = (input.subscribe(), output.subscribe());
    let mut moved = 0;
    loop {
        match output.splice(input, 777) {
            Ok(0) => {
                more.block();
                room.block();
            }
            Ok(some) => {
                assert!(some <= 777);
                moved += some;
            }
            Err(error) => {
                note!("the end", error);
                break;
            }
        }
    }
    note!("moved", moved);
    note!("blocking flush", output.blocking_flush());
}

fn blocking_splice(input: &InputStream, output: &OutputStream) {
    let mut moved = 0;
    loop {
        match output.blocking_splice(input, 5000) {
            Ok(some) => {
                assert!(some <= 5000);
                moved += some;
            }
            Err(error) => {
                note!("the end", error);
                break;
            }
        }
    }
    note!("moved", moved);
    note!("blocking flush", output.blocking_flush());
}

fn mixed(input: &InputStream, output: &OutputStream) {
    let hour = 3_600_000_000_000;
    let (more, room) = (input.subscribe(), output.subscribe());
    let late = monotonic_clock::subscribe_duration(hour);
    let past = monotonic_clock::subscribe_instant(0);
    more.block();
    room.block();
    // Waited for, that it is due is no matter of how finely somebody's timers count.
    past.block();
    note!("of all", poll(&[&late, &more, &room, &past, &late]));
    note!("of one", poll(&[&room]));
    note!("the same twice", poll(&[&more, &late, &more]));
    let second = input.subscribe();
    note!("two of one stream", poll(&[&second, &late, &more]));
    while input.blocking_read(1 << 16).is_ok() {}
    note!("at the end", poll(&[&late, &more, &past]));
    note!("ready", (more.ready(), late.ready(), past.ready()));
    let soon = monotonic_clock::subscribe_duration(10_000_000);
    note!("soon", poll(&[&late, &soon]));
}
