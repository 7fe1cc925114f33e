//! `nanocc inspect`: what an executable says about itself is what was compiled, and no file makes it fall over.

use nanocc::error::NoteError;
use nanocc::note::{self, Note};
use nanocc::policy::granted::Granted;
use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::machine::Target;
use nanocc_testsuite::{read, repository};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::path::Path;

/// Compiles an input with some flags.
fn compile(input: &str, flags: &[&str], target: Target, to: &Path) -> Vec<u8> {
    let nanocc = Nanocc::new(&repository().join(input));
    let nanocc = nanocc.args(flags).target(target).output(to);
    nanocc.succeed().unwrap();
    read(to).unwrap()
}

fn hex(digest: impl AsRef<[u8]>) -> String {
    digest
        .as_ref()
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[test]
fn a_note_says_what_was_compiled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("identity");
    let composed = folder.path().join("composed.wasm");
    let input = "examples/identity/compose.wac";
    for target in Target::ALL {
        if target.can_compile().is_err() && !target.required() {
            println!("{} left out", target.name());
            continue;
        }
        let emit = format!("component={}", composed.display());
        let flags = [
            "--timeout",
            "90s",
            "--max-memory",
            "32MiB",
            "--max-handles",
            "checkpoint=7",
        ];
        let file = compile(input, &flags, target, &path);
        Nanocc::new(&repository().join(input))
            .args(&["--emit", &emit])
            .target(target)
            .succeed()
            .unwrap();
        let note = note::read(&file).unwrap();
        assert_eq!(note.schema, note::SCHEMA);
        assert_eq!(note.nanocc, env!("CARGO_PKG_VERSION"));
        assert!(
            note.target
                .starts_with(target.name().split('-').next().unwrap())
        );
        assert_eq!((note.timeout_ms, note.cpu_timeout_ms), (Some(90_000), None));
        assert!(note.fences.seccomp && !note.fences.required);
        let calls = note.system_calls.as_ref().unwrap();
        let called: Vec<&str> = calls.iter().map(|call| &*call.name).collect();
        assert!(called.contains(&"exit_group") && called.contains(&"write"));
        assert!(!called.contains(&"openat") && !called.contains(&"execve"));

        // The outermost is the whole input.
        let composed = read(&composed).unwrap();
        let root = &note.components[0];
        assert_eq!((&*root.path, &root.parent), ("/", &None));
        assert_eq!(root.sha256, Some(hex(Sha256::digest(&composed))));
        assert_eq!(root.bytes, composed.len() as u64);
        assert!(root.imports.iter().all(|name| name.starts_with("wasi:")));
        assert!(
            root.exports
                .iter()
                .any(|name| name.starts_with("wasi:cli/run@0.2"))
        );

        // What is in it is found in it.
        let mut entries = 0;
        for component in &note.components[1..] {
            let len = component.bytes as usize;
            let sha256 = component.sha256.as_ref().unwrap();
            let is = |bytes: &&[u8]| hex(Sha256::digest(bytes)) == *sha256;
            let mut places = composed
                .windows(len)
                .filter(|bytes| bytes.starts_with(b"\0asm"));
            assert!(places.any(|bytes| is(&bytes)), "{}", component.path);
            let parent = component.parent.as_ref().unwrap();
            assert!(note.components.iter().any(|other| other.path == *parent));
            assert_eq!(component.limits.max_memory, Some(32 << 20));
            let handles = (component.path == "checkpoint").then_some(7);
            assert_eq!(component.limits.max_handles, handles);
            let granted = [
                Granted::Stdin,
                Granted::Stdout,
                Granted::Stderr,
                Granted::Args,
            ];
            if Some(&component.path) == note.entry.as_ref() {
                assert_eq!(component.grants, granted);
                entries += 1;
            } else {
                assert_eq!(component.grants, []);
            }
        }
        assert_eq!(entries, 1);
        let sum = |of: fn(&note::Component) -> u64| note.components.iter().map(of).sum::<u64>();
        let (code, data) = (sum(|c| c.sizes.code), sum(|c| c.sizes.data));
        assert!(
            code > 1000 && code + data < file.len() as u64,
            "{code} {data}"
        );
        assert_eq!(sum(|c| c.sizes.memory) % 65536, 0);

        // Its JSON is the note.
        let shown = Nanocc::bare().args(&["inspect", "--json"]).arg(&path);
        let shown = shown.succeed().unwrap().stdout_text();
        assert_eq!(serde_json::from_str::<Note>(&shown).unwrap(), note);
    }
}

#[test]
fn stripping_leaves_the_note() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hello");
    let hello = "examples/hello/wat/hello.wat";
    let file = compile(hello, &[], Target::X86_64, &path);
    let stripped = compile(hello, &["--strip"], Target::X86_64, &path);
    assert!(stripped.len() < file.len());
    assert_eq!(note::read(&stripped), note::read(&file));
    // Nothing but the program headers is looked at: section headers may be gone.
    let mut bare = file.clone();
    bare[0x28..0x30].fill(0);
    bare[0x3c..0x40].fill(0);
    assert_eq!(note::read(&bare), note::read(&file));
}

#[test]
fn a_note_of_another_version_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hello");
    let file = compile("examples/hello/wat/hello.wat", &[], Target::X86_64, &path);
    let find = |what: &[u8]| file.windows(what.len()).position(|at| at == what).unwrap();

    let mut newer = file.clone();
    newer[find(b"{\"schema\":2") + 10] = b'3';
    assert_eq!(
        note::read(&newer),
        Err(NoteError::Version {
            schema: 3,
            reads: 2
        })
    );
    std::fs::write(&path, &newer).unwrap();
    let said = Nanocc::bare().arg("inspect").arg(&path).run().unwrap();
    assert_eq!(said.code(), Ok(1));
    let text = said.stderr_text();
    assert!(
        text.contains("note has version 3, and this nanocc reads version 2")
            && text.contains("help: "),
        "{text}"
    );

    // Fields that aren't known are left alone.
    let mut more = file.clone();
    let at = find(b"\"nanocc\":");
    more[at + 1..at + 7].copy_from_slice(b"foobar");
    assert!(matches!(note::read(&more), Err(NoteError::Damaged(_))));

    let mut foreign = file.clone();
    let at = find(b"nanocc\0");
    foreign[at] = b'x';
    assert_eq!(note::read(&foreign), Err(NoteError::Foreign));
}

/// Any reader of files: what is cut off or changed anywhere is an error or a note, and nothing worse.
#[test]
fn no_file_makes_it_fall_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hello");
    let file = compile(
        "examples/hello/wat/hello.wat",
        &["--strip"],
        Target::X86_64,
        &path,
    );
    let whole = note::read(&file).unwrap();
    for len in (0..file.len().min(1024)).chain((1024..file.len()).step_by(61)) {
        let error = note::read(&file[..len]).expect_err("what is cut off has no note");
        if len >= 64 {
            assert!(
                matches!(error, NoteError::Truncated { .. }),
                "{len}: {error}"
            );
        }
    }

    // xorshift; where it matters most, more often: the headers, and the note.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let text = file
        .windows(10)
        .position(|at| at == b"{\"schema\":")
        .unwrap();
    let (mut read, mut refused) = (0, 0);
    for _ in 0..40_000 {
        let mut mutant = file.clone();
        for _ in 0..1 + random(3) {
            let at = match random(3) {
                0 => random(0x400),
                1 => (text - 32 + random(800)).min(file.len() - 1),
                _ => random(file.len()),
            };
            mutant[at] = match random(4) {
                0 => 0,
                1 => 0xff,
                2 => mutant[at] ^ (1 << random(8)),
                _ => random(256) as u8,
            };
        }
        match note::read(&mutant) {
            Ok(_) => read += 1,
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().is_empty() && error.help().is_some());
            }
        }
    }
    assert!(read > 1000 && refused > 1000, "{read} {refused}");
    assert_eq!(note::read(&file), Ok(whole));
}

#[test]
fn what_explain_prints_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let grants = folder.path().join("grants.toml");
    for input in ["examples/identity/compose.wac", "examples/noir/compose.wac"] {
        let input = repository().join(input);
        let text = Nanocc::bare().arg("explain").arg(&input);
        let text = text.succeed().unwrap().stdout_text();
        std::fs::write(&grants, &text).unwrap();
        let policy = Nanocc::new(&input)
            .args(&["--emit", "policy", "--grants"])
            .arg(&grants);
        let policy = policy.succeed().unwrap().stdout_text();
        assert!(text.contains("no-default-grants = true"));
        assert_eq!(
            text.matches("\nstdin = true\n").count(),
            policy.matches("  has stdin\n").count()
        );
        assert_eq!(
            text.matches("= [\"@").count(),
            policy.matches("\nparameter ").count()
        );
    }
}
