//! Core modules made at random, run step by step, compared with wasmtime.
//!
//! The specification's scripts say what each instruction does; this says what they do together, in whatever order and depth chance
//! puts them. `wasm-smith` makes a module that is valid, ends (loops and calls use up fuel), and whose NaNs are canonical, so
//! that everything about it is determined. All that it exports is called with numbers that are worth trying; after
//! each call come the values of its globals, and last its memories. A trap ends a call, not the module.
//!
//! What differs is kept as text in `files/fuzz/`, with the seed of its arguments.

use crate::conformance::Mode;
use crate::fuzz;
use crate::mutate::Random;
use crate::trap::Kind;
use crate::{Result, execute};
use arbitrary::Unstructured;
use nanocc::error::Error;
use nanocc::graph::Limits;
use nanocc::graph::script::Script;
use nanocc::options::Emit;
use nanocc::pipeline;
use nanocc::program::{Step, ValType};
use nanocc_shim_abi::{STEP_SLOT, Trap};
use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};
use wasm_smith::{Config, Module};
use wasmparser::WasmFeatures;
use wasmtime::{Engine, Extern, Instance, Ref, Store, Val};

/// Calls and jumps back that a module makes in one go.
const FUEL: u32 = 2000;

/// How often each function is called.
const CALLS: usize = 3;

/// The most that a memory may have.
const MEMORY: u64 = 20 * 65536;

/// Until when to go on.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    pub time: Duration,
    /// The number of modules, if it is to end before.
    pub modules: Option<u64>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Tally {
    pub modules: u64,
    /// Calls that returned.
    pub returned: u64,
    /// Calls that trapped.
    pub trapped: u64,
    /// Modules that don't come to life.
    pub stillborn: u64,
    /// Modules that nanocc refuses by a typed error, for what it says it doesn't have.
    pub refused: u64,
    pub mismatches: Vec<String>,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} modules ({} refused, {} not instantiable), {} calls returned and {} trapped, {} mismatches",
            self.modules,
            self.refused,
            self.stillborn,
            self.returned,
            self.trapped,
            self.mismatches.len()
        )
    }
}

/// What a step ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    /// Values by their bits.
    Values(Vec<u128>),
    Trap(Kind),
    Memory(Vec<u8>),
}

/// What to do with an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Action {
    /// Bring it to life.
    Start,
    /// Call what is exported by this name.
    Call(String, Vec<(ValType, u128)>),
    /// Read the global that is exported by this name.
    Global(String),
    /// Read the memory that is exported by this name.
    Memory(String),
}

/// Whether the code is compiled for this feature set.
const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY);

/// What modules have: whether instructions may trap by chance (the others go further), and a start function.
fn config(trap: bool, start: bool) -> Config {
    Config {
        disallow_traps: !trap,
        // A segment out of bounds would be the end before the beginning.
        max_data_segments: 6,
        max_imports: 0,
        min_funcs: 1,
        max_funcs: 12,
        max_instructions: 400,
        max_memories: 3,
        max_tables: 3,
        max_memory32_bytes: MEMORY,
        memory_max_size_required: true,
        max_table_elements: 1000,
        table_max_size_required: true,
        export_everything: true,
        canonicalize_nans: true,
        allow_start_export: start,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..Config::default()
    }
}

/// The module of a seed; `None` where chance gives no terminating one.
pub fn module(seed: u64) -> Option<Vec<u8>> {
    // Seeds that follow each other are to have nothing in common.
    let mut random = Random::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed >> 7);
    let trap = random.one_in(3);
    let start = random.one_in(4);
    let len = 2000 + random.below(40_000);
    let mut bytes: Vec<u8> = (0..len.div_ceil(8))
        .flat_map(|_| random.number().to_le_bytes())
        .collect();
    bytes.truncate(len);
    let mut module = Module::new(config(trap, start), &mut Unstructured::new(&bytes)).ok()?;
    module.ensure_termination(FUEL).ok()?;
    let bytes = module.to_bytes();
    let has_code = wasmparser::Parser::new(0)
        .parse_all(&bytes)
        .any(|payload| matches!(payload, Ok(wasmparser::Payload::CodeSectionStart { count, .. }) if count > 0));
    has_code.then_some(bytes)
}

/// The module of a seed as text.
pub fn text_of(seed: u64) -> Result<String> {
    let bytes = module(seed).ok_or("chance gives no module for this seed")?;
    wasmprinter::print_bytes(&bytes).map_err(|error| error.to_string())
}

/// A number that is worth trying.
fn number(random: &mut Random, ty: &ValType) -> u128 {
    const EDGES: [u64; 12] = [
        0,
        1,
        2,
        31,
        65535,
        65536,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        0x7fff_ffff_ffff_ffff,
        0x8000_0000_0000_0000,
        u64::MAX,
    ];
    const F32: [f32; 8] = [
        0.0,
        -0.0,
        1.0,
        -1.5,
        f32::MAX,
        f32::MIN_POSITIVE,
        f32::INFINITY,
        2147483648.0,
    ];
    const F64: [f64; 8] = [
        0.0,
        -0.0,
        1.0,
        -1.5,
        f64::MAX,
        f64::MIN_POSITIVE,
        f64::NEG_INFINITY,
        9223372036854775808.0,
    ];
    let any = random.one_in(3);
    let edge = EDGES[random.below(EDGES.len())];
    match ty {
        ValType::I32 if any => u128::from(random.number() as u32),
        ValType::I32 => u128::from(edge as u32),
        ValType::I64 if any => u128::from(random.number()),
        ValType::I64 => u128::from(edge),
        ValType::F32 => u128::from(F32[random.below(F32.len())].to_bits()),
        ValType::F64 => u128::from(F64[random.below(F64.len())].to_bits()),
        ValType::V128 => u128::from(random.number()) << 64 | u128::from(edge),
        ValType::FuncRef | ValType::ExternRef => 0,
    }
}

/// The module with both, and what to do with it.
struct Case {
    actions: Vec<Action>,
    /// The program that nanocc has made, driven by steps; and for each action its step, and the number of its results.
    executable: Vec<u8>,
    steps: Vec<(u32, usize)>,
}

/// Compiles with nanocc. `Ok(Err)`: it is refused for a feature.
fn compile(bytes: &[u8], seed: u64, mode: Mode) -> Result<std::result::Result<Case, Error>> {
    let mut random = Random::new(seed ^ 0x5eed);
    let mut script = Script::new(FEATURES, &Limits::default());
    let linked = script
        .module(bytes)
        .and_then(|module| Ok((module, script.instantiate(module)?)));
    let (module, instance) = match linked {
        Ok(linked) => linked,
        Err(error) => return Ok(Err(error)),
    };
    let mut actions = vec![Action::Start];
    let mut steps = vec![(script.step(Step::Instantiate(instance)), 0)];
    let program = script.program();
    let exports: Vec<_> = program.modules[module]
        .exports
        .iter()
        .map(|(name, export)| (name.to_string(), *export))
        .collect();
    let spaces = program.instances[instance].clone();
    let mut globals = Vec::new();
    let mut calls = Vec::new();
    let mut memories = Vec::new();
    for (name, export) in exports {
        let index = export.index as usize;
        match export.kind {
            nanocc::program::ExternKind::Func => {
                let func = spaces.funcs[index];
                let program = script.program();
                let signature = program.signatures[program.funcs[func].sig].clone();
                calls.push((name, script.step(Step::Call(func)), signature));
            }
            nanocc::program::ExternKind::Global => {
                let global = spaces.globals[index];
                let ty = script.program().globals[global].ty.ty;
                if !matches!(ty, ValType::FuncRef | ValType::ExternRef) {
                    globals.push((name, script.step(Step::Read(global))));
                }
            }
            nanocc::program::ExternKind::Memory => {
                let step = script.step(Step::ReadMemory(spaces.memories[index]));
                memories.push((name, step));
            }
            _ => {}
        }
    }
    for _ in 0..CALLS {
        for (name, step, signature) in &calls {
            let args = signature
                .params
                .iter()
                .map(|ty| (*ty, number(&mut random, ty)));
            actions.push(Action::Call(name.clone(), args.collect()));
            steps.push((*step, signature.results.len()));
            for (name, step) in &globals {
                actions.push(Action::Global(name.clone()));
                steps.push((*step, 1));
            }
        }
    }
    for (name, step) in memories {
        actions.push(Action::Memory(name));
        steps.push((step, 0));
    }
    let driver = mode.driver()?;
    let compiled = pipeline::compile_script(script, &mode.options(), driver, &());
    Ok(compiled.map(|output| Case {
        actions,
        executable: output.product(Emit::Exe).unwrap_or_default().to_vec(),
        steps,
    }))
}

impl Case {
    /// What the executable answers.
    fn nanocc(&self, mode: Mode, folder: &Path) -> Result<Vec<Answer>> {
        let path = folder.join("module");
        // A program that runs can't be written to: each has its own file.
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, &self.executable)
            .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)))
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let mut input = Vec::new();
        for (action, (step, _)) in self.actions.iter().zip(&self.steps) {
            input.extend(step.to_le_bytes());
            if let Action::Call(_, args) = action {
                args.iter()
                    .for_each(|(_, bits)| input.extend(bits.to_le_bytes()));
            }
        }
        let done = execute::run(&mut mode.target.command(&path), &input)?;
        let mut output = done.stdout.as_slice();
        let answers = self
            .actions
            .iter()
            .zip(&self.steps)
            .map_while(|(action, (_, results))| answer(action, *results, &mut output))
            .collect::<Vec<_>>();
        // After a module that didn't come to life nothing counts.
        if answers.len() < self.actions.len() || !output.is_empty() || !done.stderr.is_empty() {
            return Err(format!(
                "after {} of {} answers the executable ended with {} and said: {}",
                answers.len(),
                self.actions.len(),
                done.status,
                done.stderr_text()
            ));
        }
        Ok(answers)
    }

    /// What wasmtime answers.
    fn wasmtime(&self, engine: &Engine, bytes: &[u8]) -> Result<Vec<Answer>> {
        let module = wasmtime::Module::new(engine, bytes).map_err(|e| format!("{e:?}"))?;
        let mut store = Store::new(engine, ());
        let instance = match Instance::new(&mut store, &module, &[]) {
            Ok(instance) => instance,
            Err(error) => return Ok(vec![Answer::Trap(kind(&error)?)]),
        };
        let mut answers = vec![Answer::Values(Vec::new())];
        for action in &self.actions[1..] {
            let (Action::Call(name, _) | Action::Global(name) | Action::Memory(name)) = action
            else {
                continue;
            };
            let export = instance.get_export(&mut store, name);
            answers.push(match (action, export) {
                (Action::Call(_, args), Some(Extern::Func(func))) => {
                    let args: Vec<Val> = args
                        .iter()
                        .map(|(ty, bits)| to_wasmtime(*ty, *bits))
                        .collect();
                    let mut results = vec![Val::I32(0); func.ty(&store).results().len()];
                    match func.call(&mut store, &args, &mut results) {
                        Ok(()) => Answer::Values(results.iter().map(bits).collect()),
                        Err(error) => Answer::Trap(kind(&error)?),
                    }
                }
                (_, Some(Extern::Global(global))) => {
                    Answer::Values(vec![bits(&global.get(&mut store))])
                }
                (_, Some(Extern::Memory(memory))) => Answer::Memory(memory.data(&store).to_vec()),
                _ => return Err(format!("wasmtime has no export `{name}`")),
            });
        }
        Ok(answers)
    }
}

fn kind(error: &wasmtime::Error) -> Result<Kind> {
    match error.downcast_ref::<wasmtime::Trap>() {
        Some(trap) => Ok(Kind::from_wasmtime(*trap)),
        None => Err(format!("wasmtime fails: {error:?}")),
    }
}

fn to_wasmtime(ty: ValType, bits: u128) -> Val {
    match ty {
        ValType::I32 => Val::I32(bits as i32),
        ValType::I64 => Val::I64(bits as i64),
        ValType::F32 => Val::F32(bits as u32),
        ValType::F64 => Val::F64(bits as u64),
        ValType::V128 => Val::V128(bits.into()),
        ValType::FuncRef => Val::FuncRef(None),
        ValType::ExternRef => Val::ExternRef(None),
    }
}

/// A value's bits; of a reference whether it is null.
fn bits(value: &Val) -> u128 {
    match value {
        Val::I32(value) => u128::from(*value as u32),
        Val::I64(value) => u128::from(*value as u64),
        Val::F32(bits) => u128::from(*bits),
        Val::F64(bits) => u128::from(*bits),
        Val::V128(value) => value.as_u128(),
        other => u128::from(!other.ref_().is_none_or(|r: Ref| r.is_null())),
    }
}

/// Takes an action's answer from the driver's output (`runtime-shim/src/driver.rs`); `None` if it ends before.
fn answer(action: &Action, results: usize, output: &mut &[u8]) -> Option<Answer> {
    let (code, rest) = output.split_first_chunk::<4>()?;
    *output = rest;
    let code = u32::from_le_bytes(*code);
    if code != 0 {
        let trap = Trap::from_code(u8::try_from(code).ok()?)?;
        return Some(Answer::Trap(Kind::from_message(trap.message())?));
    }
    if matches!(action, Action::Memory(_)) {
        let (len, rest) = output.split_first_chunk::<8>()?;
        let len = usize::try_from(u64::from_le_bytes(*len)).ok()?;
        let (bytes, rest) = rest.split_at_checked(len)?;
        *output = rest;
        return Some(Answer::Memory(bytes.to_vec()));
    }
    let (bytes, rest) = output.split_at_checked(results * STEP_SLOT)?;
    *output = rest;
    let (slots, _) = bytes.as_chunks::<STEP_SLOT>();
    Some(Answer::Values(
        slots
            .iter()
            .map(|slot| u128::from_le_bytes(*slot))
            .collect(),
    ))
}

/// Whether two answers are the same, as far as they can be compared: of a reference we see bits, they see whether it is null.
fn same(ours: &Answer, theirs: &Answer, types: &[ValType]) -> bool {
    match (ours, theirs) {
        (Answer::Values(ours), Answer::Values(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).enumerate().all(|(i, (a, b))| {
                    let low = |bits: u32| *a & (u128::MAX >> (128 - bits)) == *b;
                    match types.get(i) {
                        Some(ValType::I32 | ValType::F32) => low(32),
                        Some(ValType::I64 | ValType::F64) => low(64),
                        Some(ValType::FuncRef | ValType::ExternRef) => {
                            (*a as u64 != 0) == (*b != 0)
                        }
                        Some(ValType::V128) | None => a == b,
                    }
                })
        }
        (ours, theirs) => ours == theirs,
    }
}

/// The engine to compare with.
fn engine() -> Result<Engine> {
    let mut config = wasmtime::Config::new();
    config.wasm_multi_memory(true);
    // As much stack as nanocc's programs have, so that neither runs out of it alone: fuel ends recursion before.
    config.async_stack_size(16 << 20);
    config.max_wasm_stack(6 << 20);
    Engine::new(&config).map_err(|error| format!("{error:?}"))
}

/// Compares what a module does; `None` if it is the same. Counts in `tally`.
fn compare(
    bytes: &[u8],
    seed: u64,
    mode: Mode,
    (engine, folder): (&Engine, &Path),
    tally: &mut Tally,
) -> Result<Option<String>> {
    let case = match fuzz::caught(|| compile(bytes, seed, mode))?? {
        Ok(case) => case,
        Err(Error::Unsupported { .. } | Error::Limit { .. } | Error::TooManyMemories { .. }) => {
            tally.refused += 1;
            return Ok(None);
        }
        Err(error) => return Ok(Some(format!("nanocc refuses it: {error}"))),
    };
    let theirs = case.wasmtime(engine, bytes)?;
    let ours = match case.nanocc(mode, folder) {
        Ok(ours) => ours,
        Err(how) => return Ok(Some(how)),
    };
    let mut types = wasmtime::Module::new(engine, bytes)
        .map_err(|error| format!("{error:?}"))
        .map(Types)?;
    for ((action, ours), theirs) in case.actions.iter().zip(&ours).zip(&theirs) {
        match theirs {
            Answer::Trap(_) if *action == Action::Start => tally.stillborn += 1,
            Answer::Trap(_) => tally.trapped += 1,
            _ if matches!(action, Action::Call(..)) => tally.returned += 1,
            _ => {}
        }
        if !same(ours, theirs, &types.of(action)) {
            return Ok(Some(match (ours, theirs) {
                (Answer::Memory(a), Answer::Memory(b)) => {
                    let at = a.iter().zip(b).position(|(a, b)| a != b);
                    format!(
                        "{action:?}: {} and {} bytes, first other at {at:?}",
                        a.len(),
                        b.len()
                    )
                }
                _ => format!("{action:x?}: nanocc {ours:x?}, wasmtime {theirs:x?}"),
            }));
        }
    }
    Ok(None)
}

/// The types of what actions give.
struct Types(wasmtime::Module);

impl Types {
    fn of(&mut self, action: &Action) -> Vec<ValType> {
        use wasmtime::{ExternType, ValType as Theirs};
        let ty = |ty: &Theirs| match ty {
            Theirs::I32 => ValType::I32,
            Theirs::I64 => ValType::I64,
            Theirs::F32 => ValType::F32,
            Theirs::F64 => ValType::F64,
            Theirs::V128 => ValType::V128,
            Theirs::Ref(_) => ValType::FuncRef,
        };
        let (Action::Call(name, _) | Action::Global(name)) = action else {
            return Vec::new();
        };
        match self.0.get_export(name) {
            Some(ExternType::Func(func)) => func.results().map(|r| ty(&r)).collect(),
            Some(ExternType::Global(global)) => vec![ty(global.content())],
            _ => Vec::new(),
        }
    }
}

/// Compares modules of `seed`, `seed + 1`, ... until `bound`.
///
/// # Errors
///
/// Where nothing can be compared at all.
pub fn run(seed: u64, bound: Bound, mode: Mode) -> Result<Tally> {
    mode.available()?;
    let engine = engine()?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut tally = Tally::default();
    let start = Instant::now();
    let mut seed = seed;
    while start.elapsed() < bound.time && bound.modules.is_none_or(|most| tally.modules < most) {
        let Some(bytes) = module(seed) else {
            seed += 1;
            continue;
        };
        tally.modules += 1;
        let with = (&engine, folder.path());
        let how = match compare(&bytes, seed, mode, with, &mut tally) {
            Ok(how) => how,
            Err(panic) => Some(panic),
        };
        if let Some(how) = how {
            let kept = fuzz::keep(&format!("module-{seed}"), "wasm", &bytes)?;
            tally
                .mismatches
                .push(format!("seed {seed}, kept as {}: {how}", kept.display()));
        }
        seed += 1;
    }
    Ok(tally)
}

/// Compares a module that was kept, whose name has the seed of its arguments.
///
/// # Errors
///
/// As [`run`].
pub fn again(file: &Path, mode: Mode) -> Result<Option<String>> {
    mode.available()?;
    let name = file
        .file_stem()
        .and_then(|name| name.to_str())
        .unwrap_or("");
    let seed = name.split('-').nth(1).and_then(|seed| seed.parse().ok());
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let engine = engine()?;
    let with = (&engine, folder.path());
    compare(&bytes, seed.unwrap_or(0), mode, with, &mut Tally::default())
}
