//! `memcpy` and its kin, for compiled code and for the shim's own code.
//!
//! Copies across component boundaries are calls of these, from a few bytes to whole buffers, so both
//! ends matter. Up to 128 bytes everything is loaded before anything is stored: no loop, overlapping
//! pieces instead of a remainder, and overlap of source and destination needs no thought. Longer
//! copies run a loop of 64 bytes over a destination that is 16-aligned, with the first and the last
//! bytes loaded before the loop and stored after it. On x86-64 the longest go to `rep movsb`, which
//! moves whole cache lines.
//!
//! **No function here may end up calling itself**: LLVM turns loops that copy into calls of `memcpy`.
//! So the loops are assembly, and the rest is straight-line code.

use core::arch::asm;

use crate::vector::{load, splat, store};

/// From this many bytes on, `rep movsb` and `rep stosb` are faster than a loop of 16-byte moves.
#[cfg(target_arch = "x86_64")]
const REPEAT_FROM: usize = 2048;

/// Copies `n` bytes, at most 128; the areas may overlap.
///
/// # Safety
///
/// `n` bytes can be read at `src` and written at `dst`.
#[inline(always)]
unsafe fn copy_short(dst: *mut u8, src: *const u8, n: usize) {
    // SAFETY: every access below lies within the `n` bytes, by the comparison before it.
    unsafe {
        if n >= 16 {
            let (last_src, last_dst) = (src.add(n - 16), dst.add(n - 16));
            let (a, z) = (load(src), load(last_src));
            if n > 32 {
                let (b, y) = (load(src.add(16)), load(last_src.sub(16)));
                if n > 64 {
                    let (c, x) = (load(src.add(32)), load(last_src.sub(32)));
                    let (d, w) = (load(src.add(48)), load(last_src.sub(48)));
                    store(dst.add(32), c);
                    store(dst.add(48), d);
                    store(last_dst.sub(48), w);
                    store(last_dst.sub(32), x);
                }
                store(dst.add(16), b);
                store(last_dst.sub(16), y);
            }
            store(dst, a);
            store(last_dst, z);
        } else {
            copy_tiny(dst, src, n);
        }
    }
}

/// Copies `n` bytes, below 16 (or 16 too); the areas may overlap.
///
/// # Safety
///
/// As [`copy_short`].
#[inline(always)]
pub(crate) unsafe fn copy_tiny(dst: *mut u8, src: *const u8, n: usize) {
    /// Two overlapping pieces.
    macro_rules! ends {
        ($piece:ty) => {{
            let last = n - size_of::<$piece>();
            let a = src.cast::<$piece>().read_unaligned();
            let z = src.add(last).cast::<$piece>().read_unaligned();
            dst.cast::<$piece>().write_unaligned(a);
            dst.add(last).cast::<$piece>().write_unaligned(z);
        }};
    }
    // SAFETY: every access lies within the `n` bytes, by the comparison before it.
    unsafe {
        if n >= 8 {
            ends!(u64)
        } else if n >= 4 {
            ends!(u32)
        } else if n >= 2 {
            ends!(u16)
        } else if n == 1 {
            *dst = *src;
        }
    }
}

/// Copies more than 128 bytes upwards: right if the areas don't overlap or `dst` is below `src`.
///
/// # Safety
///
/// As [`copy_short`].
#[inline(always)]
unsafe fn copy_up(dst: *mut u8, src: *const u8, n: usize) {
    // SAFETY: the head and the tail lie within the `n` bytes, and the loop copies whole blocks from
    // `skip` on while more than 64 bytes are left; the tail covers those.
    unsafe {
        let head = load(src);
        let tail = src.add(n - 64);
        let (w, x, y, z) = (
            load(tail),
            load(tail.add(16)),
            load(tail.add(32)),
            load(tail.add(48)),
        );
        let skip = 16 - (dst.addr() & 15);
        let blocks = (n - skip - 1) / 64;
        #[cfg(target_arch = "x86_64")]
        asm!(
            "2:",
            "movups {a}, [{src}]",
            "movups {b}, [{src} + 16]",
            "movups {c}, [{src} + 32]",
            "movups {d}, [{src} + 48]",
            "add {src}, 64",
            "movaps [{dst}], {a}",
            "movaps [{dst} + 16], {b}",
            "movaps [{dst} + 32], {c}",
            "movaps [{dst} + 48], {d}",
            "add {dst}, 64",
            "dec {blocks}",
            "jnz 2b",
            a = out(xmm_reg) _, b = out(xmm_reg) _, c = out(xmm_reg) _, d = out(xmm_reg) _,
            src = inout(reg) src.add(skip) => _,
            dst = inout(reg) dst.add(skip) => _,
            blocks = inout(reg) blocks => _,
            options(nostack),
        );
        #[cfg(target_arch = "aarch64")]
        asm!(
            "2:",
            "ldp {a:q}, {b:q}, [{src}]",
            "ldp {c:q}, {d:q}, [{src}, #32]",
            "add {src}, {src}, #64",
            "stp {a:q}, {b:q}, [{dst}]",
            "stp {c:q}, {d:q}, [{dst}, #32]",
            "add {dst}, {dst}, #64",
            "subs {blocks}, {blocks}, #1",
            "b.ne 2b",
            a = out(vreg) _, b = out(vreg) _, c = out(vreg) _, d = out(vreg) _,
            src = inout(reg) src.add(skip) => _,
            dst = inout(reg) dst.add(skip) => _,
            blocks = inout(reg) blocks => _,
            options(nostack),
        );
        store(dst, head);
        let tail = dst.add(n - 64);
        store(tail, w);
        store(tail.add(16), x);
        store(tail.add(32), y);
        store(tail.add(48), z);
    }
}

/// Copies more than 128 bytes downwards: right if `dst` is above `src`.
///
/// # Safety
///
/// As [`copy_short`].
unsafe fn copy_down(dst: *mut u8, src: *const u8, n: usize) {
    // SAFETY: the mirror image of `copy_up`: the loop copies whole blocks that end `skip` bytes
    // before the end, while more than 64 bytes are left.
    unsafe {
        let (a, b, c, d) = (
            load(src),
            load(src.add(16)),
            load(src.add(32)),
            load(src.add(48)),
        );
        let last = load(src.add(n - 16));
        let skip = (dst.addr() + n) & 15;
        let blocks = (n - skip - 1) / 64;
        #[cfg(target_arch = "x86_64")]
        asm!(
            "2:",
            "movups {a}, [{src} - 16]",
            "movups {b}, [{src} - 32]",
            "movups {c}, [{src} - 48]",
            "movups {d}, [{src} - 64]",
            "sub {src}, 64",
            "movaps [{dst} - 16], {a}",
            "movaps [{dst} - 32], {b}",
            "movaps [{dst} - 48], {c}",
            "movaps [{dst} - 64], {d}",
            "sub {dst}, 64",
            "dec {blocks}",
            "jnz 2b",
            a = out(xmm_reg) _, b = out(xmm_reg) _, c = out(xmm_reg) _, d = out(xmm_reg) _,
            src = inout(reg) src.add(n - skip) => _,
            dst = inout(reg) dst.add(n - skip) => _,
            blocks = inout(reg) blocks => _,
            options(nostack),
        );
        #[cfg(target_arch = "aarch64")]
        asm!(
            "2:",
            "ldp {a:q}, {b:q}, [{src}, #-32]",
            "ldp {c:q}, {d:q}, [{src}, #-64]",
            "sub {src}, {src}, #64",
            "stp {a:q}, {b:q}, [{dst}, #-32]",
            "stp {c:q}, {d:q}, [{dst}, #-64]",
            "sub {dst}, {dst}, #64",
            "subs {blocks}, {blocks}, #1",
            "b.ne 2b",
            a = out(vreg) _, b = out(vreg) _, c = out(vreg) _, d = out(vreg) _,
            src = inout(reg) src.add(n - skip) => _,
            dst = inout(reg) dst.add(n - skip) => _,
            blocks = inout(reg) blocks => _,
            options(nostack),
        );
        store(dst.add(n - 16), last);
        store(dst, a);
        store(dst.add(16), b);
        store(dst.add(32), c);
        store(dst.add(48), d);
    }
}

/// C's `memcpy`.
///
/// # Safety
///
/// `n` bytes can be read at `src` and written at `dst`; the areas are equal or don't overlap.
#[cfg_attr(all(nanocc_standalone, not(test)), unsafe(no_mangle))]
pub unsafe extern "C" fn memcpy(dst: *mut u8, src: *const u8, n: usize) -> *mut u8 {
    // SAFETY: the caller's.
    unsafe {
        if n <= 128 {
            copy_short(dst, src, n);
            return dst;
        }
        #[cfg(target_arch = "x86_64")]
        if n >= REPEAT_FROM {
            asm!(
                "rep movsb",
                inout("rcx") n => _, inout("rdi") dst => _, inout("rsi") src => _,
                options(nostack, preserves_flags),
            );
            return dst;
        }
        copy_up(dst, src, n);
    }
    dst
}

/// C's `memmove`.
///
/// # Safety
///
/// `n` bytes can be read at `src` and written at `dst`.
#[cfg_attr(all(nanocc_standalone, not(test)), unsafe(no_mangle))]
pub unsafe extern "C" fn memmove(dst: *mut u8, src: *const u8, n: usize) -> *mut u8 {
    // SAFETY: the caller's.
    unsafe {
        if n <= 128 {
            copy_short(dst, src, n);
            return dst;
        }
        let above = dst.addr().wrapping_sub(src.addr());
        if above >= n && above.wrapping_neg() >= n {
            return memcpy(dst, src, n);
        }
        if above >= n {
            copy_up(dst, src, n);
        } else if above != 0 {
            copy_down(dst, src, n);
        }
    }
    dst
}

/// C's `memset`.
///
/// # Safety
///
/// `n` bytes can be written at `dst`.
#[cfg_attr(all(nanocc_standalone, not(test)), unsafe(no_mangle))]
pub unsafe extern "C" fn memset(dst: *mut u8, byte: i32, n: usize) -> *mut u8 {
    let byte = byte as u8;
    // SAFETY: every access lies within the `n` bytes, by the comparison before it; the loop stores
    // whole blocks from `skip` on while more than 64 bytes are left, and the tail covers those.
    unsafe {
        if n < 16 {
            let word = u64::from(byte) * 0x0101_0101_0101_0101;
            copy_tiny(dst, (&raw const word).cast(), n.min(8));
            if n > 8 {
                dst.add(n - 8).cast::<u64>().write_unaligned(word);
            }
            return dst;
        }
        let bytes = splat(byte);
        let last = dst.add(n - 16);
        store(dst, bytes);
        store(last, bytes);
        if n <= 32 {
            return dst;
        }
        store(dst.add(16), bytes);
        store(last.sub(16), bytes);
        if n <= 64 {
            return dst;
        }
        #[cfg(target_arch = "x86_64")]
        if n >= REPEAT_FROM {
            asm!(
                "rep stosb",
                inout("rcx") n => _, inout("rdi") dst => _, in("al") byte,
                options(nostack, preserves_flags),
            );
            return dst;
        }
        store(last.sub(32), bytes);
        store(last.sub(48), bytes);
        let skip = 16 - (dst.addr() & 15);
        let blocks = (n - skip) / 64;
        if blocks == 0 {
            return dst;
        }
        #[cfg(target_arch = "x86_64")]
        asm!(
            "2:",
            "movaps [{dst}], {a}",
            "movaps [{dst} + 16], {a}",
            "movaps [{dst} + 32], {a}",
            "movaps [{dst} + 48], {a}",
            "add {dst}, 64",
            "dec {blocks}",
            "jnz 2b",
            a = in(xmm_reg) bytes,
            dst = inout(reg) dst.add(skip) => _,
            blocks = inout(reg) blocks => _,
            options(nostack),
        );
        #[cfg(target_arch = "aarch64")]
        asm!(
            "2:",
            "stp {a:q}, {a:q}, [{dst}]",
            "stp {a:q}, {a:q}, [{dst}, #32]",
            "add {dst}, {dst}, #64",
            "subs {blocks}, {blocks}, #1",
            "b.ne 2b",
            a = in(vreg) bytes,
            dst = inout(reg) dst.add(skip) => _,
            blocks = inout(reg) blocks => _,
            options(nostack),
        );
    }
    dst
}

/// C's `memcmp`.
///
/// # Safety
///
/// `n` bytes can be read at `a` and at `b`.
#[cfg_attr(all(nanocc_standalone, not(test)), unsafe(no_mangle))]
pub unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, n: usize) -> i32 {
    let mut i = 0;
    // SAFETY: `i` stays below `n`, and eight bytes are read only where eight are left.
    unsafe {
        while n - i >= 8 {
            let x = a.add(i).cast::<u64>().read_unaligned();
            let y = b.add(i).cast::<u64>().read_unaligned();
            if x != y {
                return if x.swap_bytes() < y.swap_bytes() {
                    -1
                } else {
                    1
                };
            }
            i += 8;
        }
        while i < n {
            let (x, y) = (*a.add(i), *b.add(i));
            if x != y {
                return i32::from(x) - i32::from(y);
            }
            i += 1;
        }
    }
    0
}

/// `memcmp` for callers that only ask whether the areas are equal.
///
/// # Safety
///
/// As [`memcmp`].
#[cfg_attr(all(nanocc_standalone, not(test)), unsafe(no_mangle))]
pub unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, n: usize) -> i32 {
    // SAFETY: the caller's.
    unsafe { memcmp(a, b, n) }
}

/// C's `strlen`.
///
/// # Safety
///
/// A zero byte follows at `string`.
#[cfg_attr(all(nanocc_standalone, not(test)), unsafe(no_mangle))]
pub unsafe extern "C" fn strlen(string: *const u8) -> usize {
    let end: *const u8;
    // SAFETY: reads up to the zero byte.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!(
            "2:",
            "inc {at}",
            "cmp byte ptr [{at}], 0",
            "jne 2b",
            at = inout(reg) string.wrapping_sub(1) => end,
            options(nostack, readonly),
        );
        #[cfg(target_arch = "aarch64")]
        asm!(
            "2:",
            "ldrb {byte:w}, [{at}, #1]!",
            "cbnz {byte:w}, 2b",
            at = inout(reg) string.wrapping_sub(1) => end,
            byte = out(reg) _,
            options(nostack, readonly),
        );
    }
    end.addr() - string.addr()
}

#[cfg(test)]
mod tests;
