//! Matching an import's name with what is served.
//!
//! The rule is the component model's ("canonical interface name" in Explainer.md): versions match
//! by track, the part of a version up to and including its first non-zero number. A pre-release has
//! no track but itself, so no release ever serves it. An unversioned name is another interface.

use crate::{Interface, host};
use semver::Version;
use std::fmt;

/// Why an import isn't served, and what is instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupError {
    /// The import as the component names it.
    pub import: String,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The name isn't `namespace:package/interface`.
    NotAnInterface,
    /// What follows `@` isn't a version.
    BadVersion,
    /// The interface is served, but an import has to say which version it wants.
    Unversioned { served: String },
    /// A pre-release version: no release is compatible with it.
    PreRelease { served: String },
    /// The interface is served at another track only.
    OtherTrack { served: String },
    /// The interface is the entry point that a command exports; no host has it.
    OnlyExported,
    /// The package has no such interface, or it isn't served: these are.
    UnknownInterface { served: Vec<String> },
    /// The package isn't served: these are.
    UnknownPackage { served: Vec<String> },
    /// The interface has no such function: it has these.
    UnknownFunction {
        interface: String,
        served: Vec<&'static str>,
    },
    /// The interface has no such type: it has these.
    UnknownType {
        interface: String,
        served: Vec<&'static str>,
    },
}

/// The interface that serves an import, `wasi:io/streams@0.2.6`.
pub fn lookup(import: &str) -> Result<&'static Interface, LookupError> {
    find(import).map_err(|reason| LookupError {
        import: import.to_owned(),
        reason,
    })
}

/// Whether an export is a command's entry point, `wasi:cli/run` at a version whose track we serve.
pub fn is_command_entry(export: &str) -> bool {
    let Some((name, version)) = export.split_once('@') else {
        return false;
    };
    // The whole package is at one version.
    let served = host()
        .interfaces
        .iter()
        .find(|interface| interface.package == ENTRY_PACKAGE);
    format!("{ENTRY_PACKAGE}/{ENTRY_INTERFACE}") == name
        && served.is_some_and(|served| track(version).as_deref() == Some(served.track))
}

const ENTRY_PACKAGE: &str = "wasi:cli";
const ENTRY_INTERFACE: &str = "run";

/// The track of a version: `0.2` for `0.2.6`, `1` for `1.4.0`, `0.0.3` for `0.0.3`. A track is its
/// own. `None` for a pre-release and for what isn't a version.
pub fn track(version: &str) -> Option<String> {
    let Ok(version) = version.parse::<Version>() else {
        return is_track(version).then(|| version.to_owned());
    };
    if !version.pre.is_empty() {
        return None;
    }
    Some(match (version.major, version.minor, version.patch) {
        (0, 0, patch) => format!("0.0.{patch}"),
        (0, minor, _) => format!("0.{minor}"),
        (major, _, _) => format!("{major}"),
    })
}

/// Whether this is a shortened canonical version: `1`, `0.2`. (`0.0.3` is a full version too.)
fn is_track(version: &str) -> bool {
    let number = version.strip_prefix("0.").unwrap_or(version);
    number.bytes().all(|byte| byte.is_ascii_digit())
        && number.bytes().next().is_some_and(|b| b != b'0')
}

fn find(import: &str) -> Result<&'static Interface, Reason> {
    let (path, version) = match import.split_once('@') {
        Some((path, version)) => (path, Some(version)),
        None => (import, None),
    };
    let (package, name) = path.split_once('/').ok_or(Reason::NotAnInterface)?;
    let (namespace, label) = package.split_once(':').ok_or(Reason::NotAnInterface)?;
    if namespace.is_empty() || label.is_empty() || name.is_empty() {
        return Err(Reason::NotAnInterface);
    }
    let Some(interface) = host().interface(path) else {
        return Err(unknown(package, name));
    };
    let served = format!(
        "{}/{}@{}",
        interface.package, interface.name, interface.version
    );
    let Some(version) = version else {
        return Err(Reason::Unversioned { served });
    };
    match track(version) {
        Some(track) if track == interface.track => Ok(interface),
        Some(_) => Err(Reason::OtherTrack { served }),
        None if version.parse::<Version>().is_ok() => Err(Reason::PreRelease { served }),
        None => Err(Reason::BadVersion),
    }
}

fn unknown(package: &str, name: &str) -> Reason {
    if package == ENTRY_PACKAGE && name == ENTRY_INTERFACE {
        return Reason::OnlyExported;
    }
    let of_package = host()
        .interfaces
        .iter()
        .filter(|interface| interface.package == package);
    let served: Vec<String> = of_package.map(ToString::to_string).collect();
    if !served.is_empty() {
        return Reason::UnknownInterface { served };
    }
    let mut served: Vec<String> = Vec::new();
    for interface in host().interfaces {
        let package = format!("{}@{}", interface.package, interface.track);
        if !served.contains(&package) {
            served.push(package);
        }
    }
    Reason::UnknownPackage { served }
}

impl LookupError {
    pub(crate) fn function(interface: &Interface, name: &str) -> LookupError {
        let served = interface
            .functions
            .iter()
            .map(|function| function.name)
            .collect();
        let reason = Reason::UnknownFunction {
            interface: interface.to_string(),
            served,
        };
        LookupError {
            import: name.to_owned(),
            reason,
        }
    }

    pub(crate) fn type_export(interface: &Interface, name: &str) -> LookupError {
        let served = interface.types.iter().map(|export| export.name).collect();
        let reason = Reason::UnknownType {
            interface: interface.to_string(),
            served,
        };
        LookupError {
            import: name.to_owned(),
            reason,
        }
    }
}

impl std::error::Error for LookupError {}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let import = &self.import;
        match &self.reason {
            Reason::NotAnInterface => write!(
                f,
                "nothing serves the import `{import}`: it doesn't name an interface \
                 (`namespace:package/interface@version`)"
            ),
            Reason::BadVersion => {
                write!(
                    f,
                    "nothing serves the import `{import}`: what follows `@` isn't a version"
                )
            }
            Reason::Unversioned { served } => {
                write!(
                    f,
                    "nothing serves the import `{import}` without a version; `{served}` is served"
                )
            }
            Reason::PreRelease { served } => write!(
                f,
                "nothing serves the import `{import}`: no release is compatible with a \
                 pre-release; `{served}` is served"
            ),
            Reason::OtherTrack { served } => {
                write!(
                    f,
                    "nothing serves the import `{import}` at this version; `{served}` is served"
                )
            }
            Reason::OnlyExported => write!(
                f,
                "nothing serves the import `{import}`: it is what a command exports; plug the \
                 component that exports it into this import"
            ),
            Reason::UnknownInterface { served } => {
                write!(f, "nothing serves the import `{import}`; of this package ")?;
                list(f, served)
            }
            Reason::UnknownPackage { served } => {
                write!(f, "nothing serves the import `{import}`; of packages, ")?;
                list(f, served)
            }
            Reason::UnknownFunction { interface, served } => {
                write!(
                    f,
                    "`{interface}` has no function `{import}`; of functions, "
                )?;
                list(f, served)
            }
            Reason::UnknownType { interface, served } => {
                write!(f, "`{interface}` has no type `{import}`; of types, ")?;
                list(f, served)
            }
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, served: &[impl fmt::Display]) -> fmt::Result {
    for (index, name) in served.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        write!(f, "{separator}`{name}`")?;
    }
    f.write_str(match served.len() {
        0 => "none is served",
        1 => " is served",
        _ => " are served",
    })
}
