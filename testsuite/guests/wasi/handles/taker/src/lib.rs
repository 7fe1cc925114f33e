//! Is granted nothing. What it is given works for it as for the giver, with the rights that the handle has, and
//! with no others; what it makes up is no handle.

wit_bindgen::generate!({
    path: [
        "../../../../../wit/packages/io.wit",
        "../../../../../wit/packages/clocks.wit",
        "../../../../../wit/packages/random.wit",
        "../../../../../wit/packages/filesystem.wit",
        "../../../../../wit/packages/sockets.wit",
        "../../../../../wit/packages/cli.wit",
        "../wit",
    ],
    world: "test:wasi-handles/taker",
    generate_all,
    bitflags_path: "::bitflags",
});

use exports::test::wasi_handles::take::Guest;
use wasi::cli::{environment, stderr, stdout};
use wasi::filesystem::preopens;
use wasi::filesystem::types::{
    Descriptor, DescriptorFlags, DirectoryEntryStream, ErrorCode, NewTimestamp, OpenFlags, PathFlags,
};
use wasi::io::poll::Pollable;
use wasi::io::streams::{InputStream, OutputStream};
use wasi::sockets::instance_network::instance_network;
use wasi::sockets::network::{
    self, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Network,
};
use wasi::sockets::tcp::TcpSocket;
use wasi::sockets::tcp_create_socket::create_tcp_socket;

struct Taker;

export!(Taker);

fn line<T>(what: &str, result: Result<T, ErrorCode>) -> String {
    match result {
        Ok(_) => format!("{what}: ok"),
        Err(error) => format!("{what}: {}", error.name()),
    }
}

fn socket_line<T>(what: &str, result: Result<T, network::ErrorCode>) -> String {
    match result {
        Ok(_) => format!("{what}: ok"),
        Err(error) => format!("{what}: {}", error.name()),
    }
}

/// What it holds by itself.
fn own() -> Vec<String> {
    let wrote = |stream: OutputStream| stream.blocking_write_and_flush(b"").is_ok();
    vec![
        format!("directories of its own: {}", preopens::get_directories().len()),
        format!("variables of its own: {}", environment::get_environment().len()),
        format!("arguments of its own: {}", environment::get_arguments().len()),
        format!("writes by itself: {:?}", (wrote(stdout::get_stdout()), wrote(stderr::get_stderr()))),
    ]
}

fn everything(directory: &Descriptor) -> Vec<String> {
    let here = PathFlags::empty();
    let both = DescriptorFlags::READ | DescriptorFlags::WRITE;
    let open = |path: &str, how, flags| directory.open_at(PathFlags::SYMLINK_FOLLOW, path, how, flags);
    let mut lines = own();
    let note = open("note.txt", OpenFlags::empty(), DescriptorFlags::READ);
    lines.push(line("open a file", note.as_ref().map_err(|error| *error)));
    if let Ok(note) = &note {
        lines.push(format!("read it: {:?}", note.read(100, 0).map(|(bytes, _)| bytes.len()).ok()));
        lines.push(line("write to it", note.write(b"x", 0)));
        lines.push(line("set its size", note.set_size(0)));
    }
    lines.push(line("open it to write", open("note.txt", OpenFlags::empty(), both)));
    lines.push(line("truncate it", open("note.txt", OpenFlags::TRUNCATE, DescriptorFlags::READ)));
    lines.push(line("create", open("taken", OpenFlags::CREATE, both)));
    lines.push(line("make a directory", directory.create_directory_at("taken-directory")));
    lines.push(line("link symbolically", directory.symlink_at("note.txt", "taken-link")));
    lines.push(line("link", directory.link_at(here, "note.txt", directory, "taken-second")));
    let now = NewTimestamp::Now;
    lines.push(line("set times", directory.set_times_at(here, "note.txt", now, now)));
    lines.push(line("above", directory.open_at(here, "..", OpenFlags::empty(), DescriptorFlags::READ)));
    lines.push(line("beside", open("../secret/secret.txt", OpenFlags::empty(), DescriptorFlags::READ)));
    lines.push(line("anywhere", open("/etc/passwd", OpenFlags::empty(), DescriptorFlags::READ)));
    // A directory that is reached through a handle has no more rights than the handle.
    let inner = open("folder", OpenFlags::DIRECTORY, DescriptorFlags::READ);
    if let Ok(inner) = &inner {
        lines.push(line("create in a directory in it", inner.open_at(here, "x", OpenFlags::CREATE, both)));
        lines.push(line("rename out of it", directory.rename_at("note.txt", inner, "note.txt")));
    }
    lines
}

impl Guest for Taker {
    fn lent(directory: &Descriptor) -> Vec<String> {
        everything(directory)
    }

    fn given(directory: Descriptor) -> Vec<String> {
        everything(&directory)
    }

    fn write(to: &OutputStream) -> Vec<String> {
        let done = to.blocking_write_and_flush(b"written by who was lent the stream\n");
        vec![format!("writes what it is lent: {}", done.is_ok())]
    }

    fn bind(network: &Network) -> Vec<String> {
        let address = IpSocketAddress::Ipv4(Ipv4SocketAddress { port: 0, address: (127, 0, 0, 1) });
        let created = create_tcp_socket(IpAddressFamily::Ipv4);
        let mut lines = vec![socket_line("a socket of its own", created.as_ref().map_err(|error| *error))];
        if let Ok(socket) = created {
            let own = instance_network();
            lines.push(socket_line("bind it with its own network", socket.start_bind(&own, address)));
            let other = create_tcp_socket(IpAddressFamily::Ipv4).expect("another socket");
            lines.push(socket_line("bind one with a network that is lent", other.start_bind(network, address)));
        }
        lines
    }

    fn forge(kind: String, number: u32) {
        // SAFETY: none: that it isn't a handle of this component's is what the host has to find out.
        unsafe {
            match kind.as_str() {
                "descriptor" => drop(Descriptor::from_handle(number).stat()),
                "entries" => drop(DirectoryEntryStream::from_handle(number).read_directory_entry()),
                "input" => drop(InputStream::from_handle(number).read(1)),
                "output" => drop(OutputStream::from_handle(number).check_write()),
                "pollable" => Pollable::from_handle(number).block(),
                "socket" => drop(TcpSocket::from_handle(number).local_address()),
                "drop" => drop(Descriptor::from_handle(number)),
                _ => {}
            }
        }
    }
}
