//! The `nanocc` command: files, flags and the terminal around the library.
//!
//! Exit status: 0, 1 for an error in the input or its surroundings, 2 for wrong usage, 101 for a defect
//! of nanocc's own. `nanocc run` ends as the program does.

mod cli {
    pub mod args;
    pub mod grants;
    pub mod habits;
    pub mod inspect;
    pub mod limits;
    pub mod output;
    pub mod packages;
    pub mod progress;
    pub mod report;
    pub mod run;
}

use cli::args::{Arguments, Common, CompileArgs, EmitArg, ExplainArgs};
use cli::output::{Destination, reason};
use cli::packages::Packages;
use cli::progress::{Terminal, say};
use cli::report::{Failure, Style};
use nanocc::invoke::Returned;
use nanocc::options::{
    Emit, Fences, Options, Output, Progress, Stage, Target, Timings, UnknownImports,
};
use nanocc::{compose, pipeline, shim};
use std::ffi::OsStr;
use std::io::{self, Write};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Each thread's stack: parsers and encoders recurse over what they are given. Memory that isn't
/// touched costs nothing.
const STACK: usize = 256 << 20;

fn main() -> ExitCode {
    let args = Arguments::parse();
    let style = Style::new(args.color());
    let terminal = Terminal::new(args.verbose());

    // A panic is shown where it ends up: the compose stage makes an error of wac's.
    static PANIC: Mutex<Option<String>> = Mutex::new(None);
    std::panic::set_hook(Box::new(|info| {
        if let Ok(mut panic) = PANIC.lock() {
            *panic = Some(info.to_string());
        }
    }));
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| match args {
        Arguments::Compile(args) => compile(args, style, &terminal),
        Arguments::Run(args) => cli::run::run(args, style, &terminal),
        Arguments::Explain(args) => explain(args, style, &terminal),
        Arguments::Inspect(args) => cli::inspect::inspect(&args),
    }));
    terminal.finish();
    match result {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => {
            let _ = io::stderr().write_all(style.render(&failure).as_bytes());
            ExitCode::FAILURE
        }
        Err(_) => {
            let what = PANIC.lock().ok().and_then(|mut panic| panic.take());
            say(format_args!(
                "error: internal error: this is a defect of nanocc, please report it with the input\n  {}",
                what.unwrap_or_default().replace('\n', "\n  ")
            ));
            ExitCode::from(101)
        }
    }
}

/// `nanocc INPUT`: everything between the arguments and the exit status.
fn compile(args: CompileArgs, style: Style, terminal: &Terminal) -> Result<(), Failure> {
    let compilation = Compilation::new(&args.input, args.common, style, terminal)?;
    let emit = destinations(&args.emit, args.output, &args.input)?;
    let kinds = emit.iter().map(|(kind, _)| *kind).collect();
    let compiled = compilation.compile(kinds, args.strip, &emit, None)?;

    let write = Instant::now();
    for (kind, destination) in &emit {
        if let Some(product) = compiled.output.product(*kind) {
            destination.write(*kind, product)?;
            if let Destination::File(path) = destination {
                terminal.note(format_args!(
                    "{kind}: {}, {} bytes",
                    path.display(),
                    product.len()
                ));
            }
        }
    }
    compiled.show_timings(write.elapsed());
    Ok(())
}

/// `nanocc explain INPUT`: what the program would need.
fn explain(args: ExplainArgs, style: Style, terminal: &Terminal) -> Result<(), Failure> {
    let compilation = Compilation::new(&args.input, args.common, style, terminal)?;
    let to = args.output.unwrap_or_else(|| PathBuf::from("-"));
    let to = [(Emit::Grants, Destination::new(to))];
    let compiled = compilation.compile(vec![Emit::Grants], false, &to, None)?;
    for (kind, destination) in &to {
        if let Some(product) = compiled.output.product(*kind) {
            destination.write(*kind, product)?;
        }
    }
    Ok(())
}

/// A compilation as the command line asks for it.
struct Compilation<'a> {
    input: &'a Path,
    common: Common,
    target: Target,
    style: Style,
    terminal: &'a Terminal,
    start: Instant,
}

/// What a compilation gave.
struct Compiled {
    output: Output,
    /// Of all stages.
    timings: Timings,
    read: Duration,
    /// When it began, if somebody wants to know how long it took.
    timed: Option<Instant>,
    /// What the called function returns, if the program is to call one.
    returned: Option<Returned>,
}

impl<'a> Compilation<'a> {
    fn new(
        input: &'a Path,
        mut common: Common,
        style: Style,
        terminal: &'a Terminal,
    ) -> Result<Compilation<'a>, Failure> {
        let start = Instant::now();
        let target = match common.target.take() {
            Some(target) => target,
            None => Target::host().map_err(|error| Failure::Compile {
                input: input.to_owned(),
                error: Box::new(error),
            })?,
        };
        Ok(Compilation {
            input,
            common,
            target,
            style,
            terminal,
            start,
        })
    }

    /// Compiles the input to products that are going to `destinations`, which is looked at beforehand. With `call`, the
    /// program is the one of that call ([`pipeline::compile_call`]).
    fn compile(
        self,
        emit: Vec<Emit>,
        strip: bool,
        destinations: &[(Emit, Destination)],
        call: Option<(&str, i32)>,
    ) -> Result<Compiled, Failure> {
        let Compilation {
            input: path,
            common,
            target,
            style,
            terminal,
            start,
        } = self;
        let compile = |error| Failure::Compile {
            input: path.to_owned(),
            error: Box::new(error),
        };
        let mut grants = common.grants.read()?;
        common.limits.add_to(&mut grants);
        let options = Options {
            grants,
            opt: common.opt,
            strip,
            emit,
            unknown_imports: if common.unknown_imports_trap {
                UnknownImports::Trap
            } else {
                UnknownImports::Refuse
            },
            fences: Fences {
                seccomp: !common.no_seccomp,
                landlock: !common.no_landlock,
                required: common.require_fences,
            },
            ..Options::new(target)
        };

        let read = Instant::now();
        let input = std::fs::read(path).map_err(|e| Failure::Message {
            message: format!("can't read `{}`: {}", path.display(), reason(&e)),
            help: None,
        })?;
        for (kind, destination) in destinations {
            if destination.is(path) {
                return Err(overwrites(path));
            }
            destination.check(*kind)?;
        }
        let shim = if options.last_stage() == Stage::Link {
            given_shim(&options)?
        } else {
            None
        };
        let read = read.elapsed();

        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(common.jobs.unwrap_or(0).into())
            .stack_size(STACK)
            .build()
            .map_err(|e| Failure::Message {
                message: format!("can't start threads: {e}"),
                help: Some("use fewer: `-j1`".to_owned()),
            })?;
        terminal.note(format_args!(
            "{} for {}, -O{}, {} thread(s)",
            path.display(),
            options.target,
            options.opt,
            pool.current_num_threads()
        ));

        let mut packages = Packages::new(path, common.dep, common.deps_dir);
        let mut timings = Timings::default();
        let composed = timings.run(terminal, Stage::Compose, 0, || {
            pool.install(|| {
                compose::compose(
                    path,
                    &input,
                    &mut |request| packages.load(request),
                    terminal,
                )
            })
        });
        // Also beside an error: it may be a misspelt name's.
        for dep in packages.unused() {
            let message = format!(
                "nothing refers to the package `{}` given by --dep",
                dep.name
            );
            say(format_args!("{}", style.warning(&message).trim_end()));
        }
        let composed = composed.map_err(compile)?;
        for (_, destination) in destinations {
            if let Some(file) = packages.read.iter().find(|file| destination.is(file)) {
                return Err(overwrites(file));
            }
        }

        let (output, returned) = pool
            .install(|| {
                let shim = shim.as_deref();
                match call {
                    None => pipeline::compile(&composed, &options, shim, terminal)
                        .map(|output| (output, None)),
                    Some(call) => pipeline::compile_call(&composed, call, &options, shim, terminal)
                        .map(|(output, returned)| (output, Some(returned))),
                }
            })
            .map_err(compile)?;
        for (stage, time) in output.timings.iter() {
            timings.add(stage, time);
        }
        terminal.finish();
        Ok(Compiled {
            output,
            timings,
            read,
            timed: common.timings.then_some(start),
            returned,
        })
    }
}

impl Compiled {
    /// Prints the table of `--timings`, if that was asked for.
    fn show_timings(&self, write: Duration) {
        if let Some(start) = self.timed {
            let total = start.elapsed();
            let table = cli::progress::timings(self.read, &self.timings, write, total);
            say(format_args!("{}", table.trim_end()));
        }
    }
}

/// Where each product goes. `-o` names the only product; without it, text goes to standard output, and
/// a file takes the input's name.
fn destinations(
    emit: &[EmitArg],
    output: Option<PathBuf>,
    input: &Path,
) -> Result<Vec<(Emit, Destination)>, Failure> {
    let default = [EmitArg {
        kind: Emit::Exe,
        path: None,
    }];
    let emit = if emit.is_empty() { &default } else { emit };
    let without_path = emit.iter().filter(|emit| emit.path.is_none()).count();
    let stem = input.file_stem().unwrap_or(OsStr::new("a.out"));
    let mut destinations: Vec<(Emit, Destination)> = Vec::new();
    for EmitArg { kind, path } in emit {
        let named = match kind {
            Emit::Exe => PathBuf::from(stem),
            Emit::Obj => PathBuf::from(stem).with_added_extension("o"),
            Emit::Component => PathBuf::from(stem).with_added_extension("wasm"),
            _ => PathBuf::from("-"),
        };
        // Among several, `-o` is the executable's.
        let for_output = without_path == 1 || *kind == Emit::Exe;
        let path = match (path, &output) {
            (Some(path), _) => path.clone(),
            (None, Some(output)) if for_output => output.clone(),
            (None, _) => named,
        };
        destinations.push((*kind, Destination::new(path)));
    }
    Ok(destinations)
}

/// The runtime shim that the environment names, if it does.
fn given_shim(options: &Options) -> Result<Option<Vec<u8>>, Failure> {
    let variable = shim::variable(options.target.machine);
    let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()) else {
        return Ok(None);
    };
    let path = PathBuf::from(path);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) => Err(Failure::Message {
            message: format!(
                "can't read the runtime shim `{}`: {}",
                path.display(),
                reason(&e)
            ),
            help: Some(format!("{variable} names it: correct or unset that")),
        }),
    }
}

fn overwrites(file: &Path) -> Failure {
    Failure::Message {
        message: format!("the output would overwrite the input `{}`", file.display()),
        help: Some("name another file with `-o`".to_owned()),
    }
}
