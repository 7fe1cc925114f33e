//! Limits that are fixed when compiling: how much a component instance may have of what it can ask for, and how long the program
//! may run.
//!
//! [`Limits`] is what a user says of one component or of all, and [`Policy`] has what comes of it for each instance. What an
//! instance starts with has to fit already. What is left of it becomes a `nanocc_shim_abi::Quota`, which the shim counts down.
//!
//! A limit without a name is every instance's own limit, not one that they share: two components with 16 MiB each may take 32 MiB.
//! One with a name goes before one without.

use super::grants::{Limits, Whose};
use super::{Policy, who};
use crate::error::{Error, Result};
use crate::program::{ComponentId, MemoryId, Program, TableId};
use nanocc_shim_abi as abi;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// What is limited of a component instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// Bytes of its linear memories, together.
    Memory,
    /// Elements of its tables, together; among them the small ones that tools make for functions that pass between modules.
    TableElements,
    /// Handles of resources that it has at a time.
    Handles,
    /// Files, directories and sockets that it has opened and that are open, whoever has their handles by now. What it was granted
    /// at start doesn't count.
    OpenFiles,
}

impl Resource {
    /// Each of them.
    pub const ALL: [Resource; 4] = [
        Resource::Memory,
        Resource::TableElements,
        Resource::Handles,
        Resource::OpenFiles,
    ];

    /// Its name in grants files; after `--` the option's.
    pub fn name(self) -> &'static str {
        match self {
            Resource::Memory => "max-memory",
            Resource::TableElements => "max-table-elements",
            Resource::Handles => "max-handles",
            Resource::OpenFiles => "max-open-files",
        }
    }

    /// What a number of it is of.
    pub fn words(self) -> &'static str {
        match self {
            Resource::Memory => "bytes of memory",
            Resource::TableElements => "table elements",
            Resource::Handles => "handles",
            Resource::OpenFiles => "open files",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Resource> {
        Resource::ALL
            .into_iter()
            .find(|resource| resource.name() == name)
    }

    /// The bit of `nanocc_shim_abi::limit`.
    pub fn kind(self) -> u32 {
        match self {
            Resource::Memory => abi::limit::MEMORY,
            Resource::TableElements => abi::limit::TABLE_ELEMENTS,
            Resource::Handles => abi::limit::HANDLES,
            Resource::OpenFiles => abi::limit::OPEN_FILES,
        }
    }
}

fn number(text: &str) -> Option<u32> {
    // `parse` would take a sign.
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// Bytes, written as `65536`, `64KiB`, `16MiB` or `4GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

/// Units of sizes, largest first.
const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Size, String> {
        let unit = UNITS
            .iter()
            .find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)));
        let (digits, unit) = unit.unwrap_or((text, 1));
        // `parse` would take a sign.
        let digits = digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then_some(digits);
        digits
            .and_then(|digits| digits.parse::<u64>().ok())
            .and_then(|number| number.checked_mul(unit))
            .map(Size)
            .ok_or_else(|| {
                format!("`{text}` is no size; write bytes, or a number of KiB, MiB or GiB: `16MiB`")
            })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0;
        let exact = |(_, unit): &&(&str, u64)| bytes != 0 && bytes.is_multiple_of(*unit);
        match UNITS.iter().find(exact) {
            Some((name, unit)) => f.pad(&format!("{} {name}", bytes / unit)),
            None => f.pad(&format!("{bytes} bytes")),
        }
    }
}

/// Reads a duration: `500ms`, `5s`, `2m`, `1h`.
///
/// # Errors
///
/// What is wrong with the text, for people.
pub fn duration(text: &str) -> Result<Duration, String> {
    let form = || format!("`{text}` is no duration; write `500ms`, `5s`, `2m` or `1h`");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let millis = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        _ => return Err(form()),
    };
    let number = number(digits).ok_or_else(form)?;
    if number == 0 {
        return Err(format!("`{text}` is no time to do anything in"));
    }
    Ok(Duration::from_millis(u64::from(number) * millis))
}

impl Limits {
    /// One limit alone, from its text.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, for people.
    pub fn parse(resource: Resource, text: &str) -> Result<Limits, String> {
        let count =
            || number(text).ok_or_else(|| format!("`{text}` is no number from 0 to {}", u32::MAX));
        let mut limits = Limits::default();
        match resource {
            Resource::Memory => limits.memory = Some(text.parse::<Size>()?.0),
            Resource::TableElements => limits.table_elements = Some(count()?.into()),
            Resource::Handles => limits.handles = Some(count()?),
            Resource::OpenFiles => limits.open_files = Some(count()?),
        }
        Ok(limits)
    }

    /// The limit on `resource`.
    pub fn get(&self, resource: Resource) -> Option<u64> {
        match resource {
            Resource::Memory => self.memory,
            Resource::TableElements => self.table_elements,
            Resource::Handles => self.handles.map(u64::from),
            Resource::OpenFiles => self.open_files.map(u64::from),
        }
    }

    /// As flags say it of the component `who`.
    fn said(&self, who: &str) -> String {
        let limits = Resource::ALL.into_iter().filter_map(|resource| {
            let most = self.get(resource)?;
            Some(format!("--{} {who}={most}", resource.name()))
        });
        limits.collect::<Vec<_>>().join(" ")
    }

    /// Takes over what `other` says.
    pub fn set(&mut self, other: &Limits) {
        self.memory = other.memory.or(self.memory);
        self.table_elements = other.table_elements.or(self.table_elements);
        self.handles = other.handles.or(self.handles);
        self.open_files = other.open_files.or(self.open_files);
    }
}

impl Policy {
    /// Finds out what was said of whom. Of a program without an entry nobody is it.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownComponent`].
    pub(super) fn limit(
        &mut self,
        program: &Program<'_>,
        entry: Option<ComponentId>,
        said: &[(Whose, Limits)],
    ) -> Result<()> {
        let (each, one): (Vec<_>, Vec<_>) =
            said.iter().partition(|(whose, _)| *whose == Whose::Each);
        for (_, limits) in each {
            for component in program.components.keys() {
                self.authorities[component].limits.set(limits);
            }
        }
        for (whose, limits) in one {
            let component = match whose {
                Whose::Named(who) => Some(who::find(program, who, &limits.said(&who.0))?),
                Whose::Entry => entry,
                Whose::Each => None,
            };
            if let Some(component) = component {
                self.authorities[component].limits.set(limits);
            }
        }
        Ok(())
    }

    /// Refuses a program that starts with more than it may have.
    ///
    /// # Errors
    ///
    /// [`Error::BeyondLimit`].
    pub(super) fn check_limits(&self, program: &Program<'_>) -> Result<()> {
        for (component, resource, limit) in self.limits(program) {
            let initial = initial(program, component, resource);
            if initial > limit {
                return Err(Error::BeyondLimit {
                    component: program.components[component].path.clone(),
                    resource: resource.words(),
                    option: resource.name(),
                    initial,
                    limit,
                });
            }
        }
        Ok(())
    }

    /// All limits of instances.
    pub fn limits<'a>(
        &'a self,
        program: &'a Program<'_>,
    ) -> impl Iterator<Item = (ComponentId, Resource, u64)> + 'a {
        program.components.keys().flat_map(move |id| {
            let limit =
                move |resource| Some((id, resource, self.authorities[id].limits.get(resource)?));
            Resource::ALL.into_iter().filter_map(limit)
        })
    }

    /// Whether the program may be interrupted anywhere.
    pub fn interrupts(&self) -> bool {
        self.timeout.is_some() || self.cpu_timeout.is_some()
    }

    /// What an instance starts with: its limits less what it has from the start.
    pub fn quota(&self, program: &Program<'_>, component: ComponentId) -> abi::Quota {
        let limits = &self.authorities[component].limits;
        let left = |resource| match limits.get(resource) {
            Some(limit) => limit.saturating_sub(initial(program, component, resource)),
            None => u64::MAX,
        };
        abi::Quota {
            memory: left(Resource::Memory),
            elements: left(Resource::TableElements),
            handles: limits.handles.unwrap_or(u32::MAX),
            files: limits.open_files.unwrap_or(u32::MAX),
            ..abi::Quota::NONE
        }
    }
}

/// What an instance has from the start.
fn initial(program: &Program<'_>, component: ComponentId, resource: Resource) -> u64 {
    match resource {
        Resource::Memory => memories(program, component)
            .map(|id| u64::from(program.memories[id].ty.initial) * abi::WASM_PAGE)
            .sum(),
        Resource::TableElements => tables(program, component)
            .map(|id| u64::from(program.tables[id].ty.initial))
            .sum(),
        Resource::Handles | Resource::OpenFiles => 0,
    }
}

/// The memories that an instance's modules define.
pub fn memories<'a>(
    program: &'a Program<'_>,
    component: ComponentId,
) -> impl Iterator<Item = MemoryId> + 'a {
    let own = move |id: &MemoryId| {
        program.instances[program.memories[*id].instance].component == component
    };
    program.memories.keys().filter(own)
}

/// The tables that an instance's modules define.
pub fn tables<'a>(
    program: &'a Program<'_>,
    component: ComponentId,
) -> impl Iterator<Item = TableId> + 'a {
    let own =
        move |id: &TableId| program.instances[program.tables[*id].instance].component == component;
    program.tables.keys().filter(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_written() {
        for (text, bytes, shown) in [
            ("0", 0, "0 bytes"),
            ("65536", 65536, "64 KiB"),
            ("64KiB", 65536, "64 KiB"),
            ("16MiB", 16 << 20, "16 MiB"),
            ("4GiB", 4 << 30, "4 GiB"),
            ("1000", 1000, "1000 bytes"),
        ] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
            assert_eq!(Size(bytes).to_string(), shown);
        }
        for bad in [
            "",
            "KiB",
            "1 KiB",
            "-1",
            "+1",
            "1.5MiB",
            "16MB",
            "16mib",
            "1e3",
            "18446744073709551616",
            "17179869184GiB",
        ] {
            assert!(bad.parse::<Size>().is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_are_read() {
        for (text, millis) in [
            ("500ms", 500),
            ("5s", 5000),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("4294967295h", 4_294_967_295 * 3_600_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for bad in [
            "",
            "5",
            "s",
            "0s",
            "5 s",
            "-5s",
            "5S",
            "1.5s",
            "5us",
            "4294967296s",
            "5sm",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_are_read() {
        for resource in Resource::ALL {
            let limits = Limits::parse(resource, "100").unwrap();
            for other in Resource::ALL {
                let expected = (other == resource).then_some(100);
                assert_eq!(limits.get(other), expected);
            }
            let bad = match resource {
                Resource::Memory => "1kB",
                _ => "1KiB",
            };
            for bad in ["", "-1", "+1", "1.0", bad] {
                assert!(Limits::parse(resource, bad).is_err(), "{bad}");
            }
        }
        assert!(Limits::parse(Resource::Handles, "4294967296").is_err());
    }
}
