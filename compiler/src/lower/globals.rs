//! Reading a global: a constant where `facts` knows its value, else a word at a planned address.

use super::builder::{Builder, Region};
use super::signature::value_type;
use crate::facts::Constant;
use crate::program::GlobalId;
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{ConstantData, InstBuilder, Value, types};

/// The value of the global `id` now.
pub fn get(b: &mut Builder<'_, '_>, id: GlobalId) -> Value {
    let env = b.env;
    let Some(constant) = env.facts.global_value(id) else {
        let ty = value_type(env.program.globals[id].ty.ty);
        let flags = b.trusted(Region::Global(id));
        return b.load_planned(ty, flags, env.plan.globals[id]);
    };
    match constant {
        Constant::I32(value) => b.ins().iconst(types::I32, i64::from(value)),
        Constant::I64(value) => b.ins().iconst(types::I64, value),
        Constant::F32(bits) => b.ins().f32const(Ieee32::with_bits(bits)),
        Constant::F64(bits) => b.ins().f64const(Ieee64::with_bits(bits)),
        Constant::V128(bits) => {
            let bytes = ConstantData::from(&bits.to_le_bytes()[..]);
            let bytes = b.func.dfg.constants.insert(bytes);
            b.ins().vconst(types::I8X16, bytes)
        }
        Constant::Null => b.ins().iconst(types::I64, 0),
        Constant::Func(func) => b.func_value(func),
    }
}
