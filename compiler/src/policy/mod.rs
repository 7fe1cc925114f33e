//! Policy: what each component instance may ask of the operating system.
//!
//! The rule is deny by default. A grant belongs to a component instance, not to the program: the
//! instance that owns a `canon lower` decides what the lowered host function may do, also where
//! composition has merged several components' imports into one. Grants matter only to the
//! functions that create authority; a handle once made carries its rights to whoever holds it.
//!
//! | file | |
//! |---|---|
//! | `grants.rs`, `address.rs` | what was said, and the grammar of its words |
//! | `file.rs` | the same out of `grants.toml` |
//! | `who.rs` | which component instance is meant |
//! | here | what each has: [`Authority`] |
//! | `granted.rs` | the same a grant at a time, as fields and as words |
//! | `reach.rs` | what that leaves of the host: what is denied, and which resources can exist |
//! | `print.rs` | `--emit=policy` |
//!
//! The defaults give a command what a filter in a pipe has: the instance that exports `wasi:cli/run`
//! gets the standard streams and the arguments. Nobody else gets anything.
//!
//! Clocks and random numbers are no authority: they lead to nothing outside of the process, and their functions have no
//! answer that would say "not for you". Whoever imports them has them, and there is no grant for it. An instance that
//! shouldn't tell the time is given another component's clock, by composition.

pub mod address;
pub mod explain;
pub mod file;
pub mod granted;
pub mod grants;
pub mod limits;
mod print;
pub mod reach;
pub mod seccomp;
pub mod who;

use crate::error::{Error, Result};
use crate::facts::Facts;
use crate::program::{ComponentId, Entry, Program};
use address::{Addresses, Ports};
use cranelift_entity::SecondaryMap;
use grants::{Deny, Grant, Grants, HostPath, Limits, Network, Stream, What};
use reach::{Link, Source, Use};
use std::time::Duration;

/// Who was granted what, and what follows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Of each component instance.
    pub authorities: SecondaryMap<ComponentId, Authority>,
    /// What is left of the host.
    pub used: Use,
    /// The directories that the program opens at start: each host path once.
    pub directories: Vec<Directory>,
    /// What the program is told at start, each name once.
    pub parameters: Vec<Parameter>,
    /// The most wall-clock time that the program may take.
    pub timeout: Option<Duration>,
    /// The most processor time that the program may take.
    pub cpu_timeout: Option<Duration>,
}

/// What one component instance was granted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authority {
    pub stdin: bool,
    pub stdout: bool,
    pub stderr: bool,
    pub arguments: bool,
    /// Variables and their values, `None` for the one at start; each name once, in the order of the grants.
    pub environment: Vec<(String, Option<String>)>,
    /// The variables of the program's own environment that `environment` doesn't name are seen too.
    pub inherits_environment: bool,
    /// In the order of the grants; each guest name once.
    pub directories: Vec<Preopen>,
    /// In the order of the grants.
    pub rules: Vec<Rule>,
    /// Patterns of names that may be looked up, [`What::Names`].
    pub names: Vec<String>,
    /// What it may use up.
    pub limits: Limits,
}

/// A directory as one component instance has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preopen {
    pub host: HostPath,
    pub guest: String,
    pub writable: bool,
}

/// What may be reached by the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub kind: Network,
    pub addresses: Addresses,
    pub ports: Ports,
}

/// A directory that is opened at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    pub host: HostPath,
    /// Whether somebody may change it.
    pub writable: bool,
    /// The first that has it.
    pub component: ComponentId,
}

/// Something that is told at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    /// The first that has something by it.
    pub component: ComponentId,
    /// Whether it is an address; else it is a directory.
    pub is_address: bool,
}

impl Authority {
    /// Whether a call of the source gets what it asks for.
    pub fn has(&self, source: Source) -> bool {
        match source {
            Source::Environment => self.inherits_environment || !self.environment.is_empty(),
            Source::Arguments => self.arguments,
            Source::Stdin | Source::TerminalStdin => self.stdin,
            Source::Stdout | Source::TerminalStdout => self.stdout,
            Source::Stderr | Source::TerminalStderr => self.stderr,
            Source::Directories => !self.directories.is_empty(),
            Source::Network => !self.rules.is_empty() || !self.names.is_empty(),
            Source::TcpSocket => self.rules.iter().any(|rule| rule.kind.is_tcp()),
            Source::UdpSocket => self.rules.iter().any(|rule| !rule.kind.is_tcp()),
            // Whoever may connect to a name may look it up, and a parameter may turn out to be one.
            Source::Names => {
                !self.names.is_empty()
                    || self.rules.iter().any(|rule| {
                        !rule.kind.listens()
                            && matches!(
                                rule.addresses,
                                Addresses::Name(_) | Addresses::Parameter(_)
                            )
                    })
            }
        }
    }

    /// Whether it has any of what is said by no more than for whom.
    fn holds(&self, what: &What) -> bool {
        match what {
            What::Environment => self.inherits_environment,
            What::Arguments => self.arguments,
            What::Stream(Stream::In) => self.stdin,
            What::Stream(Stream::Out) => self.stdout,
            What::Stream(Stream::Err) => self.stderr,
            What::Streams => self.stdin || self.stdout || self.stderr,
            What::Directory { .. }
            | What::Variable { .. }
            | What::Network { .. }
            | What::Names(_) => false,
        }
    }

    fn stream(&mut self, stream: Stream) -> &mut bool {
        match stream {
            Stream::In => &mut self.stdin,
            Stream::Out => &mut self.stdout,
            Stream::Err => &mut self.stderr,
        }
    }
}

/// What a parameter is that isn't an address.
const DIRECTORY: &str = "a directory";

/// What a parameter of a network's rules is. It may be about addresses of this machine's and others at once: what its value can't be, for
/// the one or the other, the program finds out when it starts.
const ADDRESS: &str = "an address";

/// The sources of which a component has to import one for a grant to make sense.
fn sources(what: &What) -> &'static [Source] {
    match what {
        What::Directory { .. } => &[Source::Directories],
        What::Variable { .. } | What::Environment => &[Source::Environment],
        What::Arguments => &[Source::Arguments],
        What::Stream(Stream::In) => &[Source::Stdin, Source::TerminalStdin],
        What::Stream(Stream::Out) => &[Source::Stdout, Source::TerminalStdout],
        What::Stream(Stream::Err) => &[Source::Stderr, Source::TerminalStderr],
        What::Streams => &[
            Source::Stdin,
            Source::Stdout,
            Source::Stderr,
            Source::TerminalStdin,
            Source::TerminalStdout,
            Source::TerminalStderr,
        ],
        What::Network { kind, .. } if kind.is_tcp() => &[Source::TcpSocket, Source::Network],
        What::Network { .. } => &[Source::UdpSocket, Source::Network],
        What::Names(_) => &[Source::Names],
    }
}

impl Policy {
    /// The policy for `program` under these grants.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownComponent`], [`Error::Grant`] for one that makes no sense, [`Error::GrantWithoutImport`],
    /// [`Error::Denied`] with [`Deny::Error`].
    pub fn new(program: &Program<'_>, facts: &Facts, grants: &Grants) -> Result<Policy> {
        let mut policy = Policy {
            timeout: grants.timeout,
            cpu_timeout: grants.cpu_timeout,
            ..Policy::default()
        };
        let entry = match &program.entry {
            Entry::Command(command) => Some(command.component),
            Entry::Script(_) => None,
        };
        if let (Some(entry), true) = (entry, grants.defaults) {
            let authority = &mut policy.authorities[entry];
            authority.stdin = true;
            authority.stdout = true;
            authority.stderr = true;
            authority.arguments = true;
        }
        let imported = reach::imported(program);
        let whom = |grant: &Grant| match (&grant.who, entry) {
            (Some(who), _) => who::find(program, who, &grant.said),
            (None, Some(entry)) => Ok(entry),
            (None, None) => Err(Error::Grant {
                said: grant.said.clone(),
                message: "the program has no entry: name the component".to_owned(),
            }),
        };
        for grant in &grants.list {
            let component = whom(grant)?;
            let wanted = sources(&grant.what);
            let (interface, function) = wanted[0].names();
            let has = |component: &ComponentId| {
                let sources = imported.get(component);
                sources.is_some_and(|sources| wanted.iter().any(|source| sources.contains(source)))
            };
            if !has(&component) {
                return Err(Error::GrantWithoutImport {
                    said: grant.said.clone(),
                    component: program.components[component].path.clone(),
                    function: format!("{interface}#{function}"),
                    importers: program
                        .components
                        .keys()
                        .filter(|component| has(component))
                        .map(|component| program.components[component].path.clone())
                        .collect(),
                });
            }
            policy.authorities[component].add(grant)?;
        }
        for grant in &grants.withheld {
            let component = whom(grant)?;
            if policy.authorities[component].holds(&grant.what) {
                let path = &program.components[component].path;
                return Err(Error::Grant {
                    said: grant.said.clone(),
                    message: format!(
                        "`{path}` has it all the same, by another grant or by default: `no-default-grants = true` leaves the defaults out"
                    ),
                });
            }
        }
        policy.limit(program, entry, &grants.limits)?;
        policy.check_limits(program)?;
        policy.used = reach::used(program, facts, |component| &policy.authorities[component]);
        if grants.deny == Deny::Error {
            policy.refuse_denied(program)?;
        }
        policy.tell_at_start(program)?;
        Ok(policy)
    }

    /// Whether the component instance calls a source that it was granted.
    pub fn uses(&self, component: ComponentId, source: Source) -> bool {
        let granted = self.used.granted.get(&component);
        granted.is_some_and(|granted| granted.contains(&source))
    }

    /// Whether it may come by a network: by calling for it, or by creating sockets on one that it is given.
    pub fn uses_network(&self, component: ComponentId) -> bool {
        [
            Source::Network,
            Source::TcpSocket,
            Source::UdpSocket,
            Source::Names,
        ]
        .into_iter()
        .any(|source| self.uses(component, source))
    }

    fn refuse_denied(&self, program: &Program<'_>) -> Result<()> {
        let mut denied: Vec<(String, String)> = Vec::new();
        for (func, link) in &self.used.links {
            if let Link::Denied(source) = link {
                let component = program.component_of(*func);
                let (interface, function) = source.names();
                let call = (
                    program.components[component].path.clone(),
                    format!("{interface}#{function}"),
                );
                if !denied.contains(&call) {
                    denied.push(call);
                }
            }
        }
        if denied.is_empty() {
            return Ok(());
        }
        Err(Error::Denied { calls: denied })
    }

    /// Finds what has to be opened and told at start.
    fn tell_at_start(&mut self, program: &Program<'_>) -> Result<()> {
        // What a parameter is, a directory or an address, by its name.
        let mut meanings: std::collections::BTreeMap<&str, &str> = Default::default();
        for component in program.components.keys() {
            let authority = &self.authorities[component];
            let mut parameters: Vec<(&str, &str)> = Vec::new();
            if self.uses(component, Source::Directories) {
                for preopen in &authority.directories {
                    if let HostPath::Parameter(name) = &preopen.host {
                        parameters.push((name, DIRECTORY));
                    }
                    let known = self
                        .directories
                        .iter_mut()
                        .find(|directory| directory.host == preopen.host);
                    match known {
                        Some(known) => known.writable |= preopen.writable,
                        None => self.directories.push(Directory {
                            host: preopen.host.clone(),
                            writable: preopen.writable,
                            component,
                        }),
                    }
                }
            }
            if self.uses_network(component) {
                for rule in &authority.rules {
                    if let Addresses::Parameter(name) = &rule.addresses {
                        parameters.push((name, ADDRESS));
                    }
                }
            }
            for (name, what) in parameters {
                let meant = meanings.entry(name).or_insert(what);
                if *meant != what {
                    return Err(Error::Grant {
                        said: format!("@{name}"),
                        message: format!("the parameter is {meant} and {what} at once"),
                    });
                }
                if !self.parameters.iter().any(|known| known.name == name) {
                    self.parameters.push(Parameter {
                        name: name.to_owned(),
                        component,
                        is_address: what != DIRECTORY,
                    });
                }
            }
        }
        Ok(())
    }
}

impl Authority {
    fn add(&mut self, grant: &Grant) -> Result<()> {
        match &grant.what {
            What::Directory {
                host,
                guest,
                writable,
            } => {
                if self.directories.iter().any(|known| known.guest == *guest) {
                    return Err(Error::Grant {
                        said: grant.said.clone(),
                        message: format!(
                            "the component has a directory `{guest}` already: give this one another name, HOST::GUEST"
                        ),
                    });
                }
                self.directories.push(Preopen {
                    host: host.clone(),
                    guest: guest.clone(),
                    writable: *writable,
                });
            }
            What::Variable { name, value } => {
                self.environment.retain(|(known, _)| known != name);
                self.environment.push((name.clone(), value.clone()));
            }
            What::Environment => self.inherits_environment = true,
            What::Arguments => self.arguments = true,
            What::Stream(stream) => *self.stream(*stream) = true,
            What::Streams => {
                for stream in [Stream::In, Stream::Out, Stream::Err] {
                    *self.stream(stream) = true;
                }
            }
            What::Network {
                kind,
                addresses,
                ports,
            } => {
                let rule = Rule {
                    kind: *kind,
                    addresses: addresses.clone(),
                    ports: *ports,
                };
                if !self.rules.contains(&rule) {
                    self.rules.push(rule);
                }
            }
            What::Names(pattern) => {
                if !self.names.contains(pattern) {
                    self.names.push(pattern.clone());
                }
            }
        }
        Ok(())
    }
}
