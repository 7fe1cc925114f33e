//! What Landlock is told, by the version of the kernel's interface: a function of numbers alone.
//!
//! | version | Linux | what it adds |
//! |---|---|---|
//! | 1 | 5.13 | opening, making and removing files; never moving one to another directory |
//! | 2 | 5.19 | moving and linking files between directories, where both are granted |
//! | 3 | 6.2 | truncating |
//! | 4 | 6.7 | TCP ports |
//! | 5 | 6.10 | `ioctl` on devices |
//! | 6 | 6.12 | signals and abstract sockets of other processes |
//!
//! What a version doesn't know isn't asked for. Version 1 isn't used at all where a directory may be changed: it would
//! refuse renames that were granted.

use nanocc_shim_abi::{NetworkRule, directory, network};

/// `LANDLOCK_CREATE_RULESET_VERSION`.
pub const VERSION: usize = 1;
/// `LANDLOCK_RULE_PATH_BENEATH`, a [`Beneath`].
pub const BENEATH: usize = 1;
/// `LANDLOCK_RULE_NET_PORT`, a [`Port`].
pub const PORT: usize = 2;

const EXECUTE: u64 = 1 << 0;
const WRITE_FILE: u64 = 1 << 1;
const READ_FILE: u64 = 1 << 2;
const READ_DIR: u64 = 1 << 3;
const REMOVE_DIR: u64 = 1 << 4;
const REMOVE_FILE: u64 = 1 << 5;
const MAKE_CHAR: u64 = 1 << 6;
const MAKE_DIR: u64 = 1 << 7;
const MAKE_REG: u64 = 1 << 8;
const MAKE_SOCK: u64 = 1 << 9;
const MAKE_FIFO: u64 = 1 << 10;
const MAKE_BLOCK: u64 = 1 << 11;
const MAKE_SYM: u64 = 1 << 12;
const REFER: u64 = 1 << 13;
const TRUNCATE: u64 = 1 << 14;
const IOCTL_DEV: u64 = 1 << 15;

/// To bind a TCP socket to a port.
pub const BIND: u64 = 1 << 0;
/// To connect a TCP socket to a port.
pub const CONNECT: u64 = 1 << 1;

/// Abstract sockets, and signals.
const SCOPES: u64 = 1 << 0 | 1 << 1;

/// The port of name servers.
pub const DOMAIN: u64 = 53;

/// The most ports of a kind that are told one by one.
const MOST_PORTS: u32 = 512;

/// `struct landlock_ruleset_attr`: what is refused but for the rules. Older kernels take it too, if what they don't
/// know is 0.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Access {
    /// Access to files.
    pub files: u64,
    /// TCP.
    pub network: u64,
    /// What is outside of the process's own domain.
    pub scopes: u64,
}

/// `struct landlock_path_beneath_attr`.
#[repr(C, packed)]
pub struct Beneath {
    /// What is permitted.
    pub access: u64,
    /// Below this directory.
    pub descriptor: i32,
}

/// `struct landlock_net_port_attr`.
#[repr(C)]
pub struct Port {
    /// What is permitted.
    pub access: u64,
    /// On this port.
    pub port: u64,
}

/// What a program's grants ask of the kernel.
#[derive(Debug, Clone, Copy)]
pub struct Needs {
    /// All rights to directories together: bits of [`directory`].
    pub directories: u32,
    /// Whether the ports that may be bound to can be told one by one, and which there are.
    pub bind: Listed,
    /// The same of those that may be connected to.
    pub connect: Listed,
}

/// The ports of a kind of rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// There are none.
    None,
    /// There are few.
    Few,
    /// Too many to tell.
    Many,
}

impl Needs {
    /// The first version that enforces all that can be enforced of this.
    pub fn version(&self) -> u32 {
        if self.bind == Listed::Few || self.connect == Listed::Few {
            4
        } else if self.directories != 0 {
            3
        } else {
            1
        }
    }
}

/// What a kernel of this version is told to refuse but for the rules.
pub fn handled(version: u32, needs: &Needs) -> Access {
    let mut handled = Access::default();
    let changes = needs.directories & directory::WRITE != 0;
    if version >= 2 || version == 1 && !changes {
        handled.files = EXECUTE | beneath(u32::MAX) & !(REFER | TRUNCATE);
        handled.files |= MAKE_CHAR | MAKE_SOCK | MAKE_FIFO | MAKE_BLOCK;
    }
    for (since, access) in [(2, REFER), (3, TRUNCATE), (5, IOCTL_DEV)] {
        if version >= since {
            handled.files |= access;
        }
    }
    for (ports, access) in [(needs.bind, BIND), (needs.connect, CONNECT)] {
        if version >= 4 && ports != Listed::Many {
            handled.network |= access;
        }
    }
    if version >= 6 {
        handled.scopes = SCOPES;
    }
    handled
}

/// What a directory's rights permit below it. Nobody may execute a file, make a device, a pipe or a socket, or control a device.
pub fn beneath(rights: u32) -> u64 {
    let mut access = READ_FILE | READ_DIR;
    if rights & directory::WRITE != 0 {
        access |= WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM;
        access |= REFER | TRUNCATE;
    }
    access
}

/// Whether all ports of rules of a kind can be told.
pub fn listed<'a>(rules: impl Iterator<Item = &'a NetworkRule>, kind: u16) -> Listed {
    let mut count = 0;
    for rule in of(rules, kind) {
        let [low, high] = rule.ports;
        count += u32::from(high.saturating_sub(low)) + 1;
        if count > MOST_PORTS {
            return Listed::Many;
        }
    }
    if count == 0 {
        Listed::None
    } else {
        Listed::Few
    }
}

/// The ports of rules of a kind.
pub fn ports<'a>(
    rules: impl Iterator<Item = &'a NetworkRule>,
    kind: u16,
) -> impl Iterator<Item = u16> {
    of(rules, kind).flat_map(|rule| rule.ports[0]..=rule.ports[1])
}

fn of<'a>(
    rules: impl Iterator<Item = &'a NetworkRule>,
    kind: u16,
) -> impl Iterator<Item = &'a NetworkRule> {
    rules.filter(move |rule| rule.kind == kind && rule.family != network::NOTHING)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nanocc_shim_abi::StringRef;

    fn needs(directories: u32, bind: Listed, connect: Listed) -> Needs {
        Needs {
            directories,
            bind,
            connect,
        }
    }

    const READER: u32 = directory::READ;
    const WRITER: u32 = directory::READ | directory::WRITE;

    #[test]
    fn a_version_is_told_what_it_knows() {
        // How many kinds of access to files each version of the kernel's interface has: `linux/landlock.h`.
        let known = [0, 13, 14, 15, 15, 16, 16, 16];
        for (version, known) in known.into_iter().enumerate() {
            let version = version as u32;
            let reader = handled(version, &needs(READER, Listed::None, Listed::Few));
            assert_eq!(reader.files, (1u64 << known) - 1, "{version}");
            assert_eq!(
                reader.network,
                if version >= 4 { 3 } else { 0 },
                "{version}"
            );
            assert_eq!(reader.scopes, if version >= 6 { 3 } else { 0 }, "{version}");
            let writer = handled(version, &needs(WRITER, Listed::Many, Listed::Many));
            let files = if version == 1 { 0 } else { reader.files };
            assert_eq!(writer.files, files, "{version}");
            assert_eq!(writer.network, 0, "{version}");
        }
    }

    #[test]
    fn every_version_takes_the_rules() {
        for version in 1..8 {
            for rights in [READER, WRITER] {
                let needs = needs(rights, Listed::None, Listed::None);
                let handled = handled(version, &needs);
                // The kernel refuses a rule that permits nothing of what is handled.
                let rule = beneath(rights) & handled.files;
                assert!(handled.files == 0 || rule != 0, "{version}");
                assert_eq!(rule & (EXECUTE | IOCTL_DEV | MAKE_BLOCK | MAKE_CHAR), 0);
            }
        }
        assert_eq!(beneath(READER), READ_FILE | READ_DIR);
        assert_ne!(beneath(WRITER) & REFER, 0);
    }

    #[test]
    fn the_version_that_is_enough_adds_nothing_later_but_extras() {
        for (directories, bind, connect, enough) in [
            (0, Listed::Many, Listed::None, 1),
            (READER, Listed::Many, Listed::Many, 3),
            (WRITER, Listed::None, Listed::None, 3),
            (0, Listed::Few, Listed::None, 4),
            (WRITER, Listed::Many, Listed::Few, 4),
        ] {
            assert_eq!(needs(directories, bind, connect).version(), enough);
        }
    }

    #[test]
    fn ports_are_told_where_they_are_few() {
        let rule = |kind, family, low, high| NetworkRule {
            kind,
            family,
            prefix: 0,
            ports: [low, high],
            reserved: 0,
            address: [0; 16],
            name: StringRef { offset: 0, len: 0 },
            parameter: nanocc_shim_abi::NO_PARAMETER,
        };
        let few = [
            rule(network::TCP_LISTEN, network::ANY, 80, 80),
            rule(network::TCP_LISTEN, network::NOTHING, 0, u16::MAX),
            rule(network::UDP_LISTEN, network::ANY, 0, u16::MAX),
            rule(network::TCP_LISTEN, network::V4, 65530, u16::MAX),
        ];
        assert_eq!(listed(few.iter(), network::TCP_LISTEN), Listed::Few);
        assert_eq!(listed(few.iter(), network::TCP_CONNECT), Listed::None);
        assert_eq!(listed(few.iter(), network::UDP_LISTEN), Listed::Many);
        let told: Vec<u16> = ports(few.iter(), network::TCP_LISTEN).collect();
        assert_eq!(told, [80, 65530, 65531, 65532, 65533, 65534, 65535]);
        let many = [
            rule(network::TCP_CONNECT, network::ANY, 1, 511),
            rule(network::TCP_CONNECT, network::ANY, 600, 601),
        ];
        assert_eq!(listed(many.iter(), network::TCP_CONNECT), Listed::Many);
        assert_eq!(listed(many[..1].iter(), network::TCP_CONNECT), Listed::Few);
    }
}
