//! Pass 5: bytes to their places, and every field its number.
//!
//! The file's buffer is cut into one slice an atom, so atoms are copied and relocated side by side
//! without sharing anything but what is read-only. Which thread does what can't be seen in the result:
//! every byte has one writer, and of several errors the first in file order is reported.

use crate::error::{LinkError, Place};
use crate::gc::{self, Live};
use crate::got::{self, Got, Rewritten};
use crate::input::{AtomId, Contents, Machine, Section};
use crate::layout::{Image, OutputKind};
use crate::reloc::{Misfit, Relocation};
use crate::resolve::Program;
use rayon::prelude::*;

/// Fewer atoms than this are not worth another thread.
const ATOMS_A_THREAD: usize = 256;

struct Job<'f> {
    atom: AtomId,
    bytes: &'f mut [u8],
}

/// Makes everything of the file that is loaded, except for the headers.
pub(crate) fn apply(
    program: &Program<'_>,
    live: &Live,
    got: &Got,
    image: &Image,
) -> Result<Vec<u8>, LinkError> {
    let mut file = vec![0; image.file.end() as usize];
    pad_text(program, image, &mut file);
    for note in &image.notes {
        store(image, &mut file, note.address, &note.bytes);
    }
    for (index, target) in got.slots().iter().enumerate() {
        let slot = image.got + 8 * index as u64;
        store(image, &mut file, slot, &image.target(*target).to_le_bytes());
    }
    for fixed in &program.fixed {
        for (offset, bytes) in &fixed.contents {
            store(image, &mut file, fixed.address + offset, bytes);
        }
    }
    let relocating = Relocating {
        program,
        got,
        image,
    };
    relocating.fixed(&mut file)?;
    let mut jobs = jobs(program, live, image, &mut file);
    let failed = jobs
        .par_iter_mut()
        .with_min_len(ATOMS_A_THREAD)
        .find_map_first(|job| relocating.atom(job.atom, job.bytes).err());
    match failed {
        Some(error) => Err(error),
        None => Ok(file),
    }
}

/// What is between functions traps when it is run: `int3` on x86-64; zero is `udf` on aarch64.
fn pad_text(program: &Program<'_>, image: &Image, file: &mut [u8]) {
    if program.machine != Machine::X86_64 {
        return;
    }
    for text in image
        .sections
        .iter()
        .filter(|section| section.kind == OutputKind::Text)
    {
        if let Some(offset) = image.offset(text.memory.start) {
            let len = (text.memory.end - text.memory.start) as usize;
            file[offset as usize..][..len].fill(0xcc);
        }
    }
}

/// Copies bytes to where their addresses are in the file. Those that aren't in the file are zero.
fn store(image: &Image, file: &mut [u8], address: u64, bytes: &[u8]) {
    let end = address + bytes.len() as u64;
    for segment in &image.segments {
        let file_end = segment.memory.start + segment.file_size;
        let (from, to) = (address.max(segment.memory.start), end.min(file_end));
        if from < to {
            let offset = segment.offset + (from - segment.memory.start);
            let source = &bytes[(from - address) as usize..(to - address) as usize];
            file[offset as usize..][..source.len()].copy_from_slice(source);
        }
    }
}

/// The kept atoms with bytes in the file, each with its slice, in file order.
fn jobs<'f>(
    program: &Program<'_>,
    live: &Live,
    image: &Image,
    mut file: &'f mut [u8],
) -> Vec<Job<'f>> {
    let mut places: Vec<(u64, u64, AtomId)> = live
        .atoms()
        .filter_map(|id| {
            let atom = &program.atoms[id.index()];
            if atom.section == Section::Bss || atom.contents.is_empty() {
                return None;
            }
            Some((image.offset(image.address(id))?, atom.contents.len(), id))
        })
        .collect();
    places.sort_unstable();
    let mut jobs = Vec::with_capacity(places.len());
    let mut done = 0;
    for (offset, len, atom) in places {
        let (_, rest) = file.split_at_mut((offset - done) as usize);
        let (bytes, rest) = rest.split_at_mut(len as usize);
        jobs.push(Job { atom, bytes });
        file = rest;
        done = offset + len;
    }
    jobs
}

struct Relocating<'p, 'a> {
    program: &'p Program<'a>,
    got: &'p Got,
    image: &'p Image,
}

impl Relocating<'_, '_> {
    fn atom(&self, id: AtomId, bytes: &mut [u8]) -> Result<(), LinkError> {
        let atom = &self.program.atoms[id.index()];
        match &atom.contents {
            Contents::Bytes(contents) => bytes.copy_from_slice(contents),
            // In the text, zeros overwrite the padding too.
            Contents::Zero(_) => bytes.fill(0),
        }
        let base = self.image.address(id);
        let place = |offset| gc::place(self.program, id, offset);
        for relocation in &atom.relocations {
            let mut todo = *relocation;
            if relocation.kind.wants_slot()
                && let Some(relaxation) = self.got.relaxation(self.program, id, relocation)
            {
                match got::rewrite(relaxation, bytes, relocation) {
                    Rewritten::Done => continue,
                    Rewritten::Relocate(relocation) => todo = relocation,
                }
            }
            let at = todo.offset as usize;
            let field = &mut bytes[at..at + todo.kind.len()];
            self.field(&todo, field, base + todo.offset, place)?;
        }
        Ok(())
    }

    fn fixed(&self, file: &mut [u8]) -> Result<(), LinkError> {
        for fixed in &self.program.fixed {
            let place = |offset| Place {
                atom: fixed.name.clone().into_owned(),
                origin: "compiler".to_owned(),
                section: format!(".nanocc.{}", fixed.name),
                offset,
            };
            for relocation in &fixed.relocations {
                let address = fixed.address + relocation.offset;
                // The layout counts fields as data, so they are in the file.
                let Some(offset) = self.image.offset(address) else {
                    continue;
                };
                let field = &mut file[offset as usize..][..relocation.kind.len()];
                self.field(relocation, field, address, place)?;
            }
        }
        Ok(())
    }

    fn field(
        &self,
        relocation: &Relocation,
        field: &mut [u8],
        address: u64,
        place: impl Fn(u64) -> Place,
    ) -> Result<(), LinkError> {
        let Relocation { kind, addend, .. } = *relocation;
        let symbol = relocation.target.index();
        let target = self.program.targets[symbol];
        let value = if kind.wants_slot() {
            // A target without a slot would be one that `got::plan` hasn't seen.
            let slot = self.got.slot(target).unwrap_or_default();
            self.image.got + 8 * u64::from(slot)
        } else {
            self.image.target(target)
        };
        let x = kind.value(value, addend, address);
        kind.write(self.program.machine, field, x)
            .map_err(|misfit| {
                let place = Box::new(place(relocation.offset));
                let symbol = self.program.symbols[symbol].name.clone().into_owned();
                match misfit {
                    Misfit::Range { low, high } => LinkError::Overflow {
                        place,
                        kind,
                        symbol,
                        value: x,
                        low,
                        high,
                    },
                    Misfit::Alignment(alignment) => LinkError::Misaligned {
                        place,
                        kind,
                        symbol,
                        value: x,
                        alignment,
                    },
                }
            })
    }
}
