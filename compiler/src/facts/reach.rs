//! Reachability over the program's calls.
//!
//! Vertices are functions. Edges: direct calls; `ref.func`; `call_indirect`, to every element of
//! its table with its signature; and what a trampoline runs (an adapter its callee, the reallocs
//! and the post-return). Elements are those of any segment that could be put into the table: its
//! active segments, and every passive segment of an instance that has the table in its index
//! space. Where any function of the program moves references between tables by itself, all
//! elements count as being in all tables.

use super::scan;
use crate::consts;
use crate::facts::Constant;
use crate::program::*;
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{EntitySet, SecondaryMap};
use std::collections::{BTreeMap, BTreeSet};

/// The functions that an environment can call.
pub(super) fn roots(program: &Program<'_>) -> Vec<FuncId> {
    let mut roots = Vec::new();
    match &program.entry {
        Entry::Command(command) => {
            roots.push(command.callee);
            roots.extend(command.post_return);
        }
        Entry::Script(steps) => roots.extend(steps.iter().filter_map(|step| match step {
            Step::Call(func) => Some(*func),
            Step::Instantiate(_)
            | Step::InstantiateAll(..)
            | Step::Read(_)
            | Step::ReadMemory(_) => None,
        })),
    }
    roots.extend(program.instances.values().filter_map(|i| start(program, i)));
    roots
}

/// The start function of an instance.
fn start(program: &Program<'_>, instance: &CoreInstance) -> Option<FuncId> {
    let start = program.modules[instance.module].start?;
    instance.funcs.get(start as usize).copied()
}

/// Which edges to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Through {
    /// All.
    Everything,
    /// Those within a component's core code: a trampoline is reached, and nothing beyond it.
    CoreOnly,
}

/// What a search has found.
#[derive(Default)]
struct Search {
    seen: EntitySet<FuncId>,
    /// Indirect calls whose callees have been visited.
    indirect: BTreeSet<(TableId, SigId)>,
}

/// What all searches share.
pub(super) struct Reach<'p, 'a> {
    program: &'p Program<'a>,
    /// Elements by table and signature.
    elements: BTreeMap<(TableId, SigId), BTreeSet<FuncId>>,
    /// Elements and other references by signature, for programs that move references.
    by_signature: BTreeMap<SigId, BTreeSet<FuncId>>,
    moves_references: bool,
}

impl<'p, 'a> Reach<'p, 'a> {
    pub(super) fn new(program: &'p Program<'a>) -> Reach<'p, 'a> {
        let mut reach = Reach {
            program,
            elements: BTreeMap::new(),
            by_signature: BTreeMap::new(),
            moves_references: false,
        };
        for (id, instance) in program.instances.iter() {
            let module = &program.modules[instance.module];
            reach.moves_references |= module.scan.iter().any(|scan| scan.moves_references);
            for scan in &module.scan {
                for &index in &scan.refs {
                    reach.reference(instance.funcs[index as usize]);
                }
            }
            for element in &module.elements {
                let tables: Vec<TableId> = match element.mode {
                    SegmentMode::Active { index, .. } => vec![instance.tables[index as usize]],
                    SegmentMode::Passive => instance.tables.clone(),
                    SegmentMode::Declared => Vec::new(),
                };
                for item in &element.items {
                    reach.element(id, item, &tables);
                }
            }
            for (index, init) in module.table_inits.iter().enumerate() {
                if let Some(init) = init {
                    let table = instance.tables[module.imported.tables as usize + index];
                    reach.element(id, init, &[table]);
                }
            }
            for init in &module.global_inits {
                if let Some(Constant::Func(func)) = consts::eval(program, id, init) {
                    reach.reference(func);
                }
            }
        }
        reach
    }

    fn reference(&mut self, func: FuncId) {
        let sig = self.program.funcs[func].sig;
        self.by_signature.entry(sig).or_default().insert(func);
    }

    fn element(&mut self, instance: InstanceId, item: &ConstExpr, tables: &[TableId]) {
        let Some(Constant::Func(func)) = consts::eval(self.program, instance, item) else {
            return;
        };
        self.reference(func);
        let sig = self.program.funcs[func].sig;
        for &table in tables {
            self.elements.entry((table, sig)).or_default().insert(func);
        }
    }

    /// Everything that `roots` reach, themselves included.
    pub(super) fn from(
        &self,
        roots: impl IntoIterator<Item = FuncId>,
        through: Through,
    ) -> EntitySet<FuncId> {
        let mut search = Search::default();
        self.search(&mut search, roots, through, |_| {});
        search.seen
    }

    /// For each function the first instance whose start function reaches it.
    pub(super) fn first_runs(&self) -> SecondaryMap<FuncId, PackedOption<InstanceId>> {
        let mut first = SecondaryMap::new();
        let mut search = Search::default();
        for (id, instance) in self.program.instances.iter() {
            let start = start(self.program, instance);
            self.search(&mut search, start, Through::Everything, |func| {
                first[func] = id.into();
            });
        }
        first
    }

    /// Goes on with a search from more roots; `found` is told of each function that is new.
    fn search(
        &self,
        search: &mut Search,
        roots: impl IntoIterator<Item = FuncId>,
        through: Through,
        mut found: impl FnMut(FuncId),
    ) {
        let Search { seen, indirect } = search;
        let mut work: Vec<FuncId> = Vec::new();
        let mut visit = |func: FuncId, work: &mut Vec<FuncId>| {
            if seen.insert(func) {
                found(func);
                work.push(func);
            }
        };
        for root in roots {
            visit(root, &mut work);
        }
        while let Some(func) = work.pop() {
            match &self.program.funcs[func].kind {
                FuncKind::Wasm { .. } => {
                    let Some((instance, scan)) = scan(self.program, func) else {
                        continue;
                    };
                    let spaces = &self.program.instances[instance];
                    let module = &self.program.modules[spaces.module];
                    let calls = scan.calls.iter().map(|(callee, _)| callee);
                    for &index in calls.chain(&scan.refs) {
                        visit(spaces.funcs[index as usize], &mut work);
                    }
                    for &(table, ty) in &scan.indirect {
                        let call = (spaces.tables[table as usize], module.types[ty as usize]);
                        if !indirect.insert(call) {
                            continue;
                        }
                        let callees = if self.moves_references {
                            self.by_signature.get(&call.1)
                        } else {
                            self.elements.get(&call)
                        };
                        for &callee in callees.into_iter().flatten() {
                            visit(callee, &mut work);
                        }
                    }
                }
                _ if through == Through::CoreOnly => {}
                FuncKind::Adapter(adapter) => {
                    visit(adapter.callee, &mut work);
                    let more = [
                        adapter.post_return,
                        adapter.lower.realloc,
                        adapter.lift.realloc,
                    ];
                    for func in more.into_iter().flatten() {
                        visit(func, &mut work);
                    }
                }
                FuncKind::Host(call) => {
                    if let Some(realloc) = call.lower.realloc {
                        visit(realloc, &mut work);
                    }
                }
                FuncKind::ResourceDrop { resource, .. } => {
                    if let Resource::Guest {
                        destructor: Some(destructor),
                        ..
                    } = &self.program.resources[self.program.definition(*resource)]
                    {
                        visit(*destructor, &mut work);
                    }
                }
                FuncKind::Unserved(_)
                | FuncKind::ResourceNew { .. }
                | FuncKind::ResourceRep { .. } => {}
            }
        }
    }
}
