//! Address space: growing linear memories and tables, and what the shim maps for itself.
//!
//! The image is laid out with the address space after each memory left free, up to the memory's
//! maximum, so a memory grows by mapping pages right behind it; it never moves. `MAP_FIXED_NOREPLACE`
//! makes a mistake in the layout an error instead of a lost mapping. Pages come zeroed, and
//! `MAP_NORESERVE` leaves it to the guest to use them.
//!
//! The shim maps for itself only in its own range ([`ProgramInfo::shim_range`]): everywhere else might
//! be a guest's gap.
//!
//! [`ProgramInfo::shim_range`]: nanocc_shim_abi::ProgramInfo::shim_range

use core::cell::Cell;
use core::ffi::c_void;

use linux_raw_sys::general::{MAP_FIXED, MAP_FIXED_NOREPLACE};
use nanocc_shim_abi::{Instance, Memory, Quota, Table, WASM_PAGE, limit};
use rustix::io::Errno;

use crate::program::{address, info};
use crate::sys::{self, SingleThread};

/// What both functions return when they can't grow.
const FAILED: u32 = u32::MAX;

/// The largest page size of the architectures: everything is mapped in multiples of it.
const MAP_UNIT: usize = 65536;

/// Maps zeroed memory at exactly `at`, where nothing is mapped.
///
/// Linux knows `MAP_FIXED_NOREPLACE` since 4.17. User-mode emulators that don't (qemu before 8) take the
/// address as a hint, and refuse it, since they keep everything between the lowest and the highest
/// segment of the image for the program. There, nothing else can have been mapped, so `MAP_FIXED` is right.
fn map_at(at: *mut c_void, bytes: usize) -> Result<(), Errno> {
    let map = |fixed: u32| {
        // SAFETY: with `MAP_FIXED_NOREPLACE` the call touches no existing mapping; see above for `MAP_FIXED`.
        sys::check(unsafe { sys::call::mmap_data(at.addr(), bytes, fixed as usize) })
    };
    let got = map(MAP_FIXED_NOREPLACE)?;
    if got != at.addr() {
        // SAFETY: that mapping was made just now.
        unsafe { sys::call::munmap(got, bytes) };
        map(MAP_FIXED)?;
    }
    Ok(())
}

/// The quota of the instance whose memory or table grows.
///
/// # Safety
///
/// `instance` is the address of one of the program's, and no other reference to its quota is alive.
unsafe fn quota<'a>(instance: u64) -> &'a mut Quota {
    // SAFETY: the caller's.
    unsafe { &mut (*address(instance).cast::<Instance>()).quota }
}

/// `memory.grow`: the old size in pages, or `u32::MAX`. What the quota of the memory's instance doesn't allow is refused
/// as what the machine doesn't have.
///
/// # Safety
///
/// `memory` is one of the program's.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn nanocc_memory_grow(memory: *mut Memory, delta: u32) -> u32 {
    // SAFETY: the caller's.
    let memory = unsafe { &mut *memory };
    let old = (memory.bytes / WASM_PAGE) as u32;
    if delta == 0 {
        return old;
    }
    let more = u64::from(delta) * WASM_PAGE;
    if more > memory.max_bytes - memory.bytes {
        return FAILED;
    }
    // SAFETY: the instance is one of the program's.
    let quota = unsafe { quota(memory.instance) };
    if more > quota.memory {
        quota.refused |= limit::MEMORY;
        return FAILED;
    }
    if map_at(address(memory.base + memory.bytes), more as usize).is_err() {
        return FAILED;
    }
    quota.memory -= more;
    memory.bytes += more;
    old
}

/// `table.grow`: the old length, or `u32::MAX`. The image holds the elements up to `max_len`, zero.
///
/// # Safety
///
/// `table` is one of the program's.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn nanocc_table_grow(table: *mut Table, delta: u32, value: u64) -> u32 {
    // SAFETY: the caller's.
    let table = unsafe { &mut *table };
    let old = table.len;
    if delta > table.max_len - old {
        return FAILED;
    }
    // SAFETY: the instance is one of the program's.
    let quota = unsafe { quota(table.instance) };
    if u64::from(delta) > quota.elements {
        quota.refused |= limit::TABLE_ELEMENTS;
        return FAILED;
    }
    quota.elements -= u64::from(delta);
    let elements = address(table.base).cast::<u64>();
    for i in old..old + delta {
        // SAFETY: elements below `max_len` are the table's.
        unsafe { elements.wrapping_add(i as usize).write(value) };
    }
    table.len = old + delta;
    old
}

/// Bytes of the shim's range that are used up, from its start.
static USED: SingleThread<Cell<usize>> = SingleThread(Cell::new(0));

/// Maps `bytes` of zeroed memory for the shim, or `None` if there is no more.
pub fn map(bytes: usize) -> Option<*mut u8> {
    let size = bytes.checked_next_multiple_of(MAP_UNIT)?;
    let range = info();
    loop {
        let used = USED.0.get();
        if size > range.shim_range_len as usize - used {
            return None;
        }
        let at = address(range.shim_range + used as u64);
        match map_at(at, size) {
            Ok(()) => {
                USED.0.set(used + size);
                return Some(at.cast());
            }
            // The kernel's own mappings (vdso, stack) may lie there: step over.
            Err(Errno::EXIST) => USED
                .0
                .set(used + MAP_UNIT.min(range.shim_range_len as usize - used)),
            Err(_) => return None,
        }
    }
}

/// Gives back what [`map`] returned for this many bytes.
///
/// # Safety
///
/// Nothing uses the memory any more.
pub unsafe fn unmap(at: *mut u8, bytes: usize) {
    let size = bytes.next_multiple_of(MAP_UNIT);
    // SAFETY: the caller's.
    unsafe { sys::call::munmap(at.addr(), size) };
    let offset = at.addr() - info().shim_range as usize;
    if offset + size == USED.0.get() {
        USED.0.set(offset);
    }
}

#[cfg(test)]
mod tests;
