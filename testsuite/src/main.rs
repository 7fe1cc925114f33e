//! What the test suite offers as commands.
//!
//!     cargo run --release -p nanocc-testsuite -- core [FILTER...]

use clap::{Parser, Subcommand};
use nanocc::options::OptLevel;
use nanocc_testsuite::conformance::{self, Mode, Report};
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
    let Command::Core {
        filter,
        target,
        level,
    } = Arguments::parse().command;
    core(&filter, Mode { target, level })
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
