//! What it costs to hand records of ten scalars from one component to another, beside the same copies
//! within one module.
//!
//! `guests/records.wat` says what is done. The baseline is in the same executable: for each memory that a
//! record crosses into, ten loads and ten stores, written by hand, field by field. Both loops take turns of
//! about a millisecond; under wasmtime too. Every round reads what it received, the sum of it is checked
//! after each turn, and a digest of all that the last round received.

use crate::statistics::{Samples, print_table, row};
use crate::turns::{Entrant, Player, digest, ends, take_turns};
use crate::{host, machine};
use nanocc_testsuite::Result;
use nanocc_testsuite::compiler::Nanocc;
use serde_json::{Value, json};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// How often each loop takes its turn
    #[arg(long, default_value_t = 51, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Write all figures to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Elements of a list.
const ELEMENTS: u32 = 100;
/// The most that a median may be, in medians of the baseline: 1, and the noise of such loops.
const GOAL: f64 = 1.05;

/// Which way records go. The numbers are the guest's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Flat = 0,
    Pair = 1,
    Given = 2,
    List = 3,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
struct Case {
    way: Way,
    /// Numbers of several sizes and padding, instead of ten `u32`s.
    mixed: bool,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.mixed { "mixed" } else { "u32" };
        match self.way {
            Way::Flat => write!(f, "ten {kind}, flat"),
            Way::Pair => write!(f, "two of ten {kind}, through memory"),
            Way::Given => write!(f, "ten {kind}, as result"),
            Way::List => write!(f, "list of {ELEMENTS} of ten {kind}"),
        }
    }
}

/// Offsets and sizes of the mixed record's fields: u8, u16, u32, u64, f32, f64, s8, s16, bool, char.
const MIXED: [(usize, usize); 10] = [
    (0, 1),
    (2, 2),
    (4, 4),
    (8, 8),
    (16, 4),
    (24, 8),
    (32, 1),
    (34, 2),
    (36, 1),
    (40, 4),
];

impl Case {
    fn all() -> impl Iterator<Item = Case> {
        let ways = [Way::Flat, Way::Pair, Way::Given, Way::List];
        ways.into_iter()
            .flat_map(|way| [false, true].map(|mixed| Case { way, mixed }))
    }

    /// Bytes of a record.
    fn size(self) -> u32 {
        if self.mixed { 48 } else { 40 }
    }

    /// Bytes that a round moves.
    fn bytes(self) -> u32 {
        self.size()
            * match self.way {
                Way::Flat | Way::Given => 1,
                Way::Pair => 2,
                Way::List => ELEMENTS,
            }
    }

    /// The guest's number for it, between components.
    fn operation(self) -> u32 {
        1 + 2 * self.way as u32 + u32::from(self.mixed)
    }

    /// The records, padding being 0.
    fn data(self) -> Vec<u8> {
        let mut data: Vec<u8> = (0..self.bytes())
            .map(|i| (i * 167 + i / 256) as u8)
            .collect();
        if self.mixed {
            for record in data.chunks_exact_mut(48) {
                let fields = record.to_vec();
                record.fill(0);
                for (offset, size) in MIXED {
                    record[offset..offset + size].copy_from_slice(&fields[offset..offset + size]);
                }
                record[36] &= 1;
                // Below the surrogates.
                record[41] &= 0x7f;
                record[42..44].fill(0);
            }
        }
        data
    }
}

/// The nanoseconds that a round of one case took.
struct Figures {
    case: Case,
    nanocc: Samples,
    baseline: Samples,
    wasmtime: Samples,
}

impl Figures {
    fn ratio(&self) -> f64 {
        self.nanocc.median() / self.baseline.median()
    }
}

/// Indexes of the programs.
const NANOCC: usize = 0;
const WASMTIME: usize = 1;
/// The guest's numbers of the baselines are greater by this.
const WITHIN: u32 = 10;

/// Measures with executables in `folder`, and prints a table.
pub fn run(folder: &Path, args: &Args) -> Result<()> {
    let mut players = players(folder)?;
    println!(
        "Records between two components, ns a call, medians of {} turns each",
        args.rounds
    );
    let mut rows = vec![row([
        "",
        "one module",
        "nanocc",
        "x one module",
        "goal",
        "wasmtime",
        "x one module",
    ])];
    let mut figures = Vec::new();
    for case in Case::all() {
        let measured = measure(&mut players, case, args.rounds)?;
        rows.push(to_row(&measured));
        figures.push(to_json(&measured));
    }
    print_table(&rows);
    for player in players {
        player.finish()?;
    }
    if let Some(path) = &args.json {
        let all = json!({ "machine": machine::description(), "records": figures });
        let text = serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?;
        std::fs::write(path, text + "\n").map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

/// The programs, in the order of the indexes above.
fn players(folder: &Path) -> Result<Vec<Player>> {
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/records.wat");
    let nanocc = folder.join("records");
    Nanocc::new(&guest)
        .args(&["-O2"])
        .output(&nanocc)
        .succeed()?;
    let precompiled = folder.join("records.cwasm");
    host::precompile(&guest, &precompiled)?;
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut wasmtime = Command::new(this);
    wasmtime.arg(host::PRECOMPILED).arg(&precompiled);
    Ok(vec![
        Player::start("nanocc", &mut Command::new(nanocc))?,
        Player::start("wasmtime", &mut wasmtime)?,
    ])
}

/// Checks one case and times it.
fn measure(players: &mut [Player], case: Case, turns: u32) -> Result<Figures> {
    let data = case.data();
    let operation = case.operation();
    let mut entrants = [
        (NANOCC, operation),
        (NANOCC, operation + WITHIN),
        (WASMTIME, operation),
    ]
    .map(|(player, operation)| Entrant::new(player, operation, case.bytes()));

    for player in players.iter_mut() {
        player.keep(&data)?;
    }
    let what = case.to_string();
    take_turns(players, &mut entrants, turns, &what, |rounds| {
        (u64::from(rounds) * ends(&data), digest(&data))
    })?;
    let [nanocc, baseline, wasmtime] = entrants.map(|entrant| entrant.samples);
    Ok(Figures {
        case,
        nanocc,
        baseline,
        wasmtime,
    })
}

fn to_row(figures: &Figures) -> Vec<String> {
    let time = |samples: &Samples| format!("{:.2}", samples.median());
    let met = if figures.ratio() <= GOAL {
        "met"
    } else {
        "missed"
    };
    vec![
        figures.case.to_string(),
        time(&figures.baseline),
        time(&figures.nanocc),
        format!("{:.2}", figures.ratio()),
        format!("{GOAL:.2} {met}"),
        time(&figures.wasmtime),
        format!(
            "{:.2}",
            figures.wasmtime.median() / figures.baseline.median()
        ),
    ]
}

fn to_json(figures: &Figures) -> Value {
    let time =
        |samples: &Samples| json!({ "median_ns": samples.median(), "least_ns": samples.least() });
    json!({
        "what": figures.case.to_string(),
        "nanocc": time(&figures.nanocc),
        "one_module": time(&figures.baseline),
        "wasmtime": time(&figures.wasmtime),
        "goal_met": figures.ratio() <= GOAL,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_records() {
        for case in Case::all() {
            let data = case.data();
            assert_eq!(data.len(), case.bytes() as usize, "{case}");
            if case.mixed {
                for record in data.chunks_exact(48) {
                    let code = u32::from_le_bytes(record[40..44].try_into().unwrap());
                    assert!(char::from_u32(code).is_some(), "{case}");
                    assert!(record[36] < 2 && record[37..40] == [0; 3], "{case}");
                }
            }
        }
    }

    #[test]
    fn operations_are_the_guests() {
        let numbers: Vec<u32> = Case::all().map(Case::operation).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
    }
}
