//! The peer that is a runtime: a host of wasmtime's that runs one component as a command.
//!
//! It is smaller than wasmtime's own command, which has more to set up: what it takes is a lower bound.

use nanocc_testsuite::Result;
use std::path::Path;
use std::process::ExitCode;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::p2::bindings::sync::Command;
use wasmtime_wasi::{I32Exit, WasiCtx, WasiCtxView, WasiView};

/// The arguments that make this program a host.
pub const JIT: &str = "--host-jit";
pub const PRECOMPILED: &str = "--host-precompiled";
/// The argument that makes this program wasmtime's compiler: `--host-compile COMPONENT OUTPUT`.
pub const COMPILE: &str = "--host-compile";

/// How the host is given a component.
#[derive(Debug, Clone, Copy)]
pub enum Mode {
    /// As WebAssembly, which it compiles first.
    Jit,
    /// Compiled before.
    Precompiled,
}

impl Mode {
    /// The mode that a command line asks for.
    pub fn of(argument: &str) -> Option<Mode> {
        match argument {
            JIT => Some(Mode::Jit),
            PRECOMPILED => Some(Mode::Precompiled),
            _ => None,
        }
    }
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

/// Runs a component: `words` are its file and its arguments.
pub fn run(mode: Mode, words: &[String]) -> Result<ExitCode> {
    let file = words.first().ok_or("no component is given")?;
    let engine = Engine::default();
    let component = match mode {
        Mode::Jit => Component::from_file(&engine, file),
        // SAFETY: the file is one that `precompile` of this same program wrote a moment ago.
        Mode::Precompiled => unsafe { Component::deserialize_file(&engine, file) },
    };
    let run = || -> wasmtime::Result<_> {
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
        let ctx = WasiCtx::builder().inherit_stdio().args(words).build();
        let table = ResourceTable::new();
        let mut store = Store::new(&engine, State { ctx, table });
        let command = Command::instantiate(&mut store, &component?, &linker)?;
        command.wasi_cli_run().call_run(&mut store)
    };
    let done = match run() {
        Ok(done) => done,
        Err(error) => match error.downcast_ref::<I32Exit>() {
            Some(exit) => return Ok(ExitCode::from(exit.0 as u8)),
            None => return Err(format!("{file}: {error:?}")),
        },
    };
    match done {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(()) => Ok(ExitCode::FAILURE),
    }
}

/// Compiles the component in `file` for [`Mode::Precompiled`].
pub fn precompile(file: &Path, output: &Path) -> Result<()> {
    let component = nanocc_testsuite::read(file)?;
    let compiled = Engine::default()
        .precompile_component(&component)
        .map_err(|error| format!("{}: {error:?}", file.display()))?;
    std::fs::write(output, compiled).map_err(|error| format!("{}: {error}", output.display()))
}
