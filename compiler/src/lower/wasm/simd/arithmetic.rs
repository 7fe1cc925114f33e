//! Arithmetic, comparisons, conversions and bits of vectors.
//!
//! Cranelift's instructions have the proposal's semantics nearly everywhere: shift counts are taken
//! modulo the lane's width, `fmin` and `fmax` propagate NaN and order zeros, comparisons give lanes of
//! ones or zeros. What it has no instruction for is composed here, in the form that its code generators
//! know as a whole.

use super::super::Translation;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use types::{F32X4, F64X2, I8X16, I16X8, I32, I32X4, I64X2};
use wasmparser::Operator;

/// Which lanes of a vector a widening takes, and how it extends them.
#[derive(Debug, Clone, Copy)]
enum Half {
    LowS,
    LowU,
    HighS,
    HighU,
}

impl Translation<'_, '_> {
    /// Translates an operator that computes with vectors; `false` if it is something else.
    pub(super) fn vector_arithmetic(&mut self, operator: &Operator<'_>) -> bool {
        /// One operand of the given shape.
        macro_rules! unary {
            ($shape:expr, $name:ident) => {{
                let x = self.pop_as($shape);
                self.b.ins().$name(x)
            }};
            ($shape:expr, $name:ident, $ty:expr) => {{
                let x = self.pop_as($shape);
                self.b.ins().$name($ty, x)
            }};
        }
        /// Two operands of the given shape.
        macro_rules! binary {
            ($shape:expr, $name:ident) => {{
                let (x, y) = self.pop2_as($shape);
                self.b.ins().$name(x, y)
            }};
        }
        /// A vector and a count.
        macro_rules! shift {
            ($shape:expr, $name:ident) => {{
                let count = self.pop();
                let x = self.pop_as($shape);
                self.b.ins().$name(x, count)
            }};
        }
        /// An integer comparison.
        macro_rules! compare {
            ($shape:expr, $condition:ident) => {{
                let (x, y) = self.pop2_as($shape);
                self.b.ins().icmp(IntCC::$condition, x, y)
            }};
        }
        /// A comparison of floats.
        macro_rules! fcompare {
            ($shape:expr, $condition:ident) => {{
                let (x, y) = self.pop2_as($shape);
                self.b.ins().fcmp(FloatCC::$condition, x, y)
            }};
        }
        /// A test of all lanes, which gives an `i32`.
        macro_rules! test {
            ($shape:expr, $name:ident) => {{
                let x = self.pop_as($shape);
                let holds = self.b.ins().$name(x);
                self.b.ins().uextend(I32, holds)
            }};
        }
        use Operator as Op;
        let result = match *operator {
            Op::V128Not => unary!(I8X16, bnot),
            Op::V128And => binary!(I8X16, band),
            Op::V128AndNot => binary!(I8X16, band_not),
            Op::V128Or => binary!(I8X16, bor),
            Op::V128Xor => binary!(I8X16, bxor),
            Op::V128Bitselect => {
                let (x, y, mask) = self.pop3();
                self.b.ins().bitselect(mask, x, y)
            }
            Op::V128AnyTrue => test!(I8X16, vany_true),
            Op::I8x16AllTrue => test!(I8X16, vall_true),
            Op::I16x8AllTrue => test!(I16X8, vall_true),
            Op::I32x4AllTrue => test!(I32X4, vall_true),
            Op::I64x2AllTrue => test!(I64X2, vall_true),
            Op::I8x16Bitmask => unary!(I8X16, vhigh_bits, I32),
            Op::I16x8Bitmask => unary!(I16X8, vhigh_bits, I32),
            Op::I32x4Bitmask => unary!(I32X4, vhigh_bits, I32),
            Op::I64x2Bitmask => unary!(I64X2, vhigh_bits, I32),

            Op::I8x16Eq => compare!(I8X16, Equal),
            Op::I8x16Ne => compare!(I8X16, NotEqual),
            Op::I8x16LtS => compare!(I8X16, SignedLessThan),
            Op::I8x16LtU => compare!(I8X16, UnsignedLessThan),
            Op::I8x16GtS => compare!(I8X16, SignedGreaterThan),
            Op::I8x16GtU => compare!(I8X16, UnsignedGreaterThan),
            Op::I8x16LeS => compare!(I8X16, SignedLessThanOrEqual),
            Op::I8x16LeU => compare!(I8X16, UnsignedLessThanOrEqual),
            Op::I8x16GeS => compare!(I8X16, SignedGreaterThanOrEqual),
            Op::I8x16GeU => compare!(I8X16, UnsignedGreaterThanOrEqual),
            Op::I16x8Eq => compare!(I16X8, Equal),
            Op::I16x8Ne => compare!(I16X8, NotEqual),
            Op::I16x8LtS => compare!(I16X8, SignedLessThan),
            Op::I16x8LtU => compare!(I16X8, UnsignedLessThan),
            Op::I16x8GtS => compare!(I16X8, SignedGreaterThan),
            Op::I16x8GtU => compare!(I16X8, UnsignedGreaterThan),
            Op::I16x8LeS => compare!(I16X8, SignedLessThanOrEqual),
            Op::I16x8LeU => compare!(I16X8, UnsignedLessThanOrEqual),
            Op::I16x8GeS => compare!(I16X8, SignedGreaterThanOrEqual),
            Op::I16x8GeU => compare!(I16X8, UnsignedGreaterThanOrEqual),
            Op::I32x4Eq => compare!(I32X4, Equal),
            Op::I32x4Ne => compare!(I32X4, NotEqual),
            Op::I32x4LtS => compare!(I32X4, SignedLessThan),
            Op::I32x4LtU => compare!(I32X4, UnsignedLessThan),
            Op::I32x4GtS => compare!(I32X4, SignedGreaterThan),
            Op::I32x4GtU => compare!(I32X4, UnsignedGreaterThan),
            Op::I32x4LeS => compare!(I32X4, SignedLessThanOrEqual),
            Op::I32x4LeU => compare!(I32X4, UnsignedLessThanOrEqual),
            Op::I32x4GeS => compare!(I32X4, SignedGreaterThanOrEqual),
            Op::I32x4GeU => compare!(I32X4, UnsignedGreaterThanOrEqual),
            Op::I64x2Eq => compare!(I64X2, Equal),
            Op::I64x2Ne => compare!(I64X2, NotEqual),
            Op::I64x2LtS => compare!(I64X2, SignedLessThan),
            Op::I64x2GtS => compare!(I64X2, SignedGreaterThan),
            Op::I64x2LeS => compare!(I64X2, SignedLessThanOrEqual),
            Op::I64x2GeS => compare!(I64X2, SignedGreaterThanOrEqual),
            Op::F32x4Eq => fcompare!(F32X4, Equal),
            Op::F32x4Ne => fcompare!(F32X4, NotEqual),
            Op::F32x4Lt => fcompare!(F32X4, LessThan),
            Op::F32x4Gt => fcompare!(F32X4, GreaterThan),
            Op::F32x4Le => fcompare!(F32X4, LessThanOrEqual),
            Op::F32x4Ge => fcompare!(F32X4, GreaterThanOrEqual),
            Op::F64x2Eq => fcompare!(F64X2, Equal),
            Op::F64x2Ne => fcompare!(F64X2, NotEqual),
            Op::F64x2Lt => fcompare!(F64X2, LessThan),
            Op::F64x2Gt => fcompare!(F64X2, GreaterThan),
            Op::F64x2Le => fcompare!(F64X2, LessThanOrEqual),
            Op::F64x2Ge => fcompare!(F64X2, GreaterThanOrEqual),

            Op::I8x16Abs => unary!(I8X16, iabs),
            Op::I8x16Neg => unary!(I8X16, ineg),
            Op::I8x16Popcnt => unary!(I8X16, popcnt),
            Op::I8x16Shl => shift!(I8X16, ishl),
            Op::I8x16ShrS => shift!(I8X16, sshr),
            Op::I8x16ShrU => shift!(I8X16, ushr),
            Op::I8x16Add => binary!(I8X16, iadd),
            Op::I8x16AddSatS => binary!(I8X16, sadd_sat),
            Op::I8x16AddSatU => binary!(I8X16, uadd_sat),
            Op::I8x16Sub => binary!(I8X16, isub),
            Op::I8x16SubSatS => binary!(I8X16, ssub_sat),
            Op::I8x16SubSatU => binary!(I8X16, usub_sat),
            Op::I8x16MinS => binary!(I8X16, smin),
            Op::I8x16MinU => binary!(I8X16, umin),
            Op::I8x16MaxS => binary!(I8X16, smax),
            Op::I8x16MaxU => binary!(I8X16, umax),
            Op::I8x16AvgrU => binary!(I8X16, avg_round),

            Op::I16x8Abs => unary!(I16X8, iabs),
            Op::I16x8Neg => unary!(I16X8, ineg),
            Op::I16x8Shl => shift!(I16X8, ishl),
            Op::I16x8ShrS => shift!(I16X8, sshr),
            Op::I16x8ShrU => shift!(I16X8, ushr),
            Op::I16x8Add => binary!(I16X8, iadd),
            Op::I16x8AddSatS => binary!(I16X8, sadd_sat),
            Op::I16x8AddSatU => binary!(I16X8, uadd_sat),
            Op::I16x8Sub => binary!(I16X8, isub),
            Op::I16x8SubSatS => binary!(I16X8, ssub_sat),
            Op::I16x8SubSatU => binary!(I16X8, usub_sat),
            Op::I16x8Mul => binary!(I16X8, imul),
            Op::I16x8MinS => binary!(I16X8, smin),
            Op::I16x8MinU => binary!(I16X8, umin),
            Op::I16x8MaxS => binary!(I16X8, smax),
            Op::I16x8MaxU => binary!(I16X8, umax),
            Op::I16x8AvgrU => binary!(I16X8, avg_round),
            Op::I16x8Q15MulrSatS => binary!(I16X8, sqmul_round_sat),

            Op::I32x4Abs => unary!(I32X4, iabs),
            Op::I32x4Neg => unary!(I32X4, ineg),
            Op::I32x4Shl => shift!(I32X4, ishl),
            Op::I32x4ShrS => shift!(I32X4, sshr),
            Op::I32x4ShrU => shift!(I32X4, ushr),
            Op::I32x4Add => binary!(I32X4, iadd),
            Op::I32x4Sub => binary!(I32X4, isub),
            Op::I32x4Mul => binary!(I32X4, imul),
            Op::I32x4MinS => binary!(I32X4, smin),
            Op::I32x4MinU => binary!(I32X4, umin),
            Op::I32x4MaxS => binary!(I32X4, smax),
            Op::I32x4MaxU => binary!(I32X4, umax),

            Op::I64x2Abs => unary!(I64X2, iabs),
            Op::I64x2Neg => unary!(I64X2, ineg),
            Op::I64x2Shl => shift!(I64X2, ishl),
            Op::I64x2ShrS => shift!(I64X2, sshr),
            Op::I64x2ShrU => shift!(I64X2, ushr),
            Op::I64x2Add => binary!(I64X2, iadd),
            Op::I64x2Sub => binary!(I64X2, isub),
            Op::I64x2Mul => binary!(I64X2, imul),

            Op::I8x16NarrowI16x8S => binary!(I16X8, snarrow),
            Op::I8x16NarrowI16x8U => binary!(I16X8, unarrow),
            Op::I16x8NarrowI32x4S => binary!(I32X4, snarrow),
            Op::I16x8NarrowI32x4U => binary!(I32X4, unarrow),

            Op::I16x8ExtendLowI8x16S => self.extend(I8X16, Half::LowS),
            Op::I16x8ExtendHighI8x16S => self.extend(I8X16, Half::HighS),
            Op::I16x8ExtendLowI8x16U => self.extend(I8X16, Half::LowU),
            Op::I16x8ExtendHighI8x16U => self.extend(I8X16, Half::HighU),
            Op::I32x4ExtendLowI16x8S => self.extend(I16X8, Half::LowS),
            Op::I32x4ExtendHighI16x8S => self.extend(I16X8, Half::HighS),
            Op::I32x4ExtendLowI16x8U => self.extend(I16X8, Half::LowU),
            Op::I32x4ExtendHighI16x8U => self.extend(I16X8, Half::HighU),
            Op::I64x2ExtendLowI32x4S => self.extend(I32X4, Half::LowS),
            Op::I64x2ExtendHighI32x4S => self.extend(I32X4, Half::HighS),
            Op::I64x2ExtendLowI32x4U => self.extend(I32X4, Half::LowU),
            Op::I64x2ExtendHighI32x4U => self.extend(I32X4, Half::HighU),

            Op::I16x8ExtMulLowI8x16S => self.extended_product(I8X16, Half::LowS),
            Op::I16x8ExtMulHighI8x16S => self.extended_product(I8X16, Half::HighS),
            Op::I16x8ExtMulLowI8x16U => self.extended_product(I8X16, Half::LowU),
            Op::I16x8ExtMulHighI8x16U => self.extended_product(I8X16, Half::HighU),
            Op::I32x4ExtMulLowI16x8S => self.extended_product(I16X8, Half::LowS),
            Op::I32x4ExtMulHighI16x8S => self.extended_product(I16X8, Half::HighS),
            Op::I32x4ExtMulLowI16x8U => self.extended_product(I16X8, Half::LowU),
            Op::I32x4ExtMulHighI16x8U => self.extended_product(I16X8, Half::HighU),
            Op::I64x2ExtMulLowI32x4S => self.extended_product(I32X4, Half::LowS),
            Op::I64x2ExtMulHighI32x4S => self.extended_product(I32X4, Half::HighS),
            Op::I64x2ExtMulLowI32x4U => self.extended_product(I32X4, Half::LowU),
            Op::I64x2ExtMulHighI32x4U => self.extended_product(I32X4, Half::HighU),

            Op::I16x8ExtAddPairwiseI8x16S => self.pairwise_sum(I8X16, Half::LowS, Half::HighS),
            Op::I16x8ExtAddPairwiseI8x16U => self.pairwise_sum(I8X16, Half::LowU, Half::HighU),
            Op::I32x4ExtAddPairwiseI16x8S => self.pairwise_sum(I16X8, Half::LowS, Half::HighS),
            Op::I32x4ExtAddPairwiseI16x8U => self.pairwise_sum(I16X8, Half::LowU, Half::HighU),
            Op::I32x4DotI16x8S => {
                let (x, y) = self.pop2_as(I16X8);
                let low = self.product(x, y, Half::LowS);
                let high = self.product(x, y, Half::HighS);
                self.b.ins().iadd_pairwise(low, high)
            }

            Op::F32x4Ceil => unary!(F32X4, ceil),
            Op::F32x4Floor => unary!(F32X4, floor),
            Op::F32x4Trunc => unary!(F32X4, trunc),
            Op::F32x4Nearest => unary!(F32X4, nearest),
            Op::F32x4Abs => unary!(F32X4, fabs),
            Op::F32x4Neg => unary!(F32X4, fneg),
            Op::F32x4Sqrt => unary!(F32X4, sqrt),
            Op::F32x4Add => binary!(F32X4, fadd),
            Op::F32x4Sub => binary!(F32X4, fsub),
            Op::F32x4Mul => binary!(F32X4, fmul),
            Op::F32x4Div => binary!(F32X4, fdiv),
            Op::F32x4Min => binary!(F32X4, fmin),
            Op::F32x4Max => binary!(F32X4, fmax),
            Op::F32x4PMin => self.pseudo_minimum(F32X4),
            Op::F32x4PMax => self.pseudo_maximum(F32X4),
            Op::F64x2Ceil => unary!(F64X2, ceil),
            Op::F64x2Floor => unary!(F64X2, floor),
            Op::F64x2Trunc => unary!(F64X2, trunc),
            Op::F64x2Nearest => unary!(F64X2, nearest),
            Op::F64x2Abs => unary!(F64X2, fabs),
            Op::F64x2Neg => unary!(F64X2, fneg),
            Op::F64x2Sqrt => unary!(F64X2, sqrt),
            Op::F64x2Add => binary!(F64X2, fadd),
            Op::F64x2Sub => binary!(F64X2, fsub),
            Op::F64x2Mul => binary!(F64X2, fmul),
            Op::F64x2Div => binary!(F64X2, fdiv),
            Op::F64x2Min => binary!(F64X2, fmin),
            Op::F64x2Max => binary!(F64X2, fmax),
            Op::F64x2PMin => self.pseudo_minimum(F64X2),
            Op::F64x2PMax => self.pseudo_maximum(F64X2),

            Op::I32x4TruncSatF32x4S => unary!(F32X4, fcvt_to_sint_sat, I32X4),
            Op::I32x4TruncSatF32x4U => unary!(F32X4, fcvt_to_uint_sat, I32X4),
            // Saturating twice is saturating to the narrower; zeros fill the other half.
            Op::I32x4TruncSatF64x2SZero => {
                let wide = unary!(F64X2, fcvt_to_sint_sat, I64X2);
                let zero = self.vector_of(I64X2, 0);
                self.b.ins().snarrow(wide, zero)
            }
            Op::I32x4TruncSatF64x2UZero => {
                let wide = unary!(F64X2, fcvt_to_uint_sat, I64X2);
                let zero = self.vector_of(I64X2, 0);
                self.b.ins().uunarrow(wide, zero)
            }
            Op::F32x4ConvertI32x4S => unary!(I32X4, fcvt_from_sint, F32X4),
            Op::F32x4ConvertI32x4U => unary!(I32X4, fcvt_from_uint, F32X4),
            Op::F64x2ConvertLowI32x4S => {
                let wide = self.extend(I32X4, Half::LowS);
                self.b.ins().fcvt_from_sint(F64X2, wide)
            }
            Op::F64x2ConvertLowI32x4U => {
                let wide = self.extend(I32X4, Half::LowU);
                self.b.ins().fcvt_from_uint(F64X2, wide)
            }
            Op::F32x4DemoteF64x2Zero => unary!(F64X2, fvdemote),
            Op::F64x2PromoteLowF32x4 => unary!(F32X4, fvpromote_low),
            _ => return false,
        };
        if self.b.func.dfg.value_type(result).is_vector() {
            self.push_vector(result);
        } else {
            self.push(result);
        }
        true
    }

    /// Half of the lanes, each twice as wide.
    fn widen(&mut self, vector: Value, half: Half) -> Value {
        let ins = self.b.ins();
        match half {
            Half::LowS => ins.swiden_low(vector),
            Half::LowU => ins.uwiden_low(vector),
            Half::HighS => ins.swiden_high(vector),
            Half::HighU => ins.uwiden_high(vector),
        }
    }

    fn extend(&mut self, shape: Type, half: Half) -> Value {
        let vector = self.pop_as(shape);
        self.widen(vector, half)
    }

    /// The products of half of the lanes, each twice as wide.
    fn product(&mut self, x: Value, y: Value, half: Half) -> Value {
        let x = self.widen(x, half);
        let y = self.widen(y, half);
        self.b.ins().imul(x, y)
    }

    fn extended_product(&mut self, shape: Type, half: Half) -> Value {
        let (x, y) = self.pop2_as(shape);
        self.product(x, y, half)
    }

    /// The sums of neighbours, each twice as wide.
    fn pairwise_sum(&mut self, shape: Type, low: Half, high: Half) -> Value {
        let vector = self.pop_as(shape);
        let low = self.widen(vector, low);
        let high = self.widen(vector, high);
        self.b.ins().iadd_pairwise(low, high)
    }

    /// `y < x ? y : x`: the first operand where one is NaN, and of two zeros.
    fn pseudo_minimum(&mut self, shape: Type) -> Value {
        let (x, y) = self.pop2_as(shape);
        let less = self.b.ins().fcmp(FloatCC::LessThan, y, x);
        let less = self.cast(shape, less);
        self.b.ins().bitselect(less, y, x)
    }

    /// `x < y ? y : x`: the first operand where one is NaN, and of two zeros.
    fn pseudo_maximum(&mut self, shape: Type) -> Value {
        let (x, y) = self.pop2_as(shape);
        let less = self.b.ins().fcmp(FloatCC::LessThan, x, y);
        let less = self.cast(shape, less);
        self.b.ins().bitselect(less, y, x)
    }
}
