//! The component model's value types, interned, with resources already resolved.
//!
//! Source: the component model's `design/mvp/Explainer.md` (types) and `CanonicalABI.md`
//! (despecialisation). Layout (sizes, alignments, flattening) is in `abi.rs`; it is computed once,
//! when a type is interned, because types share their parts: walking one as a tree can take as
//! long as validation lets it be large.

use crate::abi::{self, Abi};
use crate::program::ResourceId;
use indexmap::IndexSet;

/// An interned value type. Equal structures have equal ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(u32);

/// A value type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
    String,
    List(TypeId),
    /// Field names and types, in order.
    Record(Vec<(String, TypeId)>),
    Tuple(Vec<TypeId>),
    /// Case names and payloads, in order.
    Variant(Vec<(String, Option<TypeId>)>),
    Enum(Vec<String>),
    Flags(Vec<String>),
    Option(TypeId),
    Result {
        ok: Option<TypeId>,
        err: Option<TypeId>,
    },
    Own(ResourceId),
    Borrow(ResourceId),
}

/// A component function's type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FuncType {
    /// Parameter names and types, in order.
    pub params: Vec<(String, TypeId)>,
    pub result: Option<TypeId>,
}

/// The interner.
#[derive(Debug, Default, Clone)]
pub struct Types {
    types: IndexSet<Type>,
    /// By index of the type.
    abi: Vec<Abi>,
}

impl Types {
    /// The id of `ty`.
    pub fn intern(&mut self, ty: Type) -> TypeId {
        let (index, new) = self.types.insert_full(ty);
        if new {
            let abi = abi::describe(self, &self.types[index]);
            self.abi.push(abi);
        }
        TypeId(index as u32)
    }

    /// How values of the type are laid out.
    pub fn abi(&self, id: TypeId) -> &Abi {
        &self.abi[id.0 as usize]
    }
}

impl std::ops::Index<TypeId> for Types {
    type Output = Type;
    fn index(&self, id: TypeId) -> &Type {
        &self.types[id.0 as usize]
    }
}
