//! Layout and flat values, against what CanonicalABI.md's functions give for the same (worked out by hand).

use super::encode::{Encoded, Misfit};
use super::types::{NoValue, wave};
use super::{RESULT, Returned, Value};
use crate::program::ResourceId;
use crate::types::{FuncType, Type, TypeId, Types};
use cranelift_entity::EntityRef;

fn arguments(types: &Types, params: &[(TypeId, &str)]) -> Result<Encoded, (usize, Misfit)> {
    let ty = FuncType {
        params: params.iter().map(|(ty, _)| ("x".to_owned(), *ty)).collect(),
        result: None,
    };
    let values: Vec<Value> = params
        .iter()
        .map(|(ty, text)| wasm_wave::from_str(&wave(types, *ty).unwrap(), text).unwrap())
        .collect();
    let mut encoded = Encoded::new(30);
    encoded.arguments(types, &ty, &values).map(|()| encoded)
}

#[test]
fn joined_core_values_keep_their_bits() {
    let mut types = Types::default();
    let [s8, f32, u64, char, string] =
        [Type::S8, Type::F32, Type::U64, Type::Char, Type::String].map(|ty| types.intern(ty));
    let case = |name: &str, ty| (name.to_owned(), ty);
    // [i32, join(f32, i64, i32, i32) = i64, i32]
    let variant = types.intern(Type::Variant(vec![
        case("n", None),
        case("f", Some(f32)),
        case("l", Some(u64)),
        case("s", Some(s8)),
        case("t", Some(string)),
    ]));
    let flat = |text| arguments(&types, &[(variant, text)]).unwrap().flat;
    assert_eq!(flat("n"), [0, 0, 0]);
    assert_eq!(flat("f(-1)"), [1, 0xbf80_0000, 0]);
    assert_eq!(flat("l(18446744073709551615)"), [2, u64::MAX, 0]);
    // An i32 in the place of an i64 is extended with zeros.
    assert_eq!(flat("s(-2)"), [3, 0xffff_fffe, 0]);
    assert_eq!(flat("t(\"xyz\")"), [4, 32, 3]);
    let code = arguments(&types, &[(s8, "-1"), (char, "'\u{1f600}'")]).unwrap();
    assert_eq!(code.flat, [0xffff_ffff, 0x1f600]);
    assert_eq!((code.base, code.end()), (32, 32));
}

#[test]
fn what_is_not_flat_is_aligned_in_memory() {
    let mut types = Types::default();
    let [u8, u16, u64, string] =
        [Type::U8, Type::U16, Type::U64, Type::String].map(|ty| types.intern(ty));
    let record = types.intern(Type::Record(vec![
        ("a".to_owned(), u8),
        ("b".to_owned(), u64),
        ("c".to_owned(), u16),
    ]));
    let list = types.intern(Type::List(record));
    let texts = types.intern(Type::List(string));
    let encoded = arguments(
        &types,
        &[(texts, "[\"ab\", \"\"]"), (list, "[{a: 1, b: 2, c: 3}]")],
    )
    .unwrap();
    assert_eq!(encoded.flat, [32, 2, 56, 1]);
    let mut expected = vec![48, 0, 0, 0, 2, 0, 0, 0, 50, 0, 0, 0, 0, 0, 0, 0, b'a', b'b'];
    expected.resize(24, 0);
    expected.extend([
        1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0,
    ]);
    assert_eq!(encoded.bytes, expected);

    // Seventeen are one pointer.
    let many = vec![(u16, "258"); 17];
    let encoded = arguments(&types, &many).unwrap();
    assert_eq!(encoded.flat, [32]);
    assert_eq!(encoded.bytes, [2, 1].repeat(17));
}

#[test]
fn a_value_of_another_type_is_none_of_this() {
    let mut types = Types::default();
    let [u8, s8] = [Type::U8, Type::S8].map(|ty| types.intern(ty));
    let (ab, ba) = (["a", "b"], ["b", "c"]);
    let [ab, ba] = [ab, ba].map(|names| {
        let names = names.map(str::to_owned).to_vec();
        [
            types.intern(Type::Enum(names.clone())),
            types.intern(Type::Flags(names)),
        ]
    });
    for (given, text, wanted) in [
        (u8, "1", s8),
        (ab[0], "a", ba[0]),
        (ab[1], "{a}", ba[1]),
        (ab[0], "b", ab[1]),
    ] {
        let value: Value = wasm_wave::from_str(&wave(&types, given).unwrap(), text).unwrap();
        let ty = FuncType {
            params: vec![("x".to_owned(), wanted)],
            result: None,
        };
        let done = Encoded::new(0).arguments(&types, &ty, &[value]);
        assert_eq!(done, Err((0, Misfit::Type)), "{text}");
    }
    let handle = types.intern(Type::Own(ResourceId::new(0)));
    let list = types.intern(Type::List(handle));
    assert_eq!(wave(&types, list).unwrap_err(), NoValue::Resource);
}

#[test]
fn a_memory_that_holds_no_result_is_refused() {
    let mut types = Types::default();
    let [string, bool, char] = [Type::String, Type::Bool, Type::Char].map(|ty| types.intern(ty));
    let list = types.intern(Type::List(char));
    let option = types.intern(Type::Option(bool));
    let at = RESULT as usize;
    let read = |ty, bytes: &[u8]| {
        let mut memory = vec![0; at];
        memory.extend(bytes);
        Returned::new(&types, Some(ty)).text(&memory)
    };
    assert_eq!(read(bool, &[1]).unwrap(), "true");
    assert_eq!(read(option, &[1, 0]).unwrap(), "some(false)");
    assert_eq!(
        read(string, &[24, 0, 0, 0, 1, 0, 0, 0, b'x']).unwrap(),
        "\"x\""
    );
    for (ty, bytes) in [
        (bool, &[2][..]),
        (bool, &[]),
        (option, &[2, 0]),
        (option, &[1, 2]),
        (char, &[0, 0xd8, 0, 0]),
        (string, &[24, 0, 0, 0, 1, 0, 0, 0, 0xff]),
        (string, &[24, 0, 0, 0, 2, 0, 0, 0, b'x']),
        (string, &[255, 255, 255, 255, 255, 255, 255, 255]),
        (list, &[24, 0, 0, 0, 255, 255, 255, 127]),
        (list, &[26, 0, 0, 0, 1, 0, 0, 0]),
    ] {
        assert!(read(ty, bytes).is_err(), "{bytes:?}");
    }
    assert_eq!(Returned::new(&types, None).text(&[]).unwrap(), "()");
}
