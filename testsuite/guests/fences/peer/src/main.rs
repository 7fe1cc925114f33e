//! Both ends of a conversation, so that a program of it makes every system call that grants of the network lead to: a server answers one client in
//! capitals (`serve PORT`, and by datagrams `hear PORT`), a client looks up the server's name, asks, and prints the answer (`fetch NAME PORT`,
//! `say NAME PORT`). An error ends it, in words.

wit_bindgen::generate!({
    path: [
        "../../../../wit/packages/io.wit",
        "../../../../wit/packages/clocks.wit",
        "../../../../wit/packages/sockets.wit",
        "../wit",
    ],
    world: "test:fences/peer",
    generate_all,
});

use std::process::ExitCode;

use wasi::io::poll::Pollable;
use wasi::io::streams::{InputStream, OutputStream, StreamError};
use wasi::sockets::instance_network::instance_network;
use wasi::sockets::ip_name_lookup::resolve_addresses;
use wasi::sockets::network::{
    ErrorCode, IpAddress, IpAddressFamily, IpSocketAddress, Ipv4Address, Ipv4SocketAddress,
};
use wasi::sockets::tcp::ShutdownType;
use wasi::sockets::tcp_create_socket::create_tcp_socket;
use wasi::sockets::udp::{IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream, UdpSocket};
use wasi::sockets::udp_create_socket::create_udp_socket;

type Result<T> = std::result::Result<T, String>;

const QUESTION: &[u8] = b"a question";
const HERE: Ipv4Address = (127, 0, 0, 1);

fn at(address: Ipv4Address, port: u16) -> IpSocketAddress {
    IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address })
}

/// The error in words, after what was tried.
fn said(what: &'static str) -> impl Fn(ErrorCode) -> String {
    move |error| format!("{what}: {}", error.name())
}

fn stream_error(error: StreamError) -> String {
    match error {
        StreamError::Closed => "closed".to_owned(),
        StreamError::LastOperationFailed(error) => error.to_debug_string(),
    }
}

/// Calls until it doesn't have to wait.
fn wait<T>(pollable: Pollable, what: &'static str, call: impl Fn() -> std::result::Result<T, ErrorCode>) -> Result<T> {
    loop {
        match call() {
            Err(ErrorCode::WouldBlock) => pollable.block(),
            other => return other.map_err(said(what)),
        }
    }
}

/// The first IPv4 address of a name.
fn look_up(name: &str) -> Result<Ipv4Address> {
    let stream = resolve_addresses(&instance_network(), name).map_err(said("looking up"))?;
    loop {
        match wait(stream.subscribe(), "looking up", || stream.resolve_next_address())? {
            Some(IpAddress::Ipv4(address)) => return Ok(address),
            Some(_) => {}
            None => return Err(format!("{name} has no address")),
        }
    }
}

fn read(from: &InputStream) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        match from.blocking_read(4096) {
            Ok(bytes) => all.extend(bytes),
            Err(StreamError::Closed) => return Ok(all),
            Err(error) => return Err(stream_error(error)),
        }
    }
}

fn write(to: &OutputStream, bytes: &[u8]) -> Result<()> {
    to.blocking_write_and_flush(bytes).map_err(stream_error)
}

fn serve(port: u16) -> Result<()> {
    let socket = create_tcp_socket(IpAddressFamily::Ipv4).map_err(said("a socket"))?;
    socket.start_bind(&instance_network(), at(HERE, port)).map_err(said("binding"))?;
    socket.finish_bind().map_err(said("binding"))?;
    socket.start_listen().map_err(said("listening"))?;
    socket.finish_listen().map_err(said("listening"))?;
    println!("ready");
    let (client, from, to) = wait(socket.subscribe(), "accepting", || socket.accept())?;
    client.remote_address().map_err(said("the client's address"))?;
    let question = read(&from)?;
    write(&to, &question.to_ascii_uppercase())?;
    client.shutdown(ShutdownType::Send).map_err(said("the end"))
}

fn fetch(name: &str, port: u16) -> Result<()> {
    let address = look_up(name)?;
    let socket = create_tcp_socket(IpAddressFamily::Ipv4).map_err(said("a socket"))?;
    // What a client sets, and asks for.
    socket.set_keep_alive_enabled(true).map_err(said("an option"))?;
    socket.set_keep_alive_idle_time(60_000_000_000).map_err(said("an option"))?;
    socket.set_keep_alive_interval(1_000_000_000).map_err(said("an option"))?;
    socket.set_keep_alive_count(3).map_err(said("an option"))?;
    socket.set_hop_limit(32).map_err(said("an option"))?;
    socket.set_receive_buffer_size(1 << 16).map_err(said("an option"))?;
    socket.set_send_buffer_size(1 << 16).map_err(said("an option"))?;
    let told = (
        socket.keep_alive_enabled().map_err(said("an option"))?,
        socket.keep_alive_idle_time().map_err(said("an option"))?,
        socket.keep_alive_interval().map_err(said("an option"))?,
        socket.keep_alive_count().map_err(said("an option"))?,
        socket.hop_limit().map_err(said("an option"))?,
        socket.receive_buffer_size().map_err(said("an option"))? > 0,
        socket.send_buffer_size().map_err(said("an option"))? > 0,
    );
    if told != (true, 60_000_000_000, 1_000_000_000, 3, 32, true, true) {
        return Err(format!("the options are {told:?}"));
    }
    socket.start_connect(&instance_network(), at(address, port)).map_err(said("connecting"))?;
    let (from, to) = wait(socket.subscribe(), "connecting", || socket.finish_connect())?;
    socket.local_address().map_err(said("the own address"))?;
    write(&to, QUESTION)?;
    socket.shutdown(ShutdownType::Send).map_err(said("the end"))?;
    println!("{}", String::from_utf8_lossy(&read(&from)?));
    Ok(())
}

fn bound(address: IpSocketAddress) -> Result<UdpSocket> {
    let socket = create_udp_socket(IpAddressFamily::Ipv4).map_err(said("a socket"))?;
    socket.start_bind(&instance_network(), address).map_err(said("binding"))?;
    socket.finish_bind().map_err(said("binding"))?;
    Ok(socket)
}

/// One datagram, and from where.
fn receive(from: &IncomingDatagramStream) -> Result<(Vec<u8>, IpSocketAddress)> {
    loop {
        let datagrams = from.receive(1).map_err(said("receiving"))?;
        match datagrams.into_iter().next() {
            Some(datagram) => return Ok((datagram.data, datagram.remote_address)),
            None => from.subscribe().block(),
        }
    }
}

fn send(to: &OutgoingDatagramStream, data: Vec<u8>, remote_address: Option<IpSocketAddress>) -> Result<()> {
    while to.check_send().map_err(said("sending"))? == 0 {
        to.subscribe().block();
    }
    let sent = to.send(&[OutgoingDatagram { data, remote_address }]).map_err(said("sending"))?;
    if sent == 1 { Ok(()) } else { Err("nothing was sent".to_owned()) }
}

fn hear(port: u16) -> Result<()> {
    let socket = bound(at(HERE, port))?;
    let (from, to) = socket.stream(None).map_err(said("streams"))?;
    println!("ready");
    let (question, client) = receive(&from)?;
    send(&to, question.to_ascii_uppercase(), Some(client))
}

fn say(name: &str, port: u16) -> Result<()> {
    let address = look_up(name)?;
    let socket = bound(at((0, 0, 0, 0), 0))?;
    let (from, to) = socket.stream(Some(at(address, port))).map_err(said("streams"))?;
    send(&to, QUESTION.to_vec(), None)?;
    println!("{}", String::from_utf8_lossy(&receive(&from)?.0));
    Ok(())
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let port = |word: &str| word.parse().expect("a port");
    let result = match words[..] {
        ["serve", at] => serve(port(at)),
        ["fetch", name, at] => fetch(name, port(at)),
        ["hear", at] => hear(port(at)),
        ["say", name, at] => say(name, port(at)),
        _ => panic!("what is {words:?}?"),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}
