//! Finding the packages of a composition in the file system.
//!
//! A package `a:b` comes from the `--dep` that names it, or else from the first folder that has it: each
//! `--deps-dir`, then `deps` beside the `.wac` file (wherever nanocc runs). In a folder it is, as wac has
//! it, `a/b` with one of these endings, or `a/b/1.2.3` with one of them if the composition says
//! `a:b@1.2.3`:
//!
//! - a folder that holds `.wit` files: a WIT package, for its types;
//! - `.wat`, `.wasm`: a component.

use crate::cli::args::Dep;
use indexmap::IndexMap;
use nanocc::compose::{Package, PackageError, Request};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use wac_graph::types::BorrowedPackageKey;
use wac_resolver::FileSystemPackageResolver;

/// Where packages come from.
pub struct Packages {
    deps: Vec<Dep>,
    /// By index in `deps`.
    used: Vec<bool>,
    roots: Vec<PathBuf>,
    /// Every file that was read.
    pub read: Vec<PathBuf>,
}

impl Packages {
    /// For the input at `input`.
    pub fn new(input: &Path, deps: Vec<Dep>, deps_dirs: Vec<PathBuf>) -> Packages {
        let mut roots = deps_dirs;
        roots.push(input.with_file_name("deps"));
        Packages {
            used: vec![false; deps.len()],
            deps,
            roots,
            read: Vec::new(),
        }
    }

    /// The packages given by `--dep` that nothing referred to.
    pub fn unused(&self) -> impl Iterator<Item = &Dep> {
        let deps = self.deps.iter().zip(&self.used);
        deps.filter(|(_, used)| !**used).map(|(dep, _)| dep)
    }

    /// Finds and reads a package.
    pub fn load(&mut self, request: Request<'_>) -> Result<Package, PackageError> {
        let path = match self.given(request) {
            Some(path) if path.exists() => path,
            Some(path) => {
                return Err(PackageError::Unusable {
                    message: format!("`{}` (from --dep) doesn't exist", path.display()),
                });
            }
            None => self.find(request)?,
        };
        let bytes = read(request.name, &path)?;
        self.read.push(path.clone());
        Ok(Package {
            origin: path,
            bytes,
        })
    }

    /// The `--dep` for a package: the one with its version before the one without, the last before the
    /// first.
    fn given(&mut self, request: Request<'_>) -> Option<PathBuf> {
        let best = |versioned: bool| {
            self.deps.iter().rposition(|dep| {
                dep.name == request.name
                    && dep.version.is_some() == versioned
                    && (!versioned || dep.version.as_ref() == request.version)
            })
        };
        let index = best(true).or_else(|| best(false))?;
        self.used[index] = true;
        Some(self.deps[index].path.clone())
    }

    fn find(&self, request: Request<'_>) -> Result<PathBuf, PackageError> {
        let mut searched = Vec::new();
        for root in &self.roots {
            let mut base = root.clone();
            base.extend(request.name.split(':'));
            if let Some(version) = request.version {
                base.push(version.to_string());
            }
            if holds_wit(&base) {
                return Ok(base);
            }
            for extension in ["wat", "wasm"] {
                // Not `set_extension`, which would take `1.2.3` for a name with one.
                let mut path = base.clone().into_os_string();
                path.push(".");
                path.push(extension);
                if Path::new(&path).is_file() {
                    return Ok(path.into());
                }
                searched.push(path.into());
            }
        }
        // `.wasm` first: it is what a message should advise.
        searched.chunks_exact_mut(2).for_each(<[PathBuf]>::reverse);
        Err(PackageError::Missing { searched })
    }
}

/// Whether `path` is a folder with WIT in it. (One without holds the versions of a package.)
fn holds_wit(path: &Path) -> bool {
    let Ok(entries) = fs::read_dir(path) else {
        return false;
    };
    entries
        .flatten()
        .any(|entry| entry.path().extension().is_some_and(|e| e == "wit"))
}

/// Reads a package's file or folder: a component as it is, WIT encoded.
fn read(name: &str, path: &Path) -> Result<Vec<u8>, PackageError> {
    let unusable = |message: String| PackageError::Unusable { message };
    if path.is_file() && path.extension().is_none_or(|e| e != "wit") {
        return fs::read(path)
            .map_err(|e| unusable(format!("can't read `{}`: {e}", path.display())));
    }
    // The resolver takes folders as its root joined with the package's name, here none; files as
    // overrides of packages without a version.
    let (key, root, overrides) = if path.is_dir() {
        ("", path, HashMap::new())
    } else {
        let file = HashMap::from([(name.to_owned(), path.to_owned())]);
        (name, Path::new(""), file)
    };
    let key = BorrowedPackageKey::from_name_and_version(key, None);
    let resolver = FileSystemPackageResolver::new(root, overrides, true);
    let keys = IndexMap::from([(key, miette::SourceSpan::from(0))]);
    let mut packages = resolver.resolve(&keys).map_err(|e| {
        // Its own message names the package, as ours will.
        let mut text = format!("`{}`", path.display());
        let mut cause = std::error::Error::source(&e);
        while let Some(source) = cause {
            text = format!("{text}: {source}");
            cause = source.source();
        }
        unusable(text)
    })?;
    packages
        .swap_remove(&key)
        .ok_or_else(|| unusable(format!("`{}` holds no package", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use semver::Version;

    fn write(root: &Path, file: &str) {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }

    fn load(
        packages: &mut Packages,
        name: &str,
        version: Option<&str>,
    ) -> Result<String, PackageError> {
        let version = version.map(|v| Version::parse(v).unwrap());
        let version = version.as_ref();
        let package = packages.load(Request { name, version })?;
        Ok(String::from_utf8(package.bytes).unwrap())
    }

    #[test]
    fn the_first_place_that_has_it_wins() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for file in [
            "deps/a/b.wasm",
            "deps/a/c.wat",
            "more/a/b.wat",
            "deps/a/b/1.2.3.wasm",
            "x.wasm",
        ] {
            write(root, file);
        }
        let input = root.join("main.wac");
        let deps = vec![
            "x:y@2.0.0=never".parse().unwrap(),
            format!("x:y={}", root.join("x.wasm").display())
                .parse()
                .unwrap(),
        ];
        let mut packages = Packages::new(&input, deps, vec![root.join("more")]);
        assert_eq!(load(&mut packages, "a:b", None).unwrap(), "more/a/b.wat");
        assert_eq!(load(&mut packages, "a:c", None).unwrap(), "deps/a/c.wat");
        assert_eq!(
            load(&mut packages, "a:b", Some("1.2.3")).unwrap(),
            "deps/a/b/1.2.3.wasm"
        );
        assert_eq!(load(&mut packages, "x:y", None).unwrap(), "x.wasm");
        assert_eq!(load(&mut packages, "x:y", Some("1.0.0")).unwrap(), "x.wasm");
        let unused: Vec<_> = packages.unused().map(|dep| dep.path.clone()).collect();
        assert_eq!(unused, [PathBuf::from("never")]);

        let PackageError::Missing { searched } =
            load(&mut packages, "a:b", Some("1.2.4")).unwrap_err()
        else {
            panic!("another error")
        };
        let searched: Vec<_> = searched
            .iter()
            .map(|path| path.strip_prefix(root).unwrap())
            .collect();
        let expected = [
            "more/a/b/1.2.4.wasm",
            "more/a/b/1.2.4.wat",
            "deps/a/b/1.2.4.wasm",
            "deps/a/b/1.2.4.wat",
        ];
        assert_eq!(searched, expected.map(Path::new));
    }

    #[test]
    fn folders_of_wit_are_encoded() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("deps/a/b")).unwrap();
        fs::write(
            root.join("deps/a/b/b.wit"),
            "package a:b; interface i { f: func(); }",
        )
        .unwrap();
        let mut packages = Packages::new(&root.join("main.wac"), Vec::new(), Vec::new());
        let package = packages
            .load(Request {
                name: "a:b",
                version: None,
            })
            .unwrap();
        assert!(package.bytes.starts_with(b"\0asm"));

        fs::write(root.join("deps/a/b/b.wit"), "package a:b; interface {").unwrap();
        let error = packages
            .load(Request {
                name: "a:b",
                version: None,
            })
            .unwrap_err();
        let PackageError::Unusable { message } = error else {
            panic!("another error")
        };
        assert!(message.contains("deps/a/b"), "{message}");
        assert!(message.contains("expected an identifier"), "{message}");
    }
}
