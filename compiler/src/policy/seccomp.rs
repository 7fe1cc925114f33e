//! The system calls that a program may make: its seccomp filter.
//!
//! # The problem
//!
//! Should a guest ever get out of its memories, or the shim be tricked, what the process can still do is what the kernel lets it. So the
//! kernel is told to end the process at any system call but those that this program makes.
//!
//! # The invariant
//!
//! The shim makes each system call in a function of its own (`runtime-shim/src/sys.rs`), so the symbols that are left of them
//! in a program, after everything that nobody reaches is gone, are all the calls it makes. For each there is a row in
//! [`calls`], with what is fixed of its arguments. A symbol without a row is an error. Nothing else is permitted: no architecture
//! but the program's own (`int 0x80`), not x32's numbers, which are above all others, and no memory that is executable.
//!
//! The filter says nothing about memory that arguments point to: names of files, addresses of sockets, `openat2`'s
//! flags. Landlock takes care of some of that; `runtime-shim/FENCES.md` has the whole table.

pub mod bpf;
mod calls;

pub use calls::{Call, ROWS, Row};

use bpf::{Instruction, Verdict};
use nanocc_linker::Machine;
use nanocc_shim_abi as abi;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Policy;
use super::grants::Network;
use super::reach::Source;
use crate::error::{Error, Result};

/// A condition on an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// Which argument, from 0.
    pub argument: u8,
    /// How much of it the kernel looks at.
    pub width: Width,
    /// What it has to be.
    pub value: Value,
}

/// How much of an argument the kernel looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
    /// The low 32 bits: an `int`, a descriptor.
    Low,
    /// All 64; the upper 32 have to be 0.
    Whole,
}

/// What the low half of an argument has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// One of these.
    OneOf(Cow<'static, [u32]>),
    /// This or more.
    AtLeast(u32),
    /// `value` in the bits of `mask`.
    Bits {
        /// The bits that count.
        mask: u32,
        /// What they are.
        value: u32,
    },
}

impl Test {
    /// Whether it holds.
    pub fn holds(&self, arguments: &[u64; 6]) -> bool {
        let argument = arguments[usize::from(self.argument)];
        let low = argument as u32;
        let value = match &self.value {
            Value::OneOf(values) => values.contains(&low),
            Value::AtLeast(least) => low >= *least,
            Value::Bits { mask, value } => low & mask == *value,
        };
        value && (self.width == Width::Low || argument >> 32 == 0)
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "argument {} ", self.argument)?;
        match &self.value {
            Value::OneOf(values) => {
                let values: Vec<String> =
                    values.iter().map(|value| format!("{value:#x}")).collect();
                write!(f, "= {}", values.join(" or "))
            }
            Value::AtLeast(value) => write!(f, ">= {value:#x}"),
            Value::Bits { mask, value } => write!(f, "& {mask:#x} = {value:#x}"),
        }
    }
}

/// A kind of grant without which some calls are never made, though their functions may be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// A directory that may be changed.
    Changes,
    /// To listen at a TCP address.
    Listens,
    /// To connect to an address or send to it, or to look up a name, which is done by connecting to a server.
    Connects,
}

/// What of a program matters to its filter beside its functions.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context {
    /// The descriptor that the program was given for telling a call's result (`nanocc run --invoke`).
    pub result: Option<i32>,
    /// Which of the standard streams some component was granted, and asks for.
    pub streams: [bool; 3],
    /// Whether there is a grant of the kind.
    pub changes: bool,
    /// See `changes`.
    pub listens: bool,
    /// See `changes`.
    pub connects: bool,
}

impl Context {
    /// Of a program with all grants of a policy.
    pub fn of(policy: &Policy, result: Option<i32>) -> Context {
        let uses = |source| {
            let mut granted = policy.used.granted.values();
            granted.any(|sources| sources.contains(&source))
        };
        let rules = |wanted: fn(&Network) -> bool| {
            let authorities = policy.authorities.values();
            let mut rules = authorities.flat_map(|authority| &authority.rules);
            rules.any(|rule| wanted(&rule.kind))
        };
        Context {
            result,
            streams: [Source::Stdin, Source::Stdout, Source::Stderr].map(uses),
            changes: policy
                .directories
                .iter()
                .any(|directory| directory.writable),
            listens: rules(|kind| kind.is_tcp() && kind.listens()),
            connects: rules(|kind| !kind.listens()) || uses(Source::Names),
        }
    }

    /// Whether there is a grant of the kind.
    pub fn has(self, grant: Grant) -> bool {
        match grant {
            Grant::Changes => self.changes,
            Grant::Listens => self.listens,
            Grant::Connects => self.connects,
        }
    }
}

/// A system call that is permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permitted {
    /// The kernel's name.
    pub name: &'static str,
    /// When it is: if all tests of one of these hold. An empty one always holds, and is alone then.
    pub alternatives: Vec<Vec<Test>>,
}

impl Permitted {
    /// The same condition in fewer words, and in an order of its own.
    fn simplify(&mut self) {
        let alternatives = std::mem::take(&mut self.alternatives);
        if alternatives.iter().any(Vec::is_empty) {
            self.alternatives = vec![Vec::new()];
            return;
        }
        // Values of one argument alone, by argument.
        let mut values: BTreeMap<(u8, Width), BTreeSet<u32>> = BTreeMap::new();
        for tests in alternatives {
            match &tests[..] {
                [
                    Test {
                        argument,
                        width,
                        value: Value::OneOf(some),
                    },
                ] => {
                    let values = values.entry((*argument, *width)).or_default();
                    values.extend(some.iter());
                }
                _ => self.alternatives.push(tests),
            }
        }
        values.retain(|_, values| !values.is_empty());
        for ((argument, width), values) in values {
            self.alternatives.push(vec![Test {
                argument,
                width,
                value: Value::OneOf(values.into_iter().collect()),
            }]);
        }
        self.alternatives
            .sort_by_cached_key(|tests| format!("{tests:?}"));
        self.alternatives.dedup();
    }
}

/// The system calls that a program may make, by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calls {
    /// The machine whose numbers they are.
    pub machine: Machine,
    /// The calls.
    pub permitted: BTreeMap<u32, Permitted>,
}

impl Calls {
    /// What a program makes in which these symbols are left; those that are no system call's don't matter.
    ///
    /// # Errors
    ///
    /// [`Error::SystemCall`] for a system call of the shim's that isn't in the table: the shim is another version's.
    pub fn of<'a>(
        machine: Machine,
        symbols: impl Iterator<Item = &'a str>,
        context: Context,
    ) -> Result<Calls> {
        let mut rows = Vec::new();
        for symbol in symbols {
            let Some(name) = symbol.strip_prefix(abi::SYSTEM_CALL) else {
                continue;
            };
            let row = calls::ROWS.iter().find(|row| row.symbol == name);
            rows.push(row.ok_or_else(|| Error::SystemCall(symbol.to_owned()))?);
        }
        let sockets = rows.iter().any(|row| row.socket);
        let mut permitted: BTreeMap<u32, Permitted> = BTreeMap::new();
        for row in rows {
            let alternatives = row.alternatives(machine, sockets, context);
            let entry = permitted.entry(row.call.number(machine));
            let entry = entry.or_insert_with(|| Permitted {
                name: row.call.name,
                alternatives: Vec::new(),
            });
            entry.alternatives.extend(alternatives);
        }
        for call in permitted.values_mut() {
            call.simplify();
        }
        permitted.retain(|_, call| !call.alternatives.is_empty());
        Ok(Calls { machine, permitted })
    }

    /// Whether a call is permitted.
    pub fn permits(&self, number: u32, arguments: &[u64; 6]) -> bool {
        self.permitted.get(&number).is_some_and(|call| {
            let holds = |tests: &Vec<Test>| tests.iter().all(|test| test.holds(arguments));
            call.alternatives.iter().any(holds)
        })
    }

    /// The filter.
    pub fn filter(&self) -> Vec<Instruction> {
        let verdict = |call: &Permitted| {
            if call.alternatives.iter().any(Vec::is_empty) {
                Verdict::Allow
            } else {
                Verdict::If(call.alternatives.clone())
            }
        };
        let calls = self.permitted.iter();
        let calls: Vec<_> = calls
            .map(|(number, call)| (*number, verdict(call)))
            .collect();
        bpf::assemble(self.machine, &calls)
    }
}

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, call) in &self.permitted {
            write!(f, "  {number:>3}  {}", call.name)?;
            for (index, tests) in call.alternatives.iter().enumerate() {
                let tests: Vec<String> = tests.iter().map(Test::to_string).collect();
                let sign = match (index, tests.is_empty()) {
                    (_, true) => "",
                    (0, _) => ": ",
                    _ => "; or ",
                };
                write!(f, "{sign}{}", tests.join(", "))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
