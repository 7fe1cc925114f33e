//! What is known about a file without its contents.

use linux_raw_sys::general::{
    O_PATH, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK, stat,
};
use rustix::io::Errno;

use super::descriptor;
use super::error::error;
use super::path::Room;
use super::resolve;
use crate::bindings::clocks::wall_clock::Datetime;
use crate::bindings::filesystem::types::{
    Descriptor, DescriptorStat, DescriptorType, ErrorCode, MetadataHashValue, PathFlags,
};
use crate::guest::{Borrow, Cx, GuestStr};
use crate::sys;

/// The type in a file's mode.
pub fn kind(mode: u32) -> DescriptorType {
    match mode & S_IFMT {
        S_IFBLK => DescriptorType::BlockDevice,
        S_IFCHR => DescriptorType::CharacterDevice,
        S_IFDIR => DescriptorType::Directory,
        S_IFIFO => DescriptorType::Fifo,
        S_IFLNK => DescriptorType::SymbolicLink,
        S_IFREG => DescriptorType::RegularFile,
        S_IFSOCK => DescriptorType::Socket,
        _ => DescriptorType::Unknown,
    }
}

/// What `path` names beneath a directory; a symbolic link itself unless `follow`.
pub fn stat_at(directory: i32, path: &[u8], follow: bool) -> Result<stat, Errno> {
    let parent = resolve::parent(directory, path)?;
    // What isn't a symbolic link need not be opened. Behind a slash one is always followed.
    if !parent.must_be_directory() {
        let found = sys::files::stat_at(parent.fd(), parent.name())?;
        if !follow || found.st_mode & S_IFMT != S_IFLNK {
            return Ok(found);
        }
    }
    drop(parent);
    let file = resolve::open(directory, path, follow, O_PATH, 0)?;
    let found = sys::files::stat(file);
    sys::close(file);
    found
}

/// A time of the kernel's; `None` for one before 1970, which the interface can't tell.
fn datetime(seconds: i64, nanoseconds: u64) -> Option<Datetime> {
    Some(Datetime {
        seconds: seconds.try_into().ok()?,
        nanoseconds: nanoseconds as u32,
    })
}

// What is unsigned for one machine isn't for the other.
#[allow(clippy::unnecessary_cast)]
fn record(found: &stat) -> DescriptorStat {
    DescriptorStat {
        type_: kind(found.st_mode),
        link_count: found.st_nlink as u64,
        size: found.st_size as u64,
        data_access_timestamp: datetime(found.st_atime as i64, found.st_atime_nsec as u64),
        data_modification_timestamp: datetime(found.st_mtime as i64, found.st_mtime_nsec as u64),
        status_change_timestamp: datetime(found.st_ctime as i64, found.st_ctime_nsec as u64),
    }
}

/// A hash of some numbers, by additions, rotations and exclusive ors of four words (the round of SipHash). Nothing random is in it: the
/// lower half serves as an inode number, and those last longer than a process.
fn hash(words: &[u64]) -> u64 {
    fn rounds(v: &mut [u64; 4], count: u32) {
        for _ in 0..count {
            v[0] = v[0].wrapping_add(v[1]);
            v[2] = v[2].wrapping_add(v[3]);
            v[1] = v[1].rotate_left(13) ^ v[0];
            v[3] = v[3].rotate_left(16) ^ v[2];
            v[0] = v[0].rotate_left(32).wrapping_add(v[3]);
            v[2] = v[2].wrapping_add(v[1]);
            v[1] = v[1].rotate_left(17) ^ v[2];
            v[3] = v[3].rotate_left(21) ^ v[0];
            v[2] = v[2].rotate_left(32);
        }
    }
    // The digits of pi behind the point: numbers without a pattern.
    let mut v = [
        0x243f_6a88_85a3_08d3,
        0x1319_8a2e_0370_7344,
        0xa409_3822_299f_31d0,
        0x082e_fa98_ec4e_6c89,
    ];
    for &word in words {
        v[3] ^= word;
        rounds(&mut v, 1);
        v[0] ^= word;
    }
    v[2] ^= words.len() as u64 | 0xff00;
    rounds(&mut v, 3);
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

/// The lower half is of what the file is, the upper one of its state: the whole changes with each change of the file, while
/// C libraries and the adapter for preview 1, which take the lower half for the inode's number, still know it for the same.
// As above.
#[allow(clippy::unnecessary_cast)]
fn metadata_hash(found: &stat) -> MetadataHashValue {
    let identity = [found.st_dev as u64, found.st_ino as u64];
    let [device, inode] = identity;
    MetadataHashValue {
        lower: hash(&identity),
        upper: hash(&[
            device,
            inode,
            found.st_size as u64,
            found.st_mtime as u64,
            found.st_mtime_nsec as u64,
        ]),
    }
}

fn stat_of(descriptor: Borrow<Descriptor>) -> Result<stat, ErrorCode> {
    sys::files::stat(descriptor::get(descriptor).number()).map_err(error)
}

fn stat_in(
    cx: &Cx,
    directory: Borrow<Descriptor>,
    flags: PathFlags,
    path: GuestStr,
) -> Result<stat, ErrorCode> {
    let directory = descriptor::directory(directory)?;
    let follow = flags.contains(PathFlags::SYMLINK_FOLLOW);
    let mut room = Room::new();
    let path = room.path(cx, path)?;
    stat_at(directory.number(), path, follow).map_err(error)
}

/// `get-type`.
pub fn descriptor_get_type(
    _: &mut Cx,
    self_: Borrow<Descriptor>,
) -> Result<DescriptorType, ErrorCode> {
    stat_of(self_).map(|found| kind(found.st_mode))
}

/// `stat`.
pub fn descriptor_stat(_: &mut Cx, self_: Borrow<Descriptor>) -> Result<DescriptorStat, ErrorCode> {
    stat_of(self_).map(|found| record(&found))
}

/// `stat-at`.
pub fn descriptor_stat_at(
    cx: &mut Cx,
    self_: Borrow<Descriptor>,
    path_flags: PathFlags,
    path: GuestStr,
) -> Result<DescriptorStat, ErrorCode> {
    stat_in(cx, self_, path_flags, path).map(|found| record(&found))
}

/// `is-same-object`. Two that can't be asked for it aren't.
pub fn descriptor_is_same_object(
    _: &mut Cx,
    self_: Borrow<Descriptor>,
    other: Borrow<Descriptor>,
) -> bool {
    match (stat_of(self_), stat_of(other)) {
        (Ok(a), Ok(b)) => (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino),
        _ => false,
    }
}

/// `metadata-hash`.
pub fn descriptor_metadata_hash(
    _: &mut Cx,
    self_: Borrow<Descriptor>,
) -> Result<MetadataHashValue, ErrorCode> {
    stat_of(self_).map(|found| metadata_hash(&found))
}

/// `metadata-hash-at`.
pub fn descriptor_metadata_hash_at(
    cx: &mut Cx,
    self_: Borrow<Descriptor>,
    path_flags: PathFlags,
    path: GuestStr,
) -> Result<MetadataHashValue, ErrorCode> {
    stat_in(cx, self_, path_flags, path).map(|found| metadata_hash(&found))
}
