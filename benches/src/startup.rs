//! Start-up: from spawn to exit, and the memory that a program ends with.
//!
//! Two questions, two tables. How far is nanocc from what the machine can do? Hello beside a
//! hand-written program that does nothing else. What does a host cost? The same component, the user's or
//! the Rust hello, as nanocc's executable and under every host that is here.
//!
//! Within a table all programs take turns, in another order each round: who always came after the same
//! would be measured with what that left in the caches. A program that takes long gets fewer turns, so that
//! nobody waits for an hour; the table says how many.

use crate::contender::{self, Contender, Field};
use crate::machine;
use crate::memory::{self, Resident};
use crate::plot;
use crate::spawn::Program;
use crate::statistics::{Samples, print_table, row};
use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::mutate::Random;
use nanocc_testsuite::{Result, repository};
use serde_json::{Value, json};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// A component, core module or .wac file of your own, instead of hello
    input: Option<PathBuf>,
    /// What the program gets as its arguments
    #[arg(last = true)]
    args: Vec<String>,
    /// A file that the program reads as its standard input
    #[arg(long, value_name = "FILE", default_value = "/dev/null")]
    stdin: PathBuf,
    /// How often each program runs; one that takes over 5 ms runs less often
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Write all figures to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a plot of the last table to this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// Rounds before those that count.
const WARM_UP: usize = 10;

/// A program that takes longer than this has proportionally fewer turns.
const LONG: Duration = Duration::from_millis(5);

/// What is known of a contender after its turns.
#[derive(Debug)]
pub struct Measured {
    pub contender: Contender,
    /// From spawn to exit, in microseconds.
    pub time: Samples,
    pub memory: Resident,
    /// Its files' sizes, in bytes.
    pub size: Vec<u64>,
}

/// Measures with executables in `folder`, prints tables, and writes the files that are asked for.
pub fn run(folder: &Path, args: &Args) -> Result<()> {
    let mut tables = Vec::new();
    if args.input.is_none() {
        tables.push(floor(folder, args)?);
        tables.extend(fences(folder, args)?);
    }
    let (title, measured) = hosts(folder, args)?;
    if let Some(path) = &args.svg {
        let bars: Vec<_> = measured
            .iter()
            .map(|m| (m.contender.name.as_str(), &m.time))
            .collect();
        write(path, plot::medians(&title, &bars).as_bytes())?;
    }
    tables.push(to_json(&title, &measured));
    if let Some(path) = &args.json {
        let all = json!({ "machine": machine::description(), "tables": tables });
        let text = serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?;
        write(path, (text + "\n").as_bytes())?;
    }
    Ok(())
}

/// Hello, without hosts.
fn floor(folder: &Path, args: &Args) -> Result<Value> {
    let contenders = contender::hellos(folder)?;
    for contender in &contenders {
        let done = contender.execute(b"")?;
        if done.code()? != 0 || done.stdout != b"Hello, world!\n" || !done.stderr.is_empty() {
            return Err(format!("{} says something else: {done:?}", contender.name));
        }
    }
    let measured = measure(contenders, Path::new("/dev/null"), 0, args.rounds)?;
    let title = format!(
        "Start-up of hello, without fences, {} runs each, in turns (RssAnon, VmHWM and page tables in KiB)",
        args.rounds
    );
    let table = beside_floor(&title, &measured);
    println!("Goal: anonymous memory of the WAT hello at exit at most 32 KiB.\n");
    Ok(table)
}

/// Hello behind its fences, beside a program by hand that tells the kernel the same, and what the fences cost each.
fn fences(folder: &Path, args: &Args) -> Result<Vec<Value>> {
    let mut tables = Vec::new();
    for contenders in contender::fenced(folder)? {
        for contender in &contenders {
            let done = contender.execute(b"")?;
            if done.code()? != 0 || done.stdout != b"Hello, world!\n" {
                return Err(format!("{} says something else: {done:?}", contender.name));
            }
        }
        let null = Path::new("/dev/null");
        let measured = measure(contenders.into(), null, 0, args.rounds)?;
        let title = format!(
            "Start-up of hello with fences, {} runs each, in turns",
            args.rounds
        );
        tables.push(beside_floor(&title, &measured));
        if let [by_hand, with, floor, without] = &measured[..] {
            let cost =
                |with: &Measured, without: &Measured| with.time.median() - without.time.median();
            println!(
                "The fences cost {:.1} us, by hand {:.1} us.\n",
                cost(with, without),
                cost(by_hand, floor)
            );
        }
    }
    Ok(tables)
}

/// Prints a table of programs, the first of which is what the others are compared with.
fn beside_floor(title: &str, measured: &[Measured]) -> Value {
    println!("{title}");
    let floor = measured.first().map_or(1.0, |m| m.time.median());
    let mut rows = vec![row([
        "",
        "median us",
        "least",
        "p99",
        "x floor",
        "goal",
        "RssAnon",
        "VmHWM",
        "page tables",
        "file B",
    ])];
    for measured in measured {
        let ratio = measured.time.median() / floor;
        let goal = measured.contender.goal.map_or(String::new(), |goal| {
            format!("{goal:.2} {}", if ratio <= goal { "met" } else { "missed" })
        });
        rows.push(vec![
            measured.contender.name.clone(),
            format!("{:.1}", measured.time.median()),
            format!("{:.1}", measured.time.least()),
            format!("{:.1}", measured.time.quantile(0.99)),
            format!("{ratio:.2}"),
            goal,
            measured.memory.anonymous.to_string(),
            measured.memory.peak.to_string(),
            measured.memory.page_tables.to_string(),
            measured.size.iter().sum::<u64>().to_string(),
        ]);
    }
    print_table(&rows);
    to_json(title, measured)
}

/// One component under everybody who can run it. Returns the table's title too.
fn hosts(folder: &Path, args: &Args) -> Result<(String, Vec<Measured>)> {
    let hello = repository().join("examples/hello/deps/hello/rust.wasm");
    let input = args.input.as_deref().unwrap_or(&hello);
    let stdin = nanocc_testsuite::read(&args.stdin)?;
    // Hosts run on another folder's behalf: every path is absolute.
    let input = std::path::absolute(input).map_err(|e| format!("{}: {e}", input.display()))?;
    let stdin_path =
        std::path::absolute(&args.stdin).map_err(|e| format!("{}: {e}", args.stdin.display()))?;

    let component = folder.join("component.wasm");
    Nanocc::new(&input)
        .args(&["--emit=component"])
        .output(&component)
        .succeed()?;
    let nanocc = contender::nanocc("nanocc", folder, &input, &args.args)?;
    let expected = nanocc.execute(&stdin)?;
    let status = expected.code()?;
    let mut field: Field = contender::hosts(folder, &component, &args.args);
    field.check(&stdin, &expected);
    field.contenders.insert(0, nanocc);
    if args.input.is_none() {
        field.contenders.extend(contender::peers(folder)?);
    }

    let measured = measure(field.contenders, &stdin_path, status, args.rounds)?;
    let name = match &args.input {
        Some(path) => path.file_name().unwrap_or_default().to_string_lossy(),
        None => "hello in Rust".into(),
    };
    let title = format!("From spawn to exit: {name}");
    println!("{title}, in turns (RssAnon and VmHWM in KiB)");
    let first = measured.first().map_or(1.0, |m| m.time.median());
    let mut rows = vec![row([
        "",
        "runs",
        "median us",
        "least",
        "p99",
        "x nanocc",
        "nanocc / it",
        "RssAnon",
        "VmHWM",
        "files B",
    ])];
    for measured in &measured {
        rows.push(vec![
            measured.contender.name.clone(),
            measured.time.len().to_string(),
            format!("{:.1}", measured.time.median()),
            format!("{:.1}", measured.time.least()),
            format!("{:.1}", measured.time.quantile(0.99)),
            format!("{:.2}", measured.time.median() / first),
            format!("{:.3}", first / measured.time.median()),
            measured.memory.anonymous.to_string(),
            measured.memory.peak.to_string(),
            measured.size.iter().sum::<u64>().to_string(),
        ]);
    }
    print_table(&rows);
    for (name, reason) in &field.absent {
        println!("left out: {name}: {reason}");
    }
    println!();
    Ok((title, measured))
}

/// Runs all of them in turns, `rounds` times, and looks at each one's memory once.
fn measure(
    contenders: Vec<Contender>,
    stdin: &Path,
    status: i32,
    rounds: u32,
) -> Result<Vec<Measured>> {
    let programs: Vec<Program> = contenders
        .iter()
        .map(|contender| Program::new(&contender.path, &contender.args, stdin, status))
        .collect::<Result<_>>()?;
    let rounds = rounds as usize;
    // Every how many rounds it has a turn.
    let strides: Vec<usize> = programs
        .iter()
        .map(|program| {
            program.time()?;
            let start = Instant::now();
            program.time()?;
            let stride = start.elapsed().div_duration_f64(LONG).ceil() as usize;
            // At least so many runs that a median is one.
            Ok(stride.clamp(1, (rounds / 15).max(1)))
        })
        .collect::<Result<_>>()?;

    let mut samples = vec![Samples::default(); programs.len()];
    let mut random = Random::new(1);
    let mut order: Vec<usize> = (0..programs.len()).collect();
    for round in 0..rounds + WARM_UP {
        for i in (1..order.len()).rev() {
            order.swap(i, random.below(i + 1));
        }
        for &i in order.iter().filter(|&&i| round % strides[i] == 0) {
            let time = programs[i].time()?;
            if round >= WARM_UP {
                samples[i].add(time.as_secs_f64() * 1e6);
            }
        }
    }
    contenders
        .into_iter()
        .zip(samples)
        .map(|(contender, time)| {
            let input = File::open(stdin).map_err(|e| format!("{}: {e}", stdin.display()))?;
            let mut command = Command::new(&contender.path);
            Ok(Measured {
                memory: memory::at_exit(command.args(&contender.args), input)?,
                size: contender.size()?,
                contender,
                time,
            })
        })
        .collect()
}

fn to_json(title: &str, measured: &[Measured]) -> Value {
    let programs: Vec<Value> = measured
        .iter()
        .map(|measured| {
            json!({
                "name": measured.contender.name,
                "runs": measured.time.len(),
                "median_us": measured.time.median(),
                "least_us": measured.time.least(),
                "p99_us": measured.time.quantile(0.99),
                "anonymous_kib": measured.memory.anonymous,
                "peak_kib": measured.memory.peak,
                "page_tables_kib": measured.memory.page_tables,
                "files_bytes": measured.size,
            })
        })
        .collect();
    json!({ "title": title, "programs": programs })
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("wrote {}", path.display());
    Ok(())
}
