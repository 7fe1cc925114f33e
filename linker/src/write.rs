//! Pass 6: the headers, what tools read, and the build id.
//!
//! The kernel reads the file header and the program headers; section headers and symbols are for
//! debuggers, profilers and disassemblers, aren't loaded, and go where the file has room.
//!
//! The build id is a digest of the whole file with its own 20 bytes zero, so the same id means the
//! same bytes. It is a digest of the digests of pieces, since those can be taken side by side.

use crate::error::LinkError;
use crate::gc::Live;
use crate::input::{AtomId, Binding, Definition, Machine, SymbolKind};
use crate::layout::{Access, FILE_HEADER, Image, OutputKind, OutputSection, PROGRAM_HEADER};
use crate::map::Origin;
use crate::resolve::{Program, Target};
use crate::segment::FileSpace;
use object::LittleEndian as LE;
use object::elf;
use object::pod::bytes_of;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::collections::HashSet;

/// How much of the file one digest covers.
const PIECE: usize = 1 << 20;

/// Where the digest is in the build id's note: after three words and the owner, "GNU".
const BUILD_ID_AT: u64 = 16;

const SECTION_HEADER: u64 = 64;
const SYMBOL: u64 = 24;

/// Completes the file.
pub(crate) fn finish(
    program: &Program<'_>,
    live: &Live,
    image: &Image,
    mut bytes: Vec<u8>,
) -> Result<(Vec<u8>, [u8; 20]), LinkError> {
    let mut room = Room {
        space: image.file.clone(),
        bytes: &mut bytes,
    };
    let sections = if program.strip {
        SectionTable::default()
    } else {
        section_table(program, live, image, &mut room)
    };
    let headers = program_headers(program, image);
    let header = file_header(program, image, headers.len(), &sections);
    bytes[..FILE_HEADER as usize].copy_from_slice(bytes_of(&header));
    let at = FILE_HEADER as usize;
    for (header, to) in headers
        .iter()
        .zip(bytes[at..].chunks_exact_mut(PROGRAM_HEADER as usize))
    {
        to.copy_from_slice(bytes_of(header));
    }
    let id = build_id(&bytes);
    // The build id is the first note.
    if let Some(at) = image
        .notes
        .first()
        .and_then(|note| image.offset(note.address))
    {
        bytes[(at + BUILD_ID_AT) as usize..][..id.len()].copy_from_slice(&id);
    }
    Ok((bytes, id))
}

/// What isn't loaded goes into gaps of the file, or to its end.
struct Room<'f> {
    space: FileSpace,
    bytes: &'f mut Vec<u8>,
}

impl Room<'_> {
    fn put(&mut self, bytes: &[u8], align: u64) -> u64 {
        let offset = self.space.place(bytes.len() as u64, 0, align);
        self.bytes.resize(self.space.end() as usize, 0);
        self.bytes[offset as usize..][..bytes.len()].copy_from_slice(bytes);
        offset
    }
}

/// Names, each followed by a zero byte; offset 0 is the empty name.
struct Strings(Vec<u8>);

impl Strings {
    fn new() -> Self {
        Strings(vec![0])
    }

    fn add(&mut self, name: &str) -> u32 {
        if name.is_empty() {
            return 0;
        }
        let offset = self.0.len() as u32;
        self.0.extend(name.as_bytes());
        self.0.push(0);
        offset
    }
}

#[derive(Default)]
struct SectionTable {
    offset: u64,
    count: u16,
    names: u16,
}

fn file_header(
    program: &Program<'_>,
    image: &Image,
    headers: usize,
    sections: &SectionTable,
) -> elf::FileHeader64<LE> {
    use object::endian::{U16, U32, U64};
    let machine = match program.machine {
        Machine::X86_64 => elf::EM_X86_64,
        Machine::Aarch64 => elf::EM_AARCH64,
    };
    elf::FileHeader64 {
        e_ident: elf::Ident {
            magic: elf::ELFMAG,
            class: elf::ELFCLASS64,
            data: elf::ELFDATA2LSB,
            version: elf::EV_CURRENT,
            os_abi: elf::ELFOSABI_NONE,
            abi_version: 0,
            padding: [0; 7],
        },
        e_type: U16::new(LE, elf::ET_EXEC),
        e_machine: U16::new(LE, machine),
        e_version: U32::new(LE, 1),
        e_entry: U64::new(LE, image.target(program.entry)),
        e_phoff: U64::new(LE, FILE_HEADER),
        e_shoff: U64::new(LE, sections.offset),
        e_flags: U32::new(LE, elf::FileFlags(0)),
        e_ehsize: U16::new(LE, FILE_HEADER as u16),
        e_phentsize: U16::new(LE, PROGRAM_HEADER as u16),
        // `layout` has checked that they are few.
        e_phnum: U16::new(LE, headers as u16),
        e_shentsize: U16::new(LE, SECTION_HEADER as u16),
        e_shnum: U16::new(LE, sections.count),
        e_shstrndx: U16::new(LE, elf::SymbolSection(sections.names)),
    }
}

fn program_headers(program: &Program<'_>, image: &Image) -> Vec<elf::ProgramHeader64<LE>> {
    use object::endian::{U32, U64};
    let header =
        |kind, flags, offset, address, file_size, memory_size, align| elf::ProgramHeader64 {
            p_type: U32::new(LE, kind),
            p_flags: U32::new(LE, flags),
            p_offset: U64::new(LE, offset),
            p_vaddr: U64::new(LE, address),
            p_paddr: U64::new(LE, address),
            p_filesz: U64::new(LE, file_size),
            p_memsz: U64::new(LE, memory_size),
            p_align: U64::new(LE, align),
        };
    let mut headers = Vec::new();
    for segment in &image.segments {
        let flags = match segment.access {
            Access::Read => elf::PF_R,
            Access::ReadExecute => elf::PF_R | elf::PF_X,
            Access::ReadWrite => elf::PF_R | elf::PF_W,
        };
        let size = segment.memory.end - segment.memory.start;
        let (offset, address) = (segment.offset, segment.memory.start);
        let align = program.layout.segment_align;
        headers.push(header(
            elf::PT_LOAD,
            flags,
            offset,
            address,
            segment.file_size,
            size,
            align,
        ));
    }
    // The build id lies at the start of the image, the other notes together at the end.
    let (id, others) = image.notes.split_at(1.min(image.notes.len()));
    for notes in [id, others] {
        if let (Some(first), Some(last)) = (notes.first(), notes.last()) {
            let size = last.address + last.bytes.len() as u64 - first.address;
            let offset = image.offset(first.address).unwrap_or_default();
            headers.push(header(
                elf::PT_NOTE,
                elf::PF_R,
                offset,
                first.address,
                size,
                size,
                4,
            ));
        }
    }
    // Stacks aren't executable.
    headers.push(header(
        elf::PT_GNU_STACK,
        elf::PF_R | elf::PF_W,
        0,
        0,
        0,
        0,
        16,
    ));
    headers
}

/// Section headers with the symbol table.
fn section_table(
    program: &Program<'_>,
    live: &Live,
    image: &Image,
    room: &mut Room<'_>,
) -> SectionTable {
    let mut names = Strings::new();
    let mut headers = vec![section_header(
        0,
        elf::SHT_NULL,
        elf::SectionFlags(0),
        Extent::default(),
    )];
    for section in &image.sections {
        let a = elf::SHF_ALLOC;
        let (kind, flags) = match section.kind {
            OutputKind::Text => (elf::SHT_PROGBITS, a | elf::SHF_EXECINSTR),
            OutputKind::ReadOnly => (elf::SHT_PROGBITS, a),
            OutputKind::Note => (elf::SHT_NOTE, a),
            OutputKind::Data => (elf::SHT_PROGBITS, a | elf::SHF_WRITE),
            OutputKind::Bss => (elf::SHT_NOBITS, a | elf::SHF_WRITE),
        };
        let extent = Extent {
            address: section.memory.start,
            offset: nominal_offset(image, section.memory.start),
            size: section.memory.end - section.memory.start,
            align: section.align,
            ..Extent::default()
        };
        headers.push(section_header(
            names.add(&section.name),
            kind,
            flags,
            extent,
        ));
    }

    let symbols = SymbolTable::collect(program, live, image);
    let none = elf::SectionFlags(0);
    let symtab = Extent {
        offset: room.put(&symbols.entries, 8),
        size: symbols.entries.len() as u64,
        align: 8,
        link: headers.len() as u32 + 1,
        info: symbols.locals,
        entry: SYMBOL,
        ..Extent::default()
    };
    headers.push(section_header(
        names.add(".symtab"),
        elf::SHT_SYMTAB,
        none,
        symtab,
    ));
    let strings = |bytes: &[u8], room: &mut Room<'_>| Extent {
        offset: room.put(bytes, 1),
        size: bytes.len() as u64,
        align: 1,
        ..Extent::default()
    };
    let strtab = strings(&symbols.names.0, room);
    headers.push(section_header(
        names.add(".strtab"),
        elf::SHT_STRTAB,
        none,
        strtab,
    ));
    let name = names.add(".shstrtab");
    let shstrtab = strings(&names.0, room);
    headers.push(section_header(name, elf::SHT_STRTAB, none, shstrtab));

    let bytes: Vec<u8> = headers
        .iter()
        .flat_map(|header| bytes_of(header).to_vec())
        .collect();
    let offset = room.put(&bytes, 8);
    // At most one section a program header and a metadata table, which `layout` has kept few.
    SectionTable {
        offset,
        count: headers.len() as u16,
        names: headers.len() as u16 - 1,
    }
}

/// The fields of a section header that have no meaning in common.
#[derive(Default)]
struct Extent {
    address: u64,
    offset: u64,
    size: u64,
    align: u64,
    link: u32,
    info: u32,
    entry: u64,
}

fn section_header(
    name: u32,
    kind: elf::SectionType,
    flags: elf::SectionFlags,
    extent: Extent,
) -> elf::SectionHeader64<LE> {
    use object::endian::{U32, U64};
    elf::SectionHeader64 {
        sh_name: U32::new(LE, name),
        sh_type: U32::new(LE, kind),
        sh_flags: U64::new(LE, flags),
        sh_addr: U64::new(LE, extent.address),
        sh_offset: U64::new(LE, extent.offset),
        sh_size: U64::new(LE, extent.size),
        sh_link: U32::new(LE, extent.link),
        sh_info: U32::new(LE, extent.info),
        sh_addralign: U64::new(LE, extent.align),
        sh_entsize: U64::new(LE, extent.entry),
    }
}

/// Where an address would be in the file if its segment were in the file in full.
fn nominal_offset(image: &Image, address: u64) -> u64 {
    let holds = |segment: &&crate::layout::Segment| segment.memory.contains(&address);
    let segment = image.segments.iter().find(holds);
    segment.map_or(0, |segment| {
        segment.offset + (address - segment.memory.start)
    })
}

struct SymbolTable {
    entries: Vec<u8>,
    names: Strings,
    /// How many entries come before the first global one.
    locals: u32,
}

/// A symbol that tools get to see, ordered as in the table.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Visible<'a> {
    global: bool,
    address: u64,
    name: &'a str,
    size: u64,
    kind: u8,
    section: u16,
}

impl SymbolTable {
    fn collect(program: &Program<'_>, live: &Live, image: &Image) -> Self {
        let section = |address: u64| section_at(&image.sections, address);
        // Also sorts them, and takes what is there twice only once.
        let mut visible = BTreeSet::new();
        let mut named: HashSet<AtomId> = HashSet::new();
        for (index, symbol) in program.symbols.iter().enumerate() {
            if symbol.name.is_empty() || for_the_assembler(&symbol.name) {
                continue;
            }
            let target = program.targets[index];
            let compiler = program.symbol_origin(index) == Origin::Compiler;
            let address = image.target(target);
            let mut entry = Visible {
                global: symbol.binding != Binding::Local,
                address,
                name: &symbol.name,
                size: symbol.size,
                kind: match symbol.kind {
                    SymbolKind::Func => elf::STT_FUNC.0,
                    SymbolKind::Object => elf::STT_OBJECT.0,
                    SymbolKind::NoType => elf::STT_NOTYPE.0,
                },
                section: section(address),
            };
            match (symbol.definition, target) {
                (
                    Definition::Defined { atom, offset },
                    Target::Atom {
                        atom: to,
                        offset: at,
                    },
                ) => {
                    // A definition that lost to another one isn't there.
                    if (atom, offset) != (to, at) || !live.contains(atom) {
                        continue;
                    }
                    if offset == 0 {
                        named.insert(atom);
                        if compiler && symbol.size == 0 {
                            entry.size = program.atoms[atom.index()].contents.len();
                        }
                    }
                }
                // Among an object's, these are names of source files.
                (Definition::Absolute(_), Target::Absolute(_)) if compiler => {
                    entry.section = elf::SHN_ABS.0;
                }
                (Definition::Undefined, Target::Boundary(_)) => entry.kind = elf::STT_NOTYPE.0,
                _ => continue,
            }
            visible.insert(entry);
        }
        for id in live.atoms() {
            let atom = &program.atoms[id.index()];
            let compiler = program.origin(id) == Origin::Compiler;
            if named.contains(&id) || !compiler || atom.name.is_empty() {
                continue;
            }
            let address = image.address(id);
            visible.insert(Visible {
                global: false,
                address,
                name: &atom.name,
                size: atom.contents.len(),
                kind: match atom.section {
                    crate::Section::Text => elf::STT_FUNC.0,
                    _ => elf::STT_OBJECT.0,
                },
                section: section(address),
            });
        }
        Self::encode(visible)
    }

    fn encode(visible: BTreeSet<Visible<'_>>) -> Self {
        use object::endian::{U16, U32, U64};
        let mut names = Strings::new();
        let mut entries = vec![0; SYMBOL as usize];
        let mut locals = 1;
        for symbol in visible {
            locals += u32::from(!symbol.global);
            let bind = if symbol.global {
                elf::STB_GLOBAL
            } else {
                elf::STB_LOCAL
            };
            let entry: elf::Sym64<LE> = elf::Sym64 {
                st_name: U32::new(LE, names.add(symbol.name)),
                st_info: elf::SymbolInfo(bind.0 << 4 | symbol.kind),
                st_other: elf::SymbolOther(0),
                st_shndx: U16::new(LE, elf::SymbolSection(symbol.section)),
                st_value: U64::new(LE, symbol.address),
                st_size: U64::new(LE, symbol.size),
            };
            entries.extend(bytes_of(&entry));
        }
        SymbolTable {
            entries,
            names,
            locals,
        }
    }
}

/// Names that assemblers make for themselves: labels, sections, the aarch64 marks of code and data.
fn for_the_assembler(name: &str) -> bool {
    name.starts_with('.') || name.starts_with('$')
}

/// The index of the section header that an address belongs to; an end belongs to what ends there.
fn section_at(sections: &[OutputSection], address: u64) -> u16 {
    let inside = |section: &OutputSection| section.memory.contains(&address);
    let ends = |section: &OutputSection| section.memory.end == address;
    let index = sections
        .iter()
        .position(inside)
        .or_else(|| sections.iter().position(ends));
    index.map_or(elf::SHN_ABS.0, |index| index as u16 + 1)
}

fn build_id(bytes: &[u8]) -> [u8; 20] {
    let pieces: Vec<_> = bytes.par_chunks(PIECE).map(Sha256::digest).collect();
    let mut whole = Sha256::new();
    for piece in pieces {
        whole.update(piece);
    }
    let mut id = [0; 20];
    id.copy_from_slice(&whole.finalize()[..20]);
    id
}
