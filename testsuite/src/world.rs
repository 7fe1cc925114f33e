//! What a case's program finds: the files that it is started in, and under the oracle what it was granted.

use crate::Result;
use crate::cases::Case;
use crate::wasi::fixture;
use nanocc::policy::address::{self, Addresses, Ports};
use nanocc::policy::grants::{self, HostPath, Network, What};
use std::fs;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use wasmtime_wasi::sockets::SocketAddrUse;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// A folder that one run of a program has for itself.
pub struct World {
    folder: TempDir,
    /// Whether its standard streams are a terminal.
    pub terminal: bool,
}

impl World {
    /// A copy of the case's files, or an empty folder.
    pub fn new(case: &Case) -> Result<World> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        if let Some(files) = &case.files {
            copy(files, folder.path()).map_err(|error| format!("{}: {error}", files.display()))?;
        }
        if case.fixture {
            fixture::make(folder.path()).map_err(|error| format!("the fixture: {error}"))?;
        }
        Ok(World {
            folder,
            terminal: case.terminal,
        })
    }

    /// Where the program is started.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What there is now, a line for each file: its path, what it is, who may do what, and what is in it. Times aren't told.
    pub fn left(&self) -> Result<Vec<u8>> {
        let mut lines = Vec::new();
        list(self.folder(), Path::new(""), &mut lines).map_err(|error| error.to_string())?;
        lines.sort();
        Ok(lines.concat())
    }

    /// Grants what the case does to every component.
    pub fn grant(&self, case: &Case, ctx: &mut WasiCtxBuilder) -> Result<()> {
        let told = |name: &str| {
            let variable = format!("NANOCC_PARAM_{name}");
            let found = case.environment.iter().find(|(name, _)| *name == variable);
            let (_, value) = found.ok_or_else(|| format!("the case says no {variable}"))?;
            Ok::<_, String>(value.clone())
        };
        let mut rules = Vec::new();
        for flag in &case.grants {
            let text = flag.strip_prefix("--").unwrap_or(flag);
            let (key, text) = text.split_once('=').unwrap_or((text, ""));
            if !grants::KEYS.contains(&key) {
                continue;
            }
            let at = |message: String| format!("{}: {flag}: {message}", case.name);
            match grants::read(key, text).map_err(at)?.what {
                What::Directory {
                    host,
                    guest,
                    writable,
                } => {
                    let host = match host {
                        HostPath::Path(path) => path,
                        HostPath::Parameter(name) => told(&name)?,
                    };
                    let host = self.folder().join(host);
                    let permissions = match writable {
                        true => FsPerms::ReadWrite,
                        false => FsPerms::ReadOnly,
                    };
                    ctx.preopened_dir(host, guest, permissions)
                        .map_err(|error| at(error.to_string()))?;
                }
                What::Variable { name, value } => {
                    let own = || case.environment.iter().find(|(other, _)| *other == name);
                    if let Some(value) = value.or_else(|| own().map(|(_, value)| value.clone())) {
                        ctx.env(name, value);
                    }
                }
                What::Environment => {
                    ctx.envs(&case.environment);
                }
                // Everybody has these.
                What::Arguments | What::Stream(_) | What::Streams => {}
                What::Network {
                    kind,
                    addresses,
                    ports,
                } => {
                    let rule = match addresses {
                        Addresses::Parameter(name) => {
                            let value = told(&name)?;
                            let value = match value.rsplit_once(':') {
                                Some(_) => value,
                                None => format!("{value}:{ports}"),
                            };
                            address::parse(&value, true).map_err(at)?
                        }
                        addresses => (addresses, ports),
                    };
                    if let Addresses::Name(_) = rule.0 {
                        ctx.allow_ip_name_lookup(true);
                    }
                    rules.push((kind, rule.0, rule.1));
                }
                What::Names(_) => {
                    ctx.allow_ip_name_lookup(true);
                }
            }
        }
        ctx.allow_tcp(rules.iter().any(|(kind, ..)| kind.is_tcp()));
        ctx.allow_udp(rules.iter().any(|(kind, ..)| !kind.is_tcp()));
        ctx.socket_addr_check(move |address, usage| {
            let permitted = rules
                .iter()
                .any(|(kind, addresses, ports)| permits(*kind, addresses, *ports, address, usage));
            Box::pin(async move { permitted })
        });
        Ok(())
    }
}

/// Whether a rule is about this use of this address.
fn permits(
    kind: Network,
    addresses: &Addresses,
    ports: Ports,
    address: SocketAddr,
    usage: SocketAddrUse,
) -> bool {
    // The system's choice of an address for who connects or sends: nobody can be reached by that.
    let chosen = address.ip().is_unspecified() && address.port() == 0;
    let same_use = match usage {
        SocketAddrUse::TcpBind if chosen && !kind.listens() => return kind.is_tcp(),
        SocketAddrUse::UdpBind if chosen && !kind.listens() => return !kind.is_tcp(),
        SocketAddrUse::TcpBind | SocketAddrUse::TcpListen => kind == Network::TcpListen,
        SocketAddrUse::TcpAccept => return kind == Network::TcpListen,
        SocketAddrUse::TcpConnect => kind == Network::TcpConnect,
        SocketAddrUse::UdpBind => kind == Network::UdpListen,
        SocketAddrUse::UdpSend => kind == Network::UdpConnect,
        SocketAddrUse::UdpReceive if kind == Network::UdpListen => return true,
        SocketAddrUse::UdpReceive => kind == Network::UdpConnect,
    };
    let same_address = match addresses {
        Addresses::Any => true,
        Addresses::Prefix { address: of, bits } => match (of, address.ip()) {
            (IpAddr::V4(of), IpAddr::V4(address)) => {
                let differ = u32::from(*of) ^ u32::from(address);
                differ.checked_shr(32 - u32::from(*bits)).unwrap_or(0) == 0
            }
            (IpAddr::V6(of), IpAddr::V6(address)) => {
                let differ = u128::from(*of) ^ u128::from(address);
                differ.checked_shr(128 - u32::from(*bits)).unwrap_or(0) == 0
            }
            _ => false,
        },
        Addresses::Name(name) => (name.as_str(), 0)
            .to_socket_addrs()
            .is_ok_and(|mut found| found.any(|found| found.ip() == address.ip())),
        Addresses::Parameter(_) => false,
    };
    same_use && same_address && (ports.low..=ports.high).contains(&address.port())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            fs::create_dir(&to)?;
            copy(&from, &to)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&from)?, &to)?;
        } else {
            fs::copy(&from, &to)?;
        }
    }
    Ok(())
}

fn list(root: &Path, below: &Path, lines: &mut Vec<Vec<u8>>) -> std::io::Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let name: PathBuf = below.join(entry.file_name());
        let path = entry.path();
        let metadata = fs::symlink_metadata(&path)?;
        let kind = metadata.file_type();
        let mut line = format!("{} {:o} ", name.display(), metadata.mode()).into_bytes();
        if kind.is_dir() {
            list(root, &name, lines)?;
        } else if kind.is_symlink() {
            line.extend(fs::read_link(&path)?.into_os_string().into_encoded_bytes());
        } else if kind.is_file() {
            line.extend(format!("{} link(s) ", metadata.nlink()).bytes());
            line.extend(fs::read(&path)?.escape_ascii());
        } else if kind.is_socket() || kind.is_fifo() {
            line.extend(b"special");
        }
        line.push(b'\n');
        lines.push(line);
    }
    Ok(())
}
