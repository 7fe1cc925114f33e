//! Reaches for all there is.

wit_bindgen::generate!({ path: "../wit", world: "guest" });

use std::io::{Read, Write};

struct Guest;

impl exports::test::authority::attempt::Guest for Guest {
    fn everything() -> (u32, u32, u32) {
        let arguments = std::env::args_os().count();
        let variables = std::env::vars_os().count();
        let mut input = Vec::new();
        // Whether a stream that wasn't granted is closed or an error is not what is tested here.
        let _ = std::io::stdin().read_to_end(&mut input);
        let mut output = std::io::stdout();
        let _ = output
            .write_all(b"this must not be seen\n")
            .and_then(|()| output.flush());
        eprintln!("standard error is everyone's");
        (arguments as u32, variables as u32, input.len() as u32)
    }
}

export!(Guest);
