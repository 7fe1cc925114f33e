//! How a segment becomes mappings, and where those lie in the file.
//!
//! The problem: a memory image is mostly zero. Pages with data should be mapped from the file, so
//! that nothing is copied at start; zero pages should be anonymous, so that the file stays small; and
//! every mapping costs the kernel about a microsecond at start, so there should be few.
//!
//! ```text
//! memory   0000 0000 0000 data data 0000 data 0000 0000 0000 0000 data 0000 0000
//! chunks   anonymous      |------ file -----| - zero-filled tail -| file| - tail -|
//!                             a short run of zeros is kept in the file
//! ```
//!
//! A chunk is one `PT_LOAD`. Its part in the file ends at a page's end, with zeros for padding: where it
//! ended within a page, the kernel would have to clear the rest of the page, which costs a page fault
//! and a private copy of the page before the program has run at all: 2.5 us of the 39 us from exec to
//! exit, unless the program writes to that page anyway. The padding is a page at most. Of the page with
//! the variables that every start writes, there is none: what the kernel does to it, the program would.
//!
//! A chunk with nothing in the file has `p_filesz` 0 and a page-aligned address, which Linux 5.10 to
//! 6.18 and qemu-user map as anonymous memory (older kernels handle it as the zero-filled tail of the
//! chunk before, so program headers must ascend by address, which they do).

use std::ops::Range;

/// The page size that padding goes by. Kernels with larger pages clear the rest themselves.
const PAGE: u64 = 4096;

/// The longest run of zeros between two pieces of data that stays in the file: half of what C's stack
/// takes, which lies in front of its data and would make most of a small program's file.
const RUN: u64 = 32 * 1024;

/// The longest run of zeros after the last piece of data that stays in the file: a mapping of its own
/// would cost 0.6 us. More would make small programs' files noticeably larger.
const TAIL: u64 = 2 * PAGE;

/// A part of a segment that is mapped at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Chunk {
    /// The addresses it takes.
    pub memory: Range<u64>,
    /// How many bytes from its start on are in the file.
    pub file_size: u64,
}

/// Cuts `segment` into chunks.
///
/// `data` holds the address ranges that aren't zero, sorted and without overlap. Chunks start at
/// multiples of `align`, or where the segment starts; `merge` multiplies how long a run of zeros may
/// be that stays in the file. `written` is an address whose page every start writes to.
pub(crate) fn chunks(
    segment: Range<u64>,
    data: &[Range<u64>],
    writable: bool,
    written: Option<u64>,
    align: u64,
    merge: u64,
) -> Vec<Chunk> {
    if segment.is_empty() {
        return Vec::new();
    }
    if !writable {
        let file_size = segment.end - segment.start;
        return vec![Chunk {
            memory: segment,
            file_size,
        }];
    }
    let run = RUN.saturating_mul(merge);
    let is_written = |address: u64| written.is_some_and(|at| down(at, PAGE) == down(address, PAGE));
    let mut files: Vec<Range<u64>> = Vec::new();
    for piece in data {
        let mut start = down(piece.start, align).max(segment.start);
        if files.is_empty() && start - segment.start <= run {
            start = segment.start;
        }
        let end = match is_written(piece.end) {
            true => piece.end,
            false => up(piece.end, PAGE).min(segment.end),
        };
        match files.last_mut() {
            Some(last) if start.saturating_sub(last.end) <= run => last.end = last.end.max(end),
            _ => files.push(start..end),
        }
    }
    if let Some(last) = files.last_mut() {
        // Zeros on the page where the data ends need no mapping of their own.
        let tail = segment.end.saturating_sub(up(last.end, PAGE));
        if tail > 0 && tail <= TAIL {
            last.end = segment.end;
        }
    }
    let mut chunks = Vec::new();
    let first = files.first().map_or(segment.end, |file| file.start);
    if segment.start < first {
        let memory = down(segment.start, align)..first;
        chunks.push(Chunk {
            memory,
            file_size: 0,
        });
    }
    for (index, file) in files.iter().enumerate() {
        let end = files.get(index + 1).map_or(segment.end, |next| next.start);
        chunks.push(Chunk {
            memory: file.start..end,
            file_size: file.end - file.start,
        });
    }
    chunks
}

/// The address ranges within `bytes`, at `address`, whose pages hold anything but zeros.
pub(crate) fn nonzero(address: u64, bytes: &[u8], ranges: &mut Vec<Range<u64>>) {
    let mut at = 0;
    while at < bytes.len() {
        let start = address + at as u64;
        let len = usize::try_from(up(start + 1, PAGE) - start).unwrap_or(usize::MAX);
        let end = at.saturating_add(len).min(bytes.len());
        // A page's worth at a time, so that the comparison is one of words.
        if bytes[at..end].iter().fold(0, |any, byte| any | byte) != 0 {
            ranges.push(start..address + end as u64);
        }
        at = end;
    }
}

/// Sorts ranges and joins those that touch or overlap.
pub(crate) fn join(ranges: &mut Vec<Range<u64>>) {
    ranges.sort_by_key(|range| range.start);
    ranges.dedup_by(|next, last| {
        let joined = next.start <= last.end;
        if joined {
            last.end = last.end.max(next.end);
        }
        joined
    });
}

/// The file while it is being laid out.
#[derive(Clone, Default)]
pub(crate) struct FileSpace {
    end: u64,
    /// What alignment has left unused.
    gaps: Vec<Range<u64>>,
}

impl FileSpace {
    /// The file's size so far.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// How much the file grows if `size` bytes are put at an offset that equals `address` modulo `align`.
    pub fn growth(&self, size: u64, address: u64, align: u64) -> u64 {
        if self.gap(size, address, align).is_some() {
            return 0;
        }
        congruent(self.end, address, align).saturating_add(size) - self.end
    }

    /// Finds room for `size` bytes at an offset that equals `address` modulo `align`.
    pub fn place(&mut self, size: u64, address: u64, align: u64) -> u64 {
        if let Some((index, offset)) = self.gap(size, address, align) {
            let gap = self.gaps.swap_remove(index);
            self.gaps
                .extend([gap.start..offset, offset + size..gap.end]);
            self.gaps.retain(|gap| !gap.is_empty());
            self.gaps.sort_by_key(|gap| gap.start);
            return offset;
        }
        let offset = congruent(self.end, address, align);
        if offset > self.end {
            self.gaps.push(self.end..offset);
        }
        self.end = offset.saturating_add(size);
        offset
    }

    /// The first gap with room.
    fn gap(&self, size: u64, address: u64, align: u64) -> Option<(usize, u64)> {
        self.gaps.iter().enumerate().find_map(|(index, gap)| {
            let offset = congruent(gap.start, address, align);
            (offset.saturating_add(size) <= gap.end).then_some((index, offset))
        })
    }
}

/// The least number that is at least `from` and equals `like` modulo `align`.
fn congruent(from: u64, like: u64, align: u64) -> u64 {
    from.saturating_add(like.wrapping_sub(from) & (align - 1))
}

/// The largest multiple of `align`, a power of two, that isn't above `x`.
pub(crate) fn down(x: u64, align: u64) -> u64 {
    x & !(align - 1)
}

/// The least multiple of `align`, a power of two, that isn't below `x`; near the end of the
/// number range something that is above every address.
pub(crate) fn up(x: u64, align: u64) -> u64 {
    down(x.saturating_add(align - 1), align)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const K: u64 = 1024;

    fn show(chunks: &[Chunk]) -> Vec<(u64, u64, u64)> {
        chunks
            .iter()
            .map(|c| (c.memory.start / K, c.memory.end / K, c.file_size / K))
            .collect()
    }

    #[test]
    fn zero_pages_are_anonymous() {
        let chunks = chunks(64 * K..1024 * K, &[], true, None, 4 * K, 1);
        assert_eq!(show(&chunks), [(64, 1024, 0)]);
    }

    #[test]
    fn long_runs_split_and_short_ones_do_not() {
        let data = [200 * K..201 * K, 210 * K + 5..220 * K, 400 * K..400 * K + 1];
        let chunks = chunks(64 * K..1024 * K, &data, true, None, 4 * K, 1);
        assert_eq!(
            show(&chunks),
            [(64, 200, 0), (200, 400, 20), (400, 1024, 4)]
        );
    }

    #[test]
    fn a_start_and_an_end_that_are_nearly_data_are_data() {
        let data = 90 * K..101 * K;
        let chunks = chunks(64 * K..112 * K, &[data], true, None, 4 * K, 1);
        assert_eq!(show(&chunks), [(64, 112, 48)]);
    }

    #[test]
    fn large_pages_start_chunks() {
        let data = 1000 * K..1001 * K;
        let chunks = chunks(64 * K..4096 * K, &[data], true, None, 64 * K, 1);
        assert_eq!(show(&chunks), [(64, 960, 0), (960, 4096, 44)]);
    }

    #[test]
    fn a_page_that_is_written_is_not_padded() {
        let data = 64 * K..66 * K;
        let at = |written| {
            chunks(
                64 * K..1024 * K,
                std::slice::from_ref(&data),
                true,
                written,
                4 * K,
                1,
            )
        };
        assert_eq!(show(&at(Some(67 * K))), [(64, 1024, 2)]);
        assert_eq!(show(&at(Some(70 * K))), [(64, 1024, 4)]);
        assert_eq!(show(&at(None)), [(64, 1024, 4)]);
        // Zeros on the same page aren't a run.
        let small = chunks(
            64 * K..68 * K,
            std::slice::from_ref(&data),
            true,
            Some(67 * K),
            4 * K,
            1,
        );
        assert_eq!(show(&small), [(64, 68, 2)]);
    }

    #[test]
    fn gaps_are_used() {
        let mut space = FileSpace::default();
        assert_eq!(space.place(100, 0, 64 * K), 0);
        assert_eq!(space.place(100, 0x4_0000, 64 * K), 64 * K);
        assert_eq!(space.growth(300, 8, 16), 0);
        assert_eq!(space.place(300, 8, 16), 104);
        assert_eq!(space.place(64 * K, 0, 16), 64 * K + 112);
        assert_eq!(space.end(), 128 * K + 112);
    }

    proptest! {
        /// Chunks ascend, cover the segment, hold all data in the file, and start at pages.
        #[test]
        fn chunks_cover(
            start in 0u64..64 * K,
            size in 1u64..4096 * K,
            pieces in proptest::collection::vec((0u64..4096 * K, 1u64..100_000), 0..8),
            large in any::<bool>(),
            merge in 1u64..4,
            written in proptest::option::of(0u64..4096 * K),
        ) {
            let segment = start..start + size;
            let align = if large { 64 * K } else { 4 * K };
            let mut data: Vec<Range<u64>> = pieces
                .into_iter()
                .map(|(at, len)| start + at..(start + at + len).min(segment.end))
                .filter(|range| !range.is_empty())
                .collect();
            join(&mut data);
            let chunks = chunks(segment.clone(), &data, true, written, align, merge);
            prop_assert!(chunks[0].memory.start == start || chunks[0].file_size == 0);
            prop_assert_eq!(down(chunks[0].memory.start, align), down(start, align));
            prop_assert_eq!(chunks.last().unwrap().memory.end, segment.end);
            for (index, chunk) in chunks.iter().enumerate() {
                prop_assert!(!chunk.memory.is_empty());
                prop_assert!(chunk.file_size <= chunk.memory.end - chunk.memory.start);
                if index > 0 {
                    prop_assert_eq!(chunks[index - 1].memory.end, chunk.memory.start);
                    prop_assert_eq!(chunk.memory.start % align, 0);
                }
                if chunk.file_size == 0 {
                    prop_assert_eq!(chunk.memory.start % align, 0);
                }
                let end = chunk.memory.start + chunk.file_size;
                let on_written = written.is_some_and(|at| down(at, PAGE) == down(end, PAGE));
                prop_assert!(end == chunk.memory.end || end % PAGE == 0 || on_written);
            }
            for range in data {
                let inside = |chunk: &Chunk| {
                    chunk.memory.start <= range.start && range.end <= chunk.memory.start + chunk.file_size
                };
                prop_assert!(chunks.iter().any(inside), "{:?}", range);
            }
        }

        #[test]
        fn nonzero_finds_every_byte(address in 0u64..10_000, bytes in proptest::collection::vec(0u8..2, 0..3), pad in 0usize..20_000) {
            let mut all = vec![0; pad];
            all.extend(&bytes);
            all.resize(all.len() + pad / 2, 0);
            let mut ranges = Vec::new();
            nonzero(address, &all, &mut ranges);
            let pages: std::collections::HashSet<u64> = all.iter().enumerate()
                .filter(|(_, byte)| **byte != 0)
                .map(|(index, _)| down(address + index as u64, PAGE))
                .collect();
            for (index, byte) in all.iter().enumerate() {
                let at = address + index as u64;
                let inside = ranges.iter().any(|range| range.contains(&at));
                let page_is_zero = !pages.contains(&down(at, PAGE));
                prop_assert_eq!(inside, !page_is_zero, "{} {}", index, byte);
            }
        }
    }
}
