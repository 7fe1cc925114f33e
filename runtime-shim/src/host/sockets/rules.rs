//! What may be reached by a network: the rules of an [`Authority`].
//!
//! An address and a port are permitted if one rule of the right kind is about both. A rule is about every address, about those
//! that begin with some bits, or about a name: then it is about the addresses which a lookup of that name gave in this process
//! ([`learn`]), and about none before. Whoever answers for the name decides what these are.
//!
//! There is nothing implied, but that whoever may send datagrams may have a port to send them from (`udp.rs`). To bind to `0.0.0.0` or `::` is to listen at every address of the machine, so it needs a rule about that address, and
//! none about `127.0.0.1` will do. Port 0, which has the system choose one, is a port like others. IPv6 addresses that stand for IPv4
//! ones never match a rule about IPv4; sockets refuse them before they come here.

use core::cell::Cell;
use core::net::IpAddr;

use nanocc_shim_abi::{Authority, NetworkRule, network};

use crate::host::slots::Slots;
use crate::program::{address, list, string};
use crate::sys::SingleThread;

/// What is to be done with an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum Kind {
    /// To bind a TCP socket to it, and listen there.
    TcpListen = network::TCP_LISTEN,
    /// To connect a TCP socket to it.
    TcpConnect = network::TCP_CONNECT,
    /// To bind a UDP socket to it.
    UdpListen = network::UDP_LISTEN,
    /// To send datagrams to it.
    UdpConnect = network::UDP_CONNECT,
}

/// The most addresses of names that are remembered. The one that was learnt first is forgotten for one more.
const MOST: u32 = 1024;

/// An address of a name.
#[derive(Clone, Copy)]
struct Learnt {
    name: &'static [u8],
    address: IpAddr,
}

/// All that was learnt; indexes are given out in order, and none is ever removed.
static LEARNT: SingleThread<Slots<Learnt, 4>> = SingleThread(Slots::new(Learnt {
    name: &[],
    address: IpAddr::V4(core::net::Ipv4Addr::UNSPECIFIED),
}));

/// How many addresses were ever put there.
static COUNT: SingleThread<Cell<u32>> = SingleThread(Cell::new(0));

/// The rules of a network, by its representation: the address of an [`Authority`], or 0.
fn rules(authority: u32) -> &'static [NetworkRule] {
    if authority == 0 {
        return &[];
    }
    let authority = address(authority.into()).cast::<Authority>();
    // SAFETY: representations of networks are made of these, read-only data of the program. Rules that are filled in at start
    // are so before a guest runs.
    unsafe { list((*authority).rules) }
}

/// Whether a network permits something to be done with an address and port.
pub fn permits(authority: u32, kind: Kind, address: IpAddr, port: u16) -> bool {
    rules(authority).iter().any(|rule| {
        rule.kind == kind as u16
            && (rule.ports[0]..=rule.ports[1]).contains(&port)
            && covers(rule, address)
    })
}

/// Whether a network has any rule of that kind.
pub fn has(authority: u32, kind: Kind) -> bool {
    let mut rules = rules(authority).iter();
    rules.any(|rule| rule.kind == kind as u16 && rule.family != network::NOTHING)
}

/// Whether a rule is about an address.
fn covers(rule: &NetworkRule, address: IpAddr) -> bool {
    match (rule.family, address) {
        (network::ANY, _) => true,
        (network::V4, IpAddr::V4(address)) => begins(&address.octets(), rule),
        (network::V6, IpAddr::V6(address)) => begins(&address.octets(), rule),
        (network::NAME, _) => is_learnt(string(rule.name), address),
        _ => false,
    }
}

/// Whether the bits that count are the rule's.
fn begins(octets: &[u8], rule: &NetworkRule) -> bool {
    let mut left = rule.prefix;
    octets.iter().zip(&rule.address).all(|(ours, theirs)| {
        let bits = left.min(8);
        left -= bits;
        // With no bits left the shift takes them all out.
        (u16::from(ours ^ theirs)) >> (8 - bits) == 0
    })
}

fn known() -> impl Iterator<Item = Learnt> {
    (0..COUNT.0.get().min(MOST)).map(|index| LEARNT.0.get(index))
}

fn is_learnt(name: &[u8], address: IpAddr) -> bool {
    known().any(|learnt| learnt.address == address && learnt.name == name)
}

/// Remembers what looking up a name with a network gave, where a rule of that network is about the name.
pub fn learn(authority: u32, name: &[u8], addresses: &[IpAddr]) {
    // The rule's own name is kept: it lives as long as the program.
    let rule = rules(authority)
        .iter()
        .find(|rule| rule.family == network::NAME && string(rule.name).eq_ignore_ascii_case(name));
    let Some(rule) = rule else { return };
    let name = string(rule.name);
    for &address in addresses {
        if is_learnt(name, address) {
            continue;
        }
        let learnt = Learnt { name, address };
        let count = COUNT.0.get();
        if count < MOST {
            LEARNT.0.insert(learnt);
        } else {
            LEARNT.0.set(count % MOST, learnt);
        }
        // What has gone round once goes on in the same way.
        COUNT.0.set(if count + 1 == 2 * MOST {
            MOST
        } else {
            count + 1
        });
    }
}

#[cfg(test)]
mod tests;
