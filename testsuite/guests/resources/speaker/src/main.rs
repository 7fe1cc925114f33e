//! Opens streams, which it alone was granted, and has them written, read and waited for by a component
//! at the end of a chain.
//!
//! With the argument `parent-first`, it drops a stream before the pollable that it gave. An implementation may
//! trap at that.

wit_bindgen::generate!({ path: "../wit", world: "speaker-world", generate_all });

use test::resources::relay::{self, Sink};
use wasi::cli::{stdin::get_stdin, stdout::get_stdout};

fn main() -> Result<(), String> {
    let output = get_stdout();
    relay::say(&output, "lent\n")?;
    let output = relay::say_last(output, "given away\n")?;
    relay::say(&output, "and come back\n")?;
    relay::say(
        &output,
        &format!(
            "by itself: {:?}\n",
            relay::say_myself("this must not be seen\n")
        ),
    )?;
    let sinks = vec![
        Sink::Many(vec![
            ("first ".to_owned(), get_stdout()),
            ("second ".to_owned(), output),
        ]),
        Sink::Nothing,
        Sink::Many(Vec::new()),
        Sink::One(get_stdout()),
    ];
    let mut sinks = relay::say_to(sinks, "to many\n");
    let Some(Sink::One(output)) = sinks.pop() else {
        return Err("the sinks came back otherwise".to_owned());
    };

    let input = get_stdin();
    let waiting = relay::subscribe(&input);
    let other = output.subscribe();
    relay::say(
        &output,
        &format!("ready: {:?}\n", relay::wait(&other, None)),
    )?;
    relay::wait(&waiting, Some(&waiting));
    let read = relay::read(&input)?;
    let sum: u64 = read.iter().map(|byte| u64::from(*byte)).sum();
    relay::say(&output, &format!("read {} bytes, {sum}\n", read.len()))?;
    let count = relay::wait_all(vec![waiting, other, relay::subscribe(&input)]);
    relay::say(&output, &format!("{count} ready\n"))?;

    if std::env::args().nth(1).as_deref() == Some("parent-first") {
        let waiting = relay::subscribe(&input);
        drop(input);
        let ready = relay::wait(&waiting, None);
        relay::say(&output, &format!("without its stream: {ready:?}\n"))?;
    }
    Ok(())
}
