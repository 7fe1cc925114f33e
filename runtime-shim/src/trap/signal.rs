//! Faulting instructions: the signals that the kernel sends for them.
//!
//! What a signal means is decided from where the fault was and which instruction caused it:
//!
//! | fault | instruction | meaning |
//! |---|---|---|
//! | in the guard below the stack | any | the stack overflowed |
//! | in the guests' range | has an out-of-bounds entry | out of bounds memory access |
//! | not a memory fault (a check of the bounds) | has an out-of-bounds entry | the same |
//! | any | has another entry | that entry's trap |
//! | any | has no entry | internal error |
//!
//! An entry counts only at exactly the instruction's address, and an access's fault is out of bounds only
//! where guests' memories are: one elsewhere would mean that isolation has failed, and
//! isn't made to look like the guest's mistake.
//!
//! The handler runs on its own stack and never returns (except into the [driver](crate::driver), in the test suite's
//! variant). It allocates nothing and takes no lock, so it
//! doesn't matter what it interrupted.

use core::cell::UnsafeCell;
use core::ffi::c_void;

use linux_raw_sys::general::{
    SA_ONSTACK, SA_SIGINFO, SIGBUS, SIGFPE, SIGILL, SIGPIPE, SIGSEGV, SIGXFSZ,
};
use nanocc_shim_abi::{ProgramInfo, STACK_GUARD, Trap};

use super::report::Message;
use super::table::{self, Function};
use super::{caller, end, end_internal};
use crate::program;
use crate::sys::{self, SingleThread};

/// Bytes of the handlers' stack: room for the largest register file that a kernel saves there.
const STACK: usize = 65536;

#[repr(C, align(16))]
struct Stack([u8; STACK]);

/// In `.bss`: it costs no memory before the first signal.
static SIGNAL_STACK: SingleThread<UnsafeCell<Stack>> =
    SingleThread(UnsafeCell::new(Stack([0; STACK])));

/// Installs the handlers: eight system calls.
///
/// Whoever started the program may have blocked signals, and that is inherited; a fault whose signal is blocked would end it without
/// a word.
///
/// SIGTRAP is left alone, for debuggers. SIGPIPE is ignored, for the life of the program: writing to
/// a pipe that nobody reads has to give the stream's `closed`, and a report of a trap its status. So is SIGXFSZ: a file that may
/// not grow is an error of the write.
pub fn install() {
    // SAFETY: nothing else knows the stack; the handler fits SA_SIGINFO; the kernel reads the set.
    unsafe {
        sys::sigaltstack(SIGNAL_STACK.0.get().cast(), STACK);
        let handler = on_fault as *const () as usize;
        for signal in SIGNALS {
            sys::sigaction(signal, handler, SA_SIGINFO | SA_ONSTACK);
        }
        for signal in [SIGPIPE, SIGXFSZ] {
            sys::sigaction(signal, SIG_IGN, 0);
        }
        sys::start::unblock_signals((&raw const FAULTS).addr());
    }
}

/// The signals of faults.
const SIGNALS: [u32; 4] = [SIGSEGV, SIGBUS, SIGILL, SIGFPE];

/// The same as a set.
static FAULTS: u64 = 1 << (SIGSEGV - 1) | 1 << (SIGBUS - 1) | 1 << (SIGILL - 1) | 1 << (SIGFPE - 1);

/// `SIG_IGN` as the kernel takes it.
const SIG_IGN: usize = 1;

/// `siginfo_t`, as far as it is read here.
#[repr(C)]
pub(super) struct SignalInfo {
    signal: i32,
    errno: i32,
    /// At most 0 for a signal that a process sent.
    pub(super) code: i32,
    _padding: i32,
    /// The faulting address, or the sender's process id.
    address: u64,
}

/// `ucontext_t` of x86-64, as far as it is read here.
#[cfg(target_arch = "x86_64")]
#[repr(C)]
pub(crate) struct Context {
    _flags_link_stack: [u64; 5],
    _r8_to_rsi: [u64; 10],
    rbp: u64,
    _rbx_rdx: [u64; 2],
    rax: u64,
    _rcx: u64,
    rsp: u64,
    rip: u64,
}

/// `ucontext_t` of aarch64, as far as it is read here.
#[cfg(target_arch = "aarch64")]
#[repr(C)]
pub(crate) struct Context {
    _flags_link_stack: [u64; 5],
    _mask: [u64; 17],
    _fault_address: u64,
    x: [u64; 31],
    sp: u64,
    pc: u64,
}

impl Context {
    /// The instruction that faulted or was interrupted.
    pub(super) fn pc(&self) -> u64 {
        #[cfg(target_arch = "x86_64")]
        return self.rip;
        #[cfg(target_arch = "aarch64")]
        return self.pc;
    }

    /// Lets the program go on at `pc` with this stack pointer, as if a function had returned `result` there.
    #[cfg(any(nanocc_driver, not(nanocc_standalone)))]
    pub(crate) fn resume(&mut self, pc: usize, sp: usize, result: u32) {
        #[cfg(target_arch = "x86_64")]
        {
            self.rax = u64::from(result);
            self.rsp = sp as u64;
            self.rip = pc as u64;
        }
        #[cfg(target_arch = "aarch64")]
        {
            self.x[0] = u64::from(result);
            self.sp = sp as u64;
            self.pc = pc as u64;
        }
    }

    pub(super) fn frame_pointer(&self) -> usize {
        #[cfg(target_arch = "x86_64")]
        return self.rbp as usize;
        #[cfg(target_arch = "aarch64")]
        return self.x[29] as usize;
    }

    /// Where the return address is if the function has just been entered: the stack pointer's word
    /// on x86-64, a register on aarch64.
    pub(super) fn return_address(&self, info: &ProgramInfo) -> Option<usize> {
        #[cfg(target_arch = "x86_64")]
        {
            let in_stack =
                self.rsp >= info.stack_low && self.rsp.checked_add(8)? <= info.stack_high;
            let at = core::ptr::with_exposed_provenance::<usize>(self.rsp as usize);
            // SAFETY: the word lies in the program's stack.
            (in_stack && self.rsp.is_multiple_of(8)).then(|| unsafe { *at })
        }
        #[cfg(target_arch = "aarch64")]
        {
            let _ = info;
            Some(self.x[30] as usize)
        }
    }
}

/// What a fault is.
#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    /// A trap, at this source location if it is known.
    Trap(Trap, Option<u32>),
    /// Not the program's doing.
    Internal,
}

/// The table above. `function` is the one that holds the instruction at `pc`.
fn meaning(
    info: &ProgramInfo,
    function: Option<&Function<'_>>,
    memory_fault: bool,
    address: u64,
    pc: u64,
) -> Meaning {
    if memory_fault && address < info.stack_low && info.stack_low - address <= STACK_GUARD {
        return Meaning::Trap(Trap::StackOverflow, None);
    }
    let entry = function.and_then(|f| f.trap_at(pc));
    let guests = info.guest_low..info.guest_high;
    match entry {
        // An access faults within the guests' range, nowhere else; a check of the bounds traps by an
        // undefined instruction.
        Some((Trap::MemoryOutOfBounds, _)) if memory_fault && !guests.contains(&address) => {
            Meaning::Internal
        }
        Some((trap, location)) => Meaning::Trap(trap, Some(location)),
        None => Meaning::Internal,
    }
}

extern "C" fn on_fault(signal: i32, signal_info: *const SignalInfo, context: *mut c_void) {
    // SAFETY: the kernel hands over its structures; these are their beginnings.
    let (fault, context) = unsafe { (&*signal_info, &mut *context.cast::<Context>()) };
    let info = program::info();
    let (signal, pc) = (signal as u32, context.pc());
    let memory_fault = signal == SIGSEGV || signal == SIGBUS;
    let function = table::function_at(program::trap_table(), pc);
    let sent = fault.code <= 0;
    if !sent {
        let meaning = meaning(info, function.as_ref(), memory_fault, fault.address, pc);
        #[cfg(nanocc_driver)]
        if let Meaning::Trap(trap, _) = meaning {
            return crate::driver::recover(context, trap);
        }
        match meaning {
            Meaning::Trap(Trap::StackOverflow, None) => {
                let place = match function {
                    Some(function) => {
                        let location = function.location;
                        Some((function, Some(location)))
                    }
                    None => caller(context.frame_pointer(), context.return_address(info)),
                };
                end(Trap::StackOverflow, place)
            }
            Meaning::Trap(trap, location) => end(trap, function.map(|f| (f, location))),
            Meaning::Internal => {}
        }
    }
    let name = match signal {
        SIGSEGV => "SIGSEGV",
        SIGBUS => "SIGBUS",
        SIGILL => "SIGILL",
        _ => "SIGFPE",
    };
    if sent {
        end_sent(name, fault);
    }
    let mut message = Message::new();
    message
        .text("error: internal error: ")
        .text(name)
        .text(" at address ")
        .hex(fault.address);
    message.text(", pc ").hex(pc).text("\n");
    if signal == SIGILL && cfg!(target_arch = "x86_64") {
        message
            .text("  programs need a processor of level x86-64-v2 (SSE4.2 and POPCNT) or above\n");
    }
    let place = match function {
        Some(function) => Some((function, None)),
        None => caller(context.frame_pointer(), context.return_address(info)),
    };
    end_internal(message, place)
}

/// Ends the program for a signal that isn't about it.
pub(super) fn end_sent(name: &str, signal: &SignalInfo) -> ! {
    let mut message = Message::new();
    message
        .text("error: ended by ")
        .text(name)
        .text(", which process ");
    message.decimal(signal.address as u32).text(" sent\n");
    message.flush();
    sys::exit_group(nanocc_shim_abi::TRAP_STATUS)
}

#[cfg(test)]
mod tests;
