//! Components as they stand in the file: one `Def` for each definition, in order.
//!
//! Everything is validated while it is read (`wasmparser::Validator`, with every feature on but a grammar of names
//! that the specification only announces: what nanocc doesn't compile is then refused by name, not called invalid;
//! what changes the identity of types is refused with the module's sections, operators where they are
//! reached). Bodies of functions are validated and scanned in parallel once the tree is known.

use super::module;
use super::scan;
use crate::error::{Error, Place, Result};
use crate::program::{BodyScan, Module, ModuleId, Program, Signatures, is_name};
use rayon::prelude::*;
use std::collections::HashMap;
use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExport, ComponentImport, ComponentInstance,
    ComponentName, ComponentType, Encoding, FuncToValidate, FuncValidatorAllocations, FunctionBody,
    Instance, Parser, Payload, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

/// How deep components may nest.
const MAX_DEPTH: usize = 100;

/// A component's definitions.
pub struct Component<'a> {
    /// The whole of it.
    pub bytes: &'a [u8],
    pub defs: Vec<(usize, Def<'a>)>,
    /// Names of component instances, by index in the component's instance space: those that [`is_name`].
    pub instance_names: HashMap<u32, &'a str>,
}

/// One definition. Each adds one item to one index space, but for [`Def::Start`].
pub enum Def<'a> {
    CoreModule(ModuleId),
    CoreInstance(Instance<'a>),
    /// Core types only matter to the validator; the index space isn't needed.
    CoreType,
    Component(Box<Component<'a>>),
    Instance(ComponentInstance<'a>),
    Alias(ComponentAlias<'a>),
    Type(ComponentType<'a>),
    Canon(CanonicalFunction),
    Import(ComponentImport<'a>),
    Export(ComponentExport<'a>),
    /// A start function, which adds its results to the space of values; refused where it would run.
    Start,
}

/// What is being read: the innermost module or component of the stack.
enum Open<'a> {
    Component {
        component: Component<'a>,
        offset: usize,
    },
    Module(usize),
}

struct PendingBody<'a> {
    module: usize,
    func: FuncToValidate<ValidatorResources>,
    body: FunctionBody<'a>,
}

pub(super) fn malformed(error: wasmparser::Error) -> Error {
    Error::Malformed {
        message: error.message().to_string(),
        place: Place::at(error.offset() as usize),
    }
}

fn unsupported(feature: impl Into<String>, offset: usize) -> Error {
    Error::Unsupported {
        feature: feature.into(),
        place: Place::at(offset),
    }
}

/// Reads and validates a component; its modules and their signatures are added to `program`'s.
///
/// # Errors
///
/// [`Error::Malformed`] for bytes that don't validate, [`Error::Unsupported`] for what is valid and
/// not compiled.
pub fn parse<'a>(bytes: &'a [u8], program: &mut Program<'a>) -> Result<Component<'a>> {
    let features = WasmFeatures::all().difference(WasmFeatures::CM_NESTED_NAMES);
    let mut validator = Validator::new_with_features(features);
    let mut open: Vec<Open<'_>> = Vec::new();
    let first = program.modules.len();
    let mut modules: Vec<Module<'_>> = Vec::new();
    let mut pending: Vec<PendingBody<'_>> = Vec::new();
    let mut root = None;
    // What isn't valid is that first of all: a refusal for another reason waits for the end.
    let mut refusal: Option<Error> = None;

    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(malformed)?;
        if let ValidPayload::Func(func, body) = validator.payload(&payload).map_err(malformed)?
            && let Some(Open::Module(module)) = open.last()
        {
            pending.push(PendingBody {
                module: *module,
                func,
                body,
            });
        }
        match &payload {
            Payload::Version {
                encoding, range, ..
            } => {
                let offset = range.start as usize;
                if open.len() > MAX_DEPTH {
                    return Err(Error::Limit {
                        what: "components nested in one another",
                        limit: MAX_DEPTH as u64,
                        place: Place::at(offset),
                    });
                }
                open.push(match encoding {
                    Encoding::Component => Open::Component {
                        component: Component {
                            bytes: &[],
                            defs: Vec::new(),
                            instance_names: HashMap::new(),
                        },
                        offset,
                    },
                    Encoding::Module => {
                        if open.is_empty() {
                            return Err(unsupported(
                                "a core module as input; make it a component first \
                                 (`wasm-tools component new`)",
                                0,
                            ));
                        }
                        modules.push(module::empty(offset));
                        Open::Module(modules.len() - 1)
                    }
                });
                continue;
            }
            Payload::End(end) => {
                match open.pop() {
                    Some(Open::Module(index)) => {
                        let module = &mut modules[index];
                        module.bytes = bytes.get(module.offset..*end as usize).unwrap_or(&[]);
                        let id = ModuleId::from_u32((first + index) as u32);
                        push(&mut open, module.offset, Def::CoreModule(id));
                    }
                    Some(Open::Component {
                        mut component,
                        offset,
                    }) => {
                        component.bytes = bytes.get(offset..*end as usize).unwrap_or(&[]);
                        if open.is_empty() {
                            root = Some(component);
                        } else {
                            push(&mut open, offset, Def::Component(Box::new(component)));
                        }
                    }
                    None => {}
                }
                continue;
            }
            _ => {}
        }
        if refusal.is_some() {
            continue;
        }
        let read = match open.last_mut() {
            Some(Open::Module(index)) => {
                module::payload(&mut modules[*index], &mut program.signatures, payload)
            }
            Some(Open::Component { component, .. }) => component_payload(component, payload),
            None => Ok(()),
        };
        match read {
            Err(error @ Error::Unsupported { .. }) => refusal = Some(error),
            other => other?,
        }
    }

    let scans = validate_bodies(pending)?;
    if let Some(refusal) = refusal {
        return Err(refusal);
    }
    for (module, scan) in scans {
        modules[module].scan.push(scan);
    }
    let root = root.ok_or_else(|| Error::Malformed {
        message: "the file is empty or ends too early".to_owned(),
        place: Place::at(bytes.len()),
    })?;
    for module in modules {
        program.modules.push(module);
    }
    Ok(root)
}

/// Reads and validates a core module, with these features; its types are interned in `signatures`.
///
/// # Errors
///
/// As [`parse`].
pub fn parse_module<'a>(
    bytes: &'a [u8],
    features: WasmFeatures,
    signatures: &mut Signatures,
) -> Result<Module<'a>> {
    let mut validator = Validator::new_with_features(features);
    let mut module = module::empty(0);
    module.bytes = bytes;
    let mut parser = Parser::new(0);
    parser.set_features(features);
    let mut pending = Vec::new();
    for payload in parser.parse_all(bytes) {
        let payload = payload.map_err(malformed)?;
        if let Payload::Version {
            encoding: Encoding::Component,
            ..
        } = payload
        {
            return Err(Error::Malformed {
                message: "a component in the place of a core module".to_owned(),
                place: Place::at(0),
            });
        }
        if let ValidPayload::Func(func, body) = validator.payload(&payload).map_err(malformed)? {
            pending.push(PendingBody {
                module: 0,
                func,
                body,
            });
        }
        module::payload(&mut module, signatures, payload)?;
    }
    let scans = validate_bodies(pending)?;
    module.scan = scans.into_iter().map(|(_, scan)| scan).collect();
    Ok(module)
}

/// Validates bodies and scans them, in parallel; the results are in the same order.
fn validate_bodies(pending: Vec<PendingBody<'_>>) -> Result<Vec<(usize, BodyScan)>> {
    pending
        .into_par_iter()
        .map_init(FuncValidatorAllocations::default, |allocations, pending| {
            let mut validator = pending.func.into_validator(std::mem::take(allocations));
            validator.validate(&pending.body).map_err(malformed)?;
            *allocations = validator.into_allocations();
            Ok((
                pending.module,
                scan::scan(&pending.body).map_err(malformed)?,
            ))
        })
        .collect()
}

fn push<'a>(open: &mut [Open<'a>], offset: usize, def: Def<'a>) {
    if let Some(Open::Component { component, .. }) = open.last_mut() {
        component.defs.push((offset, def));
    }
}

fn component_payload<'a>(component: &mut Component<'a>, payload: Payload<'a>) -> Result<()> {
    macro_rules! each {
        ($reader:expr, $def:expr) => {
            for item in $reader.into_iter_with_offsets() {
                let (offset, item) = item.map_err(malformed)?;
                let def: fn(_) -> Def<'a> = $def;
                component.defs.push((offset as usize, def(item)));
            }
        };
    }
    match payload {
        Payload::InstanceSection(reader) => each!(reader, Def::CoreInstance),
        Payload::CoreTypeSection(reader) => each!(reader, |_| Def::CoreType),
        Payload::ComponentInstanceSection(reader) => each!(reader, Def::Instance),
        Payload::ComponentAliasSection(reader) => each!(reader, Def::Alias),
        Payload::ComponentTypeSection(reader) => each!(reader, Def::Type),
        Payload::ComponentCanonicalSection(reader) => each!(reader, Def::Canon),
        Payload::ComponentImportSection(reader) => each!(reader, Def::Import),
        Payload::ComponentExportSection(reader) => each!(reader, Def::Export),
        Payload::ComponentStartSection { range, .. } => {
            component.defs.push((range.start as usize, Def::Start));
        }
        Payload::CustomSection(section) => {
            // A damaged name section costs names, not the compilation: the specification says so. So does a name
            // that none could be called by.
            if let wasmparser::KnownCustom::ComponentName(reader) = section.as_known() {
                for name in reader.into_iter().flatten() {
                    if let ComponentName::Instances(names) = name {
                        let names = names.into_iter().flatten();
                        for naming in names.filter(|naming| is_name(naming.name)) {
                            component.instance_names.insert(naming.index, naming.name);
                        }
                    }
                }
            }
        }
        // Versions, ends and nested headers are the caller's; the validator has refused the rest.
        _ => {}
    }
    Ok(())
}
