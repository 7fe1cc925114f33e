//! What a guest may ask for: names and literal addresses.
//!
//! # Which names there are
//!
//! Letters, digits, `-` and `_` in labels of 1 to 63, 253 characters in all, whatever the case; a dot at the end
//! says that the name is complete (RFC 1034, 3.1 and 3.5; the underscore is no host's, and used all the same). A name whose last label
//! is a number is an IPv4 address in one of the forms that `inet_aton` takes, or nothing. An IPv6 address may stand in
//! brackets; one with a zone is refused, as the interface has no place for zones.
//!
//! # Other alphabets
//!
//! IDNA (UTS 46) wants tables of some hundred KiB. This has the part of them that needs none: characters that stand for
//! themselves, or for the small letter at a fixed distance, and that take no part in composition, joining or bidirectional order: the
//! letters of Latin-1 and Latin Extended-A, Greek, Cyrillic, Kana, unified Han, Hangul. A label of these goes to Punycode (RFC 3492)
//! exactly as UTS 46 (non-transitional) has it, and any other is refused as not supported. Labels that are in Punycode already
//! are passed on as they are.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest name, without a dot at its end.
pub const LONGEST: usize = 253;
/// The longest label.
const LABEL: usize = 63;

/// A name: lower case, without a dot at the end.
#[derive(Clone, Copy)]
pub struct Name {
    text: [u8; LONGEST],
    len: u8,
    /// It had a dot at the end: nothing is to be appended.
    pub complete: bool,
}

/// What can be asked for.
#[allow(clippy::large_enum_variant)] // there is no heap to put the larger one on
pub enum Asked {
    /// An address.
    Address(IpAddr),
    /// A name.
    Name(Name),
}

/// What can't.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Refused {
    /// It is neither a name nor an address.
    Syntax,
    /// It may be a name, of an alphabet that isn't known here.
    Alphabet,
}

impl Name {
    /// No name.
    pub const EMPTY: Name = Name {
        text: [0; LONGEST],
        len: 0,
        complete: false,
    };

    /// Its text.
    pub fn text(&self) -> &[u8] {
        self.text.get(..self.len.into()).unwrap_or_default()
    }

    fn push(&mut self, byte: u8) -> Result<(), Refused> {
        let end = self.text.get_mut(usize::from(self.len));
        *end.ok_or(Refused::Syntax)? = byte;
        self.len += 1;
        Ok(())
    }

    /// How many dots it has.
    pub fn dots(&self) -> usize {
        self.text().iter().filter(|&&byte| byte == b'.').count()
    }

    /// Whether it is `localhost`, or within it: such a name is this machine's, and no server is asked for it (RFC 6761, 6.3).
    pub fn is_localhost(&self) -> bool {
        let rest = self.text().strip_suffix(b"localhost");
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(b"."))
    }
}

/// Whether a pattern of a grant is about a name: `*` is about any, `*.x` about any that ends with `.x`, anything else about itself.
pub fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match pattern {
        b"*" => true,
        [b'*', suffix @ ..] if suffix.starts_with(b".") => {
            let rest = name.len().checked_sub(suffix.len());
            rest.is_some_and(|rest| rest > 0 && name[rest..].eq_ignore_ascii_case(suffix))
        }
        _ => pattern.eq_ignore_ascii_case(name),
    }
}

/// What a guest asks for.
pub fn parse(text: impl Iterator<Item = char>) -> Result<Asked, Refused> {
    let mut chars = ['\0'; LONGEST + 1];
    let mut len = 0;
    for char in text {
        *chars.get_mut(len).ok_or(Refused::Syntax)? = char;
        len += 1;
    }
    let chars = chars.get(..len).unwrap_or_default();
    if chars.contains(&':') {
        let inside = match chars {
            ['[', inside @ .., ']'] => inside,
            other => other,
        };
        return v6(inside).map(|address| Asked::Address(address.into()));
    }
    let mut name = Name::EMPTY;
    let mut labels = chars.split(|&char| is_dot(char)).peekable();
    while let Some(label) = labels.next() {
        if label.is_empty() && name.len > 0 && labels.peek().is_none() {
            name.complete = true;
            break;
        }
        if name.len > 0 {
            name.push(b'.')?;
        }
        push_label(&mut name, label)?;
    }
    match v4(name.text()) {
        Some(Some(address)) => Ok(Asked::Address(address.into())),
        Some(None) => Err(Refused::Syntax),
        None => Ok(Asked::Name(name)),
    }
}

/// UTS 46 has three other characters that separate labels.
fn is_dot(char: char) -> bool {
    matches!(char, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
}

fn v6(chars: &[char]) -> Result<Ipv6Addr, Refused> {
    // The longest is `ffff:` six times and an IPv4 address.
    let mut text = [0; 46];
    let text = text.get_mut(..chars.len()).ok_or(Refused::Syntax)?;
    for (byte, &char) in text.iter_mut().zip(chars) {
        *byte = u8::try_from(char).map_err(|_| Refused::Syntax)?;
    }
    let text = core::str::from_utf8(text).map_err(|_| Refused::Syntax)?;
    text.parse().map_err(|_| Refused::Syntax)
}

/// `None` if the last label isn't a number; otherwise the address, if it is one. Up to four numbers, decimal, octal or hexadecimal, of which
/// the last one fills the bytes that are left.
fn v4(text: &[u8]) -> Option<Option<Ipv4Addr>> {
    let last = text.rsplit(|&byte| byte == b'.').next()?;
    let is_number = match last {
        [b'0', b'x', digits @ ..] => digits.iter().all(u8::is_ascii_hexdigit),
        digits => digits.iter().all(u8::is_ascii_digit),
    };
    if !is_number {
        return None;
    }
    let count = text.split(|&byte| byte == b'.').count();
    let mut address = 0;
    for (i, part) in text.split(|&byte| byte == b'.').enumerate() {
        let Some(value) = number(part) else {
            return Some(None);
        };
        let bytes = if i + 1 < count {
            1
        } else {
            5usize.saturating_sub(count)
        };
        if i > 3 || value >> (8 * bytes) != 0 {
            return Some(None);
        }
        address = address << (8 * bytes) | value;
    }
    Some(Some(Ipv4Addr::from_bits(address as u32)))
}

/// A number below 2³².
fn number(digits: &[u8]) -> Option<u64> {
    let (radix, digits) = match digits {
        [b'0', b'x', rest @ ..] => (16, rest),
        [b'0', rest @ ..] => (8, rest),
        _ => (10, digits),
    };
    digits.iter().try_fold(0u64, |value, &byte| {
        let digit = char::from(byte).to_digit(radix)?;
        Some(value * u64::from(radix) + u64::from(digit)).filter(|&value| value >> 32 == 0)
    })
}

/// Appends a label in the form that it is asked for.
fn push_label(name: &mut Name, label: &[char]) -> Result<(), Refused> {
    let start = name.len;
    if label.iter().all(char::is_ascii) {
        for &char in label {
            if !(char.is_ascii_alphanumeric() || char == '-' || char == '_') {
                return Err(Refused::Syntax);
            }
            name.push(char.to_ascii_lowercase() as u8)?;
        }
    } else {
        punycode(name, label)?;
    }
    let len = usize::from(name.len - start);
    if len == 0 || len > LABEL {
        return Err(Refused::Syntax);
    }
    Ok(())
}

/// The character that one stands for, if that can be told without tables.
fn small(char: char) -> Result<char, Refused> {
    let code = u32::from(char);
    let even = code & !1;
    let small = match code {
        0x00..0x80 if char.is_ascii_alphanumeric() || char == '-' || char == '_' => {
            u32::from(char.to_ascii_lowercase())
        }
        0x00..0x80 => return Err(Refused::Syntax),
        // Latin-1; the gaps are × and ÷. Then Latin Extended-A, but for characters that become two, and the dotted and dotless i.
        0xc0..=0xd6 | 0xd8..=0xde => code + 0x20,
        0xdf..=0xf6 | 0xf8..=0xff => code,
        0x100..=0x12f | 0x134..=0x137 | 0x14a..=0x177 => even + 1,
        0x138 => code,
        0x139..=0x13e | 0x141..=0x148 | 0x179..=0x17e => (code + 1) & !1,
        0x178 => 0xff,
        // Greek.
        0x386 => 0x3ac,
        0x388..=0x38a => code + 0x25,
        0x38c => 0x3cc,
        0x38e..=0x38f => code + 0x3f,
        0x391..=0x3a1 | 0x3a3..=0x3ab => code + 0x20,
        0x390 | 0x3ac..=0x3ce => code,
        // Cyrillic.
        0x400..=0x40f => code + 0x50,
        0x410..=0x42f => code + 0x20,
        0x430..=0x45f => code,
        0x48a..=0x4bf => even + 1,
        // Kana, unified Han, Hangul.
        0x3041..=0x3096 | 0x30a1..=0x30fa | 0x30fc..=0x30fe => code,
        0x3005..=0x3007 | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xac00..=0xd7a3 => code,
        _ => return Err(Refused::Alphabet),
    };
    char::from_u32(small).ok_or(Refused::Alphabet)
}

/// Appends a label that isn't all ASCII: RFC 3492, 6.3.
fn punycode(name: &mut Name, label: &[char]) -> Result<(), Refused> {
    const BASE: u32 = 36;
    const T_MIN: u32 = 1;
    const T_MAX: u32 = 26;
    const SKEW: u32 = 38;
    const DAMP: u32 = 700;

    // A longer label's form is longer still. No number below overflows then: at most 2²¹ times 64.
    let mut room = ['\0'; LABEL];
    let codes = room.get_mut(..label.len()).ok_or(Refused::Syntax)?;
    for (code, &char) in codes.iter_mut().zip(label) {
        *code = small(char)?;
    }
    for byte in *b"xn--" {
        name.push(byte)?;
    }
    let mut done = 0;
    for code in codes.iter().filter(|code| code.is_ascii()) {
        name.push(*code as u8)?;
        done += 1;
    }
    if done > 0 {
        name.push(b'-')?;
    }
    let basic = done;
    let (mut next, mut delta, mut bias) = (0x80, 0, 72);
    while (done as usize) < codes.len() {
        let above = codes.iter().map(|&code| u32::from(code));
        let Some(least) = above.filter(|&code| code >= next).min() else {
            break;
        };
        delta += (least - next) * (done + 1);
        next = least;
        for &code in codes.iter() {
            let code = u32::from(code);
            if code < next {
                delta += 1;
            }
            if code != next {
                continue;
            }
            let (mut rest, mut k) = (delta, BASE);
            loop {
                let threshold = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
                if rest < threshold {
                    break;
                }
                name.push(digit(threshold + (rest - threshold) % (BASE - threshold)))?;
                rest = (rest - threshold) / (BASE - threshold);
                k += BASE;
            }
            name.push(digit(rest))?;
            delta /= if done == basic { DAMP } else { 2 };
            delta += delta / (done + 1);
            bias = 0;
            while delta > (BASE - T_MIN) * T_MAX / 2 {
                delta /= BASE - T_MIN;
                bias += BASE;
            }
            bias += (BASE - T_MIN + 1) * delta / (delta + SKEW);
            delta = 0;
            done += 1;
        }
        delta += 1;
        next += 1;
    }
    Ok(())
}

/// A digit of Punycode.
fn digit(value: u32) -> u8 {
    let value = value as u8;
    if value < 26 {
        b'a' + value
    } else {
        b'0' + value - 26
    }
}

#[cfg(test)]
mod tests;
