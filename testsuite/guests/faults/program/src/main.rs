//! Moves bytes, and tells on standard error how many it was told are written and with what it ended. What
//! happens around it is the test's doing (`testsuite/tests/faults.rs`).
//!
//! `write TOTAL CHUNK` writes a pattern to standard output; `copy CHUNK` copies standard input there; `count` reads standard input and
//! tells its length and digest; `lines N` prints lines; `println N` does without asking what came of it; `both` writes a word to each
//! output.

use std::io::{self, Read, Write};
use std::process::ExitCode;

/// Byte `i` of the pattern.
fn pattern(i: u64) -> u8 {
    (i.wrapping_mul(167) + i / 256) as u8
}

/// FNV-1a.
fn digest(hash: u64, bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    bytes.iter().fold(hash, step)
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

fn count(done: &mut u64, hash: &mut u64) -> io::Result<()> {
    let mut buffer = vec![0; 5000];
    loop {
        let len = io::stdin().lock().read(&mut buffer)?;
        if len == 0 {
            return Ok(());
        }
        *hash = digest(*hash, &buffer[..len]);
        *done += len as u64;
    }
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
        "count" => {
            let mut hash = 0xcbf2_9ce4_8422_2325;
            let result = count(&mut done, &mut hash);
            let _ = writeln!(io::stderr(), "digest {hash:x}");
            end("read", done, result)
        }
        "lines" => {
            let mut result = Ok(());
            while result.is_ok() && done < number(1) {
                result = put(format!("line {done}\n").as_bytes());
                done += u64::from(result.is_ok());
            }
            end("printed", done, result)
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
