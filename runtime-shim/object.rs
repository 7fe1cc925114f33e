//! Building the runtime shim as one relocatable object: for the build scripts of the compiler, which embeds
//! what goes into executables, and of the test suite, which embeds the variant that drives scripts. Each
//! includes this file as a module.
//!
//! The shim is built by a cargo of its own, in a target folder of its own (cargo holds a lock on the
//! outer one), offline (the outer cargo has fetched everything: it is one workspace), and with an
//! environment of its own: what the caller set for this build (flags, wrappers, targets, profiles)
//! isn't meant for code that ends up in executables. `README.md` says what each flag does.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A target of the shim.
pub struct Shim {
    /// What embeds it is called.
    pub constant: &'static str,
    pub triple: &'static str,
    /// The environment variable that names a prebuilt one.
    pub variable: &'static str,
    /// Beyond the common flags.
    flags: Option<&'static str>,
}

/// Every target.
pub const SHIMS: [Shim; 2] = [
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

/// Builds the shim for `target` with `cfgs` besides the usual flags, and returns the object's path; `None` if `core`
/// isn't installed for it. `package` is the shim's folder. To be called by build scripts.
pub fn object(target: &Shim, cfgs: &[&str], package: &Path) -> Option<PathBuf> {
    for source in [
        "src",
        "abi/src",
        "Cargo.toml",
        "abi/Cargo.toml",
        "object.rs",
    ] {
        println!("cargo::rerun-if-changed={}", package.join(source).display());
    }
    let lock = package.join("../Cargo.lock");
    println!("cargo::rerun-if-changed={}", lock.display());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=NANOCC_GUESTS");
    let own = Toolchain {
        cargo: path("CARGO"),
        rustc: path("RUSTC"),
    };
    // Each variant has a folder of its own, so that one doesn't undo what another has built.
    let folder = path("OUT_DIR").join(["shim", &cfgs.join("-")].concat());
    [Some(own), guests()]
        .iter()
        .flatten()
        .find(|toolchain| has_core(toolchain, target.triple))
        .map(|toolchain| build(toolchain, target, cfgs, package, &folder))
}

/// Writes a source file with a constant for each target: what `object` finds, embedded.
pub fn embed(file: &str, mut object: impl FnMut(&Shim) -> Option<PathBuf>) {
    let mut constants = String::new();
    for target in &SHIMS {
        let value = match object(target) {
            Some(object) => format!(
                "Some(include_bytes!({:?}))",
                object.to_str().expect("a path in UTF-8")
            ),
            None => "None".to_owned(),
        };
        constants += &format!("pub const {}: Option<&[u8]> = {value};\n", target.constant);
    }
    fs::write(path("OUT_DIR").join(file), constants).expect("OUT_DIR is writable");
}

/// A path that cargo gives to build scripts.
pub fn path(variable: &str) -> PathBuf {
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
fn build(
    toolchain: &Toolchain,
    target: &Shim,
    cfgs: &[&str],
    shim: &Path,
    folder: &Path,
) -> PathBuf {
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
        .env("CARGO_ENCODED_RUSTFLAGS", flags(target, cfgs).join("\x1f"))
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
fn flags(target: &Shim, cfgs: &[&str]) -> Vec<String> {
    let mut flags = vec![
        "--cfg=nanocc_standalone".to_owned(),
        "-Crelocation-model=static".to_owned(),
        "-Cforce-frame-pointers=yes".to_owned(),
    ];
    flags.extend(target.flags.map(str::to_owned));
    flags.extend(cfgs.iter().map(|cfg| format!("--cfg={cfg}")));
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
