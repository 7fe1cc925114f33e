//! Whole programs: from a component's text to an executable, which is run.

use crate::error::Result;
use crate::lower::names::{self, Name};
use crate::lower::{Env, adapter, init, source::SourceMap, wasm};
use crate::policy::Policy;
use crate::program::FuncKind;
use crate::target::{OptLevel, Target};
use crate::{codegen, executable, facts, graph, inline, plan, shim};
use std::process::{Command, Output, Stdio};

/// Compiles a component in text format.
fn compile(text: &str, target: &Target, opt: OptLevel) -> Result<Vec<u8>> {
    let bytes = wat::parse_str(text).expect("the test's text parses");
    let program = graph::build(&bytes, &Default::default())?;
    let facts = facts::analyse(&program);
    let plan = plan::plan(&program, &facts, target.space())?;
    let thunks = adapter::thunks(&program, &facts);
    let source = SourceMap::new(&program, facts.reachable_funcs())?;
    let isa = target.isa(opt)?;
    let env = Env {
        program: &program,
        facts: &facts,
        plan: &plan,
        source: &source,
        isa: isa.as_ref(),
    };
    let mut functions = vec![(Name::Main, init::lower_main(&env)?)];
    for func in facts.reachable_funcs() {
        if let FuncKind::Wasm { .. } = program.funcs[func].kind {
            functions.push((Name::Func(func), wasm::lower(&env, func)?));
            continue;
        }
        let lowered = adapter::lower(&env, func, adapter::Check::MayLeave)?;
        functions.push((Name::Func(func), lowered));
        if names::has_unchecked(&env, func) {
            let lowered = adapter::lower(&env, func, adapter::Check::Nothing)?;
            functions.push((Name::Unchecked(func), lowered));
        }
    }
    for func in thunks {
        functions.push((Name::Thunk(func), adapter::lower_thunk(&env, func)?));
    }
    let functions = inline::run(functions, &env, opt)?;
    let compiled = codegen::run(functions, &env, target, opt, false)?;
    let policy = Policy::new(&program);
    let shim = shim::object(target.machine, None)?;
    let input = executable::assemble(&env, target, &policy, &compiled, shim, false)?;
    Ok(nanocc_linker::link(input)?.bytes)
}

/// Runs an executable for this machine.
fn run(bytes: &[u8]) -> Output {
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
    // Another thread that forks at this moment holds the file open for writing until its exec.
    for _ in 0..100 {
        match Command::new(&path).stdin(Stdio::null()).output() {
            Err(e) if e.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            result => return result.unwrap(),
        }
    }
    panic!("{}: busy", path.display());
}

/// A component that exports `wasi:cli/run` from a core module with a function `run`.
fn command(core: &str) -> String {
    format!(
        r#"(component
            (core module $m {core})
            (core instance $i (instantiate $m))
            (func $run (result (result)) (canon lift (core func $i "run")))
            (component $runner
                (import "run" (func $f (result (result))))
                (export "run" (func $f)))
            (instance $out (instantiate $runner (with "run" (func $run))))
            (export "wasi:cli/run@0.2.0" (instance $out)))"#
    )
}

const LEVELS: [OptLevel; 4] = [OptLevel::O0, OptLevel::O1, OptLevel::O2, OptLevel::Os];

#[test]
fn the_result_of_run_is_the_exit_status() {
    for opt in LEVELS {
        for (result, status) in [(0, 0), (1, 1)] {
            let text = command(&format!(
                r#"(func (export "run") (result i32) (i32.const {result}))"#
            ));
            let bytes = compile(&text, &Target::host().unwrap(), opt).unwrap();
            let output = run(&bytes);
            assert_eq!(output.status.code(), Some(status), "{output:?}");
        }
    }
}
