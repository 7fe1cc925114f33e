//! Lists whose elements are moved by masks: vectors of sixteen bytes instead of single fields.
//!
//! # The problem
//!
//! A `list<bool>` may not be copied as bytes, since a `bool` is any byte that isn't 0; nor a list of
//! records with padding, since what lies in the padding is the source's business; nor a list of
//! `char`s, some patterns of which are none. Yet all of these do the same to each element, without a
//! branch, and an element's size is a constant: so the same few masks come around again and again.
//!
//! # The invariant
//!
//! **A vector's bits are what moving the fields one at a time would leave in the target's sixteen
//! bytes**: for each bit the [`Pattern`] says whether it comes along, becomes 0, or stays what it was
//! in the target (padding: the ABI's `store` writes fields and nothing else). Elements of `s` bytes are
//! taken `16 / gcd(s, 16)` at a time, the fewest whose bytes are whole vectors; `list<{u32, u8}>`:
//!
//! ```text
//! element     |f0 f0 f0 f0 f1 -- -- --|f0 f0 f0 f0 f1 -- -- --|     s = 8, two at a time
//! taken        ff ff ff ff ff 00 00 00 ff ff ff ff ff 00 00 00      from the source
//! kept         00 00 00 00 00 ff ff ff 00 00 00 00 00 ff ff ff      from the target
//! ```
//!
//! What is left over at the end is done by one more step that ends where the list ends, and does some
//! elements twice, which changes nothing as the source is only read. Lists shorter than one step go
//! field by field.
//!
//! Checks (`char`, cases of an `enum`) are made on each step's vectors and trap before the next step.
//! The ABI checks all elements before it allocates, but nobody can tell: a trap ends it either way.
//!
//! Isolation: the ranges have been checked by `list.rs`; every access is by the side's memory, an index
//! and an offset (`Emit::load_vector`), and lies within them.

use super::emit::Emit;
use super::value::Route;
use crate::abi::{self, Shape};
use crate::error::Result;
use crate::program::MemoryId;
use crate::types::{TypeId, Types};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Block, BlockArg, ConstantData, Endianness, InstBuilder, MemFlagsData, Type, Value, types,
};
use nanocc_shim_abi::Trap;

/// Bytes of a vector.
const VECTOR: u32 = 16;
/// Vectors in a step at most: more would be more constants than a loop has registers for.
const MAX_VECTORS: u32 = 8;
/// Bytes that one turn of the loop moves at least, while there are as many.
const TURN: u32 = 64;

/// What becomes of the bits of an element, byte by byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    bytes: Vec<Byte>,
    checks: Vec<Check>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Byte {
    /// These bits come along.
    Bits(u8),
    /// 1 if any bit is set.
    Bool,
    /// Stays as it is in the target.
    Padding,
}

/// A number of `size` bytes at `offset` in an element that has to be small enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Check {
    offset: u32,
    size: u32,
    limit: Limit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    /// The number of a case, of which this is the last.
    Case(u32),
    /// A Unicode scalar value.
    Char,
}

impl Limit {
    fn trap(self) -> Trap {
        match self {
            Limit::Case(_) => Trap::InvalidDiscriminant,
            Limit::Char => Trap::InvalidChar,
        }
    }
}

impl Pattern {
    /// The pattern of elements of type `ty` that stay of that type, if they have one: numbers, `bool`,
    /// `char`, `flags`, variants without payloads, and records of these.
    pub fn of(types: &Types, ty: TypeId) -> Option<Pattern> {
        let size = abi::layout(types, ty).size;
        if size == 0 || size / gcd(size) > MAX_VECTORS {
            return None;
        }
        let mut pattern = Pattern {
            bytes: vec![Byte::Padding; size as usize],
            checks: Vec::new(),
        };
        pattern.add(types, ty, 0).then_some(pattern)
    }

    /// Adds a part of the element. Whether it has a pattern.
    fn add(&mut self, types: &Types, ty: TypeId, offset: u32) -> bool {
        match abi::shape(types, ty) {
            Shape::Scalar(scalar) => self.put(offset, scalar.size(), u64::MAX),
            Shape::Bool => self.bytes[offset as usize] = Byte::Bool,
            Shape::Char => {
                self.put(offset, 4, u64::MAX);
                self.check(offset, 4, Limit::Char);
            }
            // Validation wants 1 to 32 labels.
            Shape::Flags(labels) if (1..=32).contains(&labels.len()) => {
                let size = abi::layout(types, ty).size;
                self.put(offset, size, u64::MAX >> (64 - labels.len()));
            }
            Shape::Variant(cases) if !cases.is_empty() => {
                if cases.iter().any(|case| case.1.is_some()) {
                    return false;
                }
                let size = abi::discriminant_size(cases.len());
                self.put(offset, size, u64::MAX);
                if cases.len() < 1 << (8 * size) {
                    self.check(offset, size, Limit::Case(cases.len() as u32 - 1));
                }
            }
            Shape::Record(fields) => {
                let (offsets, _) = abi::record(types, fields.iter().map(|field| field.1));
                let mut parts = fields.iter().zip(offsets);
                return parts.all(|(field, at)| self.add(types, field.1, offset + at));
            }
            _ => return false,
        }
        true
    }

    /// A number of which these bits come along.
    fn put(&mut self, offset: u32, size: u32, bits: u64) {
        let part = &mut self.bytes[offset as usize..][..size as usize];
        for (byte, bits) in part.iter_mut().zip(bits.to_le_bytes()) {
            *byte = Byte::Bits(bits);
        }
    }

    fn check(&mut self, offset: u32, size: u32, limit: Limit) {
        self.checks.push(Check {
            offset,
            size,
            limit,
        });
    }

    /// Bytes of an element.
    fn size(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// Elements of a step.
    fn elements(&self) -> u32 {
        VECTOR / gcd(self.size())
    }

    /// Bytes of a step: whole elements, and whole vectors.
    fn step(&self) -> u32 {
        self.size() * self.elements()
    }

    /// A vector's worth of constants, `at` bytes into a step.
    fn mask(&self, at: u32, of: impl Fn(Byte) -> u8) -> u128 {
        let byte = |index: u32| of(self.bytes[((at + index) % self.size()) as usize]);
        (0..VECTOR).fold(0, |mask, index| {
            mask | u128::from(byte(index)) << (8 * index)
        })
    }

    /// The limits of the numbers in a vector, `at` bytes into a step.
    fn limits(&self, at: u32) -> Vec<Limits> {
        /// Moves the surrogates to 0, and leaves the other planes where they are.
        const FLIP: u32 = 0xd800;
        /// Scalar values begin there then, and end at 0x10ffff as before.
        const LEAST: u32 = 0x800;
        let mut all = Vec::new();
        for trap in [Trap::InvalidDiscriminant, Trap::InvalidChar] {
            for (size, lanes) in LANES {
                let lanes_of = |of: fn(Option<Limit>) -> u32| {
                    (0..VECTOR / size).fold(0, |vector, lane| {
                        let place = (at + lane * size) % self.size();
                        let check = self.checks.iter().find(|check| {
                            (check.offset, check.size, check.limit.trap()) == (place, size, trap)
                        });
                        let number = u128::from(of(check.map(|check| check.limit)));
                        vector | (number & (u128::MAX >> (128 - 8 * size))) << (8 * lane * size)
                    })
                };
                if lanes_of(|limit| u32::from(limit.is_some())) == 0 {
                    continue;
                }
                all.push(Limits {
                    trap,
                    lanes,
                    shift: (trap == Trap::InvalidChar).then(|| {
                        (
                            lanes_of(|limit| limit.map_or(0, |_| FLIP)),
                            lanes_of(|limit| limit.map_or(0, |_| LEAST)),
                        )
                    }),
                    most: lanes_of(|limit| match limit {
                        Some(Limit::Case(last)) => last,
                        Some(Limit::Char) => 0x10_ffff - LEAST,
                        None => u32::MAX,
                    }),
                });
            }
        }
        all
    }
}

/// What the numbers of a vector are held to. Lanes that hold something else pass.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Limits {
    trap: Trap,
    lanes: Type,
    /// What to flip in them first, and then to subtract.
    shift: Option<(u128, u128)>,
    /// The most that they may be then, unsigned.
    most: u128,
}

/// The greatest common divisor of `size` and [`VECTOR`], a power of two.
fn gcd(size: u32) -> u32 {
    1 << size.trailing_zeros().min(VECTOR.trailing_zeros())
}

/// Cases and characters are numbers of so many bytes, in lanes of these types.
const LANES: [(u32, Type); 3] = [(1, types::I8X16), (2, types::I16X8), (4, types::I32X4)];

impl Emit<'_, '_> {
    /// Moves the elements of a list whose ranges have been checked, as `each_element` does.
    pub fn each_step(
        &mut self,
        route: &Route<'_>,
        (ty, pattern): (TypeId, &Pattern),
        first: Value,
        first_copy: Value,
        len: Value,
    ) -> Result<()> {
        let memories = (self.memory(route.from)?, self.memory(route.to)?);
        let [few, many, exit] = [(); 3].map(|()| self.create_block());
        let enough = self.ins().icmp_imm_u(
            IntCC::UnsignedGreaterThanOrEqual,
            len,
            i64::from(pattern.elements()),
        );
        self.ins().brif(enough, many, &[], few, &[]);

        self.switch_to_block(few);
        self.each_element(route, (ty, first), (ty, first_copy), len)?;
        self.ins().jump(exit, &[]);

        self.switch_to_block(many);
        let turn = TURN.div_ceil(pattern.step());
        let place = self.turns(memories, pattern, turn, [first, first_copy, len]);
        self.steps(memories, pattern, place, exit);
        self.switch_to_block(exit);
        Ok(())
    }

    /// The loop that moves `turn` steps at a time, as long as there are as many elements; where the
    /// rest is (source, target, and how many).
    fn turns(
        &mut self,
        memories: (MemoryId, MemoryId),
        pattern: &Pattern,
        turn: u32,
        start: [Value; 3],
    ) -> [Value; 3] {
        let [head, body, rest] = [(); 3].map(|()| self.create_block());
        let place = [(); 3].map(|()| self.append_block_param(head, types::I32));
        self.ins().jump(head, &start.map(BlockArg::Value));

        self.switch_to_block(head);
        let elements = i64::from(turn * pattern.elements());
        let [source, target, left] = place;
        let enough = self
            .ins()
            .icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, left, elements);
        self.ins().brif(enough, body, &[], rest, &[]);

        self.switch_to_block(body);
        self.move_steps(memories, pattern, turn, source, target);
        let bytes = i64::from(turn * pattern.step());
        let next = [
            self.ins().iadd_imm_u(source, bytes),
            self.ins().iadd_imm_u(target, bytes),
            self.ins().iadd_imm_s(left, -elements),
        ];
        self.ins().jump(head, &next.map(BlockArg::Value));

        self.switch_to_block(rest);
        place
    }

    /// The loop that moves one step at a time, the last one ending where the list does. There are
    /// elements of a step at least before the end, of which `left` are still to be moved.
    fn steps(
        &mut self,
        memories: (MemoryId, MemoryId),
        pattern: &Pattern,
        start: [Value; 3],
        exit: Block,
    ) {
        let [head, body] = [(); 2].map(|()| self.create_block());
        let [source, target, left] = [(); 3].map(|()| self.append_block_param(head, types::I32));
        self.ins().jump(head, &start.map(BlockArg::Value));

        self.switch_to_block(head);
        self.ins().brif(left, body, &[], exit, &[]);

        self.switch_to_block(body);
        // Some bytes back, if fewer are left than a step moves.
        let elements = self.i32(pattern.elements());
        let whole = self
            .ins()
            .icmp(IntCC::UnsignedGreaterThanOrEqual, left, elements);
        let taken = self.ins().select(whole, elements, left);
        let again = self.ins().isub(elements, taken);
        let back = self.ins().imul_imm_u(again, i64::from(pattern.size()));
        let source = self.ins().isub(source, back);
        let target = self.ins().isub(target, back);
        self.move_steps(memories, pattern, 1, source, target);
        let bytes = i64::from(pattern.step());
        let next = [
            self.ins().iadd_imm_u(source, bytes),
            self.ins().iadd_imm_u(target, bytes),
            self.ins().isub(left, taken),
        ];
        self.ins().jump(head, &next.map(BlockArg::Value));
    }

    /// Moves `count` steps, which begin at these indexes.
    fn move_steps(
        &mut self,
        (from, to): (MemoryId, MemoryId),
        pattern: &Pattern,
        count: u32,
        source: Value,
        target: Value,
    ) {
        // By the limits that they are held to, the greatest of the numbers in each lane.
        let mut greatest: Vec<(Limits, Value)> = Vec::new();
        for offset in (0..count * pattern.step()).step_by(VECTOR as usize) {
            let value = self.load_vector(from, source, offset);
            for limits in pattern.limits(offset) {
                let number = self.number(&limits, value);
                match greatest.iter_mut().find(|(known, _)| *known == limits) {
                    Some((_, most)) => *most = self.ins().umax(*most, number),
                    None => greatest.push((limits, number)),
                }
            }
            let value = self.masked(pattern, offset, value);
            let kept = pattern.mask(offset, |byte| match byte {
                Byte::Padding => 0xff,
                _ => 0,
            });
            let value = if kept == 0 {
                value
            } else {
                let old = self.load_vector(to, target, offset);
                let kept = self.vector(types::I8X16, kept);
                let old = self.ins().band(old, kept);
                self.ins().bor(value, old)
            };
            self.store_vector(to, value, target, offset);
        }
        for trap in [Trap::InvalidDiscriminant, Trap::InvalidChar] {
            let mut beyond = None;
            for (limits, number) in greatest.iter().filter(|(limits, _)| limits.trap == trap) {
                let most = self.vector(limits.lanes, limits.most);
                let within = self.ins().umin(*number, most);
                let bits = self.ins().bxor(*number, within);
                let bits = self.cast(types::I8X16, bits);
                beyond = Some(match beyond {
                    Some(others) => self.ins().bor(others, bits),
                    None => bits,
                });
            }
            if let Some(beyond) = beyond {
                let any = self.ins().vany_true(beyond);
                self.trap_if(any, trap);
            }
        }
    }

    /// What comes along of a vector.
    fn masked(&mut self, pattern: &Pattern, offset: u32, value: Value) -> Value {
        // The smaller of a byte and 1 is a `bool`'s; other bytes have the greatest limit.
        let limits = pattern.mask(offset, |byte| match byte {
            Byte::Bits(0) | Byte::Padding => 0,
            Byte::Bits(_) => 0xff,
            Byte::Bool => 1,
        });
        let bits = pattern.mask(offset, |byte| match byte {
            Byte::Bits(bits) => bits,
            Byte::Bool => 1,
            Byte::Padding => 0,
        });
        let bools = pattern.mask(offset, |byte| u8::from(byte == Byte::Bool)) != 0;
        let mut value = value;
        if bools {
            let limits = self.vector(types::I8X16, limits);
            value = self.ins().umin(value, limits);
        }
        if bits != if bools { limits } else { u128::MAX } {
            let bits = self.vector(types::I8X16, bits);
            value = self.ins().band(value, bits);
        }
        value
    }

    /// The numbers of a vector that are compared with limits.
    fn number(&mut self, limits: &Limits, value: Value) -> Value {
        let mut number = self.cast(limits.lanes, value);
        if let Some((flip, least)) = limits.shift {
            let flip = self.vector(limits.lanes, flip);
            number = self.ins().bxor(number, flip);
            let least = self.vector(limits.lanes, least);
            number = self.ins().isub(number, least);
        }
        number
    }

    /// The same bits in other lanes.
    fn cast(&mut self, lanes: Type, value: Value) -> Value {
        if self.func_ir().dfg.value_type(value) == lanes {
            return value;
        }
        let little = MemFlagsData::new().with_endianness(Endianness::Little);
        self.ins().bitcast(lanes, little, value)
    }

    fn vector(&mut self, lanes: Type, bits: u128) -> Value {
        let data = ConstantData::from(&bits.to_le_bytes()[..]);
        let constant = self.func_ir().dfg.constants.insert(data);
        self.ins().vconst(lanes, constant)
    }
}
