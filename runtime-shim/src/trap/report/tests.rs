use nanocc_shim_abi::StringRef;

use super::*;

const STRINGS: &[u8] = b"checkpointdivide";

fn string(s: StringRef) -> &'static [u8] {
    &STRINGS[s.offset as usize..][..s.len as usize]
}

fn written(build: impl FnOnce(&mut Message)) -> String {
    let mut message = Message::new();
    build(&mut message);
    String::from_utf8(message.bytes().to_vec()).unwrap()
}

fn place(location: Location, source: Option<u32>) -> String {
    written(|m| m.place(&location, source, string))
}

const DIVIDE: Location = Location {
    first: 100,
    module_offset: 0x1f0,
    function: StringRef { offset: 10, len: 6 },
    component: StringRef { offset: 0, len: 10 },
};
const NONE: StringRef = StringRef { offset: 0, len: 0 };

#[test]
fn a_trap_names_its_place() {
    let text = written(|m| {
        m.trap(Trap::IntegerDivisionByZero);
        m.place(&DIVIDE, Some(103), string);
    });
    assert_eq!(
        text,
        "error: wasm trap: integer divide by zero\n  \
         in component `checkpoint`, function `divide`, at module offset 0x1f3\n"
    );
}

#[test]
fn what_is_not_known_is_left_out() {
    let nameless = Location {
        function: NONE,
        ..DIVIDE
    };
    assert_eq!(
        place(nameless, Some(100)),
        "  in component `checkpoint`, function at module offset 0x1f0\n"
    );
    assert_eq!(place(nameless, None), "  in component `checkpoint`\n");
    assert_eq!(
        place(DIVIDE, None),
        "  in component `checkpoint`, function `divide`\n"
    );
    let root = Location {
        component: NONE,
        ..DIVIDE
    };
    assert_eq!(
        place(root, Some(100)),
        "  in the root component, function `divide`, at module offset 0x1f0\n"
    );
}

#[test]
fn an_adapter_is_at_a_boundary() {
    let adapter = Location {
        module_offset: NO_OFFSET,
        ..DIVIDE
    };
    let wanted = "  at the boundary of component `checkpoint`, function `divide`\n";
    assert_eq!(place(adapter, Some(101)), wanted);
    assert_eq!(place(adapter, None), wanted);
}

#[test]
fn numbers_are_written_in_full() {
    for n in [0, 1, 9, 10, 15, 16, 255, 0x1f3, u64::MAX, 1 << 60] {
        assert_eq!(written(|m| _ = m.hex(n)), format!("{n:#x}"));
    }
    for n in [0, 1, 9, 10, 99, 100, 12_345, 1_000_000_000, u32::MAX] {
        assert_eq!(written(|m| _ = m.decimal(n)), n.to_string());
    }
}

#[test]
fn names_have_no_control_characters() {
    let name = "plain é 名\n\x1b[31m\x7f\u{80}\u{9f}\u{a0}";
    let text = written(|m| _ = m.name(name.as_bytes()));
    assert_eq!(text, "plain é 名??[31m?????\u{a0}");
}
