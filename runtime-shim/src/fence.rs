//! The second fence: what the kernel is told to enforce, before the program's first instruction.
//!
//! The first is this shim, which checks each use of a handle. Should a guest get past it, the process still can't do what no component
//! of the program was granted: the kernel ends it at any system call that the program doesn't make ([`nanocc_prepare_seccomp`]), and refuses files
//! and TCP ports that nobody was granted ([`nanocc_prepare_landlock`]). `FENCES.md` says what each kernel can enforce. Both are for good:
//! nothing takes them away again.
//!
//! A kernel, or a sandbox around the program, may not have one of them. Then the program goes on without, unless it was
//! compiled with `--require-fences`. An error of any other kind ends it.

mod landlock;

use linux_raw_sys::errno::{EACCES, EINVAL, ENOSYS, EOPNOTSUPP, EPERM};
use nanocc_shim_abi::{Directory, Fence, NetworkRule, fence, network};
use rustix::io::Errno;

use crate::program;
use crate::start::cannot_run;
use crate::sys::{check, start};
use crate::trap::report::Message;
use landlock::{Access, Needs};

#[cfg(not(test))]
mod symbols {
    use nanocc_shim_abi::{Fence, ProgramAuthority};

    unsafe extern "C" {
        #[link_name = "__nanocc_fence"]
        pub static FENCE: Fence;
        #[link_name = "__nanocc_authority"]
        pub static AUTHORITY: ProgramAuthority;
    }
}

/// `struct sock_fprog`.
#[repr(C)]
struct Program {
    len: u16,
    instructions: usize,
}

/// `SECCOMP_FILTER_FLAG_SPEC_ALLOW`: the filter doesn't make kernels before 5.16 force the mitigations of speculation on, which would slow down all of
/// the program. What they are for, one part of a process guessing what another has in memory, is nothing that the filter
/// changes (`FENCES.md`).
const SPEC_ALLOW: usize = 1 << 2;

/// `nanocc_shim_abi::prepare::PRIVILEGES`: executing a file gives no rights that the process doesn't have.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn nanocc_prepare_privileges() {
    // SAFETY: no memory is touched. Every kernel has it; where a sandbox doesn't, the fences say what they lack.
    unsafe { start::no_new_privileges() };
}

/// `nanocc_shim_abi::prepare::SECCOMP`.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn nanocc_prepare_seccomp() {
    let fence = described();
    let program = Program {
        len: fence.instructions as u16,
        instructions: (&raw const symbols::FENCE).addr() + size_of::<Fence>(),
    };
    // SAFETY: the kernel reads the structure, and the instructions that the compiler has laid behind the fence's description.
    let installed = check(unsafe { start::seccomp(SPEC_ALLOW, (&raw const program).addr()) });
    if let Err(error) = installed {
        missing(
            error,
            "the system calls that the program may make (seccomp)",
        );
    }
}

/// `nanocc_shim_abi::prepare::LANDLOCK`.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn nanocc_prepare_landlock() {
    const WHAT: &str = "the files and ports that the program may use (Landlock)";
    // SAFETY: the compiler defines the symbol where this function is called; the lists are the authority's, and no longer written.
    let (directories, rules) = unsafe {
        let authority = &symbols::AUTHORITY;
        let rules = [authority.rules, authority.parameter_rules];
        (
            program::list::<Directory>(authority.directories),
            rules.map(|rules| program::list::<NetworkRule>(rules)),
        )
    };
    let rules = || rules.iter().copied().flatten();
    let needs = Needs {
        directories: directories.iter().fold(0, |all, one| all | one.rights),
        bind: landlock::listed(rules(), network::TCP_LISTEN),
        connect: landlock::listed(rules(), network::TCP_CONNECT),
    };
    // SAFETY: without attributes the kernel touches no memory, and tells its version.
    let version = match check(unsafe { start::landlock_create_ruleset(0, 0, landlock::VERSION) }) {
        Ok(version) => version as u32,
        Err(error) => return missing(error, WHAT),
    };
    let required = described().flags & fence::REQUIRED != 0;
    if required && version < needs.version() {
        missing(Errno::NOSYS, WHAT);
    }
    let handled = landlock::handled(version, &needs);
    if handled == Access::default() {
        return;
    }
    // SAFETY: the kernel reads the structure.
    let ruleset = check(unsafe {
        start::landlock_create_ruleset((&raw const handled).addr(), size_of::<Access>(), 0)
    });
    let ruleset = done(ruleset);
    for directory in directories {
        // One whose parameter is empty isn't open.
        if directory.descriptor >= 0 && handled.files != 0 {
            let rule = landlock::Beneath {
                access: landlock::beneath(directory.rights) & handled.files,
                descriptor: directory.descriptor,
            };
            add(ruleset, landlock::BENEATH, (&raw const rule).addr());
        }
    }
    let ports = |kind: u16, access: u64| {
        if handled.network & access == 0 {
            return;
        }
        for port in landlock::ports(rules(), kind) {
            let port = u64::from(port);
            let rule = landlock::Port { access, port };
            add(ruleset, landlock::PORT, (&raw const rule).addr());
        }
    };
    ports(network::TCP_LISTEN, landlock::BIND);
    ports(network::TCP_CONNECT, landlock::CONNECT);
    if described().flags & fence::RESOLVES != 0 && handled.network & landlock::CONNECT != 0 {
        let rule = landlock::Port {
            access: landlock::CONNECT,
            port: landlock::DOMAIN,
        };
        add(ruleset, landlock::PORT, (&raw const rule).addr());
    }
    // SAFETY: no memory is touched.
    done(check(unsafe { start::landlock_restrict_self(ruleset) }));
    // SAFETY: no memory is touched.
    unsafe { start::close(ruleset) };
}

/// The fence's description.
#[cfg_attr(test, allow(unused_unsafe))]
fn described() -> &'static Fence {
    // SAFETY: the compiler defines the symbol, read-only, where one of this file's functions is called.
    unsafe { &symbols::FENCE }
}

/// Adds a rule of a kind, at this address, to a set.
fn add(ruleset: usize, kind: usize, rule: usize) {
    // SAFETY: the kernel reads the structure, which is the kind's.
    done(check(unsafe {
        start::landlock_add_rule(ruleset, kind, rule)
    }));
}

/// The kernel refuses a fence.
#[cold]
#[inline(never)]
fn missing(error: Errno, what: &str) {
    let required = described().flags & fence::REQUIRED != 0;
    // The kernel doesn't have it, was told to do without, or a sandbox around this process keeps it from us.
    let absent = [ENOSYS, EOPNOTSUPP, EINVAL, EPERM, EACCES]
        .iter()
        .any(|absent| error.raw_os_error() == *absent as i32);
    if absent && !required {
        return;
    }
    let mut message = Message::new();
    message
        .text("error: the kernel can't be told ")
        .text(what)
        .text(": system error ")
        .decimal(error.raw_os_error() as u32);
    if absent {
        message.text("\n  the program was compiled with `--require-fences`");
    }
    cannot_run(message.text("\n"))
}

/// What the kernel gave, in the midst of what it has said it can do.
fn done(result: Result<usize, Errno>) -> usize {
    result.unwrap_or_else(|error| {
        let mut message = Message::new();
        cannot_run(
            message
                .text("error: Landlock's rules can't be set: system error ")
                .decimal(error.raw_os_error() as u32)
                .text("\n"),
        )
    })
}

#[cfg(test)]
mod symbols {
    use nanocc_shim_abi::{Fence, List, ProgramAuthority};

    const EMPTY: List = List {
        address: 0,
        count: 0,
    };
    pub static FENCE: Fence = Fence {
        instructions: 0,
        flags: 0,
    };
    pub static AUTHORITY: ProgramAuthority = ProgramAuthority {
        parameters: EMPTY,
        directories: EMPTY,
        parameter_rules: EMPTY,
        rules: EMPTY,
    };
}
