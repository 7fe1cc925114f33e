//! The call graph: who calls whom directly, known before anything is lowered.
//!
//! Its vertices are the functions that are to be compiled, its edges direct calls. For a function of a
//! module the edges come from the scan of its body (`graph/scan.rs`), a `call_indirect` with a
//! constant index included where the slot is known; for what nanocc makes itself (adapters, thunks, the main
//! function) from its IR, since that is lowered first.
//!
//! The graph orders the work (`functions.rs`) and tells the inliner what is called once. It may
//! miss an edge: a constant index that the scan doesn't see. Such a call isn't inlined, and that is all.

use crate::facts;
use crate::lower::Env;
use crate::lower::names::{Name, callee_name};
use crate::program::{ConstOp, FuncId, Program};
use cranelift_codegen::ir::{Function, InstructionData};
use std::collections::{HashMap, HashSet};

/// The call graph. Vertices are numbers, ascending by name.
#[derive(Debug)]
pub struct CallGraph {
    names: Vec<Name>,
    index: HashMap<Name, usize>,
    callees: Vec<Vec<usize>>,
    callers: Vec<Vec<usize>>,
    once: Vec<bool>,
    kept: Vec<bool>,
    components: Components,
}

/// What one function refers to, as vertices.
#[derive(Debug, Default)]
pub struct References {
    /// The callees of its direct calls, one for each call.
    pub calls: Vec<usize>,
    /// Functions whose address it takes.
    pub addresses: Vec<usize>,
}

impl CallGraph {
    /// The graph of `names`, ascending. `made` are those that are lowered already, at least all that
    /// aren't functions of modules.
    pub fn new(env: &Env<'_>, names: Vec<Name>, made: &HashMap<Name, Function>) -> CallGraph {
        let index = index(&names);
        let references: Vec<References> = names
            .iter()
            .map(|name| match (made.get(name), *name) {
                (Some(func), _) => References::of(func, &index),
                (None, Name::Func(func)) => References::of_body(env, func, &index),
                (None, other) => unreachable!("{other:?} is none of a module's functions"),
            })
            .collect();
        CallGraph::of_references(env.program, names, index, &references)
    }

    fn of_references(
        program: &Program<'_>,
        names: Vec<Name>,
        index: HashMap<Name, usize>,
        references: &[References],
    ) -> CallGraph {
        let count = names.len();
        let mut sites = vec![0usize; count];
        // The operating system, the shim and tables refer to some besides.
        let held = held_by_data(program);
        let mut kept: Vec<bool> = names
            .iter()
            .map(|name| match name {
                Name::Main | Name::Step(_) | Name::Thunk(_) => true,
                Name::Func(func) => held.contains(func),
                _ => false,
            })
            .collect();
        for references in references {
            for &callee in &references.calls {
                sites[callee] += 1;
            }
            for &taken in &references.addresses {
                kept[taken] = true;
            }
        }
        let callees: Vec<Vec<usize>> = references
            .iter()
            .map(|references| {
                let mut callees = references.calls.clone();
                callees.sort_unstable();
                callees.dedup();
                callees
            })
            .collect();
        let mut callers = vec![Vec::new(); count];
        for (caller, callees) in callees.iter().enumerate() {
            for &callee in callees {
                callers[callee].push(caller);
            }
        }
        let components = Components::of(&callees);
        for vertex in 0..count {
            // Within a component calls stay calls.
            kept[vertex] |= callees[vertex]
                .iter()
                .any(|&callee| components.number[callee] == components.number[vertex]);
        }
        CallGraph {
            once: (0..count).map(|v| sites[v] == 1 && !kept[v]).collect(),
            names,
            index,
            callees,
            callers,
            kept,
            components,
        }
    }

    /// The number of vertices.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// The function at a vertex.
    pub fn name(&self, vertex: usize) -> Name {
        self.names[vertex]
    }

    /// The vertex of a function, if it is one that is to be compiled.
    pub fn vertex(&self, name: Name) -> Option<usize> {
        self.index.get(&name).copied()
    }

    /// The functions that `vertex` calls and that never lead back to it.
    pub fn callees(&self, vertex: usize) -> impl Iterator<Item = usize> + '_ {
        let callees = self.callees[vertex].iter().copied();
        callees.filter(move |&callee| !self.together(callee, vertex))
    }

    /// The functions that call `vertex` and that it never leads to.
    pub fn callers(&self, vertex: usize) -> impl Iterator<Item = usize> + '_ {
        let callers = self.callers[vertex].iter().copied();
        callers.filter(move |&caller| !self.together(caller, vertex))
    }

    /// Whether each of the two may call the other, through whatever else.
    pub fn together(&self, a: usize, b: usize) -> bool {
        self.components.number[a] == self.components.number[b]
    }

    /// Whether one call is all that refers to the function.
    pub fn called_once(&self, vertex: usize) -> bool {
        self.once[vertex]
    }

    /// Whether something else than calls that may be inlined refers to the function.
    pub fn kept(&self, vertex: usize) -> bool {
        self.kept[vertex]
    }

    /// A vertex's place in an order in which callees come before their callers.
    pub fn rank(&self, vertex: usize) -> usize {
        self.components.rank[vertex]
    }

    /// What lowered code refers to.
    pub fn references(&self, func: &Function) -> References {
        References::of(func, &self.index)
    }
}

/// The vertices by name.
fn index(names: &[Name]) -> HashMap<Name, usize> {
    let numbered = names.iter().enumerate();
    numbered.map(|(vertex, name)| (*name, vertex)).collect()
}

impl References {
    /// Those of IR.
    fn of(func: &Function, index: &HashMap<Name, usize>) -> References {
        let mut references = References::default();
        for block in func.layout.blocks() {
            for inst in func.layout.block_insts(block) {
                let (func_ref, list) = match func.dfg.insts[inst] {
                    InstructionData::Call { func_ref, .. }
                    | InstructionData::TryCall { func_ref, .. } => {
                        (func_ref, &mut references.calls)
                    }
                    InstructionData::FuncAddr { func_ref, .. } => {
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

    /// Those that a module's function will have.
    fn of_body(env: &Env<'_>, func: FuncId, index: &HashMap<Name, usize>) -> References {
        let mut references = References::default();
        let Some((instance, scan)) = facts::scan(env.program, func) else {
            return references;
        };
        let instance = &env.program.instances[instance];
        let module = &env.program.modules[instance.module];
        let mut call = |callee: FuncId, sites: u32| {
            if let Some(&callee) = index.get(&callee_name(env, func, callee)) {
                let calls = std::iter::repeat_n(callee, sites as usize);
                references.calls.extend(calls);
            }
        };
        for &(callee, sites) in &scan.calls {
            call(instance.funcs[callee as usize], sites);
        }
        for &((table, ty, slot), sites) in &scan.constant_slots {
            let table = instance.tables[table as usize];
            if let Some(Some(callee)) = env.facts.constant_slot(func, table, slot)
                && env.program.funcs[callee].sig == module.types[ty as usize]
            {
                call(callee, sites);
            }
        }
        for &taken in &scan.refs {
            let taken = Name::Func(instance.funcs[taken as usize]);
            references.addresses.extend(index.get(&taken));
        }
        references
    }
}

/// Functions that tables and globals may hold: their address is in data, not in code.
fn held_by_data(program: &Program<'_>) -> HashSet<FuncId> {
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

/// The strongly connected components: functions that may each call the other.
#[derive(Debug, PartialEq, Eq)]
struct Components {
    /// The number of each vertex's component.
    number: Vec<usize>,
    /// Each vertex's place in an order in which a component comes after all that it calls.
    rank: Vec<usize>,
}

impl Components {
    /// Tarjan's algorithm, without recursion: a call chain is as long as its author likes.
    fn of(graph: &[Vec<usize>]) -> Components {
        const UNSEEN: usize = usize::MAX;
        let count = graph.len();
        let mut order = vec![UNSEEN; count];
        let mut low = vec![0; count];
        let mut number = vec![UNSEEN; count];
        let mut rank = vec![0; count];
        let mut stack = Vec::new();
        let mut path: Vec<(usize, usize)> = Vec::new();
        let (mut next_order, mut next_number, mut next_rank) = (0, 0, 0);
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
                    } else if number[callee] == UNSEEN {
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
                    for member in stack.drain(at..) {
                        number[member] = next_number;
                        rank[member] = next_rank;
                        next_rank += 1;
                    }
                    next_number += 1;
                }
            }
        }
        Components { number, rank }
    }
}

#[cfg(test)]
mod tests {
    use super::Components;

    #[test]
    fn callees_come_first_and_circles_are_one() {
        // 0 -> 1 <-> 2 -> 3, 4 -> 0, 5 alone and recursive.
        let graph = [vec![1], vec![2], vec![1, 3], vec![], vec![0, 3], vec![5]];
        let components = Components::of(&graph);
        assert_eq!(components.rank, [3, 1, 2, 0, 4, 5]);
        assert_eq!(components.number[1], components.number[2]);
        assert_ne!(components.number[0], components.number[1]);
        // A chain as deep as no stack.
        let chain: Vec<Vec<usize>> = (0..200_000usize)
            .map(|vertex| vertex.checked_sub(1).into_iter().collect())
            .collect();
        assert_eq!(Components::of(&chain).rank[199_999], 199_999);
    }
}
