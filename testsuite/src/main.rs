//! What the test suite offers as commands.
//!
//!     cargo run --release -p nanocc-testsuite -- core [FILTER...]

use clap::{Parser, Subcommand};
use nanocc::options::OptLevel;
use nanocc_testsuite::conformance::{self, Mode, Report};
use nanocc_testsuite::fuzzing::graphs;
use nanocc_testsuite::machine::Target;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Runs WebAssembly's conformance scripts with nanocc.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Core WebAssembly: versions 1.0 and 2.0, SIMD, what nanocc has of 3.0, and scripts of our own
    Core {
        /// Only scripts whose name (`2.0/memory_grow`) contains one of these
        filter: Vec<String>,
        /// The machine that the executables are for: x86_64-linux or aarch64-linux
        #[arg(long, default_value = "x86_64-linux", value_parser = target)]
        target: Target,
        /// How hard to optimise: 0, 1, 2 or s
        #[arg(short = 'O', default_value = "2", value_parser = level, value_name = "LEVEL")]
        level: OptLevel,
    },
    /// Programs made at random, compared with what they do under wasmtime
    Fuzz {
        #[command(subcommand)]
        what: Fuzz,
    },
}

#[derive(Subcommand)]
enum Fuzz {
    /// Graphs of components: imports, exports, instances, resources
    Graphs {
        /// The first case's seed; the n-th case has this plus n
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Go on for so long
        #[arg(long)]
        seconds: Option<u64>,
        /// Stop after so many cases
        #[arg(long)]
        cases: Option<u64>,
        /// Print the program of the seed, and do nothing else
        #[arg(long)]
        print: bool,
    },
}

fn target(name: &str) -> Result<Target, String> {
    Target::ALL
        .into_iter()
        .find(|target| target.name() == name)
        .ok_or_else(|| format!("one of {}", Target::ALL.map(Target::name).join(", ")))
}

fn level(name: &str) -> Result<OptLevel, String> {
    match name {
        "0" => Ok(OptLevel::O0),
        "1" => Ok(OptLevel::O1),
        "2" => Ok(OptLevel::O2),
        "s" => Ok(OptLevel::Os),
        _ => Err("one of 0, 1, 2, s".to_owned()),
    }
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Core {
            filter,
            target,
            level,
        } => core(&filter, Mode { target, level }),
        Command::Fuzz { what } => match what {
            Fuzz::Graphs {
                seed, print: true, ..
            } => {
                print!("{}", graphs::text_of(seed).0);
                ExitCode::SUCCESS
            }
            Fuzz::Graphs {
                seed,
                seconds,
                cases,
                ..
            } => fuzz_graphs(seed, seconds, cases),
        },
    }
}

fn fuzz_graphs(seed: u64, seconds: Option<u64>, cases: Option<u64>) -> ExitCode {
    let time = match (seconds, cases) {
        (None, None) => Some(60),
        _ => seconds,
    };
    let time = time.map(Duration::from_secs);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let start = Instant::now();
    match graphs::run(seed, graphs::Bound { time, cases }, threads) {
        Ok(report) => {
            println!("seed {seed}: {}", report.counts(start.elapsed()));
            for invalid in report.invalid.iter().take(5) {
                println!("invalid: {invalid}");
            }
            for mismatch in &report.mismatches {
                println!("{mismatch}");
            }
            if report.mismatches.is_empty() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn core(filter: &[String], mode: Mode) -> ExitCode {
    if let Err(reason) = mode.available() {
        eprintln!("error: {reason}");
        return ExitCode::FAILURE;
    }
    let mut scripts = match conformance::scripts() {
        Ok(scripts) => scripts,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    scripts
        .retain(|script| filter.is_empty() || filter.iter().any(|part| script.name.contains(part)));
    if scripts.is_empty() {
        eprintln!("error: no script's name contains {}", filter.join(" or "));
        return ExitCode::FAILURE;
    }
    let reports: Vec<OnceLock<(Report, Duration)>> =
        scripts.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(script), Some(report)) = (scripts.get(index), reports.get(index))
                    else {
                        break;
                    };
                    let start = Instant::now();
                    let done = conformance::run(script, mode);
                    report.get_or_init(|| (done, start.elapsed()));
                }
            });
        }
    });
    let mut total = Report::default();
    let reports = reports.into_iter().filter_map(OnceLock::into_inner);
    for (script, (report, time)) in scripts.iter().zip(reports) {
        let verdict = if report.failed == 0 { "ok" } else { "FAILED" };
        println!(
            "{verdict:6} {:36} {} ({} ms)",
            script.name,
            report.counts(),
            time.as_millis()
        );
        for reason in &report.reasons {
            println!("       {reason}");
        }
        total.add(report);
    }
    println!("{}", total.counts());
    if total.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
