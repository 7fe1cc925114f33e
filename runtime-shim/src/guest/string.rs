//! Strings of guests, in the encoding that the guest's `canon lower` names.
//!
//! Lowering follows the canonical ABI's `store_string_into_range` for a source in UTF-8, which is what the host
//! has, with the calls of `realloc` that are written there. The host's strings are short (arguments, names), so they go
//! a character at a time: [`crate::transcode`], with its tables, is only in programs whose components need it.

use nanocc_shim_abi::{MAX_STRING_BYTES, Trap, UTF16_TAG, encoding};

use super::{Cx, Destination, Load, Source, Store, Value};
use crate::transcode::{nanocc_latin1_widen, utf16_is_well_formed};
use crate::trap::raise;

/// A string that a guest passed: where it is. It was well-formed when it was lifted.
#[derive(Clone, Copy)]
pub struct GuestStr {
    at: u32,
    /// In code units, tagged in `latin1+utf16`.
    len: u32,
}

/// How the units of a string are encoded.
#[derive(Clone, Copy, PartialEq)]
enum Units {
    Utf8,
    Utf16,
    Latin1,
}

impl GuestStr {
    /// Lifts a string. Traps unless it lies in the memory, aligned for its encoding, and is well-formed.
    pub fn lift(cx: &Cx, at: u32, len: u32) -> GuestStr {
        let lifted = GuestStr { at, len };
        let (units, bytes) = lifted.bytes(cx);
        let well_formed = match units {
            Units::Utf8 => core::str::from_utf8(bytes).is_ok(),
            Units::Utf16 => utf16_is_well_formed(bytes),
            Units::Latin1 => true,
        };
        if !well_formed {
            raise(Trap::InvalidString);
        }
        lifted
    }

    /// The bytes and what they are: `load_string_from_range`.
    fn bytes(self, cx: &Cx) -> (Units, &[u8]) {
        let (units, len, align) = match cx.caller.encoding {
            encoding::UTF8 => (Units::Utf8, self.len, 1),
            encoding::UTF16 => (Units::Utf16, self.len, 2),
            _ if self.len & UTF16_TAG != 0 => (Units::Utf16, self.len ^ UTF16_TAG, 2),
            _ => (Units::Latin1, self.len, 2),
        };
        let size = if units == Units::Utf16 { 2 } else { 1 };
        if len > MAX_STRING_BYTES / size {
            raise(Trap::StringTooLong);
        }
        (units, cx.slice(self.at, len * size, align))
    }

    /// The characters. They are validated again, since the guest may have changed them in `realloc`.
    pub fn chars(self, cx: &Cx) -> impl Iterator<Item = char> {
        let (units, mut bytes) = self.bytes(cx);
        core::iter::from_fn(move || {
            let (char, size) = match units {
                _ if bytes.is_empty() => return None,
                Units::Latin1 => (Some(char::from(bytes[0])), 1),
                Units::Utf8 => {
                    // SAFETY: the slice holds as many bytes, one or more.
                    let decoded = unsafe { crate::transcode::decode(bytes.as_ptr(), bytes.len()) };
                    decoded.map_or((None, 0), |(code, size)| (char::from_u32(code), size))
                }
                Units::Utf16 => {
                    let count = bytes.len() / 2;
                    // SAFETY: the slice holds as many units, one or more.
                    let decoded = unsafe { crate::transcode::character(bytes.as_ptr(), 0, count) };
                    decoded.map_or((None, 0), |(code, size)| (char::from_u32(code), 2 * size))
                }
            };
            bytes = &bytes[size..];
            match char {
                Some(char) => Some(char),
                None => raise(Trap::InvalidString),
            }
        })
    }
}

impl GuestStr {
    /// The string in UTF-8: where it lies if that is what it is, else in `room`. `None` if it is longer than `room`.
    pub fn utf8<'a>(self, cx: &'a Cx, room: &'a mut [u8]) -> Option<&'a [u8]> {
        let (units, bytes) = self.bytes(cx);
        if units == Units::Utf8 {
            return (bytes.len() <= room.len()).then_some(bytes);
        }
        let mut len = 0;
        for char in self.chars(cx) {
            let end = len + char.len_utf8();
            char.encode_utf8(room.get_mut(len..end)?);
            len = end;
        }
        room.get(..len)
    }
}

impl Value for GuestStr {
    const SIZE: u32 = 8;
    const ALIGN: u32 = 4;
}

impl Load for GuestStr {
    const CHECKED: bool = true;
    #[inline]
    fn load(cx: &Cx, from: Source<'_>) -> GuestStr {
        let (at, len) = <(u32, u32)>::load(cx, from);
        GuestStr::lift(cx, at, len)
    }
}

/// A string that was put into the guest's memory for a result.
pub struct NewStr {
    at: u32,
    /// In code units, tagged in `latin1+utf16`.
    len: u32,
}

impl Value for NewStr {
    const SIZE: u32 = 8;
    const ALIGN: u32 = 4;
}

impl Store for NewStr {
    #[inline]
    fn store(self, into: Destination<'_>) {
        (self.at, self.len).store(into);
    }
}

impl Cx {
    /// A string in the guest's memory.
    pub fn string(&mut self, text: &str) -> NewStr {
        self.concat(&[text])
    }

    /// The strings one after another as one string in the guest's memory.
    pub fn concat(&mut self, parts: &[&str]) -> NewStr {
        let total = parts
            .iter()
            .fold(0usize, |total, part| total.saturating_add(part.len()));
        if total > MAX_STRING_BYTES as usize {
            raise(Trap::StringTooLong);
        }
        let total = total as u32;
        match self.caller.encoding {
            encoding::UTF8 => self.store_utf8(parts, total),
            encoding::UTF16 => {
                let at = self.realloc(0, 0, 2, 2 * total);
                self.store_utf16(at, 2 * total, 0, parts, 0)
            }
            _ => self.store_latin1_or_utf16(parts, total),
        }
    }

    /// `store_string_copy`.
    fn store_utf8(&mut self, parts: &[&str], total: u32) -> NewStr {
        let at = self.realloc(0, 0, 1, total);
        let mut next = at;
        for part in parts {
            let bytes = part.len() as u32;
            self.slice_mut(next, bytes, 1)
                .copy_from_slice(part.as_bytes());
            next = next.wrapping_add(bytes);
        }
        NewStr { at, len: total }
    }

    /// The end of `store_utf8_to_utf16`: the block at `at` has `size` bytes, room for two for each byte of the
    /// parts; of the string `units` units are there, and the parts from byte `from` of the first are left.
    fn store_utf16(
        &mut self,
        at: u32,
        size: u32,
        units: u32,
        parts: &[&str],
        from: usize,
    ) -> NewStr {
        let mut len = units;
        let mut skip = from;
        for part in parts {
            let rest = part.get(core::mem::take(&mut skip)..).unwrap_or_default();
            let into = self.slice_mut(at.wrapping_add(2 * len), 2 * rest.len() as u32, 2);
            for (slot, unit) in into.as_chunks_mut().0.iter_mut().zip(rest.encode_utf16()) {
                *slot = unit.to_le_bytes();
                len += 1;
            }
        }
        let at = self.shrink(at, size, 2 * len);
        NewStr { at, len }
    }

    /// `store_string_to_latin1_or_utf16`.
    fn store_latin1_or_utf16(&mut self, parts: &[&str], total: u32) -> NewStr {
        let at = self.realloc(0, 0, 2, total);
        let mut len = 0;
        for (index, part) in parts.iter().enumerate() {
            let into = self.slice_mut(at.wrapping_add(len), part.len() as u32, 1);
            let mut wide = None;
            for (slot, (place, char)) in into.iter_mut().zip(part.char_indices()) {
                let Ok(byte) = u8::try_from(char) else {
                    wide = Some(place);
                    break;
                };
                *slot = byte;
                len += 1;
            }
            if let Some(read) = wide {
                let at = self.realloc(at, total, 2, 2 * total);
                let done = self.slice_mut(at, 2 * len, 2);
                // SAFETY: the slice has two bytes for each of Latin-1.
                unsafe { nanocc_latin1_widen(done.as_mut_ptr(), len as usize) };
                let all = self.store_utf16(at, 2 * total, len, &parts[index..], read);
                return NewStr {
                    len: all.len | UTF16_TAG,
                    ..all
                };
            }
        }
        let at = self.shrink(at, total, len);
        NewStr { at, len }
    }

    /// Gives back what is beyond the first `bytes` of a block's `size` bytes, if anything is.
    fn shrink(&mut self, at: u32, size: u32, bytes: u32) -> u32 {
        if bytes < size {
            self.realloc(at, size, 2, bytes)
        } else {
            at
        }
    }
}
