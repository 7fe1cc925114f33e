//! The programs to run, from the `cases.toml` files (format: `testsuite/guests/README.md`).

use crate::Result;
use crate::trap::Kind;
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// One program with its input, and what is known about its end.
#[derive(Debug, Clone)]
pub struct Case {
    /// Unique: the folder's path in the repository, and the case's name.
    pub name: String,
    /// The `.wac`, `.wasm` or `.wat` file.
    pub input: PathBuf,
    /// Arguments, without the program's name.
    pub args: Vec<String>,
    /// What is on standard input.
    pub stdin: Vec<u8>,
    /// The exit status; `None` where only the oracle knows.
    pub status: Option<i32>,
    /// The oracle's exit status where it departs from the specification, which nanocc follows.
    pub oracle_status: Option<i32>,
    /// The trap that ends the program, if one does.
    pub trap: Option<Kind>,
    /// The words of the trap's message, where a kind has several.
    pub says: Option<String>,
    /// The function that the trap's message names.
    pub function: Option<String>,
    /// The path of the component that the trap's message names.
    pub component: Option<String>,
    /// Standard output where nanocc means to differ from the oracle.
    pub stdout: Option<String>,
    /// Standard error where nanocc means to differ from the oracle.
    pub stderr: Option<String>,
    /// What the components are granted, as flags of nanocc's: `--dir=data::/data`.
    pub grants: Vec<String>,
    /// The folder of which the program is started in a copy, that no other run has.
    pub files: Option<PathBuf>,
    /// Whether it is started in the files that [`crate::wasi::fixture`] makes.
    pub fixture: bool,
    /// Whether its standard streams are a terminal, and standard output and error the same one.
    pub terminal: bool,
    /// Variables that the program is started with.
    pub environment: Vec<(String, String)>,
    /// What the machine has to have.
    pub needs: Option<Need>,
    /// Lines in which nanocc means to differ from the oracle.
    pub differs: Vec<Difference>,
}

/// Something that not every machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// The loopback address `::1`.
    Ipv6,
}

impl Need {
    /// Why it isn't here, if it isn't.
    pub fn missing(self) -> Option<String> {
        let Need::Ipv6 = self;
        let bound = std::net::TcpListener::bind("[::1]:0");
        bound.err().map(|error| format!("no ::1 here: {error}"))
    }
}

/// Words in which nanocc means to differ from the oracle.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// What the oracle prints: a whole line; or any part of one, where `below` says which.
    pub oracle: String,
    /// What nanocc prints in its place.
    pub ours: String,
    /// The heading, `== fixed`, of the lines that this is about: those up to the next heading.
    pub below: Option<String>,
    /// Why that is right.
    #[allow(dead_code, reason = "for the reader of the file")]
    pub why: String,
}

impl Difference {
    /// Replaces the oracle's words, wherever they stand. Whether they stand anywhere.
    pub fn replace(&self, output: &mut Vec<u8>) -> bool {
        let Ok(text) = std::str::from_utf8(output) else {
            return false;
        };
        let (mut replaced, mut found, mut within) = (String::new(), false, self.below.is_none());
        for line in text.split_inclusive('\n') {
            let words = line.trim_end_matches('\n');
            if self.below.is_some() && words.starts_with("== ") {
                within = self.below.as_deref() == Some(words);
            }
            let here = match self.below {
                Some(_) => within && words.contains(&self.oracle),
                None => words == self.oracle,
            };
            if here {
                found = true;
                replaced.push_str(&line.replace(&self.oracle, &self.ours));
            } else {
                replaced.push_str(line);
            }
        }
        *output = replaced.into_bytes();
        found
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    name: String,
    input: String,
    #[serde(default)]
    args: Vec<String>,
    stdin: Option<String>,
    stdin_size: Option<usize>,
    stdin_files: Option<Vec<String>>,
    status: i32,
    oracle_status: Option<i32>,
    trap: Option<String>,
    says: Option<String>,
    function: Option<String>,
    component: Option<String>,
    stdout: Option<String>,
    stderr: Option<String>,
    #[serde(default)]
    grants: Vec<String>,
    files: Option<String>,
    #[serde(default)]
    fixture: bool,
    #[serde(default)]
    terminal: bool,
    needs: Option<Need>,
    #[serde(default)]
    differs: Vec<Difference>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
}

/// All cases of the examples and of the guests, and the inputs of the file tests: whatever is looked at
/// on the way is run as well, and has to do what the oracle does if no `cases.toml` says otherwise.
pub fn all() -> Result<Vec<Case>> {
    let repository = crate::repository();
    let mut cases = Vec::new();
    for folder in ["examples", "testsuite/guests", "testsuite/files"] {
        for file in crate::files_below(&repository.join(folder), &|name| name == "cases.toml")? {
            cases.extend(read(&repository, &file)?);
        }
    }
    let wanted = |name: &str| name.ends_with(".wat") || name.ends_with(".wac");
    for input in crate::files_below(&repository.join("testsuite/files"), &wanted)? {
        let name = input.strip_prefix(&repository).unwrap_or(&input);
        let named = cases.iter().any(|case| case.input == input);
        if named || name.iter().any(|part| part == "deps" || part == "fuzz") {
            continue;
        }
        cases.push(Case {
            name: name.display().to_string(),
            input: input.clone(),
            args: Vec::new(),
            stdin: Vec::new(),
            status: None,
            oracle_status: None,
            trap: None,
            says: None,
            function: None,
            component: None,
            stdout: None,
            stderr: None,
            grants: Vec::new(),
            files: None,
            fixture: false,
            terminal: false,
            environment: Vec::new(),
            needs: None,
            differs: Vec::new(),
        });
    }
    let mut names = HashSet::new();
    for case in &cases {
        if !names.insert(&case.name) {
            return Err(format!("two cases are named {}", case.name));
        }
    }
    Ok(cases)
}

fn read(repository: &Path, path: &Path) -> Result<Vec<Case>> {
    let at = |message: String| format!("{}: {message}", path.display());
    let text = crate::read_text(path)?;
    let file: File = toml::from_str(&text).map_err(|error| at(error.to_string()))?;
    let folder = path.parent().unwrap_or(repository);
    let group = folder
        .strip_prefix(repository)
        .map_err(|error| at(error.to_string()))?;
    file.case
        .into_iter()
        .map(|entry| {
            let trap = match &entry.trap {
                None => None,
                Some(kind) => Some(
                    Kind::from_name(kind)
                        .ok_or_else(|| at(format!("{}: no such trap: {kind}", entry.name)))?,
                ),
            };
            if trap.is_some() != (entry.status == 134) {
                return Err(at(format!(
                    "{}: status 134 and a trap go together",
                    entry.name
                )));
            }
            let stdin = match (entry.stdin, entry.stdin_size, entry.stdin_files) {
                (None, None, None) => Vec::new(),
                (Some(text), None, None) => text.into_bytes(),
                (None, Some(size), None) => (0..size).map(|i| (i * 167 + i / 256) as u8).collect(),
                (None, None, Some(files)) => {
                    let mut all = Vec::new();
                    for file in files {
                        all.extend(crate::read(&folder.join(file))?);
                    }
                    all
                }
                _ => return Err(at(format!("{}: more than one of stdin's", entry.name))),
            };
            Ok(Case {
                name: format!("{}/{}", group.display(), entry.name),
                input: folder.join(&entry.input),
                args: entry.args,
                stdin,
                status: Some(entry.status),
                oracle_status: entry.oracle_status,
                trap,
                says: entry.says,
                function: entry.function,
                component: entry.component,
                stdout: entry.stdout,
                stderr: entry.stderr,
                grants: entry.grants,
                files: entry.files.map(|files| folder.join(files)),
                fixture: entry.fixture,
                terminal: entry.terminal,
                needs: entry.needs,
                differs: entry.differs,
                environment: entry.environment.into_iter().collect(),
            })
        })
        .collect()
}
