//! Linking by name.

use super::{Script, binary};
use crate::error::Error;
use crate::facts;
use crate::graph::Limits;
use crate::program::{Step, ValType};
use wasmparser::WasmFeatures;

const HOST: &str = r#"(module
    (func (export "f") (param i32))
    (table (export "t") 2 4 funcref)
    (memory (export "m") 1 4)
    (memory (export "grows") 1)
    (global (export "c") i32 (i32.const 7))
    (global (export "v") (mut i32) (i32.const 7))
    (func (export "grow") (drop (memory.grow 1 (i32.const 1)))))"#;

/// The error of linking `import` to [`HOST`], registered as `host`.
fn link(import: &str) -> Result<(), Error> {
    let host = binary(HOST.as_bytes()).unwrap();
    let user = format!("(module (import {import}))");
    let user = binary(user.as_bytes()).unwrap();
    let mut script = Script::new(WasmFeatures::all(), &Limits::default());
    let module = script.module(&host).unwrap();
    let instance = script.instantiate(module).unwrap();
    script.register("host", instance);
    let module = script.module(&user).unwrap();
    script.instantiate(module).map(|_| ())
}

#[test]
fn imports_link_to_what_has_their_type() {
    for import in [
        r#""host" "f" (func (param i32))"#,
        r#""host" "t" (table 2 funcref)"#,
        r#""host" "t" (table 1 4 funcref)"#,
        r#""host" "t" (table 0 5 funcref)"#,
        r#""host" "m" (memory 1 4)"#,
        r#""host" "c" (global i32)"#,
        r#""host" "v" (global (mut i32))"#,
        // Compared when it runs: it may have grown by then.
        r#""host" "grows" (memory 9)"#,
    ] {
        link(import).unwrap_or_else(|error| panic!("{import}: {error}"));
    }
}

#[test]
fn what_has_another_type_is_refused_by_its_reason() {
    for (import, reason) in [
        (r#""host" "f" (func (param i64))"#, "I64"),
        (r#""host" "f" (func (param i32) (result i32))"#, "results"),
        (r#""host" "f" (memory 1)"#, "it is a function"),
        (r#""host" "t" (table 2 externref)"#, "ExternRef"),
        (r#""host" "t" (table 3 funcref)"#, "its size is 2"),
        (r#""host" "t" (table 2 3 funcref)"#, "its maximum is 4"),
        (r#""host" "m" (memory 2)"#, "its size is 1"),
        (r#""host" "grows" (memory 1 2)"#, "no maximum"),
        (r#""host" "c" (global i64)"#, "I64"),
        (r#""host" "c" (global (mut i32))"#, "mutable"),
        (r#""host" "v" (global i32)"#, "mutable"),
    ] {
        let error = link(import).expect_err(import);
        assert!(matches!(error, Error::CoreImportType { .. }), "{error:?}");
        assert!(error.to_string().contains(reason), "{import}: {error}");
    }
}

#[test]
fn unknown_names_are_refused() {
    for import in [r#""host" "g" (func)"#, r#""guest" "f" (func)"#] {
        let error = link(import).expect_err(import);
        assert!(
            matches!(error, Error::UnknownCoreImport { .. }),
            "{error:?}"
        );
    }
}

#[test]
fn what_does_not_validate_is_refused() {
    let mut script = Script::new(WasmFeatures::WASM1, &Limits::default());
    let component = binary(b"(component)").unwrap();
    let extends = binary(b"(module (func (param i32) local.get 0 i32.extend8_s drop))").unwrap();
    for bytes in [&b"\0asm\x01\0\0\0\x0c"[..], b"\0as", &component, &extends] {
        let error = script.module(bytes).map(|_| ()).expect_err("refused");
        assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
    }
    let error = binary(b"(module (func (result i32)").map(|_| ());
    assert!(matches!(error, Err(Error::Wat(_))), "{error:?}");
}

#[test]
fn what_is_exported_counts_as_changed_from_outside() {
    let bytes = binary(
        br#"(module
            (table $shown (export "t") 1 funcref) (table $hidden 1 funcref)
            (memory $seen (export "m") 1) (memory $unseen 1)
            (global $out (export "v") (mut i32) (i32.const 1)) (global $in (mut i32) (i32.const 1))
            (elem (table $shown) (i32.const 0) func $f) (elem (table $hidden) (i32.const 0) func $f)
            (func $f (export "f") (result i64) i64.const 0))"#,
    )
    .unwrap();
    let mut script = Script::new(WasmFeatures::all(), &Limits::default());
    let module = script.module(&bytes).unwrap();
    let instance = script.instantiate(module).unwrap();
    let func = script.func(instance, "f").unwrap();
    assert!(matches!(
        script.func(instance, "t"),
        Err(Error::UnknownExport { .. })
    ));
    let global = script.global(instance, "v").unwrap();
    assert_eq!(script.step(Step::Instantiate(instance)), 0);
    assert_eq!(script.step(Step::Call(func)), 1);
    assert_eq!(script.step(Step::Read(global)), 2);
    let program = script.finish().unwrap();
    assert_eq!(program.entry.steps().len(), 3);
    assert_eq!(
        program.signatures[program.funcs[func].sig].results,
        [ValType::I64]
    );

    let facts = facts::analyse(&program);
    assert!(facts.reachable(func));
    let tables: Vec<_> = program.tables.keys().collect();
    assert!(facts.constant_table(tables[0]).is_none() && facts.table_grows(tables[0]));
    assert!(facts.constant_table(tables[1]).is_some() && !facts.table_grows(tables[1]));
    let memories: Vec<_> = program.memories.keys().collect();
    assert!(!facts.memory_fixed(memories[0]) && facts.memory_fixed(memories[1]));
    let globals: Vec<_> = program.globals.keys().collect();
    assert!(facts.global_value(globals[0]).is_none() && facts.global_value(globals[1]).is_some());
}
