//! Drives an executable through its test-only entry, and compares what it answers.
//!
//! The protocol is in `runtime-shim/src/driver.rs`. A whole script's commands are written at once: none depends on
//! an answer.

use super::build::{Command, Expected, Run};
use super::plan::Plan;
use super::{Mode, Report, value};
use crate::Result;
use crate::execute;
use nanocc::program::ValType;
use nanocc_shim_abi::{STEP_SLOT, Trap};
use std::os::unix::fs::PermissionsExt;
use wasm_wave::value::Value;

/// What a step ended with.
enum Answer {
    /// A core function's results.
    Core(Vec<(ValType, u128)>),
    /// A component function's.
    Component(Result<Option<Value>>),
    Trap(Trap),
}

/// Runs `executable`, gives it `commands` and judges the answers.
///
/// # Errors
///
/// Where the executable can't be run at all.
pub fn run(
    plan: &Plan<'_>,
    mode: Mode,
    executable: &[u8],
    commands: &[Command<'_>],
    report: &mut Report,
) -> Result<()> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("script");
    std::fs::write(&path, executable)
        .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    let mut input = Vec::new();
    for command in commands {
        command.run.write(&mut input);
    }
    let done = execute::run(&mut mode.target.command(&path), &input)?;
    let mut output = done.stdout.as_slice();
    for (index, command) in commands.iter().enumerate() {
        let Some(answer) = command.run.read(&mut output) else {
            report.fail_all(
                commands.len() - index,
                format!(
                    "line {}: the executable ended ({}) and said: {}",
                    command.line,
                    done.status,
                    done.stderr_text().trim_end()
                ),
            );
            return Ok(());
        };
        match judge(&command.expected, &answer) {
            Ok(()) => report.pass(),
            Err(reason) => report.fail(format!("line {}: {reason}", command.line)),
        }
    }
    if !output.is_empty() || done.code()? != 0 || !done.stderr.is_empty() {
        report.fail(format!(
            "{}: after the last command the executable ended with {} and said: {}",
            plan.script.name,
            done.status,
            done.stderr_text().trim_end()
        ));
    }
    Ok(())
}

impl Run {
    /// Writes what the driver is told.
    fn write(&self, input: &mut Vec<u8>) {
        let mut step = |step: u32| input.extend(step.to_le_bytes());
        match self {
            Run::Instantiate(steps) => steps.iter().copied().for_each(step),
            Run::Core {
                step: number, args, ..
            } => {
                step(*number);
                for arg in args {
                    input.extend(arg.to_le_bytes());
                }
            }
            Run::Component(call) => {
                step(call.step());
                call.read().into_iter().for_each(step);
            }
        }
    }

    /// Takes the answer from the output; `None` if it ends before.
    fn read(&self, output: &mut &[u8]) -> Option<Answer> {
        match self {
            Run::Instantiate(steps) => {
                // What comes after a trap is nothing to anybody.
                let mut first = Answer::Core(Vec::new());
                for _ in steps {
                    if let (Answer::Core(_), Some(trap)) = (&first, trap(output)?) {
                        first = Answer::Trap(trap);
                    }
                }
                Some(first)
            }
            Run::Core { results, .. } => match trap(output)? {
                Some(trap) => Some(Answer::Trap(trap)),
                None => {
                    let (bytes, rest) = output.split_at_checked(results.len() * STEP_SLOT)?;
                    *output = rest;
                    let (slots, _) = bytes.as_chunks::<STEP_SLOT>();
                    let bits = slots.iter().map(|slot| u128::from_le_bytes(*slot));
                    Some(Answer::Core(results.iter().copied().zip(bits).collect()))
                }
            },
            Run::Component(call) => {
                let ended = trap(output)?;
                let memory = match call.read() {
                    Some(_) => memory(output)?,
                    None => &[],
                };
                Some(match ended {
                    Some(trap) => Answer::Trap(trap),
                    None => {
                        let result = call.result(memory);
                        Answer::Component(result.map_err(|error| error.to_string()))
                    }
                })
            }
        }
    }
}

/// Takes how a step has ended: its trap, if there is one.
fn trap(output: &mut &[u8]) -> Option<Option<Trap>> {
    let (code, rest) = output.split_first_chunk::<4>()?;
    *output = rest;
    match u32::from_le_bytes(*code) {
        0 => Some(None),
        code => Some(Some(Trap::from_code(u8::try_from(code).ok()?)?)),
    }
}

/// Takes a memory's contents.
fn memory<'o>(output: &mut &'o [u8]) -> Option<&'o [u8]> {
    if trap(output)?.is_some() {
        return None;
    }
    let (len, rest) = output.split_first_chunk::<8>()?;
    let len = usize::try_from(u64::from_le_bytes(*len)).ok()?;
    let (bytes, rest) = rest.split_at_checked(len)?;
    *output = rest;
    Some(bytes)
}

/// Whether the answer is as expected; if not, how it differs.
fn judge(expected: &Expected<'_>, answer: &Answer) -> Result<()> {
    match (expected, answer) {
        (Expected::Done, Answer::Core(_) | Answer::Component(Ok(_))) => Ok(()),
        (Expected::Results(expected), Answer::Core(results)) => {
            let same = results.len() == expected.len()
                && results
                    .iter()
                    .zip(*expected)
                    .all(|((ty, bits), expected)| value::core::matches(*ty, *bits, expected));
            if same {
                return Ok(());
            }
            let results: Vec<String> = results
                .iter()
                .map(|&(ty, bits)| value::core::show(ty, bits))
                .collect();
            Err(format!("returns {results:?}, expected {expected:?}"))
        }
        (Expected::Results(expected), Answer::Component(Ok(result))) => {
            let same = match (result, expected) {
                (None, []) => true,
                (Some(result), [expected]) => value::component::matches(result, expected),
                _ => false,
            };
            if same {
                return Ok(());
            }
            let result = result
                .as_ref()
                .map_or("nothing".to_owned(), value::component::show);
            Err(format!("returns {result}, expected {expected:?}"))
        }
        (Expected::Trap(message), Answer::Trap(trap)) if is_called(*trap, message) => Ok(()),
        // The sizes of imports are only known when it runs.
        (Expected::Unlinkable("incompatible import type"), Answer::Trap(Trap::ImportTooSmall)) => {
            Ok(())
        }
        // The value that is made of a result may be none: a trap of the host's side.
        (Expected::Trap(message) | Expected::Unlinkable(message), answer) => match answer {
            Answer::Trap(trap) => Err(format!("traps: {trap:?}, expected `{message}`")),
            Answer::Component(Err(error)) => Err(format!("{error}, expected `{message}`")),
            Answer::Core(_) | Answer::Component(Ok(_)) => {
                Err(format!("no trap, expected `{message}`"))
            }
        },
        (Expected::Done | Expected::Results(_), Answer::Trap(trap)) => {
            Err(format!("traps: {trap:?}, expected no trap"))
        }
        (Expected::Done | Expected::Results(_), Answer::Component(Err(error))) => {
            Err(format!("its result can't be read: {error}"))
        }
    }
}

/// Whether scripts call `trap` so. They may say more than that (which element is uninitialised), or less; of numbers
/// any is as good as another. What the component model's scripts say is what wasmtime says, which has several phrases for
/// one rule of the canonical ABI: by who checks it, and for what.
fn is_called(trap: Trap, message: &str) -> bool {
    let names: &[&str] = match trap {
        Trap::Unreachable => &["unreachable", "wasm `unreachable` instruction executed"],
        Trap::MemoryOutOfBounds => &["out of bounds memory access"],
        // One check serves the table's operators and indirect calls.
        Trap::TableOutOfBounds => &["out of bounds table access", "undefined element"],
        Trap::IndirectCallToNull => &["uninitialized element"],
        Trap::BadSignature => &["indirect call type mismatch"],
        Trap::IntegerDivisionByZero => &["integer divide by zero"],
        Trap::IntegerOverflow => &["integer overflow"],
        Trap::BadConversionToInteger => &["invalid conversion to integer"],
        Trap::StackOverflow => &["call stack exhausted"],
        Trap::UnalignedPointer => &[
            "unaligned pointer",
            "return pointer not aligned",
            "pointer not aligned",
            "list pointer is not aligned",
            "realloc return: result not aligned",
        ],
        Trap::PointerOutOfBounds => &[
            "pointer or length out of bounds",
            "pointer out of bounds of memory",
            "list content out-of-bounds",
            "string content out-of-bounds",
            "list pointer/length out of bounds of memory",
            "string pointer/length out of bounds of memory",
            "realloc return: beyond end of memory",
        ],
        Trap::InvalidString => &[
            "string is not well-formed",
            "invalid utf-8",
            "incomplete utf-8 byte sequence",
            "invalid utf-16",
            "unpaired surrogate found",
        ],
        Trap::InvalidChar => &[
            "invalid `char` bit pattern",
            "converted integer out of range for `char`",
        ],
        Trap::InvalidDiscriminant => &["invalid variant discriminant", "discriminant"],
        Trap::CannotEnter => &["cannot enter component instance"],
        Trap::CannotLeave => &["cannot leave component instance"],
        Trap::UnknownHandle => &["unknown handle index"],
        Trap::HandleTypeMismatch => &["handle index _ used with the wrong type"],
        Trap::HandleLent => &["cannot remove owned resource while borrowed"],
        Trap::BorrowsRemain => &["borrow handles still remain at the end of the call"],
        Trap::HandleNotOwned => &["cannot lift own resource from a borrow"],
        Trap::StringTooLong => &["string is too long"],
        _ => &[],
    };
    let message = numberless(message.strip_prefix("wasm trap: ").unwrap_or(message));
    let names = names.iter().map(|name| numberless(name));
    !message.is_empty()
        && names
            .into_iter()
            .any(|name| name.starts_with(&message) || message.starts_with(&name))
}

/// A phrase whose numbers are all `_`.
fn numberless(phrase: &str) -> String {
    let mut text = String::with_capacity(phrase.len());
    for part in phrase.split_inclusive(|c: char| c.is_ascii_digit()) {
        match part.strip_suffix(|c: char| c.is_ascii_digit()) {
            Some("") if text.ends_with('_') => {}
            Some(before) => {
                text += before;
                text.push('_');
            }
            None => text += part,
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trap_of_another_kind_is_not_the_expected_one() {
        assert!(is_called(
            Trap::IndirectCallToNull,
            "uninitialized element 7"
        ));
        assert!(is_called(Trap::IndirectCallToNull, "uninitialized"));
        let handle = "handle index 12 used with the wrong type, expected a guest's";
        assert!(is_called(Trap::HandleTypeMismatch, handle));
        assert!(!is_called(Trap::UnknownHandle, handle));
        assert!(is_called(
            Trap::UnknownHandle,
            "unknown handle index 4294967295"
        ));
        assert!(is_called(
            Trap::UnalignedPointer,
            "wasm trap: unaligned pointer"
        ));
        assert!(!is_called(
            Trap::MemoryOutOfBounds,
            "pointer out of bounds of memory"
        ));
        assert!(!is_called(
            Trap::PointerOutOfBounds,
            "out of bounds memory access"
        ));
        assert!(!is_called(
            Trap::InvalidChar,
            "invalid variant discriminant"
        ));
        assert!(is_called(Trap::BadSignature, "indirect call"));
        assert!(!is_called(Trap::Unreachable, "integer overflow"));
        assert!(!is_called(Trap::IntegerOverflow, "integer divide by zero"));
        assert!(!is_called(Trap::HostFunction, "unreachable"));
        assert!(!is_called(Trap::Unreachable, ""));
    }

    #[test]
    fn answers_are_taken_apart() {
        let call = Run::Core {
            step: 0,
            args: Vec::new(),
            results: vec![ValType::I64],
        };
        let mut bytes = vec![0; 4];
        bytes.extend(7u128.to_le_bytes());
        bytes.extend((Trap::StackOverflow as u32).to_le_bytes());
        bytes.extend([0, 0]);
        let mut output = bytes.as_slice();
        let Some(Answer::Core(results)) = call.read(&mut output) else {
            panic!("no results");
        };
        assert_eq!(results, [(ValType::I64, 7)]);
        let Some(Answer::Trap(trap)) = call.read(&mut output) else {
            panic!("no trap");
        };
        assert_eq!(trap, Trap::StackOverflow);
        assert!(call.read(&mut output).is_none(), "the output ends early");
    }

    #[test]
    fn the_first_trap_of_an_instantiation_counts() {
        let life = Run::Instantiate(vec![3, 4, 5]);
        let codes = [0, Trap::Unreachable as u32, Trap::IntegerOverflow as u32];
        let bytes: Vec<u8> = codes.iter().flat_map(|code| code.to_le_bytes()).collect();
        let mut output = bytes.as_slice();
        let answer = life.read(&mut output);
        assert!(matches!(answer, Some(Answer::Trap(Trap::Unreachable))));
        assert!(output.is_empty());
    }
}
