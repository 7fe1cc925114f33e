//! What can go wrong, said so that the reader knows where and what to do about it.

use crate::input::Machine;
use crate::reloc::RelocKind;
use std::fmt;

/// A field that a relocation fills in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The atom's or fixed segment's name.
    pub atom: String,
    /// Who it is from: an object's name, or the compiler.
    pub origin: String,
    /// The output section.
    pub section: String,
    /// In bytes, from the start of the atom or segment.
    pub offset: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` + {:#x} in {} (from {})",
            self.atom, self.offset, self.section, self.origin
        )
    }
}

/// A segment and the addresses it takes, for messages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SegmentRange {
    pub name: String,
    /// The first address.
    pub start: u64,
    /// The first address after it.
    pub end: u64,
}

impl fmt::Display for SegmentRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` at {:#x}..{:#x}", self.name, self.start, self.end)
    }
}

/// A symbol that nothing defines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UndefinedReference {
    pub symbol: String,
    /// The first place that needs it; `None` for the entry and the roots.
    pub place: Option<Place>,
}

impl fmt::Display for UndefinedReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "`{}`, needed by {place}", self.symbol),
            None => write!(f, "`{}`, needed as entry or root", self.symbol),
        }
    }
}

/// What is wrong with an atom that the caller handed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AtomFault {
    #[error("alignment {0} is not a power of two that a segment can keep")]
    Alignment(u64),
    #[error("it is in .bss and has bytes")]
    BytesInBss,
    #[error("the subject of its metadata is not an atom in the text section")]
    Subject,
    #[error("its metadata table doesn't exist")]
    Table,
    #[error("relocation {relocation} refers to symbol {symbol}, which doesn't exist")]
    Target { relocation: usize, symbol: u32 },
    #[error("relocation {relocation} of kind {kind} is not the machine's")]
    Kind { relocation: usize, kind: RelocKind },
    #[error("relocation {relocation} reaches past the end, at offset {offset:#x}")]
    Outside { relocation: usize, offset: u64 },
    #[error("the contents at offset {offset:#x} are not sorted, overlap, or reach past the end")]
    Contents { offset: u64 },
    #[error("it is not writable and larger than {0:#x} bytes")]
    ReadOnlySize(u64),
    #[error("it can't be filled in: it isn't the compiler's, has relocations, or is in .bss")]
    Fill,
}

/// What is wrong with an object file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ObjectFault {
    #[error("it is malformed: {0}")]
    Malformed(String),
    #[error("it is not a 64-bit little-endian ELF relocatable object")]
    NotAnObject,
    #[error("it is a thin archive, which only names its members; make it without `T`")]
    ThinArchive,
    #[error("it is for ELF machine {found}, this link is for {expected}")]
    Machine { expected: Machine, found: u16 },
    #[error(
        "relocation type {number} at {section} + {offset:#x} is not one the linker knows for {machine}"
    )]
    Relocation {
        section: String,
        offset: u64,
        number: u32,
        machine: Machine,
    },
    #[error("section {section} {what}")]
    Section { section: String, what: &'static str },
    #[error("symbol `{symbol}` {what}")]
    Symbol { symbol: String, what: &'static str },
}

/// Why there is no executable.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    #[error("{object}: {fault}")]
    Object { object: String, fault: ObjectFault },
    #[error("`{atom}` (from {origin}): {fault}")]
    Atom {
        atom: String,
        origin: String,
        fault: AtomFault,
    },
    /// A symbol of the caller's refers to an atom that doesn't exist or a place outside it.
    #[error(
        "symbol `{symbol}` is defined in atom {atom} at offset {offset:#x}, which doesn't exist"
    )]
    SymbolPlace {
        symbol: String,
        atom: u32,
        offset: u64,
    },
    #[error("root {0} is not a symbol")]
    Root(u32),
    #[error("`{name}` is defined by {first} and by {second}")]
    DuplicateSymbol {
        name: String,
        first: String,
        second: String,
    },
    #[error("undefined symbol{}: {}", if .0.len() == 1 { "" } else { "s" }, list(.0))]
    Undefined(Vec<UndefinedReference>),
    #[error("the entry `{0}` is not a function in the text section")]
    Entry(String),
    #[error(
        "{place}: the relocation {kind} to `{symbol}` needs {}, which is not between {} and {}: \
         the target is too far away",
        hex(.value), hex(.low), hex(.high)
    )]
    Overflow {
        place: Box<Place>,
        kind: RelocKind,
        symbol: String,
        value: i64,
        low: i64,
        high: i64,
    },
    #[error(
        "{place}: the relocation {kind} to `{symbol}` needs {}, which is not a multiple of {alignment}",
        hex(.value)
    )]
    Misaligned {
        place: Box<Place>,
        kind: RelocKind,
        symbol: String,
        value: i64,
        alignment: u32,
    },
    #[error("{0} and {1} overlap or share a page of {2:#x} bytes")]
    Overlap(SegmentRange, SegmentRange, u64),
    #[error("{0} does not fit in {1} bits of address space")]
    AddressSpace(SegmentRange, u32),
    /// [`crate::Layout`] contradicts itself.
    #[error("layout: {0}")]
    Layout(&'static str),
    #[error(
        "{count} program headers are needed, the kernel takes {limit}: use fewer fixed segments"
    )]
    TooManySegments { count: usize, limit: usize },
    #[error("the file would be {size:#x} bytes, more than {limit:#x}")]
    FileSize { size: u64, limit: u64 },
}

/// A signed number in base 16.
fn hex(number: &i64) -> String {
    let sign = if *number < 0 { "-" } else { "" };
    format!("{sign}{:#x}", number.unsigned_abs())
}

fn list(references: &[UndefinedReference]) -> String {
    let shown: Vec<String> = references
        .iter()
        .map(UndefinedReference::to_string)
        .collect();
    shown.join("; ")
}
