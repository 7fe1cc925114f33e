//! Trampolines: what stands between two components, and between a component and the host.
//!
//! # The problem
//!
//! A call from one component into another is a `canon lower` in the caller fused with a `canon lift`
//! in the callee. Their values lie in two memories that must never see each other, and every
//! pointer, length, discriminant and handle in them was written by a guest that trusts nobody and
//! that nobody trusts.
//!
//! # The invariant
//!
//! **Whatever the caller passes and the callee returns, an adapter reads only the memory of the side
//! that it lifts from and writes only the memory of the side that it lowers into, within its
//! length.** Both ends of each copy are checked, because the two numbers come from two guests: the
//! source's pointer and length from the one that calls (or returns), the target's pointer from the
//! other's `realloc` (or, for a return pointer, from the caller). Neither can vouch for the other.
//! All checks and all accesses are those of `lower/address.rs`: a range is checked there with the
//! memory's length now, before it is used, and an access to a part of it goes by the memory's
//! base and a 32-bit index again, so that even a defect here stays within the memory's slot.
//! Memories never shrink, so a range that was checked stays good while `realloc` runs.
//!
//! # Exactness
//!
//! The semantics are those of the canonical ABI (`CanonicalABI.md`, `canon_lift`, `canon_lower`,
//! `lift_flat_values`, `lower_flat_values`), with one freedom taken that nobody can observe: the
//! ABI lifts all values and then lowers all; here each value is lifted and lowered in turn. Between
//! the two only the target's `realloc` runs, which can't call out and can't touch the source's
//! memory; and a trap ends the program, or at least the instances that the call has entered. Where a component
//! calls itself the two may be one memory: its `realloc` can then change what hasn't been read yet, which the
//! component does to itself; every number is still read once and checked after that. Values keep no bits that the ABI doesn't let through:
//! padding is not copied, small integers are wrapped, flags are masked, `bool`s become 0 or 1.
//! The bits of a NaN are kept: the ABI has one NaN among its values ("Loading") and lets an implementation
//! choose the bits that it is lowered to, each time anew ("Storing", `maybe_scramble_nan32`), so that those
//! which it was lifted from are a choice.
//!
//! | file | what |
//! |---|---|
//! | `call.rs` | the fused call: flags, parameters, the call, results, post-return |
//! | `value.rs` | one value from one side to the other, flat or in memory |
//! | `list.rs`, `string.rs`, `handle.rs` | the values that need more than moving bits |
//! | `wide.rs` | lists whose elements are moved by masks |
//! | `shape.rs` | which types may be copied as bytes |
//! | `trampolines.rs` | host functions, resource built-ins, the shim's way into a `realloc` |
//! | `emit.rs` | writing IR: calls, traps, the accesses to memory |

mod call;
mod emit;
mod handle;
mod list;
mod shape;
mod string;
mod trampolines;
mod value;
mod wide;

#[cfg(test)]
mod tests;

use crate::error::{Error, Place, Result};
use crate::facts::Facts;
use crate::lower::Env;
use crate::program::{FuncId, FuncKind, Program, Resource};
use cranelift_codegen::ir;

pub(super) use emit::set_may_enter;
pub use trampolines::lower_thunk;

/// Whether a trampoline checks that its component instance may leave. The variant without is
/// `Name::Unchecked`, for callers that never run while the flag is cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// As the canonical ABI says, unless `facts` know that nothing can see the flag cleared.
    MayLeave,
    /// The caller knows that the flag is set.
    Nothing,
}

/// How values are moved whose bytes may be copied as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copying {
    /// Whole, after one check a side.
    Bulk,
    /// One at a time, like all others: the reference that tests compare [`Copying::Bulk`] with.
    ElementWise,
}

/// Lowers a trampoline (any function that isn't a module's) to Cranelift IR.
///
/// # Errors
///
/// [`Error::Unsupported`] for what the adapter's types need and nanocc doesn't do,
/// [`Error::Malformed`] where the two sides' types or the core signatures don't fit each other
/// (validation excludes it), [`Error::Limit`] for types of absurd size.
pub fn lower(env: &Env<'_>, func: FuncId, check: Check) -> Result<ir::Function> {
    lower_with(env, func, check, Copying::Bulk)
}

/// [`lower`] with a choice of how to copy.
///
/// # Errors
///
/// As [`lower`].
pub fn lower_with(
    env: &Env<'_>,
    func: FuncId,
    check: Check,
    copying: Copying,
) -> Result<ir::Function> {
    emit::trampoline(env, func, check, copying, |emit, params| {
        match &env.program.funcs[func].kind {
            FuncKind::Wasm { .. } => Err(emit.malformed("a module's function is no trampoline")),
            FuncKind::Adapter(adapter) => call::adapter(emit, adapter, params),
            FuncKind::Host(call) => trampolines::host(emit, call, params),
            FuncKind::Unserved(call) => trampolines::unserved(emit, call),
            FuncKind::ResourceNew {
                component,
                resource,
            } => trampolines::resource_new(emit, *component, *resource, params),
            FuncKind::ResourceRep {
                component,
                resource,
            } => trampolines::resource_rep(emit, *component, *resource, params),
            FuncKind::ResourceDrop {
                component,
                resource,
            } => trampolines::resource_drop(emit, *component, *resource, params),
        }
    })
}

/// Whether the trampoline takes the address of its `Name::Caller`: host functions, and drops of the
/// host's resources.
pub fn needs_caller(program: &Program<'_>, func: FuncId) -> bool {
    match program.funcs[func].kind {
        FuncKind::Host(_) => true,
        FuncKind::ResourceDrop { resource, .. } => {
            matches!(program.resources[resource], Resource::Host { .. })
        }
        _ => false,
    }
}

/// The functions that the shim calls through a `Name::Thunk`: the `realloc`s of the reachable host
/// calls, ascending.
pub fn thunks(program: &Program<'_>, facts: &Facts) -> Vec<FuncId> {
    let mut funcs: Vec<FuncId> = facts
        .reachable_funcs()
        .filter_map(|func| match &program.funcs[func].kind {
            FuncKind::Host(call) => call.lower.realloc,
            _ => None,
        })
        .collect();
    funcs.sort_unstable();
    funcs.dedup();
    funcs
}

/// The place of a trampoline, for errors.
fn place(env: &Env<'_>, func: FuncId) -> Place {
    let component = &env.program.components[env.program.component_of(func)];
    Place {
        component: Some(component.path.clone()),
        item: Some(env.program.func_name(func)),
        offset: None,
    }
}

/// A defect of the input that validation should have found.
fn malformed(env: &Env<'_>, func: FuncId, message: &str) -> Error {
    Error::Malformed {
        message: message.to_owned(),
        place: place(env, func),
    }
}
