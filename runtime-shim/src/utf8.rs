//! Copying a string and validating it, in one pass.
//!
//! A string that crosses a component boundary has to be well-formed UTF-8 (Unicode, table 3-7).
//! ASCII takes the short way: load, test the high bits, store. From the first other byte on, sixteen
//! bytes at a time are classified by three table lookups (Keiser and Lemire, "Validating UTF-8 In Less
//! Than One Instruction Per Byte", 2021):
//!
//! every rule about two neighbouring bytes is one bit of [`rule`]; each of the three tables says which
//! rules are broken as far as one nibble can tell (the high and the low nibble of the first byte, the
//! high nibble of the second), and a rule is broken if all three say so. The one thing that two bytes
//! can't tell is whether a continuation byte after a continuation byte is wanted; [`rule::TWO_CONTINUATIONS`]
//! is broken there on purpose, and has to be exactly where the third or fourth byte of a sequence is due.

use crate::bytes::copy_tiny;
use crate::vector::*;

/// What can be wrong with two neighbouring bytes.
mod rule {
    /// A lead byte is followed by a byte that doesn't continue it.
    pub const TOO_SHORT: u8 = 1;
    /// An ASCII byte is followed by a continuation.
    pub const TOO_LONG: u8 = 1 << 1;
    /// E0 80..9F: three bytes for what fits two.
    pub const OVERLONG_3: u8 = 1 << 2;
    /// F4 90..BF, F5..FF 80..BF in part: above U+10FFFF.
    pub const TOO_LARGE: u8 = 1 << 3;
    /// ED A0..BF: a surrogate.
    pub const SURROGATE: u8 = 1 << 4;
    /// C0, C1: two bytes for what fits one.
    pub const OVERLONG_2: u8 = 1 << 5;
    /// F5..FF 80..8F: the rest of [`TOO_LARGE`]; and F0 80..8F: four bytes for what fits three.
    pub const TOO_LARGE_OR_OVERLONG_4: u8 = 1 << 6;
    /// Two continuations in a row.
    pub const TWO_CONTINUATIONS: u8 = 1 << 7;
    /// Rules that the first byte's low nibble has no say in.
    pub const ANY_LOW: u8 = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS;
}

use rule::*;

/// By the first byte's high nibble.
static FIRST_HIGH: [u8; 16] = [
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TWO_CONTINUATIONS,
    TWO_CONTINUATIONS,
    TWO_CONTINUATIONS,
    TWO_CONTINUATIONS,
    TOO_SHORT | OVERLONG_2,
    TOO_SHORT,
    TOO_SHORT | OVERLONG_3 | SURROGATE,
    TOO_SHORT | TOO_LARGE | TOO_LARGE_OR_OVERLONG_4,
];

/// By the first byte's low nibble.
static FIRST_LOW: [u8; 16] = {
    let mut table = [ANY_LOW | TOO_LARGE | TOO_LARGE_OR_OVERLONG_4; 16];
    table[0] = ANY_LOW | OVERLONG_2 | OVERLONG_3 | TOO_LARGE_OR_OVERLONG_4;
    table[1] = ANY_LOW | OVERLONG_2;
    table[2] = ANY_LOW;
    table[3] = ANY_LOW;
    table[4] = ANY_LOW | TOO_LARGE;
    table[13] |= SURROGATE;
    table
};

/// By the second byte's high nibble.
static SECOND_HIGH: [u8; 16] = {
    let mut table = [TOO_SHORT; 16];
    let continuation = TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS;
    table[8] = continuation | OVERLONG_3 | TOO_LARGE_OR_OVERLONG_4;
    table[9] = continuation | OVERLONG_3 | TOO_LARGE;
    table[10] = continuation | SURROGATE | TOO_LARGE;
    table[11] = continuation | SURROGATE | TOO_LARGE;
    table
};

/// Copies `n` bytes and says whether they are well-formed UTF-8: 1, or 0, and then what `dst` holds is
/// unspecified.
///
/// # Safety
///
/// `n` bytes can be read at `src` and written at `dst`; the areas don't overlap.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn nanocc_utf8_copy(dst: *mut u8, src: *const u8, n: usize) -> u32 {
    let mut i = 0;
    // SAFETY: every access lies within the `n` bytes, by the comparison before it.
    unsafe {
        if n < 16 {
            // Both words together hold every byte.
            let (a, b);
            if n >= 8 {
                a = src.cast::<u64>().read_unaligned();
                b = src.add(n - 8).cast::<u64>().read_unaligned();
            } else if n >= 4 {
                a = src.cast::<u32>().read_unaligned().into();
                b = src.add(n - 4).cast::<u32>().read_unaligned().into();
            } else if n >= 1 {
                a = u64::from(*src) << 8 | u64::from(*src.add(n / 2));
                b = u64::from(*src.add(n - 1));
            } else {
                return 1;
            }
            if (a | b) & 0x8080_8080_8080_8080 != 0 {
                return general(dst, src, n).into();
            }
            copy_tiny(dst, src, n);
            return 1;
        }
        while n - i >= 64 {
            let (from, to) = (src.add(i), dst.add(i));
            let (a, b) = (load(from), load(from.add(16)));
            let (c, d) = (load(from.add(32)), load(from.add(48)));
            if !is_ascii(or(or(a, b), or(c, d))) {
                break;
            }
            store(to, a);
            store(to.add(16), b);
            store(to.add(32), c);
            store(to.add(48), d);
            i += 64;
        }
        while n - i >= 16 {
            let bytes = load(src.add(i));
            if !is_ascii(bytes) {
                return general(dst.add(i), src.add(i), n - i).into();
            }
            store(dst.add(i), bytes);
            i += 16;
        }
        if i < n {
            let bytes = load(src.add(n - 16));
            if !is_ascii(bytes) {
                return general(dst.add(i), src.add(i), n - i).into();
            }
            store(dst.add(n - 16), bytes);
        }
    }
    1
}

/// The same for any bytes; they start at a character.
///
/// # Safety
///
/// As [`nanocc_utf8_copy`].
#[inline(never)]
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "ssse3"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
unsafe fn general(dst: *mut u8, src: *const u8, n: usize) -> bool {
    let mut before = splat(0);
    let mut errors = splat(0);
    let mut i = 0;
    // SAFETY: every access lies within the `n` bytes, by the comparison before it; the last, partial
    // block is read from a copy.
    unsafe {
        while n - i >= 16 {
            let bytes = load(src.add(i));
            store(dst.add(i), bytes);
            // A block of ASCII is fine unless the one before it has more to come.
            if !is_ascii(or(bytes, unfinished(before))) {
                errors = or(errors, check(before, bytes));
            }
            before = bytes;
            i += 16;
        }
        // Zeros after the end show a sequence that is cut off.
        let mut last = [0u8; 16];
        copy_tiny(last.as_mut_ptr(), src.add(i), n - i);
        copy_tiny(dst.add(i), src.add(i), n - i);
        errors = or(errors, check(before, load(last.as_ptr())));
    }
    is_zero(errors)
}

/// Has a high bit set if the last bytes of `bytes` begin a sequence that goes on past them.
#[inline]
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "ssse3"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
fn unfinished(bytes: Bytes) -> Bytes {
    // A lead of two bytes or more in the last place, of three in the last two, of four in the last
    // three: the subtraction leaves the high bit set in just these.
    static LIMITS: [u8; 16] = {
        let mut limits = [0xff; 16];
        limits[13] = 0xf0 - 0x80;
        limits[14] = 0xe0 - 0x80;
        limits[15] = 0xc0 - 0x80;
        limits
    };
    // SAFETY: the table has sixteen bytes.
    saturating_sub(bytes, unsafe { load(LIMITS.as_ptr()) })
}

/// Not all zero if a rule is broken in `bytes`, which follow `before`.
#[inline]
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "ssse3"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
fn check(before: Bytes, bytes: Bytes) -> Bytes {
    let first = shifted_in::<15>(before, bytes);
    // SAFETY: the tables have sixteen bytes.
    let [first_high, first_low, second_high] =
        [&FIRST_HIGH, &FIRST_LOW, &SECOND_HIGH].map(|t| unsafe { load(t.as_ptr()) });
    let broken = and(
        and(
            lookup(first_high, high_nibbles(first)),
            lookup(first_low, and(first, splat(15))),
        ),
        lookup(second_high, high_nibbles(bytes)),
    );
    // A lead of three or four bytes two back, or of four bytes three back, keeps its high bit.
    let third = saturating_sub(shifted_in::<14>(before, bytes), splat(0xe0 - 0x80));
    let fourth = saturating_sub(shifted_in::<13>(before, bytes), splat(0xf0 - 0x80));
    xor(broken, and(or(third, fourth), splat(0x80)))
}

#[cfg(test)]
mod tests;
