//! The end of the chain: writes to streams, reads them and waits for them, all of which others opened.

wit_bindgen::generate!({ path: "../wit", world: "writer-world", generate_all });

use exports::test::resources::relay::{Guest, InputStream, OutputStream, Pollable, Sink};
use wasi::cli::stdout::get_stdout;
use wasi::io::poll::poll;
use wasi::io::streams::StreamError;

fn reason(error: StreamError) -> String {
    match error {
        StreamError::Closed => "closed".to_owned(),
        StreamError::LastOperationFailed(_) => "failed".to_owned(),
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

    fn say_last(to: OutputStream, text: String) -> Result<OutputStream, String> {
        write(&to, &text).map(|()| to)
    }

    fn say_to(to: Vec<Sink>, text: String) -> Vec<Sink> {
        for sink in &to {
            match sink {
                Sink::Nothing => {}
                Sink::One(to) => write(to, &text).expect("an open stream"),
                Sink::Many(all) => {
                    for (before, to) in all {
                        write(to, &format!("{before}{text}")).expect("an open stream");
                    }
                }
            }
        }
        to
    }

    fn say_myself(text: String) -> Result<(), String> {
        write(&get_stdout(), &text)
    }

    fn read(source: &InputStream) -> Result<Vec<u8>, String> {
        let mut all = Vec::new();
        let ready = source.subscribe();
        loop {
            poll(&[&ready]);
            match source.blocking_read(1000) {
                Ok(bytes) => all.extend(bytes),
                Err(StreamError::Closed) => return Ok(all),
                Err(error) => return Err(reason(error)),
            }
        }
    }

    fn wait_all(all: Vec<Pollable>) -> u32 {
        for pollable in &all {
            pollable.block();
        }
        let all: Vec<&Pollable> = all.iter().collect();
        poll(&all).len() as u32
    }

    fn wait(first: &Pollable, second: Option<&Pollable>) -> Vec<u32> {
        let mut all = vec![first];
        all.extend(second);
        poll(&all)
    }

    fn subscribe(to: &InputStream) -> Pollable {
        to.subscribe()
    }
}

export!(Writer);
