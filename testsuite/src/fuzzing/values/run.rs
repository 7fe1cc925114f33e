//! A batch under nanocc and under wasmtime: made once, run as often as there are cases.

use super::case::Case;
use super::source::{OUT_OF_BOUNDS, Words};
use crate::machine;
use crate::trap::{self, Kind};
use crate::{Result, execute};
use nanocc::compose::Composed;
use nanocc::options::{Emit, OptLevel, Options, Target};
use nanocc::pipeline;
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::p2::bindings::sync::CommandPre;
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// How executables are made.
#[derive(Debug, Clone, Copy)]
pub struct Mode {
    pub target: machine::Target,
    pub level: OptLevel,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Status(i32),
    /// The message, in the engine's own words.
    Trap(Kind, String),
}

/// What a run did.
#[derive(Debug, Clone)]
pub struct Run {
    pub output: Vec<u8>,
    pub end: End,
}

impl Run {
    /// Whether nanocc's run ended as the model says, with one of these messages.
    fn nanocc_ended(&self, trap: Option<Words>) -> bool {
        match (&self.end, trap) {
            (End::Status(0), None) => true,
            (End::Trap(_, text), Some(words)) => words.contains(&text.as_str()),
            _ => false,
        }
    }

    /// Whether wasmtime's did, by the kind: it has other words. An adapter of its that leaves a memory
    /// says the same as a core instruction that does.
    fn wasmtime_ended(&self, trap: Option<Words>) -> bool {
        match (&self.end, trap) {
            (End::Status(0), None) => true,
            (End::Trap(kind, _), Some(words)) => {
                let right = words.first().and_then(|words| Kind::from_message(words));
                Some(*kind) == right || *kind == Kind::MemoryOutOfBounds && words == OUT_OF_BOUNDS
            }
            _ => false,
        }
    }
}

/// The engines, shared by all batches of a thread.
pub struct Engines {
    mode: Mode,
    engine: Engine,
    linker: Linker<State>,
    folder: tempfile::TempDir,
    made: usize,
}

struct State {
    ctx: WasiCtx,
    table: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.ctx,
            table: &mut self.table,
        }
    }
}

/// A component as both have compiled it.
pub struct Built {
    executable: PathBuf,
    target: machine::Target,
    command: CommandPre<State>,
}

impl Drop for Built {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.executable);
    }
}

impl Engines {
    /// New ones.
    pub fn new(mode: Mode) -> Result<Engines> {
        let mut config = Config::new();
        // What is compared is what code does: the adapters' meaning doesn't hang on the level.
        config.cranelift_opt_level(wasmtime::OptLevel::None);
        let engine = Engine::new(&config).map_err(|error| format!("{error:?}"))?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).map_err(|error| format!("{error:?}"))?;
        Ok(Engines {
            mode,
            engine,
            linker,
            folder: tempfile::tempdir().map_err(|error| error.to_string())?,
            made: 0,
        })
    }

    /// How its executables are made.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Compiles a component with both.
    pub fn build(&mut self, text: &str) -> Result<Built> {
        let bytes = wat::parse_str(text).map_err(|error| format!("the fuzzer's text: {error}"))?;
        let component = Component::from_binary(&self.engine, &bytes)
            .map_err(|error| format!("wasmtime refuses the component: {error:?}"))?;
        let command = self
            .linker
            .instantiate_pre(&component)
            .and_then(CommandPre::new)
            .map_err(|error| format!("wasmtime refuses the component: {error:?}"))?;
        let executable = self.folder.path().join(format!("batch{}", self.made));
        self.made += 1;
        compile(self.mode, bytes, &executable)?;
        Ok(Built {
            executable,
            target: self.mode.target,
            command,
        })
    }

    /// What wasmtime does.
    pub fn wasmtime(&self, built: &Built, input: &[u8]) -> Result<Run> {
        let stdout = MemoryOutputPipe::new(1 << 30);
        let ctx = WasiCtx::builder()
            .stdin(MemoryInputPipe::new(input.to_vec()))
            .stdout(stdout.clone())
            .build();
        let table = ResourceTable::new();
        let mut store = Store::new(&self.engine, State { ctx, table });
        let ran = built
            .command
            .instantiate(&mut store)
            .and_then(|command| command.wasi_cli_run().call_run(&mut store));
        let end = match ran {
            Ok(Ok(())) => End::Status(0),
            Ok(Err(())) => End::Status(1),
            Err(error) => {
                let kind = error
                    .downcast_ref::<wasmtime::Trap>()
                    .map_or(Kind::Abi, |trap| Kind::from_wasmtime(*trap));
                End::Trap(kind, error.root_cause().to_string())
            }
        };
        Ok(Run {
            output: stdout.contents().to_vec(),
            end,
        })
    }
}

fn compile(mode: Mode, bytes: Vec<u8>, to: &Path) -> Result<()> {
    let target = match mode.target {
        machine::Target::X86_64 => Target::x86_64(),
        machine::Target::Aarch64 => Target::aarch64(),
    };
    let options = Options {
        opt: mode.level,
        strip: true,
        ..Options::new(target)
    };
    let composed = Composed { bytes };
    let compiled = catch_unwind(AssertUnwindSafe(|| {
        pipeline::compile(&composed, &options, None, &())
    }));
    let output = compiled
        .map_err(|_| "nanocc panics".to_owned())?
        .map_err(|error| format!("nanocc refuses the component: {error}"))?;
    let executable = output
        .products
        .into_iter()
        .find(|(emit, _)| *emit == Emit::Exe)
        .map(|(_, bytes)| bytes)
        .ok_or("nanocc makes no executable")?;
    std::fs::write(to, executable)
        .and_then(|()| std::fs::set_permissions(to, std::fs::Permissions::from_mode(0o755)))
        .map_err(|error| format!("{}: {error}", to.display()))
}

impl Built {
    /// What the executable does.
    pub fn nanocc(&self, input: &[u8]) -> Result<Run> {
        let done = execute::run(&mut self.target.command(&self.executable), input)?;
        let end = match done.code()? {
            134 => {
                let (before, report) = trap::split_report(&done.stderr)?;
                if !before.is_empty() {
                    return Err(format!("more than a trap: {}", done.stderr_text()));
                }
                End::Trap(report.kind, report.words)
            }
            status if done.stderr.is_empty() => End::Status(status),
            _ => return Err(format!("{}: {}", done.status, done.stderr_text())),
        };
        Ok(Run {
            output: done.stdout,
            end,
        })
    }
}

/// Who disagrees with the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub nanocc: bool,
    pub wasmtime: bool,
}

/// A disagreement.
#[derive(Debug, Clone)]
pub struct Mismatch {
    /// The case, of those that were run together.
    pub case: usize,
    pub verdict: Verdict,
    pub nanocc: Run,
    pub wasmtime: Run,
}

/// Runs cases one after another in one process each; `None` if all three agree.
pub fn check(engines: &Engines, built: &Built, cases: &[&Case]) -> Result<Option<Mismatch>> {
    let input: Vec<u8> = cases.iter().flat_map(|case| &case.input).copied().collect();
    let output: Vec<u8> = cases
        .iter()
        .flat_map(|case| &case.output)
        .copied()
        .collect();
    let trap = cases.last().and_then(|case| case.trap);
    let nanocc = built.nanocc(&input)?;
    let mut wasmtime = engines.wasmtime(built, &input)?;
    let mut base = 0;
    for case in cases {
        for at in &case.one_or_two {
            let word = wasmtime.output.get_mut(base + at..base + at + 8);
            if let Some(word) = word
                && word == 2u64.to_le_bytes()
            {
                word.copy_from_slice(&1u64.to_le_bytes());
            }
        }
        base += case.output.len();
    }
    let verdict = Verdict {
        nanocc: nanocc.output != output || !nanocc.nanocc_ended(trap),
        wasmtime: !cases.iter().any(|case| case.odd)
            && (wasmtime.output != output || !wasmtime.wasmtime_ended(trap)),
    };
    if !verdict.nanocc && !verdict.wasmtime {
        return Ok(None);
    }
    let wrong = if verdict.nanocc { &nanocc } else { &wasmtime };
    let right = wrong
        .output
        .iter()
        .zip(&output)
        .take_while(|(a, b)| a == b)
        .count();
    let mut end = 0;
    let case = cases.iter().position(|case| {
        end += case.output.len();
        right < end
    });
    Ok(Some(Mismatch {
        case: case.unwrap_or(cases.len() - 1),
        verdict,
        nanocc,
        wasmtime,
    }))
}
