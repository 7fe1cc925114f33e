//! `wasi:random`: the kernel's generator, asked each time.
//!
//! The shim keeps no random state. Whatever is copied (a process by `fork`, a machine by a snapshot)
//! would otherwise give the same numbers twice. The exception is [`insecure_seed`], which is to become a value that is imported: it stays as it is.

use core::cell::Cell;

use rustix::io::Errno;

use crate::guest::{Cx, NewList};
use crate::sys::{self, SingleThread};
use crate::trap::internal_error;

/// Fills `bytes` from the kernel.
pub fn fill(mut bytes: &mut [u8]) {
    while !bytes.is_empty() {
        // SAFETY: the kernel writes within the slice.
        let got = unsafe { sys::call::getrandom(bytes.as_mut_ptr().addr(), bytes.len()) };
        match sys::check(got) {
            Ok(n) => bytes = bytes.get_mut(n..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            // There is no answer but random bytes: Linux has the call since 3.17.
            Err(_) => internal_error("the kernel gives no random numbers"),
        }
    }
}

fn word() -> u64 {
    let mut bytes = [0; 8];
    fill(&mut bytes);
    u64::from_ne_bytes(bytes)
}

fn list(cx: &mut Cx, len: u64) -> NewList<u8> {
    let mut list = cx.list::<u8>(usize::try_from(len).unwrap_or(usize::MAX));
    fill(list.room(cx));
    list.advance(len as usize);
    list.finish(cx)
}

/// `wasi:random/random`.
#[allow(clippy::module_inception)] // the names are WIT's
pub mod random {
    use super::*;

    /// `get-random-bytes`.
    pub fn get_random_bytes(cx: &mut Cx, len: u64) -> NewList<u8> {
        list(cx, len)
    }

    /// `get-random-u64`.
    pub fn get_random_u64(_: &mut Cx) -> u64 {
        word()
    }
}

/// `wasi:random/insecure`: secure all the same.
pub mod insecure {
    use super::*;

    /// `get-insecure-random-bytes`.
    pub fn get_insecure_random_bytes(cx: &mut Cx, len: u64) -> NewList<u8> {
        list(cx, len)
    }

    /// `get-insecure-random-u64`.
    pub fn get_insecure_random_u64(_: &mut Cx) -> u64 {
        word()
    }
}

/// `wasi:random/insecure-seed`.
pub mod insecure_seed {
    use super::*;

    /// What the seeds are made of, once it was asked for.
    static KEY: SingleThread<Cell<Option<[u64; 2]>>> = SingleThread(Cell::new(None));

    /// The two halves of a product, one on the other: what came in can't be read off it.
    fn folded(a: u64, b: u64) -> u64 {
        let product = u128::from(a) * u128::from(b);
        product as u64 ^ (product >> 64) as u64
    }

    /// `insecure-seed`: always the same for an instance, and each has its own.
    pub fn insecure_seed(cx: &mut Cx) -> (u64, u64) {
        let [a, b] = KEY.0.get().unwrap_or_else(|| {
            let key = [word(), word()];
            KEY.0.set(Some(key));
            key
        });
        let instance = cx.instance().addr() as u64;
        (folded(a ^ instance, b), folded(b ^ instance, a))
    }
}
