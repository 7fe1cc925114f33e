//! The runtime shim: what an executable that nanocc makes needs from its operating system.
//!
//! It starts the program ([`start`]), reports traps ([`trap`]), keeps the handle tables of the
//! component instances ([`handles`]), grows memories and tables ([`memory`]), copies bytes
//! ([`bytes`], [`utf8`], [`transcode`]) and implements the interfaces of WASI 0.2 ([`host`]). The contract with
//! compiled code is the crate `nanocc_shim_abi`.
//!
//! The variant of the test suite (`--cfg nanocc_driver`) starts with [`driver`] instead, which runs a script's
//! steps one by one and survives their traps.
//!
//! What holds everywhere in it:
//!
//! * One thread. A program is one process with one thread, so the shim's own state is plain cells.
//! * No libc, no global allocator, no CPUID, no `/proc`, no `brk`. What it maps, it maps at explicit
//!   addresses in its own range.
//! * It trusts the compiler's tables, and no pointer, length or handle that a guest passes.
//! * No `core::fmt`: messages are put together from bytes, which keeps a small program small.
#![cfg_attr(not(test), no_std)]
// Without `_start` nothing in this crate calls some of it.
#![cfg_attr(any(test, not(nanocc_standalone)), allow(dead_code))]
#![deny(unsafe_op_in_unsafe_fn)]
#![warn(missing_docs)]

#[cfg(nanocc_unchecked)]
mod attempt;
pub mod bindings;
pub mod bytes;
pub mod checks;
pub mod clock;
#[cfg(all(any(nanocc_driver, not(nanocc_standalone)), not(test)))]
pub mod driver;
pub mod fence;
pub mod guest;
pub mod handles;
pub mod host;
pub mod loans;
pub mod memory;
pub mod program;
pub mod start;
pub mod sys;
pub mod transcode;
pub mod trap;
pub mod utf8;
mod vector;

#[cfg(test)]
mod guarded;

#[cfg(test)]
mod testing {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// Tests that use the shim's own state hold this: the state is made for one thread.
    pub fn lock() -> MutexGuard<'static, ()> {
        static LOCK: Mutex<()> = Mutex::new(());
        LOCK.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A panic is a bug of the shim's; the message would only make every program larger.
#[cfg(all(nanocc_standalone, not(test)))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    trap::internal_error("the runtime shim panicked")
}
