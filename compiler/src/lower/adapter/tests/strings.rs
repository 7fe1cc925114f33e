//! Strings from each encoding to each, against the specification's text (`text.rs`): what arrives, each call of
//! `realloc`, and the trap of each thing that can be wrong.

use super::machine::{Machine, Outcome};
use super::model::{Memory, Rng, Value};
use super::run::memory;
use super::text::{Simple, encode, load_string, store_string};
use super::world::{PAGES, World};
use crate::abi::MAX_STRING_BYTES;
use crate::abi::tests::Ast;
use crate::lower::adapter::Copying;
use crate::program::StringEncoding::{self, CompactUtf16, Utf8, Utf16};
use nanocc_shim_abi::{Trap, UTF16_TAG, WASM_PAGE};

const ENCODINGS: [StringEncoding; 3] = [Utf8, Utf16, CompactUtf16];
const LEN: u32 = PAGES * WASM_PAGE as u32;

/// The ways in which a side with this encoding can pass a text: bytes, and tagged length.
fn forms(encoding: StringEncoding, text: &str) -> Vec<(Vec<u8>, u32)> {
    let units: &[(Simple, u32)] = match encoding {
        Utf8 => &[(Simple::Utf8, 0)],
        Utf16 => &[(Simple::Utf16, 0)],
        CompactUtf16 => &[(Simple::Latin1, 0), (Simple::Utf16, UTF16_TAG)],
    };
    units
        .iter()
        .filter_map(|&(units, tag)| {
            let bytes = encode(text, units)?;
            let len = bytes.len() as u32 / if units == Simple::Utf16 { 2 } else { 1 };
            Some((bytes, len | tag))
        })
        .collect()
}

/// A function that takes a string, between these encodings.
fn taking(from: StringEncoding, to: StringEncoding) -> World {
    let mut world = World::new(&[Ast::Primitive(12)], None);
    world.set_encodings(from, to);
    world
}

/// The memories of both sides.
fn memories(from: StringEncoding, to: StringEncoding) -> (Memory, Memory) {
    let (mut a, mut b) = (memory(0xaa), memory(0xbb));
    (a.encoding, b.encoding) = (from, to);
    (a, b)
}

/// Passes a string and compares with the specification: arguments, bytes, calls of `realloc`; or the trap, and the calls
/// before it.
#[track_caller]
fn check(machine: &Machine<'_>, a: &Memory, b: &Memory, at: u32, len: u32) -> Result<(), Trap> {
    let mut model = b.clone();
    let wanted = match load_string(a, at, len) {
        Ok(Value::String(text)) => store_string(&mut model, &text),
        Ok(other) => panic!("{other:?} was lifted for a string"),
        Err(trap) => Err(trap),
    };
    let (mut got_a, mut got_b) = (a.clone(), b.clone());
    let args = [u64::from(at), u64::from(len)];
    match (wanted, machine.run(&mut got_a, &mut got_b, &args, &[])) {
        (Ok((at, len)), Outcome::Returned { callee_args, .. }) => {
            let got = [callee_args[0] as u32, callee_args[1] as u32];
            assert_eq!(got, [at, len], "pointer and length");
            assert_eq!(got_b.calls, model.calls);
            let differs = got_b
                .bytes
                .iter()
                .zip(&model.bytes)
                .position(|(a, b)| a != b);
            assert_eq!(differs, None, "{at:#x} {len:#x}");
            assert!(got_a.bytes == a.bytes && got_a.calls.is_empty());
            Ok(())
        }
        (Err(wanted), Outcome::Trapped(got)) => {
            assert_eq!(got, wanted);
            let calls = machine.reallocations(1);
            if wanted == Trap::InvalidString {
                // Found on the way: nothing but `realloc` ran before, for a string that looked good so far.
                assert!(calls.len() <= 2, "{calls:?}");
            } else {
                assert_eq!(calls, model.calls);
            }
            Err(wanted)
        }
        (wanted, got) => panic!("{wanted:?} by the specification, but {got:?}"),
    }
}

/// Texts that take each way through each conversion.
fn texts() -> Vec<String> {
    let mut texts = vec![String::new()];
    for kind in ["a", "é", "я", "生", "🌱"] {
        for other in ["", "b", "ÿ", "Ā", "\u{ffff}", "\u{10ffff}"] {
            for len in [1, 2, 15, 40] {
                texts.push(kind.repeat(len) + other);
                texts.push(format!("{other}{}", kind.repeat(len)));
                texts.push(format!("ascii {}{other} and more ascii", kind.repeat(len)));
            }
        }
    }
    texts
}

#[test]
fn every_pair_passes_every_text() {
    for from in ENCODINGS {
        for to in ENCODINGS {
            let world = taking(from, to);
            let machine = Machine::new(&world, Copying::Bulk);
            for (index, text) in texts().iter().enumerate() {
                for (bytes, len) in forms(from, text) {
                    let (mut a, mut b) = memories(from, to);
                    // Once at the start, once at the very end; once aligned to 1 there.
                    let at = match index % 3 {
                        0 => 16,
                        1 => (LEN - bytes.len() as u32) & !1,
                        _ if from == Utf8 => LEN - bytes.len() as u32,
                        _ => 18,
                    };
                    a.put(at, &bytes);
                    b.next = 16 + index as u32 % 2;
                    b.keeps = index % 4 > 0;
                    assert_eq!(check(&machine, &a, &b, at, len), Ok(()));
                }
            }
        }
    }
}

/// Strings that aren't well-formed trap wherever it is that they stop being so.
#[test]
fn every_pair_finds_what_is_malformed() {
    let utf8: [&[u8]; 9] = [
        b"\x80",
        b"\xc3",
        b"\xc0\xaf",
        b"\xe0\x80\xaf",
        b"\xe2\x82",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x8c",
        b"\xf4\x90\x80\x80",
        b"\xff",
    ];
    let utf16: [&[u16]; 5] = [
        &[0xd800],
        &[0xdc00],
        &[0xd83c, 0x61],
        &[0xdf31, 0xd83c],
        &[0xd800, 0xd800, 0xdc00],
    ];
    for from in ENCODINGS {
        for to in ENCODINGS {
            let world = taking(from, to);
            let machine = Machine::new(&world, Copying::Bulk);
            let malformed: Vec<Vec<u8>> = match from {
                Utf8 => utf8.iter().map(|bytes| bytes.to_vec()).collect(),
                _ => utf16
                    .iter()
                    .map(|units| units.iter().flat_map(|unit| unit.to_le_bytes()).collect())
                    .collect(),
            };
            let (units, size, tag) = match from {
                Utf8 => (Simple::Utf8, 1, 0),
                Utf16 => (Simple::Utf16, 2, 0),
                CompactUtf16 => (Simple::Utf16, 2, UTF16_TAG),
            };
            for bad in &malformed {
                for before in ["", "ascii", "é", "生活", "🌱"] {
                    for after in ["", "z", "я"] {
                        let bytes = [
                            encode(before, units).unwrap(),
                            bad.clone(),
                            encode(after, units).unwrap(),
                        ]
                        .concat();
                        let (mut a, b) = memories(from, to);
                        a.put(16, &bytes);
                        let len = (bytes.len() as u32 / size) | tag;
                        let ended = check(&machine, &a, &b, 16, len);
                        assert_eq!(ended, Err(Trap::InvalidString), "{bytes:x?}");
                    }
                }
            }
        }
    }
}

/// Length, alignment and bounds of the source, in this order.
#[test]
fn every_source_is_checked() {
    let (max, half) = (MAX_STRING_BYTES, MAX_STRING_BYTES / 2);
    for from in ENCODINGS {
        for to in ENCODINGS {
            let world = taking(from, to);
            let machine = Machine::new(&world, Copying::Bulk);
            let mut lens = vec![
                0,
                1,
                2,
                7,
                LEN / 2,
                LEN,
                LEN + 1,
                half,
                half + 1,
                max,
                max + 1,
            ];
            lens.extend([1 << 30, (1 << 31) - 1]);
            if from == CompactUtf16 {
                lens.extend(lens.clone().iter().map(|len| len | UTF16_TAG));
            }
            lens.extend([1 << 31, u32::MAX]);
            for len in lens {
                for at in [
                    0,
                    1,
                    16,
                    17,
                    LEN - 2,
                    LEN - 1,
                    LEN,
                    LEN + 2,
                    u32::MAX - 1,
                    u32::MAX,
                ] {
                    let (mut a, mut b) = memories(from, to);
                    a.bytes.fill(b'a');
                    // What is long doesn't fit beside the first page.
                    b.next = 16;
                    // Either is right; `check` compares which.
                    let _ = check(&machine, &a, &b, at, len);
                }
            }
        }
    }
}

/// Whatever `realloc` returns, at each of its calls.
#[test]
fn every_room_is_checked() {
    let texts = [
        "",
        "ascii only",
        "é and ASCII",
        "ASCII and then é",
        "ab生活",
        "жизнь",
        "a🌱",
    ];
    let mut seen = [0; 3];
    for from in ENCODINGS {
        for to in ENCODINGS {
            let world = taking(from, to);
            let machine = Machine::new(&world, Copying::Bulk);
            for text in texts {
                for (bytes, len) in forms(from, text) {
                    let (mut a, mut b) = memories(from, to);
                    a.put(16, &bytes);
                    // An address that is one too high, at each call.
                    for lie in 0..3 {
                        b.lie = Some(lie);
                        let ended = check(&machine, &a, &b, 16, len);
                        seen[usize::from(ended == Err(Trap::UnalignedPointer))] += 1;
                    }
                    // Less and less room before the end of the memory.
                    b.lie = None;
                    for room in 0..100 {
                        b.next = LEN - room;
                        if check(&machine, &a, &b, 16, len) == Err(Trap::PointerOutOfBounds) {
                            seen[2] += 1;
                        }
                    }
                    b.next = u32::MAX - 3;
                    let _ = check(&machine, &a, &b, 16, len);
                }
            }
        }
    }
    assert!(seen.iter().all(|&times| times > 50), "{seen:?}");
}

/// Results go the other way by the same rules.
#[test]
fn results_are_transcoded() {
    let string = Ast::Primitive(12);
    for a_encoding in ENCODINGS {
        for b_encoding in ENCODINGS {
            let mut world = World::new(&[], Some(&string));
            world.set_encodings(a_encoding, b_encoding);
            let machine = Machine::new(&world, Copying::Bulk);
            for text in ["", "ascii", "grüße", "ASCII, 生活", "🌱"] {
                for (bytes, len) in forms(b_encoding, text) {
                    let (mut a, mut b) = memories(a_encoding, b_encoding);
                    b.put(32, &bytes);
                    b.put(16, &[32u32.to_le_bytes(), len.to_le_bytes()].concat());
                    a.next = 64;
                    let mut model = a.clone();
                    let Ok(Value::String(lifted)) = load_string(&b, 32, len) else {
                        panic!("{text} wasn't lifted");
                    };
                    let (at, len) = store_string(&mut model, &lifted).unwrap();
                    model.put(16, &[at.to_le_bytes(), len.to_le_bytes()].concat());
                    let outcome = machine.run(&mut a, &mut b, &[16], &[16]);
                    assert!(matches!(outcome, Outcome::Returned { .. }), "{outcome:?}");
                    assert_eq!(a.calls, model.calls);
                    assert!(a.bytes == model.bytes, "{text}");
                }
            }
        }
    }
}

/// Random strings of random bytes: both trap, or both don't.
#[test]
fn random_bytes_are_judged_alike() {
    let mut rng = Rng(1);
    let (mut good, mut bad) = (0, 0);
    for from in ENCODINGS {
        for to in ENCODINGS {
            let world = taking(from, to);
            let machine = Machine::new(&world, Copying::Bulk);
            for _ in 0..60 {
                let (mut a, b) = memories(from, to);
                let ranges: [u64; 4] = [0x80, 0x100, 0x800, 0x1_0000];
                let range = ranges[rng.below(4)];
                let bytes: Vec<u8> = (0..rng.below(20))
                    .flat_map(|_| ((rng.next() % range) as u16).to_le_bytes())
                    .collect();
                a.put(16, &bytes);
                let mut len = rng.below(bytes.len() + 1) as u32;
                if from == CompactUtf16 && rng.below(2) == 0 {
                    len = (len / 2) | UTF16_TAG;
                } else if from == Utf16 {
                    len /= 2;
                }
                match check(&machine, &a, &b, 16, len) {
                    Ok(()) => good += 1,
                    Err(_) => bad += 1,
                }
            }
        }
    }
    assert!(good > 50 && bad > 20, "{good} {bad}");
}
