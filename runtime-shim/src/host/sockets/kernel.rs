//! The kernel's sockets: calls with Rust's types, and what its errors are to guests.

use core::mem::MaybeUninit;

use linux_raw_sys::net::{
    AF_INET, AF_INET6, IP_TTL, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, IPV6_UNICAST_HOPS, SO_ERROR,
    SO_KEEPALIVE, SO_RCVBUF, SO_SNDBUF, SOL_SOCKET, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL,
};
use rustix::io::Errno;

use super::address::{Address, Raw};
use crate::bindings::sockets::network::{ErrorCode, IpAddressFamily};
use crate::guest::Cx;
use crate::host::open::{self, File};
use crate::sys::{call, check};

/// What an error is to a guest.
pub fn error(errno: Errno) -> ErrorCode {
    match errno {
        Errno::PERM | Errno::ACCESS => ErrorCode::AccessDenied,
        Errno::MFILE | Errno::NFILE => ErrorCode::NewSocketLimit,
        Errno::ADDRINUSE => ErrorCode::AddressInUse,
        Errno::ADDRNOTAVAIL => ErrorCode::AddressNotBindable,
        Errno::TIMEDOUT => ErrorCode::Timeout,
        Errno::CONNREFUSED => ErrorCode::ConnectionRefused,
        Errno::CONNRESET => ErrorCode::ConnectionReset,
        Errno::CONNABORTED => ErrorCode::ConnectionAborted,
        Errno::INVAL => ErrorCode::InvalidArgument,
        Errno::HOSTUNREACH
        | Errno::HOSTDOWN
        | Errno::NETDOWN
        | Errno::NETUNREACH
        | Errno::NONET => ErrorCode::RemoteUnreachable,
        Errno::ISCONN | Errno::NOTCONN | Errno::DESTADDRREQ => ErrorCode::InvalidState,
        Errno::MSGSIZE => ErrorCode::DatagramTooLarge,
        Errno::NOMEM | Errno::NOBUFS => ErrorCode::OutOfMemory,
        Errno::AGAIN => ErrorCode::WouldBlock,
        Errno::OPNOTSUPP
        | Errno::NOPROTOOPT
        | Errno::PFNOSUPPORT
        | Errno::PROTONOSUPPORT
        | Errno::PROTOTYPE
        | Errno::SOCKTNOSUPPORT
        | Errno::AFNOSUPPORT => ErrorCode::NotSupported,
        _ => ErrorCode::Unknown,
    }
}

/// The same of connecting. That no port is left to connect from is not an address that can't be bound to.
pub fn connect_error(errno: Errno) -> ErrorCode {
    match errno {
        Errno::ADDRNOTAVAIL => ErrorCode::AddressInUse,
        errno => error(errno),
    }
}

/// Makes a call until no signal interrupts it.
pub fn retry(mut call: impl FnMut() -> isize) -> Result<usize, Errno> {
    loop {
        match check(call()) {
            Err(Errno::INTR) => {}
            result => return result,
        }
    }
}

/// A new socket of the calling instance's, made by one of `sys::call`'s functions. One for IPv6 is for nothing else.
pub fn socket(
    cx: &Cx,
    family: IpAddressFamily,
    make: unsafe extern "C" fn(usize) -> isize,
) -> Result<File, ErrorCode> {
    open::room(cx).map_err(error)?;
    let number = match family {
        IpAddressFamily::Ipv4 => AF_INET,
        IpAddressFamily::Ipv6 => AF_INET6,
    };
    // SAFETY: no memory is touched.
    let descriptor = check(unsafe { make(number as usize) }).map_err(error)?;
    let file = open::insert(cx, descriptor as i32);
    if family == IpAddressFamily::Ipv6
        && let Err(errno) = set(file, call::set_v6_only, 1)
    {
        file.release();
        return Err(error(errno));
    }
    Ok(file)
}

/// `bind`.
pub fn bind(file: File, address: Address) -> Result<(), ErrorCode> {
    let raw = address.raw();
    let at = raw.words.as_ptr().addr();
    // SAFETY: the kernel reads the address.
    let result = check(unsafe { call::bind(file.descriptor() as usize, at, raw.len as usize) });
    result.map(|_| ()).map_err(|errno| match errno {
        Errno::AFNOSUPPORT => ErrorCode::InvalidArgument,
        errno => error(errno),
    })
}

/// `connect`, which doesn't wait.
pub fn connect(file: File, address: Address) -> Result<(), Errno> {
    let raw = address.raw();
    let at = raw.words.as_ptr().addr();
    // SAFETY: the kernel reads the address.
    check(unsafe { call::connect(file.descriptor() as usize, at, raw.len as usize) }).map(|_| ())
}

/// `accept4`: the new socket, and whom it is connected to.
pub fn accept(file: File) -> Result<(i32, Option<Address>), Errno> {
    let mut raw = Raw::ROOM;
    let at = raw.words.as_mut_ptr().addr();
    let len = (&raw mut raw.len).addr();
    // SAFETY: the kernel writes the address within its length, and what the length is.
    let accepted = retry(|| unsafe { call::accept(file.descriptor() as usize, at, len) })?;
    // The kernel wrote to it by a number.
    Ok((accepted as i32, Address::of(core::hint::black_box(&raw))))
}

/// Ends a datagram socket's connection.
pub fn disconnect(file: File) -> Result<(), Errno> {
    // `AF_UNSPEC` and nothing else.
    let raw = Raw::ROOM;
    let at = raw.words.as_ptr().addr();
    // SAFETY: the kernel reads the address.
    check(unsafe { call::connect(file.descriptor() as usize, at, raw.len as usize) }).map(|_| ())
}

/// An address that the kernel tells, by one of `sys::call`'s functions.
fn told(
    file: File,
    tell: unsafe extern "C" fn(usize, usize, usize) -> isize,
) -> Result<Address, ErrorCode> {
    let mut raw = Raw::ROOM;
    let at = raw.words.as_mut_ptr().addr();
    let len = (&raw mut raw.len).addr();
    // SAFETY: the kernel writes the address within its length, and what the length is.
    check(unsafe { tell(file.descriptor() as usize, at, len) }).map_err(error)?;
    // The kernel wrote to it by a number.
    Address::of(core::hint::black_box(&raw)).ok_or(ErrorCode::Unknown)
}

/// The socket's own address.
pub fn local_address(file: File) -> Result<Address, ErrorCode> {
    told(file, call::getsockname)
}

/// The address that it is connected to.
pub fn remote_address(file: File) -> Result<Address, ErrorCode> {
    told(file, call::getpeername)
}

/// Sets an option, by one of `sys::call`'s functions.
pub fn set(
    file: File,
    set: unsafe extern "C" fn(usize, usize) -> isize,
    value: u32,
) -> Result<(), Errno> {
    let at = core::hint::black_box(&value);
    // SAFETY: the kernel reads an `int`.
    check(unsafe { set(file.descriptor() as usize, core::ptr::from_ref(at).addr()) }).map(|_| ())
}

fn get(file: File, level: u32, option: u32) -> Result<u32, Errno> {
    let (mut value, mut len) = (0u32, 4u32);
    let at = (&raw mut value).addr();
    let len = (&raw mut len).addr();
    // SAFETY: the kernel writes an `int`, and its length.
    check(unsafe {
        call::getsockopt(
            file.descriptor() as usize,
            level as usize,
            option as usize,
            at,
            len,
        )
    })?;
    // The kernel wrote to it by a number.
    Ok(core::hint::black_box(value))
}

/// The error that a socket has, if it has one, which is taken away from it.
pub fn pending_error(file: File) -> Option<Errno> {
    match get(file, SOL_SOCKET, SO_ERROR) {
        Ok(0) => None,
        Ok(errno) => Some(Errno::from_raw_os_error(errno as i32)),
        Err(errno) => Some(errno),
    }
}

/// Sends to `to`, or to where the socket is connected.
pub fn send(file: File, bytes: &[u8], to: Option<Address>) -> Result<usize, Errno> {
    let raw = to.map(Address::raw);
    let (to, to_len) = match &raw {
        Some(raw) => (raw.words.as_ptr().addr(), raw.len as usize),
        None => (0, 0),
    };
    let (at, len) = (bytes.as_ptr().addr(), bytes.len());
    // SAFETY: the kernel reads the bytes and the address.
    retry(|| unsafe { call::sendto(file.descriptor() as usize, at, len, to, to_len) })
}

/// Receives a datagram: how many bytes of it there was room for, and from whom.
pub fn receive(file: File, into: &mut [MaybeUninit<u8>]) -> Result<(usize, Address), Errno> {
    let mut raw = Raw::ROOM;
    let (at, len) = (into.as_mut_ptr().addr(), into.len());
    let from = raw.words.as_mut_ptr().addr();
    let from_len = (&raw mut raw.len).addr();
    // SAFETY: the kernel writes the bytes, the address and its length.
    let received =
        retry(|| unsafe { call::recvfrom(file.descriptor() as usize, at, len, from, from_len) })?;
    // The kernel wrote to it by a number.
    let from = Address::of(core::hint::black_box(&raw)).ok_or(Errno::INVAL)?;
    Ok((received, from))
}

const NANOSECONDS: u64 = 1_000_000_000;

/// Refuses the value that an option can't have.
fn positive(value: u64) -> Result<u64, ErrorCode> {
    if value == 0 {
        return Err(ErrorCode::InvalidArgument);
    }
    Ok(value)
}

/// The options of sockets. Values that the kernel doesn't take become the nearest that it does.
pub mod option {
    use super::*;

    /// Whether a connection where nothing happens is tested.
    pub fn keep_alive(file: File) -> Result<bool, ErrorCode> {
        let value = get(file, SOL_SOCKET, SO_KEEPALIVE).map_err(error)?;
        Ok(value != 0)
    }

    /// See [`keep_alive`].
    pub fn set_keep_alive(file: File, value: bool) -> Result<(), ErrorCode> {
        set(file, call::set_keep_alive, value.into()).map_err(error)
    }

    /// Whole seconds: at least one, at most as many as Linux takes.
    fn seconds(nanoseconds: u64) -> Result<u32, ErrorCode> {
        let seconds = positive(nanoseconds)?.div_ceil(NANOSECONDS);
        Ok(seconds.min(i16::MAX as u64) as u32)
    }

    fn time(file: File, option: u32) -> Result<u64, ErrorCode> {
        let seconds = get(file, IPPROTO_TCP as u32, option).map_err(error)?;
        Ok(u64::from(seconds) * NANOSECONDS)
    }

    /// After how many nanoseconds without traffic.
    pub fn keep_alive_idle(file: File) -> Result<u64, ErrorCode> {
        time(file, TCP_KEEPIDLE)
    }

    /// See [`keep_alive_idle`].
    pub fn set_keep_alive_idle(file: File, value: u64) -> Result<(), ErrorCode> {
        set(file, call::set_keep_idle, seconds(value)?).map_err(error)
    }

    /// How many nanoseconds lie between two tests.
    pub fn keep_alive_interval(file: File) -> Result<u64, ErrorCode> {
        time(file, TCP_KEEPINTVL)
    }

    /// See [`keep_alive_interval`].
    pub fn set_keep_alive_interval(file: File, value: u64) -> Result<(), ErrorCode> {
        set(file, call::set_keep_interval, seconds(value)?).map_err(error)
    }

    /// How many tests without an answer end the connection.
    pub fn keep_alive_count(file: File) -> Result<u32, ErrorCode> {
        get(file, IPPROTO_TCP as u32, TCP_KEEPCNT).map_err(error)
    }

    /// See [`keep_alive_count`].
    pub fn set_keep_alive_count(file: File, value: u32) -> Result<(), ErrorCode> {
        let count = positive(value.into())?.min(i8::MAX as u64) as u32;
        set(file, call::set_keep_count, count).map_err(error)
    }

    /// How many routers packets may pass.
    pub fn hop_limit(file: File, family: IpAddressFamily) -> Result<u8, ErrorCode> {
        let value = match family {
            IpAddressFamily::Ipv4 => get(file, IPPROTO_IP as u32, IP_TTL),
            IpAddressFamily::Ipv6 => get(file, IPPROTO_IPV6 as u32, IPV6_UNICAST_HOPS),
        };
        u8::try_from(value.map_err(error)?).map_err(|_| ErrorCode::NotSupported)
    }

    /// See [`hop_limit`].
    pub fn set_hop_limit(file: File, family: IpAddressFamily, value: u8) -> Result<(), ErrorCode> {
        positive(value.into())?;
        let option = match family {
            IpAddressFamily::Ipv4 => call::set_ttl,
            IpAddressFamily::Ipv6 => call::set_hops,
        };
        set(file, option, value.into()).map_err(error)
    }

    /// Linux doubles what it is told, for its own overhead, and tells the double.
    fn size(file: File, option: u32) -> Result<u64, ErrorCode> {
        let doubled = get(file, SOL_SOCKET, option).map_err(error)?;
        Ok(u64::from(doubled) / 2)
    }

    fn whole(value: u64) -> Result<u32, ErrorCode> {
        Ok(positive(value)?.min(i32::MAX as u64) as u32)
    }

    /// Bytes that wait to be read at most.
    pub fn receive_buffer_size(file: File) -> Result<u64, ErrorCode> {
        size(file, SO_RCVBUF)
    }

    /// See [`receive_buffer_size`].
    pub fn set_receive_buffer_size(file: File, value: u64) -> Result<(), ErrorCode> {
        set(file, call::set_receive_buffer, whole(value)?).map_err(error)
    }

    /// Bytes that wait to be sent at most.
    pub fn send_buffer_size(file: File) -> Result<u64, ErrorCode> {
        size(file, SO_SNDBUF)
    }

    /// See [`send_buffer_size`].
    pub fn set_send_buffer_size(file: File, value: u64) -> Result<(), ErrorCode> {
        set(file, call::set_send_buffer, whole(value)?).map_err(error)
    }
}
