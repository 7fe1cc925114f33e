//! The host's functions, called at random, do what they do under wasmtime, for a bounded time.
//!
//! Longer, and sockets too: `cargo run --release -p nanocc-testsuite -- fuzz calls files|preview1|sockets --seconds 900 --seed $RANDOM`.

use nanocc_testsuite::Result;
use nanocc_testsuite::fuzz::Effort;
use nanocc_testsuite::fuzzing::calls::{self, Plan, Subject};
use nanocc_testsuite::machine::Target;

fn compare(subject: Subject, target: Target, share: u32) -> Result<()> {
    if let Err(reason) = target.can_run() {
        if target.required() || target.is_native() {
            return Err(reason);
        }
        eprintln!("skipped: {reason}");
        return Ok(());
    }
    let effort = Effort::from_environment()?;
    let plan = Plan {
        seed: effort.seed,
        time: effort.time / share,
        calls: 150,
        target,
    };
    let tally = calls::run(subject, plan)?;
    eprintln!("fuzz calls: seed {}: {tally}", effort.seed);
    if !tally.mismatches.is_empty() {
        return Err(tally.mismatches.join("\n"));
    }
    // Most of the calls that are made are compared to the word.
    match tally.calls > 3 * tally.meant {
        true => Ok(()),
        false => Err(tally.to_string()),
    }
}

#[test]
fn files_do_what_they_do_under_the_oracle() -> Result<()> {
    compare(Subject::Files, Target::X86_64, 1)
}

#[test]
fn files_do_so_on_aarch64() -> Result<()> {
    compare(Subject::Files, Target::Aarch64, 2)
}

#[test]
fn files_of_preview_1_do_so() -> Result<()> {
    compare(Subject::Preview1, Target::X86_64, 1)
}
