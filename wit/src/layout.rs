//! The canonical ABI's view of types: size, alignment and flattening (component model,
//! CanonicalABI.md, "Alignment", "Element Size" and "Flattening"), for 32-bit memories.

use crate::{Enum, Flags, Function, Record, Type, Variant};

/// More flat parameters than this go through memory (`MAX_FLAT_PARAMS`).
pub const MAX_FLAT_PARAMS: usize = 16;

/// More flat results than this go through memory (`MAX_FLAT_RESULTS`).
pub const MAX_FLAT_RESULTS: usize = 1;

/// A core value type that values flatten to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flat {
    I32,
    I64,
    F32,
    F64,
}

/// The core signature of a host function: what `canon lower` (synchronous) gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreSignature {
    /// The parameters, the pointers that `spilled_params` and `return_pointer` tell of included.
    pub params: Vec<Flat>,
    /// The result.
    pub result: Option<Flat>,
    /// The first parameter points to the parameters, laid out like a tuple of them.
    pub spilled_params: bool,
    /// The last parameter points to where the result is to be stored.
    pub return_pointer: bool,
}

impl Flat {
    /// The flat type that can hold either of two variant cases' flat values (`join`).
    pub fn join(self, other: Flat) -> Flat {
        match (self, other) {
            (a, b) if a == b => a,
            (Flat::I32 | Flat::F32, Flat::I32 | Flat::F32) => Flat::I32,
            _ => Flat::I64,
        }
    }
}

impl Function {
    /// The core signature that `canon lower` gives this function.
    pub fn core_signature(&self) -> CoreSignature {
        let mut params = Vec::new();
        self.params
            .iter()
            .for_each(|(_, ty)| ty.flatten_into(&mut params));
        let spilled_params = params.len() > MAX_FLAT_PARAMS;
        if spilled_params {
            params = vec![Flat::I32];
        }
        let results = self.result.map_or_else(Vec::new, |ty| ty.flatten());
        let return_pointer = results.len() > MAX_FLAT_RESULTS;
        if return_pointer {
            params.push(Flat::I32);
        }
        let result = if return_pointer {
            None
        } else {
            results.first().copied()
        };
        CoreSignature {
            params,
            result,
            spilled_params,
            return_pointer,
        }
    }
}

impl Type {
    /// Alignment in bytes (`alignment`).
    pub fn align(&self) -> u32 {
        match self {
            Type::Bool | Type::S8 | Type::U8 => 1,
            Type::S16 | Type::U16 => 2,
            Type::S32 | Type::U32 | Type::F32 | Type::Char => 4,
            Type::S64 | Type::U64 | Type::F64 => 8,
            Type::String | Type::List(_) | Type::Own(_) | Type::Borrow(_) => 4,
            Type::Record(record) => max_align(record.types()),
            Type::Tuple(types) => max_align(types.iter().copied()),
            Type::Flags(flags) => flags.bytes().min(4),
            Type::Variant(_) | Type::Enum(_) | Type::Option(_) | Type::Result(_) => {
                let payloads = max_align(self.payloads().into_iter().flatten());
                self.discriminant_bytes().unwrap_or(1).max(payloads)
            }
        }
    }

    /// Size in bytes within memory, a multiple of the alignment (`elem_size`).
    pub fn size(&self) -> u32 {
        match self {
            Type::Bool | Type::S8 | Type::U8 => 1,
            Type::S16 | Type::U16 => 2,
            Type::S32 | Type::U32 | Type::F32 | Type::Char => 4,
            Type::S64 | Type::U64 | Type::F64 => 8,
            Type::String | Type::List(_) => 8,
            Type::Own(_) | Type::Borrow(_) => 4,
            Type::Record(record) => sequence_size(record.types()),
            Type::Tuple(types) => sequence_size(types.iter().copied()),
            Type::Flags(flags) => flags.bytes(),
            Type::Variant(_) | Type::Enum(_) | Type::Option(_) | Type::Result(_) => {
                let largest = self
                    .payloads()
                    .into_iter()
                    .flatten()
                    .map(|ty| ty.size())
                    .max();
                (self.payload_offset() + largest.unwrap_or(0)).next_multiple_of(self.align())
            }
        }
    }

    /// Bytes of the discriminant (`discriminant_type`), for a type that has one.
    pub fn discriminant_bytes(&self) -> Option<u32> {
        let cases = match self {
            Type::Variant(Variant { cases, .. }) => cases.len(),
            Type::Enum(Enum { cases, .. }) => cases.len(),
            Type::Option(_) | Type::Result(_) => 2,
            _ => return None,
        };
        Some(match cases {
            0..=0x100 => 1,
            0x101..=0x1_0000 => 2,
            _ => 4,
        })
    }

    /// Where the payload of a type with a discriminant starts, in bytes; 0 for other types.
    pub fn payload_offset(&self) -> u32 {
        let payloads = max_align(self.payloads().into_iter().flatten());
        self.discriminant_bytes()
            .map_or(0, |bytes| bytes.next_multiple_of(payloads))
    }

    /// The payloads of the cases of a type with a discriminant, in order; empty for other types.
    pub fn payloads(&self) -> Vec<Option<Type>> {
        match self {
            Type::Variant(variant) => variant.cases.iter().map(|(_, payload)| *payload).collect(),
            Type::Enum(cases) => vec![None; cases.cases.len()],
            Type::Option(payload) => vec![None, Some(**payload)],
            Type::Result(result) => vec![result.ok, result.err],
            _ => Vec::new(),
        }
    }

    /// The core values that a value of the type flattens to (`flatten_type`).
    pub fn flatten(&self) -> Vec<Flat> {
        let mut flat = Vec::new();
        self.flatten_into(&mut flat);
        flat
    }

    fn flatten_into(&self, out: &mut Vec<Flat>) {
        match self {
            Type::Bool
            | Type::S8
            | Type::U8
            | Type::S16
            | Type::U16
            | Type::S32
            | Type::U32
            | Type::Char
            | Type::Own(_)
            | Type::Borrow(_) => out.push(Flat::I32),
            Type::S64 | Type::U64 => out.push(Flat::I64),
            Type::F32 => out.push(Flat::F32),
            Type::F64 => out.push(Flat::F64),
            Type::String | Type::List(_) => out.extend([Flat::I32, Flat::I32]),
            Type::Record(record) => record.types().for_each(|ty| ty.flatten_into(out)),
            Type::Tuple(types) => types.iter().for_each(|ty| ty.flatten_into(out)),
            Type::Flags(flags) => {
                let words = flags.bytes().div_ceil(4);
                out.extend((0..words).map(|_| Flat::I32));
            }
            Type::Variant(_) | Type::Enum(_) | Type::Option(_) | Type::Result(_) => {
                out.push(Flat::I32);
                let first = out.len();
                for payload in self.payloads().into_iter().flatten() {
                    for (index, flat) in payload.flatten().into_iter().enumerate() {
                        match out.get_mut(first + index) {
                            Some(joined) => *joined = joined.join(flat),
                            None => out.push(flat),
                        }
                    }
                }
            }
        }
    }
}

impl Record {
    /// Types of the fields.
    pub fn types(&self) -> impl Iterator<Item = Type> + use<> {
        self.fields.iter().map(|(_, ty)| *ty)
    }
}

impl Flags {
    /// Bytes in memory (`elem_size_flags`).
    pub fn bytes(&self) -> u32 {
        match self.flags.len() {
            0..=8 => 1,
            9..=16 => 2,
            // The component model allows at most 32 labels; older tools made several words of more.
            labels => 4 * u32::try_from(labels.div_ceil(32)).unwrap_or(u32::MAX / 4),
        }
    }
}

fn max_align(types: impl Iterator<Item = Type>) -> u32 {
    types.map(|ty| ty.align()).max().unwrap_or(1)
}

/// Size of values one after another, each at its alignment, padded to the largest alignment.
fn sequence_size(types: impl Iterator<Item = Type>) -> u32 {
    let (end, align) = types.fold((0u32, 1), |(end, align), ty| {
        (
            end.next_multiple_of(ty.align()) + ty.size(),
            align.max(ty.align()),
        )
    });
    end.next_multiple_of(align)
}

/// Offsets of values one after another, each at its alignment: the fields of a record or tuple.
pub fn offsets(types: impl Iterator<Item = Type>) -> Vec<u32> {
    let mut end = 0u32;
    let place = |ty: Type| {
        let offset = end.next_multiple_of(ty.align());
        end = offset + ty.size();
        offset
    };
    types.map(place).collect()
}
