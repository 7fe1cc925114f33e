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
//!
//! How fast that is hangs on how few operations a block takes. What the first byte of two says is looked up
//! once, for the block, and the answer is shifted by a byte; the bytes two and three back come from loads
//! at these distances, which cost less than shuffles. No load or store leaves the string: the ends are covered
//! by blocks that overlap what precedes them, and less than a block is put together from words.

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
/// `n` bytes can be read at `src` and written at `dst`; the areas don't overlap, and nobody writes them
/// meanwhile: what is judged may be read once more than what is copied. (Programs have one thread.)
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn nanocc_utf8_copy(dst: *mut u8, src: *const u8, n: usize) -> u32 {
    // SAFETY: every access lies within the `n` bytes, by the comparison before it. Where what precedes
    // is ASCII, a character begins.
    unsafe {
        /// Up to two words, by two that may overlap.
        macro_rules! ends {
            ($word:ty) => {{
                let last = n - size_of::<$word>();
                let a = src.cast::<$word>().read_unaligned();
                let z = src.add(last).cast::<$word>().read_unaligned();
                if (a | z) & (<$word>::MAX / 255 * 0x80) != 0 {
                    return few(dst, src, n).into();
                }
                dst.cast::<$word>().write_unaligned(a);
                dst.add(last).cast::<$word>().write_unaligned(z);
                return 1;
            }};
        }
        if n < 16 {
            if n >= 8 {
                ends!(u64)
            }
            if n >= 4 {
                ends!(u32)
            }
            if n >= 2 {
                ends!(u16)
            }
            if n == 1 {
                ends!(u8)
            }
            return 1;
        }
        if n <= 32 {
            let (a, z) = (load(src), load(src.add(n - 16)));
            if !is_ascii(or(a, z)) {
                return general(dst, src, n).into();
            }
            store(dst, a);
            store(dst.add(n - 16), z);
            return 1;
        }
        if n <= 64 {
            if !copy_ascii(dst, src, [0, 16, n - 32, n - 16]) {
                return general(dst, src, n).into();
            }
            return 1;
        }
        let last = n - 64;
        let mut i = 0;
        while i < last {
            if !copy_ascii(dst.add(i), src.add(i), [0, 16, 32, 48]) {
                return general(dst.add(i), src.add(i), n - i).into();
            }
            i += 64;
        }
        // It may overlap what has been copied.
        if !copy_ascii(dst.add(last), src.add(last), [0, 16, 32, 48]) {
            return general(dst.add(last), src.add(last), 64).into();
        }
    }
    1
}

/// Copies sixteen bytes from each of four places to the same place, if all are ASCII; says so.
///
/// # Safety
///
/// Sixteen bytes can be read at each of the places in `src`, and written in `dst`.
#[inline(always)]
unsafe fn copy_ascii(dst: *mut u8, src: *const u8, places: [usize; 4]) -> bool {
    let [a, b, c, d] = places;
    // SAFETY: the caller's.
    unsafe {
        let (first, second) = (load(src.add(a)), load(src.add(b)));
        let (third, fourth) = (load(src.add(c)), load(src.add(d)));
        let ascii = is_ascii(or(or(first, second), or(third, fourth)));
        if ascii {
            store(dst.add(a), first);
            store(dst.add(b), second);
            store(dst.add(c), third);
            store(dst.add(d), fourth);
        }
        ascii
    }
}

/// The `n` bytes at `src`, fewer than 16, as two little-endian words with zeros after them.
///
/// # Safety
///
/// `n` bytes can be read at `src`.
#[inline(always)]
unsafe fn short(src: *const u8, n: usize) -> (u64, u64) {
    // SAFETY: every access lies within the `n` bytes, by the comparison before it.
    unsafe {
        if n >= 8 {
            let end = src.add(n - 8).cast::<u64>().read_unaligned();
            // In two steps, because it may be by all 64 bits.
            let high = end >> 8 >> ((15 - n) * 8);
            (src.cast::<u64>().read_unaligned(), high)
        } else if n >= 4 {
            // Where they overlap, both say the same.
            let start = u64::from(src.cast::<u32>().read_unaligned());
            let end = u64::from(src.add(n - 4).cast::<u32>().read_unaligned());
            (start | end << ((n - 4) * 8), 0)
        } else if n >= 1 {
            let byte = |i: usize| u64::from(*src.add(i)) << (i * 8);
            (byte(0) | byte(n / 2) | byte(n - 1), 0)
        } else {
            (0, 0)
        }
    }
}

/// The tables and constants, in registers.
struct Judge {
    first_high: Bytes,
    first_low: Bytes,
    second_high: Bytes,
    low_nibble: Bytes,
    third: Bytes,
    fourth: Bytes,
    high_bit: Bytes,
}

impl Judge {
    #[inline(always)]
    fn new() -> Judge {
        // SAFETY: the tables have sixteen bytes.
        let table = |table: &[u8; 16]| unsafe { load(table.as_ptr()) };
        Judge {
            first_high: table(&FIRST_HIGH),
            first_low: table(&FIRST_LOW),
            second_high: table(&SECOND_HIGH),
            low_nibble: splat(15),
            // What these leave of a lead of three bytes or more, of four, keeps its high bit.
            third: splat(0xe0 - 0x80),
            fourth: splat(0xf0 - 0x80),
            high_bit: splat(0x80),
        }
    }
}

/// What [`judge`] says of a byte that precedes all others: as of an ASCII byte.
const AFTER_ASCII: u8 = TOO_LONG;

/// Judges sixteen bytes: gives a value that isn't all zero if a rule is broken, and which rules each
/// of the bytes would break as the first of two.
///
/// The arguments: the [`Judge`]; what this said of the sixteen bytes before; the bytes; and the sixteen
/// bytes that lie two places, and three places, before them. (A macro, because the size of an executable
/// doesn't decide here, and a function with features of its own can't be made to be inlined.)
macro_rules! judge {
    ($judge:ident, $before:expr, $bytes:expr, $two_back:expr, $three_back:expr) => {{
        let high = high_nibbles($bytes);
        let first = and(
            lookup($judge.first_high, high),
            lookup($judge.first_low, and($bytes, $judge.low_nibble)),
        );
        let broken = and(
            shifted_in::<15>($before, first),
            lookup($judge.second_high, high),
        );
        let third = saturating_sub($two_back, $judge.third);
        let fourth = saturating_sub($three_back, $judge.fourth);
        let due = and(or(third, fourth), $judge.high_bit);
        (xor(broken, due), first)
    }};
}

/// The same for any bytes, fewer than 16.
///
/// # Safety
///
/// As [`nanocc_utf8_copy`].
#[inline(never)]
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "ssse3"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
unsafe fn few(dst: *mut u8, src: *const u8, n: usize) -> bool {
    // SAFETY: the caller's.
    let (low, high) = unsafe { short(src, n) };
    let (judge, zero) = (Judge::new(), splat(0));
    // The zeros after the end show a sequence that is cut off.
    let bytes = words(low, high);
    let (two, three) = (shifted_in::<14>(zero, bytes), shifted_in::<13>(zero, bytes));
    let (errors, _) = judge!(judge, splat(AFTER_ASCII), bytes, two, three);
    // SAFETY: the caller's.
    unsafe { copy_tiny(dst, src, n) };
    is_zero(errors)
}

/// How far ahead the source is called for. Judging keeps the processor so busy that it sees too little of
/// what comes: text that lies in the cache of the third level took half as long again.
const AHEAD: usize = 512;

/// The same for any bytes, 16 or more; they start at a character.
///
/// # Safety
///
/// As [`nanocc_utf8_copy`].
#[inline(never)]
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "ssse3"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
unsafe fn general(dst: *mut u8, src: *const u8, n: usize) -> bool {
    let judge = Judge::new();
    let zero = splat(0);
    // SAFETY: every access lies within the `n` bytes, by the comparison before it; what is loaded from
    // before `i` too, since `i` is 16 or more from the first loop on.
    unsafe {
        let bytes = load(src);
        store(dst, bytes);
        let (two, three) = (shifted_in::<14>(zero, bytes), shifted_in::<13>(zero, bytes));
        let (mut errors, mut before) = judge!(judge, splat(AFTER_ASCII), bytes, two, three);
        let mut i = 16;
        /// The sixteen bytes `$at` bytes from `i`, loaded before.
        macro_rules! step {
            ($at:literal, $bytes:ident) => {{
                let from = src.add(i + $at);
                let (two, three) = (load(from.sub(2)), load(from.sub(3)));
                let (broken, first) = judge!(judge, before, $bytes, two, three);
                errors = or(errors, broken);
                before = first;
            }};
        }
        while n - i >= 64 {
            prefetch(src.wrapping_add(i + AHEAD));
            let (from, to) = (src.add(i), dst.add(i));
            let (a, b) = (load(from), load(from.add(16)));
            let (c, d) = (load(from.add(32)), load(from.add(48)));
            store(to, a);
            store(to.add(16), b);
            store(to.add(32), c);
            store(to.add(48), d);
            if is_ascii(or(or(a, b), or(c, d))) {
                // Fine unless what precedes has more to come.
                errors = or(errors, unfinished(load(from.sub(16))));
                before = splat(AFTER_ASCII);
            } else {
                step!(0, a);
                step!(16, b);
                step!(32, c);
                step!(48, d);
            }
            i += 64;
        }
        while n - i >= 16 {
            let bytes = load(src.add(i));
            store(dst.add(i), bytes);
            step!(0, bytes);
            i += 16;
        }
        if i == n {
            // All that is left to see is whether a sequence is cut off.
            return is_zero(or(errors, unfinished(load(src.add(n - 16)))));
        }
        // What is left, at the front of a block of zeros, which show a sequence that is cut off.
        let last = load(src.add(n - 16));
        store(dst.add(n - 16), last);
        let rest = lookup(last, load(SLIDE.as_ptr().add(16 - (n - i))));
        let previous = load(src.add(i - 16));
        let (two, three) = (
            shifted_in::<14>(previous, rest),
            shifted_in::<13>(previous, rest),
        );
        let (broken, _) = judge!(judge, before, rest, two, three);
        is_zero(or(errors, broken))
    }
}

/// From `16 - n` on: indexes that bring the last `n` of sixteen bytes to the front, and zeros after them.
static SLIDE: [u8; 32] = {
    let mut slide = [0x80; 32];
    let mut i = 0;
    while i < 16 {
        slide[i] = i as u8;
        i += 1;
    }
    slide
};

/// Not all zero if the last bytes of `bytes` begin a sequence that goes on past them.
#[inline(always)]
fn unfinished(bytes: Bytes) -> Bytes {
    // A lead of two bytes or more in the last place, of three in the last two, of four in the last
    // three: the subtraction leaves something of just these.
    static LIMITS: [u8; 16] = {
        let mut limits = [0xff; 16];
        limits[13] = 0xf0 - 1;
        limits[14] = 0xe0 - 1;
        limits[15] = 0xc0 - 1;
        limits
    };
    // SAFETY: the table has sixteen bytes.
    saturating_sub(bytes, unsafe { load(LIMITS.as_ptr()) })
}

#[cfg(test)]
mod tests;
