//! Limits that are fixed when compiling: what just fits does, what is one more doesn't, and the report says which limit of which
//! component it was.

use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::execute::{self, Executed};
use nanocc_testsuite::machine::Target;
use nanocc_testsuite::watch;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What is run after `Target::ALL` that can be run here.
fn targets() -> Vec<Target> {
    let (here, not): (Vec<_>, Vec<_>) = Target::ALL
        .into_iter()
        .partition(|target| target.can_run().is_ok() || target.required());
    for target in not {
        println!("{} left out", target.name());
    }
    here
}

/// A compiled component, and the folder that it is in.
struct Program {
    target: Target,
    executable: PathBuf,
    _folder: tempfile::TempDir,
}

fn compile(component: &str, flags: &[&str], target: Target) -> Result<Program, String> {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("guest.wat");
    std::fs::write(&input, component).unwrap();
    let executable = folder.path().join("guest");
    let done = Nanocc::bare()
        .args(&["guest.wat"])
        .folder(folder.path())
        .args(flags)
        .target(target)
        .output(&executable)
        .run()
        .unwrap();
    match done.code().unwrap() {
        0 => Ok(Program {
            target,
            executable,
            _folder: folder,
        }),
        _ => Err(done.stderr_text()),
    }
}

impl Program {
    fn run(&self) -> Executed {
        execute::run(&mut self.target.command(&self.executable), b"").unwrap()
    }
}

/// What a program said when it ended, without offsets in modules, and its status.
fn outcome(done: &Executed) -> (i32, String) {
    let mut text = done.stderr_text();
    while let Some(at) = text.find(", at module offset 0x") {
        let end = text[at..].find('\n').map_or(text.len(), |len| at + len);
        text.replace_range(at..end, "");
    }
    (done.code().unwrap(), text)
}

/// Compiles and runs a component for every target.
fn expect(component: &str, flags: &[&str], status: i32, stderr: &str) {
    for target in targets() {
        let program = compile(component, flags, target)
            .unwrap_or_else(|error| panic!("{target:?} {flags:?}: {error}"));
        let found = outcome(&program.run());
        assert_eq!(found, (status, stderr.to_owned()), "{target:?} {flags:?}");
    }
}

/// A command without imports, of one core module.
fn command(module: &str) -> String {
    format!(
        r#"(component
             (core module $m {module})
             (core instance $i (instantiate $m))
             (func $run (result (result)) (canon lift (core func $i "run")))
             (instance $r (export "run" (func $run)))
             (export "wasi:cli/run@0.2.0" (instance $r)))"#
    )
}

/// Components `store` and `api`, each with two memories and two tables that grow by one. `store` traps if one doesn't.
const TWO: &str = r#"
(component
  (component $grower
    (core module $m
      (memory 1) (memory $b 1)
      (table $t 1 funcref) (table $u 1 funcref)
      (func (export "memory") (result i32)
        (if (i32.ne (memory.grow (i32.const 1)) (i32.const 1)) (then (return (i32.const 0))))
        (i32.eq (memory.grow $b (i32.const 1)) (i32.const 1)))
      (func (export "table") (result i32)
        (if (i32.ne (table.grow $t (ref.null func) (i32.const 1)) (i32.const 1)) (then (return (i32.const 0))))
        (i32.eq (table.grow $u (ref.null func) (i32.const 1)) (i32.const 1))))
    (core instance $i (instantiate $m))
    (func (export "memory") (result bool) (canon lift (core func $i "memory")))
    (func (export "table") (result bool) (canon lift (core func $i "table"))))
  (component $main
    (import "memory-a" (func $memory-a (result bool)))
    (import "memory-b" (func $memory-b (result bool)))
    (import "table-a" (func $table-a (result bool)))
    (import "table-b" (func $table-b (result bool)))
    (core func $ma (canon lower (func $memory-a)))
    (core func $mb (canon lower (func $memory-b)))
    (core func $ta (canon lower (func $table-a)))
    (core func $tb (canon lower (func $table-b)))
    (core module $m
      (import "" "ma" (func $ma (result i32)))
      (import "" "mb" (func $mb (result i32)))
      (import "" "ta" (func $ta (result i32)))
      (import "" "tb" (func $tb (result i32)))
      (func $all (export "run") (result i32)
        (if (i32.eqz (call $mb)) (then unreachable))
        (if (i32.eqz (call $tb)) (then unreachable))
        (if (i32.eqz (call $ma)) (then unreachable))
        (if (i32.eqz (call $ta)) (then unreachable))
        (i32.const 0)))
    (core instance $i (instantiate $m (with "" (instance
      (export "ma" (func $ma)) (export "mb" (func $mb))
      (export "ta" (func $ta)) (export "tb" (func $tb))))))
    (func $run (result (result)) (canon lift (core func $i "run")))
    (instance $r (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $r)))
  (instance $store (instantiate $grower))
  (instance $api (instantiate $grower))
  (instance $app (instantiate $main
    (with "memory-a" (func $store "memory")) (with "table-a" (func $store "table"))
    (with "memory-b" (func $api "memory")) (with "table-b" (func $api "table"))))
  (export "wasi:cli/run@0.2.0" (instance $app "wasi:cli/run@0.2.0")))
"#;

const TRAP: &str = "error: wasm trap: wasm `unreachable` instruction executed\n  in component `app`, function `all`\n";

fn refused(note: &str) -> String {
    format!("{TRAP}  note: component {note}\n")
}

#[test]
fn memories_of_a_component_stay_within_their_limit_together() {
    expect(TWO, &["--max-memory", "262144"], 0, "");
    expect(TWO, &["--max-memory", "256KiB"], 0, "");
    expect(
        TWO,
        &["--max-memory", "store=262143"],
        134,
        &refused("`store` has come to its limit: 262143 bytes of memory (--max-memory)"),
    );
    expect(
        TWO,
        &["--max-memory", "192KiB"],
        134,
        &refused("`api` has come to its limit: 192 KiB of memory (--max-memory)"),
    );
    // One of a component goes before one of all, and is nobody else's.
    expect(
        TWO,
        &["--max-memory", "api=256KiB", "--max-memory", "128KiB"],
        134,
        &refused("`store` has come to its limit: 128 KiB of memory (--max-memory)"),
    );
}

#[test]
fn a_program_that_starts_with_more_than_it_may_have_is_refused() {
    let refused = |flags: &[&str]| compile(TWO, flags, Target::X86_64).err().unwrap();
    assert_eq!(
        refused(&["--max-memory", "store=131071"]),
        "error: guest.wat: component `store` starts with 131072 bytes of memory, and may have 131071 (--max-memory)\n\
         \x20 help: let it have 131072 at the least: `--max-memory store=131072`\n"
    );
    assert_eq!(
        refused(&["--max-table-elements", "1"]),
        "error: guest.wat: component `store` starts with 2 table elements, and may have 1 (--max-table-elements)\n\
         \x20 help: let it have 2 at the least: `--max-table-elements store=2`\n"
    );
}

#[test]
fn tables_of_a_component_stay_within_their_limit_together() {
    expect(TWO, &["--max-table-elements", "4"], 0, "");
    expect(
        TWO,
        &["--max-table-elements", "store=3"],
        134,
        &refused("`store` has come to its limit: 3 table elements (--max-table-elements)"),
    );
}

#[test]
fn every_limit_that_was_come_to_is_said() {
    let program = r#"
      (memory 1) (table $t 1 funcref)
      (func $grow (export "run") (result i32)
        (drop (memory.grow (i32.const 1)))
        (drop (table.grow $t (ref.null func) (i32.const 1)))
        (drop (memory.grow (i32.const 0)))
        unreachable)"#;
    expect(
        &command(program),
        &[
            "--max-memory",
            "/=65536",
            "--max-table-elements",
            "1",
            "--max-handles",
            "1",
        ],
        134,
        "error: wasm trap: wasm `unreachable` instruction executed\n  in component `/`, function `grow`\n  \
         note: component `/` has come to its limit: 64 KiB of memory (--max-memory)\n  \
         note: component `/` has come to its limit: 1 table element (--max-table-elements)\n",
    );
}

/// Makes three handles, drops one, and makes another.
const HANDLES: &str = r#"
(component
  (type $r (resource (rep i32)))
  (core func $new (canon resource.new $r))
  (core func $drop (canon resource.drop $r))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func $make (export "run") (result i32)
      (drop (call $new (i32.const 1)))
      (drop (call $new (i32.const 2)))
      (call $drop (call $new (i32.const 3)))
      (drop (call $new (i32.const 4)))
      (i32.const 0)))
  (core instance $i (instantiate $m (with "" (instance
    (export "new" (func $new)) (export "drop" (func $drop))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $x (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $x)))
"#;

#[test]
fn a_component_has_as_many_handles_as_it_may() {
    expect(HANDLES, &["--max-handles", "3"], 0, "");
    expect(
        HANDLES,
        &["--max-handles", "2"],
        134,
        "error: wasm trap: handle table is full\n  at the boundary of component `/`, function `[resource-new]resource0`\n  \
         note: component `/` has come to its limit: 2 handles (--max-handles)\n",
    );
}

/// Opens the file `f` of its only directory three times, in a module for preview 1; the adapter opens nothing by itself.
const OPENS: &str = r#"
(module
  (import "wasi_snapshot_preview1" "path_open" (func $path_open
    (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "f")
  (func $open (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)) (then unreachable)))
  (func (export "_start")
    (call $open)
    (call $open)
    (drop (call $fd_close (i32.load (i32.const 8))))
    (call $open)
    (call $open)))
"#;

#[test]
fn a_component_has_as_many_files_open_as_it_may() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("f"), "").unwrap();
    let dir = format!("--dir-ro={}::/", folder.path().display());
    expect(OPENS, &[&dir, "--max-open-files", "3"], 0, "");
    expect(
        OPENS,
        &[&dir, "--max-open-files", "2"],
        134,
        "error: wasm trap: wasm `unreachable` instruction executed\n  in component `/`, function `open`\n  \
         note: component `/` has come to its limit: 2 open files (--max-open-files)\n",
    );
}

/// What a program says whose time is up in `function`.
fn interrupted(function: &str, note: &str) -> String {
    format!(
        "error: wasm trap: interrupt\n  in component `/`, function `{function}`\n  note: the program has come to its limit: {note}\n"
    )
}

/// A loop, in a function that is copied into its caller and called from nowhere else.
const SPIN: &str = r#"
  (func $spin (param i32) (result i32)
    (loop (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br 0)) unreachable)
  (func (export "run") (result i32) (call $spin (i32.const 5)))"#;

// Time goes on while a busy machine doesn't run the program, and the reports below are of one that has come to its loop or its wait by the
// end of it. So those times are long; processor time may be short.

#[test]
fn an_endless_loop_ends_when_its_time_is_up() {
    for level in ["-O0", "-O2"] {
        let spin = command(SPIN);
        expect(
            &spin,
            &[level, "--timeout", "2s"],
            134,
            &interrupted("spin", "2 s of time (--timeout)"),
        );
        expect(
            &spin,
            &[level, "--cpu-timeout", "100ms", "--timeout", "1h"],
            134,
            &interrupted("spin", "100 ms of processor time (--cpu-timeout)"),
        );
    }
}

#[test]
fn instantiating_counts() {
    let start = r#"
      (func $begin (loop (br 0)))
      (start $begin)
      (func (export "run") (result i32) (i32.const 0))"#;
    expect(
        &command(start),
        &["--timeout", "2s"],
        134,
        &interrupted("begin", "2 s of time (--timeout)"),
    );
}

/// Waits for an hour.
const WAIT: &str = r#"
(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $p (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $p))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable (type $outer))
    (export "pollable" (type $p (eq $outer)))
    (type $duration u64)
    (export "duration" (type $d (eq $duration)))
    (export "subscribe-duration" (func (param "when" $d) (result (own $p))))))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core module $m
    (import "" "block" (func $block (param i32)))
    (import "" "subscribe" (func $subscribe (param i64) (result i32)))
    (func $wait (export "run") (result i32)
      (call $block (call $subscribe (i64.const 3600000000000)))
      (i32.const 0)))
  (core instance $i (instantiate $m (with "" (instance
    (export "block" (func $block)) (export "subscribe" (func $subscribe))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $x (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $x)))
"#;

#[test]
fn waiting_ends_when_the_time_is_up_and_takes_none_of_the_processors() {
    for target in targets() {
        let flags = ["--timeout", "2500ms", "--cpu-timeout", "2s"];
        let program = compile(WAIT, &flags, target).unwrap();
        let start = Instant::now();
        let found = outcome(&program.run());
        assert_eq!(
            found,
            (
                134,
                "error: wasm trap: interrupt\n  \
                 at the boundary of component `/`, function `wasi:io/poll@0.2#[method]pollable.block`\n  \
                 note: the program has come to its limit: 2500 ms of time (--timeout)\n"
                    .to_owned()
            ),
            "{target:?}"
        );
        assert!(start.elapsed() >= Duration::from_millis(2500));
    }
}

#[test]
fn a_program_that_is_done_in_time_ends_as_ever() {
    let done = command(r#"(func (export "run") (result i32) (i32.const 0))"#);
    expect(&done, &["--timeout", "1h", "--cpu-timeout", "1h"], 0, "");
}

#[test]
fn whoever_starts_the_program_cannot_keep_the_signals_from_it() {
    let block = ["--block-signal=ALRM", "--ignore-signal=ALRM"];
    let can = Command::new("env").args(block).arg("true").status();
    if !can.is_ok_and(|status| status.success()) {
        println!("no `env` that blocks signals here");
        return;
    }
    let program = compile(&command(SPIN), &["--timeout", "2s"], Target::X86_64).unwrap();
    if Target::X86_64.is_native() {
        let mut command = Command::new("env");
        command.args(block).arg(&program.executable);
        let found = outcome(&execute::run(&mut command, b"").unwrap());
        let expected = interrupted("spin", "2 s of time (--timeout)");
        assert_eq!(found, (134, expected));
    }
}

#[test]
fn a_signal_that_somebody_sends_is_no_limit() {
    if !Target::X86_64.is_native() {
        return;
    }
    let program = compile(&command(SPIN), &["--timeout", "1h"], Target::X86_64).unwrap();
    let child = Command::new(&program.executable)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Before it handles the signal, it is one as any other.
    watch::process(child.id(), |status| {
        status.has_signal("SigCgt", libc::SIGALRM)
    })
    .unwrap();
    let pid = child.id().to_string();
    let kill = Command::new("kill").args(["-ALRM", &pid]).status();
    assert!(kill.unwrap().success());
    let done = child.wait_with_output().unwrap();
    let text = String::from_utf8(done.stderr).unwrap();
    assert!(
        text.starts_with("error: ended by SIGALRM, which process ") && text.ends_with(" sent\n"),
        "{text}"
    );
    assert_eq!(done.status.code(), Some(134));
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    for (flag, value, words) in [
        ("--max-memory", "16MB", "`16MB` is no size"),
        ("--max-memory", "store=", "`` is no size"),
        ("--max-handles", "-1", "no number"),
        ("--max-open-files", "1KiB", "no number"),
        ("--timeout", "5", "`5` is no duration"),
        ("--timeout", "0s", "no time to do anything"),
        (
            "--max-memory",
            "nobody=1GiB",
            "no component is called `nobody`",
        ),
    ] {
        let flag = format!("{flag}={value}");
        let said = compile(TWO, &[&flag], Target::X86_64).err().unwrap();
        assert!(said.contains(words), "{flag}: {said}");
    }
}
