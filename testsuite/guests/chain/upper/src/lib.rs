//! The end of a chain: capital letters, and empty lines are left out.

wit_bindgen::generate!({ path: "../wit", world: "last", generate_all });

use exports::test::chain::filter::{Guest, Line};

struct Upper;

impl Guest for Upper {
    fn apply(lines: Vec<Line>) -> Vec<Line> {
        lines
            .into_iter()
            .filter(|line| !line.text.is_empty())
            .map(|line| Line {
                text: line.text.to_uppercase(),
                ..line
            })
            .collect()
    }
}

export!(Upper);
