//! Core wasm function bodies to Cranelift IR.
//!
//! One pass over the operators of a validated body, with a stack of values that exists only here
//! and a stack of control frames (`control.rs`). Nothing recurses over the input: a body may nest
//! as deeply as it is long. Code after an unconditional branch is skipped, since it has no values.
//!
//! | file | operators |
//! |---|---|
//! | `control.rs` | blocks, branches, `return`, `unreachable` |
//! | `numeric.rs` | constants, arithmetic, comparisons, conversions |
//! | `simd/` | the same and memory access for vectors |
//! | `memory.rs` | loads, stores, bulk memory |
//! | `table.rs` | references, tables |
//! | `call.rs` | calls, globals, locals, `select` |
//!
//! **Every operator that is in none of these is refused by name.** Each instruction carries the
//! program-wide location of its operator (`source.rs`): traps and calls are found by it.

mod call;
mod control;
mod memory;
mod numeric;
mod simd;
mod table;
#[cfg(test)]
mod tests;

use super::Env;
use super::builder::Builder;
use super::names::Name;
use super::signature::{signature, value_type};
use crate::error::{Error, Place, Result};
use crate::program::{CoreInstance, FuncId, InstanceId, Module, SigId};
use control::Frame;
use cranelift_codegen::ir::{Function, InstBuilder, UserFuncName, Value, types};
use cranelift_frontend::{FunctionBuilderContext, Variable};
use wasmparser::{BinaryReader, FunctionBody, Operator, OperatorsReader};

/// Translates `func`, a `FuncKind::Wasm`.
///
/// # Errors
///
/// [`Error::Unsupported`] for an operator or type that nanocc doesn't compile,
/// [`Error::Malformed`] for a body that doesn't parse.
pub fn lower(env: &Env<'_>, func: FuncId) -> Result<Function> {
    let name = Name::Func(func).encode();
    let sig = env.program.funcs[func].sig;
    let mut function = Function::with_name_signature(
        UserFuncName::user(name.namespace, name.index),
        signature(&env.program.signatures[sig]),
    );
    let mut context = FunctionBuilderContext::new();
    let Some((instance, module, _)) = env.program.wasm(func) else {
        unreachable!("{func} is no function of a module");
    };
    let mut translation = Translation {
        b: Builder::new(env, &mut function, &mut context),
        func,
        instance,
        core: &env.program.instances[instance],
        module,
        values: Vec::new(),
        frames: Vec::new(),
        locals: Vec::new(),
        skipped: None,
        passed: 0,
        offset: 0,
    };
    translation.body(sig)?;
    translation.b.finish();
    Ok(function)
}

/// A body under translation.
struct Translation<'a, 'f> {
    b: Builder<'a, 'f>,
    func: FuncId,
    instance: InstanceId,
    core: &'a CoreInstance,
    module: &'a Module<'a>,
    /// The operand stack.
    values: Vec<Value>,
    /// The control stack; the function's own frame is the first.
    frames: Vec<Frame>,
    /// Parameters and locals.
    locals: Vec<Variable>,
    /// In unreachable code: how many blocks opened within it are still open.
    skipped: Option<u32>,
    /// Values that branches, blocks and calls have passed so far.
    passed: usize,
    /// The current operator's offset in the module.
    offset: u32,
}

impl<'a> Translation<'a, '_> {
    fn body(&mut self, sig: SigId) -> Result<()> {
        let env = self.b.env;
        let signature = &env.program.signatures[sig];
        let body = env.program.body(self.func).expect("a function of a module");
        let start = body.range.start;
        self.offset = start;

        self.b.set_srcloc(env.source.location(self.func, 0));
        for (value, &ty) in self.b.enter().into_iter().zip(&signature.params) {
            let variable = self.b.declare_var(value_type(ty));
            self.b.def_var(variable, value);
            self.locals.push(variable);
        }
        let reader = FunctionBody::new(BinaryReader::new(body.bytes, u64::from(start)));
        let mut locals = reader
            .get_locals_reader()
            .map_err(|error| self.malformed(&error))?;
        for _ in 0..locals.get_count() {
            let (count, ty) = locals.read().map_err(|error| self.malformed(&error))?;
            self.declare_locals(count, ty)?;
        }

        self.open_function(&signature.results);
        let mut operators = OperatorsReader::new(locals.get_binary_reader());
        while !self.frames.is_empty() {
            self.offset = operators.original_position() as u32;
            self.b
                .set_srcloc(env.source.location(self.func, self.offset - start));
            let operator = operators.read().map_err(|error| self.malformed(&error))?;
            self.operator(&operator)?;
            self.check_passed()?;
        }
        Ok(())
    }

    fn declare_locals(&mut self, count: u32, ty: wasmparser::ValType) -> Result<()> {
        let ty = match ty {
            wasmparser::ValType::I32 => types::I32,
            wasmparser::ValType::I64 => types::I64,
            wasmparser::ValType::F32 => types::F32,
            wasmparser::ValType::F64 => types::F64,
            wasmparser::ValType::V128 => simd::V128,
            wasmparser::ValType::Ref(ty) if ty.is_nullable() => types::I64,
            wasmparser::ValType::Ref(_) => {
                return Err(self.unsupported("a local of a non-nullable reference type"));
            }
        };
        let zero = match ty {
            types::F32 => self.b.ins().f32const(0.0),
            types::F64 => self.b.ins().f64const(0.0),
            simd::V128 => self.vector(0),
            ty => self.b.ins().iconst(ty, 0),
        };
        for _ in 0..count {
            let variable = self.b.declare_var(ty);
            self.b.def_var(variable, zero);
            self.locals.push(variable);
        }
        Ok(())
    }

    fn operator(&mut self, operator: &Operator<'_>) -> Result<()> {
        if self.skip(operator) {
            return Ok(());
        }
        if self.numeric(operator)
            || self.memory(operator)?
            || self.call(operator)
            || self.control(operator)?
            || self.table(operator)
            || self.simd(operator)
        {
            return Ok(());
        }
        let (proposal, name) = name_of(operator);
        Err(self.unsupported(format!("operator `{name}` of the proposal `{proposal}`")))
    }

    fn push(&mut self, value: Value) {
        self.values.push(value);
    }

    /// Takes a value from the operand stack.
    ///
    /// # Panics
    ///
    /// On code that doesn't validate, which `graph` refuses.
    fn pop(&mut self) -> Value {
        self.values.pop().expect("validated code leaves an operand")
    }

    fn pop2(&mut self) -> (Value, Value) {
        let second = self.pop();
        (self.pop(), second)
    }

    fn pop3(&mut self) -> (Value, Value, Value) {
        let third = self.pop();
        let (first, second) = self.pop2();
        (first, second, third)
    }

    /// Takes the topmost `count` values, in the order in which they were pushed.
    fn pop_many(&mut self, count: usize) -> Vec<Value> {
        self.values.split_off(self.values.len() - count)
    }

    fn place(&self) -> Place {
        let program = self.b.env.program;
        Place::at(self.module.offset + self.offset as usize)
            .component(&program.components[self.core.component].path)
            .item(program.func_name(self.func))
    }

    fn unsupported(&self, feature: impl Into<String>) -> Error {
        Error::Unsupported {
            feature: feature.into(),
            place: self.place(),
        }
    }

    fn malformed(&self, error: &wasmparser::BinaryReaderError) -> Error {
        Error::Malformed {
            message: error.message().to_owned(),
            place: self.place(),
        }
    }
}

/// An operator's proposal and its name, for people.
fn name_of(operator: &Operator<'_>) -> (&'static str, &'static str) {
    macro_rules! names {
        ($(@$proposal:ident $op:ident $({ $($field:ident: $ty:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
            match operator {
                $(Operator::$op { .. } => (stringify!($proposal), stringify!($visit)),)*
                _ => ("unknown", "visit_unknown"),
            }
        };
    }
    let (proposal, visit) = wasmparser::for_each_operator!(names);
    (proposal, visit.trim_start_matches("visit_"))
}
