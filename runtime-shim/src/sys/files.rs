//! System calls on files and directories, with types. Each is the call of its name in [`super::call`].

use core::ffi::CStr;
use core::mem::MaybeUninit;

use linux_raw_sys::general::{iovec, stat};
use rustix::io::Errno;

use super::{call, check};
use crate::clock::Time;

/// What a call that tells nothing but its error returned.
fn done(result: isize) -> Result<(), Errno> {
    check(result).map(drop)
}

/// `pread64`.
pub fn pread(file: i32, into: &mut [MaybeUninit<u8>], offset: u64) -> Result<usize, Errno> {
    let at = into.as_mut_ptr().addr();
    // SAFETY: the kernel writes within the slice.
    check(unsafe { call::pread64(file as usize, at, into.len(), offset as usize) })
}

/// `pwrite64`.
pub fn pwrite(file: i32, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
    let at = bytes.as_ptr().addr();
    // SAFETY: the kernel reads the slice.
    check(unsafe { call::pwrite64(file as usize, at, bytes.len(), offset as usize) })
}

/// Writes at the file's end, wherever it is by then: `pwritev2` with `RWF_APPEND`.
///
/// Where an outer filter (or an emulator) has no `pwritev2`, the file is set to append and back. Nobody else sees that: whoever opened
/// the file here has a description of its own, and there is one thread.
pub fn append(file: i32, bytes: &[u8]) -> Result<usize, Errno> {
    let block = iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len() as _,
    };
    // SAFETY: the kernel reads the structure and the slice.
    match check(unsafe { call::pwritev2_append(file as usize, (&raw const block).addr()) }) {
        Err(Errno::NOSYS | Errno::NOTSUP) => {}
        result => return result,
    }
    // SAFETY: no memory is touched.
    done(unsafe { call::fcntl_append(file as usize) })?;
    let result = super::write(file, bytes);
    // SAFETY: no memory is touched. It can't fail where the other didn't.
    unsafe { call::fcntl_no_append(file as usize) };
    result
}

/// `copy_file_range` between two places.
pub fn copy_range(
    (from, mut from_offset): (i32, u64),
    (to, mut to_offset): (i32, u64),
    len: usize,
) -> Result<usize, Errno> {
    // SAFETY: the kernel reads and writes the two offsets.
    check(unsafe {
        call::copy_file_range(
            from as usize,
            (&raw mut from_offset).addr(),
            to as usize,
            (&raw mut to_offset).addr(),
            len,
        )
    })
}

/// `lseek` to a place counted from the start.
pub fn seek(file: i32, offset: u64) -> Result<(), Errno> {
    // SAFETY: no memory is touched.
    done(unsafe { call::lseek_set(file as usize, offset as usize) })
}

/// `getdents64`: how many bytes of entries there are, none at the end.
pub fn entries(directory: i32, into: &mut [u64]) -> Result<usize, Errno> {
    let at = into.as_mut_ptr().addr();
    // SAFETY: the kernel writes within the slice.
    check(unsafe { call::getdents64(directory as usize, at, size_of_val(into)) })
}

/// `fstat`.
pub fn stat(file: i32) -> Result<stat, Errno> {
    let mut found = MaybeUninit::<stat>::uninit();
    // SAFETY: the kernel writes the structure.
    done(unsafe { call::fstat(file as usize, found.as_mut_ptr().addr()) })?;
    // SAFETY: it has written it.
    Ok(unsafe { found.assume_init() })
}

/// `newfstatat`, of a symbolic link itself.
pub fn stat_at(directory: i32, name: &CStr) -> Result<stat, Errno> {
    let mut found = MaybeUninit::<stat>::uninit();
    // SAFETY: the kernel reads the string and writes the structure.
    done(unsafe {
        call::fstatat_nofollow(
            directory as usize,
            name.as_ptr().addr(),
            found.as_mut_ptr().addr(),
        )
    })?;
    // SAFETY: it has written it.
    Ok(unsafe { found.assume_init() })
}

/// `fsync`.
pub fn sync(file: i32) -> Result<(), Errno> {
    // SAFETY: no memory is touched.
    done(unsafe { call::fsync(file as usize) })
}

/// `fdatasync`.
pub fn sync_data(file: i32) -> Result<(), Errno> {
    // SAFETY: no memory is touched.
    done(unsafe { call::fdatasync(file as usize) })
}

/// `ftruncate`.
pub fn truncate(file: i32, size: u64) -> Result<(), Errno> {
    // SAFETY: no memory is touched.
    done(unsafe { call::ftruncate(file as usize, size as usize) })
}

/// `fadvise64`.
pub fn advise(file: i32, offset: u64, len: u64, advice: u32) -> Result<(), Errno> {
    let (offset, len) = (offset as usize, len as usize);
    // SAFETY: no memory is touched.
    done(unsafe { call::fadvise64(file as usize, offset, len, advice as usize) })
}

/// `futimens`: the times of the last access and of the last change of the contents.
pub fn set_times(file: i32, times: &[Time; 2]) -> Result<(), Errno> {
    // SAFETY: the kernel reads the times.
    done(unsafe { call::futimens(file as usize, times.as_ptr().addr()) })
}

/// The same of a file that was opened with `O_PATH`.
pub fn set_times_of_path(file: i32, times: &[Time; 2]) -> Result<(), Errno> {
    let (empty, times) = (c"".as_ptr().addr(), times.as_ptr().addr());
    // SAFETY: the kernel reads the string and the times.
    done(unsafe { call::utimensat_empty(file as usize, empty, times) })
}

/// `utimensat`, of a symbolic link itself.
pub fn set_times_at(directory: i32, name: &CStr, times: &[Time; 2]) -> Result<(), Errno> {
    let (name, times) = (name.as_ptr().addr(), times.as_ptr().addr());
    // SAFETY: the kernel reads the string and the times.
    done(unsafe { call::utimensat_nofollow(directory as usize, name, times) })
}

/// `mkdirat`, with all permissions that the process's mask leaves.
pub fn create_directory(directory: i32, name: &CStr) -> Result<(), Errno> {
    // SAFETY: the kernel reads the string.
    done(unsafe { call::mkdirat(directory as usize, name.as_ptr().addr(), 0o777) })
}

/// `unlinkat`.
pub fn unlink(directory: i32, name: &CStr) -> Result<(), Errno> {
    // SAFETY: the kernel reads the string.
    done(unsafe { call::unlinkat(directory as usize, name.as_ptr().addr()) })
}

/// `unlinkat` with `AT_REMOVEDIR`.
pub fn remove_directory(directory: i32, name: &CStr) -> Result<(), Errno> {
    // SAFETY: the kernel reads the string.
    done(unsafe { call::unlinkat_directory(directory as usize, name.as_ptr().addr()) })
}

/// `renameat2`.
pub fn rename((from, name): (i32, &CStr), (to, new): (i32, &CStr)) -> Result<(), Errno> {
    let (name, new) = (name.as_ptr().addr(), new.as_ptr().addr());
    // SAFETY: the kernel reads the strings.
    done(unsafe { call::renameat2(from as usize, name, to as usize, new) })
}

/// `linkat`, of a symbolic link itself.
pub fn link((from, name): (i32, &CStr), (to, new): (i32, &CStr)) -> Result<(), Errno> {
    let (name, new) = (name.as_ptr().addr(), new.as_ptr().addr());
    // SAFETY: the kernel reads the strings.
    done(unsafe { call::linkat(from as usize, name, to as usize, new) })
}

/// `symlinkat`.
pub fn symlink(target: &CStr, directory: i32, name: &CStr) -> Result<(), Errno> {
    let (target, name) = (target.as_ptr().addr(), name.as_ptr().addr());
    // SAFETY: the kernel reads the strings.
    done(unsafe { call::symlinkat(target, directory as usize, name) })
}

/// Whether nothing is in a pipe.
pub fn is_empty_pipe(pipe: i32) -> bool {
    let mut bytes = 0i32;
    // SAFETY: the kernel writes the number.
    let result = unsafe { call::ioctl_fionread(pipe as usize, (&raw mut bytes).addr()) };
    result == 0 && bytes == 0
}

/// `F_GETPIPE_SZ`: how many bytes a pipe takes when it is empty; 0 where that isn't known.
pub fn pipe_capacity(pipe: i32) -> u32 {
    // SAFETY: no memory is touched.
    check(unsafe { call::fcntl_getpipe_sz(pipe as usize) }).unwrap_or(0) as u32
}
