//! From a list of permitted calls to a program of the kernel's filter machine (classic BPF).
//!
//! # The problem
//!
//! The kernel runs the filter before each system call, and once for each number when it is installed, to learn which calls it permits
//! whatever their arguments are. So what counts is not how long the filter is but how few steps each number takes, the forbidden ones
//! too, which are most: a chain of comparisons costs a program more at start than all that it does.
//!
//! # The way
//!
//! The numbers fall into ranges with the same verdict. They become a tree of comparisons, halved each time by how many
//! numbers the kernel asks for; what is left of a tree with one permitted number is one comparison. The verdicts that
//! look at arguments follow as chains, which leave the number alone.
//!
//! Jumps lead forward only, over at most 255 instructions. So the program is written backwards: where a jump is
//! written, its targets are there, and a step between is put in where one is too far.

use super::{Test, Value, Width};
use nanocc_linker::Machine;
use std::fmt;

/// An instruction: `struct sock_filter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    /// What to do: one of [`op`].
    pub code: u16,
    /// Instructions to skip if a comparison holds.
    pub yes: u8,
    /// Instructions to skip if it doesn't.
    pub no: u8,
    /// The operand.
    pub k: u32,
}

impl Instruction {
    /// As the kernel reads it.
    pub fn bytes(self) -> [u8; 8] {
        let [a, b] = self.code.to_le_bytes();
        let [k0, k1, k2, k3] = self.k.to_le_bytes();
        [a, b, self.yes, self.no, k0, k1, k2, k3]
    }
}

/// The operations that filters here use.
pub mod op {
    /// A = the 32-bit word at `k` of the call's description.
    pub const LOAD: u16 = 0x20;
    /// A &= k.
    pub const AND: u16 = 0x54;
    /// Skips `k` instructions.
    pub const JUMP: u16 = 0x05;
    /// A == k.
    pub const EQUAL: u16 = 0x15;
    /// A > k.
    pub const ABOVE: u16 = 0x25;
    /// A >= k.
    pub const AT_LEAST: u16 = 0x35;
    /// The verdict is `k`.
    pub const RETURN: u16 = 0x06;
}

/// The verdict that lets a call through.
pub const ALLOW: u32 = 0x7fff_0000;
/// The verdict that ends the process, as by SIGSYS.
pub const KILL: u32 = 0x8000_0000;

/// Where the call's number lies in its description (`struct seccomp_data`).
pub const NUMBER: u32 = 0;
/// Where its architecture lies.
pub const ARCHITECTURE: u32 = 4;
/// Where its first argument lies, low half first.
pub const ARGUMENTS: u32 = 16;

/// The architecture's own number, `AUDIT_ARCH_*`.
pub fn architecture(machine: Machine) -> u32 {
    match machine {
        Machine::X86_64 => 0xc000_003e,
        Machine::Aarch64 => 0xc000_00b7,
    }
}

/// How many numbers the kernel asks for when a filter is installed: a little more than there are.
const ASKED: u64 = 512;

/// What becomes of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The process ends.
    Kill,
    /// It is made.
    Allow,
    /// It is made if all tests of one of these hold.
    If(Vec<Vec<Test>>),
}

/// The filter that gives each call its verdict, and kills all others. `calls` are ascending by number.
pub fn assemble(machine: Machine, calls: &[(u32, Verdict)]) -> Vec<Instruction> {
    let mut program = Backwards::default();
    let kill = program.push(op::RETURN, KILL);
    let allow = program.push(op::RETURN, ALLOW);
    let mut ranges = vec![(0, kill)];
    for (number, verdict) in calls {
        let label = match verdict {
            Verdict::Kill => kill,
            Verdict::Allow => allow,
            Verdict::If(alternatives) => program.alternatives(alternatives, allow, kill),
        };
        // The range that was open ends here; behind this number nothing is permitted.
        for (start, label) in [(*number, label), (*number + 1, kill)] {
            match ranges.last() {
                Some((last, _)) if *last == start => {
                    ranges.pop();
                    if ranges.last().is_none_or(|(_, before)| *before != label) {
                        ranges.push((start, label));
                    }
                }
                Some((_, before)) if *before == label => {}
                _ => ranges.push((start, label)),
            }
        }
    }
    let tree = program.tree(&ranges, u64::from(u32::MAX) + 1, kill);
    program.falls_to(tree);
    let number = program.push(op::LOAD, NUMBER);
    program.compare(op::EQUAL, architecture(machine), number, kill);
    program.push(op::LOAD, ARCHITECTURE);
    program.code.reverse();
    program.code
}

/// A place in a program that is written from its end: how many instructions were there before it.
type Label = usize;

#[derive(Default)]
struct Backwards {
    code: Vec<Instruction>,
}

impl Backwards {
    fn push(&mut self, code: u16, k: u32) -> Label {
        self.code.push(Instruction {
            code,
            yes: 0,
            no: 0,
            k,
        });
        self.code.len() - 1
    }

    /// How many instructions one that is written next skips to get to `target`.
    fn distance(&self, target: Label) -> usize {
        self.code.len() - target - 1
    }

    /// The place from which the next instruction goes on to `target`.
    fn falls_to(&mut self, target: Label) {
        let distance = self.distance(target);
        if distance > 0 {
            // A filter has at most 4096 instructions.
            self.push(op::JUMP, distance as u32);
        }
    }

    /// A label that leads to `target`, and is near enough even with another such step after it.
    fn near(&mut self, target: Label) -> Label {
        let distance = self.distance(target);
        if distance < usize::from(u8::MAX) {
            return target;
        }
        match self.code[target] {
            Instruction {
                code: op::RETURN,
                k,
                ..
            } => self.push(op::RETURN, k),
            _ => self.push(op::JUMP, distance as u32),
        }
    }

    fn compare(&mut self, code: u16, k: u32, yes: Label, no: Label) -> Label {
        let no = self.near(no);
        let yes = self.near(yes);
        let skip = |program: &Self, label| program.distance(label) as u8;
        let (yes, no) = (skip(self, yes), skip(self, no));
        self.code.push(Instruction { code, yes, no, k });
        self.code.len() - 1
    }

    /// The comparisons that find a number's range. `ranges` have a start and where to go; the last ends before `end`.
    fn tree(&mut self, ranges: &[(u32, Label)], end: u64, kill: Label) -> Label {
        let (first, label) = ranges[0];
        if ranges.len() == 1 {
            return label;
        }
        // One number alone, with nothing on both its sides.
        if let [(_, before), (number, label), (after, behind)] = ranges
            && (*before, *behind) == (kill, kill)
            && *after == number + 1
        {
            return self.compare(op::EQUAL, *number, *label, kill);
        }
        let asked = |at: u64| at.min(ASKED);
        let whole = asked(u64::from(first)) + asked(end);
        let uneven = |split: &usize| {
            let at = asked(u64::from(ranges[*split].0));
            ((2 * at).abs_diff(whole), split.abs_diff(ranges.len() / 2))
        };
        let Some(split) = (1..ranges.len()).min_by_key(uneven) else {
            return label;
        };
        let (below, above) = ranges.split_at(split);
        let at = above[0].0;
        let above = self.tree(above, end, kill);
        let below = self.tree(below, u64::from(at), kill);
        self.compare(op::AT_LEAST, at, above, below)
    }

    fn alternatives(&mut self, alternatives: &[Vec<Test>], allow: Label, kill: Label) -> Label {
        let mut label = kill;
        for tests in alternatives.iter().rev() {
            let otherwise = label;
            label = allow;
            for test in tests.iter().rev() {
                label = self.test(test, label, otherwise);
            }
        }
        label
    }

    fn test(&mut self, test: &Test, yes: Label, no: Label) -> Label {
        let at = ARGUMENTS + 8 * u32::from(test.argument);
        let mut mask = u32::MAX;
        let compared = match &test.value {
            Value::OneOf(values) => {
                let compare = |no, value: &u32| self.compare(op::EQUAL, *value, yes, no);
                values.iter().rev().fold(no, compare)
            }
            Value::AtLeast(value) => self.compare(op::AT_LEAST, *value, yes, no),
            Value::Bits { mask: bits, value } => {
                mask = *bits;
                self.compare(op::EQUAL, *value, yes, no)
            }
        };
        self.falls_to(compared);
        if mask != u32::MAX {
            self.push(op::AND, mask);
        }
        let low = self.push(op::LOAD, at);
        if test.width == Width::Low {
            return low;
        }
        let high = self.compare(op::EQUAL, 0, low, no);
        self.falls_to(high);
        self.push(op::LOAD, at + 4)
    }
}

/// A filter as text: an instruction a line, with the number of the one that each leads to.
pub struct Listing<'a>(pub &'a [Instruction]);

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, instruction) in self.0.iter().enumerate() {
            let Instruction { code, yes, no, k } = *instruction;
            let to = |skip: u32| index as u32 + 1 + skip;
            write!(f, "  {index:>3}  ")?;
            let sign = match code {
                op::EQUAL => "==",
                op::ABOVE => ">",
                _ => ">=",
            };
            match code {
                op::LOAD if k == NUMBER => writeln!(f, "load number")?,
                op::LOAD if k == ARCHITECTURE => writeln!(f, "load architecture")?,
                op::LOAD => {
                    let half = if k % 8 == 0 { "low" } else { "high" };
                    writeln!(f, "load argument {} {half}", (k - ARGUMENTS) / 8)?;
                }
                op::AND => writeln!(f, "and {k:#x}")?,
                op::JUMP => writeln!(f, "go to {}", to(k))?,
                op::RETURN if k == ALLOW => writeln!(f, "allow")?,
                op::RETURN => writeln!(f, "kill")?,
                _ => writeln!(
                    f,
                    "if {sign} {k:#x} go to {}, else {}",
                    to(yes.into()),
                    to(no.into())
                )?,
            }
        }
        Ok(())
    }
}
