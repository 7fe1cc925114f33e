//! The canonical ABI as the specification writes it: all values are lifted, then all are lowered.
//! The reference that compiled adapters are compared with, byte for byte.

use super::text::{load_string, store_string};
use crate::abi::tests::{Ast, PRIMITIVES};
use crate::abi::{self, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};
use crate::program::{StringEncoding, ValType};
use crate::types::{FuncType, Type, TypeId, Types};
use nanocc_shim_abi::Trap;

/// A component-level value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number's bits, a `bool`, a `char`, or flags.
    Bits(u64),
    String(Text),
    List(Vec<Value>),
    Record(Vec<Value>),
    Variant(usize, Option<Box<Value>>),
}

/// A string as lifting leaves it: with the encoding that it came in, and its length there, tagged.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    pub text: String,
    pub encoding: StringEncoding,
    pub len: u32,
}

impl Text {
    /// As a side with `utf8` passes it.
    pub fn utf8(text: String) -> Text {
        Text {
            encoding: StringEncoding::Utf8,
            len: text.len() as u32,
            text,
        }
    }
}

/// The arguments of a call of `realloc`.
pub type Reallocation = [u32; 4];

/// A memory with an allocator that only ever goes up, and the encoding of the strings in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    pub bytes: Vec<u8>,
    pub next: u32,
    pub encoding: StringEncoding,
    /// Whether `realloc` takes along what is in a block. A guest needn't, and who watches closely sees what was
    /// written where.
    pub keeps: bool,
    /// The call of `realloc` that returns an address one too high.
    pub lie: Option<u32>,
    /// The calls of `realloc`.
    pub calls: Vec<Reallocation>,
}

pub type Result<T> = std::result::Result<T, Trap>;

impl Memory {
    /// Allocates as the machine's `realloc` does.
    fn realloc(&mut self, old: u32, old_size: u32, align: u32, size: u32) -> u32 {
        let number = self.calls.len() as u32;
        self.calls.push([old, old_size, align, size]);
        let at = self.next.wrapping_add(align - 1) & !(align - 1);
        self.next = at.wrapping_add(size);
        if self.keeps && u64::from(at) + u64::from(size) <= self.bytes.len() as u64 {
            let (old, len) = (old as usize, old_size.min(size) as usize);
            self.bytes.copy_within(old..old + len, at as usize);
        }
        at + u32::from(self.lie == Some(number))
    }

    /// Calls `realloc` for a new block and checks it.
    pub fn allocate(&mut self, align: u32, size: u32) -> Result<u32> {
        self.reallocate((0, 0), align, size)
    }

    /// The same in place of a block.
    pub fn reallocate(
        &mut self,
        (old, old_size): (u32, u32),
        align: u32,
        size: u32,
    ) -> Result<u32> {
        let at = self.realloc(old, old_size, align, size);
        self.check(at, align, u64::from(size))?;
        Ok(at)
    }

    pub fn put(&mut self, at: u32, bytes: &[u8]) {
        self.bytes[at as usize..][..bytes.len()].copy_from_slice(bytes);
    }

    pub fn check(&self, at: u32, align: u32, bytes: u64) -> Result<()> {
        if !at.is_multiple_of(align) {
            return Err(Trap::UnalignedPointer);
        }
        if u64::from(at) + bytes > self.bytes.len() as u64 {
            return Err(Trap::PointerOutOfBounds);
        }
        Ok(())
    }

    fn int(&self, at: u32, size: u32) -> u64 {
        let at = at as usize;
        let mut bits = [0; 8];
        bits[..size as usize].copy_from_slice(&self.bytes[at..at + size as usize]);
        u64::from_le_bytes(bits)
    }

    fn set_int(&mut self, at: u32, size: u32, bits: u64) {
        let at = at as usize;
        self.bytes[at..at + size as usize].copy_from_slice(&bits.to_le_bytes()[..size as usize]);
    }
}

/// The number of bytes that a primitive or flags take, and the mask of its bits.
fn width(types: &Types, ty: TypeId) -> (u32, u64) {
    let size = abi::layout(types, ty).size;
    (size, u64::MAX >> (64 - 8 * size))
}

/// What lifting makes of a primitive's or flags' bits.
fn normalise(types: &Types, ty: TypeId, bits: u64) -> Result<Value> {
    let mask = width(types, ty).1;
    Ok(Value::Bits(match &types[ty] {
        // Not masked: any bit of the core value counts.
        Type::Bool => u64::from(bits != 0),
        Type::Char => match char::from_u32(bits as u32) {
            Some(_) => bits,
            None => return Err(Trap::InvalidChar),
        },
        Type::Flags(labels) => bits & ((1 << labels.len()) - 1),
        _ => bits & mask,
    }))
}

/// The cases of any kind of variant.
fn cases(types: &Types, ty: TypeId) -> Option<Vec<Option<TypeId>>> {
    Some(match &types[ty] {
        Type::Variant(cases) => cases.iter().map(|case| case.1).collect(),
        Type::Enum(names) => vec![None; names.len()],
        Type::Option(some) => vec![None, Some(*some)],
        Type::Result { ok, err } => vec![*ok, *err],
        _ => return None,
    })
}

/// The fields of any kind of record.
fn fields(types: &Types, ty: TypeId) -> Option<Vec<TypeId>> {
    Some(match &types[ty] {
        Type::Record(fields) => fields.iter().map(|field| field.1).collect(),
        Type::Tuple(fields) => fields.clone(),
        _ => return None,
    })
}

/// `load`.
pub fn load(types: &Types, memory: &Memory, at: u32, ty: TypeId) -> Result<Value> {
    if let Some(fields) = fields(types, ty) {
        let offsets = abi::record(types, fields.iter().copied()).0;
        let parts = fields.iter().zip(offsets);
        return Ok(Value::Record(
            parts
                .map(|(&field, offset)| load(types, memory, at + offset, field))
                .collect::<Result<_>>()?,
        ));
    }
    if let Some(cases) = cases(types, ty) {
        let layout = abi::variant(types, cases.iter().copied());
        let case = memory.int(at, layout.discriminant) as usize;
        let payload = *cases.get(case).ok_or(Trap::InvalidDiscriminant)?;
        let payload = payload
            .map(|payload| load(types, memory, at + layout.payload, payload))
            .transpose()?;
        return Ok(Value::Variant(case, payload.map(Box::new)));
    }
    match types[ty] {
        Type::String => load_string(
            memory,
            memory.int(at, 4) as u32,
            memory.int(at + 4, 4) as u32,
        ),
        Type::List(element) => load_list(
            types,
            memory,
            memory.int(at, 4) as u32,
            memory.int(at + 4, 4) as u32,
            element,
        ),
        _ => normalise(types, ty, memory.int(at, width(types, ty).0)),
    }
}

fn load_list(types: &Types, memory: &Memory, at: u32, len: u32, ty: TypeId) -> Result<Value> {
    let layout = abi::layout(types, ty);
    let bytes = u64::from(len) * u64::from(layout.size);
    if bytes > u64::from(abi::MAX_LIST_BYTES) {
        return Err(Trap::PointerOutOfBounds);
    }
    memory.check(at, layout.align, bytes)?;
    let elements = (0..len).map(|index| load(types, memory, at + index * layout.size, ty));
    Ok(Value::List(elements.collect::<Result<_>>()?))
}

/// `lift_flat`: takes the values from the front of `flat`.
fn lift_flat(types: &Types, memory: &Memory, flat: &mut &[u64], ty: TypeId) -> Result<Value> {
    let mut next = || {
        let (&first, rest) = flat.split_first().expect("as many as the type has");
        *flat = rest;
        first
    };
    if let Some(cases) = cases(types, ty) {
        let case = next() as u32 as usize;
        let payload = *cases.get(case).ok_or(Trap::InvalidDiscriminant)?;
        let joined = abi::flatten_payloads(types, cases.iter().copied()).len();
        let (mine, rest) = flat.split_at(joined);
        *flat = rest;
        let payload = payload
            .map(|payload| {
                // A value that stands for less than its core type is in the low bits.
                let core = abi::flatten(types, payload);
                let narrowed: Vec<u64> = mine
                    .iter()
                    .zip(core)
                    .map(|(&bits, ty)| match ty {
                        ValType::I32 | ValType::F32 => bits & 0xffff_ffff,
                        _ => bits,
                    })
                    .collect();
                lift_flat(types, memory, &mut &narrowed[..], payload)
            })
            .transpose()?;
        return Ok(Value::Variant(case, payload.map(Box::new)));
    }
    if let Some(fields) = fields(types, ty) {
        return Ok(Value::Record(
            fields
                .iter()
                .map(|&field| lift_flat(types, memory, flat, field))
                .collect::<Result<_>>()?,
        ));
    }
    match types[ty] {
        Type::String => {
            let (at, len) = (next() as u32, next() as u32);
            load_string(memory, at, len)
        }
        Type::List(element) => {
            let (at, len) = (next() as u32, next() as u32);
            load_list(types, memory, at, len, element)
        }
        _ => normalise(types, ty, next()),
    }
}

/// `store`.
pub fn store(types: &Types, memory: &mut Memory, value: &Value, ty: TypeId, at: u32) -> Result<()> {
    match value {
        Value::Bits(bits) => memory.set_int(at, width(types, ty).0, *bits),
        Value::String(text) => {
            let (pointer, len) = store_string(memory, text)?;
            memory.set_int(at, 4, u64::from(pointer));
            memory.set_int(at + 4, 4, u64::from(len));
        }
        Value::List(elements) => {
            let Type::List(element) = types[ty] else {
                unreachable!("a list has a list's type");
            };
            let (pointer, len) = store_list(types, memory, elements, element)?;
            memory.set_int(at, 4, u64::from(pointer));
            memory.set_int(at + 4, 4, u64::from(len));
        }
        Value::Record(values) => {
            let fields = fields(types, ty).expect("a record has a record's type");
            let offsets = abi::record(types, fields.iter().copied()).0;
            for ((value, &field), offset) in values.iter().zip(&fields).zip(offsets) {
                store(types, memory, value, field, at + offset)?;
            }
        }
        Value::Variant(case, payload) => {
            let cases = cases(types, ty).expect("a variant has a variant's type");
            let layout = abi::variant(types, cases.iter().copied());
            memory.set_int(at, layout.discriminant, *case as u64);
            if let (Some(value), Some(ty)) = (payload, cases[*case]) {
                store(types, memory, value, ty, at + layout.payload)?;
            }
        }
    }
    Ok(())
}

fn store_list(
    types: &Types,
    memory: &mut Memory,
    elements: &[Value],
    ty: TypeId,
) -> Result<(u32, u32)> {
    let layout = abi::layout(types, ty);
    let bytes = layout.size * elements.len() as u32;
    let at = memory.allocate(layout.align, bytes)?;
    for (index, element) in elements.iter().enumerate() {
        store(types, memory, element, ty, at + index as u32 * layout.size)?;
    }
    Ok((at, elements.len() as u32))
}

/// `lower_flat`: core values' bits, appended to `flat`.
fn lower_flat(
    types: &Types,
    memory: &mut Memory,
    value: &Value,
    ty: TypeId,
    flat: &mut Vec<u64>,
) -> Result<()> {
    match value {
        Value::Bits(bits) => flat.push(match types[ty] {
            Type::S8 => *bits as u8 as i8 as u32 as u64,
            Type::S16 => *bits as u16 as i16 as u32 as u64,
            _ => *bits,
        }),
        Value::String(text) => {
            let (at, len) = store_string(memory, text)?;
            flat.extend([u64::from(at), u64::from(len)]);
        }
        Value::List(elements) => {
            let Type::List(element) = types[ty] else {
                unreachable!("a list has a list's type");
            };
            let (at, len) = store_list(types, memory, elements, element)?;
            flat.extend([u64::from(at), u64::from(len)]);
        }
        Value::Record(values) => {
            let fields = fields(types, ty).expect("a record has a record's type");
            for (value, field) in values.iter().zip(fields) {
                lower_flat(types, memory, value, field, flat)?;
            }
        }
        Value::Variant(case, payload) => {
            let cases = cases(types, ty).expect("a variant has a variant's type");
            let joined = abi::flatten_payloads(types, cases.iter().copied()).len();
            flat.push(*case as u64);
            let end = flat.len() + joined;
            if let (Some(value), Some(ty)) = (payload, cases[*case]) {
                lower_flat(types, memory, value, ty, flat)?;
            }
            flat.resize(end, 0);
        }
    }
    Ok(())
}

/// `lift_flat_values` of the parameters.
pub fn lift_params(
    types: &Types,
    func: &FuncType,
    memory: &Memory,
    args: &[u64],
) -> Result<Vec<Value>> {
    let params: Vec<TypeId> = func.params.iter().map(|param| param.1).collect();
    if abi::flat_params(types, func).len() > MAX_FLAT_PARAMS {
        let (offsets, layout) = abi::record(types, params.iter().copied());
        let at = args[0] as u32;
        memory.check(at, layout.align, u64::from(layout.size))?;
        let parts = params.iter().zip(offsets);
        return parts
            .map(|(&ty, offset)| load(types, memory, at + offset, ty))
            .collect();
    }
    let mut args = args;
    params
        .iter()
        .map(|&ty| lift_flat(types, memory, &mut args, ty))
        .collect()
}

/// `lower_flat_values` of the parameters.
pub fn lower_params(
    types: &Types,
    func: &FuncType,
    memory: &mut Memory,
    values: &[Value],
) -> Result<Vec<u64>> {
    let params: Vec<TypeId> = func.params.iter().map(|param| param.1).collect();
    let mut args = Vec::new();
    if abi::flat_params(types, func).len() > MAX_FLAT_PARAMS {
        let (offsets, layout) = abi::record(types, params.iter().copied());
        let at = memory.allocate(layout.align, layout.size)?;
        for ((value, &ty), offset) in values.iter().zip(&params).zip(offsets) {
            store(types, memory, value, ty, at + offset)?;
        }
        args.push(u64::from(at));
    } else {
        for (value, &ty) in values.iter().zip(&params) {
            lower_flat(types, memory, value, ty, &mut args)?;
        }
    }
    Ok(args)
}

/// `lift_flat_values` of the result.
pub fn lift_result(
    types: &Types,
    func: &FuncType,
    memory: &Memory,
    results: &[u64],
) -> Result<Option<Value>> {
    let Some(ty) = func.result else {
        return Ok(None);
    };
    if abi::flat_results(types, func).len() > MAX_FLAT_RESULTS {
        let (at, layout) = (results[0] as u32, abi::layout(types, ty));
        memory.check(at, layout.align, u64::from(layout.size))?;
        return load(types, memory, at, ty).map(Some);
    }
    lift_flat(types, memory, &mut &results[..], ty).map(Some)
}

/// `lower_flat_values` of the result; `out` is the return pointer, if the function has one.
pub fn lower_result(
    types: &Types,
    func: &FuncType,
    memory: &mut Memory,
    value: Option<&Value>,
    out: Option<u64>,
) -> Result<Vec<u64>> {
    let mut results = Vec::new();
    if let (Some(ty), Some(value)) = (func.result, value) {
        match out {
            Some(at) => {
                let (at, layout) = (at as u32, abi::layout(types, ty));
                memory.check(at, layout.align, u64::from(layout.size))?;
                store(types, memory, value, ty, at)?;
            }
            None => lower_flat(types, memory, value, ty, &mut results)?,
        }
    }
    Ok(results)
}

/// Random numbers, good enough to pick values.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

/// A value of the type.
pub fn pick(ast: &Ast, rng: &mut Rng) -> Value {
    let optional =
        |ty: &Option<Box<Ast>>, rng: &mut Rng| ty.as_ref().map(|ty| Box::new(pick(ty, rng)));
    match ast {
        Ast::Primitive(index) => match PRIMITIVES[*index].0 {
            Type::Bool => Value::Bits(rng.next() & 1),
            Type::S8 | Type::U8 => Value::Bits(rng.next() & 0xff),
            Type::S16 | Type::U16 => Value::Bits(rng.next() & 0xffff),
            Type::S32 | Type::U32 | Type::F32 => Value::Bits(rng.next() & 0xffff_ffff),
            Type::Char => Value::Bits(u64::from(pick_char(rng))),
            Type::String => {
                let len = rng.below(20);
                let kind = rng.below(4);
                let text = (0..len).map(|_| pick_char_of(kind, rng)).collect();
                Value::String(Text::utf8(text))
            }
            _ => Value::Bits(rng.next()),
        },
        Ast::List(element) => {
            let len = rng.below(5);
            Value::List((0..len).map(|_| pick(element, rng)).collect())
        }
        Ast::Record(fields) | Ast::Tuple(fields) => {
            Value::Record(fields.iter().map(|field| pick(field, rng)).collect())
        }
        Ast::Variant(cases) => {
            let case = rng.below(cases.len());
            let payload = cases[case].as_ref().map(|ty| Box::new(pick(ty, rng)));
            Value::Variant(case, payload)
        }
        Ast::Enum(cases) => Value::Variant(rng.below(*cases), None),
        Ast::Flags(labels) => Value::Bits(rng.next() & ((1 << labels) - 1)),
        Ast::Option(some) => match rng.below(3) {
            0 => Value::Variant(0, None),
            _ => Value::Variant(1, Some(Box::new(pick(some, rng)))),
        },
        Ast::Result(ok, err) => match rng.below(2) {
            0 => Value::Variant(0, optional(ok, rng)),
            _ => Value::Variant(1, optional(err, rng)),
        },
    }
}

/// ASCII, with some Latin-1, with some of the basic plane, or anything.
fn pick_char_of(kind: usize, rng: &mut Rng) -> char {
    match (kind, rng.below(4)) {
        (1, 0) => (rng.next() as u8).into(),
        (2, 0) => char::from_u32(rng.next() as u32 & 0x7fff).unwrap_or('a'),
        (3, _) => pick_char(rng),
        _ => (rng.below(0x80) as u8).into(),
    }
}

fn pick_char(rng: &mut Rng) -> char {
    match rng.below(4) {
        0 => char::from_u32(rng.next() as u32 & 0xf_ffff).unwrap_or('\u{10ffff}'),
        _ => (rng.below(0x80) as u8).into(),
    }
}
