//! That every operator has a translation, and what its access promises. What the code computes is the
//! test suite's to check (`testsuite/guests/simd`).

use super::super::tests::{code_of, compile_everywhere, ir_of, run};
use crate::lower::testing::{AARCH64, X86_64, component};
use nanocc_shim_abi::Trap;
use std::fmt::Write;

/// The proposal's operators: WebAssembly's name, and how many operands each takes.
fn operators() -> Vec<(String, usize)> {
    let mut all = Vec::new();
    macro_rules! collect {
        ($(@$proposal:ident $op:ident $({ $($field:ident: $ty:ty),* })? => $visit:ident (arity $($arity:tt)*))*) => {
            $(if stringify!($proposal) == "simd" {
                let name = stringify!($visit).trim_start_matches("visit_").replacen('_', ".", 1);
                let operands = stringify!($($arity)*).split_whitespace().next().unwrap().parse();
                all.push((name, operands.unwrap()));
            })*
        };
    }
    wasmparser::for_each_visit_simd_operator!(collect);
    all
}

/// The type of a lane of the shape that an operator's name begins with, as an operand.
fn scalar(name: &str) -> &'static str {
    match name.split('.').next().unwrap() {
        "i64x2" => "i64",
        "f32x4" => "f32",
        "f64x2" => "f64",
        _ => "i32",
    }
}

#[test]
fn every_operator_compiles() {
    let operators = operators();
    assert_eq!(operators.len(), 236, "an operator was added or lost");
    let mut fields = String::from("(memory $near 1 100) (memory $far 1)");
    let mut names = Vec::new();
    for (name, operands) in &operators {
        let in_memory = name.starts_with("v128.load") || name.starts_with("v128.store");
        let lane = if name.contains("_lane") { "1" } else { "" };
        let mut params = vec!["v128"; *operands];
        if in_memory {
            params[0] = "i32";
        } else if name.ends_with("splat") {
            params[0] = scalar(name);
        } else if name.ends_with("replace_lane") {
            params[1] = scalar(name);
        } else if name.contains(".shl") || name.contains(".shr_") {
            params[1] = "i32";
        }
        let result = if name.starts_with("v128.store") {
            ""
        } else if name.contains("extract_lane") {
            scalar(name)
        } else if name.ends_with("_true") || name.ends_with("bitmask") {
            "i32"
        } else {
            "v128"
        };
        let immediates: Vec<String> = if in_memory {
            let mut all = Vec::new();
            for memory in ["near", "far"] {
                for offset in ["", "offset=8", "offset=0x80000000"] {
                    all.push(format!("${memory} {offset} {lane}"));
                }
            }
            all
        } else if name == "v128.const" {
            vec!["i64x2 1 -2".to_owned()]
        } else if name == "i8x16.shuffle" {
            vec!["0 31 1 30 2 29 3 28 4 27 5 26 6 25 7 24".to_owned()]
        } else {
            vec![lane.to_owned()]
        };
        let pushes: String = (0..*operands).map(|n| format!(" local.get {n}")).collect();
        for (n, immediate) in immediates.iter().enumerate() {
            write!(
                fields,
                "(func ${name}_{n} (param {}) (result {result}) {pushes} {name} {immediate})",
                params.join(" ")
            )
            .unwrap();
            names.push(format!("{name}_{n}"));
        }
    }
    compile_everywhere(&component(&format!("{fields} {}", run(&names))));
}

#[test]
fn values_of_every_kind_compile() {
    const FIELDS: &str = r#"
        (type $many (func (param v128 i32 v128) (result v128 v128 i32 v128 v128 v128)))
        (table 2 funcref) (elem (i32.const 0) func $many)
        (global $variable (mut v128) (v128.const i64x2 1 2))
        (global $constant v128 (v128.const f32x4 0 -0 inf nan))
        (func $many (type $many)
            (local $l v128)
            (local.get 0) (local.get 2) (local.get 1) (local.get $l) (global.get $constant) (global.get $variable)
            (global.set $variable (local.get 0)))
        (func $calls (param i32 v128) (result v128)
            (call $many (local.get 1) (local.get 0) (local.get 1))
            (call_indirect (type $many) (drop) (drop) (local.get 0))
            (drop) (drop) (drop) (drop) (drop) (drop))
        (func $control (param i32 v128) (result v128)
            (block (result v128)
                (local.get 1)
                (loop (param v128) (result v128)
                    (br_if 1 (local.get 0))
                    (if (param v128) (result v128) (local.get 0) (then (i8x16.neg)) (else (br 1))))
                (br_table 0 0 (local.get 0)))
            (select (local.get 1) (local.get 0))
            (select (result v128) (local.get 1) (local.get 0)))"#;
    let names = ["many", "calls", "control"].map(str::to_owned);
    compile_everywhere(&component(&format!("{FIELDS} {}", run(&names))));
}

#[test]
fn operators_of_one_shape_meet_without_a_cast() {
    let ir = ir_of(
        "(func $f (param v128 v128 v128) (result v128)
            (i32x4.add (i32x4.mul (local.get 0) (local.get 1)) (local.get 2)))",
    );
    let sum = ir.lines().find(|line| line.contains("iadd")).unwrap();
    let product = ir.lines().find(|line| line.contains("imul")).unwrap();
    let product = product.trim().split("v").nth(1).unwrap();
    let product = format!("v{}", product.split_whitespace().next().unwrap());
    assert!(sum.contains(&format!("iadd {product},")), "{ir}");
}

#[test]
fn an_access_is_as_wide_as_its_operator() {
    let trap = format!("user{}", Trap::MemoryOutOfBounds as u8);
    for (operator, bytes) in [
        ("v128.load", 16),
        ("v128.load8x8_s", 8),
        ("v128.load16x4_u", 8),
        ("v128.load32x2_u", 8),
        ("v128.load8_splat", 1),
        ("v128.load16_splat", 2),
        ("v128.load32_splat", 4),
        ("v128.load64_splat", 8),
        ("v128.load32_zero", 4),
        ("v128.load64_zero", 8),
    ] {
        // The last place in bounds is known to be; one further traps; a large offset is checked.
        let at = |index: u32| {
            ir_of(&format!(
                "(memory 1) (func $f (result v128) ({operator} (i32.const {index})))"
            ))
        };
        assert!(!at(65536 - bytes).contains(&trap), "{operator}");
        assert!(at(65537 - bytes).contains(&trap), "{operator}");
        let checked = ir_of(&format!(
            "(memory 1) (func $f (param i32) (result v128)
                ({operator} offset=0x80000000 (local.get 0)))"
        ));
        let end = format!("iconst.i64 0x8000_{bytes:04x}");
        assert!(checked.contains(&end), "{operator}: {checked}");
    }
    for (operator, bytes) in [
        ("v128.load8_lane", 1),
        ("v128.load16_lane", 2),
        ("v128.load32_lane", 4),
        ("v128.load64_lane", 8),
        ("v128.store8_lane", 1),
        ("v128.store16_lane", 2),
        ("v128.store32_lane", 4),
        ("v128.store64_lane", 8),
        ("v128.store", 16),
    ] {
        let (lane, result) = match operator {
            "v128.store" => ("", ""),
            _ if operator.contains("store") => ("1", ""),
            _ => ("1", "(result v128)"),
        };
        let checked = ir_of(&format!(
            "(memory 1) (func $f (param i32 v128) {result}
                ({operator} offset=0x80000000 {lane} (local.get 0) (local.get 1)))"
        ));
        let end = format!("iconst.i64 0x8000_{bytes:04x}");
        assert!(checked.contains(&end), "{operator}: {checked}");
    }
}

#[test]
fn a_vector_in_memory_is_never_an_operand_that_must_be_aligned() {
    let code = code_of(
        X86_64,
        "(memory 1) (func $f (param i32 v128) (result v128)
            (i8x16.add (local.get 1) (v128.load (local.get 0))))",
    );
    assert!(code.contains("movdqu 0x10000000("), "{code}");
    let add = code.lines().find(|line| line.contains("paddb")).unwrap();
    assert!(!add.contains('('), "{code}");
}

#[test]
fn what_the_machine_has_an_instruction_for_is_one() {
    for (expression, x86_64, aarch64) in [
        (
            "(i32x4.dot_i16x8_s (local.get 0) (local.get 1))",
            "pmaddwd",
            "addp",
        ),
        ("(f32x4.pmin (local.get 0) (local.get 1))", "minps", "fcmgt"),
        ("(f64x2.pmax (local.get 0) (local.get 1))", "maxpd", "fcmgt"),
        (
            "(i16x8.extadd_pairwise_i8x16_u (local.get 0))",
            "pmaddubsw",
            "uaddlp",
        ),
        (
            "(i32x4.extmul_high_i16x8_s (local.get 0) (local.get 1))",
            "pmulhw",
            "smull2",
        ),
    ] {
        let fields = format!("(func $f (param v128 v128) (result v128) {expression})");
        for (triple, expected) in [(X86_64, x86_64), (AARCH64, aarch64)] {
            let code = code_of(triple, &fields);
            assert!(code.contains(expected), "{triple}: {code}");
        }
    }
}
