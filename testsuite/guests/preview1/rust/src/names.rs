//! Directories and the names in them.

use crate::{did, say};
use std::collections::BTreeSet;
use std::ffi::{CString, c_char, c_int};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

unsafe extern "C" {
    // Rust's library has a function for it that isn't stable; it calls this one.
    fn symlink(target: *const c_char, path: *const c_char) -> c_int;
}

fn make_link(target: &str, path: &Path) -> io::Result<()> {
    let path = CString::new(path.to_str().expect("it is text"))?;
    let target = CString::new(target)?;
    // SAFETY: both are strings that end in a zero byte, and live longer than the call.
    match unsafe { symlink(target.as_ptr(), path.as_ptr()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// What there is to say about a file, except what differs between runs and file systems.
fn about(data: Metadata) -> String {
    let kind = data.file_type();
    if kind.is_dir() {
        "directory".to_owned()
    } else if kind.is_symlink() {
        "link".to_owned()
    } else if kind.is_file() {
        format!("file of {} bytes", data.len())
    } else {
        "something".to_owned()
    }
}

/// Prints a directory and all below it, by name.
fn walk(directory: &Path, depth: usize) {
    let Some(entries) = did("walk", fs::read_dir(directory)) else {
        return;
    };
    let mut entries: Vec<_> = entries.map(|entry| entry.expect("an entry")).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let data = entry.metadata().expect("it is there");
        let is = about(data);
        println!("{:depth$}{} is a {is}", "", entry.file_name().display());
        if entry.file_type().expect("it is known").is_dir() {
            walk(&entry.path(), depth + 1);
        }
    }
}

/// Makes, copies, renames and removes.
pub fn changed(files: &Path) {
    let top = files.join("top");
    let at = |name: &str| top.join(name);
    did("make directories", fs::create_dir_all(at("a/b/c")));
    did("make one that is there", fs::create_dir(at("a")));
    did("make one nowhere", fs::create_dir(at("x/y")));
    did("make one with a slash", fs::create_dir(at("slash/")));
    did("write", fs::write(at("a/one"), "one\ntwo\n"));
    did("write deep", fs::write(at("a/b/c/deep"), vec![7; 100_000]));
    say("read", fs::read_to_string(at("a/one")));
    say("read what isn't there", fs::read(at("a/none")));
    say("read a directory", fs::read(at("a")));
    say("read below a file", fs::read(at("a/one/x")));
    say("copy", fs::copy(at("a/b/c/deep"), at("a/copy")));
    say("copy a directory", fs::copy(at("a/b"), at("a/copied")));
    did("rename", fs::rename(at("a/copy"), at("a/b/moved")));
    did(
        "rename over a file",
        fs::rename(at("a/b/moved"), at("a/one")),
    );
    did(
        "rename what is gone",
        fs::rename(at("a/b/moved"), at("a/one")),
    );
    did("rename a directory", fs::rename(at("a/b"), at("a/bb")));
    did("rename one into itself", fs::rename(at("a"), at("a/bb/a")));
    did(
        "rename one over a file",
        fs::rename(at("a/bb"), at("a/one")),
    );
    did(
        "rename a file over one",
        fs::rename(at("a/one"), at("a/bb")),
    );
    did(
        "rename one over a full one",
        fs::rename(at("slash"), at("a/bb")),
    );
    did(
        "rename one over an empty one",
        fs::rename(at("a/bb"), at("slash")),
    );
    walk(&top, 0);
    did("unlink a directory", fs::remove_file(at("slash")));
    did("remove a file as one", fs::remove_dir(at("a/one")));
    did("remove a full directory", fs::remove_dir(at("slash")));
    did("unlink nothing", fs::remove_file(at("none")));
    did("remove all", fs::remove_dir_all(&top));
    say("it is gone", fs::exists(&top));
}

/// Links: made, followed, not followed.
pub fn links(files: &Path) {
    let at = |name: &str| files.join(name);
    for (target, name) in [
        ("hello.txt", "new"),
        ("nothing", "new-dangling"),
        ("new-loop", "new-loop"),
        ("sub", "new-sub"),
        ("../../../etc/passwd", "new-out"),
        ("/etc/passwd", "new-rooted"),
        ("", "new-empty"),
        ("x", "hello.txt"),
        ("x", "hello.txt/"),
        ("x", "sub/"),
        ("x", "none/"),
    ] {
        did(
            &format!("link {name} to {target}"),
            make_link(target, &at(name)),
        );
    }
    for name in [
        "new",
        "new-dangling",
        "new-loop",
        "new-sub",
        "new-out",
        "hello.txt",
        "none",
    ] {
        println!("{name}:");
        say(" leads to", fs::read_link(at(name)));
        say(" itself", fs::symlink_metadata(at(name)).map(about));
        say(" followed", fs::metadata(at(name)).map(about));
        say(" exists", fs::exists(at(name)));
        say(" read", fs::read(at(name)).map(|text| text.len()));
    }
    say("through one", fs::read_to_string(at("new-sub/inner.txt")));
    say(
        "through and back",
        fs::read_to_string(at("new-sub/../hello.txt")),
    );
    let exclusive = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(at("new-dangling"));
    did("make a new file by one", exclusive);
    did("make a file by one", File::create(at("new-dangling")));
    say("what it led to", fs::exists(at("nothing")));
    did("remove one to a directory", fs::remove_dir(at("new-sub")));
    did("unlink it", fs::remove_file(at("new-sub")));
    say("the directory is there", fs::exists(at("sub/inner.txt")));
}

/// Names and paths that are seldom used.
pub fn odd(files: &Path) {
    let at = |name: &str| files.join(name);
    let longest = "n".repeat(255);
    for name in [
        "ä ö",
        "日本語 🦀",
        "a\nb",
        "..a",
        "-x",
        "a\\b",
        "*",
        &longest,
    ] {
        did("write", fs::write(at(name), name));
        say("read", fs::read_to_string(at(name)));
        did("unlink", fs::remove_file(at(name)));
    }
    did("a name too long", fs::write(at(&"n".repeat(256)), "x"));
    did(
        "a path too long",
        fs::write(at(&"sub/../".repeat(1000)), "x"),
    );
    did("a zero byte", fs::write(at("a\0b"), "x"));
    for path in [
        "",
        ".",
        "/",
        "/files",
        "/files/",
        "/files/.",
        "/files/sub/..",
        "/files/..",
        "//files//hello.txt",
        "files/hello.txt",
        "./files/hello.txt",
        "/none",
        "/files/hello.txt/",
        "/files/hello.txt/.",
        "/files/sub/../hello.txt",
        "/files/none/../hello.txt",
        "/other/../files/hello.txt",
        "/filesx",
        "/file",
    ] {
        say(&format!("{path:?}"), fs::metadata(path).map(about));
    }
    did("make a file with a slash", File::create(at("made/")));
    did(
        "write to a file with a slash",
        fs::write(at("hello.txt/"), "x"),
    );
    say("where", std::env::current_dir());
    did("go to /files/sub", std::env::set_current_dir("/files/sub"));
    say("where", std::env::current_dir());
    say("there", fs::read_to_string("inner.txt"));
    say("above", fs::read_to_string("../hello.txt"));
    did(
        "go to a file",
        std::env::set_current_dir("/files/hello.txt"),
    );
    did("go nowhere", std::env::set_current_dir("none"));
}

/// Several thousand entries, found, and removed while they are read.
pub fn many(files: &Path) {
    let directory = files.join("thousands");
    fs::create_dir(&directory).expect("it is new");
    let names: BTreeSet<String> = (0..3000).map(|i| format!("entry number {i}")).collect();
    for name in &names {
        File::create(directory.join(name)).expect("it is new");
    }
    let found: Vec<_> = fs::read_dir(&directory)
        .expect("it is there")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("it is text")
        })
        .collect();
    println!("found {}", found.len());
    println!(
        "all of them: {}",
        found.into_iter().collect::<BTreeSet<_>>() == names
    );
    // Two at once, in turns.
    let mut both = [fs::read_dir(&directory), fs::read_dir(files.join("many"))]
        .map(|r| r.expect("it is there"));
    let mut counts = [0, 0];
    loop {
        let before = counts;
        for (entries, count) in both.iter_mut().zip(&mut counts) {
            *count += entries
                .take(17)
                .map(|entry| entry.expect("an entry"))
                .count();
        }
        if counts == before {
            break;
        }
    }
    println!("in turns {counts:?}");
    did("remove all", fs::remove_dir_all(&directory));
}

/// From one directory that was granted to another.
pub fn moved(files: &Path, other: &Path, fixed: &Path) {
    did(
        "move",
        fs::rename(files.join("hello.txt"), other.join("moved")),
    );
    did(
        "move a directory",
        fs::rename(files.join("sub"), other.join("sub")),
    );
    say("copy", fs::copy(other.join("moved"), files.join("copied")));
    say("what was there", fs::read_to_string(fixed.join("note.txt")));
    for entry in ["moved", "sub/inner.txt"] {
        say(entry, fs::metadata(other.join(entry)).map(about));
    }
    walk(other, 0);
}
