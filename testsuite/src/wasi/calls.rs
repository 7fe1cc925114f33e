//! Which functions of a program are called while it runs: measured, by breakpoints.
//!
//! # How
//!
//! The program is traced. A breakpoint lies at the start of each function in question; where one is hit, the
//! function was called, the breakpoint is taken away, and the program goes on as if nothing had been. So the
//! program runs at full speed but for one stop a function, and neither it nor its guest can claim a call that
//! isn't made or hide one that is.

use crate::Result;
use crate::execute::{Executed, Terminal};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Error, Read, Seek, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};

#[cfg(target_arch = "x86_64")]
const BREAKPOINT: &[u8] = &[0xcc];
/// How far past its start a breakpoint leaves the program counter.
#[cfg(target_arch = "x86_64")]
const PAST: u64 = 1;
#[cfg(target_arch = "aarch64")]
const BREAKPOINT: &[u8] = &[0x00, 0x00, 0x20, 0xd4];
#[cfg(target_arch = "aarch64")]
const PAST: u64 = 0;

/// Runs `command`, on a terminal or with files for its standard streams, and says at which of `addresses` it executed an instruction.
///
/// # Errors
///
/// If the program can't be traced, or hits a trap that is none of these.
pub fn reached(
    command: &mut Command,
    stdin: &[u8],
    addresses: &BTreeSet<u64>,
    terminal: bool,
) -> Result<(Executed, BTreeSet<u64>)> {
    if terminal {
        let terminal = Terminal::new()?;
        terminal.give(command)?;
        let (status, reached) = trace(command, addresses)?;
        let done = Executed {
            stdout: terminal.said()?,
            stderr: Vec::new(),
            status,
        };
        return Ok((done, reached));
    }
    let file = || tempfile::tempfile().map_err(|error| error.to_string());
    let (mut input, mut output, mut errors) = (file()?, file()?, file()?);
    let io = |error: Error| error.to_string();
    input.write_all(stdin).map_err(io)?;
    input.rewind().map_err(io)?;
    command
        .stdin(Stdio::from(input))
        .stdout(Stdio::from(output.try_clone().map_err(io)?))
        .stderr(Stdio::from(errors.try_clone().map_err(io)?));
    let (status, reached) = trace(command, addresses)?;
    let done = Executed {
        stdout: content(&mut output).map_err(io)?,
        stderr: content(&mut errors).map_err(io)?,
        status,
    };
    Ok((done, reached))
}

fn content(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn trace(command: &mut Command, addresses: &BTreeSet<u64>) -> Result<(ExitStatus, BTreeSet<u64>)> {
    // SAFETY: ptrace(PTRACE_TRACEME) is a bare system call, which is allowed between fork and exec.
    unsafe {
        command.pre_exec(|| match libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) {
            -1 => Err(Error::last_os_error()),
            _ => Ok(()),
        });
    }
    let child = command.spawn().map_err(|error| error.to_string())?;
    let pid = child.id() as libc::pid_t;
    let mut covered: BTreeMap<u64, libc::c_long> = BTreeMap::new();
    let mut reached = BTreeSet::new();
    let mut started = false;
    loop {
        let mut status = 0;
        // SAFETY: `status` outlives the call; the child is this function's own.
        if unsafe { libc::waitpid(pid, &mut status, 0) } == -1 {
            return Err(format!("waitpid: {}", Error::last_os_error()));
        }
        if libc::WIFEXITED(status) || libc::WIFSIGNALED(status) {
            return Ok((ExitStatus::from_raw(status), reached));
        }
        let mut signal = libc::WSTOPSIG(status);
        if !started {
            // Its first instruction, after exec.
            started = true;
            signal = 0;
            request(
                libc::PTRACE_SETOPTIONS,
                pid,
                0,
                i64::from(libc::PTRACE_O_EXITKILL),
            )?;
            for address in addresses {
                covered.insert(*address, cover(pid, *address)?);
            }
        } else if signal == libc::SIGTRAP {
            let address = counter(pid, None)?.wrapping_sub(PAST);
            if let Some(word) = covered.remove(&address) {
                signal = 0;
                reached.insert(address);
                uncover(pid, address, word)?;
                counter(pid, Some(address))?;
            }
        }
        request(libc::PTRACE_CONT, pid, 0, i64::from(signal))?;
    }
}

/// A request that answers with nothing but an error.
fn request(what: libc::c_uint, pid: libc::pid_t, address: u64, data: i64) -> Result<()> {
    // SAFETY: the requests made here take no pointers of this process; the child is stopped.
    match unsafe { libc::ptrace(what, pid, address, data) } {
        -1 => Err(format!("ptrace: {}", Error::last_os_error())),
        _ => Ok(()),
    }
}

/// Puts a breakpoint over an instruction; returns the word that was there.
fn cover(pid: libc::pid_t, address: u64) -> Result<libc::c_long> {
    let word = peek(pid, address)?;
    let mut bytes = word.to_ne_bytes();
    for (byte, new) in bytes.iter_mut().zip(BREAKPOINT) {
        *byte = *new;
    }
    request(
        libc::PTRACE_POKETEXT,
        pid,
        address,
        libc::c_long::from_ne_bytes(bytes),
    )?;
    Ok(word)
}

/// Takes a breakpoint away. Another one may have been put into, or taken out of, the rest of the word since.
fn uncover(pid: libc::pid_t, address: u64, word: libc::c_long) -> Result<()> {
    let mut bytes = peek(pid, address)?.to_ne_bytes();
    for (byte, old) in bytes
        .iter_mut()
        .zip(word.to_ne_bytes())
        .take(BREAKPOINT.len())
    {
        *byte = old;
    }
    request(
        libc::PTRACE_POKETEXT,
        pid,
        address,
        libc::c_long::from_ne_bytes(bytes),
    )
}

fn peek(pid: libc::pid_t, address: u64) -> Result<libc::c_long> {
    // SAFETY: errno is this thread's own; it tells an error from a word that is -1.
    unsafe { *libc::__errno_location() = 0 };
    // SAFETY: only reads the stopped child.
    let word = unsafe { libc::ptrace(libc::PTRACE_PEEKTEXT, pid, address, 0) };
    match Error::last_os_error() {
        error if word == -1 && error.raw_os_error() != Some(0) => {
            Err(format!("ptrace: {address:#x}: {error}"))
        }
        _ => Ok(word),
    }
}

/// The program counter, after it was set to `to` if that is said.
fn counter(pid: libc::pid_t, to: Option<u64>) -> Result<u64> {
    const NT_PRSTATUS: usize = 1;
    let mut registers = std::mem::MaybeUninit::<libc::user_regs_struct>::zeroed();
    let mut view = libc::iovec {
        iov_base: registers.as_mut_ptr().cast(),
        iov_len: size_of::<libc::user_regs_struct>(),
    };
    // SAFETY: `view` names a buffer of that size, which outlives the call.
    let got = unsafe { libc::ptrace(libc::PTRACE_GETREGSET, pid, NT_PRSTATUS, &mut view) };
    if got == -1 {
        return Err(format!("ptrace: {}", Error::last_os_error()));
    }
    // SAFETY: all zero is a valid value of this structure of integers, and the kernel filled it in.
    let mut registers = unsafe { registers.assume_init() };
    #[cfg(target_arch = "x86_64")]
    let place = &mut registers.rip;
    #[cfg(target_arch = "aarch64")]
    let place = &mut registers.pc;
    let was = *place;
    if let Some(to) = to {
        *place = to;
        view.iov_base = (&raw mut registers).cast();
        // SAFETY: as above.
        let set = unsafe { libc::ptrace(libc::PTRACE_SETREGSET, pid, NT_PRSTATUS, &mut view) };
        if set == -1 {
            return Err(format!("ptrace: {}", Error::last_os_error()));
        }
    }
    Ok(was)
}
