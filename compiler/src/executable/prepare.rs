//! What happens before the program's first instruction, and what the kernel is told then.
//!
//! The steps are functions of the shim's, listed in [`abi::ProgramInfo::prepare`] (`authority.rs` says which). The seccomp filter is the last: after it a program makes only its own system calls. Which those are is
//! known when the linker has dropped what nobody reaches, so the filter's place is made here, and [`Fence::complete`] fills
//! it in.

use super::{Parts, put};
use crate::error::Result;
use crate::options::Fences;
use crate::policy::seccomp::bpf::Listing;
use crate::policy::seccomp::{Calls, Context};
use nanocc_linker::{AtomId, Binding, Definition, Machine, Reached};
use nanocc_shim_abi as abi;
use std::fmt;
use std::mem::{offset_of, size_of};

impl Parts<'_> {
    /// The place of [`abi::Fence`], in a program that has one, and the steps that tell the kernel, behind those of `prepare`. Of
    /// files and ports the kernel is told where the program opens anything; elsewhere the filter of system calls has none that
    /// would, and is the stricter.
    pub(super) fn fence(
        &mut self,
        fences: Fences,
        context: Context,
        prepare: &mut Vec<&'static str>,
    ) -> Option<Fence> {
        let opens = prepare.contains(&abi::prepare::DESCRIPTORS);
        let landlock = fences.landlock && opens;
        if !fences.seccomp && !landlock {
            return None;
        }
        for (wanted, step) in [
            (true, abi::prepare::PRIVILEGES),
            (landlock, abi::prepare::LANDLOCK),
            (fences.seccomp, abi::prepare::SECCOMP),
        ] {
            if wanted {
                prepare.push(step);
            }
        }
        let symbol = self.constant(
            abi::compiled::FENCE,
            8,
            vec![0; size_of::<abi::Fence>()].into(),
            Vec::new(),
        );
        let symbol = &mut self.symbols[symbol.index()];
        symbol.binding = Binding::Global;
        let Definition::Defined { atom, .. } = symbol.definition else {
            return None;
        };
        Some(Fence {
            atom,
            fences,
            landlock,
            context,
        })
    }
}

/// What is left to be said about a program's fences.
#[derive(Debug)]
pub struct Fence {
    atom: AtomId,
    fences: Fences,
    landlock: bool,
    context: Context,
}

/// What the kernel is told.
#[derive(Debug)]
pub struct Described {
    /// The system calls that are permitted, if any is forbidden.
    pub calls: Option<Calls>,
    /// Whether Landlock is told of files and ports.
    pub landlock: bool,
}

impl Fence {
    /// Makes the filter from what is left of the program, and puts it in its place.
    ///
    /// # Errors
    ///
    /// [`crate::Error::SystemCall`] where the shim makes a call that isn't in the table.
    pub fn complete(self, machine: Machine, reached: &mut Reached<'_>) -> Result<Described> {
        let calls = match self.fences.seccomp {
            true => Some(Calls::of(machine, reached.symbols(), self.context)?),
            false => None,
        };
        let filter = calls.as_ref().map(Calls::filter).unwrap_or_default();
        let resolves = reached
            .symbols()
            .any(|symbol| symbol == abi::prepare::NAMES);
        let mut flags = 0;
        for (set, flag) in [
            (self.fences.required, abi::fence::REQUIRED),
            (resolves, abi::fence::RESOLVES),
        ] {
            if set {
                flags |= flag;
            }
        }
        let mut bytes = vec![0; size_of::<abi::Fence>()];
        for (at, word) in [
            (offset_of!(abi::Fence, instructions), filter.len() as u32),
            (offset_of!(abi::Fence, flags), flags),
        ] {
            put(&mut bytes, at, &word.to_le_bytes());
        }
        bytes.extend(filter.iter().flat_map(|instruction| instruction.bytes()));
        reached.fill(self.atom, bytes)?;
        Ok(Described {
            calls,
            landlock: self.landlock,
        })
    }
}

impl Described {
    /// A program without fences.
    pub const NONE: Described = Described {
        calls: None,
        landlock: false,
    };
}

impl fmt::Display for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.calls {
            None => writeln!(f, "system calls: not restricted")?,
            Some(calls) => {
                writeln!(f, "system calls:\n{calls}")?;
                write!(f, "filter:\n{}", Listing(&calls.filter()))?;
            }
        }
        let landlock = if self.landlock {
            "the granted directories and TCP ports"
        } else if self.calls.is_some() {
            "nothing: the program reaches neither"
        } else {
            "not restricted"
        };
        writeln!(f, "files and ports: {landlock}")
    }
}
