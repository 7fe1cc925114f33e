//! Loads and stores of vectors and of their lanes. Addresses come from `address.rs` alone, each for
//! as many bytes as the operator touches, which for most of them is fewer than 16.
//!
//! Single lanes of 32 and 64 bits are loaded as floats, whatever they are: that puts them into a vector
//! register, also where the load and its use end up apart and aren't one instruction.

use super::super::Translation;
use super::V128;
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use types::{F32X4, F64X2, I8X16, I16X8, I32X4, I64X2};
use wasmparser::{MemArg, Operator};

impl Translation<'_, '_> {
    /// Translates a load or store; `false` if the operator is something else.
    pub(super) fn vector_memory(&mut self, operator: &Operator<'_>) -> bool {
        /// A load of 8 bytes whose lanes become twice as wide.
        macro_rules! widening {
            ($memarg:expr, $name:ident) => {{
                let at = self.load_access($memarg, 8);
                let vector = self.b.ins().$name(at.flags, at.pointer, at.offset);
                self.push_vector(vector)
            }};
        }
        use Operator as Op;
        match *operator {
            Op::V128Load { memarg } => {
                let vector = self.load_scalar(memarg, V128);
                self.push(vector);
            }
            Op::V128Store { memarg } => {
                let vector = self.pop_as(V128);
                self.store_scalar(memarg, vector);
            }

            Op::V128Load8x8S { memarg } => widening!(memarg, sload8x8),
            Op::V128Load8x8U { memarg } => widening!(memarg, uload8x8),
            Op::V128Load16x4S { memarg } => widening!(memarg, sload16x4),
            Op::V128Load16x4U { memarg } => widening!(memarg, uload16x4),
            Op::V128Load32x2S { memarg } => widening!(memarg, sload32x2),
            Op::V128Load32x2U { memarg } => widening!(memarg, uload32x2),

            Op::V128Load8Splat { memarg } => self.load_splat(memarg, I8X16),
            Op::V128Load16Splat { memarg } => self.load_splat(memarg, I16X8),
            Op::V128Load32Splat { memarg } => self.load_splat(memarg, F32X4),
            Op::V128Load64Splat { memarg } => self.load_splat(memarg, F64X2),

            Op::V128Load32Zero { memarg } => self.load_zero(memarg, F32X4),
            Op::V128Load64Zero { memarg } => self.load_zero(memarg, F64X2),

            Op::V128Load8Lane { memarg, lane } => self.load_lane(memarg, I8X16, lane),
            Op::V128Load16Lane { memarg, lane } => self.load_lane(memarg, I16X8, lane),
            Op::V128Load32Lane { memarg, lane } => self.load_lane(memarg, F32X4, lane),
            Op::V128Load64Lane { memarg, lane } => self.load_lane(memarg, F64X2, lane),

            Op::V128Store8Lane { memarg, lane } => self.store_lane(memarg, I8X16, lane),
            Op::V128Store16Lane { memarg, lane } => self.store_lane(memarg, I16X8, lane),
            Op::V128Store32Lane { memarg, lane } => self.store_lane(memarg, I32X4, lane),
            Op::V128Store64Lane { memarg, lane } => self.store_lane(memarg, I64X2, lane),
            _ => return false,
        }
        true
    }

    /// Takes the index and loads a `ty`, all of it.
    fn load_scalar(&mut self, memarg: MemArg, ty: Type) -> Value {
        let at = self.load_access(memarg, ty.bytes() as u8);
        self.b.ins().load(ty, at.flags, at.pointer, at.offset)
    }

    /// Takes the index and stores `value`, all of it.
    fn store_scalar(&mut self, memarg: MemArg, value: Value) {
        let bytes = self.b.func.dfg.value_type(value).bytes() as u8;
        let at = self.load_access(memarg, bytes);
        self.b.ins().store(at.flags, value, at.pointer, at.offset);
    }

    fn load_splat(&mut self, memarg: MemArg, shape: Type) {
        let lane = self.load_scalar(memarg, shape.lane_type());
        let vector = self.b.ins().splat(shape, lane);
        self.push_vector(vector);
    }

    fn load_zero(&mut self, memarg: MemArg, shape: Type) {
        let lane = self.load_scalar(memarg, shape.lane_type());
        let vector = self.b.ins().scalar_to_vector(shape, lane);
        self.push_vector(vector);
    }

    fn load_lane(&mut self, memarg: MemArg, shape: Type, lane: u8) {
        let vector = self.pop_as(shape);
        let value = self.load_scalar(memarg, shape.lane_type());
        let vector = self.b.ins().insertlane(vector, value, lane);
        self.push_vector(vector);
    }

    fn store_lane(&mut self, memarg: MemArg, shape: Type, lane: u8) {
        let vector = self.pop_as(shape);
        let value = self.b.ins().extractlane(vector, lane);
        self.store_scalar(memarg, value);
    }
}
