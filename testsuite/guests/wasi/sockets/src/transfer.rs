//! Bytes over TCP: both ways, more than fits, and the ends of connections.

use crate::Net;
use wasi_bindings::clocks::monotonic_clock::subscribe_duration;
use wasi_bindings::io::poll::poll;
use wasi_bindings::io::streams::{InputStream, OutputStream, StreamError};
use wasi_bindings::sockets::tcp::ShutdownType;
use wasi_bindings::{say, show};

/// All until the end, as text.
fn all(input: &InputStream) -> String {
    let mut bytes = Vec::new();
    loop {
        match input.blocking_read(1000) {
            Ok(more) => bytes.extend(more),
            Err(StreamError::Closed) => return String::from_utf8_lossy(&bytes).into_owned(),
            Err(StreamError::LastOperationFailed(_)) => return "an error".to_owned(),
        }
    }
}

/// Exactly so many bytes.
fn exactly(input: &InputStream, size: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < size {
        let more = input.blocking_read((size - bytes.len()) as u64).expect("bytes");
        bytes.extend(more);
    }
    bytes
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

pub fn run(net: &Net) {
    let (client, server) = net.pair();
    let _ = show!(server.input.read(10));
    let more = server.input.subscribe();
    say!("ready before", more.ready());
    say!("permits", client.output.check_write().is_ok_and(|permitted| permitted > 0));
    let _ = show!(client.output.write(b"ping"));
    let _ = show!(client.output.flush());
    let _ = show!(client.output.blocking_flush());
    more.block();
    say!("ready after", more.ready());
    say!("at the server", text(exactly(&server.input, 4)));
    let _ = show!(server.output.blocking_write_and_flush(b"pong!"));
    say!("at the client", text(exactly(&client.input, 5)));
    let _ = show!(server.output.blocking_write_and_flush(b"0123456789"));
    let _ = show!(client.input.blocking_skip(4));
    say!("the rest", text(exactly(&client.input, 6)));
    let _ = show!(client.output.blocking_write_zeroes_and_flush(5));
    say!("zeroes", exactly(&server.input, 5));
    let _ = client.output.check_write();
    let _ = show!(client.output.write_zeroes(3));
    let _ = show!(client.output.blocking_flush());
    say!("zeroes", exactly(&server.input, 3));
    let _ = show!(server.input.skip(10));

    println!("-- an echo by splicing");
    let _ = show!(client.output.blocking_write_and_flush(b"to be echoed"));
    let mut echoed = 0;
    while echoed < 12 {
        echoed += server.output.blocking_splice(&server.input, 12 - echoed).expect("spliced");
    }
    let _ = server.output.blocking_flush();
    say!("echo", text(exactly(&client.input, 12)));
    drop(more);

    println!("-- more than fits");
    let (sent, seen) = flood(&client.output, &server.input);
    say!("everything that was written came", sent == seen);
    let room = client.output.subscribe();
    room.block();
    say!("there is room again", room.ready());
    drop(room);

    println!("-- poll");
    // What was ready when somebody last looked may count as ready until a read finds nothing.
    let _ = show!(client.input.read(1));
    let _ = show!(server.input.read(1));
    let (quiet, loud) = (client.input.subscribe(), server.input.subscribe());
    let soon = subscribe_duration(30_000_000);
    say!("only the timer", poll(&[&quiet, &loud, &soon]));
    let _ = show!(client.output.blocking_write_and_flush(b"x"));
    let late = subscribe_duration(3_600_000_000_000);
    say!("only the loud one", poll(&[&quiet, &loud, &late]));
    drop((quiet, loud));
    say!("it", text(exactly(&server.input, 1)));

    println!("-- closing");
    drop(client);
    say!("until the end", all(&server.input));
    let _ = show!(server.input.blocking_read(1).is_err());
}

/// Writes until nothing more is taken, then lets the other end read while it goes on. (Bytes sent, sum; seen, sum.)
fn flood(output: &OutputStream, input: &InputStream) -> ((u64, u64), (u64, u64)) {
    const TOTAL: u64 = 40 << 20;
    let add = |sum: u64, byte: &u8| sum.wrapping_mul(31).wrapping_add(u64::from(*byte));
    let block: Vec<u8> = (0..65_536_u32).map(|i| (i * 167 + i / 256) as u8).collect();
    let (mut sent, mut seen) = ((0, 0), (0, 0));
    let (room, more) = (output.subscribe(), input.subscribe());
    let mut stuck = false;
    while sent.0 < TOTAL || seen.0 < sent.0 {
        let mut progress = false;
        if sent.0 < TOTAL {
            let permitted = output.check_write().expect("open");
            if permitted == 0 {
                stuck = true;
            } else {
                let size = permitted.min(block.len() as u64).min(TOTAL - sent.0) as usize;
                output.write(&block[..size]).expect("written");
                sent = (sent.0 + size as u64, block[..size].iter().fold(sent.1, add));
                progress = true;
            }
        }
        // Not before it is stuck once: so that it is seen to be.
        if stuck || sent.0 == TOTAL {
            let bytes = input.read(1 << 20).expect("open");
            progress |= !bytes.is_empty();
            seen = (seen.0 + bytes.len() as u64, bytes.iter().fold(seen.1, add));
        }
        if !progress {
            poll(&if sent.0 < TOTAL { vec![&room, &more] } else { vec![&more] });
        }
    }
    say!("it was stuck", stuck);
    (sent, seen)
}

/// The ends of a connection, half by half.
pub fn closing(net: &Net) {
    println!("-- the client has said everything");
    let (client, server) = net.pair();
    let _ = show!(client.output.blocking_write_and_flush(b"the last words"));
    let _ = show!(client.socket.shutdown(ShutdownType::Send));
    say!("at the server", all(&server.input));
    let _ = show!(server.output.blocking_write_and_flush(b"the answer"));
    say!("at the client", text(exactly(&client.input, 10)));
    let _ = show!(client.output.check_write().is_err());
    let _ = show!(server.input.blocking_read(1).is_err());

    println!("-- the client listens no more");
    let (client, server) = net.pair();
    let _ = show!(client.socket.shutdown(ShutdownType::Receive));
    let _ = show!(client.input.blocking_read(1).is_err());
    let _ = show!(client.output.blocking_write_and_flush(b"still speaking"));
    say!("at the server", text(exactly(&server.input, 14)));

    println!("-- neither");
    let (client, server) = net.pair();
    let _ = show!(client.socket.shutdown(ShutdownType::Both));
    let _ = show!(client.input.blocking_read(1).is_err());
    let _ = show!(client.output.check_write().is_err());
    say!("at the server", all(&server.input));

    println!("-- a stream is dropped");
    let (client, server) = net.pair();
    let _ = show!(client.output.blocking_write_and_flush(b"before"));
    drop(client.output);
    say!("at the server", text(exactly(&server.input, 6)));
    // Who has dropped a stream may still get another way to say that this was all.
    subscribe_duration(30_000_000).block();
    let _ = show!(server.input.read(1));
    let _ = show!(client.socket.shutdown(ShutdownType::Send));
    let _ = show!(server.input.blocking_read(1).is_err());
    let _ = show!(server.output.blocking_write_and_flush(b"after"));
    say!("at the client", text(exactly(&client.input, 5)));

    println!("-- the server is gone");
    let (client, server) = net.pair();
    let _ = show!(server.output.blocking_write_and_flush(b"good bye"));
    drop(server);
    say!("at the client", all(&client.input));
    // Into nothing: the first may go, then there is an error.
    let mut writes = 0;
    while writes < 100 && client.output.blocking_write_and_flush(b"hello?").is_ok() {
        writes += 1;
        subscribe_duration(10_000_000).block();
    }
    say!("refused at last", writes < 100);
}
