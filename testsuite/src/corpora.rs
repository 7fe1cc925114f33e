//! Cases that others wrote and that aren't part of this repository: the component model's scripts, WAC's cases.
//!
//! A corpus is a folder of its name, in the folder that the environment variable `NANOCC_CORPORA` names, or else in
//! `../shared/corpora` beside the repository. Tests of one that isn't there are ignored, and say so.

use std::path::PathBuf;

/// The component model's own scripts.
pub const COMPONENT_MODEL: &str = "component-model";
/// The tests of `wac-parser` and `wac-graph`.
pub const WAC: &str = "wac";

/// Where a corpus is.
///
/// # Errors
///
/// If it is nowhere; the message says where it could be.
pub fn folder(name: &str) -> crate::Result<PathBuf> {
    let root = match std::env::var_os("NANOCC_CORPORA") {
        Some(root) => PathBuf::from(root),
        None => crate::repository().join("../shared/corpora"),
    };
    let folder = root.join(name);
    if folder.is_dir() {
        return Ok(folder);
    }
    Err(format!(
        "no `{name}` is in `{}`; NANOCC_CORPORA names the folder that holds it",
        root.display()
    ))
}
