//! `wasi:sockets/tcp`: sockets. [`connection`] has what is read from and written to one.
//!
//! ```text
//! Unconnected --start-connect--> Connecting --finish-connect--> Connected
//!      |                              '-------finish-connect--> Failed
//!      '--start-listen--> Listening --accept--> (another) Connected
//! ```
//!
//! Binding leaves a socket unconnected, and is done once. Beside its state, a socket has the operation that was started and isn't finished:
//! no other one can be started before. The kernel does each of them at once, or, connecting, by itself.
//!
//! Where an address isn't permitted, the socket stays as it was. Once the kernel was asked to connect, failing is for `finish-connect` to tell,
//! and all that can be done with the socket then is to drop it.

pub mod connection;

use rustix::io::Errno;

use linux_raw_sys::net::SHUT_RD;

use super::address::Address;
use super::kernel::{self, error, option};
use super::rules::{self, Kind};
use crate::bindings::io::poll::Pollable;
use crate::bindings::io::streams::{InputStream, OutputStream};
use crate::bindings::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress, Network};
use crate::bindings::sockets::tcp::{ShutdownType, TcpSocket};
use crate::checks::denied;
use crate::guest::{Borrow, Cx, Own};
use crate::host::io::poll::{self, Event, Other, Waits};
use crate::host::io::streams;
use crate::host::open::{self, File};
use crate::host::slots::Slots;
use crate::host::transfer::{self, Direction};
use crate::sys::{SingleThread, call, check};

use connection::Pending;

/// How many connections wait to be accepted, if nothing else is said.
const BACKLOG: u32 = 128;

/// See the module.
#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    Unconnected,
    /// What the kernel said at once, if it did.
    Connecting(Option<Errno>),
    Connected,
    Listening,
    Failed(ErrorCode),
}

/// What was started.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Operation {
    Bind,
    Connect,
    Listen,
}

#[derive(Clone, Copy)]
struct Socket {
    file: File,
    /// The socket's handle, streams, pollables.
    users: u32,
    family: IpAddressFamily,
    state: State,
    started: Option<Operation>,
    bound: bool,
    backlog: u32,
    /// Nothing is to be read any more.
    read_ended: bool,
    /// Nothing more is to be written.
    write_ended: bool,
    /// What was written and isn't the kernel's yet.
    pending: Pending,
    /// What the connection ended with, if that was found by writing.
    broken: Option<Errno>,
    /// The address that it is connected to, also when the kernel has forgotten.
    remote: Option<Address>,
}

const NEW: Socket = Socket {
    file: File::STDIN,
    users: 1,
    family: IpAddressFamily::Ipv4,
    state: State::Unconnected,
    started: None,
    bound: false,
    backlog: BACKLOG,
    read_ended: false,
    write_ended: false,
    pending: Pending::NONE,
    broken: None,
    remote: None,
};

static SOCKETS: SingleThread<Slots<Socket, 2>> = SingleThread(Slots::new(NEW));

/// Changes a socket's state.
fn change<T>(index: u32, change: impl FnOnce(&mut Socket) -> T) -> T {
    let mut socket = SOCKETS.0.get(index);
    let result = change(&mut socket);
    SOCKETS.0.set(index, socket);
    result
}

fn retain(index: u32) {
    change(index, |socket| socket.users += 1);
}

/// The end of one use of a socket.
fn release(index: u32) {
    let users = change(index, |socket| {
        socket.users -= 1;
        socket.users
    });
    if users == 0 {
        let mut socket = SOCKETS.0.get(index);
        socket.pending.free();
        socket.file.release();
        SOCKETS.0.remove(index);
    }
}

/// `create-tcp-socket`.
pub fn create(cx: &Cx, family: IpAddressFamily) -> Result<Own<TcpSocket>, ErrorCode> {
    let file = kernel::socket(cx, family, call::socket_stream)?;
    Ok(Own::new(SOCKETS.0.insert(Socket {
        file,
        family,
        ..NEW
    })))
}

/// The end of a socket's handle.
pub fn drop_tcp_socket(_: &mut Cx, socket: Own<TcpSocket>) {
    release(socket.rep());
}

impl Socket {
    /// Whether nothing is started.
    fn idle(&self) -> Result<(), ErrorCode> {
        match self.started {
            None => Ok(()),
            Some(_) => Err(ErrorCode::ConcurrencyConflict),
        }
    }

    /// Ends what was started.
    fn finish(&mut self, operation: Operation) -> Result<(), ErrorCode> {
        if self.started != Some(operation) {
            return Err(ErrorCode::NotInProgress);
        }
        self.started = None;
        Ok(())
    }

    /// The file, for what can be asked of a socket unless it is connecting or has failed.
    fn settled(&self) -> Result<File, ErrorCode> {
        match self.state {
            State::Connecting(_) => Err(ErrorCode::InvalidState),
            State::Failed(error) => Err(error),
            _ => Ok(self.file),
        }
    }

    fn unconnected(&self) -> Result<(), ErrorCode> {
        match self.state {
            State::Unconnected => Ok(()),
            _ => Err(ErrorCode::InvalidState),
        }
    }

    fn bind(&mut self, network: u32, address: IpSocketAddress) -> Result<(), ErrorCode> {
        self.idle()?;
        self.unconnected()?;
        if self.bound {
            return Err(ErrorCode::InvalidState);
        }
        let address = Address::from_guest(address, self.family)?.unicast()?;
        let permitted = rules::permits(network, Kind::TcpListen, address.ip, address.port);
        if denied(!permitted) {
            return Err(ErrorCode::AccessDenied);
        }
        // That an earlier connection of the same address isn't forgotten yet is no hindrance.
        kernel::set(self.file, call::set_reuse_address, 1).map_err(error)?;
        kernel::bind(self.file, address)?;
        (self.bound, self.started) = (true, Some(Operation::Bind));
        Ok(())
    }

    fn connect(&mut self, network: u32, address: IpSocketAddress) -> Result<(), ErrorCode> {
        self.idle()?;
        self.unconnected()?;
        let address = Address::from_guest(address, self.family)?
            .unicast()?
            .remote()?;
        let permitted = rules::permits(network, Kind::TcpConnect, address.ip, address.port);
        if denied(!permitted) {
            return Err(ErrorCode::AccessDenied);
        }
        let failed = match kernel::connect(self.file, address) {
            // Interrupted, it goes on as well.
            Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => None,
            Err(errno) => Some(errno),
        };
        (self.state, self.started) = (State::Connecting(failed), Some(Operation::Connect));
        self.remote = Some(address);
        Ok(())
    }

    fn finish_connect(&mut self) -> Result<(), ErrorCode> {
        let (State::Connecting(failed), Some(Operation::Connect)) = (self.state, self.started)
        else {
            return Err(ErrorCode::NotInProgress);
        };
        let failed = match failed {
            None if !transfer::is_ready(self.file.descriptor(), Direction::Out) => {
                return Err(ErrorCode::WouldBlock);
            }
            None => kernel::pending_error(self.file),
            failed => failed,
        };
        self.started = None;
        match failed {
            None => {
                (self.state, self.bound) = (State::Connected, true);
                Ok(())
            }
            Some(errno) => {
                let error = kernel::connect_error(errno);
                self.state = State::Failed(error);
                Err(error)
            }
        }
    }

    fn listen(&mut self) -> Result<(), ErrorCode> {
        self.idle()?;
        // To have bound it took the right to listen there.
        if !self.bound {
            return Err(ErrorCode::InvalidState);
        }
        self.unconnected()?;
        self.give_backlog().map_err(error)?;
        (self.state, self.started) = (State::Listening, Some(Operation::Listen));
        Ok(())
    }

    fn give_backlog(&self) -> Result<(), Errno> {
        let descriptor = self.file.descriptor() as usize;
        // SAFETY: no memory is touched.
        check(unsafe { call::listen(descriptor, self.backlog as usize) }).map(|_| ())
    }

    fn set_backlog(&mut self, value: u64) -> Result<(), ErrorCode> {
        if value == 0 {
            return Err(ErrorCode::InvalidArgument);
        }
        let before = self.backlog;
        self.backlog = value.min(i32::MAX as u64) as u32;
        match self.state {
            State::Unconnected => Ok(()),
            State::Listening => self.give_backlog().map_err(|_| {
                self.backlog = before;
                ErrorCode::NotSupported
            }),
            State::Failed(error) => Err(error),
            State::Connecting(_) | State::Connected => Err(ErrorCode::InvalidState),
        }
    }

    fn shutdown(&mut self, shutdown_type: ShutdownType) -> Result<(), ErrorCode> {
        if self.state != State::Connected {
            return Err(ErrorCode::InvalidState);
        }
        if matches!(shutdown_type, ShutdownType::Receive | ShutdownType::Both) && !self.read_ended {
            self.read_ended = true;
            shut(self.file, SHUT_RD);
        }
        self.write_ended |= matches!(shutdown_type, ShutdownType::Send | ShutdownType::Both);
        Ok(())
    }
}

/// `shutdown`. It fails where the connection has ended already.
fn shut(file: File, how: u32) {
    // SAFETY: no memory is touched.
    unsafe { call::shutdown(file.descriptor() as usize, how as usize) };
}

/// `start-bind`.
pub fn tcp_socket_start_bind(
    _: &mut Cx,
    self_: Borrow<TcpSocket>,
    network: Borrow<Network>,
    local_address: IpSocketAddress,
) -> Result<(), ErrorCode> {
    change(self_.rep(), |socket| {
        socket.bind(network.rep(), local_address)
    })
}

/// `finish-bind`.
pub fn tcp_socket_finish_bind(_: &mut Cx, self_: Borrow<TcpSocket>) -> Result<(), ErrorCode> {
    change(self_.rep(), |socket| socket.finish(Operation::Bind))
}

/// `start-connect`.
pub fn tcp_socket_start_connect(
    _: &mut Cx,
    self_: Borrow<TcpSocket>,
    network: Borrow<Network>,
    remote_address: IpSocketAddress,
) -> Result<(), ErrorCode> {
    change(self_.rep(), |socket| {
        socket.connect(network.rep(), remote_address)
    })
}

/// The streams of a socket that has been connected.
fn streams_of(index: u32) -> (Own<InputStream>, Own<OutputStream>) {
    let file = change(index, |socket| {
        socket.users += 2;
        socket.file
    });
    let position = index.into();
    (
        streams::input(&connection::INPUT, file.retain(), position),
        streams::output(&connection::OUTPUT, file.retain(), position),
    )
}

/// `finish-connect`.
pub fn tcp_socket_finish_connect(
    _: &mut Cx,
    self_: Borrow<TcpSocket>,
) -> Result<(Own<InputStream>, Own<OutputStream>), ErrorCode> {
    change(self_.rep(), Socket::finish_connect)?;
    Ok(streams_of(self_.rep()))
}

/// `start-listen`.
pub fn tcp_socket_start_listen(_: &mut Cx, self_: Borrow<TcpSocket>) -> Result<(), ErrorCode> {
    change(self_.rep(), Socket::listen)
}

/// `finish-listen`.
pub fn tcp_socket_finish_listen(_: &mut Cx, self_: Borrow<TcpSocket>) -> Result<(), ErrorCode> {
    change(self_.rep(), |socket| socket.finish(Operation::Listen))
}

/// `accept`.
#[allow(clippy::type_complexity)] // the type is WIT's
pub fn tcp_socket_accept(
    cx: &mut Cx,
    self_: Borrow<TcpSocket>,
) -> Result<(Own<TcpSocket>, Own<InputStream>, Own<OutputStream>), ErrorCode> {
    let listener = SOCKETS.0.get(self_.rep());
    if listener.state != State::Listening {
        return Err(ErrorCode::InvalidState);
    }
    open::room(cx).map_err(error)?;
    let (accepted, remote) = kernel::accept(listener.file).map_err(|errno| match errno {
        // Linux tells what has befallen the new connection.
        Errno::CONNRESET
        | Errno::NETRESET
        | Errno::HOSTUNREACH
        | Errno::HOSTDOWN
        | Errno::NETDOWN
        | Errno::NETUNREACH
        | Errno::PROTO
        | Errno::NOPROTOOPT
        | Errno::NONET
        | Errno::OPNOTSUPP => ErrorCode::ConnectionAborted,
        errno => error(errno),
    })?;
    let file = open::insert(cx, accepted);
    let index = SOCKETS.0.insert(Socket {
        file,
        family: listener.family,
        state: State::Connected,
        bound: true,
        remote,
        ..NEW
    });
    let (input, output) = streams_of(index);
    Ok((Own::new(index), input, output))
}

/// `local-address`.
pub fn tcp_socket_local_address(
    _: &mut Cx,
    self_: Borrow<TcpSocket>,
) -> Result<IpSocketAddress, ErrorCode> {
    let socket = SOCKETS.0.get(self_.rep());
    let file = socket.settled()?;
    if !socket.bound {
        return Err(ErrorCode::InvalidState);
    }
    kernel::local_address(file).map(Address::to_guest)
}

/// `remote-address`.
pub fn tcp_socket_remote_address(
    _: &mut Cx,
    self_: Borrow<TcpSocket>,
) -> Result<IpSocketAddress, ErrorCode> {
    let socket = SOCKETS.0.get(self_.rep());
    match socket.state {
        // The kernel knows no peer of a connection that was reset.
        State::Connected => kernel::remote_address(socket.file)
            .or(socket.remote.ok_or(ErrorCode::InvalidState))
            .map(Address::to_guest),
        State::Failed(error) => Err(error),
        _ => Err(ErrorCode::InvalidState),
    }
}

/// `is-listening`.
pub fn tcp_socket_is_listening(_: &mut Cx, self_: Borrow<TcpSocket>) -> bool {
    SOCKETS.0.get(self_.rep()).state == State::Listening
}

/// `address-family`.
pub fn tcp_socket_address_family(_: &mut Cx, self_: Borrow<TcpSocket>) -> IpAddressFamily {
    SOCKETS.0.get(self_.rep()).family
}

/// `set-listen-backlog-size`.
pub fn tcp_socket_set_listen_backlog_size(
    _: &mut Cx,
    self_: Borrow<TcpSocket>,
    value: u64,
) -> Result<(), ErrorCode> {
    change(self_.rep(), |socket| socket.set_backlog(value))
}

/// The file whose options are asked for.
fn settled(socket: Borrow<TcpSocket>) -> Result<File, ErrorCode> {
    SOCKETS.0.get(socket.rep()).settled()
}

/// `keep-alive-enabled`.
pub fn tcp_socket_keep_alive_enabled(
    _: &mut Cx,
    self_: Borrow<TcpSocket>,
) -> Result<bool, ErrorCode> {
    option::keep_alive(settled(self_)?)
}

/// `set-keep-alive-enabled`.
pub fn tcp_socket_set_keep_alive_enabled(
    _: &mut Cx,
    self_: Borrow<TcpSocket>,
    value: bool,
) -> Result<(), ErrorCode> {
    option::set_keep_alive(settled(self_)?, value)
}

/// `keep-alive-idle-time`.
pub fn tcp_socket_keep_alive_idle_time(
    _: &mut Cx,
    self_: Borrow<TcpSocket>,
) -> Result<u64, ErrorCode> {
    option::keep_alive_idle(settled(self_)?)
}

/// `set-keep-alive-idle-time`.
pub fn tcp_socket_set_keep_alive_idle_time(
    _: &mut Cx,
    self_: Borrow<TcpSocket>,
    value: u64,
) -> Result<(), ErrorCode> {
    option::set_keep_alive_idle(settled(self_)?, value)
}

/// `keep-alive-interval`.
pub fn tcp_socket_keep_alive_interval(
    _: &mut Cx,
    self_: Borrow<TcpSocket>,
) -> Result<u64, ErrorCode> {
    option::keep_alive_interval(settled(self_)?)
}

/// `set-keep-alive-interval`.
pub fn tcp_socket_set_keep_alive_interval(
    _: &mut Cx,
    self_: Borrow<TcpSocket>,
    value: u64,
) -> Result<(), ErrorCode> {
    option::set_keep_alive_interval(settled(self_)?, value)
}

/// `keep-alive-count`.
pub fn tcp_socket_keep_alive_count(_: &mut Cx, self_: Borrow<TcpSocket>) -> Result<u32, ErrorCode> {
    option::keep_alive_count(settled(self_)?)
}

/// `set-keep-alive-count`.
pub fn tcp_socket_set_keep_alive_count(
    _: &mut Cx,
    self_: Borrow<TcpSocket>,
    value: u32,
) -> Result<(), ErrorCode> {
    option::set_keep_alive_count(settled(self_)?, value)
}

/// `hop-limit`.
pub fn tcp_socket_hop_limit(_: &mut Cx, self_: Borrow<TcpSocket>) -> Result<u8, ErrorCode> {
    option::hop_limit(settled(self_)?, SOCKETS.0.get(self_.rep()).family)
}

/// `set-hop-limit`.
pub fn tcp_socket_set_hop_limit(
    _: &mut Cx,
    self_: Borrow<TcpSocket>,
    value: u8,
) -> Result<(), ErrorCode> {
    option::set_hop_limit(settled(self_)?, SOCKETS.0.get(self_.rep()).family, value)
}

/// `receive-buffer-size`.
pub fn tcp_socket_receive_buffer_size(
    _: &mut Cx,
    self_: Borrow<TcpSocket>,
) -> Result<u64, ErrorCode> {
    option::receive_buffer_size(settled(self_)?)
}

/// `set-receive-buffer-size`.
pub fn tcp_socket_set_receive_buffer_size(
    _: &mut Cx,
    self_: Borrow<TcpSocket>,
    value: u64,
) -> Result<(), ErrorCode> {
    option::set_receive_buffer_size(settled(self_)?, value)
}

/// `send-buffer-size`.
pub fn tcp_socket_send_buffer_size(_: &mut Cx, self_: Borrow<TcpSocket>) -> Result<u64, ErrorCode> {
    option::send_buffer_size(settled(self_)?)
}

/// `set-send-buffer-size`.
pub fn tcp_socket_set_send_buffer_size(
    _: &mut Cx,
    self_: Borrow<TcpSocket>,
    value: u64,
) -> Result<(), ErrorCode> {
    option::set_send_buffer_size(settled(self_)?, value)
}

/// Waiting for a socket is waiting for what it is doing at that time.
static EVENT: Other = Other {
    waits: |index| {
        let socket = SOCKETS.0.get(index);
        let waits = match socket.state {
            State::Connecting(None) => Some(Direction::Out),
            State::Listening if socket.started.is_none() => Some(Direction::In),
            _ => None,
        };
        Waits {
            now: waits.is_none(),
            files: [waits.map(|direction| (socket.file, direction)), None],
            time: None,
        }
    },
    advance: |_| true,
    retain,
    release,
};

/// `subscribe`.
pub fn tcp_socket_subscribe(_: &mut Cx, self_: Borrow<TcpSocket>) -> Own<Pollable> {
    poll::pollable(Event::Other(&EVENT, self_.rep()))
}

/// `shutdown`.
pub fn tcp_socket_shutdown(
    _: &mut Cx,
    self_: Borrow<TcpSocket>,
    shutdown_type: ShutdownType,
) -> Result<(), ErrorCode> {
    let index = self_.rep();
    change(index, |socket| socket.shutdown(shutdown_type))?;
    // What was written goes before the end.
    connection::advance(index);
    Ok(())
}

#[cfg(test)]
mod tests;
