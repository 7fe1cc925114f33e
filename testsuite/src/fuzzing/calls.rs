//! The host's functions, called at random: each program of `guests/random` makes as many calls as it is told, from a seed, and prints what
//! came of each. nanocc's executable has to print what the program prints under wasmtime, and to leave the same files.
//!
//! What one call comes to hangs on all that were made before it, so this finds what cases written by hand don't think of: a descriptor whose
//! file was renamed, a stream that has ended before its file grew, a socket that failed to connect.

use crate::Result;
use crate::cases::Case;
use crate::compiler::Nanocc;
use crate::execute;
use crate::machine::Target;
use crate::oracle::{End, Oracle};
use crate::world::World;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Subject {
    /// `wasi:filesystem`
    Files,
    /// The files of preview 1: by the adapter here, and without one under wasmtime
    Preview1,
    /// `wasi:sockets`, over the loopback interface. What arrives when depends on the machine: a difference that doesn't come again isn't one
    Sockets,
}

/// How much.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The first program's; the next one's is one more.
    pub seed: u64,
    pub time: Duration,
    /// Calls of one program.
    pub calls: u32,
    pub target: Target,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Tally {
    /// Programs run, and the calls that both came to the same for.
    pub programs: u64,
    pub calls: u64,
    /// Calls that failed with another error, in a way that is known and meant.
    pub meant: u64,
    /// Where they differ, in words.
    pub mismatches: Vec<String>,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally {
            programs,
            calls,
            meant,
            mismatches,
        } = self;
        write!(
            f,
            "{programs} programs, {calls} calls, {meant} with another error that is meant, {} mismatches",
            mismatches.len()
        )
    }
}

/// Errors that differ: the other implementation's (any, if it is empty), ours, and why. That a call fails is the same.
const MEANT: &[(&str, &str, &str)] = &[
    (
        "",
        "read-only",
        "without mutate-directory it is read-only, says wasi:filesystem; and that comes first",
    ),
    ("", "ROFS", "the same"),
    (
        "loop",
        "not-directory",
        "a link that isn't followed is no directory, says Linux",
    ),
    ("LOOP", "NOTDIR", "the same"),
    (
        "not-permitted",
        "cross-device",
        "Landlock's word for a link out of what is granted",
    ),
    ("PERM", "XDEV", "the same"),
    (
        "invalid",
        "bad-descriptor",
        "that it isn't open for this comes before the offset",
    ),
    ("INVAL", "BADF", "the same"),
    (
        "INVAL",
        "PERM",
        "the same, where the directory's grant is the reason",
    ),
    ("BADF", "PERM", "the adapter's word for that"),
    (
        "BADF",
        "NOTDIR",
        "the adapter's word for a file in a directory's place",
    ),
    (
        "overflow",
        "not-permitted",
        "that it may not be changed comes before the time",
    ),
    (
        "",
        "name-too-long",
        "both paths are looked at before anything is done",
    ),
    ("", "NAMETOOLONG", "the same"),
    (
        "invalid-argument",
        "connection-refused",
        "a socket that has failed says so first",
    ),
    (
        "address-not-bindable",
        "address-in-use",
        "what connecting makes of EADDRNOTAVAIL, says wasi:sockets",
    ),
];

/// What wasmtime 48 says where it finds a datagram still on its way when a socket is connected anew: it traps. Nothing is compared from there.
const GIVES_UP: &str = "needs exclusive access";

impl Subject {
    fn name(self) -> &'static str {
        match self {
            Subject::Files => "files",
            Subject::Preview1 => "preview1",
            Subject::Sockets => "sockets",
        }
    }

    fn grants(self) -> Vec<String> {
        match self {
            Subject::Files | Subject::Preview1 => {
                let directories = ["--dir=changed::/changed", "--dir-ro=fixed::/fixed"];
                directories.map(str::to_owned).to_vec()
            }
            Subject::Sockets => {
                let listen = [
                    "0.0.0.0",
                    "127.0.0.1",
                    "127.1.2.3",
                    "192.0.2.1",
                    "224.0.0.1",
                    "255.255.255.255",
                    "[::]",
                    "[::1]",
                    "[ff02::1]",
                ];
                let listen = listen.iter().flat_map(|address| {
                    ["tcp", "udp"].map(|kind| format!("--{kind}-listen={address}:*"))
                });
                let connect = ["tcp", "udp"].map(|kind| format!("--{kind}-connect=*:*"));
                listen.chain(connect).collect()
            }
        }
    }

    /// A program that makes `calls` calls from a seed.
    fn case(self, seed: u64, calls: u32) -> Case {
        let folder = crate::repository().join("testsuite/guests/random");
        Case {
            name: format!("{} {seed} {calls}", self.name()),
            input: folder.join(format!("deps/random/{}.wasm", self.name())),
            args: vec![seed.to_string(), calls.to_string()],
            stdin: Vec::new(),
            status: Some(0),
            oracle_status: None,
            trap: None,
            says: None,
            function: None,
            component: None,
            stdout: None,
            stderr: None,
            grants: self.grants(),
            files: (self != Subject::Sockets).then(|| folder.join("world")),
            fixture: false,
            terminal: false,
            environment: Vec::new(),
            needs: None,
            differs: Vec::new(),
        }
    }
}

/// Runs programs until the time is up, or three differ.
///
/// # Errors
///
/// A program that can't be compiled or run.
pub fn run(subject: Subject, plan: Plan) -> Result<Tally> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let runner = Runner {
        oracle: Oracle::new()?,
        executable: folder.path().join(subject.name()),
        target: plan.target,
    };
    let grants = subject.grants();
    Nanocc::new(&subject.case(0, 0).input)
        .args(&grants.iter().map(String::as_str).collect::<Vec<_>>())
        .target(plan.target)
        .output(&runner.executable)
        .succeed()?;
    let mut tally = Tally::default();
    let start = Instant::now();
    let mut seed = plan.seed;
    while start.elapsed() < plan.time && tally.mismatches.len() < 3 {
        let case = subject.case(seed, plan.calls);
        let mut compared = runner.compare(&case)?;
        if compared.mismatch.is_some() && subject == Subject::Sockets {
            compared = runner.compare(&case)?;
        }
        tally.programs += 1;
        tally.calls += compared.calls;
        tally.meant += compared.meant;
        let mismatch = compared.mismatch.into_iter();
        tally.mismatches.extend(mismatch.map(|how| {
            format!(
                "`fuzz calls {} --seed {seed} --calls {} --seconds 0` {how}",
                subject.name(),
                plan.calls
            )
        }));
        seed += 1;
        if plan.time.is_zero() {
            break;
        }
    }
    Ok(tally)
}

struct Runner {
    oracle: Oracle,
    executable: PathBuf,
    target: Target,
}

#[derive(Default)]
struct Compared {
    calls: u64,
    meant: u64,
    mismatch: Option<String>,
}

impl Runner {
    fn compare(&self, case: &Case) -> Result<Compared> {
        let oracle = self.oracle.run_case(case)?;
        let world = World::new(case)?;
        let (stdout, status) = self.execute(case, world.folder())?;
        let expected = String::from_utf8_lossy(&oracle.stdout);
        let mut compared = Compared::default();
        let (mut left, mut right) = (expected.lines(), stdout.lines());
        loop {
            match (left.next(), right.next()) {
                (None, None) => break,
                (Some(expected), Some(got)) if expected == got => compared.calls += 1,
                (Some(expected), Some(got)) if is_meant(expected, got) => compared.meant += 1,
                (None, _) if gives_up(&oracle.end) => return Ok(compared),
                (expected, got) => {
                    let end = |ended: &dyn fmt::Debug| format!("the end: {ended:?}");
                    let expected = expected.map_or_else(|| end(&oracle.end), str::to_owned);
                    let got = got.map_or_else(|| end(&status), str::to_owned);
                    compared.mismatch =
                        Some(format!("differs:\n  expected {expected}\n  got      {got}"));
                    return Ok(compared);
                }
            }
        }
        if !matches!(oracle.end, End::Status(0)) || status != 0 {
            compared.mismatch = Some(format!(
                "ends with {:?}, here with status {status}",
                oracle.end
            ));
        } else if let Some((expected, got)) = first_difference(&oracle.left, &world.left()?) {
            compared.mismatch = Some(format!(
                "leaves other files:\n  expected {expected}\n  got      {got}"
            ));
        }
        Ok(compared)
    }

    fn execute(&self, case: &Case, folder: &Path) -> Result<(String, i32)> {
        let mut command = self.target.command(&self.executable);
        command.args(&case.args).current_dir(folder);
        let done = execute::run(&mut command, b"")?;
        Ok((done.stdout_text(), done.code()?))
    }
}

fn gives_up(end: &End) -> bool {
    matches!(end, End::Trap { text, .. } if text.contains(GIVES_UP))
}

/// Whether two lines differ in errors alone, and each of them is [`MEANT`].
fn is_meant(expected: &str, got: &str) -> bool {
    let (mut expected, mut got) = (expected.split("error "), got.split("error "));
    if expected.next() != got.next() {
        return false;
    }
    loop {
        let (expected, got) = match (expected.next(), got.next()) {
            (None, None) => return true,
            (Some(expected), Some(got)) => (name_first(expected), name_first(got)),
            _ => return false,
        };
        let same = expected.0 == got.0;
        let meant = MEANT.iter().any(|(theirs, ours, _)| {
            (theirs.is_empty() || *theirs == expected.0) && *ours == got.0
        });
        if expected.1 != got.1 || !(same || meant) {
            return false;
        }
    }
}

/// An error's name, and what comes behind it.
fn name_first(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    text.split_at(end.unwrap_or(text.len()))
}

/// The first line in which two lists of files differ, shortened.
fn first_difference(expected: &[u8], got: &[u8]) -> Option<(String, String)> {
    let lines = |bytes: &[u8]| -> Vec<String> {
        String::from_utf8_lossy(bytes)
            .lines()
            .map(str::to_owned)
            .collect()
    };
    let (expected, got) = (lines(expected), lines(got));
    let at = (0..expected.len().max(got.len())).find(|at| expected.get(*at) != got.get(*at))?;
    let line = |lines: &[String]| {
        let line = lines.get(at).map_or("nothing", String::as_str);
        line.chars().take(300).collect()
    };
    Some((line(&expected), line(&got)))
}

#[cfg(test)]
mod tests {
    use super::is_meant;

    #[test]
    fn errors_are_compared_each_with_its_own() {
        assert!(is_meant(
            "3 open -> error loop",
            "3 open -> error not-directory"
        ));
        assert!(is_meant(
            "(error invalid, error io)",
            "(error bad-descriptor, error io)"
        ));
        for (expected, got) in [
            ("3 open -> error loop", "3 open -> error no-entry"),
            ("3 open -> error loop", "4 open -> error not-directory"),
            ("3 open -> error loop", "3 open -> ok ()"),
            ("3 open -> ok ()", "3 open -> error name-too-long"),
            (
                "(error loop, error io)",
                "(error not-directory, error busy)",
            ),
            ("(error loop, ok 1)", "(error not-directory, ok 2)"),
        ] {
            assert!(!is_meant(expected, got), "{expected} {got}");
        }
    }
}
