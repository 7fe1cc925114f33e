wit_bindgen::generate!({ path: "../wit", world: "loop" });

fn main() {
    adder_loop::run(example::adder::arithmetic::add);
}
