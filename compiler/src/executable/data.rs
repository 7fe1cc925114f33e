//! The program's writable state as it is at start, at the addresses that `plan.rs` chose: the stack, the
//! data block, the memories with their data segments, the tables that grow.

use super::{put, put_string};
use crate::error::Result;
use crate::facts::Constant;
use crate::lower::Env;
use crate::lower::image;
use crate::lower::names::Name;
use crate::plan::{DATA_BLOCK, STACK_HIGH, STACK_LOW};
use crate::policy::Policy;
use crate::program::{FuncId, Program, TableId};
use crate::traps::{Strings, printable};
use nanocc_linker::RelocKind;
use nanocc_shim_abi as abi;
use std::borrow::Cow;
use std::mem::{offset_of, size_of};

/// A segment of the executable, with names instead of symbols.
pub(super) struct Image<'a> {
    pub name: String,
    pub address: u64,
    /// In memory, in bytes.
    pub size: u64,
    /// Offset and bytes, sorted and without overlap.
    pub contents: Vec<(u64, Cow<'a, [u8]>)>,
    pub relocations: Vec<Reference>,
}

/// The low half of a function reference: the address of the function's code.
pub(super) struct Reference {
    /// In the segment.
    pub offset: u64,
    pub kind: RelocKind,
    pub target: Name,
}

/// All segments.
pub(super) fn images<'a>(
    env: &Env<'a>,
    policy: &Policy,
    strings: &mut Strings,
) -> Result<Vec<Image<'a>>> {
    let mut images = vec![
        Image {
            name: "stack".to_owned(),
            address: STACK_LOW,
            size: STACK_HIGH - STACK_LOW,
            contents: Vec::new(),
            relocations: Vec::new(),
        },
        data_block(env, policy, strings)?,
    ];
    for (id, memory) in env.program.memories.iter() {
        let size = u64::from(memory.ty.initial) * abi::WASM_PAGE;
        if size > 0 {
            images.push(Image {
                name: id.to_string(),
                address: env.plan.memories[id].base,
                size,
                contents: layers(image::memory_image(env.program, id)?),
                relocations: Vec::new(),
            });
        }
        if memory.ty.annex {
            images.push(Image {
                name: format!("{id} annex"),
                address: env.plan.memories[id].base + abi::ANNEX_START,
                size: abi::ANNEX_END - abi::ANNEX_START,
                contents: Vec::new(),
                relocations: Vec::new(),
            });
        }
    }
    for id in env.program.tables.keys() {
        let slot = env.plan.tables[id];
        // The shim grows a table within the segment.
        let size = u64::from(slot.max_len) * abi::TABLE_ELEMENT;
        if slot.fixed_len.is_none() && size > 0 {
            let mut image = Image {
                name: id.to_string(),
                address: slot.base,
                size,
                contents: Vec::new(),
                relocations: Vec::new(),
            };
            table(env, id, &mut image)?;
            images.push(image);
        }
    }
    // The kernel starts the heap of `brk` behind the highest segment. Nobody uses it, but user-mode
    // emulators map some of it at once, and keep everything below for the program. So where executables
    // run under one as a matter of course, the highest segment is a page behind the shim's range, which
    // nobody touches: all space that something grows into lies before it. Elsewhere it would only
    // cost start-up one mapping.
    if matches!(
        env.isa.triple().architecture,
        target_lexicon::Architecture::Aarch64(_)
    ) {
        images.push(Image {
            name: "brk".to_owned(),
            address: env.plan.shim_range.1 - abi::WASM_PAGE,
            size: 1,
            contents: Vec::new(),
            relocations: Vec::new(),
        });
    }
    Ok(images)
}

/// A function reference as tables and globals hold it, without the code's address.
pub(super) fn reference(program: &Program<'_>, func: Option<FuncId>) -> u64 {
    func.map_or(0, |func| u64::from(program.funcs[func].sig.runtime()) << 32)
}

/// Adds a function reference at `address`.
fn put_reference(env: &Env<'_>, image: &mut Image<'_>, address: u64, func: FuncId) {
    let offset = address - image.address;
    let bytes = reference(env.program, Some(func)).to_le_bytes();
    image.contents.push((offset, bytes.to_vec().into()));
    if env.facts.reachable(func) {
        image.relocations.push(Reference {
            offset,
            kind: RelocKind::Abs32,
            target: Name::Func(func),
        });
    }
}

/// Adds a table's elements.
fn table(env: &Env<'_>, id: TableId, image: &mut Image<'_>) -> Result<()> {
    for (index, func) in image::table_image(env.program, env.facts, id)? {
        let address = env.plan.tables[id].base + u64::from(index) * abi::TABLE_ELEMENT;
        put_reference(env, image, address, func);
    }
    Ok(())
}

/// Globals, instances, descriptors, tables that don't grow; the flags of dropped segments are 0.
fn data_block<'a>(env: &Env<'a>, policy: &Policy, strings: &mut Strings) -> Result<Image<'a>> {
    let (program, plan) = (env.program, env.plan);
    let mut image = Image {
        name: "data_block".to_owned(),
        address: DATA_BLOCK,
        // The linker puts the shim's data behind it.
        size: plan.data_block_len.max(8),
        contents: Vec::new(),
        relocations: Vec::new(),
    };
    for id in program.globals.keys() {
        if env.facts.global_value(id).is_some() {
            continue;
        }
        let address = plan.globals[id];
        let bytes = match image::global_image(program, id)? {
            Constant::I32(value) => value.to_le_bytes().to_vec(),
            Constant::I64(value) => value.to_le_bytes().to_vec(),
            Constant::F32(bits) => bits.to_le_bytes().to_vec(),
            Constant::F64(bits) => bits.to_le_bytes().to_vec(),
            Constant::V128(bits) => bits.to_le_bytes().to_vec(),
            Constant::Null => continue,
            Constant::Func(func) => {
                put_reference(env, &mut image, address, func);
                continue;
            }
        };
        image.contents.push((address - DATA_BLOCK, bytes.into()));
    }
    for (id, memory) in program.memories.iter() {
        let slot = plan.memories[id];
        let pages = memory.ty.maximum.unwrap_or(u32::MAX).min(1 << 16);
        let (most, annex) = match memory.ty.annex {
            true => (abi::ANNEX_START, abi::ANNEX_START),
            false => (u64::MAX, abi::NO_ANNEX),
        };
        let mut bytes = vec![0; size_of::<abi::Memory>()];
        for (at, word) in [
            (offset_of!(abi::Memory, base), slot.base),
            (
                offset_of!(abi::Memory, bytes),
                u64::from(memory.ty.initial) * abi::WASM_PAGE,
            ),
            (
                offset_of!(abi::Memory, max_bytes),
                (u64::from(pages) * abi::WASM_PAGE).min(most),
            ),
            (offset_of!(abi::Memory, annex), annex),
            (
                offset_of!(abi::Memory, instance),
                plan.components[program.instances[memory.instance].component],
            ),
        ] {
            put(&mut bytes, at, &word.to_le_bytes());
        }
        image
            .contents
            .push((slot.descriptor - DATA_BLOCK, bytes.into()));
    }
    for (id, component) in program.components.iter() {
        let path = strings.intern(&printable(&component.path))?;
        let mut bytes = vec![0; size_of::<abi::Instance>()];
        for (at, word) in [
            (offset_of!(abi::Instance, may_leave), 1u32),
            (offset_of!(abi::Instance, may_enter), 1),
        ] {
            put(&mut bytes, at, &word.to_le_bytes());
        }
        put_string(&mut bytes, offset_of!(abi::Instance, path), path);
        put_quota(&mut bytes, &policy.quota(program, id));
        image
            .contents
            .push((plan.components[id] - DATA_BLOCK, bytes.into()));
    }
    for (id, definition) in program.tables.iter() {
        let slot = plan.tables[id];
        let mut bytes = vec![0; size_of::<abi::Table>()];
        let instance = plan.components[program.instances[definition.instance].component];
        for (at, word) in [
            (offset_of!(abi::Table, base), slot.base),
            (offset_of!(abi::Table, instance), instance),
        ] {
            put(&mut bytes, at, &word.to_le_bytes());
        }
        for (at, word) in [
            (offset_of!(abi::Table, len), definition.ty.initial),
            (offset_of!(abi::Table, max_len), slot.max_len),
        ] {
            put(&mut bytes, at, &word.to_le_bytes());
        }
        image
            .contents
            .push((slot.descriptor - DATA_BLOCK, bytes.into()));
        if slot.fixed_len.is_some() {
            table(env, id, &mut image)?;
        }
    }
    image.contents.sort_by_key(|(offset, _)| *offset);
    Ok(image)
}

/// Puts an instance's quota.
fn put_quota(instance: &mut [u8], quota: &abi::Quota) {
    let at = offset_of!(abi::Instance, quota);
    for (field, word) in [
        (offset_of!(abi::Quota, memory), quota.memory),
        (offset_of!(abi::Quota, elements), quota.elements),
    ] {
        put(instance, at + field, &word.to_le_bytes());
    }
    for (field, word) in [
        (offset_of!(abi::Quota, handles), quota.handles),
        (offset_of!(abi::Quota, files), quota.files),
    ] {
        put(instance, at + field, &word.to_le_bytes());
    }
}

/// Data segments in the order of their application, as disjoint pieces: where two overlap, the later
/// one's bytes remain.
fn layers(segments: Vec<(u64, &[u8])>) -> Vec<(u64, Cow<'_, [u8]>)> {
    // Disjoint pieces, by offset. Each new segment cuts what lies beneath.
    let mut pieces: std::collections::BTreeMap<u64, &[u8]> = std::collections::BTreeMap::new();
    for (start, bytes) in segments {
        let end = start + bytes.len() as u64;
        let beneath: Vec<(u64, &[u8])> = pieces
            .range(..end)
            .rev()
            .take_while(|(at, piece)| **at + piece.len() as u64 > start)
            .map(|(at, piece)| (*at, *piece))
            .collect();
        for (at, piece) in beneath {
            pieces.remove(&at);
            if at < start {
                pieces.insert(at, &piece[..(start - at) as usize]);
            }
            if at + piece.len() as u64 > end {
                pieces.insert(end, &piece[(end - at) as usize..]);
            }
        }
        if !bytes.is_empty() {
            pieces.insert(start, bytes);
        }
    }
    pieces
        .into_iter()
        .map(|(offset, bytes)| (offset, Cow::Borrowed(bytes)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn layers_are_disjoint_and_the_last_writer_wins(
            segments in prop::collection::vec((0u64..40, prop::collection::vec(any::<u8>(), 0..12)), 0..12)
        ) {
            let mut expected = vec![None; 64];
            for (start, bytes) in &segments {
                for (index, byte) in bytes.iter().enumerate() {
                    expected[*start as usize + index] = Some(*byte);
                }
            }
            let pieces = layers(segments.iter().map(|(at, bytes)| (*at, &bytes[..])).collect());
            let mut found = vec![None; 64];
            let mut end = 0;
            for (start, bytes) in &pieces {
                prop_assert!(*start >= end && !bytes.is_empty());
                end = start + bytes.len() as u64;
                for (index, byte) in bytes.iter().enumerate() {
                    found[*start as usize + index] = Some(*byte);
                }
            }
            prop_assert_eq!(found, expected);
        }
    }
}
