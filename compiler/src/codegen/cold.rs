//! Code that runs once, out of the way of code that runs often.
//!
//! The problem: every function that a toolchain's component exports asks first whether the module's constructors have run,
//! and lets them run if not. Inlined into a loop, that code lies in the middle, and every turn jumps across it: two taken branches
//! instead of one, which is what a small loop's speed is made of (a twentieth of the time on average over all placements modulo 64
//! bytes where the loop isn't bound by a chain of computations, and in one placement of thirty the double).
//!
//! A *guard* is a branch that finds a place in memory zero and goes to blocks which make it something else and then
//! meet the other way:
//!
//! ```text
//!         x = load P
//!         brif x, on, first
//! first:  ...
//!         store 1, P
//!         jump on
//! on:
//! ```
//!
//! P is a constant, so what is behind `first` runs once, until somebody clears P. (Where P is computed, this is the mark in a sieve or
//! in a set of visited nodes, and runs often.) [`lay_aside`] marks these blocks as cold: code generation puts them behind the rest of
//! the function, and the other way has no jump.
//!
//! **Only the layout depends on this.** A program that clears P each time is slower by two jumps, and does the same.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Block, FuncRef, Function, Inst, InstructionData, Opcode, Value, ValueDef,
};

/// A guarded part with more blocks isn't looked at to its end.
const BLOCKS: usize = 32;

/// How deep an address or a condition may be nested.
const DEPTH: usize = 6;

/// An address that is known when compiling, but for that of a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    symbol: Option<FuncRef>,
    offset: i64,
}

/// Marks what only runs once. `func` is optimised: constants are folded.
pub fn lay_aside(func: &mut Function) {
    let mut cold = Vec::new();
    for block in func.layout.blocks() {
        if let Some((place, first, on)) = guard(func, block) {
            cold.extend(once(func, block, place, first, on).into_iter().flatten());
        }
    }
    for block in cold {
        func.layout.set_cold(block);
    }
}

/// The place that `block` ends by asking for, where it goes if there is zero, and where it goes if not.
fn guard(func: &Function, block: Block) -> Option<(Place, Block, Block)> {
    let InstructionData::Brif { arg, blocks, .. } =
        &func.dfg.insts[func.layout.last_inst(block)?]
    else {
        return None;
    };
    let [mut on, mut first] = blocks.map(|call| call.block(&func.dfg.value_lists));
    let mut asked = *arg;
    for _ in 0..DEPTH {
        let inst = definition(func, asked)?;
        match func.dfg.insts[inst] {
            InstructionData::Load { .. } => return Some((address(func, inst)?, first, on)),
            InstructionData::Unary {
                opcode: Opcode::Uextend | Opcode::Sextend,
                arg,
            } => asked = arg,
            InstructionData::IntCompare {
                cond: cond @ (IntCC::Equal | IntCC::NotEqual),
                args: [arg, zero],
                ..
            } if constant(func, zero) == Some(0) => {
                if cond == IntCC::Equal {
                    std::mem::swap(&mut on, &mut first);
                }
                asked = arg;
            }
            _ => return None,
        }
    }
    None
}

/// The blocks from `first` until `on`, if they write what isn't zero to `place` and lead nowhere else.
fn once(
    func: &Function,
    guard: Block,
    place: Place,
    first: Block,
    on: Block,
) -> Option<Vec<Block>> {
    let mut blocks = vec![first];
    let mut next = 0;
    let (mut writes, mut meets) = (false, first == on);
    while let Some(&block) = blocks.get(next) {
        next += 1;
        let last = func.layout.last_inst(block)?;
        if !matches!(
            func.dfg.insts[last].opcode(),
            Opcode::Jump | Opcode::Brif | Opcode::BrTable | Opcode::Trap
        ) {
            return None;
        }
        writes |= func.layout.block_insts(block).any(|inst| {
            matches!(func.dfg.insts[inst], InstructionData::Store { args: [value, _], .. }
                if constant(func, value).is_some_and(|value| value != 0))
                && address(func, inst) == Some(place)
        });
        for successor in func.block_successors(block) {
            if successor == on {
                meets = true;
            } else if successor == guard || blocks.len() == BLOCKS {
                return None;
            } else if !blocks.contains(&successor) {
                blocks.push(successor);
            }
        }
    }
    (writes && meets && first != on).then_some(blocks)
}

/// The instruction that computes a value.
fn definition(func: &Function, value: Value) -> Option<Inst> {
    match func.dfg.value_def(func.dfg.resolve_aliases(value)) {
        ValueDef::Result(inst, _) => Some(inst),
        _ => None,
    }
}

fn constant(func: &Function, value: Value) -> Option<i64> {
    match func.dfg.insts[definition(func, value)?] {
        InstructionData::UnaryImm {
            opcode: Opcode::Iconst,
            imm,
        } => Some(imm.bits()),
        // A constant for a store of fewer bytes.
        InstructionData::Unary {
            opcode: Opcode::Ireduce,
            arg,
        } => constant(func, arg),
        _ => None,
    }
}

/// The place that a load or a store means, where that is known.
fn address(func: &Function, inst: Inst) -> Option<Place> {
    let (pointer, offset) = match func.dfg.insts[inst] {
        InstructionData::Load { arg, offset, .. } => (arg, offset),
        InstructionData::Store { args, offset, .. } => (args[1], offset),
        _ => return None,
    };
    let place = pointed(func, pointer, DEPTH)?;
    Some(Place {
        offset: place.offset.wrapping_add(offset.into()),
        ..place
    })
}

fn pointed(func: &Function, pointer: Value, depth: usize) -> Option<Place> {
    let depth = depth.checked_sub(1)?;
    match func.dfg.insts[definition(func, pointer)?] {
        InstructionData::UnaryImm {
            opcode: Opcode::Iconst,
            imm,
        } => Some(Place {
            symbol: None,
            offset: imm.bits(),
        }),
        InstructionData::FuncAddr { func_ref, .. } => Some(Place {
            symbol: Some(func_ref),
            offset: 0,
        }),
        InstructionData::Binary {
            opcode: Opcode::Iadd,
            args: [a, b],
        } => {
            let (a, b) = (pointed(func, a, depth)?, pointed(func, b, depth)?);
            let symbol = match (a.symbol, b.symbol) {
                (Some(_), Some(_)) => return None,
                (a, b) => a.or(b),
            };
            Some(Place {
                symbol,
                offset: a.offset.wrapping_add(b.offset),
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{OptLevel, Target};
    use cranelift_codegen::Context;
    use cranelift_codegen::control::ControlPlane;
    use cranelift_codegen::ir::{
        AbiParam, ExtFuncData, ExternalName, InstBuilder, LibCall, MemFlagsData, Signature, types,
    };
    use cranelift_codegen::isa::CallConv;
    use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

    /// A function with a loop that has a guard within, under construction.
    struct Test<'a> {
        b: FunctionBuilder<'a>,
        /// The function's parameter.
        pointer: Value,
        /// A place that the linker knows.
        base: Value,
        first: Block,
        on: Block,
    }

    impl Test<'_> {
        fn load(&mut self, pointer: Value, offset: i32) -> Value {
            let flags = MemFlagsData::new();
            self.b.ins().uload8(types::I32, flags, pointer, offset)
        }

        fn store(&mut self, value: i64, pointer: Value, offset: i32) {
            let value = self.b.ins().iconst(types::I32, value);
            let flags = MemFlagsData::new();
            self.b.ins().istore8(flags, value, pointer, offset);
        }

        fn add(&mut self, pointer: Value, offset: i64) -> Value {
            let offset = self.b.ins().iconst(types::I64, offset);
            self.b.ins().iadd(pointer, offset)
        }

        fn branch(&mut self, asked: Value) {
            let (first, on) = (self.first, self.on);
            self.b.ins().brif(asked, on, &[], first, &[]);
            self.b.switch_to_block(first);
        }

        fn meet(&mut self) {
            let on = self.on;
            self.b.ins().jump(on, &[]);
        }
    }

    /// How many blocks of the function are cold, in whose loop `body` makes the guard and what it guards.
    fn cold(body: impl FnOnce(&mut Test<'_>)) -> (usize, Context) {
        let mut signature = Signature::new(CallConv::Fast);
        signature.params.push(AbiParam::new(types::I64));
        signature.params.push(AbiParam::new(types::I32));
        let mut func = Function::with_name_signature(Default::default(), signature);
        let mut context = FunctionBuilderContext::new();
        let mut b = FunctionBuilder::new(&mut func, &mut context);
        let [entry, head, first, on, end] = [(); 5].map(|()| b.create_block());
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        let [pointer, count] = *b.block_params(entry) else {
            unreachable!()
        };
        let signature = b.import_signature(Signature::new(CallConv::Fast));
        let symbol = b.import_function(ExtFuncData {
            name: ExternalName::LibCall(LibCall::Memcpy),
            signature,
            colocated: false,
            patchable: false,
        });
        let base = b.ins().func_addr(types::I64, symbol);
        let left = b.append_block_param(head, types::I32);
        b.ins().jump(head, &[count.into()]);
        b.switch_to_block(head);
        let mut test = Test {
            b,
            pointer,
            base,
            first,
            on,
        };
        body(&mut test);
        let mut b = test.b;
        b.switch_to_block(on);
        let one = b.ins().iconst(types::I32, 1);
        let left = b.ins().isub(left, one);
        b.ins().brif(left, head, &[left.into()], end, &[]);
        b.switch_to_block(end);
        b.ins().return_(&[]);
        b.seal_all_blocks();
        let isa = Target::x86_64().isa(OptLevel::O2).unwrap();
        b.finalize(isa.frontend_config());

        let mut context = Context::for_function(func);
        context
            .optimize(isa.as_ref(), &mut ControlPlane::default())
            .unwrap();
        lay_aside(&mut context.func);
        context.verify(isa.as_ref()).unwrap();
        let layout = &context.func.layout;
        let cold = layout.blocks().filter(|&block| layout.is_cold(block));
        (cold.count(), context)
    }

    /// The jumps in the machine code, in the order in which they lie.
    fn jumps(mut context: Context) -> Vec<String> {
        let isa = Target::x86_64().generating_isa(OptLevel::O2).unwrap();
        context.set_disasm(true);
        context
            .compile(isa.as_ref(), &mut ControlPlane::default())
            .unwrap();
        let compiled = context.take_compiled_code().unwrap();
        let bytes = compiled.buffer.data();
        let decoder = iced_x86::Decoder::with_ip(64, bytes, 0, iced_x86::DecoderOptions::NONE);
        decoder
            .into_iter()
            .filter(|inst| inst.op0_kind() == iced_x86::OpKind::NearBranch64)
            .map(|inst| {
                let back = inst.near_branch_target() <= inst.ip();
                let kind = match inst.mnemonic() {
                    iced_x86::Mnemonic::Jmp => "always",
                    _ => "if",
                };
                format!("{kind} {}", if back { "back" } else { "on" })
            })
            .collect()
    }

    #[test]
    fn what_a_flag_guards_lies_behind_the_loop() {
        let (count, context) = cold(|t| {
            let place = t.add(t.base, 0x10_0084);
            let flag = t.load(place, 0);
            t.branch(flag);
            let place = t.add(t.base, 0x10_0080);
            t.store(1, place, 4);
            t.meet();
        });
        assert_eq!(count, 1);
        // Out of the loop when the flag is zero, back to its head, and from what is guarded back into the loop.
        assert_eq!(jumps(context), ["if on", "if back", "always back"]);
    }

    #[test]
    fn without_it_the_loop_jumps_across() {
        let (count, context) = cold(|t| {
            let flag = t.load(t.pointer, 0);
            t.branch(flag);
            t.store(1, t.pointer, 0);
            t.meet();
        });
        assert_eq!(count, 0, "the place isn't a constant");
        assert_eq!(jumps(context), ["if on", "if back"]);
    }

    #[test]
    fn all_the_blocks_of_it_and_either_sense_of_the_question() {
        let (count, _) = cold(|t| {
            let place = t.b.ins().iconst(types::I64, 0x1000_0000);
            let flag = t.load(place, 8);
            let zero = t.b.ins().icmp_imm_u(IntCC::Equal, flag, 0);
            let (first, on) = (t.first, t.on);
            t.b.ins().brif(zero, first, &[], on, &[]);
            t.b.switch_to_block(first);
            let [one, other, both] = [(); 3].map(|()| t.b.create_block());
            let value = t.load(t.pointer, 0);
            t.b.ins().brif(value, one, &[], other, &[]);
            t.b.switch_to_block(one);
            t.store(5, t.pointer, 3);
            t.b.ins().jump(both, &[]);
            t.b.switch_to_block(other);
            t.store(6, t.pointer, 4);
            t.b.ins().jump(both, &[]);
            t.b.switch_to_block(both);
            let place = t.b.ins().iconst(types::I64, 0x1000_0000);
            t.store(1, place, 8);
            t.meet();
        });
        assert_eq!(count, 4);
    }

    #[test]
    fn what_may_run_often_stays() {
        let (count, _) = cold(|t| {
            let flag = t.load(t.base, 0);
            t.branch(flag);
            t.store(1, t.base, 1);
            t.meet();
        });
        assert_eq!(count, 0, "another place is written");
        let (count, _) = cold(|t| {
            let flag = t.load(t.base, 0);
            t.branch(flag);
            t.store(0, t.base, 0);
            t.meet();
        });
        assert_eq!(count, 0, "zero is written");
        let (count, _) = cold(|t| {
            let flag = t.load(t.base, 0);
            t.branch(flag);
            t.store(1, t.base, 0);
            t.b.ins().return_(&[]);
        });
        assert_eq!(
            count, 0,
            "the rest of the function, where `on` is a refusal"
        );
        let (count, _) = cold(|t| {
            let flag = t.load(t.base, 0);
            let zero = t.b.ins().icmp_imm_u(IntCC::Equal, flag, 0);
            t.branch(zero);
            t.store(1, t.base, 0);
            t.meet();
        });
        assert_eq!(count, 0, "where the place isn't zero it may stay so");
    }
}
