//! Moves bytes, and tells on standard error how many it was told are written and with what it ended. What
//! happens around it is the test's doing (`testsuite/tests/faults.rs`).
//!
//! `write TOTAL CHUNK` writes a pattern to standard output; `copy CHUNK` copies standard input there; `println N` prints lines without asking
//! what came of it; `both` writes a word to each output. `file-write PATH TOTAL CHUNK` and `file-copy FROM TO CHUNK` do the same with
//! files, and `file-cat PATH CHUNK` copies one to standard output. `open PATH N` opens a file as often, and then reads it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::process::ExitCode;

/// Byte `i` of the pattern.
fn pattern(i: u64) -> u8 {
    (i.wrapping_mul(167) + i / 256) as u8
}

/// What is reported, and the exit status.
fn end(what: &str, count: u64, result: io::Result<()>) -> ExitCode {
    match result {
        Ok(()) => {
            let _ = writeln!(io::stderr(), "{what} {count}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "{what} {count}: {:?}", error.kind());
            ExitCode::from(3)
        }
    }
}

/// All of the bytes, given to the system.
fn put(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

fn write(total: u64, chunk: u64, done: &mut u64) -> io::Result<()> {
    while *done < total {
        let bytes: Vec<u8> = (*done..total.min(*done + chunk)).map(pattern).collect();
        put(&bytes)?;
        *done += bytes.len() as u64;
    }
    Ok(())
}

fn copy(chunk: usize, done: &mut u64) -> io::Result<()> {
    let mut buffer = vec![0; chunk];
    loop {
        let len = io::stdin().lock().read(&mut buffer)?;
        if len == 0 {
            return Ok(());
        }
        put(&buffer[..len])?;
        *done += len as u64;
    }
}

/// The same to a file. What a write took is written, whatever comes after it.
fn put_all(file: &mut File, mut bytes: &[u8], done: &mut u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let len = file.write(bytes)?;
        *done += len as u64;
        bytes = &bytes[len..];
    }
    Ok(())
}

fn file_write(path: &str, total: u64, chunk: u64, done: &mut u64) -> io::Result<()> {
    let mut file = File::create(path)?;
    while *done < total {
        let bytes: Vec<u8> = (*done..total.min(*done + chunk)).map(pattern).collect();
        put_all(&mut file, &bytes, done)?;
    }
    file.sync_all()
}

fn file_copy(from: &str, to: &str, chunk: usize, done: &mut u64) -> io::Result<()> {
    let (mut from, mut to) = (File::open(from)?, File::create(to)?);
    let mut buffer = vec![0; chunk];
    loop {
        let len = from.read(&mut buffer)?;
        if len == 0 {
            return to.sync_all();
        }
        put_all(&mut to, &buffer[..len], done)?;
    }
}

fn file_cat(path: &str, chunk: usize, done: &mut u64) -> io::Result<()> {
    let mut from = File::open(path)?;
    let mut buffer = vec![0; chunk];
    loop {
        let len = from.read(&mut buffer)?;
        if len == 0 {
            return Ok(());
        }
        put(&buffer[..len])?;
        *done += len as u64;
    }
}

/// Opens a file as often as it may, and reads it all the same.
fn open(path: &str, count: u64, done: &mut u64) -> io::Result<()> {
    let mut all = Vec::new();
    let mut result = Ok(());
    while *done < count {
        match File::open(path) {
            Ok(file) => all.push(file),
            Err(error) => {
                result = Err(error);
                break;
            }
        }
        *done += 1;
    }
    let mut text = String::new();
    let mut last = all.pop().expect("one that could be opened");
    last.read_to_string(&mut text)?;
    drop(last);
    // What was closed can be opened again.
    File::open(path)?.read_to_string(&mut text)?;
    put(text.as_bytes())?;
    result
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize| words[i].parse::<u64>().expect("a number");
    let mut done = 0;
    match words[0].as_str() {
        "write" => {
            let result = write(number(1), number(2), &mut done);
            end("wrote", done, result)
        }
        "copy" => {
            let result = copy(number(1) as usize, &mut done);
            end("copied", done, result)
        }
        "file-write" => {
            let result = file_write(&words[1], number(2), number(3), &mut done);
            end("wrote", done, result)
        }
        "file-copy" => {
            let result = file_copy(&words[1], &words[2], number(3) as usize, &mut done);
            end("copied", done, result)
        }
        "file-cat" => {
            let result = file_cat(&words[1], number(2) as usize, &mut done);
            end("copied", done, result)
        }
        "open" => {
            let result = open(&words[1], number(2), &mut done);
            end("opened", done, result)
        }
        "println" => {
            for i in 0..number(1) {
                println!("line {i}");
            }
            ExitCode::SUCCESS
        }
        "both" => {
            let _ = put(b"out\n");
            let _ = io::stderr().write_all(b"err\n");
            let _ = io::stdin().read(&mut [0]);
            ExitCode::SUCCESS
        }
        other => panic!("{other}?"),
    }
}
