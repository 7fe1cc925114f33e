//! Everything that the linker refuses, and that it says where.

mod common;

use common::*;
use nanocc_linker::RelocKind::*;
use nanocc_linker::*;
use object::write;
use object::{BinaryFormat, SectionFlags, SectionKind, SymbolFlags, SymbolScope};
use proptest::prelude::*;
use std::borrow::Cow;

/// `_start` with one relocation.
fn with(machine: Machine, kind: RelocKind, address: u64) -> Program {
    let mut program = Program::new(machine);
    let target = program.absolute("target", address);
    let code = Code::new().raw(&[0; 4]).field(kind, 8, target, 1);
    program.atom("_start", Section::Text, code);
    program
}

#[test]
fn overflow_names_the_place() {
    for (machine, kind, address) in [
        (Machine::X86_64, Abs32, 0xffff_ffff),
        (Machine::X86_64, X86Abs32Signed, 0x7fff_ffff),
        (Machine::X86_64, Rel32, 0x1_0000_0000),
        (Machine::Aarch64, Abs32, 0xffff_ffff),
        (Machine::Aarch64, Rel32, 0x2_0000_0000),
        (Machine::Aarch64, Aarch64Branch26, 0x0900_0000 - 1),
        (Machine::Aarch64, Aarch64CondBranch19, 0x60_0000 - 1),
        (Machine::Aarch64, Aarch64TestBranch14, 0x41_0000 - 1),
        (Machine::Aarch64, Aarch64Adr21, 0x60_0000),
        (Machine::Aarch64, Aarch64AdrPage21, 0x2_0000_0000),
        (Machine::Aarch64, Aarch64MovG0, 0xffff),
        (Machine::Aarch64, Aarch64MovG1, 0xffff_ffff),
        (Machine::Aarch64, Aarch64MovG2, 0xffff_ffff_ffff),
        (Machine::Aarch64, Aarch64MovSignedG0, 0xffff),
    ] {
        match with(machine, kind, address).error() {
            LinkError::Overflow {
                place,
                kind: found,
                symbol,
                value,
                low,
                high,
            } => {
                assert_eq!(found, kind);
                assert_eq!(symbol, "target");
                assert_eq!((place.atom.as_str(), place.offset), ("_start", 4));
                assert_eq!(
                    (place.section.as_str(), place.origin.as_str()),
                    (".text", "compiler")
                );
                assert!(value < low || value > high);
            }
            other => panic!("{kind}: {other}"),
        }
    }
}

#[test]
fn misaligned_targets() {
    for (kind, alignment) in [
        (Aarch64Branch26, 4),
        (Aarch64LoadStore16Lo12, 2),
        (Aarch64LoadStore32Lo12, 4),
        (Aarch64LoadStore64Lo12, 8),
        (Aarch64LoadStore128Lo12, 16),
    ] {
        match with(Machine::Aarch64, kind, 0x40_0000).error() {
            LinkError::Misaligned {
                alignment: found, ..
            } => assert_eq!(found, alignment),
            other => panic!("{kind}: {other}"),
        }
    }
}

#[test]
fn overlapping_segments_are_both_named() {
    let mut program = with(Machine::X86_64, Abs64, 0);
    program.fixed("one", 0x1000_0000, 0x1001, &[]);
    program.fixed("two", 0x1000_1800, 0x1000, &[]);
    match program.error() {
        LinkError::Overlap(one, two, 4096) => {
            assert_eq!((one.name.as_str(), two.name.as_str()), ("one", "two"));
        }
        other => panic!("{other}"),
    }
    // With the image.
    program.input.fixed.remove(0);
    program.input.fixed[0].address = 0x3f_f000;
    program.input.fixed[0].size = 0x1001;
    match program.error() {
        LinkError::Overlap(one, two, 4096) => {
            assert_eq!((one.name.as_str(), two.name.as_str()), ("two", "image"));
        }
        other => panic!("{other}"),
    }
    // Data that grows into the image.
    program.input.fixed[0].size = 0xff0;
    program.link();
    program.input.layout.data_after = Some(0);
    let bss = program.zero("bss", Section::Bss, 0x20);
    program.input.roots.push(bss);
    assert!(matches!(program.error(), LinkError::Overlap(..)));
    program.input.layout.text_base = TextBase::AfterData;
    program.link();
}

#[test]
fn outside_the_address_space() {
    for (bits, address, size) in [
        (38, 0x40_0000_0000 - 0x1000, 0x1001),
        (47, u64::MAX - 5, 5),
        (47, 0x1_0000, u64::MAX),
    ] {
        let mut program = with(Machine::X86_64, Abs64, 0);
        program.input.layout.address_bits = bits;
        program.fixed("far", address, size, &[]);
        match program.error() {
            LinkError::AddressSpace(range, found) => {
                assert_eq!((range.name.as_str(), found), ("far", bits));
            }
            other => panic!("{other}"),
        }
    }
    let mut program = with(Machine::X86_64, Abs64, 0);
    let bss = program.zero("bss", Section::Bss, u64::MAX);
    program.input.roots.push(bss);
    assert!(matches!(program.error(), LinkError::AddressSpace(range, 47) if range.name == "data"));
    let mut program = with(Machine::X86_64, Abs64, 0);
    let zeros = program.zero("zeros", Section::ReadOnly, 1 << 40);
    program.input.roots.push(zeros);
    assert!(matches!(program.error(), LinkError::FileSize { .. }));
}

#[test]
fn undefined_symbols_are_all_named() {
    let mut program = Program::new(Machine::X86_64);
    let (one, two) = (program.undefined("one"), program.undefined("two"));
    let unused = program.undefined("unused");
    let code = Code::new()
        .field(Abs64, 8, one, 0)
        .field(Abs64, 8, two, 0)
        .field(Abs64, 8, one, 0);
    program.atom("_start", Section::Text, code);
    program.atom(
        "dropped",
        Section::Text,
        Code::new().field(Abs64, 8, unused, 0),
    );
    match program.error() {
        LinkError::Undefined(references) => {
            let names: Vec<_> = references.iter().map(|r| r.symbol.as_str()).collect();
            assert_eq!(names, ["one", "two"]);
            assert_eq!(references[1].place.as_ref().unwrap().offset, 8);
        }
        other => panic!("{other}"),
    }
    let mut program = with(Machine::X86_64, Abs64, 0);
    program.input.entry = "main";
    let error = program.error();
    assert_eq!(
        error.to_string(),
        "undefined symbol: `main`, needed as entry or root"
    );
    program.bytes("main", Section::Data, b"x");
    assert_eq!(program.error(), LinkError::Entry("main".to_owned()));
}

#[test]
fn duplicate_symbols() {
    let mut program = with(Machine::X86_64, Abs64, 0);
    program.bytes("_start", Section::Data, b"x");
    assert!(matches!(program.error(), LinkError::DuplicateSymbol { name, .. } if name == "_start"));
    // A weak one gives way.
    program.input.symbols.last_mut().unwrap().binding = Binding::Weak;
    program.link();
    // The linker's own names are taken.
    program.absolute("__nanocc_text_start", 0);
    assert!(
        matches!(program.error(), LinkError::DuplicateSymbol { first, .. } if first == "linker")
    );
}

#[test]
fn what_the_caller_can_get_wrong() {
    type Change = fn(&mut Input<'static>);
    let changes: [(Change, &str); 14] = [
        (|i| i.atoms[0].align = 3, "alignment 3"),
        (|i| i.atoms[0].align = 8192, "alignment 8192"),
        (
            |i| i.atoms[0].relocations[0].offset = u64::MAX,
            "reaches past the end",
        ),
        (
            |i| i.atoms[0].relocations[0].offset = 5,
            "reaches past the end",
        ),
        (
            |i| i.atoms[0].relocations[0].target = SymbolId(99),
            "symbol 99",
        ),
        (
            |i| i.atoms[0].relocations[0].kind = Aarch64Branch26,
            "not the machine's",
        ),
        (
            |i| i.atoms[0].section = Section::Bss,
            "in .bss and has bytes",
        ),
        (
            |i| {
                i.symbols[1].definition = Definition::Defined {
                    atom: AtomId(7),
                    offset: 0,
                }
            },
            "atom 7 at offset 0x0",
        ),
        (
            |i| {
                i.symbols[1].definition = Definition::Defined {
                    atom: AtomId(0),
                    offset: 13,
                }
            },
            "atom 0 at offset 0xd",
        ),
        (|i| i.roots.push(SymbolId(9)), "root 9"),
        (|i| i.layout.segment_align = 12288, "segment_align"),
        (
            |i| i.layout.text_base = TextBase::At(0x40_0800),
            "text_base",
        ),
        (|i| i.layout.text_base = TextBase::AfterData, "data_after"),
        (|i| i.layout.data_after = Some(0), "data_after"),
    ];
    for (change, message) in changes {
        let mut program = with(Machine::X86_64, Abs64, 0);
        program.link();
        change(&mut program.input);
        let error = program.error().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn metadata_has_a_function_and_a_table() {
    let mut program = with(Machine::X86_64, Abs64, 0);
    let table = TableId(0);
    program.bytes(
        "record",
        Section::Metadata {
            subject: AtomId(0),
            table,
        },
        b"x",
    );
    assert!(matches!(
        program.error(),
        LinkError::Atom {
            fault: AtomFault::Table,
            ..
        }
    ));
    program.input.tables.push(Table {
        name: Cow::Borrowed("traps"),
    });
    program.link();
    for subject in [AtomId(1), AtomId(77)] {
        program.input.atoms[1].section = Section::Metadata { subject, table };
        assert!(matches!(
            program.error(),
            LinkError::Atom {
                fault: AtomFault::Subject,
                ..
            }
        ));
    }
}

#[test]
fn fixed_contents_are_sorted_and_inside() {
    for contents in [
        vec![(0, &b"abc"[..]), (2, b"d")],
        vec![(8, b"abc"), (0, b"d")],
        vec![(0x0fff, b"ab")],
        vec![(u64::MAX, b"ab")],
    ] {
        let mut program = with(Machine::X86_64, Abs64, 0);
        program.fixed("memory", 0x1000_0000, 0x1000, &contents);
        let error = program.error();
        assert!(
            matches!(
                error,
                LinkError::Atom {
                    fault: AtomFault::Contents { .. },
                    ..
                }
            ),
            "{error}"
        );
    }
    let mut program = with(Machine::X86_64, Abs64, 0);
    program.fixed("memory", 0x1000_0000, 1 << 40, &[]);
    program.link();
    program.input.fixed[0].writable = false;
    assert!(matches!(
        program.error(),
        LinkError::Atom {
            fault: AtomFault::ReadOnlySize(_),
            ..
        }
    ));
}

#[test]
fn more_segments_than_the_kernel_takes() {
    let mut program = with(Machine::X86_64, Abs64, 0);
    let memories = |program: &mut Program, count| {
        for index in 0..count {
            program.fixed("memory", 0x1_0000_0000 + (index << 32), 0x1_0000, &[]);
        }
    };
    memories(&mut program, 1100);
    program.link();
    program.input.fixed.clear();
    memories(&mut program, 1200);
    assert!(matches!(
        program.error(),
        LinkError::TooManySegments { limit: 1170, .. }
    ));
}

/// One object with `_start` in `.text` and whatever `change` adds.
fn object(
    architecture: object::Architecture,
    change: impl FnOnce(&mut write::Object<'static>, write::SectionId, write::SymbolId),
) -> Vec<u8> {
    let mut object =
        write::Object::new(BinaryFormat::Elf, architecture, object::Endianness::Little);
    let text = object.section_id(write::StandardSection::Text);
    let start = object.add_symbol(write::Symbol {
        name: b"_start".to_vec(),
        value: 0,
        size: 16,
        kind: object::SymbolKind::Text,
        scope: SymbolScope::Linkage,
        weak: false,
        section: write::SymbolSection::Section(text),
        flags: SymbolFlags::None,
    });
    object.append_section_data(text, &[0x90; 16], 16);
    change(&mut object, text, start);
    object.write().unwrap()
}

fn x86(
    change: impl FnOnce(&mut write::Object<'static>, write::SectionId, write::SymbolId),
) -> Vec<u8> {
    object(object::Architecture::X86_64, change)
}

fn fault(bytes: Vec<u8>) -> ObjectFault {
    let mut program = Program::new(Machine::X86_64);
    program.object("shim.o", bytes);
    match program.error() {
        LinkError::Object { object, fault } => {
            assert_eq!(object, "shim.o");
            fault
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_plain_object_links() {
    let mut program = Program::new(Machine::X86_64);
    program.object("shim.o", x86(|_, _, _| {}));
    assert!(
        program
            .link()
            .map
            .entries
            .iter()
            .any(|entry| entry.name == "_start")
    );
}

#[test]
fn unknown_relocation() {
    for number in [
        object::elf::R_X86_64_TPOFF32,
        object::elf::R_X86_64_GOTPC32,
        object::elf::RelocationType(250),
    ] {
        let bytes = x86(|object, text, start| {
            let relocation = write::Relocation {
                offset: 8,
                symbol: start,
                addend: 0,
                flags: object::RelocationFlags::Elf { r_type: number },
            };
            object.add_relocation(text, relocation).unwrap();
        });
        let expected = ObjectFault::Relocation {
            section: ".text".to_owned(),
            offset: 8,
            number: number.0,
            machine: Machine::X86_64,
        };
        assert_eq!(fault(bytes), expected);
    }
}

#[test]
fn another_machine() {
    let bytes = object(object::Architecture::Aarch64, |_, _, _| {});
    assert!(matches!(
        fault(bytes),
        ObjectFault::Machine { found: 183, .. }
    ));
}

#[test]
fn refused_sections() {
    let section =
        |name: &str, kind, flags: Option<(object::elf::SectionType, object::elf::SectionFlags)>| {
            x86(|object, _, _| {
                let section = object.add_section(Vec::new(), name.as_bytes().to_vec(), kind);
                object.append_section_data(section, &[1; 8], 8);
                if let Some((sh_type, sh_flags)) = flags {
                    object.section_mut(section).flags = SectionFlags::Elf { sh_type, sh_flags };
                }
            })
        };
    use object::elf::{
        SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SHT_HASH, SHT_INIT_ARRAY, SHT_PROGBITS,
    };
    let writable = SHF_ALLOC | SHF_WRITE;
    for (name, kind, flags, message) in [
        (
            ".wx",
            SectionKind::Text,
            Some((SHT_PROGBITS, writable | SHF_EXECINSTR)),
            "both writable and executable",
        ),
        (".tdata", SectionKind::Tls, None, "thread-local"),
        (".init_array", SectionKind::Data, None, "before the entry"),
        (".ctors.100", SectionKind::Data, None, "before the entry"),
        (
            ".constructors",
            SectionKind::Data,
            Some((SHT_INIT_ARRAY, writable)),
            "before the entry",
        ),
        (
            ".strange",
            SectionKind::Data,
            Some((SHT_HASH, writable)),
            "a type",
        ),
    ] {
        match fault(section(name, kind, flags)) {
            ObjectFault::Section { section, what } => {
                assert_eq!(section, name);
                assert!(what.contains(message), "{what}");
            }
            other => panic!("{other}"),
        }
    }
    // These are dispensable.
    for (name, kind) in [
        (".eh_frame", SectionKind::ReadOnlyData),
        (".comment", SectionKind::OtherString),
        (".debug_info", SectionKind::Debug),
        (".note.gnu.property", SectionKind::Note),
    ] {
        let mut program = Program::new(Machine::X86_64);
        program.object("shim.o", section(name, kind, None));
        assert!(!program.link().map.to_string().contains(name));
    }
}

#[test]
fn refused_symbols() {
    let bytes = x86(|object, _, _| {
        object.add_symbol(write::Symbol {
            name: b"common".to_vec(),
            value: 8,
            size: 8,
            kind: object::SymbolKind::Data,
            scope: SymbolScope::Linkage,
            weak: false,
            section: write::SymbolSection::Common,
            flags: SymbolFlags::None,
        });
    });
    assert!(matches!(fault(bytes), ObjectFault::Symbol { symbol, .. } if symbol == "common"));
}

#[test]
fn not_objects() {
    assert_eq!(fault(Vec::new()), ObjectFault::NotAnObject);
    assert_eq!(fault(b"!<thin>\n".to_vec()), ObjectFault::ThinArchive);
    assert_eq!(
        fault(b"\x7fELF\x01\x01\x01".to_vec()),
        ObjectFault::NotAnObject
    );
    let mut executable = x86(|_, _, _| {});
    executable[16] = 2;
    assert_eq!(fault(executable), ObjectFault::NotAnObject);
    assert!(matches!(
        fault(b"\x7fELF\x02\x01\x01".to_vec()),
        ObjectFault::Malformed(_)
    ));
}

/// An object with some of everything.
fn rich() -> Vec<u8> {
    x86(|object, text, start| {
        let data = object.section_id(write::StandardSection::Data);
        object.append_section_data(data, &[7; 32], 8);
        let word = object.add_symbol(write::Symbol {
            name: b"word".to_vec(),
            value: 8,
            size: 4,
            kind: object::SymbolKind::Data,
            scope: SymbolScope::Linkage,
            weak: true,
            section: write::SymbolSection::Section(data),
            flags: SymbolFlags::None,
        });
        let relocations = [
            (text, 4, word, object::elf::R_X86_64_PC32),
            (text, 8, word, object::elf::R_X86_64_REX_GOTPCRELX),
            (data, 16, start, object::elf::R_X86_64_64),
        ];
        for (section, offset, symbol, r_type) in relocations {
            let flags = object::RelocationFlags::Elf { r_type };
            let relocation = write::Relocation {
                offset,
                symbol,
                addend: -4,
                flags,
            };
            object.add_relocation(section, relocation).unwrap();
        }
    })
}

#[test]
fn truncated_objects_are_refused_or_link() {
    let whole = rich();
    for len in 0..whole.len() {
        let mut program = Program::new(Machine::X86_64);
        program.object("shim.o", whole[..len].to_vec());
        // Section headers are at the end: without all of them there is no object.
        assert!(matches!(program.error(), LinkError::Object { .. }), "{len}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// Whatever is in an object, the linker says no or makes a file; it doesn't panic.
    #[test]
    fn mutated_objects_do_not_panic(changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = rich();
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        let mut program = Program::new(Machine::X86_64);
        program.object("shim.o", bytes);
        if let Ok(output) = link(program.input.clone()) {
            prop_assert!(output.bytes.starts_with(b"\x7fELF"));
        }
    }

    /// The same for archives.
    #[test]
    fn mutated_archives_do_not_panic(changes in proptest::collection::vec((0usize..200, any::<u8>()), 0..4)) {
        let object = rich();
        let mut bytes = b"!<arch>\n".to_vec();
        bytes.extend(format!("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", "a.o/", 0, 0, 0, 644, object.len()).bytes());
        bytes.extend(&object);
        if changes.is_empty() {
            let mut program = Program::new(Machine::X86_64);
            program.object("shim.a", bytes.clone());
            program.link();
        }
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        let mut program = Program::new(Machine::X86_64);
        program.object("shim.a", bytes);
        let _ = link(program.input.clone());
    }
}
