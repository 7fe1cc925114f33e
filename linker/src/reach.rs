//! A link that has chosen its pieces and hasn't placed them.
//!
//! The problem: part of an executable's data may say which of its functions there are, which isn't known before
//! everything that nobody reaches is gone. Linking twice would do, at twice the time. So the link stops
//! between pass 3 and pass 4: [`Reached`] tells what is kept, and takes contents for atoms that were handed over empty, and further
//! notes.
//!
//! Invariant: what is added can't change what is kept. So only atoms without relocations are filled in.

use crate::error::{AtomFault, LinkError};
use crate::gc::{self, Live};
use crate::input::{AtomId, Binding, Contents, Input, Note, Section};
use crate::map::Origin;
use crate::resolve::{Program, Target};
use crate::{Output, got, layout, map, read, relocate, resolve, write};

/// What is kept of an [`Input`].
pub struct Reached<'a> {
    program: Program<'a>,
    live: Live,
}

/// Takes the objects that are needed, and drops what nothing refers to.
///
/// # Errors
/// Everything in [`LinkError`] that doesn't come from addresses.
pub fn reach(input: Input<'_>) -> Result<Reached<'_>, LinkError> {
    let members = read::open(&input.objects, input.machine)?;
    let program = resolve::resolve(input, members)?;
    let live = gc::mark(&program)?;
    Ok(Reached { program, live })
}

impl<'a> Reached<'a> {
    /// The names of all symbols, but local ones, that are defined in something that is kept. A name may occur more than once.
    pub fn symbols(&self) -> impl Iterator<Item = &str> {
        let program = &self.program;
        let symbols = program.symbols.iter().zip(&program.targets);
        symbols.filter_map(|(symbol, target)| match target {
            Target::Atom { atom, .. }
                if symbol.binding != Binding::Local && self.live.contains(*atom) =>
            {
                Some(&*symbol.name)
            }
            _ => None,
        })
    }

    /// Gives an atom of the caller's other contents.
    ///
    /// # Errors
    /// [`LinkError::Atom`] where there is no such atom, it has relocations, or is in `.bss`.
    pub fn fill(&mut self, atom: AtomId, contents: Vec<u8>) -> Result<(), LinkError> {
        let ours = atom.index() < self.program.atoms.len()
            && self.program.origin(atom) == Origin::Compiler;
        match self.program.atoms.get_mut(atom.index()).filter(|_| ours) {
            Some(own) if own.relocations.is_empty() && own.section != Section::Bss => {
                own.contents = Contents::Bytes(contents.into());
                Ok(())
            }
            own => Err(LinkError::Atom {
                atom: own.map_or_else(|| format!("{atom:?}"), |own| own.name.to_string()),
                origin: "compiler".to_owned(),
                fault: AtomFault::Fill,
            }),
        }
    }

    /// Adds a note.
    pub fn note(&mut self, note: Note<'a>) {
        self.program.notes.push(note);
    }

    /// Links what is kept into a static executable.
    ///
    /// # Errors
    /// Everything in [`LinkError`] that comes from addresses.
    pub fn link(self) -> Result<Output, LinkError> {
        let Reached { program, live } = self;
        let got = got::plan(&program, &live);
        let image = layout::assign(&program, &live, &got)?;
        let bytes = relocate::apply(&program, &live, &got, &image)?;
        let map = map::describe(&program, &live, &image);
        let (bytes, build_id) = write::finish(&program, &live, &image, bytes)?;
        Ok(Output {
            bytes,
            map,
            build_id,
        })
    }
}
