//! Host calls, resource built-ins and thunks: their form, on both targets.

use super::world::{Target, World};
use super::{count, names, opcodes};
use crate::abi::tests::Ast;
use crate::error::Error;
use crate::lower::adapter::{Check, lower, lower_thunk, needs_caller, thunks};
use crate::lower::names::{Intrinsic, Name, has_unchecked};
use crate::program::*;
use crate::types::{FuncType, Type};
use cranelift_codegen::ir::Opcode;
use nanocc_shim_abi::Trap;

const TARGETS: [Target; 2] = [Target::X86_64, Target::Aarch64];

fn resource(world: &mut World, destructor: Option<FuncId>, owner: ComponentId) -> ResourceId {
    world.program.resources.push(Resource::Guest {
        component: owner,
        destructor,
        name: "r".to_owned(),
    })
}

#[test]
fn host_calls_pass_the_caller_first() {
    let mut world = World::new(&[Ast::Primitive(6)], None);
    let types = world.adapter_mut().lower_type.params[0].1;
    let string = world.intern(Type::String);
    let lower = world.adapter_mut().lower.clone();
    let realloc = lower.realloc;
    let func = world.add_func(
        &[ValType::I32; 2],
        &[],
        FuncKind::Host(Box::new(HostCall {
            lower,
            ty: FuncType {
                params: vec![("x".to_owned(), types)],
                result: Some(string),
            },
            symbol: "a:b/c@0.2#d".to_owned(),
        })),
    );
    for target in TARGETS {
        let code = world.lower_func(target, func).unwrap();
        assert_eq!(
            opcodes(&code),
            [Opcode::FuncAddr, Opcode::Call, Opcode::Return]
        );
        assert_eq!(names(&code), [Name::HostSymbol(func), Name::Caller(func)]);
        world.compile(target, code);
    }
    assert!(needs_caller(&world.program, func));
    assert!(!needs_caller(&world.program, world.adapter));
    assert!(thunks(&world.program, &world.facts).is_empty());
    world.facts.reachable.insert(func);
    assert_eq!(
        thunks(&world.program, &world.facts),
        Vec::from_iter(realloc)
    );
}

#[test]
fn a_thunk_locks_its_component() {
    let mut world = World::new(&[], None);
    for locks in [false, true] {
        if locks {
            world.lock_everything();
        }
        for target in TARGETS {
            let code = lower_thunk(&world.env(target), world.realloc_a).unwrap();
            assert_eq!(
                code.name.get_user().and_then(Name::decode),
                Some(Name::Thunk(world.realloc_a))
            );
            assert_eq!(names(&code), [Name::Func(world.realloc_a)]);
            assert_eq!(count(&code, Opcode::Store), if locks { 2 } else { 0 });
            world.compile(target, code);
        }
    }
    let error = lower_thunk(&world.env(Target::X86_64), world.callee).unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
}

#[test]
fn resource_built_ins_call_the_tables() {
    let mut world = World::new(&[], None);
    world.lock_everything();
    let (a, b) = (world.a, world.b);
    let destructor = world.add_func(
        &[ValType::I32],
        &[],
        FuncKind::Wasm {
            instance: world.program.memories[world.memory_b].instance,
            index: 99,
        },
    );
    let plain = resource(&mut world, None, b);
    let destroyed = resource(&mut world, Some(destructor), b);
    let host = world.program.resources.push(Resource::Host {
        number: 3,
        name: "h".to_owned(),
    });
    let i32 = [ValType::I32];
    let new = world.add_func(
        &i32,
        &i32,
        FuncKind::ResourceNew {
            component: b,
            resource: plain,
        },
    );
    let rep = world.add_func(
        &i32,
        &i32,
        FuncKind::ResourceRep {
            component: b,
            resource: plain,
        },
    );
    let drop = |world: &mut World, resource| {
        world.add_func(
            &i32,
            &[],
            FuncKind::ResourceDrop {
                component: a,
                resource,
            },
        )
    };
    let drop_plain = drop(&mut world, plain);
    let drop_destroyed = drop(&mut world, destroyed);
    let drop_host = drop(&mut world, host);

    // `rep` doesn't check the flag, the others do.
    let intrinsic = |which| vec![Name::Intrinsic(which)];
    for (func, checks, wanted) in [
        (new, 1, intrinsic(Intrinsic::ResourceNew)),
        (rep, 0, intrinsic(Intrinsic::ResourceRep)),
        (drop_plain, 1, intrinsic(Intrinsic::ResourceDrop)),
        (
            drop_destroyed,
            1,
            vec![
                Name::Func(destructor),
                Name::Intrinsic(Intrinsic::ResourceDrop),
            ],
        ),
        (
            drop_host,
            1,
            vec![Name::HostSymbol(drop_host), Name::Caller(drop_host)],
        ),
    ] {
        for target in TARGETS {
            let env = world.env(target);
            assert_eq!(has_unchecked(&env, func), checks == 1);
            let code = world.lower_func(target, func).unwrap();
            assert_eq!(names(&code), wanted, "{code}");
            assert_eq!(count(&code, Opcode::Trapz), checks, "{code}");
            world.compile(target, code);
            let code = lower(&env, func, Check::Nothing).unwrap();
            assert_eq!(count(&code, Opcode::Trapz), 0, "{code}");
        }
    }
    assert!(needs_caller(&world.program, drop_host));
    assert!(!needs_caller(&world.program, drop_plain));
}

/// To a resource's own instance and those within it the destructor is a function as any other; from elsewhere a drop
/// enters the instance, destructor or not.
#[test]
fn drops_enter_the_defining_instance() {
    let mut world = World::new(&[], None);
    let (a, b) = (world.a, world.b);
    let root = world.program.components[a].parent.unwrap();
    let inner = world.program.components.push(Component {
        parent: Some(b),
        name: "inner".to_owned(),
        path: "/b/inner".to_owned(),
        offset: 0,
    });
    let sig = world.program.signatures.intern(Signature {
        params: vec![ValType::I32],
        results: Vec::new(),
    });
    let destructor = world.post_return;
    world.program.funcs[destructor].sig = sig;
    world.facts.marked.insert(b);
    for (component, enters) in [(a, true), (b, false), (root, true), (inner, false)] {
        for destructor in [None, Some(destructor)] {
            let resource = resource(&mut world, destructor, b);
            let kind = FuncKind::ResourceDrop {
                component,
                resource,
            };
            let func = world.add_func(&[ValType::I32], &[], kind);
            world.replan();
            let code = lower(&world.env(Target::X86_64), func, Check::Nothing).unwrap();
            let trap = format!("user{}", Trap::CannotEnter as u8);
            let text = code.to_string();
            assert_eq!(text.contains(&trap), enters, "{text}");
            assert_eq!(count(&code, Opcode::Store), if enters { 2 } else { 0 });
            let called = names(&code).contains(&Name::Func(world.post_return));
            assert_eq!(called, destructor.is_some(), "{text}");
        }
    }
}

#[test]
fn wrong_core_types_are_errors() {
    let mut world = World::new(&[], None);
    let b = world.b;
    let resource = resource(&mut world, None, b);
    let func = world.add_func(
        &[ValType::I64],
        &[],
        FuncKind::ResourceDrop {
            component: b,
            resource,
        },
    );
    let error = world.lower_func(Target::X86_64, func).unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
}
