//! A kernel without `openat2`, made by a seccomp filter.

use nanocc_testsuite::sandbox;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// What `openat2` says with no path and no structure: it can only fail.
fn asked() -> Option<i32> {
    // SAFETY: the kernel reads nothing at address 0.
    unsafe { libc::syscall(libc::SYS_openat2, libc::AT_FDCWD, 0, 0, 0) };
    std::io::Error::last_os_error().raw_os_error()
}

/// Whether this kernel has `openat2`.
pub fn has_openat2() -> bool {
    asked() != Some(libc::ENOSYS)
}

/// Has `command` run under a filter that answers `openat2` with an error, and lets everything else pass. The command doesn't start if
/// the filter isn't in force.
pub fn refuse_openat2(command: &mut Command, error: i32) {
    sandbox::refuse(command, &[libc::SYS_openat2], error);
    let in_force = move || match asked() {
        Some(answer) if answer == error => Ok(()),
        answer => Err(std::io::Error::from_raw_os_error(answer.unwrap_or(0))),
    };
    // SAFETY: between fork and exec only system calls are made.
    unsafe { command.pre_exec(in_force) };
}
