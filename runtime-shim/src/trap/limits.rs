//! Limits that were fixed when the program was compiled: what they say in reports of traps, and the program's time.
//!
//! A component that is refused something for a limit is told what it would be told by a machine that has no more (`memory.grow`
//! gives -1, opening a file an error); most programs then trap a little later, for a reason that has nothing to do with limits any
//! more. So a report of a trap ends with a line for each limit that somebody has come to:
//!
//! ```text
//! error: wasm trap: wasm `unreachable` instruction executed
//!   in component `store`, function `abort`, at module offset 0x1f3
//!   note: component `store` has come to its limit: 16 MiB of memory (--max-memory)
//! ```
//!
//! A program whose time is up is interrupted wherever it is, by a signal that nothing blocks. The handler is on a
//! stack of its own and doesn't return, as those for faults, so it doesn't matter what it interrupts.
//!
//! In a program without limits there is nothing of this but a test of [`ProgramInfo::report_limits`].
//!
//! [`ProgramInfo::report_limits`]: nanocc_shim_abi::ProgramInfo::report_limits

use core::ffi::c_void;

use linux_raw_sys::general::{
    ITIMER_PROF, ITIMER_REAL, SA_ONSTACK, SA_SIGINFO, SIGALRM, SIGPROF, itimerval, timeval,
};
use nanocc_shim_abi::{Instance, Limit, ProgramLimits, TRAP_STATUS, Trap, limit};

use super::report::Message;
use super::signal::{Context, SignalInfo, end_sent};
use super::{add_place, caller, table};
use crate::program;
use crate::sys;

#[cfg(not(test))]
fn limits() -> &'static ProgramLimits {
    unsafe extern "C" {
        #[link_name = "__nanocc_limits"]
        static LIMITS: ProgramLimits;
    }
    // SAFETY: the compiler defines the symbol, read-only, in every program that comes here.
    unsafe { &LIMITS }
}

#[cfg(test)]
fn limits() -> &'static ProgramLimits {
    static NONE: ProgramLimits = ProgramLimits {
        limits: nanocc_shim_abi::List {
            address: 0,
            count: 0,
        },
        wall_time: 0,
        cpu_time: 0,
    };
    &NONE
}

/// Adds to a report what the components were refused.
pub(super) fn add(message: &mut Message) {
    let report = program::info().report_limits;
    if report != 0 {
        // SAFETY: it is the address of the function below.
        let report: extern "C" fn(&mut Message) =
            unsafe { core::mem::transmute(program::address(report)) };
        report(message);
    }
}

/// [`nanocc_shim_abi::intrinsic::REPORT_LIMITS`]: a line for each limit that was come to.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn nanocc_report_limits(message: &mut Message) {
    // SAFETY: the list holds such limits.
    for limit in unsafe { program::list::<Limit>(limits().limits) } {
        let instance = program::address(limit.instance).cast::<Instance>();
        // SAFETY: the instance is one of the program's, and the program doesn't go on.
        let (path, refused) = unsafe { ((*instance).path, (*instance).quota.refused) };
        if refused & limit.kind != 0 {
            line(message, program::string(path), limit);
        }
    }
}

/// The line for `limit` of the component at `path`.
fn line(message: &mut Message, path: &[u8], limit: &Limit) {
    let many = |one, more| if limit.most == 1 { one } else { more };
    let (most, unit, flag) = match limit.kind {
        limit::MEMORY => {
            let (most, unit) = match limit.most {
                bytes if bytes != 0 && bytes & 0xf_ffff == 0 => (bytes >> 20, " MiB of memory"),
                bytes if bytes != 0 && bytes & 0x3ff == 0 => (bytes >> 10, " KiB of memory"),
                bytes => (bytes, many(" byte of memory", " bytes of memory")),
            };
            (most, unit, "--max-memory")
        }
        limit::TABLE_ELEMENTS => (
            limit.most,
            many(" table element", " table elements"),
            "--max-table-elements",
        ),
        limit::HANDLES => (limit.most, many(" handle", " handles"), "--max-handles"),
        _ => (
            limit.most,
            many(" open file", " open files"),
            "--max-open-files",
        ),
    };
    message
        .text("  note: component `")
        .name(path)
        .text("` has come to its limit: ")
        .decimal(most)
        .text(unit)
        .text(" (")
        .text(flag)
        .text(")\n");
}

/// `nanocc_shim_abi::prepare::LIMITS`: starts the clocks.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn nanocc_prepare_limits() {
    let limits = limits();
    let mut signals = 0u64;
    for (timer, signal, micros) in [
        (ITIMER_REAL, SIGALRM, limits.wall_time),
        (ITIMER_PROF, SIGPROF, limits.cpu_time),
    ] {
        if micros == 0 {
            continue;
        }
        let time = |micros: u64| timeval {
            tv_sec: (micros / 1_000_000) as i64,
            tv_usec: (micros % 1_000_000) as i64,
        };
        let setting = itimerval {
            it_interval: time(0),
            it_value: time(micros),
        };
        let handler = on_time as *const () as usize;
        // SAFETY: the handler fits SA_SIGINFO; the kernel reads the setting.
        unsafe {
            sys::sigaction(signal, handler, SA_SIGINFO | SA_ONSTACK);
            sys::start::setitimer(timer as usize, (&raw const setting).addr());
        }
        signals |= 1 << (signal - 1);
    }
    // Whoever started the program may have blocked them, and that is inherited.
    if signals != 0 {
        // SAFETY: the kernel reads the mask.
        unsafe { sys::start::unblock_signals((&raw const signals).addr()) };
    }
}

/// The program's time is up.
extern "C" fn on_time(signal: i32, signal_info: *const SignalInfo, context: *mut c_void) {
    // SAFETY: the kernel hands over its structures; these are their beginnings.
    let (signal_info, context) = unsafe { (&*signal_info, &*context.cast::<Context>()) };
    let wall = signal as u32 == SIGALRM;
    if signal_info.code <= 0 {
        end_sent(if wall { "SIGALRM" } else { "SIGPROF" }, signal_info);
    }
    let pc = context.pc();
    let place = match table::function_at(program::trap_table(), pc) {
        Some(function) => Some((function, function.place_at(pc))),
        // In the shim, or before the program's first instruction.
        None => caller(
            context.frame_pointer(),
            context.return_address(program::info()),
        ),
    };
    let mut message = Message::new();
    message.trap(Trap::Interrupt);
    add_place(&mut message, place);
    let (of, time) = if wall {
        (" of time (--timeout)\n", limits().wall_time)
    } else {
        (" of processor time (--cpu-timeout)\n", limits().cpu_time)
    };
    message.text("  note: the program has come to its limit: ");
    let (time, unit) = match time {
        time if time % 1_000_000 == 0 => (time / 1_000_000, " s"),
        time if time % 1000 == 0 => (time / 1000, " ms"),
        time => (time, " us"),
    };
    message.decimal(time).text(unit).text(of);
    nanocc_report_limits(&mut message);
    message.flush();
    sys::exit_group(TRAP_STATUS)
}

#[cfg(test)]
mod tests;
