//! Structured control flow.
//!
//! A frame's `end` block takes the frame's results as block parameters; whoever leaves the frame
//! jumps there. A block is sealed when its last predecessor is known: `end` when the frame closes, a
//! loop's header likewise, the arms of an `if` at once. An `end` that nobody jumps to is never
//! inserted, and the code after it is unreachable.
//!
//! A branch of two bytes can pass a thousand values on, and so can a call. What all of a function's pass is bounded by
//! [`MAX_PASSED`], or a function of the size that the specification's implementations allow could ask for
//! gigabytes of intermediate code.

use super::super::signature::value_type;
use super::Translation;
use super::simd::V128;
use crate::error::{Error, Result};
use crate::program::ValType;
use cranelift_codegen::ir::{
    Block, BlockArg, InstBuilder, InstructionData, JumpTableData, Opcode, Type, Value, types,
};
use nanocc_shim_abi::Trap;
use std::collections::BTreeMap;
use wasmparser::{BlockType, BrTable, Operator};

/// Values that the branches, blocks and calls of one function may pass, all together. Compilers' output passes few in each:
/// the largest functions that exist (7 MB) have fewer branches and calls than this.
const MAX_PASSED: usize = 1 << 24;

/// An open block, loop, `if` or function.
pub(super) struct Frame {
    kind: Kind,
    /// Where the frame ends; takes its results.
    end: Block,
    /// Whether anything jumps to `end`.
    left: bool,
    /// Operands below the frame's parameters.
    height: usize,
    params: usize,
    results: usize,
}

enum Kind {
    /// A block, a function, or the second arm of an `if`.
    Block,
    Loop {
        header: Block,
    },
    /// The first arm of an `if`: the other arm, and the parameters, which both arms get.
    If {
        other: Block,
        params: Vec<Value>,
    },
}

impl Translation<'_, '_> {
    /// Opens the function's own frame.
    pub(super) fn open_function(&mut self, results: &[ValType]) {
        let results: Vec<Type> = results.iter().map(|&ty| value_type(ty)).collect();
        let end = self.block_with(&results);
        self.frames.push(Frame {
            kind: Kind::Block,
            end,
            left: false,
            height: 0,
            params: 0,
            results: results.len(),
        });
    }

    /// In unreachable code, keeps track of nesting. Returns whether `operator` is skipped.
    pub(super) fn skip(&mut self, operator: &Operator<'_>) -> bool {
        let Some(open) = &mut self.skipped else {
            return false;
        };
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => *open += 1,
            Operator::Else | Operator::End if *open == 0 => return false,
            Operator::End => *open -= 1,
            // Blocks of proposals that have no translation, so that `end`s still match.
            Operator::TryTable { .. } | Operator::Try { .. } => *open += 1,
            Operator::Delegate { .. } => *open = open.saturating_sub(1),
            _ => {}
        }
        true
    }

    /// Translates a control operator; `false` if it isn't one.
    pub(super) fn control(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match operator {
            Operator::Nop => {}
            Operator::Unreachable => {
                self.b.trap(Trap::Unreachable);
                self.skipped = Some(0);
            }
            Operator::Block { blockty } => {
                let (params, results) = self.block_type(*blockty);
                self.open(Kind::Block, params.len(), &results);
            }
            Operator::Loop { blockty } => {
                let (params, results) = self.block_type(*blockty);
                let header = self.block_with(&params);
                let args = self.pop_many(params.len());
                self.jump(header, &args);
                self.b.switch_to_block(header);
                let params = self.b.block_params(header).to_vec();
                self.values.extend_from_slice(&params);
                self.open(Kind::Loop { header }, params.len(), &results);
            }
            Operator::If { blockty } => {
                let (params, results) = self.block_type(*blockty);
                let condition = self.pop_condition();
                let then = self.b.create_block();
                let other = self.b.create_block();
                self.b.ins().brif(condition, then, &[], other, &[]);
                self.b.seal_block(then);
                self.b.seal_block(other);
                self.b.switch_to_block(then);
                let kind = Kind::If {
                    other,
                    params: self.values[self.values.len() - params.len()..].to_vec(),
                };
                self.open(kind, params.len(), &results);
            }
            Operator::Else => self.else_arm(),
            Operator::End => self.close(),
            Operator::Br { relative_depth } => {
                let (target, arity) = self.target(*relative_depth);
                let args = self.pop_many(arity);
                self.jump(target, &args);
                self.skipped = Some(0);
            }
            Operator::BrIf { relative_depth } => {
                let condition = self.pop_condition();
                let (target, arity) = self.target(*relative_depth);
                let args = block_args(&self.values[self.values.len() - arity..]);
                self.passed += arity;
                let next = self.b.create_block();
                self.b.ins().brif(condition, target, &args, next, &[]);
                self.b.seal_block(next);
                self.b.switch_to_block(next);
            }
            Operator::BrTable { targets } => self.br_table(targets)?,
            Operator::Return => {
                let (target, arity) = self.target(self.frames.len() as u32 - 1);
                let args = self.pop_many(arity);
                self.jump(target, &args);
                self.skipped = Some(0);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn br_table(&mut self, targets: &BrTable<'_>) -> Result<()> {
        let index = self.pop();
        let (default, arity) = self.target(targets.default());
        let mut forwards = BTreeMap::new();
        let mut entry = |this: &mut Self, target: Block| {
            // Each entry has its own list of arguments, which are the same to every target: so they are passed
            // on by a block for each target, however often the table has that.
            let block = match arity {
                0 => target,
                _ => *forwards
                    .entry(target)
                    .or_insert_with(|| this.b.create_block()),
            };
            this.b.func.dfg.block_call(block, &[])
        };
        let mut entries = Vec::with_capacity(targets.len() as usize);
        for depth in targets.targets() {
            let depth = depth.map_err(|error| self.malformed(&error))?;
            let (target, _) = self.target(depth);
            entries.push(entry(self, target));
        }
        let default = entry(self, default);
        let table = self
            .b
            .create_jump_table(JumpTableData::new(default, &entries));
        self.b.ins().br_table(index, table);
        let args = self.pop_many(arity);
        for (target, forward) in forwards {
            self.b.seal_block(forward);
            self.b.switch_to_block(forward);
            self.jump(target, &args);
            self.check_passed()?;
        }
        self.skipped = Some(0);
        Ok(())
    }

    /// Where a branch to the frame `depth` levels out goes, and how many operands it takes along.
    fn target(&mut self, depth: u32) -> (Block, usize) {
        let at = self.frames.len() - 1 - depth as usize;
        let frame = &mut self.frames[at];
        match frame.kind {
            Kind::Loop { header } => (header, frame.params),
            Kind::Block | Kind::If { .. } => {
                frame.left = true;
                (frame.end, frame.results)
            }
        }
    }

    fn open(&mut self, kind: Kind, params: usize, results: &[Type]) {
        let end = self.block_with(results);
        self.frames.push(Frame {
            kind,
            end,
            left: false,
            height: self.values.len() - params,
            params,
            results: results.len(),
        });
    }

    /// Leaves the innermost frame by falling off its end, if its end is reachable.
    fn fall_through(&mut self) {
        if self.skipped.is_none() {
            let (end, arity) = {
                let frame = self.frames.last_mut().expect("an open frame");
                frame.left = true;
                (frame.end, frame.results)
            };
            let args = self.pop_many(arity);
            self.jump(end, &args);
        }
    }

    fn else_arm(&mut self) {
        self.fall_through();
        let frame = self.frames.last_mut().expect("an open frame");
        let Kind::If { other, params } = std::mem::replace(&mut frame.kind, Kind::Block) else {
            unreachable!("validated code has its `else` in an `if`");
        };
        self.values.truncate(frame.height);
        self.values.extend_from_slice(&params);
        self.b.switch_to_block(other);
        self.skipped = None;
    }

    fn close(&mut self) {
        self.fall_through();
        let mut frame = self.frames.pop().expect("an open frame");
        match frame.kind {
            Kind::Block => {}
            Kind::Loop { header } => self.b.seal_block(header),
            Kind::If { other, params } => {
                // Without `else`, the parameters are the results.
                self.b.switch_to_block(other);
                self.jump(frame.end, &params);
                frame.left = true;
            }
        }
        self.values.truncate(frame.height);
        if !frame.left {
            self.skipped = Some(0);
            return;
        }
        self.skipped = None;
        self.b.seal_block(frame.end);
        self.b.switch_to_block(frame.end);
        let results = self.b.block_params(frame.end).to_vec();
        if self.frames.is_empty() {
            self.b.ins().return_(&results);
        } else {
            self.values.extend_from_slice(&results);
        }
    }

    /// Refuses a function that passes too many values. To be asked after each operator.
    pub(super) fn check_passed(&self) -> Result<()> {
        if self.passed > MAX_PASSED {
            return Err(Error::Limit {
                what: "values passed by the branches and calls of one function",
                limit: MAX_PASSED as u64,
                place: self.place(),
            });
        }
        Ok(())
    }

    fn jump(&mut self, target: Block, args: &[Value]) {
        self.passed += args.len();
        let args = block_args(args);
        self.b.ins().jump(target, &args);
    }

    fn block_with(&mut self, params: &[Type]) -> Block {
        self.passed += params.len();
        let block = self.b.create_block();
        for &ty in params {
            self.b.append_block_param(block, ty);
        }
        block
    }

    fn block_type(&self, ty: BlockType) -> (Vec<Type>, Vec<Type>) {
        match ty {
            BlockType::Empty => (Vec::new(), Vec::new()),
            BlockType::Type(ty) => (Vec::new(), vec![reader_type(ty)]),
            BlockType::FuncType(index) => {
                let signature = &self.b.env.program.signatures[self.module.types[index as usize]];
                let types = |types: &[ValType]| types.iter().map(|&ty| value_type(ty)).collect();
                (types(&signature.params), types(&signature.results))
            }
        }
    }

    /// Takes a condition. A comparison's result was extended to an `i32` for the operand stack;
    /// the branch takes it as it was.
    pub(super) fn pop_condition(&mut self) -> Value {
        let value = self.pop();
        let dfg = &self.b.func.dfg;
        match dfg.value_def(value).inst().map(|inst| dfg.insts[inst]) {
            Some(InstructionData::Unary {
                opcode: Opcode::Uextend,
                arg,
            }) => arg,
            _ => value,
        }
    }
}

/// Cranelift's type for a type in the code.
fn reader_type(ty: wasmparser::ValType) -> Type {
    match ty {
        wasmparser::ValType::I32 => types::I32,
        wasmparser::ValType::I64 | wasmparser::ValType::Ref(_) => types::I64,
        wasmparser::ValType::F32 => types::F32,
        wasmparser::ValType::F64 => types::F64,
        wasmparser::ValType::V128 => V128,
    }
}

fn block_args(values: &[Value]) -> Vec<BlockArg> {
    values.iter().map(|&value| BlockArg::Value(value)).collect()
}
