//! Values of components: a script's, at the types that a function has.
//!
//! A script's value says less than its type (an empty list's elements, a case's siblings), so it becomes a value at the
//! type of the parameter that it is for. A result is compared the other way round, as a tree: names have to be the
//! same, and where the script gives another kind of value than the function returns, nothing matches. A NaN is a NaN:
//! the canonical ABI makes one of all of them.

use crate::Result;
use std::borrow::Cow;
use wasm_wave::value::{Type, Value};
use wasm_wave::wasm::{WasmType, WasmTypeKind, WasmValue};
use wast::component::WastVal;
use wast::core::{NanPattern, WastArgCore, WastRetCore};
use wast::{WastArg, WastRet};

/// An argument, at the type of the parameter that it is for.
///
/// # Errors
///
/// Where it isn't one of the type's.
pub fn argument(arg: &WastArg<'_>, ty: &Type) -> Result<Value> {
    match arg {
        WastArg::Component(value) => typed(value, ty),
        // Numbers of this form are read as core ones.
        WastArg::Core(WastArgCore::F32(bits)) => typed(&WastVal::F32(*bits), ty),
        WastArg::Core(WastArgCore::F64(bits)) => typed(&WastVal::F64(*bits), ty),
        other => Err(format!("{other:?} is no `{ty}`")),
    }
}

/// Whether a result is the expected one.
pub fn matches(value: &Value, expected: &WastRet<'_>) -> bool {
    match expected {
        WastRet::Component(expected) => same(value, expected),
        WastRet::Core(WastRetCore::F32(NanPattern::Value(bits))) => {
            same(value, &WastVal::F32(*bits))
        }
        WastRet::Core(WastRetCore::F64(NanPattern::Value(bits))) => {
            same(value, &WastVal::F64(*bits))
        }
        WastRet::Core(WastRetCore::F32(_)) => {
            value.kind() == WasmTypeKind::F32 && value.unwrap_f32().is_nan()
        }
        WastRet::Core(WastRetCore::F64(_)) => {
            value.kind() == WasmTypeKind::F64 && value.unwrap_f64().is_nan()
        }
        _ => false,
    }
}

/// A result as it is shown.
pub fn show(value: &Value) -> String {
    wasm_wave::to_string(value).unwrap_or_else(|error| format!("{value:?} ({error})"))
}

/// A script's value at a type.
///
/// # Errors
///
/// Where it isn't one of the type's.
fn typed(value: &WastVal<'_>, ty: &Type) -> Result<Value> {
    let made = match value {
        WastVal::Bool(value) => Ok(Value::make_bool(*value)),
        WastVal::U8(value) => Ok(Value::make_u8(*value)),
        WastVal::S8(value) => Ok(Value::make_s8(*value)),
        WastVal::U16(value) => Ok(Value::make_u16(*value)),
        WastVal::S16(value) => Ok(Value::make_s16(*value)),
        WastVal::U32(value) => Ok(Value::make_u32(*value)),
        WastVal::S32(value) => Ok(Value::make_s32(*value)),
        WastVal::U64(value) => Ok(Value::make_u64(*value)),
        WastVal::S64(value) => Ok(Value::make_s64(*value)),
        WastVal::F32(value) => Ok(Value::make_f32(f32::from_bits(value.bits))),
        WastVal::F64(value) => Ok(Value::make_f64(f64::from_bits(value.bits))),
        WastVal::Char(value) => Ok(Value::make_char(*value)),
        WastVal::String(value) => Ok(Value::make_string(Cow::Borrowed(value))),
        WastVal::List(values) => {
            let element = ty.list_element_type().ok_or_else(|| misfit(value, ty))?;
            let values = values.iter().map(|value| typed(value, &element));
            Value::make_list(ty, values.collect::<Result<Vec<_>>>()?)
        }
        WastVal::Record(fields) => {
            let types: Vec<_> = ty.record_fields().collect();
            let mut made = Vec::with_capacity(fields.len());
            for (name, field) in fields {
                let found = types.iter().find(|(known, _)| known == name);
                let (_, of) = found.ok_or_else(|| misfit(value, ty))?;
                made.push((*name, typed(field, of)?));
            }
            Value::make_record(ty, made)
        }
        WastVal::Tuple(values) => {
            let types = ty.tuple_element_types();
            let values = values
                .iter()
                .zip(types)
                .map(|(value, ty)| typed(value, &ty));
            Value::make_tuple(ty, values.collect::<Result<Vec<_>>>()?)
        }
        WastVal::Variant(case, payload) => {
            let found = ty.variant_cases().find(|(name, _)| name == case);
            let (_, of) = found.ok_or_else(|| misfit(value, ty))?;
            let payload = maybe(payload.as_deref(), of.as_ref(), value, ty)?;
            Value::make_variant(ty, case, payload)
        }
        WastVal::Enum(case) => Value::make_enum(ty, case),
        WastVal::Option(payload) => {
            let of = ty.option_some_type().ok_or_else(|| misfit(value, ty))?;
            let payload = payload.as_deref().map(|value| typed(value, &of));
            Value::make_option(ty, payload.transpose()?)
        }
        WastVal::Result(payload) => {
            let (ok, err) = ty.result_types().ok_or_else(|| misfit(value, ty))?;
            let payload = match payload {
                Ok(payload) => Ok(maybe(payload.as_deref(), ok.as_ref(), value, ty)?),
                Err(payload) => Err(maybe(payload.as_deref(), err.as_ref(), value, ty)?),
            };
            Value::make_result(ty, payload)
        }
        WastVal::Flags(names) => Value::make_flags(ty, names.iter().copied()),
    };
    let made = made.map_err(|error| format!("{}: {error}", misfit(value, ty)))?;
    // Those without parts were made without looking at the type.
    if made.kind() != ty.kind() {
        return Err(misfit(value, ty));
    }
    Ok(made)
}

fn maybe(
    payload: Option<&WastVal<'_>>,
    of: Option<&Type>,
    value: &WastVal<'_>,
    ty: &Type,
) -> Result<Option<Value>> {
    match (payload, of) {
        (Some(payload), Some(of)) => typed(payload, of).map(Some),
        (None, None) => Ok(None),
        _ => Err(misfit(value, ty)),
    }
}

fn misfit(value: &WastVal<'_>, ty: &Type) -> String {
    format!("{value:?} is no `{ty}`")
}

/// Whether a value is the same as a script's.
fn same(value: &Value, expected: &WastVal<'_>) -> bool {
    let payload =
        |value: Option<Cow<'_, Value>>, expected: Option<&WastVal<'_>>| match (value, expected) {
            (Some(value), Some(expected)) => same(&value, expected),
            (None, None) => true,
            _ => false,
        };
    let all = |values: Vec<Cow<'_, Value>>, expected: &[WastVal<'_>]| {
        let mut both = values.iter().zip(expected);
        values.len() == expected.len() && both.all(|(value, expected)| same(value, expected))
    };
    match (value.kind(), expected) {
        (WasmTypeKind::Bool, WastVal::Bool(e)) => value.unwrap_bool() == *e,
        (WasmTypeKind::U8, WastVal::U8(e)) => value.unwrap_u8() == *e,
        (WasmTypeKind::S8, WastVal::S8(e)) => value.unwrap_s8() == *e,
        (WasmTypeKind::U16, WastVal::U16(e)) => value.unwrap_u16() == *e,
        (WasmTypeKind::S16, WastVal::S16(e)) => value.unwrap_s16() == *e,
        (WasmTypeKind::U32, WastVal::U32(e)) => value.unwrap_u32() == *e,
        (WasmTypeKind::S32, WastVal::S32(e)) => value.unwrap_s32() == *e,
        (WasmTypeKind::U64, WastVal::U64(e)) => value.unwrap_u64() == *e,
        (WasmTypeKind::S64, WastVal::S64(e)) => value.unwrap_s64() == *e,
        (WasmTypeKind::F32, WastVal::F32(e)) => {
            let (value, e) = (value.unwrap_f32(), f32::from_bits(e.bits));
            value.to_bits() == e.to_bits() || (value.is_nan() && e.is_nan())
        }
        (WasmTypeKind::F64, WastVal::F64(e)) => {
            let (value, e) = (value.unwrap_f64(), f64::from_bits(e.bits));
            value.to_bits() == e.to_bits() || (value.is_nan() && e.is_nan())
        }
        (WasmTypeKind::Char, WastVal::Char(e)) => value.unwrap_char() == *e,
        (WasmTypeKind::String, WastVal::String(e)) => value.unwrap_string() == *e,
        (WasmTypeKind::List | WasmTypeKind::FixedLengthList, WastVal::List(e)) => {
            all(value.unwrap_list().collect(), e)
        }
        (WasmTypeKind::Tuple, WastVal::Tuple(e)) => all(value.unwrap_tuple().collect(), e),
        (WasmTypeKind::Record, WastVal::Record(e)) => {
            let fields: Vec<_> = value.unwrap_record().collect();
            let mut both = fields.iter().zip(e);
            fields.len() == e.len()
                && both.all(|((name, value), (known, e))| name == known && same(value, e))
        }
        (WasmTypeKind::Variant, WastVal::Variant(case, e)) => {
            let (name, value) = value.unwrap_variant();
            name == *case && payload(value, e.as_deref())
        }
        (WasmTypeKind::Enum, WastVal::Enum(e)) => value.unwrap_enum() == *e,
        (WasmTypeKind::Option, WastVal::Option(e)) => payload(value.unwrap_option(), e.as_deref()),
        (WasmTypeKind::Result, WastVal::Result(e)) => match (value.unwrap_result(), e) {
            (Ok(value), Ok(e)) | (Err(value), Err(e)) => payload(value, e.as_deref()),
            _ => false,
        },
        (WasmTypeKind::Flags, WastVal::Flags(e)) => {
            // Flags are a set.
            let mut e: Vec<Cow<'_, str>> = e.iter().map(|name| Cow::Borrowed(*name)).collect();
            let mut names: Vec<Cow<'_, str>> = value.unwrap_flags().collect();
            names.sort_unstable();
            e.sort_unstable();
            names == e
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wast::token::F32;

    fn ty(text: &str) -> Type {
        match text {
            "option<u8>" => Type::option(Type::U8),
            "list<s16>" => Type::list(Type::S16),
            "variant" => {
                Type::variant([("a", None), ("b", Some(Type::CHAR))]).expect("it has cases")
            }
            "record" => {
                Type::record([("x", Type::F32), ("y", Type::STRING)]).expect("it has fields")
            }
            "flags" => Type::flags(["p", "q", "r"]).expect("it has names"),
            _ => Type::U32,
        }
    }

    #[test]
    fn values_are_what_they_were_made_of_and_nothing_else() {
        let values = [
            (ty("u32"), WastVal::U32(7), WastVal::U32(8)),
            (
                ty("option<u8>"),
                WastVal::Option(Some(Box::new(WastVal::U8(255)))),
                WastVal::Option(None),
            ),
            (
                ty("list<s16>"),
                WastVal::List(vec![WastVal::S16(-1), WastVal::S16(2)]),
                WastVal::List(vec![WastVal::S16(-1)]),
            ),
            (
                ty("variant"),
                WastVal::Variant("b", Some(Box::new(WastVal::Char('x')))),
                WastVal::Variant("a", None),
            ),
            (
                ty("record"),
                WastVal::Record(vec![
                    ("x", WastVal::F32(F32 { bits: 0x8000_0000 })),
                    ("y", WastVal::String("é")),
                ]),
                WastVal::Record(vec![
                    ("x", WastVal::F32(F32 { bits: 0 })),
                    ("y", WastVal::String("é")),
                ]),
            ),
            (
                ty("flags"),
                WastVal::Flags(vec!["r", "p"]),
                WastVal::Flags(vec!["p", "q"]),
            ),
        ];
        for (ty, value, other) in &values {
            let made = typed(value, ty).unwrap();
            assert!(same(&made, value), "{value:?}");
            assert!(!same(&made, other), "{value:?} and {other:?}");
            for (another, ..) in &values {
                assert_eq!(
                    typed(value, another).is_ok(),
                    another == ty,
                    "{value:?} {another}"
                );
            }
        }
    }

    #[test]
    fn one_nan_is_as_good_as_another() {
        let nan = Value::make_f32(f32::NAN);
        assert!(same(&nan, &WastVal::F32(F32 { bits: 0xffa0_0001 })));
        assert!(!same(&nan, &WastVal::F32(F32 { bits: 0x7f80_0000 })));
        assert!(!same(
            &Value::make_f32(1.0),
            &WastVal::F32(F32 { bits: 0x7fc0_0000 })
        ));
    }

    #[test]
    fn what_is_of_another_kind_is_no_value_of_a_type() {
        for (ty, value) in [
            (ty("u32"), WastVal::S32(1)),
            (ty("variant"), WastVal::Variant("c", None)),
            (ty("variant"), WastVal::Variant("b", None)),
            (ty("record"), WastVal::Record(vec![("z", WastVal::U8(1))])),
            (ty("flags"), WastVal::Flags(vec!["s"])),
            (ty("list<s16>"), WastVal::List(vec![WastVal::U16(1)])),
        ] {
            assert!(typed(&value, &ty).is_err(), "{value:?}");
        }
    }
}
