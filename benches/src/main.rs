//! The figures that nanocc is held to, measured.
//!
//!     cargo run --release -p nanocc-benches -- all
//!
//! Absolute times move by half between runs of the same machine, so that only ratios within one run
//! mean something: the programs that are compared take turns, run by run. Before anything is timed,
//! every program's output is compared with what it has to be.

mod calls;
mod host;
mod machine;
mod memory;
mod peers;
mod size;
mod spawn;
mod startup;
mod statistics;

use nanocc_testsuite::Result;
use std::process::ExitCode;

const USAGE: &str = "\
usage: nanocc-benches [startup | size | calls | all] [--rounds N]
  startup   from spawn to exit of hello, and the memory it ends with
  size      of the executables, and the runtime shim's share
  calls     a loop of calls between two components, and within one module
  --rounds  how often each program of `startup` runs (2000)";

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Vec<String>) -> Result<ExitCode> {
    // This program is also the wasmtime host that `startup` spawns.
    if let [mode, file] = args.as_slice()
        && let Some(mode) = host::Mode::of(mode)
    {
        return host::run(mode, file);
    }
    let mut what = None;
    let mut rounds = 2000;
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--rounds" => {
                let number = args.next().and_then(|text| text.parse().ok());
                rounds = number.filter(|&n| n > 0).ok_or("--rounds takes a number")?;
            }
            "--help" | "-h" => {
                println!("{USAGE}");
                return Ok(ExitCode::SUCCESS);
            }
            "startup" | "size" | "calls" | "all" if what.is_none() => what = Some(arg),
            _ => {
                eprintln!("{USAGE}");
                return Ok(ExitCode::from(2));
            }
        }
    }
    let what = what.unwrap_or("all".to_owned());
    println!("{}\n", machine::description());
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    if what == "startup" || what == "all" {
        startup::run(folder.path(), rounds)?;
    }
    if what == "size" || what == "all" {
        size::run(folder.path())?;
    }
    if what == "calls" || what == "all" {
        calls::run(folder.path())?;
    }
    Ok(ExitCode::SUCCESS)
}
