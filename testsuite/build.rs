//! Builds the runtime shim's variant that drives scripts (`runtime-shim/src/driver.rs`), for every target
//! whose `core` is installed, and leaves `drivers.rs` in `OUT_DIR`, which embeds the objects.

#[path = "../runtime-shim/object.rs"]
mod object;

fn main() {
    let shim = object::path("CARGO_MANIFEST_DIR").join("../runtime-shim");
    object::embed("drivers.rs", |target| {
        object::object(target, &["nanocc_driver"], &shim)
    });
}
