//! Imports that nobody serves: refused by name, or compiled to functions that trap by name.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// A command that imports `wasi:http`, and of `wasi:clocks` something that it doesn't have, and then does `does`.
fn program(does: &str) -> String {
    format!(
        r#"(component
  (import "wasi:io/error@0.2.0" (instance $io-error
    (export "error" (type (sub resource)))))
  (alias export $io-error "error" (type $io-error))
  (import "wasi:http/types@0.2.0" (instance $types
    (export "fields" (type $fields (sub resource)))
    (export "outgoing-request" (type $request (sub resource)))
    (export "future-incoming-response" (type (sub resource)))
    (type $header-error-def (variant
      (case "invalid-syntax") (case "forbidden") (case "immutable")))
    (export "header-error" (type $header-error (eq $header-error-def)))
    (type $dns-def (record (field "rcode" (option string)) (field "info-code" (option u16))))
    (export "DNS-error-payload" (type $dns (eq $dns-def)))
    (type $error-code-def (variant (case "DNS-timeout") (case "DNS-error" $dns)))
    (export "error-code" (type (eq $error-code-def)))
    (alias outer 1 $io-error (type $io-error-outer))
    (export "io-error" (type $io-error (eq $io-error-outer)))
    (export "[constructor]fields" (func (result (own $fields))))
    (export "[method]fields.append" (func
      (param "self" (borrow $fields)) (param "name" string) (param "value" (list u8))
      (result (result (error $header-error)))))
    (export "[constructor]outgoing-request" (func
      (param "headers" (own $fields)) (result (own $request))))
    (export "http-error" (func (param "err" (borrow $io-error)) (result (option $header-error))))))
  (alias export $types "fields" (type $fields))
  (alias export $types "outgoing-request" (type $request))
  (alias export $types "future-incoming-response" (type $response))
  (alias export $types "error-code" (type $error-code))
  (import "wasi:http/outgoing-handler@0.2.0" (instance $handler
    (alias outer 1 $request (type $request-outer))
    (export "outgoing-request" (type $request (eq $request-outer)))
    (alias outer 1 $response (type $response-outer))
    (export "future-incoming-response" (type $response (eq $response-outer)))
    (alias outer 1 $error-code (type $error-code-outer))
    (export "error-code" (type $error-code (eq $error-code-outer)))
    (export "handle" (func
      (param "request" (own $request))
      (result (result (own $response) (error $error-code)))))))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (export "now" (func (result u64)))
    (export "yesterday" (func (result u64)))))
  (import "alone" (func $alone (param "x" u32)))
  (core module $libc
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $libc (instantiate $libc))
  (core func $fields (canon lower (func $types "[constructor]fields")))
  (core func $append (canon lower
    (func $types "[method]fields.append") (memory $libc "memory")))
  (core func $drop (canon resource.drop $fields))
  (core func $handle (canon lower (func $handler "handle")
    (memory $libc "memory") (realloc (func $libc "realloc"))))
  (core func $now (canon lower (func $clock "now")))
  (core func $yesterday (canon lower (func $clock "yesterday")))
  (core func $alone (canon lower (func $alone)))
  (core module $main
    (import "" "fields" (func $fields (result i32)))
    (import "" "append" (func $append (param i32 i32 i32 i32 i32 i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "handle" (func $handle (param i32 i32)))
    (import "" "now" (func $now (result i64)))
    (import "" "yesterday" (func $yesterday (result i64)))
    (import "" "alone" (func $alone (param i32)))
    (func (export "run") (result i32)
      {does}
      (i64.eqz (call $now))))
  (core instance $main (instantiate $main (with "" (instance
    (export "fields" (func $fields))
    (export "append" (func $append))
    (export "drop" (func $drop))
    (export "handle" (func $handle))
    (export "now" (func $now))
    (export "yesterday" (func $yesterday))
    (export "alone" (func $alone))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (component $interface
    (import "run" (func $run (result (result))))
    (export "run" (func $run)))
  (instance $interface (instantiate $interface (with "run" (func $run))))
  (export "wasi:cli/run@0.2.0" (instance $interface)))"#
    )
}

fn nanocc(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nanocc"))
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn they_are_refused_by_name_and_the_way_out_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("p.wat"), program("")).unwrap();
    let output = nanocc(folder.path(), &["p.wat"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(
        text.contains("unknown import `wasi:http/types@0.2.0`"),
        "{text}"
    );
    assert!(text.contains("`--unknown-imports-trap`"), "{text}");
}

#[test]
fn they_trap_by_name_where_they_are_called_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let status = |does: &str, level: &str| {
        fs::write(folder.path().join("p.wat"), program(does)).unwrap();
        let output = nanocc(folder.path(), &["p.wat", level, "--unknown-imports-trap"]);
        assert!(output.status.success(), "{}", stderr(&output));
        let output = Command::new(folder.path().join("p")).output().unwrap();
        (output.status.code(), stderr(&output))
    };
    for level in ["-O0", "-O2"] {
        assert_eq!(status("", level), (Some(0), String::new()), "{level}");
        for (call, function) in [
            (
                "(drop (call $fields))",
                "wasi:http/types@0.2.0#[constructor]fields",
            ),
            (
                "(call $append (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) \
                 (i32.const 0))",
                "wasi:http/types@0.2.0#[method]fields.append",
            ),
            (
                "(call $handle (i32.const 1) (i32.const 0))",
                "wasi:http/outgoing-handler@0.2.0#handle",
            ),
            (
                "(drop (call $yesterday))",
                "wasi:clocks/monotonic-clock@0.2.0#yesterday",
            ),
            ("(call $alone (i32.const 1))", "alone"),
        ] {
            let (status, text) = status(call, level);
            assert_eq!(status, Some(134), "{call}");
            assert!(text.contains("wasm trap: unknown import called"), "{text}");
            let place = format!("of component `/`, function `{function}`");
            assert!(text.contains(&place), "{text}");
        }
        // There is never one of its resources.
        let (status, text) = status("(call $drop (i32.const 1))", level);
        assert_eq!(status, Some(134));
        assert!(text.contains("unknown handle index"), "{text}");
    }
}

#[test]
fn a_known_function_of_another_type_is_refused_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let text = program("").replace(
        r#"(export "now" (func (result u64)))"#,
        r#"(export "now" (func (param "zone" u32) (result u64)))"#,
    );
    let text = text
        .replace(
            "(func $now (result i64))",
            "(func $now (param i32) (result i64))",
        )
        .replace("(call $now)", "(call $now (i32.const 0))");
    fs::write(folder.path().join("p.wat"), text).unwrap();
    let output = nanocc(folder.path(), &["p.wat", "--unknown-imports-trap"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(
        text.contains("wasi:clocks/monotonic-clock@0.2.0#now"),
        "{text}"
    );
}
