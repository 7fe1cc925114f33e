//! Graph: from a component's bytes to a [`Program`], by running every instantiation now.
//!
//! | file | does |
//! |---|---|
//! | `ast.rs` | reads and validates the binary: definitions, in order |
//! | `module.rs`, `scan.rs` | core modules and their bodies |
//! | `instantiate.rs` | runs definitions in order: components; `core.rs` core instances, `canon.rs` canonical definitions, `spaces.rs` imports and aliases |
//! | `limits.rs` | how large a program may unfold to |
//! | `types.rs` | evaluates type definitions to interned value types |
//! | `builtins.rs` | names of what is not compiled |
//! | `views.rs` | resource types as each component instance may know them |
//! | `script.rs` | the other way to a `Program`: core modules, linked by name, driven from outside |
//! | `host.rs` | what the root's imports mean: interfaces that the shim serves |
//! | `print.rs` | `--emit=graph` |
//!
//! A component's definitions are a straight-line program over immutable values (Explainer.md,
//! "Component Invariants": acyclic by construction), so instantiation needs no runtime: executing
//! the definitions in order, with a nested component as a closure over its outer index spaces,
//! gives each core instance its imports as program-wide ids. Resource types are made fresh at each
//! instantiation, exactly as the specification has it.

mod ast;
mod builtins;
mod host;
mod instantiate;
mod limits;
mod module;
mod print;
mod scan;
pub mod script;
mod types;
mod views;

use crate::error::Result;
use crate::invoke::Returned;
use crate::program::{Entry, Program};

pub(crate) use ast::parse_module;
pub use limits::Limits;
pub(crate) use module::empty as empty_module;

/// What becomes of an import that the host doesn't serve.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnknownImports {
    /// An error.
    #[default]
    Refuse,
    /// Its functions trap when they are called, and of its resources there are none.
    Trap,
}

/// Makes a `Program` of a component whose imports are all served.
///
/// # Errors
///
/// As [`build_with`].
pub fn build<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Program<'a>> {
    build_with(bytes, limits, UnknownImports::Refuse)
}

/// Makes a `Program` of a component.
///
/// # Errors
///
/// What doesn't validate, isn't supported, isn't served by the host, exceeds `limits`, or has
/// nothing to run.
pub fn build_with<'a>(
    bytes: &'a [u8],
    limits: &Limits,
    unknown_imports: UnknownImports,
) -> Result<Program<'a>> {
    instantiate::command(bytes, limits, unknown_imports)
}

/// Makes a `Program` that calls a function which a component exports, once: `call` is WAVE's text of the call, and the
/// descriptor that the result's bytes are to be written to. `arena` keeps what the program is made of.
///
/// # Errors
///
/// As [`build_with`]; [`Error::Call`](crate::error::Error::Call) for a text that isn't a call of this function, and what
/// [`script::Script::call`] refuses.
pub fn build_call<'a>(
    bytes: &'a [u8],
    limits: &Limits,
    unknown_imports: UnknownImports,
    arena: &'a script::Arena<'a>,
    call: (&str, i32),
) -> Result<(Program<'a>, Returned)> {
    instantiate::call(bytes, limits, unknown_imports, arena, call)
}

/// Reads and validates a component, and does nothing with it.
///
/// # Errors
///
/// What doesn't validate, and what isn't supported wherever it stands. (Most of that is an error only where
/// something uses it.)
pub fn validate(bytes: &[u8]) -> Result<()> {
    let mut program = Program::empty(Entry::Script(Vec::new()));
    ast::parse(bytes, &mut program).map(drop)
}
