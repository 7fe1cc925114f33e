//! Has three other components try everything, and prints what became of it.

wit_bindgen::generate!({
    path: [
        "../../../../wit/packages/io.wit",
        "../../../../wit/packages/clocks.wit",
        "../../../../wit/packages/random.wit",
        "../../../../wit/packages/filesystem.wit",
        "../../../../wit/packages/sockets.wit",
        "../../../../wit/packages/cli.wit",
        "../wit",
    ],
    world: "test:capabilities/asker",
    generate_all,
});

fn main() {
    let mut ports = std::env::args().skip(1).map(|port| port.parse::<u16>());
    let (Some(Ok(granted)), Some(Ok(other))) = (ports.next(), ports.next()) else {
        panic!("expected two ports");
    };
    for (name, lines) in [
        ("filter", filter::all(granted, other)),
        ("store", store::all(granted, other)),
        ("api", api::all(granted, other)),
    ] {
        for line in lines {
            println!("{name}: {line}");
        }
    }
    let mut input = String::new();
    let _ = std::io::stdin().read_line(&mut input);
    println!("the program's input: {}", input.trim());
}
