//! What a caller asks for and what it gets: options, products, progress, timings.
//!
//! The library reads no file, no flag and no environment variable, and prints nothing: what it should
//! know is here, and what a caller might show on the way comes through [`Progress`].

use crate::graph::Limits;
pub use crate::graph::UnknownImports;
use crate::policy::grants::Grants;
pub use crate::target::{OptLevel, Target};
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// A stage of the pipeline, in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The input to one component.
    Compose,
    /// The component to a `Program`.
    Graph,
    /// What only the whole program shows.
    Facts,
    /// Which component may do what.
    Policy,
    /// To Cranelift's IR.
    Lower,
    /// Calls replaced by their callees' bodies.
    Inline,
    /// To machine code.
    Codegen,
    /// To an executable.
    Link,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Stage; 8] = [
        Stage::Compose,
        Stage::Graph,
        Stage::Facts,
        Stage::Policy,
        Stage::Lower,
        Stage::Inline,
        Stage::Codegen,
        Stage::Link,
    ];
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Stage::Compose => "compose",
            Stage::Graph => "graph",
            Stage::Facts => "facts",
            Stage::Policy => "policy",
            Stage::Lower => "lower",
            Stage::Inline => "inline",
            Stage::Codegen => "codegen",
            Stage::Link => "link",
        })
    }
}

/// A product that a compilation can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Emit {
    /// The composed component, binary.
    Component,
    /// The program: modules, instances, functions, adapters, resources. Text.
    Graph,
    /// What the analyses found. Text.
    Facts,
    /// What the program would need to be granted, as a grants file. Text.
    Grants,
    /// Who may ask what of the system. Text.
    Policy,
    /// Cranelift's IR, as it goes to code generation. Text.
    Clif,
    /// The machine code. Text.
    Asm,
    /// A relocatable ELF object.
    Obj,
    /// What the kernel is told to enforce: system calls, and their filter. Text.
    Fence,
    /// What the linker placed where. Text.
    Map,
    /// The executable.
    Exe,
}

impl Emit {
    /// Every product, in the order in which the pipeline makes them.
    pub const ALL: [Emit; 11] = [
        Emit::Component,
        Emit::Graph,
        Emit::Facts,
        Emit::Grants,
        Emit::Policy,
        Emit::Clif,
        Emit::Asm,
        Emit::Obj,
        Emit::Fence,
        Emit::Map,
        Emit::Exe,
    ];

    /// As it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Emit::Component => "component",
            Emit::Graph => "graph",
            Emit::Facts => "facts",
            Emit::Grants => "grants",
            Emit::Policy => "policy",
            Emit::Clif => "clif",
            Emit::Asm => "asm",
            Emit::Obj => "obj",
            Emit::Fence => "fence",
            Emit::Map => "map",
            Emit::Exe => "exe",
        }
    }

    /// Whether it is text, which may go to a terminal.
    pub fn is_text(self) -> bool {
        !matches!(self, Emit::Component | Emit::Obj | Emit::Exe)
    }

    /// The last stage that it needs.
    pub fn stage(self) -> Stage {
        match self {
            Emit::Component => Stage::Compose,
            Emit::Graph => Stage::Graph,
            Emit::Facts | Emit::Grants => Stage::Facts,
            Emit::Policy => Stage::Policy,
            Emit::Clif => Stage::Inline,
            Emit::Asm | Emit::Obj => Stage::Codegen,
            Emit::Fence | Emit::Map | Emit::Exe => Stage::Link,
        }
    }
}

impl fmt::Display for Emit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Emit {
    type Err = String;

    fn from_str(text: &str) -> Result<Emit, String> {
        Emit::ALL
            .into_iter()
            .find(|emit| emit.name() == text)
            .ok_or_else(|| {
                let names: Vec<_> = Emit::ALL.iter().map(|emit| emit.name()).collect();
                format!("`{text}` is none of {}", names.join(", "))
            })
    }
}

/// How to compile. Together with the input it decides every byte of the output: nothing here is about
/// threads, paths or the machine that compiles.
#[derive(Debug, Clone)]
pub struct Options {
    /// The machine that the executable is for.
    pub target: Target,
    /// How hard to optimise.
    pub opt: OptLevel,
    /// Leave out the symbol table. Messages of traps don't need it.
    pub strip: bool,
    /// The wanted products. The pipeline stops after the last stage that one needs.
    pub emit: Vec<Emit>,
    /// How large a program may unfold to.
    pub limits: Limits,
    /// What becomes of an import that the host doesn't serve.
    pub unknown_imports: UnknownImports,
    /// What the components may ask of the system.
    pub grants: Grants,
    /// What the kernel is told to enforce.
    pub fences: Fences,
}

/// What the kernel is told to enforce besides the runtime shim's own checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fences {
    /// That the program makes no system calls but its own.
    pub seccomp: bool,
    /// That it uses no files and TCP ports but those that were granted.
    pub landlock: bool,
    /// That the program doesn't run where the kernel can't.
    pub required: bool,
}

impl Fences {
    /// Nothing.
    pub const NONE: Fences = Fences {
        seccomp: false,
        landlock: false,
        required: false,
    };
}

impl Default for Fences {
    /// All that the kernel can.
    fn default() -> Fences {
        Fences {
            seccomp: true,
            landlock: true,
            required: false,
        }
    }
}

impl Options {
    /// The default for `target`: an executable at [`OptLevel::O2`], with symbols.
    pub fn new(target: Target) -> Options {
        Options {
            target,
            opt: OptLevel::default(),
            strip: false,
            emit: vec![Emit::Exe],
            limits: Limits::default(),
            unknown_imports: UnknownImports::default(),
            grants: Grants::default(),
            fences: Fences::default(),
        }
    }

    /// Whether a product is wanted.
    pub fn wants(&self, emit: Emit) -> bool {
        self.emit.contains(&emit)
    }

    /// The last stage that has to run.
    pub fn last_stage(&self) -> Stage {
        let stages = self.emit.iter().map(|emit| emit.stage());
        stages.max().unwrap_or(Stage::Compose)
    }
}

/// What a compilation gave.
#[derive(Debug, Default)]
pub struct Output {
    /// The wanted products, in the order of [`Emit::ALL`]. Text is UTF-8.
    pub products: Vec<(Emit, Vec<u8>)>,
    /// Where the time went.
    pub timings: Timings,
}

impl Output {
    /// A product, if it was wanted.
    pub fn product(&self, emit: Emit) -> Option<&[u8]> {
        let product = self.products.iter().find(|(kind, _)| *kind == emit);
        product.map(|(_, bytes)| bytes.as_slice())
    }
}

/// Where a compilation reports what it is doing. Calls come from any thread.
pub trait Progress: Sync {
    /// `stage` begins. `steps` is how many [`Progress::step`]s it will take; 0 if that isn't known.
    fn stage(&self, stage: Stage, steps: usize) {
        let _ = (stage, steps);
    }

    /// A step of the stage is done: a function is compiled, say.
    fn step(&self) {}

    /// Something for who asked to be told.
    fn note(&self, text: fmt::Arguments<'_>) {
        let _ = text;
    }

    /// Something for who asked to be told more.
    fn detail(&self, text: fmt::Arguments<'_>) {
        let _ = text;
    }
}

/// Shows nothing.
impl Progress for () {}

/// Wall-clock time by stage.
#[derive(Debug, Clone, Default)]
pub struct Timings(Vec<(Stage, Duration)>);

impl Timings {
    /// Runs `work` as `stage`, of `steps` steps (0: unknown), tells `progress` and takes the time.
    pub fn run<T>(
        &mut self,
        progress: &dyn Progress,
        stage: Stage,
        steps: usize,
        work: impl FnOnce() -> T,
    ) -> T {
        progress.stage(stage, steps);
        let start = Instant::now();
        let result = work();
        self.add(stage, start.elapsed());
        result
    }

    /// Counts `time` towards `stage`.
    pub fn add(&mut self, stage: Stage, time: Duration) {
        match self.0.iter_mut().find(|(known, _)| *known == stage) {
            Some((_, sum)) => *sum += time,
            None => self.0.push((stage, time)),
        }
    }

    /// The stages that ran and what they took, in the order of their first run.
    pub fn iter(&self) -> impl Iterator<Item = (Stage, Duration)> + '_ {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_have_names_and_stages() {
        for emit in Emit::ALL {
            assert_eq!(emit.name().parse(), Ok(emit));
        }
        assert!(
            "exec"
                .parse::<Emit>()
                .unwrap_err()
                .contains("component, graph")
        );

        let mut options = Options::new(Target::x86_64());
        assert_eq!(options.last_stage(), Stage::Link);
        options.emit = vec![Emit::Facts, Emit::Graph];
        assert_eq!(options.last_stage(), Stage::Facts);
    }

    #[test]
    fn a_stage_that_runs_twice_has_one_line() {
        let mut timings = Timings::default();
        for (stage, ms) in [(Stage::Inline, 1), (Stage::Codegen, 2), (Stage::Inline, 4)] {
            timings.add(stage, Duration::from_millis(ms));
        }
        let lines: Vec<_> = timings.iter().map(|(s, t)| (s, t.as_millis())).collect();
        assert_eq!(lines, [(Stage::Inline, 5), (Stage::Codegen, 2)]);
    }
}
