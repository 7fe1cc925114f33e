//! Fixed-width vectors: the proposal `simd`.
//!
//! # One type for `v128`
//!
//! WebAssembly has one type of vector, Cranelift one for each shape. **A vector is an `I8X16` wherever
//! it is a value of the program**: on the operand stack, in locals, globals, block parameters and
//! signatures. An operator reads it as its own shape and hands back an `I8X16`; both are a `bitcast`,
//! which is no instruction on either machine. Lane 0 is the one at the lowest address, so the casts are
//! little-endian ones.
//!
//! [`Translation::pop_as`] undoes the cast of the operator before where the shapes agree, so chains of
//! one shape reach the code generator without a cast between them: it selects instructions by what
//! stands next to each other (`pmaddwd` for a pairwise sum of products), also at `-O0`.
//!
//! | file | operators |
//! |---|---|
//! | `arithmetic.rs` | arithmetic, comparisons, conversions, bits |
//! | `lanes.rs` | constants, splats, single lanes, shuffles |
//! | `memory.rs` | loads and stores |
//!
//! # Alignment
//!
//! The SSE form of most operators faults on a memory operand that isn't a multiple of 16, and guests
//! may load from anywhere. The code generator folds a load only if its flags say that it is aligned,
//! which those of `address.rs` never do; it uses `movdqu` then. Globals are aligned by the plan.
//!
//! The proposal `relaxed_simd` isn't here: its operators may differ between processors, and a program
//! of ours gives the same results everywhere.

mod arithmetic;
mod lanes;
mod memory;

use super::Translation;
use cranelift_codegen::ir::types::I8X16;
use cranelift_codegen::ir::{
    ConstantData, Endianness, InstBuilder, InstructionData, MemFlagsData, Opcode, Type, Value,
};
use wasmparser::Operator;

/// The type of every vector that is a value of the program.
pub(super) const V128: Type = I8X16;

impl Translation<'_, '_> {
    /// Translates an operator on vectors; `false` if it is something else.
    pub(super) fn simd(&mut self, operator: &Operator<'_>) -> bool {
        self.vector_arithmetic(operator)
            || self.vector_lanes(operator)
            || self.vector_memory(operator)
    }

    /// The vector with these bits, lane 0 lowest.
    pub(super) fn vector(&mut self, bits: u128) -> Value {
        self.vector_of(V128, bits)
    }

    fn vector_of(&mut self, shape: Type, bits: u128) -> Value {
        let data = ConstantData::from(&bits.to_le_bytes()[..]);
        let constant = self.b.func.dfg.constants.insert(data);
        self.b.ins().vconst(shape, constant)
    }

    /// Takes a vector from the operand stack, as one of this shape.
    fn pop_as(&mut self, shape: Type) -> Value {
        let value = self.pop();
        if shape == V128 {
            return value;
        }
        let dfg = &self.b.func.dfg;
        if let Some(inst) = dfg.value_def(value).inst()
            && let InstructionData::LoadNoOffset {
                opcode: Opcode::Bitcast,
                arg,
                ..
            } = dfg.insts[inst]
            && dfg.value_type(arg) == shape
        {
            return arg;
        }
        self.cast(shape, value)
    }

    /// Two vectors of one shape, in the order in which they were pushed.
    fn pop2_as(&mut self, shape: Type) -> (Value, Value) {
        let second = self.pop_as(shape);
        (self.pop_as(shape), second)
    }

    /// Puts a vector of any shape on the operand stack.
    fn push_vector(&mut self, vector: Value) {
        let value = if self.b.func.dfg.value_type(vector) == V128 {
            vector
        } else {
            self.cast(V128, vector)
        };
        self.push(value);
    }

    /// The same bits as another shape.
    fn cast(&mut self, shape: Type, vector: Value) -> Value {
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        self.b.ins().bitcast(shape, flags, vector)
    }
}
