//! A component instance that is a block of bytes, with a `realloc` that does as it is told.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::MutexGuard;

use nanocc_shim_abi::{Caller, HandleTable, Instance, Memory, NO_ANNEX, StringRef, Trap, encoding};

/// Bytes of the guests' memories at first, and what they may become.
pub const LENGTH: u64 = 4096;
pub const MOST: u64 = 8192;
/// Bytes on both sides of a memory that nothing may touch.
pub const GUARD: usize = 4096;
/// Where the guests' `realloc` starts to give out blocks.
pub const HEAP: u32 = 1024;

thread_local! {
    /// What host functions saw.
    static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    /// The running test's guest, for `realloc`.
    static GUEST: Cell<*const Guest> = const { Cell::new(std::ptr::null()) };
}

pub fn log(seen: String) {
    LOG.with_borrow_mut(|log| log.push(seen));
}

pub fn logged() -> Vec<String> {
    LOG.take()
}

/// What a guest's `realloc` does.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Behaviour {
    /// Gives out blocks one after another.
    Allocate,
    /// Returns this.
    Return(u32),
    /// Grows the memory and gives out a block in the new part.
    Grow,
}

/// The arguments of a call of `realloc`, and `may_leave` meanwhile.
pub type Reallocation = ((u32, u32, u32, u32), u32);

/// A component instance with a memory.
pub struct Guest {
    /// `GUARD` bytes, the memory, `GUARD` bytes; 8-aligned.
    bytes: Vec<u64>,
    pub instance: Box<Instance>,
    pub memory: Box<Memory>,
    pub caller: &'static Caller,
    pub behaviour: Cell<Behaviour>,
    next: Cell<u32>,
    /// The calls of `realloc` since they were last asked for.
    calls: RefCell<Vec<Reallocation>>,
    _lock: MutexGuard<'static, ()>,
}

pub const CANARY: u64 = 0xc0ff_ee00_dead_beef;

impl Guest {
    /// A guest that the thread's `realloc` is of. It is boxed, since that has its address.
    pub fn new() -> Box<Guest> {
        Guest::of(encoding::UTF8)
    }

    /// The same, of a guest whose strings have this encoding.
    pub fn of(encoding: u64) -> Box<Guest> {
        let lock = crate::testing::lock();
        logged();
        let words = (2 * GUARD + MOST as usize) / 8;
        let mut bytes = vec![CANARY; words];
        bytes[GUARD / 8..(GUARD + LENGTH as usize) / 8].fill(0);
        let base = bytes.as_mut_ptr().expose_provenance() + GUARD;
        let mut memory = Box::new(Memory {
            base: base as u64,
            bytes: LENGTH,
            max_bytes: MOST,
            instance: 0,
            annex: NO_ANNEX,
        });
        let mut instance = Box::new(Instance {
            may_leave: 1,
            may_enter: 1,
            scope: 0,
            files: 0,
            authority: 0,
            path: StringRef { offset: 0, len: 0 },
            handles: HandleTable {
                entries: 0,
                len: 0,
                capacity: 0,
                free: 0,
                borrows: 0,
            },
            quota: nanocc_shim_abi::Quota::NONE,
        });
        let caller = Box::leak(Box::new(Caller {
            instance: (&raw mut *instance).expose_provenance() as u64,
            memory: (&raw mut *memory).expose_provenance() as u64,
            realloc: realloc as *const () as u64,
            encoding,
        }));
        let guest = Box::new(Guest {
            bytes,
            instance,
            memory,
            caller,
            behaviour: Cell::new(Behaviour::Allocate),
            next: Cell::new(HEAP),
            calls: RefCell::default(),
            _lock: lock,
        });
        GUEST.set(&raw const *guest);
        guest
    }

    pub fn base(&self) -> *mut u8 {
        std::ptr::with_exposed_provenance_mut(self.memory.base as usize)
    }

    /// Writes bytes into the memory.
    pub fn put(&self, at: u32, bytes: &[u8]) -> u32 {
        assert!(at as usize + bytes.len() <= LENGTH as usize);
        // SAFETY: within the memory; nothing else refers to it now.
        unsafe {
            self.base()
                .add(at as usize)
                .copy_from_nonoverlapping(bytes.as_ptr(), bytes.len())
        };
        at
    }

    /// Reads bytes of the memory.
    pub fn get(&self, at: u32, len: usize) -> Vec<u8> {
        assert!(at as usize + len <= MOST as usize);
        // SAFETY: as in `put`.
        unsafe { std::slice::from_raw_parts(self.base().add(at as usize), len) }.to_vec()
    }

    pub fn get_u32(&self, at: u32) -> u32 {
        u32::from_le_bytes(self.get(at, 4).try_into().expect("four bytes"))
    }

    /// The string or bytes whose address and length lie at `at`.
    pub fn get_list(&self, at: u32) -> Vec<u8> {
        self.get(self.get_u32(at), self.get_u32(at + 4) as usize)
    }

    pub fn calls(&self) -> Vec<Reallocation> {
        self.calls.take()
    }

    /// That nothing beside the memory was written.
    pub fn intact(&self) -> bool {
        let end = (GUARD as u64 + self.memory.bytes) as usize / 8;
        let around = self.bytes[..GUARD / 8].iter().chain(&self.bytes[end..]);
        let mut around = around;
        // SAFETY: not a real access: the words are read volatile since `realloc` and host functions
        // write the memory behind the vector's back.
        around.all(|word| unsafe { std::ptr::read_volatile(word) } == CANARY)
    }

    /// The trap that a call ends with.
    pub fn trap<R>(&self, call: impl FnOnce(*const Caller) -> R) -> Option<Trap> {
        let end = catch_unwind(AssertUnwindSafe(|| drop(call(self.caller))));
        let message = *end.err()?.downcast::<String>().expect("a trap's message");
        let trap = Trap::ALL.into_iter().find(|trap| trap.message() == message);
        Some(trap.unwrap_or_else(|| panic!("not a trap: {message}")))
    }
}

extern "C" fn realloc(old: u32, old_size: u32, align: u32, new_size: u32) -> u32 {
    // SAFETY: the test's guest, which lives longer than the call.
    let guest = unsafe { &*GUEST.get() };
    let instance: *mut Instance =
        std::ptr::with_exposed_provenance_mut(guest.caller.instance as usize);
    // SAFETY: the shim reads and writes it through its address too.
    let may_leave = unsafe { (*instance).may_leave };
    guest
        .calls
        .borrow_mut()
        .push(((old, old_size, align, new_size), may_leave));
    match guest.behaviour.get() {
        Behaviour::Allocate if old != 0 => old,
        Behaviour::Allocate => {
            let at = guest.next.get().wrapping_add(align - 1) & !(align - 1);
            // A block that has no room lies outside of the memory.
            guest.next.set(at.wrapping_add(new_size));
            at
        }
        Behaviour::Return(at) => at,
        Behaviour::Grow => {
            let memory: *mut Memory =
                std::ptr::with_exposed_provenance_mut(guest.caller.memory as usize);
            // SAFETY: as above; the new part exists.
            unsafe {
                (*memory).bytes = MOST;
                guest
                    .base()
                    .add(LENGTH as usize)
                    .write_bytes(0, (MOST - LENGTH) as usize);
            }
            LENGTH as u32
        }
    }
}

/// Calls an exported function.
macro_rules! call {
    ($guest:expr, $function:path $(, $argument:expr)*) => {
        // SAFETY: the guest's tables are laid out as the contract says.
        unsafe { $function(&raw const *$guest.caller $(, $argument)*) }
    };
}

/// The trap that a call of an exported function ends with.
macro_rules! trap {
    ($guest:expr, $function:path $(, $argument:expr)*) => {
        // SAFETY: as in `call!`.
        $guest.trap(|caller| unsafe { $function(caller $(, $argument)*) })
    };
}

impl Guest {
    /// `may_leave` as the shim wrote it.
    pub fn caller_may_leave(&self) -> u32 {
        let instance: *const Instance =
            std::ptr::with_exposed_provenance(self.caller.instance as usize);
        // SAFETY: the guest's own instance.
        unsafe { (*instance).may_leave }
    }
}

pub(crate) use {call, trap};
