//! The big components: real programs that `testsuite/big/make.sh` makes, and that aren't in git; and
//! compositions of theirs with components that are.

use crate::Result;
use crate::machine::{self, Target};
use std::collections::HashMap;
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
    /// The packages of a composition that `make.sh` makes.
    pub packages: Vec<Package>,
    /// The machines that it is compiled for.
    pub targets: &'static [Target],
}

/// A component that `make.sh` makes for compositions.
#[derive(Debug, Clone)]
pub struct Package {
    /// The name that compositions give it.
    pub name: &'static str,
    /// What `make.sh` calls it.
    pub target: &'static str,
    /// Where `make.sh` puts it.
    pub path: PathBuf,
}

impl Big {
    /// Whether it has been made here.
    pub fn made(&self) -> bool {
        self.missing().is_empty()
    }

    /// What `make.sh` would have to be asked for.
    pub fn missing(&self) -> Vec<&'static str> {
        let packages = self.packages.iter().map(|it| (it.target, &it.path));
        let itself = [(self.name, &self.path), (self.name, &self.oracle)];
        let missing = itself.into_iter().chain(packages);
        let mut missing: Vec<_> = missing.filter(|(_, path)| !path.is_file()).collect();
        missing.dedup_by_key(|(target, _)| *target);
        missing.into_iter().map(|(target, _)| target).collect()
    }

    /// Whether the environment demands something of it that is missing.
    pub fn required(&self) -> bool {
        let missing = self.missing();
        machine::demanded(|name| missing.contains(&name))
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
    let folder = folder()?;
    let file = |name: &str| folder.join(name).with_extension("wasm");
    let big = |name: &'static str| Big {
        name,
        path: file(name),
        oracle: file(name),
        options: &[],
        input: None,
        packages: Vec::new(),
        targets: &Target::ALL,
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

fn folder() -> Result<PathBuf> {
    match std::env::var_os("NANOCC_BIG") {
        Some(folder) => Ok(PathBuf::from(folder)),
        None => Ok(crate::compiler::target_folder()?.join("big")),
    }
}

/// The packages of [`compositions`].
///
/// # Errors
///
/// As [`all`].
pub fn packages() -> Result<Vec<Package>> {
    let folder = folder()?;
    let package = |name, target| Package {
        name,
        target,
        path: folder.join(target).with_extension("wasm"),
    };
    Ok(vec![
        package("peers:javascript", "peers-javascript"),
        package("peers:python", "peers-python"),
    ])
}

/// The compositions in `testsuite/guests/peers` that take a package that `make.sh` makes, made or not.
///
/// # Errors
///
/// As [`all`], and if a composition can't be read.
pub fn compositions() -> Result<Vec<Big>> {
    const X86_64: &[Target] = &[Target::X86_64];
    // Each takes a quarter or half a minute: for aarch64 the one that has everything stands for all.
    let all: [(&'static str, &'static [Target]); 5] = [
        ("rust-javascript", X86_64),
        ("javascript-rust", X86_64),
        ("rust-python", X86_64),
        ("python-rust", X86_64),
        ("all", &Target::ALL),
    ];
    let packages = packages()?;
    let folder = crate::repository().join("testsuite/guests/peers");
    let composition = |(name, targets)| {
        let path = folder.join(name).with_extension("wac");
        let source = crate::read_text(&path)?;
        let packages = packages.iter().filter(|it| source.contains(it.name));
        Ok(Big {
            name,
            oracle: path.clone(),
            path,
            options: &[],
            input: None,
            packages: packages.cloned().collect(),
            targets,
        })
    };
    all.into_iter().map(composition).collect()
}

/// Packages as [`crate::compose::bytes`] takes them.
pub fn by_name(packages: &[Package]) -> HashMap<String, PathBuf> {
    let named = packages.iter();
    named
        .map(|it| (it.name.to_owned(), it.path.clone()))
        .collect()
}
