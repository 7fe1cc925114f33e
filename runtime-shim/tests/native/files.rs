//! The scenario of a program that was granted the directory `files`: it uses every kind of file function once, as
//! the kernel's structures and numbers differ between architectures.

use crate::abi::{
    Authority, Caller, Directory, List, NO_PARAMETER, Preopen, ProgramAuthority, directory,
};
use crate::{
    GUEST, INSTANCES, NO_LIST, RET, caller, check, check_write, drop_input, drop_output, guest,
    put, string, write,
};

host! {
    "wasi:filesystem/preopens@0.2#get-directories" get_directories(ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.open-at" open_at(
        descriptor: u32, follow: u32, at: u32, len: u32, open: u32, flags: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.write" write_at(
        descriptor: u32, at: u32, len: u32, offset: u64, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.read" read_at(
        descriptor: u32, len: u64, offset: u64, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.read-via-stream" read_via_stream(
        descriptor: u32, offset: u64, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.write-via-stream" write_via_stream(
        descriptor: u32, offset: u64, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.append-via-stream" append_via_stream(descriptor: u32, ret: u32);
    "wasi:io/streams@0.2#[method]output-stream.blocking-splice" blocking_splice(stream: u32, from: u32, len: u64, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.advise" advise(
        descriptor: u32, offset: u64, len: u64, advice: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.sync" sync(descriptor: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.sync-data" sync_data(descriptor: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.set-size" set_size(descriptor: u32, size: u64, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.set-times" set_times(
        descriptor: u32, a: u32, a_seconds: u64, a_nanoseconds: u32, m: u32, m_seconds: u64, m_nanoseconds: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.set-times-at" set_times_at(
        descriptor: u32, follow: u32, at: u32, len: u32,
        a: u32, a_seconds: u64, a_nanoseconds: u32, m: u32, m_seconds: u64, m_nanoseconds: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.stat" stat(descriptor: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.stat-at" stat_at(
        descriptor: u32, follow: u32, at: u32, len: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.get-flags" get_flags(descriptor: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.create-directory-at" create_directory(
        descriptor: u32, at: u32, len: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.remove-directory-at" remove_directory(
        descriptor: u32, at: u32, len: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.unlink-file-at" unlink(
        descriptor: u32, at: u32, len: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.link-at" link(
        descriptor: u32, follow: u32, at: u32, len: u32, to: u32, new: u32, new_len: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.rename-at" rename(
        descriptor: u32, at: u32, len: u32, to: u32, new: u32, new_len: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.symlink-at" symlink(
        descriptor: u32, old: u32, old_len: u32, at: u32, len: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.readlink-at" readlink(
        descriptor: u32, at: u32, len: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.read-directory" read_directory(descriptor: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]directory-entry-stream.read-directory-entry" entry(stream: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.is-same-object" is_same(descriptor: u32, other: u32) -> u32;
    "wasi:filesystem/types@0.2#[method]descriptor.metadata-hash" metadata_hash(descriptor: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.metadata-hash-at" metadata_hash_at(
        descriptor: u32, follow: u32, at: u32, len: u32, ret: u32);
    "wasi:filesystem/types@0.2#[resource-drop]descriptor" drop_descriptor(descriptor: u32);
    "wasi:filesystem/types@0.2#[resource-drop]directory-entry-stream" drop_entries(stream: u32);
}

unsafe extern "C" {
    fn nanocc_prepare_directories();
}

static mut DIRECTORIES: [Directory; 1] = [Directory {
    host: string(85, 5),
    parameter: NO_PARAMETER,
    rights: directory::READ | directory::WRITE,
    descriptor: -1,
    component: string(0, 7),
}];

/// The same directory twice: to be changed, and to be read.
static PREOPENS: [Preopen; 2] = [
    Preopen {
        directory: 0,
        rights: directory::READ | directory::WRITE,
        guest: string(85, 5),
    },
    Preopen {
        directory: 0,
        rights: directory::READ,
        guest: string(85, 4),
    },
];

#[unsafe(no_mangle)]
static mut __nanocc_authority: ProgramAuthority = ProgramAuthority {
    parameters: NO_LIST,
    directories: NO_LIST,
    parameter_rules: NO_LIST,
    rules: NO_LIST,
};

static mut FILES: Authority = Authority {
    environment: NO_LIST,
    directories: NO_LIST,
    rules: NO_LIST,
    names: NO_LIST,
    inherits_environment: 0,
    reserved: 0,
};

/// Puts text somewhere in the guest's memory.
unsafe fn place(at: u32, text: &str) -> (u32, u32) {
    unsafe {
        let to = (GUEST + u64::from(at)) as *mut u8;
        for (i, &b) in text.as_bytes().iter().enumerate() {
            to.add(i).write_volatile(b);
        }
    }
    (at, text.len() as u32)
}

unsafe fn name(text: &str) -> (u32, u32) {
    unsafe { place(768, text) }
}

unsafe fn other(text: &str) -> (u32, u32) {
    unsafe { place(896, text) }
}

/// Whether the last function's result is `ok`.
unsafe fn ok() -> bool {
    unsafe { guest::<u8>(RET) == 0 }
}

/// The handle in the last function's result.
unsafe fn handle() -> u32 {
    unsafe { guest(RET + 4) }
}

pub unsafe fn files(out: u32) {
    unsafe {
        __nanocc_authority.directories = List {
            address: &raw const DIRECTORIES as u64,
            count: 1,
        };
        FILES.directories = List {
            address: &raw const PREOPENS as u64,
            count: 2,
        };
        INSTANCES[0].authority = &raw const FILES as u64;
        nanocc_prepare_directories();
        let me = caller(0);
        get_directories(me, RET);
        let (list, count): (u32, u32) = guest(RET);
        check(out, "preopens", count == 2);
        let [root, at, len]: [u32; 3] = guest(list);
        put(out, at, len);
        let fixed: u32 = guest(list + 12);
        check(out, " is one", is_same(me, root, fixed) == 1);
        contents(out, root);
        names(out, root, fixed);
        for descriptor in [root, fixed] {
            drop_descriptor(me, descriptor);
        }
    }
}

/// Creates and opens.
unsafe fn create(directory: u32, text: &str) -> u32 {
    unsafe {
        let (at, len) = name(text);
        open_at(caller(0), directory, 0, at, len, 1, 3, RET);
        if ok() { handle() } else { 0 }
    }
}

unsafe fn contents(out: u32, root: u32) {
    unsafe {
        let me = caller(0);
        let file = create(root, "file");
        check(out, "opened", file != 0);
        let (at, len) = other("contents");
        write_at(me, file, at, len, 2, RET);
        check(out, "written", ok() && guest::<u64>(RET + 8) == 8);
        append_via_stream(me, file, RET);
        let end = handle();
        write_via_stream(me, file, 0, RET);
        let start = handle();
        for (stream, text) in [(end, " and more"), (start, "> "), (end, ".")] {
            check_write(me, stream, RET);
            let (at, len) = other(text);
            write(me, stream, at, len, RET);
            check(out, "streamed", ok());
        }
        read_via_stream(me, file, 0, RET);
        let whole = handle();
        let copy = create(root, "copy");
        write_via_stream(me, copy, 1, RET);
        let to = handle();
        blocking_splice(me, to, whole, 1000, RET);
        check(out, "spliced", ok() && guest::<u64>(RET + 8) == 20);
        read_at(me, copy, 100, 0, RET);
        let (at, len, ended): (u32, u32, u8) = (guest(RET + 4), guest(RET + 8), guest(RET + 12));
        put(out, at + 1, len - 1);
        check(out, "", ended == 0);
        advise(me, file, 0, 0, 3, RET);
        check(out, "advised", ok());
        set_size(me, copy, 5, RET);
        check(out, "cut", ok());
        sync(me, copy, RET);
        sync_data(me, root, RET);
        check(out, "synchronised", ok());
        set_times(me, copy, 2, 5, 6, 2, 7, 8, RET);
        check(out, "dated", ok());
        stat(me, copy, RET);
        let known = [RET + 8, RET + 8 + 8, RET + 8 + 16].map(|at| guest::<u64>(at));
        check(out, "known", known[0] as u8 == 6 && known[1..] == [1, 5]);
        let time = |at| (guest::<u8>(at), guest::<u64>(at + 8), guest::<u32>(at + 16));
        check(out, "read", time(RET + 32) == (1, 5, 6));
        check(out, "changed", time(RET + 56) == (1, 7, 8));
        get_flags(me, copy, RET);
        check(out, "flags", ok() && guest::<u8>(RET + 1) == 3);
        drop_input(me, whole);
        for stream in [end, start, to] {
            drop_output(me, stream);
        }
        for descriptor in [file, copy] {
            drop_descriptor(me, descriptor);
        }
    }
}

unsafe fn names(out: u32, root: u32, fixed: u32) {
    unsafe {
        let me = caller(0);
        let (at, len) = name("folder");
        create_directory(me, root, at, len, RET);
        check(out, "folder", ok());
        let (at, len) = name("file");
        let (new, new_len) = other("folder/link");
        link(me, fixed, 0, at, len, root, new, new_len, RET);
        check(out, "no link across rights", guest::<[u8; 2]>(RET) == [1, 33]);
        link(me, root, 0, at, len, root, new, new_len, RET);
        check(out, "linked", ok());
        let (new, new_len) = other("moved");
        rename(me, root, at, len, root, new, new_len, RET);
        check(out, "renamed", ok());
        let (at, len) = name("folder/../moved");
        symlink(me, root, at, len, new - 1, 0, RET);
        check(out, "no name", !ok());
        let (new, new_len) = other("symbolic");
        symlink(me, root, at, len, new, new_len, RET);
        check(out, "symbolic", ok());
        readlink(me, root, new, new_len, RET);
        check(out, "leads there", ok() && guest::<u32>(RET + 8) == 15);
        stat_at(me, root, 1, new, new_len, RET);
        check(out, "has two links", ok() && guest::<u64>(RET + 16) == 2);
        set_times_at(me, root, 1, new, new_len, 0, 0, 0, 2, 9, 0, RET);
        check(out, "followed", ok());
        set_times_at(me, root, 0, new, new_len, 1, 0, 0, 2, 10, 0, RET);
        check(out, "not followed", ok());
        metadata_hash_at(me, root, 1, new, new_len, RET);
        let hash: [u64; 2] = guest(RET + 8);
        open_at(me, fixed, 1, new, new_len, 0, 1, RET);
        let file = handle();
        metadata_hash(me, file, RET);
        check(out, "the same hash", ok() && guest::<[u64; 2]>(RET + 8) == hash);
        drop_descriptor(me, file);
        read_directory(me, root, RET);
        let (entries, mut count) = (handle(), 0);
        loop {
            entry(me, entries, RET);
            if !ok() || guest::<u8>(RET + 4) == 0 {
                break;
            }
            count += 1;
        }
        check(out, "entries", ok() && count == 4);
        drop_entries(me, entries);
        for text in ["copy", "symbolic", "folder/link"] {
            let (at, len) = name(text);
            unlink(me, root, at, len, RET);
            check(out, "unlinked", ok());
        }
        let (at, len) = name("folder");
        remove_directory(me, root, at, len, RET);
        check(out, "removed", ok());
    }
}

