//! Values of the fuzzer's types.

use super::guest::Encoding;
use super::types::{Shape, Type};
use crate::mutate::Random;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A `bool`, number, `char` or flags: its bits, none above the type's width.
    Bits(u64),
    /// `wide`: where the source has Latin-1 and UTF-16, it is the latter.
    String {
        text: String,
        wide: bool,
    },
    List(Vec<Value>),
    Fields(Vec<Value>),
    Case(usize, Option<Box<Value>>),
    /// A resource, by its representation.
    Handle(u32),
}

/// Makes values; one maker for a case, so that no two handles are of the same resource.
pub struct Maker<'r> {
    random: &'r mut Random,
    /// Elements and characters that may still be made.
    budget: usize,
    handles: u32,
}

impl<'r> Maker<'r> {
    /// A maker.
    pub fn new(random: &'r mut Random) -> Maker<'r> {
        let budget = match random.below(12) {
            0 => 30_000,
            1 | 2 => 2_000,
            _ => 200,
        };
        Maker {
            random,
            budget,
            handles: 0,
        }
    }

    /// A value of the type; strings as a side with this encoding has them.
    pub fn value(&mut self, ty: &Type, encoding: Encoding) -> Value {
        match ty {
            Type::Bool => Value::Bits(self.random.number() & 1),
            Type::Int { bits, .. } => Value::Bits(self.int(*bits)),
            Type::F32 => Value::Bits(u64::from(self.f32())),
            Type::F64 => Value::Bits(self.f64()),
            Type::Char => Value::Bits(u64::from(u32::from(self.char()))),
            Type::Flags(labels) => Value::Bits(self.int(*labels)),
            Type::String => self.string(encoding),
            Type::Own | Type::Borrow => {
                self.handles += 1;
                Value::Handle(self.handles * 1000 + self.random.below(1000) as u32)
            }
            Type::List(element) => {
                let most = match self.random.below(10) {
                    0 | 1 => 0,
                    2..=6 => 4,
                    7 | 8 => 24,
                    _ => self.budget,
                };
                let most = most.min(self.budget / (1 + element.size() as usize / 16));
                // A handle costs a call.
                let most = if element.has_handle() {
                    most.min(5)
                } else {
                    most
                };
                let len = self.random.below(most + 1);
                self.budget -= len;
                Value::List((0..len).map(|_| self.value(element, encoding)).collect())
            }
            _ => match ty.shape() {
                Shape::Fields(fields) => {
                    let fields = fields.into_iter().map(|field| self.value(field, encoding));
                    Value::Fields(fields.collect())
                }
                Shape::Cases(cases) => {
                    let at = match self.random.below(8) {
                        0 => cases.len() - 1,
                        1 => 0,
                        _ => self.random.below(cases.len()),
                    };
                    let payload = cases[at].map(|ty| Box::new(self.value(ty, encoding)));
                    Value::Case(at, payload)
                }
                Shape::Scalar | Shape::Range => unreachable!("matched above"),
            },
        }
    }

    fn int(&mut self, bits: u32) -> u64 {
        let mask = u64::MAX >> (64 - bits);
        let value = match self.random.below(6) {
            0 => 0,
            1 => u64::MAX,
            2 => 1 << (bits - 1),
            3 => (1 << (bits - 1)) - 1,
            _ => self.random.number(),
        };
        value & mask
    }

    /// No NaN but the canonical one: the text lets an implementation choose what becomes of another.
    fn f32(&mut self) -> u32 {
        let bits = match self.random.below(6) {
            0 => f32::NAN.to_bits(),
            1 => 0x8000_0000,
            2 => f32::NEG_INFINITY.to_bits(),
            _ => self.random.number() as u32,
        };
        if f32::from_bits(bits).is_nan() {
            0x7fc0_0000
        } else {
            bits
        }
    }

    fn f64(&mut self) -> u64 {
        let bits = match self.random.below(6) {
            0 => f64::NAN.to_bits(),
            1 => 1 << 63,
            2 => f64::INFINITY.to_bits(),
            _ => self.random.number(),
        };
        if f64::from_bits(bits).is_nan() {
            0x7ff8_0000_0000_0000
        } else {
            bits
        }
    }

    fn char(&mut self) -> char {
        const EDGES: [char; 12] = [
            '\0',
            '\x7f',
            '\u{80}',
            '\u{ff}',
            '\u{100}',
            '\u{7ff}',
            '\u{800}',
            '\u{d7ff}',
            '\u{e000}',
            '\u{ffff}',
            '\u{10000}',
            '\u{10ffff}',
        ];
        match self.random.below(3) {
            0 => *self.random.pick(&EDGES).unwrap_or(&'\0'),
            1 => char::from(self.random.below(128) as u8),
            _ => char::from_u32(self.random.below(0x11_0000) as u32).unwrap_or('\u{fffd}'),
        }
    }

    fn string(&mut self, encoding: Encoding) -> Value {
        let most = match self.random.below(10) {
            0 => 0,
            1..=5 => 8,
            6 | 7 => 40,
            8 => 200,
            _ => self.budget,
        };
        let len = self.random.below(most.min(self.budget) + 1);
        self.budget -= len;
        // Characters below this bound, and perhaps others from some place on.
        let bounds = [0x80, 0x80, 0x100, 0x800, 0x1_0000, 0x11_0000];
        let mut bound = *self.random.pick(&bounds).unwrap_or(&0x80);
        let turn = if self.random.below(2) == 0 {
            self.random.below(len + 1)
        } else {
            len
        };
        let mut text = String::new();
        for at in 0..len {
            if at == turn {
                bound = *self.random.pick(&bounds).unwrap_or(&0x80);
            }
            let char = loop {
                let char = if self.random.below(12) == 0 {
                    self.char()
                } else {
                    char::from_u32(self.random.below(bound) as u32).unwrap_or('x')
                };
                if (char as usize) < bound {
                    break char;
                }
            };
            text.push(char);
        }
        let narrow = text.chars().all(|char| (char as u32) < 0x100);
        let wide = match encoding {
            Encoding::Latin1 => !narrow || self.random.below(3) == 0,
            Encoding::Utf16 => true,
            Encoding::Utf8 => false,
        };
        Value::String { text, wide }
    }
}
