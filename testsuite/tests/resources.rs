//! Resources between components: random scripts for the guests of `testsuite/guests/resources`, compared
//! with the oracle, and what there is nothing to compare with.
//!
//! Longer: `NANOCC_FUZZ_SECONDS=600 NANOCC_FUZZ_SEED=$RANDOM cargo test -p nanocc-testsuite --test resources`.

use nanocc_testsuite::compiler::{Executables, Mode};
use nanocc_testsuite::fuzz::Effort;
use nanocc_testsuite::machine::Target;
use nanocc_testsuite::mutate::Random;
use nanocc_testsuite::oracle::{End, Oracle};
use nanocc_testsuite::{Result, execute, repository, scripts, trap};
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

const OPTIMISED: Mode = Mode {
    target: Target::X86_64,
    level: "-O2",
};
const PLAIN: Mode = Mode {
    target: Target::X86_64,
    level: "-O0",
};
const AARCH64: Mode = Mode {
    target: Target::Aarch64,
    level: "-O2",
};

fn input(name: &str) -> PathBuf {
    repository().join("testsuite/guests/resources").join(name)
}

/// How a script ends: with a status, or a trap of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Status(i32),
    Trap(trap::Kind),
}

/// Two stores, and one store under two names.
const COMPOSITIONS: [&str; 2] = ["resources.wac", "one-store.wac"];

struct Scripts {
    executables: Executables,
    oracle: Oracle,
}

impl Scripts {
    /// Runs a script both ways. How it ended, if they agree.
    fn agree(&self, composition: &str, script: &str, mode: Mode) -> Result<Ending> {
        let input = input(composition);
        let expected = self.oracle.run(&input, &[], script.as_bytes())?;
        let executable = self.executables.get(&input, &[], mode)?;
        let done = execute::run(&mut mode.target.command(&executable), script.as_bytes())?;
        let ending = match done.code()? {
            134 => Ending::Trap(trap::split_report(&done.stderr)?.1.kind),
            status => Ending::Status(status),
        };
        let (oracles, text) = match &expected.end {
            End::Status(status) => (Ending::Status(*status), ""),
            End::Trap { kind, text, .. } => (Ending::Trap(*kind), text.as_str()),
        };
        if ending != oracles || done.stdout != expected.stdout {
            return Err(format!(
                "{mode:?}: {ending:?}, the oracle {oracles:?} {text}\n--- standard output:\n{}\n--- the oracle's:\n{}\n--- standard error:\n{}",
                done.stdout_text(),
                String::from_utf8_lossy(&expected.stdout),
                done.stderr_text(),
            ));
        }
        Ok(ending)
    }

    /// The script without the lines that the difference doesn't need.
    fn shorter(&self, composition: &str, script: &str, mode: Mode) -> String {
        let mut lines: Vec<&str> = script.lines().collect();
        let mut at = lines.len();
        while at > 0 {
            at -= 1;
            let mut fewer = lines.clone();
            fewer.remove(at);
            if self.agree(composition, &fewer.join("\n"), mode).is_err() {
                lines = fewer;
            }
        }
        lines.join("\n")
    }
}

#[test]
fn random_scripts_end_as_the_oracles_do() -> Result<()> {
    let effort = Effort::from_environment()?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let all = Scripts {
        executables: Executables::new(folder.path()),
        oracle: Oracle::new()?,
    };
    // An emulated run takes as long as a hundred others.
    let mut modes = [OPTIMISED, PLAIN].repeat(50);
    match AARCH64.target.can_run() {
        Ok(()) => modes.push(AARCH64),
        Err(reason) if AARCH64.target.required() => return Err(reason),
        Err(reason) => eprintln!("aarch64 left out: {reason}"),
    }
    // Everything is compiled before the clock starts.
    let mut modes = modes.into_iter().rev().cycle();
    for mode in modes.by_ref().take(3) {
        for composition in COMPOSITIONS {
            all.agree(composition, "new 1\ndrop $0\n", mode)?;
            all.agree(composition, "drop 99\n", mode)?;
        }
    }
    let mut random = Random::new(effort.seed);
    let (start, mut scripts, mut ended, mut trapped) = (Instant::now(), 0u32, 0u32, 0u32);
    while start.elapsed() < effort.time || scripts < 100 {
        let script = scripts::script(&mut random, 40);
        let Some(mode) = modes.next() else { break };
        let composition = COMPOSITIONS[random.below(2)];
        match all.agree(composition, &script, mode) {
            Ok(Ending::Status(0)) => ended += 1,
            Ok(Ending::Status(status)) => return Err(format!("status {status}:\n{script}")),
            Ok(Ending::Trap(_)) => trapped += 1,
            Err(message) => {
                let shorter = all.shorter(composition, &script, mode);
                let message = all
                    .agree(composition, &shorter, mode)
                    .err()
                    .unwrap_or(message);
                return Err(format!(
                    "{composition}, seed {}, script {scripts}:\n{shorter}\n{message}",
                    effort.seed
                ));
            }
        }
        scripts += 1;
    }
    eprintln!("{scripts} scripts, {ended} to their end, {trapped} to a trap");
    if ended < scripts / 20 || trapped < scripts / 20 {
        return Err(format!(
            "{scripts} scripts, {ended} to their end, {trapped} to a trap"
        ));
    }
    Ok(())
}

/// WASI leaves it to an implementation whether to trap when a stream is dropped before its pollables. The
/// oracle does; nanocc doesn't, and the pollable stays good.
#[test]
fn a_pollable_outlives_its_stream() -> Result<()> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let executable = Executables::new(folder.path()).get(&input("relayed.wac"), &[], OPTIMISED)?;
    let mut command = OPTIMISED.target.command(&executable);
    let done = execute::run(command.arg("parent-first"), b"five\n")?;
    let text = done.stdout_text();
    if done.code()? == 0 && text.ends_with("\n3 ready\nwithout its stream: [0]\n") {
        Ok(())
    } else {
        Err(format!("{:?}: {text}", done.status))
    }
}

/// The canonical ABI clears `may_leave` around a post-return function (`canon_lift`). The oracle does so
/// where the host calls, but not where a component does, so there is nothing to compare with.
#[test]
fn a_post_return_function_may_not_leave() -> Result<()> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let executables = Executables::new(folder.path());
    for name in ["post-return-drops.wat", "post-return-makes.wat"] {
        for mode in [OPTIMISED, PLAIN] {
            let executable = executables.get(&input("edges").join(name), &[], mode)?;
            let done = execute::run(&mut mode.target.command(&executable), b"")?;
            let (_, report) = trap::split_report(&done.stderr)?;
            if (done.code()?, report.words.as_str()) != (134, "cannot leave component instance") {
                return Err(format!("{name}, {mode:?}: {:?}, {report:?}", done.status));
            }
        }
    }
    Ok(())
}

/// The ABI limits a table to 2^28 handles. Before that, at some 2^27, the address space for what the shim maps is
/// used up, or the memory is: a trap in each case.
#[test]
fn handles_without_memory_for_them_trap() -> Result<()> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let executables = Executables::new(folder.path());
    let executable = executables.get(&input("edges").join("endless.wat"), &[], OPTIMISED)?;
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v 100000 && exec \"$0\""]);
    let done = execute::run(command.arg(executable), b"")?;
    let (_, report) = trap::split_report(&done.stderr)?;
    match (done.code()?, report.words.as_str()) {
        (134, "handle table is full") => Ok(()),
        _ => Err(format!("{:?}, {report:?}", done.status)),
    }
}
