//! The side that lowers: what has to be in its memory, and which calls of `realloc` have to come, in
//! the order of the text's `store` and `lower_flat`.
//!
//! What each `realloc` returns is decided here, and played back by the guest: any place that is free.
//! One of them may be hostile.

use super::guest::{Encoding, realloc, tag};
use super::memory::Memory;
use super::source::{OUT_OF_BOUNDS, Sites, Stop, UNALIGNED, UNREACHABLE, broken, row};
use super::types::{Core, Shape, Type, discriminant_bytes, joined, payload_offset, up};
use super::value::Value;
use crate::mutate::Random;
use std::collections::HashMap;

/// An alignment in a report: 1 by the text, where UTF-16 turns out to be Latin-1 and the block shrinks;
/// wasmtime 48 asks for 2 there. (No other word is likely to be this.)
pub const ONE_OR_TWO: u64 = u64::from_le_bytes(*b"1 or 2 .");

/// A side that receives.
pub struct Target<'t> {
    pub random: &'t mut Random,
    pub memory: &'t mut Memory,
    /// How the other side and this one represent strings.
    pub from: Encoding,
    pub encoding: Encoding,
    /// What stands for a resource here: an index, or the representation.
    pub handles: &'t HashMap<u32, u32>,
    pub sites: Sites,
    /// Whether the case is to trap. Then memories don't grow: something may have to be out of bounds.
    pub hostile: bool,
    /// Whether a block was given out that is no good for wasmtime ([`ONE_OR_TWO`]).
    pub odd: bool,
    /// Results of `realloc`, pages to grow by, flags.
    pub script: Vec<[u32; 3]>,
    /// The words that the guest reports.
    pub log: Vec<u64>,
}

impl Target<'_> {
    fn realloc(&mut self, old: (u32, u32), align: u32, size: u32) -> Result<u32, Stop> {
        self.log.extend(
            [tag::REALLOC]
                .into_iter()
                .chain([old.0, old.1, align, size].map(u64::from)),
        );
        let mut grown = 0;
        if self.random.below(25) == 0 && !self.hostile && self.memory.grow() {
            grown = 1;
        }
        if self.sites.here() {
            let (pointer, flags, words) = if self.random.below(5) == 0 {
                (0, realloc::TRAP, UNREACHABLE)
            } else {
                let at = self.memory.place(self.random, size, align, false);
                let at = at.ok_or(Stop::NoRoom)?;
                let bytes = u64::from(size);
                let (pointer, words) = broken(self.random, self.memory, at, bytes, align);
                debug_assert!(words == UNALIGNED || words == OUT_OF_BOUNDS);
                (pointer, 0, words)
            };
            self.script
                .push([pointer, grown, flags | realloc::KEEP_NOTHING]);
            return Err(Stop::Trap(words));
        }
        // Smaller, it may stay where it is.
        let stays = size <= old.1 && old.0 % align == 0 && self.random.below(2) == 0 && old.1 > 0;
        let at = if stays {
            old.0
        } else {
            let high = grown > 0 && self.random.below(2) == 0;
            let at = self.memory.place(self.random, size, align, high);
            let at = at.ok_or(Stop::NoRoom)?;
            // Whatever was in the old block by then, and was copied.
            self.scrub(old.0, old.1);
            at
        };
        self.script.push([at, grown, 0]);
        Ok(at)
    }

    fn scrub(&mut self, at: u32, size: u32) {
        if size > 0 {
            self.memory.scrubs.push((at, size));
        }
    }

    /// Several values in a block of their own.
    pub fn row(&mut self, values: &[(&Type, &Value)]) -> Result<u32, Stop> {
        let (size, align) = row(values.iter().map(|(ty, _)| *ty));
        let at = self.realloc((0, 0), align, size)?;
        let mut offset = 0;
        for (ty, value) in values {
            offset = up(offset, ty.align());
            self.store(ty, value, at + offset)?;
            offset += ty.size();
        }
        Ok(at)
    }

    /// Writes a value.
    pub fn store(&mut self, ty: &Type, value: &Value, at: u32) -> Result<(), Stop> {
        match ty.shape() {
            Shape::Scalar => {
                let bits = self.scalar(value);
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
                    offset = up(offset, ty.align());
                    self.store(ty, value, at + offset)?;
                    offset += ty.size();
                }
            }
            Shape::Cases(cases) => {
                let (case, payload) = value.case();
                self.memory
                    .write_int(at, case as u64, discriminant_bytes(cases.len()));
                if let (Some(ty), Some(value)) = (cases[case], payload) {
                    self.store(ty, value, at + payload_offset(&cases))?;
                }
            }
        }
        Ok(())
    }

    /// Appends a value's core values.
    pub fn flat(&mut self, ty: &Type, value: &Value, out: &mut Vec<u64>) -> Result<(), Stop> {
        match ty.shape() {
            Shape::Scalar => {
                let bits = self.scalar(value);
                out.push(match ty {
                    Type::Int {
                        bits: width,
                        signed: true,
                    } if *width < 32 => {
                        let shift = 32 - width;
                        u64::from((((bits as u32) << shift) as i32 >> shift) as u32)
                    }
                    _ => bits,
                });
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
                out.push(case as u64);
                let rest: Vec<Core> = joined(&cases);
                let end = out.len() + rest.len();
                if let (Some(ty), Some(value)) = (cases[case], payload) {
                    self.flat(ty, value, out)?;
                }
                out.resize(end, 0);
            }
        }
        Ok(())
    }

    fn scalar(&self, value: &Value) -> u64 {
        match value {
            Value::Bits(bits) => *bits,
            Value::Handle(rep) => u64::from(self.handles.get(rep).copied().unwrap_or(*rep)),
            _ => unreachable!("a scalar's value is bits"),
        }
    }

    fn range(&mut self, ty: &Type, value: &Value) -> Result<(u32, u32), Stop> {
        match (ty, value) {
            (Type::List(element), Value::List(values)) => {
                let (size, len) = (element.size(), values.len() as u32);
                let at = self.realloc((0, 0), element.align(), size * len)?;
                for (index, value) in (0..).zip(values) {
                    self.store(element, value, at + index * size)?;
                }
                Ok((at, len))
            }
            (Type::String, Value::String { text, wide }) => self.string(text, *wide),
            _ => unreachable!("the value is of the type"),
        }
    }

    /// `store_string_into_range`.
    fn string(&mut self, text: &str, wide: bool) -> Result<(u32, u32), Stop> {
        let chars = text.chars().count() as u32;
        let utf8 = text.as_bytes();
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let units16 = utf16.len() as u32 / 2;
        let latin1 = || {
            text.chars()
                .map(|char| char as u32 as u8)
                .collect::<Vec<u8>>()
        };
        let narrow = text.chars().all(|char| (char as u32) < 0x100);
        let source_units = match (self.from, wide) {
            (Encoding::Utf8, _) => utf8.len() as u32,
            (_, true) => units16,
            (_, false) => chars,
        };
        match (self.encoding, self.from) {
            (Encoding::Utf8, Encoding::Utf8) => {
                let at = self.copied(utf8, 1)?;
                Ok((at, source_units))
            }
            (Encoding::Utf8, _) => {
                let first = self.realloc((0, 0), 1, source_units)?;
                if text.is_ascii() {
                    self.memory.write(first, utf8);
                    return Ok((first, source_units));
                }
                let worst = source_units * if wide { 3 } else { 2 };
                let at = self.realloc((first, source_units), 1, worst)?;
                let at = self.fitted(at, worst, 1, utf8)?;
                Ok((at, utf8.len() as u32))
            }
            (Encoding::Utf16, Encoding::Utf8) => {
                let worst = 2 * source_units;
                let at = self.realloc((0, 0), 2, worst)?;
                let at = self.fitted(at, worst, 2, &utf16)?;
                Ok((at, units16))
            }
            (Encoding::Utf16, _) => {
                let at = self.copied(&utf16, 2)?;
                Ok((at, units16))
            }
            (Encoding::Latin1, Encoding::Latin1) if !wide => {
                let at = self.copied(&latin1(), 2)?;
                Ok((at, chars))
            }
            (Encoding::Latin1, Encoding::Latin1) => {
                let bytes = 2 * source_units;
                let at = self.realloc((0, 0), 2, bytes)?;
                if !narrow {
                    self.memory.write(at, &utf16);
                    return Ok((at, units16 | 1 << 31));
                }
                let from = self.log.len();
                let align = if self.hostile { 1 } else { 2 };
                let at = self.shrunk(at, bytes, align, &latin1())?;
                self.log[from + 3] = ONE_OR_TWO;
                self.odd |= at % 2 != 0;
                Ok((at, chars))
            }
            (Encoding::Latin1, _) => {
                let first = self.realloc((0, 0), 2, source_units)?;
                if narrow {
                    let at = self.fitted(first, source_units, 2, &latin1())?;
                    return Ok((at, chars));
                }
                let worst = 2 * source_units;
                let at = self.realloc((first, source_units), 2, worst)?;
                let at = self.fitted(at, worst, 2, &utf16)?;
                Ok((at, units16 | 1 << 31))
            }
        }
    }

    fn copied(&mut self, bytes: &[u8], align: u32) -> Result<u32, Stop> {
        let at = self.realloc((0, 0), align, bytes.len() as u32)?;
        self.memory.write(at, bytes);
        Ok(at)
    }

    /// `bytes` in a block of `size`, which shrinks if that is more.
    fn fitted(&mut self, at: u32, size: u32, align: u32, bytes: &[u8]) -> Result<u32, Stop> {
        if (bytes.len() as u32) < size {
            return self.shrunk(at, size, align, bytes);
        }
        self.memory.write(at, bytes);
        Ok(at)
    }

    fn shrunk(&mut self, at: u32, size: u32, align: u32, bytes: &[u8]) -> Result<u32, Stop> {
        let len = bytes.len() as u32;
        let to = self.realloc((at, size), align, len)?;
        if to == at && len > 0 {
            self.scrub(at + len, size - len);
        } else {
            self.scrub(at, size);
        }
        self.memory.write(to, bytes);
        Ok(to)
    }
}
