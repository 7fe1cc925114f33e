//! A result, read from a copy of the caller's memory (CanonicalABI.md, "Loading").
//!
//! The adapter that put it there has validated it. What is read here comes through a pipe or a file, so it is checked again.

use super::encode::variant;
use super::types::wave;
use crate::abi;
use crate::error::{Error, Result};
use crate::types::{Type, TypeId, Types};
use wasm_wave::value::{self, Value};
use wasm_wave::wasm::WasmValue;

/// The value of type `ty` at address `at` of `memory`.
///
/// # Errors
///
/// [`Error::Returned`] for what is none.
pub(crate) fn value(types: &Types, ty: TypeId, memory: &[u8], at: u32) -> Result<Value> {
    let made = wave(types, ty).map_err(|why| broken(why.reason()))?;
    Memory { types, memory }.load(ty, &made, at)
}

fn broken(detail: impl Into<String>) -> Error {
    Error::Returned {
        detail: detail.into(),
    }
}

struct Memory<'m> {
    types: &'m Types,
    memory: &'m [u8],
}

impl Memory<'_> {
    fn bytes(&self, at: u32, len: u32) -> Result<&[u8]> {
        let (at, len) = (at as usize, len as usize);
        let bytes = self.memory.get(at..).and_then(|rest| rest.get(..len));
        bytes.ok_or_else(|| broken(format!("{len} bytes at {at:#x} lie outside of the memory")))
    }

    fn number<const N: usize>(&self, at: u32) -> Result<[u8; N]> {
        let mut number = [0; N];
        number.copy_from_slice(self.bytes(at, N as u32)?);
        Ok(number)
    }

    /// `made` is `ty` as wasm-wave has it.
    fn load(&self, ty: TypeId, made: &value::Type, at: u32) -> Result<Value> {
        use wasm_wave::wasm::WasmType as _;
        let types = self.types;
        let invalid = |error: wasm_wave::wasm::WasmValueError| broken(error.to_string());
        Ok(match &types[ty] {
            Type::Bool => match self.number::<1>(at)? {
                [0] => Value::make_bool(false),
                [1] => Value::make_bool(true),
                [other] => return Err(broken(format!("{other} is no `bool`"))),
            },
            Type::U8 => Value::make_u8(u8::from_le_bytes(self.number(at)?)),
            Type::S8 => Value::make_s8(i8::from_le_bytes(self.number(at)?)),
            Type::U16 => Value::make_u16(u16::from_le_bytes(self.number(at)?)),
            Type::S16 => Value::make_s16(i16::from_le_bytes(self.number(at)?)),
            Type::U32 => Value::make_u32(u32::from_le_bytes(self.number(at)?)),
            Type::S32 => Value::make_s32(i32::from_le_bytes(self.number(at)?)),
            Type::U64 => Value::make_u64(u64::from_le_bytes(self.number(at)?)),
            Type::S64 => Value::make_s64(i64::from_le_bytes(self.number(at)?)),
            Type::F32 => Value::make_f32(f32::from_le_bytes(self.number(at)?)),
            Type::F64 => Value::make_f64(f64::from_le_bytes(self.number(at)?)),
            Type::Char => {
                let code = u32::from_le_bytes(self.number(at)?);
                let char = char::from_u32(code);
                Value::make_char(char.ok_or_else(|| broken(format!("{code:#x} is no `char`")))?)
            }
            Type::String => {
                let (start, len) = self.sequence(at)?;
                let text = str::from_utf8(self.bytes(start, len)?);
                Value::make_string(text.map_err(|error| broken(error.to_string()))?.into())
            }
            Type::List(element) => {
                let (start, len) = self.sequence(at)?;
                let size = abi::layout(types, *element).size;
                let whole = len.checked_mul(size);
                self.bytes(start, whole.ok_or_else(|| broken("a list is too long"))?)?;
                let inner = made.list_element_type().ok_or_else(|| broken("no list"))?;
                let values =
                    (0..len).map(|index| self.load(*element, &inner, start + index * size));
                let values = values.collect::<Result<Vec<_>>>()?;
                Value::make_list(made, values).map_err(invalid)?
            }
            Type::Record(fields) => {
                let (offsets, _) = abi::record(types, fields.iter().map(|field| field.1));
                let mut values = Vec::with_capacity(fields.len());
                for (((name, ty), offset), (_, made)) in
                    fields.iter().zip(offsets).zip(made.record_fields())
                {
                    values.push((name.as_str(), self.load(*ty, &made, at + offset)?));
                }
                Value::make_record(made, values).map_err(invalid)?
            }
            Type::Tuple(parts) => {
                let (offsets, _) = abi::record(types, parts.iter().copied());
                let mut values = Vec::with_capacity(parts.len());
                for ((ty, offset), made) in
                    parts.iter().zip(offsets).zip(made.tuple_element_types())
                {
                    values.push(self.load(*ty, &made, at + offset)?);
                }
                Value::make_tuple(made, values).map_err(invalid)?
            }
            Type::Flags(labels) => {
                let size = abi::layout(types, ty).size;
                let bytes = self.bytes(at, size)?;
                let set = |bit: usize| bytes.get(bit / 8).is_some_and(|b| b >> (bit % 8) & 1 == 1);
                let names = labels.iter().enumerate().filter(|(bit, _)| set(*bit));
                Value::make_flags(made, names.map(|(_, name)| name.as_str())).map_err(invalid)?
            }
            Type::Variant(cases) => {
                let (index, payload) = self.case(ty, at)?;
                let (name, _) = &cases[index];
                let made_payload = made.variant_cases().nth(index).and_then(|case| case.1);
                let payload = self.payload(payload, made_payload)?;
                Value::make_variant(made, name, payload).map_err(invalid)?
            }
            Type::Enum(cases) => {
                let (index, _) = self.case(ty, at)?;
                Value::make_enum(made, &cases[index]).map_err(invalid)?
            }
            Type::Option(_) => {
                let (_, payload) = self.case(ty, at)?;
                let payload = self.payload(payload, made.option_some_type())?;
                Value::make_option(made, payload).map_err(invalid)?
            }
            Type::Result { .. } => {
                let (index, payload) = self.case(ty, at)?;
                let (ok, err) = made.result_types().unwrap_or_default();
                let payload = match index {
                    0 => Ok(self.payload(payload, ok)?),
                    _ => Err(self.payload(payload, err)?),
                };
                Value::make_result(made, payload).map_err(invalid)?
            }
            Type::Own(_) | Type::Borrow(_) => return Err(broken("a handle")),
        })
    }

    /// Address and length of a string or list.
    fn sequence(&self, at: u32) -> Result<(u32, u32)> {
        let start = u32::from_le_bytes(self.number(at)?);
        Ok((start, u32::from_le_bytes(self.number(at + 4)?)))
    }

    /// The case of a variant, and the type and address of what it holds.
    fn case(&self, ty: TypeId, at: u32) -> Result<(usize, Option<(TypeId, u32)>)> {
        let cases = variant(self.types, ty).unwrap_or_default();
        let layout = abi::variant(self.types, cases.iter().copied());
        let mut index = [0; 4];
        let bytes = self.bytes(at, layout.discriminant)?;
        index[..bytes.len()].copy_from_slice(bytes);
        let index = u32::from_le_bytes(index) as usize;
        let Some(payload) = cases.get(index) else {
            return Err(broken(format!("there is no case {index}")));
        };
        Ok((index, payload.map(|ty| (ty, at + layout.payload))))
    }

    fn payload(
        &self,
        payload: Option<(TypeId, u32)>,
        made: Option<value::Type>,
    ) -> Result<Option<Value>> {
        match (payload, made) {
            (Some((ty, at)), Some(made)) => self.load(ty, &made, at).map(Some),
            _ => Ok(None),
        }
    }
}
