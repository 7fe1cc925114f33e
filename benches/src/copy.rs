//! What it costs to copy: 1 GiB from file to file, and from standard input to standard output, beside a C program that makes the same
//! calls (`peers/copy.c`).
//!
//! The guest (`testsuite/guests/copy`) reads and writes 64 KiB at a time through WASI's streams. Beside it, without a goal, is what a program
//! gets that uses Rust's library alone: that writes at most 4 KiB at a time, as the interface wants it of a write that blocks.
//!
//! The files are in memory, so that it isn't the disk's speed that is measured, in one granted directory. The programs take turns. After
//! each program's first turn, the copy is compared with what was copied.

use crate::peers;
use crate::statistics::{Samples, print_table, row};
use nanocc_testsuite::Result;
use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::mutate::Random;
use nanocc_testsuite::repository;
use serde_json::{Value, json};
use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// How often each program takes its turn
    #[arg(long, default_value_t = 11, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many MiB are copied
    #[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
    size: u32,
    /// Where the files are [default: /dev/shm]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Write all figures to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// The most that a copy may take, in copies of C's.
const GOAL: f64 = 1.1;

/// From where to where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// A file in a directory to another one.
    Files,
    /// Standard input to standard output, both of them files.
    Streams,
    /// The same, both of them pipes: `cat FILE | PROGRAM | cat`.
    Pipes,
}

impl Way {
    const ALL: [Way; 3] = [Way::Files, Way::Streams, Way::Pipes];

    fn words(self) -> &'static [&'static str] {
        match self {
            Way::Files => &["files", FROM, TO],
            Way::Streams | Way::Pipes => &["stdio"],
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Way::Files => "file to file",
            Way::Streams => "stdin to stdout, files",
            Way::Pipes => "stdin to stdout, pipes",
        })
    }
}

const FROM: &str = "from";
const TO: &str = "to";

/// A program and the words that come first.
struct Player {
    name: &'static str,
    path: PathBuf,
    first: Option<&'static str>,
}

/// Measures, and prints a table.
pub fn run(folder: &Path, args: &Args) -> Result<()> {
    let within = args.folder.clone().unwrap_or_else(|| "/dev/shm".into());
    let files = tempfile::tempdir_in(&within)
        .map_err(|error| format!("{}: {error}: say where with --folder", within.display()))?;
    let files = files.path();
    let executable = folder.join("copy");
    let mut grant = files.as_os_str().to_owned();
    grant.push("::/");
    Nanocc::new(&repository().join("testsuite/guests/copy/deps/copy/program.wasm"))
        .args(&["-O2", "--dir"])
        .arg(grant)
        .output(&executable)
        .succeed()?;
    let players = [
        Player {
            name: "C",
            path: peers::copy(folder)?,
            first: None,
        },
        Player {
            name: "nanocc, streams",
            path: executable.clone(),
            first: None,
        },
        Player {
            name: "nanocc, Rust's library",
            path: executable,
            first: Some("std"),
        },
    ];
    write_data(&files.join(FROM), args.size)?;

    println!(
        "copying {} MiB, medians of {} turns\n",
        args.size, args.rounds
    );
    let mut rows = vec![row(["", "program", "seconds", "least", "of C's", "goal"])];
    let mut json = Vec::new();
    for way in Way::ALL {
        let mut samples = [const { Vec::new() }; 3];
        for (player, _) in players.iter().zip(&samples) {
            copy(player, way, files)?;
            compare(&files.join(FROM), &files.join(TO))
                .map_err(|error| format!("{}, {way}: {error}", player.name))?;
        }
        let mut random = Random::new(1);
        let mut order = [0, 1, 2];
        for _ in 0..args.rounds {
            for i in (1..order.len()).rev() {
                order.swap(i, random.below(i + 1));
            }
            for i in order {
                samples[i].push(copy(&players[i], way, files)?);
            }
        }
        let samples = samples.map(|all| {
            let mut samples = Samples::default();
            all.into_iter().for_each(|seconds| samples.add(seconds));
            samples
        });
        for (i, (player, times)) in players.iter().zip(&samples).enumerate() {
            let ratio = times.median() / samples[0].median();
            let met = if ratio <= GOAL { "met" } else { "missed" };
            let goal = if i == 1 {
                format!("{GOAL:.2} {met}")
            } else {
                String::new()
            };
            rows.push(vec![
                if i == 0 {
                    way.to_string()
                } else {
                    String::new()
                },
                player.name.to_owned(),
                format!("{:.3}", times.median()),
                format!("{:.3}", times.least()),
                format!("{ratio:.2}"),
                goal,
            ]);
            json.push(to_json(way, player.name, times, ratio));
        }
    }
    print_table(&rows);
    if let Some(path) = &args.json {
        let text = format!("{:#}\n", Value::Array(json));
        std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn to_json(way: Way, name: &str, times: &Samples, ratio: f64) -> Value {
    json!({
        "what": way.to_string(),
        "program": name,
        "median_s": times.median(),
        "least_s": times.least(),
        "ratio": ratio,
    })
}

/// Bytes without a pattern to them, so that none is lost or repeated without being seen.
fn write_data(path: &Path, mebibytes: u32) -> Result<()> {
    let at = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut file = File::create(path).map_err(at)?;
    let mut state = 1u64;
    let mut block = vec![0; 1 << 20];
    for _ in 0..mebibytes {
        for word in block.as_chunks_mut::<8>().0 {
            // xorshift64
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *word = state.to_le_bytes();
        }
        file.write_all(&block).map_err(at)?;
    }
    Ok(())
}

/// That both files hold the same.
fn compare(a: &Path, b: &Path) -> Result<()> {
    let open =
        |path: &Path| File::open(path).map_err(|error| format!("{}: {error}", path.display()));
    let (mut a, mut b) = (open(a)?, open(b)?);
    let mut blocks = [vec![0; 1 << 20], vec![0; 1 << 20]];
    loop {
        let [first, second] = &mut blocks;
        let len = fill(&mut a, first)?;
        if fill(&mut b, second)? != len || first[..len] != second[..len] {
            return Err("the copy isn't what was copied".to_owned());
        }
        if len == 0 {
            return Ok(());
        }
    }
}

/// Reads as much as there is room for, or as there is.
fn fill(file: &mut File, into: &mut [u8]) -> Result<usize> {
    let mut len = 0;
    while len < into.len() {
        match file
            .read(&mut into[len..])
            .map_err(|error| error.to_string())?
        {
            0 => break,
            got => len += got,
        }
    }
    Ok(len)
}

/// One copy, and the seconds it took, from spawn to the last exit.
fn copy(player: &Player, way: Way, folder: &Path) -> Result<f64> {
    let at = |error: std::io::Error| format!("{}: {error}", player.name);
    let to = folder.join(TO);
    // Each turn finds the same: no file.
    let _ = std::fs::remove_file(&to);
    let mut command = Command::new(&player.path);
    command
        .args(player.first)
        .args(way.words())
        .current_dir(folder);
    let from = || File::open(folder.join(FROM)).map_err(at);
    let start;
    let mut children = Vec::new();
    match way {
        Way::Files => {
            command.stdin(Stdio::null()).stdout(Stdio::null());
            start = Instant::now();
            children.push(command.spawn().map_err(at)?);
        }
        Way::Streams => {
            command
                .stdin(from()?)
                .stdout(File::create(&to).map_err(at)?);
            start = Instant::now();
            children.push(command.spawn().map_err(at)?);
        }
        Way::Pipes => {
            let output = File::create(&to).map_err(at)?;
            let input = from()?;
            start = Instant::now();
            let mut feeder = Command::new("cat")
                .stdin(input)
                .stdout(Stdio::piped())
                .spawn()
                .map_err(at)?;
            command
                .stdin(feeder.stdout.take().ok_or("a pipe is missing")?)
                .stdout(Stdio::piped());
            children.push(feeder);
            let mut copier = command.spawn().map_err(at)?;
            let copied = copier.stdout.take().ok_or("a pipe is missing")?;
            children.push(copier);
            children.push(
                Command::new("cat")
                    .stdin(copied)
                    .stdout(output)
                    .spawn()
                    .map_err(at)?,
            );
        }
    }
    // What it has of pipes would keep them open.
    drop(command);
    for mut child in children {
        finish(&mut child).map_err(|error| format!("{}, {way}: {error}", player.name))?;
    }
    Ok(start.elapsed().as_secs_f64())
}

fn finish(child: &mut Child) -> Result<()> {
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() {
        Ok(())
    } else {
        Err(status.to_string())
    }
}
