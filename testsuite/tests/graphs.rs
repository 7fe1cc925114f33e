//! Graphs of components made at random do the same under nanocc as under wasmtime, for a bounded time.
//!
//! Longer: `cargo run --release -p nanocc-testsuite -- fuzz graphs --seconds 900 --seed $RANDOM`. What differs is made
//! smaller and kept in `files/fuzz/`, from where it is tried again.

use nanocc_testsuite::Result;
use nanocc_testsuite::fuzz::{self, Effort};
use nanocc_testsuite::fuzzing::graphs::{self, Bound};
use std::time::Instant;

#[test]
fn graphs_do_what_they_do_under_the_oracle() -> Result<()> {
    let effort = Effort::from_environment()?;
    eprintln!("fuzz graphs: seed {}, {:?}", effort.seed, effort.time);
    let start = Instant::now();
    let bound = Bound {
        time: Some(effort.time),
        cases: None,
    };
    let report = graphs::run(effort.seed, bound, 2)?;
    eprintln!("fuzz graphs: {}", report.counts(start.elapsed()));
    if !report.mismatches.is_empty() {
        return Err(report.mismatches.join("\n"));
    }
    // The generator means what it makes to be valid (a name is missing once in some hundred), and worth the time.
    if report.invalid.len() as u64 * 50 > report.cases {
        return Err(report.invalid.join("\n"));
    }
    let ran = report.ended + report.trapped;
    if report.cases < 50 || (ran * 4 > report.cases && report.refused > 0 && report.lines > ran) {
        Ok(())
    } else {
        Err(report.counts(start.elapsed()))
    }
}

#[test]
fn graphs_that_once_differed_are_the_same() -> Result<()> {
    for file in fuzz::kept("wat")? {
        let name = file.file_name().and_then(|name| name.to_str());
        if name.is_some_and(|name| name.starts_with("graph-"))
            && let Some(how) = graphs::again(&file)?
        {
            return Err(format!("{}: {how}", file.display()));
        }
    }
    Ok(())
}
