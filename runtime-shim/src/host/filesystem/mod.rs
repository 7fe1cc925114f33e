//! `wasi:filesystem`.
//!
//! Authority enters with the preopened directories ([`preopens`]); whatever else a guest opens, it opens by a path beneath one
//! of them ([`resolve`]), with no more rights than that has ([`descriptor`]).
//!
//! Where the interface leaves something open it is as with wasmtime on Linux. What a read-only directory refuses is `read-only`, as the
//! interface says (wasmtime: `not-permitted`).

mod contents;
mod descriptor;
mod directory;
mod entries;
mod error;
mod path;
pub mod preopens;
pub mod resolve;
mod stat;
mod times;
pub mod types;

#[cfg(test)]
pub(in crate::host) mod tests;
