//! Calls of wasi:sockets at random, over the loopback interface, and what came of each: this program is all servers and clients.
//!
//! Ports are told by the order in which they were met. Connecting and reading wait a little for what will come; nothing else waits.

use random_choices::{Choices, sum, told};
use wasi_bindings::clocks::monotonic_clock::subscribe_duration;
use wasi_bindings::io::poll::{Pollable, poll};
use wasi_bindings::io::streams::{InputStream, OutputStream};
use wasi_bindings::sockets::instance_network::instance_network;
use wasi_bindings::sockets::network::{
    ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress, Network,
};
use wasi_bindings::sockets::tcp::{ShutdownType, TcpSocket};
use wasi_bindings::sockets::tcp_create_socket::create_tcp_socket;
use wasi_bindings::sockets::udp::{
    IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream, UdpSocket,
};
use wasi_bindings::sockets::udp_create_socket::create_udp_socket;
use wasi_bindings::{Shown, Text};

/// Sockets of a kind at the same time, at most; accepting may make more.
const SOCKETS: usize = 8;

/// How long is waited for what is on its way, and for what should never come, in nanoseconds.
const LONG: u64 = 3_000_000_000;
const SHORT: u64 = 30_000_000;

/// What is dropped first comes first: a socket outlives what was made of it.
struct Tcp {
    input: Option<InputStream>,
    output: Option<OutputStream>,
    ready: Pollable,
    socket: TcpSocket,
    listens: bool,
}

struct Udp {
    streams: Option<(IncomingDatagramStream, OutgoingDatagramStream)>,
    socket: UdpSocket,
}

struct State {
    choices: Choices,
    network: Network,
    tcp: Vec<Tcp>,
    udp: Vec<Udp>,
    ports: Vec<u16>,
}

fn main() {
    let (choices, count) = told();
    let (tcp, udp, ports) = (Vec::new(), Vec::new(), Vec::new());
    let mut state = State {
        choices,
        network: instance_network(),
        tcp,
        udp,
        ports,
    };
    for number in 0..count {
        if let Some(said) = state.call() {
            println!("{number} {said}");
        }
    }
}

fn came<T: Shown>(call: String, result: T) -> Option<String> {
    Some(format!("{call} -> {}", Text(&result)))
}

/// That nobody was there for an earlier datagram is told by one call or another: it isn't told at all here.
fn unless_refused<T>(result: Result<T, ErrorCode>, otherwise: T) -> Result<T, ErrorCode> {
    match result {
        Err(ErrorCode::ConnectionRefused) => Ok(otherwise),
        result => result,
    }
}

/// Whether something is ready within a time.
fn within(nanoseconds: u64, ready: &Pollable) -> bool {
    poll(&[ready, &subscribe_duration(nanoseconds)]).contains(&0)
}

impl State {
    fn call(&mut self) -> Option<String> {
        let tcp = self.choices.below(self.tcp.len().max(1));
        let udp = self.choices.below(self.udp.len().max(1));
        let (some_tcp, some_udp) = (!self.tcp.is_empty(), !self.udp.is_empty());
        match self.choices.below(30) {
            0 | 1 if self.tcp.len() < SOCKETS => self.new_tcp(),
            2 if self.udp.len() < SOCKETS => self.new_udp(),
            3..=5 if some_tcp => self.bind(tcp),
            6 | 7 if some_tcp => self.listen(tcp),
            8..=11 if some_tcp => self.connect(tcp),
            12..=14 if some_tcp => self.accept(tcp),
            15 if some_tcp => self.shut_down(tcp),
            16 | 17 if some_tcp => self.write(tcp),
            18..=20 if some_tcp => self.read(tcp),
            21 | 22 if some_tcp => self.drop_tcp(tcp),
            23 if some_tcp => self.option(tcp),
            24 | 25 if some_udp => self.bind_udp(udp),
            26 if some_udp => self.stream(udp),
            27 if some_udp => self.send(udp),
            28 if some_udp => self.receive(udp),
            29 if some_udp => self.drop_udp(udp),
            _ => None,
        }
    }

    fn family(&mut self) -> IpAddressFamily {
        let (v4, v6) = (IpAddressFamily::Ipv4, IpAddressFamily::Ipv6);
        self.choices.of(&[v4, v4, v6])
    }

    /// An address to bind to, or one to reach: mostly one of this machine's, else an odd one.
    fn address(&mut self, bind: bool) -> IpSocketAddress {
        let known = match self.ports.as_slice() {
            [] => 0,
            ports => self.choices.of(ports),
        };
        let port = match bind {
            true => self.choices.of(&[0, 0, 0, 0, 0, known]),
            false => self.choices.of(&[known, known, known, known, known, known, 0, 1]),
        };
        const ODD: [(u8, u8, u8, u8); 4] = [
            (255, 255, 255, 255),
            (224, 0, 0, 1),
            (192, 0, 2, 1),
            (127, 1, 2, 3),
        ];
        const LOOPBACK: [u16; 8] = [0, 0, 0, 0, 0, 0, 0, 1];
        let v4 = |address| IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address });
        let v6 = |[a, b, c, d, e, f, g, h]: [u16; 8], flow_info, scope_id| {
            let address = (a, b, c, d, e, f, g, h);
            IpSocketAddress::Ipv6(Ipv6SocketAddress {
                port,
                flow_info,
                address,
                scope_id,
            })
        };
        match self.choices.below(20) {
            0..=8 => v4((127, 0, 0, 1)),
            9..=13 => v6(LOOPBACK, 0, 0),
            14 => v4((0, 0, 0, 0)),
            15 => v6([0; 8], 0, 0),
            16 => v4(self.choices.of(&ODD)),
            17 => v6([0, 0, 0, 0, 0, 0xffff, 0x7f00, 1], 0, 0),
            18 => v6([0xff02, 0, 0, 0, 0, 0, 0, 1], 0, 0),
            _ => v6(LOOPBACK, self.choices.of(&[0, 5]), self.choices.of(&[0, 1])),
        }
    }

    /// An address as it is printed.
    fn shown(&self, address: &IpSocketAddress) -> String {
        let port = |port: u16| match self.ports.iter().position(|known| *known == port) {
            Some(known) => format!("#{known}"),
            None if port < 10 => port.to_string(),
            None => "new".to_owned(),
        };
        match address {
            IpSocketAddress::Ipv4(v4) => format!("{:?} {}", v4.address, port(v4.port)),
            IpSocketAddress::Ipv6(v6) => {
                format!(
                    "{:?} {} {} {}",
                    v6.address,
                    port(v6.port),
                    v6.flow_info,
                    v6.scope_id
                )
            }
        }
    }

    fn shown_result(&self, address: Result<IpSocketAddress, ErrorCode>) -> String {
        Text(&address.map(|address| self.shown(&address))).to_string()
    }

    /// The address that a socket has now; its port is known from now on.
    fn local(&mut self, address: Result<IpSocketAddress, ErrorCode>) -> String {
        if let Ok(address) = &address {
            let port = match address {
                IpSocketAddress::Ipv4(v4) => v4.port,
                IpSocketAddress::Ipv6(v6) => v6.port,
            };
            if !self.ports.contains(&port) {
                self.ports.push(port);
            }
        }
        self.shown_result(address)
    }

    fn new_tcp(&mut self) -> Option<String> {
        let family = self.family();
        let made = create_tcp_socket(family).map(|socket| {
            let ready = socket.subscribe();
            self.tcp.push(Tcp {
                input: None,
                output: None,
                ready,
                socket,
                listens: false,
            });
        });
        came(format!("new TCP {family:?}"), made)
    }

    fn new_udp(&mut self) -> Option<String> {
        let family = self.family();
        let made = create_udp_socket(family).map(|socket| {
            self.udp.push(Udp {
                streams: None,
                socket,
            })
        });
        came(format!("new UDP {family:?}"), made)
    }

    fn bind(&mut self, index: usize) -> Option<String> {
        let address = self.address(true);
        let call = format!("bind {index} {}", self.shown(&address));
        let anyway = self.choices.one_in(4);
        let socket = &self.tcp[index].socket;
        let started = socket.start_bind(&self.network, address);
        let finished = (started.is_ok() || anyway).then(|| socket.finish_bind());
        let local = socket.local_address();
        let local = self.local(local);
        came(call, (started, finished, local))
    }

    fn listen(&mut self, index: usize) -> Option<String> {
        let anyway = self.choices.one_in(4);
        let Tcp { socket, listens, .. } = &mut self.tcp[index];
        let started = socket.start_listen();
        let finished = (started.is_ok() || anyway).then(|| socket.finish_listen());
        *listens |= matches!(finished, Some(Ok(())));
        let is_listening = socket.is_listening();
        let local = is_listening.then(|| socket.local_address());
        let local = local.map(|local| self.local(local));
        // One that can't listen is of no use any more, under the other implementation.
        if started == Err(ErrorCode::AddressInUse) || finished == Some(Err(ErrorCode::AddressInUse)) {
            self.tcp.remove(index);
        }
        came(format!("listen {index}"), (started, finished, local))
    }

    fn connect(&mut self, index: usize) -> Option<String> {
        let address = self.address(false);
        let call = format!("connect {index} {}", self.shown(&address));
        let anyway = self.choices.one_in(4);
        let Tcp {
            input,
            output,
            ready,
            socket,
            ..
        } = &mut self.tcp[index];
        let started = socket.start_connect(&self.network, address);
        let finished = (started.is_ok() || anyway).then(|| {
            if started.is_ok() {
                within(LONG, ready);
            }
            let (new_input, new_output) = socket.finish_connect()?;
            (*input, *output) = (Some(new_input), Some(new_output));
            Ok::<_, ErrorCode>(())
        });
        // A socket that was shut down has forgotten whom it was connected to, under the other implementation.
        let connected = matches!(finished, Some(Ok(())));
        let remote = connected.then(|| socket.remote_address());
        let local = socket.local_address();
        let local = self.local(local);
        let remote = remote.map(|remote| self.shown_result(remote));
        came(call, (started, finished, (local, remote)))
    }

    fn accept(&mut self, index: usize) -> Option<String> {
        let Tcp {
            ready,
            socket,
            listens,
            ..
        } = &self.tcp[index];
        if *listens {
            within(SHORT, ready);
        }
        let accepted = socket.accept().map(|(socket, input, output)| {
            let addresses = [socket.local_address(), socket.remote_address()];
            let addresses = addresses.map(|address| self.shown_result(address));
            let ready = socket.subscribe();
            let (input, output) = (Some(input), Some(output));
            self.tcp.push(Tcp {
                input,
                output,
                ready,
                socket,
                listens: false,
            });
            addresses.to_vec()
        });
        came(format!("accept {index}"), accepted)
    }

    fn shut_down(&mut self, index: usize) -> Option<String> {
        let how = self
            .choices
            .of(&[ShutdownType::Receive, ShutdownType::Send, ShutdownType::Both]);
        came(
            format!("shut down {index} {how:?}"),
            self.tcp[index].socket.shutdown(how),
        )
    }

    fn write(&mut self, index: usize) -> Option<String> {
        let bytes = self.choices.bytes(&[0, 1, 100, 4096]);
        let output = self.tcp[index].output.as_ref()?;
        // With which of several calls a failure is met, and whether it's told more than once, is each implementation's own.
        let sent = output.check_write().and_then(|permitted| {
            if permitted < bytes.len() as u64 {
                return Ok("not now".to_owned());
            }
            output.write(&bytes)?;
            output.blocking_flush()?;
            Ok("all".to_owned())
        });
        let sent = sent.unwrap_or_else(|_| "failed".to_owned());
        came(format!("write {index} {}", bytes.len()), sent)
    }

    /// Reads until there are as many bytes or no more come: how many come at once is the machine's affair.
    fn read(&mut self, index: usize) -> Option<String> {
        let length = self.choices.of(&[1, 50, 10_000]);
        let input = self.tcp[index].input.as_ref()?;
        let (mut bytes, mut ended, mut nothing) = (Vec::new(), false, 0);
        while bytes.len() < length && within(SHORT, &input.subscribe()) && !ended && nothing < 3 {
            match input.read((length - bytes.len()) as u64) {
                Ok(more) if more.is_empty() => nothing += 1,
                Ok(more) => bytes.extend(more),
                Err(_) => ended = true,
            }
        }
        came(
            format!("read {index} {length}"),
            (bytes.len(), sum(&bytes), ended),
        )
    }

    fn drop_tcp(&mut self, index: usize) -> Option<String> {
        let what = self.choices.below(4);
        match what {
            0 => drop(self.tcp[index].input.take()),
            1 => drop(self.tcp[index].output.take()),
            _ => drop(self.tcp.remove(index)),
        }
        Some(format!("drop {index} {what}"))
    }

    fn option(&mut self, index: usize) -> Option<String> {
        const NANOSECONDS: [u64; 5] = [0, 1, 1_000_000_000, 5_500_000_000, u64::MAX];
        const BYTES: [u64; 5] = [0, 1, 5000, 100_000, 1 << 40];
        let choices = &mut self.choices;
        let socket = &self.tcp[index].socket;
        let which = choices.below(8);
        let call = format!("option {index} {which}");
        match which {
            0 => came(
                call,
                socket.set_listen_backlog_size(choices.of(&[0, 128, 1 << 40])),
            ),
            1 => came(
                call,
                (
                    socket.set_keep_alive_enabled(choices.one_in(2)),
                    socket.keep_alive_enabled(),
                ),
            ),
            2 => came(
                call,
                (
                    socket.set_keep_alive_idle_time(choices.of(&NANOSECONDS)),
                    socket.keep_alive_idle_time(),
                ),
            ),
            3 => came(
                call,
                (
                    socket.set_keep_alive_interval(choices.of(&NANOSECONDS)),
                    socket.keep_alive_interval(),
                ),
            ),
            4 => came(
                call,
                (
                    socket.set_keep_alive_count(choices.of(&[0, 1, 127, 128, u32::MAX])),
                    socket.keep_alive_count(),
                ),
            ),
            5 => came(
                call,
                (
                    socket.set_hop_limit(choices.of(&[0, 1, 64, 255])),
                    socket.hop_limit(),
                ),
            ),
            6 => came(
                call,
                (
                    socket.set_receive_buffer_size(choices.of(&BYTES)),
                    socket.receive_buffer_size(),
                ),
            ),
            _ => came(
                call,
                (
                    socket.set_send_buffer_size(choices.of(&BYTES)),
                    socket.send_buffer_size(),
                ),
            ),
        }
    }

    fn bind_udp(&mut self, index: usize) -> Option<String> {
        let address = self.address(true);
        let call = format!("bind UDP {index} {}", self.shown(&address));
        let anyway = self.choices.one_in(4);
        let socket = &self.udp[index].socket;
        let started = socket.start_bind(&self.network, address);
        let finished = (started.is_ok() || anyway).then(|| socket.finish_bind());
        let bound = matches!(finished, Some(Ok(())));
        let local = socket.local_address();
        // A socket that was connected may have another port afterwards, under the other implementation.
        let local = bound.then(|| self.local(local));
        came(call, (started, finished, local))
    }

    fn stream(&mut self, index: usize) -> Option<String> {
        let address = match self.choices.one_in(3) {
            true => None,
            false => Some(self.address(false)),
        };
        let name = address
            .as_ref()
            .map_or("nobody".to_owned(), |address| self.shown(address));
        let udp = &mut self.udp[index];
        udp.streams = None;
        let made = udp
            .socket
            .stream(address)
            .map(|streams| udp.streams = Some(streams));
        let remote = udp.socket.remote_address();
        came(
            format!("stream {index} to {name}"),
            (made, self.shown_result(remote)),
        )
    }

    /// Sends a datagram, to the peer or to an address. (Of several, the second may meet with the first one's fate or not.)
    fn send(&mut self, index: usize) -> Option<String> {
        let remote_address = match self.choices.one_in(2) {
            true => None,
            false => Some(self.address(false)),
        };
        let name = remote_address
            .as_ref()
            .map_or("peer".to_owned(), |address| self.shown(address));
        let data = vec![7; self.choices.of(&[0, 1, 1000, 65_507])];
        let call = format!("send {index} to {name} {}", data.len());
        let (_, output) = self.udp[index].streams.as_ref()?;
        let sent = output.check_send().and_then(|permitted| match permitted {
            0 => Ok(0),
            _ => output.send(&[OutgoingDatagram { data, remote_address }]),
        });
        came(call, unless_refused(sent, 1))
    }

    fn receive(&mut self, index: usize) -> Option<String> {
        let most = self.choices.of(&[0, 1, 10]);
        let (input, _) = self.udp[index].streams.as_ref()?;
        within(SHORT, &input.subscribe());
        let received = input.receive(most);
        let lengths = received.map(|datagrams| {
            datagrams
                .iter()
                .map(|datagram| datagram.data.len())
                .collect::<Vec<_>>()
        });
        came(
            format!("receive {index} {most}"),
            unless_refused(lengths, Vec::new()),
        )
    }

    fn drop_udp(&mut self, index: usize) -> Option<String> {
        drop(self.udp.remove(index));
        Some(format!("drop UDP {index}"))
    }
}
