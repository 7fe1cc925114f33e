//! The other trampolines: calls into the host, resource built-ins, and the shim's way into a guest.
//!
//! Isolation: nothing here touches a guest's memory. What the host does with it, it does by the
//! memory's descriptor in its `nanocc_shim_abi::Caller` and checks by itself.

use super::emit::{self, Emit};
use super::{Check, Copying};
use crate::abi;
use crate::error::Result;
use crate::lower::Env;
use crate::lower::names::{Intrinsic, Name};
use crate::lower::signature::{c_signature, c_signature_of, value_type};
use crate::program::{ComponentId, FuncId, HostCall, Resource, ResourceId, UnservedCall, ValType};
use cranelift_codegen::ir::{self, InstBuilder, Value, types};
use nanocc_shim_abi::Trap;

/// `canon lower` of a function that the host serves.
pub(super) fn host(emit: &mut Emit<'_, '_>, call: &HostCall, params: &[Value]) -> Result<()> {
    let program = emit.env.program;
    let core = abi::lowered_signature(emit.types(), &call.ty);
    if program.signatures[program.funcs[emit.func].sig] != core {
        return Err(emit.malformed("the host function has another core type than the ABI's"));
    }
    emit.check_may_leave(call.lower.component);
    let result = core.results.first().map(|&ty| value_type(ty));
    let result = call_host(emit, params, result);
    emit.give(result.as_slice());
    Ok(())
}

/// `canon lower` of a function that nobody serves.
pub(super) fn unserved(emit: &mut Emit<'_, '_>, call: &UnservedCall) -> Result<()> {
    emit.check_may_leave(call.component);
    emit.trap(Trap::UnknownImport);
    Ok(())
}

/// Calls the host function behind this trampoline: the `Caller`, then the core parameters.
fn call_host(emit: &mut Emit<'_, '_>, params: &[Value], result: Option<ir::Type>) -> Option<Value> {
    let func = emit.func;
    let caller = emit.address_of(Name::Caller(func), true);
    let mut args = vec![caller];
    args.extend(params);
    let types: Vec<ir::Type> = args
        .iter()
        .map(|&arg| emit.func_ir().dfg.value_type(arg))
        .collect();
    let host = emit.import(Name::HostSymbol(func), true, || {
        c_signature_of(&types, result)
    });
    let call = emit.ins().call(host, &args);
    emit.inst_results(call).first().copied()
}

/// `canon resource.new`.
pub(super) fn resource_new(
    emit: &mut Emit<'_, '_>,
    component: ComponentId,
    resource: ResourceId,
    params: &[Value],
) -> Result<()> {
    expect_signature(emit, &[ValType::I32], &[ValType::I32])?;
    emit.check_may_leave(component);
    let (instance, number) = (emit.instance(component), emit.resource(resource));
    let result = emit.intrinsic(Intrinsic::ResourceNew, &[instance, number, params[0]]);
    emit.give(&[result]);
    Ok(())
}

/// `canon resource.rep`, which doesn't leave the instance.
pub(super) fn resource_rep(
    emit: &mut Emit<'_, '_>,
    component: ComponentId,
    resource: ResourceId,
    params: &[Value],
) -> Result<()> {
    expect_signature(emit, &[ValType::I32], &[ValType::I32])?;
    let (instance, number) = (emit.instance(component), emit.resource(resource));
    let result = emit.intrinsic(Intrinsic::ResourceRep, &[instance, number, params[0]]);
    emit.give(&[result]);
    Ok(())
}

/// `canon resource.drop`: removes the handle, and runs the destructor of what it owned.
///
/// What is owned goes back to the instance that defines the resource, whether it has a destructor or not. That is
/// a call like any other (CanonicalABI.md, `canon resource.drop`): within the instance it is nothing special, from any other
/// it enters, and traps if it may not, also where nothing is to be run.
pub(super) fn resource_drop(
    emit: &mut Emit<'_, '_>,
    component: ComponentId,
    resource: ResourceId,
    params: &[Value],
) -> Result<()> {
    expect_signature(emit, &[ValType::I32], &[])?;
    emit.check_may_leave(component);
    let program = emit.env.program;
    let (owner, destructor) = match program.resources[program.definition(resource)] {
        Resource::Host { .. } => {
            call_host(emit, params, None);
            emit.give(&[]);
            return Ok(());
        }
        Resource::Guest {
            component,
            destructor,
            ..
        } => (component, destructor),
        // The shim finds no such handle.
        Resource::Unserved { .. } | Resource::View { .. } => (component, None),
    };
    let (instance, number) = (emit.instance(component), emit.resource(resource));
    let dropped = emit.intrinsic(Intrinsic::ResourceDrop, &[instance, number, params[0]]);
    let enters = !emit
        .env
        .facts
        .entering(program, Some(component), owner)
        .is_empty();
    if enters || destructor.is_some() {
        let (run, done) = (emit.create_block(), emit.create_block());
        let owned = emit.ins().ushr_imm_u(dropped, 32);
        emit.ins().brif(owned, run, &[], done, &[]);
        emit.switch_to_block(run);
        let entering = emit.enter(component, owner);
        if let Some(destructor) = destructor {
            let rep = emit.ins().ireduce(types::I32, dropped);
            emit.call_checked(destructor, &[ValType::I32], &[], &[rep], "the destructor")?;
        }
        emit.set_may_enter(&entering, true);
        emit.ins().jump(done, &[]);
        emit.switch_to_block(done);
    }
    emit.give(&[]);
    Ok(())
}

fn expect_signature(emit: &Emit<'_, '_>, params: &[ValType], results: &[ValType]) -> Result<()> {
    let program = emit.env.program;
    let signature = &program.signatures[program.funcs[emit.func].sig];
    if signature.params != params || signature.results != results {
        return Err(emit.malformed("a resource built-in has another core type than the ABI's"));
    }
    Ok(())
}

/// Lowers `Name::Thunk(func)`: a function of the platform's C convention that calls `func`, which
/// is a `realloc` option. The canonical ABI calls those while the component may not leave, so the
/// flag is cleared meanwhile, as in adapters.
///
/// # Errors
///
/// [`crate::error::Error::Malformed`] where `func` doesn't have the type of a `realloc`.
pub fn lower_thunk(env: &Env<'_>, func: FuncId) -> Result<ir::Function> {
    let program = env.program;
    let signature = c_signature(&program.signatures[program.funcs[func].sig]);
    emit::function(
        env,
        Name::Thunk(func),
        func,
        signature,
        Check::Nothing,
        Copying::Bulk,
        |emit, params| {
            let component = program.component_of(func);
            emit.set_may_leave(component, false);
            let results = emit.call_checked(
                func,
                &[ValType::I32; 4],
                &[ValType::I32],
                params,
                "`realloc`",
            )?;
            emit.set_may_leave(component, true);
            emit.give(&results);
            Ok(())
        },
    )
}
