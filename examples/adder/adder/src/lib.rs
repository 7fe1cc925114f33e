wit_bindgen::generate!({ path: "../wit", world: "adder" });

struct Adder;

impl exports::example::adder::arithmetic::Guest for Adder {
    fn add(a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }
}

export!(Adder);
