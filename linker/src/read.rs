//! Pass 1: object files into the linker's own vocabulary.
//!
//! A section of an object becomes one atom, or one an element (`pieces`); objects are to be compiled with one section a function
//! (`-ffunction-sections`, rustc's default), or what is kept is coarser. Relocations refer to the
//! object's own symbol table until `resolve` numbers all symbols together.
//!
//! Invariant: everything in an object is understood, or known to be dispensable (debug information,
//! unwind tables, notes), or refused.

use crate::error::{LinkError, ObjectFault};
use crate::input::{
    Atom, AtomId, Binding, Contents, Definition, Machine, ObjectFile, Section, Symbol, SymbolId,
    SymbolKind,
};
use crate::pieces;
use crate::reloc::{RelocKind, Relocation};
use object::LittleEndian as LE;
use object::elf;
use object::read::archive::ArchiveFile;
use object::read::elf::{FileHeader, SectionHeader, SectionTable, Sym, SymbolTable};
use object::read::{SectionIndex, SymbolIndex};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

type Header = elf::FileHeader64<LE>;

/// An object file that may be needed.
pub(crate) struct Member<'a> {
    /// `object` or `archive(object)`.
    pub name: String,
    data: &'a [u8],
    machine: Machine,
    /// Out of an archive: taken only when it defines a name that is needed.
    pub lazy: bool,
}

/// One object's atoms and symbols; identifiers count from 0 within the object.
pub(crate) struct Object<'a> {
    pub atoms: Vec<Atom<'a>>,
    pub symbols: Vec<Symbol<'a>>,
    /// Atoms that are kept although nothing refers to them (`SHF_GNU_RETAIN`).
    pub retained: Vec<AtomId>,
    /// Sections of which the executable has one copy, whichever object brings it first.
    pub groups: Vec<Group>,
}

/// A COMDAT group.
pub(crate) struct Group {
    pub signature: String,
    pub atoms: Vec<AtomId>,
}

/// Lists the object files, those in archives too.
pub(crate) fn open<'a>(
    objects: &[ObjectFile<'a>],
    machine: Machine,
) -> Result<Vec<Member<'a>>, LinkError> {
    let mut members = Vec::new();
    for file in objects {
        let fail = |fault| LinkError::Object {
            object: file.name.to_owned(),
            fault,
        };
        if file.bytes.starts_with(b"!<thin>\n") {
            return Err(fail(ObjectFault::ThinArchive));
        }
        if !file.bytes.starts_with(b"!<arch>\n") {
            let name = file.name.to_owned();
            members.push(Member {
                name,
                data: file.bytes,
                machine,
                lazy: false,
            });
            continue;
        }
        let archive = ArchiveFile::parse(file.bytes).map_err(|e| fail(malformed(e)))?;
        for member in archive.members() {
            let member = member.map_err(|e| fail(malformed(e)))?;
            let data = member.data(file.bytes).map_err(|e| fail(malformed(e)))?;
            let name = format!("{}({})", file.name, String::from_utf8_lossy(member.name()));
            members.push(Member {
                name,
                data,
                machine,
                lazy: true,
            });
        }
    }
    Ok(members)
}

impl<'a> Member<'a> {
    fn fail(&self, fault: ObjectFault) -> LinkError {
        LinkError::Object {
            object: self.name.clone(),
            fault,
        }
    }

    /// The names that the object defines for others.
    pub fn exports(&self) -> Result<Vec<&'a str>, LinkError> {
        let tables = Tables::parse(self.data, self.machine).map_err(|f| self.fail(f))?;
        let mut names = Vec::new();
        for symbol in tables.symbols.iter() {
            if symbol.st_bind() != elf::STB_LOCAL && symbol.st_shndx(LE) != elf::SHN_UNDEF {
                names.push(tables.symbol_name(symbol).map_err(|f| self.fail(f))?);
            }
        }
        Ok(names)
    }

    /// The object's atoms, symbols and relocations.
    pub fn read(&self) -> Result<Object<'a>, LinkError> {
        Tables::parse(self.data, self.machine)
            .and_then(|tables| tables.object())
            .map_err(|fault| self.fail(fault))
    }
}

fn malformed(error: object::read::Error) -> ObjectFault {
    ObjectFault::Malformed(error.to_string())
}

struct Tables<'a> {
    data: &'a [u8],
    machine: Machine,
    sections: SectionTable<'a, Header>,
    symbols: SymbolTable<'a, Header>,
}

/// What becomes of a section.
enum Fate {
    Keep(Section),
    Drop,
    Refuse(&'static str),
}

impl<'a> Tables<'a> {
    fn parse(data: &'a [u8], machine: Machine) -> Result<Self, ObjectFault> {
        // The identification says class and byte order before anything depends on them.
        if !data.starts_with(b"\x7fELF\x02\x01") {
            return Err(ObjectFault::NotAnObject);
        }
        let header = Header::parse(data).map_err(malformed)?;
        if header.e_type(LE) != elf::ET_REL {
            return Err(ObjectFault::NotAnObject);
        }
        let expected = match machine {
            Machine::X86_64 => elf::EM_X86_64,
            Machine::Aarch64 => elf::EM_AARCH64,
        };
        let found = header.e_machine(LE);
        if found != expected {
            return Err(ObjectFault::Machine {
                expected: machine,
                found: found.0,
            });
        }
        let sections = header.sections(LE, data).map_err(malformed)?;
        let symbols = sections
            .symbols(LE, data, elf::SHT_SYMTAB)
            .map_err(malformed)?;
        Ok(Tables {
            data,
            machine,
            sections,
            symbols,
        })
    }

    fn object(&self) -> Result<Object<'a>, ObjectFault> {
        let mut atoms = Vec::new();
        let mut retained = Vec::new();
        let mut rows = BTreeMap::new();
        let mut atom_of: HashMap<usize, AtomId> = HashMap::new();
        for (index, header) in self.sections.enumerate() {
            let name = self.section_name(header)?;
            let section = match fate(name, header) {
                Fate::Keep(section) => section,
                Fate::Drop => continue,
                Fate::Refuse(what) => {
                    return Err(ObjectFault::Section {
                        section: name.to_owned(),
                        what,
                    });
                }
            };
            let contents = if header.sh_type(LE) == elf::SHT_NOBITS {
                Contents::Zero(header.sh_size(LE))
            } else {
                Contents::Bytes(Cow::Borrowed(
                    header.data(LE, self.data).map_err(malformed)?,
                ))
            };
            let id = AtomId::new(atoms.len());
            atom_of.insert(index.0, id);
            if let Contents::Bytes(bytes) = &contents
                && let Some(starts) = pieces::elements(header, bytes)
            {
                rows.insert(id, starts);
            }
            if header.sh_flags(LE).0 & elf::SHF_GNU_RETAIN.0 != 0 {
                retained.push(id);
            }
            let align = header.sh_addralign(LE).max(1);
            let Ok(align) = u32::try_from(align) else {
                let what = "has an alignment that no segment can keep";
                return Err(ObjectFault::Section {
                    section: name.to_owned(),
                    what,
                });
            };
            atoms.push(Atom {
                name: Cow::Borrowed(name),
                section,
                align,
                contents,
                relocations: Vec::new(),
            });
        }
        let symbols = self.read_symbols(&atom_of)?;
        name_atoms(&mut atoms, &symbols);
        for header in self.sections.iter() {
            self.read_relocations(header, &atom_of, &mut atoms, symbols.len())?;
        }
        let groups = self.read_groups(&atom_of)?;
        let mut object = Object {
            atoms,
            symbols,
            retained,
            groups,
        };
        let of_sections = self.symbols.enumerate();
        let of_sections = of_sections
            .filter(|(_, symbol)| symbol.st_type() == elf::STT_SECTION)
            .map(|(index, _)| SymbolId(index.0 as u32))
            .collect();
        pieces::split(&mut object, rows, &of_sections, self.machine);
        Ok(object)
    }

    fn read_symbols(
        &self,
        atom_of: &HashMap<usize, AtomId>,
    ) -> Result<Vec<Symbol<'a>>, ObjectFault> {
        // An object without a symbol table has no symbol 0 either.
        let mut symbols = Vec::with_capacity(self.symbols.len());
        for (index, symbol) in self.symbols.enumerate() {
            let name = self.symbol_name(symbol)?;
            let refuse = |what| ObjectFault::Symbol {
                symbol: name.to_owned(),
                what,
            };
            let binding = match symbol.st_bind() {
                elf::STB_LOCAL => Binding::Local,
                elf::STB_GLOBAL => Binding::Global,
                elf::STB_WEAK => Binding::Weak,
                _ => return Err(refuse("has a binding that the linker doesn't know")),
            };
            let kind = match symbol.st_type() {
                elf::STT_FUNC => SymbolKind::Func,
                elf::STT_OBJECT => SymbolKind::Object,
                elf::STT_NOTYPE | elf::STT_SECTION | elf::STT_FILE => SymbolKind::NoType,
                elf::STT_TLS => return Err(refuse("is thread-local, which needs a C library")),
                elf::STT_GNU_IFUNC => {
                    return Err(refuse(
                        "is chosen at run time (ifunc), which needs relocation at start",
                    ));
                }
                elf::STT_COMMON => return Err(refuse("is common: compile with -fno-common")),
                _ => return Err(refuse("has a type that the linker doesn't know")),
            };
            let (name, definition) = match symbol.st_shndx(LE) {
                // Relocations against no symbol are against the number 0.
                elf::SHN_UNDEF if index.0 == 0 => (name, Definition::Absolute(0)),
                elf::SHN_UNDEF => (name, Definition::Undefined),
                elf::SHN_ABS => (name, Definition::Absolute(symbol.st_value(LE))),
                elf::SHN_COMMON => return Err(refuse("is common: compile with -fno-common")),
                _ => {
                    let section = self
                        .symbols
                        .symbol_section(LE, symbol, index)
                        .map_err(malformed)?
                        .ok_or_else(|| refuse("is in a section that the linker doesn't know"))?;
                    let name = if symbol.st_type() == elf::STT_SECTION {
                        self.section_name(self.section(section)?)?
                    } else {
                        name
                    };
                    match atom_of.get(&section.0) {
                        Some(&atom) => (
                            name,
                            Definition::Defined {
                                atom,
                                offset: symbol.st_value(LE),
                            },
                        ),
                        // A dropped section's symbols are as good as undefined: only other dropped
                        // sections may refer to them.
                        None => (name, Definition::Undefined),
                    }
                }
            };
            symbols.push(Symbol {
                name: Cow::Borrowed(name),
                definition,
                binding,
                kind,
                size: symbol.st_size(LE),
            });
        }
        Ok(symbols)
    }

    fn read_relocations(
        &self,
        header: &'a elf::SectionHeader64<LE>,
        atom_of: &HashMap<usize, AtomId>,
        atoms: &mut [Atom<'a>],
        symbols: usize,
    ) -> Result<(), ObjectFault> {
        let refused = [elf::SHT_REL, elf::SHT_RELR, elf::SHT_CREL];
        let kind = header.sh_type(LE);
        if kind != elf::SHT_RELA && !refused.contains(&kind) {
            return Ok(());
        }
        let index = SectionIndex(header.sh_info(LE) as usize);
        let Some(atom) = atom_of.get(&index.0) else {
            return Ok(());
        };
        let atom = &mut atoms[atom.index()];
        let name = self.section_name(self.section(index)?)?;
        let section = || name.to_owned();
        if refused.contains(&kind) {
            let what = "has relocations without explicit addends, or packed ones";
            return Err(ObjectFault::Section {
                section: section(),
                what,
            });
        }
        let Some((entries, _)) = header.rela(LE, self.data).map_err(malformed)? else {
            return Ok(());
        };
        let mut relocations = Vec::with_capacity(entries.len());
        for entry in entries {
            let offset = entry.r_offset.get(LE);
            let info = entry.r_info.get(LE);
            let (number, symbol) = (info as u32, (info >> 32) as u32);
            let kind = RelocKind::from_elf(self.machine, number).map_err(|_| {
                let machine = self.machine;
                ObjectFault::Relocation {
                    section: section(),
                    offset,
                    number,
                    machine,
                }
            })?;
            let Some(kind) = kind else { continue };
            if symbol as usize >= symbols {
                let reason = format!("a relocation refers to symbol {symbol} of {symbols}");
                return Err(ObjectFault::Malformed(reason));
            }
            let addend = entry.r_addend.get(LE);
            relocations.push(Relocation {
                offset,
                kind,
                target: SymbolId(symbol),
                addend,
            });
        }
        atom.relocations.append(&mut relocations);
        Ok(())
    }

    fn read_groups(&self, atom_of: &HashMap<usize, AtomId>) -> Result<Vec<Group>, ObjectFault> {
        let mut groups = Vec::new();
        for header in self.sections.iter() {
            let Some((flags, members)) = header.group(LE, self.data).map_err(malformed)? else {
                continue;
            };
            if flags.0 & elf::GRP_COMDAT.0 == 0 {
                continue;
            }
            let signature = self
                .symbols
                .symbol(SymbolIndex(header.sh_info(LE) as usize))
                .map_err(malformed)?;
            groups.push(Group {
                signature: self.symbol_name(signature)?.to_owned(),
                atoms: members
                    .iter()
                    .filter_map(|index| atom_of.get(&(index.get(LE) as usize)).copied())
                    .collect(),
            });
        }
        Ok(groups)
    }

    fn section(&self, index: SectionIndex) -> Result<&'a elf::SectionHeader64<LE>, ObjectFault> {
        self.sections.section(index).map_err(malformed)
    }

    fn section_name(&self, header: &elf::SectionHeader64<LE>) -> Result<&'a str, ObjectFault> {
        utf8(self.sections.section_name(LE, header).map_err(malformed)?)
    }

    fn symbol_name(&self, symbol: &elf::Sym64<LE>) -> Result<&'a str, ObjectFault> {
        utf8(self.symbols.symbol_name(LE, symbol).map_err(malformed)?)
    }
}

/// Names each atom after the function or variable that starts it: that says more than the section's name.
fn name_atoms<'a>(atoms: &mut [Atom<'a>], symbols: &[Symbol<'a>]) {
    let mut named = vec![false; atoms.len()];
    for symbol in symbols {
        let Definition::Defined { atom, offset: 0 } = symbol.definition else {
            continue;
        };
        let typed = symbol.kind != SymbolKind::NoType && !symbol.name.is_empty();
        if typed && !std::mem::replace(&mut named[atom.index()], true) {
            atoms[atom.index()].name = symbol.name.clone();
        }
    }
}

fn utf8(name: &[u8]) -> Result<&str, ObjectFault> {
    std::str::from_utf8(name)
        .map_err(|_| ObjectFault::Malformed(format!("the name {name:?} is not UTF-8")))
}

fn fate(name: &str, header: &elf::SectionHeader64<LE>) -> Fate {
    let flags = header.sh_flags(LE).0;
    let has = |flag: elf::SectionFlags| flags & flag.0 != 0;
    let kind = header.sh_type(LE);
    if !has(elf::SHF_ALLOC) || has(elf::SHF_EXCLUDE) {
        return Fate::Drop;
    }
    // Nothing unwinds: a trap or a panic ends the process.
    if name == ".eh_frame" || kind == elf::SHT_NOTE {
        return Fate::Drop;
    }
    let constructors = [
        elf::SHT_INIT_ARRAY,
        elf::SHT_FINI_ARRAY,
        elf::SHT_PREINIT_ARRAY,
    ];
    let starts = |prefix: &str| {
        name.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let runs_at_start = constructors.contains(&kind)
        || [
            ".init",
            ".fini",
            ".ctors",
            ".dtors",
            ".init_array",
            ".fini_array",
        ]
        .iter()
        .any(|prefix| starts(prefix));
    if runs_at_start || has(elf::SHF_TLS) {
        if header.sh_size(LE) == 0 {
            return Fate::Drop;
        }
        return Fate::Refuse(if runs_at_start {
            "holds code to run before the entry, which needs a C library"
        } else {
            "is thread-local, which needs a C library"
        });
    }
    if kind != elf::SHT_PROGBITS && kind != elf::SHT_NOBITS {
        return Fate::Refuse("has a type that the linker doesn't know");
    }
    if has(elf::SHF_COMPRESSED) {
        return Fate::Refuse("is compressed");
    }
    if has(elf::SHF_LINK_ORDER) {
        return Fate::Refuse("is ordered by another section");
    }
    match (has(elf::SHF_WRITE), has(elf::SHF_EXECINSTR)) {
        (true, true) => Fate::Refuse("is both writable and executable"),
        (false, true) => Fate::Keep(Section::Text),
        // Writable only for a dynamic loader's sake.
        (true, false) if starts(".data.rel.ro") => Fate::Keep(Section::ReadOnly),
        (true, false) if kind == elf::SHT_NOBITS => Fate::Keep(Section::Bss),
        (true, false) => Fate::Keep(Section::Data),
        (false, false) => Fate::Keep(Section::ReadOnly),
    }
}
