//! Every function of wasi:sockets, over the loopback interface: this program is the server and the client.
//!
//! The first argument says which part; the second, `4` or `6`, of which family.

mod lookup;
mod tcp;
mod transfer;
mod udp;

use wasi_bindings::cli::environment;
use wasi_bindings::io::poll::Pollable;
use wasi_bindings::say;
use wasi_bindings::sockets::instance_network::instance_network;
use wasi_bindings::sockets::network::{
    ErrorCode, IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
    Network,
};

/// What every part needs.
struct Net {
    network: Network,
    family: IpAddressFamily,
    other_family: IpAddressFamily,
}

fn main() {
    let arguments = environment::get_arguments();
    let argument = |index: usize| arguments.get(index).map_or("", String::as_str);
    let (family, other_family) = match argument(2) {
        "6" => (IpAddressFamily::Ipv6, IpAddressFamily::Ipv4),
        _ => (IpAddressFamily::Ipv4, IpAddressFamily::Ipv6),
    };
    let network = instance_network();
    let net = Net { network, family, other_family };
    match argument(1) {
        "tcp-states" => tcp::states(&net),
        "tcp-addresses" => tcp::addresses(&net),
        "tcp-options" => tcp::options(&net),
        "tcp-connect" => tcp::connecting(&net),
        "tcp-transfer" => transfer::run(&net),
        "tcp-closing" => transfer::closing(&net),
        "udp-states" => udp::states(&net),
        "udp-addresses" => udp::addresses(&net),
        "udp-options" => udp::options(&net),
        "udp-transfer" => udp::transfer(&net),
        "udp-unpermitted" => udp::unpermitted(&net),
        "lookup" => lookup::run(&net),
        other => say!("no such part", other),
    }
}

/// Calls until the answer isn't `would-block`, waiting in between.
fn finish<T>(
    ready: &Pollable,
    mut attempt: impl FnMut() -> Result<T, ErrorCode>,
) -> Result<T, ErrorCode> {
    loop {
        match attempt() {
            Err(ErrorCode::WouldBlock) => ready.block(),
            done => return done,
        }
    }
}

fn v4(a: u8, b: u8, c: u8, d: u8, port: u16) -> IpSocketAddress {
    IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (a, b, c, d) })
}

fn v6(parts: [u16; 8], port: u16) -> IpSocketAddress {
    let [a, b, c, d, e, f, g, h] = parts;
    IpSocketAddress::Ipv6(Ipv6SocketAddress {
        port,
        flow_info: 0,
        address: (a, b, c, d, e, f, g, h),
        scope_id: 0,
    })
}

fn port_of(address: &IpSocketAddress) -> u16 {
    match address {
        IpSocketAddress::Ipv4(address) => address.port,
        IpSocketAddress::Ipv6(address) => address.port,
    }
}

fn address_of(address: &IpSocketAddress) -> IpAddress {
    match address {
        IpSocketAddress::Ipv4(address) => IpAddress::Ipv4(address.address),
        IpSocketAddress::Ipv6(address) => IpAddress::Ipv6(address.address),
    }
}

/// Whether both are one address and port.
fn same(a: &IpSocketAddress, b: &IpSocketAddress) -> bool {
    let ip = |address: &IpSocketAddress| format!("{}", wasi_bindings::Text(&address_of(address)));
    port_of(a) == port_of(b) && ip(a) == ip(b)
}

impl Net {
    fn of(family: IpAddressFamily, four: IpSocketAddress, six: IpSocketAddress) -> IpSocketAddress {
        match family {
            IpAddressFamily::Ipv4 => four,
            IpAddressFamily::Ipv6 => six,
        }
    }

    /// The loopback address.
    fn here(&self, port: u16) -> IpSocketAddress {
        Net::of(self.family, v4(127, 0, 0, 1, port), v6([0, 0, 0, 0, 0, 0, 0, 1], port))
    }

    /// The same, of the other family.
    fn other(&self, port: u16) -> IpSocketAddress {
        Net::of(self.other_family, v4(127, 0, 0, 1, port), v6([0, 0, 0, 0, 0, 0, 0, 1], port))
    }

    /// Zero.
    fn any(&self, port: u16) -> IpSocketAddress {
        Net::of(self.family, v4(0, 0, 0, 0, port), v6([0; 8], port))
    }

    /// A group's.
    fn multicast(&self, port: u16) -> IpSocketAddress {
        let six = [0xff02, 0, 0, 0, 0, 0, 0, 0xfb];
        Net::of(self.family, v4(224, 0, 0, 251, port), v6(six, port))
    }

    /// One for documentation, which no machine has.
    fn nobodys(&self, port: u16) -> IpSocketAddress {
        let six = [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1];
        Net::of(self.family, v4(192, 0, 2, 1, port), v6(six, port))
    }
}
