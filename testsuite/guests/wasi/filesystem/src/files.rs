//! Opening, reading and writing at offsets, size, flags, advice, sync.

use crate::{BOTH, CHANGE, FOLLOW, Given, HERE, PLAIN, READ, WRITE, content, file, folder, open};
use wasi_bindings::filesystem::types::{Advice, DescriptorFlags, OpenFlags};
use wasi_bindings::{say, show};

pub fn run(given: &Given) {
    opening(given);
    reading(given);
    writing(given);
    sizes(given);
    flags(given);
    advice(given);
}

fn opening(given: &Given) {
    let files = &given.files;
    let _ = show!(files.open_at(HERE, "hello.txt", PLAIN, READ));
    let _ = show!(files.open_at(HERE, "./sub/.//inner.txt", PLAIN, READ));
    let _ = show!(files.open_at(HERE, "sub/../hello.txt", PLAIN, READ));
    let _ = show!(files.open_at(HERE, "absent", PLAIN, READ));
    let _ = show!(files.open_at(HERE, "absent/inner.txt", PLAIN, READ));
    let _ = show!(files.open_at(HERE, "hello.txt/inner.txt", PLAIN, READ));
    let _ = show!(files.open_at(HERE, "hello.txt/", PLAIN, READ));
    let _ = show!(files.open_at(HERE, "", PLAIN, READ));
    let _ = show!(files.open_at(HERE, ".", PLAIN, READ));
    let _ = show!(files.open_at(HERE, "sub/", PLAIN, READ));
    let _ = show!(files.open_at(HERE, "sub/..", PLAIN, READ));
    let _ = show!(files.open_at(HERE, "..", PLAIN, READ));
    let _ = show!(files.open_at(HERE, "../files/hello.txt", PLAIN, READ));
    let _ = show!(files.open_at(HERE, "sub/../../files/hello.txt", PLAIN, READ));
    let _ = show!(files.open_at(HERE, "/", PLAIN, READ));
    let _ = show!(files.open_at(HERE, "/hello.txt", PLAIN, READ));
    let _ = show!(files.open_at(HERE, "link", PLAIN, READ));
    let _ = show!(files.open_at(FOLLOW, "link", PLAIN, READ));
    let _ = show!(files.open_at(HERE, "sublink/inner.txt", PLAIN, READ));
    let _ = show!(files.open_at(FOLLOW, "dangling", PLAIN, READ));
    let _ = show!(files.open_at(FOLLOW, "loop", PLAIN, READ));
    let _ = show!(files.open_at(FOLLOW, "loop/further", PLAIN, READ));
    let _ = show!(files.open_at(FOLLOW, "outside", PLAIN, READ));
    let _ = show!(files.open_at(FOLLOW, "above", PLAIN, READ));
    let long = "n".repeat(256);
    say!("a name of 256 bytes", files.open_at(HERE, &long, PLAIN, READ));
    let _ = show!(files.open_at(HERE, "sub", OpenFlags::DIRECTORY, READ));
    let _ = show!(files.open_at(HERE, "hello.txt", OpenFlags::DIRECTORY, READ));
    let _ = show!(files.open_at(HERE, "sub", PLAIN, WRITE));
    let plain = open(files, "hello.txt", PLAIN, READ).expect("it is there");
    let _ = show!(plain.open_at(HERE, "hello.txt", PLAIN, READ));

    let at = folder(given, "opening");
    let _ = show!(at.open_at(HERE, "new", OpenFlags::CREATE, BOTH));
    let _ = show!(at.open_at(HERE, "new", OpenFlags::CREATE, BOTH));
    let _ = show!(at.open_at(HERE, "new", OpenFlags::CREATE | OpenFlags::EXCLUSIVE, BOTH));
    let _ = show!(at.open_at(HERE, "other", OpenFlags::CREATE | OpenFlags::EXCLUSIVE, WRITE));
    let _ = show!(at.open_at(HERE, "none/other", OpenFlags::CREATE, WRITE));
    let _ = show!(at.open_at(HERE, "fold", OpenFlags::CREATE | OpenFlags::DIRECTORY, BOTH));
    let _ = show!(at.open_at(HERE, "name/", OpenFlags::CREATE, BOTH));
    let full = file(&at, "full", b"0123456789");
    let _ = show!(at.open_at(HERE, "full", OpenFlags::TRUNCATE, BOTH));
    let _ = show!(full.read(100, 0));
    for integrity in [
        DescriptorFlags::FILE_INTEGRITY_SYNC,
        DescriptorFlags::DATA_INTEGRITY_SYNC,
        DescriptorFlags::REQUESTED_WRITE_SYNC,
    ] {
        let opened = at.open_at(HERE, "full", PLAIN, BOTH | integrity);
        say!(format!("opened with {integrity:?}"), opened.is_ok());
    }
}

fn reading(given: &Given) {
    let file = open(&given.files, "hello.txt", PLAIN, READ).expect("it is there");
    let text = |read: (Vec<u8>, bool)| (String::from_utf8_lossy(&read.0).into_owned(), read.1);
    let _ = show!(file.read(100, 0).map(text));
    let _ = show!(file.read(5, 7).map(text));
    let _ = show!(file.read(100, 13).map(text));
    let _ = show!(file.read(100, 1 << 40).map(text));
    let _ = show!(file.read(100, u64::MAX).map(text));
    let _ = show!(file.read(100, 1 << 63).map(text));
    // As much as there is, in how many parts ever.
    let data = open(&given.files, "data.bin", PLAIN, READ).expect("it is there");
    let (mut sum, mut at) = (0_u64, 0);
    loop {
        let (part, end) = data.read(u64::MAX, at).expect("data");
        at += part.len() as u64;
        sum = part.iter().fold(sum, |sum, byte| sum.wrapping_mul(31) + u64::from(*byte));
        if end || part.is_empty() {
            break;
        }
    }
    say!("data.bin", (at, sum));
    let folder = open(&given.files, "sub", OpenFlags::DIRECTORY, READ).expect("it is there");
    let _ = show!(folder.read(100, 0).map(text));
}

fn writing(given: &Given) {
    let at = folder(given, "writing");
    let all = file(&at, "file", b"");
    let _ = show!(all.write(b"0123456789", 0));
    let _ = show!(all.write(b"abc", 4));
    let _ = show!(all.write(b"", 4));
    let _ = show!(content(&at, "file"));
    let _ = show!(all.write(b"far", 14));
    let _ = show!(content(&at, "file"));
    let _ = show!(all.write(b"x", u64::MAX));
    let _ = show!(all.write(b"x", 1 << 63));
    let big = vec![b'z'; 300_000];
    let (mut at_byte, mut rest) = (0, big.as_slice());
    while !rest.is_empty() {
        let written = all.write(rest, at_byte).expect("written");
        at_byte += written;
        rest = &rest[written as usize..];
    }
    let _ = show!(all.stat());
    let read_only = open(&at, "file", PLAIN, READ).expect("it is there");
    let _ = show!(read_only.write(b"x", 0));
    let write_only = open(&at, "file", PLAIN, WRITE).expect("it is there");
    let _ = show!(write_only.write(b"x", 0));
    let _ = show!(write_only.read(1, 0));
    let _ = show!(at.write(b"x", 0));
}

fn sizes(given: &Given) {
    let at = folder(given, "sizes");
    let sized = file(&at, "file", b"0123456789");
    let _ = show!(sized.set_size(4));
    let _ = show!(content(&at, "file"));
    let _ = show!(sized.set_size(6));
    let _ = show!(content(&at, "file"));
    let _ = show!(sized.set_size(u64::MAX));
    let _ = show!(sized.set_size(1 << 63));
    let _ = show!(sized.stat());
    let read_only = open(&at, "file", PLAIN, READ).expect("it is there");
    let _ = show!(read_only.set_size(0));
    let _ = show!(at.set_size(0));
    let _ = show!(content(&at, "file"));
}

fn flags(given: &Given) {
    let at = folder(given, "flags");
    drop(file(&at, "file", b""));
    for (name, flags) in [("read", READ), ("write", WRITE), ("both", BOTH)] {
        let opened = open(&at, "file", PLAIN, flags).expect("it is there");
        say!(format!("flags of {name}"), opened.get_flags());
        say!(format!("type of {name}"), opened.get_type());
    }
    let _ = show!(given.files.get_flags());
    let _ = show!(given.files.get_type());
    let _ = show!(given.fixed.get_flags());
    let opened = open(&given.files, "flags", OpenFlags::DIRECTORY, CHANGE).expect("it is there");
    let _ = show!(opened.get_type());
}

fn advice(given: &Given) {
    let at = folder(given, "advice");
    let advised = file(&at, "file", b"0123456789");
    for advice in [
        Advice::Normal,
        Advice::Sequential,
        Advice::Random,
        Advice::WillNeed,
        Advice::DontNeed,
        Advice::NoReuse,
    ] {
        say!(format!("{advice:?}"), advised.advise(0, 10, advice));
    }
    let _ = show!(advised.advise(1 << 40, 0, Advice::WillNeed));
    let _ = show!(at.advise(0, 10, Advice::WillNeed));
    let _ = show!(advised.sync());
    let _ = show!(advised.sync_data());
    let _ = show!(at.sync());
    let _ = show!(at.sync_data());
    let read_only = open(&at, "file", PLAIN, READ).expect("it is there");
    let _ = show!(read_only.sync());
    let _ = show!(read_only.sync_data());
}
