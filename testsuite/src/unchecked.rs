//! The runtime shim whose own checks of rights are off, so that only the kernel is left to stop a program.

use crate::machine::Target;
use crate::{Result, compiler};
use std::path::PathBuf;
use std::sync::OnceLock;

mod objects {
    include!(concat!(env!("OUT_DIR"), "/unchecked.rs"));
}

/// The variable that makes `nanocc` use another shim, and where the unchecked one lies.
///
/// # Errors
///
/// If it wasn't built: `core` isn't installed for the target.
pub fn shim(target: Target) -> Result<(&'static str, PathBuf)> {
    static FILES: [OnceLock<Result<PathBuf>>; 2] = [OnceLock::new(), OnceLock::new()];
    let (variable, object) = match target {
        Target::X86_64 => ("NANOCC_SHIM_X86_64_LINUX", objects::X86_64),
        Target::Aarch64 => ("NANOCC_SHIM_AARCH64_LINUX", objects::AARCH64),
    };
    let write = || {
        let object = object.ok_or_else(|| format!("no unchecked shim for {}", target.name()))?;
        // Written once by each process that tests; all write the same.
        let folder = compiler::target_folder()?.join("unchecked");
        let path = folder.join(format!("{}-{}.o", target.name(), std::process::id()));
        let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, object));
        written.map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(path)
    };
    let file = FILES[target as usize].get_or_init(write);
    file.clone().map(|path| (variable, path))
}
