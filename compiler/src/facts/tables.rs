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

use super::reach::{Reach, Through, starts};
use super::scan;
use crate::consts;
use crate::facts::Constant;
use crate::program::*;
use cranelift_entity::EntitySet;
use std::collections::BTreeMap;

/// The constant tables.
#[derive(Debug, Clone, Default)]
pub(super) struct ConstantTables {
    tables: BTreeMap<TableId, ConstantTable>,
}

#[derive(Debug, Clone)]
struct ConstantTable {
    slots: Vec<Option<FuncId>>,
    /// Functions that could run before the contents are final.
    early: EntitySet<FuncId>,
    /// Whether any of them looks at the table: then the slots can't be filled from the start on.
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
        if table.early.contains(caller) {
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
    let mut tables: BTreeMap<TableId, (Vec<Option<FuncId>>, usize)> = BTreeMap::new();
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
            tables.insert(id, (slots, table.instance.as_u32() as usize));
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
                *last = id.as_u32() as usize;
            }
        }
    }
    let mut early: BTreeMap<usize, EntitySet<FuncId>> = BTreeMap::new();
    let tables = tables
        .into_iter()
        .map(|(id, (slots, last))| {
            let early = early
                .entry(last)
                .or_insert_with(|| reach.from(starts(program, last), Through::Everything))
                .clone();
            let observed_early = early.iter().any(|func| observes(program, func, id));
            let table = ConstantTable {
                slots,
                early,
                observed_early,
            };
            (id, table)
        })
        .collect();
    ConstantTables { tables }
}

/// Whether `func` may read the table.
fn observes(program: &Program<'_>, func: FuncId, table: TableId) -> bool {
    let Some((instance, scan)) = scan(program, func) else {
        return false;
    };
    let tables = &program.instances[instance].tables;
    let calls = scan
        .indirect
        .iter()
        .any(|&(index, _)| tables[index as usize] == table);
    calls || (scan.moves_references && tables.contains(&table))
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
