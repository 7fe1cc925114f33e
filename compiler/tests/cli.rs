//! Runs the command on good and bad input.
//!
//! Each `tests/cli/*.test` file holds commands and what they print:
//!
//!     # Why.
//!     $ nanocc missing.wac
//!     error: ...
//!     ? 1
//!
//! A command runs in a fresh copy of `tests/cli/inputs`. Below it stand its standard error, its
//! standard output, and after `?` its exit status. One that fails must leave the folder as it was.
//! `BLESS=1` writes what the commands print now.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::write(&target, fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

/// A fresh copy of the inputs.
fn inputs() -> tempfile::TempDir {
    let folder_ = tempfile::tempdir().unwrap();
    copy(&folder().join("inputs"), folder_.path());
    folder_
}

/// Every file and its contents.
fn snapshot(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push((path.clone(), fs::read(path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

fn nanocc(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nanocc"))
        .args(args)
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .env_remove("NANOCC_SHIM_X86_64_LINUX")
        .env("COLUMNS", "100")
        .output()
        .unwrap()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn commands_print_what_is_written_down() {
    let bless = std::env::var_os("BLESS").is_some_and(|value| value == "1");
    let mut differ = Vec::new();
    let mut commands = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "test") {
            continue;
        }
        let expected = fs::read_to_string(&path).unwrap();
        let mut actual = String::new();
        // From a command to the line with its status lies what it printed, which may begin with `#` too.
        let mut printed = false;
        let kept = expected.lines().filter(|line| {
            let command = line.starts_with("$ ");
            let kept = command || (!printed && line.starts_with("# "));
            printed = command || (printed && !line.starts_with("? "));
            kept
        });
        for line in kept {
            actual += line;
            actual += "\n";
            let Some(command) = line.strip_prefix("$ ") else {
                continue;
            };
            let mut args = command.split(' ');
            assert_eq!(args.next(), Some("nanocc"), "{}: {line}", path.display());
            let args: Vec<_> = args.filter(|arg| !arg.is_empty()).collect();

            let folder = inputs();
            let before = snapshot(folder.path());
            let output = nanocc(folder.path(), &args);
            let status = output.status.code().expect("a signal");
            if status != 0 {
                assert!(
                    snapshot(folder.path()) == before,
                    "`{command}` left something behind"
                );
            }
            actual += &text(output.stderr);
            actual += &text(output.stdout);
            actual += &format!("? {status}\n\n");
            commands += 1;
        }
        let actual = actual.trim_end().to_owned() + "\n";
        if bless {
            fs::write(&path, &actual).unwrap();
        } else if actual != expected {
            differ.push(format!("{}: now\n{actual}", path.display()));
        }
    }
    assert!(commands > 0);
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn an_existing_output_survives_an_error() {
    let folder = inputs();
    let output = folder.path().join("out");
    fs::write(&output, "precious").unwrap();
    for input in [
        "syntax.wac",
        "package-missing.wac",
        "corrupt.wasm",
        "unsatisfied.wac",
        "absent.wasm",
    ] {
        let result = nanocc(folder.path(), &[input, "-o", "out"]);
        assert_eq!(result.status.code(), Some(1), "{input}");
        assert_eq!(fs::read(&output).unwrap(), b"precious", "{input}");
    }
}

#[test]
fn packages_are_looked_for_beside_the_composition() {
    let folder = inputs();
    let elsewhere = tempfile::tempdir().unwrap();
    let input = folder.path().join("good.wac");
    let here = nanocc(folder.path(), &["good.wac", "--emit=component", "-o", "-"]);
    let there = nanocc(
        elsewhere.path(),
        &[input.to_str().unwrap(), "--emit=component=-"],
    );
    assert!(here.status.success() && there.status.success());
    assert!(here.stdout.starts_with(b"\0asm"));
    assert_eq!(here.stdout, there.stdout);
    // Piped, nothing is shown.
    assert_eq!((here.stderr.len(), there.stderr.len()), (0, 0));
}

#[test]
fn products_go_where_they_are_asked_for() {
    let folder = inputs();
    let root = folder.path();
    let run = |args: &[&str]| {
        let output = nanocc(root, args);
        assert!(output.status.success(), "{args:?}: {}", text(output.stderr));
        text(output.stdout)
    };
    let graph = run(&["good.wac", "--emit=graph"]);
    assert!(graph.contains("number"));
    assert_eq!(run(&["good.wac", "--emit=graph", "-o", "a"]), "");
    assert_eq!(run(&["good.wac", "--emit=graph=b,component"]), "");
    assert_eq!(
        run(&["good.wac", "--emit", "component=c.wasm", "--emit=graph"]),
        graph
    );
    for file in ["a", "b"] {
        assert_eq!(
            fs::read_to_string(root.join(file)).unwrap(),
            graph,
            "{file}"
        );
    }
    let component = fs::read(root.join("good.wasm")).unwrap();
    assert_eq!(component, fs::read(root.join("c.wasm")).unwrap());
    let mode = fs::metadata(root.join("a")).unwrap().permissions().mode();
    assert_eq!(mode & 0o111, 0, "text is not executable");
    // What was composed is an input too, and keeps the names.
    assert_eq!(run(&["good.wasm", "--emit=graph"]), graph);
}

#[test]
fn a_named_package_comes_before_the_folder() {
    let folder = inputs();
    let graph = |args: &[&str]| {
        let mut all = vec!["package-version.wac", "--emit=component=-"];
        all.extend(args);
        nanocc(folder.path(), &all)
    };
    assert!(!graph(&[]).status.success());
    let at = |path: &str| format!("test:number@1.3.0={path}");
    let (old, new) = (at("deps/test/number.wat"), at("deps/test/number/1.2.0.wat"));
    let (old, new) = (graph(&["--dep", &old]), graph(&["--dep", &new]));
    assert!(old.status.success() && new.status.success());
    assert_ne!(old.stdout, new.stdout);
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    let folder = inputs();
    let plain = text(nanocc(folder.path(), &["syntax.wac"]).stderr);
    assert!(plain.is_ascii() && !plain.contains('\x1b'));
    let coloured = text(nanocc(folder.path(), &["syntax.wac", "--color=always"]).stderr);
    assert!(coloured.contains("\x1b["));
}

#[test]
fn timings_have_a_line_for_each_stage_and_add_up() {
    let folder = inputs();
    let output = nanocc(
        folder.path(),
        &["good.wac", "--emit=facts=facts.txt", "--timings"],
    );
    assert!(output.status.success());
    let table = text(output.stderr);
    let mut sum = 0.0;
    let mut names = Vec::new();
    let mut total = 0.0;
    for line in table.lines() {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap();
        let ms: f64 = words.next().unwrap().parse().unwrap();
        assert_eq!(words.next(), Some("ms"));
        if name == "total" {
            total = ms
        } else {
            sum += ms
        }
        names.push(name);
    }
    assert_eq!(
        names,
        [
            "read", "compose", "graph", "facts", "write", "other", "total"
        ]
    );
    assert!((sum - total).abs() < 0.01, "{table}");
}

#[test]
fn an_executable_is_named_after_its_input_and_runs() {
    let folder = inputs();
    let root = folder.path();
    let output = nanocc(root, &["good.wac", "-j1"]);
    assert!(output.status.success(), "{}", text(output.stderr));
    assert_eq!(output.stderr.len() + output.stdout.len(), 0);
    let made = root.join("good");
    let mode = fs::metadata(&made).unwrap().permissions().mode();
    assert_eq!(mode & 0o700, 0o700);
    let status = Command::new(&made).status().unwrap();
    assert!(status.success(), "{status}");

    // Over itself, with other threads, from elsewhere: the same bytes.
    let first = fs::read(&made).unwrap();
    assert!(nanocc(root, &["good.wac", "-j3"]).status.success());
    assert_eq!(fs::read(&made).unwrap(), first);
    let elsewhere = tempfile::tempdir().unwrap();
    let input = root.join("good.wac");
    let there = nanocc(elsewhere.path(), &[input.to_str().unwrap()]);
    assert!(there.status.success());
    assert!(fs::read(elsewhere.path().join("good")).unwrap() == first);
    let piped = nanocc(root, &["good.wac", "-o", "-"]);
    assert!(piped.stdout == first);
    let stripped = nanocc(root, &["good.wac", "-s", "-o", "-"]);
    let has_symbols = |bytes: &[u8]| bytes.windows(7).any(|word| word == b".symtab");
    assert!(has_symbols(&first) && !has_symbols(&stripped.stdout));
}

#[test]
fn run_ends_as_the_program_does_and_leaves_nothing() {
    let folder = inputs();
    let temporary = tempfile::tempdir().unwrap();
    let before = snapshot(folder.path());
    let output = Command::new(env!("CARGO_BIN_EXE_nanocc"))
        .args(["run", "-O0", "exit.wat"])
        .current_dir(folder.path())
        .env("TMPDIR", temporary.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!((output.stdout.len(), output.stderr.len()), (0, 0));
    assert!(snapshot(folder.path()) == before);
    assert_eq!(snapshot(temporary.path()), []);

    // A file of the command's name.
    fs::copy(folder.path().join("exit.wat"), folder.path().join("run")).unwrap();
    assert_eq!(
        nanocc(folder.path(), &["run", "run"]).status.code(),
        Some(3)
    );
    assert!(
        nanocc(folder.path(), &["./run", "-o", "program"])
            .status
            .success()
    );
    assert!(folder.path().join("program").exists());
}

#[test]
fn run_passes_arguments_and_standard_streams_on() {
    let program = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../testsuite/guests/preview1/deps/preview1/program.wasm");
    let program = program.to_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let output = nanocc(
        folder.path(),
        &[
            "run",
            program,
            "arguments",
            "-v",
            "--",
            "--help",
            "",
            "two words",
        ],
    );
    let expected = "1 arguments\n2 -v\n3 --\n4 --help\n5 \n6 two words\n";
    let actual = text(output.stdout);
    assert!(actual.starts_with(expected), "{actual}");

    let mut child = Command::new(env!("CARGO_BIN_EXE_nanocc"))
        .args(["run", program, "echo"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"to and fro")
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(text(output.stdout), "to and fro");
    assert_eq!(text(output.stderr), "10 bytes\n");
}

/// The process that was started is the program itself: a signal ends it, and its name is the input's.
#[test]
fn run_becomes_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let spin = "(module (func (export \"_start\") (loop (br 0))))";
    fs::write(folder.path().join("spin.wat"), spin).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_nanocc"))
        .args(["run", "./spin.wat", "x"])
        .current_dir(folder.path())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let process = format!("/proc/{}/cmdline", child.id());
    while fs::read(&process).unwrap() != b"spin.wat\0x\0" {
        assert!(child.try_wait().unwrap().is_none(), "it has ended");
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "it isn't executed"
        );
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
}

#[test]
fn run_refuses_another_machines_program() {
    let folder = inputs();
    let (here, there) = if cfg!(target_arch = "x86_64") {
        ("x86_64-linux", "aarch64-linux")
    } else {
        ("aarch64-linux", "x86_64-linux")
    };
    let run = |args: &[&str]| nanocc(folder.path(), &[&["run"], args].concat());
    let output = run(&["--target", there, "core.wat"]);
    assert_eq!(output.status.code(), Some(1));
    let message = text(output.stderr);
    assert!(message.contains("doesn't run on this machine"), "{message}");
    assert!(message.contains("help: compile it to a file"), "{message}");
    assert_eq!(run(&["--target", here, "core.wat"]).status.code(), Some(0));
    // Behind the input it is the program's argument.
    assert_eq!(run(&["core.wat", "--target", there]).status.code(), Some(0));
}
