//! UDP sockets: what each function says in each state, addresses, options, datagrams.

use crate::{Net, address_of, finish, port_of, same, v6};
use wasi_bindings::clocks::monotonic_clock::subscribe_duration;
use wasi_bindings::io::poll::poll;
use wasi_bindings::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress};
use wasi_bindings::sockets::udp::{
    IncomingDatagram, IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream, UdpSocket,
};
use wasi_bindings::sockets::udp_create_socket::create_udp_socket;
use wasi_bindings::{say, show};

impl Net {
    fn udp(&self) -> UdpSocket {
        create_udp_socket(self.family).expect("a socket")
    }

    fn bind_udp(&self, socket: &UdpSocket, address: IpSocketAddress) -> Result<(), ErrorCode> {
        socket.start_bind(&self.network, address)?;
        finish(&socket.subscribe(), || socket.finish_bind())
    }

    /// At a port of the system's choice.
    fn bound(&self) -> (UdpSocket, IpSocketAddress) {
        let socket = self.udp();
        self.bind_udp(&socket, self.here(0)).expect("bound");
        let address = socket.local_address().expect("an address");
        (socket, address)
    }
}

fn asked(socket: &UdpSocket) {
    let _ = show!(socket.local_address());
    let _ = show!(socket.remote_address());
    let _ = show!(socket.address_family());
}

pub fn states(net: &Net) {
    println!("-- unbound");
    let socket = net.udp();
    asked(&socket);
    let _ = show!(socket.finish_bind());
    let _ = show!(socket.stream(None));
    println!("-- bound");
    let _ = show!(socket.start_bind(&net.network, net.here(0)));
    let _ = show!(socket.start_bind(&net.network, net.here(0)));
    let _ = show!(finish(&socket.subscribe(), || socket.finish_bind()));
    let _ = show!(socket.finish_bind());
    let _ = show!(socket.start_bind(&net.network, net.here(0)));
    asked(&socket);
    println!("-- with streams");
    let streams = show!(socket.stream(None));
    asked(&socket);
    drop(streams);
    let (_other, to) = net.bound();
    let streams = show!(socket.stream(Some(to)));
    asked(&socket);
    let remote = socket.remote_address().expect("an address");
    say!("to that one", same(&remote, &to));
    drop(streams);
    let streams = show!(socket.stream(None));
    let _ = show!(socket.remote_address());
    drop(streams);
    let _ = show!(socket.stream(Some(net.any(80))));
    let _ = show!(socket.stream(Some(net.here(0))));
    let _ = show!(socket.stream(Some(net.other(80))));
}

pub fn addresses(net: &Net) {
    let attempt = |address| net.bind_udp(&net.udp(), address);
    let _ = show!(attempt(net.here(0)));
    let _ = show!(attempt(net.any(0)));
    let _ = show!(attempt(net.other(0)));
    let _ = show!(attempt(net.nobodys(0)));
    if net.family == IpAddressFamily::Ipv6 {
        let _ = show!(attempt(v6([0, 0, 0, 0, 0, 0xffff, 0x7f00, 1], 0)));
    }
    let socket = net.udp();
    let _ = show!(net.bind_udp(&socket, net.nobodys(0)));
    let _ = show!(net.bind_udp(&socket, net.here(0)));
    let bound = socket.local_address().expect("an address");
    say!("it is", address_of(&bound));
    say!("with a port", port_of(&bound) != 0);
    let _ = show!(net.bind_udp(&net.udp(), bound));
    drop(socket);
    let _ = show!(net.bind_udp(&net.udp(), bound));
}

pub fn options(net: &Net) {
    let socket = net.udp();
    for hops in [0, 1, 42, 255] {
        let set = socket.set_unicast_hop_limit(hops);
        say!(format!("hops {hops}"), (set, socket.unicast_hop_limit()));
    }
    for size in [0, 1, 8192, 100_000, 1 << 20, u64::MAX] {
        let set = socket.set_receive_buffer_size(size);
        let is = socket.receive_buffer_size().map(|is| is > 0);
        say!(format!("receive buffer {size}"), (set, is));
        let set = socket.set_send_buffer_size(size);
        let is = socket.send_buffer_size().map(|is| is > 0);
        say!(format!("send buffer {size}"), (set, is));
    }
    let _ = show!(socket.set_send_buffer_size(65_536));
    let _ = show!(socket.send_buffer_size().map(|is| is >= 65_536));
}

fn datagram(text: &str, to: Option<IpSocketAddress>) -> OutgoingDatagram {
    OutgoingDatagram { data: text.as_bytes().to_vec(), remote_address: to }
}

/// Sends all, as many at a time as may be.
fn send(out: &OutgoingDatagramStream, datagrams: &[OutgoingDatagram]) -> Result<u64, ErrorCode> {
    let room = out.subscribe();
    let mut sent = 0;
    while (sent as usize) < datagrams.len() {
        let permitted = out.check_send()? as usize;
        if permitted == 0 {
            room.block();
            continue;
        }
        let rest = &datagrams[sent as usize..];
        sent += out.send(&rest[..permitted.min(rest.len())])?;
    }
    Ok(sent)
}

/// So many datagrams, however they come.
fn receive(from: &IncomingDatagramStream, count: usize) -> Vec<IncomingDatagram> {
    let more = from.subscribe();
    let mut all = Vec::new();
    while all.len() < count {
        more.block();
        all.extend(from.receive((count - all.len()) as u64).expect("datagrams"));
    }
    all
}

fn texts(datagrams: &[IncomingDatagram]) -> Vec<String> {
    let text = |one: &IncomingDatagram| String::from_utf8_lossy(&one.data).into_owned();
    datagrams.iter().map(text).collect()
}

pub fn transfer(net: &Net) {
    let (first, at_first) = net.bound();
    let (second, at_second) = net.bound();
    let (from_any, to_any) = first.stream(None).expect("streams");
    let (to_second, from_second) = {
        let (incoming, outgoing) = second.stream(None).expect("streams");
        (incoming, outgoing)
    };
    say!("permits", to_any.check_send().is_ok_and(|permitted| permitted > 0));
    let _ = show!(to_any.send(&[]));
    let _ = show!(from_any.receive(0).map(|all| all.len()));
    let _ = show!(from_any.receive(10).map(|all| all.len()));
    let more = to_second.subscribe();
    say!("ready before", more.ready());
    let _ = show!(send(&to_any, &[datagram("one", Some(at_second))]));
    more.block();
    let one = receive(&to_second, 1);
    say!("received", texts(&one));
    say!("from the first", same(&one[0].remote_address, &at_first));
    let three = ["two", "", "four"].map(|text| datagram(text, Some(at_second)));
    let _ = show!(send(&to_any, &three));
    say!("received", texts(&receive(&to_second, 3)));
    let _ = show!(send(&from_second, &[datagram("answer", Some(at_first))]));
    say!("received", texts(&receive(&from_any, 1)));
    drop(more);

    println!("-- refused");
    let large = "d".repeat(70_000);
    let _ = show!(send(&to_any, &[datagram("nowhere", None)]));
    let _ = show!(send(&to_any, &[datagram("no port", Some(net.here(0)))]));
    let _ = show!(send(&to_any, &[datagram("any", Some(net.any(port_of(&at_second))))]));
    let _ = show!(send(&to_any, &[datagram("another family", Some(net.other(80)))]));
    let _ = show!(send(&to_any, &[datagram(&large, Some(at_second))]));
    // What came before the refused one has been sent.
    let _ = to_any.check_send();
    let both = [datagram("good", Some(at_second)), datagram("bad", None)];
    let _ = show!(to_any.send(&both[..1]));
    say!("received", texts(&receive(&to_second, 1)));
    let large = "d".repeat(60_000);
    let _ = show!(send(&to_any, &[datagram(&large, Some(at_second))]));
    say!("as large", receive(&to_second, 1)[0].data.len());

    println!("-- connected");
    drop((from_any, to_any));
    let (from_one, to_one) = first.stream(Some(at_second)).expect("streams");
    let _ = show!(send(&to_one, &[datagram("implied", None)]));
    let _ = show!(send(&to_one, &[datagram("named", Some(at_second))]));
    say!("received", texts(&receive(&to_second, 2)));
    let (third, at_third) = net.bound();
    let _ = show!(send(&to_one, &[datagram("to another", Some(at_third))]));
    let (_, from_third) = third.stream(None).expect("streams");
    let _ = show!(send(&from_third, &[datagram("from another", Some(at_first))]));
    let _ = show!(send(&from_second, &[datagram("from the one", Some(at_first))]));
    say!("only from the one", texts(&receive(&from_one, 1)));
    let _ = show!(from_one.receive(10).map(|all| all.len()));

    println!("-- poll");
    let (quiet, room) = (from_one.subscribe(), to_one.subscribe());
    let soon = subscribe_duration(30_000_000);
    say!("there is room", poll(&[&quiet, &room]));
    say!("nothing but the timer", poll(&[&quiet, &soon]));
    let socket = second.subscribe();
    say!("a socket itself", socket.ready());
}

/// Sending without having asked.
pub fn unpermitted(net: &Net) {
    let (socket, at) = net.bound();
    let (_incoming, outgoing) = socket.stream(None).expect("streams");
    println!("about to send");
    let all: Vec<_> = (0..2000).map(|_| datagram("x", Some(at))).collect();
    let _ = show!(outgoing.send(&all));
}
