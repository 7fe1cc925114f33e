//! The rules of the component model that have moved, or that the oracle has otherwise: plain data, of which
//! `testsuite/CONFORMANCE.md` is the printed form.

/// The commit of the component-model repository whose text nanocc follows.
pub const COMMIT: &str = "6d281648";

/// A rule that another text, or the oracle, has otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// What it is about.
    pub name: &'static str,
    /// Who has it otherwise: a pull request of the component-model repository, or the oracle.
    pub by: &'static str,
    /// How they have it.
    pub otherwise: &'static str,
    /// What nanocc does.
    pub here: &'static str,
}

/// All of them.
pub const RULES: &[Rule] = &[
    Rule {
        name: "re-entrance",
        by: "#705, later",
        otherwise: "no `may_enter`: an instance may be entered again",
        here: "entering what is entered traps, as the commit says",
    },
    Rule {
        name: "re-entrance",
        by: "wasmtime 48",
        otherwise: "the rule before #650: every call between an instance and one around it, or itself, traps",
        here: "only entering what is entered traps",
    },
    Rule {
        name: "blocking in synchronous tasks",
        by: "#696, #705, #716, later",
        otherwise: "when a synchronous task may block",
        here: "nothing: there is no asynchronous call yet, they are refused",
    },
    Rule {
        name: "`cancellable`",
        by: "#696, #705, #716, later",
        otherwise: "which built-ins have it",
        here: "nothing: the built-ins are asynchronous and refused",
    },
    Rule {
        name: "literals of `map` and fixed-length lists",
        by: "#712, later",
        otherwise: "how component values of these types are written",
        here: "nothing: component values and both types are gated and refused",
    },
    Rule {
        name: "`resource.drop` of an owned handle",
        by: "wasmtime 48",
        otherwise: "the destructor runs, also where the instance couldn't be entered",
        here: "a call like any other: it traps where the instance is entered",
    },
    Rule {
        name: "size limits",
        by: "wasmtime 48",
        otherwise: "its own limits of strings and lists",
        here: "at most 2^28 - 1 bytes, as the commit says",
    },
];

/// The table of the document.
pub fn table() -> String {
    let mut out =
        String::from("| rule | who has it otherwise | how | nanocc |\n|---|---|---|---|\n");
    for rule in RULES {
        let Rule {
            name,
            by,
            otherwise,
            here,
        } = rule;
        out.push_str(&format!("| {name} | {by} | {otherwise} | {here} |\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{COMMIT, table};

    #[test]
    fn the_document_says_the_same() {
        let document = include_str!("../../CONFORMANCE.md");
        assert!(
            document.contains(&table()),
            "CONFORMANCE.md should have:\n{}",
            table()
        );
        assert!(document.contains(COMMIT));
    }
}
