//! Calls from outside: a component's function, with values that are known when compiling.
//!
//! # The problem
//!
//! A product is entered by `wasi:cli/run`. Tests and people also want to call a component's other functions, with strings,
//! records and lists, and see what comes back. Nothing but a component can do that, because a call of a component's
//! function is a lift and a lower, and those are between two memories.
//!
//! # The invariant
//!
//! **A call from outside is a call from a component.** There is a component instance, the *caller*, that has a memory with the
//! arguments in it, laid out when compiling, and a function for each call. What the call goes through is an
//! [`crate::program::Adapter`] as between any two components: its checks are those of products. The caller is a root
//! of its own, so that to the one that is called it is outside, as a host is.
//!
//! What a function has returned lies in the caller's memory afterwards; whoever has that memory reads the value.
//!
//! | file | does |
//! |---|---|
//! | `types.rs` | the types of such values |
//! | `encode.rs` | a value as core values, and bytes in the caller's memory |
//! | `decode.rs` | a value from the caller's memory |
//! | `caller.rs` | the caller's core module |
//!
//! Values are those of WAVE (the crate `wasm-wave`), the text form that command lines and messages use. A resource
//! has no such form: functions that take one can't be called so, and what returns one can be called, but not read.

pub(crate) mod caller;
pub(crate) mod decode;
pub(crate) mod encode;
mod types;

pub use decode::Reader;
pub(crate) use types::{params, signature};
pub use wasm_wave::value::{FuncType, Type, Value};
