//! `nanocc run --invoke`: the command around a call. What values become on their way is tested in `calls.rs`.

use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::execute::{self, Executed};
use nanocc_testsuite::repository;
use std::path::{Path, PathBuf};

/// Compiles `input` and has it called.
fn invoke(input: &Path, call: &str, args: &[&str], stdin: &[u8]) -> Executed {
    let nanocc = Nanocc::bare()
        .args(&["run", "-O0", "--invoke", call])
        .arg(input)
        .args(args);
    execute::run(&mut nanocc.command().unwrap(), stdin).unwrap()
}

/// The output of a call that has to return.
fn output(input: &Path, call: &str) -> String {
    let done = invoke(input, call, &[], b"");
    let said = done.stderr_text();
    assert!(done.code() == Ok(0) && said.is_empty(), "{call}: {said}");
    done.stdout_text()
}

/// The message of a call that has to be refused.
fn refusal(input: &Path, call: &str) -> String {
    let done = invoke(input, call, &[], b"");
    assert_eq!(
        (done.code(), done.stdout_text().as_str()),
        (Ok(1), ""),
        "{call}"
    );
    done.stderr_text()
}

/// A component in a file that goes with the first value.
fn component(wat: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("component.wat");
    std::fs::write(&path, wat).unwrap();
    (folder, path)
}

fn counter() -> (tempfile::TempDir, PathBuf) {
    component(
        r#"(component
            (core module $m
                (global $count (mut i32) (i32.const 40))
                (func (export "fail") (unreachable))
                (func (export "nothing"))
                (func (export "one") (param i32) (result i32) (local.get 0))
                (func (export "next") (result i32)
                    (global.set $count (i32.add (global.get $count) (i32.const 1)))
                    (global.get $count))
                (func (export "drop") (param i32)))
            (core instance $i (instantiate $m))
            (type $resource (resource (rep i32)))
            (export $r "r" (type $resource))
            (func $next (result u32) (canon lift (core func $i "next")))
            (func (export "fail") (canon lift (core func $i "fail")))
            (func (export "nothing") (canon lift (core func $i "nothing")))
            (func (export "one") (param "x" u8) (result u8) (canon lift (core func $i "one")))
            (func (export "own") (param "x" (own $r)) (canon lift (core func $i "drop")))
            (func (export "next") (result u32) (canon lift (core func $i "next")))
            (instance $both (export "next" (func $next)) (export "only" (func $next)))
            (instance $first (export "next" (func $next)) (export "first" (func $next)))
            (export "a:b/one@1.0.0" (instance $both))
            (export "a:b/two@1.2.0" (instance $both))
            (export "a:b/three" (instance $first)))"#,
    )
}

#[test]
fn a_function_is_found_by_its_name_and_its_interface() {
    let (_folder, input) = counter();
    for (call, expected) in [
        ("one(5)", "5\n"),
        ("nothing()", "()\n"),
        // The component's own before its interfaces'.
        ("next()", "41\n"),
        ("first()", "41\n"),
        ("a:b/three.first()", "41\n"),
        ("a:b/one.next()", "41\n"),
        ("a:b/two.only@1.2.0()", "41\n"),
    ] {
        assert_eq!(output(&input, call), expected, "{call}");
    }
}

#[test]
fn what_cannot_be_called_is_refused_with_the_reason() {
    let (_folder, input) = counter();
    for (call, said) in [
        (
            "absent()",
            &[
                "no function `absent` is exported",
                "`one`",
                "`a:b/two.only@1.2.0`",
            ][..],
        ),
        (
            "a:b/two.only@1.0.0()",
            &["no function `a:b/two.only@1.0.0`"],
        ),
        (
            "only()",
            &[
                "several functions named `only`",
                "`a:b/one.only@1.0.0`, `a:b/two.only@1.2.0`",
            ],
        ),
        (
            "one(300)",
            &["--invoke:1:5", "invalid value", "`func(x: u8) -> u8`"],
        ),
        ("one()", &["1 required", "`func(x: u8) -> u8`"]),
        ("one(1, 2)", &["--invoke:1:8", "more param(s)"]),
        (
            "one(1",
            &["--invoke:1:6", "unexpected end", "a call is written"],
        ),
        ("one(\"\u{e9}", &["--invoke:1:5", "invalid token"]),
        ("one", &["unexpected end"]),
        ("", &["a call is written"]),
        ("own(1)", &["parameter `x` holds resources"]),
    ] {
        let message = refusal(&input, call);
        for said in said {
            assert!(message.contains(said), "{call}: {message}");
        }
    }
}

#[test]
fn a_trap_ends_the_command_as_it_ends_the_program() {
    let (_folder, input) = counter();
    let done = invoke(&input, "fail()", &[], b"");
    assert_eq!((done.code(), done.stdout_text().as_str()), (Ok(134), ""));
    assert!(done.stderr_text().contains("unreachable"));
}

/// A guest in Rust, whose functions say what they change. The results are those of wasmtime 49's `run --invoke`.
#[test]
fn values_of_every_kind_go_to_a_guest_and_come_back() {
    let input = repository().join("testsuite/guests/values/deps/values/mirror.wasm");
    for (call, expected) in [
        (
            "scalars(true, 255, -128, 1, -1, 4294967295, 7, 8, -9, 1.5, -0.25, 'x')",
            "('y', 0.75, 2.5, -8, 9, 8, 0, 0, 2, -127, 0, false)",
        ),
        ("text(\"a\u{e9}\u{1f600}\")", "\"\u{1f600}\u{e9}a\""),
        ("bytes([0, 1, 255])", "[255, 254, 0]"),
        (
            "nested([[[1], []], [], [[2, 3]]])",
            "[[[3, 2]], [], [[], [1]]]",
        ),
        ("next(named(\"x\"))", "at({x: 1, y: -0.25})"),
        ("next(deep(some(err(\"e\"))))", "size(-1)"),
        (
            "flip([{x: 1, y: 2.5}, {x: -3, y: -4}])",
            "[{x: 2, y: 1}, {x: -4, y: -3}]",
        ),
        (
            "age({name: \"n\", age: 41, tags: [], boss: err(7)})",
            "{name: \"n\", age: 42, tags: [\"n at 42\"], boss: err(7)}",
        ),
    ] {
        assert_eq!(output(&input, call).trim_end(), expected, "{call}");
    }
}

/// The called function's instance has what `wasi:cli/run`'s has: the result comes after what it has written.
#[test]
fn a_command_is_called_like_any_other_function() {
    let input = repository().join("examples/hello/deps/hello/rust.wasm");
    let text = output(&input, "run()");
    assert!(text.ends_with("\nok\n") && text.len() > 4, "{text:?}");
    assert_eq!(output(&input, "wasi:cli/run.run@0.2.6()"), text);
}

/// It says itself how it ends, and that is all.
#[test]
fn a_program_that_exits_returns_nothing() {
    let input = repository().join("testsuite/guests/std/deps/std/program.wasm");
    for (status, code) in [("0", 0), ("1", 1)] {
        let done = invoke(&input, "run()", &["exit", status], b"");
        let output = done.stdout_text();
        assert!(
            !output.ends_with("ok\n") && !output.ends_with("err\n"),
            "{output}"
        );
        assert_eq!(done.code(), Ok(code), "{}", done.stderr_text());
    }
}
