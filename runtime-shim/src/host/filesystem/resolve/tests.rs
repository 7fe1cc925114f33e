//! Both ways of resolving, the kernel's and the walk, and [`open`], which chooses, held to one table, to a model, and raced against.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicU32;

use linux_raw_sys::general::{
    O_CREAT, O_DIRECTORY, O_EXCL, O_NONBLOCK, O_PATH, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY,
};

use super::*;

mod model;
mod races;

/// A way of resolving, as [`open`].
type Open = fn(i32, &[u8], bool, u32, u32) -> Result<i32, Errno>;

/// What [`open`] does where there is `openat2`, without its second try by a walk.
fn kernel(dir: i32, path: &[u8], follow: bool, flags: u32, mode: u32) -> Result<i32, Errno> {
    check(path)?;
    let flags = flags | O_CLOEXEC | if follow { 0 } else { O_NOFOLLOW };
    let mode = if flags & O_CREAT != 0 { mode } else { 0 };
    by_kernel(dir, path, flags, mode).map_err(|error| match error {
        Errno::XDEV => Errno::PERM,
        error => error,
    })
}

/// What [`open`] does where there isn't.
fn walk(dir: i32, path: &[u8], follow: bool, flags: u32, mode: u32) -> Result<i32, Errno> {
    check(path)?;
    let flags = flags | O_CLOEXEC | if follow { 0 } else { O_NOFOLLOW };
    let mode = if flags & O_CREAT != 0 { mode } else { 0 };
    walk::open(dir, path, flags, mode)
}

/// The ways that there are on this machine.
fn ways() -> Vec<(&'static str, Open)> {
    let mut ways: Vec<(&'static str, Open)> = vec![("open", open), ("walk", walk)];
    let here = File::open(".").expect("there is a current directory");
    match kernel(here.as_raw_fd(), b".", true, O_PATH, 0) {
        Ok(descriptor) => {
            sys::close(descriptor);
            ways.push(("openat2", kernel));
        }
        Err(error) => eprintln!("openat2 isn't tested: {error}"),
    }
    ways
}

/// A folder of a test's own, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("nanocc-resolve-{}-{number}", std::process::id()));
        fs::create_dir(&path).expect("the folder for temporary files is writable");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The directory that a component was granted (`root`), and what lies beside it.
struct Tree {
    folder: Folder,
    root: File,
}

/// Deeper than the walk holds directories open.
const DEEP: usize = 100;

impl Tree {
    /// `plant` puts things into the folder, in which there are `root` and `outside`.
    fn new(plant: impl FnOnce(&Path)) -> Tree {
        let folder = Folder::new();
        for name in ["root", "outside", "outside/folder", "sibling"] {
            fs::create_dir(folder.0.join(name)).expect("a new folder");
        }
        for name in ["outside/secret", "outside/folder/secret", "secret"] {
            fs::write(folder.0.join(name), "secret").expect("a new file");
        }
        plant(&folder.0);
        let root = File::open(folder.0.join("root")).expect("it is there");
        Tree { folder, root }
    }

    /// The tree of the table.
    fn table() -> Tree {
        Tree::new(|folder| {
            let root = folder.join("root");
            let mut deep = root.clone();
            for name in ["a", "a/b", "a/b/c", "d", "empty"] {
                fs::create_dir(root.join(name)).expect("a new folder");
            }
            for name in ["file", "a/file", "a/b/file", "d/file"] {
                fs::write(root.join(name), name).expect("a new file");
            }
            fs::write(root.join(OsStr::from_bytes(b"\xff\xfe")), "").expect("a new file");
            fs::write(root.join("n".repeat(255)), "").expect("a new file");
            deep.extend(std::iter::repeat_n("deep", DEEP));
            fs::create_dir_all(deep).expect("new folders");
            let outside = folder.join("outside");
            let outside = outside.to_str().expect("made of letters");
            for (name, text) in [
                ("up", ".."),
                ("up-slash", "../"),
                ("up-file", "../secret"),
                ("up-folder", "../outside"),
                ("up-folder-slash", "../outside/"),
                ("up-dot", "../outside/."),
                ("up-through", "a/../../outside/secret"),
                ("up-and-back", "../root/file"),
                ("up-dangling", "../outside/new"),
                ("absolute", outside),
                ("absolute-slash", &format!("{outside}/")),
                ("absolute-home", &format!("{outside}/../root/file")),
                ("absolute-root", "/"),
                ("to-file", "file"),
                ("to-file-slash", "file/"),
                ("to-a", "a"),
                ("to-a-slash", "a/"),
                ("to-here", "."),
                ("a/to-sibling", "../d"),
                ("a/to-sibling-file", "../d/file"),
                ("a/b/to-top", "../.."),
                ("a/b/to-outside", "../../.."),
                ("to-to-file", "to-file"),
                ("to-to-a", "to-a"),
                ("to-up", "up"),
                ("loop", "loop"),
                ("ping", "pong"),
                ("pong", "ping"),
                ("dangling", "nothing"),
                ("dangling-deep", "nothing/nothing"),
                ("to-deep-and-back", "deep/deep/deep/../../../file"),
            ] {
                symlink(text, root.join(name)).expect("a new link");
            }
            // Forty links in a row are followed, and no more.
            for i in 1..=41 {
                let before = if i == 1 {
                    "file".to_owned()
                } else {
                    format!("chain{}", i - 1)
                };
                symlink(before, root.join(format!("chain{i}"))).expect("a new link");
            }
            let made = Command::new("mkfifo").arg(root.join("fifo")).status();
            assert!(made.is_ok_and(|status| status.success()), "mkfifo");
            std::os::unix::net::UnixListener::bind(root.join("socket")).expect("a new socket");
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.0.join(name)
    }
}

/// Everything that lies beside the granted directory: names, kinds, sizes, contents, times of change.
fn outside(folder: &Path) -> Vec<String> {
    fn add(at: &Path, to: &mut Vec<String>) {
        let data = fs::symlink_metadata(at).expect("nobody removes it");
        let contents = if data.is_file() {
            fs::read(at).expect("it is readable")
        } else {
            Vec::new()
        };
        to.push(format!(
            "{at:?} {:o} {} {} {} {contents:?}",
            data.mode(),
            data.size(),
            data.mtime_nsec(),
            data.ctime_nsec()
        ));
        if data.is_dir() {
            let mut entries: Vec<PathBuf> = fs::read_dir(at)
                .expect("it is readable")
                .map(|entry| entry.expect("it is readable").path())
                .collect();
            entries.sort();
            entries.iter().for_each(|entry| add(entry, to));
        }
    }
    let mut all = Vec::new();
    for name in ["outside", "sibling", "secret"] {
        add(&folder.join(name), &mut all);
    }
    all
}

/// What opening has to lead to.
#[derive(Debug, Clone, Copy)]
enum Is {
    /// What is at this path of the folder.
    At(&'static str),
    /// A file that is at this path now, and wasn't before.
    New(&'static str),
    Error(Errno),
}

use Is::{At, Error, New};

const FOLLOW: bool = true;
const DONT: bool = false;

/// Path, whether a link at the end is followed, flags, what it has to lead to.
type Case<'a> = (&'a [u8], bool, u32, Is);

fn cases() -> Vec<Case<'static>> {
    let outside = [
        // `..` in every form.
        "..",
        "../",
        "../.",
        "../..",
        "../root",
        "../root/file",
        "../secret",
        "./..",
        ".//..//",
        "a/../..",
        "a/../../secret",
        "a/../../root/file",
        "a/b/../../../secret",
        "a/b/c/../../../..",
        "././././../secret",
        "a//..//..//secret",
        "a/./.././../secret",
        "to-a/../../secret",
        "a/to-sibling/../../secret",
        "deep/deep/../../../secret",
        "file-that-is-missing/../../secret",
        // Absolute paths.
        "/",
        "//",
        "/.",
        "/..",
        "/etc/passwd",
        "//etc/passwd",
        // Links that lead up.
        "up",
        "up/",
        "up/.",
        "up/..",
        "up/secret",
        "up/root/file",
        "up-slash",
        "up-slash/",
        "up-slash/secret",
        "up-file",
        "up-folder",
        "up-folder/",
        "up-folder//",
        "up-folder/.",
        "up-folder/secret",
        "up-folder/folder/secret",
        "up-folder-slash",
        "up-folder-slash/",
        "up-folder-slash/secret",
        "up-dot",
        "up-dot/",
        "up-dot/secret",
        "up-through",
        "up-and-back",
        "up-dangling",
        "to-up",
        "to-up/",
        "to-up/secret",
        "a/b/to-outside",
        "a/b/to-outside/",
        "a/b/to-outside/secret",
        "a/b/to-top/..",
        "a/b/to-top/../secret",
        // Absolute links.
        "absolute",
        "absolute/",
        "absolute/.",
        "absolute/secret",
        "absolute/folder/../secret",
        "absolute-slash",
        "absolute-slash/",
        "absolute-slash/secret",
        "absolute-home",
        "absolute-root",
        "absolute-root/",
        "absolute-root/etc/passwd",
    ];
    let mut cases: Vec<Case<'static>> = Vec::new();
    for path in outside {
        let missing = path.starts_with("file-that-is-missing");
        for flags in [
            O_PATH,
            O_RDONLY,
            O_RDONLY | O_DIRECTORY,
            O_PATH | O_DIRECTORY,
            O_WRONLY,
            O_RDWR | O_TRUNC,
            O_WRONLY | O_CREAT,
            O_WRONLY | O_CREAT | O_TRUNC,
        ] {
            let error = if missing { Errno::NOENT } else { Errno::PERM };
            // Slashes at the end are looked at before what the name is.
            let error = if flags & O_CREAT != 0
                && path.ends_with('/')
                && path.trim_end_matches('/').ends_with(|c| c != '.')
                && !path.starts_with('/')
            {
                Errno::ISDIR
            } else {
                error
            };
            cases.push((path.as_bytes(), FOLLOW, flags, Error(error)));
        }
    }
    cases.extend::<[Case; 112]>([
        // What there is.
        (b".", FOLLOW, O_RDONLY, At("root")),
        (b"./", FOLLOW, O_RDONLY, At("root")),
        (b".//.//.", FOLLOW, O_PATH, At("root")),
        (b"file", FOLLOW, O_RDONLY, At("root/file")),
        (b"file", DONT, O_RDWR, At("root/file")),
        (b"./file", FOLLOW, O_RDONLY, At("root/file")),
        (b".//./././//file", FOLLOW, O_RDONLY, At("root/file")),
        (b"a", FOLLOW, O_RDONLY, At("root/a")),
        (b"a/", FOLLOW, O_RDONLY, At("root/a")),
        (b"a/", DONT, O_RDONLY, At("root/a")),
        (b"a/.", DONT, O_RDONLY, At("root/a")),
        (b"a//", FOLLOW, O_PATH | O_DIRECTORY, At("root/a")),
        (b"a/..", FOLLOW, O_RDONLY, At("root")),
        (b"a/../", FOLLOW, O_RDONLY, At("root")),
        (b"a/../a", FOLLOW, O_RDONLY, At("root/a")),
        (b"a/b/../../a/file", FOLLOW, O_RDONLY, At("root/a/file")),
        (b"a/b/c/../../..", FOLLOW, O_RDONLY, At("root")),
        (b"a/./b//./c/../file", FOLLOW, O_RDONLY, At("root/a/b/file")),
        (b"\xff\xfe", FOLLOW, O_RDONLY, At("BYTES")),
        (b"socket", FOLLOW, O_PATH, At("root/socket")),
        (b"socket", FOLLOW, O_RDONLY, Error(Errno::NXIO)),
        (b"fifo", FOLLOW, O_RDONLY | O_NONBLOCK, At("root/fifo")),
        (b"fifo", FOLLOW, O_WRONLY | O_NONBLOCK, Error(Errno::NXIO)),
        (
            b"fifo/",
            FOLLOW,
            O_RDONLY | O_NONBLOCK,
            Error(Errno::NOTDIR),
        ),
        (b"fifo/x", FOLLOW, O_RDONLY, Error(Errno::NOTDIR)),
        // What there isn't.
        (b"nothing", FOLLOW, O_RDONLY, Error(Errno::NOENT)),
        (b"nothing/", FOLLOW, O_RDONLY, Error(Errno::NOENT)),
        (b"nothing/file", FOLLOW, O_RDONLY, Error(Errno::NOENT)),
        (b"nothing/..", FOLLOW, O_RDONLY, Error(Errno::NOENT)),
        (b"nothing/../file", FOLLOW, O_RDONLY, Error(Errno::NOENT)),
        (b"", FOLLOW, O_RDONLY, Error(Errno::NOENT)),
        (b"", FOLLOW, O_WRONLY | O_CREAT, Error(Errno::NOENT)),
        // A file is no directory.
        (b"file/", FOLLOW, O_RDONLY, Error(Errno::NOTDIR)),
        (b"file/", DONT, O_RDONLY, Error(Errno::NOTDIR)),
        (b"file/", FOLLOW, O_PATH, Error(Errno::NOTDIR)),
        (b"file//", FOLLOW, O_WRONLY | O_TRUNC, Error(Errno::NOTDIR)),
        (b"file/.", FOLLOW, O_RDONLY, Error(Errno::NOTDIR)),
        (b"file/..", FOLLOW, O_RDONLY, Error(Errno::NOTDIR)),
        (b"file/../file", FOLLOW, O_RDONLY, Error(Errno::NOTDIR)),
        (b"file/x", FOLLOW, O_RDONLY, Error(Errno::NOTDIR)),
        (
            b"file",
            FOLLOW,
            O_RDONLY | O_DIRECTORY,
            Error(Errno::NOTDIR),
        ),
        (b"to-file/", FOLLOW, O_RDONLY, Error(Errno::NOTDIR)),
        (b"to-file/", DONT, O_RDONLY, Error(Errno::NOTDIR)),
        (b"to-file-slash", FOLLOW, O_RDONLY, Error(Errno::NOTDIR)),
        (b"to-file-slash/x", FOLLOW, O_RDONLY, Error(Errno::NOTDIR)),
        // A directory is no file.
        (b"a", FOLLOW, O_WRONLY, Error(Errno::ISDIR)),
        (b"a/", FOLLOW, O_WRONLY, Error(Errno::ISDIR)),
        (b".", FOLLOW, O_RDWR, Error(Errno::ISDIR)),
        (b"a/..", FOLLOW, O_RDWR | O_TRUNC, Error(Errno::ISDIR)),
        // Links within.
        (b"to-file", FOLLOW, O_RDONLY, At("root/file")),
        (b"to-to-file", FOLLOW, O_RDWR, At("root/file")),
        (b"to-a", FOLLOW, O_RDONLY, At("root/a")),
        (b"to-a/", FOLLOW, O_RDONLY, At("root/a")),
        (b"to-a/", DONT, O_RDONLY, At("root/a")),
        (b"to-a/", DONT, O_PATH, At("root/a")),
        (b"to-a-slash", FOLLOW, O_RDONLY, At("root/a")),
        (b"to-a-slash/file", FOLLOW, O_RDONLY, At("root/a/file")),
        (b"to-to-a/b/file", FOLLOW, O_RDONLY, At("root/a/b/file")),
        (b"to-here/to-here/file", FOLLOW, O_RDONLY, At("root/file")),
        (b"to-here", FOLLOW, O_RDONLY, At("root")),
        (b"a/to-sibling", FOLLOW, O_RDONLY, At("root/d")),
        (b"a/to-sibling/file", FOLLOW, O_RDONLY, At("root/d/file")),
        (b"a/to-sibling-file", FOLLOW, O_RDONLY, At("root/d/file")),
        // `..` behind a link is the parent of what it leads to.
        (b"a/to-sibling/../file", FOLLOW, O_RDONLY, At("root/file")),
        (b"a/b/to-top", FOLLOW, O_RDONLY, At("root")),
        (b"a/b/to-top/file", FOLLOW, O_RDONLY, At("root/file")),
        (b"to-deep-and-back", FOLLOW, O_RDONLY, At("root/file")),
        // Links that aren't followed.
        (b"to-file", DONT, O_RDONLY, Error(Errno::LOOP)),
        (b"to-file", DONT, O_PATH, At("root/to-file")),
        (b"to-a", DONT, O_PATH, At("root/to-a")),
        (b"to-a", DONT, O_RDONLY | O_DIRECTORY, Error(Errno::NOTDIR)),
        (b"up-file", DONT, O_PATH, At("root/up-file")),
        (b"up-file", DONT, O_RDONLY, Error(Errno::LOOP)),
        (b"up-file", DONT, O_RDWR | O_TRUNC, Error(Errno::LOOP)),
        (b"absolute", DONT, O_PATH, At("root/absolute")),
        (b"absolute/", DONT, O_PATH, Error(Errno::PERM)),
        (b"absolute//", DONT, O_PATH, Error(Errno::PERM)),
        (b"up-folder/", DONT, O_PATH, Error(Errno::PERM)),
        (b"up-folder/", DONT, O_RDONLY, Error(Errno::PERM)),
        (b"to-up/", DONT, O_PATH, Error(Errno::PERM)),
        (b"dangling", DONT, O_PATH, At("root/dangling")),
        // Loops, and links that lead to nothing.
        (b"loop", FOLLOW, O_RDONLY, Error(Errno::LOOP)),
        (b"loop/x", FOLLOW, O_RDONLY, Error(Errno::LOOP)),
        (b"loop/", DONT, O_PATH, Error(Errno::LOOP)),
        (b"ping", FOLLOW, O_PATH, Error(Errno::LOOP)),
        (b"ping", FOLLOW, O_WRONLY | O_CREAT, Error(Errno::LOOP)),
        (b"chain40", FOLLOW, O_RDONLY, At("root/file")),
        (b"chain41", FOLLOW, O_RDONLY, Error(Errno::LOOP)),
        (b"dangling", FOLLOW, O_RDONLY, Error(Errno::NOENT)),
        (b"dangling/", FOLLOW, O_RDONLY, Error(Errno::NOENT)),
        (
            b"dangling-deep",
            FOLLOW,
            O_WRONLY | O_CREAT,
            Error(Errno::NOENT),
        ),
        // Files that are made.
        (b"new", FOLLOW, O_WRONLY | O_CREAT, New("root/new")),
        (b"new", DONT, O_WRONLY | O_CREAT | O_EXCL, New("root/new")),
        (
            b"a/../new",
            FOLLOW,
            O_RDWR | O_CREAT | O_EXCL,
            New("root/new"),
        ),
        (b"to-a/new", DONT, O_RDWR | O_CREAT, New("root/a/new")),
        (b"new/", FOLLOW, O_WRONLY | O_CREAT, Error(Errno::ISDIR)),
        (b"new/x", FOLLOW, O_WRONLY | O_CREAT, Error(Errno::NOENT)),
        (b"file/", FOLLOW, O_WRONLY | O_CREAT, Error(Errno::ISDIR)),
        (
            b"file",
            FOLLOW,
            O_WRONLY | O_CREAT | O_EXCL,
            Error(Errno::EXIST),
        ),
        (b"a", FOLLOW, O_WRONLY | O_CREAT, Error(Errno::ISDIR)),
        (b".", FOLLOW, O_WRONLY | O_CREAT, Error(Errno::ISDIR)),
        (
            b"a/..",
            FOLLOW,
            O_WRONLY | O_CREAT | O_EXCL,
            Error(Errno::EXIST),
        ),
        (b"dangling", FOLLOW, O_WRONLY | O_CREAT, New("root/nothing")),
        (b"dangling", DONT, O_WRONLY | O_CREAT, Error(Errno::LOOP)),
        (
            b"dangling",
            FOLLOW,
            O_WRONLY | O_CREAT | O_EXCL,
            Error(Errno::EXIST),
        ),
        (
            b"up-dangling",
            FOLLOW,
            O_WRONLY | O_CREAT | O_EXCL,
            Error(Errno::EXIST),
        ),
        (b"up-dangling", DONT, O_WRONLY | O_CREAT, Error(Errno::LOOP)),
        (
            b"to-file",
            FOLLOW,
            O_WRONLY | O_CREAT | O_EXCL,
            Error(Errno::EXIST),
        ),
        (
            b"to-file",
            FOLLOW,
            O_WRONLY | O_CREAT | O_TRUNC,
            At("root/file"),
        ),
        // No paths.
        (b"file\0", FOLLOW, O_RDONLY, Error(Errno::INVAL)),
        (b"a\0/../../secret", FOLLOW, O_RDONLY, Error(Errno::INVAL)),
        (b"\0", FOLLOW, O_RDONLY, Error(Errno::INVAL)),
    ]);
    cases
}

/// Opens by one way in a fresh tree, and says what is wrong with what came of it.
fn try_one(way: &str, open: Open, case: &Case, tree: &Tree) -> Option<String> {
    let (path, follow, flags, expected) = *case;
    let before = outside(&tree.folder.0);
    let there = |name: &str| match name {
        "BYTES" => tree.path("root").join(OsStr::from_bytes(b"\xff\xfe")),
        name => tree.path(name),
    };
    if let New(name) = expected {
        assert!(!there(name).exists());
    }
    let result = open(tree.root.as_raw_fd(), path, follow, flags, 0o600);
    let found = match result {
        Ok(descriptor) => {
            // SAFETY: it was opened just now.
            let file = unsafe { File::from_raw_fd(descriptor) };
            let data = file.metadata().expect("it is open");
            Ok((data.dev(), data.ino()))
        }
        Err(error) => Err(error),
    };
    let wrong = |what: String| {
        Some(format!(
            "{way}: {:?} {} {flags:#o}: {what}",
            String::from_utf8_lossy(path),
            if follow { "following" } else { "not following" },
        ))
    };
    if outside(&tree.folder.0) != before {
        return wrong("changed what is outside".to_owned());
    }
    let wanted = match expected {
        At(name) | New(name) => fs::symlink_metadata(there(name))
            .map(|data| (data.dev(), data.ino()))
            .map_err(|_| Errno::NOENT),
        Error(error) => Err(error),
    };
    (found != wanted)
        .then(|| wrong(format!("{found:?} instead of {expected:?}")))
        .flatten()
}

#[test]
fn both_ways_lead_where_the_table_says() {
    let cases = cases();
    let mut wrong = Vec::new();
    let mut tried = 0;
    for (way, open) in ways() {
        let mut tree = Tree::table();
        for case in &cases {
            wrong.extend(try_one(way, open, case, &tree));
            tried += 1;
            if case.2 & (O_CREAT | O_TRUNC) != 0 && !matches!(case.3, Error(_)) {
                tree = Tree::table();
            }
        }
    }
    eprintln!("{tried} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Long paths and names, and a way that is deeper than what the walk holds.
#[test]
fn long_paths_and_deep_ways() {
    let tree = Tree::table();
    let down = b"deep/".repeat(DEEP);
    let mut cases: Vec<(Vec<u8>, Is)> = vec![
        (b"n".repeat(255), At("NAME")),
        (b"n".repeat(256), Error(Errno::NAMETOOLONG)),
        (
            [b"a/", &b"n".repeat(256)[..]].concat(),
            Error(Errno::NAMETOOLONG),
        ),
        (
            [b"nothing/", &b"n".repeat(256)[..]].concat(),
            Error(Errno::NOENT),
        ),
        (
            [&b"n".repeat(256)[..], b"/.."].concat(),
            Error(Errno::NAMETOOLONG),
        ),
        ([&b"./".repeat(2045)[..], b"file"].concat(), At("root/file")),
        (
            [&b"./".repeat(2045)[..], b"/file"].concat(),
            At("root/file"),
        ),
        (
            [&b"./".repeat(2046)[..], b"file"].concat(),
            Error(Errno::NAMETOOLONG),
        ),
        (b"/".repeat(4095), Error(Errno::PERM)),
        (b"/".repeat(4096), Error(Errno::NAMETOOLONG)),
        (b"x".repeat(100_000), Error(Errno::NAMETOOLONG)),
        (
            [&down[..], &b"../".repeat(DEEP), b"file"].concat(),
            At("root/file"),
        ),
        (
            [&down[..], &b"../".repeat(DEEP), b"../secret"].concat(),
            Error(Errno::PERM),
        ),
        (
            [&down[..], &b"../".repeat(DEEP - 1), b"../a/file"].concat(),
            At("root/a/file"),
        ),
        // There and back, three times.
        (
            [&down[..], &b"../".repeat(DEEP)]
                .concat()
                .repeat(3)
                .into_iter()
                .chain(*b"file")
                .collect(),
            At("root/file"),
        ),
        (
            [&b"a/../".repeat(818)[..], b"file"].concat(),
            At("root/file"),
        ),
        (
            [&b"to-here/".repeat(40)[..], b"file"].concat(),
            At("root/file"),
        ),
        (
            [&b"to-here/".repeat(41)[..], b"file"].concat(),
            Error(Errno::LOOP),
        ),
    ];
    cases.push((b"nothing/".repeat(511), Error(Errno::NOENT)));
    for (way, open) in ways() {
        for (path, expected) in &cases {
            let wanted = match expected {
                At("NAME") => tree.path("root").join("n".repeat(255)),
                At(name) => tree.path(name),
                _ => PathBuf::new(),
            };
            let found = open(tree.root.as_raw_fd(), path, true, O_PATH, 0).map(|descriptor| {
                // SAFETY: it was opened just now.
                let file = unsafe { File::from_raw_fd(descriptor) };
                file.metadata().expect("it is open").ino()
            });
            let wanted = match expected {
                Error(error) => Err(*error),
                _ => Ok(fs::symlink_metadata(wanted).expect("it is there").ino()),
            };
            let start = String::from_utf8_lossy(&path[..path.len().min(40)]);
            assert_eq!(found, wanted, "{way}: {} bytes: {start}", path.len());
        }
    }
}

/// Whoever is granted `/proc` gets its files, but not the way out of it.
#[test]
fn magic_links_lead_nowhere() {
    let proc = File::open("/proc").expect("it is mounted");
    let own = File::open("/proc/self/cmdline").expect("it is there");
    let cases: Vec<(Vec<u8>, bool, Result<(), Errno>)> = [
        ("self/cmdline", true, Ok(())),
        ("self/../self/cmdline", true, Ok(())),
        ("thread-self/stat", true, Ok(())),
        ("mounts", true, Ok(())),
        ("self/fd", true, Ok(())),
        ("self/root", false, Ok(())),
        ("self/root", true, Err(Errno::LOOP)),
        ("self/root/", false, Err(Errno::LOOP)),
        ("self/root/etc/passwd", true, Err(Errno::LOOP)),
        ("self/cwd", true, Err(Errno::LOOP)),
        ("self/cwd/..", true, Err(Errno::LOOP)),
        ("self/exe", true, Err(Errno::LOOP)),
        ("self/fd/FD", true, Err(Errno::LOOP)),
        ("self/fd/FD", false, Ok(())),
        ("self/task/../root/etc", true, Err(Errno::LOOP)),
        ("thread-self/root/etc", true, Err(Errno::LOOP)),
        ("self/ns/mnt", true, Err(Errno::LOOP)),
        ("self/../..", true, Err(Errno::PERM)),
    ]
    .into_iter()
    .map(|(path, follow, result)| {
        let path = path.replace("FD", &own.as_raw_fd().to_string());
        (path.into_bytes(), follow, result)
    })
    .collect();
    for (way, open) in ways() {
        for (path, follow, expected) in &cases {
            let found = open(proc.as_raw_fd(), path, *follow, O_PATH, 0).map(sys::close);
            let path = String::from_utf8_lossy(path);
            assert_eq!(found, *expected, "{way}: {path}");
        }
        // Another process's: whether it is refused as magic, or as that process's own, depends on who asks.
        let found = open(proc.as_raw_fd(), b"1/root/etc/passwd", true, O_PATH, 0).map(sys::close);
        assert!(
            matches!(found, Err(Errno::LOOP | Errno::ACCESS)),
            "{way}: {found:?}"
        );
    }
}

/// Mount points belong to the tree.
#[test]
fn mount_points_are_part_of_the_tree() {
    struct Mounted(PathBuf);
    impl Drop for Mounted {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg(&self.0).status();
        }
    }
    let tree = Tree::table();
    let at = tree.path("root/empty");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "none"])
        .arg(&at)
        .output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: nobody may mount here");
        return;
    }
    let _mounted = Mounted(at.clone());
    fs::write(at.join("file"), "").expect("it is writable");
    symlink("../file", at.join("over")).expect("it is writable");
    symlink("../../secret", at.join("out")).expect("it is writable");
    for (way, open) in ways() {
        for (path, expected) in [
            ("empty/file", At("root/empty/file")),
            ("empty", At("root/empty")),
            ("empty/..", At("root")),
            ("empty/../file", At("root/file")),
            ("empty/over", At("root/file")),
            ("empty/out", Error(Errno::PERM)),
            ("empty/../../secret", Error(Errno::PERM)),
        ] {
            let case = (path.as_bytes(), true, O_PATH, expected);
            assert_eq!(try_one(way, open, &case, &tree), None);
        }
    }
}

/// What the last name of a path is, and where.
#[test]
fn parents() {
    let tree = Tree::table();
    let dir = tree.root.as_raw_fd();
    for (path, place, name, slash) in [
        ("file", "root", "file", false),
        ("nothing", "root", "nothing", false),
        ("nothing/", "root", "nothing", true),
        ("nothing///", "root", "nothing", true),
        ("a/b", "root/a", "b", false),
        ("a//b//", "root/a", "b", true),
        ("./a", "root", "a", false),
        ("to-a/x", "root/a", "x", false),
        ("a/to-sibling/x", "root/d", "x", false),
        ("a/../x", "root", "x", false),
        // The last name isn't followed, wherever it leads.
        ("up-folder", "root", "up-folder", false),
        ("up-folder/", "root", "up-folder", true),
        ("absolute//", "root", "absolute", true),
        (".", "root", ".", false),
        ("./", "root", ".", true),
        ("a/.", "root/a", ".", false),
        ("a/..", "root", ".", false),
        ("a/../", "root", ".", true),
        ("a/b/..", "root/a", ".", false),
    ] {
        let parent = parent(dir, path.as_bytes()).unwrap_or_else(|e| panic!("{path}: {e}"));
        let same = |file: &File, path: &Path| {
            file.metadata().expect("it is open").ino() == fs::metadata(path).expect("there").ino()
        };
        // SAFETY: the parent's descriptor is lent.
        let file = std::mem::ManuallyDrop::new(unsafe { File::from_raw_fd(parent.fd()) });
        assert!(same(&file, &tree.path(place)), "{path}");
        assert_eq!(parent.name().to_str(), Ok(name), "{path}");
        assert_eq!(parent.must_be_directory(), slash, "{path}");
        let entry = format!("{name}{}", if slash { "/" } else { "" });
        assert_eq!(parent.entry().to_str(), Ok(&*entry), "{path}");
    }
    for (path, error) in [
        ("", Errno::NOENT),
        ("/", Errno::PERM),
        ("//", Errno::PERM),
        ("..", Errno::PERM),
        ("../", Errno::PERM),
        ("../x", Errno::PERM),
        ("/x", Errno::PERM),
        ("/x/", Errno::PERM),
        ("a/../..", Errno::PERM),
        ("a/../../x", Errno::PERM),
        ("up/x", Errno::PERM),
        ("up-folder/x", Errno::PERM),
        ("up-folder//x", Errno::PERM),
        ("up-folder/.", Errno::PERM),
        ("up-folder/..", Errno::PERM),
        ("up-folder-slash/x/", Errno::PERM),
        ("absolute/x", Errno::PERM),
        ("absolute/.", Errno::PERM),
        ("file/x", Errno::NOTDIR),
        ("file/.", Errno::NOTDIR),
        ("file/..", Errno::NOTDIR),
        ("nothing/x", Errno::NOENT),
        ("loop/x", Errno::LOOP),
        ("a\0/x", Errno::INVAL),
        ("x\0", Errno::INVAL),
        (&"n".repeat(256), Errno::NAMETOOLONG),
        (&"./".repeat(2048), Errno::NAMETOOLONG),
    ] {
        assert_eq!(parent(dir, path.as_bytes()).err(), Some(error), "{path}");
    }
}

/// No descriptor stays behind, whatever comes of it.
#[test]
fn nothing_stays_open() {
    // Descriptors are the process's: this thread's own table is counted in a child of the test that has nothing else to do.
    const CHILD: &str = "NANOCC_RESOLVE_CHILD";
    if std::env::var_os(CHILD).is_none() {
        let name = std::thread::current();
        let name = name.name().expect("tests have names");
        let status = Command::new(std::env::current_exe().expect("it runs"))
            .args(["--exact", name, "--test-threads=1"])
            .env(CHILD, "1")
            .status();
        assert!(status.expect("it starts").success());
        return;
    }
    let tree = Tree::table();
    let deep = [&b"deep/".repeat(DEEP)[..], &b"../".repeat(DEEP), b"file"].concat();
    let count = || {
        fs::read_dir("/proc/self/fd")
            .expect("it is mounted")
            .count()
    };
    let before = count();
    for (_, open) in ways() {
        for (path, follow, flags, _) in cases() {
            let _ = open(tree.root.as_raw_fd(), path, follow, flags, 0o600).map(sys::close);
            let _ = parent(tree.root.as_raw_fd(), path);
        }
        for cut in 0..deep.len() {
            let path = &deep[..cut];
            let _ = open(tree.root.as_raw_fd(), path, true, O_PATH, 0).map(sys::close);
        }
    }
    assert_eq!(count(), before);
}
