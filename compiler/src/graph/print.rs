//! `--emit=graph`.

use crate::program::*;
use crate::types::{FuncType, Type, TypeId};
use std::fmt::Write;

impl Program<'_> {
    /// The program as text: deterministic, one entity a line.
    pub fn print(&self) -> String {
        let mut out = String::new();
        for (id, component) in self.components.iter() {
            let _ = writeln!(out, "{id} {}", component.path);
        }
        for (id, instance) in self.instances.iter() {
            let module = &self.modules[instance.module];
            let name = module.name.unwrap_or("-");
            let _ = writeln!(
                out,
                "{id} {} {name} of {} functions {} start {}",
                instance.module,
                self.components[instance.component].path,
                module.bodies.len(),
                module
                    .start
                    .map_or("-".to_owned(), |start| instance.funcs[start as usize]
                        .to_string()),
            );
            for (import, index) in module.imports.iter().zip(import_indexes(module)) {
                let target = match import.kind {
                    ExternKind::Func => instance.funcs[index].to_string(),
                    ExternKind::Table => instance.tables[index].to_string(),
                    ExternKind::Memory => instance.memories[index].to_string(),
                    ExternKind::Global => instance.globals[index].to_string(),
                };
                let _ = writeln!(out, "  import {} {} = {target}", import.module, import.name);
            }
        }
        for (id, func) in self.funcs.iter() {
            let detail = match &func.kind {
                FuncKind::Wasm { .. } => continue,
                FuncKind::Adapter(adapter) => format!(
                    "adapter {} -> {} calls {} {}",
                    self.components[adapter.lower.component].path,
                    self.components[adapter.lift.component].path,
                    adapter.callee,
                    self.func_type(&adapter.lift_type),
                ),
                FuncKind::Host(call) => format!(
                    "host {} from {} {}",
                    call.symbol,
                    self.components[call.lower.component].path,
                    self.func_type(&call.ty)
                ),
                FuncKind::Unserved(call) => format!(
                    "unserved {} from {}",
                    call.name, self.components[call.component].path
                ),
                FuncKind::ResourceNew { .. }
                | FuncKind::ResourceRep { .. }
                | FuncKind::ResourceDrop { .. } => format!(
                    "{} of {}",
                    self.func_name(id),
                    self.components[self.component_of(id)].path
                ),
            };
            let _ = writeln!(out, "{id} {detail}");
        }
        for (id, memory) in self.memories.iter() {
            let _ = writeln!(
                out,
                "{id} of {} initial {} maximum {}",
                memory.instance,
                memory.ty.initial,
                memory
                    .ty
                    .maximum
                    .map_or("-".to_owned(), |max| max.to_string())
            );
        }
        for (id, table) in self.tables.iter() {
            let _ = writeln!(
                out,
                "{id} of {} initial {}",
                table.instance, table.ty.initial
            );
        }
        for (id, global) in self.globals.iter() {
            let mutable = if global.ty.mutable {
                "mutable"
            } else {
                "constant"
            };
            let _ = writeln!(
                out,
                "{id} of {} {:?} {mutable}",
                global.instance, global.ty.ty
            );
        }
        for (id, resource) in self.resources.iter() {
            let _ = match resource {
                Resource::Host { name, .. } => writeln!(out, "{id} host {name}"),
                Resource::Unserved { name } => writeln!(out, "{id} unserved {name}"),
                Resource::View { of } => writeln!(out, "{id} view of {of}"),
                Resource::Guest { component, .. } => {
                    writeln!(out, "{id} guest of {}", self.components[*component].path)
                }
            };
        }
        match &self.entry {
            Entry::Command(command) => {
                let path = &self.components[command.component].path;
                let _ = writeln!(out, "entry {} of {path}", command.callee);
            }
            Entry::Script(steps) => {
                for (index, step) in steps.iter().enumerate() {
                    let _ = match step {
                        Step::Instantiate(id) => writeln!(out, "step {index} instantiate {id}"),
                        Step::Call(id) => writeln!(out, "step {index} call {id}"),
                        Step::InstantiateAll(id, count) => {
                            writeln!(out, "step {index} instantiate {count} from {id} on")
                        }
                        Step::Read(id) => writeln!(out, "step {index} read {id}"),
                        Step::ReadMemory(id) => writeln!(out, "step {index} read {id}"),
                    };
                }
            }
        }
        out
    }

    fn func_type(&self, ty: &FuncType) -> String {
        let params: Vec<String> = ty
            .params
            .iter()
            .map(|(name, ty)| format!("{name}: {}", self.type_name(*ty)))
            .collect();
        let result = ty
            .result
            .map_or(String::new(), |ty| format!(" -> {}", self.type_name(ty)));
        format!("func({}){result}", params.join(", "))
    }

    /// A type in WIT's notation, named types spelled out.
    fn type_name(&self, ty: TypeId) -> String {
        let list = |types: &mut dyn Iterator<Item = String>| types.collect::<Vec<_>>().join(", ");
        let option = |ty: &Option<TypeId>| ty.map_or("_".to_owned(), |ty| self.type_name(ty));
        match &self.types[ty] {
            Type::List(ty) => format!("list<{}>", self.type_name(*ty)),
            Type::Record(fields) => {
                let mut fields = fields
                    .iter()
                    .map(|(name, ty)| format!("{name}: {}", self.type_name(*ty)));
                format!("record {{ {} }}", list(&mut fields))
            }
            Type::Tuple(types) => {
                format!(
                    "tuple<{}>",
                    list(&mut types.iter().map(|ty| self.type_name(*ty)))
                )
            }
            Type::Variant(cases) => {
                let mut cases = cases.iter().map(|(name, ty)| match ty {
                    Some(ty) => format!("{name}({})", self.type_name(*ty)),
                    None => name.clone(),
                });
                format!("variant {{ {} }}", list(&mut cases))
            }
            Type::Enum(names) => format!("enum {{ {} }}", names.join(", ")),
            Type::Flags(names) => format!("flags {{ {} }}", names.join(", ")),
            Type::Option(ty) => format!("option<{}>", self.type_name(*ty)),
            Type::Result { ok, err } => format!("result<{}, {}>", option(ok), option(err)),
            Type::Own(id) => format!("own<{id}>"),
            Type::Borrow(id) => format!("borrow<{id}>"),
            primitive => format!("{primitive:?}").to_lowercase(),
        }
    }
}

/// For each import, its index within its kind's index space.
fn import_indexes(module: &Module<'_>) -> Vec<usize> {
    let mut next = [0usize; 4];
    module
        .imports
        .iter()
        .map(|import| {
            let at = &mut next[import.kind as usize];
            *at += 1;
            *at - 1
        })
        .collect()
}
