//! What the executable holds of the program's state before anything runs, and what is left to the
//! initialisation code (`init.rs`).
//!
//! A segment may be there from the start if nobody can tell: if between the start and its own time
//! no code could have looked at its place, and no write in between could overwrite it. That is so
//!
//! * for a segment that an instance applies to its **own** memory or table: they are out of
//!   everybody's sight until the instance is instantiated;
//! * for any segment, as long as no earlier instance has a start function: then nothing has run;
//! * for a segment of a table whose contents `facts` knows, if no function that could run before
//!   they are final touches the table. wit-component's fixups modules write into the tables of
//!   their shim modules, and this is how those become constants.
//!
//! Of a script, guest code runs between instantiations, and what a failed instantiation leaves behind
//! can be seen; so there it is only the first, and only if none of the instance's segments can fail.
//!
//! In each case it has to be in bounds of the initial size. One that isn't traps at its time, and
//! then nobody looks at what later segments have left in the image.
//!
//! Image and initialisation code ask the same two functions, [`data_in_image`] and
//! [`elements_in_image`].

use super::constants;
use crate::consts;
use crate::error::Result;
use crate::facts::{Constant, Facts};
use crate::program::{
    Entry, FuncId, GlobalId, InstanceId, MemoryId, Program, SegmentMode, TableId,
};
use cranelift_entity::EntityRef;
use nanocc_shim_abi::WASM_PAGE;

/// Where an active segment goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination<Id> {
    /// The memory or table.
    pub target: Id,
    /// The first byte or element.
    pub offset: u32,
}

fn offset(value: Option<Constant>) -> Result<u32> {
    match value {
        Some(Constant::I32(value)) => Ok(value as u32),
        _ => Err(consts::over_budget()),
    }
}

/// The destination of an active data segment; `None` for a passive one.
///
/// # Errors
///
/// [`crate::error::Error::Limit`] for an offset that takes too long to evaluate.
pub fn data_destination(
    program: &Program<'_>,
    instance: InstanceId,
    segment: u32,
) -> Result<Option<Destination<MemoryId>>> {
    let core = &program.instances[instance];
    match &program.modules[core.module].data[segment as usize].mode {
        SegmentMode::Active { index, offset: at } => Ok(Some(Destination {
            target: core.memories[*index as usize],
            offset: offset(consts::eval(program, instance, at))?,
        })),
        SegmentMode::Passive | SegmentMode::Declared => Ok(None),
    }
}

/// The destination of an active element segment; `None` for any other.
///
/// # Errors
///
/// [`crate::error::Error::Limit`] for an offset that takes too long to evaluate.
pub fn elements_destination(
    program: &Program<'_>,
    instance: InstanceId,
    segment: u32,
) -> Result<Option<Destination<TableId>>> {
    let core = &program.instances[instance];
    match &program.modules[core.module].elements[segment as usize].mode {
        SegmentMode::Active { index, offset: at } => Ok(Some(Destination {
            target: core.tables[*index as usize],
            offset: offset(consts::eval(program, instance, at))?,
        })),
        SegmentMode::Passive | SegmentMode::Declared => Ok(None),
    }
}

/// Whether no guest code at all runs before `instance` is instantiated.
fn nothing_ran_before(program: &Program<'_>, instance: InstanceId) -> bool {
    if let Entry::Script(_) = program.entry {
        return false;
    }
    program
        .instances
        .values()
        .take(instance.index())
        .all(|earlier| program.modules[earlier.module].start.is_none())
}

/// Whether nobody can see a part of `instance`'s own segments applied and another part not.
fn all_or_nothing(program: &Program<'_>, instance: InstanceId) -> bool {
    match program.entry {
        Entry::Command(_) => true,
        Entry::Script(_) => consts::segments_fit(program, instance),
    }
}

/// Whether the image holds this data segment.
///
/// # Errors
///
/// As [`data_destination`].
pub fn data_in_image(program: &Program<'_>, instance: InstanceId, segment: u32) -> Result<bool> {
    let Some(to) = data_destination(program, instance, segment)? else {
        return Ok(false);
    };
    let module = &program.modules[program.instances[instance].module];
    let end = u64::from(to.offset) + module.data[segment as usize].bytes.len() as u64;
    let memory = &program.memories[to.target];
    Ok(end <= u64::from(memory.ty.initial) * WASM_PAGE
        && if memory.instance == instance {
            all_or_nothing(program, instance)
        } else {
            nothing_ran_before(program, instance)
        })
}

/// Whether the image holds this element segment.
///
/// # Errors
///
/// As [`elements_destination`].
pub fn elements_in_image(
    program: &Program<'_>,
    facts: &Facts,
    instance: InstanceId,
    segment: u32,
) -> Result<bool> {
    let Some(to) = elements_destination(program, instance, segment)? else {
        return Ok(false);
    };
    let module = &program.modules[program.instances[instance].module];
    let end = u64::from(to.offset) + module.elements[segment as usize].items.len() as u64;
    let table = &program.tables[to.target];
    Ok(end <= u64::from(table.ty.initial)
        && if table.instance == instance {
            all_or_nothing(program, instance)
        } else {
            nothing_ran_before(program, instance) || facts.image_table(to.target).is_some()
        })
}

/// A memory's contents at start: offsets and bytes, in the order in which they apply (a later one
/// overwrites an earlier one); zero elsewhere.
///
/// # Errors
///
/// As [`data_destination`].
pub fn memory_image<'a>(program: &Program<'a>, memory: MemoryId) -> Result<Vec<(u64, &'a [u8])>> {
    let mut image = Vec::new();
    for (instance, core) in program.instances.iter() {
        if !core.memories.contains(&memory) {
            continue;
        }
        for (segment, data) in (0..).zip(&program.modules[core.module].data) {
            if let Some(to) = data_destination(program, instance, segment)?
                && to.target == memory
                && !data.bytes.is_empty()
                && data_in_image(program, instance, segment)?
            {
                image.push((u64::from(to.offset), data.bytes));
            }
        }
    }
    Ok(image)
}

/// A table's contents at start: the elements that aren't null, ascending.
///
/// # Errors
///
/// As [`elements_destination`], and for initial values.
pub fn table_image(
    program: &Program<'_>,
    facts: &Facts,
    table: TableId,
) -> Result<Vec<(u32, FuncId)>> {
    let mut slots =
        vec![initial_element(program, table)?; program.tables[table].ty.initial as usize];
    for (instance, core) in program.instances.iter() {
        if !core.tables.contains(&table) {
            continue;
        }
        for segment in 0..program.modules[core.module].elements.len() as u32 {
            if let Some(to) = elements_destination(program, instance, segment)?
                && to.target == table
                && elements_in_image(program, facts, instance, segment)?
            {
                let items = constants::elements(program, instance, segment)?;
                let start = to.offset as usize;
                slots[start..start + items.len()].copy_from_slice(&items);
            }
        }
    }
    Ok((0..)
        .zip(slots)
        .filter_map(|(index, func)| Some((index, func?)))
        .collect())
}

/// What all elements of a table are before any segment.
fn initial_element(program: &Program<'_>, table: TableId) -> Result<Option<FuncId>> {
    let table = &program.tables[table];
    let module = &program.modules[program.instances[table.instance].module];
    let defined = (table.index - module.imported.tables) as usize;
    match module.table_inits.get(defined) {
        Some(Some(init)) => match consts::eval(program, table.instance, init) {
            Some(Constant::Func(func)) => Ok(Some(func)),
            Some(_) => Ok(None),
            None => Err(consts::over_budget()),
        },
        _ => Ok(None),
    }
}

/// A global's value at start. Those that `facts` has a value for have no place in memory.
///
/// # Errors
///
/// [`crate::error::Error::Limit`] for an initialiser that takes too long to evaluate.
pub fn global_image(program: &Program<'_>, global: GlobalId) -> Result<Constant> {
    consts::initial(program, global).ok_or_else(consts::over_budget)
}

#[cfg(test)]
mod tests;
