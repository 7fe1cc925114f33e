//! The grammar of addresses, in grants and in the values of parameters.
//!
//! ```text
//! ENDPOINT  = ADDRESSES ":" PORTS | "@" NAME [":" PORTS]
//! ADDRESSES = "*" | IPV4 ["/" BITS] | "[" IPV6 ["/" BITS] "]" | "[" IPV6 "]" ["/" BITS] | HOST   (HOST: to connect alone)
//! PORTS     = "*" | N | N "-" M
//! ```
//!
//! A parameter without ports is about all ports. Its value is `ADDRESSES [":" PORTS]`; ports there only narrow those here.
//! The shim reads the values by the same grammar; `address/table.txt` holds both to it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why words grant nothing.
pub type Reason = String;

/// Whom a grant of the network is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addresses {
    /// Every address of both families.
    Any,
    /// Those whose first `bits` bits are this one's, whose other bits are 0.
    Prefix { address: IpAddr, bits: u8 },
    /// Those that looking up the name gives; lower case, without a dot at the end.
    Name(String),
    /// What the parameter of this name says at start.
    Parameter(String),
}

/// The first and the last port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    pub low: u16,
    pub high: u16,
}

impl Ports {
    /// All of them.
    pub const ALL: Ports = Ports {
        low: 0,
        high: u16::MAX,
    };
}

/// An ENDPOINT; names are only for who connects.
pub fn parse(text: &str, names_too: bool) -> Result<(Addresses, Ports), Reason> {
    if let Some(rest) = text.strip_prefix('@') {
        let (parameter, ports) = match rest.split_once(':') {
            Some((parameter, text)) => (parameter, ports(text)?),
            None => (rest, Ports::ALL),
        };
        parameter_name(parameter)?;
        return Ok((Addresses::Parameter(parameter.to_owned()), ports));
    }
    let missing =
        || format!("`{text}` has no port: expected ADDRESS:PORT, where `*` is every port");
    let (addresses, port) = text.rsplit_once(':').ok_or_else(missing)?;
    if addresses.contains("://") {
        return Err(format!(
            "`{text}` is a URL: expected a host and its port, `example.org:443`"
        ));
    }
    if addresses.contains(':') && !addresses.starts_with('[') {
        return Err(format!(
            "`{text}`: an IPv6 address stands in brackets, `[::1]:8080`"
        ));
    }
    Ok((parse_addresses(addresses, names_too)?, ports(port)?))
}

fn parse_addresses(text: &str, names_too: bool) -> Result<Addresses, Reason> {
    if text == "*" {
        return Ok(Addresses::Any);
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (inner, after) = rest
            .split_once(']')
            .ok_or_else(|| format!("`{text}`: the bracket isn't closed"))?;
        let (address, bits) = match (inner.split_once('/'), after.strip_prefix('/')) {
            (Some((address, bits)), None) if after.is_empty() => (address, Some(bits)),
            (None, bits) if bits.is_some() || after.is_empty() => (inner, bits),
            _ => return Err(format!("`{text}` is no IPv6 address in brackets")),
        };
        let address: Ipv6Addr = address
            .parse()
            .map_err(|_| format!("`{address}` is no IPv6 address"))?;
        return prefix(address.into(), bits, text);
    }
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    if let Ok(address) = address.parse::<Ipv4Addr>() {
        return prefix(address.into(), bits, text);
    }
    if bits.is_some() {
        return Err(format!("`{address}` is no IPv4 address"));
    }
    if !names_too {
        return Err(format!(
            "`{text}` is no address of this machine's: expected an IPv4 address, an IPv6 address in brackets, or `*`"
        ));
    }
    let lower = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    name(&lower)?;
    Ok(Addresses::Name(lower))
}

fn prefix(address: IpAddr, bits: Option<&str>, text: &str) -> Result<Addresses, Reason> {
    let most: u8 = if address.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        None => most,
        Some(bits) => number(bits)
            .and_then(|bits| u8::try_from(bits).ok())
            .filter(|bits| *bits <= most)
            .ok_or_else(|| format!("`{text}`: a prefix has 0 to {most} bits"))?,
    };
    let extra = match address {
        IpAddr::V4(address) => u32::from(address).checked_shl(bits.into()).unwrap_or(0) != 0,
        IpAddr::V6(address) => u128::from(address).checked_shl(bits.into()).unwrap_or(0) != 0,
    };
    if extra {
        return Err(format!(
            "`{text}`: the address has bits set beyond the first {bits}, which are all that counts"
        ));
    }
    Ok(Addresses::Prefix { address, bits })
}

fn ports(text: &str) -> Result<Ports, Reason> {
    let wrong = || {
        format!("`{text}` is no port: expected 0 to 65535, a range like 8000-8010, or `*` for all")
    };
    if text == "*" {
        return Ok(Ports::ALL);
    }
    let port = |text| {
        number(text)
            .and_then(|port| u16::try_from(port).ok())
            .ok_or_else(wrong)
    };
    let (low, high) = match text.split_once('-') {
        Some((low, high)) => (port(low)?, port(high)?),
        None => (port(text)?, port(text)?),
    };
    if low > high {
        return Err(format!("`{text}`: the range ends before it begins"));
    }
    Ok(Ports { low, high })
}

/// Decimal digits alone, at most five of them.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// Refuses what can't be a host's name: labels of letters, digits, `-` and `_`, the last of which isn't a number.
pub fn name(text: &str) -> Result<(), Reason> {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let numeric = text
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    if text.len() <= 253 && text.split('.').all(label) && !numeric {
        return Ok(());
    }
    Err(format!("`{text}` is neither an address nor a host's name"))
}

/// Refuses what can't be the name of a parameter, which is the end of a variable's name (`NANOCC_PARAM_data`).
pub fn parameter_name(name: &str) -> Result<(), Reason> {
    let part = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if !name.is_empty() && name.len() <= 64 && name.bytes().all(part) {
        return Ok(());
    }
    Err(format!(
        "`@{name}` is no parameter: its name has letters, digits and `_`, and is all there is (`@data`, not `@data/sub`)"
    ))
}

#[cfg(test)]
mod tests;
