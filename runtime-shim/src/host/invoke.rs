//! The result of a call from outside, told to who has started the program (`nanocc run --invoke`).
//!
//! No interface: the only importer is the module that the compiler makes for the call, which passes the number of a
//! descriptor that the starting process has opened for this. So components have no way here.

use nanocc_shim_abi::Caller;
use rustix::io::Errno;

use crate::guest::{Cx, GuestSlice};
use crate::sys;
use crate::trap::internal_error;

/// `nanocc_shim_abi::REPORT`: writes a part of the caller's memory.
///
/// # Safety
///
/// As [`Cx::enter`].
#[unsafe(export_name = "nanocc:invoke/result#report")]
pub unsafe extern "C" fn report(caller: *const Caller, descriptor: u32, at: u32, len: u32) {
    // SAFETY: the caller's.
    let cx = unsafe { Cx::enter(caller) };
    let mut bytes = GuestSlice::<u8>::lift(&cx, at, len).bytes(&cx);
    while !bytes.is_empty() {
        // SAFETY: the kernel reads the slice. The starting process has opened the descriptor for this; if not, the kernel says so.
        let wrote = unsafe {
            sys::call::write_result(descriptor as usize, bytes.as_ptr().addr(), bytes.len())
        };
        match sys::check(wrote) {
            Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(_) => {
                internal_error("the call's result can't be told to who has started the program")
            }
        }
    }
}
