//! Looking up places in the program's tables: from an address of code to a trap, a function and an
//! offset in its module. The format is [`TrapRecord`]'s and [`Location`]'s.
//!
//! It runs when the program is about to end, so it walks the table from its start: no index to
//! build, nothing to get wrong. The tables are the compiler's; still, no read leaves the slices.

use nanocc_shim_abi::{Location, PLACE, StringRef, Trap, TrapRecord};

const HEADER: usize = size_of::<TrapRecord>();

/// A function of the program, as the trap table has it.
#[derive(Clone, Copy)]
pub struct Function<'a> {
    /// Address of its code.
    pub code: u32,
    /// The function's first source location.
    pub location: u32,
    entries: &'a [u8],
}

/// The function whose code holds `address`.
pub fn function_at(mut table: &[u8], address: u64) -> Option<Function<'_>> {
    while let Some((header, rest)) = table.split_at_checked(HEADER) {
        let word = |i: usize| {
            let mut bytes = [0; 4];
            bytes.copy_from_slice(&header[i * 4..][..4]);
            u32::from_ne_bytes(bytes)
        };
        let (code, len, location, bytes) = (word(0), word(1), word(2), word(3) as usize);
        let entries = rest.get(..bytes)?;
        if address.wrapping_sub(u64::from(code)) < u64::from(len) {
            return Some(Function {
                code,
                location,
                entries,
            });
        }
        table = rest.get(bytes.next_multiple_of(4)..)?;
    }
    None
}

impl Function<'_> {
    /// The trap of the instruction at exactly `address`, and its source location.
    pub fn trap_at(&self, address: u64) -> Option<(Trap, u32)> {
        let (kind, location) = self.entry(address, false)?;
        Some((Trap::from_code(kind)?, location))
    }

    /// The source location of the call into the shim that returns to exactly `address`.
    pub fn return_at(&self, address: u64) -> Option<u32> {
        Some(self.entry(address, true)?.1)
    }

    /// The source location of the code at `address`, in a program that has it for all code.
    pub fn place_at(&self, address: u64) -> Option<u32> {
        let mut entries = self.entries_to(address);
        let mut place = None;
        while let Some(kind) = entries.next() {
            if kind == PLACE {
                place = Some(entries.location);
            }
        }
        place
    }

    /// The entry at `address` that is a call's or a trap's: its kind (0 for a call) and location. There
    /// may be one of each, where a call returns to an instruction that traps.
    #[inline(never)]
    fn entry(&self, address: u64, call: bool) -> Option<(u8, u32)> {
        let mut entries = self.entries_to(address);
        while let Some(kind) = entries.next() {
            if entries.left == 0 && (kind == 0) == call {
                return Some((kind, entries.location));
            }
        }
        None
    }

    fn entries_to(&self, address: u64) -> Entries<'_> {
        Entries {
            bytes: self.entries,
            left: (address - u64::from(self.code)) as u32,
            location: self.location,
        }
    }
}

/// The entries of a function up to an address, one after the other.
struct Entries<'a> {
    bytes: &'a [u8],
    /// How far the address lies past the last one.
    left: u32,
    /// The last one's source location.
    location: u32,
}

impl Entries<'_> {
    /// The next one's kind.
    #[inline(never)]
    fn next(&mut self) -> Option<u8> {
        let head = unsigned(&mut self.bytes)?;
        let kind = match head & 1 {
            0 => Trap::MemoryOutOfBounds as u64,
            _ => unsigned(&mut self.bytes)?,
        };
        let distance = signed(&mut self.bytes)?;
        self.left = self.left.checked_sub((head >> 1) as u32)?;
        self.location = self.location.wrapping_add(distance as u32);
        Some(kind as u8)
    }
}

/// The function that a source location belongs to.
pub fn location_of(mut bytes: &[u8], location: u32) -> Option<Location> {
    const EMPTY: StringRef = StringRef { offset: 0, len: 0 };
    let mut found = None;
    let (mut first, mut module) = (0u32, 0u32);
    let mut ends = [0; 2];
    while let Some(distance) = unsigned(&mut bytes) {
        first = first.wrapping_add(distance as u32);
        if first > location {
            break;
        }
        module = module.wrapping_add(signed(&mut bytes)? as u32);
        let mut strings = [EMPTY; 2];
        for (string, end) in strings.iter_mut().zip(&mut ends) {
            string.len = unsigned(&mut bytes)? as u32;
            if string.len != 0 {
                string.offset = u32::wrapping_add(*end, signed(&mut bytes)? as u32);
                *end = string.offset.wrapping_add(string.len);
            }
        }
        found = Some(Location {
            first,
            module_offset: first.wrapping_add(module),
            function: strings[0],
            component: strings[1],
        });
    }
    found
}

/// One LEB128 number of at most 64 bits, and how many bits it had.
#[inline(never)]
fn leb128(bytes: &mut &[u8]) -> Option<(u64, u32)> {
    let (mut value, mut shift) = (0u64, 0);
    while shift < 64 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some((value, shift));
        }
    }
    None
}

fn unsigned(bytes: &mut &[u8]) -> Option<u64> {
    leb128(bytes).map(|(value, _)| value)
}

fn signed(bytes: &mut &[u8]) -> Option<i64> {
    let (value, bits) = leb128(bytes)?;
    let unused = 64u32.saturating_sub(bits);
    Some((value << unused) as i64 >> unused)
}

#[cfg(test)]
pub(super) mod tests;
