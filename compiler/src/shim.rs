//! The runtime shim's object code: embedded by the build script, or given by the caller.

use crate::error::{Error, Result};
use nanocc_linker::Machine;

/// What the build script found or built.
mod embedded {
    include!(concat!(env!("OUT_DIR"), "/shims.rs"));
}

/// The environment variable that names a prebuilt shim, an object or an archive, for `machine`: to the
/// build script, and to the binary, which passes its contents in the options.
pub fn variable(machine: Machine) -> &'static str {
    match machine {
        Machine::X86_64 => "NANOCC_SHIM_X86_64_LINUX",
        Machine::Aarch64 => "NANOCC_SHIM_AARCH64_LINUX",
    }
}

/// The shim for `machine`: `given`, or else the embedded one.
///
/// # Errors
///
/// [`Error::Target`] where there is neither.
pub fn object(machine: Machine, given: Option<&[u8]>) -> Result<&[u8]> {
    let embedded = match machine {
        Machine::X86_64 => embedded::X86_64,
        Machine::Aarch64 => embedded::AARCH64,
    };
    choose(machine, given, embedded)
}

fn choose<'a>(
    machine: Machine,
    given: Option<&'a [u8]>,
    embedded: Option<&'a [u8]>,
) -> Result<&'a [u8]> {
    given.or(embedded).ok_or_else(|| {
        let triple = match machine {
            Machine::X86_64 => "x86_64-unknown-linux-gnu",
            Machine::Aarch64 => "aarch64-unknown-linux-gnu",
        };
        Error::Target {
            message: format!("this nanocc was built without the runtime shim for {machine}"),
            help: format!(
                "run `rustup target add {triple}` and build nanocc again, or set {} to a prebuilt shim",
                variable(machine)
            ),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_shim_wins_and_a_missing_one_is_explained() {
        let machine = Machine::Aarch64;
        assert_eq!(choose(machine, Some(b"a"), Some(b"b")).unwrap(), b"a");
        assert_eq!(choose(machine, None, Some(b"b")).unwrap(), b"b");
        let error = choose(machine, None, None).unwrap_err();
        let help = error.help().unwrap();
        assert!(help.contains("rustup target add aarch64-unknown-linux-gnu"));
        assert!(help.contains("NANOCC_SHIM_AARCH64_LINUX"));
    }

    #[test]
    fn the_embedded_object_is_for_its_machine() {
        // e_machine, at offset 18 of the ELF header: 62 and 183.
        for (machine, bytes, number) in [
            (Machine::X86_64, embedded::X86_64, 62),
            (Machine::Aarch64, embedded::AARCH64, 183),
        ] {
            if let Some(bytes) = bytes {
                assert_eq!(&bytes[..4], b"\x7fELF", "{machine}");
                assert_eq!(bytes[18], number, "{machine}");
            }
        }
    }
}
