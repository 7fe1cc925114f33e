//! Values of core functions at the driver's boundary: 16 bytes each, the value in the low ones.
//!
//! A reference to an external value is a number that the program never looks at, and null is 0: the
//! script's external value `n` is `n + 1`. Of a function reference only null can be told.

use nanocc::program::ValType;
use wast::WastArg;
use wast::WastRet;
use wast::core::{NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};

/// An argument's type and bits; `None` for one that no core function of version 2.0 takes.
pub fn argument(arg: &WastArg<'_>) -> Option<(ValType, u128)> {
    use wast::core::{AbstractHeapType, HeapType};
    let WastArg::Core(arg) = arg else {
        return None;
    };
    Some(match arg {
        WastArgCore::I32(value) => (ValType::I32, u128::from(*value as u32)),
        WastArgCore::I64(value) => (ValType::I64, u128::from(*value as u64)),
        WastArgCore::F32(value) => (ValType::F32, u128::from(value.bits)),
        WastArgCore::F64(value) => (ValType::F64, u128::from(value.bits)),
        WastArgCore::V128(value) => (ValType::V128, u128::from_le_bytes(value.to_le_bytes())),
        WastArgCore::RefExtern(value) => (ValType::ExternRef, u128::from(*value) + 1),
        WastArgCore::RefNull(HeapType::Abstract { ty, .. }) => match ty {
            AbstractHeapType::Func => (ValType::FuncRef, 0),
            AbstractHeapType::Extern => (ValType::ExternRef, 0),
            _ => return None,
        },
        WastArgCore::RefNull(_) | WastArgCore::RefHost(_) => return None,
    })
}

/// A result as it is shown.
pub fn show(ty: ValType, bits: u128) -> String {
    match ty {
        ValType::I32 => format!("i32 {:#x}", bits as u32),
        ValType::I64 => format!("i64 {:#x}", bits as u64),
        ValType::F32 => format!(
            "f32 {:#010x} ({:?})",
            bits as u32,
            f32::from_bits(bits as u32)
        ),
        ValType::F64 => format!(
            "f64 {:#018x} ({:?})",
            bits as u64,
            f64::from_bits(bits as u64)
        ),
        ValType::V128 => format!("v128 {bits:#034x}"),
        ValType::FuncRef => format!("funcref {:#x}", bits as u64),
        ValType::ExternRef => format!("externref {:#x}", bits as u64),
    }
}

/// Whether a result is the expected one.
pub fn matches(ty: ValType, bits: u128, expected: &WastRet<'_>) -> bool {
    match expected {
        WastRet::Core(expected) => matches_core(ty, bits, expected),
        _ => false,
    }
}

fn matches_core(ty: ValType, bits: u128, expected: &WastRetCore<'_>) -> bool {
    match (ty, expected) {
        (ValType::I32, WastRetCore::I32(value)) => bits as u32 == *value as u32,
        (ValType::I64, WastRetCore::I64(value)) => bits as u64 == *value as u64,
        (ValType::F32, WastRetCore::F32(pattern)) => matches_f32(bits as u32, pattern),
        (ValType::F64, WastRetCore::F64(pattern)) => matches_f64(bits as u64, pattern),
        (ValType::V128, WastRetCore::V128(pattern)) => matches_v128(bits, pattern),
        (ValType::FuncRef | ValType::ExternRef, WastRetCore::RefNull(_)) => bits as u64 == 0,
        (ValType::FuncRef, WastRetCore::RefFunc(_))
        | (ValType::ExternRef, WastRetCore::RefExtern(None)) => bits as u64 != 0,
        (ValType::ExternRef, WastRetCore::RefExtern(Some(value))) => {
            bits as u64 == u64::from(*value) + 1
        }
        (_, WastRetCore::Either(cases)) => cases.iter().any(|case| matches_core(ty, bits, case)),
        _ => false,
    }
}

/// The specification's "canonical NaN": the quiet bit alone, of either sign; an "arithmetic NaN" has at least
/// the quiet bit.
fn matches_f32(bits: u32, pattern: &NanPattern<F32>) -> bool {
    match pattern {
        NanPattern::CanonicalNan => bits & 0x7fff_ffff == 0x7fc0_0000,
        NanPattern::ArithmeticNan => bits & 0x7fc0_0000 == 0x7fc0_0000,
        NanPattern::Value(value) => bits == value.bits,
    }
}

/// As [`matches_f32`].
fn matches_f64(bits: u64, pattern: &NanPattern<F64>) -> bool {
    match pattern {
        NanPattern::CanonicalNan => bits & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000,
        NanPattern::ArithmeticNan => bits & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
        NanPattern::Value(value) => bits == value.bits,
    }
}

fn matches_v128(bits: u128, pattern: &V128Pattern) -> bool {
    let bytes = bits.to_le_bytes();
    macro_rules! lanes {
        ($lanes:expr, $bytes:literal, $matches:expr) => {
            bytes
                .as_chunks::<$bytes>()
                .0
                .iter()
                .zip($lanes)
                .all(|(lane, expected)| $matches(*lane, expected))
        };
    }
    match pattern {
        V128Pattern::I8x16(lanes) => lanes!(lanes, 1, |lane, e: &i8| i8::from_le_bytes(lane) == *e),
        V128Pattern::I16x8(lanes) => {
            lanes!(lanes, 2, |lane, e: &i16| i16::from_le_bytes(lane) == *e)
        }
        V128Pattern::I32x4(lanes) => {
            lanes!(lanes, 4, |lane, e: &i32| i32::from_le_bytes(lane) == *e)
        }
        V128Pattern::I64x2(lanes) => {
            lanes!(lanes, 8, |lane, e: &i64| i64::from_le_bytes(lane) == *e)
        }
        V128Pattern::F32x4(lanes) => {
            lanes!(lanes, 4, |lane, e| matches_f32(u32::from_le_bytes(lane), e))
        }
        V128Pattern::F64x2(lanes) => {
            lanes!(lanes, 8, |lane, e| matches_f64(u64::from_le_bytes(lane), e))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_nan_are_told_apart() {
        let canonical = WastRetCore::F32(NanPattern::CanonicalNan);
        let arithmetic = WastRetCore::F32(NanPattern::ArithmeticNan);
        for (bits, is_canonical, is_arithmetic) in [
            (0x7fc0_0000u32, true, true),
            (0xffc0_0000, true, true),
            (0x7fc0_0001, false, true),
            (0x7fa0_0000, false, false),
            (0x7f80_0000, false, false),
        ] {
            let bits = u128::from(bits);
            assert_eq!(matches_core(ValType::F32, bits, &canonical), is_canonical);
            assert_eq!(matches_core(ValType::F32, bits, &arithmetic), is_arithmetic);
        }
        let lanes = WastRetCore::V128(V128Pattern::F64x2([
            NanPattern::CanonicalNan,
            NanPattern::Value(F64 { bits: 1 }),
        ]));
        let low = 0xfff8_0000_0000_0000u128;
        assert!(matches_core(ValType::V128, 1 << 64 | low, &lanes));
        assert!(!matches_core(ValType::V128, low, &lanes));
        assert!(!matches_core(ValType::V128, 1 << 64 | low | 1, &lanes));
    }

    #[test]
    fn a_result_of_another_type_never_matches() {
        assert!(!matches_core(ValType::I64, 1, &WastRetCore::I32(1)));
        assert!(!matches_core(
            ValType::FuncRef,
            1,
            &WastRetCore::RefExtern(None)
        ));
        assert!(!matches_core(
            ValType::ExternRef,
            1,
            &WastRetCore::RefExtern(Some(1))
        ));
        assert!(matches_core(
            ValType::ExternRef,
            2,
            &WastRetCore::RefExtern(Some(1))
        ));
        // What lies above the value in its slot means nothing.
        assert!(matches_core(
            ValType::I32,
            1 << 32 | 7,
            &WastRetCore::I32(7)
        ));
    }
}
