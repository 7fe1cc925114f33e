//! Looks up names and prints what came of it: all of them at once (`together NAME...`), a line for each in the order in which they are
//! ready, or by calling without waiting (`spin NAME`).

wit_bindgen::generate!({
    path: [
        "../../../../wit/packages/io.wit",
        "../../../../wit/packages/clocks.wit",
        "../../../../wit/packages/sockets.wit",
        "../wit",
    ],
    world: "test:names/names",
    generate_all,
});

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use wasi::clocks::monotonic_clock;
use wasi::io::poll::poll;
use wasi::sockets::instance_network::instance_network;
use wasi::sockets::ip_name_lookup::{ResolveAddressStream, resolve_addresses};
use wasi::sockets::network::{ErrorCode, IpAddress};

fn address(address: IpAddress) -> IpAddr {
    match address {
        IpAddress::Ipv4((a, b, c, d)) => Ipv4Addr::new(a, b, c, d).into(),
        IpAddress::Ipv6((a, b, c, d, e, f, g, h)) => Ipv6Addr::new(a, b, c, d, e, f, g, h).into(),
    }
}

/// All addresses of a lookup that is ready.
fn all(stream: &ResolveAddressStream) -> Result<Vec<String>, ErrorCode> {
    let mut all = Vec::new();
    while let Some(next) = stream.resolve_next_address()? {
        all.push(address(next).to_string());
    }
    // The end stays the end.
    assert!(matches!(stream.resolve_next_address(), Ok(None)));
    Ok(all)
}

fn print(name: &str, result: Result<Vec<String>, ErrorCode>) {
    match result {
        Ok(all) => println!("{name}: {}", all.join(" ")),
        Err(error) => println!("{name}: {}", error.name()),
    }
}

fn together(names: &[String]) {
    let network = instance_network();
    let mut waiting = Vec::new();
    for name in names {
        match resolve_addresses(&network, name) {
            // The stream goes first, and what waits for it still can be waited for.
            Ok(stream) if name.starts_with("dropped.") => waiting.push((name, stream.subscribe(), None)),
            Ok(stream) => waiting.push((name, stream.subscribe(), Some(stream))),
            Err(error) => print(name, Err(error)),
        }
    }
    // A time that doesn't come, among the others.
    let never = monotonic_clock::subscribe_duration(3_600_000_000_000);
    while !waiting.is_empty() {
        let mut pollables: Vec<_> = waiting.iter().map(|(_, pollable, _)| pollable).collect();
        pollables.push(&never);
        let ready = poll(&pollables);
        for &i in ready.iter().rev() {
            let (name, pollable, stream) = waiting.remove(i as usize);
            assert!(pollable.ready());
            match &stream {
                Some(stream) => print(name, all(stream)),
                None => println!("{name}: ready"),
            }
            drop(stream);
        }
    }
}

fn spin(name: &str) {
    let network = instance_network();
    let stream = match resolve_addresses(&network, name) {
        Ok(stream) => stream,
        Err(error) => return print(name, Err(error)),
    };
    drop(network);
    let mut waits = 0u64;
    let first = loop {
        match stream.resolve_next_address() {
            Err(ErrorCode::WouldBlock) => waits += 1,
            other => break other,
        }
    };
    let first = first.map(|first| first.map(|first| address(first).to_string()));
    println!("{}", if waits > 0 { "waited" } else { "at once" });
    print(name, first.and_then(|first| Ok(first.into_iter().chain(all(&stream)?).collect())));
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words[0].as_str() {
        "together" => together(&words[1..]),
        "spin" => spin(&words[1]),
        other => panic!("{other}?"),
    }
}
