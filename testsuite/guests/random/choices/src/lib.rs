//! What the programs beside it choose at random, from a seed: the same under every implementation, as long as each call has
//! come to the same.

/// A source of choices.
pub struct Choices(u64);

impl Choices {
    /// Those of a seed.
    pub fn new(seed: u64) -> Choices {
        Choices(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `bound`, which isn't 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % bound as u64) as usize
    }

    /// Once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of several.
    pub fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// A path in the directories of `../world`: mostly of what is there or may come to be there, else an odd one. None ends with a
    /// slash or a dot behind one: what that means is each system's own, and `../../escape` has them all.
    pub fn path(&mut self) -> String {
        if self.one_in(60) {
            // The longest name, and those beside it.
            return "n".repeat(254 + self.below(3));
        }
        let odd = self.one_in(4);
        self.of(if odd { ODD } else { PATHS }).to_owned()
    }

    /// Bytes to write.
    pub fn bytes(&mut self, lengths: &[usize]) -> Vec<u8> {
        let first = self.below(256);
        (0..self.of(lengths)).map(|i| (first + i) as u8).collect()
    }
}

const PATHS: &[&str] = &[
    "a", "b", "c", "d", "e", "l", "m", "d/a", "d/b", "d/e", "e/a", "d/e/a", "l/a", "m/b", "d/l", ".",
];

const ODD: &[&str] = &[
    "",
    "..",
    "/",
    "d/..",
    "d/../a",
    "./a",
    "d//a",
    "../x",
    "/a",
    "l/..",
    "a/..",
    "d/e/../../../a",
    "/../a",
    "\u{e9}",
    "a\\b",
    "d/./b",
    "d/../d/../a",
    "l/../a",
    "m/../b",
    "..d",
    "a\nb",
    "x/x",
    "l/e/../a",
];

/// A path as it is printed: not more of it than is needed to know it again.
pub fn shortened(path: &str) -> String {
    match path.len() {
        ..32 => format!("{path:?}"),
        length => format!("{length} bytes"),
    }
}

/// The sum of bytes, which says what they were well enough.
pub fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte)).sum()
}

/// The seed, and how many calls: the program's arguments.
pub fn told() -> (Choices, usize) {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse());
    match (arguments.next(), arguments.next()) {
        (Some(Ok(seed)), Some(Ok(count))) => (Choices::new(seed), count as usize),
        _ => panic!("the arguments are a seed and a number of calls"),
    }
}
