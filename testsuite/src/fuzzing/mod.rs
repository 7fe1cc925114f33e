//! Differential fuzzers: programs made at random, compiled by nanocc, executed, and compared with what
//! they do under wasmtime.

pub mod graphs;
