//! How a program ends that did what it may not.
//!
//! A trap comes to light in one of two ways. Compiled code executes an instruction that faults, and
//! the kernel calls [`signal`]'s handler; or a function of the shim finds that its caller has broken
//! a rule, and calls [`raise`]. Both say on standard error what happened and where in which
//! component, and end the process with status 134.
//!
//! Where: the program's trap table has an entry for every instruction that may fault and for every
//! return address of a call into the shim. From inside the shim the nearest such return address is
//! found by following frame pointers: compiled code and the shim both keep them.
//!
//! What isn't a trap of the program is an internal error, a fault of nanocc's, and is called that.

use nanocc_shim_abi::{TRAP_STATUS, Trap};

use crate::program;

pub(crate) mod limits;
pub(crate) mod report;
pub(crate) mod signal;
pub(crate) mod table;
pub(crate) mod unheard;

use report::Message;
use table::Function;

/// Ends the program because of `trap`, in the name of the compiled code that called the shim.
#[cold]
#[inline(never)]
#[cfg(not(test))]
pub fn raise(trap: Trap) -> ! {
    #[cfg(nanocc_driver)]
    crate::driver::abandon(trap);
    #[cfg(not(nanocc_driver))]
    end(trap, caller(frame_pointer(), None))
}

/// In unit tests, a trap is a panic with its message.
#[cfg(test)]
pub fn raise(trap: Trap) -> ! {
    panic!("{}", trap.message())
}

/// Ends the program because the shim or the compiler is at fault.
#[cold]
#[inline(never)]
pub fn internal_error(what: &str) -> ! {
    let mut message = Message::new();
    message
        .text("error: internal error: ")
        .text(what)
        .text("\n");
    end_internal(message, caller(frame_pointer(), None))
}

/// Ends the program because the system has no memory left for the shim's own tables.
#[cold]
#[inline(never)]
pub fn out_of_memory() -> ! {
    let mut message = Message::new();
    message.text("error: out of memory\n");
    add_place(&mut message, caller(frame_pointer(), None));
    message.flush();
    crate::sys::exit_group(TRAP_STATUS)
}

/// Where in the program something happened.
type Place = Option<(Function<'static>, Option<u32>)>;

/// Reports a trap and exits.
fn end(trap: Trap, place: Place) -> ! {
    let mut message = Message::new();
    message.trap(trap);
    add_place(&mut message, place);
    limits::add(&mut message);
    unheard::add(&mut message);
    message.flush();
    crate::sys::exit_group(TRAP_STATUS)
}

/// Completes the report of an internal error and exits.
fn end_internal(mut message: Message, place: Place) -> ! {
    add_place(&mut message, place);
    message.text("  this is a bug in nanocc, not in the program: please report it\n");
    message.flush();
    crate::sys::exit_group(TRAP_STATUS)
}

fn add_place(message: &mut Message, place: Place) {
    if let Some((function, source)) = place
        && let Some(location) =
            table::location_of(program::locations(), source.unwrap_or(function.location))
    {
        message.place(&location, source, program::string);
    }
}

/// The frame pointer of the function that this is inlined into.
#[inline(always)]
fn frame_pointer() -> usize {
    let fp: usize;
    // SAFETY: reads a register.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        core::arch::asm!("mov {}, rbp", out(reg) fp, options(nomem, nostack, preserves_flags));
        #[cfg(target_arch = "aarch64")]
        core::arch::asm!("mov {}, x29", out(reg) fp, options(nomem, nostack, preserves_flags));
    }
    fp
}

/// The place of the nearest caller that is compiled code: `first` if that is the return address of
/// a call into the shim, else the first return address in the chain of frames from `fp` on.
///
/// A frame is two words, the caller's frame pointer and the return address. The chain is followed
/// only while it stays in the program's stack and goes up, so it ends whatever the registers held.
fn caller(mut fp: usize, first: Option<usize>) -> Place {
    let traps = program::trap_table();
    // A call at a function's very end returns to one byte past it: hence the subtraction.
    let function_of = |address: usize| table::function_at(traps, (address as u64).wrapping_sub(1));
    if let Some(address) = first
        && let Some(function) = function_of(address)
        && let Some(location) = function.return_at(address as u64)
    {
        return Some((function, Some(location)));
    }
    let info = program::info();
    let stack = info.stack_low as usize..(info.stack_high as usize).saturating_sub(15);
    while fp.is_multiple_of(8) && stack.contains(&fp) {
        let frame = core::ptr::with_exposed_provenance::<[usize; 2]>(fp);
        // SAFETY: the two words lie in the program's stack, which is mapped.
        let [next, address] = unsafe { *frame };
        if let Some(function) = function_of(address) {
            return Some((function, function.return_at(address as u64)));
        }
        if next <= fp {
            break;
        }
        fp = next;
    }
    None
}
