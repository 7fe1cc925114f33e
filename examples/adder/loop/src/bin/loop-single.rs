fn add(a: u32, b: u32) -> u32 {
    a.wrapping_add(b)
}

fn main() {
    adder_loop::run(add);
}
