//! What a component instance has, a grant at a time: as fields for programs (the note in an executable) and as words for people.
//!
//! Both are made of the same value, [`Granted`], so they can't say different things: its JSON is the fields, its `Display` the words that
//! would grant it.

use super::address::{Addresses, Ports};
use super::grants::{HostPath, Network};
use super::{Authority, Preopen, Rule};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One thing that a component instance was granted. In JSON `kind` says which, by the flag's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Granted {
    Stdin,
    Stdout,
    Stderr,
    /// The program's arguments.
    Args,
    /// The variables of the program's own environment, but for those of [`Granted::Env`].
    InheritEnv,
    /// A variable of the environment.
    Env {
        name: String,
        /// What it always says; none for what it says when the program is started.
        value: Option<String>,
    },
    /// A directory.
    Dir {
        #[serde(flatten)]
        host: Place,
        /// The guest's name for it.
        guest: String,
        /// Whether it may be changed.
        writable: bool,
    },
    TcpListen(Endpoint),
    TcpConnect(Endpoint),
    UdpListen(Endpoint),
    UdpConnect(Endpoint),
    /// To look up names.
    Dns {
        /// `*`, `example.org` or `*.example.org`.
        names: String,
    },
}

/// Where a directory of the host's is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Here; relative ones count from where the program is started.
    Path(String),
    /// Where the parameter of this name says at start.
    Parameter(String),
}

/// Addresses and ports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    #[serde(flatten)]
    pub peers: Peers,
    /// The first port.
    pub first_port: u16,
    /// The last port.
    pub last_port: u16,
}

/// Whom a grant of the network is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Peers {
    /// `*` for all, an address (`10.0.0.1`, `[::1]`), or one and how many of its bits count (`10.0.0.0/8`, `[fe80::/64]`).
    Addresses(String),
    /// Those that looking up this name gives.
    Name(String),
    /// What the parameter of this name says at start; ports there only narrow those here.
    Parameter(String),
}

impl Authority {
    /// What was granted: streams and arguments, then in the order of the grants.
    pub fn granted(&self) -> Vec<Granted> {
        let flags = [
            (self.stdin, Granted::Stdin),
            (self.stdout, Granted::Stdout),
            (self.stderr, Granted::Stderr),
            (self.arguments, Granted::Args),
            (self.inherits_environment, Granted::InheritEnv),
        ];
        let flags = flags.into_iter().filter(|(granted, _)| *granted);
        let mut list: Vec<Granted> = flags.map(|(_, granted)| granted).collect();
        let variables = self.environment.iter().cloned();
        list.extend(variables.map(|(name, value)| Granted::Env { name, value }));
        list.extend(self.directories.iter().map(Granted::from));
        list.extend(self.rules.iter().map(Granted::from));
        let names = self.names.iter().cloned();
        list.extend(names.map(|names| Granted::Dns { names }));
        list
    }
}

impl From<&HostPath> for Place {
    fn from(host: &HostPath) -> Place {
        match host {
            HostPath::Path(path) => Place::Path(path.clone()),
            HostPath::Parameter(name) => Place::Parameter(name.clone()),
        }
    }
}

impl From<&Preopen> for Granted {
    fn from(preopen: &Preopen) -> Granted {
        Granted::Dir {
            host: Place::from(&preopen.host),
            guest: preopen.guest.clone(),
            writable: preopen.writable,
        }
    }
}

impl From<&Rule> for Granted {
    fn from(rule: &Rule) -> Granted {
        let endpoint = Endpoint {
            peers: match &rule.addresses {
                addresses @ (Addresses::Any | Addresses::Prefix { .. }) => {
                    Peers::Addresses(addresses.to_string())
                }
                Addresses::Name(name) => Peers::Name(name.clone()),
                Addresses::Parameter(name) => Peers::Parameter(name.clone()),
            },
            first_port: rule.ports.low,
            last_port: rule.ports.high,
        };
        match rule.kind {
            Network::TcpListen => Granted::TcpListen(endpoint),
            Network::TcpConnect => Granted::TcpConnect(endpoint),
            Network::UdpListen => Granted::UdpListen(endpoint),
            Network::UdpConnect => Granted::UdpConnect(endpoint),
        }
    }
}

impl fmt::Display for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, endpoint) = match self {
            Granted::Stdin => return f.write_str("stdin"),
            Granted::Stdout => return f.write_str("stdout"),
            Granted::Stderr => return f.write_str("stderr"),
            Granted::Args => return f.write_str("args"),
            Granted::InheritEnv => return f.write_str("inherit-env"),
            Granted::Env { name, value: None } => return write!(f, "env {name}"),
            Granted::Env {
                name,
                value: Some(value),
            } => return write!(f, "env {name}={value}"),
            Granted::Dir {
                host,
                guest,
                writable,
            } => {
                let flag = if *writable { "dir" } else { "dir-ro" };
                return write!(f, "{flag} {host}::{guest}");
            }
            Granted::Dns { names } => return write!(f, "dns {names}"),
            Granted::TcpListen(endpoint) => (Network::TcpListen, endpoint),
            Granted::TcpConnect(endpoint) => (Network::TcpConnect, endpoint),
            Granted::UdpListen(endpoint) => (Network::UdpListen, endpoint),
            Granted::UdpConnect(endpoint) => (Network::UdpConnect, endpoint),
        };
        write!(f, "{} {endpoint}", kind.name())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Path(path) => f.write_str(path),
            Place::Parameter(name) => write!(f, "@{name}"),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports = Ports {
            low: self.first_port,
            high: self.last_port,
        };
        match &self.peers {
            Peers::Addresses(text) | Peers::Name(text) => write!(f, "{text}:{ports}"),
            Peers::Parameter(name) => write!(f, "@{name}:{ports}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::grants::{self, What};
    use serde_json::{Value, json};

    /// Of a flag's words: the fields, and back from them the same words.
    fn fields(key: &str, text: &str) -> Value {
        let granted = match grants::what(key, text).unwrap() {
            What::Directory {
                host,
                guest,
                writable,
            } => Granted::from(&Preopen {
                host,
                guest,
                writable,
            }),
            What::Variable { name, value } => Granted::Env { name, value },
            What::Network {
                kind,
                addresses,
                ports,
            } => Granted::from(&Rule {
                kind,
                addresses,
                ports,
            }),
            What::Names(names) => Granted::Dns { names },
            other => panic!("{other:?}"),
        };
        assert_eq!(granted.to_string(), format!("{key} {text}"));
        let value = serde_json::to_value(&granted).unwrap();
        assert_eq!(
            serde_json::from_value::<Granted>(value.clone()).unwrap(),
            granted
        );
        value
    }

    #[test]
    fn grants_are_fields_to_programs() {
        for (key, text, expected) in [
            (
                "env",
                "A",
                json!({"kind": "env", "name": "A", "value": null}),
            ),
            (
                "env",
                "A=b=c",
                json!({"kind": "env", "name": "A", "value": "b=c"}),
            ),
            (
                "dir",
                "/srv::/data",
                json!({"kind": "dir", "path": "/srv", "guest": "/data", "writable": true}),
            ),
            (
                "dir-ro",
                "@data::/data",
                json!({"kind": "dir", "parameter": "data", "guest": "/data", "writable": false}),
            ),
            (
                "tcp-listen",
                "127.0.0.1:80",
                json!({"kind": "tcp-listen", "addresses": "127.0.0.1", "first_port": 80, "last_port": 80}),
            ),
            (
                "tcp-connect",
                "example.org:*",
                json!({"kind": "tcp-connect", "name": "example.org", "first_port": 0, "last_port": 65535}),
            ),
            (
                "udp-connect",
                "[fe80::/64]:8000-8010",
                json!({"kind": "udp-connect", "addresses": "[fe80::/64]", "first_port": 8000, "last_port": 8010}),
            ),
            (
                "udp-listen",
                "@at:53",
                json!({"kind": "udp-listen", "parameter": "at", "first_port": 53, "last_port": 53}),
            ),
            ("dns", "*.x.org", json!({"kind": "dns", "names": "*.x.org"})),
        ] {
            assert_eq!(fields(key, text), expected, "{key} {text}");
        }
        let all = Authority {
            stdin: true,
            arguments: true,
            inherits_environment: true,
            names: vec!["*".to_owned()],
            ..Authority::default()
        };
        let kinds: Vec<String> = all.granted().iter().map(Granted::to_string).collect();
        assert_eq!(kinds, ["stdin", "args", "inherit-env", "dns *"]);
        assert_eq!(
            serde_json::to_value(all.granted()).unwrap()[2],
            json!({"kind": "inherit-env"})
        );
    }
}
