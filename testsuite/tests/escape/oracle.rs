//! The guest under wasmtime, with the same two directories.

use std::path::Path;

use nanocc_testsuite::Result;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::p2::bindings::sync::CommandPre;
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxView, WasiView};

use crate::fixture::Fixture;

/// The guest, compiled.
pub struct Oracle {
    engine: Engine,
    guest: CommandPre<State>,
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

impl Oracle {
    /// Compiles the guest.
    pub fn new(guest: &Path) -> Result<Oracle> {
        let say = |error: wasmtime::Error| format!("{error:?}");
        let engine = Engine::default();
        let component = Component::from_file(&engine, guest).map_err(say)?;
        let mut linker: Linker<State> = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).map_err(say)?;
        let ready = linker.instantiate_pre(&component).map_err(say)?;
        let guest = CommandPre::new(ready).map_err(say)?;
        Ok(Oracle { engine, guest })
    }

    /// What the guest says to `input`, where it can write to the fixture's directory `granted`.
    pub fn run(&self, fixture: &Fixture, granted: &str, input: &str) -> Result<String> {
        let say = |error: wasmtime::Error| format!("{error:?}");
        let stdout = MemoryOutputPipe::new(16 << 20);
        let mut builder = WasiCtx::builder();
        builder
            .stdin(MemoryInputPipe::new(input.to_owned().into_bytes()))
            .stdout(stdout.clone());
        for (host, guest, perms) in [
            (granted, "/rw", FsPerms::ReadWrite),
            ("ro", "/ro", FsPerms::ReadOnly),
        ] {
            builder
                .preopened_dir(fixture.path(host), guest, perms)
                .map_err(say)?;
        }
        let state = State {
            ctx: builder.build(),
            table: ResourceTable::new(),
        };
        let mut store = Store::new(&self.engine, state);
        let command = self.guest.instantiate(&mut store).map_err(say)?;
        command
            .wasi_cli_run()
            .call_run(&mut store)
            .map_err(say)?
            .map_err(|()| "the guest failed under wasmtime".to_owned())?;
        drop(store);
        String::from_utf8(stdout.contents().to_vec()).map_err(|error| error.to_string())
    }
}
