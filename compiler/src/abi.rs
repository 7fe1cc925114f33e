//! The canonical ABI's layout: how a value of a component type lies in linear memory, and which
//! core values stand for it when it is passed flat.
//!
//! Source: the component model's `design/mvp/CanonicalABI.md`, sections "Despecialization",
//! "Alignment", "Element Size" and "Flattening" (synchronous functions, 32-bit memories). This is
//! the only place that knows these rules: `graph` checks core signatures against it, `adapter`
//! moves values by it.
//!
//! Types are data of the input, so nothing here panics or overflows: sizes saturate at `u32::MAX`,
//! and whoever emits code for a type refuses sizes from [`MAX_SIZE`] on.

use crate::program::{ResourceId, Signature, ValType};
use crate::types::{FuncType, Type, TypeId, Types};
use std::borrow::Cow;

pub use nanocc_shim_abi::{MAX_LIST_BYTES, MAX_STRING_BYTES};

/// More flat parameters than this are passed through memory.
pub const MAX_FLAT_PARAMS: usize = 16;
/// More flat results than this are returned through memory.
pub const MAX_FLAT_RESULTS: usize = 1;
/// Types of this size in bytes or more are refused. Validation bounds types far below it.
pub const MAX_SIZE: u32 = 1 << 28;

/// A value type with the specialised forms spelled out (`tuple` is a record, `enum`, `option` and
/// `result` are variants), and types that are represented alike told apart only where it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape<'t> {
    Scalar(Scalar),
    Bool,
    Char,
    String,
    List(TypeId),
    /// Fields, in order.
    Record(Vec<(Cow<'t, str>, TypeId)>),
    /// Cases, in order.
    Variant(Vec<(Cow<'t, str>, Option<TypeId>)>),
    /// Labels, from bit 0 on.
    Flags(&'t [String]),
    Own(ResourceId),
    Borrow(ResourceId),
}

/// A number: every pattern of its bits is a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    U8,
    S8,
    U16,
    S16,
    /// `u32` and `s32`.
    I32,
    /// `u64` and `s64`.
    I64,
    F32,
    F64,
}

impl Scalar {
    /// Size and alignment in bytes.
    pub fn size(self) -> u32 {
        match self {
            Scalar::U8 | Scalar::S8 => 1,
            Scalar::U16 | Scalar::S16 => 2,
            Scalar::I32 | Scalar::F32 => 4,
            Scalar::I64 | Scalar::F64 => 8,
        }
    }

    /// The core type that stands for it.
    pub fn flat(self) -> ValType {
        match self {
            Scalar::I64 => ValType::I64,
            Scalar::F32 => ValType::F32,
            Scalar::F64 => ValType::F64,
            _ => ValType::I32,
        }
    }
}

/// Despecialises a type.
pub fn shape(types: &Types, ty: TypeId) -> Shape<'_> {
    despecialise(&types[ty])
}

fn despecialise(ty: &Type) -> Shape<'_> {
    match ty {
        Type::Bool => Shape::Bool,
        Type::S8 => Shape::Scalar(Scalar::S8),
        Type::U8 => Shape::Scalar(Scalar::U8),
        Type::S16 => Shape::Scalar(Scalar::S16),
        Type::U16 => Shape::Scalar(Scalar::U16),
        Type::S32 | Type::U32 => Shape::Scalar(Scalar::I32),
        Type::S64 | Type::U64 => Shape::Scalar(Scalar::I64),
        Type::F32 => Shape::Scalar(Scalar::F32),
        Type::F64 => Shape::Scalar(Scalar::F64),
        Type::Char => Shape::Char,
        Type::String => Shape::String,
        Type::List(element) => Shape::List(*element),
        Type::Record(fields) => Shape::Record(
            fields
                .iter()
                .map(|(name, ty)| (Cow::Borrowed(name.as_str()), *ty))
                .collect(),
        ),
        Type::Tuple(types) => Shape::Record(
            types
                .iter()
                .enumerate()
                .map(|(index, ty)| (Cow::Owned(index.to_string()), *ty))
                .collect(),
        ),
        Type::Variant(cases) => Shape::Variant(
            cases
                .iter()
                .map(|(name, ty)| (Cow::Borrowed(name.as_str()), *ty))
                .collect(),
        ),
        Type::Enum(cases) => Shape::Variant(
            cases
                .iter()
                .map(|name| (Cow::Borrowed(name.as_str()), None))
                .collect(),
        ),
        Type::Option(some) => Shape::Variant(vec![
            (Cow::Borrowed("none"), None),
            (Cow::Borrowed("some"), Some(*some)),
        ]),
        Type::Result { ok, err } => Shape::Variant(vec![
            (Cow::Borrowed("ok"), *ok),
            (Cow::Borrowed("error"), *err),
        ]),
        Type::Flags(labels) => Shape::Flags(labels),
        Type::Own(resource) => Shape::Own(*resource),
        Type::Borrow(resource) => Shape::Borrow(*resource),
    }
}

/// Size and alignment in linear memory, in bytes. The alignment is 1, 2, 4 or 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    pub size: u32,
    pub align: u32,
}

impl Layout {
    const fn scalar(size: u32) -> Layout {
        Layout { size, align: size }
    }
}

/// `offset` rounded up to `align`, saturating.
fn align_to(offset: u32, align: u32) -> u32 {
    offset.checked_next_multiple_of(align).unwrap_or(u32::MAX)
}

/// What the ABI says about a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abi {
    pub layout: Layout,
    /// The core types that stand for it; cut off after [`MAX_FLAT_PARAMS`] + 1, since more than
    /// the limit are never passed flat.
    pub flat: Vec<ValType>,
    /// Whether every pattern of its `layout.size` bytes is a value and stays the same value in
    /// another component: numbers, and records of them without padding.
    pub plain: bool,
}

/// Describes a type whose parts are interned.
pub(crate) fn describe(types: &Types, ty: &Type) -> Abi {
    let shape = despecialise(ty);
    let layout = layout_of(types, &shape);
    let plain = match &shape {
        Shape::Scalar(_) => true,
        Shape::Record(fields) => {
            let sum: u64 = fields
                .iter()
                .map(|field| u64::from(types.abi(field.1).layout.size))
                .sum();
            sum == u64::from(layout.size) && fields.iter().all(|field| types.abi(field.1).plain)
        }
        _ => false,
    };
    let mut flat = flat_of(types, &shape);
    flat.truncate(MAX_FLAT_PARAMS + 1);
    Abi {
        layout,
        flat,
        plain,
    }
}

/// The layout of a type.
pub fn layout(types: &Types, ty: TypeId) -> Layout {
    types.abi(ty).layout
}

fn layout_of(types: &Types, shape: &Shape<'_>) -> Layout {
    match shape {
        Shape::Scalar(scalar) => Layout::scalar(scalar.size()),
        Shape::Bool => Layout::scalar(1),
        Shape::Char | Shape::Own(_) | Shape::Borrow(_) => Layout::scalar(4),
        Shape::String | Shape::List(_) => Layout { size: 8, align: 4 },
        Shape::Record(fields) => record(types, fields.iter().map(|field| field.1)).1,
        Shape::Variant(cases) => variant(types, cases.iter().map(|case| case.1)).layout,
        Shape::Flags(labels) => flags(labels.len()),
    }
}

/// The offsets of a record's fields, and its layout. A function's parameters that are passed
/// through memory are laid out as a record.
pub fn record(types: &Types, fields: impl Iterator<Item = TypeId>) -> (Vec<u32>, Layout) {
    let mut offsets = Vec::new();
    let (mut end, mut align) = (0, 1);
    for field in fields {
        let field = layout(types, field);
        let at = align_to(end, field.align);
        offsets.push(at);
        end = at.saturating_add(field.size);
        align = align.max(field.align);
    }
    let size = align_to(end, align);
    (offsets, Layout { size, align })
}

/// How a variant lies in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VariantLayout {
    pub layout: Layout,
    /// Bytes of the discriminant, at offset 0: 1, 2 or 4.
    pub discriminant: u32,
    /// Offset of the payload, whichever the case.
    pub payload: u32,
}

/// The layout of a variant with these payloads.
pub fn variant(types: &Types, cases: impl Iterator<Item = Option<TypeId>>) -> VariantLayout {
    let (mut count, mut size, mut align) = (0, 0, 1);
    for case in cases {
        count += 1;
        if let Some(payload) = case {
            let payload = layout(types, payload);
            size = size.max(payload.size);
            align = align.max(payload.align);
        }
    }
    let discriminant = discriminant_size(count);
    let payload = align_to(discriminant, align);
    let align = align.max(discriminant);
    let size = align_to(payload.saturating_add(size), align);
    VariantLayout {
        layout: Layout { size, align },
        discriminant,
        payload,
    }
}

/// Bytes of the discriminant of a variant with `cases` cases.
pub fn discriminant_size(cases: usize) -> u32 {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// The layout of `flags` with `labels` labels. Validation wants 1 to 32 of them today; the rule for
/// more is that of the ABI's first edition, 32-bit words.
fn flags(labels: usize) -> Layout {
    match labels {
        0 => Layout { size: 0, align: 1 },
        1..=8 => Layout::scalar(1),
        9..=16 => Layout::scalar(2),
        _ => Layout {
            size: u32::try_from(flag_words(labels) * 4).unwrap_or(u32::MAX),
            align: 4,
        },
    }
}

/// Number of core `i32` values that stand for `flags` with `labels` labels.
pub fn flag_words(labels: usize) -> usize {
    labels.div_ceil(32)
}

/// The core types that stand for a value of the type, cut off as [`Abi::flat`].
pub fn flatten(types: &Types, ty: TypeId) -> &[ValType] {
    &types.abi(ty).flat
}

fn flat_of(types: &Types, shape: &Shape<'_>) -> Vec<ValType> {
    match shape {
        Shape::Scalar(scalar) => vec![scalar.flat()],
        Shape::Bool | Shape::Char | Shape::Own(_) | Shape::Borrow(_) => vec![ValType::I32],
        Shape::String | Shape::List(_) => vec![ValType::I32; 2],
        Shape::Record(fields) => flatten_all(types, fields.iter().map(|field| field.1)),
        Shape::Variant(cases) => {
            let mut flat = vec![ValType::I32];
            flat.extend(flatten_payloads(types, cases.iter().map(|case| case.1)));
            flat
        }
        Shape::Flags(labels) => vec![ValType::I32; flag_words(labels.len())],
    }
}

/// The core types of several values in a row, cut off as [`Abi::flat`].
fn flatten_all(types: &Types, all: impl Iterator<Item = TypeId>) -> Vec<ValType> {
    all.flat_map(|ty| flatten(types, ty))
        .copied()
        .take(MAX_FLAT_PARAMS + 1)
        .collect()
}

/// The core types that stand for a variant's payload, whichever the case: the cases' own, joined
/// place by place.
pub fn flatten_payloads(
    types: &Types,
    cases: impl Iterator<Item = Option<TypeId>>,
) -> Vec<ValType> {
    let mut joined: Vec<ValType> = Vec::new();
    for payload in cases.flatten() {
        for (index, &ty) in flatten(types, payload).iter().enumerate() {
            match joined.get_mut(index) {
                Some(slot) => *slot = join(*slot, ty),
                None => joined.push(ty),
            }
        }
    }
    joined
}

/// The core type that can hold either.
pub fn join(a: ValType, b: ValType) -> ValType {
    use ValType::{F32, I32, I64};
    match (a, b) {
        _ if a == b => a,
        (I32, F32) | (F32, I32) => I32,
        _ => I64,
    }
}

/// The flat parameters of a function, before [`MAX_FLAT_PARAMS`] is applied, cut off as
/// [`Abi::flat`].
pub fn flat_params(types: &Types, func: &FuncType) -> Vec<ValType> {
    flatten_all(types, func.params.iter().map(|param| param.1))
}

/// The flat results of a function, before [`MAX_FLAT_RESULTS`] is applied, cut off as
/// [`Abi::flat`].
pub fn flat_results<'t>(types: &'t Types, func: &FuncType) -> &'t [ValType] {
    func.result.map_or(&[], |result| flatten(types, result))
}

/// The core signature of `canon lower` of a function of this type.
pub fn lowered_signature(types: &Types, func: &FuncType) -> Signature {
    let mut signature = lifted_signature(types, func);
    if flat_results(types, func).len() > MAX_FLAT_RESULTS {
        signature.params.append(&mut signature.results);
    }
    signature
}

/// The core signature of a function that `canon lift` makes one of this type.
pub fn lifted_signature(types: &Types, func: &FuncType) -> Signature {
    let mut params = flat_params(types, func);
    if params.len() > MAX_FLAT_PARAMS {
        params = vec![ValType::I32];
    }
    let mut results = flat_results(types, func).to_vec();
    if results.len() > MAX_FLAT_RESULTS {
        results = vec![ValType::I32];
    }
    Signature { params, results }
}

#[cfg(test)]
pub(crate) mod tests;
