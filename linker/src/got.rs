//! The global offset table, and how to do without it.
//!
//! Code that was compiled without knowing how far away a symbol is loads its address from a slot. The
//! linker knows: a symbol in the image is near, a fixed address is a number. So most such loads
//! become an address computation of the same length, and only what is really far keeps a slot. Nothing
//! is relocated at start, so the slots are constants and lie with the read-only data.
//!
//! What is rewritten, and when it is right:
//!
//! ```text
//! x86-64   mov  r64, [rip + slot]   ->  lea r64, [rip + target]      target in the image
//!                                   ->  mov r64, imm32               address fits 32 signed bits
//!          call [rip + slot]        ->  addr32 call target           target in the image
//!          jmp  [rip + slot]        ->  jmp target; nop              target in the image
//! aarch64  adrp x, slot; ldr x, [x] ->  adrp x, target; add x, x, #  target within 4 GiB
//! ```
//!
//! On aarch64 that takes both instructions, so it is done only in atoms where every use of the table is
//! such a pair on one register, side by side: then nothing else can depend on what `adrp` left behind.

use crate::gc::Live;
use crate::input::{AtomId, Contents, Machine, TextBase};
use crate::reloc::{RelocKind, Relocation};
use crate::resolve::{Program, Target};
use std::collections::{HashMap, HashSet};

/// The slots, in order.
#[derive(Default)]
pub(crate) struct Got {
    slots: HashMap<Target, u32>,
    order: Vec<Target>,
    /// aarch64: the atoms in which every use of the table is a pair that can be rewritten.
    paired: HashSet<AtomId>,
    /// Every address in the image is below this.
    image_below: u64,
}

/// How an instruction does without the slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Relaxation {
    /// `8b` (mov) becomes `8d` (lea) at this many bytes before the field.
    Lea,
    /// The load becomes a move of a sign-extended immediate.
    MoveImmediate(i32),
    Call,
    Jump,
    /// The fields become those of `adrp` and `add`.
    AdrpAdd,
}

impl Got {
    /// Targets in the order of their slots, 8 bytes each.
    pub fn slots(&self) -> &[Target] {
        &self.order
    }

    /// The slot's index.
    pub fn slot(&self, target: Target) -> Option<u32> {
        self.slots.get(&target).copied()
    }

    /// What `relocation`, which asks for a slot, can be instead.
    pub fn relaxation(
        &self,
        program: &Program<'_>,
        atom: AtomId,
        relocation: &Relocation,
    ) -> Option<Relaxation> {
        let target = program.targets[relocation.target.index()];
        match program.machine {
            Machine::X86_64 => {
                let Contents::Bytes(bytes) = &program.atoms[atom.index()].contents else {
                    return None;
                };
                relax_x86(bytes, relocation, target)
            }
            Machine::Aarch64 => {
                let near = match target {
                    Target::Atom { .. } | Target::Boundary(_) => true,
                    Target::Absolute(address) => address.max(self.image_below) < 1 << 32,
                    Target::Undefined => false,
                };
                (near && self.paired.contains(&atom)).then_some(Relaxation::AdrpAdd)
            }
        }
    }
}

/// Finds the symbols that need a slot.
pub(crate) fn plan(program: &Program<'_>, live: &Live) -> Got {
    let mut got = Got {
        image_below: image_below(program, live),
        ..Got::default()
    };
    let uses = |relocations: &[Relocation]| relocations.iter().any(|r| r.kind.wants_slot());
    for id in live.atoms() {
        let atom = &program.atoms[id.index()];
        if !uses(&atom.relocations) {
            continue;
        }
        if let Contents::Bytes(bytes) = &atom.contents
            && program.machine == Machine::Aarch64
            && all_paired(bytes, &atom.relocations)
        {
            got.paired.insert(id);
        }
        for relocation in atom.relocations.iter().filter(|r| r.kind.wants_slot()) {
            if got.relaxation(program, id, relocation).is_none() {
                got.add(program.targets[relocation.target.index()]);
            }
        }
    }
    for fixed in &program.fixed {
        for relocation in fixed.relocations.iter().filter(|r| r.kind.wants_slot()) {
            got.add(program.targets[relocation.target.index()]);
        }
    }
    got
}

impl Got {
    fn add(&mut self, target: Target) {
        let next = self.order.len() as u32;
        self.slots.entry(target).or_insert_with(|| {
            self.order.push(target);
            next
        });
    }
}

/// An upper bound of the addresses that the linker is going to give out.
fn image_below(program: &Program<'_>, live: &Live) -> u64 {
    let align = program.layout.segment_align;
    let text = match program.layout.text_base {
        TextBase::At(base) => base,
        TextBase::AfterData => 0,
    };
    let data = program.layout.data_after.map_or(0, |index| {
        let fixed = &program.fixed[index];
        fixed.address.saturating_add(fixed.size)
    });
    let notes: u64 = program
        .notes
        .iter()
        .map(|n| (n.owner.len() + n.desc.len()) as u64 + 32)
        .sum();
    // Headers and slots: a slot at most for each symbol.
    let slots = 8 * program.symbols.len() as u64;
    let mut end = text
        .max(data)
        .saturating_add(notes + slots + 0x1_0000 + 8 * align);
    for id in live.atoms() {
        let atom = &program.atoms[id.index()];
        end = end
            .saturating_add(atom.contents.len())
            .saturating_add(u64::from(atom.align));
    }
    end
}

fn relax_x86(bytes: &[u8], relocation: &Relocation, target: Target) -> Option<Relaxation> {
    // The field is the end of the instruction, or it isn't one of these.
    if relocation.kind != RelocKind::X86GotRel32 || relocation.addend != -4 {
        return None;
    }
    let field = usize::try_from(relocation.offset).ok()?;
    let before = |distance: usize| {
        field
            .checked_sub(distance)
            .and_then(|at| bytes.get(at))
            .copied()
    };
    let (opcode, modrm) = (before(2)?, before(1)?);
    let image = matches!(target, Target::Atom { .. } | Target::Boundary(_));
    match (opcode, modrm) {
        (0x8b, _) if modrm & 0xc7 == 0x05 && matches!(before(3), Some(0x48 | 0x4c)) => match target
        {
            Target::Absolute(address) => i32::try_from(address as i64)
                .ok()
                .map(Relaxation::MoveImmediate),
            _ => image.then_some(Relaxation::Lea),
        },
        (0xff, 0x15) => image.then_some(Relaxation::Call),
        (0xff, 0x25) => image.then_some(Relaxation::Jump),
        _ => None,
    }
}

/// Whether the uses of the table are pairs of `adrp x, slot` and `ldr x, [x]`, side by side.
fn all_paired(bytes: &[u8], relocations: &[Relocation]) -> bool {
    let mut uses: Vec<&Relocation> = relocations.iter().filter(|r| r.kind.wants_slot()).collect();
    uses.sort_by_key(|relocation| relocation.offset);
    let word = |offset: u64| -> Option<u32> {
        let at = usize::try_from(offset).ok()?;
        Some(u32::from_le_bytes(
            bytes.get(at..at.checked_add(4)?)?.try_into().ok()?,
        ))
    };
    let paired = |page: &Relocation, load: &Relocation| {
        let (Some(adrp), Some(ldr)) = (word(page.offset), word(load.offset)) else {
            return false;
        };
        page.kind == RelocKind::Aarch64GotPage21
            && load.kind == RelocKind::Aarch64GotLoad64Lo12
            && page.target == load.target
            && (page.addend, load.addend) == (0, 0)
            && page.offset + 4 == load.offset
            && adrp & 0x9f00_0000 == 0x9000_0000
            && ldr & 0xffc0_0000 == 0xf940_0000
            && adrp & 31 == ldr >> 5 & 31
            && ldr >> 5 & 31 == ldr & 31
    };
    uses.chunks(2)
        .all(|pair| matches!(pair, [page, load] if paired(page, load)))
}

/// The same, in place: rewrites the instruction around `field` and says which relocation is left to do.
///
/// `code` is the atom's bytes. The field of `Jump` moves one byte towards the opcode.
pub(crate) fn rewrite(
    relaxation: Relaxation,
    code: &mut [u8],
    relocation: &Relocation,
) -> Rewritten {
    let at = relocation.offset as usize;
    let place = |kind| {
        Rewritten::Relocate(Relocation {
            kind,
            ..*relocation
        })
    };
    match relaxation {
        Relaxation::Lea => {
            code[at - 2] = 0x8d;
            place(RelocKind::Rel32)
        }
        Relaxation::MoveImmediate(value) => {
            // REX.R named the register in the ModRM byte's middle, REX.B names it in the low bits.
            let register = code[at - 1] >> 3 & 7;
            code[at - 3] = if code[at - 3] & 4 == 0 { 0x48 } else { 0x49 };
            code[at - 2] = 0xc7;
            code[at - 1] = 0xc0 | register;
            code[at..at + 4].copy_from_slice(&value.to_le_bytes());
            Rewritten::Done
        }
        Relaxation::Call => {
            code[at - 2..at].copy_from_slice(&[0x67, 0xe8]);
            place(RelocKind::Rel32)
        }
        Relaxation::Jump => {
            code[at - 2] = 0xe9;
            code[at + 3] = 0x90;
            let offset = relocation.offset - 1;
            Rewritten::Relocate(Relocation {
                kind: RelocKind::Rel32,
                offset,
                ..*relocation
            })
        }
        Relaxation::AdrpAdd if relocation.kind == RelocKind::Aarch64GotPage21 => {
            place(RelocKind::Aarch64AdrPage21)
        }
        Relaxation::AdrpAdd => {
            // add x, x, #imm12, of the load's register.
            let register = u32::from(code[at] & 31);
            let add = 0x9100_0000 | register << 5 | register;
            code[at..at + 4].copy_from_slice(&add.to_le_bytes());
            place(RelocKind::Aarch64AddLo12)
        }
    }
}

/// What is left to do after [`rewrite`].
pub(crate) enum Rewritten {
    Done,
    Relocate(Relocation),
}
