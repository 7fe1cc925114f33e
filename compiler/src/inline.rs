//! Inlining: from Cranelift IR to Cranelift IR, across components.
//!
//! The problem: a composition's hot paths run through adapters and through functions that do one
//! thing and return. Only with the callee's body in the caller can the optimiser see that `add`'s
//! operands are constants or that a lifted value is lowered again. Cranelift copies bodies
//! (`Context::inline`); which calls, in which order, and what the copies remember is decided here.
//!
//! # Order
//!
//! **A callee is final before it is copied** (`functions.rs` sees to that), so one pass suffices and the
//! result doesn't depend on the number of threads. Calls between functions that may each call the other
//! are recursion and stay calls.
//!
//! # How large a function may grow
//!
//! Sizes are in instructions that are likely to become code, but no instruction is free: they all take the
//! compiler's memory and time, and a chain of functions that each call the next one twice doubles with
//! every link. See [`weigh`].
//!
//! # Source locations
//!
//! **A copied instruction carries the location of its original**, which names the callee
//! (`lower/source.rs`): a trap in inlined code is reported where it was written. Cranelift's inliner
//! (0.135.8) copies none. It visits the callee's blocks in depth-first pre-order and creates one
//! instruction for each of theirs, in order, after all existing ones (two for a tail call that becomes
//! a call and a jump). So the number of instructions before the copy, which the callback sees, and the
//! same walk over the callee give the pairs. Every pair's opcodes and the number of instructions in all
//! are compared, so that a Cranelift that does it differently is an error and not a wrong location.

use crate::callgraph::CallGraph;
use crate::codegen::symbol_name;
use crate::error::{Error, Result};
use crate::lower::Env;
use crate::lower::names::Name;
use crate::program::{FuncKind, Program};
use crate::target::OptLevel;
use cranelift_codegen::Context;
use cranelift_codegen::inline::{Inline, InlineCommand};
use cranelift_codegen::ir::{self, Function, Opcode, SourceLoc};
use cranelift_codegen::traversals::Dfs;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// What the optimisation level allows. Sizes are in instructions, see [`weigh`].
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A callee up to this is always worth it: about what a call costs.
    small: usize,
    /// The same for a callee with one call site and nothing else that refers to it: its own code goes.
    single: usize,
    /// The same for adapters and calls to the host: they were made to be taken apart.
    trampoline: usize,
    /// A caller grows no further than to this, except by callees no larger than [`Limits::tiny`].
    caller: usize,
    /// No larger than the call that they replace.
    tiny: usize,
}

impl Limits {
    /// Those of an optimisation level; `None` where nothing is inlined.
    pub fn of(opt: OptLevel) -> Option<Limits> {
        match opt {
            OptLevel::O0 => None,
            OptLevel::O1 => Some(Limits {
                small: 12,
                single: 60,
                trampoline: 1000,
                caller: 4000,
                tiny: 4,
            }),
            OptLevel::O2 => Some(Limits {
                small: 40,
                single: 400,
                trampoline: 2000,
                caller: 10_000,
                tiny: 8,
            }),
            OptLevel::Os => Some(Limits {
                small: 8,
                single: 400,
                trampoline: 60,
                caller: 10_000,
                tiny: 4,
            }),
        }
    }
}

/// A function whose calls have been dealt with, with what the heuristics ask about it.
#[derive(Debug)]
pub struct Body {
    pub name: Name,
    pub func: Function,
    /// See [`weigh`].
    size: usize,
    /// Whether one call is all that refers to it.
    once: bool,
    trampoline: bool,
}

impl Body {
    /// `once`: whether one call is all that refers to the function.
    pub fn new(name: Name, func: Function, once: bool, program: &Program<'_>) -> Body {
        Body {
            name,
            size: weigh(&func),
            once,
            trampoline: is_trampoline(program, name),
            func,
        }
    }
}

/// Whether `name` is one of our own making: an adapter, or a call into the shim.
fn is_trampoline(program: &Program<'_>, name: Name) -> bool {
    match name {
        Name::Func(func) | Name::Unchecked(func) => {
            !matches!(program.funcs[func].kind, FuncKind::Wasm { .. })
        }
        _ => false,
    }
}

/// A function's size: its instructions that are likely to become code, but at least a quarter of all.
/// Constants fold into others, jumps and their like mostly disappear.
fn weigh(func: &Function) -> usize {
    let mut all = 0usize;
    let likely: usize = func
        .layout
        .blocks()
        .flat_map(|block| func.layout.block_insts(block))
        .map(|inst| {
            all += 1;
            match func.dfg.insts[inst].opcode() {
                Opcode::Iconst
                | Opcode::F32const
                | Opcode::F64const
                | Opcode::Uextend
                | Opcode::Ireduce
                | Opcode::Bitcast
                | Opcode::Jump
                | Opcode::Return
                | Opcode::FuncAddr
                | Opcode::Nop => 0,
                // Arguments and results are moved, registers saved.
                Opcode::Call | Opcode::CallIndirect => 4,
                _ => 1,
            }
        })
        .sum();
    likely.max(all.div_ceil(4))
}

/// A callee's copy in the caller.
struct Copy<'a> {
    /// The caller's number of instructions before it.
    first: usize,
    callee: &'a Body,
    /// Whether the copied returns became jumps: it wasn't a tail call.
    returns: bool,
}

/// Answers Cranelift's questions about one caller.
struct Inliner<'a> {
    /// The caller's size so far.
    size: usize,
    graph: &'a CallGraph,
    callees: &'a HashMap<usize, Arc<Body>>,
    limits: Limits,
    copies: Vec<Copy<'a>>,
    /// A callee whose signature isn't the one that the caller expects.
    mismatch: Option<Name>,
}

impl Limits {
    /// Whether any caller would have a copy of `callee`.
    pub fn copies(&self, callee: &Body) -> bool {
        callee.size <= self.tiny.max(self.small)
            || callee.once && callee.size <= self.single
            || callee.trampoline && callee.size <= self.trampoline
    }

    /// Whether a caller that has grown to `size` should have a copy of `callee`.
    fn worth(&self, callee: &Body, size: usize) -> bool {
        callee.size <= self.tiny || self.copies(callee) && size + callee.size <= self.caller
    }
}

impl<'a> Inline for &mut Inliner<'a> {
    fn inline(
        &mut self,
        caller: &Function,
        _: ir::Inst,
        opcode: Opcode,
        callee: ir::FuncRef,
        _: &[ir::Value],
    ) -> InlineCommand<'_> {
        let imported = &caller.dfg.ext_funcs[callee];
        let vertex = Name::of(caller, &imported.name).and_then(|name| self.graph.vertex(name));
        let Some(body) = vertex.and_then(|vertex| self.callees.get(&vertex)) else {
            return InlineCommand::KeepCall;
        };
        if opcode == Opcode::TryCall || !self.limits.worth(body, self.size) {
            return InlineCommand::KeepCall;
        }
        if caller.dfg.signatures[imported.signature] != body.func.signature {
            self.mismatch = Some(body.name);
            return InlineCommand::KeepCall;
        }
        self.size += body.size;
        self.copies.push(Copy {
            first: caller.dfg.num_insts(),
            callee: body,
            returns: opcode == Opcode::Call,
        });
        InlineCommand::Inline {
            callee: Cow::Borrowed(&body.func),
            // It is final.
            visit_callee: false,
        }
    }
}

/// Inlines calls in the function `caller`. `callees` has the bodies that may be copied, which are final,
/// by vertex of `graph`.
///
/// # Errors
///
/// [`Error::Codegen`] where Cranelift refuses a function: a defect of nanocc.
pub fn calls(
    caller: Name,
    func: Function,
    callees: &HashMap<usize, Arc<Body>>,
    graph: &CallGraph,
    limits: Limits,
    env: &Env<'_>,
) -> Result<Function> {
    if callees.is_empty() {
        return Ok(func);
    }
    let defect = |message: String| Error::Codegen {
        func: symbol_name(env.program, caller),
        message,
    };
    let mut inliner = Inliner {
        size: weigh(&func),
        graph,
        callees,
        limits,
        copies: Vec::new(),
        mismatch: None,
    };
    let mut context = Context::for_function(func);
    context
        .inline(&mut inliner)
        .map_err(|e| defect(e.to_string()))?;
    let mut func = context.func;
    if let Some(callee) = inliner.mismatch {
        return Err(defect(format!(
            "it calls {} with another signature than that has",
            symbol_name(env.program, callee)
        )));
    }
    let mut ends = inliner.copies.iter().skip(1).map(|copy| copy.first);
    let total = func.dfg.num_insts();
    for copy in &inliner.copies {
        let end = ends.next().unwrap_or(total);
        let fallback = match copy.callee.name {
            Name::Func(id) | Name::Unchecked(id) | Name::Thunk(id) => env.source.location(id, 0),
            _ => SourceLoc::default(),
        };
        copy_locations(&mut func, copy, end, &copy.callee.func, fallback).map_err(&defect)?;
    }
    if cfg!(debug_assertions) && !inliner.copies.is_empty() {
        cranelift_codegen::verify_function(&func, env.isa).map_err(|e| defect(e.to_string()))?;
    }
    Ok(func)
}

/// Gives the instructions `copy.first..end` of `func` the locations of their originals in `callee`;
/// `fallback` where those have none. See the module's documentation.
fn copy_locations(
    func: &mut Function,
    copy: &Copy<'_>,
    end: usize,
    callee: &Function,
    fallback: SourceLoc,
) -> Result<(), String> {
    let mut next = copy.first;
    let mut dfs = Dfs::new();
    let originals = dfs
        .pre_order_iter(callee)
        .flat_map(|block| callee.layout.block_insts(block));
    for original in originals {
        let opcode = callee.dfg.insts[original].opcode();
        // What it became, and how many instructions it takes.
        let (becomes, takes) = match opcode {
            Opcode::Return if copy.returns => (Opcode::Jump, 1),
            Opcode::ReturnCall if copy.returns => (Opcode::Call, 2),
            Opcode::ReturnCallIndirect if copy.returns => (Opcode::CallIndirect, 2),
            other => (other, 1),
        };
        let location = match callee.srcloc(original) {
            location if location.is_default() => fallback,
            location => location,
        };
        for number in next..next + takes {
            if number >= end {
                return Err("an inlined copy has too few instructions".to_owned());
            }
            let inst = ir::Inst::from_u32(number as u32);
            if number == next && func.dfg.insts[inst].opcode() != becomes {
                return Err(format!(
                    "an inlined {opcode} became {}",
                    func.dfg.insts[inst].opcode()
                ));
            }
            func.set_srcloc(inst, location);
        }
        next += takes;
    }
    if next != end {
        return Err("an inlined copy has too many instructions".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
