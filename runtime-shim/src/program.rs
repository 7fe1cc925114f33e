//! What the compiler and the linker laid out in this executable.

use core::ffi::c_void;

use nanocc_shim_abi::{List, ProgramAuthority, ProgramInfo, StringRef};

#[cfg(not(test))]
mod symbols {
    use nanocc_shim_abi::{ProgramAuthority, ProgramInfo};

    unsafe extern "C" {
        #[link_name = "__nanocc_authority"]
        pub static AUTHORITY: ProgramAuthority;
        #[link_name = "__nanocc_program"]
        pub static PROGRAM: ProgramInfo;
        #[link_name = "__nanocc_start_traps"]
        pub static TRAPS_START: u8;
        #[link_name = "__nanocc_stop_traps"]
        pub static TRAPS_STOP: u8;
    }
}

/// The program's description.
#[cfg_attr(test, allow(unused_unsafe))]
pub fn info() -> &'static ProgramInfo {
    // SAFETY: the compiler defines the symbol, read-only, for the life of the program.
    unsafe { &symbols::PROGRAM }
}

/// What the program was granted as a whole.
#[cfg_attr(test, allow(unused_unsafe))]
pub fn authority() -> &'static ProgramAuthority {
    // SAFETY: the compiler defines the symbol, read-only, in each program that something in `ProgramInfo::prepare` needs it in.
    unsafe { &symbols::AUTHORITY }
}

/// The bytes of the trap table.
pub fn trap_table() -> &'static [u8] {
    let start = &raw const symbols::TRAPS_START;
    let stop = &raw const symbols::TRAPS_STOP;
    if cfg!(test) {
        return &[];
    }
    // SAFETY: the linker defines the two symbols as the ends of one read-only section.
    unsafe { core::slice::from_raw_parts(start, stop.addr() - start.addr()) }
}

/// The bytes of the functions' source locations.
pub fn locations() -> &'static [u8] {
    let info = info();
    let at = info.locations as usize as *const u8;
    // SAFETY: the compiler's table has that many bytes there.
    unsafe { core::slice::from_raw_parts(at, info.location_bytes as usize) }
}

/// A string of the program's tables; UTF-8.
pub fn string(s: StringRef) -> &'static [u8] {
    if s.len == 0 {
        return &[];
    }
    let at = (info().strings as usize as *const u8).wrapping_offset(s.offset as i32 as isize);
    // SAFETY: the compiler's reference lies within its strings.
    unsafe { core::slice::from_raw_parts(at, s.len as usize) }
}

/// The elements of a list of the compiler's.
///
/// # Safety
///
/// The list holds `T`s, and nobody writes to them.
pub unsafe fn list<T>(list: List) -> &'static [T] {
    if list.count == 0 {
        return &[];
    }
    // SAFETY: the caller's.
    unsafe { core::slice::from_raw_parts(address(list.address).cast(), list.count as usize) }
}

/// An address that the contract keeps as a number, as a pointer.
pub fn address(at: u64) -> *mut c_void {
    core::ptr::with_exposed_provenance_mut(at as usize)
}

/// The symbols of a program, for the unit tests: no code, and a range that nothing else uses.
#[cfg(test)]
mod symbols {
    use nanocc_shim_abi::{ABI_VERSION, List, ProgramAuthority, ProgramInfo};

    pub static PROGRAM: ProgramInfo = ProgramInfo {
        version: ABI_VERSION,
        location_bytes: 0,
        locations: 8,
        strings: 1,
        stack_low: 0,
        stack_high: 0,
        shim_range: 0x2000_0000_0000,
        shim_range_len: 1 << 40,
        guest_low: 0,
        guest_high: 0,
        prepare: List {
            address: 0,
            count: 0,
        },
        report_limits: 0,
    };
    const EMPTY: List = List {
        address: 0,
        count: 0,
    };
    pub static AUTHORITY: ProgramAuthority = ProgramAuthority {
        parameters: EMPTY,
        directories: EMPTY,
        parameter_rules: EMPTY,
        rules: EMPTY,
    };
    pub static TRAPS_START: u8 = 0;
    pub static TRAPS_STOP: u8 = 0;
}
