//! The loans of calls under way whose number compiled code can't know.
//!
//! A `borrow` parameter lends its handle until the call returns. Where it stands by itself, the
//! adapter keeps the handle and ends the loan (`nanocc_end_loan`). Inside a list or a variant the
//! caller may have changed the memory that the handle stood in by then, so the shim remembers: a
//! stack of (instance, handle) for the whole program, of which each adapter releases what lies
//! above the height that it found. Calls nest, so one stack serves all instances; a trap ends the
//! program, so nobody is ever left with a stale height.
//!
//! The stack is one array in the shim's range, moved to one twice as large when it is full; a
//! program that lends nothing this way maps nothing.

use core::cell::Cell;
use core::mem::size_of;
use core::ptr;

use nanocc_shim_abi::{Instance, Trap};

use crate::handles::{nanocc_end_loan, nanocc_lift_borrow};
use crate::memory;
use crate::sys::SingleThread;
use crate::trap::raise;

/// A loan under way.
#[derive(Clone, Copy)]
struct Loan {
    instance: *mut Instance,
    handle: u32,
}

struct Stack {
    loans: Cell<*mut Loan>,
    /// Loans on the stack.
    height: Cell<u32>,
    /// Loans that fit.
    capacity: Cell<u32>,
}

static STACK: SingleThread<Stack> = SingleThread(Stack {
    loans: Cell::new(ptr::null_mut()),
    height: Cell::new(0),
    capacity: Cell::new(0),
});

/// Loans of the first array.
const FIRST_CAPACITY: u32 = 256;

/// Moves the stack to an array twice as large; `None` if there is none to be had.
fn grow(stack: &Stack) -> Option<()> {
    let old = stack.capacity.get();
    let capacity = old.checked_mul(2)?.max(FIRST_CAPACITY);
    let loans = memory::map(capacity as usize * size_of::<Loan>())?.cast::<Loan>();
    if old != 0 {
        // SAFETY: the old array holds `old` loans, the new one has room for more, and they are
        // distinct mappings; the old one was mapped here with this size and is left for good.
        unsafe {
            ptr::copy_nonoverlapping(stack.loans.get(), loans, old as usize);
            memory::unmap(stack.loans.get().cast(), old as usize * size_of::<Loan>());
        }
    }
    stack.loans.set(loans);
    stack.capacity.set(capacity);
    Some(())
}

/// The height of the stack, for [`nanocc_end_loans`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn nanocc_loans_mark() -> u32 {
    STACK.0.height.get()
}

/// Lifts a `borrow` and remembers the loan.
///
/// # Safety
///
/// `instance` is one of the program's.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn nanocc_lend(instance: *mut Instance, ty: u32, handle: u32) -> u32 {
    let stack = &STACK.0;
    // SAFETY: the caller's.
    let rep = unsafe { nanocc_lift_borrow(instance, ty, handle) };
    let height = stack.height.get();
    if height == stack.capacity.get() && grow(stack).is_none() {
        raise(Trap::HandleTableFull);
    }
    // SAFETY: `height` is below `capacity`, and the array is ours.
    unsafe {
        stack
            .loans
            .get()
            .wrapping_add(height as usize)
            .write(Loan { instance, handle })
    };
    stack.height.set(height + 1);
    rep
}

/// Ends the loans above `mark`.
///
/// # Safety
///
/// `mark` is what [`nanocc_loans_mark`] returned to the same call.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn nanocc_end_loans(mark: u32) {
    let stack = &STACK.0;
    while stack.height.get() > mark {
        let top = stack.height.get() - 1;
        stack.height.set(top);
        // SAFETY: loans below the height were written by `nanocc_lend`, whose instance was good.
        unsafe {
            let loan = stack.loans.get().wrapping_add(top as usize).read();
            nanocc_end_loan(loan.instance, loan.handle);
        }
    }
}
