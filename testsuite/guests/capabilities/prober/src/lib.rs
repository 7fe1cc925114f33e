//! Tries everything that a component can reach for.

wit_bindgen::generate!({ path: "../wit", world: "prober" });

use std::fs;
use std::io::{Read, Result, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};

struct Prober;

impl exports::test::capabilities::attempts::Guest for Prober {
    fn all(granted: u16, other: u16) -> Vec<String> {
        let mut lines = vec![
            format!("arguments {}", std::env::args_os().count()),
            format!("variables {}", std::env::vars_os().count()),
        ];
        let mut attempt = |what: &str, result: Result<String>| {
            lines.push(match result {
                Ok(found) => format!("{what} {found}"),
                Err(_) => format!("{what} failed"),
            });
        };
        attempt("stdin", input());
        attempt("stdout", said(std::io::stdout()));
        attempt("stderr", said(std::io::stderr()));
        attempt("list /data", listed("/data"));
        attempt("list /", listed("/"));
        attempt("list .", listed("."));
        attempt("list /data/..", listed("/data/.."));
        attempt("read /data/file", fs::read_to_string("/data/file"));
        attempt("read /data/../secret", fs::read_to_string("/data/../secret"));
        attempt("read /data/link", fs::read_to_string("/data/link"));
        attempt("read /etc/passwd", fs::read_to_string("/etc/passwd"));
        attempt("write /data/file", done(fs::write("/data/file", "changed")));
        attempt("write /data/new", done(fs::write("/data/new", "new")));
        attempt("remove /data/file", done(fs::remove_file("/data/file")));
        attempt("rename /data/file", done(fs::rename("/data/file", "/data/gone")));
        attempt("make /data/folder", done(fs::create_dir("/data/folder")));
        attempt("link /data/file", done(fs::hard_link("/data/file", "/data/too")));
        attempt("connect granted", connected(granted));
        attempt("connect other", connected(other));
        attempt("listen", done(TcpListener::bind("127.0.0.1:0").map(drop)));
        attempt("datagram", datagram(granted));
        attempt("look up", looked_up());
        lines
    }
}

fn done(result: Result<()>) -> Result<String> {
    result.map(|()| "done".to_owned())
}

fn input() -> Result<String> {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    Ok(format!("{} bytes", input.len()))
}

/// Whether it is seen is not for the guest to say.
fn said(mut stream: impl Write) -> Result<String> {
    let _ = stream
        .write_all(b"this must not be seen\n")
        .and_then(|()| stream.flush());
    Ok("tried".to_owned())
}

fn listed(path: &str) -> Result<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names.join(" "))
}

/// What the other side says first.
fn connected(port: u16) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    let mut said = String::new();
    stream.read_to_string(&mut said)?;
    Ok(said)
}

fn datagram(port: u16) -> Result<String> {
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    done(socket.send_to(b"x", ("127.0.0.1", port)).map(drop))
}

fn looked_up() -> Result<String> {
    done(("localhost", 80).to_socket_addrs().map(drop))
}

export!(Prober);
