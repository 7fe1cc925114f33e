//! Networks for tests.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use nanocc_shim_abi::{Authority, List, NO_PARAMETER, NetworkRule, StringRef, network as family};
use rustix::mm::{MapFlags, ProtFlags};

use super::address::Address;
use super::rules::Kind;
use crate::bindings::sockets::network::{IpAddressFamily, IpSocketAddress};

/// A rule: `*`, or an address with or without the number of bits that count; and the ports.
pub fn rule(kind: Kind, addresses: &str, ports: [u16; 2]) -> NetworkRule {
    let mut rule = NetworkRule {
        kind: kind as u16,
        family: family::ANY,
        prefix: 0,
        ports,
        reserved: 0,
        address: [0; 16],
        name: StringRef { offset: 0, len: 0 },
        parameter: NO_PARAMETER,
    };
    if addresses == "*" {
        return rule;
    }
    let (address, bits) = addresses.split_once('/').unwrap_or((addresses, ""));
    let (octets, all) = match address.parse().unwrap() {
        IpAddr::V4(v4) => {
            rule.family = family::V4;
            (v4.octets().to_vec(), 32)
        }
        IpAddr::V6(v6) => {
            rule.family = family::V6;
            (v6.octets().to_vec(), 128)
        }
    };
    rule.address[..octets.len()].copy_from_slice(&octets);
    rule.prefix = bits.parse().unwrap_or(all);
    rule
}

/// The representation of a network with these rules, which lives as long as the test program: the address of an authority below 4 GiB.
pub fn network(rules: &[NetworkRule]) -> u32 {
    static NEXT: AtomicUsize = AtomicUsize::new(0x5000_0000);
    let rules: &'static [NetworkRule] = Box::leak(rules.to_vec().into_boxed_slice());
    let empty = List {
        address: 0,
        count: 0,
    };
    let authority = Authority {
        environment: empty,
        directories: empty,
        rules: List {
            address: rules.as_ptr().expose_provenance() as u64,
            count: rules.len() as u64,
        },
        names: empty,
        inherits_environment: 0,
        reserved: 0,
    };
    let hint = std::ptr::without_provenance_mut(NEXT.fetch_add(0x1_0000, Relaxed));
    // SAFETY: new memory, wherever it is.
    let at = unsafe {
        rustix::mm::mmap_anonymous(
            hint,
            4096,
            ProtFlags::READ | ProtFlags::WRITE,
            MapFlags::PRIVATE,
        )
    };
    let at = at.unwrap().cast::<Authority>();
    // SAFETY: there is room.
    unsafe { at.write(authority) };
    u32::try_from(at.expose_provenance()).unwrap()
}

/// As a guest says it.
pub fn guest(address: SocketAddr) -> IpSocketAddress {
    Address {
        ip: address.ip(),
        port: address.port(),
        flow: 0,
        scope: 0,
    }
    .to_guest()
}

/// What a guest was told.
pub fn host(address: IpSocketAddress) -> SocketAddr {
    let family = match address {
        IpSocketAddress::Ipv4(_) => IpAddressFamily::Ipv4,
        IpSocketAddress::Ipv6(_) => IpAddressFamily::Ipv6,
    };
    let address = Address::from_guest(address, family).unwrap();
    SocketAddr::new(address.ip, address.port)
}

/// The loopback addresses that this machine has.
pub fn loopbacks() -> Vec<(IpAddressFamily, IpAddr)> {
    let mut all = vec![(IpAddressFamily::Ipv4, IpAddr::from([127, 0, 0, 1]))];
    if std::net::UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        all.push((IpAddressFamily::Ipv6, Ipv6Addr::LOCALHOST.into()));
    } else {
        eprintln!("skipped: this machine has no ::1");
    }
    all
}
