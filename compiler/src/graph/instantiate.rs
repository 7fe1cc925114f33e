//! Instantiation, run at compile time.
//!
//! A [`Frame`] is a component instance in the making: its index spaces hold values of [`Item`].
//! Frames live in an arena, because a nested component is a closure over the frame that defines it
//! (outer aliases); a frame only grows, so the indexes that a closure uses stay good.

use super::ast::{self, Ast, Component as Definition, Def};
use super::limits::{Limits, Unfolded};
use super::module::Entities;
use super::views::Views;
use super::{UnknownImports, builtins, host};
use crate::abi;
use crate::error::{Error, Place, Result};
use crate::program::*;
use crate::types::{FuncType, Types};
use cranelift_entity::PrimaryMap;
use indexmap::IndexMap;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind, ComponentInstance,
    ComponentOuterAliasKind, ComponentTypeRef, Instance as CoreInstanceDef,
    InstanceTypeDeclaration, TypeBounds,
};

/// A value of a component's index spaces.
#[derive(Clone)]
pub(super) enum Item<'b, 'a> {
    Module(usize),
    Component(Closure<'b, 'a>),
    Instance(Rc<Exports<'b, 'a>>),
    Func(FuncValue),
    Type(TypeValue<'b, 'a>),
}

/// An instance is what it exports.
pub(super) type Exports<'b, 'a> = IndexMap<String, Item<'b, 'a>>;

/// A component definition and the frame that its outer aliases look into.
#[derive(Clone, Copy)]
pub(super) struct Closure<'b, 'a> {
    definition: &'b Definition<'a>,
    frame: usize,
}

/// A component-level function.
#[derive(Clone)]
pub(super) enum FuncValue {
    Lifted(Rc<Lifted>),
    Host(Rc<host::Function>),
    /// Of an unknown import.
    Unserved(Rc<host::Unserved>),
}

/// The product of `canon lift`.
#[derive(Clone)]
pub(super) struct Lifted {
    callee: FuncId,
    options: Options,
    post_return: Option<FuncId>,
    /// The type that the `canon lift` gives it.
    ty: FuncType,
    /// The type at which whoever has it knows it (`views.rs`): the same, but for resources.
    pub(super) seen: FuncType,
}

impl Lifted {
    /// What calls it, from the component instance of `lower`.
    pub(super) fn adapter(&self, lower: Options, name: String) -> Adapter {
        Adapter {
            lower,
            lower_type: self.seen.clone(),
            lift: self.options.clone(),
            lift_type: self.ty.clone(),
            callee: self.callee,
            post_return: self.post_return,
            name,
        }
    }

    /// The same function, known at another type.
    pub(super) fn seen_as(&self, seen: FuncType) -> Lifted {
        Lifted {
            seen,
            ..self.clone()
        }
    }
}

/// A component-level type.
#[derive(Clone)]
pub(super) enum TypeValue<'b, 'a> {
    Value(crate::types::TypeId),
    Resource(ResourceId),
    Func(Rc<FuncType>),
    /// An instance type, evaluated only where the host has to provide one.
    Instance {
        declarations: &'b [InstanceTypeDeclaration<'a>],
        frame: usize,
    },
    /// Component types matter to the validator alone.
    Component,
    /// A type that nanocc doesn't compile; an error where it is used.
    Unsupported(Rc<str>),
}

/// A core instance as others see it.
type CoreExports<'a> = Rc<HashMap<&'a str, CoreItem>>;

#[derive(Clone, Copy)]
enum CoreItem {
    Func(FuncId),
    Table(TableId),
    Memory(MemoryId),
    Global(GlobalId),
}

/// A component instance in the making.
pub(super) struct Frame<'b, 'a> {
    /// Where outer aliases go on.
    pub(super) outer: Option<usize>,
    pub(super) component: ComponentId,
    pub(super) types: Vec<TypeValue<'b, 'a>>,
    modules: Vec<usize>,
    components: Vec<Closure<'b, 'a>>,
    instances: Vec<Rc<Exports<'b, 'a>>>,
    funcs: Vec<FuncValue>,
    core_instances: Vec<CoreExports<'a>>,
    core_funcs: Vec<FuncId>,
    core_tables: Vec<TableId>,
    core_memories: Vec<MemoryId>,
    core_globals: Vec<GlobalId>,
}

impl<'b, 'a> Frame<'b, 'a> {
    pub(super) fn new(outer: Option<usize>, component: ComponentId) -> Frame<'b, 'a> {
        Frame {
            outer,
            component,
            types: Vec::new(),
            modules: Vec::new(),
            components: Vec::new(),
            instances: Vec::new(),
            funcs: Vec::new(),
            core_instances: Vec::new(),
            core_funcs: Vec::new(),
            core_tables: Vec::new(),
            core_memories: Vec::new(),
            core_globals: Vec::new(),
        }
    }
}

/// The program so far, without what the AST still holds.
pub(super) struct Builder<'b, 'a> {
    limits: &'b Limits,
    unfolded: Unfolded,
    pub(super) unknown_imports: UnknownImports,
    /// The modules of the component's file, which are the program's from `first_module` on.
    modules: &'b [Module<'a>],
    first_module: usize,
    pub(super) frames: Vec<Frame<'b, 'a>>,
    pub(super) types: Types,
    pub(super) resources: PrimaryMap<ResourceId, Resource>,
    pub(super) host_resources: HashMap<u32, ResourceId>,
    pub(super) views: Views,
    components: PrimaryMap<ComponentId, Component>,
    instances: PrimaryMap<InstanceId, CoreInstance>,
    funcs: PrimaryMap<FuncId, Func>,
    memories: PrimaryMap<MemoryId, Memory>,
    tables: PrimaryMap<TableId, Table>,
    globals: PrimaryMap<GlobalId, Global>,
    signatures: Signatures,
}

/// Component instances may nest this deep; definitions do so no deeper, but arguments could.
const MAX_DEPTH: usize = 1000;

/// A component as it stands in its file.
pub(super) struct Source<'b, 'a> {
    pub(super) root: &'b Definition<'a>,
    /// Where its modules are among the program's.
    pub(super) modules: Range<usize>,
    pub(super) unknown_imports: UnknownImports,
}

/// Adds an instance of a component to `program`, as a root of its own, and returns what `look` makes of its
/// exports.
pub(super) fn add_root<'a, T>(
    program: &mut Program<'a>,
    source: &Source<'_, 'a>,
    limits: &Limits,
    unfolded: &mut Unfolded,
    look: impl FnOnce(&Exports<'_, 'a>, &Builder<'_, 'a>) -> Result<T>,
) -> Result<T> {
    let modules = std::mem::take(&mut program.modules);
    let mut builder = Builder {
        limits,
        unfolded: std::mem::take(unfolded),
        unknown_imports: source.unknown_imports,
        modules: &modules.as_values_slice()[source.modules.clone()],
        first_module: source.modules.start,
        frames: Vec::new(),
        types: std::mem::take(&mut program.types),
        resources: std::mem::take(&mut program.resources),
        host_resources: HashMap::new(),
        views: Views::default(),
        components: std::mem::take(&mut program.components),
        instances: std::mem::take(&mut program.instances),
        funcs: std::mem::take(&mut program.funcs),
        memories: std::mem::take(&mut program.memories),
        tables: std::mem::take(&mut program.tables),
        globals: std::mem::take(&mut program.globals),
        signatures: std::mem::take(&mut program.signatures),
    };
    let closure = Closure {
        definition: source.root,
        frame: usize::MAX,
    };
    let found = builder
        .component(closure, None, "/".to_owned(), 0, 0)
        .and_then(|exports| look(&exports, &builder));
    *unfolded = builder.unfolded;
    program.types = builder.types;
    program.resources = builder.resources;
    program.components = builder.components;
    program.instances = builder.instances;
    program.funcs = builder.funcs;
    program.memories = builder.memories;
    program.tables = builder.tables;
    program.globals = builder.globals;
    program.signatures = builder.signatures;
    program.modules = modules;
    found
}

/// The program of a component that exports a command.
pub(super) fn run<'a>(
    bytes: &'a [u8],
    limits: &Limits,
    unknown_imports: UnknownImports,
) -> Result<Program<'a>> {
    let mut program = Program::empty(Entry::Script(Vec::new()));
    let Ast { root, modules } = ast::parse(bytes, &mut program.signatures)?;
    program.modules = modules.into_iter().collect();
    let source = Source {
        root: &root,
        modules: 0..program.modules.len(),
        unknown_imports,
    };
    let mut unfolded = Unfolded::default();
    let command = add_root(&mut program, &source, limits, &mut unfolded, command)?;
    program.entry = Entry::Command(command);
    Ok(program)
}

fn command(exports: &Exports<'_, '_>, builder: &Builder<'_, '_>) -> Result<Command> {
    let run = exports
        .iter()
        .filter(|(name, _)| nanocc_wit::is_command_entry(name))
        .find_map(|(_, item)| match item {
            Item::Instance(exports) => match exports.get("run") {
                Some(Item::Func(FuncValue::Lifted(lifted))) => Some(lifted.clone()),
                _ => None,
            },
            _ => None,
        });
    let Some(run) = run else {
        let mut names: Vec<String> = exports.keys().map(|name| format!("`{name}`")).collect();
        if names.is_empty() {
            names.push("nothing".to_owned());
        }
        return Err(Error::NoEntry {
            exports: names.join(", "),
        });
    };
    let sig = &builder.signatures[builder.funcs[run.callee].sig];
    if !sig.params.is_empty() || sig.results != [ValType::I32] {
        return Err(Error::NoEntry {
            exports: "a `wasi:cli/run` whose `run` isn't `func() -> result`".to_owned(),
        });
    }
    Ok(Command {
        callee: run.callee,
        post_return: run.post_return,
        component: run.options.component,
    })
}

impl<'b, 'a> Builder<'b, 'a> {
    fn path(&self, frame: usize) -> String {
        self.components[self.frames[frame].component].path.clone()
    }

    pub(super) fn unsupported(
        &self,
        frame: usize,
        offset: usize,
        feature: impl Into<String>,
    ) -> Error {
        Error::Unsupported {
            feature: feature.into(),
            place: Place::at(offset).component(self.path(frame)),
        }
    }

    /// Instantiates a component: `args` is `None` for the root, whose imports are the host's.
    fn component(
        &mut self,
        closure: Closure<'b, 'a>,
        args: Option<(ComponentId, HashMap<&'a str, Item<'b, 'a>>)>,
        name: String,
        offset: usize,
        depth: usize,
    ) -> Result<Exports<'b, 'a>> {
        self.unfolded.component(self.limits)?;
        if depth > MAX_DEPTH {
            return Err(Error::Limit {
                what: "levels of component instances",
                limit: MAX_DEPTH as u64,
            });
        }
        let (parent, args) = match args {
            Some((parent, args)) => (Some(parent), Some(args)),
            None => (None, None),
        };
        let path = match parent {
            None => "/".to_owned(),
            Some(parent) => match self.components[parent].path.as_str() {
                "/" => name.clone(),
                path => format!("{path}/{name}"),
            },
        };
        let component = self.components.push(Component {
            parent,
            name,
            path,
            offset,
        });
        let outer = (closure.frame != usize::MAX).then_some(closure.frame);
        let frame = self.frames.len();
        self.frames.push(Frame::new(outer, component));
        let mut exports = Exports::new();
        for (offset, def) in &closure.definition.defs {
            self.define(
                frame,
                closure.definition,
                def,
                *offset,
                args.as_ref(),
                &mut exports,
                depth,
            )?;
        }
        Ok(self.exported(component, exports))
    }

    #[allow(clippy::too_many_arguments)]
    fn define(
        &mut self,
        frame: usize,
        definition: &'b Definition<'a>,
        def: &'b Def<'a>,
        offset: usize,
        args: Option<&HashMap<&'a str, Item<'b, 'a>>>,
        exports: &mut Exports<'b, 'a>,
        depth: usize,
    ) -> Result<()> {
        let items = match def {
            Def::CoreInstance(CoreInstanceDef::FromExports(list)) => list.len(),
            Def::CoreInstance(CoreInstanceDef::Instantiate { args, .. }) => args.len(),
            Def::Instance(ComponentInstance::FromExports(list)) => list.len(),
            Def::Instance(ComponentInstance::Instantiate { args, .. }) => args.len(),
            _ => 0,
        };
        self.unfolded.definition(items, self.limits)?;
        match def {
            Def::CoreModule(index) => self.frames[frame].modules.push(*index),
            Def::CoreType => {}
            Def::CoreInstance(instance) => {
                let instance = self.core_instance(frame, instance, offset)?;
                self.frames[frame].core_instances.push(instance);
            }
            Def::Component(nested) => {
                let closure = Closure {
                    definition: nested,
                    frame,
                };
                self.frames[frame].components.push(closure);
            }
            Def::Instance(instance) => {
                let index = self.frames[frame].instances.len() as u32;
                let exports = match instance {
                    ComponentInstance::FromExports(list) => list
                        .iter()
                        .map(|export| {
                            let item = self.item(frame, export.kind, export.index, offset)?;
                            Ok((export.name.name.to_owned(), item))
                        })
                        .collect::<Result<_>>()?,
                    ComponentInstance::Instantiate {
                        component_index,
                        args,
                    } => {
                        let closure = self.frames[frame].components[*component_index as usize];
                        let args = args
                            .iter()
                            .map(|arg| {
                                Ok((arg.name, self.item(frame, arg.kind, arg.index, offset)?))
                            })
                            .collect::<Result<HashMap<_, _>>>()?;
                        let name = match definition.instance_names.get(&index) {
                            Some(name) => (*name).to_owned(),
                            None => format!("#{index}"),
                        };
                        let parent = self.frames[frame].component;
                        self.component(closure, Some((parent, args)), name, offset, depth + 1)?
                    }
                };
                self.frames[frame].instances.push(Rc::new(exports));
            }
            Def::Alias(alias) => self.alias(frame, alias, offset)?,
            Def::Type(ty) => {
                let ty = self.define_type(frame, ty, offset)?;
                self.frames[frame].types.push(ty);
            }
            Def::Canon(canon) => self.canon(frame, canon, offset)?,
            Def::Import(import) => {
                let name = import.name.name;
                let item = match args {
                    Some(args) => {
                        let item = args.get(name).cloned().ok_or_else(|| Error::Malformed {
                            message: format!("the argument `{name}` is missing"),
                            place: Place::at(offset).component(self.path(frame)),
                        })?;
                        self.import(frame, item, import.ty, offset)?
                    }
                    None => self.host_import(frame, name, &import.ty, offset)?,
                };
                self.push(frame, item);
            }
            Def::Export(export) => {
                let item = self.item(frame, export.kind, export.index, offset)?;
                exports.insert(export.name.name.to_owned(), item.clone());
                self.push(frame, item);
            }
        }
        Ok(())
    }

    /// The item at an index of a frame's index spaces.
    pub(super) fn item(
        &self,
        frame: usize,
        kind: ComponentExternalKind,
        index: u32,
        offset: usize,
    ) -> Result<Item<'b, 'a>> {
        let spaces = &self.frames[frame];
        let index = index as usize;
        Ok(match kind {
            ComponentExternalKind::Module => Item::Module(spaces.modules[index]),
            ComponentExternalKind::Func => Item::Func(spaces.funcs[index].clone()),
            ComponentExternalKind::Type => Item::Type(spaces.types[index].clone()),
            ComponentExternalKind::Instance => Item::Instance(spaces.instances[index].clone()),
            ComponentExternalKind::Component => Item::Component(spaces.components[index]),
            ComponentExternalKind::Value => {
                return Err(self.unsupported(frame, offset, "component values"));
            }
        })
    }

    pub(super) fn push(&mut self, frame: usize, item: Item<'b, 'a>) {
        let spaces = &mut self.frames[frame];
        match item {
            Item::Module(module) => spaces.modules.push(module),
            Item::Component(component) => spaces.components.push(component),
            Item::Instance(instance) => spaces.instances.push(instance),
            Item::Func(func) => spaces.funcs.push(func),
            Item::Type(ty) => spaces.types.push(ty),
        }
    }

    /// What the host provides for an import of the root component.
    fn host_import(
        &mut self,
        frame: usize,
        name: &'a str,
        ty: &ComponentTypeRef,
        offset: usize,
    ) -> Result<Item<'b, 'a>> {
        match ty {
            ComponentTypeRef::Instance(index) => {
                match self.frames[frame].types[*index as usize].clone() {
                    TypeValue::Instance {
                        declarations,
                        frame,
                    } => {
                        let exports = self.host_instance(frame, name, declarations, offset)?;
                        Ok(Item::Instance(Rc::new(exports)))
                    }
                    _ => {
                        Err(self.unsupported(frame, offset, format!("the type of import `{name}`")))
                    }
                }
            }
            // A root that exports types of its own may import them by equality.
            ComponentTypeRef::Type(TypeBounds::Eq(index)) => Ok(Item::Type(
                self.frames[frame].types[*index as usize].clone(),
            )),
            ComponentTypeRef::Func(index) if self.unknown_imports == UnknownImports::Trap => {
                let ty = self.func_type(frame, *index, offset)?;
                Ok(host::unserved((*ty).clone(), name.to_owned()))
            }
            ComponentTypeRef::Type(TypeBounds::SubResource)
                if self.unknown_imports == UnknownImports::Trap =>
            {
                Ok(self.unserved_resource(name))
            }
            ComponentTypeRef::Value(_) => Err(self.unsupported(frame, offset, "component values")),
            other => Err(Error::UnknownImport {
                import: name.to_owned(),
                place: Place::at(offset).component(self.path(frame)),
                help: format!(
                    "no host serves a {} import by itself; compose the component with one that \
                     exports `{name}`{}",
                    other.kind().desc(),
                    match other {
                        ComponentTypeRef::Func(_) | ComponentTypeRef::Type(_) => host::OR_TRAP,
                        _ => "",
                    }
                ),
            }),
        }
    }

    pub(super) fn alias(
        &mut self,
        frame: usize,
        alias: &ComponentAlias<'a>,
        offset: usize,
    ) -> Result<()> {
        match *alias {
            ComponentAlias::InstanceExport {
                instance_index,
                name,
                ..
            } => {
                let item = self.frames[frame].instances[instance_index as usize]
                    .get(name)
                    .cloned();
                let item = item.ok_or_else(|| Error::Malformed {
                    message: format!("the instance has no export `{name}`"),
                    place: Place::at(offset).component(self.path(frame)),
                })?;
                self.push(frame, item);
            }
            ComponentAlias::CoreInstanceExport {
                instance_index,
                name,
                ..
            } => {
                let spaces = &mut self.frames[frame];
                match spaces.core_instances[instance_index as usize].get(name) {
                    Some(CoreItem::Func(id)) => spaces.core_funcs.push(*id),
                    Some(CoreItem::Table(id)) => spaces.core_tables.push(*id),
                    Some(CoreItem::Memory(id)) => spaces.core_memories.push(*id),
                    Some(CoreItem::Global(id)) => spaces.core_globals.push(*id),
                    None => {
                        return Err(Error::Malformed {
                            message: format!("the core instance has no export `{name}`"),
                            place: Place::at(offset).component(self.path(frame)),
                        });
                    }
                }
            }
            ComponentAlias::Outer { kind, count, index } => {
                let mut from = frame;
                for _ in 0..count {
                    let Some(outer) = self.frames[from].outer else {
                        return Err(self.unsupported(frame, offset, "an alias out of the root"));
                    };
                    from = outer;
                }
                let index = index as usize;
                match kind {
                    ComponentOuterAliasKind::CoreModule => {
                        let module = self.frames[from].modules[index];
                        self.frames[frame].modules.push(module);
                    }
                    ComponentOuterAliasKind::CoreType => {}
                    ComponentOuterAliasKind::Type => {
                        let ty = self.frames[from].types[index].clone();
                        self.frames[frame].types.push(ty);
                    }
                    ComponentOuterAliasKind::Component => {
                        let component = self.frames[from].components[index];
                        self.frames[frame].components.push(component);
                    }
                }
            }
        }
        Ok(())
    }

    fn core_instance(
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

    fn core_module(
        &mut self,
        frame: usize,
        index: usize,
        args: &HashMap<&str, CoreExports<'a>>,
        offset: usize,
    ) -> Result<CoreExports<'a>> {
        let module = &self.modules[index];
        self.unfolded.module(module, self.limits)?;
        let id = self.instances.next_key();
        let mut instance = CoreInstance {
            module: ModuleId::from_u32((self.first_module + index) as u32),
            component: self.frames[frame].component,
            funcs: Vec::with_capacity(module.func_sigs.len()),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
        };
        for import in &module.imports {
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
            funcs: &mut self.funcs,
            tables: &mut self.tables,
            memories: &mut self.memories,
            globals: &mut self.globals,
        };
        entities.define(module, id, &mut instance);
        let exports = module
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
        self.instances.push(instance);
        Ok(Rc::new(exports))
    }

    fn options(
        &self,
        frame: usize,
        list: &[CanonicalOption],
        offset: usize,
    ) -> Result<(Options, Option<FuncId>)> {
        let spaces = &self.frames[frame];
        let mut options = Options {
            component: spaces.component,
            memory: None,
            realloc: None,
            encoding: StringEncoding::Utf8,
        };
        let mut post_return = None;
        for option in list {
            match option {
                CanonicalOption::UTF8 => options.encoding = StringEncoding::Utf8,
                CanonicalOption::UTF16 => options.encoding = StringEncoding::Utf16,
                CanonicalOption::CompactUTF16 => options.encoding = StringEncoding::CompactUtf16,
                CanonicalOption::Memory(index) => {
                    options.memory = Some(spaces.core_memories[*index as usize]);
                }
                CanonicalOption::Realloc(index) => {
                    options.realloc = Some(spaces.core_funcs[*index as usize]);
                }
                CanonicalOption::PostReturn(index) => {
                    post_return = Some(spaces.core_funcs[*index as usize]);
                }
                CanonicalOption::Async | CanonicalOption::Callback(_) => {
                    return Err(self.unsupported(
                        frame,
                        offset,
                        "asynchronous functions (`async`)",
                    ));
                }
                CanonicalOption::CoreType(_) | CanonicalOption::Gc => {
                    return Err(self.unsupported(frame, offset, "the canonical ABI for gc"));
                }
            }
        }
        Ok((options, post_return))
    }

    fn canon(&mut self, frame: usize, canon: &CanonicalFunction, offset: usize) -> Result<()> {
        match canon {
            CanonicalFunction::Lift {
                core_func_index,
                type_index,
                options,
            } => {
                let (options, post_return) = self.options(frame, options, offset)?;
                let callee = self.frames[frame].core_funcs[*core_func_index as usize];
                let ty = self.func_type(frame, *type_index, offset)?;
                let lifted = Lifted {
                    callee,
                    options,
                    post_return,
                    ty: (*ty).clone(),
                    seen: (*ty).clone(),
                };
                self.frames[frame]
                    .funcs
                    .push(FuncValue::Lifted(Rc::new(lifted)));
            }
            CanonicalFunction::Lower {
                func_index,
                options,
            } => {
                let (lower, _) = self.options(frame, options, offset)?;
                let func = self.frames[frame].funcs[*func_index as usize].clone();
                let (ty, kind) = match func {
                    FuncValue::Lifted(lifted) => {
                        let name = self.call_name(&lifted);
                        let adapter = lifted.adapter(lower, name);
                        (lifted.seen.clone(), FuncKind::Adapter(Box::new(adapter)))
                    }
                    FuncValue::Host(host) => {
                        let call = HostCall {
                            lower,
                            ty: host.ty.clone(),
                            symbol: host.symbol.clone(),
                        };
                        (host.ty.clone(), FuncKind::Host(Box::new(call)))
                    }
                    FuncValue::Unserved(import) => {
                        let call = UnservedCall {
                            component: lower.component,
                            name: import.name.clone(),
                        };
                        (import.ty.clone(), FuncKind::Unserved(Box::new(call)))
                    }
                };
                let sig = self
                    .signatures
                    .intern(abi::lowered_signature(&self.types, &ty));
                self.core_func(frame, sig, kind)?;
            }
            CanonicalFunction::ResourceNew { resource } => {
                let resource = self.resource(frame, *resource, offset)?;
                let component = self.frames[frame].component;
                let sig = self.i32_signature(1, 1);
                self.core_func(
                    frame,
                    sig,
                    FuncKind::ResourceNew {
                        component,
                        resource,
                    },
                )?;
            }
            CanonicalFunction::ResourceRep { resource } => {
                let resource = self.resource(frame, *resource, offset)?;
                let component = self.frames[frame].component;
                let sig = self.i32_signature(1, 1);
                self.core_func(
                    frame,
                    sig,
                    FuncKind::ResourceRep {
                        component,
                        resource,
                    },
                )?;
            }
            CanonicalFunction::ResourceDrop { resource } => {
                let resource = self.resource(frame, *resource, offset)?;
                let component = self.frames[frame].component;
                let sig = self.i32_signature(1, 0);
                self.core_func(
                    frame,
                    sig,
                    FuncKind::ResourceDrop {
                        component,
                        resource,
                    },
                )?;
            }
            other => return Err(self.unsupported(frame, offset, builtins::feature(other))),
        }
        Ok(())
    }

    pub(super) fn core_func_at(&self, frame: usize, index: u32) -> FuncId {
        self.frames[frame].core_funcs[index as usize]
    }

    fn core_func(&mut self, frame: usize, sig: SigId, kind: FuncKind) -> Result<()> {
        self.unfolded.function(self.limits)?;
        let id = self.funcs.push(Func { sig, kind });
        self.frames[frame].core_funcs.push(id);
        Ok(())
    }

    fn i32_signature(&mut self, params: usize, results: usize) -> SigId {
        self.signatures.intern(Signature {
            params: vec![ValType::I32; params],
            results: vec![ValType::I32; results],
        })
    }

    /// A function's name for messages: what the callee's name section calls it.
    fn call_name(&self, lifted: &Lifted) -> String {
        let FuncKind::Wasm { instance, index } = self.funcs[lifted.callee].kind else {
            return format!("{}#lifted", self.components[lifted.options.component].path);
        };
        let module = self.instances[instance].module.as_u32() as usize - self.first_module;
        let module = &self.modules[module];
        let name = module.func_names.get(&index).map_or_else(
            || {
                let mut names = module
                    .exports
                    .iter()
                    .filter(|(_, export)| export.kind == ExternKind::Func && export.index == index);
                names
                    .next()
                    .map_or_else(|| format!("func[{index}]"), |(name, _)| (*name).to_owned())
            },
            |name| (*name).to_owned(),
        );
        format!("{}#{name}", self.components[lifted.options.component].path)
    }
}
