//! Memory between two pages that can't be touched, for tests of code that must not read or write a byte
//! beyond what it was given.

use core::ptr::null_mut;
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

/// The largest page that the architecture's systems have, without huge ones.
const PAGE: usize = if cfg!(target_arch = "x86_64") {
    4096
} else {
    65536
};

/// An area of a page's size. It has a page before it and one after it where every access faults.
pub struct Guarded {
    start: *mut u8,
}

impl Guarded {
    /// All zeros.
    pub fn new() -> Guarded {
        // SAFETY: a new mapping of the kernel's choice, of whose three pages the outer ones are closed.
        unsafe {
            let access = ProtFlags::READ | ProtFlags::WRITE;
            let all = mmap_anonymous(null_mut(), 3 * PAGE, access, MapFlags::PRIVATE).unwrap();
            let start = all.cast::<u8>().add(PAGE);
            mprotect(all, PAGE, MprotectFlags::empty()).unwrap();
            mprotect(start.add(PAGE).cast(), PAGE, MprotectFlags::empty()).unwrap();
            Guarded { start }
        }
    }

    /// The first and the last `len` bytes: nothing can be touched before the one, after the other.
    pub fn edges(&self, len: usize) -> [*mut u8; 2] {
        assert!(len <= PAGE);
        [self.start, self.start.wrapping_add(PAGE - len)]
    }

    /// Sets all to `byte`.
    pub fn fill(&mut self, byte: u8) {
        self.bytes().fill(byte);
    }

    /// Puts `bytes` at `at`, and something else everywhere else.
    pub fn put(&mut self, at: *mut u8, bytes: &[u8], other: u8) {
        let offset = at.addr() - self.start.addr();
        self.fill(other);
        self.bytes()[offset..][..bytes.len()].copy_from_slice(bytes);
    }

    /// Checks that `bytes` are at `at`, and `other` is everywhere else.
    #[track_caller]
    pub fn check(&mut self, at: *mut u8, bytes: &[u8], other: u8) {
        let offset = at.addr() - self.start.addr();
        let (before, rest) = self.bytes().split_at(offset);
        let (got, after) = rest.split_at(bytes.len());
        assert!(got == bytes, "{} bytes: {got:x?}", bytes.len());
        assert!(before.iter().chain(after).all(|&byte| byte == other));
    }

    fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: the page is mapped, and borrowed as long as the slice.
        unsafe { core::slice::from_raw_parts_mut(self.start, PAGE) }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own.
        let _ = unsafe { munmap(self.start.sub(PAGE).cast(), 3 * PAGE) };
    }
}
