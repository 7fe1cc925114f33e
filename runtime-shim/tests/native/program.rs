//! A program in the place of what the compiler makes: it has the tables of the contract, a memory, a
//! `realloc`, and some "compiled" functions in assembly whose trap tables are exact. `main.rs` builds it
//! with the shim and runs it; the first argument chooses what it does.
#![no_std]
#![allow(unused_attributes, dead_code)]

#[path = "../../abi/src/lib.rs"]
mod abi;

use core::arch::global_asm;
use core::ffi::CStr;

use abi::{
    Authority, Caller, HandleTable, Instance, List, Memory, StringRef, WASM_PAGE,
};

const GUEST: u64 = 0x1000_0000;

// The "compiled" functions. Each has a frame, as compiled code does.
#[cfg(target_arch = "x86_64")]
global_asm!(
    ".macro frame",
    "push rbp",
    "mov rbp, rsp",
    ".endm",
    ".macro unframe",
    "pop rbp",
    "ret",
    ".endm",
    ".text",
    ".globl __nanocc_main",
    "__nanocc_main: frame",
    "call scenario",
    "main_return: unframe",
    "main_end:",
    ".globl divide",
    "divide: frame",
    "xor edx, edx",
    "mov eax, 1",
    "xor ecx, ecx",
    "divide_trap: div ecx",
    "unframe",
    "divide_end:",
    ".globl load",
    "load: frame",
    "load_trap: mov eax, [rdi]",
    "unframe",
    "load_end:",
    ".globl unreachable_function",
    "unreachable_function: frame",
    "unreachable_trap: ud2",
    "unreachable_end:",
    ".globl recurse",
    "recurse: frame",
    "sub rsp, 64",
    "call recurse",
    "leave",
    "ret",
    "recurse_end:",
    // Calls the shim at every level, so that either may be the one that runs out of stack.
    ".globl recurse_in_shim",
    "recurse_in_shim: frame",
    "mov rdi, [rip + CALLER_ADDRESS]",
    "call \"wasi:random/random@0.2#get-random-u64\"",
    "recurse_in_shim_return: mov rdi, [rip + CALLER_ADDRESS]",
    "call \"wasi:random/random@0.2#get-random-u64\"",
    "recurse_in_shim_return2:",
    "call recurse_in_shim",
    "unframe",
    "recurse_in_shim_end:",
    ".globl use_handle",
    "use_handle: frame",
    "call nanocc_resource_rep",
    "use_handle_return: ud2",
    "use_handle_end:",
    // Leaves nothing in the registers that a callee has to preserve.
    ".globl lose_registers",
    "lose_registers: frame",
    "xor ebx, ebx",
    "xor r12d, r12d",
    "xor r13d, r13d",
    "xor r14d, r14d",
    "xor r15d, r15d",
    "call unreachable_function",
);
#[cfg(target_arch = "aarch64")]
global_asm!(
    ".macro frame",
    "stp x29, x30, [sp, #-16]!",
    "mov x29, sp",
    ".endm",
    ".macro unframe",
    "ldp x29, x30, [sp], #16",
    "ret",
    ".endm",
    ".text",
    ".globl __nanocc_main",
    "__nanocc_main: frame",
    "bl scenario",
    "main_return: unframe",
    "main_end:",
    // aarch64 divides by zero without a fault; compiled code tests, and has a trap instruction.
    ".globl divide",
    "divide: frame",
    "divide_trap: udf #0xc11f",
    "divide_end:",
    ".globl load",
    "load: frame",
    "load_trap: ldr w0, [x0]",
    "unframe",
    "load_end:",
    ".globl unreachable_function",
    "unreachable_function: frame",
    "unreachable_trap: udf #0xc11f",
    "unreachable_end:",
    ".globl recurse",
    "recurse: frame",
    "sub sp, sp, 64",
    "bl recurse",
    "recurse_end:",
    ".globl recurse_in_shim",
    "recurse_in_shim: frame",
    "adrp x0, CALLER_ADDRESS",
    "ldr x0, [x0, :lo12:CALLER_ADDRESS]",
    "bl \"wasi:random/random@0.2#get-random-u64\"",
    "recurse_in_shim_return:",
    "adrp x0, CALLER_ADDRESS",
    "ldr x0, [x0, :lo12:CALLER_ADDRESS]",
    "bl \"wasi:random/random@0.2#get-random-u64\"",
    "recurse_in_shim_return2:",
    "bl recurse_in_shim",
    "recurse_in_shim_end:",
    ".globl use_handle",
    "use_handle: frame",
    "bl nanocc_resource_rep",
    "use_handle_return: udf #0xc11f",
    "use_handle_end:",
    ".globl lose_registers",
    "lose_registers: frame",
    ".irp n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28",
    "mov x\\n, #0",
    ".endr",
    ".irp n, 8, 9, 10, 11, 12, 13, 14, 15",
    "movi d\\n, #0",
    ".endr",
    "bl unreachable_function",
);

// The tables. A source location is 100 times the function's number plus an offset in it.
global_asm!(
    ".section .nanocc_traps, \"a\", %progbits",
    ".p2align 2",
    ".globl __nanocc_start_traps",
    "__nanocc_start_traps:",
    ".macro record name, end, location",
    ".long \\name, \\end - \\name, \\location, 3f - 2f",
    "2:",
    ".endm",
    ".macro entry name, label, trap, location",
    ".if \\trap == 2",
    ".uleb128 (\\label - \\name) * 2",
    ".else",
    ".uleb128 (\\label - \\name) * 2 + 1",
    ".uleb128 \\trap",
    ".endif",
    ".sleb128 \\location",
    ".endm",
    ".macro done",
    "3: .p2align 2, 0",
    ".endm",
    "record __nanocc_main, main_end, 100",
    "entry __nanocc_main, main_return, 0, 1",
    "done",
    "record divide, divide_end, 200",
    "entry divide, divide_trap, 6, 3",
    "done",
    "record load, load_end, 300",
    "entry load, load_trap, 2, 7",
    "done",
    "record unreachable_function, unreachable_end, 400",
    "entry unreachable_function, unreachable_trap, 1, 0",
    "done",
    "record recurse, recurse_end, 500",
    "done",
    "record recurse_in_shim, recurse_in_shim_end, 600",
    "entry recurse_in_shim, recurse_in_shim_return, 0, 5",
    ".uleb128 (recurse_in_shim_return2 - recurse_in_shim_return) * 2 + 1, 0",
    ".sleb128 0",
    "done",
    "record use_handle, use_handle_end, 700",
    // A call that returns to an instruction that traps.
    "entry use_handle, use_handle_return, 0, 9",
    ".uleb128 1, 1",
    ".sleb128 -2",
    "done",
    ".globl __nanocc_stop_traps",
    "__nanocc_stop_traps:",
    ".section .rodata.locations, \"a\", %progbits",
    // How far past the last one; the offset in the module less the location, less the last one's; the name's length,
    // and how far it is from the end of the last one.
    ".macro location past, module, name, distance, component, path",
    ".uleb128 \\past",
    ".sleb128 \\module",
    ".uleb128 \\name",
    ".sleb128 \\distance",
    ".uleb128 \\component",
    ".sleb128 \\path",
    ".endm",
    "LOCATIONS:",
    "location 100, 0x1000 - 100, 4, 7, 7, 0",
    "location 100, 0x1f0 - 0x1000 - 100, 6, 0, 12, 66",
    "location 100, 0x3000 - 0x1f0 - 100, 4, 0, 7, -85",
    "location 100, 0x4000 - 0x3000 - 100, 20, 0, 7, -7",
    "location 100, 0x5000 - 0x4000 - 100, 7, 0, 7, -7",
    // At no place in a module.
    "location 100, -1 - 0x5000 - 100, 15, 0, 7, -7",
    "location 100, 0x7000 + 1 - 100, 10, 0, 7, -7",
    "locations_end:",
    ".section .rodata.program, \"a\", %progbits",
    ".p2align 3",
    ".globl __nanocc_program",
    "__nanocc_program:",
    ".long {version}, locations_end - LOCATIONS",
    ".quad LOCATIONS, STRINGS, NATIVE_STACK, NATIVE_STACK + {stack}",
    ".quad 0x3000000000, 0x100000000",
    ".quad {guest}, {guest} + 0x200000000",
    ".quad 0, 0, 0",
    version = const abi::ABI_VERSION,
    stack = const STACK,
    guest = const GUEST,
);

// The steps of a script, for the shim's variant that drives one.
global_asm!(
    ".section .rodata.steps, \"a\", %progbits",
    ".p2align 3",
    ".globl __nanocc_steps",
    "__nanocc_steps: .quad 8, 2f",
    "2:",
    ".quad step_add",
    ".long 2, 1",
    ".irp step, step_divide, step_recurse, step_recurse_in_shim, step_use_handle, lose_registers",
    ".quad \\step",
    ".long 0, 0",
    ".endr",
    ".quad step_count",
    ".long 0, 2",
    ".quad step_bug",
    ".long 0, 0",
);

/// How often a step has begun: state that traps leave as it is.
static mut COUNT: u64 = 0;

#[unsafe(no_mangle)]
unsafe extern "C" fn step_add(args: *const [u64; 2], results: *mut [u64; 2]) {
    unsafe {
        COUNT += 1;
        let ([a, high], [b, _]) = (*args, *args.add(1));
        *results = [a + b, high];
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn step_count(_: *const [u64; 2], results: *mut [u64; 2]) {
    unsafe {
        *results = [COUNT, 0];
        *results.add(1) = [!COUNT, !0];
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn step_divide() {
    unsafe {
        COUNT += 1;
        divide();
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn step_recurse() {
    unsafe {
        COUNT += 1;
        recurse();
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn step_recurse_in_shim() {
    unsafe {
        fill_callers();
        recurse_in_shim();
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn step_use_handle() {
    unsafe {
        COUNT += 1;
        use_handle(&raw mut INSTANCES[0], 0x1000, 5);
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn step_bug() {
    unsafe { load(8) }
}

const STACK: usize = 1 << 18;

#[repr(C, align(4096))]
struct Stack([u8; STACK]);

/// In a section of its own, that the linker puts where nothing is below.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".nativestack")]
static mut NATIVE_STACK: Stack = Stack([0; STACK]);

#[unsafe(no_mangle)]
static STRINGS: [u8; 90] =
    *b"servicemaindivideloadunreachable_functionrecurserecurse_in_shimuse_handlecheckpoint/afiles";

const fn string(offset: u32, len: u32) -> StringRef {
    StringRef { offset, len }
}

static mut MEMORY: Memory = Memory {
    base: GUEST,
    bytes: 0,
    max_bytes: 64 * WASM_PAGE,
    instance: 0,
    annex: abi::NO_ANNEX,
};

const fn instance() -> Instance {
    let handles = HandleTable {
        entries: 0,
        len: 0,
        capacity: 0,
        free: 0,
        borrows: 0,
    };
    Instance {
        may_leave: 1,
        may_enter: 1,
        scope: 0,
        files: 0,
        authority: 0,
        path: string(0, 7),
        handles,
        quota: abi::Quota::NONE,
    }
}

const NO_LIST: List = List {
    address: 0,
    count: 0,
};

/// The whole environment.
static ENVIRONMENT: Authority = Authority {
    environment: NO_LIST,
    directories: NO_LIST,
    rules: NO_LIST,
    names: NO_LIST,
    inherits_environment: 1,
    reserved: 0,
};

/// 2 has the environment.
static mut INSTANCES: [Instance; 3] = [instance(), instance(), instance()];

static mut CALLERS: [Caller; 3] = [const {
    Caller {
        instance: 0,
        memory: 0,
        realloc: 0,
        encoding: 0,
    }
}; 3];

#[unsafe(no_mangle)]
static mut CALLER_ADDRESS: u64 = 0;

static mut NEXT: u32 = 1024;

extern "C" fn realloc(_: u32, _: u32, align: u32, size: u32) -> u32 {
    unsafe {
        let at = (NEXT + align - 1) & !(align - 1);
        NEXT = at + size;
        at
    }
}

unsafe extern "C" {
    fn divide();
    fn load(address: u64);
    fn unreachable_function();
    fn recurse();
    fn recurse_in_shim();
    fn use_handle(instance: *mut Instance, ty: u32, handle: u32);

    fn nanocc_utf8_copy(dst: *mut u8, src: *const u8, len: usize) -> u32;
    fn memmove(dst: *mut u8, src: *const u8, len: usize) -> *mut u8;
    fn memcpy(dst: *mut u8, src: *const u8, len: usize) -> *mut u8;
    fn memset(dst: *mut u8, byte: i32, len: usize) -> *mut u8;
    fn nanocc_memory_grow(memory: *mut Memory, delta: u32) -> u32;
    fn nanocc_resource_new(instance: *mut Instance, ty: u32, rep: u32) -> u32;
}

/// Declares host functions by their symbols.
macro_rules! host {
    ($($symbol:literal $name:ident($($param:ident: $ty:ty),*) $(-> $result:ty)?;)*) => {
        unsafe extern "C" {
            $(
                #[link_name = $symbol]
                fn $name(caller: *const Caller, $($param: $ty),*) $(-> $result)?;
            )*
        }
    };
}

host! {
    "wasi:cli/stdin@0.2#get-stdin" get_stdin() -> u32;
    "wasi:cli/stdin@0.2#[denied]get-stdin" denied_stdin() -> u32;
    "wasi:cli/stdout@0.2#[denied]get-stdout" denied_stdout() -> u32;
    "wasi:cli/stderr@0.2#[denied]get-stderr" denied_stderr() -> u32;
    "wasi:cli/terminal-stdout@0.2#[denied]get-terminal-stdout" denied_terminal_stdout(ret: u32);
    "wasi:cli/environment@0.2#[denied]get-arguments" denied_arguments(ret: u32);
    "wasi:cli/environment@0.2#[denied]get-environment" denied_environment(ret: u32);
    "wasi:cli/stdout@0.2#get-stdout" get_stdout() -> u32;
    "wasi:cli/stderr@0.2#get-stderr" get_stderr() -> u32;
    "wasi:cli/terminal-stdin@0.2#get-terminal-stdin" get_terminal_stdin(ret: u32);
    "wasi:cli/terminal-stdout@0.2#get-terminal-stdout" get_terminal_stdout(ret: u32);
    "wasi:cli/terminal-stderr@0.2#get-terminal-stderr" get_terminal_stderr(ret: u32);
    "wasi:cli/terminal-output@0.2#[resource-drop]terminal-output" drop_terminal_output(handle: u32);
    "wasi:cli/environment@0.2#get-arguments" get_arguments(ret: u32);
    "wasi:cli/environment@0.2#get-environment" get_environment(ret: u32);
    "wasi:cli/environment@0.2#initial-cwd" initial_cwd(ret: u32);
    "wasi:cli/exit@0.2#exit" exit(status: u32);
    "wasi:cli/exit@0.2#exit-with-code" exit_with_code(code: u32);
    "wasi:io/streams@0.2#[method]output-stream.check-write" check_write(stream: u32, ret: u32);
    "wasi:io/streams@0.2#[method]output-stream.write" write(stream: u32, at: u32, len: u32, ret: u32);
    "wasi:io/streams@0.2#[method]output-stream.blocking-write-and-flush" write_and_flush(stream: u32, at: u32, len: u32, ret: u32);
    "wasi:io/streams@0.2#[method]output-stream.flush" flush(stream: u32, ret: u32);
    "wasi:io/streams@0.2#[method]output-stream.blocking-flush" blocking_flush(stream: u32, ret: u32);
    "wasi:io/streams@0.2#[method]output-stream.subscribe" subscribe_output(stream: u32) -> u32;
    "wasi:io/streams@0.2#[method]output-stream.write-zeroes" write_zeroes(stream: u32, len: u64, ret: u32);
    "wasi:io/streams@0.2#[method]output-stream.splice" splice(stream: u32, from: u32, len: u64, ret: u32);
    "wasi:io/streams@0.2#[method]output-stream.blocking-splice" blocking_splice(stream: u32, from: u32, len: u64, ret: u32);
    "wasi:io/streams@0.2#[method]input-stream.read" read(stream: u32, len: u64, ret: u32);
    "wasi:io/streams@0.2#[method]input-stream.blocking-read" blocking_read(stream: u32, len: u64, ret: u32);
    "wasi:io/streams@0.2#[method]input-stream.blocking-skip" blocking_skip(stream: u32, len: u64, ret: u32);
    "wasi:io/streams@0.2#[method]input-stream.subscribe" subscribe_input(stream: u32) -> u32;
    "wasi:io/streams@0.2#[resource-drop]input-stream" drop_input(stream: u32);
    "wasi:io/streams@0.2#[resource-drop]output-stream" drop_output(stream: u32);
    "wasi:io/error@0.2#[method]error.to-debug-string" to_debug_string(error: u32, ret: u32);
    "wasi:io/poll@0.2#poll" poll(at: u32, len: u32, ret: u32);
    "wasi:io/poll@0.2#[method]pollable.ready" ready(pollable: u32) -> u32;
    "wasi:io/poll@0.2#[method]pollable.block" block(pollable: u32);
    "wasi:io/poll@0.2#[resource-drop]pollable" drop_pollable(pollable: u32);
    "wasi:clocks/monotonic-clock@0.2#now" now() -> u64;
    "wasi:clocks/monotonic-clock@0.2#resolution" resolution() -> u64;
    "wasi:clocks/monotonic-clock@0.2#subscribe-duration" subscribe_duration(duration: u64) -> u32;
    "wasi:clocks/monotonic-clock@0.2#subscribe-instant" subscribe_instant(instant: u64) -> u32;
    "wasi:clocks/wall-clock@0.2#now" wall_clock(ret: u32);
    "wasi:random/random@0.2#get-random-bytes" random_bytes(len: u64, ret: u32);
    "wasi:random/random@0.2#get-random-u64" random_u64() -> u64;
    "wasi:random/insecure-seed@0.2#insecure-seed" insecure_seed(ret: u32);
    "wasi:filesystem/preopens@0.2#get-directories" get_directories(ret: u32);
    "wasi:filesystem/types@0.2#filesystem-error-code" error_code(error: u32, ret: u32);
    "wasi:filesystem/types@0.2#[method]descriptor.stat" descriptor_stat(descriptor: u32, ret: u32);
}

mod files;

/// Where functions put their results in the guest's memory, and texts of the program's.
const RET: u32 = 64;
const TEXT: u32 = 512;

unsafe fn caller(instance: usize) -> *const Caller {
    unsafe { (&raw const CALLERS).cast::<Caller>().add(instance) }
}

unsafe fn guest<T: Copy>(at: u32) -> T {
    unsafe { ((GUEST + u64::from(at)) as *const T).read_unaligned() }
}

/// Writes bytes with `blocking-write-and-flush`; `ends` if that fails.
unsafe fn put(stream: u32, at: u32, len: u32) {
    unsafe {
        write_and_flush(caller(0), stream, at, len, RET);
        if guest::<u8>(RET) != 0 {
            exit_with_code(caller(0), 99);
        }
    }
}

unsafe fn text(text: &str) -> (u32, u32) {
    unsafe {
        let to = (GUEST + u64::from(TEXT)) as *mut u8;
        for (i, &b) in text.as_bytes().iter().enumerate() {
            to.add(i).write_volatile(b);
        }
        (TEXT, text.len() as u32)
    }
}

unsafe fn print(stream: u32, words: &str) {
    unsafe {
        let (at, len) = text(words);
        put(stream, at, len);
    }
}

unsafe fn print_number(stream: u32, number: u64) {
    unsafe {
        if number >= 10 {
            print_number(stream, number / 10);
        }
        print(
            stream,
            core::str::from_utf8_unchecked(&[b'0' + (number % 10) as u8]),
        );
    }
}

/// Says whether something holds that has to.
unsafe fn check(stream: u32, what: &str, holds: bool) {
    unsafe {
        print(stream, what);
        print(stream, if holds { ": yes\n" } else { ": NO\n" });
    }
}

/// The first argument, straight from the host function.
unsafe fn argument() -> (u32, u32) {
    unsafe {
        get_arguments(caller(0), RET);
        let (list, count): (u32, u32) = guest(RET);
        if count < 2 {
            exit_with_code(caller(0), 98);
        }
        guest(list + 8)
    }
}

unsafe fn is((at, len): (u32, u32), name: &str) -> bool {
    len == name.len() as u32
        && name
            .as_bytes()
            .iter()
            .enumerate()
            .all(|(i, &b)| unsafe { guest::<u8>(at + i as u32) } == b)
}

unsafe fn fill_callers() {
    unsafe {
        for i in 0..3 {
            (&raw mut CALLERS).cast::<Caller>().add(i).write(Caller {
                instance: (&raw mut INSTANCES).cast::<Instance>().add(i) as u64,
                memory: &raw mut MEMORY as u64,
                realloc: realloc as *const () as u64,
                encoding: abi::encoding::UTF8,
            });
        }
        CALLER_ADDRESS = caller(0) as u64;
    }
}

#[unsafe(no_mangle)]
extern "C" fn scenario() -> u32 {
    unsafe {
        fill_callers();
        MEMORY.instance = &raw mut INSTANCES as u64;
        if nanocc_memory_grow(&raw mut MEMORY, 32) != 0 {
            return 97;
        }
        let name = argument();
        let out = get_stdout(caller(0));
        let instance = (&raw mut INSTANCES).cast::<Instance>();
        (*instance.add(2)).authority = (&raw const ENVIRONMENT) as u64;
        if is(name, "hello") {
            print(out, "hello\n");
        } else if is(name, "fail") {
            return 1;
        } else if is(name, "exit") {
            exit(caller(0), 1);
        } else if is(name, "exit-with-code") {
            exit_with_code(caller(0), 7);
        } else if is(name, "divide") {
            divide();
        } else if is(name, "load") {
            load(GUEST + 33 * WASM_PAGE);
        } else if is(name, "load-elsewhere") {
            load(8);
        } else if is(name, "unreachable") {
            unreachable_function();
        } else if is(name, "recurse") {
            recurse();
        } else if is(name, "recurse-in-shim") {
            recurse_in_shim();
        } else if is(name, "unknown-handle") {
            use_handle(instance, 1, 5);
        } else if is(name, "wrong-handle") {
            use_handle(instance, 0x1001, nanocc_resource_new(instance, 0x1000, 9));
        } else if is(name, "no-descriptor") {
            descriptor_stat(caller(0), 1, RET);
        } else if is(name, "bug") {
            (8 as *mut u32).write_volatile(1);
        } else if is(name, "wait") {
            print(out, "waiting\n");
            block(caller(0), subscribe_duration(caller(0), u64::MAX));
        } else if is(name, "arguments") {
            arguments(out);
        } else if is(name, "environment") {
            environment(out);
        } else if is(name, "ungranted") {
            ungranted(out);
        } else if is(name, "terminals") {
            terminals(out);
        } else if is(name, "cat") {
            cat(out);
        } else if is(name, "cat-polling") {
            cat_polling(out);
        } else if is(name, "cat-splicing") {
            cat_splicing(out);
        } else if is(name, "skip") {
            skip(out);
        } else if is(name, "clocks") {
            clocks(out);
        } else if is(name, "text") {
            text_copies(out);
        } else if is(name, "bytes") {
            byte_copies(out);
        } else if is(name, "poll-nothing") {
            poll(caller(0), 0, 0, RET);
        } else if is(name, "random") {
            random(out);
        } else if is(name, "write-unasked") {
            write(caller(0), out, TEXT, 1, RET);
        } else if is(name, "write-too-much") {
            write_and_flush(caller(0), out, TEXT, 4097, RET);
        } else if is(name, "permit") {
            permit(out);
        } else if is(name, "write-error") {
            write_error(out);
        } else if is(name, "files") {
            files::files(out);
        } else {
            return 96;
        }
    }
    0
}

unsafe fn arguments(out: u32) {
    unsafe {
        get_arguments(caller(0), RET);
        let (list, count): (u32, u32) = guest(RET);
        for i in 1..count {
            let (at, len): (u32, u32) = guest(list + i * 8);
            put(out, at, len);
            print(out, "\n");
        }
        initial_cwd(caller(0), RET);
        check(out, "no directory", guest::<u8>(RET) == 0);
        get_directories(caller(0), RET);
        check(out, "no preopens", guest::<(u32, u32)>(RET).1 == 0);
    }
}

unsafe fn terminals(out: u32) {
    unsafe {
        get_terminal_stdin(caller(0), RET);
        check(out, "stdin", guest::<u8>(RET) == 1);
        get_terminal_stdout(caller(0), RET);
        let (some, handle) = (guest::<u8>(RET), guest::<u32>(RET + 4));
        check(out, "stdout", some == 1);
        if some == 1 {
            drop_terminal_output(caller(0), handle);
        }
        get_terminal_stderr(caller(0), RET);
        check(out, "stderr", guest::<u8>(RET) == 1);
        denied_terminal_stdout(caller(1), RET);
        check(out, "without a grant", guest::<u8>(RET) == 1);
    }
}

unsafe fn environment(out: u32) {
    unsafe {
        get_environment(caller(2), RET);
        let (list, count): (u32, u32) = guest(RET);
        for i in 0..count {
            let pair: [u32; 4] = guest(list + i * 16);
            put(out, pair[0], pair[1]);
            print(out, " is ");
            put(out, pair[2], pair[3]);
            print(out, "\n");
        }
    }
}

unsafe fn ungranted(out: u32) {
    unsafe {
        let closed = || guest::<u8>(RET) == 1 && guest::<u8>(RET + 4) == 1;
        for (name, get) in [
            (
                "stdout",
                denied_stdout as unsafe extern "C" fn(*const Caller) -> u32,
            ),
            ("stderr", denied_stderr),
        ] {
            print(out, name);
            let stream = get(caller(1));
            write_and_flush(caller(1), stream, TEXT, 3, RET);
            let write = closed();
            check_write(caller(1), stream, RET);
            check(out, " is closed", write && closed());
            check(
                out,
                "ready",
                ready(caller(1), subscribe_output(caller(1), stream)) == 1,
            );
        }
        let stream = denied_stdin(caller(1));
        read(caller(1), stream, 10, RET);
        let read = closed();
        blocking_read(caller(1), stream, 0, RET);
        check(out, "stdin is closed", read && closed());
        check(
            out,
            "ready",
            ready(caller(1), subscribe_input(caller(1), stream)) == 1,
        );
        denied_arguments(caller(1), RET);
        let arguments = guest::<(u32, u32)>(RET).1;
        denied_environment(caller(1), RET);
        check(
            out,
            "nothing is told",
            arguments == 0 && guest::<(u32, u32)>(RET).1 == 0,
        );
        denied_terminal_stdout(caller(1), RET);
        check(out, "no terminal", guest::<u8>(RET) == 0);
    }
}

/// Writes bytes with `check-write` and `write`, and flushes.
unsafe fn put_all(out: u32, mut at: u32, mut len: u32) {
    unsafe {
        while len > 0 {
            check_write(caller(0), out, RET);
            let permit = (guest::<u64>(RET + 8) as u32).min(len);
            if permit == 0 {
                let pollable = subscribe_output(caller(0), out);
                block(caller(0), pollable);
                drop_pollable(caller(0), pollable);
            }
            write(caller(0), out, at, permit, RET);
            if guest::<u8>(RET) != 0 {
                exit_with_code(caller(0), 95);
            }
            at += permit;
            len -= permit;
        }
        flush(caller(0), out, RET);
        blocking_flush(caller(0), out, RET);
    }
}

unsafe fn cat(out: u32) {
    unsafe {
        let input = get_stdin(caller(0));
        loop {
            let room = NEXT;
            blocking_read(caller(0), input, 100_000, RET);
            if guest::<u8>(RET) != 0 {
                break;
            }
            let (at, len): (u32, u32) = guest(RET + 4);
            put_all(out, at, len);
            NEXT = room;
        }
        check(out, "closed", guest::<u8>(RET + 4) == 1);
        blocking_read(caller(0), input, 1, RET);
        check(
            out,
            "still closed",
            guest::<u8>(RET) == 1 && guest::<u8>(RET + 4) == 1,
        );
        drop_input(caller(0), input);
    }
}

/// The same without blocking anywhere but in `poll`, which also waits for a time. When that is what
/// ends the wait, it says so on standard error, once.
unsafe fn cat_polling(out: u32) {
    unsafe {
        let err = get_stderr(caller(0));
        let input = get_stdin(caller(0));
        let mut late = false;
        loop {
            let room = NEXT;
            read(caller(0), input, 1000, RET);
            if guest::<u8>(RET) != 0 {
                break;
            }
            let (at, len): (u32, u32) = guest(RET + 4);
            put_all(out, at, len);
            NEXT = room;
            if len == 0 {
                let pollables = [
                    subscribe_input(caller(0), input),
                    subscribe_duration(caller(0), 20_000_000),
                ];
                let at = realloc(0, 0, 4, 8);
                ((GUEST + u64::from(at)) as *mut [u32; 2]).write_unaligned(pollables);
                poll(caller(0), at, 2, RET);
                let (list, len): (u32, u32) = guest(RET);
                if !late && len == 1 && guest::<u32>(list) == 1 {
                    late = true;
                    print(err, "time passed\n");
                }
                if len == 0 {
                    exit_with_code(caller(0), 94);
                }
                drop_pollable(caller(0), pollables[0]);
                drop_pollable(caller(0), pollables[1]);
            }
        }
    }
}

unsafe fn cat_splicing(out: u32) {
    unsafe {
        let input = get_stdin(caller(0));
        splice(caller(0), out, input, 0, RET);
        check(
            out,
            "nothing",
            guest::<u8>(RET) == 0 && guest::<u64>(RET + 8) == 0,
        );
        loop {
            blocking_splice(caller(0), out, input, 100_000, RET);
            if guest::<u8>(RET) != 0 {
                break;
            }
            if guest::<u64>(RET + 8) == 0 {
                exit_with_code(caller(0), 93);
            }
        }
        check(out, "closed", guest::<u8>(RET + 8) == 1);
    }
}

unsafe fn skip(out: u32) {
    unsafe {
        let input = get_stdin(caller(0));
        blocking_skip(caller(0), input, 6, RET);
        print_number(out, guest::<u64>(RET + 8));
        print(out, "\n");
        blocking_read(caller(0), input, 5, RET);
        let (at, len): (u32, u32) = guest(RET + 4);
        put(out, at, len);
        print(out, "\n");
        write_zeroes_of(out, 3);
    }
}

unsafe fn write_zeroes_of(out: u32, len: u64) {
    unsafe {
        check_write(caller(0), out, RET);
        write_zeroes(caller(0), out, len, RET);
    }
}

unsafe fn clocks(out: u32) {
    unsafe {
        let c = caller(0);
        let start = now(c);
        let far = subscribe_duration(c, 3_600_000_000_000);
        let near = subscribe_duration(c, 10_000_000);
        check(out, "not ready", ready(c, near) == 0);
        block(c, near);
        let passed = now(c) - start;
        check(
            out,
            "time passes",
            (10_000_000..5_000_000_000).contains(&passed),
        );
        check(out, "ready now", ready(c, near) == 1 && ready(c, far) == 0);
        let past = subscribe_instant(c, start);
        check(out, "the past is ready", ready(c, past) == 1);
        check(out, "never", ready(c, subscribe_duration(c, u64::MAX)) == 0);
        check(
            out,
            "resolution",
            (1..1_000_000_000).contains(&resolution(c)),
        );
        wall_clock(c, RET);
        let (seconds, nanoseconds) = (guest::<u64>(RET), guest::<u32>(RET + 8));
        check(
            out,
            "after 2024",
            seconds > 1_704_000_000 && nanoseconds < 1_000_000_000,
        );

        // Many at once: more marks than fit the stack.
        let at = realloc(0, 0, 4, 8000);
        let list = (GUEST + u64::from(at)) as *mut u32;
        for i in 0..2000 {
            list.add(i)
                .write_volatile(if i == 70 || i == 1999 { past } else { far });
        }
        poll(c, at, 2000, RET);
        let (ready, count): (u32, u32) = guest(RET);
        check(
            out,
            "two of many",
            count == 2 && guest::<[u32; 2]>(ready) == [70, 1999],
        );
        // Pollables that are given back make room for others.
        for _ in 0..100_000 {
            drop_pollable(c, subscribe_instant(c, 0));
        }
    }
}

unsafe fn random(out: u32) {
    unsafe {
        let c = caller(0);
        check(out, "numbers differ", random_u64(c) != random_u64(c));
        insecure_seed(c, RET);
        let (a, b): (u64, u64) = guest(RET);
        check(out, "seeds differ", a != b);
        random_bytes(c, 0, RET);
        check(out, "no bytes", guest::<(u32, u32)>(RET).1 == 0);
        random_bytes(c, 100_000, RET);
        let (at, len): (u32, u32) = guest(RET);
        let mut seen = [0u32; 8];
        for i in 0..len {
            let byte = guest::<u8>(at + i);
            seen[usize::from(byte >> 5)] |= 1 << (byte & 31);
        }
        check(
            out,
            "every byte is there",
            len == 100_000 && seen == [u32::MAX; 8],
        );
    }
}

unsafe fn permit(out: u32) {
    unsafe {
        check_write(caller(0), out, RET);
        check(
            out,
            "permitted",
            guest::<u8>(RET) == 0 && guest::<u64>(RET + 8) >= 1,
        );
        let (at, len) = text("a\n");
        write(caller(0), out, at, len, RET);
        let pollable = subscribe_output(caller(0), out);
        check(out, "ready", ready(caller(0), pollable) == 1);
        // One byte more than what is left.
        check_write(caller(0), out, RET);
        let permit = guest::<u64>(RET + 8) as u32;
        write(caller(0), out, at, permit + 1, RET);
    }
}

/// What a write that fails tells, on standard error.
unsafe fn write_error(out: u32) {
    unsafe {
        let err = get_stderr(caller(0));
        // Another process may hold the other end of a pipe for a moment longer.
        for _ in 0..10_000 {
            write_and_flush(caller(0), out, TEXT, 1, RET);
            if guest::<u8>(RET) == 1 {
                break;
            }
        }
        check(err, "an error", guest::<u8>(RET) == 1);
        if guest::<u8>(RET + 4) == 0 {
            let error = guest::<u32>(RET + 8);
            to_debug_string(caller(0), error, RET);
            let (at, len): (u32, u32) = guest(RET);
            put(err, at, len);
            print(err, "\n");
            error_code(caller(0), error, RET);
            let some = guest::<u8>(RET) == 1;
            print_number(
                err,
                if some {
                    guest::<u8>(RET + 1).into()
                } else {
                    1000
                },
            );
            print(err, "\n");
        }
        write_and_flush(caller(0), out, TEXT, 1, RET);
        check(
            err,
            "closed",
            guest::<u8>(RET) == 1 && guest::<u8>(RET + 4) == 1,
        );
    }
}

/// Whether the bytes are well-formed UTF-8, straight from table 3-7 of the Unicode standard.
unsafe fn well_formed(text: *const u8, len: usize) -> bool {
    let mut at = 0;
    while at < len {
        // What is left, with zeros after it.
        let byte = |i: usize| {
            if at + i < len {
                unsafe { *text.add(at + i) }
            } else {
                0
            }
        };
        let continues = |i: usize| byte(i) & 0xc0 == 0x80;
        let (lead, second) = (byte(0), byte(1));
        at += match lead {
            0..=0x7f => 1,
            0xc2..=0xdf if continues(1) => 2,
            0xe0..=0xef if continues(1) && continues(2) => {
                if (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) {
                    return false;
                }
                3
            }
            0xf0..=0xf4 if continues(1) && continues(2) && continues(3) => {
                if (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f) {
                    return false;
                }
                4
            }
            _ => return false,
        };
    }
    true
}

/// A small generator: the same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as u32 & (limit.next_power_of_two() - 1)
    }
}

/// Two areas of the guest's memory to copy between.
unsafe fn areas() -> (*mut u8, *mut u8) {
    unsafe {
        let at = realloc(0, 0, 64, 16384);
        let from = (GUEST + u64::from(at)) as *mut u8;
        (from, from.add(8192))
    }
}

/// `nanocc_utf8_copy` against [`well_formed`].
unsafe fn text_copies(out: u32) {
    let (from, to) = unsafe { areas() };
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut judged, mut copied) = (true, true);
    let (mut good, mut bad) = (0, 0);
    for round in 0..30_000 {
        let mut len = 0;
        let pieces = numbers.below(16);
        for _ in 0..pieces {
            let code = match numbers.below(4) {
                0 => numbers.below(0x80),
                1 => numbers.below(0x800),
                2 => numbers.below(0x1_0000),
                _ => numbers.below(0x10_0000),
            };
            // Surrogates and overlong forms come out of this too.
            let long = numbers.below(64) == 0;
            let bytes: [u32; 4] = match code {
                0..0x80 if !long => [code, 256, 256, 256],
                0..0x800 if !long || code < 0x80 => [0xc0 | code >> 6, 0x80 | code & 63, 256, 256],
                0..0x1_0000 if !long || code < 0x800 => [
                    0xe0 | code >> 12,
                    0x80 | code >> 6 & 63,
                    0x80 | code & 63,
                    256,
                ],
                _ => {
                    let middle = (0x80 | code >> 12 & 63, 0x80 | code >> 6 & 63);
                    [0xf0 | code >> 18, middle.0, middle.1, 0x80 | code & 63]
                }
            };
            let ascii = if numbers.below(4) == 0 {
                numbers.below(128)
            } else {
                0
            };
            unsafe {
                for byte in bytes {
                    if byte < 256 {
                        from.add(len).write_volatile(byte as u8);
                        len += 1;
                    }
                }
                for i in 0..ascii {
                    from.add(len).write_volatile(b'a' + (i as u8 & 15));
                    len += 1;
                }
            }
        }
        unsafe {
            if round & 3 == 0 && len > 0 {
                let at = numbers.below(2048) as usize;
                if at < len {
                    from.add(at).write_volatile(numbers.below(256) as u8);
                }
            }
            // Any start, and an end that may cut a character.
            let skip = (numbers.below(4) as usize).min(len);
            let len = len - skip;
            let from = from.add(skip);
            to.add(len).write_volatile(0xee);
            let wanted = well_formed(from, len);
            let got = nanocc_utf8_copy(to, from, len) == 1;
            judged &= wanted == got;
            if wanted {
                good += 1;
                for i in 0..len {
                    copied &= to.add(i).read_volatile() == from.add(i).read_volatile();
                }
            } else {
                bad += 1;
            }
            copied &= to.add(len).read_volatile() == 0xee;
        }
    }
    unsafe {
        check(out, "judged", judged);
        check(out, "copied", copied);
        check(out, "of both kinds", good > 3000 && bad > 3000);
    }
}

/// `memcpy`, `memmove` and `memset` against loops.
unsafe fn byte_copies(out: u32) {
    let (from, to) = unsafe { areas() };
    let (mut copied, mut moved, mut filled) = (true, true, true);
    let pattern = |i: usize| (i * 7 + i / 251) as u8;
    unsafe {
        for len in (0..300).chain(2040..2060) {
            for offset in [0, 1, 7, 16] {
                for i in 0..len + 64 {
                    from.add(i).write_volatile(pattern(i));
                    to.add(i).write_volatile(0xee);
                }
                memcpy(to.add(16), from.add(offset), len);
                for i in 0..len + 32 {
                    let inside = i.wrapping_sub(16) < len;
                    let wanted = if inside {
                        pattern(i - 16 + offset)
                    } else {
                        0xee
                    };
                    copied &= to.add(i).read_volatile() == wanted;
                }
                for distance in [1, 15, 16, 64, 100] {
                    for up in [false, true] {
                        let (low, high) = (offset, offset + distance);
                        let (dst, src) = if up { (high, low) } else { (low, high) };
                        for i in 0..len + 128 {
                            from.add(i).write_volatile(pattern(i));
                        }
                        memmove(from.add(dst), from.add(src), len);
                        for i in 0..len + 128 {
                            let inside = i.wrapping_sub(dst) < len;
                            let wanted = pattern(if inside { i - dst + src } else { i });
                            moved &= from.add(i).read_volatile() == wanted;
                        }
                    }
                }
                for i in 0..len + 32 {
                    to.add(i).write_volatile(1);
                }
                memset(to.add(offset), 0xa5, len);
                for i in 0..len + 32 {
                    let wanted = if i.wrapping_sub(offset) < len {
                        0xa5
                    } else {
                        1
                    };
                    filled &= to.add(i).read_volatile() == wanted;
                }
            }
        }
        check(out, "copied", copied);
        check(out, "moved", moved);
        check(out, "filled", filled);
    }
}
