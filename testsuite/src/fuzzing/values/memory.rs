//! A side's memory as the fuzzer imagines it, and its table of handles.

use super::guest::MAX_PAGES;
use super::types::up;
use crate::mutate::Random;

/// Bytes of a page.
pub const PAGE: usize = 0x1_0000;

/// A memory under test. Blocks in it never overlap and are never used twice.
#[derive(Debug, Clone)]
pub struct Memory {
    pub bytes: Vec<u8>,
    used: Vec<(u32, u32)>,
    /// What can't be predicted, as the order of writes within is left open: addresses and lengths.
    pub scrubs: Vec<(u32, u32)>,
}

impl Memory {
    /// A memory of so many pages, filled with `fill`.
    pub fn new(pages: u32, fill: u8) -> Memory {
        Memory {
            bytes: vec![fill; pages as usize * PAGE],
            used: Vec::new(),
            scrubs: Vec::new(),
        }
    }

    /// Its size in bytes.
    pub fn len(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// Its size in pages.
    pub fn pages(&self) -> u32 {
        (self.bytes.len() / PAGE) as u32
    }

    /// Adds a page, unless it has all that it may have.
    pub fn grow(&mut self) -> bool {
        let more = self.pages() < MAX_PAGES;
        if more {
            self.bytes.resize(self.bytes.len() + PAGE, 0);
        }
        more
    }

    /// Finds a place: anywhere, at either end, beside another; in the last page only if `high`.
    /// `None` if there is none.
    pub fn place(&mut self, random: &mut Random, size: u32, align: u32, high: bool) -> Option<u32> {
        let len = self.len();
        let from = if high { len - PAGE as u32 } else { 0 };
        if size == 0 {
            return Some(match random.below(4) {
                0 => 0,
                1 => len,
                _ => random.below((len / align) as usize + 1) as u32 * align,
            });
        }
        let last = len.checked_sub(size)?;
        if last < from {
            return None;
        }
        for _ in 0..30 {
            let at = match random.below(8) {
                0 => last,
                1 => from,
                2 => self.used.last().map_or(from, |&(at, size)| at + size),
                _ => from + random.below((last - from) as usize + 1) as u32,
            };
            let mut at = up(at, align);
            if at > last {
                at = last / align * align;
            }
            if at >= from && self.claim(at, size) {
                return Some(at);
            }
        }
        let mut ends: Vec<u32> = self
            .used
            .iter()
            .map(|&(at, size)| up(at + size, align))
            .collect();
        ends.push(from);
        ends.sort_unstable();
        ends.into_iter()
            .find(|&at| at >= from && at <= last && self.claim(at, size))
    }

    fn claim(&mut self, at: u32, size: u32) -> bool {
        let free = self
            .used
            .iter()
            .all(|&(other, len)| at + size <= other || other + len <= at);
        if free {
            self.used.push((at, size));
        }
        free
    }

    /// Writes bytes.
    pub fn write(&mut self, at: u32, bytes: &[u8]) {
        self.bytes[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
    }

    /// Writes the lowest bytes of a number.
    pub fn write_int(&mut self, at: u32, value: u64, size: u32) {
        self.write(at, &value.to_le_bytes()[..size as usize]);
    }

    /// The blocks in use, with their contents.
    pub fn segments(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.used
            .iter()
            .map(|&(at, size)| (at, &self.bytes[at as usize..(at + size) as usize]))
    }

    /// Clears what the guest clears before it looks, and hashes as it does.
    pub fn look(&mut self) -> u64 {
        for &(at, size) in &self.scrubs {
            self.bytes[at as usize..(at + size) as usize].fill(0);
        }
        self.bytes
            .as_chunks::<8>()
            .0
            .iter()
            .fold(0u64, |hash, word| {
                (hash ^ u64::from_le_bytes(*word))
                    .rotate_left(23)
                    .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            })
    }
}

/// A table of handles: the last one freed is the first to be given out again; 0 never is.
#[derive(Debug, Clone, Default)]
pub struct Table {
    made: u32,
    free: Vec<u32>,
}

impl Table {
    /// The index of a new handle.
    pub fn add(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.made += 1;
            self.made
        })
    }

    /// Frees an index.
    pub fn remove(&mut self, index: u32) {
        self.free.push(index);
    }

    /// An index that no handle has.
    pub fn unknown(&self, random: &mut Random) -> u32 {
        match random.below(4) {
            0 => 0,
            1 => u32::MAX,
            2 => self.free.last().copied().unwrap_or(0),
            _ => self.made + 1 + random.below(100) as u32,
        }
    }
}
