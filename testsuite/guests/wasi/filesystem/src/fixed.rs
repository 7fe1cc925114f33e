//! A directory that is there to be read: whatever would change it is refused.

use crate::{BOTH, CHANGE, FOLLOW, Given, HERE, PLAIN, READ, WRITE, content, file, folder, open};
use wasi_bindings::filesystem::types::{NewTimestamp, OpenFlags};
use wasi_bindings::show;

pub fn run(given: &Given) {
    let at = folder(given, "beside");
    drop(file(&at, "file", b"content"));
    let fixed = &given.fixed;
    let _ = show!(content(fixed, "note.txt"));
    let _ = show!(fixed.stat_at(HERE, "note.txt"));
    let _ = show!(fixed.open_at(HERE, "note.txt", PLAIN, WRITE));
    let _ = show!(fixed.open_at(HERE, "note.txt", PLAIN, BOTH));
    let _ = show!(fixed.open_at(HERE, "note.txt", OpenFlags::TRUNCATE, READ));
    let _ = show!(fixed.open_at(HERE, "new.txt", OpenFlags::CREATE, READ));
    let _ = show!(fixed.open_at(HERE, "note.txt", OpenFlags::CREATE, READ));
    let _ = show!(fixed.create_directory_at("new"));
    let _ = show!(fixed.remove_directory_at("folder"));
    let _ = show!(fixed.unlink_file_at("note.txt"));
    let _ = show!(fixed.symlink_at("note.txt", "link"));
    let _ = show!(fixed.rename_at("note.txt", fixed, "renamed.txt"));
    let _ = show!(fixed.rename_at("note.txt", &at, "renamed.txt"));
    let _ = show!(at.rename_at("file", fixed, "file"));
    let _ = show!(fixed.link_at(HERE, "note.txt", fixed, "second.txt"));
    let _ = show!(fixed.link_at(HERE, "note.txt", &at, "second.txt"));
    let _ = show!(at.link_at(HERE, "file", fixed, "second.txt"));
    let (now, no_change) = (NewTimestamp::Now, NewTimestamp::NoChange);
    let _ = show!(fixed.set_times(now, no_change));
    let _ = show!(fixed.set_times_at(HERE, "note.txt", now, now));
    let _ = show!(fixed.set_times_at(FOLLOW, "note.txt", now, now));

    println!("== fixed, a file");
    let note = open(fixed, "note.txt", PLAIN, READ).expect("it is there");
    let _ = show!(note.get_flags());
    let _ = show!(note.set_size(0));
    let _ = show!(note.set_times(now, now));
    let _ = show!(note.write(b"x", 0));
    let _ = show!(note.write_via_stream(0));
    let _ = show!(note.append_via_stream());
    println!("== fixed, a folder");
    let inner = open(fixed, "folder", OpenFlags::DIRECTORY, READ).expect("it is there");
    let _ = show!(inner.get_flags());
    let _ = show!(inner.create_directory_at("new"));
    let _ = show!(inner.open_at(HERE, "new", OpenFlags::CREATE, BOTH));
    let _ = show!(fixed.open_at(HERE, "folder", OpenFlags::DIRECTORY, CHANGE).is_ok());
    let _ = show!(content(fixed, "note.txt"));
}
