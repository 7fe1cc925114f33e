//! The one mapping between the traps of `nanocc_shim_abi` and Cranelift's trap codes.
//!
//! Every trapping instruction of the final code carries a trap code. Ours are user codes that equal
//! the number of the [`Trap`]; Cranelift's reserved ones mark what its own instructions do (division,
//! conversion, stack probes), and mean the trap of the same name.

use cranelift_codegen::ir::TrapCode;
use nanocc_shim_abi::Trap;

/// The code of an instruction that traps with `trap`.
pub const fn trap_code(trap: Trap) -> TrapCode {
    TrapCode::unwrap_user(trap as u8)
}

/// The trap that an instruction with `code` means; `None` for a code that nothing of ours emits.
pub fn trap_of(code: TrapCode) -> Option<Trap> {
    match code {
        TrapCode::STACK_OVERFLOW => Some(Trap::StackOverflow),
        TrapCode::INTEGER_OVERFLOW => Some(Trap::IntegerOverflow),
        TrapCode::HEAP_OUT_OF_BOUNDS => Some(Trap::MemoryOutOfBounds),
        TrapCode::INTEGER_DIVISION_BY_ZERO => Some(Trap::IntegerDivisionByZero),
        TrapCode::BAD_CONVERSION_TO_INTEGER => Some(Trap::BadConversionToInteger),
        code => Trap::from_code(code.as_raw().get()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trap_survives_the_round_trip() {
        for trap in Trap::ALL {
            assert_eq!(trap_of(trap_code(trap)), Some(trap));
        }
    }

    #[test]
    fn every_code_of_cranelift_is_known_and_no_other() {
        for &code in TrapCode::non_user_traps() {
            assert!(trap_of(code).is_some(), "{code}");
        }
        assert_eq!(trap_of(TrapCode::unwrap_user(200)), None);
    }
}
