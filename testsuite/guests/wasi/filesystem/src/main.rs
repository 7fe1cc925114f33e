//! Every function of wasi:filesystem, with what it returns when all is well and when it isn't.
//!
//! It is given `/files` and `/other` to change and `/fixed` to read, as the suite's fixture has them.

mod directories;
mod files;
mod fixed;
mod names;
mod streams;
mod times;

use wasi_bindings::filesystem::preopens;
use wasi_bindings::filesystem::types::{
    Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags,
};
use wasi_bindings::say;

/// Opens without following a link at the end of the path.
const HERE: PathFlags = PathFlags::empty();
const FOLLOW: PathFlags = PathFlags::SYMLINK_FOLLOW;
const PLAIN: OpenFlags = OpenFlags::empty();
const READ: DescriptorFlags = DescriptorFlags::READ;
const WRITE: DescriptorFlags = DescriptorFlags::WRITE;
const BOTH: DescriptorFlags = DescriptorFlags::READ.union(DescriptorFlags::WRITE);
const CHANGE: DescriptorFlags = DescriptorFlags::READ.union(DescriptorFlags::MUTATE_DIRECTORY);

/// What is given.
struct Given {
    files: Descriptor,
    other: Descriptor,
    fixed: Descriptor,
}

fn main() {
    let mut given = preopens::get_directories();
    given.sort_by(|a, b| a.1.cmp(&b.1));
    let names: Vec<&str> = given.iter().map(|(_, name)| name.as_str()).collect();
    say!("preopens", names.as_slice());
    let again = preopens::get_directories();
    say!("asked again", again.len());
    drop(again);
    let mut take = |name: &str| {
        let at = given.iter().position(|(_, given)| given == name);
        given.remove(at.expect("granted")).0
    };
    let given = Given {
        files: take("/files"),
        other: take("/other"),
        fixed: take("/fixed"),
    };
    let parts: [(&str, fn(&Given)); 6] = [
        ("files", files::run),
        ("streams", streams::run),
        ("directories", directories::run),
        ("names", names::run),
        ("times", times::run),
        ("fixed", fixed::run),
    ];
    for (name, part) in parts {
        println!("== {name}");
        part(&given);
    }
}

/// A new folder in which a part does its work.
fn folder(given: &Given, name: &str) -> Descriptor {
    given.files.create_directory_at(name).expect("a new folder");
    open(&given.files, name, OpenFlags::DIRECTORY, CHANGE).expect("the new folder")
}

fn open(
    at: &Descriptor,
    path: &str,
    how: OpenFlags,
    flags: DescriptorFlags,
) -> Result<Descriptor, ErrorCode> {
    at.open_at(FOLLOW, path, how, flags)
}

/// A new file with this in it, to read and to write.
fn file(at: &Descriptor, path: &str, content: &[u8]) -> Descriptor {
    let new = OpenFlags::CREATE | OpenFlags::EXCLUSIVE;
    let file = open(at, path, new, BOTH).expect("a new file");
    let written = file.write(content, 0).expect("the content");
    assert_eq!(written, content.len() as u64);
    file
}

/// All of a file.
fn content(at: &Descriptor, path: &str) -> Result<String, ErrorCode> {
    let file = open(at, path, PLAIN, READ)?;
    let (bytes, _) = file.read(1 << 16, 0)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
