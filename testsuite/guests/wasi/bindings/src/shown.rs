//! Values as text.

use crate::filesystem::types as fs;
use crate::io::streams::StreamError;
use crate::sockets::network as net;
use std::fmt::{self, Display, Formatter};

/// What can be printed the same in every run.
pub trait Shown {
    /// Writes it.
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result;
}

/// [`Shown`] as [`Display`].
pub struct Text<'a, T: ?Sized>(pub &'a T);

impl<T: Shown + ?Sized> Display for Text<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.show(f)
    }
}

impl<T: Shown + ?Sized> Shown for &T {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        (**self).show(f)
    }
}

impl Shown for () {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("()")
    }
}

macro_rules! as_debug {
    ($($ty:ty),*) => {$(
        impl Shown for $ty {
            fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, f)
            }
        }
    )*};
}

as_debug!(bool, u8, u16, u32, u64, usize, str, String);

impl<T: Shown, E: Shown> Shown for Result<T, E> {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Ok(value) => write!(f, "ok {}", Text(value)),
            Err(error) => write!(f, "error {}", Text(error)),
        }
    }
}

impl<T: Shown> Shown for Option<T> {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Some(value) => write!(f, "some {}", Text(value)),
            None => f.write_str("none"),
        }
    }
}

impl<T: Shown> Shown for [T] {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (index, item) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}", Text(item))?;
        }
        f.write_str("]")
    }
}

impl<T: Shown> Shown for Vec<T> {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.as_slice().show(f)
    }
}

impl<A: Shown, B: Shown> Shown for (A, B) {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {})", Text(&self.0), Text(&self.1))
    }
}

impl<A: Shown, B: Shown, C: Shown> Shown for (A, B, C) {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {}, {})", Text(&self.0), Text(&self.1), Text(&self.2))
    }
}

/// A handle says nothing but what it is of.
macro_rules! resources {
    ($($ty:ty => $name:literal),* $(,)?) => {$(
        impl Shown for $ty {
            fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str($name)
            }
        }
    )*};
}

resources! {
    fs::Descriptor => "a descriptor",
    fs::DirectoryEntryStream => "a directory stream",
    crate::io::streams::InputStream => "an input stream",
    crate::io::streams::OutputStream => "an output stream",
    crate::io::poll::Pollable => "a pollable",
    crate::io::error::Error => "an error",
    crate::cli::terminal_input::TerminalInput => "a terminal",
    crate::cli::terminal_output::TerminalOutput => "a terminal",
    crate::sockets::network::Network => "a network",
    crate::sockets::tcp::TcpSocket => "a TCP socket",
    crate::sockets::udp::UdpSocket => "a UDP socket",
    crate::sockets::udp::IncomingDatagramStream => "incoming datagrams",
    crate::sockets::udp::OutgoingDatagramStream => "outgoing datagrams",
    crate::sockets::ip_name_lookup::ResolveAddressStream => "addresses",
}

impl Shown for StreamError {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            StreamError::Closed => f.write_str("closed"),
            // The words are each implementation's own.
            StreamError::LastOperationFailed(error) => {
                let code = fs::filesystem_error_code(error);
                write!(f, "failed: {}", Text(&code))
            }
        }
    }
}

impl Shown for fs::ErrorCode {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Shown for net::ErrorCode {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

as_debug!(
    fs::DescriptorFlags,
    fs::DescriptorType,
    net::IpAddressFamily
);

impl Shown for net::IpAddress {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            net::IpAddress::Ipv4((a, b, c, d)) => {
                write!(f, "{}", std::net::Ipv4Addr::new(a, b, c, d))
            }
            net::IpAddress::Ipv6((a, b, c, d, e, g, h, i)) => {
                write!(f, "{}", std::net::Ipv6Addr::new(a, b, c, d, e, g, h, i))
            }
        }
    }
}

/// The port isn't shown, for the system chose it, but whether there is one.
impl Shown for net::IpSocketAddress {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let port = |port| if port == 0 { "no port" } else { "a port" };
        match self {
            net::IpSocketAddress::Ipv4(address) => write!(
                f,
                "{}, {}",
                Text(&net::IpAddress::Ipv4(address.address)),
                port(address.port)
            ),
            net::IpSocketAddress::Ipv6(address) => write!(
                f,
                "{}, {}, flow {}, scope {}",
                Text(&net::IpAddress::Ipv6(address.address)),
                port(address.port),
                address.flow_info,
                address.scope_id
            ),
        }
    }
}

impl Shown for fs::DirectoryEntry {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.name, self.type_)
    }
}

/// Without the times, which are each run's own, and without the size and links of directories, which are the
/// file system's.
impl Shown for fs::DescriptorStat {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.type_)?;
        if self.type_ != fs::DescriptorType::Directory {
            write!(f, ", {} links, {} bytes", self.link_count, self.size)?;
        }
        let times = [
            self.data_access_timestamp,
            self.data_modification_timestamp,
            self.status_change_timestamp,
        ];
        write!(f, ", times {:?}", times.map(|time| time.is_some()))
    }
}
