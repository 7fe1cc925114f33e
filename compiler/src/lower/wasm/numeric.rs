//! Constants, arithmetic, comparisons, conversions.
//!
//! Cranelift's instructions have wasm's semantics nearly everywhere: shift counts are taken modulo
//! the width, `fmin` and `fmax` propagate NaN and order zeros, division and conversion trap by
//! themselves with codes that `traps.rs` knows.

use super::Translation;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value, types};
use types::{F32, F64, I8, I16, I32, I64};
use wasmparser::Operator;

impl Translation<'_, '_> {
    /// Translates a numeric operator; `false` if it isn't one.
    pub(super) fn numeric(&mut self, operator: &Operator<'_>) -> bool {
        /// One operand.
        macro_rules! unary {
            ($name:ident) => {{
                let x = self.pop();
                self.b.ins().$name(x)
            }};
            ($name:ident, $ty:expr) => {{
                let x = self.pop();
                self.b.ins().$name($ty, x)
            }};
        }
        /// Two operands of the same type.
        macro_rules! binary {
            ($name:ident) => {{
                let (x, y) = self.pop2();
                self.b.ins().$name(x, y)
            }};
        }
        use Operator as Op;
        let result = match *operator {
            Op::I32Const { value } => self.b.ins().iconst(I32, i64::from(value)),
            Op::I64Const { value } => self.b.ins().iconst(I64, value),
            Op::F32Const { value } => self.b.ins().f32const(Ieee32::with_bits(value.bits())),
            Op::F64Const { value } => self.b.ins().f64const(Ieee64::with_bits(value.bits())),

            Op::I32Eqz | Op::I64Eqz => {
                let x = self.pop();
                let zero = self.b.ins().icmp_imm_u(IntCC::Equal, x, 0);
                self.b.ins().uextend(I32, zero)
            }
            Op::I32Eq | Op::I64Eq => self.compare(IntCC::Equal),
            Op::I32Ne | Op::I64Ne => self.compare(IntCC::NotEqual),
            Op::I32LtS | Op::I64LtS => self.compare(IntCC::SignedLessThan),
            Op::I32LtU | Op::I64LtU => self.compare(IntCC::UnsignedLessThan),
            Op::I32GtS | Op::I64GtS => self.compare(IntCC::SignedGreaterThan),
            Op::I32GtU | Op::I64GtU => self.compare(IntCC::UnsignedGreaterThan),
            Op::I32LeS | Op::I64LeS => self.compare(IntCC::SignedLessThanOrEqual),
            Op::I32LeU | Op::I64LeU => self.compare(IntCC::UnsignedLessThanOrEqual),
            Op::I32GeS | Op::I64GeS => self.compare(IntCC::SignedGreaterThanOrEqual),
            Op::I32GeU | Op::I64GeU => self.compare(IntCC::UnsignedGreaterThanOrEqual),
            Op::F32Eq | Op::F64Eq => self.compare_floats(FloatCC::Equal),
            Op::F32Ne | Op::F64Ne => self.compare_floats(FloatCC::NotEqual),
            Op::F32Lt | Op::F64Lt => self.compare_floats(FloatCC::LessThan),
            Op::F32Gt | Op::F64Gt => self.compare_floats(FloatCC::GreaterThan),
            Op::F32Le | Op::F64Le => self.compare_floats(FloatCC::LessThanOrEqual),
            Op::F32Ge | Op::F64Ge => self.compare_floats(FloatCC::GreaterThanOrEqual),

            Op::I32Clz | Op::I64Clz => unary!(clz),
            Op::I32Ctz | Op::I64Ctz => unary!(ctz),
            Op::I32Popcnt | Op::I64Popcnt => unary!(popcnt),
            Op::I32Add | Op::I64Add => binary!(iadd),
            Op::I32Sub | Op::I64Sub => binary!(isub),
            Op::I32Mul | Op::I64Mul => binary!(imul),
            Op::I32DivS | Op::I64DivS => binary!(sdiv),
            Op::I32DivU | Op::I64DivU => binary!(udiv),
            Op::I32RemS | Op::I64RemS => binary!(srem),
            Op::I32RemU | Op::I64RemU => binary!(urem),
            Op::I32And | Op::I64And => binary!(band),
            Op::I32Or | Op::I64Or => binary!(bor),
            Op::I32Xor | Op::I64Xor => binary!(bxor),
            Op::I32Shl | Op::I64Shl => binary!(ishl),
            Op::I32ShrS | Op::I64ShrS => binary!(sshr),
            Op::I32ShrU | Op::I64ShrU => binary!(ushr),
            Op::I32Rotl | Op::I64Rotl => binary!(rotl),
            Op::I32Rotr | Op::I64Rotr => binary!(rotr),

            Op::F32Abs | Op::F64Abs => unary!(fabs),
            Op::F32Neg | Op::F64Neg => unary!(fneg),
            Op::F32Ceil | Op::F64Ceil => unary!(ceil),
            Op::F32Floor | Op::F64Floor => unary!(floor),
            Op::F32Trunc | Op::F64Trunc => unary!(trunc),
            Op::F32Nearest | Op::F64Nearest => unary!(nearest),
            Op::F32Sqrt | Op::F64Sqrt => unary!(sqrt),
            Op::F32Add | Op::F64Add => binary!(fadd),
            Op::F32Sub | Op::F64Sub => binary!(fsub),
            Op::F32Mul | Op::F64Mul => binary!(fmul),
            Op::F32Div | Op::F64Div => binary!(fdiv),
            Op::F32Min | Op::F64Min => binary!(fmin),
            Op::F32Max | Op::F64Max => binary!(fmax),
            Op::F32Copysign | Op::F64Copysign => binary!(fcopysign),

            Op::I32WrapI64 => unary!(ireduce, I32),
            Op::I64ExtendI32S => unary!(sextend, I64),
            Op::I64ExtendI32U => unary!(uextend, I64),
            Op::I32TruncF32S | Op::I32TruncF64S => unary!(fcvt_to_sint, I32),
            Op::I32TruncF32U | Op::I32TruncF64U => unary!(fcvt_to_uint, I32),
            Op::I64TruncF32S | Op::I64TruncF64S => unary!(fcvt_to_sint, I64),
            Op::I64TruncF32U | Op::I64TruncF64U => unary!(fcvt_to_uint, I64),
            Op::I32TruncSatF32S | Op::I32TruncSatF64S => unary!(fcvt_to_sint_sat, I32),
            Op::I32TruncSatF32U | Op::I32TruncSatF64U => unary!(fcvt_to_uint_sat, I32),
            Op::I64TruncSatF32S | Op::I64TruncSatF64S => unary!(fcvt_to_sint_sat, I64),
            Op::I64TruncSatF32U | Op::I64TruncSatF64U => unary!(fcvt_to_uint_sat, I64),
            Op::F32ConvertI32S | Op::F32ConvertI64S => unary!(fcvt_from_sint, F32),
            Op::F32ConvertI32U | Op::F32ConvertI64U => unary!(fcvt_from_uint, F32),
            Op::F64ConvertI32S | Op::F64ConvertI64S => unary!(fcvt_from_sint, F64),
            Op::F64ConvertI32U | Op::F64ConvertI64U => unary!(fcvt_from_uint, F64),
            Op::F32DemoteF64 => unary!(fdemote, F32),
            Op::F64PromoteF32 => unary!(fpromote, F64),
            Op::I32ReinterpretF32 => self.reinterpret(I32),
            Op::I64ReinterpretF64 => self.reinterpret(I64),
            Op::F32ReinterpretI32 => self.reinterpret(F32),
            Op::F64ReinterpretI64 => self.reinterpret(F64),

            Op::I32Extend8S => self.sign_extend(I8, I32),
            Op::I32Extend16S => self.sign_extend(I16, I32),
            Op::I64Extend8S => self.sign_extend(I8, I64),
            Op::I64Extend16S => self.sign_extend(I16, I64),
            Op::I64Extend32S => self.sign_extend(I32, I64),
            _ => return false,
        };
        self.push(result);
        true
    }

    fn compare(&mut self, condition: IntCC) -> Value {
        let (x, y) = self.pop2();
        let holds = self.b.ins().icmp(condition, x, y);
        self.b.ins().uextend(I32, holds)
    }

    fn compare_floats(&mut self, condition: FloatCC) -> Value {
        let (x, y) = self.pop2();
        let holds = self.b.ins().fcmp(condition, x, y);
        self.b.ins().uextend(I32, holds)
    }

    fn reinterpret(&mut self, ty: Type) -> Value {
        let x = self.pop();
        self.b.ins().bitcast(ty, MemFlagsData::new(), x)
    }

    fn sign_extend(&mut self, from: Type, to: Type) -> Value {
        let x = self.pop();
        let low = self.b.ins().ireduce(from, x);
        self.b.ins().sextend(to, low)
    }
}
