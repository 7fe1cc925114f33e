//! The handle tables of component instances.
//!
//! The canonical ABI (`definitions.py`, `Table` and `ResourceHandle`) gives each component instance
//! one table of handles for all of its resource types. Index 0 is never given out; a removed index
//! is the first to be given out again; an index is at most 2^28 - 1. A handle owns its resource or
//! borrows it; it counts the loans of it that are under way, and can't be removed while there are
//! any. Borrowed handles that came in with an export call have to be dropped before it returns: each says which call
//! that is (its scope: how many such calls run in the instance, one within the other, its own included), because an
//! instance may be entered again while it runs (it calls itself, or its child calls back). One counter
//! an instance ([`HandleTable::borrows`]) is that of the innermost scope, saved around calls by `nanocc_enter_call`; what an
//! inner call drops of an outer one's handles isn't counted, so a count that isn't 0 at the end is looked after in the table.
//!
//! # Layout
//!
//! A table's entries are one array of [`Entry`]; entry `i - 1` is handle `i`. The first entries come
//! from a small pool in `.bss`, so that a program with a few handles maps nothing and touches one
//! page; a table that outgrows its array moves to one twice as large, mapped in the shim's range.
//!
//! The functions named `nanocc_*` are compiled code's ([`nanocc_shim_abi::intrinsic`]); the others are
//! what the bindings of host functions call. All of them trap by themselves.

use core::cell::Cell;
use core::mem::size_of;

use nanocc_shim_abi::{HandleTable, Instance, Trap, limit};

use crate::memory;
use crate::program::address;
use crate::sys::SingleThread;
use crate::trap::raise;

/// The greatest handle index (canonical ABI: `Table.MAX_LENGTH`).
const MAX_INDEX: u32 = (1 << 28) - 1;

/// One handle, or a free index.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Resource type number plus one; 0 if the index is free.
    kind: u32,
    /// The representation; in a free entry the next free index, 0 for none.
    rep: u32,
    /// Loans under way.
    loans: u32,
    /// 0 for an owning handle; of a borrowed one the scope of the call that has to drop it, plus one.
    lent_to: u32,
}

const FREE: u32 = 0;

/// Entries of the pool, all tables together.
const POOL: usize = 64;
/// Entries of a table's first array.
const FIRST_CAPACITY: u32 = 8;
/// The smallest array that is mapped: a page on most machines.
const FIRST_MAPPED: u32 = 256;

struct Pool {
    used: Cell<usize>,
    entries: Cell<[Entry; POOL]>,
}

static POOL_STATE: SingleThread<Pool> = SingleThread(Pool {
    used: Cell::new(0),
    entries: Cell::new(
        [Entry {
            kind: FREE,
            rep: 0,
            loans: 0,
            lent_to: 0,
        }; POOL],
    ),
});

/// The pool's bytes as an address range, to tell its arrays from mapped ones.
fn pool_address() -> *mut Entry {
    POOL_STATE.0.entries.as_ptr().cast()
}

/// An array for `capacity` entries, zero; what it holds is exact for the pool and at least that
/// much for a mapping. `None` if the machine has no memory.
fn allocate(capacity: u32) -> Option<*mut Entry> {
    let used = POOL_STATE.0.used.get();
    if capacity as usize <= POOL - used {
        POOL_STATE.0.used.set(used + capacity as usize);
        return Some(pool_address().wrapping_add(used));
    }
    memory::map(capacity as usize * size_of::<Entry>()).map(|p| p.cast())
}

/// Gives back an array; the pool's stay used, they are small.
fn release(entries: *mut Entry, capacity: u32) {
    let offset = entries.addr().wrapping_sub(pool_address().addr());
    if capacity != 0 && offset >= POOL * size_of::<Entry>() {
        // SAFETY: the array was mapped by `allocate` with this capacity, and the table has left it.
        unsafe { memory::unmap(entries.cast(), capacity as usize * size_of::<Entry>()) };
    }
}

/// Moves the table to an array twice as large. `None` if there is none to be had.
fn grow(table: &mut HandleTable) -> Option<()> {
    let mut capacity = (table.capacity * 2).max(FIRST_CAPACITY);
    if capacity as usize > POOL - POOL_STATE.0.used.get() {
        capacity = capacity.max(FIRST_MAPPED);
    }
    let old = address(table.entries).cast::<Entry>();
    let new = allocate(capacity)?;
    // SAFETY: `old` holds `len` entries, `new` has room for more, and the arrays are distinct.
    unsafe { core::ptr::copy_nonoverlapping(old, new, table.len as usize) };
    release(old, table.capacity);
    table.entries = new.expose_provenance() as u64;
    table.capacity = capacity;
    Some(())
}

/// The entry of `index`, which is in `1..=len`.
fn slot(table: &HandleTable, index: u32) -> *mut Entry {
    address(table.entries)
        .cast::<Entry>()
        .wrapping_add(index as usize - 1)
}

/// The entry of a handle that a guest gave, if it is one.
fn find(table: &mut HandleTable, handle: u32) -> &mut Entry {
    if handle.wrapping_sub(1) < table.len {
        // SAFETY: the index is in range, the entries are initialised up to `len`, and the reference
        // lives no longer than the intrinsic that asked for it.
        let entry = unsafe { &mut *slot(table, handle) };
        if entry.kind != FREE {
            return entry;
        }
    }
    raise(Trap::UnknownHandle)
}

/// The same, checked to be of the resource type `ty`.
fn find_typed(table: &mut HandleTable, ty: u32, handle: u32) -> &mut Entry {
    let entry = find(table, handle);
    if entry.kind != ty + 1 {
        raise(Trap::HandleTypeMismatch);
    }
    entry
}

/// A new handle of the instance. Its table grows only where every index in it is taken, so its length is then how many
/// handles the instance has.
///
/// # Safety
///
/// As [`table`].
unsafe fn insert(instance: *mut Instance, entry: Entry) -> u32 {
    // SAFETY: the caller's.
    let table = unsafe { table(instance) };
    let index = table.free;
    if index != 0 {
        let at = slot(table, index);
        // SAFETY: the free list holds indexes in range.
        unsafe {
            table.free = (*at).rep;
            *at = entry;
        }
        return index;
    }
    // SAFETY: the caller's.
    let quota = unsafe { &mut (*instance).quota };
    if table.len >= quota.handles {
        quota.refused |= limit::HANDLES;
        raise(Trap::HandleTableFull);
    }
    if table.len >= MAX_INDEX || (table.len == table.capacity && grow(table).is_none()) {
        raise(Trap::HandleTableFull);
    }
    table.len += 1;
    // SAFETY: `len` is at most `capacity`.
    unsafe { *slot(table, table.len) = entry };
    table.len
}

/// Removes a handle that [`find`] found.
fn remove(table: &mut HandleTable, handle: u32) {
    let next = table.free;
    // SAFETY: the caller found the handle in this table.
    unsafe {
        *slot(table, handle) = Entry {
            kind: FREE,
            rep: next,
            loans: 0,
            lent_to: 0,
        }
    };
    table.free = handle;
}

/// The table of an instance.
///
/// # Safety
///
/// `instance` is one of the program's, and no other reference to its table is alive.
unsafe fn table<'a>(instance: *mut Instance) -> &'a mut HandleTable {
    // SAFETY: the caller's.
    unsafe { &mut (*instance).handles }
}

/// Lowers an `own`: a new owning handle of the resource type `ty`.
///
/// # Safety
///
/// `instance` is one of the program's.
pub unsafe fn lower_own(instance: *mut Instance, ty: u32, rep: u32) -> u32 {
    let entry = Entry {
        kind: ty + 1,
        rep,
        loans: 0,
        lent_to: 0,
    };
    // SAFETY: the caller's.
    unsafe { insert(instance, entry) }
}

/// Lifts an `own`: takes the handle away from the instance and returns the representation.
///
/// # Safety
///
/// As [`lower_own`].
pub unsafe fn lift_own(instance: *mut Instance, ty: u32, handle: u32) -> u32 {
    // SAFETY: the caller's.
    let table = unsafe { table(instance) };
    let Entry {
        rep,
        loans,
        lent_to,
        ..
    } = *find_typed(table, ty, handle);
    if loans != 0 {
        raise(Trap::HandleLent);
    }
    if lent_to != 0 {
        raise(Trap::HandleNotOwned);
    }
    remove(table, handle);
    rep
}

/// Lifts a `borrow` for a host function: the representation of an owning or a borrowed handle.
///
/// No loan is counted: all that a host function runs of a guest is `realloc`, and that can't call
/// out, so the handle is still there when the host function returns.
///
/// # Safety
///
/// As [`lower_own`].
pub unsafe fn lift_borrow_for_host(instance: *mut Instance, ty: u32, handle: u32) -> u32 {
    // SAFETY: the caller's.
    find_typed(unsafe { table(instance) }, ty, handle).rep
}

/// Drops a handle: the representation if it was owned, for its destructor.
///
/// # Safety
///
/// As [`lower_own`].
pub unsafe fn drop(instance: *mut Instance, ty: u32, handle: u32) -> Option<u32> {
    // SAFETY: the caller's.
    let table = unsafe { table(instance) };
    let Entry {
        rep,
        loans,
        lent_to,
        ..
    } = *find_typed(table, ty, handle);
    if loans != 0 {
        raise(Trap::HandleLent);
    }
    remove(table, handle);
    if lent_to == 0 {
        return Some(rep);
    }
    // SAFETY: the caller's.
    if lent_to == unsafe { (*instance).scope } + 1 {
        table.borrows -= 1;
    }
    None
}

/// `resource.new`.
///
/// # Safety
///
/// As [`lower_own`]; the same for the functions below.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn nanocc_resource_new(instance: *mut Instance, ty: u32, rep: u32) -> u32 {
    // SAFETY: the caller's.
    unsafe { lower_own(instance, ty, rep) }
}

/// `resource.rep`.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[allow(clippy::missing_safety_doc)] // as `nanocc_resource_new`
pub unsafe extern "C" fn nanocc_resource_rep(instance: *mut Instance, ty: u32, handle: u32) -> u32 {
    // SAFETY: the caller's.
    find_typed(unsafe { table(instance) }, ty, handle).rep
}

/// `resource.drop`: bit 32 says that the handle was owned; the low half is the representation.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[allow(clippy::missing_safety_doc)] // as `nanocc_resource_new`
pub unsafe extern "C" fn nanocc_resource_drop(
    instance: *mut Instance,
    ty: u32,
    handle: u32,
) -> u64 {
    // SAFETY: the caller's.
    match unsafe { drop(instance, ty, handle) } {
        Some(rep) => 1 << 32 | u64::from(rep),
        None => 0,
    }
}

/// Lifts an `own`.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[allow(clippy::missing_safety_doc)] // as `nanocc_resource_new`
pub unsafe extern "C" fn nanocc_lift_own(instance: *mut Instance, ty: u32, handle: u32) -> u32 {
    // SAFETY: the caller's.
    unsafe { lift_own(instance, ty, handle) }
}

/// Lifts a `borrow`, counting a loan.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[allow(clippy::missing_safety_doc)] // as `nanocc_resource_new`
pub unsafe extern "C" fn nanocc_lift_borrow(instance: *mut Instance, ty: u32, handle: u32) -> u32 {
    // SAFETY: the caller's.
    lend(unsafe { table(instance) }, ty, handle)
}

fn lend(table: &mut HandleTable, ty: u32, handle: u32) -> u32 {
    let entry = find_typed(table, ty, handle);
    // A list can lend the same handle as often as it has elements.
    let Some(loans) = entry.loans.checked_add(1) else {
        raise(Trap::HandleTableFull)
    };
    entry.loans = loans;
    entry.rep
}

/// Ends a loan. The handle is still there, since a lent one can't be removed.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[allow(clippy::missing_safety_doc)] // as `nanocc_resource_new`
pub unsafe extern "C" fn nanocc_end_loan(instance: *mut Instance, handle: u32) {
    // SAFETY: the caller's.
    find(unsafe { table(instance) }, handle).loans -= 1;
}

/// Lowers a `borrow`: a handle that the callee has to drop before it returns.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[allow(clippy::missing_safety_doc)] // as `nanocc_resource_new`
pub unsafe extern "C" fn nanocc_lower_borrow(instance: *mut Instance, ty: u32, rep: u32) -> u32 {
    // SAFETY: the caller's.
    let lent_to = unsafe { (*instance).scope } + 1;
    let entry = Entry {
        kind: ty + 1,
        rep,
        loans: 0,
        lent_to,
    };
    // SAFETY: the caller's.
    let handle = unsafe { insert(instance, entry) };
    // SAFETY: the caller's.
    unsafe { table(instance) }.borrows += 1;
    handle
}

/// Begins an export call: the count of borrows to give to [`nanocc_exit_call`].
#[cfg_attr(not(test), unsafe(no_mangle))]
#[allow(clippy::missing_safety_doc)] // as `nanocc_resource_new`
pub unsafe extern "C" fn nanocc_enter_call(instance: *mut Instance) -> u32 {
    // SAFETY: the caller's.
    unsafe {
        (*instance).scope += 1;
        core::mem::take(&mut table(instance).borrows)
    }
}

/// Ends an export call: traps if a borrowed handle of it remains.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[allow(clippy::missing_safety_doc)] // as `nanocc_resource_new`
pub unsafe extern "C" fn nanocc_exit_call(instance: *mut Instance, saved: u32) {
    // SAFETY: the caller's.
    let (scope, table) = unsafe { ((*instance).scope, table(instance)) };
    finish_call(table, scope, saved);
    // SAFETY: the caller's.
    unsafe { (*instance).scope = scope - 1 };
}

fn finish_call(table: &mut HandleTable, scope: u32, saved: u32) {
    if table.borrows != 0 && remains(table, scope) {
        raise(Trap::BorrowsRemain);
    }
    table.borrows = saved;
}

/// Whether a handle that the call of this scope has to drop is in the table.
#[cold]
fn remains(table: &HandleTable, scope: u32) -> bool {
    (1..=table.len).any(|index| {
        // SAFETY: the entries are initialised up to `len`.
        let entry = unsafe { *slot(table, index) };
        entry.kind != FREE && entry.lent_to == scope + 1
    })
}

#[cfg(test)]
mod tests;
