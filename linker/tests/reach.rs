//! The link that stops when it knows what is kept.

mod common;

use common::*;
use nanocc_linker::*;
use std::borrow::Cow;

/// `_start`, which refers to `used` and to the empty constant `table`; `unused`, which refers to `used`.
fn program() -> (Program, AtomId) {
    let mut program = Program::new(Machine::X86_64);
    let used = program.bytes("used", Section::Text, &[0xc3]);
    let table = program.bytes("table", Section::ReadOnly, &[]);
    let id = AtomId::new(program.input.atoms.len() - 1);
    let code = |target| Code::new().field(RelocKind::Abs64, 8, target, 0);
    let start = code(used).field(RelocKind::Abs64, 8, table, 0);
    program.atom("_start", Section::Text, start);
    program.atom("unused", Section::Text, code(used));
    (program, id)
}

#[test]
fn what_is_kept_is_told_and_filled_in() {
    let (program, table) = program();
    let mut reached = reach(program.input.clone()).unwrap();
    let names: Vec<&str> = reached.symbols().collect();
    assert_eq!(names, ["used", "table", "_start"]);

    let contents = b"forty-two bytes that weren't there before!".to_vec();
    reached.fill(table, contents.clone()).unwrap();
    reached.note(Note {
        owner: Cow::Borrowed("test"),
        kind: 7,
        desc: Cow::Borrowed(b"a note"),
    });
    let late = reached.link().unwrap();

    // The same as if it had been known beforehand.
    let (mut early, _) = self::program();
    early.input.atoms[table.index()].contents = Contents::Bytes(contents.into());
    early.input.notes.push(Note {
        owner: Cow::Borrowed("test"),
        kind: 7,
        desc: Cow::Borrowed(b"a note"),
    });
    assert_eq!(late.bytes, early.link().bytes);
}

#[test]
fn what_cannot_be_filled_is_refused() {
    let (mut program, table) = program();
    program.zero("buffer", Section::Bss, 8);
    let last = AtomId::new(program.input.atoms.len() - 1);
    let mut reached = reach(program.input.clone()).unwrap();
    let refers = AtomId::new(table.index() + 1);
    for (atom, name) in [
        (refers, "_start"),
        (last, "buffer"),
        (AtomId(1000), "AtomId(1000)"),
    ] {
        let error = reached.fill(atom, vec![0; 8]).unwrap_err();
        let LinkError::Atom { atom, fault, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!((atom.as_str(), *fault), (name, AtomFault::Fill));
    }
}
