//! What can go wrong, as types: each error names the place and, where there is one, the remedy.
//! The binary turns them into messages; the library prints nothing.

pub(crate) mod nearest;
mod note;
mod remedies;

pub use note::NoteError;
use std::fmt;
use std::path::PathBuf;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A place in an input, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The component's path in the composition.
    pub component: Option<String>,
    /// The function, import or export.
    pub item: Option<String>,
    /// Byte offset in the (composed) component.
    pub offset: Option<usize>,
}

impl Place {
    /// A place known by its offset alone.
    pub fn at(offset: usize) -> Place {
        Place {
            offset: Some(offset),
            ..Place::default()
        }
    }

    /// The same place, within `component`.
    pub fn component(mut self, path: impl Into<String>) -> Place {
        self.component = Some(path.into());
        self
    }

    /// The same place, narrowed to `item`.
    pub fn item(mut self, item: impl Into<String>) -> Place {
        self.item = Some(item.into());
        self
    }
}

impl Place {
    /// In brackets for the end of a message; nothing where it is the whole input.
    fn known(&self) -> String {
        if *self == Place::default() {
            return String::new();
        }
        format!(" ({self})")
    }
}

/// The most of a path that a message shows, in bytes.
const SHOWN: usize = 200;

/// The path's beginning and end, where instances nest so deep that the whole would fill a screen.
fn shortened(path: &str) -> String {
    if path.len() <= SHOWN {
        return path.to_owned();
    }
    let start = path.floor_char_boundary(SHOWN / 2);
    let end = path.ceil_char_boundary(path.len() - SHOWN / 2);
    format!("{}...{}", &path[..start], &path[end..])
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        let mut part = |f: &mut fmt::Formatter<'_>, text: String| {
            let comma = if std::mem::take(&mut first) { "" } else { ", " };
            write!(f, "{comma}{text}")
        };
        if let Some(component) = &self.component {
            part(f, format!("component `{}`", shortened(component)))?;
        }
        if let Some(item) = &self.item {
            part(f, format!("`{item}`"))?;
        }
        if let Some(offset) = self.offset {
            part(f, format!("offset {offset:#x}"))?;
        }
        if first {
            write!(f, "the input")?;
        }
        Ok(())
    }
}

/// A place in a `.wac` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    pub path: PathBuf,
    pub source_text: String,
    /// Byte range in the text, on character boundaries.
    pub range: std::ops::Range<usize>,
}

/// Everything that stops a compilation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input is not what it says it is.
    #[error("{message} ({place})")]
    Malformed { message: String, place: Place },
    /// The input is valid, and nanocc doesn't do this (yet).
    #[error("not supported: {feature} ({place})")]
    Unsupported { feature: String, place: Place },
    /// An import that the host doesn't serve.
    #[error("unknown import `{import}` ({place})")]
    UnknownImport {
        import: String,
        place: Place,
        help: String,
    },
    /// An import whose type isn't a subtype of what the host serves.
    #[error("import `{import}` has another type than the host's: {detail} ({place})")]
    ImportType {
        import: String,
        detail: String,
        place: Place,
    },
    /// An import of a core module that nothing of that name is given for.
    #[error("unknown import {import} of a core module")]
    UnknownCoreImport { import: String },
    /// An import of a core module for which something of another type is given.
    #[error("incompatible import type of {import} of a core module: {detail}")]
    CoreImportType { import: String, detail: String },
    /// A script's step that names something that isn't exported.
    #[error("no {kind} is exported as `{name}`")]
    UnknownExport { kind: &'static str, name: String },
    /// A function to be called from outside that a component doesn't export.
    #[error("no function `{name}` is exported")]
    UnknownFunction {
        name: String,
        /// Those that are, as they are called.
        exports: Vec<String>,
    },
    /// A name that several exported functions go by.
    #[error("several functions named `{name}` are exported")]
    AmbiguousFunction {
        name: String,
        /// They, as they are called.
        exports: Vec<String>,
    },
    /// A call's text that doesn't parse, or whose arguments aren't the function's.
    #[error("can't call that: {message}")]
    Call {
        text: String,
        /// Byte range in the text, on character boundaries.
        range: std::ops::Range<usize>,
        message: String,
        help: String,
    },
    /// A call from outside with too many or too few arguments.
    #[error("`{function}` takes {expected} argument(s), {given} are given")]
    ArgumentCount {
        function: String,
        expected: usize,
        given: usize,
    },
    /// A call from outside with an argument of another type, or one that doesn't fit the caller's memory.
    #[error("argument `{parameter}` of `{function}`: {detail}")]
    Argument {
        function: String,
        parameter: String,
        detail: String,
    },
    /// What a call from outside is said to have returned, and is no value of the result's type.
    #[error("the call's result can't be read: {detail}")]
    Returned { detail: String },
    /// A grant or limit for a component that isn't there, or for several.
    #[error("{} is called `{who}` (in `{said}`)", if *.ambiguous { "more than one component" } else { "no component" })]
    UnknownComponent {
        who: String,
        /// The grant as it was said.
        said: String,
        ambiguous: bool,
        /// Those that there are.
        components: Vec<String>,
    },
    /// A file of grants that says something else. `source_text` is its text.
    #[error("{message}")]
    GrantsFile {
        path: PathBuf,
        source_text: String,
        /// Byte range in the text, on character boundaries.
        range: std::ops::Range<usize>,
        message: String,
        help: Option<String>,
    },
    /// A grant that makes no sense.
    #[error("{message} (in `{said}`)")]
    Grant { said: String, message: String },
    /// A grant of what its component never asks for.
    #[error("`{component}` doesn't import `{function}`, which `{said}` is about")]
    GrantWithoutImport {
        said: String,
        component: String,
        /// Interface and function.
        function: String,
        /// The components that do.
        importers: Vec<String>,
    },
    /// Calls of functions that nobody granted, where that isn't wanted.
    #[error("nobody granted {}", by_component(.calls))]
    Denied {
        /// Component and function.
        calls: Vec<(String, String)>,
    },
    /// The component exports nothing that a program starts with.
    #[error(
        "nothing to run: the component doesn't export `wasi:cli/run@0.2`; it exports {exports}"
    )]
    NoEntry { exports: String },
    /// A fixed limit was passed.
    #[error("more than {limit} {what}{}", place.known())]
    Limit {
        what: &'static str,
        limit: u64,
        place: Place,
    },
    /// A component instance that starts with more than its limit.
    #[error(
        "component `{component}` starts with {initial} {resource}, and may have {limit} (--{option})"
    )]
    BeyondLimit {
        component: String,
        /// What is limited: `bytes of memory`.
        resource: &'static str,
        /// The option that limits it, without its `--`.
        option: &'static str,
        initial: u64,
        limit: u64,
    },
    /// The address space is too small for the memories.
    #[error("{memories} memories don't fit the target's address space, which has room for {limit}")]
    TooManyMemories { memories: usize, limit: usize },
    /// A `.wac` file that doesn't parse, resolve or type-check. `source` is its text.
    #[error("{message}")]
    Wac {
        path: PathBuf,
        source_text: String,
        message: String,
        /// Byte range in the text and a label, where known.
        labels: Vec<(std::ops::Range<usize>, String)>,
        help: Option<String>,
    },
    /// A `.wat` file that doesn't parse; the message holds its place.
    #[error("{0}")]
    Wat(String),
    /// A package that the composition needs.
    #[error("package `{package}` was not found")]
    MissingPackage {
        package: String,
        searched: Vec<PathBuf>,
        /// Where the composition names it.
        at: Box<Excerpt>,
        help: String,
    },
    /// A core module that no component can be made of.
    #[error("`{}` is a core module {problem}", .path.display())]
    CoreModule {
        path: PathBuf,
        problem: CoreModuleError,
    },
    /// A target that this build can't make executables for.
    #[error("{message}")]
    Target { message: String, help: String },
    /// A system call of the runtime shim's, by its symbol, that the filter's table doesn't have.
    #[error("the runtime shim makes a system call that nanocc doesn't know: `{0}`")]
    SystemCall(String),
    /// An executable that isn't one of nanocc's.
    #[error("{0}")]
    Note(NoteError),
    /// The linker's.
    #[error(transparent)]
    Link(#[from] nanocc_linker::LinkError),
    /// Cranelift refused a function: a defect of nanocc.
    #[error("internal error: code generation of {func} failed: {message}")]
    Codegen { func: String, message: String },
}

/// Why no component can be made of a core module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoreModuleError {
    /// Neither a command nor a component's core.
    #[error("that exports neither `_start` nor what a component would")]
    NoEntry,
    /// A command's entry that can't be called as one.
    #[error("whose `_start` takes parameters or returns results, which a program's doesn't")]
    Start,
    /// WASI preview 1 without a memory to exchange anything through.
    #[error("that imports WASI preview 1 and doesn't export its memory as `memory`")]
    NoMemory,
    /// An import of something else than WASI preview 1, without a component's types to explain it.
    #[error("that imports `{name}` from `{module}`, which WASI preview 1 doesn't have")]
    Import { module: String, name: String },
    /// What wit-component says about it.
    #[error("that can't be made a component: {message}")]
    Encode { message: String },
}

impl CoreModuleError {
    fn help(&self) -> String {
        match self {
            CoreModuleError::NoEntry => {
                "build a program, not a library (for `wasm32-wasip1` or `wasm32-wasip2`), or add a \
                 component's types with `wasm-tools component embed`"
            }
            CoreModuleError::Start => "export a `_start` of type `[] -> []`, as C's and Rust's start-up code does",
            CoreModuleError::NoMemory => "export it: linkers do unless they are told otherwise",
            CoreModuleError::Import { module, .. } if module == "wasi_unstable" => {
                "it was built for the preview before: build it anew, for `wasm32-wasip1` or `wasm32-wasip2`"
            }
            CoreModuleError::Import { module, .. } if module == "wasi_snapshot_preview1" => {
                "build it for `wasm32-wasip2`, or without what it uses of later proposals"
            }
            CoreModuleError::Import { .. } => {
                "define the function in the program; or describe the import in WIT, add it with \
                 `wasm-tools component embed`, and compose the component that provides it"
            }
            CoreModuleError::Encode { .. } => {
                "`wasm-tools component new` on the same file should say the same; build the program for \
                 `wasm32-wasip2` to make a component by its own toolchain"
            }
        }
        .to_owned()
    }
}

/// Components and what they call: each component with all its calls, on lines of their own if there are several.
fn by_component(calls: &[(String, String)]) -> String {
    let mut components: Vec<(&str, Vec<&str>)> = Vec::new();
    for (component, call) in calls {
        match components.iter_mut().find(|(name, _)| name == component) {
            Some((_, calls)) => calls.push(call),
            None => components.push((component, vec![call])),
        }
    }
    let line = |(component, calls): &(&str, Vec<&str>)| {
        format!("`{}` to `{component}`", calls.join("`, `"))
    };
    match components.as_slice() {
        [component] => line(component),
        several => {
            let lines: Vec<String> = several.iter().map(line).collect();
            format!("what is called:\n  {}", lines.join("\n  "))
        }
    }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

impl Error {
    /// More than `limit` of `what`, somewhere: whoever knows where says so ([`Error::in_component`]).
    pub(crate) fn limit(what: &'static str, limit: u64) -> Error {
        Error::Limit {
            what,
            limit,
            place: Place::default(),
        }
    }

    /// The same error, its place naming `item` if it names none.
    pub(crate) fn in_item(mut self, item: impl FnOnce() -> String) -> Error {
        if let Error::Unsupported { place, .. } | Error::Malformed { place, .. } = &mut self {
            place.item.get_or_insert_with(item);
        }
        self
    }

    /// A limit that was passed in the component instance of this path, if its place names none.
    pub(crate) fn in_component(mut self, path: impl FnOnce() -> String) -> Error {
        if let Error::Limit { place, .. } = &mut self {
            place.component.get_or_insert_with(path);
        }
        self
    }

    /// What the user can do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Error::Malformed { .. } => Some(
                "the file is damaged or no WebAssembly component; `wasm-tools validate` says more"
                    .to_owned(),
            ),
            Error::AmbiguousFunction { exports, .. } => {
                Some(format!("say which: {}", exports.join(", ")))
            }
            Error::UnknownImport { help, .. }
            | Error::Call { help, .. }
            | Error::MissingPackage { help, .. }
            | Error::Target { help, .. } => Some(help.clone()),
            Error::Unsupported { feature, .. } => remedies::remedy(feature).map(str::to_owned),
            Error::ImportType { .. } => {
                Some("build the component against the WASI 0.2 packages as published".to_owned())
            }
            Error::NoEntry { .. } => Some(
                "export `wasi:cli/run` from the component, or from the .wac file (`export x...;`)"
                    .to_owned(),
            ),
            Error::UnknownFunction { exports, .. } if exports.is_empty() => {
                Some("it exports no function at all".to_owned())
            }
            Error::UnknownFunction { exports, .. } => {
                Some(format!("it exports {}", exports.join(", ")))
            }
            Error::UnknownComponent {
                who, components, ..
            } => {
                let all = quoted(components);
                let meant = nearest::nearest(who, components.iter().map(String::as_str));
                Some(match meant {
                    Some(meant) => format!("did you mean `{meant}`? The components are {all}"),
                    None => format!("the components are {all}"),
                })
            }
            Error::GrantWithoutImport { importers, .. } if importers.is_empty() => {
                Some("no component of the program does: leave the grant out".to_owned())
            }
            Error::GrantWithoutImport { importers, .. } => {
                Some(format!("grant it to who does: {}", quoted(importers)))
            }
            Error::Denied { .. } => Some(
                "grant it (`nanocc explain INPUT` writes a file of grants to begin with), or leave `--deny=error` out: then the call finds an empty world"
                    .to_owned(),
            ),
            Error::TooManyMemories { .. } => Some(
                "compose fewer components that define a memory; x86_64 has room for some 2000"
                    .to_owned(),
            ),
            Error::BeyondLimit {
                component,
                option,
                initial,
                ..
            } => Some(format!(
                "let it have {initial} at the least: `--{option} {component}={initial}`"
            )),
            Error::Note(error) => error.help(),
            Error::Wac { help, .. } | Error::GrantsFile { help, .. } => help.clone(),
            Error::CoreModule { problem, .. } => Some(problem.help()),
            Error::SystemCall(_) => Some(
                "use the shim of this nanocc's version, or do without the filter: `--no-seccomp`"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}
