//! Blocks of characters beyond ASCII: several at a time, by looking up how their bytes move.
//!
//! Which characters of a block take how many bytes is a few bits; a table has a byte shuffle for each value of these. The
//! other direction is the same: which bytes continue a character is a mask, and the mask's shuffle brings the bytes of each
//! character to a place of its own, where all are put together at once.
//!
//! **Nothing here decides that a string is malformed.** A block that isn't of the kind a function is for, or
//! isn't well-formed, gives `(0, 0)`: the caller goes through it a character at a time. What each function writes is bounded by
//! its own words, whatever is in the block; beyond what it gives as written it may leave something behind.

use crate::vector::*;

/// The shuffles that leave out, of eight units of two bytes each, the second byte of those whose bit is set.
static ONE_OR_TWO: [[u8; 16]; 256] = {
    let mut table = [[0x80; 16]; 256];
    let mut bits = 0;
    while bits < 256 {
        let (mut unit, mut len) = (0, 0);
        while unit < 8 {
            table[bits][len] = 2 * unit as u8;
            len += 1;
            if bits >> unit & 1 == 0 {
                table[bits][len] = 2 * unit as u8 + 1;
                len += 1;
            }
            unit += 1;
        }
        bits += 1;
    }
    table
};

/// The shuffles that leave out, of four places of four bytes each, the fourth, the third too of those whose bit in the high half
/// is set, and the second too of those whose bit in the low half is.
static UP_TO_THREE: [[u8; 16]; 256] = {
    let mut table = [[0x80; 16]; 256];
    let mut bits = 0;
    while bits < 256 {
        let (mut place, mut len) = (0, 0);
        while place < 4 {
            let bytes = 3 - (bits >> place & 1) - (bits >> (4 + place) & 1);
            let mut byte = 0;
            while byte < bytes {
                table[bits][len] = (4 * place + byte) as u8;
                len += 1;
                byte += 1;
            }
            place += 1;
        }
        bits += 1;
    }
    table
};

/// A row of a table.
#[inline(always)]
fn row(table: &[[u8; 16]], index: usize) -> Bytes {
    // SAFETY: a row has sixteen bytes.
    unsafe { load(table[index].as_ptr()) }
}

/// `a` where the mask is all ones, `b` where it is zeros.
#[inline(always)]
fn select(mask: Bytes, a: Bytes, b: Bytes) -> Bytes {
    xor(b, and(mask, xor(a, b)))
}

/// All ones in the units that have none of these bits.
#[inline(always)]
fn without(units: Bytes, bits: u16) -> Bytes {
    equal_units(and(units, splat_unit(bits)), splat(0))
}

/// Writes eight units, each below 0x800, as UTF-8; gives the number of bytes.
///
/// # Safety
///
/// Sixteen bytes can be written at `dst`.
#[inline]
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "ssse3,popcnt"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
pub unsafe fn narrow_units_to_utf8(dst: *mut u8, units: Bytes) -> usize {
    let ascii = without(units, 0xff80);
    let lead = or(units_right::<6>(units), splat_unit(0xc0));
    let last = or(and(units, splat_unit(0x3f)), splat_unit(0x80));
    let both = select(ascii, units, or(lead, units_left::<8>(last)));
    let bits = unit_bits(ascii) & 0xff;
    // SAFETY: the caller's.
    unsafe { store(dst, lookup(both, row(&ONE_OR_TWO, bits))) };
    16 - bits.count_ones() as usize
}

/// Writes eight units that are no surrogates as UTF-8; gives the number of bytes.
///
/// # Safety
///
/// Twenty-eight bytes can be written at `dst`.
#[inline]
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "ssse3,popcnt"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
pub unsafe fn units_to_utf8(dst: *mut u8, units: Bytes) -> usize {
    let two = without(units, 0xf800);
    let twos = unit_bits(two) & 0xff;
    if twos == 0xff {
        // SAFETY: the caller's.
        return unsafe { narrow_units_to_utf8(dst, units) };
    }
    let ascii = without(units, 0xff80);
    let ones = unit_bits(ascii) & 0xff;
    let six = splat_unit(0x3f);
    let continues = splat_unit(0x80);
    let last = or(and(units, six), continues);
    let middle = or(and(units_right::<6>(units), six), continues);
    let first = select(
        two,
        or(units_right::<6>(units), splat_unit(0xc0)),
        or(units_right::<12>(units), splat_unit(0xe0)),
    );
    let second = units_left::<8>(select(two, last, middle));
    let start = select(ascii, units, or(first, second));
    let (a, b) = interleave_units(start, last);
    let (low, high) = (ones & 0xf | (twos & 0xf) << 4, ones >> 4 | twos & 0xf0);
    // Twelve less what the places leave out, which is at most twelve here.
    let len = 12 - low.count_ones() as usize;
    // SAFETY: the caller's.
    unsafe {
        store(dst, lookup(a, row(&UP_TO_THREE, low)));
        store(dst.add(len), lookup(b, row(&UP_TO_THREE, high)));
    }
    len + 12 - high.count_ones() as usize
}

/// Rows of [`STEPS`]' shuffles: 64 for six characters of one or two bytes, then 81 for four of up to three.
const SHUFFLES: usize = 64 + 81;

/// No shuffle is for this.
const NONE: u8 = u8::MAX;

/// By which of twelve bytes end a character: the number of a shuffle in the low half, how many bytes it takes in the high one.
static STEPS: [[u8; 2]; 4096] = {
    let mut table = [[NONE, 0]; 4096];
    let mut ends = 0;
    while ends < 4096 {
        let (mut at, mut count) = (0, 0);
        // Lengths of the first six characters, and where they end.
        let mut lens = [0; 6];
        let mut stops = [0; 6];
        let mut start = 0;
        while at < 12 && count < 6 {
            if ends >> at & 1 == 1 {
                lens[count] = at + 1 - start;
                start = at + 1;
                stops[count] = start;
                count += 1;
            }
            at += 1;
        }
        let (mut pairs, mut six, mut threes, mut four) = (0, count == 6, 0, count >= 4);
        let mut k = 0;
        while k < 6 {
            six = six && lens[k] <= 2;
            pairs |= if lens[k] == 2 { 1 << k } else { 0 };
            k += 1;
        }
        k = 4;
        while k > 0 {
            k -= 1;
            four = four && lens[k] <= 3;
            threes = 3 * threes + if lens[k] > 0 { lens[k] - 1 } else { 0 };
        }
        if six {
            table[ends] = [pairs as u8, stops[5] as u8];
        } else if four {
            table[ends] = [64 + threes as u8, stops[3] as u8];
        }
        ends += 1;
    }
    table
};

/// What brings the last two bytes of each character to a unit of its own, and of the 81 the first of three to a unit four places on.
static TO_UNITS: [[u8; 16]; SHUFFLES] = {
    let mut table = [[0x80; 16]; SHUFFLES];
    let mut index = 0;
    while index < SHUFFLES {
        let (mut k, mut at, mut threes) = (0, 0, index.saturating_sub(64));
        while k < if index < 64 { 6 } else { 4 } {
            let len = if index < 64 {
                1 + (index >> k & 1)
            } else {
                1 + threes % 3
            };
            threes /= 3;
            table[index][2 * k] = (at + len - 1) as u8;
            if len > 1 {
                table[index][2 * k + 1] = (at + len - 2) as u8;
            }
            if len > 2 {
                table[index][8 + 2 * k] = at as u8;
            }
            at += len;
            k += 1;
        }
        index += 1;
    }
    table
};

/// Writes the first characters of a block of UTF-8, six of one or two bytes or four of up to three, as units; gives the
/// bytes that they took, at most twelve, and the units that they became. The block starts at a character.
///
/// # Safety
///
/// Sixteen bytes can be written at `dst`.
#[inline]
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "ssse3,popcnt"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
pub unsafe fn triples_to_units(dst: *mut u8, bytes: Bytes) -> (usize, usize) {
    let continues = byte_bits(equal(and(bytes, splat(0xc0)), splat(0x80)));
    // A character ends where the next byte doesn't continue it.
    let [shuffle, read] = STEPS[!continues >> 1 & 0xfff];
    if shuffle == NONE {
        return (0, 0);
    }
    let parts = lookup(bytes, row(&TO_UNITS, usize::from(shuffle)));
    let low = or(
        and(parts, splat_unit(0x7f)),
        units_right::<2>(and(parts, splat_unit(0x3f00))),
    );
    // By construction, what isn't the first byte of a character continues it. So each is what its length says if its first
    // byte is; and it needs its length.
    let one = without(parts, 0xff80);
    let two = and(
        equal_units(and(parts, splat_unit(0xe0c0)), splat_unit(0xc080)),
        xor(without(parts, 0x1e00), splat(0xff)),
    );
    if shuffle < 64 {
        if unit_bits(or(one, two)) & 0xff != 0xff {
            return (0, 0);
        }
        // SAFETY: the caller's.
        unsafe { store(dst, low) };
        return (read.into(), 6);
    }
    let first = shifted_in::<8>(parts, splat(0));
    let units = or(low, units_left::<12>(first));
    let short = and(or(one, two), without(first, 0xff));
    let surrogate = equal_units(and(units, splat_unit(0xf800)), splat_unit(0xd800));
    let wrong = or(without(units, 0xf800), surrogate);
    let three = and(
        equal_units(and(first, splat_unit(0xf0)), splat_unit(0xe0)),
        xor(wrong, splat(0xff)),
    );
    if unit_bits(or(short, three)) & 0xf != 0xf {
        return (0, 0);
    }
    // SAFETY: the caller's.
    unsafe { store_low(dst, units) };
    (read.into(), 4)
}

/// Writes a block of UTF-8 whose characters all have one or two bytes, but for a last one that it has only half of, as
/// units; gives the bytes that they took and the units that they became. The block starts at a character.
///
/// # Safety
///
/// Thirty-two bytes can be written at `dst`.
#[inline]
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "ssse3,popcnt"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
pub unsafe fn pairs_to_units(dst: *mut u8, bytes: Bytes) -> (usize, usize) {
    let kind = and(bytes, splat(0xe0));
    let lead = and(
        equal(kind, splat(0xc0)),
        xor(equal(and(bytes, splat(0x1e)), splat(0)), splat(0xff)),
    );
    let continues = equal(and(bytes, splat(0xc0)), splat(0x80));
    let ascii = equal(and(bytes, splat(0x80)), splat(0));
    let (leads, continue_bits) = (byte_bits(lead), byte_bits(continues));
    if byte_bits(or(or(lead, continues), ascii)) != 0xffff || continue_bits != leads << 1 & 0xffff {
        return (0, 0);
    }
    // Every byte a unit: after a lead with the lead's bits, the leads themselves left out.
    let values = and(bytes, or(ascii, splat(0x3f)));
    let before = and(
        and(shifted_in::<15>(splat(0), bytes), continues),
        splat(0x1f),
    );
    let low = or(widen_low(values), units_left::<6>(widen_low(before)));
    let high = or(widen_high(values), units_left::<6>(widen_high(before)));
    let (first, last) = (leads & 0xff, leads >> 8);
    let len = 8 - first.count_ones() as usize;
    // SAFETY: the caller's.
    unsafe {
        store(dst, lookup(low, row(&UNITS_LEAVING_OUT, first)));
        store(
            dst.add(2 * len),
            lookup(high, row(&UNITS_LEAVING_OUT, last)),
        );
    }
    (16 - (leads >> 15), len + 8 - last.count_ones() as usize)
}

/// The shuffles that leave out, of eight units, those whose bit is set.
static UNITS_LEAVING_OUT: [[u8; 16]; 256] = {
    let mut table = [[0x80; 16]; 256];
    let mut bits = 0;
    while bits < 256 {
        let (mut unit, mut len) = (0, 0);
        while unit < 8 {
            if bits >> unit & 1 == 0 {
                table[bits][len] = 2 * unit as u8;
                table[bits][len + 1] = 2 * unit as u8 + 1;
                len += 2;
            }
            unit += 1;
        }
        bits += 1;
    }
    table
};

/// Writes a block of UTF-8 whose characters are all below 256, but for a last one that it has only half of, as a byte
/// each; gives the bytes that they took and how many they are. The block starts at a character.
///
/// # Safety
///
/// Sixteen bytes can be written at `dst`.
#[inline]
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "ssse3,popcnt"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
pub unsafe fn utf8_to_latin1(dst: *mut u8, bytes: Bytes) -> (usize, usize) {
    let lead = equal(and(bytes, splat(0xfe)), splat(0xc2));
    let continues = equal(and(bytes, splat(0xc0)), splat(0x80));
    let ascii = equal(and(bytes, splat(0x80)), splat(0));
    let (leads, continue_bits) = (byte_bits(lead), byte_bits(continues));
    if byte_bits(or(or(lead, continues), ascii)) != 0xffff || continue_bits != leads << 1 & 0xffff {
        return (0, 0);
    }
    // After 0xc2 a byte is what it is, after 0xc3 it has bit 6 too.
    let high = shifted_in::<15>(splat(0), equal(bytes, splat(0xc3)));
    let values = or(bytes, and(high, splat(0x40)));
    // Every byte in a unit, the leads left out.
    let (low, last) = (leads & 0xff, leads >> 8);
    let row = |bits: usize| words(LEAVING_OUT[bits], 0);
    let len = 8 - low.count_ones() as usize;
    // SAFETY: the caller's.
    unsafe {
        store_low(dst, lookup(values, row(low)));
        let rest = shifted_in::<8>(values, splat(0));
        store_low(dst.add(len), lookup(rest, row(last)));
    }
    (16 - (leads >> 15), len + 8 - last.count_ones() as usize)
}

/// The shuffles that leave out, of eight bytes, those whose bit is set.
static LEAVING_OUT: [u64; 256] = {
    let mut table = [0; 256];
    let mut bits = 0;
    while bits < 256 {
        let (mut byte, mut len) = (0, 0);
        while byte < 8 {
            if bits >> byte & 1 == 0 {
                table[bits] |= byte << (8 * len);
                len += 1;
            }
            byte += 1;
        }
        bits += 1;
    }
    table
};
