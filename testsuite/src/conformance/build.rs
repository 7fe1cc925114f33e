//! Part of a script as one program.
//!
//! Directives become calls of `nanocc::graph::script`, in order, so that names mean what they mean at that point
//! of the script. What can be decided without running (a module that is to be refused, an import that doesn't fit) is
//! decided here; what has to run becomes a command. Every exported function is a step, called or not: so that
//! all of a script's code is compiled.

use super::plan::{Directive, Kind, Part, Plan, SPECTEST};
use super::{Mode, Report, value};
use nanocc::error::Error;
use nanocc::graph::Limits;
use nanocc::graph::script::Script;
use nanocc::options::Emit;
use nanocc::pipeline;
use nanocc::program::{FuncId, GlobalId, InstanceId, ModuleId, Step, ValType};
use std::collections::HashMap;
use std::sync::LazyLock;
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
    pub step: u32,
    pub args: Vec<u128>,
    /// Types of the results, where there is no trap.
    pub results: Vec<ValType>,
    pub expected: Expected<'p>,
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
    instances: HashMap<usize, InstanceId>,
    calls: HashMap<FuncId, u32>,
    reads: HashMap<GlobalId, u32>,
    commands: Vec<Command<'p>>,
    report: Report,
}

impl<'p> Build<'p> {
    /// Links what `part` has of `plan`.
    pub fn new(plan: &'p Plan<'p>, part: &Part) -> Build<'p> {
        let features = plan.script.features;
        let mut build = Build {
            script: Script::new(features, &Limits::default()),
            instances: HashMap::new(),
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
            if let Err(reason) = build.directive(plan, index, directive) {
                build
                    .report
                    .fail(format!("line {}: {reason}", directive.line));
            }
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

    /// The error says why the directive has failed.
    fn directive(
        &mut self,
        plan: &'p Plan<'p>,
        index: usize,
        directive: &'p Directive<'p>,
    ) -> Result<(), String> {
        let line = directive.line;
        match &directive.kind {
            Kind::Definition => {
                self.module(plan, index)?;
                self.report.pass();
            }
            Kind::Instance => {
                let module = self.module(plan, index)?;
                let instance = self.script.instantiate(module).map_err(text)?;
                self.instances.insert(index, instance);
                self.instantiation(line, instance, Expected::Done);
            }
            Kind::Uninstantiable(message) => {
                let module = self.module(plan, index)?;
                let instance = self.script.instantiate(module).map_err(text)?;
                self.instantiation(line, instance, Expected::Trap(message));
            }
            Kind::Unlinkable(message) => {
                let module = self.module(plan, index)?;
                match self.script.instantiate(module) {
                    Ok(instance) => {
                        self.instantiation(line, instance, Expected::Unlinkable(message));
                    }
                    Err(error) => {
                        let said = error.to_string();
                        let right = match error {
                            Error::UnknownCoreImport { .. } => *message == "unknown import",
                            Error::CoreImportType { .. } => *message == "incompatible import type",
                            _ => false,
                        };
                        if !right {
                            return Err(format!("nanocc says `{said}`, expected `{message}`"));
                        }
                        self.report.pass();
                    }
                }
            }
            Kind::Invalid => match self.module(plan, index) {
                Ok(_) => return Err("nanocc accepts the module".to_owned()),
                Err(refusal) if refusal.invalid => self.report.pass(),
                Err(refusal) => return Err(refusal.into()),
            },
            Kind::Register(name) => {
                let instance = self.instance(directive)?;
                self.script.register(*name, instance);
            }
            Kind::Invoke(invoke) => self.call(directive, invoke, Expected::Done)?,
            Kind::Returns(invoke, results) => {
                self.call(directive, invoke, Expected::Results(results))?;
            }
            Kind::Traps(invoke, message) => {
                self.call(directive, invoke, Expected::Trap(message))?;
            }
            Kind::Get(name, results) => {
                let instance = self.instance(directive)?;
                let global = self.script.global(instance, name).map_err(text)?;
                let ty = self.script.program().globals[global].ty.ty;
                let step = *self
                    .reads
                    .entry(global)
                    .or_insert_with(|| self.script.step(Step::Read(global)));
                self.commands.push(Command {
                    line,
                    step,
                    args: Vec::new(),
                    results: vec![ty],
                    expected: Expected::Results(results),
                });
            }
            Kind::Unknown(what) => self
                .report
                .skip(format!("line {line}: the runner doesn't know {what}")),
        }
        Ok(())
    }

    /// Gives nanocc the directive's module.
    fn module(&mut self, plan: &'p Plan<'p>, index: usize) -> Result<ModuleId, Refusal> {
        let refusal = |error: &Error| Refusal {
            invalid: matches!(error, Error::Malformed { .. } | Error::Wat(_)),
            message: error.to_string(),
        };
        let bytes = plan.module(index).unwrap_or(Ok(&[])).map_err(refusal)?;
        self.script.module(bytes).map_err(|error| refusal(&error))
    }

    fn instance(&self, directive: &Directive<'_>) -> Result<InstanceId, String> {
        directive
            .target
            .and_then(|target| self.instances.get(&target))
            .copied()
            .ok_or_else(|| "its module was not instantiated".to_owned())
    }

    fn instantiation(&mut self, line: usize, instance: InstanceId, expected: Expected<'p>) {
        let step = self.script.step(Step::Instantiate(instance));
        self.commands.push(Command {
            line,
            step,
            args: Vec::new(),
            results: Vec::new(),
            expected,
        });
    }

    fn call(
        &mut self,
        directive: &Directive<'_>,
        invoke: &WastInvoke<'_>,
        expected: Expected<'p>,
    ) -> Result<(), String> {
        let instance = self.instance(directive)?;
        let func = self.script.func(instance, invoke.name).map_err(text)?;
        let program = self.script.program();
        let signature = &program.signatures[program.funcs[func].sig];
        let mut args = Vec::with_capacity(invoke.args.len());
        let mut types = Vec::with_capacity(invoke.args.len());
        for arg in &invoke.args {
            let (ty, bits) =
                value::argument(arg).ok_or_else(|| format!("the argument {arg:?} is unknown"))?;
            types.push(ty);
            args.push(bits);
        }
        if types != signature.params {
            return Err(format!(
                "`{}` takes {:?}, not {types:?}",
                invoke.name, signature.params
            ));
        }
        let results = signature.results.clone();
        let step = self.call_step(func);
        self.commands.push(Command {
            line: directive.line,
            step,
            args,
            results,
            expected,
        });
        Ok(())
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

/// Why nanocc doesn't accept a module.
struct Refusal {
    /// Whether because the module isn't one, and not because nanocc can't compile it.
    invalid: bool,
    message: String,
}

impl From<Refusal> for String {
    fn from(refusal: Refusal) -> String {
        format!("nanocc doesn't accept the module: {}", refusal.message)
    }
}

fn text(error: Error) -> String {
    error.to_string()
}
