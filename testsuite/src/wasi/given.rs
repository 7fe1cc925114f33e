//! nanocc's grants, as wasmtime is given them: read from the flags by a parser of the suite's own, so that a
//! grant that nanocc misreads shows as a difference.
//!
//! wasmtime gives one component of a composition what it gives all: WHO is left out.

use crate::Result;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use wasmtime_wasi::sockets::SocketAddrUse;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// What a program is granted beyond standard streams and arguments.
#[derive(Debug, Clone, Default)]
pub struct Given {
    environment: Vec<(String, String)>,
    directories: Vec<(PathBuf, String, bool)>,
    rules: Vec<Rule>,
    names: bool,
}

/// Addresses that one use of the network is granted.
#[derive(Debug, Clone)]
struct Rule {
    kind: Kind,
    /// An address and how many of its bits count; `None` for any.
    address: Option<(IpAddr, u32)>,
    ports: (u16, u16),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    TcpListen,
    TcpConnect,
    UdpListen,
    UdpConnect,
}

impl Given {
    /// From nanocc's flags, and the environment that the program is started in.
    pub fn from_flags(flags: &[String], environment: &BTreeMap<String, String>) -> Result<Given> {
        let mut given = Given::default();
        let mut flags = flags.iter();
        while let Some(flag) = flags.next() {
            let mut value = || flags.next().ok_or_else(|| format!("{flag}: no value"));
            match flag.as_str() {
                "--dir" => given.directory(value()?, true)?,
                "--dir-ro" => given.directory(value()?, false)?,
                "--env" => given.variable(value()?, environment),
                "--inherit-env" => {
                    let all = environment.iter();
                    given.environment.extend(all.map(|(name, value)| (name.clone(), value.clone())));
                }
                "--tcp-listen" => given.rule(Kind::TcpListen, value()?)?,
                "--tcp-connect" => given.rule(Kind::TcpConnect, value()?)?,
                "--udp-listen" => given.rule(Kind::UdpListen, value()?)?,
                "--udp-connect" => given.rule(Kind::UdpConnect, value()?)?,
                "--dns" => given.names = true,
                other => return Err(format!("the oracle can't be given {other}")),
            }
        }
        Ok(given)
    }

    fn directory(&mut self, value: &str, writable: bool) -> Result<()> {
        let value = without_who(value);
        let (host, guest) = value.split_once("::").unwrap_or((value, value));
        self.directories.push((PathBuf::from(host), guest.to_owned(), writable));
        Ok(())
    }

    fn variable(&mut self, value: &str, environment: &BTreeMap<String, String>) {
        let value = value.split_once("::").map_or(value, |(_, value)| value);
        match value.split_once('=') {
            Some((name, value)) => self.environment.push((name.to_owned(), value.to_owned())),
            None => {
                let entry = environment.get_key_value(value);
                self.environment.extend(entry.map(|(name, value)| (name.clone(), value.clone())));
            }
        }
    }

    fn rule(&mut self, kind: Kind, value: &str) -> Result<()> {
        let value = without_who(value);
        let wrong = || format!("not an address and a port: {value}");
        let (address, ports) = value.rsplit_once(':').ok_or_else(wrong)?;
        let address = match address.trim_start_matches('[').trim_end_matches(']') {
            "*" => None,
            address => {
                let (address, bits) = match address.split_once('/') {
                    Some((address, bits)) => (address, bits.parse().map_err(|_| wrong())?),
                    None => (address, 128),
                };
                Some((address.parse().map_err(|_| wrong())?, bits))
            }
        };
        let number = |port: &str| port.parse::<u16>().map_err(|_| wrong());
        let ports = match ports.split_once('-') {
            _ if ports == "*" => (0, u16::MAX),
            Some((low, high)) => (number(low)?, number(high)?),
            None => (number(ports)?, number(ports)?),
        };
        self.rules.push(Rule { kind, address, ports });
        Ok(())
    }

    /// Tells wasmtime.
    pub fn give(&self, builder: &mut WasiCtxBuilder) -> Result<()> {
        builder.envs(&self.environment);
        for (host, guest, writable) in &self.directories {
            let rights = if *writable { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
            builder
                .preopened_dir(host, guest, rights)
                .map_err(|error| format!("{}: {error}", host.display()))?;
        }
        builder.allow_tcp(true).allow_udp(true).allow_ip_name_lookup(self.names);
        let rules = self.rules.clone();
        builder.socket_addr_check(move |address, usage| {
            let permitted = permits(&rules, address, usage);
            Box::pin(async move { permitted })
        });
        Ok(())
    }
}

/// wasmtime asks more often than nanocc does: who may listen may accept, who may send may hear the answer, and
/// the port that connecting takes is the system's choice.
fn permits(rules: &[Rule], address: SocketAddr, usage: SocketAddrUse) -> bool {
    let any = |kind| rules.iter().any(|rule| rule.permits(kind, address));
    let some = |kind| rules.iter().any(|rule| rule.kind == kind);
    let implied = address.ip().is_unspecified() && address.port() == 0;
    match usage {
        SocketAddrUse::TcpBind => any(Kind::TcpListen) || implied && some(Kind::TcpConnect),
        SocketAddrUse::TcpListen => some(Kind::TcpListen),
        SocketAddrUse::TcpConnect => any(Kind::TcpConnect),
        SocketAddrUse::UdpBind => any(Kind::UdpListen) || implied && some(Kind::UdpConnect),
        SocketAddrUse::UdpSend => any(Kind::UdpConnect),
        SocketAddrUse::TcpAccept | SocketAddrUse::UdpReceive => true,
    }
}

impl Rule {
    fn permits(&self, kind: Kind, address: SocketAddr) -> bool {
        let (low, high) = self.ports;
        let same = |granted: &(IpAddr, u32)| match (granted.0, address.ip()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                let shift = 32 - granted.1.min(32);
                u64::from(a.to_bits()) >> shift == u64::from(b.to_bits()) >> shift
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                let shift = 128 - granted.1.min(128);
                shift == 128 || a.to_bits() >> shift == b.to_bits() >> shift
            }
            _ => false,
        };
        self.kind == kind
            && (low..=high).contains(&address.port())
            && self.address.as_ref().is_none_or(same)
    }
}

/// Without `WHO=` before it.
fn without_who(value: &str) -> &str {
    let who = |who: &str| {
        let inside = |c: char| c.is_ascii_alphanumeric() || "-_/#.".contains(c);
        !who.is_empty() && !who.starts_with(['/', '.', '@']) && who.chars().all(inside)
    };
    match value.split_once('=') {
        Some((before, after)) if who(before) => after,
        _ => value,
    }
}
