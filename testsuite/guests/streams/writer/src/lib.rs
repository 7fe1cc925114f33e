//! Does what it is asked with streams that others opened. Nothing it imports could open one.

wit_bindgen::generate!({ path: "../wit", world: "writer-world", generate_all });

use exports::test::handles::writer::{Guest, OutputStream, Pair};
use std::cell::RefCell;
use wasi::io::streams::StreamError;

thread_local!(static KEPT: RefCell<Vec<OutputStream>> = const { RefCell::new(Vec::new()) });

fn reason(error: StreamError) -> String {
    match error {
        StreamError::Closed => "closed".to_string(),
        StreamError::LastOperationFailed(_) => "failed".to_string(),
    }
}

fn write(to: &OutputStream, text: &str) -> Result<(), String> {
    to.blocking_write_and_flush(text.as_bytes()).map_err(reason)
}

struct Writer;

impl Guest for Writer {
    fn say(to: &OutputStream, text: String) -> Result<(), String> {
        write(to, &text)
    }

    fn say_last(to: OutputStream, text: String) -> Result<(), String> {
        write(&to, &text)
    }

    fn keep(to: OutputStream) {
        KEPT.with_borrow_mut(|kept| kept.push(to));
    }

    fn say_to_all(text: String) -> Result<u32, String> {
        KEPT.with_borrow(|kept| {
            for to in kept {
                write(to, &text)?;
            }
            Ok(kept.len() as u32)
        })
    }

    fn release() -> Option<OutputStream> {
        KEPT.with_borrow_mut(Vec::pop)
    }

    fn copy(pair: Pair) -> Result<(Pair, u64), String> {
        let mut copied = 0;
        loop {
            match pair.source.blocking_read(4096) {
                Ok(bytes) => {
                    copied += bytes.len() as u64;
                    pair.target
                        .blocking_write_and_flush(&bytes)
                        .map_err(reason)?;
                }
                Err(StreamError::Closed) => return Ok((pair, copied)),
                Err(error) => return Err(reason(error)),
            }
        }
    }

    fn reverse(mut all: Vec<OutputStream>) -> Vec<OutputStream> {
        all.reverse();
        all
    }

    fn say_each(
        first: &OutputStream,
        second: &OutputStream,
        third: &OutputStream,
        text: String,
    ) -> Result<(), String> {
        [first, second, third]
            .iter()
            .try_for_each(|to| write(to, &text))
    }
}

export!(Writer);
