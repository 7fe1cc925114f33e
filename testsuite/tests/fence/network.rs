//! The rows about the network. Programs have both fences: their filters have the calls, since the component makes them all.

use super::Row;
use super::world::{Mark, World, hello, sockets};
use nanocc_testsuite::fences::{call, calls};
use nanocc_testsuite::{Result, ports};
use std::net::{TcpListener, UdpSocket};

pub const ROWS: &[Row] = &[
    ("the network, without anything of it granted", no_network),
    ("sockets other than TCP's and UDP's", other_sockets),
    (
        "listening at a TCP port, where nobody was granted one",
        no_listening,
    ),
    ("connecting, where nobody was granted that", no_connecting),
    ("listening at another TCP port", listening),
    (
        "listening at a TCP port of the kernel's choice, where another was granted",
        chosen,
    ),
    ("connecting to another TCP port", connecting),
    ("another address at a granted TCP port", addresses),
    ("another UDP address or port", datagrams),
];

/// `struct sockaddr_in`.
fn address(ip: [u8; 4], port: u16) -> String {
    let family = libc::AF_INET.to_le_bytes();
    let fields = [&family[..2], &port.to_be_bytes(), &ip, &[0; 8]].concat();
    let digits: String = fields.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("%{digits}")
}

const LOCAL: [u8; 4] = [127, 0, 0, 1];

fn socket(kind: i32) -> Vec<String> {
    let kind = (kind | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK).to_string();
    call(libc::SYS_socket, &["2", &kind, "0"])
}

fn no_network(world: &World) -> Result<()> {
    for kind in [libc::SOCK_STREAM, libc::SOCK_DGRAM] {
        world.attempt(&hello(), &[], &socket(kind))?;
        world.attempt(&sockets(), &[], &socket(kind))?;
    }
    Ok(())
}

fn other_sockets(world: &World) -> Result<()> {
    const GRANTS: [&str; 4] = [
        "--tcp-connect",
        "127.0.0.1:1",
        "--udp-connect",
        "127.0.0.1:1",
    ];
    let plain = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    for (family, kind, protocol) in [
        (libc::AF_UNIX, plain, 0),
        (libc::AF_NETLINK, libc::SOCK_RAW, 0),
        (libc::AF_INET, libc::SOCK_STREAM, 0),
        (libc::AF_INET, plain, libc::IPPROTO_MPTCP),
        (libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP),
    ] {
        // SAFETY: no memory is touched.
        let here = unsafe { libc::socket(family, kind, protocol) };
        if here < 0 {
            // Not every kernel has each of them.
            continue;
        }
        // SAFETY: the descriptor is this one's.
        unsafe { libc::close(here) };
        let words = [family, kind, protocol].map(|word| word.to_string());
        let socket = call(libc::SYS_socket, &words.each_ref().map(String::as_str));
        world.attempt(&sockets(), &GRANTS, &socket)?;
    }
    // What else could be asked of a socket: TCP's zero-copy reading, fast opening, which connects without saying so.
    let receive = call(libc::SYS_getsockopt, &["$0", "6", "35", "%00", "%00000000"]);
    let end = world
        .intruder(&sockets(), &GRANTS)?
        .attempt(&calls(&[socket(libc::SOCK_STREAM), receive]))?;
    let open = call(
        libc::SYS_sendto,
        &["$0", "@x", "1", "536887296", &address(LOCAL, 9), "16"],
    );
    let fast = world
        .intruder(&sockets(), &GRANTS)?
        .attempt(&calls(&[socket(libc::SOCK_STREAM), open]))?;
    if [end, fast] != [Mark::Seccomp.end(); 2] {
        return Err(format!(
            "zero-copy reading: {end:?}, fast opening: {fast:?}"
        ));
    }
    Ok(())
}

fn bind(port: u16) -> Vec<String> {
    call(libc::SYS_bind, &["$0", &address(LOCAL, port), "16"])
}

fn listen() -> Vec<String> {
    call(libc::SYS_listen, &["$0", "1"])
}

fn no_listening(world: &World) -> Result<()> {
    // A socket that wasn't bound gets a port by listening.
    let listen = calls(&[socket(libc::SOCK_STREAM), listen()]);
    for grants in [["--tcp-connect", "*:*"], ["--tcp-connect", "127.0.0.1:1"]] {
        world.attempt(&sockets(), &grants, &listen)?;
    }
    Ok(())
}

fn no_connecting(world: &World) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let port = port(&listener)?;
    for grants in [["--tcp-listen", "*:*"], ["--tcp-listen", "127.0.0.1:1"]] {
        world.attempt(&sockets(), &grants, &connect(LOCAL, port))?;
    }
    Ok(())
}

fn listening(world: &World) -> Result<()> {
    let (granted, other) = (ports::free()?, ports::free()?);
    let grant = format!("127.0.0.1:{granted}");
    let grants = ["--tcp-listen", &grant];
    let at = |port| calls(&[socket(libc::SOCK_STREAM), bind(port), listen()]);
    world.attempt(&sockets(), &grants, &at(other))?;
    world.attempt(&sockets(), &grants, &at(0))?;
    world.attempts(&sockets(), &grants, Mark::Shim.end(), &at(granted))?;
    // More ports than Landlock is told.
    let many = ["--tcp-listen", "127.0.0.1:1-1000"];
    world.attempts(&sockets(), &many, Mark::Shim.end(), &at(other))
}

fn chosen(world: &World) -> Result<()> {
    let grant = format!("127.0.0.1:{}", ports::free()?);
    let listen = calls(&[socket(libc::SOCK_STREAM), listen()]);
    world.attempt(&sockets(), &["--tcp-listen", &grant], &listen)
}

/// Connecting by a socket that doesn't wait.
fn connect(ip: [u8; 4], port: u16) -> Vec<String> {
    let connect = call(libc::SYS_connect, &["$0", &address(ip, port), "16"]);
    calls(&[socket(libc::SOCK_STREAM), connect])
}

fn port(listener: &TcpListener) -> Result<u16> {
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    Ok(address.port())
}

fn connecting(world: &World) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let port = port(&listener)?;
    let granted = format!("127.0.0.1:{port}");
    let other = format!("127.0.0.1:{}", ports::free()?);
    let connect = connect(LOCAL, port);
    world.attempt(&sockets(), &["--tcp-connect", &other], &connect)?;
    let done = Mark::Shim.end();
    world.attempts(&sockets(), &["--tcp-connect", &granted], done, &connect)?;
    // More ports than Landlock is told.
    world.attempts(
        &sockets(),
        &["--tcp-connect", "127.0.0.1:1-1000"],
        done,
        &connect,
    )?;
    // And where a name has to be looked up by which one may connect.
    let named = ["--tcp-connect", &other, "--dns"];
    world.attempt(&sockets(), &named, &connect)
}

fn addresses(world: &World) -> Result<()> {
    let listener = TcpListener::bind("0.0.0.0:0").map_err(|error| error.to_string())?;
    let port = port(&listener)?;
    let granted = format!("127.0.0.1:{port}");
    world.attempt(
        &sockets(),
        &["--tcp-connect", &granted],
        &connect([127, 0, 0, 2], port),
    )
}

fn datagrams(world: &World) -> Result<()> {
    let receiver = UdpSocket::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let port = receiver
        .local_addr()
        .map_err(|error| error.to_string())?
        .port();
    let connect = call(libc::SYS_connect, &["$0", &address(LOCAL, port), "16"]);
    let calls = calls(&[socket(libc::SOCK_DGRAM), connect]);
    world.attempt(&sockets(), &["--udp-connect", "127.0.0.2:9"], &calls)
}
