//! A kernel without `openat2`, made by a seccomp filter.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// Whether this kernel has `openat2`.
pub fn has_openat2() -> bool {
    // SAFETY: with no path and no structure, it can only fail.
    let result = unsafe { libc::syscall(libc::SYS_openat2, libc::AT_FDCWD, 0, 0, 0) };
    result != -1 || std::io::Error::last_os_error().raw_os_error() != Some(libc::ENOSYS)
}

/// Has `command` run under a filter that answers `openat2` with an error, and lets everything else pass. The command doesn't start if
/// the filter isn't in force.
pub fn refuse_openat2(command: &mut Command, error: i32) {
    let statement = |code: u32, k: u32| libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf: 0,
        k,
    };
    // The number of the call is the first word of what a filter is shown.
    let filter = [
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0),
        libc::sock_filter {
            code: (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16,
            jt: 0,
            jf: 1,
            k: libc::SYS_openat2 as u32,
        },
        statement(libc::BPF_RET, libc::SECCOMP_RET_ERRNO | error as u32),
        statement(libc::BPF_RET, libc::SECCOMP_RET_ALLOW),
    ];
    let install = move || {
        let mut filter = filter;
        let program = libc::sock_fprog {
            len: filter.len() as u16,
            filter: filter.as_mut_ptr(),
        };
        // SAFETY: the program is what the kernel reads, for the duration of the call.
        let failed = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
                || libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program) != 0
        };
        if failed {
            return Err(std::io::Error::last_os_error());
        }
        // SAFETY: with no path and no structure, it can only fail.
        unsafe { libc::syscall(libc::SYS_openat2, libc::AT_FDCWD, 0, 0, 0) };
        let answer = std::io::Error::last_os_error();
        if answer.raw_os_error() != Some(error) {
            return Err(answer);
        }
        Ok(())
    };
    // SAFETY: between fork and exec only system calls are made.
    unsafe { command.pre_exec(install) };
}
