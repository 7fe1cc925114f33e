//! Somebody changes the tree while paths are resolved in it: what is opened is beneath, whenever it is.
//!
//! Each test has a thread that renames as fast as it can, and goes on until paths have led inside and until the renaming was in the way: a
//! race that never happens proves nothing. `NANOCC_RACE_SECONDS` makes them last longer.

use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::*;

/// What came of the attempts of one race.
#[derive(Debug, Default)]
struct Count {
    opened: usize,
    refused: usize,
    missing: usize,
    other: usize,
}

/// The longest that a race may take until both have happened, in seconds.
const PATIENCE: f64 = 60.0;

/// Opens `paths` in turn, in each way, while `change` is called again and again. `change` leaves the tree as it was. `hindered` counts
/// the attempts that it got in the way of.
fn race(
    tree: &Tree,
    paths: &[&str],
    flags: u32,
    hindered: impl Fn(&Count) -> usize,
    change: impl Fn() + Sync,
) {
    // One at a time: they need the machine's processors.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let time = std::env::var("NANOCC_RACE_SECONDS")
        .ok()
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(0.5);
    let before = outside(&tree.folder.0);
    // Whatever is outside is known by its number.
    let mut forbidden = Vec::new();
    let mut folders = vec![
        tree.path("outside"),
        tree.path("sibling"),
        tree.path("secret"),
    ];
    while let Some(path) = folders.pop() {
        forbidden.push(fs::symlink_metadata(&path).expect("it is there").ino());
        if path.is_dir() {
            let entries = fs::read_dir(path).expect("it is readable");
            folders.extend(entries.map(|entry| entry.expect("it is readable").path()));
        }
    }
    forbidden.push(fs::metadata(&tree.folder.0).expect("it is there").ino());
    let done = AtomicBool::new(false);
    let changes = AtomicUsize::new(0);
    let mut counts = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                change();
                changes.fetch_add(1, Ordering::Relaxed);
            }
        });
        // Also if an assertion fails, the other thread has to end.
        struct Done<'a>(&'a AtomicBool);
        impl Drop for Done<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let _done = Done(&done);
        for (way, open) in ways() {
            let mut count = Count::default();
            let start = Instant::now();
            loop {
                let both = count.opened > 0 && hindered(&count) > 0;
                let passed = start.elapsed().as_secs_f64();
                if passed > if both { time } else { time.max(PATIENCE) } {
                    break;
                }
                for path in paths {
                    match open(tree.root.as_raw_fd(), path.as_bytes(), true, flags, 0o600) {
                        Ok(descriptor) => {
                            // SAFETY: it was opened just now.
                            let file = unsafe { File::from_raw_fd(descriptor) };
                            let found = file.metadata().expect("it is open").ino();
                            assert!(!forbidden.contains(&found), "{way}: {path} led outside");
                            count.opened += 1;
                        }
                        Err(Errno::PERM) => count.refused += 1,
                        Err(Errno::NOENT) => count.missing += 1,
                        // The kernel doesn't know whether it is still beneath.
                        Err(Errno::AGAIN | Errno::NOTDIR | Errno::LOOP) => count.other += 1,
                        Err(error) => panic!("{way}: {path}: {error}"),
                    }
                }
            }
            assert!(count.opened > 0, "{way} never got through: {count:?}");
            assert!(hindered(&count) > 0, "{way} met with no change: {count:?}");
            counts.push((way, count));
        }
    });
    // What was written, was written inside. (The times of change of what is moved out and in again differ.)
    let names = |all: &[String]| -> Vec<String> {
        all.iter()
            .map(|line| {
                let words: Vec<&str> = line.split(' ').collect();
                [words[0], words[1], words[2], words[5]].join(" ")
            })
            .filter(|line| !line.contains("folder\"") && !line.contains("outside\" "))
            .collect()
    };
    assert_eq!(names(&outside(&tree.folder.0)), names(&before));
    let changes = changes.load(Ordering::Relaxed);
    eprintln!("{counts:?}, {changes} changes");
}

fn rename(from: &Path, to: &Path) {
    fs::rename(from, to).expect("nobody else renames");
}

/// A folder `d` with a `secret` of its own, and a link to the folder outside of which it can take the place.
fn folder_and_link(text: &str) -> Tree {
    Tree::new(|folder| {
        let root = folder.join("root");
        fs::create_dir_all(root.join("d/folder")).expect("new folders");
        for name in ["d/secret", "d/folder/secret"] {
            fs::write(root.join(name), "inside").expect("a new file");
        }
        symlink(text, root.join("link")).expect("a new link");
    })
}

/// Puts the link in the folder's place, and the folder back.
fn swap(tree: &Tree) {
    let [d, link, aside] = ["root/d", "root/link", "root/aside"].map(|name| tree.path(name));
    rename(&d, &aside);
    rename(&link, &d);
    std::thread::yield_now();
    rename(&d, &link);
    rename(&aside, &d);
    std::thread::yield_now();
}

#[test]
fn a_directory_becomes_a_link_to_outside() {
    let tree = folder_and_link("../outside");
    let paths = [
        "d/secret",
        "d/folder/secret",
        "d/",
        "d",
        "d/folder/../secret",
        "d/.",
    ];
    race(
        &tree,
        &paths,
        O_RDONLY,
        |count| count.refused,
        || swap(&tree),
    );
}

#[test]
fn a_directory_becomes_an_absolute_link() {
    let tree = folder_and_link("nothing");
    let outside = tree.path("outside/");
    fs::remove_file(tree.path("root/link")).expect("it is there");
    symlink(outside, tree.path("root/link")).expect("a new link");
    race(
        &tree,
        &["d/secret", "d/folder/secret", "d/"],
        O_RDONLY,
        |count| count.refused,
        || swap(&tree),
    );
}

/// Files that are made and emptied, too, are made and emptied inside.
#[test]
fn what_is_written_is_written_inside() {
    let tree = folder_and_link("../outside");
    let flags = O_WRONLY | O_CREAT | O_TRUNC;
    race(
        &tree,
        &["d/secret", "d/new", "d/folder/new"],
        flags,
        |count| count.refused,
        || swap(&tree),
    );
}

/// The last name is a file and a link in turn.
#[test]
fn a_file_becomes_a_link_to_outside() {
    let tree = Tree::new(|folder| {
        fs::write(folder.join("root/d"), "inside").expect("a new file");
        symlink("../secret", folder.join("root/link")).expect("a new link");
    });
    for flags in [O_RDONLY, O_WRONLY | O_TRUNC, O_RDWR | O_CREAT, O_PATH] {
        race(&tree, &["d"], flags, |count| count.refused, || swap(&tree));
    }
}

/// `..` from a directory that has just been moved out would be a directory outside.
#[test]
fn a_directory_is_moved_out_and_in() {
    let tree = Tree::new(|folder| {
        fs::create_dir_all(folder.join("root/a/b/c")).expect("new folders");
        for name in ["root/a/secret", "root/secret"] {
            fs::write(folder.join(name), "inside").expect("a new file");
        }
    });
    let [inside, outside] = ["root/a/b", "outside/folder/b"].map(|name| tree.path(name));
    let paths = [
        "a/b/c/../../secret",
        "a/b/c/../../../secret",
        "a/b/../secret",
        "a/b/../../secret",
        "a/b/../../a/b/c/../../secret",
        "a/b/..",
        "a/b/c/../..",
    ];
    race(
        &tree,
        &paths,
        O_RDONLY,
        |count| count.missing,
        || {
            rename(&inside, &outside);
            std::thread::yield_now();
            rename(&outside, &inside);
            std::thread::yield_now();
        },
    );
}

/// Where the walk has to start once more, because it went so deep.
#[test]
fn a_deep_way_is_cut() {
    let tree = folder_and_link("../outside");
    let deep = "x/".repeat(60);
    fs::create_dir_all(tree.path("root/d/folder").join(&deep)).expect("new folders");
    fs::create_dir_all(tree.path("outside/folder").join(&deep)).expect("new folders");
    let path = format!("d/folder/{deep}{}secret", "../".repeat(60));
    race(
        &tree,
        &[&path],
        O_RDONLY,
        |count| count.refused,
        || swap(&tree),
    );
}

/// The directory of a last name is inside.
#[test]
fn entries_are_made_inside() {
    let tree = folder_and_link("../outside");
    let forbidden = fs::metadata(tree.path("outside"))
        .expect("it is there")
        .ino();
    race(
        &tree,
        &["d"],
        O_PATH | O_DIRECTORY,
        |count| count.refused,
        || {
            swap(&tree);
            let found = parent(tree.root.as_raw_fd(), b"d/new").expect("nobody else renames");
            // SAFETY: the parent's descriptor is lent.
            let file = std::mem::ManuallyDrop::new(unsafe { File::from_raw_fd(found.fd()) });
            assert_ne!(file.metadata().expect("it is open").ino(), forbidden);
        },
    );
}
