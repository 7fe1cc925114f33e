//! Constants, splats, single lanes, shuffles.

use super::super::Translation;
use super::V128;
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use types::{F32X4, F64X2, I8, I8X16, I16, I16X8, I32, I32X4, I64X2};
use wasmparser::Operator;

impl Translation<'_, '_> {
    /// Translates an operator that moves lanes; `false` if it is something else.
    pub(super) fn vector_lanes(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as Op;
        match *operator {
            Op::V128Const { value } => {
                let vector = self.vector(value.i128() as u128);
                self.push(vector);
            }

            Op::I8x16Splat => self.splat(I8X16),
            Op::I16x8Splat => self.splat(I16X8),
            Op::I32x4Splat => self.splat(I32X4),
            Op::I64x2Splat => self.splat(I64X2),
            Op::F32x4Splat => self.splat(F32X4),
            Op::F64x2Splat => self.splat(F64X2),

            Op::I8x16ExtractLaneS { lane } | Op::I16x8ExtractLaneS { lane } => {
                let shape = match operator {
                    Op::I8x16ExtractLaneS { .. } => I8X16,
                    _ => I16X8,
                };
                let value = self.lane(shape, lane);
                let value = self.b.ins().sextend(I32, value);
                self.push(value);
            }
            Op::I8x16ExtractLaneU { lane } | Op::I16x8ExtractLaneU { lane } => {
                let shape = match operator {
                    Op::I8x16ExtractLaneU { .. } => I8X16,
                    _ => I16X8,
                };
                let value = self.lane(shape, lane);
                let value = self.b.ins().uextend(I32, value);
                self.push(value);
            }
            Op::I32x4ExtractLane { lane } => self.extract_lane(I32X4, lane),
            Op::I64x2ExtractLane { lane } => self.extract_lane(I64X2, lane),
            Op::F32x4ExtractLane { lane } => self.extract_lane(F32X4, lane),
            Op::F64x2ExtractLane { lane } => self.extract_lane(F64X2, lane),

            Op::I8x16ReplaceLane { lane } => self.replace_lane(I8X16, lane),
            Op::I16x8ReplaceLane { lane } => self.replace_lane(I16X8, lane),
            Op::I32x4ReplaceLane { lane } => self.replace_lane(I32X4, lane),
            Op::I64x2ReplaceLane { lane } => self.replace_lane(I64X2, lane),
            Op::F32x4ReplaceLane { lane } => self.replace_lane(F32X4, lane),
            Op::F64x2ReplaceLane { lane } => self.replace_lane(F64X2, lane),

            Op::I8x16Shuffle { lanes } => {
                let (x, y) = self.pop2_as(V128);
                let mask = self.b.func.dfg.immediates.push((&lanes[..]).into());
                let vector = self.b.ins().shuffle(x, y, mask);
                self.push(vector);
            }
            Op::I8x16Swizzle => {
                let (x, lanes) = self.pop2_as(V128);
                let vector = self.b.ins().swizzle(x, lanes);
                self.push(vector);
            }
            _ => return false,
        }
        true
    }

    fn splat(&mut self, shape: Type) {
        let lane = self.pop_lane(shape);
        let vector = self.b.ins().splat(shape, lane);
        self.push_vector(vector);
    }

    fn lane(&mut self, shape: Type, lane: u8) -> Value {
        let vector = self.pop_as(shape);
        self.b.ins().extractlane(vector, lane)
    }

    fn extract_lane(&mut self, shape: Type, lane: u8) {
        let value = self.lane(shape, lane);
        self.push(value);
    }

    fn replace_lane(&mut self, shape: Type, lane: u8) {
        let value = self.pop_lane(shape);
        let vector = self.pop_as(shape);
        let vector = self.b.ins().insertlane(vector, value, lane);
        self.push_vector(vector);
    }

    /// Takes a lane's value from the operand stack: of an `i32` its low bits where lanes are narrower.
    fn pop_lane(&mut self, shape: Type) -> Value {
        let value = self.pop();
        match shape.lane_type() {
            narrow @ (I8 | I16) => self.b.ins().ireduce(narrow, value),
            _ => value,
        }
    }
}
