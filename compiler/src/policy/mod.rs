//! Policy: what each component instance may ask of the operating system.
//!
//! The rule is deny by default. A grant belongs to a component instance, not to the program: the
//! instance that owns a `canon lower` decides what the lowered host function may do, also where
//! composition has merged several components' imports into one. Grants are only looked at by the
//! functions that create authority (standard streams, arguments, the environment); a handle once made carries its rights to whoever holds it.
//!
//! The defaults give a command what a filter in a pipe has: the instance that exports `wasi:cli/run`
//! gets standard input and output and the arguments; every instance may write standard error; nobody sees the
//! environment, directories or the network.
//!
//! Clocks and random numbers are no authority: they lead to nothing outside of the process, and their functions have no
//! answer that would say "not for you". Whoever imports them has them, and there is no grant for it. An instance that
//! shouldn't tell the time is given another component's clock, by composition.

pub mod limits;

use crate::error::Result;
use crate::options::MayUse;
pub mod seccomp;

use crate::program::{ComponentId, Entry, Program};
use cranelift_entity::SecondaryMap;
use limits::ProgramLimits;
use nanocc_shim_abi::grant;
use std::fmt;

/// Names of the grants, in the order in which they are printed.
const NAMES: [(u32, &str); 5] = [
    (grant::STDIN, "stdin"),
    (grant::STDOUT, "stdout"),
    (grant::STDERR, "stderr"),
    (grant::ARGUMENTS, "arguments"),
    (grant::ENVIRONMENT, "environment"),
];

/// What everybody has.
const COMMON: u32 = grant::STDERR;
/// What the instance that runs has beyond that.
const RUNNER: u32 = grant::STDIN | grant::STDOUT | grant::ARGUMENTS;

/// Who was granted what.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The bits of `nanocc_shim_abi::grant` of each component instance.
    pub grants: SecondaryMap<ComponentId, u32>,
    /// What each may use up, and how long the program may run.
    pub limits: ProgramLimits,
}

impl Policy {
    /// The defaults for `program`.
    pub fn new(program: &Program<'_>, may_use: &MayUse) -> Result<Policy> {
        let mut policy = Policy {
            limits: ProgramLimits {
                timeout: may_use.timeout,
                cpu_timeout: may_use.cpu_timeout,
                ..ProgramLimits::new(
                    program,
                    may_use.components.iter().map(|(who, limits)| {
                        (
                            program
                                .components
                                .iter()
                                .find(|(_, c)| Some(&c.path) == who.as_ref())
                                .map(|(id, _)| id),
                            *limits,
                        )
                    }),
                )
            },
            ..Policy::default()
        };
        policy.limits.check(program)?;
        for component in program.components.keys() {
            policy.grants[component] = COMMON;
        }
        if let Entry::Command(command) = &program.entry {
            policy.grants[command.component] |= RUNNER;
        }
        Ok(policy)
    }

    /// The names of what `component` was granted.
    pub fn names(&self, component: ComponentId) -> impl Iterator<Item = &'static str> + '_ {
        let grants = self.grants[component];
        NAMES
            .iter()
            .filter(move |(bit, _)| grants & bit != 0)
            .map(|(_, name)| *name)
    }

    /// The policy as text, one component instance a line.
    pub fn display<'a>(&'a self, program: &'a Program<'a>) -> impl fmt::Display + 'a {
        Text {
            policy: self,
            program,
        }
    }
}

struct Text<'a> {
    policy: &'a Policy,
    program: &'a Program<'a>,
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (id, component) in self.program.components.iter() {
            write!(f, "{}:", component.path)?;
            for name in self.policy.names(id) {
                write!(f, " {name}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
