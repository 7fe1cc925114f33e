//! Builds the runtime shim for every target whose `core` is installed, and leaves `shims.rs` in
//! `OUT_DIR`, which embeds the objects.
//!
//! The shim is built by a cargo of its own, in a target folder of its own (cargo holds a lock on the
//! outer one), offline (the outer cargo has fetched everything: it is one workspace), and with an
//! environment of its own: what the caller set for this build (flags, wrappers, targets, profiles)
//! isn't meant for code that ends up in executables. `runtime-shim/README.md` says what each flag does.
//!
//! `NANOCC_SHIM_X86_64_LINUX` and `NANOCC_SHIM_AARCH64_LINUX` name a prebuilt object or archive to
//! embed instead. Where a target's `core` isn't installed, nothing is embedded, and compiling for that
//! target gives an error that says what to do (`src/shim.rs`).

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A target of the shim.
struct Shim {
    /// In `shims.rs`.
    constant: &'static str,
    triple: &'static str,
    /// Names a prebuilt shim.
    variable: &'static str,
    /// Beyond the common flags.
    flags: Option<&'static str>,
}

const SHIMS: [Shim; 2] = [
    Shim {
        constant: "X86_64",
        triple: "x86_64-unknown-linux-gnu",
        variable: "NANOCC_SHIM_X86_64_LINUX",
        flags: Some("-Ctarget-cpu=x86-64-v2"),
    },
    Shim {
        constant: "AARCH64",
        triple: "aarch64-unknown-linux-gnu",
        variable: "NANOCC_SHIM_AARCH64_LINUX",
        flags: None,
    },
];

/// A cargo and its rustc.
struct Toolchain {
    cargo: PathBuf,
    rustc: PathBuf,
}

fn main() {
    let package = path("CARGO_MANIFEST_DIR");
    let shim = package.join("../runtime-shim");
    let out = path("OUT_DIR");
    for source in ["src", "abi/src", "Cargo.toml", "abi/Cargo.toml"] {
        println!("cargo::rerun-if-changed={}", shim.join(source).display());
    }
    println!(
        "cargo::rerun-if-changed={}",
        package.join("../Cargo.lock").display()
    );
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=NANOCC_GUESTS");

    let toolchains = [
        Some(Toolchain {
            cargo: path("CARGO"),
            rustc: path("RUSTC"),
        }),
        guests(),
    ];
    let mut constants = String::new();
    for target in &SHIMS {
        println!("cargo::rerun-if-env-changed={}", target.variable);
        let object =
            match env::var_os(target.variable) {
                Some(prebuilt) => {
                    let prebuilt = PathBuf::from(prebuilt);
                    println!("cargo::rerun-if-changed={}", prebuilt.display());
                    Some(fs::canonicalize(&prebuilt).unwrap_or_else(|e| {
                        panic!("{}={}: {e}", target.variable, prebuilt.display())
                    }))
                }
                None => toolchains
                    .iter()
                    .flatten()
                    .find(|toolchain| has_core(toolchain, target.triple))
                    .map(|toolchain| build(toolchain, target, &shim, &out.join("shim"))),
            };
        let value = match object {
            Some(object) => format!(
                "Some(include_bytes!({:?}))",
                object.to_str().expect("a path in UTF-8")
            ),
            None => "None".to_owned(),
        };
        constants += &format!("pub const {}: Option<&[u8]> = {value};\n", target.constant);
    }
    fs::write(out.join("shims.rs"), constants).expect("OUT_DIR is writable");
}

/// A path that cargo gives to build scripts.
fn path(variable: &str) -> PathBuf {
    env::var_os(variable)
        .unwrap_or_else(|| panic!("cargo sets {variable}"))
        .into()
}

/// The toolchain that the guests of the examples are built with, where it is installed. It brings
/// targets that the toolchain of this build may lack.
fn guests() -> Option<Toolchain> {
    let guests = env::var_os("NANOCC_GUESTS").map_or("/opt/nanocc-guests".into(), PathBuf::from);
    let toolchain = Toolchain {
        cargo: guests.join("bin/guest-cargo"),
        rustc: guests.join("bin/guest-rustc"),
    };
    (toolchain.cargo.exists() && toolchain.rustc.exists()).then_some(toolchain)
}

/// Whether the toolchain can build for `triple` without a C library: that it has `core`.
fn has_core(toolchain: &Toolchain, triple: &str) -> bool {
    let Ok(output) = Command::new(&toolchain.rustc)
        .args(["--print", "target-libdir", "--target", triple])
        .output()
    else {
        return false;
    };
    let folder = String::from_utf8_lossy(&output.stdout);
    let Ok(entries) = fs::read_dir(folder.trim()) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libcore-") && name.ends_with(".rlib")
    })
}

/// Builds the shim as one object and returns its path.
fn build(toolchain: &Toolchain, target: &Shim, shim: &Path, folder: &Path) -> PathBuf {
    let object = folder.join(format!("{}.o", target.triple));
    fs::create_dir_all(folder).expect("OUT_DIR is writable");
    let mut cargo = Command::new(&toolchain.cargo);
    for (name, _) in env::vars_os() {
        if let Some(text) = name.to_str()
            && outer(text)
        {
            cargo.env_remove(name);
        }
    }
    cargo
        .args(["rustc", "--release", "--offline", "--quiet"])
        .args(["-p", "nanocc-runtime-shim", "--lib"])
        .args(["--crate-type", "staticlib", "--target", target.triple])
        .arg("--manifest-path")
        .arg(shim.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(folder)
        .arg("--")
        .arg(format!("--emit=obj={}", object.display()))
        .env("RUSTC", &toolchain.rustc)
        // These win over flags of any configuration file.
        .env("CARGO_ENCODED_RUSTFLAGS", flags(target).join("\x1f"))
        .env("RUSTC_WRAPPER", "")
        .env("RUSTC_WORKSPACE_WRAPPER", "");
    for (setting, value) in [
        ("LTO", "fat"),
        ("PANIC", "abort"),
        ("CODEGEN_UNITS", "1"),
        ("OPT_LEVEL", "s"),
        ("DEBUG", "false"),
        ("DEBUG_ASSERTIONS", "false"),
        ("OVERFLOW_CHECKS", "false"),
        ("INCREMENTAL", "false"),
    ] {
        cargo.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
    }
    let output = cargo
        .output()
        .unwrap_or_else(|e| panic!("{}: {e}", toolchain.cargo.display()));
    assert!(
        output.status.success() && object.exists(),
        "the runtime shim doesn't build for {} ({}); set {} to a prebuilt one to do without\n{}",
        target.triple,
        output.status,
        target.variable,
        String::from_utf8_lossy(&output.stderr),
    );
    object
}

/// The flags that the shim is compiled with.
fn flags(target: &Shim) -> Vec<String> {
    let mut flags = vec![
        "--cfg=nanocc_standalone".to_owned(),
        "-Crelocation-model=static".to_owned(),
        "-Cforce-frame-pointers=yes".to_owned(),
    ];
    flags.extend(target.flags.map(str::to_owned));
    // The places of panics hold file names: executables shouldn't say where nanocc was built.
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    let sources = home.and_then(|home| fs::read_dir(home.join("registry/src")).ok());
    for folder in sources.into_iter().flatten().flatten() {
        flags.push(format!(
            "--remap-path-prefix={}=deps",
            folder.path().display()
        ));
    }
    flags.sort();
    flags
}

/// Whether an environment variable steers the outer build, so that the shim's must not see it.
fn outer(name: &str) -> bool {
    const PREFIXES: [&str; 9] = [
        "CARGO_BUILD_",
        "CARGO_CFG_",
        "CARGO_ENCODED_",
        "CARGO_FEATURE_",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
        "CARGO_PROFILE_",
        "CARGO_TARGET_",
        "CARGO_UNSTABLE_",
    ];
    const NAMES: [&str; 16] = [
        "CARGO",
        "CARGO_INCREMENTAL",
        "CARGO_PRIMARY_PACKAGE",
        "CLIPPY_ARGS",
        "DEBUG",
        "HOST",
        "OPT_LEVEL",
        "OUT_DIR",
        "PROFILE",
        "RUSTC",
        "RUSTC_LINKER",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_WRAPPER",
        "RUSTDOCFLAGS",
        "RUSTFLAGS",
        "TARGET",
    ];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || NAMES.contains(&name)
}
