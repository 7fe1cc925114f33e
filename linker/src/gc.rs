//! Pass 3: what is kept.
//!
//! The graph: vertices are atoms, edges are relocations from an atom to the atom of the symbol it
//! names, and from a function to its metadata. Everything that is reachable from the entry, the
//! roots and the fixed segments' relocations is kept.
//!
//! Invariant: a metadata atom is kept if and only if its subject is. A relocation to a metadata atom
//! therefore keeps its subject too.

use crate::error::{LinkError, Place, UndefinedReference};
use crate::input::{AtomId, Section};
use crate::reloc::Relocation;
use crate::resolve::{Program, Target};
use std::collections::HashSet;

/// Which atoms are kept.
pub(crate) struct Live {
    kept: Vec<bool>,
}

impl Live {
    pub fn contains(&self, atom: AtomId) -> bool {
        self.kept[atom.index()]
    }

    /// The kept atoms in the order in which they came in.
    pub fn atoms(&self) -> impl Iterator<Item = AtomId> + '_ {
        let kept = |(index, kept): (usize, &bool)| kept.then(|| AtomId::new(index));
        self.kept.iter().enumerate().filter_map(kept)
    }
}

pub(crate) fn mark(program: &Program<'_>) -> Result<Live, LinkError> {
    let mut metadata = vec![Vec::new(); program.atoms.len()];
    for (index, atom) in program.atoms.iter().enumerate() {
        if let Section::Metadata { subject, .. } = atom.section {
            metadata[subject.index()].push(AtomId::new(index));
        }
    }
    let mut marking = Marking {
        program,
        kept: vec![false; program.atoms.len()],
        work: Vec::new(),
        undefined: Vec::new(),
        reported: HashSet::new(),
    };
    marking.target(program.entry, program.entry_name, None);
    for root in &program.roots {
        let name = &program.symbols[root.index()].name;
        marking.target(program.targets[root.index()], name, None);
    }
    for atom in &program.retained {
        marking.atom(*atom);
    }
    for fixed in &program.fixed {
        let place = |relocation: &Relocation| Place {
            atom: fixed.name.clone().into_owned(),
            origin: "compiler".to_owned(),
            section: format!(".nanocc.{}", fixed.name),
            offset: relocation.offset,
        };
        marking.relocations(&fixed.relocations, place);
    }
    while let Some(id) = marking.work.pop() {
        let atom = &program.atoms[id.index()];
        let place = |relocation: &Relocation| place(program, id, relocation.offset);
        marking.relocations(&atom.relocations, place);
        for record in &metadata[id.index()] {
            marking.atom(*record);
        }
        if let Section::Metadata { subject, .. } = atom.section {
            marking.atom(subject);
        }
    }
    if !marking.undefined.is_empty() {
        return Err(LinkError::Undefined(marking.undefined));
    }
    match program.entry {
        Target::Atom { atom, .. } if program.atoms[atom.index()].section == Section::Text => {}
        _ => return Err(LinkError::Entry(program.entry_name.to_owned())),
    }
    Ok(Live { kept: marking.kept })
}

/// A place in an atom, in words.
pub(crate) fn place(program: &Program<'_>, id: AtomId, offset: u64) -> Place {
    let atom = &program.atoms[id.index()];
    Place {
        atom: atom.name.clone().into_owned(),
        origin: program.origin_name(program.origin(id)).to_owned(),
        section: program.section_name(atom.section),
        offset,
    }
}

struct Marking<'p, 'a> {
    program: &'p Program<'a>,
    kept: Vec<bool>,
    work: Vec<AtomId>,
    undefined: Vec<UndefinedReference>,
    reported: HashSet<String>,
}

impl Marking<'_, '_> {
    fn relocations(&mut self, relocations: &[Relocation], place: impl Fn(&Relocation) -> Place) {
        let program = self.program;
        for relocation in relocations {
            let symbol = relocation.target.index();
            match program.targets[symbol] {
                Target::Atom { atom, .. } => self.atom(atom),
                Target::Absolute(_) | Target::Boundary(_) => {}
                Target::Undefined => {
                    let name = &program.symbols[symbol].name;
                    self.target(Target::Undefined, name, Some(place(relocation)));
                }
            }
        }
    }

    fn target(&mut self, target: Target, name: &str, place: Option<Place>) {
        match target {
            Target::Atom { atom, .. } => self.atom(atom),
            Target::Absolute(_) | Target::Boundary(_) => {}
            Target::Undefined => {
                if self.reported.insert(name.to_owned()) {
                    self.undefined.push(UndefinedReference {
                        symbol: name.to_owned(),
                        place,
                    });
                }
            }
        }
    }

    fn atom(&mut self, atom: AtomId) {
        if !std::mem::replace(&mut self.kept[atom.index()], true) {
            self.work.push(atom);
        }
    }
}
