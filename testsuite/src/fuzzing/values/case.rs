//! A case: one call, made concrete. What the guests are told, and what they have to report.

use super::guest::{self, World, op, tag, word};
use super::memory::{Memory, Table};
use super::source::{self, Sites, Source, Stop, Words};
use super::target::{ONE_OR_TWO, Target};
use super::types::{Passing, Type};
use super::value::{Maker, Value};
use crate::mutate::Random;
use std::collections::HashMap;

/// What lasts from case to case within a process.
#[derive(Debug, Clone)]
pub struct State {
    caller: Side,
    callee: Side,
}

#[derive(Debug, Clone, Default)]
struct Side {
    /// The least that the memory has, by now.
    pages: u32,
    table: Table,
}

impl Default for State {
    fn default() -> State {
        let side = Side {
            pages: 1,
            table: Table::default(),
        };
        let mut caller = side.clone();
        // It has had the streams, and has given them away.
        let streams = [caller.table.add(), caller.table.add()];
        for stream in streams {
            caller.table.remove(stream);
        }
        State {
            caller,
            callee: side,
        }
    }
}

/// The parts of a call in which something may go wrong, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The caller's parameters, the callee's memory for them, its result, the caller's memory for that.
    LiftParams,
    LowerParams,
    LiftResult,
    LowerResult,
}

impl Part {
    /// All four.
    pub const ALL: [Part; 4] = [
        Part::LiftParams,
        Part::LowerParams,
        Part::LiftResult,
        Part::LowerResult,
    ];
}

/// Which case: the function, the seed of everything else, and the site that is hostile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id {
    pub func: usize,
    pub seed: u64,
    pub hostile: Option<(Part, usize)>,
}

/// A case made concrete.
#[derive(Debug, Clone)]
pub struct Case {
    /// For standard input.
    pub input: Vec<u8>,
    /// What standard output has to be.
    pub output: Vec<u8>,
    /// Where the output may differ, as [`ONE_OR_TWO`] says: offsets.
    pub one_or_two: Vec<usize>,
    /// Whether wasmtime needn't agree, for the same reason.
    pub odd: bool,
    /// The trap that has to come, if one has to.
    pub trap: Option<Words>,
    /// The sites that each part has.
    pub sites: [usize; 4],
}

impl Case {
    /// Whether wasmtime may do something else than the text.
    pub fn is_open(&self) -> bool {
        self.odd || !self.one_or_two.is_empty()
    }
}

/// Makes a case. `None` if it doesn't fit in the memories.
///
/// `state` is left as it is after the case; a trap leaves none.
pub fn concrete(world: &World, id: Id, state: &mut State, dump: bool) -> Option<Case> {
    let mut random = Random::new(id.seed);
    let mut work = Work {
        world,
        id,
        dump,
        state: state.clone(),
        sites: [0; 4],
    };
    let case = work.run(&mut random)?;
    *state = work.state;
    Some(case)
}

struct Work<'w> {
    world: &'w World,
    id: Id,
    dump: bool,
    state: State,
    sites: [usize; 4],
}

/// What a block says, beside the memory.
struct Block<'b> {
    pages: u32,
    fill: u8,
    memory: &'b [(u32, Vec<u8>)],
    script: &'b [[u32; 3]],
    /// Whether there is no script ([`guest::realloc::ANY`]).
    any: bool,
    scrubs: &'b [(u32, u32)],
    before: &'b [[u32; 2]],
    after: &'b [[u32; 2]],
    values: &'b [u64],
}

impl Work<'_> {
    fn part(&self, part: Part) -> Sites {
        Sites {
            passed: 0,
            hostile: match self.id.hostile {
                Some((at, site)) if at == part => Some(site),
                _ => None,
            },
        }
    }

    fn run(&mut self, random: &mut Random) -> Option<Case> {
        let func = &self.world.funcs[self.id.func];
        let number = self.id.func as u64;
        let (caller_encoding, callee_encoding) = (self.world.caller, self.world.callee);

        let mut maker = Maker::new(random);
        let args: Vec<Value> = func
            .params
            .iter()
            .map(|ty| maker.value(ty, caller_encoding))
            .collect();
        let result = func
            .result
            .as_ref()
            .map(|ty| (ty, maker.value(ty, callee_encoding)));
        let args: Vec<(&Type, &Value)> = func.params.iter().zip(&args).collect();

        let (mut pages, mut fill) = ([0; 2], [0; 2]);
        for side in 0..2 {
            let least = [self.state.caller.pages, self.state.callee.pages][side];
            pages[side] = least.max(1 + random.below(40) as u32 / 38);
            fill[side] = random.number() as u8;
        }
        let mut caller = Memory::new(pages[0], fill[0]);
        let mut callee = Memory::new(pages[1], fill[1]);
        let (mut caller_log, mut callee_log) = (Vec::new(), Vec::new());

        // Handles. Every parameter's resource is made first.
        let (mut owned, mut borrowed) = (Vec::new(), Vec::new());
        for (ty, value) in &args {
            handles(ty, value, &mut owned, &mut borrowed);
        }
        let mut made: Vec<u32> = owned.iter().chain(&borrowed).copied().collect();
        shuffle(&mut made, random);
        let mut caller_before = Vec::new();
        let mut in_caller = HashMap::new();
        for rep in made {
            // The constructor's result passes through the callee's table.
            let index = self.state.callee.table.add();
            self.state.callee.table.remove(index);
            let index = self.state.caller.table.add();
            caller_before.push([op::NEW, rep]);
            caller_log.extend([tag::HANDLE, u64::from(index)]);
            in_caller.insert(rep, index);
        }

        // The parameters, as the caller has them.
        let table = self.state.caller.table.clone();
        let mut lift = Source {
            random,
            memory: &mut caller,
            encoding: caller_encoding,
            handles: &in_caller,
            table: &table,
            sites: self.part(Part::LiftParams),
            fault: None,
        };
        let mut params = Vec::new();
        let lifted = match func.params() {
            Passing::Flat(_) => args
                .iter()
                .try_for_each(|(ty, value)| lift.flat(ty, value, &mut params)),
            Passing::Memory => lift.pointer(&args).map(|at| params.push(u64::from(at))),
        };
        if lifted.is_err() {
            return None;
        }
        let mut fault = lift.fault;
        self.sites[0] = lift.sites.passed;

        // What becomes of the handles: by the time that the callee has returned.
        let mut in_callee = HashMap::new();
        for rep in &owned {
            self.state.caller.table.remove(in_caller[rep]);
        }
        for rep in &owned {
            in_callee.insert(*rep, self.state.callee.table.add());
        }
        let mut entered_log = Vec::new();
        let mut callee_before = Vec::new();
        let mut order = owned.clone();
        shuffle(&mut order, random);
        for rep in &order {
            let index = in_callee[rep];
            callee_before.extend([[op::REP, index], [op::DROP, index]]);
            entered_log.extend([tag::REP, u64::from(*rep), tag::DESTROYED, u64::from(*rep)]);
            self.state.callee.table.remove(index);
        }
        let (mut given, mut none) = (Vec::new(), Vec::new());
        if let Some((ty, value)) = &result {
            handles(ty, value, &mut given, &mut none);
        }
        let mut given_callee = HashMap::new();
        let mut order = given.clone();
        shuffle(&mut order, random);
        for rep in order {
            let index = self.state.callee.table.add();
            callee_before.push([op::NEW, rep]);
            entered_log.extend([tag::HANDLE, u64::from(index)]);
            given_callee.insert(rep, index);
        }

        // The result, as the callee has it.
        let table = self.state.callee.table.clone();
        let mut lift = Source {
            random,
            memory: &mut callee,
            encoding: callee_encoding,
            handles: &given_callee,
            table: &table,
            sites: self.part(Part::LiftResult),
            fault: None,
        };
        let mut returned = Vec::new();
        let lifted = match (&result, func.result()) {
            (None, _) => Ok(()),
            (Some((ty, value)), Passing::Flat(_)) => lift.flat(ty, value, &mut returned),
            (Some((ty, value)), Passing::Memory) => lift
                .pointer(&[(ty, value)])
                .map(|at| returned.push(u64::from(at))),
        };
        if lifted.is_err() {
            return None;
        }
        let result_fault = lift.fault;
        self.sites[2] = lift.sites.passed;

        // Where the caller wants it.
        let mut sites = self.part(Part::LowerResult);
        let mut target_fault = None;
        let mut target = 0;
        if let (Some((ty, _)), Passing::Memory) = (&result, func.result()) {
            target = caller.place(random, ty.size(), ty.align(), false)?;
            let mut given = target;
            if sites.here() {
                let size = u64::from(ty.size());
                let (pointer, words) = source::broken(random, &caller, target, size, ty.align());
                (given, target_fault) = (pointer, Some(words));
            }
            params.push(u64::from(given));
        }
        let images = [&caller, &callee].map(|memory| {
            memory
                .segments()
                .map(|(at, bytes)| (at, bytes.to_vec()))
                .collect::<Vec<_>>()
        });

        // The parameters, as the callee has to see them.
        let mut lower = Target {
            random,
            memory: &mut callee,
            from: caller_encoding,
            encoding: callee_encoding,
            handles: &in_callee,
            sites: self.part(Part::LowerParams),
            hostile: self.id.hostile.is_some(),
            odd: false,
            script: Vec::new(),
            log: Vec::new(),
        };
        let mut seen = Vec::new();
        let lowered = match func.params() {
            Passing::Flat(_) => args
                .iter()
                .try_for_each(|(ty, value)| lower.flat(ty, value, &mut seen)),
            Passing::Memory => lower.row(&args).map(|at| seen.push(u64::from(at))),
        };
        self.sites[1] = lower.sites.passed;
        let callee_script = std::mem::take(&mut lower.script);
        callee_log.append(&mut lower.log);
        let mut odd = lower.odd;
        match lowered {
            Err(Stop::NoRoom) => return None,
            Err(Stop::Trap(words)) => fault = fault.or(Some(words)),
            Ok(()) => {}
        }
        callee_log.extend([tag::ENTERED, number]);
        callee_log.extend(&seen);
        callee_log.append(&mut entered_log);

        // The result, as the caller has to see it.
        for rep in &given {
            self.state.callee.table.remove(given_callee[rep]);
        }
        let mut left: Vec<u32> = borrowed.clone();
        for rep in &given {
            in_caller.insert(*rep, self.state.caller.table.add());
            left.push(*rep);
        }
        let mut lower = Target {
            random,
            memory: &mut caller,
            from: callee_encoding,
            encoding: caller_encoding,
            handles: &in_caller,
            sites,
            hostile: self.id.hostile.is_some(),
            odd: false,
            script: Vec::new(),
            log: Vec::new(),
        };
        let mut got = Vec::new();
        let lowered = match (&result, func.result()) {
            (None, _) => Ok(()),
            (Some((ty, value)), Passing::Flat(_)) => lower.flat(ty, value, &mut got),
            (Some((ty, value)), Passing::Memory) => lower.store(ty, value, target),
        };
        self.sites[3] = lower.sites.passed;
        let caller_script = std::mem::take(&mut lower.script);
        caller_log.append(&mut lower.log);
        odd |= lower.odd;
        let late_fault = match lowered {
            Err(Stop::NoRoom) => return None,
            Err(Stop::Trap(words)) => result_fault.or(target_fault).or(Some(words)),
            Ok(()) => result_fault.or(target_fault),
        };
        caller_log.extend([tag::RETURNED, number, got.first().copied().unwrap_or(0)]);

        // What is left is dropped.
        shuffle(&mut left, random);
        let mut after_log = Vec::new();
        if func.post_return {
            let value = returned.first();
            let value = value.map_or(0, |value| narrowed(value, func.result()));
            after_log.extend([tag::POST_RETURN, number, value]);
        }
        let mut caller_after = Vec::new();
        for rep in left {
            let index = in_caller[&rep];
            self.state.caller.table.remove(index);
            caller_after.push([op::DROP, index]);
            after_log.extend([tag::DESTROYED, u64::from(rep)]);
        }

        let part = self.id.hostile.map(|(part, _)| part);
        let block = |pages, fill, memory, script, any, scrubs, before, after, values| Block {
            pages,
            fill,
            memory,
            script,
            any,
            scrubs,
            before,
            after,
            values,
        };
        let own = self.block(&block(
            pages[0],
            fill[0],
            &images[0],
            &caller_script,
            part == Some(Part::LiftResult),
            &caller.scrubs,
            &caller_before,
            &caller_after,
            &params,
        ));
        let other = self.block(&block(
            pages[1],
            fill[1],
            &images[1],
            &callee_script,
            part == Some(Part::LiftParams),
            &callee.scrubs,
            &callee_before,
            &[],
            &returned,
        ));
        // The site isn't there.
        if self.id.hostile.is_some() && fault.or(late_fault).is_none() {
            return None;
        }
        let log = [&caller_log, &callee_log].map(Vec::len);
        if own.len() + other.len() > guest::MAX_BLOCKS
            || log.iter().any(|len| *len > guest::MAX_LOG)
        {
            return None;
        }
        let mut input = Vec::with_capacity(own.len() + other.len() + 8);
        input.extend(((own.len() + other.len()) as u32).to_le_bytes());
        input.extend((own.len() as u32).to_le_bytes());
        input.extend(own);
        input.extend(other);

        let (mut output, mut one_or_two) = (Vec::new(), Vec::new());
        if fault.is_none() {
            self.report(&mut output, &mut one_or_two, &callee_log, &mut callee);
            if late_fault.is_none() {
                self.report(&mut output, &mut one_or_two, &caller_log, &mut caller);
                self.report(&mut output, &mut one_or_two, &after_log, &mut callee);
            }
        }
        self.state.caller.pages = caller.pages();
        self.state.callee.pages = callee.pages();
        Some(Case {
            input,
            output,
            one_or_two,
            odd,
            trap: fault.or(late_fault),
            sites: self.sites,
        })
    }

    fn report(&self, out: &mut Vec<u8>, open: &mut Vec<usize>, log: &[u64], memory: &mut Memory) {
        let looked = [tag::MEMORY, memory.look(), u64::from(memory.pages())];
        for &word in log.iter().chain(&looked) {
            if word == ONE_OR_TWO {
                open.push(out.len());
                out.extend(1u64.to_le_bytes());
            } else {
                out.extend(word.to_le_bytes());
            }
        }
        if self.dump {
            out.extend(&memory.bytes);
        }
    }

    fn block(&self, block: &Block<'_>) -> Vec<u8> {
        let mut words = [0u32; word::COUNT];
        words[word::FUNC] = self.id.func as u32;
        words[word::PAGES] = block.pages;
        words[word::FILL] = u32::from(block.fill);
        words[word::DUMP] = u32::from(self.dump);
        let mut rest: Vec<u8> = Vec::new();
        let mut table = |at: usize, count: usize, bytes: Vec<u8>| {
            words[at] = count as u32;
            words[at + 1] = (4 * word::COUNT + rest.len()) as u32;
            rest.extend(bytes);
        };
        let flat =
            |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|w| w.to_le_bytes()).collect() };
        let values = block.values.iter().flat_map(|value| value.to_le_bytes());
        table(word::VALUES, block.values.len(), values.collect());
        table(
            word::REALLOCS,
            block.script.len(),
            flat(block.script.as_flattened()),
        );
        table(
            word::BEFORE,
            block.before.len(),
            flat(block.before.as_flattened()),
        );
        table(
            word::AFTER,
            block.after.len(),
            flat(block.after.as_flattened()),
        );
        let scrubs: Vec<u32> = block
            .scrubs
            .iter()
            .flat_map(|&(at, size)| [at, size])
            .collect();
        table(word::SCRUBS, block.scrubs.len(), flat(&scrubs));
        table(word::SEGMENTS, block.memory.len(), Vec::new());
        if block.any {
            words[word::REALLOCS] = guest::realloc::ANY;
        }
        let mut data = 4 * word::COUNT + rest.len() + 12 * block.memory.len();
        for (at, bytes) in block.memory {
            rest.extend(flat(&[*at, bytes.len() as u32, data as u32]));
            data += bytes.len();
        }
        for (_, bytes) in block.memory {
            rest.extend(bytes);
        }
        let mut all = flat(&words);
        all.extend(rest);
        // Both blocks begin at a multiple of eight, which no access needs and every one likes.
        all.resize(all.len().next_multiple_of(8), 0);
        all
    }
}

/// The bits of a result that its core type has.
fn narrowed(value: &u64, passing: Passing) -> u64 {
    use super::types::Core;
    match passing {
        Passing::Flat(cores) if matches!(cores.first(), Some(Core::I64 | Core::F64)) => *value,
        _ => value & 0xffff_ffff,
    }
}

/// The resources in a value, in order.
fn handles(ty: &Type, value: &Value, owned: &mut Vec<u32>, borrowed: &mut Vec<u32>) {
    use super::types::Shape;
    match (ty, value) {
        (Type::Own, Value::Handle(rep)) => owned.push(*rep),
        (Type::Borrow, Value::Handle(rep)) => borrowed.push(*rep),
        (Type::List(element), Value::List(values)) => {
            for value in values {
                handles(element, value, owned, borrowed);
            }
        }
        (_, Value::Fields(values)) => {
            if let Shape::Fields(types) = ty.shape() {
                for (ty, value) in types.iter().zip(values) {
                    handles(ty, value, owned, borrowed);
                }
            }
        }
        (_, Value::Case(case, Some(value))) => {
            if let Shape::Cases(cases) = ty.shape()
                && let Some(ty) = cases[*case]
            {
                handles(ty, value, owned, borrowed);
            }
        }
        _ => {}
    }
}

fn shuffle<T>(items: &mut [T], random: &mut Random) {
    for at in (1..items.len()).rev() {
        items.swap(at, random.below(at + 1));
    }
}
