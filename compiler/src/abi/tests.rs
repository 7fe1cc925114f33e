//! Layouts and flat signatures against wit-parser's, which implements the same rules by itself.

use super::*;
use proptest::prelude::*;
use std::fmt::Write;
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Resolve, SizeAlign};

/// A type without resources, as a tree: what the strategies make.
#[derive(Debug, Clone)]
pub(crate) enum Ast {
    /// An index into [`PRIMITIVES`].
    Primitive(usize),
    List(Box<Ast>),
    Record(Vec<Ast>),
    Tuple(Vec<Ast>),
    Variant(Vec<Option<Ast>>),
    Enum(usize),
    Flags(usize),
    Option(Box<Ast>),
    Result(Option<Box<Ast>>, Option<Box<Ast>>),
}

/// The primitive types and their names in WIT.
pub(crate) const PRIMITIVES: [(Type, &str); 13] = [
    (Type::Bool, "bool"),
    (Type::S8, "s8"),
    (Type::U8, "u8"),
    (Type::S16, "s16"),
    (Type::U16, "u16"),
    (Type::S32, "s32"),
    (Type::U32, "u32"),
    (Type::S64, "s64"),
    (Type::U64, "u64"),
    (Type::F32, "f32"),
    (Type::F64, "f64"),
    (Type::Char, "char"),
    (Type::String, "string"),
];

/// Types of some depth, every kind among them.
pub(crate) fn types() -> impl Strategy<Value = Ast> {
    let leaf = prop_oneof![
        8 => (0..PRIMITIVES.len()).prop_map(Ast::Primitive),
        1 => prop_oneof![1..5usize, 255..258usize].prop_map(Ast::Enum),
        1 => prop_oneof![1..=32usize, Just(8), Just(9), Just(16), Just(17)].prop_map(Ast::Flags),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let optional = || proptest::option::of(inner.clone().prop_map(Box::new));
        prop_oneof![
            inner.clone().prop_map(|t| Ast::List(Box::new(t))),
            prop::collection::vec(inner.clone(), 1..6).prop_map(Ast::Record),
            prop::collection::vec(inner.clone(), 1..6).prop_map(Ast::Tuple),
            prop::collection::vec(proptest::option::of(inner.clone()), 1..5).prop_map(Ast::Variant),
            inner.clone().prop_map(|t| Ast::Option(Box::new(t))),
            (optional(), optional()).prop_map(|(ok, err)| Ast::Result(ok, err)),
        ]
    })
}

impl Ast {
    /// The type in `types`.
    pub(crate) fn intern(&self, types: &mut Types) -> TypeId {
        let ty = match self {
            Ast::Primitive(index) => PRIMITIVES[*index].0.clone(),
            Ast::List(element) => Type::List(element.intern(types)),
            Ast::Record(fields) => Type::Record(
                fields
                    .iter()
                    .enumerate()
                    .map(|(index, field)| (format!("f{index}"), field.intern(types)))
                    .collect(),
            ),
            Ast::Tuple(fields) => {
                Type::Tuple(fields.iter().map(|field| field.intern(types)).collect())
            }
            Ast::Variant(cases) => Type::Variant(
                cases
                    .iter()
                    .enumerate()
                    .map(|(index, case)| {
                        let payload = case.as_ref().map(|case| case.intern(types));
                        (format!("c{index}"), payload)
                    })
                    .collect(),
            ),
            Ast::Enum(cases) => Type::Enum((0..*cases).map(|case| format!("e{case}")).collect()),
            Ast::Flags(labels) => {
                Type::Flags((0..*labels).map(|label| format!("b{label}")).collect())
            }
            Ast::Option(some) => Type::Option(some.intern(types)),
            Ast::Result(ok, err) => Type::Result {
                ok: ok.as_ref().map(|ok| ok.intern(types)),
                err: err.as_ref().map(|err| err.intern(types)),
            },
        };
        types.intern(ty)
    }

    /// Declares the type in WIT and gives its name.
    fn declare(&self, wit: &mut String, count: &mut u32) -> String {
        let optional = |ty: &Option<Box<Ast>>, wit: &mut String, count: &mut u32| {
            ty.as_ref()
                .map_or_else(|| "_".to_owned(), |ty| ty.declare(wit, count))
        };
        let body = match self {
            Ast::Primitive(index) => return PRIMITIVES[*index].1.to_owned(),
            Ast::List(element) => format!("list<{}>", element.declare(wit, count)),
            Ast::Tuple(fields) => {
                let fields: Vec<_> = fields.iter().map(|ty| ty.declare(wit, count)).collect();
                format!("tuple<{}>", fields.join(", "))
            }
            Ast::Option(some) => format!("option<{}>", some.declare(wit, count)),
            Ast::Result(ok, err) => {
                let (ok, err) = (optional(ok, wit, count), optional(err, wit, count));
                match (ok.as_str(), err.as_str()) {
                    ("_", "_") => "result".to_owned(),
                    (ok, "_") => format!("result<{ok}>"),
                    (ok, err) => format!("result<{ok}, {err}>"),
                }
            }
            Ast::Record(fields) => {
                let fields: Vec<_> = fields
                    .iter()
                    .enumerate()
                    .map(|(index, ty)| format!("f{index}: {}", ty.declare(wit, count)))
                    .collect();
                return declaration("record", &fields, wit, count);
            }
            Ast::Variant(cases) => {
                let cases: Vec<_> = cases
                    .iter()
                    .enumerate()
                    .map(|(index, case)| match case {
                        Some(ty) => format!("c{index}({})", ty.declare(wit, count)),
                        None => format!("c{index}"),
                    })
                    .collect();
                return declaration("variant", &cases, wit, count);
            }
            Ast::Enum(cases) => {
                let cases: Vec<_> = (0..*cases).map(|case| format!("e{case}")).collect();
                return declaration("enum", &cases, wit, count);
            }
            Ast::Flags(labels) => {
                let labels: Vec<_> = (0..*labels).map(|label| format!("b{label}")).collect();
                return declaration("flags", &labels, wit, count);
            }
        };
        *count += 1;
        writeln!(wit, "type t{count} = {body};").unwrap();
        format!("t{count}")
    }
}

fn declaration(kind: &str, items: &[String], wit: &mut String, count: &mut u32) -> String {
    *count += 1;
    writeln!(wit, "{kind} t{count} {{ {} }}", items.join(", ")).unwrap();
    format!("t{count}")
}

fn core(types: &[WasmType]) -> Vec<ValType> {
    types
        .iter()
        .map(|ty| match ty {
            WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
            WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
            WasmType::F32 => ValType::F32,
            WasmType::F64 => ValType::F64,
        })
        .collect()
}

/// Compares everything about a function of these types.
fn compare(params: &[Ast], result: Option<&Ast>) {
    let mut ours = Types::default();
    let func = FuncType {
        params: params
            .iter()
            .enumerate()
            .map(|(index, ty)| (format!("p{index}"), ty.intern(&mut ours)))
            .collect(),
        result: result.map(|ty| ty.intern(&mut ours)),
    };

    let (mut wit, mut count) = (String::new(), 0);
    let names: Vec<_> = params
        .iter()
        .enumerate()
        .map(|(index, ty)| format!("p{index}: {}", ty.declare(&mut wit, &mut count)))
        .collect();
    let result_name = result.map(|ty| ty.declare(&mut wit, &mut count));
    let arrow = result_name.map_or_else(String::new, |name| format!(" -> {name}"));
    let text = format!(
        "package a:b;\ninterface i {{\n{wit}f: func({}){arrow};\n}}",
        names.join(", ")
    );
    let mut resolve = Resolve::default();
    resolve.push_str("a.wit", &text).expect(&text);
    let mut sizes = SizeAlign::default();
    sizes.fill(&resolve);
    let theirs = &resolve.interfaces.iter().next().unwrap().1.functions["f"];

    let pairs = func
        .params
        .iter()
        .map(|param| param.1)
        .zip(theirs.params.iter().map(|param| &param.ty))
        .chain(func.result.zip(theirs.result.as_ref()));
    for (ours_id, theirs) in pairs {
        let layout = layout(&ours, ours_id);
        assert_eq!(
            layout.size as usize,
            sizes.size(theirs).size_wasm32(),
            "{text}"
        );
        assert_eq!(
            layout.align as usize,
            sizes.align(theirs).align_wasm32(),
            "{text}"
        );
    }
    let (offsets, area) = record(&ours, func.params.iter().map(|param| param.1));
    let their_area = sizes.params(theirs.params.iter().map(|param| &param.ty));
    assert_eq!(area.size as usize, their_area.size.size_wasm32(), "{text}");
    let their_offsets: Vec<u32> = sizes
        .field_offsets(theirs.params.iter().map(|param| &param.ty))
        .iter()
        .map(|(offset, _)| offset.size_wasm32() as u32)
        .collect();
    assert_eq!(offsets, their_offsets, "{text}");

    let lowered = lowered_signature(&ours, &func);
    let their_lowered = resolve.wasm_signature(AbiVariant::GuestImport, theirs);
    assert_eq!(lowered.params, core(&their_lowered.params), "{text}");
    assert_eq!(lowered.results, core(&their_lowered.results), "{text}");
    let lifted = lifted_signature(&ours, &func);
    let their_lifted = resolve.wasm_signature(AbiVariant::GuestExport, theirs);
    assert_eq!(lifted.params, core(&their_lifted.params), "{text}");
    assert_eq!(lifted.results, core(&their_lifted.results), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn agrees_with_wit_parser(
        params in prop::collection::vec(types(), 0..6),
        result in proptest::option::of(types()),
    ) {
        compare(&params, result.as_ref());
    }
}

#[test]
fn agrees_at_the_edges() {
    for labels in 1..=32 {
        compare(&[Ast::Flags(labels)], Some(&Ast::Flags(labels)));
    }
    for cases in [1, 2, 255, 256, 257, 65535, 65536, 65537] {
        compare(&[Ast::Enum(cases)], Some(&Ast::Enum(cases)));
    }
    // Where a payload lies depends on the discriminant's size and on the greatest alignment.
    for cases in [1, 255, 256, 257, 1000] {
        for payload in [2, 4, 6, 8] {
            let mut list = vec![None; cases];
            list[cases - 1] = Some(Ast::Primitive(payload));
            list[cases / 2] = Some(Ast::Primitive(9));
            compare(&[Ast::Variant(list.clone())], Some(&Ast::Variant(list)));
        }
    }
    // Sixteen and seventeen flat parameters.
    for count in [15, 16, 17] {
        compare(&vec![Ast::Primitive(8); count], Some(&Ast::Primitive(12)));
    }
}

#[test]
fn discriminants_grow_with_the_cases() {
    for (cases, size) in [(1, 1), (256, 1), (257, 2), (65536, 2), (65537, 4)] {
        assert_eq!(discriminant_size(cases), size);
    }
}

#[test]
fn joins_hold_both() {
    use ValType::{F32, F64, I32, I64};
    assert_eq!(join(F32, I32), I32);
    assert_eq!(join(F32, F32), F32);
    assert_eq!(join(F32, F64), I64);
    assert_eq!(join(I32, F64), I64);
    assert_eq!(join(I32, I64), I64);
    for a in [I32, I64, F32, F64] {
        for b in [I32, I64, F32, F64] {
            assert_eq!(join(a, b), join(b, a));
            // Once joined, a core type may be joined again with either.
            assert_eq!(join(join(a, b), a), join(a, b));
        }
    }
}

#[test]
fn absurd_sizes_saturate() {
    let mut types = Types::default();
    let mut ty = types.intern(Type::U64);
    for _ in 0..10 {
        ty = types.intern(Type::Tuple(vec![ty; 4]));
    }
    assert_eq!(layout(&types, ty).size, 8 << 20);
    // Shared parts: as a tree this would have 10^30 leaves.
    for _ in 0..10 {
        ty = types.intern(Type::Tuple(vec![ty; 1000]));
    }
    assert_eq!(layout(&types, ty).size, u32::MAX);
    assert_eq!(flatten(&types, ty).len(), MAX_FLAT_PARAMS + 1);
}
