//! Type definitions, evaluated: indexes become interned value types and resource ids.

use super::instantiate::{Builder, TypeValue};
use crate::error::{Error, Place, Result};
use crate::program::{FuncId, Resource, ResourceId};
use crate::types::{FuncType, Type, TypeId};
use std::rc::Rc;
use wasmparser::{
    ComponentDefinedType, ComponentFuncType, ComponentType, ComponentValType, PrimitiveValType,
};

impl<'b, 'a> Builder<'b, 'a> {
    /// Evaluates a type definition in `frame`.
    pub(super) fn define_type(
        &mut self,
        frame: usize,
        ty: &'b ComponentType<'a>,
        offset: usize,
    ) -> Result<TypeValue<'b, 'a>> {
        Ok(match ty {
            ComponentType::Defined(ty) => match self.defined_type(frame, ty, offset)? {
                Ok(ty) => TypeValue::Value(self.program.types.intern(ty)),
                Err(feature) => TypeValue::Unsupported(feature),
            },
            ComponentType::Func(ty) => match self.define_func_type(frame, ty, offset)? {
                Ok(ty) => TypeValue::Func(Rc::new(ty)),
                Err(feature) => TypeValue::Unsupported(feature),
            },
            ComponentType::Component(_) => TypeValue::Component,
            ComponentType::Instance(declarations) => TypeValue::Instance {
                declarations,
                frame,
            },
            ComponentType::Resource { rep, .. } if *rep != wasmparser::ValType::I32 => {
                TypeValue::Unsupported(format!("resources represented by {rep} (memory64)").into())
            }
            ComponentType::Resource { dtor, .. } => {
                let destructor: Option<FuncId> = dtor.map(|index| self.core_func_at(frame, index));
                let component = self.frames[frame].component;
                let name = format!("resource{}", self.program.resources.len());
                TypeValue::Resource(self.program.resources.push(Resource::Guest {
                    component,
                    destructor,
                    name,
                }))
            }
        })
    }

    fn define_func_type(
        &mut self,
        frame: usize,
        ty: &ComponentFuncType<'a>,
        offset: usize,
    ) -> Result<Result<FuncType, Rc<str>>> {
        if ty.async_ {
            return Ok(Err("asynchronous functions (`async func`)".into()));
        }
        let mut params = Vec::new();
        for (name, ty) in &ty.params {
            match self.value_type(frame, *ty, offset)? {
                Ok(ty) => params.push(((*name).to_owned(), ty)),
                Err(feature) => return Ok(Err(feature)),
            }
        }
        let result = match ty.result {
            None => None,
            Some(ty) => match self.value_type(frame, ty, offset)? {
                Ok(ty) => Some(ty),
                Err(feature) => return Ok(Err(feature)),
            },
        };
        Ok(Ok(FuncType { params, result }))
    }

    fn value_type(
        &mut self,
        frame: usize,
        ty: ComponentValType,
        offset: usize,
    ) -> Result<Result<TypeId, Rc<str>>> {
        Ok(match ty {
            ComponentValType::Primitive(ty) => {
                primitive(ty).map(|ty| self.program.types.intern(ty))
            }
            ComponentValType::Type(index) => match &self.frames[frame].types[index as usize] {
                TypeValue::Value(ty) => Ok(*ty),
                TypeValue::Unsupported(feature) => Err(feature.clone()),
                _ => {
                    return Err(Error::Malformed {
                        message: format!("type {index} isn't a value type"),
                        place: Place::at(offset),
                    });
                }
            },
        })
    }

    /// The outer result is for malformed input, the inner for types that aren't compiled.
    fn defined_type(
        &mut self,
        frame: usize,
        ty: &ComponentDefinedType<'a>,
        offset: usize,
    ) -> Result<Result<Type, Rc<str>>> {
        macro_rules! value {
            ($ty:expr) => {
                match self.value_type(frame, $ty, offset)? {
                    Ok(ty) => ty,
                    Err(feature) => return Ok(Err(feature)),
                }
            };
        }
        macro_rules! optional {
            ($ty:expr) => {
                match $ty {
                    Some(ty) => Some(value!(ty)),
                    None => None,
                }
            };
        }
        Ok(Ok(match ty {
            ComponentDefinedType::Primitive(ty) => return Ok(primitive(*ty)),
            ComponentDefinedType::Record(fields) => {
                let mut list = Vec::with_capacity(fields.len());
                for (name, ty) in fields {
                    list.push(((*name).to_owned(), value!(*ty)));
                }
                Type::Record(list)
            }
            ComponentDefinedType::Variant(cases) => {
                let mut list = Vec::with_capacity(cases.len());
                for case in cases {
                    list.push((case.name.to_owned(), optional!(case.ty)));
                }
                Type::Variant(list)
            }
            ComponentDefinedType::List(ty) => Type::List(value!(*ty)),
            ComponentDefinedType::Tuple(types) => {
                let mut list = Vec::with_capacity(types.len());
                for ty in types {
                    list.push(value!(*ty));
                }
                Type::Tuple(list)
            }
            ComponentDefinedType::Flags(names) => Type::Flags(owned(names)),
            ComponentDefinedType::Enum(names) => Type::Enum(owned(names)),
            ComponentDefinedType::Option(ty) => Type::Option(value!(*ty)),
            ComponentDefinedType::Result { ok, err } => Type::Result {
                ok: optional!(*ok),
                err: optional!(*err),
            },
            ComponentDefinedType::Own(index) => Type::Own(self.resource(frame, *index, offset)?),
            ComponentDefinedType::Borrow(index) => {
                Type::Borrow(self.resource(frame, *index, offset)?)
            }
            ComponentDefinedType::Map(..) => return Ok(Err("the value type `map`".into())),
            ComponentDefinedType::FixedLengthList(..) => {
                return Ok(Err("the value type `list<_, N>` (fixed length)".into()));
            }
            ComponentDefinedType::Future(_) => return Ok(Err("the value type `future`".into())),
            ComponentDefinedType::Stream(_) => return Ok(Err("the value type `stream`".into())),
        }))
    }

    /// The resource type at an index.
    pub(super) fn resource(&self, frame: usize, index: u32, offset: usize) -> Result<ResourceId> {
        match &self.frames[frame].types[index as usize] {
            TypeValue::Resource(id) => Ok(*id),
            TypeValue::Unsupported(feature) => Err(self.unsupported(frame, offset, &**feature)),
            _ => Err(Error::Malformed {
                message: format!("type {index} isn't a resource type"),
                place: Place::at(offset),
            }),
        }
    }

    /// The function type at an index.
    pub(super) fn func_type(
        &self,
        frame: usize,
        index: u32,
        offset: usize,
    ) -> Result<Rc<FuncType>> {
        match &self.frames[frame].types[index as usize] {
            TypeValue::Func(ty) => Ok(ty.clone()),
            TypeValue::Unsupported(feature) => Err(self.unsupported(frame, offset, &**feature)),
            _ => Err(Error::Malformed {
                message: format!("type {index} isn't a function type"),
                place: Place::at(offset),
            }),
        }
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn primitive(ty: PrimitiveValType) -> Result<Type, Rc<str>> {
    Ok(match ty {
        PrimitiveValType::Bool => Type::Bool,
        PrimitiveValType::S8 => Type::S8,
        PrimitiveValType::U8 => Type::U8,
        PrimitiveValType::S16 => Type::S16,
        PrimitiveValType::U16 => Type::U16,
        PrimitiveValType::S32 => Type::S32,
        PrimitiveValType::U32 => Type::U32,
        PrimitiveValType::S64 => Type::S64,
        PrimitiveValType::U64 => Type::U64,
        PrimitiveValType::F32 => Type::F32,
        PrimitiveValType::F64 => Type::F64,
        PrimitiveValType::Char => Type::Char,
        PrimitiveValType::String => Type::String,
        PrimitiveValType::ErrorContext => return Err("the value type `error-context`".into()),
    })
}
