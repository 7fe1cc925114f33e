//! The entry points of the functions in `wit/tests/generated/shapes.wit`, for tests.
//!
//! Generated from the WIT files in `wit/`; don't edit. `BLESS=1 cargo test -p nanocc-wit` rewrites it.
//!
//! A function `f` of the interface `wasi:package/some-name` is lifted here, served by
//! `crate::guest::tests::host::package::some_name::f`, and its result is lowered here. Names are WIT's in Rust's spelling:
//!
//! | WIT | here and in the host's modules |
//! |---|---|
//! | function `get-stdout` | `get_stdout(cx: &mut Cx) -> ...` |
//! | method `check-write` of `output-stream` | `output_stream_check_write(cx, self_: Borrow<OutputStream>)` |
//! | static function `f` of `r` | `r_f(cx, ...)` |
//! | constructor of `r` | `new_r(cx, ...) -> Own<R>` |
//! | destructor of `r` | `drop_r(cx, Own<R>)`, called when a handle that owns is dropped |
//! | a name that is a word of Rust's | with `_` after it |
//!
//! | WIT type | parameter | result |
//! |---|---|---|
//! | `string` | `GuestStr` | `NewStr`, by `Cx::string` |
//! | `list<t>` | `GuestSlice<T>` | `NewList<T>`, by `Cx::list` |
//! | `own<r>` | `Own<R>` | `Own<R>` |
//! | `borrow<r>` | `Borrow<R>` | |
//! | `option`, `result`, tuples, numbers, `bool`, `char` | Rust's own | Rust's own |
//! | named types | the type of this file's module of the interface | the same |
//!
//! A source of authority has a second entry, `[denied]f`, for those who weren't granted it, served by `denied::f`. A resource `r` has
//! `[unheld]r`, which the functions whose first argument is a handle of it are in a program that can't have one: lifting
//! the handle traps. What takes a handle of a resource that nothing makes yet is the same.
//!
//! # Safety
//!
//! Every exported function has the contract of `Cx::enter`.
#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs, clippy::missing_safety_doc, clippy::module_inception, clippy::result_unit_err, clippy::type_complexity)]

/// `test:shapes`.
pub mod shapes {
    /// `test:shapes/things@1`.
    pub mod things {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Own, Resource, unheld};

        /// The resource `thing`.
        pub enum Thing {}

        impl Resource for Thing {
            const TYPE: u32 = 0;
        }

        #[unsafe(export_name = "test:shapes/things@1#[resource-drop]thing")]
        pub unsafe extern "C-unwind" fn drop_thing(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            if let Some(resource) = cx.drop_handle::<Thing>(handle) {
                crate::guest::tests::host::shapes::things::drop_thing(&mut cx, resource);
            }
        }

        #[unsafe(export_name = "test:shapes/things@1#[unheld]thing")]
        pub unsafe extern "C-unwind" fn unheld_thing(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            unsafe { unheld::<Thing>(caller, handle) }
        }

        /// The resource `relic`.
        pub enum Relic {}

        impl Resource for Relic {
            const TYPE: u32 = 1;
        }

        #[unsafe(export_name = "test:shapes/things@1#[resource-drop]relic")]
        pub unsafe extern "C-unwind" fn drop_relic(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            unsafe { unheld::<Relic>(caller, handle) }
        }

        #[unsafe(export_name = "test:shapes/things@1#[unheld]relic")]
        pub unsafe extern "C-unwind" fn unheld_relic(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            unsafe { unheld::<Relic>(caller, handle) }
        }

        #[unsafe(export_name = "test:shapes/things@1#[constructor]thing")]
        pub unsafe extern "C-unwind" fn new_thing(caller: *const Caller, number: u32) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Own<Thing> = crate::guest::tests::host::shapes::things::new_thing(&mut cx, number);
            cx.lower_own(result)
        }

        #[unsafe(export_name = "test:shapes/things@1#[method]thing.number")]
        pub unsafe extern "C-unwind" fn thing_number(caller: *const Caller, self_: u32) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Thing>(self_);
            crate::guest::tests::host::shapes::things::thing_number(&mut cx, self_)
        }

        #[unsafe(export_name = "test:shapes/things@1#[static]thing.absorb")]
        pub unsafe extern "C-unwind" fn thing_absorb(caller: *const Caller, whole: u32, part: u32) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let whole = cx.lift_own::<Thing>(whole);
            let part = cx.lift_borrow::<Thing>(part);
            let result: Own<Thing> = crate::guest::tests::host::shapes::things::thing_absorb(&mut cx, whole, part);
            cx.lower_own(result)
        }

        #[unsafe(export_name = "test:shapes/things@1#[method]relic.look")]
        pub unsafe extern "C-unwind" fn relic_look(caller: *const Caller, self_: u32, _at_0: u32, _at_1: u32, _far: u64) -> u32 {
            // SAFETY: the caller's.
            unsafe { unheld::<Relic>(caller, self_) }
        }
    }
    /// `test:shapes/types@1`.
    pub mod types {
        use crate::guest::{Cx, Destination, Load, NewList, NewStr, Source, Store, Value, invalid_discriminant};

        /// The enum `color`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[repr(u8)]
        pub enum Color {
            Red = 0,
            Green = 1,
            DarkBlue = 2,
        }

        impl Color {
            pub fn lift(discriminant: u32) -> Color {
                match discriminant {
                    0 => Color::Red,
                    1 => Color::Green,
                    2 => Color::DarkBlue,
                    _ => invalid_discriminant(),
                }
            }
        }

        impl Value for Color {
            const SIZE: u32 = 1;
            const ALIGN: u32 = 1;
        }

        impl Load for Color {
            const CHECKED: bool = true;
            fn load(cx: &Cx, from: Source<'_>) -> Color {
                Color::lift(u32::from(u8::load(cx, from.at(0, 1))))
            }
        }

        impl Store for Color {
            fn store(self, into: Destination<'_>) {
                (self as u8).store(into);
            }
        }

        /// The flags `access`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct Access(u8);

        impl Access {
            pub const READ: Access = Access(1 << 0);
            pub const WRITE: Access = Access(1 << 1);
            pub const RUN: Access = Access(1 << 2);

            /// The flags in these bits; others are ignored.
            pub const fn from_bits(bits: u8) -> Access {
                Access(bits & 0x7)
            }

            pub const fn bits(self) -> u8 {
                self.0
            }

            pub const fn contains(self, other: Access) -> bool {
                self.0 & other.0 == other.0
            }

            pub const fn union(self, other: Access) -> Access {
                Access(self.0 | other.0)
            }
        }

        impl Value for Access {
            const SIZE: u32 = 1;
            const ALIGN: u32 = 1;
        }

        impl Load for Access {
            const CHECKED: bool = false;
            fn load(cx: &Cx, from: Source<'_>) -> Access {
                Access::from_bits(u8::load(cx, from))
            }
        }

        /// The flags `nine`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct Nine(u16);

        impl Nine {
            pub const A: Nine = Nine(1 << 0);
            pub const B: Nine = Nine(1 << 1);
            pub const C: Nine = Nine(1 << 2);
            pub const D: Nine = Nine(1 << 3);
            pub const E: Nine = Nine(1 << 4);
            pub const F: Nine = Nine(1 << 5);
            pub const G: Nine = Nine(1 << 6);
            pub const H: Nine = Nine(1 << 7);
            pub const I: Nine = Nine(1 << 8);

            /// The flags in these bits; others are ignored.
            pub const fn from_bits(bits: u16) -> Nine {
                Nine(bits & 0x1ff)
            }

            pub const fn bits(self) -> u16 {
                self.0
            }

            pub const fn contains(self, other: Nine) -> bool {
                self.0 & other.0 == other.0
            }

            pub const fn union(self, other: Nine) -> Nine {
                Nine(self.0 | other.0)
            }
        }

        impl Value for Nine {
            const SIZE: u32 = 2;
            const ALIGN: u32 = 2;
        }

        impl Load for Nine {
            const CHECKED: bool = false;
            fn load(cx: &Cx, from: Source<'_>) -> Nine {
                Nine::from_bits(u16::load(cx, from))
            }
        }

        /// The flags `seventeen`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct Seventeen(u32);

        impl Seventeen {
            pub const A: Seventeen = Seventeen(1 << 0);
            pub const B: Seventeen = Seventeen(1 << 1);
            pub const C: Seventeen = Seventeen(1 << 2);
            pub const D: Seventeen = Seventeen(1 << 3);
            pub const E: Seventeen = Seventeen(1 << 4);
            pub const F: Seventeen = Seventeen(1 << 5);
            pub const G: Seventeen = Seventeen(1 << 6);
            pub const H: Seventeen = Seventeen(1 << 7);
            pub const I: Seventeen = Seventeen(1 << 8);
            pub const J: Seventeen = Seventeen(1 << 9);
            pub const K: Seventeen = Seventeen(1 << 10);
            pub const L: Seventeen = Seventeen(1 << 11);
            pub const M: Seventeen = Seventeen(1 << 12);
            pub const N: Seventeen = Seventeen(1 << 13);
            pub const O: Seventeen = Seventeen(1 << 14);
            pub const P: Seventeen = Seventeen(1 << 15);
            pub const Q: Seventeen = Seventeen(1 << 16);

            /// The flags in these bits; others are ignored.
            pub const fn from_bits(bits: u32) -> Seventeen {
                Seventeen(bits & 0x1ffff)
            }

            pub const fn bits(self) -> u32 {
                self.0
            }

            pub const fn contains(self, other: Seventeen) -> bool {
                self.0 & other.0 == other.0
            }

            pub const fn union(self, other: Seventeen) -> Seventeen {
                Seventeen(self.0 | other.0)
            }
        }

        /// The record `point`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct Point {
            pub x: f32,
            pub y: f64,
            pub weight: u8,
        }

        impl Value for Point {
            const SIZE: u32 = 24;
            const ALIGN: u32 = 8;
        }

        impl Load for Point {
            const CHECKED: bool = true;
            fn load(cx: &Cx, from: Source<'_>) -> Point {
                Point {
                    x: <f32>::load(cx, from.at(0, 4)),
                    y: <f64>::load(cx, from.at(8, 8)),
                    weight: <u8>::load(cx, from.at(16, 1)),
                }
            }
        }

        impl Store for Point {
            fn store(self, mut into: Destination<'_>) {
                into.field(0, self.x);
                into.field(8, self.y);
                into.field(16, self.weight);
            }
        }

        /// The record `only`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct Only {
            pub color: Color,
        }

        /// The variant `shape`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Shape {
            Nothing,
            Dot(Point),
            Area(u64),
            Ratio(f32),
            Code((i8, char)),
        }

        impl Value for Shape {
            const SIZE: u32 = 32;
            const ALIGN: u32 = 8;
        }

        impl Load for Shape {
            const CHECKED: bool = true;
            fn load(cx: &Cx, from: Source<'_>) -> Shape {
                match u32::from(u8::load(cx, from.at(0, 1))) {
                    0 => Shape::Nothing,
                    1 => Shape::Dot(<Point>::load(cx, from.at(8, 24))),
                    2 => Shape::Area(<u64>::load(cx, from.at(8, 8))),
                    3 => Shape::Ratio(<f32>::load(cx, from.at(8, 4))),
                    4 => Shape::Code(<(i8, char)>::load(cx, from.at(8, 8))),
                    _ => invalid_discriminant(),
                }
            }
        }

        impl Store for Shape {
            fn store(self, mut into: Destination<'_>) {
                match self {
                    Shape::Nothing => into.field(0, 0u8),
                    Shape::Dot(payload) => {
                        into.field(0, 1u8);
                        into.field(8, payload);
                    }
                    Shape::Area(payload) => {
                        into.field(0, 2u8);
                        into.field(8, payload);
                    }
                    Shape::Ratio(payload) => {
                        into.field(0, 3u8);
                        into.field(8, payload);
                    }
                    Shape::Code(payload) => {
                        into.field(0, 4u8);
                        into.field(8, payload);
                    }
                }
            }
        }

        /// The variant `side`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Side {
            Left,
            Right,
        }

        impl Value for Side {
            const SIZE: u32 = 1;
            const ALIGN: u32 = 1;
        }

        impl Load for Side {
            const CHECKED: bool = true;
            fn load(cx: &Cx, from: Source<'_>) -> Side {
                match u32::from(u8::load(cx, from.at(0, 1))) {
                    0 => Side::Left,
                    1 => Side::Right,
                    _ => invalid_discriminant(),
                }
            }
        }

        impl Store for Side {
            fn store(self, mut into: Destination<'_>) {
                match self {
                    Side::Left => into.field(0, 0u8),
                    Side::Right => into.field(0, 1u8),
                }
            }
        }

        /// The record `entry`.
        pub struct Entry {
            pub kind: Color,
            pub name: NewStr,
        }

        impl Value for Entry {
            const SIZE: u32 = 12;
            const ALIGN: u32 = 4;
        }

        impl Store for Entry {
            fn store(self, mut into: Destination<'_>) {
                into.field(0, self.kind);
                into.field(4, self.name);
            }
        }

        /// The variant `answer`.
        pub enum Answer {
            Words(NewList<NewStr>),
            Failed(u16),
            Silence,
        }

        impl Value for Answer {
            const SIZE: u32 = 12;
            const ALIGN: u32 = 4;
        }

        impl Store for Answer {
            fn store(self, mut into: Destination<'_>) {
                match self {
                    Answer::Words(payload) => {
                        into.field(0, 0u8);
                        into.field(4, payload);
                    }
                    Answer::Failed(payload) => {
                        into.field(0, 1u8);
                        into.field(4, payload);
                    }
                    Answer::Silence => into.field(0, 2u8),
                }
            }
        }
    }
    /// `test:shapes/params@1`.
    pub mod params {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Borrow, Cx, GuestSlice, GuestStr, has_layout, invalid_discriminant};

        #[unsafe(export_name = "test:shapes/params@1#small")]
        pub unsafe extern "C-unwind" fn small(caller: *const Caller, a: u32, b: u32, c: u32, d: u32, e: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let a = a != 0;
            let b = b as i8;
            let c = c as u8;
            let d = d as i16;
            let e = e as u16;
            crate::guest::tests::host::shapes::params::small(&mut cx, a, b, c, d, e);
        }

        #[unsafe(export_name = "test:shapes/params@1#large")]
        pub unsafe extern "C-unwind" fn large(caller: *const Caller, a: u32, b: u32, c: u64, d: u64, e: f32, f: f64, g: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let a = a as i32;
            let c = c as i64;
            let g = Cx::lift_char(g);
            crate::guest::tests::host::shapes::params::large(&mut cx, a, b, c, d, e, f, g);
        }

        #[unsafe(export_name = "test:shapes/params@1#views")]
        pub unsafe extern "C-unwind" fn views(caller: *const Caller, text_0: u32, text_1: u32, bytes_0: u32, bytes_1: u32, words_0: u32, words_1: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let text = GuestStr::lift(&cx, text_0, text_1);
            let bytes = GuestSlice::<u8>::lift(&cx, bytes_0, bytes_1);
            let words = GuestSlice::<u16>::lift(&cx, words_0, words_1);
            crate::guest::tests::host::shapes::params::views(&mut cx, text, bytes, words);
        }

        #[unsafe(export_name = "test:shapes/params@1#named")]
        pub unsafe extern "C-unwind" fn named(caller: *const Caller, a: u32, b: u32, c: u32, d: u32, e_0: f32, e_1: f64, e_2: u32, f: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let a = super::super::shapes::types::Color::lift(a);
            let b = super::super::shapes::types::Access::from_bits(b as u8);
            let c = super::super::shapes::types::Nine::from_bits(c as u16);
            let d = super::super::shapes::types::Seventeen::from_bits(d);
            let e = super::super::shapes::types::Point { x: e_0, y: e_1, weight: e_2 as u8 };
            let f = match f { 0 => super::super::shapes::types::Side::Left, 1 => super::super::shapes::types::Side::Right, _ => invalid_discriminant() };
            crate::guest::tests::host::shapes::params::named(&mut cx, a, b, c, d, e, f);
        }

        #[unsafe(export_name = "test:shapes/params@1#joined")]
        pub unsafe extern "C-unwind" fn joined(caller: *const Caller, a_0: u32, a_1: u64, a_2: u64, a_3: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let a = match a_0 { 0 => super::super::shapes::types::Shape::Nothing, 1 => super::super::shapes::types::Shape::Dot(super::super::shapes::types::Point { x: f32::from_bits(a_1 as u32), y: f64::from_bits(a_2), weight: a_3 as u8 }), 2 => super::super::shapes::types::Shape::Area(a_1), 3 => super::super::shapes::types::Shape::Ratio(f32::from_bits(a_1 as u32)), 4 => super::super::shapes::types::Shape::Code((a_1 as u32 as i8, Cx::lift_char(a_2 as u32),)), _ => invalid_discriminant() };
            crate::guest::tests::host::shapes::params::joined(&mut cx, a);
        }

        #[unsafe(export_name = "test:shapes/params@1#nested")]
        pub unsafe extern "C-unwind" fn nested(caller: *const Caller, a_0: u32, a_1: u32, a_2: u64, a_3: u64, a_4: u32, b_0: u32, b_1: u64, c_0: u32, c_1: u32, d: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let a = match a_0 { 0 => None, 1 => Some(match a_1 { 0 => super::super::shapes::types::Shape::Nothing, 1 => super::super::shapes::types::Shape::Dot(super::super::shapes::types::Point { x: f32::from_bits(a_2 as u32), y: f64::from_bits(a_3), weight: a_4 as u8 }), 2 => super::super::shapes::types::Shape::Area(a_2), 3 => super::super::shapes::types::Shape::Ratio(f32::from_bits(a_2 as u32)), 4 => super::super::shapes::types::Shape::Code((a_2 as u32 as i8, Cx::lift_char(a_3 as u32),)), _ => invalid_discriminant() }), _ => invalid_discriminant() };
            let b = match b_0 { 0 => Ok(f64::from_bits(b_1)), 1 => Err(b_1 as u32), _ => invalid_discriminant() };
            let c = match c_0 { 0 => Ok(()), 1 => Err(super::super::shapes::types::Color::lift(c_1)), _ => invalid_discriminant() };
            let d = match d { 0 => Ok(()), 1 => Err(()), _ => invalid_discriminant() };
            crate::guest::tests::host::shapes::params::nested(&mut cx, a, b, c, d);
        }

        #[unsafe(export_name = "test:shapes/params@1#elements")]
        pub unsafe extern "C-unwind" fn elements(caller: *const Caller, a_0: u32, a_1: u32, b_0: u32, b_1: u32, c_0: u32, c_1: u32, d_0: u32, d_1: u32, e_0: u32, e_1: u32, f_0: u32, f_1: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let a = GuestSlice::<super::super::shapes::types::Point>::lift(&cx, a_0, a_1);
            let b = GuestSlice::<GuestStr>::lift(&cx, b_0, b_1);
            let c = GuestSlice::<super::super::shapes::types::Shape>::lift(&cx, c_0, c_1);
            let d = GuestSlice::<super::super::shapes::types::Color>::lift(&cx, d_0, d_1);
            let e = GuestSlice::<(u8, super::super::shapes::types::Access, u32)>::lift(&cx, e_0, e_1);
            let f = GuestSlice::<char>::lift(&cx, f_0, f_1);
            crate::guest::tests::host::shapes::params::elements(&mut cx, a, b, c, d, e, f);
        }

        #[unsafe(export_name = "test:shapes/params@1#handles")]
        pub unsafe extern "C-unwind" fn handles(caller: *const Caller, a_0: u32, a_1: u32, b_0: u32, b_1: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let a = match a_0 { 0 => None, 1 => Some(cx.lift_own::<super::super::shapes::things::Thing>(a_1)), _ => invalid_discriminant() };
            let b = GuestSlice::<Borrow<super::super::shapes::things::Thing>>::lift(&cx, b_0, b_1);
            crate::guest::tests::host::shapes::params::handles(&mut cx, a, b);
        }

        #[unsafe(export_name = "test:shapes/params@1#spilled")]
        pub unsafe extern "C-unwind" fn spilled(caller: *const Caller, params: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            cx.source(params, 104, 8);
            let a = cx.load::<u8>(params);
            let b = cx.load::<u64>(params + 8);
            let c = cx.load::<GuestStr>(params + 16);
            let d = cx.load::<super::super::shapes::types::Point>(params + 24);
            let e = cx.load::<super::super::shapes::types::Shape>(params + 48);
            let f = cx.lift_own::<super::super::shapes::things::Thing>(cx.load(params + 80));
            let g = cx.load::<Option<u32>>(params + 84);
            let h = cx.load::<GuestSlice<u32>>(params + 92);
            let i = cx.load::<super::super::shapes::types::Side>(params + 100);
            let j = cx.load::<super::super::shapes::types::Nine>(params + 102);
            crate::guest::tests::host::shapes::params::spilled(&mut cx, a, b, c, d, e, f, g, h, i, j);
        }

        const _: () = {
            assert!(has_layout::<(i8, char)>(8, 4));
            assert!(has_layout::<(u8, super::super::shapes::types::Access, u32)>(8, 4));
            assert!(has_layout::<Option<u32>>(8, 4));
        };
    }
    /// `test:shapes/results@1`.
    pub mod results {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, NewList, NewStr, Own, has_layout};

        #[unsafe(export_name = "test:shapes/results@1#a-bool")]
        pub unsafe extern "C-unwind" fn a_bool(caller: *const Caller) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: bool = crate::guest::tests::host::shapes::results::a_bool(&mut cx);
            u32::from(result)
        }

        #[unsafe(export_name = "test:shapes/results@1#an-s8")]
        pub unsafe extern "C-unwind" fn an_s8(caller: *const Caller) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: i8 = crate::guest::tests::host::shapes::results::an_s8(&mut cx);
            i32::from(result) as u32
        }

        #[unsafe(export_name = "test:shapes/results@1#an-u16")]
        pub unsafe extern "C-unwind" fn an_u16(caller: *const Caller) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: u16 = crate::guest::tests::host::shapes::results::an_u16(&mut cx);
            u32::from(result)
        }

        #[unsafe(export_name = "test:shapes/results@1#an-s32")]
        pub unsafe extern "C-unwind" fn an_s32(caller: *const Caller) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: i32 = crate::guest::tests::host::shapes::results::an_s32(&mut cx);
            result as u32
        }

        #[unsafe(export_name = "test:shapes/results@1#an-s64")]
        pub unsafe extern "C-unwind" fn an_s64(caller: *const Caller) -> u64 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: i64 = crate::guest::tests::host::shapes::results::an_s64(&mut cx);
            result as u64
        }

        #[unsafe(export_name = "test:shapes/results@1#an-f32")]
        pub unsafe extern "C-unwind" fn an_f32(caller: *const Caller) -> f32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            crate::guest::tests::host::shapes::results::an_f32(&mut cx)
        }

        #[unsafe(export_name = "test:shapes/results@1#an-f64")]
        pub unsafe extern "C-unwind" fn an_f64(caller: *const Caller) -> f64 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            crate::guest::tests::host::shapes::results::an_f64(&mut cx)
        }

        #[unsafe(export_name = "test:shapes/results@1#a-char")]
        pub unsafe extern "C-unwind" fn a_char(caller: *const Caller) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: char = crate::guest::tests::host::shapes::results::a_char(&mut cx);
            u32::from(result)
        }

        #[unsafe(export_name = "test:shapes/results@1#a-color")]
        pub unsafe extern "C-unwind" fn a_color(caller: *const Caller) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: super::super::shapes::types::Color = crate::guest::tests::host::shapes::results::a_color(&mut cx);
            result as u32
        }

        #[unsafe(export_name = "test:shapes/results@1#a-side")]
        pub unsafe extern "C-unwind" fn a_side(caller: *const Caller) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: super::super::shapes::types::Side = crate::guest::tests::host::shapes::results::a_side(&mut cx);
            match result { super::super::shapes::types::Side::Left => 0, super::super::shapes::types::Side::Right => 1 }
        }

        #[unsafe(export_name = "test:shapes/results@1#an-access")]
        pub unsafe extern "C-unwind" fn an_access(caller: *const Caller) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: super::super::shapes::types::Access = crate::guest::tests::host::shapes::results::an_access(&mut cx);
            u32::from(result.bits())
        }

        #[unsafe(export_name = "test:shapes/results@1#an-only")]
        pub unsafe extern "C-unwind" fn an_only(caller: *const Caller) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: super::super::shapes::types::Only = crate::guest::tests::host::shapes::results::an_only(&mut cx);
            result.color as u32
        }

        #[unsafe(export_name = "test:shapes/results@1#a-single")]
        pub unsafe extern "C-unwind" fn a_single(caller: *const Caller) -> u64 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: (u64,) = crate::guest::tests::host::shapes::results::a_single(&mut cx);
            result.0
        }

        #[unsafe(export_name = "test:shapes/results@1#a-result")]
        pub unsafe extern "C-unwind" fn a_result(caller: *const Caller) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Result<(), ()> = crate::guest::tests::host::shapes::results::a_result(&mut cx);
            match result { Ok(()) => 0, Err(()) => 1 }
        }

        #[unsafe(export_name = "test:shapes/results@1#a-tuple")]
        pub unsafe extern "C-unwind" fn a_tuple(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: (u8, u64, bool, char) = crate::guest::tests::host::shapes::results::a_tuple(&mut cx);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "test:shapes/results@1#a-point")]
        pub unsafe extern "C-unwind" fn a_point(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: super::super::shapes::types::Point = crate::guest::tests::host::shapes::results::a_point(&mut cx);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "test:shapes/results@1#a-shape")]
        pub unsafe extern "C-unwind" fn a_shape(caller: *const Caller, which: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: super::super::shapes::types::Shape = crate::guest::tests::host::shapes::results::a_shape(&mut cx, which);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "test:shapes/results@1#an-option")]
        pub unsafe extern "C-unwind" fn an_option(caller: *const Caller, some: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let some = some != 0;
            let result: Option<Option<u16>> = crate::guest::tests::host::shapes::results::an_option(&mut cx, some);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "test:shapes/results@1#a-failure")]
        pub unsafe extern "C-unwind" fn a_failure(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Result<u64, super::super::shapes::types::Side> = crate::guest::tests::host::shapes::results::a_failure(&mut cx);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "test:shapes/results@1#a-thing")]
        pub unsafe extern "C-unwind" fn a_thing(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Result<Own<super::super::shapes::things::Thing>, super::super::shapes::types::Color> = crate::guest::tests::host::shapes::results::a_thing(&mut cx);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "test:shapes/results@1#an-answer")]
        pub unsafe extern "C-unwind" fn an_answer(caller: *const Caller, which: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: super::super::shapes::types::Answer = crate::guest::tests::host::shapes::results::an_answer(&mut cx, which);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "test:shapes/results@1#a-string")]
        pub unsafe extern "C-unwind" fn a_string(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: NewStr = crate::guest::tests::host::shapes::results::a_string(&mut cx);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "test:shapes/results@1#entries")]
        pub unsafe extern "C-unwind" fn entries(caller: *const Caller, count: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: NewList<super::super::shapes::types::Entry> = crate::guest::tests::host::shapes::results::entries(&mut cx, count);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "test:shapes/results@1#pairs")]
        pub unsafe extern "C-unwind" fn pairs(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: NewList<(NewStr, NewList<u32>)> = crate::guest::tests::host::shapes::results::pairs(&mut cx);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "test:shapes/results@1#bytes")]
        pub unsafe extern "C-unwind" fn bytes(caller: *const Caller, capacity: u64, count: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Result<NewList<u8>, super::super::shapes::types::Color> = crate::guest::tests::host::shapes::results::bytes(&mut cx, capacity, count);
            cx.store(ret, result);
        }

        const _: () = {
            assert!(has_layout::<(NewStr, NewList<u32>)>(16, 4));
            assert!(has_layout::<(i8, char)>(8, 4));
            assert!(has_layout::<(u8, u64, bool, char)>(24, 8));
            assert!(has_layout::<Option<Option<u16>>>(6, 2));
            assert!(has_layout::<Option<u16>>(4, 2));
            assert!(has_layout::<Result<NewList<u8>, super::super::shapes::types::Color>>(12, 4));
            assert!(has_layout::<Result<Own<super::super::shapes::things::Thing>, super::super::shapes::types::Color>>(8, 4));
            assert!(has_layout::<Result<u64, super::super::shapes::types::Side>>(16, 8));
        };
    }
}
