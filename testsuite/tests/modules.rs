//! Core modules made at random do the same under nanocc as under wasmtime, for a bounded time.
//!
//! Longer: `cargo run --release -p nanocc-testsuite -- fuzz modules --seconds 900 --seed $RANDOM`. What differs is kept in
//! `files/fuzz/`, from where it is tried again.

use nanocc::options::OptLevel;
use nanocc_testsuite::Result;
use nanocc_testsuite::conformance::Mode;
use nanocc_testsuite::fuzz::{self, Effort};
use nanocc_testsuite::fuzzing::modules::{self, Bound};
use nanocc_testsuite::machine::Target;

fn compare(target: Target, level: OptLevel, share: u32) -> Result<()> {
    let effort = Effort::from_environment()?;
    let mode = Mode { target, level };
    if let Err(reason) = mode.available() {
        return match target {
            Target::X86_64 => Err(reason),
            Target::Aarch64 => {
                eprintln!("skipped: {reason}");
                Ok(())
            }
        };
    }
    let bound = Bound {
        time: effort.time / share,
        modules: None,
    };
    let tally = modules::run(effort.seed, bound, mode)?;
    eprintln!("fuzz modules: seed {}: {tally}", effort.seed);
    if !tally.mismatches.is_empty() {
        return Err(tally.mismatches.join("\n"));
    }
    // What is made is worth the time: most of it is compiled, and comes to something.
    let enough =
        tally.refused * 10 <= tally.modules && tally.returned + tally.trapped > tally.modules;
    if tally.modules < 20 || enough {
        Ok(())
    } else {
        Err(tally.to_string())
    }
}

#[test]
fn optimised_modules_do_what_they_do_under_the_oracle() -> Result<()> {
    compare(Target::X86_64, OptLevel::O2, 1)
}

#[test]
fn unoptimised_modules_do_what_they_do_under_the_oracle() -> Result<()> {
    compare(Target::X86_64, OptLevel::O0, 2)
}

#[test]
fn modules_for_aarch64_do_what_they_do_under_the_oracle() -> Result<()> {
    compare(Target::Aarch64, OptLevel::O2, 2)
}

#[test]
fn modules_that_once_differed_are_the_same() -> Result<()> {
    for file in fuzz::kept("wasm")? {
        let name = file.file_name().and_then(|name| name.to_str());
        let mode = Mode {
            target: Target::X86_64,
            level: OptLevel::O2,
        };
        if name.is_some_and(|name| name.starts_with("module-"))
            && let Some(how) = modules::again(&file, mode)?
        {
            return Err(format!("{}: {how}", file.display()));
        }
    }
    Ok(())
}
