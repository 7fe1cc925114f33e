//! Instantiation, run at compile time.
//!
//! A [`Frame`] is a component instance in the making: its index spaces hold values of [`Item`].
//! Frames live in an arena, because a nested component is a closure over the frame that defines it
//! (outer aliases); a frame only grows, so the indexes that a closure uses stay good.

mod canon;
mod core;
mod outside;
mod spaces;

use super::ast::{self, Component as Definition, Def};
use super::limits::{Limits, Unfolded};
use super::script::Arena;
use super::views::Views;
use super::{UnknownImports, host};
use crate::error::{Error, Place, Result};
use crate::invoke::caller::{Caller, Told};
use crate::invoke::types::Unreadable;
use crate::invoke::{Returned, wave};
use crate::program::*;
use crate::types::FuncType;
use cranelift_entity::{EntityRef, PrimaryMap};
use indexmap::IndexMap;
use std::collections::HashMap;
use std::rc::Rc;
use wasmparser::{ComponentInstance, Instance as CoreInstanceDef, InstanceTypeDeclaration};

/// A value of a component's index spaces.
#[derive(Clone)]
pub(super) enum Item<'b, 'a> {
    Module(ModuleId),
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
    modules: Vec<ModuleId>,
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

/// The program so far, and what its making needs to know beyond it.
pub(super) struct Builder<'b, 'a> {
    limits: Limits,
    pub(super) unfolded: Unfolded,
    pub(super) unknown_imports: UnknownImports,
    pub(super) program: Program<'a>,
    pub(super) frames: Vec<Frame<'b, 'a>>,
    pub(super) host_resources: HashMap<u32, ResourceId>,
    pub(super) views: Views,
}

/// How far a program was, to go back to where instantiating something fails.
pub(super) struct Mark {
    components: usize,
    instances: usize,
    funcs: usize,
    memories: usize,
    tables: usize,
    globals: usize,
    resources: usize,
}

impl Mark {
    pub(super) fn new(program: &Program<'_>) -> Mark {
        Mark {
            components: program.components.len(),
            instances: program.instances.len(),
            funcs: program.funcs.len(),
            memories: program.memories.len(),
            tables: program.tables.len(),
            globals: program.globals.len(),
            resources: program.resources.len(),
        }
    }

    /// Takes away what has been added since. Value types and signatures remain: they do nothing by themselves.
    pub(super) fn restore(self, builder: &mut Builder<'_, '_>) {
        fn cut<K: EntityRef, V>(map: &mut PrimaryMap<K, V>, len: usize) {
            let all = std::mem::take(map);
            *map = all.into_iter().take(len).map(|(_, value)| value).collect();
        }
        let program = &mut builder.program;
        cut(&mut program.components, self.components);
        cut(&mut program.instances, self.instances);
        cut(&mut program.funcs, self.funcs);
        cut(&mut program.memories, self.memories);
        cut(&mut program.tables, self.tables);
        cut(&mut program.globals, self.globals);
        cut(&mut program.resources, self.resources);
        let resources = self.resources;
        let host = &mut builder.host_resources;
        host.retain(|_, id| id.index() < resources);
        builder.views.forget(self.components);
    }
}

/// Component instances may nest this deep; definitions do so no deeper, but arguments could.
const MAX_DEPTH: usize = 1000;

/// The program of a component that is a command.
pub(super) fn command<'a>(
    bytes: &'a [u8],
    limits: &Limits,
    unknown_imports: UnknownImports,
) -> Result<Program<'a>> {
    let mut program = Program::empty(Entry::Script(Vec::new()));
    let root = ast::parse(bytes, &mut program)?;
    let mut builder = Builder::new(program, limits, unknown_imports);
    let (_, exports) = builder.root(&root)?;
    builder.program.entry = Entry::Command(entry(&exports, &builder.program)?);
    Ok(builder.program)
}

/// The program that calls what a component exports, once: as `text` says, in WAVE. The result goes to `descriptor`, by the
/// shim.
pub(super) fn call<'a>(
    bytes: &'a [u8],
    limits: &Limits,
    unknown_imports: UnknownImports,
    arena: &'a Arena<'a>,
    (text, descriptor): (&str, i32),
) -> Result<(Program<'a>, Returned)> {
    let mut program = Program::empty(Entry::Script(Vec::new()));
    let root = arena.define(ast::parse(bytes, &mut program)?);
    let mut builder = Builder::new(program, limits, unknown_imports);
    let (_, exports) = builder.root(root)?;
    let call = wave::Call::parse(text)?;
    let name = outside::resolve(&exports, call.name())?;
    let function = builder.callable(&exports, &name, Unreadable::Refused)?;
    let args = call.arguments(&function.ty)?;
    let mut caller = Caller::new(&mut builder.program);
    let told = Told {
        callee: caller.report(&mut builder.program),
        descriptor,
    };
    let (callee, returned) = builder.call(&mut caller, &function, &args, Some(told))?;
    let mut program = builder.program;
    caller.finish(&mut program, |bytes| arena.keep(bytes))?;
    program.entry = Entry::Command(Command {
        callee,
        post_return: None,
        component: function.component(),
    });
    Ok((program, returned))
}

/// What the operating system starts of what a root exports.
fn entry(exports: &Exports<'_, '_>, program: &Program<'_>) -> Result<Command> {
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
    let sig = &program.signatures[program.funcs[run.callee].sig];
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
    /// Goes on from `program`.
    pub(super) fn new(
        program: Program<'a>,
        limits: &Limits,
        unknown_imports: UnknownImports,
    ) -> Builder<'b, 'a> {
        Builder {
            limits: *limits,
            unfolded: Unfolded::default(),
            unknown_imports,
            program,
            frames: Vec::new(),
            host_resources: HashMap::new(),
            views: Views::default(),
        }
    }

    /// Counts an instance of a module.
    pub(super) fn count(&mut self, module: ModuleId) -> Result<()> {
        let module = &self.program.modules[module];
        self.unfolded.module(module, &self.limits)
    }

    /// Instantiates a component that nobody has instantiated: its imports are the host's. Returns the instance, and
    /// what it exports.
    pub(super) fn root(
        &mut self,
        definition: &'b Definition<'a>,
    ) -> Result<(ComponentId, Exports<'b, 'a>)> {
        let closure = Closure {
            definition,
            frame: usize::MAX,
        };
        let id = self.program.components.next_key();
        let exports = self.component(closure, None, String::new(), 0, 0)?;
        Ok((id, exports))
    }

    fn path(&self, frame: usize) -> String {
        self.program.components[self.frames[frame].component]
            .path
            .clone()
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
        self.unfolded.component(&self.limits)?;
        if depth > MAX_DEPTH {
            return Err(Error::limit(
                "levels of component instances",
                MAX_DEPTH as u64,
            ));
        }
        let (parent, args) = match args {
            Some((parent, args)) => (Some(parent), Some(args)),
            None => (None, None),
        };
        let path = match parent {
            None => "/".to_owned(),
            Some(parent) => match self.program.components[parent].path.as_str() {
                "/" => name.clone(),
                path => format!("{path}/{name}"),
            },
        };
        self.unfolded.path(&path, &self.limits)?;
        let component = self.program.components.push(Component {
            parent,
            name,
            path,
            offset,
        });
        self.program.definitions[component] = closure.definition.bytes;
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
            )
            .map_err(|error| error.in_component(|| self.path(frame)))?;
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
        self.unfolded.definition(items, &self.limits)?;
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
            Def::Start => {
                return Err(self.unsupported(frame, offset, "component start functions"));
            }
            Def::Export(export) => {
                let item = self.item(frame, export.kind, export.index, offset)?;
                exports.insert(export.name.name.to_owned(), item.clone());
                self.push(frame, item);
            }
        }
        Ok(())
    }
}
