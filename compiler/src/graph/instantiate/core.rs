//! Core instances: modules whose imports become program-wide ids.

use super::{Builder, CoreExports, CoreItem};
use crate::error::{Error, Place, Result};
use crate::graph::module::Entities;
use crate::program::*;
use std::collections::HashMap;
use std::rc::Rc;
use wasmparser::Instance as CoreInstanceDef;

impl<'b, 'a> Builder<'b, 'a> {
    pub(super) fn core_instance(
        &mut self,
        frame: usize,
        instance: &CoreInstanceDef<'a>,
        offset: usize,
    ) -> Result<CoreExports<'a>> {
        match instance {
            CoreInstanceDef::FromExports(list) => {
                let spaces = &self.frames[frame];
                let mut exports = HashMap::new();
                for export in list {
                    let index = export.index as usize;
                    let item = match export.kind {
                        wasmparser::ExternalKind::Func | wasmparser::ExternalKind::FuncExact => {
                            CoreItem::Func(spaces.core_funcs[index])
                        }
                        wasmparser::ExternalKind::Table => {
                            CoreItem::Table(spaces.core_tables[index])
                        }
                        wasmparser::ExternalKind::Memory => {
                            CoreItem::Memory(spaces.core_memories[index])
                        }
                        wasmparser::ExternalKind::Global => {
                            CoreItem::Global(spaces.core_globals[index])
                        }
                        wasmparser::ExternalKind::Tag => {
                            return Err(self.unsupported(frame, offset, "exceptions"));
                        }
                    };
                    exports.insert(export.name, item);
                }
                Ok(Rc::new(exports))
            }
            CoreInstanceDef::Instantiate { module_index, args } => {
                let module = self.frames[frame].modules[*module_index as usize];
                let args: HashMap<&str, CoreExports<'a>> = args
                    .iter()
                    .map(|arg| {
                        let instance = &self.frames[frame].core_instances[arg.index as usize];
                        (arg.name, instance.clone())
                    })
                    .collect();
                self.core_module(frame, module, &args, offset)
            }
        }
    }

    pub(super) fn core_module(
        &mut self,
        frame: usize,
        module: ModuleId,
        args: &HashMap<&str, CoreExports<'a>>,
        offset: usize,
    ) -> Result<CoreExports<'a>> {
        let definition = &self.program.modules[module];
        self.unfolded.module(definition, &self.limits)?;
        let id = self.program.instances.next_key();
        let mut instance = CoreInstance {
            module,
            component: self.frames[frame].component,
            funcs: Vec::with_capacity(definition.func_sigs.len()),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
        };
        for import in &definition.imports {
            let item = args
                .get(import.module)
                .and_then(|exports| exports.get(import.name));
            match (item, import.kind) {
                (Some(CoreItem::Func(id)), ExternKind::Func) => instance.funcs.push(*id),
                (Some(CoreItem::Table(id)), ExternKind::Table) => instance.tables.push(*id),
                (Some(CoreItem::Memory(id)), ExternKind::Memory) => instance.memories.push(*id),
                (Some(CoreItem::Global(id)), ExternKind::Global) => instance.globals.push(*id),
                _ => {
                    return Err(Error::Malformed {
                        message: format!(
                            "the module's import `{}` `{}` isn't among its arguments",
                            import.module, import.name
                        ),
                        place: Place::at(offset).component(self.path(frame)),
                    });
                }
            }
        }
        let entities = Entities {
            funcs: &mut self.program.funcs,
            tables: &mut self.program.tables,
            memories: &mut self.program.memories,
            globals: &mut self.program.globals,
        };
        entities.define(definition, id, &mut instance);
        let exports = definition
            .exports
            .iter()
            .map(|(name, export)| {
                let index = export.index as usize;
                let item = match export.kind {
                    ExternKind::Func => CoreItem::Func(instance.funcs[index]),
                    ExternKind::Table => CoreItem::Table(instance.tables[index]),
                    ExternKind::Memory => CoreItem::Memory(instance.memories[index]),
                    ExternKind::Global => CoreItem::Global(instance.globals[index]),
                };
                (*name, item)
            })
            .collect();
        self.program.instances.push(instance);
        Ok(Rc::new(exports))
    }
}
