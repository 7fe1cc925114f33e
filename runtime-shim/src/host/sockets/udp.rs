//! `wasi:sockets/udp`.
//!
//! A socket has one pair of streams at a time; asking for another one before both are dropped traps. The streams' representation is the socket's.
//!
//! # Who may be heard
//!
//! A socket that was bound by a rule about its own address hears everybody. One that is only to send, bound to any address and a port that the system
//! chooses, needs no such rule: it hears those that it may send to, and other datagrams are dropped unseen.

use nanocc_shim_abi::Trap;
use rustix::io::Errno;

use super::address::Address;
use super::kernel::{self, error, option};
use super::rules::{self, Kind};
use crate::bindings::io::poll::Pollable;
use crate::bindings::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress, Network};
use crate::bindings::sockets::udp::{
    IncomingDatagram, IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream, UdpSocket,
};
use crate::checks::denied;
use crate::guest::{Borrow, Cx, GuestSlice, NewList, Own};
use crate::host::io::poll::{self, Event};
use crate::host::io::streams;
use crate::host::open::File;
use crate::host::slots::Slots;
use crate::host::transfer::{self, Direction};
use crate::sys::{SingleThread, call};
use crate::trap::raise;

/// The most datagrams that are received or sent by one call.
const DATAGRAMS: usize = 16;

/// The most datagrams that are passed over by one call.
const UNHEARD: usize = 256;

#[derive(Clone, Copy)]
struct Socket {
    file: File,
    /// The handle of the socket, and those of streams.
    users: u32,
    /// Streams that aren't dropped.
    streams: u32,
    family: IpAddressFamily,
    /// `start-bind` was called, and `finish-bind` not yet.
    binding: bool,
    /// The address that it was bound to.
    local: Option<Address>,
    /// The network that it was bound by.
    network: u32,
    /// It may be sent to by everybody.
    listens: bool,
    /// The address that it is connected to.
    remote: Option<Address>,
    /// Datagrams that may still be sent before `check-send` has to be asked again.
    permit: usize,
}

static SOCKETS: SingleThread<Slots<Socket, 2>> = SingleThread(Slots::new(Socket {
    file: File::STDIN,
    users: 0,
    streams: 0,
    family: IpAddressFamily::Ipv4,
    binding: false,
    local: None,
    network: 0,
    listens: false,
    remote: None,
    permit: 0,
}));

/// Changes a socket's state, which stays as it was if that fails.
fn change<T>(
    index: u32,
    change: impl FnOnce(&mut Socket) -> Result<T, ErrorCode>,
) -> Result<T, ErrorCode> {
    let mut socket = SOCKETS.0.get(index);
    let result = change(&mut socket);
    if result.is_ok() {
        SOCKETS.0.set(index, socket);
    }
    result
}

/// The end of one use of a socket.
fn release(index: u32) {
    let mut socket = SOCKETS.0.get(index);
    socket.users -= 1;
    SOCKETS.0.set(index, socket);
    if socket.users == 0 {
        socket.file.release();
        SOCKETS.0.remove(index);
    }
}

/// `create-udp-socket`.
pub fn create(cx: &Cx, family: IpAddressFamily) -> Result<Own<UdpSocket>, ErrorCode> {
    let file = kernel::socket(cx, family, call::socket_datagram)?;
    Ok(Own::new(SOCKETS.0.insert(Socket {
        file,
        users: 1,
        streams: 0,
        family,
        binding: false,
        local: None,
        network: 0,
        listens: false,
        remote: None,
        permit: 0,
    })))
}

/// The end of a socket's handle.
pub fn drop_udp_socket(_: &mut Cx, socket: Own<UdpSocket>) {
    release(socket.rep());
}

/// `start-bind`.
pub fn udp_socket_start_bind(
    _: &mut Cx,
    self_: Borrow<UdpSocket>,
    network: Borrow<Network>,
    local_address: IpSocketAddress,
) -> Result<(), ErrorCode> {
    let network = network.rep();
    change(self_.rep(), |socket| {
        if socket.binding {
            return Err(ErrorCode::ConcurrencyConflict);
        }
        if socket.local.is_some() {
            return Err(ErrorCode::InvalidState);
        }
        let address = Address::from_guest(local_address, socket.family)?;
        let listens = rules::permits(network, Kind::UdpListen, address.ip, address.port);
        let sends = address.ip.is_unspecified()
            && address.port == 0
            && rules::has(network, Kind::UdpConnect);
        if denied(!listens && !sends) {
            return Err(ErrorCode::AccessDenied);
        }
        kernel::bind(socket.file, address)?;
        socket.local = Some(kernel::local_address(socket.file)?);
        (socket.network, socket.listens, socket.binding) = (network, listens, true);
        Ok(())
    })
}

/// `finish-bind`.
pub fn udp_socket_finish_bind(_: &mut Cx, self_: Borrow<UdpSocket>) -> Result<(), ErrorCode> {
    change(self_.rep(), |socket| {
        if !socket.binding {
            return Err(ErrorCode::NotInProgress);
        }
        socket.binding = false;
        Ok(())
    })
}

impl Socket {
    /// Whether it may send to an address.
    fn may_send(&self, to: Address) -> Result<(), ErrorCode> {
        if denied(!rules::permits(
            self.network,
            Kind::UdpConnect,
            to.ip,
            to.port,
        )) {
            return Err(ErrorCode::AccessDenied);
        }
        Ok(())
    }

    /// Whether it may be sent to from an address.
    fn hears(&self, from: Address) -> bool {
        // What was there before the socket was connected is there still.
        let is_peer = self
            .remote
            .is_none_or(|remote| (remote.ip, remote.port) == (from.ip, from.port));
        is_peer && (self.listens || self.may_send(from).is_ok())
    }

    /// Ends its connection.
    fn disconnect(&mut self) -> Result<(), ErrorCode> {
        kernel::disconnect(self.file).map_err(error)?;
        self.remote = None;
        // A port that the system chose is given back by that.
        let lost = kernel::local_address(self.file).is_ok_and(|local| local.port == 0);
        match self.local {
            Some(local) if lost => kernel::bind(self.file, local),
            _ => Ok(()),
        }
    }

    fn connect(&mut self, to: Address) -> Result<(), ErrorCode> {
        let connected = match kernel::connect(self.file, to) {
            // The way to there begins at another interface than the one before.
            Err(Errno::INVAL) => {
                self.disconnect()?;
                kernel::connect(self.file, to)
            }
            result => result,
        };
        // Whatever became of it.
        self.remote = kernel::remote_address(self.file).ok();
        connected.map_err(|errno| match errno {
            Errno::AFNOSUPPORT => ErrorCode::InvalidArgument,
            errno => kernel::connect_error(errno),
        })
    }
}

/// `stream`.
pub fn udp_socket_stream(
    _: &mut Cx,
    self_: Borrow<UdpSocket>,
    remote_address: Option<IpSocketAddress>,
) -> Result<(Own<IncomingDatagramStream>, Own<OutgoingDatagramStream>), ErrorCode> {
    let index = self_.rep();
    let mut socket = SOCKETS.0.get(index);
    if socket.streams != 0 {
        raise(Trap::HostFunction);
    }
    if socket.local.is_none() {
        return Err(ErrorCode::InvalidState);
    }
    let result = match remote_address {
        Some(remote) => {
            let remote = Address::from_guest(remote, socket.family)?.remote()?;
            socket.may_send(remote)?;
            socket.connect(remote)
        }
        None if socket.remote.is_some() => socket.disconnect(),
        None => Ok(()),
    };
    if result.is_ok() {
        (socket.streams, socket.users, socket.permit) = (2, socket.users + 2, 0);
    }
    SOCKETS.0.set(index, socket);
    result.map(|()| (Own::new(index), Own::new(index)))
}

/// `local-address`.
pub fn udp_socket_local_address(
    _: &mut Cx,
    self_: Borrow<UdpSocket>,
) -> Result<IpSocketAddress, ErrorCode> {
    let socket = SOCKETS.0.get(self_.rep());
    if socket.local.is_none() {
        return Err(ErrorCode::InvalidState);
    }
    // A connection may have changed it.
    kernel::local_address(socket.file).map(Address::to_guest)
}

/// `remote-address`.
pub fn udp_socket_remote_address(
    _: &mut Cx,
    self_: Borrow<UdpSocket>,
) -> Result<IpSocketAddress, ErrorCode> {
    let remote = SOCKETS.0.get(self_.rep()).remote;
    remote.map(Address::to_guest).ok_or(ErrorCode::InvalidState)
}

/// `address-family`.
pub fn udp_socket_address_family(_: &mut Cx, self_: Borrow<UdpSocket>) -> IpAddressFamily {
    SOCKETS.0.get(self_.rep()).family
}

fn file(socket: Borrow<UdpSocket>) -> File {
    SOCKETS.0.get(socket.rep()).file
}

/// `unicast-hop-limit`.
pub fn udp_socket_unicast_hop_limit(_: &mut Cx, self_: Borrow<UdpSocket>) -> Result<u8, ErrorCode> {
    option::hop_limit(file(self_), SOCKETS.0.get(self_.rep()).family)
}

/// `set-unicast-hop-limit`.
pub fn udp_socket_set_unicast_hop_limit(
    _: &mut Cx,
    self_: Borrow<UdpSocket>,
    value: u8,
) -> Result<(), ErrorCode> {
    option::set_hop_limit(file(self_), SOCKETS.0.get(self_.rep()).family, value)
}

/// `receive-buffer-size`.
pub fn udp_socket_receive_buffer_size(
    _: &mut Cx,
    self_: Borrow<UdpSocket>,
) -> Result<u64, ErrorCode> {
    option::receive_buffer_size(file(self_))
}

/// `set-receive-buffer-size`.
pub fn udp_socket_set_receive_buffer_size(
    _: &mut Cx,
    self_: Borrow<UdpSocket>,
    value: u64,
) -> Result<(), ErrorCode> {
    option::set_receive_buffer_size(file(self_), value)
}

/// `send-buffer-size`.
pub fn udp_socket_send_buffer_size(_: &mut Cx, self_: Borrow<UdpSocket>) -> Result<u64, ErrorCode> {
    option::send_buffer_size(file(self_))
}

/// `set-send-buffer-size`.
pub fn udp_socket_set_send_buffer_size(
    _: &mut Cx,
    self_: Borrow<UdpSocket>,
    value: u64,
) -> Result<(), ErrorCode> {
    option::set_send_buffer_size(file(self_), value)
}

/// `subscribe`. None of the functions that might wait ever does.
pub fn udp_socket_subscribe(_: &mut Cx, _: Borrow<UdpSocket>) -> Own<Pollable> {
    poll::pollable(Event::Now)
}

/// `receive`.
pub fn incoming_datagram_stream_receive(
    cx: &mut Cx,
    self_: Borrow<IncomingDatagramStream>,
    max_results: u64,
) -> Result<NewList<IncomingDatagram>, ErrorCode> {
    let socket = SOCKETS.0.get(self_.rep());
    let most = max_results.min(DATAGRAMS as u64) as usize;
    let mut datagrams = [const { None::<IncomingDatagram> }; DATAGRAMS];
    let (mut count, mut bytes, mut unheard) = (0, 0, 0);
    // No more bytes than one of the largest has.
    while count < most && bytes < streams::buffer().len() && unheard < UNHEARD {
        let buffer = streams::buffer();
        let (len, from) = match kernel::receive(socket.file, buffer) {
            Ok(received) => received,
            Err(Errno::AGAIN) => break,
            Err(errno) if count == 0 => return Err(error(errno)),
            // Taken away from the socket, and not lost: it can't be told, but the datagrams are.
            Err(_) => break,
        };
        if !socket.hears(from) {
            unheard += 1;
            continue;
        }
        let mut data = cx.list::<u8>(len);
        for (to, byte) in data.room(cx).iter_mut().zip(buffer.iter()) {
            // SAFETY: the kernel has written that many bytes, which are as many as there is room for.
            *to = unsafe { byte.assume_init() };
        }
        data.advance(len);
        let datagram = IncomingDatagram {
            data: data.finish(cx),
            remote_address: from.to_guest(),
        };
        if let Some(slot) = datagrams.get_mut(count) {
            *slot = Some(datagram);
        }
        count += 1;
        bytes += len + 1;
    }
    let mut list = cx.list::<IncomingDatagram>(count);
    for datagram in datagrams.into_iter().flatten() {
        list.push(cx, datagram);
    }
    Ok(list.finish(cx))
}

/// `subscribe`.
pub fn incoming_datagram_stream_subscribe(
    _: &mut Cx,
    self_: Borrow<IncomingDatagramStream>,
) -> Own<Pollable> {
    let file = SOCKETS.0.get(self_.rep()).file;
    poll::pollable(Event::File(file, Direction::In))
}

/// The end of one of the two streams.
fn drop_stream(index: u32) {
    let mut socket = SOCKETS.0.get(index);
    socket.streams -= 1;
    SOCKETS.0.set(index, socket);
    release(index);
}

/// The end of a stream's handle.
pub fn drop_incoming_datagram_stream(_: &mut Cx, stream: Own<IncomingDatagramStream>) {
    drop_stream(stream.rep());
}

/// `check-send`. An error that the socket has makes it ready: sending tells.
pub fn outgoing_datagram_stream_check_send(
    _: &mut Cx,
    self_: Borrow<OutgoingDatagramStream>,
) -> Result<u64, ErrorCode> {
    change(self_.rep(), |socket| {
        let ready = transfer::is_ready(socket.file.descriptor(), Direction::Out);
        socket.permit = if ready { DATAGRAMS } else { 0 };
        Ok(socket.permit as u64)
    })
}

/// `send`.
pub fn outgoing_datagram_stream_send(
    cx: &mut Cx,
    self_: Borrow<OutgoingDatagramStream>,
    datagrams: GuestSlice<OutgoingDatagram>,
) -> Result<u64, ErrorCode> {
    let index = self_.rep();
    let socket = SOCKETS.0.get(index);
    if datagrams.is_empty() {
        return Ok(0);
    }
    if datagrams.len() > socket.permit {
        raise(Trap::HostFunction);
    }
    SOCKETS.0.set(
        index,
        Socket {
            permit: 0,
            ..socket
        },
    );
    let mut sent = 0;
    for datagram in datagrams.iter(cx) {
        match socket.send(cx, datagram) {
            Ok(()) => sent += 1,
            Err(ErrorCode::WouldBlock) => break,
            Err(error) if sent == 0 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(sent)
}

impl Socket {
    fn send(&self, cx: &Cx, datagram: OutgoingDatagram) -> Result<(), ErrorCode> {
        let given = match datagram.remote_address {
            Some(address) => Some(Address::from_guest(address, self.family)?.remote()?),
            None => None,
        };
        let to = match (given, self.remote) {
            (Some(given), Some(remote)) if (given.ip, given.port) != (remote.ip, remote.port) => {
                return Err(ErrorCode::InvalidArgument);
            }
            (_, Some(remote)) => remote,
            (Some(given), None) => given,
            (None, None) => return Err(ErrorCode::InvalidArgument),
        };
        self.may_send(to)?;
        let to = if self.remote.is_some() {
            None
        } else {
            Some(to)
        };
        kernel::send(self.file, datagram.data.bytes(cx), to)
            .map(|_| ())
            .map_err(error)
    }
}

/// `subscribe`.
pub fn outgoing_datagram_stream_subscribe(
    _: &mut Cx,
    self_: Borrow<OutgoingDatagramStream>,
) -> Own<Pollable> {
    let file = SOCKETS.0.get(self_.rep()).file;
    poll::pollable(Event::File(file, Direction::Out))
}

/// The end of a stream's handle.
pub fn drop_outgoing_datagram_stream(_: &mut Cx, stream: Own<OutgoingDatagramStream>) {
    drop_stream(stream.rep());
}

#[cfg(test)]
mod tests;
