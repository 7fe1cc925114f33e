//! Reads pictures from standard input, writes their noir versions to standard output, and what it
//! did to standard error.
//!
//! A picture is PNG or PNM (PBM, PGM, PPM, PAM). Several may follow one another, as PNM allows; each is
//! answered in its own format. Exit status: 0, or 1 with a message if anything wasn't a picture; what
//! came before it has been answered then.

wit_bindgen::generate!({ path: "../wit", world: "command" });

mod codec;

use codec::Picture;
use cyber::media::archive::{Entry, Index, Item, Tones};
use cyber::media::filter::apply_noir;
use std::io::{Read, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let index = Index::new("standard input");
    let done = run(&index);
    list(index);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("noir: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(index: &Index) -> Result<(), String> {
    if std::env::args().len() > 1 {
        return Err("takes no arguments, but pictures on standard input".to_string());
    }
    let mut input = Vec::new();
    let mut stdout = std::io::stdout();
    std::io::stdin()
        .read_to_end(&mut input)
        .map_err(|error| format!("standard input: {error}"))?;
    let mut rest = input.as_slice();
    let mut answers: Vec<Picture> = Vec::new();
    for number in 1.. {
        let at = |error| format!("picture {number}: {error}");
        let (format, picture, after) = codec::decode(rest).map_err(at)?;
        // A picture in characters may end in a line's end.
        rest = after.trim_ascii_start();
        let picture = picture.into_rgb();
        let digest = picture.digest();
        // The index knows whether this very picture was there before.
        let answer = match index.find(digest) {
            Some(first) => answers[first as usize - 1].clone(),
            None => {
                codec::decode(&apply_noir(&picture.to_pnm()))
                    .map_err(|error| at(format!("what the filter made of it: {error}")))?
                    .1
            }
        };
        stdout
            .write_all(&answer.encode(format).map_err(at)?)
            .map_err(|error| format!("standard output: {error}"))?;
        index.add(Entry {
            format,
            width: picture.width(),
            height: picture.height(),
            before: picture.tones(),
            after: answer.tones(),
            digest,
        });
        answers.push(answer);
        if rest.is_empty() {
            break;
        }
    }
    stdout
        .flush()
        .map_err(|error| format!("standard output: {error}"))
}

/// Writes what the index holds to standard error, a line a picture.
fn list(index: Index) {
    let name = index.name();
    let items = index.items();
    // Its items don't need it.
    drop(index);
    let items: Vec<Item> = std::iter::from_fn(|| items.next()).collect();
    if items.is_empty() {
        return;
    }
    eprintln!(
        "{name}: {} picture{}",
        items.len(),
        if items.len() == 1 { "" } else { "s" }
    );
    for item in items {
        let Entry {
            format,
            width,
            height,
            before,
            after,
            ..
        } = item.picture;
        let tones = |Tones { light, contrast }| format!("light {light:3} contrast {contrast:3}");
        let same = item
            .same_as
            .map_or(String::new(), |number| format!(", same as {number}"));
        eprintln!(
            "{:3}. {} {width} x {height}: {} -> {}{same}",
            item.number,
            codec::name(format),
            tones(before),
            tones(after),
        );
    }
}
