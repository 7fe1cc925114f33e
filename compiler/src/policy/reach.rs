//! What of the host a program can use.
//!
//! Every call into the host is owned by one component instance, whose grants are known. So it is known of each source of authority
//! ([`nanocc_wit::SOURCES`]) whether a call gets what it asks for, and with that, which resources can exist in the program
//! at all: those that some call gives whose own handles can exist. What is called with a handle that can't exist traps as
//! lifting the handle would; so a program where no directory was granted has no code for files.
//!
//! The invariant is that a call links to the function itself unless it is certain that it is denied or holds no handle.

use super::Authority;
use crate::facts::Facts;
use crate::program::{ComponentId, FuncId, FuncKind, Program, Resource};
use nanocc_wit::{Function, Interface, ResourceNumber, Type, denied_symbol, host, symbol};
use std::collections::{BTreeMap, BTreeSet};

/// A way by which authority enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    Environment,
    Arguments,
    Stdin,
    Stdout,
    Stderr,
    TerminalStdin,
    TerminalStdout,
    TerminalStderr,
    Directories,
    Network,
    TcpSocket,
    UdpSocket,
    Names,
}

impl Source {
    /// Every source, in the order of [`nanocc_wit::SOURCES`].
    pub const ALL: [Source; 13] = [
        Source::Environment,
        Source::Arguments,
        Source::Stdin,
        Source::Stdout,
        Source::Stderr,
        Source::TerminalStdin,
        Source::TerminalStdout,
        Source::TerminalStderr,
        Source::Directories,
        Source::Network,
        Source::TcpSocket,
        Source::UdpSocket,
        Source::Names,
    ];

    /// Interface and function.
    pub fn names(self) -> (&'static str, &'static str) {
        nanocc_wit::SOURCES[self as usize]
    }

    /// Of a function of the host's, if it is one.
    fn of(interface: &Interface, function: &Function) -> Option<Source> {
        Source::ALL.into_iter().find(|source| {
            let (name, source) = source.names();
            source == function.name
                && name.split_once('/') == Some((interface.package, interface.name))
        })
    }
}

/// What a call into the host links to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// The function.
    Itself,
    /// A source that wasn't granted.
    Denied(Source),
    /// A function on a resource that can't exist.
    Unheld(ResourceNumber),
}

/// What a program uses of the host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Use {
    /// Every reachable call into the host, and drop of one of its resources.
    pub links: BTreeMap<FuncId, Link>,
    /// The host's resources that can exist.
    pub resources: BTreeSet<ResourceNumber>,
    /// The sources that each component instance calls and was granted.
    pub granted: BTreeMap<ComponentId, BTreeSet<Source>>,
}

/// What `func` calls of the host, unless that is something of nanocc's own.
fn served(
    program: &Program<'_>,
    func: FuncId,
) -> Option<(ComponentId, &'static Interface, &'static Function)> {
    match &program.funcs[func].kind {
        FuncKind::Host(call) => {
            let (interface, function) = host().function(&call.symbol)?;
            Some((call.lower.component, interface, function))
        }
        _ => None,
    }
}

/// The sources that each component instance imports, whether it ever calls them or not.
pub fn imported(program: &Program<'_>) -> BTreeMap<ComponentId, BTreeSet<Source>> {
    let mut imported: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for func in program.funcs.keys() {
        if let Some((component, interface, function)) = served(program, func) {
            let sources = imported.entry(component).or_default();
            sources.extend(Source::of(interface, function));
        }
    }
    imported
}

/// The sources that each component instance can call.
pub fn reached(program: &Program<'_>, facts: &Facts) -> BTreeMap<ComponentId, BTreeSet<Source>> {
    let mut reached: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for func in facts.reachable_funcs() {
        if let Some((component, interface, function)) = served(program, func) {
            let sources = reached.entry(component).or_default();
            sources.extend(Source::of(interface, function));
        }
    }
    reached
}

/// What is used of the host, where `authority` says what a component instance was granted.
pub fn used<'p>(
    program: &Program<'_>,
    facts: &Facts,
    authority: impl Fn(ComponentId) -> &'p Authority,
) -> Use {
    let mut used = Use::default();
    // Calls that may give something once their handles can exist.
    let mut waiting: Vec<&Function> = Vec::new();
    for func in facts.reachable_funcs() {
        let Some((component, interface, function)) = served(program, func) else {
            continue;
        };
        let link = match Source::of(interface, function) {
            Some(source) if !authority(component).has(source) => Link::Denied(source),
            source => {
                let granted = used.granted.entry(component).or_default();
                granted.extend(source);
                Link::Itself
            }
        };
        if gives_even_if_denied(interface, function) || link == Link::Itself {
            waiting.push(function);
        }
        used.links.insert(func, link);
    }

    loop {
        let known = used.resources.len();
        for function in &waiting {
            if function
                .params
                .iter()
                .all(|(_, ty)| can_be_given(ty, &used.resources))
                && let Some(result) = &function.result
            {
                gives(result, &mut used.resources);
            }
        }
        if used.resources.len() == known {
            break;
        }
    }

    for func in facts.reachable_funcs() {
        let number = match &program.funcs[func].kind {
            FuncKind::Host(_) => served(program, func).and_then(|(.., function)| held(function)),
            FuncKind::ResourceDrop { resource, .. } => match program.resources[*resource] {
                Resource::Host { number, .. } => {
                    used.links.insert(func, Link::Itself);
                    Some(ResourceNumber(number))
                }
                _ => None,
            },
            _ => None,
        };
        if let Some(number) = number.filter(|number| !used.resources.contains(number)) {
            used.links.insert(func, Link::Unheld(number));
        }
    }
    used
}

/// Whether the denied form of a source gives handles too: of streams that are closed, or of a network that leads nowhere.
fn gives_even_if_denied(interface: &Interface, function: &Function) -> bool {
    matches!(
        Source::of(interface, function),
        Some(Source::Stdin | Source::Stdout | Source::Stderr | Source::Network)
    )
}

/// The resource of which a function takes a handle before it looks at anything else.
fn held(function: &Function) -> Option<ResourceNumber> {
    match function.params.first() {
        Some((_, Type::Borrow(number) | Type::Own(number)))
            if !function.core_signature().spilled_params =>
        {
            Some(*number)
        }
        _ => None,
    }
}

/// Whether there can be a value of this type, if there are these resources.
fn can_be_given(ty: &Type, resources: &BTreeSet<ResourceNumber>) -> bool {
    match ty {
        Type::Own(number) | Type::Borrow(number) => resources.contains(number),
        Type::Tuple(types) => types.iter().all(|ty| can_be_given(ty, resources)),
        Type::Record(record) => record.types().all(|ty| can_be_given(&ty, resources)),
        // The empty list, and a case without a handle.
        _ => true,
    }
}

/// Adds the resources of which a value of this type may hold handles.
fn gives(ty: &Type, resources: &mut BTreeSet<ResourceNumber>) {
    match ty {
        Type::Own(number) | Type::Borrow(number) => {
            resources.insert(*number);
        }
        Type::List(element) => gives(element, resources),
        Type::Tuple(types) => types.iter().for_each(|ty| gives(ty, resources)),
        Type::Record(record) => record.types().for_each(|ty| gives(&ty, resources)),
        _ => ty
            .payloads()
            .iter()
            .flatten()
            .for_each(|ty| gives(ty, resources)),
    }
}

impl Use {
    /// The shim's symbol that a call into the host, or a drop of one of its resources, links to.
    pub fn symbol(&self, program: &Program<'_>, func: FuncId) -> Option<String> {
        let kind = &program.funcs[func].kind;
        match (self.links.get(&func), kind) {
            (Some(Link::Unheld(number)), _) => host().unheld_symbol(*number),
            (Some(Link::Denied(_)), _) => {
                let (_, interface, function) = served(program, func)?;
                Some(denied_symbol(interface, function))
            }
            (_, FuncKind::Host(call)) => Some(match served(program, func) {
                Some((_, interface, function)) => symbol(interface, function),
                None => call.symbol.clone(),
            }),
            (_, FuncKind::ResourceDrop { resource, .. }) => match program.resources[*resource] {
                Resource::Host { number, .. } => host().drop_symbol(ResourceNumber(number)),
                Resource::Guest { .. } | Resource::Unserved { .. } | Resource::View { .. } => None,
            },
            _ => None,
        }
    }
}
