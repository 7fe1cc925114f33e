//! Inlining: from Cranelift IR to Cranelift IR, across components.
//!
//! The problem: a composition's hot paths run through adapters and through functions that do one
//! thing and return. Only with the callee's body in the caller can the optimiser see that `add`'s
//! operands are constants or that a lifted value is lowered again. Cranelift copies bodies
//! (`Context::inline`); which calls, in which order, and what the copies remember is decided here.
//!
//! # Order
//!
//! The vertices of the call graph are the functions, its edges direct calls. Its strongly connected
//! components are stratified: a component's layer is one above its callees' highest. Layers are
//! processed from the leaves up, the functions of a layer in parallel. So **a callee is final before
//! it is copied**, one pass suffices, and the result doesn't depend on the number of threads. Calls
//! within a strongly connected component are recursion and stay calls.
//!
//! ```text
//! layer 2    run ──────────┐
//! layer 1    adapter(get)  │ even ⇄ odd      (a component of two functions)
//! layer 0    get           leaf
//! ```
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

use crate::codegen::symbol_name;
use crate::error::{Error, Result};
use crate::lower::Env;
use crate::lower::names::Name;
use crate::program::{FuncId, FuncKind, Program};
use crate::target::OptLevel;
use cranelift_codegen::Context;
use cranelift_codegen::inline::{Inline, InlineCommand};
use cranelift_codegen::ir::{self, Function, Opcode, SourceLoc};
use cranelift_codegen::traversals::Dfs;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// What the optimisation level allows. Sizes are in instructions, see [`weigh`].
#[derive(Debug, Clone, Copy)]
struct Limits {
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
    fn of(opt: OptLevel) -> Option<Limits> {
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

/// Inlines calls among `functions` and returns those to which anything still leads, in the same order.
///
/// # Errors
///
/// [`Error::Codegen`] where Cranelift refuses a function: a defect of nanocc.
pub fn run(
    functions: Vec<(Name, Function)>,
    env: &Env<'_>,
    opt: OptLevel,
) -> Result<Vec<(Name, Function)>> {
    let Some(limits) = Limits::of(opt) else {
        return Ok(functions);
    };
    let index = index(&functions);
    let references: Vec<References> = functions
        .par_iter()
        .map(|(_, func)| References::of(func, &index))
        .collect();
    let mut call_sites = vec![0usize; functions.len()];
    let mut escapes = vec![false; functions.len()];
    for references in &references {
        for &callee in &references.calls {
            call_sites[callee] += 1;
        }
        for &taken in &references.addresses {
            escapes[taken] = true;
        }
    }
    for func in referenced_by_segments(env.program) {
        if let Some(&index) = index.get(&Name::Func(func)) {
            escapes[index] = true;
        }
    }
    let graph: Vec<&[usize]> = references.iter().map(|r| r.calls.as_slice()).collect();
    let Strata { component, layers } = stratify(&graph);

    let mut bodies: Vec<Body> = functions
        .into_iter()
        .enumerate()
        .map(|(index, (name, func))| Body {
            name,
            size: weigh(&func),
            single: call_sites[index] == 1 && !escapes[index],
            trampoline: is_trampoline(env.program, name),
            func,
        })
        .collect();

    // The leaves call nothing.
    for layer in layers.iter().skip(1) {
        let mut callers: Vec<(usize, Function)> = layer
            .iter()
            .map(|&index| {
                (
                    index,
                    std::mem::replace(&mut bodies[index].func, Function::new()),
                )
            })
            .collect();
        callers.par_iter_mut().try_for_each(|(caller, func)| {
            let mut inliner = Inliner {
                caller: *caller,
                size: bodies[*caller].size,
                bodies: &bodies,
                index: &index,
                component: &component,
                limits,
                copies: Vec::new(),
                mismatch: None,
            };
            inline_calls(func, &mut inliner, env)
        })?;
        for (index, func) in callers {
            bodies[index].size = weigh(&func);
            bodies[index].func = func;
        }
    }
    let functions = bodies
        .into_iter()
        .map(|body| (body.name, body.func))
        .collect();
    Ok(retain_referenced(functions, env.program))
}

/// Where each function is in the list.
fn index(functions: &[(Name, Function)]) -> HashMap<Name, usize> {
    functions
        .iter()
        .enumerate()
        .map(|(index, (name, _))| (*name, index))
        .collect()
}

/// Drops the functions to which nothing leads any more. What the executable starts from stays: the
/// main function, what tables may hold, what the shim calls.
fn retain_referenced(
    functions: Vec<(Name, Function)>,
    program: &Program<'_>,
) -> Vec<(Name, Function)> {
    let index = index(&functions);
    let in_tables = referenced_by_segments(program);
    let mut seen = vec![false; functions.len()];
    let mut queue: Vec<usize> = functions
        .iter()
        .enumerate()
        .filter(|(_, (name, _))| match name {
            Name::Main | Name::Step(_) | Name::Thunk(_) => true,
            Name::Func(func) => in_tables.contains(func),
            _ => false,
        })
        .map(|(index, _)| index)
        .collect();
    while let Some(at) = queue.pop() {
        if !std::mem::replace(&mut seen[at], true) {
            let references = References::of(&functions[at].1, &index);
            queue.extend(references.calls);
            queue.extend(references.addresses);
        }
    }
    functions
        .into_iter()
        .zip(seen)
        .filter_map(|(function, seen)| seen.then_some(function))
        .collect()
}

/// A function with what the heuristics ask about it.
struct Body {
    name: Name,
    func: Function,
    size: usize,
    /// Whether one call is all that refers to it.
    single: bool,
    trampoline: bool,
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

/// What a function refers to, as indexes into the list of functions.
#[derive(Default)]
struct References {
    /// The callees of its direct calls, one for each call, in layout order.
    calls: Vec<usize>,
    /// Functions whose address it takes.
    addresses: Vec<usize>,
}

impl References {
    fn of(func: &Function, index: &HashMap<Name, usize>) -> References {
        let mut references = References::default();
        for block in func.layout.blocks() {
            for inst in func.layout.block_insts(block) {
                let (func_ref, list) = match func.dfg.insts[inst] {
                    ir::InstructionData::Call { func_ref, .. }
                    | ir::InstructionData::TryCall { func_ref, .. } => {
                        (func_ref, &mut references.calls)
                    }
                    ir::InstructionData::FuncAddr { func_ref, .. } => {
                        (func_ref, &mut references.addresses)
                    }
                    _ => continue,
                };
                let name = Name::of(func, &func.dfg.ext_funcs[func_ref].name);
                if let Some(&callee) = name.and_then(|name| index.get(&name)) {
                    list.push(callee);
                }
            }
        }
        references
    }
}

/// Functions that tables may hold: their address is in data, not in code.
fn referenced_by_segments(program: &Program<'_>) -> HashSet<FuncId> {
    use crate::program::ConstOp;
    let mut found = HashSet::new();
    for instance in program.instances.values() {
        let module = &program.modules[instance.module];
        let segments = module.elements.iter().flat_map(|e| &e.items);
        let tables = module.table_inits.iter().flatten();
        for expression in segments.chain(tables).chain(&module.global_inits) {
            for op in &expression.0 {
                if let ConstOp::RefFunc(index) = *op
                    && let Some(&func) = instance.funcs.get(index as usize)
                {
                    found.insert(func);
                }
            }
        }
    }
    found
}

/// A function's size in instructions that are likely to become code: constants fold into others, jumps
/// and their like mostly disappear.
fn weigh(func: &Function) -> usize {
    func.layout
        .blocks()
        .flat_map(|block| func.layout.block_insts(block))
        .map(|inst| match func.dfg.insts[inst].opcode() {
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
        })
        .sum()
}

/// The call graph's strongly connected components, in layers.
#[derive(Debug, PartialEq, Eq)]
struct Strata {
    /// The component of each vertex.
    component: Vec<usize>,
    /// Vertices by layer, ascending within one. Layer 0 calls nothing outside of its component.
    layers: Vec<Vec<usize>>,
}

/// Tarjan's algorithm, without recursion: a call chain is as long as its author likes.
fn stratify(graph: &[&[usize]]) -> Strata {
    const UNSEEN: usize = usize::MAX;
    let count = graph.len();
    let mut order = vec![UNSEEN; count];
    let mut low = vec![0; count];
    let mut component = vec![UNSEEN; count];
    let mut layer_of = vec![0usize; count];
    let mut stack = Vec::new();
    let mut path: Vec<(usize, usize)> = Vec::new();
    let (mut next_order, mut next_component) = (0, 0);
    for root in 0..count {
        if order[root] != UNSEEN {
            continue;
        }
        path.push((root, 0));
        while let Some((vertex, edge)) = path.pop() {
            if edge == 0 {
                order[vertex] = next_order;
                low[vertex] = next_order;
                next_order += 1;
                stack.push(vertex);
            }
            if let Some(&callee) = graph[vertex].get(edge) {
                path.push((vertex, edge + 1));
                if order[callee] == UNSEEN {
                    path.push((callee, 0));
                } else if component[callee] == UNSEEN {
                    low[vertex] = low[vertex].min(order[callee]);
                }
                continue;
            }
            if let Some(&(parent, _)) = path.last() {
                low[parent] = low[parent].min(low[vertex]);
            }
            if low[vertex] == order[vertex] {
                let at = stack
                    .iter()
                    .rposition(|&member| member == vertex)
                    .unwrap_or(0);
                let members = stack.split_off(at);
                for &member in &members {
                    component[member] = next_component;
                }
                // All callees outside are in components that are complete.
                let layer = members
                    .iter()
                    .flat_map(|&member| graph[member])
                    .filter(|&&callee| component[callee] != next_component)
                    .map(|&callee| layer_of[callee] + 1)
                    .max()
                    .unwrap_or(0);
                for &member in &members {
                    layer_of[member] = layer;
                }
                next_component += 1;
            }
        }
    }
    let mut layers = vec![Vec::new(); layer_of.iter().max().map_or(0, |&layer| layer + 1)];
    for (vertex, &layer) in layer_of.iter().enumerate() {
        layers[layer].push(vertex);
    }
    Strata { component, layers }
}

/// A callee's copy in the caller.
struct Copy {
    /// The caller's number of instructions before it.
    first: usize,
    /// Index of the callee.
    callee: usize,
    /// Whether the copied returns became jumps: it wasn't a tail call.
    returns: bool,
}

/// Answers Cranelift's questions about one caller.
struct Inliner<'a> {
    caller: usize,
    /// The caller's size so far.
    size: usize,
    bodies: &'a [Body],
    index: &'a HashMap<Name, usize>,
    component: &'a [usize],
    limits: Limits,
    copies: Vec<Copy>,
    /// A callee whose signature isn't the one that the caller expects.
    mismatch: Option<Name>,
}

impl Inliner<'_> {
    /// Whether a call to `callee` is to be replaced.
    fn worth(&self, callee: &Body) -> bool {
        let Limits {
            small,
            single,
            trampoline,
            caller,
            tiny,
        } = self.limits;
        if callee.size <= tiny {
            return true;
        }
        if self.size + callee.size > caller {
            return false;
        }
        callee.size <= small
            || callee.single && callee.size <= single
            || callee.trampoline && callee.size <= trampoline
    }
}

impl Inline for &mut Inliner<'_> {
    fn inline(
        &mut self,
        caller: &Function,
        _: ir::Inst,
        opcode: Opcode,
        callee: ir::FuncRef,
        _: &[ir::Value],
    ) -> InlineCommand<'_> {
        let imported = &caller.dfg.ext_funcs[callee];
        let index = Name::of(caller, &imported.name).and_then(|name| self.index.get(&name));
        let Some(&index) = index else {
            return InlineCommand::KeepCall;
        };
        if self.component[index] == self.component[self.caller] {
            return InlineCommand::KeepCall;
        }
        let body = &self.bodies[index];
        if opcode == Opcode::TryCall || !self.worth(body) {
            return InlineCommand::KeepCall;
        }
        if caller.dfg.signatures[imported.signature] != body.func.signature {
            self.mismatch = Some(body.name);
            return InlineCommand::KeepCall;
        }
        self.size += body.size;
        self.copies.push(Copy {
            first: caller.dfg.num_insts(),
            callee: index,
            returns: opcode == Opcode::Call,
        });
        InlineCommand::Inline {
            callee: Cow::Borrowed(&body.func),
            // It is final.
            visit_callee: false,
        }
    }
}

/// Inlines into one caller.
fn inline_calls(func: &mut Function, inliner: &mut Inliner<'_>, env: &Env<'_>) -> Result<()> {
    let caller = inliner.bodies[inliner.caller].name;
    let defect = |message: String| Error::Codegen {
        func: symbol_name(env.program, caller),
        message,
    };
    let mut context = Context::for_function(std::mem::replace(func, Function::new()));
    context
        .inline(&mut *inliner)
        .map_err(|e| defect(e.to_string()))?;
    *func = context.func;
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
        let callee = &inliner.bodies[copy.callee];
        let fallback = match callee.name {
            Name::Func(id) | Name::Unchecked(id) | Name::Thunk(id) => env.source.location(id, 0),
            _ => SourceLoc::default(),
        };
        copy_locations(func, copy, end, &callee.func, fallback).map_err(&defect)?;
    }
    if cfg!(debug_assertions) && !inliner.copies.is_empty() {
        cranelift_codegen::verify_function(func, env.isa).map_err(|e| defect(e.to_string()))?;
    }
    Ok(())
}

/// Gives the instructions `copy.first..end` of `func` the locations of their originals in `callee`;
/// `fallback` where those have none. See the module's documentation.
fn copy_locations(
    func: &mut Function,
    copy: &Copy,
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
