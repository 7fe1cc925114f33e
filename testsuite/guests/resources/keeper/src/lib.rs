//! Stands between the command and the store: has items in its own table, and chests that own some.

wit_bindgen::generate!({ path: "../wit", world: "keeper-world", generate_all });

#[path = "../../interpreter.rs"]
mod interpreter;

use exports::test::resources::keeper::{Chest, ChestBorrow, Guest, GuestChest};
use interpreter::{name, obtained, say};
use std::cell::RefCell;
use test::resources::items::Item;

/// In the log.
const NAME: &str = "keeper";

struct Content(RefCell<Option<Item>>);

impl Drop for Content {
    fn drop(&mut self) {
        match &*self.0.borrow() {
            Some(it) => say(format!("the end of a chest with {}", it.number())),
            None => say("the end of an empty chest"),
        }
    }
}

fn run(script: &str) {
    for statement in script.split(';') {
        let words: Vec<&str> = statement.split_whitespace().collect();
        assert!(
            words.is_empty() || interpreter::statement(&words),
            "{statement}: no statement of the keeper's"
        );
    }
}

/// A borrowed handle, left to the script.
fn left(it: &Item) {
    name(it.take_handle());
}

impl GuestChest for Content {
    fn new(content: Option<Item>) -> Content {
        Content(RefCell::new(content))
    }

    fn exchange(&self, content: Option<Item>) -> Option<Item> {
        self.0.replace(content)
    }

    fn content(&self) -> Result<u32, String> {
        let content = self.0.borrow();
        let it = content.as_ref().ok_or("an empty chest")?;
        Ok(it.number())
    }

    fn meet(&self, it: &Item, script: String) -> u32 {
        let number = it.number();
        left(it);
        run(&script);
        number
    }

    fn open(it: Chest) -> Result<Item, String> {
        let content: &Content = it.get();
        content.0.take().ok_or_else(|| "an empty chest".to_owned())
    }
}

struct Keeper;

impl Guest for Keeper {
    type Chest = Content;

    fn run(script: String) {
        run(&script);
    }

    fn lend(it: &Item, script: String) {
        left(it);
        run(&script);
    }

    fn lend_some(
        first: &Item,
        second: Option<&Item>,
        third: (u64, Result<&Item, String>),
        script: String,
    ) {
        left(first);
        second.into_iter().for_each(left);
        match third.1 {
            Ok(third) => left(third),
            Err(text) => say(format!("{} {text}", third.0)),
        }
        run(&script);
    }

    fn give(it: Item) {
        obtained(it);
    }

    fn give_all(all: Vec<Item>) {
        all.into_iter().for_each(obtained);
    }

    fn fetch(handle: u32) -> Item {
        // SAFETY: none: whether there is such a handle is what is tested.
        unsafe { Item::from_handle(handle) }
    }

    fn fetch_all(handles: Vec<u32>) -> Vec<Item> {
        handles.into_iter().map(Keeper::fetch).collect()
    }

    fn lend_chest(it: ChestBorrow<'_>, also: &Item) -> u32 {
        let content: &Content = it.get();
        content.content().unwrap_or(0) * 1000 + also.number()
    }
}

export!(Keeper);
