//! The canonical ABI, from the host's side: values in a linear memory and as core values. Written from the
//! specification's text for tests alone, and so that nothing of nanocc's own is used to judge nanocc.

use crate::Result;
use std::borrow::Cow;
use wasm_wave::value::{Type, Value};
use wasm_wave::wasm::{WasmType, WasmTypeKind as Kind, WasmValue};

/// A core value type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Core {
    I32,
    I64,
    F32,
    F64,
}

/// Most core values that parameters are passed as.
pub const MAX_FLAT_PARAMS: usize = 16;
/// Most core values that a result is passed as.
pub const MAX_FLAT_RESULTS: usize = 1;

/// The payload types of a variant's cases, or of what is a variant by another name.
fn cases(ty: &Type) -> Vec<Option<Type>> {
    match ty.kind() {
        Kind::Variant => ty.variant_cases().map(|(_, payload)| payload).collect(),
        Kind::Enum => ty.enum_cases().map(|_| None).collect(),
        Kind::Option => vec![None, ty.option_some_type()],
        _ => {
            let (ok, err) = ty.result_types().unwrap_or_default();
            vec![ok, err]
        }
    }
}

fn fields(ty: &Type) -> Vec<Type> {
    match ty.kind() {
        Kind::Record => ty.record_fields().map(|(_, ty)| ty).collect(),
        _ => ty.tuple_element_types().collect(),
    }
}

fn discriminant(cases: usize) -> usize {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

fn flags_size(ty: &Type) -> usize {
    match ty.flags_names().count() {
        0..=8 => 1,
        9..=16 => 2,
        _ => 4,
    }
}

pub fn align(ty: &Type) -> usize {
    match ty.kind() {
        Kind::Bool | Kind::U8 | Kind::S8 => 1,
        Kind::U16 | Kind::S16 => 2,
        Kind::U64 | Kind::S64 | Kind::F64 => 8,
        Kind::Record | Kind::Tuple => fields(ty).iter().map(align).max().unwrap_or(1),
        Kind::Variant | Kind::Enum | Kind::Option | Kind::Result => {
            let cases = cases(ty);
            let payloads = cases.iter().flatten().map(align).max().unwrap_or(1);
            payloads.max(discriminant(cases.len()))
        }
        Kind::Flags => flags_size(ty),
        _ => 4,
    }
}

pub fn size(ty: &Type) -> usize {
    match ty.kind() {
        Kind::String | Kind::List => 8,
        Kind::Record | Kind::Tuple => {
            let end = fields(ty)
                .iter()
                .fold(0, |at: usize, ty| at.next_multiple_of(align(ty)) + size(ty));
            end.next_multiple_of(align(ty))
        }
        Kind::Variant | Kind::Enum | Kind::Option | Kind::Result => {
            let payloads = cases(ty).iter().flatten().map(size).max().unwrap_or(0);
            (payload_at(ty) + payloads).next_multiple_of(align(ty))
        }
        // What has no parts is as large as it is aligned.
        _ => align(ty),
    }
}

fn payload_at(ty: &Type) -> usize {
    let cases = cases(ty);
    let payloads = cases.iter().flatten().map(align).max().unwrap_or(1);
    discriminant(cases.len()).next_multiple_of(payloads)
}

pub fn flat(ty: &Type) -> Vec<Core> {
    match ty.kind() {
        Kind::U64 | Kind::S64 => vec![Core::I64],
        Kind::F32 => vec![Core::F32],
        Kind::F64 => vec![Core::F64],
        Kind::String | Kind::List => vec![Core::I32, Core::I32],
        Kind::Record | Kind::Tuple => fields(ty).iter().flat_map(flat).collect(),
        Kind::Variant | Kind::Enum | Kind::Option | Kind::Result => {
            let mut joined: Vec<Core> = Vec::new();
            for payload in cases(ty).iter().flatten() {
                for (at, core) in flat(payload).into_iter().enumerate() {
                    match joined.get_mut(at) {
                        None => joined.push(core),
                        Some(known) if *known == core => {}
                        Some(known) => {
                            *known = match (*known, core) {
                                (Core::I32, Core::F32) | (Core::F32, Core::I32) => Core::I32,
                                _ => Core::I64,
                            };
                        }
                    }
                }
            }
            joined.insert(0, Core::I32);
            joined
        }
        _ => vec![Core::I32],
    }
}

/// The case that a value is of, and its payload.
fn case<'v>(value: &'v Value, ty: &Type) -> (usize, Option<Cow<'v, Value>>) {
    match ty.kind() {
        Kind::Variant => {
            let (name, payload) = value.unwrap_variant();
            let at = ty.variant_cases().position(|(known, _)| known == name);
            (at.unwrap_or(0), payload)
        }
        Kind::Enum => {
            let name = value.unwrap_enum();
            (
                ty.enum_cases().position(|known| known == name).unwrap_or(0),
                None,
            )
        }
        Kind::Option => match value.unwrap_option() {
            None => (0, None),
            payload => (1, payload),
        },
        _ => match value.unwrap_result() {
            Ok(payload) => (0, payload),
            Err(payload) => (1, payload),
        },
    }
}

/// A value without parts, as bits.
fn bits(value: &Value, ty: &Type) -> u64 {
    match ty.kind() {
        Kind::Bool => u64::from(value.unwrap_bool()),
        Kind::U8 => u64::from(value.unwrap_u8()),
        Kind::S8 => u64::from(i32::from(value.unwrap_s8()) as u32),
        Kind::U16 => u64::from(value.unwrap_u16()),
        Kind::S16 => u64::from(i32::from(value.unwrap_s16()) as u32),
        Kind::U32 => u64::from(value.unwrap_u32()),
        Kind::S32 => u64::from(value.unwrap_s32() as u32),
        Kind::U64 => value.unwrap_u64(),
        Kind::S64 => value.unwrap_s64() as u64,
        Kind::F32 => u64::from(value.unwrap_f32().to_bits()),
        Kind::F64 => value.unwrap_f64().to_bits(),
        Kind::Char => u64::from(u32::from(value.unwrap_char())),
        _ => {
            let set: Vec<Cow<'_, str>> = value.unwrap_flags().collect();
            let names = ty.flags_names().enumerate();
            let bits = names.map(|(at, name)| u64::from(set.contains(&name)) << at);
            bits.sum()
        }
    }
}

/// A linear memory that values are lowered to, from its start.
#[derive(Default)]
pub struct Memory {
    pub bytes: Vec<u8>,
}

impl Memory {
    /// Space for a value; its address.
    pub fn alloc(&mut self, size: usize, align: usize) -> usize {
        let at = self.bytes.len().next_multiple_of(align.max(1));
        self.bytes.resize(at + size, 0);
        at
    }

    /// Puts a value at an address.
    pub fn store(&mut self, value: &Value, ty: &Type, at: usize) {
        match ty.kind() {
            Kind::String | Kind::List => {
                let (start, length) = self.list(value, ty);
                self.put(at, 4, start as u64);
                self.put(at + 4, 4, length as u64);
            }
            Kind::Record | Kind::Tuple => {
                let mut at = at;
                for (value, ty) in parts(value, ty) {
                    at = at.next_multiple_of(align(&ty));
                    self.store(&value, &ty, at);
                    at += size(&ty);
                }
            }
            Kind::Variant | Kind::Enum | Kind::Option | Kind::Result => {
                let (index, payload) = case(value, ty);
                let cases = cases(ty);
                self.put(at, discriminant(cases.len()), index as u64);
                if let (Some(payload), Some(ty_of)) = (payload, &cases[index]) {
                    self.store(&payload, ty_of, at + payload_at(ty));
                }
            }
            _ => self.put(at, size(ty), bits(value, ty)),
        }
    }

    fn put(&mut self, at: usize, size: usize, bits: u64) {
        self.bytes[at..at + size].copy_from_slice(&bits.to_le_bytes()[..size]);
    }

    /// The address and length of a list or a string.
    fn list(&mut self, value: &Value, ty: &Type) -> (usize, usize) {
        if ty.kind() == Kind::String {
            let text = value.unwrap_string();
            let at = self.alloc(text.len(), 1);
            self.bytes[at..at + text.len()].copy_from_slice(text.as_bytes());
            return (at, text.len());
        }
        let element = ty.list_element_type().expect("it is a list");
        let values: Vec<_> = value.unwrap_list().collect();
        let start = self.alloc(values.len() * size(&element), align(&element));
        for (index, value) in values.iter().enumerate() {
            self.store(value, &element, start + index * size(&element));
        }
        (start, values.len())
    }

    /// A value as core values, as bits.
    pub fn lower(&mut self, value: &Value, ty: &Type, out: &mut Vec<u64>) {
        match ty.kind() {
            Kind::String | Kind::List => {
                let (start, length) = self.list(value, ty);
                out.extend([start as u64, length as u64]);
            }
            Kind::Record | Kind::Tuple => {
                for (value, ty) in parts(value, ty) {
                    self.lower(&value, &ty, out);
                }
            }
            Kind::Variant | Kind::Enum | Kind::Option | Kind::Result => {
                let end = out.len() + flat(ty).len();
                let (index, payload) = case(value, ty);
                out.push(index as u64);
                if let (Some(payload), Some(ty)) = (payload, &cases(ty)[index]) {
                    self.lower(&payload, ty, out);
                }
                out.resize(end, 0);
            }
            _ => out.push(bits(value, ty)),
        }
    }
}

fn parts(value: &Value, ty: &Type) -> Vec<(Value, Type)> {
    let values: Vec<Value> = match ty.kind() {
        Kind::Record => value
            .unwrap_record()
            .map(|(_, value)| value.into_owned())
            .collect(),
        _ => value.unwrap_tuple().map(Cow::into_owned).collect(),
    };
    values.into_iter().zip(fields(ty)).collect()
}

/// Takes a value from a memory.
///
/// # Errors
///
/// Where the memory is too short, or holds no such value.
pub fn load(memory: &[u8], ty: &Type, at: usize) -> Result<Value> {
    let get = |at: usize, size: usize| -> Result<u64> {
        let bytes = memory
            .get(at..at + size)
            .ok_or_else(|| format!("its result is beyond what was read, at {at:#x}"))?;
        let mut all = [0; 8];
        all[..size].copy_from_slice(bytes);
        Ok(u64::from_le_bytes(all))
    };
    let text = |error: wasm_wave::wasm::WasmValueError| error.to_string();
    match ty.kind() {
        Kind::String => {
            let (start, length) = (get(at, 4)? as usize, get(at + 4, 4)? as usize);
            let bytes = memory
                .get(start..start + length)
                .ok_or("a string beyond what was read")?;
            let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
            Ok(Value::make_string(Cow::Borrowed(text)))
        }
        Kind::List => {
            let (start, length) = (get(at, 4)? as usize, get(at + 4, 4)? as usize);
            let element = ty.list_element_type().ok_or("a list of nothing")?;
            let values =
                (0..length).map(|index| load(memory, &element, start + index * size(&element)));
            Value::make_list(ty, values.collect::<Result<Vec<_>>>()?).map_err(text)
        }
        Kind::Record | Kind::Tuple => {
            let mut values = Vec::new();
            let mut at = at;
            for ty in fields(ty) {
                at = at.next_multiple_of(align(&ty));
                values.push(load(memory, &ty, at)?);
                at += size(&ty);
            }
            if ty.kind() == Kind::Tuple {
                return Value::make_tuple(ty, values).map_err(text);
            }
            let names: Vec<_> = ty.record_fields().map(|(name, _)| name).collect();
            let fields = names.iter().map(AsRef::as_ref).zip(values);
            Value::make_record(ty, fields).map_err(text)
        }
        Kind::Variant | Kind::Enum | Kind::Option | Kind::Result => {
            let cases = cases(ty);
            let index = get(at, discriminant(cases.len()))? as usize;
            let of = cases.get(index).ok_or("there is no such case")?;
            let payload = match of {
                Some(of) => Some(load(memory, of, at + payload_at(ty))?),
                None => None,
            };
            match ty.kind() {
                Kind::Variant => {
                    let (name, _) = ty.variant_cases().nth(index).ok_or("no case")?;
                    Value::make_variant(ty, &name, payload)
                }
                Kind::Enum => Value::make_enum(ty, &ty.enum_cases().nth(index).ok_or("no case")?),
                Kind::Option => Value::make_option(ty, payload),
                _ if index == 0 => Value::make_result(ty, Ok(payload)),
                _ => Value::make_result(ty, Err(payload)),
            }
            .map_err(text)
        }
        _ => unit(get(at, size(ty))?, ty),
    }
}

/// A value without parts.
pub fn unit(bits: u64, ty: &Type) -> Result<Value> {
    Ok(match ty.kind() {
        Kind::Bool => Value::make_bool(bits != 0),
        Kind::U8 => Value::make_u8(bits as u8),
        Kind::S8 => Value::make_s8(bits as i8),
        Kind::U16 => Value::make_u16(bits as u16),
        Kind::S16 => Value::make_s16(bits as i16),
        Kind::U32 => Value::make_u32(bits as u32),
        Kind::S32 => Value::make_s32(bits as i32),
        Kind::U64 => Value::make_u64(bits),
        Kind::S64 => Value::make_s64(bits as i64),
        Kind::F32 => Value::make_f32(f32::from_bits(bits as u32)),
        Kind::F64 => Value::make_f64(f64::from_bits(bits)),
        Kind::Char => Value::make_char(char::from_u32(bits as u32).ok_or("that is no char")?),
        Kind::Flags => {
            let names: Vec<Cow<'_, str>> = ty.flags_names().collect();
            let set = names
                .iter()
                .enumerate()
                .filter(|(at, _)| bits >> at & 1 != 0);
            let set: Vec<&str> = set.map(|(_, name)| name.as_ref()).collect();
            return Value::make_flags(ty, set).map_err(|error| error.to_string());
        }
        other => return Err(format!("a `{other}` has parts")),
    })
}

/// A value that is one core value.
///
/// # Errors
///
/// Where the bits are no value of the type.
pub fn lift(bits: u64, ty: &Type) -> Result<Value> {
    let text = |error: wasm_wave::wasm::WasmValueError| error.to_string();
    match ty.kind() {
        Kind::Record | Kind::Tuple => {
            let of = fields(ty).pop().ok_or("a record of nothing")?;
            let value = lift(bits, &of)?;
            if ty.kind() == Kind::Tuple {
                return Value::make_tuple(ty, [value]).map_err(text);
            }
            let (name, _) = ty.record_fields().next().ok_or("a record of nothing")?;
            Value::make_record(ty, [(name.as_ref(), value)]).map_err(text)
        }
        // No case has a payload, and the discriminant has been checked: as in memory.
        Kind::Variant | Kind::Enum | Kind::Option | Kind::Result => {
            load(&bits.to_le_bytes(), ty, 0)
        }
        _ => unit(bits, ty),
    }
}
