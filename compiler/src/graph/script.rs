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

mod arena;
mod components;

use super::instantiate::Builder;
use super::limits::Limits;
use super::module::Entities;
use super::{UnknownImports, ast};
use crate::error::{Error, Result};
use crate::program::*;
use std::borrow::Cow;
use std::collections::HashMap;
use wasmparser::WasmFeatures;

pub use arena::Arena;
pub use components::{Call, Definition, Root};

/// A script under construction.
pub struct Script<'a> {
    features: WasmFeatures,
    /// Has the program so far.
    builder: Builder<'a, 'a>,
    steps: Vec<Step>,
    names: HashMap<String, InstanceId>,
    components: components::Components<'a>,
}

/// The binary form of a core module that is in either form.
///
/// # Errors
///
/// [`Error::Wat`] for text that doesn't parse.
pub fn binary(module: &[u8]) -> Result<Cow<'_, [u8]>> {
    wat::parse_bytes(module).map_err(|error| Error::Wat(error.to_string()))
}

impl<'a> Script<'a> {
    /// An empty script, whose core modules may use `features`.
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
            builder: Builder::new(program, limits, UnknownImports::Refuse),
            steps: Vec::new(),
            names: HashMap::new(),
            components: components::Components::default(),
        }
    }

    /// Adds a core module, binary.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for what doesn't parse or validate, [`Error::Unsupported`] for what is valid and not
    /// compiled.
    pub fn module(&mut self, bytes: &'a [u8]) -> Result<ModuleId> {
        let module = ast::parse_module(bytes, self.features, &mut self.builder.program.signatures)?;
        Ok(self.builder.program.modules.push(module))
    }

    /// Links an instance of `module` to the instances that are registered now. It comes to life in the
    /// step [`Step::Instantiate`].
    ///
    /// # Errors
    ///
    /// [`Error::UnknownCoreImport`], [`Error::CoreImportType`], and [`Error::Limit`] for what is too much.
    pub fn instantiate(&mut self, module: ModuleId) -> Result<InstanceId> {
        self.builder.count(module)?;
        let program = &self.builder.program;
        let definition = &program.modules[module];
        let mut instance = CoreInstance {
            module,
            component: program.components.keys().next().expect("the root"),
            funcs: Vec::with_capacity(definition.func_sigs.len()),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
        };
        for import in &definition.imports {
            self.link(definition, import, &mut instance)?;
        }
        let program = &mut self.builder.program;
        let id = program.instances.next_key();
        let entities = Entities {
            funcs: &mut program.funcs,
            tables: &mut program.tables,
            memories: &mut program.memories,
            globals: &mut program.globals,
        };
        entities.define(&program.modules[module], id, &mut instance);
        Ok(program.instances.push(instance))
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
                Ok(self.builder.program.instances[instance].funcs[export.index as usize])
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
                Ok(self.builder.program.instances[instance].globals[export.index as usize])
            }
            _ => Err(Error::UnknownExport {
                kind: "global",
                name: name.to_owned(),
            }),
        }
    }

    /// Adds a step; returns its number, by which it is run.
    pub fn step(&mut self, step: Step) -> u32 {
        self.steps.push(step);
        self.steps.len() as u32 - 1
    }

    /// What there is so far: modules, instances, signatures.
    pub fn program(&self) -> &Program<'a> {
        &self.builder.program
    }

    /// The program, whose entry is the steps.
    ///
    /// # Errors
    ///
    /// None that the script could lead to.
    pub fn finish(self) -> Result<Program<'a>> {
        let mut program = self.builder.program;
        if let Some((caller, arena)) = self.components.caller {
            caller.finish(&mut program, |bytes| arena.keep(bytes))?;
        }
        program.entry = Entry::Script(self.steps);
        Ok(program)
    }

    fn export(&self, instance: InstanceId, name: &str) -> Option<Export> {
        let module = self.builder.program.instances[instance].module;
        self.builder.program.modules[module]
            .exports
            .get(name)
            .copied()
    }

    /// Resolves an import of `module`, and appends it to the index spaces of `instance`.
    fn link(
        &self,
        module: &Module<'_>,
        import: &Import<'_>,
        instance: &mut CoreInstance,
    ) -> Result<()> {
        let program = &self.builder.program;
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
        self.builder.program.instances.values().any(|instance| {
            let scans = &self.builder.program.modules[instance.module].scan;
            scans.iter().any(|scan| found(instance, scan))
        })
    }
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
