fn main() {
    for f in std::env::args().skip(1) {
        let b = wat::parse_file(&f).unwrap();
        let t = std::time::Instant::now();
        match nanocc::graph::build(&b, &Default::default()) {
            Ok(p) => {
                let tg = t.elapsed();
                let fa = nanocc::facts::analyse(&p);
                println!("{}\n{}", p.print(), fa.print(&p));
                eprintln!("{f} graph {tg:?} total {:?}", t.elapsed());
            }
            Err(e) => {
                eprintln!("{f}: {e}\n  {:?}", e.help())
            }
        }
    }
}
