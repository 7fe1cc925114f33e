//! `--emit=policy`: who has what, what is denied, what can't exist; and the grants in words.

use super::Policy;
use super::address::{Addresses, Ports};
use super::grants::HostPath;
use super::reach::Link;
use crate::program::Program;
use std::collections::BTreeSet;
use std::fmt::{self, Write};

impl Policy {
    /// The grants as text, one component instance a line.
    pub fn display<'a>(&'a self, program: &'a Program<'a>) -> impl fmt::Display + 'a {
        fmt::from_fn(move |f| {
            for (id, component) in program.components.iter() {
                let words = self.authorities[id].granted();
                let words: Vec<String> = words.iter().map(ToString::to_string).collect();
                writeln!(f, "{}: {}", component.path, words.join(", "))?;
            }
            Ok(())
        })
    }

    /// The policy as text: deterministic, one fact a line.
    pub fn print(&self, program: &Program<'_>) -> String {
        let mut out = String::new();
        for (id, component) in program.components.iter() {
            let _ = writeln!(out, "{}", component.path);
            for granted in self.authorities[id].granted() {
                let _ = writeln!(out, "  has {granted}");
            }
            let mut calls = BTreeSet::new();
            for (func, link) in &self.used.links {
                if program.component_of(*func) == id {
                    calls.extend(self.used.symbol(program, *func).map(|symbol| match link {
                        Link::Itself => ("calls", symbol),
                        Link::Denied(_) => ("denied", symbol.replace("[denied]", "")),
                        Link::Unheld(_) => ("unheld", symbol.replace("[unheld]", "")),
                    }));
                }
            }
            for (how, symbol) in calls {
                let _ = writeln!(out, "  {how} {symbol}");
            }
        }
        for resource in &self.used.resources {
            if let Some(resource) = nanocc_wit::host().resource(*resource) {
                let _ = writeln!(out, "resource {}/{}", resource.interface, resource.name);
            }
        }
        for directory in &self.directories {
            let how = if directory.writable {
                "writable"
            } else {
                "read-only"
            };
            let _ = writeln!(out, "directory {} {how}", directory.host);
        }
        for parameter in &self.parameters {
            let _ = writeln!(out, "parameter {}", parameter.name);
        }
        out
    }
}

impl fmt::Display for HostPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostPath::Path(path) => f.write_str(path),
            HostPath::Parameter(name) => write!(f, "@{name}"),
        }
    }
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Addresses::Any => f.write_str("*"),
            Addresses::Prefix { address, bits } => match address {
                std::net::IpAddr::V4(address) if *bits == 32 => write!(f, "{address}"),
                std::net::IpAddr::V4(address) => write!(f, "{address}/{bits}"),
                std::net::IpAddr::V6(address) if *bits == 128 => write!(f, "[{address}]"),
                std::net::IpAddr::V6(address) => write!(f, "[{address}/{bits}]"),
            },
            Addresses::Name(name) => f.write_str(name),
            Addresses::Parameter(name) => write!(f, "@{name}"),
        }
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.low, self.high) {
            (0, u16::MAX) => f.write_str("*"),
            (low, high) if low == high => write!(f, "{low}"),
            (low, high) => write!(f, "{low}-{high}"),
        }
    }
}
