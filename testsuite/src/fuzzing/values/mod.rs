//! Differential fuzzing of the canonical ABI: random types and values, from one component to another.
//!
//! # Three opinions
//!
//! A case is a call of a function with random types, from a caller with one string encoding to a callee
//! with one. It is run by the executable that nanocc makes, by wasmtime, and imagined by a model
//! (`source.rs`, `target.rs`), which has nothing from the compiler. Where they disagree, the model says
//! which text of the specification it follows, and a reader decides.
//!
//! # What is compared
//!
//! Everything that a guest can see: the core values that the callee gets and the caller gets back; every
//! byte of both memories, padding and all that nobody should have written included; each call of each
//! `realloc` with its arguments, in order; post-return calls; indexes of handles, destructors; how it
//! ends. Guests do what they are told (`guest.rs`): placement, what `realloc` returns, and hostile
//! values are the fuzzer's choice, on either side.
//!
//! # What is left open
//!
//! * The bits of a NaN: the only one used is the canonical one.
//! * What is in a block that `realloc` has replaced, or behind a string's end in a block that was too
//!   large (`Memory::scrubs`).
//! * The order of lifting and lowering: the text lifts all values and then lowers them; nanocc and
//!   wasmtime go value by value. Nobody can tell, except by what a `realloc` was called for before
//!   a value turned out to be bad. Where that is to happen, `realloc`s work without a script.
//! * Wasmtime's words for traps, and its kind of trap where an adapter leaves a memory (`run.rs`).
//! * The alignment that wasmtime 48 asks for where UTF-16 shrinks to Latin-1: 2, where the text has 1
//!   (`ONE_OR_TWO` in `target.rs`).
//!
//! # What isn't tried
//!
//! More than 10000 cases of an `enum` or `variant`, and more than 32 flags: validation refuses them.
//! Resources of others than the callee. Memories of gigabytes: each case writes and hashes both whole.
//!
//! | file | what |
//! |---|---|
//! | `types.rs`, `value.rs` | types and their layout, values |
//! | `guest.rs` | the components |
//! | `memory.rs` | a memory and a handle table as imagined |
//! | `source.rs`, `target.rs` | a value as one side has it, and as the other has to get it |
//! | `case.rs` | one call in full |
//! | `run.rs` | both engines |
//! | `finding.rs` | a disagreement made small, told, and kept |

mod case;
mod finding;
mod guest;
mod memory;
mod run;
mod source;
mod target;
mod types;
mod value;

#[cfg(test)]
mod tests;

pub use finding::{Kept, kept};
pub use guest::Encoding;
pub use run::{Engines, Mode};

use crate::Result;
use crate::mutate::Random;
use case::{Case, Id, Part, State};
use guest::World;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub enum Bound {
    Time(Duration),
    Cases(u64),
}

/// What to do.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub seed: u64,
    pub bound: Bound,
    pub mode: Mode,
    /// Threads, each with batches of its own.
    pub threads: usize,
    /// Encodings that a side may have.
    pub encodings: &'static [Encoding],
}

impl Default for Plan {
    /// A minute, on every core.
    fn default() -> Plan {
        Plan {
            seed: 1,
            bound: Bound::Time(Duration::from_secs(60)),
            mode: Mode {
                target: crate::machine::Target::X86_64,
                level: nanocc::options::OptLevel::O2,
            },
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            encodings: ENCODINGS,
        }
    }
}

/// The encodings that nanocc has.
pub const ENCODINGS: &[Encoding] = &Encoding::ALL;

/// Functions in a batch, calls of each that end well, calls of each that trap.
const FUNCS: usize = 8;
const CALLS: usize = 30;
const TRAPS: usize = 4;
/// Of all functions together, where a process takes an emulator some half a second to begin.
const TRAPS_EMULATED: usize = 3;

/// What came of it.
#[derive(Debug, Default)]
pub struct Tally {
    pub batches: usize,
    /// Calls compared.
    pub cases: u64,
    /// Those of them that had to trap.
    pub traps: u64,
    /// Those in which wasmtime was allowed to do otherwise.
    pub tolerated: u64,
    pub time: Duration,
    /// Where the disagreements are kept, and what they are.
    pub mismatches: Vec<String>,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let minutes = self.time.as_secs_f64() / 60.0;
        write!(
            f,
            "{} cases ({} traps) in {} components, {:.0} cases a minute, {} of them with wasmtime's freedom, {} mismatches",
            self.cases,
            self.traps,
            self.batches,
            self.cases as f64 / minutes.max(f64::MIN_POSITIVE),
            self.tolerated,
            self.mismatches.len()
        )
    }
}

/// After so many disagreements it stops.
const ENOUGH: usize = 10;

/// Runs until the bound is reached. A failure to compile is an error.
pub fn hunt(plan: Plan) -> Result<Tally> {
    let start = Instant::now();
    let (next, cases, traps, tolerated) = (
        AtomicUsize::new(0),
        AtomicU64::new(0),
        AtomicU64::new(0),
        AtomicU64::new(0),
    );
    let stop = AtomicBool::new(false);
    let mismatches = Mutex::new(Vec::new());
    let work = || -> Result<()> {
        let mut engines = Engines::new(plan.mode)?;
        while !stop.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let mut batch = Batch::new(&plan, number);
            let found = batch.run(&mut engines).map_err(|error| {
                stop.store(true, Ordering::Relaxed);
                format!("seed {}, batch {number}: {error}", plan.seed)
            })?;
            cases.fetch_add(batch.cases, Ordering::Relaxed);
            traps.fetch_add(batch.traps, Ordering::Relaxed);
            tolerated.fetch_add(batch.tolerated, Ordering::Relaxed);
            if let Ok(mut all) = mismatches.lock() {
                all.extend(found);
                let reached = match plan.bound {
                    Bound::Time(time) => start.elapsed() >= time,
                    Bound::Cases(bound) => cases.load(Ordering::Relaxed) >= bound,
                };
                if reached || all.len() >= ENOUGH {
                    stop.store(true, Ordering::Relaxed);
                }
            }
        }
        Ok(())
    };
    // Each thread compiles by itself: a pool of one, with a stack as large as the command's.
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..plan.threads)
            .map(|_| {
                scope.spawn(|| {
                    rayon::ThreadPoolBuilder::new()
                        .num_threads(1)
                        .stack_size(64 << 20)
                        .build()
                        .map_err(|error| error.to_string())
                        .and_then(|pool| pool.install(work))
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| {
            thread
                .join()
                .unwrap_or_else(|_| Err("a thread of the fuzzer panicked".to_owned()))
        })
    })?;
    Ok(Tally {
        batches: next.into_inner(),
        cases: cases.into_inner(),
        traps: traps.into_inner(),
        tolerated: tolerated.into_inner(),
        time: start.elapsed(),
        mismatches: mismatches.into_inner().unwrap_or_default(),
    })
}

/// A batch: a component, and calls of its functions.
struct Batch {
    world: World,
    random: Random,
    cases: u64,
    traps: u64,
    /// Those of them in which wasmtime may do otherwise.
    tolerated: u64,
}

impl Batch {
    fn new(plan: &Plan, number: usize) -> Batch {
        let mut random = Random::new(plan.seed);
        let seed = random.number() ^ (number as u64).wrapping_mul(0xd134_2543_de82_ef95);
        let mut random = Random::new(seed);
        let mut encoding = || *random.pick(plan.encodings).unwrap_or(&Encoding::Utf8);
        let (caller, callee) = (encoding(), encoding());
        let funcs = (0..FUNCS).map(|_| types::func(&mut random)).collect();
        Batch {
            world: World {
                funcs,
                caller,
                callee,
            },
            random,
            cases: 0,
            traps: 0,
            tolerated: 0,
        }
    }

    fn run(&mut self, engines: &mut Engines) -> Result<Vec<String>> {
        let built = engines.build(&guest::component(&self.world))?;
        let mut found = Vec::new();

        // Those that end well, in one process.
        let mut state = State::default();
        let mut ids = Vec::new();
        let mut cases = Vec::new();
        for _ in 0..CALLS {
            for func in 0..self.world.funcs.len() {
                let seed = self.random.number();
                let hostile = None;
                let id = Id {
                    func,
                    seed,
                    hostile,
                };
                if let Some(case) = case::concrete(&self.world, id, &mut state, false) {
                    ids.push(id);
                    cases.push(case);
                }
            }
        }
        self.cases += cases.len() as u64;
        self.tolerated += cases.iter().filter(|case| case.is_open()).count() as u64;
        let all: Vec<&Case> = cases.iter().collect();
        if let Some(mismatch) = run::check(engines, &built, &all)? {
            let id = ids[mismatch.case];
            found.push(self.report(engines, &built, id, &all, &mismatch)?);
        }

        // Those that trap, each in a process of its own.
        let funcs = self.world.funcs.len();
        let traps = if engines.mode().target.is_native() {
            TRAPS * funcs
        } else {
            TRAPS_EMULATED
        };
        for number in 0..traps {
            let id = Id {
                func: number % funcs,
                seed: self.random.number(),
                hostile: None,
            };
            let Some(id) = hostile(&self.world, id, &mut self.random) else {
                continue;
            };
            let Some(case) = case::concrete(&self.world, id, &mut State::default(), false) else {
                continue;
            };
            self.cases += 1;
            self.tolerated += u64::from(case.is_open());
            self.traps += u64::from(case.trap.is_some());
            if let Some(mismatch) = run::check(engines, &built, &[&case])? {
                found.push(self.report(engines, &built, id, &[&case], &mismatch)?);
            }
        }
        Ok(found)
    }

    /// Makes a mismatch small, and says what it is.
    fn report(
        &self,
        engines: &mut Engines,
        built: &run::Built,
        id: Id,
        cases: &[&Case],
        mismatch: &run::Mismatch,
    ) -> Result<String> {
        finding::report(engines, built, &self.world, id, cases, mismatch)
    }
}

/// The same case with one of its sites hostile; `None` if there is none.
fn hostile(world: &World, id: Id, random: &mut Random) -> Option<Id> {
    let case = case::concrete(world, id, &mut State::default(), false)?;
    let parts: Vec<usize> = (0..4).filter(|part| case.sites[*part] > 0).collect();
    let part = *random.pick(&parts)?;
    let site = random.below(case.sites[part]);
    Some(Id {
        hostile: Some((Part::ALL[part], site)),
        ..id
    })
}
