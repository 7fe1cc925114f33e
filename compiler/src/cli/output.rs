//! Writing products.
//!
//! Invariant: what is at an output path is either what was there before or the whole product. The
//! product goes to a temporary file in the same folder, which then takes the name. That the folder can be
//! written is found out before compiling, not after.

use crate::cli::report::Failure;
use nanocc::options::Emit;
use std::fs::{self, File, Permissions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Where a product goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    Stdout,
    File(PathBuf),
}

impl Destination {
    /// `-` is standard output.
    pub fn new(path: PathBuf) -> Destination {
        if path.as_os_str() == "-" {
            Destination::Stdout
        } else {
            Destination::File(path)
        }
    }

    /// Finds out early what would go wrong late.
    pub fn check(&self, kind: Emit) -> Result<(), Failure> {
        match self {
            Destination::Stdout if !kind.is_text() && io::stdout().is_terminal() => {
                Err(Failure::Message {
                    message: format!("`{kind}` is binary and doesn't go to a terminal"),
                    help: Some("name a file: `-o FILE`".to_owned()),
                })
            }
            Destination::Stdout => Ok(()),
            Destination::File(path) => match Way::to(path) {
                Ok(Way::Replace(target)) => match temporary(&target, kind) {
                    // Dropped, which removes it.
                    Ok(_) => Ok(()),
                    Err(e) => Err(failure(path, e)),
                },
                // Opening a pipe would wait for its reader.
                Ok(Way::Through) => Ok(()),
                Err(e) => Err(failure(path, e)),
            },
        }
    }

    /// Writes the whole product.
    pub fn write(&self, kind: Emit, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Destination::Stdout => {
                let mut stdout = io::stdout().lock();
                match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
                    // The reader has seen enough.
                    Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                    Err(e) => Err(failure(Path::new("standard output"), e)),
                    Ok(()) => Ok(()),
                }
            }
            Destination::File(path) => write_file(path, kind, bytes).map_err(|e| failure(path, e)),
        }
    }

    /// Whether writing here would destroy `file`.
    pub fn is(&self, file: &Path) -> bool {
        let Destination::File(path) = self else {
            return false;
        };
        match (fs::metadata(path), fs::metadata(file)) {
            (Ok(a), Ok(b)) => a.is_file() && (a.dev(), a.ino()) == (b.dev(), b.ino()),
            _ => false,
        }
    }
}

/// How a path is written.
enum Way {
    /// A new file takes this name: the path's, or what it links to.
    Replace(PathBuf),
    /// It is a device or a pipe.
    Through,
}

impl Way {
    fn to(path: &Path) -> io::Result<Way> {
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(meta) if meta.is_file() => Ok(Way::Replace(fs::canonicalize(path)?)),
            Ok(_) => Ok(Way::Through),
            Err(e) if e.kind() == io::ErrorKind::NotFound => match path.file_name() {
                // `new/` asks for a folder.
                Some(_) if !path.as_os_str().as_encoded_bytes().ends_with(b"/") => {
                    Ok(Way::Replace(path.to_owned()))
                }
                _ => Err(io::ErrorKind::IsADirectory.into()),
            },
            Err(e) => Err(e),
        }
    }
}

/// A temporary file beside `target`.
fn temporary(target: &Path, kind: Emit) -> io::Result<NamedTempFile> {
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    // The process's mask applies, as to any new file.
    let mode = if kind == Emit::Exe { 0o777 } else { 0o666 };
    tempfile::Builder::new()
        .prefix(".nanocc-")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder)
        .map_err(system_error)
}

/// The system's error within tempfile's, which names the temporary file: that means nothing to anyone.
fn system_error(error: io::Error) -> io::Error {
    let inner = error.get_ref().and_then(|e| e.source());
    match inner.and_then(|e| e.downcast_ref::<io::Error>()?.raw_os_error()) {
        Some(code) => io::Error::from_raw_os_error(code),
        None => error,
    }
}

fn write_file(path: &Path, kind: Emit, bytes: &[u8]) -> io::Result<()> {
    match Way::to(path)? {
        Way::Replace(target) => {
            let mut file = temporary(&target, kind)?;
            file.write_all(bytes)?;
            file.persist(&target).map_err(|e| e.error)?;
            Ok(())
        }
        Way::Through => File::options().write(true).open(path)?.write_all(bytes),
    }
}

fn failure(path: &Path, error: io::Error) -> Failure {
    let help = match error.kind() {
        io::ErrorKind::NotFound => "create its folder first, or name another file with `-o`",
        io::ErrorKind::IsADirectory => "it is a folder: name a file in it with `-o`",
        io::ErrorKind::NotADirectory => {
            "a part of the path is a file, not a folder: name another with `-o`"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "name a file in a folder that you may write to with `-o`"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room on the disk",
        _ => "name another file with `-o`",
    };
    Failure::Message {
        message: format!("can't write `{}`: {}", path.display(), reason(&error)),
        help: Some(help.to_owned()),
    }
}

/// What the system says, without its number.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = match text.split_once(" (os error") {
        Some((text, _)) => text,
        None => &text,
    };
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_product_replaces_what_was_there_and_nothing_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        fs::write(&path, "old").unwrap();
        let destination = Destination::new(path.clone());
        destination.check(Emit::Exe).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        destination.write(Emit::Exe, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o700, 0o700);
        destination.write(Emit::Map, b"text").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o111, 0);
        assert_eq!(listing(folder.path()), ["out"]);
    }

    #[test]
    fn a_link_is_followed_and_a_device_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        Destination::new(link.clone())
            .write(Emit::Exe, b"new")
            .unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(Destination::new(link).is(&file));

        let null = Destination::new("/dev/null".into());
        null.check(Emit::Exe).unwrap();
        null.write(Emit::Exe, b"new").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn what_cannot_be_written_is_said_before_compiling() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(root.join("file"), "").unwrap();
        for (path, says) in [
            ("missing/out", "no such file"),
            ("file/out", "not a directory"),
            ("new/", "is a directory"),
            (".", "is a directory"),
        ] {
            let error = Destination::new(root.join(path))
                .check(Emit::Exe)
                .unwrap_err();
            let Failure::Message { message, help } = error else {
                panic!("{path}: another error")
            };
            assert!(message.contains(says), "{path}: {message}");
            assert!(help.is_some());
        }
        assert_eq!(listing(root), ["file"]);
    }
}
