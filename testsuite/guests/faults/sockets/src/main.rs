//! TCP to whoever is slow, gone, or silent: `push PORT TOTAL` connects to this machine, sends a pattern, closes its half, and reads until the end;
//! `echo PORT` waits for one connection and gives back what comes. Both report on standard error how many bytes were taken to be
//! sent, how many came, and with what it ended. `open N` makes sockets as long as it may.
//!
//! `leave PORT HOW` connects, writes until nothing more is taken, and flushes nothing: then it drops the connection (`drop`), closes its half and drops
//! it (`close`), or keeps all of it until the program ends (`end`). Where it drops it, that may not take long.
//!
//! `many PORT COUNT` gives back what comes on COUNT connections at once, until all of them were closed.
//! `again COUNT` is both ends of that many connections, one after the other. `reader PORT`
//! reads standard input to its end after it has written what is taken.

wit_bindgen::generate!({
    path: [
        "../../../../wit/packages/io.wit",
        "../../../../wit/packages/clocks.wit",
        "../../../../wit/packages/sockets.wit",
        "../wit",
    ],
    world: "test:faults/sockets",
    generate_all,
});

use std::process::ExitCode;
use std::time::{Duration, Instant};

use wasi::io::poll::{Pollable, poll};
use wasi::io::streams::{InputStream, OutputStream, StreamError};
use wasi::sockets::instance_network::instance_network;
use wasi::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};
use wasi::sockets::tcp::{ShutdownType, TcpSocket};
use wasi::sockets::tcp_create_socket::create_tcp_socket;

/// Byte `i` of the pattern.
fn pattern(i: u64) -> u8 {
    (i.wrapping_mul(167) + i / 256) as u8
}

fn here(port: u16) -> IpSocketAddress {
    IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (127, 0, 0, 1) })
}

/// Calls until it doesn't have to wait.
fn wait<T>(socket: &TcpSocket, call: impl Fn() -> Result<T, ErrorCode>) -> Result<T, String> {
    let pollable = socket.subscribe();
    loop {
        match call() {
            Err(ErrorCode::WouldBlock) => pollable.block(),
            other => return other.map_err(|error| error.name().to_owned()),
        }
    }
}

fn stream_error(error: StreamError) -> String {
    match error {
        StreamError::Closed => "closed".to_owned(),
        StreamError::LastOperationFailed(error) => error.to_debug_string(),
    }
}

/// Gives bytes to a stream, and counts those that it took.
fn send(to: &OutputStream, mut bytes: &[u8], sent: &mut u64) -> Result<(), String> {
    while !bytes.is_empty() {
        let permitted = to.check_write().map_err(stream_error)?;
        if permitted == 0 {
            to.subscribe().block();
            continue;
        }
        let (now, later) = bytes.split_at(bytes.len().min(permitted as usize));
        to.write(now).map_err(stream_error)?;
        *sent += now.len() as u64;
        bytes = later;
    }
    Ok(())
}

/// Some bytes; none at the end.
fn receive(from: &InputStream) -> Result<Vec<u8>, String> {
    match from.blocking_read(40_000) {
        Err(StreamError::Closed) => Ok(Vec::new()),
        other => other.map_err(stream_error),
    }
}

fn push(port: u16, total: u64, sent: &mut u64, came: &mut u64) -> Result<(), String> {
    let name = |error: ErrorCode| error.name().to_owned();
    let socket = create_tcp_socket(IpAddressFamily::Ipv4).map_err(name)?;
    socket.start_connect(&instance_network(), here(port)).map_err(name)?;
    let (from, to) = wait(&socket, || socket.finish_connect())?;
    while *sent < total {
        let bytes: Vec<u8> = (*sent..total.min(*sent + 30_000)).map(pattern).collect();
        send(&to, &bytes, sent)?;
    }
    to.blocking_flush().map_err(stream_error)?;
    socket.shutdown(ShutdownType::Send).map_err(name)?;
    loop {
        let bytes = receive(&from)?;
        if bytes.is_empty() {
            return Ok(());
        }
        if !bytes.iter().enumerate().all(|(i, &byte)| byte == pattern(*came + i as u64)) {
            return Err("other bytes came".to_owned());
        }
        *came += bytes.len() as u64;
    }
}

fn echo(port: u16, sent: &mut u64, came: &mut u64) -> Result<(), String> {
    let name = |error: ErrorCode| error.name().to_owned();
    let socket = create_tcp_socket(IpAddressFamily::Ipv4).map_err(name)?;
    socket.start_bind(&instance_network(), here(port)).map_err(name)?;
    socket.finish_bind().map_err(name)?;
    socket.start_listen().map_err(name)?;
    socket.finish_listen().map_err(name)?;
    let (peer, from, to) = wait(&socket, || socket.accept())?;
    loop {
        let bytes = receive(&from)?;
        *came += bytes.len() as u64;
        if bytes.is_empty() {
            to.blocking_flush().map_err(stream_error)?;
            return peer.shutdown(ShutdownType::Send).map_err(name);
        }
        send(&to, &bytes, sent)?;
    }
}

/// A connection to this machine, with little room to send.
fn narrow(port: u16) -> Result<(TcpSocket, InputStream, OutputStream), String> {
    let name = |error: ErrorCode| error.name().to_owned();
    let socket = create_tcp_socket(IpAddressFamily::Ipv4).map_err(name)?;
    socket.set_send_buffer_size(8192).map_err(name)?;
    socket.start_connect(&instance_network(), here(port)).map_err(name)?;
    let (from, to) = wait(&socket, || socket.finish_connect())?;
    Ok((socket, from, to))
}

/// Writes until nothing more is taken.
fn fill(to: &OutputStream, sent: &mut u64) -> Result<(), String> {
    to.subscribe().block();
    loop {
        let permitted = to.check_write().map_err(stream_error)?;
        if permitted == 0 {
            return Ok(());
        }
        let bytes: Vec<u8> = (*sent..*sent + permitted).map(pattern).collect();
        to.write(&bytes).map_err(stream_error)?;
        *sent += permitted;
    }
}

fn leave(port: u16, how: &str, sent: &mut u64) -> Result<(), String> {
    let (socket, from, to) = narrow(port)?;
    fill(&to, sent)?;
    if how == "end" {
        std::mem::forget((socket, from, to));
        return Ok(());
    }
    let begin = Instant::now();
    if how == "close" {
        socket.shutdown(ShutdownType::Send).map_err(|error| error.name().to_owned())?;
    }
    drop((to, from, socket));
    match begin.elapsed() {
        took if took > Duration::from_secs(5) => Err(format!("dropping took {took:?}")),
        _ => Ok(()),
    }
}

fn reader(port: u16, sent: &mut u64, came: &mut u64) -> Result<(), String> {
    let (socket, from, to) = narrow(port)?;
    fill(&to, sent)?;
    *came = std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).map_err(|error| error.to_string())?;
    drop((to, from, socket));
    Ok(())
}

fn listener(port: u16) -> Result<TcpSocket, String> {
    let name = |error: ErrorCode| error.name().to_owned();
    let socket = create_tcp_socket(IpAddressFamily::Ipv4).map_err(name)?;
    socket.set_listen_backlog_size(4096).map_err(name)?;
    socket.start_bind(&instance_network(), here(port)).map_err(name)?;
    socket.finish_bind().map_err(name)?;
    socket.start_listen().map_err(name)?;
    socket.finish_listen().map_err(name)?;
    Ok(socket)
}

/// One of many connections.
struct Peer {
    socket: TcpSocket,
    from: InputStream,
    to: OutputStream,
    bytes: Vec<u8>,
}

impl Peer {
    /// Reads or writes, whatever it waits for. Whether it goes on.
    fn turn(&mut self, sent: &mut u64, came: &mut u64) -> Result<bool, String> {
        if self.bytes.is_empty() {
            match self.from.read(40_000) {
                Err(StreamError::Closed) => return Ok(false),
                other => self.bytes = other.map_err(stream_error)?,
            }
            *came += self.bytes.len() as u64;
        }
        let permitted = self.to.check_write().map_err(stream_error)?;
        let now = self.bytes.len().min(permitted as usize);
        self.to.write(&self.bytes[..now]).map_err(stream_error)?;
        self.bytes.drain(..now);
        *sent += now as u64;
        Ok(true)
    }
}

fn many(port: u16, count: u64, sent: &mut u64, came: &mut u64) -> Result<(), String> {
    let listener = listener(port)?;
    let more = listener.subscribe();
    let mut peers: Vec<Peer> = Vec::new();
    let mut left = count;
    while left != 0 || !peers.is_empty() {
        let waits: Vec<Pollable> = peers
            .iter()
            .map(|peer| if peer.bytes.is_empty() { peer.from.subscribe() } else { peer.to.subscribe() })
            .collect();
        let ready = poll(&waits.iter().chain([&more]).collect::<Vec<_>>());
        drop(waits);
        // From the last on, so that those before stay where they are.
        for index in ready.into_iter().rev() {
            match peers.get_mut(index as usize) {
                Some(peer) => {
                    if !peer.turn(sent, came)? {
                        let Peer { socket, from, to, .. } = peers.remove(index as usize);
                        socket.shutdown(ShutdownType::Send).map_err(|error| error.name().to_owned())?;
                        drop((from, to, socket));
                    }
                }
                None => loop {
                    match listener.accept() {
                        Ok((socket, from, to)) => {
                            peers.push(Peer { socket, from, to, bytes: Vec::new() });
                            left -= 1;
                        }
                        Err(ErrorCode::WouldBlock) => break,
                        Err(error) => return Err(error.name().to_owned()),
                    }
                },
            }
        }
    }
    Ok(())
}

fn again(count: u64, sent: &mut u64, came: &mut u64) -> Result<(), String> {
    let name = |error: ErrorCode| error.name().to_owned();
    let listener = listener(0)?;
    let address = listener.local_address().map_err(name)?;
    for _ in 0..count {
        let socket = create_tcp_socket(IpAddressFamily::Ipv4).map_err(name)?;
        socket.start_connect(&instance_network(), address).map_err(name)?;
        let (from, to) = wait(&socket, || socket.finish_connect())?;
        let (peer, peer_from, peer_to) = wait(&listener, || listener.accept())?;
        send(&to, b"here", sent)?;
        *came += receive(&peer_from)?.len() as u64;
        drop((peer_to, peer_from, peer));
        if !receive(&from)?.is_empty() {
            return Err("more came".to_owned());
        }
        drop((to, from, socket));
    }
    Ok(())
}

fn open(count: u64, made: &mut u64) -> Result<(), String> {
    let mut all = Vec::new();
    while *made < count {
        all.push(create_tcp_socket(IpAddressFamily::Ipv4).map_err(|error| error.name().to_owned())?);
        *made += 1;
    }
    Ok(())
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize| words[i].parse::<u64>().expect("a number");
    let (mut sent, mut came) = (0, 0);
    let result = match words[0].as_str() {
        "push" => push(number(1) as u16, number(2), &mut sent, &mut came),
        "echo" => echo(number(1) as u16, &mut sent, &mut came),
        "open" => open(number(1), &mut sent),
        "leave" => leave(number(1) as u16, &words[2], &mut sent),
        "reader" => reader(number(1) as u16, &mut sent, &mut came),
        "many" => many(number(1) as u16, number(2), &mut sent, &mut came),
        "again" => again(number(1), &mut sent, &mut came),
        other => panic!("{other}?"),
    };
    match result {
        Ok(()) => {
            eprintln!("came {came}\nsent {sent}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("came {came}\nsent {sent}: {error}");
            ExitCode::FAILURE
        }
    }
}
