//! Calls of a component's functions with values, through `nanocc::graph::script` and the driver.

use crate::Result;
use crate::conformance::Mode;
use crate::execute;
use nanocc::graph::Limits;
use nanocc::graph::script::{Arena, Script};
use nanocc::invoke::Value;
use nanocc::options::Emit;
use nanocc::pipeline;
use nanocc_shim_abi::Trap;
use std::os::unix::fs::PermissionsExt;
use wasm_wave::untyped::UntypedFuncCall;
use wasm_wave::wasm::WasmFunc;
use wasmparser::WasmFeatures;

/// How a call has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// With this result, as text.
    Returned(Option<String>),
    Trapped(Trap),
}

/// Instantiates a component (text or binary) once, and makes calls one after the other, whatever comes of them.
/// A call is a function's name as `Script::call` has it, and WAVE's text of the arguments: `(1, "x")`.
///
/// # Errors
///
/// What nanocc refuses, and what keeps the executable from running to the end.
pub fn run(component: &str, calls: &[(&str, &str)], mode: Mode) -> Result<Vec<Ended>> {
    let said = |error: nanocc::error::Error| error.to_string();
    let bytes = wat::parse_str(component).map_err(|error| error.to_string())?;
    let arena = Arena::new();
    let mut script = Script::new(WasmFeatures::all(), &Limits::default());
    let definition = script.component(&bytes, &arena).map_err(said)?;
    let root = script.instantiate_component(definition).map_err(said)?;
    let life = script.steps(root);
    let mut made = Vec::new();
    for (name, args) in calls {
        let ty = script.func_type(root, name).map_err(said)?;
        let text = format!("f{args}");
        let call = UntypedFuncCall::parse(&text).map_err(|error| format!("{text}: {error}"))?;
        let types: Vec<_> = ty.params().collect();
        let args: Vec<Value> = call
            .to_wasm_params(types.iter())
            .map_err(|error| format!("{text}: {error}"))?;
        made.push(script.call(root, name, &args).map_err(said)?);
    }
    let driver = mode.driver()?;
    let output = pipeline::compile_script(script, &mode.options(), driver, &()).map_err(said)?;

    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("calls");
    std::fs::write(&path, output.product(Emit::Exe).unwrap_or_default())
        .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    let reads = made
        .iter()
        .flat_map(|call| [Some(call.step()), call.read()]);
    let steps = life.iter().copied().chain(reads.flatten());
    let input: Vec<u8> = steps.flat_map(u32::to_le_bytes).collect();
    let done = execute::run(&mut mode.target.command(&path), &input)?;
    let mut answers = Answers(&done.stdout);
    let ended = || format!("{}, {}", done.status, done.stderr_text());
    for _ in &life {
        if let Some(trap) = answers.trap().ok_or_else(ended)? {
            return Err(format!("instantiation traps: {trap:?}"));
        }
    }
    made.iter()
        .map(|call| {
            let trap = answers.trap().ok_or_else(ended)?;
            let memory = match call.read() {
                Some(_) => answers.memory().ok_or_else(ended)?,
                None => &[],
            };
            if let Some(trap) = trap {
                return Ok(Ended::Trapped(trap));
            }
            let value = call.result(memory).map_err(said)?;
            let text = value.map(|value| wasm_wave::to_string(&value)).transpose();
            Ok(Ended::Returned(text.map_err(|error| error.to_string())?))
        })
        .collect()
}

/// What the driver answers, as its documentation has it.
struct Answers<'o>(&'o [u8]);

impl<'o> Answers<'o> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }

    fn trap(&mut self) -> Option<Option<Trap>> {
        match u32::from_le_bytes(self.take()?) {
            0 => Some(None),
            code => Some(Some(Trap::from_code(u8::try_from(code).ok()?)?)),
        }
    }

    fn memory(&mut self) -> Option<&'o [u8]> {
        if self.trap()?.is_some() {
            return None;
        }
        let len = usize::try_from(u64::from_le_bytes(self.take()?)).ok()?;
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }
}
