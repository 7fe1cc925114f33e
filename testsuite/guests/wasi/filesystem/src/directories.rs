//! Directories: made, removed, listed.

use crate::{BOTH, FOLLOW, Given, HERE, PLAIN, READ, file, folder, open};
use wasi_bindings::filesystem::types::{Descriptor, DirectoryEntry, ErrorCode, OpenFlags};
use wasi_bindings::{say, show};

pub fn run(given: &Given) {
    making(given);
    removing(given);
    listing(given);
}

/// In order of names, for file systems have orders of their own.
fn entries(of: &Descriptor) -> Result<Vec<DirectoryEntry>, ErrorCode> {
    let stream = of.read_directory()?;
    let mut entries = Vec::new();
    while let Some(entry) = stream.read_directory_entry()? {
        entries.push(entry);
    }
    // It stays at the end.
    assert!(matches!(stream.read_directory_entry(), Ok(None)));
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

fn making(given: &Given) {
    let at = folder(given, "making");
    let _ = show!(at.create_directory_at("a"));
    let _ = show!(at.create_directory_at("a"));
    let _ = show!(at.create_directory_at("a/b"));
    let _ = show!(at.create_directory_at("a/c/"));
    let _ = show!(at.create_directory_at("x/y"));
    let _ = show!(at.create_directory_at("a/../d"));
    let _ = show!(at.create_directory_at("../../e"));
    let _ = show!(at.create_directory_at("/e"));
    let _ = show!(at.create_directory_at(""));
    let _ = show!(at.create_directory_at("."));
    let plain = file(&at, "file", b"");
    let _ = show!(at.create_directory_at("file"));
    let _ = show!(at.create_directory_at("file/f"));
    let _ = show!(plain.create_directory_at("g"));
    let _ = show!(at.symlink_at("absent", "link"));
    let _ = show!(at.create_directory_at("link"));
    let _ = show!(entries(&at));
}

fn removing(given: &Given) {
    let at = folder(given, "removing");
    for path in ["a", "a/b", "a/c", "d"] {
        at.create_directory_at(path).expect("a new folder");
    }
    let plain = file(&at, "file", b"");
    at.symlink_at("d", "link").expect("a new link");
    let _ = show!(at.remove_directory_at("a"));
    let _ = show!(at.remove_directory_at("a/b"));
    let _ = show!(at.remove_directory_at("a/c"));
    let _ = show!(at.remove_directory_at("a"));
    let _ = show!(at.remove_directory_at("a"));
    let _ = show!(at.remove_directory_at("file"));
    let _ = show!(at.remove_directory_at("link"));
    let _ = show!(at.remove_directory_at("../removing"));
    let _ = show!(at.remove_directory_at(""));
    let _ = show!(at.remove_directory_at("."));
    let _ = show!(plain.remove_directory_at("d"));
    let _ = show!(at.unlink_file_at("d"));
    let _ = show!(at.unlink_file_at("link"));
    let _ = show!(at.unlink_file_at("file"));
    let _ = show!(at.unlink_file_at("file"));
    let _ = show!(at.unlink_file_at("../hello.txt"));
    let _ = show!(at.unlink_file_at(""));
    let _ = show!(plain.unlink_file_at("file"));
    let _ = show!(entries(&at));
    at.create_directory_at("slash").expect("a new folder");
    let _ = show!(at.remove_directory_at("slash/"));
    let _ = at.remove_directory_at("slash");
    // A file lives as long as somebody has it open.
    let _ = show!(plain.write(b"still there", 0));
    let _ = show!(plain.stat());
    let empty = open(&at, "d", OpenFlags::DIRECTORY, READ).expect("it is there");
    let _ = show!(at.remove_directory_at("d"));
    let _ = show!(entries(&empty));
    let _ = show!(empty.create_directory_at("in-nothing"));
}

fn listing(given: &Given) {
    let sub = open(&given.files, "sub", OpenFlags::DIRECTORY, READ).expect("it is there");
    let _ = show!(entries(&sub));
    let many = open(&given.files, "many", OpenFlags::DIRECTORY, READ).expect("it is there");
    let names = entries(&many).expect("entries");
    let sizes = names.iter().map(|entry| entry.name.len());
    say!("many", (names.len(), sizes.sum::<usize>()));
    let _ = show!(entries(&open(&given.files, "kinds", PLAIN, READ).expect("it is there")));
    let _ = show!(given.files.open_at(FOLLOW, "kinds/link", PLAIN, READ).map(|_| ()));
    // Two streams of one descriptor, each with its own place.
    let (first, second) = (
        many.read_directory().expect("a stream"),
        many.read_directory().expect("a stream"),
    );
    let mut counts = (0_u32, 0_u32);
    while let Ok(Some(_)) = first.read_directory_entry() {
        counts.0 += 1;
        if counts.0 % 2 == 0 && matches!(second.read_directory_entry(), Ok(Some(_))) {
            counts.1 += 1;
        }
    }
    while let Ok(Some(_)) = second.read_directory_entry() {
        counts.1 += 1;
    }
    say!("two streams", counts);
    // A stream outlives the descriptor.
    let stream = sub.read_directory().expect("a stream");
    drop(sub);
    let mut count = 0_u32;
    while let Ok(Some(_)) = stream.read_directory_entry() {
        count += 1;
    }
    say!("without the descriptor", count);
    let plain = given.files.open_at(HERE, "hello.txt", PLAIN, BOTH);
    let _ = show!(plain.expect("it is there").read_directory());
}
