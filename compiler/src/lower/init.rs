//! The program's main function: it brings the core instances to life in order, and calls what the
//! operating system started the program for.
//!
//! Most of instantiation has happened already, in the image (`image.rs`). What is left for an
//! instance, in the order of the core specification: element segments, data segments, the start
//! function. A segment out of bounds traps at its place, after what precedes it.

use super::Env;
use super::address::GuestMemory;
use super::builder::{Builder, Region};
use super::constants::Constant;
use super::image;
use super::names::{Intrinsic, Name};
use super::signature::c_signature_of;
use super::table::{GuestTable, element_bytes};
use crate::error::Result;
use crate::program::InstanceId;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, InstBuilder, UserFuncName, types};
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
        b.set_srcloc(env.source.instance(instance));
        elements(&mut b, instance)?;
        data(&mut b, instance)?;
        start(&mut b, instance);
    }
    entry(&mut b);
    b.finish();
    Ok(func)
}

/// Applies the active element segments that the image doesn't hold.
fn elements(b: &mut Builder<'_, '_>, instance: InstanceId) -> Result<()> {
    let program = b.env.program;
    let module = &program.modules[program.instances[instance].module];
    for (segment, element) in (0..).zip(&module.elements) {
        let Some(to) = image::elements_destination(program, instance, segment)? else {
            continue;
        };
        if image::elements_in_image(program, b.env.facts, instance, segment)? {
            continue;
        }
        let index = b.ins().iconst(types::I32, i64::from(to.offset));
        let count = b.ins().iconst(types::I32, element.items.len() as i64);
        let target = GuestTable::new(to.target).checked_range(b, index, count);
        let source = b.address_of(Name::Constant(Constant::Elements(instance, segment)), true);
        let bytes = element_bytes(b, count);
        b.call_intrinsic(Intrinsic::Memcpy, &[target, source, bytes]);
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
        if image::data_in_image(program, instance, segment)? {
            continue;
        }
        let index = b.ins().iconst(types::I32, i64::from(to.offset));
        let len = b.ins().iconst(types::I64, data.bytes.len() as i64);
        let memory = GuestMemory::new(to.target);
        let target = memory.checked_range(b, index, len, Trap::MemoryOutOfBounds);
        let source = b.address_of(Name::Constant(Constant::Data(module, segment)), true);
        b.call_intrinsic(Intrinsic::Memcpy, &[target, source, len]);
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
fn entry(b: &mut Builder<'_, '_>) {
    let entry = &b.env.program.entry;
    let location = b.env.source.location(entry.callee, 0);
    b.set_srcloc(location);
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
