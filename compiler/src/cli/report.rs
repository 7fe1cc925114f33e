//! What went wrong, as people read it: one message, where it is in the source, what to do.

use clap::ValueEnum;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode,
    ThemeCharacters, ThemeStyles,
};
use nanocc::error::Error;
use std::fmt;
use std::io::{self, IsTerminal};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Anything that ends a run of nanocc.
#[derive(Debug)]
pub enum Failure {
    /// The compiler's.
    Compile { input: PathBuf, error: Box<Error> },
    /// Reading, writing, starting threads.
    Message {
        message: String,
        help: Option<String>,
    },
}

/// When to colour messages; by default on a terminal. (Documented variants would double the help's
/// length.)
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// How messages look.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    pub color: bool,
    unicode: bool,
}

impl Style {
    /// For standard error. Without a terminal it is plain ASCII, the same everywhere.
    pub fn new(color: Color) -> Style {
        let terminal = io::stderr().is_terminal();
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Style {
            color: match color {
                Color::Auto => terminal && !dumb && !set("NO_COLOR"),
                Color::Always => true,
                Color::Never => false,
            },
            unicode: terminal && !dumb,
        }
    }

    /// A warning, with its line end.
    pub fn warning(self, message: &str) -> String {
        let (on, off) = if self.color {
            ("\x1b[1;33m", "\x1b[0m")
        } else {
            ("", "")
        };
        format!("{on}warning:{off} {message}\n")
    }

    fn theme(self) -> GraphicalTheme {
        let mut characters = if self.unicode {
            ThemeCharacters::unicode()
        } else {
            ThemeCharacters::ascii()
        };
        characters.error = "error:".to_owned();
        let mut styles = if self.color {
            ThemeStyles::ansi()
        } else {
            ThemeStyles::none()
        };
        if self.color {
            styles.error = styles.error.bold();
        }
        GraphicalTheme { characters, styles }
    }

    /// The whole message, with its line end.
    pub fn render(self, failure: &Failure) -> String {
        let mut message = Message::of(failure);
        message.drop_unreadable_excerpt();
        // A parser of text formats shows the place itself: its lines stay as they are.
        let rest = match message.text.split_once('\n') {
            Some((first, rest)) => {
                let rest = rest.to_owned();
                message.text = first.to_owned();
                rest
            }
            None => String::new(),
        };
        let mut text = String::new();
        let rendered = GraphicalReportHandler::new_themed(self.theme())
            .with_links(false)
            .with_wrap_lines(false)
            .with_context_lines(1)
            .render_report(&mut text, &message);
        if rendered.is_err() {
            text = format!("error: {message}\n");
        }
        // The handler indents for its one-character signs.
        let text = text.trim_start_matches([' ', '\n']);
        let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let first = lines.len().min(1);
        lines.splice(first..first, rest.lines().map(str::trim_end));
        while lines.last() == Some(&"") {
            lines.pop();
        }
        lines.join("\n") + "\n"
    }
}

/// The longest line that is shown, in bytes.
const READABLE: usize = 500;

/// The range in `text` of the lines that hold `length` bytes at `offset`, and of their neighbours.
fn line_around(text: &str, offset: usize, length: usize) -> Range<usize> {
    let end = text.len();
    let back = |at: usize| text.get(..at).and_then(|before| before.rfind('\n'));
    let ahead = |at: usize| Some(at + text.get(at..)?.find('\n')?);
    let start = back(offset).map_or(0, |at| back(at).map_or(0, |at| at + 1));
    let last = ahead((offset + length).min(end));
    start..last.map_or(end, |at| ahead(at + 1).unwrap_or(end))
}

/// A failure in miette's terms.
#[derive(Debug)]
struct Message {
    text: String,
    help: Option<String>,
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
}

impl Message {
    fn of(failure: &Failure) -> Message {
        match failure {
            Failure::Message { message, help } => Message {
                text: message.clone(),
                help: help.clone(),
                source: None,
                labels: Vec::new(),
            },
            Failure::Compile { input, error } => Message::of_error(input, error),
        }
    }

    fn of_error(input: &Path, error: &Error) -> Message {
        let mut message = Message {
            text: error.to_string(),
            help: error.help(),
            source: None,
            labels: Vec::new(),
        };
        match error {
            Error::Wac {
                path,
                source_text,
                labels,
                ..
            } => {
                message.excerpt(path, source_text);
                let labels = labels.iter().enumerate().map(|(i, (range, label))| {
                    let label = (!label.is_empty()).then(|| label.clone());
                    let at = range.clone();
                    if i == 0 {
                        LabeledSpan::new_primary_with_span(label, at)
                    } else {
                        LabeledSpan::new_with_span(label, at)
                    }
                });
                message.labels = labels.collect();
                if message.labels.is_empty() {
                    message.text = format!("{}: {}", path.display(), message.text);
                }
            }
            Error::MissingPackage { at, searched, .. } => {
                message.excerpt(&at.path, &at.source_text);
                let label = Some("not found".to_owned());
                message.labels = vec![LabeledSpan::new_primary_with_span(label, at.range.clone())];
                let places: Vec<String> = searched
                    .iter()
                    .map(|path| format!("\n  {}", path.display()))
                    .collect();
                let help = message.help.take().unwrap_or_default();
                message.help = Some(format!("{help}\nlooked for:{}", places.concat()));
            }
            Error::Call { text, range, .. } => {
                message.excerpt(Path::new("--invoke"), text);
                message.labels = vec![LabeledSpan::new_primary_with_span(None, range.clone())];
            }
            Error::GrantsFile {
                path,
                source_text,
                range,
                ..
            } => {
                message.excerpt(path, source_text);
                message.labels = vec![LabeledSpan::new_primary_with_span(None, range.clone())];
            }
            // Its message begins with what is wrong and shows path and line below.
            Error::Wat(_) => {}
            Error::CoreModule { .. } | Error::Target { .. } => {}
            _ => message.text = format!("{}: {}", input.display(), message.text),
        }
        message
    }

    /// Gives path, line and column instead of lines that nobody could read on a screen.
    fn drop_unreadable_excerpt(&mut self) {
        let Some(source) = &self.source else { return };
        let text = source.inner();
        let first = self.labels.first().map(LabeledSpan::offset);
        let long = self.labels.iter().any(|label| {
            let span = text.get(line_around(text, label.offset(), label.len()));
            span.is_some_and(|lines| lines.lines().any(|line| line.len() > READABLE))
        });
        if let (true, Some(offset)) = (long, first) {
            let before = text.get(..offset).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            self.text = format!("{}:{line}:{column}: {}", source.name(), self.text);
            self.labels.clear();
            self.source = None;
        }
    }

    fn excerpt(&mut self, path: &Path, text: &str) {
        self.source = Some(NamedSource::new(
            path.display().to_string(),
            text.to_owned(),
        ));
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Message {}

impl Diagnostic for Message {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.labels.is_empty() {
            return None;
        }
        Some(Box::new(self.labels.iter().cloned()))
    }
}
