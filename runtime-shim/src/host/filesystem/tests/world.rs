//! A guest with a megabyte of memory, and a directory of the test's own.

use std::cell::Cell;
use std::os::fd::IntoRawFd;
use std::path::{Path, PathBuf};
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicU32, Ordering};

use nanocc_shim_abi::{Caller, HandleTable, Instance, Memory, NO_ANNEX, StringRef, encoding};

use crate::bindings::filesystem::types::{
    Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags,
};
use crate::guest::{Borrow, Cx, GuestSlice, GuestStr, NewList, NewStr, Own, Resource};
use crate::host::filesystem::descriptor::{self, MUTATE, READ, State};
use crate::host::filesystem::types;
use crate::host::open;

const LENGTH: usize = 1 << 20;
/// Where the strings lie that the tests pass.
const SCRATCH: u32 = 4096;
/// Where the guest's `realloc` starts to give out blocks.
const HEAP: u32 = 512 << 10;

thread_local! {
    static NEXT: Cell<u32> = const { Cell::new(HEAP) };
    /// The sizes that `realloc` was asked for.
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

/// Gives out blocks one after another, in a ring: what the tests read, they read at once. A block that shrinks stays.
extern "C" fn realloc(old: u32, _: u32, align: u32, size: u32) -> u32 {
    ASKED.set(ASKED.get() + 1);
    if old != 0 {
        return old;
    }
    let mut at = NEXT.get().next_multiple_of(align);
    if at + size > LENGTH as u32 {
        at = HEAP;
    }
    NEXT.set(at + size);
    at
}

/// See the module.
pub struct World {
    /// The directory, with links resolved.
    pub path: PathBuf,
    pub caller: &'static Caller,
    pub instance: *mut Instance,
    base: *mut u8,
    _lock: MutexGuard<'static, ()>,
}

pub const READ_ONLY: DescriptorFlags = DescriptorFlags::READ;
pub const READ_WRITE: DescriptorFlags = DescriptorFlags::READ.union(DescriptorFlags::WRITE);
pub const NONE: OpenFlags = OpenFlags::from_bits(0);
pub const FOLLOW: PathFlags = PathFlags::SYMLINK_FOLLOW;
pub const NO_FOLLOW: PathFlags = PathFlags::from_bits(0);

impl World {
    pub fn new() -> World {
        World::of(encoding::UTF8)
    }

    /// The same, of a guest whose strings have this encoding.
    pub fn of(encoding: u64) -> World {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let lock = crate::testing::lock();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("nanocc-files-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        let base = Box::leak(vec![0u64; LENGTH / 8].into_boxed_slice())
            .as_mut_ptr()
            .cast::<u8>();
        let instance: *mut Instance = Box::leak(Box::new(instance()));
        let memory = Box::leak(Box::new(Memory {
            base: base.expose_provenance() as u64,
            bytes: LENGTH as u64,
            max_bytes: LENGTH as u64,
            instance: instance.expose_provenance() as u64,
            annex: NO_ANNEX,
        }));
        let caller = Box::leak(Box::new(Caller {
            instance: instance.expose_provenance() as u64,
            memory: (&raw mut *memory).expose_provenance() as u64,
            realloc: realloc as *const () as u64,
            encoding,
        }));
        World {
            path: path.canonicalize().unwrap(),
            caller,
            instance,
            base,
            _lock: lock,
        }
    }

    pub fn cx(&self) -> Cx {
        // SAFETY: the caller and what it refers to are leaked, and no guest's code runs beside the test.
        unsafe { Cx::enter(self.caller) }
    }

    /// Limits how many files the instance may have open.
    pub fn limit_files(&self, most: u32) {
        // SAFETY: the instance is leaked, and nobody refers to it now.
        unsafe { (*self.instance).quota.files = most };
    }

    /// How many files the instance has open.
    pub fn files(&self) -> u32 {
        // SAFETY: as above.
        unsafe { (*self.instance).files }
    }

    /// The test's directory, as it would be preopened.
    pub fn preopen(&self, writable: bool) -> Own<Descriptor> {
        World::preopen_of(&self.path, writable)
    }

    /// Another directory.
    pub fn preopen_of(path: &Path, writable: bool) -> Own<Descriptor> {
        let directory = std::fs::File::open(path).unwrap().into_raw_fd();
        descriptor::new(State {
            file: open::standing(directory),
            flags: READ | if writable { MUTATE } else { 0 },
            directory: true,
        })
    }

    /// Bytes in the guest's memory.
    pub fn bytes(&self, bytes: &[u8]) -> GuestSlice<u8> {
        self.put(SCRATCH, bytes);
        GuestSlice::lift(&self.cx(), SCRATCH, bytes.len() as u32)
    }

    fn put(&self, at: u32, bytes: &[u8]) {
        assert!(at as usize + bytes.len() <= HEAP as usize);
        // SAFETY: within the memory.
        unsafe {
            let at = self.base.add(at as usize);
            core::ptr::copy_nonoverlapping(bytes.as_ptr(), at, bytes.len());
        }
    }

    fn get(&self, at: u32, len: u32) -> Vec<u8> {
        assert!(at as usize + len as usize <= LENGTH);
        // SAFETY: within the memory.
        unsafe { core::slice::from_raw_parts(self.base.add(at as usize), len as usize) }.to_vec()
    }

    /// A string in the guest's memory, the first of two.
    pub fn string(&self, text: &str) -> GuestStr {
        self.string_at(SCRATCH, text)
    }

    /// The second of two.
    pub fn second(&self, text: &str) -> GuestStr {
        self.string_at(SCRATCH + 65536, text)
    }

    fn string_at(&self, at: u32, text: &str) -> GuestStr {
        if self.caller.encoding == encoding::UTF8 {
            self.put(at, text.as_bytes());
            return GuestStr::lift(&self.cx(), at, text.len() as u32);
        }
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.put(at, &units);
        GuestStr::lift(&self.cx(), at, units.len() as u32 / 2)
    }

    /// What is in a list that was lowered.
    pub fn list(&self, list: NewList<u8>) -> Vec<u8> {
        self.cx().store(16, list);
        self.block()
    }

    /// What is in a string that was lowered.
    pub fn text(&self, text: NewStr) -> String {
        self.cx().store(16, text);
        String::from_utf8(self.block()).unwrap()
    }

    fn block(&self) -> Vec<u8> {
        let word = |at| u32::from_le_bytes(self.get(at, 4).try_into().unwrap());
        self.get(word(16), word(20))
    }

    /// How often `realloc` was called since this was last asked.
    pub fn reallocations(&self) -> u32 {
        ASKED.take()
    }

    pub fn open(
        &self,
        directory: &Own<Descriptor>,
        path: &str,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> Result<Own<Descriptor>, ErrorCode> {
        let path = self.string(path);
        types::descriptor_open_at(
            &mut self.cx(),
            lend(directory),
            FOLLOW,
            path,
            open_flags,
            flags,
        )
    }

    /// A file of the host's.
    pub fn file(&self, name: &str, contents: &[u8]) -> PathBuf {
        let path = self.path.join(name);
        std::fs::write(&path, contents).unwrap();
        path
    }

    pub fn drop(&self, descriptor: Own<Descriptor>) {
        types::drop_descriptor(&mut self.cx(), descriptor);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// Lends what the test owns.
pub fn lend<R: Resource>(own: &Own<R>) -> Borrow<R> {
    Borrow::new(own.rep())
}

fn instance() -> Instance {
    // SAFETY: zeros are an instance that may not be entered nor left, without handles.
    let empty = unsafe { core::mem::zeroed::<Instance>() };
    Instance {
        may_leave: 1,
        may_enter: 1,
        path: StringRef { offset: 0, len: 0 },
        handles: HandleTable {
            entries: 0,
            len: 0,
            capacity: 0,
            free: 0,
            borrows: 0,
        },
        quota: nanocc_shim_abi::Quota::NONE,
        ..empty
    }
}
