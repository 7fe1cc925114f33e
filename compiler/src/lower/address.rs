//! Guest addresses. **The isolation of components rests on this file: it is the only one that turns
//! a guest's number into an address. Change it with two reviews.**
//!
//! # Why an access can't leave its memory
//!
//! `crate::plan` gives every memory a slot of [`SLOT`] = 8 GiB that begins at the memory's byte 0.
//! Of it, the first `length` bytes (at most 4 GiB) are mapped, the annex if there is one (`crate::annex`), and nothing else ever is: the image
//! has nothing else there, the shim maps only in its own range, `memory.grow` maps below 4 GiB, and of what the
//! kernel maps unasked (stack, vDSO) the shim makes sure before any guest runs that it lies elsewhere
//! (`runtime-shim/src/start.rs`). So an access is safe if `base <= address` and `address + size <= base + SLOT`; where it hits nothing
//! mapped the processor faults, and the trap table makes that the guest's trap.
//!
//! An address is formed in one of four ways, and in no other:
//!
//! | | pointer | immediate offset | why it stays in the slot |
//! |---|---|---|---|
//! | folded | `zext(index)` | `base + offset` | the base is a constant of the plan; index < 2^32, offset < 2^31 |
//! | based | `base + zext(index)` | `offset` | the same, the base from a constant or a relocation |
//! | fixed | `base` | `index + offset` | the index is a constant and the bytes lie in the initial length |
//! | checked | `base + zext(index) + offset` | 0 | compared with the current length (and the annex) beforehand |
//!
//! An index is always an `i32` value and zero-extended here, so no caller can hand in a wider one. Static
//! offsets below [`OFFSET_GUARD`] = 2^31 need no check: 2^32 + 2^31 + 16 <= 2^33, as an access is at most 16
//! bytes, a vector. Larger ones take the checked way, which compares the end of what the operator
//! touches: callers give its own size (a lane's, or half a vector's), and the instructions that their loads
//! become part of read neither more nor less (`testsuite/guests/simd/bounds`). Nothing needs to be aligned:
//! what is mapped ends at a page's end, so an access across it faults.
//!
//! Memories never shrink, so what was in bounds once stays so, which is why a checked
//! range may be used across calls, and why bytes of the initial length can't fault.
//!
//! `folded` is for the memory that the plan put below 2^31 on x86-64: base and offset become the
//! displacement of the instruction, `[index + disp32]`. Everywhere else the base is the address of
//! a pseudo-function, which the optimiser hoists out of loops (a large constant it would not), and
//! which on aarch64 leaves the index to the `uxtw` form.
//!
//! Inlining keeps all of this: constants are copied as they are and pseudo-functions keep their
//! names (`names.rs`).

use super::builder::{Builder, Region};
use super::names::Name;
use super::traps::trap_code;
use crate::plan::{OFFSET_GUARD, SLOT};
use crate::program::MemoryId;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Endianness, InstBuilder, MemFlagsData, Type, Value, types};
use nanocc_shim_abi::{self as abi, Trap, WASM_PAGE};
use std::mem::offset_of;

/// The widest access, in bytes.
const MAX_ACCESS: u64 = 16;

// The sum of the largest index, the largest unchecked offset and the widest access stays in a slot.
const _: () = assert!((1 << 32) + OFFSET_GUARD + MAX_ACCESS <= SLOT);
// An unchecked offset fits the signed immediate of an instruction.
const _: () = assert!(OFFSET_GUARD <= 1 << 31);

/// Operands for one load or store of Cranelift's.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    /// An `I64`.
    pub pointer: Value,
    /// The immediate that goes with it.
    pub offset: i32,
    /// Little-endian, unaligned, with the trap and the alias region.
    pub flags: MemFlagsData,
}

/// A linear memory, as code addresses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuestMemory {
    id: MemoryId,
}

impl GuestMemory {
    /// The memory `id`.
    pub fn new(id: MemoryId) -> GuestMemory {
        GuestMemory { id }
    }

    /// Which memory it is.
    pub fn id(self) -> MemoryId {
        self.id
    }

    /// The length at start in bytes, below which no access ever faults.
    fn initial_bytes(self, b: &Builder<'_, '_>) -> u64 {
        u64::from(b.env.program.memories[self.id].ty.initial) * WASM_PAGE
    }

    /// The current length in bytes: an `I64`, a multiple of 64 KiB.
    pub fn length_bytes(self, b: &mut Builder<'_, '_>) -> Value {
        if b.env.facts.memory_fixed(self.id) {
            let bytes = self.initial_bytes(b);
            return b.ins().iconst(types::I64, bytes as i64);
        }
        let address =
            b.env.plan.memories[self.id].descriptor + offset_of!(abi::Memory, bytes) as u64;
        let flags = b.trusted(Region::Descriptors);
        b.load_planned(types::I64, flags, address)
    }

    /// The address of byte 0.
    fn base(self, b: &mut Builder<'_, '_>) -> Value {
        let slot = b.env.plan.memories[self.id];
        if slot.constant {
            b.ins().iconst(types::I64, slot.base as i64)
        } else {
            // Below 2^31 it is within reach of the text, which lies there too.
            b.address_of(Name::MemoryBase(self.id), slot.base < 1 << 31)
        }
    }

    /// Flags of an access that may fault.
    fn guarded_flags(self, b: &mut Builder<'_, '_>) -> MemFlagsData {
        let region = b.region(Region::Memory(self.id));
        MemFlagsData::new()
            .with_endianness(Endianness::Little)
            .with_trap_code(Some(trap_code(Trap::MemoryOutOfBounds)))
            .with_alias_region(Some(region))
    }

    /// Flags for accesses within a range that [`GuestMemory::checked_range`] has approved:
    /// little-endian, not trapping, of any alignment.
    pub fn checked_flags(self, b: &mut Builder<'_, '_>) -> MemFlagsData {
        self.guarded_flags(b).with_notrap()
    }

    /// The operands of an access of `size` bytes (at most 16) at `index + offset`, where `index`
    /// is an `I32`. The access traps with [`Trap::MemoryOutOfBounds`] unless all of it lies within
    /// the memory.
    pub fn access(self, b: &mut Builder<'_, '_>, index: Value, offset: u64, size: u8) -> Access {
        debug_assert!(u64::from(size) <= MAX_ACCESS);
        debug_assert_eq!(b.func.dfg.value_type(index), types::I32);
        let flags = self.guarded_flags(b);

        // Fixed.
        if let Some(known) = b.known(index)
            && let Some(place) = known.checked_add(offset)
            && place < OFFSET_GUARD
            && place + u64::from(size) <= self.initial_bytes(b)
        {
            return Access {
                pointer: self.base(b),
                offset: place as i32,
                flags: flags.with_notrap(),
            };
        }

        let index = b.ins().uextend(types::I64, index);

        // Checked.
        if offset >= OFFSET_GUARD {
            // Below 2^33 + 16: an offset of wasm has 32 bits. A larger one traps.
            let outside = if offset > u64::from(u32::MAX) {
                b.ins().iconst(types::I8, 1)
            } else {
                let end = b.ins().iadd_imm_u(index, (offset + u64::from(size)) as i64);
                self.is_outside(b, index, offset, end)
            };
            b.trap_if(outside, Trap::MemoryOutOfBounds);
            let base = self.base(b);
            let pointer = b.ins().iadd(base, index);
            let pointer = b
                .ins()
                .iadd_imm_u(pointer, (offset & u64::from(u32::MAX)) as i64);
            return Access {
                pointer,
                offset: 0,
                // Still guarded: a processor that speculates gains nothing, and a mistake faults.
                flags,
            };
        }

        // Folded.
        let slot = b.env.plan.memories[self.id];
        if slot.constant
            && let Ok(displacement) = i32::try_from(slot.base + offset)
        {
            return Access {
                pointer: index,
                offset: displacement,
                flags,
            };
        }

        // Based.
        let base = self.base(b);
        Access {
            pointer: b.ins().iadd(base, index),
            offset: offset as i32,
            flags,
        }
    }

    /// Loads a `ty` at `index + offset`; see [`GuestMemory::access`].
    pub fn load(self, b: &mut Builder<'_, '_>, ty: Type, index: Value, offset: u64) -> Value {
        let access = self.access(b, index, offset, ty.bytes() as u8);
        b.ins()
            .load(ty, access.flags, access.pointer, access.offset)
    }

    /// Stores `value` at `index + offset`; see [`GuestMemory::access`].
    pub fn store(self, b: &mut Builder<'_, '_>, value: Value, index: Value, offset: u64) {
        let size = b.func.dfg.value_type(value).bytes() as u8;
        let access = self.access(b, index, offset, size);
        b.ins()
            .store(access.flags, value, access.pointer, access.offset);
    }

    /// Traps with `trap` unless `index + len` is at most the current length, and returns the
    /// address of byte `index`: an `I64`. `index` is an `I32`, `len` an `I32` or `I64`, both
    /// unsigned. An empty range at the very end is in bounds.
    ///
    /// The range may be read and written through the pointer from then on, with
    /// [`GuestMemory::checked_flags`] or by the shim; a pointer outside of it may not be formed.
    pub fn checked_range(
        self,
        b: &mut Builder<'_, '_>,
        index: Value,
        len: Value,
        trap: Trap,
    ) -> Value {
        debug_assert_eq!(b.func.dfg.value_type(index), types::I32);
        let in_bounds = match (b.known(index), b.known(len)) {
            (Some(index), Some(len)) => index
                .checked_add(len)
                .is_some_and(|end| end <= self.initial_bytes(b)),
            _ => false,
        };
        let index = b.ins().uextend(types::I64, index);
        if !in_bounds {
            let end = if b.func.dfg.value_type(len) == types::I32 {
                let len = b.ins().uextend(types::I64, len);
                b.ins().iadd(index, len)
            } else {
                b.ins().uadd_overflow_trap(index, len, trap_code(trap))
            };
            let outside = self.is_outside(b, index, 0, end);
            b.trap_if(outside, trap);
        }
        let base = self.base(b);
        b.ins().iadd(base, index)
    }

    /// Whether the bytes from `index + offset` to `end` (each an `I64`, and none less than the one before) lie neither within the current
    /// length nor within the annex: an `I8`. Both are mapped whole.
    fn is_outside(self, b: &mut Builder<'_, '_>, index: Value, offset: u64, end: Value) -> Value {
        let length = self.length_bytes(b);
        let outside = b.ins().icmp(IntCC::UnsignedGreaterThan, end, length);
        if !b.env.program.memories[self.id].ty.annex {
            return outside;
        }
        // An offset below 2^32: no sum comes round.
        let start = b.ins().iadd_imm_u(index, offset as i64);
        let bound = b.ins().iconst(types::I64, abi::ANNEX_START as i64);
        let before = b.ins().icmp(IntCC::UnsignedLessThan, start, bound);
        let bound = b.ins().iconst(types::I64, abi::ANNEX_END as i64);
        let behind = b.ins().icmp(IntCC::UnsignedGreaterThan, end, bound);
        let beside = b.ins().bor(before, behind);
        b.ins().band(outside, beside)
    }
}
