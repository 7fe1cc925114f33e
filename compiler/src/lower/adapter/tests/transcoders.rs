//! The shim's transcoders, as their contract (`nanocc_shim_abi::intrinsic`) says and no more: the adapter is tested
//! with these, the shim's own against the same conversions in the shim.

use super::text::{Simple, decode, encode};
use crate::lower::names::Intrinsic;
use nanocc_shim_abi::intrinsic::INVALID;

type Transcoder = extern "C" fn(*mut u8, *const u8, usize) -> u64;

/// The address of one.
pub fn address(which: Intrinsic) -> Option<u64> {
    let transcoder: Transcoder = match which {
        Intrinsic::Utf8Copy => utf8_copy,
        Intrinsic::Utf16Copy => utf16_copy,
        Intrinsic::Latin1ToUtf16 => latin1_to_utf16,
        Intrinsic::Utf16ToLatin1 => utf16_to_latin1,
        Intrinsic::Utf16ToAscii => utf16_to_ascii,
        Intrinsic::AsciiCopy => ascii_copy,
        Intrinsic::Utf16ToUtf8 => utf16_to_utf8,
        Intrinsic::Latin1ToUtf8 => latin1_to_utf8,
        Intrinsic::Utf8ToUtf16 => utf8_to_utf16,
        Intrinsic::Utf8ToLatin1 => utf8_to_latin1,
        Intrinsic::Latin1Widen => return Some(latin1_widen as *const () as u64),
        _ => return None,
    };
    Some(transcoder as *const () as u64)
}

/// What is to be read.
fn read(from: *const u8, len: usize) -> Vec<u8> {
    // SAFETY: the adapter has checked the range.
    unsafe { std::slice::from_raw_parts(from, len) }.to_vec()
}

fn write(to: *mut u8, bytes: &[u8]) {
    // SAFETY: the adapter has checked the range.
    unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
}

extern "C" fn utf8_copy(to: *mut u8, from: *const u8, len: usize) -> u64 {
    let bytes = read(from, len);
    write(to, &bytes);
    u64::from(decode(Simple::Utf8, &bytes).is_some())
}

extern "C" fn utf16_copy(to: *mut u8, from: *const u8, units: usize) -> u64 {
    let bytes = read(from, 2 * units);
    write(to, &bytes);
    match decode(Simple::Utf16, &bytes) {
        None => 0,
        Some(text) => 1 + u64::from(encode(&text, Simple::Latin1).is_none()),
    }
}

extern "C" fn latin1_to_utf16(to: *mut u8, from: *const u8, len: usize) -> u64 {
    let wide: Vec<u8> = read(from, len).iter().flat_map(|&byte| [byte, 0]).collect();
    write(to, &wide);
    0
}

extern "C" fn latin1_widen(at: *mut u8, len: usize) {
    latin1_to_utf16(at, at, len);
}

fn narrow(to: *mut u8, from: *const u8, units: usize, limit: u16) -> u64 {
    let bytes = read(from, 2 * units);
    let units: Vec<u16> = bytes
        .as_chunks::<2>()
        .0
        .iter()
        .map(|unit| u16::from_le_bytes(*unit))
        .collect();
    let narrow: Vec<u8> = units
        .iter()
        .take_while(|&&unit| unit < limit)
        .map(|&unit| unit as u8)
        .collect();
    write(to, &narrow);
    match char::decode_utf16(units[narrow.len()..].iter().copied()).next() {
        Some(Err(_)) => INVALID,
        _ => narrow.len() as u64,
    }
}

extern "C" fn utf16_to_latin1(to: *mut u8, from: *const u8, units: usize) -> u64 {
    narrow(to, from, units, 0x100)
}

extern "C" fn utf16_to_ascii(to: *mut u8, from: *const u8, units: usize) -> u64 {
    narrow(to, from, units, 0x80)
}

extern "C" fn ascii_copy(to: *mut u8, from: *const u8, len: usize) -> u64 {
    let mut bytes = read(from, len);
    let ascii = bytes.iter().take_while(|byte| byte.is_ascii()).count();
    bytes.truncate(ascii);
    write(to, &bytes);
    ascii as u64
}

/// The whole of a string, in another encoding: how many units of `size` bytes it has there.
fn whole(to: *mut u8, bytes: &[u8], (from, into): (Simple, Simple), size: u64) -> u64 {
    let Some(text) = decode(from, bytes) else {
        return INVALID;
    };
    let bytes = encode(&text, into).expect("the encoding has all characters");
    write(to, &bytes);
    bytes.len() as u64 / size
}

extern "C" fn utf16_to_utf8(to: *mut u8, from: *const u8, units: usize) -> u64 {
    whole(to, &read(from, 2 * units), (Simple::Utf16, Simple::Utf8), 1)
}

extern "C" fn latin1_to_utf8(to: *mut u8, from: *const u8, len: usize) -> u64 {
    whole(to, &read(from, len), (Simple::Latin1, Simple::Utf8), 1)
}

extern "C" fn utf8_to_utf16(to: *mut u8, from: *const u8, len: usize) -> u64 {
    whole(to, &read(from, len), (Simple::Utf8, Simple::Utf16), 2)
}

extern "C" fn utf8_to_latin1(to: *mut u8, from: *const u8, len: usize) -> u64 {
    let bytes = read(from, len);
    let (good, cut) = match str::from_utf8(&bytes) {
        Ok(text) => (text, false),
        Err(error) => (
            str::from_utf8(&bytes[..error.valid_up_to()]).expect("it is valid up to there"),
            true,
        ),
    };
    let latin1: Vec<u8> = good.chars().map_while(|c| u8::try_from(c).ok()).collect();
    let done: usize = latin1.iter().map(|&byte| char::from(byte).len_utf8()).sum();
    if cut && done == good.len() {
        return INVALID;
    }
    write(to, &latin1);
    (done as u64) << 32 | latin1.len() as u64
}
