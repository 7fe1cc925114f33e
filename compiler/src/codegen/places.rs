//! Source locations that survive optimisation and the folding of loads into their users.
//!
//! The optimiser makes of a branch to a block that only traps a conditional trap, which has the branch's
//! location. [`before_optimisation`] gives such branches the trap's: nobody asks for a branch's own.
//!
//! Code generation gives every instruction of the machine the location of one instruction of the IR.
//! Where it folds a load into its only user (`add rax, [rdi]`, `cmp [rdi], 0`), that is the user's. A load
//! is folded only if nothing between the two has an effect, so for a user there is at most one: the last
//! instruction before it, in its block, that loads or has an effect.
//!
//! [`Places::settle`] finds these pairs. A user that can't stop the program takes the load's location:
//! nothing else is ever asked of it. A user that can (a conditional trap, a division, a call) gets a
//! location of its own making that stands for both, and [`Places::of_trap`] tells them apart by the
//! trap's code. Instructions in between that only compute pass the load on.

use crate::lower::source::SourceMap;
use cranelift_codegen::ir::{Function, Inst, InstructionData, Opcode, SourceLoc, TrapCode, Value};
use std::collections::HashSet;

/// Locations from here on are made here; they are no function's.
const MADE: u32 = 0xf000_0000;

/// A user that may stop the program, and the load that may be folded into it.
#[derive(Debug, Clone, Copy)]
struct Pair {
    user: SourceLoc,
    load: SourceLoc,
    /// What the load traps with.
    code: TrapCode,
}

/// What the locations in a function's machine code mean.
#[derive(Debug)]
pub struct Places {
    pairs: Vec<Pair>,
    /// Where code without a location belongs.
    first: u32,
}

/// Prepares a function for the optimiser.
pub fn before_optimisation(func: &mut Function) {
    let trap_of = |func: &Function, block| {
        let first = func.layout.first_inst(block)?;
        (func.dfg.insts[first].opcode() == Opcode::Trap).then_some(first)
    };
    let blocks: Vec<_> = func.layout.blocks().collect();
    for block in blocks {
        let Some(branch) = func.layout.last_inst(block) else {
            continue;
        };
        if func.dfg.insts[branch].opcode() != Opcode::Brif {
            continue;
        }
        // Where both blocks trap, the first one's becomes the condition's.
        let trap = func
            .block_successors(block)
            .find_map(|successor| trap_of(func, successor));
        if let Some(trap) = trap {
            func.set_srcloc(branch, func.srcloc(trap));
        }
    }
}

impl Places {
    /// Prepares an optimised function for code generation.
    pub fn settle(func: &mut Function, source: &SourceMap, first: u32) -> Places {
        let mut places = Places {
            pairs: Vec::new(),
            first,
        };
        // A program with so much code would need more numbers; its locations are as Cranelift has them.
        if source
            .ranges()
            .last()
            .is_some_and(|&(last, _)| last >= MADE)
        {
            return places;
        }
        let mut carried = HashSet::new();
        let blocks: Vec<_> = func.layout.blocks().collect();
        for block in blocks {
            let mut open: Option<(Inst, TrapCode)> = None;
            carried.clear();
            let insts: Vec<_> = func.layout.block_insts(block).collect();
            for inst in insts {
                if let Some((load, code)) = open
                    && func
                        .dfg
                        .inst_values(inst)
                        .any(|value| carried.contains(&func.dfg.resolve_aliases(value)))
                {
                    places.meet(func, load, code, inst);
                    carried.extend(func.dfg.inst_results(inst).iter().copied());
                }
                let opcode = func.dfg.insts[inst].opcode();
                if let Some(code) = load_trap(func, inst) {
                    open = Some((inst, code));
                    carried.clear();
                    carried.extend(func.dfg.inst_results(inst).iter().copied());
                } else if has_effect(opcode) {
                    open = None;
                }
            }
        }
        places
    }

    /// Gives instructions that have no location that of the one behind them in their block: the optimiser makes new ones, from
    /// which what comes next is computed. Traps are left alone.
    pub fn fill(func: &mut Function) {
        let blocks: Vec<_> = func.layout.blocks().collect();
        for block in blocks {
            let mut next = SourceLoc::default();
            let insts: Vec<_> = func.layout.block_insts(block).collect();
            for inst in insts.into_iter().rev() {
                let own = func.srcloc(inst);
                if !own.is_default() {
                    next = own;
                } else if !func.dfg.insts[inst].opcode().can_trap() {
                    func.set_srcloc(inst, next);
                }
            }
        }
    }

    /// Sees to the location of `user`, into which `load` may be folded.
    fn meet(&mut self, func: &mut Function, load: Inst, code: TrapCode, user: Inst) {
        let (load_place, user_place) = (func.srcloc(load), func.srcloc(user));
        if load_place == user_place || load_place.is_default() {
            return;
        }
        let opcode = func.dfg.insts[user].opcode();
        if opcode.can_store() && !opcode.is_call() {
            // Load, compute and store at one address become one instruction. Where the load
            // doesn't fault, neither does the store.
            if same_address(func, load, user) {
                func.set_srcloc(user, load_place);
            }
        } else if own_trap(func, user).is_some() || opcode.is_call() || opcode.can_trap() {
            if own_trap(func, user) != Some(code) {
                let made = SourceLoc::new(MADE + self.pairs.len() as u32);
                self.pairs.push(Pair {
                    user: user_place,
                    load: load_place,
                    code,
                });
                func.set_srcloc(user, made);
            }
        } else {
            func.set_srcloc(user, load_place);
        }
    }

    fn pair(&self, location: SourceLoc) -> Option<&Pair> {
        self.pairs.get(location.bits().checked_sub(MADE)? as usize)
    }

    /// The location of a trap with `code` in machine code that has `location`.
    pub fn of_trap(&self, location: Option<SourceLoc>, code: TrapCode) -> u32 {
        let Some(location) = location else {
            return self.first;
        };
        match self.pair(location) {
            Some(pair) if pair.code == code => pair.load.bits(),
            Some(pair) => self.known(pair.user),
            None => location.bits(),
        }
    }

    /// The location of a call in machine code that has `location`.
    pub fn of_call(&self, location: Option<SourceLoc>) -> u32 {
        let Some(location) = location else {
            return self.first;
        };
        match self.pair(location) {
            Some(pair) => self.known(pair.user),
            None => location.bits(),
        }
    }

    fn known(&self, location: SourceLoc) -> u32 {
        if location.is_default() {
            self.first
        } else {
            location.bits()
        }
    }
}

/// What a load traps with, if `inst` is a load that may.
fn load_trap(func: &Function, inst: Inst) -> Option<TrapCode> {
    let data = &func.dfg.insts[inst];
    let opcode = data.opcode();
    if !opcode.can_load() || opcode.is_call() || opcode.can_store() {
        return None;
    }
    data.memflags_data(&func.dfg)?.trap_code()
}

/// What an instruction that isn't a load traps with.
fn own_trap(func: &Function, inst: Inst) -> Option<TrapCode> {
    func.dfg.insts[inst].trap_code()
}

/// Whether no load can be folded across an instruction with this opcode.
fn has_effect(opcode: Opcode) -> bool {
    opcode.can_load()
        || opcode.can_store()
        || opcode.can_trap()
        || opcode.is_call()
        || opcode.is_terminator()
        || opcode.other_side_effects()
}

/// Pointer and offset of a load's or store's address.
fn address(func: &Function, inst: Inst) -> Option<(Value, i32)> {
    match func.dfg.insts[inst] {
        InstructionData::Load { arg, offset, .. } => {
            Some((func.dfg.resolve_aliases(arg), offset.into()))
        }
        InstructionData::Store { args, offset, .. } => {
            Some((func.dfg.resolve_aliases(args[1]), offset.into()))
        }
        _ => None,
    }
}

fn same_address(func: &Function, load: Inst, store: Inst) -> bool {
    address(func, load).is_some_and(|place| address(func, store) == Some(place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{OptLevel, Target};
    use cranelift_codegen::Context;
    use cranelift_codegen::control::ControlPlane;
    use cranelift_codegen::ir::condcodes::IntCC;
    use cranelift_codegen::ir::{
        AbiParam, Endianness, InstBuilder, MemFlagsData, Signature, types,
    };
    use cranelift_codegen::isa::CallConv;
    use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

    const MEMORY: TrapCode = TrapCode::HEAP_OUT_OF_BOUNDS;
    const OTHER: TrapCode = TrapCode::unwrap_user(1);

    /// A function of two pointers and a number under construction.
    struct Test<'a> {
        b: FunctionBuilder<'a>,
        p: Value,
        q: Value,
        n: Value,
    }

    impl Test<'_> {
        fn at(&mut self, place: u32) -> &mut Self {
            self.b.set_srcloc(SourceLoc::new(place));
            self
        }

        fn flags(&self) -> MemFlagsData {
            MemFlagsData::new().with_trap_code(Some(MEMORY))
        }

        fn load(&mut self, pointer: Value) -> Value {
            let flags = self.flags();
            self.b.ins().load(types::I32, flags, pointer, 8)
        }

        fn store(&mut self, value: Value, pointer: Value) {
            let flags = self.flags();
            self.b.ins().store(flags, value, pointer, 8);
        }
    }

    /// Compiles what `body` builds, whose result is returned, for `target`; gives the places of its traps
    /// and the assembly.
    fn traps(
        target: &Target,
        body: impl FnOnce(&mut Test<'_>) -> Value,
    ) -> (Vec<(TrapCode, u32)>, String) {
        let mut signature = Signature::new(CallConv::Fast);
        for ty in [types::I64, types::I64, types::I32] {
            signature.params.push(AbiParam::new(ty));
        }
        signature.returns.push(AbiParam::new(types::I32));
        let mut func = Function::with_name_signature(Default::default(), signature);
        let mut context = FunctionBuilderContext::new();
        let mut b = FunctionBuilder::new(&mut func, &mut context);
        let block = b.create_block();
        b.append_block_params_for_function_params(block);
        b.switch_to_block(block);
        let [p, q, n] = *b.block_params(block) else {
            unreachable!()
        };
        let mut test = Test { b, p, q, n };
        let result = body(&mut test);
        test.at(99).b.ins().return_(&[result]);
        test.b.seal_all_blocks();
        let isa = target.generating_isa(OptLevel::O2).unwrap();
        test.b.finalize(isa.frontend_config());

        let mut context = Context::for_function(func);
        before_optimisation(&mut context.func);
        let optimising = target.isa(OptLevel::O2).unwrap();
        context
            .optimize(optimising.as_ref(), &mut ControlPlane::default())
            .unwrap();
        let places = Places::settle(&mut context.func, &SourceMap::default(), 1);
        context.set_disasm(true);
        context
            .compile(isa.as_ref(), &mut ControlPlane::default())
            .unwrap();
        let compiled = context.take_compiled_code().unwrap();
        let ranges = compiled.buffer.get_srclocs_sorted();
        let mut found: Vec<(TrapCode, u32)> = compiled
            .buffer
            .traps()
            .iter()
            .map(|trap| {
                let range = ranges
                    .iter()
                    .find(|range| (range.start..range.end).contains(&trap.offset));
                let place = places.of_trap(range.map(|range| range.loc), trap.code);
                (trap.code, place)
            })
            .collect();
        found.sort_by_key(|(code, place)| (*place, code.as_raw()));
        found.dedup();
        (found, compiled.vcode.unwrap())
    }

    /// Expects `expected` on both machines, and on x86-64 that the code holds `folded`.
    fn check(folded: &str, expected: &[(TrapCode, u32)], body: impl Fn(&mut Test<'_>) -> Value) {
        let (found, assembly) = traps(&Target::x86_64(), &body);
        assert_eq!(found, expected, "{assembly}");
        assert!(assembly.contains(folded), "{assembly}");
        let (found, assembly) = traps(&Target::aarch64(), &body);
        assert_eq!(found, expected, "{assembly}");
    }

    #[test]
    fn into_arithmetic() {
        check("addl 8(%rdi)", &[(MEMORY, 7)], |t| {
            let (p, n) = (t.p, t.n);
            let loaded = t.at(7).load(p);
            t.at(9).b.ins().iadd(n, loaded)
        });
    }

    /// A vector's load is unaligned, and so never an operand of SSE's arithmetic: it stays a `movdqu`,
    /// but one that belongs to the user and has its place.
    #[test]
    fn into_arithmetic_on_vectors() {
        check("movdqu 8(%rdi)", &[(MEMORY, 7)], |t| {
            let (p, n) = (t.p, t.n);
            let lanes = t.b.ins().splat(types::I32X4, n);
            let flags = t.flags();
            let loaded = t.at(7).b.ins().load(types::I32X4, flags, p, 8);
            let sum = t.at(9).b.ins().iadd(lanes, loaded);
            t.at(10).b.ins().extractlane(sum, 1)
        });
    }

    #[test]
    fn into_a_splat_of_a_vector() {
        check("movss 8(%rdi)", &[(MEMORY, 7)], |t| {
            let p = t.p;
            let loaded = t.at(7).load(p);
            let lanes = t.at(9).b.ins().splat(types::I32X4, loaded);
            t.at(10).b.ins().extractlane(lanes, 1)
        });
    }

    #[test]
    fn into_a_lane_of_a_vector() {
        check("pinsrb $0x1, 8(%rdi)", &[(MEMORY, 7)], |t| {
            let (p, n) = (t.p, t.n);
            let byte = t.b.ins().ireduce(types::I8, n);
            let lanes = t.b.ins().splat(types::I8X16, byte);
            let flags = t.flags();
            let loaded = t.at(7).b.ins().load(types::I8, flags, p, 8);
            let lanes = t.at(9).b.ins().insertlane(lanes, loaded, 1);
            let flags = MemFlagsData::new().with_endianness(Endianness::Little);
            let lanes = t.at(10).b.ins().bitcast(types::I32X4, flags, lanes);
            t.b.ins().extractlane(lanes, 0)
        });
    }

    #[test]
    fn into_a_conditional_trap() {
        check("cmpl 8(%rdi)", &[(MEMORY, 7), (OTHER, 11)], |t| {
            let (p, n) = (t.p, t.n);
            let loaded = t.at(7).load(p);
            let same = t.at(9).b.ins().icmp(IntCC::Equal, n, loaded);
            t.at(11).b.ins().trapnz(same, OTHER);
            n
        });
    }

    #[test]
    fn into_a_store_at_the_same_address() {
        check("addl %edx, 8(%rdi)", &[(MEMORY, 7)], |t| {
            let (p, n) = (t.p, t.n);
            let loaded = t.at(7).load(p);
            let sum = t.at(9).b.ins().iadd(loaded, n);
            t.at(11).store(sum, p);
            n
        });
    }

    #[test]
    fn not_into_a_store_elsewhere() {
        check("addl 8(%rdi)", &[(MEMORY, 7), (MEMORY, 11)], |t| {
            let (p, q, n) = (t.p, t.q, t.n);
            let loaded = t.at(7).load(p);
            let sum = t.at(9).b.ins().iadd(n, loaded);
            t.at(11).store(sum, q);
            n
        });
    }

    #[test]
    fn not_across_an_effect() {
        check("movl 8(%rdi)", &[(MEMORY, 7), (MEMORY, 8)], |t| {
            let (p, q, n) = (t.p, t.q, t.n);
            let loaded = t.at(7).load(p);
            t.at(8).store(n, q);
            t.at(9).b.ins().iadd(n, loaded)
        });
    }

    #[test]
    fn the_last_of_two_loads() {
        check("8(%rsi)", &[(MEMORY, 7), (MEMORY, 8)], |t| {
            let (p, q) = (t.p, t.q);
            let first = t.at(7).load(p);
            let last = t.at(8).load(q);
            t.at(9).b.ins().iadd(first, last)
        });
    }

    #[test]
    fn into_a_division() {
        let zero = TrapCode::INTEGER_DIVISION_BY_ZERO;
        check("div", &[(MEMORY, 7), (zero, 9)], |t| {
            let (p, n) = (t.p, t.n);
            let loaded = t.at(7).load(p);
            t.at(9).b.ins().udiv(n, loaded)
        });
    }

    #[test]
    fn a_branch_to_a_trap() {
        for negate in [false, true] {
            check("#trap=user1", &[(OTHER, 11)], |t| {
                let (n, b) = (t.n, &mut t.b);
                let [traps, goes_on] = [(); 2].map(|()| b.create_block());
                b.set_srcloc(SourceLoc::new(9));
                if negate {
                    b.ins().brif(n, goes_on, &[], traps, &[]);
                } else {
                    b.ins().brif(n, traps, &[], goes_on, &[]);
                }
                b.switch_to_block(traps);
                b.set_srcloc(SourceLoc::new(11));
                b.ins().trap(OTHER);
                b.switch_to_block(goes_on);
                n
            });
        }
    }
}
