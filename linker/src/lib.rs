//! A static linker: atoms, symbols and relocations in, one ELF executable out.
//!
//! The problem: a whole-program compiler has machine code for every function, memory images that must
//! sit at exact addresses gigabytes apart, and a runtime in ordinary object files. It wants one
//! file that the kernel can map and start in a few microseconds: no interpreter, nothing to relocate
//! at start, nothing to copy, few mappings and few pages.
//!
//! The vocabulary is the same for code that the compiler hands over and for code out of an object
//! file: an [`Atom`] is the smallest piece that is kept or dropped as a whole, a [`Symbol`] names a
//! place in an atom or an address, a [`Relocation`] asks for a symbol's address inside an atom.
//! Memory images are [`FixedSegment`]s; their addresses are the caller's, everything else is placed here.
//!
//! Invariants:
//! - **No input makes the linker panic**; everything it can't do is a [`LinkError`] that names the place.
//! - **Same input, same bytes**, at any number of threads.
//! - **No page is both writable and executable**, there is no interpreter and no dynamic section.
//! - An unknown relocation, section or symbol kind is refused, never skipped.
//!
//! What is deliberately absent: shared libraries, position-independent executables, thread-local
//! storage, constructors, indirect functions, common symbols, linker scripts, and thunks for branches
//! over more than 128 MiB on aarch64 (such a branch is an error). This crate does no I/O.
//!
//! ```text
//! address space, ascending                      file
//!   fixed segments (exact addresses)              ELF header, program headers
//!     the one named by `Layout::data_after`       notes, read-only data, text, tables
//!     is followed by .data and .bss               pages of fixed segments that hold data
//!   image: headers, notes, .rodata, .got,         .symtab .strtab .shstrtab, section headers
//!     .text, metadata tables                        (in the gaps that alignment leaves, else last)
//!   .data, .bss (without `data_after`)
//!   further fixed segments
//! ```

mod error;
mod gc;
mod got;
mod input;
mod layout;
mod map;
mod pieces;
mod reach;
mod read;
mod reloc;
mod relocate;
mod resolve;
mod segment;
mod write;

pub use error::{AtomFault, LinkError, ObjectFault, Place, SegmentRange, UndefinedReference};
pub use input::{
    Atom, AtomId, Binding, Contents, Definition, FixedSegment, Input, Layout, Machine, Note,
    ObjectFile, Section, Symbol, SymbolId, SymbolKind, Table, TableId, TextBase,
};
pub use map::{Map, MapEntry, Origin};
pub use reach::{Reached, reach};
pub use reloc::{RelocKind, Relocation};

/// What [`link`] makes.
#[derive(Debug)]
pub struct Output {
    /// The executable file.
    pub bytes: Vec<u8>,
    /// What went where, and from whom; its `Display` is the text of `--emit=map`.
    pub map: Map,
    /// The 20 bytes of the build id: a digest of `bytes` taken with these 20 bytes zero.
    pub build_id: [u8; 20],
}

/// Links `input` into a static executable.
///
/// # Errors
/// Everything in [`LinkError`]. Undefined symbols are reported all at once, and only those that
/// something kept refers to.
pub fn link(input: Input<'_>) -> Result<Output, LinkError> {
    reach(input)?.link()
}
