//! The interfaces that nanocc's runtime shim serves: what a component may import.
//!
//! # The problem
//!
//! Three parties have to agree on every host function, byte for byte: the compiler, which resolves
//! a component's imports and checks their types; the shim, which lifts and lowers the values; and
//! WASI, which says what they are. One model serves all three. It is read from WASI's own WIT files
//! (`packages/`) and written down as constants (`table.rs`), from which the shim's binding layer
//! (`runtime-shim/src/bindings.rs`) is generated as well. A test fails when either file differs
//! from what the WIT says; `BLESS=1 cargo test -p nanocc-wit` rewrites both.
//!
//! # The invariant
//!
//! A host function has one symbol ([`symbol`]), one component-level type ([`Function`]) and one core
//! signature ([`Function::core_signature`]); nothing else in nanocc spells any of them out.
//!
//! # Versions
//!
//! Interfaces are matched by the component model's canonical versions: `0.2.6` and `0.2.12` are both
//! of track `0.2`, and an import of any version of a track is served by the one version that we have.
//! The caller still has to check that the imported types are those that we serve: a newer version of
//! the track may have functions that ours hasn't ([`Interface::function`] refuses those).

mod layout;
mod lookup;
mod sources;
#[rustfmt::skip]
mod table;

pub use layout::{CoreSignature, Flat, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, offsets};
pub use lookup::{LookupError, Reason, is_command_entry, lookup, track};
pub use sources::{SOURCES, denied_symbol};

use std::fmt;

/// Everything that the shim serves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Host {
    /// The interfaces; an interface comes after those whose types it uses.
    pub interfaces: &'static [Interface],
    /// The resource types; the index is the [`ResourceNumber`].
    pub resources: &'static [Resource],
}

/// One interface, for example `wasi:io/streams` at version 0.2.12.
#[derive(Debug, Clone, PartialEq)]
pub struct Interface {
    /// The package without a version, `wasi:io`.
    pub package: &'static str,
    /// The interface within its package, `streams`.
    pub name: &'static str,
    /// The version that the WIT files have.
    pub version: semver::Version,
    /// The canonical version that imports are matched by, `0.2`.
    pub track: &'static str,
    /// The types that the interface exports, those that it `use`s included, in WIT's order.
    pub types: &'static [TypeExport],
    /// The functions that the interface exports, in WIT's order.
    pub functions: &'static [Function],
}

/// A type that an interface exports.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TypeExport {
    /// The name that it is exported by.
    pub name: &'static str,
    /// What it is.
    pub definition: Definition,
}

/// What an exported type name stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Definition {
    /// A resource type: of this interface, or `use`d from another.
    Resource(ResourceNumber),
    /// A value type, with aliases resolved.
    Value(Type),
}

/// A resource type of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource {
    /// The interface that defines it, without a version: `wasi:io/streams`.
    pub interface: &'static str,
    /// Its name, `output-stream`.
    pub name: &'static str,
}

/// Index of a resource type in [`Host::resources`], which is also its program-wide number
/// (numbers from `nanocc_shim_abi::FIRST_GUEST_RESOURCE` on are guests').
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceNumber(pub u32);

/// A function that an interface exports.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Function {
    /// The component-level name: `get-stdout`, `[method]output-stream.check-write`.
    pub name: &'static str,
    /// Names and types of the parameters; a method's first is `self`, a borrow.
    pub params: &'static [(&'static str, Type)],
    /// Type of the result.
    pub result: Option<Type>,
}

/// A value type. Aliases are resolved, so that equal types are equal in structure; resources are
/// equal only to themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    List(&'static Type),
    Record(&'static Record),
    Tuple(&'static [Type]),
    Variant(&'static Variant),
    Enum(&'static Enum),
    Flags(&'static Flags),
    Option(&'static Type),
    Result(&'static ResultType),
    Own(ResourceNumber),
    Borrow(ResourceNumber),
}

/// Where a named type is defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeName {
    /// The interface without a version, `wasi:clocks/wall-clock`.
    pub interface: &'static str,
    /// The type's name, `datetime`.
    pub name: &'static str,
}

/// A record type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    pub name: TypeName,
    /// Names and types of the fields.
    pub fields: &'static [(&'static str, Type)],
}

/// A variant type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    pub name: TypeName,
    /// Names of the cases and types of their payloads.
    pub cases: &'static [(&'static str, Option<Type>)],
}

/// An enumeration type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enum {
    pub name: TypeName,
    /// Names of the cases.
    pub cases: &'static [&'static str],
}

/// A flags type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags {
    pub name: TypeName,
    /// Names of the flags, from bit 0 on.
    pub flags: &'static [&'static str],
}

/// A result type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultType {
    pub ok: Option<Type>,
    pub err: Option<Type>,
}

/// Everything that the shim serves. A constant: asking for it costs nothing.
pub fn host() -> &'static Host {
    &table::HOST
}

/// The symbol of a host function: `wasi:io/streams@0.2#[method]output-stream.check-write`.
pub fn symbol(interface: &Interface, function: &Function) -> String {
    format!("{interface}#{}", function.name)
}

impl Host {
    /// The resource type with this number, unless it is a guest's.
    pub fn resource(&self, number: ResourceNumber) -> Option<&'static Resource> {
        self.resources.get(usize::try_from(number.0).ok()?)
    }

    /// The interface with this unversioned name, `wasi:io/streams`.
    pub fn interface(&self, name: &str) -> Option<&'static Interface> {
        let (package, name) = name.split_once('/')?;
        self.interfaces
            .iter()
            .find(|i| i.package == package && i.name == name)
    }

    /// The symbol that drops a handle of a host resource:
    /// `wasi:io/streams@0.2#[resource-drop]output-stream`.
    pub fn drop_symbol(&self, number: ResourceNumber) -> Option<String> {
        let resource = self.resource(number)?;
        let interface = self.interface(resource.interface)?;
        Some(format!("{interface}#[resource-drop]{}", resource.name))
    }
}

/// The interface's name with its track: `wasi:io/streams@0.2`.
impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}@{}", self.package, self.name, self.track)
    }
}

impl Interface {
    /// The function with this component-level name, or an error that lists those that are served.
    pub fn function(&self, name: &str) -> Result<&'static Function, LookupError> {
        let found = self.functions.iter().find(|function| function.name == name);
        found.ok_or_else(|| LookupError::function(self, name))
    }

    /// What the type export of this name is, or an error that lists those that are served.
    pub fn type_export(&self, name: &str) -> Result<Definition, LookupError> {
        let found = self.types.iter().find(|export| export.name == name);
        found
            .map(|export| export.definition)
            .ok_or_else(|| LookupError::type_export(self, name))
    }
}
