//! Has another component try first, then does the same itself.

wit_bindgen::generate!({ path: "../wit", world: "command" });

use std::io::Read;

fn main() -> std::io::Result<()> {
    println!("the other: {:?}", test::authority::attempt::everything());
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    println!(
        "the program: {:?}",
        (
            std::env::args().count(),
            std::env::vars().count(),
            input.len()
        )
    );
    Ok(())
}
