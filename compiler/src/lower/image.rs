//! What the executable holds of the program's state before anything runs, and what is left to the
//! initialisation code (`init.rs`).
//!
//! Memory of an instance is out of everybody's sight until the instance is instantiated, and no code
//! of the instance runs before all its segments are applied. So a segment that an instance applies
//! to its **own** memory or table, in bounds of the initial size, can be there from the start: an
//! earlier segment that is out of bounds ends the program, and then nobody looks.
//!
//! A segment that goes into somebody else's memory or table (wit-component's fixups module writes
//! into the table of its shim module) might overwrite what ran before saw, so it is applied at its
//! time, unless `facts` knows that nothing can look at the table earlier: then the final contents
//! are in the image.
//!
//! Both sides ask the same two functions, [`data_in_image`] and [`elements_in_image`].

use super::constants;
use crate::consts;
use crate::error::Result;
use crate::facts::{Constant, Facts};
use crate::program::{FuncId, GlobalId, InstanceId, MemoryId, Program, SegmentMode, TableId};
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
    Ok(memory.instance == instance && end <= u64::from(memory.ty.initial) * WASM_PAGE)
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
    let early = table.instance == instance || facts.const_tables[to.target].is_some();
    Ok(early && end <= u64::from(table.ty.initial))
}

/// A memory's contents at start: offsets and bytes, in the order in which they apply (a later one
/// overwrites an earlier one); zero elsewhere.
///
/// # Errors
///
/// As [`data_destination`].
pub fn memory_image<'a>(program: &Program<'a>, memory: MemoryId) -> Result<Vec<(u64, &'a [u8])>> {
    let instance = program.memories[memory].instance;
    let module = &program.modules[program.instances[instance].module];
    let mut image = Vec::new();
    for (segment, data) in (0..).zip(&module.data) {
        if let Some(to) = data_destination(program, instance, segment)?
            && to.target == memory
            && !data.bytes.is_empty()
            && data_in_image(program, instance, segment)?
        {
            image.push((u64::from(to.offset), data.bytes));
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
    let slots = match &facts.constant_table(table) {
        Some(slots) => slots.clone(),
        None => own_elements(program, facts, table)?,
    };
    Ok((0..)
        .zip(slots)
        .filter_map(|(index, func)| Some((index, func?)))
        .collect())
}

/// What the table's own instance puts into it.
fn own_elements(
    program: &Program<'_>,
    facts: &Facts,
    table: TableId,
) -> Result<Vec<Option<FuncId>>> {
    let definition = &program.tables[table];
    let instance = definition.instance;
    let module = &program.modules[program.instances[instance].module];
    let defined = (definition.index - module.imported.tables) as usize;
    let initial = match module.table_inits.get(defined) {
        Some(Some(init)) => match consts::eval(program, instance, init) {
            Some(Constant::Func(func)) => Some(func),
            Some(_) => None,
            None => return Err(consts::over_budget()),
        },
        _ => None,
    };
    let mut slots = vec![initial; definition.ty.initial as usize];
    for segment in 0..module.elements.len() as u32 {
        if let Some(to) = elements_destination(program, instance, segment)?
            && to.target == table
            && elements_in_image(program, facts, instance, segment)?
        {
            let items = constants::elements(program, instance, segment)?;
            let start = to.offset as usize;
            slots[start..start + items.len()].copy_from_slice(&items);
        }
    }
    Ok(slots)
}

/// A global's value at start. Those that `facts` has a value for have no place in memory.
///
/// # Errors
///
/// [`crate::error::Error::Limit`] for an initialiser that takes too long to evaluate.
pub fn global_image(program: &Program<'_>, global: GlobalId) -> Result<Constant> {
    consts::initial(program, global).ok_or_else(consts::over_budget)
}
