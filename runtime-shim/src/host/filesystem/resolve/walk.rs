//! Resolution one name at a time, where the kernel can't be asked for all of it.
//!
//! The kernel is only ever given one name in a directory that is held open, and told not to follow a symbolic link. A link is read, and its
//! text takes its place in what remains of the path. `..` goes back to the directory that the way came through, which is held open
//! too: nobody is asked what the parent is now, so it doesn't matter who renames what meanwhile.
//!
//! ```text
//! root   a        link -> ../b/c     d        path "a/link/d"
//! ----   ------   ---------------    ------
//! held:  root     root a             root a   remains: "link/d", then "../b/c/d"
//!                                    root     `..`: a is closed
//!                                    root b   root b c ...
//! ```
//!
//! What it refuses, and with which error, is what `openat2` refuses. It is stricter in three points: what remains of a path while
//! links are expanded has to fit in 8192 bytes, the way to the place where it is in 4096 (`ENAMETOOLONG`), and every link of a `proc` file system
//! whose text isn't a process's number or starts with `self/` counts as magic.
//! (`fs.protected_symlinks` isn't looked at: what it prevents, being led astray, ends at the directory where the walk began.)

use core::ffi::CStr;

use linux_raw_sys::general::{
    O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_PATH, PATH_MAX, PROC_SUPER_MAGIC,
};
use rustix::io::Errno;

use super::Name;
use crate::sys;

/// How many links are followed on one way, as in the kernel (`MAXSYMLINKS`).
const LINKS: usize = 40;

/// How many directories of the way are held open, the innermost; what is farther up is walked to once more if `..` leads there.
const HELD: usize = 32;

/// `statfs`: links aren't followed on this mount (`ST_NOSYMFOLLOW`).
const NO_LINKS: i64 = 0x2000;

/// As [`super::open`], for a path without NUL that isn't too long. `flags` say `O_NOFOLLOW` if a link at the end isn't followed.
pub fn open(root: i32, path: &[u8], flags: u32, mode: u32) -> Result<i32, Errno> {
    if path.is_empty() {
        return Err(Errno::NOENT);
    }
    let mut place = Place::new(root);
    let mut rest = Rest::new(path)?;
    let mut links = 0;
    loop {
        let part = rest.next()?;
        if part.up.is_some() {
            place.search()?;
            if part.up == Some(true) {
                place.leave()?;
            }
            if part.last {
                return sys::openat_nofollow(place.directory(), c".", flags, mode);
            }
            rest.at = part.after;
            continue;
        }
        let name = part.name.as_c_str();
        let how = if !part.last {
            How::directory()
        } else if part.slash {
            if flags & O_CREAT != 0 {
                return Err(Errno::ISDIR);
            }
            How {
                flags: flags | O_DIRECTORY,
                mode,
                follow: true,
            }
        } else {
            How {
                flags,
                mode,
                follow: flags & O_NOFOLLOW == 0 && flags & (O_CREAT | O_EXCL) != O_CREAT | O_EXCL,
            }
        };
        match step(place.directory(), name, &how, &mut links)? {
            Step::Opened(descriptor) if part.last => return Ok(descriptor),
            Step::Opened(descriptor) => {
                place.enter(descriptor, name)?;
                rest.at = part.after;
            }
            Step::Link(link) => {
                let result = rest.expand(link, part.end);
                sys::close(link);
                result?;
            }
        }
    }
}

/// How a name is opened.
struct How {
    flags: u32,
    mode: u32,
    follow: bool,
}

impl How {
    /// A directory on the way.
    fn directory() -> How {
        How {
            flags: O_PATH | O_DIRECTORY,
            mode: 0,
            follow: true,
        }
    }
}

/// What a name was.
enum Step {
    /// Something that is open now.
    Opened(i32),
    /// A symbolic link that is to be followed, open itself.
    Link(i32),
}

/// Opens a name in a directory, or the symbolic link of that name.
///
/// The name may mean something else each time the kernel looks it up, so what is found out about it is found out about an open descriptor.
fn step(directory: i32, name: &CStr, how: &How, links: &mut usize) -> Result<Step, Errno> {
    loop {
        let opened = sys::openat_nofollow(directory, name, how.flags, how.mode);
        if !how.follow {
            return opened.map(Step::Opened);
        }
        let found = match opened {
            // `O_PATH` alone opens a link, too.
            Ok(found) if how.flags & (O_PATH | O_DIRECTORY) == O_PATH => found,
            Ok(found) => return Ok(Step::Opened(found)),
            Err(Errno::LOOP | Errno::NOTDIR) => sys::openat_nofollow(directory, name, O_PATH, 0)?,
            Err(error) => return Err(error),
        };
        let is_link = match sys::readlinkat(found, c"", &mut [0]) {
            Ok(_) => true,
            Err(Errno::NOENT | Errno::INVAL) => false,
            // A link whose text isn't for everybody.
            Err(error) => {
                sys::close(found);
                return Err(error);
            }
        };
        if !is_link && opened.is_ok() {
            return Ok(Step::Opened(found));
        }
        if !is_link && how.flags & O_DIRECTORY != 0 {
            // It isn't a directory; or it has become one since, which is as good.
            let result = sys::openat_nofollow(found, c".", how.flags, how.mode);
            sys::close(found);
            return result.map(Step::Opened);
        }
        *links += 1;
        if is_link && *links <= LINKS {
            return Ok(Step::Link(found));
        }
        sys::close(found);
        if *links > LINKS {
            return Err(Errno::LOOP);
        }
        // It was a link a moment ago: once more. That counts as a link, so that there is an end to it.
    }
}

/// Where the walk is.
struct Place {
    root: i32,
    /// How many names lead here from the root.
    depth: usize,
    /// Those names, each with a NUL.
    names: [u8; PATH_MAX as usize],
    /// How many bytes they are.
    end: usize,
    /// The directories of the way: the one after `n` names at `(n - 1) % HELD`.
    held: [i32; HELD],
    /// The directories after as many names and fewer aren't held.
    dropped: usize,
}

impl Drop for Place {
    fn drop(&mut self) {
        for depth in self.dropped..self.depth {
            sys::close(self.held[depth % HELD]);
        }
    }
}

impl Place {
    fn new(root: i32) -> Place {
        Place {
            root,
            depth: 0,
            names: [0; PATH_MAX as usize],
            end: 0,
            held: [0; HELD],
            dropped: 0,
        }
    }

    /// The directory.
    fn directory(&self) -> i32 {
        match self.depth.checked_sub(1) {
            None => self.root,
            Some(innermost) => self.held[innermost % HELD],
        }
    }

    /// Whether the caller may look up names in the directory: the kernel asks that of `.` and `..`, too.
    fn search(&self) -> Result<(), Errno> {
        sys::openat_nofollow(self.directory(), c".", O_PATH | O_DIRECTORY, 0).map(sys::close)
    }

    /// Goes on to a directory that was opened by this name.
    fn enter(&mut self, descriptor: i32, name: &CStr) -> Result<(), Errno> {
        let name = name.to_bytes_with_nul();
        let Some(room) = self.names.get_mut(self.end..self.end + name.len()) else {
            sys::close(descriptor);
            return Err(Errno::NAMETOOLONG);
        };
        room.copy_from_slice(name);
        self.end += name.len();
        self.hold(descriptor);
        Ok(())
    }

    fn hold(&mut self, descriptor: i32) {
        let slot = &mut self.held[self.depth % HELD];
        if self.depth - self.dropped == HELD {
            sys::close(*slot);
            self.dropped += 1;
        }
        *slot = descriptor;
        self.depth += 1;
    }

    /// Goes back one name.
    fn leave(&mut self) -> Result<(), Errno> {
        if self.depth == 0 {
            return Err(Errno::PERM);
        }
        self.depth -= 1;
        sys::close(self.held[self.depth % HELD]);
        self.end = self.names[..self.end - 1]
            .iter()
            .rposition(|&byte| byte == 0)
            .map_or(0, |before| before + 1);
        if self.depth == self.dropped && self.depth > 0 {
            self.again()?;
        }
        Ok(())
    }

    /// Walks to where it is from the root, when no directory of the way is held.
    fn again(&mut self) -> Result<(), Errno> {
        (self.depth, self.dropped) = (0, 0);
        let mut at = 0;
        while at < self.end {
            let name =
                CStr::from_bytes_until_nul(&self.names[at..self.end]).map_err(|_| Errno::NOENT)?;
            at += name.count_bytes() + 1;
            let next = sys::openat_nofollow(self.directory(), name, O_PATH | O_DIRECTORY, 0)?;
            self.hold(next);
        }
        Ok(())
    }
}

/// The room for what remains of a path.
const ROOM: usize = 2 * PATH_MAX as usize;

/// What remains of a path, at the end of the room, so that a link's text can be put before it.
struct Rest {
    bytes: [u8; ROOM],
    at: usize,
}

/// The first name of it.
struct Part {
    /// `.` (false) or `..` (true).
    up: Option<bool>,
    name: Name,
    /// Whether a slash comes after it.
    slash: bool,
    /// Whether it is the last one.
    last: bool,
    /// Where it ends, and where the next one begins.
    end: usize,
    after: usize,
}

impl Rest {
    fn new(path: &[u8]) -> Result<Rest, Errno> {
        let mut bytes = [0; ROOM];
        let at = ROOM.checked_sub(path.len()).ok_or(Errno::NAMETOOLONG)?;
        bytes[at..].copy_from_slice(path);
        beneath(path)?;
        Ok(Rest { bytes, at })
    }

    /// The first name, and what comes after it.
    fn next(&self) -> Result<Part, Errno> {
        let rest = &self.bytes[self.at..];
        let len = rest
            .iter()
            .position(|&byte| byte == b'/')
            .unwrap_or(rest.len());
        let name = &rest[..len];
        let slashes = rest[len..]
            .iter()
            .position(|&byte| byte != b'/')
            .unwrap_or(rest.len() - len);
        Ok(Part {
            up: match name {
                b"." => Some(false),
                b".." => Some(true),
                _ => None,
            },
            name: Name::new(name)?,
            slash: slashes > 0,
            last: len + slashes == rest.len(),
            end: self.at + len,
            after: self.at + len + slashes,
        })
    }

    /// Puts the text of a link in the place of its name, which ends at `end`.
    fn expand(&mut self, link: i32, end: usize) -> Result<(), Errno> {
        let len = sys::readlinkat(link, c"", &mut self.bytes[..end])?;
        if len == end {
            // There may be more of it.
            return Err(Errno::NAMETOOLONG);
        }
        let text = &self.bytes[..len];
        if text.is_empty() {
            return Err(Errno::NOENT);
        }
        let system = sys::fstatfs(link)?;
        if system.f_flags & NO_LINKS != 0
            || (system.f_type == i64::from(PROC_SUPER_MAGIC) && magic(text))
        {
            return Err(Errno::LOOP);
        }
        beneath(text)?;
        self.at = end - len;
        self.bytes.copy_within(..len, self.at);
        Ok(())
    }
}

/// Refuses what doesn't begin in the directory where it is.
fn beneath(path: &[u8]) -> Result<(), Errno> {
    if path.first() == Some(&b'/') {
        return Err(Errno::PERM);
    }
    Ok(())
}

/// Whether a link of a `proc` file system jumps to a file itself, going by its text. The text of those that do is an absolute path, or a kind
/// of file and a number (`pipe:[41]`); that of others a process, a thread of one, or something of `self`.
fn magic(text: &[u8]) -> bool {
    !text[0].is_ascii_digit() && !text.starts_with(b"self/")
}
