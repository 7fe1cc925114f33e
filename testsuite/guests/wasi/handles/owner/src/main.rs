//! Is granted directories, streams and the network, and hands out handles. The first argument says which.

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
    world: "test:wasi-handles/owner",
    generate_all,
    bitflags_path: "::bitflags",
});

use test::wasi_handles::take;
use wasi::cli::stdout::get_stdout;
use wasi::filesystem::preopens::get_directories;
use wasi::sockets::instance_network::instance_network;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let argument = |index: usize| arguments.get(index).map_or("", String::as_str);
    let mut lines = Vec::new();
    match argument(1) {
        "directories" => {
            let mut directories = get_directories();
            directories.sort_by(|a, b| a.1.cmp(&b.1));
            for (directory, name) in &directories {
                lines.push(format!("== {name} is lent"));
                lines.extend(take::lent(directory));
            }
            for (directory, name) in directories {
                lines.push(format!("== {name} is given away"));
                lines.extend(take::given(directory));
            }
        }
        "stream" => lines = take::write(&get_stdout()),
        "network" => lines = take::bind(&instance_network()),
        // The owner holds handles, and more than one; the taker holds none.
        kind => {
            let _held = (get_directories(), get_stdout(), instance_network());
            println!("before");
            take::forge(kind, argument(2).parse().expect("a number"));
            println!("after");
        }
    }
    for line in lines {
        println!("{line}");
    }
}
