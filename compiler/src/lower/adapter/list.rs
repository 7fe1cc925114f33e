//! Lists: one copy where the elements are plain bytes, else a loop: of vectors where masks do
//! (`wide.rs`), else of elements.
//!
//! Isolation: the source's range is the lifting side's claim (a pointer, and a length times the
//! element's size, computed in 64 bits so that it can't wrap) and is checked against its memory; the
//! target's range comes from the lowering side's `realloc` and is checked against that memory, with
//! the number of bytes that will be written. Both by `GuestMemory::checked_range`, before the first
//! element moves. The loop then goes by indexes, and each access by `GuestMemory::load` and `store`.

use super::emit::{Emit, Parts};
use super::value::{Place, Route};
use super::wide::Pattern;
use super::{Copying, shape};
use crate::abi;
use crate::error::Result;
use crate::lower::names::Intrinsic;
use crate::program::MemoryId;
use crate::types::TypeId;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value, types};
use nanocc_shim_abi::Trap;

/// Constant sizes up to this many bytes are moved by loads and stores.
const INLINE_BYTES: u32 = 64;

/// What copies a range of one memory to another, which are the same where a component calls itself.
pub(super) fn copy_between(from: MemoryId, to: MemoryId) -> Intrinsic {
    if from == to {
        Intrinsic::Memmove
    } else {
        Intrinsic::Memcpy
    }
}

impl Emit<'_, '_> {
    /// Moves a list, given by its two core values, elements of `from` becoming elements of `to`:
    /// `load_list_from_range` and `store_list_into_range`, in their order.
    pub fn list(
        &mut self,
        route: &Route<'_>,
        from: TypeId,
        to: TypeId,
        (pointer, len): Parts,
    ) -> Result<Parts> {
        let (from_memory, to_memory) = (self.memory(route.from)?, self.memory(route.to)?);
        let from_layout = self.sized(abi::layout(self.types(), from))?;
        let to_layout = self.sized(abi::layout(self.types(), to))?;

        let from_bytes = self.list_bytes(len, from_layout.size);
        self.check_aligned(pointer, from_layout.align);
        let source = self.range(from_memory, pointer, from_bytes);

        let to_bytes = if to_layout.size == from_layout.size {
            from_bytes
        } else {
            self.list_bytes(len, to_layout.size)
        };
        let size = self.ins().ireduce(types::I32, to_bytes);
        let copy = self.allocate(route.to, to_layout.align, size)?;
        self.check_aligned(copy, to_layout.align);
        let target = self.range(to_memory, copy, to_bytes);

        if self.copying == Copying::ElementWise {
            self.each_element(route, (from, pointer), (to, copy), len)?;
        } else if shape::bytes(self.types(), from, to).is_some() {
            let copy = copy_between(from_memory, to_memory);
            self.call_intrinsic(copy, &[target, source, from_bytes]);
        } else if from == to
            && from_memory != to_memory
            && let Some(pattern) = Pattern::of(self.types(), from)
        {
            self.each_step(route, (from, &pattern), pointer, copy, len)?;
        } else {
            self.each_element(route, (from, pointer), (to, copy), len)?;
        }
        Ok((copy, len))
    }

    /// The bytes of a list, as an `I64`; traps if they are more than a list may have.
    fn list_bytes(&mut self, len: Value, size: u32) -> Value {
        let len = self.ins().uextend(types::I64, len);
        // Below 2^32 * MAX_SIZE = 2^60.
        let bytes = match size {
            1 => len,
            _ => self.ins().imul_imm_u(len, i64::from(size)),
        };
        let too_long = self.ins().icmp_imm_u(
            IntCC::UnsignedGreaterThan,
            bytes,
            i64::from(abi::MAX_LIST_BYTES),
        );
        self.trap_if(too_long, Trap::PointerOutOfBounds);
        bytes
    }

    /// The loop. The ranges have been checked.
    pub fn each_element(
        &mut self,
        route: &Route<'_>,
        (from, first): (TypeId, Value),
        (to, first_copy): (TypeId, Value),
        len: Value,
    ) -> Result<()> {
        let step = abi::layout(self.types(), from).size;
        let copy_step = abi::layout(self.types(), to).size;

        let (head, body, exit) = (
            self.create_block(),
            self.create_block(),
            self.create_block(),
        );
        let source = self.append_block_param(head, types::I32);
        let target = self.append_block_param(head, types::I32);
        let left = self.append_block_param(head, types::I32);
        let start = [first, first_copy, len].map(BlockArg::Value);
        self.ins().jump(head, &start);

        self.switch_to_block(head);
        self.ins().brif(left, body, &[], exit, &[]);

        self.switch_to_block(body);
        self.nesting += 1;
        self.value(
            route,
            from,
            Place::Memory(source, 0),
            to,
            Some((target, 0)),
            &mut Vec::new(),
        )?;
        self.nesting -= 1;
        // The last step may wrap at 4 GiB; nothing is accessed there.
        let source = self.ins().iadd_imm_u(source, i64::from(step));
        let target = self.ins().iadd_imm_u(target, i64::from(copy_step));
        let one = self.i32(1);
        let left = self.ins().isub(left, one);
        let next = [source, target, left].map(BlockArg::Value);
        self.ins().jump(head, &next);

        self.switch_to_block(exit);
        Ok(())
    }

    /// Copies a value of `size` bytes from memory to memory, both at an index and an offset in a
    /// range that has been checked.
    pub fn copy_bytes(
        &mut self,
        route: &Route<'_>,
        (from, from_offset): (Value, u32),
        (to, to_offset): (Value, u32),
        size: u32,
    ) -> Result<()> {
        let (from_memory, to_memory) = (self.memory(route.from)?, self.memory(route.to)?);
        if size > INLINE_BYTES {
            // Checked again, for the addresses.
            let bytes = self.i64(u64::from(size));
            let source = self.ins().iadd_imm_u(from, i64::from(from_offset));
            let source = self.range(from_memory, source, bytes);
            let target = self.ins().iadd_imm_u(to, i64::from(to_offset));
            let target = self.range(to_memory, target, bytes);
            let copy = copy_between(from_memory, to_memory);
            self.call_intrinsic(copy, &[target, source, bytes]);
            return Ok(());
        }
        // All is read before the first is written: the two may be in one memory.
        let mut values = Vec::new();
        let mut done = 0;
        for scalar in [
            abi::Scalar::I64,
            abi::Scalar::I32,
            abi::Scalar::U16,
            abi::Scalar::U8,
        ] {
            while size - done >= scalar.size() {
                let value = self.load(from_memory, scalar, from, from_offset + done);
                values.push((scalar, value, done));
                done += scalar.size();
            }
        }
        for (scalar, value, at) in values {
            self.store(to_memory, scalar, value, to, to_offset + at);
        }
        Ok(())
    }
}
