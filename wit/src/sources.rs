//! Where authority enters: the functions that hand out something of the world outside without being
//! shown a handle for it.
//!
//! What a source gives depends on what the calling instance was granted, which is known when compiling. So a source
//! has two symbols, and the compiler links each call to one of them: to the function itself, or to one that gives what the
//! function would give in an empty world. A resource that no source of a program leads to has no
//! functions in it; whoever calls one of them holds no handle for it, and all of its functions link to one that says so.

use crate::{Function, Host, Interface, ResourceNumber};

/// The sources: interface and function. Clocks and random numbers aren't among them: they lead to nothing outside of the process.
pub const SOURCES: &[(&str, &str)] = &[
    ("wasi:cli/environment", "get-environment"),
    ("wasi:cli/environment", "get-arguments"),
    ("wasi:cli/stdin", "get-stdin"),
    ("wasi:cli/stdout", "get-stdout"),
    ("wasi:cli/stderr", "get-stderr"),
    ("wasi:cli/terminal-stdin", "get-terminal-stdin"),
    ("wasi:cli/terminal-stdout", "get-terminal-stdout"),
    ("wasi:cli/terminal-stderr", "get-terminal-stderr"),
    ("wasi:filesystem/preopens", "get-directories"),
    ("wasi:sockets/instance-network", "instance-network"),
    ("wasi:sockets/tcp-create-socket", "create-tcp-socket"),
    ("wasi:sockets/udp-create-socket", "create-udp-socket"),
    ("wasi:sockets/ip-name-lookup", "resolve-addresses"),
];

/// The symbol of a source for those who weren't granted it: `wasi:cli/stdin@0.2#[denied]get-stdin`.
pub fn denied_symbol(interface: &Interface, function: &Function) -> String {
    format!("{interface}#[denied]{}", function.name)
}

impl Host {
    /// The symbol of every function on a resource that a program can't have:
    /// `wasi:filesystem/types@0.2#[unheld]descriptor`.
    pub fn unheld_symbol(&self, number: ResourceNumber) -> Option<String> {
        let resource = self.resource(number)?;
        let interface = self.interface(resource.interface)?;
        Some(format!("{interface}#[unheld]{}", resource.name))
    }

    /// The function behind a [`crate::symbol`], unless the symbol is another one.
    pub fn function(&self, symbol: &str) -> Option<(&'static Interface, &'static Function)> {
        let (name, function) = symbol.split_once('#')?;
        let (path, track) = name.split_once('@')?;
        let interface = self.interface(path).filter(|i| i.track == track)?;
        Some((interface, interface.function(function).ok()?))
    }
}

impl Interface {
    /// Whether a function of this interface is a source.
    pub fn is_source(&self, function: &Function) -> bool {
        SOURCES.iter().any(|(interface, name)| {
            *name == function.name && interface.split_once('/') == Some((self.package, self.name))
        })
    }
}
