//! Part of pass 1: sections of constants into one atom a constant.
//!
//! The problem: compilers put constants of one size, and all short strings, into a section together
//! (`SHF_MERGE`), whichever function uses them. As one atom, the first use of any would keep all.
//!
//! Such a section is a row of elements: of `sh_entsize` bytes, or with `SHF_STRINGS` each up to its zero. What refers
//! to one means the element that it points into, so elements may be dropped one by one. A relocation against the
//! section's own symbol tells by its addend which one that is, unless the field is relative to the end of an instruction,
//! on x86-64, whose length the addend has in it and doesn't tell.
//!
//! Invariant: a section is split only where every reference to it says which element it means.

use crate::input::{
    Atom, AtomId, Binding, Contents, Definition, Machine, Symbol, SymbolId, SymbolKind,
};
use crate::read::Object;
use crate::reloc::RelocKind;
use object::LittleEndian as LE;
use object::elf;
use object::read::elf::SectionHeader;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

/// Makes an atom of every element of the sections in `rows`, which says where in each its elements start. Symbols of
/// whole sections are `sections`.
pub(crate) fn split(
    object: &mut Object<'_>,
    mut rows: BTreeMap<AtomId, Vec<u64>>,
    sections: &HashSet<SymbolId>,
    machine: Machine,
) {
    rows.retain(|row, _| {
        let kept = object.retained.contains(row);
        !kept && object.atoms[row.index()].relocations.is_empty()
    });
    // Where some reference doesn't say what it means, the row stays as it is.
    for relocation in object.atoms.iter().flat_map(|atom| &atom.relocations) {
        let symbol = object.symbols.get(relocation.target.index());
        if sections.contains(&relocation.target)
            && let Some(Definition::Defined { atom, .. }) = symbol.map(|symbol| symbol.definition)
        {
            let size = object.atoms[atom.index()].contents.len();
            let inside = u64::try_from(relocation.addend).is_ok_and(|addend| addend < size);
            if !inside || !is_exact(machine, relocation.kind) {
                rows.remove(&atom);
            }
        }
    }
    for (row, starts) in rows {
        let whole = object.atoms[row.index()].clone();
        let Contents::Bytes(bytes) = &whole.contents else {
            continue;
        };
        // The first element takes the row's place, the others come after all atoms.
        let mut pieces = Vec::with_capacity(starts.len());
        for (index, &start) in starts.iter().enumerate() {
            let end = starts.get(index + 1).copied().unwrap_or(bytes.len() as u64);
            let piece = Atom {
                contents: Contents::Bytes(part(bytes, start as usize..end as usize)),
                ..whole.clone()
            };
            let id = match index {
                0 => row,
                _ => AtomId::new(object.atoms.len()),
            };
            match index {
                0 => object.atoms[row.index()] = piece,
                _ => object.atoms.push(piece),
            }
            pieces.push(id);
        }
        let find = |offset: u64| {
            let after = starts.partition_point(|start| *start <= offset);
            let index = after.saturating_sub(1);
            (index, offset - starts[index])
        };
        let first_symbol = object.symbols.len();
        let mut of_sections = HashSet::new();
        for (index, symbol) in object.symbols.iter_mut().enumerate() {
            let Definition::Defined { atom, offset } = &mut symbol.definition else {
                continue;
            };
            if *atom != row {
                continue;
            }
            if sections.contains(&SymbolId(index as u32)) {
                of_sections.insert(SymbolId(index as u32));
            } else {
                let (index, into) = find(*offset);
                (*atom, *offset) = (pieces[index], into);
            }
        }
        object.symbols.extend(pieces.iter().map(|&atom| Symbol {
            name: whole.name.clone(),
            definition: Definition::Defined { atom, offset: 0 },
            binding: Binding::Local,
            kind: SymbolKind::NoType,
            size: 0,
        }));
        for relocation in object
            .atoms
            .iter_mut()
            .flat_map(|atom| &mut atom.relocations)
        {
            if of_sections.contains(&relocation.target) {
                let (index, into) = find(relocation.addend as u64);
                relocation.target = SymbolId((first_symbol + index) as u32);
                relocation.addend = into as i64;
            }
        }
        for group in &mut object.groups {
            if group.atoms.contains(&row) {
                group.atoms.extend(&pieces[1..]);
            }
        }
    }
}

fn part<'a>(bytes: &Cow<'a, [u8]>, range: std::ops::Range<usize>) -> Cow<'a, [u8]> {
    match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[range]),
        Cow::Owned(bytes) => Cow::Owned(bytes[range].to_vec()),
    }
}

/// Where the elements of a section with `bytes` start, if it is one of constants that can be told apart: not where
/// an element's alignment is more than its size keeps.
pub(crate) fn elements(header: &elf::SectionHeader64<LE>, bytes: &[u8]) -> Option<Vec<u64>> {
    let flags = header.sh_flags(LE).0;
    let has = |flag: elf::SectionFlags| flags & flag.0 != 0;
    let size = usize::try_from(header.sh_entsize(LE)).ok()?;
    let align = usize::try_from(header.sh_addralign(LE)).ok()?.max(1);
    let constants = has(elf::SHF_MERGE) && !has(elf::SHF_WRITE) && !has(elf::SHF_EXECINSTR);
    if !constants || size == 0 || bytes.is_empty() || !bytes.len().is_multiple_of(size) {
        return None;
    }
    if !size.is_multiple_of(align) {
        return None;
    }
    let ends = bytes.chunks_exact(size).enumerate();
    let is_end = |element: &[u8]| !has(elf::SHF_STRINGS) || element.iter().all(|byte| *byte == 0);
    let mut starts = vec![0];
    starts.extend(
        ends.filter(|(_, element)| is_end(element))
            .map(|(index, _)| ((index + 1) * size) as u64),
    );
    // The last one ends the section; a string without an end is none.
    (starts.pop() == Some(bytes.len() as u64)).then_some(starts)
}

/// Whether the addend of a relocation of this kind against a section's symbol is an offset in that section.
fn is_exact(machine: Machine, kind: RelocKind) -> bool {
    use RelocKind::{Abs32, Abs64, X86Abs32Signed};
    machine == Machine::Aarch64 || matches!(kind, Abs64 | Abs32 | X86Abs32Signed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::endian::U64;

    fn header(flags: elf::SectionFlags, size: u64, align: u64) -> elf::SectionHeader64<LE> {
        let mut header: elf::SectionHeader64<LE> = *object::pod::from_bytes(&[0; 64]).unwrap().0;
        header.sh_flags = U64::new(LE, flags);
        header.sh_entsize = U64::new(LE, size);
        header.sh_addralign = U64::new(LE, align);
        header
    }

    #[test]
    fn numbers_and_strings_are_told_apart() {
        let numbers = elf::SHF_ALLOC | elf::SHF_MERGE;
        let strings = numbers | elf::SHF_STRINGS;
        assert_eq!(
            elements(&header(numbers, 4, 4), &[0; 12]),
            Some(vec![0, 4, 8])
        );
        assert_eq!(
            elements(&header(strings, 1, 1), b"a\0\0bc\0"),
            Some(vec![0, 2, 3])
        );
        assert_eq!(
            elements(&header(strings, 2, 2), b"a\0\0\0\0b\0\0"),
            Some(vec![0, 4])
        );
        for (flags, size, align, bytes) in [
            (elf::SHF_ALLOC, 4, 4, &[0; 12][..]),
            (numbers | elf::SHF_WRITE, 4, 4, &[0; 12]),
            (numbers, 0, 1, &[0; 12]),
            (numbers, 8, 8, &[0; 12]),
            (numbers, 4, 8, &[0; 12]),
            (numbers, 4, 4, &[]),
            (strings, 1, 1, b"a\0b"),
        ] {
            assert_eq!(elements(&header(flags, size, align), bytes), None);
        }
    }
}
