//! The pipeline: every stage, in order. Read this first.
//!
//! Compose comes before: [`crate::compose`] makes the component that [`compile`] starts from.

use crate::compose::Composed;
use crate::error::{Error, Result};
use crate::executable::prepare::Described;
use crate::graph::script::{Arena, Script};
use crate::invoke::Returned;
use crate::lower::source::SourceMap;
use crate::lower::{self, Env};
use crate::options::{Emit, Options, Output, Progress, Stage};
use crate::policy::seccomp::Context;
use crate::policy::{Policy, explain};
use crate::program::Program;
use crate::{emit, executable, facts, functions, graph, note, plan, shim};
use functions::Functions;
use std::time::{Duration, Instant};

/// Compiles a composed component. `shim` is the runtime shim to link, or `None` for the embedded one.
///
/// # Errors
///
/// The first stage's that refuses.
pub fn compile(
    input: &Composed,
    options: &Options,
    shim: Option<&[u8]>,
    progress: &dyn Progress,
) -> Result<Output> {
    let mut run = Run {
        options,
        progress,
        result: None,
        output: Output::default(),
    };
    run.compile(input, shim)?;
    Ok(run.output)
}

/// Compiles a script: the same as [`compile`] from the graph on. `shim` has to be one that drives
/// scripts; the embedded one starts commands.
///
/// # Errors
///
/// The first stage's that refuses.
pub fn compile_script(
    script: Script<'_>,
    options: &Options,
    shim: &[u8],
    progress: &dyn Progress,
) -> Result<Output> {
    let mut run = Run {
        options,
        progress,
        result: None,
        output: Output::default(),
    };
    run.program(&script.finish()?, Some(shim))?;
    Ok(run.output)
}

/// Compiles a program that calls one function of a composed component: the same as [`compile`], from another entry. `call` is
/// the call's text, and the descriptor to which the program writes what the [`Returned`] reads.
///
/// # Errors
///
/// The first stage's that refuses.
pub fn compile_call(
    input: &Composed,
    call: (&str, i32),
    options: &Options,
    shim: Option<&[u8]>,
    progress: &dyn Progress,
) -> Result<(Output, Returned)> {
    let mut run = Run {
        options,
        progress,
        result: Some(call.1),
        output: Output::default(),
    };
    let arena = Arena::new();
    let (limits, unknown) = (&options.limits, options.unknown_imports);
    let (program, returned) = run.stage(Stage::Graph, 0, || {
        graph::build_call(&input.bytes, limits, unknown, &arena, call)
    })?;
    run.program(&program, shim)?;
    Ok((run.output, returned))
}

/// A compilation under way.
struct Run<'a> {
    options: &'a Options,
    progress: &'a dyn Progress,
    /// The descriptor for the result of a call from outside.
    result: Option<i32>,
    output: Output,
}

impl Run<'_> {
    fn compile(&mut self, input: &Composed, shim: Option<&[u8]>) -> Result<()> {
        self.emit(Emit::Component, || input.bytes.clone());
        if self.done(Stage::Compose) {
            return Ok(());
        }

        let (limits, unknown) = (&self.options.limits, self.options.unknown_imports);
        let program = self.stage(Stage::Graph, 0, || {
            graph::build_with(&input.bytes, limits, unknown)
        })?;
        self.program(&program, shim)
    }

    fn program(&mut self, program: &Program<'_>, shim: Option<&[u8]>) -> Result<()> {
        let (options, progress) = (self.options, self.progress);
        let (target, opt) = (&options.target, options.opt);

        self.emit(Emit::Graph, || program.print().into_bytes());
        if self.done(Stage::Graph) {
            return Ok(());
        }

        let facts = self.stage(Stage::Facts, 0, || facts::analyse(program));
        self.emit(Emit::Facts, || facts.print(program).into_bytes());
        self.emit(Emit::Grants, || {
            explain::explain(program, &facts).into_bytes()
        });
        if self.done(Stage::Facts) {
            return Ok(());
        }

        let policy = self.stage(Stage::Policy, 0, || {
            Policy::new(program, &facts, &options.grants)
        })?;
        progress.note(format_args!("grants:\n{}", policy.display(program)));
        self.emit(Emit::Policy, || policy.print(program).into_bytes());
        if self.done(Stage::Policy) {
            return Ok(());
        }

        // A target without a shim is refused before the long part.
        let shim = shim::object(target.machine, shim)?;
        let isa = target.isa(opt)?;
        let (plan, source) = self.stage(Stage::Policy, 0, || {
            let plan = plan::plan(program, &facts, target.space())?;
            let source = SourceMap::new(program, facts.reachable_funcs())?;
            Ok::<_, Error>((plan, source))
        })?;
        let env = Env {
            program,
            facts: &facts,
            plan: &plan,
            source: &source,
            isa: isa.as_ref(),
        };

        let want = functions::Want {
            clif: options.wants(Emit::Clif),
            code: options.last_stage() >= Stage::Codegen,
            assembly: options.wants(Emit::Asm),
            places: policy.interrupts(),
        };
        let names = lower::names(&env);
        let made = self.functions(names.len(), || {
            functions::run(&env, names, target, opt, want, progress)
        })?;
        let functions = made.compiled;
        self.emit(Emit::Clif, || made.clif.into_bytes());
        self.emit(Emit::Asm, || emit::assembly(&functions).into_bytes());
        if options.wants(Emit::Obj) {
            let object = emit::object(program, &plan, target, &functions)?;
            self.emit(Emit::Obj, || object);
        }
        if self.done(Stage::Codegen) {
            return Ok(());
        }

        let context = Context::of(&policy, self.result);
        let (fence, linked) = self.stage(Stage::Link, 0, || {
            let strip = options.strip;
            let fences = (options.fences, context);
            let (input, fence, code) =
                executable::assemble(&env, target, &policy, &functions, shim, strip, fences)?;
            let mut reached = nanocc_linker::reach(input)?;
            let fence = match fence {
                Some(fence) => fence.complete(target.machine, &mut reached)?,
                None => Described::NONE,
            };
            let described = (options.fences, &fence);
            let note = note::describe(program, &policy, target, described, &code)?;
            reached.note(note.to_elf());
            Ok::<_, Error>((fence, reached.link()?))
        })?;
        self.emit(Emit::Fence, || fence.to_string().into_bytes());
        self.emit(Emit::Map, || linked.map.to_string().into_bytes());
        self.emit(Emit::Exe, || linked.bytes);
        Ok(())
    }

    /// Runs one stage, and takes the time.
    fn stage<T>(&mut self, stage: Stage, steps: usize, work: impl FnOnce() -> T) -> T {
        let timings = &mut self.output.timings;
        timings.run(self.progress, stage, steps, work)
    }

    /// Runs the stages that work on a function at a time: lower, inline and codegen. They take turns on
    /// every thread, so each gets its share of the time that they take together.
    fn functions(
        &mut self,
        steps: usize,
        work: impl FnOnce() -> Result<Functions>,
    ) -> Result<Functions> {
        self.progress.stage(Stage::Codegen, steps);
        let start = Instant::now();
        let functions = work()?;
        let together = start.elapsed();
        let sum: Duration = functions.times.iter().sum();
        let stages = [Stage::Lower, Stage::Inline, Stage::Codegen];
        for (stage, time) in stages.into_iter().zip(functions.times) {
            let share = time.as_secs_f64() / sum.as_secs_f64().max(f64::MIN_POSITIVE);
            self.output.timings.add(stage, together.mul_f64(share));
        }
        Ok(functions)
    }

    fn done(&self, stage: Stage) -> bool {
        self.options.last_stage() <= stage
    }

    fn emit(&mut self, emit: Emit, product: impl FnOnce() -> Vec<u8>) {
        if self.options.wants(emit) {
            self.output.products.push((emit, product()));
        }
    }
}
