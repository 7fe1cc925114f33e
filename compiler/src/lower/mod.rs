//! Lowering: from the program's functions to Cranelift IR, one function at a time.

pub mod adapter;
pub mod address;
pub mod builder;
pub mod constants;
pub mod globals;
pub mod image;
pub mod init;
pub mod names;
pub mod signature;
pub mod source;
pub mod table;
#[cfg(test)]
mod testing;
pub mod traps;
pub mod wasm;

use crate::error::Result;
use crate::facts::Facts;
use crate::plan::AddressPlan;
use crate::program::{FuncKind, Program};
use cranelift_codegen::ir;
use cranelift_codegen::isa::TargetIsa;
use names::Name;

/// What every lowering needs to see. Shared by all threads, never written.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    pub program: &'a Program<'a>,
    pub facts: &'a Facts,
    pub plan: &'a AddressPlan,
    pub source: &'a source::SourceMap,
    pub isa: &'a dyn TargetIsa,
}

/// What there is to lower: every reachable function, each trampoline's variant without the check,
/// the shim's ways into guest code, and the main function or the steps. Ascending by name.
pub fn names(env: &Env<'_>) -> Vec<Name> {
    let mut names = init::entry_names(env.program);
    for func in env.facts.reachable_funcs() {
        names.push(Name::Func(func));
        if names::has_unchecked(env, func) {
            names.push(Name::Unchecked(func));
        }
    }
    let thunks = adapter::thunks(env.program, env.facts);
    names.extend(thunks.into_iter().map(Name::Thunk));
    names.sort_unstable();
    names
}

/// Whether the function is a module's own; the others are of nanocc's making.
pub fn has_body(env: &Env<'_>, name: Name) -> bool {
    matches!(name, Name::Func(func) if env.program.body(func).is_some())
}

/// Lowers a function.
///
/// # Errors
///
/// [`crate::error::Error::Unsupported`] for what isn't supported, and where a limit is exceeded.
pub fn lower(env: &Env<'_>, name: Name) -> Result<ir::Function> {
    match name {
        Name::Main => init::lower_main(env),
        Name::Step(index) => init::lower_step(env, index),
        Name::Thunk(func) => adapter::lower_thunk(env, func),
        Name::Unchecked(func) => adapter::lower(env, func, adapter::Check::Nothing),
        Name::Func(func) => match env.program.funcs[func].kind {
            FuncKind::Wasm { .. } => wasm::lower(env, func),
            _ => adapter::lower(env, func, adapter::Check::MayLeave),
        },
        other => unreachable!("{other:?} names no function that is lowered"),
    }
}
