//! The filter, run by a machine of our own: what the kernel's does, for both architectures.

use super::bpf::{self, ALLOW, Instruction, KILL, Verdict, op};
use super::calls::ROWS;
use super::*;
use proptest::prelude::*;

/// `struct seccomp_data`, without the instruction pointer.
#[derive(Clone, Copy)]
struct Data {
    number: u32,
    architecture: u32,
    arguments: [u64; 6],
}

impl Data {
    fn word(&self, at: u32) -> u32 {
        match at {
            0 => self.number,
            4 => self.architecture,
            16..64 if at.is_multiple_of(4) => {
                let argument = self.arguments[(at as usize - 16) / 8];
                if at.is_multiple_of(8) {
                    argument as u32
                } else {
                    (argument >> 32) as u32
                }
            }
            _ => panic!("{at} is no place of a word that filters may read"),
        }
    }
}

/// The verdict, and how many instructions it took. Panics where the kernel would refuse the program.
fn interpret(program: &[Instruction], data: &Data) -> (u32, usize) {
    assert!(program.len() <= 4096);
    let (mut at, mut a, mut steps) = (0, 0, 0);
    loop {
        let Instruction { code, yes, no, k } = program[at];
        at += 1;
        steps += 1;
        let holds = match code {
            op::LOAD => {
                a = data.word(k);
                continue;
            }
            op::AND => {
                a &= k;
                continue;
            }
            op::JUMP => {
                at += k as usize;
                continue;
            }
            op::RETURN => return (k, steps),
            op::EQUAL => a == k,
            op::ABOVE => a > k,
            op::AT_LEAST => a >= k,
            _ => panic!("{code:#x} is no operation of a filter"),
        };
        at += usize::from(if holds { yes } else { no });
    }
}

const MACHINES: [Machine; 2] = [Machine::X86_64, Machine::Aarch64];

/// x86-64's numbers for programs with 32-bit pointers have this bit.
const X32: u32 = 0x4000_0000;

fn calls(machine: Machine, symbols: &[&str], context: Context) -> Calls {
    let symbols: Vec<String> = symbols
        .iter()
        .map(|name| format!("nanocc:sys/{name}"))
        .collect();
    Calls::of(machine, symbols.iter().map(String::as_str), context).unwrap()
}

/// All that can be granted.
const ALL: Context = Context {
    result: None,
    streams: [true; 3],
    changes: true,
    listens: true,
    connects: true,
};

/// Every combination of grants, and with a descriptor for a result too.
fn contexts() -> impl Iterator<Item = Context> {
    (0..128u32).map(|bits| {
        let bit = |index: u32| bits >> index & 1 == 1;
        Context {
            result: bit(0).then_some(7),
            streams: [bit(1), bit(2), bit(3)],
            changes: bit(4),
            listens: bit(5),
            connects: bit(6),
        }
    })
}

fn all() -> Vec<&'static str> {
    ROWS.iter().map(|row| row.symbol).collect()
}

/// Arguments about what the tests ask for: each value they name, those beside it, and those that differ in the upper half only.
fn samples(calls: &Calls) -> Vec<[u64; 6]> {
    let mut samples = vec![[0; 6], [u64::MAX; 6], [3; 6]];
    for call in calls.permitted.values() {
        for tests in &call.alternatives {
            // What satisfies this alternative, and then each argument varied.
            let mut right = [0x1234; 6];
            for test in tests {
                right[usize::from(test.argument)] = match &test.value {
                    Value::OneOf(values) => values.first().copied().unwrap_or(0).into(),
                    Value::AtLeast(value) | Value::Bits { value, .. } => u64::from(*value),
                };
            }
            samples.push(right);
            for test in tests {
                let values: Vec<u32> = match &test.value {
                    Value::OneOf(values) => values.to_vec(),
                    Value::AtLeast(value) => vec![*value],
                    Value::Bits { mask, value } => {
                        vec![*value, value | !mask, value ^ (mask & mask.wrapping_neg())]
                    }
                };
                for value in values {
                    for value in [
                        value,
                        value.wrapping_sub(1),
                        value.wrapping_add(1),
                        value ^ 0x8000_0000,
                    ] {
                        for high in [0, 1, u64::from(u32::MAX)] {
                            let mut sample = right;
                            sample[usize::from(test.argument)] = u64::from(value) | high << 32;
                            samples.push(sample);
                        }
                    }
                }
            }
        }
    }
    samples
}

/// Checks that the filter says what the table says, for every number and many arguments.
fn check(calls: &Calls) {
    let filter = calls.filter();
    let architecture = bpf::architecture(calls.machine);
    let samples = samples(calls);
    for number in (0..600)
        .chain(X32..X32 + 600)
        .chain([u32::MAX, i32::MAX as u32])
    {
        let few = if calls.permitted.contains_key(&number) {
            &samples[..]
        } else {
            &samples[..3]
        };
        for &arguments in few {
            let data = Data {
                number,
                architecture,
                arguments,
            };
            let (verdict, _) = interpret(&filter, &data);
            let expected = if calls.permits(number, &arguments) {
                ALLOW
            } else {
                KILL
            };
            assert_eq!(
                verdict,
                expected,
                "{number} {arguments:x?}\n{calls}{}",
                bpf::Listing(&filter)
            );
        }
        for other in [
            0,
            0x4000_0003,
            0x4000_0028,
            bpf::architecture(calls.machine) ^ 1,
        ] {
            let data = Data {
                number,
                architecture: other,
                arguments: [0; 6],
            };
            assert_eq!(interpret(&filter, &data).0, KILL, "architecture {other:#x}");
        }
    }
}

#[test]
fn the_filter_is_the_table() {
    for machine in MACHINES {
        for result in [None, Some(7)] {
            let context = Context { result, ..ALL };
            check(&calls(machine, &["exit_group"], context));
            check(&calls(machine, &all(), context));
            let without: Vec<_> = ROWS
                .iter()
                .filter(|row| !row.socket)
                .map(|row| row.symbol)
                .collect();
            check(&calls(machine, &without, context));
            let nothing = Context {
                result,
                ..Context::default()
            };
            check(&calls(machine, &all(), nothing));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn the_filter_is_the_table_for_any_program(wanted in prop::collection::vec(any::<bool>(), ROWS.len()), context in 0usize..128) {
        let context = contexts().nth(context).unwrap();
        let symbols: Vec<&str> = ROWS.iter().zip(wanted).filter(|(_, wanted)| *wanted).map(|(row, _)| row.symbol).collect();
        for machine in MACHINES {
            check(&calls(machine, &symbols, context));
        }
    }

    /// Many calls with long tests, so that jumps are too far and steps between are needed.
    #[test]
    fn any_set_of_verdicts_becomes_a_filter(
        set in prop::collection::btree_map(0u32..500, (0u8..4, prop::collection::vec(0u32..8, 1..6)), 0..300)
    ) {
        let verdict = |(kind, values): &(u8, Vec<u32>)| match kind {
            0 => Verdict::Kill,
            1 => Verdict::Allow,
            _ => Verdict::If(vec![
                vec![Test { argument: 0, width: Width::Whole, value: Value::OneOf(values.clone().into()) }],
                vec![
                    Test { argument: 1, width: Width::Low, value: Value::AtLeast(values[0]) },
                    Test { argument: 5, width: Width::Low, value: Value::Bits { mask: 6, value: values[0] & 6 } },
                ],
            ]),
        };
        let calls: Vec<(u32, Verdict)> = set.iter().map(|(number, set)| (*number, verdict(set))).collect();
        for machine in MACHINES {
            let filter = bpf::assemble(machine, &calls);
            for number in 0..520 {
                for seed in 0..4u64 {
                    let arguments = [seed, seed + 2, 0, 0, 0, seed * 3];
                    let expected = match set.get(&number).map(verdict) {
                        None | Some(Verdict::Kill) => false,
                        Some(Verdict::Allow) => true,
                        Some(Verdict::If(any)) => any.iter().any(|all| all.iter().all(|test| test.holds(&arguments))),
                    };
                    let data = Data { number, architecture: bpf::architecture(machine), arguments };
                    let (found, _) = interpret(&filter, &data);
                    prop_assert_eq!(found == ALLOW, expected, "{} {:?}", number, arguments);
                }
            }
        }
    }
}

/// The words of the table in plain numbers: not what the filter does with them, but what they ought to be.
#[test]
fn what_no_program_may_do() {
    const PROT_EXEC: u64 = 4;
    let anonymous = 0x4022;
    for machine in MACHINES {
        let everything = calls(machine, &all(), ALL);
        let number = |x86_64, aarch64| {
            if machine == Machine::X86_64 {
                x86_64
            } else {
                aarch64
            }
        };
        for (forbidden, name) in [
            (number(59, 221), "execve"),
            (number(322, 281), "execveat"),
            (number(10, 226), "mprotect"),
            (number(329, 288), "pkey_mprotect"),
            (number(101, 117), "ptrace"),
            (number(56, 220), "clone"),
            (number(435, 435), "clone3"),
            (number(62, 129), "kill"),
            (number(200, 130), "tkill"),
            (number(234, 131), "tgkill"),
            (number(310, 270), "process_vm_readv"),
            (number(319, 279), "memfd_create"),
            (number(425, 425), "io_uring_setup"),
            (number(157, 167), "prctl"),
            (number(12, 214), "brk"),
            (number(25, 216), "mremap"),
            (number(131, 132), "sigaltstack"),
            (number(13, 134), "rt_sigaction"),
            (number(15, 139), "rt_sigreturn"),
            (number(317, 277), "seccomp"),
            (number(165, 40), "mount"),
            (number(161, 51), "chroot"),
            (number(308, 268), "setns"),
            (number(321, 280), "bpf"),
            (number(90, 52), "fchmod"),
        ] {
            assert!(!everything.permits(forbidden, &[0; 6]), "{name}");
        }
        let map = |protection, flags| {
            everything.permits(number(9, 222), &[0, 4096, protection, flags, u64::MAX, 0])
        };
        assert!(map(3, anonymous) && map(3, anonymous | 0x10) && map(3, anonymous | 0x10_0000));
        assert!(!map(3 | PROT_EXEC, anonymous) && !map(PROT_EXEC, anonymous) && !map(3, 0x1));
        assert!(!map(3 | 1 << 32, anonymous) && !map(3, anonymous | 1 << 40));

        // A filter in a pipe.
        let plain = calls(
            machine,
            &["exit_group", "read", "write", "write-message"],
            Context {
                changes: false,
                ..ALL
            },
        );
        let (read, write) = (number(0, 63), number(1, 64));
        for descriptor in [0u64, 1, 2, 3, 100, 1 << 31] {
            assert_eq!(
                plain.permits(read, &[descriptor, 0, 9, 0, 0, 0]),
                descriptor == 0
            );
            assert_eq!(
                plain.permits(write, &[descriptor, 0, 9, 0, 0, 0]),
                descriptor == 1 || descriptor == 2
            );
        }
        // One that is called, and one that writes nothing but messages.
        let called = calls(
            machine,
            &["write-result", "write-message"],
            Context {
                result: Some(5),
                ..Context::default()
            },
        );
        let silent = calls(machine, &["write-message"], Context::default());
        let descriptors = |calls: &Calls| {
            (0..10u64)
                .filter(|&fd| calls.permits(write, &[fd, 0, 0, 0, 0, 0]))
                .collect::<Vec<_>>()
        };
        assert_eq!(descriptors(&called), [2, 5]);
        assert_eq!(descriptors(&silent), [2]);
        // The kernel looks at 32 bits of a descriptor, so the filter has to.
        assert!(silent.permits(write, &[2 | 7 << 32, 0, 0, 0, 0, 0]));
    }
}

/// What only a grant leads to isn't permitted without it, whatever functions there are.
#[test]
fn what_nobody_was_granted() {
    for machine in MACHINES {
        let number = |name| {
            let row = ROWS.iter().find(|row| row.call.name == name);
            row.unwrap().call.number(machine)
        };
        for context in contexts() {
            let calls = calls(machine, &all(), context);
            let permitted = |name| calls.permitted.contains_key(&number(name));
            for name in [
                "pwrite64",
                "pwritev2",
                "copy_file_range",
                "ftruncate",
                "utimensat",
                "mkdirat",
                "unlinkat",
                "renameat2",
                "linkat",
                "symlinkat",
            ] {
                assert_eq!(permitted(name), context.changes, "{name}, {context:?}");
            }
            for name in ["listen", "accept4"] {
                assert_eq!(permitted(name), context.listens, "{name}, {context:?}");
            }
            assert_eq!(permitted("connect"), context.connects, "{context:?}");
            let append = [9, 4, 0x400, 0, 0, 0];
            assert_eq!(calls.permits(number("fcntl"), &append), context.changes);

            // Of reading and writing, which descriptors; messages are written in any case.
            let descriptors = |name, context| {
                let symbols = ["read", "write", "write-message", "socket-stream"];
                let calls = self::calls(machine, &symbols, context);
                let number = number(name);
                [0, 1, 2, 3, 99].map(|fd: u64| calls.permits(number, &[fd, 0, 9, 0, 0, 0]))
            };
            let context = Context {
                result: None,
                ..context
            };
            let [stdin, stdout, stderr] = context.streams;
            let [zero, .., three, high] = descriptors("read", context);
            assert_eq!((zero, three, high), (stdin, true, true), "{context:?}");
            let [_, one, two, three, high] = descriptors("write", context);
            assert_eq!((one, two), (stdout, true), "{context:?}");
            assert_eq!((three, high), (context.changes, context.changes));
            // Standard error with more than messages.
            let errors = self::calls(machine, &["write"], context);
            assert_eq!(errors.permits(number("write"), &[2; 6]), stderr);
            // Without sockets, nothing but standard input is read from by `read`.
            let still = self::calls(machine, &["read", "openat2"], context);
            let read = [0, 1, 3].map(|fd: u64| still.permits(number("read"), &[fd; 6]));
            assert_eq!(read, [stdin, false, false], "{context:?}");
        }
    }
}

#[test]
fn rows_are_distinct() {
    let mut symbols = all();
    symbols.sort_unstable();
    symbols.dedup();
    assert_eq!(symbols.len(), ROWS.len());
}

#[test]
fn an_unknown_call_is_an_error() {
    let symbols = ["main", "nanocc:start/execve", "nanocc:sys/execve"];
    let error = Calls::of(Machine::X86_64, symbols.into_iter(), Context::default()).unwrap_err();
    assert!(
        matches!(&error, Error::SystemCall(symbol) if symbol == "nanocc:sys/execve"),
        "{error}"
    );
    assert!(error.help().is_some());
}

/// What costs at start is how many steps the kernel takes to ask the filter about each number there is.
#[test]
fn few_steps_for_each_number() {
    for machine in MACHINES {
        for (symbols, most) in [
            (
                vec![
                    "exit_group",
                    "read",
                    "write",
                    "write-message",
                    "ppoll",
                    "clock_gettime",
                ],
                7.0,
            ),
            (all(), 10.0),
        ] {
            let calls = calls(machine, &symbols, ALL);
            let filter = calls.filter();
            let architecture = bpf::architecture(machine);
            let steps = |number| {
                interpret(
                    &filter,
                    &Data {
                        number,
                        architecture,
                        arguments: [0; 6],
                    },
                )
                .1
            };
            let mean = (0..470).map(steps).sum::<usize>() as f64 / 470.0;
            assert!(
                mean <= most,
                "{mean} steps, {} calls, {} instructions",
                calls.permitted.len(),
                filter.len()
            );
        }
    }
}
