//! The big components: real programs that `testsuite/big/make.sh` makes, and that aren't in git.

use crate::Result;
use crate::machine;
use std::path::PathBuf;

/// One of them.
#[derive(Debug, Clone)]
pub struct Big {
    /// Its name, and its file's without `.wasm`.
    pub name: &'static str,
    /// Where `make.sh` puts it.
    pub path: PathBuf,
    /// What the oracle runs: the component itself, or the same program without what the oracle doesn't serve.
    pub oracle: PathBuf,
    /// Compiler options that it needs.
    pub options: &'static [&'static str],
    /// A file in `testsuite/big` that it reads as standard input.
    pub input: Option<&'static str>,
}

impl Big {
    /// Whether it has been made here.
    pub fn made(&self) -> bool {
        self.path.is_file() && self.oracle.is_file()
    }

    /// Whether the environment demands it.
    pub fn required(&self) -> bool {
        machine::demanded(|name| name == self.name)
    }

    /// What it reads as its standard input.
    pub fn stdin(&self) -> Result<Vec<u8>> {
        match self.input {
            Some(file) => crate::read(&crate::repository().join("testsuite/big").join(file)),
            None => Ok(Vec::new()),
        }
    }
}

/// Those that `make.sh` knows, made or not.
///
/// # Errors
///
/// If `NANOCC_BIG` isn't set and this program lies in no build folder.
pub fn all() -> Result<Vec<Big>> {
    let folder = match std::env::var_os("NANOCC_BIG") {
        Some(folder) => PathBuf::from(folder),
        None => crate::compiler::target_folder()?.join("big"),
    };
    let file = |name: &str| folder.join(name).with_extension("wasm");
    let big = |name: &'static str| Big {
        name,
        path: file(name),
        oracle: file(name),
        options: &[],
        input: None,
    };
    Ok(vec![
        Big {
            input: Some("sqlite/work.sql"),
            ..big("sqlite")
        },
        big("javascript"),
        Big {
            options: &["--unknown-imports-trap"],
            oracle: file("javascript"),
            ..big("http")
        },
        big("python"),
    ])
}
