//! Addresses with ports: as guests have them, as the kernel has them, and which of them may be used.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use linux_raw_sys::net::{AF_INET, AF_INET6};

use crate::bindings::sockets::network::{
    ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};

/// An address of a socket, as the guest's but for Rust's types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Address {
    /// The machine's.
    pub ip: IpAddr,
    /// The socket's there.
    pub port: u16,
    /// IPv6 alone.
    pub flow: u32,
    /// IPv6 alone: the interface that a link-local address belongs to.
    pub scope: u32,
}

/// Bytes of the longest address that the kernel gives, `struct sockaddr_in6`.
pub const LONGEST: usize = 28;

/// An address as the kernel has it: so many bytes of the array.
#[derive(Clone, Copy)]
pub struct Raw {
    /// The structure, aligned as the kernel's.
    pub words: [u32; LONGEST / 4],
    /// Its length in bytes.
    pub len: u32,
}

impl Raw {
    /// Room for the kernel to write to.
    pub const ROOM: Raw = Raw {
        words: [0; LONGEST / 4],
        len: LONGEST as u32,
    };
}

impl Address {
    /// The address and port that stand for none.
    pub fn unspecified(family: IpAddressFamily) -> Address {
        Address {
            ip: match family {
                IpAddressFamily::Ipv4 => Ipv4Addr::UNSPECIFIED.into(),
                IpAddressFamily::Ipv6 => Ipv6Addr::UNSPECIFIED.into(),
            },
            port: 0,
            flow: 0,
            scope: 0,
        }
    }

    /// As the kernel wants it.
    pub fn raw(self) -> Raw {
        let mut bytes = [0u8; LONGEST];
        let mut put = |at: usize, part: &[u8]| {
            for (byte, &value) in bytes.iter_mut().skip(at).zip(part) {
                *byte = value;
            }
        };
        put(2, &self.port.to_be_bytes());
        let (family, len) = match self.ip {
            IpAddr::V4(ip) => {
                put(4, &ip.octets());
                (AF_INET, 16)
            }
            IpAddr::V6(ip) => {
                put(4, &self.flow.to_be_bytes());
                put(8, &ip.octets());
                put(24, &self.scope.to_ne_bytes());
                (AF_INET6, LONGEST as u32)
            }
        };
        put(0, &(family as u16).to_ne_bytes());
        let mut words = [0; LONGEST / 4];
        for (word, four) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *word = u32::from_ne_bytes(*four);
        }
        Raw { words, len }
    }

    /// What the kernel has said. `None` if that is no address of these families, as that of a socket's peer that there isn't.
    pub fn of(raw: &Raw) -> Option<Address> {
        let mut bytes = [0u8; LONGEST];
        for (four, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(raw.words) {
            *four = word.to_ne_bytes();
        }
        let [f0, f1, p0, p1, rest @ ..] = bytes;
        let port = u16::from_be_bytes([p0, p1]);
        let family = u32::from(u16::from_ne_bytes([f0, f1]));
        if family == AF_INET && raw.len >= 16 {
            let [a, b, c, d, ..] = rest;
            return Some(Address {
                ip: Ipv4Addr::new(a, b, c, d).into(),
                port,
                flow: 0,
                scope: 0,
            });
        }
        if family != AF_INET6 || raw.len < LONGEST as u32 {
            return None;
        }
        let [_, flow, ip @ .., scope] = raw.words;
        let mut octets = [0; 16];
        for (four, word) in octets.as_chunks_mut::<4>().0.iter_mut().zip(ip) {
            *four = word.to_ne_bytes();
        }
        Some(Address {
            ip: Ipv6Addr::from(octets).into(),
            port,
            flow: u32::from_be(flow),
            scope,
        })
    }

    /// As the guest wants it.
    pub fn to_guest(self) -> IpSocketAddress {
        match self.ip {
            IpAddr::V4(ip) => {
                let [a, b, c, d] = ip.octets();
                IpSocketAddress::Ipv4(Ipv4SocketAddress {
                    port: self.port,
                    address: (a, b, c, d),
                })
            }
            IpAddr::V6(ip) => {
                let [a, b, c, d, e, f, g, h] = ip.segments();
                IpSocketAddress::Ipv6(Ipv6SocketAddress {
                    port: self.port,
                    flow_info: self.flow,
                    address: (a, b, c, d, e, f, g, h),
                    scope_id: self.scope,
                })
            }
        }
    }

    /// What a guest has said, for a socket of this family. IPv6 addresses that stand for IPv4 ones, which no socket of ours uses, are
    /// refused, in the old form (`::1.2.3.4`) as in the new one.
    pub fn from_guest(
        address: IpSocketAddress,
        family: IpAddressFamily,
    ) -> Result<Address, ErrorCode> {
        match (address, family) {
            (IpSocketAddress::Ipv4(v4), IpAddressFamily::Ipv4) => {
                let (a, b, c, d) = v4.address;
                Ok(Address {
                    ip: Ipv4Addr::new(a, b, c, d).into(),
                    port: v4.port,
                    flow: 0,
                    scope: 0,
                })
            }
            (IpSocketAddress::Ipv6(v6), IpAddressFamily::Ipv6) => {
                let (a, b, c, d, e, f, g, h) = v6.address;
                let ip = Ipv6Addr::new(a, b, c, d, e, f, g, h);
                let own = ip.is_unspecified() || ip.is_loopback();
                if !own && ip.to_ipv4().is_some() {
                    return Err(ErrorCode::InvalidArgument);
                }
                Ok(Address {
                    ip: ip.into(),
                    port: v6.port,
                    flow: v6.flow_info,
                    scope: v6.scope_id,
                })
            }
            _ => Err(ErrorCode::InvalidArgument),
        }
    }

    /// Refuses what is no single machine's.
    pub fn unicast(self) -> Result<Address, ErrorCode> {
        let many = match self.ip {
            IpAddr::V4(ip) => ip.is_multicast() || ip.is_broadcast(),
            IpAddr::V6(ip) => ip.is_multicast(),
        };
        if many {
            return Err(ErrorCode::InvalidArgument);
        }
        Ok(self)
    }

    /// Refuses what nothing can be sent to.
    pub fn remote(self) -> Result<Address, ErrorCode> {
        if self.ip.is_unspecified() || self.port == 0 {
            return Err(ErrorCode::InvalidArgument);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_addresses_are_the_guests() {
        for ip in [
            "1.2.3.4",
            "0.0.0.0",
            "::",
            "::1",
            "2001:db8::1:2",
            "fe80::1",
        ] {
            let ip: IpAddr = ip.parse().unwrap();
            let address = Address {
                ip,
                port: 0x1234,
                flow: if ip.is_ipv6() { 0xabcde } else { 0 },
                scope: if ip.is_ipv6() { 7 } else { 0 },
            };
            assert_eq!(Address::of(&address.raw()), Some(address));
            let family = match ip {
                IpAddr::V4(_) => IpAddressFamily::Ipv4,
                IpAddr::V6(_) => IpAddressFamily::Ipv6,
            };
            assert_eq!(Address::from_guest(address.to_guest(), family), Ok(address));
            let other = match ip {
                IpAddr::V4(_) => IpAddressFamily::Ipv6,
                IpAddr::V6(_) => IpAddressFamily::Ipv4,
            };
            assert_eq!(
                Address::from_guest(address.to_guest(), other),
                Err(ErrorCode::InvalidArgument)
            );
        }
        let mut short = Address::unspecified(IpAddressFamily::Ipv6).raw();
        short.len = 16;
        assert_eq!(Address::of(&short), None);
        assert_eq!(Address::of(&Raw::ROOM), None);
    }

    #[test]
    fn addresses_that_stand_for_others_are_refused() {
        let address = |ip: &str| Address {
            ip: ip.parse().unwrap(),
            port: 80,
            flow: 0,
            scope: 0,
        };
        for ip in ["::ffff:127.0.0.1", "::127.0.0.1", "::2", "::ffff:0.0.0.0"] {
            assert_eq!(
                Address::from_guest(address(ip).to_guest(), IpAddressFamily::Ipv6),
                Err(ErrorCode::InvalidArgument),
                "{ip}"
            );
        }
        for ip in ["224.0.0.1", "255.255.255.255", "ff02::1"] {
            assert!(address(ip).unicast().is_err(), "{ip}");
        }
        for ip in ["0.0.0.0", "::"] {
            assert!(address(ip).remote().is_err(), "{ip}");
            assert!(address(ip).unicast().is_ok(), "{ip}");
        }
        let portless = Address {
            port: 0,
            ..address("::1")
        };
        assert!(portless.remote().is_err());
    }
}
