//! The fuzzer itself: its layouts against examples worked out by hand, and that it sees what is wrong.

use super::case::{self, Case, Id, State};
use super::guest::{self, Encoding, World};
use super::run::{self, Engines};
use super::types::{Core, Func, Passing, Type};
use super::{ENCODINGS, Plan};
use crate::Result;

fn int(bits: u32) -> Type {
    Type::Int {
        bits,
        signed: false,
    }
}

#[test]
fn layouts() {
    let record = Type::Record(vec![int(8), int(32), int(16), int(64), Type::Bool]);
    assert_eq!((record.size(), record.align()), (32, 8));
    // A discriminant of two bytes, at the payload's alignment.
    let mut cases = vec![None; 257];
    cases[3] = Some(int(8));
    let variant = Type::Variant(cases);
    assert_eq!((variant.size(), variant.align()), (4, 2));
    assert_eq!((Type::Enum(256).size(), Type::Enum(257).size()), (1, 2));
    assert_eq!((Type::Flags(9).size(), Type::Flags(17).size()), (2, 4));
    let option = Type::Option(Box::new(int(64)));
    assert_eq!((option.size(), option.align()), (16, 8));
    let result = Type::Result(Some(Box::new(Type::F32)), Some(Box::new(Type::String)));
    assert_eq!(result.flat(), [Core::I32, Core::I32, Core::I32]);
    let result = Type::Result(Some(Box::new(Type::F64)), Some(Box::new(int(32))));
    assert_eq!(result.flat(), [Core::I32, Core::I64]);
}

#[test]
fn passing() {
    let func = |params| Func {
        params: vec![int(32); params],
        result: Some(Type::String),
        post_return: true,
    };
    assert_eq!(func(16).params(), Passing::Flat(vec![Core::I32; 16]));
    assert_eq!(func(17).params(), Passing::Memory);
    let (params, results) = func(16).signature(true);
    assert_eq!((params.len(), results.len()), (17, 0));
    assert_eq!(func(17).signature(false).1, [Core::I32]);
}

/// A case of each pair of encodings as it is, and with one thing changed each: the fuzzer has to say
/// who is wrong. (Who is: both, as both are right.)
#[test]
fn sees_what_is_wrong() -> Result<()> {
    let mode = Plan::default().mode;
    if let Err(reason) = mode.target.can_run() {
        eprintln!("not here: {reason}");
        return Ok(());
    }
    let mut engines = Engines::new(mode)?;
    let text = Type::List(Box::new(Type::String));
    let number = Type::Int {
        bits: 16,
        signed: true,
    };
    for &encoding in ENCODINGS {
        let world = World {
            funcs: vec![Func {
                params: vec![number.clone(), text.clone()],
                result: Some(Type::Option(Box::new(text.clone()))),
                post_return: true,
            }],
            caller: encoding,
            callee: Encoding::Utf8,
        };
        let built = engines.build(&guest::component(&world))?;
        let id = Id {
            func: 0,
            seed: 7,
            hostile: None,
        };
        let case = case::concrete(&world, id, &mut State::default(), false);
        let case = case.ok_or("the case doesn't fit")?;
        let disagree = |case: &Case| {
            let found = run::check(&engines, &built, &[case])?;
            Ok::<_, String>(
                found.is_some_and(|found| found.verdict.nanocc && found.verdict.wasmtime),
            )
        };
        assert!(!disagree(&case)?);
        for at in (0..case.output.len()).step_by(8) {
            let mut wrong = case.clone();
            wrong.output[at] ^= 1;
            assert!(disagree(&wrong)?, "word {}", at / 8);
        }
        let mut wrong = case.clone();
        wrong.trap = Some(super::source::UNALIGNED);
        assert!(disagree(&wrong)?);
    }
    Ok(())
}
