//! What is in the image, and what the main function does instead.

use super::{data_in_image, global_image, memory_image, table_image};
use crate::facts::Constant;
use crate::graph;
use crate::lower::Env;
use crate::lower::init::lower_main;
use crate::lower::testing::{X86_64, component, component_of, func_named, isa, with_env};
use nanocc_shim_abi::Trap;

const RUN: &str = r#"(func (export "run") (result i32) i32.const 0)"#;

fn main_ir(env: &Env<'_>) -> String {
    lower_main(env).unwrap().display().to_string()
}

fn test(component: &[u8], check: impl FnOnce(&Env<'_>)) {
    with_env(component, &isa(X86_64, "speed"), check);
}

#[test]
fn own_segments_in_bounds_are_in_the_image_in_order() {
    let fields = format!(
        r#"(memory 1) (data (i32.const 65533) "abc") (data "passive") (data (i32.const 65534) "x")
           (data (i32.const 3) "") {RUN}"#
    );
    test(&component(&fields), |env| {
        let memory = env.program.memories.keys().next().unwrap();
        let image = memory_image(env.program, memory).unwrap();
        assert_eq!(image, [(65533, &b"abc"[..]), (65534, &b"x"[..])]);
        let ir = main_ir(env);
        assert_eq!(
            ir.matches("call").count(),
            1,
            "only the entry is called: {ir}"
        );
    });
}

#[test]
fn a_segment_out_of_bounds_traps_before_the_start_function() {
    let fields =
        format!(r#"(memory 1) (data (i32.const 65534) "abc") (func $start) (start $start) {RUN}"#);
    test(&component(&fields), |env| {
        let memory = env.program.memories.keys().next().unwrap();
        assert!(memory_image(env.program, memory).unwrap().is_empty());
        let ir = main_ir(env);
        let trap = ir
            .find(&format!("user{}", Trap::MemoryOutOfBounds as u8))
            .expect(&ir);
        assert!(trap < ir.find("call").unwrap(), "{ir}");
    });
}

/// Three instances: the first owns a memory and a table, the second may have a start function, the
/// third writes into the first's.
fn shared(start: &str) -> Vec<u8> {
    component_of(&format!(
        r#"(core module $owner
                (memory (export "m") 1) (table (export "t") 4 funcref)
                (data (i32.const 8) "owner") (elem (i32.const 3) func $own) (func $own))
           (core instance $owner (instantiate $owner))
           (core module $middle (import "o" "t" (table 4 funcref)) (import "o" "m" (memory 1))
                (type $t (func))
                (func $start {start}) (start $start))
           (core module $plain)
           (core instance (instantiate {} (with "o" (instance $owner))))
           (core module $writer (import "o" "t" (table 4 funcref)) (import "o" "m" (memory 1))
                (elem (i32.const 1) func $new) (func $new)
                (data (i32.const 10) "W")
                {RUN})
           (core instance $i (instantiate $writer (with "o" (instance $owner))))"#,
        if start.is_empty() {
            "$plain"
        } else {
            "$middle"
        }
    ))
}

#[test]
fn segments_of_others_are_in_the_image_if_nothing_ran() {
    test(&shared(""), |env| {
        let memory = env.program.memories.keys().next().unwrap();
        let image = memory_image(env.program, memory).unwrap();
        assert_eq!(image, [(8, &b"owner"[..]), (10, &b"W"[..])]);
        let table = env.program.tables.keys().next().unwrap();
        let slots: Vec<u32> = table_image(env.program, env.facts, table)
            .unwrap()
            .iter()
            .map(|slot| slot.0)
            .collect();
        assert_eq!(slots, [1, 3]);
    });
}

#[test]
fn segments_of_others_wait_for_start_functions_that_could_look() {
    // It loads from the memory, and calls through the table.
    let looks = "(drop (i32.load (i32.const 8))) (call_indirect (type $t) (i32.const 3))";
    test(&shared(looks), |env| {
        let memory = env.program.memories.keys().next().unwrap();
        assert_eq!(
            memory_image(env.program, memory).unwrap(),
            [(8, &b"owner"[..])]
        );
        let table = env.program.tables.keys().next().unwrap();
        let slots = table_image(env.program, env.facts, table).unwrap();
        assert_eq!(slots.len(), 1);
        let writer = env.program.instances.keys().next_back().unwrap();
        assert!(!data_in_image(env.program, writer, 0).unwrap());
        // The start function, two copies, the entry.
        assert_eq!(main_ir(env).matches("call fn").count(), 4);
    });
    // It touches neither. What facts know of the table's slots decides, of memory nothing does.
    test(&shared("nop"), |env| {
        let table = env.program.tables.keys().next().unwrap();
        let slots = table_image(env.program, env.facts, table).unwrap();
        assert_eq!(slots.len(), 2);
    });
}

#[test]
fn globals_follow_imports_to_their_definitions() {
    let bytes = component_of(
        r#"(core module $a (global (export "g") i32 (i32.const 40)))
           (core instance $a (instantiate $a))
           (core module $m (import "a" "g" (global $g i32))
                (global $sum (mut i32) (i32.add (global.get $g) (i32.mul (i32.const 2) (i32.const -3))))
                (global $ref (mut funcref) (ref.func $f))
                (func $f (export "f") (global.set $sum (i32.const 0)) (global.set $ref (ref.null func)))
                (memory 1) (data (offset (i32.sub (global.get $g) (i32.const 1))) "x")
                (func (export "run") (result i32) call $f i32.const 0))
           (core instance $i (instantiate $m (with "a" (instance $a))))"#,
    );
    test(&bytes, |env| {
        let globals: Vec<_> = env.program.globals.keys().collect();
        let value = |n: usize| global_image(env.program, globals[n]).unwrap();
        assert_eq!(value(0), Constant::I32(40));
        assert_eq!(value(1), Constant::I32(34));
        assert_eq!(value(2), Constant::Func(func_named(env, "f")));
        let memory = env.program.memories.keys().next().unwrap();
        assert_eq!(
            memory_image(env.program, memory).unwrap(),
            [(39, &b"x"[..])]
        );
    });
}

#[test]
fn a_constant_that_doubles_at_every_link_is_refused() {
    // Each instance's global is twice its predecessor's, by two reads of it.
    let mut text = String::from(
        r#"(core module $first (global (export "g") i32 (i32.const 1)))
           (core module $twice (import "p" "g" (global $g i32))
                (global (export "g") i32 (i32.add (global.get $g) (global.get $g))))
           (core instance $i0 (instantiate $first))"#,
    );
    for link in 1..=40 {
        text.push_str(&format!(
            r#"(core instance $i{link} (instantiate $twice (with "p" (instance $i{}))))"#,
            link - 1
        ));
    }
    text.push_str(&format!(
        "(core module $m {RUN}) (core instance $i (instantiate $m))"
    ));
    let bytes = component_of(&text);
    let program = graph::build(&bytes, &graph::Limits::default()).unwrap();
    let globals: Vec<_> = program.globals.keys().collect();
    assert_eq!(
        global_image(&program, globals[10]).unwrap(),
        Constant::I32(1 << 10)
    );
    global_image(&program, globals[40]).unwrap_err();
}
