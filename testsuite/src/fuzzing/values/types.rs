//! Component value types as the fuzzer knows them: their text, and the canonical ABI's layout worked
//! out once more.
//!
//! Nothing here comes from the compiler: this is one of the three opinions that are compared. Source:
//! `CanonicalABI.md`, "Alignment", "Element Size", "Flattening", synchronous, 32-bit memories.

use crate::mutate::Random;

/// More flat parameters than this go through memory.
pub const MAX_FLAT_PARAMS: usize = 16;
/// More flat results than this go through memory.
pub const MAX_FLAT_RESULTS: usize = 1;

/// A type of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    Bool,
    /// 8, 16, 32 or 64 bits.
    Int {
        bits: u32,
        signed: bool,
    },
    F32,
    F64,
    Char,
    String,
    List(Box<Type>),
    Record(Vec<Type>),
    Tuple(Vec<Type>),
    Variant(Vec<Option<Type>>),
    Enum(usize),
    Option(Box<Type>),
    Result(Option<Box<Type>>, Option<Box<Type>>),
    Flags(u32),
    /// An owned handle to the callee's resource.
    Own,
    /// A borrowed one; only in parameters.
    Borrow,
}

/// A type of core WebAssembly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Core {
    I32,
    I64,
    F32,
    F64,
}

impl Core {
    /// As the text format spells it.
    pub fn name(self) -> &'static str {
        match self {
            Core::I32 => "i32",
            Core::I64 => "i64",
            Core::F32 => "f32",
            Core::F64 => "f64",
        }
    }
}

/// What a type is once specialised forms are spelled out.
pub enum Shape<'t> {
    /// A number of so many bytes, a `char` or a handle.
    Scalar,
    /// Two words: a pointer and a length.
    Range,
    Fields(Vec<&'t Type>),
    Cases(Vec<Option<&'t Type>>),
}

impl Type {
    /// Despecialised.
    pub fn shape(&self) -> Shape<'_> {
        match self {
            Type::String | Type::List(_) => Shape::Range,
            Type::Record(fields) | Type::Tuple(fields) => Shape::Fields(fields.iter().collect()),
            Type::Variant(cases) => Shape::Cases(cases.iter().map(Option::as_ref).collect()),
            Type::Enum(cases) => Shape::Cases(vec![None; *cases]),
            Type::Option(some) => Shape::Cases(vec![None, Some(some)]),
            Type::Result(ok, error) => Shape::Cases(vec![ok.as_deref(), error.as_deref()]),
            _ => Shape::Scalar,
        }
    }

    /// Alignment in bytes.
    pub fn align(&self) -> u32 {
        match self.shape() {
            Shape::Scalar => self.size(),
            Shape::Range => 4,
            Shape::Fields(fields) => fields.iter().map(|field| field.align()).max().unwrap_or(1),
            Shape::Cases(cases) => payload_align(&cases).max(discriminant_bytes(cases.len())),
        }
    }

    /// Size in bytes.
    pub fn size(&self) -> u32 {
        match self.shape() {
            Shape::Scalar => match self {
                Type::Bool => 1,
                Type::Int { bits, .. } => bits / 8,
                Type::F64 => 8,
                Type::Flags(labels) if *labels <= 8 => 1,
                Type::Flags(labels) if *labels <= 16 => 2,
                _ => 4,
            },
            Shape::Range => 8,
            Shape::Fields(fields) => {
                let mut end = 0;
                for field in fields {
                    end = up(end, field.align()) + field.size();
                }
                up(end, self.align())
            }
            Shape::Cases(cases) => {
                let largest = cases
                    .iter()
                    .flatten()
                    .map(|ty| ty.size())
                    .max()
                    .unwrap_or(0);
                up(payload_offset(&cases) + largest, self.align())
            }
        }
    }

    /// The core types of the type's flat form.
    pub fn flat(&self) -> Vec<Core> {
        match self.shape() {
            Shape::Scalar => vec![match self {
                Type::Int { bits: 64, .. } => Core::I64,
                Type::F32 => Core::F32,
                Type::F64 => Core::F64,
                _ => Core::I32,
            }],
            Shape::Range => vec![Core::I32, Core::I32],
            Shape::Fields(fields) => fields.iter().flat_map(|field| field.flat()).collect(),
            Shape::Cases(cases) => {
                let mut flat = vec![Core::I32];
                flat.extend(joined(&cases));
                flat
            }
        }
    }

    /// Whether a pointer is in it.
    pub fn has_range(&self) -> bool {
        match self.shape() {
            Shape::Range => true,
            Shape::Fields(fields) => fields.iter().any(|field| field.has_range()),
            Shape::Cases(cases) => cases.iter().flatten().any(|case| case.has_range()),
            Shape::Scalar => false,
        }
    }

    /// Whether a handle is in it.
    pub fn has_handle(&self) -> bool {
        match self {
            Type::Own | Type::Borrow => true,
            Type::List(element) => element.has_handle(),
            _ => match self.shape() {
                Shape::Fields(fields) => fields.iter().any(|field| field.has_handle()),
                Shape::Cases(cases) => cases.iter().flatten().any(|case| case.has_handle()),
                Shape::Scalar | Shape::Range => false,
            },
        }
    }
}

/// `at` rounded up to `align`.
pub fn up(at: u32, align: u32) -> u32 {
    at.div_ceil(align) * align
}

/// Bytes of a variant's discriminant.
pub fn discriminant_bytes(cases: usize) -> u32 {
    if cases <= 256 {
        1
    } else if cases <= 65536 {
        2
    } else {
        4
    }
}

fn payload_align(cases: &[Option<&Type>]) -> u32 {
    cases
        .iter()
        .flatten()
        .map(|ty| ty.align())
        .max()
        .unwrap_or(1)
}

/// Where a variant's payload begins.
pub fn payload_offset(cases: &[Option<&Type>]) -> u32 {
    up(discriminant_bytes(cases.len()), payload_align(cases))
}

/// The core types that hold any case's payload.
pub fn joined(cases: &[Option<&Type>]) -> Vec<Core> {
    let mut all: Vec<Core> = Vec::new();
    for case in cases.iter().flatten() {
        for (at, core) in case.flat().into_iter().enumerate() {
            match all.get_mut(at) {
                None => all.push(core),
                Some(have) if *have == core => {}
                Some(have @ (Core::I32 | Core::F32)) if matches!(core, Core::I32 | Core::F32) => {
                    *have = Core::I32;
                }
                Some(have) => *have = Core::I64,
            }
        }
    }
    all
}

/// A function's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Func {
    pub params: Vec<Type>,
    pub result: Option<Type>,
    /// Whether the callee is told when its result has been taken.
    pub post_return: bool,
}

/// How many values, or one pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passing {
    Flat(Vec<Core>),
    Memory,
}

impl Func {
    /// How the parameters go.
    pub fn params(&self) -> Passing {
        let flat: Vec<Core> = self.params.iter().flat_map(Type::flat).collect();
        if flat.len() > MAX_FLAT_PARAMS {
            Passing::Memory
        } else {
            Passing::Flat(flat)
        }
    }

    /// How the result goes.
    pub fn result(&self) -> Passing {
        let flat = self.result.as_ref().map(Type::flat).unwrap_or_default();
        if flat.len() > MAX_FLAT_RESULTS {
            Passing::Memory
        } else {
            Passing::Flat(flat)
        }
    }

    /// Whether the canonical options have to name a memory.
    pub fn needs_memory(&self) -> bool {
        self.params() == Passing::Memory
            || self.result() == Passing::Memory
            || self.params.iter().chain(&self.result).any(Type::has_range)
    }

    /// The core signature of the lifted function, or of the lowered one.
    pub fn signature(&self, lowered: bool) -> (Vec<Core>, Vec<Core>) {
        let mut params = match self.params() {
            Passing::Flat(flat) => flat,
            Passing::Memory => vec![Core::I32],
        };
        let results = match self.result() {
            Passing::Flat(flat) => flat,
            Passing::Memory if lowered => {
                params.push(Core::I32);
                Vec::new()
            }
            Passing::Memory => vec![Core::I32],
        };
        (params, results)
    }
}

/// Makes function types.
pub fn func(random: &mut Random) -> Func {
    let mut params: Vec<Type> = Vec::new();
    match random.below(4) {
        // Just around the limit of flat parameters.
        0 => {
            let want = 14 + random.below(5);
            while params.iter().map(|ty| ty.flat().len()).sum::<usize>() < want {
                params.push(any(random, 1, true));
            }
        }
        // The limit as one record or several.
        1 => params.push(any(random, 4, true)),
        _ => {
            for _ in 0..random.below(6) {
                params.push(any(random, 3, true));
            }
        }
    }
    let result = (random.below(5) != 0).then(|| any(random, 3, false));
    Func {
        params,
        result,
        post_return: random.below(4) != 0,
    }
}

fn any(random: &mut Random, depth: u32, borrow: bool) -> Type {
    let kinds = if depth == 0 { 9 } else { 21 };
    match random.below(kinds) {
        0 => Type::Bool,
        1..=3 => Type::Int {
            bits: 8 << random.below(4),
            signed: random.below(2) == 0,
        },
        4 => Type::Char,
        5 => {
            if random.below(2) == 0 {
                Type::F32
            } else {
                Type::F64
            }
        }
        6 => match random.below(4) {
            0 => Type::Flags(*random.pick(&[1, 7, 8, 9, 15, 16, 17, 31, 32]).unwrap_or(&3)),
            _ => Type::Flags(1 + random.below(32) as u32),
        },
        7 => Type::Enum(match random.below(40) {
            0 => *random.pick(&[255, 256, 257, 300, 1000]).unwrap_or(&256),
            1 => 1,
            _ => 1 + random.below(12),
        }),
        8 => match random.below(8) {
            0 => Type::Own,
            1 if borrow => Type::Borrow,
            _ => Type::String,
        },
        9 | 10 => Type::String,
        11..=13 => Type::List(Box::new(any(random, depth - 1, borrow))),
        14 | 15 => Type::Record(several(random, depth, borrow)),
        16 => Type::Tuple(several(random, depth, borrow)),
        17 | 18 => {
            let mut cases = 1 + random.below(6);
            if random.below(60) == 0 {
                cases = 255 + random.below(3);
            }
            let payloads = |random: &mut Random| {
                (random.below(3) != 0).then(|| any(random, depth - 1, borrow))
            };
            Type::Variant(
                (0..cases)
                    .map(|at| if at < 8 { payloads(random) } else { None })
                    .collect(),
            )
        }
        19 => Type::Option(Box::new(any(random, depth - 1, borrow))),
        _ => {
            let payload = |random: &mut Random| {
                (random.below(3) != 0).then(|| Box::new(any(random, depth - 1, borrow)))
            };
            Type::Result(payload(random), payload(random))
        }
    }
}

fn several(random: &mut Random, depth: u32, borrow: bool) -> Vec<Type> {
    let count = match random.below(10) {
        0 => 10 + random.below(10),
        _ => 1 + random.below(5),
    };
    (0..count).map(|_| any(random, depth - 1, borrow)).collect()
}
