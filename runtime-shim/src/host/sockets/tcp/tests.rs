//! Sockets against the standard library's on this machine's own addresses.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use super::super::testing::{guest, host, loopbacks, network, rule};
use super::*;
use crate::bindings::io::streams::StreamError;
use crate::host::filesystem::tests::world::World;
use crate::host::io::streams::*;

fn all() -> u32 {
    network(&[
        rule(Kind::TcpListen, "*", [0, 65535]),
        rule(Kind::TcpConnect, "*", [0, 65535]),
    ])
}

fn lend<R: crate::guest::Resource>(own: &Own<R>) -> Borrow<R> {
    Borrow::new(own.rep())
}

fn socket(world: &World, family: IpAddressFamily) -> Own<TcpSocket> {
    create(&world.cx(), family).unwrap()
}

fn bind(
    world: &World,
    socket: &Own<TcpSocket>,
    network: u32,
    address: SocketAddr,
) -> Result<(), ErrorCode> {
    let network = Borrow::new(network);
    tcp_socket_start_bind(&mut world.cx(), lend(socket), network, guest(address))?;
    tcp_socket_finish_bind(&mut world.cx(), lend(socket))
}

fn start_connect(
    world: &World,
    socket: &Own<TcpSocket>,
    network: u32,
    address: SocketAddr,
) -> Result<(), ErrorCode> {
    let network = Borrow::new(network);
    tcp_socket_start_connect(&mut world.cx(), lend(socket), network, guest(address))
}

fn wait(world: &World, socket: &Own<TcpSocket>) {
    let pollable = tcp_socket_subscribe(&mut world.cx(), lend(socket));
    poll::pollable_block(&mut world.cx(), lend(&pollable));
    poll::drop_pollable(&mut world.cx(), pollable);
}

/// A stream's error that can be shown.
#[derive(Debug)]
enum Ended {
    Closed,
    Failed,
}

impl From<StreamError> for Ended {
    fn from(error: StreamError) -> Ended {
        match error {
            StreamError::Closed => Ended::Closed,
            StreamError::LastOperationFailed(_) => Ended::Failed,
        }
    }
}

/// A guest's connection.
struct Connection {
    socket: Own<TcpSocket>,
    input: Own<InputStream>,
    output: Own<OutputStream>,
}

impl Connection {
    /// To a listener of the host's, and the other end of it.
    fn new(world: &World) -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = socket(world, IpAddressFamily::Ipv4);
        let address = listener.local_addr().unwrap();
        start_connect(world, &socket, all(), address).unwrap();
        wait(world, &socket);
        let (input, output) = tcp_socket_finish_connect(&mut world.cx(), lend(&socket)).unwrap();
        let peer = listener.accept().unwrap().0;
        let connection = Connection {
            socket,
            input,
            output,
        };
        (connection, peer)
    }

    /// Writes what is permitted of the bytes, and says how many that is.
    fn write(&self, world: &World, bytes: &[u8]) -> Result<usize, Ended> {
        let permit = output_stream_check_write(&mut world.cx(), lend(&self.output))?;
        let len = bytes.len().min(permit as usize);
        let list = world.bytes(&bytes[..len]);
        output_stream_write(&mut world.cx(), lend(&self.output), list)?;
        Ok(len)
    }

    /// Writes to a peer that doesn't read, until the kernel takes no more and some bytes are kept: everything that was written.
    fn fill(&self, world: &World) -> Vec<u8> {
        let index = self.socket.rep();
        let kept = || {
            connection::advance(index);
            SOCKETS.0.get(index).pending.len()
        };
        let mut written = Vec::new();
        // The kernel finds room for some time yet, in its own time: until nothing has changed for so many looks.
        let (mut looks, mut before) = (0, 0);
        while looks < 10 {
            let part = part(written.len());
            while kept() == 0 {
                match self.write(world, &part).unwrap() {
                    // As where the kernel says that there is room and takes less.
                    0 => {
                        change(index, |socket| socket.write(index, &part)).unwrap();
                        written.extend(&part);
                    }
                    len => written.extend(&part[..len]),
                }
            }
            thread::sleep(Duration::from_millis(10));
            looks = if kept() == before { looks + 1 } else { 0 };
            before = kept();
        }
        written
    }

    fn read(&self, world: &World, block: bool) -> Result<Vec<u8>, Ended> {
        let read = if block {
            input_stream_blocking_read
        } else {
            input_stream_read
        };
        Ok(world.list(read(&mut world.cx(), lend(&self.input), 65536)?))
    }

    fn shutdown(&self, world: &World, how: ShutdownType) {
        tcp_socket_shutdown(&mut world.cx(), lend(&self.socket), how).unwrap();
    }

    fn drop_streams(self, world: &World) -> Own<TcpSocket> {
        drop_input_stream(&mut world.cx(), self.input);
        drop_output_stream(&mut world.cx(), self.output);
        self.socket
    }

    fn drop(self, world: &World) {
        drop_tcp_socket(&mut world.cx(), self.drop_streams(world));
    }
}

/// Bytes to write after so many others.
fn part(after: usize) -> Vec<u8> {
    (0..65536).map(|n| (n / 7 + after) as u8).collect()
}

fn is_closed<T>(result: &Result<T, Ended>) -> bool {
    matches!(result, Err(Ended::Closed))
}

fn is_failed<T>(result: &Result<T, Ended>) -> bool {
    matches!(result, Err(Ended::Failed))
}

#[test]
fn a_listener_accepts() {
    let world = World::new();
    for (family, ip) in loopbacks() {
        let listener = socket(&world, family);
        let cx = || world.cx();
        let borrow = || lend(&listener);
        assert_eq!(tcp_socket_address_family(&mut cx(), borrow()), family);
        assert_eq!(
            tcp_socket_start_listen(&mut cx(), borrow()),
            Err(ErrorCode::InvalidState)
        );
        assert_eq!(
            tcp_socket_finish_bind(&mut cx(), borrow()),
            Err(ErrorCode::NotInProgress)
        );
        assert_eq!(
            tcp_socket_local_address(&mut cx(), borrow()),
            Err(ErrorCode::InvalidState)
        );
        let any = SocketAddr::new(ip, 0);
        let network = Borrow::new(all());
        tcp_socket_start_bind(&mut cx(), borrow(), network, guest(any)).unwrap();
        for busy in [
            tcp_socket_start_bind(&mut cx(), borrow(), network, guest(any)),
            tcp_socket_start_listen(&mut cx(), borrow()),
            start_connect(&world, &listener, all(), SocketAddr::new(ip, 1)),
        ] {
            assert_eq!(busy, Err(ErrorCode::ConcurrencyConflict));
        }
        assert_eq!(
            tcp_socket_finish_listen(&mut cx(), borrow()),
            Err(ErrorCode::NotInProgress)
        );
        tcp_socket_finish_bind(&mut cx(), borrow()).unwrap();
        assert_eq!(
            bind(&world, &listener, all(), any),
            Err(ErrorCode::InvalidState)
        );
        let address = host(tcp_socket_local_address(&mut cx(), borrow()).unwrap());
        assert_eq!(address.ip(), ip);
        assert_ne!(address.port(), 0);
        assert!(
            tcp_socket_accept(&mut cx(), borrow()).is_err_and(|e| e == ErrorCode::InvalidState)
        );
        assert_eq!(
            tcp_socket_set_listen_backlog_size(&mut cx(), borrow(), 0),
            Err(ErrorCode::InvalidArgument)
        );
        tcp_socket_set_listen_backlog_size(&mut cx(), borrow(), u64::MAX).unwrap();
        tcp_socket_start_listen(&mut cx(), borrow()).unwrap();
        tcp_socket_finish_listen(&mut cx(), borrow()).unwrap();
        assert!(tcp_socket_is_listening(&mut cx(), borrow()));
        tcp_socket_set_listen_backlog_size(&mut cx(), borrow(), 5).unwrap();
        assert!(tcp_socket_accept(&mut cx(), borrow()).is_err_and(|e| e == ErrorCode::WouldBlock));
        assert_eq!(
            tcp_socket_remote_address(&mut cx(), borrow()),
            Err(ErrorCode::InvalidState)
        );
        assert_eq!(
            tcp_socket_shutdown(&mut cx(), borrow(), ShutdownType::Both),
            Err(ErrorCode::InvalidState)
        );

        let mut peer = TcpStream::connect(address).unwrap();
        wait(&world, &listener);
        let (socket, input, output) = tcp_socket_accept(&mut cx(), borrow()).unwrap();
        let accepted = Connection {
            socket,
            input,
            output,
        };
        let remote = tcp_socket_remote_address(&mut cx(), lend(&accepted.socket)).unwrap();
        assert_eq!(host(remote), peer.local_addr().unwrap());
        peer.write_all(b"to the guest").unwrap();
        assert_eq!(accepted.read(&world, true).unwrap(), b"to the guest");
        accepted.write(&world, b"to the host").unwrap();
        // The streams and the connection outlive the listener.
        drop_tcp_socket(&mut world.cx(), listener);
        let mut text = [0; 11];
        peer.read_exact(&mut text).unwrap();
        assert_eq!(&text, b"to the host");
        accepted.drop(&world);
        assert_eq!(peer.read(&mut text).unwrap(), 0);
        assert_eq!(world.files(), 0);
    }
}

#[test]
fn addresses_are_checked_in_this_order() {
    let world = World::new();
    let v4 = socket(&world, IpAddressFamily::Ipv4);
    let v6 = create(&world.cx(), IpAddressFamily::Ipv6).unwrap();
    let address = |text: &str| text.parse::<SocketAddr>().unwrap();
    for bad in ["[::1]:80", "224.0.0.1:80", "255.255.255.255:80"] {
        assert_eq!(
            bind(&world, &v4, 0, address(bad)),
            Err(ErrorCode::InvalidArgument),
            "{bad}"
        );
        assert_eq!(
            start_connect(&world, &v4, 0, address(bad)),
            Err(ErrorCode::InvalidArgument)
        );
    }
    for bad in ["0.0.0.0:80", "127.0.0.1:0"] {
        assert_eq!(
            start_connect(&world, &v4, all(), address(bad)),
            Err(ErrorCode::InvalidArgument),
            "{bad}"
        );
    }
    for bad in ["127.0.0.1:80", "[ff02::1]:80", "[::]:80", "[::1]:0"] {
        assert_eq!(
            start_connect(&world, &v6, all(), address(bad)),
            Err(ErrorCode::InvalidArgument),
            "{bad}"
        );
    }
    for (addresses, ports, asked) in [
        ("127.0.0.1", [80, 90], "0.0.0.0:80"),
        ("127.0.0.1", [1, 65535], "127.0.0.1:0"),
        ("127.0.0.2", [0, 65535], "127.0.0.1:0"),
    ] {
        let network = network(&[
            rule(Kind::TcpListen, addresses, ports),
            rule(Kind::TcpConnect, "*", [0, 65535]),
        ]);
        assert_eq!(
            bind(&world, &v4, network, address(asked)),
            Err(ErrorCode::AccessDenied),
            "{asked}"
        );
    }
    let listens = network(&[rule(Kind::TcpListen, "*", [0, 65535])]);
    for network in [0, listens] {
        assert_eq!(
            start_connect(&world, &v4, network, address("127.0.0.1:9")),
            Err(ErrorCode::AccessDenied)
        );
    }
    // None of that has changed it.
    bind(&world, &v4, all(), address("127.0.0.1:0")).unwrap();
    // Nor is there a way around: IPv6 is for IPv6.
    let mapped: IpAddr = "::ffff:127.0.0.1".parse().unwrap();
    let IpAddr::V6(ip) = mapped else {
        unreachable!()
    };
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let mapped = IpSocketAddress::Ipv6(crate::bindings::sockets::network::Ipv6SocketAddress {
        port: 80,
        flow_info: 0,
        address: (a, b, c, d, e, f, g, h),
        scope_id: 0,
    });
    let refused = tcp_socket_start_connect(&mut world.cx(), lend(&v6), Borrow::new(all()), mapped);
    assert_eq!(refused, Err(ErrorCode::InvalidArgument));
    drop_tcp_socket(&mut world.cx(), v4);
    drop_tcp_socket(&mut world.cx(), v6);
}

#[test]
fn connecting_fails_when_it_is_finished() {
    let world = World::new();
    // A port that was just given back.
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let socket = socket(&world, IpAddressFamily::Ipv4);
    let unstarted = tcp_socket_finish_connect(&mut world.cx(), lend(&socket));
    assert!(unstarted.is_err_and(|e| e == ErrorCode::NotInProgress));
    start_connect(&world, &socket, all(), address).unwrap();
    assert_eq!(
        tcp_socket_hop_limit(&mut world.cx(), lend(&socket)),
        Err(ErrorCode::InvalidState)
    );
    wait(&world, &socket);
    let refused = ErrorCode::ConnectionRefused;
    let finished = tcp_socket_finish_connect(&mut world.cx(), lend(&socket));
    assert!(finished.is_err_and(|e| e == refused));
    assert_eq!(
        tcp_socket_hop_limit(&mut world.cx(), lend(&socket)),
        Err(refused)
    );
    assert_eq!(
        tcp_socket_remote_address(&mut world.cx(), lend(&socket)),
        Err(refused)
    );
    assert_eq!(
        start_connect(&world, &socket, all(), address),
        Err(ErrorCode::InvalidState)
    );
    drop_tcp_socket(&mut world.cx(), socket);
}

#[test]
fn options_are_what_they_were_set_to() {
    let world = World::new();
    for (family, _) in loopbacks() {
        let socket = socket(&world, family);
        let s = || lend(&socket);
        let cx = || world.cx();
        let zero = Err(ErrorCode::InvalidArgument);
        for set in [
            tcp_socket_set_keep_alive_idle_time,
            tcp_socket_set_keep_alive_interval,
            tcp_socket_set_receive_buffer_size,
            tcp_socket_set_send_buffer_size,
        ] {
            assert_eq!(set(&mut cx(), s(), 0), zero);
        }
        assert_eq!(tcp_socket_set_keep_alive_count(&mut cx(), s(), 0), zero);
        assert_eq!(tcp_socket_set_hop_limit(&mut cx(), s(), 0), zero);
        assert_eq!(tcp_socket_keep_alive_enabled(&mut cx(), s()), Ok(false));
        tcp_socket_set_keep_alive_enabled(&mut cx(), s(), true).unwrap();
        assert_eq!(tcp_socket_keep_alive_enabled(&mut cx(), s()), Ok(true));
        for (set, get) in [
            (1, 1_000_000_000),
            (2_000_000_001, 3_000_000_000),
            (u64::MAX, 32_767_000_000_000),
        ] {
            tcp_socket_set_keep_alive_idle_time(&mut cx(), s(), set).unwrap();
            assert_eq!(tcp_socket_keep_alive_idle_time(&mut cx(), s()), Ok(get));
            tcp_socket_set_keep_alive_interval(&mut cx(), s(), set).unwrap();
            assert_eq!(tcp_socket_keep_alive_interval(&mut cx(), s()), Ok(get));
        }
        for (set, get) in [(5, 5), (u32::MAX, 127)] {
            tcp_socket_set_keep_alive_count(&mut cx(), s(), set).unwrap();
            assert_eq!(tcp_socket_keep_alive_count(&mut cx(), s()), Ok(get));
        }
        for hops in [1, 42, 255] {
            tcp_socket_set_hop_limit(&mut cx(), s(), hops).unwrap();
            assert_eq!(tcp_socket_hop_limit(&mut cx(), s()), Ok(hops));
        }
        tcp_socket_set_receive_buffer_size(&mut cx(), s(), 20_000).unwrap();
        assert_eq!(tcp_socket_receive_buffer_size(&mut cx(), s()), Ok(20_000));
        tcp_socket_set_send_buffer_size(&mut cx(), s(), 20_000).unwrap();
        assert_eq!(tcp_socket_send_buffer_size(&mut cx(), s()), Ok(20_000));
        tcp_socket_set_send_buffer_size(&mut cx(), s(), u64::MAX).unwrap();
        drop_tcp_socket(&mut cx(), socket);
    }
}

/// A peer that doesn't read stops nobody, and gets every byte when it does.
#[test]
fn nothing_that_was_written_is_lost() {
    let world = World::new();
    let (connection, mut peer) = Connection::new(&world);
    let lended = lend(&connection.socket);
    tcp_socket_set_send_buffer_size(&mut world.cx(), lended, 4096).unwrap();
    let written = connection.fill(&world);
    assert!(!written.is_empty());
    // Not before the peer reads.
    let ready = output_stream_subscribe(&mut world.cx(), lend(&connection.output));
    assert!(!poll::pollable_ready(&mut world.cx(), lend(&ready)));
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        peer.read_to_end(&mut bytes).map(|_| bytes)
    });
    poll::pollable_block(&mut world.cx(), lend(&ready));
    poll::drop_pollable(&mut world.cx(), ready);
    let mut more = Vec::new();
    for n in 0..20 {
        let part = part(n);
        let len = connection.write(&world, &part).unwrap();
        more.extend(&part[..len]);
    }
    // Whatever is kept goes before the end.
    connection.shutdown(&world, ShutdownType::Send);
    connection.drop(&world);
    wait_for_files(&world, 0);
    let read = reader.join().unwrap().unwrap();
    assert!(read == [written, more].concat(), "{} bytes", read.len());
}

/// Waits, for nothing that has to do with sockets, until so many files are open.
fn wait_for_files(world: &World, count: u32) {
    for _ in 0..2000 {
        if world.files() == count {
            return;
        }
        thread::sleep(Duration::from_millis(10));
        poll::wait(Event::Now);
    }
    panic!("{} files are open", world.files());
}

/// Who drops a stream isn't stopped by a peer that doesn't read; the bytes go when it does, and the connection with the last.
#[test]
fn dropping_waits_for_nobody() {
    let world = World::new();
    let (connection, mut peer) = Connection::new(&world);
    tcp_socket_set_send_buffer_size(&mut world.cx(), lend(&connection.socket), 4096).unwrap();
    let (other, other_peer) = Connection::new(&world);
    tcp_socket_set_send_buffer_size(&mut world.cx(), lend(&other.socket), 4096).unwrap();
    let written = connection.fill(&world);
    other.fill(&world);
    connection.drop(&world);
    other.drop(&world);
    wait_for_files(&world, 2);
    // One that goes away takes nothing with it but its own.
    drop(other_peer);
    wait_for_files(&world, 1);
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        peer.read_to_end(&mut bytes).map(|_| bytes)
    });
    wait_for_files(&world, 0);
    let read = reader.join().unwrap().unwrap();
    assert!(read == written, "{} bytes", read.len());
}

/// The socket's handle outlives the stream's: its half can still be closed, after what is kept.
#[test]
fn a_half_is_closed_when_its_stream_is_dropped() {
    let world = World::new();
    let (connection, mut peer) = Connection::new(&world);
    tcp_socket_set_send_buffer_size(&mut world.cx(), lend(&connection.socket), 4096).unwrap();
    let written = connection.fill(&world);
    drop_output_stream(&mut world.cx(), connection.output);
    let socket = lend(&connection.socket);
    tcp_socket_shutdown(&mut world.cx(), socket, ShutdownType::Send).unwrap();
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        peer.read_to_end(&mut bytes).unwrap();
        peer.write_all(b"all of it").unwrap();
        bytes
    });
    let answer = input_stream_blocking_read(&mut world.cx(), lend(&connection.input), 100);
    let answer = answer.map_err(Ended::from).unwrap();
    assert_eq!(world.list(answer), b"all of it");
    assert!(reader.join().unwrap() == written);
    drop_input_stream(&mut world.cx(), connection.input);
    drop_tcp_socket(&mut world.cx(), connection.socket);
    assert_eq!(world.files(), 0);
}

/// The end waits for what is kept, dropped or not.
#[test]
fn the_end_comes_after_what_is_kept() {
    let world = World::new();
    let (dropped, kept) = (Connection::new(&world), Connection::new(&world));
    let mut readers = Vec::new();
    let mut held = None;
    for (i, (connection, mut peer)) in [dropped, kept].into_iter().enumerate() {
        let lended = lend(&connection.socket);
        tcp_socket_set_send_buffer_size(&mut world.cx(), lended, 4096).unwrap();
        let written = connection.fill(&world);
        match i {
            0 => connection.drop(&world),
            _ => held = Some(connection),
        }
        readers.push(thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            let mut bytes = vec![0; written.len()];
            peer.read_exact(&mut bytes).unwrap();
            assert!(bytes == written);
        }));
    }
    connection::settle_all();
    assert_eq!(world.files(), 1);
    for reader in readers {
        reader.join().unwrap();
    }
    held.unwrap().drop(&world);
    assert_eq!(world.files(), 0);
}

/// The program waits for something else while bytes are kept: they go nevertheless.
#[test]
fn what_is_kept_goes_while_the_program_waits() {
    let world = World::new();
    let (connection, mut peer) = Connection::new(&world);
    tcp_socket_set_send_buffer_size(&mut world.cx(), lend(&connection.socket), 4096).unwrap();
    let written = connection.fill(&world);
    let len = written.len();
    let reader = thread::spawn(move || {
        let mut bytes = vec![0; len];
        peer.read_exact(&mut bytes).unwrap();
        peer.write_all(b"all of it").unwrap();
        bytes
    });
    assert_eq!(connection.read(&world, true).unwrap(), b"all of it");
    assert!(reader.join().unwrap() == written);
    connection.drop(&world);
}

#[test]
fn half_closed_connections_have_another_half() {
    let world = World::new();
    let (connection, mut peer) = Connection::new(&world);
    assert!(connection.read(&world, false).unwrap().is_empty());
    connection.shutdown(&world, ShutdownType::Send);
    let mut bytes = [0; 10];
    assert_eq!(peer.read(&mut bytes).unwrap(), 0);
    assert!(is_closed(&connection.write(&world, b"x")));
    peer.write_all(b"still here").unwrap();
    assert_eq!(connection.read(&world, true).unwrap(), b"still here");
    peer.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(is_closed(&connection.read(&world, true)));
    assert!(is_closed(&connection.read(&world, false)));
    connection.drop(&world);

    // The other way round.
    let (connection, mut peer) = Connection::new(&world);
    connection.shutdown(&world, ShutdownType::Receive);
    assert!(is_closed(&connection.read(&world, true)));
    connection.write(&world, b"still here").unwrap();
    peer.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"still here");
    connection.drop(&world);
    assert_eq!(world.files(), 0);
}

#[test]
fn a_reset_is_an_error_and_no_signal() {
    let world = World::new();
    let (connection, peer) = Connection::new(&world);
    // Bytes that the peer never reads make its end a reset.
    connection.write(&world, b"unread").unwrap();
    let unread = peer.peek(&mut [0; 6]).unwrap();
    assert_eq!(unread, 6);
    drop(peer);
    let read = connection.read(&world, true);
    assert!(is_failed(&read));
    assert!(is_closed(&connection.read(&world, true)));
    let write = connection.write(&world, b"x");
    assert!(is_closed(&write) || is_failed(&write));
    assert!(is_closed(&connection.write(&world, b"x")));
    connection.drop(&world);
    assert_eq!(world.files(), 0);
}

/// A reset while bytes are kept: they are nobody's any more, and the stream tells.
#[test]
fn a_reset_ends_what_is_kept() {
    let world = World::new();
    let (connection, peer) = Connection::new(&world);
    tcp_socket_set_send_buffer_size(&mut world.cx(), lend(&connection.socket), 4096).unwrap();
    connection.fill(&world);
    drop(peer);
    let ready = output_stream_subscribe(&mut world.cx(), lend(&connection.output));
    poll::pollable_block(&mut world.cx(), lend(&ready));
    let flush = output_stream_blocking_flush(&mut world.cx(), lend(&connection.output));
    let flush = flush.map_err(Ended::from);
    assert!(is_failed(&flush) || is_closed(&flush));
    assert!(is_closed(&connection.write(&world, b"x")));
    poll::drop_pollable(&mut world.cx(), ready);
    connection.drop(&world);
    assert_eq!(world.files(), 0);
}

#[test]
fn handles_are_dropped_in_any_order() {
    let world = World::new();
    let (connection, mut peer) = Connection::new(&world);
    let pollable = tcp_socket_subscribe(&mut world.cx(), lend(&connection.socket));
    let Connection {
        socket,
        input,
        output,
    } = connection;
    drop_tcp_socket(&mut world.cx(), socket);
    drop_input_stream(&mut world.cx(), input);
    let list = world.bytes(b"the last");
    assert!(output_stream_blocking_write_and_flush(&mut world.cx(), lend(&output), list).is_ok());
    let (sent, received) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = sent.send(peer.read_to_end(&mut bytes).map(|_| bytes));
    });
    drop_output_stream(&mut world.cx(), output);
    // The pollable holds the socket still.
    assert!(received.recv_timeout(Duration::from_millis(50)).is_err());
    assert_eq!(world.files(), 1);
    poll::drop_pollable(&mut world.cx(), pollable);
    assert_eq!(received.recv().unwrap().unwrap(), b"the last");
    assert_eq!(world.files(), 0);
}

#[test]
fn open_files_are_counted() {
    let world = World::new();
    world.limit_files(1);
    let first = create(&world.cx(), IpAddressFamily::Ipv4).unwrap();
    let second = create(&world.cx(), IpAddressFamily::Ipv4);
    assert!(second.is_err_and(|e| e == ErrorCode::NewSocketLimit));
    drop_tcp_socket(&mut world.cx(), first);
    drop_tcp_socket(
        &mut world.cx(),
        create(&world.cx(), IpAddressFamily::Ipv4).unwrap(),
    );
}

mod ends;
