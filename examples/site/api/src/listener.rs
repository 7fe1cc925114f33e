//! The socket that connections come in at.

use crate::connection::Connection;
use std::net::SocketAddr;
use wasip2::io::poll::Pollable;
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::network::{
    ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};
use wasip2::sockets::tcp::TcpSocket;
use wasip2::sockets::tcp_create_socket::create_tcp_socket;

/// The pollable goes before its socket.
pub struct Listener {
    ready: Pollable,
    socket: TcpSocket,
}

impl Listener {
    pub fn new(address: SocketAddr) -> Result<Listener, ErrorCode> {
        let (family, address) = socket_address(address);
        let socket = create_tcp_socket(family)?;
        let ready = socket.subscribe();
        socket.start_bind(&instance_network(), address)?;
        finish(&ready, || socket.finish_bind())?;
        socket.start_listen()?;
        finish(&ready, || socket.finish_listen())?;
        Ok(Listener { ready, socket })
    }

    pub fn ready(&self) -> &Pollable {
        &self.ready
    }

    /// The connections that are waiting, up to so many. One that was gone before it was accepted isn't there.
    pub fn accept(&self, most: usize) -> Vec<Connection> {
        let mut accepted = Vec::new();
        while accepted.len() < most {
            match self.socket.accept() {
                Ok((socket, input, output)) => accepted.push(Connection::new(socket, input, output)),
                Err(ErrorCode::ConnectionAborted) => {}
                // Nobody is waiting any more; or the system has no socket to give, and whoever waits goes on waiting.
                Err(_) => break,
            }
        }
        accepted
    }
}

/// Repeats an operation until it has come to an end.
fn finish<T>(ready: &Pollable, mut operation: impl FnMut() -> Result<T, ErrorCode>) -> Result<T, ErrorCode> {
    loop {
        match operation() {
            Err(ErrorCode::WouldBlock) => ready.block(),
            ended => return ended,
        }
    }
}

fn socket_address(address: SocketAddr) -> (IpAddressFamily, IpSocketAddress) {
    let port = address.port();
    match address {
        SocketAddr::V4(v4) => {
            let [a, b, c, d] = v4.ip().octets();
            let address = (a, b, c, d);
            (IpAddressFamily::Ipv4, IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address }))
        }
        SocketAddr::V6(v6) => {
            let [a, b, c, d, e, f, g, h] = v6.ip().segments();
            let address = (a, b, c, d, e, f, g, h);
            let (flow_info, scope_id) = (v6.flowinfo(), v6.scope_id());
            let address = Ipv6SocketAddress { port, flow_info, address, scope_id };
            (IpAddressFamily::Ipv6, IpSocketAddress::Ipv6(address))
        }
    }
}
