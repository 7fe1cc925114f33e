//! The model as Rust constants: `src/table.rs`.

use nanocc_wit::{Definition, Host, Type, TypeName};
use std::fmt::Write;

/// The text of `src/table.rs`.
pub fn write(host: &Host) -> String {
    let mut table = Table {
        text: String::new(),
        named: Vec::new(),
    };
    table.text.push_str(
        "//! What the shim serves. Generated from the WIT files in `packages/`; don't edit.\n\
         //! `BLESS=1 cargo test -p nanocc-wit` rewrites it.\n\n\
         use crate::{Definition::*, Type::*, *};\n\
         use semver::Version;\n\n",
    );
    let mut interfaces = String::new();
    for interface in host.interfaces {
        let version = &interface.version;
        writeln!(
            interfaces,
            "        Interface {{\n            package: {:?},\n            name: {:?},\n            \
             version: Version::new({}, {}, {}),\n            track: {:?},",
            interface.package, interface.name, version.major, version.minor, version.patch, interface.track
        )
        .unwrap();
        interfaces.push_str("            types: &[\n");
        for export in interface.types {
            let definition = match export.definition {
                Definition::Resource(number) => {
                    format!("Definition::Resource(ResourceNumber({}))", number.0)
                }
                Definition::Value(ty) => format!("Value({})", table.ty(&ty)),
            };
            writeln!(
                interfaces,
                "                TypeExport {{ name: {:?}, definition: {definition} }},",
                export.name
            )
            .unwrap();
        }
        interfaces.push_str("            ],\n            functions: &[\n");
        for function in interface.functions {
            let params = table.fields(function.params);
            let result = table.optional(&function.result);
            writeln!(
                interfaces,
                "                Function {{ name: {:?}, params: &[{params}], result: {result} }},",
                function.name
            )
            .unwrap();
        }
        interfaces.push_str("            ],\n        },\n");
    }
    let Table { mut text, .. } = table;
    writeln!(text, "\npub static HOST: Host = Host {{\n    interfaces: &[\n{interfaces}    ],\n    resources: &[").unwrap();
    for (number, resource) in host.resources.iter().enumerate() {
        writeln!(
            text,
            "        /* {number} */ crate::Resource {{ interface: {:?}, name: {:?} }},",
            resource.interface, resource.name
        )
        .unwrap();
    }
    text.push_str("    ],\n};\n");
    text
}

struct Table {
    /// The constants of named types so far.
    text: String,
    /// The named types that have a constant.
    named: Vec<TypeName>,
}

impl Table {
    fn ty(&mut self, ty: &Type) -> String {
        match ty {
            Type::List(element) => format!("List(&{})", self.ty(element)),
            Type::Tuple(types) => {
                let types: Vec<String> = types.iter().map(|ty| self.ty(ty)).collect();
                format!("Tuple(&[{}])", types.join(", "))
            }
            Type::Option(payload) => format!("Type::Option(&{})", self.ty(payload)),
            Type::Result(result) => {
                let (ok, err) = (self.optional(&result.ok), self.optional(&result.err));
                format!("Type::Result(&ResultType {{ ok: {ok}, err: {err} }})")
            }
            Type::Own(number) => format!("Own(ResourceNumber({}))", number.0),
            Type::Borrow(number) => format!("Borrow(ResourceNumber({}))", number.0),
            Type::Record(record) => {
                let fields = self.fields(record.fields);
                self.constant(record.name, "Record", &format!("fields: &[{fields}]"))
            }
            Type::Variant(variant) => {
                let case =
                    |(name, payload): &(&str, _)| format!("({name:?}, {})", self.optional(payload));
                let cases: Vec<String> = variant.cases.iter().map(case).collect();
                self.constant(
                    variant.name,
                    "Variant",
                    &format!("cases: &[{}]", cases.join(", ")),
                )
            }
            Type::Enum(cases) => {
                self.constant(cases.name, "Enum", &format!("cases: &{:?}", cases.cases))
            }
            Type::Flags(flags) => {
                self.constant(flags.name, "Flags", &format!("flags: &{:?}", flags.flags))
            }
            Type::String => "Type::String".to_owned(),
            scalar => format!("{scalar:?}"),
        }
    }

    fn optional(&mut self, ty: &Option<Type>) -> String {
        ty.as_ref()
            .map_or_else(|| "None".to_owned(), |ty| format!("Some({})", self.ty(ty)))
    }

    fn fields(&mut self, fields: &[(&str, Type)]) -> String {
        let fields: Vec<String> = fields
            .iter()
            .map(|(name, ty)| format!("({name:?}, {})", self.ty(ty)))
            .collect();
        fields.join(", ")
    }

    /// The name of a named type's constant, which is added if it isn't there.
    fn constant(&mut self, name: TypeName, kind: &str, rest: &str) -> String {
        let constant = format!("{}/{}", name.interface, name.name).to_uppercase();
        let constant = constant.replace([':', '/', '-'], "_");
        if !self.named.contains(&name) {
            self.named.push(name);
            writeln!(
                self.text,
                "const {constant}: Type = Type::{kind}(&crate::{kind} {{\n    \
                 name: TypeName {{ interface: {:?}, name: {:?} }},\n    {rest},\n}});",
                name.interface, name.name
            )
            .unwrap();
        }
        constant
    }
}
