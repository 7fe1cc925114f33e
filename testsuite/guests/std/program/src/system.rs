//! What the standard library asks of the world outside.

use crate::Outcome;
use std::collections::{HashMap, HashSet};
use std::io::{BufRead, IsTerminal, Read, Write};
use std::time::{Duration, Instant, SystemTime};

pub fn args(arguments: &[String]) -> Outcome {
    println!("{} arguments", arguments.len());
    for argument in arguments {
        println!("{argument:?}");
    }
    Ok(())
}

pub fn environment(_: &[String]) -> Outcome {
    println!("{} variables", std::env::vars().count());
    println!("HOME: {:?}", std::env::var("HOME"));
    println!("current folder: {:?}", std::env::current_dir());
    println!(
        "os {:?}, architecture {:?}",
        std::env::consts::OS,
        std::env::consts::ARCH
    );
    Ok(())
}

/// Standard input to standard output, byte for byte.
pub fn copy(_: &[String]) -> Outcome {
    let copied = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::stdout().lock())?;
    eprintln!("{copied} bytes");
    Ok(())
}

pub fn lines(_: &[String]) -> Outcome {
    let mut longest = String::new();
    let mut count = 0;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        count += 1;
        if line.chars().count() > longest.chars().count() {
            longest = line;
        }
    }
    println!("{count} lines, the longest is {longest:?}");
    let mut nothing = [0; 16];
    println!("after the end: {}", std::io::stdin().read(&mut nothing)?);
    Ok(())
}

/// Both streams, in turns.
pub fn errors(_: &[String]) -> Outcome {
    for i in 0..3 {
        println!("to the output: {i}");
        eprintln!("to the errors: {i}");
    }
    print!("no end of line");
    std::io::stdout().flush()?;
    eprint!("none here either");
    Ok(())
}

pub fn exit(arguments: &[String]) -> Outcome {
    let status = arguments.first().ok_or("exit: with what?")?.parse()?;
    print!("what was printed before is not lost");
    std::process::exit(status)
}

pub fn fail(arguments: &[String]) -> Outcome {
    println!("about to fail");
    Err(arguments.join(" ").into())
}

pub fn panic(arguments: &[String]) -> Outcome {
    print!("about to panic");
    let numbers = [1, 2, 3];
    let index: usize = arguments.first().ok_or("panic: at which index?")?.parse()?;
    println!(": {}", numbers[index]);
    Ok(())
}

pub fn clocks(_: &[String]) -> Outcome {
    let start = Instant::now();
    let mut last = start;
    for _ in 0..1000 {
        let now = Instant::now();
        assert!(now >= last, "a monotonic clock went back");
        last = now;
    }
    println!(
        "monotonic: {}",
        last.duration_since(start) < Duration::from_secs(60)
    );
    let today = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    // 2024-01-01 and 2100-01-01.
    println!(
        "sensible: {}",
        (1_704_067_200..4_102_444_800).contains(&today.as_secs())
    );
    Ok(())
}

pub fn sleep(arguments: &[String]) -> Outcome {
    let asked = Duration::from_millis(arguments.first().ok_or("sleep: how long?")?.parse()?);
    let start = Instant::now();
    std::thread::sleep(asked);
    let slept = start.elapsed();
    println!("slept long enough: {}", slept >= asked);
    println!(
        "slept far too long: {}",
        slept > asked + Duration::from_secs(5)
    );
    Ok(())
}

/// Hash maps are seeded at random, so their order differs; what is in them doesn't.
pub fn random(_: &[String]) -> Outcome {
    let mut words: HashMap<String, usize> = HashMap::new();
    for i in 0..10_000 {
        *words.entry(format!("word {}", i % 777)).or_default() += i;
    }
    let mut sums: Vec<_> = words.into_iter().collect();
    sums.sort_unstable();
    println!(
        "{} words, {:?} to {:?}",
        sums.len(),
        sums[0],
        sums[sums.len() - 1]
    );

    // Two states of one thread share their seed but for a counter; still no two may be equal.
    use std::hash::{BuildHasher, RandomState};
    let hashes: HashSet<u64> = (0..100)
        .map(|_| RandomState::new().hash_one("the same"))
        .collect();
    println!("{} of 100 hashes are distinct", hashes.len());
    Ok(())
}

/// With no folder granted every path is out of reach.
pub fn files(_: &[String]) -> Outcome {
    let missing = "missing/folder/file.txt";
    println!(
        "open: {:?}",
        std::fs::File::open(missing).map_err(|e| e.kind())
    );
    println!(
        "create: {:?}",
        std::fs::File::create("/file.txt").map_err(|e| e.kind())
    );
    println!(
        "read: {:?}",
        std::fs::read_to_string(missing).map_err(|e| e.to_string())
    );
    println!(
        "read folder: {:?}",
        std::fs::read_dir(".")
            .map(|_| ())
            .map_err(|e| e.to_string())
    );
    println!(
        "make folder: {:?}",
        std::fs::create_dir("folder").map_err(|e| e.to_string())
    );
    println!(
        "metadata: {:?}",
        std::fs::metadata("/")
            .map(|_| ())
            .map_err(|e| e.to_string())
    );
    println!(
        "rename: {:?}",
        std::fs::rename("a", "b").map_err(|e| e.to_string())
    );
    println!(
        "remove: {:?}",
        std::fs::remove_file("/etc/passwd").map_err(|e| e.to_string())
    );
    println!(
        "exists: {:?}",
        std::path::Path::new("/etc/passwd")
            .try_exists()
            .map_err(|e| e.to_string())
    );
    Ok(())
}

/// Only meaningful with streams that are files or pipes, as they are under the suite.
pub fn terminal(_: &[String]) -> Outcome {
    println!("input: {}", std::io::stdin().is_terminal());
    println!("output: {}", std::io::stdout().is_terminal());
    println!("errors: {}", std::io::stderr().is_terminal());
    Ok(())
}

/// There are none: the error has to be an honest one.
pub fn threads(_: &[String]) -> Outcome {
    match std::thread::Builder::new().spawn(|| 42) {
        Ok(_) => println!("a thread was started"),
        Err(error) => println!("no thread: {:?}", error.kind()),
    }
    println!(
        "available: {:?}",
        std::thread::available_parallelism().map_err(|e| e.kind())
    );
    thread_local!(static COUNT: std::cell::Cell<u32> = const { std::cell::Cell::new(7) });
    COUNT.set(COUNT.get() + 1);
    println!("thread-local: {}", COUNT.get());
    Ok(())
}

/// More than a pipe holds, in one write and in many.
pub fn large_output(_: &[String]) -> Outcome {
    let mut output = std::io::stdout().lock();
    let block: Vec<u8> = (0..300_000_u32)
        .map(|i| b'a' + (i * i % 26) as u8)
        .collect();
    output.write_all(&block)?;
    for i in 0..5000 {
        writeln!(output, "{i:>5}")?;
    }
    Ok(())
}
