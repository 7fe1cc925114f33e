//! The programs that nanocc's are measured against.

use nanocc_testsuite::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A static program without libc that does nothing but write and exit: the floor.
pub fn floor(folder: &Path) -> Result<PathBuf> {
    let output = folder.join("floor");
    let flags = [
        "-nostdlib",
        "-static",
        "-s",
        "-Wl,-z,noseparate-code,--build-id=none",
    ];
    gcc("floor.S", &flags, &output)?;
    Ok(output)
}

/// Hello in C, linked statically with the system's libc.
pub fn c_static(folder: &Path) -> Result<PathBuf> {
    let output = folder.join("c-static");
    gcc("hello.c", &["-O2", "-static", "-s"], &output)?;
    Ok(output)
}

/// What `copies` is measured against: the system's `memcpy`.
pub fn copies(folder: &Path) -> Result<PathBuf> {
    let output = folder.join("copies-native");
    gcc("copies.c", &["-O2"], &output)?;
    Ok(output)
}

/// What `copy` is measured against: reading and writing in blocks.
pub fn copy(folder: &Path) -> Result<PathBuf> {
    let output = folder.join("copy-native");
    gcc("copy.c", &["-O2"], &output)?;
    Ok(output)
}

fn gcc(source: &str, flags: &[&str], output: &Path) -> Result<()> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("peers")
        .join(source);
    let done = Command::new("gcc")
        .args(flags)
        .arg(&source)
        .arg("-o")
        .arg(output)
        .output()
        .map_err(|error| format!("gcc: {error}: the peers are built with it"))?;
    if done.status.success() {
        Ok(())
    } else {
        let said = String::from_utf8_lossy(&done.stderr);
        Err(format!("gcc {}: {said}", source.display()))
    }
}
