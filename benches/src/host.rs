//! The peer that is a runtime: a host of wasmtime's that runs one component as a command.
//!
//! It is smaller than wasmtime's own command, which has more to set up: what it takes is a lower bound.

use nanocc_testsuite::Result;
use std::path::Path;
use std::process::ExitCode;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::p2::bindings::{Command, sync};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtx, WasiCtxView, WasiView};

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

/// What a component is given besides standard streams, as words before its file: `--network`, `--dir-ro=HOST::GUEST`.
pub const NETWORK: &str = "--network";
pub const DIR_RO: &str = "--dir-ro=";

/// Runs a component: `words` are what it is given, its file and its arguments.
pub fn run(mode: Mode, mut words: &[String]) -> Result<ExitCode> {
    let mut builder = WasiCtx::builder();
    // As wasmtime's command does; otherwise each call of a file's goes to another thread.
    builder.allow_blocking_current_thread(true);
    let mut network = false;
    while let Some((first, rest)) = words.split_first() {
        if first == NETWORK {
            builder.inherit_network().allow_tcp(true);
            network = true;
        } else if let Some(directory) = first.strip_prefix(DIR_RO) {
            let (host, guest) = directory.split_once("::").ok_or("HOST::GUEST is missing")?;
            builder
                .preopened_dir(host, guest, FsPerms::ReadOnly)
                .map_err(|error| format!("{host}: {error}"))?;
        } else {
            break;
        }
        words = rest;
    }
    let file = words.first().ok_or("no component is given")?;
    let engine = Engine::default();
    let component = match mode {
        Mode::Jit => Component::from_file(&engine, file),
        // SAFETY: the file is one that `precompile` of this same program wrote a moment ago.
        Mode::Precompiled => unsafe { Component::deserialize_file(&engine, file) },
    };
    let run = move || -> wasmtime::Result<_> {
        let mut linker = Linker::new(&engine);
        let ctx = builder.inherit_stdio().args(words).build();
        let table = ResourceTable::new();
        let mut store = Store::new(&engine, State { ctx, table });
        if !network {
            wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
            let command = sync::Command::instantiate(&mut store, &component?, &linker)?;
            return command.wasi_cli_run().call_run(&mut store);
        }
        // What waits for sockets is served best by one thread that does nothing else, as in wasmtime's command.
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let command = Command::instantiate_async(&mut store, &component?, &linker).await?;
            command.wasi_cli_run().call_run(&mut store).await
        })
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
