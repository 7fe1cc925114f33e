//! A command that does one thing of the standard library after another: the first argument says
//! which. What it prints is the same at every run, on every machine: where a value differs (a time, a
//! random number), what is printed is whether it makes sense.

mod numbers;
mod system;

use std::process::ExitCode;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const ACTS: [(&str, fn(&[String]) -> Outcome); 20] = [
    ("args", system::args),
    ("environment", system::environment),
    ("copy", system::copy),
    ("lines", system::lines),
    ("errors", system::errors),
    ("exit", system::exit),
    ("fail", system::fail),
    ("panic", system::panic),
    ("clocks", system::clocks),
    ("sleep", system::sleep),
    ("random", system::random),
    ("files", system::files),
    ("terminal", system::terminal),
    ("threads", system::threads),
    ("large-output", system::large_output),
    ("memory", numbers::memory),
    ("floats", numbers::floats),
    ("integers", numbers::integers),
    ("sort", numbers::sort),
    ("recursion", numbers::recursion),
];

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wanted = arguments.first().map(String::as_str).unwrap_or_default();
    let Some((_, act)) = ACTS.iter().find(|(name, _)| *name == wanted) else {
        eprintln!("no such act: {wanted:?}");
        return Ok(ExitCode::from(2));
    };
    act(&arguments[1..])?;
    Ok(ExitCode::SUCCESS)
}
