//! The system calls that rustix keeps out of its public interface: signals and the end of the
//! process.

use core::arch::asm;
use core::ffi::c_void;

use linux_raw_sys::general;

/// `exit_group`: ends the process.
pub fn exit_group(status: i32) -> ! {
    // SAFETY: the call doesn't return and touches no memory of ours.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!("syscall", "ud2", in("rax") general::__NR_exit_group, in("rdi") status, options(noreturn, nostack));
        #[cfg(target_arch = "aarch64")]
        asm!("svc #0", "udf #0", in("x8") general::__NR_exit_group, in("x0") status, options(noreturn, nostack));
    }
}

/// A system call with four arguments: what the kernel returned, an error as `-errno`.
///
/// # Safety
///
/// As the system call's.
#[inline]
unsafe fn call4(number: u32, a: usize, b: usize, c: usize, d: usize) -> isize {
    let result: isize;
    // SAFETY: the kernel keeps every register that isn't named here; memory is the caller's word.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!("syscall", inlateout("rax") number as usize => result, in("rdi") a, in("rsi") b,
            in("rdx") c, in("r10") d, lateout("rcx") _, lateout("r11") _, options(nostack));
        #[cfg(target_arch = "aarch64")]
        asm!("svc #0", in("x8") number as usize, inlateout("x0") a => result, in("x1") b,
            in("x2") c, in("x3") d, options(nostack));
    }
    result
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
    unsafe {
        call4(
            general::__NR_rt_sigaction,
            signal as usize,
            (&raw const action).addr(),
            0,
            8,
        )
    };
}

/// On x86-64 the kernel delivers no signal without a restorer. Ours returns to the kernel as any
/// other, though only the driver's handlers return.
#[cfg(target_arch = "x86_64")]
fn restorer(flags: usize) -> (usize, usize) {
    #[unsafe(naked)]
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
    unsafe {
        call4(
            general::__NR_sigaltstack,
            (&raw const stack).addr(),
            0,
            0,
            0,
        )
    };
}

/// A cell of the shim's own state.
///
/// A program has one thread, and its signal handlers end the process without touching the state, so
/// nothing can see a cell change under its hands. The unit tests, which have threads, make do with
/// [`crate::testing::lock`].
pub struct SingleThread<T>(pub T);

// SAFETY: see above.
unsafe impl<T> Sync for SingleThread<T> {}

/// `clock_gettime` or `clock_getres`, which write to `time`.
///
/// # Safety
///
/// There is room for a `struct timespec`.
pub unsafe fn clock(number: u32, clock: u32, time: *mut c_void) {
    // SAFETY: the caller's. It can't fail for the clocks that every kernel has.
    unsafe { call4(number, clock as usize, time.addr(), 0, 0) };
}
