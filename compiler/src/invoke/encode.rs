//! Values, laid out in the caller's memory or passed flat (CanonicalABI.md, "Storing", "Flat Lowering").
//!
//! The memory's first bytes are known when the program is compiled: where each string and list lies is a constant.
//! A value of another type than its parameter's is found here.

use crate::abi;
use crate::program::ValType;
use crate::types::{FuncType, Type, TypeId, Types};
use wasm_wave::value::Value;
use wasm_wave::wasm::{WasmTypeKind, WasmValue};

/// A call's arguments.
#[derive(Debug, Default)]
pub(crate) struct Encoded {
    /// What the caller's memory holds from [`Encoded::base`] on.
    pub bytes: Vec<u8>,
    /// A multiple of 8.
    pub base: u32,
    /// The core arguments, bits in the low part.
    pub flat: Vec<u64>,
}

/// Why a value isn't one of a type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It is of another.
    Type,
    /// It takes more than the caller's memory has.
    Size,
}

impl Encoded {
    /// Nothing yet, for a memory that holds something else below `base`.
    pub(crate) fn new(base: u32) -> Encoded {
        Encoded {
            base: base.next_multiple_of(8),
            ..Encoded::default()
        }
    }

    /// The end of what the memory holds.
    pub(crate) fn end(&self) -> u32 {
        self.base.saturating_add(self.bytes.len() as u32)
    }

    /// Encodes the arguments of a function of type `ty`; the error says which of them doesn't fit.
    pub(crate) fn arguments(
        &mut self,
        types: &Types,
        ty: &FuncType,
        args: &[Value],
    ) -> Result<(), (usize, Misfit)> {
        let params = ty.params.iter().map(|param| param.1);
        let signature = abi::lifted_signature(types, ty);
        let flat = abi::flat_params(types, ty).len() <= abi::MAX_FLAT_PARAMS;
        if flat {
            for (index, (ty, arg)) in params.zip(args).enumerate() {
                let values = self.flat(types, ty, arg).map_err(|why| (index, why))?;
                self.flat.extend(values);
            }
            debug_assert_eq!(self.flat.len(), signature.params.len());
            return Ok(());
        }
        let (offsets, layout) = abi::record(types, params.clone());
        let at = self
            .room(layout.size, layout.align)
            .map_err(|why| (0, why))?;
        for (index, ((ty, arg), offset)) in params.zip(args).zip(offsets).enumerate() {
            self.store(types, ty, arg, at + offset)
                .map_err(|why| (index, why))?;
        }
        self.flat.push(u64::from(at));
        Ok(())
    }

    /// Room for `size` bytes, zero until they are stored to; its address.
    fn room(&mut self, size: u32, align: u32) -> Result<u32, Misfit> {
        let at = self.bytes.len().next_multiple_of(align.max(1) as usize);
        let end = at + size as usize;
        if end + self.base as usize > abi::MAX_SIZE as usize {
            return Err(Misfit::Size);
        }
        self.bytes.resize(end, 0);
        Ok(self.base + at as u32)
    }

    fn put(&mut self, at: u32, bytes: &[u8]) {
        let at = (at - self.base) as usize;
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Stores a value of a type at an address that was given by [`Encoded::room`].
    fn store(&mut self, types: &Types, ty: TypeId, value: &Value, at: u32) -> Result<(), Misfit> {
        if let Some((bits, size)) = scalar(&types[ty], value)? {
            self.put(at, &bits.to_le_bytes()[..size]);
            return Ok(());
        }
        match &types[ty] {
            Type::String | Type::List(_) => {
                let (start, len) = self.sequence(types, ty, value)?;
                self.put(at, &start.to_le_bytes());
                self.put(at + 4, &len.to_le_bytes());
            }
            Type::Flags(_) => {
                for (index, word) in flag_words(types, ty, value)?.into_iter().enumerate() {
                    let size = (abi::layout(types, ty).size as usize).min(4);
                    self.put(at + 4 * index as u32, &word.to_le_bytes()[..size]);
                }
            }
            _ if variant(types, ty).is_some() => {
                let (index, payload) = case(types, ty, value)?;
                let cases = variant(types, ty).unwrap_or_default();
                let layout = abi::variant(types, cases.iter().copied());
                self.put(at, &index.to_le_bytes()[..layout.discriminant as usize]);
                if let Some((ty, value)) = payload {
                    self.store(types, ty, &value, at + layout.payload)?;
                }
            }
            _ => {
                let parts = parts(types, ty, value)?;
                let (offsets, _) = abi::record(types, parts.iter().map(|part| part.0));
                for ((ty, value), offset) in parts.iter().zip(offsets) {
                    self.store(types, *ty, value, at + offset)?;
                }
            }
        }
        Ok(())
    }

    /// The core values that stand for a value.
    fn flat(&mut self, types: &Types, ty: TypeId, value: &Value) -> Result<Vec<u64>, Misfit> {
        if let Some((bits, _)) = scalar(&types[ty], value)? {
            return Ok(vec![bits]);
        }
        match &types[ty] {
            Type::String | Type::List(_) => {
                let (start, len) = self.sequence(types, ty, value)?;
                Ok(vec![u64::from(start), u64::from(len)])
            }
            Type::Flags(_) => {
                let words = flag_words(types, ty, value)?;
                Ok(words.into_iter().map(u64::from).collect())
            }
            _ if variant(types, ty).is_some() => {
                let (index, payload) = case(types, ty, value)?;
                let mut flat = vec![u64::from(index)];
                if let Some((ty, value)) = payload {
                    // What another case has as another core type keeps its bits there.
                    flat.extend(self.flat(types, ty, &value)?);
                }
                flat.resize(abi::flatten(types, ty).len(), 0);
                Ok(flat)
            }
            _ => {
                let mut flat = Vec::new();
                for (ty, value) in parts(types, ty, value)? {
                    flat.extend(self.flat(types, ty, &value)?);
                }
                Ok(flat)
            }
        }
    }

    /// Puts a string's or a list's contents somewhere; the address, and the length in bytes or elements.
    fn sequence(&mut self, types: &Types, ty: TypeId, value: &Value) -> Result<(u32, u32), Misfit> {
        match (&types[ty], value.kind()) {
            (Type::String, WasmTypeKind::String) => {
                let text = value.unwrap_string();
                let len = u32::try_from(text.len()).map_err(|_| Misfit::Size)?;
                let at = self.room(len, 1)?;
                self.put(at, text.as_bytes());
                Ok((at, len))
            }
            (Type::List(element), WasmTypeKind::List) => {
                let values: Vec<_> = value.unwrap_list().collect();
                let len = u32::try_from(values.len()).map_err(|_| Misfit::Size)?;
                let layout = abi::layout(types, *element);
                let size = len.checked_mul(layout.size).ok_or(Misfit::Size)?;
                let at = self.room(size, layout.align)?;
                for (index, value) in (0..).zip(&values) {
                    self.store(types, *element, value, at + index * layout.size)?;
                }
                Ok((at, len))
            }
            _ => Err(Misfit::Type),
        }
    }
}

/// The bits that stand for a number, `bool` or `char`, and the bytes that it takes in memory; `None` for other types.
fn scalar(ty: &Type, value: &Value) -> Result<Option<(u64, usize)>, Misfit> {
    let kind = value.kind();
    let signed = |value: i32| u64::from(value as u32);
    let (needed, bits, size): (_, fn(&Value, &dyn Fn(i32) -> u64) -> u64, _) = match ty {
        Type::Bool => (WasmTypeKind::Bool, |v, _| u64::from(v.unwrap_bool()), 1),
        Type::U8 => (WasmTypeKind::U8, |v, _| u64::from(v.unwrap_u8()), 1),
        Type::S8 => (WasmTypeKind::S8, |v, s| s(v.unwrap_s8().into()), 1),
        Type::U16 => (WasmTypeKind::U16, |v, _| u64::from(v.unwrap_u16()), 2),
        Type::S16 => (WasmTypeKind::S16, |v, s| s(v.unwrap_s16().into()), 2),
        Type::U32 => (WasmTypeKind::U32, |v, _| u64::from(v.unwrap_u32()), 4),
        Type::S32 => (WasmTypeKind::S32, |v, s| s(v.unwrap_s32()), 4),
        Type::U64 => (WasmTypeKind::U64, |v, _| v.unwrap_u64(), 8),
        Type::S64 => (WasmTypeKind::S64, |v, _| v.unwrap_s64() as u64, 8),
        Type::F32 => (WasmTypeKind::F32, |v, _| v.unwrap_f32().to_bits().into(), 4),
        Type::F64 => (WasmTypeKind::F64, |v, _| v.unwrap_f64().to_bits(), 8),
        Type::Char => (
            WasmTypeKind::Char,
            |v, _| u32::from(v.unwrap_char()).into(),
            4,
        ),
        _ => return Ok(None),
    };
    if kind != needed {
        return Err(Misfit::Type);
    }
    Ok(Some((bits(value, &signed), size)))
}

/// The bits of flags, label 0 lowest.
fn flag_words(types: &Types, ty: TypeId, value: &Value) -> Result<Vec<u32>, Misfit> {
    let (Type::Flags(labels), WasmTypeKind::Flags) = (&types[ty], value.kind()) else {
        return Err(Misfit::Type);
    };
    let mut words = vec![0; abi::flag_words(labels.len())];
    for name in value.unwrap_flags() {
        let found = labels.iter().position(|label| *label == *name);
        let bit = found.ok_or(Misfit::Type)?;
        words[bit / 32] |= 1 << (bit % 32);
    }
    Ok(words)
}

/// The payloads of a type that is a variant, despecialised.
pub(super) fn variant(types: &Types, ty: TypeId) -> Option<Vec<Option<TypeId>>> {
    match abi::shape(types, ty) {
        abi::Shape::Variant(cases) => Some(cases.into_iter().map(|case| case.1).collect()),
        _ => None,
    }
}

type Payload = Option<(TypeId, Value)>;

/// The case of a variant's value and what it holds.
fn case(types: &Types, ty: TypeId, value: &Value) -> Result<(u32, Payload), Misfit> {
    let (index, ty, payload) = match (&types[ty], value.kind()) {
        (Type::Variant(cases), WasmTypeKind::Variant) => {
            let (name, payload) = value.unwrap_variant();
            let index = cases.iter().position(|case| *case.0 == *name);
            let index = index.ok_or(Misfit::Type)?;
            (index as u32, cases[index].1, payload)
        }
        (Type::Enum(cases), WasmTypeKind::Enum) => {
            let name = value.unwrap_enum();
            let index = cases.iter().position(|case| **case == *name);
            (index.ok_or(Misfit::Type)? as u32, None, None)
        }
        (Type::Option(some), WasmTypeKind::Option) => match value.unwrap_option() {
            None => (0, None, None),
            value => (1, Some(*some), value),
        },
        (Type::Result { ok, err }, WasmTypeKind::Result) => match value.unwrap_result() {
            Ok(value) => (0, *ok, value),
            Err(value) => (1, *err, value),
        },
        _ => return Err(Misfit::Type),
    };
    match (ty, payload) {
        (None, None) => Ok((index, None)),
        (Some(ty), Some(value)) => Ok((index, Some((ty, value.into_owned())))),
        _ => Err(Misfit::Type),
    }
}

/// The fields of a record's or tuple's value.
fn parts(types: &Types, ty: TypeId, value: &Value) -> Result<Vec<(TypeId, Value)>, Misfit> {
    match (&types[ty], value.kind()) {
        (Type::Record(fields), WasmTypeKind::Record) => {
            let values: Vec<_> = value.unwrap_record().collect();
            let same = values
                .iter()
                .map(|part| &*part.0)
                .eq(fields.iter().map(|f| &*f.0));
            if !same {
                return Err(Misfit::Type);
            }
            let values = values.into_iter().map(|part| part.1.into_owned());
            Ok(fields.iter().map(|field| field.1).zip(values).collect())
        }
        (Type::Tuple(types), WasmTypeKind::Tuple) => {
            let values: Vec<_> = value.unwrap_tuple().collect();
            if values.len() != types.len() {
                return Err(Misfit::Type);
            }
            let values = values.into_iter().map(std::borrow::Cow::into_owned);
            Ok(types.iter().copied().zip(values).collect())
        }
        _ => Err(Misfit::Type),
    }
}

/// The instruction that pushes `bits`.
pub(super) fn constant(ty: ValType, bits: u64) -> wasm_encoder::Instruction<'static> {
    use wasm_encoder::{Ieee32, Ieee64, Instruction};
    match ty {
        ValType::I64 => Instruction::I64Const(bits as i64),
        ValType::F32 => Instruction::F32Const(Ieee32::new(bits as u32)),
        ValType::F64 => Instruction::F64Const(Ieee64::new(bits)),
        // No other type is among those that stand for values.
        _ => Instruction::I32Const(bits as u32 as i32),
    }
}
