//! Calls of preview 1's files at random, and what came of each: as `../../files`, by the interface that most programs still use.
//!
//! Descriptors are told by their place in the list of those that are open: which number a new one has is each implementation's own.

use random_choices::{Choices, shortened, sum, told};
use std::fmt::Debug;
use wasip1::{
    ADVICE_NOREUSE, ADVICE_NORMAL, ADVICE_RANDOM, Ciovec, Dirent, Errno, FDFLAGS_APPEND, FDFLAGS_NONBLOCK,
    FILETYPE_DIRECTORY, FSTFLAGS_ATIM, FSTFLAGS_ATIM_NOW, FSTFLAGS_MTIM, FSTFLAGS_MTIM_NOW, Fd, Fdflags,
    Filestat, Fstflags, Iovec, LOOKUPFLAGS_SYMLINK_FOLLOW, Lookupflags, OFLAGS_CREAT, OFLAGS_DIRECTORY,
    OFLAGS_EXCL, OFLAGS_TRUNC, RIGHTS_FD_READ, RIGHTS_FD_READDIR, RIGHTS_FD_WRITE, WHENCE_CUR, WHENCE_END,
    WHENCE_SET,
};

/// Descriptors that are open at the same time, at most.
const OPEN: usize = 12;

/// The directories that are granted: one to change, one to read.
const CHANGED: usize = 0;
const FIXED: usize = 1;

struct State {
    choices: Choices,
    /// The directories that were granted come first.
    open: Vec<Fd>,
    granted: usize,
}

fn main() {
    let (choices, count) = told();
    let open: Vec<Fd> = (3..)
        .take_while(|fd| unsafe { wasip1::fd_prestat_get(*fd) }.is_ok())
        .collect();
    println!("granted {}", open.len());
    let mut state = State {
        choices,
        granted: open.len(),
        open,
    };
    for number in 0..count {
        if let Some(said) = state.call() {
            println!("{number} {said}");
        }
    }
}

fn shown<T: Debug>(result: Result<T, Errno>) -> String {
    match result {
        Ok(value) => format!("ok {value:?}"),
        Err(error) => format!("error {}", error.name()),
    }
}

fn came<T: Debug>(call: String, result: Result<T, Errno>) -> Option<String> {
    Some(format!("{call} -> {}", shown(result)))
}

impl State {
    fn any(&mut self) -> usize {
        self.choices.below(self.open.len())
    }

    /// A descriptor to look for a path in: mostly one that was granted.
    fn base(&mut self) -> usize {
        match self.choices.one_in(3) {
            true => self.any(),
            false => self.choices.of(&[CHANGED, CHANGED, CHANGED, FIXED]),
        }
    }

    fn follow(&mut self) -> Lookupflags {
        self.choices.of(&[0, LOOKUPFLAGS_SYMLINK_FOLLOW])
    }

    fn call(&mut self) -> Option<String> {
        match self.choices.below(33) {
            0..=7 => self.open(),
            8..=10 => self.change(),
            11..=13 => self.change_two(),
            14 | 15 => self.symbolic_link(),
            16..=18 => self.stat(),
            19 | 20 => self.times(),
            21 => self.size(),
            22 | 23 => self.write(),
            24 | 25 => self.read(),
            26 => self.seek(),
            27 => self.list(),
            28 => self.sync(),
            29 => self.advise(),
            30 => self.close(),
            31 => self.flags(),
            _ => self.renumber(),
        }
    }

    fn open(&mut self) -> Option<String> {
        let (base, follow, path) = (self.base(), self.follow(), self.choices.path());
        let mut how = 0;
        for (flag, n) in [
            (OFLAGS_CREAT, 2),
            (OFLAGS_EXCL, 6),
            (OFLAGS_TRUNC, 5),
            (OFLAGS_DIRECTORY, 4),
        ] {
            how |= if self.choices.one_in(n) { flag } else { 0 };
        }
        let mut flags = 0;
        for (flag, n) in [(FDFLAGS_APPEND, 5), (FDFLAGS_NONBLOCK, 8)] {
            flags |= if self.choices.one_in(n) { flag } else { 0 };
        }
        let both = RIGHTS_FD_READ | RIGHTS_FD_WRITE;
        let mut rights = self.choices.of(&[RIGHTS_FD_READ, RIGHTS_FD_WRITE, both, both]);
        // The other implementation opens for writing what it makes or cuts off.
        if how & (OFLAGS_CREAT | OFLAGS_TRUNC) != 0 {
            rights |= RIGHTS_FD_WRITE;
        }
        if how & OFLAGS_DIRECTORY != 0 {
            rights = RIGHTS_FD_READ | RIGHTS_FD_READDIR;
        }
        let call = format!("open {base} {follow} {} {how} {rights} {flags}", shortened(&path));
        let opened = unsafe { wasip1::path_open(self.open[base], follow, &path, how, rights, rights, flags) };
        let opened = match opened {
            Err(error) => return came(call, Err::<(), _>(error)),
            Ok(opened) => opened,
        };
        let at = match self.open.len() {
            OPEN => self.granted + self.choices.below(OPEN - self.granted),
            end => end,
        };
        if at < self.open.len() {
            let replaced = std::mem::replace(&mut self.open[at], opened);
            println!("close {at} -> {}", shown(unsafe { wasip1::fd_close(replaced) }));
        } else {
            self.open.push(opened);
        }
        Some(format!("{call} -> {at}: {}", self.shown_flags(at)))
    }

    fn shown_flags(&self, index: usize) -> String {
        let found = unsafe { wasip1::fd_fdstat_get(self.open[index]) };
        let told: Fdflags = FDFLAGS_APPEND | FDFLAGS_NONBLOCK;
        shown(found.map(|found| (found.fs_filetype.name(), found.fs_flags & told)))
    }

    fn flags(&mut self) -> Option<String> {
        let index = self.any();
        let flags = self.choices.of(&[0, FDFLAGS_APPEND, FDFLAGS_NONBLOCK]);
        let set = unsafe { wasip1::fd_fdstat_set_flags(self.open[index], flags) };
        Some(format!(
            "flags {index} {flags} -> {} {}",
            shown(set),
            self.shown_flags(index)
        ))
    }

    fn change(&mut self) -> Option<String> {
        let (base, path) = (self.base(), self.choices.path());
        let fd = self.open[base];
        let (name, result) = unsafe {
            match self.choices.below(3) {
                0 => ("make directory", wasip1::path_create_directory(fd, &path)),
                1 => ("remove directory", wasip1::path_remove_directory(fd, &path)),
                _ => ("unlink", wasip1::path_unlink_file(fd, &path)),
            }
        };
        came(format!("{name} {base} {}", shortened(&path)), result)
    }

    fn change_two(&mut self) -> Option<String> {
        let (from, to, follow) = (
            self.base(),
            self.choices.of(&[CHANGED, CHANGED, FIXED]),
            self.follow(),
        );
        let (old, new) = (self.choices.path(), self.choices.path());
        let names = format!("{from} {} {to} {}", shortened(&old), shortened(&new));
        let (from, to) = (self.open[from], self.open[to]);
        match self.choices.below(3) {
            0 => came(format!("link {follow} {names}"), unsafe {
                wasip1::path_link(from, follow, &old, to, &new)
            }),
            _ => came(format!("rename {names}"), unsafe {
                wasip1::path_rename(from, &old, to, &new)
            }),
        }
    }

    fn symbolic_link(&mut self) -> Option<String> {
        let (base, path, target) = (self.base(), self.choices.path(), self.choices.path());
        let fd = self.open[base];
        let call = format!("{base} {}", shortened(&path));
        if self.choices.one_in(2) {
            let mut text = vec![0; self.choices.of(&[0, 1, 3, 64, 300])];
            let read = unsafe { wasip1::path_readlink(fd, &path, text.as_mut_ptr(), text.len()) };
            let length = *read.as_ref().unwrap_or(&0);
            let text = String::from_utf8_lossy(&text[..length]).into_owned();
            return came(format!("read link {call}"), read.map(|length| (length, text)));
        }
        let call = format!("link symbolically {call} to {}", shortened(&target));
        came(call, unsafe { wasip1::path_symlink(&target, fd, &path) })
    }

    fn stat(&mut self) -> Option<String> {
        if self.choices.one_in(3) {
            let index = self.any();
            let found = unsafe { wasip1::fd_filestat_get(self.open[index]) };
            return came(format!("stat {index}"), found.map(shown_stat));
        }
        let (base, follow, path) = (self.base(), self.follow(), self.choices.path());
        let found = unsafe { wasip1::path_filestat_get(self.open[base], follow, &path) };
        came(
            format!("stat at {base} {follow} {}", shortened(&path)),
            found.map(shown_stat),
        )
    }

    fn times(&mut self) -> Option<String> {
        const NANOSECONDS: [u64; 5] = [0, 5, 1_000_000_000, 4_000_000_000_000_000_000, u64::MAX];
        const FLAGS: [Fstflags; 6] = [
            FSTFLAGS_ATIM,
            FSTFLAGS_MTIM,
            FSTFLAGS_ATIM | FSTFLAGS_MTIM,
            FSTFLAGS_MTIM_NOW,
            FSTFLAGS_ATIM_NOW | FSTFLAGS_MTIM,
            FSTFLAGS_MTIM | FSTFLAGS_MTIM_NOW,
        ];
        let (accessed, modified) = (self.choices.of(&NANOSECONDS), self.choices.of(&NANOSECONDS));
        let flags = self.choices.of(&FLAGS);
        if self.choices.one_in(2) {
            let index = self.any();
            // The other implementation can't for directories.
            if self.is_directory(index) {
                return None;
            }
            let set = unsafe { wasip1::fd_filestat_set_times(self.open[index], accessed, modified, flags) };
            return came(format!("set times {index} {accessed} {modified} {flags}"), set);
        }
        let (base, follow, path) = (self.base(), self.follow(), self.choices.path());
        let call = format!(
            "set times at {base} {follow} {} {accessed} {modified} {flags}",
            shortened(&path)
        );
        came(call, unsafe {
            wasip1::path_filestat_set_times(self.open[base], follow, &path, accessed, modified, flags)
        })
    }

    fn is_directory(&self, index: usize) -> bool {
        let found = unsafe { wasip1::fd_fdstat_get(self.open[index]) };
        found.is_ok_and(|found| found.fs_filetype == FILETYPE_DIRECTORY)
    }

    fn size(&mut self) -> Option<String> {
        let index = self.any();
        let size = self.choices.of(&[0, 1, 5, 100, 70_000, u64::MAX, 1 << 63]);
        came(format!("set size {index} {size}"), unsafe {
            wasip1::fd_filestat_set_size(self.open[index], size)
        })
    }

    /// Writes from two vectors, of which the first may be empty.
    fn write(&mut self) -> Option<String> {
        let index = self.any();
        let bytes = self.choices.bytes(&[0, 1, 10, 5000]);
        let (first, second) = bytes.split_at(bytes.len() / 2);
        let vectors = [first, second].map(|part| Ciovec {
            buf: part.as_ptr(),
            buf_len: part.len(),
        });
        let call = format!("write {index} {}", bytes.len());
        if self.choices.one_in(2) {
            let offset = self.choices.of(&[0, 3, 60, 1000, u64::MAX]);
            let written = unsafe { wasip1::fd_pwrite(self.open[index], &vectors, offset) };
            return came(format!("{call} at {offset}"), written);
        }
        came(call, unsafe { wasip1::fd_write(self.open[index], &vectors) })
    }

    /// Reads to two vectors, of which the first may be empty.
    fn read(&mut self) -> Option<String> {
        let index = self.any();
        let mut bytes = vec![0; self.choices.of(&[0, 1, 10, 70_000])];
        let mut call = format!("read {index} {}", bytes.len());
        let half = bytes.len() / 2;
        let (first, second) = bytes.split_at_mut(half);
        let vectors = [first, second].map(|part| Iovec {
            buf: part.as_mut_ptr(),
            buf_len: part.len(),
        });
        let read = if self.choices.one_in(2) {
            let offset = self.choices.of(&[0, 3, 60, 1000, u64::MAX]);
            call += &format!(" at {offset}");
            unsafe { wasip1::fd_pread(self.open[index], &vectors, offset) }
        } else {
            unsafe { wasip1::fd_read(self.open[index], &vectors) }
        };
        came(call, read.map(|length| (length, sum(&bytes))))
    }

    fn seek(&mut self) -> Option<String> {
        let index = self.any();
        let offset = self.choices.of(&[0, 1, -1, 50, -1000]);
        let whence = self.choices.of(&[WHENCE_SET, WHENCE_CUR, WHENCE_END]);
        let fd = self.open[index];
        let (sought, tells) = unsafe { (wasip1::fd_seek(fd, offset, whence), wasip1::fd_tell(fd)) };
        Some(format!(
            "seek {index} {offset} {} -> {} {}",
            whence.name(),
            shown(sought),
            shown(tells)
        ))
    }

    fn list(&mut self) -> Option<String> {
        let index = self.any();
        // What it is of something else is two implementations' two errors.
        if !self.is_directory(index) {
            return None;
        }
        // The longest entry fits.
        let room = self.choices.of(&[300, 4096]);
        came(format!("list {index} by {room}"), entries(self.open[index], room))
    }

    fn sync(&mut self) -> Option<String> {
        let index = self.any();
        let fd = self.open[index];
        let (all, data) = unsafe { (wasip1::fd_sync(fd), wasip1::fd_datasync(fd)) };
        Some(format!("sync {index} -> {} {}", shown(all), shown(data)))
    }

    fn advise(&mut self) -> Option<String> {
        let index = self.any();
        let numbers = [0, 5, u64::MAX, 1 << 63];
        let (offset, length) = (self.choices.of(&numbers), self.choices.of(&numbers));
        let advice = self.choices.of(&[ADVICE_NORMAL, ADVICE_RANDOM, ADVICE_NOREUSE]);
        came(
            format!("advise {index} {} {offset} {length}", advice.name()),
            unsafe { wasip1::fd_advise(self.open[index], offset, length, advice) },
        )
    }

    fn close(&mut self) -> Option<String> {
        if self.open.len() == self.granted {
            return None;
        }
        let index = self.granted + self.choices.below(self.open.len() - self.granted);
        let fd = self.open.remove(index);
        let (once, twice) = unsafe { (wasip1::fd_close(fd), wasip1::fd_close(fd)) };
        Some(format!("close {index} -> {} {}", shown(once), shown(twice)))
    }

    fn renumber(&mut self) -> Option<String> {
        let opened = self.open.len() - self.granted;
        if opened < 2 {
            return None;
        }
        let from = self.granted + self.choices.below(opened);
        let to = self.granted + self.choices.below(opened);
        if from == to {
            return None;
        }
        let renumbered = unsafe { wasip1::fd_renumber(self.open[from], self.open[to]) };
        if renumbered.is_ok() {
            self.open.remove(from);
        }
        came(format!("renumber {from} {to}"), renumbered)
    }
}

/// All entries, in the order of their names, read as many at a time as `room` bytes hold.
fn entries(directory: Fd, room: usize) -> Result<Vec<String>, Errno> {
    const HEAD: usize = size_of::<Dirent>();
    let mut all = Vec::new();
    let mut buffer = vec![0u8; room];
    let mut cookie = 0;
    loop {
        let filled = unsafe { wasip1::fd_readdir(directory, buffer.as_mut_ptr(), room, cookie)? };
        let mut rest = &buffer[..filled];
        let mut whole = 0;
        while let Some((head, behind)) = rest.split_at_checked(HEAD) {
            // SAFETY: as many bytes as the structure has.
            let entry: Dirent = unsafe { head.as_ptr().cast::<Dirent>().read_unaligned() };
            let Some((name, behind)) = behind.split_at_checked(entry.d_namlen as usize) else {
                break;
            };
            all.push(format!(
                "{} {}",
                shortened(&String::from_utf8_lossy(name)),
                entry.d_type.name()
            ));
            cookie = entry.d_next;
            whole += 1;
            rest = behind;
        }
        if filled < room || whole == 0 {
            all.sort();
            return Ok(all);
        }
    }
}

fn shown_stat(stat: Filestat) -> String {
    let size = if stat.filetype == FILETYPE_DIRECTORY {
        0
    } else {
        stat.size
    };
    let modified = match stat.mtim {
        1_700_000_000_000_000_000..3_900_000_000_000_000_000 => "of late".to_owned(),
        time => time.to_string(),
    };
    format!(
        "{}, {} link(s), {size} bytes, {modified}",
        stat.filetype.name(),
        stat.nlink
    )
}
