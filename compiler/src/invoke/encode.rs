//! Values to core values and bytes: the canonical ABI's lowering, done when compiling.
//!
//! Source: `CanonicalABI.md`, "Storing" and "Flat Lowering", with a memory that nobody else uses, so that
//! allocating is counting, and strings in UTF-8. The layout is `abi.rs`.

use crate::abi::{self, Layout};
use crate::program::ValType;
use crate::types::{Type, TypeId, Types};
use wasm_wave::value::Value;
use wasm_wave::wasm::WasmValue;

/// Why a value can't be encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It isn't one of the type.
    Type,
    /// It is larger than the memory that it would lie in.
    Size,
}

/// The memory that arguments lie in, from its first byte that is used on.
#[derive(Debug, Default)]
pub(crate) struct Image {
    /// The contents, from address 0 on.
    pub(crate) bytes: Vec<u8>,
}

/// The most bytes of arguments that one caller holds.
pub(crate) const MAX_BYTES: usize = 1 << 28;

impl Image {
    /// Room for a value.
    pub(crate) fn allocate(&mut self, layout: Layout) -> Result<u32, Misfit> {
        // Never 0, so that a pointer to something isn't the one that a guest takes for none.
        let start = self
            .bytes
            .len()
            .max(1)
            .next_multiple_of(layout.align as usize);
        let end = start + layout.size as usize;
        if end > MAX_BYTES {
            return Err(Misfit::Size);
        }
        self.bytes.resize(end, 0);
        Ok(start as u32)
    }

    /// Room for a function's result: at least that of a core value.
    pub(crate) fn result(&mut self, types: &Types, ty: TypeId) -> Result<u32, Misfit> {
        let layout = abi::layout(types, ty);
        self.allocate(Layout {
            size: layout.size.max(8),
            align: layout.align.max(8),
        })
    }

    /// Stores several values in a row, as a record of them.
    pub(crate) fn store_all(
        &mut self,
        types: &Types,
        values: &[(TypeId, &Value)],
    ) -> Result<u32, Misfit> {
        let (offsets, layout) = abi::record(types, values.iter().map(|(ty, _)| *ty));
        let start = self.allocate(layout)?;
        for ((ty, value), offset) in values.iter().zip(offsets) {
            self.store(types, *ty, value, start + offset)?;
        }
        Ok(start)
    }

    fn put(&mut self, at: u32, bytes: &[u8]) {
        let at = at as usize;
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Stores a value at an address whose room is allocated.
    fn store(&mut self, types: &Types, ty: TypeId, value: &Value, at: u32) -> Result<(), Misfit> {
        let size = abi::layout(types, ty).size as usize;
        match &types[ty] {
            Type::String | Type::List(_) => {
                let (pointer, len) = self.sequence(types, ty, value)?;
                self.put(at, &pointer.to_le_bytes());
                self.put(at + 4, &len.to_le_bytes());
            }
            Type::Record(_) | Type::Tuple(_) => {
                let fields = fields(types, ty, value)?;
                let (offsets, _) = abi::record(types, fields.iter().map(|field| field.0));
                for ((ty, value), offset) in fields.iter().zip(offsets) {
                    self.store(types, *ty, value, at + offset)?;
                }
            }
            Type::Variant(_) | Type::Enum(_) | Type::Option(_) | Type::Result { .. } => {
                let case = case(types, ty, value)?;
                let payloads = payloads(types, ty);
                let layout = abi::variant(types, payloads.into_iter());
                let index = case.index.to_le_bytes();
                self.put(at, &index[..layout.discriminant as usize]);
                if let Some((ty, value)) = &case.payload {
                    self.store(types, *ty, value, at + layout.payload)?;
                }
            }
            _ => {
                let bits = scalar(types, ty, value)?.to_le_bytes();
                self.put(at, &bits[..size]);
            }
        }
        Ok(())
    }

    /// Appends the core values that stand for a value, as bits; `i32` and `f32` in the low half.
    pub(crate) fn lower(
        &mut self,
        types: &Types,
        ty: TypeId,
        value: &Value,
        flat: &mut Vec<u64>,
    ) -> Result<(), Misfit> {
        match &types[ty] {
            Type::String | Type::List(_) => {
                let (pointer, len) = self.sequence(types, ty, value)?;
                flat.extend([u64::from(pointer), u64::from(len)]);
            }
            Type::Record(_) | Type::Tuple(_) => {
                for (ty, value) in fields(types, ty, value)? {
                    self.lower(types, ty, &value, flat)?;
                }
            }
            Type::Variant(_) | Type::Enum(_) | Type::Option(_) | Type::Result { .. } => {
                let case = case(types, ty, value)?;
                let end = flat.len() + abi::flatten(types, ty).len();
                flat.push(u64::from(case.index));
                if let Some((ty, value)) = &case.payload {
                    // Whatever a case's core value becomes when the cases are joined, its bits stay the low ones.
                    self.lower(types, *ty, value, flat)?;
                }
                flat.resize(end, 0);
            }
            // What is narrower than `i32` is extended as its sign has it.
            Type::S8 => flat.push(u64::from(i32::from(value.unwrap_s8()) as u32)),
            Type::S16 => flat.push(u64::from(i32::from(value.unwrap_s16()) as u32)),
            _ => flat.push(scalar(types, ty, value)?),
        }
        Ok(())
    }

    /// A string or a list: its pointer and length.
    fn sequence(&mut self, types: &Types, ty: TypeId, value: &Value) -> Result<(u32, u32), Misfit> {
        let Type::List(element) = types[ty] else {
            let text = value.unwrap_string();
            let len = u32::try_from(text.len()).map_err(|_| Misfit::Size)?;
            let pointer = self.allocate(Layout {
                size: len,
                align: 1,
            })?;
            self.put(pointer, text.as_bytes());
            return Ok((pointer, len));
        };
        let values: Vec<_> = value.unwrap_list().collect();
        let layout = abi::layout(types, element);
        let len = u32::try_from(values.len()).map_err(|_| Misfit::Size)?;
        let size = len.checked_mul(layout.size).ok_or(Misfit::Size)?;
        let pointer = self.allocate(Layout { size, ..layout })?;
        for (index, value) in (0..).zip(values) {
            self.store(types, element, &value, pointer + index * layout.size)?;
        }
        Ok((pointer, len))
    }
}

/// The bits of a value without parts.
fn scalar(types: &Types, ty: TypeId, value: &Value) -> Result<u64, Misfit> {
    Ok(match &types[ty] {
        Type::Bool => u64::from(value.unwrap_bool()),
        Type::S8 => u64::from(value.unwrap_s8() as u8),
        Type::U8 => u64::from(value.unwrap_u8()),
        Type::S16 => u64::from(value.unwrap_s16() as u16),
        Type::U16 => u64::from(value.unwrap_u16()),
        Type::S32 => u64::from(value.unwrap_s32() as u32),
        Type::U32 => u64::from(value.unwrap_u32()),
        Type::S64 => value.unwrap_s64() as u64,
        Type::U64 => value.unwrap_u64(),
        Type::F32 => u64::from(value.unwrap_f32().to_bits()),
        Type::F64 => value.unwrap_f64().to_bits(),
        Type::Char => u64::from(u32::from(value.unwrap_char())),
        Type::Flags(labels) => {
            let mut bits = 0;
            for set in value.unwrap_flags() {
                let at = labels.iter().position(|label| *label == *set);
                bits |= 1 << at.filter(|at| *at < 64).ok_or(Misfit::Type)?;
            }
            bits
        }
        _ => return Err(Misfit::Type),
    })
}

/// The fields of a record or tuple, in the type's order.
fn fields(types: &Types, ty: TypeId, value: &Value) -> Result<Vec<(TypeId, Value)>, Misfit> {
    match &types[ty] {
        Type::Record(fields) => {
            let mut values: std::collections::HashMap<_, _> = value
                .unwrap_record()
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect();
            fields
                .iter()
                .map(|(name, ty)| Ok((*ty, values.remove(name).ok_or(Misfit::Type)?)))
                .collect()
        }
        Type::Tuple(elements) => Ok(elements
            .iter()
            .copied()
            .zip(value.unwrap_tuple().map(|value| value.into_owned()))
            .collect()),
        _ => Err(Misfit::Type),
    }
}

/// A variant's case.
struct Case {
    index: u32,
    payload: Option<(TypeId, Value)>,
}

fn case(types: &Types, ty: TypeId, value: &Value) -> Result<Case, Misfit> {
    let (index, ty, value) = match &types[ty] {
        Type::Variant(cases) => {
            let (name, payload) = value.unwrap_variant();
            let index = cases.iter().position(|case| case.0 == name);
            let index = index.ok_or(Misfit::Type)?;
            (index, cases[index].1, payload)
        }
        Type::Enum(cases) => {
            let name = value.unwrap_enum();
            let index = cases.iter().position(|case| *case == name);
            (index.ok_or(Misfit::Type)?, None, None)
        }
        Type::Option(some) => {
            let value = value.unwrap_option();
            (usize::from(value.is_some()), Some(*some), value)
        }
        Type::Result { ok, err } => match value.unwrap_result() {
            Ok(value) => (0, *ok, value),
            Err(value) => (1, *err, value),
        },
        _ => return Err(Misfit::Type),
    };
    Ok(Case {
        index: index as u32,
        payload: ty.zip(value.map(|value| value.into_owned())),
    })
}

/// The payloads of a variant's cases.
pub(super) fn payloads(types: &Types, ty: TypeId) -> Vec<Option<TypeId>> {
    match abi::shape(types, ty) {
        abi::Shape::Variant(cases) => cases.into_iter().map(|case| case.1).collect(),
        _ => Vec::new(),
    }
}

/// A call's core arguments: their types and bits.
#[derive(Debug, Clone)]
pub(crate) struct Arguments {
    pub(crate) values: Vec<(ValType, u64)>,
}

/// Encodes the arguments of a function with these parameters.
pub(crate) fn arguments(
    types: &Types,
    image: &mut Image,
    values: &[(TypeId, &Value)],
) -> Result<Arguments, Misfit> {
    let flat: Vec<ValType> = values
        .iter()
        .flat_map(|(ty, _)| abi::flatten(types, *ty))
        .copied()
        .take(abi::MAX_FLAT_PARAMS + 1)
        .collect();
    if flat.len() > abi::MAX_FLAT_PARAMS {
        let pointer = image.store_all(types, values)?;
        let values = vec![(ValType::I32, u64::from(pointer))];
        return Ok(Arguments { values });
    }
    let mut bits = Vec::with_capacity(flat.len());
    for (ty, value) in values {
        image.lower(types, *ty, value, &mut bits)?;
    }
    Ok(Arguments {
        values: flat.into_iter().zip(bits).collect(),
    })
}
