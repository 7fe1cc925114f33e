//! No input makes nanocc panic: mutated components and compositions for a bounded time, and again those
//! that once did. And what it makes of valid ones does what wasmtime and a model say: calls with random values.
//!
//! Longer: `NANOCC_FUZZ_SECONDS=3600 NANOCC_FUZZ_SEED=$RANDOM cargo test -p nanocc-testsuite --test fuzz`.

use nanocc::options::OptLevel;
use nanocc_testsuite::fuzz::{self, Effort, Tally};
use nanocc_testsuite::fuzzing::values;
use nanocc_testsuite::machine::Target;
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

/// Calls from one component to another, for each way to compile them; most of the time for the usual one.
#[test]
fn values_between_components() -> Result<()> {
    let effort = Effort::from_environment()?;
    let modes = [
        (Target::X86_64, OptLevel::O2, effort.time),
        (Target::X86_64, OptLevel::O0, effort.time / 4),
        (Target::Aarch64, OptLevel::O2, effort.time / 4),
    ];
    for (target, level, time) in modes {
        if let Err(reason) = target.can_run() {
            if target.required() {
                return Err(reason);
            }
            eprintln!("fuzz values: not for {}: {reason}", target.name());
            continue;
        }
        let tally = values::hunt(values::Plan {
            seed: effort.seed,
            bound: values::Bound::Time(time),
            mode: values::Mode { target, level },
            ..values::Plan::default()
        })?;
        eprintln!(
            "fuzz values: {}, {level:?}, seed {}: {tally}",
            target.name(),
            effort.seed
        );
        if !tally.mismatches.is_empty() {
            return Err(tally.mismatches.join("\n"));
        }
        if tally.cases == 0 || tally.traps == 0 {
            return Err(format!("nothing was compared: {tally}"));
        }
    }
    Ok(())
}

#[test]
fn calls_that_were_once_compiled_wrong() -> Result<()> {
    let mode = values::Plan::default().mode;
    if mode.target.can_run().is_err() {
        return Ok(());
    }
    let mut engines = values::Engines::new(mode)?;
    for call in values::kept()? {
        call.replay(&mut engines)?;
    }
    Ok(())
}
