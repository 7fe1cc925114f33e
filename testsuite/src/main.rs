//! What the test suite offers as commands.
//!
//!     cargo run --release -p nanocc-testsuite -- core [FILTER...]
//!     cargo run --release -p nanocc-testsuite -- wast [PATH...]
//!     cargo run --release -p nanocc-testsuite -- wac PATH...
//!     cargo run --release -p nanocc-testsuite -- fuzz values
//!     cargo run --release -p nanocc-testsuite -- interfaces
//!     cargo run --release -p nanocc-testsuite -- fuzz calls files|preview1|sockets
//!     cargo run --release -p nanocc-testsuite -- fuzz modules
//!     cargo run --release -p nanocc-testsuite -- fuzz graphs [--seed N] [--seconds N | --cases N]

use clap::{Parser, Subcommand};
use nanocc::options::OptLevel;
use nanocc_testsuite::Result;
use nanocc_testsuite::conformance::{self, Mode, Report, Script, moved};
use nanocc_testsuite::fuzzing::calls::{self, Subject};
use nanocc_testsuite::fuzzing::{graphs, modules, values};
use nanocc_testsuite::machine::Target;
use nanocc_testsuite::wac;
use nanocc_testsuite::wasi::table::Table;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Runs the conformance scripts and cases of others with nanocc.
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
    /// Components: scripts in files and folders, and without any, our own
    Wast {
        /// Scripts (`.wast`), or folders with scripts
        paths: Vec<PathBuf>,
        /// The machine that the executables are for: x86_64-linux or aarch64-linux
        #[arg(long, default_value = "x86_64-linux", value_parser = target)]
        target: Target,
        /// How hard to optimise: 0, 1, 2 or s
        #[arg(short = 'O', default_value = "2", value_parser = level, value_name = "LEVEL")]
        level: OptLevel,
    },
    /// WAC's own cases, given to nanocc's first stage
    Wac {
        /// Folders with cases, or single ones (`.wac`, `graph.json`)
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Every function of WASI 0.2.12: whether it is implemented, and which test calls it
    Interfaces,
    /// Random programs, compared with what wasmtime and a model say
    #[command(subcommand)]
    Fuzz(Fuzz),
}

#[derive(Subcommand)]
enum Fuzz {
    /// Calls of the host's functions
    Calls {
        /// What is called
        subject: Subject,
        /// What is called follows from it
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How long to go on; 0 is one program
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// How many calls one program makes
        #[arg(long, default_value_t = 150)]
        calls: u32,
        /// The machine that the executables are for: x86_64-linux or aarch64-linux
        #[arg(long, default_value = "x86_64-linux", value_parser = target)]
        target: Target,
    },
    /// Values of random types, from one component to another
    Values {
        /// What is generated follows from it
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How long to go on
        #[arg(long, default_value_t = 60, conflicts_with = "cases")]
        seconds: u64,
        /// How many calls to compare, at least
        #[arg(long)]
        cases: Option<u64>,
        /// The machine that the executables are for: x86_64-linux or aarch64-linux
        #[arg(long, default_value = "x86_64-linux", value_parser = target)]
        target: Target,
        /// How hard to optimise: 0, 1, 2 or s
        #[arg(short = 'O', default_value = "2", value_parser = level, value_name = "LEVEL")]
        level: OptLevel,
    },
    /// Core modules: any instructions, in any order
    Modules {
        /// The first module's seed; the n-th has this plus n
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How long to go on
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// Stop after so many modules
        #[arg(long)]
        modules: Option<u64>,
        /// Print the module of the seed, and do nothing else
        #[arg(long)]
        print: bool,
        /// The machine that the executables are for: x86_64-linux or aarch64-linux
        #[arg(long, default_value = "x86_64-linux", value_parser = target)]
        target: Target,
        /// How hard to optimise: 0, 1, 2 or s
        #[arg(short = 'O', default_value = "2", value_parser = level, value_name = "LEVEL")]
        level: OptLevel,
    },
    /// Graphs of components: imports, exports, instances, resources
    Graphs {
        /// The first case's seed; the n-th case has this plus n
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Go on for so long; a minute, if nothing else is said
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

fn target(name: &str) -> Result<Target> {
    Target::ALL
        .into_iter()
        .find(|target| target.name() == name)
        .ok_or_else(|| format!("one of {}", Target::ALL.map(Target::name).join(", ")))
}

fn level(name: &str) -> Result<OptLevel> {
    match name {
        "0" => Ok(OptLevel::O0),
        "1" => Ok(OptLevel::O1),
        "2" => Ok(OptLevel::O2),
        "s" => Ok(OptLevel::Os),
        _ => Err("one of 0, 1, 2, s".to_owned()),
    }
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Core {
            filter,
            target,
            level,
        } => core(&filter, Mode { target, level }),
        Command::Wast {
            paths,
            target,
            level,
        } => wast_scripts(&paths, Mode { target, level }),
        Command::Wac { paths } => wac_cases(&paths),
        Command::Interfaces => interfaces(),
        Command::Fuzz(Fuzz::Calls {
            subject,
            seed,
            seconds,
            calls,
            target,
        }) => {
            let time = Duration::from_secs(seconds);
            fuzz_calls(
                subject,
                calls::Plan {
                    seed,
                    time,
                    calls,
                    target,
                },
            )
        }
        Command::Fuzz(Fuzz::Values {
            seed,
            seconds,
            cases,
            target,
            level,
        }) => fuzz_values(values::Plan {
            seed,
            bound: match cases {
                Some(cases) => values::Bound::Cases(cases),
                None => values::Bound::Time(Duration::from_secs(seconds)),
            },
            mode: values::Mode { target, level },
            ..values::Plan::default()
        }),
        Command::Fuzz(Fuzz::Modules {
            seed, print: true, ..
        }) => modules::text_of(seed).map(|text| {
            print!("{text}");
            ExitCode::SUCCESS
        }),
        Command::Fuzz(Fuzz::Modules {
            seed,
            seconds,
            modules,
            target,
            level,
            ..
        }) => {
            let time = Duration::from_secs(seconds);
            let bound = modules::Bound { time, modules };
            fuzz_modules(seed, bound, Mode { target, level })
        }
        Command::Fuzz(Fuzz::Graphs {
            seed, print: true, ..
        }) => {
            print!("{}", graphs::text_of(seed).0);
            Ok(ExitCode::SUCCESS)
        }
        Command::Fuzz(Fuzz::Graphs {
            seed,
            seconds,
            cases,
            ..
        }) => fuzz_graphs(seed, seconds, cases),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

fn interfaces() -> Result<ExitCode> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let table = Table::measure(folder.path())?;
    print!("{table}");
    Ok(if table.is_complete() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn fuzz_calls(subject: Subject, plan: calls::Plan) -> Result<ExitCode> {
    plan.target.can_run()?;
    let tally = calls::run(subject, plan)?;
    for mismatch in &tally.mismatches {
        println!("{mismatch}");
    }
    println!("{tally}");
    Ok(if tally.mismatches.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn fuzz_values(plan: values::Plan) -> Result<ExitCode> {
    eprintln!("fuzz values: seed {}", plan.seed);
    let tally = values::hunt(plan)?;
    for mismatch in &tally.mismatches {
        println!("{mismatch}");
    }
    println!("{tally}");
    Ok(if tally.mismatches.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn fuzz_modules(seed: u64, bound: modules::Bound, mode: Mode) -> Result<ExitCode> {
    let tally = modules::run(seed, bound, mode)?;
    for mismatch in &tally.mismatches {
        println!("{mismatch}");
    }
    println!("seed {seed}: {tally}");
    Ok(if tally.mismatches.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn fuzz_graphs(seed: u64, seconds: Option<u64>, cases: Option<u64>) -> Result<ExitCode> {
    let seconds = seconds.or(cases.is_none().then_some(60));
    let time = seconds.map(Duration::from_secs);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let start = Instant::now();
    let report = graphs::run(seed, graphs::Bound { time, cases }, threads)?;
    println!("seed {seed}: {}", report.counts(start.elapsed()));
    for invalid in report.invalid.iter().take(5) {
        println!("invalid: {invalid}");
    }
    for mismatch in &report.mismatches {
        println!("{mismatch}");
    }
    Ok(if report.mismatches.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn core(filter: &[String], mode: Mode) -> Result<ExitCode> {
    mode.available()?;
    let mut scripts = conformance::scripts()?;
    scripts
        .retain(|script| filter.is_empty() || filter.iter().any(|part| script.name.contains(part)));
    if scripts.is_empty() {
        return Err(format!("no script's name contains {}", filter.join(" or ")));
    }
    Ok(run_scripts(&scripts, mode))
}

fn wast_scripts(paths: &[PathBuf], mode: Mode) -> Result<ExitCode> {
    mode.available()?;
    let mut scripts = Vec::new();
    for path in paths {
        scripts.extend(conformance::scripts_at(path)?);
    }
    if paths.is_empty() {
        scripts = conformance::own_component_scripts()?;
    }
    if scripts.is_empty() {
        return Err("there are no scripts".to_owned());
    }
    println!(
        "the text: component-model at commit {}; otherwise have it",
        moved::COMMIT
    );
    for rule in moved::RULES {
        println!("       {} ({}): {}", rule.name, rule.by, rule.otherwise);
    }
    Ok(run_scripts(&scripts, mode))
}

fn run_scripts(scripts: &[Script], mode: Mode) -> ExitCode {
    run_all(
        scripts,
        |script| (&script.name, script.oracle.as_deref()),
        |script| conformance::run(script, mode),
    )
}

fn wac_cases(paths: &[PathBuf]) -> Result<ExitCode> {
    let mut cases = Vec::new();
    for path in paths {
        cases.extend(wac::cases(path)?);
    }
    if cases.is_empty() {
        return Err("there are no cases of WAC's".to_owned());
    }
    Ok(run_all(&cases, |case| (&case.name, None), wac::run))
}

/// Runs every item, in parallel, and prints a line for each, in order, with the reasons of what didn't pass, and
/// the sums. Beside each stands what another implementation makes of it, where that is known. The status says whether anything failed.
fn run_all<T: Sync>(
    items: &[T],
    name: impl Fn(&T) -> (&str, Option<&str>),
    run: impl Fn(&T) -> Report + Sync,
) -> ExitCode {
    let reports: Vec<OnceLock<(Report, Duration)>> =
        items.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(item), Some(report)) = (items.get(index), reports.get(index)) else {
                        break;
                    };
                    let start = Instant::now();
                    let done = run(item);
                    report.get_or_init(|| (done, start.elapsed()));
                }
            });
        }
    });
    let mut total = Report::default();
    let reports = reports.into_iter().filter_map(OnceLock::into_inner);
    for (item, (report, time)) in items.iter().zip(reports) {
        let verdict = if report.failed == 0 { "ok" } else { "FAILED" };
        let (name, oracle) = name(item);
        let oracle = oracle.map_or(String::new(), |oracle| format!("; the reference: {oracle}"));
        println!(
            "{verdict:6} {name:44} {} ({} ms){oracle}",
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
