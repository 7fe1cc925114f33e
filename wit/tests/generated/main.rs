//! The generated files are what the WIT files say. `BLESS=1` rewrites them.

mod fidelity;
mod read;
mod table;

use std::path::Path;

fn check(path: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    if found == wanted {
        return;
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, wanted).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    let line = found
        .lines()
        .zip(wanted.lines())
        .take_while(|(a, b)| a == b)
        .count()
        + 1;
    panic!(
        "{}:{line}: this generated file isn't what the WIT files say; run `BLESS=1 cargo test -p nanocc-wit`",
        path.display()
    );
}

#[test]
fn table_is_up_to_date() {
    let resolve = read::parse(read::WASI);
    check(
        "src/table.rs",
        &table::write(&read::read(&resolve, read::SERVED)),
    );
}
