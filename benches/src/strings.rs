//! What it costs to hand a string from a component with one encoding to one with another, beside a `memcpy` of what
//! arrives.
//!
//! For each pair of encodings nanocc's executable of `guests/strings.wat`, the same component under wasmtime, and
//! `peers/copies.c`, which has the bytes that arrive and copies them, take turns (`turns.rs`). A string of a
//! `latin1+utf16` side is one or the other when it is passed, so that there are four kinds of source. Sizes are those of the
//! source, in bytes.

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
    /// Only what has this in its name, such as "utf8 to", "latin1+utf16, Latin-1" or "ASCII 65536"
    filter: Option<String>,
    /// How often each program takes its turn, for each pair, text and size
    #[arg(long, default_value_t = 21, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Write all figures to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Bytes of a source.
const SIZES: [usize; 2] = [64, 65536];

/// A component's encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16,
    Compact,
}

/// What the units of a source are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Utf8,
    Utf16,
    /// Of `latin1+utf16`.
    Latin1,
    /// Of `latin1+utf16`.
    Tagged,
}

/// What a text has in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    Ascii,
    /// One letter in eight is beyond ASCII.
    Latin1,
    /// Words of several scripts, with spaces between them.
    Bmp,
}

impl Encoding {
    const ALL: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Compact];

    fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf8",
            Encoding::Utf16 => "utf16",
            Encoding::Compact => "latin1+utf16",
        }
    }

    /// WebAssembly that makes bytes of a length.
    fn bytes(self) -> &'static str {
        match self {
            Encoding::Utf8 => "(local.get $length)",
            Encoding::Utf16 => "(i32.shl (local.get $length) (i32.const 1))",
            // The shift loses the tag.
            Encoding::Compact => {
                "(select (i32.shl (local.get $length) (i32.const 1)) (local.get $length) (i32.lt_s (local.get $length) (i32.const 0)))"
            }
        }
    }

    /// The bytes that arrive.
    fn arriving(self, text: &str) -> Vec<u8> {
        match self {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Utf16 => wide(text),
            Encoding::Compact => latin1(text).unwrap_or_else(|| wide(text)),
        }
    }
}

impl Source {
    const ALL: [Source; 4] = [Source::Utf8, Source::Utf16, Source::Latin1, Source::Tagged];

    fn encoding(self) -> Encoding {
        match self {
            Source::Utf8 => Encoding::Utf8,
            Source::Utf16 => Encoding::Utf16,
            Source::Latin1 | Source::Tagged => Encoding::Compact,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Source::Utf8 => "utf8",
            Source::Utf16 => "utf16",
            Source::Latin1 => "latin1 (of latin1+utf16)",
            Source::Tagged => "utf16 (of latin1+utf16)",
        }
    }

    /// The bytes of a text and its tagged length, if it can be.
    fn passed(self, text: &str) -> Option<(Vec<u8>, u32)> {
        let bytes = match self {
            Source::Utf8 => text.as_bytes().to_vec(),
            Source::Utf16 | Source::Tagged => wide(text),
            Source::Latin1 => latin1(text)?,
        };
        let len = match self {
            Source::Utf8 | Source::Latin1 => bytes.len() as u32,
            Source::Utf16 => bytes.len() as u32 / 2,
            Source::Tagged => (bytes.len() as u32 / 2) | (1 << 31),
        };
        Some((bytes, len))
    }
}

impl Text {
    const ALL: [Text; 3] = [Text::Ascii, Text::Latin1, Text::Bmp];

    fn name(self) -> &'static str {
        match self {
            Text::Ascii => "ASCII",
            Text::Latin1 => "Latin-1",
            Text::Bmp => "BMP",
        }
    }

    fn sample(self) -> &'static str {
        match self {
            Text::Ascii => "The quick brown fox jumps over the lazy dog, 0123456789 times. ",
            Text::Latin1 => "Später fährt Zoë übers Meer, où çà et là naît un été. ",
            Text::Bmp => "Ζωή, жизнь, 生活, lífið. ",
        }
    }

    /// As much of it as has at most so many bytes in a source.
    fn of(self, source: Source, bytes: usize) -> Option<(String, Vec<u8>, u32)> {
        let mut text = String::new();
        let mut size = 0;
        for c in self.sample().chars().cycle() {
            size += match source {
                Source::Utf8 => c.len_utf8(),
                Source::Latin1 => 1,
                Source::Utf16 | Source::Tagged => 2 * c.len_utf16(),
            };
            if size > bytes {
                break;
            }
            text.push(c);
        }
        let (bytes, len) = source.passed(&text)?;
        Some((text, bytes, len))
    }
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(c).ok()).collect()
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
struct Case {
    source: Source,
    target: Encoding,
    text: Text,
    bytes: usize,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (source, target, text) = (self.source.name(), self.target.name(), self.text.name());
        write!(f, "{source} to {target}, {text} {}", self.bytes)
    }
}

/// The nanoseconds that a round of one case took.
struct Figures {
    case: Case,
    /// Bytes that arrive.
    bytes: usize,
    nanocc: Samples,
    wasmtime: Samples,
    memcpy: Samples,
}

/// Indexes of the programs.
const NATIVE: usize = 0;
const NANOCC: usize = 1;
const WASMTIME: usize = 2;

/// Measures with executables in `folder`, and prints a table.
pub fn run(folder: &Path, args: &Args) -> Result<()> {
    println!(
        "Strings between components of different encodings, ns a call, medians of {} turns each",
        args.rounds
    );
    let native = peers::copies(folder)?;
    let mut all = Vec::new();
    for from in Encoding::ALL {
        for target in Encoding::ALL {
            let cases = cases(from, target, args.filter.as_deref());
            if cases.is_empty() {
                continue;
            }
            let mut players = players(folder, &native, from, target)?;
            for case in cases {
                all.extend(measure(&mut players, case, args.rounds)?);
            }
            for player in players {
                player.finish()?;
            }
        }
    }
    let mut rows = vec![row([
        "",
        "bytes arriving",
        "memcpy of these",
        "nanocc",
        "x memcpy",
        "wasmtime",
        "x memcpy",
    ])];
    rows.extend(all.iter().map(to_row));
    print_table(&rows);
    if let Some(path) = &args.json {
        let figures: Vec<Value> = all.iter().map(to_json).collect();
        let all = json!({ "machine": machine::description(), "strings": figures });
        let text = serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?;
        std::fs::write(path, text + "\n").map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

fn cases(from: Encoding, target: Encoding, filter: Option<&str>) -> Vec<Case> {
    let mut cases = Vec::new();
    for source in Source::ALL {
        for text in Text::ALL {
            for bytes in SIZES {
                let case = Case {
                    source,
                    target,
                    text,
                    bytes,
                };
                if source.encoding() == from
                    && text.of(source, bytes).is_some()
                    && filter.is_none_or(|filter| case.to_string().contains(filter))
                {
                    cases.push(case);
                }
            }
        }
    }
    cases
}

/// The guest with these encodings.
fn guest(from: Encoding, target: Encoding) -> String {
    include_str!("../guests/strings.wat")
        .replace(
            "utf8 (; caller ;)",
            &format!("{} (; caller ;)", from.name()),
        )
        .replace(
            "utf8 (; callee ;)",
            &format!("{} (; callee ;)", target.name()),
        )
        .replace("(local.get $length) (; bytes ;)", target.bytes())
}

/// The programs, in the order of the indexes above.
fn players(folder: &Path, native: &Path, from: Encoding, target: Encoding) -> Result<Vec<Player>> {
    let name = format!("strings-{}-{}", from.name(), target.name());
    let wat = folder.join(format!("{name}.wat"));
    std::fs::write(&wat, guest(from, target)).map_err(|e| format!("{}: {e}", wat.display()))?;
    let nanocc = folder.join(&name);
    Nanocc::new(&wat).args(&["-O2"]).output(&nanocc).succeed()?;
    let precompiled = folder.join(format!("{name}.cwasm"));
    host::precompile(&wat, &precompiled)?;
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut wasmtime = Command::new(this);
    wasmtime.arg(host::PRECOMPILED).arg(&precompiled);
    Ok(vec![
        Player::start("native", &mut Command::new(native))?,
        Player::start("nanocc", &mut Command::new(nanocc))?,
        Player::start("wasmtime", &mut wasmtime)?,
    ])
}

/// Checks one case and times it; nothing, if there is no such string.
fn measure(players: &mut [Player], case: Case, turns: u32) -> Result<Option<Figures>> {
    let Some((text, passed, len)) = case.text.of(case.source, case.bytes) else {
        return Ok(None);
    };
    let arriving = case.target.arriving(&text);
    players[NATIVE].keep(&arriving)?;
    players[NANOCC].keep(&passed)?;
    players[WASMTIME].keep(&passed)?;
    let mut entrants = [
        Entrant::new(NANOCC, 1, len),
        Entrant::new(WASMTIME, 1, len),
        Entrant::new(NATIVE, 1, arriving.len() as u32),
    ];
    let wanted = (ends(&arriving), digest(&arriving));
    take_turns(players, &mut entrants, turns, &case.to_string(), |rounds| {
        (u64::from(rounds) * wanted.0, wanted.1)
    })?;
    let [nanocc, wasmtime, memcpy] = entrants.map(|entrant| entrant.samples);
    Ok(Some(Figures {
        case,
        bytes: arriving.len(),
        nanocc,
        wasmtime,
        memcpy,
    }))
}

fn to_row(figures: &Figures) -> Vec<String> {
    let time = |samples: &Samples| format!("{:.2}", samples.median());
    let ratio = |a: &Samples, b: &Samples| format!("{:.2}", a.median() / b.median());
    vec![
        figures.case.to_string(),
        figures.bytes.to_string(),
        time(&figures.memcpy),
        time(&figures.nanocc),
        ratio(&figures.nanocc, &figures.memcpy),
        time(&figures.wasmtime),
        ratio(&figures.wasmtime, &figures.memcpy),
    ]
}

fn to_json(figures: &Figures) -> Value {
    let time =
        |samples: &Samples| json!({ "median_ns": samples.median(), "least_ns": samples.least() });
    json!({
        "what": figures.case.to_string(),
        "bytes_arriving": figures.bytes,
        "nanocc": time(&figures.nanocc),
        "wasmtime": time(&figures.wasmtime),
        "memcpy": time(&figures.memcpy),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_what_they_are_called() {
        for source in Source::ALL {
            for bytes in SIZES {
                let (ascii, passed, _) = Text::Ascii.of(source, bytes).unwrap();
                assert!(ascii.is_ascii() && passed.len() == bytes);
                let (narrow, passed, _) = Text::Latin1.of(source, bytes).unwrap();
                assert!(!narrow.is_ascii() && latin1(&narrow).is_some());
                assert!(passed.len() + 2 > bytes);
                match Text::Bmp.of(source, bytes) {
                    Some((text, ..)) => assert!(latin1(&text).is_none()),
                    None => assert_eq!(source, Source::Latin1),
                }
            }
        }
    }

    #[test]
    fn the_guest_has_each_mark_once() {
        let marks = ["(; caller ;)", "(; callee ;)", "(; bytes ;)"];
        let plain = include_str!("../guests/strings.wat");
        assert!(marks.iter().all(|mark| plain.matches(mark).count() == 1));
        let guest = guest(Encoding::Utf16, Encoding::Compact);
        assert!(guest.contains("string-encoding=utf16 (; caller ;)"));
        assert!(guest.contains("string-encoding=latin1+utf16 (; callee ;)"));
        assert!(guest.contains("(i32.lt_s (local.get $length)"));
    }
}
