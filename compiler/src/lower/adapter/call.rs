//! The fused call: `canon lower` in the caller, `canon lift` in the callee.
//!
//! Isolation: parameters that don't fit registers, and results, lie behind pointers of which each
//! comes from one guest: the caller's arguments and return pointer from the caller, the area for
//! the callee's arguments from the callee's `realloc`, its results' pointer from the callee. Each
//! is checked here, alignment and range, against the memory of the side that it points into,
//! before anything is read or written through it (`GuestMemory::checked_range`).

use super::emit::Emit;
use super::handle;
use super::value::{Place, Route};
use crate::abi::{self, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};
use crate::error::Result;
use crate::lower::names::Intrinsic;
use crate::program::Adapter;
use crate::types::{FuncType, TypeId};
use cranelift_codegen::ir::Value;

/// Writes an adapter.
pub(super) fn adapter(emit: &mut Emit<'_, '_>, adapter: &Adapter, params: &[Value]) -> Result<()> {
    let (program, types) = (emit.env.program, emit.types());
    let Adapter {
        lower,
        lower_type,
        lift,
        lift_type,
        ..
    } = adapter;
    if program.signatures[program.funcs[emit.func].sig] != abi::lowered_signature(types, lower_type)
    {
        return Err(emit.malformed("the lowered function has another core type than the ABI's"));
    }
    if lower_type.params.len() != lift_type.params.len()
        || lower_type.result.is_some() != lift_type.result.is_some()
    {
        return Err(
            emit.malformed("the caller and the callee disagree about a function's parameters")
        );
    }

    emit.check_may_leave(lower.component);
    let entering = emit.enter(lower.component, lift.component);

    // Loans and borrowed handles last from here to the end of the call.
    let borrows = handle::borrows(program, lift_type, lift.component);
    let mark = borrows
        .nested
        .then(|| emit.intrinsic(Intrinsic::LoansMark, &[]));
    let entered = borrows.lowered.then(|| {
        let callee = emit.instance(lift.component);
        emit.intrinsic(Intrinsic::EnterCall, &[callee])
    });

    let there = Route {
        from: lower,
        to: lift,
        params: true,
    };
    let args = move_params(emit, &there, lower_type, lift_type, params)?;

    let signature = abi::lifted_signature(types, lift_type);
    let flat = emit.call_checked(
        adapter.callee,
        &signature.params,
        &signature.results,
        &args,
        "the lifted function",
    )?;

    if let Some(saved) = entered {
        let callee = emit.instance(lift.component);
        emit.call_intrinsic(Intrinsic::ExitCall, &[callee, saved]);
    }

    let back = Route {
        from: lift,
        to: lower,
        params: false,
    };
    let mut results = Vec::new();
    if let (Some(from), Some(to)) = (lift_type.result, lower_type.result) {
        move_result(emit, &back, from, &flat, to, params, &mut results)?;
    }

    if let Some(post_return) = adapter.post_return {
        emit.set_may_leave(lift.component, false);
        emit.call_checked(
            post_return,
            &signature.results,
            &[],
            &flat,
            "the post-return function",
        )?;
        emit.set_may_leave(lift.component, true);
    }
    emit.set_may_enter(&entering, true);
    emit.end_loans(lower.component, mark);
    emit.give(&results);
    Ok(())
}

/// Moves the parameters, and gives the arguments of the callee.
fn move_params(
    emit: &mut Emit<'_, '_>,
    route: &Route<'_>,
    from: &FuncType,
    to: &FuncType,
    params: &[Value],
) -> Result<Vec<Value>> {
    let types = emit.types();
    let spilled = |func: &FuncType| abi::flat_params(types, func).len() > MAX_FLAT_PARAMS;
    let param_types = |func: &FuncType| func.params.iter().map(|param| param.1).collect::<Vec<_>>();
    let (from_types, to_types) = (param_types(from), param_types(to));

    let source = if spilled(from) {
        let memory = emit.memory(route.from)?;
        let layout = emit.sized(abi::record(types, from_types.iter().copied()).1)?;
        emit.check_pointer(memory, params[0], layout);
        Place::Memory(params[0], 0)
    } else {
        // Without the return pointer, if there is one.
        Place::Flat(&params[..abi::flat_params(types, from).len()])
    };

    let spill = spilled(to);
    let locks = spill || to_types.iter().any(|&ty| handle::allocates(types, ty));
    if locks {
        emit.set_may_leave(route.to.component, false);
    }
    let mut args = Vec::new();
    let target = if spill {
        let memory = emit.memory(route.to)?;
        let layout = emit.sized(abi::record(types, to_types.iter().copied()).1)?;
        let size = emit.i32(layout.size);
        let area = emit.allocate(route.to, layout.align, size)?;
        emit.check_pointer(memory, area, layout);
        args.push(area);
        Some((area, 0))
    } else {
        None
    };
    emit.fields(route, &from_types, source, &to_types, target, &mut args)?;
    if locks {
        emit.set_may_leave(route.to.component, true);
    }
    Ok(args)
}

/// Moves the result, from the callee's core results to the caller's: to `out`, or to the return
/// pointer, which is the last of the adapter's `params`.
fn move_result(
    emit: &mut Emit<'_, '_>,
    route: &Route<'_>,
    from: TypeId,
    flat: &[Value],
    to: TypeId,
    params: &[Value],
    out: &mut Vec<Value>,
) -> Result<()> {
    let types = emit.types();
    let indirect = |ty: TypeId| abi::flatten(types, ty).len() > MAX_FLAT_RESULTS;

    let source = if indirect(from) {
        let memory = emit.memory(route.from)?;
        let layout = emit.sized(abi::layout(types, from))?;
        emit.check_pointer(memory, flat[0], layout);
        Place::Memory(flat[0], 0)
    } else {
        Place::Flat(flat)
    };
    let target = match params.last() {
        Some(&pointer) if indirect(to) => {
            let memory = emit.memory(route.to)?;
            let layout = emit.sized(abi::layout(types, to))?;
            emit.check_pointer(memory, pointer, layout);
            Some((pointer, 0))
        }
        _ => None,
    };
    let locks = handle::allocates(types, to);
    if locks {
        emit.set_may_leave(route.to.component, false);
    }
    emit.value(route, from, source, to, target, out)?;
    if locks {
        emit.set_may_leave(route.to.component, true);
    }
    Ok(())
}
