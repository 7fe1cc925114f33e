//! Writes what the others say to a stream that it is given: it has none of its own.

wit_bindgen::generate!({ path: "../wit", world: "log-world", generate_all });

use exports::test::resources::log::{Guest, OutputStream};
use std::cell::RefCell;

thread_local!(static TO: RefCell<Option<OutputStream>> = const { RefCell::new(None) });

struct Log;

impl Guest for Log {
    fn open(to: OutputStream) {
        TO.replace(Some(to));
    }

    fn note(text: String) {
        TO.with_borrow(|to| {
            let to = to.as_ref().expect("the log is open");
            to.blocking_write_and_flush(format!("{text}\n").as_bytes())
                .expect("the stream is open");
        });
    }
}

export!(Log);
