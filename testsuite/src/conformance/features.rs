//! What nanocc doesn't compile is refused by name: a typed error, where the feature is used. Where nobody uses it
//! (a type that nothing refers to, a component that is never instantiated), it is only validated.

use nanocc::error::Error;
use nanocc::graph::{self, Limits, UnknownImports};

/// A feature: the word that the error says, and a component that uses it.
const USED: &[(&str, &str)] = &[
    (
        "map",
        r#"(core module $M (memory (export "m") 1) (func (export "f") (param i32 i32)) (func (export "r") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
           (core instance $m (instantiate $M))
           (func (export "f") (param "x" (map string u8))
             (canon lift (core func $m "f") (memory (core memory $m "m")) (realloc (core func $m "r"))))"#,
    ),
    (
        "fixed length",
        r#"(core module $M (func (export "f") (param i32 i32)))
           (core instance $m (instantiate $M))
           (func (export "f") (param "x" (list u8 2)) (canon lift (core func $m "f")))"#,
    ),
    (
        "error-context",
        r#"(core module $M (func (export "f") (param i32)))
           (core instance $m (instantiate $M))
           (func (export "f") (param "x" error-context) (canon lift (core func $m "f")))"#,
    ),
    ("error-context", r#"(canon error-context.drop (core func))"#),
    (
        "stream",
        r#"(core module $M (func (export "f") (param i32)))
           (core instance $m (instantiate $M))
           (func (export "f") (param "x" (stream u8)) (canon lift (core func $m "f")))"#,
    ),
    (
        "future",
        r#"(core module $M (func (export "f") (param i32)))
           (core instance $m (instantiate $M))
           (func (export "f") (param "x" (future)) (canon lift (core func $m "f")))"#,
    ),
    (
        "stream",
        r#"(type $s (stream u8)) (canon stream.new $s (core func))"#,
    ),
    (
        "future",
        r#"(type $s (future)) (canon future.new $s (core func))"#,
    ),
    (
        "async",
        r#"(core module $M (func (export "f")))
           (core instance $m (instantiate $M))
           (func (export "f") async (canon lift (core func $m "f") async))"#,
    ),
    (
        "async",
        r#"(core module $M (func (export "f")))
           (core instance $m (instantiate $M))
           (func $f async (canon lift (core func $m "f")))
           (component $C
             (import "f" (func $f async))
             (core module $Mem (memory (export "m") 1))
             (core instance $mem (instantiate $Mem))
             (core func (canon lower (func $f) async)))
           (instance (instantiate $C (with "f" (func $f))))"#,
    ),
    ("task.return", r#"(canon task.return (core func))"#),
    ("task.cancel", r#"(canon task.cancel (core func))"#),
    ("backpressure", r#"(canon backpressure.inc (core func))"#),
    ("waitable-set", r#"(canon waitable-set.new (core func))"#),
    ("waitable", r#"(canon waitable.join (core func))"#),
    ("subtask", r#"(canon subtask.drop (core func))"#),
    ("context", r#"(canon context.get i32 0 (core func))"#),
    ("thread", r#"(canon thread.yield (core func))"#),
    ("thread", r#"(canon thread.index (core func))"#),
    (
        "component values",
        r#"(import "v" (value $v string)) (export "w" (value $v))"#,
    ),
    (
        "memory64",
        r#"(type $r (resource (rep i64))) (canon resource.new $r (core func))"#,
    ),
    (
        "memory64",
        r#"(core module $M (memory i64 1)) (core instance (instantiate $M))"#,
    ),
    (
        "threads",
        r#"(core module $M (memory 1 1 shared)) (core instance (instantiate $M))"#,
    ),
    (
        "gc",
        r#"(core module $M (type (struct))) (core instance (instantiate $M))"#,
    ),
    (
        "exceptions",
        r#"(core module $M (tag)) (core instance (instantiate $M))"#,
    ),
    (
        "custom page sizes",
        r#"(core module $M (memory 1 (pagesize 1))) (core instance (instantiate $M))"#,
    ),
];

/// What uses a feature without being used.
const UNUSED: &[&str] = &[
    "(type (map string u8))",
    "(type (list u8 2))",
    "(type (stream u8)) (type (future)) (type (func async))",
    "(component (canon waitable-set.new (core func)))",
    r#"(component (import "v" (value $v string)) (export "w" (value $v)))"#,
    "(type (resource (rep i64)))",
    r#"(component
         (core module $M (func (export "f")))
         (core instance $m (instantiate $M))
         (func (export "f") async (canon lift (core func $m "f") async)))"#,
];

fn refusal(text: &str) -> Option<Error> {
    let bytes = wat::parse_str(format!("(component {text})")).expect("the text is well-formed");
    graph::build_with(&bytes, &Limits::default(), UnknownImports::Trap).err()
}

#[test]
fn what_is_not_compiled_is_refused_by_name() {
    let mut wrong = Vec::new();
    for (feature, text) in USED {
        match refusal(text) {
            Some(Error::Unsupported { feature: said, .. }) if said.contains(feature) => {}
            other => wrong.push(format!("{feature}: {text}\n  {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_nobody_uses_is_no_reason_to_refuse() {
    for text in UNUSED {
        // There is nothing to run in it; and that is all.
        let refusal = refusal(text);
        assert!(
            matches!(refusal, Some(Error::NoEntry { .. })),
            "{text}\n{refusal:?}"
        );
    }
}

#[test]
fn what_is_invalid_is_that_first() {
    let used = USED.iter().map(|(_, text)| text).chain(UNUSED);
    for text in used {
        let text = format!("{text} (component (core module (func (result i32))))");
        let refusal = refusal(&text);
        assert!(
            matches!(refusal, Some(Error::Malformed { .. })),
            "{text}\n{refusal:?}"
        );
    }
}
