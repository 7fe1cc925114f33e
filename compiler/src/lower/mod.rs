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
use crate::options::Progress;
use crate::plan::AddressPlan;
use crate::program::{FuncKind, Program};
use cranelift_codegen::ir;
use cranelift_codegen::isa::TargetIsa;
use names::Name;
use rayon::prelude::*;

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

/// Lowers all of `names`, in parallel; the results are in the same order.
///
/// # Errors
///
/// The first function's, in that order, that needs what isn't supported.
pub fn run(
    env: &Env<'_>,
    names: Vec<Name>,
    progress: &dyn Progress,
) -> Result<Vec<(Name, ir::Function)>> {
    let results: Vec<Result<(Name, ir::Function)>> = names
        .into_par_iter()
        .map(|name| {
            let func = lower(env, name)?;
            progress.step();
            Ok((name, func))
        })
        .collect();
    results.into_iter().collect()
}

fn lower(env: &Env<'_>, name: Name) -> Result<ir::Function> {
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
