//! Core modules to components, seen from outside: what is exported, what is imported, and what a
//! composition does with one.

use nanocc::compose::{Package, PackageError, Request, compose};
use nanocc::error::{CoreModuleError, Error};
use nanocc::graph::{self, Limits};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use wasmparser::{ComponentExternalKind, Operator, Parser, Payload, Validator, WasmFeatures};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

fn component(path: &str, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut none = |_: Request<'_>| {
        Err(PackageError::Missing {
            searched: Vec::new(),
        })
    };
    let composed = compose(Path::new(path), bytes, &mut none, &())?;
    Validator::new_with_features(WasmFeatures::all())
        .validate_all(&composed.bytes)
        .expect("the component is valid");
    Ok(composed.bytes)
}

/// The names of a component's own imports and exports, without versions.
fn surface(component: &[u8]) -> (Vec<String>, Vec<String>) {
    let (mut imports, mut exports, mut depth) = (Vec::new(), Vec::new(), 0);
    let short = |name: &str| name.split('@').next().unwrap_or(name).to_owned();
    for payload in Parser::new(0).parse_all(component) {
        match payload.unwrap() {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                imports.extend(section.into_iter().map(|i| short(i.unwrap().name.name)));
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    let export = export.unwrap();
                    assert_eq!(export.kind, ComponentExternalKind::Instance);
                    exports.push(short(export.name.name));
                }
            }
            _ => {}
        }
    }
    (imports, exports)
}

/// A core module with the types of `world` of `wit` in it, as `wit-bindgen` leaves one.
fn described(module: &str, wit: &str, world: &str) -> Vec<u8> {
    let mut bytes = wat::parse_str(module).unwrap();
    let mut resolve = Resolve::new();
    let package = resolve.push_source("test.wit", wit).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    embed_component_metadata(&mut bytes, &resolve, world, StringEncoding::UTF8).unwrap();
    bytes
}

/// `wasi:cli/run`, as a package that stands alone.
const RUN: &str =
    "package wasi:cli@0.2.0; interface run { run: func() -> result; } world it { export run; }";

#[test]
fn a_command_imports_what_it_uses_and_no_more() {
    let text = br#"(module
        (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start")))"#;
    let (imports, exports) = surface(&component("random.wat", text).unwrap());
    assert_eq!(exports, ["wasi:cli/run"]);
    assert!(
        imports.contains(&"wasi:random/random".to_owned()),
        "{imports:?}"
    );
    let unused =
        |name: &String| name.starts_with("wasi:sockets") || name.starts_with("wasi:clocks");
    assert!(!imports.iter().any(unused), "{imports:?}");
}

#[test]
fn a_command_without_imports_has_no_adapter() {
    for text in [
        "(module (func (export \"_start\")))",
        "(module (memory (export \"memory\") 1) (func (export \"_start\")))",
    ] {
        let (imports, exports) = surface(&component("x.wat", text.as_bytes()).unwrap());
        assert_eq!(imports, [""; 0]);
        assert_eq!(exports, ["wasi:cli/run"]);
    }
}

#[test]
fn a_reactor_exports_what_its_types_say() {
    let module = r#"(module
        (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_initialize"))
        (func (export "wasi:cli/run@0.2.0#run") (result i32) (i32.const 0)))"#;
    let bytes = component("x.wasm", &described(module, RUN, "it")).unwrap();
    assert_eq!(surface(&bytes).1, ["wasi:cli/run"]);

    // What the types promise and the module doesn't have.
    let bytes = described("(module (memory (export \"memory\") 1))", RUN, "it");
    let error = component("x.wasm", &bytes).unwrap_err();
    let Error::CoreModule {
        problem: CoreModuleError::Encode { message },
        ..
    } = &error
    else {
        panic!("{error}")
    };
    assert!(message.contains("wasi:cli/run"), "{message}");
    assert!(error.help().is_some());
}

#[test]
fn a_module_may_import_what_its_types_explain() {
    let wit =
        "package test:log; interface log { write: func(code: u32); } world it { import log; }";
    let module = r#"(module
        (import "test:log/log" "write" (func $write (param i32)))
        (memory (export "memory") 1)
        (func (export "_start") (call $write (i32.const 1))))"#;
    let (imports, exports) = surface(&component("x.wasm", &described(module, wit, "it")).unwrap());
    assert!(imports.contains(&"test:log/log".to_owned()), "{imports:?}");
    assert_eq!(exports, ["wasi:cli/run"]);
}

#[test]
fn a_package_may_be_a_core_module() {
    let reactor = described(
        "(module (func (export \"test:number/number#number\") (result i32) (i32.const 7)))",
        "package test:number; interface number { number: func() -> u32; } world it { export number; }",
        "it",
    );
    let main = described(
        r#"(module
            (import "test:number/number" "number" (func $number (result i32)))
            (memory (export "memory") 1)
            (func (export "_start") (drop (call $number))))"#,
        "package test:number; interface number { number: func() -> u32; } world it { import number; }",
        "it",
    );
    let mut load = |request: Request<'_>| {
        let bytes = if request.name == "test:main" {
            &main
        } else {
            &reactor
        };
        Ok(Package {
            origin: "x.wasm".into(),
            bytes: bytes.clone(),
        })
    };
    let text = b"package test:all;
        let number = new test:number {};
        let main = new test:main { \"test:number/number\": number[\"test:number/number\"], ... };
        export main...;";
    let composed = compose(Path::new("x.wac"), text, &mut load, &()).unwrap();
    let (imports, exports) = surface(&composed.bytes);
    assert_eq!(exports, ["wasi:cli/run"]);
    assert!(
        !imports.contains(&"test:number/number".to_owned()),
        "{imports:?}"
    );
}

/// Compiles with the command and runs the executable: its exit status.
fn status(input: &[u8]) -> Option<i32> {
    run(input).status.code()
}

/// Compiles with the command and runs the executable.
fn run(input: &[u8]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("input.wasm"), input).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_nanocc"))
        .args(["input.wasm", "-o", "program"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Command::new(folder.path().join("program"))
        .output()
        .unwrap()
}

#[test]
fn a_reactor_runs_after_its_initialisation() {
    let module = r#"(module
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (global $ready (mut i32) (i32.const 0))
        (func (export "_initialize") (global.set $ready (i32.const 1)))
        (func (export "wasi:cli/run@0.2.0#run") (result i32)
            (if (call $random (i32.const 64) (i32.const 8)) (then (return (i32.const 1))))
            (if (i64.eqz (i64.load (i32.const 64))) (then (return (i32.const 1))))
            (i32.eqz (global.get $ready))))"#;
    assert_eq!(status(&described(module, RUN, "it")), Some(0));
    let uninitialised = module.replace("(global.set $ready (i32.const 1))", "");
    assert_eq!(status(&described(&uninitialised, RUN, "it")), Some(1));
}

/// Indices that take two bytes, no section of globals, several memories' worth of sections around.
#[test]
fn a_memory_is_seen_alone_whatever_surrounds_it() {
    let many = |piece: &str| piece.repeat(200);
    for (before, after) in [
        (String::new(), String::new()),
        (many("(func)"), String::new()),
        (String::new(), many("(global i32 (i32.const 0))")),
        (
            many("(func (result i32) (i32.const 77))"),
            many("(global (mut i64) (i64.const 1))")
                + "(table 3 funcref) (elem (i32.const 0) 1 2) (data (i32.const 8) \"x\")",
        ),
    ] {
        let text = format!(
            r#"(module
                (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
                {before}
                {after}
                (memory (export "memory") 3)
                (func (export "_start") (local i32 i64)
                    (drop (call $args (i32.const 0) (i32.const 4)))
                    (local.set 0 (memory.size))
                    (drop (memory.grow (i32.const 5)))
                    ;; 3 + 10 * (3 + 5): nothing of it is the adapter's
                    (call $exit (i32.add (local.get 0) (i32.mul (i32.const 10) (memory.size))))))"#
        );
        assert_eq!(status(&wat::parse_str(&text).unwrap()), Some(83), "{text}");
    }
}

/// A command with a page of memory that asks for an annex by these globals and this section's contents.
fn with_annex(globals: &str, section: &str, start: &str) -> Option<i32> {
    let text = format!(
        r#"(module (memory (export "memory") 1) {globals}
            (func (export "_start") {start})
            (@custom "nanocc:annex" "{section}"))"#
    );
    status(&wat::parse_str(&text).unwrap())
}

#[test]
fn an_annex_begins_and_ends_where_it_does() {
    let zero = "(global $annex (mut i32) (i32.const 0))";
    let is_there = "(if (i32.ne (global.get $annex) (i32.const 0xff000000)) (then unreachable))";
    let fill = |at, len| format!("(memory.fill (i32.const {at}) (i32.const 1) (i32.const {len}))");
    let load = |what| format!("(drop ({what}))");
    let (fine, trap) = (Some(0), Some(134));
    for (start, ends) in [
        (is_there.to_owned(), fine),
        (fill("0xff000000", "0xff0000"), fine),
        (fill("0xfffeffff", "1"), fine),
        (fill("0xfeffffff", "2"), trap),
        (fill("0xff000000", "0xff0001"), trap),
        (fill("0xfffeffff", "2"), trap),
        (fill("0xffffffff", "1"), trap),
        (fill("0xffff", "2"), trap),
        (load("i32.load (i32.const 0xff000000)"), fine),
        (load("i32.load (i32.const 0xfffefffc)"), fine),
        (load("i32.load (i32.const 0xfffefffd)"), trap),
        (load("i32.load8_u (i32.const 0xffff0000)"), trap),
        (load("i32.load8_u (i32.const 0xfeffffff)"), trap),
        (load("i32.load (i32.const 0xfefffffd)"), trap),
        // Offsets that are compared with the length.
        (load("i32.load offset=0xff000000 (i32.const 0)"), fine),
        (load("i32.load offset=0xfffefffc (i32.const 0)"), fine),
        (load("i32.load offset=0xfffefffd (i32.const 0)"), trap),
        (
            load("i32.load offset=0x80000000 (i32.const 0x7f000000)"),
            fine,
        ),
        (
            load("i32.load offset=0x80000000 (i32.const 0x7effffff)"),
            trap,
        ),
        (
            load("i32.load offset=0xffffffff (i32.const 0xff000001)"),
            trap,
        ),
        // The memory grows as far as that.
        (
            "(if (i32.ne (memory.grow (i32.const 65280)) (i32.const -1)) (then unreachable))"
                .to_owned(),
            fine,
        ),
        (
            "(if (i32.ne (memory.grow (i32.const 65279)) (i32.const 1)) (then unreachable))"
                .to_owned(),
            fine,
        ),
    ] {
        assert_eq!(with_annex(zero, "\\00\\00", &start), ends, "{start}");
    }
    // A maximum, and what asks for none that can be.
    let grow = "(if (i32.ne (memory.grow (i32.const 2)) (i32.const -1)) (then unreachable))";
    assert_eq!(with_annex(zero, "\\00\\00\\02", grow), fine);
    for (globals, section) in [
        (zero, ""),
        (zero, "\\00"),
        (zero, "\\01\\00"),
        (zero, "\\00\\01"),
        ("(global $annex i32 (i32.const 0))", "\\00\\00"),
        ("(global $annex (mut i32) (i32.const 1))", "\\00\\00"),
        (
            "(global (mut i64) (i64.const 0)) (global $annex i32 (i32.const 0))",
            "\\00\\00",
        ),
    ] {
        let ends = with_annex(globals, section, is_there);
        assert_eq!(ends, trap, "{globals} {section}");
        let ends = with_annex(globals, section, &load("i32.load (i32.const 0xff000000)"));
        assert_eq!(ends, trap, "{globals} {section}");
    }
}

#[test]
fn a_module_that_allocates_for_its_adapter_stays_as_it_is() {
    // Its own `cabi_realloc` is asked for both pages, and the memory's size is the memory's.
    let text = r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
        (memory (export "memory") 3)
        (global $asked (mut i32) (i32.const 0))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
            (global.set $asked (i32.add (global.get $asked) (i32.const 1)))
            (i32.shl (memory.grow (i32.const 1)) (i32.const 16)))
        (func (export "_start")
            (drop (call $args (i32.const 0) (i32.const 4)))
            (call $exit (i32.add (memory.size) (i32.mul (i32.const 10) (global.get $asked))))))"#;
    assert_eq!(status(&wat::parse_str(text).unwrap()), Some(25));
}

/// A trap's message tells the offset in the file that was given, also of a function behind one that was changed.
#[test]
fn a_trap_has_its_place_in_the_module_as_it_was() {
    let many = "(func)".repeat(200);
    let text = format!(
        r#"(module
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            {many}
            (memory (export "memory") 1)
            (func $grow (drop (memory.grow (i32.const 1))) (drop (memory.grow (i32.const 1))))
            (func $fail (call $grow) unreachable)
            (func (export "_start") (call $fail) (call $exit (i32.const 0))))"#
    );
    let module = wat::parse_str(&text).unwrap();
    let mut expected = None;
    for payload in Parser::new(0).parse_all(&module) {
        if let Payload::CodeSectionEntry(body) = payload.unwrap() {
            for operator in body
                .get_operators_reader()
                .unwrap()
                .into_iter_with_offsets()
            {
                if let (Operator::Unreachable, offset) = operator.unwrap() {
                    expected = Some(offset);
                }
            }
        }
    }
    let output = run(&module);
    assert_eq!(output.status.code(), Some(134));
    let message = String::from_utf8(output.stderr).unwrap();
    let place = format!(
        "function `fail`, at module offset {:#x}\n",
        expected.unwrap()
    );
    assert!(message.contains(&place), "{message} {place}");
}

/// Damaged modules end in an error or in a component that is valid or refused: never in a panic.
#[test]
fn damage_ends_in_an_error_or_a_component() {
    let reactor = r#"(module
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_initialize"))
        (func (export "wasi:cli/run@0.2.0#run") (result i32) (i32.const 0)))"#;
    let command = r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1 9)
        (global (mut i32) (i32.const 1))
        (func (export "_start") (drop (memory.grow (i32.const 1))) (call $exit (memory.size))))"#;
    let rounds = match std::env::var("ROUNDS") {
        Ok(rounds) => rounds.parse().unwrap(),
        Err(_) => 1500,
    };
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        // xorshift64*
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below
    };
    let (mut made, mut refused) = (0, 0);
    for whole in [
        described(reactor, RUN, "it"),
        wat::parse_str(command).unwrap(),
    ] {
        for _ in 0..rounds {
            let mut bytes = whole.clone();
            for _ in 0..=random(3) {
                let at = 8 + random(bytes.len() - 8);
                match random(4) {
                    0 => bytes[at] = random(256) as u8,
                    1 => bytes[at] ^= 1 << random(8),
                    2 => drop(bytes.splice(at..at, [random(256) as u8])),
                    _ => drop(bytes.remove(at)),
                }
            }
            let mut none = |_: Request<'_>| unreachable!("a module has no packages");
            match compose(Path::new("x.wasm"), &bytes, &mut none, &()) {
                Ok(composed) => {
                    made += 1;
                    let _ = graph::build(&composed.bytes, &Limits::default());
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(made > 0 && refused > 0, "{made} {refused}");
}
