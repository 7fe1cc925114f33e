//! The start of a program, and what the kernel handed to it.
//!
//! The kernel enters `_start` with its own stack, which holds the arguments, the environment and the
//! auxiliary vector. The program runs on a stack of its own instead, at a place where the compiler
//! knows what lies below it: unmapped space, so that running out of stack is a fault and not a
//! neighbour's data. The kernel's stack stays as it is; the host functions read it.
//!
//! Starting costs eight system calls (the trap handlers') and touches one page of the shim's data.
//!
//! # What the kernel maps
//!
//! A guest can reach every byte of its memory's slot, so nothing may ever be mapped in the unmapped part of it.
//! The image and the shim keep to that by construction. The kernel maps three things of its own before the
//! first instruction: the stack, the vDSO and, beside the vDSO, its data pages. They lie high (the compiler keeps the
//! slots below where they usually are), but where exactly depends on limits, randomisation and the
//! kernel's configuration: `ulimit -s unlimited` brings them down to the middle of the address space. So [`run`] looks
//! before any guest runs, and refuses to run where they are too near. Afterwards the kernel maps nothing that the
//! shim doesn't ask for (the stack, which isn't used any more, doesn't grow; `brk` isn't called).

pub mod parameters;

use core::cell::Cell;

#[cfg(all(nanocc_standalone, not(test)))]
use linux_raw_sys::auxvec::AT_SYSINFO_EHDR;
#[cfg(any(nanocc_standalone, test))]
use nanocc_shim_abi::ProgramInfo;

use crate::sys::SingleThread;

/// The stack pointer at entry: the argument count, the arguments, null, the environment, null, the
/// auxiliary vector.
static KERNEL_STACK: SingleThread<Cell<*const usize>> = SingleThread(Cell::new(core::ptr::null()));

/// The entry point.
#[cfg(all(nanocc_standalone, not(test)))]
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    use core::mem::offset_of;

    unsafe extern "C" {
        static __nanocc_program: ProgramInfo;
    }

    // The frame pointer is zeroed: it ends the chain of frames that trap reports follow.
    #[cfg(target_arch = "x86_64")]
    core::arch::naked_asm!(
        "xor ebp, ebp",
        "mov rdi, rsp",
        "mov rsp, [rip + {program} + {stack}]",
        "call {run}",
        "ud2",
        program = sym __nanocc_program,
        stack = const offset_of!(ProgramInfo, stack_high),
        run = sym run,
    );
    #[cfg(target_arch = "aarch64")]
    core::arch::naked_asm!(
        "mov x29, #0",
        "mov x30, #0",
        "mov x0, sp",
        "adrp x1, {program}",
        "add x1, x1, :lo12:{program}",
        "ldr x1, [x1, {stack}]",
        "mov sp, x1",
        "bl {run}",
        "udf #0",
        program = sym __nanocc_program,
        stack = const offset_of!(ProgramInfo, stack_high),
        run = sym run,
    );
}

/// Runs the program on its own stack.
#[cfg(all(nanocc_standalone, not(test)))]
unsafe extern "C" fn run(kernel_stack: *const usize) -> ! {
    KERNEL_STACK.0.set(kernel_stack);
    crate::trap::signal::install();
    let info = crate::program::info();
    if !is_clear(info, kernel_stack.addr(), auxiliary(AT_SYSINFO_EHDR)) {
        refuse();
    }
    #[cfg(nanocc_driver)]
    crate::driver::run();
    #[cfg(not(nanocc_driver))]
    {
        unsafe extern "C" {
            fn __nanocc_main() -> u32;
        }

        // SAFETY: the list holds addresses of functions of this type, the shim's.
        for prepare in unsafe { crate::program::list::<extern "C" fn()>(info.prepare) } {
            prepare();
        }
        #[cfg(nanocc_unchecked)]
        crate::attempt::from_arguments();
        // SAFETY: the compiler's, with this signature.
        let status = unsafe { __nanocc_main() };
        end(status as i32)
    }
}

/// What is done before the program ends by itself, once there may be something. As for `open.rs`'s files, the cell
/// is read in a way that nobody can foresee the value of.
static BEFORE_END: SingleThread<Cell<Option<Last>>> = SingleThread(Cell::new(None));

/// Something to do at the end.
type Last = fn();

/// Has something done before the program ends, unless it traps.
pub fn before_end(function: Last) {
    BEFORE_END.0.set(Some(function));
}

/// Ends the program.
pub fn end(status: i32) -> ! {
    // SAFETY: the cell is there, and written by nobody else now.
    if let Some(function) = unsafe { BEFORE_END.0.as_ptr().read_volatile() } {
        function();
    }
    crate::sys::exit_group(status)
}

/// How far around an address that the kernel tells of its own mappings may reach: the data pages below the vDSO
/// (at most 8 of 64 KiB), the vDSO itself (at most 2 of 64 KiB), and what it maps of the stack below the
/// stack pointer (128 KiB).
#[cfg(any(nanocc_standalone, test))]
const MARGIN: u64 = 1 << 20;

/// Whether the kernel's stack, which reaches from `stack` on up, and the vDSO at `vdso` lie outside of the
/// guests' memories and gaps.
#[cfg(any(nanocc_standalone, test))]
fn is_clear(info: &ProgramInfo, stack: usize, vdso: Option<usize>) -> bool {
    let above = |at: usize| at as u64 >= info.guest_high.saturating_add(MARGIN);
    let below = |at: usize| at as u64 <= info.guest_low.saturating_sub(MARGIN);
    let no_guests = info.guest_low == info.guest_high;
    no_guests || above(stack) && vdso.is_none_or(|at| above(at) || below(at))
}

/// The exit status of a program that can't run here: the shells' for what can't be executed.
const CANNOT_RUN: i32 = 126;

/// Ends the program before it has begun, with a message on standard error.
#[cold]
pub fn cannot_run(message: &mut crate::trap::report::Message) -> ! {
    message.flush();
    crate::sys::exit_group(CANNOT_RUN)
}

/// `nanocc_shim_abi::prepare::DESCRIPTORS`: where a standard descriptor is closed, the next one that the program opens would
/// get its number, and be written to as standard output. `/dev/null`, opened for reading alone or for writing alone, makes
/// what uses the stream fail as on a closed one.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn nanocc_prepare_descriptors() {
    use crate::sys::{check, start};
    use linux_raw_sys::general::{O_RDONLY, O_WRONLY};

    for descriptor in 0..3usize {
        // SAFETY: no memory is touched.
        if check(unsafe { start::fcntl_getfd(descriptor) }).is_ok() {
            continue;
        }
        // The wrong direction: reading from standard input fails, as it did.
        let flags = if descriptor == 0 { O_WRONLY } else { O_RDONLY };
        let path = c"/dev/null".as_ptr().addr();
        // SAFETY: the path is a C string. The lowest free number is this one.
        let opened = check(unsafe { start::openat(usize::MAX, path, flags as usize, 0) });
        if opened != Ok(descriptor) {
            let mut message = crate::trap::report::Message::new();
            cannot_run(message.text(
                "error: a standard stream is closed, and /dev/null can't be opened in its place\n",
            ))
        }
    }
}

/// Ends the program before it has begun.
#[cold]
#[inline(never)]
#[cfg(all(nanocc_standalone, not(test)))]
fn refuse() -> ! {
    cannot_run(crate::trap::report::Message::new()
        .text(
            "error: the system has put its own pages (stack or vDSO) where the program's memories are\n  \
             run it with a smaller limit on the stack (`ulimit -s`), or without `setarch -L`\n",
        ))
}

/// The program's arguments, the name it was called by first.
pub fn arguments() -> Strings {
    Strings(KERNEL_STACK.0.get().wrapping_add(1).cast())
}

/// The program's environment, entries of the form `NAME=value`.
pub fn environment() -> Strings {
    // SAFETY: the count is the first word.
    let count = unsafe { *KERNEL_STACK.0.get() };
    Strings(KERNEL_STACK.0.get().wrapping_add(count + 2).cast())
}

/// The value of an entry of the auxiliary vector (`AT_…` in linux-raw-sys).
pub fn auxiliary(key: u32) -> Option<usize> {
    let mut strings = environment();
    while strings.next().is_some() {}
    let mut entry = strings.0.wrapping_add(1).cast::<[usize; 2]>();
    loop {
        // SAFETY: the vector lies behind the environment's null and ends with AT_NULL.
        let [k, value] = unsafe { *entry };
        match k {
            0 => return None,
            k if k == key as usize => return Some(value),
            _ => entry = entry.wrapping_add(1),
        }
    }
}

/// A list of C strings that ends with null, on the kernel's stack.
#[derive(Clone)]
pub struct Strings(*const *const u8);

impl Iterator for Strings {
    type Item = &'static [u8];

    fn next(&mut self) -> Option<&'static [u8]> {
        // SAFETY: the list ends with null, and isn't read past it.
        let string = unsafe { *self.0 };
        if string.is_null() {
            return None;
        }
        self.0 = self.0.wrapping_add(1);
        // SAFETY: the kernel's strings end with a zero byte and live as long as the program.
        Some(unsafe { core::ffi::CStr::from_ptr(string.cast()) }.to_bytes())
    }
}

#[cfg(test)]
mod tests;
