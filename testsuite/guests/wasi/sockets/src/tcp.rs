//! TCP sockets: what each function says in each state, addresses, options, connecting.

use crate::{Net, address_of, finish, port_of, same, v6};
use wasi_bindings::io::streams::{InputStream, OutputStream};
use wasi_bindings::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress};
use wasi_bindings::sockets::tcp::{ShutdownType, TcpSocket};
use wasi_bindings::sockets::tcp_create_socket::create_tcp_socket;
use wasi_bindings::{say, show};

/// A connection; its parts are dropped in this order, a socket after its streams.
pub struct Connection {
    pub input: InputStream,
    pub output: OutputStream,
    pub socket: TcpSocket,
}

impl Net {
    pub fn tcp(&self) -> TcpSocket {
        create_tcp_socket(self.family).expect("a socket")
    }

    pub fn bind(&self, socket: &TcpSocket, address: IpSocketAddress) -> Result<(), ErrorCode> {
        socket.start_bind(&self.network, address)?;
        finish(&socket.subscribe(), || socket.finish_bind())
    }

    /// A server at a port of the system's choice.
    pub fn server(&self) -> (TcpSocket, IpSocketAddress) {
        let server = self.tcp();
        self.bind(&server, self.here(0)).expect("bound");
        listen(&server).expect("listening");
        let address = server.local_address().expect("an address");
        (server, address)
    }

    pub fn connect(
        &self,
        socket: &TcpSocket,
        to: IpSocketAddress,
    ) -> Result<(InputStream, OutputStream), ErrorCode> {
        socket.start_connect(&self.network, to)?;
        let ready = socket.subscribe();
        finish(&ready, || socket.finish_connect())
    }

    /// A client and what the server accepted.
    pub fn pair(&self) -> (Connection, Connection) {
        let (server, address) = self.server();
        let client = self.tcp();
        let (input, output) = self.connect(&client, address).expect("connected");
        (Connection { input, output, socket: client }, accept(&server).expect("accepted"))
    }
}

pub fn listen(socket: &TcpSocket) -> Result<(), ErrorCode> {
    socket.start_listen()?;
    finish(&socket.subscribe(), || socket.finish_listen())
}

pub fn accept(server: &TcpSocket) -> Result<Connection, ErrorCode> {
    let ready = server.subscribe();
    let (socket, input, output) = finish(&ready, || server.accept())?;
    Ok(Connection { input, output, socket })
}

/// What every function that asks says.
fn asked(socket: &TcpSocket) {
    let _ = show!(socket.local_address());
    let _ = show!(socket.remote_address());
    let _ = show!(socket.is_listening());
    let _ = show!(socket.address_family());
}

pub fn states(net: &Net) {
    println!("-- unbound");
    let socket = net.tcp();
    asked(&socket);
    let _ = show!(socket.finish_bind());
    let _ = show!(socket.finish_connect());
    let _ = show!(socket.finish_listen());
    let _ = show!(socket.start_listen());
    let _ = show!(socket.accept());
    let _ = show!(socket.shutdown(ShutdownType::Both));
    println!("-- bound");
    let _ = show!(socket.start_bind(&net.network, net.here(0)));
    let _ = show!(socket.start_bind(&net.network, net.here(0)));
    let _ = show!(socket.start_listen());
    let _ = show!(finish(&socket.subscribe(), || socket.finish_bind()));
    let _ = show!(socket.finish_bind());
    let _ = show!(socket.start_bind(&net.network, net.here(0)));
    let _ = show!(socket.accept());
    let _ = show!(socket.finish_listen());
    let _ = show!(socket.finish_connect());
    let _ = show!(socket.shutdown(ShutdownType::Receive));
    asked(&socket);
    println!("-- listening");
    let _ = show!(socket.start_listen());
    let _ = show!(socket.start_listen());
    let _ = show!(finish(&socket.subscribe(), || socket.finish_listen()));
    let _ = show!(socket.finish_listen());
    let _ = show!(socket.start_listen());
    let _ = show!(socket.accept());
    let _ = show!(socket.start_bind(&net.network, net.here(0)));
    let _ = show!(socket.start_connect(&net.network, net.here(1)));
    let _ = show!(socket.shutdown(ShutdownType::Send));
    asked(&socket);
    println!("-- connecting");
    let address = socket.local_address().expect("an address");
    let client = net.tcp();
    let _ = show!(client.start_connect(&net.network, address));
    let _ = show!(client.start_connect(&net.network, address));
    let _ = show!(client.start_bind(&net.network, net.here(0)));
    let _ = show!(client.start_listen());
    let ready = client.subscribe();
    let streams = show!(finish(&ready, || client.finish_connect()));
    println!("-- connected");
    let _ = show!(client.finish_connect());
    let _ = show!(client.start_connect(&net.network, address));
    let _ = show!(client.start_bind(&net.network, net.here(0)));
    let _ = show!(client.start_listen());
    let _ = show!(client.finish_listen());
    let _ = show!(client.accept());
    asked(&client);
    let accepted = accept(&socket).expect("accepted").socket;
    asked(&accepted);
    let (here, there) = (client.local_address(), accepted.remote_address());
    say!("they name each other", same(&here.expect("an address"), &there.expect("an address")));
    let _ = show!(accepted.start_listen());
    let _ = show!(accepted.accept());
    let _ = show!(client.shutdown(ShutdownType::Both));
    let _ = show!(client.shutdown(ShutdownType::Send));
    drop(streams);
}

pub fn addresses(net: &Net) {
    let attempt = |address| net.bind(&net.tcp(), address);
    let _ = show!(attempt(net.here(0)));
    let _ = show!(attempt(net.any(0)));
    let _ = show!(attempt(net.other(0)));
    let _ = show!(attempt(net.multicast(0)));
    let _ = show!(attempt(net.nobodys(0)));
    if net.family == IpAddressFamily::Ipv6 {
        let _ = show!(attempt(v6([0, 0, 0, 0, 0, 0xffff, 0x7f00, 1], 0)));
    } else {
        let _ = show!(attempt(crate::v4(255, 255, 255, 255, 0)));
    }
    // A failed attempt may be followed by another.
    let socket = net.tcp();
    let _ = show!(net.bind(&socket, net.nobodys(0)));
    let _ = show!(net.bind(&socket, net.here(0)));
    let bound = socket.local_address().expect("an address");
    say!("it is", address_of(&bound));
    say!("with a port", port_of(&bound) != 0);
    let _ = show!(listen(&socket));
    let _ = show!(net.bind(&net.tcp(), bound));
    drop(socket);
    let _ = show!(net.bind(&net.tcp(), bound));
}

pub fn connecting(net: &Net) {
    let attempt = |address| net.connect(&net.tcp(), address);
    let _ = show!(attempt(net.here(0)));
    let _ = show!(attempt(net.any(80)));
    let _ = show!(attempt(net.other(80)));
    let _ = show!(attempt(net.multicast(80)));
    if net.family == IpAddressFamily::Ipv6 {
        let _ = show!(attempt(v6([0, 0, 0, 0, 0, 0xffff, 0x7f00, 1], 80)));
    }
    // A port that was free a moment ago.
    let free = {
        let socket = net.tcp();
        net.bind(&socket, net.here(0)).expect("bound");
        socket.local_address().expect("an address")
    };
    let refused = net.tcp();
    let _ = show!(net.connect(&refused, free));
    let _ = show!(refused.finish_connect());
    let _ = show!(refused.start_connect(&net.network, free));
    let _ = show!(refused.start_bind(&net.network, net.here(0)));
    let _ = show!(refused.start_listen());
    let _ = show!(refused.remote_address());
    // From a port that was asked for.
    let (server, address) = net.server();
    let client = net.tcp();
    net.bind(&client, net.here(0)).expect("bound");
    let from = client.local_address().expect("an address");
    let streams = show!(net.connect(&client, address));
    let accepted = accept(&server).expect("accepted").socket;
    let seen = accepted.remote_address().expect("an address");
    say!("the server sees that port", same(&seen, &from));
    let to = client.remote_address().expect("an address");
    say!("the client sees the server's", same(&to, &address));
    drop(streams);
    // Several wait in the queue.
    let clients: Vec<_> = (0..5).map(|_| {
        let client = net.tcp();
        let streams = net.connect(&client, address).expect("connected");
        // In the order in which they may be dropped.
        (streams, client)
    }).collect();
    let accepted: Vec<_> = (0..5).map(|_| accept(&server).is_ok()).collect();
    say!("accepted", accepted);
    let _ = show!(server.accept());
    drop(clients);
}

/// What is set is what is there then, or an error.
pub fn options(net: &Net) {
    let socket = net.tcp();
    for backlog in [0, 1, 100, u64::MAX] {
        say!(format!("backlog {backlog}"), socket.set_listen_backlog_size(backlog));
    }
    let _ = show!(socket.keep_alive_enabled());
    let _ = show!(socket.set_keep_alive_enabled(true));
    let _ = show!(socket.keep_alive_enabled());
    let _ = show!(socket.set_keep_alive_enabled(false));
    let _ = show!(socket.keep_alive_enabled());
    const SECOND: u64 = 1_000_000_000;
    for time in [0, 1, SECOND - 1, SECOND, SECOND + 1, 7 * SECOND, 3600 * SECOND, u64::MAX] {
        let set = socket.set_keep_alive_idle_time(time);
        say!(format!("idle time {time}"), (set, socket.keep_alive_idle_time()));
        let set = socket.set_keep_alive_interval(time);
        say!(format!("interval {time}"), (set, socket.keep_alive_interval()));
    }
    for count in [0, 1, 5, 127, 128, u32::MAX] {
        let set = socket.set_keep_alive_count(count);
        say!(format!("count {count}"), (set, socket.keep_alive_count()));
    }
    for hops in [0, 1, 42, 255] {
        let set = socket.set_hop_limit(hops);
        say!(format!("hops {hops}"), (set, socket.hop_limit()));
    }
    for size in [0, 1, 8192, 100_000, 1 << 20, u64::MAX] {
        // The system may give more, or less.
        let set = socket.set_receive_buffer_size(size);
        let is = socket.receive_buffer_size().map(|is| is > 0);
        say!(format!("receive buffer {size}"), (set, is));
        let set = socket.set_send_buffer_size(size);
        let is = socket.send_buffer_size().map(|is| is > 0);
        say!(format!("send buffer {size}"), (set, is));
    }
    let _ = show!(socket.set_receive_buffer_size(65_536));
    let _ = show!(socket.receive_buffer_size().map(|is| is >= 65_536));

    println!("-- listening, and inherited");
    let server = net.tcp();
    server.set_hop_limit(42).expect("set");
    server.set_keep_alive_enabled(true).expect("set");
    server.set_keep_alive_idle_time(77 * SECOND).expect("set");
    server.set_keep_alive_interval(78 * SECOND).expect("set");
    server.set_keep_alive_count(9).expect("set");
    net.bind(&server, net.here(0)).expect("bound");
    listen(&server).expect("listening");
    let _ = show!(server.set_listen_backlog_size(0));
    let _ = show!(server.set_listen_backlog_size(10));
    let _ = show!(server.set_hop_limit(43));
    let client = net.tcp();
    let address = server.local_address().expect("an address");
    let streams = net.connect(&client, address).expect("connected");
    let accepted = accept(&server).expect("accepted").socket;
    let _ = show!(accepted.keep_alive_enabled());
    let _ = show!(accepted.keep_alive_idle_time());
    let _ = show!(accepted.keep_alive_interval());
    let _ = show!(accepted.keep_alive_count());
    let _ = show!(accepted.set_listen_backlog_size(10));
    let _ = show!(client.set_listen_backlog_size(10));
    let _ = show!(client.set_hop_limit(44));
    let _ = show!(client.hop_limit());
    let _ = show!(client.set_keep_alive_enabled(true));
    let _ = show!(client.keep_alive_enabled());
    drop(streams);
}
