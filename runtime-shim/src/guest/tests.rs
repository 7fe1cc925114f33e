//! The binding layer against a fake guest ([`instance`]): every shape of type as a parameter and
//! as a result, and what a hostile guest may pass.

mod host;
mod instance;
mod limits;
mod shapes;
mod strings;

use nanocc_shim_abi::{
    ANNEX_END, ANNEX_START, Authority, List, MAX_LIST_BYTES, MAX_STRING_BYTES, NO_ANNEX, Trap,
};
use proptest::prelude::*;

use super::{Cx, GuestSlice, GuestStr};
use instance::{Behaviour, Guest, HEAP, LENGTH, MOST, call, log, logged, trap};
use shapes::shapes::{params, results, things};

#[test]
fn scalars_are_lifted() {
    let guest = Guest::new();
    // Higher bits than a type has are ignored.
    call!(guest, params::small, 2, 0x80, 0x1ff, 0x1_8000, 0xffff_fffe);
    call!(
        guest,
        params::large,
        u32::MAX,
        u32::MAX,
        u64::MAX,
        u64::MAX,
        1.5,
        -2.25,
        0x1f980
    );
    assert_eq!(
        logged(),
        [
            "true -128 255 -32768 65534",
            "-1 4294967295 -1 18446744073709551615 1.5 -2.25 '🦀'"
        ]
    );
    for code in [0xd800, 0xdfff, 0x11_0000, u32::MAX] {
        assert_eq!(
            trap!(guest, params::large, 0, 0, 0, 0, 0.0, 0.0, code),
            Some(Trap::InvalidChar)
        );
    }
    for code in [0, 0xd7ff, 0xe000, 0x10_ffff] {
        assert_eq!(
            trap!(guest, params::large, 0, 0, 0, 0, 0.0, 0.0, code),
            None
        );
    }
}

#[test]
fn strings_and_lists_are_views() {
    let guest = Guest::new();
    guest.put(10, "grüße".as_bytes());
    guest.put(20, &[1, 2, 255]);
    guest.put(24, &[1, 0, 0, 1]);
    call!(guest, params::views, 10, 7, 20, 3, 24, 2);
    // Empty ones may lie at the memory's end.
    let end = LENGTH as u32;
    call!(guest, params::views, end, 0, end, 0, end, 0);
    assert_eq!(logged(), [r#""grüße" [1, 2, 255] [1, 256]"#, r#""" [] []"#]);
    assert!(guest.calls().is_empty());
}

#[test]
fn an_annex_is_of_the_memory() {
    let mut guest = Guest::new();
    let (start, end) = (ANNEX_START as u32, ANNEX_END as u32);
    // Nothing is there, but empty ranges aren't looked at.
    let places = [(start, 0), (end, 0), (start - 1, 0), (end + 1, 0)];
    let beside = [(start - 1, 1), (start - 1, 2), (end, 1), (end - 1, 2)];
    for annex in [NO_ANNEX, ANNEX_START] {
        guest.memory.annex = annex;
        for (index, (at, len)) in places.into_iter().chain(beside).enumerate() {
            let inside = annex != NO_ANNEX && index < 2;
            assert_eq!(
                trap!(guest, params::views, at, len, 0, 0, 0, 0),
                (!inside).then_some(Trap::PointerOutOfBounds),
                "{at} {len}"
            );
        }
    }
}

#[test]
fn strings_and_lists_outside_of_the_memory_trap() {
    let guest = Guest::new();
    let end = LENGTH as u32;
    let outside = Some(Trap::PointerOutOfBounds);
    for (at, len) in [
        (end, 1),
        (end - 1, 2),
        (end + 1, 0),
        (0, end + 1),
        (u32::MAX, 0),
        (u32::MAX, 1),
        (1, u32::MAX),
        (u32::MAX, u32::MAX),
        (0, MAX_STRING_BYTES),
        (0, MAX_STRING_BYTES + 1),
    ] {
        let string = match len {
            ..=MAX_STRING_BYTES => Trap::PointerOutOfBounds,
            _ => Trap::StringTooLong,
        };
        assert_eq!(
            trap!(guest, params::views, at, len, 0, 0, 0, 0),
            Some(string),
            "{at} {len}"
        );
        assert_eq!(
            trap!(guest, params::views, 0, 0, at, len, 0, 0),
            outside,
            "{at} {len}"
        );
    }
    for (at, len) in [
        (end, 1),
        (end - 2, 2),
        (end + 2, 0),
        (0, end / 2 + 1),
        (0, 1 << 31),
        (2, u32::MAX / 2),
        (end, u32::MAX),
    ] {
        assert_eq!(
            trap!(guest, params::views, 0, 0, 0, 0, at, len),
            outside,
            "{at} {len}"
        );
    }
    assert_eq!(
        trap!(guest, params::views, 0, 0, 0, 0, 1, 0),
        Some(Trap::UnalignedPointer)
    );
    assert_eq!(
        trap!(guest, params::views, 0, 0, 0, 0, end + 1, 1),
        Some(Trap::UnalignedPointer)
    );
    assert!(logged().is_empty());
}

#[test]
fn strings_that_are_not_well_formed_trap() {
    let guest = Guest::new();
    for bytes in [
        &b"\xff"[..],
        b"a\xc3",
        b"\xed\xa0\x80",
        b"\xc0\xaf",
        b"\xf4\x90\x80\x80",
        b"ok\x80",
    ] {
        guest.put(8, bytes);
        let ended = trap!(guest, params::views, 8, bytes.len() as u32, 0, 0, 0, 0);
        assert_eq!(ended, Some(Trap::InvalidString), "{bytes:x?}");
    }
    assert!(logged().is_empty());
}

#[test]
fn named_types_are_lifted() {
    let guest = Guest::new();
    call!(
        guest,
        params::named,
        2,
        0xff,
        u32::MAX,
        u32::MAX,
        1.0,
        2.0,
        0x103,
        1
    );
    assert_eq!(
        logged(),
        [
            "DarkBlue Access(7) Nine(511) Seventeen(131071) Point { x: 1.0, y: 2.0, weight: 3 } Right"
        ]
    );
    let bad = Some(Trap::InvalidDiscriminant);
    assert_eq!(trap!(guest, params::named, 3, 0, 0, 0, 0.0, 0.0, 0, 0), bad);
    assert_eq!(
        trap!(guest, params::named, u32::MAX, 0, 0, 0, 0.0, 0.0, 0, 0),
        bad
    );
    assert_eq!(trap!(guest, params::named, 0, 0, 0, 0, 0.0, 0.0, 0, 2), bad);
}

#[test]
fn joined_flat_values_are_split() {
    let guest = Guest::new();
    let (f32_bits, f64_bits) = (u64::from(1.5f32.to_bits()), 2.5f64.to_bits());
    // The first joined value holds f32, u64, f32 or s8; the second f64 or char.
    call!(guest, params::joined, 0, u64::MAX, u64::MAX, 0);
    call!(guest, params::joined, 1, f32_bits | 7 << 40, f64_bits, 9);
    call!(guest, params::joined, 2, u64::MAX, 0, 0);
    call!(guest, params::joined, 3, f32_bits, 0, 0);
    call!(
        guest,
        params::joined,
        4,
        0xffff_ffff_0000_00fe,
        0xffff_ffff_0000_0041,
        0
    );
    assert_eq!(
        logged(),
        [
            "Nothing",
            "Dot(Point { x: 1.5, y: 2.5, weight: 9 })",
            "Area(18446744073709551615)",
            "Ratio(1.5)",
            "Code((-2, 'A'))"
        ]
    );
    assert_eq!(
        trap!(guest, params::joined, 5, 0, 0, 0),
        Some(Trap::InvalidDiscriminant)
    );
    assert_eq!(
        trap!(guest, params::joined, 4, 0, 0xd800, 0),
        Some(Trap::InvalidChar)
    );
}

#[test]
fn options_and_results_are_lifted() {
    let guest = Guest::new();
    let half = 0.5f64.to_bits();
    call!(guest, params::nested, 0, 9, 9, 9, 9, 0, half, 0, 9, 0);
    call!(
        guest,
        params::nested,
        1,
        2,
        3,
        0,
        0,
        1,
        0xffff_ffff_0000_0004,
        1,
        1,
        1
    );
    assert_eq!(
        logged(),
        [
            "None Ok(0.5) Ok(()) Ok(())",
            "Some(Area(3)) Err(4) Err(Green) Err(())"
        ]
    );
    let bad = Some(Trap::InvalidDiscriminant);
    assert_eq!(
        trap!(guest, params::nested, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        bad
    );
    assert_eq!(
        trap!(guest, params::nested, 1, 5, 0, 0, 0, 0, 0, 0, 0, 0),
        bad
    );
    assert_eq!(
        trap!(guest, params::nested, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0),
        bad
    );
    assert_eq!(
        trap!(guest, params::nested, 0, 0, 0, 0, 0, 0, 0, 1, 3, 0),
        bad
    );
    assert_eq!(
        trap!(guest, params::nested, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2),
        bad
    );
}

/// A point as it lies in memory.
fn point(x: f32, y: f64, weight: u8) -> Vec<u8> {
    let mut bytes = x.to_le_bytes().to_vec();
    bytes.extend([0; 4]);
    bytes.extend(y.to_le_bytes());
    bytes.extend([weight, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

/// An address and a length as they lie in memory.
fn pair(at: u32, len: u32) -> Vec<u8> {
    [at.to_le_bytes(), len.to_le_bytes()].concat()
}

#[test]
fn elements_of_lists_are_loaded() {
    let guest = Guest::new();
    let points = guest.put(64, &[point(1.0, 2.0, 3), point(4.0, 5.0, 6)].concat());
    let text = guest.put(200, b"onetwo");
    let strings = guest.put(208, &[pair(text, 3), pair(text + 3, 3)].concat());
    let shape = [&[1u8, 0, 0, 0, 0, 0, 0, 0][..], &point(7.0, 8.0, 9)].concat();
    let mut code = vec![4u8, 0, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0, b'z', 0, 0, 0];
    code.resize(32, 0);
    let shapes = guest.put(256, &[shape, code].concat());
    let colors = guest.put(400, &[0, 1, 2]);
    let tuples = guest.put(404, &[1, 0xff, 0, 0, 2, 0, 0, 0]);
    let chars = guest.put(412, &[b'!', 0, 0, 0]);
    call!(
        guest,
        params::elements,
        points,
        2,
        strings,
        2,
        shapes,
        2,
        colors,
        3,
        tuples,
        1,
        chars,
        1
    );
    assert_eq!(
        logged(),
        [
            "[Point { x: 1.0, y: 2.0, weight: 3 }, Point { x: 4.0, y: 5.0, weight: 6 }] [\"one\", \"two\"] \
          [Dot(Point { x: 7.0, y: 8.0, weight: 9 }), Code((-1, 'z'))] [Red, Green, DarkBlue] \
          [(1, Access(7), 2)] ['!']"
        ]
    );
    // Every element is looked at before the host function runs, whichever of them it uses.
    guest.put(402, &[3]);
    let ended = trap!(
        guest,
        params::elements,
        0,
        0,
        0,
        0,
        0,
        0,
        colors,
        3,
        0,
        0,
        0,
        0
    );
    assert_eq!(ended, Some(Trap::InvalidDiscriminant));
    guest.put(205, &[0xff]);
    let ended = trap!(
        guest,
        params::elements,
        0,
        0,
        strings,
        2,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0
    );
    assert_eq!(ended, Some(Trap::InvalidString));
    guest.put(216, &pair(LENGTH as u32, 1));
    let ended = trap!(
        guest,
        params::elements,
        0,
        0,
        strings,
        2,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0
    );
    assert_eq!(ended, Some(Trap::PointerOutOfBounds));
    guest.put(412, &[0, 0xd8, 0, 0]);
    let ended = trap!(
        guest,
        params::elements,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        chars,
        1
    );
    assert_eq!(ended, Some(Trap::InvalidChar));
    guest.put(256, &[9]);
    let ended = trap!(
        guest,
        params::elements,
        0,
        0,
        0,
        0,
        shapes,
        1,
        0,
        0,
        0,
        0,
        0,
        0
    );
    assert_eq!(ended, Some(Trap::InvalidDiscriminant));
    assert!(logged().is_empty());
}

#[test]
fn parameters_that_do_not_fit_registers_are_loaded() {
    let guest = Guest::new();
    let thing = call!(guest, things::new_thing, 77);
    let text = guest.put(512, b"spilled");
    let list = guest.put(520, &[5, 0, 0, 0, 6, 0, 0, 0]);
    let fields: [(u32, Vec<u8>); 10] = [
        (0, vec![200]),
        (8, u64::MAX.to_le_bytes().to_vec()),
        (16, pair(text, 7)),
        (24, point(1.0, 2.0, 3)),
        (48, vec![2, 0, 0, 0, 0, 0, 0, 0, 11]),
        (80, thing.to_le_bytes().to_vec()),
        (84, vec![1, 0, 0, 0, 12, 0, 0, 0]),
        (92, pair(list, 2)),
        (100, vec![1]),
        (102, vec![0xff, 0xff]),
    ];
    for (offset, bytes) in &fields {
        guest.put(64 + offset, bytes);
    }
    call!(guest, params::spilled, 64);
    assert_eq!(
        logged(),
        [
            "new 77",
            "200 18446744073709551615 \"spilled\" Point { x: 1.0, y: 2.0, weight: 3 } Area(11) \
          own 77 Some(12) [5, 6] Right Nine(511)"
        ]
    );
    // The handle was given away.
    assert_eq!(trap!(guest, params::spilled, 64), Some(Trap::UnknownHandle));
    assert_eq!(
        trap!(guest, params::spilled, 68),
        Some(Trap::UnalignedPointer)
    );
    assert_eq!(
        trap!(guest, params::spilled, LENGTH as u32 - 96),
        Some(Trap::PointerOutOfBounds)
    );
    assert_eq!(
        trap!(guest, params::spilled, u32::MAX - 7),
        Some(Trap::PointerOutOfBounds)
    );
}

#[test]
fn handles_are_lifted_and_lowered() {
    let guest = Guest::new();
    let (one, two) = (
        call!(guest, things::new_thing, 10),
        call!(guest, things::new_thing, 20),
    );
    assert_ne!(one, two);
    assert_eq!(call!(guest, things::thing_number, two), 20);
    let three = call!(guest, things::thing_absorb, one, two);
    assert_eq!(call!(guest, things::thing_number, three), 30);
    let handles = [three, two, three].map(u32::to_le_bytes).concat();
    let list = guest.put(64, &handles);
    call!(guest, params::handles, 0, 0, list, 3);
    call!(guest, params::handles, 1, two, list, 1);
    assert_eq!(
        logged(),
        ["new 10", "new 20", "None [30, 20, 30]", "Some(20) [30]"]
    );
    assert_eq!(
        trap!(guest, things::thing_number, two),
        Some(Trap::UnknownHandle)
    );
    assert_eq!(
        trap!(guest, params::handles, 0, 0, list, 2),
        Some(Trap::UnknownHandle)
    );
    assert_eq!(
        trap!(guest, params::handles, 1, 0, list, 0),
        Some(Trap::UnknownHandle)
    );
    // Given away and lent in one call: the first parameter has taken it.
    assert_eq!(
        trap!(guest, params::handles, 1, three, list, 1),
        Some(Trap::UnknownHandle)
    );
    let three = call!(guest, things::new_thing, 30);
    logged();
    call!(guest, things::drop_thing, three);
    assert_eq!(logged(), ["drop 30"]);
    assert_eq!(
        trap!(guest, things::drop_thing, three),
        Some(Trap::UnknownHandle)
    );
    assert!(logged().is_empty());
}

#[test]
fn a_resource_that_nothing_makes_has_no_handles() {
    let guest = Guest::new();
    let thing = call!(guest, things::new_thing, 1);
    let unknown = Some(Trap::UnknownHandle);
    for handle in [0, thing + 1, u32::MAX] {
        assert_eq!(trap!(guest, things::relic_look, handle, 0, 0, 0), unknown);
        assert_eq!(trap!(guest, things::drop_relic, handle), unknown);
    }
    let mismatch = Some(Trap::HandleTypeMismatch);
    assert_eq!(trap!(guest, things::relic_look, thing, 0, 0, 0), mismatch);
    assert_eq!(trap!(guest, things::drop_relic, thing), mismatch);
}

#[test]
fn results_in_registers_are_lowered() {
    let guest = Guest::new();
    assert_eq!(call!(guest, results::a_bool), 1);
    assert_eq!(call!(guest, results::an_s8), (-5i32).cast_unsigned());
    assert_eq!(call!(guest, results::an_u16), 0xffff);
    assert_eq!(call!(guest, results::an_s32), u32::MAX);
    assert_eq!(call!(guest, results::an_s64), u64::MAX - 1);
    assert_eq!(call!(guest, results::an_f32), 0.25);
    assert_eq!(call!(guest, results::an_f64), -0.125);
    assert_eq!(call!(guest, results::a_char), 0x1f980);
    assert_eq!(call!(guest, results::a_color), 2);
    assert_eq!(call!(guest, results::a_side), 1);
    assert_eq!(call!(guest, results::an_access), 5);
    assert_eq!(call!(guest, results::an_only), 1);
    assert_eq!(call!(guest, results::a_single), 1 << 40);
    assert_eq!(call!(guest, results::a_result), 1);
    assert!(guest.calls().is_empty() && guest.intact());
}

#[test]
fn results_in_memory_are_lowered() {
    let guest = Guest::new();
    let dirty = || guest.put(64, &[0xaa; 64]);
    dirty();
    call!(guest, results::a_tuple, 64);
    assert_eq!(guest.get(64, 1), [7]);
    assert_eq!(guest.get(72, 9), [8, 0, 0, 0, 0, 0, 0, 1, 1]);
    assert_eq!(guest.get(84, 5), [0x80, 0xf9, 1, 0, 0xaa]);
    call!(guest, results::a_point, 64);
    assert_eq!(
        (guest.get(64, 4), guest.get(72, 9)),
        (
            1.5f32.to_le_bytes().to_vec(),
            point(0.0, 2.5, 9)[8..17].to_vec()
        )
    );
    for (which, discriminant, payload) in [
        (0, 0, vec![]),
        (1, 1, 1.5f32.to_le_bytes().to_vec()),
        (2, 2, (1u64 << 63).to_le_bytes().to_vec()),
        (3, 3, 0.5f32.to_le_bytes().to_vec()),
        (4, 4, vec![0xff, 0xaa, 0xaa, 0xaa, 0x41, 0, 0, 0]),
    ] {
        dirty();
        call!(guest, results::a_shape, which, 64);
        assert_eq!(
            (guest.get(64, 1), guest.get(72, payload.len())),
            (vec![discriminant], payload)
        );
    }
    dirty();
    call!(guest, results::an_option, 1, 64);
    assert_eq!(guest.get(64, 6), [1, 0xaa, 1, 0xaa, 0x34, 0x12]);
    dirty();
    call!(guest, results::an_option, 0, 64);
    assert_eq!(guest.get(64, 6), [1, 0xaa, 0, 0xaa, 0xaa, 0xaa]);
    dirty();
    call!(guest, results::a_failure, 64);
    assert_eq!((guest.get(64, 1), guest.get(72, 1)), (vec![1], vec![1]));
    dirty();
    call!(guest, results::a_thing, 64);
    assert_eq!(guest.get(64, 1), [0]);
    assert_eq!(call!(guest, things::thing_number, guest.get_u32(68)), 99);
    assert!(guest.calls().is_empty() && guest.intact());
}

#[test]
fn return_areas_are_checked() {
    let guest = Guest::new();
    let end = LENGTH as u32;
    call!(guest, results::a_tuple, end - 24);
    for at in [end - 16, end, end + 8, 0xffff_fff8] {
        assert_eq!(
            trap!(guest, results::a_tuple, at),
            Some(Trap::PointerOutOfBounds),
            "{at}"
        );
    }
    for at in [1, 2, 4, end + 4, u32::MAX] {
        assert_eq!(
            trap!(guest, results::a_tuple, at),
            Some(Trap::UnalignedPointer),
            "{at}"
        );
    }
    assert!(guest.intact());
}

#[test]
fn lists_and_strings_are_built_in_the_guest() {
    let guest = Guest::new();
    call!(guest, results::a_string, 64);
    assert_eq!(guest.get_list(64), "error 5: grüße".as_bytes());
    // `may_leave` was 0 while `realloc` ran, and isn't any longer.
    assert_eq!(guest.calls(), [((0, 0, 1, 16), 0)]);
    assert_eq!(guest.instance.may_leave, 1);

    call!(guest, results::entries, 2, 64);
    assert_eq!(
        guest.calls(),
        [((0, 0, 4, 24), 0), ((0, 0, 1, 5), 0), ((0, 0, 1, 5), 0)]
    );
    let (list, len) = (guest.get_u32(64), guest.get_u32(68));
    assert_eq!(
        (len, guest.get(list, 1), guest.get(list + 12, 1)),
        (2, vec![0], vec![1])
    );
    assert_eq!(
        (guest.get_list(list + 4), guest.get_list(list + 16)),
        (b"name0".to_vec(), b"name1".to_vec())
    );

    call!(guest, results::pairs, 64);
    let list = guest.get_u32(64);
    assert_eq!(guest.get_u32(68), 1);
    assert_eq!(guest.get_list(list), b"key");
    let (numbers, count) = (guest.get_u32(list + 8), guest.get_u32(list + 12));
    assert_eq!(
        (count, guest.get(numbers, 8)),
        (2, vec![3, 0, 0, 0, 4, 0, 0, 0])
    );
    guest.calls();

    // An empty list is a block of no bytes, as the canonical ABI has it.
    call!(guest, results::entries, 0, 64);
    assert_eq!(
        (guest.calls(), guest.get_u32(68)),
        (vec![((0, 0, 4, 0), 0)], 0)
    );

    call!(guest, results::an_answer, 0, 64);
    let list = guest.get_u32(68);
    assert_eq!((guest.get(64, 1), guest.get_u32(72)), (vec![0], 2));
    assert_eq!(
        (guest.get_list(list), guest.get_list(list + 8)),
        (b"yes".to_vec(), b"".to_vec())
    );
    call!(guest, results::an_answer, 1, 64);
    assert_eq!(
        (guest.get(64, 1), guest.get(68, 2)),
        (vec![1], vec![0x39, 0x30])
    );
    call!(guest, results::an_answer, 2, 64);
    assert_eq!(guest.get(64, 1), [2]);
    assert!(guest.intact());
}

#[test]
fn room_that_is_not_needed_is_given_back() {
    let guest = Guest::new();
    call!(guest, results::bytes, 100, 100, 64);
    assert_eq!(guest.calls(), [((0, 0, 1, 100), 0)]);
    assert_eq!(
        (guest.get(64, 1), guest.get_list(68)),
        (vec![0], vec![7; 100])
    );
    call!(guest, results::bytes, 100, 3, 64);
    let list = guest.get_u32(68);
    assert_eq!(guest.calls(), [((0, 0, 1, 100), 0), ((list, 100, 1, 3), 0)]);
    assert_eq!(guest.get_list(68), [7; 3]);
    // There is no way to free a block.
    call!(guest, results::bytes, 100, 0, 64);
    assert_eq!(
        (guest.calls(), guest.get_u32(72)),
        (vec![((0, 0, 1, 100), 0)], 0)
    );
    // Nothing is allocated for a list that is refused.
    call!(guest, results::bytes, u64::MAX, 0, 64);
    assert_eq!(
        (guest.calls(), guest.get(64, 1), guest.get(68, 1)),
        (vec![], vec![1], vec![0])
    );
    // More than there is room for is a bug of the host function's.
    assert_eq!(
        trap!(guest, results::bytes, 1, 2, 64),
        Some(Trap::HostFunction)
    );
    assert!(guest.intact());
}

#[test]
fn what_realloc_returns_is_checked() {
    let guest = Guest::new();
    let end = LENGTH as u32;
    for (at, trap) in [
        (end - 24 + 4, Trap::PointerOutOfBounds),
        (end, Trap::PointerOutOfBounds),
        (0xffff_fffc, Trap::PointerOutOfBounds),
        (HEAP + 1, Trap::UnalignedPointer),
        (HEAP + 2, Trap::UnalignedPointer),
        (u32::MAX, Trap::UnalignedPointer),
    ] {
        guest.behaviour.set(Behaviour::Return(at));
        assert_eq!(trap!(guest, results::entries, 2, 64), Some(trap), "{at}");
        // The trap ends the program; here the flag is put back for the next round.
        assert_eq!(guest.caller_may_leave(), 1);
    }
    for at in [end - 15, end + 1, u32::MAX] {
        guest.behaviour.set(Behaviour::Return(at));
        assert_eq!(
            trap!(guest, results::a_string, 64),
            Some(Trap::PointerOutOfBounds),
            "{at}"
        );
    }
    guest.behaviour.set(Behaviour::Return(end - 16));
    assert_eq!(trap!(guest, results::a_string, 64), None);
    assert!(guest.intact());
}

#[test]
fn a_memory_that_grows_in_realloc_is_seen_to_have_grown() {
    let guest = Guest::new();
    guest.behaviour.set(Behaviour::Grow);
    call!(guest, results::a_string, 64);
    assert_eq!(guest.get_u32(64), LENGTH as u32);
    assert_eq!(guest.get_list(64), "error 5: grüße".as_bytes());
    // A return area in the new part is in bounds by the time that it is written.
    call!(guest, results::a_string, MOST as u32 - 8);
    assert!(guest.intact());
}

#[test]
fn an_instance_that_may_not_leave_calls_nothing() {
    let mut guest = Guest::new();
    guest.instance.may_leave = 0;
    let cannot = Some(Trap::CannotLeave);
    assert_eq!(trap!(guest, results::a_bool), cannot);
    assert_eq!(trap!(guest, results::a_string, 64), cannot);
    assert_eq!(trap!(guest, things::drop_thing, 1), cannot);
    assert_eq!(trap!(guest, things::relic_look, 1, 0, 0, 0), cannot);
    guest.instance.may_leave = 1;
    assert_eq!(trap!(guest, results::a_bool), None);
}

#[test]
fn host_functions_see_what_was_granted() {
    let none = List {
        address: 0,
        count: 0,
    };
    let authority = Box::new(Authority {
        environment: none,
        directories: none,
        rules: none,
        names: none,
        inherits_environment: 1,
        reserved: 0,
    });
    let mut guest = Guest::new();
    // SAFETY: the guest's tables are laid out as the contract says.
    let cx = unsafe { Cx::enter(guest.caller) };
    assert!(cx.authority().is_none());
    guest.instance.authority = core::ptr::from_ref(&*authority).expose_provenance() as u64;
    // SAFETY: as above.
    let cx = unsafe { Cx::enter(guest.caller) };
    let inherits = cx
        .authority()
        .map(|authority| authority.inherits_environment);
    assert_eq!(inherits, Some(1));
}

#[test]
fn a_string_that_changed_since_is_validated_again() {
    let guest = Guest::new();
    guest.put(64, b"text");
    // SAFETY: as above.
    let cx = unsafe { Cx::enter(guest.caller) };
    let text = GuestStr::lift(&cx, 64, 4);
    assert_eq!(text.chars(&cx).collect::<String>(), "text");
    guest.put(65, &[0xff]);
    assert_eq!(
        guest.trap(|_| text.chars(&cx).count()),
        Some(Trap::InvalidString)
    );
}

/// Numbers that are more often near an edge than not.
fn number() -> impl Strategy<Value = u32> {
    let end = LENGTH as u32;
    prop_oneof![
        any::<u32>(),
        0..end * 2,
        (end - 40)..(end + 40),
        (u32::MAX - 64)..=u32::MAX,
        Just(1u32 << 31),
        0..16u32,
    ]
}

proptest! {
    #[test]
    fn a_list_is_a_view_exactly_if_it_lies_in_the_memory(at in number(), len in number()) {
        let guest = Guest::new();
        // SAFETY: as above.
        let cx = unsafe { Cx::enter(guest.caller) };
        fn wanted(at: u32, len: u32, size: u128) -> Option<Trap> {
            let (at, len) = (u128::from(at), u128::from(len));
            // Alignment comes first, but for a length that no list may have.
            if len * size > u128::from(MAX_LIST_BYTES) {
                Some(Trap::PointerOutOfBounds)
            } else if at % size != 0 {
                Some(Trap::UnalignedPointer)
            } else {
                (at + len * size > u128::from(LENGTH)).then_some(Trap::PointerOutOfBounds)
            }
        }
        prop_assert_eq!(guest.trap(|_| GuestSlice::<u8>::lift(&cx, at, len).bytes(&cx).len()), wanted(at, len, 1));
        prop_assert_eq!(guest.trap(|_| GuestSlice::<u16>::lift(&cx, at, len).iter(&cx).count()), wanted(at, len, 2));
        prop_assert_eq!(guest.trap(|_| GuestSlice::<u64>::lift(&cx, at, len).iter(&cx).count()), wanted(at, len, 8));
    }

    #[test]
    fn a_hostile_guest_gets_a_trap_or_an_answer(
        memory in proptest::collection::vec(any::<u8>(), 256),
        n in proptest::array::uniform12(number()),
        which in 0..9u32,
        blocks in number(),
        honest in any::<bool>(),
    ) {
        let guest = Guest::new();
        call!(guest, things::new_thing, 5);
        guest.put(0, &memory);
        guest.behaviour.set(if honest { Behaviour::Allocate } else { Behaviour::Return(blocks) });
        let ret = n[11];
        match which {
            0 => drop(trap!(guest, params::views, n[0], n[1], n[2], n[3], n[4], n[5])),
            1 => drop(trap!(guest, params::elements, n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], n[11])),
            2 => drop(trap!(guest, params::handles, n[0], n[1], n[2], n[3])),
            3 => drop(trap!(guest, params::spilled, n[0])),
            4 => drop(trap!(guest, results::a_tuple, ret)),
            5 => drop(trap!(guest, results::entries, n[0] % 64, ret)),
            6 => drop(trap!(guest, results::pairs, ret)),
            7 => drop(trap!(guest, results::an_answer, n[0] % 3, ret)),
            _ => drop(trap!(guest, results::bytes, u64::from(n[0]), u64::from(n[1]), ret)),
        }
        prop_assert!(guest.intact());
    }
}
