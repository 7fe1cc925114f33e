//! WASI 0.2.12 as raw bindings, made from the very WIT files that nanocc's own bindings are made from, and
//! how the programs beside it say what they found.
//!
//! A program's output is compared byte for byte with what it says under another implementation, in another
//! process, at another time and in another folder. So nothing may be printed that differs between two right
//! runs: no time, inode or port, no handle, no hash.

mod bindings {
    wit_bindgen::generate!({
        path: [
            "../../../../wit/packages/io.wit",
            "../../../../wit/packages/clocks.wit",
            "../../../../wit/packages/random.wit",
            "../../../../wit/packages/filesystem.wit",
            "../../../../wit/packages/sockets.wit",
            "../../../../wit/packages/cli.wit",
        ],
        world: "wasi:cli/imports",
        generate_all,
        bitflags_path: "::bitflags",
    });
}

pub use bindings::wasi::*;

mod shown;
pub use shown::{Shown, Text};

/// Prints an expression and its value.
#[macro_export]
macro_rules! show {
    ($value:expr) => {{
        let value = $value;
        println!("{} -> {}", $crate::squeezed(stringify!($value)), $crate::Text(&value));
        value
    }};
}

/// Prints a label and a value.
#[macro_export]
macro_rules! say {
    ($label:expr, $value:expr) => {{
        let value = $value;
        println!("{}: {}", $label, $crate::Text(&value));
    }};
}

/// An expression's source on one line.
pub fn squeezed(source: &str) -> String {
    source.split_whitespace().collect::<Vec<_>>().join(" ")
}
