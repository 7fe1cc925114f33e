//! What components were granted, as the shim reads it: [`abi::Authority`] and what it refers to, and the list of
//! what has to be done at start.
//!
//! Only what some reachable call can ask for is there: a program to which everything or nothing was granted has none of it.
//! What is filled in at start lies in writable data, all else in read-only data.

use super::{Parts, put, put_string};
use crate::error::Result;
use crate::policy::address::Addresses;
use crate::policy::grants::{HostPath, Network};
use crate::policy::reach::Source;
use crate::policy::{Authority, Policy, Rule};
use crate::program::ComponentId;
use crate::traps::printable;
use linker::{Binding, Contents, Definition, RelocKind, Relocation, Section, SymbolId};
use nanocc_linker as linker;
use nanocc_shim_abi as abi;
use std::collections::HashMap;
use std::mem::{offset_of, size_of};
use std::net::IpAddr;

/// Elements that lie one after the other, under construction.
#[derive(Default)]
struct Elements {
    bytes: Vec<u8>,
    relocations: Vec<Relocation>,
}

/// A part of [`Elements`] that has become an atom.
#[derive(Clone, Copy)]
struct Slice {
    symbol: SymbolId,
    /// In bytes.
    offset: usize,
    count: usize,
}

impl Elements {
    /// Puts where a list lies at `at`.
    fn list(&mut self, at: usize, slice: Option<Slice>) {
        let Some(slice) = slice.filter(|slice| slice.count > 0) else {
            return;
        };
        let count = at + offset_of!(abi::List, count);
        put(&mut self.bytes, count, &(slice.count as u64).to_le_bytes());
        self.relocations.push(Relocation {
            offset: (at + offset_of!(abi::List, address)) as u64,
            kind: RelocKind::Abs64,
            target: slice.symbol,
            addend: slice.offset as i64,
        });
    }
}

/// Where the grants lie.
#[derive(Default)]
pub(super) struct Authorities {
    /// The [`abi::Authority`] of each component instance that needs one.
    pub components: HashMap<ComponentId, SymbolId>,
    /// The shim's functions that are called at start, in order.
    pub prepare: Vec<&'static str>,
}

impl Parts<'_> {
    /// Writes everything down.
    pub(super) fn authorities(&mut self, policy: &Policy) -> Result<Authorities> {
        let mut authorities = Authorities::default();
        let components: Vec<ComponentId> = self.env.program.components.keys().collect();
        let rules = self.rules(policy, &components)?;
        for &component in &components {
            let authority = &policy.authorities[component];
            if let Some(symbol) =
                self.authority(policy, component, authority, rules.of.get(&component))?
            {
                authorities.components.insert(component, symbol);
            }
        }
        self.program_authority(policy, &rules)?;
        authorities.prepare = prepare(policy, &components);
        Ok(authorities)
    }

    /// A variable of the program's that the shim writes to at start.
    fn variable(&mut self, name: &'static str, elements: Elements) -> SymbolId {
        let symbol = self.constant(name, 8, elements.bytes.into(), elements.relocations);
        if let Definition::Defined { atom, .. } = self.symbols[symbol.index()].definition {
            self.atoms[atom.index()].section = Section::Data;
        }
        symbol
    }

    fn authority(
        &mut self,
        policy: &Policy,
        component: ComponentId,
        authority: &Authority,
        rules: Option<&Slice>,
    ) -> Result<Option<SymbolId>> {
        use abi::Authority as Abi;
        let reads_environment = policy.uses(component, Source::Environment);
        let environment = if reads_environment {
            self.environment(authority)?
        } else {
            None
        };
        let directories = if policy.uses(component, Source::Directories) {
            self.preopens(policy, authority)?
        } else {
            None
        };
        let names = if policy.uses(component, Source::Names) {
            self.names(authority)?
        } else {
            None
        };
        let mut elements = Elements {
            bytes: vec![0; size_of::<Abi>()],
            ..Elements::default()
        };
        elements.list(offset_of!(Abi, environment), environment);
        elements.list(offset_of!(Abi, directories), directories);
        elements.list(offset_of!(Abi, rules), rules.copied());
        elements.list(offset_of!(Abi, names), names);
        let inherits = reads_environment && authority.inherits_environment;
        put(
            &mut elements.bytes,
            offset_of!(Abi, inherits_environment),
            &u32::from(inherits).to_le_bytes(),
        );
        if elements.relocations.is_empty() && elements.bytes.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let name = format!("{component}.authority");
        let symbol = self.constant(name, 8, elements.bytes.into(), elements.relocations);
        Ok(Some(symbol))
    }

    /// A list of its own.
    fn slice(&mut self, name: &'static str, elements: Elements, count: usize) -> Option<Slice> {
        (count > 0).then(|| Slice {
            symbol: self.constant(name, 8, elements.bytes.into(), elements.relocations),
            offset: 0,
            count,
        })
    }

    fn environment(&mut self, authority: &Authority) -> Result<Option<Slice>> {
        use abi::EnvironmentEntry as Entry;
        let mut elements = Elements::default();
        for (name, value) in &authority.environment {
            let mut entry = [0; size_of::<Entry>()];
            let name = self.strings.intern(name)?;
            put_string(&mut entry, offset_of!(Entry, name), name);
            match value {
                Some(value) => {
                    let value = self.strings.intern(value)?;
                    put_string(&mut entry, offset_of!(Entry, value), value);
                }
                None => put(
                    &mut entry,
                    offset_of!(Entry, inherited),
                    &1u32.to_le_bytes(),
                ),
            }
            elements.bytes.extend(entry);
        }
        Ok(self.slice("environment", elements, authority.environment.len()))
    }

    fn preopens(&mut self, policy: &Policy, authority: &Authority) -> Result<Option<Slice>> {
        use abi::Preopen as Abi;
        let mut elements = Elements::default();
        for preopen in &authority.directories {
            let directory = policy
                .directories
                .iter()
                .position(|directory| directory.host == preopen.host)
                .unwrap_or(usize::MAX);
            let mut bytes = [0; size_of::<Abi>()];
            for (at, word) in [
                (offset_of!(Abi, directory), directory as u32),
                (offset_of!(Abi, rights), rights(preopen.writable)),
            ] {
                put(&mut bytes, at, &word.to_le_bytes());
            }
            let guest = self.strings.intern(&preopen.guest)?;
            put_string(&mut bytes, offset_of!(Abi, guest), guest);
            elements.bytes.extend(bytes);
        }
        Ok(self.slice("preopens", elements, authority.directories.len()))
    }

    fn names(&mut self, authority: &Authority) -> Result<Option<Slice>> {
        let mut elements = Elements::default();
        for pattern in &authority.names {
            let mut bytes = [0; size_of::<abi::StringRef>()];
            let pattern = self.strings.intern(pattern)?;
            put_string(&mut bytes, 0, pattern);
            elements.bytes.extend(bytes);
        }
        Ok(self.slice("names", elements, authority.names.len()))
    }

    /// The rules of all components: those of one that has a parameter's among them in writable data.
    fn rules(&mut self, policy: &Policy, components: &[ComponentId]) -> Result<Rules> {
        // First those without a parameter's. A part is a component's: where it begins, in bytes, and how many rules it has.
        let mut all: [(Elements, Parted); 2] = Default::default();
        for &component in components {
            let rules = &policy.authorities[component].rules;
            if rules.is_empty() || !policy.uses_network(component) {
                continue;
            }
            let is_told = |rule: &Rule| matches!(rule.addresses, Addresses::Parameter(_));
            let (elements, parts) = &mut all[usize::from(rules.iter().any(is_told))];
            parts.push((component, elements.bytes.len(), rules.len()));
            for rule in rules {
                let rule = self.rule(policy, rule)?;
                elements.bytes.extend(rule);
            }
        }
        let [(fixed, fixed_parts), (told, told_parts)] = all;
        let mut rules = Rules::default();
        for (parts, elements, writable) in [(fixed_parts, fixed, false), (told_parts, told, true)] {
            if parts.is_empty() {
                continue;
            }
            let count = elements.bytes.len() / size_of::<abi::NetworkRule>();
            let symbol = if writable {
                self.variable("parameter_rules", elements)
            } else {
                self.constant("rules", 8, elements.bytes.into(), elements.relocations)
            };
            let whole = Slice {
                symbol,
                offset: 0,
                count,
            };
            *(if writable {
                &mut rules.told
            } else {
                &mut rules.fixed
            }) = Some(whole);
            for (component, offset, count) in parts {
                let slice = Slice {
                    symbol,
                    offset,
                    count,
                };
                rules.of.insert(component, slice);
            }
        }
        Ok(rules)
    }

    fn rule(
        &mut self,
        policy: &Policy,
        rule: &Rule,
    ) -> Result<[u8; size_of::<abi::NetworkRule>()]> {
        use abi::NetworkRule as Abi;
        let mut bytes = [0; size_of::<Abi>()];
        let kind = match rule.kind {
            Network::TcpListen => abi::network::TCP_LISTEN,
            Network::TcpConnect => abi::network::TCP_CONNECT,
            Network::UdpListen => abi::network::UDP_LISTEN,
            Network::UdpConnect => abi::network::UDP_CONNECT,
        };
        let mut parameter = abi::NO_PARAMETER;
        let mut prefix = 0;
        let family = match &rule.addresses {
            Addresses::Any => abi::network::ANY,
            Addresses::Prefix { address, bits } => {
                prefix = u16::from(*bits);
                let at = offset_of!(Abi, address);
                match address {
                    IpAddr::V4(address) => {
                        put(&mut bytes, at, &address.octets());
                        abi::network::V4
                    }
                    IpAddr::V6(address) => {
                        put(&mut bytes, at, &address.octets());
                        abi::network::V6
                    }
                }
            }
            Addresses::Name(name) => {
                let name = self.strings.intern(name)?;
                put_string(&mut bytes, offset_of!(Abi, name), name);
                abi::network::NAME
            }
            Addresses::Parameter(name) => {
                parameter = parameter_index(policy, name);
                abi::network::PARAMETER
            }
        };
        let ports = offset_of!(Abi, ports);
        for (at, half) in [
            (offset_of!(Abi, kind), kind),
            (offset_of!(Abi, family), family),
            (offset_of!(Abi, prefix), prefix),
            (ports, rule.ports.low),
            (ports + 2, rule.ports.high),
        ] {
            put(&mut bytes, at, &half.to_le_bytes());
        }
        put(
            &mut bytes,
            offset_of!(Abi, parameter),
            &parameter.to_le_bytes(),
        );
        Ok(bytes)
    }

    /// [`abi::ProgramAuthority`]. The linker drops it where nothing reads it.
    fn program_authority(&mut self, policy: &Policy, rules: &Rules) -> Result<()> {
        use abi::ProgramAuthority as Abi;
        let mut parameters = Elements::default();
        for parameter in &policy.parameters {
            use abi::Parameter as Abi;
            let mut bytes = [0; size_of::<Abi>()];
            let name = self.strings.intern(&parameter.name)?;
            put_string(&mut bytes, offset_of!(Abi, name), name);
            let component = self.component_name(parameter.component)?;
            put_string(&mut bytes, offset_of!(Abi, component), component);
            if parameter.is_address {
                parameters.relocations.push(Relocation {
                    offset: (parameters.bytes.len() + offset_of!(Abi, room)) as u64,
                    kind: RelocKind::Abs64,
                    target: self.room(),
                    addend: 0,
                });
            }
            parameters.bytes.extend(bytes);
        }
        let parameters = self.slice("parameters", parameters, policy.parameters.len());

        let mut directories = Elements::default();
        for directory in &policy.directories {
            use abi::Directory as Abi;
            let mut bytes = [0; size_of::<Abi>()];
            let mut parameter = abi::NO_PARAMETER;
            match &directory.host {
                HostPath::Path(path) => {
                    let path = self.strings.intern(path)?;
                    put_string(&mut bytes, offset_of!(Abi, host), path);
                }
                HostPath::Parameter(name) => parameter = parameter_index(policy, name),
            }
            for (at, word) in [
                (offset_of!(Abi, parameter), parameter),
                (offset_of!(Abi, rights), rights(directory.writable)),
            ] {
                put(&mut bytes, at, &word.to_le_bytes());
            }
            put(
                &mut bytes,
                offset_of!(Abi, descriptor),
                &(-1i32).to_le_bytes(),
            );
            let component = self.component_name(directory.component)?;
            put_string(&mut bytes, offset_of!(Abi, component), component);
            directories.bytes.extend(bytes);
        }
        let count = policy.directories.len();
        let directories = (count > 0).then(|| Slice {
            symbol: self.variable("directories", directories),
            offset: 0,
            count,
        });

        let mut elements = Elements {
            bytes: vec![0; size_of::<Abi>()],
            ..Elements::default()
        };
        elements.list(offset_of!(Abi, parameters), parameters);
        elements.list(offset_of!(Abi, directories), directories);
        elements.list(offset_of!(Abi, parameter_rules), rules.told);
        elements.list(offset_of!(Abi, rules), rules.fixed);
        let name = abi::compiled::AUTHORITY;
        let symbol = self.constant(name, 8, elements.bytes.into(), elements.relocations);
        self.symbols[symbol.index()].binding = Binding::Global;
        Ok(())
    }

    /// Where the shim may put the name that a parameter turns out to be.
    fn room(&mut self) -> SymbolId {
        let symbol = self.constant("parameter_room", 1, Vec::new().into(), Vec::new());
        if let Definition::Defined { atom, .. } = self.symbols[symbol.index()].definition {
            let atom = &mut self.atoms[atom.index()];
            atom.section = Section::Bss;
            atom.contents = Contents::Zero(abi::PARAMETER_ROOM as u64);
        }
        symbol
    }

    fn component_name(&mut self, component: ComponentId) -> Result<abi::StringRef> {
        let path = printable(&self.env.program.components[component].path);
        self.strings.intern(&path)
    }

    /// The addresses of the functions that are called at start.
    pub(super) fn prepare_list(&mut self, prepare: &[&'static str]) -> Option<SymbolId> {
        if prepare.is_empty() {
            return None;
        }
        let size = size_of::<u64>();
        let relocations = prepare
            .iter()
            .enumerate()
            .map(|(index, name)| Relocation {
                offset: (index * size) as u64,
                kind: RelocKind::Abs64,
                target: self.undefined(*name),
                addend: 0,
            })
            .collect();
        let bytes = vec![0; prepare.len() * size];
        Some(self.constant("__nanocc_prepare", 8, bytes.into(), relocations))
    }
}

/// Whose rules lie where among others'.
type Parted = Vec<(ComponentId, usize, usize)>;

/// Where the rules lie.
#[derive(Default)]
struct Rules {
    of: HashMap<ComponentId, Slice>,
    fixed: Option<Slice>,
    told: Option<Slice>,
}

fn rights(writable: bool) -> u32 {
    let write = if writable { abi::directory::WRITE } else { 0 };
    abi::directory::READ | write
}

fn parameter_index(policy: &Policy, name: &str) -> u32 {
    let found = policy
        .parameters
        .iter()
        .position(|known| known.name == name);
    found.map_or(abi::NO_PARAMETER, |index| index as u32)
}

/// What has to be done before the program's first instruction.
fn prepare(policy: &Policy, components: &[ComponentId]) -> Vec<&'static str> {
    let uses = |source| components.iter().any(|&id| policy.uses(id, source));
    let names = uses(Source::Names);
    let opens =
        names || uses(Source::Directories) || uses(Source::TcpSocket) || uses(Source::UdpSocket);
    [
        (opens, abi::prepare::DESCRIPTORS),
        (!policy.parameters.is_empty(), abi::prepare::PARAMETERS),
        (!policy.directories.is_empty(), abi::prepare::DIRECTORIES),
        (names, abi::prepare::NAMES),
    ]
    .into_iter()
    .filter_map(|(needed, name)| needed.then_some(name))
    .collect()
}
