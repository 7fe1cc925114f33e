//! The promise that the filter of system calls rests on, checked in the machine code of the shim that goes into programs: every instruction
//! that enters the kernel lies in a function that makes one call, which has a symbol of its own, and the table knows which.
//!
//! x86-64's code is decoded function by function; on aarch64 an instruction is a word.

use iced_x86::{Code, Decoder, DecoderOptions, OpKind, Register};
use nanocc::policy::seccomp::ROWS;
use nanocc_linker::Machine;
use nanocc_shim_abi::{START_CALL, SYSTEM_CALL};
use object::{Object, ObjectSection, ObjectSymbol, SectionKind};
use std::collections::{BTreeMap, BTreeSet};

/// A section of code: what its symbols are called, and its bytes.
struct Function {
    /// Symbol and offset.
    symbols: Vec<(String, u64)>,
    section: String,
    bytes: Vec<u8>,
}

fn functions(object: &[u8]) -> Vec<Function> {
    let file = object::File::parse(object).unwrap();
    let mut symbols: BTreeMap<usize, Vec<(String, u64)>> = BTreeMap::new();
    for symbol in file.symbols().filter(|symbol| symbol.is_definition()) {
        if let Some(section) = symbol.section_index() {
            let name = symbol.name().unwrap().to_owned();
            // Mapping symbols say what is data; the shim's sections of code hold none.
            assert!(
                !name.starts_with("$d") || !is_text(&file, section),
                "data in code"
            );
            if !name.starts_with('$') && !name.is_empty() {
                symbols
                    .entry(section.0)
                    .or_default()
                    .push((name, symbol.address()));
            }
        }
    }
    file.sections()
        .filter(|section| section.kind() == SectionKind::Text)
        .map(|section| Function {
            symbols: symbols.remove(&section.index().0).unwrap_or_default(),
            section: section.name().unwrap().to_owned(),
            bytes: section.data().unwrap().to_vec(),
        })
        .collect()
}

fn is_text(file: &object::File<'_>, section: object::SectionIndex) -> bool {
    file.section_by_index(section).unwrap().kind() == SectionKind::Text
}

/// How often the code enters the kernel, and the numbers that it loads for that, where they are constants.
fn entries(machine: Machine, code: &[u8]) -> (usize, Vec<u32>) {
    let (mut entries, mut numbers) = (0, Vec::new());
    match machine {
        Machine::X86_64 => {
            for instruction in Decoder::with_ip(64, code, 0, DecoderOptions::NONE).iter() {
                assert!(
                    !instruction.is_invalid(),
                    "undecodable code at {:#x}",
                    instruction.ip()
                );
                let number = [Register::EAX, Register::RAX].contains(&instruction.op0_register());
                match instruction.code() {
                    Code::Syscall | Code::Sysenter | Code::Int_imm8 | Code::Int1 => entries += 1,
                    Code::Mov_r32_imm32 | Code::Mov_rm32_imm32 if number => {
                        numbers.push(instruction.immediate32());
                    }
                    Code::Pushq_imm8 => numbers.push(instruction.immediate8to64() as u32),
                    Code::Xor_r32_rm32 | Code::Xor_rm32_r32
                        if number
                            && instruction.op1_kind() == OpKind::Register
                            && instruction.op1_register() == Register::EAX =>
                    {
                        numbers.push(0);
                    }
                    _ => {}
                }
            }
        }
        Machine::Aarch64 => {
            for word in code
                .chunks_exact(4)
                .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
            {
                // `svc`, `hvc`, `smc` with any number.
                if word & 0xffe0_001c == 0xd400_0000 && word & 3 != 0 {
                    entries += 1;
                }
                // `movz` of w8 or x8.
                if word & 0x7fe0_001f == 0x5280_0008 {
                    numbers.push(word >> 5 & 0xffff);
                }
            }
        }
    }
    (entries, numbers)
}

/// What enters the kernel and isn't one of the calls: how programs return from signal handlers, which only
/// the test suite's do.
const RETURN: &str = "nanocc_rt_sigreturn";

fn shims() -> Vec<(Machine, &'static [u8])> {
    let shims = [Machine::X86_64, Machine::Aarch64];
    let shims = shims.map(|machine| Some((machine, nanocc::shim::object(machine, None).ok()?)));
    let shims: Vec<_> = shims.into_iter().flatten().collect();
    assert!(!shims.is_empty(), "no shim was built");
    shims
}

#[test]
fn every_system_call_is_a_function_of_its_own() {
    for (machine, object) in shims() {
        let mut found = BTreeSet::new();
        for function in functions(object) {
            let (entries, numbers) = entries(machine, &function.bytes);
            if entries == 0 {
                continue;
            }
            let [(symbol, 0)] = &function.symbols[..] else {
                panic!(
                    "{machine}: {} has the symbols {:?}",
                    function.section, function.symbols
                );
            };
            assert_eq!(entries, 1, "{machine}: {symbol}");
            if symbol == RETURN || symbol.starts_with(START_CALL) {
                continue;
            }
            let name = symbol.strip_prefix(SYSTEM_CALL);
            let name = name.unwrap_or_else(|| panic!("{machine}: `{symbol}` makes a system call"));
            let row = ROWS.iter().find(|row| row.symbol == name);
            let row = row.unwrap_or_else(|| panic!("{machine}: no row for `{name}`"));
            let number = row.call.number(machine);
            // The register is used for other things before.
            assert_eq!(numbers.last(), Some(&number), "{machine}: `{name}`");
            found.insert(name.to_owned());
        }
        let rows: BTreeSet<String> = ROWS.iter().map(|row| row.symbol.to_owned()).collect();
        assert_eq!(found, rows, "{machine}: the shim's calls, and the table's");
    }
}

/// The check above sees a system call where there is one.
#[test]
fn system_calls_are_seen() {
    let code = [0xb8, 0x2a, 0, 0, 0, 0x0f, 0x05, 0xc3];
    assert_eq!(entries(Machine::X86_64, &code), (1, vec![42]));
    assert_eq!(
        entries(Machine::X86_64, &[0x31, 0xc0, 0x0f, 0x05]),
        (1, vec![0])
    );
    assert_eq!(entries(Machine::X86_64, &[0xcd, 0x80]), (1, vec![]));
    // The same two bytes as a constant.
    assert_eq!(
        entries(Machine::X86_64, &[0xb9, 0x0f, 0x05, 0x0f, 0x05]),
        (0, vec![])
    );
    let words = [0x5280_0548u32, 0xd400_0001, 0xd65f_03c0];
    let code: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
    assert_eq!(entries(Machine::Aarch64, &code), (1, vec![42]));
}
