//! What a caller hands to the linker.
//!
//! Everything here is plain data. Identifiers are indices into the vectors of [`Input`]; an
//! identifier out of range is a typed error, not a panic.

use crate::reloc::Relocation;
use std::borrow::Cow;
use std::fmt;

/// The machine that the executable is for. Both are little-endian with 64-bit addresses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Machine {
    X86_64,
    Aarch64,
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Machine::X86_64 => "x86-64",
            Machine::Aarch64 => "aarch64",
        })
    }
}

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u32);

        impl $name {
            /// The identifier of the `index`th item.
            ///
            /// # Panics
            /// If there are more than 2^32 items: more than fit in an executable.
            pub fn new(index: usize) -> Self {
                Self(u32::try_from(index).expect("fewer than 2^32 items"))
            }

            /// The item's index in its vector.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index!(
    /// An index into [`Input::atoms`].
    AtomId
);
index!(
    /// An index into [`Input::symbols`].
    SymbolId
);
index!(
    /// An index into [`Input::tables`].
    TableId
);

/// Everything that goes into one executable.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    pub machine: Machine,
    /// The caller's own code and data. An [`AtomId`] is an index in here.
    pub atoms: Vec<Atom<'a>>,
    /// The symbols that the caller's relocations refer to. A [`SymbolId`] is an index in here.
    /// Global ones are visible to the objects by name; undefined ones are looked up by name.
    pub symbols: Vec<Symbol<'a>>,
    /// The metadata tables that [`Section::Metadata`] atoms belong to.
    pub tables: Vec<Table<'a>>,
    /// Relocatable objects and `ar` archives of them.
    pub objects: Vec<ObjectFile<'a>>,
    /// Segments at addresses that the caller chose.
    pub fixed: Vec<FixedSegment<'a>>,
    pub layout: Layout,
    /// The name of the function that the kernel jumps to.
    pub entry: &'a str,
    /// Symbols to keep beside what the entry reaches.
    pub roots: Vec<SymbolId>,
    /// Notes for tools that inspect the executable. The build id is the linker's own.
    pub notes: Vec<Note<'a>>,
    /// Leave out the symbol table and the section headers.
    pub strip: bool,
}

/// The smallest piece that is kept or dropped as a whole: a function, a constant, a variable.
#[derive(Clone, Debug)]
pub struct Atom<'a> {
    /// For messages, the map, and the symbol table where no symbol names the atom.
    pub name: Cow<'a, str>,
    pub section: Section,
    /// In bytes, a power of two, at most [`Layout::segment_align`].
    pub align: u32,
    pub contents: Contents<'a>,
    /// In any order. Every field lies within the contents, and no two overlap.
    pub relocations: Vec<Relocation>,
}

/// Where an atom goes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Section {
    /// Machine code: mapped readable and executable.
    Text,
    /// Constants.
    ReadOnly,
    /// Variables with an initial value.
    Data,
    /// Variables that start as zero; contents must be [`Contents::Zero`].
    Bss,
    /// A read-only record about a function, kept if and only if the function is kept. The records
    /// of a table lie side by side in the order of their subjects' addresses, so that a reader can
    /// search the table. Records of one subject keep the order in which they were given.
    Metadata {
        /// The function: a [`Section::Text`] atom.
        subject: AtomId,
        table: TableId,
    },
}

/// An atom's initial bytes.
#[derive(Clone, Debug)]
pub enum Contents<'a> {
    Bytes(Cow<'a, [u8]>),
    /// That many bytes of zero. In other sections than [`Section::Bss`] they are in the file.
    Zero(u64),
}

impl Contents<'_> {
    /// Length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Contents::Bytes(bytes) => bytes.len() as u64,
            Contents::Zero(len) => *len,
        }
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A metadata table. The linker defines `__nanocc_start_<name>` and `__nanocc_stop_<name>`, which
/// are equal when the table is empty, and calls the section `.nanocc.<name>`.
#[derive(Clone, Debug)]
pub struct Table<'a> {
    pub name: Cow<'a, str>,
}

/// A name for a place in an atom or for an address.
#[derive(Clone, Debug)]
pub struct Symbol<'a> {
    pub name: Cow<'a, str>,
    pub definition: Definition,
    pub binding: Binding,
    pub kind: SymbolKind,
    /// In bytes; 0 when the symbol is the start of an atom and as large as it.
    pub size: u64,
}

/// What a symbol stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Definition {
    /// Whatever global symbol of that name there is elsewhere: the caller's, an object's, or one of
    /// the linker's own (see [`Table`] and [`Layout`]).
    Undefined,
    /// `offset` bytes into the atom, at most its length.
    Defined { atom: AtomId, offset: u64 },
    /// An address that the caller fixed, for instance of a memory; any 64-bit number.
    Absolute(u64),
}

/// Who sees a symbol.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Binding {
    /// Only relocations that name it by its [`SymbolId`].
    Local,
    /// Everybody. Two definitions of one name are an error.
    Global,
    /// Everybody, unless there is a global definition. An undefined weak symbol is 0.
    Weak,
}

/// A symbol's type, for tools.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SymbolKind {
    Func,
    Object,
    NoType,
}

/// A file with code to link against: an ELF relocatable object, whose symbols are always defined, or
/// an `ar` archive of them, from which a member is taken when it defines a name that is needed.
#[derive(Clone, Debug)]
pub struct ObjectFile<'a> {
    /// For messages and the map.
    pub name: &'a str,
    pub bytes: &'a [u8],
}

/// A segment at an address that the caller chose: a memory image, a block of variables.
///
/// Pages that hold data are mapped from the file, runs of zero pages are anonymous memory, so a
/// memory of gigabytes with a few bytes of data costs a few pages of file and nothing is copied at start.
#[derive(Clone, Debug)]
pub struct FixedSegment<'a> {
    /// For messages and the section's name, `.nanocc.<name>`.
    pub name: Cow<'a, str>,
    /// Of the first byte. Two segments can't share a page of [`Layout::segment_align`] bytes. What
    /// is in the file lies there at an offset that equals its address modulo that size, so with
    /// large pages addresses that differ in their low bits make smaller files.
    pub address: u64,
    /// In memory, in bytes.
    pub size: u64,
    /// A segment that isn't writable is in the file in full, at most
    /// [`FixedSegment::READ_ONLY_LIMIT`] bytes.
    pub writable: bool,
    /// Offset and bytes, sorted by offset and without overlap; everything else is zero.
    pub contents: Vec<(u64, Cow<'a, [u8]>)>,
    /// Offsets are into the segment. Their targets are kept.
    pub relocations: Vec<Relocation>,
}

impl FixedSegment<'_> {
    /// How large a segment that isn't writable may be: 1 GiB. Zero pages of such a segment can't be
    /// anonymous, since not every loader maps anonymous pages read-only.
    pub const READ_ONLY_LIMIT: u64 = 1 << 30;
}

/// The shape of the address space.
///
/// The linker defines the symbols `__nanocc_text_start`, `__nanocc_text_end` and the same for
/// `rodata`, `data` and `bss`.
#[derive(Clone, Debug)]
pub struct Layout {
    pub text_base: TextBase,
    /// The largest page size that the executable has to run with: what segments are aligned to, and
    /// what their file offsets agree with their addresses in. A power of two from 4096 to 65536.
    pub segment_align: u64,
    /// Every segment ends at or below 2^this: 47 on x86-64, 38 on aarch64 (39-bit kernels).
    pub address_bits: u32,
    /// The fixed segment behind whose end, in the same mapping, `.data` and `.bss` go, so that all
    /// writable words share few pages. It must be writable. `None` places them after the text.
    pub data_after: Option<usize>,
}

impl Layout {
    /// The usual layout: text at 4 MiB, pages as large as the machine's kernels may have,
    /// the smallest user address space among them.
    pub fn new(machine: Machine) -> Self {
        let (segment_align, address_bits) = match machine {
            Machine::X86_64 => (4096, 47),
            Machine::Aarch64 => (65536, 38),
        };
        Layout {
            text_base: TextBase::At(0x40_0000),
            segment_align,
            address_bits,
            data_after: None,
        }
    }
}

/// Where the image with the ELF header, the constants and the text begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextBase {
    /// At this address, a multiple of [`Layout::segment_align`].
    At(u64),
    /// At the first multiple of [`Layout::segment_align`] after `.bss`; needs [`Layout::data_after`].
    AfterData,
}

/// An ELF note: it is found through a `PT_NOTE` program header, also in a stripped executable.
#[derive(Clone, Debug)]
pub struct Note<'a> {
    pub owner: Cow<'a, str>,
    /// Its meaning is the owner's.
    pub kind: u32,
    pub desc: Cow<'a, [u8]>,
}
