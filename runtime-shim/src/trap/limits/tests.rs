use super::*;

/// What a limit's line says.
fn said(path: &[u8], kind: u32, most: u64) -> String {
    let limit = Limit {
        instance: 0,
        most,
        kind,
        reserved: 0,
    };
    let mut message = Message::new();
    line(&mut message, path, &limit);
    String::from_utf8(message.bytes().to_vec()).unwrap()
}

#[test]
fn a_limit_is_said_in_the_largest_unit_that_is_exact() {
    for (kind, most, expected) in [
        (limit::MEMORY, 0, "0 bytes of memory (--max-memory)"),
        (limit::MEMORY, 1, "1 byte of memory (--max-memory)"),
        (limit::MEMORY, 1023, "1023 bytes of memory (--max-memory)"),
        (limit::MEMORY, 65536, "64 KiB of memory (--max-memory)"),
        (limit::MEMORY, 16 << 20, "16 MiB of memory (--max-memory)"),
        (limit::MEMORY, 5 << 30, "5120 MiB of memory (--max-memory)"),
        (
            limit::MEMORY,
            (5 << 30) + 1,
            "5368709121 bytes of memory (--max-memory)",
        ),
        (
            limit::TABLE_ELEMENTS,
            1,
            "1 table element (--max-table-elements)",
        ),
        (limit::HANDLES, 2, "2 handles (--max-handles)"),
        (limit::OPEN_FILES, 0, "0 open files (--max-open-files)"),
    ] {
        assert_eq!(
            said(b"a/b\x1b", kind, most),
            format!("  note: component `a/b?` has come to its limit: {expected}\n")
        );
    }
}
