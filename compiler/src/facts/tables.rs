//! Tables whose contents are known.
//!
//! wit-component routes every lowered import through a table: a shim module, instantiated first,
//! exports functions that `call_indirect` constant slots; a fixups module, instantiated last, fills
//! the slots by an active segment. So components only ever fuse if such calls become direct.
//!
//! A table is constant if no reachable function writes it and every active segment applies at a
//! known offset within bounds. A slot's content is final once the last instance that has a segment
//! for the table has been instantiated. Before that, only start functions run guest code (reallocs
//! and post-returns run because one of those called out). So for a function that no start function
//! of an earlier instance reaches, the slot is a constant; for any other the call stays indirect,
//! with its checks.
//!
//! Of a script, code runs between instantiations, and an instance whose instantiation has failed may
//! have left its functions behind in the tables of others. So there a table is constant only if its
//! instance exports it to nobody, and none of the instance's segments can fail.

use super::reach::Reach;
use super::scan;
use crate::consts;
use crate::facts::Constant;
use crate::program::*;
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{EntitySet, SecondaryMap};
use std::collections::BTreeMap;

/// The constant tables.
#[derive(Debug, Clone, Default)]
pub(super) struct ConstantTables {
    tables: BTreeMap<TableId, ConstantTable>,
    /// For each function the first instance whose start function reaches it.
    first_runs: SecondaryMap<FuncId, PackedOption<InstanceId>>,
}

#[derive(Debug, Clone)]
struct ConstantTable {
    slots: Vec<Option<FuncId>>,
    /// The last instance that fills it: only what start functions of earlier ones reach could run
    /// before the contents are final.
    last: InstanceId,
    /// Whether any of that looks at the table: then the slots can't be filled from the start on.
    observed_early: bool,
}

impl ConstantTables {
    pub(super) fn contents(&self, table: TableId) -> Option<&[Option<FuncId>]> {
        self.tables.get(&table).map(|table| table.slots.as_slice())
    }

    pub(super) fn contents_from_start(&self, table: TableId) -> Option<&[Option<FuncId>]> {
        let table = self.tables.get(&table)?;
        (!table.observed_early).then_some(table.slots.as_slice())
    }

    pub(super) fn slot(
        &self,
        caller: FuncId,
        table: TableId,
        index: u32,
    ) -> Option<Option<FuncId>> {
        let table = self.tables.get(&table)?;
        let first = self.first_runs[caller].expand();
        if first.is_some_and(|first| first < table.last) {
            return None;
        }
        table.slots.get(index as usize).copied()
    }
}

pub(super) fn find(
    program: &Program<'_>,
    reach: &Reach<'_, '_>,
    reachable: &EntitySet<FuncId>,
) -> ConstantTables {
    let mut written: EntitySet<TableId> = EntitySet::new();
    for func in reachable.iter() {
        if let Some((instance, scan)) = scan(program, func) {
            for &table in &scan.table_writes {
                written.insert(program.instances[instance].tables[table as usize]);
            }
        }
    }
    if let Entry::Script(_) = program.entry {
        for (id, instance) in program.instances.iter() {
            let module = &program.modules[instance.module];
            let fits = consts::segments_fit(program, id);
            let exported = |index: usize| {
                let mut exports = module.exports.values();
                exports.any(|e| e.kind == ExternKind::Table && e.index as usize == index)
            };
            for (index, &table) in instance.tables.iter().enumerate() {
                if !fits || exported(index) {
                    written.insert(table);
                }
            }
        }
    }
    let mut tables: BTreeMap<TableId, (Vec<Option<FuncId>>, InstanceId)> = BTreeMap::new();
    for (id, table) in program.tables.iter() {
        let module = &program.modules[program.instances[table.instance].module];
        let init = &module.table_inits[(table.index - module.imported.tables) as usize];
        let fill = match init {
            None => None,
            Some(init) => match consts::eval(program, table.instance, init) {
                Some(Constant::Null) => None,
                Some(Constant::Func(func)) => Some(func),
                _ => continue,
            },
        };
        if !written.contains(id) && table.ty.element == ValType::FuncRef {
            let slots = vec![fill; table.ty.initial as usize];
            tables.insert(id, (slots, table.instance));
        }
    }
    for (id, instance) in program.instances.iter() {
        for element in &program.modules[instance.module].elements {
            let SegmentMode::Active { index, offset } = &element.mode else {
                continue;
            };
            let table = instance.tables[*index as usize];
            let Some((slots, last)) = tables.get_mut(&table) else {
                continue;
            };
            if apply(program, id, offset, &element.items, slots).is_none() {
                tables.remove(&table);
            } else {
                *last = id;
            }
        }
    }
    let first_runs = reach.first_runs();
    let observed = first_observations(program, &first_runs);
    let tables = tables
        .into_iter()
        .map(|(id, (slots, last))| {
            let observed = observed[id].expand();
            let table = ConstantTable {
                slots,
                last,
                observed_early: observed.is_some_and(|first| first < last),
            };
            (id, table)
        })
        .collect();
    ConstantTables { tables, first_runs }
}

/// For each table the first instance whose start function reaches code that may read it.
fn first_observations(
    program: &Program<'_>,
    first_runs: &SecondaryMap<FuncId, PackedOption<InstanceId>>,
) -> SecondaryMap<TableId, PackedOption<InstanceId>> {
    fn note(first: &mut PackedOption<InstanceId>, at: InstanceId) {
        *first = first.expand().map_or(at, |known| known.min(at)).into();
    }
    let mut observed = SecondaryMap::new();
    // Code that moves references could read any table that its instance knows.
    let mut moved: SecondaryMap<InstanceId, PackedOption<InstanceId>> = SecondaryMap::new();
    for func in program.funcs.keys() {
        let (Some(first), Some((instance, scan))) =
            (first_runs[func].expand(), scan(program, func))
        else {
            continue;
        };
        for &(index, _) in &scan.indirect {
            let table = program.instances[instance].tables[index as usize];
            note(&mut observed[table], first);
        }
        if scan.moves_references {
            note(&mut moved[instance], first);
        }
    }
    for (id, instance) in program.instances.iter() {
        if let Some(first) = moved[id].expand() {
            for &table in &instance.tables {
                note(&mut observed[table], first);
            }
        }
    }
    observed
}

/// Writes a segment into `slots`; `None` if it doesn't apply at a known place within bounds.
fn apply(
    program: &Program<'_>,
    instance: InstanceId,
    offset: &ConstExpr,
    items: &[ConstExpr],
    slots: &mut [Option<FuncId>],
) -> Option<()> {
    let Some(Constant::I32(offset)) = consts::eval(program, instance, offset) else {
        return None;
    };
    let offset = offset as u32 as usize;
    let slots = slots.get_mut(offset..offset.checked_add(items.len())?)?;
    for (slot, item) in slots.iter_mut().zip(items) {
        *slot = match consts::eval(program, instance, item)? {
            Constant::Null => None,
            Constant::Func(func) => Some(func),
            _ => return None,
        };
    }
    Some(())
}
