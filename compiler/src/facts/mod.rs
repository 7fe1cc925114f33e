//! Facts about the whole program that no single function shows: side tables over [`Program`].
//!
//! Placeholder until the analyses land: see the methods for what each promises.

use crate::program::*;
use cranelift_entity::{EntitySet, SecondaryMap};

/// The analyses' results.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub(crate) reachable: EntitySet<FuncId>,
    pub(crate) global_values: SecondaryMap<GlobalId, Option<Constant>>,
    pub(crate) growing_tables: EntitySet<TableId>,
    pub(crate) fixed_memories: EntitySet<MemoryId>,
    pub(crate) heat: SecondaryMap<MemoryId, u64>,
    pub(crate) may_run_locked: EntitySet<FuncId>,
    pub(crate) locks: EntitySet<ComponentId>,
    pub(crate) const_tables: SecondaryMap<TableId, Option<Vec<Option<FuncId>>>>,
}

/// A constant's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constant {
    I32(i32),
    I64(i64),
    /// Bits.
    F32(u32),
    /// Bits.
    F64(u64),
    V128(u128),
    Null,
    Func(FuncId),
}

impl Facts {
    /// Whether anything can ever call or reference `func`; others are never lowered.
    pub fn reachable(&self, func: FuncId) -> bool {
        self.reachable.contains(func)
    }

    /// The reachable functions, ascending.
    pub fn reachable_funcs(&self) -> impl Iterator<Item = FuncId> + '_ {
        self.reachable.keys()
    }

    /// The value of a global that nobody writes after its constant initialisation.
    pub fn global_value(&self, global: GlobalId) -> Option<Constant> {
        self.global_values[global]
    }

    /// Whether an instance matters (it is always instantiated; kept for symmetry of the plan).
    pub fn instance_reachable(&self, _: InstanceId) -> bool {
        true
    }

    /// Whether `table.grow` is reachable on the table.
    pub fn table_grows(&self, table: TableId) -> bool {
        self.growing_tables.contains(table)
    }

    /// The length in bytes of a memory that never grows.
    pub fn memory_fixed(&self, memory: MemoryId) -> bool {
        self.fixed_memories.contains(memory)
    }

    /// How often a memory is accessed, statically, weighted by loop depth.
    pub fn memory_heat(&self, memory: MemoryId) -> u64 {
        self.heat[memory]
    }

    /// Whether `func` may run while its component instance's `may_leave` is cleared (it is reached
    /// from a realloc or post-return): then calls out of it check the flag.
    pub fn may_run_locked(&self, func: FuncId) -> bool {
        self.may_run_locked.contains(func)
    }

    /// Whether anything may see `may_leave` cleared in the component instance: otherwise adapters
    /// don't touch the flag.
    pub fn locks(&self, component: ComponentId) -> bool {
        self.locks.contains(component)
    }

    /// The contents of a table that has its final contents before any code that can reach this
    /// `call_indirect` runs. `caller` is the function with the call. `Some(None)` is a null slot;
    /// `None` means unknown.
    pub fn constant_slot(
        &self,
        _caller: FuncId,
        table: TableId,
        index: u32,
    ) -> Option<Option<FuncId>> {
        let slots = self.const_tables[table].as_ref()?;
        slots.get(index as usize).copied()
    }
}
