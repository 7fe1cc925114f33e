//! Core modules to components.
//!
//! A program for WASI preview 1 is a core module: it imports functions of `wasi_snapshot_preview1` and
//! exports `_start`. wit-component makes it a component with the adapter that Wasmtime's authors publish,
//! a second core module that implements preview 1 on WASI 0.2 and shares the program's memory. So there is
//! one host for both generations of WASI, and only this folder knows of the older one.
//!
//! - A module that exports `_start` is a command: its component exports `wasi:cli/run`. One that imports
//!   nothing needs no adapter, which would need the module's memory; its component is made here.
//! - Any other is a reactor: it exports what the component types that it holds say (`wit-bindgen` and
//!   its kin write them to custom sections). Without them it exports nothing that anybody could call,
//!   and is refused.
//!
//! What preview 1 promises and would be lost on the way is kept: the exit status ([`exit`]), arguments and variables of any
//! size ([`arguments`]), one position in a file ([`positions`]), numbers of directories' entries ([`entries`]), and that nobody but the program takes of its memory ([`growth`]).
//!
//! Invariant: the module is validated and its imports are known before wit-component sees it, so that
//! what is wrong with it is said in its own terms and offsets. Whatever wit-component refuses beyond
//! that, or fails on, is an error too.

mod arguments;
mod entries;
mod exit;
mod growth;
mod positions;

use crate::error::{CoreModuleError, Error, Place, Result};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use wasi_preview1_component_adapter_provider as provider;
use wasm_encoder::{
    CodeSection, ComponentBuilder, ComponentExportKind, ComponentTypeRef, ComponentValType,
    ExportKind, ExportSection, Function, FunctionSection, ImportSection, ModuleArg, TypeSection,
    ValType,
};
use wasmparser::types::Types;
use wasmparser::{
    ExternalKind, FuncValidatorAllocations, Parser, Payload, ValidPayload, Validator, WasmFeatures,
};
use wit_component::ComponentEncoder;

/// The name that modules import preview 1 from.
const PREVIEW1: &str = provider::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME;

/// The names of functions that wit-component lets an adapter allocate by.
const REALLOCS: [&str; 3] = [
    "cabi_realloc",
    "canonical_abi_realloc",
    "cabi_realloc_adapter",
];

/// Whether `name` is a custom section that describes a component.
fn describes_component(name: &str) -> bool {
    name.starts_with("component-type")
}

/// The component that the core module `bytes` stands for. `path` is its file, for messages.
///
/// # Errors
///
/// [`Error::Malformed`] for what doesn't validate, [`Error::CoreModule`] for a module of which no
/// component can be made.
pub fn component(path: &Path, bytes: &[u8]) -> Result<Vec<u8>> {
    let refused = |problem| Error::CoreModule {
        path: path.to_owned(),
        problem,
    };
    let module = Module::read(bytes)?;
    let command = match module.start {
        Some(Start::Command) => true,
        Some(Start::Unlike) => return Err(refused(CoreModuleError::Start)),
        None => false,
    };
    let adapter = if command {
        provider::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER
    } else {
        provider::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER
    };
    if !module.described {
        if !command {
            return Err(refused(CoreModuleError::NoEntry));
        }
        if module.imports.is_empty() {
            return Ok(without_imports(bytes));
        }
        let served = Module::read(adapter)?.exports;
        let unknown = |(from, name): &&(String, String)| from != PREVIEW1 || !served.contains(name);
        if let Some((from, name)) = module.imports.iter().find(unknown) {
            return Err(refused(CoreModuleError::Import {
                module: from.clone(),
                name: name.clone(),
            }));
        }
        if !module.memory {
            return Err(refused(CoreModuleError::NoMemory));
        }
    }
    let uses = |which: &dyn Fn(&str) -> bool| {
        let mut imports = module.imports.iter();
        imports.any(|(from, name)| from == PREVIEW1 && which(name))
    };
    let encode = || {
        let mut bytes = Cow::Borrowed(bytes);
        let mut adapter = Cow::Borrowed(adapter);
        // A program that allocates for the adapter may call it while that is being made, which its own functions
        // know to answer: they stay as they are.
        if !module.allocates {
            if module.imports.iter().any(|(from, _)| from == PREVIEW1) {
                let hidden = growth::hidden(&bytes).map_err(|error| error.to_string())?;
                bytes = hidden.map_or(bytes, Cow::Owned);
            }
            if uses(&arguments::hands_out) {
                adapter = Cow::Owned(arguments::unbounded(&adapter)?);
            }
            if positions::needed(|which| uses(&|name| name == which)) {
                adapter = Cow::Owned(positions::shared(&adapter)?);
            }
        }
        if uses(&|name| name == entries::LIST) {
            adapter = Cow::Owned(entries::numbered(&adapter)?);
        }
        if uses(&|name| name == "proc_exit") {
            adapter = Cow::Owned(exit::kept(&adapter)?);
        }
        encode(&bytes, &adapter)
    };
    encode().map_err(|message| refused(CoreModuleError::Encode { message }))
}

/// The component of a command that imports nothing: its `run` calls `_start` and succeeds.
fn without_imports(bytes: &[u8]) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().function([], [ValType::I32]);
    let mut imports = ImportSection::new();
    imports.import("", "_start", wasm_encoder::EntityType::Function(0));
    let mut functions = FunctionSection::new();
    functions.function(1);
    let mut exports = ExportSection::new();
    exports.export("run", ExportKind::Func, 1);
    let mut code = CodeSection::new();
    let mut run = Function::new([]);
    run.instructions().call(0).i32_const(0).end();
    code.function(&run);
    let mut runner = wasm_encoder::Module::new();
    runner
        .section(&types)
        .section(&imports)
        .section(&functions)
        .section(&exports)
        .section(&code);

    let mut component = ComponentBuilder::default();
    let main = component.core_module_raw(Some("main"), bytes);
    let main = component.core_instantiate(Some("main"), main, Vec::<(&str, ModuleArg)>::new());
    let start = component.core_alias_export(Some("_start"), main, "_start", ExportKind::Func);
    let start = component.core_instantiate_exports(None, [("_start", ExportKind::Func, start)]);
    let runner = component.core_module(Some("run"), &runner);
    let runner =
        component.core_instantiate(Some("run"), runner, [("", ModuleArg::Instance(start))]);
    let run = component.core_alias_export(Some("run"), runner, "run", ExportKind::Func);
    let signature = run_type(&mut component);
    let run = component.lift_func(Some("run"), run, signature, []);
    // An instance of one function, which takes a component to make.
    let mut interface = ComponentBuilder::default();
    let signature = run_type(&mut interface);
    let inner = interface.import("run", ComponentTypeRef::Func(signature));
    interface.export("run", ComponentExportKind::Func, inner, None);
    let interface = component.component(None, interface);
    let run = [("run", ComponentExportKind::Func, run)];
    let run = component.instantiate(None, interface, run);
    let name = "wasi:cli/run@0.2.0";
    component.export(name, ComponentExportKind::Instance, run, None);
    component.finish()
}

/// The type of `run`: `func() -> result`.
fn run_type(component: &mut ComponentBuilder) -> u32 {
    let (result, encoder) = component.type_defined(None);
    encoder.result(None, None);
    let (signature, mut encoder) = component.type_function(None);
    encoder
        .params(Vec::<(&str, ComponentValType)>::new())
        .result(Some(ComponentValType::Type(result)));
    signature
}

fn encode(module: &[u8], adapter: &[u8]) -> Result<Vec<u8>, String> {
    // What `work` changes is dropped when it panics.
    let work = AssertUnwindSafe(|| {
        let mut encoder = ComponentEncoder::default();
        encoder.module(module)?;
        encoder.adapter(PREVIEW1, adapter)?;
        encoder.encode()
    });
    match catch_unwind(work) {
        Ok(Ok(component)) => Ok(component),
        // Some of its messages hold dumps of several lines.
        Ok(Err(error)) => {
            let text = format!("{error:#}");
            Err(text.split_whitespace().collect::<Vec<_>>().join(" "))
        }
        Err(_) => Err("wit-component failed on it, which is a defect of that crate".to_owned()),
    }
}

/// Validates a core module, its functions side by side. The error is a section's, or else the first function's.
fn validate(bytes: &[u8]) -> Result<Types, wasmparser::Error> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let (mut functions, mut types) = (Vec::new(), None);
    for payload in Parser::new(0).parse_all(bytes) {
        match validator.payload(&payload?)? {
            ValidPayload::Func(function, body) => functions.push((function, body)),
            ValidPayload::End(end) => types = Some(end),
            _ => {}
        }
    }
    let wrong = functions
        .into_par_iter()
        .map_init(
            FuncValidatorAllocations::default,
            |allocations, (function, body)| {
                let mut validator = function.into_validator(std::mem::take(allocations));
                let valid = validator.validate(&body);
                *allocations = validator.into_allocations();
                valid
            },
        )
        .filter_map(Result::err)
        .min_by_key(wasmparser::Error::offset);
    match (wrong, types) {
        (Some(wrong), _) => Err(wrong),
        (None, Some(types)) => Ok(types),
        // The parser ends with `End` or with an error.
        (None, None) => Validator::new().validate_all(bytes),
    }
}

/// What decides what becomes of a module.
#[derive(Debug, Default)]
struct Module {
    /// Module and name.
    imports: Vec<(String, String)>,
    /// Names of exported functions.
    exports: HashSet<String>,
    /// The exported function `_start`.
    start: Option<Start>,
    /// It exports a memory as WASI has it.
    memory: bool,
    /// It exports the function that the adapter gets memory from.
    allocates: bool,
    /// It holds the types of a component.
    described: bool,
}

/// What a `_start` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// It takes and returns nothing: the entry of a command.
    Command,
    /// It has another type.
    Unlike,
}

impl Module {
    /// Validates `bytes`, and reads what matters here.
    fn read(bytes: &[u8]) -> Result<Module> {
        let malformed = |error: wasmparser::Error| Error::Malformed {
            message: error.message().to_owned(),
            place: Place::at(error.offset() as usize),
        };
        let mut module = Module::default();
        let types = validate(bytes).map_err(malformed)?;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(malformed)? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import.map_err(malformed)?;
                        let names = (import.module.to_owned(), import.name.to_owned());
                        module.imports.push(names);
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export.map_err(malformed)?;
                        match export.kind {
                            ExternalKind::Func => {
                                if export.name == "_start" {
                                    let ty = types[types.as_ref().core_function_at(export.index)]
                                        .unwrap_func();
                                    let empty = ty.params().is_empty() && ty.results().is_empty();
                                    module.start =
                                        Some(if empty { Start::Command } else { Start::Unlike });
                                }
                                module.exports.insert(export.name.to_owned());
                            }
                            ExternalKind::Memory => module.memory |= export.name == "memory",
                            _ => {}
                        }
                    }
                }
                Payload::CustomSection(section) if describes_component(section.name()) => {
                    module.described = true;
                }
                _ => {}
            }
        }
        module.allocates = REALLOCS.iter().any(|name| module.exports.contains(*name));
        Ok(module)
    }
}
