//! WAC's own cases, given to nanocc's first stage.
//!
//! | file | does |
//! |---|---|
//! | `mod.rs` | finds cases, composes them as nanocc does, judges |
//! | `graph.rs` | a case of `wac-graph` as a program in WAC |
//! | `shape.rs` | what a composed component says, apart from its encoding |
//!
//! Two crates have tests whose data is portable: `wac-parser` (`.wac` with `.wac.result` beside it) and
//! `wac-graph` (folders with a `graph.json`). What the results are worth to another implementation:
//!
//! * A case in a folder `fail` has to be refused, for the reason that the result gives and at its place: nanocc's
//!   message and the text's line and column are compared with those of the report.
//! * A case in `parser` has to parse; of what it names, nothing need exist.
//! * A case in `encoding`, and a graph, has to become a component of the same shape (`shape.rs`). A case in
//!   `resolution` has to become a valid component: its result is a dump of wac's own structures.

mod graph;
mod shape;

use crate::Result;
use crate::conformance::Report;
use nanocc::compose::{self, Package, PackageError, Request};
use nanocc::error::Error;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A case.
pub struct Case {
    /// Its path, from the folder it was found in.
    pub name: String,
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Of `wac-parser`: a document that only has to parse.
    Parser,
    /// Of `wac-parser`: a document that only has to be accepted.
    Resolution,
    /// Of `wac-parser`: a document whose component is known.
    Encoding,
    /// Of `wac-parser`: a document to refuse.
    Refused,
    /// Of `wac-graph`.
    Graph,
}

/// The cases in a folder, sorted; or the one that `path` is.
///
/// # Errors
///
/// What can't be read.
pub fn cases(path: &Path) -> Result<Vec<Case>> {
    let wanted = |name: &str| name.ends_with(".wac") || name == "graph.json";
    let (root, files) = if path.is_dir() {
        (path, crate::files_below(path, &wanted)?)
    } else {
        let parent = path.parent().unwrap_or(Path::new(""));
        (parent, vec![path.to_path_buf()])
    };
    let mut cases = Vec::new();
    for file in files {
        let name = file.strip_prefix(root).unwrap_or(&file);
        let within = |folder: &str| {
            let parent = file.parent();
            parent.is_some_and(|parent| parent.iter().any(|part| part == folder))
        };
        let kind = if file.ends_with("graph.json") {
            Kind::Graph
        } else if within("fail") {
            Kind::Refused
        } else if within("encoding") {
            Kind::Encoding
        } else if within("resolution") {
            Kind::Resolution
        } else {
            Kind::Parser
        };
        let name = name.with_extension("");
        let name = match kind {
            Kind::Graph => name.parent().unwrap_or(&name),
            _ => &name,
        };
        cases.push(Case {
            name: name.display().to_string(),
            path: file,
            kind,
        });
    }
    Ok(cases)
}

/// Runs a case.
pub fn run(case: &Case) -> Report {
    let mut report = Report::default();
    let difference = DIFFERENCES
        .iter()
        .find(|difference| Path::new(&case.name).ends_with(difference.case));
    match (judge(case), difference) {
        (Ok(Verdict::Passed), None) => report.pass(),
        (Ok(Verdict::Skipped(reason)), _) => report.skip(reason),
        (Err(reason), None) => report.fail(reason),
        (Ok(Verdict::Passed), Some(_)) => report.fail("it is listed as different, and isn't"),
        (Err(reason), Some(difference)) if reason.contains(difference.shows) => {
            report.skip(format!("different: {}", difference.why));
        }
        (Err(reason), Some(difference)) => report.fail(format!(
            "it differs otherwise than listed (`{}`): {reason}",
            difference.shows
        )),
    }
    report
}

/// A case whose result isn't nanocc's, for a reason.
struct Difference {
    /// The end of its name.
    case: &'static str,
    /// What the comparison says.
    shows: &'static str,
    why: &'static str,
}

/// wac's tests import their packages as components of some type; in a program of nanocc's they are there. What is
/// there may say more than its type.
const DIFFERENCES: &[Difference] = &[
    Difference {
        case: "graphs/implicit-resource-import",
        shows: "resource types are not the same",
        why: "the package is given two resources where it wants one; wac's own validation fails once the package \
              is there, and not just its type",
    },
    Difference {
        case: "encoding/resources",
        shows: "export foo = $0.foo: instance {r: type resource 0, ",
        why: "the package exports the very resource that it imports, which its type alone doesn't say",
    },
];

/// What came of a case that didn't fail.
enum Verdict {
    Passed,
    Skipped(String),
}

fn judge(case: &Case) -> Result<Verdict> {
    if case.kind == Kind::Graph {
        return graph::judge(&case.path);
    }
    let text = crate::read_text(&case.path)?;
    let mut packages = Packages::below(&case.path.with_extension(""));
    if case.kind == Kind::Parser {
        // A document that parses gets as far as its packages.
        let text = format!("{text}\nlet last-of-all = new nanocc:last-of-all {{}};\n");
        return match packages.compose(&case.path, &text) {
            Err(error) if !packages.asked => Err(format!("nanocc refuses it: {error}")),
            _ => Ok(Verdict::Passed),
        };
    }
    let composed = packages.compose(&case.path, &text);
    let result = || crate::read_text(&case.path.with_extension("wac.result"));
    match (case.kind, composed) {
        (Kind::Refused, Err(error)) => same_refusal(&error, &text, &result()?),
        (Kind::Refused, Ok(_)) => Err("nanocc accepts it".to_owned()),
        (_, Err(error)) => Err(format!("nanocc refuses it: {error}")),
        (Kind::Encoding, Ok(component)) => {
            same_shape(&component, &result()?, packages.loaded.into_iter())
        }
        (_, Ok(_)) => Ok(Verdict::Passed),
    }
}

/// Compares a refusal with the report that the case holds.
fn same_refusal(error: &Error, text: &str, report: &str) -> Result<Verdict> {
    let expected = Diagnostic::parse(report).ok_or("the result isn't a report")?;
    let said = error.to_string();
    let places: Vec<(usize, usize)> = match error {
        Error::Wac { labels, .. } => labels
            .iter()
            .map(|(range, _)| position(text, range.start))
            .collect(),
        Error::MissingPackage { at, .. } => vec![position(text, at.range.start)],
        _ => Vec::new(),
    };
    if !expected.is_said_by(error) {
        return Err(format!(
            "nanocc says `{said}`, expected `{}`",
            expected.message
        ));
    }
    if let Some(place) = expected.place
        && !places.contains(&place)
    {
        return Err(format!("nanocc points to {places:?}, expected {place:?}"));
    }
    Ok(Verdict::Passed)
}

/// Compares a component with the text of the expected one.
fn same_shape(
    component: &[u8],
    expected: &str,
    packages: impl Iterator<Item = (String, Vec<u8>)>,
) -> Result<Verdict> {
    let packages: Vec<(String, Vec<u8>)> = packages.collect();
    let expected = wat::parse_str(expected).map_err(|error| error.to_string())?;
    let expected = shape::describe(&expected, &packages)?;
    let ours = shape::describe(component, &packages)?;
    if ours == expected {
        return Ok(Verdict::Passed);
    }
    Err(format!("the component is\n{ours}expected is\n{expected}"))
}

/// Line and column of a byte, from 1.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (line, before[start..].chars().count() + 1)
}

/// A report as wac prints it.
struct Diagnostic {
    /// The message, and what caused it.
    message: String,
    /// Line and column, if it is about one.
    place: Option<(usize, usize)>,
}

impl Diagnostic {
    /// Takes a report apart: `×` opens the message, `├─▶` and `╰─▶` each cause, `╭─[file:line:column]` the excerpt.
    fn parse(report: &str) -> Option<Diagnostic> {
        let (message, place) = match report.split_once("╭─[") {
            Some((message, excerpt)) => {
                let mut numbers = excerpt.split_once(']')?.0.rsplit(':');
                let column = numbers.next()?.parse().ok()?;
                let line = numbers.next()?.parse().ok()?;
                (message, Some((line, column)))
            }
            None => (report, None),
        };
        let (_, message) = message.split_once('×')?;
        // Long lines are broken, and go on behind a bar.
        let words = message.split_whitespace().filter(|word| *word != "│");
        let words: Vec<&str> = words.collect();
        let causes: Vec<String> = words
            .split(|word| matches!(*word, "├─▶" | "╰─▶"))
            .map(|part| part.join(" "))
            .collect();
        Some(Diagnostic {
            message: causes.join(": "),
            place,
        })
    }

    /// Whether nanocc's error is this one.
    fn is_said_by(&self, error: &Error) -> bool {
        let said = error.to_string();
        let said: Vec<&str> = said.split_whitespace().collect();
        if said.join(" ") == self.message {
            return true;
        }
        // nanocc finds packages itself, takes core modules too, and has words of its own for those that are neither.
        match error {
            Error::MissingPackage { package, .. } => {
                self.message == format!("unknown package `{package}`")
            }
            Error::Wac { message, .. } => {
                let package = message
                    .strip_prefix("package ")
                    .and_then(|rest| rest.split_once(" can't be used: "));
                package.is_some_and(|(package, _)| {
                    ["resolve", "parse"].iter().any(|what| {
                        let theirs = format!("failed to {what} package {package}: ");
                        self.message.starts_with(&theirs)
                    })
                })
            }
            _ => false,
        }
    }
}

/// The packages of a case.
struct Packages {
    root: PathBuf,
    /// Packages that are made, and not found, by name.
    made: HashMap<String, Vec<u8>>,
    /// Whether any has been asked for.
    asked: bool,
    /// What was found, by name, binary.
    loaded: Vec<(String, Vec<u8>)>,
}

impl Packages {
    /// Those in a folder: `ns:name` is `ns/name`, or with a version `ns/name/1.0.0`, a folder of WIT or a file.
    fn below(root: &Path) -> Packages {
        Packages {
            root: root.to_path_buf(),
            made: HashMap::new(),
            asked: false,
            loaded: Vec::new(),
        }
    }

    fn compose(&mut self, path: &Path, text: &str) -> Result<Vec<u8>, Error> {
        let composed = compose::compose(
            path,
            text.as_bytes(),
            &mut |request| self.load(request),
            &(),
        )?;
        Ok(composed.bytes)
    }

    fn load(&mut self, request: Request<'_>) -> Result<Package, PackageError> {
        self.asked = true;
        let unusable = |message: String| PackageError::Unusable { message };
        let (origin, bytes) = match self.made.get(request.name) {
            Some(bytes) => (PathBuf::from(request.name), bytes.clone()),
            None => self.find(request)?,
        };
        let binary = wat::parse_bytes(&bytes).map_err(|error| unusable(error.to_string()));
        if let Ok(binary) = binary {
            self.loaded
                .push((request.name.to_owned(), binary.into_owned()));
        }
        Ok(Package { origin, bytes })
    }

    fn find(&self, request: Request<'_>) -> Result<(PathBuf, Vec<u8>), PackageError> {
        let mut base = self.root.clone();
        base.extend(request.name.split(':'));
        base.extend(request.version.map(ToString::to_string));
        if base.is_dir() {
            let bytes = encode_wit(&base).map_err(|message| PackageError::Unusable { message })?;
            return Ok((base, bytes));
        }
        let mut searched = Vec::new();
        for extension in ["wat", "wasm"] {
            let mut path = base.clone().into_os_string();
            path.push(".");
            path.push(extension);
            let path = PathBuf::from(path);
            if let Ok(bytes) = std::fs::read(&path) {
                return Ok((path, bytes));
            }
            searched.push(path);
        }
        Err(PackageError::Missing { searched })
    }
}

/// A WIT package, as a component that holds its types.
fn encode_wit(folder: &Path) -> Result<Vec<u8>> {
    let mut resolve = wit_parser::Resolve::new();
    let (package, _) = resolve
        .push_path(folder)
        .map_err(|error| format!("{error:#}"))?;
    wit_component::encode(&resolve, package).map_err(|error| format!("{error:#}"))
}
