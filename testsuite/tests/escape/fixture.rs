//! Two directories to grant, and what lies beside them.

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nanocc_testsuite::Result;

/// The text of files that nobody may read.
const CANARY: &str = "CANARY";

/// Their size in bytes, which no other file has.
const SIZE: usize = 7919;

/// A tree, removed with this.
pub struct Fixture {
    folder: tempfile::TempDir,
    /// What is outside, and in the directory granted for reading, as it has to stay.
    before: Vec<Entry>,
}

/// A file, folder or link that has to stay as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    path: PathBuf,
    inode: u64,
    mode: u32,
    links: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    /// Reading would change it.
    read: Option<(i64, i64)>,
}

/// Whether what a guest was told comes from outside.
pub fn betrays(line: &str) -> bool {
    line.contains(CANARY) || line.contains(&SIZE.to_string()) || line.contains(" beyond ")
}

impl Fixture {
    /// A new one.
    pub fn new() -> Result<Fixture> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        plant(folder.path()).map_err(|error| error.to_string())?;
        let mut fixture = Fixture {
            folder,
            before: Vec::new(),
        };
        fixture.before = fixture.look().map_err(|error| error.to_string())?;
        Ok(fixture)
    }

    /// Something in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder's own path.
    pub fn folder(&self) -> String {
        self.folder.path().display().to_string()
    }

    /// What has changed that must not.
    pub fn changes(&self) -> Result<Vec<String>> {
        let now = self.look().map_err(|error| error.to_string())?;
        let name = |entry: &Entry| entry.path.display().to_string();
        let mut changes = Vec::new();
        for entry in &now {
            match self.before.iter().find(|before| before.path == entry.path) {
                None => changes.push(format!("{} was made", name(entry))),
                Some(before) if before != entry => {
                    changes.push(format!("{before:?} is now {entry:?}"));
                }
                Some(_) => {}
            }
        }
        for before in &self.before {
            if !now.iter().any(|entry| entry.path == before.path) {
                changes.push(format!("{} is gone", name(before)));
            }
        }
        for name in SECRETS {
            // After the times: this reads it.
            match fs::read(self.path(name)) {
                Ok(text) if text != secret() => changes.push(format!("{name} was written to")),
                Ok(_) => {}
                Err(error) => changes.push(format!("{name}: {error}")),
            }
        }
        Ok(changes)
    }

    fn look(&self) -> std::io::Result<Vec<Entry>> {
        let mut found = Vec::new();
        for name in ["outside", "secret"] {
            look(&self.path(name), true, &mut found)?;
        }
        look(&self.path("ro"), false, &mut found)?;
        // The folder of all of it, too, though the fixture's own directories are in it.
        let data = fs::metadata(self.folder.path())?;
        found.push(Entry::new(self.folder.path(), &data, true));
        Ok(found)
    }
}

impl Entry {
    fn new(path: &Path, data: &fs::Metadata, unread: bool) -> Entry {
        Entry {
            path: path.to_owned(),
            inode: data.ino(),
            mode: data.mode(),
            links: data.nlink(),
            size: data.size(),
            modified: (data.mtime(), data.mtime_nsec()),
            changed: (data.ctime(), data.ctime_nsec()),
            read: (unread && data.is_file()).then(|| (data.atime(), data.atime_nsec())),
        }
    }
}

/// Notes an entry and all below it. Folders are listed, which is a reading of them: their own times of access say nothing.
fn look(path: &Path, unread: bool, found: &mut Vec<Entry>) -> std::io::Result<()> {
    let data = fs::symlink_metadata(path)?;
    found.push(Entry::new(path, &data, unread));
    if data.is_dir() {
        for entry in fs::read_dir(path)? {
            look(&entry?.path(), unread, found)?;
        }
    }
    Ok(())
}

const SECRETS: [&str; 3] = ["secret", "outside/secret", "outside/folder/secret"];

fn secret() -> Vec<u8> {
    CANARY.bytes().cycle().take(SIZE).collect()
}

fn plant(folder: &Path) -> std::io::Result<()> {
    for name in ["outside", "outside/folder", "outside/CANARY-folder"] {
        fs::create_dir(folder.join(name))?;
    }
    for name in SECRETS {
        fs::write(folder.join(name), secret())?;
    }
    fs::write(folder.join("outside/CANARY-file"), "")?;
    for granted in ["rw", "ro"] {
        plant_granted(folder, &folder.join(granted))?;
    }
    // Long ago, so that a system that notes readings only when something was changed since does note the first one.
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    for name in SECRETS {
        let times = FileTimes::new().set_accessed(long_ago);
        File::options()
            .write(true)
            .open(folder.join(name))?
            .set_times(times)?;
    }
    Ok(())
}

/// The links of a granted directory, by name and text; `FOLDER` stands for the fixture's own.
const LINKS: [(&str, &str); 27] = [
    ("up", ".."),
    ("up-slash", "../"),
    ("up-file", "../secret"),
    ("up-folder", "../outside"),
    ("up-folder-slash", "../outside/"),
    ("up-folder-slashes", "..//outside//"),
    ("up-dot", "../outside/."),
    ("up-dots", "../outside/folder/.."),
    ("up-through", "a/../../outside/secret"),
    ("up-dangling", "../outside/new"),
    ("to-up", "up"),
    ("to-up-folder", "up-folder/"),
    ("absolute", "FOLDER/outside"),
    ("absolute-slash", "FOLDER/outside/"),
    ("absolute-file", "FOLDER/outside/secret"),
    ("absolute-root", "/"),
    ("magic", "/proc/self/root"),
    ("to-file", "file"),
    ("to-a", "a"),
    ("to-a-slash", "a/"),
    ("a/to-sibling", "../d"),
    ("a/b/to-top", "../.."),
    ("a/b/to-outside", "../../.."),
    ("loop", "loop"),
    ("ping", "pong"),
    ("pong", "ping"),
    ("dangling", "nothing"),
];

fn plant_granted(folder: &Path, root: &Path) -> std::io::Result<()> {
    for name in ["a/b/c", "d", "empty"] {
        fs::create_dir_all(root.join(name))?;
    }
    for name in ["file", "a/file", "d/file", "d/secret"] {
        fs::write(root.join(name), format!("inside {name}"))?;
    }
    for (name, text) in LINKS {
        let text = text.replace("FOLDER", &folder.display().to_string());
        symlink(text, root.join(name))?;
    }
    Ok(())
}
