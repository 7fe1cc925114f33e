//! Pass 4: an address and a file offset for everything that is kept.
//!
//! The image, at `Layout::text_base`, is what a start touches. A small one is a single readable and
//! executable segment, since a mapping more costs more than the few pages it would protect; a large
//! one has its constants in a segment of their own. What a running program doesn't read, the
//! metadata tables and the notes, lies at the end.
//!
//! ```text
//! small image   RX: headers, build id, .rodata, .got, .text, tables, notes
//! large image   R:  headers, build id, .rodata, .got, tables, notes     RX: .text
//! ```
//!
//! Two segments may share a page of the file, which is then mapped twice; the next segment's address
//! is as far into its page as the file is. So large pages cost address space, not file space. Only
//! fixed segments, whose addresses aren't ours, leave gaps in the file, and what isn't loaded goes there.
//!
//! Invariants: segments ascend by address; no two share a page of `segment_align` bytes; everything
//! lies below `1 << address_bits`; arithmetic saturates, and a saturated address fails that check.

use crate::error::{LinkError, SegmentRange};
use crate::gc::Live;
use crate::got::Got;
use crate::input::{AtomId, Note, Section, TextBase};
use crate::resolve::{Part, Program, Target};
use crate::segment::{self, Chunk, FileSpace, down, up};
use object::elf;
use std::ops::Range;

/// An image with less constants and code than this is one segment.
const SMALL: u64 = 64 * 1024;

/// How much the kernel takes: before Linux 5.18, one page of program headers.
const HEADERS_PREFERRED: usize = 4096 / PROGRAM_HEADER as usize;
/// After that, 64 KiB.
const HEADERS_LIMIT: usize = 65536 / PROGRAM_HEADER as usize;

/// Numbers from 0xff00 on mean something else; a few sections come after these.
const SECTIONS_LIMIT: usize = 0xfe00;

/// The largest file that makes sense.
const FILE_LIMIT: u64 = 1 << 32;

pub(crate) const FILE_HEADER: u64 = 64;
pub(crate) const PROGRAM_HEADER: u64 = 56;

/// Where everything is.
pub(crate) struct Image {
    /// By atom; 0 for those that aren't kept.
    addresses: Vec<u64>,
    /// What is loaded, ascending.
    pub segments: Vec<Segment>,
    /// For the section headers, ascending.
    pub sections: Vec<OutputSection>,
    /// Ascending.
    pub notes: Vec<PlacedNote>,
    /// The table's first slot.
    pub got: u64,
    text: Range<u64>,
    rodata: Range<u64>,
    data: Range<u64>,
    bss: Range<u64>,
    tables: Vec<Range<u64>>,
    /// Room in the file that is left.
    pub file: FileSpace,
}

/// A `PT_LOAD`.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub memory: Range<u64>,
    pub file_size: u64,
    pub offset: u64,
    pub access: Access,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    Read,
    ReadExecute,
    ReadWrite,
}

/// A section header to be.
#[derive(Clone, Debug)]
pub(crate) struct OutputSection {
    pub name: String,
    pub memory: Range<u64>,
    pub kind: OutputKind,
    pub align: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OutputKind {
    Text,
    ReadOnly,
    Note,
    Data,
    Bss,
}

/// A note with its bytes as they are in the file.
pub(crate) struct PlacedNote {
    pub address: u64,
    pub bytes: Vec<u8>,
}

impl Image {
    pub fn address(&self, atom: AtomId) -> u64 {
        self.addresses[atom.index()]
    }

    /// The address that a target stands for.
    pub fn target(&self, target: Target) -> u64 {
        match target {
            Target::Atom { atom, offset } => self.address(atom) + offset,
            Target::Absolute(address) => address,
            Target::Boundary(boundary) => {
                let range = match boundary.of {
                    Part::Text => &self.text,
                    Part::ReadOnly => &self.rodata,
                    Part::Data => &self.data,
                    Part::Bss => &self.bss,
                    Part::Table(index) => &self.tables[index],
                };
                if boundary.end { range.end } else { range.start }
            }
            // Nothing that is kept refers to such a symbol.
            Target::Undefined => 0,
        }
    }

    /// The file offset of an address, where it is in the file.
    pub fn offset(&self, address: u64) -> Option<u64> {
        let after = self
            .segments
            .partition_point(|segment| segment.memory.start <= address);
        let segment = &self.segments[after.checked_sub(1)?];
        let into = address - segment.memory.start;
        (into < segment.file_size).then_some(segment.offset + into)
    }
}

pub(crate) fn assign(program: &Program<'_>, live: &Live, got: &Got) -> Result<Image, LinkError> {
    let groups = Groups::collect(program, live);
    let mut placing = Placing {
        program,
        addresses: vec![0; program.atoms.len()],
        sections: Vec::new(),
    };

    // Data first: the image may have to come after it.
    let mut writable: Option<Writable> = None;
    if let Some(index) = program.layout.data_after {
        let fixed = &program.fixed[index];
        let end = fixed.address.saturating_add(fixed.size);
        writable = Some(placing.writable(&groups, up(end, 16)));
    }
    let align = program.layout.segment_align;
    let base = match (program.layout.text_base, &writable) {
        (TextBase::At(base), _) => base,
        (TextBase::AfterData, Some(writable)) => up(writable.end(), align),
        // `resolve` has refused this.
        (TextBase::AfterData, None) => up(0, align),
    };

    // The room for headers decides where the first constant is. The fixed segments' share is known;
    // for the image's it is an upper bound.
    let others = groups.header_count();
    let fixed = cut(program, writable.as_ref(), others)?;
    let headers = fixed.iter().map(Vec::len).sum::<usize>() + others;
    let mut image = placing.image(&groups, got, base, headers);
    let own = writable.is_none();
    let writable = writable.unwrap_or_else(|| {
        let start = match groups.data.is_empty() {
            // Nothing of it is in the file.
            true => up(image.end, align),
            false => next_segment(image.end, align),
        };
        placing.writable(&groups, start)
    });
    let own_range = if own {
        writable.data.start..writable.bss.end
    } else {
        0..0
    };
    check_addresses(program, &image, &writable, own)?;

    let mut segments = Vec::new();
    let mut file = FileSpace::default();
    for (memory, access) in image
        .segments
        .drain(..)
        .filter(|(memory, _)| !memory.is_empty())
    {
        let file_size = memory.end - memory.start;
        let offset = file.place(file_size, memory.start, align);
        segments.push(Segment {
            memory,
            file_size,
            offset,
            access,
        });
    }
    let mut own_data = vec![writable.data.clone()];
    own_data.retain(|range| !range.is_empty());
    let own_chunks = segment::chunks(
        own_range,
        &own_data,
        true,
        Some(writable.bss.start),
        align,
        1,
    );
    let mut chunks: Vec<(Chunk, Access)> = own_chunks
        .into_iter()
        .map(|chunk| (chunk, Access::ReadWrite))
        .collect();
    for (fixed, cut) in program.fixed.iter().zip(fixed) {
        let access = if fixed.writable {
            Access::ReadWrite
        } else {
            Access::Read
        };
        chunks.extend(cut.into_iter().map(|chunk| (chunk, access)));
    }
    place_chunks(chunks, align, &mut file, &mut segments);
    segments.sort_by_key(|segment| segment.memory.start);
    if file.end() > FILE_LIMIT {
        return Err(LinkError::FileSize {
            size: file.end(),
            limit: FILE_LIMIT,
        });
    }

    placing.fixed_sections(&segments);
    placing.sections.sort_by_key(|section| section.memory.start);
    if placing.sections.len() > SECTIONS_LIMIT {
        return Err(LinkError::Layout(
            "there are more tables and notes than ELF can number",
        ));
    }
    Ok(Image {
        addresses: placing.addresses,
        segments,
        sections: placing.sections,
        notes: image.notes,
        got: image.got,
        text: image.text,
        rodata: image.rodata,
        data: writable.data,
        bss: writable.bss,
        tables: image.tables,
        file,
    })
}

/// The kept atoms by where they go, each in its final order.
struct Groups {
    text: Vec<AtomId>,
    rodata: Vec<AtomId>,
    data: Vec<AtomId>,
    bss: Vec<AtomId>,
    tables: Vec<Vec<AtomId>>,
    notes: bool,
}

impl Groups {
    fn collect(program: &Program<'_>, live: &Live) -> Self {
        let mut groups = Groups {
            text: Vec::new(),
            rodata: Vec::new(),
            data: Vec::new(),
            bss: Vec::new(),
            tables: vec![Vec::new(); program.tables.len()],
            notes: !program.notes.is_empty(),
        };
        for id in live.atoms() {
            match program.atoms[id.index()].section {
                Section::Text => groups.text.push(id),
                Section::ReadOnly => groups.rodata.push(id),
                Section::Data => groups.data.push(id),
                Section::Bss => groups.bss.push(id),
                Section::Metadata { table, .. } => groups.tables[table.index()].push(id),
            }
        }
        // Large zeroed buffers are seldom touched, and never whole. Last, they leave the small variables
        // together with .data, on one page. The sort is stable, so that order is the input's among equals.
        groups
            .bss
            .sort_by_key(|id| program.atoms[id.index()].contents.len());
        // Text keeps the order in which atoms came in, so a subject's number says where it is.
        for table in &mut groups.tables {
            table.sort_by_key(|id| match program.atoms[id.index()].section {
                Section::Metadata { subject, .. } => (subject, *id),
                _ => (*id, *id),
            });
        }
        groups
    }

    /// An upper bound of the program headers besides those of the fixed segments.
    fn header_count(&self) -> usize {
        let image = 2;
        let data = 1;
        let notes = 1 + usize::from(self.notes);
        let stack = 1;
        image + data + notes + stack
    }
}

/// `.data` and `.bss`.
struct Writable {
    data: Range<u64>,
    bss: Range<u64>,
}

impl Writable {
    fn end(&self) -> u64 {
        self.bss.end
    }
}

/// The image, placed.
struct Placed {
    segments: Vec<(Range<u64>, Access)>,
    notes: Vec<PlacedNote>,
    got: u64,
    text: Range<u64>,
    rodata: Range<u64>,
    tables: Vec<Range<u64>>,
    start: u64,
    end: u64,
}

struct Placing<'p, 'a> {
    program: &'p Program<'a>,
    addresses: Vec<u64>,
    sections: Vec<OutputSection>,
}

impl Placing<'_, '_> {
    /// Puts atoms side by side from `cursor` on and says what they take.
    fn atoms(&mut self, atoms: &[AtomId], cursor: u64) -> (Range<u64>, u64) {
        let mut range = cursor..cursor;
        let mut align = 1;
        for (index, id) in atoms.iter().enumerate() {
            let atom = &self.program.atoms[id.index()];
            let address = up(range.end, u64::from(atom.align));
            if index == 0 {
                range.start = address;
            }
            self.addresses[id.index()] = address;
            range.end = address.saturating_add(atom.contents.len());
            align = align.max(u64::from(atom.align));
        }
        (range, align)
    }

    fn section(
        &mut self,
        name: impl Into<String>,
        kind: OutputKind,
        (memory, align): (Range<u64>, u64),
    ) -> Range<u64> {
        if !memory.is_empty() {
            self.sections.push(OutputSection {
                name: name.into(),
                memory: memory.clone(),
                kind,
                align,
            });
        }
        memory
    }

    fn writable(&mut self, groups: &Groups, cursor: u64) -> Writable {
        let data = self.atoms(&groups.data, cursor);
        let data = self.section(".data", OutputKind::Data, data);
        let bss = self.atoms(&groups.bss, data.end);
        let bss = self.section(".bss", OutputKind::Bss, bss);
        Writable { data, bss }
    }

    fn image(&mut self, groups: &Groups, got: &Got, base: u64, headers: usize) -> Placed {
        let mut cursor = base.saturating_add(FILE_HEADER + PROGRAM_HEADER * headers as u64);
        let mut notes = Vec::new();
        let id = encode_note("GNU", elf::NT_GNU_BUILD_ID.0, &[0; 20]);
        cursor = self.note(".note.gnu.build-id".to_owned(), id, cursor, &mut notes);

        let rodata = self.atoms(&groups.rodata, cursor);
        let rodata = self.section(".rodata", OutputKind::ReadOnly, rodata);
        let slots = up(rodata.end, 8);
        let slots = slots..slots.saturating_add(8 * got.slots().len() as u64);
        let slots = self.section(".got", OutputKind::ReadOnly, (slots, 8));
        cursor = if slots.is_empty() {
            rodata.end
        } else {
            slots.end
        };

        let sizes = |atoms: &[AtomId]| {
            atoms.iter().fold(0u64, |sum, id| {
                sum.saturating_add(self.program.atoms[id.index()].contents.len())
            })
        };
        let small = (cursor - base).saturating_add(sizes(&groups.text)) < SMALL;
        let (mut text, mut segments) = (0..0, Vec::new());
        if small {
            let placed = self.atoms(&groups.text, cursor);
            text = self.section(".text", OutputKind::Text, placed);
            cursor = text.end;
        }
        let mut tables = Vec::new();
        for (index, table) in groups.tables.iter().enumerate() {
            let name = format!(".nanocc.{}", self.program.tables[index].name);
            let placed = self.atoms(table, cursor);
            let placed = self.section(name, OutputKind::ReadOnly, placed);
            cursor = placed.end;
            tables.push(placed);
        }
        for Note { owner, kind, desc } in &self.program.notes {
            let bytes = encode_note(owner, *kind, desc);
            cursor = self.note(format!(".note.{owner}"), bytes, cursor, &mut notes);
        }
        if small {
            segments.push((base..cursor, Access::ReadExecute));
        } else {
            segments.push((base..cursor, Access::Read));
            let align = self.program.layout.segment_align;
            let start = next_segment(cursor, align);
            let placed = self.atoms(&groups.text, start);
            text = self.section(".text", OutputKind::Text, placed);
            segments.push((text.clone(), Access::ReadExecute));
            cursor = text.end;
        }
        Placed {
            segments,
            notes,
            got: slots.start,
            text,
            rodata,
            tables,
            start: base,
            end: cursor,
        }
    }

    fn note(
        &mut self,
        name: String,
        bytes: Vec<u8>,
        cursor: u64,
        notes: &mut Vec<PlacedNote>,
    ) -> u64 {
        let address = up(cursor, 4);
        let end = address.saturating_add(bytes.len() as u64);
        self.section(name, OutputKind::Note, (address..end, 4));
        notes.push(PlacedNote { address, bytes });
        end
    }

    /// Section headers of the fixed segments, so that tools can show their data.
    fn fixed_sections(&mut self, segments: &[Segment]) {
        for fixed in &self.program.fixed {
            let name = format!(".nanocc.{}", fixed.name);
            let whole = fixed.address..fixed.address + fixed.size;
            for segment in segments {
                let start = segment.memory.start.max(whole.start);
                let end = segment.memory.end.min(whole.end);
                if start >= end {
                    continue;
                }
                let file_end = (segment.memory.start + segment.file_size).clamp(start, end);
                let kind = if fixed.writable {
                    OutputKind::Data
                } else {
                    OutputKind::ReadOnly
                };
                self.section(name.clone(), kind, (start..file_end, 1));
                self.section(name.clone(), OutputKind::Bss, (file_end..end, 1));
            }
        }
    }
}

/// Where the next segment begins after one that ends at `end`: as far into a page of its own, so that
/// the file goes on without a gap.
fn next_segment(end: u64, align: u64) -> u64 {
    if end.is_multiple_of(align) {
        end
    } else {
        end.saturating_add(align)
    }
}

/// A note as the ELF specification has it: sizes, type, owner and description padded to 4 bytes.
fn encode_note(owner: &str, kind: u32, desc: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend((owner.len() as u32 + 1).to_le_bytes());
    bytes.extend((desc.len() as u32).to_le_bytes());
    bytes.extend(kind.to_le_bytes());
    bytes.extend(owner.as_bytes());
    bytes.push(0);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes.extend(desc);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// Cuts the fixed segments into chunks. Where that would make more program headers than old kernels
/// take, longer runs of zeros stay in the file.
fn cut(
    program: &Program<'_>,
    writable: Option<&Writable>,
    others: usize,
) -> Result<Vec<Vec<Chunk>>, LinkError> {
    let align = program.layout.segment_align;
    let limit = 1 << program.layout.address_bits;
    let mut segments = Vec::new();
    for (index, fixed) in program.fixed.iter().enumerate() {
        let mut range = fixed.address..fixed.address.saturating_add(fixed.size);
        let mut data = Vec::new();
        let mut written = None;
        if range.end <= limit {
            for (offset, bytes) in &fixed.contents {
                segment::nonzero(fixed.address + offset, bytes, &mut data);
            }
            for relocation in &fixed.relocations {
                let start = fixed.address + relocation.offset;
                data.push(start..start + relocation.kind.len() as u64);
            }
        }
        if let (true, Some(writable)) = (program.layout.data_after == Some(index), writable) {
            range.end = range.end.max(writable.end());
            written = Some(writable.bss.start);
            if !writable.data.is_empty() {
                data.push(writable.data.clone());
            }
        }
        // Checked here, before the ranges are used in arithmetic that doesn't saturate.
        if range.end > limit {
            let (start, end) = (range.start, range.end);
            let range = SegmentRange {
                name: fixed.name.clone().into_owned(),
                start,
                end,
            };
            return Err(LinkError::AddressSpace(range, program.layout.address_bits));
        }
        segment::join(&mut data);
        segments.push((range, data, fixed.writable, written));
    }
    let mut best: Option<Vec<Vec<Chunk>>> = None;
    for merge in [1, 4, 16, 64] {
        let cut: Vec<Vec<Chunk>> = segments
            .iter()
            .map(|(range, data, writable, written)| {
                segment::chunks(range.clone(), data, *writable, *written, align, merge)
            })
            .collect();
        let count = cut.iter().map(Vec::len).sum::<usize>() + others;
        if count <= HEADERS_PREFERRED {
            return Ok(cut);
        }
        best = Some(cut);
    }
    let cut = best.unwrap_or_default();
    let count = cut.iter().map(Vec::len).sum::<usize>() + others;
    if count > HEADERS_LIMIT {
        return Err(LinkError::TooManySegments {
            count,
            limit: HEADERS_LIMIT,
        });
    }
    Ok(cut)
}

/// Everything lies in the address space, and no two segments share a page.
fn check_addresses(
    program: &Program<'_>,
    image: &Placed,
    writable: &Writable,
    own: bool,
) -> Result<(), LinkError> {
    let named = |name: &str, start, end| SegmentRange {
        name: name.to_owned(),
        start,
        end,
    };
    let mut ranges = vec![named("image", image.start, image.end)];
    if own {
        ranges.push(named("data", writable.data.start, writable.bss.end));
    }
    for (index, fixed) in program.fixed.iter().enumerate() {
        let mut range = named(
            &fixed.name,
            fixed.address,
            fixed.address.saturating_add(fixed.size),
        );
        if program.layout.data_after == Some(index) {
            range.end = range.end.max(writable.end());
        }
        ranges.push(range);
    }
    ranges.retain(|range| range.start < range.end);
    ranges.sort_by_key(|range| (range.start, range.end));
    let bits = program.layout.address_bits;
    if let Some(outside) = ranges.iter().find(|range| range.end > 1 << bits) {
        return Err(LinkError::AddressSpace(outside.clone(), bits));
    }
    let align = program.layout.segment_align;
    for pair in ranges.windows(2) {
        if down(pair[1].start, align) < up(pair[0].end, align) {
            return Err(LinkError::Overlap(pair[0].clone(), pair[1].clone(), align));
        }
    }
    Ok(())
}

/// Gives chunks their place in the file. What ends far from a page's end is best last, where nothing
/// has to follow on a page of its own; what another order would fit together isn't torn apart for that.
fn place_chunks(
    mut chunks: Vec<(Chunk, Access)>,
    align: u64,
    file: &mut FileSpace,
    segments: &mut Vec<Segment>,
) {
    let spare = |(chunk, _): &(Chunk, Access)| match chunk.file_size {
        0 => 0,
        size => chunk.memory.start.saturating_add(size).wrapping_neg() & (align - 1),
    };
    let (mut plain, mut kept) = (file.clone(), file.clone());
    let order = in_order(chunks.clone(), align, &mut plain);
    let most = (0..chunks.len()).max_by_key(|index| spare(&chunks[*index]));
    let Some(most) = most else { return };
    let last = chunks.remove(most);
    let mut other = in_order(chunks, align, &mut kept);
    other.extend(in_order(vec![last], align, &mut kept));
    let better = kept.end() < plain.end();
    segments.extend(if better { other } else { order });
    *file = if better { kept } else { plain };
}

/// Places chunks, always the one next that makes the file grow least.
fn in_order(mut chunks: Vec<(Chunk, Access)>, align: u64, file: &mut FileSpace) -> Vec<Segment> {
    let mut segments = Vec::new();
    while !chunks.is_empty() {
        let padding = |(chunk, _): &(Chunk, Access)| match chunk.file_size {
            0 => 0,
            size => file
                .growth(size, chunk.memory.start, align)
                .saturating_sub(size),
        };
        let next = (0..chunks.len())
            .min_by_key(|index| padding(&chunks[*index]))
            .unwrap_or(0);
        let (Chunk { memory, file_size }, access) = chunks.remove(next);
        let offset = match file_size {
            0 => 0,
            size => file.place(size, memory.start, align),
        };
        segments.push(Segment {
            memory,
            file_size,
            offset,
            access,
        });
    }
    segments
}
