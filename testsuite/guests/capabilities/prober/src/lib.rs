//! Tries everything that a component can reach for.

wit_bindgen::generate!({
    path: [
        "../../../../wit/packages/io.wit",
        "../../../../wit/packages/clocks.wit",
        "../../../../wit/packages/random.wit",
        "../../../../wit/packages/filesystem.wit",
        "../../../../wit/packages/sockets.wit",
        "../../../../wit/packages/cli.wit",
        "../wit",
    ],
    world: "test:capabilities/prober",
    generate_all,
});

use std::fmt::Debug;
use std::fs;
use std::io::{Read, Result, Write};
use wasi::io::poll::Pollable;
use wasi::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};
use wasi::sockets::udp::OutgoingDatagram;
use wasi::sockets::{instance_network, ip_name_lookup, tcp_create_socket, udp_create_socket};

struct Prober;

impl exports::test::capabilities::attempts::Guest for Prober {
    fn all(granted: u16, other: u16) -> Vec<String> {
        let mut lines = vec![
            format!("arguments {}", std::env::args_os().count()),
            format!("variables {}", std::env::vars_os().count()),
        ];
        fn attempt<E: Debug>(
            lines: &mut Vec<String>,
            what: &str,
            result: std::result::Result<String, E>,
        ) {
            lines.push(match result {
                Ok(found) => format!("{what} {found}"),
                Err(_) => format!("{what} failed"),
            });
        }
        attempt(&mut lines, "stdin", input());
        attempt(&mut lines, "stdout", said(std::io::stdout()));
        attempt(&mut lines, "stderr", said(std::io::stderr()));
        attempt(&mut lines, "list /data", listed("/data"));
        attempt(&mut lines, "list /", listed("/"));
        attempt(&mut lines, "list .", listed("."));
        attempt(&mut lines, "list /data/..", listed("/data/.."));
        attempt(
            &mut lines,
            "read /data/file",
            fs::read_to_string("/data/file"),
        );
        attempt(
            &mut lines,
            "read /data/../secret",
            fs::read_to_string("/data/../secret"),
        );
        attempt(
            &mut lines,
            "read /data/link",
            fs::read_to_string("/data/link"),
        );
        attempt(
            &mut lines,
            "read /etc/passwd",
            fs::read_to_string("/etc/passwd"),
        );
        attempt(
            &mut lines,
            "write /data/file",
            done(fs::write("/data/file", "changed")),
        );
        attempt(
            &mut lines,
            "write /data/new",
            done(fs::write("/data/new", "new")),
        );
        attempt(
            &mut lines,
            "remove /data/file",
            done(fs::remove_file("/data/file")),
        );
        attempt(
            &mut lines,
            "rename /data/file",
            done(fs::rename("/data/file", "/data/gone")),
        );
        attempt(
            &mut lines,
            "make /data/folder",
            done(fs::create_dir("/data/folder")),
        );
        attempt(
            &mut lines,
            "link /data/file",
            done(fs::hard_link("/data/file", "/data/too")),
        );
        attempt(&mut lines, "connect granted", connected(granted));
        attempt(&mut lines, "connect other", connected(other));
        attempt(&mut lines, "listen", listening());
        attempt(&mut lines, "datagram", datagram(granted));
        attempt(&mut lines, "look up", looked_up());
        lines
    }
}

fn done(result: Result<()>) -> Result<String> {
    result.map(|()| "done".to_owned())
}

fn input() -> Result<String> {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    Ok(format!("{} bytes", input.len()))
}

/// Whether it is seen is not for the guest to say.
fn said(mut stream: impl Write) -> Result<String> {
    let _ = stream
        .write_all(b"this must not be seen\n")
        .and_then(|()| stream.flush());
    Ok("tried".to_owned())
}

fn listed(path: &str) -> Result<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names.join(" "))
}

fn ipv4(port: u16) -> IpSocketAddress {
    IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port,
        address: (127, 0, 0, 1),
    })
}

/// Waits as long as there is nothing to say.
fn finish<T>(
    pollable: &Pollable,
    mut attempt: impl FnMut() -> std::result::Result<T, ErrorCode>,
) -> std::result::Result<T, ErrorCode> {
    loop {
        match attempt() {
            Err(ErrorCode::WouldBlock) => pollable.block(),
            result => return result,
        }
    }
}

/// What the other side says first.
fn connected(port: u16) -> std::result::Result<String, ErrorCode> {
    let network = instance_network::instance_network();
    let socket = tcp_create_socket::create_tcp_socket(IpAddressFamily::Ipv4)?;
    socket.start_connect(&network, ipv4(port))?;
    let (input, _output) = finish(&socket.subscribe(), || socket.finish_connect())?;
    let said = input.blocking_read(64).map_err(|_| ErrorCode::Unknown)?;
    Ok(String::from_utf8_lossy(&said).into_owned())
}

fn listening() -> std::result::Result<String, ErrorCode> {
    let network = instance_network::instance_network();
    let socket = tcp_create_socket::create_tcp_socket(IpAddressFamily::Ipv4)?;
    socket.start_bind(&network, ipv4(0))?;
    finish(&socket.subscribe(), || socket.finish_bind())?;
    socket.start_listen()?;
    finish(&socket.subscribe(), || socket.finish_listen())?;
    Ok("done".to_owned())
}

fn datagram(port: u16) -> std::result::Result<String, ErrorCode> {
    let network = instance_network::instance_network();
    let socket = udp_create_socket::create_udp_socket(IpAddressFamily::Ipv4)?;
    socket.start_bind(&network, ipv4(0))?;
    finish(&socket.subscribe(), || socket.finish_bind())?;
    let (_incoming, outgoing) = socket.stream(Some(ipv4(port)))?;
    outgoing.check_send()?;
    let datagram = OutgoingDatagram {
        data: b"x".to_vec(),
        remote_address: None,
    };
    let sent = outgoing.send(&[datagram])?;
    Ok(format!("sent {sent}"))
}

fn looked_up() -> std::result::Result<String, ErrorCode> {
    let network = instance_network::instance_network();
    let stream = ip_name_lookup::resolve_addresses(&network, "localhost")?;
    finish(&stream.subscribe(), || stream.resolve_next_address())?;
    Ok("done".to_owned())
}

export!(Prober);
