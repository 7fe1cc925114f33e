//! Scripts: core modules and components that are instantiated, linked and called one step at a time, from outside.
//!
//! A component says in one file what is instantiated with what. Here the caller says it, step by step:
//! this module, instantiated with what is known under those names by now; this export, called. All of
//! it happens at compile time except the steps' effects, so that what comes out is a [`Program`] like
//! any other: a closed world, its instances' imports resolved. Only its entry is another
//! ([`Entry::Script`]), and nothing in it is alive before its step.
//!
//! Linking follows the core specification ("External Typing", "Instantiation"). What an import
//! requires of the size of a memory or table is compared with what it starts with. Where that is less,
//! and something that came before could have made it grow, the step compares when it runs.
//!
//! A component's instance is a root of its own, as in a product, and its functions are called with values
//! (`invoke.rs`): each root gets a *caller*, a component instance that is made when all calls are known.

use super::instantiate::{self, Exports, FuncValue, Item, Lifted};
use super::limits::{Limits, Unfolded};
use super::module::Entities;
use super::{UnknownImports, ast};
use crate::abi;
use crate::error::{Error, Place, Result};
use crate::invoke::encode::{self, Image, Misfit};
use crate::invoke::{self, FuncType, Reader, Value, caller};
use crate::program::*;
use indexmap::IndexMap;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use wasm_wave::wasm::{WasmFunc, WasmValue};
use wasmparser::WasmFeatures;

/// A script under construction.
pub struct Script<'a> {
    features: WasmFeatures,
    limits: Limits,
    unfolded: Unfolded,
    program: Program<'a>,
    steps: Vec<Planned>,
    names: HashMap<String, InstanceId>,
    definitions: Vec<(ast::Component<'a>, Range<usize>)>,
    roots: Vec<RootInstance>,
}

/// A component that a script knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition(usize);

/// A component's instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Root(usize);

/// A step, before the callers are made.
#[derive(Debug, Clone, Copy)]
enum Planned {
    Step(Step),
    /// Brings a root's caller to life.
    Caller(Root),
    /// A root's call of this number.
    Call(Root, usize),
    /// Reads the memory of a root's caller.
    Memory(Root),
}

/// A component's instance, and what is called of it.
struct RootInstance {
    /// Its core instances.
    instances: Range<u32>,
    /// What it exports, instances' exports as `instance#name`.
    exports: IndexMap<String, Exported>,
    image: Image,
    calls: Vec<caller::Call>,
    /// The function of each call, and its name.
    callees: Vec<(Lifted, String)>,
    /// The step that reads the caller's memory.
    memory: Option<u32>,
}

/// A function that a root exports.
enum Exported {
    Lifted(Lifted),
    /// One that it has from the host.
    Host,
}

/// A call of a component's function, with values.
#[derive(Debug, Clone)]
pub struct Call {
    step: u32,
    memory: u32,
    reader: Reader,
}

impl Call {
    /// The step that makes the call. It has no arguments and no results.
    pub fn step(&self) -> u32 {
        self.step
    }

    /// The step that reads the caller's memory, where the result is once the call has been made.
    pub fn memory(&self) -> u32 {
        self.memory
    }

    /// What reads the result from it.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }
}

/// The core modules of a script's callers, which its program refers to.
#[derive(Debug, Default)]
pub struct Callers(Vec<Vec<u8>>);

/// The binary form of a core module that is in either form.
///
/// # Errors
///
/// [`Error::Wat`] for text that doesn't parse.
pub fn binary(module: &[u8]) -> Result<Cow<'_, [u8]>> {
    wat::parse_bytes(module).map_err(|error| Error::Wat(error.to_string()))
}

impl<'a> Script<'a> {
    /// An empty script, whose modules may use `features`.
    pub fn new(features: WasmFeatures, limits: &Limits) -> Script<'a> {
        let mut program = Program::empty(Entry::Script(Vec::new()));
        program.components.push(Component {
            parent: None,
            name: String::new(),
            path: "/".to_owned(),
            offset: 0,
        });
        Script {
            features,
            limits: *limits,
            unfolded: Unfolded::default(),
            program,
            steps: Vec::new(),
            names: HashMap::new(),
            definitions: Vec::new(),
            roots: Vec::new(),
        }
    }

    /// Adds a component, binary.
    ///
    /// # Errors
    ///
    /// As [`Script::module`].
    pub fn component(&mut self, bytes: &'a [u8]) -> Result<Definition> {
        let ast = ast::parse(bytes, &mut self.program.signatures)?;
        let first = self.program.modules.len();
        for module in ast.modules {
            self.program.modules.push(module);
        }
        let modules = first..self.program.modules.len();
        self.definitions.push((ast.root, modules));
        Ok(Definition(self.definitions.len() - 1))
    }

    /// Links an instance of a component, whose imports are the host's. It comes to life in [`Script::steps`].
    ///
    /// # Errors
    ///
    /// What isn't compiled, isn't served by the host, or exceeds the limits.
    pub fn instantiate_component(&mut self, definition: Definition) -> Result<Root> {
        let (root, modules) = &self.definitions[definition.0];
        let first = self.program.instances.len() as u32;
        let source = instantiate::Source {
            root,
            modules: modules.clone(),
            unknown_imports: UnknownImports::Refuse,
        };
        let exports = instantiate::add_root(
            &mut self.program,
            &source,
            &self.limits,
            &mut self.unfolded,
            |exports, _| {
                let mut found = IndexMap::new();
                collect(exports, "", &mut found);
                Ok(found)
            },
        )?;
        self.roots.push(RootInstance {
            instances: first..self.program.instances.len() as u32,
            exports,
            image: Image::default(),
            calls: Vec::new(),
            callees: Vec::new(),
            memory: None,
        });
        Ok(Root(self.roots.len() - 1))
    }

    /// The steps that bring a component's instance to life, to be run in this order and once.
    pub fn steps(&mut self, root: Root) -> Vec<u32> {
        let instances = self.roots[root.0].instances.clone();
        let count = instances.end - instances.start;
        let mut steps = vec![self.plan(Planned::Caller(root))];
        if count > 0 {
            let first = InstanceId::from_u32(instances.start);
            steps.push(self.step(Step::InstantiateAll(first, count)));
        }
        steps
    }

    /// The functions that a component's instance exports; those of an instance `i` as `i#name`.
    pub fn functions(&self, root: Root) -> impl Iterator<Item = &str> {
        self.roots[root.0].exports.keys().map(String::as_str)
    }

    /// The type of a function that a component's instance exports.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownExport`]; [`Error::Unsupported`] for one that values can't be passed to.
    pub fn func_type(&self, root: Root, name: &str) -> Result<FuncType> {
        let lifted = self.exported(root, name)?;
        invoke::signature(&self.program.types, &lifted.seen).map_err(|what| Error::Unsupported {
            feature: format!("calling `{name}` from outside: its type has {what}"),
            place: Place::default(),
        })
    }

    /// Plans a call of a function that a component's instance exports.
    ///
    /// # Errors
    ///
    /// As [`Script::func_type`]; [`Error::Argument`] for arguments that aren't of its type.
    pub fn call(&mut self, root: Root, name: &str, args: &[Value]) -> Result<Call> {
        let ty = self.func_type(root, name)?;
        let lifted = self.exported(root, name)?.clone();
        let wrong = |detail: String| Error::Argument {
            function: name.to_owned(),
            detail,
        };
        let wanted: Vec<_> = ty.params().collect();
        if wanted.len() != args.len() {
            let (wanted, given) = (wanted.len(), args.len());
            return Err(wrong(format!("it takes {wanted}, not {given}")));
        }
        for ((wanted, name), value) in wanted.iter().zip(ty.param_names()).zip(args) {
            if !fits_type(wanted, value) {
                let shown = wasm_wave::to_string(value).unwrap_or_default();
                return Err(wrong(format!("`{name}` is `{wanted}`, not {shown}")));
            }
        }
        let types = &self.program.types;
        let params = lifted.seen.params.iter().map(|param| param.1);
        let values: Vec<_> = params.zip(args).collect();
        let root_instance = &mut self.roots[root.0];
        let image = &mut root_instance.image;
        let misfit = |misfit| match misfit {
            Misfit::Type => wrong("a value isn't of its type".to_owned()),
            Misfit::Size => Error::Limit {
                what: "bytes of arguments",
                limit: encode::MAX_BYTES as u64,
            },
        };
        let arguments = encode::arguments(types, image, &values).map_err(misfit)?;
        let result = match lifted.seen.result {
            Some(ty) => Some((ty, image.result(types, ty).map_err(misfit)?)),
            None => None,
        };
        let reader = Reader::new(types, result);
        root_instance.calls.push(caller::Call {
            signature: abi::lowered_signature(types, &lifted.seen),
            arguments,
            result: result.map(|result| result.1),
            report: false,
        });
        root_instance.callees.push((lifted, name.to_owned()));
        let index = root_instance.calls.len() - 1;
        let memory = match root_instance.memory {
            Some(memory) => memory,
            None => {
                let memory = self.plan(Planned::Memory(root));
                self.roots[root.0].memory = Some(memory);
                memory
            }
        };
        Ok(Call {
            step: self.plan(Planned::Call(root, index)),
            memory,
            reader,
        })
    }

    fn exported(&self, root: Root, name: &str) -> Result<&Lifted> {
        match self.roots[root.0].exports.get(name) {
            Some(Exported::Lifted(lifted)) => Ok(lifted),
            Some(Exported::Host) => Err(Error::Unsupported {
                feature: format!("calling `{name}` from outside: it is the host's"),
                place: Place::default(),
            }),
            None => Err(Error::UnknownExport {
                kind: "function",
                name: name.to_owned(),
            }),
        }
    }

    /// The core modules of the callers. Nothing is added to the script afterwards.
    pub fn callers(&self) -> Callers {
        let modules = self.roots.iter();
        Callers(
            modules
                .map(|root| caller::module(&root.image, &root.calls))
                .collect(),
        )
    }

    /// Adds a core module, binary.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for what doesn't parse or validate, [`Error::Unsupported`] for what is valid and not
    /// compiled.
    pub fn module(&mut self, bytes: &'a [u8]) -> Result<ModuleId> {
        let module = ast::parse_module(bytes, self.features, &mut self.program.signatures)?;
        Ok(self.program.modules.push(module))
    }

    /// Links an instance of `module` to the instances that are registered now. It comes to life in the
    /// step [`Step::Instantiate`].
    ///
    /// # Errors
    ///
    /// [`Error::UnknownCoreImport`], [`Error::CoreImportType`], and [`Error::Limit`] for what is too much.
    pub fn instantiate(&mut self, module: ModuleId) -> Result<InstanceId> {
        let definition = &self.program.modules[module];
        self.unfolded.module(definition, &self.limits)?;
        let mut instance = CoreInstance {
            module,
            component: self.program.components.keys().next().expect("the root"),
            funcs: Vec::with_capacity(definition.func_sigs.len()),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
        };
        for import in &definition.imports {
            self.link(definition, import, &mut instance)?;
        }
        let id = self.program.instances.next_key();
        let entities = Entities {
            funcs: &mut self.program.funcs,
            tables: &mut self.program.tables,
            memories: &mut self.program.memories,
            globals: &mut self.program.globals,
        };
        entities.define(definition, id, &mut instance);
        Ok(self.program.instances.push(instance))
    }

    /// Lets modules that are instantiated from now on import what `instance` exports.
    pub fn register(&mut self, name: impl Into<String>, instance: InstanceId) {
        self.names.insert(name.into(), instance);
    }

    /// The function that `instance` exports as `name`.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownExport`].
    pub fn func(&self, instance: InstanceId, name: &str) -> Result<FuncId> {
        match self.export(instance, name) {
            Some(export) if export.kind == ExternKind::Func => {
                Ok(self.program.instances[instance].funcs[export.index as usize])
            }
            _ => Err(Error::UnknownExport {
                kind: "function",
                name: name.to_owned(),
            }),
        }
    }

    /// The global that `instance` exports as `name`.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownExport`].
    pub fn global(&self, instance: InstanceId, name: &str) -> Result<GlobalId> {
        match self.export(instance, name) {
            Some(export) if export.kind == ExternKind::Global => {
                Ok(self.program.instances[instance].globals[export.index as usize])
            }
            _ => Err(Error::UnknownExport {
                kind: "global",
                name: name.to_owned(),
            }),
        }
    }

    /// Adds a step; returns its number, by which it is run.
    pub fn step(&mut self, step: Step) -> u32 {
        self.plan(Planned::Step(step))
    }

    fn plan(&mut self, step: Planned) -> u32 {
        self.steps.push(step);
        self.steps.len() as u32 - 1
    }

    /// What there is so far: modules, instances, signatures.
    pub fn program(&self) -> &Program<'a> {
        &self.program
    }

    /// The program, whose entry is the steps. `callers` are this script's.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] for what is too much.
    pub fn finish<'c>(self, callers: &'c Callers) -> Result<Program<'c>>
    where
        'a: 'c,
    {
        let Script {
            program,
            steps,
            roots,
            limits,
            mut unfolded,
            ..
        } = self;
        let mut program: Program<'c> = program;
        let made = roots
            .iter()
            .zip(&callers.0)
            .map(|(root, module)| add_caller(&mut program, root, module, &limits, &mut unfolded))
            .collect::<Result<Vec<_>>>()?;
        let steps = steps.into_iter().map(|step| match step {
            Planned::Step(step) => step,
            Planned::Caller(root) => Step::Instantiate(made[root.0].instance),
            Planned::Call(root, index) => Step::Call(made[root.0].calls[index]),
            Planned::Memory(root) => Step::ReadMemory(made[root.0].memory),
        });
        program.entry = Entry::Script(steps.collect());
        Ok(program)
    }

    fn export(&self, instance: InstanceId, name: &str) -> Option<Export> {
        let module = self.program.instances[instance].module;
        self.program.modules[module].exports.get(name).copied()
    }

    /// Resolves an import of `module`, and appends it to the index spaces of `instance`.
    fn link(
        &self,
        module: &Module<'_>,
        import: &Import<'_>,
        instance: &mut CoreInstance,
    ) -> Result<()> {
        let program = &self.program;
        let given = self.names.get(import.module).copied();
        let Some((from, export)) = given
            .and_then(|given| Some((&program.instances[given], self.export(given, import.name)?)))
        else {
            return Err(Error::UnknownCoreImport {
                import: format!("`{}` `{}`", import.module, import.name),
            });
        };
        let refuse = |detail: String| {
            Err(Error::CoreImportType {
                import: format!("`{}` `{}`", import.module, import.name),
                detail,
            })
        };
        if export.kind != import.kind {
            return refuse(format!(
                "it is a {}, a {} is needed",
                noun(export.kind),
                noun(import.kind)
            ));
        }
        let index = export.index as usize;
        match import.kind {
            ExternKind::Func => {
                let func = from.funcs[index];
                let needed = module.func_sigs[instance.funcs.len()];
                let has = program.funcs[func].sig;
                if has != needed {
                    return refuse(format!(
                        "its type is {:?}, {:?} is needed",
                        program.signatures[has], program.signatures[needed]
                    ));
                }
                instance.funcs.push(func);
            }
            ExternKind::Table => {
                let table = from.tables[index];
                let (has, needed) = (
                    program.tables[table].ty,
                    module.tables[instance.tables.len()],
                );
                if has.element != needed.element {
                    return refuse(format!(
                        "its elements are {:?}, {:?} is needed",
                        has.element, needed.element
                    ));
                }
                let grows = || {
                    self.anyone(|instance, scan| {
                        let mut grown = scan.table_grows.iter();
                        grown.any(|&at| instance.tables[at as usize] == table)
                    })
                };
                if let Err(detail) = fits(
                    (has.initial, has.maximum),
                    (needed.initial, needed.maximum),
                    grows,
                ) {
                    return refuse(detail);
                }
                instance.tables.push(table);
            }
            ExternKind::Memory => {
                let memory = from.memories[index];
                let (has, needed) = (
                    program.memories[memory].ty,
                    module.memories[instance.memories.len()],
                );
                let grows = || {
                    self.anyone(|instance, scan| {
                        let mut grown = scan.memory_grows.iter();
                        grown.any(|&at| instance.memories[at as usize] == memory)
                    })
                };
                if let Err(detail) = fits(
                    (has.initial, has.maximum),
                    (needed.initial, needed.maximum),
                    grows,
                ) {
                    return refuse(detail);
                }
                instance.memories.push(memory);
            }
            ExternKind::Global => {
                let global = from.globals[index];
                let (has, needed) = (
                    program.globals[global].ty,
                    module.globals[instance.globals.len()],
                );
                if (has.ty, has.mutable) != (needed.ty, needed.mutable) {
                    return refuse(format!("it is a {has:?}, a {needed:?} is needed"));
                }
                instance.globals.push(global);
            }
        }
        Ok(())
    }

    /// Whether a function of the instances so far does what `found` looks for.
    fn anyone(&self, found: impl Fn(&CoreInstance, &BodyScan) -> bool) -> bool {
        self.program.instances.values().any(|instance| {
            let scans = &self.program.modules[instance.module].scan;
            scans.iter().any(|scan| found(instance, scan))
        })
    }
}

/// A root's caller.
struct Caller {
    instance: InstanceId,
    memory: MemoryId,
    calls: Vec<FuncId>,
}

/// Adds the caller of `root`, a component instance of its own, whose core module is `bytes`.
fn add_caller<'c>(
    program: &mut Program<'c>,
    root: &RootInstance,
    bytes: &'c [u8],
    limits: &Limits,
    unfolded: &mut Unfolded,
) -> Result<Caller> {
    let component = program.components.push(Component {
        parent: None,
        name: "caller".to_owned(),
        path: "caller".to_owned(),
        offset: 0,
    });
    let module = ast::parse_module(bytes, WasmFeatures::all(), &mut program.signatures)?;
    unfolded.module(&module, limits)?;
    let module = program.modules.push(module);
    let definition = &program.modules[module];
    let id = program.instances.next_key();
    let mut instance = CoreInstance {
        module,
        component,
        funcs: Vec::new(),
        tables: Vec::new(),
        memories: Vec::new(),
        globals: Vec::new(),
    };
    // The module's imports are its first functions. They refer to its memory and `realloc`, which are next.
    let memory = program.memories.next_key();
    let count = root.callees.len();
    let realloc = FuncId::from_u32((program.funcs.len() + count) as u32);
    for ((lifted, name), call) in root.callees.iter().zip(&root.calls) {
        let lower = Options {
            component,
            memory: Some(memory),
            realloc: Some(realloc),
            encoding: StringEncoding::Utf8,
        };
        let sig = program.signatures.intern(call.signature.clone());
        let kind = FuncKind::Adapter(Box::new(lifted.adapter(
            lower,
            &program.components,
            name.clone(),
        )));
        instance.funcs.push(program.funcs.push(Func { sig, kind }));
    }
    let entities = Entities {
        funcs: &mut program.funcs,
        tables: &mut program.tables,
        memories: &mut program.memories,
        globals: &mut program.globals,
    };
    entities.define(definition, id, &mut instance);
    let export = |name: &str| instance.funcs[definition.exports[name].index as usize];
    debug_assert_eq!(export(caller::REALLOC), realloc);
    debug_assert_eq!(instance.memories[0], memory);
    let calls = (0..count).map(|call| export(&caller::name(call))).collect();
    Ok(Caller {
        instance: program.instances.push(instance),
        memory,
        calls,
    })
}

/// Lists the functions that an instance exports, by their path.
fn collect(exports: &Exports<'_, '_>, path: &str, found: &mut IndexMap<String, Exported>) {
    for (name, item) in exports {
        let name = format!("{path}{name}");
        match item {
            Item::Func(FuncValue::Lifted(lifted)) => {
                found.insert(name, Exported::Lifted(Lifted::clone(lifted)));
            }
            Item::Func(FuncValue::Host(_) | FuncValue::Unserved(_)) => {
                found.insert(name, Exported::Host);
            }
            Item::Instance(exports) => collect(exports, &format!("{name}#"), found),
            Item::Module(_) | Item::Component(_) | Item::Type(_) => {}
        }
    }
}

/// Whether a value is one of the type, through all of its parts: what an `option` may hold.
fn fits_type(ty: &invoke::Type, value: &Value) -> bool {
    let option = invoke::Type::option(ty.clone());
    Value::make_option(&option, Some(value.clone())).is_ok()
}

fn noun(kind: ExternKind) -> &'static str {
    match kind {
        ExternKind::Func => "function",
        ExternKind::Table => "table",
        ExternKind::Memory => "memory",
        ExternKind::Global => "global",
    }
}

/// Matches limits, the initial size and the maximum of each; if not, why.
fn fits(
    has: (u32, Option<u32>),
    needed: (u32, Option<u32>),
    grows: impl FnOnce() -> bool,
) -> Result<(), String> {
    match (has.1, needed.1) {
        (_, None) => {}
        (Some(has), Some(needed)) if has <= needed => {}
        (Some(has), Some(needed)) => {
            return Err(format!("its maximum is {has}, at most {needed} is needed"));
        }
        (None, Some(needed)) => {
            return Err(format!("it has no maximum, at most {needed} is needed"));
        }
    }
    let reachable = has.1.is_none_or(|maximum| needed.0 <= maximum);
    if needed.0 > has.0 && !(reachable && grows()) {
        return Err(format!("its size is {}, {} is needed", has.0, needed.0));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
