//! The note in an executable that says what it is made of: what `nanocc inspect` shows.
//!
//! # The problem
//!
//! Who is given an executable wants to know what it may do, before running it and without its sources. That is decided when it is
//! compiled, so it is written down then: an ELF note of the owner [`OWNER`] and the type [`TYPE`], in a segment of its own, which
//! stripping leaves alone. Its contents is JSON.
//!
//! # The promise
//!
//! [`Note`] is the schema, field by field; `nanocc inspect --json` prints it. A version of it is the number [`SCHEMA`]. Within
//! a version fields are only added, and a reader ignores those that it doesn't know; whatever changes the meaning of
//! one, or adds a kind of grant, is another version, which [`read`] refuses. In version 1 a grant was its words, a text.
//!
//! A note is a statement of whoever made the file, no proof: nothing keeps a file from lying about itself.

use crate::error::{NoteError, Result};
use crate::executable::prepare::Described;
use crate::lower::image;
use crate::options::Fences;
use crate::policy::granted::{Granted, Place};
use crate::policy::reach::Link;
use crate::policy::{Policy, limits};
use crate::program::{ComponentId, Entry, Program};
use crate::target::Target;
use cranelift_entity::SecondaryMap;
use nanocc_linker as linker;
use nanocc_shim_abi as abi;
use object::LittleEndian;
use object::elf::{FileHeader64, PT_LOAD, PT_NOTE};
use object::read::elf::{FileHeader, ProgramHeader};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write;
use wasmparser::{ComponentTypeRef, Parser, Payload};

/// Who the note belongs to.
pub const OWNER: &str = "nanocc";
/// The note's type.
pub const TYPE: u32 = 1;
/// The version of [`Note`] that this nanocc writes and reads.
pub const SCHEMA: u32 = 2;

/// What an executable says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The version of the nanocc that made it.
    pub nanocc: String,
    /// The target's triple.
    pub target: String,
    /// The path of the component whose function is run.
    pub entry: Option<String>,
    /// What the kernel is told to enforce.
    pub fences: FenceNote,
    /// Every system call that the program may make once it runs, by number; none if nobody restricts them.
    pub system_calls: Option<Vec<SystemCall>>,
    /// How long it may run, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// How much of processors' time it may take, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_timeout_ms: Option<u64>,
    /// What has to be told at start, by the environment's `NANOCC_PARAM_` and this name.
    pub parameters: Vec<String>,
    /// The directories that are opened at start.
    pub directories: Vec<Directory>,
    /// Every component instance, those that hold others before them; the first is the outermost.
    pub components: Vec<Component>,
}

/// Which fences the program puts up at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FenceNote {
    /// A seccomp filter, for system calls.
    pub seccomp: bool,
    /// A Landlock ruleset, for files and TCP ports.
    pub landlock: bool,
    /// Whether it refuses to run where the kernel has not what they need.
    pub required: bool,
}

/// A system call that may be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemCall {
    /// The kernel's name of it.
    pub name: String,
    /// What its arguments have to be: one of these conditions. None at all permits anything.
    pub when: Vec<String>,
}

/// A directory that is opened at start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// Its `path`, or the `parameter` that tells it.
    #[serde(flatten)]
    pub host: Place,
    /// Whether somebody may change it.
    pub writable: bool,
}

/// A component instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// What it is called: names from the outside in, `/` between them; the outermost is `/`.
    pub path: String,
    /// The path of the one that holds it.
    pub parent: Option<String>,
    /// SHA-256 of the component that it is an instance of, as it is in the composed input, in hexadecimal; none for what nanocc made.
    pub sha256: Option<String>,
    /// Bytes of that.
    pub bytes: u64,
    /// What it imports: the names, without those of types.
    pub imports: Vec<String>,
    /// What it exports, likewise.
    pub exports: Vec<String>,
    /// What it was granted: each with its `kind`, and the fields of that.
    pub grants: Vec<Granted>,
    /// The sources of authority that it calls and wasn't granted: `wasi:filesystem/preopens#get-directories`.
    pub denied: Vec<String>,
    /// How much it may use up.
    pub limits: Limits,
    /// What it takes.
    pub sizes: Sizes,
}

/// How much a component instance may use up; none for no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of all linear memories together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_memory: Option<u64>,
    /// Elements of all tables together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_table_elements: Option<u64>,
    /// Handles at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_handles: Option<u32>,
    /// Files and sockets open at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_open_files: Option<u32>,
}

/// What a component instance takes, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// Machine code. What is copied into another component's function counts there.
    pub code: u64,
    /// What its memories start with, in the file.
    pub data: u64,
    /// Its linear memories at start.
    pub memory: u64,
}

/// What there is to say about a program. `code` is the bytes of each instance's machine code.
///
/// # Errors
///
/// [`crate::Error::Limit`] where an initial value takes too long to evaluate.
pub fn describe(
    program: &Program<'_>,
    policy: &Policy,
    target: &Target,
    (fences, described): (Fences, &Described),
    code: &SecondaryMap<ComponentId, u64>,
) -> Result<Note> {
    let millis = |time: Option<std::time::Duration>| {
        time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    };
    let path = |id: ComponentId| program.components[id].path.clone();
    let mut components = Vec::with_capacity(program.components.len());
    for (id, component) in program.components.iter() {
        let bytes = program.definitions[id];
        let (imports, exports) = world(bytes);
        let denied: BTreeSet<String> = policy
            .used
            .links
            .iter()
            .filter(|(func, _)| program.component_of(**func) == id)
            .filter_map(|(_, link)| match link {
                Link::Denied(source) => {
                    let (interface, function) = source.names();
                    Some(format!("{interface}#{function}"))
                }
                Link::Itself | Link::Unheld(_) => None,
            })
            .collect();
        let mut sizes = Sizes {
            code: code[id],
            ..Sizes::default()
        };
        for memory in limits::memories(program, id) {
            sizes.memory += u64::from(program.memories[memory].ty.initial) * abi::WASM_PAGE;
            let image = image::memory_image(program, memory)?;
            sizes.data += image
                .iter()
                .map(|(_, bytes)| bytes.len() as u64)
                .sum::<u64>();
        }
        let authority = &policy.authorities[id];
        components.push(Component {
            path: component.path.clone(),
            parent: component.parent.map(path),
            sha256: (!bytes.is_empty()).then(|| digest(bytes)),
            bytes: bytes.len() as u64,
            imports,
            exports,
            grants: authority.granted(),
            denied: denied.into_iter().collect(),
            limits: Limits {
                max_memory: authority.limits.memory,
                max_table_elements: authority.limits.table_elements,
                max_handles: authority.limits.handles,
                max_open_files: authority.limits.open_files,
            },
            sizes,
        });
    }
    let system_calls = described.calls.as_ref().map(|calls| {
        let permitted = calls.permitted.values();
        let call = |permitted: &crate::policy::seccomp::Permitted| SystemCall {
            name: permitted.name.to_owned(),
            when: permitted
                .alternatives
                .iter()
                .filter(|tests| !tests.is_empty())
                .map(|tests| {
                    let tests: Vec<String> = tests.iter().map(ToString::to_string).collect();
                    tests.join(" and ")
                })
                .collect(),
        };
        permitted.map(call).collect()
    });
    Ok(Note {
        schema: SCHEMA,
        nanocc: env!("CARGO_PKG_VERSION").to_owned(),
        target: target.to_string(),
        entry: match &program.entry {
            Entry::Command(command) => Some(path(command.component)),
            Entry::Script(_) => None,
        },
        fences: FenceNote {
            seccomp: described.calls.is_some(),
            landlock: described.landlock,
            required: fences.required,
        },
        system_calls,
        timeout_ms: millis(policy.timeout),
        cpu_timeout_ms: millis(policy.cpu_timeout),
        parameters: policy
            .parameters
            .iter()
            .map(|parameter| parameter.name.clone())
            .collect(),
        directories: policy
            .directories
            .iter()
            .map(|directory| Directory {
                host: Place::from(&directory.host),
                writable: directory.writable,
            })
            .collect(),
        components,
    })
}

fn digest(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// What a component imports and exports. It has been validated.
pub(crate) fn world(component: &[u8]) -> (Vec<String>, Vec<String>) {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let (mut parser, mut rest) = (Parser::new(0), component);
    while let Ok(wasmparser::Chunk::Parsed { consumed, payload }) = parser.parse(rest, true) {
        let mut skip = consumed;
        match payload {
            Payload::ComponentImportSection(section) => {
                let named = section.into_iter().flatten();
                let named = named.filter(|import| !matches!(import.ty, ComponentTypeRef::Type(_)));
                imports.extend(named.map(|import| import.name.name.to_owned()));
            }
            Payload::ComponentExportSection(section) => {
                let named = section.into_iter().flatten();
                let named =
                    named.filter(|export| export.kind != wasmparser::ComponentExternalKind::Type);
                exports.extend(named.map(|export| export.name.name.to_owned()));
            }
            // What is nested isn't this component's.
            Payload::ModuleSection {
                unchecked_range, ..
            }
            | Payload::ComponentSection {
                unchecked_range, ..
            } => {
                skip += (unchecked_range.end - unchecked_range.start) as usize;
            }
            Payload::End(_) => break,
            _ => {}
        }
        match rest.get(skip..) {
            Some(next) => rest = next,
            None => break,
        }
    }
    (imports, exports)
}

impl Note {
    /// As the linker puts it into the executable.
    pub fn to_elf<'a>(&self) -> linker::Note<'a> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        linker::Note {
            owner: OWNER.into(),
            kind: TYPE,
            desc: text.into(),
        }
    }

    /// As `nanocc inspect --json` prints it.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// Reads the note of an executable.
///
/// # Errors
///
/// [`NoteError`]; no file makes this panic.
pub fn read(file: &[u8]) -> Result<Note, NoteError> {
    if !file.starts_with(b"\x7fELF") {
        let wasm = file.starts_with(b"\0asm");
        return Err(NoteError::NotElf { wasm });
    }
    let damaged = |error: object::Error| NoteError::Damaged(error.to_string());
    let len = file.len() as u64;
    let cut = |expected| NoteError::Truncated { len, expected };
    if len < size_of::<FileHeader64<LittleEndian>>() as u64 {
        return Err(cut(size_of::<FileHeader64<LittleEndian>>() as u64));
    }
    // Class and data of the identification: nanocc makes 64-bit, little-endian ones.
    if file[4..6] != [2, 1] {
        return Err(NoteError::Foreign);
    }
    let header = FileHeader64::<LittleEndian>::parse(file).map_err(damaged)?;
    let endian = header.endian().map_err(damaged)?;
    let headers_end = u64::from(header.e_phnum(endian))
        .saturating_mul(u64::from(header.e_phentsize(endian)))
        .saturating_add(header.e_phoff(endian));
    if headers_end > len {
        return Err(cut(headers_end));
    }
    let segments = header.program_headers(endian, file).map_err(damaged)?;
    for segment in segments {
        let (offset, size) = segment.file_range(endian);
        let end = offset.saturating_add(size);
        if matches!(segment.p_type(endian), PT_LOAD | PT_NOTE) && end > len {
            return Err(cut(end));
        }
    }
    for segment in segments {
        let Some(mut notes) = segment.notes(endian, file).map_err(damaged)? else {
            continue;
        };
        while let Some(note) = notes.next().map_err(damaged)? {
            if note.name() == OWNER.as_bytes() && note.n_type(endian).0 == TYPE {
                return parse(note.desc());
            }
        }
    }
    Err(NoteError::Foreign)
}

fn parse(text: &[u8]) -> Result<Note, NoteError> {
    let damaged = |error: serde_json::Error| NoteError::Damaged(format!("its note: {error}"));
    let value: serde_json::Value = serde_json::from_slice(text).map_err(damaged)?;
    match value.get("schema").and_then(serde_json::Value::as_u64) {
        Some(schema) if schema == u64::from(SCHEMA) => {
            serde_json::from_value(value).map_err(damaged)
        }
        Some(schema) => Err(NoteError::Version {
            schema,
            reads: SCHEMA.into(),
        }),
        None => Err(NoteError::Damaged(
            "its note doesn't say of which version it is".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests;
