//! What was granted, as it was said: plain data, and the grammar of its words.
//!
//! The command line and `grants.toml` say the same things with the same words, so both are read here. Who a
//! grant is for is text until there is a program ([`super::who`]). [`super::address`] has the grammar of addresses.

use super::address::{self, Addresses, Ports, Reason, parameter_name};
use crate::program::is_path;
use std::net::IpAddr;
use std::time::Duration;

/// Everything that was said about a program's authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grants {
    /// In the order in which they were said.
    pub list: Vec<Grant>,
    /// What somebody must not have, whoever else says what: `stdin = false` in a file. It takes nothing away; a program
    /// where it is granted all the same is refused.
    pub withheld: Vec<Grant>,
    /// Whether the instance that exports the program's entry has standard streams and arguments without being granted them.
    pub defaults: bool,
    /// What becomes of a call that nobody granted.
    pub deny: Deny,
    /// What components may use up at most, in the order in which it was said.
    pub limits: Vec<(Whose, Limits)>,
    /// The most wall-clock time that the program may take.
    pub timeout: Option<Duration>,
    /// The most processor time that the program may take.
    pub cpu_timeout: Option<Duration>,
}

impl Default for Grants {
    /// Nothing but the defaults.
    fn default() -> Grants {
        Grants {
            list: Vec::new(),
            withheld: Vec::new(),
            defaults: true,
            deny: Deny::default(),
            limits: Vec::new(),
            timeout: None,
            cpu_timeout: None,
        }
    }
}

impl Grants {
    /// Adds what another file says. Of what can be said but once, the last counts; what keeps authority out stays.
    pub fn add(&mut self, other: Grants) {
        self.list.extend(other.list);
        self.withheld.extend(other.withheld);
        self.defaults &= other.defaults;
        if other.deny == Deny::Error {
            self.deny = Deny::Error;
        }
        self.limits.extend(other.limits);
        self.timeout = other.timeout.or(self.timeout);
        self.cpu_timeout = other.cpu_timeout.or(self.cpu_timeout);
    }
}

/// A component, by what it is called in the composition: see [`super::who`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Who(pub String);

/// Which components a limit is of. What is said of one goes before what is said of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Every one's own.
    Each,
    /// The one that exports the program's entry.
    Entry,
    /// This one.
    Named(Who),
}

/// What becomes of a reachable call of a source that its component wasn't granted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deny {
    /// The function gives what it would give in an empty world.
    #[default]
    Empty,
    /// The program isn't compiled.
    Error,
}

/// What one component may use up at most; `None` where nothing was said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all linear memories together.
    pub memory: Option<u64>,
    /// Elements of all tables together.
    pub table_elements: Option<u64>,
    /// Handles at a time.
    pub handles: Option<u32>,
    /// Files, sockets and directory streams open at a time.
    pub open_files: Option<u32>,
}

/// One grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Whom it is for; `None` is the instance that exports the program's entry.
    pub who: Option<Who>,
    /// What is granted.
    pub what: What,
    /// How it was said, for messages: `--dir store=data::/data`.
    pub said: String,
}

/// What is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A directory of the host's, by a name of the guest's.
    Directory {
        /// Where it is.
        host: HostPath,
        /// The guest's name for it.
        guest: String,
        /// Whether it may be changed.
        writable: bool,
    },
    /// A variable of the environment: with this value, or with what the program's own environment says at start.
    Variable { name: String, value: Option<String> },
    /// All of the program's own environment.
    Environment,
    /// The program's arguments.
    Arguments,
    /// A standard stream, and that it may be told to be a terminal.
    Stream(Stream),
    /// All three of them, as far as the component imports them.
    Streams,
    /// To reach addresses, or to be reached at them.
    Network {
        kind: Network,
        addresses: Addresses,
        ports: Ports,
    },
    /// To look up names: `*`, `example.org` or `*.example.org`; lower case, without a dot at the end.
    Names(String),
}

/// A standard stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    In,
    Out,
    Err,
}

/// What the network may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    TcpListen,
    TcpConnect,
    UdpListen,
    UdpConnect,
}

impl Network {
    /// Every use.
    pub const ALL: [Network; 4] = [
        Network::TcpListen,
        Network::TcpConnect,
        Network::UdpListen,
        Network::UdpConnect,
    ];

    /// As flags and `grants.toml` call it.
    pub fn name(self) -> &'static str {
        match self {
            Network::TcpListen => "tcp-listen",
            Network::TcpConnect => "tcp-connect",
            Network::UdpListen => "udp-listen",
            Network::UdpConnect => "udp-connect",
        }
    }

    /// Whether it is about addresses of this machine.
    pub fn listens(self) -> bool {
        matches!(self, Network::TcpListen | Network::UdpListen)
    }

    /// Whether it is about TCP.
    pub fn is_tcp(self) -> bool {
        matches!(self, Network::TcpListen | Network::TcpConnect)
    }
}

/// A path of the host's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HostPath {
    /// This one; relative ones count from where the program is started.
    Path(String),
    /// What the parameter of this name says at start.
    Parameter(String),
}

/// The longest path of Linux, in bytes, with its zero.
const PATH_MAX: usize = 4096;

/// What can be granted, by the name that flags and `grants.toml` have for it.
pub const KEYS: [&str; 14] = [
    "dir",
    "dir-ro",
    "env",
    "inherit-env",
    "args",
    "stdio",
    "stdin",
    "stdout",
    "stderr",
    "tcp-listen",
    "tcp-connect",
    "udp-listen",
    "udp-connect",
    "dns",
];

/// A grant as a flag says it: `read("dir", "store=data::/data")`. An empty text stands for a flag without a value.
pub fn read(key: &str, text: &str) -> Result<Grant, Reason> {
    let (who, what) = if let Some(what) = for_whom(key) {
        match (key, text) {
            ("inherit-env", "") => (None, what),
            _ => (Some(who(text)?), what),
        }
    } else {
        let (who, rest) = match key {
            "env" => split_variable(text)?,
            _ => split_who(text),
        };
        (who, what(key, rest)?)
    };
    let said = match (key, text) {
        (_, "") => format!("--{key}"),
        // Those that can do without a value.
        ("dns" | "inherit-env", _) => format!("--{key}={text}"),
        _ => format!("--{key} {text}"),
    };
    Ok(Grant { who, what, said })
}

/// What is granted that needs no other word than for whom.
pub fn for_whom(key: &str) -> Option<What> {
    Some(match key {
        "inherit-env" => What::Environment,
        "args" => What::Arguments,
        "stdio" => What::Streams,
        "stdin" => What::Stream(Stream::In),
        "stdout" => What::Stream(Stream::Out),
        "stderr" => What::Stream(Stream::Err),
        _ => return None,
    })
}

/// What is granted by a text that doesn't say for whom.
pub fn what(key: &str, text: &str) -> Result<What, Reason> {
    match key {
        "dir" => directory(text, true),
        "dir-ro" => directory(text, false),
        "env" => variable(text),
        "dns" if text.is_empty() => names("*"),
        "dns" => names(text),
        _ => match Network::ALL.into_iter().find(|kind| kind.name() == key) {
            Some(kind) => network(kind, text),
            None => Err(format!("there is no grant `{key}`")),
        },
    }
}

/// Splits `WHO=REST`. What comes before the first `=` is a component only if it looks like one, so that paths, parameters
/// and names that hold a `=` need no escape but a `./`, or another `/`.
pub fn split_who(text: &str) -> (Option<Who>, &str) {
    match text.split_once('=') {
        Some((who, rest)) if is_path(who) || who == "/" => (Some(Who(who.to_owned())), rest),
        _ => (None, text),
    }
}

/// A WHO that stands by itself: `--args WHO`. `/` is the outermost component.
pub fn who(text: &str) -> Result<Who, Reason> {
    if is_path(text) || text == "/" {
        return Ok(Who(text.to_owned()));
    }
    Err(format!(
        "`{text}` is no component: expected a path of `let` names (`store`, `outer/inner`) or `#index`"
    ))
}

/// `HOST[::GUEST]`, a directory. Without GUEST the guest's name for it is the host's.
fn directory(text: &str, writable: bool) -> Result<What, Reason> {
    let (host, guest) = match text.split_once("::") {
        Some((_, "")) => return Err("the guest's name after `::` is empty".to_owned()),
        Some((host, guest)) => (host, Some(guest)),
        None => (text, None),
    };
    let host = match host.strip_prefix('@') {
        Some(name) => {
            parameter_name(name)?;
            if guest.is_none() {
                return Err(format!(
                    "the parameter `@{name}` says where the directory is, but not what the guest calls it: `@{name}::/data`"
                ));
            }
            HostPath::Parameter(name.to_owned())
        }
        None if host.is_empty() => return Err("the host's path is empty".to_owned()),
        None if host.len() >= PATH_MAX => {
            return Err(format!("the host's path has more than {PATH_MAX} bytes"));
        }
        None if host.contains('\0') => return Err("the host's path holds a NUL".to_owned()),
        None => HostPath::Path(host.to_owned()),
    };
    let guest = match (guest, &host) {
        (Some(guest), _) => guest.to_owned(),
        (None, HostPath::Path(host) | HostPath::Parameter(host)) => host.clone(),
    };
    if guest.contains('\0') {
        return Err("the guest's name holds a NUL".to_owned());
    }
    Ok(What::Directory {
        host,
        guest,
        writable,
    })
}

/// `NAME[=VALUE]`, a variable.
fn variable(text: &str) -> Result<What, Reason> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    if name.is_empty() {
        return Err("the variable's name is empty".to_owned());
    }
    if text.contains('\0') {
        return Err("a variable can't hold a NUL".to_owned());
    }
    Ok(What::Variable {
        name: name.to_owned(),
        value: value.map(str::to_owned),
    })
}

/// Splits `[WHO::]NAME[=VALUE]`.
fn split_variable(text: &str) -> Result<(Option<Who>, &str), Reason> {
    let name = text.split_once('=').map_or(text, |(name, _)| name);
    match name.split_once("::") {
        Some((before, _)) => {
            let rest = text.get(before.len() + 2..).unwrap_or_default();
            Ok((Some(who(before)?), rest))
        }
        None => Ok((None, text)),
    }
}

/// `ADDRESS:PORTS`, for listening or connecting.
fn network(kind: Network, text: &str) -> Result<What, Reason> {
    let (addresses, ports) = address::parse(text, !kind.listens())?;
    // No socket reaches one: for IPv4 there are IPv4 sockets.
    if let Addresses::Prefix {
        address: IpAddr::V6(address),
        bits: 96..,
    } = &addresses
        && let Some(address) = address.to_ipv4_mapped()
    {
        return Err(format!(
            "`{text}` is IPv4 in IPv6's clothes, which WASI's sockets refuse: write the IPv4 address, `{address}`"
        ));
    }
    Ok(What::Network {
        kind,
        addresses,
        ports,
    })
}

/// A pattern of names: `*`, `example.org`, `*.example.org`.
fn names(text: &str) -> Result<What, Reason> {
    let pattern = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let name = pattern.strip_prefix("*.").unwrap_or(&pattern);
    if pattern == "*" {
        return Ok(What::Names(pattern));
    }
    address::name(name)?;
    Ok(What::Names(pattern))
}

#[cfg(test)]
mod tests;
