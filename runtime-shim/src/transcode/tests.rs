//! Every transcoder against the standard library's conversions, at the edges of pages that nothing may be read or
//! written beyond.

use std::cell::RefCell;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::guarded::Guarded;

/// What a transcoder has to give, and the bytes that it has to have written.
#[derive(Debug, Clone, PartialEq)]
struct Wanted {
    result: u64,
    /// What is written of a malformed string, nobody sees.
    bytes: Option<Vec<u8>>,
}

const MALFORMED: Wanted = Wanted {
    result: INVALID,
    bytes: None,
};

/// A transcoder: bytes that a unit takes on both sides, at most, and what it has to do.
#[derive(Clone, Copy)]
struct Transcoder {
    name: &'static str,
    unit: usize,
    most: usize,
    run: unsafe fn(*mut u8, *const u8, usize) -> u64,
    model: fn(&[u8]) -> Wanted,
}

macro_rules! transcoders {
    ($($name:ident: $unit:literal to $most:literal, $model:expr;)*) => {
        [$(Transcoder {
            name: stringify!($name),
            unit: $unit,
            most: $most,
            // SAFETY: the caller's.
            run: |dst, src, n| unsafe { $name(dst, src, n).into() },
            model: $model,
        }),*]
    };
}

/// What has no result.
unsafe fn latin1_to_utf16(dst: *mut u8, src: *const u8, n: usize) -> u64 {
    // SAFETY: the caller's.
    unsafe { nanocc_latin1_to_utf16(dst, src, n) };
    n as u64
}

/// The same where the bytes are put to their place first.
unsafe fn widen_in_place(dst: *mut u8, src: *const u8, n: usize) -> u64 {
    // SAFETY: the caller's.
    unsafe {
        std::ptr::copy(src, dst, n);
        nanocc_latin1_widen(dst, n);
    }
    n as u64
}

static ALL: [Transcoder; 11] = transcoders! {
    nanocc_utf16_copy: 2 to 2, |bytes| {
        let units = units_of(bytes);
        Wanted {
            result: match String::from_utf16(&units) {
                Err(_) => 0,
                Ok(_) if units.iter().all(|&unit| unit < 0x100) => 1,
                Ok(_) => 2,
            },
            bytes: Some(bytes.to_vec()),
        }
    };
    latin1_to_utf16: 1 to 2, widened;
    widen_in_place: 1 to 2, widened;
    nanocc_utf16_to_latin1: 2 to 1, |bytes| narrowed(bytes, 0x100);
    nanocc_utf16_to_ascii: 2 to 1, |bytes| narrowed(bytes, 0x80);
    nanocc_utf16_to_utf8: 2 to 3, |bytes| {
        String::from_utf16(&units_of(bytes)).map_or(MALFORMED, |text| written(text.into_bytes()))
    };
    nanocc_ascii_copy: 1 to 1, |bytes| {
        written(bytes.iter().copied().take_while(u8::is_ascii).collect())
    };
    nanocc_latin1_to_utf8: 1 to 2, |bytes| {
        written(bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into_bytes())
    };
    nanocc_utf8_to_utf16: 1 to 2, |bytes| {
        let Ok(text) = str::from_utf8(bytes) else {
            return MALFORMED;
        };
        let units: Vec<u16> = text.encode_utf16().collect();
        Wanted {
            result: units.len() as u64,
            bytes: Some(bytes_of(&units)),
        }
    };
    nanocc_utf8_to_latin1: 1 to 1, |bytes| {
        // As far as the text is good; one that stops being so later is found later.
        let good = match str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => str::from_utf8(&bytes[..error.valid_up_to()]).unwrap(),
        };
        let latin1: Vec<u8> = good.chars().map_while(|c| u8::try_from(c).ok()).collect();
        let read: usize = latin1.iter().map(|&byte| char::from(byte).len_utf8()).sum();
        if read == good.len() && good.len() < bytes.len() {
            return MALFORMED;
        }
        Wanted {
            result: (read as u64) << 32 | latin1.len() as u64,
            bytes: Some(latin1),
        }
    };
    in_place: 2 to 2, |bytes| {
        let mut wanted = narrowed(bytes, 0x100);
        if let Some(narrow) = &mut wanted.bytes {
            narrow.extend(&bytes[narrow.len()..]);
        }
        wanted
    };
};

/// `nanocc_utf16_to_latin1` where the units are put to their place first.
unsafe fn in_place(dst: *mut u8, src: *const u8, n: usize) -> u64 {
    // SAFETY: the caller's.
    unsafe {
        std::ptr::copy(src, dst, 2 * n);
        nanocc_utf16_to_latin1(dst, dst, n)
    }
}

fn written(bytes: Vec<u8>) -> Wanted {
    Wanted {
        result: bytes.len() as u64,
        bytes: Some(bytes),
    }
}

fn widened(bytes: &[u8]) -> Wanted {
    let units: Vec<u16> = bytes.iter().map(|&byte| byte.into()).collect();
    Wanted {
        result: bytes.len() as u64,
        bytes: Some(bytes_of(&units)),
    }
}

fn narrowed(bytes: &[u8], limit: u16) -> Wanted {
    let units = units_of(bytes);
    let narrow: Vec<u8> = units
        .iter()
        .take_while(|&&unit| unit < limit)
        .map(|&unit| unit as u8)
        .collect();
    match char::decode_utf16(units[narrow.len()..].iter().copied()).next() {
        Some(Err(_)) => MALFORMED,
        _ => written(narrow),
    }
}

fn units_of(bytes: &[u8]) -> Vec<u16> {
    let units = bytes.as_chunks::<2>().0.iter();
    units.map(|unit| u16::from_le_bytes(*unit)).collect()
}

fn bytes_of(units: &[u16]) -> Vec<u8> {
    units.iter().flat_map(|unit| unit.to_le_bytes()).collect()
}

thread_local! {
    static AREAS: RefCell<[Guarded; 2]> = RefCell::new([Guarded::new(), Guarded::new()]);
}

impl Transcoder {
    /// Checks it with these bytes at both edges of a page, the room for them at both edges of another.
    #[track_caller]
    fn check(&self, bytes: &[u8]) {
        let bytes = &bytes[..bytes.len() / self.unit * self.unit];
        let n = bytes.len() / self.unit;
        let wanted = (self.model)(bytes);
        AREAS.with_borrow_mut(|[from, to]| {
            let (sources, rooms) = (from.edges(bytes.len()), to.edges(n * self.most));
            for (src, dst) in sources.into_iter().zip(rooms) {
                from.put(src, bytes, 0x80);
                to.fill(0xee);
                // SAFETY: as many bytes are there on both sides.
                let result = unsafe { (self.run)(dst, src, n) };
                assert_eq!(result, wanted.result, "{} of {bytes:x?}", self.name);
                if let Some(bytes) = &wanted.bytes {
                    to.check(dst, bytes, 0xee);
                }
            }
        });
    }
}

/// Checks all of them.
#[track_caller]
fn check_all(bytes: &[u8]) {
    for transcoder in &ALL {
        transcoder.check(bytes);
    }
}

/// Checks those that decode UTF-8.
#[track_caller]
fn check_utf8(bytes: &[u8]) {
    for transcoder in &ALL {
        if transcoder.name.starts_with("nanocc_utf8") {
            transcoder.check(bytes);
        }
    }
}

/// Each sequence alone, and at different places of a block and of a string.
fn at_every_place(sequence: &[u8], unit: usize) {
    for before in [0, 1, 6, 7, 13, 15, 31, 40] {
        for after in [0, 1, 20] {
            let mut text = Vec::new();
            for at in [vec![b'a'; before], vec![0], vec![b'z'; after]]
                .iter()
                .enumerate()
            {
                match at {
                    (1, _) => text.extend(sequence),
                    (_, ascii) if unit == 1 => text.extend(ascii),
                    (_, ascii) => text.extend(ascii.iter().flat_map(|&byte| [byte, 0])),
                }
            }
            for transcoder in ALL.iter().filter(|transcoder| transcoder.unit == unit) {
                transcoder.check(&text);
            }
        }
    }
}

#[test]
fn every_character() {
    let mut text = String::new();
    for c in '\0'..=char::MAX {
        text.push(c);
        if text.len() > 900 || c == char::MAX {
            check_all(text.as_bytes());
            check_all(&bytes_of(&text.encode_utf16().collect::<Vec<_>>()));
            text.clear();
        }
    }
}

/// All of one and two bytes, and those of three and four at the edges of every range.
#[test]
fn short_sequences_of_bytes() {
    let edges = [
        0, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xdf, 0xe0,
        0xe1, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
    ];
    for a in 0..=255 {
        at_every_place(&[a], 1);
        for b in edges {
            check_utf8(&[a, b]);
            check_utf8(&[b, a]);
        }
    }
    for a in edges {
        for b in edges {
            if a >= 0x80 && b >= 0x80 {
                at_every_place(&[a, b], 1);
            }
            for c in edges {
                check_utf8(&[a, b, c]);
                for d in [0x7f, 0x80, 0xbf, 0xc0] {
                    if a >= 0xf0 {
                        check_utf8(&[a, b, c, d]);
                    }
                }
            }
        }
    }
}

#[test]
fn short_sequences_of_units() {
    let edges = [
        0, 0x7f, 0x80, 0xff, 0x100, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000,
        0xffff,
    ];
    for a in edges {
        at_every_place(&bytes_of(&[a]), 2);
        for b in edges {
            at_every_place(&bytes_of(&[a, b]), 2);
            for c in edges {
                check_all(&bytes_of(&[a, b, c]));
            }
        }
    }
}

/// Runs of one kind of character, of every length up to some blocks, followed by another kind.
#[test]
fn runs_of_every_length() {
    for kind in ["a", "é", "я", "生", "🌱"] {
        for other in ["b", "ü", "ж", "活", "𐍈"] {
            for len in 0..75 {
                let text = kind.repeat(len) + other + &kind.repeat(len % 5);
                check_all(text.as_bytes());
                check_all(&bytes_of(&text.encode_utf16().collect::<Vec<_>>()));
                let latin1: Vec<u8> = text.chars().map(|c| c as u8).collect();
                check_all(&latin1);
            }
        }
    }
}

/// The longest strings have their sizes in the half of a word each.
#[test]
fn halves_of_a_result_are_wide_enough() {
    assert!(2 * u64::from(nanocc_shim_abi::MAX_STRING_BYTES) < 1 << 32);
}

/// Pieces that are well-formed, and some that aren't.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => any::<char>().prop_map(|c| c.to_string().into_bytes()),
        8 => "[a-z]{0,40}".prop_map(String::into_bytes),
        4 => "[à-ÿ ]{0,40}".prop_map(String::into_bytes),
        4 => "[а-я ]{0,40}".prop_map(String::into_bytes),
        4 => "[一-龥。]{0,20}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 1..4),
        1 => Just(vec![0xed, 0xa0, 0x80]),
        1 => Just(vec![0xf4, 0x90, 0x80, 0x80]),
    ]
}

fn units() -> impl Strategy<Value = Vec<u16>> {
    prop_oneof![
        8 => any::<char>().prop_map(|c| c.to_string().encode_utf16().collect()),
        8 => vec(0u16..0x80, 0..40),
        4 => vec(0u16..0x100, 0..40),
        4 => vec(0x80u16..0x800, 0..40),
        4 => vec(0x800u16..0xd800, 0..40),
        1 => vec(0xd800u16..0xe000, 1..4),
        1 => vec(any::<u16>(), 1..4),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn agree_with_the_standard_library(pieces in vec(piece(), 0..30)) {
        let bytes = pieces.concat();
        check_all(&bytes[..bytes.len().min(1000)]);
    }

    #[test]
    fn agree_about_utf16(pieces in vec(units(), 0..20)) {
        let units = pieces.concat();
        check_all(&bytes_of(&units[..units.len().min(500)]));
    }

    #[test]
    fn any_bytes_do(bytes in vec(any::<u8>(), 0..200)) {
        check_all(&bytes);
    }

    /// Areas that overlap: nothing beyond the room is written, and what is said is within what was given.
    #[test]
    fn stay_in_their_room_where_areas_overlap(
        pieces in vec(piece(), 0..30),
        wide in any::<bool>(),
        which in 0..ALL.len(),
        distance in -100isize..100,
    ) {
        let mut bytes = pieces.concat();
        if wide {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            bytes = bytes_of(&text.encode_utf16().collect::<Vec<_>>());
        }
        bytes.truncate(600);
        let transcoder = ALL[which];
        let n = bytes.len() / transcoder.unit;
        let mut area = vec![0xee; 4000];
        let src = 1000usize;
        let dst = src.strict_add_signed(distance);
        area[src..][..bytes.len()].copy_from_slice(&bytes);
        let before = area.clone();
        let start = area.as_mut_ptr();
        // SAFETY: both areas lie in the vector.
        let result = unsafe { (transcoder.run)(start.add(dst), start.add(src), n) };
        let end = dst + n * transcoder.most;
        prop_assert_eq!(&area[..dst], &before[..dst]);
        prop_assert_eq!(&area[end..], &before[end..]);
        if result != INVALID {
            prop_assert!((result >> 32) as usize <= n, "read");
            prop_assert!((result as u32) as usize <= (n * transcoder.most).max(2), "written");
        }
    }
}
