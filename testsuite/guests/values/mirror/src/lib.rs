//! Gives every kind of value back, changed as the interface says.

wit_bindgen::generate!({ path: "../wit", world: "mirror-world" });

use exports::test::values::mirror::*;
use std::cell::Cell;

thread_local!(static TIMES: Cell<u32> = const { Cell::new(0) });

struct Mirror;

fn reversed<T>(mut list: Vec<T>) -> Vec<T> {
    list.reverse();
    list
}

fn successor(letter: char) -> char {
    char::from_u32(letter as u32 + 1).unwrap_or('\0')
}

fn swapped<T, E>(result: Result<T, E>) -> Result<E, T> {
    match result {
        Ok(value) => Err(value),
        Err(error) => Ok(error),
    }
}

impl Guest for Mirror {
    fn scalars(
        a: bool,
        b: u8,
        c: i8,
        d: u16,
        e: i16,
        f: u32,
        g: i32,
        h: u64,
        i: i64,
        j: f32,
        k: f64,
        l: char,
    ) -> (char, f64, f32, i64, u64, i32, u32, i16, u16, i8, u8, bool) {
        (
            successor(l),
            k + 1.0,
            j + 1.0,
            i.wrapping_add(1),
            h.wrapping_add(1),
            g.wrapping_add(1),
            f.wrapping_add(1),
            e.wrapping_add(1),
            d.wrapping_add(1),
            c.wrapping_add(1),
            b.wrapping_add(1),
            !a,
        )
    }

    fn text(text: String) -> String {
        text.chars().rev().collect()
    }

    fn texts(texts: Vec<String>) -> Vec<String> {
        texts
            .into_iter()
            .rev()
            .map(|text| format!("{}:{text}", text.len()))
            .collect()
    }

    fn bytes(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.iter_mut().for_each(|byte| *byte = !*byte);
        bytes
    }

    fn sum(bytes: Vec<u8>) -> (u32, u64) {
        (
            bytes.len() as u32,
            bytes.iter().map(|byte| u64::from(*byte)).sum(),
        )
    }

    fn count_up(length: u32) -> Vec<u8> {
        (0..length).map(|i| i as u8).collect()
    }

    fn bools(list: Vec<bool>) -> Vec<bool> {
        reversed(list)
    }

    fn shorts(list: Vec<i16>) -> Vec<i16> {
        reversed(list)
    }

    fn words(list: Vec<u32>) -> Vec<u32> {
        reversed(list)
    }

    fn longs(list: Vec<i64>) -> Vec<i64> {
        reversed(list)
    }

    fn floats(list: Vec<f32>) -> Vec<f32> {
        reversed(list)
    }

    fn doubles(list: Vec<f64>) -> Vec<f64> {
        reversed(list)
    }

    fn chars(list: Vec<char>) -> Vec<char> {
        reversed(list)
    }

    fn nested(list: Vec<Vec<Vec<u16>>>) -> Vec<Vec<Vec<u16>>> {
        list.into_iter()
            .rev()
            .map(|inner| inner.into_iter().rev().map(reversed).collect())
            .collect()
    }

    fn fill(record: Holes) -> Holes {
        Holes {
            a: record.a.wrapping_add(1),
            b: record.b.wrapping_add(1),
            c: record.c.wrapping_add(1),
            d: successor(record.d),
            e: !record.e,
            f: record.f + 1.0,
            g: record.g.wrapping_add(1),
        }
    }

    fn fill_all(records: Vec<Holes>) -> Vec<Holes> {
        records.into_iter().map(Self::fill).collect()
    }

    fn flip(points: Vec<Point>) -> Vec<Point> {
        points
            .into_iter()
            .map(|point| Point {
                x: point.y as i32,
                y: f64::from(point.x),
            })
            .collect()
    }

    fn age(mut person: Person) -> Person {
        person.age = person.age.saturating_add(1);
        person
            .tags
            .push(format!("{} at {}", person.name, person.age));
        person
    }

    fn age_all(people: Vec<Person>) -> Vec<Person> {
        people.into_iter().map(Self::age).collect()
    }

    fn next(shape: Shape) -> Shape {
        match shape {
            Shape::Nothing => Shape::Circle(0.5),
            // Which NaN arrives is nobody's promise.
            Shape::Circle(radius) if radius.is_nan() => Shape::Count(0),
            Shape::Circle(radius) => Shape::Count(radius.to_bits().into()),
            Shape::Count(count) => Shape::Named(count.to_string()),
            Shape::Named(name) => Shape::At(Point {
                x: name.len() as i32,
                y: -0.25,
            }),
            Shape::At(point) => Shape::Many(vec![point.x as u16; 3]),
            Shape::Many(many) => Shape::Deep(match many.len() % 4 {
                0 => None,
                1 => Some(Ok(many[0] as u8)),
                _ => Some(Err(format!("{many:?}"))),
            }),
            Shape::Deep(deep) => {
                Shape::Size(deep.map_or(1e300, |inner| inner.map_or(-1.0, f64::from)))
            }
            Shape::Size(size) => Shape::Letter(char::from_u32(size as u32).unwrap_or('?')),
            Shape::Letter(_) => Shape::Nothing,
        }
    }

    fn next_all(shapes: Vec<Shape>) -> Vec<Shape> {
        shapes.into_iter().map(Self::next).collect()
    }

    fn convert(a: Narrow, b: Wide, c: Widest) -> (Widest, Wide, Narrow) {
        let a = match a {
            Narrow::Whole(whole) => Narrow::Part(whole as f32),
            Narrow::Part(part) => Narrow::Whole(part as i32),
        };
        let b = match b {
            Wide::Whole(whole) => Wide::Part(whole as f32),
            Wide::Part(part) => Wide::Whole(part as i64),
        };
        let c = match c {
            Widest::Whole(whole) => Widest::Part(whole as f64),
            Widest::Part(part) => Widest::Small(part as u8),
            Widest::Small(0) => Widest::None,
            Widest::Small(small) => Widest::Whole(u64::MAX - u64::from(small)),
            Widest::None => Widest::Small(9),
        };
        (c, b, a)
    }

    fn convert_all(list: Vec<(Narrow, Wide, Widest)>) -> Vec<(Widest, Wide, Narrow)> {
        list.into_iter()
            .map(|(a, b, c)| Self::convert(a, b, c))
            .collect()
    }

    fn turn(color: Color) -> Color {
        match color {
            Color::Red => Color::Green,
            Color::Green => Color::Blue,
            Color::Blue => Color::Red,
        }
    }

    fn turn_all(colors: Vec<Color>) -> Vec<Color> {
        colors.into_iter().map(Self::turn).collect()
    }

    fn complement(
        a: Flags1,
        b: Flags8,
        c: Flags9,
        d: Flags17,
        e: Flags32,
    ) -> (Flags32, Flags17, Flags9, Flags8, Flags1) {
        (!e, !d, !c, !b, !a)
    }

    fn complement_all(
        list: Vec<(Flags1, Flags9, Flags17, Flags32, Flags8)>,
    ) -> Vec<(Flags8, Flags32, Flags17, Flags9, Flags1)> {
        list.into_iter()
            .map(|(a, b, c, d, e)| (!e, !d, !c, !b, !a))
            .collect()
    }

    fn options(option: Option<Option<Option<u32>>>) -> Option<Option<Option<u32>>> {
        match option {
            None => Some(None),
            Some(None) => Some(Some(None)),
            Some(Some(None)) => Some(Some(Some(7))),
            Some(Some(Some(_))) => None,
        }
    }

    fn option_text(option: Option<String>) -> Option<Option<String>> {
        match option {
            Some(text) if text.is_empty() => None,
            other => Some(other),
        }
    }

    fn result_none(value: Result<(), ()>) -> Result<(), ()> {
        swapped(value)
    }

    fn result_ok(value: Result<u64, ()>) -> Result<(), u64> {
        swapped(value)
    }

    fn result_err(value: Result<(), String>) -> Result<String, ()> {
        swapped(value)
    }

    fn result_both(value: Result<f32, String>) -> Result<String, f32> {
        swapped(value)
    }

    fn result_deep(
        value: Result<Result<(), u8>, Option<f64>>,
    ) -> Result<Option<f64>, Result<(), u8>> {
        swapped(value)
    }

    fn tuples(
        (a, (b, (c, d)), (e,)): (u8, (f32, (u64, String)), (i8,)),
    ) -> ((i8,), ((String, u64), f32), u8) {
        ((e,), ((d, c), b), a)
    }

    fn sixteen(
        a: String,
        b: String,
        c: String,
        d: String,
        e: String,
        f: String,
        g: f64,
        h: f32,
        i: u64,
        j: u8,
    ) -> String {
        format!("{j} {i} {h} {g} {f} {e} {d} {c} {b} {a}")
    }

    fn seventeen(
        a: String,
        b: String,
        c: String,
        d: String,
        e: String,
        f: String,
        g: f64,
        h: f32,
        i: u64,
        j: u8,
        k: i8,
    ) -> String {
        format!("{k} {j} {i} {h} {g} {f} {e} {d} {c} {b} {a}")
    }

    fn many(
        a: Shape,
        b: Person,
        c: u8,
        d: Vec<Point>,
        e: f32,
        f: Option<String>,
        g: f64,
        h: bool,
    ) -> String {
        format!("{h} {g} {f:?} {e} {d:?} {c} {b:?} {a:?}")
    }

    fn nothing() {
        TIMES.set(TIMES.get() + 1);
    }

    fn times() -> u32 {
        TIMES.get()
    }
}

export!(Mirror);
