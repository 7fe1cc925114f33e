//! The side that lifts: a value as a guest might represent it.
//!
//! A guest has freedom: where it puts things, what is in padding, in the unused bits of small numbers and
//! flags, in the flat values that a variant's case leaves over. All of it is used. A guest may also be
//! hostile: at one site, counted from the beginning, the representation is broken; the trap that has
//! to follow is then known.

use super::guest::Encoding;
use super::memory::{Memory, Table};
use super::types::{Core, Shape, Type, discriminant_bytes, joined, payload_offset};
use super::value::Value;
use crate::mutate::Random;
use std::collections::HashMap;

/// Messages of traps of which one has to come.
pub type Words = &'static [&'static str];

pub const UNALIGNED: Words = &["unaligned pointer"];
pub const OUT_OF_BOUNDS: Words = &["pointer or length out of bounds"];
pub const CHAR: Words = &["invalid `char` value"];
pub const DISCRIMINANT: Words = &["invalid variant discriminant"];
pub const STRING: Words = &["string is not well-formed"];
pub const TOO_LONG: Words = &["string is too long", "pointer or length out of bounds"];
pub const HANDLE: Words = &["unknown handle index"];
pub const UNREACHABLE: Words = &["wasm `unreachable` instruction executed"];

/// Why a case goes no further.
#[derive(Debug, Clone, Copy)]
pub enum Stop {
    /// It doesn't fit in memory; make another.
    NoRoom,
    /// It traps.
    Trap(Words),
}

/// Counts the places where something may go wrong, and says at which it does.
#[derive(Debug, Clone, Default)]
pub struct Sites {
    pub passed: usize,
    pub hostile: Option<usize>,
}

impl Sites {
    /// Whether this is the place.
    pub fn here(&mut self) -> bool {
        self.passed += 1;
        self.hostile == Some(self.passed - 1)
    }
}

/// What is written, and where.
pub struct Source<'s> {
    pub random: &'s mut Random,
    pub memory: &'s mut Memory,
    pub encoding: Encoding,
    /// The indexes of handles, by representation.
    pub handles: &'s HashMap<u32, u32>,
    pub table: &'s Table,
    pub sites: Sites,
    /// The trap of the place that was broken.
    pub fault: Option<Words>,
}

impl Source<'_> {
    /// A block with anything in it.
    fn block(&mut self, size: u32, align: u32) -> Result<u32, Stop> {
        let at = self
            .memory
            .place(self.random, size, align, false)
            .ok_or(Stop::NoRoom)?;
        for byte in 0..size {
            self.memory.write_int(at + byte, self.random.number(), 1);
        }
        Ok(at)
    }

    /// A pointer to several values in a row, which is broken here if this is the site.
    pub fn pointer(&mut self, values: &[(&Type, &Value)]) -> Result<u32, Stop> {
        let (size, align) = row(values.iter().map(|(ty, _)| *ty));
        let at = self.block(size, align)?;
        let mut offset = 0;
        for (ty, value) in values {
            offset = super::types::up(offset, ty.align());
            self.store(ty, value, at + offset)?;
            offset += ty.size();
        }
        Ok(self.break_pointer(at, u64::from(size), align))
    }

    /// `at`, or a pointer that is no good for that many bytes.
    pub fn break_pointer(&mut self, at: u32, size: u64, align: u32) -> u32 {
        if !self.sites.here() {
            return at;
        }
        let (pointer, words) = broken(self.random, self.memory, at, size, align);
        self.fault = Some(words);
        pointer
    }

    /// Writes a value.
    pub fn store(&mut self, ty: &Type, value: &Value, at: u32) -> Result<(), Stop> {
        match ty.shape() {
            Shape::Scalar => {
                let bits = self.scalar(ty, value, false);
                self.memory.write_int(at, bits, ty.size());
            }
            Shape::Range => {
                let (pointer, len) = self.range(ty, value)?;
                self.memory.write_int(at, u64::from(pointer), 4);
                self.memory.write_int(at + 4, u64::from(len), 4);
            }
            Shape::Fields(fields) => {
                let mut offset = 0;
                for (ty, value) in fields.iter().zip(value.fields()) {
                    offset = super::types::up(offset, ty.align());
                    self.store(ty, value, at + offset)?;
                    offset += ty.size();
                }
            }
            Shape::Cases(cases) => {
                let (case, payload) = value.case();
                let size = discriminant_bytes(cases.len());
                let most = u32::MAX >> (32 - 8 * size);
                let number = self.discriminant(case, cases.len(), most);
                self.memory.write_int(at, u64::from(number), size);
                if let (Some(ty), Some(value)) = (cases[case], payload) {
                    self.store(ty, value, at + payload_offset(&cases))?;
                }
            }
        }
        Ok(())
    }

    /// Appends a value's core values; whatever is left open is anything.
    pub fn flat(&mut self, ty: &Type, value: &Value, out: &mut Vec<u64>) -> Result<(), Stop> {
        match ty.shape() {
            Shape::Scalar => {
                let bits = self.scalar(ty, value, true);
                out.push(bits);
            }
            Shape::Range => {
                let (pointer, len) = self.range(ty, value)?;
                out.extend([u64::from(pointer), u64::from(len)]);
            }
            Shape::Fields(fields) => {
                for (ty, value) in fields.iter().zip(value.fields()) {
                    self.flat(ty, value, out)?;
                }
            }
            Shape::Cases(cases) => {
                let (case, payload) = value.case();
                let number = self.discriminant(case, cases.len(), u32::MAX);
                out.push(u64::from(number));
                let mut own = Vec::new();
                let mut cores = Vec::new();
                if let (Some(ty), Some(value)) = (cases[case], payload) {
                    self.flat(ty, value, &mut own)?;
                    cores = ty.flat();
                }
                for (slot, core) in joined(&cases).into_iter().enumerate() {
                    let garbage = self.random.number();
                    out.push(match (own.get(slot), core, cores.get(slot)) {
                        (Some(bits), Core::I64, Some(Core::I32 | Core::F32)) => {
                            bits & 0xffff_ffff | garbage << 32
                        }
                        (Some(bits), ..) => *bits,
                        (None, ..) => garbage,
                    });
                }
            }
        }
        Ok(())
    }

    /// The bits of a scalar, with anything in those that don't count.
    fn scalar(&mut self, ty: &Type, value: &Value, flat: bool) -> u64 {
        let garbage = self.random.number();
        let bits = match value {
            Value::Handle(rep) => {
                let index = self.handles[rep];
                if matches!(ty, Type::Own | Type::Borrow) && self.sites.here() {
                    self.fault = Some(HANDLE);
                    return u64::from(self.table.unknown(self.random));
                }
                return u64::from(index);
            }
            Value::Bits(bits) => *bits,
            _ => unreachable!("a scalar's value is bits"),
        };
        match ty {
            // Any byte but 0; flat, any word but 0.
            Type::Bool if bits == 1 && flat => (garbage & 0xffff_ffff).max(1),
            Type::Bool if bits == 1 => (garbage & 0xff).max(1),
            Type::Bool => 0,
            Type::Int {
                bits: width @ (8 | 16),
                ..
            } => bits | garbage << width,
            Type::Flags(labels) if *labels < 32 => bits | garbage << labels,
            Type::Char if self.sites.here() => {
                self.fault = Some(CHAR);
                match self.random.below(5) {
                    0 => 0xd800,
                    1 => 0xdfff,
                    2 => 0x11_0000,
                    3 => 0xd800 + self.random.below(0x800) as u64,
                    _ => 0x11_0000 + self.random.below(0xffff_0000 - 0x11_0000) as u64,
                }
            }
            _ => bits,
        }
    }

    fn discriminant(&mut self, case: usize, cases: usize, most: u32) -> u32 {
        let room = most - (cases as u32 - 1);
        if room == 0 || !self.sites.here() {
            return case as u32;
        }
        self.fault = Some(DISCRIMINANT);
        match self.random.below(3) {
            0 => cases as u32,
            1 => most,
            _ => cases as u32 + self.random.below(room as usize) as u32,
        }
    }

    /// A list's or string's pointer and length.
    fn range(&mut self, ty: &Type, value: &Value) -> Result<(u32, u32), Stop> {
        match (ty, value) {
            (Type::List(element), Value::List(values)) => {
                let (size, align) = (element.size(), element.align());
                let len = values.len() as u32;
                let at = self.block(size * len, align)?;
                for (index, value) in (0..).zip(values) {
                    self.store(element, value, at + index * size)?;
                }
                if self.random.below(2) == 0 {
                    let at = self.break_pointer(at, u64::from(size) * u64::from(len), align);
                    return Ok((at, len));
                }
                if self.sites.here() {
                    self.fault = Some(OUT_OF_BOUNDS);
                    return Ok((at, self.break_len(at, size)));
                }
                Ok((at, len))
            }
            (Type::String, Value::String { text, wide }) => self.string(text, *wide),
            _ => unreachable!("the value is of the type"),
        }
    }

    /// A length that goes beyond the memory's end: a little, or with all that can wrap around.
    fn break_len(&mut self, at: u32, size: u32) -> u32 {
        let fits = (self.memory.len() - at) / size;
        let wraps = (1u64 << 32).div_ceil(u64::from(size)) as u32;
        match self.random.below(5) {
            0 => fits + 1,
            1 => u32::MAX,
            2 if wraps > fits => wraps,
            3 => 0x8000_0000,
            _ => fits + 1 + self.random.below((u32::MAX - fits) as usize) as u32,
        }
    }

    fn string(&mut self, text: &str, wide: bool) -> Result<(u32, u32), Stop> {
        let mut bytes = match (self.encoding, wide) {
            (Encoding::Utf8, _) => text.as_bytes().to_vec(),
            (_, true) => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            (_, false) => text.chars().map(|char| char as u32 as u8).collect(),
        };
        let (unit, align, tag) = match (self.encoding, wide) {
            (Encoding::Utf8, _) => (1, 1, 0),
            (Encoding::Utf16, _) => (2, 2, 0),
            (Encoding::Latin1, true) => (2, 2, 1 << 31),
            (Encoding::Latin1, false) => (1, 2, 0),
        };
        // Latin-1 can't be wrong.
        let spoils = (unit == 2 || self.encoding == Encoding::Utf8) && self.sites.here();
        if spoils {
            self.fault = Some(STRING);
            self.spoil(&mut bytes, unit);
        }
        let size = bytes.len() as u32;
        let at = self.block(size, align)?;
        self.memory.write(at, &bytes);
        let len = size / unit;
        if spoils {
            return Ok((at, len | tag));
        }
        if self.random.below(2) == 0 {
            let at = self.break_pointer(at, u64::from(size), align);
            return Ok((at, len | tag));
        }
        if self.sites.here() {
            self.fault = Some(TOO_LONG);
            // The tag is no part of the length.
            let mut len = self.break_len(at, unit);
            if self.encoding == Encoding::Latin1 {
                len = (len & 0x7fff_ffff).max((self.memory.len() - at) / unit + 1);
            }
            return Ok((at, len | tag));
        }
        Ok((at, len | tag))
    }

    /// Puts something ill-formed between two characters, or at either end.
    fn spoil(&mut self, bytes: &mut Vec<u8>, unit: u32) {
        let bad: &[&[u8]] = if unit == 2 {
            // Lone surrogates, and a pair in the wrong order.
            &[
                b"\x00\xd8",
                b"\xff\xdb",
                b"\x00\xdc",
                b"\xff\xdf",
                b"\x00\xdc\x00\xd8",
                b"\x00\xd8\x41\x00",
            ]
        } else {
            &[
                b"\x80",
                b"\xbf",
                b"\xff",
                b"\xfe",
                b"\xc0\x80",
                b"\xc1\xbf",
                b"\xe0\x80\x80",
                b"\xe0\x9f\xbf",
                b"\xed\xa0\x80",
                b"\xed\xbf\xbf",
                b"\xf0\x80\x80\x80",
                b"\xf0\x8f\xbf\xbf",
                b"\xf4\x90\x80\x80",
                b"\xf5\x80\x80\x80",
                b"\xc2",
                b"\xe1\x80",
                b"\xf1\x80\x80",
                b"\xe2\x28\xa1",
                b"\xc3\x28",
            ]
        };
        let bad = self.random.pick(bad).copied().unwrap_or(b"\xff\xff");
        let unit = unit as usize;
        let mut at = self.random.below(bytes.len() / unit + 1) * unit;
        // A character torn apart is ill-formed as well, but what follows could make one of a truncated
        // sequence: so the place is a boundary.
        while !boundary(bytes, at, unit) {
            at -= unit;
        }
        bytes.splice(at..at, bad.iter().copied());
    }
}

/// Whether a character begins or the text ends there.
fn boundary(bytes: &[u8], at: usize, unit: usize) -> bool {
    match bytes.get(at..) {
        None | Some([]) => true,
        Some(rest) if unit == 2 => !(rest[1] >= 0xdc && rest[1] < 0xe0),
        Some(rest) => rest[0] & 0xc0 != 0x80,
    }
}

/// A pointer that is no good for `size` bytes with that alignment, and the trap.
pub fn broken(
    random: &mut Random,
    memory: &Memory,
    at: u32,
    size: u64,
    align: u32,
) -> (u32, Words) {
    if align > 1 && random.below(2) == 0 {
        let off = 1 + random.below(align as usize - 1) as u32;
        return (at.saturating_sub(align) + off, UNALIGNED);
    }
    // The first aligned address where it doesn't fit any more, or one further on.
    let len = u64::from(memory.len());
    let first = (len + 1).saturating_sub(size).div_ceil(u64::from(align)) * u64::from(align);
    let last = u64::from(u32::MAX / align * align);
    let pointer = match random.below(4) {
        0 => first,
        1 => last,
        2 => len.next_multiple_of(u64::from(align)).max(first),
        _ => {
            first
                + random.below(((last - first) / u64::from(align)) as usize) as u64
                    * u64::from(align)
        }
    };
    (pointer as u32, OUT_OF_BOUNDS)
}

/// Size and alignment of values in a row, as a record has them.
pub fn row<'t>(types: impl Iterator<Item = &'t Type>) -> (u32, u32) {
    let (mut end, mut align) = (0, 1);
    for ty in types {
        end = super::types::up(end, ty.align()) + ty.size();
        align = align.max(ty.align());
    }
    (super::types::up(end, align), align)
}

impl Value {
    /// The values of a record or tuple.
    pub fn fields(&self) -> &[Value] {
        match self {
            Value::Fields(fields) => fields,
            _ => unreachable!("the value is of the type"),
        }
    }

    /// The case and payload of a variant.
    pub fn case(&self) -> (usize, Option<&Value>) {
        match self {
            Value::Case(case, payload) => (*case, payload.as_deref()),
            _ => unreachable!("the value is of the type"),
        }
    }
}
