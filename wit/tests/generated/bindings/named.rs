//! The Rust definitions of the types that WIT names, and how they lie in memory.

use super::names::{camel, snake, snake_part};
use super::{Generator, Use};
use nanocc_wit::{Type, offsets};
use std::fmt::Write;

impl Generator<'_> {
    /// The definition of a named type, if `interface` defines it and a generated function mentions it.
    pub(super) fn named(&self, text: &mut String, interface: &str, ty: &Type) {
        let (name, kind) = match ty {
            Type::Record(record) => (record.name, "record"),
            Type::Variant(variant) => (variant.name, "variant"),
            Type::Enum(cases) => (cases.name, "enum"),
            Type::Flags(flags) => (flags.name, "flags"),
            _ => return,
        };
        let Some(uses) = self.uses.get(&name).filter(|_| name.interface == interface) else {
            return;
        };
        let is_param = uses.iter().any(|usage| usage.is_param());
        assert!(
            !is_param || uses.iter().all(|usage| usage.is_param()) || is_plain(ty),
            "{interface}: {} has strings, lists or handles and is a parameter's and a result's: it needs two Rust types",
            name.name
        );
        let rust = camel(name.name);
        writeln!(text, "\n        /// The {kind} `{}`.", name.name).unwrap();
        if is_plain(ty) {
            text.push_str("        #[derive(Clone, Copy, Debug, PartialEq)]\n");
        }
        match ty {
            Type::Record(record) => {
                writeln!(text, "        pub struct {rust} {{").unwrap();
                for (field, ty) in record.fields {
                    writeln!(
                        text,
                        "            pub {}: {},",
                        snake(field),
                        self.rust_type(ty, is_param)
                    )
                    .unwrap();
                }
                text.push_str("        }\n");
            }
            Type::Variant(variant) => {
                writeln!(text, "        pub enum {rust} {{").unwrap();
                for (case, payload) in variant.cases {
                    let payload = payload.map_or_else(String::new, |ty| {
                        format!("({})", self.rust_type(&ty, is_param))
                    });
                    writeln!(text, "            {}{payload},", camel(case)).unwrap();
                }
                text.push_str("        }\n");
            }
            Type::Enum(cases) => {
                let bits = ty.discriminant_bytes().expect("an enum has a discriminant") * 8;
                writeln!(text, "        #[repr(u{bits})]\n        pub enum {rust} {{").unwrap();
                for (discriminant, case) in cases.cases.iter().enumerate() {
                    writeln!(text, "            {} = {discriminant},", camel(case)).unwrap();
                }
                text.push_str("        }\n");
                if is_param {
                    writeln!(
                        text,
                        "\n        impl {rust} {{\n            pub fn lift(discriminant: u32) -> {rust} {{\n                \
                         match discriminant {{"
                    )
                    .unwrap();
                    for (discriminant, case) in cases.cases.iter().enumerate() {
                        writeln!(
                            text,
                            "                    {discriminant} => {rust}::{},",
                            camel(case)
                        )
                        .unwrap();
                    }
                    text.push_str(
                        "                    _ => invalid_discriminant(),\n                }\n            }\n        }\n",
                    );
                }
            }
            Type::Flags(flags) => {
                let bits = flags.bytes() * 8;
                assert!(bits <= 32, "{}: more than 32 flags", name.name);
                let mask = (0..flags.flags.len()).fold(0u32, |mask, bit| mask | 1 << bit);
                writeln!(
                    text,
                    "        pub struct {rust}(u{bits});\n\n        impl {rust} {{"
                )
                .unwrap();
                for (bit, flag) in flags.flags.iter().enumerate() {
                    let constant = snake_part(flag).to_uppercase();
                    writeln!(
                        text,
                        "            pub const {constant}: {rust} = {rust}(1 << {bit});"
                    )
                    .unwrap();
                }
                writeln!(
                    text,
                    "\n            /// The flags in these bits; others are ignored.\n            \
                     pub const fn from_bits(bits: u{bits}) -> {rust} {{\n                {rust}(bits & {mask:#x})\n            }}\n\n            \
                     pub const fn bits(self) -> u{bits} {{\n                self.0\n            }}\n\n            \
                     pub const fn contains(self, other: {rust}) -> bool {{\n                self.0 & other.0 == other.0\n            }}\n\n            \
                     pub const fn union(self, other: {rust}) -> {rust} {{\n                {rust}(self.0 | other.0)\n            }}\n        }}"
                )
                .unwrap();
            }
            _ => unreachable!("not a named type"),
        }
        if uses.contains(&Use::Load) || uses.contains(&Use::Store) {
            writeln!(
                text,
                "\n        impl Value for {rust} {{\n            const SIZE: u32 = {};\n            const ALIGN: u32 = {};\n        }}",
                ty.size(),
                ty.align()
            )
            .unwrap();
        }
        if uses.contains(&Use::Load) {
            self.implement_load(text, &rust, ty);
        }
        if uses.contains(&Use::Store) {
            self.implement_store(text, &rust, ty);
        }
    }

    fn implement_load(&self, text: &mut String, rust: &str, ty: &Type) {
        let body = match ty {
            Type::Record(record) => {
                let fields: Vec<String> = record
                    .fields
                    .iter()
                    .zip(offsets(record.types()))
                    .map(|((field, ty), offset)| {
                        format!(
                            "                    {}: {},\n",
                            snake(field),
                            self.load_part(ty, offset)
                        )
                    })
                    .collect();
                format!("{rust} {{\n{}                }}", fields.concat())
            }
            Type::Variant(variant) => {
                let mut body = format!("match {} {{\n", discriminant(ty));
                for (number, (case, payload)) in variant.cases.iter().enumerate() {
                    let payload = payload.map_or_else(String::new, |payload| {
                        format!("({})", self.load_part(&payload, ty.payload_offset()))
                    });
                    writeln!(
                        body,
                        "                    {number} => {rust}::{}{payload},",
                        camel(case)
                    )
                    .unwrap();
                }
                body.push_str(
                    "                    _ => invalid_discriminant(),\n                }",
                );
                body
            }
            Type::Enum(_) => format!("{rust}::lift({})", discriminant(ty)),
            Type::Flags(flags) => {
                format!("{rust}::from_bits(u{}::load(cx, from))", flags.bytes() * 8)
            }
            _ => unreachable!("not a named type"),
        };
        let cx = if body.contains("cx") { "cx" } else { "_" };
        writeln!(
            text,
            "\n        impl Load for {rust} {{\n            const CHECKED: bool = {};\n            \
             fn load({cx}: &Cx, from: Source<'_>) -> {rust} {{\n                {body}\n            }}\n        }}",
            !matches!(ty, Type::Flags(_))
        )
        .unwrap();
    }

    fn implement_store(&self, text: &mut String, rust: &str, ty: &Type) {
        let mut body = String::new();
        let mut mutable = "mut ";
        match ty {
            Type::Record(record) => {
                for ((field, _), offset) in record.fields.iter().zip(offsets(record.types())) {
                    writeln!(
                        body,
                        "                into.field({offset}, self.{});",
                        snake(field)
                    )
                    .unwrap();
                }
            }
            Type::Variant(variant) => {
                let bits = ty
                    .discriminant_bytes()
                    .expect("a variant has a discriminant")
                    * 8;
                body.push_str("                match self {\n");
                for (number, (case, payload)) in variant.cases.iter().enumerate() {
                    let case = camel(case);
                    match payload {
                        None => writeln!(body, "                    {rust}::{case} => into.field(0, {number}u{bits}),"),
                        Some(_) => writeln!(
                            body,
                            "                    {rust}::{case}(payload) => {{\n                        \
                             into.field(0, {number}u{bits});\n                        \
                             into.field({}, payload);\n                    }}",
                            ty.payload_offset()
                        ),
                    }
                    .unwrap();
                }
                body.push_str("                }\n");
            }
            Type::Enum(_) => {
                mutable = "";
                let bits = ty.discriminant_bytes().expect("an enum has a discriminant") * 8;
                writeln!(body, "                (self as u{bits}).store(into);").unwrap();
            }
            Type::Flags(_) => {
                mutable = "";
                body.push_str("                self.0.store(into);\n");
            }
            _ => unreachable!("not a named type"),
        }
        writeln!(
            text,
            "\n        impl Store for {rust} {{\n            \
             fn store(self, {mutable}into: Destination<'_>) {{\n{body}            }}\n        }}"
        )
        .unwrap();
    }

    /// Reads part of the `from` of a `Load::load`.
    fn load_part(&self, ty: &Type, offset: u32) -> String {
        let rust = self.rust_type(ty, true);
        format!("<{rust}>::load(cx, from.at({offset}, {}))", ty.size())
    }
}

/// Whether a type has no strings, lists or handles.
fn is_plain(ty: &Type) -> bool {
    match ty {
        Type::String | Type::List(_) | Type::Own(_) | Type::Borrow(_) => false,
        Type::Record(record) => record.types().all(|ty| is_plain(&ty)),
        Type::Tuple(types) => types.iter().all(is_plain),
        _ => ty.payloads().iter().flatten().all(is_plain),
    }
}

/// Reads the discriminant of a `Load::load`'s `from`.
fn discriminant(ty: &Type) -> String {
    match ty.discriminant_bytes() {
        Some(4) => "u32::load(cx, from)".to_owned(),
        Some(bytes) => format!("u32::from(u{}::load(cx, from.at(0, {bytes})))", bytes * 8),
        None => unreachable!("a type without a discriminant"),
    }
}
