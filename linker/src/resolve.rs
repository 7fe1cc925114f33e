//! Pass 2: one program out of the caller's atoms and the objects that are needed.
//!
//! The graph's vertices here are names. An object out of an archive is taken when a name is needed
//! that it defines and nothing taken before does; its own needs follow. After this pass every
//! symbol has a [`Target`]; later passes only look at targets.

use crate::error::{AtomFault, LinkError};
use crate::input::{
    Atom, AtomId, Binding, Contents, Definition, FixedSegment, Input, Layout, Machine, Note,
    Section, Symbol, SymbolId, Table, TextBase,
};
use crate::map::Origin;
use crate::read::{Member, Object};
use std::collections::{HashMap, HashSet, VecDeque};

/// Everything that may end up in the executable. Doesn't change after this pass.
pub(crate) struct Program<'a> {
    pub machine: Machine,
    pub layout: Layout,
    pub atoms: Vec<Atom<'a>>,
    /// A symbol's place in this is its [`SymbolId`].
    pub symbols: Vec<Symbol<'a>>,
    pub targets: Vec<Target>,
    pub tables: Vec<Table<'a>>,
    pub fixed: Vec<FixedSegment<'a>>,
    pub notes: Vec<Note<'a>>,
    pub entry: Target,
    pub entry_name: &'a str,
    pub roots: Vec<SymbolId>,
    /// Atoms that are kept whatever refers to them.
    pub retained: Vec<AtomId>,
    pub strip: bool,
    atom_origins: Vec<Origin>,
    symbol_origins: Vec<Origin>,
    objects: Vec<String>,
}

/// What a symbol stands for in the end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Target {
    Atom { atom: AtomId, offset: u64 },
    Absolute(u64),
    Boundary(Boundary),
    Undefined,
}

/// Where a part of the image starts or ends: the symbols that the linker defines.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Boundary {
    pub of: Part,
    pub end: bool,
}

/// What has boundaries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Part {
    Text,
    ReadOnly,
    Data,
    Bss,
    /// An index into the tables.
    Table(usize),
}

impl Program<'_> {
    pub fn origin(&self, atom: AtomId) -> Origin {
        self.atom_origins[atom.index()]
    }

    pub fn symbol_origin(&self, symbol: usize) -> Origin {
        self.symbol_origins[symbol]
    }

    /// The names of the objects that were taken.
    pub fn objects(&self) -> &[String] {
        &self.objects
    }

    /// An origin in words.
    pub fn origin_name(&self, origin: Origin) -> &str {
        match origin {
            Origin::Compiler => "compiler",
            Origin::Linker => "linker",
            Origin::Object(index) => &self.objects[index as usize],
        }
    }

    /// The output section that atoms of `section` go to.
    pub fn section_name(&self, section: Section) -> String {
        match section {
            Section::Text => ".text".to_owned(),
            Section::ReadOnly => ".rodata".to_owned(),
            Section::Data => ".data".to_owned(),
            Section::Bss => ".bss".to_owned(),
            Section::Metadata { table, .. } => {
                format!(".nanocc.{}", self.tables[table.index()].name)
            }
        }
    }
}

/// Takes the objects that are needed and gives every symbol its target.
pub(crate) fn resolve<'a>(
    input: Input<'a>,
    members: Vec<Member<'a>>,
) -> Result<Program<'a>, LinkError> {
    let mut linking = Linking {
        atom_origins: vec![Origin::Compiler; input.atoms.len()],
        symbol_origins: vec![Origin::Compiler; input.symbols.len()],
        atoms: input.atoms,
        symbols: input.symbols,
        retained: Vec::new(),
        objects: Vec::new(),
        definitions: HashMap::new(),
        groups: HashSet::new(),
        needed: VecDeque::from([input.entry.to_owned()]),
    };
    let boundaries = boundary_names(&input.tables);
    linking.define(0, &boundaries)?;
    linking.take_objects(&members, &boundaries)?;
    linking.check(input.machine, &input.layout, input.tables.len())?;
    for fixed in &input.fixed {
        check_fixed(fixed, input.machine, linking.symbols.len())?;
    }
    check_layout(&input.layout, &input.fixed)?;
    if let Some(root) = input
        .roots
        .iter()
        .find(|root| root.index() >= linking.symbols.len())
    {
        return Err(LinkError::Root(root.0));
    }
    let targets = linking.targets(&boundaries);
    let entry = match linking.definitions.get(input.entry) {
        Some(&symbol) => targets[symbol],
        None => Target::Undefined,
    };
    Ok(Program {
        machine: input.machine,
        layout: input.layout,
        atoms: linking.atoms,
        symbols: linking.symbols,
        targets,
        tables: input.tables,
        fixed: input.fixed,
        notes: input.notes,
        entry,
        entry_name: input.entry,
        roots: input.roots,
        retained: linking.retained,
        strip: input.strip,
        atom_origins: linking.atom_origins,
        symbol_origins: linking.symbol_origins,
        objects: linking.objects,
    })
}

fn boundary_names(tables: &[Table<'_>]) -> HashMap<String, Boundary> {
    let parts = [
        ("text", Part::Text),
        ("rodata", Part::ReadOnly),
        ("data", Part::Data),
        ("bss", Part::Bss),
    ];
    let mut names = HashMap::new();
    for (name, of) in parts {
        names.insert(
            format!("__nanocc_{name}_start"),
            Boundary { of, end: false },
        );
        names.insert(format!("__nanocc_{name}_end"), Boundary { of, end: true });
    }
    for (index, table) in tables.iter().enumerate() {
        let of = Part::Table(index);
        names.insert(
            format!("__nanocc_start_{}", table.name),
            Boundary { of, end: false },
        );
        names.insert(
            format!("__nanocc_stop_{}", table.name),
            Boundary { of, end: true },
        );
    }
    names
}

struct Linking<'a> {
    atoms: Vec<Atom<'a>>,
    atom_origins: Vec<Origin>,
    symbols: Vec<Symbol<'a>>,
    symbol_origins: Vec<Origin>,
    retained: Vec<AtomId>,
    objects: Vec<String>,
    /// The symbol that defines each name for everybody.
    definitions: HashMap<String, usize>,
    /// Signatures of the COMDAT groups that were taken.
    groups: HashSet<String>,
    needed: VecDeque<String>,
}

impl<'a> Linking<'a> {
    /// Publishes the definitions among the symbols from index `first` on, and notes what they need.
    fn define(
        &mut self,
        first: usize,
        boundaries: &HashMap<String, Boundary>,
    ) -> Result<(), LinkError> {
        for index in first..self.symbols.len() {
            let symbol = &self.symbols[index];
            if symbol.definition == Definition::Undefined {
                if symbol.binding != Binding::Weak {
                    self.needed.push_back(symbol.name.clone().into_owned());
                }
                continue;
            }
            if symbol.binding == Binding::Local {
                continue;
            }
            let duplicate = |first: String| LinkError::DuplicateSymbol {
                name: symbol.name.clone().into_owned(),
                first,
                second: self.name_of(index),
            };
            if boundaries.contains_key(&*symbol.name) {
                return Err(duplicate("linker".to_owned()));
            }
            match self.definitions.get(&*symbol.name).copied() {
                None => {
                    self.definitions
                        .insert(symbol.name.clone().into_owned(), index);
                }
                Some(_) if symbol.binding == Binding::Weak => {}
                Some(other) if self.symbols[other].binding == Binding::Weak => {
                    self.definitions
                        .insert(symbol.name.clone().into_owned(), index);
                }
                Some(other) => return Err(duplicate(self.name_of(other))),
            }
        }
        Ok(())
    }

    fn name_of(&self, symbol: usize) -> String {
        match self.symbol_origins[symbol] {
            Origin::Object(object) => self.objects[object as usize].clone(),
            Origin::Compiler | Origin::Linker => "compiler".to_owned(),
        }
    }

    fn take_objects(
        &mut self,
        members: &[Member<'a>],
        boundaries: &HashMap<String, Boundary>,
    ) -> Result<(), LinkError> {
        let mut offers: HashMap<&'a str, usize> = HashMap::new();
        let mut taken = vec![false; members.len()];
        for (index, member) in members.iter().enumerate() {
            if member.lazy {
                for name in member.exports()? {
                    offers.entry(name).or_insert(index);
                }
            } else {
                taken[index] = true;
                self.take(member, boundaries)?;
            }
        }
        while let Some(name) = self.needed.pop_front() {
            if self.definitions.contains_key(&name) {
                continue;
            }
            if let Some(&index) = offers.get(name.as_str())
                && !taken[index]
            {
                taken[index] = true;
                self.take(&members[index], boundaries)?;
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        member: &Member<'a>,
        boundaries: &HashMap<String, Boundary>,
    ) -> Result<(), LinkError> {
        let Object {
            mut atoms,
            mut symbols,
            retained,
            groups,
        } = member.read()?;
        let origin = Origin::Object(self.objects.len() as u32);
        self.objects.push(member.name.clone());
        let mut discarded = HashSet::new();
        for group in groups {
            if !self.groups.insert(group.signature) {
                discarded.extend(group.atoms);
            }
        }
        let (first_atom, first_symbol) = (self.atoms.len(), self.symbols.len());
        let number = |atom: AtomId| AtomId::new(first_atom + atom.index());
        for symbol in &mut symbols {
            if let Definition::Defined { atom, .. } = &mut symbol.definition {
                if discarded.contains(atom) {
                    symbol.definition = Definition::Undefined;
                } else {
                    *atom = number(*atom);
                }
            }
        }
        for atom in &mut atoms {
            for relocation in &mut atom.relocations {
                relocation.target = SymbolId::new(first_symbol + relocation.target.index());
            }
        }
        self.retained.extend(
            retained
                .into_iter()
                .filter(|atom| !discarded.contains(atom))
                .map(number),
        );
        self.atom_origins
            .extend(std::iter::repeat_n(origin, atoms.len()));
        self.symbol_origins
            .extend(std::iter::repeat_n(origin, symbols.len()));
        self.atoms.append(&mut atoms);
        self.symbols.append(&mut symbols);
        self.define(first_symbol, boundaries)
    }

    fn targets(&self, boundaries: &HashMap<String, Boundary>) -> Vec<Target> {
        let target = |symbol: &Symbol<'_>| match symbol.definition {
            Definition::Defined { atom, offset } => Target::Atom { atom, offset },
            Definition::Absolute(address) => Target::Absolute(address),
            Definition::Undefined => Target::Undefined,
        };
        let resolved = |symbol: &Symbol<'_>| {
            // A definition that another object's global one overrides stands for that one.
            if symbol.binding == Binding::Local && symbol.definition != Definition::Undefined {
                return target(symbol);
            }
            if let Some(&definition) = self.definitions.get(&*symbol.name) {
                return target(&self.symbols[definition]);
            }
            match boundaries.get(&*symbol.name) {
                Some(boundary) => Target::Boundary(*boundary),
                None if symbol.binding == Binding::Weak => Target::Absolute(0),
                None => Target::Undefined,
            }
        };
        self.symbols.iter().map(resolved).collect()
    }

    /// Checks every identifier, so that later passes may index with them.
    fn check(&self, machine: Machine, layout: &Layout, tables: usize) -> Result<(), LinkError> {
        for symbol in &self.symbols {
            if let Definition::Defined { atom, offset } = symbol.definition
                && self
                    .atoms
                    .get(atom.index())
                    .is_none_or(|atom| offset > atom.contents.len())
            {
                let symbol = symbol.name.clone().into_owned();
                return Err(LinkError::SymbolPlace {
                    symbol,
                    atom: atom.0,
                    offset,
                });
            }
        }
        for (index, atom) in self.atoms.iter().enumerate() {
            self.check_atom(atom, machine, layout, tables)
                .map_err(|fault| LinkError::Atom {
                    atom: atom.name.clone().into_owned(),
                    origin: match self.atom_origins[index] {
                        Origin::Object(object) => self.objects[object as usize].clone(),
                        Origin::Compiler | Origin::Linker => "compiler".to_owned(),
                    },
                    fault,
                })?;
        }
        Ok(())
    }

    fn check_atom(
        &self,
        atom: &Atom<'_>,
        machine: Machine,
        layout: &Layout,
        tables: usize,
    ) -> Result<(), AtomFault> {
        if !atom.align.is_power_of_two() || u64::from(atom.align) > layout.segment_align {
            return Err(AtomFault::Alignment(u64::from(atom.align)));
        }
        match atom.section {
            Section::Bss
                if matches!(atom.contents, Contents::Bytes(_)) && !atom.contents.is_empty() =>
            {
                return Err(AtomFault::BytesInBss);
            }
            Section::Metadata { table, .. } if table.index() >= tables => {
                return Err(AtomFault::Table);
            }
            Section::Metadata { subject, .. }
                if self
                    .atoms
                    .get(subject.index())
                    .is_none_or(|s| s.section != Section::Text) =>
            {
                return Err(AtomFault::Subject);
            }
            _ => {}
        }
        // Fields of zero-filled memory that isn't in the file can't be filled in.
        let len = if atom.section == Section::Bss {
            0
        } else {
            atom.contents.len()
        };
        check_relocations(&atom.relocations, len, machine, self.symbols.len())
    }
}

fn check_relocations(
    relocations: &[crate::Relocation],
    len: u64,
    machine: Machine,
    symbols: usize,
) -> Result<(), AtomFault> {
    for (index, relocation) in relocations.iter().enumerate() {
        if relocation.target.index() >= symbols {
            return Err(AtomFault::Target {
                relocation: index,
                symbol: relocation.target.0,
            });
        }
        if !relocation.kind.fits(machine) {
            return Err(AtomFault::Kind {
                relocation: index,
                kind: relocation.kind,
            });
        }
        let end = relocation.offset.checked_add(relocation.kind.len() as u64);
        if end.is_none_or(|end| end > len) {
            return Err(AtomFault::Outside {
                relocation: index,
                offset: relocation.offset,
            });
        }
    }
    Ok(())
}

fn check_fixed(
    fixed: &FixedSegment<'_>,
    machine: Machine,
    symbols: usize,
) -> Result<(), LinkError> {
    let fail = |fault| LinkError::Atom {
        atom: fixed.name.clone().into_owned(),
        origin: "compiler".to_owned(),
        fault,
    };
    if !fixed.writable && fixed.size > FixedSegment::READ_ONLY_LIMIT {
        return Err(fail(AtomFault::ReadOnlySize(FixedSegment::READ_ONLY_LIMIT)));
    }
    let mut end = 0;
    for (offset, bytes) in &fixed.contents {
        let fault = AtomFault::Contents { offset: *offset };
        if *offset < end {
            return Err(fail(fault));
        }
        end = match offset.checked_add(bytes.len() as u64) {
            Some(end) if end <= fixed.size => end,
            _ => return Err(fail(fault)),
        };
    }
    check_relocations(&fixed.relocations, fixed.size, machine, symbols).map_err(fail)
}

fn check_layout(layout: &Layout, fixed: &[FixedSegment<'_>]) -> Result<(), LinkError> {
    let align = layout.segment_align;
    if !align.is_power_of_two() || !(4096..=65536).contains(&align) {
        return Err(LinkError::Layout(
            "segment_align is not a power of two from 4096 to 65536",
        ));
    }
    if !(32..=48).contains(&layout.address_bits) {
        return Err(LinkError::Layout("address_bits is not between 32 and 48"));
    }
    match (layout.data_after, layout.text_base) {
        (None, TextBase::AfterData) => {
            Err(LinkError::Layout("TextBase::AfterData needs data_after"))
        }
        (Some(index), _) if fixed.get(index).is_none_or(|fixed| !fixed.writable) => Err(
            LinkError::Layout("data_after is not the index of a writable fixed segment"),
        ),
        (_, TextBase::At(base)) if base % align != 0 => Err(LinkError::Layout(
            "text_base is not a multiple of segment_align",
        )),
        _ => Ok(()),
    }
}
