//! Opens streams, and has another component write to them.

wit_bindgen::generate!({ path: "../wit", world: "command-world", generate_all });

use test::handles::writer::{self, Pair};
use wasi::cli::{stderr::get_stderr, stdin::get_stdin, stdout::get_stdout};

fn main() -> Result<(), String> {
    let output = get_stdout();
    writer::say(&output, "lent\n")?;
    writer::say(&output, "lent again\n")?;
    output
        .blocking_write_and_flush(b"still mine\n")
        .map_err(|e| e.to_string())?;
    writer::say_last(output, "given away\n")?;

    writer::keep(get_stdout());
    writer::keep(get_stderr());
    writer::keep(get_stdout());
    let count = writer::say_to_all("to all that are kept\n")?;
    let last = writer::release().ok_or("it was kept, now it is gone")?;
    writer::say(&last, &format!("{count} were kept\n"))?;

    let errors = get_stderr();
    writer::say_each(&last, &errors, &last, "to each of three\n")?;
    let mut all = writer::reverse(vec![last, errors, get_stdout()]);
    writer::say(&all[1], "the one in the middle\n")?;
    writer::say(&all.remove(0), "the first, which was the last\n")?;

    let target = all.pop().ok_or("there were three")?;
    let (pair, copied) = writer::copy(Pair {
        source: get_stdin(),
        target,
    })?;
    writer::say(&pair.target, &format!("\ncopied {copied} bytes\n"))?;
    match pair.source.blocking_read(1) {
        Ok(bytes) => println!("{} bytes after the end", bytes.len()),
        Err(error) => println!("after the end: {error}"),
    }

    while let Some(kept) = writer::release() {
        drop(kept);
    }
    println!("to {} now", writer::say_to_all("nobody hears this\n")?);
    Ok(())
}
