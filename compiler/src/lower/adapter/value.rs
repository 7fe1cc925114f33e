//! One value, from one side to the other: the canonical ABI's `load` or `lift_flat` fused with its
//! `store` or `lower_flat`.
//!
//! A value is read from flat core values or from memory, and becomes flat core values or is written to
//! memory; the four combinations share this code. Whoever says [`Place::Memory`], or names a target
//! in memory, has checked the range of the whole value there and its alignment: `call.rs` for
//! parameters and results, `list.rs` for elements. Parts of a value lie at constant offsets within
//! it, by the layout that the check was made for.
//!
//! Isolation: no address is formed here; every access is by the side's own memory, an index and an
//! offset (`Emit::load` and `store`).

use super::emit::Emit;
use super::{Copying, shape};
use crate::abi::{self, Scalar, Shape, join};
use crate::error::{Error, Result};
use crate::lower::signature::value_type;
use crate::program::{Options, ValType};
use crate::types::TypeId;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Block, BlockArg, BlockCall, InstBuilder, JumpTableData, MemFlagsData, Value, types,
};
use nanocc_shim_abi::Trap;
use std::borrow::Cow;

/// The two sides of a movement.
pub(super) struct Route<'r> {
    /// The side that lifts.
    pub from: &'r Options,
    /// The side that lowers.
    pub to: &'r Options,
    /// Whether parameters are moved, or results.
    pub params: bool,
}

/// Where a value is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'v> {
    /// In core values, as many as its type flattens to.
    Flat(&'v [Value]),
    /// At an index (an `I32`) and an offset in the memory of its side.
    Memory(Value, u32),
}

impl<'v> Place<'v> {
    /// Core value `first` and those after it, or the place in memory `offset` bytes on.
    fn part(self, first: usize, count: usize, offset: u32) -> Place<'v> {
        match self {
            Place::Flat(values) => Place::Flat(&values[first..first + count]),
            Place::Memory(at, base) => Place::Memory(at, base + offset),
        }
    }
}

/// Where a value goes: an index and an offset in its side's memory, or `None` for flat values.
pub(super) type Target = Option<(Value, u32)>;

/// A place in the target `offset` bytes on.
fn part_of(target: Target, offset: u32) -> Target {
    target.map(|(at, base)| (at, base + offset))
}

/// What becomes of one case of a variant.
struct Arm {
    from: Option<TypeId>,
    to: Option<TypeId>,
    /// The case's number on the other side.
    index: u32,
}

impl Emit<'_, '_> {
    /// Moves a value of type `from`, which becomes one of type `to`. Its flat values are appended to
    /// `out` where the target is flat.
    pub fn value(
        &mut self,
        route: &Route<'_>,
        from: TypeId,
        source: Place<'_>,
        to: TypeId,
        target: Target,
        out: &mut Vec<Value>,
    ) -> Result<()> {
        self.count_part()?;
        // Few numbers are moved one by one, as wide as they are: who wrote them has likely done so just
        // now, and a load that spans several stores waits until all of them are in the cache.
        if let (Place::Memory(at, offset), Some(target), Copying::Bulk) =
            (source, target, self.copying)
            && abi::flatten(self.types(), from).len() > abi::MAX_FLAT_PARAMS
            && let Some(size) = shape::bytes(self.types(), from, to)
        {
            return self.copy_bytes(route, (at, offset), target, size);
        }
        let types = self.types();
        match (abi::shape(types, from), abi::shape(types, to)) {
            (Shape::Scalar(scalar), Shape::Scalar(_)) if from == to => {
                let value = self.read(route, scalar, source)?;
                // What is stored is truncated anyway.
                let value = match (source, target) {
                    (Place::Flat(_), None) => self.wrap(scalar, value),
                    _ => value,
                };
                self.write(route, scalar, value, target, out)
            }
            (Shape::Bool, Shape::Bool) => {
                let value = self.read(route, Scalar::U8, source)?;
                let value = self.ins().icmp_imm_u(IntCC::NotEqual, value, 0);
                let value = self.ins().uextend(types::I32, value);
                self.write(route, Scalar::U8, value, target, out)
            }
            (Shape::Char, Shape::Char) => {
                let value = self.read(route, Scalar::I32, source)?;
                self.check_char(value);
                self.write(route, Scalar::I32, value, target, out)
            }
            (Shape::String, Shape::String) => {
                let parts = self.read_pair(route, source)?;
                let parts = self.string(route, parts)?;
                self.write_pair(route, parts, target, out)
            }
            (Shape::List(from), Shape::List(to)) => {
                let parts = self.read_pair(route, source)?;
                let parts = self.list(route, from, to, parts)?;
                self.write_pair(route, parts, target, out)
            }
            (Shape::Record(from), Shape::Record(to)) => {
                self.record(route, &from, source, &to, target, out)
            }
            (Shape::Variant(from), Shape::Variant(to)) => {
                self.variant(route, &from, source, &to, target, out)
            }
            (Shape::Flags(from), Shape::Flags(to)) if from == to => {
                self.flags(route, from.len(), source, target, out)
            }
            (Shape::Own(from), Shape::Own(to)) if self.same_resource(from, to) => {
                let handle = self.read(route, Scalar::I32, source)?;
                let handle = self.own(route, (from, to), handle);
                self.write(route, Scalar::I32, handle, target, out)
            }
            (Shape::Borrow(from), Shape::Borrow(to)) if self.same_resource(from, to) => {
                let handle = self.read(route, Scalar::I32, source)?;
                let handle = self.borrow(route, (from, to), handle)?;
                self.write(route, Scalar::I32, handle, target, out)
            }
            _ => Err(self.mismatch("a value's type")),
        }
    }

    /// The caller's and the callee's types don't fit.
    fn mismatch(&self, what: &str) -> Error {
        self.malformed(&format!("the caller and the callee disagree about {what}"))
    }

    // Core values and words in memory.

    fn read(&mut self, route: &Route<'_>, scalar: Scalar, source: Place<'_>) -> Result<Value> {
        match source {
            Place::Flat(values) => Ok(values[0]),
            Place::Memory(at, offset) => {
                let memory = self.memory(route.from)?;
                Ok(self.load(memory, scalar, at, offset))
            }
        }
    }

    fn write(
        &mut self,
        route: &Route<'_>,
        scalar: Scalar,
        value: Value,
        target: Target,
        out: &mut Vec<Value>,
    ) -> Result<()> {
        match target {
            None => out.push(value),
            Some((at, offset)) => {
                let memory = self.memory(route.to)?;
                self.store(memory, scalar, value, at, offset);
            }
        }
        Ok(())
    }

    fn read_pair(&mut self, route: &Route<'_>, source: Place<'_>) -> Result<(Value, Value)> {
        let first = self.read(route, Scalar::I32, source.part(0, 1, 0))?;
        let second = self.read(route, Scalar::I32, source.part(1, 1, 4))?;
        Ok((first, second))
    }

    fn write_pair(
        &mut self,
        route: &Route<'_>,
        (first, second): (Value, Value),
        target: Target,
        out: &mut Vec<Value>,
    ) -> Result<()> {
        self.write(route, Scalar::I32, first, target, out)?;
        self.write(route, Scalar::I32, second, part_of(target, 4), out)
    }

    // The kinds of types.

    /// Traps unless `value` is a Unicode scalar value: below 0x110000 and no surrogate.
    fn check_char(&mut self, value: Value) {
        let beyond = self.above(value, 0x10_ffff);
        self.trap_if(beyond, Trap::InvalidChar);
        let from_surrogates = self.ins().iadd_imm_s(value, -0xd800);
        let surrogate = self
            .ins()
            .icmp_imm_u(IntCC::UnsignedLessThan, from_surrogates, 0x800);
        self.trap_if(surrogate, Trap::InvalidChar);
    }

    /// Moves flags, of which only the bits that have labels come along.
    fn flags(
        &mut self,
        route: &Route<'_>,
        labels: usize,
        source: Place<'_>,
        target: Target,
        out: &mut Vec<Value>,
    ) -> Result<()> {
        let scalar = match labels {
            0..=8 => Scalar::U8,
            9..=16 => Scalar::U16,
            _ => Scalar::I32,
        };
        for word in 0..abi::flag_words(labels) {
            let offset = 4 * word as u32;
            let bits = self.read(route, scalar, source.part(word, 1, offset))?;
            let used = (labels - 32 * word).min(32);
            let bits = if used < 32 {
                self.ins().band_imm_u(bits, (1i64 << used) - 1)
            } else {
                bits
            };
            self.write(route, scalar, bits, part_of(target, offset), out)?;
        }
        Ok(())
    }

    fn record(
        &mut self,
        route: &Route<'_>,
        from: &[(Cow<'_, str>, TypeId)],
        source: Place<'_>,
        to: &[(Cow<'_, str>, TypeId)],
        target: Target,
        out: &mut Vec<Value>,
    ) -> Result<()> {
        let names = |fields: &[(Cow<'_, str>, TypeId)]| {
            fields
                .iter()
                .map(|field| field.0.clone().into_owned())
                .collect::<Vec<_>>()
        };
        if names(from) != names(to) {
            return Err(self.mismatch("a record's fields"));
        }
        let from: Vec<TypeId> = from.iter().map(|field| field.1).collect();
        let to: Vec<TypeId> = to.iter().map(|field| field.1).collect();
        self.fields(route, &from, source, &to, target, out)
    }

    /// Moves the fields of a record, or the parameters of a function, which are like one.
    pub fn fields(
        &mut self,
        route: &Route<'_>,
        from: &[TypeId],
        source: Place<'_>,
        to: &[TypeId],
        target: Target,
        out: &mut Vec<Value>,
    ) -> Result<()> {
        let types = self.types();
        let (from_offsets, from_layout) = abi::record(types, from.iter().copied());
        let (to_offsets, to_layout) = abi::record(types, to.iter().copied());
        self.sized(from_layout)?;
        self.sized(to_layout)?;
        let mut first = 0;
        for (index, (&from, &to)) in from.iter().zip(to).enumerate() {
            let count = match source {
                Place::Flat(_) => abi::flatten(types, from).len(),
                Place::Memory(..) => 0,
            };
            let source = source.part(first, count, from_offsets[index]);
            self.value(
                route,
                from,
                source,
                to,
                part_of(target, to_offsets[index]),
                out,
            )?;
            first += count;
        }
        Ok(())
    }

    fn variant(
        &mut self,
        route: &Route<'_>,
        from: &[(Cow<'_, str>, Option<TypeId>)],
        source: Place<'_>,
        to: &[(Cow<'_, str>, Option<TypeId>)],
        target: Target,
        out: &mut Vec<Value>,
    ) -> Result<()> {
        let types = self.types();
        let payloads = |cases: &[(Cow<'_, str>, Option<TypeId>)]| {
            cases.iter().map(|case| case.1).collect::<Vec<_>>()
        };
        let (from_payloads, to_payloads) = (payloads(from), payloads(to));
        let from_layout = abi::variant(types, from_payloads.iter().copied());
        let to_layout = abi::variant(types, to_payloads.iter().copied());
        self.sized(from_layout.layout)?;
        self.sized(to_layout.layout)?;
        let arms = self.arms(from, to)?;

        // The discriminant, which has to be that of a case.
        let discriminant = self.read(
            route,
            unsigned(from_layout.discriminant),
            source.part(0, 1, 0),
        )?;
        let last = arms.len().saturating_sub(1) as u32;
        let no_case = self.above(discriminant, last);
        self.trap_if(no_case, Trap::InvalidDiscriminant);

        // What the source has beside it: a flat payload is joined over all cases.
        let joined_from = abi::flatten_payloads(types, from_payloads.iter().copied());
        let joined_to = match target {
            None => abi::flatten_payloads(types, to_payloads.iter().copied()),
            Some(_) => Vec::new(),
        };
        let same_numbers = arms.iter().zip(0..).all(|(arm, index)| arm.index == index);
        let number = unsigned(to_layout.discriminant);

        // The discriminant is written here where it stays the same, else by each arm.
        if same_numbers {
            self.write(route, number, discriminant, target, out)?;
            if joined_to.is_empty() && arms.iter().all(|arm| arm.from.is_none()) {
                return Ok(());
            }
        }

        let merge = self.create_block();
        if target.is_none() {
            if !same_numbers {
                let merged = self.append_block_param(merge, types::I32);
                out.push(merged);
            }
            for &ty in &joined_to {
                let merged = self.append_block_param(merge, value_type(ty));
                out.push(merged);
            }
        }

        // One block for each arm; where the numbers are the same, arms without a payload share one.
        let mut shared = None;
        let blocks: Vec<Block> = arms
            .iter()
            .map(|arm| match arm.from {
                None if same_numbers => *shared.get_or_insert_with(|| self.create_block()),
                _ => self.create_block(),
            })
            .collect();
        self.branch(discriminant, &blocks);

        self.nesting += 1;
        for (at, (arm, &block)) in arms.iter().zip(&blocks).enumerate() {
            if blocks[..at].contains(&block) {
                continue;
            }
            self.switch_to_block(block);
            let mut args = Vec::new();
            if !same_numbers {
                let index = self.i32(arm.index);
                self.write(route, number, index, target, &mut args)?;
            }
            let mut payload = Vec::new();
            if let (Some(from), Some(to)) = (arm.from, arm.to) {
                let coerced;
                let source = match source {
                    Place::Flat(values) => {
                        coerced = self.narrow_payload(from, &values[1..], &joined_from);
                        Place::Flat(&coerced)
                    }
                    Place::Memory(..) => source.part(0, 0, from_layout.payload),
                };
                let target = part_of(target, to_layout.payload);
                self.value(route, from, source, to, target, &mut payload)?;
                if target.is_none() {
                    payload = self.widen_payload(to, &payload, &joined_to);
                }
            }
            if target.is_none() {
                for &ty in &joined_to[payload.len()..] {
                    let zero = self.zero(ty);
                    payload.push(zero);
                }
            }
            args.extend(payload);
            let args: Vec<BlockArg> = args.into_iter().map(BlockArg::Value).collect();
            self.ins().jump(merge, &args);
        }
        self.nesting -= 1;
        self.switch_to_block(merge);
        Ok(())
    }

    /// Matches the cases of a variant by name.
    fn arms(
        &self,
        from: &[(Cow<'_, str>, Option<TypeId>)],
        to: &[(Cow<'_, str>, Option<TypeId>)],
    ) -> Result<Vec<Arm>> {
        let place: std::collections::HashMap<&str, usize> = to
            .iter()
            .enumerate()
            .map(|(index, case)| (case.0.as_ref(), index))
            .collect();
        let mut arms = Vec::with_capacity(from.len());
        for (name, payload) in from {
            let Some(&index) = place.get(name.as_ref()) else {
                return Err(self.mismatch(&format!("a variant's case `{name}`")));
            };
            let other = to[index].1;
            if payload.is_some() != other.is_some() {
                return Err(self.mismatch(&format!("the payload of a variant's case `{name}`")));
            }
            arms.push(Arm {
                from: *payload,
                to: other,
                index: index as u32,
            });
        }
        if arms.is_empty() {
            return Err(self.malformed("a variant has no cases"));
        }
        Ok(arms)
    }

    /// Goes to the block of the case `discriminant`, which is known to be one.
    fn branch(&mut self, discriminant: Value, blocks: &[Block]) {
        match *blocks {
            [] => unreachable!("variants without cases were refused"),
            [only] => {
                self.ins().jump(only, &[]);
            }
            [zero, one] => {
                self.ins().brif(discriminant, one, &[], zero, &[]);
            }
            [ref table @ .., last] => {
                let pool = &mut self.func_ir().dfg.value_lists;
                let calls: Vec<BlockCall> = table
                    .iter()
                    .map(|&block| BlockCall::new(block, [], pool))
                    .collect();
                let default = BlockCall::new(last, [], pool);
                let table = self.create_jump_table(JumpTableData::new(default, &calls));
                self.ins().br_table(discriminant, table);
            }
        }
    }

    fn zero(&mut self, ty: ValType) -> Value {
        match ty {
            ValType::F32 => self.ins().f32const(0.0),
            ValType::F64 => self.ins().f64const(0.0),
            ty => self.ins().iconst(value_type(ty), 0),
        }
    }

    /// The flat values of one case's payload out of the values that hold any case's
    /// (`lift_flat_variant`'s coercions).
    fn narrow_payload(&mut self, case: TypeId, values: &[Value], joined: &[ValType]) -> Vec<Value> {
        let want = abi::flatten(self.types(), case);
        want.iter()
            .zip(values.iter().zip(joined))
            .map(|(&want, (&value, &have))| {
                debug_assert_eq!(join(want, have), have);
                let bits = if have == ValType::I64 && matches!(want, ValType::I32 | ValType::F32) {
                    self.ins().ireduce(types::I32, value)
                } else {
                    value
                };
                if have != want && matches!(want, ValType::F32 | ValType::F64) {
                    self.ins()
                        .bitcast(value_type(want), MemFlagsData::new(), bits)
                } else {
                    bits
                }
            })
            .collect()
    }

    /// The inverse (`lower_flat_variant`'s coercions).
    fn widen_payload(&mut self, case: TypeId, values: &[Value], joined: &[ValType]) -> Vec<Value> {
        let have = abi::flatten(self.types(), case);
        have.iter()
            .zip(values.iter().zip(joined))
            .map(|(&have, (&value, &want))| {
                let bits = match have {
                    ValType::F32 if have != want => {
                        self.ins().bitcast(types::I32, MemFlagsData::new(), value)
                    }
                    ValType::F64 if have != want => {
                        self.ins().bitcast(types::I64, MemFlagsData::new(), value)
                    }
                    _ => value,
                };
                if want == ValType::I64 && matches!(have, ValType::I32 | ValType::F32) {
                    self.ins().uextend(types::I64, bits)
                } else {
                    bits
                }
            })
            .collect()
    }
}

/// The number that a discriminant of so many bytes is.
fn unsigned(size: u32) -> Scalar {
    match size {
        1 => Scalar::U8,
        2 => Scalar::U16,
        _ => Scalar::I32,
    }
}
