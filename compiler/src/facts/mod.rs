//! Facts: what only the whole program shows. Side tables over a [`Program`], which stays as it is.
//!
//! | file | finds |
//! |---|---|
//! | `reach.rs` | functions that can run; what can run while an instance may not leave |
//! | `entry.rs` | instances that a call could find entered |
//! | `tables.rs` | tables whose contents are constants, and from when on |
//! | `print.rs` | `--emit=facts` |
//!
//! Every fact is conservative: without it the program is slower or larger, never different. Of a
//! script, whatever an instance exports counts as changed from outside at any time.

mod entry;
mod print;
mod reach;
mod tables;

use crate::consts;
use crate::program::*;
use cranelift_entity::{EntitySet, SecondaryMap};

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

/// The analyses' results.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub(crate) reachable: EntitySet<FuncId>,
    global_values: SecondaryMap<GlobalId, Option<Constant>>,
    growing_tables: EntitySet<TableId>,
    pub(crate) growing_memories: EntitySet<MemoryId>,
    heat: SecondaryMap<MemoryId, u64>,
    locked: EntitySet<FuncId>,
    pub(crate) locks: EntitySet<ComponentId>,
    pub(crate) marked: EntitySet<ComponentId>,
    tables: tables::ConstantTables,
}

/// Runs every analysis.
pub fn analyse(program: &Program<'_>) -> Facts {
    let reach = reach::Reach::new(program);
    let reachable = reach.from(reach::roots(program), reach::Through::Everything);
    let mut facts = Facts {
        tables: tables::find(program, &reach, &reachable),
        ..Facts::default()
    };

    let mut written: EntitySet<GlobalId> = EntitySet::new();
    for func in reachable.iter() {
        let Some((instance, scan)) = scan(program, func) else {
            continue;
        };
        let instance = &program.instances[instance];
        for &global in &scan.global_writes {
            written.insert(instance.globals[global as usize]);
        }
        for &table in &scan.table_grows {
            facts.growing_tables.insert(instance.tables[table as usize]);
        }
        for &memory in &scan.memory_grows {
            facts
                .growing_memories
                .insert(instance.memories[memory as usize]);
        }
        for &(memory, weight) in &scan.memory_uses {
            let heat = &mut facts.heat[instance.memories[memory as usize]];
            *heat = heat.saturating_add(weight);
        }
    }
    if let Entry::Script(_) = program.entry {
        for (instance, module) in modules(program) {
            for export in module.exports.values() {
                let index = export.index as usize;
                match export.kind {
                    ExternKind::Func => {}
                    ExternKind::Table => {
                        facts.growing_tables.insert(instance.tables[index]);
                    }
                    ExternKind::Memory => {
                        facts.growing_memories.insert(instance.memories[index]);
                    }
                    ExternKind::Global => {
                        written.insert(instance.globals[index]);
                    }
                }
            }
        }
    }
    for global in program.globals.keys() {
        if !written.contains(global) {
            facts.global_values[global] = consts::initial(program, global);
        }
    }

    // A trampoline of the host's or of another component runs a realloc with the flag cleared.
    let mut locking: Vec<FuncId> = Vec::new();
    for func in reachable.iter() {
        match &program.funcs[func].kind {
            FuncKind::Adapter(adapter) => {
                locking.extend(adapter.lower.realloc);
                locking.extend(adapter.lift.realloc);
                locking.extend(adapter.post_return);
            }
            FuncKind::Host(call) => locking.extend(call.lower.realloc),
            _ => {}
        }
    }
    if let Entry::Command(command) = &program.entry {
        locking.extend(command.post_return);
    }
    facts.locked = reach.from(locking, reach::Through::CoreOnly);
    for func in facts.locked.iter() {
        if !matches!(program.funcs[func].kind, FuncKind::Wasm { .. }) {
            facts.locks.insert(program.component_of(func));
        }
    }
    facts.marked = entry::marked(program, &reachable);
    facts.reachable = reachable;
    facts
}

/// Every core instance and its module.
fn modules<'p, 'a>(
    program: &'p Program<'a>,
) -> impl Iterator<Item = (&'p CoreInstance, &'p Module<'a>)> {
    let module = |instance: &'p CoreInstance| (instance, &program.modules[instance.module]);
    program.instances.values().map(module)
}

/// What was scanned of a function that has a body.
pub(crate) fn scan<'p>(
    program: &'p Program<'_>,
    func: FuncId,
) -> Option<(InstanceId, &'p BodyScan)> {
    let FuncKind::Wasm { instance, index } = program.funcs[func].kind else {
        return None;
    };
    let module = &program.modules[program.instances[instance].module];
    let scan = module.scan.get((index - module.imported.funcs) as usize)?;
    Some((instance, scan))
}

impl Facts {
    /// Whether anything can ever call `func`; others are never lowered. An element of a table may
    /// be a function that isn't reachable: no call's signature fits it, so its code is never
    /// needed, but the slot isn't null either.
    pub fn reachable(&self, func: FuncId) -> bool {
        self.reachable.contains(func)
    }

    /// The reachable functions, ascending.
    pub fn reachable_funcs(&self) -> impl Iterator<Item = FuncId> + '_ {
        self.reachable.iter()
    }

    /// The value of a global that nobody writes after its constant initialisation.
    pub fn global_value(&self, global: GlobalId) -> Option<Constant> {
        self.global_values[global]
    }

    /// Whether `table.grow` is reachable on the table.
    pub fn table_grows(&self, table: TableId) -> bool {
        self.growing_tables.contains(table)
    }

    /// Whether the memory keeps the size that it starts with.
    pub fn memory_fixed(&self, memory: MemoryId) -> bool {
        !self.growing_memories.contains(memory)
    }

    /// How often a memory is accessed, counted in the code and weighted by loop depth.
    pub fn memory_heat(&self, memory: MemoryId) -> u64 {
        self.heat[memory]
    }

    /// Whether `func` may run while its component instance's `may_leave` is cleared: it is reached
    /// from a realloc or post-return. Calls out of other functions need no check.
    pub fn may_run_locked(&self, func: FuncId) -> bool {
        self.locked.contains(func)
    }

    /// Whether anything that runs with the component instance's `may_leave` cleared reaches a
    /// canonical built-in, which would have to trap. If not, nobody touches the flag.
    pub fn locks(&self, component: ComponentId) -> bool {
        self.locks.contains(component)
    }

    /// Of the component instances that a call enters ([`Program::entering`]) those whose `may_enter` flag matters:
    /// some call could find it cleared. Nobody touches the others' flags.
    pub fn entering(
        &self,
        program: &Program<'_>,
        caller: Option<ComponentId>,
        callee: ComponentId,
    ) -> Vec<ComponentId> {
        let mut entering = program.entering(caller, callee);
        entering.retain(|&component| self.marked.contains(component));
        entering
    }

    /// Whether some call could find the component instance entered that would enter it.
    pub fn marks(&self, component: ComponentId) -> bool {
        self.marked.contains(component)
    }

    /// What a `call_indirect` in `caller` finds in a slot, where that is known: the table is only
    /// filled by active segments, and `caller` can't run before the last of them has been applied.
    /// `Some(None)` is a null slot; `None` means unknown.
    pub fn constant_slot(
        &self,
        caller: FuncId,
        table: TableId,
        index: u32,
    ) -> Option<Option<FuncId>> {
        self.tables.slot(caller, table, index)
    }

    /// The same, where nobody can see the table before that: the image may hold the contents.
    pub fn image_table(&self, table: TableId) -> Option<&[Option<FuncId>]> {
        self.tables.contents_from_start(table)
    }

    /// The contents of a table that only active segments fill, once all have been applied.
    pub fn constant_table(&self, table: TableId) -> Option<&[Option<FuncId>]> {
        self.tables.contents(table)
    }
}
