//! Types of values: the program's own interned ones as wasm-wave's, and some of them by themselves.
//!
//! Types share their parts, so each is visited once.

use crate::types::{FuncType, Type, TypeId, Types};
use std::collections::HashMap;
use wasm_wave::value;

/// Why a type's values can't come from outside or go there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoValue {
    /// It holds handles, which mean something to a component instance alone.
    Resource,
    /// wasm-wave has no such type.
    Kind,
}

impl NoValue {
    pub(crate) fn reason(self) -> &'static str {
        match self {
            NoValue::Resource => {
                "holds resources, whose handles only a component instance can have"
            }
            NoValue::Kind => "has no text form",
        }
    }
}

/// The type as wasm-wave's.
pub(crate) fn wave(types: &Types, id: TypeId) -> Result<value::Type, NoValue> {
    Waves {
        types,
        known: HashMap::new(),
    }
    .of(id)
}

/// What becomes of a result that no value stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// The function can't be called.
    Refused,
    /// Nobody sees it.
    Left,
}

/// The function's type as wasm-wave's; the error names the part that is none.
pub(crate) fn wave_func(
    types: &Types,
    ty: &FuncType,
    unreadable: Unreadable,
) -> Result<value::FuncType, (String, NoValue)> {
    let mut waves = Waves {
        types,
        known: HashMap::new(),
    };
    let mut params = Vec::with_capacity(ty.params.len());
    for (name, ty) in &ty.params {
        let wave = waves
            .of(*ty)
            .map_err(|why| (format!("parameter `{name}`"), why))?;
        params.push((name.clone(), wave));
    }
    let mut results = Vec::new();
    if let Some(result) = ty.result {
        match waves.of(result) {
            Ok(wave) => results.push((String::new(), wave)),
            Err(_) if unreadable == Unreadable::Left => {}
            Err(why) => return Err(("its result".to_owned(), why)),
        }
    }
    value::FuncType::new(params, results).map_err(|_| ("its type".to_owned(), NoValue::Kind))
}

struct Waves<'t> {
    types: &'t Types,
    known: HashMap<TypeId, value::Type>,
}

impl Waves<'_> {
    fn of(&mut self, id: TypeId) -> Result<value::Type, NoValue> {
        if let Some(known) = self.known.get(&id) {
            return Ok(known.clone());
        }
        let types = self.types;
        let made = match &types[id] {
            Type::Bool => Some(value::Type::BOOL),
            Type::S8 => Some(value::Type::S8),
            Type::U8 => Some(value::Type::U8),
            Type::S16 => Some(value::Type::S16),
            Type::U16 => Some(value::Type::U16),
            Type::S32 => Some(value::Type::S32),
            Type::U32 => Some(value::Type::U32),
            Type::S64 => Some(value::Type::S64),
            Type::U64 => Some(value::Type::U64),
            Type::F32 => Some(value::Type::F32),
            Type::F64 => Some(value::Type::F64),
            Type::Char => Some(value::Type::CHAR),
            Type::String => Some(value::Type::STRING),
            Type::List(element) => Some(value::Type::list(self.of(*element)?)),
            Type::Option(some) => Some(value::Type::option(self.of(*some)?)),
            Type::Result { ok, err } => {
                let (ok, err) = (self.optional(*ok)?, self.optional(*err)?);
                Some(value::Type::result(ok, err))
            }
            Type::Record(fields) => {
                let mut all = Vec::with_capacity(fields.len());
                for (name, ty) in fields {
                    all.push((name.as_str(), self.of(*ty)?));
                }
                value::Type::record(all)
            }
            Type::Tuple(parts) => {
                let mut all = Vec::with_capacity(parts.len());
                for ty in parts {
                    all.push(self.of(*ty)?);
                }
                value::Type::tuple(all)
            }
            Type::Variant(cases) => {
                let mut all = Vec::with_capacity(cases.len());
                for (name, ty) in cases {
                    all.push((name.as_str(), self.optional(*ty)?));
                }
                value::Type::variant(all)
            }
            Type::Enum(cases) => value::Type::enum_ty(cases.iter().map(String::as_str)),
            Type::Flags(labels) => value::Type::flags(labels.iter().map(String::as_str)),
            Type::Own(_) | Type::Borrow(_) => return Err(NoValue::Resource),
        };
        let made = made.ok_or(NoValue::Kind)?;
        self.known.insert(id, made.clone());
        Ok(made)
    }

    fn optional(&mut self, id: Option<TypeId>) -> Result<Option<value::Type>, NoValue> {
        id.map(|id| self.of(id)).transpose()
    }
}

/// Interns a type and all that it consists of in `to` as well.
pub(crate) fn copy(from: &Types, id: TypeId, to: &mut Types) -> TypeId {
    Copying {
        from,
        to,
        known: HashMap::new(),
    }
    .of(id)
}

struct Copying<'t> {
    from: &'t Types,
    to: &'t mut Types,
    known: HashMap<TypeId, TypeId>,
}

impl Copying<'_> {
    fn of(&mut self, id: TypeId) -> TypeId {
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        let mut ty = self.from[id].clone();
        match &mut ty {
            Type::List(part) | Type::Option(part) => *part = self.of(*part),
            Type::Record(fields) => fields.iter_mut().for_each(|(_, ty)| *ty = self.of(*ty)),
            Type::Tuple(parts) => parts.iter_mut().for_each(|ty| *ty = self.of(*ty)),
            Type::Variant(cases) => cases
                .iter_mut()
                .filter_map(|(_, ty)| ty.as_mut())
                .for_each(|ty| *ty = self.of(*ty)),
            Type::Result { ok, err } => ok.iter_mut().chain(err).for_each(|ty| *ty = self.of(*ty)),
            _ => {}
        }
        let copy = self.to.intern(ty);
        self.known.insert(id, copy);
        copy
    }
}
