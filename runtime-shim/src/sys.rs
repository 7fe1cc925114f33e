//! System calls: every one that the shim makes is here.
//!
//! # The problem
//!
//! The kernel is told which system calls a program makes, and refuses all others (`policy/seccomp.rs` in the
//! compiler). That list has to be exact for each program: a call too many is a hole in the fence, one too few ends a
//! program that did nothing wrong.
//!
//! # The invariant
//!
//! Each system call is one function that is never inlined, in [`call`], with a symbol that starts with
//! `nanocc_shim_abi::SYSTEM_CALL`; calls that only the start of a program makes, before it is fenced in, are in [`start`]. No
//! other code of the shim contains the instruction. So the symbols that the linker keeps *are* the list.
//!
//! A function whose arguments are partly fixed (memory is never mapped executable) is one of its own, so that the filter can
//! check what is fixed.

use core::arch::asm;
use core::ffi::{CStr, c_void};
use core::mem::MaybeUninit;

use linux_raw_sys::general;
use rustix::io::Errno;

pub mod files;

/// A system call with a name for the assembly: what the kernel returned, an error as `-errno`.
///
/// The name makes a function's code unlike that of any other. Of two whose code is the same the optimiser makes one with two symbols, and then
/// nobody could tell which of them a program calls.
macro_rules! raw {
    ($name:literal, $number:expr, $a:expr) => {{
        let (number, a): (u32, [usize; 6]) = ($number, $a);
        let result: isize;
        // SAFETY: the kernel keeps every register that isn't named here; memory is the caller's word.
        unsafe {
            #[cfg(target_arch = "x86_64")]
            core::arch::asm!(concat!("syscall # ", $name), inlateout("rax") number as usize => result, in("rdi") a[0],
                in("rsi") a[1], in("rdx") a[2], in("r10") a[3], in("r8") a[4], in("r9") a[5],
                lateout("rcx") _, lateout("r11") _, options(nostack));
            #[cfg(target_arch = "aarch64")]
            core::arch::asm!(concat!("svc #0 // ", $name), in("x8") number as usize, inlateout("x0") a[0] => result,
                in("x1") a[1], in("x2") a[2], in("x3") a[3], in("x4") a[4], in("x5") a[5], options(nostack));
        }
        result
    }};
}

/// Defines the functions: name, number, symbol, arguments.
macro_rules! system_calls {
    ($($(#[$doc:meta])* $name:ident = $number:expr, $symbol:literal, [$($argument:expr),* $(,)?] ($($parameter:ident),*);)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        ///
        /// As the system call's: what it reads and writes is where the arguments say.
        #[inline(never)]
        #[cfg_attr(not(test), unsafe(export_name = $symbol))]
        pub unsafe extern "C" fn $name($($parameter: usize),*) -> isize {
            let mut arguments = [0; 6];
            let given: &[usize] = &[$($argument),*];
            let mut i = 0;
            while i < given.len() {
                arguments[i] = given[i];
                i += 1;
            }
            raw!($symbol, $number, arguments)
        }
    )*};
}

/// The calls that a running program makes.
pub mod call {
    use linux_raw_sys::general::*;
    use linux_raw_sys::net::{
        IP_TTL, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, IPV6_UNICAST_HOPS, IPV6_V6ONLY,
        MSG_NOSIGNAL, SO_KEEPALIVE, SO_RCVBUF, SO_REUSEADDR, SO_SNDBUF, SOCK_DGRAM, SOCK_STREAM,
        SOL_SOCKET, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_USER_TIMEOUT,
    };

    system_calls! {
        /// `read`.
        read = __NR_read, "nanocc:sys/read", [fd, at, len] (fd, at, len);
        /// `write`.
        write = __NR_write, "nanocc:sys/write", [fd, at, len] (fd, at, len);
        /// `write` to standard error, for messages.
        write_message = __NR_write, "nanocc:sys/write-message", [2, at, len] (at, len);
        /// `close`.
        close = __NR_close, "nanocc:sys/close", [fd] (fd);
        /// `ppoll` without a mask of signals.
        ppoll = __NR_ppoll, "nanocc:sys/ppoll", [at, count, timeout, 0, 8] (at, count, timeout);
        /// `clock_gettime`, where the vDSO can't tell.
        clock_gettime = __NR_clock_gettime, "nanocc:sys/clock_gettime", [clock, at] (clock, at);
        /// `clock_getres`.
        clock_getres = __NR_clock_getres, "nanocc:sys/clock_getres", [clock, at] (clock, at);
        /// `getrandom` without flags.
        getrandom = __NR_getrandom, "nanocc:sys/getrandom", [at, len, 0] (at, len);
        /// `ioctl` `TCGETS`: whether a descriptor is a terminal's.
        ioctl_tcgets = __NR_ioctl, "nanocc:sys/ioctl-tcgets", [fd, linux_raw_sys::ioctl::TCGETS as usize, at] (fd, at);
        /// `mmap` of private, anonymous memory to read and write, at `at` with these flags besides.
        mmap_data = __NR_mmap, "nanocc:sys/mmap-data",
            [at, len, (PROT_READ | PROT_WRITE) as usize, flags | (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE) as usize, usize::MAX, 0]
            (at, len, flags);
        /// `munmap`.
        munmap = __NR_munmap, "nanocc:sys/munmap", [at, len] (at, len);
        /// `socket` of a stream, which doesn't block and isn't passed on.
        socket_stream = __NR_socket, "nanocc:sys/socket-stream",
            [family, SOCK_STREAM as usize | (O_NONBLOCK | O_CLOEXEC) as usize, 0] (family);
        /// The same of datagrams.
        socket_datagram = __NR_socket, "nanocc:sys/socket-datagram",
            [family, SOCK_DGRAM as usize | (O_NONBLOCK | O_CLOEXEC) as usize, 0] (family);
        /// `bind`.
        bind = __NR_bind, "nanocc:sys/bind", [fd, at, len] (fd, at, len);
        /// `listen`.
        listen = __NR_listen, "nanocc:sys/listen", [fd, backlog] (fd, backlog);
        /// `accept4` of a socket that doesn't block and isn't passed on; `len` is where the length of the address's room stands.
        accept = __NR_accept4, "nanocc:sys/accept4", [fd, at, len, (O_NONBLOCK | O_CLOEXEC) as usize] (fd, at, len);
        /// `getsockname`.
        getsockname = __NR_getsockname, "nanocc:sys/getsockname", [fd, at, len] (fd, at, len);
        /// `getpeername`.
        getpeername = __NR_getpeername, "nanocc:sys/getpeername", [fd, at, len] (fd, at, len);
        /// `shutdown`.
        shutdown = __NR_shutdown, "nanocc:sys/shutdown", [fd, how] (fd, how);
        /// `sendto` without a signal where nobody reads.
        sendto = __NR_sendto, "nanocc:sys/sendto", [fd, at, len, MSG_NOSIGNAL as usize, to, to_len] (fd, at, len, to, to_len);
        /// `recvfrom`; `from_len` is where the length of the address's room stands.
        recvfrom = __NR_recvfrom, "nanocc:sys/recvfrom", [fd, at, len, 0, from, from_len] (fd, at, len, from, from_len);
        /// `setsockopt` of an `int`. There is one such function for each option, so that the options are known.
        set_reuse_address = __NR_setsockopt, "nanocc:sys/setsockopt-reuseaddr",
            [fd, SOL_SOCKET as usize, SO_REUSEADDR as usize, at, 4] (fd, at);
        /// See [`set_reuse_address`].
        set_v6_only = __NR_setsockopt, "nanocc:sys/setsockopt-v6only", [fd, IPPROTO_IPV6 as usize, IPV6_V6ONLY as usize, at, 4] (fd, at);
        /// See [`set_reuse_address`].
        set_keep_alive = __NR_setsockopt, "nanocc:sys/setsockopt-keepalive",
            [fd, SOL_SOCKET as usize, SO_KEEPALIVE as usize, at, 4] (fd, at);
        /// See [`set_reuse_address`].
        set_keep_idle = __NR_setsockopt, "nanocc:sys/setsockopt-keepidle",
            [fd, IPPROTO_TCP as usize, TCP_KEEPIDLE as usize, at, 4] (fd, at);
        /// See [`set_reuse_address`].
        set_keep_interval = __NR_setsockopt, "nanocc:sys/setsockopt-keepintvl",
            [fd, IPPROTO_TCP as usize, TCP_KEEPINTVL as usize, at, 4] (fd, at);
        /// See [`set_reuse_address`].
        set_keep_count = __NR_setsockopt, "nanocc:sys/setsockopt-keepcnt",
            [fd, IPPROTO_TCP as usize, TCP_KEEPCNT as usize, at, 4] (fd, at);
        /// See [`set_reuse_address`].
        set_user_timeout = __NR_setsockopt, "nanocc:sys/setsockopt-user-timeout",
            [fd, IPPROTO_TCP as usize, TCP_USER_TIMEOUT as usize, at, 4] (fd, at);
        /// See [`set_reuse_address`].
        set_ttl = __NR_setsockopt, "nanocc:sys/setsockopt-ttl", [fd, IPPROTO_IP as usize, IP_TTL as usize, at, 4] (fd, at);
        /// See [`set_reuse_address`].
        set_hops = __NR_setsockopt, "nanocc:sys/setsockopt-hops", [fd, IPPROTO_IPV6 as usize, IPV6_UNICAST_HOPS as usize, at, 4] (fd, at);
        /// See [`set_reuse_address`].
        set_receive_buffer = __NR_setsockopt, "nanocc:sys/setsockopt-rcvbuf",
            [fd, SOL_SOCKET as usize, SO_RCVBUF as usize, at, 4] (fd, at);
        /// See [`set_reuse_address`].
        set_send_buffer = __NR_setsockopt, "nanocc:sys/setsockopt-sndbuf",
            [fd, SOL_SOCKET as usize, SO_SNDBUF as usize, at, 4] (fd, at);
        /// `getsockopt`: asking changes nothing, so one function is for all options (but `SO_ERROR`, which it takes away).
        getsockopt = __NR_getsockopt, "nanocc:sys/getsockopt", [fd, level, option, at, len] (fd, level, option, at, len);
        /// `connect`.
        connect = __NR_connect, "nanocc:sys/connect", [fd, at, len] (fd, at, len);
        /// `ioctl` `SIOCGIFINDEX`: the number of an interface.
        ioctl_siocgifindex = __NR_ioctl, "nanocc:sys/ioctl-siocgifindex", [fd, linux_raw_sys::ioctl::SIOCGIFINDEX as usize, at] (fd, at);
        /// `openat2`.
        openat2 = __NR_openat2, "nanocc:sys/openat2", [fd, path, how, size_of::<open_how>()] (fd, path, how);
        /// `openat` that doesn't follow a symbolic link, nor leave the descriptor to another program.
        openat_nofollow = __NR_openat, "nanocc:sys/openat-nofollow",
            [fd, path, flags | (O_NOFOLLOW | O_CLOEXEC) as usize, mode] (fd, path, flags, mode);
        /// `readlinkat`.
        readlinkat = __NR_readlinkat, "nanocc:sys/readlinkat", [fd, path, at, len] (fd, path, at, len);
        /// `fstatfs`.
        fstatfs = __NR_fstatfs, "nanocc:sys/fstatfs", [fd, at] (fd, at);
        /// `pread64`.
        pread64 = __NR_pread64, "nanocc:sys/pread64", [fd, at, len, offset] (fd, at, len, offset);
        /// `pwrite64`.
        pwrite64 = __NR_pwrite64, "nanocc:sys/pwrite64", [fd, at, len, offset] (fd, at, len, offset);
        /// `pwritev2` of one block with `RWF_APPEND`: at the end, wherever that is by then.
        pwritev2_append = __NR_pwritev2, "nanocc:sys/pwritev2-append", [fd, block, 1, 0, 0, RWF_APPEND as usize] (fd, block);
        /// `fcntl` `F_SETFL` to append from now on.
        fcntl_append = __NR_fcntl, "nanocc:sys/fcntl-append", [fd, F_SETFL as usize, O_APPEND as usize] (fd);
        /// `fcntl` `F_SETFL` to append no longer.
        fcntl_no_append = __NR_fcntl, "nanocc:sys/fcntl-no-append", [fd, F_SETFL as usize, 0] (fd);
        /// `copy_file_range`.
        copy_file_range = __NR_copy_file_range, "nanocc:sys/copy_file_range",
            [from, from_offset, to, to_offset, len, 0] (from, from_offset, to, to_offset, len);
        /// `lseek` from the start.
        lseek_set = __NR_lseek, "nanocc:sys/lseek-set", [fd, offset, SEEK_SET as usize] (fd, offset);
        /// `getdents64`.
        getdents64 = __NR_getdents64, "nanocc:sys/getdents64", [fd, at, len] (fd, at, len);
        /// `fstat`.
        fstat = __NR_fstat, "nanocc:sys/fstat", [fd, at] (fd, at);
        /// `newfstatat` that doesn't follow a symbolic link.
        fstatat_nofollow = __NR_newfstatat, "nanocc:sys/fstatat-nofollow", [fd, path, at, AT_SYMLINK_NOFOLLOW as usize] (fd, path, at);
        /// `fsync`.
        fsync = __NR_fsync, "nanocc:sys/fsync", [fd] (fd);
        /// `fdatasync`.
        fdatasync = __NR_fdatasync, "nanocc:sys/fdatasync", [fd] (fd);
        /// `ftruncate`.
        ftruncate = __NR_ftruncate, "nanocc:sys/ftruncate", [fd, size] (fd, size);
        /// `fadvise64`.
        fadvise64 = __NR_fadvise64, "nanocc:sys/fadvise64", [fd, offset, len, advice] (fd, offset, len, advice);
        /// `utimensat` of an open file.
        futimens = __NR_utimensat, "nanocc:sys/futimens", [fd, 0, times, 0] (fd, times);
        /// `utimensat` with `AT_EMPTY_PATH`: of a file that was opened with `O_PATH`, too.
        utimensat_empty = __NR_utimensat, "nanocc:sys/utimensat-empty", [fd, path, times, AT_EMPTY_PATH as usize] (fd, path, times);
        /// `utimensat` that doesn't follow a symbolic link.
        utimensat_nofollow = __NR_utimensat, "nanocc:sys/utimensat-nofollow",
            [fd, path, times, AT_SYMLINK_NOFOLLOW as usize] (fd, path, times);
        /// `mkdirat`.
        mkdirat = __NR_mkdirat, "nanocc:sys/mkdirat", [fd, path, mode] (fd, path, mode);
        /// `unlinkat` of what isn't a directory.
        unlinkat = __NR_unlinkat, "nanocc:sys/unlinkat", [fd, path, 0] (fd, path);
        /// `unlinkat` of a directory.
        unlinkat_directory = __NR_unlinkat, "nanocc:sys/unlinkat-directory", [fd, path, AT_REMOVEDIR as usize] (fd, path);
        /// `renameat2` without flags.
        renameat2 = __NR_renameat2, "nanocc:sys/renameat2", [from, name, to, path, 0] (from, name, to, path);
        /// `linkat` that doesn't follow a symbolic link.
        linkat = __NR_linkat, "nanocc:sys/linkat", [from, name, to, path, 0] (from, name, to, path);
        /// `symlinkat`.
        symlinkat = __NR_symlinkat, "nanocc:sys/symlinkat", [target, fd, path] (target, fd, path);
        /// `fcntl` `F_GETPIPE_SZ`: how many bytes a pipe takes.
        fcntl_getpipe_sz = __NR_fcntl, "nanocc:sys/fcntl-getpipe_sz", [fd, F_GETPIPE_SZ as usize] (fd);
        /// `ioctl` `FIONREAD`: how many bytes can be read at once.
        ioctl_fionread = __NR_ioctl, "nanocc:sys/ioctl-fionread", [fd, linux_raw_sys::ioctl::FIONREAD as usize, at] (fd, at);
        /// `write` to whoever called the program by `nanocc run --invoke`.
        write_result = __NR_write, "nanocc:sys/write-result", [fd, at, len] (fd, at, len);
    }
}

/// The calls that are made before the program's first instruction, and never again.
pub mod start {
    use linux_raw_sys::general::*;

    /// Of `linux/prctl.h`.
    const PR_SET_NO_NEW_PRIVS: u32 = 38;
    /// Of `linux/seccomp.h`.
    const SECCOMP_SET_MODE_FILTER: usize = 1;

    system_calls! {
        /// `rt_sigaction`.
        rt_sigaction = __NR_rt_sigaction, "nanocc:start/rt_sigaction", [signal, action, 0, 8] (signal, action);
        /// `sigaltstack`.
        sigaltstack = __NR_sigaltstack, "nanocc:start/sigaltstack", [stack, 0] (stack);
        /// `openat`.
        openat = __NR_openat, "nanocc:start/openat", [fd, path, flags, mode] (fd, path, flags, mode);
        /// `setitimer`, once: without asking for what the timer was set to.
        setitimer = __NR_setitimer, "nanocc:start/setitimer", [timer, at, 0] (timer, at);
        /// `rt_sigprocmask` `SIG_UNBLOCK`.
        unblock_signals = __NR_rt_sigprocmask, "nanocc:start/unblock-signals", [SIG_UNBLOCK as usize, mask, 0, 8] (mask);
        /// `fcntl` `F_GETFD`: whether a descriptor is open.
        fcntl_getfd = __NR_fcntl, "nanocc:start/fcntl-getfd", [fd, F_GETFD as usize] (fd);
        /// `prctl` `PR_SET_NO_NEW_PRIVS`.
        no_new_privileges = __NR_prctl, "nanocc:start/no-new-privileges", [PR_SET_NO_NEW_PRIVS as usize, 1, 0, 0, 0] ();
        /// `seccomp` `SECCOMP_SET_MODE_FILTER`.
        seccomp = __NR_seccomp, "nanocc:start/seccomp", [SECCOMP_SET_MODE_FILTER, flags, program] (flags, program);
        /// `landlock_create_ruleset`.
        landlock_create_ruleset = __NR_landlock_create_ruleset, "nanocc:start/landlock_create_ruleset",
            [attributes, size, flags] (attributes, size, flags);
        /// `landlock_add_rule`.
        landlock_add_rule = __NR_landlock_add_rule, "nanocc:start/landlock_add_rule",
            [rules, kind, rule, 0] (rules, kind, rule);
        /// `landlock_restrict_self`.
        landlock_restrict_self = __NR_landlock_restrict_self, "nanocc:start/landlock_restrict_self", [rules, 0] (rules);
        /// `close`.
        close = __NR_close, "nanocc:start/close", [fd] (fd);
    }
}

/// What a system call returned.
#[inline]
pub fn check(result: isize) -> Result<usize, Errno> {
    if result < 0 {
        Err(Errno::from_raw_os_error(-result as i32))
    } else {
        Ok(result as usize)
    }
}

/// `read`.
pub fn read(descriptor: i32, into: &mut [MaybeUninit<u8>]) -> Result<usize, Errno> {
    // SAFETY: the kernel writes within the slice.
    check(unsafe { call::read(descriptor as usize, into.as_mut_ptr().addr(), into.len()) })
}

/// `write`.
pub fn write(descriptor: i32, bytes: &[u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel reads the slice.
    check(unsafe { call::write(descriptor as usize, bytes.as_ptr().addr(), bytes.len()) })
}

/// `close`. Whatever it says, the descriptor is closed (Linux).
pub fn close(descriptor: i32) {
    // SAFETY: no memory is touched.
    unsafe { call::close(descriptor as usize) };
}

/// `openat2`: the new descriptor.
pub fn openat2(directory: i32, path: &CStr, how: &general::open_how) -> Result<i32, Errno> {
    let how: *const general::open_how = how;
    // SAFETY: the kernel reads the string and the structure.
    let result = unsafe { call::openat2(directory as usize, path.as_ptr().addr(), how.addr()) };
    check(result).map(|descriptor| descriptor as i32)
}

/// `openat` with `O_NOFOLLOW` and `O_CLOEXEC`: the new descriptor.
pub fn openat_nofollow(directory: i32, path: &CStr, flags: u32, mode: u32) -> Result<i32, Errno> {
    // SAFETY: the kernel reads the string.
    let result = unsafe {
        call::openat_nofollow(
            directory as usize,
            path.as_ptr().addr(),
            flags as usize,
            mode as usize,
        )
    };
    check(result).map(|descriptor| descriptor as i32)
}

/// `readlinkat`: how many bytes of the link's text there are, at most as many as there is room for.
pub fn readlinkat(directory: i32, path: &CStr, into: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel reads the string and writes within the slice.
    check(unsafe {
        call::readlinkat(
            directory as usize,
            path.as_ptr().addr(),
            into.as_mut_ptr().addr(),
            into.len(),
        )
    })
}

/// `fstatfs`: the file system that a descriptor's file is on.
pub fn fstatfs(descriptor: i32) -> Result<general::statfs, Errno> {
    let mut found = MaybeUninit::<general::statfs>::uninit();
    // SAFETY: the kernel writes the structure, all of it if it succeeds.
    unsafe {
        check(call::fstatfs(
            descriptor as usize,
            found.as_mut_ptr().addr(),
        ))?;
        Ok(found.assume_init())
    }
}

/// `struct pollfd`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct PollFd {
    /// The descriptor.
    pub descriptor: i32,
    /// The events that are asked for: `POLLIN` ...
    pub events: i16,
    /// The events that there are.
    pub ready: i16,
}

/// `ppoll`: how many are ready. Without a timeout it waits for ever.
pub fn poll(polled: &mut [PollFd], timeout: Option<&crate::clock::Time>) -> Result<usize, Errno> {
    // The kernel writes the time that is left to it.
    let mut left = timeout.copied();
    let timeout = left.as_mut().map_or(0, |time| (&raw mut *time).addr());
    // SAFETY: the kernel writes to the slice and the time.
    check(unsafe { call::ppoll(polled.as_mut_ptr().addr(), polled.len(), timeout) })
}

/// Whether a descriptor is a terminal's.
pub fn is_terminal(descriptor: i32) -> bool {
    let mut settings = MaybeUninit::<general::termios2>::uninit();
    // SAFETY: the kernel writes a `struct termios`, which is shorter.
    unsafe { call::ioctl_tcgets(descriptor as usize, settings.as_mut_ptr().addr()) == 0 }
}

/// `exit_group`: ends the process.
#[inline(never)]
#[cfg_attr(not(test), unsafe(export_name = "nanocc:sys/exit_group"))]
pub extern "C" fn exit_group(status: i32) -> ! {
    // SAFETY: the call doesn't return and touches no memory of ours.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!("syscall", "ud2", in("rax") general::__NR_exit_group, in("rdi") status, options(noreturn, nostack));
        #[cfg(target_arch = "aarch64")]
        asm!("svc #0", "udf #0", in("x8") general::__NR_exit_group, in("x0") status, options(noreturn, nostack));
    }
}

/// `rt_sigaction` with every signal blocked while the handler runs.
///
/// # Safety
///
/// `handler` is a signal handler's address that fits `flags`, or `SIG_IGN`, or `SIG_DFL`.
pub unsafe fn sigaction(signal: u32, handler: usize, flags: u32) {
    /// The kernel's `struct sigaction`; both architectures have the restorer's field.
    #[repr(C)]
    struct Action {
        handler: usize,
        flags: usize,
        restorer: usize,
        mask: u64,
    }
    let (flags, restorer) = restorer(flags as usize);
    let action = Action {
        handler,
        flags,
        restorer,
        mask: u64::MAX,
    };
    // SAFETY: `action` has the layout that the kernel reads; it writes nothing. It can't fail: the
    // signals are valid and catchable.
    unsafe { start::rt_sigaction(signal as usize, (&raw const action).addr()) };
}

/// On x86-64 the kernel delivers no signal without a restorer. Ours returns to the kernel as any
/// other, though only the driver's handlers return, so no other program needs this call: it isn't in [`call`].
#[cfg(target_arch = "x86_64")]
fn restorer(flags: usize) -> (usize, usize) {
    #[unsafe(naked)]
    #[cfg_attr(not(test), unsafe(export_name = "nanocc_rt_sigreturn"))]
    extern "C" fn restore() {
        core::arch::naked_asm!("mov eax, {number}", "syscall", "ud2", number = const general::__NR_rt_sigreturn)
    }
    (
        flags | general::SA_RESTORER as usize,
        restore as *const () as usize,
    )
}

/// The kernel's own page for user space returns from handlers here.
#[cfg(target_arch = "aarch64")]
fn restorer(flags: usize) -> (usize, usize) {
    (flags, 0)
}

/// `sigaltstack`: handlers with `SA_ONSTACK` run in the `size` bytes at `base`.
///
/// # Safety
///
/// Nothing else uses that memory, for the life of the process.
pub unsafe fn sigaltstack(base: *mut c_void, size: usize) {
    #[repr(C)]
    struct Stack {
        base: *mut c_void,
        flags: i32,
        size: usize,
    }
    let stack = Stack {
        base,
        flags: 0,
        size,
    };
    // SAFETY: `stack` has the layout that the kernel reads; it writes nothing. It can't fail: the
    // size is larger than any architecture's minimum.
    unsafe { start::sigaltstack((&raw const stack).addr()) };
}

/// A cell of the shim's own state.
///
/// A program has one thread, and its signal handlers end the process without touching the state, so
/// nothing can see a cell change under its hands. The unit tests, which have threads, make do with
/// [`crate::testing::lock`].
pub struct SingleThread<T>(pub T);

// SAFETY: see above.
unsafe impl<T> Sync for SingleThread<T> {}
