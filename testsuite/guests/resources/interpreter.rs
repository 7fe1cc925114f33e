// What the command and the keeper have in common: they do what a script says with the items that
// they hold. A part of both crates; `NAME` and `test::resources` are theirs.
//
// A statement is words with spaces between; statements end with a line or, for the keeper, with `;`.
// A handle is written as the number that the component model gave it, right or wrong, or as `$N`: the one
// that this component came to as its Nth.

use crate::NAME;
use crate::test::resources::items::{self, Any, Item, Labelled, Lent};
use crate::test::resources::log::note;
use std::cell::RefCell;
use std::mem::ManuallyDrop;

thread_local!(static HANDLES: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) });

pub fn say(text: impl AsRef<str>) {
    note(&format!("{NAME}: {}", text.as_ref()));
}

/// Gives a handle its `$` name.
pub fn name(handle: u32) -> u32 {
    HANDLES.with_borrow_mut(|handles| {
        handles.push(handle);
        note(&format!("{NAME}: ${} is {handle}", handles.len() - 1));
    });
    handle
}

pub fn obtained(item: Item) {
    name(item.take_handle());
}

pub fn handle(word: &str) -> u32 {
    match word.strip_prefix('$') {
        Some(index) => HANDLES.with_borrow(|handles| {
            let index: usize = index.parse().expect("a number after `$`");
            handles.get(index).copied().unwrap_or(0)
        }),
        None => word.parse().expect("a handle"),
    }
}

/// The handle as if it were an owned item's.
pub fn owned(word: &str) -> Item {
    // SAFETY: none: whether there is such a handle is what is tested.
    unsafe { Item::from_handle(handle(word)) }
}

/// The handle as if it were any item's.
pub fn lent(word: &str) -> ManuallyDrop<Item> {
    ManuallyDrop::new(owned(word))
}

fn all_owned(words: &[&str]) -> Vec<Item> {
    words.iter().map(|word| owned(word)).collect()
}

fn any(words: &[&str]) -> Any {
    match *words {
        ["one", it] => Any::One(owned(it)),
        ["pair", one, other] => Any::Pair((owned(one), 0x1_0000_0001, owned(other))),
        ["many", ref all @ ..] => Any::Many(all_owned(all)),
        ["labelled", ref all @ ..] => Any::Labelled(
            all.chunks(2)
                .map(|some| Labelled {
                    label: some.join("+"),
                    item: owned(some[0]),
                    more: some.get(1).map(|word| owned(word)),
                })
                .collect(),
        ),
        ["nested", ref all @ ..] => {
            Any::Nested(all.split(|word| *word == "/").map(all_owned).collect())
        }
        ["number"] => Any::Number(2.5),
        ["ok", it] => Any::Outcome(Ok(owned(it))),
        ["error"] => Any::Outcome(Err("no item".to_owned())),
        _ => Any::None,
    }
}

fn all_obtained(all: Vec<Item>) {
    say(format!("{} items", all.len()));
    all.into_iter().for_each(obtained);
}

fn got(value: Any) {
    match value {
        Any::None => say("none"),
        Any::One(it) => obtained(it),
        Any::Pair((one, number, other)) => {
            obtained(one);
            say(format!("{number:x}"));
            obtained(other);
        }
        Any::Many(all) => all_obtained(all),
        Any::Labelled(all) => {
            for it in all {
                say(it.label);
                obtained(it.item);
                all_obtained(it.more.into_iter().collect());
            }
        }
        Any::Nested(all) => all.into_iter().for_each(all_obtained),
        Any::Number(number) => say(number.to_string()),
        Any::Outcome(Ok(it)) => obtained(it),
        Any::Outcome(Err(text)) => say(text),
    }
}

/// Does a statement about items. Whether it is one.
pub fn statement(words: &[&str]) -> bool {
    let number = |word: &str| word.parse::<u32>().expect("a number");
    match *words {
        ["new", value] => obtained(Item::new(number(value))),
        ["number", it] => say(lent(it).number().to_string()),
        ["drop", it] => drop(owned(it)),
        ["put", inner, into] => lent(into).put(owned(inner)),
        ["take", from] => match lent(from).take() {
            Some(it) => obtained(it),
            None => say("nothing to take"),
        },
        ["same", one, other] => say(format!("{:?}", lent(one).same(&lent(other), None))),
        ["same", one, other, third] => {
            say(format!(
                "{:?}",
                lent(one).same(&lent(other), Some(&lent(third)))
            ));
        }
        ["greater", one, other] => obtained(Item::greater(owned(one), owned(other))),
        ["create", ref numbers @ ..] => {
            let numbers: Vec<u32> = numbers.iter().map(|word| number(word)).collect();
            all_obtained(items::create(&numbers));
        }
        ["reverse", ref all @ ..] => all_obtained(items::reverse(all_owned(all))),
        ["touch", ref value @ ..] => match items::touch(any(value)) {
            Ok(value) => got(value),
            Err(text) => say(text),
        },
        ["sum", ref all @ ..] => {
            let all: Vec<_> = all.iter().map(|word| lent(word)).collect();
            let all: Vec<&Item> = all.iter().map(|it| &**it).collect();
            say(format!("{:?}", items::sum(&all)));
        }
        ["look", ref all @ ..] => {
            let all: Vec<_> = all.iter().map(|word| lent(word)).collect();
            let all: Vec<&Item> = all.iter().map(|it| &**it).collect();
            let at: Vec<Lent> = all
                .chunks(4)
                .map(|some| Lent {
                    first: some[0],
                    factor: some.len() as f32,
                    others: some
                        .iter()
                        .enumerate()
                        .map(|(i, it)| (i != 1).then_some(*it))
                        .collect(),
                    last: some.get(2).copied().ok_or(7),
                })
                .collect();
            say(format!("{:?}", items::look(&at)));
        }
        ["wide", a, c, e, f, g, h, i] => {
            let (a, rest, b) = items::wide(
                owned(a),
                !5,
                &lent(c),
                "wide",
                Some(owned(e)),
                &lent(f),
                (9, owned(g), 8),
                &[&lent(h), &lent(c)],
                Any::One(owned(i)),
            );
            obtained(a);
            all_obtained(rest);
            say(b.to_string());
        }
        ["store", it] => items::keep(owned(it)),
        ["recall"] => all_obtained(items::recall().into_iter().collect()),
        ["drop-until", value, ref all @ ..] => items::drop_until(all_owned(all), number(value)),
        // The handles keep their order, so only sums of numbers are worth saying.
        ["lots", count] => {
            let numbers: Vec<u32> = (0..number(count)).collect();
            let mut all = items::create(&numbers);
            let handles: u64 = all.iter().map(|it| u64::from(it.handle())).sum();
            let lent: Vec<&Item> = all.iter().collect();
            say(format!("{handles} {:?}", items::sum(&lent).last()));
            all = items::reverse(all);
            say(format!("{:?} {:?}", all[0].handle(), all[0].number()));
            // The destructors would fill the log.
            all.into_iter().for_each(|it| {
                it.take_handle();
            });
        }
        _ => return false,
    }
    true
}
