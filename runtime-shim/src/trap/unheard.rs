//! Components that say why they end, and aren't heard.
//!
//! To a component without standard error it is a closed stream. Most programs ask for it at the last moment, to print a panic's
//! message or a traceback, and trap when they have; some trap because printing fails. Either way the report would
//! show where in a language's runtime it ended, and nothing of why. So it ends with who can't be heard:
//!
//! ```text
//! error: wasm trap: wasm `unreachable` instruction executed
//!   in component `store`, function `abort`, at module offset 0x1f3
//!   note: component `store` isn't granted standard error (--stderr): what it writes there is lost
//! ```
//!
//! Where several asked for it, it is the last one. A program in which nobody is denied it holds nothing of this but the test of [`NOTE`].

use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};

use nanocc_shim_abi::Instance;

use super::report::Message;
use crate::program;

/// Address of [`note`] if somebody was denied standard error, else 0: so `note` is linked where [`denied_to`] is.
static NOTE: AtomicUsize = AtomicUsize::new(0);

/// Who asked for it last.
static COMPONENT: AtomicPtr<Instance> = AtomicPtr::new(core::ptr::null_mut());

/// Notes that a component was given a closed stream for standard error.
pub fn denied_to(instance: *mut Instance) {
    COMPONENT.store(instance, Relaxed);
    NOTE.store(note as *const () as usize, Relaxed);
}

/// Adds to a report who was denied standard error.
pub(super) fn add(message: &mut Message) {
    let note = NOTE.load(Relaxed);
    if note != 0 {
        // SAFETY: nothing else is stored there than the address of the function below.
        let note: fn(&mut Message) = unsafe { core::mem::transmute(note) };
        note(message);
    }
}

fn note(message: &mut Message) {
    // SAFETY: the instance is one of the program's, and the program doesn't go on.
    let path = unsafe { (*COMPONENT.load(Relaxed)).path };
    message
        .text("  note: component `")
        .name(program::string(path))
        .text("` isn't granted standard error (--stderr): what it writes there is lost\n");
}
