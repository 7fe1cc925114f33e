//! The corpus of escapes: a component that was granted two directories tries every path of [`corpus`] with every function that takes
//! one, and nothing outside of them may be read, changed, made or even told apart.
//!
//! It runs as an executable that nanocc made: where the kernel resolves paths, where it has no `openat2`, where an outer filter refuses
//! that call, and on aarch64. What it is told is compared with what wasmtime tells it.
//!
//! The guest is `testsuite/guests/escape`. What a case may and may not do is known by its [`Reach`], and not by what happens.

mod corpus;
mod differences;
mod filter;
mod fixture;
mod oracle;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use corpus::{Case, Reach};
use fixture::Fixture;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::machine::Target;
use nanocc_testsuite::{Result, execute, repository};

/// Where the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Under wasmtime.
    Wasmtime,
    /// On this kernel.
    Kernel,
    /// On a kernel without `openat2`.
    Missing,
    /// Under a filter that refuses `openat2`.
    Refused,
    /// In the emulator.
    Aarch64,
}

const WAYS: [(&str, Way); 5] = [
    ("wasmtime", Way::Wasmtime),
    ("openat2", Way::Kernel),
    ("without openat2", Way::Missing),
    ("openat2 refused", Way::Refused),
    ("aarch64", Way::Aarch64),
];

/// What the trials share.
struct Shared {
    folder: tempfile::TempDir,
    cases: Vec<Case>,
    oracle: oracle::Oracle,
    expected: OnceLock<Result<Vec<Ran>>>,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let prepared = tempfile::tempdir()
        .map_err(|error| error.to_string())
        .and_then(|folder| Ok((folder, oracle::Oracle::new(&guest())?)));
    let (folder, oracle) = match prepared {
        Ok(prepared) => prepared,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    let shared = Arc::new(Shared {
        folder,
        cases: corpus::cases(),
        oracle,
        expected: OnceLock::new(),
    });
    let mut trials: Vec<Trial> = WAYS
        .into_iter()
        .map(|(name, way)| {
            let shared = shared.clone();
            Trial::ignorable_test(name, move || check(name, way, &shared))
        })
        .collect();
    trials.push(Trial::test("an escape is seen", move || {
        escapes_are_seen(&shared)
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The component.
fn guest() -> PathBuf {
    repository().join("testsuite/guests/escape/deps/escape/command.wasm")
}

fn check(name: &str, way: Way, shared: &Shared) -> Result<Completion, Failed> {
    let mut executable = PathBuf::new();
    if let Some(target) = way.target() {
        match target.can_run() {
            Err(reason) if !target.required() => return Ok(Completion::ignored_with(reason)),
            Err(reason) => return Err(reason.into()),
            Ok(()) => {}
        }
        executable = shared.folder.path().join(target.name());
        if way == Way::Kernel && !filter::has_openat2() {
            return Ok(Completion::ignored_with("this kernel has no openat2"));
        }
        make(&executable, target)?;
    }
    let expected = shared.expected.get_or_init(|| {
        let run = |case| run(Way::Wasmtime, Path::new(""), case, shared);
        shared.cases.iter().map(run).collect()
    });
    let expected = expected.as_ref().map_err(|error| error.clone())?;
    let mut tally = Tally::default();
    for (case, expected) in shared.cases.iter().zip(expected) {
        if way == Way::Wasmtime {
            tally.judge(way, case, expected, &expected.said);
        } else {
            let ran = run(way, &executable, case, shared)?;
            tally.judge(way, case, &ran, &expected.said);
        }
    }
    // Read by people, and by whoever counts.
    println!(
        "escape corpus, {name}: {}",
        tally.summary(shared.cases.len())
    );
    if tally.wrong.is_empty() {
        Ok(Completion::Completed)
    } else {
        let shown = tally.wrong.iter().take(40).cloned().collect::<Vec<_>>();
        Err(format!("{} wrong:\n{}", tally.wrong.len(), shown.join("\n")).into())
    }
}

/// What would be an escape is taken for one: where the directory beside the granted ones is granted in place of one of them, the same
/// attempts read, change, make and remove what is in it.
fn escapes_are_seen(shared: &Shared) -> Result<(), Failed> {
    for (path, seen) in [
        ("secret", "CANARY"),
        ("secret", "is gone"),
        ("secret", "is now"),
        ("secret", "7919"),
        (".", "CANARY-folder"),
        ("new", "moving-too was made"),
        ("CANARY-folder", "CANARY-folder is gone"),
        ("folder", "is now"),
    ] {
        let case = Case {
            grant: "/rw",
            base: "",
            plant: String::new(),
            path: path.to_owned(),
            reach: Reach::Inside,
        };
        let fixture = Fixture::new()?;
        let ran = Ran {
            said: shared.oracle.run(&fixture, "outside", &case.line())?,
            changed: fixture.changes()?,
        };
        let mut tally = Tally::default();
        tally.judge(Way::Kernel, &case, &ran, &ran.said);
        if tally.escapes == 0 || !tally.wrong.iter().any(|wrong| wrong.contains(seen)) {
            return Err(format!("{path}: not seen: {seen}\n{}", tally.wrong.join("\n")).into());
        }
    }
    let fixture = Fixture::new()?;
    std::fs::read(fixture.path("outside/secret")).map_err(|error| error.to_string())?;
    if fixture.changes()?.is_empty() {
        println!("this file system doesn't note readings: only what the guest says tells of them");
    }
    let fixture = Fixture::new()?;
    std::fs::write(fixture.path("secret"), "another text").map_err(|error| error.to_string())?;
    if !fixture
        .changes()?
        .contains(&"secret was written to".to_owned())
    {
        return Err("another text isn't seen".into());
    }
    // Whatever leads outside may not even be there.
    for (reach, line, allowed) in [
        (
            Reach::Outside,
            "stat-at follow: ok DescriptorType::Directory 0",
            false,
        ),
        (
            Reach::Outside,
            "open-at  directory read: ok DescriptorType::Directory",
            false,
        ),
        (Reach::Outside, "rename-at moving to same: ok ", false),
        (
            Reach::Outside,
            "through follow pointer/: ok DescriptorType::Directory",
            false,
        ),
        (
            Reach::Outside,
            "stat-at  pointer: ok DescriptorType::SymbolicLink",
            true,
        ),
        (Reach::Outside, "stat-at follow: error no-entry", true),
        (
            Reach::Link,
            "stat-at : ok DescriptorType::SymbolicLink 9",
            true,
        ),
        (
            Reach::Link,
            "stat-at follow: ok DescriptorType::RegularFile 1",
            false,
        ),
        (Reach::Link, "set-times-at follow: ok ", false),
        (
            Reach::Link,
            "open-at   read: ok DescriptorType::RegularFile",
            false,
        ),
    ] {
        if reach.allows(line) != allowed {
            return Err(format!("{reach:?}: {line}").into());
        }
    }
    Ok(())
}

impl Way {
    fn target(self) -> Option<Target> {
        match self {
            Way::Wasmtime => None,
            Way::Aarch64 => Some(Target::Aarch64),
            _ => Some(Target::X86_64),
        }
    }
}

/// Compiles the guest with its two directories, unless another trial has.
fn make(executable: &Path, target: Target) -> Result<()> {
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one = ONE.lock().map_err(|error| error.to_string())?;
    if executable.exists() {
        return Ok(());
    }
    Nanocc::new(&guest())
        .target(target)
        .args(&["--dir", "@rw::/rw", "--dir-ro", "@ro::/ro"])
        .output(executable)
        .succeed()?;
    Ok(())
}

/// What came of a case.
struct Ran {
    /// What the guest said, with the fixture's folder by a name that is always the same.
    said: String,
    /// What of the fixture is not as it was and should be.
    changed: Vec<String>,
}

fn run(way: Way, executable: &Path, case: &Case, shared: &Shared) -> Result<Ran> {
    let fixture = Fixture::new()?;
    let line = case.line();
    let said = match way.target() {
        None => shared.oracle.run(&fixture, "rw", &line)?,
        Some(target) => {
            let mut command = target.command(executable);
            command
                .env("NANOCC_PARAM_rw", fixture.path("rw"))
                .env("NANOCC_PARAM_ro", fixture.path("ro"));
            match way {
                Way::Missing => filter::refuse_openat2(&mut command, libc::ENOSYS),
                Way::Refused => filter::refuse_openat2(&mut command, libc::EPERM),
                _ => {}
            }
            let done = execute::run(&mut command, line.as_bytes())?;
            let status = done.code()?;
            if status != 0 || !done.stderr.is_empty() {
                return Err(format!("{line}status {status}: {}", done.stderr_text()));
            }
            done.stdout_text()
        }
    };
    Ok(Ran {
        said: said.replace(&fixture.folder(), "FOLDER"),
        changed: fixture.changes()?,
    })
}

/// What is known so far.
#[derive(Default)]
struct Tally {
    tried: usize,
    refused: usize,
    escapes: usize,
    /// Where nanocc means to answer otherwise than wasmtime: how often, by reason.
    differences: BTreeMap<&'static str, usize>,
    wrong: Vec<String>,
}

impl Tally {
    fn judge(&mut self, way: Way, case: &Case, ran: &Ran, expected: &str) {
        let label = case.line().trim_end().chars().take(80).collect::<String>();
        for change in &ran.changed {
            self.escapes += 1;
            self.wrong.push(format!("{label}: {change}"));
        }
        let mut lines = ran.said.lines();
        let mut theirs = expected.lines();
        // The case itself.
        let (head, _) = (lines.next(), theirs.next());
        if head.is_none_or(|head| !head.starts_with("== ")) {
            self.wrong.push(format!("{label}: the guest said nothing"));
        }
        let count = expected.lines().count();
        if ran.said.lines().count() != count {
            self.wrong.push(format!(
                "{label}: not as many attempts as under wasmtime ({count})"
            ));
        }
        for line in lines {
            self.tried += 1;
            self.refused += usize::from(line.contains(": error "));
            // (wasmtime, asked about one name and a slash without following links, describes the link itself.)
            let own = way == Way::Wasmtime
                && ["stat-at  ", "metadata-hash-at :", "stat-at :"]
                    .iter()
                    .any(|start| line.starts_with(start));
            if fixture::betrays(line) || !(own || case.reach.allows(line)) {
                self.escapes += 1;
                self.wrong.push(format!("{label}: ESCAPED: {line}"));
            }
            let Some(theirs) = theirs.next() else {
                continue;
            };
            if line == theirs {
                continue;
            }
            match differences::reason(case, line, theirs) {
                Some(reason) => *self.differences.entry(reason).or_default() += 1,
                None => self
                    .wrong
                    .push(format!("{label}: {line}  (wasmtime: {theirs})")),
            }
        }
    }

    fn summary(&self, cases: usize) -> String {
        let mut text = format!(
            "{cases} paths, {} attempts, {} refused, escapes: {}",
            self.tried, self.refused, self.escapes
        );
        for (reason, count) in &self.differences {
            let _ = write!(text, "\n    {count} answers unlike wasmtime's: {reason}");
        }
        text
    }
}

impl Reach {
    /// Whether a case of this reach may be told this.
    fn allows(self, line: &str) -> bool {
        let Some((what, _)) = line.split_once(": ok") else {
            return true;
        };
        // A link is made with the path as its text, and is looked at itself.
        let own = ["plant ", "symlink-at from", "stat-at  pointer"];
        if own.iter().any(|start| what.trim_end() == start.trim_end()) {
            return true;
        }
        match self {
            Reach::Outside => false,
            // The link is an entry of the directory that was granted: to be looked at, renamed, replaced, removed.
            Reach::Link => [
                "stat-at",
                "metadata-hash-at",
                "readlink-at",
                "set-times-at",
                "link-at from  same",
                "rename-at from same",
                "rename-at moving to same",
                "rename-at moving-too to same",
                "rename-at file to same",
                "unlink-file-at",
            ]
            .contains(&what.trim_end()),
            Reach::Inside => true,
        }
    }
}
