//! Targets: what differs between the machines that nanocc makes executables for.
//!
//! A target is a triple that the user names; everything else follows from it: the linker's machine,
//! the address space that the plan may use, Cranelift's instruction set with the features that the
//! executable may rely on. Executables start without asking the processor what it can do, so the
//! features are a promise about the machine they run on: x86-64-v2, and ARMv8.0-A.
//!
//! Invariant: what the machine code depends on is decided here from the target and the optimisation
//! level alone, never from the machine that nanocc runs on.

mod aarch64;
mod x86_64;

use crate::error::{Error, Result};
use crate::plan::Space;
use cranelift_codegen::isa::{self, OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use nanocc_linker::Machine;
use nanocc_shim_abi::STACK_GUARD;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use target_lexicon::{Architecture, BinaryFormat, Environment, OperatingSystem, Triple};

/// How hard to optimise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OptLevel {
    /// Quick compilation: no inlining, no optimisation, one pass of register allocation.
    O0,
    /// Optimisation within a function, and inlining of adapters and of what costs less than a call.
    O1,
    /// The default: inlining of everything that is small, or called from one place.
    #[default]
    O2,
    /// As `O2`, but only what makes the executable no larger.
    Os,
}

impl fmt::Display for OptLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OptLevel::O0 => "0",
            OptLevel::O1 => "1",
            OptLevel::O2 => "2",
            OptLevel::Os => "s",
        })
    }
}

/// A target that this nanocc makes executables for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// As the user gave it, completed: `x86_64-unknown-linux-gnu`.
    pub triple: Triple,
    /// The linker's name for it.
    pub machine: Machine,
}

impl Target {
    /// 64-bit x86, Linux.
    pub fn x86_64() -> Target {
        Target::of(Machine::X86_64)
    }

    /// 64-bit ARM, Linux.
    pub fn aarch64() -> Target {
        Target::of(Machine::Aarch64)
    }

    fn of(machine: Machine) -> Target {
        let (architecture, environment) = match machine {
            Machine::X86_64 => (Architecture::X86_64, Environment::Gnu),
            Machine::Aarch64 => (
                Architecture::Aarch64(target_lexicon::Aarch64Architecture::Aarch64),
                Environment::Gnu,
            ),
        };
        Target {
            triple: Triple {
                architecture,
                vendor: target_lexicon::Vendor::Unknown,
                operating_system: OperatingSystem::Linux,
                environment,
                binary_format: BinaryFormat::Elf,
            },
            machine,
        }
    }

    /// Every target, for messages.
    pub const NAMES: &'static [&'static str] = &["x86_64-linux", "aarch64-linux"];

    /// The machine that nanocc runs on.
    ///
    /// # Errors
    ///
    /// [`Error::Target`] if nanocc can't make executables for it.
    pub fn host() -> Result<Target> {
        let host = Triple::host();
        Target::from_triple(&host).map_err(|_| Error::Target {
            message: format!("nanocc makes no executables for this machine, `{host}`"),
            help: remedy(),
        })
    }

    fn from_triple(triple: &Triple) -> Result<Target> {
        let refuse = |why: &str| Error::Target {
            message: format!("the target `{triple}` is not supported: {why}"),
            help: remedy(),
        };
        let machine = match triple.architecture {
            Architecture::X86_64 => Machine::X86_64,
            Architecture::Aarch64(target_lexicon::Aarch64Architecture::Aarch64) => Machine::Aarch64,
            other => return Err(refuse(&format!("no code generation for {other}"))),
        };
        if triple.operating_system != OperatingSystem::Linux {
            return Err(refuse("the runtime shim speaks to Linux"));
        }
        // An executable depends on no C library, so whose it would be doesn't matter; the ABI does.
        if !matches!(
            triple.environment,
            Environment::Unknown | Environment::Gnu | Environment::Musl
        ) {
            return Err(refuse("of the Linux ABIs nanocc knows `gnu` and `musl`"));
        }
        Ok(Target {
            triple: triple.clone(),
            machine,
        })
    }

    /// What the target's address space offers to the plan.
    pub fn space(&self) -> Space {
        match self.machine {
            Machine::X86_64 => x86_64::SPACE,
            Machine::Aarch64 => aarch64::SPACE,
        }
    }

    /// Cranelift's code generator for the target.
    ///
    /// # Errors
    ///
    /// [`Error::Target`] where Cranelift was built without it.
    pub fn isa(&self, opt: OptLevel) -> Result<OwnedTargetIsa> {
        self.isa_with(opt, true)
    }

    /// The same code generator for functions that [`Target::isa`]'s has already optimised: the level
    /// only decides what the optimiser does, never how instructions are selected.
    ///
    /// # Errors
    ///
    /// As [`Target::isa`].
    pub fn generating_isa(&self, opt: OptLevel) -> Result<OwnedTargetIsa> {
        self.isa_with(opt, false)
    }

    fn isa_with(&self, opt: OptLevel, optimise: bool) -> Result<OwnedTargetIsa> {
        let internal = |message: String| Error::Target {
            message: format!("no code generator for `{}`: {message}", self.triple),
            help: remedy(),
        };
        let flags = shared_flags(opt, optimise).map_err(|e| internal(e.to_string()))?;
        let mut builder = isa::lookup(self.triple.clone()).map_err(|e| internal(e.to_string()))?;
        let features = match self.machine {
            Machine::X86_64 => x86_64::FEATURES,
            Machine::Aarch64 => aarch64::FEATURES,
        };
        for feature in features {
            builder
                .enable(feature)
                .map_err(|e| internal(format!("`{feature}`: {e}")))?;
        }
        builder.finish(flags).map_err(|e| internal(e.to_string()))
    }
}

/// A code generator, shared by all threads.
pub type Isa = Arc<dyn TargetIsa>;

fn remedy() -> String {
    format!(
        "the targets are {}, or any triple that means one of them",
        Target::NAMES.join(" and ")
    )
}

/// The settings that don't depend on the machine.
fn shared_flags(opt: OptLevel, optimise: bool) -> Result<settings::Flags, settings::SetError> {
    let mut flags = settings::builder();
    let (opt_level, regalloc) = match opt {
        OptLevel::O0 => ("none", "single_pass"),
        OptLevel::O1 | OptLevel::O2 => ("speed", "backtracking"),
        OptLevel::Os => ("speed_and_size", "backtracking"),
    };
    flags.set("opt_level", if optimise { opt_level } else { "none" })?;
    flags.set("regalloc_algorithm", regalloc)?;
    // Fixed addresses: nothing is relocated at start.
    flags.set("is_pic", "false")?;
    // The shim finds the trapping place of compiled code below its own frames by them.
    flags.set("preserve_frame_pointers", "true")?;
    // A frame larger than the guard touches each guard's worth of it on entry, smaller ones can't
    // step over the guard: every frame's top is written by its call.
    flags.set("enable_probestack", "true")?;
    flags.set("probestack_strategy", "inline")?;
    flags.set("probestack_size_log2", &STACK_GUARD.ilog2().to_string())?;
    // More results than registers come back through memory that the caller provides.
    flags.set("enable_multi_ret_implicit_sret", "true")?;
    flags.set("unwind_info", "false")?;
    flags.set("machine_code_cfg_info", "false")?;
    flags.set(
        "enable_verifier",
        if cfg!(debug_assertions) {
            "true"
        } else {
            "false"
        },
    )?;
    Ok(settings::Flags::new(flags))
}

impl FromStr for Target {
    type Err = Error;

    /// Parses a triple of target-lexicon's, or a short name: `x86_64-linux`, `aarch64-linux`.
    fn from_str(text: &str) -> Result<Target> {
        match text {
            "x86_64-linux" => return Ok(Target::x86_64()),
            "aarch64-linux" => return Ok(Target::aarch64()),
            _ => {}
        }
        let triple = Triple::from_str(text).map_err(|e| Error::Target {
            message: format!("`{text}` is no target: {e}"),
            help: remedy(),
        })?;
        Target::from_triple(&triple)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.triple.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_and_triples_mean_the_same() {
        for (short, triples) in [
            (
                "x86_64-linux",
                &["x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"][..],
            ),
            (
                "aarch64-linux",
                &["aarch64-unknown-linux-gnu", "aarch64-unknown-linux-musl"],
            ),
        ] {
            let target: Target = short.parse().unwrap();
            for triple in triples {
                let other: Target = triple.parse().unwrap();
                assert_eq!(other.machine, target.machine);
                assert_eq!(&other.to_string(), triple);
            }
        }
    }

    #[test]
    fn what_is_no_target_is_refused_with_a_remedy() {
        for text in [
            "",
            "x86_64",
            "wasm32-wasip2",
            "x86_64-apple-darwin",
            "aarch64_be-unknown-linux-gnu",
            "x86_64-unknown-linux-gnux32",
            "riscv64-unknown-linux-gnu",
            "s390x-linux",
            "hello",
        ] {
            let error = text.parse::<Target>().unwrap_err();
            assert!(matches!(error, Error::Target { .. }), "{text}: {error}");
            assert!(error.help().unwrap().contains("aarch64-linux"), "{text}");
        }
    }

    #[test]
    fn every_target_and_level_has_a_code_generator() {
        for target in [Target::x86_64(), Target::aarch64()] {
            for opt in [OptLevel::O0, OptLevel::O1, OptLevel::O2, OptLevel::Os] {
                let isa = target.isa(opt).unwrap();
                assert!(isa.flags().preserve_frame_pointers());
                assert_eq!(1 << isa.flags().probestack_size_log2(), STACK_GUARD);
                assert!(!isa.flags().is_pic());
                for flag in isa.isa_flags() {
                    let above_the_baseline =
                        ["has_avx", "has_avx2", "has_bmi1", "has_lse"].contains(&flag.name);
                    assert!(
                        !(above_the_baseline && flag.as_bool() == Some(true)),
                        "{}",
                        flag.name
                    );
                }
            }
        }
    }
}
