//! What a host function sees of the guest that called it. **A change here wants two reviews:** with
//! `lower/address.rs` in the compiler, this is what keeps guests in their memories.
//!
//! # The problem
//!
//! A host function gets numbers from a guest: pointers, lengths, handles. Any of them may be wrong on
//! purpose. The host function wants slices and representations, without copying the bytes first.
//! While it works, its guest's `realloc` may run (to make room for a result), and guest code may
//! write all of the guest's memory and grow it.
//!
//! # The safety argument
//!
//! 1. Every access to guest memory goes through [`Cx::check`]: the address has the alignment that
//!    the canonical ABI asks for, and the range ends within the memory's length as it is at that
//!    moment. What a guest passes is never kept as a Rust pointer: [`GuestSlice`], [`GuestStr`],
//!    [`NewList`] and [`NewStr`] are numbers, checked again each time they are used, so it doesn't
//!    matter when they were made or for which memory.
//! 2. A memory's base never moves and its length never shrinks, so a range that passed the check
//!    stays mapped.
//! 3. There is one [`Cx`] at a time: it is made by the entry of a host function, `realloc` is the only
//!    guest code that runs before the host function returns, and it runs with `may_leave` 0, with
//!    which no host function can be entered ([`Cx::enter`] traps). So references into guest memory
//!    that borrow the `Cx` are exclusive while they are `&mut`, and nothing writes while they are
//!    shared: guest code runs only in [`Cx::realloc`], which takes the `Cx` exclusively.
//! 4. Guest memory is bytes that are always initialised (zero pages at first).
//! 5. An address that `realloc` returns is a guest's number like any other: checked the same way.
//!
//! What is trusted: the tables of the compiler ([`Caller`], [`Instance`], [`Memory`]), and that the
//! `memory` and `realloc` options are there where the canonical ABI wants them, which validation of
//! the component has ensured.

mod string;
mod value;

pub use string::{GuestStr, NewStr};
pub use value::{
    Borrow, Destination, GuestSlice, ListBuilder, Load, NewList, Own, Resource, Source, Store,
    Value, has_layout, invalid_discriminant,
};

use core::marker::PhantomData;
use nanocc_shim_abi::{ANNEX_END, Authority, Caller, Instance, Memory, Trap};

use crate::handles;
use crate::program::address;
use crate::trap::raise;

/// The call of a host function: the instance that called, its memory and its `realloc`.
pub struct Cx {
    caller: &'static Caller,
}

impl Cx {
    /// Begins a host function. Traps unless the instance may call out.
    ///
    /// # Safety
    ///
    /// `caller` is the address of one of the program's [`Caller`]s, and the calling instance's code is
    /// suspended in a call of this host function until the `Cx` is dropped.
    #[inline(always)]
    pub unsafe fn enter(caller: *const Caller) -> Cx {
        // SAFETY: the caller's: `Caller`s are read-only data of the program.
        let cx = Cx {
            caller: unsafe { &*caller },
        };
        // SAFETY: `caller.instance` is an `Instance` of the program; nothing else refers to it now.
        if unsafe { (*cx.instance()).may_leave } == 0 {
            raise(Trap::CannotLeave);
        }
        cx
    }

    /// The instance whose `canon lower` this call goes through.
    #[inline(always)]
    pub fn instance(&self) -> *mut Instance {
        address(self.caller.instance).cast()
    }

    /// What that instance was granted, of what isn't all or nothing.
    #[inline]
    pub fn authority(&self) -> Option<&'static Authority> {
        // SAFETY: as in `enter`.
        let at = unsafe { (*self.instance()).authority };
        // SAFETY: it is 0 or the address of an `Authority`, which is read-only data of the program.
        (at != 0).then(|| unsafe { &*address(at).cast() })
    }

    /// Where `bytes` bytes of guest memory at `at` are. Traps unless `at` is a multiple of `align` and
    /// the range lies in the memory.
    #[inline(never)]
    fn check(&self, at: u32, bytes: u32, align: u32) -> *mut u8 {
        // SAFETY: the option is there (module documentation), and it is a `Memory` of the program; it
        // is read by value since guest code may grow it later.
        let memory: Memory = unsafe { *address(self.caller.memory).cast() };
        // Alignments are powers of two.
        if at & (align - 1) != 0 {
            raise(Trap::UnalignedPointer);
        }
        let (start, end) = (u64::from(at), u64::from(at) + u64::from(bytes));
        if end > memory.bytes && (start < memory.annex || end > ANNEX_END) {
            raise(Trap::PointerOutOfBounds);
        }
        address(memory.base).cast::<u8>().wrapping_add(at as usize)
    }

    /// `bytes` bytes of guest memory at `at`, to read.
    #[inline(always)]
    pub fn source(&self, at: u32, bytes: u32, align: u32) -> Source<'_> {
        let start = self.check(at, bytes, align);
        // SAFETY: checked just now; the borrow of the `Cx` keeps guest code from running and others
        // from writing.
        unsafe { Source::new(start, bytes) }
    }

    /// `bytes` bytes of guest memory at `at`, to write.
    #[inline(always)]
    pub fn destination(&mut self, at: u32, bytes: u32, align: u32) -> Destination<'_> {
        let instance = self.instance();
        let start = self.check(at, bytes, align);
        // SAFETY: as in `source`, exclusively; the instance is one of the program's.
        unsafe { Destination::new(start, bytes, instance) }
    }

    /// Lifts a value that lies in guest memory.
    #[inline]
    pub fn load<T: Load>(&self, at: u32) -> T {
        T::load(self, self.source(at, T::SIZE, T::ALIGN))
    }

    /// Lowers a value into guest memory.
    #[inline(never)]
    pub fn store<T: Store>(&mut self, at: u32, value: T) {
        value.store(self.destination(at, T::SIZE, T::ALIGN));
    }

    /// `bytes` bytes of guest memory as a slice.
    fn slice(&self, at: u32, bytes: u32, align: u32) -> &[u8] {
        let start = self.check(at, bytes, align);
        // SAFETY: checked just now, initialised; see point 3 for the borrow. The range is shorter than
        // 4 GiB and doesn't wrap.
        unsafe { core::slice::from_raw_parts(start, bytes as usize) }
    }

    /// `bytes` bytes of guest memory as a slice to write.
    fn slice_mut(&mut self, at: u32, bytes: u32, align: u32) -> &mut [u8] {
        let start = self.check(at, bytes, align);
        // SAFETY: as in `slice`, exclusively.
        unsafe { core::slice::from_raw_parts_mut(start, bytes as usize) }
    }

    /// Calls the guest's `realloc` for a block of `new_size` bytes, which may be 0. The block's address
    /// has been checked.
    #[inline(never)]
    fn realloc(&mut self, old: u32, old_size: u32, align: u32, new_size: u32) -> u32 {
        type Realloc = extern "C" fn(u32, u32, u32, u32) -> u32;
        // SAFETY: the option is there (module documentation); it is the address of a function of this
        // type.
        let realloc = unsafe {
            core::mem::transmute::<*mut core::ffi::c_void, Realloc>(address(self.caller.realloc))
        };
        let instance = self.instance();
        // SAFETY: as in `enter`. It was not 0 then, and it is 1 whenever it isn't 0.
        unsafe { (*instance).may_leave = 0 };
        let at = realloc(old, old_size, align, new_size);
        // SAFETY: the same.
        unsafe { (*instance).may_leave = 1 };
        self.check(at, new_size, align);
        at
    }

    /// A new block in the guest's memory for `count` elements of `T`.
    fn allocate<T: Value>(&mut self, count: usize) -> u32 {
        let bytes = u64::from(T::SIZE)
            .checked_mul(count as u64)
            .and_then(|bytes| u32::try_from(bytes).ok());
        let Some(bytes) = bytes else {
            raise(Trap::PointerOutOfBounds)
        };
        self.realloc(0, 0, T::ALIGN, bytes)
    }

    /// Begins a list in the guest's memory with room for `capacity` elements.
    ///
    /// Ask for what will be needed: a list that ends up shorter costs a second call of `realloc`, and
    /// the room of one that isn't returned in the end is lost to the guest, as the ABI can't free.
    pub fn list<T: Store>(&mut self, capacity: usize) -> ListBuilder<T> {
        let at = self.allocate::<T>(capacity);
        // `allocate` has checked that the bytes, and with them the elements, fit 32 bits.
        ListBuilder {
            at,
            capacity: capacity as u32,
            len: 0,
            element: PhantomData,
        }
    }

    /// Lifts an `own` handle: the guest has it no longer.
    #[inline]
    pub fn lift_own<R: Resource>(&mut self, handle: u32) -> Own<R> {
        // SAFETY: the instance is one of the program's.
        Own::new(unsafe { handles::lift_own(self.instance(), R::TYPE, handle) })
    }

    /// Lifts a `borrow` handle for this call. No loan is counted: no guest code that could drop the
    /// handle runs before the call ends.
    #[inline]
    pub fn lift_borrow<R: Resource>(&self, handle: u32) -> Borrow<R> {
        // SAFETY: the instance is one of the program's.
        Borrow::new(unsafe { handles::lift_borrow_for_host(self.instance(), R::TYPE, handle) })
    }

    /// Lowers an `own`: the guest gets a handle.
    #[inline]
    pub fn lower_own<R: Resource>(&mut self, resource: Own<R>) -> u32 {
        // SAFETY: the instance is one of the program's.
        unsafe { handles::lower_own(self.instance(), R::TYPE, resource.rep()) }
    }

    /// Drops a handle: the resource, if the handle owned it.
    #[inline]
    pub fn drop_handle<R: Resource>(&mut self, handle: u32) -> Option<Own<R>> {
        // SAFETY: the instance is one of the program's.
        unsafe { handles::drop(self.instance(), R::TYPE, handle) }.map(Own::new)
    }
}

/// The body of a function whose first argument is a handle of a resource that nothing makes: no guest
/// can have such a handle, so lifting it traps, and says whether the guest gave a handle of something
/// else or none at all.
///
/// # Safety
///
/// As [`Cx::enter`].
#[cold]
#[inline(never)]
pub unsafe fn unheld<R: Resource>(caller: *const Caller, handle: u32) -> ! {
    // SAFETY: the caller's.
    let cx = unsafe { Cx::enter(caller) };
    cx.lift_borrow::<R>(handle);
    raise(Trap::UnknownHandle)
}

#[cfg(test)]
mod tests;
