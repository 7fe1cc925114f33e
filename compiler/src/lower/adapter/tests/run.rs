//! What adapters do, against the specification's own order of things (`model.rs`): the callee gets
//! the same core values, and both memories end up the same to the byte, padding included.

use super::machine::{Machine, Outcome};
use super::model::{self, Memory, Rng, Value, pick};
use super::world::{PAGES, World};
use crate::abi::tests::{Ast, PRIMITIVES, types};
use crate::abi::{self};
use crate::lower::adapter::Copying;
use crate::lower::names::Intrinsic;
use crate::program::{FuncKind, Resource, StringEncoding, ValType};
use crate::types::{FuncType, Type};
use nanocc_shim_abi::{Trap, WASM_PAGE};
use proptest::prelude::*;

/// What memories hold where nobody wrote: different on both sides, so that a stray copy shows.
pub fn memory(fill: u8) -> Memory {
    Memory {
        bytes: vec![fill; PAGES as usize * WASM_PAGE as usize],
        next: 16,
        encoding: StringEncoding::Utf8,
        keeps: true,
        lie: None,
        calls: Vec::new(),
    }
}

fn func_type(world: &mut World) -> FuncType {
    world.adapter_mut().lower_type.clone()
}

/// The return pointer: the last argument, if the ABI has one for the function.
fn return_pointer(world: &World, func: &FuncType, a: &mut Memory) -> Option<u64> {
    let types = &world.program.types;
    let result = func.result?;
    (abi::flatten(types, result).len() > abi::MAX_FLAT_RESULTS).then(|| {
        let layout = abi::layout(types, result);
        let at = a.next.next_multiple_of(layout.align);
        a.next = at + layout.size;
        u64::from(at)
    })
}

/// A core value as wide as its type: what registers hold above isn't part of it.
fn cut(values: &[u64], types: &[ValType]) -> Vec<u64> {
    let cut = |(&value, ty): (&u64, &ValType)| match ty {
        ValType::I32 | ValType::F32 => value & 0xffff_ffff,
        _ => value,
    };
    values.iter().zip(types).map(cut).collect()
}

/// The core values and memories of one call.
struct Call {
    a: Memory,
    b: Memory,
    args: Vec<u64>,
    callee_results: Vec<u64>,
    out: Option<u64>,
}

/// Lays out a call with good values.
fn good_call(
    world: &World,
    func: &FuncType,
    params: &[Ast],
    result: Option<&Ast>,
    rng: &mut Rng,
) -> Call {
    let values: Vec<Value> = params.iter().map(|ty| pick(ty, rng)).collect();
    let value = result.map(|ty| pick(ty, rng));
    let memories = (memory(0xaa), memory(0xbb));
    let mut call = call_with(world, func, memories, &values, value.as_ref());
    for memory in [&mut call.a, &mut call.b] {
        memory.keeps = rng.below(4) > 0;
    }
    call
}

/// Lays out a call with these values.
fn call_with(
    world: &World,
    func: &FuncType,
    (mut a, mut b): (Memory, Memory),
    values: &[Value],
    value: Option<&Value>,
) -> Call {
    let types = &world.program.types;
    if let FuncKind::Adapter(adapter) = &world.program.funcs[world.adapter].kind {
        (a.encoding, b.encoding) = (adapter.lower.encoding, adapter.lift.encoding);
    }
    let mut args = model::lower_params(types, func, &mut a, values).unwrap();
    let out = return_pointer(world, func, &mut a);
    args.extend(out);
    // The callee returns what lies where it put it, in its own memory.
    let mut results_out = None;
    if let Some(ty) = func.result
        && abi::flatten(types, ty).len() > abi::MAX_FLAT_RESULTS
    {
        b.next = b.next.next_multiple_of(8);
        results_out = Some(u64::from(b.next));
        b.next += abi::layout(types, ty).size;
    }
    let mut callee_results = model::lower_result(types, func, &mut b, value, results_out).unwrap();
    callee_results.extend(results_out);
    for memory in [&mut a, &mut b] {
        memory.calls.clear();
    }
    Call {
        a,
        b,
        args,
        callee_results,
        out,
    }
}

/// What the specification says the call does to the memories.
fn expected(world: &World, func: &FuncType, call: &mut Call) -> Result<(Vec<u64>, Vec<u64>), Trap> {
    let types = &world.program.types;
    let values = model::lift_params(types, func, &call.a, &call.args)?;
    let callee_args = model::lower_params(types, func, &mut call.b, &values)?;
    let value = model::lift_result(types, func, &call.b, &call.callee_results)?;
    let results = model::lower_result(types, func, &mut call.a, value.as_ref(), call.out)?;
    Ok((results, callee_args))
}

/// Runs a call both ways of copying and compares with the specification. Where the
/// specification traps, only that there is a trap is compared: its kind depends on the order.
fn check(world: &World, func: &FuncType, call: &Call) -> Option<Trap> {
    let types = &world.program.types;
    let lowered = abi::lowered_signature(types, func);
    let lifted = abi::lifted_signature(types, func);
    let mut model = Call {
        a: call.a.clone(),
        b: call.b.clone(),
        args: call.args.clone(),
        callee_results: call.callee_results.clone(),
        out: call.out,
    };
    let wanted = expected(world, func, &mut model);
    for copying in [Copying::Bulk, Copying::ElementWise] {
        let machine = Machine::new(world, copying);
        let (mut a, mut b) = (call.a.clone(), call.b.clone());
        let outcome = machine.run(&mut a, &mut b, &call.args, &call.callee_results);
        match (&wanted, outcome) {
            (Err(_), Outcome::Trapped(_)) => {}
            (
                Ok((results, args)),
                Outcome::Returned {
                    results: got,
                    callee_args,
                },
            ) => {
                assert_eq!(
                    cut(&callee_args, &lifted.params),
                    cut(args, &lifted.params),
                    "{copying:?}: the callee's arguments"
                );
                assert_eq!(
                    cut(&got, &lowered.results),
                    cut(results, &lowered.results),
                    "{copying:?}: the results"
                );
                same(&b, &model.b, "the callee's memory");
                same(&a, &model.a, "the caller's memory");
            }
            (wanted, got) => panic!("{copying:?}: {wanted:?} by the specification, but {got:?}"),
        }
    }
    wanted.err()
}

fn same(got: &Memory, wanted: &Memory, what: &str) {
    let differs = got
        .bytes
        .iter()
        .zip(&wanted.bytes)
        .position(|(a, b)| a != b);
    if let Some(at) = differs {
        panic!(
            "{what} differs at {at}: {:x?} instead of {:x?}",
            &got.bytes[at..][..16],
            &wanted.bytes[at..][..16]
        );
    }
    assert_eq!(got.next, wanted.next, "{what}: allocations");
    let seen = got.calls.len();
    assert_eq!(got.calls, wanted.calls[..seen], "{what}: calls of realloc");
    assert!(
        seen == wanted.calls.len() || seen >= 49,
        "{what}: calls of realloc"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any function type with good values.
    #[test]
    fn moves_values(
        params in prop::collection::vec(types(), 0..5),
        result in proptest::option::of(types()),
        encodings in (encoding(), encoding()),
        seed in any::<u64>(),
    ) {
        let mut world = World::new(&params, result.as_ref());
        world.set_encodings(encodings.0, encodings.1);
        let func = func_type(&mut world);
        let mut rng = Rng(seed);
        for _ in 0..3 {
            let call = good_call(&world, &func, &params, result.as_ref(), &mut rng);
            prop_assert_eq!(check(&world, &func, &call), None);
        }
    }

    /// The same with core values and memory spoilt: both trap, or both don't.
    #[test]
    fn agrees_about_bad_values(
        params in prop::collection::vec(types(), 1..4),
        result in proptest::option::of(types()),
        encodings in (encoding(), encoding()),
        seed in any::<u64>(),
    ) {
        let mut world = World::new(&params, result.as_ref());
        world.set_encodings(encodings.0, encodings.1);
        let func = func_type(&mut world);
        let mut rng = Rng(seed);
        for _ in 0..6 {
            let mut call = good_call(&world, &func, &params, result.as_ref(), &mut rng);
            for _ in 0..=rng.below(2) {
                spoil(&mut call, &mut rng);
            }
            check(&world, &func, &call);
        }
    }
}

/// Types whose values have no pointers and no payloads: lists of them are moved by masks, unless they
/// are plain or too big.
fn masked() -> impl Strategy<Value = Ast> {
    let leaf = prop_oneof![
        // All primitives but strings.
        4 => (0..12usize).prop_map(Ast::Primitive),
        1 => prop_oneof![1..5usize, 255..258usize].prop_map(Ast::Enum),
        1 => prop_oneof![1..=32usize, Just(8), Just(9), Just(16), Just(17)].prop_map(Ast::Flags),
        1 => Just(Ast::Result(None, None)),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..5).prop_map(Ast::Record),
            prop::collection::vec(inner, 1..5).prop_map(Ast::Tuple),
        ]
    })
}

/// Whether every pattern of bits is a value, once it is normalised.
fn unchecked(ast: &Ast) -> bool {
    match ast {
        Ast::Primitive(index) => !matches!(PRIMITIVES[*index].0, Type::Char),
        Ast::Record(fields) | Ast::Tuple(fields) => fields.iter().all(unchecked),
        Ast::Enum(cases) => *cases == 256,
        Ast::Flags(_) => true,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Lists around the ends of vectors and steps, at any place, the ends of the memories too; with
    /// bits changed that don't matter, which must not come along.
    #[test]
    fn moves_lists_of_any_length(
        element in masked(),
        len in prop_oneof![0..40usize, 60..70usize, 120..200usize],
        at in 0..64u32,
        at_the_end in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let list = Ast::List(Box::new(element.clone()));
        let mut world = World::new(std::slice::from_ref(&list), None);
        let func = func_type(&mut world);
        let types = &world.program.types;
        let Type::List(inner) = types[func.params[0].1] else { unreachable!() };
        let layout = abi::layout(types, inner);
        let mut rng = Rng(seed);
        let values = Value::List((0..len).map(|_| pick(&element, &mut rng)).collect());
        let (mut a, mut b) = (memory(0xaa), memory(0xbb));
        (a.next, b.next) = (16 + at, 80 - at);
        if at_the_end {
            let start = LEN as u32 - layout.size * len as u32;
            (a.next, b.next) = (start, start);
        }
        let mut call = call_with(&world, &func, (a, b), &[values], None);
        prop_assert_eq!(check(&world, &func, &call), None);

        // Most checked values would be none any more.
        let spoilt = if unchecked(&element) { 500 } else { 1 };
        let (start, bytes) = (call.args[0] as usize, layout.size as usize * len);
        for _ in 0..spoilt {
            if bytes > 0 {
                call.a.bytes[start + rng.below(bytes)] = rng.next() as u8;
            }
        }
        let trap = check(&world, &func, &call);
        prop_assert!(trap.is_none() || !unchecked(&element), "{:?}", trap);
    }
}

/// Variants around the ends of a discriminant's sizes, with payloads that move apart: flat, in memory
/// and in lists; and numbers that are no cases.
#[test]
fn variants_of_many_cases() {
    let primitive = |index: usize| Some(Ast::Primitive(index));
    for cases in [1, 255, 256, 257, 300] {
        // u64, f32, char, f64, s8 and nothing, in turns; joined they are an i64.
        let payload = |case: usize| match case % 6 {
            0 => primitive(8),
            1 => primitive(9),
            2 => primitive(11),
            3 => primitive(10),
            4 => primitive(1),
            _ => None,
        };
        let variant = Ast::Variant((0..cases).map(payload).collect());
        let params = [
            variant.clone(),
            Ast::Option(Box::new(Ast::Option(Box::new(variant.clone())))),
            Ast::List(Box::new(variant.clone())),
        ];
        let mut world = World::new(&params, Some(&variant));
        let func = func_type(&mut world);
        let mut rng = Rng(cases as u64);
        for _ in 0..20 {
            let call = good_call(&world, &func, &params, Some(&variant), &mut rng);
            assert_eq!(check(&world, &func, &call), None, "{cases} cases");
        }
        let mut call = good_call(&world, &func, &params, Some(&variant), &mut rng);
        for wrong in [cases as u64, 0x1_0000, 0xffff_ffff] {
            call.args[0] = wrong;
            let trap = check(&world, &func, &call);
            assert_eq!(trap, Some(Trap::InvalidDiscriminant), "{wrong:#x}");
        }
    }
}

/// The first and the last element of a list traps by itself, wherever a step begins or ends.
#[test]
fn every_element_is_checked() {
    let char = Ast::Primitive(11);
    let u8 = Ast::Primitive(2);
    for (element, bad, trap) in [
        (char.clone(), 0xd800, Trap::InvalidChar),
        (char.clone(), 0xdfff, Trap::InvalidChar),
        (char.clone(), 0x11_0000, Trap::InvalidChar),
        (char.clone(), 0xffff_ffff, Trap::InvalidChar),
        (
            Ast::Tuple(vec![char.clone(), u8.clone()]),
            0xd9ab,
            Trap::InvalidChar,
        ),
        (Ast::Enum(3), 3, Trap::InvalidDiscriminant),
        (Ast::Enum(255), 255, Trap::InvalidDiscriminant),
        (Ast::Enum(257), 257, Trap::InvalidDiscriminant),
        (Ast::Enum(65535), 65535, Trap::InvalidDiscriminant),
        (Ast::Enum(65537), 65537, Trap::InvalidDiscriminant),
        (Ast::Enum(65537), 0x8000_0000, Trap::InvalidDiscriminant),
        (
            Ast::Tuple(vec![Ast::Enum(2), u8]),
            2,
            Trap::InvalidDiscriminant,
        ),
    ] {
        let list = Ast::List(Box::new(element));
        let world = World::new(std::slice::from_ref(&list), None);
        let types = &world.program.types;
        let Type::List(inner) = types[world.func_type().params[0].1] else {
            unreachable!()
        };
        let size = abi::layout(types, inner).size;
        let machine = Machine::new(&world, Copying::Bulk);
        for len in [1, 3, 4, 5, 16, 17, 35] {
            // 0 is a character, and a case of everything; the first cases are too.
            let mut a = memory(0);
            a.next = 16 + size * len;
            let args = [16, u64::from(len)];
            let fine = machine.run(&mut a.clone(), &mut memory(0xbb), &args, &[]);
            assert!(
                matches!(fine, Outcome::Returned { .. }),
                "{list:?}: {fine:?}"
            );
            for index in [0, len / 2, len - 1] {
                let mut a = a.clone();
                let at = (16 + size * index) as usize;
                let bytes = u32::to_le_bytes(bad);
                let width = size.min(4) as usize;
                a.bytes[at..at + width].copy_from_slice(&bytes[..width]);
                let got = machine.run(&mut a, &mut memory(0xbb), &args, &[]);
                assert_eq!(got, Outcome::Trapped(trap), "{list:?} of {len}, at {index}");
            }
        }
    }
}

fn encoding() -> impl Strategy<Value = StringEncoding> {
    prop_oneof![
        Just(StringEncoding::Utf8),
        Just(StringEncoding::Utf16),
        Just(StringEncoding::CompactUtf16),
    ]
}

/// Changes something that a guest controls.
fn spoil(call: &mut Call, rng: &mut Rng) {
    let bits = match rng.below(4) {
        0 => 1 << rng.below(32),
        1 => rng.next(),
        2 => 1 << rng.below(8),
        _ => 0xffff_fff0,
    };
    match rng.below(4) {
        0 if !call.args.is_empty() => {
            let index = rng.below(call.args.len());
            call.args[index] ^= bits;
            if index + 1 == call.args.len() && call.out.is_some() {
                call.out = Some(call.args[index]);
            }
        }
        1 if !call.callee_results.is_empty() => {
            let index = rng.below(call.callee_results.len());
            call.callee_results[index] ^= bits;
        }
        which => {
            let memory = if which == 2 { &mut call.a } else { &mut call.b };
            let used = (memory.next as usize).min(memory.bytes.len() - 1).max(17);
            let at = 16 + rng.below(used - 16);
            memory.bytes[at] ^= (bits | 1) as u8;
        }
    }
}

/// Calls `func(params)` with these core arguments and gives the outcome.
fn outcome(world: &World, a: &mut Memory, b: &mut Memory, args: &[u64]) -> Outcome {
    Machine::new(world, Copying::Bulk).run(a, b, args, &[0])
}

const LEN: u64 = PAGES as u64 * WASM_PAGE;

#[test]
fn every_trap_has_its_kind() {
    let string = Ast::Primitive(12);
    let list = |element: Ast| Ast::List(Box::new(element));
    let u8 = Ast::Primitive(2);
    let u32 = Ast::Primitive(6);
    let u64 = Ast::Primitive(8);
    let many = Ast::Tuple(vec![u32.clone(); 17]);
    for (ty, args, trap) in [
        (string.clone(), &[16, 1 << 28][..], Trap::StringTooLong),
        (
            string.clone(),
            &[16, (1 << 28) - 1],
            Trap::PointerOutOfBounds,
        ),
        (string.clone(), &[LEN - 3, 4], Trap::PointerOutOfBounds),
        (string.clone(), &[0xffff_ffff, 1], Trap::PointerOutOfBounds),
        (
            string.clone(),
            &[0xffff_ffff, 0x0fff_ffff],
            Trap::PointerOutOfBounds,
        ),
        // 0xaa is no first byte of UTF-8.
        (string.clone(), &[16, 1], Trap::InvalidString),
        (list(u8), &[LEN, 1], Trap::PointerOutOfBounds),
        (list(u32.clone()), &[18, 0], Trap::UnalignedPointer),
        (
            list(u32.clone()),
            &[16, 0x4000_0001],
            Trap::PointerOutOfBounds,
        ),
        // 2^32 bytes and 2^33: neither may wrap to nothing.
        (
            list(u32.clone()),
            &[0, 0x4000_0000],
            Trap::PointerOutOfBounds,
        ),
        (list(u64), &[0, 0x4000_0000], Trap::PointerOutOfBounds),
        (many.clone(), &[2], Trap::UnalignedPointer),
        (many, &[LEN - 64], Trap::PointerOutOfBounds),
        (Ast::Primitive(11), &[0xd800], Trap::InvalidChar),
        (Ast::Primitive(11), &[0xdfff], Trap::InvalidChar),
        (Ast::Primitive(11), &[0x11_0000], Trap::InvalidChar),
        (Ast::Enum(3), &[3], Trap::InvalidDiscriminant),
        (
            Ast::Option(Box::new(u32)),
            &[0xffff_ffff, 0],
            Trap::InvalidDiscriminant,
        ),
    ] {
        let world = World::new(std::slice::from_ref(&ty), None);
        let got = outcome(&world, &mut memory(0xaa), &mut memory(0xbb), args);
        assert_eq!(got, Outcome::Trapped(trap), "{ty:?} {args:x?}");
    }
}

#[test]
fn the_last_values_before_a_trap_are_fine() {
    let char = Ast::Primitive(11);
    let string = Ast::Primitive(12);
    let list = Ast::List(Box::new(Ast::Primitive(6)));
    for (ty, args) in [
        (char.clone(), &[0xd7ff][..]),
        (char.clone(), &[0xe000]),
        (char, &[0x10_ffff]),
        // Empty, at the very end.
        (string, &[LEN, 0]),
        (list.clone(), &[LEN, 0]),
        (list, &[LEN - 4, 1]),
    ] {
        let world = World::new(std::slice::from_ref(&ty), None);
        let got = outcome(&world, &mut memory(0xaa), &mut memory(0xbb), args);
        assert!(
            matches!(got, Outcome::Returned { .. }),
            "{ty:?} {args:x?}: {got:?}"
        );
    }
}

#[test]
fn a_bad_realloc_traps() {
    let world = World::new(&[Ast::List(Box::new(Ast::Primitive(6)))], None);
    for next in [LEN as u32 - 4, 0xffff_fff0] {
        let mut b = memory(0xbb);
        b.next = next;
        let got = outcome(&world, &mut memory(0xaa), &mut b, &[16, 2]);
        assert_eq!(got, Outcome::Trapped(Trap::PointerOutOfBounds));
    }
}

#[test]
fn a_bad_return_pointer_traps() {
    let u32 = Ast::Primitive(6);
    let result = Ast::Tuple(vec![u32.clone(), u32]);
    let world = World::new(&[], Some(&result));
    for (out, callee, trap) in [
        (18, 16, Trap::UnalignedPointer),
        (16, 18, Trap::UnalignedPointer),
        (LEN - 4, 16, Trap::PointerOutOfBounds),
        (16, LEN - 4, Trap::PointerOutOfBounds),
    ] {
        let machine = Machine::new(&world, Copying::Bulk);
        let got = machine.run(&mut memory(0xaa), &mut memory(0xbb), &[out], &[callee]);
        assert_eq!(got, Outcome::Trapped(trap));
    }
}

#[test]
fn a_component_may_not_leave_from_realloc_and_post_return() {
    let string = Ast::Primitive(12);
    let mut world = World::new(std::slice::from_ref(&string), Some(&string));
    world.lock_everything();
    let post_return = world.post_return;
    world.adapter_mut().post_return = Some(post_return);
    let func = func_type(&mut world);
    let call = good_call(
        &world,
        &func,
        std::slice::from_ref(&string),
        Some(&string),
        &mut Rng(1),
    );
    let machine = Machine::new(&world, Copying::Bulk);
    let (mut a, mut b) = (call.a, call.b);
    let outcome = machine.run(&mut a, &mut b, &call.args, &call.callee_results);
    assert!(matches!(outcome, Outcome::Returned { .. }), "{outcome:?}");
    // The last `realloc` is the caller's, for the result.
    assert_eq!(machine.seen(), [(1, 1), (1, 0), (0, 1)]);
}

#[test]
fn the_callee_may_not_leave_while_parameters_are_lowered() {
    let string = Ast::Primitive(12);
    let mut world = World::new(std::slice::from_ref(&string), None);
    world.lock_everything();
    let machine = Machine::new(&world, Copying::Bulk);
    machine.run(&mut memory(0x61), &mut memory(0xbb), &[16, 5], &[]);
    assert_eq!(machine.seen(), [(1, 1), (0, 0), (1, 0)]);
}

/// A world whose function takes these handles; `owner` says who defines the resource.
fn with_resource(guest: bool, params: impl FnOnce(&mut World) -> Vec<Type>) -> World {
    let mut world = World::new(&[], None);
    let resource = if guest {
        Resource::Guest {
            component: world.b,
            destructor: None,
            name: "r".to_owned(),
        }
    } else {
        Resource::Host {
            number: 7,
            name: "r".to_owned(),
        }
    };
    world.program.resources.push(resource);
    let params = params(&mut world)
        .into_iter()
        .map(|ty| ("p".to_owned(), world.intern(ty)))
        .collect();
    world.set_type(FuncType {
        params,
        result: None,
    });
    world
}

fn handles(world: &World, a: &mut Memory, args: &[u64]) -> (Vec<u64>, Vec<(Intrinsic, [u64; 3])>) {
    let machine = Machine::new(world, Copying::Bulk);
    match machine.run(a, &mut memory(0xbb), args, &[]) {
        Outcome::Returned { callee_args, .. } => (callee_args, machine.log()),
        trapped => panic!("{trapped:?}"),
    }
}

#[test]
fn handles_go_through_the_tables() {
    use Intrinsic::*;
    use cranelift_entity::EntityRef;
    let resource = crate::program::ResourceId::new(0);

    // `own` and `borrow` of a host resource: the callee gets handles.
    let world = with_resource(false, |_| vec![Type::Own(resource), Type::Borrow(resource)]);
    let (a, b) = (
        world.plan.components[world.a],
        world.plan.components[world.b],
    );
    let (args, log) = handles(&world, &mut memory(0xaa), &[3, 4]);
    assert_eq!(cut(&args, &[ValType::I32; 2]), [1103, 1104]);
    assert_eq!(
        log,
        [
            (EnterCall, [b, 0, 0]),
            (LiftOwn, [a, 7, 3]),
            (ResourceNew, [b, 7, 1003]),
            (LiftBorrow, [a, 7, 4]),
            (LowerBorrow, [b, 7, 1004]),
            (ExitCall, [b, 77, 0]),
            (EndLoan, [a, 4, 0]),
        ]
    );

    // A `borrow` of the callee's own resource: it gets the representation.
    let number = u64::from(nanocc_shim_abi::FIRST_GUEST_RESOURCE);
    let world = with_resource(true, |_| vec![Type::Borrow(resource)]);
    let (args, log) = handles(&world, &mut memory(0xaa), &[4]);
    assert_eq!(cut(&args, &[ValType::I32]), [1004]);
    assert_eq!(log, [(LiftBorrow, [a, number, 4]), (EndLoan, [a, 4, 0])]);

    // Borrows in a list: nobody knows how many.
    let world = with_resource(true, |world| {
        let borrow = world.intern(Type::Borrow(resource));
        vec![Type::List(borrow)]
    });
    let mut memory = memory(0xaa);
    memory.bytes[16..24].copy_from_slice(&[5, 0, 0, 0, 6, 0, 0, 0]);
    let (_, log) = handles(&world, &mut memory, &[16, 2]);
    assert_eq!(
        log,
        [
            (LoansMark, [0, 0, 0]),
            (Lend, [a, number, 5]),
            (Lend, [a, number, 6]),
            (EndLoans, [55, 0, 0]),
        ]
    );
}
