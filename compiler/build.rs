//! Builds the runtime shim for every target whose `core` is installed, and leaves `shims.rs` in
//! `OUT_DIR`, which embeds the objects. `runtime-shim/object.rs` says how.
//!
//! `NANOCC_SHIM_X86_64_LINUX` and `NANOCC_SHIM_AARCH64_LINUX` name a prebuilt object or archive to
//! embed instead. Where a target's `core` isn't installed, nothing is embedded, and compiling for that
//! target gives an error that says what to do (`src/shim.rs`).

#[path = "../runtime-shim/object.rs"]
mod object;

use std::env;
use std::fs;
use std::path::PathBuf;

fn main() {
    let shim = object::path("CARGO_MANIFEST_DIR").join("../runtime-shim");
    object::embed("shims.rs", |target| {
        println!("cargo::rerun-if-env-changed={}", target.variable);
        let Some(prebuilt) = env::var_os(target.variable) else {
            return object::object(target, &[], &shim);
        };
        let prebuilt = PathBuf::from(prebuilt);
        println!("cargo::rerun-if-changed={}", prebuilt.display());
        let prebuilt = fs::canonicalize(&prebuilt)
            .unwrap_or_else(|e| panic!("{}={}: {e}", target.variable, prebuilt.display()));
        Some(prebuilt)
    });
}
