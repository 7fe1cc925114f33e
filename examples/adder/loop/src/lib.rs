//! The loop that `loop` and `loop-single` have in common, so that the two differ in nothing but
//! whose `add` it calls.

use std::time::Instant;

const DEFAULT_COUNT: u32 = 100_000_000;
const USAGE: &str = "usage: loop [COUNT] [--untimed]";

/// Calls `add` as often as the first argument says, prints the outcome, and, unless the argument
/// `--untimed` is there, the time a call took.
///
/// Each call depends on the one before and the operands mix three kinds of operation, so that no
/// optimiser can replace the loop by a formula or run two iterations side by side.
pub fn run(add: impl Fn(u32, u32) -> u32) {
    let mut count = DEFAULT_COUNT;
    let mut timed = true;
    for argument in std::env::args().skip(1) {
        match argument.parse() {
            Ok(number) => count = number,
            Err(_) if argument == "--untimed" => timed = false,
            Err(_) => {
                eprintln!("{USAGE}");
                std::process::exit(1);
            }
        }
    }

    let start = Instant::now();
    let mut sum = 0;
    for i in 0..count {
        sum = add(sum ^ i, i.rotate_left(3));
    }
    let elapsed = start.elapsed();

    println!("{count} calls: {sum:#010x}");
    if timed {
        println!(
            "{:.3} ns a call",
            elapsed.as_nanos() as f64 / f64::from(count)
        );
    }
}
