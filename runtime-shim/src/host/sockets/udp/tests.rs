//! Sockets against the standard library's on this machine's own addresses.

use std::net::{SocketAddr, UdpSocket as Peer};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::testing::{guest, host, loopbacks, network, rule};
use super::*;
use crate::host::filesystem::tests::world::World;

fn all() -> u32 {
    network(&[
        rule(Kind::UdpListen, "*", [0, 65535]),
        rule(Kind::UdpConnect, "*", [0, 65535]),
    ])
}

fn lend<R: crate::guest::Resource>(own: &Own<R>) -> Borrow<R> {
    Borrow::new(own.rep())
}

fn bind(
    world: &World,
    socket: &Own<UdpSocket>,
    network: u32,
    address: SocketAddr,
) -> Result<SocketAddr, ErrorCode> {
    let network = Borrow::new(network);
    udp_socket_start_bind(&mut world.cx(), lend(socket), network, guest(address))?;
    udp_socket_finish_bind(&mut world.cx(), lend(socket))?;
    udp_socket_local_address(&mut world.cx(), lend(socket)).map(host)
}

type Streams = (Own<IncomingDatagramStream>, Own<OutgoingDatagramStream>);

fn stream(
    world: &World,
    socket: &Own<UdpSocket>,
    to: Option<SocketAddr>,
) -> Result<Streams, ErrorCode> {
    udp_socket_stream(&mut world.cx(), lend(socket), to.map(guest))
}

fn drop_streams(world: &World, (incoming, outgoing): Streams) {
    drop_outgoing_datagram_stream(&mut world.cx(), outgoing);
    drop_incoming_datagram_stream(&mut world.cx(), incoming);
}

/// Sends one datagram, as `send` does for each.
fn send(
    world: &World,
    streams: &Streams,
    bytes: &[u8],
    to: Option<SocketAddr>,
) -> Result<(), ErrorCode> {
    let permit = outgoing_datagram_stream_check_send(&mut world.cx(), lend(&streams.1))?;
    assert!(permit > 0);
    let datagram = OutgoingDatagram {
        data: world.bytes(bytes),
        remote_address: to.map(guest),
    };
    SOCKETS.0.get(streams.1.rep()).send(&world.cx(), datagram)
}

/// How many datagrams there are; waits for one if there is to be one.
fn receive(world: &World, streams: &Streams, most: u64, wait: bool) -> Result<u32, ErrorCode> {
    if wait {
        let ready = incoming_datagram_stream_subscribe(&mut world.cx(), lend(&streams.0));
        poll::pollable_block(&mut world.cx(), lend(&ready));
        poll::drop_pollable(&mut world.cx(), ready);
    }
    let list = incoming_datagram_stream_receive(&mut world.cx(), lend(&streams.0), most)?;
    world.cx().store(16, list);
    Ok(world.cx().load::<u32>(20))
}

/// The bytes of the datagram that was received first.
fn first(world: &World) -> Vec<u8> {
    let list = world.cx().load::<u32>(16);
    let (at, len) = (
        world.cx().load::<u32>(list),
        world.cx().load::<u32>(list + 4),
    );
    (at..at + len).map(|at| world.cx().load::<u8>(at)).collect()
}

#[test]
fn datagrams_go_to_whom_they_are_sent() {
    let world = World::new();
    for (family, ip) in loopbacks() {
        let socket = create(&world.cx(), family).unwrap();
        let any = SocketAddr::new(ip, 0);
        assert!(stream(&world, &socket, None).is_err_and(|e| e == ErrorCode::InvalidState));
        let unbound = udp_socket_local_address(&mut world.cx(), lend(&socket));
        assert_eq!(unbound, Err(ErrorCode::InvalidState));
        let finish = udp_socket_finish_bind(&mut world.cx(), lend(&socket));
        assert_eq!(finish, Err(ErrorCode::NotInProgress));
        let local = bind(&world, &socket, all(), any).unwrap();
        assert_eq!(
            bind(&world, &socket, all(), any),
            Err(ErrorCode::InvalidState)
        );
        let peer = Peer::bind(any).unwrap();
        let other = Peer::bind(any).unwrap();
        let there = peer.local_addr().unwrap();

        let streams = stream(&world, &socket, None).unwrap();
        assert_eq!(receive(&world, &streams, 16, false), Ok(0));
        let mut buffer = [0; 100];
        send(&world, &streams, b"one", Some(there)).unwrap();
        assert_eq!(peer.recv_from(&mut buffer).unwrap(), (3, local));
        for bad in [
            None,
            Some(SocketAddr::new(ip, 0)),
            Some("0.0.0.0:1".parse().unwrap()),
        ] {
            let sent = send(&world, &streams, b"x", bad);
            assert_eq!(sent, Err(ErrorCode::InvalidArgument), "{bad:?}");
        }
        let large = send(&world, &streams, &[0; 65536], Some(there));
        assert_eq!(large, Err(ErrorCode::DatagramTooLarge));
        peer.send_to(b"two", local).unwrap();
        other.send_to(b"", local).unwrap();
        assert_eq!(receive(&world, &streams, 1, true), Ok(1));
        assert_eq!(first(&world), b"two");
        assert_eq!(receive(&world, &streams, 16, true), Ok(1));
        assert_eq!(first(&world), b"");
        assert_eq!(receive(&world, &streams, 0, false), Ok(0));
        let unconnected = udp_socket_remote_address(&mut world.cx(), lend(&socket));
        assert_eq!(unconnected, Err(ErrorCode::InvalidState));

        // What has come before it was connected isn't heard any more.
        other.send_to(b"early", local).unwrap();
        drop_streams(&world, streams);
        let streams = stream(&world, &socket, Some(there)).unwrap();
        let remote = udp_socket_remote_address(&mut world.cx(), lend(&socket));
        assert_eq!(remote.map(host), Ok(there));
        peer.send_to(b"three", local).unwrap();
        other.send_to(b"late", local).unwrap();
        assert_eq!(receive(&world, &streams, 16, true), Ok(1));
        assert_eq!(first(&world), b"three");
        send(&world, &streams, b"four", None).unwrap();
        send(&world, &streams, b"five", Some(there)).unwrap();
        assert_eq!(peer.recv(&mut buffer).unwrap(), 4);
        assert_eq!(peer.recv(&mut buffer).unwrap(), 4);
        let elsewhere = send(&world, &streams, b"x", other.local_addr().ok());
        assert_eq!(elsewhere, Err(ErrorCode::InvalidArgument));

        // Free again, it has its port still.
        drop_streams(&world, streams);
        let streams = stream(&world, &socket, None).unwrap();
        let again = udp_socket_local_address(&mut world.cx(), lend(&socket));
        assert_eq!(again.map(host), Ok(local));
        other.send_to(b"six", local).unwrap();
        assert_eq!(receive(&world, &streams, 16, true), Ok(1));
        assert_eq!(first(&world), b"six");
        drop_udp_socket(&mut world.cx(), socket);
        send(&world, &streams, b"seven", Some(there)).unwrap();
        drop_streams(&world, streams);
        assert_eq!(world.files(), 0);
    }
}

#[test]
fn each_datagram_needs_a_rule() {
    let world = World::new();
    let peer = Peer::bind("127.0.0.1:0").unwrap();
    let other = Peer::bind("127.0.0.1:0").unwrap();
    let [there, elsewhere] = [&peer, &other].map(|socket| socket.local_addr().unwrap());
    let sends = network(&[rule(Kind::UdpConnect, "127.0.0.1", [there.port(); 2])]);
    let socket = create(&world.cx(), IpAddressFamily::Ipv4).unwrap();
    let address = |text: &str| text.parse::<SocketAddr>().unwrap();
    // A rule about whom to send to is none about being sent to.
    for (network, asked) in [
        (sends, "127.0.0.1:0"),
        (sends, "0.0.0.0:4000"),
        (0, "0.0.0.0:0"),
        (
            network(&[rule(Kind::TcpConnect, "*", [0, 65535])]),
            "0.0.0.0:0",
        ),
        (
            network(&[rule(Kind::UdpListen, "127.0.0.1", [0, 65535])]),
            "0.0.0.0:0",
        ),
    ] {
        assert_eq!(
            bind(&world, &socket, network, address(asked)),
            Err(ErrorCode::AccessDenied),
            "{asked}"
        );
    }
    let local = bind(&world, &socket, sends, address("0.0.0.0:0")).unwrap();
    let local = SocketAddr::new(there.ip(), local.port());
    assert!(stream(&world, &socket, Some(elsewhere)).is_err_and(|e| e == ErrorCode::AccessDenied));
    let streams = stream(&world, &socket, None).unwrap();
    assert_eq!(
        send(&world, &streams, b"x", Some(elsewhere)),
        Err(ErrorCode::AccessDenied)
    );
    send(&world, &streams, b"x", Some(there)).unwrap();
    other.send_to(b"unheard", local).unwrap();
    peer.send_to(b"heard", local).unwrap();
    assert_eq!(receive(&world, &streams, 16, true), Ok(1));
    assert_eq!(first(&world), b"heard");
    drop_streams(&world, streams);
    drop_udp_socket(&mut world.cx(), socket);
}

#[test]
fn what_the_interface_forbids_traps() {
    let world = World::new();
    let socket = create(&world.cx(), IpAddressFamily::Ipv4).unwrap();
    bind(&world, &socket, all(), "127.0.0.1:0".parse().unwrap()).unwrap();
    let streams = stream(&world, &socket, None).unwrap();
    let traps = |call: &dyn Fn()| catch_unwind(AssertUnwindSafe(call)).is_err();
    assert!(traps(&|| _ = stream(&world, &socket, None)));
    let datagrams = |count| GuestSlice::<OutgoingDatagram>::lift(&world.cx(), 0, count);
    let send =
        |count| outgoing_datagram_stream_send(&mut world.cx(), lend(&streams.1), datagrams(count));
    assert_eq!(send(0), Ok(0));
    assert!(traps(&|| _ = send(1)));
    let permit = outgoing_datagram_stream_check_send(&mut world.cx(), lend(&streams.1));
    assert_eq!(permit, Ok(16));
    assert!(traps(&|| _ = send(17)));
    // Zeros are an empty datagram to nobody.
    assert_eq!(send(1), Err(ErrorCode::InvalidArgument));
    assert!(traps(&|| _ = send(1)));
    drop_streams(&world, streams);
    drop_udp_socket(&mut world.cx(), socket);
}

#[test]
fn options_are_what_they_were_set_to() {
    let world = World::new();
    for (family, _) in loopbacks() {
        let socket = create(&world.cx(), family).unwrap();
        let s = || lend(&socket);
        let cx = || world.cx();
        let zero = Err(ErrorCode::InvalidArgument);
        assert_eq!(udp_socket_address_family(&mut cx(), s()), family);
        assert_eq!(udp_socket_set_unicast_hop_limit(&mut cx(), s(), 0), zero);
        assert_eq!(udp_socket_set_receive_buffer_size(&mut cx(), s(), 0), zero);
        assert_eq!(udp_socket_set_send_buffer_size(&mut cx(), s(), 0), zero);
        udp_socket_set_unicast_hop_limit(&mut cx(), s(), 9).unwrap();
        assert_eq!(udp_socket_unicast_hop_limit(&mut cx(), s()), Ok(9));
        udp_socket_set_receive_buffer_size(&mut cx(), s(), 30_000).unwrap();
        assert_eq!(udp_socket_receive_buffer_size(&mut cx(), s()), Ok(30_000));
        udp_socket_set_send_buffer_size(&mut cx(), s(), 30_000).unwrap();
        assert_eq!(udp_socket_send_buffer_size(&mut cx(), s()), Ok(30_000));
        let ready = udp_socket_subscribe(&mut cx(), s());
        assert!(poll::pollable_ready(&mut cx(), lend(&ready)));
        poll::drop_pollable(&mut cx(), ready);
        drop_udp_socket(&mut cx(), socket);
    }
}
