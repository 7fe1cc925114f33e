//! Fuzzers that generate valid programs and compare what they do: with wasmtime, and with what a model of
//! the fuzzer's own says.

pub mod calls;
pub mod graphs;
pub mod modules;
pub mod values;
