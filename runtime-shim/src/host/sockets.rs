//! `wasi:sockets`.
//!
//! # Authority
//!
//! A network is what a component was granted: its representation is the address of the component's `Authority`, 0 is one that leads nowhere.
//! [`rules`] say what may be done with an address by it. They are asked where a function is given a network: to bind, to connect. To listen takes no
//! more than to have bound. A UDP socket keeps the network that it was bound by, which is asked for each
//! datagram. Who has a connection has the right to use it; who has a listening socket may accept.
//!
//! # Sockets
//!
//! Every socket is one of the kernel's, which never blocks. What takes time in WASI (`start-`, `finish-`) is begun by the
//! kernel at once; [`tcp`] and [`udp`] keep what the kernel doesn't: which of the steps has been made.

pub mod address;
pub mod kernel;
pub mod lookup;
pub mod rules;
pub mod tcp;
pub mod udp;

pub use lookup as ip_name_lookup;

/// `wasi:sockets/network`.
pub mod network {
    use crate::bindings::sockets::network::Network;
    use crate::guest::{Cx, Own};

    /// The end of a network's handle.
    pub fn drop_network(_: &mut Cx, _: Own<Network>) {}
}

/// `wasi:sockets/instance-network`.
pub mod instance_network {
    use crate::bindings::sockets::network::Network;
    use crate::guest::{Cx, Own};

    /// The representation of a network that nothing can be reached by.
    const NOWHERE: u32 = 0;

    /// `instance-network`. The representation is the address of what the caller was granted: below 4 GiB.
    pub fn instance_network(cx: &mut Cx) -> Own<Network> {
        let granted = cx
            .authority()
            .map(|authority| (&raw const *authority).expose_provenance());
        Own::new(granted.map_or(NOWHERE, |at| at as u32))
    }

    /// A network that leads nowhere.
    pub mod denied {
        use crate::bindings::sockets::network::Network;
        use crate::guest::{Cx, Own};

        /// `instance-network`. It has no error value: a network without rights stands for one.
        pub fn instance_network(_: &mut Cx) -> Own<Network> {
            Own::new(super::NOWHERE)
        }
    }
}

/// `wasi:sockets/tcp-create-socket`.
pub mod tcp_create_socket {
    use crate::bindings::sockets::network::{ErrorCode, IpAddressFamily};
    use crate::bindings::sockets::tcp::TcpSocket;
    use crate::guest::{Cx, Own};

    /// `create-tcp-socket`.
    pub fn create_tcp_socket(
        cx: &mut Cx,
        address_family: IpAddressFamily,
    ) -> Result<Own<TcpSocket>, ErrorCode> {
        crate::host::sockets::tcp::create(cx, address_family)
    }

    /// As where the system forbids it.
    pub mod denied {
        use crate::bindings::sockets::network::{ErrorCode, IpAddressFamily};
        use crate::bindings::sockets::tcp::TcpSocket;
        use crate::guest::{Cx, Own};

        /// `create-tcp-socket`.
        pub fn create_tcp_socket(
            _: &mut Cx,
            _address_family: IpAddressFamily,
        ) -> Result<Own<TcpSocket>, ErrorCode> {
            Err(ErrorCode::AccessDenied)
        }
    }
}

/// `wasi:sockets/udp-create-socket`.
pub mod udp_create_socket {
    use crate::bindings::sockets::network::{ErrorCode, IpAddressFamily};
    use crate::bindings::sockets::udp::UdpSocket;
    use crate::guest::{Cx, Own};

    /// `create-udp-socket`.
    pub fn create_udp_socket(
        cx: &mut Cx,
        address_family: IpAddressFamily,
    ) -> Result<Own<UdpSocket>, ErrorCode> {
        crate::host::sockets::udp::create(cx, address_family)
    }

    /// As where the system forbids it.
    pub mod denied {
        use crate::bindings::sockets::network::{ErrorCode, IpAddressFamily};
        use crate::bindings::sockets::udp::UdpSocket;
        use crate::guest::{Cx, Own};

        /// `create-udp-socket`.
        pub fn create_udp_socket(
            _: &mut Cx,
            _address_family: IpAddressFamily,
        ) -> Result<Own<UdpSocket>, ErrorCode> {
            Err(ErrorCode::AccessDenied)
        }
    }
}
