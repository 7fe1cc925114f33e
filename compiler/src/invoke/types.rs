//! Types of values as WAVE has them.

use crate::types::{FuncType, Type, TypeId, Types};
use wasm_wave::value::{FuncType as WaveFunc, Type as Wave};

/// A function's type; or the part that has no values of this form.
pub(crate) fn signature(types: &Types, func: &FuncType) -> Result<WaveFunc, &'static str> {
    let params = func
        .params
        .iter()
        .map(|(name, ty)| Ok((name.clone(), value(types, *ty)?)))
        .collect::<Result<Vec<_>, &'static str>>()?;
    let mut results = Vec::new();
    if let Some(ty) = func.result {
        results.push((String::new(), value(types, ty)?));
    }
    WaveFunc::new(params, results).map_err(|_| "a type that WAVE doesn't have")
}

/// A function's parameters, by name; or the part that has no values of this form.
pub(crate) fn params(types: &Types, func: &FuncType) -> Result<Vec<(String, Wave)>, &'static str> {
    let params = func.params.iter();
    params
        .map(|(name, ty)| Ok((name.clone(), value(types, *ty)?)))
        .collect()
}

/// A value type; or the part of it that has no values of this form.
pub(crate) fn value(types: &Types, ty: TypeId) -> Result<Wave, &'static str> {
    let all = |types_: &[TypeId]| {
        types_
            .iter()
            .map(|ty| value(types, *ty))
            .collect::<Result<Vec<_>, &'static str>>()
    };
    let payload = |ty: Option<TypeId>| ty.map(|ty| value(types, ty)).transpose();
    let made = match &types[ty] {
        Type::Bool => Some(Wave::BOOL),
        Type::S8 => Some(Wave::S8),
        Type::U8 => Some(Wave::U8),
        Type::S16 => Some(Wave::S16),
        Type::U16 => Some(Wave::U16),
        Type::S32 => Some(Wave::S32),
        Type::U32 => Some(Wave::U32),
        Type::S64 => Some(Wave::S64),
        Type::U64 => Some(Wave::U64),
        Type::F32 => Some(Wave::F32),
        Type::F64 => Some(Wave::F64),
        Type::Char => Some(Wave::CHAR),
        Type::String => Some(Wave::STRING),
        Type::List(element) => Some(Wave::list(value(types, *element)?)),
        Type::Record(fields) => {
            let fields = fields
                .iter()
                .map(|(name, ty)| Ok((name.as_str(), value(types, *ty)?)))
                .collect::<Result<Vec<_>, &'static str>>()?;
            Wave::record(fields)
        }
        Type::Tuple(elements) => Wave::tuple(all(elements)?),
        Type::Variant(cases) => {
            let cases = cases
                .iter()
                .map(|(name, ty)| Ok((name.as_str(), payload(*ty)?)))
                .collect::<Result<Vec<_>, &'static str>>()?;
            Wave::variant(cases)
        }
        Type::Enum(cases) => Wave::enum_ty(cases.iter().map(String::as_str)),
        Type::Flags(labels) => Wave::flags(labels.iter().map(String::as_str)),
        Type::Option(some) => Some(Wave::option(value(types, *some)?)),
        Type::Result { ok, err } => Some(Wave::result(payload(*ok)?, payload(*err)?)),
        Type::Own(_) | Type::Borrow(_) => return Err("a resource"),
    };
    made.ok_or("a type that WAVE doesn't have")
}
