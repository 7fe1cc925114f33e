use std::net::IpAddr;

use super::super::testing::{network as made, rule};
use super::*;
use crate::testing::lock;
use Kind::*;

const PORTS: [u16; 2] = [0, 65535];

fn ask(network: u32, kind: Kind, address: &str, port: u16) -> bool {
    permits(network, kind, address.parse().unwrap(), port)
}

#[test]
fn a_network_that_leads_nowhere_permits_nothing() {
    let empty = made(&[]);
    for network in [0, empty] {
        for kind in [TcpListen, TcpConnect, UdpListen, UdpConnect] {
            assert!(!ask(network, kind, "127.0.0.1", 80));
            assert!(!ask(network, kind, "::", 0));
            assert!(!has(network, kind));
        }
    }
}

#[test]
fn rules_are_about_addresses_and_ports() {
    // Rule, ports, address, port, and what is said.
    let table: &[(&str, [u16; 2], &str, u16, bool)] = &[
        ("*", PORTS, "1.2.3.4", 0, true),
        ("*", PORTS, "::", 65535, true),
        ("*", [80, 80], "::1", 80, true),
        ("*", [80, 80], "::1", 81, false),
        ("*", [1, 65535], "0.0.0.0", 0, false),
        ("127.0.0.1", [0, 0], "127.0.0.1", 0, true),
        ("127.0.0.1", [0, 0], "127.0.0.1", 1, false),
        ("127.0.0.1", PORTS, "0.0.0.0", 80, false),
        ("127.0.0.1", PORTS, "127.0.0.2", 80, false),
        ("127.0.0.1", PORTS, "::ffff:127.0.0.1", 80, false),
        ("127.0.0.1", PORTS, "::1", 80, false),
        ("0.0.0.0", PORTS, "0.0.0.0", 80, true),
        ("0.0.0.0", PORTS, "127.0.0.1", 80, false),
        ("0.0.0.0", PORTS, "::", 80, false),
        ("0.0.0.0/0", PORTS, "0.0.0.0", 80, true),
        ("0.0.0.0/0", PORTS, "255.255.255.255", 80, true),
        ("0.0.0.0/0", PORTS, "::1", 80, false),
        ("0.0.0.0/0", PORTS, "::ffff:1.2.3.4", 80, false),
        ("10.0.0.0/8", [8000, 8010], "10.255.0.1", 8000, true),
        ("10.0.0.0/8", [8000, 8010], "10.255.0.1", 8010, true),
        ("10.0.0.0/8", [8000, 8010], "10.255.0.1", 7999, false),
        ("10.0.0.0/8", [8000, 8010], "10.255.0.1", 8011, false),
        ("10.0.0.0/8", PORTS, "11.0.0.0", 80, false),
        ("192.168.4.0/22", PORTS, "192.168.7.255", 80, true),
        ("192.168.4.0/22", PORTS, "192.168.8.0", 80, false),
        ("192.168.4.0/22", PORTS, "192.168.3.255", 80, false),
        ("128.0.0.0/1", PORTS, "128.0.0.0", 80, true),
        ("128.0.0.0/1", PORTS, "127.255.255.255", 80, false),
        ("::1", PORTS, "::1", 80, true),
        ("::1", PORTS, "::", 80, false),
        ("::", PORTS, "::1", 80, false),
        ("::/0", PORTS, "::1", 80, true),
        ("::/0", PORTS, "127.0.0.1", 80, false),
        ("2001:db8::/33", PORTS, "2001:db8:7fff::1", 80, true),
        ("2001:db8::/33", PORTS, "2001:db8:8000::1", 80, false),
    ];
    for &(addresses, ports, address, port, expected) in table {
        let network = made(&[rule(TcpConnect, addresses, ports)]);
        assert_eq!(
            ask(network, TcpConnect, address, port),
            expected,
            "{addresses} {ports:?}: {address} {port}"
        );
        for other in [TcpListen, UdpListen, UdpConnect] {
            assert!(!ask(network, other, address, port), "{addresses}");
            assert!(!has(network, other));
        }
        assert!(has(network, TcpConnect));
    }
}

#[test]
fn one_rule_of_many_is_enough_and_parts_of_two_are_not() {
    let network = made(&[
        rule(TcpConnect, "10.0.0.1", [80, 80]),
        rule(TcpConnect, "10.0.0.2", [443, 443]),
        rule(UdpConnect, "*", [53, 53]),
    ]);
    assert!(ask(network, TcpConnect, "10.0.0.2", 443));
    assert!(ask(network, UdpConnect, "10.0.0.2", 53));
    assert!(!ask(network, TcpConnect, "10.0.0.1", 443));
    assert!(!ask(network, TcpConnect, "10.0.0.2", 53));
}

#[test]
fn what_is_left_out_at_start_is_about_nothing() {
    for family in [network::PARAMETER, network::NOTHING, 99] {
        let network = made(&[NetworkRule {
            family,
            ..rule(UdpConnect, "*", PORTS)
        }]);
        assert!(!ask(network, UdpConnect, "127.0.0.1", 80), "{family}");
    }
}

/// A rule about a name, which lies where strings of programs do.
fn named(name: &'static str, ports: [u16; 2]) -> NetworkRule {
    let start = crate::program::info().strings as usize;
    // Strings are found by 32 bits, and a test's are anywhere: put one near to where those of the program begin.
    let at = crate::host::sockets::testing::network(&[]) as usize;
    let room = std::ptr::with_exposed_provenance_mut::<u8>(at + 1024);
    // SAFETY: the network's page has room there, and is nobody else's.
    unsafe { room.copy_from_nonoverlapping(name.as_ptr(), name.len()) };
    NetworkRule {
        family: network::NAME,
        name: nanocc_shim_abi::StringRef {
            offset: (at + 1024 - start) as u32,
            len: name.len() as u32,
        },
        ..rule(TcpConnect, "*", ports)
    }
}

#[test]
fn names_are_what_looking_them_up_gave() {
    let _lock = lock();
    let first: IpAddr = "192.0.2.1".parse().unwrap();
    let second: IpAddr = "2001:db8::9".parse().unwrap();
    let network = made(&[
        named("one.example", [80, 80]),
        named("two.example", [81, 81]),
    ]);
    let other = made(&[named("three.example", [80, 80])]);
    assert!(!permits(network, TcpConnect, first, 80));
    learn(network, b"One.Example", &[first, second]);
    for address in [first, second] {
        assert!(permits(network, TcpConnect, address, 80));
        assert!(!permits(network, TcpConnect, address, 81));
        assert!(!permits(other, TcpConnect, address, 80));
    }
    // Who has no rule about a name learns nothing from it.
    learn(other, b"one.example", &["192.0.2.7".parse().unwrap()]);
    assert!(!ask(network, TcpConnect, "192.0.2.7", 80));
    // However many there are, there is an end; the last ones are known.
    for n in 0..3 * MOST {
        let address = std::net::Ipv4Addr::from(0x0a00_0000 + n);
        learn(network, b"one.example", &[address.into()]);
        assert!(permits(network, TcpConnect, address.into(), 80));
        assert!(known().count() <= MOST as usize);
    }
    assert!(!ask(network, TcpConnect, "10.0.0.0", 80));
}
