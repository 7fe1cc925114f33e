//! Lowering: from the program's functions to Cranelift IR, one function at a time.

pub mod adapter;
pub mod address;
pub mod builder;
pub mod constants;
pub mod image;
pub mod init;
pub mod names;
pub mod signature;
pub mod source;
pub mod table;
pub mod traps;
pub mod wasm;

use crate::facts::Facts;
use crate::plan::AddressPlan;
use crate::program::Program;
use cranelift_codegen::isa::TargetIsa;

/// What every lowering needs to see. Shared by all threads, never written.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    pub program: &'a Program<'a>,
    pub facts: &'a Facts,
    pub plan: &'a AddressPlan,
    pub source: &'a source::SourceMap,
    pub isa: &'a dyn TargetIsa,
}
