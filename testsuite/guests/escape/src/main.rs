//! Tries to get out of the directories that it was given, by every function that takes a path, and says what came of it.
//!
//! Each line of standard input is a case of four fields, separated by tabs, in which `%XX` stands for a byte:
//!
//! * the directory that was granted, `/rw` or `/ro`;
//! * a path in it to begin from, or nothing;
//! * the text of a symbolic link `planted` to make first, or nothing;
//! * the path to try.
//!
//! What succeeds is undone as well as can be, so that each attempt meets with the same tree. What can't be undone comes last.
//! No output differs between two right runs: there is no time and no hash in it.
//!
//! The bindings are raw: a standard library would put paths in order before the host sees them.

mod bindings {
    wit_bindgen::generate!({
        path: [
            "../../../wit/packages/io.wit",
            "../../../wit/packages/clocks.wit",
            "../../../wit/packages/filesystem.wit",
        ],
        world: "wasi:filesystem/imports",
        generate_all,
        bitflags_path: "::bitflags",
    });
}

use bindings::wasi::clocks::wall_clock::Datetime;
use bindings::wasi::filesystem::preopens::get_directories;
use bindings::wasi::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, NewTimestamp, OpenFlags, PathFlags,
};

type Result<T = String> = std::result::Result<T, ErrorCode>;

const FOLLOW: PathFlags = PathFlags::SYMLINK_FOLLOW;
const DONT: PathFlags = PathFlags::empty();

/// How names can be opened.
const OPEN: [(&str, OpenFlags); 7] = [
    ("", OpenFlags::empty()),
    ("directory", OpenFlags::DIRECTORY),
    ("exclusive", OpenFlags::EXCLUSIVE),
    ("create", OpenFlags::CREATE),
    ("create,exclusive", OpenFlags::CREATE.union(OpenFlags::EXCLUSIVE)),
    ("create,truncate", OpenFlags::CREATE.union(OpenFlags::TRUNCATE)),
    ("truncate", OpenFlags::TRUNCATE),
];

/// What for.
const RIGHTS: [(&str, DescriptorFlags); 5] = [
    ("read", DescriptorFlags::READ),
    ("write", DescriptorFlags::WRITE),
    ("read,write", DescriptorFlags::READ.union(DescriptorFlags::WRITE)),
    ("read,mutate", DescriptorFlags::READ.union(DescriptorFlags::MUTATE_DIRECTORY)),
    ("", DescriptorFlags::empty()),
];

fn main() {
    let directories = get_directories();
    let named = |name: &str| {
        let found = directories.iter().find(|(_, path)| path == name);
        found.map(|(directory, _)| directory)
    };
    for line in std::io::stdin().lines() {
        let line = line.expect("the host sends lines");
        println!("== {line}");
        let fields: Vec<String> = line.split('\t').map(decode).collect();
        let [grant, base, plant, path] = &fields[..] else {
            println!("not a case");
            continue;
        };
        let Some(granted) = named(grant) else {
            println!("{grant} isn't granted");
            continue;
        };
        let opened;
        let directory = if base.is_empty() {
            granted
        } else {
            let rights = DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY;
            match granted.open_at(FOLLOW, base, OpenFlags::DIRECTORY, rights) {
                Ok(directory) => opened = directory,
                Err(error) => {
                    println!("base: {}", error.name());
                    continue;
                }
            }
            &opened
        };
        if !plant.is_empty() {
            say("plant", "", directory.symlink_at(plant, "planted").map(done));
        }
        let Some(other) = named(if grant == "/rw" { "/ro" } else { "/rw" }) else {
            println!("the other isn't granted");
            continue;
        };
        attempt(directory, other, path);
    }
}

fn decode(field: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = field.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap_or(0), rest.next().unwrap_or(0)];
            let digits = str::from_utf8(&digits).unwrap_or("");
            bytes.push(u8::from_str_radix(digits, 16).expect("two digits"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("strings of guests are UTF-8")
}

fn say(what: &str, how: &str, result: Result) {
    let result = match result {
        Ok(text) => format!("ok {text}"),
        Err(error) => format!("error {}", error.name()),
    };
    println!("{what} {how}: {result}");
}

fn done(_: ()) -> String {
    String::new()
}

/// The path without slashes at its end.
fn bare(path: &str) -> &str {
    path.trim_end_matches('/')
}

fn links(flags: PathFlags) -> &'static str {
    if flags == FOLLOW { "follow" } else { "" }
}

fn attempt(directory: &Descriptor, other: &Descriptor, path: &str) {
    for flags in [FOLLOW, DONT] {
        let stat = directory.stat_at(flags, path).map(|stat| {
            let size = match stat.type_ {
                DescriptorType::RegularFile | DescriptorType::SymbolicLink => stat.size,
                _ => 0,
            };
            format!("{:?} {size}", stat.type_)
        });
        say("stat-at", links(flags), stat);
        let hash = directory.metadata_hash_at(flags, path).map(|_| String::new());
        say("metadata-hash-at", links(flags), hash);
    }
    say("readlink-at", "", directory.readlink_at(path).map(|text| format!("{text:?}")));
    for flags in [FOLLOW, DONT] {
        for (oflags, create) in OPEN {
            for (rights, what_for) in RIGHTS {
                let how = format!("{} {oflags} {rights}", links(flags));
                say("open-at", &how, open(directory, path, flags, create, what_for));
            }
        }
    }
    for flags in [FOLLOW, DONT] {
        let time = NewTimestamp::Timestamp(Datetime { seconds: 1_000_000_000, nanoseconds: 0 });
        say("set-times-at", links(flags), directory.set_times_at(flags, path, time, time).map(done));
    }
    for flags in [FOLLOW, DONT] {
        for (where_to, target) in [("same", directory), ("other", other)] {
            let how = format!("from {} {where_to}", links(flags));
            let result = directory.link_at(flags, path, target, "linked").map(|()| {
                let text = read(target, "linked");
                let undone = target.unlink_file_at("linked");
                format!("{text} {}", undone.is_ok())
            });
            say("link-at", &how, result);
        }
    }
    for (where_from, source) in [("same", directory), ("other", other)] {
        let how = format!("to {where_from}");
        let result = source.link_at(DONT, "file", directory, path).map(|()| {
            let undone = directory.unlink_file_at(path);
            undone.is_ok().to_string()
        });
        say("link-at", &how, result);
    }
    for text in ["file", "..", "../outside", "/"] {
        let result = directory.symlink_at(text, path).map(|()| {
            let undone = directory.unlink_file_at(path);
            undone.is_ok().to_string()
        });
        say("symlink-at", text, result);
    }
    // The path as what a link leads to.
    say("symlink-at", "from", directory.symlink_at(path, "pointer").map(done));
    for through in ["pointer", "pointer/", "pointer/.", "pointer/secret", "pointer//secret"] {
        for flags in [FOLLOW, DONT] {
            let how = format!("{} {through}", links(flags));
            let rights = DescriptorFlags::READ;
            say("through", &how, open(directory, through, flags, OpenFlags::empty(), rights));
            let stat = directory.stat_at(flags, through).map(|stat| format!("{:?}", stat.type_));
            say("stat-at", &how, stat);
        }
    }
    for through in ["pointer/made", "pointer/made/"] {
        let made = directory.create_directory_at(through).map(|()| {
            let undone = directory.remove_directory_at(bare(through));
            undone.is_ok().to_string()
        });
        say("create-directory-at", through, made);
        let rights = DescriptorFlags::WRITE;
        say("through", through, open(directory, through, FOLLOW, OpenFlags::CREATE, rights));
    }
    let _ = directory.unlink_file_at("pointer");
    let made = directory.create_directory_at(path).map(|()| {
        let undone = directory.remove_directory_at(bare(path));
        undone.is_ok().to_string()
    });
    say("create-directory-at", "", made);
    for (where_to, target) in [("same", directory), ("other", other)] {
        let how = format!("from {where_to}");
        let result = directory.rename_at(path, target, "renamed").map(|()| {
            let text = read(target, "renamed");
            let undone = target.rename_at("renamed", directory, path);
            format!("{text} {}", undone.is_ok())
        });
        say("rename-at", &how, result);
    }
    let rights = DescriptorFlags::WRITE;
    let _ = directory.open_at(DONT, "moving", OpenFlags::CREATE, rights);
    let _ = directory.create_directory_at("moving-too");
    for (where_from, source) in [("same", directory), ("other", other)] {
        for name in ["moving", "moving-too", "file"] {
            let how = format!("{name} to {where_from}");
            say("rename-at", &how, source.rename_at(name, directory, path).map(done));
        }
    }
    say("unlink-file-at", "", directory.unlink_file_at(path).map(done));
    say("remove-directory-at", "", directory.remove_directory_at(path).map(done));
}

/// Opens something, and does what it may do with it.
fn open(
    directory: &Descriptor,
    path: &str,
    flags: PathFlags,
    create: OpenFlags,
    rights: DescriptorFlags,
) -> Result {
    let there = directory.stat_at(FOLLOW, path).is_ok();
    let opened = directory.open_at(flags, path, create, rights)?;
    let mut text = format!("{:?}", opened.get_type()?);
    if let Ok(entries) = opened.read_directory() {
        let mut names = Vec::new();
        while let Ok(Some(entry)) = entries.read_directory_entry() {
            names.push(entry.name);
        }
        names.sort();
        text += &format!(" {names:?}");
        // A directory that was opened is as narrow as the one before.
        for beyond in ["..", "../", "../outside/secret", "/"] {
            if opened.stat_at(FOLLOW, beyond).is_ok() {
                text += &format!(" beyond {beyond}");
            }
        }
    }
    if let Ok((bytes, _)) = opened.read(64, 0) {
        text += &format!(" {:?}", String::from_utf8_lossy(&bytes));
    }
    // What wasn't opened for that is another test's.
    if rights.contains(DescriptorFlags::WRITE)
        && let Ok(count) = opened.write(b"written by the guest", 0)
    {
        text += &format!(" wrote {count}");
    }
    drop(opened);
    if !there && create.contains(OpenFlags::CREATE) {
        text += &format!(" {}", directory.unlink_file_at(path).is_ok());
    }
    Ok(text)
}

/// The first bytes of what is there now.
fn read(directory: &Descriptor, name: &str) -> String {
    let opened = directory.open_at(FOLLOW, name, OpenFlags::empty(), DescriptorFlags::READ);
    match opened.and_then(|opened| opened.read(64, 0)) {
        Ok((bytes, _)) => format!("{:?}", String::from_utf8_lossy(&bytes)),
        Err(error) => error.name().to_owned(),
    }
}
