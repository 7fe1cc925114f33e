//! No input makes nanocc panic: mutated components for a bounded time, and again those that once did.
//!
//! Longer: `NANOCC_FUZZ_SECONDS=3600 NANOCC_FUZZ_SEED=$RANDOM cargo test -p nanocc-testsuite --test fuzz`.

use nanocc_testsuite::fuzz::{self, Effort};
use nanocc_testsuite::mutate;

#[test]
fn mutated_components() -> Result<(), String> {
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
    let tally = fuzz::hunt("component", "wasm", effort, next, fuzz::compile)?;
    // If all or none pass, the mutations are not worth their name.
    if tally.inputs > 500 && !(1..tally.inputs).contains(&tally.accepted) {
        return Err(format!("{tally:?}"));
    }
    Ok(())
}

#[test]
fn components_that_once_made_it_panic() -> Result<(), String> {
    for path in fuzz::kept("wasm")? {
        let input = fuzz::read_kept(&path)?;
        fuzz::caught(|| fuzz::compile(&input))
            .map_err(|panic| format!("{}: {panic}", path.display()))?;
    }
    Ok(())
}
