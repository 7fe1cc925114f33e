//! Passes the lines of standard input through a chain of filters, a few at a time.

wit_bindgen::generate!({ path: "../wit", world: "first", generate_all });

use test::chain::filter::{Line, apply};

fn main() -> std::io::Result<()> {
    let lines: Vec<Line> = std::io::stdin()
        .lines()
        .zip(1..)
        .map(|(text, number)| text.map(|text| Line { number, text }))
        .collect::<Result<_, _>>()?;
    for some in lines.chunks(3) {
        for line in apply(some) {
            println!("{:>3} {}", line.number, line.text);
        }
    }
    println!("{} of none", apply(&[]).len());
    Ok(())
}
