//! Messages of the domain name system: one question, and what is in an answer to it (RFC 1035, 4; RFC 6891).
//!
//! An answer is whatever somebody sent. It is read with checks of every offset; a name's pointers have to lead
//! to what lies before the name, so that following them ends; records are gone over once.

use core::net::{Ipv4Addr, Ipv6Addr};

use super::addresses::Addresses;

/// The longest name in a message.
const NAME: usize = 255;
/// The longest label.
const LABEL: u8 = 63;
/// Bytes of a message's header.
const HEADER: usize = 12;
/// The longest answer to a question that doesn't say how long it may be.
pub const DATAGRAM: usize = 512;
/// The longest that such a question asks for: fits a packet wherever IPv6 is spoken.
pub const EXTENDED_DATAGRAM: usize = 1232;
/// The longest question with its length before it.
const QUERY: usize = 2 + HEADER + NAME + 4 + 11;

/// Class `IN`.
const INTERNET: u16 = 1;
/// Type `CNAME`.
const ALIAS: u16 = 5;

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Kind {
    /// IPv4's addresses: type `A`.
    V4 = 1,
    /// IPv6's: type `AAAA`.
    V6 = 28,
}

/// A name as it is in messages: labels with their lengths, and a 0.
#[derive(Clone, Copy)]
pub struct WireName {
    bytes: [u8; NAME],
    len: u8,
}

impl WireName {
    /// The root.
    pub const ROOT: WireName = WireName {
        bytes: [0; NAME],
        len: 1,
    };

    /// The name `name` within `domain`, which may be empty. `None` if there is no such name. Dots at the ends don't matter.
    pub fn new(name: &[u8], domain: &[u8]) -> Option<WireName> {
        let mut wire = WireName::ROOT;
        wire.len = 0;
        for part in [name, domain] {
            let part = part.strip_suffix(b".").unwrap_or(part);
            if part.is_empty() {
                continue;
            }
            for label in part.split(|&byte| byte == b'.') {
                if label.is_empty() || label.len() > usize::from(LABEL) {
                    return None;
                }
                wire.push(label.len() as u8)?;
                for &byte in label {
                    wire.push(byte)?;
                }
            }
        }
        wire.push(0)?;
        Some(wire)
    }

    fn push(&mut self, byte: u8) -> Option<()> {
        *self.bytes.get_mut(usize::from(self.len))? = byte;
        self.len += 1;
        Some(())
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len.into()).unwrap_or_default()
    }

    /// Whether both are the same, whatever the case. (Lengths are no letters.)
    fn is(&self, other: &WireName) -> bool {
        self.bytes().eq_ignore_ascii_case(other.bytes())
    }
}

/// A question, ready to be sent.
pub struct Query {
    bytes: [u8; QUERY],
    len: usize,
}

impl Query {
    /// Asks for addresses of a name.
    pub fn new(id: u16, name: &WireName, kind: Kind, extended: bool) -> Query {
        let mut query = Query {
            bytes: [0; QUERY],
            len: 2,
        };
        query.number(id);
        // Recursion desired.
        query.number(0x0100);
        for count in [1, 0, 0, u16::from(extended)] {
            query.number(count);
        }
        query.put(name.bytes());
        query.number(kind as u16);
        query.number(INTERNET);
        if extended {
            // The root's record `OPT`, whose class is the length; version 0, no flags, no data.
            query.put(&[0, 0, 41]);
            query.number(EXTENDED_DATAGRAM as u16);
            query.put(&[0; 6]);
        }
        let [high, low] = (query.len as u16 - 2).to_be_bytes();
        [query.bytes[0], query.bytes[1]] = [high, low];
        query
    }

    fn put(&mut self, bytes: &[u8]) {
        // It fits: the room is for the longest name.
        if let Some(at) = self.bytes.get_mut(self.len..self.len + bytes.len()) {
            at.copy_from_slice(bytes);
            self.len += bytes.len();
        }
    }

    fn number(&mut self, number: u16) {
        self.put(&number.to_be_bytes());
    }

    /// What is sent in a datagram.
    pub fn datagram(&self) -> &[u8] {
        self.bytes.get(2..self.len).unwrap_or_default()
    }

    /// What is sent in a stream: its length comes first.
    pub fn stream(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// What a message is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Answer {
    /// No answer to this question.
    Other,
    /// The answer doesn't fit a datagram.
    Truncated,
    /// The name exists: these are its addresses, if there are any.
    Found,
    /// There is no such name.
    NoName,
    /// The server didn't understand the question.
    Misunderstood,
    /// The server can't answer now.
    Unavailable,
    /// The server doesn't want to answer, or what it says can't be read.
    Useless,
}

/// Reads a message that should answer the question. Addresses are added to `addresses`, if all of it can be read.
pub fn read(
    message: &[u8],
    id: u16,
    name: &WireName,
    kind: Kind,
    addresses: &mut Addresses,
) -> Answer {
    let mut reader = Reader { message, at: 0 };
    let Some(header) = reader.header() else {
        return Answer::Other;
    };
    // An answer to a standard query.
    if header.id != id || header.flags & 0xf800 != 0x8000 {
        return Answer::Other;
    }
    let code = header.flags & 15;
    let asked = match header.questions {
        // Who couldn't read the question need not repeat it.
        0 => code != 0,
        1 => reader.question().is_some_and(|(asked, what, class)| {
            asked.is(name) && what == kind as u16 && class == INTERNET
        }),
        _ => false,
    };
    if !asked {
        return Answer::Other;
    }
    match code {
        0 => {}
        1 | 4 => return Answer::Misunderstood,
        2 => return Answer::Unavailable,
        3 => return Answer::NoName,
        _ => return Answer::Useless,
    }
    if header.flags & 0x0200 != 0 {
        return Answer::Truncated;
    }
    let before = addresses.all().len();
    match reader.answers(header.answers, name, kind, addresses) {
        Some(()) => Answer::Found,
        None => {
            addresses.truncate(before);
            Answer::Useless
        }
    }
}

struct Header {
    id: u16,
    flags: u16,
    questions: u16,
    answers: u16,
}

struct Reader<'m> {
    message: &'m [u8],
    at: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let bytes = self.message.get(self.at..)?.first_chunk::<N>()?;
        self.at += N;
        Some(*bytes)
    }

    fn number(&mut self) -> Option<u16> {
        self.take().map(u16::from_be_bytes)
    }

    fn header(&mut self) -> Option<Header> {
        let header = Header {
            id: self.number()?,
            flags: self.number()?,
            questions: self.number()?,
            answers: self.number()?,
        };
        self.take::<4>()?;
        Some(header)
    }

    fn question(&mut self) -> Option<(WireName, u16, u16)> {
        Some((self.name()?, self.number()?, self.number()?))
    }

    /// A name, put together from where its pointers lead to.
    fn name(&mut self) -> Option<WireName> {
        let mut name = WireName::ROOT;
        name.len = 0;
        let mut at = self.at;
        // Where the labels begin that are being read: pointers lead to before it.
        let mut start = at;
        let mut followed = false;
        loop {
            let len = *self.message.get(at)?;
            at += 1;
            match len {
                0..=LABEL => {
                    name.push(len)?;
                    let label = self.message.get(at..at + usize::from(len))?;
                    for &byte in label {
                        name.push(byte)?;
                    }
                    at += label.len();
                    if len == 0 {
                        break;
                    }
                }
                0xc0.. => {
                    let low = *self.message.get(at)?;
                    if !followed {
                        self.at = at + 1;
                        followed = true;
                    }
                    at = usize::from(len & 0x3f) << 8 | usize::from(low);
                    if at >= start {
                        return None;
                    }
                    start = at;
                }
                _ => return None,
            }
        }
        if !followed {
            self.at = at;
        }
        Some(name)
    }

    /// The addresses of a name: those of records that are its own, or that of the name for which it is an alias as an
    /// earlier record says.
    fn answers(
        &mut self,
        count: u16,
        name: &WireName,
        kind: Kind,
        addresses: &mut Addresses,
    ) -> Option<()> {
        let mut wanted = *name;
        for _ in 0..count {
            let owner = self.name()?;
            let (what, class) = (self.number()?, self.number()?);
            self.take::<4>()?;
            let len = usize::from(self.number()?);
            let data = self.at;
            let end = data + len;
            if end > self.message.len() {
                return None;
            }
            if class == INTERNET && owner.is(&wanted) {
                match (what, kind) {
                    (ALIAS, _) => {
                        wanted = self.name()?;
                        if self.at != end {
                            return None;
                        }
                    }
                    (1, Kind::V4) if len == 4 => {
                        addresses.push(Ipv4Addr::from(self.take::<4>()?).into());
                    }
                    (28, Kind::V6) if len == 16 => {
                        addresses.push(Ipv6Addr::from(self.take::<16>()?).into());
                    }
                    (1, Kind::V4) | (28, Kind::V6) => return None,
                    _ => {}
                }
            }
            self.at = end;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests;
