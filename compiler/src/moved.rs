//! Where a core module's functions were before the compose stage changed the module.
//!
//! Messages of traps tell offsets in the module as its author has it. A module that was changed on the way
//! ([`crate::compose::preview1`]) therefore carries a custom section, [`SECTION`], behind everything else: pairs of
//! LEB128 numbers, a function body's offset in the changed module and how many bytes before that it was,
//! from there on. A damaged section costs exact offsets, nothing else, as with names.

use wasm_encoder::Encode;
use wasmparser::{BinaryReader, Parser, Payload};

/// The custom section's name.
pub const SECTION: &str = "nanocc:moved";

/// How far what lies in a module was moved, in order of offsets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moved(Vec<(u32, u32)>);

impl Moved {
    /// What lies at `offset` and behind it was `bytes` before that. Offsets ascend.
    pub fn push(&mut self, offset: u32, bytes: u32) {
        if self.0.last().map_or(0, |&(_, last)| last) != bytes {
            self.0.push((offset, bytes));
        }
    }

    /// The section's contents.
    pub fn encode(&self) -> Vec<u8> {
        let mut data = Vec::new();
        for (offset, bytes) in &self.0 {
            offset.encode(&mut data);
            bytes.encode(&mut data);
        }
        data
    }

    /// What the section's contents say.
    pub fn decode(data: &[u8]) -> Moved {
        let mut reader = BinaryReader::new(data, 0);
        let mut moved = Moved::default();
        while !reader.eof() {
            match (reader.read_var_u32(), reader.read_var_u32()) {
                (Ok(offset), Ok(bytes)) => moved.0.push((offset, bytes)),
                _ => return Moved::default(),
            }
        }
        if !moved.0.is_sorted_by_key(|&(offset, _)| offset) {
            return Moved::default();
        }
        moved
    }

    /// What the section of `module`, a core module, says; nothing if there is none.
    pub fn of(module: &[u8]) -> Moved {
        let sections = Parser::new(0).parse_all(module).flatten();
        let found = sections.filter_map(|payload| match payload {
            Payload::CustomSection(section) if section.name() == SECTION => {
                Some(Moved::decode(section.data()))
            }
            _ => None,
        });
        found.last().unwrap_or_default()
    }

    /// Where what lies at `offset` was.
    pub fn original(&self, offset: u32) -> u32 {
        let after = self.0.partition_point(|&(from, _)| from <= offset);
        let bytes = after.checked_sub(1).map_or(0, |last| self.0[last].1);
        offset.saturating_sub(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_go_back_by_what_was_moved_before() {
        let mut moved = Moved::default();
        for (offset, bytes) in [(100, 0), (200, 5), (300, 5), (400, 300)] {
            moved.push(offset, bytes);
        }
        let data = moved.encode();
        assert_eq!(data.len(), 2 + 1 + 2 + 2);
        assert_eq!(Moved::decode(&data), moved);
        for (offset, original) in [(0, 0), (199, 199), (200, 195), (399, 394), (400, 100)] {
            assert_eq!(moved.original(offset), original, "{offset}");
        }
    }

    #[test]
    fn damage_costs_the_offsets() {
        for data in [
            &[5][..],
            &[0x80],
            &[9, 1, 5, 1],
            &[1, 0xff, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert_eq!(Moved::decode(data), Moved::default(), "{data:?}");
        }
        // More than there is.
        assert_eq!(Moved::decode(&[2, 100]).original(50), 0);
    }
}
