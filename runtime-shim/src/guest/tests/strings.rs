//! Strings of guests that aren't in UTF-8.

use nanocc_shim_abi::{MAX_STRING_BYTES, Trap, UTF16_TAG, encoding};
use proptest::prelude::*;

use super::instance::{Behaviour, Guest, HEAP, LENGTH, call, logged, trap};
use super::shapes::shapes::{params, results};
use crate::guest::{Cx, GuestStr};

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(c).ok()).collect()
}

/// What a string in the guest's memory is: pointer and length at `at`.
fn string_at(guest: &Guest, at: u32) -> String {
    let (start, len) = (guest.get_u32(at), guest.get_u32(at + 4));
    let wide = |len: u32| {
        let bytes = guest.get(start, 2 * len as usize);
        let units = bytes.as_chunks::<2>().0.iter();
        String::from_utf16(
            &units
                .map(|unit| u16::from_le_bytes(*unit))
                .collect::<Vec<_>>(),
        )
        .expect("the host's strings are well-formed")
    };
    match guest.caller.encoding {
        encoding::UTF8 => {
            String::from_utf8(guest.get(start, len as usize)).expect("and in UTF-8 too")
        }
        encoding::UTF16 => wide(len),
        _ if len & UTF16_TAG != 0 => wide(len ^ UTF16_TAG),
        _ => guest
            .get(start, len as usize)
            .into_iter()
            .map(char::from)
            .collect(),
    }
}

/// The calls of `realloc` that the canonical ABI makes to store a string that the host has in UTF-8.
fn calls(encoding: u64, text: &str) -> Vec<(u32, u32, u32, u32)> {
    let (bytes, units) = (text.len() as u32, text.encode_utf16().count() as u32);
    let mut calls = Vec::new();
    match encoding {
        encoding::UTF8 => calls.push((0, 0, 1, bytes)),
        encoding::UTF16 => {
            calls.push((0, 0, 2, 2 * bytes));
            if units < bytes {
                calls.push((HEAP, 2 * bytes, 2, 2 * units));
            }
        }
        _ => {
            calls.push((0, 0, 2, bytes));
            if let Some(latin1) = latin1(text) {
                let len = latin1.len() as u32;
                if len < bytes {
                    calls.push((HEAP, bytes, 2, len));
                }
            } else {
                calls.push((HEAP, bytes, 2, 2 * bytes));
                if units < bytes {
                    calls.push((HEAP, 2 * bytes, 2, 2 * units));
                }
            }
        }
    }
    calls
}

proptest! {
    /// Results: the bytes, and the calls that made room for them.
    #[test]
    fn are_lowered_as_the_canonical_abi_says(
        parts in proptest::collection::vec("[a-z]{0,20}|[ -ÿ]{0,8}|\\PC{0,6}", 0..4),
        encoding in 0..3u64,
    ) {
        let guest = Guest::of(encoding);
        // SAFETY: the guest's tables are laid out as the contract says.
        let mut cx = unsafe { Cx::enter(guest.caller) };
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let new = cx.concat(&parts);
        cx.store(64, new);
        let text = parts.concat();
        prop_assert_eq!(string_at(&guest, 64), text.as_str());
        let got: Vec<_> = guest.calls().into_iter().map(|call| call.0).collect();
        prop_assert_eq!(got, calls(encoding, &text));
        prop_assert!(guest.intact());
    }

    /// Parameters, of units that may be malformed.
    #[test]
    fn are_lifted_if_they_are_well_formed(
        units in proptest::collection::vec(prop_oneof![any::<u16>(), 0xd7f0..0xe010u16, 0..0x100u16], 0..20),
        tagged in any::<bool>(),
    ) {
        let guest = Guest::of(if tagged { encoding::LATIN1_UTF16 } else { encoding::UTF16 });
        let bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        guest.put(8, &bytes);
        // SAFETY: as above.
        let cx = unsafe { Cx::enter(guest.caller) };
        let len = units.len() as u32 | if tagged { UTF16_TAG } else { 0 };
        match String::from_utf16(&units) {
            Ok(text) => {
                prop_assert_eq!(GuestStr::lift(&cx, 8, len).chars(&cx).collect::<String>(), text);
            }
            Err(_) => {
                prop_assert_eq!(guest.trap(|_| GuestStr::lift(&cx, 8, len)), Some(Trap::InvalidString));
            }
        }
    }
}

#[test]
fn are_lifted_wherever_they_are() {
    let end = LENGTH as u32;
    let guest = Guest::of(encoding::UTF16);
    guest.put(10, &utf16("grüße 🦀"));
    call!(guest, params::views, 10, 8, 0, 0, 0, 0);
    call!(guest, params::views, end, 0, 0, 0, 0, 0);
    assert_eq!(logged(), [r#""grüße 🦀" [] []"#, r#""" [] []"#]);
    drop(guest);

    let guest = Guest::of(encoding::LATIN1_UTF16);
    guest.put(10, &latin1("grüße").unwrap());
    guest.put(20, &utf16("生活"));
    call!(guest, params::views, 10, 5, 0, 0, 0, 0);
    call!(guest, params::views, 20, 2 | UTF16_TAG, 0, 0, 0, 0);
    call!(guest, params::views, end, UTF16_TAG, 0, 0, 0, 0);
    // Pointer and length in a list.
    let pair = |at: u32, len: u32| [at.to_le_bytes(), len.to_le_bytes()].concat();
    guest.put(40, &[pair(10, 5), pair(20, 1 | UTF16_TAG)].concat());
    assert_eq!(
        logged(),
        [r#""grüße" [] []"#, r#""生活" [] []"#, r#""" [] []"#]
    );
    // SAFETY: the guest's tables are laid out as the contract says.
    let cx = unsafe { Cx::enter(guest.caller) };
    let list = crate::guest::GuestSlice::<GuestStr>::lift(&cx, 40, 2);
    let strings: Vec<String> = list
        .iter(&cx)
        .map(|text| text.chars(&cx).collect())
        .collect();
    assert_eq!(strings, ["grüße", "生"]);
}

/// Length, then alignment, then bounds.
#[test]
fn are_checked_in_the_order_of_the_canonical_abi() {
    let end = LENGTH as u32;
    let (utf16, compact) = (encoding::UTF16, encoding::LATIN1_UTF16);
    let half = MAX_STRING_BYTES / 2;
    for (encoding, at, len, wanted) in [
        (utf16, 1, half + 1, Trap::StringTooLong),
        (utf16, 1, u32::MAX, Trap::StringTooLong),
        (utf16, 1, half, Trap::UnalignedPointer),
        (utf16, 1, 0, Trap::UnalignedPointer),
        (utf16, 2, half, Trap::PointerOutOfBounds),
        (utf16, end, 1, Trap::PointerOutOfBounds),
        (utf16, end - 2, 2, Trap::PointerOutOfBounds),
        (utf16, u32::MAX - 1, 1, Trap::PointerOutOfBounds),
        (compact, 1, MAX_STRING_BYTES + 1, Trap::StringTooLong),
        (compact, 1, MAX_STRING_BYTES, Trap::UnalignedPointer),
        (compact, 1, 0, Trap::UnalignedPointer),
        (compact, 2, MAX_STRING_BYTES, Trap::PointerOutOfBounds),
        (compact, end, 1, Trap::PointerOutOfBounds),
        (compact, 1, (half + 1) | UTF16_TAG, Trap::StringTooLong),
        (compact, 1, half | UTF16_TAG, Trap::UnalignedPointer),
        (compact, end - 2, 2 | UTF16_TAG, Trap::PointerOutOfBounds),
    ] {
        let guest = Guest::of(encoding);
        let ended = trap!(guest, params::views, at, len, 0, 0, 0, 0);
        assert_eq!(ended, Some(wanted), "{encoding} {at} {len:#x}");
    }
}

#[test]
fn a_realloc_that_lies_traps() {
    let end = LENGTH as u32;
    for (encoding, at, wanted) in [
        (encoding::UTF16, 1, Trap::UnalignedPointer),
        (encoding::UTF16, end - 2, Trap::PointerOutOfBounds),
        (encoding::UTF16, u32::MAX - 1, Trap::PointerOutOfBounds),
        (encoding::LATIN1_UTF16, 1, Trap::UnalignedPointer),
        (encoding::LATIN1_UTF16, end - 2, Trap::PointerOutOfBounds),
    ] {
        let guest = Guest::of(encoding);
        guest.behaviour.set(Behaviour::Return(at));
        assert_eq!(trap!(guest, results::a_string, 64), Some(wanted));
        assert!(guest.intact());
    }
}
