//! Addresses in the values of parameters: the grammar of the compiler's `policy/address.rs`, whose table of examples the
//! tests read.

use core::net::{Ipv4Addr, Ipv6Addr};

use nanocc_shim_abi::network;

/// What a value says.
#[derive(Debug, PartialEq, Eq)]
pub struct Parsed<'a> {
    /// `ANY`, `V4`, `V6` or `NAME`.
    pub family: u16,
    /// How many bits of the address count.
    pub prefix: u16,
    /// In network order.
    pub address: [u8; 16],
    /// Without a dot at the end, in any case.
    pub name: &'a str,
    /// The first and the last port, if it says any.
    pub ports: Option<[u16; 2]>,
}

impl Parsed<'_> {
    /// Reads `ADDRESSES [":" PORTS]`.
    pub fn read(text: &str) -> Option<Parsed<'_>> {
        // The colons of an IPv6 address stand in brackets.
        let bracket = text.bytes().rposition(|b| b == b']').unwrap_or(0);
        let colon = text.bytes().skip(bracket).position(|b| b == b':');
        let (addresses, ports) = match colon {
            Some(colon) => {
                let (addresses, ports) = text.split_at_checked(bracket + colon)?;
                (addresses, Some(read_ports(ports.get(1..)?)?))
            }
            None => (text, None),
        };
        let mut parsed = read_addresses(addresses)?;
        parsed.ports = ports;
        Some(parsed)
    }
}

fn read_addresses(text: &str) -> Option<Parsed<'_>> {
    let mut parsed = Parsed {
        family: network::ANY,
        prefix: 0,
        address: [0; 16],
        name: "",
        ports: None,
    };
    if text == "*" {
        return Some(parsed);
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (inner, after) = rest.split_once(']')?;
        let (address, bits) = match inner.split_once('/') {
            Some((address, bits)) if after.is_empty() => (address, Some(bits)),
            Some(_) => return None,
            None if after.is_empty() => (inner, None),
            None => (inner, Some(after.strip_prefix('/')?)),
        };
        parsed.family = network::V6;
        parsed.address = address.parse::<Ipv6Addr>().ok()?.octets();
        parsed.prefix = prefix(bits, 128)?;
        return is_clear(&parsed).then_some(parsed);
    }
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    if let Ok(address) = address.parse::<Ipv4Addr>() {
        parsed.family = network::V4;
        parsed
            .address
            .first_chunk_mut::<4>()?
            .copy_from_slice(&address.octets());
        parsed.prefix = prefix(bits, 32)?;
        return is_clear(&parsed).then_some(parsed);
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    parsed.family = network::NAME;
    parsed.name = name;
    is_name(name).then_some(parsed)
}

fn prefix(bits: Option<&str>, most: u16) -> Option<u16> {
    match bits {
        None => Some(most),
        Some(bits) => number(bits).filter(|bits| *bits <= most),
    }
}

/// Whether all bits of the address that don't count are 0.
fn is_clear(parsed: &Parsed<'_>) -> bool {
    u128::from_be_bytes(parsed.address)
        .checked_shl(parsed.prefix.into())
        .unwrap_or(0)
        == 0
}

fn read_ports(text: &str) -> Option<[u16; 2]> {
    if text == "*" {
        return Some([0, u16::MAX]);
    }
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let (low, high) = (number(low)?, number(high)?);
    (low <= high).then_some([low, high])
}

/// At most five decimal digits and nothing else.
fn number(text: &str) -> Option<u16> {
    if text.is_empty() || text.len() > 5 {
        return None;
    }
    let mut number = 0u32;
    for byte in text.bytes() {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = number * 10 + u32::from(byte - b'0');
    }
    u16::try_from(number).ok()
}

/// Whether it can be a host's name.
fn is_name(text: &str) -> bool {
    let part = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let label = |label: &str| !label.is_empty() && label.len() <= 63 && label.bytes().all(part);
    let last = text.rsplit('.').next().unwrap_or_default();
    text.len() <= 253 && text.split('.').all(label) && !last.bytes().all(|b| b.is_ascii_digit())
}
