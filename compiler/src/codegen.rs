//! Code generation: from Cranelift IR to machine code, one function at a time, in parallel.
//!
//! A compiled function is plain data: bytes, what the linker has to fill in, and the entries of the
//! trap table. `executable.rs` makes atoms of it.
//!
//! # Where a trap is
//!
//! Cranelift says which source location each range of machine code has. That alone isn't exact: a load
//! that only feeds the next instruction becomes that instruction's memory operand, and so would trap
//! at its place. So compilation is split: Cranelift optimises, then
//! [`Places::settle`] looks for the loads that may be folded in this way and sees to it that their
//! location is found, then Cranelift generates code from the optimised function as it is.

mod cold;
mod places;

use crate::error::{Error, Result};
use crate::lower::Env;
use crate::lower::names::Name;
use crate::lower::traps::trap_of;
use crate::program::{FuncKind, Program, Step};
use crate::target::{OptLevel, Target};
use crate::traps::{Entry, printable};
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::Function;
use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use cranelift_codegen::{CompiledCode, Context, FinalizedRelocTarget, settings};
use nanocc_linker::RelocKind;
use places::Places;

/// A compiled function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// Which one it is.
    pub name: Name,
    /// Its symbol, unique in the program.
    pub symbol: String,
    /// The machine code.
    pub code: Vec<u8>,
    /// Of the code, in bytes.
    pub align: u32,
    /// What depends on the addresses of others, ascending.
    pub relocations: Vec<Relocation>,
    /// Where it may trap, and where it calls the shim; ascending.
    pub traps: Vec<Entry>,
    /// The assembly, where it was asked for.
    pub assembly: Option<String>,
}

/// A field of the code that holds an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relocation {
    /// Of the field, in bytes from the start of the code.
    pub offset: u32,
    pub kind: RelocKind,
    pub target: Name,
    pub addend: i64,
}

/// The least alignment of code, in bytes: what instruction fetch likes.
const CODE_ALIGN: u32 = 16;

/// What all threads share.
pub struct Compiler<'a> {
    env: &'a Env<'a>,
    optimising: OwnedTargetIsa,
    generating: OwnedTargetIsa,
    assembly: bool,
    places: bool,
}

impl<'a> Compiler<'a> {
    /// For code of `target`; `assembly`: as text too; `places`: with the source location of every instruction, not only of
    /// those that may stop the program.
    ///
    /// # Errors
    ///
    /// [`Error::Target`] where Cranelift has no code generator for the target.
    pub fn new(
        env: &'a Env<'a>,
        target: &Target,
        opt: OptLevel,
        assembly: bool,
        places: bool,
    ) -> Result<Compiler<'a>> {
        Ok(Compiler {
            env,
            optimising: target.isa(opt)?,
            generating: target.generating_isa(opt)?,
            assembly,
            places,
        })
    }

    /// One thread's part.
    pub fn worker(&self) -> Worker<'_> {
        Worker {
            compiler: self,
            context: Context::new(),
        }
    }
}

/// Compiles one function after the other.
pub struct Worker<'a> {
    compiler: &'a Compiler<'a>,
    /// Kept for its allocations.
    context: Context,
}

impl Worker<'_> {
    /// Compiles a function.
    ///
    /// # Errors
    ///
    /// [`Error::Codegen`] where Cranelift refuses the function or asks for something unknown: a defect of
    /// nanocc.
    pub fn compile(&mut self, name: Name, func: Function) -> Result<Compiled> {
        let Compiler {
            env,
            optimising,
            generating,
            assembly,
            places,
        } = self.compiler;
        let context = &mut self.context;
        context.clear();
        context.func = func;
        context.set_disasm(*assembly);
        let isas = (optimising.as_ref(), generating.as_ref());
        compile(context, name, env, isas, *places).map_err(|message| Error::Codegen {
            func: symbol_name(env.program, name),
            message,
        })
    }
}

/// Compiles the function in `context`.
fn compile(
    context: &mut Context,
    name: Name,
    env: &Env<'_>,
    (optimising, generating): (&dyn TargetIsa, &dyn TargetIsa),
    all_places: bool,
) -> Result<Compiled, String> {
    let mut control = ControlPlane::default();
    places::before_optimisation(&mut context.func);
    context
        .optimize(optimising, &mut control)
        .map_err(|e| format!("{e:?}"))?;
    // The jump back makes the code larger, so not where size counts too.
    if optimising.flags().opt_level() == settings::OptLevel::Speed {
        cold::lay_aside(&mut context.func);
    }
    let first = first_location(env, name);
    let places = Places::settle(&mut context.func, env.source, first);
    if all_places {
        Places::fill(&mut context.func);
    }
    context
        .compile(generating, &mut control)
        .map_err(|e| format!("{:?}", e.inner))?;
    let compiled = context.take_compiled_code().ok_or("no code")?;
    Ok(Compiled {
        name,
        symbol: symbol_name(env.program, name),
        align: compiled.buffer.alignment.max(CODE_ALIGN),
        relocations: relocations(&compiled, &context.func, name)?,
        traps: traps(&compiled, &context.func, &places, all_places)?,
        assembly: compiled.vcode.clone(),
        code: compiled.buffer.data().to_vec(),
    })
}

/// The location of a function's code that has none of its own: its prologue's.
pub fn first_location(env: &Env<'_>, name: Name) -> u32 {
    match name {
        Name::Func(func) | Name::Unchecked(func) | Name::Thunk(func) => env.source.first(func),
        Name::Step(index) => match env.program.entry.steps()[index as usize] {
            Step::Call(func) => env.source.first(func),
            Step::Instantiate(instance) | Step::InstantiateAll(instance, _) => {
                env.source.instance(instance).bits()
            }
            Step::Read(_) | Step::ReadMemory(_) => 0,
        },
        _ => 0,
    }
}

/// What the linker has to fill in.
fn relocations(
    compiled: &CompiledCode,
    func: &Function,
    own: Name,
) -> Result<Vec<Relocation>, String> {
    compiled
        .buffer
        .relocs()
        .iter()
        .map(|relocation| {
            let kind = match relocation.kind {
                Reloc::Abs4 => RelocKind::Abs32,
                Reloc::Abs8 => RelocKind::Abs64,
                Reloc::X86PCRel4 | Reloc::X86CallPCRel4 | Reloc::X86CallPLTRel4 => RelocKind::Rel32,
                Reloc::X86GOTPCRel4 => RelocKind::X86GotRel32,
                Reloc::Arm64Call => RelocKind::Aarch64Branch26,
                Reloc::Aarch64AdrGotPage21 => RelocKind::Aarch64GotPage21,
                Reloc::Aarch64Ld64GotLo12Nc => RelocKind::Aarch64GotLoad64Lo12,
                Reloc::Aarch64AdrPrelPgHi21 => RelocKind::Aarch64AdrPage21,
                Reloc::Aarch64AddAbsLo12Nc => RelocKind::Aarch64AddLo12,
                other => return Err(format!("it needs a relocation of kind {other:?}")),
            };
            let (target, addend) = match &relocation.target {
                FinalizedRelocTarget::ExternalName(external) => {
                    let name = Name::of(func, external)
                        .ok_or_else(|| format!("it refers to {external:?}"))?;
                    (name, relocation.addend)
                }
                FinalizedRelocTarget::Func(offset) => (own, relocation.addend + i64::from(*offset)),
            };
            Ok(Relocation {
                offset: relocation.offset,
                kind,
                target,
                addend,
            })
        })
        .collect()
}

/// Whether a call to `name` enters the shim, which may raise a trap then.
fn in_shim(name: Name) -> bool {
    matches!(name, Name::Intrinsic(_) | Name::HostSymbol(_))
}

/// The places where the code may stop: `all`, or those where it does so by itself.
fn traps(
    compiled: &CompiledCode,
    func: &Function,
    places: &Places,
    all: bool,
) -> Result<Vec<Entry>, String> {
    let buffer = &compiled.buffer;
    let ranges = buffer.get_srclocs_sorted();
    let location = |offset: u32| {
        let at = ranges.partition_point(|range| range.start <= offset);
        ranges[..at]
            .last()
            .filter(|range| offset < range.end && !range.loc.is_default())
            .map(|range| range.loc)
    };
    let mut entries = Vec::new();
    for trap in buffer.traps() {
        let known = trap_of(trap.code)
            .ok_or_else(|| format!("it traps with the unknown code {}", trap.code))?;
        let place = places.of_trap(location(trap.offset), trap.code);
        entries.push(Entry::trap(trap.offset, known, place));
    }

    // A direct call's field is the last four bytes of the instruction, on both machines. If the shim's
    // functions are also called through a register, any call that isn't direct may be such a call.
    let target = |offset: u32| {
        buffer
            .relocs()
            .iter()
            .find(|relocation| relocation.offset == offset)
            .and_then(|relocation| match &relocation.target {
                FinalizedRelocTarget::ExternalName(external) => Name::of(func, external),
                FinalizedRelocTarget::Func(_) => None,
            })
    };
    let mut direct = 0;
    let mut indirect = Vec::new();
    for site in buffer.call_sites() {
        let place = || places.of_call(location(site.ret_addr - 1));
        match site.ret_addr.checked_sub(4).and_then(&target) {
            Some(callee) if in_shim(callee) => {
                direct += 1;
                entries.push(Entry::call(site.ret_addr, place()));
            }
            Some(_) => {}
            None => indirect.push(Entry::call(site.ret_addr, place())),
        }
    }
    let references = buffer
        .relocs()
        .iter()
        .filter(|relocation| match &relocation.target {
            FinalizedRelocTarget::ExternalName(external) => {
                Name::of(func, external).is_some_and(in_shim)
            }
            FinalizedRelocTarget::Func(_) => false,
        })
        .count();
    if references > direct {
        entries.append(&mut indirect);
    }
    if all {
        // Between the ranges lies code without a location of its own.
        let mut end = 0;
        for range in ranges {
            if range.start > end {
                entries.push(Entry::place(end, places.of_call(None)));
            }
            let known = (!range.loc.is_default()).then_some(range.loc);
            entries.push(Entry::place(range.start, places.of_call(known)));
            end = range.end;
        }
        if (end as usize) < buffer.data().len() {
            entries.push(Entry::place(end, places.of_call(None)));
        }
    }
    entries.sort();
    entries.dedup();
    Ok(entries)
}

/// The symbol of a function: its component's path, its name, and its number, which makes it unique.
pub fn symbol_name(program: &Program<'_>, name: Name) -> String {
    let of = |func| {
        let path = &program.components[program.component_of(func)].path;
        let name = match &program.funcs[func].kind {
            FuncKind::Adapter(adapter) => format!("adapter:{}", adapter.name),
            FuncKind::Host(call) => format!("host:{}", call.symbol),
            _ => program.func_name(func),
        };
        let separator = if path.ends_with('/') { "" } else { "/" };
        printable(&format!("{path}{separator}{name}")) + &format!("#{}", func.as_u32())
    };
    match name {
        Name::Func(func) => of(func),
        Name::Unchecked(func) => format!("{}.unchecked", of(func)),
        Name::Thunk(func) => format!("{}.thunk", of(func)),
        Name::Caller(func) => format!("{}.caller", of(func)),
        Name::Intrinsic(which) => which.symbol().to_owned(),
        Name::HostSymbol(func) => match &program.funcs[func].kind {
            FuncKind::Host(call) => call.symbol.clone(),
            _ => program.func_name(func),
        },
        Name::Main => nanocc_shim_abi::compiled::MAIN.to_owned(),
        Name::Step(index) => format!("{}.{index}", nanocc_shim_abi::compiled::STEPS),
        Name::MemoryBase(memory) => format!("{memory}"),
        Name::Constant(constant) => format!("{constant:?}"),
    }
}
