//! `nanocc inspect`: what an executable says about itself, for people.
//!
//! Every text of the file's goes through [`printable`]: a terminal shouldn't obey a file that somebody looks at.

use crate::cli::args::InspectArgs;
use crate::cli::output::reason;
use crate::cli::report::{Color, Failure};
use nanocc::error::Error;
use nanocc::note::{self, Component, Note};
use nanocc::policy::limits::Size;
use nanocc::traps::printable;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::time::Duration;

/// Everything between the arguments and the exit status.
pub fn inspect(args: &InspectArgs) -> Result<(), Failure> {
    let file = std::fs::read(&args.file).map_err(|e| Failure::Message {
        message: format!("can't read `{}`: {}", args.file.display(), reason(&e)),
        help: None,
    })?;
    let note = note::read(&file).map_err(|error| Failure::Compile {
        input: args.file.clone(),
        error: Box::new(Error::Note(error)),
    })?;
    let text = if args.json {
        note.to_json() + "\n"
    } else {
        let name = args.file.file_name().unwrap_or(args.file.as_os_str());
        let mut page = Page {
            text: String::new(),
            color: color(args.color),
        };
        page.program(&name.to_string_lossy(), file.len(), &note);
        page.text
    };
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        // The reader has seen enough.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(e) => Err(Failure::Message {
            message: format!("can't write to standard output: {}", reason(&e)),
            help: None,
        }),
        Ok(()) => Ok(()),
    }
}

/// Whether to colour standard output.
fn color(color: Color) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match color {
        Color::Auto => {
            let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
            io::stdout().is_terminal() && !dumb && !set("NO_COLOR")
        }
        Color::Always => true,
        Color::Never => false,
    }
}

/// How wide the column of labels is.
const LABEL: usize = 9;

struct Page {
    text: String,
    color: bool,
}

impl Page {
    /// A label and what is said about it, one below the other. Nothing for no lines.
    fn lines(&mut self, indent: usize, label: &str, lines: impl IntoIterator<Item = String>) {
        let mut label = label;
        for line in lines {
            let (on, off) = match self.color {
                true => ("\x1b[36m", "\x1b[0m"),
                false => ("", ""),
            };
            let line = printable(&line);
            let _ = writeln!(self.text, "{:indent$}{on}{label:LABEL$}{off} {line}", "");
            label = "";
        }
    }

    fn heading(&mut self, indent: usize, text: &str) {
        let (on, off) = match self.color {
            true => ("\x1b[1m", "\x1b[0m"),
            false => ("", ""),
        };
        let _ = writeln!(self.text, "{:indent$}{on}{}{off}", "", printable(text));
    }

    fn program(&mut self, name: &str, len: usize, note: &Note) {
        self.heading(0, name);
        let made = format!("{}, {} bytes, nanocc {}", note.target, len, note.nanocc);
        self.lines(2, "made for", [made]);
        self.lines(2, "runs", note.entry.clone());
        let required = if note.fences.required {
            ", or doesn't run"
        } else {
            ""
        };
        let fences = match (note.fences.seccomp, note.fences.landlock) {
            (true, true) => format!("seccomp, landlock{required}"),
            (true, false) => format!("seccomp{required}"),
            (false, true) => format!("landlock{required}"),
            (false, false) => "none".to_owned(),
        };
        self.lines(2, "fences", [fences]);
        let time = |millis: Option<u64>, what: &str| {
            millis.map(|millis| format!("{:?} of {what}", Duration::from_millis(millis)))
        };
        let limits = [
            time(note.timeout_ms, "time"),
            time(note.cpu_timeout_ms, "processor time"),
        ];
        self.lines(2, "limits", limits.into_iter().flatten());
        let opens = note.directories.iter().map(|directory| {
            let how = if directory.writable {
                "to write"
            } else {
                "to read"
            };
            format!("{} {how}", directory.host)
        });
        self.lines(2, "opens", opens);
        let told = note.parameters.iter();
        self.lines(
            2,
            "is told",
            told.map(|name| format!("@{name} by NANOCC_PARAM_{name}")),
        );
        let calls = note.system_calls.as_ref().map(|calls| {
            let calls = calls.iter().map(|call| match call.when.as_slice() {
                [] => call.name.clone(),
                when => format!("{} if {}", call.name, when.join(", or ")),
            });
            calls.collect::<Vec<_>>()
        });
        match calls {
            Some(calls) => self.lines(2, "calls", calls),
            None => self.lines(2, "calls", ["any system call".to_owned()]),
        }
        for (component, depth) in note.components.iter().zip(depths(note)) {
            self.component(component, depth);
        }
    }

    fn component(&mut self, component: &Component, depth: usize) {
        let indent = 2 * depth;
        self.text.push('\n');
        self.heading(indent, &component.path);
        let indent = indent + 2;
        self.lines(indent, "sha256", component.sha256.clone());
        self.lines(indent, "imports", component.imports.clone());
        self.lines(indent, "exports", component.exports.clone());
        self.lines(
            indent,
            "granted",
            component.grants.iter().map(ToString::to_string),
        );
        self.lines(indent, "denied", component.denied.clone());
        let limits = &component.limits;
        let count = |most: Option<u64>, what: &str| most.map(|most| format!("{most} {what}"));
        let limits = [
            limits
                .max_memory
                .map(|most| format!("{} of memory", Size(most))),
            count(limits.max_table_elements, "table elements"),
            count(limits.max_handles.map(u64::from), "handles"),
            count(limits.max_open_files.map(u64::from), "open files"),
        ];
        self.lines(indent, "limits", limits.into_iter().flatten());
        let sizes = &component.sizes;
        let sizes = format!(
            "component {}, code {}, data {}, memory {} bytes",
            component.bytes, sizes.code, sizes.data, sizes.memory
        );
        self.lines(indent, "sizes", [sizes]);
    }
}

/// How many components hold each, as far as it can be shown. Those that hold others stand before them; a file may say anything.
fn depths(note: &Note) -> Vec<usize> {
    let mut known: HashMap<&str, usize> = HashMap::new();
    let depth = |component: &'_ Component, known: &HashMap<&str, usize>| {
        let parent = known.get(component.parent.as_deref()?)?;
        Some((parent + 1).min(MAX_DEPTH))
    };
    let mut depths = Vec::with_capacity(note.components.len());
    for component in &note.components {
        let depth = depth(component, &known).unwrap_or_default();
        known.entry(&component.path).or_insert(depth);
        depths.push(depth);
    }
    depths
}

/// The deepest indentation.
const MAX_DEPTH: usize = 16;
