//! Compose: from what the user names to the bytes of one component.
//!
//! The input is a component or a core module, binary or text, or a `.wac` file: a program in the WAC
//! language that instantiates packages, passes instances' exports to other instances' imports, and exports
//! the rest. A core module, as the input or as a package, becomes a component first ([`preview1`]).
//! Its parser, its type checker and its encoder are wac's own; what is added here is that packages come
//! from the caller, since the library reads no files, and that every error has its place in the text.
//!
//! The names of `let` statements are kept: the encoder writes them to the component's name section, from
//! which the graph stage makes the paths that messages of traps show.
//!
//! Invariant: text of any size and shape ends in a component or in an error. wac's parser recurses
//! once for each bracket, so nesting is counted first. wac's crates also hold assertions about what
//! they were given, which a hostile component might break; such a panic ends here, as an error.

pub mod preview1;

use crate::error::{Error, Excerpt, Place, Result};
use crate::options::Progress;
use indexmap::IndexMap;
use miette::{Diagnostic, SourceSpan};
use semver::Version;
use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use wac_graph::EncodeOptions;
use wac_graph::types::BorrowedPackageKey;
use wac_parser::Document;
use wac_parser::lexer::{Lexer, Token};

/// How deeply brackets nest in a `.wac` file: beyond what anyone writes, well within a thread's stack.
const NESTING: u64 = 256;

/// How long a `.wac` file is, in bytes. Types that refer to each other nest as deeply as the file has
/// declarations, and wac recurses over them.
const WAC_BYTES: u64 = 1 << 20;

/// What an input is, by its content. The extension only tells what isn't evident: WAC's text from
/// damaged binaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A component, binary.
    Component,
    /// A core module, binary.
    CoreModule,
    /// A component or a core module as text.
    Wat,
    /// A composition.
    Wac,
}

impl Kind {
    /// What `bytes` are. `path` is for its extension; nothing is read.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for what is none of them.
    pub fn of(path: &Path, bytes: &[u8]) -> Result<Kind> {
        let malformed = |message: String, offset| Error::Malformed {
            message,
            place: Place::at(offset),
        };
        if bytes.starts_with(b"\0asm") {
            return match bytes.get(4..8) {
                Some([0x01, 0x00, 0x00, 0x00]) => Ok(Kind::CoreModule),
                Some([_, _, 0x01, 0x00]) => Ok(Kind::Component),
                Some(version) => Err(malformed(
                    format!("unknown WebAssembly version {version:02x?}"),
                    4,
                )),
                None => Err(malformed("unexpected end of the header".to_owned(), 4)),
            };
        }
        let extension = path.extension().and_then(|extension| extension.to_str());
        match std::str::from_utf8(bytes) {
            Ok(text) if extension == Some("wat") || opens_list(text) => Ok(Kind::Wat),
            Ok(_) if extension != Some("wasm") => Ok(Kind::Wac),
            Err(e) if matches!(extension, Some("wac" | "wat")) => Err(malformed(
                "the text is not UTF-8".to_owned(),
                e.valid_up_to(),
            )),
            _ => Err(malformed(
                "neither a WebAssembly binary nor text".to_owned(),
                0,
            )),
        }
    }
}

/// Whether the first token of `text` is the WebAssembly text format's opening parenthesis, which no
/// WAC document begins with.
fn opens_list(text: &str) -> bool {
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix(";;") {
        rest = match comment.split_once('\n') {
            Some((_, after)) => after.trim_start(),
            None => "",
        };
    }
    rest.starts_with('(')
}

/// A package that a composition refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// `namespace:name`.
    pub name: &'a str,
    /// As written, if it is.
    pub version: Option<&'a Version>,
}

impl fmt::Display for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        match self.version {
            Some(version) => write!(f, "@{version}"),
            None => Ok(()),
        }
    }
}

/// A package as the caller found it.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its file, for messages.
    pub origin: PathBuf,
    /// A component, a core module or an encoded WIT package, binary or text.
    pub bytes: Vec<u8>,
}

/// Why the caller has no package to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageError {
    /// There is none; these are the places where it could have been, the likeliest first.
    Missing { searched: Vec<PathBuf> },
    /// There is one that can't be used, and why.
    Unusable { message: String },
}

/// The product: one component.
#[derive(Debug, Clone)]
pub struct Composed {
    /// A component, binary. A composition's is valid; another input is as it was given.
    pub bytes: Vec<u8>,
}

/// Makes one component of an input.
///
/// `path` is the input's name, `bytes` its contents. `load` is asked once for each package of a `.wac`
/// file, in the order in which the file names them.
///
/// # Errors
///
/// What doesn't parse, type-check or resolve.
pub fn compose(
    path: &Path,
    bytes: &[u8],
    load: &mut dyn FnMut(Request<'_>) -> Result<Package, PackageError>,
    progress: &dyn Progress,
) -> Result<Composed> {
    let bytes = match Kind::of(path, bytes)? {
        Kind::Wac => match std::str::from_utf8(bytes) {
            Ok(text) => Wac { path, text }.compose(load, progress)?,
            Err(e) => {
                return Err(Error::Malformed {
                    message: "the text is not UTF-8".to_owned(),
                    place: Place::at(e.valid_up_to()),
                });
            }
        },
        Kind::Wat => {
            let bytes = wat_to_binary(path, bytes).map_err(Error::Wat)?;
            match Kind::of(path, &bytes)? {
                Kind::CoreModule => preview1::component(path, &bytes)?,
                _ => bytes,
            }
        }
        Kind::CoreModule => preview1::component(path, bytes)?,
        Kind::Component => bytes.to_owned(),
    };
    Ok(Composed { bytes })
}

/// The text format to binary. The error's message holds the place and the line.
fn wat_to_binary(path: &Path, text: &[u8]) -> Result<Vec<u8>, String> {
    match wat::parse_bytes(text) {
        Ok(bytes) => Ok(bytes.into_owned()),
        Err(mut e) => {
            e.set_path(path);
            Err(e.to_string())
        }
    }
}

/// A `.wac` file.
struct Wac<'a> {
    path: &'a Path,
    text: &'a str,
}

impl<'a> Wac<'a> {
    fn compose(
        &self,
        load: &mut dyn FnMut(Request<'_>) -> Result<Package, PackageError>,
        progress: &dyn Progress,
    ) -> Result<Vec<u8>> {
        self.check_size()?;
        let document = self.guard(|| Document::parse(self.text).map_err(|e| self.error(&e)))?;
        let keys = self.guard(|| wac_resolver::packages(&document).map_err(|e| self.error(&e)))?;

        let mut packages = IndexMap::new();
        let mut origins = IndexMap::new();
        for (key, span) in keys {
            let package = self.package(key, span, load)?;
            progress.note(format_args!("package {key}: {}", package.origin.display()));
            progress.detail(format_args!("package {key}: {} bytes", package.bytes.len()));
            packages.insert(key, package.bytes);
            origins.insert(key.to_string(), package.origin);
        }

        self.guard(|| {
            let options = EncodeOptions {
                define_components: true,
                validate: true,
                processor: None,
            };
            let refused = |e: wac_parser::resolution::Error| self.resolution_error(&e, &origins);
            let resolution = document.resolve(packages).map_err(refused)?;
            resolution.encode(options).map_err(refused)
        })
    }

    fn check_size(&self) -> Result<()> {
        if self.text.len() as u64 > WAC_BYTES {
            return Err(Error::limit("bytes of WAC in one file", WAC_BYTES));
        }
        let lexer = Lexer::new(self.text).map_err(|(e, span)| {
            self.wac_error(e.to_string(), vec![(self.range(span), String::new())], None)
        })?;
        let mut depth = 0u64;
        for (token, span) in lexer {
            match token {
                Ok(Token::OpenParen | Token::OpenAngle | Token::OpenBrace) => depth += 1,
                Ok(Token::CloseParen | Token::CloseAngle | Token::CloseBrace) => {
                    depth = depth.saturating_sub(1);
                }
                // Left to the parser, which says what it expected.
                _ => {}
            }
            if depth > NESTING {
                return Err(self.wac_error(
                    format!("brackets nest more than {NESTING} deep"),
                    vec![(self.range(span), "this one is too deep".to_owned())],
                    Some("name the inner part by a `let` or `type` statement".to_owned()),
                ));
            }
        }
        Ok(())
    }

    /// Asks for a package and makes it binary.
    fn package(
        &self,
        key: BorrowedPackageKey<'_>,
        span: SourceSpan,
        load: &mut dyn FnMut(Request<'_>) -> Result<Package, PackageError>,
    ) -> Result<Package> {
        let request = Request {
            name: key.name,
            version: key.version,
        };
        let range = self.range(span);
        let package = load(request).map_err(|e| match e {
            PackageError::Missing { searched } => {
                let place = searched
                    .first()
                    .map(|path| format!("put it at `{}`, or ", path.display()));
                Error::MissingPackage {
                    package: request.to_string(),
                    at: Box::new(Excerpt {
                        path: self.path.to_owned(),
                        source_text: self.text.to_owned(),
                        range: range.clone(),
                    }),
                    help: format!(
                        "{}name its file: `--dep {request}=PATH`",
                        place.unwrap_or_default()
                    ),
                    searched,
                }
            }
            PackageError::Unusable { message } => {
                self.package_error(request, message, range.clone(), None)
            }
        })?;

        let unusable = |message: String, help: Option<String>| {
            self.package_error(request, message, range.clone(), help)
        };
        let Package { origin, mut bytes } = package;
        let kind = |bytes: &[u8]| match Kind::of(&origin, bytes) {
            Err(Error::Malformed { message, place }) => {
                let message = format!("`{}`: {message} ({place})", origin.display());
                Err(unusable(message, None))
            }
            other => other,
        };
        let mut is = kind(&bytes)?;
        if is == Kind::Wat {
            bytes = wat_to_binary(&origin, &bytes).map_err(|message| unusable(message, None))?;
            is = kind(&bytes)?;
        }
        match is {
            Kind::Component => Ok(Package { origin, bytes }),
            Kind::CoreModule => match preview1::component(&origin, &bytes) {
                Ok(bytes) => Ok(Package { origin, bytes }),
                Err(Error::Malformed { message, place }) => {
                    let message = format!("`{}`: {message} ({place})", origin.display());
                    Err(unusable(message, None))
                }
                Err(error) => Err(unusable(error.to_string(), error.help())),
            },
            Kind::Wat | Kind::Wac => Err(unusable(
                format!("`{}` is no component", origin.display()),
                Some("compose a nested `.wac` file first: `--emit=component`".to_owned()),
            )),
        }
    }

    fn package_error(
        &self,
        request: Request<'_>,
        message: String,
        range: Range<usize>,
        help: Option<String>,
    ) -> Error {
        let label = "this package".to_owned();
        let message = format!("package `{request}` can't be used: {message}");
        self.wac_error(message, vec![(range, label)], help)
    }

    /// An error of resolution; one about a package's contents tells the package's file.
    fn resolution_error(
        &self,
        error: &wac_parser::resolution::Error,
        origins: &IndexMap<String, PathBuf>,
    ) -> Error {
        use wac_parser::resolution::Error as Resolution;
        if let Resolution::ValidationFailure { .. } = error {
            let message = "the composition is not a valid component".to_owned();
            return self.diagnostic(message, error);
        }
        let mut converted = self.error(error);
        if let Resolution::PackageParseFailure { name, .. } = error
            && let Error::Wac { help, .. } = &mut converted
        {
            let files: Vec<String> = origins
                .iter()
                .filter(|(key, _)| *key == name || key.split('@').next() == Some(name))
                .map(|(_, path)| format!("`{}`", path.display()))
                .collect();
            *help = Some(format!(
                "the package is in {}; `wasm-tools validate` says more about it",
                files.join(" or ")
            ));
        }
        converted
    }

    /// One of wac's errors: its message with what caused it, its places, its help.
    fn error(&self, error: &dyn Diagnostic) -> Error {
        self.diagnostic(error.to_string(), error)
    }

    fn diagnostic(&self, mut message: String, error: &dyn Diagnostic) -> Error {
        let mut cause = error.source();
        while let Some(source) = cause {
            let text = source.to_string();
            // Some of wac's messages already hold their cause's.
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            cause = source.source();
        }
        let labels = error.labels().into_iter().flatten().map(|label| {
            let text = label.label().unwrap_or_default().to_owned();
            (self.range(*label.inner()), text)
        });
        self.wac_error(
            message,
            labels.collect(),
            error.help().map(|help| help.to_string()),
        )
    }

    fn wac_error(
        &self,
        message: String,
        labels: Vec<(Range<usize>, String)>,
        help: Option<String>,
    ) -> Error {
        Error::Wac {
            path: self.path.to_owned(),
            source_text: self.text.to_owned(),
            message,
            labels,
            help,
        }
    }

    /// A span as a range within the text, on character boundaries: a span at the end of the input may
    /// point beyond it.
    fn range(&self, span: SourceSpan) -> Range<usize> {
        let start = self.text.floor_char_boundary(span.offset());
        let end = self
            .text
            .ceil_char_boundary(span.offset().saturating_add(span.len()));
        start..end.max(start)
    }

    /// Runs wac's code; a panic in it is an error about this file.
    fn guard<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        // What `work` changes is dropped when it panics.
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            Err(self.wac_error(
                "the composition can't be made: wac failed on it".to_owned(),
                Vec::new(),
                Some(
                    "this is a defect of the `wac` crates that nanocc uses; `wac compose` on the same file \
                     shows it"
                        .to_owned(),
                ),
            ))
        })
    }
}
