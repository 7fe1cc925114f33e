//! An index in memory, and iterators over it.
//!
//! Whoever holds a handle to an index or an iterator decides when it ends: dropping the handle runs
//! the destructor here, which drops the Rust value. Iterators share the index's entries, so that they
//! outlive it.

wit_bindgen::generate!({ path: "../wit", world: "picture-archive" });

use exports::cyber::media::archive::{self, Entry, Guest, GuestIndex, GuestItems, Item};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

struct Archive;

impl Guest for Archive {
    type Index = Index;
    type Items = Items;
}

struct Index {
    name: String,
    entries: Rc<RefCell<Vec<Entry>>>,
}

impl GuestIndex for Index {
    fn new(name: String) -> Index {
        Index {
            name,
            entries: Rc::default(),
        }
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn add(&self, picture: Entry) {
        self.entries.borrow_mut().push(picture);
    }

    fn find(&self, digest: u64) -> Option<u32> {
        position(&self.entries.borrow(), digest)
    }

    fn items(&self) -> archive::Items {
        archive::Items::new(Items {
            entries: self.entries.clone(),
            next: Cell::new(0),
        })
    }
}

struct Items {
    entries: Rc<RefCell<Vec<Entry>>>,
    next: Cell<usize>,
}

impl GuestItems for Items {
    fn next(&self) -> Option<Item> {
        let entries = self.entries.borrow();
        let at = self.next.get();
        let picture = entries.get(at)?;
        self.next.set(at + 1);
        Some(Item {
            number: at as u32 + 1,
            picture: *picture,
            same_as: position(&entries[..at], picture.digest),
        })
    }
}

/// The number, counted from 1, of the first entry with this digest.
fn position(entries: &[Entry], digest: u64) -> Option<u32> {
    let at = entries.iter().position(|entry| entry.digest == digest)?;
    Some(at as u32 + 1)
}

export!(Archive);
