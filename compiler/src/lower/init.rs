//! The ways into the program.
//!
//! A command's main function brings the core instances to life in order, and calls what the operating
//! system started the program for. A script has a function for each step instead; all have one
//! signature, with arguments and results in memory, so that who drives the script needs to know no other.
//!
//! Most of instantiation has happened already, in the image (`image.rs`). What is left for an
//! instance, in the order of the core specification: element segments, data segments, the start
//! function. A segment out of bounds traps at its place, after what precedes it.

use super::Env;
use super::adapter::set_may_enter;
use super::address::GuestMemory;
use super::builder::{Builder, Region};
use super::constants::Constant;
use super::globals;
use super::image;
use super::names::{Intrinsic, Name};
use super::signature::{c_signature_of, value_type};
use super::table::{GuestTable, element_bytes};
use crate::error::Result;
use crate::program::{
    Command, CoreInstance, Entry, InstanceId, Module, Program, SegmentMode, Step,
};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Endianness, Function, InstBuilder, MemFlagsData, UserFuncName, Value, types,
};
use cranelift_frontend::FunctionBuilderContext;
use nanocc_shim_abi::{self as abi, Trap};
use std::mem::offset_of;

/// Builds `nanocc_shim_abi::compiled::MAIN`: no parameters, an `I32` (0 for `ok`, 1 for `error`),
/// in the platform's C convention.
///
/// # Errors
///
/// [`crate::error::Error::Limit`] for segment offsets that take too long to evaluate.
pub fn lower_main(env: &Env<'_>) -> Result<Function> {
    let mut func = Function::with_name_signature(
        UserFuncName::User(Name::Main.encode()),
        c_signature_of(&[], Some(types::I32)),
    );
    let mut context = FunctionBuilderContext::new();
    let mut b = Builder::new(env, &mut func, &mut context);
    b.enter();
    for instance in env.program.instances.keys() {
        instantiate(&mut b, instance)?;
    }
    let Entry::Command(command) = &env.program.entry else {
        unreachable!("a script has no main function");
    };
    run(&mut b, command);
    b.finish();
    Ok(func)
}

/// The functions that the program is entered by.
pub fn entry_names(program: &Program<'_>) -> Vec<Name> {
    match &program.entry {
        Entry::Command(_) => vec![Name::Main],
        Entry::Script(steps) => (0..steps.len() as u32).map(Name::Step).collect(),
    }
}

/// Builds a step of a script: what `nanocc_shim_abi::Step` points at.
///
/// # Errors
///
/// As [`lower_main`].
pub fn lower_step(env: &Env<'_>, index: u32) -> Result<Function> {
    let mut func = Function::with_name_signature(
        UserFuncName::User(Name::Step(index).encode()),
        c_signature_of(&[types::I64, types::I64], None),
    );
    let mut context = FunctionBuilderContext::new();
    let mut b = Builder::new(env, &mut func, &mut context);
    let params = b.enter();
    let (args, results) = (params[0], params[1]);
    let program = env.program;
    // The slots are the driver's: no other access touches them.
    let flags = MemFlagsData::trusted().with_endianness(Endianness::Little);
    let slot = |index: usize| (index * abi::STEP_SLOT) as i32;
    let values = match program.entry.steps()[index as usize] {
        Step::Instantiate(instance) => {
            instantiate(&mut b, instance)?;
            Vec::new()
        }
        Step::InstantiateAll(first, count) => {
            let all = program.instances.keys().skip(first.as_u32() as usize);
            for instance in all.take(count as usize) {
                instantiate(&mut b, instance)?;
            }
            Vec::new()
        }
        Step::Call(callee) => {
            b.set_srcloc(env.source.location(callee, 0));
            let signature = &program.signatures[program.funcs[callee].sig];
            let args: Vec<Value> = signature
                .params
                .iter()
                .enumerate()
                .map(|(at, &ty)| b.ins().load(value_type(ty), flags, args, slot(at)))
                .collect();
            b.call_func(callee, &args)
        }
        Step::Read(global) => vec![globals::get(&mut b, global)],
        Step::ReadMemory(memory) => {
            let base = b.address_of(Name::MemoryBase(memory), false);
            vec![base, GuestMemory::new(memory).length_bytes(&mut b)]
        }
    };
    for (at, value) in values.into_iter().enumerate() {
        b.ins().store(flags, value, results, slot(at));
    }
    b.ins().return_(&[]);
    b.finish();
    Ok(func)
}

/// Brings an instance to life.
fn instantiate(b: &mut Builder<'_, '_>, instance: InstanceId) -> Result<()> {
    let program = b.env.program;
    let core = &program.instances[instance];
    let module = &program.modules[core.module];
    let location = b.env.source.instance(instance);
    b.set_srcloc(location);
    imports(b, core, module);
    elements(b, instance)?;
    data(b, instance)?;
    start(b, instance);
    Ok(())
}

/// Checks what the types of imports say about sizes, where those aren't known to be right.
fn imports(b: &mut Builder<'_, '_>, core: &CoreInstance, module: &Module<'_>) {
    let program = b.env.program;
    let tables = module.tables.iter().zip(&core.tables);
    for (needed, &id) in tables.take(module.imported.tables as usize) {
        if needed.initial > program.tables[id].ty.initial {
            let len = GuestTable::new(id).len(b);
            let least = b.ins().iconst(types::I32, i64::from(needed.initial));
            let small = b.ins().icmp(IntCC::UnsignedLessThan, len, least);
            b.trap_if(small, Trap::ImportTooSmall);
        }
    }
    let memories = module.memories.iter().zip(&core.memories);
    for (needed, &id) in memories.take(module.imported.memories as usize) {
        if needed.initial > program.memories[id].ty.initial {
            let bytes = GuestMemory::new(id).length_bytes(b);
            let least = u64::from(needed.initial) * abi::WASM_PAGE;
            let least = b.ins().iconst(types::I64, least as i64);
            let small = b.ins().icmp(IntCC::UnsignedLessThan, bytes, least);
            b.trap_if(small, Trap::ImportTooSmall);
        }
    }
}

/// Applies the active element segments that the image doesn't hold.
fn elements(b: &mut Builder<'_, '_>, instance: InstanceId) -> Result<()> {
    let program = b.env.program;
    let module = &program.modules[program.instances[instance].module];
    for (segment, element) in (0..).zip(&module.elements) {
        if let Some(to) = image::elements_destination(program, instance, segment)?
            && !image::elements_in_image(program, b.env.facts, instance, segment)?
        {
            let index = b.ins().iconst(types::I32, i64::from(to.offset));
            let count = b.ins().iconst(types::I32, element.items.len() as i64);
            let target = GuestTable::new(to.target).checked_range(b, index, count);
            let source = b.address_of(Name::Constant(Constant::Elements(instance, segment)), true);
            let bytes = element_bytes(b, count);
            b.call_intrinsic(Intrinsic::Memcpy, &[target, source, bytes]);
        }
        let flag = b.env.plan.dropped_elements.get(&(instance, segment));
        if let (Some(&flag), false) = (flag, matches!(element.mode, SegmentMode::Passive)) {
            b.drop_segment(flag);
        }
    }
    Ok(())
}

/// Applies the active data segments that the image doesn't hold.
fn data(b: &mut Builder<'_, '_>, instance: InstanceId) -> Result<()> {
    let program = b.env.program;
    let module = program.instances[instance].module;
    for (segment, data) in (0..).zip(&program.modules[module].data) {
        let Some(to) = image::data_destination(program, instance, segment)? else {
            continue;
        };
        if !image::data_in_image(program, instance, segment)? {
            let index = b.ins().iconst(types::I32, i64::from(to.offset));
            let len = b.ins().iconst(types::I64, data.bytes.len() as i64);
            let memory = GuestMemory::new(to.target);
            let target = memory.checked_range(b, index, len, Trap::MemoryOutOfBounds);
            let source = b.address_of(Name::Constant(Constant::Data(module, segment)), true);
            b.call_intrinsic(Intrinsic::Memcpy, &[target, source, len]);
        }
        if let Some(&flag) = b.env.plan.dropped_data.get(&(instance, segment)) {
            b.drop_segment(flag);
        }
    }
    Ok(())
}

/// Calls the start function, if there is one.
fn start(b: &mut Builder<'_, '_>, instance: InstanceId) {
    let core = &b.env.program.instances[instance];
    if let Some(start) = b.env.program.modules[core.module].start {
        b.call_func(core.funcs[start as usize], &[]);
    }
}

/// Calls `wasi:cli/run#run`, checks its result as a lift does, runs post-return, and returns.
fn run(b: &mut Builder<'_, '_>, entry: &Command) {
    let location = b.env.source.location(entry.callee, 0);
    b.set_srcloc(location);
    let entering = b.env.facts.entering(b.env.program, None, entry.component);
    set_may_enter(b, &entering, false);
    let result = b.call_func(entry.callee, &[])[0];
    let invalid = b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, result, 1);
    b.trap_if(invalid, Trap::InvalidDiscriminant);
    if let Some(post_return) = entry.post_return {
        // Post-return may not call out of its component instance.
        let may_leave =
            b.env.plan.components[entry.component] + offset_of!(abi::Instance, may_leave) as u64;
        let lock = b.env.facts.locks(entry.component);
        let flags = b.trusted(Region::Component(entry.component));
        if lock {
            let closed = b.ins().iconst(types::I32, 0);
            b.store_planned(flags, closed, may_leave);
        }
        b.call_func(post_return, &[result]);
        if lock {
            let open = b.ins().iconst(types::I32, 1);
            b.store_planned(flags, open, may_leave);
        }
    }
    b.ins().return_(&[result]);
}
