//! A link: passes everything on. It reads no stream and writes to none.

wit_bindgen::generate!({ path: "../wit", world: "relay-world", generate_all });

use exports::test::resources::relay::{Guest, InputStream, OutputStream, Pollable, Sink};
use test::resources::relay as next;

fn there(sink: Sink) -> next::Sink {
    match sink {
        Sink::Nothing => next::Sink::Nothing,
        Sink::One(to) => next::Sink::One(to),
        Sink::Many(all) => next::Sink::Many(all),
    }
}

fn back(sink: next::Sink) -> Sink {
    match sink {
        next::Sink::Nothing => Sink::Nothing,
        next::Sink::One(to) => Sink::One(to),
        next::Sink::Many(all) => Sink::Many(all),
    }
}

struct Relay;

impl Guest for Relay {
    fn say(to: &OutputStream, text: String) -> Result<(), String> {
        next::say(to, &text)
    }

    fn say_last(to: OutputStream, text: String) -> Result<OutputStream, String> {
        next::say_last(to, &text)
    }

    fn say_to(to: Vec<Sink>, text: String) -> Vec<Sink> {
        let there = to.into_iter().map(there).collect();
        next::say_to(there, &text).into_iter().map(back).collect()
    }

    fn say_myself(text: String) -> Result<(), String> {
        next::say_myself(&text)
    }

    fn read(source: &InputStream) -> Result<Vec<u8>, String> {
        next::read(source)
    }

    fn wait_all(all: Vec<Pollable>) -> u32 {
        next::wait_all(all)
    }

    fn wait(first: &Pollable, second: Option<&Pollable>) -> Vec<u32> {
        next::wait(first, second)
    }

    fn subscribe(to: &InputStream) -> Pollable {
        next::subscribe(to)
    }
}

export!(Relay);
