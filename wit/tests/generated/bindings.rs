//! The shim's binding layer: `runtime-shim/src/bindings.rs`.
//!
//! For each function of the model one exported function with the core signature that `canon lower`
//! gives it. It lifts the flat parameters (CanonicalABI.md, "Flat Lifting"), calls the host function
//! and lowers the result. What can be left to the traits of `runtime-shim/src/guest/value.rs` is:
//! whatever lies in memory. Flat values are spelled out here, because a variant's flat values depend on
//! all of its cases.
//!
//! A shape that no interface of WASI 0.2 that we know of has, and that would need more than is here, stops the
//! generator.

mod named;
mod names;

use names::{camel, function_name, local, snake, snake_part};
use nanocc_wit::{
    Definition, Flat, Function, Host, Interface, ResourceNumber, Type, TypeName, denied_symbol,
    offsets, symbol,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What differs between the shim's bindings and those of the tests' interfaces.
pub struct Config<'a> {
    /// What the module documentation says first.
    pub title: &'a str,
    /// The module of the host functions.
    pub host: &'a str,
    /// The exported functions' ABI.
    pub abi: &'a str,
    /// Functions, as interface and name, that have a second entry for those who weren't granted them.
    pub sources: &'a [(&'a str, &'a str)],
    /// Resource types, as `interface/name`, that nothing makes: see `Generator::unheld`.
    pub unheld: &'a [&'a str],
}

/// The text of the bindings of everything in `host`.
pub fn write(host: &Host, config: &Config<'_>) -> String {
    let mut generator = Generator {
        host,
        config,
        uses: BTreeMap::new(),
        current: String::new(),
    };
    for interface in host.interfaces {
        for function in interface.functions {
            generator.note(function);
        }
    }
    let mut text = generator.header();
    let mut package = "";
    for interface in host.interfaces {
        if interface.package != package {
            if !package.is_empty() {
                text.push_str("}\n\n");
            }
            package = interface.package;
            let interfaces = host.interfaces.iter();
            let last = interfaces.rev().find(|other| other.package == package);
            let together = host
                .interfaces
                .iter()
                .skip_while(|other| other.package != package);
            assert!(
                together.take_while(|other| other.package == package).last() == last,
                "{package}: a package's interfaces have to follow one another"
            );
            let (namespace, name) = package.split_once(':').expect("package name");
            writeln!(
                text,
                "/// `{namespace}:{name}`.\npub mod {} {{",
                snake(name)
            )
            .unwrap();
        }
        text.push_str(&generator.interface(interface));
    }
    text.push_str("}\n");
    text
}

/// What a named type is used for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Use {
    /// It is lifted from flat values.
    Lift,
    /// It is lifted from memory.
    Load,
    /// It is lowered into memory.
    Store,
    /// It is lowered to a flat value.
    Lower,
}

impl Use {
    fn is_param(self) -> bool {
        matches!(self, Use::Lift | Use::Load)
    }
}

struct Generator<'a> {
    host: &'a Host,
    config: &'a Config<'a>,
    /// The named types that generated functions mention.
    uses: BTreeMap<TypeName, BTreeSet<Use>>,
    /// The interface whose module is being written.
    current: String,
}

impl Generator<'_> {
    fn header(&self) -> String {
        let host = self.config.host;
        format!(
            "//! {}
//!
//! Generated from the WIT files in `wit/`; don't edit. `BLESS=1 cargo test -p nanocc-wit` rewrites it.
//!
//! A function `f` of the interface `wasi:package/some-name` is lifted here, served by
//! `{host}::package::some_name::f`, and its result is lowered here. Names are WIT's in Rust's spelling:
//!
//! | WIT | here and in the host's modules |
//! |---|---|
//! | function `get-stdout` | `get_stdout(cx: &mut Cx) -> ...` |
//! | method `check-write` of `output-stream` | `output_stream_check_write(cx, self_: Borrow<OutputStream>)` |
//! | static function `f` of `r` | `r_f(cx, ...)` |
//! | constructor of `r` | `new_r(cx, ...) -> Own<R>` |
//! | destructor of `r` | `drop_r(cx, Own<R>)`, called when a handle that owns is dropped |
//! | a name that is a word of Rust's | with `_` after it |
//!
//! | WIT type | parameter | result |
//! |---|---|---|
//! | `string` | `GuestStr` | `NewStr`, by `Cx::string` |
//! | `list<t>` | `GuestSlice<T>` | `NewList<T>`, by `Cx::list` |
//! | `own<r>` | `Own<R>` | `Own<R>` |
//! | `borrow<r>` | `Borrow<R>` | |
//! | `option`, `result`, tuples, numbers, `bool`, `char` | Rust's own | Rust's own |
//! | named types | the type of this file's module of the interface | the same |
//!
//! A source of authority has a second entry, `[denied]f`, for those who weren't granted it, served by `denied::f`. A resource `r` has
//! `[unheld]r`, which the functions whose first argument is a handle of it are in a program that can't have one: lifting
//! the handle traps. What takes a handle of a resource that nothing makes yet is the same.
//!
//! # Safety
//!
//! Every exported function has the contract of `Cx::enter`.
#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs, clippy::missing_safety_doc, clippy::module_inception, clippy::result_unit_err, clippy::type_complexity)]

",
            self.config.title
        )
    }

    /// Whether a function's first parameter, which is lifted before all others, is a handle of a
    /// resource that nothing makes.
    fn unheld(&self, function: &Function) -> Option<ResourceNumber> {
        match function.params.first() {
            Some((_, Type::Borrow(number) | Type::Own(number))) if self.is_unheld(*number) => {
                Some(*number)
            }
            _ => None,
        }
    }

    fn is_unheld(&self, number: ResourceNumber) -> bool {
        let resource = self.host.resource(number).expect("resource");
        let name = format!("{}/{}", resource.interface, resource.name);
        self.config.unheld.contains(&name.as_str())
    }

    fn note(&mut self, function: &Function) {
        if self.unheld(function).is_some() {
            return;
        }
        refuse_loans(function);
        let signature = function.core_signature();
        for (_, ty) in function.params {
            self.note_type(
                ty,
                if signature.spilled_params {
                    Use::Load
                } else {
                    Use::Lift
                },
            );
        }
        if let Some(ty) = &function.result {
            self.note_type(
                ty,
                if signature.return_pointer {
                    Use::Store
                } else {
                    Use::Lower
                },
            );
        }
    }

    fn note_type(&mut self, ty: &Type, usage: Use) {
        let name = match ty {
            Type::Record(record) => Some(record.name),
            Type::Variant(variant) => Some(variant.name),
            Type::Enum(cases) => Some(cases.name),
            Type::Flags(flags) => Some(flags.name),
            _ => None,
        };
        if let Some(name) = name {
            self.uses.entry(name).or_default().insert(usage);
        }
        match ty {
            Type::List(element) => {
                self.note_type(
                    element,
                    if usage.is_param() {
                        Use::Load
                    } else {
                        Use::Store
                    },
                );
            }
            Type::Record(record) => record.types().for_each(|ty| self.note_type(&ty, usage)),
            Type::Tuple(types) => types.iter().for_each(|ty| self.note_type(ty, usage)),
            _ => ty
                .payloads()
                .iter()
                .flatten()
                .for_each(|ty| self.note_type(ty, usage)),
        }
    }

    fn interface(&mut self, interface: &Interface) -> String {
        let mut items = String::new();
        let name = format!("{}/{}", interface.package, interface.name);
        self.current.clone_from(&name);
        for (number, resource) in self.host.resources.iter().enumerate() {
            if resource.interface == name {
                self.resource(
                    &mut items,
                    interface,
                    ResourceNumber(number as u32),
                    resource.name,
                );
            }
        }
        for export in interface.types {
            if let Definition::Value(ty) = export.definition {
                self.named(&mut items, &name, &ty);
            }
        }
        for function in interface.functions {
            self.function(&mut items, interface, function, false);
            if self.config.sources.contains(&(&name, function.name)) {
                self.function(&mut items, interface, function, true);
            }
        }
        self.layouts(&mut items, interface);
        let mut text = format!(
            "    /// `{interface}`.\n    pub mod {} {{\n",
            snake(interface.name)
        );
        if items.contains("Caller") {
            text.push_str("        use nanocc_shim_abi::Caller;\n\n");
        }
        // Only what is used, so that no lint has to be silenced.
        let vocabulary = [
            "Borrow",
            "Cx",
            "Destination",
            "GuestSlice",
            "GuestStr",
            "Load",
            "NewList",
            "NewStr",
            "Own",
            "Resource",
            "Source",
            "Store",
            "Value",
            "has_layout",
            "invalid_discriminant",
            "unheld",
        ];
        let words: BTreeSet<&str> = items
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .collect();
        let used: Vec<&str> = vocabulary
            .into_iter()
            .filter(|word| words.contains(word))
            .collect();
        match used.as_slice() {
            [] => {}
            [one] => writeln!(text, "        use crate::guest::{one};").unwrap(),
            more => writeln!(text, "        use crate::guest::{{{}}};", more.join(", ")).unwrap(),
        }
        text.push_str(&items);
        text.push_str("    }\n");
        text
    }

    /// Assertions that the layouts that the traits compute for generic types are the model's.
    fn layouts(&self, text: &mut String, interface: &Interface) {
        let mut layouts = BTreeSet::new();
        for function in interface.functions {
            if self.unheld(function).is_none() {
                let signature = function.core_signature();
                for (_, ty) in function.params {
                    self.add_layouts(&mut layouts, ty, true, signature.spilled_params);
                }
                if let Some(ty) = &function.result {
                    self.add_layouts(&mut layouts, ty, false, signature.return_pointer);
                }
            }
        }
        if layouts.is_empty() {
            return;
        }
        text.push_str("\n        const _: () = {\n");
        for (rust, size, align) in layouts {
            writeln!(
                text,
                "            assert!(has_layout::<{rust}>({size}, {align}));"
            )
            .unwrap();
        }
        text.push_str("        };\n");
    }

    fn add_layouts(
        &self,
        layouts: &mut BTreeSet<(String, u32, u32)>,
        ty: &Type,
        is_param: bool,
        in_memory: bool,
    ) {
        let generic = matches!(ty, Type::Tuple(_) | Type::Option(_) | Type::Result(_));
        if in_memory && generic {
            layouts.insert((self.rust_type(ty, is_param), ty.size(), ty.align()));
        }
        match ty {
            Type::List(element) => self.add_layouts(layouts, element, is_param, true),
            Type::Record(record) => {
                record
                    .types()
                    .for_each(|ty| self.add_layouts(layouts, &ty, is_param, in_memory));
            }
            Type::Tuple(types) => types
                .iter()
                .for_each(|ty| self.add_layouts(layouts, ty, is_param, in_memory)),
            _ => {
                ty.payloads()
                    .iter()
                    .flatten()
                    .for_each(|ty| self.add_layouts(layouts, ty, is_param, in_memory));
            }
        }
    }

    fn resource(
        &self,
        text: &mut String,
        interface: &Interface,
        number: ResourceNumber,
        name: &str,
    ) {
        let rust = camel(name);
        let symbol = self.host.drop_symbol(number).expect("resource");
        let abi = self.config.abi;
        writeln!(
            text,
            "\n        /// The resource `{name}`.\n        pub enum {rust} {{}}\n\n        \
             impl Resource for {rust} {{\n            const TYPE: u32 = {};\n        }}\n\n        \
             #[unsafe(export_name = \"{symbol}\")]\n        \
             pub unsafe extern \"{abi}\" fn drop_{}(caller: *const Caller, handle: u32) {{",
            number.0,
            snake_part(name),
        )
        .unwrap();
        if self.is_unheld(number) {
            writeln!(text, "            // SAFETY: the caller's.\n            unsafe {{ unheld::<{rust}>(caller, handle) }}")
                .unwrap();
        } else {
            writeln!(
                text,
                "            // SAFETY: the caller's.\n            let mut cx = unsafe {{ Cx::enter(caller) }};\n            \
                 if let Some(resource) = cx.drop_handle::<{rust}>(handle) {{\n                {}::drop_{}(&mut cx, resource);\n            }}",
                self.module(interface),
                snake_part(name),
            )
            .unwrap();
        }
        text.push_str("        }\n");
        let symbol = self.host.unheld_symbol(number).expect("resource");
        writeln!(
            text,
            "\n        #[unsafe(export_name = \"{symbol}\")]\n        \
             pub unsafe extern \"{abi}\" fn unheld_{}(caller: *const Caller, handle: u32) {{\n            \
             // SAFETY: the caller's.\n            unsafe {{ unheld::<{rust}>(caller, handle) }}\n        }}",
            snake_part(name),
        )
        .unwrap();
    }

    fn module(&self, interface: &Interface) -> String {
        let (_, package) = interface.package.split_once(':').expect("package name");
        format!(
            "{}::{}::{}",
            self.config.host,
            snake(package),
            snake(interface.name)
        )
    }

    /// The exported function, or the one for those who weren't granted it.
    fn function(
        &self,
        text: &mut String,
        interface: &Interface,
        function: &Function,
        denied: bool,
    ) {
        let signature = function.core_signature();
        let unheld = self.unheld(function);
        let mut lines: Vec<String> = Vec::new();
        // The names of the core parameters.
        let mut names: Vec<String> = Vec::new();
        if signature.spilled_params {
            names.push("params".to_owned());
            let types = || function.params.iter().map(|(_, ty)| *ty);
            let whole = Type::Tuple(Vec::leak(types().collect()));
            lines.push(format!(
                "cx.source(params, {}, {});",
                whole.size(),
                whole.align()
            ));
            for ((name, ty), offset) in function.params.iter().zip(offsets(types())) {
                lines.push(format!("let {} = {};", local(name), self.load(ty, offset)));
            }
        } else {
            for (name, ty) in function.params {
                let flat = ty.flatten();
                let own: Vec<String> = match flat.len() {
                    1 => vec![local(name)],
                    count => (0..count)
                        .map(|index| format!("{}_{index}", snake_part(name)))
                        .collect(),
                };
                let values: Vec<(String, Flat)> = own.iter().cloned().zip(flat).collect();
                let lifted = self.lift(ty, &values);
                if lifted != local(name) {
                    lines.push(format!("let {} = {lifted};", local(name)));
                }
                names.extend(own);
            }
        }
        if signature.return_pointer {
            names.push("ret".to_owned());
        }
        let rust_name = function_name(function.name);
        let arguments = function
            .params
            .iter()
            .map(|(name, _)| format!(", {}", local(name)))
            .collect::<String>();
        let (call, rust_name, symbol) = {
            let module = self.module(interface);
            let of = if denied { "denied::" } else { "" };
            let call = format!("{module}::{of}{rust_name}(&mut cx{arguments})");
            match denied {
                false => (call, rust_name, symbol(interface, function)),
                true => (
                    call,
                    format!("denied_{rust_name}"),
                    denied_symbol(interface, function),
                ),
            }
        };
        match &function.result {
            None => lines.push(format!("{call};")),
            // Nothing to lower: the call is the result.
            Some(ty) if !signature.return_pointer && self.lower(ty, "result") == "result" => {
                lines.push(call)
            }
            Some(ty) => {
                lines.push(format!(
                    "let result: {} = {call};",
                    self.rust_type(ty, false)
                ));
                lines.push(match signature.return_pointer {
                    true => "cx.store(ret, result);".to_owned(),
                    false => self.lower(ty, "result"),
                });
            }
        }
        let mut params = String::from("caller: *const Caller");
        for (index, (name, flat)) in names.iter().zip(&signature.params).enumerate() {
            let unused = if unheld.is_some() && index != 0 {
                "_"
            } else {
                ""
            };
            write!(params, ", {unused}{name}: {}", core(*flat)).unwrap();
        }
        let result = signature
            .result
            .map_or_else(String::new, |flat| format!(" -> {}", core(flat)));
        let abi = self.config.abi;
        writeln!(
            text,
            "\n        #[unsafe(export_name = \"{}\")]\n        \
             pub unsafe extern \"{abi}\" fn {rust_name}({params}){result} {{\n            // SAFETY: the caller's.",
            symbol
        )
        .unwrap();
        if let Some(number) = unheld {
            assert!(
                !signature.spilled_params,
                "{}: the handle is in memory",
                function.name
            );
            writeln!(
                text,
                "            unsafe {{ unheld::<{}>(caller, {}) }}",
                self.resource_path(number),
                names[0]
            )
            .unwrap();
        } else {
            writeln!(
                text,
                "            let mut cx = unsafe {{ Cx::enter(caller) }};"
            )
            .unwrap();
            for line in lines {
                writeln!(text, "            {line}").unwrap();
            }
        }
        text.push_str("        }\n");
    }

    /// Reads a spilled parameter.
    fn load(&self, ty: &Type, offset: u32) -> String {
        let at = if offset == 0 {
            "params".to_owned()
        } else {
            format!("params + {offset}")
        };
        match ty {
            Type::Own(number) => format!(
                "cx.lift_own::<{}>(cx.load({at}))",
                self.resource_path(*number)
            ),
            _ => format!("cx.load::<{}>({at})", self.rust_type(ty, true)),
        }
    }

    /// An expression that lifts flat values, which are expressions of the flat types that `ty` has.
    fn lift(&self, ty: &Type, flat: &[(String, Flat)]) -> String {
        let first = || flat[0].0.clone();
        match ty {
            Type::Bool => format!("{} != 0", first()),
            Type::U8 | Type::S8 | Type::U16 | Type::S16 | Type::S32 | Type::S64 => {
                format!("{} as {}", first(), self.rust_type(ty, true))
            }
            Type::U32 | Type::U64 | Type::F32 | Type::F64 => first(),
            Type::Char => format!("Cx::lift_char({})", first()),
            Type::String | Type::List(_) => {
                let rust = self
                    .rust_type(ty, true)
                    .replace("GuestSlice<", "GuestSlice::<");
                format!("{rust}::lift(&cx, {}, {})", flat[0].0, flat[1].0)
            }
            Type::Own(number) => format!(
                "cx.lift_own::<{}>({})",
                self.resource_path(*number),
                first()
            ),
            Type::Borrow(number) => format!(
                "cx.lift_borrow::<{}>({})",
                self.resource_path(*number),
                first()
            ),
            Type::Enum(cases) => format!("{}::lift({})", self.path(cases.name), first()),
            Type::Flags(flags) => {
                let path = self.path(flags.name);
                match flags.bytes() {
                    4 => format!("{path}::from_bits({})", first()),
                    bytes => format!("{path}::from_bits({} as u{})", first(), bytes * 8),
                }
            }
            Type::Record(record) => {
                let values = self.lift_sequence(record.types(), flat);
                let fields: Vec<String> = record
                    .fields
                    .iter()
                    .zip(values)
                    .map(|((name, _), value)| format!("{}: {value}", snake(name)))
                    .collect();
                format!("{} {{ {} }}", self.path(record.name), fields.join(", "))
            }
            Type::Tuple(types) => {
                let values = self.lift_sequence(types.iter().copied(), flat);
                format!("({},)", values.join(", "))
            }
            Type::Variant(_) | Type::Option(_) | Type::Result(_) => {
                let mut arms = String::new();
                for (number, (constructor, payload)) in
                    self.constructors(ty).into_iter().enumerate()
                {
                    let payload = match payload {
                        Some(payload) => {
                            let wanted = payload.flatten();
                            let values: Vec<(String, Flat)> = flat[1..]
                                .iter()
                                .zip(wanted)
                                .map(|((value, joined), wanted)| {
                                    (split(value, *joined, wanted), wanted)
                                })
                                .collect();
                            format!("({})", self.lift(&payload, &values))
                        }
                        None if matches!(ty, Type::Result(_)) => "(())".to_owned(),
                        None => String::new(),
                    };
                    write!(arms, "{number} => {constructor}{payload}, ").unwrap();
                }
                format!("match {} {{ {arms}_ => invalid_discriminant() }}", first())
            }
        }
    }

    fn lift_sequence(
        &self,
        types: impl Iterator<Item = Type>,
        flat: &[(String, Flat)],
    ) -> Vec<String> {
        let mut rest = flat;
        let lift = |ty: Type| {
            let (own, others) = rest.split_at(ty.flatten().len());
            rest = others;
            self.lift(&ty, own)
        };
        types.map(lift).collect()
    }

    /// The constructors of a variant, in order, and their payloads.
    fn constructors(&self, ty: &Type) -> Vec<(String, Option<Type>)> {
        match ty {
            Type::Option(payload) => vec![
                ("None".to_owned(), None),
                ("Some".to_owned(), Some(**payload)),
            ],
            Type::Result(result) => {
                vec![("Ok".to_owned(), result.ok), ("Err".to_owned(), result.err)]
            }
            Type::Variant(variant) => {
                let path = self.path(variant.name);
                variant
                    .cases
                    .iter()
                    .map(|(case, payload)| (format!("{path}::{}", camel(case)), *payload))
                    .collect()
            }
            _ => unreachable!("not a variant"),
        }
    }

    /// An expression that lowers a value to its one flat value.
    fn lower(&self, ty: &Type, value: &str) -> String {
        match ty {
            Type::Bool | Type::U8 | Type::U16 | Type::Char => format!("u32::from({value})"),
            Type::S8 | Type::S16 => format!("i32::from({value}) as u32"),
            Type::S32 => format!("{value} as u32"),
            Type::S64 => format!("{value} as u64"),
            Type::U32 | Type::U64 | Type::F32 | Type::F64 => value.to_owned(),
            Type::Own(_) => format!("cx.lower_own({value})"),
            Type::Enum(_) => format!("{value} as u32"),
            Type::Flags(_) => format!("u32::from({value}.bits())"),
            Type::Record(record) => self.lower(
                &record.fields[0].1,
                &format!("{value}.{}", snake(record.fields[0].0)),
            ),
            Type::Tuple(types) => self.lower(&types[0], &format!("{value}.0")),
            Type::Variant(_) | Type::Option(_) | Type::Result(_) => {
                let mut arms = String::new();
                for (number, (constructor, payload)) in
                    self.constructors(ty).into_iter().enumerate()
                {
                    assert!(
                        payload.is_none(),
                        "a variant with a payload has two flat values"
                    );
                    let payload = if matches!(ty, Type::Result(_)) {
                        "(())"
                    } else {
                        ""
                    };
                    write!(arms, "{constructor}{payload} => {number}, ").unwrap();
                }
                format!("match {value} {{ {} }}", arms.trim_end_matches(", "))
            }
            Type::String | Type::List(_) | Type::Borrow(_) => unreachable!("never one flat result"),
        }
    }

    /// The Rust type of a parameter's or a result's value.
    fn rust_type(&self, ty: &Type, is_param: bool) -> String {
        let unit = |ty: &Option<Type>| {
            ty.map_or_else(|| "()".to_owned(), |ty| self.rust_type(&ty, is_param))
        };
        let scalar = match ty {
            Type::Bool => "bool",
            Type::S8 => "i8",
            Type::U8 => "u8",
            Type::S16 => "i16",
            Type::U16 => "u16",
            Type::S32 => "i32",
            Type::U32 => "u32",
            Type::S64 => "i64",
            Type::U64 => "u64",
            Type::F32 => "f32",
            Type::F64 => "f64",
            Type::Char => "char",
            Type::String if is_param => "GuestStr",
            Type::String => "NewStr",
            Type::List(element) => {
                let element = self.rust_type(element, is_param);
                return format!(
                    "{}<{element}>",
                    if is_param { "GuestSlice" } else { "NewList" }
                );
            }
            Type::Tuple(types) => {
                assert!(
                    types.len() <= 8,
                    "a tuple of more than eight: add it to `tuples!` in value.rs"
                );
                let types: Vec<String> = types
                    .iter()
                    .map(|ty| self.rust_type(ty, is_param))
                    .collect();
                return format!("({},)", types.join(", "))
                    .replace(",)", if types.len() == 1 { ",)" } else { ")" });
            }
            Type::Option(payload) => {
                return format!("Option<{}>", self.rust_type(payload, is_param));
            }
            Type::Result(result) => {
                return format!("Result<{}, {}>", unit(&result.ok), unit(&result.err));
            }
            Type::Own(number) => return format!("Own<{}>", self.resource_path(*number)),
            Type::Borrow(number) => return format!("Borrow<{}>", self.resource_path(*number)),
            Type::Record(record) => return self.path(record.name),
            Type::Variant(variant) => return self.path(variant.name),
            Type::Enum(cases) => return self.path(cases.name),
            Type::Flags(flags) => return self.path(flags.name),
        };
        scalar.to_owned()
    }

    fn resource_path(&self, number: ResourceNumber) -> String {
        let resource = self.host.resource(number).expect("resource");
        self.path(TypeName {
            interface: resource.interface,
            name: resource.name,
        })
    }

    /// The path of a named type from within the current module.
    fn path(&self, name: TypeName) -> String {
        if name.interface == self.current {
            return camel(name.name);
        }
        assert!(
            self.host.interface(name.interface).is_some(),
            "{} is used, so it has to be served",
            name.interface
        );
        let (package, interface) = name.interface.split_once('/').expect("interface name");
        let (_, package) = package.split_once(':').expect("package name");
        format!(
            "super::super::{}::{}::{}",
            snake(package),
            snake(interface),
            camel(name.name)
        )
    }
}

/// Lifting a borrow doesn't count a loan, which only shows where the same call takes the lent handle's
/// resource away later on: then lifting the `own` would have to trap.
fn refuse_loans(function: &Function) {
    let mut lent = Vec::new();
    for (name, ty) in function.params {
        let mut taken = Vec::new();
        handles(ty, &mut lent, &mut taken);
        let both = taken.iter().any(|number| lent.contains(number));
        assert!(
            !both,
            "{}: {name} may own what an earlier parameter borrows: it needs loans",
            function.name
        );
    }
}

/// The resources that handles in a type borrow and own.
fn handles(ty: &Type, lent: &mut Vec<ResourceNumber>, taken: &mut Vec<ResourceNumber>) {
    match ty {
        Type::Borrow(number) => lent.push(*number),
        Type::Own(number) => taken.push(*number),
        Type::List(element) => handles(element, lent, taken),
        Type::Record(record) => record.types().for_each(|ty| handles(&ty, lent, taken)),
        Type::Tuple(types) => types.iter().for_each(|ty| handles(ty, lent, taken)),
        _ => ty
            .payloads()
            .iter()
            .flatten()
            .for_each(|ty| handles(ty, lent, taken)),
    }
}

/// A case's flat value out of the joined one.
fn split(value: &str, joined: Flat, wanted: Flat) -> String {
    match (joined, wanted) {
        (Flat::I32, Flat::F32) => format!("f32::from_bits({value})"),
        (Flat::I64, Flat::I32) => format!("{value} as u32"),
        (Flat::I64, Flat::F32) => format!("f32::from_bits({value} as u32)"),
        (Flat::I64, Flat::F64) => format!("f64::from_bits({value})"),
        (joined, wanted) => {
            assert_eq!(joined, wanted, "nothing joins these");
            value.to_owned()
        }
    }
}

fn core(flat: Flat) -> &'static str {
    match flat {
        Flat::I32 => "u32",
        Flat::I64 => "u64",
        Flat::F32 => "f32",
        Flat::F64 => "f64",
    }
}
