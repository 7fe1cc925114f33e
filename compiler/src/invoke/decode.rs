//! A value from the caller's memory, after the call: the canonical ABI's lifting.
//!
//! Source: `CanonicalABI.md`, "Loading". The bytes were written by an adapter, which lowers valid values only, but they
//! come by way of a process: so everything is checked, and what doesn't hold is an error.

use super::encode::payloads;
use super::types;
use crate::abi;
use crate::types::{Type, TypeId, Types};
use wasm_wave::value::{Type as Wave, Value};
use wasm_wave::wasm::WasmValue;

/// Reads a function's result.
#[derive(Debug, Clone)]
pub struct Reader {
    types: Types,
    /// The result's type, and where it lies in the caller's memory.
    result: Option<(TypeId, u32)>,
}

impl Reader {
    pub(crate) fn new(types: &Types, result: Option<(TypeId, u32)>) -> Reader {
        Reader {
            types: types.clone(),
            result,
        }
    }

    /// The result that lies in the caller's memory; `None` of a function that has none.
    ///
    /// # Errors
    ///
    /// Where the bytes are no value of the type, in words.
    pub fn read(&self, memory: &[u8]) -> Result<Option<Value>, String> {
        let Some((ty, at)) = self.result else {
            return Ok(None);
        };
        let memory = Memory {
            types: &self.types,
            bytes: memory,
        };
        memory.load(ty, at).map(Some)
    }
}

struct Memory<'m> {
    types: &'m Types,
    bytes: &'m [u8],
}

impl Memory<'_> {
    fn bytes(&self, at: u32, len: u32) -> Result<&[u8], String> {
        let range = at as usize..at as usize + len as usize;
        self.bytes
            .get(range)
            .ok_or_else(|| format!("a result of {len} bytes at {at} lies outside of the memory"))
    }

    /// A number of up to 8 bytes.
    fn bits(&self, at: u32, len: u32) -> Result<u64, String> {
        let mut bits = [0; 8];
        bits[..len as usize].copy_from_slice(self.bytes(at, len)?);
        Ok(u64::from_le_bytes(bits))
    }

    fn load(&self, ty: TypeId, at: u32) -> Result<Value, String> {
        let types = self.types;
        let size = abi::layout(types, ty).size;
        let bits = || self.bits(at, size);
        let wave = || types::value(types, ty).map_err(str::to_owned);
        let made = |value: Result<Value, wasm_wave::wasm::WasmValueError>| {
            value.map_err(|error| error.to_string())
        };
        Ok(match &types[ty] {
            Type::Bool => Value::make_bool(bits()? != 0),
            Type::S8 => Value::make_s8(bits()? as i8),
            Type::U8 => Value::make_u8(bits()? as u8),
            Type::S16 => Value::make_s16(bits()? as i16),
            Type::U16 => Value::make_u16(bits()? as u16),
            Type::S32 => Value::make_s32(bits()? as i32),
            Type::U32 => Value::make_u32(bits()? as u32),
            Type::S64 => Value::make_s64(bits()? as i64),
            Type::U64 => Value::make_u64(bits()?),
            Type::F32 => Value::make_f32(f32::from_bits(bits()? as u32)),
            Type::F64 => Value::make_f64(f64::from_bits(bits()?)),
            Type::Char => {
                let char = char::from_u32(bits()? as u32);
                Value::make_char(char.ok_or("a `char` that is none")?)
            }
            Type::String => {
                let (pointer, len) = (self.bits(at, 4)? as u32, self.bits(at + 4, 4)? as u32);
                let text = str::from_utf8(self.bytes(pointer, len)?);
                Value::make_string(text.map_err(|error| error.to_string())?.into())
            }
            Type::List(element) => {
                let (pointer, len) = (self.bits(at, 4)? as u32, self.bits(at + 4, 4)? as u32);
                let step = abi::layout(types, *element).size;
                let bytes = u64::from(len) * u64::from(step);
                if u64::from(pointer) + bytes > self.bytes.len() as u64 {
                    return Err(format!("a list of {len} lies outside of the memory"));
                }
                let values = (0..len).map(|index| self.load(*element, pointer + index * step));
                made(Value::make_list(
                    &wave()?,
                    values.collect::<Result<Vec<_>, _>>()?,
                ))?
            }
            Type::Record(fields) => {
                let (offsets, _) = abi::record(types, fields.iter().map(|field| field.1));
                let values = fields
                    .iter()
                    .zip(offsets)
                    .map(|((name, ty), offset)| Ok((name.as_str(), self.load(*ty, at + offset)?)))
                    .collect::<Result<Vec<_>, String>>()?;
                made(Value::make_record(&wave()?, values))?
            }
            Type::Tuple(elements) => {
                let (offsets, _) = abi::record(types, elements.iter().copied());
                let values = elements
                    .iter()
                    .zip(offsets)
                    .map(|(ty, offset)| self.load(*ty, at + offset))
                    .collect::<Result<Vec<_>, String>>()?;
                made(Value::make_tuple(&wave()?, values))?
            }
            Type::Flags(labels) => {
                let bits = bits()?;
                let set = labels
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| bits >> index & 1 == 1)
                    .map(|(_, label)| label.as_str());
                made(Value::make_flags(&wave()?, set))?
            }
            Type::Variant(_) | Type::Enum(_) | Type::Option(_) | Type::Result { .. } => {
                self.variant(ty, at, &wave()?)?
            }
            Type::Own(_) | Type::Borrow(_) => return Err("a resource".to_owned()),
        })
    }

    fn variant(&self, ty: TypeId, at: u32, wave: &Wave) -> Result<Value, String> {
        let payloads = payloads(self.types, ty);
        let layout = abi::variant(self.types, payloads.iter().copied());
        let index = self.bits(at, layout.discriminant)? as usize;
        let payload = *payloads.get(index).ok_or("a case that there isn't")?;
        let payload = payload
            .map(|payload| self.load(payload, at + layout.payload))
            .transpose()?;
        let value = match &self.types[ty] {
            Type::Variant(cases) => Value::make_variant(wave, &cases[index].0, payload),
            Type::Enum(cases) => Value::make_enum(wave, &cases[index]),
            Type::Option(_) => Value::make_option(wave, payload),
            _ => Value::make_result(
                wave,
                if index == 0 {
                    Ok(payload)
                } else {
                    Err(payload)
                },
            ),
        };
        value.map_err(|error| error.to_string())
    }
}
