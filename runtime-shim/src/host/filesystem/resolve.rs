//! Paths, resolved beneath a directory.
//!
//! # The problem
//!
//! A component that holds a directory may name what is in it, and nothing else. A path is bytes that a guest made up: it may begin with
//! `/`, climb with `..`, go through symbolic links that were there before or that the guest has just made, and the tree may change
//! while it is being resolved, because another process renames things.
//!
//! # The invariant
//!
//! What [`open`] and [`parent`] return was, when each step of the way was taken, beneath the directory that the resolution began in.
//! No other code of the shim hands the kernel a path of a guest's with a `/` in it: what isn't opened here is done to one [name](Parent::name) in
//! a directory that was, by calls that don't follow a symbolic link in that name.
//!
//! `openat2` with `RESOLVE_BENEATH` does that in the kernel. Where it is missing (Linux has it since 5.6, but filters of outer
//! containers may refuse it), or gives up because somebody renames files all the time, `walk` goes one name at a time, as strictly.
//!
//! # What counts as beneath
//!
//! * `..` leads to where the way came from, also behind a symbolic link, as in POSIX. At the directory itself it is refused.
//! * A path or a link that begins with `/` is refused, wherever it would lead.
//! * The magic links of `/proc` are refused: they jump to a file without a way that could be checked.
//! * A mount point is part of the tree that it is mounted on: whoever can mount decides what a directory contains, and a guest can't mount.
//!   (So `RESOLVE_NO_XDEV` isn't used. wasmtime follows mount points as well.)
//!
//! # Errors
//!
//! As wasmtime has them: leading outside is `EPERM` (`not-permitted`), too many symbolic links, a symbolic link that must not be
//! followed, and magic links are `ELOOP` (`loop`), a NUL is `EINVAL` (`invalid`), an empty path is `ENOENT` (`no-entry`), one that fills 4096 bytes or a name of more than 255
//! is `ENAMETOOLONG` (`name-too-long`).

use core::ffi::CStr;
use core::sync::atomic::{AtomicBool, Ordering};

use linux_raw_sys::general::{
    O_CLOEXEC, O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_PATH, PATH_MAX, RESOLVE_BENEATH,
    RESOLVE_NO_MAGICLINKS, open_how,
};
use rustix::io::Errno;

use crate::{checks, sys};

mod walk;

#[cfg(test)]
mod tests;

/// The bytes of the longest name, without the NUL (`NAME_MAX`).
const NAME_MAX: usize = 255;

/// How often `openat2` is asked again when something was renamed while it went through `..`.
const ATTEMPTS: usize = 8;

/// Whether `openat2` is known to be missing.
static MISSING: AtomicBool = AtomicBool::new(false);

/// Opens what `path` names beneath the directory `dir`, with these `O_` flags (`O_CLOEXEC` is added) and, where a file is made, this mode.
/// A symbolic link at the very end is followed only if `follow` says so, or if slashes come after it.
pub fn open(dir: i32, path: &[u8], follow: bool, flags: u32, mode: u32) -> Result<i32, Errno> {
    check(path)?;
    let flags = flags | O_CLOEXEC | if follow { 0 } else { O_NOFOLLOW };
    let mode = if flags & O_CREAT != 0 { mode } else { 0 };
    if !MISSING.load(Ordering::Relaxed) {
        match by_kernel(dir, path, flags, mode) {
            Err(Errno::NOSYS) => MISSING.store(true, Ordering::Relaxed),
            // Either the filter of an outer container that has no better word for a call that it doesn't know, or the truth (a file that
            // can't be changed): the walk gets the same answer to the latter. Or somebody renames all the time.
            Err(Errno::PERM | Errno::AGAIN) => {}
            Err(Errno::XDEV) => return Err(Errno::PERM),
            result => return result,
        }
    }
    walk::open(dir, path, flags, mode)
}

/// Refuses what is no path.
fn check(path: &[u8]) -> Result<(), Errno> {
    if path.contains(&0) {
        Err(Errno::INVAL)
    } else if path.is_empty() {
        Err(Errno::NOENT)
    } else if path.len() >= PATH_MAX as usize {
        Err(Errno::NAMETOOLONG)
    } else {
        Ok(())
    }
}

/// `openat2`, which has its own word for a way that leads outside: `EXDEV`.
fn by_kernel(dir: i32, path: &[u8], flags: u32, mode: u32) -> Result<i32, Errno> {
    let mut bytes = [0; PATH_MAX as usize];
    bytes[..path.len()].copy_from_slice(path);
    let path = CStr::from_bytes_until_nul(&bytes).map_err(|_| Errno::NAMETOOLONG)?;
    let resolve = if checks::denied(true) {
        RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS
    } else {
        0
    };
    let how = open_how {
        flags: flags.into(),
        mode: mode.into(),
        resolve: resolve.into(),
    };
    for _ in 0..ATTEMPTS {
        let result = sys::openat2(dir, path, &how);
        if result != Err(Errno::AGAIN) {
            return result;
        }
    }
    Err(Errno::AGAIN)
}

/// A name of a directory's entry, as the kernel takes it, with room for a slash.
#[derive(Clone, Copy)]
struct Name([u8; NAME_MAX + 2]);

impl Name {
    fn new(name: &[u8]) -> Result<Name, Errno> {
        let mut bytes = [0; NAME_MAX + 2];
        bytes
            .get_mut(..name.len())
            .filter(|room| room.len() <= NAME_MAX)
            .ok_or(Errno::NAMETOOLONG)?
            .copy_from_slice(name);
        Ok(Name(bytes))
    }

    fn as_c_str(&self) -> &CStr {
        // There is always a NUL: no name takes all of the room.
        CStr::from_bytes_until_nul(&self.0).unwrap_or(c".")
    }
}

/// The directory that a path's last name is in, and that name: for calls that make, remove, rename or look at an entry
/// of a directory.
pub struct Parent<'path> {
    /// Where the path begins, and the path.
    from: (i32, &'path [u8]),
    directory: Directory,
    name: Name,
    /// The name with a slash, if there was one after it.
    slashed: Option<Name>,
}

/// A directory, opened for the purpose or lent.
struct Directory {
    descriptor: i32,
    opened: bool,
}

impl Drop for Directory {
    fn drop(&mut self) {
        if self.opened {
            sys::close(self.descriptor);
        }
    }
}

impl Parent<'_> {
    /// The directory.
    pub fn fd(&self) -> i32 {
        self.directory.descriptor
    }

    /// The last name, without slashes. It is never empty nor `..`, but may be `.`: the directory itself.
    ///
    /// What it names may be a symbolic link, to anywhere: it is for calls that are told not to follow it.
    pub fn name(&self) -> &CStr {
        self.name.as_c_str()
    }

    /// The last name, with a slash if there was one in the path.
    ///
    /// It is for `mkdirat`, `unlinkat`, `renameat2`, `symlinkat` and the new name of `linkat`, which look at the entry of that name, slash
    /// or not, and fail as POSIX has it if it isn't a directory. Never for a call that looks a file up (`fstatat`, `readlinkat`,
    /// `utimensat`, the old name of `linkat`): those take a slash for an order to follow the link.
    pub fn entry(&self) -> &CStr {
        self.slashed.as_ref().unwrap_or(&self.name).as_c_str()
    }

    /// Whether there was a slash after the name.
    pub fn must_be_directory(&self) -> bool {
        self.slashed.is_some()
    }

    /// Opens what the path leads to, and closes it: an error if that is no directory.
    pub fn is_directory(&self) -> Result<(), Errno> {
        let (dir, path) = self.from;
        open(dir, path, true, O_PATH | O_DIRECTORY, 0).map(sys::close)
    }

    /// What to tell of a link that couldn't be made: of a name that is taken, with a slash behind it, that it isn't a
    /// directory comes first, as in every path. Linux doesn't look.
    pub fn not_linked(&self, errno: Errno) -> Errno {
        match errno {
            Errno::EXIST if self.must_be_directory() => self.is_directory().err().unwrap_or(errno),
            _ => errno,
        }
    }
}

/// Resolves all but the last name of a path, beneath the directory `dir`.
pub fn parent(dir: i32, path: &[u8]) -> Result<Parent<'_>, Errno> {
    check(path)?;
    let end = path
        .iter()
        .rposition(|&byte| byte != b'/')
        .map_or(0, |last| last + 1);
    let start = path[..end]
        .iter()
        .rposition(|&byte| byte == b'/')
        .map_or(0, |slash| slash + 1);
    let (way, last) = match &path[start..end] {
        // Only slashes, or a place that the way leads back to: all of the path is the way, and the last name is that place's own.
        b"" | b".." => (path, &b"."[..]),
        name => (&path[..start], name),
    };
    let mut directory = Directory {
        descriptor: dir,
        opened: false,
    };
    if !way.is_empty() {
        directory = Directory {
            descriptor: open(dir, way, true, O_PATH | O_DIRECTORY, 0)?,
            opened: true,
        };
    }
    let name = Name::new(last)?;
    let slashed = (end < path.len()).then(|| {
        let mut slashed = name;
        slashed.0[last.len()] = b'/';
        slashed
    });
    Ok(Parent {
        from: (dir, path),
        directory,
        name,
        slashed,
    })
}
