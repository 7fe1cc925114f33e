//! Graphs of components made at random, executed by nanocc and by wasmtime.
//!
//! What is tested is wiring: which instance an import leads to, whose memory and state a call changes, which
//! resource type a handle is of, in which order instances come to life, and what is refused. A program is
//! WebAssembly text made by [`wiring`], [`leaf`] and [`calls`] of a seed; it writes a log of its calls, which has to be
//! the same, as has the way in which it ends. Some programs are changed ([`tree`]) so that validation has to refuse
//! most of them; both have to refuse the same ones.

mod calls;
mod leaf;
mod program;
mod run;
mod tree;
mod types;
mod wiring;

pub use program::program;
pub use run::{Bound, Report, again, run, text_of};
