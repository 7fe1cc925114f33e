//! What a program for preview 1 is given that the published adapter has no room for: more arguments and variables than fit
//! into a page.
//!
//! The guest (`guests/preview1/rust`) counts them and says a digest of them all, which is computed here from what it was
//! started with. (Under the other implementation it runs by the same adapter: that they agree would say nothing.)

use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::machine::Target;
use nanocc_testsuite::{execute, repository};

/// FNV-1a of strings, each with a byte behind it that is in none.
fn digest(strings: &[String]) -> u64 {
    let bytes = strings
        .iter()
        .flat_map(|string| string.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |state: u64, byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Starts the guest with these arguments and variables, `granted` of which come from the compiler.
fn expect(arguments: &[String], inherited: &[(String, String)], granted: &[(String, String)]) {
    for target in Target::ALL {
        match target.can_run() {
            Ok(()) => {}
            Err(reason) if !target.required() => {
                println!("{} left out: {reason}", target.name());
                continue;
            }
            Err(reason) => panic!("{reason}"),
        }
        let folder = tempfile::tempdir().unwrap();
        let executable = folder.path().join("guest");
        let input = repository().join("testsuite/guests/preview1/deps/preview1/rust.wasm");
        let mut grants: Vec<String> = granted
            .iter()
            .map(|(name, value)| format!("--env={name}={value}"))
            .collect();
        grants.push("--inherit-env".to_owned());
        let done = Nanocc::bare()
            .args(&[input.to_str().unwrap()])
            .args(&grants.iter().map(String::as_str).collect::<Vec<_>>())
            .target(target)
            .output(&executable)
            .run()
            .unwrap();
        assert_eq!(done.code().unwrap(), 0, "{}", done.stderr_text());

        let mut command = target.command(&executable);
        command.arg("given").args(arguments);
        command.env_clear().envs(inherited.iter().cloned());
        let done = execute::run(&mut command, b"").unwrap();
        let mut all = vec!["given".to_owned()];
        all.extend_from_slice(arguments);
        let mut variables: Vec<String> = inherited
            .iter()
            .chain(granted)
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
        assert_eq!(done.stderr_text(), "", "{target:?}");
        assert_eq!(
            String::from_utf8_lossy(&done.stdout),
            expected,
            "{target:?}"
        );
        assert_eq!(done.code().unwrap(), 0, "{target:?}");
    }
}

fn variables(name: &str, count: usize) -> Vec<(String, String)> {
    (0..count)
        .map(|i| (format!("{name}{i}"), format!("value {i}")))
        .collect()
}

#[test]
fn none() {
    expect(&[], &[], &[]);
}

#[test]
fn many() {
    let arguments: Vec<String> = (0..20_000).map(|i| format!("argument {i}")).collect();
    expect(&arguments, &variables("A", 8_000), &variables("B", 100));
}

#[test]
fn long() {
    // Around the sizes that end with the first page, and what a page of its own is for; Linux passes on 128 KiB at most.
    for length in [65_000, 65_519, 65_520, 65_521, 65_536, 131_000] {
        let long = "ö".repeat(length / 2);
        let given = [("LONG".to_owned(), long.clone())];
        expect(&[long, String::new()], &given, &[]);
    }
    let longer = [("LONGER".to_owned(), "x".repeat(100_000))];
    expect(&[], &variables("A", 1), &longer);
}
