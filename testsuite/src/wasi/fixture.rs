//! The directories that the programs are granted, made anew for each run.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

/// Makes `files` and `other`, to change, `fixed`, to read, and `secret`, beside them, which nobody is granted.
///
/// Git can't keep all of it: hard links, a pipe, a socket.
pub fn make(root: &Path) -> io::Result<()> {
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
    let data: Vec<u8> = (0..100_000_usize)
        .map(|i| (i * 167 + i / 256) as u8)
        .collect();
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
