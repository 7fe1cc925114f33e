//! No input makes nanocc panic: mutated components and compositions for a bounded time, and again those
//! that once did.
//!
//! Longer: `NANOCC_FUZZ_SECONDS=3600 NANOCC_FUZZ_SEED=$RANDOM cargo test -p nanocc-testsuite --test fuzz`.

use nanocc_testsuite::fuzz::{self, Effort, Tally};
use nanocc_testsuite::{Result, files_below, mutate, read_text, repository};
use std::path::Path;

/// If all inputs were accepted, or none, the mutations would not be worth their name.
fn mixed(tally: Tally) -> Result<()> {
    if tally.inputs < 500 || (1..tally.inputs).contains(&tally.accepted) {
        Ok(())
    } else {
        Err(format!("{tally:?}"))
    }
}

#[test]
fn mutated_components() -> Result<()> {
    let effort = Effort::from_environment()?;
    // Small components get more turns: an input costs what its size is.
    let seeds = fuzz::corpus(400_000)?;
    let (small, large): (Vec<_>, Vec<_>) = seeds.iter().partition(|seed| seed.bytes.len() < 10_000);
    let next = |random: &mut mutate::Random| {
        let from = if random.below(50) == 0 {
            &large
        } else {
            &small
        };
        let (Some(seed), Some(other)) = (random.pick(from), random.pick(&small)) else {
            return Vec::new();
        };
        mutate::component(&seed.bytes, &other.bytes, random)
    };
    let subject = |input: &[u8]| fuzz::compile(Path::new("input.wasm"), input);
    mixed(fuzz::hunt("component", "wasm", effort, next, subject)?)
}

/// The composition whose packages mutated compositions may name.
const COMPOSITION: &str = "testsuite/files/graph/compose.wac";

#[test]
fn mutated_compositions() -> Result<()> {
    let effort = Effort::from_environment()?;
    let path = repository().join(COMPOSITION);
    let text = read_text(&path)?;
    let mut others = Vec::new();
    for folder in ["examples", "testsuite"] {
        for file in files_below(&repository().join(folder), &|name| name.ends_with(".wac"))? {
            others.push(read_text(&file)?);
        }
    }
    let next = |random: &mut mutate::Random| {
        let other = random.pick(&others).map_or("", String::as_str);
        mutate::text(&text, other, random).into_bytes()
    };
    let subject = |input: &[u8]| fuzz::compile(&path, input);
    mixed(fuzz::hunt("composition", "wac", effort, next, subject)?)
}

#[test]
fn inputs_that_once_made_it_panic() -> Result<()> {
    let beside = repository().join(COMPOSITION);
    for extension in ["wasm", "wac"] {
        for file in fuzz::kept(extension)? {
            let input = nanocc_testsuite::read(&file)?;
            let path = beside.with_extension(extension);
            fuzz::caught(|| fuzz::compile(&path, &input))
                .map_err(|panic| format!("{}: {panic}", file.display()))?;
        }
    }
    Ok(())
}
