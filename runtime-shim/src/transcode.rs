//! Strings from one encoding of the canonical ABI into another: UTF-8, UTF-16 (little-endian) and Latin-1.
//!
//! # The problem
//!
//! How much room a string takes in another encoding isn't known before it has been read, and the
//! canonical ABI says which calls of the guest's `realloc` make the room. Only compiled code calls
//! guests, so a conversion is in steps: each function here goes as far as it can without more room and
//! says how far it got; compiled code, or [`crate::guest`] for the host's strings, calls `realloc` and
//! then the next one.
//!
//! # Why nothing leaves its area
//!
//! **What is written is bounded by what was read.** Each function reads the `n` units that it was given,
//! at most, and writes no more for each of them than its documentation says; the caller has checked
//! that much room. This doesn't hang on what the string holds, nor on its validity: a unit is read into a
//! register once, and that one value decides how far both sides advance. So it holds even where
//! the two areas overlap, which a component can bring about that calls itself: what comes out then is
//! unspecified, in its own memory. No Rust references are made, so no rule of theirs is broken by it.
//!
//! # Speed
//!
//! Most text is ASCII, or has it in runs. Each loop looks at a block at a time and moves it whole if
//! nothing in it needs thought; otherwise it goes through the block a character at a time. A block is small,
//! so that a single character costs little beside it.

use nanocc_shim_abi::intrinsic::INVALID;

use crate::vector::*;

/// A unit at an index.
///
/// # Safety
///
/// Unit `i` can be read.
#[inline(always)]
unsafe fn unit(src: *const u8, i: usize) -> u16 {
    // SAFETY: the caller's.
    u16::from_le(unsafe { src.cast::<u16>().add(i).read_unaligned() })
}

/// Sets a unit at an index.
///
/// # Safety
///
/// Unit `i` can be written.
#[inline(always)]
unsafe fn set_unit(dst: *mut u8, i: usize, unit: u16) {
    // SAFETY: the caller's.
    unsafe { dst.cast::<u16>().add(i).write_unaligned(unit.to_le()) }
}

// Latin-1 to UTF-16.

/// Sixteen bytes at `src` become sixteen units at `dst`.
///
/// # Safety
///
/// As many can be read, and written.
#[inline(always)]
unsafe fn widen_block(dst: *mut u8, src: *const u8) {
    // SAFETY: the caller's.
    unsafe {
        let bytes = load(src);
        store(dst, widen_low(bytes));
        store(dst.add(16), widen_high(bytes));
    }
}

/// `n` bytes become `n` units.
///
/// # Safety
///
/// `n` bytes can be read at `src`, and `2 * n` written at `dst`.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn nanocc_latin1_to_utf16(dst: *mut u8, src: *const u8, n: usize) {
    // SAFETY: `i` is below `n`, by a block where a block is moved.
    unsafe {
        let mut i = 0;
        while n - i >= 32 {
            widen_block(dst.add(2 * i), src.add(i));
            widen_block(dst.add(2 * i + 32), src.add(i + 16));
            i += 32;
        }
        if n - i >= 16 {
            widen_block(dst.add(2 * i), src.add(i));
            i += 16;
        }
        if n >= 16 && i < n {
            // What is left, with some of what is done already.
            widen_block(dst.add(2 * (n - 16)), src.add(n - 16));
            return;
        }
        while i < n {
            set_unit(dst, i, u16::from(*src.add(i)));
            i += 1;
        }
    }
}

/// The same in place, from the end to the start: a unit lies at or after its byte.
///
/// # Safety
///
/// `2 * n` bytes can be read and written at `at`.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn nanocc_latin1_widen(at: *mut u8, n: usize) {
    // SAFETY: `i` is below `n`, by a block where a block is moved; a block is loaded before it is stored, and
    // that ends before the bytes that are left only if none are.
    unsafe {
        let mut i = n;
        while i >= 16 {
            i -= 16;
            widen_block(at.add(2 * i), at.add(i));
        }
        while i > 0 {
            i -= 1;
            set_unit(at, i, u16::from(*at.add(i)));
        }
    }
}

// UTF-16 to one byte a unit.

/// Units below `LIMIT`, a power of two and at most 256, become bytes, up to the first other one.
///
/// # Safety
///
/// `n` units can be read at `src`, and `n` bytes written at `dst`, which may be `src`: a byte lies at or before
/// its unit, and what was written isn't read again.
#[inline(always)]
unsafe fn narrow_below<const LIMIT: u16>(dst: *mut u8, src: *const u8, n: usize) -> usize {
    let others = splat_unit(!(LIMIT - 1));
    let mut i = 0;
    // SAFETY: `i` is below `n`, by a block where a block is moved.
    unsafe {
        while n - i >= 32 {
            let at = src.add(2 * i);
            let (a, b) = (load(at), load(at.add(16)));
            let (c, d) = (load(at.add(32)), load(at.add(48)));
            if !is_zero(and(or(or(a, b), or(c, d)), others)) {
                break;
            }
            store(dst.add(i), narrow(a, b));
            store(dst.add(i + 16), narrow(c, d));
            i += 32;
        }
        while n - i >= 8 {
            let units = load(src.add(2 * i));
            if !is_zero(and(units, others)) {
                break;
            }
            store_low(dst.add(i), narrow(units, units));
            i += 8;
        }
        while i < n {
            let unit = unit(src, i);
            if unit >= LIMIT {
                break;
            }
            *dst.add(i) = unit as u8;
            i += 1;
        }
    }
    i
}

/// `i`, unless a unit is there that is no surrogate's proper half: then [`INVALID`].
///
/// # Safety
///
/// `n` units can be read at `src`; `i` is at most `n`.
#[inline(always)]
unsafe fn stopped_at(src: *const u8, i: usize, n: usize) -> u64 {
    // SAFETY: within the `n`.
    if i < n && unsafe { character(src, i, n) }.is_none() {
        return INVALID;
    }
    i as u64
}

/// Units below 256 become bytes. Gives how many there are before the first other one; if the character there
/// is malformed, [`INVALID`].
///
/// # Safety
///
/// `n` units can be read at `src`, and `n` bytes written at `dst`, which may be `src`.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn nanocc_utf16_to_latin1(dst: *mut u8, src: *const u8, n: usize) -> u64 {
    // SAFETY: the caller's.
    unsafe { stopped_at(src, narrow_below::<0x100>(dst, src, n), n) }
}

/// The same for ASCII. `dst` may not be `src`.
///
/// # Safety
///
/// `n` units can be read at `src`, and `n` bytes written at `dst`.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn nanocc_utf16_to_ascii(dst: *mut u8, src: *const u8, n: usize) -> u64 {
    // SAFETY: the caller's.
    unsafe { stopped_at(src, narrow_below::<0x80>(dst, src, n), n) }
}

// UTF-16.

/// The character at unit `i`: its code point and how many units it takes.
///
/// # Safety
///
/// `n` units can be read at `src`, more than `i`.
#[inline(always)]
pub(crate) unsafe fn character(src: *const u8, i: usize, n: usize) -> Option<(u32, usize)> {
    // SAFETY: within the `n`.
    let first = u32::from(unsafe { unit(src, i) });
    match first {
        0..0xd800 | 0xe000.. => Some((first, 1)),
        0xdc00.. => None,
        _ if n - i < 2 => None,
        _ => {
            // SAFETY: there are two.
            let second = u32::from(unsafe { unit(src, i + 1) });
            (second & 0xfc00 == 0xdc00)
                .then(|| (0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff), 2))
        }
    }
}

/// Whether the surrogates among units are in pairs, block by block.
struct Pairs {
    /// The last unit before was the first half of a pair: [`UNIT_BITS`] ones.
    due: u64,
    /// Nothing was wrong.
    fine: bool,
}

/// The bits of a whole [`unit_mask`].
const ALL_UNITS: u64 = u64::MAX >> (64 - 8 * UNIT_BITS);

impl Pairs {
    /// Eight units more.
    #[inline(always)]
    fn block(&mut self, units: Bytes) {
        let halves = and(units, splat_unit(0xfc00));
        let first = unit_mask(equal_units(halves, splat_unit(0xd800)));
        let second = unit_mask(equal_units(halves, splat_unit(0xdc00)));
        self.fine &= second == (first << UNIT_BITS | self.due) & ALL_UNITS;
        self.due = first >> (7 * UNIT_BITS);
    }

    /// One unit more.
    #[inline(always)]
    fn unit(&mut self, unit: u16) {
        self.fine &= (unit & 0xfc00 == 0xdc00) == (self.due != 0);
        self.due = u64::from(unit & 0xfc00 == 0xd800);
    }
}

/// Whether one of the units is half a surrogate pair.
#[inline(always)]
fn surrogates(units: Bytes) -> Bytes {
    equal_units(and(units, splat_unit(0xf800)), splat_unit(0xd800))
}

/// Copies `n` units, and gives 0 if they aren't well-formed UTF-16, 1 if all are below 256, else 2.
///
/// # Safety
///
/// `n` units can be read at `src` and written at `dst`.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn nanocc_utf16_copy(dst: *mut u8, src: *const u8, n: usize) -> u32 {
    let mut pairs = Pairs { due: 0, fine: true };
    let mut seen = splat(0);
    let mut rest = 0;
    // SAFETY: `i` is below `n`, by a block where a block is moved.
    unsafe {
        let mut i = 0;
        while n - i >= 32 {
            let (from, to) = (src.add(2 * i), dst.add(2 * i));
            let (a, b) = (load(from), load(from.add(16)));
            let (c, d) = (load(from.add(32)), load(from.add(48)));
            store(to, a);
            store(to.add(16), b);
            store(to.add(32), c);
            store(to.add(48), d);
            seen = or(seen, or(or(a, b), or(c, d)));
            let any = or(
                or(surrogates(a), surrogates(b)),
                or(surrogates(c), surrogates(d)),
            );
            if is_zero(any) {
                pairs.fine &= pairs.due == 0;
                pairs.due = 0;
            } else {
                pairs.block(a);
                pairs.block(b);
                pairs.block(c);
                pairs.block(d);
            }
            i += 32;
        }
        while n - i >= 8 {
            let units = load(src.add(2 * i));
            store(dst.add(2 * i), units);
            seen = or(seen, units);
            pairs.block(units);
            i += 8;
        }
        while i < n {
            let unit = unit(src, i);
            set_unit(dst, i, unit);
            rest |= unit;
            pairs.unit(unit);
            i += 1;
        }
    }
    if !pairs.fine || pairs.due != 0 {
        0
    } else if rest < 0x100 && is_zero(and(seen, splat_unit(0xff00))) {
        1
    } else {
        2
    }
}

/// Whether the units of `bytes` are well-formed UTF-16.
pub(crate) fn utf16_is_well_formed(bytes: &[u8]) -> bool {
    let mut pairs = Pairs { due: 0, fine: true };
    let (blocks, rest) = bytes.as_chunks::<16>();
    for block in blocks {
        // SAFETY: sixteen bytes.
        pairs.block(unsafe { load(block.as_ptr()) });
    }
    for unit in rest.as_chunks::<2>().0 {
        pairs.unit(u16::from_le_bytes(*unit));
    }
    pairs.fine && pairs.due == 0
}

/// Writes a character as UTF-8 and gives the number of its bytes.
///
/// # Safety
///
/// As many bytes as it takes can be written at `dst`: one below 0x80, two below 0x800, three below 0x10000, four.
#[inline(always)]
unsafe fn put_utf8(dst: *mut u8, code: u32) -> usize {
    let last = |shift: u32| 0x80 | (code >> shift & 0x3f) as u8;
    // SAFETY: the caller's.
    unsafe {
        if code < 0x80 {
            *dst = code as u8;
            1
        } else if code < 0x800 {
            *dst = 0xc0 | (code >> 6) as u8;
            *dst.add(1) = last(0);
            2
        } else if code < 0x10000 {
            *dst = 0xe0 | (code >> 12) as u8;
            *dst.add(1) = last(6);
            *dst.add(2) = last(0);
            3
        } else {
            *dst = 0xf0 | (code >> 18) as u8;
            *dst.add(1) = last(12);
            *dst.add(2) = last(6);
            *dst.add(3) = last(0);
            4
        }
    }
}

/// UTF-16 to UTF-8; gives the number of bytes, or [`INVALID`].
///
/// # Safety
///
/// `n` units can be read at `src`, and `3 * n` bytes written at `dst`.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn nanocc_utf16_to_utf8(dst: *mut u8, src: *const u8, n: usize) -> u64 {
    let ascii = splat_unit(!0x7f);
    let (mut i, mut len) = (0, 0);
    // SAFETY: `i` is below `n`, by a block where a block is moved; `len` is at most `3 * i`: a character of one unit
    // takes up to three bytes, one of two units takes four.
    unsafe {
        while i < n {
            let mut stop = n;
            if n - i >= 8 {
                let units = load(src.add(2 * i));
                if is_zero(and(units, ascii)) {
                    store_low(dst.add(len), narrow(units, units));
                    (i, len) = (i + 8, len + 8);
                    continue;
                }
                stop = i + 8;
            }
            while i < stop {
                let Some((code, units)) = character(src, i, n) else {
                    return INVALID;
                };
                len += put_utf8(dst.add(len), code);
                i += units;
            }
        }
    }
    len as u64
}

// UTF-8.

/// Copies bytes below 128; gives how many there are before the first other one.
///
/// # Safety
///
/// `n` bytes can be read at `src` and written at `dst`.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn nanocc_ascii_copy(dst: *mut u8, src: *const u8, n: usize) -> u64 {
    let mut i = 0;
    // SAFETY: `i` is below `n`, by a block where a block is moved.
    unsafe {
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
                break;
            }
            store(dst.add(i), bytes);
            i += 16;
        }
        while i < n {
            let byte = *src.add(i);
            if byte >= 0x80 {
                break;
            }
            *dst.add(i) = byte;
            i += 1;
        }
    }
    i as u64
}

/// Latin-1 to UTF-8; gives the number of bytes.
///
/// # Safety
///
/// `n` bytes can be read at `src`, and `2 * n` written at `dst`.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn nanocc_latin1_to_utf8(dst: *mut u8, src: *const u8, n: usize) -> u64 {
    let (mut i, mut len) = (0, 0);
    // SAFETY: `i` is below `n`, by a block where a block is moved; `len` is at most `2 * i`.
    unsafe {
        while i < n {
            let mut stop = n;
            if n - i >= 16 {
                let bytes = load(src.add(i));
                if is_ascii(bytes) {
                    store(dst.add(len), bytes);
                    (i, len) = (i + 16, len + 16);
                    continue;
                }
                stop = i + 16;
            }
            while i < stop {
                len += put_utf8(dst.add(len), u32::from(*src.add(i)));
                i += 1;
            }
        }
    }
    len as u64
}

/// The character at the start of `src`: its code point and how many bytes it takes; `None` if it is malformed
/// (Unicode, table 3-7) or cut off.
///
/// # Safety
///
/// `n` bytes can be read at `src`, at least one.
#[inline(always)]
pub(crate) unsafe fn decode(src: *const u8, n: usize) -> Option<(u32, usize)> {
    // SAFETY: each byte is within the `n`, by the comparison before it.
    let byte = |i: usize| u32::from(unsafe { *src.add(i) });
    /// The bits of continuations; `false` if one is none.
    macro_rules! rest {
        ($($byte:ident)*) => {
            [$($byte),*].iter().all(|byte| byte & 0xc0 == 0x80)
        };
    }
    let a = byte(0);
    if a < 0x80 {
        return Some((a, 1));
    }
    if a < 0xe0 {
        if a < 0xc2 || n < 2 {
            return None;
        }
        let b = byte(1);
        return rest!(b).then_some(((a & 0x1f) << 6 | b & 0x3f, 2));
    }
    if a < 0xf0 {
        if n < 3 {
            return None;
        }
        let (b, c) = (byte(1), byte(2));
        let code = (a & 0xf) << 12 | (b & 0x3f) << 6 | c & 0x3f;
        let fine = rest!(b c) && code >= 0x800 && code & 0xf800 != 0xd800;
        return fine.then_some((code, 3));
    }
    if n < 4 {
        return None;
    }
    let (b, c, d) = (byte(1), byte(2), byte(3));
    let code = (a & 0xf) << 18 | (b & 0x3f) << 12 | (c & 0x3f) << 6 | d & 0x3f;
    let fine = rest!(b c d) && (0x10000..0x11_0000).contains(&code);
    fine.then_some((code, 4))
}

/// UTF-8 to UTF-16; gives the number of units, or [`INVALID`].
///
/// # Safety
///
/// `n` bytes can be read at `src`, and `2 * n` written at `dst`.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn nanocc_utf8_to_utf16(dst: *mut u8, src: *const u8, n: usize) -> u64 {
    let (mut i, mut len) = (0, 0);
    // SAFETY: `i` is below `n`, by a block where a block is moved; `len` is at most `i`: a character has no more
    // units than bytes.
    unsafe {
        while i < n {
            let mut stop = n;
            if n - i >= 16 {
                let bytes = load(src.add(i));
                if is_ascii(bytes) {
                    store(dst.add(2 * len), widen_low(bytes));
                    store(dst.add(2 * len + 16), widen_high(bytes));
                    (i, len) = (i + 16, len + 16);
                    continue;
                }
                stop = i + 16;
            }
            while i < stop {
                let Some((code, bytes)) = decode(src.add(i), n - i) else {
                    return INVALID;
                };
                if code < 0x10000 {
                    set_unit(dst, len, code as u16);
                    len += 1;
                } else {
                    let code = code - 0x10000;
                    set_unit(dst, len, 0xd800 | (code >> 10) as u16);
                    set_unit(dst, len + 1, 0xdc00 | (code & 0x3ff) as u16);
                    len += 2;
                }
                i += bytes;
            }
        }
    }
    len as u64
}

/// UTF-8 to Latin-1, up to the first character from 256 on. Gives how many bytes it read in the high half, and
/// how many it wrote in the low one; if a character is malformed, that one included, [`INVALID`].
///
/// # Safety
///
/// `n` bytes, fewer than 2^32, can be read at `src` and written at `dst`.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn nanocc_utf8_to_latin1(dst: *mut u8, src: *const u8, n: usize) -> u64 {
    let (mut i, mut len) = (0, 0);
    // SAFETY: `i` is below `n`, by a block where a block is moved; `len` is at most `i`.
    unsafe {
        'all: while i < n {
            let mut stop = n;
            if n - i >= 16 {
                let bytes = load(src.add(i));
                if is_ascii(bytes) {
                    store(dst.add(len), bytes);
                    (i, len) = (i + 16, len + 16);
                    continue;
                }
                stop = i + 16;
            }
            while i < stop {
                let Some((code, bytes)) = decode(src.add(i), n - i) else {
                    return INVALID;
                };
                if code >= 0x100 {
                    break 'all;
                }
                *dst.add(len) = code as u8;
                (i, len) = (i + bytes, len + 1);
            }
        }
    }
    (i as u64) << 32 | len as u64
}

#[cfg(test)]
mod tests;
