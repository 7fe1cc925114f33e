//! Reading and writing files, at offsets and through streams.

use core::mem::MaybeUninit;
use std::fs;
use std::io::Write as _;

use super::world::{NONE, READ_ONLY, READ_WRITE, World, lend};
use crate::bindings::filesystem::types::{Advice, DescriptorFlags, ErrorCode, OpenFlags};
use crate::bindings::io::streams::{InputStream, OutputStream, StreamError};
use crate::guest::{Cx, Own};
use crate::host::filesystem::types::*;
use crate::host::io::streams::*;

/// Bytes that tell their place.
fn pattern(len: usize) -> Vec<u8> {
    (0..len as u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

#[test]
fn reads_are_at_offsets_and_the_end_is_told() {
    let world = World::new();
    let contents = pattern(100_000);
    world.file("file", &contents);
    let root = world.preopen(false);
    let file = world.open(&root, "file", NONE, READ_ONLY).unwrap();
    let mut cx = world.cx();
    let mut read = |len: u64, offset: u64| {
        let (list, end) = descriptor_read(&mut cx, lend(&file), len, offset)
            .ok()
            .unwrap();
        (world.list(list), end)
    };
    // Right to the guest's memory and through the buffer, at the end, and beyond it.
    for (len, offset) in [
        (10, 0),
        (4096, 5),
        (4097, 5),
        (65536, 0),
        (1 << 40, 3),
        (65536, 40_000),
        (5000, 99_000),
    ] {
        let end = contents.len().min(offset + (len as usize).min(65536));
        let (bytes, ended) = read(len, offset as u64);
        assert!(
            bytes == contents[offset..end] && !ended,
            "{len} at {offset}"
        );
    }
    for (len, offset) in [(1, 100_000), (65536, 100_000), (65536, 1 << 40), (0, 0)] {
        assert_eq!(read(len, offset), (vec![], true));
    }
    assert!(
        descriptor_read(&mut world.cx(), lend(&file), 1, u64::MAX).err()
            == Some(ErrorCode::Invalid)
    );
}

#[test]
fn a_long_read_takes_one_block_of_the_guest_s() {
    let world = World::new();
    world.file("file", &pattern(70_000));
    let root = world.preopen(false);
    let file = world.open(&root, "file", NONE, READ_ONLY).unwrap();
    let mut cx = world.cx();
    world.reallocations();
    for offset in [0, 1, 65536, 70_000 - 4097, 70_000 - 1] {
        let _ = descriptor_read(&mut cx, lend(&file), 65536, offset);
        assert_eq!(world.reallocations(), 1, "at {offset}");
    }
}

/// However much was there before it was read: the adapter for preview 1 gives room once, and then traps.
#[test]
fn the_guest_makes_room_once_and_for_what_came() {
    let world = World::new();
    let mut cx = world.cx();
    world.reallocations();
    for count in [1, 4096, 4097, 65535, 65536] {
        let read = |into: &mut [MaybeUninit<u8>]| {
            assert_eq!(into.len(), 65536);
            into[..count].fill(MaybeUninit::new(b'x'));
            Ok(count)
        };
        let (bytes, found) = list(&mut cx, 1 << 40, read).unwrap();
        assert_eq!((found, world.reallocations()), (count, 1));
        assert_eq!(world.list(bytes), vec![b'x'; count]);
    }
}

/// What can't say how much is in it.
#[test]
fn files_of_unknown_length_are_read() {
    let world = World::new();
    let root = world.preopen(true);
    let mut cx = world.cx();
    let zero = std::os::unix::fs::symlink("/dev/zero", world.path.join("zero"));
    zero.unwrap();
    // A rooted link isn't followed.
    assert!(world.open(&root, "zero", NONE, READ_ONLY).err() == Some(ErrorCode::NotPermitted));
    // /proc/self is a link that leads elsewhere in /proc.
    let number = std::os::fd::IntoRawFd::into_raw_fd(fs::File::open("/proc/self").unwrap());
    let proc =
        crate::host::filesystem::descriptor::new(crate::host::filesystem::descriptor::State {
            file: crate::host::open::standing(number),
            flags: 1,
            directory: true,
        });
    let file = world.open(&proc, "maps", NONE, READ_ONLY).unwrap();
    let (list, end) = descriptor_read(&mut cx, lend(&file), 65536, 0)
        .ok()
        .unwrap();
    let bytes = world.list(list);
    assert!(!end && !bytes.is_empty() && bytes.is_ascii());
}

#[test]
fn writes_are_at_offsets_and_fill_gaps_with_zeros() {
    let world = World::new();
    let root = world.preopen(true);
    let file = world
        .open(
            &root,
            "file",
            OpenFlags::CREATE.union(OpenFlags::EXCLUSIVE),
            READ_WRITE,
        )
        .unwrap();
    let mut cx = world.cx();
    let bytes = world.bytes(b"abc");
    assert_eq!(descriptor_write(&mut cx, lend(&file), bytes, 5), Ok(3));
    assert_eq!(fs::read(world.path.join("file")).unwrap(), b"\0\0\0\0\0abc");
    assert_eq!(descriptor_write(&mut cx, lend(&file), bytes, 0), Ok(3));
    descriptor_set_size(&mut cx, lend(&file), 4).unwrap();
    assert_eq!(fs::read(world.path.join("file")).unwrap(), b"abc\0");
    descriptor_set_size(&mut cx, lend(&file), 6).unwrap();
    assert_eq!(fs::read(world.path.join("file")).unwrap(), b"abc\0\0\0");
    assert_eq!(
        descriptor_set_size(&mut cx, lend(&file), u64::MAX),
        Err(ErrorCode::Invalid)
    );
    descriptor_sync(&mut cx, lend(&file)).unwrap();
    descriptor_sync_data(&mut cx, lend(&file)).unwrap();
    descriptor_sync(&mut cx, lend(&root)).unwrap();
    descriptor_sync_data(&mut cx, lend(&root)).unwrap();
    for advice in 0..6 {
        let advice = Advice::lift(advice);
        descriptor_advise(&mut cx, lend(&file), 0, 0, advice).unwrap();
    }
    assert_eq!(
        descriptor_advise(&mut cx, lend(&root), 0, 0, Advice::Normal),
        Err(ErrorCode::BadDescriptor)
    );
    // It is there.
    let again = OpenFlags::CREATE.union(OpenFlags::EXCLUSIVE);
    assert!(world.open(&root, "file", again, READ_WRITE).err() == Some(ErrorCode::Exist));
    world
        .open(&root, "file", OpenFlags::TRUNCATE, DescriptorFlags::WRITE)
        .unwrap();
    assert_eq!(fs::read(world.path.join("file")).unwrap(), b"");
}

#[test]
fn synchronised_writing_is_the_kernel_s() {
    let world = World::new();
    world.file("file", b"");
    let root = world.preopen(true);
    for (flag, kernel) in [
        (DescriptorFlags::DATA_INTEGRITY_SYNC, 0o10000),
        (DescriptorFlags::FILE_INTEGRITY_SYNC, 0o4010000),
        (DescriptorFlags::REQUESTED_WRITE_SYNC, 0o4010000),
    ] {
        let flags = READ_WRITE.union(flag);
        let file = world.open(&root, "file", NONE, flags).unwrap();
        assert_eq!(
            descriptor_get_flags(&mut world.cx(), lend(&file)),
            Ok(flags)
        );
        let number = crate::host::filesystem::descriptor::get(lend(&file)).number();
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{number}")).unwrap();
        let shown = info.lines().find_map(|line| line.strip_prefix("flags:"));
        let shown = u32::from_str_radix(shown.unwrap().trim(), 8).unwrap();
        assert_eq!(shown & 0o4010000, kernel, "{flag:?}");
        // And what is opened isn't left to another program.
        assert_ne!(shown & 0o2000000, 0);
        world.drop(file);
    }
}

fn read_stream(world: &World, stream: &Own<InputStream>, len: u64) -> Option<Vec<u8>> {
    match input_stream_blocking_read(&mut world.cx(), lend(stream), len) {
        Ok(list) => Some(world.list(list)),
        Err(StreamError::Closed) => None,
        Err(_) => panic!("the read failed"),
    }
}

fn write_stream(world: &World, stream: &Own<OutputStream>, bytes: &[u8]) {
    let cx: &mut Cx = &mut world.cx();
    let permit = output_stream_check_write(cx, lend(stream)).ok().unwrap();
    assert!(permit >= 65536 && bytes.len() as u64 <= permit);
    let bytes = world.bytes(bytes);
    assert!(output_stream_write(cx, lend(stream), bytes).is_ok());
    assert!(output_stream_flush(cx, lend(stream)).is_ok());
}

#[test]
fn streams_have_places_of_their_own() {
    let world = World::new();
    let contents = pattern(150_000);
    world.file("file", &contents);
    let root = world.preopen(true);
    let file = world.open(&root, "file", NONE, READ_WRITE).unwrap();
    let mut cx = world.cx();
    let one = descriptor_read_via_stream(&mut cx, lend(&file), 0).unwrap();
    let other = descriptor_read_via_stream(&mut cx, lend(&file), 149_999).unwrap();
    let end = descriptor_append_via_stream(&mut cx, lend(&file)).unwrap();
    let start = descriptor_write_via_stream(&mut cx, lend(&file), 2).unwrap();
    world.drop(file);
    assert_eq!(read_stream(&world, &one, 1).unwrap(), contents[..1]);
    assert_eq!(
        read_stream(&world, &other, 100).unwrap(),
        contents[149_999..]
    );
    write_stream(&world, &end, b"the end");
    write_stream(&world, &start, b"st");
    write_stream(&world, &start, b"art");
    assert_eq!(read_stream(&world, &other, 100).unwrap(), b"the end");
    assert_eq!(read_stream(&world, &one, 1).unwrap(), contents[1..2]);
    assert_eq!(read_stream(&world, &one, 5).unwrap(), b"start");
    let mut rest = vec![];
    while let Some(bytes) = read_stream(&world, &one, 65536) {
        rest.extend(bytes);
    }
    assert_eq!(rest[..149_993], contents[7..]);
    assert_eq!(&rest[149_993..], b"the end");
    // It has ended, and stays so.
    assert!(read_stream(&world, &one, 1).is_none());
    // Somebody else's bytes aren't overwritten.
    let mut others = fs::OpenOptions::new();
    let mut others = others.append(true).open(world.path.join("file")).unwrap();
    others.write_all(b"!").unwrap();
    write_stream(&world, &end, b"?");
    let found = fs::read(world.path.join("file")).unwrap();
    assert!(found.ends_with(b"the end!?"));
    for stream in [one, other] {
        drop_input_stream(&mut cx, stream);
    }
    for stream in [end, start] {
        drop_output_stream(&mut cx, stream);
    }
    assert_eq!(world.files(), 0);
}

#[test]
fn a_file_that_is_cut_off_under_its_reader_has_ended() {
    let world = World::new();
    let path = world.file("file", &pattern(200_000));
    let root = world.preopen(false);
    let file = world.open(&root, "file", NONE, READ_ONLY).unwrap();
    let mut cx = world.cx();
    let stream = descriptor_read_via_stream(&mut cx, lend(&file), 0).unwrap();
    assert_eq!(read_stream(&world, &stream, 65536).unwrap().len(), 65536);
    fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(65537)
        .unwrap();
    assert_eq!(read_stream(&world, &stream, 65536).unwrap().len(), 1);
    assert!(read_stream(&world, &stream, 65536).is_none());
}

#[test]
fn splicing_copies_exactly_what_it_says() {
    let world = World::new();
    let contents = pattern(150_000);
    world.file("from", &contents);
    let root = world.preopen(true);
    let mut cx = world.cx();
    let from = world.open(&root, "from", NONE, READ_ONLY).unwrap();
    let input = descriptor_read_via_stream(&mut cx, lend(&from), 10).unwrap();
    let to = world
        .open(&root, "to", OpenFlags::CREATE, DescriptorFlags::WRITE)
        .unwrap();
    let output = descriptor_write_via_stream(&mut cx, lend(&to), 3).unwrap();
    let append = descriptor_append_via_stream(&mut cx, lend(&to)).unwrap();
    let mut copied = 0;
    // To a place, and to the end.
    for (stream, len) in [(&output, 100_000), (&append, 1000), (&append, u64::MAX)] {
        match output_stream_blocking_splice(&mut cx, lend(stream), lend(&input), len) {
            Ok(n) => {
                assert!(0 < n && n <= len.min(65536));
                copied += n as usize;
            }
            Err(_) => panic!("splicing failed"),
        }
    }
    let found = fs::read(world.path.join("to")).unwrap();
    assert_eq!(found[..3], [0; 3]);
    assert!(found[3..] == contents[10..10 + copied]);
    // One file to itself, where the places overlap.
    let both = world.open(&root, "from", NONE, READ_WRITE).unwrap();
    let input = descriptor_read_via_stream(&mut cx, lend(&both), 0).unwrap();
    let output = descriptor_write_via_stream(&mut cx, lend(&both), 100).unwrap();
    match output_stream_splice(&mut cx, lend(&output), lend(&input), 1000) {
        Ok(n) => assert_eq!(n, 1000),
        Err(_) => panic!("splicing failed"),
    }
    let found = fs::read(world.path.join("from")).unwrap();
    assert!(found[..100] == contents[..100] && found[100..1100] == contents[..1000]);
    // The end is the source's.
    let input = descriptor_read_via_stream(&mut cx, lend(&both), 1 << 30).unwrap();
    assert!(matches!(
        output_stream_splice(&mut cx, lend(&output), lend(&input), 1000),
        Err(StreamError::Closed)
    ));
    assert!(output_stream_check_write(&mut cx, lend(&output)).is_ok());
}

#[test]
fn a_stream_that_failed_says_why() {
    let world = World::new();
    let root = world.preopen(true);
    let mut cx = world.cx();
    let file = world
        .open(&root, "file", OpenFlags::CREATE, READ_WRITE)
        .unwrap();
    // No file is that long.
    let stream = descriptor_write_via_stream(&mut cx, lend(&file), i64::MAX as u64 - 1).unwrap();
    output_stream_check_write(&mut cx, lend(&stream)).ok();
    let bytes = world.bytes(b"lost");
    let Err(StreamError::LastOperationFailed(error)) =
        output_stream_write(&mut cx, lend(&stream), bytes)
    else {
        panic!("it was written");
    };
    assert!(matches!(
        filesystem_error_code(&mut cx, lend(&error)),
        Some(ErrorCode::FileTooLarge | ErrorCode::Invalid)
    ));
    assert!(matches!(
        output_stream_check_write(&mut cx, lend(&stream)),
        Err(StreamError::Closed)
    ));
}
