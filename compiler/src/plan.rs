//! The address plan: where everything that guests touch lies, decided before any code is lowered.
//!
//! Executables are linked at fixed addresses, so an instance's memories, globals, tables and flags
//! have addresses that are constants of the compilation. Guest code therefore holds no data
//! symbols at all: low addresses are plain constants, and the bases of memories that are better
//! addressed through a relocation are pseudo-functions (see `lower/names.rs` for why).
//!
//! ```text
//! 0x0071_0000  guard of the stack, unmapped
//! 0x0081_0000  stack, 8 MiB, grows down
//! 0x0101_0000  data block: instances, memory and table descriptors, globals, segment flags,
//!              tables that never grow; then the shim's own data; then headers, text, constants
//! 0x1000_0000  memory 0, the hottest; its gap
//!   + 8 GiB k  memory k, its gap
//!              one slot of tables that grow, one slot for what the shim maps
//! ```
//!
//! A slot is 8 GiB: a 32-bit memory of at most 4 GiB and a gap of 4 GiB that nothing maps. An
//! access with a static offset below [`OFFSET_GUARD`] can't leave the slot; `lower/address.rs`
//! checks all others.
//!
//! The plan ends far below what the kernel maps for itself (stack, vDSO): within 44 bits of address space on x86-64,
//! 38 on aarch64, as `target/` says. More is refused, and the shim checks at start that the kernel kept to it.

use crate::consts;
use crate::error::{Error, Result};
use crate::facts::Facts;
use crate::program::{
    ComponentId, Entry, GlobalId, InstanceId, MemoryId, Program, SegmentMode, TableId, ValType,
};
use cranelift_entity::SecondaryMap;
use nanocc_shim_abi as abi;
use std::collections::BTreeMap;
use std::mem::size_of;

/// Where the stack begins, at its low end.
pub const STACK_LOW: u64 = 0x0081_0000;
/// Where the stack starts, at its high end; the data block follows.
pub const STACK_HIGH: u64 = 0x0101_0000;
/// The data block.
pub const DATA_BLOCK: u64 = STACK_HIGH;
/// Memory 0.
pub const FIRST_MEMORY: u64 = 0x1000_0000;
/// Distance of one memory from the next, in bytes.
pub const SLOT: u64 = 8 << 30;
/// Static offsets from here on are checked explicitly: index + offset + 16 stays below [`SLOT`].
pub const OFFSET_GUARD: u64 = 2 << 30;
/// Where tables that grow begin: at multiples of this, in bytes. Every index is checked, so one may follow the
/// other; but they are segments of the executable, which share no page.
const TABLE_ALIGN: u64 = 64 << 10;
/// What a table that can grow may grow to, if it doesn't start larger. All of it is part of the image
/// (zero, untouched), so this is also what it takes of a limit on address space: 8 MiB.
const MAX_TABLE: u32 = 1 << 20;

/// What a target allows.
#[derive(Debug, Clone, Copy)]
pub struct Space {
    /// Bits of address space in which every kernel of the target maps nothing of its own, unless it is told
    /// to by unusual limits.
    pub address_bits: u32,
    /// Whether memory 0's base is best a constant of the addressing mode (x86-64; findings say
    /// that aarch64 loses by it).
    pub low_constant: bool,
}

/// Where a memory is.
#[derive(Debug, Clone, Copy, Default)]
pub struct MemorySlot {
    /// Address of byte 0.
    pub base: u64,
    /// Address of its `nanocc_shim_abi::Memory`.
    pub descriptor: u64,
    /// Whether code may use `base` as a constant.
    pub constant: bool,
}

/// Where a table is.
#[derive(Debug, Clone, Copy, Default)]
pub struct TableSlot {
    /// Address of element 0.
    pub base: u64,
    /// Address of its `nanocc_shim_abi::Table`.
    pub descriptor: u64,
    /// The length, where it never changes: then code needs no descriptor.
    pub fixed_len: Option<u32>,
    /// Largest length.
    pub max_len: u32,
}

/// The plan. Addresses are absolute, in bytes.
#[derive(Debug, Clone, Default)]
pub struct AddressPlan {
    pub memories: SecondaryMap<MemoryId, MemorySlot>,
    pub tables: SecondaryMap<TableId, TableSlot>,
    /// Address of each global that isn't a constant by `facts`.
    pub globals: SecondaryMap<GlobalId, u64>,
    /// Address of each component instance's `nanocc_shim_abi::Instance`.
    pub components: SecondaryMap<ComponentId, u64>,
    /// A `u32` for each data segment that code may find dropped or not: not 0 once it is. Those that are not
    /// here are dropped when their instance exists. Keyed by instance and segment.
    pub dropped_data: BTreeMap<(InstanceId, u32), u64>,
    /// The same for element segments.
    pub dropped_elements: BTreeMap<(InstanceId, u32), u64>,
    /// Bytes of the data block.
    pub data_block_len: u64,
    /// The slot that holds tables which grow, and its end.
    pub table_range: (u64, u64),
    /// The shim's own range, and its end.
    pub shim_range: (u64, u64),
    /// Memory 0 to the end of the last memory's gap.
    pub guest_range: (u64, u64),
}

/// How many memories fit a target's address space.
fn room(space: Space) -> u64 {
    (((1 << space.address_bits) - FIRST_MEMORY) / SLOT).saturating_sub(2)
}

/// Lays everything out. Deterministic: it depends on the program and the facts alone.
///
/// # Errors
///
/// [`Error::TooManyMemories`] where the slots exceed the target's address space,
/// [`Error::Limit`] where the data block does not fit below memory 0.
pub fn plan(program: &Program<'_>, facts: &Facts, space: Space) -> Result<AddressPlan> {
    let mut plan = AddressPlan::default();
    let mut cursor = DATA_BLOCK;
    let mut take = |bytes: u64, align: u64| {
        cursor = cursor.next_multiple_of(align);
        let at = cursor;
        cursor += bytes;
        at
    };

    // Hot words first: globals, then flags and descriptors, then tables.
    for (id, global) in program.globals.iter() {
        if facts.global_value(id).is_none() {
            let size = if global.ty.ty == ValType::V128 { 16 } else { 8 };
            plan.globals[id] = take(size, size);
        }
    }
    for id in program.memories.keys() {
        plan.memories[id].descriptor = take(size_of::<abi::Memory>() as u64, 8);
    }
    for id in program.components.keys() {
        plan.components[id] = take(size_of::<abi::Instance>() as u64, 8);
    }
    for id in program.tables.keys() {
        plan.tables[id].descriptor = take(size_of::<abi::Table>() as u64, 8);
    }
    for (id, instance) in program.instances.iter() {
        let module = &program.modules[instance.module];
        // Where a script goes on after a failed instantiation, code that it leaves behind may find active
        // segments that it didn't come to.
        let all = matches!(program.entry, Entry::Script(_)) && !consts::segments_fit(program, id);
        let needed = |mode: &SegmentMode| all || matches!(mode, SegmentMode::Passive);
        for (segment, data) in (0..).zip(&module.data) {
            if needed(&data.mode) {
                plan.dropped_data.insert((id, segment), take(4, 4));
            }
        }
        for (segment, elements) in (0..).zip(&module.elements) {
            if needed(&elements.mode) {
                plan.dropped_elements.insert((id, segment), take(4, 4));
            }
        }
    }

    let mut order: Vec<MemoryId> = program.memories.keys().collect();
    // A stable sort: equally hot memories stay in instantiation order.
    order.sort_by_key(|&id| std::cmp::Reverse(facts.memory_heat(id)));
    for (slot, &id) in order.iter().enumerate() {
        plan.memories[id].base = FIRST_MEMORY + slot as u64 * SLOT;
        plan.memories[id].constant = slot == 0 && space.low_constant;
    }
    let slots = order.len() as u64;
    plan.guest_range = (FIRST_MEMORY, FIRST_MEMORY + slots * SLOT);
    plan.table_range = (plan.guest_range.1, plan.guest_range.1 + SLOT);
    plan.shim_range = (plan.table_range.1, plan.table_range.1 + SLOT);
    if slots > room(space) {
        return Err(Error::TooManyMemories {
            memories: slots as usize,
            limit: room(space) as usize,
        });
    }

    let mut growing = plan.table_range.0;
    for (id, table) in program.tables.iter() {
        let slot = &mut plan.tables[id];
        if facts.table_grows(id) {
            let max = table
                .ty
                .maximum
                .unwrap_or(MAX_TABLE)
                .min(MAX_TABLE)
                .max(table.ty.initial);
            slot.max_len = max;
            slot.base = growing;
            growing += (u64::from(max) * abi::TABLE_ELEMENT)
                .max(1)
                .next_multiple_of(TABLE_ALIGN);
        } else {
            slot.fixed_len = Some(table.ty.initial);
            slot.max_len = table.ty.initial;
            slot.base = take(u64::from(table.ty.initial) * abi::TABLE_ELEMENT, 8);
        }
    }
    if growing > plan.table_range.1 {
        return Err(Error::limit("address space of tables that grow", SLOT));
    }
    plan.data_block_len = cursor - DATA_BLOCK;
    if cursor >= FIRST_MEMORY {
        return Err(Error::limit(
            "bytes of globals, tables and descriptors",
            FIRST_MEMORY - DATA_BLOCK,
        ));
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Target;

    /// The kernel maps from below the room for the stack downwards: with any `ulimit -s` and usual randomness at
    /// least a sixth of the address space less 2^28 pages lies below that.
    #[test]
    fn slots_end_below_what_the_kernel_maps() {
        let space = Target::x86_64().space();
        assert!(1 << space.address_bits <= (1u64 << 47) / 6 - (1 << 40));
        assert_eq!(room(space), 2045);
        // 39-bit kernels map the stack and its like at the top.
        let space = Target::aarch64().space();
        assert!(1 << space.address_bits <= 1u64 << 38);
        assert_eq!(room(space), 29);
    }
}
