//! Lowers core modules that stand alone in a component, verifies the IR, and compiles it for both
//! targets. What the code does when it runs is the test suite's to check.

use super::lower;
use crate::error::Error;
use crate::graph;
use crate::lower::Env;
use crate::lower::init::lower_main;
use crate::lower::names::{Intrinsic, Name};
use crate::lower::testing::{
    AARCH64, X86_64, compile, component, component_of, func_named, isa, wasm_funcs, with_env,
};
use crate::lower::traps::trap_of;
use cranelift_codegen::Context;
use cranelift_codegen::inline::{Inline, InlineCommand};
use cranelift_codegen::ir::{self, ExternalName};
use nanocc_shim_abi::Trap;
use std::fmt::Write;

/// Makes every function that has a name in `names` reachable.
fn run(names: &[String]) -> String {
    let mut text = String::from("(elem declare func");
    names
        .iter()
        .for_each(|name| write!(text, " ${name}").unwrap());
    text.push_str(") (func (export \"run\") (result i32)");
    names
        .iter()
        .for_each(|name| write!(text, " (drop (ref.func ${name}))").unwrap());
    text.push_str(" i32.const 0)");
    text
}

fn assembly(env: &Env<'_>, name: &str) -> String {
    let function = lower(env, func_named(env, name)).unwrap();
    let context = compile(env, function);
    context.compiled_code().unwrap().vcode.clone().unwrap()
}

/// Compiles every reachable function of a component, and its main function, for all targets and
/// levels.
fn compile_everywhere(component: &[u8]) {
    for triple in [X86_64, AARCH64] {
        for level in ["none", "speed"] {
            with_env(component, &isa(triple, level), |env| {
                for func in wasm_funcs(env) {
                    compile(env, lower(env, func).unwrap());
                }
                compile(env, lower_main(env).unwrap());
            });
        }
    }
}

/// The machine code of function `f` in a module of `fields`, at full optimisation.
fn code_of(triple: &str, fields: &str) -> String {
    let fields = format!("{fields} {}", run(&["f".to_owned()]));
    with_env(&component(&fields), &isa(triple, "speed"), |env| {
        assembly(env, "f")
    })
}

/// The IR of function `f` in a module of `fields`.
fn ir_of(fields: &str) -> String {
    let fields = format!("{fields} {}", run(&["f".to_owned()]));
    with_env(&component(&fields), &isa(X86_64, "speed"), |env| {
        lower(env, func_named(env, "f"))
            .unwrap()
            .display()
            .to_string()
    })
}

/// Operators on numbers: name, operand types, result type.
fn numeric_operators() -> Vec<(String, Vec<&'static str>, &'static str)> {
    let mut all = Vec::new();
    let mut add = |name: String, params: &[&'static str], result| {
        all.push((name, params.to_vec(), result));
    };
    for ty in ["i32", "i64"] {
        for op in ["eqz", "clz", "ctz", "popcnt", "extend8_s", "extend16_s"] {
            add(
                format!("{ty}.{op}"),
                &[ty],
                if op == "eqz" { "i32" } else { ty },
            );
        }
        for op in [
            "eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u",
        ] {
            add(format!("{ty}.{op}"), &[ty, ty], "i32");
        }
        for op in [
            "add", "sub", "mul", "div_s", "div_u", "rem_s", "rem_u", "and", "or", "xor", "shl",
            "shr_s", "shr_u", "rotl", "rotr",
        ] {
            add(format!("{ty}.{op}"), &[ty, ty], ty);
        }
        for from in ["f32", "f64"] {
            for sign in ["s", "u"] {
                add(format!("{ty}.trunc_{from}_{sign}"), &[from], ty);
                add(format!("{ty}.trunc_sat_{from}_{sign}"), &[from], ty);
                add(format!("{from}.convert_{ty}_{sign}"), &[ty], from);
            }
        }
    }
    for ty in ["f32", "f64"] {
        for op in ["abs", "neg", "ceil", "floor", "trunc", "nearest", "sqrt"] {
            add(format!("{ty}.{op}"), &[ty], ty);
        }
        for op in ["add", "sub", "mul", "div", "min", "max", "copysign"] {
            add(format!("{ty}.{op}"), &[ty, ty], ty);
        }
        for op in ["eq", "ne", "lt", "gt", "le", "ge"] {
            add(format!("{ty}.{op}"), &[ty, ty], "i32");
        }
    }
    for (name, from, to) in [
        ("i64.extend32_s", "i64", "i64"),
        ("i32.wrap_i64", "i64", "i32"),
        ("i64.extend_i32_s", "i32", "i64"),
        ("i64.extend_i32_u", "i32", "i64"),
        ("f32.demote_f64", "f64", "f32"),
        ("f64.promote_f32", "f32", "f64"),
        ("i32.reinterpret_f32", "f32", "i32"),
        ("i64.reinterpret_f64", "f64", "i64"),
        ("f32.reinterpret_i32", "i32", "f32"),
        ("f64.reinterpret_i64", "i64", "f64"),
    ] {
        add(name.to_owned(), &[from], to);
    }
    all
}

#[test]
fn every_numeric_operator_compiles() {
    let mut fields = String::new();
    let mut names = Vec::new();
    for (name, params, result) in numeric_operators() {
        let operands: String = (0..params.len())
            .map(|n| format!(" local.get {n}"))
            .collect();
        write!(
            fields,
            "(func ${name} (param {}) (result {result}) {operands} {name})",
            params.join(" ")
        )
        .unwrap();
        names.push(name);
    }
    assert_eq!(names.len(), 123 + 5 + 8, "an operator was added or lost");
    compile_everywhere(&component(&format!("{fields} {}", run(&names))));
}

#[test]
fn every_memory_operator_compiles() {
    // Two memories: a hot one with a foldable base, and another.
    let mut fields = String::from(
        r#"(memory $near 1 100) (memory $far 1) (data $passive "0123456789") (data $active (i32.const 9) "x")"#,
    );
    let mut names = Vec::new();
    let mut add = |name: String, text: String| {
        write!(fields, "(func ${name} {text})").unwrap();
        names.push(name);
    };
    for memory in ["near", "far"] {
        for (op, ty) in [
            ("i32.load", "i32"),
            ("i64.load", "i64"),
            ("f32.load", "f32"),
            ("f64.load", "f64"),
            ("i32.load8_s", "i32"),
            ("i32.load8_u", "i32"),
            ("i32.load16_s", "i32"),
            ("i32.load16_u", "i32"),
            ("i64.load8_s", "i64"),
            ("i64.load8_u", "i64"),
            ("i64.load16_s", "i64"),
            ("i64.load16_u", "i64"),
            ("i64.load32_s", "i64"),
            ("i64.load32_u", "i64"),
        ] {
            for (n, offset) in ["", "offset=8", "offset=0x7fffffff", "offset=0xffffffff"]
                .iter()
                .enumerate()
            {
                add(
                    format!("{memory}_{op}_{n}"),
                    format!(
                        "(param i32) (result {ty}) ({op} ${memory} {offset} align=1 (local.get 0))"
                    ),
                );
                add(
                    format!("{memory}_{op}_constant_{n}"),
                    format!("(result {ty}) ({op} ${memory} {offset} align=1 (i32.const -1))"),
                );
            }
        }
        for (op, ty) in [
            ("i32.store", "i32"),
            ("i64.store", "i64"),
            ("f32.store", "f32"),
            ("f64.store", "f64"),
            ("i32.store8", "i32"),
            ("i32.store16", "i32"),
            ("i64.store8", "i64"),
            ("i64.store16", "i64"),
            ("i64.store32", "i64"),
        ] {
            for (n, offset) in ["", "offset=8", "offset=0x80000000"].iter().enumerate() {
                add(
                    format!("{memory}_{op}_{n}"),
                    format!(
                        "(param i32 {ty}) ({op} ${memory} {offset} align=1 (local.get 0) (local.get 1))"
                    ),
                );
            }
        }
        add(
            format!("{memory}_size"),
            format!("(result i32) (memory.size ${memory})"),
        );
        add(
            format!("{memory}_grow"),
            format!("(param i32) (result i32) (memory.grow ${memory} (local.get 0))"),
        );
        for (n, len) in [
            "(local.get 2)",
            "(i32.const 0)",
            "(i32.const 31)",
            "(i32.const 300)",
        ]
        .iter()
        .enumerate()
        {
            add(
                format!("{memory}_fill_{n}"),
                format!(
                    "(param i32 i32 i32) (memory.fill ${memory} (local.get 0) (local.get 1) {len})"
                ),
            );
            for other in ["near", "far"] {
                add(
                    format!("{memory}_copy_{other}_{n}"),
                    format!(
                        "(param i32 i32 i32) (memory.copy ${memory} ${other} (local.get 0) (local.get 1) {len})"
                    ),
                );
            }
            for segment in ["passive", "active"] {
                add(
                    format!("{memory}_init_{segment}_{n}"),
                    format!(
                        "(param i32 i32 i32) (memory.init ${memory} ${segment} (local.get 0) (local.get 1) {len})"
                    ),
                );
            }
        }
    }
    add("drop_passive".to_owned(), "(data.drop $passive)".to_owned());
    add("drop_active".to_owned(), "(data.drop $active)".to_owned());
    compile_everywhere(&component(&format!("{fields} {}", run(&names))));
}

/// Tables, references, globals, control flow: one function for each operator and shape.
const OTHERS: &str = r#"
    (type $many (func (param i32 i64 f32 f64) (result f64 f32 i64 i32)))
    (type $none (func))
    (memory 1)
    (table $fixed 10 funcref)
    (table $growing 2 100 funcref)
    (table $extern 3 externref)
    (elem $passive func $nop $unreachable $nop)
    (elem $null funcref (ref.null func) (ref.func $nop))
    (elem $active (table $fixed) (i32.const 2) func $nop)
    (global $i32 (mut i32) (i32.const 1))
    (global $i64 (mut i64) (i64.const 2))
    (global $f32 (mut f32) (f32.const 3))
    (global $f64 (mut f64) (f64.const 4))
    (global $ref (mut funcref) (ref.null func))
    (global $const_i32 i32 (i32.add (i32.const 40) (i32.const 2)))
    (global $const_i64 i64 (i64.const -1))
    (global $const_f32 f32 (f32.const nan:0x200001))
    (global $const_f64 f64 (f64.const -0))
    (global $const_ref funcref (ref.func $nop))
    (global $const_null externref (ref.null extern))

    (func $nop nop)
    (func $unreachable unreachable)
    (func $dead (result i32)
        unreachable i32.add (block (result i32) i32.const 1 (if (then (loop br 0)) (else i32.const 9 br 1)) i32.const 2)
        drop drop i32.const 3)
    (func $constants (result i32 i64 f32 f64)
        i32.const -1 i64.const -1 f32.const nan f64.const inf)
    (func $globals (param i32 i64 f32 f64 funcref) (result i32 i64 f32 f64 funcref)
        (global.set $i32 (local.get 0)) (global.set $i64 (local.get 1))
        (global.set $f32 (local.get 2)) (global.set $f64 (local.get 3)) (global.set $ref (local.get 4))
        (global.get $i32) (global.get $i64) (global.get $f32) (global.get $f64) (global.get $ref))
    (func $const_globals (result i32 i64 f32 f64 funcref externref)
        (global.get $const_i32) (global.get $const_i64) (global.get $const_f32)
        (global.get $const_f64) (global.get $const_ref) (global.get $const_null))
    (func $locals (param i32) (result i32 i64 f32 f64 funcref)
        (local i32 i64 f32 f64 funcref)
        (local.set 1 (local.tee 0 (i32.const 5)))
        (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5))
    (func $selects (param i32 externref externref) (result i64 f64 externref)
        (select (i64.const 1) (i64.const 2) (i32.eqz (local.get 0)))
        (select (f64.const 1) (f64.const 2) (local.get 0))
        (select (result externref) (local.get 1) (local.get 2) (local.get 0)))
    (func $drops (drop (i32.const 1)) (drop (f64.const 1)) (drop (ref.null extern)))
    (func $loops (param i32) (result i32)
        i32.const 1 local.get 0
        (loop $again (param i32 i32) (result i32)
            i32.sub local.tee 0 i32.const 10 (br_if $again (local.get 0)) i32.add))
    (func $multi (type $many)
        local.get 0 local.get 1 local.get 2 local.get 3
        (block $out (type $many)
            drop drop drop drop local.get 3 local.get 2 local.get 1 local.get 0
            (br_if $out (local.get 0)) (br $out)))
    (func $branches (param i32) (result i32)
        (block $a (result i32) (block $b (result i32) (block $c (result i32)
            (br_table $a $b $c $a $b (i32.const 7) (local.get 0))) (i32.add (i32.const 1))
            (br_if $a (local.get 0))) (return)))
    (func $ifs (param i32) (result i32)
        (if (local.get 0) (then (local.set 0 (i32.const 4))))
        (if (result i32) (local.get 0) (then (return (i32.const 1))) (else (i32.const 2)))
        (if (param i32) (result i32) (i32.lt_s (local.get 0) (i32.const 3)) (then) (else drop unreachable))
        (if (param i32) (result i32) (local.get 0) (then (i32.const 1) (i32.add))))
    (func $direct (result i32 i64)
        (call $unreachable)
        (call $multi (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4))
        drop drop drop drop (i32.const 5) (i64.const 7))
    (func $indirect (param i32) (result f64 f32 i64 i32)
        (call_indirect $fixed (type $none) (local.get 0))
        (call_indirect $growing (type $many)
            (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4) (local.get 0)))
    (func $references (param funcref) (result i32 i32 funcref)
        (ref.is_null (local.get 0)) (ref.is_null (ref.null extern)) (ref.func $nop))
    (func $tables (param i32) (result funcref externref i32 i32 i32 i32)
        (table.set $growing (local.get 0) (table.get $growing (i32.const 1)))
        (table.set $extern (local.get 0) (table.get $extern (local.get 0)))
        (table.get $growing (local.get 0)) (table.get $extern (i32.const 77))
        (table.size $fixed) (table.size $growing) (table.size $extern)
        (table.grow $growing (ref.func $nop) (local.get 0)))
    (func $bulk (param i32 i32 i32)
        (table.copy $growing $fixed (local.get 0) (local.get 1) (local.get 2))
        (table.copy $growing $growing (local.get 0) (local.get 1) (local.get 2))
        (table.fill $growing (local.get 0) (ref.null func) (local.get 2))
        (table.fill $extern (local.get 0) (ref.null extern) (i32.const 0))
        (table.init $growing $passive (local.get 0) (local.get 1) (local.get 2))
        (table.init $growing $null (local.get 0) (local.get 1) (local.get 2))
        (table.init $growing $active (local.get 0) (local.get 1) (local.get 2))
        (elem.drop $passive) (elem.drop $active))
    (func $results_20 (result i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64)
        (i32.const 1) (i64.const 1) (f32.const 1) (f64.const 1) (i32.const 1) (i64.const 1) (f32.const 1) (f64.const 1)
        (i32.const 1) (i64.const 1) (f32.const 1) (f64.const 1) (i32.const 1) (i64.const 1) (f32.const 1) (f64.const 1)
        (i32.const 1) (i64.const 1) (f32.const 1) (f64.const 1))
    (func $call_20 (result f64) (local f64)
        call $results_20 local.set 0 drop drop drop drop drop drop drop drop drop drop drop drop drop drop drop drop drop drop drop
        local.get 0)
"#;

#[test]
fn every_other_operator_compiles() {
    let names: Vec<String> = OTHERS
        .lines()
        .filter_map(|line| {
            line.trim()
                .strip_prefix("(func $")?
                .split([' ', ')'])
                .next()
        })
        .map(str::to_owned)
        .collect();
    assert_eq!(names.len(), 20);
    compile_everywhere(&component(&format!("{OTHERS} {}", run(&names))));
}

#[test]
fn x86_64_folds_base_and_offset_of_the_hot_memory() {
    let code = code_of(
        X86_64,
        "(memory 1) (func $f (param i32) (result i32) (i32.load offset=20 (local.get 0)))",
    );
    assert!(code.contains("movl 0x10000014(%"), "{code}");
    assert!(!code.contains("movabs"), "{code}");
}

#[test]
fn other_bases_are_hoisted_out_of_loops() {
    // The first memory of x86-64 is the hot one; on aarch64 none is special.
    let fields = "(memory $hot 1) (memory $m 1)
        (func $hot (param i32) (result i32) (loop (drop (i32.load $hot (local.get 0))) (br 0)) unreachable)
        (func $f (param i32) (result i32) (local i32)
            (loop $l
                (local.set 1 (i32.add (local.get 1) (i32.load8_u $m (local.get 0))))
                (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (local.get 1))";
    for triple in [X86_64, AARCH64] {
        let names = ["hot".to_owned(), "f".to_owned()];
        let bytes = component(&format!("{fields} {}", run(&names)));
        let code = with_env(&bytes, &isa(triple, "speed"), |env| assembly(env, "f"));
        let access = if triple == X86_64 {
            "movzbq (%"
        } else {
            "UXTW"
        };
        let symbol = "load_ext_name";
        let at = code
            .find(symbol)
            .unwrap_or_else(|| panic!("{triple}:\n{code}"));
        let first_loop_block = code.find("block1:").unwrap();
        assert!(at < first_loop_block, "{triple}:\n{code}");
        assert!(
            code[first_loop_block..].contains(access),
            "{triple}:\n{code}"
        );
    }
}

#[test]
fn large_offsets_are_checked_against_the_length() {
    let grows = "(func $g (export \"g\") (drop (memory.grow (i32.const 1))))";
    let ir = ir_of(&format!(
        "(memory 1) {grows} (func $f (param i32) (result i32)
            (call $g) (i32.load offset=0x80000000 (local.get 0)))"
    ));
    assert!(ir.contains("iconst.i64 0x8000_0004"), "{ir}");
    assert!(ir.contains("icmp ugt"), "{ir}");
    assert!(ir.contains("trapnz"), "{ir}");
}

#[test]
fn only_constant_addresses_in_the_initial_memory_cannot_trap() {
    let in_bounds =
        ir_of("(memory 1) (func $f (result i64) (i64.load offset=8 (i32.const 65520)))");
    let beyond = ir_of("(memory 1) (func $f (result i64) (i64.load offset=9 (i32.const 65520)))");
    let trap = format!("user{}", Trap::MemoryOutOfBounds as u8);
    assert!(!in_bounds.contains(&trap), "{in_bounds}");
    assert!(beyond.contains(&trap), "{beyond}");
}

#[test]
fn a_bulk_operator_checks_everything_before_it_writes() {
    let ir = ir_of(
        "(memory 1) (func $f (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))",
    );
    let call = ir.find("call fn").unwrap();
    assert_eq!(ir[..call].matches("trapnz").count(), 2, "{ir}");
    let name = Name::Intrinsic(Intrinsic::Memmove).encode();
    assert!(
        ir.contains(&format!("u{}:{}", name.namespace, name.index)),
        "{ir}"
    );
}

#[test]
fn calls_through_constant_slots_are_direct_or_trap() {
    let call = |index: &str, ty: &str| {
        ir_of(&format!(
            "(type $t (func (result i32))) (type $u (func (param i32) (result i32)))
             (table 3 funcref) (elem (i32.const 1) func $callee)
             (func $callee (result i32) (i32.const 42))
             (func $f (param i32) (result i32) {} (call_indirect (type {ty}) {index}))",
            if ty == "$u" { "(i32.const 9)" } else { "" }
        ))
    };
    let direct = call("(i32.const 1)", "$t");
    assert!(
        direct.contains("call fn0()") && !direct.contains("call_indirect"),
        "{direct}"
    );
    let wrong = call("(i32.const 1)", "$u");
    assert!(
        wrong.contains(&format!("trap user{}", Trap::BadSignature as u8)),
        "{wrong}"
    );
    let null = call("(i32.const 2)", "$t");
    assert!(
        null.contains(&format!("trap user{}", Trap::IndirectCallToNull as u8)),
        "{null}"
    );
    let beyond = call("(i32.const 3)", "$t");
    assert!(
        beyond.contains(&format!("user{}", Trap::TableOutOfBounds as u8)),
        "{beyond}"
    );
    let variable = call("(local.get 0)", "$t");
    for trap in [
        Trap::TableOutOfBounds,
        Trap::BadSignature,
        Trap::IndirectCallToNull,
    ] {
        assert!(
            variable.contains(&format!("user{}", trap as u8)),
            "{variable}"
        );
    }
}

#[test]
fn deep_nesting_needs_no_stack() {
    let depth = 100_000;
    let body = format!(
        "{}{}{}",
        "block ".repeat(depth),
        "br 50000 ",
        "end ".repeat(depth)
    );
    let loops = format!(
        "{}local.get 0 br_if 7 {}",
        "loop ".repeat(5000),
        "end ".repeat(5000)
    );
    let fields = format!("(func $f {body}) (func $g (param i32) {loops})");
    let names = ["f".to_owned(), "g".to_owned()];
    with_env(
        &component(&format!("{fields} {}", run(&names))),
        &isa(X86_64, "none"),
        |env| {
            for func in wasm_funcs(env) {
                compile(env, lower(env, func).unwrap());
            }
        },
    );
}

#[test]
fn every_trap_and_call_has_the_place_of_its_operator() {
    let fields = format!(
        "(memory 1) (func $callee) (func $f (param i32) (result i32)
            (call $callee)
            (i32.div_u (i32.load (local.get 0)) (i32.load8_u offset=4 (local.get 0))))
         {}",
        run(&["f".to_owned()])
    );
    for triple in [X86_64, AARCH64] {
        with_env(&component(&fields), &isa(triple, "speed"), |env| {
            let func = func_named(env, "f");
            let body = env.program.body(func).unwrap();
            let context = compile(env, lower(env, func).unwrap());
            let code = context.compiled_code().unwrap();
            let base = code.buffer.get_srclocs_sorted();
            let operator_at = |offset: u32| {
                let place = base
                    .iter()
                    .find(|range| (range.start..range.end).contains(&offset))
                    .unwrap_or_else(|| panic!("{triple}: no place for {offset:#x}"));
                let (owner, at) = env.source.find(place.loc).unwrap();
                assert_eq!(owner, func);
                body.bytes[at as usize]
            };
            // The opcodes of i32.load, i32.load8_u and i32.div_u.
            for trap in code.buffer.traps() {
                let expected: &[u8] = match trap_of(trap.code) {
                    Some(Trap::MemoryOutOfBounds) => &[0x28, 0x2d],
                    Some(Trap::IntegerDivisionByZero) => &[0x6e],
                    Some(Trap::StackOverflow) => continue,
                    other => panic!("{other:?}"),
                };
                assert!(expected.contains(&operator_at(trap.offset)), "{triple}");
            }
            for call in code.buffer.call_sites() {
                assert_eq!(operator_at(call.ret_addr - 1), 0x10, "{triple}");
            }
            assert!(code.buffer.call_sites().count() == 1 && code.buffer.traps().len() >= 3);
        });
    }
}

#[test]
fn relocations_name_the_program_s_entities() {
    let fields = format!(
        "(memory $hot 1) (memory $m 1)
         (func $f (param i32) (result i32)
            (drop (i32.load $hot (local.get 0))) (drop (i32.load $hot (i32.load $m (local.get 0)))) (call $f (local.get 0)))
         {}",
        run(&["f".to_owned()])
    );
    for triple in [X86_64, AARCH64] {
        with_env(&component(&fields), &isa(triple, "speed"), |env| {
            let func = func_named(env, "f");
            let context = compile(env, lower(env, func).unwrap());
            let mut names: Vec<Name> = context
                .compiled_code()
                .unwrap()
                .buffer
                .relocs()
                .iter()
                .map(|reloc| {
                    let cranelift_codegen::FinalizedRelocTarget::ExternalName(name) = &reloc.target
                    else {
                        panic!("{reloc:?}");
                    };
                    assert!(matches!(name, ExternalName::User(_)));
                    Name::of(&context.func, name).unwrap()
                })
                .collect();
            names.sort();
            names.dedup();
            let memories: Vec<_> = env.program.memories.keys().map(Name::MemoryBase).collect();
            let expected: Vec<Name> = if triple == X86_64 {
                vec![Name::Func(func), memories[1]]
            } else {
                vec![Name::Func(func), memories[0], memories[1]]
            };
            assert_eq!(names, expected, "{triple}");
        });
    }
}

#[test]
fn what_has_no_translation_is_refused_by_name() {
    for (body, name) in [
        ("return_call $f", "return_call"),
        (
            "(drop (i8x16.relaxed_swizzle (v128.const i64x2 1 2) (v128.const i64x2 3 4)))",
            "i8x16_relaxed_swizzle",
        ),
        ("(atomic.fence)", "atomic_fence"),
    ] {
        let fields = format!("(func $f {body}) {}", run(&["f".to_owned()]));
        let text = component(&fields);
        let error = match graph::build(&text, &graph::Limits::default()) {
            // Refused when it was read.
            Err(error) => error,
            Ok(_) => with_env(&text, &isa(X86_64, "speed"), |env| {
                lower(env, func_named(env, "f")).unwrap_err()
            }),
        };
        let Error::Unsupported { feature, place } = &error else {
            panic!("{name}: {error}");
        };
        assert!(feature.contains(name), "{name}: {error}");
        assert!(place.offset.is_some(), "{name}: {error}");
    }
}

#[test]
fn an_inlined_callee_keeps_its_own_memory() {
    struct Always<'c> {
        callee: &'c ir::Function,
        inlined: usize,
    }
    impl Inline for Always<'_> {
        fn inline(
            &mut self,
            _: &ir::Function,
            _: ir::Inst,
            _: ir::Opcode,
            _: ir::FuncRef,
            _: &[ir::Value],
        ) -> InlineCommand<'_> {
            self.inlined += 1;
            InlineCommand::Inline {
                callee: std::borrow::Cow::Borrowed(self.callee),
                visit_callee: false,
            }
        }
    }

    // `hot` takes the place whose base is a constant on x86-64, so that the other two are named.
    let bytes = component_of(&format!(
        r#"(core module $hot (memory 1) (func $hot (export "hot") (param i32)
                (loop (loop (loop (drop (i32.load (local.get 0))) (br 0))))))
           (core instance $hot (instantiate $hot))
           (core module $b (memory 1)
                (func $callee (export "g") (param i32) (result i32) (i32.load (local.get 0))))
           (core instance $b (instantiate $b))
           (core module $m
                (import "hot" "hot" (func $hot (param i32)))
                (import "b" "g" (func $g (param i32) (result i32)))
                (memory 1)
                (func $f (param i32) (result i32)
                    (i32.load (call $g (i32.load (local.get 0)))))
                {} (elem declare func $hot $g)
                (func (drop (ref.func $hot))))
           (core instance $i (instantiate $m
                (with "hot" (instance $hot)) (with "b" (instance $b))))"#,
        run(&["f".to_owned(), "hot".to_owned()])
    ));
    for triple in [X86_64, AARCH64] {
        with_env(&bytes, &isa(triple, "speed"), |env| {
            let callee = func_named(env, "callee");
            let callee = lower(env, callee).unwrap();
            let mut context = Context::for_function(lower(env, func_named(env, "f")).unwrap());
            let mut always = Always {
                callee: &callee,
                inlined: 0,
            };
            assert!(context.inline(&mut always).unwrap());
            assert_eq!(always.inlined, 1);
            let context = compile(env, context.func);
            let mut bases: Vec<Name> = context
                .compiled_code()
                .unwrap()
                .buffer
                .relocs()
                .iter()
                .filter_map(|reloc| match &reloc.target {
                    cranelift_codegen::FinalizedRelocTarget::ExternalName(name) => {
                        Name::of(&context.func, name)
                    }
                    cranelift_codegen::FinalizedRelocTarget::Func(_) => None,
                })
                .collect();
            bases.sort();
            let memories: Vec<_> = env.program.memories.keys().collect();
            let expected = [Name::MemoryBase(memories[1]), Name::MemoryBase(memories[2])];
            assert_eq!(bases, expected, "{triple}");
        });
    }
}

/// A function `f` that has a thousand results, pushes them and then does `body`.
fn wide(body: &str) -> String {
    let (types, values) = (" i32".repeat(1000), " i32.const 1".repeat(1000));
    format!(
        "(func $one (result i32) i32.const 1) (func $f (param i32) (result{types}) {values} {body})"
    )
}

#[test]
fn a_branch_table_passes_its_values_once_for_each_target() {
    let entries = " 0".repeat(20_000);
    let ir = ir_of(&wide(&format!("local.get 0 br_table{entries}")));
    // A thousand constants, and two lists of a thousand values, the branch's and the return's.
    assert!(ir.matches("block").count() > 19_000, "the table is gone");
    assert!(ir.len() < 1_000_000, "{}", ir.len());
}

#[test]
fn what_branches_and_calls_pass_is_bounded() {
    for (body, fits) in [("call $one drop", true), ("local.get 0 br_if 0", false)] {
        let many = wide(&format!(" {body}").repeat(20_000));
        let fields = format!("{many} {}", run(&["f".to_owned()]));
        with_env(
            &component(&fields),
            &isa(X86_64, "none"),
            |env| match lower(env, func_named(env, "f")) {
                Ok(_) => assert!(fits, "{body}"),
                Err(error) => assert!(!fits && matches!(error, Error::Limit { .. }), "{error}"),
            },
        );
    }
}
