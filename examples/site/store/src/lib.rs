//! Reads pages from the one directory that it is granted, `/pages`.

wit_bindgen::generate!({ path: "../wit", world: "store" });

use exports::example::site::pages::{Failure, Guest};
use std::fs::File;
use std::io::{ErrorKind, Read};

const LONGEST: u64 = 1 << 20;

struct Store;

impl Guest for Store {
    fn read(name: String) -> Result<String, Failure> {
        // Nothing here looks for `..`: no name leads out of a directory that was granted.
        let file = File::open(format!("/pages/{name}.md")).map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::PermissionDenied => Failure::Missing,
            _ => Failure::Unreadable,
        })?;
        let mut text = String::new();
        match file.take(LONGEST + 1).read_to_string(&mut text) {
            Ok(length) if length as u64 <= LONGEST => Ok(text),
            _ => Err(Failure::Unreadable),
        }
    }
}

export!(Store);
