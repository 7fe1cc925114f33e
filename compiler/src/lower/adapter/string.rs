//! Strings: checked, copied or transcoded, and validated in one pass.
//!
//! # The sequence
//!
//! `load_string_from_range` checks the source's length, alignment and bounds, in this order. Then each pair
//! of encodings has its own function in the specification (`store_string_into_range`), which says what is
//! asked of `realloc`: room for the best or the worst case, more of it where the string turns out to need it, and
//! last what is left over given back. All of these calls are made as they are written there, with the same
//! numbers, and each returned pointer is checked as there, because guests see them. Between them the shim's transcoders
//! (`runtime-shim/src/transcode.rs`) go as far as the room reaches.
//!
//! The specification validates before it calls `realloc`; here whatever reads the string validates it, after the
//! first call. A bad string traps either way, and no guest code runs once it is found. What `realloc` did meanwhile
//! nobody can see.
//!
//! # Isolation
//!
//! The source's range is the lifting side's claim and is checked against its memory; each range in the target
//! comes from the lowering side's `realloc` and is checked against that memory. Both by
//! `GuestMemory::checked_range`. A transcoder gets the addresses that these checks gave, the number of units that the
//! source was checked for, and a target that was checked for the most that it writes for so many units.
//! It writes no more even if the source changes under it. That can't happen between two
//! components; but where one calls itself, lifts and lowers with one memory, and has a `realloc` that writes to
//! its caller's string or returns a place within it, the string's characters are unspecified, and nothing else.
//!
//! An address into the source that a step begins at (what is left of a string) is the address that was checked plus
//! what the transcoder said it read, which is at most what it was given.

use super::emit::{Emit, Parts};
use super::list::copy_between;
use super::value::Route;
use crate::abi::MAX_STRING_BYTES;
use crate::error::Result;
use crate::lower::names::Intrinsic;
use crate::program::{MemoryId, Options, StringEncoding};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, Value, types};
use nanocc_shim_abi::{Trap, UTF16_TAG, intrinsic::INVALID};

/// How the units of a string are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Units {
    Utf8,
    Utf16,
    Latin1,
}

/// A string to be stored, whose range has been checked.
#[derive(Clone, Copy)]
struct Source {
    /// Its address.
    address: Value,
    /// What it lies in.
    memory: MemoryId,
    units: Units,
    /// How many units: an `I32`.
    len: Value,
    /// Whether it is of a `latin1+utf16` side.
    compact: bool,
}

/// A block of the lowering side's memory, as its `realloc` gave it.
#[derive(Clone, Copy)]
struct Room {
    /// An `I32`.
    pointer: Value,
    /// The checked address of it.
    address: Value,
    /// Bytes: an `I32`.
    size: Value,
}

/// The lowering side.
struct Target<'r> {
    options: &'r Options,
    memory: MemoryId,
    /// The alignment that is asked for, bytes.
    align: u32,
}

impl Emit<'_, '_> {
    /// Moves a string.
    pub fn string(&mut self, route: &Route<'_>, (pointer, len): Parts) -> Result<Parts> {
        match route.from.encoding {
            StringEncoding::Utf8 => self.load_string(route, Units::Utf8, 1, pointer, len),
            StringEncoding::Utf16 => self.load_string(route, Units::Utf16, 2, pointer, len),
            StringEncoding::CompactUtf16 => {
                let tag = self.i32(UTF16_TAG);
                let tagged = self.ins().band(len, tag);
                let (wide, narrow, done) = (
                    self.create_block(),
                    self.create_block(),
                    self.create_block(),
                );
                let moved = self.parts_of(done);
                self.ins().brif(tagged, wide, &[], narrow, &[]);
                self.switch_to_block(narrow);
                let parts = self.load_string(route, Units::Latin1, 2, pointer, len)?;
                self.go(done, parts);
                self.switch_to_block(wide);
                let units = self.ins().bxor(len, tag);
                let parts = self.load_string(route, Units::Utf16, 2, pointer, units)?;
                self.go(done, parts);
                self.switch_to_block(done);
                Ok(moved)
            }
        }
    }

    /// `load_string_from_range`, and then `store_string_into_range`.
    fn load_string(
        &mut self,
        route: &Route<'_>,
        units: Units,
        align: u32,
        pointer: Value,
        len: Value,
    ) -> Result<Parts> {
        let unit = if units == Units::Utf16 { 2 } else { 1 };
        // In units, since twice the length may not fit 32 bits.
        let too_long = self.above(len, MAX_STRING_BYTES / unit);
        self.trap_if(too_long, Trap::StringTooLong);
        self.check_aligned(pointer, align);
        let bytes = self.times(len, unit);
        let memory = self.memory(route.from)?;
        let source = Source {
            address: self.range(memory, pointer, bytes),
            memory,
            units,
            len,
            compact: route.from.encoding == StringEncoding::CompactUtf16,
        };
        let target = Target {
            options: route.to,
            memory: self.memory(route.to)?,
            align: match route.to.encoding {
                StringEncoding::Utf8 => 1,
                StringEncoding::Utf16 | StringEncoding::CompactUtf16 => 2,
            },
        };
        match (route.to.encoding, units) {
            (StringEncoding::Utf8, Units::Utf8) => self.copy(&target, source, 1),
            (StringEncoding::Utf8, Units::Utf16) => self.store_utf8(&target, source, 3),
            (StringEncoding::Utf8, Units::Latin1) => self.store_utf8(&target, source, 2),
            (StringEncoding::Utf16, Units::Utf8) => self.utf8_to_utf16(&target, source),
            (StringEncoding::Utf16, Units::Utf16 | Units::Latin1) => self.copy(&target, source, 2),
            (StringEncoding::CompactUtf16, Units::Latin1) => self.copy(&target, source, 1),
            (StringEncoding::CompactUtf16, Units::Utf16) if source.compact => {
                self.probably_utf16(&target, source)
            }
            (StringEncoding::CompactUtf16, _) => self.store_latin1_or_utf16(&target, source),
        }
    }

    /// `store_string_copy`, with units of `unit` bytes on the other side.
    fn copy(&mut self, target: &Target<'_>, source: Source, unit: u32) -> Result<Parts> {
        let size = self.times(source.len, unit);
        let room = self.room(target, None, size)?;
        let count = self.wide(source.len);
        let args = [room.address, source.address, count];
        match (source.units, unit) {
            (Units::Utf8, _) => {
                let valid = self.intrinsic(Intrinsic::Utf8Copy, &args);
                self.trap_unless(valid, Trap::InvalidString);
            }
            (Units::Utf16, _) => {
                let valid = self.intrinsic(Intrinsic::Utf16Copy, &args);
                self.trap_unless(valid, Trap::InvalidString);
            }
            // Every byte is a character of Latin-1.
            (Units::Latin1, 1) => {
                let copy = copy_between(source.memory, target.memory);
                self.call_intrinsic(copy, &args);
            }
            (Units::Latin1, _) => drop(self.call_intrinsic(Intrinsic::Latin1ToUtf16, &args)),
        }
        Ok((room.pointer, source.len))
    }

    /// `store_string_to_utf8`: a byte for each unit is enough for ASCII, `worst` for anything.
    fn store_utf8(&mut self, target: &Target<'_>, source: Source, worst: u32) -> Result<Parts> {
        let (prefix, rest) = match source.units {
            Units::Latin1 => (Intrinsic::AsciiCopy, Intrinsic::Latin1ToUtf8),
            _ => (Intrinsic::Utf16ToAscii, Intrinsic::Utf16ToUtf8),
        };
        let room = self.room(target, None, source.len)?;
        let count = self.wide(source.len);
        let ascii = self.step(prefix, &[room.address, source.address, count]);

        let (more, done) = (self.create_block(), self.create_block());
        let stored = self.parts_of(done);
        let short = self.ins().icmp(IntCC::UnsignedLessThan, ascii, count);
        let all = [room.pointer, source.len].map(BlockArg::Value);
        self.ins().brif(short, more, &[], done, &all);

        self.switch_to_block(more);
        let worst = self.times(source.len, worst);
        let room = self.room(target, Some(room), worst)?;
        let read = if source.units == Units::Utf16 {
            self.ins().ishl_imm_u(ascii, 1)
        } else {
            ascii
        };
        let from = self.ins().iadd(source.address, read);
        let to = self.ins().iadd(room.address, ascii);
        let left = self.ins().isub(count, ascii);
        let written = self.step(rest, &[to, from, left]);
        let bytes = self.ins().iadd(ascii, written);
        let bytes = self.ins().ireduce(types::I32, bytes);
        let pointer = self.shrink(target, room, bytes)?;
        self.go(done, (pointer, bytes));

        self.switch_to_block(done);
        Ok(stored)
    }

    /// `store_utf8_to_utf16`.
    fn utf8_to_utf16(&mut self, target: &Target<'_>, source: Source) -> Result<Parts> {
        let worst = self.times(source.len, 2);
        let room = self.room(target, None, worst)?;
        let count = self.wide(source.len);
        let units = self.step(
            Intrinsic::Utf8ToUtf16,
            &[room.address, source.address, count],
        );
        let units = self.ins().ireduce(types::I32, units);
        let bytes = self.times(units, 2);
        let pointer = self.shrink(target, room, bytes)?;
        Ok((pointer, units))
    }

    /// `store_string_to_latin1_or_utf16`, from UTF-8 or UTF-16.
    fn store_latin1_or_utf16(&mut self, target: &Target<'_>, source: Source) -> Result<Parts> {
        let room = self.room(target, None, source.len)?;
        let count = self.wide(source.len);
        let args = [room.address, source.address, count];
        // Units read, and bytes of Latin-1 written.
        let (read, latin1) = if source.units == Units::Utf8 {
            let both = self.step(Intrinsic::Utf8ToLatin1, &args);
            let read = self.ins().ushr_imm_u(both, 32);
            let written = self.ins().ireduce(types::I32, both);
            (read, self.wide(written))
        } else {
            let read = self.step(Intrinsic::Utf16ToLatin1, &args);
            (read, read)
        };
        let (wide, narrow, done) = (
            self.create_block(),
            self.create_block(),
            self.create_block(),
        );
        let stored = self.parts_of(done);
        let short = self.ins().icmp(IntCC::UnsignedLessThan, read, count);
        self.ins().brif(short, wide, &[], narrow, &[]);

        // All of it was Latin-1.
        self.switch_to_block(narrow);
        let bytes = self.ins().ireduce(types::I32, latin1);
        let pointer = self.shrink(target, room, bytes)?;
        self.go(done, (pointer, bytes));

        // A character of 256 or above: room for UTF-16, what is there becomes units, and then the rest.
        self.switch_to_block(wide);
        let worst = self.times(source.len, 2);
        let room = self.room(target, Some(room), worst)?;
        self.call_intrinsic(Intrinsic::Latin1Widen, &[room.address, latin1]);
        let done_bytes = self.ins().ishl_imm_u(latin1, 1);
        let to = self.ins().iadd(room.address, done_bytes);
        let left = self.ins().isub(count, read);
        let units = if source.units == Units::Utf8 {
            let from = self.ins().iadd(source.address, read);
            let written = self.step(Intrinsic::Utf8ToUtf16, &[to, from, left]);
            self.ins().iadd(latin1, written)
        } else {
            let from = self.ins().iadd(source.address, done_bytes);
            let valid = self.intrinsic(Intrinsic::Utf16Copy, &[to, from, left]);
            self.trap_unless(valid, Trap::InvalidString);
            count
        };
        let units = self.ins().ireduce(types::I32, units);
        let bytes = self.times(units, 2);
        let pointer = self.shrink(target, room, bytes)?;
        let tagged = self.tagged(units);
        self.go(done, (pointer, tagged));

        self.switch_to_block(done);
        Ok(stored)
    }

    /// `store_probably_utf16_to_latin1_or_utf16`.
    fn probably_utf16(&mut self, target: &Target<'_>, source: Source) -> Result<Parts> {
        let size = self.times(source.len, 2);
        let room = self.room(target, None, size)?;
        let count = self.wide(source.len);
        let kind = self.intrinsic(Intrinsic::Utf16Copy, &[room.address, source.address, count]);
        self.trap_unless(kind, Trap::InvalidString);

        let (narrow, done) = (self.create_block(), self.create_block());
        let stored = self.parts_of(done);
        let tagged = self.tagged(source.len);
        let other = self.above(kind, 1);
        let wide = [room.pointer, tagged].map(BlockArg::Value);
        self.ins().brif(other, done, &wide, narrow, &[]);

        self.switch_to_block(narrow);
        // All of it is Latin-1, so that it gets to the end.
        self.intrinsic(
            Intrinsic::Utf16ToLatin1,
            &[room.address, room.address, count],
        );
        let target = Target {
            align: 1,
            ..*target
        };
        let room = self.room(&target, Some(room), source.len)?;
        self.go(done, (room.pointer, source.len));

        self.switch_to_block(done);
        Ok(stored)
    }

    /// Calls `realloc` for `size` bytes in place of `old`, or of nothing, and checks what it returns.
    fn room(&mut self, target: &Target<'_>, old: Option<Room>, size: Value) -> Result<Room> {
        let old = match old {
            Some(old) => (old.pointer, old.size),
            None => {
                let zero = self.i32(0);
                (zero, zero)
            }
        };
        let pointer = self.reallocate(target.options, old, target.align, size)?;
        self.check_aligned(pointer, target.align);
        Ok(Room {
            pointer,
            address: self.range(target.memory, pointer, size),
            size,
        })
    }

    /// Gives back what is beyond the first `bytes` bytes, if anything is; the block's pointer then.
    fn shrink(&mut self, target: &Target<'_>, room: Room, bytes: Value) -> Result<Value> {
        let (less, done) = (self.create_block(), self.create_block());
        let pointer = self.append_block_param(done, types::I32);
        let spare = self.ins().icmp(IntCC::UnsignedLessThan, bytes, room.size);
        self.ins()
            .brif(spare, less, &[], done, &[BlockArg::Value(room.pointer)]);
        self.switch_to_block(less);
        let shrunk = self.room(target, Some(room), bytes)?;
        self.ins().jump(done, &[BlockArg::Value(shrunk.pointer)]);
        self.switch_to_block(done);
        Ok(pointer)
    }

    /// Calls a transcoder that says how far it got; traps if the string is malformed.
    fn step(&mut self, which: Intrinsic, args: &[Value]) -> Value {
        let far = self.intrinsic(which, args);
        if !matches!(which, Intrinsic::AsciiCopy | Intrinsic::Latin1ToUtf8) {
            let invalid = self.i64(INVALID);
            let malformed = self.ins().icmp(IntCC::Equal, far, invalid);
            self.trap_if(malformed, Trap::InvalidString);
        }
        far
    }

    /// The parameters of a block that gets a string's parts.
    fn parts_of(&mut self, block: Block) -> Parts {
        (
            self.append_block_param(block, types::I32),
            self.append_block_param(block, types::I32),
        )
    }

    /// Goes to such a block.
    fn go(&mut self, block: Block, (pointer, len): Parts) {
        self.ins().jump(block, &[pointer, len].map(BlockArg::Value));
    }

    /// `len` (an `I32`, at most [`MAX_STRING_BYTES`]) times 1, 2 or 3, which fits.
    fn times(&mut self, len: Value, by: u32) -> Value {
        match by {
            1 => len,
            2 => self.ins().ishl_imm_u(len, 1),
            by => self.ins().imul_imm_u(len, i64::from(by)),
        }
    }

    /// An `I32` as an `I64`.
    fn wide(&mut self, len: Value) -> Value {
        self.ins().uextend(types::I64, len)
    }

    /// A length in 16-bit units as `latin1+utf16` has it.
    fn tagged(&mut self, units: Value) -> Value {
        let tag = self.i32(UTF16_TAG);
        self.ins().bor(units, tag)
    }
}
