//! What a directory that may only be read refuses, and that nothing gets around it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::world::{FOLLOW, NO_FOLLOW, NONE, READ_ONLY, READ_WRITE, World, lend};
use crate::bindings::clocks::wall_clock::Datetime;
use crate::bindings::filesystem::types::{
    DescriptorFlags, DescriptorType, ErrorCode, NewTimestamp, OpenFlags,
};
use crate::host::filesystem::types::*;

const THEN: NewTimestamp = NewTimestamp::Timestamp(Datetime {
    seconds: 1,
    nanoseconds: 2,
});

#[test]
fn a_directory_that_may_be_read_refuses_each_change() {
    let world = World::new();
    let file = world.file("file", b"kept");
    fs::create_dir(world.path.join("folder")).unwrap();
    let before = fs::metadata(&file).unwrap();
    let root = world.preopen(false);
    let mut cx = world.cx();
    let refused = Some(ErrorCode::ReadOnly);
    for (open, flags) in [
        (OpenFlags::CREATE, READ_ONLY),
        (OpenFlags::TRUNCATE, READ_ONLY),
        (NONE, READ_WRITE),
        (NONE, DescriptorFlags::WRITE),
        (NONE, DescriptorFlags::MUTATE_DIRECTORY),
        (
            OpenFlags::DIRECTORY,
            READ_ONLY.union(DescriptorFlags::MUTATE_DIRECTORY),
        ),
    ] {
        for name in ["file", "folder", "missing"] {
            assert_eq!(
                world.open(&root, name, open, flags).err(),
                refused,
                "{name} {open:?} {flags:?}"
            );
        }
    }
    let new = world.string("new");
    let me = lend(&root);
    assert_eq!(
        descriptor_create_directory_at(&mut cx, me, new).err(),
        refused
    );
    assert_eq!(descriptor_symlink_at(&mut cx, me, new, new).err(), refused);
    let (file_name, folder) = (world.string("file"), world.second("folder"));
    assert_eq!(
        descriptor_unlink_file_at(&mut cx, me, file_name).err(),
        refused
    );
    assert_eq!(
        descriptor_remove_directory_at(&mut cx, me, folder).err(),
        refused
    );
    assert_eq!(
        descriptor_set_times_at(&mut cx, me, FOLLOW, file_name, THEN, THEN).err(),
        refused
    );
    assert_eq!(descriptor_set_times(&mut cx, me, THEN, THEN).err(), refused);
    let new = world.second("new");
    assert_eq!(
        descriptor_rename_at(&mut cx, me, file_name, me, new).err(),
        refused
    );
    assert_eq!(
        descriptor_link_at(&mut cx, me, NO_FOLLOW, file_name, me, new).err(),
        refused
    );
    let after = fs::metadata(&file).unwrap();
    assert_eq!(
        (after.mtime_nsec(), after.ctime_nsec(), after.nlink()),
        (before.mtime_nsec(), before.ctime_nsec(), before.nlink())
    );
    assert_eq!(fs::read(&file).unwrap(), b"kept");
    assert_eq!(fs::read_dir(&world.path).unwrap().count(), 2);
}

#[test]
fn what_is_opened_through_a_directory_has_no_more_rights_than_that() {
    let world = World::new();
    fs::create_dir(world.path.join("folder")).unwrap();
    world.file("folder/file", b"kept");
    let root = world.preopen(false);
    let mut cx = world.cx();
    let folder = world
        .open(&root, "folder", OpenFlags::DIRECTORY, READ_ONLY)
        .unwrap();
    assert_eq!(
        descriptor_get_flags(&mut cx, lend(&folder)).unwrap(),
        READ_ONLY
    );
    assert_eq!(
        world.open(&folder, "file", NONE, READ_WRITE).err(),
        Some(ErrorCode::ReadOnly)
    );
    let file = world.open(&folder, "file", NONE, READ_ONLY).unwrap();
    let me = lend(&file);
    let bytes = world.bytes(b"lost");
    let refused = Some(ErrorCode::NotPermitted);
    assert_eq!(descriptor_write(&mut cx, me, bytes, 0).err(), refused);
    assert_eq!(descriptor_set_size(&mut cx, me, 0).err(), refused);
    assert_eq!(descriptor_set_times(&mut cx, me, THEN, THEN).err(), refused);
    assert!(descriptor_write_via_stream(&mut cx, me, 0).err() == refused);
    assert!(descriptor_append_via_stream(&mut cx, me).err() == refused);
    // A directory beneath one that may be changed may be changed, whatever was asked for.
    let root = world.preopen(true);
    let folder = world
        .open(&root, "folder", OpenFlags::DIRECTORY, READ_ONLY)
        .unwrap();
    assert_eq!(
        descriptor_get_flags(&mut cx, lend(&folder)).unwrap(),
        READ_ONLY.union(DescriptorFlags::MUTATE_DIRECTORY)
    );
    let new = world.string("new");
    descriptor_create_directory_at(&mut cx, lend(&folder), new).unwrap();
}

/// A name in a directory that may be changed would make a file writable that could only be read (and the other way round, a file would
/// vanish from where it is to stay).
#[test]
fn links_and_renames_need_both_directories_to_be_writable() {
    let world = World::new();
    world.file("file", b"kept");
    let (fixed, free) = (world.preopen(false), world.preopen(true));
    let mut cx = world.cx();
    let (old, new) = (world.string("file"), world.second("new"));
    for (from, to) in [(&fixed, &free), (&free, &fixed), (&fixed, &fixed)] {
        let (from, to) = (lend(from), lend(to));
        assert_eq!(
            descriptor_rename_at(&mut cx, from, old, to, new).err(),
            Some(ErrorCode::ReadOnly)
        );
        assert_eq!(
            descriptor_link_at(&mut cx, from, NO_FOLLOW, old, to, new).err(),
            Some(ErrorCode::ReadOnly)
        );
    }
    assert!(!world.path.join("new").exists());
    let free = lend(&free);
    descriptor_link_at(&mut cx, free, NO_FOLLOW, old, free, new).unwrap();
    assert_eq!(fs::metadata(world.path.join("file")).unwrap().nlink(), 2);
    descriptor_rename_at(&mut cx, free, old, free, new).unwrap();
}

#[test]
fn a_file_is_read_and_written_as_it_was_opened() {
    let world = World::new();
    world.file("file", b"contents");
    let root = world.preopen(true);
    let mut cx = world.cx();
    let writer = world
        .open(&root, "file", NONE, DescriptorFlags::WRITE)
        .unwrap();
    let bad = Some(ErrorCode::BadDescriptor);
    assert!(descriptor_read(&mut cx, lend(&writer), 1, 0).err() == bad);
    assert!(descriptor_read_via_stream(&mut cx, lend(&writer), 0).err() == bad);
    let reader = world.open(&root, "file", NONE, READ_ONLY).unwrap();
    let bytes = world.bytes(b"lost");
    assert_eq!(
        descriptor_write(&mut cx, lend(&reader), bytes, 0).err(),
        bad
    );
    assert!(descriptor_write_via_stream(&mut cx, lend(&reader), 0).err() == bad);
    assert_eq!(
        descriptor_set_size(&mut cx, lend(&reader), 0).err(),
        Some(ErrorCode::Invalid)
    );
    // The times are no contents.
    descriptor_set_times(&mut cx, lend(&reader), THEN, THEN).unwrap();
    // What is asked for with neither is read.
    let neither = DescriptorFlags::from_bits(0);
    let neither = world.open(&root, "file", NONE, neither).unwrap();
    assert_eq!(
        descriptor_get_flags(&mut cx, lend(&neither)).unwrap(),
        READ_ONLY
    );
}

#[test]
fn directories_aren_t_files_nor_files_directories() {
    let world = World::new();
    world.file("file", b"contents");
    let root = world.preopen(true);
    let mut cx = world.cx();
    let file = world.open(&root, "file", NONE, READ_WRITE).unwrap();
    let (me, name) = (lend(&root), world.string("file"));
    let bad = Some(ErrorCode::BadDescriptor);
    assert!(descriptor_read(&mut cx, me, 1, 0).err() == bad);
    assert!(descriptor_read_via_stream(&mut cx, me, 0).err() == Some(ErrorCode::IsDirectory));
    assert!(descriptor_write_via_stream(&mut cx, me, 0).err() == bad);
    assert_eq!(descriptor_set_size(&mut cx, me, 0).err(), bad);
    let none = Some(ErrorCode::NotDirectory);
    assert!(descriptor_read_directory(&mut cx, lend(&file)).err() == none);
    assert_eq!(
        descriptor_unlink_file_at(&mut cx, lend(&file), name).err(),
        none
    );
    assert!(descriptor_readlink_at(&mut cx, lend(&file), name).err() == none);
    assert!(world.open(&file, "file", NONE, READ_ONLY).err() == none);
    assert_eq!(
        descriptor_get_type(&mut cx, me).unwrap(),
        DescriptorType::Directory
    );
    assert_eq!(
        descriptor_get_type(&mut cx, lend(&file)).unwrap(),
        DescriptorType::RegularFile
    );
}

#[test]
fn open_files_are_counted() {
    let world = World::new();
    world.file("file", b"contents");
    let root = world.preopen(true);
    world.limit_files(2);
    let mut cx = world.cx();
    let first = world.open(&root, "file", NONE, READ_ONLY).unwrap();
    let entries = descriptor_read_directory(&mut cx, lend(&root))
        .ok()
        .unwrap();
    assert!(world.open(&root, "file", NONE, READ_ONLY).is_err());
    assert!(descriptor_read_directory(&mut cx, lend(&root)).is_err());
    // A stream keeps its file, whose descriptor is dropped.
    let stream = descriptor_read_via_stream(&mut cx, lend(&first), 0).unwrap();
    world.drop(first);
    assert_eq!(world.files(), 2);
    crate::host::io::streams::drop_input_stream(&mut cx, stream);
    drop_directory_entry_stream(&mut cx, entries);
    assert_eq!(world.files(), 0);
    // What was there from the start isn't anybody's, and isn't closed.
    world.drop(root);
    assert_eq!(world.files(), 0);
}

/// `/proc` may lie in a directory that was granted. What is in it of a process's own isn't.
#[test]
fn no_file_of_proc_is_a_process_s_memory() {
    let world = World::new();
    for directory in ["/proc", "/"] {
        let prefix = if directory == "/" { "proc/" } else { "" };
        let root = World::preopen_of(Path::new(directory), true);
        let own = std::process::id();
        for process in [
            "self",
            "thread-self",
            &own.to_string(),
            &format!("{own}/task/{own}"),
        ] {
            for name in ["mem", "environ", "auxv", "pagemap"] {
                let path = format!("{prefix}{process}/{name}");
                for flags in [READ_ONLY, READ_WRITE, DescriptorFlags::WRITE] {
                    let found = world.open(&root, &path, NONE, flags).err();
                    assert_eq!(found, Some(ErrorCode::Access), "{path} {flags:?}");
                }
            }
        }
        let everybodys = format!("{prefix}self/status");
        assert!(world.open(&root, &everybodys, NONE, READ_ONLY).is_ok());
    }
    // Other private files are whoever's who was granted them.
    let private = world.file("private", b"kept");
    fs::set_permissions(private, fs::Permissions::from_mode(0o600)).unwrap();
    let root = world.preopen(true);
    assert!(world.open(&root, "private", NONE, READ_WRITE).is_ok());
}
