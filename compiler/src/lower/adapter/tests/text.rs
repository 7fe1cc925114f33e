//! The canonical ABI's strings as the specification writes them: `load_string_from_range`,
//! `store_string_into_range` and what that calls, line by line.

use super::model::{Memory, Result, Text, Value};
use crate::abi::MAX_STRING_BYTES;
use crate::program::StringEncoding::{self, CompactUtf16, Utf8, Utf16};
use nanocc_shim_abi::{Trap, UTF16_TAG};

/// What a string's code units are, the tag seen through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Simple {
    Utf8,
    Utf16,
    Latin1,
}

/// The units of a string of this (tagged) length, and how many.
pub fn simple(encoding: StringEncoding, len: u32) -> (Simple, u32) {
    match encoding {
        Utf8 => (Simple::Utf8, len),
        Utf16 => (Simple::Utf16, len),
        CompactUtf16 if len & UTF16_TAG != 0 => (Simple::Utf16, len ^ UTF16_TAG),
        CompactUtf16 => (Simple::Latin1, len),
    }
}

/// The text that bytes are.
pub fn decode(units: Simple, bytes: &[u8]) -> Option<String> {
    match units {
        Simple::Utf8 => str::from_utf8(bytes).ok().map(str::to_owned),
        Simple::Utf16 => {
            let units = bytes.as_chunks::<2>().0.iter();
            String::from_utf16(
                &units
                    .map(|unit| u16::from_le_bytes(*unit))
                    .collect::<Vec<_>>(),
            )
            .ok()
        }
        Simple::Latin1 => Some(bytes.iter().copied().map(char::from).collect()),
    }
}

/// The bytes of a text, if the encoding has all of its characters.
pub fn encode(text: &str, units: Simple) -> Option<Vec<u8>> {
    match units {
        Simple::Utf8 => Some(text.as_bytes().to_vec()),
        Simple::Utf16 => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        Simple::Latin1 => text.chars().map(|c| u8::try_from(c).ok()).collect(),
    }
}

pub fn load_string(memory: &Memory, at: u32, len: u32) -> Result<Value> {
    let (units, count) = simple(memory.encoding, len);
    let align = if memory.encoding == Utf8 { 1 } else { 2 };
    let bytes = u64::from(count) * if units == Simple::Utf16 { 2 } else { 1 };
    if bytes > u64::from(MAX_STRING_BYTES) {
        return Err(Trap::StringTooLong);
    }
    memory.check(at, align, bytes)?;
    let bytes = &memory.bytes[at as usize..][..bytes as usize];
    let text = decode(units, bytes).ok_or(Trap::InvalidString)?;
    Ok(Value::String(Text {
        text,
        encoding: memory.encoding,
        len,
    }))
}

/// `store_string_into_range`.
pub fn store_string(memory: &mut Memory, value: &Text) -> Result<(u32, u32)> {
    let text = value.text.as_str();
    let (from, count) = simple(value.encoding, value.len);
    match (memory.encoding, from) {
        (Utf8, Simple::Utf8) => copy(memory, text, count, 1, 1, Simple::Utf8),
        (Utf8, Simple::Utf16) => to_utf8(memory, text, count, 3 * count),
        (Utf8, Simple::Latin1) => to_utf8(memory, text, count, 2 * count),
        (Utf16, Simple::Utf8) => utf8_to_utf16(memory, text, count),
        (Utf16, _) => copy(memory, text, count, 2, 2, Simple::Utf16),
        (CompactUtf16, Simple::Latin1) => copy(memory, text, count, 1, 2, Simple::Latin1),
        (CompactUtf16, Simple::Utf16) if value.encoding == CompactUtf16 => {
            probably_utf16(memory, text, count)
        }
        (CompactUtf16, _) => to_latin1_or_utf16(memory, text, count),
    }
}

/// `store_string_copy`.
fn copy(
    memory: &mut Memory,
    text: &str,
    count: u32,
    unit: u32,
    align: u32,
    to: Simple,
) -> Result<(u32, u32)> {
    let at = memory.allocate(align, unit * count)?;
    let bytes = encode(text, to).expect("the encoding has all characters");
    assert_eq!(bytes.len() as u32, unit * count);
    memory.put(at, &bytes);
    Ok((at, count))
}

/// `store_string_to_utf8`.
fn to_utf8(memory: &mut Memory, text: &str, count: u32, worst: u32) -> Result<(u32, u32)> {
    let mut at = memory.allocate(1, count)?;
    for (i, c) in text.chars().enumerate() {
        if c.is_ascii() {
            memory.put(at + i as u32, &[c as u8]);
            continue;
        }
        at = memory.reallocate((at, count), 1, worst)?;
        memory.put(at + i as u32, &text.as_bytes()[i..]);
        let len = text.len() as u32;
        if worst > len {
            at = memory.reallocate((at, worst), 1, len)?;
        }
        return Ok((at, len));
    }
    Ok((at, count))
}

/// `store_utf8_to_utf16`.
fn utf8_to_utf16(memory: &mut Memory, text: &str, count: u32) -> Result<(u32, u32)> {
    let worst = 2 * count;
    let mut at = memory.allocate(2, worst)?;
    let bytes = encode(text, Simple::Utf16).expect("UTF-16 has all characters");
    memory.put(at, &bytes);
    let len = bytes.len() as u32;
    if len < worst {
        at = memory.reallocate((at, worst), 2, len)?;
    }
    Ok((at, len / 2))
}

/// `store_string_to_latin1_or_utf16`.
fn to_latin1_or_utf16(memory: &mut Memory, text: &str, count: u32) -> Result<(u32, u32)> {
    let mut at = memory.allocate(2, count)?;
    let mut latin1 = 0;
    for c in text.chars() {
        if let Ok(byte) = u8::try_from(c) {
            memory.put(at + latin1, &[byte]);
            latin1 += 1;
            continue;
        }
        let worst = 2 * count;
        at = memory.reallocate((at, count), 2, worst)?;
        for j in (0..latin1).rev() {
            let byte = memory.bytes[(at + j) as usize];
            memory.put(at + 2 * j, &[byte, 0]);
        }
        let bytes = encode(text, Simple::Utf16).expect("UTF-16 has all characters");
        memory.put(at + 2 * latin1, &bytes[2 * latin1 as usize..]);
        let len = bytes.len() as u32;
        if worst > len {
            at = memory.reallocate((at, worst), 2, len)?;
        }
        return Ok((at, (len / 2) | UTF16_TAG));
    }
    if latin1 < count {
        at = memory.reallocate((at, count), 2, latin1)?;
    }
    Ok((at, latin1))
}

/// `store_probably_utf16_to_latin1_or_utf16`.
fn probably_utf16(memory: &mut Memory, text: &str, count: u32) -> Result<(u32, u32)> {
    let at = memory.allocate(2, 2 * count)?;
    let bytes = encode(text, Simple::Utf16).expect("UTF-16 has all characters");
    memory.put(at, &bytes);
    let Some(latin1) = encode(text, Simple::Latin1) else {
        return Ok((at, count | UTF16_TAG));
    };
    // Byte i goes from place 2i to place i.
    memory.put(at, &latin1);
    let at = memory.reallocate((at, 2 * count), 1, count)?;
    Ok((at, count))
}
