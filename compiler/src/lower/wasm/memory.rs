//! Loads, stores and bulk memory operators. Addresses come from `address.rs` alone.

use super::super::address::{Access, GuestMemory};
use super::super::builder::Region;
use super::super::constants::Constant;
use super::super::names::{Intrinsic, Name};
use super::Translation;
use crate::error::Result;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use nanocc_shim_abi::{Trap, WASM_PAGE};
use types::{F32, F64, I8, I16, I32, I64};
use wasmparser::{MemArg, Operator};

/// Copies and fills of constant length up to this many bytes are loads and stores.
const INLINE_BYTES: u64 = 64;

impl Translation<'_, '_> {
    /// Translates a memory operator; `false` if it isn't one.
    pub(super) fn memory(&mut self, operator: &Operator<'_>) -> Result<bool> {
        /// A load of `$bytes` with an instruction that names the result type.
        macro_rules! load {
            ($memarg:expr, $bytes:literal, $name:ident, $ty:expr) => {{
                let at = self.load_access($memarg, $bytes);
                let value = self.b.ins().$name($ty, at.flags, at.pointer, at.offset);
                self.push(value)
            }};
        }
        /// A load of 4 bytes that extends to 64 bits.
        macro_rules! load32 {
            ($memarg:expr, $name:ident) => {{
                let at = self.load_access($memarg, 4);
                let value = self.b.ins().$name(at.flags, at.pointer, at.offset);
                self.push(value)
            }};
        }
        macro_rules! store {
            ($memarg:expr, $bytes:literal, $name:ident) => {{
                let value = self.pop();
                let at = self.load_access($memarg, $bytes);
                self.b.ins().$name(at.flags, value, at.pointer, at.offset);
            }};
        }
        use Operator as Op;
        match *operator {
            Op::I32Load { memarg } => load!(memarg, 4, load, I32),
            Op::I64Load { memarg } => load!(memarg, 8, load, I64),
            Op::F32Load { memarg } => load!(memarg, 4, load, F32),
            Op::F64Load { memarg } => load!(memarg, 8, load, F64),
            Op::I32Load8S { memarg } => load!(memarg, 1, sload8, I32),
            Op::I32Load8U { memarg } => load!(memarg, 1, uload8, I32),
            Op::I32Load16S { memarg } => load!(memarg, 2, sload16, I32),
            Op::I32Load16U { memarg } => load!(memarg, 2, uload16, I32),
            Op::I64Load8S { memarg } => load!(memarg, 1, sload8, I64),
            Op::I64Load8U { memarg } => load!(memarg, 1, uload8, I64),
            Op::I64Load16S { memarg } => load!(memarg, 2, sload16, I64),
            Op::I64Load16U { memarg } => load!(memarg, 2, uload16, I64),
            Op::I64Load32S { memarg } => load32!(memarg, sload32),
            Op::I64Load32U { memarg } => load32!(memarg, uload32),
            Op::I32Store { memarg } | Op::F32Store { memarg } => store!(memarg, 4, store),
            Op::I64Store { memarg } | Op::F64Store { memarg } => store!(memarg, 8, store),
            Op::I32Store8 { memarg } | Op::I64Store8 { memarg } => store!(memarg, 1, istore8),
            Op::I32Store16 { memarg } | Op::I64Store16 { memarg } => store!(memarg, 2, istore16),
            Op::I64Store32 { memarg } => store!(memarg, 4, istore32),

            Op::MemorySize { mem } => {
                let bytes = self.guest_memory(mem).length_bytes(&mut self.b);
                let pages = self
                    .b
                    .ins()
                    .ushr_imm_u(bytes, i64::from(WASM_PAGE.trailing_zeros()));
                let pages = self.b.ins().ireduce(I32, pages);
                self.push(pages);
            }
            Op::MemoryGrow { mem } => {
                let delta = self.pop();
                let id = self.guest_memory(mem).id();
                let (pointer, offset) = self.b.planned(self.b.env.plan.memories[id].descriptor);
                let descriptor = self.b.ins().iadd_imm_s(pointer, i64::from(offset));
                let old = self
                    .b
                    .call_intrinsic(Intrinsic::MemoryGrow, &[descriptor, delta]);
                self.push(old.expect("memory.grow has a result"));
            }
            Op::MemoryCopy { dst_mem, src_mem } => self.memory_copy(dst_mem, src_mem),
            Op::MemoryFill { mem } => self.memory_fill(mem),
            Op::MemoryInit { data_index, mem } => self.memory_init(data_index, mem),
            Op::DataDrop { data_index } => {
                let flags = &self.b.env.plan.dropped_data;
                if let Some(&flag) = flags.get(&(self.instance, data_index)) {
                    self.b.drop_segment(flag);
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn guest_memory(&self, index: u32) -> GuestMemory {
        GuestMemory::new(self.core.memories[index as usize])
    }

    /// Takes the index from the operand stack.
    pub(super) fn load_access(&mut self, memarg: MemArg, bytes: u8) -> Access {
        let index = self.pop();
        let memory = self.guest_memory(memarg.memory);
        memory.access(&mut self.b, index, memarg.offset, bytes)
    }

    fn memory_copy(&mut self, to: u32, from: u32) {
        let (target, source, len) = self.pop3();
        let (to, from) = (self.guest_memory(to), self.guest_memory(from));
        let known = self.b.known(len);
        let target = to.checked_range(&mut self.b, target, len, Trap::MemoryOutOfBounds);
        let source = from.checked_range(&mut self.b, source, len, Trap::MemoryOutOfBounds);
        if let Some(bytes) = known
            && bytes <= INLINE_BYTES
        {
            // All is read before anything is written: the ranges may overlap.
            let flags = from.checked_flags(&mut self.b);
            let loaded: Vec<(i32, Value)> = pieces(bytes)
                .map(|(offset, ty)| (offset, self.b.ins().load(ty, flags, source, offset)))
                .collect();
            let flags = to.checked_flags(&mut self.b);
            for (offset, value) in loaded {
                self.b.ins().store(flags, value, target, offset);
            }
            return;
        }
        let len = self.b.ins().uextend(I64, len);
        // Two memories never overlap.
        let copy = if to == from {
            Intrinsic::Memmove
        } else {
            Intrinsic::Memcpy
        };
        self.b.call_intrinsic(copy, &[target, source, len]);
    }

    fn memory_fill(&mut self, memory: u32) {
        let (target, byte, len) = self.pop3();
        let memory = self.guest_memory(memory);
        let known = self.b.known(len);
        let target = memory.checked_range(&mut self.b, target, len, Trap::MemoryOutOfBounds);
        if let Some(bytes) = known
            && bytes <= INLINE_BYTES
        {
            let wide = self.b.ins().uextend(I64, byte);
            let low = self.b.ins().band_imm_u(wide, 0xff);
            let pattern = self.b.ins().imul_imm_u(low, 0x0101_0101_0101_0101);
            let flags = memory.checked_flags(&mut self.b);
            for (offset, ty) in pieces(bytes) {
                let value = match ty {
                    I64 => pattern,
                    ty => self.b.ins().ireduce(ty, pattern),
                };
                self.b.ins().store(flags, value, target, offset);
            }
            return;
        }
        let len = self.b.ins().uextend(I64, len);
        self.b
            .call_intrinsic(Intrinsic::Memset, &[target, byte, len]);
    }

    fn memory_init(&mut self, segment: u32, memory: u32) {
        let (target, source, len) = self.pop3();
        let memory = self.guest_memory(memory);
        let data = &self.module.data[segment as usize];
        let flags = &self.b.env.plan.dropped_data;
        let available = match flags.get(&(self.instance, segment)) {
            Some(&flag) => self.segment_len(flag, data.bytes.len()),
            None => self.b.ins().iconst(I32, 0),
        };
        let target = memory.checked_range(&mut self.b, target, len, Trap::MemoryOutOfBounds);
        super::super::table::check_range(
            &mut self.b,
            source,
            len,
            available,
            Trap::MemoryOutOfBounds,
        );
        let constant = Name::Constant(Constant::Data(self.core.module, segment));
        let base = self.b.address_of(constant, true);
        let source = self.b.ins().uextend(I64, source);
        let source = self.b.ins().iadd(base, source);
        let len = self.b.ins().uextend(I64, len);
        self.b
            .call_intrinsic(Intrinsic::Memcpy, &[target, source, len]);
    }

    /// The length of a segment: 0 once its flag says that it is dropped. An `I32`.
    pub(super) fn segment_len(&mut self, flag: u64, len: usize) -> Value {
        let flags = self.b.trusted(Region::Dropped);
        let dropped = self.b.load_planned(I32, flags, flag);
        let zero = self.b.ins().iconst(I32, 0);
        let len = self.b.ins().iconst(I32, len as i64);
        let there = self.b.ins().icmp_imm_u(IntCC::Equal, dropped, 0);
        self.b.ins().select(there, len, zero)
    }
}

/// Offsets and integer types that cover `bytes` bytes, the widest first.
fn pieces(bytes: u64) -> impl Iterator<Item = (i32, Type)> {
    let mut offset = 0;
    std::iter::from_fn(move || {
        let ty = match bytes - offset {
            0 => return None,
            1 => I8,
            2..4 => I16,
            4..8 => I32,
            _ => I64,
        };
        let at = offset as i32;
        offset += u64::from(ty.bytes());
        Some((at, ty))
    })
}
