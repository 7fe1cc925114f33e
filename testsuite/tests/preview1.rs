//! What a program for preview 1 is given that the published adapter has no room for: more arguments and variables than fit
//! into a page.
//!
//! The guest (`guests/preview1/rust`) counts them and says a digest of them all, which is computed here from what it was
//! started with.

use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::machine::Target;
use nanocc_testsuite::{execute, repository};
use std::path::PathBuf;

/// FNV-1a of strings, each with a byte behind it that is in none.
fn digest(strings: &[String]) -> u64 {
    let bytes = strings
        .iter()
        .flat_map(|string| string.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |state: u64, byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The guest for each target that can be run here, with what the compiler grants it.
struct Guests {
    folder: tempfile::TempDir,
    targets: Vec<Target>,
    granted: Vec<(String, String)>,
}

impl Guests {
    fn new(granted: Vec<(String, String)>) -> Guests {
        let guests = Guests {
            folder: tempfile::tempdir().unwrap(),
            targets: Target::ALL.into_iter().filter(runs).collect(),
            granted,
        };
        let input = repository().join("testsuite/guests/preview1/deps/preview1/rust.wasm");
        let grants = guests.granted.iter();
        let grants: Vec<_> = grants
            .map(|(name, value)| format!("--env={name}={value}"))
            .collect();
        for &target in &guests.targets {
            let done = Nanocc::bare()
                .args(&[input.to_str().unwrap(), "--inherit-env"])
                .args(&grants.iter().map(String::as_str).collect::<Vec<_>>())
                .target(target)
                .output(&guests.executable(target))
                .run()
                .unwrap();
            assert_eq!(done.code().unwrap(), 0, "{}", done.stderr_text());
        }
        guests
    }

    fn executable(&self, target: Target) -> PathBuf {
        self.folder.path().join(target.name())
    }

    /// Starts the guest with these arguments and variables.
    fn expect(&self, arguments: &[String], inherited: &[(String, String)]) {
        let mut all = vec!["given".to_owned()];
        all.extend_from_slice(arguments);
        let mut variables: Vec<String> = inherited
            .iter()
            .chain(&self.granted)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        variables.sort();
        let expected = format!(
            "{} arguments, {:016x}\n{} variables, {:016x}\nmemory is whole\nthe same again\n",
            all.len(),
            digest(&all),
            variables.len(),
            digest(&variables)
        );
        for &target in &self.targets {
            let mut command = target.command(&self.executable(target));
            command.args(&all).env_clear();
            command.envs(inherited.iter().cloned());
            let done = execute::run(&mut command, b"").unwrap();
            assert_eq!(done.stderr_text(), "", "{target:?}");
            assert_eq!(done.stdout_text(), expected, "{target:?}");
            assert_eq!(done.code().unwrap(), 0, "{target:?}");
        }
    }
}

fn runs(target: &Target) -> bool {
    match target.can_run() {
        Ok(()) => true,
        Err(reason) if !target.required() => {
            println!("{} left out: {reason}", target.name());
            false
        }
        Err(reason) => panic!("{reason}"),
    }
}

fn variables(name: &str, count: usize) -> Vec<(String, String)> {
    (0..count)
        .map(|i| (format!("{name}{i}"), format!("value {i}")))
        .collect()
}

#[test]
fn what_is_given_at_start() {
    let guests = Guests::new(Vec::new());
    guests.expect(&[], &[]);
    let many: Vec<String> = (0..20_000).map(|i| format!("argument {i}")).collect();
    guests.expect(&many, &variables("A", 4_000));
    // Around what fills a page of its own; Linux passes on 128 KiB at most.
    for length in [65_000, 65_519, 65_520, 65_521, 65_536, 131_000] {
        let long = "x".repeat(length);
        let given = [("LONG".to_owned(), long.clone())];
        guests.expect(&[long, String::new(), "ö".to_owned()], &given);
    }
}

#[test]
fn what_is_granted() {
    let mut granted = variables("B", 100);
    granted.push(("LONGER".to_owned(), "x".repeat(100_000)));
    let guests = Guests::new(granted);
    guests.expect(&[], &[]);
    guests.expect(&["one".to_owned()], &variables("A", 4_000));
}
