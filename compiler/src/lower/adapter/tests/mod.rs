//! Adapters of every shape of type: the IR verifies, both targets compile it, and it has the form
//! that its cost depends on. What it does is in `run.rs`.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod machine;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod model;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod run;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod strings;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod text;
mod trampolines;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod transcoders;
mod world;

use super::*;
use crate::abi::tests::{Ast, types};
use crate::lower::names::{Intrinsic, Name, callee_name};
use crate::program::StringEncoding;
use crate::types::Type;
use cranelift_codegen::ir::{Function, InstructionData, Opcode};
use proptest::prelude::*;
use world::{Target, World};

/// The names that a function refers to.
fn names(func: &Function) -> Vec<Name> {
    let mut names: Vec<Name> = func
        .dfg
        .ext_funcs
        .values()
        .filter_map(|ext| Name::of(func, &ext.name))
        .collect();
    names.sort();
    names
}

/// The opcodes of a function, in the order of its blocks.
fn opcodes(func: &Function) -> Vec<Opcode> {
    func.layout
        .blocks()
        .flat_map(|block| func.layout.block_insts(block))
        .map(|inst| func.dfg.insts[inst].opcode())
        .collect()
}

fn count(func: &Function, opcode: Opcode) -> usize {
    opcodes(func).iter().filter(|&&op| op == opcode).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Every type, as parameters and as result, on both targets, in all variants.
    #[test]
    fn verifies_and_compiles(
        params in prop::collection::vec(types(), 0..6),
        result in proptest::option::of(types()),
        locks in any::<bool>(),
    ) {
        let mut world = World::new(&params, result.as_ref());
        if locks {
            world.lock_everything();
        }
        for target in [Target::X86_64, Target::Aarch64] {
            for copying in [Copying::Bulk, Copying::ElementWise] {
                for check in [Check::MayLeave, Check::Nothing] {
                    let func = world.lower_with(target, check, copying).unwrap();
                    world.compile(target, func);
                }
            }
        }
    }

    /// Every instruction knows where it belongs.
    #[test]
    fn has_source_locations(params in prop::collection::vec(types(), 0..4)) {
        let world = World::new(&params, None);
        let func = world.lower(Target::X86_64).unwrap();
        for block in func.layout.blocks() {
            for inst in func.layout.block_insts(block) {
                prop_assert_eq!(func.srcloc(inst), world.source_location());
            }
        }
    }

    /// No symbol values: inlining would confuse them.
    #[test]
    fn has_no_global_values(params in prop::collection::vec(types(), 0..4)) {
        let world = World::new(&params, None);
        let func = world.lower(Target::X86_64).unwrap();
        prop_assert_eq!(func.global_values.len(), 0);
    }
}

#[test]
fn adding_numbers_is_just_a_call() {
    let u32 = Ast::Primitive(6);
    let world = World::new(&[u32.clone(), u32.clone()], Some(&u32));
    let func = world.lower(Target::X86_64).unwrap();
    assert_eq!(opcodes(&func), [Opcode::Call, Opcode::Return]);
    assert_eq!(names(&func), [Name::Func(world.callee)]);
}

#[test]
fn bytes_are_one_copy() {
    // list<u8>, list<tuple<u32, f32>>
    for element in [
        Ast::Primitive(2),
        Ast::Tuple(vec![Ast::Primitive(6), Ast::Primitive(9)]),
    ] {
        let world = World::new(&[Ast::List(Box::new(element))], None);
        let func = world.lower(Target::X86_64).unwrap();
        assert_eq!(func.layout.blocks().count(), 1, "{func}");
        // `realloc`, memcpy, the call.
        assert_eq!(count(&func, Opcode::Call), 3, "{func}");
        assert!(names(&func).contains(&Name::Intrinsic(Intrinsic::Memcpy)));

        let func = world
            .lower_with(Target::X86_64, Check::MayLeave, Copying::ElementWise)
            .unwrap();
        assert!(func.layout.blocks().count() > 1, "{func}");
        assert!(!names(&func).contains(&Name::Intrinsic(Intrinsic::Memcpy)));
    }
}

#[test]
fn what_has_to_be_looked_at_is_no_copy() {
    // bool, char, flags, an enum, and a record with padding.
    for element in [
        Ast::Primitive(0),
        Ast::Primitive(11),
        Ast::Flags(3),
        Ast::Enum(3),
        Ast::Tuple(vec![Ast::Primitive(2), Ast::Primitive(6)]),
    ] {
        let world = World::new(&[Ast::List(Box::new(element))], None);
        let func = world.lower(Target::X86_64).unwrap();
        assert!(
            !names(&func).contains(&Name::Intrinsic(Intrinsic::Memcpy)),
            "{func}"
        );
    }
}

#[test]
fn the_flag_is_checked_only_where_it_can_be_seen() {
    let mut world = World::new(&[Ast::Primitive(6)], None);
    assert_eq!(
        count(&world.lower(Target::X86_64).unwrap(), Opcode::Load),
        0
    );
    world.lock_everything();
    let env = world.env(Target::X86_64);
    assert_eq!(
        callee_name(&env, world.callee, world.adapter),
        Name::Unchecked(world.adapter)
    );
    assert_eq!(
        callee_name(&env, world.adapter, world.callee),
        Name::Func(world.callee)
    );
    let checked = world.lower(Target::X86_64).unwrap();
    assert_eq!(count(&checked, Opcode::Load), 1);
    assert_eq!(count(&checked, Opcode::Trapz), 1);
    let unchecked = world
        .lower_with(Target::X86_64, Check::Nothing, Copying::Bulk)
        .unwrap();
    assert_eq!(count(&unchecked, Opcode::Load), 0);
    assert_eq!(
        unchecked.name.get_user().and_then(Name::decode),
        Some(Name::Unchecked(world.adapter))
    );
}

#[test]
fn a_call_marks_what_it_enters_where_that_matters() {
    let mut world = World::new(&[Ast::Primitive(12)], None);
    let root = world.program.components[world.a].parent.unwrap();
    let plain = world.lower(Target::X86_64).unwrap();
    assert_eq!(count(&plain, Opcode::Store), 0);
    // Neither the caller nor what holds both is entered.
    world.facts.marked.insert(world.a);
    world.facts.marked.insert(root);
    let same = world.lower(Target::X86_64).unwrap();
    assert_eq!(opcodes(&same), opcodes(&plain));

    world.facts.marked.insert(world.b);
    let marking = world.lower(Target::X86_64).unwrap();
    assert_eq!(
        count(&marking, Opcode::Load),
        count(&plain, Opcode::Load) + 1
    );
    assert_eq!(
        count(&marking, Opcode::Trapz),
        count(&plain, Opcode::Trapz) + 1
    );
    assert_eq!(count(&marking, Opcode::Store), 2);
    let text = marking.to_string();
    assert!(
        text.contains(&format!("user{}", nanocc_shim_abi::Trap::CannotEnter as u8)),
        "{text}"
    );
    world.compile(Target::X86_64, marking);

    // A component that calls itself enters nothing.
    world.adapter_mut().lower.component = world.b;
    let own = world.lower(Target::X86_64).unwrap();
    assert_eq!(count(&own, Opcode::Store), 0);
}

#[test]
fn strings_of_all_encodings_compile_for_both_targets() {
    use StringEncoding::{CompactUtf16, Utf8, Utf16};
    for lower in [Utf8, Utf16, CompactUtf16] {
        for lift in [Utf8, Utf16, CompactUtf16] {
            let string = Ast::Primitive(12);
            let mut world = World::new(&[Ast::List(Box::new(string.clone()))], Some(&string));
            world.set_encodings(lower, lift);
            for target in [Target::X86_64, Target::Aarch64] {
                let func = world.lower(target).unwrap();
                world.compile(target, func);
            }
        }
    }
}

#[test]
fn missing_options_are_errors() {
    for remove in 0..3 {
        let mut world = World::new(&[Ast::Primitive(12)], None);
        let adapter = world.adapter_mut();
        match remove {
            0 => adapter.lift.realloc = None,
            1 => adapter.lift.memory = None,
            _ => adapter.lower.memory = None,
        }
        let error = world.lower(Target::X86_64).unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error}");
    }
}

#[test]
fn disagreeing_types_are_errors() {
    let differing = [
        (Type::U32, Type::S32),
        (Type::Enum(vec!["a".into()]), Type::Enum(vec!["b".into()])),
        (Type::Flags(vec!["a".into()]), Type::Flags(vec!["b".into()])),
    ];
    for (from, to) in differing {
        let mut world = World::new(&[Ast::Primitive(6)], None);
        let from = world.intern(from);
        let to = world.intern(to);
        let adapter = world.adapter_mut();
        adapter.lower_type.params[0].1 = from;
        adapter.lift_type.params[0].1 = to;
        let error = world.lower(Target::X86_64).unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error}");
    }
}

#[test]
fn cases_are_matched_by_name() {
    let mut world = World::new(&[Ast::Primitive(6)], None);
    let from = world.intern(Type::Enum(vec!["b".into(), "a".into()]));
    let to = world.intern(Type::Enum(vec!["a".into(), "c".into(), "b".into()]));
    let adapter = world.adapter_mut();
    adapter.lower_type.params[0].1 = from;
    adapter.lift_type.params[0].1 = to;
    let func = world.lower(Target::X86_64).unwrap();
    // Each case gives the other side's number.
    let constants: Vec<i64> = opcodes_with(&func)
        .filter_map(|data| match data {
            InstructionData::UnaryImm {
                opcode: Opcode::Iconst,
                imm,
            } => Some(imm.bits()),
            _ => None,
        })
        .collect();
    assert!(constants.contains(&2) && constants.contains(&0), "{func}");
    world.compile(Target::X86_64, func);
}

fn opcodes_with(func: &Function) -> impl Iterator<Item = InstructionData> + '_ {
    func.layout
        .blocks()
        .flat_map(|block| func.layout.block_insts(block))
        .map(|inst| func.dfg.insts[inst])
}

#[test]
fn absurd_types_are_refused() {
    let mut world = World::new(&[Ast::Primitive(12)], None);
    let mut ty = world.intern(Type::String);
    for _ in 0..6 {
        ty = world.intern(Type::Tuple(vec![ty; 10]));
    }
    let list = world.intern(Type::List(ty));
    let adapter = world.adapter_mut();
    adapter.lower_type.params[0].1 = list;
    adapter.lift_type.params[0].1 = list;
    let error = world.lower(Target::X86_64).unwrap_err();
    assert!(matches!(error, Error::Limit { .. }), "{error}");
}
