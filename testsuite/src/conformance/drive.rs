//! Drives an executable through its test-only entry, and compares what it answers.
//!
//! The protocol is in `runtime-shim/src/driver.rs`. A whole script's commands are written at once: none depends on
//! an answer.

use super::build::{Command, Expected};
use super::plan::Plan;
use super::{Mode, Report, value};
use crate::Result;
use crate::execute;
use nanocc_shim_abi::{STEP_SLOT, Trap};
use std::os::unix::fs::PermissionsExt;

/// What a step ended with.
enum Answer {
    Results(Vec<u128>),
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
        input.extend(command.step.to_le_bytes());
        for arg in &command.args {
            input.extend(arg.to_le_bytes());
        }
    }
    let done = execute::run(&mut mode.target.command(&path), &input)?;
    let mut output = done.stdout.as_slice();
    for (index, command) in commands.iter().enumerate() {
        let Some(answer) = answer(&mut output, command.results.len()) else {
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
        match judge(command, &answer) {
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

/// Takes an answer from the output; `None` if it ends before.
fn answer(output: &mut &[u8], results: usize) -> Option<Answer> {
    let (code, rest) = output.split_first_chunk::<4>()?;
    *output = rest;
    match u32::from_le_bytes(*code) {
        0 => {
            let (bytes, rest) = output.split_at_checked(results * STEP_SLOT)?;
            *output = rest;
            let (slots, _) = bytes.as_chunks::<STEP_SLOT>();
            Some(Answer::Results(
                slots
                    .iter()
                    .map(|slot| u128::from_le_bytes(*slot))
                    .collect(),
            ))
        }
        code => Some(Answer::Trap(Trap::from_code(u8::try_from(code).ok()?)?)),
    }
}

/// Whether the answer is as expected; if not, how it differs.
fn judge(command: &Command<'_>, answer: &Answer) -> std::result::Result<(), String> {
    match (&command.expected, answer) {
        (Expected::Done, Answer::Results(_)) => Ok(()),
        (Expected::Results(expected), Answer::Results(results)) => {
            let results: Vec<_> = command.results.iter().zip(results).collect();
            let same = results.len() == expected.len()
                && results
                    .iter()
                    .zip(*expected)
                    .all(|((ty, bits), expected)| value::matches(**ty, **bits, expected));
            if same {
                return Ok(());
            }
            let results: Vec<String> = results
                .into_iter()
                .map(|(&ty, &bits)| value::show(ty, bits))
                .collect();
            Err(format!("returns {results:?}, expected {expected:?}"))
        }
        (Expected::Trap(message), Answer::Trap(trap)) if is_called(*trap, message) => Ok(()),
        // The sizes of imports are only known when it runs.
        (Expected::Unlinkable("incompatible import type"), Answer::Trap(Trap::ImportTooSmall)) => {
            Ok(())
        }
        (Expected::Trap(message) | Expected::Unlinkable(message), Answer::Results(_)) => {
            Err(format!("no trap, expected `{message}`"))
        }
        (Expected::Trap(message) | Expected::Unlinkable(message), Answer::Trap(trap)) => {
            Err(format!("traps: {trap:?}, expected `{message}`"))
        }
        (Expected::Done | Expected::Results(_), Answer::Trap(trap)) => {
            Err(format!("traps: {trap:?}, expected no trap"))
        }
    }
}

/// Whether the specification's scripts call `trap` so. They may say more than that (which element is
/// uninitialised), or less.
fn is_called(trap: Trap, message: &str) -> bool {
    let names: &[&str] = match trap {
        Trap::Unreachable => &["unreachable"],
        Trap::MemoryOutOfBounds => &["out of bounds memory access"],
        // One check serves the table's operators and indirect calls.
        Trap::TableOutOfBounds => &["out of bounds table access", "undefined element"],
        Trap::IndirectCallToNull => &["uninitialized element"],
        Trap::BadSignature => &["indirect call type mismatch"],
        Trap::IntegerDivisionByZero => &["integer divide by zero"],
        Trap::IntegerOverflow => &["integer overflow"],
        Trap::BadConversionToInteger => &["invalid conversion to integer"],
        Trap::StackOverflow => &["call stack exhausted"],
        _ => &[],
    };
    !message.is_empty()
        && names
            .iter()
            .any(|name| name.starts_with(message) || message.starts_with(name))
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
        assert!(is_called(Trap::BadSignature, "indirect call"));
        assert!(!is_called(Trap::Unreachable, "integer overflow"));
        assert!(!is_called(Trap::IntegerOverflow, "integer divide by zero"));
        assert!(!is_called(Trap::HostFunction, "unreachable"));
        assert!(!is_called(Trap::Unreachable, ""));
    }

    #[test]
    fn answers_are_taken_apart() {
        let mut bytes = vec![0; 4];
        bytes.extend(7u128.to_le_bytes());
        bytes.extend((Trap::StackOverflow as u32).to_le_bytes());
        bytes.extend([0, 0]);
        let mut output = bytes.as_slice();
        let Some(Answer::Results(results)) = answer(&mut output, 1) else {
            panic!("no results");
        };
        assert_eq!(results, [7]);
        let Some(Answer::Trap(trap)) = answer(&mut output, 3) else {
            panic!("no trap");
        };
        assert_eq!(trap, Trap::StackOverflow);
        assert!(answer(&mut output, 0).is_none(), "the output ends early");
    }
}
