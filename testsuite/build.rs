//! Builds the runtime shim's variants that only tests use, for every target whose `core` is installed, and leaves sources in
//! `OUT_DIR` which embed the objects: `drivers.rs`, which drives scripts (`runtime-shim/src/driver.rs`), and `unchecked.rs`, whose own
//! checks of rights are off (`runtime-shim/src/checks.rs`).

#[path = "../runtime-shim/object.rs"]
mod object;

fn main() {
    let shim = object::path("CARGO_MANIFEST_DIR").join("../runtime-shim");
    for (file, cfg) in [
        ("drivers.rs", "nanocc_driver"),
        ("unchecked.rs", "nanocc_unchecked"),
    ] {
        object::embed(file, |target| object::object(target, &[cfg], &shim));
    }
}
