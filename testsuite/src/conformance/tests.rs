//! That the runner sees what is wrong: each of these scripts claims something false, and says how often.

use super::{Mode, Report, Script, run};
use crate::machine::Target;
use nanocc::options::OptLevel;
use wasmparser::WasmFeatures;

const MODULE: &str = r#"(module $m
    (memory (export "memory") 1)
    (global (export "g") i32 (i32.const 3))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "nan") (result f32) (f32.const nan:0x400001))
    (func (export "trap") (unreachable))
    (func $forever (export "forever") (call $forever))
    (func (export "two") (result i32 i64) (i32.const 1) (i64.const 2)))
    (register "m" $m)
"#;

fn run_text(features: WasmFeatures, text: String) -> Report {
    let script = Script {
        name: "test".to_owned(),
        features,
        text: text.into(),
        oracle: None,
    };
    let mode = Mode {
        target: Target::X86_64,
        level: OptLevel::O2,
    };
    run(&script, mode)
}

/// Counts of failures and passes, and the reasons.
fn check(features: WasmFeatures, text: String) -> (usize, usize, String) {
    let report = run_text(features, text);
    assert_eq!(report.skipped, 0);
    (report.failed, report.passed, report.reasons.join("\n"))
}

fn fails(directive: &str, reason: &str) {
    let (failed, passed, reasons) = check(WasmFeatures::WASM2, format!("{MODULE}{directive}"));
    // The module itself.
    assert_eq!((failed, passed), (1, 1), "{directive}: {reasons}");
    assert!(reasons.contains(reason), "{directive}: {reasons}");
    assert!(reasons.contains("line 10"), "{directive}: {reasons}");
}

#[test]
fn a_wrong_result_fails() {
    for (directive, reason) in [
        (
            r#"(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 4))"#,
            "0x3",
        ),
        (
            r#"(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i64.const 3))"#,
            "0x3",
        ),
        (r#"(assert_return (invoke "two") (i32.const 1))"#, "0x2"),
        (
            r#"(assert_return (invoke "nan") (f32.const nan:canonical))"#,
            "0x7fc00001",
        ),
        (r#"(assert_return (get "g") (i32.const 4))"#, "0x3"),
        (r#"(assert_return (invoke "trap"))"#, "Unreachable"),
        (r#"(invoke "trap")"#, "Unreachable"),
    ] {
        fails(directive, reason);
    }
}

#[test]
fn a_trap_that_is_missing_or_another_fails() {
    for (directive, reason) in [
        (r#"(assert_trap (invoke "two") "unreachable")"#, "no trap"),
        (
            r#"(assert_trap (invoke "trap") "integer overflow")"#,
            "Unreachable",
        ),
        (
            r#"(assert_trap (invoke "forever") "unreachable")"#,
            "StackOverflow",
        ),
        (
            r#"(assert_exhaustion (invoke "trap") "call stack exhausted")"#,
            "Unreachable",
        ),
        (
            r#"(assert_trap (module (func $f) (start $f)) "unreachable")"#,
            "no trap",
        ),
    ] {
        fails(directive, reason);
    }
}

#[test]
fn a_module_that_should_be_refused_and_is_not_fails() {
    for (directive, reason) in [
        (
            r#"(assert_invalid (module (func)) "type mismatch")"#,
            "accepts",
        ),
        (
            r#"(assert_malformed (module quote "(func)") "unexpected token")"#,
            "accepts",
        ),
        (
            r#"(assert_unlinkable (module (import "m" "add" (func (param i32 i32) (result i32)))) "unknown import")"#,
            "no trap",
        ),
        (
            r#"(assert_unlinkable (module (import "m" "add" (func))) "unknown import")"#,
            "incompatible",
        ),
        (r#"(module (import "m" "no" (func)))"#, "unknown import"),
        (r#"(module (func (result i32)))"#, "refuses"),
        (
            r#"(module (func $f unreachable) (start $f))"#,
            "Unreachable",
        ),
    ] {
        fails(directive, reason);
    }
}

#[test]
fn a_call_of_what_is_not_there_fails() {
    fails(r#"(invoke "nothing")"#, "no function is exported");
    fails(r#"(invoke "add" (i32.const 1))"#, "takes");
    fails(r#"(assert_return (get "add") (i32.const 1))"#, "no global");
}

#[test]
fn state_survives_a_trap_and_exhaustion() {
    let (failed, passed, reasons) = check(
        WasmFeatures::WASM2,
        r#"(module
            (global $n (mut i32) (i32.const 0))
            (func (export "step") (global.set $n (i32.add (global.get $n) (i32.const 1))) (unreachable))
            (func $deep (export "deep") (global.set $n (i32.const 70)) (call $deep))
            (func (export "n") (result i32) (global.get $n)))
        (assert_trap (invoke "step") "unreachable")
        (assert_trap (invoke "step") "unreachable")
        (assert_return (invoke "n") (i32.const 2))
        (assert_exhaustion (invoke "deep") "call stack exhausted")
        (assert_exhaustion (invoke "deep") "call stack exhausted")
        (assert_return (invoke "n") (i32.const 70))"#
            .to_owned(),
    );
    assert_eq!((failed, passed), (0, 7), "{reasons}");
}

#[test]
fn features_are_the_edition_s() {
    let module = r#"(module (func (result i32) (i32.extend8_s (i32.const 200))))"#;
    let refused = format!(r#"(assert_invalid {module} "unknown operator")"#);
    let counts = |features, text: &str| {
        let (failed, passed, _) = check(features, text.to_owned());
        (failed, passed)
    };
    assert_eq!(counts(WasmFeatures::WASM1, module), (1, 0));
    assert_eq!(counts(WasmFeatures::WASM1, &refused), (0, 1));
    assert_eq!(counts(WasmFeatures::WASM2, module), (0, 1));
    assert_eq!(counts(WasmFeatures::WASM2, &refused), (1, 0));
}

#[test]
fn parts_share_nothing_and_hold_every_directive() {
    let text = r#"
        (module $a (memory (export "m") 1) (func (export "f")))
        (register "a" $a)
        (module $b (memory 1))
        (module $c (import "a" "m" (memory 1)) (memory 1))
        (invoke $a "f")
        (module $d (import "spectest" "memory" (memory 1)) (memory 1))
        (module $e (memory 1))
        (module $f (import "spectest" "memory" (memory 1)) (memory 1))"#;
    let script = Script {
        name: "test".to_owned(),
        features: WasmFeatures::WASM2,
        text: text.into(),
        oracle: None,
    };
    let buffer = wast::parser::ParseBuffer::new(&script.text).unwrap();
    let wast = wast::parser::parse::<wast::Wast<'_>>(&buffer).unwrap();
    let plan = super::plan::Plan::new(&script, wast.directives).unwrap();
    // `a` with `c`, `d` with `f`, and the others alone; three memories a part, one of them the host's.
    assert_eq!(
        plan.parts(3, |_| 0),
        [vec![0, 1, 3, 4], vec![2], vec![5, 7], vec![6]]
    );
    assert_eq!(plan.parts(100, |_| 0).concat(), plan.everything());
}

const COMPONENT: &str = r#"(component definition $C
    (core module $M
        (func (export "pass") (param i32) (result i32) (local.get 0))
        (func (export "trap") unreachable))
    (core instance $m (instantiate $M))
    (func (export "pass") (param "x" u8) (result u8) (canon lift (core func $m "pass")))
    (func (export "char") (param "x" u32) (result char) (canon lift (core func $m "pass")))
    (func (export "trap") (canon lift (core func $m "trap"))))
    (component instance $c $C)
"#;

#[test]
fn a_false_claim_about_a_component_fails() {
    for (directive, reason) in [
        (
            r#"(assert_return (invoke "pass" (u8.const 1)) (u8.const 2))"#,
            "returns 1",
        ),
        (
            r#"(assert_return (invoke "pass" (u8.const 1)) (u32.const 1))"#,
            "returns 1",
        ),
        (
            r#"(assert_return (invoke "pass" (u8.const 1)))"#,
            "returns 1",
        ),
        (
            r#"(assert_return (invoke "pass" (u32.const 1)) (u8.const 1))"#,
            "is no `u8`",
        ),
        (r#"(invoke "pass")"#, "1 argument"),
        (r#"(invoke "pass" (i32.const 1))"#, "is no `u8`"),
        (r#"(invoke "no")"#, "`no`"),
        (r#"(invoke "trap")"#, "Unreachable"),
        (
            r#"(assert_trap (invoke "pass" (u8.const 1)) "unreachable")"#,
            "no trap",
        ),
        (
            r#"(assert_trap (invoke "trap") "invalid `char` bit pattern")"#,
            "Unreachable",
        ),
        (
            r#"(assert_trap (invoke "char" (u32.const 0xd800)) "invalid variant discriminant")"#,
            "InvalidChar",
        ),
        (r#"(assert_invalid (component) "nothing")"#, "accepts"),
        (
            r#"(assert_malformed (component quote "(type (tuple u8))") "nothing")"#,
            "accepts",
        ),
        (
            r#"(assert_invalid (component (core module (type (struct)))) "nothing")"#,
            "not supported",
        ),
        (r#"(component (type (variant)))"#, "refuses"),
        (r#"(component (import "f" (func)))"#, "unknown import"),
        (
            r#"(assert_trap (component (core module)) "unreachable")"#,
            "no trap",
        ),
        (r#"(register "c" $c)"#, "component"),
        (r#"(assert_return (get "g") (i32.const 1))"#, "globals"),
    ] {
        let (failed, passed, reasons) =
            check(WasmFeatures::WASM2, format!("{COMPONENT}{directive}"));
        assert_eq!((failed, passed), (1, 2), "{directive}: {reasons}");
        assert!(reasons.contains(reason), "{directive}: {reasons}");
        assert!(reasons.contains("line 10"), "{directive}: {reasons}");
    }
}

#[test]
fn what_is_not_compiled_is_skipped_with_all_that_is_about_it() {
    let text = format!(
        r#"{COMPONENT}(component (canon waitable-set.new (core func)))
           (invoke "f")
           (assert_trap (invoke "f") "unreachable")
           (component instance $c $C)
           (assert_return (invoke "pass" (u8.const 1)) (u8.const 1))"#
    );
    let report = run_text(WasmFeatures::WASM2, text);
    let reasons = report.reasons.join("\n");
    let counts = (report.passed, report.failed, report.skipped);
    assert_eq!(counts, (4, 0, 3), "{reasons}");
    assert!(reasons.contains("line 10"), "{reasons}");
    assert!(reasons.contains("`waitable-set.new`"), "{reasons}");
}
