//! The trap table: for every place where machine code may stop, why and where that is in the source.
//!
//! A function's record lies beside those of the other functions that the executable keeps, in the
//! order of their addresses (the linker sees to that). When a signal arrives, or the shim raises a
//! trap, the shim looks up the address: an entry of kind 0 is the return address of a call into the
//! shim, all others are the instruction that traps. `nanocc_shim_abi::TrapRecord` fixes the format.

use crate::error::{Error, Result};
use crate::program::{FuncId, Program};
use nanocc_shim_abi::{Location, PLACE, Trap, TrapRecord};
use std::mem::{offset_of, size_of};

/// A place in a function's machine code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// In bytes from the function's start: of the instruction that traps, or behind the call.
    pub offset: u32,
    /// The [`Trap`]'s number; 0 for a call into the shim; [`PLACE`].
    pub kind: u8,
    /// A program-wide source location (`lower/source.rs`).
    pub location: u32,
}

impl Entry {
    /// An instruction that traps.
    pub fn trap(offset: u32, trap: Trap, location: u32) -> Entry {
        Entry {
            offset,
            kind: trap as u8,
            location,
        }
    }

    /// Code that begins at `offset`.
    pub fn place(offset: u32, location: u32) -> Entry {
        Entry {
            offset,
            kind: PLACE,
            location,
        }
    }

    /// A call into the shim that returns to `offset`.
    pub fn call(offset: u32, location: u32) -> Entry {
        Entry {
            offset,
            kind: 0,
            location,
        }
    }
}

/// Offset of the field of a record that holds the address of the function's code, 4 bytes: the one
/// that the linker fills in.
pub const CODE_FIELD: u64 = offset_of!(TrapRecord, code) as u64;

/// A function's record. `entries` are ascending by offset; `first` is the location that the first entry
/// counts from. The address of the code is left 0.
pub fn record(code_len: u32, first: u32, entries: &[Entry]) -> Vec<u8> {
    debug_assert!(entries.is_sorted_by_key(|entry| entry.offset));
    let mut bytes = vec![0; size_of::<TrapRecord>()];
    let (mut offset, mut location) = (0, first);
    for entry in entries {
        let other = entry.kind != Trap::MemoryOutOfBounds as u8;
        let distance = u64::from(entry.offset - offset);
        unsigned(&mut bytes, distance << 1 | u64::from(other));
        if other {
            unsigned(&mut bytes, u64::from(entry.kind));
        }
        // The reader adds modulo 2^32, so the shorter way around is taken.
        signed(&mut bytes, entry.location.wrapping_sub(location) as i32);
        (offset, location) = (entry.offset, entry.location);
    }
    let len = bytes.len() - size_of::<TrapRecord>();
    for (at, word) in [
        (offset_of!(TrapRecord, code_len), code_len),
        (offset_of!(TrapRecord, location), first),
        (offset_of!(TrapRecord, bytes), len as u32),
    ] {
        bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// The source locations of functions, under construction, in the form that [`Location`] describes.
#[derive(Debug, Default)]
pub struct Locations {
    bytes: Vec<u8>,
    first: u32,
    /// Of the last one, `module_offset - first`.
    module: u32,
    /// Where the last function's name and the last component's path ended.
    ends: [u32; 2],
}

impl Locations {
    /// Appends one, whose `first` is above those before it.
    pub fn push(&mut self, location: Location) {
        debug_assert!(self.bytes.is_empty() || self.first < location.first);
        let module = location.module_offset.wrapping_sub(location.first);
        unsigned(&mut self.bytes, u64::from(location.first - self.first));
        signed(&mut self.bytes, module.wrapping_sub(self.module) as i32);
        let strings = [location.function, location.component];
        for (string, end) in strings.into_iter().zip(&mut self.ends) {
            unsigned(&mut self.bytes, u64::from(string.len));
            if string.len != 0 {
                signed(&mut self.bytes, string.offset.wrapping_sub(*end) as i32);
                *end = string.offset.wrapping_add(string.len);
            }
        }
        (self.first, self.module) = (location.first, module);
    }

    /// The bytes for the executable.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Appends an unsigned LEB128 number.
fn unsigned(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Appends a signed LEB128 number.
fn signed(bytes: &mut Vec<u8>, mut value: i32) {
    // Bit 6 of the last byte is the sign.
    while !(-0x40..0x40).contains(&value) {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8 & 0x7f);
}

/// Strings, each distinct one once, one after the other.
#[derive(Debug, Default)]
pub struct Strings {
    bytes: Vec<u8>,
    known: std::collections::HashMap<String, nanocc_shim_abi::StringRef>,
}

impl Strings {
    /// The place of `text`.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] where the names of the input take 4 GiB.
    pub fn intern(&mut self, text: &str) -> Result<nanocc_shim_abi::StringRef> {
        if let Some(known) = self.known.get(text) {
            return Ok(*known);
        }
        let place = nanocc_shim_abi::StringRef {
            offset: self.bytes.len() as u32,
            len: text.len() as u32,
        };
        if u32::try_from(self.bytes.len() + text.len()).is_err() {
            return Err(Error::limit("bytes of function names", u64::from(u32::MAX)));
        }
        self.bytes.extend_from_slice(text.as_bytes());
        self.known.insert(text.to_owned(), place);
        Ok(place)
    }

    /// The bytes that the places are in.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// The longest name that messages and symbols hold, in bytes.
const NAME_LIMIT: usize = 1024;

/// A name from the input as it may be printed to a terminal and put into a symbol table: without control
/// characters, and not endless.
pub fn printable(name: &str) -> String {
    let mut text = String::with_capacity(name.len().min(NAME_LIMIT));
    for character in name.chars() {
        if text.len() + character.len_utf8() > NAME_LIMIT {
            text.push('…');
            break;
        }
        text.push(if character.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            character
        });
    }
    text
}

/// Where a function lies in its module, in bytes; `nanocc_shim_abi::NO_OFFSET` for one that has no place.
pub fn module_offset(program: &Program<'_>, func: FuncId) -> u32 {
    program
        .body(func)
        .map_or(nanocc_shim_abi::NO_OFFSET, |body| body.range.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a LEB128 number.
    fn number(rest: &mut &[u8], signed: bool) -> i64 {
        let (mut value, mut shift) = (0i64, 0);
        loop {
            let byte = rest[0];
            *rest = &rest[1..];
            value |= i64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                if signed && byte & 0x40 != 0 {
                    value |= -1 << shift;
                }
                return value;
            }
        }
    }

    /// Reads a record as its format says, independently of the writer.
    fn read(bytes: &[u8]) -> (u32, u32, Vec<Entry>) {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let (code_len, first, len) = (word(4), word(8), word(12) as usize);
        assert_eq!(bytes.len(), (16 + len).next_multiple_of(4));
        let mut rest = &bytes[16..16 + len];
        let mut entries = Vec::new();
        let (mut offset, mut location) = (0u32, first);
        while !rest.is_empty() {
            let head = number(&mut rest, false);
            offset += (head >> 1) as u32;
            let kind = match head & 1 {
                0 => Trap::MemoryOutOfBounds as u8,
                _ => number(&mut rest, false) as u8,
            };
            location = location.wrapping_add(number(&mut rest, true) as u32);
            entries.push(Entry {
                offset,
                kind,
                location,
            });
        }
        (code_len, first, entries)
    }

    #[test]
    fn a_record_reads_back() {
        let entries = [
            Entry::trap(0, Trap::Unreachable, 1000),
            Entry::trap(3, Trap::MemoryOutOfBounds, 999),
            Entry::call(200, 0xf000_0000),
            Entry::trap(200, Trap::HostFunction, 1),
            Entry::trap(70_000, Trap::IntegerOverflow, 64),
            Entry::trap(70_001, Trap::IntegerOverflow, 0),
            Entry::trap(u32::MAX, Trap::IntegerOverflow, u32::MAX),
        ];
        for count in 0..=entries.len() {
            let entries = &entries[..count];
            let bytes = record(70_004, 1000, entries);
            assert_eq!(read(&bytes), (70_004, 1000, entries.to_vec()));
            assert_eq!(bytes[..4], [0; 4]);
        }
    }

    #[test]
    fn locations_read_back_and_are_small() {
        let string = |offset, len| nanocc_shim_abi::StringRef { offset, len };
        let location = |first, module_offset, function, component| Location {
            first,
            module_offset,
            function,
            component,
        };
        let all = [
            location(1, 500, string(0, 4), string(4, 3)),
            location(90, 589, string(7, 6), string(4, 3)),
            location(99, 598, string(0, 0), string(4, 3)),
            location(5000, u32::MAX, string(900, 200), string(0, 0)),
            location(u32::MAX, 0, string(13, 6), string(u32::MAX, 7)),
        ];
        let mut locations = Locations::default();
        let sizes = all.map(|location| {
            let before = locations.bytes.len();
            locations.push(location);
            locations.bytes.len() - before
        });
        assert_eq!(sizes[1..3], [6, 5]);
        let bytes = locations.into_bytes();
        let mut rest = &bytes[..];
        let (mut first, mut module, mut ends) = (0u32, 0u32, [0u32; 2]);
        for expected in all {
            first += number(&mut rest, false) as u32;
            module = module.wrapping_add(number(&mut rest, true) as u32);
            let strings = [0, 1].map(|which| {
                let len = number(&mut rest, false) as u32;
                if len == 0 {
                    return string(0, 0);
                }
                let offset = ends[which].wrapping_add(number(&mut rest, true) as u32);
                ends[which] = offset.wrapping_add(len);
                string(offset, len)
            });
            let module_offset = first.wrapping_add(module);
            let read = location(first, module_offset, strings[0], strings[1]);
            assert_eq!(read, expected);
        }
        assert!(rest.is_empty());
    }

    #[test]
    fn equal_strings_share_their_place() {
        let mut strings = Strings::default();
        let first = strings.intern("verify").unwrap();
        let other = strings.intern("run").unwrap();
        assert_eq!(strings.intern("verify").unwrap(), first);
        assert_ne!(first, other);
        assert_eq!(strings.into_bytes(), b"verifyrun");
    }

    #[test]
    fn names_are_printable_and_bounded() {
        assert_eq!(printable("a\0b\x1b[31m"), "a\u{fffd}b\u{fffd}[31m");
        let long = "ä".repeat(4000);
        let text = printable(&long);
        assert!(text.len() <= NAME_LIMIT + '…'.len_utf8());
        assert!(text.ends_with('…'));
    }
}
