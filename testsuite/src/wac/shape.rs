//! What a composed component says, without how it is encoded.
//!
//! Two encoders of one composition agree on this and on little else: which items are imported and of what
//! type, what is instantiated with what, what is exported. Indexes, the order of type definitions, and whether a
//! package is part of the file (as nanocc needs it) or imported as a component (as wac's own tests have it, to be
//! readable) are the encoding's. Each package has a name here, by its bytes or by its import.
//!
//! Text, a line an item, so that a difference shows itself.

use crate::Result;
use std::collections::HashMap;
use std::fmt::Write;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentEntityType, ComponentValType, ResourceId,
};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind, Parser,
    Payload, Validator, WasmFeatures,
};

/// Describes a component. `packages` are the packages' names and their bytes.
///
/// # Errors
///
/// Where it isn't valid, or holds what no composition does.
pub fn describe(component: &[u8], packages: &[(String, Vec<u8>)]) -> Result<String> {
    let types = Validator::new_with_features(WasmFeatures::all())
        .validate_all(component)
        .map_err(|error| error.to_string())?;
    let mut shape = Shape {
        packages,
        spaces: HashMap::new(),
        instances: 0,
        types: Printer::new(types),
        text: String::new(),
    };
    let mut payloads = Parser::new(0).parse_all(component);
    // The header.
    payloads.next();
    while let Some(payload) = payloads.next() {
        let payload = payload.map_err(|error| error.to_string())?;
        if let Payload::ComponentSection {
            unchecked_range, ..
        } = &payload
        {
            let range = unchecked_range.start as usize..unchecked_range.end as usize;
            let bytes = component.get(range).ok_or("a section beyond the end")?;
            shape.push(Space::Component, name_of(bytes, packages));
            // What is within the package is the package's.
            let mut depth = 0usize;
            for payload in payloads.by_ref() {
                match payload.map_err(|error| error.to_string())? {
                    Payload::Version { .. } => depth += 1,
                    Payload::End(_) => {
                        depth -= 1;
                        if depth == 0 {
                            break;
                        }
                    }
                    _ => {}
                }
            }
            continue;
        }
        shape.payload(payload)?;
    }
    Ok(shape.text)
}

/// The name of a package that is these bytes: names, if several are.
fn name_of(bytes: &[u8], packages: &[(String, Vec<u8>)]) -> String {
    let names = packages.iter().filter(|(_, known)| known == bytes);
    let names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
    names.join(" or ")
}

/// An index space of components.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Space {
    Module,
    Func,
    Value,
    Type,
    Instance,
    Component,
}

fn space(kind: ComponentExternalKind) -> Space {
    match kind {
        ComponentExternalKind::Module => Space::Module,
        ComponentExternalKind::Func => Space::Func,
        ComponentExternalKind::Value => Space::Value,
        ComponentExternalKind::Type => Space::Type,
        ComponentExternalKind::Instance => Space::Instance,
        ComponentExternalKind::Component => Space::Component,
    }
}

struct Shape<'a> {
    packages: &'a [(String, Vec<u8>)],
    /// What each index stands for.
    spaces: HashMap<Space, Vec<String>>,
    instances: usize,
    types: Printer,
    text: String,
}

impl Shape<'_> {
    fn push(&mut self, space: Space, item: String) {
        self.spaces.entry(space).or_default().push(item);
    }

    fn get(&self, space: Space, index: u32) -> &str {
        let items = self.spaces.get(&space);
        items
            .and_then(|items| items.get(index as usize))
            .map_or("nothing", String::as_str)
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.text, "{line}");
    }

    fn payload(&mut self, payload: Payload<'_>) -> Result<()> {
        macro_rules! each {
            ($reader:expr, $do:expr) => {
                for item in $reader {
                    let item = item.map_err(|error| error.to_string())?;
                    $do(self, item)?;
                }
            };
        }
        match payload {
            Payload::ComponentTypeSection(reader) => each!(reader, |shape: &mut Shape<'_>, _| {
                shape.push(Space::Type, "a type".to_owned());
                Ok::<_, String>(())
            }),
            Payload::ComponentImportSection(reader) => each!(reader, Shape::import),
            Payload::ComponentAliasSection(reader) => each!(reader, Shape::alias),
            Payload::ComponentInstanceSection(reader) => each!(reader, Shape::instance),
            Payload::ComponentExportSection(reader) => each!(reader, Shape::export),
            Payload::CustomSection(_) | Payload::End(_) => {}
            other => return Err(format!("a composition with {other:?}")),
        }
        Ok(())
    }

    fn import(&mut self, import: wasmparser::ComponentImport<'_>) -> Result<()> {
        let name = import.name.name;
        let kind = space(import.ty.kind());
        let package = name
            .strip_prefix("unlocked-dep=<")
            .and_then(|name| name.strip_suffix('>'));
        if let (Space::Component, Some(package)) = (kind, package) {
            let package = self.packages.iter().find(|(name, _)| name == package);
            let (_, bytes) = package.ok_or_else(|| format!("no package is `{name}`"))?;
            self.push(kind, name_of(bytes, self.packages));
            return Ok(());
        }
        let ty = self.types.import(name);
        self.line(format_args!(
            "import {name}{}: {ty}",
            implements(&import.name)
        ));
        self.push(kind, name.to_owned());
        Ok(())
    }

    fn alias(&mut self, alias: ComponentAlias<'_>) -> Result<()> {
        match alias {
            ComponentAlias::InstanceExport {
                kind,
                instance_index,
                name,
            } => {
                let item = format!("{}.{name}", self.get(Space::Instance, instance_index));
                self.push(space(kind), item);
            }
            ComponentAlias::Outer {
                kind: ComponentOuterAliasKind::Type,
                count: 0,
                index,
            } => {
                let item = self.get(Space::Type, index).to_owned();
                self.push(Space::Type, item);
            }
            other => return Err(format!("a composition with {other:?}")),
        }
        Ok(())
    }

    fn instance(&mut self, instance: ComponentInstance<'_>) -> Result<()> {
        let name = format!("${}", self.instances);
        self.instances += 1;
        let mut args = Vec::new();
        let what = match instance {
            ComponentInstance::Instantiate {
                component_index,
                args: given,
            } => {
                for arg in &given {
                    let item = self.get(space(arg.kind), arg.index);
                    args.push(format!("{} = {item}", arg.name));
                }
                self.get(Space::Component, component_index).to_owned()
            }
            ComponentInstance::FromExports(exports) => {
                for export in &exports {
                    let item = self.get(space(export.kind), export.index);
                    args.push(format!("{} = {item}", export.name.name));
                }
                "exports".to_owned()
            }
        };
        // Arguments are by name: their order says nothing.
        args.sort();
        let args = args.join(", ");
        self.line(format_args!("{name} = {what} {{{args}}}"));
        self.push(Space::Instance, name);
        Ok(())
    }

    fn export(&mut self, export: wasmparser::ComponentExport<'_>) -> Result<()> {
        let name = export.name.name;
        let kind = space(export.kind);
        let item = self.get(kind, export.index).to_owned();
        let ty = self.types.export(name);
        self.line(format_args!(
            "export {name}{} = {item}: {ty}",
            implements(&export.name)
        ));
        self.push(kind, item);
        Ok(())
    }
}

fn implements(name: &wasmparser::ComponentExternName<'_>) -> String {
    name.implements
        .map_or(String::new(), |of| format!(" (implements {of})"))
}

/// Writes types down, as trees. Resources have numbers, in the order in which they are met.
struct Printer {
    types: Types,
    names: Names,
}

impl Printer {
    fn new(types: Types) -> Printer {
        Printer {
            types,
            names: Names::default(),
        }
    }

    fn import(&mut self, name: &str) -> String {
        let types = self.types.as_ref();
        match types.component_item_for_import(name) {
            Some(item) => self.names.entity(types, &item.ty),
            None => "nothing".to_owned(),
        }
    }

    fn export(&mut self, name: &str) -> String {
        let types = self.types.as_ref();
        match types.component_item_for_export(name) {
            Some(item) => self.names.entity(types, &item.ty),
            None => "nothing".to_owned(),
        }
    }
}

/// The resources' numbers.
#[derive(Default)]
struct Names(HashMap<ResourceId, usize>);

impl Names {
    fn entity(&mut self, types: TypesRef<'_>, ty: &ComponentEntityType) -> String {
        match ty {
            ComponentEntityType::Module(_) => "module".to_owned(),
            ComponentEntityType::Func(id) => self.any(types, ComponentAnyTypeId::Func(*id)),
            ComponentEntityType::Value(ty) => format!("value {}", self.value(types, ty)),
            ComponentEntityType::Type { created, .. } => {
                format!("type {}", self.any(types, *created))
            }
            ComponentEntityType::Instance(id) => self.any(types, ComponentAnyTypeId::Instance(*id)),
            ComponentEntityType::Component(id) => {
                self.any(types, ComponentAnyTypeId::Component(*id))
            }
        }
    }

    fn any(&mut self, types: TypesRef<'_>, id: ComponentAnyTypeId) -> String {
        match id {
            ComponentAnyTypeId::Resource(id) => self.resource(id.resource()),
            ComponentAnyTypeId::Defined(id) => self.value(types, &ComponentValType::Type(id)),
            ComponentAnyTypeId::Func(id) => {
                let ty = &types[id];
                let kind = if ty.async_ { "async func" } else { "func" };
                let params = ty.params.iter();
                let params: Vec<String> = params
                    .map(|(name, ty)| format!("{name}: {}", self.value(types, ty)))
                    .collect();
                let result = self.maybe(types, ty.result.as_ref());
                format!("{kind}({}) -> {result}", params.join(", "))
            }
            ComponentAnyTypeId::Instance(id) => {
                let exports = types[id].exports.iter();
                let exports: Vec<String> = exports
                    .map(|(name, item)| format!("{name}: {}", self.entity(types, &item.ty)))
                    .collect();
                format!("instance {{{}}}", exports.join(", "))
            }
            ComponentAnyTypeId::Component(id) => {
                let ty = &types[id];
                let mut items = Vec::new();
                for (kind, list) in [("import", &ty.imports), ("export", &ty.exports)] {
                    for (name, item) in list {
                        items.push(format!("{kind} {name}: {}", self.entity(types, &item.ty)));
                    }
                }
                format!("component {{{}}}", items.join(", "))
            }
        }
    }

    fn resource(&mut self, id: ResourceId) -> String {
        let next = self.0.len();
        format!("resource {}", self.0.entry(id).or_insert(next))
    }

    fn maybe(&mut self, types: TypesRef<'_>, ty: Option<&ComponentValType>) -> String {
        ty.map_or("_".to_owned(), |ty| self.value(types, ty))
    }

    fn value(&mut self, types: TypesRef<'_>, ty: &ComponentValType) -> String {
        let id = match ty {
            ComponentValType::Primitive(ty) => return ty.to_string(),
            ComponentValType::Type(id) => *id,
        };
        match &types[id] {
            ComponentDefinedType::Primitive(ty) => ty.to_string(),
            ComponentDefinedType::Record(record) => {
                let fields = record.fields.iter();
                let fields: Vec<String> = fields
                    .map(|(name, ty)| format!("{name}: {}", self.value(types, ty)))
                    .collect();
                format!("record {{{}}}", fields.join(", "))
            }
            ComponentDefinedType::Variant(variant) => {
                let cases = variant.cases.iter();
                let cases: Vec<String> = cases
                    .map(|(name, case)| format!("{name}({})", self.maybe(types, case.ty.as_ref())))
                    .collect();
                format!("variant {{{}}}", cases.join(", "))
            }
            ComponentDefinedType::List { element, .. } => {
                format!("list<{}>", self.value(types, element))
            }
            ComponentDefinedType::Map { key, value, .. } => {
                let key = self.value(types, key);
                format!("map<{key}, {}>", self.value(types, value))
            }
            ComponentDefinedType::FixedLengthList {
                element, length, ..
            } => format!("list<{}, {length}>", self.value(types, element)),
            ComponentDefinedType::Tuple(tuple) => {
                let types = tuple.types.iter().map(|ty| self.value(types, ty));
                format!("tuple<{}>", types.collect::<Vec<_>>().join(", "))
            }
            ComponentDefinedType::Flags(names) => format!("flags {names:?}"),
            ComponentDefinedType::Enum(names) => format!("enum {names:?}"),
            ComponentDefinedType::Option { ty, .. } => {
                format!("option<{}>", self.value(types, ty))
            }
            ComponentDefinedType::Result { ok, err, .. } => {
                let ok = self.maybe(types, ok.as_ref());
                format!("result<{ok}, {}>", self.maybe(types, err.as_ref()))
            }
            ComponentDefinedType::Own(id) => format!("own<{}>", self.resource(id.resource())),
            ComponentDefinedType::Borrow(id) => {
                format!("borrow<{}>", self.resource(id.resource()))
            }
            ComponentDefinedType::Future { ty, .. } => {
                format!("future<{}>", self.maybe(types, ty.as_ref()))
            }
            ComponentDefinedType::Stream { ty, .. } => {
                format!("stream<{}>", self.maybe(types, ty.as_ref()))
            }
        }
    }
}
