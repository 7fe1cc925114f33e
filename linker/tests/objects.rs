//! Objects as compilers make them, for both machines, linked and run.
//!
//! They need clang, and qemu for the machine that this isn't.

mod common;

use common::*;
use nanocc_linker::*;

/// Checks that C compiled in several ways works: absolute addresses, the table of offsets, the large
/// code model (`movz` and `movk` on aarch64, 64-bit addresses on x86-64).
#[test]
fn c_in_every_code_model() {
    const BODY: &str = r#"
        typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32;
        typedef unsigned long u64;
        typedef struct { u64 low, high; } __attribute__((aligned(16))) pair;
        volatile u8 bytes[3] = {1, 2, 3};
        volatile u16 half = 0x1234;
        volatile u32 word = 0x12345678;
        volatile u64 quad = 0x123456789abcdef0;
        pair both = {5, 6};
        volatile int zero[1000];
        static const char *const names[] = {"one", "two", "three"};
        const int *const relro = (const int *)&word;
        extern __attribute__((weak)) int absent;
        extern __attribute__((weak)) int function_absent(void);
        extern const char __nanocc_text_start[], __nanocc_text_end[], __nanocc_bss_start[], __nanocc_bss_end[];
        __attribute__((noinline, weak)) int overridden(void) { return 1; }
        __attribute__((noinline)) int twice(int x) { __asm__(""); return x * 2; }
        int (*volatile pointer)(int) = twice;
        __attribute__((noinline)) static int choose(int x) {
            switch (x) {
                case 0: return twice(3); case 1: return 10; case 2: return word; case 3: return 7;
                case 4: return (int)(u64)names[x & 1]; case 5: return 12345; case 6: return half;
                default: return 0;
            }
        }
        static void fail(int status) { call3(EXIT, status, 0, 0); }
        void run(void) {
            if (bytes[1] != 2 || half != 0x1234 || word != 0x12345678) fail(1);
            if (quad != 0x123456789abcdef0) fail(2);
            pair copy = both;
            __asm__ volatile("" : "+m"(copy));
            if (copy.low != 5 || copy.high != 6) fail(3);
            for (int i = 0; i < 1000; i++) { if (zero[i]) fail(4); zero[i] = i; }
            volatile int index = 2;
            if (names[index][1] != 'h') fail(5);
            if (*relro != 0x12345678) fail(6);
            if (&absent || function_absent) fail(7);
            if (pointer(21) != 42) fail(8);
            index = 0;
            if (choose(index) != 6 || choose(index + 6) != 0x1234) fail(9);
            if (overridden() != 2) fail(10);
            const char *here = (const char *)run;
            if (here < __nanocc_text_start || here >= __nanocc_text_end) fail(11);
            if ((const char *)zero < __nanocc_bss_start || (const char *)(zero + 1000) > __nanocc_bss_end) fail(12);
            call3(WRITE, 1, (long)"done\n", 5);
            fail(0);
        }
        int unused_function(void) { extern int not_there(void); return not_there(); }
    "#;
    const OTHER: &str = "int overridden(void) { return 2; }";
    for machine in MACHINES {
        let source = format!("{}{BODY}", prelude(machine));
        let models: &[&[&str]] = match machine {
            Machine::X86_64 => &[
                &["-mcmodel=small"],
                &["-fPIC"],
                &["-fPIC", "-Wa,-mrelax-relocations=no"],
                &["-mcmodel=large"],
                &["-mcmodel=medium"],
                &["-fPIE", "-O2"],
                &["-O0"],
                &["-Oz"],
            ],
            Machine::Aarch64 => &[
                &["-mcmodel=small"],
                &["-fPIC"],
                &["-mcmodel=large"],
                &["-mcmodel=tiny"],
                &["-O0"],
                &["-O2", "-fPIE"],
            ],
        };
        for model in models {
            let Some(object) = compile(machine, "program.c", &source, model) else {
                return;
            };
            let Some(other) = compile(machine, "other.c", OTHER, model) else {
                return;
            };
            let mut program = Program::new(machine);
            program.object("program.o", object);
            program.object("other.o", other);
            let output = program.link();
            if let Some(ran) = run(machine, &output.bytes) {
                assert_eq!(ran.status.code(), Some(0), "{machine} {model:?} {ran:?}");
                assert_eq!(ran.stdout, b"done\n");
            }
            assert!(
                !output
                    .map
                    .entries
                    .iter()
                    .any(|e| e.name.contains("unused_function"))
            );
        }
    }
}

/// Every relocation that an aarch64 assembler makes and the linker knows, checked by running it.
#[test]
fn every_aarch64_relocation() {
    const SOURCE: &str = r#"
        .macro expect reg, number, status
            mov x9, #(\number & 0xffff)
            movk x9, #(\number >> 16 & 0xffff), lsl #16
            movk x9, #(\number >> 32 & 0xffff), lsl #32
            movk x9, #(\number >> 48 & 0xffff), lsl #48
            mov x0, #\status
            cmp \reg, x9
            b.ne fail_near
        .endm
        .section .text._start, "ax"
        .globl _start
        _start:
            adrp x1, table
            add x1, x1, :lo12:table
            ldr x2, [x1]
            expect x2, 0x1122334455667788, 1
            adrp x1, table
            ldr x2, [x1, :lo12:table]
            expect x2, 0x1122334455667788, 2
            adrp x1, table
            ldr w2, [x1, :lo12:table + 4]
            expect x2, 0x11223344, 3
            ldrh w2, [x1, :lo12:table + 6]
            expect x2, 0x1122, 4
            ldrb w2, [x1, :lo12:table + 7]
            expect x2, 0x11, 5
            ldr q0, [x1, :lo12:table + 16]
            mov x2, v0.d[1]
            expect x2, 0x99, 6
            adr x1, near
            ldr x2, [x1]
            expect x2, 0x7777, 7
            ldr x2, near
            expect x2, 0x7777, 8
            movz x1, #:abs_g3:table
            movk x1, #:abs_g2_nc:table
            movk x1, #:abs_g1_nc:table
            movk x1, #:abs_g0_nc:table
            ldr x2, [x1]
            expect x2, 0x1122334455667788, 9
            movz x1, #:abs_g1:table
            movk x1, #:abs_g0_nc:table
            ldr x2, [x1]
            expect x2, 0x1122334455667788, 10
            movz x1, #:abs_g0:tiny
            expect x1, 0x4321, 11
            movz x1, #:abs_g2:huge
            movk x1, #:abs_g1_nc:huge
            movk x1, #:abs_g0_nc:huge
            expect x1, 0x123456789abc, 12
            movz x1, #:abs_g0_s:minus
            expect x1, 0xfffffffffffffffe, 13
            movz x1, #:abs_g1_s:table
            movk x1, #:abs_g0_nc:table
            ldr x2, [x1]
            expect x2, 0x1122334455667788, 14
            movz x1, #:abs_g2_s:huge
            movk x1, #:abs_g1_nc:huge
            movk x1, #:abs_g0_nc:huge
            expect x1, 0x123456789abc, 15
            adrp x1, :got:table
            ldr x1, [x1, :got_lo12:table]
            ldr x2, [x1]
            expect x2, 0x1122334455667788, 16
            adrp x1, :got:huge
            ldr x1, [x1, :got_lo12:huge]
            expect x1, 0x123456789abc, 17
            adrp x1, absolutes
            add x1, x1, :lo12:absolutes
            ldr x2, [x1]
            ldr x2, [x2]
            expect x2, 0x1122334455667788, 18
            ldr w2, [x1, #8]
            ldr x2, [x2]
            expect x2, 0x1122334455667788, 19
            ldrsw x2, [x1, #12]
            add x2, x2, x1
            ldr x2, [x2, #12]
            expect x2, 0x1122334455667788, 20
            ldr x2, [x1, #16]
            add x2, x2, x1
            ldr x2, [x2, #16]
            expect x2, 0x1122334455667788, 21
            bl called
            expect x2, 0x5151, 22
            cmp x2, x2
            b.eq conditional
            mov x0, #23
            b fail
        back:
            adrp x1, :pg_hi21_nc:table
            ldr x2, [x1, :lo12:table]
            expect x2, 0x1122334455667788, 25
            mov x0, #0
            b fail
        fail_near:
            b fail
        .section .text.called, "ax"
        called: mov x2, #0x5151
            ret
        .section .text.conditional, "ax"
        conditional: mov x0, #24
            tbz x2, #1, tested
            b fail
        .section .text.tested, "ax"
        tested: cbnz x2, back
            b fail
        .section .text.fail, "ax"
        .globl fail
        fail: mov x8, #93
            svc #0
        .section .text.near, "ax"
        .p2align 3
        near: .quad 0x7777
        .section .data.table, "aw"
        .p2align 4
        .globl table
        table: .quad 0x1122334455667788, 0, 0, 0x99
        .section .rodata.absolutes, "a"
        .p2align 3
        absolutes: .quad table
            .word table
            .word table - .
            .quad table - .
    "#;
    let Some(object) = compile(Machine::Aarch64, "all.s", SOURCE, &[]) else {
        return;
    };
    let mut program = Program::new(Machine::Aarch64);
    program.object("all.o", object);
    program.absolute("tiny", 0x4321);
    program.absolute("huge", 0x1234_5678_9abc);
    program.absolute("minus", -2i64 as u64);
    let output = program.link();
    expect_status(Machine::Aarch64, &output.bytes, 0);
    // `huge` can't do without a slot. It keeps `table` from doing so in the same atom only if the
    // pairs weren't side by side, and they are.
    assert_eq!(
        output.map.total(Origin::Linker, ".got"),
        8,
        "{}",
        output.map
    );
}

/// One `adrp` for two loads: neither may be rewritten, or the other would lose its base.
#[test]
fn shared_page_addresses_keep_their_slots() {
    const SOURCE: &str = r#"
        .section .text._start, "ax"
        .globl _start
        _start:
            adrp x1, :got:word
            ldr x2, [x1, :got_lo12:word]
            ldr x3, [x1, :got_lo12:word]
            ldr w2, [x2]
            ldr w3, [x3]
            add x0, x2, x3
            mov x8, #93
            svc #0
        .section .data.word, "aw"
        .globl word
        .p2align 3
        .zero 0x28
        word: .word 21
    "#;
    let Some(object) = compile(Machine::Aarch64, "shared.s", SOURCE, &[]) else {
        return;
    };
    let mut program = Program::new(Machine::Aarch64);
    program.object("shared.o", object);
    let output = program.link();
    expect_status(Machine::Aarch64, &output.bytes, 42);
    assert_eq!(output.map.total(Origin::Linker, ".got"), 8);
}

/// A member of an archive is taken when it is needed, and only then.
#[test]
fn archives() {
    for machine in MACHINES {
        let start = format!(
            "{}int helper(int); void run(void) {{ call3(EXIT, helper(1), 0, 0); }}",
            prelude(machine)
        );
        let members = [
            (
                "a.c",
                "int unused(void) { extern int missing; return missing; } int twice;",
            ),
            ("b.c", "int deep(int x) { return x + 40; }"),
            (
                "c.c",
                "int deep(int); int helper(int x) { return deep(x) + 1; }",
            ),
            (
                "d.c",
                "__thread int tls = 1; int *get(void) { return &tls; }",
            ),
        ];
        let mut archive = b"!<arch>\n".to_vec();
        for (name, source) in members {
            let Some(bytes) = compile(machine, name, source, &[]) else {
                return;
            };
            let name = format!("{name}/");
            let size = bytes.len();
            archive.extend(
                format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644).bytes(),
            );
            archive.extend(&bytes);
            archive.resize(archive.len().next_multiple_of(2), b'\n');
        }
        let Some(start) = compile(machine, "start.c", &start, &[]) else {
            return;
        };
        let mut program = Program::new(machine);
        program.object("lib.a", archive);
        program.object("start.o", start);
        let output = program.link();
        expect_status(machine, &output.bytes, 42);
        assert_eq!(output.map.objects, ["start.o", "lib.a(c.c)", "lib.a(b.c)"]);
        // The caller's needs pull members too.
        let get = program.undefined("get");
        program.input.roots.push(get);
        assert!(
            matches!(program.error(), LinkError::Object { object, .. } if object == "lib.a(d.c)")
        );
    }
}

/// The executable has one copy of what several objects bring in groups.
#[test]
fn groups() {
    const SHARED: &str = r#"
        .section .text.shared, "axG", @progbits, shared, comdat
        .globl shared
        .type shared, @function
        shared: movl $42, %eax
            ret
    "#;
    let main = format!(
        "{SHARED}
        .section .text._start, \"ax\"
        .globl _start
        _start: call shared
            movl %eax, %edi
            movl $60, %eax
            syscall"
    );
    let Some(main) = compile(Machine::X86_64, "main.s", &main, &[]) else {
        return;
    };
    let Some(other) = compile(Machine::X86_64, "other.s", SHARED, &[]) else {
        return;
    };
    for order in [[0, 1], [1, 0]] {
        let objects = [("main.o", main.clone()), ("other.o", other.clone())];
        let mut program = Program::new(Machine::X86_64);
        for index in order {
            let (name, bytes) = &objects[index];
            program.object(name, bytes.clone());
        }
        let output = program.link();
        expect_status(Machine::X86_64, &output.bytes, 42);
        assert_eq!(
            output
                .map
                .entries
                .iter()
                .filter(|e| e.name == "shared")
                .count(),
            1
        );
    }
}

/// Of constants that share a section, those that nothing refers to are dropped, and the others are found: by
/// an address, from the instruction that reads them, in their middle, by a name, from data.
#[test]
fn constants_are_kept_one_by_one() {
    let source = |first: &str| {
        format!(
            r#"
        .section .text._start, "ax"
        .globl _start
        _start: movzbl {first}, %edi
            movl $.Lsecond + 1, %esi
            subb (%rsi), %dil
            movq pointer, %rsi
            addb (%rsi), %dil
            addb number, %dil
            movl $60, %eax
            syscall
        .section .rodata.str1.1, "aMS", @progbits, 1
        .Lnever: .asciz "never1"
        .Lfirst: .asciz "zfirst"
        .Lnever2: .asciz "never2"
        .Lsecond: .asciz "xbsecond"
        .Lthird: .asciz "third"
        .Lnever3: .asciz "never3"
        .section .rodata.cst8, "aM", @progbits, 8
        .quad 0x7265766572657265
        number: .quad 7
        .section .data.rel.ro.pointer, "aw"
        pointer: .quad .Lthird
    "#
        )
    };
    for (first, splits) in [(".Lfirst", true), (".Lfirst(%rip)", false)] {
        let Some(object) = compile(Machine::X86_64, "constants.s", &source(first), &[]) else {
            return;
        };
        let mut program = Program::new(Machine::X86_64);
        program.object("constants.o", object);
        program.input.strip = true;
        let output = program.link();
        expect_status(
            Machine::X86_64,
            &output.bytes,
            i32::from(b'z' - b'b') + 5 + 7,
        );
        let has = |text: &str| {
            output
                .bytes
                .windows(text.len())
                .any(|w| w == text.as_bytes())
        };
        assert!(has("zfirst") && has("xbsecond") && has("third"));
        assert!(!has("erever"), "a number");
        if splits {
            assert!(!has("never"));
        }
    }
}

/// What an object marks as to be kept is kept.
#[test]
fn retained_sections() {
    const SOURCE: &str = r#"
        .section .text._start, "ax"
        .globl _start
        _start: ret
        .section .rodata.kept, "aR"
        .long 1
        .section .rodata.dropped, "a"
        .long 2
    "#;
    let Some(object) = compile(Machine::X86_64, "retained.s", SOURCE, &[]) else {
        return;
    };
    let mut program = Program::new(Machine::X86_64);
    program.object("retained.o", object);
    let map = program.link().map;
    let kept = |name: &str| map.entries.iter().any(|entry| entry.name == name);
    assert!(kept(".rodata.kept") && !kept(".rodata.dropped"));
}

/// The caller's code and an object's call each other.
#[test]
fn the_callers_code_and_an_object() {
    let source = format!(
        "{}extern int compiled(int); extern int table[]; int doubled(int x) {{ return 2 * x; }}
        void run(void) {{ call3(EXIT, compiled(table[0]), 0, 0); }}",
        prelude(Machine::X86_64)
    );
    let Some(object) = compile(Machine::X86_64, "shim.c", &source, &["-fPIC"]) else {
        return;
    };
    let mut program = Program::new(Machine::X86_64);
    program.object("shim.o", object);
    let doubled = program.undefined("doubled");
    // compiled(x) = doubled(x) + 2, with x on both sides in edi.
    let code = Code::new()
        .raw(&[0x50, 0xe8])
        .field(RelocKind::Rel32, 4, doubled, -4)
        .raw(&[0x83, 0xc0, 2, 0x59, 0xc3]);
    program.atom("compiled", Section::Text, code);
    program.fixed("block", 0x1_0000, 8, &[(4, &[20, 0, 0, 0])]);
    program.absolute("table", 0x1_0004);
    program.input.layout.data_after = Some(0);
    program.input.layout.text_base = TextBase::AfterData;
    expect_status(Machine::X86_64, &program.link().bytes, 42);
}
