//! A web server: `site ADDRESS:PORT`. Of the three components it alone reaches the network, and it reaches nothing else: pages
//! come from `pages`, their HTML from `render`.

wit_bindgen::generate!({ path: "../wit", world: "api" });

mod answer;
mod connection;
mod listener;

use connection::Connection;
use listener::Listener;
use std::net::SocketAddr;
use std::process::ExitCode;
use wasip2::clocks::monotonic_clock::{self, subscribe_instant};
use wasip2::io::poll::poll;

/// More have to wait until one of these ends.
const CONNECTIONS: usize = 256;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let address = match arguments.as_slice() {
        [] => "127.0.0.1:8080",
        [address] => address,
        _ => "",
    };
    let Ok(address) = address.parse::<SocketAddr>() else {
        eprintln!("usage: site [ADDRESS:PORT]");
        return ExitCode::from(2);
    };
    match Listener::new(address) {
        Ok(listener) => {
            eprintln!("http://{address}/");
            serve(&listener)
        }
        Err(error) => {
            eprintln!("{address}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Waits for all connections at once, and does for each what can be done without waiting.
fn serve(listener: &Listener) -> ! {
    let mut connections: Vec<Connection> = Vec::new();
    loop {
        let mut waiting: Vec<_> = connections.iter().map(Connection::waits_for).collect();
        let timer = connections.iter().map(Connection::until).min().map(subscribe_instant);
        waiting.extend(&timer);
        if connections.len() < CONNECTIONS {
            waiting.push(listener.ready());
        }
        let ready = poll(&waiting);
        drop(timer);
        for index in ready {
            if let Some(connection) = connections.get_mut(index as usize) {
                connection.proceed();
            }
        }
        let now = monotonic_clock::now();
        connections.retain(|connection| !connection.ended() && connection.until() > now);
        let room = CONNECTIONS - connections.len();
        connections.extend(listener.accept(room));
    }
}
