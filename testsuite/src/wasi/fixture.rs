//! The directories that the programs are granted, made anew for each run.

use crate::Result;
use std::fmt::Write;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

/// A folder with `files` and `other`, to change, `fixed`, to read, and `secret`, beside them, which nobody is
/// granted.
pub struct Fixture {
    root: PathBuf,
}

impl Fixture {
    /// Makes it anew at `root`; what was there is gone.
    pub fn new(root: &Path) -> Result<Fixture> {
        match fs::remove_dir_all(root) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(format!("{}: {error}", root.display()));
            }
            _ => {}
        }
        make(root).map_err(|error| format!("the fixture {}: {error}", root.display()))?;
        Ok(Fixture {
            root: root.to_path_buf(),
        })
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What is there now: a line for each name, with type, mode, links and content, in order. Of times and
    /// of inodes nothing.
    pub fn tree(&self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        describe(&self.root, &self.root, &mut lines)
            .map_err(|error| format!("{}: {error}", self.root.display()))?;
        lines.sort();
        Ok(lines)
    }
}

fn make(root: &Path) -> io::Result<()> {
    for folder in [
        "files/sub/deep",
        "files/kinds/folder",
        "files/many",
        "other",
        "fixed/folder",
        "secret",
    ] {
        fs::create_dir_all(root.join(folder))?;
    }
    let files = root.join("files");
    let data: Vec<u8> = (0..100_000_usize).map(|i| (i * 167 + i / 256) as u8).collect();
    fs::write(files.join("data.bin"), data)?;
    fs::write(files.join("hello.txt"), "hello, world\n")?;
    fs::hard_link(files.join("hello.txt"), files.join("hard.txt"))?;
    fs::write(files.join("empty"), "")?;
    fs::write(files.join("sub/inner.txt"), "inner\n")?;
    for (link, target) in [
        ("link", "hello.txt"),
        ("dangling", "nowhere"),
        ("loop", "loop"),
        ("sublink", "sub"),
        ("outside", "/etc/passwd"),
        ("above", "../.."),
        ("to-secret", "../secret/secret.txt"),
        ("kinds/link", "file"),
    ] {
        symlink(target, files.join(link))?;
    }
    fs::write(files.join("kinds/file"), "")?;
    make_pipe(&files.join("kinds/pipe"))?;
    make_socket(root)?;
    for number in 0..300 {
        fs::write(files.join(format!("many/file number {number}")), "")?;
    }
    fs::write(root.join("fixed/note.txt"), "fixed\n")?;
    symlink("note.txt", root.join("fixed/link"))?;
    fs::write(root.join("secret/secret.txt"), "nobody was granted this\n")
}

fn make_pipe(path: &Path) -> io::Result<()> {
    use std::os::unix::ffi::OsStrExt;
    let name = std::ffi::CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: `name` is a string that ends in a zero byte, and lives longer than the call.
    match unsafe { libc::mkfifo(name.as_ptr(), 0o644) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// The path of a socket is short, and the fixture's may be long: it is made elsewhere, and moved.
fn make_socket(root: &Path) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let made = folder.path().join("socket");
    drop(UnixListener::bind(&made)?);
    let place = root.join("files/kinds/socket");
    match fs::rename(&made, &place) {
        // Another file system: then the path has to do.
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            drop(UnixListener::bind(&place)?);
            Ok(())
        }
        done => done,
    }
}

fn describe(root: &Path, folder: &Path, lines: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let metadata = fs::symlink_metadata(&path)?;
        let name = path.strip_prefix(root).unwrap_or(&path);
        let mut line = format!("{}: {:o}", name.display(), metadata.permissions().mode());
        if metadata.is_symlink() {
            let _ = write!(line, " -> {}", fs::read_link(&path)?.display());
        } else if metadata.is_dir() {
            describe(root, &path, lines)?;
        } else if metadata.is_file() {
            let content = fs::read(&path)?;
            let start = content.get(..40).unwrap_or(&content);
            let sum = content.iter().fold(0_u64, |sum, byte| {
                sum.wrapping_mul(31).wrapping_add(u64::from(*byte))
            });
            let _ = write!(
                line,
                ", {} links, {} bytes, {sum:x}: {:?}",
                metadata.nlink(),
                content.len(),
                String::from_utf8_lossy(start)
            );
        }
        lines.push(line);
    }
    Ok(())
}
