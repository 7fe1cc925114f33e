//! The entries of directories: opening, making, linking, renaming, removing them.

use linux_raw_sys::general::{
    O_CREAT, O_DIRECTORY, O_DSYNC, O_EXCL, O_NOCTTY, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY,
    PROC_SUPER_MAGIC, S_IFDIR, S_IFMT, S_IFREG, S_IROTH, stat,
};
use rustix::io::Errno;

use super::descriptor::{self, MUTATE, READ, State, WRITE};
use super::error::error;
use super::path::Room;
use super::resolve::{self, Parent};
use crate::bindings::filesystem::types::{
    Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags,
};
use crate::checks::denied;
use crate::guest::{Borrow, Cx, GuestStr, NewStr, Own};
use crate::host::open;
use crate::sys;

/// The mode of a file that is made, as far as the process's mask leaves it.
const MODE: u32 = 0o666;

/// How writes are synchronised, in `descriptor-flags`.
const SYNCHRONISED: u8 = DescriptorFlags::FILE_INTEGRITY_SYNC
    .union(DescriptorFlags::DATA_INTEGRITY_SYNC)
    .union(DescriptorFlags::REQUESTED_WRITE_SYNC)
    .bits();

/// The kernel's flags for opening a file.
fn kernel_flags(open: OpenFlags, flags: DescriptorFlags) -> u32 {
    let set = |set: bool, flag: u32| if set { flag } else { 0 };
    let create = open.contains(OpenFlags::CREATE);
    let access = match (
        flags.contains(DescriptorFlags::READ),
        flags.contains(DescriptorFlags::WRITE),
    ) {
        (true, true) => O_RDWR,
        (false, true) => O_WRONLY,
        _ => O_RDONLY,
    };
    access
        // A terminal doesn't become the process's by being opened.
        | O_NOCTTY
        | set(create, O_CREAT)
        | set(create && open.contains(OpenFlags::EXCLUSIVE), O_EXCL)
        | set(open.contains(OpenFlags::DIRECTORY), O_DIRECTORY)
        | set(open.contains(OpenFlags::TRUNCATE), O_TRUNC)
        | set(flags.contains(DescriptorFlags::DATA_INTEGRITY_SYNC), O_DSYNC)
        // Linux has no `O_RSYNC` of its own: it means `O_SYNC`.
        | set(flags.bits() & SYNCHRONISED & !DescriptorFlags::DATA_INTEGRITY_SYNC.bits() != 0, O_SYNC)
}

/// `open-at`.
pub fn descriptor_open_at(
    cx: &mut Cx,
    self_: Borrow<Descriptor>,
    path_flags: PathFlags,
    path: GuestStr,
    open_flags: OpenFlags,
    flags: DescriptorFlags,
) -> Result<Own<Descriptor>, ErrorCode> {
    let directory = descriptor::directory(self_)?;
    let changes = OpenFlags::CREATE.union(OpenFlags::TRUNCATE).bits();
    let new = changes | OpenFlags::EXCLUSIVE.bits();
    if open_flags.contains(OpenFlags::DIRECTORY) && open_flags.bits() & new != 0 {
        return Err(ErrorCode::Invalid);
    }
    let mutates = flags.bits() & (WRITE | MUTATE) != 0 || open_flags.bits() & changes != 0;
    if mutates && directory.is_read_only() {
        return Err(ErrorCode::ReadOnly);
    }
    open::room(cx).map_err(error)?;
    let mut room = Room::new();
    let path = room.path(cx, path)?;
    let number = resolve::open(
        directory.number(),
        path,
        path_flags.contains(PathFlags::SYMLINK_FOLLOW),
        kernel_flags(open_flags, flags),
        MODE,
    )
    .map_err(error)?;
    let found = match sys::files::stat(number) {
        Ok(found) => found,
        Err(errno) => {
            sys::close(number);
            return Err(error(errno));
        }
    };
    if denied(is_a_process_s_own(number, &found)) {
        sys::close(number);
        return Err(ErrorCode::Access);
    }
    // What is opened for nothing is opened for reading, as by wasmtime.
    let access = match flags.bits() & (READ | WRITE) {
        0 => READ,
        access => access,
    };
    Ok(descriptor::new(State {
        file: open::insert(cx, number),
        flags: access | flags.bits() & SYNCHRONISED | directory.flags & MUTATE,
        directory: found.st_mode & S_IFMT == S_IFDIR,
    }))
}

/// Whether a file shows, or changes, what a process keeps to itself: of those in a `proc` file system, the ones that not everybody may read, such as
/// `mem`, the process's memory, and `environ`. Where a directory that somebody was granted contains `/proc`, they would hand him every other
/// component, and this shim. What he gets of it are the files for everybody.
fn is_a_process_s_own(number: i32, found: &stat) -> bool {
    let private = found.st_mode & S_IFMT == S_IFREG && found.st_mode & S_IROTH == 0;
    // What doesn't say on which file system it is may be on that one.
    private && !sys::fstatfs(number).is_ok_and(|on| on.f_type != i64::from(PROC_SUPER_MAGIC))
}

/// Calls `change` on the last name of `path` in its directory, if the descriptor permits changes.
fn change(
    cx: &Cx,
    directory: Borrow<Descriptor>,
    path: GuestStr,
    change: impl FnOnce(&Parent) -> Result<(), Errno>,
) -> Result<(), ErrorCode> {
    let directory = descriptor::mutable(directory)?;
    let mut room = Room::new();
    let path = room.path(cx, path)?;
    resolve::parent(directory.number(), path)
        .and_then(|parent| change(&parent))
        .map_err(error)
}

/// `create-directory-at`.
pub fn descriptor_create_directory_at(
    cx: &mut Cx,
    self_: Borrow<Descriptor>,
    path: GuestStr,
) -> Result<(), ErrorCode> {
    change(cx, self_, path, |at| {
        sys::files::create_directory(at.fd(), at.entry())
    })
}

/// `remove-directory-at`.
pub fn descriptor_remove_directory_at(
    cx: &mut Cx,
    self_: Borrow<Descriptor>,
    path: GuestStr,
) -> Result<(), ErrorCode> {
    change(cx, self_, path, |at| {
        sys::files::remove_directory(at.fd(), at.entry())
    })
}

/// `unlink-file-at`.
pub fn descriptor_unlink_file_at(
    cx: &mut Cx,
    self_: Borrow<Descriptor>,
    path: GuestStr,
) -> Result<(), ErrorCode> {
    change(cx, self_, path, |at| {
        sys::files::unlink(at.fd(), at.entry())
    })
}

/// `symlink-at`. Where the link leads is only looked at when it is followed, but that a rooted one leads outside is certain.
pub fn descriptor_symlink_at(
    cx: &mut Cx,
    self_: Borrow<Descriptor>,
    old_path: GuestStr,
    new_path: GuestStr,
) -> Result<(), ErrorCode> {
    // Whether the descriptor permits it comes first, as everywhere.
    descriptor::mutable(self_)?;
    let (mut room, mut text) = (Room::new(), Room::new());
    let target = room.path(cx, old_path)?;
    if denied(target.first() == Some(&b'/')) {
        return Err(ErrorCode::NotPermitted);
    }
    let target = text.c_str(target)?;
    change(cx, self_, new_path, |at| {
        sys::files::symlink(target, at.fd(), at.entry()).map_err(|errno| at.not_linked(errno))
    })
}

/// The directory and name of what is to have another name, and what is to be done with the other one.
fn change_two(
    cx: &Cx,
    (old, old_path): (Borrow<Descriptor>, GuestStr),
    (new, new_path): (Borrow<Descriptor>, GuestStr),
    change_both: impl FnOnce(&Parent, &Parent) -> Result<(), Errno>,
) -> Result<(), ErrorCode> {
    // Both have to permit changes: see `descriptor`.
    let old = descriptor::mutable(old)?;
    let mut room = Room::new();
    let path = room.path(cx, old_path)?;
    descriptor::mutable(new)?;
    let from = resolve::parent(old.number(), path).map_err(error)?;
    change(cx, new, new_path, |to| change_both(&from, to))
}

/// `link-at`. A symbolic link isn't followed: Linux has no way to link what one leads to without a path to it.
pub fn descriptor_link_at(
    cx: &mut Cx,
    self_: Borrow<Descriptor>,
    old_path_flags: PathFlags,
    old_path: GuestStr,
    new_descriptor: Borrow<Descriptor>,
    new_path: GuestStr,
) -> Result<(), ErrorCode> {
    descriptor::mutable(self_)?;
    descriptor::mutable(new_descriptor)?;
    if old_path_flags.contains(PathFlags::SYMLINK_FOLLOW) {
        return Err(ErrorCode::Invalid);
    }
    change_two(
        cx,
        (self_, old_path),
        (new_descriptor, new_path),
        |from, to| {
            if from.must_be_directory() {
                // A directory can't be linked, and nothing else has a slash behind it.
                let found = sys::files::stat_at(from.fd(), from.name())?;
                return Err(if found.st_mode & S_IFMT == S_IFDIR {
                    Errno::PERM
                } else {
                    Errno::NOTDIR
                });
            }
            sys::files::link((from.fd(), from.name()), (to.fd(), to.entry()))
                .map_err(|errno| to.not_linked(errno))
        },
    )
}

/// `rename-at`.
pub fn descriptor_rename_at(
    cx: &mut Cx,
    self_: Borrow<Descriptor>,
    old_path: GuestStr,
    new_descriptor: Borrow<Descriptor>,
    new_path: GuestStr,
) -> Result<(), ErrorCode> {
    change_two(
        cx,
        (self_, old_path),
        (new_descriptor, new_path),
        |from, to| sys::files::rename((from.fd(), from.entry()), (to.fd(), to.entry())),
    )
}

/// `readlink-at`. Where a rooted link leads isn't told: that path is the system's.
pub fn descriptor_readlink_at(
    cx: &mut Cx,
    self_: Borrow<Descriptor>,
    path: GuestStr,
) -> Result<NewStr, ErrorCode> {
    let directory = descriptor::directory(self_)?.number();
    let (mut room, mut text) = (Room::new(), Room::new());
    let path = room.path(cx, path)?;
    let text = text.filled(|into| read_link(directory, path, into))?;
    if denied(text.first() == Some(&b'/')) {
        return Err(ErrorCode::NotPermitted);
    }
    let text = core::str::from_utf8(text).map_err(|_| ErrorCode::IllegalByteSequence)?;
    Ok(cx.string(text))
}

fn read_link(directory: i32, path: &[u8], into: &mut [u8]) -> Result<usize, Errno> {
    let parent = resolve::parent(directory, path)?;
    if parent.must_be_directory() {
        // It is the directory that a link before the slash leads to, so it is no link.
        return Err(parent.is_directory().err().unwrap_or(Errno::INVAL));
    }
    sys::readlinkat(parent.fd(), parent.name(), into)
}
