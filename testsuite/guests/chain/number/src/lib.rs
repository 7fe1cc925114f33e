//! A link of a chain: hands all lines on at once, then each by itself, and puts before it the line's
//! number and how many lines this instance has seen.

wit_bindgen::generate!({ path: "../wit", world: "link", generate_all });

use exports::test::chain::filter::{Guest, Line};
use std::cell::Cell;
use test::chain::filter as next;

thread_local!(static SEEN: Cell<u32> = const { Cell::new(0) });

struct Number;

impl Guest for Number {
    fn apply(lines: Vec<Line>) -> Vec<Line> {
        let mut result = Vec::new();
        for line in next::apply(&lines) {
            SEEN.set(SEEN.get() + 1);
            let text = format!("{}/{}: {}", line.number, SEEN.get(), line.text);
            result.extend(next::apply(&[Line { text, ..line }]));
        }
        result
    }
}

export!(Number);
