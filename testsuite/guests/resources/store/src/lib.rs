//! Defines the items. An item's destructor tells the log, and drops what the item owns.

wit_bindgen::generate!({ path: "../wit", world: "store-world", generate_all });

use exports::test::resources::items::{Any, Guest, GuestItem, Item, ItemBorrow, Labelled, Lent};
use std::cell::{Cell, RefCell};
use test::resources::log::note;

thread_local!(static KEPT: RefCell<Vec<Item>> = const { RefCell::new(Vec::new()) });

/// The destructor of an item with this number traps.
const CURSED: u32 = 666;

struct Numbered {
    number: Cell<u32>,
    inner: RefCell<Vec<Item>>,
}

impl Drop for Numbered {
    fn drop(&mut self) {
        let inner = self.inner.borrow().len();
        note(&format!(
            "store: the end of {}, of {inner}",
            self.number.get()
        ));
        if self.number.get() == CURSED {
            core::arch::wasm32::unreachable();
        }
    }
}

fn made(number: u32) -> Item {
    Item::new(Numbered {
        number: Cell::new(number),
        inner: RefCell::default(),
    })
}

fn inside(item: &Item) -> &Numbered {
    item.get()
}

fn lent<'a>(item: &ItemBorrow<'a>) -> &'a Numbered {
    item.get()
}

impl GuestItem for Numbered {
    fn new(number: u32) -> Numbered {
        Numbered {
            number: Cell::new(number),
            inner: RefCell::default(),
        }
    }

    fn number(&self) -> u32 {
        self.number.get()
    }

    fn put(&self, inner: Item) {
        note(&format!(
            "store: {} has handle {}",
            self.number.get(),
            inner.handle()
        ));
        self.inner.borrow_mut().push(inner);
    }

    fn take(&self) -> Option<Item> {
        self.inner.borrow_mut().pop()
    }

    fn same(&self, other: ItemBorrow<'_>, third: Option<ItemBorrow<'_>>) -> (bool, u32) {
        let third = third.map_or(0, |third| lent(&third).number.get());
        (core::ptr::eq(self, lent(&other)), third)
    }

    fn greater(first: Item, second: Item) -> Item {
        note(&format!(
            "store: {} and {}",
            first.handle(),
            second.handle()
        ));
        if inside(&first).number.get() < inside(&second).number.get() {
            second
        } else {
            first
        }
    }
}

fn count_up(item: Item) -> Item {
    let number = &inside(&item).number;
    number.set(number.get() + 1);
    item
}

struct Store;

impl Guest for Store {
    type Item = Numbered;

    fn create(numbers: Vec<u32>) -> Vec<Item> {
        numbers.into_iter().map(made).collect()
    }

    fn reverse(mut all: Vec<Item>) -> Vec<Item> {
        all.reverse();
        all
    }

    fn touch(value: Any) -> Result<Any, String> {
        let each = |all: Vec<Item>| all.into_iter().map(count_up).collect();
        Ok(match value {
            Any::None => return Err("nothing to touch".to_owned()),
            Any::One(item) => Any::One(count_up(item)),
            Any::Pair((one, number, other)) => Any::Pair((count_up(one), !number, count_up(other))),
            Any::Many(all) => Any::Many(each(all)),
            Any::Labelled(all) => Any::Labelled(
                all.into_iter()
                    .map(|it| Labelled {
                        label: it.label.to_uppercase(),
                        item: count_up(it.item),
                        more: it.more.map(count_up),
                    })
                    .collect(),
            ),
            Any::Nested(all) => Any::Nested(all.into_iter().map(each).collect()),
            Any::Number(number) => Any::Number(-number),
            Any::Outcome(outcome) => Any::Outcome(outcome.map(count_up)),
        })
    }

    fn sum(all: Vec<ItemBorrow<'_>>) -> Vec<u32> {
        let mut sum = 0;
        all.iter()
            .map(|item| {
                sum += lent(item).number.get();
                sum
            })
            .collect()
    }

    fn look(at: Vec<Lent<'_>>) -> Vec<u32> {
        let mut seen = Vec::new();
        for lent_to_us in at {
            seen.push(lent(&lent_to_us.first).number.get());
            seen.push(lent_to_us.factor as u32);
            for other in lent_to_us.others {
                seen.push(other.map_or(0, |it| lent(&it).number.get()));
            }
            seen.push(match lent_to_us.last {
                Ok(it) => lent(&it).number.get(),
                Err(number) => u32::from(number),
            });
        }
        seen
    }

    fn wide(
        a: Item,
        b: u64,
        c: ItemBorrow<'_>,
        d: String,
        e: Option<Item>,
        f: ItemBorrow<'_>,
        g: (u32, Item, u8),
        h: Vec<ItemBorrow<'_>>,
        i: Any,
    ) -> (Item, Vec<Item>, u64) {
        note(&format!(
            "store: {b} {} {d} {} {} {} {}",
            lent(&c).number.get(),
            lent(&f).number.get(),
            g.0,
            g.2,
            h.iter().map(|it| lent(it).number.get()).sum::<u32>(),
        ));
        let mut rest: Vec<Item> = e.into_iter().collect();
        rest.push(g.1);
        if let Any::One(item) = i {
            rest.push(item);
        }
        (a, rest, b + 1)
    }

    fn keep(it: Item) {
        KEPT.with_borrow_mut(|kept| kept.push(it));
    }

    fn recall() -> Option<Item> {
        KEPT.with_borrow_mut(Vec::pop)
    }

    fn drop_until(all: Vec<Item>, number: u32) {
        for item in all {
            if inside(&item).number.get() == number {
                core::arch::wasm32::unreachable();
            }
        }
    }
}

export!(Store);
