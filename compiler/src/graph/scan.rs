//! One pass over each body, for the facts that a whole-program analysis starts from.

use crate::program::BodyScan;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use wasmparser::{FunctionBody, Operator};

/// A loop is taken to run this many times.
const LOOP_WEIGHT: u64 = 10;
/// Loops deeper than this weigh no more.
const MAX_WEIGHT: u64 = 1_000_000;

/// Scans a body that has been validated.
pub(super) fn scan(body: &FunctionBody<'_>) -> Result<BodyScan, wasmparser::Error> {
    let mut calls: BTreeMap<u32, u32> = BTreeMap::new();
    let mut refs = BTreeSet::new();
    let mut indirect = BTreeSet::new();
    let mut slots: BTreeMap<(u32, u32, u32), u32> = BTreeMap::new();
    let mut global_writes = BTreeSet::new();
    let mut table_writes = BTreeSet::new();
    let mut table_grows = BTreeSet::new();
    let mut memory_grows = BTreeSet::new();
    let mut uses: BTreeMap<u32, u64> = BTreeMap::new();
    let mut moves_references = false;
    let mut operators = 0u32;
    // The constant that the last operator pushed.
    let mut constant = None;
    // The weight inside each open block; a loop multiplies it.
    let mut weights = vec![1u64];

    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        let op = reader.read()?;
        operators += 1;
        let weight = *weights.last().unwrap_or(&1);
        match &op {
            Operator::Block { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                weights.push(weight)
            }
            Operator::Loop { .. } => weights.push((weight * LOOP_WEIGHT).min(MAX_WEIGHT)),
            Operator::End => {
                weights.pop();
            }
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                *calls.entry(*function_index).or_default() += 1;
            }
            Operator::RefFunc { function_index } => {
                refs.insert(*function_index);
            }
            Operator::CallIndirect {
                type_index,
                table_index,
            }
            | Operator::ReturnCallIndirect {
                type_index,
                table_index,
            } => {
                indirect.insert((*table_index, *type_index));
                if let Some(slot) = constant {
                    *slots.entry((*table_index, *type_index, slot)).or_default() += 1;
                }
            }
            Operator::GlobalSet { global_index } => {
                global_writes.insert(*global_index);
            }
            Operator::TableGet { .. } => moves_references = true,
            Operator::TableSet { table } | Operator::TableFill { table } => {
                moves_references = true;
                table_writes.insert(*table);
            }
            Operator::TableGrow { table } => {
                moves_references = true;
                table_writes.insert(*table);
                table_grows.insert(*table);
            }
            Operator::TableCopy { dst_table, .. } => {
                moves_references = true;
                table_writes.insert(*dst_table);
            }
            Operator::TableInit { table, .. } => {
                table_writes.insert(*table);
            }
            Operator::MemoryGrow { mem } => {
                memory_grows.insert(*mem);
            }
            _ => {}
        }
        constant = match op {
            Operator::I32Const { value } => Some(value as u32),
            _ => None,
        };
        if let Some(memory) = accessed(&op) {
            let uses = uses.entry(memory).or_default();
            *uses = uses.saturating_add(weight);
        }
    }
    Ok(BodyScan {
        calls: calls.into_iter().collect(),
        refs: refs.into_iter().collect(),
        indirect: indirect.into_iter().collect(),
        constant_slots: slots.into_iter().collect(),
        global_writes: global_writes.into_iter().collect(),
        table_writes: table_writes.into_iter().collect(),
        table_grows: table_grows.into_iter().collect(),
        memory_grows: memory_grows.into_iter().collect(),
        memory_uses: uses.into_iter().collect(),
        moves_references,
        operators,
    })
}

/// The memory that a load or store touches.
fn accessed(op: &Operator<'_>) -> Option<u32> {
    use Operator::*;
    match op {
        I32Load { memarg }
        | I64Load { memarg }
        | F32Load { memarg }
        | F64Load { memarg }
        | I32Load8S { memarg }
        | I32Load8U { memarg }
        | I32Load16S { memarg }
        | I32Load16U { memarg }
        | I64Load8S { memarg }
        | I64Load8U { memarg }
        | I64Load16S { memarg }
        | I64Load16U { memarg }
        | I64Load32S { memarg }
        | I64Load32U { memarg }
        | I32Store { memarg }
        | I64Store { memarg }
        | F32Store { memarg }
        | F64Store { memarg }
        | I32Store8 { memarg }
        | I32Store16 { memarg }
        | I64Store8 { memarg }
        | I64Store16 { memarg }
        | I64Store32 { memarg }
        | V128Load { memarg }
        | V128Load8x8S { memarg }
        | V128Load8x8U { memarg }
        | V128Load16x4S { memarg }
        | V128Load16x4U { memarg }
        | V128Load32x2S { memarg }
        | V128Load32x2U { memarg }
        | V128Load8Splat { memarg }
        | V128Load16Splat { memarg }
        | V128Load32Splat { memarg }
        | V128Load64Splat { memarg }
        | V128Load32Zero { memarg }
        | V128Load64Zero { memarg }
        | V128Store { memarg }
        | V128Load8Lane { memarg, .. }
        | V128Load16Lane { memarg, .. }
        | V128Load32Lane { memarg, .. }
        | V128Load64Lane { memarg, .. }
        | V128Store8Lane { memarg, .. }
        | V128Store16Lane { memarg, .. }
        | V128Store32Lane { memarg, .. }
        | V128Store64Lane { memarg, .. } => Some(memarg.memory),
        MemoryCopy { dst_mem, .. } => Some(*dst_mem),
        MemoryFill { mem } | MemoryInit { mem, .. } => Some(*mem),
        _ => None,
    }
}
