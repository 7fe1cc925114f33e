//! The figures that nanocc is held to, measured.
//!
//!     cargo run --release -p nanocc-benches -- all
//!
//! Absolute times move by half between runs of the same machine, so that only ratios within one run
//! mean something: the programs that are compared take turns, run by run. Before anything is timed,
//! every program's output is compared with what it has to be.

mod calls;
mod compile;
mod contender;
mod copies;
mod copy;
mod host;
mod machine;
mod memory;
mod peers;
mod plot;
mod records;
mod serve;
mod size;
mod spawn;
mod startup;
mod statistics;
mod strings;
mod turns;

use clap::{Parser, Subcommand};
use nanocc_testsuite::Result;
use std::path::Path;
use std::process::ExitCode;

/// Measures what nanocc makes, beside what it is compared with.
#[derive(Parser)]
#[command(name = "nanocc-benches", version, about)]
struct Args {
    #[command(subcommand)]
    bench: Option<Bench>,
}

#[derive(Subcommand)]
enum Bench {
    /// From spawn to exit, and the memory that it ends with: of hello, or of a component of yours
    Startup(startup::Args),
    /// Of the executables, and the runtime shim's share
    Size,
    /// A loop of calls between two components, and within one module
    Calls,
    /// Lists and strings between two components, beside memcpy
    Copies(copies::Args),
    /// 1 GiB from file to file and from standard input to standard output, beside C
    Copy(copy::Args),
    /// Records between two components, beside the same loads and stores within one module
    Records(records::Args),
    /// Requests a second, processor time and memory of a web server of three components
    Serve(serve::Args),
    /// Strings between components of different encodings, beside memcpy
    Strings(strings::Args),
    /// Compile time and memory of real programs or of components of yours, beside wasmtime's
    Compile(compile::Args),
    /// All of these [the default]
    All,
}

fn main() -> ExitCode {
    // This program is also the wasmtime host that `startup` spawns, and the compiler that `compile` does.
    let words: Vec<String> = std::env::args().collect();
    let done = match words.get(1).and_then(|word| host::Mode::of(word)) {
        Some(mode) => host::run(mode, &words[2..]),
        None if words.len() == 4 && words[1] == host::COMPILE => {
            host::precompile(Path::new(&words[2]), Path::new(&words[3])).map(|()| ExitCode::SUCCESS)
        }
        None => run(Args::parse().bench.unwrap_or(Bench::All)),
    };
    match done {
        Ok(code) => code,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// What a benchmark takes whose command line says nothing.
fn defaults<A: clap::Args>() -> Result<A> {
    let command = A::augment_args(clap::Command::new("all").no_binary_name(true));
    let matches = command.try_get_matches_from([""; 0]);
    let matches = matches.map_err(|error| error.to_string())?;
    A::from_arg_matches(&matches).map_err(|error| error.to_string())
}

fn run(bench: Bench) -> Result<ExitCode> {
    println!("{}\n", machine::description());
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let folder: &Path = folder.path();
    match bench {
        Bench::Startup(args) => startup::run(folder, &args)?,
        Bench::Size => size::run(folder)?,
        Bench::Calls => calls::run(folder)?,
        Bench::Copies(args) => copies::run(folder, &args)?,
        Bench::Copy(args) => copy::run(folder, &args)?,
        Bench::Records(args) => records::run(folder, &args)?,
        Bench::Serve(args) => serve::run(folder, &args)?,
        Bench::Strings(args) => strings::run(folder, &args)?,
        Bench::Compile(args) => compile::run(folder, &args)?,
        Bench::All => {
            startup::run(folder, &defaults::<startup::Args>()?)?;
            size::run(folder)?;
            calls::run(folder)?;
            copies::run(folder, &defaults::<copies::Args>()?)?;
            copy::run(folder, &defaults::<copy::Args>()?)?;
            records::run(folder, &defaults::<records::Args>()?)?;
            serve::run(folder, &defaults::<serve::Args>()?)?;
            strings::run(folder, &defaults::<strings::Args>()?)?;
            compile::run(folder, &defaults::<compile::Args>()?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_benchmark_has_its_defaults() {
        assert!(defaults::<startup::Args>().is_ok());
        assert!(defaults::<copies::Args>().is_ok());
        assert!(defaults::<copy::Args>().is_ok());
        assert!(defaults::<records::Args>().is_ok());
        assert!(defaults::<serve::Args>().is_ok());
        assert!(defaults::<strings::Args>().is_ok());
        assert!(defaults::<compile::Args>().is_ok());
    }
}
