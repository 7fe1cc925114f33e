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

/// The same program behind the fences of one of nanocc's: with this seccomp filter, as the kernel reads it, and with a
/// rule of Landlock's for reading below a directory.
pub fn fenced(
    folder: &Path,
    name: &str,
    filter: &[u8],
    directory: Option<&Path>,
) -> Result<PathBuf> {
    let output = folder.join(name);
    let bytes = folder.join(format!("{name}.filter"));
    std::fs::write(&bytes, filter).map_err(|error| format!("{}: {error}", bytes.display()))?;
    let mut flags = vec![
        format!("-DFILTER=\"{}\"", bytes.display()),
        "-Wl,-z,noseparate-code,--build-id=none".to_owned(),
    ];
    flags.extend(["-O2", "-nostdlib", "-static", "-s", "-fno-stack-protector"].map(str::to_owned));
    if let Some(directory) = directory {
        let [files, network, scopes] = landlock::handled();
        flags.push(format!("-DDIRECTORY=\"{}\"", directory.display()));
        flags.push(format!("-DHANDLED_FILES={files}"));
        flags.push(format!("-DHANDLED_NETWORK={network}"));
        flags.push(format!("-DHANDLED_SCOPES={scopes}"));
        flags.push(format!("-DACCESS={}", landlock::READ));
    }
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    gcc("fenced.c", &flags, &output)?;
    Ok(output)
}

/// What this kernel's Landlock is told by nanocc's programs, in numbers of its interface.
mod landlock {
    /// To read files and directories.
    pub const READ: u64 = 1 << 2 | 1 << 3;

    /// What is refused but for rules: of files, of the network, of other processes.
    pub fn handled() -> [u64; 3] {
        // SAFETY: without attributes, and with the flag that asks for the version, no memory is touched.
        let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0, 0, 1) };
        let files = match version {
            ..2 => 13,
            2 => 14,
            3 | 4 => 15,
            _ => 16,
        };
        let since = |first| if version >= first { 3 } else { 0 };
        [(1 << files) - 1, since(4), since(6)]
    }
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
