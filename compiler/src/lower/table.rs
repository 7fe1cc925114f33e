//! Tables, as code addresses them: bounds checks and element addresses.
//!
//! Tables belong to the compiler's side, not to the guest's: an element is a code address, so no
//! guest's index reaches one unchecked. Nor does it where the processor guesses that the check will pass (Spectre, variant
//! 1): what lies behind a table are other components' globals and tables, and a wrong guess would load them and jump
//! by them. So the index goes through a conditional move, which the processor doesn't guess: out of bounds it is 0.
//!
//! A table that never grows has a constant length and a
//! constant address below 2^31. One that grows has both in its descriptor; its address is constant
//! too, but high, and a load that the optimiser may hoist beats a ten-byte constant at every use.

use super::builder::{Builder, Region};
use crate::program::TableId;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use nanocc_shim_abi::{self as abi, Trap};
use std::mem::offset_of;

/// An element is eight bytes.
const ELEMENT_SHIFT: i64 = abi::TABLE_ELEMENT.trailing_zeros() as i64;
const _: () = assert!(1 << ELEMENT_SHIFT == abi::TABLE_ELEMENT);

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuestTable {
    id: TableId,
}

impl GuestTable {
    /// The table `id`.
    pub fn new(id: TableId) -> GuestTable {
        GuestTable { id }
    }

    /// The current length in elements: an `I32`.
    pub fn len(self, b: &mut Builder<'_, '_>) -> Value {
        let slot = b.env.plan.tables[self.id];
        if let Some(len) = slot.fixed_len {
            return b.ins().iconst(types::I32, i64::from(len));
        }
        let flags = b.trusted(Region::Descriptors);
        b.load_planned(
            types::I32,
            flags,
            slot.descriptor + offset_of!(abi::Table, len) as u64,
        )
    }

    /// Loads element `index`, an `I32`; traps if there is none. The element is an `I64`.
    pub fn get(self, b: &mut Builder<'_, '_>, index: Value) -> Value {
        let index = self.check_index(b, index);
        let flags = b.trusted(Region::Table(self.id));
        let (pointer, offset) = self.element(b, index);
        b.ins().load(types::I64, flags, pointer, offset)
    }

    /// Stores `value`, an `I64`, to element `index`; traps if there is none.
    pub fn set(self, b: &mut Builder<'_, '_>, index: Value, value: Value) {
        let index = self.check_index(b, index);
        let flags = b.trusted(Region::Table(self.id));
        let (pointer, offset) = self.element(b, index);
        b.ins().store(flags, value, pointer, offset);
    }

    /// Traps unless there is an element `index`, and returns the index to use, an `I64`.
    fn check_index(self, b: &mut Builder<'_, '_>, index: Value) -> Value {
        let fixed = b.env.plan.tables[self.id].fixed_len;
        if let (Some(known), Some(len)) = (b.known(index), fixed)
            && known < u64::from(len)
        {
            return b.ins().uextend(types::I64, index);
        }
        let len = self.len(b);
        let outside = b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, len);
        b.trap_if(outside, Trap::TableOutOfBounds);
        let index = b.ins().uextend(types::I64, index);
        let zero = b.ins().iconst(types::I64, 0);
        b.ins().select_spectre_guard(outside, zero, index)
    }

    /// Traps unless `index + count` (both `I32`, unsigned) is at most the length, and returns the
    /// address of element `index`.
    pub fn checked_range(self, b: &mut Builder<'_, '_>, index: Value, count: Value) -> Value {
        let len = self.len(b);
        check_range(b, index, count, len, Trap::TableOutOfBounds);
        let index = b.ins().uextend(types::I64, index);
        let (pointer, offset) = self.element(b, index);
        b.ins().iadd_imm_s(pointer, i64::from(offset))
    }

    /// Pointer and offset of element `index`, an `I64`, which is in bounds.
    fn element(self, b: &mut Builder<'_, '_>, index: Value) -> (Value, i32) {
        let slot = b.env.plan.tables[self.id];
        let scaled = b.ins().ishl_imm_u(index, ELEMENT_SHIFT);
        match i32::try_from(slot.base) {
            Ok(base) => (scaled, base),
            Err(_) => {
                let flags = b.constant(Region::Descriptors);
                let base = b.load_planned(
                    types::I64,
                    flags,
                    slot.descriptor + offset_of!(abi::Table, base) as u64,
                );
                (b.ins().iadd(base, scaled), 0)
            }
        }
    }
}

/// Bytes of `count` elements: an `I64`.
pub fn element_bytes(b: &mut Builder<'_, '_>, count: Value) -> Value {
    let count = b.ins().uextend(types::I64, count);
    b.ins().ishl_imm_u(count, ELEMENT_SHIFT)
}

/// Traps unless `index + count <= len`; all `I32`, unsigned.
pub fn check_range(b: &mut Builder<'_, '_>, index: Value, count: Value, len: Value, trap: Trap) {
    let index = b.ins().uextend(types::I64, index);
    let count = b.ins().uextend(types::I64, count);
    let len = b.ins().uextend(types::I64, len);
    let end = b.ins().iadd(index, count);
    let outside = b.ins().icmp(IntCC::UnsignedGreaterThan, end, len);
    b.trap_if(outside, trap);
}
