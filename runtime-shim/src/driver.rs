//! Drives a script, step by step: the entry of the test suite's executables. No product contains it.
//!
//! Commands come on standard input, answers go to standard output, all numbers little-endian:
//!
//! ```text
//! command   u32 step, then 16 bytes for each of its arguments
//! answer    u32 trap (0 if there was none), then, without a trap, 16 bytes for each result;
//!           where the result is a memory: u64 length, and its bytes
//! ```
//!
//! At the end of the input the process exits with status 0. Whatever isn't a trap of the program's ends it
//! as in a product, with a message.
//!
//! # Recovery
//!
//! A trap ends the running step and nothing else: memories, tables and globals keep what the step has written. [`call`]
//! leaves the registers that a callee has to preserve on the stack and notes where. A trap goes there, drops all
//! frames in between, and returns its number in place of 0. A fault does so by changing the
//! registers that the kernel restores when the handler returns, so that the signal mask is restored and the
//! handlers' stack is free for the next one; a function of the shim that raises a trap jumps.

use core::cell::{Cell, UnsafeCell};

use nanocc_shim_abi::{STEP_MEMORY, STEP_SLOT, Step, StepTable, Trap};
use rustix::io::Errno;

use crate::program::address;
use crate::sys::{self, SingleThread};
use crate::trap::internal_error;
use crate::trap::signal::Context;

unsafe extern "C" {
    #[link_name = "__nanocc_steps"]
    static STEPS: StepTable;
}

/// Most arguments, and most results: the limit of WebAssembly's implementations.
const SLOTS: usize = 1000;

/// Arguments, or results.
#[repr(C, align(16))]
struct Slots([u8; SLOTS * STEP_SLOT]);

static ARGS: SingleThread<UnsafeCell<Slots>> =
    SingleThread(UnsafeCell::new(Slots([0; SLOTS * STEP_SLOT])));
static RESULTS: SingleThread<UnsafeCell<Slots>> =
    SingleThread(UnsafeCell::new(Slots([0; SLOTS * STEP_SLOT])));

/// The stack pointer of the running [`call`]; 0 if there is none.
static RUNNING: SingleThread<Cell<usize>> = SingleThread(Cell::new(0));

/// Runs commands until there are no more.
pub fn run() -> ! {
    // SAFETY: the compiler defines the symbol, read-only, for the life of the program, and that many
    // steps where it points.
    let steps: &[Step] = unsafe {
        core::slice::from_raw_parts(
            address(STEPS.steps).cast_const().cast(),
            STEPS.count as usize,
        )
    };
    let mut number = [0; 4];
    while read(&mut number) {
        let Some(step) = steps.get(u32::from_le_bytes(number) as usize) else {
            internal_error("the script has no such step");
        };
        let memory = step.results == STEP_MEMORY;
        let results = if memory { 2 } else { step.results as usize };
        let params = step.params as usize;
        if params > SLOTS || results > SLOTS {
            internal_error("a step has too many arguments or results");
        }
        // SAFETY: nothing else refers to the slots now.
        let args = unsafe { &mut (&mut (*ARGS.0.get()).0)[..params * STEP_SLOT] };
        if !args.is_empty() && !read(args) {
            internal_error("a command ends too early");
        }
        // SAFETY: the compiler's function of this signature, with the slots that it is to have.
        let trap = unsafe {
            call(
                step.thunk as usize,
                ARGS.0.get().cast(),
                RESULTS.0.get().cast(),
                RUNNING.0.as_ptr(),
            )
        };
        RUNNING.0.set(0);
        write(&trap.to_le_bytes());
        if trap == 0 {
            // SAFETY: nothing else refers to the slots now.
            let results = unsafe { &(&(*RESULTS.0.get()).0)[..results * STEP_SLOT] };
            if memory {
                let at = |slot: usize| {
                    let mut bytes = [0; 8];
                    bytes.copy_from_slice(&results[slot * STEP_SLOT..][..8]);
                    u64::from_le_bytes(bytes)
                };
                let (start, len) = (at(0), at(1));
                write(&len.to_le_bytes());
                // SAFETY: the step gives address and length of a memory, which is mapped that far; no guest runs now.
                write(unsafe {
                    core::slice::from_raw_parts(address(start).cast_const().cast(), len as usize)
                });
            } else {
                write(results);
            }
        }
    }
    sys::exit_group(0)
}

/// Ends the running step with `trap`, from a signal handler that was given `context` and returns then.
pub(crate) fn recover(context: &mut Context, trap: Trap) {
    let sp = RUNNING.0.get();
    if sp == 0 {
        internal_error("a trap outside of a step");
    }
    context.resume(landing as *const () as usize, sp, trap as u32);
}

/// Ends the running step with `trap`, from a function of the shim.
pub fn abandon(trap: Trap) -> ! {
    let sp = RUNNING.0.get();
    if sp == 0 {
        internal_error("a trap outside of a step");
    }
    // SAFETY: `call` is running and left its frame there; the frames that are dropped are compiled code's and the
    // shim's, which have nothing to clean up.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        core::arch::asm!("mov rsp, {sp}", "jmp {landing}", sp = in(reg) sp, landing = sym landing,
            in("eax") trap as u32, options(noreturn));
        #[cfg(target_arch = "aarch64")]
        core::arch::asm!("mov sp, {sp}", "b {landing}", sp = in(reg) sp, landing = sym landing,
            in("w0") trap as u32, options(noreturn));
    }
}

/// Calls `thunk(args, results)`, with the stack pointer that [`landing`] needs in `running`. Returns 0, or the
/// trap that has ended it.
///
/// # Safety
///
/// `thunk` is the address of a step's function, and `args` and `results` are what it reads and writes.
#[unsafe(naked)]
unsafe extern "C" fn call(
    thunk: usize,
    args: *const u8,
    results: *mut u8,
    running: *mut usize,
) -> u32 {
    #[cfg(target_arch = "x86_64")]
    core::arch::naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "sub rsp, 8",
        "mov [rcx], rsp",
        "mov rax, rdi",
        "mov rdi, rsi",
        "mov rsi, rdx",
        "call rax",
        "xor eax, eax",
        "jmp {landing}",
        landing = sym landing,
    );
    #[cfg(target_arch = "aarch64")]
    core::arch::naked_asm!(
        "stp x29, x30, [sp, #-160]!",
        "mov x29, sp",
        "stp x19, x20, [sp, #16]",
        "stp x21, x22, [sp, #32]",
        "stp x23, x24, [sp, #48]",
        "stp x25, x26, [sp, #64]",
        "stp x27, x28, [sp, #80]",
        "stp d8, d9, [sp, #96]",
        "stp d10, d11, [sp, #112]",
        "stp d12, d13, [sp, #128]",
        "stp d14, d15, [sp, #144]",
        "mov x9, sp",
        "str x9, [x3]",
        "mov x9, x0",
        "mov x0, x1",
        "mov x1, x2",
        "blr x9",
        "mov w0, #0",
        "b {landing}",
        landing = sym landing,
    );
}

/// The end of [`call`]: the stack pointer is as it was noted, the result is in place.
#[unsafe(naked)]
unsafe extern "C" fn landing() {
    #[cfg(target_arch = "x86_64")]
    core::arch::naked_asm!(
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    );
    #[cfg(target_arch = "aarch64")]
    core::arch::naked_asm!(
        "ldp d14, d15, [sp, #144]",
        "ldp d12, d13, [sp, #128]",
        "ldp d10, d11, [sp, #112]",
        "ldp d8, d9, [sp, #96]",
        "ldp x27, x28, [sp, #80]",
        "ldp x25, x26, [sp, #64]",
        "ldp x23, x24, [sp, #48]",
        "ldp x21, x22, [sp, #32]",
        "ldp x19, x20, [sp, #16]",
        "ldp x29, x30, [sp], #160",
        "ret",
    );
}

/// Fills `buffer` from standard input; `false` if the input ends before.
fn read(buffer: &mut [u8]) -> bool {
    let mut at = 0;
    while at < buffer.len() {
        let rest = &mut buffer[at..];
        // SAFETY: the kernel writes within the slice; if the program has no descriptor 0, it says so.
        let got = unsafe { sys::call::read(0, rest.as_mut_ptr().addr(), rest.len()) };
        match sys::check(got) {
            Ok(0) => return false,
            Ok(n) => at += n,
            Err(Errno::INTR) => {}
            Err(_) => internal_error("reading a command failed"),
        }
    }
    true
}

/// Writes all of `bytes` to standard output.
fn write(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match sys::write(1, bytes) {
            Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(_) => internal_error("writing an answer failed"),
        }
    }
}
