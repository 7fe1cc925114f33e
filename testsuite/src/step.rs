//! Running a program one instruction at a time, to see exactly which ones it executes.

use crate::Result;
use std::io::Error;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// Calls `see` with the address and the first bytes of every instruction that `command` executes, from
/// its first to its exit. What it writes is thrown away.
pub fn each_instruction(command: &mut Command, see: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // SAFETY: ptrace(PTRACE_TRACEME) is a bare system call, which is allowed between fork and exec.
    unsafe {
        command.pre_exec(|| match libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) {
            -1 => Err(Error::last_os_error()),
            _ => Ok(()),
        });
    }
    let child = command.spawn().map_err(|error| error.to_string())?;
    let pid = child.id() as libc::pid_t;
    loop {
        let mut status = 0;
        // SAFETY: `status` outlives the call; the child is this function's own.
        if unsafe { libc::waitpid(pid, &mut status, 0) } == -1 {
            return Err(format!("waitpid: {}", Error::last_os_error()));
        }
        if libc::WIFEXITED(status) {
            return Ok(());
        }
        if libc::WIFSIGNALED(status) {
            return Err(format!("ended by signal {}", libc::WTERMSIG(status)));
        }
        // A signal that the program is meant to handle is passed on to it.
        let signal = match libc::WSTOPSIG(status) {
            libc::SIGTRAP => 0,
            other => other,
        };
        let address = program_counter(pid)?;
        // Instructions are up to 15 bytes long; two words are enough for any opcode.
        let mut code = [0; 16];
        for (i, half) in code.chunks_mut(8).enumerate() {
            // SAFETY: PTRACE_PEEKTEXT only reads the stopped child. At the end of a mapping the
            // second word may be missing: it stays 0.
            let word =
                unsafe { libc::ptrace(libc::PTRACE_PEEKTEXT, pid, address + 8 * i as u64, 0) };
            half.copy_from_slice(&word.to_ne_bytes());
        }
        see(address, &code);
        // SAFETY: the child is stopped, and is let go for one instruction.
        if unsafe { libc::ptrace(libc::PTRACE_SINGLESTEP, pid, 0, signal) } == -1 {
            return Err(format!("ptrace: {}", Error::last_os_error()));
        }
    }
}

fn program_counter(pid: libc::pid_t) -> Result<u64> {
    let mut registers = std::mem::MaybeUninit::<libc::user_regs_struct>::zeroed();
    let mut view = libc::iovec {
        iov_base: registers.as_mut_ptr().cast(),
        iov_len: size_of::<libc::user_regs_struct>(),
    };
    const NT_PRSTATUS: usize = 1;
    // SAFETY: `view` names a buffer of that size, which outlives the call.
    let done = unsafe { libc::ptrace(libc::PTRACE_GETREGSET, pid, NT_PRSTATUS, &mut view) };
    if done == -1 {
        return Err(format!("ptrace: {}", Error::last_os_error()));
    }
    // SAFETY: all zero is a valid value of this structure of integers, and the kernel filled it in.
    let registers = unsafe { registers.assume_init() };
    #[cfg(target_arch = "x86_64")]
    return Ok(registers.rip);
    #[cfg(target_arch = "aarch64")]
    return Ok(registers.pc);
}

#[cfg(test)]
mod tests {
    /// A program that does execute CPUID, so that its absence elsewhere means something: every
    /// dynamically linked program of glibc's does at start, `true` among them.
    #[test]
    #[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
    fn sees_cpuid() -> super::Result<()> {
        let mut seen = 0;
        super::each_instruction(&mut std::process::Command::new("true"), &mut |_, code| {
            seen += u32::from(code.starts_with(&[0x0f, 0xa2]));
        })?;
        assert!(seen > 0);
        Ok(())
    }
}
