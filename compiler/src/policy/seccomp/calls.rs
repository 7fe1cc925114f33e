//! The table: for each of the shim's system calls its numbers, and what is fixed of its arguments.
//!
//! A row's symbol is what follows `nanocc:sys/` in the shim's. What a row says of arguments is what the shim's function
//! fixes, or what holds of every caller. `tests/system_calls.rs` decodes the shim's machine code for both machines: there is a row for each function,
//! a function for each row, and the numbers are the same.
//!
//! A row after whose numbers there is `if` is about what only some grant leads to. The shim looks at its own rights before it makes such a call, so in a program
//! where nobody has that grant the function may be there, but is never called: the row isn't either.

use super::{Context, Grant, Test, Value, Width};
use nanocc_linker::Machine;
use std::borrow::Cow;

/// A system call of the kernel's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Its name.
    pub name: &'static str,
    x86_64: u32,
    aarch64: u32,
}

impl Call {
    /// Its number.
    pub fn number(self, machine: Machine) -> u32 {
        match machine {
            Machine::X86_64 => self.x86_64,
            Machine::Aarch64 => self.aarch64,
        }
    }
}

/// One of the shim's functions that make a system call.
#[derive(Debug)]
pub struct Row {
    /// Its symbol, without the prefix.
    pub symbol: &'static str,
    /// What it calls.
    pub call: Call,
    /// Whether it gives a socket that there wasn't.
    pub socket: bool,
    /// The grant without which it is never made.
    pub only: Option<Grant>,
    fixed: &'static [Fixed],
}

/// What is fixed of an argument.
#[derive(Debug, Clone, Copy)]
enum Fixed {
    /// An `int`'s value.
    Int(u8, &'static [u32]),
    /// A `long`'s value.
    Long(u8, &'static [u32]),
    /// Some bits of a `long`, mask and value; the upper half is 0.
    LongBits(u8, u32, u32),
    /// Bits of an `int` that have to be set: on x86-64, and on aarch64, where some flags have other numbers.
    Flags(u8, u32, u32),
    /// A descriptor that isn't one of the standard streams'.
    NotStandard(u8),
    /// A descriptor to read from: standard input where it was granted, and any socket (files are read from by `pread64`).
    Input(u8),
    /// A descriptor to write to: standard output and error as they were granted, and any file where some may be changed
    /// (sockets are written to by `sendto`).
    Output(u8),
    /// The descriptor for the result of a call from outside.
    Result(u8),
}

impl Row {
    /// When the call is permitted: if all tests of one of these hold. `sockets` is whether the program has any.
    pub fn alternatives(
        &self,
        machine: Machine,
        sockets: bool,
        context: Context,
    ) -> Vec<Vec<Test>> {
        if self.only.is_some_and(|grant| !context.has(grant)) {
            return Vec::new();
        }
        let mut alternatives = vec![Vec::new()];
        for fixed in self.fixed {
            if let Some(tests) = fixed.tests(machine, sockets, context) {
                let with = |before: &Vec<Test>| -> Vec<Vec<Test>> {
                    let with = |test: &Test| [&before[..], std::slice::from_ref(test)].concat();
                    tests.iter().map(with).collect()
                };
                alternatives = alternatives.iter().flat_map(with).collect();
            }
        }
        alternatives
    }
}

impl Fixed {
    /// Tests one of which has to hold; `None` if anything will do.
    fn tests(self, machine: Machine, sockets: bool, context: Context) -> Option<Vec<Test>> {
        let test = |argument, width, value| {
            vec![Test {
                argument,
                width,
                value,
            }]
        };
        let one_of = |values: &'static [u32]| Value::OneOf(Cow::Borrowed(values));
        Some(match self {
            Fixed::Int(argument, values) => test(argument, Width::Low, one_of(values)),
            Fixed::Long(argument, values) => test(argument, Width::Whole, one_of(values)),
            Fixed::LongBits(argument, mask, value) => {
                test(argument, Width::Whole, Value::Bits { mask, value })
            }
            Fixed::Flags(argument, x86_64, aarch64) => {
                let mask = match machine {
                    Machine::X86_64 => x86_64,
                    Machine::Aarch64 => aarch64,
                };
                test(argument, Width::Low, Value::Bits { mask, value: mask })
            }
            Fixed::NotStandard(argument) => test(argument, Width::Low, OPENED),
            Fixed::Input(argument) => descriptor(argument, &[0], sockets, context)?,
            Fixed::Output(argument) => {
                descriptor(argument, &[1, 2], context.has(Grant::Changes), context)?
            }
            Fixed::Result(argument) => {
                let descriptor = context.result.map(|descriptor| descriptor as u32);
                let values = Cow::Owned(descriptor.into_iter().collect());
                test(argument, Width::Low, Value::OneOf(values))
            }
        })
    }
}

/// A descriptor that the program has opened.
const OPENED: Value = Value::AtLeast(3);

/// One of these of the standard streams, if it was granted, or one that the program has opened, if it may be that. Nothing is asked where all
/// may be, as of most programs that open anything: the kernel knows such calls without running the filter.
fn descriptor(argument: u8, standard: &[u32], opened: bool, context: Context) -> Option<Vec<Test>> {
    let granted = |stream: &u32| context.streams[*stream as usize];
    if opened && standard.iter().all(granted) {
        return None;
    }
    let granted = standard.iter().copied().filter(granted).collect();
    let values = [Value::OneOf(Cow::Owned(granted))];
    let values = values.into_iter().chain(opened.then_some(OPENED));
    let test = |value| Test {
        argument,
        width: Width::Low,
        value,
    };
    Some(values.map(test).collect())
}

/// Rows: symbol, the kernel's name, numbers on x86-64 and aarch64, `gives socket` if it does, `if` and the grant that it takes, what is fixed.
macro_rules! rows {
    ($($symbol:literal = $name:literal $x86_64:literal $aarch64:literal $(gives $socket:ident)? $(if $grant:ident)? [$($fixed:expr),* $(,)?];)*) => {
        &[$(Row {
            symbol: $symbol,
            call: Call { name: $name, x86_64: $x86_64, aarch64: $aarch64 },
            socket: rows!(@socket $($socket)?),
            only: rows!(@only $($grant)?),
            fixed: &[$($fixed),*],
        }),*]
    };
    (@socket) => { false };
    (@socket socket) => { true };
    (@only) => { None };
    (@only $grant:ident) => { Some(Grant::$grant) };
}

use Fixed::{Flags, Input, Int, Long, LongBits, NotStandard, Output, Result};

const PROT_READ_WRITE: u32 = 3;
const MAP_PRIVATE: u32 = 0x02;
const MAP_FIXED: u32 = 0x10;
const MAP_ANONYMOUS: u32 = 0x20;
const MAP_NORESERVE: u32 = 0x4000;
const MAP_FIXED_NOREPLACE: u32 = 0x10_0000;
/// What `mmap` is told: a place may be asked for, or insisted on.
const MAP_PLACE: u32 = MAP_FIXED | MAP_FIXED_NOREPLACE;
const MAP_DATA: u32 = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
const TCGETS: u32 = 0x5401;
const FIONREAD: u32 = 0x541b;
const SIOCGIFINDEX: u32 = 0x8933;
const O_CLOEXEC: u32 = 0x8_0000;
const O_APPEND: u32 = 0x400;
const F_SETFL: u32 = 4;
const F_GETPIPE_SZ: u32 = 1032;
const MSG_NOSIGNAL: u32 = 0x4000;
const SOL_SOCKET: u32 = 1;
const IPPROTO_IP: u32 = 0;
const IPPROTO_TCP: u32 = 6;
const IPPROTO_IPV6: u32 = 41;
const RWF_APPEND: u32 = 0x10;
const AT_SYMLINK_NOFOLLOW: u32 = 0x100;
const AT_REMOVEDIR: u32 = 0x200;
const AT_EMPTY_PATH: u32 = 0x1000;
/// On x86-64, and on aarch64.
const O_NOFOLLOW: [u32; 2] = [0x2_0000, 0x8000];
/// The size of `struct open_how`.
const OPEN_HOW: u32 = 24;
/// The levels that the options of sockets are asked for at, and the options: `SO_ERROR`, `SO_SNDBUF`, `SO_RCVBUF`, `SO_KEEPALIVE`; `IP_TTL`;
/// `TCP_KEEPIDLE`, `TCP_KEEPINTVL`, `TCP_KEEPCNT`; `IPV6_UNICAST_HOPS`. Others do more than tell: TCP's 35 reads.
const LEVELS: &[u32] = &[SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP, IPPROTO_IPV6];
const OPTIONS: &[u32] = &[2, 4, 5, 6, 7, 8, 9, 16];
/// `AF_INET` and `AF_INET6`.
const FAMILIES: &[u32] = &[2, 10];
/// `SOCK_STREAM` and `SOCK_DGRAM`, with `SOCK_NONBLOCK` and `SOCK_CLOEXEC`.
const STREAM: u32 = 1 | 0x800 | O_CLOEXEC;
const DATAGRAM: u32 = 2 | 0x800 | O_CLOEXEC;
/// `CLOCK_REALTIME` and `CLOCK_MONOTONIC`.
const CLOCKS: &[u32] = &[0, 1];

/// Every function in the shim's `sys::call`.
#[rustfmt::skip]
pub const ROWS: &[Row] = rows! {
    "exit_group" = "exit_group" 231 94 [];
    "read" = "read" 0 63 [Input(0)];
    "write" = "write" 1 64 [Output(0)];
    "write-message" = "write" 1 64 [Int(0, &[2])];
    "write-result" = "write" 1 64 [Result(0)];
    "close" = "close" 3 57 [NotStandard(0)];
    "ppoll" = "ppoll" 271 73 [Long(3, &[0])];
    "clock_gettime" = "clock_gettime" 228 113 [Int(0, CLOCKS)];
    "clock_getres" = "clock_getres" 229 114 [Int(0, CLOCKS)];
    "getrandom" = "getrandom" 318 278 [Int(2, &[0])];
    "ioctl-tcgets" = "ioctl" 16 29 [Int(1, &[TCGETS])];
    "mmap-data" = "mmap" 9 222 [Long(2, &[PROT_READ_WRITE]), LongBits(3, !MAP_PLACE, MAP_DATA)];
    "munmap" = "munmap" 11 215 [];

    "openat2" = "openat2" 437 437 [Long(3, &[OPEN_HOW])];
    "openat-nofollow" = "openat" 257 56 [Flags(2, O_NOFOLLOW[0] | O_CLOEXEC, O_NOFOLLOW[1] | O_CLOEXEC)];
    "readlinkat" = "readlinkat" 267 78 [];
    "fstatfs" = "fstatfs" 138 44 [];
    "fstat" = "fstat" 5 80 [];
    "fstatat-nofollow" = "newfstatat" 262 79 [Int(3, &[AT_SYMLINK_NOFOLLOW])];
    "pread64" = "pread64" 17 67 [NotStandard(0)];
    "pwrite64" = "pwrite64" 18 68 if Changes [NotStandard(0)];
    "pwritev2-append" = "pwritev2" 328 287 if Changes [NotStandard(0), Long(2, &[1]), Int(5, &[RWF_APPEND])];
    "fcntl-append" = "fcntl" 72 25 if Changes [NotStandard(0), Int(1, &[F_SETFL]), Int(2, &[O_APPEND])];
    "fcntl-no-append" = "fcntl" 72 25 if Changes [NotStandard(0), Int(1, &[F_SETFL]), Int(2, &[0])];
    "fcntl-getpipe_sz" = "fcntl" 72 25 [Int(1, &[F_GETPIPE_SZ])];
    "copy_file_range" = "copy_file_range" 326 285 if Changes [NotStandard(0), NotStandard(2), Int(5, &[0])];
    "lseek-set" = "lseek" 8 62 [NotStandard(0), Int(2, &[0])];
    "getdents64" = "getdents64" 217 61 [NotStandard(0)];
    "fsync" = "fsync" 74 82 [];
    "fdatasync" = "fdatasync" 75 83 [];
    "ftruncate" = "ftruncate" 77 46 if Changes [NotStandard(0)];
    "fadvise64" = "fadvise64" 221 223 [NotStandard(0)];
    "futimens" = "utimensat" 280 88 if Changes [NotStandard(0), Long(1, &[0]), Int(3, &[0])];
    "utimensat-empty" = "utimensat" 280 88 if Changes [NotStandard(0), Int(3, &[AT_EMPTY_PATH])];
    "utimensat-nofollow" = "utimensat" 280 88 if Changes [NotStandard(0), Int(3, &[AT_SYMLINK_NOFOLLOW])];
    "mkdirat" = "mkdirat" 258 34 if Changes [];
    "unlinkat" = "unlinkat" 263 35 if Changes [Int(2, &[0])];
    "unlinkat-directory" = "unlinkat" 263 35 if Changes [Int(2, &[AT_REMOVEDIR])];
    "renameat2" = "renameat2" 316 276 if Changes [Int(4, &[0])];
    "linkat" = "linkat" 265 37 if Changes [Int(4, &[0])];
    "symlinkat" = "symlinkat" 266 36 if Changes [];

    "socket-stream" = "socket" 41 198 gives socket [Int(0, FAMILIES), Int(1, &[STREAM]), Int(2, &[0])];
    "socket-datagram" = "socket" 41 198 gives socket [Int(0, FAMILIES), Int(1, &[DATAGRAM]), Int(2, &[0])];
    "accept4" = "accept4" 288 242 gives socket if Listens [NotStandard(0), Int(3, &[0x800 | O_CLOEXEC])];
    "bind" = "bind" 49 200 [NotStandard(0)];
    "connect" = "connect" 42 203 if Connects [NotStandard(0)];
    "listen" = "listen" 50 201 if Listens [NotStandard(0)];
    "shutdown" = "shutdown" 48 210 [NotStandard(0)];
    "sendto" = "sendto" 44 206 [NotStandard(0), Int(3, &[MSG_NOSIGNAL])];
    "recvfrom" = "recvfrom" 45 207 [NotStandard(0), Int(3, &[0])];
    "getsockname" = "getsockname" 51 204 [];
    "getpeername" = "getpeername" 52 205 [];
    "getsockopt" = "getsockopt" 55 209 [Int(1, LEVELS), Int(2, OPTIONS)];
    "setsockopt-reuseaddr" = "setsockopt" 54 208 [Int(1, &[SOL_SOCKET]), Int(2, &[2])];
    "setsockopt-sndbuf" = "setsockopt" 54 208 [Int(1, &[SOL_SOCKET]), Int(2, &[7])];
    "setsockopt-rcvbuf" = "setsockopt" 54 208 [Int(1, &[SOL_SOCKET]), Int(2, &[8])];
    "setsockopt-keepalive" = "setsockopt" 54 208 [Int(1, &[SOL_SOCKET]), Int(2, &[9])];
    "setsockopt-keepidle" = "setsockopt" 54 208 [Int(1, &[IPPROTO_TCP]), Int(2, &[4])];
    "setsockopt-keepintvl" = "setsockopt" 54 208 [Int(1, &[IPPROTO_TCP]), Int(2, &[5])];
    "setsockopt-keepcnt" = "setsockopt" 54 208 [Int(1, &[IPPROTO_TCP]), Int(2, &[6])];
    "setsockopt-user-timeout" = "setsockopt" 54 208 [Int(1, &[IPPROTO_TCP]), Int(2, &[18])];
    "setsockopt-ttl" = "setsockopt" 54 208 [Int(1, &[IPPROTO_IP]), Int(2, &[2])];
    "setsockopt-hops" = "setsockopt" 54 208 [Int(1, &[IPPROTO_IPV6]), Int(2, &[16])];
    "setsockopt-v6only" = "setsockopt" 54 208 [Int(1, &[IPPROTO_IPV6]), Int(2, &[26])];
    "ioctl-fionread" = "ioctl" 16 29 [Int(1, &[FIONREAD])];
    "ioctl-siocgifindex" = "ioctl" 16 29 [NotStandard(0), Int(1, &[SIOCGIFINDEX])];
};
