//! Names, links, times and what is known about files.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::symlink;

use nanocc_shim_abi::encoding;
use rustix::io::Errno;

use super::world::{FOLLOW, NO_FOLLOW, NONE, READ_ONLY, READ_WRITE, World, lend};
use crate::bindings::clocks::wall_clock::Datetime;
use crate::bindings::filesystem::types::{
    Descriptor, DescriptorType, DirectoryEntryStream, ErrorCode, NewTimestamp, OpenFlags,
};
use crate::guest::Own;
use crate::host::filesystem::error::code;
use crate::host::filesystem::types::*;

#[test]
fn directories_are_made_and_removed() {
    let world = World::new();
    let root = world.preopen(true);
    let (me, mut cx) = (lend(&root), world.cx());
    let make = |path: &str| descriptor_create_directory_at(&mut world.cx(), me, world.string(path));
    make("a").unwrap();
    make("a/b/").unwrap();
    assert_eq!(make("a"), Err(ErrorCode::Exist));
    assert_eq!(make("x/y"), Err(ErrorCode::NoEntry));
    assert_eq!(make(""), Err(ErrorCode::NoEntry));
    assert_eq!(make("../x"), Err(ErrorCode::NotPermitted));
    assert_eq!(make("/x"), Err(ErrorCode::NotPermitted));
    assert_eq!(make("x\0y"), Err(ErrorCode::Invalid));
    assert_eq!(make(&"x".repeat(256)), Err(ErrorCode::NameTooLong));
    assert_eq!(make(&"x/".repeat(2048)), Err(ErrorCode::NameTooLong));
    world.file("file", b"");
    let mut remove = |path: &str| descriptor_remove_directory_at(&mut cx, me, world.string(path));
    assert_eq!(remove("a"), Err(ErrorCode::NotEmpty));
    assert_eq!(remove("file"), Err(ErrorCode::NotDirectory));
    remove("a/b").unwrap();
    remove("a/").unwrap();
    assert_eq!(remove("a"), Err(ErrorCode::NoEntry));
}

#[test]
fn files_are_renamed_linked_and_unlinked() {
    let world = World::new();
    world.file("file", b"contents");
    fs::create_dir(world.path.join("folder")).unwrap();
    symlink("file", world.path.join("link")).unwrap();
    let root = world.preopen(true);
    let me = lend(&root);
    let folder = world
        .open(&root, "folder", OpenFlags::DIRECTORY, READ_ONLY)
        .unwrap();
    let to = lend(&folder);
    let link = |old, flags, new| {
        let (old, new) = (world.string(old), world.second(new));
        descriptor_link_at(&mut world.cx(), me, flags, old, to, new)
    };
    link("file", NO_FOLLOW, "hard").unwrap();
    link("link", NO_FOLLOW, "soft").unwrap();
    assert!(fs::symlink_metadata(world.path.join("folder/soft")).is_ok());
    assert_eq!(fs::metadata(world.path.join("file")).unwrap().nlink(), 2);
    assert_eq!(link("file", NO_FOLLOW, "hard"), Err(ErrorCode::Exist));
    assert_eq!(link("file", FOLLOW, "other"), Err(ErrorCode::Invalid));
    assert_eq!(link("none", NO_FOLLOW, "other"), Err(ErrorCode::NoEntry));
    assert_eq!(
        link("folder", NO_FOLLOW, "other"),
        Err(ErrorCode::NotPermitted)
    );
    assert_eq!(
        link("folder/", NO_FOLLOW, "other"),
        Err(ErrorCode::NotPermitted)
    );
    assert_eq!(
        link("file/", NO_FOLLOW, "other"),
        Err(ErrorCode::NotDirectory)
    );
    let rename = |old, new| {
        let (old, new) = (world.string(old), world.second(new));
        descriptor_rename_at(&mut world.cx(), me, old, to, new)
    };
    rename("file", "moved").unwrap();
    assert_eq!(
        fs::read(world.path.join("folder/moved")).unwrap(),
        b"contents"
    );
    assert_eq!(rename("file", "moved"), Err(ErrorCode::NoEntry));
    assert_eq!(rename("folder", "inside"), Err(ErrorCode::Invalid));
    assert_eq!(rename("link", "../../out"), Err(ErrorCode::NotPermitted));
    let unlink = |path| descriptor_unlink_file_at(&mut world.cx(), me, world.string(path));
    assert_eq!(unlink("folder"), Err(ErrorCode::IsDirectory));
    assert_eq!(unlink("folder/moved/"), Err(ErrorCode::NotDirectory));
    unlink("folder/moved").unwrap();
    unlink("link").unwrap();
    assert_eq!(unlink("link"), Err(ErrorCode::NoEntry));
    assert!(world.path.join("folder/hard").exists());
}

#[test]
fn links_are_made_and_read() {
    for encoding in [encoding::UTF8, encoding::UTF16] {
        let world = World::of(encoding);
        let root = world.preopen(true);
        let me = lend(&root);
        let make = |old, new| {
            let (old, new) = (world.string(old), world.second(new));
            descriptor_symlink_at(&mut world.cx(), me, old, new)
        };
        make("grüße/🦀", "löß").unwrap();
        assert_eq!(make("x", "löß"), Err(ErrorCode::Exist));
        assert_eq!(make("/etc", "out"), Err(ErrorCode::NotPermitted));
        assert_eq!(make("", "empty"), Err(ErrorCode::NoEntry));
        assert_eq!(make("x\0y", "nul"), Err(ErrorCode::Invalid));
        make("..", "up").unwrap();
        assert_eq!(
            fs::read_link(world.path.join("löß")).unwrap().to_str(),
            Some("grüße/🦀")
        );
        if encoding == encoding::UTF8 {
            let read = |path| {
                descriptor_readlink_at(&mut world.cx(), me, world.string(path))
                    .map(|text| world.text(text))
            };
            assert_eq!(read("löß").unwrap(), "grüße/🦀");
            assert_eq!(read("up").unwrap(), "..");
            symlink("/etc/passwd", world.path.join("rooted")).unwrap();
            assert_eq!(read("rooted"), Err(ErrorCode::NotPermitted));
            symlink(
                OsStr::from_bytes(b"not \xff UTF-8"),
                world.path.join("bytes"),
            )
            .unwrap();
            assert_eq!(read("bytes"), Err(ErrorCode::IllegalByteSequence));
            world.file("file", b"");
            assert_eq!(read("file"), Err(ErrorCode::Invalid));
            assert_eq!(read("file/"), Err(ErrorCode::NotDirectory));
            assert_eq!(read("up/"), Err(ErrorCode::NotPermitted));
            let long = "x/".repeat(2047);
            symlink(&long, world.path.join("long")).unwrap();
            assert_eq!(read("long").unwrap(), long);
        }
    }
}

#[test]
fn a_link_isn_t_made_where_a_slash_follows_what_is_no_directory() {
    let world = World::new();
    world.file("file", b"");
    fs::create_dir(world.path.join("folder")).unwrap();
    symlink("file", world.path.join("to-file")).unwrap();
    symlink("nowhere", world.path.join("broken")).unwrap();
    symlink("../folder", world.path.join("folder/way")).unwrap();
    let root = world.preopen(true);
    let me = lend(&root);
    for (new, error) in [
        ("file", ErrorCode::Exist),
        ("file/", ErrorCode::NotDirectory),
        ("file//", ErrorCode::NotDirectory),
        ("to-file/", ErrorCode::NotDirectory),
        ("folder", ErrorCode::Exist),
        ("folder/", ErrorCode::Exist),
        ("folder/way/", ErrorCode::Exist),
        ("broken/", ErrorCode::NoEntry),
        ("none/", ErrorCode::NoEntry),
    ] {
        let (old, to) = (world.string("file"), world.second(new));
        let made = descriptor_symlink_at(&mut world.cx(), me, old, to);
        assert_eq!(made, Err(error), "{new}");
        let linked = descriptor_link_at(&mut world.cx(), me, NO_FOLLOW, old, me, to);
        assert_eq!(linked, Err(error), "{new}");
    }
}

fn entries(world: &World, stream: &Own<DirectoryEntryStream>, most: usize) -> Vec<String> {
    let mut found = vec![];
    while found.len() < most {
        match directory_entry_stream_read_directory_entry(&mut world.cx(), lend(stream)) {
            Ok(Some(entry)) => found.push(world.text(entry.name)),
            Ok(None) => break,
            Err(error) => found.push(format!("{error:?}")),
        }
    }
    found
}

#[test]
fn streams_of_entries_don_t_disturb_each_other() {
    let world = World::new();
    let names: BTreeSet<String> = (0..3000)
        .map(|n| format!("a-rather-long-name-for-an-entry-{n}"))
        .collect();
    for name in &names {
        world.file(name, b"");
    }
    let root = world.preopen(false);
    let stream = || {
        descriptor_read_directory(&mut world.cx(), lend(&root))
            .ok()
            .unwrap()
    };
    let streams = [stream(), stream(), stream()];
    // In turns, by different steps: each finds every name once.
    let mut found = [vec![], vec![], vec![]];
    loop {
        let before: usize = found.iter().map(Vec::len).sum();
        for (n, (stream, found)) in streams.iter().zip(&mut found).enumerate() {
            found.extend(entries(&world, stream, 7 + 100 * n));
        }
        if found.iter().map(Vec::len).sum::<usize>() == before {
            break;
        }
    }
    for found in found {
        assert_eq!(found.len(), names.len());
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), names);
    }
    for stream in streams {
        drop_directory_entry_stream(&mut world.cx(), stream);
    }
    assert_eq!(world.files(), 0);
    // The slot's next stream has nothing of the last one's.
    let all = entries(&world, &stream(), usize::MAX);
    assert_eq!(all.len(), names.len());
}

#[test]
fn entries_have_their_types() {
    let world = World::new();
    world.file("file", b"");
    fs::create_dir(world.path.join("folder")).unwrap();
    symlink("nowhere", world.path.join("link")).unwrap();
    std::os::unix::net::UnixListener::bind(world.path.join("socket")).unwrap();
    world.file("never", b"");
    fs::remove_file(world.path.join("never")).unwrap();
    let root = world.preopen(false);
    let stream = descriptor_read_directory(&mut world.cx(), lend(&root))
        .ok()
        .unwrap();
    let mut found = vec![];
    while let Ok(Some(entry)) =
        directory_entry_stream_read_directory_entry(&mut world.cx(), lend(&stream))
    {
        found.push((world.text(entry.name), entry.type_ as u8));
    }
    found.sort();
    let kinds = [
        ("file", DescriptorType::RegularFile),
        ("folder", DescriptorType::Directory),
        ("link", DescriptorType::SymbolicLink),
        ("socket", DescriptorType::Socket),
    ];
    assert_eq!(found, kinds.map(|(name, kind)| (name.into(), kind as u8)));
}

#[test]
fn a_name_that_isn_t_text_is_an_error_by_itself() {
    let world = World::new();
    world.file("before", b"");
    fs::write(world.path.join(OsStr::from_bytes(b"\xff")), b"").unwrap();
    world.file("z", b"");
    let root = world.preopen(false);
    let stream = descriptor_read_directory(&mut world.cx(), lend(&root))
        .ok()
        .unwrap();
    let mut found = entries(&world, &stream, usize::MAX);
    found.sort();
    assert_eq!(found, ["IllegalByteSequence", "before", "z"]);
}

#[test]
fn a_directory_that_was_removed_is_empty() {
    let world = World::new();
    fs::create_dir(world.path.join("folder")).unwrap();
    let root = world.preopen(true);
    let folder = world
        .open(&root, "folder", OpenFlags::DIRECTORY, READ_ONLY)
        .unwrap();
    let stream = descriptor_read_directory(&mut world.cx(), lend(&folder))
        .ok()
        .unwrap();
    fs::remove_dir(world.path.join("folder")).unwrap();
    assert!(entries(&world, &stream, 10).is_empty());
}

const fn at(seconds: u64, nanoseconds: u32) -> NewTimestamp {
    NewTimestamp::Timestamp(Datetime {
        seconds,
        nanoseconds,
    })
}

#[test]
fn times_are_set_and_told() {
    let world = World::new();
    let path = world.file("file", b"contents");
    symlink("file", world.path.join("link")).unwrap();
    let root = world.preopen(true);
    let me = lend(&root);
    let set = |path, flags, access, modification| {
        let path = world.string(path);
        descriptor_set_times_at(&mut world.cx(), me, flags, path, access, modification)
    };
    let told = |path, flags| {
        let stat = descriptor_stat_at(&mut world.cx(), me, flags, world.string(path)).unwrap();
        let time = |time: Option<Datetime>| time.map(|time| (time.seconds, time.nanoseconds));
        (
            time(stat.data_access_timestamp).unwrap(),
            time(stat.data_modification_timestamp).unwrap(),
        )
    };
    set("file", NO_FOLLOW, at(1, 2), at(3, 4)).unwrap();
    assert_eq!(told("file", FOLLOW), ((1, 2), (3, 4)));
    assert_eq!(fs::metadata(&path).unwrap().mtime(), 3);
    // The link's own, and what it leads to.
    set("link", NO_FOLLOW, at(5, 0), at(6, 0)).unwrap();
    assert_eq!(told("file", FOLLOW), ((1, 2), (3, 4)));
    assert_eq!(told("link", NO_FOLLOW).1, (6, 0));
    set("link", FOLLOW, NewTimestamp::NoChange, at(7, 3_000_000_008)).unwrap();
    assert_eq!(told("file", FOLLOW), ((1, 2), (10, 8)));
    assert_eq!(told("link", FOLLOW), ((1, 2), (10, 8)));
    assert_eq!(told("link", NO_FOLLOW).1, (6, 0));
    let too_late = at(u64::MAX, 0);
    assert_eq!(
        set("file", FOLLOW, too_late, too_late),
        Err(ErrorCode::Overflow)
    );
    assert_eq!(
        set("none", FOLLOW, at(1, 1), at(1, 1)),
        Err(ErrorCode::NoEntry)
    );
    let file = world.open(&root, "file", NONE, READ_WRITE).unwrap();
    let mut cx = world.cx();
    descriptor_set_times(&mut cx, lend(&file), NewTimestamp::Now, at(9, 9)).unwrap();
    let (access, modification) = told("file", FOLLOW);
    assert!(access.0 > 1_000_000_000);
    assert_eq!(modification, (9, 9));
    descriptor_set_times(&mut cx, me, at(11, 0), at(12, 0)).unwrap();
    assert_eq!(fs::metadata(&world.path).unwrap().mtime(), 12);
}

#[test]
fn times_before_1970_aren_t_told() {
    let world = World::new();
    let path = world.file("file", b"");
    let before = std::time::UNIX_EPOCH - std::time::Duration::from_secs(5);
    fs::File::open(&path).unwrap().set_modified(before).unwrap();
    let root = world.preopen(false);
    let name = world.string("file");
    let stat = descriptor_stat_at(&mut world.cx(), lend(&root), FOLLOW, name).unwrap();
    assert_eq!(stat.data_modification_timestamp, None);
    assert!(stat.status_change_timestamp.is_some());
}

#[test]
fn stat_tells_of_files_and_links() {
    let world = World::new();
    let path = world.file("file", b"contents");
    fs::hard_link(&path, world.path.join("hard")).unwrap();
    fs::create_dir(world.path.join("folder")).unwrap();
    symlink("file", world.path.join("link")).unwrap();
    symlink("folder", world.path.join("way")).unwrap();
    symlink("nowhere", world.path.join("broken")).unwrap();
    symlink("..", world.path.join("up")).unwrap();
    symlink("loop", world.path.join("loop")).unwrap();
    let root = world.preopen(false);
    let stat = |path, flags| {
        descriptor_stat_at(&mut world.cx(), lend(&root), flags, world.string(path))
            .map(|stat| (stat.type_, stat.link_count, stat.size))
    };
    let file = Ok((DescriptorType::RegularFile, 2, 8));
    assert_eq!(stat("file", NO_FOLLOW), file);
    assert_eq!(stat("link", FOLLOW), file);
    assert_eq!(stat("way/../hard", FOLLOW), file);
    assert_eq!(
        stat("link", NO_FOLLOW),
        Ok((DescriptorType::SymbolicLink, 1, 4))
    );
    let kind = |path, flags| stat(path, flags).map(|stat| stat.0);
    assert_eq!(kind("way/", NO_FOLLOW), Ok(DescriptorType::Directory));
    assert_eq!(kind("way/.", NO_FOLLOW), Ok(DescriptorType::Directory));
    assert_eq!(kind(".", NO_FOLLOW), Ok(DescriptorType::Directory));
    assert_eq!(kind("file/", FOLLOW), Err(ErrorCode::NotDirectory));
    assert_eq!(kind("link/", NO_FOLLOW), Err(ErrorCode::NotDirectory));
    assert_eq!(kind("broken", FOLLOW), Err(ErrorCode::NoEntry));
    assert_eq!(kind("broken", NO_FOLLOW), Ok(DescriptorType::SymbolicLink));
    assert_eq!(kind("up", FOLLOW), Err(ErrorCode::NotPermitted));
    assert_eq!(kind("loop", FOLLOW), Err(ErrorCode::Loop));
}

#[test]
fn the_hash_tells_files_and_their_states_apart() {
    let world = World::new();
    let path = world.file("file", b"contents");
    fs::hard_link(&path, world.path.join("hard")).unwrap();
    world.file("other", b"contents");
    let root = world.preopen(false);
    let hash = |path: &str| {
        descriptor_metadata_hash_at(&mut world.cx(), lend(&root), FOLLOW, world.string(path))
            .unwrap()
    };
    let open = |path: &str| world.open(&root, path, NONE, READ_ONLY).unwrap();
    let before = hash("file");
    assert_eq!(before, hash("hard"));
    assert_ne!(before.lower, hash("other").lower);
    assert_ne!(before.upper, hash("other").upper);
    let file: Own<Descriptor> = open("file");
    assert_eq!(
        descriptor_metadata_hash(&mut world.cx(), lend(&file)).unwrap(),
        before
    );
    // It stays the file that it is, but not as it was.
    fs::write(&path, b"more contents").unwrap();
    let after = hash("file");
    assert_eq!(after.lower, before.lower);
    assert_ne!(after.upper, before.upper);
    let same = |a: &str, b: &str| {
        let (a, b) = (open(a), open(b));
        descriptor_is_same_object(&mut world.cx(), lend(&a), lend(&b))
    };
    assert!(same("file", "hard") && same("file", "file") && same(".", "."));
    assert!(!same("file", "other") && !same("file", "."));
}

/// The interface names an `errno` for each code.
#[test]
fn each_code_is_some_errno_s() {
    let codes: BTreeSet<u8> = (1..134)
        .filter_map(|errno| code(Errno::from_raw_os_error(errno)))
        .map(|code| code as u8)
        .collect();
    assert_eq!(codes, (0..37).collect());
    // What is said twice is the same `errno` under two names.
    assert_eq!(code(Errno::NOSYS), Some(ErrorCode::Unsupported));
    assert_eq!(code(Errno::CONNRESET), None);
}
