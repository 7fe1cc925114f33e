use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::guarded::Guarded;

/// Copies `bytes` from every alignment and checks against the standard library.
fn check_copy(bytes: &[u8]) {
    let wanted = str::from_utf8(bytes).is_ok();
    for shift in [0, 1, 7] {
        let from = [&vec![0xff; shift][..], bytes, &[0x80; 16]].concat();
        let mut to = vec![0xee; bytes.len() + 64];
        // SAFETY: both areas lie in their vectors.
        let got = unsafe {
            nanocc_utf8_copy(
                to.as_mut_ptr().add(32),
                from.as_ptr().add(shift),
                bytes.len(),
            )
        };
        assert_eq!(got, u32::from(wanted), "{bytes:x?}");
        if wanted {
            assert_eq!(&to[32..][..bytes.len()], bytes);
        }
        assert!(
            to[..32]
                .iter()
                .chain(&to[32 + bytes.len()..])
                .all(|&b| b == 0xee)
        );
    }
}

#[test]
fn every_character_is_well_formed() {
    let mut text = String::new();
    for c in '\0'..=char::MAX {
        text.push(c);
        if text.len() > 1000 {
            check_copy(text.as_bytes());
            text.clear();
        }
    }
    check_copy(text.as_bytes());
}

/// All sequences of one and two bytes, and those of three and four at the edges of every range.
#[test]
fn short_sequences_are_judged_exactly() {
    let interesting = [
        0, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
        0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xff,
    ];
    let judge = |sequence: &[u8]| {
        let wanted = u32::from(str::from_utf8(sequence).is_ok());
        // At the start, across a block's end, and at the very end of the string.
        for before in [0, 13, 14, 15, 30] {
            for after in [0, 20] {
                let mut text = [b'a'; 64];
                text[before..][..sequence.len()].copy_from_slice(sequence);
                let len = before + sequence.len() + after;
                let mut to = [0; 64];
                // SAFETY: both arrays are longer.
                let got = unsafe { nanocc_utf8_copy(to.as_mut_ptr(), text.as_ptr(), len) };
                assert_eq!(got, wanted, "{sequence:x?} after {before}, before {after}");
            }
        }
    };
    for a in 0..=255 {
        judge(&[a]);
        for b in 0..=255 {
            judge(&[a, b]);
        }
    }
    for a in interesting {
        for b in interesting {
            for c in interesting {
                judge(&[a, b, c]);
                for d in interesting {
                    judge(&[a, b, c, d]);
                }
            }
        }
    }
}

/// Texts of every length, cut where it may be, and with one byte damaged, at the edges of pages that nothing
/// may be read or written beyond.
#[test]
fn every_length_at_the_edges_of_pages() {
    let (mut from, mut to) = (Guarded::new(), Guarded::new());
    let ascii = "All is ASCII here. ".repeat(20);
    let all = "Ζωή, жизнь, 生活, lífið 🌱 𐍈 ".repeat(10);
    // ASCII by blocks of 64 bytes, with something else between them, and the other way round.
    let blocks = format!("{}é{}🌱{}", &ascii[..130], &ascii[..131], &ascii[..64]);
    let late = format!("{all}{}", &ascii[..200]);
    for text in [&ascii, &all, &blocks, &late] {
        for n in 0..=text.len().min(330) {
            let cut = &text.as_bytes()[..n];
            let mut damaged = cut.to_vec();
            if let Some(byte) = damaged.get_mut(n * 7 / 11) {
                *byte ^= 0x80;
            }
            for bytes in [cut, &damaged] {
                let wanted = u32::from(str::from_utf8(bytes).is_ok());
                for src in from.edges(n) {
                    from.put(src, bytes, 0x80);
                    for dst in to.edges(n) {
                        to.fill(0xee);
                        // SAFETY: both areas have `n` bytes.
                        let got = unsafe { nanocc_utf8_copy(dst, src, n) };
                        assert_eq!(got, wanted, "{bytes:x?}");
                        if wanted == 1 {
                            to.check(dst, bytes, 0xee);
                        }
                    }
                }
            }
        }
    }
}

/// A sequence is judged by its bytes, wherever in a long string it lies and whatever is around it.
#[test]
fn sequences_are_judged_at_every_place() {
    let sequences: [&[u8]; 20] = [
        b"\xc2\xa0",
        b"\xdf\xbf",
        b"\xe0\xa0\x80",
        b"\xed\x9f\xbf",
        b"\xf0\x90\x80\x80",
        b"\xf4\x8f\xbf\xbf",
        b"\x80",
        b"\xc1\xbf",
        b"\xc2",
        b"\xe0\x9f\xbf",
        b"\xe0",
        b"\xe0\xa0",
        b"\xe1\x80",
        b"\xed\xa0\x80",
        b"\xf0\x8f\xbf\xbf",
        b"\xf0\x90",
        b"\xf0\x90\x80",
        b"\xf1\x80\x80",
        b"\xf4\x90\x80\x80",
        b"\xf5\x80\x80\x80",
    ];
    for around in ["a", "é", "生", "🌱"] {
        for sequence in sequences {
            for before in 0..150 / around.len() {
                // The last one makes whole steps of nothing but ASCII follow.
                for after in [
                    String::new(),
                    around.to_owned(),
                    around.repeat(15),
                    "a".repeat(150),
                ] {
                    let text =
                        [around.repeat(before).as_bytes(), sequence, after.as_bytes()].concat();
                    let mut to = vec![0; text.len()];
                    // SAFETY: both vectors have as many bytes.
                    let got =
                        unsafe { nanocc_utf8_copy(to.as_mut_ptr(), text.as_ptr(), text.len()) };
                    let wanted = str::from_utf8(&text).is_ok();
                    assert_eq!(got, u32::from(wanted), "{text:x?}");
                    assert!(!wanted || to == text);
                }
            }
        }
    }
}

/// Pieces that are well-formed, and some that aren't.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        20 => any::<char>().prop_map(|c| c.to_string().into_bytes()),
        10 => "[a-z]{0,40}".prop_map(String::into_bytes),
        5 => "\\PC{0,20}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 1..4),
        1 => Just(vec![0xed, 0xa0, 0x80]),
        1 => Just(vec![0xf4, 0x90, 0x80, 0x80]),
    ]
}

proptest! {
    #[test]
    fn agrees_with_the_standard_library(pieces in vec(piece(), 0..30)) {
        check_copy(&pieces.concat());
    }

    #[test]
    fn one_wrong_byte_is_found(text in "\\PC{1,120}", at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        check_copy(&bytes);
    }

    #[test]
    fn a_cut_is_found(text in "\\PC{1,120}", at in any::<prop::sample::Index>()) {
        check_copy(&text.as_bytes()[..at.index(text.len())]);
    }
}
