//! Part of a script as one program.
//!
//! Directives become calls of `nanocc::graph::script`, in order, so that names mean what they mean at that point
//! of the script. What can be decided without running (a module that is to be refused, an import that doesn't fit) is
//! decided here; what has to run becomes a command. Every function that a core instance exports is a step, called or
//! not: so that all of a script's code is compiled.
//!
//! A component that uses what nanocc doesn't compile is refused by a typed error that names the feature. It is
//! skipped then, and with it whatever is about its instance: that is the only reason to skip.

use super::plan::{Directive, Kind, Part, Plan, SPECTEST, What};
use super::{Mode, Report, value};
use nanocc::error::Error;
use nanocc::graph::Limits;
use nanocc::graph::script::{Arena, Call, Definition as ComponentDefinition, Root, Script};
use nanocc::options::Emit;
use nanocc::pipeline;
use nanocc::program::{FuncId, GlobalId, InstanceId, ModuleId, Step, ValType};
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;
use wasm_wave::value::Type;
use wasm_wave::wasm::WasmFunc;
use wasmparser::WasmFeatures;
use wast::{WastInvoke, WastRet};

/// The host module of the specification's scripts; what it prints, nobody looks at.
const HOST: &str = r#"(module
    (global (export "global_i32") i32 (i32.const 666))
    (global (export "global_i64") i64 (i64.const 666))
    (global (export "global_f32") f32 (f32.const 666.6))
    (global (export "global_f64") f64 (f64.const 666.6))
    (table (export "table") 10 20 funcref)
    (memory (export "memory") 1 2)
    (func (export "print"))
    (func (export "print_i32") (param i32))
    (func (export "print_i64") (param i64))
    (func (export "print_f32") (param f32))
    (func (export "print_f64") (param f64))
    (func (export "print_i32_f32") (param i32 f32))
    (func (export "print_f64_f64") (param f64 f64)))"#;

static HOST_BINARY: LazyLock<Vec<u8>> =
    LazyLock::new(|| wat::parse_str(HOST).expect("the host module is well-formed"));

/// Something that the executable is told to do, and what has to come of it.
pub struct Command<'p> {
    pub line: usize,
    pub run: Run,
    pub expected: Expected<'p>,
}

/// What the executable is told.
pub enum Run {
    /// Bring an instance to life: these steps.
    Instantiate(Vec<u32>),
    /// A step with arguments, and the types of its results, where there is no trap.
    Core {
        step: u32,
        args: Vec<u128>,
        results: Vec<ValType>,
    },
    /// A component's function, called with values.
    Component(Box<Call>),
}

/// What a command has to end with.
pub enum Expected<'p> {
    /// No trap.
    Done,
    /// These results.
    Results(&'p [WastRet<'p>]),
    /// A trap that the specification describes so.
    Trap(&'p str),
    /// Linking fails when it is tried: a trap of the kind that stands for this.
    Unlinkable(&'p str),
}

/// An executable, and what it is to do.
pub struct Executable<'p> {
    pub bytes: Vec<u8>,
    pub commands: Vec<Command<'p>>,
    /// Of the directives that don't run.
    pub report: Report,
}

/// A part that doesn't compile.
pub struct Failure {
    pub error: Box<Error>,
    /// How many directives can't be run for it.
    pub commands: usize,
    pub report: Report,
}

/// A part under construction.
pub struct Build<'p> {
    script: Script<'p>,
    arena: &'p Arena<'p>,
    instances: HashMap<usize, Instance>,
    /// Directives whose component isn't compiled, why, and how many directives that concerns.
    skipped: BTreeMap<usize, (String, usize)>,
    calls: HashMap<FuncId, u32>,
    reads: HashMap<GlobalId, u32>,
    commands: Vec<Command<'p>>,
    report: Report,
}

impl<'p> Build<'p> {
    /// Links what `part` has of `plan`.
    pub fn new(plan: &'p Plan<'p>, part: &Part, arena: &'p Arena<'p>) -> Build<'p> {
        let features = plan.script.features;
        let mut build = Build {
            script: Script::new(features, &Limits::default()),
            arena,
            instances: HashMap::new(),
            skipped: BTreeMap::new(),
            calls: HashMap::new(),
            reads: HashMap::new(),
            commands: Vec::new(),
            report: Report::default(),
        };
        let host = build.script.module(&HOST_BINARY).and_then(|module| {
            let instance = build.script.instantiate(module)?;
            build.script.register(SPECTEST, instance);
            Ok(())
        });
        if let Err(error) = host {
            build
                .report
                .fail(format!("the host module `{SPECTEST}`: {error}"));
        }
        for &index in part {
            let directive = &plan.directives[index];
            match build.directive(plan, index, directive) {
                Ok(()) => {}
                Err(Failed::Unsupported(reason)) => {
                    let reason = format!("line {}: {reason}", directive.line);
                    build.skipped.insert(index, (reason, 1));
                }
                Err(Failed::Depends(on)) => {
                    if let Some((_, count)) = build.skipped.get_mut(&on) {
                        *count += 1;
                    }
                }
                Err(Failed::Wrong(reason)) => build
                    .report
                    .fail(format!("line {}: {reason}", directive.line)),
            }
        }
        for (reason, count) in std::mem::take(&mut build.skipped).into_values() {
            build.report.skip_all(count, reason);
        }
        build
    }

    /// Compiles it.
    pub fn compile(mut self, mode: Mode) -> Result<Executable<'p>, Failure> {
        self.remaining_exports();
        let (script, commands, report) = (self.script, self.commands, self.report);
        let compiled = mode
            .driver()
            .map_err(|message| Error::Target {
                message,
                help: String::new(),
            })
            .and_then(|driver| pipeline::compile_script(script, &mode.options(), driver, &()));
        match compiled {
            Ok(output) => Ok(Executable {
                bytes: output.product(Emit::Exe).unwrap_or_default().to_vec(),
                commands,
                report,
            }),
            Err(error) => Err(Failure {
                error: Box::new(error),
                commands: commands.len(),
                report,
            }),
        }
    }

    fn directive(
        &mut self,
        plan: &'p Plan<'p>,
        index: usize,
        directive: &'p Directive<'p>,
    ) -> Result<(), Failed> {
        let line = directive.line;
        match &directive.kind {
            Kind::Definition => {
                self.define(plan, index)?;
                self.report.pass();
            }
            Kind::Instance => {
                let definition = self.define(plan, index)?;
                let instance = self.instantiate(line, definition, Expected::Done)?;
                self.instances.insert(index, instance);
            }
            Kind::Uninstantiable(message) => {
                let definition = self.define(plan, index)?;
                self.instantiate(line, definition, Expected::Trap(message))?;
            }
            Kind::Unlinkable(message) => {
                let definition = self.define(plan, index)?;
                match self.instantiate(line, definition, Expected::Unlinkable(message)) {
                    Ok(_) => {}
                    Err(error) if is_unlinkable(&error, message) => self.report.pass(),
                    Err(error) => {
                        let reason = format!("nanocc says `{error}`, expected `{message}`");
                        return Err(Failed::Wrong(reason));
                    }
                }
            }
            Kind::Invalid => match self.define(plan, index) {
                Ok(_) => return Err(Failed::Wrong("nanocc accepts it".to_owned())),
                Err(Error::Malformed { .. } | Error::Wat(_)) => self.report.pass(),
                // Refused, but not as invalid.
                Err(error) => return Err(Failed::Wrong(refused(&error))),
            },
            Kind::Register(name) => match self.instance(directive)? {
                Instance::Core(instance) => self.script.register(*name, instance),
                Instance::Component(_) => {
                    return Err(Failed::Wrong(
                        "a component's instance can't be imported".to_owned(),
                    ));
                }
            },
            Kind::Invoke(invoke) => self.call(directive, invoke, Expected::Done)?,
            Kind::Returns(invoke, results) => {
                self.call(directive, invoke, Expected::Results(results))?;
            }
            Kind::Traps(invoke, message) => {
                self.call(directive, invoke, Expected::Trap(message))?;
            }
            Kind::Get(name, results) => {
                let Instance::Core(instance) = self.instance(directive)? else {
                    return Err(Failed::Wrong("a component has no globals".to_owned()));
                };
                let global = self.script.global(instance, name)?;
                let ty = self.script.program().globals[global].ty.ty;
                let step = *self
                    .reads
                    .entry(global)
                    .or_insert_with(|| self.script.step(Step::Read(global)));
                self.commands.push(Command {
                    line,
                    run: Run::Core {
                        step,
                        args: Vec::new(),
                        results: vec![ty],
                    },
                    expected: Expected::Results(results),
                });
            }
            Kind::Unknown(what) => self
                .report
                .skip(format!("line {line}: the runner doesn't know {what}")),
        }
        Ok(())
    }

    /// Gives nanocc the directive's module or component.
    fn define(&mut self, plan: &'p Plan<'p>, index: usize) -> Result<Definition, Error> {
        let (what, bytes) = plan.source(index).unwrap_or((What::Module, Ok(&[])));
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(Error::Wat(message)) => return Err(Error::Wat(message.clone())),
            Err(error) => return Err(Error::Wat(error.to_string())),
        };
        match what {
            What::Module => self.script.module(bytes).map(Definition::Module),
            What::Component => {
                let component = self.script.component(bytes, self.arena);
                component.map(Definition::Component)
            }
        }
    }

    /// Links an instance, and makes a command of its coming to life.
    fn instantiate(
        &mut self,
        line: usize,
        definition: Definition,
        expected: Expected<'p>,
    ) -> Result<Instance, Error> {
        let (instance, steps) = match definition {
            Definition::Module(module) => {
                let instance = self.script.instantiate(module)?;
                let step = self.script.step(Step::Instantiate(instance));
                (Instance::Core(instance), vec![step])
            }
            Definition::Component(component) => {
                let root = self.script.instantiate_component(component)?;
                let steps = self.script.steps(root);
                (Instance::Component(root), steps)
            }
        };
        self.commands.push(Command {
            line,
            run: Run::Instantiate(steps),
            expected,
        });
        Ok(instance)
    }

    fn instance(&self, directive: &Directive<'_>) -> Result<Instance, Failed> {
        let target = directive
            .target
            .ok_or(Failed::Wrong("it names no instance".to_owned()))?;
        match self.instances.get(&target) {
            Some(instance) => Ok(*instance),
            None if self.skipped.contains_key(&target) => Err(Failed::Depends(target)),
            None => Err(Failed::Wrong("its module was not instantiated".to_owned())),
        }
    }

    fn call(
        &mut self,
        directive: &Directive<'_>,
        invoke: &WastInvoke<'_>,
        expected: Expected<'p>,
    ) -> Result<(), Failed> {
        let run = match self.instance(directive)? {
            Instance::Core(instance) => self.core_call(instance, invoke)?,
            Instance::Component(root) => self.component_call(root, invoke)?,
        };
        self.commands.push(Command {
            line: directive.line,
            run,
            expected,
        });
        Ok(())
    }

    fn core_call(&mut self, instance: InstanceId, invoke: &WastInvoke<'_>) -> Result<Run, Failed> {
        let func = self.script.func(instance, invoke.name)?;
        let program = self.script.program();
        let signature = &program.signatures[program.funcs[func].sig];
        let mut args = Vec::with_capacity(invoke.args.len());
        let mut types = Vec::with_capacity(invoke.args.len());
        for arg in &invoke.args {
            let (ty, bits) = value::core::argument(arg)
                .ok_or_else(|| Failed::Wrong(format!("the argument {arg:?} is unknown")))?;
            types.push(ty);
            args.push(bits);
        }
        if types != signature.params {
            let params = &signature.params;
            let reason = format!("`{}` takes {params:?}, not {types:?}", invoke.name);
            return Err(Failed::Wrong(reason));
        }
        let results = signature.results.clone();
        let step = self.call_step(func);
        Ok(Run::Core {
            step,
            args,
            results,
        })
    }

    fn component_call(&mut self, root: Root, invoke: &WastInvoke<'_>) -> Result<Run, Failed> {
        let ty = self.script.func_type(root, invoke.name)?;
        let params: Vec<Type> = ty.params().collect();
        if params.len() != invoke.args.len() {
            return Err(Failed::Wrong(format!(
                "`{}` takes {} arguments",
                invoke.name,
                params.len()
            )));
        }
        let mut args = Vec::with_capacity(params.len());
        for (arg, ty) in invoke.args.iter().zip(&params) {
            args.push(value::component::argument(arg, ty).map_err(Failed::Wrong)?);
        }
        let call = self.script.call(root, invoke.name, &args)?;
        Ok(Run::Component(Box::new(call)))
    }

    fn call_step(&mut self, func: FuncId) -> u32 {
        *self
            .calls
            .entry(func)
            .or_insert_with(|| self.script.step(Step::Call(func)))
    }

    /// Makes a step of every exported function that isn't one yet.
    fn remaining_exports(&mut self) {
        let program = self.script.program();
        let mut funcs = Vec::new();
        for (id, instance) in program.instances.iter() {
            for name in program.modules[instance.module].exports.keys() {
                funcs.extend(self.script.func(id, name));
            }
        }
        for func in funcs {
            self.call_step(func);
        }
    }
}

/// A module or a component, known to nanocc.
enum Definition {
    Module(ModuleId),
    Component(ComponentDefinition),
}

/// An instance of one.
#[derive(Clone, Copy)]
enum Instance {
    Core(InstanceId),
    Component(Root),
}

/// Why a directive isn't a command and hasn't passed.
enum Failed {
    /// It has failed.
    Wrong(String),
    /// nanocc doesn't compile what it uses.
    Unsupported(String),
    /// It is about the instance of a directive that is skipped.
    Depends(usize),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        match error {
            Error::Unsupported { .. } => Failed::Unsupported(error.to_string()),
            _ => Failed::Wrong(refused(&error)),
        }
    }
}

fn refused(error: &Error) -> String {
    format!("nanocc refuses it: {error}")
}

/// Whether nanocc refuses to link for the reason that a script gives.
fn is_unlinkable(error: &Error, message: &str) -> bool {
    match error {
        Error::UnknownCoreImport { .. } => message == "unknown import",
        Error::CoreImportType { .. } => message == "incompatible import type",
        _ => false,
    }
}

/// How many memories an instance of a component defines.
pub fn memories(component: &[u8]) -> usize {
    let arena = Arena::new();
    let mut script = Script::new(WasmFeatures::WASM2, &Limits::default());
    let instance = script
        .component(component, &arena)
        .and_then(|component| script.instantiate_component(component));
    match instance {
        Ok(_) => script.program().memories.len(),
        // Refused: there won't be any.
        Err(_) => 0,
    }
}
