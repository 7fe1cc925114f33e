//! Linked programs that run: hand-assembled ones, so that nothing but a kernel is needed.

mod common;

use common::*;
use nanocc_linker::RelocKind::*;
use nanocc_linker::*;

/// x86-64: `write(1, message, len); exit(0)`.
fn hello() -> Program {
    let mut program = Program::new(Machine::X86_64);
    let message = program.bytes("message", Section::ReadOnly, b"hello\n");
    let code = Code::new()
        .raw(&[
            0xb8, 1, 0, 0, 0, 0xbf, 1, 0, 0, 0, 0xba, 6, 0, 0, 0, 0x48, 0x8d, 0x35,
        ])
        .field(Rel32, 4, message, -4)
        .raw(&[0x0f, 0x05])
        .exit(0);
    program.atom("_start", Section::Text, code);
    program
}

/// aarch64: the same.
fn hello_aarch64() -> Program {
    let mut program = Program::new(Machine::Aarch64);
    let message = program.bytes("message", Section::ReadOnly, b"hello\n");
    let code = Code::new()
        // mov x0, #1; adrp x1; add x1, x1; mov x2, #6; mov x8, #64; svc #0
        .words(&[0xd280_0020])
        .instruction(0x9000_0001, Aarch64AdrPage21, message, 0)
        .instruction(0x9100_0021, Aarch64AddLo12, message, 0)
        .words(&[0xd280_00c2, 0xd280_0808, 0xd400_0001])
        // mov x0, #0; mov x8, #93; svc #0
        .words(&[0xd280_0000, 0xd280_0ba8, 0xd400_0001]);
    program.atom("_start", Section::Text, code);
    program
}

#[test]
fn write_and_exit() {
    for program in [hello(), hello_aarch64()] {
        for strip in [false, true] {
            let mut program = Program {
                input: program.input.clone(),
            };
            program.input.strip = strip;
            let output = program.link();
            if let Some(ran) = run(program.input.machine, &output.bytes) {
                assert_eq!(ran.stdout, b"hello\n");
                assert_eq!(ran.status.code(), Some(0));
            }
            assert!(
                output.bytes.len() < if strip { 512 } else { 2048 },
                "{}",
                output.bytes.len()
            );
        }
    }
}

#[test]
fn every_x86_relocation() {
    let mut program = Program::new(Machine::X86_64);
    let word = program.bytes("word", Section::Data, &0x5eed_u32.to_le_bytes());
    let small = program.absolute("small", 0x1234_5678);
    let large = program.absolute("large", 0x1234_5678_9abc);
    let negative = program.absolute("negative", 0xffff_ffff_8000_0000);
    let distance = Code::new().field(Rel64, 8, word, 0);
    let distance = program.atom("distance", Section::ReadOnly, distance);
    // A function that gives the word's address, and one that jumps there through the table.
    let give = Code::new()
        .raw(&[0x48, 0x8d, 0x05])
        .field(Rel32, 4, word, -4)
        .raw(&[0xc3]);
    let give = program.atom("give", Section::Text, give);
    let jump = Code::new()
        .raw(&[0xff, 0x25])
        .field(X86GotRel32, 4, give, -4)
        .raw(&[0xcc]);
    let jump = program.atom("jump", Section::Text, jump);
    let code = Code::new()
        // movabs rax, word
        .raw(&[0x48, 0xb8])
        .field(Abs64, 8, word, 0)
        .expect_at_rax(0x5eed, 1)
        // mov eax, word
        .raw(&[0xb8])
        .field(Abs32, 4, word, 0)
        .expect_at_rax(0x5eed, 2)
        // mov rax, sign-extended word
        .raw(&[0x48, 0xc7, 0xc0])
        .field(X86Abs32Signed, 4, word, 0)
        .expect_at_rax(0x5eed, 3)
        // lea rax, [rip + word]
        .raw(&[0x48, 0x8d, 0x05])
        .field(Rel32, 4, word, -4)
        .expect_at_rax(0x5eed, 4)
        // lea rax, [rip + distance]; add rax, [rax]
        .raw(&[0x48, 0x8d, 0x05])
        .field(Rel32, 4, distance, -4)
        .raw(&[0x48, 0x03, 0x00])
        .expect_at_rax(0x5eed, 5)
        // mov rax, [rip + slot of word], which becomes lea
        .raw(&[0x48, 0x8b, 0x05])
        .field(X86GotRel32, 4, word, -4)
        .expect_at_rax(0x5eed, 6)
        // mov r9, [rip + slot of word]; mov rax, r9
        .raw(&[0x4c, 0x8b, 0x0d])
        .field(X86GotRel32, 4, word, -4)
        .raw(&[0x4c, 0x89, 0xc8])
        .expect_at_rax(0x5eed, 7)
        // mov rax, [rip + slot of small], which becomes an immediate
        .raw(&[0x48, 0x8b, 0x05])
        .field(X86GotRel32, 4, small, -4)
        .expect_rax(0x1234_5678, 8)
        // the same through r9
        .raw(&[0x4c, 0x8b, 0x0d])
        .field(X86GotRel32, 4, negative, -4)
        .raw(&[0x4c, 0x89, 0xc8])
        .expect_rax(0xffff_ffff_8000_0000, 9)
        // mov rax, [rip + slot of large], which keeps its slot
        .raw(&[0x48, 0x8b, 0x05])
        .field(X86GotRel32, 4, large, -4)
        .expect_rax(0x1234_5678_9abc, 10)
        // add rax, [rip + slot of word], which can't be rewritten
        .raw(&[0x31, 0xc0, 0x48, 0x03, 0x05])
        .field(X86GotRel32, 4, word, -4)
        .expect_at_rax(0x5eed, 11)
        // call [rip + slot of give], which becomes a direct call
        .raw(&[0xff, 0x15])
        .field(X86GotRel32, 4, give, -4)
        .expect_at_rax(0x5eed, 12)
        // call jump
        .raw(&[0xe8])
        .field(Rel32, 4, jump, -4)
        .expect_at_rax(0x5eed, 13)
        .exit(0);
    program.atom("_start", Section::Text, code);
    let output = program.link();
    expect_status(Machine::X86_64, &output.bytes, 0);
    // `word` for the addition and `large`; everything else does without a slot.
    assert_eq!(
        output.map.total(Origin::Linker, ".got"),
        16,
        "{}",
        output.map
    );
}

/// Reads a word from a memory at 4 GiB, and writes to pages of it that aren't in the file.
#[test]
fn fixed_segment_above_4_gib() {
    const MEMORY: u64 = 0x1_0000_0000;
    for leading in [0, 0x30_0000] {
        let mut program = Program::new(Machine::X86_64);
        program.fixed(
            "memory",
            MEMORY,
            0x100_0000,
            &[
                (leading + 8, &0xfeed_u32.to_le_bytes()),
                (0x80_0000, &0xbeef_u32.to_le_bytes()),
            ],
        );
        let mut code = Code::new();
        for (offset, word) in [(leading + 8, 0xfeed), (0x80_0000, 0xbeef), (0xff_fffc, 0)] {
            code = code
                .raw(&[0x48, 0xb8])
                .raw(&(MEMORY + offset).to_le_bytes())
                .expect_at_rax(word, 1);
        }
        for offset in [0, leading, 0x1f_f000, 0x50_0000, 0xff_fffc] {
            // movabs rax; mov dword [rax], 7
            code = code
                .raw(&[0x48, 0xb8])
                .raw(&(MEMORY + offset).to_le_bytes())
                .raw(&[0xc7, 0x00, 7, 0, 0, 0])
                .expect_at_rax(7, 2);
        }
        program.atom("_start", Section::Text, code.exit(0));
        let output = program.link();
        assert!(output.bytes.len() < 0x5000, "{:#x}", output.bytes.len());
        expect_status(Machine::X86_64, &output.bytes, 0);
    }
}

/// The same on aarch64, where the segment lies above what `adrp` reaches.
#[test]
fn fixed_segment_above_4_gib_on_aarch64() {
    const MEMORY: u64 = 0x4_0000_0000;
    let mut program = Program::new(Machine::Aarch64);
    let contents: [(u64, &[u8]); 2] = [(0x10_0008, &[0xed, 0xfe, 0, 0]), (0x80_0000, &[1; 5000])];
    program.fixed("memory", MEMORY, 0x100_0000, &contents);
    let memory = program.absolute("memory", MEMORY);
    let code = Code::new()
        .instruction(0x9000_0000, Aarch64GotPage21, memory, 0)
        .instruction(0xf940_0000, Aarch64GotLoad64Lo12, memory, 0)
        // add x1, x0, #0x100, lsl #12; ldr w2, [x1, #8]; str x2, [x0]; str x2, [x1, #0x2000]
        .words(&[0x9144_0001, 0xb940_0822, 0xf900_0002, 0xf910_0022])
        // add x1, x0, #0xf00, lsl #12; str x2, [x1]; ldr x3, [x1]; ldr x4, [x0]
        .words(&[0x917c_0001, 0xf900_0022, 0xf940_0023, 0xf940_0004])
        // eor x3, x3, x4; movz w5, #0xfeed; sub w2, w2, w5; orr x0, x2, x3; mov x8, #93; svc #0
        .words(&[
            0xca04_0063,
            0x529f_dda5,
            0x4b05_0042,
            0xaa03_0040,
            0xd280_0ba8,
            0xd400_0001,
        ]);
    program.atom("_start", Section::Text, code);
    let output = program.link();
    expect_status(Machine::Aarch64, &output.bytes, 0);
    assert_eq!(output.map.total(Origin::Linker, ".got"), 8);
}

/// `.data` and `.bss` follow a fixed block in its mapping, and the text follows them.
#[test]
fn data_after_a_fixed_block() {
    let mut program = Program::new(Machine::X86_64);
    program.fixed(
        "block",
        0x1_0000,
        0x20,
        &[(0, &1u32.to_le_bytes()), (0x18, &2u32.to_le_bytes())],
    );
    program.input.layout.data_after = Some(0);
    program.input.layout.text_base = TextBase::AfterData;
    let data = program.bytes("data", Section::Data, &3u32.to_le_bytes());
    let bss = program.zero("bss", Section::Bss, 0x3000);
    let mut code = Code::new();
    for (symbol, offset, word) in [
        (data, 0, 3),
        (bss, 0, 0),
        (bss, 0x2ffc, 0),
        (data, -0x20, 1),
        (data, -8, 2),
    ] {
        code = code
            .raw(&[0x48, 0xc7, 0xc0])
            .field(X86Abs32Signed, 4, symbol, offset)
            .expect_at_rax(word, 1);
    }
    for offset in [0, 0x2ffc] {
        code = code
            .raw(&[0x48, 0xc7, 0xc0])
            .field(X86Abs32Signed, 4, bss, offset)
            .raw(&[0xc7, 0x00, 7, 0, 0, 0])
            .expect_at_rax(7, 2);
    }
    program.atom("_start", Section::Text, code.exit(0));
    let output = program.link();
    expect_status(Machine::X86_64, &output.bytes, 0);
    let at = |name: &str| {
        output
            .map
            .entries
            .iter()
            .find(|entry| entry.name == name)
            .unwrap()
            .address
    };
    assert_eq!((at("data"), at("bss")), (0x1_0020, 0x1_0030));
    assert!(at("_start") > 0x1_4000 && at("_start") < 0x1_5000);
}

/// Own `.data` and `.bss` after the text, small and large.
#[test]
fn data_after_the_text() {
    for (data_size, bss_size) in [(8, 0), (0, 8), (8, 0x10_0000), (0x1_2345, 100)] {
        let mut program = Program::new(Machine::X86_64);
        let bytes = vec![9; data_size];
        let mut code = Code::new();
        if data_size > 0 {
            let data = program.bytes("data", Section::Data, &bytes);
            for offset in [0, data_size as i64 - 4] {
                code = code
                    .raw(&[0x48, 0xc7, 0xc0])
                    .field(X86Abs32Signed, 4, data, offset)
                    .expect_at_rax(0x0909_0909, 1)
                    .raw(&[0xfe, 0x00]);
            }
        }
        if bss_size > 0 {
            let bss = program.zero("bss", Section::Bss, bss_size);
            for offset in [0, bss_size as i64 - 4] {
                code = code
                    .raw(&[0x48, 0xc7, 0xc0])
                    .field(X86Abs32Signed, 4, bss, offset)
                    .expect_at_rax(0, 2)
                    .raw(&[0xfe, 0x00]);
            }
        }
        program.atom("_start", Section::Text, code.exit(0));
        expect_status(Machine::X86_64, &program.link().bytes, 0);
    }
}

/// A table of function addresses in a fixed segment: its targets are kept, its fields filled in.
#[test]
fn a_fixed_segment_refers_to_functions() {
    let mut program = Program::new(Machine::X86_64);
    let callee = Code::new().raw(&[0xb8, 42, 0, 0, 0, 0xc3]);
    let callee = program.atom("callee", Section::Text, callee);
    program.fixed("table", 0x7000_0000, 0x10_0000, &[]);
    program.input.fixed[0].relocations.push(Relocation {
        offset: 0x8_0008,
        kind: Abs64,
        target: callee,
        addend: 0,
    });
    // call [0x70080008]; mov edi, eax; mov eax, 60; syscall
    let code = Code::new()
        .raw(&[0xff, 0x14, 0x25, 0x08, 0x00, 0x08, 0x70])
        .raw(&[0x89, 0xc7, 0xb8, 60, 0, 0, 0, 0x0f, 0x05]);
    program.atom("_start", Section::Text, code);
    expect_status(Machine::X86_64, &program.link().bytes, 42);
}

/// Text that is larger than what shares a segment with its constants.
#[test]
fn a_large_image_has_its_constants_apart() {
    let mut program = hello();
    let large = program.bytes("large", Section::ReadOnly, &[1; 0x1_8000]);
    program.input.roots.push(large);
    let output = program.link();
    let ran = run(Machine::X86_64, &output.bytes);
    if let Some(ran) = ran {
        assert_eq!(ran.stdout, b"hello\n");
    }
    let at = |name: &str| {
        output
            .map
            .entries
            .iter()
            .find(|entry| entry.name == name)
            .unwrap()
    };
    assert!(at("_start").address > at("large").address + at("large").size);
    // The file has no padding to speak of: both segments share a page of it.
    assert!(
        output.bytes.len() < 0x1_8000 + 0x800,
        "{:#x}",
        output.bytes.len()
    );
}

/// The first segment has nothing in the file, and large pages lie between it and the text.
#[test]
fn anonymous_memory_comes_first() {
    for machine in MACHINES {
        let mut program = Program::new(machine);
        program.fixed("block", 0x1_0000, 0x4000, &[]);
        program.input.layout.data_after = Some(0);
        program.input.layout.text_base = TextBase::AfterData;
        let code = match machine {
            // mov dword [0x10000], 7; mov eax, 0x13ffc; add edi, [rax]; exit(0)
            Machine::X86_64 => Code::new()
                .raw(&[
                    0xc7, 0x04, 0x25, 0, 0, 1, 0, 7, 0, 0, 0, 0xb8, 0xfc, 0x3f, 1, 0,
                ])
                .expect_at_rax(0, 1)
                .exit(0),
            // movz x0, #1, lsl #16; str x0, [x0]; ldr x1, [x0]; sub x0, x1, x0; exit(x0)
            Machine::Aarch64 => Code::new()
                .words(&[0xd2a0_0020, 0xf900_0000, 0xf940_0001])
                .words(&[0xcb00_0020, 0xd280_0ba8, 0xd400_0001]),
        };
        program.atom("_start", Section::Text, code);
        expect_status(machine, &program.link().bytes, 0);
    }
}

/// What the segments take is all that a program needs of its address space.
#[test]
fn a_small_address_space_is_enough() {
    use std::os::unix::fs::PermissionsExt;
    let mut program = hello();
    for index in 0..3 {
        program.fixed(
            "memory",
            (4 + 8 * index) << 30,
            0x40_0000,
            &[(0x20_0000, &[1; 100])],
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("program");
    std::fs::write(&path, program.link().bytes).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    if !cfg!(target_arch = "x86_64") {
        return;
    }
    let limited = |kib: u32| {
        let script = format!("ulimit -v {kib} && exec {}", path.display());
        loop {
            let ran = std::process::Command::new("sh")
                .args(["-c", &script])
                .output()
                .unwrap();
            // Another test's child still holds the file that was just written.
            if !String::from_utf8_lossy(&ran.stderr).contains("busy") {
                return ran;
            }
        }
    };
    assert_eq!(limited(65536).stdout, b"hello\n");
    assert_eq!(limited(16384).stdout, b"hello\n");
    // Three memories of 4 MiB don't fit in 8 MiB: the limit is in force.
    assert_eq!(limited(8192).stdout, b"");
}
