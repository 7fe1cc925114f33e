//! Copies as fast as WASI lets it: 64 KiB at a time, through streams (`stdio`, `files FROM TO`), or as Rust's library does
//! (`std stdio`, `std files FROM TO`). The files are in the directories that were granted first and last.

wit_bindgen::generate!({
    path: [
        "../../../../wit/packages/io.wit",
        "../../../../wit/packages/clocks.wit",
        "../../../../wit/packages/random.wit",
        "../../../../wit/packages/filesystem.wit",
        "../../../../wit/packages/sockets.wit",
        "../../../../wit/packages/cli.wit",
        "../wit",
    ],
    world: "test:copy/copy",
    generate_all,
});

use std::fs::File;
use std::io::{Read, Write};

use wasi::filesystem::preopens::get_directories;
use wasi::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};
use wasi::io::streams::{InputStream, OutputStream, StreamError};

const BLOCK: u64 = 65536;

fn copy(from: &InputStream, to: &OutputStream) -> Result<(), StreamError> {
    loop {
        let bytes = match from.blocking_read(BLOCK) {
            Err(StreamError::Closed) => return to.blocking_flush(),
            other => other?,
        };
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let permitted = to.check_write()? as usize;
            if permitted == 0 {
                to.subscribe().block();
                continue;
            }
            let (now, later) = rest.split_at(rest.len().min(permitted));
            to.write(now)?;
            rest = later;
        }
    }
}

fn open(directory: &Descriptor, name: &str, create: bool) -> Descriptor {
    let (open, flags) = match create {
        true => (OpenFlags::CREATE | OpenFlags::TRUNCATE, DescriptorFlags::WRITE),
        false => (OpenFlags::empty(), DescriptorFlags::READ),
    };
    directory.open_at(PathFlags::empty(), name, open, flags).expect(name)
}

fn copy_std(mut from: impl Read, mut to: impl Write) {
    let mut block = vec![0; BLOCK as usize];
    loop {
        let len = from.read(&mut block).expect("to read");
        if len == 0 {
            break;
        }
        to.write_all(&block[..len]).expect("to write");
    }
    to.flush().expect("to flush");
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["stdio"] => {
            let (from, to) = (wasi::cli::stdin::get_stdin(), wasi::cli::stdout::get_stdout());
            copy(&from, &to).expect("to copy");
        }
        ["files", from, to] => {
            let directories = get_directories();
            let (first, last) = (&directories.first().expect("a directory").0, &directories.last().expect("a directory").0);
            let (from, to) = (open(first, from, false), open(last, to, true));
            let from = from.read_via_stream(0).expect("a stream");
            let to = to.write_via_stream(0).expect("a stream");
            copy(&from, &to).expect("to copy");
        }
        ["std", "stdio"] => copy_std(std::io::stdin().lock(), std::io::stdout().lock()),
        ["std", "files", from, to] => {
            copy_std(File::open(from).expect(from), File::create(to).expect(to));
        }
        _ => panic!("copy what?"),
    }
}
