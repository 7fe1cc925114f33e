//! What nanocc's end-to-end tests share.
//!
//! The tests see nanocc as its users do: they run the `nanocc` binary and the executables it makes
//! ([`compiler`], [`execute`]). What a program has to do is not written down by hand: the same
//! component runs under wasmtime ([`oracle`]), composed by the `wac` crates and not by nanocc
//! ([`compose`]), so that neither half can repeat the other's mistake. [`cases`] and [`big`] know what to run;
//! [`conformance`] runs the specification's own scripts, through the compiler's library and an entry of their own.
//! [`wasi`] has what the programs need that call every function of WASI, and the table of those functions.
//! [`machine`] knows what this machine is able to run.
//!
//! An error here is a failing test's message, so it is a string.

pub mod big;
pub mod calls;
pub mod cases;
pub mod compiler;
pub mod compose;
pub mod conformance;
pub mod corpora;
pub mod execute;
pub mod fences;
pub mod fuzz;
pub mod fuzzing;
pub mod machine;
pub mod mutate;
pub mod oracle;
pub mod ports;
pub mod sandbox;
pub mod scripts;
pub mod step;
pub mod trap;
pub mod unchecked;
pub mod wac;
pub mod wasi;
pub mod watch;
pub mod world;

use std::path::{Path, PathBuf};

/// A result whose error is the message that the failing test shows.
pub type Result<T, E = String> = std::result::Result<T, E>;

/// The root of the repository.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Reads a file; the error names it.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Reads a file of text; the error names it.
pub fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Every file below `folder` whose name satisfies `wanted`, sorted.
pub fn files_below(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|error| error.to_string())?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            if path.is_dir() {
                // A build folder of the guests' own workspace holds components nobody listed.
                if name != Some("target") {
                    folders.push(path);
                }
            } else if name.is_some_and(wanted) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
