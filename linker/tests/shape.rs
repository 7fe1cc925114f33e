//! The shape of executables, read back: what is kept, where it is, and what a loader makes of it.

mod common;

use common::*;
use nanocc_linker::RelocKind::*;
use nanocc_linker::*;
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};
use object::{LittleEndian as LE, Object, ObjectSection, ObjectSymbol, elf};
use proptest::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

type Header = elf::FileHeader64<LE>;
type Segment = elf::ProgramHeader64<LE>;

fn segments(bytes: &[u8]) -> &[Segment] {
    Header::parse(bytes)
        .unwrap()
        .program_headers(LE, bytes)
        .unwrap()
}

fn loads(bytes: &[u8]) -> impl Iterator<Item = &Segment> {
    segments(bytes)
        .iter()
        .filter(|segment| segment.p_type(LE) == elf::PT_LOAD)
}

/// The addresses of what is in the map, by name.
fn places(output: &Output) -> BTreeMap<&str, u64> {
    output
        .map
        .entries
        .iter()
        .map(|entry| (entry.name.as_str(), entry.address))
        .collect()
}

fn symbol(output: &Output, name: &str) -> u64 {
    let file = object::File::parse(&*output.bytes).unwrap();
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok(name));
    symbol.unwrap_or_else(|| panic!("no {name}")).address()
}

/// What has to be true of every executable.
fn check_shape(input: &Input<'_>, bytes: &[u8]) {
    check_shape_where(input, bytes, None);
}

/// The same of one that always writes to the page with the address `written`.
fn check_shape_where(input: &Input<'_>, bytes: &[u8], written: Option<u64>) {
    let header = Header::parse(bytes).unwrap();
    assert_eq!(header.e_type(LE), elf::ET_EXEC);
    let align = input.layout.segment_align;
    let mut end = 0;
    let mut stacks = 0;
    for segment in segments(bytes) {
        let flags = segment.p_flags(LE).0;
        let both = elf::PF_W.0 | elf::PF_X.0;
        assert_ne!(flags & both, both, "writable and executable");
        match segment.p_type(LE) {
            elf::PT_LOAD => {
                let (address, offset) = (segment.p_vaddr(LE), segment.p_offset(LE));
                assert_eq!(segment.p_align(LE), align);
                assert_eq!(address % align, offset % align);
                assert!(segment.p_filesz(LE) <= segment.p_memsz(LE));
                assert!(segment.p_memsz(LE) > 0);
                assert!(offset + segment.p_filesz(LE) <= bytes.len() as u64);
                // Ascending; different segments don't share a page.
                assert!(address >= end, "{address:#x} {end:#x}");
                end = address + segment.p_memsz(LE);
                assert!(end <= 1 << input.layout.address_bits);
                if segment.p_filesz(LE) == 0 {
                    assert_eq!(address % align, 0, "anonymous memory starts at a page");
                } else if segment.p_filesz(LE) < segment.p_memsz(LE) {
                    let end = address + segment.p_filesz(LE);
                    let is_written = written.is_some_and(|at| at / 4096 == end / 4096);
                    assert!(
                        end.is_multiple_of(4096) || is_written,
                        "the kernel would clear a tail"
                    );
                }
            }
            elf::PT_GNU_STACK => {
                stacks += 1;
                assert_eq!(flags & elf::PF_X.0, 0);
            }
            elf::PT_NOTE => {}
            other => panic!("program header {other:?}"),
        }
    }
    assert_eq!(stacks, 1);
    let pages: Vec<(u64, u64, u32)> = loads(bytes)
        .map(|s| {
            (
                s.p_vaddr(LE) / align,
                (s.p_vaddr(LE) + s.p_memsz(LE)).div_ceil(align),
                s.p_flags(LE).0,
            )
        })
        .collect();
    for pair in pages.windows(2) {
        assert!(
            pair[0].1 <= pair[1].0,
            "two segments share a page: {pages:x?}"
        );
    }
    assert_eq!(header.e_shnum(LE) == 0, input.strip);
    if !input.strip {
        check_sections(bytes);
    }
}

/// Sections ascend, lie in segments, and what they say about the file is true.
fn check_sections(bytes: &[u8]) {
    let file = object::File::parse(bytes).unwrap();
    let mut end = 0;
    for section in file.sections() {
        let object::SectionFlags::Elf { sh_flags, .. } = section.flags() else {
            panic!()
        };
        if sh_flags.0 & elf::SHF_ALLOC.0 == 0 {
            continue;
        }
        assert!(section.address() >= end, "{:?}", section.name());
        end = section.address() + section.size();
        let segment = loads(bytes)
            .find(|s| (s.p_vaddr(LE)..s.p_vaddr(LE) + s.p_memsz(LE)).contains(&section.address()))
            .unwrap();
        assert!(end <= segment.p_vaddr(LE) + segment.p_memsz(LE));
        if let Some((offset, size)) = section.file_range() {
            assert_eq!(
                offset,
                segment.p_offset(LE) + section.address() - segment.p_vaddr(LE)
            );
            assert!(offset + size <= segment.p_offset(LE) + segment.p_filesz(LE));
        }
    }
    assert!(file.section_by_name(".text").is_some());
    // The table's header says where the global symbols begin.
    let header = Header::parse(bytes).unwrap();
    let sections = header.section_headers(LE, bytes).unwrap();
    let table = sections.iter().find(|s| s.sh_type(LE) == elf::SHT_SYMTAB);
    let first_global = table.unwrap().sh_info(LE) as usize;
    for symbol in file.symbols() {
        assert_eq!(symbol.is_global(), symbol.index().0 >= first_global);
    }
    for symbol in file.symbols() {
        if let Some(index) = symbol.section_index() {
            let section = file.section_by_index(index).unwrap();
            let range = section.address()..=section.address() + section.size();
            assert!(range.contains(&symbol.address()), "{symbol:?}");
        }
    }
}

/// Memory as a kernel with pages of `page` bytes makes it: file pages are mapped whole, then what
/// lies after `p_filesz` is cleared.
struct Memory<'f> {
    file: &'f [u8],
    page: u64,
    /// By address: from the file's offset, or zero.
    maps: Vec<(Range<u64>, Option<u64>)>,
}

impl<'f> Memory<'f> {
    fn load(file: &'f [u8], page: u64) -> Self {
        let mut maps = Vec::new();
        for segment in loads(file) {
            let (address, offset) = (segment.p_vaddr(LE), segment.p_offset(LE));
            let file_end = address + segment.p_filesz(LE);
            let end = address + segment.p_memsz(LE);
            if segment.p_filesz(LE) > 0 {
                let start = address / page * page;
                maps.push((
                    start..file_end.next_multiple_of(page),
                    Some(offset - (address - start)),
                ));
            }
            if end > file_end {
                maps.push((file_end..end.next_multiple_of(page), None));
            }
        }
        Memory { file, page, maps }
    }

    /// What is at `address`, and up to where that can be said at once.
    fn piece(&self, address: u64, limit: u64) -> Option<(u64, Option<&'f [u8]>)> {
        let last = self
            .maps
            .iter()
            .rposition(|(range, _)| range.contains(&address))?;
        let (range, offset) = &self.maps[last];
        // Later maps may cover a part of this one.
        let covered = self.maps[last + 1..].iter().map(|(range, _)| range.start);
        let end = covered
            .filter(|start| *start > address)
            .fold(range.end.min(limit), u64::min);
        let Some(offset) = offset else {
            return Some((end, None));
        };
        let from = (offset + address - range.start) as usize;
        let to = from + (end - address) as usize;
        let len = self.file.len();
        assert!(
            to <= len.next_multiple_of(self.page as usize),
            "SIGBUS at {address:#x}"
        );
        if from >= len {
            // Beyond the end of the file, the last page is zero.
            return Some((end, None));
        }
        let to = to.min(len);
        Some((address + (to - from) as u64, Some(&self.file[from..to])))
    }

    #[track_caller]
    fn expect(&self, address: u64, bytes: &[u8]) {
        let mut done = 0;
        while done < bytes.len() {
            let at = address + done as u64;
            let Some((end, found)) = self.piece(at, address + bytes.len() as u64) else {
                panic!("nothing at {at:#x}");
            };
            let expected = &bytes[done..(end - address) as usize];
            match found {
                Some(found) => assert!(found == expected, "at {at:#x}"),
                None => assert!(expected.iter().all(|byte| *byte == 0), "zero at {at:#x}"),
            }
            done += expected.len();
        }
    }
}

/// A program whose function is one byte long.
fn minimal(machine: Machine) -> Program {
    let mut program = Program::new(machine);
    program.bytes("_start", Section::Text, &[0xc3]);
    program
}

#[test]
fn what_is_not_reached_is_dropped() {
    let mut program = Program::new(Machine::X86_64);
    program.input.tables.push(Table {
        name: Cow::Borrowed("traps"),
    });
    let leaf = program.bytes("leaf", Section::ReadOnly, b"leaf");
    let callee = program.atom(
        "callee",
        Section::Text,
        Code::new().field(Abs64, 8, leaf, 0),
    );
    let unused = program.bytes("unused data", Section::Data, b"x");
    program.atom(
        "unused",
        Section::Text,
        Code::new().field(Abs64, 8, unused, 0),
    );
    let message = program.bytes(
        "message",
        Section::ReadOnly,
        b"only a record refers to this",
    );
    let root = program.bytes("root", Section::Bss, &[]);
    for (name, subject) in [("callee's", 1), ("unused's", 3)] {
        let section = Section::Metadata {
            subject: AtomId(subject),
            table: TableId(0),
        };
        program.atom(name, section, Code::new().field(Abs64, 8, message, 0));
    }
    program.atom(
        "_start",
        Section::Text,
        Code::new().field(Rel32, 4, callee, -4),
    );
    program.input.roots.push(root);
    let output = program.link();
    let places = places(&output);
    for kept in ["leaf", "callee", "callee's", "message", "root", "_start"] {
        assert!(places.contains_key(kept), "{kept}");
    }
    for dropped in ["unused", "unused data", "unused's"] {
        assert!(!places.contains_key(dropped), "{dropped}");
    }
    check_shape(&program.input, &output.bytes);
}

/// Small zeroed variables come before large buffers, on the page of `.data`; those of one size as they came in.
#[test]
fn large_buffers_come_last() {
    let mut program = Program::new(Machine::X86_64);
    let sizes = [8, 0x10000, 16, 8, 0x2000, 0x10000, 4];
    let mut code = Code::new();
    for (number, &size) in sizes.iter().enumerate() {
        let variable = program.zero(&format!("b{number}"), Section::Bss, size);
        code = code.field(Abs64, 8, variable, 0);
    }
    program.atom("_start", Section::Text, code);
    let output = program.link();
    check_shape(&program.input, &output.bytes);
    let places = places(&output);
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|number| places[format!("b{number}").as_str()]);
    assert_eq!(order, [6, 0, 3, 2, 4, 1, 5]);
}

/// Records lie in the order of their functions, whatever order they came in, and the table's symbols
/// enclose them.
#[test]
fn metadata_follows_its_subjects() {
    for filler in [0, 0x2_0000] {
        let mut program = Program::new(Machine::X86_64);
        program.input.tables.push(Table {
            name: Cow::Borrowed("traps"),
        });
        program.input.tables.push(Table {
            name: Cow::Borrowed("empty"),
        });
        let mut calls = Code::new();
        let mut functions = Vec::new();
        for index in 0..10 {
            let function = program.bytes(&format!("f{index}"), Section::Text, &[index; 5]);
            functions.push(function);
            calls = calls.field(Rel32, 4, function, -4);
        }
        for index in [3u32, 9, 0, 4, 1, 2, 7, 8, 6, 5] {
            let section = Section::Metadata {
                subject: AtomId(index),
                table: TableId(0),
            };
            let record = Code::new()
                .field(Abs32, 4, functions[index as usize], 0)
                .raw(&index.to_le_bytes());
            program.atom(&format!("r{index}"), section, record);
            program.input.atoms.last_mut().unwrap().align = 4;
            // A second record of the same function comes after the first.
            if index == 4 {
                let second = Code::new().field(Abs32, 4, functions[4], 0).raw(&[0xff; 4]);
                program.atom("second", section, second);
                program.input.atoms.last_mut().unwrap().align = 4;
            }
        }
        let names = [
            "__nanocc_start_traps",
            "__nanocc_stop_traps",
            "__nanocc_start_empty",
            "__nanocc_stop_empty",
        ];
        for name in names {
            let symbol = program.undefined(name);
            calls = calls.field(Abs64, 8, symbol, 0);
        }
        let constant = program.bytes("filler", Section::ReadOnly, &vec![1; filler]);
        calls = calls.field(Abs64, 8, constant, 0);
        program.atom("_start", Section::Text, calls);
        let output = program.link();
        check_shape(&program.input, &output.bytes);
        let [start, stop, empty_start, empty_stop] = names.map(|name| symbol(&output, name));
        assert_eq!(empty_start, empty_stop);
        assert_eq!(stop - start, 11 * 8);
        let memory = Memory::load(&output.bytes, 4096);
        let places = places(&output);
        let order = [0, 1, 2, 3, 4, 0xffff_ffff, 5, 6, 7, 8, 9u32];
        let mut last = 0;
        for (index, payload) in order.into_iter().enumerate() {
            let record = start + 8 * index as u64;
            let subject = if payload > 9 { 4 } else { payload };
            let function = places[format!("f{subject}").as_str()];
            memory.expect(record, &(function as u32).to_le_bytes());
            memory.expect(record + 4, &payload.to_le_bytes());
            assert!(function >= last);
            last = function;
        }
        let file = object::File::parse(&*output.bytes).unwrap();
        let section = file.section_by_name(".nanocc.traps").unwrap();
        assert_eq!((section.address(), section.size()), (start, stop - start));
    }
}

#[test]
fn boundaries_enclose_sections() {
    let mut program = Program::new(Machine::X86_64);
    let mut code = Code::new();
    for part in ["text", "rodata", "data", "bss"] {
        for end in ["start", "end"] {
            let symbol = program.undefined(&format!("__nanocc_{part}_{end}"));
            code = code.field(Abs64, 8, symbol, 0);
        }
    }
    for (name, section) in [("r", Section::ReadOnly), ("d", Section::Data)] {
        let symbol = program.bytes(name, section, &[1; 100]);
        code = code.field(Abs64, 8, symbol, 0);
    }
    let bss = program.zero("b", Section::Bss, 5000);
    code = code.field(Abs64, 8, bss, 0);
    program.atom("_start", Section::Text, code);
    let output = program.link();
    check_shape(&program.input, &output.bytes);
    let file = object::File::parse(&*output.bytes).unwrap();
    for (part, size) in [("text", 88), ("rodata", 100), ("data", 100), ("bss", 5000)] {
        let section = file.section_by_name(&format!(".{part}")).unwrap();
        assert_eq!(
            section.address(),
            symbol(&output, &format!("__nanocc_{part}_start"))
        );
        assert_eq!(
            section.address() + size,
            symbol(&output, &format!("__nanocc_{part}_end"))
        );
        assert_eq!(section.size(), size);
    }
}

#[test]
fn notes_and_build_id() {
    let mut program = minimal(Machine::X86_64);
    program.input.notes = vec![
        Note {
            owner: Cow::Borrowed("nanocc"),
            kind: 1,
            desc: Cow::Borrowed(b"components"),
        },
        Note {
            owner: Cow::Borrowed("nanocc"),
            kind: 2,
            desc: Cow::Borrowed(b""),
        },
    ];
    for strip in [false, true] {
        program.input.strip = strip;
        let output = program.link();
        check_shape(&program.input, &output.bytes);
        let mut found = Vec::new();
        for segment in segments(&output.bytes) {
            if let Some(mut notes) = segment.notes(LE, &*output.bytes).unwrap() {
                while let Some(note) = notes.next().unwrap() {
                    found.push((
                        note.name().to_vec(),
                        note.n_type(LE).0,
                        note.desc().to_vec(),
                    ));
                }
            }
        }
        let expected = [
            (b"GNU".to_vec(), 3, output.build_id.to_vec()),
            (b"nanocc".to_vec(), 1, b"components".to_vec()),
            (b"nanocc".to_vec(), 2, Vec::new()),
        ];
        assert_eq!(found, expected);
    }
    // The id depends on everything.
    let one = program.link();
    program.input.notes[0].desc = Cow::Borrowed(b"Components");
    assert_ne!(one.build_id, program.link().build_id);
}

#[test]
fn symbols_have_names_and_sizes() {
    let mut program = minimal(Machine::Aarch64);
    program.input.atoms.push(Atom {
        name: Cow::Borrowed("nameless"),
        section: Section::ReadOnly,
        align: 1,
        contents: Contents::Zero(77),
        relocations: Vec::new(),
    });
    let local = program.symbol(
        "inner",
        Definition::Defined {
            atom: AtomId(1),
            offset: 7,
        },
        SymbolKind::Object,
    );
    program.input.symbols[local.index()].binding = Binding::Local;
    program.input.roots.push(local);
    program.absolute("memory", 0x12_3456_7890);
    let output = program.link();
    check_shape(&program.input, &output.bytes);
    let file = object::File::parse(&*output.bytes).unwrap();
    let find = |name| file.symbols().find(|s| s.name() == Ok(name)).unwrap();
    assert_eq!(
        (find("_start").size(), find("_start").is_global()),
        (1, true)
    );
    assert_eq!(find("_start").kind(), object::SymbolKind::Text);
    assert_eq!(
        (find("nameless").size(), find("nameless").is_local()),
        (77, true)
    );
    assert_eq!(find("inner").address(), find("nameless").address() + 7);
    assert_eq!(find("memory").address(), 0x12_3456_7890);
    program.input.strip = true;
    let stripped = program.link();
    check_shape(&program.input, &stripped.bytes);
    assert!(stripped.bytes.len() < output.bytes.len());
}

/// The same bytes on one thread and on several.
#[test]
fn any_number_of_threads() {
    let mut program = Program::new(Machine::X86_64);
    let mut start = Code::new();
    let mut previous = program.zero("bss", Section::Bss, 8);
    for index in 0..3000u32 {
        let code = Code::new()
            .raw(&index.to_le_bytes())
            .raw(&[0x48, 0x8b, 0x05])
            .field(X86GotRel32, 4, previous, -4)
            .field(Rel32, 4, previous, 0);
        let section = if index % 3 == 0 {
            Section::ReadOnly
        } else {
            Section::Text
        };
        previous = program.atom(&format!("f{index}"), section, code);
    }
    start = start.field(Abs64, 8, previous, 0);
    program.atom("_start", Section::Text, start);
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| program.link())
    };
    let one = on(1);
    for threads in [2, 5] {
        let more = on(threads);
        assert!(one.bytes == more.bytes);
        assert_eq!(one.map, more.map);
    }
    check_shape(&program.input, &one.bytes);
}

/// Of several errors the same one is reported at any number of threads.
#[test]
fn the_first_error_is_reported() {
    let mut program = Program::new(Machine::X86_64);
    let far = program.absolute("far", 1 << 40);
    let mut start = Code::new();
    for index in 0..4000 {
        // Large enough that another thread is at its half before this one has found an error.
        let mut code = Code::new().raw(&[1; 4096]);
        if index >= 700 {
            code = code.field(Rel32, 4, far, 0);
        }
        let function = program.atom(&format!("f{index}"), Section::Text, code);
        start = start.field(Rel32, 4, function, 0);
    }
    program.atom("_start", Section::Text, start);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(4)
        .build()
        .unwrap();
    for _ in 0..10 {
        let error = pool.install(|| program.error());
        assert!(matches!(error, LinkError::Overflow { place, .. } if place.atom == "f700"));
    }
}

/// A record that code refers to is kept, and then so is the function that it is about.
#[test]
fn a_record_keeps_its_subject() {
    let mut program = Program::new(Machine::X86_64);
    program.input.tables.push(Table {
        name: Cow::Borrowed("names"),
    });
    program.bytes("subject", Section::Text, &[0xc3]);
    let section = Section::Metadata {
        subject: AtomId(0),
        table: TableId(0),
    };
    let record = program.bytes("record", section, b"subject");
    program.bytes("another record", section, b"subject");
    let code = Code::new().field(Abs64, 8, record, 0);
    program.atom("_start", Section::Text, code);
    let output = program.link();
    for kept in ["subject", "record", "another record"] {
        assert!(places(&output).contains_key(kept), "{kept}");
    }
}

#[test]
fn large_pages_do_not_cost_file() {
    let mut program = Program::new(Machine::Aarch64);
    let constants = program.bytes("constants", Section::ReadOnly, &[1; 0x1_4321]);
    let data = program.bytes("data", Section::Data, &[2; 0x123]);
    let code = Code::new()
        .raw(&[0; 0x5004])
        .field(Abs64, 8, constants, 0)
        .field(Abs64, 8, data, 0);
    program.atom("_start", Section::Text, code);
    program.input.strip = true;
    let output = program.link();
    check_shape(&program.input, &output.bytes);
    assert_eq!(loads(&output.bytes).count(), 3);
    assert!(
        output.bytes.len() < 0x1_4321 + 0x5004 + 0x123 + 0x200,
        "{:#x}",
        output.bytes.len()
    );
    // A block whose address leaves room for the headers shares their page of the file.
    let mut program = minimal(Machine::Aarch64);
    program.fixed("block", 0x2_1000, 0x800, &[(0, &[1; 0x100])]);
    program.input.strip = true;
    let output = program.link();
    check_shape(&program.input, &output.bytes);
    assert_eq!(output.bytes.len(), 0x1800);
}

#[test]
fn the_file_ends_with_the_variables() {
    let mut program = minimal(Machine::X86_64);
    program.fixed("block", 0x1_0000, 0x300, &[(0, &[1; 0x300])]);
    program.fixed("memory", 0x1000_0000, 0x2_0000, &[(0, &[1; 0x1900])]);
    program.input.layout.text_base = TextBase::AfterData;
    program.input.layout.data_after = Some(0);
    program.input.strip = true;
    let bss = program.zero("bss", Section::Bss, 0x2_0000);
    program.input.roots.push(bss);
    let output = program.link();
    let bss = places(&output)["bss"];
    assert_eq!(bss, 0x1_0300);
    check_shape_where(&program.input, &output.bytes, Some(bss));
    // A page of the image, two of the memory, and the block.
    assert_eq!(output.bytes.len(), 0x3300);
}

#[test]
fn a_stack_before_the_data_is_not_in_the_file() {
    let mut program = minimal(Machine::X86_64);
    program.fixed("memory", 0x1000_0000, 0x2_0000, &[(0x1_0000, &[1; 100])]);
    program.input.strip = true;
    let output = program.link();
    check_shape(&program.input, &output.bytes);
    assert_eq!(output.bytes.len(), 0x2000);
}

#[test]
fn what_is_not_loaded_fills_gaps() {
    let mut program = minimal(Machine::Aarch64);
    program.fixed("memory", 0x1000_0000, 0x10_0000, &[(0, &[1; 100])]);
    program.input.strip = true;
    let stripped = program.link().bytes.len();
    program.input.strip = false;
    let output = program.link();
    assert_eq!(output.bytes.len(), stripped);
    check_shape(&program.input, &output.bytes);
}

fn pieces() -> impl Strategy<Value = Vec<(u64, Vec<u8>)>> {
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 1..5000),
        (1usize..100_000).prop_map(|len| vec![0; len]),
        (1usize..9000, any::<u8>()).prop_map(|(len, byte)| {
            let mut bytes = vec![0; len];
            bytes[len - 1] = byte;
            bytes
        }),
    ];
    proptest::collection::vec((0u64..600_000, bytes), 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever the fixed segments hold, memory holds it after loading, on kernels with small
    /// and with large pages; so do data that follows one of them, and the zeros between.
    #[test]
    fn memory_is_what_was_asked_for(
        segments in proptest::collection::vec((0u64..3, pieces(), 0u64..200_000), 1..4),
        unaligned in 0u64..0x3000,
        data in 0usize..3000,
        bss in 0u64..50_000,
        after in any::<bool>(),
        large in any::<bool>(),
        relocated in 0u64..100_000,
        strip in any::<bool>(),
    ) {
        let machine = if large { Machine::Aarch64 } else { Machine::X86_64 };
        let mut program = minimal(machine);
        program.input.strip = strip;
        let mut address = 0x1_0000 + (unaligned & !7);
        for (index, (gap, pieces, rest)) in segments.into_iter().enumerate() {
            let mut end = 0;
            let mut contents = Vec::new();
            for (skip, bytes) in pieces {
                let at = end + skip;
                end = at + bytes.len() as u64;
                contents.push((at, Cow::Owned(bytes)));
            }
            let size = end + rest;
            program.input.fixed.push(FixedSegment {
                name: Cow::Owned(format!("fixed {index}")),
                address,
                size,
                writable: true,
                contents,
                relocations: Vec::new(),
            });
            address = (address + size + 0x8_0000 + (gap << 33)).next_multiple_of(0x1_0000);
        }
        program.input.layout.text_base = TextBase::At(address);
        if after {
            program.input.layout.data_after = Some(0);
        }
        let first = &mut program.input.fixed[0];
        let field = (relocated + 8 <= first.size && first.contents.iter().all(|(at, bytes)| {
            relocated + 8 <= *at || relocated >= at + bytes.len() as u64
        })).then_some(relocated);
        if let Some(offset) = field {
            first.relocations.push(Relocation { offset, kind: Abs64, target: SymbolId(0), addend: 0 });
        }
        let bytes: Vec<u8> = (0..data).map(|byte| byte as u8 | 1).collect();
        let data = program.bytes("data", Section::Data, &bytes);
        let bss_symbol = program.zero("bss", Section::Bss, bss);
        program.input.roots.extend([data, bss_symbol]);
        let output = program.link();
        let places = places(&output);
        check_shape_where(&program.input, &output.bytes, Some(places["bss"]));

        let pages: &[u64] = if large { &[4096, 16384, 65536] } else { &[4096] };
        for page in pages {
            let memory = Memory::load(&output.bytes, *page);
            memory.expect(places["data"], &bytes);
            memory.expect(places["bss"], &vec![0; bss as usize]);
            memory.expect(places["_start"], &[0xc3]);
            for (index, fixed) in program.input.fixed.iter().enumerate() {
                let mut expected = vec![0; fixed.size as usize];
                for (at, bytes) in &fixed.contents {
                    expected[*at as usize..][..bytes.len()].copy_from_slice(bytes);
                }
                if let (0, Some(offset)) = (index, field) {
                    expected[offset as usize..][..8].copy_from_slice(&places["_start"].to_le_bytes());
                }
                memory.expect(fixed.address, &expected);
            }
        }
        // Zeros that matter are not in the file.
        let content: usize = program.input.fixed.iter().flat_map(|f| &f.contents).map(|(_, b)| b.len()).sum();
        let chunks = loads(&output.bytes).count();
        let most = content + bytes.len() + 0x3000 + chunks * (0x2_0000 + 8 * 0x1_0000);
        prop_assert!(output.bytes.len() < most);
    }
}
