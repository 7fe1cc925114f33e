//! The host functions of the tests' interfaces: they log what they see.

pub mod shapes {
    pub mod things {
        use crate::guest::tests::log;
        use crate::guest::tests::shapes::shapes::things::Thing;
        use crate::guest::{Borrow, Cx, Own};

        pub fn new_thing(_: &mut Cx, number: u32) -> Own<Thing> {
            log(format!("new {number}"));
            Own::new(number)
        }

        pub fn thing_number(_: &mut Cx, this: Borrow<Thing>) -> u32 {
            this.rep()
        }

        pub fn thing_absorb(_: &mut Cx, whole: Own<Thing>, part: Borrow<Thing>) -> Own<Thing> {
            Own::new(whole.rep() + part.rep())
        }

        pub fn drop_thing(_: &mut Cx, this: Own<Thing>) {
            log(format!("drop {}", this.rep()));
        }
    }

    pub mod params {
        use crate::guest::tests::log;
        use crate::guest::tests::shapes::shapes::things::Thing;
        use crate::guest::tests::shapes::shapes::types::{
            Access, Color, Nine, Point, Seventeen, Shape, Side,
        };
        use crate::guest::{Borrow, Cx, GuestSlice, GuestStr, Load, Own};

        fn list<T: Load + std::fmt::Debug>(cx: &Cx, list: GuestSlice<T>) -> Vec<T> {
            let elements: Vec<T> = list.iter(cx).collect();
            assert_eq!(
                (elements.len(), elements.is_empty()),
                (list.len(), list.is_empty())
            );
            elements
        }

        pub fn small(_: &mut Cx, a: bool, b: i8, c: u8, d: i16, e: u16) {
            log(format!("{a} {b} {c} {d} {e}"));
        }

        #[allow(clippy::too_many_arguments)]
        pub fn large(_: &mut Cx, a: i32, b: u32, c: i64, d: u64, e: f32, f: f64, g: char) {
            log(format!("{a} {b} {c} {d} {e} {f} {g:?}"));
        }

        pub fn views(cx: &mut Cx, text: GuestStr, bytes: GuestSlice<u8>, words: GuestSlice<u16>) {
            log(format!(
                "{:?} {:?} {:?}",
                text.chars(cx).collect::<String>(),
                bytes.bytes(cx),
                list(cx, words)
            ));
        }

        pub fn named(_: &mut Cx, a: Color, b: Access, c: Nine, d: Seventeen, e: Point, f: Side) {
            log(format!("{a:?} {b:?} {c:?} {d:?} {e:?} {f:?}"));
        }

        pub fn joined(_: &mut Cx, a: Shape) {
            log(format!("{a:?}"));
        }

        pub fn nested(
            _: &mut Cx,
            a: Option<Shape>,
            b: Result<f64, u32>,
            c: Result<(), Color>,
            d: Result<(), ()>,
        ) {
            log(format!("{a:?} {b:?} {c:?} {d:?}"));
        }

        pub fn elements(
            cx: &mut Cx,
            a: GuestSlice<Point>,
            b: GuestSlice<GuestStr>,
            c: GuestSlice<Shape>,
            d: GuestSlice<Color>,
            e: GuestSlice<(u8, Access, u32)>,
            f: GuestSlice<char>,
        ) {
            let strings: Vec<String> = b.iter(cx).map(|text| text.chars(cx).collect()).collect();
            let (a, c, d) = (list(cx, a), list(cx, c), list(cx, d));
            log(format!(
                "{a:?} {strings:?} {c:?} {d:?} {:?} {:?}",
                list(cx, e),
                list(cx, f)
            ));
        }

        pub fn handles(cx: &mut Cx, a: Option<Own<Thing>>, b: GuestSlice<Borrow<Thing>>) {
            let lent: Vec<u32> = b.iter(cx).map(Borrow::rep).collect();
            log(format!("{:?} {lent:?}", a.map(|thing| thing.rep())));
        }

        #[allow(clippy::too_many_arguments)]
        pub fn spilled(
            cx: &mut Cx,
            a: u8,
            b: u64,
            c: GuestStr,
            d: Point,
            e: Shape,
            f: Own<Thing>,
            g: Option<u32>,
            h: GuestSlice<u32>,
            i: Side,
            j: Nine,
        ) {
            let (c, f) = (c.chars(cx).collect::<String>(), f.rep());
            log(format!(
                "{a} {b} {c:?} {d:?} {e:?} own {f} {g:?} {:?} {i:?} {j:?}",
                list(cx, h)
            ));
        }
    }

    pub mod results {
        use crate::guest::tests::shapes::shapes::things::Thing;
        use crate::guest::tests::shapes::shapes::types::{
            Access, Answer, Color, Entry, Only, Point, Shape, Side,
        };
        use crate::guest::{Cx, NewList, NewStr, Own};

        pub fn a_bool(_: &mut Cx) -> bool {
            true
        }
        pub fn an_s8(_: &mut Cx) -> i8 {
            -5
        }
        pub fn an_u16(_: &mut Cx) -> u16 {
            u16::MAX
        }
        pub fn an_s32(_: &mut Cx) -> i32 {
            -1
        }
        pub fn an_s64(_: &mut Cx) -> i64 {
            -2
        }
        pub fn an_f32(_: &mut Cx) -> f32 {
            0.25
        }
        pub fn an_f64(_: &mut Cx) -> f64 {
            -0.125
        }
        pub fn a_char(_: &mut Cx) -> char {
            '🦀'
        }
        pub fn a_color(_: &mut Cx) -> Color {
            Color::DarkBlue
        }
        pub fn a_side(_: &mut Cx) -> Side {
            Side::Right
        }
        pub fn an_access(_: &mut Cx) -> Access {
            Access::READ.union(Access::RUN)
        }
        pub fn an_only(_: &mut Cx) -> Only {
            Only {
                color: Color::Green,
            }
        }
        pub fn a_single(_: &mut Cx) -> (u64,) {
            (1 << 40,)
        }
        pub fn a_result(_: &mut Cx) -> Result<(), ()> {
            Err(())
        }
        pub fn a_tuple(_: &mut Cx) -> (u8, u64, bool, char) {
            (7, 8 | 1 << 56, true, '🦀')
        }
        pub fn a_point(_: &mut Cx) -> Point {
            Point {
                x: 1.5,
                y: 2.5,
                weight: 9,
            }
        }

        pub fn a_shape(cx: &mut Cx, which: u32) -> Shape {
            match which {
                0 => Shape::Nothing,
                1 => Shape::Dot(a_point(cx)),
                2 => Shape::Area(1 << 63),
                3 => Shape::Ratio(0.5),
                _ => Shape::Code((-1, 'A')),
            }
        }

        pub fn an_option(_: &mut Cx, some: bool) -> Option<Option<u16>> {
            Some(some.then_some(0x1234))
        }

        pub fn a_failure(_: &mut Cx) -> Result<u64, Side> {
            Err(Side::Right)
        }

        pub fn a_thing(_: &mut Cx) -> Result<Own<Thing>, Color> {
            Ok(Own::new(99))
        }

        pub fn an_answer(cx: &mut Cx, which: u32) -> Answer {
            match which {
                0 => {
                    let mut words = cx.list(2);
                    for word in ["yes", ""] {
                        let word = cx.string(word);
                        words.push(cx, word);
                    }
                    Answer::Words(words.finish(cx))
                }
                1 => Answer::Failed(12345),
                _ => Answer::Silence,
            }
        }

        pub fn a_string(cx: &mut Cx) -> NewStr {
            cx.concat(&["error ", "5", "", ": grüße"])
        }

        pub fn entries(cx: &mut Cx, count: u32) -> NewList<Entry> {
            let mut list = cx.list(count as usize);
            for index in 0..count {
                let name = cx.concat(&["name", &index.to_string()]);
                let kind = if index == 0 { Color::Red } else { Color::Green };
                list.push(cx, Entry { kind, name });
            }
            list.finish(cx)
        }

        pub fn pairs(cx: &mut Cx) -> NewList<(NewStr, NewList<u32>)> {
            let mut list = cx.list(1);
            let key = cx.string("key");
            let mut numbers = cx.list(2);
            numbers.push(cx, 3u32);
            numbers.push(cx, 4);
            let numbers = numbers.finish(cx);
            list.push(cx, (key, numbers));
            list.finish(cx)
        }

        pub fn bytes(cx: &mut Cx, capacity: u64, count: u64) -> Result<NewList<u8>, Color> {
            let Ok(capacity) = u32::try_from(capacity) else {
                return Err(Color::Red);
            };
            let mut list = cx.list::<u8>(capacity as usize);
            let written = count.min(u64::from(capacity)) as usize;
            list.room(cx)[..written].fill(7);
            list.advance(count as usize);
            Ok(list.finish(cx))
        }
    }
}
