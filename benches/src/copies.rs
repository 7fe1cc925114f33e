//! What it costs to hand lists and strings from one component to another, beside `memcpy`.
//!
//! Three programs obey the same requests on their standard input (`guests/copies.wat` says which) and time
//! their own loops: nanocc's executable; the same component under wasmtime; and `peers/copies.c`, which
//! does what no ABI can do with less: the machine's own `memcpy` between the same places, alone, or after
//! one ordinary call of a `realloc` that bumps a pointer. All stay alive, and for each size and type they
//! take turns of about a millisecond.
//!
//! Nobody can win by not copying: every round reads what it received, the sum of it is checked after each
//! turn, and a digest of all bytes that the last round received too.

use crate::statistics::{Samples, print_table, row};
use crate::turns::{Entrant, Player, digest, ends, take_turns};
use crate::{host, machine, peers};
use nanocc_testsuite::Result;
use nanocc_testsuite::compiler::Nanocc;
use serde_json::{Value, json};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Only what has this in its name, such as "text", "given" or "list<u8> taken"
    filter: Option<String>,
    /// How often each program takes its turn, for each type and size
    #[arg(long, default_value_t = 21, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Write all figures to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Bytes that are moved.
const SIZES: [u32; 9] = [0, 1, 16, 64, 256, 1024, 4096, 65536, 1 << 20];

/// What is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Bytes,
    Ascii,
    /// Text in which most characters have two to four bytes.
    Text,
    Words,
    /// Records without padding: bytes that can be copied as they are.
    Pairs,
    /// Records with padding, which the ABI doesn't let through.
    Padded,
    /// Any byte but 0 is true, and 1 on the other side.
    Bools,
    /// Not every pattern is one.
    Chars,
    /// Variants without payloads: each is one of two cases.
    Results,
    /// `memory.copy` in the caller, not a call.
    MemoryCopy,
    /// `memory.fill` in the caller, not a call.
    MemoryFill,
}

use Shape::{
    Ascii, Bools, Bytes, Chars, MemoryCopy, MemoryFill, Padded, Pairs, Results, Text, Words,
};

impl Shape {
    /// What the table calls it.
    fn name(self) -> &'static str {
        match self {
            Bytes => "list<u8>",
            Ascii => "string, ASCII",
            Text => "string, mixed",
            Words => "list<u32>",
            Pairs => "list<{u32, u32}>",
            Padded => "list<{u32, u8}>",
            Bools => "list<bool>",
            Chars => "list<char>",
            Results => "list<result>",
            MemoryCopy => "memory.copy",
            MemoryFill => "memory.fill",
        }
    }

    /// Whether `bytes` of it can be.
    fn has(self, bytes: u32) -> bool {
        match self {
            Bytes | Ascii | Bools | Results | MemoryCopy | MemoryFill => true,
            Text => bytes >= 16,
            Words | Chars => bytes.is_multiple_of(4),
            Pairs | Padded => bytes.is_multiple_of(8),
        }
    }

    /// `bytes` bytes of it.
    fn data(self, bytes: u32) -> Vec<u8> {
        let bytes = bytes as usize;
        let numbers = (0..bytes).map(|i| (i * 167 + i / 256) as u8);
        match self {
            Bytes | Words | Pairs | MemoryCopy | MemoryFill => numbers.collect(),
            Ascii => numbers.map(|n| b' ' + n % 95).collect(),
            Bools | Results => numbers.map(|n| n & 1).collect(),
            // Three bytes of numbers that are below the surrogates, or on other planes.
            Chars => numbers
                .enumerate()
                .map(|(i, n)| match i % 4 {
                    0 => n,
                    1 => n & 0x7f,
                    2 => n & 0x0f,
                    _ => 0,
                })
                .collect(),
            Padded => numbers
                .enumerate()
                .map(|(i, n)| if i % 8 < 5 { n } else { 0 })
                .collect(),
            Text => {
                let sample = "Ζωή, жизнь, 生活, lífið 🌱 ";
                let mut text = String::new();
                for c in sample.chars().cycle() {
                    if text.len() + c.len_utf8() > bytes {
                        break;
                    }
                    text.push(c);
                }
                text.extend(std::iter::repeat_n('.', bytes - text.len()));
                text.into_bytes()
            }
        }
    }
}

/// Which way it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As a parameter.
    Taken,
    /// As a result.
    Given,
    /// Within one memory.
    Within,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
struct Case {
    shape: Shape,
    way: Way,
    bytes: u32,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.shape.name();
        match self.way {
            Way::Taken => write!(f, "{name} taken"),
            Way::Given => write!(f, "{name} given"),
            Way::Within => f.write_str(name),
        }
    }
}

impl Case {
    fn all() -> impl Iterator<Item = Case> {
        use Way::{Given, Taken, Within};
        let kinds = [
            Bytes, Ascii, Text, Words, Pairs, Padded, Bools, Chars, Results,
        ]
        .into_iter()
        .flat_map(|shape| [(shape, Taken), (shape, Given)])
        .chain([(MemoryCopy, Within), (MemoryFill, Within)]);
        kinds.flat_map(|(shape, way)| {
            let sizes = SIZES.into_iter().filter(move |&bytes| shape.has(bytes));
            sizes.map(move |bytes| Case { shape, way, bytes })
        })
    }

    /// The guest's number for it.
    fn operation(self) -> u32 {
        let shape = match self.shape {
            MemoryCopy => return 11,
            MemoryFill => return 12,
            Bools | Chars | Results => {
                let shape = match self.shape {
                    Bools => 13,
                    Chars => 14,
                    _ => 15,
                };
                return shape + if self.way == Way::Given { 3 } else { 0 };
            }
            Bytes => 1,
            Ascii | Text => 2,
            Words => 3,
            Pairs => 4,
            Padded => 5,
        };
        shape + if self.way == Way::Given { 5 } else { 0 }
    }

    /// The native program's numbers: alone, and after a call of `realloc`.
    fn native_operations(self) -> (u32, Option<u32>) {
        match self.shape {
            MemoryCopy | MemoryFill => (self.operation(), None),
            _ => (1, Some(2)),
        }
    }

    /// What nanocc is held to.
    fn goal(self) -> Option<Goal> {
        match (self.shape, self.way, self.bytes) {
            (Bytes, _, 65536) => Some(Goal::OfMemcpy(1.5)),
            (Ascii | Text, _, 64) => Some(Goal::OfRealloc(3.0)),
            _ => None,
        }
    }
}

/// The most that a median may be.
#[derive(Debug, Clone, Copy)]
enum Goal {
    /// In medians of `memcpy`.
    OfMemcpy(f64),
    /// In medians of one `realloc` and `memcpy`.
    OfRealloc(f64),
}

/// The nanoseconds that a round of one case took.
struct Figures {
    case: Case,
    nanocc: Samples,
    wasmtime: Samples,
    memcpy: Samples,
    /// `realloc`, and then `memcpy`.
    realloc: Option<Samples>,
}

impl Figures {
    /// What the case is held to, and whether it got there.
    fn goal(&self) -> Option<(f64, bool)> {
        let (goal, base) = match self.case.goal()? {
            Goal::OfMemcpy(goal) => (goal, &self.memcpy),
            Goal::OfRealloc(goal) => (goal, self.realloc.as_ref()?),
        };
        Some((goal, self.nanocc.median() <= goal * base.median()))
    }
}

/// Indexes of the programs.
const NATIVE: usize = 0;
const NANOCC: usize = 1;
const WASMTIME: usize = 2;

/// Measures with executables in `folder`, and prints a table.
pub fn run(folder: &Path, args: &Args) -> Result<()> {
    let mut players = players(folder)?;
    let wanted = |case: &Case| {
        let name = format!("{case} {}", case.bytes);
        args.filter
            .as_ref()
            .is_none_or(|filter| name.contains(filter.as_str()))
    };
    println!(
        "Lists and strings between two components, ns a call, medians of {} turns each",
        args.rounds
    );
    let mut rows = vec![row([
        "",
        "bytes",
        "memcpy",
        "realloc + memcpy",
        "nanocc",
        "x memcpy",
        "x realloc + memcpy",
        "goal",
        "wasmtime",
        "x memcpy",
    ])];
    let mut figures = Vec::new();
    for case in Case::all().filter(wanted) {
        let measured = measure(&mut players, case, args.rounds)?;
        rows.push(to_row(&measured));
        figures.push(to_json(&measured));
    }
    print_table(&rows);
    for player in players {
        player.finish()?;
    }
    if let Some(path) = &args.json {
        let all = json!({ "machine": machine::description(), "copies": figures });
        let text = serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?;
        std::fs::write(path, text + "\n").map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

/// The programs, in the order of the indexes above.
fn players(folder: &Path) -> Result<Vec<Player>> {
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/copies.wat");
    let nanocc = folder.join("copies");
    Nanocc::new(&guest)
        .args(&["-O2"])
        .output(&nanocc)
        .succeed()?;
    let precompiled = folder.join("copies.cwasm");
    host::precompile(&guest, &precompiled)?;
    let native = peers::copies(folder)?;
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut wasmtime = Command::new(this);
    wasmtime.arg(host::PRECOMPILED).arg(&precompiled);
    Ok(vec![
        Player::start("native", &mut Command::new(native))?,
        Player::start("nanocc", &mut Command::new(nanocc))?,
        Player::start("wasmtime", &mut wasmtime)?,
    ])
}

/// Checks one case and times it.
fn measure(players: &mut [Player], case: Case, turns: u32) -> Result<Figures> {
    let data = case.shape.data(case.bytes);
    let (memcpy, realloc) = case.native_operations();
    let mut entrants: Vec<Entrant> = [
        Some((NANOCC, case.operation())),
        Some((WASMTIME, case.operation())),
        Some((NATIVE, memcpy)),
        realloc.map(|operation| (NATIVE, operation)),
    ]
    .into_iter()
    .flatten()
    .map(|(player, operation)| Entrant::new(player, operation, case.bytes))
    .collect();

    for player in players.iter_mut() {
        player.keep(&data)?;
    }
    let what = format!("{case}, {} bytes", case.bytes);
    take_turns(players, &mut entrants, turns, &what, |rounds| {
        expected(case, &data, rounds)
    })?;
    let mut samples = entrants.into_iter().map(|entrant| entrant.samples);
    let mut next = || samples.next().ok_or("a program took part without samples");
    Ok(Figures {
        case,
        nanocc: next()?,
        wasmtime: next()?,
        memcpy: next()?,
        realloc: samples.next(),
    })
}

/// The sum and the digest that a turn has to reply.
fn expected(case: Case, data: &[u8], rounds: u32) -> (u64, u64) {
    if case.shape == MemoryFill {
        // Filled with the number of rounds that are left.
        let sum = (1..=rounds)
            .map(|left| ends(&vec![left as u8; data.len().min(2)]))
            .sum();
        return (sum, digest(&vec![1; data.len()]));
    }
    (u64::from(rounds) * ends(data), digest(data))
}

fn to_row(figures: &Figures) -> Vec<String> {
    let Figures {
        case,
        nanocc,
        wasmtime,
        memcpy,
        realloc,
    } = figures;
    let time = |samples: &Samples| format!("{:.2}", samples.median());
    let ratio = |a: &Samples, b: &Samples| format!("{:.2}", a.median() / b.median());
    let goal = figures.goal().map_or(String::new(), |(goal, met)| {
        format!("{goal:.2} {}", if met { "met" } else { "missed" })
    });
    vec![
        case.to_string(),
        case.bytes.to_string(),
        time(memcpy),
        realloc.as_ref().map_or(String::new(), time),
        time(nanocc),
        ratio(nanocc, memcpy),
        realloc.as_ref().map_or(String::new(), |r| ratio(nanocc, r)),
        goal,
        time(wasmtime),
        ratio(wasmtime, memcpy),
    ]
}

fn to_json(figures: &Figures) -> Value {
    let time =
        |samples: &Samples| json!({ "median_ns": samples.median(), "least_ns": samples.least() });
    json!({
        "what": figures.case.to_string(),
        "bytes": figures.case.bytes,
        "nanocc": time(&figures.nanocc),
        "wasmtime": time(&figures.wasmtime),
        "memcpy": time(&figures.memcpy),
        "realloc_and_memcpy": figures.realloc.as_ref().map(time),
        "goal_met": figures.goal().map(|(_, met)| met),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_what_its_shape_says() {
        for case in Case::all() {
            let data = case.shape.data(case.bytes);
            assert_eq!(data.len(), case.bytes as usize, "{case}");
            match case.shape {
                Ascii => assert!(data.is_ascii()),
                Text => {
                    let text = str::from_utf8(&data).expect("text is UTF-8");
                    assert!(text.chars().count() < data.len());
                }
                _ => {}
            }
        }
    }

    #[test]
    fn a_turn_is_judged_by_all_that_it_received() {
        let case = |shape| Case {
            shape,
            way: Way::Taken,
            bytes: 3,
        };
        let (sum, digest) = expected(case(Bytes), &[1, 2, 3], 10);
        assert_eq!(sum, 40);
        assert_ne!(digest, expected(case(Bytes), &[1, 9, 3], 10).1);
        assert_eq!(expected(case(Bytes), &[7], 1).0, 14);
        // 3, 2, 1, each twice.
        assert_eq!(expected(case(MemoryFill), &[0; 3], 3).0, 12);
        assert_eq!(expected(case(MemoryFill), &[], 3).0, 0);
    }
}
