//! Traps as the tests know them: kinds by name, and the message on standard error taken apart.
//!
//! ```text
//! error: wasm trap: integer divide by zero
//!   in component `checkpoint`, function `divide`, at module offset 0x1f3
//! ```
//!
//! The words are written down here once more, and not taken from the shim's table: they are what
//! nanocc promises to whoever reads a log.

use crate::Result;

/// A kind of trap, as `cases.toml` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    MemoryOutOfBounds,
    TableOutOfBounds,
    IndirectCallToNull,
    BadSignature,
    IntegerOverflow,
    IntegerDivisionByZero,
    BadConversionToInteger,
    StackOverflow,
    Unreachable,
    /// Any of the canonical ABI's own, at a component's boundary.
    Abi,
}

const CORE: &[(Kind, &str, &str)] = &[
    (
        Kind::MemoryOutOfBounds,
        "memory-out-of-bounds",
        "out of bounds memory access",
    ),
    (
        Kind::TableOutOfBounds,
        "table-out-of-bounds",
        "undefined element: out of bounds table access",
    ),
    (
        Kind::IndirectCallToNull,
        "indirect-call-to-null",
        "uninitialized element",
    ),
    (
        Kind::BadSignature,
        "bad-signature",
        "indirect call type mismatch",
    ),
    (
        Kind::IntegerOverflow,
        "integer-overflow",
        "integer overflow",
    ),
    (
        Kind::IntegerDivisionByZero,
        "integer-division-by-zero",
        "integer divide by zero",
    ),
    (
        Kind::BadConversionToInteger,
        "bad-conversion-to-integer",
        "invalid conversion to integer",
    ),
    (
        Kind::StackOverflow,
        "stack-overflow",
        "call stack exhausted",
    ),
    (
        Kind::Unreachable,
        "unreachable",
        "wasm `unreachable` instruction executed",
    ),
];

const ABI: &[&str] = &[
    "unaligned pointer",
    "pointer or length out of bounds",
    "string is not well-formed",
    "invalid `char` value",
    "invalid variant discriminant",
    "cannot enter component instance",
    "cannot leave component instance",
    "unknown handle index",
    "handle index used with the wrong type",
    "cannot remove owned resource while borrowed",
    "borrow handles still remain at the end of the call",
    "handle table is full",
    "string is too long",
    "handle is borrowed, ownership is needed",
    "host function called against its contract",
    "unknown import called",
];

impl Kind {
    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Kind> {
        if name == "abi" {
            return Some(Kind::Abi);
        }
        CORE.iter()
            .find(|(_, known, _)| *known == name)
            .map(|(kind, ..)| *kind)
    }

    /// The kind that a message stands for.
    pub fn from_message(message: &str) -> Option<Kind> {
        if ABI.contains(&message) {
            return Some(Kind::Abi);
        }
        CORE.iter()
            .find(|(.., known)| *known == message)
            .map(|(kind, ..)| *kind)
    }

    /// The kind of a trap of wasmtime's: those of core WebAssembly; all others are [`Kind::Abi`].
    pub fn from_wasmtime(trap: wasmtime::Trap) -> Kind {
        match trap {
            wasmtime::Trap::MemoryOutOfBounds => Kind::MemoryOutOfBounds,
            wasmtime::Trap::TableOutOfBounds => Kind::TableOutOfBounds,
            wasmtime::Trap::IndirectCallToNull => Kind::IndirectCallToNull,
            wasmtime::Trap::BadSignature => Kind::BadSignature,
            wasmtime::Trap::IntegerOverflow => Kind::IntegerOverflow,
            wasmtime::Trap::IntegerDivisionByZero => Kind::IntegerDivisionByZero,
            wasmtime::Trap::BadConversionToInteger => Kind::BadConversionToInteger,
            wasmtime::Trap::StackOverflow => Kind::StackOverflow,
            wasmtime::Trap::UnreachableCodeReached => Kind::Unreachable,
            _ => Kind::Abi,
        }
    }
}

/// The message of a program that trapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub kind: Kind,
    /// The message's first line.
    pub words: String,
    /// The component's path; empty for the root.
    pub component: String,
    /// The function, where the message names one.
    pub function: Option<String>,
    /// Bytes from the start of the core module; `None` at a boundary, which is in no module.
    pub offset: Option<u64>,
}

/// Divides a program's standard error into what the program wrote and the trap's message.
pub fn split_report(stderr: &[u8]) -> Result<(&[u8], Report)> {
    const FIRST: &[u8] = b"error: wasm trap: ";
    let complain = |what: &str| {
        format!(
            "{what} in standard error:\n{}",
            String::from_utf8_lossy(stderr)
        )
    };
    let start = stderr
        .windows(FIRST.len())
        .rposition(|window| window == FIRST)
        .ok_or_else(|| complain("no trap message"))?;
    let (program, message) = stderr.split_at(start);
    let message = std::str::from_utf8(&message[FIRST.len()..])
        .map_err(|_| complain("a trap message that isn't UTF-8"))?;
    let report = parse(message).ok_or_else(|| complain("a trap message of another form"))?;
    Ok((program, report))
}

/// `WORDS\n  PLACE\n`, and nothing after it.
fn parse(message: &str) -> Option<Report> {
    let (words, place) = message.split_once('\n')?;
    let kind = Kind::from_message(words)?;
    let place = place.strip_suffix('\n')?.strip_prefix("  ")?;
    let (boundary, place) = match place.strip_prefix("at the boundary of ") {
        Some(rest) => (true, rest),
        None => (false, place.strip_prefix("in ")?),
    };
    let (component, mut rest) = match place.strip_prefix("the root component") {
        Some(rest) => ("", rest),
        None => place.strip_prefix("component `")?.split_once('`')?,
    };
    let mut function = None;
    if let Some(named) = rest.strip_prefix(", function `") {
        // A name may hold any character but a control character: the last quote ends it.
        let end = named.rfind('`')?;
        function = Some(named[..end].to_owned());
        rest = &named[end + 1..];
    } else if let Some(nameless) = rest.strip_prefix(", function") {
        rest = nameless;
    }
    let offset = match rest.split_once(" at module offset 0x") {
        Some(("" | ",", digits)) => Some(u64::from_str_radix(digits, 16).ok()?),
        None if rest.is_empty() => None,
        _ => return None,
    };
    (boundary == offset.is_none()).then(|| Report {
        kind,
        words: words.to_owned(),
        component: component.to_owned(),
        function,
        offset,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_messages_apart() {
        let (program, report) = split_report(
            b"before\nerror: wasm trap: integer divide by zero\n  in component `a/b`, function `f`, at module offset 0x1f\n",
        )
        .unwrap();
        assert_eq!(program, b"before\n");
        assert_eq!(report.kind, Kind::IntegerDivisionByZero);
        assert_eq!(
            (report.component.as_str(), report.offset),
            ("a/b", Some(31))
        );
        assert_eq!(report.function.as_deref(), Some("f"));

        let (_, report) = split_report(
            b"error: wasm trap: unaligned pointer\n  at the boundary of the root component\n",
        )
        .unwrap();
        assert_eq!((report.kind, report.offset), (Kind::Abi, None));
        assert_eq!((report.component.as_str(), report.function), ("", None));
    }

    #[test]
    fn refuses_what_names_no_place() {
        for message in [
            "Segmentation fault\n",
            "error: wasm trap: unreachable\n",
            "error: wasm trap: integer divide by zero\n",
            "error: wasm trap: integer divide by zero\n  in component `a`, function `f`\n",
            "error: wasm trap: integer divide by zero\n  in component `a`, function `f`, at module offset 0x1\nmore",
        ] {
            assert!(split_report(message.as_bytes()).is_err(), "{message}");
        }
    }
}
