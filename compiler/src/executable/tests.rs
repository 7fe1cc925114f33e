//! Whole programs: from a component's text to an executable, which is run, for this machine and, where
//! qemu is installed, for aarch64.

use crate::compose::Composed;
use crate::options::{Emit, OptLevel, Options, Target};
use crate::pipeline;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

/// A product of the pipeline for a component in text format.
fn product(text: &str, target: &Target, opt: OptLevel, emit: Emit) -> Vec<u8> {
    let input = Composed {
        bytes: wat::parse_str(text).expect("the test's text parses"),
    };
    let options = Options {
        opt,
        emit: vec![emit],
        ..Options::new(target.clone())
    };
    let output = pipeline::compile(&input, &options, None, &()).unwrap();
    output.product(emit).unwrap().to_vec()
}

/// The targets whose executables run here, and what runs them.
static RUNNERS: LazyLock<Vec<(Target, Option<&str>)>> = LazyLock::new(|| {
    let mut runners = Vec::new();
    let host = Target::host().unwrap();
    let qemu = "qemu-aarch64-static";
    if host != Target::aarch64()
        && Command::new(qemu).arg("--version").output().is_ok()
        && crate::shim::object(Target::aarch64().machine, None).is_ok()
    {
        runners.push((Target::aarch64(), Some(qemu)));
    } else {
        eprintln!("not run for aarch64: qemu-aarch64-static or the runtime shim is missing");
    }
    runners.push((host, None));
    runners
});

/// Runs an executable.
fn run(bytes: &[u8], runner: Option<&str>) -> Output {
    use std::os::unix::fs::OpenOptionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("program");
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o755)
        .open(&path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, bytes))
        .unwrap();
    let mut command = match runner {
        Some(runner) => {
            let mut command = Command::new(runner);
            command.arg(&path);
            command
        }
        None => Command::new(&path),
    };
    // Another thread that forks at this moment holds the file open for writing until its exec.
    for _ in 0..100 {
        match command.stdin(Stdio::null()).output() {
            Err(e) if e.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            result => return result.unwrap(),
        }
    }
    panic!("{}: busy", path.display());
}

/// Compiles and runs at every level, on every machine: the status and standard error.
fn check(text: &str, expected: impl Fn(Option<i32>, &str)) {
    for (target, runner) in RUNNERS.iter() {
        for opt in LEVELS {
            let output = run(&product(text, target, opt, Emit::Exe), *runner);
            let stderr = String::from_utf8_lossy(&output.stderr);
            expected(output.status.code(), &format!("{target} -O{opt}\n{stderr}"));
        }
    }
}

const LEVELS: [OptLevel; 4] = [OptLevel::O0, OptLevel::O1, OptLevel::O2, OptLevel::Os];

/// A component that exports `wasi:cli/run` from a core module's function `run`, `[] -> [i32]`.
fn command(core: &str) -> String {
    format!(
        r#"(component
            (core module $m {core})
            (core instance $i (instantiate $m))
            {EXPORT_RUN})"#
    )
}

/// Lifts `run` of core instance `$i` and exports it.
const EXPORT_RUN: &str = r#"
    (func $run (result (result)) (canon lift (core func $i "run")))
    (component $runner
        (import "run" (func $f (result (result))))
        (export "run" (func $f)))
    (instance $out (instantiate $runner (with "run" (func $run))))
    (export "wasi:cli/run@0.2.0" (instance $out))"#;

/// Two components: `callee`'s core module exports `f`, `[i32] -> [i32]`; `caller`'s imports it.
fn pair(callee: &str, caller: &str) -> String {
    format!(
        r#"(component
            (component $callee
                (core module $m {callee})
                (core instance $i (instantiate $m))
                (func (export "f") (param "x" u32) (result u32) (canon lift (core func $i "f"))))
            (instance $a (instantiate $callee))
            (component $caller
                (import "f" (func $f (param "x" u32) (result u32)))
                (core func $f (canon lower (func $f)))
                (core module $m {caller})
                (core instance $i (instantiate $m
                    (with "" (instance (export "f" (func $f))))))
                {EXPORT_RUN})
            (instance $b (instantiate $caller (with "f" (func $a "f"))))
            (export "wasi:cli/run@0.2.0" (instance $b "wasi:cli/run@0.2.0")))"#
    )
}

#[test]
fn the_result_of_run_is_the_exit_status() {
    for result in [0, 1] {
        let text = command(&format!(
            r#"(func (export "run") (result i32) (i32.const {result}))"#
        ));
        check(&text, |status, context| {
            assert_eq!(status, Some(result), "{context}");
        });
    }
}

#[test]
fn the_initial_state_is_there() {
    // Every check that fails traps.
    let text = command(
        r#"(type $t (func (result i32)))
        (memory 2)
        (global $g (mut i32) (i32.const -7))
        (global $h (mut i64) (i64.const 0x123456789abcdef0))
        (global $r (mut funcref) (ref.func $two))
        (table $table 10 10 funcref)
        (table $grows 1 5 funcref)
        (elem (table $table) (i32.const 3) func $one $two)
        (elem (table $grows) (i32.const 0) func $two)
        (elem declare func $two)
        (data (i32.const 100) "abcdef")
        (data (i32.const 102) "XY")
        (data (i32.const 65534) "edge")
        (func $one (type $t) (i32.const 1))
        (func $two (type $t) (i32.const 2))
        (func $expect (param i32) (if (i32.eqz (local.get 0)) (then (unreachable))))
        (func (export "run") (result i32)
            (call $expect (i32.eq (i32.load (i32.const 100)) (i32.const 0x59586261)))
            (call $expect (i32.eq (i32.load (i32.const 104)) (i32.const 0x6665)))
            (call $expect (i32.eq (i32.load (i32.const 65534)) (i32.const 0x65676465)))
            (call $expect (i32.eqz (i32.load (i32.const 131068))))
            (call $expect (i32.eq (global.get $g) (i32.const -7)))
            (call $expect (i64.eq (global.get $h) (i64.const 0x123456789abcdef0)))
            (call $expect (i32.eqz (ref.is_null (global.get $r))))
            (global.set $g (i32.const 4))
            (global.set $h (i64.const 1))
            (table.set $table (i32.const 9) (global.get $r))
            (global.set $r (ref.null func))
            (call $expect (ref.is_null (global.get $r)))
            (call $expect (i32.eq (i32.const 1)
                (call_indirect $table (type $t) (i32.sub (global.get $g) (i32.const 1)))))
            (call $expect (i32.eq (i32.const 2)
                (call_indirect $table (type $t) (global.get $g))))
            (call $expect (i32.eq (i32.const 2)
                (call_indirect $table (type $t) (i32.add (global.get $g) (i32.const 5)))))
            (call $expect (i32.eq (i32.const 1)
                (table.grow $grows (ref.func $two) (i32.const 3))))
            (call $expect (i32.eq (table.size $grows) (i32.const 4)))
            (call $expect (i32.eq (i32.const -1)
                (table.grow $grows (ref.func $two) (i32.const 2))))
            (call $expect (i32.eq (i32.const 2)
                (call_indirect $grows (type $t) (i32.const 3))))
            (call $expect (i32.eq (memory.grow (i32.const 3)) (i32.const 2)))
            (i32.store (i32.const 327676) (i32.const 5))
            (call $expect (i32.eq (i32.load (i32.const 327676)) (i32.const 5)))
            (i32.const 0))"#,
    );
    check(&text, |status, context| {
        assert_eq!(status, Some(0), "{context}");
    });
}

#[test]
fn a_trap_in_inlined_code_names_the_callee() {
    let text = pair(
        r#"(func $divide (param i32) (result i32)
            (i32.div_u (i32.const 1000) (local.get 0)))
        (func (export "f") (param i32) (result i32) (call $divide (local.get 0)))"#,
        r#"(import "" "f" (func $f (param i32) (result i32)))
        (func (export "run") (result i32)
            (drop (call $f (i32.const 10)))
            (call $f (i32.const 0)))"#,
    );
    check(&text, |status, context| {
        assert_eq!(status, Some(134), "{context}");
        for words in ["integer divide by zero", "component `a`", "`divide`"] {
            assert!(context.contains(words), "{words} in {context}");
        }
    });
}

#[test]
fn a_trap_of_the_caller_names_the_caller() {
    let text = pair(
        r#"(func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))"#,
        r#"(import "" "f" (func $f (param i32) (result i32)))
        (memory 1)
        (func $reach (param i32) (result i32)
            (i32.add (i32.const 3) (i32.load (call $f (local.get 0)))))
        (func (export "run") (result i32)
            (drop (call $reach (i32.const 0x0ffffff)))
            (i32.const 0))"#,
    );
    check(&text, |status, context| {
        assert_eq!(status, Some(134), "{context}");
        for words in ["out of bounds memory access", "component `b`", "`reach`"] {
            assert!(context.contains(words), "{words} in {context}");
        }
    });
}

#[test]
fn endless_recursion_is_a_trap() {
    // The frame is about 100 KiB: it has to touch the guard page before it steps over it.
    let locals = "(local i64)".repeat(200);
    let uses: String = (0..200)
        .map(|n| format!("(local.set {n} (i64.load (i32.const {})))", n * 8))
        .collect();
    let sum: String = (0..200)
        .map(|n| format!("(i64.store (i32.const {}) (local.get {n}))", n * 8))
        .collect();
    let text = command(&format!(
        r#"(memory 1)
        (func $deep {locals} {uses} (call $deep) {sum})
        (func (export "run") (result i32) (call $deep) (i32.const 0))"#
    ));
    check(&text, |status, context| {
        assert_eq!(status, Some(134), "{context}");
        for words in ["call stack exhausted", "`deep`"] {
            assert!(context.contains(words), "{words} in {context}");
        }
    });
}

#[test]
fn a_call_across_components_folds_to_a_constant() {
    let text = pair(
        r#"(func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 42)))"#,
        r#"(import "" "f" (func $f (param i32) (result i32)))
        (func (export "run") (result i32) (i32.ne (call $f (i32.const 5)) (i32.const 47)))"#,
    );
    let assembly = product(&text, &Target::x86_64(), OptLevel::O2, Emit::Asm);
    let assembly = String::from_utf8(assembly).unwrap();
    assert_eq!(assembly.matches("ret").count(), 1, "{assembly}");
    for instruction in ["call", "add", "cmp", "ud2", "mov (", "mov %"] {
        assert!(
            !assembly.contains(&format!(" {instruction}")),
            "{instruction} in\n{assembly}"
        );
    }
    check(&text, |status, context| {
        assert_eq!(status, Some(0), "{context}");
    });
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let text = pair(
        r#"(memory 1) (data (i32.const 8) "x")
        (func $g (param i32) (result i32) (i32.load (local.get 0)))
        (func $h (param i32) (result i32) (i32.div_s (local.get 0) (i32.const 3)))
        (table 4 funcref) (elem (i32.const 0) $g $h)
        (func (export "f") (param i32) (result i32)
            (call_indirect (param i32) (result i32) (local.get 0) (local.get 0)))"#,
        r#"(import "" "f" (func $f (param i32) (result i32)))
        (func (export "run") (result i32) (call $f (i32.const 1)))"#,
    );
    for (target, _) in RUNNERS.iter() {
        let with_threads = |threads| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap()
                .install(|| product(&text, target, OptLevel::O2, Emit::Exe))
        };
        let one = with_threads(1);
        for threads in [1, 2, 7] {
            assert!(with_threads(threads) == one, "{target}, {threads} threads");
        }
    }
}

#[test]
fn the_object_is_one_that_tools_read() {
    use object::{Object, ObjectSection, ObjectSymbol};
    let text = pair(
        r#"(memory 1)
        (func (export "f") (param i32) (result i32) (i32.load (local.get 0)))"#,
        r#"(import "" "f" (func $f (param i32) (result i32)))
        (func (export "run") (result i32) (call $f (i32.const 1)))"#,
    );
    for target in [Target::x86_64(), Target::aarch64()] {
        let bytes = product(&text, &target, OptLevel::O0, Emit::Obj);
        let file = object::File::parse(&*bytes).unwrap();
        assert_eq!(file.kind(), object::ObjectKind::Relocatable);
        let main = file
            .symbols()
            .find(|symbol| symbol.name() == Ok("__nanocc_main"))
            .unwrap();
        assert!(main.is_definition() && main.size() > 0);
        let section = file
            .section_by_index(main.section_index().unwrap())
            .unwrap();
        assert!(section.relocations().count() > 0);
    }
}
