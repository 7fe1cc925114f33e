//! TCP to whoever is slow, gone, or silent: `push PORT TOTAL` connects to this machine, sends a pattern, closes its half, and reads until the end;
//! `echo PORT` waits for one connection and gives back what comes. Both report on standard error how many bytes were taken to be
//! sent, how many came, and with what it ended. `open N` makes sockets as long as it may.

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
