//! The loop: a program at a time, both ways.

use super::program::program;
use super::tree;
use crate::mutate::Random;
use crate::oracle::{End, Oracle};
use crate::{Result, execute, fuzz, trap};
use nanocc::compose;
use nanocc::error::Error;
use nanocc::options::{Emit, OptLevel, Options, Target};
use nanocc::pipeline;
use nanocc::policy::grants::{Grant, Stream, What, Who};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long to go on: whichever comes first.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bound {
    pub time: Option<Duration>,
    pub cases: Option<u64>,
}

/// How long one difference is made smaller.
const SHRINKING: Duration = Duration::from_secs(90);

/// Words by which wasmtime 48 refuses what is valid and it hasn't got: among others, exported types that are
/// neither values' nor resources'.
const LIMITS: [&str; 2] = ["not supported", "unsupported type export"];

/// What a run did.
#[derive(Debug, Default, Clone)]
pub struct Report {
    pub cases: u64,
    /// Ended with a status, or with a trap, both ways.
    pub ended: u64,
    pub trapped: u64,
    /// Refused by both.
    pub refused: u64,
    /// Those of them that nothing was changed in, and why: what the generator thinks is valid should be.
    pub invalid: Vec<String>,
    /// Refused by nanocc as something that it doesn't support, by what.
    pub unsupported: BTreeMap<String, u64>,
    /// Runs that are left out, because wasmtime refuses calls between a component and one within it.
    pub entered: u64,
    /// Runs that are left out, because wasmtime itself panicked.
    pub panicked: u64,
    /// Runs that are left out, because of something that wasmtime doesn't support.
    pub limits: u64,
    /// Lines of log that were the same.
    pub lines: u64,
    /// Each with the file of its program.
    pub mismatches: Vec<String>,
}

impl Report {
    /// One line: how many cases, in what time, and how they went.
    pub fn counts(&self, time: Duration) -> String {
        let unsupported: Vec<String> = self
            .unsupported
            .iter()
            .map(|(what, count)| format!("{count} {what}"))
            .collect();
        format!(
            "{} cases, {:.0} a minute: {} ended, {} trapped (the same {} lines of log), {} refused by both ({} of them unchanged), \
             {} entered, {} panics and {} limits of wasmtime, unsupported: [{}], {} mismatches",
            self.cases,
            self.cases as f64 * 60.0 / time.as_secs_f64(),
            self.ended,
            self.trapped,
            self.lines,
            self.refused,
            self.invalid.len(),
            self.entered,
            self.panicked,
            self.limits,
            unsupported.join(", "),
            self.mismatches.len()
        )
    }
}

/// What one side did with a program.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Did {
    Refused(String),
    Unsupported(String),
    Panicked(String),
    Ran { end: Ending, log: Vec<u8> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Status(i32),
    Trap(trap::Kind),
}

/// How the two sides compare.
#[derive(Debug)]
enum Verdict {
    Ended(u64),
    Trapped(u64),
    /// Why, in the words of whoever said it first.
    Refused(String),
    Unsupported(String),
    /// By wasmtime's rule about calls between a component and one within it.
    Entered,
    OraclePanicked,
    /// Wasmtime says that it doesn't do this.
    Limit,
    Different(String),
}

/// Runs programs from `seed` on until `bound`: the n-th is the only one of the seed `seed + n`.
///
/// # Errors
///
/// If files can't be written, or wasmtime doesn't start. What differs is in the report.
pub fn run(seed: u64, bound: Bound, threads: usize) -> Result<Report> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let subject = Subject {
        oracle: Oracle::new()?,
        folder: folder.path().to_path_buf(),
    };
    let (next, report) = (AtomicU64::new(0), Mutex::new(Report::default()));
    let start = Instant::now();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1))
            .map(|worker| {
                let (subject, next, report) = (&subject, &next, &report);
                scope.spawn(move || -> Result<()> {
                    while bound.time.is_none_or(|time| start.elapsed() < time) {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if bound.cases.is_some_and(|cases| number >= cases) {
                            break;
                        }
                        let seed = seed.wrapping_add(number);
                        subject.one(seed, worker, report)?;
                    }
                    Ok(())
                })
            })
            .collect();
        let ended: Vec<Result<()>> = workers
            .into_iter()
            .map(|worker| {
                let ended = worker.join();
                ended.map_err(|_| "a worker panicked".to_owned())?
            })
            .collect();
        ended.into_iter().collect::<Result<()>>()
    })?;
    let report = report.into_inner();
    Ok(report.unwrap_or_else(|poisoned| poisoned.into_inner()))
}

/// Runs a kept program once more: a description of the difference, if there is one.
pub fn again(path: &Path) -> Result<Option<String>> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let subject = Subject {
        oracle: Oracle::new()?,
        folder: folder.path().to_path_buf(),
    };
    let text = crate::read_text(path)?;
    for level in [OptLevel::O0, OptLevel::O2] {
        if let Verdict::Different(how) = subject.verdict(&text, level, 0)? {
            return Ok(Some(how));
        }
    }
    Ok(None)
}

/// The program of a seed. One in three is changed: whether this one is.
pub fn text_of(seed: u64) -> (String, bool) {
    let mut random = Random::new(seed);
    let text = program(&mut random);
    if random.one_in(3)
        && let Some(changed) = tree::mutated(&text, &mut random)
    {
        return (changed, true);
    }
    (text, false)
}

struct Subject {
    oracle: Oracle,
    folder: PathBuf,
}

impl Subject {
    fn one(&self, seed: u64, worker: usize, report: &Mutex<Report>) -> Result<()> {
        let (text, changed) = text_of(seed);
        let level = [OptLevel::O0, OptLevel::O2][(seed % 2) as usize];
        let verdict = self.verdict(&text, level, worker)?;
        let mut mismatch = None;
        if let Verdict::Different(how) = &verdict {
            let until = Instant::now() + SHRINKING;
            let kind = kind_of(how);
            let small = tree::smaller(
                &text,
                until,
                |text| matches!(self.verdict(text, level, worker), Ok(Verdict::Different(how)) if kind_of(&how) == kind),
            );
            let path = keep(seed, how, &small)?;
            mismatch = Some(format!("seed {seed}, {}: {how}", path.display()));
        }
        let mut report = report.lock().map_err(|error| error.to_string())?;
        report.cases += 1;
        match verdict {
            Verdict::Ended(lines) => {
                report.ended += 1;
                report.lines += lines;
            }
            Verdict::Trapped(lines) => {
                report.trapped += 1;
                report.lines += lines;
            }
            Verdict::Refused(reason) => {
                report.refused += 1;
                if !changed {
                    report.invalid.push(format!("seed {seed}: {reason}"));
                }
            }
            Verdict::Unsupported(what) => *report.unsupported.entry(what).or_default() += 1,
            Verdict::Entered => report.entered += 1,
            Verdict::OraclePanicked => report.panicked += 1,
            Verdict::Limit => report.limits += 1,
            Verdict::Different(_) => report.mismatches.extend(mismatch),
        }
        Ok(())
    }

    fn verdict(&self, text: &str, level: OptLevel, worker: usize) -> Result<Verdict> {
        let bytes = match wat::parse_str(text) {
            Ok(bytes) => bytes,
            // Names that lead nowhere: the changed text isn't a component at all.
            Err(error) => return Ok(Verdict::Refused(error.to_string())),
        };
        let attempt = catch_unwind(AssertUnwindSafe(|| self.oracle.attempt(&bytes)));
        let (expected, why) = match attempt {
            Err(_) => return Ok(Verdict::OraclePanicked),
            Ok(Err(reason)) if LIMITS.iter().any(|words| reason.contains(words)) => {
                return Ok(Verdict::Limit);
            }
            Ok(Err(reason)) => (Did::Refused(reason), String::new()),
            Ok(Ok(outcome)) => {
                let (end, why) = match outcome.end {
                    End::Status(status) => (Ending::Status(status), String::new()),
                    End::Trap { kind, text, .. } => (Ending::Trap(kind), text),
                };
                let log = outcome.stderr;
                (Did::Ran { end, log }, why)
            }
        };
        let did = self.nanocc(&bytes, level, worker)?;
        if let Did::Unsupported(what) = did {
            return Ok(Verdict::Unsupported(what));
        }
        Ok(match (&did, &expected) {
            (Did::Refused(_), Did::Refused(reason)) => Verdict::Refused(reason.clone()),
            _ if why.contains("cannot enter component instance") => Verdict::Entered,
            (Did::Ran { end, log }, _) if did == expected => {
                let lines = log.iter().filter(|byte| **byte == b'\n').count() as u64;
                match end {
                    Ending::Status(_) => Verdict::Ended(lines),
                    Ending::Trap(_) => Verdict::Trapped(lines),
                }
            }
            _ => Verdict::Different(format!(
                "nanocc {level:?}: {}; wasmtime: {} {why}{}",
                did.words(),
                expected.words(),
                first_difference(&did, &expected)
            )),
        })
    }

    fn nanocc(&self, bytes: &[u8], level: OptLevel, worker: usize) -> Result<Did> {
        let compiled = fuzz::caught(|| {
            let mut options = Options::new(Target::x86_64());
            options.emit = vec![Emit::Exe];
            options.opt = level;
            // The log goes to standard error.
            options.grants.list.push(Grant {
                who: Some(Who("logger".to_owned())),
                what: What::Stream(Stream::Err),
                said: "--stderr logger".to_owned(),
            });
            compose::compose(
                Path::new("graph.wasm"),
                bytes,
                &mut |_| Err(compose::PackageError::Missing { searched: vec![] }),
                &(),
            )
            .and_then(|composed| pipeline::compile(&composed, &options, None, &()))
        });
        let output = match compiled {
            Err(panic) => return Ok(Did::Panicked(panic)),
            Ok(Err(Error::Unsupported { feature, .. })) => return Ok(Did::Unsupported(feature)),
            Ok(Err(
                error @ (Error::Limit { .. } | Error::TooManyMemories { .. } | Error::Link(_)),
            )) => {
                return Ok(Did::Unsupported(error.to_string()));
            }
            Ok(Err(error)) => return Ok(Did::Refused(error.to_string())),
            Ok(Ok(output)) => output,
        };
        let executable = output.products.iter().find(|(emit, _)| *emit == Emit::Exe);
        let (_, executable) = executable.ok_or("nanocc made no executable")?;
        let path = self.folder.join(format!("graph{worker}"));
        std::fs::write(&path, executable)
            .and_then(|()| std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)))
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let done = execute::run(&mut Command::new(&path), b"")?;
        let (end, log) = match done.code() {
            Ok(134) => {
                let (log, report) = trap::split_report(&done.stderr)?;
                (Ending::Trap(report.kind), log.to_vec())
            }
            Ok(status) => (Ending::Status(status), done.stderr),
            Err(signal) => return Ok(Did::Panicked(signal)),
        };
        Ok(Did::Ran { end, log })
    }
}

impl Did {
    fn words(&self) -> String {
        match self {
            Did::Refused(reason) => format!("refused: {reason}"),
            Did::Unsupported(what) => format!("unsupported: {what}"),
            Did::Panicked(message) => format!("panicked: {message}"),
            Did::Ran { end, .. } => format!("{end:?}"),
        }
    }
}

/// What has to stay the same while a difference is made smaller.
fn kind_of(how: &str) -> String {
    let word = |text: &str| {
        text.split([':', '('])
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let (ours, theirs) = how.split_once("; wasmtime: ").unwrap_or((how, ""));
    let ours = ours.split_once(": ").map_or(ours, |(_, rest)| rest);
    let line = how.contains("line of log");
    format!("{} {} {line}", word(ours), word(theirs))
}

fn first_difference(one: &Did, other: &Did) -> String {
    let (Did::Ran { log: one, .. }, Did::Ran { log: other, .. }) = (one, other) else {
        return String::new();
    };
    let (one, other) = (String::from_utf8_lossy(one), String::from_utf8_lossy(other));
    let (mut one, mut other, mut number) = (one.lines(), other.lines(), 1);
    loop {
        match (one.next(), other.next()) {
            (None, None) => return String::new(),
            (one, other) if one == other => number += 1,
            (one, other) => {
                return format!(
                    "; line of log {number}: {}, wasmtime {}",
                    one.unwrap_or("none"),
                    other.unwrap_or("none")
                );
            }
        }
    }
}

fn keep(seed: u64, how: &str, text: &str) -> Result<PathBuf> {
    let path = fuzz::folder().join(format!("graph-{seed}.wat"));
    let how: String = how.lines().map(|line| format!(";; {line}\n")).collect();
    std::fs::create_dir_all(fuzz::folder())
        .and_then(|()| std::fs::write(&path, format!(";; seed {seed}\n{how}{text}")))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}
