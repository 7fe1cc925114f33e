//! Does what standard input says, a statement a line, and has the keeper do things.

wit_bindgen::generate!({ path: "../wit", world: "command-world", generate_all });

#[path = "../../interpreter.rs"]
mod interpreter;

use interpreter::{handle, lent, name, obtained, owned, say};
use std::io::Read;
use std::mem::ManuallyDrop;
use test::resources::items::Item;
use test::resources::keeper::{self, Chest};
use test::resources::{log, other_items};

/// In the log.
const NAME: &str = "command";

fn chest(word: &str) -> ManuallyDrop<Chest> {
    // SAFETY: none: whether there is such a handle is what is tested.
    ManuallyDrop::new(unsafe { Chest::from_handle(handle(word)) })
}

fn other(word: &str) -> ManuallyDrop<other_items::Item> {
    // SAFETY: as above.
    ManuallyDrop::new(unsafe { other_items::Item::from_handle(handle(word)) })
}

fn content(word: &str) -> Option<Item> {
    (word != "-").then(|| owned(word))
}

fn came_back(it: Option<Item>) {
    match it {
        Some(it) => obtained(it),
        None => say("nothing"),
    }
}

fn statement(words: &[&str]) -> bool {
    match *words {
        [] => {}
        ["chest", it] => {
            name(Chest::new(content(it)).take_handle());
        }
        ["drop-chest", it] => drop(ManuallyDrop::into_inner(chest(it))),
        ["exchange", it, other] => came_back(chest(it).exchange(content(other))),
        ["content", it] => say(format!("{:?}", chest(it).content())),
        ["open", it] => match Chest::open(ManuallyDrop::into_inner(chest(it))) {
            Ok(it) => obtained(it),
            Err(text) => say(text),
        },
        ["meet", it, item, ":", ref script @ ..] => {
            say(chest(it).meet(&lent(item), &script.join(" ")).to_string());
        }
        ["keeper", ref script @ ..] => keeper::run(&script.join(" ")),
        ["lend", it, ":", ref script @ ..] => keeper::lend(&lent(it), &script.join(" ")),
        ["lend-some", ref rest @ ..] => {
            let at = rest
                .iter()
                .position(|word| *word == ":")
                .unwrap_or(rest.len());
            let all: Vec<_> = rest[..at].iter().map(|word| lent(word)).collect();
            keeper::lend_some(
                &all[0],
                all.get(1).map(|it| &**it),
                (1 << 40, all.get(2).map(|it| &**it).ok_or("no third")),
                &rest[(at + 1).min(rest.len())..].join(" "),
            );
        }
        ["give", it] => keeper::give(owned(it)),
        ["give-all", ref all @ ..] => {
            keeper::give_all(all.iter().map(|word| owned(word)).collect());
        }
        ["fetch", number] => obtained(keeper::fetch(handle(number))),
        ["fetch-all", ref numbers @ ..] => {
            let numbers: Vec<u32> = numbers.iter().map(|word| handle(word)).collect();
            keeper::fetch_all(&numbers).into_iter().for_each(obtained);
        }
        ["lend-chest", it, item] => say(keeper::lend_chest(&chest(it), &lent(item)).to_string()),
        ["other", number] => {
            let it = other_items::Item::new(number.parse().expect("a number"));
            name(it.take_handle());
        }
        ["number-other", it] => say(other(it).number().to_string()),
        ["drop-other", it] => drop(ManuallyDrop::into_inner(other(it))),
        _ => return interpreter::statement(words),
    }
    true
}

fn main() -> Result<(), std::io::Error> {
    let mut script = String::new();
    std::io::stdin().read_to_string(&mut script)?;
    log::open(wasi::cli::stdout::get_stdout());
    for line in script.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert!(statement(&words), "{line}: no statement");
    }
    say("the end");
    Ok(())
}
