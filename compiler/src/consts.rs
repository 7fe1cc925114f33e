//! Constant expressions, evaluated at compile time.
//!
//! A constant expression refers to immutable globals only, which are imported or defined earlier;
//! the whole program is known, so each has a value. What limits evaluation is size alone: a chain of
//! globals that each add the previous one to itself doubles the work at every link. Hence the
//! budget; an input that exceeds it is refused by the callers, with [`over_budget`].

use crate::error::Error;
use crate::facts::Constant;
use crate::program::{ConstExpr, ConstOp, GlobalId, InstanceId, Program, SegmentMode};

/// Most operators that one evaluation may take, following globals to their definitions.
pub const BUDGET: u32 = 1 << 12;
/// Most globals that may lie between an expression and a literal.
const DEPTH: u32 = 100;

/// The value of `expr`, which belongs to `instance`'s module. `None` if that takes more than
/// [`BUDGET`], or if the expression isn't a valid one.
pub fn eval(program: &Program<'_>, instance: InstanceId, expr: &ConstExpr) -> Option<Constant> {
    let mut budget = BUDGET;
    Evaluation {
        program,
        budget: &mut budget,
    }
    .expr(instance, expr, DEPTH)
}

/// The value that `global` has after its instance's instantiation began.
pub fn initial(program: &Program<'_>, global: GlobalId) -> Option<Constant> {
    let mut budget = BUDGET;
    Evaluation {
        program,
        budget: &mut budget,
    }
    .global(global, DEPTH)
}

/// Whether none of `instance`'s active segments can fail: each ends within the size that its memory or
/// table starts with.
pub fn segments_fit(program: &Program<'_>, instance: InstanceId) -> bool {
    let core = &program.instances[instance];
    let module = &program.modules[core.module];
    let fits = |mode: &SegmentMode, len: usize, size: &dyn Fn(usize) -> u64| match mode {
        SegmentMode::Passive | SegmentMode::Declared => true,
        SegmentMode::Active { index, offset } => match eval(program, instance, offset) {
            Some(Constant::I32(at)) => u64::from(at as u32) + len as u64 <= size(*index as usize),
            _ => false,
        },
    };
    let elements = |index: usize| u64::from(program.tables[core.tables[index]].ty.initial);
    let bytes = |index: usize| {
        let pages = program.memories[core.memories[index]].ty.initial;
        u64::from(pages) * nanocc_shim_abi::WASM_PAGE
    };
    let mut element_segments = module.elements.iter();
    let mut data_segments = module.data.iter();
    element_segments.all(|segment| fits(&segment.mode, segment.items.len(), &elements))
        && data_segments.all(|segment| fits(&segment.mode, segment.bytes.len(), &bytes))
}

/// The error for an expression that [`eval`] gives up on.
pub fn over_budget() -> Error {
    Error::limit(
        "operators in a constant expression and the globals that it refers to",
        u64::from(BUDGET),
    )
}

struct Evaluation<'e, 'a> {
    program: &'e Program<'a>,
    budget: &'e mut u32,
}

impl Evaluation<'_, '_> {
    fn global(&mut self, global: GlobalId, depth: u32) -> Option<Constant> {
        let global = &self.program.globals[global];
        let module = &self.program.modules[self.program.instances[global.instance].module];
        let defined = global.index.checked_sub(module.imported.globals)?;
        let init = module.global_inits.get(defined as usize)?;
        self.expr(global.instance, init, depth.checked_sub(1)?)
    }

    fn expr(&mut self, instance: InstanceId, expr: &ConstExpr, depth: u32) -> Option<Constant> {
        let mut stack = Vec::new();
        for &op in &expr.0 {
            *self.budget = self.budget.checked_sub(1)?;
            let value = match op {
                ConstOp::I32(value) => Constant::I32(value),
                ConstOp::I64(value) => Constant::I64(value),
                ConstOp::F32(bits) => Constant::F32(bits),
                ConstOp::F64(bits) => Constant::F64(bits),
                ConstOp::V128(bits) => Constant::V128(bits),
                ConstOp::RefNull => Constant::Null,
                ConstOp::RefFunc(index) => {
                    let funcs = &self.program.instances[instance].funcs;
                    Constant::Func(*funcs.get(index as usize)?)
                }
                ConstOp::GlobalGet(index) => {
                    let globals = &self.program.instances[instance].globals;
                    let global = *globals.get(index as usize)?;
                    if self.program.globals[global].ty.mutable {
                        return None;
                    }
                    self.global(global, depth)?
                }
                ConstOp::I32Add => int32(&mut stack, i32::wrapping_add)?,
                ConstOp::I32Sub => int32(&mut stack, i32::wrapping_sub)?,
                ConstOp::I32Mul => int32(&mut stack, i32::wrapping_mul)?,
                ConstOp::I64Add => int64(&mut stack, i64::wrapping_add)?,
                ConstOp::I64Sub => int64(&mut stack, i64::wrapping_sub)?,
                ConstOp::I64Mul => int64(&mut stack, i64::wrapping_mul)?,
            };
            stack.push(value);
        }
        match stack[..] {
            [value] => Some(value),
            _ => None,
        }
    }
}

fn int32(stack: &mut Vec<Constant>, op: fn(i32, i32) -> i32) -> Option<Constant> {
    match (stack.pop()?, stack.pop()?) {
        (Constant::I32(right), Constant::I32(left)) => Some(Constant::I32(op(left, right))),
        _ => None,
    }
}

fn int64(stack: &mut Vec<Constant>, op: fn(i64, i64) -> i64) -> Option<Constant> {
    match (stack.pop()?, stack.pop()?) {
        (Constant::I64(right), Constant::I64(left)) => Some(Constant::I64(op(left, right))),
        _ => None,
    }
}
