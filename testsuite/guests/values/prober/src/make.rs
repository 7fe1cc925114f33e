//! Values of every type, the same ones for the same seed. Values at the edges come up often.

use crate::test::values::mirror::*;

/// Marsaglia's xorshift with 64 bits of state, which must not be 0.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, limit: u32) -> u32 {
        (self.next() >> 20) as u32 % limit
    }
}

pub trait Make {
    fn make(r: &mut Random) -> Self;
}

macro_rules! integers {
    ($($ty:ty)*) => {$(
        impl Make for $ty {
            fn make(r: &mut Random) -> Self {
                match r.below(8) {
                    0 => 0,
                    1 => <$ty>::MAX,
                    2 => <$ty>::MIN,
                    3 => <$ty>::MAX - 1,
                    _ => r.next() as $ty,
                }
            }
        }
    )*};
}
integers!(u8 i8 u16 i16 u32 i32 u64 i64);

macro_rules! floats {
    ($($ty:ty)*) => {$(
        impl Make for $ty {
            fn make(r: &mut Random) -> Self {
                match r.below(8) {
                    0 => 0.0,
                    1 => -0.0,
                    2 => <$ty>::INFINITY,
                    3 => <$ty>::NAN,
                    4 => <$ty>::from_bits(r.next() as _),
                    _ => r.next() as i16 as $ty / 8.0,
                }
            }
        }
    )*};
}
floats!(f32 f64);

impl Make for bool {
    fn make(r: &mut Random) -> Self {
        r.below(2) == 1
    }
}

impl Make for char {
    fn make(r: &mut Random) -> Self {
        match r.below(8) {
            0 => [
                '\0',
                '\u{7f}',
                '\u{80}',
                '\u{7ff}',
                '\u{800}',
                '\u{d7ff}',
                '\u{e000}',
                '\u{10ffff}',
            ][r.below(8) as usize],
            1 | 2 => char::from_u32(r.below(0xd800)).unwrap_or('x'),
            3 => char::from_u32(0x10000 + r.below(0x1000)).unwrap_or('y'),
            _ => char::from(b' ' + r.below(95) as u8),
        }
    }
}

impl Make for String {
    fn make(r: &mut Random) -> Self {
        // Long enough now and then to fill several vector registers, mostly of ASCII.
        let length = [0, 1, 3, 15, 16, 17, 40, 130][r.below(8) as usize];
        if r.below(2) == 0 {
            return (0..length)
                .map(|_| char::from(b' ' + r.below(95) as u8))
                .collect();
        }
        (0..length).map(|_| char::make(r)).collect()
    }
}

impl<T: Make> Make for Vec<T> {
    fn make(r: &mut Random) -> Self {
        let length = [0, 0, 1, 2, 3, 5, 8, 21][r.below(8) as usize];
        (0..length).map(|_| T::make(r)).collect()
    }
}

impl<T: Make> Make for Option<T> {
    fn make(r: &mut Random) -> Self {
        (r.below(3) != 0).then(|| T::make(r))
    }
}

impl<T: Make, E: Make> Make for Result<T, E> {
    fn make(r: &mut Random) -> Self {
        if r.below(2) == 0 {
            Ok(T::make(r))
        } else {
            Err(E::make(r))
        }
    }
}

impl Make for () {
    fn make(_: &mut Random) -> Self {}
}

impl<A: Make, B: Make, C: Make> Make for (A, B, C) {
    fn make(r: &mut Random) -> Self {
        (A::make(r), B::make(r), C::make(r))
    }
}

impl<A: Make, B: Make, C: Make, D: Make, E: Make> Make for (A, B, C, D, E) {
    fn make(r: &mut Random) -> Self {
        (A::make(r), B::make(r), C::make(r), D::make(r), E::make(r))
    }
}

macro_rules! records {
    ($($name:ident { $($field:ident),* })*) => {$(
        impl Make for $name {
            fn make(r: &mut Random) -> Self {
                $name { $($field: Make::make(r)),* }
            }
        }
    )*};
}
records! {
    Holes { a, b, c, d, e, f, g }
    Point { x, y }
    Person { name, age, tags, home, boss }
}

macro_rules! flags {
    ($($name:ident)*) => {$(
        impl Make for $name {
            fn make(r: &mut Random) -> Self {
                $name::from_bits_truncate(r.next() as _)
            }
        }
    )*};
}
flags!(Flags1 Flags8 Flags9 Flags17 Flags32);

impl Make for Color {
    fn make(r: &mut Random) -> Self {
        [Color::Red, Color::Green, Color::Blue][r.below(3) as usize]
    }
}

impl Make for Shape {
    fn make(r: &mut Random) -> Self {
        match r.below(9) {
            0 => Shape::Nothing,
            1 => Shape::Circle(Make::make(r)),
            2 => Shape::Count(Make::make(r)),
            3 => Shape::Named(Make::make(r)),
            4 => Shape::At(Make::make(r)),
            5 => Shape::Many(Make::make(r)),
            6 => Shape::Deep(Make::make(r)),
            7 => Shape::Size(Make::make(r)),
            _ => Shape::Letter(Make::make(r)),
        }
    }
}

impl Make for Narrow {
    fn make(r: &mut Random) -> Self {
        if r.below(2) == 0 {
            Narrow::Whole(Make::make(r))
        } else {
            Narrow::Part(Make::make(r))
        }
    }
}

impl Make for Wide {
    fn make(r: &mut Random) -> Self {
        if r.below(2) == 0 {
            Wide::Whole(Make::make(r))
        } else {
            Wide::Part(Make::make(r))
        }
    }
}

impl Make for Widest {
    fn make(r: &mut Random) -> Self {
        match r.below(4) {
            0 => Widest::Whole(Make::make(r)),
            1 => Widest::Part(Make::make(r)),
            2 => Widest::Small(Make::make(r)),
            _ => Widest::None,
        }
    }
}
