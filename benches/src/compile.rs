//! Compile time: nanocc beside the wasmtime library, each a process that reads a component, compiles it, writes
//! the result and exits.
//!
//! Both optimise for speed (nanocc's `-O2`, wasmtime's default) on every processor of the machine, and
//! take turns. What counts is the wall time; beside it is the processor time, which on a machine that does
//! something else too is the fairer of the two. Peak memory is what the kernel says at the end
//! (`ru_maxrss`): it can't be less than what this program had when it spawned them, a few megabytes.

use crate::host;
use crate::spawn::{Program, Spent};
use crate::statistics::{Samples, print_table, row};
use nanocc_testsuite::mutate::Random;
use nanocc_testsuite::{Result, big, compiler};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Components of your own, instead of those that testsuite/big/make.sh makes
    files: Vec<PathBuf>,
    /// How often each of the two compiles each component
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Write all figures to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// The most that nanocc may take, in wasmtime's time and memory.
const GOAL: (f64, f64) = (1.2, 1.0);

/// What one of the two took, over all rounds.
#[derive(Default)]
struct Taken {
    /// In milliseconds.
    wall: Samples,
    cpu: Samples,
    /// In MiB.
    peak: Samples,
}

impl Taken {
    fn add(&mut self, spent: Spent) {
        self.wall.add(spent.wall.as_secs_f64() * 1e3);
        self.cpu.add(spent.cpu.as_secs_f64() * 1e3);
        self.peak.add(spent.peak as f64 / 1024.0);
    }

    fn medians(&self) -> [f64; 3] {
        [&self.wall, &self.cpu, &self.peak].map(Samples::median)
    }
}

/// Measures with files in `folder`, and prints a table.
pub fn run(folder: &Path, args: &Args) -> Result<()> {
    let mut subjects = Vec::new();
    for file in &args.files {
        let name = file.file_stem().unwrap_or(file.as_os_str());
        subjects.push((name.to_string_lossy().into_owned(), file.clone(), &[][..]));
    }
    if subjects.is_empty() {
        for big in big::all()? {
            match big.made() {
                true => subjects.push((big.name.to_owned(), big.path, big.options)),
                false => println!("{}: testsuite/big/make.sh has not been run", big.name),
            }
        }
    }
    let mut table = vec![row([
        "compile",
        "nanocc ms",
        "wasmtime ms",
        "ratio",
        "cpu ms",
        "cpu ms",
        "ratio",
        "peak MiB",
        "peak MiB",
        "ratio",
    ])];
    let mut figures = Vec::new();
    for (name, file, options) in subjects {
        let taken = measure(folder, &file, options, args.rounds)?;
        let [nanocc, wasmtime] = taken.map(|taken| taken.medians());
        let mut cells = vec![name.clone()];
        for (at, (ours, theirs)) in nanocc.into_iter().zip(wasmtime).enumerate() {
            let ratio = ours / theirs;
            let goal = [Some(GOAL.0), None, Some(GOAL.1)][at];
            let missed = goal.is_some_and(|goal| ratio > goal);
            cells.push(format!("{ours:.0}"));
            cells.push(format!("{theirs:.0}"));
            cells.push(format!("{ratio:.2}{}", if missed { " MISSED" } else { "" }));
        }
        table.push(cells);
        let of =
            |[wall, cpu, peak]: [f64; 3]| json!({"wall_ms": wall, "cpu_ms": cpu, "peak_mib": peak});
        figures.push(json!({"name": name, "nanocc": of(nanocc), "wasmtime": of(wasmtime)}));
    }
    print_table(&table);
    println!(
        "medians of {} rounds; goals: time {} x, memory {} x\n",
        args.rounds, GOAL.0, GOAL.1
    );
    if let Some(path) = &args.json {
        let text = format!("{:#}\n", Value::Array(figures));
        std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// Compiles `file` with nanocc and with wasmtime in turns.
fn measure(folder: &Path, file: &Path, options: &[&str], rounds: u32) -> Result<[Taken; 2]> {
    let file = file
        .canonicalize()
        .map_err(|error| format!("{}: {error}", file.display()))?;
    // Copies, since a build may replace the programs while this runs.
    let copy = |from: &Path, name: &str| {
        let to = folder.join(name);
        std::fs::copy(from, &to).map_err(|error| format!("{}: {error}", from.display()))?;
        Ok::<_, String>(to)
    };
    let null = Path::new("/dev/null");
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let mut words = vec![text(&file), "-O2".to_owned(), "-o".to_owned()];
    words.push(text(&folder.join("compiled")));
    words.extend(options.iter().map(|&option| option.to_owned()));
    let nanocc = Program::new(&copy(&compiler::binary()?, "nanocc")?, &words, null, 0)?;
    let words = [
        host::COMPILE.to_owned(),
        text(&file),
        text(&folder.join("compiled.cwasm")),
    ];
    let host = copy(Path::new("/proc/self/exe"), "wasmtime")?;
    let wasmtime = Program::new(&host, &words, null, 0)?;

    let programs = [nanocc, wasmtime];
    let mut taken = [Taken::default(), Taken::default()];
    let mut random = Random::new(1);
    for round in 0..=rounds {
        let first = random.below(2);
        for which in [first, 1 - first] {
            let spent = programs[which].run()?;
            // The first round warms the caches.
            if round > 0 {
                taken[which].add(spent);
            }
        }
    }
    Ok(taken)
}
