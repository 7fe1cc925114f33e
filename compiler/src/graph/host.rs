//! The root component's imports: interfaces that the shim serves.
//!
//! An import's declared instance type is evaluated like any other, with the host's resource types
//! where it says `(sub resource)`; then each function that it declares is compared with the host's.
//! What a component imports may be less than what the host has, never more or of another type, unless the caller
//! wants the rest to trap ([`UnknownImports::Trap`]).

use super::UnknownImports;
use super::instantiate::{Builder, Exports, Frame, FuncValue, Item, TypeValue};
use crate::error::{Error, Place, Result};
use crate::program::{Resource, ResourceId};
use crate::types::{FuncType, Type, TypeId};
use nanocc_wit::{Definition, Interface};
use std::rc::Rc;
use wasmparser::{ComponentTypeRef, InstanceTypeDeclaration, TypeBounds};

/// A function that the shim serves, at the type that the importer declared.
pub(super) struct Function {
    pub(super) ty: FuncType,
    pub(super) symbol: String,
}

/// The end of an error's help.
pub(super) const OR_TRAP: &str = "; with `--unknown-imports-trap`, calling it traps";

/// A function that nobody serves.
pub(super) struct Unserved {
    pub(super) ty: FuncType,
    /// The import, for messages.
    pub(super) name: String,
}

/// A function of an unknown import.
pub(super) fn unserved<'b, 'a>(ty: FuncType, name: String) -> Item<'b, 'a> {
    Item::Func(FuncValue::Unserved(Rc::new(Unserved { ty, name })))
}

impl<'b, 'a> Builder<'b, 'a> {
    /// The host's instance for an import `name` of the root, whose type is defined in `outer`.
    pub(super) fn host_instance(
        &mut self,
        outer: usize,
        name: &str,
        declarations: &'b [InstanceTypeDeclaration<'a>],
        offset: usize,
    ) -> Result<Exports<'b, 'a>> {
        let place = || Place::at(offset).component("/");
        let unknown = |error: nanocc_wit::LookupError| Error::UnknownImport {
            import: name.to_owned(),
            place: place(),
            help: error.to_string() + OR_TRAP,
        };
        let traps = self.unknown_imports == UnknownImports::Trap;
        // An interface that only names types asks nothing of the host: wac leaves such imports of
        // packages that nobody implements.
        let interface = match nanocc_wit::lookup(name) {
            Ok(interface) => Some(interface),
            Err(_) if traps || only_types(declarations) => None,
            Err(error) => return Err(unknown(error)),
        };
        let component = self.frames[outer].component;
        let frame = self.frames.len();
        self.frames.push(Frame::new(Some(outer), component));
        self.declared(frame, declarations, offset, |builder, export, ty| {
            let item = match ty {
                ComponentTypeRef::Type(TypeBounds::Eq(index)) => {
                    Item::Type(builder.frames[frame].types[index as usize].clone())
                }
                ComponentTypeRef::Type(TypeBounds::SubResource)
                    if traps && interface.is_none_or(|i| i.type_export(export).is_err()) =>
                {
                    builder.unserved_resource(export)
                }
                ComponentTypeRef::Func(index)
                    if traps && interface.is_none_or(|i| i.function(export).is_err()) =>
                {
                    let ty = builder.func_type(frame, index, offset)?;
                    unserved((*ty).clone(), format!("{name}#{export}"))
                }
                ComponentTypeRef::Type(TypeBounds::SubResource) => {
                    match served(interface, name)?
                        .type_export(export)
                        .map_err(unknown)?
                    {
                        Definition::Resource(number) => {
                            Item::Type(TypeValue::Resource(builder.host_resource(number.0)))
                        }
                        Definition::Value(_) => {
                            return Err(Error::ImportType {
                                import: name.to_owned(),
                                detail: format!("`{export}` is no resource type of the host's"),
                                place: place(),
                            });
                        }
                    }
                }
                ComponentTypeRef::Func(index) => {
                    let interface = served(interface, name)?;
                    let served = interface.function(export).map_err(unknown)?;
                    let ty = builder.func_type(frame, index, offset)?;
                    if let Err(detail) = builder.matches(&ty, served) {
                        return Err(Error::ImportType {
                            import: format!("{name}#{export}"),
                            detail,
                            place: place(),
                        });
                    }
                    Item::Func(FuncValue::Host(Rc::new(Function {
                        ty: (*ty).clone(),
                        symbol: nanocc_wit::symbol(interface, served),
                    })))
                }
                other => {
                    return Err(Error::ImportType {
                        import: name.to_owned(),
                        detail: format!(
                            "the host's interface exports no {} `{export}`",
                            other.kind().desc()
                        ),
                        place: place(),
                    });
                }
            };
            if let Some(interface) = interface {
                builder.check_type_export(interface, name, export, &item, offset)?;
            }
            Ok(item)
        })
    }

    /// The exports of an instance of the type that `declarations` define in `frame`. `export` says what each of
    /// them is, of which the later ones may speak.
    pub(super) fn declared(
        &mut self,
        frame: usize,
        declarations: &'b [InstanceTypeDeclaration<'a>],
        offset: usize,
        mut export: impl FnMut(&mut Self, &str, ComponentTypeRef) -> Result<Item<'b, 'a>>,
    ) -> Result<Exports<'b, 'a>> {
        let mut exports = Exports::new();
        for declaration in declarations {
            match declaration {
                InstanceTypeDeclaration::CoreType(_) => {}
                InstanceTypeDeclaration::Type(ty) => {
                    let ty = self.define_type(frame, ty, offset)?;
                    self.frames[frame].types.push(ty);
                }
                InstanceTypeDeclaration::Alias(alias) => self.alias(frame, alias, offset)?,
                InstanceTypeDeclaration::Export { name, ty } => {
                    let item = export(self, name.name, *ty)?;
                    exports.insert(name.name.to_owned(), item.clone());
                    self.push(frame, item);
                }
            }
        }
        Ok(exports)
    }

    /// A type that the import declares by equality has to be the one that the host exports.
    fn check_type_export(
        &self,
        interface: &Interface,
        name: &str,
        export: &str,
        item: &Item<'b, 'a>,
        offset: usize,
    ) -> Result<()> {
        let Item::Type(ty) = item else { return Ok(()) };
        if self.unknown_imports == UnknownImports::Trap && interface.type_export(export).is_err() {
            return Ok(());
        }
        let served = interface
            .type_export(export)
            .map_err(|error| Error::UnknownImport {
                import: name.to_owned(),
                place: Place::at(offset).component("/"),
                help: error.to_string(),
            })?;
        let same = match (ty, served) {
            (TypeValue::Value(ty), Definition::Value(served)) => self.same(*ty, &served),
            (TypeValue::Resource(id), Definition::Resource(number)) => self.is_host(*id, number.0),
            _ => false,
        };
        if same {
            return Ok(());
        }
        Err(Error::ImportType {
            import: name.to_owned(),
            detail: format!("the type `{export}` differs"),
            place: Place::at(offset).component("/"),
        })
    }

    fn host_resource(&mut self, number: u32) -> ResourceId {
        if let Some(id) = self.host_resources.get(&number) {
            return *id;
        }
        let name = nanocc_wit::host()
            .resource(nanocc_wit::ResourceNumber(number))
            .map_or_else(String::new, |resource| resource.name.to_owned());
        let id = self.program.resources.push(Resource::Host { number, name });
        self.host_resources.insert(number, id);
        id
    }

    /// A resource type of an unknown import.
    pub(super) fn unserved_resource(&mut self, name: &str) -> Item<'b, 'a> {
        let name = name.to_owned();
        let resource = self.program.resources.push(Resource::Unserved { name });
        Item::Type(TypeValue::Resource(resource))
    }

    fn is_host(&self, id: ResourceId, number: u32) -> bool {
        matches!(self.program.resources[id], Resource::Host { number: n, .. } if n == number)
    }

    /// Compares a declared function type with the host's; the error says what differs.
    fn matches(&self, ty: &FuncType, served: &nanocc_wit::Function) -> Result<(), String> {
        if ty.params.len() != served.params.len() {
            return Err(format!(
                "it has {} parameters, the host's has {}",
                ty.params.len(),
                served.params.len()
            ));
        }
        for ((name, ty), (served_name, served)) in ty.params.iter().zip(served.params) {
            if name != served_name {
                return Err(format!(
                    "parameter `{name}` is `{served_name}` in the host's"
                ));
            }
            if !self.same(*ty, served) {
                return Err(format!("the type of parameter `{name}` differs"));
            }
        }
        let same = match (ty.result, &served.result) {
            (None, None) => true,
            (Some(ty), Some(served)) => self.same(ty, served),
            _ => false,
        };
        if same {
            Ok(())
        } else {
            Err("the type of the result differs".to_owned())
        }
    }

    /// Structural equality: value types have no other subtyping (Subtyping.md).
    fn same(&self, ty: TypeId, served: &nanocc_wit::Type) -> bool {
        use nanocc_wit::Type as Host;
        let optional = |ty: &Option<TypeId>, served: &Option<Host>| match (ty, served) {
            (None, None) => true,
            (Some(ty), Some(served)) => self.same(*ty, served),
            _ => false,
        };
        match (&self.program.types[ty], served) {
            (Type::Bool, Host::Bool)
            | (Type::S8, Host::S8)
            | (Type::U8, Host::U8)
            | (Type::S16, Host::S16)
            | (Type::U16, Host::U16)
            | (Type::S32, Host::S32)
            | (Type::U32, Host::U32)
            | (Type::S64, Host::S64)
            | (Type::U64, Host::U64)
            | (Type::F32, Host::F32)
            | (Type::F64, Host::F64)
            | (Type::Char, Host::Char)
            | (Type::String, Host::String) => true,
            (Type::List(ty), Host::List(served)) => self.same(*ty, served),
            (Type::Option(ty), Host::Option(served)) => self.same(*ty, served),
            (Type::Record(fields), Host::Record(served)) => {
                fields.len() == served.fields.len()
                    && fields
                        .iter()
                        .zip(served.fields)
                        .all(|((name, ty), (other, served))| {
                            name == other && self.same(*ty, served)
                        })
            }
            (Type::Tuple(types), Host::Tuple(served)) => {
                types.len() == served.len()
                    && types
                        .iter()
                        .zip(*served)
                        .all(|(ty, served)| self.same(*ty, served))
            }
            (Type::Variant(cases), Host::Variant(served)) => {
                cases.len() == served.cases.len()
                    && cases
                        .iter()
                        .zip(served.cases)
                        .all(|((name, ty), (other, served))| name == other && optional(ty, served))
            }
            (Type::Enum(names), Host::Enum(served)) => names
                .iter()
                .map(String::as_str)
                .eq(served.cases.iter().copied()),
            (Type::Flags(names), Host::Flags(served)) => names
                .iter()
                .map(String::as_str)
                .eq(served.flags.iter().copied()),
            (Type::Result { ok, err }, Host::Result(served)) => {
                optional(ok, &served.ok) && optional(err, &served.err)
            }
            (Type::Own(id), Host::Own(number)) | (Type::Borrow(id), Host::Borrow(number)) => {
                self.is_host(*id, number.0)
            }
            _ => false,
        }
    }
}

/// Whether an instance type declares value types and nothing else.
fn only_types(declarations: &[InstanceTypeDeclaration<'_>]) -> bool {
    declarations.iter().all(|declaration| match declaration {
        InstanceTypeDeclaration::Export { ty, .. } => {
            matches!(ty, ComponentTypeRef::Type(TypeBounds::Eq(_)))
        }
        _ => true,
    })
}

/// The interface, where the declarations need one.
fn served(interface: Option<&'static Interface>, name: &str) -> Result<&'static Interface> {
    match interface {
        Some(interface) => Ok(interface),
        None => nanocc_wit::lookup(name).map_err(|error| Error::UnknownImport {
            import: name.to_owned(),
            place: Place::default(),
            help: error.to_string(),
        }),
    }
}
