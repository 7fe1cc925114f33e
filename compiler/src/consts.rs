//! Constant expressions, evaluated at compile time.

use crate::facts::Constant;
use crate::program::{ConstExpr, ConstOp, GlobalId, InstanceId, Program};

/// The value of `expr` in `instance`, or `None` where it depends on a global whose value at
/// instantiation isn't known (a mutable one that was imported).
pub fn eval(program: &Program<'_>, instance: InstanceId, expr: &ConstExpr) -> Option<Constant> {
    let mut stack = Vec::new();
    for op in &expr.0 {
        let value = match *op {
            ConstOp::I32(value) => Constant::I32(value),
            ConstOp::I64(value) => Constant::I64(value),
            ConstOp::F32(bits) => Constant::F32(bits),
            ConstOp::F64(bits) => Constant::F64(bits),
            ConstOp::V128(bits) => Constant::V128(bits),
            ConstOp::RefNull => Constant::Null,
            ConstOp::RefFunc(index) => {
                Constant::Func(*program.instances[instance].funcs.get(index as usize)?)
            }
            ConstOp::GlobalGet(index) => {
                initial(program, *program.instances[instance].globals.get(index as usize)?)?
            }
            ConstOp::I32Add | ConstOp::I32Sub | ConstOp::I32Mul => {
                let (Constant::I32(b), Constant::I32(a)) = (stack.pop()?, stack.pop()?) else {
                    return None;
                };
                Constant::I32(match op {
                    ConstOp::I32Add => a.wrapping_add(b),
                    ConstOp::I32Sub => a.wrapping_sub(b),
                    _ => a.wrapping_mul(b),
                })
            }
            ConstOp::I64Add | ConstOp::I64Sub | ConstOp::I64Mul => {
                let (Constant::I64(b), Constant::I64(a)) = (stack.pop()?, stack.pop()?) else {
                    return None;
                };
                Constant::I64(match op {
                    ConstOp::I64Add => a.wrapping_add(b),
                    ConstOp::I64Sub => a.wrapping_sub(b),
                    _ => a.wrapping_mul(b),
                })
            }
        };
        stack.push(value);
    }
    stack.pop()
}

/// The value that an immutable global has, or that a mutable one starts with in its own instance.
///
/// A constant expression may only read immutable globals (validation), so for those this is the
/// value that it sees. The recursion ends: an initialiser only reads globals defined earlier.
pub fn initial(program: &Program<'_>, global: GlobalId) -> Option<Constant> {
    let definition = &program.globals[global];
    let module = &program.modules[program.instances[definition.instance].module];
    let init = module
        .global_inits
        .get((definition.index - module.imported.globals) as usize)?;
    eval(program, definition.instance, init)
}
