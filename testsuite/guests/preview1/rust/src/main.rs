//! A program in Rust for wasm32-wasip1, with what its standard library does by way of preview 1: the first argument
//! says what. No time of now, no inode and no order of a directory is printed: the same at every run.
//!
//! It finds the fixture of `testsuite/guests/wasi`: `/files` and `/other` to change, `/fixed` to read.

mod contents;
mod names;

use std::fmt::Debug;
use std::io;
use std::path::Path;

/// Says what a call came to.
fn say<T: Debug>(what: &str, result: io::Result<T>) -> Option<T> {
    match &result {
        Ok(value) => println!("{what}: {value:?}"),
        Err(error) => println!("{what}: {:?} ({:?})", error.kind(), error.raw_os_error()),
    }
    result.ok()
}

/// Says whether a call worked, where its value is nobody's business.
fn did<T>(what: &str, result: io::Result<T>) -> Option<T> {
    match &result {
        Ok(_) => println!("{what}: ok"),
        Err(error) => println!("{what}: {:?} ({:?})", error.kind(), error.raw_os_error()),
    }
    result.ok()
}

/// A digest of strings that tells where each of them ends: FNV-1a.
fn digest(strings: impl Iterator<Item = String>) -> (usize, u64) {
    let mut state: u64 = 0xcbf2_9ce4_8422_2325;
    let mut count = 0;
    for string in strings {
        count += 1;
        for byte in string.bytes().chain([0xff]) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    (count, state)
}

/// As many arguments and variables as there are, and what is in them.
fn given() {
    let (count, sum) = digest(std::env::args().skip(1));
    println!("{count} arguments, {sum:016x}");
    let variables = || {
        let mut all: Vec<_> = std::env::vars()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        all.sort();
        digest(all.into_iter())
    };
    let (count, sum) = variables();
    println!("{count} variables, {sum:016x}");
    // The allocator's memory begins before what they were put into, and goes on behind it.
    let blocks: Vec<_> = (0..200_u8).map(|i| vec![i; 10_000]).collect();
    let whole = (0..)
        .zip(&blocks)
        .all(|(i, block)| block.iter().all(|&byte| byte == i));
    println!(
        "{}",
        if whole {
            "memory is whole"
        } else {
            "memory is broken"
        }
    );
    let again = variables();
    println!(
        "{}",
        if again == (count, sum) {
            "the same again"
        } else {
            "others again"
        }
    );
}

/// Lines of standard input, and what comes behind them.
fn lines() {
    let (mut count, mut bytes) = (0, 0);
    for line in io::stdin().lines() {
        match line {
            Ok(line) => {
                count += 1;
                bytes += line.len();
                if count <= 3 {
                    println!("{line:?}");
                }
            }
            Err(error) => println!("{:?}", error.kind()),
        }
    }
    println!("{count} lines, {bytes} bytes");
    say("behind them", io::stdin().read_line(&mut String::new()));
}

/// Calls itself until the stack is used up.
fn descend(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 100]);
    if depth == u64::MAX {
        return 0;
    }
    descend(depth + 1) + room[50]
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let what = arguments.get(1).map_or("", String::as_str);
    let files = Path::new("/files");
    match what {
        "given" => given(),
        "lines" => lines(),
        "names" => names::changed(files),
        "links" => names::links(files),
        "paths" => names::odd(files),
        "many" => names::many(files),
        "moved" => names::moved(files, Path::new("/other"), Path::new("/fixed")),
        "positions" => contents::positions(files),
        "appends" => contents::appends(files),
        "rights" => contents::rights(files),
        "times" => contents::times(files),
        "sizes" => contents::sizes(files),
        "open" => contents::open(files),
        "exit" => {
            // What isn't a whole line is still in Rust's buffer, which `exit` writes.
            print!("leaves");
            std::process::exit(arguments[2].parse().expect("a number"))
        }
        "panic" => {
            print!("before");
            panic!("for a reason")
        }
        "abort" => {
            println!("before");
            std::process::abort()
        }
        "exhaust" => {
            let mut all = Vec::new();
            loop {
                all.push(vec![1_u8; 1 << 28]);
            }
        }
        "descend" => println!("{}", descend(0)),
        _ => {
            eprintln!("no such thing: {what:?}");
            std::process::exit(64)
        }
    }
}
