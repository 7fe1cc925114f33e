//! `wasi:sockets`, as far as there is anything to it while the network can't be granted: whoever asks for a
//! socket or a name's addresses is told that access is denied, as by a system that forbids it. So nobody
//! ever holds a socket, a datagram stream or a list of addresses, whose methods trap as for any unknown handle.

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

    /// The representation of the only network there is: one that nothing can be reached by.
    const NOWHERE: u32 = 0;

    /// `instance-network`. It has no error value: a network without rights stands for one.
    pub fn instance_network(_: &mut Cx) -> Own<Network> {
        Own::new(NOWHERE)
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
        _: &mut Cx,
        _address_family: IpAddressFamily,
    ) -> Result<Own<TcpSocket>, ErrorCode> {
        Err(ErrorCode::AccessDenied)
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
        _: &mut Cx,
        _address_family: IpAddressFamily,
    ) -> Result<Own<UdpSocket>, ErrorCode> {
        Err(ErrorCode::AccessDenied)
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

/// `wasi:sockets/ip-name-lookup`.
pub mod ip_name_lookup {
    use crate::bindings::sockets::ip_name_lookup::ResolveAddressStream;
    use crate::bindings::sockets::network::{ErrorCode, Network};
    use crate::guest::{Borrow, Cx, GuestStr, Own};

    /// `resolve-addresses`. Denied whatever the name, an address included.
    pub fn resolve_addresses(
        _: &mut Cx,
        _network: Borrow<Network>,
        _name: GuestStr,
    ) -> Result<Own<ResolveAddressStream>, ErrorCode> {
        Err(ErrorCode::AccessDenied)
    }

    /// As where the system forbids it.
    pub mod denied {
        use crate::bindings::sockets::ip_name_lookup::ResolveAddressStream;
        use crate::bindings::sockets::network::{ErrorCode, Network};
        use crate::guest::{Borrow, Cx, GuestStr, Own};

        /// `resolve-addresses`. Denied whatever the name, an address included.
        pub fn resolve_addresses(
            _: &mut Cx,
            _network: Borrow<Network>,
            _name: GuestStr,
        ) -> Result<Own<ResolveAddressStream>, ErrorCode> {
            Err(ErrorCode::AccessDenied)
        }
    }
}
