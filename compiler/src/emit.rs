//! The later stages' products as a person or another tool reads them: IR and assembly as text, machine
//! code as a relocatable object.

use crate::codegen::{Compiled, symbol_name};
use crate::error::{Error, Result};
use crate::lower::names::Name;
use crate::plan::AddressPlan;
use crate::program::Program;
use crate::target::Target;
use cranelift_codegen::ir::Function;
use nanocc_linker::{Machine, RelocKind};
use object::write::{Object, Relocation, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationFlags, SectionKind, SymbolFlags, SymbolKind,
    SymbolScope, elf,
};
use std::collections::HashMap;
use std::fmt::Write;

/// A function's Cranelift IR, under its symbol. What it refers to is listed before it, since the IR's own
/// names are numbers.
pub fn clif(program: &Program<'_>, name: Name, func: &Function) -> String {
    let mut text = format!("; {}\n", symbol_name(program, name));
    for (reference, name) in func.params.user_named_funcs().iter() {
        if let Some(name) = Name::decode(name) {
            let _ = writeln!(text, ";   {reference} = {}", symbol_name(program, name));
        }
    }
    let _ = writeln!(text, "{}", func.display());
    text
}

/// The assembly of functions that were compiled with it.
pub fn assembly(compiled: &[Compiled]) -> String {
    let mut text = String::new();
    for function in compiled {
        let assembly = function.assembly.as_deref().unwrap_or_default();
        let _ = writeln!(text, "{}:\n{assembly}", function.symbol);
    }
    text
}

/// The functions as a relocatable ELF object, a section for each. What the linker would add (constants,
/// the program's state, the shim) is left undefined, memories are absolute symbols.
///
/// # Errors
///
/// [`Error::Codegen`] for a relocation that the format doesn't have: a defect of nanocc.
pub fn object(
    program: &Program<'_>,
    plan: &AddressPlan,
    target: &Target,
    compiled: &[Compiled],
) -> Result<Vec<u8>> {
    let architecture = match target.machine {
        Machine::X86_64 => Architecture::X86_64,
        Machine::Aarch64 => Architecture::Aarch64,
    };
    let mut file = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
    let mut symbols: HashMap<Name, SymbolId> = HashMap::new();
    let mut sections = Vec::with_capacity(compiled.len());
    for function in compiled {
        let name = format!(".text.{}", function.symbol).into_bytes();
        let section = file.add_section(Vec::new(), name, SectionKind::Text);
        file.append_section_data(section, &function.code, u64::from(function.align));
        let symbol = file.add_symbol(Symbol {
            name: function.symbol.clone().into_bytes(),
            value: 0,
            size: function.code.len() as u64,
            kind: SymbolKind::Text,
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(section),
            flags: SymbolFlags::None,
        });
        symbols.insert(function.name, symbol);
        sections.push(section);
    }
    for (function, section) in compiled.iter().zip(sections) {
        let defect = |message: String| Error::Codegen {
            func: function.symbol.clone(),
            message,
        };
        for relocation in &function.relocations {
            let symbol = *symbols.entry(relocation.target).or_insert_with(|| {
                let (section, kind, value) = match relocation.target {
                    Name::MemoryBase(memory) => {
                        let base = plan.memories[memory].base;
                        (SymbolSection::Absolute, SymbolKind::Data, base)
                    }
                    _ => (SymbolSection::Undefined, SymbolKind::Unknown, 0),
                };
                file.add_symbol(Symbol {
                    name: symbol_name(program, relocation.target).into_bytes(),
                    value,
                    size: 0,
                    kind,
                    scope: SymbolScope::Linkage,
                    weak: false,
                    section,
                    flags: SymbolFlags::None,
                })
            });
            let r_type = elf_kind(target.machine, relocation.kind)
                .ok_or_else(|| defect(format!("ELF has no relocation {}", relocation.kind)))?;
            file.add_relocation(
                section,
                Relocation {
                    offset: u64::from(relocation.offset),
                    symbol,
                    addend: relocation.addend,
                    flags: RelocationFlags::Elf { r_type },
                },
            )
            .map_err(|e| defect(e.to_string()))?;
        }
    }
    file.write().map_err(|e| Error::Codegen {
        func: "the object file".to_owned(),
        message: e.to_string(),
    })
}

/// The ELF relocation for what code generation asks for.
fn elf_kind(machine: Machine, kind: RelocKind) -> Option<elf::RelocationType> {
    Some(match (machine, kind) {
        (Machine::X86_64, RelocKind::Abs64) => elf::R_X86_64_64,
        (Machine::X86_64, RelocKind::Abs32) => elf::R_X86_64_32,
        (Machine::X86_64, RelocKind::Rel32) => elf::R_X86_64_PC32,
        (Machine::X86_64, RelocKind::X86GotRel32) => elf::R_X86_64_GOTPCREL,
        (Machine::Aarch64, RelocKind::Abs64) => elf::R_AARCH64_ABS64,
        (Machine::Aarch64, RelocKind::Abs32) => elf::R_AARCH64_ABS32,
        (Machine::Aarch64, RelocKind::Aarch64Branch26) => elf::R_AARCH64_CALL26,
        (Machine::Aarch64, RelocKind::Aarch64AdrPage21) => elf::R_AARCH64_ADR_PREL_PG_HI21,
        (Machine::Aarch64, RelocKind::Aarch64AddLo12) => elf::R_AARCH64_ADD_ABS_LO12_NC,
        (Machine::Aarch64, RelocKind::Aarch64GotPage21) => elf::R_AARCH64_ADR_GOT_PAGE,
        (Machine::Aarch64, RelocKind::Aarch64GotLoad64Lo12) => elf::R_AARCH64_LD64_GOT_LO12_NC,
        _ => return None,
    })
}
