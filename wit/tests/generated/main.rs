//! The generated files are what the WIT files say. `BLESS=1` rewrites them.

mod bindings;
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

#[test]
fn bindings_are_up_to_date() {
    let resolve = read::parse(read::WASI);
    let config = bindings::Config {
        title: "The entry points of the host functions of WASI 0.2.",
        host: "crate::host",
        abi: "C",
        sources: nanocc_wit::SOURCES,
        unheld: &[],
    };
    check(
        "../runtime-shim/src/bindings.rs",
        &bindings::write(&read::read(&resolve, read::SERVED), &config),
    );
}

#[test]
fn test_bindings_are_up_to_date() {
    let resolve = read::parse(read::SHAPES);
    let config = bindings::Config {
        title: "The entry points of the functions in `wit/tests/generated/shapes.wit`, for tests.",
        host: "crate::guest::tests::host",
        // A trap is a panic in tests.
        abi: "C-unwind",
        sources: &[],
        unheld: &["test:shapes/things/relic"],
    };
    let shapes = read::read(&resolve, read::SHAPES_SERVED);
    check(
        "../runtime-shim/src/guest/tests/shapes.rs",
        &bindings::write(&shapes, &config),
    );
}
