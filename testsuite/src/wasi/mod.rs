//! The programs of `testsuite/guests/wasi`: every function of WASI 0.2, granted what it needs, compared with
//! what the same program does under wasmtime's own implementation of WASI.
//!
//! # What is compared
//!
//! Exit status, standard output and standard error, byte for byte, and the directories that were granted, as
//! they are afterwards: each side has a fixture of its own. Where nanocc means to differ, `programs.toml` has
//! the line that the other implementation prints, the line that nanocc prints, and why. A difference that is
//! written down and doesn't occur is a failure as well.

pub mod calls;
pub mod fixture;
pub mod given;
pub mod table;

use crate::Result;
use crate::compiler::Nanocc;
use crate::execute::{self, Executed};
use crate::machine::Target;
use crate::oracle::{End, Oracle};
use crate::trap;
use fixture::Fixture;
use given::Given;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A program with what it is granted, from `programs.toml` (format: `testsuite/guests/wasi/README.md`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Program {
    /// Unique.
    pub name: String,
    /// The component or composition, relative to `testsuite/guests/wasi`.
    pub input: String,
    /// Arguments, without the program's name.
    #[serde(default)]
    pub args: Vec<String>,
    /// What is on standard input.
    #[serde(default)]
    pub stdin: String,
    /// In place of `stdin`: so many bytes.
    pub stdin_size: Option<usize>,
    /// The grants, as nanocc's flags; `FIXTURE` stands for the fixture's folder.
    #[serde(default)]
    pub flags: Vec<String>,
    /// The environment that the program is started in.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The exit status.
    #[serde(default)]
    pub status: i32,
    /// What the machine has to have: `ipv6`.
    pub needs: Option<Need>,
    /// Standard output, where the oracle can't be asked: it can't give one component of a composition more
    /// than another.
    pub stdout: Option<String>,
    /// Lines in which nanocc means to differ.
    #[serde(default)]
    pub differs: Vec<Difference>,
}

/// Something that not every machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// The loopback address `::1`.
    Ipv6,
}

/// A line in which nanocc means to differ from the oracle.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// What the oracle prints.
    pub oracle: String,
    /// What nanocc prints.
    pub ours: String,
    /// Why that is right.
    #[allow(dead_code, reason = "for the reader of the file, who has to be told")]
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    program: Vec<Program>,
}

/// What a program did, and what it left.
#[derive(Debug, Clone)]
pub struct Ran {
    pub status: i32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// The fixture afterwards.
    pub tree: Vec<String>,
}

/// Where the programs are.
pub fn folder() -> PathBuf {
    crate::repository().join("testsuite/guests/wasi")
}

/// All programs.
pub fn programs() -> Result<Vec<Program>> {
    let path = folder().join("programs.toml");
    let at = |message: String| format!("{}: {message}", path.display());
    let file: File =
        toml::from_str(&crate::read_text(&path)?).map_err(|error| at(error.to_string()))?;
    let mut names = std::collections::HashSet::new();
    for program in &file.program {
        if !names.insert(&program.name) {
            return Err(at(format!("two programs are named {}", program.name)));
        }
    }
    Ok(file.program)
}

impl Need {
    /// Why it isn't here, if it isn't.
    pub fn missing(self) -> Option<String> {
        let Need::Ipv6 = self;
        let bound = std::net::TcpListener::bind("[::1]:0");
        bound.err().map(|error| format!("no ::1 here: {error}"))
    }
}

impl Program {
    fn input(&self) -> PathBuf {
        folder().join(&self.input)
    }

    fn stdin(&self) -> Vec<u8> {
        match self.stdin_size {
            Some(size) => (0..size).map(|i| (i * 167 + i / 256) as u8).collect(),
            None => self.stdin.clone().into_bytes(),
        }
    }

    fn flags(&self, fixture: &Fixture) -> Vec<String> {
        let root = fixture.root().display().to_string();
        let with_root = |flag: &String| flag.replace("FIXTURE", &root);
        self.flags.iter().map(with_root).collect()
    }

    /// What it does under the oracle, or what the file says that it has to do.
    ///
    /// # Errors
    ///
    /// If the oracle refuses it, or doesn't print a line that nanocc is said to differ in.
    pub fn expected(&self, oracle: &Oracle, scratch: &Path) -> Result<Ran> {
        let fixture = Fixture::new(&scratch.join(format!("{}-oracle", self.name)))?;
        if let Some(stdout) = &self.stdout {
            return Ok(Ran {
                status: self.status,
                stdout: stdout.clone().into_bytes(),
                stderr: Vec::new(),
                tree: fixture.tree()?,
            });
        }
        let given = Given::from_flags(&self.flags(&fixture), &self.environment)?;
        let outcome = oracle.run_given(&self.input(), &self.args, &self.stdin(), &given)?;
        let status = match outcome.end {
            End::Status(status) => status,
            End::Trap { .. } => nanocc_shim_abi::TRAP_STATUS,
        };
        if status != self.status {
            return Err(format!(
                "the oracle ends with status {status}, not {}: {:?}\n{}{}",
                self.status,
                outcome.end,
                String::from_utf8_lossy(&outcome.stdout),
                String::from_utf8_lossy(&outcome.stderr)
            ));
        }
        let mut ran = Ran {
            status,
            stdout: outcome.stdout,
            stderr: outcome.stderr,
            tree: fixture.tree()?,
        };
        for difference in &self.differs {
            let found = difference.replace(&mut ran.stdout) | difference.replace(&mut ran.stderr);
            if !found {
                return Err(format!("the oracle doesn't print: {}", difference.oracle));
            }
        }
        Ok(ran)
    }

    /// Its executable, with its grants.
    pub fn compile(&self, target: Target, scratch: &Path) -> Result<(PathBuf, Fixture)> {
        let name = format!("{}-{}", self.name, target.name());
        let fixture = Fixture::new(&scratch.join(format!("{name}-fixture")))?;
        let executable = scratch.join(name);
        let mut nanocc = Nanocc::new(&self.input()).target(target).args(&["-j1"]);
        for flag in self.flags(&fixture) {
            nanocc = nanocc.arg(flag);
        }
        nanocc.output(&executable).succeed()?;
        Ok((executable, fixture))
    }

    /// What it does, compiled for `target`.
    pub fn run(&self, target: Target, scratch: &Path) -> Result<Ran> {
        let (executable, fixture) = self.compile(target, scratch)?;
        let mut command = target.command(&executable);
        command.args(&self.args).envs(&self.environment);
        let done = execute::run(&mut command, &self.stdin())?;
        let status = done.code()?;
        Ok(Ran {
            status,
            stderr: self.words(&done)?,
            stdout: done.stdout,
            tree: fixture.tree()?,
        })
    }

    /// Standard error without the message of a trap, whose words are each implementation's own.
    fn words(&self, done: &Executed) -> Result<Vec<u8>> {
        if done.code()? != nanocc_shim_abi::TRAP_STATUS {
            return Ok(done.stderr.clone());
        }
        let (words, _) = trap::split_report(&done.stderr)?;
        Ok(words.to_vec())
    }
}

impl Difference {
    /// Replaces the oracle's line, wherever it stands. Whether it stands anywhere.
    fn replace(&self, output: &mut Vec<u8>) -> bool {
        let Ok(text) = std::str::from_utf8(output) else {
            return false;
        };
        if !text.lines().any(|line| line == self.oracle) {
            return false;
        }
        let mut replaced = String::new();
        for line in text.lines() {
            let line = if line == self.oracle { &self.ours } else { line };
            replaced.push_str(line);
            replaced.push('\n');
        }
        *output = replaced.into_bytes();
        true
    }
}

/// That both did the same; the error shows where they part.
pub fn compare(ours: &Ran, expected: &Ran) -> Result<()> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut wrong = String::new();
    if ours.status != expected.status {
        wrong += &format!("status {}, expected {}\n", ours.status, expected.status);
    }
    for (what, ours, expected) in [
        ("standard output", text(&ours.stdout), text(&expected.stdout)),
        ("standard error", text(&ours.stderr), text(&expected.stderr)),
        ("the directories", ours.tree.join("\n"), expected.tree.join("\n")),
    ] {
        if ours != expected {
            wrong += &format!("{what}:\n{}", difference(&ours, &expected));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// The first lines that differ.
fn difference(ours: &str, expected: &str) -> String {
    let (ours, expected): (Vec<_>, Vec<_>) = (ours.lines().collect(), expected.lines().collect());
    let mut shown = String::new();
    let mut count = 0;
    for index in 0..ours.len().max(expected.len()) {
        let (mine, other) = (ours.get(index), expected.get(index));
        if mine != other && count < 40 {
            count += 1;
            let show = |line: Option<&&str>| {
                let line = line.map_or("(nothing)", |line| line);
                line.chars().take(300).collect::<String>()
            };
            shown += &format!(
                "  line {}:\n         got {}\n    expected {}\n",
                index + 1,
                show(mine),
                show(other)
            );
        }
    }
    if shown.is_empty() {
        shown = "  the ends of lines differ\n".to_owned();
    }
    shown
}
