//! Calls of components' functions from outside: what values become on the way through an adapter and back.

use nanocc::options::OptLevel;
use nanocc_shim_abi::Trap;
use nanocc_testsuite::calls::{self, Ended};
use nanocc_testsuite::conformance::Mode;
use nanocc_testsuite::machine::Target;
use std::fmt::Write;

const MODES: [Mode; 3] = [
    Mode {
        target: Target::X86_64,
        level: OptLevel::O2,
    },
    Mode {
        target: Target::X86_64,
        level: OptLevel::O0,
    },
    Mode {
        target: Target::Aarch64,
        level: OptLevel::O2,
    },
];

/// Runs the calls in every mode that there is here, and compares what comes of them.
fn expect(component: &str, calls: &[(&str, &str)], expected: &[Ended]) {
    for mode in MODES {
        if let Err(reason) = mode.available() {
            println!("{mode:?}: {reason}");
            continue;
        }
        let ended = calls::run(component, calls, mode).unwrap_or_else(|e| panic!("{mode:?}: {e}"));
        for ((call, ended), expected) in calls.iter().zip(&ended).zip(expected) {
            assert_eq!(ended, expected, "{mode:?}: {call:?}");
        }
        assert_eq!(ended.len(), expected.len());
    }
}

fn returned(text: &str) -> Ended {
    Ended::Returned(Some(text.to_owned()))
}

/// Numbers that change when a byte is lost, swapped or extended wrongly.
const SCALARS: [(&str, &str, &[&str]); 12] = [
    ("bool", "i32", &["true", "false"]),
    ("u8", "i32", &["0", "129", "255"]),
    ("s8", "i32", &["-128", "-2", "127"]),
    ("u16", "i32", &["258", "65535"]),
    ("s16", "i32", &["-32768", "-259", "258"]),
    ("u32", "i32", &["16909060", "4294967295"]),
    ("s32", "i32", &["-2147483648", "-16909060"]),
    ("u64", "i64", &["72623859790382856", "18446744073709551615"]),
    (
        "s64",
        "i64",
        &["-9223372036854775808", "-72623859790382856"],
    ),
    ("f32", "f32", &["1.5", "-0", "nan", "-inf", "16777216"]),
    (
        "f64",
        "f64",
        &["0.1", "-0", "nan", "inf", "9007199254740993"],
    ),
    ("char", "i32", &["'a'", "'\u{e9}'", "'\u{1f600}'"]),
];

#[test]
fn numbers_come_back_as_they_went() {
    let mut wat = "(component (core module $m ".to_owned();
    let mut lifts = String::new();
    let mut calls = Vec::new();
    for (ty, core, values) in SCALARS {
        write!(
            wat,
            "(func (export \"{ty}\") (param {core}) (result {core}) (local.get 0)) "
        )
        .unwrap();
        write!(
            lifts,
            "(func (export \"{ty}\") (param \"x\" {ty}) (result {ty}) (canon lift (core func $i \"{ty}\"))) "
        )
        .unwrap();
        calls.extend(values.iter().map(|value| (ty, format!("({value})"))));
    }
    write!(wat, ") (core instance $i (instantiate $m)) {lifts})").unwrap();
    let calls: Vec<(&str, &str)> = calls
        .iter()
        .map(|(ty, args)| (*ty, args.as_str()))
        .collect();
    let expected: Vec<Ended> = calls
        .iter()
        .map(|(_, args)| match args.trim_matches(['(', ')']) {
            "9007199254740993" => returned("9007199254740992"),
            value => returned(value),
        })
        .collect();
    expect(&wat, &calls, &expected);
}

/// A core module whose functions give back what they get, passed through memory in three ways.
const ECHO: &str = r#"(core module $m
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 64))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (local $at i32)
        (global.set $top (i32.and
            (i32.add (global.get $top) (i32.sub (local.get 2) (i32.const 1)))
            (i32.sub (i32.const 0) (local.get 2))))
        (local.set $at (global.get $top))
        (global.set $top (i32.add (local.get $at) (local.get 3)))
        (local.get $at))
    (func (export "pair") (param i32 i32) (result i32)
        (i32.store (i32.const 8) (local.get 0))
        (i32.store (i32.const 12) (local.get 1))
        (i32.const 8))
    (func (export "pointer") (param i32) (result i32) (local.get 0)))
    (core instance $i (instantiate $m))
    (alias core export $i "memory" (core memory $memory))
    (alias core export $i "realloc" (core func $realloc))"#;

#[test]
fn values_in_memory_come_back_as_they_went() {
    // Types, the core function that gives lists of them back, and lists.
    let named = [
        (
            "record-t",
            r#"(record (field "a" u8) (field "b" u64) (field "c" string) (field "d" bool))"#,
        ),
        (
            "variant-t",
            r#"(variant (case "n") (case "b" u8) (case "l" u64) (case "s" string) (case "f" f32))"#,
        ),
        ("enum-t", r#"(enum "x" "y" "z")"#),
        ("flags-t", r#"(flags "a" "b" "c" "d" "e" "f" "g" "h" "i")"#),
    ];
    let types = [
        ("l-u8", "u8", "[1, 2, 255]"),
        ("l-string", "string", r#"["", "a\"b\n", "dé 😀"]"#),
        ("l-list", "(list u16)", "[[], [1, 65535], [7]]"),
        (
            "l-tuple",
            "(tuple u8 u32 string)",
            r#"[(1, 2, "x"), (255, 4294967295, "")]"#,
        ),
        (
            "l-option",
            "(option u64)",
            "[none, some(1), some(18446744073709551615)]",
        ),
        (
            "l-nested",
            "(option (option u8))",
            "[none, some(none), some(some(3))]",
        ),
        (
            "l-result",
            "(result string (error s16))",
            r#"[ok("x"), err(-2)]"#,
        ),
        ("l-empty", "(result)", "[ok, err]"),
        ("l-half", "(result (error char))", "[ok, err('x')]"),
        (
            "l-record",
            "$record-t",
            r#"[{a: 1, b: 2, c: "x", d: true}, {a: 255, b: 0, c: "", d: false}]"#,
        ),
        (
            "l-variant",
            "$variant-t",
            r#"[n, b(255), l(1), s("x"), f(-1.5)]"#,
        ),
        ("l-enum", "$enum-t", "[z, x, y]"),
        ("l-flags", "$flags-t", "[{}, {a, i}, {b, h}]"),
    ];
    let mut wat = format!("(component {ECHO} ");
    for (name, ty) in named {
        write!(
            wat,
            "(type ${name}-inner {ty}) (export ${name} \"{name}\" (type ${name}-inner)) "
        )
        .unwrap();
    }
    let options = "(memory $memory) (realloc (func $realloc))";
    let mut calls = Vec::new();
    let mut expected = Vec::new();
    for (name, ty, list) in types {
        write!(
            wat,
            "(func (export \"{name}\") (param \"x\" (list {ty})) (result (list {ty}))
               (canon lift (core func $i \"pair\") {options})) "
        )
        .unwrap();
        calls.push((name, format!("({list})")));
        expected.push(returned(list));
        // Seventeen core values and more go through memory.
        let many =
            format!("(tuple (list {ty}) u8 u64 u8 u64 u8 u64 u8 u64 u8 u64 u8 u64 u8 u64 u8 f32)");
        write!(
            wat,
            "(func (export \"m{name}\") (param \"x\" {many}) (result {many})
               (canon lift (core func $i \"pointer\") {options})) "
        )
        .unwrap();
        let value = format!("({list}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 1.5)");
        calls.push((
            Box::leak(format!("m{name}").into_boxed_str()),
            format!("({value})"),
        ));
        expected.push(returned(&value));
    }
    wat.push(')');
    let calls: Vec<(&str, &str)> = calls
        .iter()
        .map(|(name, args)| (*name, args.as_str()))
        .collect();
    expect(&wat, &calls, &expected);
}

#[test]
fn a_trap_ends_its_call_and_functions_of_instances_are_found() {
    let wat = r#"(component
        (core module $m
            (global $count (mut i32) (i32.const 40))
            (func (export "fail") (unreachable))
            (func (export "next") (result i32)
                (global.set $count (i32.add (global.get $count) (i32.const 1)))
                (global.get $count)))
        (core instance $i (instantiate $m))
        (func $next (result u32) (canon lift (core func $i "next")))
        (func (export "fail") (canon lift (core func $i "fail")))
        (instance $counter (export "next" (func $next)))
        (export "a:b/counter@1.0.0" (instance $counter)))"#;
    let next = "a:b/counter@1.0.0#next";
    let calls = [(next, "()"), (next, "()"), ("fail", "()")];
    let expected = [
        returned("41"),
        returned("42"),
        Ended::Trapped(Trap::Unreachable),
    ];
    expect(wat, &calls, &expected);
}

#[test]
fn what_has_no_values_outside_is_refused() {
    let wat = r#"(component
        (core module $m (func (export "f") (param i32)) (func (export "g") (result i32) (i32.const 0)))
        (core instance $i (instantiate $m))
        (type $inner (resource (rep i32)))
        (export $r "r" (type $inner))
        (func (export "f") (param "x" (own $r)) (canon lift (core func $i "f")))
        (func (export "g") (result (own $r)) (canon lift (core func $i "g")))
        (func (export "h") (param "x" u32) (canon lift (core func $i "f"))))"#;
    for (name, args, said) in [
        ("f", "()", "parameter `x` holds resources"),
        ("nothing", "()", "no function `nothing` is exported"),
        ("h#x", "()", "no function `h#x` is exported"),
        ("r", "()", "no function `r` is exported"),
    ] {
        let error = calls::run(wat, &[(name, args)], MODES[0]).unwrap_err();
        assert!(error.contains(said), "{name}: {error}");
    }
    // A result that is a resource is nothing to see, but the call is one: here of a handle that there isn't.
    let ended = calls::run(wat, &[("g", "()")], MODES[0]).unwrap();
    assert_eq!(ended, [Ended::Trapped(Trap::UnknownHandle)]);
}
