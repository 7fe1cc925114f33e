//! nanocc: an ahead-of-time compiler for composed WebAssembly components.
//!
//! [`pipeline`] is the list of stages; `ARCHITECTURE.md` is the map.

pub mod abi;
pub mod annex;
mod callgraph;
pub mod codegen;
pub mod compose;
pub mod consts;
pub mod emit;
pub mod error;
pub mod executable;
pub mod facts;
pub mod functions;
pub mod graph;
pub mod inline;
pub mod invoke;
pub mod lower;
pub mod moved;
pub mod note;
pub mod options;
pub mod pipeline;
pub mod plan;
pub mod policy;
pub mod program;
pub mod shim;
pub mod target;
pub mod traps;
pub mod types;
