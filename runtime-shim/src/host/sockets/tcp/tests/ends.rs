//! Peers that don't read, and peers that reset their connection.

use std::os::fd::AsRawFd;

use super::*;
use crate::sys::{self, PollFd};

unsafe extern "C" {
    fn setsockopt(socket: i32, level: i32, option: i32, at: *const [i32; 2], len: u32) -> i32;
}

/// Ends a connection by a reset.
fn reset(peer: TcpStream) {
    /// To wait no second.
    const LINGER: [i32; 2] = [1, 0];
    // SAFETY: the C library's function, `SOL_SOCKET` and `SO_LINGER`, and a `struct linger`.
    assert_eq!(
        unsafe { setsockopt(peer.as_raw_fd(), 1, 13, &LINGER, 8) },
        0
    );
}

/// Waits until the kernel knows that a connection was reset, which stays as it is.
fn wait_for_reset(index: u32) {
    // What nobody has to ask for: that there is an error.
    let mut polled = [PollFd {
        descriptor: SOCKETS.0.get(index).file.descriptor(),
        ..PollFd::default()
    }];
    assert_eq!(sys::poll(&mut polled, None), Ok(1));
}

/// What one `check-write` has permitted may be written in parts, and none of them waits for the peer.
#[test]
fn parts_of_what_was_permitted_don_t_wait() {
    let world = World::new();
    let (connection, mut peer) = Connection::new(&world);
    let index = connection.socket.rep();
    tcp_socket_set_send_buffer_size(&mut world.cx(), lend(&connection.socket), 4096).unwrap();
    let output = || lend(&connection.output);
    let permit = output_stream_check_write(&mut world.cx(), output()).map_err(Ended::from);
    assert_eq!(permit.unwrap(), 65536);
    // As where the kernel says that there is room and takes less: some of it is kept.
    let kept = || {
        connection::advance(index);
        SOCKETS.0.get(index).pending.len()
    };
    let mut written = Vec::new();
    let (mut looks, mut before) = (0, 0);
    while looks < 10 {
        while kept() == 0 {
            let part = [written.len() as u8; 1000];
            change(index, |socket| socket.write(index, &part)).unwrap();
            written.extend(part);
        }
        thread::sleep(Duration::from_millis(10));
        looks = if kept() == before { looks + 1 } else { 0 };
        before = kept();
    }
    // If a part waits for the peer, it does so in vain, and fails in the end.
    let (done, is_done) = channel();
    let reader = thread::spawn(move || {
        is_done.recv_timeout(Duration::from_secs(60)).ok()?;
        let mut bytes = Vec::new();
        peer.read_to_end(&mut bytes).unwrap();
        Some(bytes)
    });
    for part in [30_000, 30_000, 4_000] {
        let part = vec![part as u8 ^ 5; part];
        let list = world.bytes(&part);
        let result = output_stream_write(&mut world.cx(), output(), list);
        result.map_err(Ended::from).unwrap();
        written.extend(part);
    }
    done.send(()).unwrap();
    // More than that is for who waits.
    let list = world.bytes(&[9; 4096]);
    let result = output_stream_blocking_write_and_flush(&mut world.cx(), output(), list);
    result.map_err(Ended::from).unwrap();
    written.extend([9; 4096]);
    connection.shutdown(&world, ShutdownType::Send);
    connection.drop(&world);
    let read = reader.join().unwrap().unwrap();
    assert!(read == written, "{} bytes of {}", read.len(), written.len());
    wait_for_files(&world, 0);
}

/// A reset that was found when something was written: to who reads, it isn't the end of what the peer had to say.
#[test]
fn who_reads_is_told_of_a_reset_that_writing_found() {
    let world = World::new();
    for kept in [false, true] {
        let (connection, mut peer) = Connection::new(&world);
        let index = connection.socket.rep();
        tcp_socket_set_send_buffer_size(&mut world.cx(), lend(&connection.socket), 4096).unwrap();
        if kept {
            connection.fill(&world);
        } else {
            connection.write(&world, b"unread").unwrap();
            assert_eq!(peer.peek(&mut [0; 6]).unwrap(), 6);
        }
        peer.write_all(b"half of").unwrap();
        // With bytes that it hasn't read, its end is a reset.
        drop(peer);
        wait_for_reset(index);
        if kept {
            poll::wait(Event::Now);
            drop_output_stream(&mut world.cx(), connection.output);
        } else {
            let list = world.bytes(b"x");
            let output = lend(&connection.output);
            let written = output_stream_blocking_write_and_flush(&mut world.cx(), output, list);
            assert!(is_failed(&written.map_err(Ended::from)));
            drop_output_stream(&mut world.cx(), connection.output);
        }
        let read = || {
            let input = lend(&connection.input);
            let read = input_stream_blocking_read(&mut world.cx(), input, 100);
            read.map(|list| world.list(list)).map_err(Ended::from)
        };
        // What came before it may be there still.
        let mut last = read();
        if last.is_ok() {
            last = read();
        }
        assert!(is_failed(&last), "{last:?}");
        assert!(is_closed(&read()));
        drop_input_stream(&mut world.cx(), connection.input);
        drop_tcp_socket(&mut world.cx(), connection.socket);
        assert_eq!(world.files(), 0);
    }
}

/// A peer that has reset its connection before it was accepted (as those do that only look whether somebody listens) has an
/// address all the same.
#[test]
fn who_has_gone_has_an_address() {
    let world = World::new();
    for (family, address) in loopbacks() {
        let listener = socket(&world, family);
        bind(&world, &listener, all(), SocketAddr::new(address, 0)).unwrap();
        tcp_socket_start_listen(&mut world.cx(), lend(&listener)).unwrap();
        tcp_socket_finish_listen(&mut world.cx(), lend(&listener)).unwrap();
        let at = tcp_socket_local_address(&mut world.cx(), lend(&listener)).unwrap();
        let mut accepted = Vec::new();
        for before in [true, false] {
            let peer = TcpStream::connect(host(at)).unwrap();
            let from = peer.local_addr().unwrap();
            let mut peer = Some(peer);
            if before {
                peer.take().into_iter().for_each(reset);
            }
            wait(&world, &listener);
            let (socket, input, output) =
                tcp_socket_accept(&mut world.cx(), lend(&listener)).unwrap();
            peer.into_iter().for_each(reset);
            wait_for_reset(socket.rep());
            let remote = tcp_socket_remote_address(&mut world.cx(), lend(&socket));
            assert_eq!(remote.map(host), Ok(from), "{before}");
            drop_input_stream(&mut world.cx(), input);
            drop_output_stream(&mut world.cx(), output);
            accepted.push(socket);
        }
        for socket in accepted {
            drop_tcp_socket(&mut world.cx(), socket);
        }
        // Who connected knows as well.
        let (connection, peer) = Connection::new(&world);
        let to = peer.local_addr().unwrap();
        reset(peer);
        wait_for_reset(connection.socket.rep());
        let remote = tcp_socket_remote_address(&mut world.cx(), lend(&connection.socket));
        assert_eq!(remote.map(host), Ok(to));
        connection.drop(&world);
        drop_tcp_socket(&mut world.cx(), listener);
    }
}

/// Where no port is left to connect from, the address is in use: what can't be bound to is another matter.
#[test]
fn a_connection_that_there_is_can_t_be_made_again() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap();
    let (first, second) = (
        socket(&world, IpAddressFamily::Ipv4),
        socket(&world, IpAddressFamily::Ipv4),
    );
    bind(&world, &first, all(), "127.0.0.1:0".parse().unwrap()).unwrap();
    let from = tcp_socket_local_address(&mut world.cx(), lend(&first)).unwrap();
    bind(&world, &second, all(), host(from)).unwrap();
    for (socket, wanted) in [(&first, None), (&second, Some(ErrorCode::AddressInUse))] {
        start_connect(&world, socket, all(), to).unwrap();
        wait(&world, socket);
        let result = tcp_socket_finish_connect(&mut world.cx(), lend(socket));
        assert_eq!(result.as_ref().err(), wanted.as_ref());
        if let Ok((input, output)) = result {
            drop_input_stream(&mut world.cx(), input);
            drop_output_stream(&mut world.cx(), output);
        }
    }
    for socket in [first, second] {
        drop_tcp_socket(&mut world.cx(), socket);
    }
    assert_eq!(world.files(), 0);
}
