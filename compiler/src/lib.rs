//! nanocc: an ahead-of-time compiler for composed WebAssembly components.
pub mod abi;
pub mod codegen;
pub mod consts;
pub mod emit;
pub mod error;
pub mod executable;
pub mod facts;
pub mod graph;
pub mod inline;
pub mod lower;
pub mod plan;
pub mod policy;
pub mod program;
pub mod shim;
pub mod target;
pub mod traps;
pub mod types;
