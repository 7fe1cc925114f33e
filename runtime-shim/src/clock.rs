//! The kernel's clocks, by way of the vDSO where there is one.
//!
//! The vDSO is a small shared library that the kernel maps into every process; its `clock_gettime`
//! reads the time without a system call. It is looked up when a clock is first read, from the address
//! in the auxiliary vector.

use core::cell::Cell;

use linux_raw_sys::auxvec::AT_SYSINFO_EHDR;
use linux_raw_sys::general;

use crate::start;
use crate::sys::{self, SingleThread};

/// The clock of [`monotonic`].
pub const MONOTONIC: u32 = general::CLOCK_MONOTONIC;
/// The time of day.
pub const REALTIME: u32 = general::CLOCK_REALTIME;

/// Nanoseconds in a second.
pub const NANOSECONDS: u64 = 1_000_000_000;

/// `struct timespec`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct Time {
    /// Seconds.
    pub seconds: i64,
    /// Nanoseconds, below [`NANOSECONDS`].
    pub nanoseconds: i64,
}

/// A clock that has been looked for and not found; no function has this address.
const NONE: usize = 1;

/// The address of the vDSO's function, [`NONE`], or 0 before it has been looked for.
static FUNCTION: SingleThread<Cell<usize>> = SingleThread(Cell::new(0));

#[cfg(target_arch = "x86_64")]
const NAME: &[u8] = b"__vdso_clock_gettime";
#[cfg(target_arch = "aarch64")]
const NAME: &[u8] = b"__kernel_clock_gettime";

/// What a clock shows.
pub fn now(clock: u32) -> Time {
    let mut function = FUNCTION.0.get();
    if function == 0 {
        let image = start::auxiliary(AT_SYSINFO_EHDR);
        // SAFETY: the kernel's image.
        function = image
            .and_then(|at| unsafe { vdso::find(at, NAME) })
            .unwrap_or(NONE);
        FUNCTION.0.set(function);
    }
    let mut time = Time::default();
    if function != NONE {
        // SAFETY: the vDSO's function has this type, and writes the time.
        let result = unsafe {
            let function: extern "C" fn(u32, *mut Time) -> i32 = core::mem::transmute(function);
            function(clock, &mut time)
        };
        if result == 0 {
            return time;
        }
    }
    // SAFETY: the call writes the time. It can't fail for the clocks that every kernel has.
    unsafe { sys::call::clock_gettime(clock as usize, (&raw mut time).addr()) };
    time
}

/// The step of a clock.
pub fn resolution(clock: u32) -> Time {
    let mut time = Time::default();
    // SAFETY: as in `now`.
    unsafe { sys::call::clock_getres(clock as usize, (&raw mut time).addr()) };
    time
}

/// A time that isn't negative, in nanoseconds; 584 years fit.
pub fn nanoseconds(time: Time) -> u64 {
    time.seconds as u64 * NANOSECONDS + time.nanoseconds as u64
}

/// Nanoseconds since some moment that stays the same.
pub fn monotonic() -> u64 {
    nanoseconds(now(MONOTONIC))
}

/// Finding a function in an ELF image that is mapped as it lies in its file.
mod vdso {
    const PT_LOAD: u32 = 1;
    const PT_DYNAMIC: u32 = 2;
    const DT_HASH: u64 = 4;
    const DT_STRTAB: u64 = 5;
    const DT_SYMTAB: u64 = 6;
    const DT_GNU_HASH: u64 = 0x6fff_fef5;

    /// # Safety
    ///
    /// There is a `T` at `at`.
    unsafe fn read<T: Copy>(at: usize) -> T {
        // SAFETY: the caller's.
        unsafe { core::ptr::with_exposed_provenance::<T>(at).read_unaligned() }
    }

    /// The address of the function `name` in the image at `image`.
    ///
    /// # Safety
    ///
    /// There is a well-formed 64-bit ELF image.
    pub unsafe fn find(image: usize, name: &[u8]) -> Option<usize> {
        // SAFETY: everything that is read is where the format says; the image is well-formed.
        unsafe {
            let headers = image + read::<u64>(image + 32) as usize;
            let (size, count) = (read::<u16>(image + 54), read::<u16>(image + 56));
            // What to add to an address in the image.
            let mut bias = None;
            let mut dynamic = 0;
            for i in 0..usize::from(count) {
                let header = headers + i * usize::from(size);
                let offset = read::<u64>(header + 8) as usize;
                match read::<u32>(header) {
                    PT_LOAD if bias.is_none() => {
                        let address = read::<u64>(header + 16) as usize;
                        bias = Some((image + offset).wrapping_sub(address));
                    }
                    PT_DYNAMIC => dynamic = image + offset,
                    _ => {}
                }
            }
            let bias = bias?;
            if dynamic == 0 {
                return None;
            }
            let (mut strings, mut symbols, mut count) = (0, 0, 0);
            loop {
                let tag = read::<u64>(dynamic);
                let value = bias.wrapping_add(read::<u64>(dynamic + 8) as usize);
                match tag {
                    0 => break,
                    DT_STRTAB => strings = value,
                    DT_SYMTAB => symbols = value,
                    DT_HASH => count = read(value + 4),
                    DT_GNU_HASH if count == 0 => count = gnu_count(value),
                    _ => {}
                }
                dynamic += 16;
            }
            for i in 1..count as usize {
                let symbol = symbols + i * 24;
                let at = strings + read::<u32>(symbol) as usize;
                let same = name
                    .iter()
                    .enumerate()
                    .all(|(i, &b)| read::<u8>(at + i) == b)
                    && read::<u8>(at + name.len()) == 0;
                if same && read::<u16>(symbol + 6) != 0 {
                    return Some(bias.wrapping_add(read::<u64>(symbol + 8) as usize));
                }
            }
            None
        }
    }

    /// The number of symbols that a GNU hash table covers: one more than the last of the last chain.
    ///
    /// # Safety
    ///
    /// There is such a table at `table`.
    unsafe fn gnu_count(table: usize) -> u32 {
        // SAFETY: the caller's.
        unsafe {
            let [buckets, first, words] = read::<[u32; 3]>(table);
            let bucket = table + 16 + words as usize * 8;
            let chains = bucket + buckets as usize * 4;
            let last = (0..buckets as usize)
                .map(|i| read::<u32>(bucket + i * 4))
                .max();
            let Some(mut last) = last.filter(|&last| last >= first) else {
                return 0;
            };
            while read::<u32>(chains + (last - first) as usize * 4) & 1 == 0 {
                last += 1;
            }
            last + 1
        }
    }

    #[cfg(test)]
    mod tests {
        unsafe extern "C" {
            fn getauxval(kind: u64) -> usize;
        }

        #[test]
        fn finds_what_the_kernel_has() {
            // SAFETY: the C library's function; the image is the kernel's.
            unsafe {
                let image = getauxval(linux_raw_sys::auxvec::AT_SYSINFO_EHDR.into());
                if image == 0 {
                    eprintln!("no vDSO here");
                    return;
                }
                let found = super::find(image, super::super::NAME).unwrap();
                let clock: extern "C" fn(u32, *mut super::super::Time) -> i32 =
                    core::mem::transmute(found);
                let mut time = super::super::Time::default();
                assert_eq!(clock(super::super::REALTIME, &mut time), 0);
                let now = std::time::SystemTime::UNIX_EPOCH
                    .elapsed()
                    .unwrap()
                    .as_secs() as i64;
                assert!((now - time.seconds).abs() <= 1);
                assert_eq!(super::find(image, b"__vdso_clock_gettim"), None);
                assert_eq!(super::find(image, b"no such function"), None);
            }
        }
    }
}
