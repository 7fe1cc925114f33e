//! Names of things: links of both kinds, renaming, sameness, what a name stands for.

use crate::{FOLLOW, Given, HERE, PLAIN, READ, content, file, folder, open};
use wasi_bindings::filesystem::types::{Descriptor, MetadataHashValue, OpenFlags};
use wasi_bindings::{say, show};

pub fn run(given: &Given) {
    hard_links(given);
    symbolic_links(given);
    renaming(given);
    sameness(given);
    stats(given);
}

fn hard_links(given: &Given) {
    let at = folder(given, "hard");
    let plain = file(&at, "file", b"content");
    at.create_directory_at("sub").expect("a new folder");
    at.symlink_at("file", "link").expect("a new link");
    let sub = open(&at, "sub", OpenFlags::DIRECTORY, READ).expect("it is there");
    let _ = show!(at.link_at(HERE, "file", &at, "second"));
    let _ = show!(at.link_at(HERE, "file", &sub, "third"));
    let _ = show!(plain.stat());
    let _ = show!(content(&at, "sub/third"));
    let _ = show!(at.link_at(HERE, "file", &at, "second"));
    let _ = show!(at.link_at(HERE, "absent", &at, "fourth"));
    let _ = show!(at.link_at(HERE, "sub", &at, "fourth"));
    let _ = show!(at.link_at(FOLLOW, "link", &at, "fourth"));
    let _ = show!(at.link_at(HERE, "link", &at, "fifth"));
    let _ = show!(at.stat_at(HERE, "fifth"));
    let _ = show!(at.link_at(HERE, "file", &at, "absent/sixth"));
    let _ = show!(at.link_at(HERE, "file", &at, "../../sixth"));
    let _ = show!(at.link_at(HERE, "../hello.txt", &at, "sixth"));
    let _ = show!(at.link_at(HERE, "/file", &at, "sixth"));
    let _ = show!(at.link_at(HERE, "file", &at, "/sixth"));
    let _ = show!(at.link_at(HERE, "file", &at, "sixth/"));
    let _ = show!(at.link_at(HERE, "file/", &at, "sixth"));
    let _ = show!(at.link_at(HERE, "", &at, "sixth"));
    let _ = show!(at.link_at(HERE, "file", &at, ""));
    let _ = show!(at.link_at(HERE, "file", &plain, "sixth"));
    let _ = show!(plain.link_at(HERE, "file", &at, "sixth"));
    let _ = show!(at.unlink_file_at("second"));
    let _ = show!(plain.stat());
}

fn symbolic_links(given: &Given) {
    let at = folder(given, "symbolic");
    let plain = file(&at, "file", b"content");
    at.create_directory_at("sub").expect("a new folder");
    let _ = show!(at.symlink_at("file", "link"));
    let _ = show!(at.readlink_at("link"));
    let _ = show!(content(&at, "link"));
    let _ = show!(at.symlink_at("../file", "sub/link"));
    let _ = show!(at.readlink_at("sub/link"));
    let _ = show!(content(&at, "sub/link"));
    let _ = show!(at.symlink_at("nowhere/at/all", "dangling"));
    let _ = show!(at.readlink_at("dangling"));
    let _ = show!(at.stat_at(HERE, "dangling"));
    let _ = show!(at.stat_at(FOLLOW, "dangling"));
    let _ = show!(at.symlink_at("file", "link"));
    let _ = show!(at.symlink_at("file", "absent/link"));
    let _ = show!(at.symlink_at("file", "../../link"));
    let _ = show!(at.symlink_at("/etc/passwd", "absolute"));
    let _ = show!(at.symlink_at("../../..", "up"));
    say!("through up", open(&at, "up", PLAIN, READ).is_err());
    let _ = show!(at.symlink_at("", "empty"));
    let _ = show!(at.symlink_at("file", ""));
    let _ = show!(at.symlink_at("file", "name/"));
    let _ = show!(plain.symlink_at("file", "link"));
    let _ = show!(at.readlink_at("file"));
    let _ = show!(at.readlink_at("absent"));
    let _ = show!(at.readlink_at("sub"));
    let _ = show!(at.readlink_at(""));
    let _ = show!(at.readlink_at("../link"));
    let _ = show!(at.readlink_at("sub/../link"));
    let _ = show!(plain.readlink_at("link"));
    let long = "t".repeat(2000);
    say!("a long link", at.symlink_at(&long, "long"));
    say!("is as long", at.readlink_at("long").map(|target| target.len()));
    let _ = show!(at.symlink_at("ünïcödé ☃", "naïve"));
    let _ = show!(at.readlink_at("naïve"));
    for link in 0..50 {
        let target = if link == 0 { "file".to_owned() } else { format!("chain{}", link - 1) };
        at.symlink_at(&target, &format!("chain{link}")).expect("a new link");
    }
    let _ = show!(content(&at, "chain10"));
    let _ = show!(content(&at, "chain49"));
}

fn renaming(given: &Given) {
    let at = folder(given, "renaming");
    drop(file(&at, "file", b"content"));
    drop(file(&at, "second", b"second"));
    for path in ["sub", "empty", "full", "full/inner"] {
        at.create_directory_at(path).expect("a new folder");
    }
    at.symlink_at("file", "link").expect("a new link");
    let sub = open(&at, "sub", OpenFlags::DIRECTORY, READ).expect("it is there");
    let _ = show!(at.rename_at("file", &at, "renamed"));
    let _ = show!(content(&at, "renamed"));
    let _ = show!(content(&at, "file"));
    let _ = show!(at.rename_at("file", &at, "renamed"));
    let _ = show!(at.rename_at("renamed", &sub, "moved"));
    let _ = show!(content(&at, "sub/moved"));
    let _ = show!(sub.rename_at("moved", &at, "second"));
    let _ = show!(content(&at, "second"));
    let _ = show!(at.rename_at("second", &at, "second"));
    let _ = show!(at.rename_at("second", &at, "sub"));
    let _ = show!(at.rename_at("sub", &at, "second"));
    let _ = show!(at.rename_at("sub", &at, "empty"));
    let _ = show!(at.rename_at("empty", &at, "full"));
    let _ = show!(at.rename_at("full", &at, "full/inner/self"));
    let _ = show!(at.rename_at("link", &at, "relinked"));
    let _ = show!(at.readlink_at("relinked"));
    let _ = show!(at.rename_at("second", &at, "absent/second"));
    let _ = show!(at.rename_at("second", &at, "../../second"));
    let _ = show!(at.rename_at("../hello.txt", &at, "hello"));
    let _ = show!(at.rename_at("/second", &at, "hello"));
    let _ = show!(at.rename_at("second", &at, "/hello"));
    let _ = show!(at.rename_at("", &at, "hello"));
    let _ = show!(at.rename_at("second", &at, ""));
    let _ = show!(at.rename_at("second/", &at, "hello"));
    let _ = show!(at.rename_at("second", &at, "hello/"));
    let _ = show!(at.rename_at("full/", &at, "fuller/"));
    let _ = show!(at.rename_at(".", &at, "hello"));
    let plain = open(&at, "second", PLAIN, READ).expect("it is there");
    let _ = show!(at.rename_at("second", &plain, "hello"));
    let _ = show!(plain.rename_at("second", &at, "hello"));
    let _ = show!(at.rename_at("second", &given.other, "elsewhere"));
    let _ = show!(content(&given.other, "elsewhere"));
    let _ = show!(given.other.unlink_file_at("elsewhere"));
    let _ = show!(plain.stat());
}

fn same(a: MetadataHashValue, b: MetadataHashValue) -> bool {
    (a.lower, a.upper) == (b.lower, b.upper)
}

fn sameness(given: &Given) {
    let at = folder(given, "sameness");
    let plain = file(&at, "file", b"content");
    let other = file(&at, "other", b"content");
    let _ = at.link_at(HERE, "file", &at, "second");
    let _ = at.symlink_at("file", "link");
    let again = open(&at, "file", PLAIN, READ).expect("it is there");
    let second = open(&at, "second", PLAIN, READ).expect("it is there");
    let here = open(&at, ".", PLAIN, READ).expect("it is there");
    let _ = show!(plain.is_same_object(&plain));
    let _ = show!(plain.is_same_object(&again));
    let _ = show!(plain.is_same_object(&second));
    let _ = show!(plain.is_same_object(&other));
    let _ = show!(plain.is_same_object(&at));
    let _ = show!(here.is_same_object(&at));
    let hash = |of: &Descriptor| of.metadata_hash().expect("a hash");
    let hash_at = |path| at.metadata_hash_at(HERE, path).expect("a hash");
    say!("hash of itself", same(hash(&plain), hash(&plain)));
    say!("hash of another descriptor", same(hash(&plain), hash(&again)));
    say!("hash of another name", same(hash(&plain), hash(&second)));
    say!("hash of another file", same(hash(&plain), hash(&other)));
    say!("hash by name", same(hash(&plain), hash_at("file")));
    say!("hash of a link itself", same(hash(&plain), hash_at("link")));
    let followed = at.metadata_hash_at(FOLLOW, "link").expect("a hash");
    say!("hash through a link", same(hash(&plain), followed));
    say!("hash of a directory", same(hash(&at), hash(&here)));
    let _ = show!(at.metadata_hash_at(HERE, "absent").map(|_| ()));
    let _ = show!(at.metadata_hash_at(HERE, "../sameness").map(|_| ()));
    let _ = show!(at.metadata_hash_at(HERE, "").map(|_| ()));
    let _ = show!(plain.metadata_hash_at(HERE, "file").map(|_| ()));
}

fn stats(given: &Given) {
    let files = &given.files;
    let _ = show!(files.stat());
    let _ = show!(files.stat_at(HERE, "hello.txt"));
    let _ = show!(files.stat_at(HERE, "hard.txt"));
    let _ = show!(files.stat_at(HERE, "link"));
    let _ = show!(files.stat_at(FOLLOW, "link"));
    let _ = show!(files.stat_at(HERE, "sub"));
    let _ = show!(files.stat_at(HERE, "sub/"));
    let _ = show!(files.stat_at(HERE, "sub/."));
    let _ = show!(files.stat_at(HERE, "sublink/"));
    let _ = show!(files.stat_at(HERE, "hello.txt/"));
    let _ = show!(files.stat_at(HERE, "kinds/pipe"));
    let _ = show!(files.stat_at(HERE, "kinds/socket"));
    let _ = show!(files.stat_at(HERE, "absent"));
    let _ = show!(files.stat_at(FOLLOW, "loop"));
    let _ = show!(files.stat_at(HERE, "loop"));
    let _ = show!(files.stat_at(FOLLOW, "outside"));
    let _ = show!(files.stat_at(HERE, "outside"));
    let _ = show!(files.stat_at(FOLLOW, "above"));
    let _ = show!(files.stat_at(HERE, ".."));
    let _ = show!(files.stat_at(HERE, "/"));
    let _ = show!(files.stat_at(HERE, ""));
    let plain = open(files, "hello.txt", PLAIN, READ).expect("it is there");
    let _ = show!(plain.stat());
    let _ = show!(plain.stat_at(HERE, "hello.txt"));
}
