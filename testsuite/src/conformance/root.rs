//! A script's components as one program.
//!
//! A program has one root. So the script's components become instances within a root of the runner's own, in the order
//! in which the script makes them; and beside them stands the host: a core module with a memory, and for each
//! instance a core module whose functions are the script's calls. Each puts its arguments into the host's memory, calls
//! the lowered function, and leaves the result there, from where the driver reads it. To the instances this is
//! what it would be for a real host, which is in no component either: the caller of every function is an
//! instance around all of them, so that whatever a call enters, it enters from outside.
//!
//! Nothing of this touches the script's components: their bytes are in the program as they are.

use super::abi::{self, Core, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, Memory};
use crate::Result;
use std::collections::BTreeMap;
use std::fmt::Write;
use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, Component, ComponentAliasSection,
    ComponentExportKind, ComponentExportSection, ComponentInstanceSection, ComponentTypeSection,
    ComponentValType, ExportKind, InstanceSection, ModuleArg, RawSection,
};
use wasm_wave::value::{Type, Value};
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentEntityType, ComponentFuncTypeId,
    ComponentValType as ValType,
};
use wasmparser::types::Types;
use wasmparser::{PrimitiveValType, Validator, WasmFeatures};

/// Bytes of the host's memory that a step reads, as numbers of 8 bytes.
pub const WINDOW: usize = 512;
/// How many such steps read a result.
pub const WINDOWS: usize = 4;

/// A function's type.
#[derive(Clone)]
pub struct FuncType {
    pub params: Vec<Type>,
    pub result: Option<Type>,
}

/// Where a call leaves its result.
#[derive(Clone)]
pub enum ResultAt {
    Nothing,
    /// One core value, as 8 bytes.
    Flat(Type, usize),
    Memory(Type, usize),
}

impl ResultAt {
    /// Takes the result from what was read of the host's memory.
    ///
    /// # Errors
    ///
    /// Where it isn't there.
    pub fn read(&self, memory: &[u8]) -> Result<Option<Value>> {
        match self {
            ResultAt::Nothing => Ok(None),
            ResultAt::Flat(ty, at) => {
                let bits = memory.get(*at..).and_then(|bytes| bytes.first_chunk::<8>());
                let bits = bits.ok_or("its result is beyond what was read")?;
                abi::lift(u64::from_le_bytes(*bits), ty).map(Some)
            }
            ResultAt::Memory(ty, at) => abi::load(memory, ty, *at).map(Some),
        }
    }
}

/// A component of the script's.
struct Definition<'a> {
    bytes: &'a [u8],
    types: Types,
}

/// An instance of one, and its calls.
struct Instance {
    definition: usize,
    /// The functions that are called, by name.
    funcs: BTreeMap<String, (Vec<Core>, Vec<Core>)>,
    calls: Vec<Call>,
}

struct Call {
    func: String,
    /// What the host's memory holds.
    memory: Vec<u8>,
    args: Vec<u64>,
    result: ResultAt,
}

/// The root under construction.
#[derive(Default)]
pub struct Root<'a> {
    definitions: Vec<Definition<'a>>,
    instances: Vec<Instance>,
}

impl<'a> Root<'a> {
    /// Adds a component, which is valid.
    pub fn define(&mut self, bytes: &'a [u8]) -> Result<usize> {
        let types = Validator::new_with_features(WasmFeatures::all())
            .validate_all(bytes)
            .map_err(|error| error.to_string())?;
        self.definitions.push(Definition { bytes, types });
        Ok(self.definitions.len() - 1)
    }

    /// Adds an instance of a component.
    pub fn instantiate(&mut self, definition: usize) -> usize {
        self.instances.push(Instance {
            definition,
            funcs: BTreeMap::new(),
            calls: Vec::new(),
        });
        self.instances.len() - 1
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.instances.is_empty()
    }

    /// The type of a function that an instance exports.
    ///
    /// # Errors
    ///
    /// Where there is none of the name, or of a type that no value of a script has.
    pub fn func_type(&self, instance: usize, name: &str) -> Result<FuncType> {
        let types = &self.definitions[self.instances[instance].definition].types;
        let unknown = || format!("no function is exported as `{name}`");
        let (outer, inner) = match name.split_once('#') {
            Some((outer, inner)) => (outer, Some(inner)),
            None => (name, None),
        };
        let mut item = types.component_item_for_export(outer).ok_or_else(unknown)?;
        if let Some(inner) = inner {
            let ComponentEntityType::Instance(id) = item.ty else {
                return Err(unknown());
            };
            item = types[id].exports.get(inner).ok_or_else(unknown)?;
        }
        match item.ty {
            ComponentEntityType::Func(id) => func_type(types, id),
            _ => Err(unknown()),
        }
    }

    /// Adds a call of a function of this type with these arguments; its number, and where its result will be.
    pub fn call(
        &mut self,
        instance: usize,
        name: &str,
        ty: &FuncType,
        args: &[Value],
    ) -> (usize, ResultAt) {
        let mut memory = Memory::default();
        // What no address of a value is.
        memory.alloc(16, 16);
        let mut flat: Vec<Core> = ty.params.iter().flat_map(abi::flat).collect();
        let mut core = Vec::new();
        if flat.len() <= MAX_FLAT_PARAMS {
            for (value, ty) in args.iter().zip(&ty.params) {
                memory.lower(value, ty, &mut core);
            }
        } else {
            flat = vec![Core::I32];
            let (mut size, mut align) = (0usize, 1);
            let mut places = Vec::new();
            for ty in &ty.params {
                size = size.next_multiple_of(abi::align(ty));
                align = align.max(abi::align(ty));
                places.push(size);
                size += abi::size(ty);
            }
            let start = memory.alloc(size.next_multiple_of(align), align);
            for ((value, ty), place) in args.iter().zip(&ty.params).zip(places) {
                memory.store(value, ty, start + place);
            }
            core.push(start as u64);
        }
        let mut results = Vec::new();
        let result = match &ty.result {
            None => ResultAt::Nothing,
            Some(ty) if abi::flat(ty).len() <= MAX_FLAT_RESULTS => {
                results = abi::flat(ty);
                ResultAt::Flat(ty.clone(), memory.alloc(8, 8))
            }
            Some(ty) => {
                let at = memory.alloc(abi::size(ty), abi::align(ty));
                flat.push(Core::I32);
                core.push(at as u64);
                ResultAt::Memory(ty.clone(), at)
            }
        };
        let instance = &mut self.instances[instance];
        instance.funcs.insert(name.to_owned(), (flat, results));
        instance.calls.push(Call {
            func: name.to_owned(),
            memory: memory.bytes,
            args: core,
            result: result.clone(),
        });
        (instance.calls.len() - 1, result)
    }

    /// The component.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let mut component = Component::new();
        let parse = |text: &str| wat::parse_str(text).map_err(|error| format!("{error}\n{text}"));
        let mut modules = Modules::default();
        let host = modules.add(&mut component, &parse(&host())?);
        let mut aliases = ComponentAliasSection::new();
        for (name, kind) in [("mem", ExportKind::Memory), ("realloc", ExportKind::Func)] {
            aliases.alias(Alias::CoreInstanceExport {
                instance: host,
                kind,
                name,
            });
        }
        component.section(&aliases);
        let (mut core_funcs, mut funcs, mut instances) = (1, 0, 0);
        for definition in &self.definitions {
            component.section(&RawSection {
                id: wasm_encoder::ComponentSectionId::Component.into(),
                data: definition.bytes,
            });
        }
        for (number, instance) in self.instances.iter().enumerate() {
            let mut section = ComponentInstanceSection::new();
            let none: [(&str, ComponentExportKind, u32); 0] = [];
            section.instantiate(instance.definition as u32, none);
            component.section(&section);
            let this = instances;
            instances += 1;
            let mut lowered = Vec::new();
            for name in instance.funcs.keys() {
                let mut aliases = ComponentAliasSection::new();
                let (mut from, mut inner) = (this, name.as_str());
                if let Some((outer, rest)) = name.split_once('#') {
                    aliases.alias(Alias::InstanceExport {
                        instance: this,
                        kind: ComponentExportKind::Instance,
                        name: outer,
                    });
                    (from, inner) = (instances, rest);
                    instances += 1;
                }
                aliases.alias(Alias::InstanceExport {
                    instance: from,
                    kind: ComponentExportKind::Func,
                    name: inner,
                });
                component.section(&aliases);
                let mut canonical = CanonicalFunctionSection::new();
                let options = [CanonicalOption::Memory(0), CanonicalOption::Realloc(0)];
                canonical.lower(funcs, options);
                component.section(&canonical);
                lowered.push((name.clone(), ExportKind::Func, core_funcs));
                funcs += 1;
                core_funcs += 1;
            }
            let calls = parse(&calls(number, instance))?;
            modules.instantiate(&mut component, &calls, host, lowered);
        }
        entry(&mut component, core_funcs, funcs, instances, host);
        Ok(component.finish())
    }
}

/// What makes a program of it, and never runs: `wasi:cli/run`. The indexes are those of what comes next.
fn entry(component: &mut Component, core_func: u32, func: u32, instance: u32, host: u32) {
    let mut types = ComponentTypeSection::new();
    types.defined_type().result(None, None);
    let none: [(&str, ComponentValType); 0] = [];
    types
        .function()
        .params(none)
        .result(Some(ComponentValType::Type(0)));
    component.section(&types);
    let mut aliases = ComponentAliasSection::new();
    aliases.alias(Alias::CoreInstanceExport {
        instance: host,
        kind: ExportKind::Func,
        name: "run",
    });
    component.section(&aliases);
    let mut canonical = CanonicalFunctionSection::new();
    canonical.lift(core_func, 1, []);
    component.section(&canonical);
    let mut section = ComponentInstanceSection::new();
    section.export_items([("run", ComponentExportKind::Func, func)]);
    component.section(&section);
    let mut exports = ComponentExportSection::new();
    exports.export(
        "wasi:cli/run@0.2.0",
        ComponentExportKind::Instance,
        instance,
        None,
    );
    component.section(&exports);
}

/// Core modules of the root, and instances of them.
#[derive(Default)]
struct Modules {
    modules: u32,
    instances: u32,
}

impl Modules {
    /// A module and an instance of it without imports; the instance's index.
    fn add(&mut self, component: &mut Component, module: &[u8]) -> u32 {
        self.module(component, module);
        let mut section = InstanceSection::new();
        let none: [(&str, ModuleArg); 0] = [];
        section.instantiate(self.modules - 1, none);
        component.section(&section);
        self.instances += 1;
        self.instances - 1
    }

    fn module(&mut self, component: &mut Component, module: &[u8]) {
        component.section(&RawSection {
            id: wasm_encoder::ComponentSectionId::CoreModule.into(),
            data: module,
        });
        self.modules += 1;
    }

    /// A module and an instance of it, which imports the host and these functions.
    fn instantiate(
        &mut self,
        component: &mut Component,
        module: &[u8],
        host: u32,
        funcs: Vec<(String, ExportKind, u32)>,
    ) {
        self.module(component, module);
        let mut section = InstanceSection::new();
        section.export_items(funcs);
        section.instantiate(
            self.modules - 1,
            [
                ("host", ModuleArg::Instance(host)),
                ("funcs", ModuleArg::Instance(self.instances)),
            ],
        );
        component.section(&section);
        self.instances += 2;
    }
}

/// The core module that marks an instance's end in the program, and whose functions are its calls, exports this.
pub fn marker(instance: usize) -> String {
    format!("instance {instance}")
}

/// The host: a memory, a `realloc` that gives out what comes after the arguments, and windows through which
/// the driver sees the memory.
fn host() -> String {
    let mut text = r#"(module
        (memory (export "mem") 16)
        (func (export "run") (result i32) (i32.const 0))
        (global $next (export "next") (mut i32) (i32.const 0))
        (func (export "realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
            (local $at i32)
            (local.set $at (i32.and
                (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
                (i32.sub (i32.const 0) (local.get $align))))
            (global.set $next (i32.add (local.get $at) (local.get $new)))
            (memory.copy (local.get $at) (local.get $old) (local.get $size))
            (local.get $at))
"#
    .to_owned();
    for window in 0..WINDOWS {
        let _ = write!(text, "(func (export \"read {window}\") (result");
        text += &" i64".repeat(WINDOW);
        text += ")";
        for at in 0..WINDOW {
            let at = (window * WINDOW + at) * 8;
            let _ = write!(text, " (i64.load offset={at} (i32.const 0))");
        }
        text += ")\n";
    }
    text + ")"
}

fn core(ty: Core) -> &'static str {
    match ty {
        Core::I32 => "i32",
        Core::I64 => "i64",
        Core::F32 => "f32",
        Core::F64 => "f64",
    }
}

/// The module of an instance's calls.
fn calls(number: usize, instance: &Instance) -> String {
    let mut text = "(module (import \"host\" \"mem\" (memory 16))\n\
                    (import \"host\" \"next\" (global $next (mut i32)))\n"
        .to_owned();
    let index: BTreeMap<&str, usize> = instance
        .funcs
        .keys()
        .enumerate()
        .map(|(at, name)| (name.as_str(), at))
        .collect();
    for (name, (params, results)) in &instance.funcs {
        let list = |types: &[Core]| {
            types
                .iter()
                .map(|ty| core(*ty))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let _ = writeln!(
            text,
            "(import \"funcs\" \"{name}\" (func (param {}) (result {})))",
            list(params),
            list(results)
        );
    }
    let _ = writeln!(
        text,
        "(global (export \"{}\") i32 (i32.const 0))",
        marker(number)
    );
    for (at, call) in instance.calls.iter().enumerate() {
        let bytes: String = call
            .memory
            .iter()
            .map(|byte| format!("\\{byte:02x}"))
            .collect();
        let (params, results) = &instance.funcs[&call.func];
        let length = call.memory.len();
        let _ = writeln!(
            text,
            "(data $d{at} \"{bytes}\")\n(func (export \"call {at}\")"
        );
        let _ = writeln!(
            text,
            "(memory.init $d{at} (i32.const 0) (i32.const 0) (i32.const {length}))\n\
             (global.set $next (i32.const {length}))"
        );
        let place = match call.result {
            ResultAt::Flat(_, at) => at,
            _ => 0,
        };
        if !results.is_empty() {
            let _ = writeln!(text, "(i32.const {place})");
        }
        for (bits, ty) in call.args.iter().zip(params) {
            let _ = match ty {
                Core::I32 => writeln!(text, "(i32.const {})", *bits as u32),
                Core::I64 => writeln!(text, "(i64.const {bits})"),
                Core::F32 => writeln!(text, "(f32.reinterpret_i32 (i32.const {}))", *bits as u32),
                Core::F64 => writeln!(text, "(f64.reinterpret_i64 (i64.const {bits}))"),
            };
        }
        let _ = writeln!(text, "(call {})", index[call.func.as_str()]);
        if let Some(ty) = results.first() {
            let _ = writeln!(text, "({}.store)", core(*ty));
        }
        text += ")\n";
    }
    text + ")"
}

fn func_type(types: &Types, id: ComponentFuncTypeId) -> Result<FuncType> {
    let ty = &types[id];
    let params = ty.params.iter().map(|(_, ty)| value_type(types, ty));
    Ok(FuncType {
        params: params.collect::<Result<_>>()?,
        result: ty
            .result
            .as_ref()
            .map(|ty| value_type(types, ty))
            .transpose()?,
    })
}

fn value_type(types: &Types, ty: &ValType) -> Result<Type> {
    let id = match ty {
        ValType::Primitive(ty) => return primitive(*ty),
        ValType::Type(id) => *id,
    };
    let maybe = |ty: &Option<ValType>| ty.as_ref().map(|ty| value_type(types, ty)).transpose();
    let made = match &types[id] {
        ComponentDefinedType::Primitive(ty) => return primitive(*ty),
        ComponentDefinedType::Record(record) => {
            let fields = record.fields.iter();
            let fields = fields.map(|(name, ty)| Ok((name.as_str(), value_type(types, ty)?)));
            Type::record(fields.collect::<Result<Vec<_>>>()?)
        }
        ComponentDefinedType::Variant(variant) => {
            let cases = variant.cases.iter();
            let cases = cases.map(|(name, case)| Ok((name.as_str(), maybe(&case.ty)?)));
            Type::variant(cases.collect::<Result<Vec<_>>>()?)
        }
        ComponentDefinedType::List { element, .. } => Some(Type::list(value_type(types, element)?)),
        ComponentDefinedType::Tuple(tuple) => {
            let elements = tuple.types.iter().map(|ty| value_type(types, ty));
            Type::tuple(elements.collect::<Result<Vec<_>>>()?)
        }
        ComponentDefinedType::Flags(names) => Type::flags(names.iter().map(|name| name.as_str())),
        ComponentDefinedType::Enum(names) => Type::enum_ty(names.iter().map(|name| name.as_str())),
        ComponentDefinedType::Option { ty, .. } => Some(Type::option(value_type(types, ty)?)),
        ComponentDefinedType::Result { ok, err, .. } => Some(Type::result(maybe(ok)?, maybe(err)?)),
        _ => None,
    };
    made.ok_or_else(|| {
        format!(
            "no script has values of the type {:?}",
            ComponentAnyTypeId::Defined(id)
        )
    })
}

fn primitive(ty: PrimitiveValType) -> Result<Type> {
    Ok(match ty {
        PrimitiveValType::Bool => Type::BOOL,
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
        PrimitiveValType::Char => Type::CHAR,
        PrimitiveValType::String => Type::STRING,
        PrimitiveValType::ErrorContext => return Err("no script has error contexts".to_owned()),
    })
}
