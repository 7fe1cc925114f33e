//! What a program does under wasmtime, with the authority that nanocc gives by default to the component that runs: standard
//! streams and arguments, no environment, no directory, no network; or with what a case grants.
//!
//! A core module for WASI preview 1 runs as it is, on wasmtime's own preview 1: the adapter by which nanocc makes it a component has no part in that.

use crate::cases::Case;
use crate::machine::PROGRAM;
use crate::trap::Kind;
use crate::world::World;
use crate::{Result, compose};
use nanocc::moved::Moved;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use tokio::io::{AsyncRead, AsyncWrite};
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, Module, OptLevel, Store, WasmBacktrace};
use wasmtime_wasi::cli::{IsTerminal, StdinStream, StdoutStream};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::p2::bindings::sync::CommandPre;
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use wasmtime_wasi::p2::{InputStream, OutputStream};
use wasmtime_wasi::{I32Exit, WasiCtx, WasiCtxBuilder};

/// What a component did.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub end: End,
    /// What the case's files are afterwards, as [`World::left`] says it; empty if it has none.
    pub left: Vec<u8>,
}

/// How a component ended.
#[derive(Debug, Clone)]
pub enum End {
    /// With an exit status.
    Status(i32),
    /// With a trap. A few of the component model's are errors of no number to wasmtime: their kind
    /// is [`Kind::Abi`].
    Trap {
        kind: Kind,
        /// Where, if the innermost frame is a guest's function: as optimised code says, and as plain
        /// code does. Optimisation makes one instruction of a branch and the `unreachable` that it
        /// leads to, at the branch's place.
        places: Vec<Frame>,
        /// The error in wasmtime's words.
        text: String,
    },
}

/// A place in a core module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The function's name, from the name section.
    pub function: Option<String>,
    /// Bytes from the start of the core module.
    pub offset: Option<u64>,
}

/// A stream that says that it is a terminal.
struct Terminal<T>(T);

impl<T> IsTerminal for Terminal<T> {
    fn is_terminal(&self) -> bool {
        true
    }
}

impl<T: StdinStream> StdinStream for Terminal<T> {
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        self.0.async_stream()
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        self.0.p2_stream()
    }
}

impl<T: StdoutStream> StdoutStream for Terminal<T> {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        self.0.async_stream()
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        self.0.p2_stream()
    }
}

/// Programs compiled by wasmtime, each once.
pub struct Oracle {
    optimising: Engine,
    plain: Engine,
    /// Where compositions find packages that don't lie beside them.
    packages: HashMap<String, PathBuf>,
    /// By input, and whether by the plain engine.
    compiled: Mutex<HashMap<(PathBuf, bool), Compiling>>,
}

type Compiling = Arc<OnceLock<Result<Compiled>>>;

#[derive(Clone)]
enum Compiled {
    Module(Module),
    Component {
        component: Component,
        /// Where the core modules lie in the component, in bytes, and what nanocc has moved in them.
        modules: Arc<Vec<(Range<u64>, Moved)>>,
    },
}

impl Oracle {
    /// New engines.
    pub fn new() -> Result<Oracle> {
        Oracle::with_packages(HashMap::new())
    }

    /// The same, where compositions find these packages, by name, elsewhere than in `deps`.
    pub fn with_packages(packages: HashMap<String, PathBuf>) -> Result<Oracle> {
        let engine = |level| {
            let mut config = Config::new();
            config.cranelift_opt_level(level);
            Engine::new(&config).map_err(|error| format!("{error:?}"))
        };
        Ok(Oracle {
            optimising: engine(OptLevel::Speed)?,
            plain: engine(OptLevel::None)?,
            packages,
            compiled: Mutex::default(),
        })
    }

    fn compiled(&self, input: &Path, plain: bool) -> Result<Compiled> {
        let compiling = {
            let mut compiled = self.compiled.lock().map_err(|error| error.to_string())?;
            let key = (input.to_path_buf(), plain);
            compiled.entry(key).or_default().clone()
        };
        compiling
            .get_or_init(|| {
                let bytes = compose::bytes(input, &self.packages)?;
                compile(self.engine(plain), &bytes)
            })
            .clone()
    }

    fn engine(&self, plain: bool) -> &Engine {
        if plain { &self.plain } else { &self.optimising }
    }

    /// Runs `input` (see [`compose::bytes`]).
    pub fn run(&self, input: &Path, args: &[String], stdin: &[u8]) -> Result<Outcome> {
        self.run_in(input, args, stdin, |_| Ok(None))
    }

    /// Runs a case, each time in files of its own. All components have what one of them is granted: this implementation
    /// can't tell them apart.
    pub fn run_case(&self, case: &Case) -> Result<Outcome> {
        let grant = |ctx: &mut WasiCtxBuilder| {
            let world = World::new(case)?;
            world.grant(case, ctx)?;
            Ok(Some(world))
        };
        self.run_in(&case.input, &case.args, &case.stdin, grant)
    }

    fn run_in(
        &self,
        input: &Path,
        args: &[String],
        stdin: &[u8],
        grant: impl Fn(&mut WasiCtxBuilder) -> Result<Option<World>>,
    ) -> Result<Outcome> {
        let run = |plain| {
            let compiled = self.compiled(input, plain)?;
            self.run_compiled(plain, &compiled, args, stdin, &grant)
        };
        let mut outcome = run(false)?;
        if let End::Trap { places, .. } = &mut outcome.end
            && let End::Trap { places: more, .. } = run(true)?.end
        {
            places.extend(more);
        }
        Ok(outcome)
    }

    /// Runs a component that may well be invalid, without optimising. The error is why wasmtime refuses it.
    ///
    /// # Errors
    ///
    /// If it isn't valid, imports what isn't served, or doesn't export `wasi:cli/run`.
    pub fn attempt(&self, bytes: &[u8]) -> Result<Outcome> {
        let compiled = compile(&self.plain, bytes)?;
        self.run_compiled(true, &compiled, &[], b"", |_| Ok(None))
    }

    fn run_compiled(
        &self,
        plain: bool,
        compiled: &Compiled,
        args: &[String],
        stdin: &[u8],
        grant: impl Fn(&mut WasiCtxBuilder) -> Result<Option<World>>,
    ) -> Result<Outcome> {
        let stdout = MemoryOutputPipe::new(64 << 20);
        let stderr = MemoryOutputPipe::new(64 << 20);
        let mut ctx = WasiCtx::builder();
        ctx.stdin(MemoryInputPipe::new(stdin.to_vec()))
            .stdout(stdout.clone())
            .stderr(stderr.clone())
            .arg(PROGRAM)
            .args(args);
        let world = grant(&mut ctx)?;
        if world.as_ref().is_some_and(|world| world.terminal) {
            ctx.stdin(Terminal(MemoryInputPipe::new(stdin.to_vec())))
                .stdout(Terminal(stdout.clone()))
                .stderr(Terminal(stdout.clone()));
        }
        let mut store = Store::new(self.engine(plain), ctx.build_p1());
        // The limit is that of the canonical ABI, not one of the embedder's choice.
        store.set_max_component_handles(usize::MAX);
        let ran = match compiled {
            Compiled::Component { component, .. } => run_component(&mut store, component)?,
            Compiled::Module(module) => run_module(&mut store, module)?,
        };
        let end = match ran {
            Ok(Ok(())) => End::Status(0),
            Ok(Err(())) => End::Status(1),
            Err(error) => match error.downcast_ref::<I32Exit>() {
                Some(exit) => End::Status(exit.0),
                None => trapped(&error, compiled),
            },
        };
        Ok(Outcome {
            stdout: stdout.contents().to_vec(),
            stderr: stderr.contents().to_vec(),
            end,
            left: match world {
                Some(world) => world.left()?,
                None => Vec::new(),
            },
        })
    }
}

/// What a program ends with: as a component's `run` does, or with an exit or trap.
type Ran = wasmtime::Result<std::result::Result<(), ()>>;

fn run_component(store: &mut Store<WasiP1Ctx>, component: &Component) -> Result<Ran> {
    let engine = store.engine().clone();
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker).map_err(|error| format!("{error:?}"))?;
    // Nobody serves it here: as nanocc's --unknown-imports-trap has it.
    let ty = component.component_type();
    if ty
        .imports(&engine)
        .any(|(name, _)| name.starts_with("wasi:http/"))
    {
        linker
            .define_unknown_imports_as_traps(component)
            .map_err(|error| format!("{error:?}"))?;
    }
    let ready = linker
        .instantiate_pre(component)
        .and_then(CommandPre::new)
        .map_err(refused)?;
    Ok(ready
        .instantiate(&mut *store)
        .and_then(|command| command.wasi_cli_run().call_run(store)))
}

fn run_module(store: &mut Store<WasiP1Ctx>, module: &Module) -> Result<Ran> {
    let mut linker = wasmtime::Linker::new(module.engine());
    p1::add_to_linker_sync(&mut linker, |ctx| ctx).map_err(|error| format!("{error:?}"))?;
    let ready = linker.instantiate_pre(module).map_err(refused)?;
    Ok(ready
        .instantiate(&mut *store)
        .and_then(|instance| instance.get_typed_func::<(), ()>(&mut *store, "_start"))
        .and_then(|start| start.call(store, ()))
        .map(Ok))
}

fn refused(error: wasmtime::Error) -> String {
    format!("the oracle refuses the program: {error:?}")
}

fn compile(engine: &Engine, bytes: &[u8]) -> Result<Compiled> {
    if wasmparser::Parser::is_core_wasm(bytes) {
        return Module::from_binary(engine, bytes)
            .map(Compiled::Module)
            .map_err(refused);
    }
    let component = Component::from_binary(engine, bytes).map_err(refused)?;
    let mut modules = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(bytes) {
        if let wasmparser::Payload::ModuleSection {
            unchecked_range, ..
        } = payload.map_err(|error| error.to_string())?
        {
            let range = unchecked_range.start..unchecked_range.end;
            let module = &bytes[range.start as usize..range.end as usize];
            modules.push((range, Moved::of(module)));
        }
    }
    Ok(Compiled::Component {
        component,
        modules: Arc::new(modules),
    })
}

fn trapped(error: &wasmtime::Error, compiled: &Compiled) -> End {
    let kind = error
        .downcast_ref::<wasmtime::Trap>()
        .map_or(Kind::Abi, |trap| Kind::from_wasmtime(*trap));
    let innermost = error
        .downcast_ref::<WasmBacktrace>()
        .and_then(|backtrace| backtrace.frames().first());
    let places = innermost.into_iter().map(|frame| Frame {
        function: frame.func_name().map(str::to_owned),
        // Wasmtime counts from the start of what it was given.
        offset: frame.module_offset().and_then(|offset| {
            let offset = offset as u64;
            let Compiled::Component { modules, .. } = compiled else {
                return Some(offset);
            };
            let found = modules.iter().find(|(range, _)| range.contains(&offset));
            let (range, moved) = found?;
            Some(moved.original((offset - range.start) as u32).into())
        }),
    });
    let places = places.collect();
    End::Trap {
        kind,
        places,
        text: format!("{error:?}"),
    }
}
