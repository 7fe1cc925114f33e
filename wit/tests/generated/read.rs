//! WIT files to the model, and the one list of the interfaces that are served.

use nanocc_wit::{
    Definition, Enum, Flags, Function, Host, Interface, Record, Resource, ResourceNumber,
    ResultType, Type, TypeExport, TypeName, Variant,
};
use std::collections::HashMap;
use wit_parser::{Handle, InterfaceId, Resolve, TypeDefKind, TypeId};

/// The interfaces that the shim serves. Items that WASI gates as unstable aren't read at all. The
/// order numbers the resource types, so new interfaces go to the end.
pub const SERVED: &[&str] = &[
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:random/random",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/stderr",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:cli/terminal-stderr",
    "wasi:filesystem/types",
    "wasi:filesystem/preopens",
    "wasi:sockets/network",
    "wasi:sockets/instance-network",
    "wasi:sockets/tcp",
    "wasi:sockets/tcp-create-socket",
    "wasi:sockets/udp",
    "wasi:sockets/udp-create-socket",
    "wasi:sockets/ip-name-lookup",
];

/// WASI's packages, each after those that it uses.
pub const WASI: &[(&str, &str)] = &[
    ("io.wit", include_str!("../../packages/io.wit")),
    ("clocks.wit", include_str!("../../packages/clocks.wit")),
    ("random.wit", include_str!("../../packages/random.wit")),
    (
        "filesystem.wit",
        include_str!("../../packages/filesystem.wit"),
    ),
    ("sockets.wit", include_str!("../../packages/sockets.wit")),
    ("cli.wit", include_str!("../../packages/cli.wit")),
];

/// Interfaces for the tests of the binding layer.
pub const SHAPES: &[(&str, &str)] = &[("shapes.wit", include_str!("shapes.wit"))];

/// The interfaces of [`SHAPES`].
pub const SHAPES_SERVED: &[&str] = &[
    "test:shapes/things",
    "test:shapes/types",
    "test:shapes/params",
    "test:shapes/results",
];

/// Parses packages, which come after those that they use.
pub fn parse(packages: &[(&str, &str)]) -> Resolve {
    let mut resolve = Resolve::new();
    for (path, text) in packages {
        resolve
            .push_source(path, text)
            .unwrap_or_else(|error| panic!("{path}: {error:?}"));
    }
    resolve
}

/// The model of the interfaces in `served`. It is leaked: it has the types of the constants in
/// `table.rs`, and a test process is short.
pub fn read(resolve: &Resolve, served: &[&str]) -> Host {
    let mut reader = Reader {
        resolve,
        resources: Vec::new(),
        numbers: HashMap::new(),
    };
    let interfaces: Vec<Interface> = served.iter().map(|name| reader.interface(name)).collect();
    Host {
        interfaces: leak(interfaces),
        resources: leak(reader.resources),
    }
}

/// The interface with an unversioned name.
pub fn find(resolve: &Resolve, name: &str) -> InterfaceId {
    let with_name = |id: &InterfaceId| full_name(resolve, *id) == name;
    let mut found = resolve
        .interfaces
        .iter()
        .map(|(id, _)| id)
        .filter(with_name);
    found
        .next()
        .unwrap_or_else(|| panic!("no interface {name} in the WIT files"))
}

fn full_name(resolve: &Resolve, id: InterfaceId) -> String {
    let interface = &resolve.interfaces[id];
    let package = &resolve.packages[interface.package.expect("interface without a package")].name;
    let name = interface.name.as_deref().expect("interface without a name");
    format!("{}:{}/{name}", package.namespace, package.name)
}

struct Reader<'a> {
    resolve: &'a Resolve,
    resources: Vec<Resource>,
    numbers: HashMap<TypeId, ResourceNumber>,
}

impl Reader<'_> {
    fn interface(&mut self, name: &str) -> Interface {
        let id = find(self.resolve, name);
        let interface = &self.resolve.interfaces[id];
        let (package, short) = name
            .split_once('/')
            .expect("interface name without a package");
        let version = &self.resolve.packages[interface.package.expect("package")]
            .name
            .version;
        let version = version
            .clone()
            .unwrap_or_else(|| panic!("{name} has no version"));
        // Resources first: a value type of the interface may mention them.
        for (resource, id) in &interface.types {
            if matches!(self.resolve.types[*id].kind, TypeDefKind::Resource) {
                let number = u32::try_from(self.resources.len()).expect("too many resources");
                self.numbers.insert(*id, ResourceNumber(number));
                self.resources.push(Resource {
                    interface: text(name),
                    name: text(resource),
                });
            }
        }
        let types: Vec<TypeExport> = interface
            .types
            .iter()
            .map(|(name, id)| TypeExport {
                name: text(name),
                definition: self.definition(*id),
            })
            .collect();
        let functions: Vec<Function> = interface
            .functions
            .values()
            .map(|function| {
                let params: Vec<_> = function
                    .params
                    .iter()
                    .map(|param| (text(&param.name), self.ty(&param.ty)))
                    .collect();
                let result = function.result.map(|ty| self.ty(&ty));
                Function {
                    name: text(&function.name),
                    params: leak(params),
                    result,
                }
            })
            .collect();
        Interface {
            package: text(package),
            name: text(short),
            track: text(
                &nanocc_wit::track(&version.to_string()).expect("a pre-release can't be served"),
            ),
            version,
            types: leak(types),
            functions: leak(functions),
        }
    }

    /// The resource that a type id stands for, through aliases.
    fn resource(&self, id: TypeId) -> Option<ResourceNumber> {
        match self.resolve.types[id].kind {
            TypeDefKind::Type(wit_parser::Type::Id(aliased)) => self.resource(aliased),
            TypeDefKind::Resource => {
                let unserved = || {
                    panic!(
                        "resource {:?} is used before it is served",
                        self.resolve.types[id].name
                    )
                };
                Some(self.numbers.get(&id).copied().unwrap_or_else(unserved))
            }
            _ => None,
        }
    }

    fn definition(&self, id: TypeId) -> Definition {
        match self.resource(id) {
            Some(number) => Definition::Resource(number),
            None => Definition::Value(self.ty(&wit_parser::Type::Id(id))),
        }
    }

    fn ty(&self, ty: &wit_parser::Type) -> Type {
        use wit_parser::Type as Wit;
        match ty {
            Wit::Bool => Type::Bool,
            Wit::U8 => Type::U8,
            Wit::U16 => Type::U16,
            Wit::U32 => Type::U32,
            Wit::U64 => Type::U64,
            Wit::S8 => Type::S8,
            Wit::S16 => Type::S16,
            Wit::S32 => Type::S32,
            Wit::S64 => Type::S64,
            Wit::F32 => Type::F32,
            Wit::F64 => Type::F64,
            Wit::Char => Type::Char,
            Wit::String => Type::String,
            Wit::ErrorContext => panic!("error-context isn't of WASI 0.2"),
            Wit::Id(id) => self.defined(*id),
        }
    }

    fn defined(&self, id: TypeId) -> Type {
        let payload = |ty: &Option<wit_parser::Type>| ty.map(|ty| self.ty(&ty));
        let handled = |id: TypeId| self.resource(id).expect("handle of what isn't a resource");
        match &self.resolve.types[id].kind {
            TypeDefKind::Type(aliased) => self.ty(aliased),
            TypeDefKind::Record(record) => {
                let fields: Vec<_> = record
                    .fields
                    .iter()
                    .map(|f| (text(&f.name), self.ty(&f.ty)))
                    .collect();
                Type::Record(leak_one(Record {
                    name: self.name(id),
                    fields: leak(fields),
                }))
            }
            TypeDefKind::Handle(Handle::Own(id)) => Type::Own(handled(*id)),
            TypeDefKind::Handle(Handle::Borrow(id)) => Type::Borrow(handled(*id)),
            TypeDefKind::Flags(flags) => {
                let names: Vec<_> = flags.flags.iter().map(|flag| text(&flag.name)).collect();
                Type::Flags(leak_one(Flags {
                    name: self.name(id),
                    flags: leak(names),
                }))
            }
            TypeDefKind::Tuple(tuple) => {
                let types: Vec<_> = tuple.types.iter().map(|ty| self.ty(ty)).collect();
                Type::Tuple(leak(types))
            }
            TypeDefKind::Variant(variant) => {
                let cases: Vec<_> = variant
                    .cases
                    .iter()
                    .map(|case| (text(&case.name), payload(&case.ty)))
                    .collect();
                Type::Variant(leak_one(Variant {
                    name: self.name(id),
                    cases: leak(cases),
                }))
            }
            TypeDefKind::Enum(cases) => {
                let cases: Vec<_> = cases.cases.iter().map(|case| text(&case.name)).collect();
                Type::Enum(leak_one(Enum {
                    name: self.name(id),
                    cases: leak(cases),
                }))
            }
            TypeDefKind::Option(ty) => Type::Option(leak_one(self.ty(ty))),
            TypeDefKind::Result(result) => Type::Result(leak_one(ResultType {
                ok: payload(&result.ok),
                err: payload(&result.err),
            })),
            TypeDefKind::List(ty) => Type::List(leak_one(self.ty(ty))),
            kind => panic!("a {} isn't of WASI 0.2", kind.as_str()),
        }
    }

    fn name(&self, id: TypeId) -> TypeName {
        let definition = &self.resolve.types[id];
        let wit_parser::TypeOwner::Interface(owner) = definition.owner else {
            panic!("type {:?} belongs to no interface", definition.name);
        };
        let name = definition
            .name
            .as_deref()
            .expect("named type without a name");
        TypeName {
            interface: text(&full_name(self.resolve, owner)),
            name: text(name),
        }
    }
}

fn text(name: &str) -> &'static str {
    String::leak(name.to_owned())
}

fn leak<T>(items: Vec<T>) -> &'static [T] {
    Vec::leak(items)
}

fn leak_one<T>(item: T) -> &'static T {
    Box::leak(Box::new(item))
}
