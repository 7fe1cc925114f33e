//! Index spaces: what comes into them by imports and aliases, and how it is found there.

use super::{Builder, CoreItem, Item, TypeValue};
use crate::error::{Error, Place, Result};
use crate::graph::{UnknownImports, host};
use std::rc::Rc;
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind, ComponentTypeRef, TypeBounds,
};

impl<'b, 'a> Builder<'b, 'a> {
    /// The item at an index of a frame's index spaces.
    pub(in crate::graph) fn item(
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

    pub(in crate::graph) fn push(&mut self, frame: usize, item: Item<'b, 'a>) {
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
    pub(super) fn host_import(
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

    pub(in crate::graph) fn alias(
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
}
