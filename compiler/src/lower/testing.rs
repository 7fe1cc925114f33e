//! What the tests of lowering share: components from text, an `Env` over them, machine code.

use super::Env;
use super::source::SourceMap;
use crate::facts;
use crate::graph;
use crate::plan::{self, Space};
use crate::program::{FuncId, FuncKind};
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::Function;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{Context, isa, verify_function};

pub const X86_64: &str = "x86_64-unknown-linux";
pub const AARCH64: &str = "aarch64-unknown-linux";

/// A target with the settings that lowering relies on.
pub fn isa(triple: &str, level: &str) -> OwnedTargetIsa {
    let mut flags = settings::builder();
    for (name, value) in [
        ("opt_level", level),
        ("is_pic", "false"),
        ("enable_verifier", "true"),
        ("enable_multi_ret_implicit_sret", "true"),
        ("enable_probestack", "true"),
        ("probestack_strategy", "inline"),
    ] {
        flags.set(name, value).unwrap();
    }
    let mut isa = isa::lookup(triple.parse().unwrap()).unwrap();
    if triple == X86_64 {
        for feature in [
            "has_sse3",
            "has_ssse3",
            "has_sse41",
            "has_sse42",
            "has_popcnt",
        ] {
            isa.enable(feature).unwrap();
        }
    }
    isa.finish(settings::Flags::new(flags)).unwrap()
}

/// A component whose only core module consists of `fields`; its export `run` is what the program
/// starts.
pub fn component(fields: &str) -> Vec<u8> {
    component_of(&format!(
        "(core module $m {fields}) (core instance $i (instantiate $m))"
    ))
}

/// A component of `definitions`, whose core instance `$i` exports what the program starts as `run`.
pub fn component_of(definitions: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
            {definitions}
            (func $run (result (result)) (canon lift (core func $i "run")))
            (instance $r (export "run" (func $run)))
            (export "wasi:cli/run@0.2.0" (instance $r)))"#
    );
    wat::parse_str(text).unwrap()
}

/// Runs `test` with the component's environment.
pub fn with_env<R>(component: &[u8], isa: &OwnedTargetIsa, test: impl FnOnce(&Env<'_>) -> R) -> R {
    let program = graph::build(component, &graph::Limits::default()).unwrap();
    let facts = facts::analyse(&program);
    let low_constant = isa.triple().to_string().starts_with("x86_64");
    let space = Space {
        address_bits: 38,
        low_constant,
    };
    let plan = plan::plan(&program, &facts, space).unwrap();
    let source = SourceMap::new(&program, facts.reachable_funcs()).unwrap();
    test(&Env {
        program: &program,
        facts: &facts,
        plan: &plan,
        source: &source,
        isa: &**isa,
    })
}

/// The reachable functions that come from modules.
pub fn wasm_funcs<'e>(env: &'e Env<'_>) -> impl Iterator<Item = FuncId> + 'e {
    env.facts
        .reachable_funcs()
        .filter(|&func| matches!(env.program.funcs[func].kind, FuncKind::Wasm { .. }))
}

/// The reachable function of this name.
pub fn func_named(env: &Env<'_>, name: &str) -> FuncId {
    wasm_funcs(env)
        .find(|&func| env.program.func_name(func) == name)
        .unwrap()
}

/// Verifies and compiles; returns the machine code as text.
pub fn compile(env: &Env<'_>, function: Function) -> Context {
    assert!(
        function.global_values.is_empty(),
        "global values break under inlining"
    );
    if let Err(errors) = verify_function(&function, env.isa) {
        panic!("{errors}\n{}", function.display());
    }
    let mut context = Context::for_function(function);
    context.set_disasm(true);
    if let Err(error) = context.compile(env.isa, &mut ControlPlane::default()) {
        panic!("{:?}\n{}", error.inner, error.func.display());
    }
    context
}
