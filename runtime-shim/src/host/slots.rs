//! The state of host resources: an array of equal slots, a resource's representation is an index.
//!
//! The first slots are in `.bss`, so that a program with a few streams maps nothing. When they are
//! used up, the slots move to a mapping, and from there to one twice as large.

use core::cell::{Cell, UnsafeCell};

use crate::memory;
use crate::trap::out_of_memory;

#[derive(Clone, Copy)]
struct Slot<T> {
    state: T,
    /// In a free slot, the next free one plus 1, or 0.
    next: u32,
}

/// Slots for states of type `T`, the first `N` of them without a mapping.
pub struct Slots<T: Copy, const N: usize> {
    first: UnsafeCell<[Slot<T>; N]>,
    /// The mapping, or null while `first` is used.
    mapped: Cell<*mut Slot<T>>,
    capacity: Cell<u32>,
    len: Cell<u32>,
    /// The free slot to use next plus 1, or 0.
    free: Cell<u32>,
}

impl<T: Copy, const N: usize> Slots<T, N> {
    /// No slots in use; `zero` is any state.
    pub const fn new(zero: T) -> Slots<T, N> {
        Slots {
            first: UnsafeCell::new(
                [Slot {
                    state: zero,
                    next: 0,
                }; N],
            ),
            mapped: Cell::new(core::ptr::null_mut()),
            // Not `N`: all zero, the slots are in `.bss`.
            capacity: Cell::new(0),
            len: Cell::new(0),
            free: Cell::new(0),
        }
    }

    fn slot(&self, index: u32) -> *mut Slot<T> {
        let mapped = self.mapped.get();
        let slots = if mapped.is_null() {
            self.first.get().cast()
        } else {
            mapped
        };
        slots.wrapping_add(index as usize)
    }

    fn capacity(&self) -> u32 {
        self.capacity.get().max(N as u32)
    }

    /// Puts `state` in a free slot and returns its index.
    pub fn insert(&self, state: T) -> u32 {
        if let Some(index) = self.free.get().checked_sub(1) {
            let slot = self.slot(index);
            // SAFETY: the free list's indexes are below `len`.
            self.free.set(unsafe { (*slot).next });
            // SAFETY: the same.
            unsafe { *slot = Slot { state, next: 0 } };
            return index;
        }
        let index = self.len.get();
        if index == self.capacity() {
            self.grow();
        }
        // SAFETY: `index` is below the capacity.
        unsafe { *self.slot(index) = Slot { state, next: 0 } };
        self.len.set(index + 1);
        index
    }

    /// The state in a slot that is in use.
    pub fn get(&self, index: u32) -> T {
        // SAFETY: the representations that the shim minted are indexes below `len`.
        unsafe { (*self.slot(index)).state }
    }

    /// Changes the state in a slot that is in use.
    pub fn set(&self, index: u32, state: T) {
        // SAFETY: as in `get`.
        unsafe { (*self.slot(index)).state = state };
    }

    /// Frees a slot that is in use.
    pub fn remove(&self, index: u32) {
        // SAFETY: as in `get`.
        unsafe { (*self.slot(index)).next = self.free.get() };
        self.free.set(index + 1);
    }

    #[cold]
    fn grow(&self) {
        let old = self.capacity();
        let bytes = |slots: u32| slots as usize * size_of::<Slot<T>>();
        // What is mapped comes in units of 64 KiB.
        let new = (old * 2).max(65536 / size_of::<Slot<T>>() as u32);
        let Some(slots) = memory::map(bytes(new)) else {
            out_of_memory()
        };
        let slots = slots.cast::<Slot<T>>();
        // SAFETY: the old slots are `old` many, the new ones more, and not the same.
        unsafe { core::ptr::copy_nonoverlapping(self.slot(0), slots, old as usize) };
        let mapped = self.mapped.replace(slots);
        if !mapped.is_null() {
            // SAFETY: this was mapped here with that capacity, and nothing points to it any more.
            unsafe { memory::unmap(mapped.cast(), bytes(old)) };
        }
        self.capacity.set(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::lock;

    #[test]
    fn slots_keep_their_states_while_they_grow() {
        let _lock = lock();
        let slots = Slots::<u64, 4>::new(0);
        for i in 0..20_000 {
            assert_eq!(slots.insert(u64::from(i) * 3), i);
        }
        slots.set(7, 1);
        for i in 0..20_000 {
            assert_eq!(slots.get(i), if i == 7 { 1 } else { u64::from(i) * 3 });
        }
    }

    #[test]
    fn the_slot_that_was_freed_last_is_used_first() {
        let slots = Slots::<u64, 8>::new(0);
        for i in 0..5 {
            slots.insert(i);
        }
        slots.remove(1);
        slots.remove(3);
        assert_eq!(
            [slots.insert(10), slots.insert(11), slots.insert(12)],
            [3, 1, 5]
        );
        assert_eq!(
            [0, 1, 2, 3, 4, 5].map(|i| slots.get(i)),
            [0, 11, 2, 10, 4, 12]
        );
    }
}
