//! Looking up what needs no server: addresses, and names that can't be any.

use crate::{Net, finish};
use wasi_bindings::Text;
use wasi_bindings::sockets::ip_name_lookup::resolve_addresses;
use wasi_bindings::sockets::network::{ErrorCode, IpAddress};

/// All addresses of a name.
fn lookup(net: &Net, name: &str) -> Result<Vec<IpAddress>, ErrorCode> {
    let stream = resolve_addresses(&net.network, name)?;
    let ready = stream.subscribe();
    let mut addresses = Vec::new();
    while let Some(address) = finish(&ready, || stream.resolve_next_address())? {
        addresses.push(address);
    }
    // It stays at its end.
    assert!(matches!(stream.resolve_next_address(), Ok(None)));
    ready.block();
    assert!(ready.ready());
    Ok(addresses)
}

pub fn run(net: &Net) {
    let long_label = format!("{}.example", "l".repeat(64));
    let long_name = "name.".repeat(60);
    for name in [
        "127.0.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "192.0.2.1",
        "::",
        "::1",
        "2001:db8::1",
        "2001:DB8:0:0:0:0:0:1",
        "",
        " ",
        "a name",
        "name\n",
        "a/b",
        "a:b",
        "127.0.0.1:80",
        "[::1]:80",
        &long_label,
        &long_name,
    ] {
        println!("{name:?} -> {}", Text(&lookup(net, name)));
    }
}
