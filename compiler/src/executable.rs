//! The executable's parts: from compiled functions and the program's initial state to what the linker
//! takes.
//!
//! | part | from | goes to |
//! |---|---|---|
//! | functions, their trap records | `codegen.rs` | text, the trap table |
//! | [`abi::Caller`]s, constants, [`abi::ProgramInfo`] with locations and names | here | read-only data |
//! | stack, data block, memories, tables that grow | `data.rs`, where `plan.rs` says | fixed segments |
//! | the runtime shim | `shim.rs` | linked as an object |
//!
//! **Everything a program starts with is in its file**, so nothing is relocated or copied at start.
//! Nothing is in it that can't be reached: functions that were inlined everywhere, constants that only
//! they used, the shim's functions that nobody calls, names of functions that no trap can name.

mod authority;
mod data;
mod limits;
pub mod prepare;

use crate::codegen::{Compiled, symbol_name};
use crate::error::{Error, Result};
use crate::lower::Env;
use crate::lower::constants::{self, Constant};
use crate::lower::init;
use crate::lower::names::Name;
use crate::options::Fences;
use crate::policy::Policy;
use crate::policy::seccomp::Context;
use crate::program::{ComponentId, Entry, FuncId, FuncKind, Program, Step, StringEncoding};
use crate::target::Target;
use crate::traps::{self, Strings, printable};
use cranelift_entity::SecondaryMap;
use linker::{
    Atom, AtomId, Binding, Contents, Definition, Input, Layout, ObjectFile, RelocKind, Relocation,
    Section, Symbol, SymbolId, SymbolKind, Table, TextBase,
};
use nanocc_linker as linker;
use nanocc_shim_abi as abi;
use prepare::Fence;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::mem::{offset_of, size_of};

/// The linker's only metadata table.
const TRAPS: linker::TableId = linker::TableId(0);

/// Puts together what the linker needs.
///
/// `functions` may hold functions that nothing refers to; they are left out. `shim` is the runtime
/// shim's object or archive for the target. What the [`Fence`] holds is yet to come, and the note. The last of the result is how
/// many bytes of machine code each component instance has.
///
/// # Errors
///
/// [`Error::Limit`] where an initial value takes too long to evaluate or the names are too long,
/// [`Error::Codegen`] for a reference to a function that wasn't compiled: a defect of nanocc.
pub fn assemble<'a>(
    env: &Env<'a>,
    target: &Target,
    policy: &'a Policy,
    functions: &'a [Compiled],
    shim: &'a [u8],
    strip: bool,
    (fences, context): (Fences, Context),
) -> Result<(Input<'a>, Option<Fence>, SecondaryMap<ComponentId, u64>)> {
    let mut parts = Parts {
        env: *env,
        policy,
        atoms: Vec::new(),
        symbols: Vec::new(),
        known: HashMap::new(),
        callers: HashMap::new(),
        strings: Strings::default(),
    };

    let images = data::images(env, policy, &mut parts.strings)?;
    let roots = images
        .iter()
        .flat_map(|segment| segment.relocations.iter().map(|r| r.target))
        .chain(init::entry_names(env.program));
    let live = live(env, functions, roots)?;
    let live: Vec<&Compiled> = functions
        .iter()
        .filter(|f| live.contains(&f.name))
        .collect();

    // All functions first: they refer to each other.
    for function in &live {
        parts.function_symbol(function);
    }
    let mut code = SecondaryMap::new();
    for function in &live {
        parts.function(function)?;
        if let Some(component) = component_of(env.program, function.name) {
            code[component] += function.code.len() as u64;
        }
    }
    let authorities = parts.authorities(policy)?;
    let mut prepare = authorities.prepare.clone();
    if policy.interrupts() {
        prepare.insert(0, abi::prepare::LIMITS);
    }
    let mut fences = fences;
    if let Entry::Script(steps) = &env.program.entry {
        parts.step_table(steps)?;
        fences = Fences::NONE;
    }
    let fence = parts.fence(fences, context, &mut prepare);
    parts.program_info(&live, &prepare, policy)?;

    let mut fixed = Vec::new();
    let mut data_after = None;
    for segment in images {
        if segment.address == crate::plan::DATA_BLOCK {
            data_after = Some(fixed.len());
        }
        let mut relocations: Vec<Relocation> = segment
            .relocations
            .iter()
            .map(|relocation| {
                Ok(Relocation {
                    offset: relocation.offset,
                    kind: relocation.kind,
                    target: parts.symbol(relocation.target)?,
                    addend: 0,
                })
            })
            .collect::<Result<_>>()?;
        if segment.address == crate::plan::DATA_BLOCK {
            for (id, instance) in env.plan.components.iter() {
                relocations.extend(authorities.components.get(&id).map(|&target| Relocation {
                    offset: instance - segment.address
                        + offset_of!(abi::Instance, authority) as u64,
                    kind: RelocKind::Abs64,
                    target,
                    addend: 0,
                }));
            }
        }
        fixed.push(linker::FixedSegment {
            name: segment.name.into(),
            address: segment.address,
            size: segment.size,
            writable: true,
            contents: segment.contents,
            relocations,
        });
    }
    let layout = Layout {
        address_bits: u32::from(target.space().address_bits as u8),
        data_after,
        text_base: TextBase::AfterData,
        ..Layout::new(target.machine)
    };
    let input = Input {
        machine: target.machine,
        atoms: parts.atoms,
        symbols: parts.symbols,
        tables: vec![Table {
            name: abi::TRAP_TABLE.into(),
        }],
        objects: vec![ObjectFile {
            name: "runtime-shim",
            bytes: shim,
        }],
        fixed,
        layout,
        entry: abi::intrinsic::START,
        roots: Vec::new(),
        notes: Vec::new(),
        strip,
    };
    Ok((input, fence, code))
}

/// What the linker gets, under construction.
struct Parts<'a> {
    env: Env<'a>,
    policy: &'a Policy,
    atoms: Vec<Atom<'a>>,
    symbols: Vec<Symbol<'a>>,
    /// The symbols that exist already.
    known: HashMap<Name, SymbolId>,
    /// One for each distinct (instance, memory, realloc).
    callers: HashMap<(u64, u64, Option<FuncId>, u64), SymbolId>,
    strings: Strings,
}

impl<'a> Parts<'a> {
    fn add_atom(&mut self, atom: Atom<'a>) -> AtomId {
        self.atoms.push(atom);
        AtomId::new(self.atoms.len() - 1)
    }

    fn add_symbol(&mut self, symbol: Symbol<'a>) -> SymbolId {
        self.symbols.push(symbol);
        SymbolId::new(self.symbols.len() - 1)
    }

    /// A read-only atom and a local symbol for it.
    fn constant(
        &mut self,
        name: impl Into<Cow<'a, str>>,
        align: u32,
        bytes: Cow<'a, [u8]>,
        relocations: Vec<Relocation>,
    ) -> SymbolId {
        let name = name.into();
        let atom = self.add_atom(Atom {
            name: name.clone(),
            section: Section::ReadOnly,
            align,
            contents: Contents::Bytes(bytes),
            relocations,
        });
        self.add_symbol(Symbol {
            name,
            definition: Definition::Defined { atom, offset: 0 },
            binding: Binding::Local,
            kind: SymbolKind::Object,
            size: 0,
        })
    }

    /// A symbol that the shim defines.
    fn undefined(&mut self, name: impl Into<Cow<'a, str>>) -> SymbolId {
        self.add_symbol(Symbol {
            name: name.into(),
            definition: Definition::Undefined,
            binding: Binding::Global,
            kind: SymbolKind::NoType,
            size: 0,
        })
    }

    /// Reserves the atom of a function and defines its symbol.
    fn function_symbol(&mut self, function: &'a Compiled) {
        let atom = self.add_atom(Atom {
            name: Cow::Borrowed(&function.symbol),
            section: Section::Text,
            align: function.align,
            contents: Contents::Bytes(Cow::Borrowed(&function.code)),
            relocations: Vec::new(),
        });
        let symbol = self.add_symbol(Symbol {
            name: Cow::Borrowed(&function.symbol),
            definition: Definition::Defined { atom, offset: 0 },
            // The shim looks for the main function by its name.
            binding: if function.name == Name::Main {
                Binding::Global
            } else {
                Binding::Local
            },
            kind: SymbolKind::Func,
            size: 0,
        });
        self.known.insert(function.name, symbol);
    }

    /// Fills in a function's relocations and adds its trap record.
    fn function(&mut self, function: &'a Compiled) -> Result<()> {
        let own = self.known[&function.name];
        let Definition::Defined { atom, .. } = self.symbols[own.index()].definition else {
            unreachable!("a function's symbol is defined by its atom");
        };
        self.atoms[atom.index()].relocations = function
            .relocations
            .iter()
            .map(|relocation| {
                Ok(Relocation {
                    offset: u64::from(relocation.offset),
                    kind: relocation.kind,
                    target: self.symbol(relocation.target)?,
                    addend: relocation.addend,
                })
            })
            .collect::<Result<_>>()?;
        let first = crate::codegen::first_location(&self.env, function.name);
        self.add_atom(Atom {
            name: Cow::Borrowed(&function.symbol),
            section: Section::Metadata {
                subject: atom,
                table: TRAPS,
            },
            align: 4,
            contents: Contents::Bytes(
                traps::record(function.code.len() as u32, first, &function.traps).into(),
            ),
            relocations: vec![Relocation {
                offset: traps::CODE_FIELD,
                kind: RelocKind::Abs32,
                target: own,
                addend: 0,
            }],
        });
        Ok(())
    }

    /// The symbol that a name stands for.
    fn symbol(&mut self, name: Name) -> Result<SymbolId> {
        if let Some(&known) = self.known.get(&name) {
            return Ok(known);
        }
        let program = self.env.program;
        let symbol = match name {
            Name::Func(_) | Name::Unchecked(_) | Name::Thunk(_) | Name::Main | Name::Step(_) => {
                return Err(missing(program, name));
            }
            Name::Intrinsic(which) => self.undefined(which.symbol()),
            Name::HostSymbol(func) => {
                let symbol = self.policy.used.symbol(program, func);
                self.undefined(symbol.ok_or_else(|| missing(program, name))?)
            }
            Name::MemoryBase(memory) => self.add_symbol(Symbol {
                name: symbol_name(program, name).into(),
                definition: Definition::Absolute(self.env.plan.memories[memory].base),
                binding: Binding::Local,
                kind: SymbolKind::Object,
                size: 0,
            }),
            Name::Caller(func) => self.caller(func)?,
            Name::Constant(constant) => match constant {
                Constant::Data(module, segment) => self.constant(
                    format!("{module}.data{segment}"),
                    constant.align(),
                    Cow::Borrowed(constants::data(program, module, segment)),
                    Vec::new(),
                ),
                Constant::Elements(instance, segment) => {
                    let items = constants::elements(program, instance, segment)?;
                    let mut bytes = Vec::with_capacity(items.len() * size_of::<u64>());
                    let mut relocations = Vec::new();
                    for func in items {
                        if let Some(func) = func
                            && self.env.facts.reachable(func)
                        {
                            relocations.push(Relocation {
                                offset: bytes.len() as u64,
                                kind: RelocKind::Abs32,
                                target: self.symbol(Name::Func(func))?,
                                addend: 0,
                            });
                        }
                        bytes.extend(data::reference(program, func).to_le_bytes());
                    }
                    self.constant(
                        format!("{instance}.elements{segment}"),
                        constant.align(),
                        bytes.into(),
                        relocations,
                    )
                }
            },
        };
        self.known.insert(name, symbol);
        Ok(symbol)
    }

    /// The [`abi::Caller`] of a host function or host resource's drop.
    fn caller(&mut self, func: FuncId) -> Result<SymbolId> {
        let plan = self.env.plan;
        let options = caller_options(self.env.program, func)
            .ok_or_else(|| missing(self.env.program, Name::Caller(func)))?;
        let key = (
            plan.components[options.component],
            options.memory.map_or(0, |id| plan.memories[id].descriptor),
            options.realloc,
            match options.encoding {
                StringEncoding::Utf8 => abi::encoding::UTF8,
                StringEncoding::Utf16 => abi::encoding::UTF16,
                StringEncoding::CompactUtf16 => abi::encoding::LATIN1_UTF16,
            },
        );
        if let Some(&known) = self.callers.get(&key) {
            return Ok(known);
        }
        let mut bytes = vec![0; size_of::<abi::Caller>()];
        put(
            &mut bytes,
            offset_of!(abi::Caller, instance),
            &key.0.to_le_bytes(),
        );
        put(
            &mut bytes,
            offset_of!(abi::Caller, memory),
            &key.1.to_le_bytes(),
        );
        put(
            &mut bytes,
            offset_of!(abi::Caller, encoding),
            &key.3.to_le_bytes(),
        );
        let mut relocations = Vec::new();
        if let Some(realloc) = options.realloc {
            relocations.push(Relocation {
                offset: offset_of!(abi::Caller, realloc) as u64,
                kind: RelocKind::Abs64,
                target: self.symbol(Name::Thunk(realloc))?,
                addend: 0,
            });
        }
        let name = symbol_name(self.env.program, Name::Caller(func));
        let symbol = self.constant(name, 8, bytes.into(), relocations);
        self.callers.insert(key, symbol);
        Ok(symbol)
    }

    /// [`abi::ProgramInfo`], with the locations of all functions that a trap in `live` may name.
    fn program_info(
        &mut self,
        live: &[&Compiled],
        prepare: &[&'static str],
        policy: &Policy,
    ) -> Result<()> {
        let env = self.env;
        let program = env.program;
        let used: BTreeSet<u32> = live
            .iter()
            .flat_map(|function| {
                let first = crate::codegen::first_location(&env, function.name);
                function.traps.iter().map(|e| e.location).chain([first])
            })
            .collect();
        // By the function or instance that owns the location, ascending by its first.
        let mut owners = BTreeSet::new();
        for location in used {
            let location = cranelift_codegen::ir::SourceLoc::new(location);
            if let Some((func, _)) = env.source.find(location) {
                owners.insert((env.source.first(func), Some(func)));
            } else if location.bits() >= env.source.first_instance() {
                owners.insert((location.bits(), None));
            }
        }
        let mut locations = traps::Locations::default();
        for (first, func) in &owners {
            let (module_offset, function, component) = match *func {
                Some(func) => (
                    traps::module_offset(program, func),
                    program.func_name(func),
                    program.component_of(func),
                ),
                None => {
                    let instance =
                        crate::program::InstanceId::from_u32(first - env.source.first_instance());
                    let instance = program.instances.get(instance).ok_or(Error::Codegen {
                        func: "the location table".to_owned(),
                        message: format!("{first} is nobody's location"),
                    })?;
                    (
                        abi::NO_OFFSET,
                        "instantiation".to_owned(),
                        instance.component,
                    )
                }
            };
            let function = self.strings.intern(&printable(&function))?;
            let component = self
                .strings
                .intern(&printable(&program.components[component].path))?;
            locations.push(abi::Location {
                first: *first,
                module_offset,
                function,
                component,
            });
        }
        let bytes = locations.into_bytes();
        let location_bytes = bytes.len() as u32;
        let locations = self.constant("__nanocc_locations", 1, bytes.into(), Vec::new());
        let strings = std::mem::take(&mut self.strings).into_bytes();
        let strings = self.constant("__nanocc_strings", 1, strings.into(), Vec::new());

        use abi::ProgramInfo as Info;
        let plan = env.plan;
        let mut info = vec![0; size_of::<Info>()];
        for (at, word) in [
            (offset_of!(Info, version), abi::ABI_VERSION),
            (offset_of!(Info, location_bytes), location_bytes),
        ] {
            put(&mut info, at, &word.to_le_bytes());
        }
        for (at, word) in [
            (offset_of!(Info, stack_low), crate::plan::STACK_LOW),
            (offset_of!(Info, stack_high), crate::plan::STACK_HIGH),
            (offset_of!(Info, shim_range), plan.shim_range.0),
            (
                offset_of!(Info, shim_range_len),
                plan.shim_range.1 - plan.shim_range.0,
            ),
            (offset_of!(Info, guest_low), plan.guest_range.0),
            (offset_of!(Info, guest_high), plan.guest_range.1),
        ] {
            put(&mut info, at, &word.to_le_bytes());
        }
        let report_limits = self.limits(policy);
        let list = self.prepare_list(prepare);
        put(
            &mut info,
            offset_of!(Info, prepare) + offset_of!(abi::List, count),
            &(prepare.len() as u64).to_le_bytes(),
        );
        let prepare_list = offset_of!(Info, prepare) + offset_of!(abi::List, address);
        let relocations = [
            Some((offset_of!(Info, locations), locations)),
            Some((offset_of!(Info, strings), strings)),
            list.map(|list| (prepare_list, list)),
            report_limits.map(|report| (offset_of!(Info, report_limits), report)),
        ];
        let relocations = relocations.into_iter().flatten().map(pointer).collect();
        let symbol = self.constant(abi::compiled::PROGRAM, 8, info.into(), relocations);
        self.symbols[symbol.index()].binding = Binding::Global;
        Ok(())
    }

    /// [`abi::StepTable`], and its [`abi::Step`]s.
    fn step_table(&mut self, steps: &[Step]) -> Result<()> {
        let mut bytes = vec![0; steps.len() * size_of::<abi::Step>()];
        let mut relocations = Vec::with_capacity(steps.len());
        for (index, &step) in steps.iter().enumerate() {
            let start = index * size_of::<abi::Step>();
            let (params, results) = arity(self.env.program, step);
            for (field, count) in [
                (offset_of!(abi::Step, params), params),
                (offset_of!(abi::Step, results), results),
            ] {
                put(&mut bytes, start + field, &count.to_le_bytes());
            }
            relocations.push(Relocation {
                offset: (start + offset_of!(abi::Step, thunk)) as u64,
                kind: RelocKind::Abs64,
                target: self.symbol(Name::Step(index as u32))?,
                addend: 0,
            });
        }
        let list = self.constant("__nanocc_step_list", 8, bytes.into(), relocations);
        let mut table = vec![0; size_of::<abi::StepTable>()];
        let count = offset_of!(abi::StepTable, count);
        put(&mut table, count, &(steps.len() as u64).to_le_bytes());
        let relocation = Relocation {
            offset: offset_of!(abi::StepTable, steps) as u64,
            kind: RelocKind::Abs64,
            target: list,
            addend: 0,
        };
        let symbol = self.constant(abi::compiled::STEPS, 8, table.into(), vec![relocation]);
        self.symbols[symbol.index()].binding = Binding::Global;
        Ok(())
    }
}

/// Whose machine code a function is. What instantiates the program is the entry's.
fn component_of(program: &Program<'_>, name: Name) -> Option<ComponentId> {
    match (name, &program.entry) {
        (Name::Func(func) | Name::Unchecked(func) | Name::Thunk(func), _) => {
            Some(program.component_of(func))
        }
        (Name::Main, Entry::Command(command)) => Some(command.component),
        _ => None,
    }
}

/// An address of eight bytes at an offset.
fn pointer((offset, target): (usize, SymbolId)) -> Relocation {
    Relocation {
        offset: offset as u64,
        kind: RelocKind::Abs64,
        target,
        addend: 0,
    }
}

/// How many arguments a step takes, and how many results it gives.
fn arity(program: &Program<'_>, step: Step) -> (u32, u32) {
    match step {
        Step::Instantiate(_) | Step::InstantiateAll(..) => (0, 0),
        Step::Read(_) => (0, 1),
        Step::ReadMemory(_) => (0, abi::STEP_MEMORY),
        Step::Call(func) => {
            let signature = &program.signatures[program.funcs[func].sig];
            (
                signature.params.len() as u32,
                signature.results.len() as u32,
            )
        }
    }
}

/// The functions that `roots` lead to.
fn live(
    env: &Env<'_>,
    functions: &[Compiled],
    roots: impl Iterator<Item = Name>,
) -> Result<HashSet<Name>> {
    let by_name: HashMap<Name, &Compiled> = functions.iter().map(|f| (f.name, f)).collect();
    let mut seen: HashSet<Name> = HashSet::new();
    let mut queue: Vec<Name> = roots.collect();
    while let Some(name) = queue.pop() {
        if !seen.insert(name) {
            continue;
        }
        match name {
            Name::Func(_) | Name::Unchecked(_) | Name::Thunk(_) | Name::Main | Name::Step(_) => {
                let function = by_name
                    .get(&name)
                    .ok_or_else(|| missing(env.program, name))?;
                queue.extend(function.relocations.iter().map(|r| r.target));
            }
            Name::Caller(func) => queue.extend(
                caller_options(env.program, func)
                    .and_then(|options| options.realloc)
                    .map(Name::Thunk),
            ),
            Name::Constant(Constant::Elements(instance, segment)) => {
                let items = constants::elements(env.program, instance, segment)?;
                let reachable = |func: &FuncId| env.facts.reachable(*func);
                queue.extend(
                    items
                        .into_iter()
                        .flatten()
                        .filter(reachable)
                        .map(Name::Func),
                );
            }
            Name::Constant(Constant::Data(..))
            | Name::Intrinsic(_)
            | Name::MemoryBase(_)
            | Name::HostSymbol(_) => {}
        }
    }
    Ok(seen)
}

/// What a [`abi::Caller`] is made of.
struct CallerOptions {
    component: crate::program::ComponentId,
    memory: Option<crate::program::MemoryId>,
    realloc: Option<FuncId>,
    encoding: StringEncoding,
}

fn caller_options(program: &Program<'_>, func: FuncId) -> Option<CallerOptions> {
    match &program.funcs[func].kind {
        FuncKind::Host(call) => Some(CallerOptions {
            component: call.lower.component,
            memory: call.lower.memory,
            realloc: call.lower.realloc,
            encoding: call.lower.encoding,
        }),
        FuncKind::ResourceDrop { component, .. } => Some(CallerOptions {
            component: *component,
            memory: None,
            realloc: None,
            encoding: StringEncoding::Utf8,
        }),
        _ => None,
    }
}

/// The error for a name that nothing stands behind.
fn missing(program: &Program<'_>, name: Name) -> Error {
    Error::Codegen {
        func: symbol_name(program, name),
        message: format!("it is referred to ({name:?}), and isn't there"),
    }
}

/// Puts `value` at `at`.
fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

fn put_string(bytes: &mut [u8], at: usize, place: abi::StringRef) {
    put(
        bytes,
        at + offset_of!(abi::StringRef, offset),
        &place.offset.to_le_bytes(),
    );
    put(
        bytes,
        at + offset_of!(abi::StringRef, len),
        &place.len.to_le_bytes(),
    );
}

#[cfg(test)]
mod tests;
