//! Resource types as each component instance may know them.
//!
//! # The problem
//!
//! A component that imports two resource types, `(sub resource)` both, has to take them for two, and "this type
//! substitution performed by the parent is not visible to the child at validation- or run-time"
//! (Explainer.md, type checking): even if its parent gave it one type for both, a handle of the one
//! traps where one of the other is due. A handle's type at run time is a number in the instance's table, and
//! everything here is evaluated with the parent's substitution, so one type would get one number.
//!
//! # The invariant
//!
//! **In one component instance, each resource type that it introduces has its own [`ResourceId`].** The first
//! that stands for a type is the parent's id of it; from the second on it is a [`Resource::View`] of that.
//! Functions that such an instance imports have, on its side, the types that it declares
//! (`Lifted::seen`); what it exports goes back to its parent with its views replaced by what they
//! are views of. So views of a child's are never met in a parent's types, and nothing at all happens in the usual
//! case, that no type comes twice.
//!
//! The host's resource types have the shim's numbers and no views: who imports one of them under two names
//! (two versions of an interface) may use a handle for the other.

use super::instantiate::{Builder, Exports, Frame, FuncValue, Item, TypeValue};
use crate::error::{Error, Place, Result};
use crate::program::{ComponentId, Resource, ResourceId};
use crate::types::{FuncType, Type, TypeId};
use cranelift_entity::EntityRef;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use wasmparser::{ComponentTypeRef, InstanceTypeDeclaration, TypeBounds};

/// What the component instances know.
#[derive(Default)]
pub(super) struct Views {
    /// The types that an instance has a name for.
    known: HashSet<(ComponentId, ResourceId)>,
    /// The views made for an instance, and what they are views of.
    made: HashMap<ComponentId, HashMap<ResourceId, ResourceId>>,
}

impl Views {
    /// Forgets the component instances from the `first`th on.
    pub(super) fn forget(&mut self, first: usize) {
        self.known
            .retain(|(component, _)| component.index() < first);
        self.made.retain(|component, _| component.index() < first);
    }
}

impl<'b, 'a> Builder<'b, 'a> {
    /// An argument, as the instance of `frame` may know it, that imports it at the type `ty`.
    pub(super) fn import(
        &mut self,
        frame: usize,
        item: Item<'b, 'a>,
        ty: ComponentTypeRef,
        offset: usize,
    ) -> Result<Item<'b, 'a>> {
        let component = self.frames[frame].component;
        let mut introduced = Vec::new();
        self.introduced(frame, &item, ty, &mut introduced);
        let known = &self.views.known;
        let fresh: HashSet<ResourceId> = introduced.iter().copied().collect();
        let again = fresh.len() < introduced.len()
            || fresh.iter().any(|id| known.contains(&(component, *id)));
        if again || self.views.made.contains_key(&component) {
            return self.seen(frame, item, ty, offset);
        }
        let known = introduced.into_iter().map(|id| (component, id));
        self.views.known.extend(known);
        Ok(item)
    }

    /// The resource types that an import introduces, without evaluating anything.
    fn introduced(
        &self,
        frame: usize,
        item: &Item<'b, 'a>,
        ty: ComponentTypeRef,
        found: &mut Vec<ResourceId>,
    ) {
        match (ty, item) {
            (
                ComponentTypeRef::Type(TypeBounds::SubResource),
                Item::Type(TypeValue::Resource(id)),
            ) => found.push(*id),
            (ComponentTypeRef::Instance(index), Item::Instance(exports)) => {
                if let Some(TypeValue::Instance { declarations, .. }) =
                    self.frames[frame].types.get(index as usize)
                {
                    self.introduced_by(declarations, exports, found);
                }
            }
            _ => {}
        }
    }

    fn introduced_by(
        &self,
        declarations: &[InstanceTypeDeclaration<'a>],
        exports: &Exports<'b, 'a>,
        found: &mut Vec<ResourceId>,
    ) {
        let mut types = Vec::new();
        for declaration in declarations {
            match declaration {
                InstanceTypeDeclaration::Type(ty) => types.push(Some(ty)),
                InstanceTypeDeclaration::Alias(alias) => {
                    if is_type(alias) {
                        types.push(None);
                    }
                }
                InstanceTypeDeclaration::CoreType(_) => {}
                InstanceTypeDeclaration::Export { name, ty } => {
                    let item = exports.get(name.name);
                    match (ty, item) {
                        (
                            ComponentTypeRef::Type(TypeBounds::SubResource),
                            Some(Item::Type(TypeValue::Resource(id))),
                        ) => found.push(*id),
                        (ComponentTypeRef::Instance(index), Some(Item::Instance(exports))) => {
                            if let Some(Some(wasmparser::ComponentType::Instance(declarations))) =
                                types.get(*index as usize)
                            {
                                self.introduced_by(declarations, exports, found);
                            }
                        }
                        _ => {}
                    }
                    if matches!(ty, ComponentTypeRef::Type(_)) {
                        types.push(None);
                    }
                }
            }
        }
    }

    /// The item with the types that are declared in `frame`.
    fn seen(
        &mut self,
        frame: usize,
        item: Item<'b, 'a>,
        ty: ComponentTypeRef,
        offset: usize,
    ) -> Result<Item<'b, 'a>> {
        Ok(match (ty, item) {
            (
                ComponentTypeRef::Type(TypeBounds::SubResource),
                Item::Type(TypeValue::Resource(id)),
            ) => Item::Type(TypeValue::Resource(self.view(frame, id))),
            (ComponentTypeRef::Type(TypeBounds::Eq(index)), _) => {
                Item::Type(self.frames[frame].types[index as usize].clone())
            }
            (ComponentTypeRef::Func(index), Item::Func(FuncValue::Lifted(lifted))) => {
                let seen = (*self.func_type(frame, index, offset)?).clone();
                Item::Func(FuncValue::Lifted(Rc::new(lifted.seen_as(seen))))
            }
            (ComponentTypeRef::Instance(index), Item::Instance(exports)) => {
                let declared = self.frames[frame].types[index as usize].clone();
                match declared {
                    TypeValue::Instance {
                        declarations,
                        frame: outer,
                    } => {
                        let component = self.frames[frame].component;
                        let inner = self.frames.len();
                        self.frames.push(Frame::new(Some(outer), component));
                        Item::Instance(Rc::new(self.seen_instance(
                            inner,
                            declarations,
                            &exports,
                            offset,
                        )?))
                    }
                    // A type that came with another import: as the exporter knows it.
                    _ => Item::Instance(exports),
                }
            }
            (_, item) => item,
        })
    }

    fn seen_instance(
        &mut self,
        frame: usize,
        declarations: &'b [InstanceTypeDeclaration<'a>],
        exports: &Exports<'b, 'a>,
        offset: usize,
    ) -> Result<Exports<'b, 'a>> {
        self.declared(frame, declarations, offset, |builder, name, ty| {
            let item = exports.get(name).cloned().ok_or_else(|| Error::Malformed {
                message: format!("the instance has no export `{name}`"),
                place: Place::at(offset),
            })?;
            builder.seen(frame, item, ty, offset)
        })
    }

    /// The instance's next name for a resource type.
    fn view(&mut self, frame: usize, id: ResourceId) -> ResourceId {
        let component = self.frames[frame].component;
        let first = self.views.known.insert((component, id));
        if first || !self.has_views(id) {
            return id;
        }
        let view = self.program.resources.push(Resource::View { of: id });
        self.views
            .made
            .entry(component)
            .or_default()
            .insert(view, id);
        view
    }

    fn has_views(&self, id: ResourceId) -> bool {
        match &self.program.resources[id] {
            Resource::Guest { .. } => true,
            Resource::View { of } => self.has_views(*of),
            Resource::Host { .. } | Resource::Unserved { .. } => false,
        }
    }

    /// What an instance exports, as its parent knows it.
    pub(super) fn exported(
        &mut self,
        component: ComponentId,
        exports: Exports<'b, 'a>,
    ) -> Exports<'b, 'a> {
        let Some(views) = self.views.made.get(&component) else {
            return exports;
        };
        let mut outside = Outside {
            views: views.clone(),
            types: HashMap::new(),
        };
        self.outside_exports(&mut outside, &exports)
    }

    fn outside_exports(
        &mut self,
        outside: &mut Outside,
        exports: &Exports<'b, 'a>,
    ) -> Exports<'b, 'a> {
        exports
            .iter()
            .map(|(name, item)| (name.clone(), self.outside(outside, item)))
            .collect()
    }

    fn outside(&mut self, outside: &mut Outside, item: &Item<'b, 'a>) -> Item<'b, 'a> {
        match item {
            Item::Type(TypeValue::Resource(id)) => {
                Item::Type(TypeValue::Resource(outside.resource(*id)))
            }
            Item::Type(TypeValue::Value(ty)) => {
                Item::Type(TypeValue::Value(self.outside_type(outside, *ty)))
            }
            Item::Type(TypeValue::Func(ty)) => {
                Item::Type(TypeValue::Func(Rc::new(self.outside_func(outside, ty))))
            }
            Item::Func(FuncValue::Lifted(lifted)) => {
                let seen = self.outside_func(outside, &lifted.seen);
                Item::Func(FuncValue::Lifted(Rc::new(lifted.seen_as(seen))))
            }
            Item::Instance(exports) => {
                Item::Instance(Rc::new(self.outside_exports(outside, exports)))
            }
            other => other.clone(),
        }
    }

    fn outside_func(&mut self, outside: &mut Outside, ty: &FuncType) -> FuncType {
        FuncType {
            params: ty
                .params
                .iter()
                .map(|(name, ty)| (name.clone(), self.outside_type(outside, *ty)))
                .collect(),
            result: ty.result.map(|ty| self.outside_type(outside, ty)),
        }
    }

    fn outside_type(&mut self, outside: &mut Outside, id: TypeId) -> TypeId {
        if let Some(known) = outside.types.get(&id) {
            return *known;
        }
        let mut ty = self.program.types[id].clone();
        match &mut ty {
            Type::Own(id) | Type::Borrow(id) => *id = outside.resource(*id),
            Type::List(ty) | Type::Option(ty) => *ty = self.outside_type(outside, *ty),
            Type::Record(fields) => {
                for (_, ty) in fields {
                    *ty = self.outside_type(outside, *ty);
                }
            }
            Type::Tuple(types) => {
                for ty in types {
                    *ty = self.outside_type(outside, *ty);
                }
            }
            Type::Variant(cases) => {
                for ty in cases.iter_mut().filter_map(|(_, ty)| ty.as_mut()) {
                    *ty = self.outside_type(outside, *ty);
                }
            }
            Type::Result { ok, err } => {
                for ty in ok.iter_mut().chain(err) {
                    *ty = self.outside_type(outside, *ty);
                }
            }
            _ => {}
        }
        let ty = self.program.types.intern(ty);
        outside.types.insert(id, ty);
        ty
    }
}

/// The way from an instance's types to its parent's.
struct Outside {
    /// The instance's views, and what they are views of.
    views: HashMap<ResourceId, ResourceId>,
    /// The types that were seen already: they share their parts.
    types: HashMap<TypeId, TypeId>,
}

impl Outside {
    fn resource(&self, id: ResourceId) -> ResourceId {
        self.views.get(&id).copied().unwrap_or(id)
    }
}

/// Whether an alias adds to the index space of types.
fn is_type(alias: &wasmparser::ComponentAlias<'_>) -> bool {
    use wasmparser::{ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind};
    matches!(
        alias,
        ComponentAlias::InstanceExport {
            kind: ComponentExternalKind::Type,
            ..
        } | ComponentAlias::Outer {
            kind: ComponentOuterAliasKind::Type,
            ..
        }
    )
}
