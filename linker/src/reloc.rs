//! Relocation kinds: what number each one asks for and how the number is written into its field.
//!
//! S is the symbol's address, A the addend, P the address of the field, G the address of the symbol's
//! slot in the global offset table. Page(x) is x with its low 12 bits clear. Sources: the System V ABI's
//! AMD64 supplement (table 4.9) and "ELF for the Arm 64-bit Architecture" (aaelf64, section 5.7).
//!
//! Every kind is two pure steps, so that the second can be tested by reading back what it wrote:
//! [`RelocKind::value`] makes the number X from S, A and P, and [`RelocKind::write`] checks X against the
//! range of the field and stores it without touching the bits around it. X is a number modulo 2^64, read as
//! signed: what is asked of a field that can't say negative numbers is then out of its range all the same.

use crate::input::{Machine, SymbolId};
use std::fmt;

/// A place in an atom or fixed segment that depends on a symbol's address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Relocation {
    /// Of the field's first byte, from the start of the atom or segment.
    pub offset: u64,
    pub kind: RelocKind,
    pub target: SymbolId,
    /// Added to the symbol's address.
    pub addend: i64,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident)*) => {
        /// The shapes of field that the linker can fill in.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum RelocKind {
            $($(#[$doc])* $name,)*
        }

        impl RelocKind {
            /// Every kind.
            #[cfg(test)]
            pub(crate) const ALL: &[RelocKind] = &[$(RelocKind::$name),*];
        }
    };
}

kinds! {
    /// S + A in 8 bytes. Cranelift's `Abs8`.
    Abs64
    /// S + A in 4 bytes: unsigned on x86-64 (`R_X86_64_32`), signed or unsigned on aarch64. Cranelift's `Abs4`.
    Abs32
    /// S + A - P in 8 bytes.
    Rel64
    /// S + A - P in 4 bytes: signed on x86-64 (`PC32`, `PLT32`, Cranelift's `X86PCRel4`, `X86CallPCRel4`
    /// and `X86CallPLTRel4`: there is no procedure linkage table), signed or unsigned on aarch64.
    Rel32
    /// S + A in 4 bytes that the processor sign-extends (`R_X86_64_32S`).
    X86Abs32Signed
    /// G + A - P in 4 bytes (`R_X86_64_GOTPCREL`, `GOTPCRELX`, `REX_GOTPCRELX`, Cranelift's
    /// `X86GOTPCRel4`). Instructions that can do without the slot are rewritten.
    X86GotRel32
    /// S + A - P of `b` or `bl`, 28 bits (`CALL26`, `JUMP26`, Cranelift's `Arm64Call`).
    Aarch64Branch26
    /// S + A - P of a conditional branch, 21 bits (`CONDBR19`).
    Aarch64CondBranch19
    /// S + A - P of `tbz` and `tbnz`, 16 bits (`TSTBR14`).
    Aarch64TestBranch14
    /// S + A - P of `adr`, 21 bits (`ADR_PREL_LO21`).
    Aarch64Adr21
    /// S + A - P of `ldr` from a literal, 21 bits (`LD_PREL_LO19`).
    Aarch64LoadLiteral19
    /// Page(S + A) - Page(P) of `adrp`, 33 bits (`ADR_PREL_PG_HI21`, Cranelift's `Aarch64AdrPrelPgHi21`).
    Aarch64AdrPage21
    /// The same, unchecked (`ADR_PREL_PG_HI21_NC`).
    Aarch64AdrPage21Nc
    /// The low 12 bits of S + A of `add` (`ADD_ABS_LO12_NC`, Cranelift's `Aarch64AddAbsLo12Nc`).
    Aarch64AddLo12
    /// The low 12 bits of S + A of a load or store of a byte (`LDST8_ABS_LO12_NC`).
    Aarch64LoadStore8Lo12
    /// The same of 2 bytes; S + A must be a multiple of 2 (`LDST16_ABS_LO12_NC`).
    Aarch64LoadStore16Lo12
    /// The same of 4 bytes; S + A must be a multiple of 4 (`LDST32_ABS_LO12_NC`).
    Aarch64LoadStore32Lo12
    /// The same of 8 bytes; S + A must be a multiple of 8 (`LDST64_ABS_LO12_NC`).
    Aarch64LoadStore64Lo12
    /// The same of 16 bytes; S + A must be a multiple of 16 (`LDST128_ABS_LO12_NC`).
    Aarch64LoadStore128Lo12
    /// Page(G) - Page(P) of `adrp` (`ADR_GOT_PAGE`, Cranelift's `Aarch64AdrGotPage21`).
    /// Pairs with [`RelocKind::Aarch64GotLoad64Lo12`] that need no slot are rewritten.
    Aarch64GotPage21
    /// The low 12 bits of G of an 8-byte load (`LD64_GOT_LO12_NC`, Cranelift's `Aarch64Ld64GotLo12Nc`).
    Aarch64GotLoad64Lo12
    /// G + A - P of `ldr` from a literal (`GOT_LD_PREL19`).
    Aarch64GotLoadLiteral19
    /// Bits 0 to 15 of S + A of `movz`, which must fit in them (`MOVW_UABS_G0`).
    Aarch64MovG0
    /// The same, unchecked (`MOVW_UABS_G0_NC`).
    Aarch64MovG0Nc
    /// Bits 16 to 31 of S + A, which must fit in 32 bits (`MOVW_UABS_G1`).
    Aarch64MovG1
    /// The same, unchecked (`MOVW_UABS_G1_NC`).
    Aarch64MovG1Nc
    /// Bits 32 to 47 of S + A, which must fit in 48 bits (`MOVW_UABS_G2`).
    Aarch64MovG2
    /// The same, unchecked (`MOVW_UABS_G2_NC`).
    Aarch64MovG2Nc
    /// Bits 48 to 63 of S + A (`MOVW_UABS_G3`).
    Aarch64MovG3
    /// Signed bits 0 to 16 of S + A; turns `movz` into `movn` for a negative number (`MOVW_SABS_G0`).
    Aarch64MovSignedG0
    /// The same of bits 16 to 32 (`MOVW_SABS_G1`).
    Aarch64MovSignedG1
    /// The same of bits 32 to 48 (`MOVW_SABS_G2`).
    Aarch64MovSignedG2
}

impl fmt::Display for RelocKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Why a number doesn't go into its field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Misfit {
    /// It isn't in `low..=high`.
    Range { low: i64, high: i64 },
    /// It isn't a multiple of this.
    Alignment(u32),
}

/// Where the bits of a number go.
#[derive(Clone, Copy)]
enum Field {
    Bytes8,
    Bytes4,
    /// `width` bits of the number, from bit `from` on, to bit `at` of the instruction.
    Bits {
        from: u32,
        width: u32,
        at: u32,
    },
    /// 21 bits from bit `from` on: two at bit 29, nineteen at bit 5, as `adr` and `adrp` have them.
    Adr {
        from: u32,
    },
    /// 16 bits from bit `from` on at bit 5, complemented for a negative number, and bit 30 the sign's opposite.
    MovSigned {
        from: u32,
    },
}

impl RelocKind {
    /// The kind of an ELF relocation type, `Ok(None)` for the one that does nothing.
    pub(crate) fn from_elf(machine: Machine, number: u32) -> Result<Option<Self>, Unknown> {
        use RelocKind::*;
        use object::elf as e;
        let is = |constant: object::elf::RelocationType| constant.0 == number;
        let table: &[(object::elf::RelocationType, RelocKind)] = match machine {
            Machine::X86_64 => {
                if is(e::R_X86_64_NONE) {
                    return Ok(None);
                }
                &[
                    (e::R_X86_64_64, Abs64),
                    (e::R_X86_64_32, Abs32),
                    (e::R_X86_64_32S, X86Abs32Signed),
                    (e::R_X86_64_PC32, Rel32),
                    (e::R_X86_64_PLT32, Rel32),
                    (e::R_X86_64_PC64, Rel64),
                    (e::R_X86_64_GOTPCREL, X86GotRel32),
                    (e::R_X86_64_GOTPCRELX, X86GotRel32),
                    (e::R_X86_64_REX_GOTPCRELX, X86GotRel32),
                ]
            }
            Machine::Aarch64 => {
                if is(e::R_AARCH64_NONE) {
                    return Ok(None);
                }
                &[
                    (e::R_AARCH64_ABS64, Abs64),
                    (e::R_AARCH64_ABS32, Abs32),
                    (e::R_AARCH64_PREL64, Rel64),
                    (e::R_AARCH64_PREL32, Rel32),
                    (e::R_AARCH64_CALL26, Aarch64Branch26),
                    (e::R_AARCH64_JUMP26, Aarch64Branch26),
                    (e::R_AARCH64_CONDBR19, Aarch64CondBranch19),
                    (e::R_AARCH64_TSTBR14, Aarch64TestBranch14),
                    (e::R_AARCH64_ADR_PREL_LO21, Aarch64Adr21),
                    (e::R_AARCH64_LD_PREL_LO19, Aarch64LoadLiteral19),
                    (e::R_AARCH64_ADR_PREL_PG_HI21, Aarch64AdrPage21),
                    (e::R_AARCH64_ADR_PREL_PG_HI21_NC, Aarch64AdrPage21Nc),
                    (e::R_AARCH64_ADD_ABS_LO12_NC, Aarch64AddLo12),
                    (e::R_AARCH64_LDST8_ABS_LO12_NC, Aarch64LoadStore8Lo12),
                    (e::R_AARCH64_LDST16_ABS_LO12_NC, Aarch64LoadStore16Lo12),
                    (e::R_AARCH64_LDST32_ABS_LO12_NC, Aarch64LoadStore32Lo12),
                    (e::R_AARCH64_LDST64_ABS_LO12_NC, Aarch64LoadStore64Lo12),
                    (e::R_AARCH64_LDST128_ABS_LO12_NC, Aarch64LoadStore128Lo12),
                    (e::R_AARCH64_ADR_GOT_PAGE, Aarch64GotPage21),
                    (e::R_AARCH64_LD64_GOT_LO12_NC, Aarch64GotLoad64Lo12),
                    (e::R_AARCH64_GOT_LD_PREL19, Aarch64GotLoadLiteral19),
                    (e::R_AARCH64_MOVW_UABS_G0, Aarch64MovG0),
                    (e::R_AARCH64_MOVW_UABS_G0_NC, Aarch64MovG0Nc),
                    (e::R_AARCH64_MOVW_UABS_G1, Aarch64MovG1),
                    (e::R_AARCH64_MOVW_UABS_G1_NC, Aarch64MovG1Nc),
                    (e::R_AARCH64_MOVW_UABS_G2, Aarch64MovG2),
                    (e::R_AARCH64_MOVW_UABS_G2_NC, Aarch64MovG2Nc),
                    (e::R_AARCH64_MOVW_UABS_G3, Aarch64MovG3),
                    (e::R_AARCH64_MOVW_SABS_G0, Aarch64MovSignedG0),
                    (e::R_AARCH64_MOVW_SABS_G1, Aarch64MovSignedG1),
                    (e::R_AARCH64_MOVW_SABS_G2, Aarch64MovSignedG2),
                ]
            }
        };
        table
            .iter()
            .find(|(constant, _)| is(*constant))
            .map(|(_, kind)| Some(*kind))
            .ok_or(Unknown)
    }

    /// Whether `machine` has this kind.
    pub(crate) fn fits(self, machine: Machine) -> bool {
        use RelocKind::*;
        match self {
            Abs64 | Abs32 | Rel64 | Rel32 => true,
            X86Abs32Signed | X86GotRel32 => machine == Machine::X86_64,
            _ => machine == Machine::Aarch64,
        }
    }

    /// The field's length in bytes.
    pub(crate) fn len(self) -> usize {
        match self {
            RelocKind::Abs64 | RelocKind::Rel64 => 8,
            _ => 4,
        }
    }

    /// Whether S is to be the address of a slot in the global offset table.
    pub(crate) fn wants_slot(self) -> bool {
        use RelocKind::*;
        matches!(
            self,
            X86GotRel32 | Aarch64GotPage21 | Aarch64GotLoad64Lo12 | Aarch64GotLoadLiteral19
        )
    }

    /// X, from the symbol's address (or its slot's), the addend and the field's address.
    pub(crate) fn value(self, s: u64, a: i64, p: u64) -> i64 {
        use RelocKind::*;
        let target = s.wrapping_add_signed(a);
        let x = match self {
            Rel64
            | Rel32
            | X86GotRel32
            | Aarch64Branch26
            | Aarch64CondBranch19
            | Aarch64TestBranch14
            | Aarch64Adr21
            | Aarch64LoadLiteral19
            | Aarch64GotLoadLiteral19 => target.wrapping_sub(p),
            Aarch64AdrPage21 | Aarch64AdrPage21Nc | Aarch64GotPage21 => {
                (target & !0xfff).wrapping_sub(p & !0xfff)
            }
            _ => target,
        };
        x.cast_signed()
    }

    fn field(self) -> Field {
        use RelocKind::*;
        let bits = |from, width, at| Field::Bits { from, width, at };
        match self {
            Abs64 | Rel64 => Field::Bytes8,
            Abs32 | Rel32 | X86Abs32Signed | X86GotRel32 => Field::Bytes4,
            Aarch64Branch26 => bits(2, 26, 0),
            Aarch64CondBranch19 | Aarch64LoadLiteral19 | Aarch64GotLoadLiteral19 => bits(2, 19, 5),
            Aarch64TestBranch14 => bits(2, 14, 5),
            Aarch64Adr21 => Field::Adr { from: 0 },
            Aarch64AdrPage21 | Aarch64AdrPage21Nc | Aarch64GotPage21 => Field::Adr { from: 12 },
            Aarch64AddLo12 | Aarch64LoadStore8Lo12 => bits(0, 12, 10),
            Aarch64LoadStore16Lo12 => bits(1, 11, 10),
            Aarch64LoadStore32Lo12 => bits(2, 10, 10),
            Aarch64LoadStore64Lo12 | Aarch64GotLoad64Lo12 => bits(3, 9, 10),
            Aarch64LoadStore128Lo12 => bits(4, 8, 10),
            Aarch64MovG0 | Aarch64MovG0Nc => bits(0, 16, 5),
            Aarch64MovG1 | Aarch64MovG1Nc => bits(16, 16, 5),
            Aarch64MovG2 | Aarch64MovG2Nc => bits(32, 16, 5),
            Aarch64MovG3 => bits(48, 16, 5),
            Aarch64MovSignedG0 => Field::MovSigned { from: 0 },
            Aarch64MovSignedG1 => Field::MovSigned { from: 16 },
            Aarch64MovSignedG2 => Field::MovSigned { from: 32 },
        }
    }

    /// The numbers that the field can say, both inclusive; `None` where only some bits are asked for.
    fn range(self, machine: Machine) -> Option<(i64, i64)> {
        use RelocKind::*;
        let signed = |bits: u32| Some((-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1));
        let unsigned = |bits: u32| Some((0, (1i64 << bits) - 1));
        let either = |bits: u32| Some((-(1i64 << (bits - 1)), (1i64 << bits) - 1));
        match (self, machine) {
            (Abs32, Machine::X86_64) => unsigned(32),
            (Rel32, Machine::X86_64) | (X86Abs32Signed | X86GotRel32, _) => signed(32),
            (Abs32 | Rel32, Machine::Aarch64) => either(32),
            (Aarch64Branch26, _) => signed(28),
            (
                Aarch64CondBranch19 | Aarch64LoadLiteral19 | Aarch64GotLoadLiteral19 | Aarch64Adr21,
                _,
            ) => signed(21),
            (Aarch64TestBranch14, _) => signed(16),
            (Aarch64AdrPage21 | Aarch64GotPage21, _) => signed(33),
            (Aarch64MovG0, _) => unsigned(16),
            (Aarch64MovG1, _) => unsigned(32),
            (Aarch64MovG2, _) => unsigned(48),
            (Aarch64MovSignedG0, _) => signed(17),
            (Aarch64MovSignedG1, _) => signed(33),
            (Aarch64MovSignedG2, _) => signed(49),
            _ => None,
        }
    }

    /// What X must be a multiple of, so that no bit below the field is lost.
    fn alignment(self) -> u32 {
        use RelocKind::*;
        match self {
            Aarch64Branch26
            | Aarch64CondBranch19
            | Aarch64TestBranch14
            | Aarch64LoadLiteral19
            | Aarch64GotLoadLiteral19
            | Aarch64LoadStore32Lo12 => 4,
            Aarch64LoadStore16Lo12 => 2,
            Aarch64LoadStore64Lo12 | Aarch64GotLoad64Lo12 => 8,
            Aarch64LoadStore128Lo12 => 16,
            _ => 1,
        }
    }

    /// Stores X in `field`, which is [`RelocKind::len`] bytes long.
    pub(crate) fn write(self, machine: Machine, field: &mut [u8], x: i64) -> Result<(), Misfit> {
        if let Some((low, high)) = self.range(machine)
            && !(low..=high).contains(&x)
        {
            return Err(Misfit::Range { low, high });
        }
        let alignment = self.alignment();
        if x & i64::from(alignment - 1) != 0 {
            return Err(Misfit::Alignment(alignment));
        }
        match self.field() {
            Field::Bytes8 => field.copy_from_slice(&(x as u64).to_le_bytes()),
            Field::Bytes4 => field.copy_from_slice(&(x as u32).to_le_bytes()),
            Field::Bits { from, width, at } => {
                let mask = ((1u32 << width) - 1) << at;
                insert(field, mask, ((x >> from) as u32) << at);
            }
            Field::Adr { from } => {
                let x = (x >> from) as u32;
                let mask = 0b11 << 29 | 0x7_ffff << 5;
                insert(field, mask, (x & 0b11) << 29 | (x >> 2 & 0x7_ffff) << 5);
            }
            Field::MovSigned { from } => {
                let negative = x < 0;
                let bits = if negative { !x } else { x };
                let movz = u32::from(!negative) << 30;
                insert(
                    field,
                    1 << 30 | 0xffff << 5,
                    movz | ((bits >> from) as u32 & 0xffff) << 5,
                );
            }
        }
        Ok(())
    }
}

/// An ELF relocation type that [`RelocKind`] doesn't cover.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unknown;

/// Replaces the bits of a little-endian instruction that are set in `mask`.
fn insert(field: &mut [u8], mask: u32, bits: u32) {
    let mut word = [0; 4];
    word.copy_from_slice(field);
    let word = u32::from_le_bytes(word) & !mask | bits & mask;
    field.copy_from_slice(&word.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The bits that a field leaves alone, and the number that it says.
    fn read(kind: RelocKind, machine: Machine, field: &[u8]) -> (u32, i64) {
        let sign = |x: u32, bits: u32| i64::from((x as i32) << (32 - bits) >> (32 - bits));
        let signed = kind.range(machine).is_some_and(|(low, _)| low < 0);
        if field.len() == 8 {
            let x = i64::from_le_bytes(field.try_into().unwrap());
            return (0, x);
        }
        let word = u32::from_le_bytes(field.try_into().unwrap());
        match kind.field() {
            Field::Bytes8 => unreachable!(),
            Field::Bytes4 if signed => (0, i64::from(word as i32)),
            Field::Bytes4 => (0, i64::from(word)),
            Field::Bits { from, width, at } => {
                let mask = ((1u32 << width) - 1) << at;
                let x = (word & mask) >> at;
                let x = if signed { sign(x, width) } else { i64::from(x) };
                (word & !mask, x << from)
            }
            Field::Adr { from } => {
                let x = sign(word >> 5 << 2 & 0x1f_fffc | word >> 29 & 3, 21);
                (word & !(0b11 << 29 | 0x7_ffff << 5), x << from)
            }
            Field::MovSigned { from } => {
                let x = i64::from(word >> 5 & 0xffff) << from;
                let negative = word >> 30 & 1 == 0;
                // A `movn` sets the bits that it doesn't give.
                let x = if negative { !x } else { x };
                (word & !(1 << 30 | 0xffff << 5), x)
            }
        }
    }

    fn machines(kind: RelocKind) -> Vec<Machine> {
        [Machine::X86_64, Machine::Aarch64]
            .into_iter()
            .filter(|machine| kind.fits(*machine))
            .collect()
    }

    proptest! {
        /// What is written is read back, as far as the field says it, and the bits around it stay.
        #[test]
        fn round_trip(index in 0..RelocKind::ALL.len(), x in any::<i64>(), shift in 0u32..64, before in any::<u64>()) {
            let kind = RelocKind::ALL[index];
            let alignment = i64::from(kind.alignment());
            let x = (x >> shift) & !(alignment - 1);
            for machine in machines(kind) {
                let mut field = before.to_le_bytes()[..kind.len()].to_vec();
                let (around, _) = read(kind, machine, &field);
                let fits = kind.range(machine).is_none_or(|(low, high)| (low..=high).contains(&x));
                prop_assert_eq!(kind.write(machine, &mut field, x).is_ok(), fits);
                if !fits {
                    prop_assert_eq!(&field[..], &before.to_le_bytes()[..kind.len()]);
                    continue;
                }
                let (around_after, read_back) = read(kind, machine, &field);
                prop_assert_eq!(around, around_after);
                let said = match kind.field() {
                    // The number modulo the field's bits.
                    Field::Bytes8 => x,
                    Field::Bytes4 if kind == RelocKind::Abs32 && machine == Machine::X86_64 => x,
                    Field::Bytes4 => i64::from(x as i32),
                    Field::Bits { from, width, .. } if kind.range(machine).is_none_or(|(low, _)| low == 0) => {
                        (x >> from & ((1 << width) - 1)) << from
                    }
                    Field::Bits { .. } => x,
                    // Below the field, `adrp` keeps nothing; `movn` sets.
                    Field::Adr { from } => ((x >> from) << (64 - 21) >> (64 - 21)) << from,
                    Field::MovSigned { from } => {
                        let bits = (if x < 0 { !x } else { x }) >> from & 0xffff;
                        if x < 0 { !(bits << from) } else { bits << from }
                    }
                };
                prop_assert_eq!(said, read_back, "{:?} {:#x}", kind, x);
            }
        }

        /// Just inside the range works, just outside fails with the range.
        #[test]
        fn ranges(index in 0..RelocKind::ALL.len()) {
            let kind = RelocKind::ALL[index];
            for machine in machines(kind) {
                let Some((low, high)) = kind.range(machine) else { continue };
                let step = i64::from(kind.alignment());
                let mut field = vec![0; kind.len()];
                prop_assert!(kind.write(machine, &mut field, low).is_ok());
                prop_assert!(kind.write(machine, &mut field, high & !(step - 1)).is_ok());
                for x in [low - step, high + 1] {
                    prop_assert_eq!(kind.write(machine, &mut field, x), Err(Misfit::Range { low, high }));
                }
            }
        }

        #[test]
        fn low_bits_are_not_lost(x in 1i64..4096) {
            for kind in RelocKind::ALL {
                let alignment = kind.alignment();
                if x % i64::from(alignment) != 0 {
                    let mut field = vec![0; kind.len()];
                    let written = kind.write(machines(*kind)[0], &mut field, x);
                    prop_assert_eq!(written, Err(Misfit::Alignment(alignment)));
                }
            }
        }
    }

    /// Against encodings taken from an assembler.
    #[test]
    fn known_encodings() {
        let check = |kind: RelocKind, before: u32, x: i64, after: u32| {
            let mut field = before.to_le_bytes();
            kind.write(Machine::Aarch64, &mut field, x).unwrap();
            assert_eq!(u32::from_le_bytes(field), after, "{kind:?}");
        };
        // bl .+8; bl .-4; b.eq .+16; tbz w0, #0, .-8; adr x1, .+5; adrp x3, .-0x1000
        check(RelocKind::Aarch64Branch26, 0x9400_0000, 8, 0x9400_0002);
        check(RelocKind::Aarch64Branch26, 0x9400_0000, -4, 0x97ff_ffff);
        check(RelocKind::Aarch64CondBranch19, 0x5400_0000, 16, 0x5400_0080);
        check(RelocKind::Aarch64TestBranch14, 0x3600_0000, -8, 0x3607_ffc0);
        check(RelocKind::Aarch64Adr21, 0x1000_0001, 5, 0x3000_0021);
        check(
            RelocKind::Aarch64AdrPage21,
            0x9000_0003,
            -0x1000,
            0xf0ff_ffe3,
        );
        // add x0, x0, #0xabc; ldr x0, [x0, #0x7f8]; ldr q0, [x0, #0x10]
        check(RelocKind::Aarch64AddLo12, 0x9100_0000, 0x1abc, 0x912a_f000);
        check(
            RelocKind::Aarch64LoadStore64Lo12,
            0xf940_0000,
            0x7f8,
            0xf943_fc00,
        );
        check(
            RelocKind::Aarch64LoadStore128Lo12,
            0x3dc0_0000,
            0x10,
            0x3dc0_0400,
        );
        // movz x0, #0x1234, lsl #16; movn x0, #0 (-1)
        check(
            RelocKind::Aarch64MovG1,
            0xd2a0_0000,
            0x1234_5678,
            0xd2a2_4680,
        );
        check(RelocKind::Aarch64MovSignedG0, 0xd280_0000, -1, 0x9280_0000);
    }
}
