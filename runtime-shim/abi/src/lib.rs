//! The contract between compiled code and the runtime shim.
//!
//! The compiler lays these structures out in the executable; the shim reads them. Both sides use
//! this one definition, so a field can't drift. Every pointer is a `u64` holding an address of the
//! final image (the structures are written by the compiler for a target, not by this machine), and
//! every structure is `repr(C)` with explicit padding.
//!
//! Who trusts whom: the shim trusts these tables; it trusts no pointer, length or handle that a
//! guest passes.
//!
//! # Calling convention
//!
//! Everything that crosses between compiled code and the shim is the platform's C convention.
//!
//! * A host function `F` of interface `I` at semver track `T` is the symbol `I@T#F`, for example
//!   `wasi:io/streams@0.2#[method]output-stream.check-write` (`nanocc_wit` makes these names). Its parameters are a `*const`
//!   [`Caller`] followed by the flattened core parameters of the canonical ABI's `canon lower`
//!   (`i32`, `i64`, `f32`, `f64`; with a return pointer where the ABI has one); its result is the
//!   flattened core result, if any. `[resource-drop]R` takes a `Caller` and a handle.
//! * The intrinsics are listed in [`intrinsic`].
//! * The compiler provides the symbols in [`compiled`].
#![no_std]
#![forbid(unsafe_code)]

/// Bytes in a WebAssembly page.
pub const WASM_PAGE: u64 = 65536;

/// Exit status of a program that trapped: what the `wasmtime` command uses (128 + SIGABRT).
pub const TRAP_STATUS: i32 = 134;

/// The run-time state of one linear memory. Lives in the data block, one for each memory.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// Address of byte 0. Never changes; compiled code has it as a constant or a symbol.
    pub base: u64,
    /// Length now, in bytes; a multiple of [`WASM_PAGE`].
    pub bytes: u64,
    /// The most `bytes` may become: at most [`ANNEX_START`] where there is an annex.
    pub max_bytes: u64,
    /// Address of the [`Instance`] whose [`Quota`] it is charged to.
    pub instance: u64,
    /// [`ANNEX_START`] where there is an annex, else [`NO_ANNEX`].
    pub annex: u64,
}

/// Where a memory's annex begins: bytes at the end of what a 32-bit address reaches that are there from the start, belong to the
/// memory and aren't counted by `memory.size` (`compiler/src/annex.rs` says whose they are).
pub const ANNEX_START: u64 = (1 << 32) - (256 * WASM_PAGE);

/// Where it ends. The last page stays free, so that the end of a range in an annex is a 32-bit address.
pub const ANNEX_END: u64 = (1 << 32) - WASM_PAGE;

/// [`Memory::annex`] of a memory that has none: no address is as high.
pub const NO_ANNEX: u64 = u64::MAX;

/// The run-time state of one table. Lives in the data block, one for each table.
///
/// An element is a `u64`. A function reference packs the code's address in its low half (the image
/// lies below 4 GiB) and its signature's number in its high half (never 0); null is 0. An external
/// reference is an opaque number; null is 0.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Address of element 0. Never changes.
    pub base: u64,
    /// Number of elements now.
    pub len: u32,
    /// The most `len` may become; the elements up to it are part of the image, zero.
    pub max_len: u32,
    /// Address of the [`Instance`] whose [`Quota`] it is charged to.
    pub instance: u64,
}

/// Size of one table element in bytes.
pub const TABLE_ELEMENT: u64 = 8;

/// The run-time state of one component instance. Lives in the data block, one for each instance
/// that owns a canonical built-in or lifts a function.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Instance {
    /// Not 0 while the instance may call out (canonical ABI: `may_leave`). Starts as 1.
    pub may_leave: u32,
    /// Not 0 while the instance may be entered (canonical ABI: `may_enter`). Starts as 1. Compiled code keeps
    /// it only for instances of which some call needs to know.
    pub may_enter: u32,
    /// How many files the instance has opened that are open now. The shim's; 0 at start.
    pub files: u32,
    /// This instance's component path in [`ProgramInfo::strings`].
    pub path: StringRef,
    /// How many calls that were lent handles run in the instance, one within the other. The shim's; 0 at start.
    pub scope: u32,
    /// Address of the [`Authority`] that the instance was granted, or 0 for none.
    pub authority: u64,
    /// The handle table, owned by the shim. All zero at start.
    pub handles: HandleTable,
    /// What the instance may have of what is limited.
    pub quota: Quota,
}

/// What a component instance may have of what is limited. Without limits it is [`Quota::NONE`].
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// Bytes by which its memories may still grow, all together.
    pub memory: u64,
    /// Elements by which its tables may still grow, all together.
    pub elements: u64,
    /// The most handles that it may have at a time.
    pub handles: u32,
    /// The most files that it may have open at a time.
    pub files: u32,
    /// What it was refused for being beyond a limit: bits of [`limit`]. The shim's; 0 at start.
    pub refused: u32,
    /// Zero.
    pub reserved: u32,
}

impl Quota {
    /// No limit but those that the machine and the specifications set.
    pub const NONE: Quota = Quota {
        memory: u64::MAX,
        elements: u64::MAX,
        handles: u32::MAX,
        files: u32::MAX,
        refused: 0,
        reserved: 0,
    };
}

/// The limits of component instances, in [`Quota::refused`] and [`Limit::kind`].
pub mod limit {
    /// Bytes of all linear memories together.
    pub const MEMORY: u32 = 1;
    /// Elements of all tables together.
    pub const TABLE_ELEMENTS: u32 = 2;
    /// Handles.
    pub const HANDLES: u32 = 4;
    /// Open files, sockets among them.
    pub const OPEN_FILES: u32 = 8;
}

/// A limit of one component instance, for reports.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// Address of the [`Instance`].
    pub instance: u64,
    /// The most that it may have.
    pub most: u64,
    /// One of [`limit`].
    pub kind: u32,
    /// Zero.
    pub reserved: u32,
}

/// All limits of the program: symbol [`compiled::LIMITS`], read-only. Only programs have it that have limits.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ProgramLimits {
    /// The [`Limit`]s.
    pub limits: List,
    /// How long the program may take, by the clock, in microseconds; 0 for no limit.
    pub wall_time: u64,
    /// How much of processors' time it may take, in microseconds; 0 for no limit.
    pub cpu_time: u64,
}

/// A handle table: index 0 is never given out; all fields zero means empty.
/// The shim alone interprets it, except that compiled code passes its instance's address around.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct HandleTable {
    /// Address of the entries (see the shim's `handles.rs`), or 0.
    pub entries: u64,
    /// Entries in use or free, without slot 0.
    pub len: u32,
    /// Entries that fit.
    pub capacity: u32,
    /// Head of the list of free indexes, 0 for none.
    pub free: u32,
    /// Borrowed handles that the innermost such call has to drop before it returns; at most: calls within it
    /// may have dropped some.
    pub borrows: u32,
}

/// What a host function needs to know about the `canon lower` that called it. Read-only data, one
/// for each distinct (instance, memory, realloc).
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// Address of the [`Instance`] that owns the `canon lower`.
    pub instance: u64,
    /// Address of the [`Memory`] option, or 0.
    pub memory: u64,
    /// Address of `extern "C" fn(old: u32, old_size: u32, align: u32, new_size: u32) -> u32`, or 0.
    pub realloc: u64,
    /// The encoding of the strings that pass: one of [`encoding`].
    pub encoding: u64,
}

/// The string encodings of the canonical ABI, in [`Caller::encoding`].
pub mod encoding {
    /// `utf8`.
    pub const UTF8: u64 = 0;
    /// `utf16`.
    pub const UTF16: u64 = 1;
    /// `latin1+utf16`.
    pub const LATIN1_UTF16: u64 = 2;
}

/// In `latin1+utf16`: the bit of a string's length that says that the rest of it counts 16-bit units.
pub const UTF16_TAG: u32 = 1 << 31;
/// The canonical ABI's `MAX_STRING_BYTE_LENGTH`: the longest string in bytes that crosses a boundary.
pub const MAX_STRING_BYTES: u32 = (1 << 28) - 1;
/// The canonical ABI's `MAX_LIST_BYTE_LENGTH`: the longest list in bytes.
pub const MAX_LIST_BYTES: u32 = (1 << 28) - 1;

/// A string of [`ProgramInfo::strings`], or one that the shim has put elsewhere in the image.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StringRef {
    /// Offset in bytes, as an `i32`: the shim's own lie before the compiler's.
    pub offset: u32,
    /// Length in bytes; UTF-8.
    pub len: u32,
}

/// The one table that the shim starts from: symbol [`compiled::PROGRAM`], read-only.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ProgramInfo {
    /// [`ABI_VERSION`].
    pub version: u32,
    /// Bytes of the [`Location`]s.
    pub location_bytes: u32,
    /// Address of the [`Location`]s, ascending by `first`, in the form that is described there.
    pub locations: u64,
    /// Address of the string data.
    pub strings: u64,
    /// Lowest address of the program's stack; below it lie at least [`STACK_GUARD`] unmapped bytes.
    pub stack_low: u64,
    /// The address where the stack starts (its highest, 16-aligned).
    pub stack_high: u64,
    /// The shim's own range of address space, for what it maps at run time.
    pub shim_range: u64,
    /// Bytes of it.
    pub shim_range_len: u64,
    /// The guests' memories with their gaps: a fault in `[guest_low, guest_high)` is a guest's.
    pub guest_low: u64,
    /// End of that range.
    pub guest_high: u64,
    /// What happens before the program's first instruction: addresses of `extern "C" fn()`, the shim's
    /// ([`prepare`]), in the order in which they are called.
    pub prepare: List,
    /// Address of the shim's [`intrinsic::REPORT_LIMITS`] in a program whose instances have limits, else 0.
    pub report_limits: u64,
}

/// Version of this contract.
pub const ABI_VERSION: u32 = 6;

/// Elements that lie one after the other.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct List {
    /// Address of the first.
    pub address: u64,
    /// How many there are.
    pub count: u64,
}

/// The functions that [`ProgramInfo::prepare`] may list, in this order. A program lists those that it needs, and
/// has no others in it.
pub mod prepare {
    /// Starts the clocks of the program's limits. The first, so that they measure what comes next too.
    pub const LIMITS: &str = "nanocc_prepare_limits";
    /// Opens `/dev/null` for each standard descriptor that is closed: what is opened later would take its
    /// number. Needed where anything is opened.
    pub const DESCRIPTORS: &str = "nanocc_prepare_descriptors";
    /// Fills in what was left as parameters. Needed where there are any.
    pub const PARAMETERS: &str = "nanocc_prepare_parameters";
    /// Opens the [`crate::Directory`]s. Needed where there are any.
    pub const DIRECTORIES: &str = "nanocc_prepare_directories";
    /// Opens what names are looked up in. Needed where names are looked up.
    pub const NAMES: &str = "nanocc_prepare_names";
    /// Gives up getting more rights by executing a file, which the kernel asks for before the two that follow. Needed with either.
    pub const PRIVILEGES: &str = "nanocc_prepare_privileges";
    /// Restricts the process by Landlock rules.
    pub const LANDLOCK: &str = "nanocc_prepare_landlock";
    /// Restricts the process to its system calls.
    pub const SECCOMP: &str = "nanocc_prepare_seccomp";
}

/// What the symbols of functions start with that make one system call each. The rest of such a symbol names the call,
/// and says what is fixed of its arguments. What of them is left in a program is all the system calls that it makes.
pub const SYSTEM_CALL: &str = "nanocc:sys/";
/// The same for calls that are made before the program is fenced in, and never afterwards.
pub const START_CALL: &str = "nanocc:start/";

/// What one component instance was granted, read where authority enters. Read-only data; instances may share one. A program that grants
/// something that isn't all or nothing has these.
///
/// The address of an `Authority` is below 4 GiB: it is also the representation of a `network`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Authority {
    /// [`EnvironmentEntry`]s, each name once.
    pub environment: List,
    /// [`Preopen`]s, in the order in which they were granted.
    pub directories: List,
    /// [`NetworkRule`]s. What one of them permits is permitted.
    pub rules: List,
    /// [`StringRef`]s: names that may be looked up. `*` is any, `*.x` any that ends with `.x`, anything else is itself;
    /// lower case, without a dot at the end.
    pub names: List,
    /// Not 0 if the variables of the program's own environment are seen that `environment` doesn't name.
    pub inherits_environment: u32,
    /// Zero.
    pub reserved: u32,
}

/// A variable that was granted.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct EnvironmentEntry {
    /// Its name.
    pub name: StringRef,
    /// Its value, if `inherited` is 0.
    pub value: StringRef,
    /// Not 0 if the value is the one in the program's own environment; if there is none, nor is the variable.
    pub inherited: u32,
}

/// The rights that a directory was granted with.
pub mod directory {
    /// To look and to read: in every grant.
    pub const READ: u32 = 1;
    /// To change: contents, names, times.
    pub const WRITE: u32 = 2;
}

/// A directory that one instance was granted.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Preopen {
    /// Index in [`ProgramAuthority::directories`].
    pub directory: u32,
    /// Bits of [`directory`].
    pub rights: u32,
    /// The name by which the guest finds it.
    pub guest: StringRef,
}

/// A directory that the program opens at start. Writable data.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Directory {
    /// Its path, if `parameter` is [`NO_PARAMETER`]; relative paths count from where the program is started.
    pub host: StringRef,
    /// Index in [`ProgramAuthority::parameters`] of the parameter that names it, or [`NO_PARAMETER`].
    pub parameter: u32,
    /// All rights with which somebody was granted it: bits of [`directory`].
    pub rights: u32,
    /// The open descriptor, or -1 as long as it isn't open or if its parameter is empty. The shim's; -1 in the image.
    pub descriptor: i32,
    /// Path of a component that it was granted to, for messages.
    pub component: StringRef,
}

/// No index.
pub const NO_PARAMETER: u32 = u32::MAX;

/// A part of a grant that is filled in at start, from the environment's `NANOCC_PARAM_` and its name.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: StringRef,
    /// Path of a component that was granted something by it, for messages.
    pub component: StringRef,
    /// Of an address: that of [`PARAMETER_ROOM`] writable bytes for the name that it may turn out to be. Of a directory: 0.
    pub room: u64,
}

/// Bytes that a name has room in.
pub const PARAMETER_ROOM: usize = 256;

/// What a [`NetworkRule`] is about.
pub mod network {
    /// To bind a TCP socket to an address and listen there.
    pub const TCP_LISTEN: u16 = 1;
    /// To connect a TCP socket to an address.
    pub const TCP_CONNECT: u16 = 2;
    /// To bind a UDP socket to an address.
    pub const UDP_LISTEN: u16 = 3;
    /// To send datagrams to an address, and to receive from it where the socket is connected.
    pub const UDP_CONNECT: u16 = 4;

    /// The rule is about every address.
    pub const ANY: u16 = 0;
    /// IPv4: the first four bytes of the address.
    pub const V4: u16 = 4;
    /// IPv6.
    pub const V6: u16 = 6;
    /// The addresses that looking up `text` gives.
    pub const NAME: u16 = 1;
    /// Nothing yet: `text` is a parameter's, from which the rule becomes one of the other families at start.
    pub const PARAMETER: u16 = 2;
    /// Nothing: what the parameter was is empty.
    pub const NOTHING: u16 = 3;
}

/// What may be reached by the network. In writable data if it is a parameter's.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct NetworkRule {
    /// [`network::TCP_LISTEN`] and its kin.
    pub kind: u16,
    /// [`network::ANY`] and its kin.
    pub family: u16,
    /// How many bits of the address count.
    pub prefix: u16,
    /// The first and the last port that it is about; of listening, 0 is the port that the system chooses.
    pub ports: [u16; 2],
    /// Zero.
    pub reserved: u16,
    /// The address, in network order.
    pub address: [u8; 16],
    /// The name: lower case, without a dot at the end.
    pub name: StringRef,
    /// Index in [`ProgramAuthority::parameters`], or [`NO_PARAMETER`].
    pub parameter: u32,
}

/// The program's grants as a whole: symbol [`compiled::AUTHORITY`], read-only. Only programs have it that need one of
/// [`prepare`]'s functions which read it.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ProgramAuthority {
    /// [`Parameter`]s.
    pub parameters: List,
    /// [`Directory`]s, writable.
    pub directories: List,
    /// All [`NetworkRule`]s of all instances that may be a parameter's, writable.
    pub parameter_rules: List,
    /// All other [`NetworkRule`]s.
    pub rules: List,
}

/// What the kernel is told to enforce: symbol [`compiled::FENCE`], read-only. The seccomp filter follows it,
/// as many `struct sock_filter`s of 8 bytes as `instructions` says.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Fence {
    /// Length of the filter.
    pub instructions: u32,
    /// Bits of [`fence`].
    pub flags: u32,
}

/// [`Fence::flags`].
pub mod fence {
    /// Only a kernel that has what the fences ask for will do.
    pub const REQUIRED: u32 = 1;
    /// The program looks up names, so that it asks servers on their port by itself.
    pub const RESOLVES: u32 = 2;
}

/// Unmapped bytes below the stack.
pub const STACK_GUARD: u64 = 1 << 20;

/// Where a function's source locations begin. A program-wide source location is a `u32`; function
/// `i` owns `[locations[i].first, locations[i + 1].first)`.
///
/// Most functions that have one lie side by side in their module, and their names in the string data. So a location is a few
/// bytes in the file, LEB128 numbers: how far `first` lies past the previous one's (unsigned; the first counts from 0), by
/// how much `module_offset - first` differs from the previous one's (signed, modulo 2^32; from 0), and the two strings. A string is its
/// length (unsigned), and unless that is 0 how far it lies from the end of the last one in its place that wasn't
/// empty (signed, modulo 2^32; from 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// First source location of the function.
    pub first: u32,
    /// Offset of that location in its core module, in bytes; [`NO_OFFSET`] for an adapter.
    pub module_offset: u32,
    /// Name of the function; empty if it has none.
    pub function: StringRef,
    /// Path of the component instance; empty for the root.
    pub component: StringRef,
}

/// [`Location::module_offset`] of code that has no place in a module.
pub const NO_OFFSET: u32 = u32::MAX;

/// A function's record in the trap table (the linker's metadata table [`TRAP_TABLE`]): this header,
/// then `bytes` bytes of entries, then padding to a multiple of 4. Records are ascending by `code`.
///
/// An entry is two or three LEB128 numbers. The first is twice how far its code offset lies past the previous entry's
/// (unsigned; the first counts from 0), and one more unless it is an access to memory, as most are:
/// [`Trap::MemoryOutOfBounds`]. Then the next is the [`Trap`] (unsigned; 0 means a call into the shim, whose
/// code offset is the return address). The last is the difference of its source location from the previous
/// entry's (signed; the first counts from `location`). A code offset may have two entries, where a call
/// returns to an instruction that traps.
///
/// A program that may be interrupted anywhere, because its time is limited, has entries of a third kind, [`PLACE`]: from that
/// code offset to the next such entry, code is of that source location. Among entries of one code offset it is the last.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct TrapRecord {
    /// Address of the function's code.
    pub code: u32,
    /// Its length in bytes.
    pub code_len: u32,
    /// The source location that the first entry counts from: the function's own first.
    pub location: u32,
    /// Bytes of entries that follow.
    pub bytes: u32,
}

/// In place of the [`Trap`] in an entry of a [`TrapRecord`]: what the code from there on belongs to.
pub const PLACE: u8 = 127;

/// What a script can do, in the form of its steps: symbol [`compiled::STEPS`], read-only. Only programs that
/// are driven from outside have it, and only the driver of the test suite, which is in no product, reads
/// it.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct StepTable {
    /// Number of steps.
    pub count: u64,
    /// Address of the [`Step`]s.
    pub steps: u64,
}

/// A step of a script.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Address of `extern "C" fn(args: *const Slot, results: *mut Slot)`, where a slot is
    /// [`STEP_SLOT`] bytes, aligned to that, and holds a value in its low bytes.
    pub thunk: u64,
    /// Number of arguments.
    pub params: u32,
    /// Number of results, or [`STEP_MEMORY`].
    pub results: u32,
}

/// Bytes of an argument or result of a [`Step`].
pub const STEP_SLOT: usize = 16;

/// In place of a [`Step`]'s number of results: the result is the contents of a memory. The function gives two `u64`s,
/// its address and its length in bytes.
pub const STEP_MEMORY: u32 = u32::MAX;

/// The host function that a program made for one call (`nanocc run --invoke`) tells the result with:
/// `(descriptor: u32, address: u32, length: u32)`. Nothing else can import it.
pub const REPORT: &str = "nanocc:invoke/result#report";

/// Name of the linker's metadata table that holds the [`TrapRecord`]s; the linker defines
/// `__nanocc_start_traps` and `__nanocc_stop_traps`.
pub const TRAP_TABLE: &str = "traps";

/// Why a program trapped.
#[repr(u8)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trap {
    Unreachable = 1,
    MemoryOutOfBounds = 2,
    TableOutOfBounds = 3,
    IndirectCallToNull = 4,
    BadSignature = 5,
    IntegerDivisionByZero = 6,
    IntegerOverflow = 7,
    BadConversionToInteger = 8,
    StackOverflow = 9,
    /// A pointer handed across a component boundary isn't aligned for its type.
    UnalignedPointer = 10,
    /// A string or list handed across a component boundary lies outside of its memory.
    PointerOutOfBounds = 11,
    /// A string isn't well-formed in its encoding.
    InvalidString = 12,
    InvalidChar = 13,
    InvalidDiscriminant = 14,
    CannotEnter = 15,
    CannotLeave = 16,
    UnknownHandle = 17,
    HandleTypeMismatch = 18,
    HandleLent = 19,
    BorrowsRemain = 20,
    HandleTableFull = 21,
    StringTooLong = 22,
    NullReference = 23,
    /// A handle that isn't owned was used where ownership is needed.
    HandleNotOwned = 24,
    /// A host function was called in a way that its interface forbids.
    HostFunction = 25,
    /// A function was called that the component imports and nobody serves.
    UnknownImport = 26,
    /// A memory or table that a module imports is smaller now than the module declares it to be.
    ImportTooSmall = 27,
    /// The program's time is up.
    Interrupt = 28,
}

impl Trap {
    /// Every trap, in the order of their numbers.
    pub const ALL: [Trap; 28] = [
        Trap::Unreachable,
        Trap::MemoryOutOfBounds,
        Trap::TableOutOfBounds,
        Trap::IndirectCallToNull,
        Trap::BadSignature,
        Trap::IntegerDivisionByZero,
        Trap::IntegerOverflow,
        Trap::BadConversionToInteger,
        Trap::StackOverflow,
        Trap::UnalignedPointer,
        Trap::PointerOutOfBounds,
        Trap::InvalidString,
        Trap::InvalidChar,
        Trap::InvalidDiscriminant,
        Trap::CannotEnter,
        Trap::CannotLeave,
        Trap::UnknownHandle,
        Trap::HandleTypeMismatch,
        Trap::HandleLent,
        Trap::BorrowsRemain,
        Trap::HandleTableFull,
        Trap::StringTooLong,
        Trap::NullReference,
        Trap::HandleNotOwned,
        Trap::HostFunction,
        Trap::UnknownImport,
        Trap::ImportTooSmall,
        Trap::Interrupt,
    ];

    /// The trap with this number.
    pub fn from_code(code: u8) -> Option<Trap> {
        Trap::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }

    /// What the message on standard error says. The first nine are wasmtime's words.
    pub fn message(self) -> &'static str {
        match self {
            Trap::Unreachable => "wasm `unreachable` instruction executed",
            Trap::MemoryOutOfBounds => "out of bounds memory access",
            Trap::TableOutOfBounds => "undefined element: out of bounds table access",
            Trap::IndirectCallToNull => "uninitialized element",
            Trap::BadSignature => "indirect call type mismatch",
            Trap::IntegerDivisionByZero => "integer divide by zero",
            Trap::IntegerOverflow => "integer overflow",
            Trap::BadConversionToInteger => "invalid conversion to integer",
            Trap::StackOverflow => "call stack exhausted",
            Trap::UnalignedPointer => "unaligned pointer",
            Trap::PointerOutOfBounds => "pointer or length out of bounds",
            Trap::InvalidString => "string is not well-formed",
            Trap::InvalidChar => "invalid `char` value",
            Trap::InvalidDiscriminant => "invalid variant discriminant",
            Trap::CannotEnter => "cannot enter component instance",
            Trap::CannotLeave => "cannot leave component instance",
            Trap::UnknownHandle => "unknown handle index",
            Trap::HandleTypeMismatch => "handle index used with the wrong type",
            Trap::HandleLent => "cannot remove owned resource while borrowed",
            Trap::BorrowsRemain => "borrow handles still remain at the end of the call",
            Trap::HandleTableFull => "handle table is full",
            Trap::StringTooLong => "string is too long",
            Trap::NullReference => "null reference",
            Trap::HandleNotOwned => "handle is borrowed, ownership is needed",
            Trap::HostFunction => "host function called against its contract",
            Trap::UnknownImport => "unknown import called",
            Trap::ImportTooSmall => "imported memory or table is too small",
            Trap::Interrupt => "interrupt",
        }
    }
}

/// Symbols that the shim defines for compiled code. A `*mut Instance` is the address of an
/// [`Instance`]; `ty` is a program-wide resource type number. The handle functions trap by
/// themselves (the shim finds the place from the return address).
pub mod intrinsic {
    /// `fn(*mut Memory, delta: u32 /* pages */) -> u32`: the old size in pages, or `u32::MAX`.
    pub const MEMORY_GROW: &str = "nanocc_memory_grow";
    /// `fn(*mut Table, delta: u32, value: u64) -> u32`: the old length, or `u32::MAX`.
    pub const TABLE_GROW: &str = "nanocc_table_grow";
    /// `fn(dst: *mut u8, src: *const u8, len: usize) -> u32`: copies, and returns 1 if the bytes
    /// are well-formed UTF-8, else 0 (what is in `dst` then is unspecified but within `len`).
    pub const UTF8_COPY: &str = "nanocc_utf8_copy";
    /// `fn(dst: *mut u8, src: *const u8, units: usize) -> u32`: copies 16-bit units, and returns 0 if they
    /// aren't well-formed UTF-16, 1 if all are below 256, else 2.
    pub const UTF16_COPY: &str = "nanocc_utf16_copy";
    /// `fn(dst: *mut u8, src: *const u8, len: usize)`: writes as many 16-bit units as there are bytes.
    pub const LATIN1_TO_UTF16: &str = "nanocc_latin1_to_utf16";
    /// `fn(at: *mut u8, len: usize)`: the same in place.
    pub const LATIN1_WIDEN: &str = "nanocc_latin1_widen";
    /// `fn(dst: *mut u8, src: *const u8, units: usize) -> u64`: units below 256 become bytes; how many
    /// there are before the first other one, or [`INVALID`] if that isn't well-formed there. `dst` may be `src`.
    pub const UTF16_TO_LATIN1: &str = "nanocc_utf16_to_latin1";
    /// The same with the limit 128, and `dst` elsewhere.
    pub const UTF16_TO_ASCII: &str = "nanocc_utf16_to_ascii";
    /// `fn(dst: *mut u8, src: *const u8, len: usize) -> u64`: copies bytes below 128; how many there are
    /// before the first other one.
    pub const ASCII_COPY: &str = "nanocc_ascii_copy";
    /// `fn(dst: *mut u8, src: *const u8, units: usize) -> u64`: how many bytes of UTF-8 it wrote, at most three a
    /// unit, or [`INVALID`].
    pub const UTF16_TO_UTF8: &str = "nanocc_utf16_to_utf8";
    /// `fn(dst: *mut u8, src: *const u8, len: usize) -> u64`: how many bytes of UTF-8 it wrote, at most two
    /// a byte.
    pub const LATIN1_TO_UTF8: &str = "nanocc_latin1_to_utf8";
    /// `fn(dst: *mut u8, src: *const u8, len: usize) -> u64`: how many 16-bit units it wrote, at most one a
    /// byte, or [`INVALID`].
    pub const UTF8_TO_UTF16: &str = "nanocc_utf8_to_utf16";
    /// `fn(dst: *mut u8, src: *const u8, len: usize) -> u64`: characters below 256 become bytes, up to the
    /// first other one: how many bytes it read in the high half, how many it wrote in the low one; or [`INVALID`].
    pub const UTF8_TO_LATIN1: &str = "nanocc_utf8_to_latin1";
    /// What the transcoders give for a string that isn't well-formed.
    pub const INVALID: u64 = u64::MAX;
    /// `fn(*mut Instance, ty: u32, rep: u32) -> u32`: `resource.new`, also lowering an `own`.
    pub const RESOURCE_NEW: &str = "nanocc_resource_new";
    /// `fn(*mut Instance, ty: u32, handle: u32) -> u32`: `resource.rep`.
    pub const RESOURCE_REP: &str = "nanocc_resource_rep";
    /// `fn(*mut Instance, ty: u32, handle: u32) -> u64`: `resource.drop`; bit 32 says that the
    /// handle was owned, so that the destructor has to run on the low half, the representation.
    pub const RESOURCE_DROP: &str = "nanocc_resource_drop";
    /// `fn(*mut Instance, ty: u32, handle: u32) -> u32`: lifts an `own`: removes the handle and
    /// returns its representation.
    pub const LIFT_OWN: &str = "nanocc_lift_own";
    /// `fn(*mut Instance, ty: u32, handle: u32) -> u32`: lifts a `borrow`: counts a loan on the
    /// handle until [`END_LOAN`], and returns its representation.
    pub const LIFT_BORROW: &str = "nanocc_lift_borrow";
    /// `fn(*mut Instance, handle: u32)`: ends one loan of the handle.
    pub const END_LOAN: &str = "nanocc_end_loan";
    /// `fn() -> u32`: the height of the program's stack of loans, which [`LEND`] pushes to. It holds
    /// (instance, handle) pairs; calls nest, so one stack serves all instances.
    pub const LOANS_MARK: &str = "nanocc_loans_mark";
    /// `fn(*mut Instance, ty: u32, handle: u32) -> u32`: as [`LIFT_BORROW`], for a borrow inside a
    /// list or a variant, of which compiled code can't say after the call whether and how often it
    /// was there: the loan is pushed on the stack, until [`END_LOANS`]. Running out of room traps
    /// ([`crate::Trap::HandleTableFull`]).
    pub const LEND: &str = "nanocc_lend";
    /// `fn(mark: u32)`: ends and pops the loans above this height.
    pub const END_LOANS: &str = "nanocc_end_loans";
    /// `fn(*mut Instance, ty: u32, rep: u32) -> u32`: lowers a `borrow` into an instance that
    /// doesn't define the resource; the callee has to drop it before it returns.
    pub const LOWER_BORROW: &str = "nanocc_lower_borrow";
    /// `fn(*mut Instance) -> u32`: begins an export call: returns the count of borrows to restore
    /// and sets it to 0. Only emitted around calls that lower a `borrow`.
    pub const ENTER_CALL: &str = "nanocc_enter_call";
    /// `fn(*mut Instance, saved: u32)`: ends it: traps if borrows remain, restores the count.
    pub const EXIT_CALL: &str = "nanocc_exit_call";
    /// C's `memcpy`, `memmove` and `memset`.
    pub const MEMCPY: &str = "memcpy";
    /// See [`MEMCPY`].
    pub const MEMMOVE: &str = "memmove";
    /// See [`MEMCPY`].
    pub const MEMSET: &str = "memset";
    /// What [`super::ProgramInfo::report_limits`] is the address of.
    pub const REPORT_LIMITS: &str = "nanocc_report_limits";
    /// The program's entry point, given to the linker.
    pub const START: &str = "_start";
}

/// Symbols that the compiler defines for the shim.
pub mod compiled {
    /// A [`super::ProgramInfo`].
    pub const PROGRAM: &str = "__nanocc_program";
    /// `extern "C" fn() -> u32`: instantiates everything in order, then calls
    /// `wasi:cli/run#run`; 0 for `ok`, 1 for `error`.
    pub const MAIN: &str = "__nanocc_main";
    /// A [`super::ProgramAuthority`], where the program needs one.
    pub const AUTHORITY: &str = "__nanocc_authority";
    /// A [`super::Fence`], where the program has one.
    pub const FENCE: &str = "__nanocc_fence";
    /// A [`super::ProgramLimits`], where the program has limits.
    pub const LIMITS: &str = "__nanocc_limits";
    /// A [`super::StepTable`], in place of [`MAIN`], where the program is a script.
    pub const STEPS: &str = "__nanocc_steps";
    /// Start of the trap table (defined by the linker).
    pub const TRAPS_START: &str = "__nanocc_start_traps";
    /// End of the trap table.
    pub const TRAPS_STOP: &str = "__nanocc_stop_traps";
}

/// Host resource types are numbered below this; resource types that guests define from here on.
pub const FIRST_GUEST_RESOURCE: u32 = 0x1000;
