//! The table: for each of the shim's system calls its numbers, and what is fixed of its arguments.
//!
//! A row's symbol is what follows `nanocc:sys/` in the shim's. What a row says of arguments is what the shim's function
//! fixes, or what holds of every caller. `tests/system_calls.rs` decodes the shim's machine code for both machines: there is a row for each function,
//! a function for each row, and the numbers are the same.

use super::{Context, Test, Value, Width};
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
    /// Whether it gives a descriptor that there wasn't.
    pub opens: bool,
    fixed: &'static [Fixed],
}

/// What is fixed of an argument.
#[derive(Debug, Clone, Copy)]
enum Fixed {
    /// An `int`'s value.
    Int(u8, &'static [u32]),
    /// A `long`'s value.
    Long(u8, &'static [u32]),
    /// Some bits of an `int`: mask and value.
    IntBits(u8, u32, u32),
    /// Bits of an `int` that have to be set: on x86-64, and on aarch64, where some flags have other numbers.
    Flags(u8, u32, u32),
    /// A descriptor that isn't one of the standard streams'.
    NotStandard(u8),
    /// A descriptor: one of these, where the program opens nothing.
    Standard(u8, &'static [u32]),
    /// The descriptor for the result of a call from outside.
    Result(u8),
}

impl Row {
    /// The conditions on its arguments, in a program that `opens` descriptors or doesn't. One that nothing fulfils has no values.
    pub fn tests(&self, machine: Machine, opens: bool, context: Context) -> Vec<Test> {
        let test = |argument, width, value| {
            Some(Test {
                argument,
                width,
                value,
            })
        };
        let one_of = |values: &'static [u32]| Value::OneOf(Cow::Borrowed(values));
        let tests = self.fixed.iter().filter_map(|fixed| match *fixed {
            Fixed::Int(argument, values) => test(argument, Width::Low, one_of(values)),
            Fixed::Long(argument, values) => test(argument, Width::Whole, one_of(values)),
            Fixed::IntBits(argument, mask, value) => {
                test(argument, Width::Low, Value::Bits { mask, value })
            }
            Fixed::Flags(argument, x86_64, aarch64) => {
                let mask = match machine {
                    Machine::X86_64 => x86_64,
                    Machine::Aarch64 => aarch64,
                };
                test(argument, Width::Low, Value::Bits { mask, value: mask })
            }
            Fixed::NotStandard(argument) => test(argument, Width::Low, Value::AtLeast(3)),
            Fixed::Standard(_, _) if opens => None,
            Fixed::Standard(argument, values) => test(argument, Width::Low, one_of(values)),
            Fixed::Result(argument) => {
                let descriptor = context.result.map(|descriptor| descriptor as u32);
                let values = Cow::Owned(descriptor.into_iter().collect());
                test(argument, Width::Low, Value::OneOf(values))
            }
        });
        tests.collect()
    }
}

/// Rows: symbol, the kernel's name, numbers on x86-64 and aarch64, `opens` if it does, what is fixed.
macro_rules! rows {
    ($($symbol:literal = $name:literal $x86_64:literal $aarch64:literal $($opens:ident)? [$($fixed:expr),* $(,)?];)*) => {
        &[$(Row {
            symbol: $symbol,
            call: Call { name: $name, x86_64: $x86_64, aarch64: $aarch64 },
            opens: rows!(@opens $($opens)?),
            fixed: &[$($fixed),*],
        }),*]
    };
    (@opens) => { false };
    (@opens opens) => { true };
}

use Fixed::{Flags, Int, IntBits, Long, NotStandard, Result, Standard};

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
    "read" = "read" 0 63 [Standard(0, &[0])];
    "write" = "write" 1 64 [Standard(0, &[1, 2])];
    "write-message" = "write" 1 64 [Int(0, &[2])];
    "write-result" = "write" 1 64 [Result(0)];
    "close" = "close" 3 57 [NotStandard(0)];
    "ppoll" = "ppoll" 271 73 [Long(3, &[0])];
    "clock_gettime" = "clock_gettime" 228 113 [Int(0, CLOCKS)];
    "clock_getres" = "clock_getres" 229 114 [Int(0, CLOCKS)];
    "getrandom" = "getrandom" 318 278 [Int(2, &[0])];
    "ioctl-tcgets" = "ioctl" 16 29 [Int(1, &[TCGETS])];
    "mmap-data" = "mmap" 9 222 [Int(2, &[PROT_READ_WRITE]), IntBits(3, !MAP_PLACE, MAP_DATA)];
    "munmap" = "munmap" 11 215 [];

    "openat2" = "openat2" 437 437 opens [Long(3, &[OPEN_HOW])];
    "openat-nofollow" = "openat" 257 56 opens [Flags(2, O_NOFOLLOW[0] | O_CLOEXEC, O_NOFOLLOW[1] | O_CLOEXEC)];
    "readlinkat" = "readlinkat" 267 78 [];
    "fstatfs" = "fstatfs" 138 44 [];
    "fstat" = "fstat" 5 80 [];
    "fstatat-nofollow" = "newfstatat" 262 79 [Int(3, &[AT_SYMLINK_NOFOLLOW])];
    "pread64" = "pread64" 17 67 [NotStandard(0)];
    "pwrite64" = "pwrite64" 18 68 [NotStandard(0)];
    "pwritev2-append" = "pwritev2" 328 287 [NotStandard(0), Int(2, &[1]), Int(5, &[RWF_APPEND])];
    "fcntl-append" = "fcntl" 72 25 [NotStandard(0), Int(1, &[F_SETFL]), Int(2, &[O_APPEND])];
    "fcntl-no-append" = "fcntl" 72 25 [NotStandard(0), Int(1, &[F_SETFL]), Int(2, &[0])];
    "fcntl-getpipe_sz" = "fcntl" 72 25 [Int(1, &[F_GETPIPE_SZ])];
    "copy_file_range" = "copy_file_range" 326 285 [Int(5, &[0])];
    "lseek-set" = "lseek" 8 62 [NotStandard(0), Int(2, &[0])];
    "getdents64" = "getdents64" 217 61 [NotStandard(0)];
    "fsync" = "fsync" 74 82 [];
    "fdatasync" = "fdatasync" 75 83 [];
    "ftruncate" = "ftruncate" 77 46 [NotStandard(0)];
    "fadvise64" = "fadvise64" 221 223 [NotStandard(0)];
    "futimens" = "utimensat" 280 88 [NotStandard(0), Long(1, &[0]), Int(3, &[0])];
    "utimensat-empty" = "utimensat" 280 88 [NotStandard(0), Int(3, &[AT_EMPTY_PATH])];
    "utimensat-nofollow" = "utimensat" 280 88 [NotStandard(0), Int(3, &[AT_SYMLINK_NOFOLLOW])];
    "mkdirat" = "mkdirat" 258 34 [];
    "unlinkat" = "unlinkat" 263 35 [Int(2, &[0])];
    "unlinkat-directory" = "unlinkat" 263 35 [Int(2, &[AT_REMOVEDIR])];
    "renameat2" = "renameat2" 316 276 [Int(4, &[0])];
    "linkat" = "linkat" 265 37 [Int(4, &[0])];
    "symlinkat" = "symlinkat" 266 36 [];

    "socket-stream" = "socket" 41 198 opens [Int(0, FAMILIES), Int(1, &[STREAM]), Int(2, &[0])];
    "socket-datagram" = "socket" 41 198 opens [Int(0, FAMILIES), Int(1, &[DATAGRAM]), Int(2, &[0])];
    "accept4" = "accept4" 288 242 opens [Long(1, &[0]), Int(3, &[0x800 | O_CLOEXEC])];
    "bind" = "bind" 49 200 [NotStandard(0)];
    "connect" = "connect" 42 203 [NotStandard(0)];
    "listen" = "listen" 50 201 [NotStandard(0)];
    "shutdown" = "shutdown" 48 210 [NotStandard(0)];
    "sendto" = "sendto" 44 206 [Int(3, &[MSG_NOSIGNAL])];
    "recvfrom" = "recvfrom" 45 207 [Int(3, &[0])];
    "getsockname" = "getsockname" 51 204 [];
    "getpeername" = "getpeername" 52 205 [];
    "getsockopt" = "getsockopt" 55 209 [];
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
