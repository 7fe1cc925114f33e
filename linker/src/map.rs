//! The link map: what went where, how large it is, and whose it is.

use crate::gc::Live;
use crate::input::Section;
use crate::layout::Image;
use crate::resolve::Program;
use std::collections::BTreeMap;
use std::fmt;

/// Who something is from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Origin {
    /// The linker's input itself.
    Compiler,
    /// An object file, by its index in [`Map::objects`].
    Object(u32),
    /// Made by the linker: headers, notes, the global offset table.
    Linker,
}

/// An atom or fixed segment in the executable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MapEntry {
    pub address: u64,
    /// In bytes, in memory.
    pub size: u64,
    /// The output section.
    pub section: String,
    pub name: String,
    pub origin: Origin,
}

/// Everything in the executable that occupies addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Map {
    /// Ascending by address.
    pub entries: Vec<MapEntry>,
    /// The names of the objects that were taken.
    pub objects: Vec<String>,
}

pub(crate) fn describe(program: &Program<'_>, live: &Live, image: &Image) -> Map {
    let mut entries = Vec::new();
    for id in live.atoms() {
        let atom = &program.atoms[id.index()];
        entries.push(MapEntry {
            address: image.address(id),
            size: atom.contents.len(),
            section: program.section_name(atom.section),
            name: atom.name.clone().into_owned(),
            origin: program.origin(id),
        });
    }
    for fixed in &program.fixed {
        entries.push(MapEntry {
            address: fixed.address,
            size: fixed.size,
            section: "fixed".to_owned(),
            name: fixed.name.clone().into_owned(),
            origin: Origin::Compiler,
        });
    }
    let atoms = [
        Section::Text,
        Section::ReadOnly,
        Section::Data,
        Section::Bss,
    ]
    .map(|section| program.section_name(section));
    for section in &image.sections {
        let made = section.name == ".got" || section.name.starts_with(".note.");
        if made && !atoms.contains(&section.name) {
            entries.push(MapEntry {
                address: section.memory.start,
                size: section.memory.end - section.memory.start,
                section: section.name.clone(),
                name: section.name.clone(),
                origin: Origin::Linker,
            });
        }
    }
    entries.sort_by(|a, b| (a.address, a.size, &a.name).cmp(&(b.address, b.size, &b.name)));
    Map {
        entries,
        objects: program.objects().to_vec(),
    }
}

impl Map {
    /// The sum of the sizes of what is from `origin` and in `section`, in bytes.
    pub fn total(&self, origin: Origin, section: &str) -> u64 {
        let counts = |entry: &&MapEntry| entry.origin == origin && entry.section == section;
        self.entries
            .iter()
            .filter(counts)
            .map(|entry| entry.size)
            .sum()
    }

    /// An origin in words.
    pub fn origin_name(&self, origin: Origin) -> &str {
        match origin {
            Origin::Compiler => "compiler",
            Origin::Linker => "linker",
            Origin::Object(index) => self
                .objects
                .get(index as usize)
                .map_or("unknown object", String::as_str),
        }
    }
}

impl fmt::Display for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:>16} {:>10} {:<16} name (origin)",
            "address", "size", "section"
        )?;
        let mut totals: BTreeMap<(Origin, &str), u64> = BTreeMap::new();
        for entry in &self.entries {
            let MapEntry {
                address,
                size,
                section,
                name,
                origin,
            } = entry;
            let from = self.origin_name(*origin);
            writeln!(f, "{address:>16x} {size:>10} {section:<16} {name} ({from})")?;
            *totals.entry((*origin, section)).or_default() += size;
        }
        writeln!(f, "\n{:>10} {:<16} origin", "total", "section")?;
        for ((origin, section), size) in totals {
            writeln!(f, "{size:>10} {section:<16} {}", self.origin_name(origin))?;
        }
        Ok(())
    }
}
