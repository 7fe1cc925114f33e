//! Mutations of components and of text, for fuzzing.
//!
//! A component is mutated as a tree of sections, whose sizes are written anew: a change within one
//! section then leaves the rest readable and reaches past the parser. Plain changes of bytes are
//! part of the mix, they are what truncated and damaged files look like.

/// A generator of pseudo-random numbers (SplitMix64: small, and any seed will do).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Numbers from `seed`.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which may be 0: then 0.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 {
            return 0;
        }
        (self.number() % bound as u64) as usize
    }

    /// One of `items`.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// A section of a component or of a core module.
#[derive(Debug, Clone)]
enum Section {
    Leaf {
        id: u8,
        content: Vec<u8>,
    },
    /// A core module or component within a component.
    Nested {
        id: u8,
        binary: Binary,
    },
}

/// A component or core module: the 8 bytes in front, and its sections.
#[derive(Debug, Clone)]
struct Binary {
    header: [u8; 8],
    sections: Vec<Section>,
}

/// Ids of the sections of a component that hold a core module and a component.
const MODULE: u8 = 1;
const COMPONENT: u8 = 4;

impl Binary {
    fn parse(bytes: &[u8]) -> Option<Binary> {
        let (header, mut rest) = bytes.split_first_chunk::<8>()?;
        if &header[..4] != b"\0asm" {
            return None;
        }
        let is_component = header[6] == 1;
        let mut sections = Vec::new();
        while let Some((&id, after)) = rest.split_first() {
            let (size, after) = read_leb(after)?;
            let content = after.get(..size)?;
            rest = after.get(size..)?;
            let nested = (is_component && (id == MODULE || id == COMPONENT))
                .then(|| Binary::parse(content))
                .flatten();
            sections.push(match nested {
                Some(binary) => Section::Nested { id, binary },
                None => Section::Leaf {
                    id,
                    content: content.to_vec(),
                },
            });
        }
        Some(Binary {
            header: *header,
            sections,
        })
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = self.header.to_vec();
        for section in &self.sections {
            let (id, content) = match section {
                Section::Leaf { id, content } => (*id, content.clone()),
                Section::Nested { id, binary } => (*id, binary.encode()),
            };
            bytes.push(id);
            write_leb(&mut bytes, content.len());
            bytes.extend(content);
        }
        bytes
    }

    /// Changes one thing, here or in something nested.
    fn mutate(&mut self, random: &mut Random, other: &[Section]) {
        let at = random.below(self.sections.len());
        if let Some(Section::Nested { binary, .. }) = self.sections.get_mut(at)
            && !random.one_in(6)
        {
            return binary.mutate(random, other);
        }
        let Some(section) = self.sections.get_mut(at) else {
            return;
        };
        match (random.below(12), section) {
            (0, _) => {
                self.sections.remove(at);
            }
            (1, section) => {
                let copy = section.clone();
                self.sections.insert(at, copy);
            }
            (2, _) => {
                let to = random.below(self.sections.len());
                self.sections.swap(at, to);
            }
            (3, section) => {
                if let Some(new) = random.pick(other) {
                    *section = new.clone();
                }
            }
            (4, _) => {
                if let Some(new) = random.pick(other) {
                    self.sections.insert(at, new.clone());
                }
            }
            (_, Section::Leaf { content, .. }) => bytes(content, random),
            (_, Section::Nested { binary, .. }) => {
                let at = random.below(8);
                binary.header[at] ^= 1 << random.below(8);
            }
        }
    }

    /// Every section, nested ones too.
    fn all_sections(&self, into: &mut Vec<Section>) {
        for section in &self.sections {
            into.push(section.clone());
            if let Section::Nested { binary, .. } = section {
                binary.all_sections(into);
            }
        }
    }
}

/// A mutation of `component`, with sections of `other` mixed in now and then.
pub fn component(component: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let changes = 1 + random.below(3);
    if random.one_in(5) {
        let mut mutated = component.to_vec();
        (0..changes).for_each(|_| bytes(&mut mutated, random));
        return mutated;
    }
    let Some(mut binary) = Binary::parse(component) else {
        return component.to_vec();
    };
    let mut sections = Vec::new();
    if let Some(other) = Binary::parse(other) {
        other.all_sections(&mut sections);
    }
    (0..changes).for_each(|_| binary.mutate(random, &sections));
    binary.encode()
}

/// Values that are at an edge of something: an index space, a signed range, a LEB128 number.
const EDGES: &[u8] = &[0, 1, 2, 0x3f, 0x40, 0x7e, 0x7f, 0x80, 0x81, 0xfe, 0xff];

/// Changes one thing about bytes.
fn bytes(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len());
    let len = 1 + random.below(8);
    let end = (at + len).min(bytes.len());
    match random.below(10) {
        0 => bytes.truncate(at),
        1 => {
            bytes.drain(at..end);
        }
        2 => {
            let copy = bytes[at..end].to_vec();
            let to = random.below(bytes.len());
            bytes.splice(to..to, copy);
        }
        3 => bytes.insert(at, random.number() as u8),
        // A number of the most bytes that 32 and 64 bits take.
        4 => {
            let number: &[u8] = if random.one_in(2) {
                &[0xff, 0xff, 0xff, 0xff, 0x0f]
            } else {
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]
            };
            let to = (at + 1).min(bytes.len());
            bytes.splice(at..to, number.iter().copied());
        }
        _ => {
            let Some(byte) = bytes.get_mut(at) else {
                return;
            };
            match random.below(4) {
                0 => *byte ^= 1 << random.below(8),
                1 => *byte = byte.wrapping_add(1),
                2 => *byte = byte.wrapping_sub(1),
                _ => *byte = random.pick(EDGES).copied().unwrap_or(0),
            }
        }
    }
}

/// A mutation of `text`: words are dropped, doubled, swapped and taken from `other`.
pub fn text(text: &str, other: &str, random: &mut Random) -> String {
    let mut words = words(text);
    let others = words_of_interest(other);
    for _ in 0..1 + random.below(4) {
        let at = random.below(words.len());
        match random.below(7) {
            0 if at < words.len() => {
                words.remove(at);
            }
            1 if at < words.len() => words.insert(at, words[at]),
            2 if at < words.len() => {
                let to = random.below(words.len());
                words.swap(at, to);
            }
            3 => words.truncate(at),
            4 => words.insert(at, random.pick(ODDITIES).copied().unwrap_or(" ")),
            _ => {
                if let (Some(word), Some(new)) = (words.get_mut(at), random.pick(&others)) {
                    *word = new;
                }
            }
        }
    }
    words.concat()
}

/// Text that a lexer may stumble over.
const ODDITIES: &[&str] = &[
    "\0",
    "\u{feff}",
    "\u{202e}",
    "é",
    "🦀",
    "\"",
    "/*",
    "//",
    "%",
    "@999999999999999999999.0.0",
    "...",
    "{",
    "}",
    ":",
    "::",
    ";",
    "0",
    "-",
    "\r",
    "\u{85}",
    "package",
    "new",
];

fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let alike = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let end = if alike(first) {
            rest.find(|c| !alike(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after;
    }
    words
}

fn words_of_interest(text: &str) -> Vec<&str> {
    let mut words = words(text);
    words.retain(|word| !word.trim().is_empty());
    words
}

fn read_leb(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (i, &byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(i + 1..)?));
        }
    }
    None
}

fn write_leb(into: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    const NESTED: &str = r#"(component
        (core module $m (memory 1) (func (export "f") (result i32) i32.const 300))
        (component (core module (func)))
        (core instance $i (instantiate $m)))"#;

    #[test]
    fn what_is_parsed_is_encoded_again() {
        let bytes = wat::parse_str(NESTED).unwrap();
        let binary = Binary::parse(&bytes).unwrap();
        assert_eq!(binary.encode(), bytes);
        let nested = |section: &&Section| matches!(section, Section::Nested { .. });
        assert_eq!(binary.sections.iter().filter(nested).count(), 2);
    }

    #[test]
    fn some_mutations_are_valid_and_some_are_not() {
        let bytes = wat::parse_str(NESTED).unwrap();
        let mut random = Random::new(1);
        let valid = (0..1000)
            .filter(|_| {
                let mutated = component(&bytes, &bytes, &mut random);
                mutated != bytes && wasmparser::validate(&mutated).is_ok()
            })
            .count();
        assert!((20..900).contains(&valid), "{valid} of 1000");
    }

    #[test]
    fn a_seed_repeats() {
        let run = || text("let a = new b:c { ... };", "export", &mut Random::new(7));
        assert_eq!(run(), run());
    }
}
