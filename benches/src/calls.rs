//! What a call between two components costs: the same loop calls `add` of another component, joined by
//! wac, and `add` of its own module.
//!
//! The programs measure the time on the wall. A run of half a millisecond is mostly over before the scheduler gives its
//! processor to somebody else, one of a few dozen milliseconds isn't, and then says how busy the machine was: so runs are
//! short, and many.

use crate::statistics::{Samples, print_table, row};
use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::{Result, execute, repository};
use std::path::{Path, PathBuf};
use std::process::Command;

const COUNT: &str = "1000000";
const ROUNDS: usize = 201;

/// Measures with executables in `folder` and prints a table.
pub fn run(folder: &Path) -> Result<()> {
    let adder = repository().join("examples/adder");
    let build = |name: &str, input: &str| {
        let output = folder.join(name);
        Nanocc::new(&adder.join(input))
            .args(&["-O2"])
            .output(&output)
            .succeed()?;
        Ok::<_, String>(output)
    };
    let two = build("two-components", "adder.wac")?;
    let one = build("one-module", "deps/adder/loop-single.wasm")?;
    let contenders = [("in one module", &one), ("between two components", &two)];

    let results: Vec<_> = contenders
        .iter()
        .map(|(_, path)| call(path))
        .collect::<Result<_>>()?;
    if results[0].0 != results[1].0 {
        return Err(format!("the loops compute different sums: {results:?}"));
    }
    let mut samples = [Samples::default(), Samples::default()];
    for round in 0..ROUNDS {
        for turn in 0..2 {
            let which = (round + turn) % 2;
            samples[which].add(call(contenders[which].1)?.1);
        }
    }
    println!("A loop of add(u32, u32), {COUNT} calls, {ROUNDS} runs each in turns");
    let mut rows = vec![row(["", "median ns", "least", "x one module", "goal"])];
    for ((name, _), each) in contenders.iter().zip(&samples) {
        let ratio = each.median() / samples[0].median();
        rows.push(vec![
            name.to_string(),
            format!("{:.3}", each.median()),
            format!("{:.3}", each.least()),
            format!("{ratio:.3}"),
            format!("1.050 {}", if ratio <= 1.05 { "met" } else { "missed" }),
        ]);
    }
    print_table(&rows);
    let calls = calls_in_the_loop(&adder.join("adder.wac"))?;
    let listing = if calls.is_empty() {
        "none".to_owned()
    } else {
        calls.join("; ")
    };
    println!("Call instructions in the loop's machine code (x86-64): {listing}\n");
    Ok(())
}

/// The call instructions between the beginning of the loop and its jump back. The loop is known by its
/// rotation by three, which is there but once.
fn calls_in_the_loop(input: &Path) -> Result<Vec<String>> {
    let text = Nanocc::new(input)
        .args(&["-O2", "--emit=asm", "--target", "x86_64-linux"])
        .succeed()?
        .stdout_text();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mark = lines
        .iter()
        .position(|line| line.starts_with("rol") && line.contains("$0x3,"))
        .ok_or("no rotation by three in the machine code")?;
    // Blocks are numbered in the order in which they lie: a jump to a smaller number goes back.
    let number = |text: &str| text.parse::<usize>().ok();
    let block = |line: &str| number(line.strip_prefix("block")?.strip_suffix(':')?);
    let target = |line: &str| number(line.rsplit_once("label")?.1);
    let within = lines[..mark].iter().rev().find_map(|line| block(line));
    let within = within.ok_or("the rotation is in no block")?;
    let end = lines[mark..]
        .iter()
        .take_while(|line| !line.is_empty())
        .position(|line| line.starts_with('j') && target(line).is_some_and(|to| to <= within))
        .map(|distance| mark + distance)
        .ok_or("no jump back after the rotation")?;
    let head = target(lines[end]).unwrap_or(within);
    let start = lines[..mark]
        .iter()
        .rposition(|line| block(line) == Some(head))
        .ok_or("the jump back leads nowhere")?;
    let calls = lines[start..end]
        .iter()
        .filter(|line| line.starts_with("call"));
    Ok(calls.map(|line| line.to_string()).collect())
}

/// The sum that one run prints, and the nanoseconds that a call took.
fn call(program: &PathBuf) -> Result<(String, f64)> {
    let done = execute::run(Command::new(program).arg(COUNT), b"")?;
    let text = done.stdout_text();
    let complain = || format!("{}: another output: {text}", program.display());
    let (sum, time) = text.split_once('\n').ok_or_else(complain)?;
    let time = time
        .strip_suffix(" ns a call\n")
        .and_then(|number| number.parse().ok());
    Ok((sum.to_owned(), time.ok_or_else(complain)?))
}
