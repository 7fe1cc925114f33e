//! Every function of WASI 0.2.12: whether it is served, implemented and tested.
//!
//! * The functions are those of the world `wasi:cli/imports`, read from WASI's own WIT files, and for each resource
//!   that it is dropped.
//! * *Served*: the compiler knows it, so that a component may import it.
//! * *Implemented*: the runtime shim has the function, and it isn't the one that stands in where a resource can't
//!   exist or nothing was granted: its code isn't the same, instruction for instruction and reference for reference.
//! * *Tested*: it was called, in a run just now, of a case of `testsuite/guests/wasi` that said and left what the oracle
//!   says and leaves (or `cases.toml` says it has to); [`super::calls`] has seen the call. The table names the case.

use super::calls;
use crate::Result;
use crate::cases::{self, Case};
use crate::compiler::{Executables, Mode};
use crate::machine::Target;
use crate::oracle::{End, Oracle};
use crate::world::World;
use nanocc_wit::{Host, Interface};
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::path::Path;

/// A function of WASI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The interface without a version, `wasi:io/streams`.
    pub interface: String,
    /// The function, `[method]output-stream.write`, or `[resource-drop]output-stream`.
    pub function: String,
    /// Whether a component may import it.
    pub served: bool,
    /// Whether the shim has more than a stand-in.
    pub implemented: bool,
    /// The first case that calls it, and how many more do.
    pub tested: Option<(String, usize)>,
}

/// All functions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub rows: Vec<Row>,
    /// Cases that were run and didn't do what they have to: what they call isn't counted.
    pub failed: Vec<String>,
}

impl Table {
    /// Runs the cases, and says what they call.
    ///
    /// # Errors
    ///
    /// If the machine can't run or trace programs, or a case isn't what it says.
    pub fn measure(scratch: &Path) -> Result<Table> {
        let mut rows = functions()?;
        implemented(&mut rows)?;
        let (calls, failed) = called(&rows, scratch)?;
        for row in &mut rows {
            if let Some(cases) = calls.get(&row.symbol()) {
                row.tested = cases.first().map(|first| (first.clone(), cases.len() - 1));
            }
        }
        Ok(Table { rows, failed })
    }

    /// Whether nothing is missing.
    pub fn is_complete(&self) -> bool {
        let complete = |row: &Row| row.served && row.implemented && row.tested.is_some();
        self.failed.is_empty() && !self.rows.is_empty() && self.rows.iter().all(complete)
    }
}

/// A line for each function, those of an interface together, and the sums.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut interface = "";
        for row in &self.rows {
            if row.interface != interface {
                interface = &row.interface;
                writeln!(f, "{interface}")?;
            }
            let implemented = match (row.served, row.implemented) {
                (false, _) => "NOT SERVED",
                (true, false) => "NOT IMPLEMENTED",
                (true, true) => "implemented",
            };
            let tested = match &row.tested {
                None => "NOT TESTED".to_owned(),
                Some((case, 0)) => format!("tested: {case}"),
                Some((case, more)) => format!("tested: {case} and {more} more"),
            };
            writeln!(f, "  {:52} {implemented:16} {tested}", row.function)?;
        }
        for failed in &self.failed {
            writeln!(f, "FAILED: {failed}")?;
        }
        let count = |is: fn(&Row) -> bool| self.rows.iter().filter(|row| is(row)).count();
        let interfaces: BTreeSet<&str> =
            self.rows.iter().map(|row| row.interface.as_str()).collect();
        writeln!(
            f,
            "WASI 0.2.12: {} functions of {} interfaces, served {}, implemented {}, tested {}",
            self.rows.len(),
            interfaces.len(),
            count(|row| row.served),
            count(|row| row.served && row.implemented),
            count(|row| row.tested.is_some()),
        )
    }
}

impl Row {
    fn host_interface(&self) -> Option<&'static Interface> {
        nanocc_wit::host().interface(&self.interface)
    }

    /// The symbol of its entry in the shim.
    fn symbol(&self) -> String {
        match self.host_interface() {
            Some(interface) => format!("{interface}#{}", self.function),
            None => format!("{}#{}", self.interface, self.function),
        }
    }

    /// The symbols of what stands in for it.
    fn stand_ins(&self, host: &Host) -> Vec<String> {
        let Some(interface) = self.host_interface() else {
            return Vec::new();
        };
        let mut symbols = vec![format!("{interface}#[denied]{}", self.function)];
        for resource in host.resources {
            if let Some(defined) = host.interface(resource.interface) {
                symbols.push(format!("{defined}#[unheld]{}", resource.name));
            }
        }
        symbols
    }
}

/// Every function of the world `wasi:cli/imports`, without those of features that aren't stable.
fn functions() -> Result<Vec<Row>> {
    let packages = crate::repository().join("wit/packages");
    let mut resolve = wit_parser::Resolve::default();
    // Each after those that it uses.
    for name in ["io", "clocks", "random", "filesystem", "sockets", "cli"] {
        let path = packages.join(format!("{name}.wit"));
        resolve
            .push_source(&path.display().to_string(), &crate::read_text(&path)?)
            .map_err(|error| format!("{error:?}"))?;
    }
    let world = resolve
        .worlds
        .iter()
        .find(|(_, world)| {
            let package = world.package.and_then(|id| resolve.packages.get(id));
            world.name == "imports" && package.is_some_and(|package| package.name.name == "cli")
        })
        .map(|(_, world)| world)
        .ok_or("there is no world wasi:cli/imports")?;
    let host = nanocc_wit::host();
    let mut rows = Vec::new();
    for item in world.imports.values() {
        let wit_parser::WorldItem::Interface { id, .. } = item else {
            continue;
        };
        let interface = &resolve.interfaces[*id];
        let package = interface.package.ok_or("an interface without a package")?;
        let package = &resolve.packages[package].name;
        let name = interface.name.as_deref().unwrap_or_default();
        let name = format!("{}:{}/{name}", package.namespace, package.name);
        let functions = interface.functions.keys().cloned();
        let own = |id: &wit_parser::TypeId| {
            let kind = &resolve.types[*id].kind;
            matches!(kind, wit_parser::TypeDefKind::Resource)
        };
        let resources = interface.types.iter().filter(|(_, id)| own(id));
        let drops = resources.map(|(name, _)| format!("[resource-drop]{name}"));
        for function in functions.chain(drops) {
            let served = host.interface(&name).is_some_and(|served| {
                served.functions.iter().any(|other| other.name == function)
                    || host.resources.iter().any(|resource| {
                        resource.interface == name
                            && function.strip_prefix("[resource-drop]") == Some(resource.name)
                    })
            });
            rows.push(Row {
                interface: name.clone(),
                function,
                served,
                implemented: false,
                tested: None,
            });
        }
    }
    Ok(rows)
}

/// A function's code: its bytes, and what they refer to.
type Code = (Vec<u8>, Vec<(u64, String, i64)>);

fn implemented(rows: &mut [Row]) -> Result<()> {
    let shim = nanocc::shim::object(machine(), None).map_err(|error| error.to_string())?;
    let codes = codes(shim)?;
    let host = nanocc_wit::host();
    for row in rows {
        let Some(code) = codes.get(&row.symbol()) else {
            continue;
        };
        let stands_in = |symbol: &String| codes.get(symbol) == Some(code);
        row.implemented = !row.stand_ins(host).iter().any(stands_in);
    }
    Ok(())
}

fn machine() -> nanocc_linker::Machine {
    match native() {
        Target::X86_64 => nanocc_linker::Machine::X86_64,
        Target::Aarch64 => nanocc_linker::Machine::Aarch64,
    }
}

fn native() -> Target {
    let mut natives = Target::ALL.into_iter().filter(|target| target.is_native());
    natives.next_back().unwrap_or(Target::X86_64)
}

/// The code of every function of an object whose name is a host function's.
fn codes(bytes: &[u8]) -> Result<HashMap<String, Code>> {
    let file = object::File::parse(bytes).map_err(|error| error.to_string())?;
    let mut codes = HashMap::new();
    for symbol in file.symbols() {
        let (Ok(name), Some(section)) = (symbol.name(), symbol.section_index()) else {
            continue;
        };
        if !name.contains('#') {
            continue;
        }
        let section = file
            .section_by_index(section)
            .map_err(|error| error.to_string())?;
        let data = section.data().map_err(|error| error.to_string())?;
        let range = symbol.address()..symbol.address() + symbol.size();
        let code = data
            .get(range.start as usize..range.end as usize)
            .ok_or_else(|| format!("{name}: not within its section"))?;
        let target = |target| match target {
            RelocationTarget::Symbol(index) => file
                .symbol_by_index(index)
                .and_then(|symbol| symbol.name().map(str::to_owned))
                .unwrap_or_default(),
            other => format!("{other:?}"),
        };
        let references = section
            .relocations()
            .filter(|(offset, _)| range.contains(offset))
            .map(|(offset, reference)| {
                let target = target(reference.target());
                (offset - range.start, target, reference.addend())
            })
            .collect();
        codes.insert(name.to_owned(), (code.to_vec(), references));
    }
    Ok(codes)
}

type Calls = BTreeMap<String, Vec<String>>;

/// The cases that call each symbol, and what is wrong with those that don't count.
fn called(rows: &[Row], scratch: &Path) -> Result<(Calls, Vec<String>)> {
    let target = native();
    target.can_run()?;
    let symbols: BTreeSet<String> = rows.iter().map(Row::symbol).collect();
    let executables = Executables::new(scratch);
    let oracle = Oracle::new()?;
    let (mut calls, mut failed) = (Calls::new(), Vec::new());
    for case in cases::all()? {
        let Some(name) = case.name.strip_prefix("testsuite/guests/wasi/") else {
            continue;
        };
        if case.trap.is_some() || case.needs.is_some_and(|need| need.missing().is_some()) {
            continue;
        }
        match case_calls(&case, target, &symbols, &executables, &oracle) {
            Ok(called) => {
                for symbol in called {
                    calls.entry(symbol).or_default().push(name.to_owned());
                }
            }
            Err(message) => failed.push(format!("{name}: {message}")),
        }
    }
    Ok((calls, failed))
}

fn case_calls(
    case: &Case,
    target: Target,
    symbols: &BTreeSet<String>,
    executables: &Executables,
    oracle: &Oracle,
) -> Result<BTreeSet<String>> {
    // Without inlining, so that a function is called where it is said to be.
    let mode = Mode {
        target,
        level: "-O0",
    };
    let executable = executables.get(&case.input, &case.grants, mode)?;
    let addresses = addresses(&crate::read(&executable)?, symbols)?;
    let world = World::new(case)?;
    let mut command = target.command(&executable);
    command
        .args(&case.args)
        .current_dir(world.folder())
        .envs(case.environment.iter().map(|(name, value)| (name, value)));
    let places = addresses.keys().copied().collect();
    let (done, reached) = calls::reached(&mut command, &case.stdin, &places, case.terminal)?;

    let mut expected = oracle.run_case(case)?;
    for difference in &case.differs {
        difference.replace(&mut expected.stdout);
        difference.replace(&mut expected.stderr);
    }
    let or = |own: &Option<String>, oracles: Vec<u8>| match own {
        Some(own) => own.clone().into_bytes(),
        None => oracles,
    };
    let status = match (case.status, expected.end) {
        (Some(status), _) | (None, End::Status(status)) => status,
        (None, End::Trap { .. }) => return Err("the oracle traps".to_owned()),
    };
    for (what, agrees) in [
        ("status", done.code()? == status),
        (
            "standard output",
            done.stdout == or(&case.stdout, expected.stdout),
        ),
        (
            "standard error",
            done.stderr == or(&case.stderr, expected.stderr),
        ),
        (
            "what is left",
            !case.fixture || world.left()? == expected.left,
        ),
    ] {
        if !agrees {
            return Err(format!("another {what} than the oracle's"));
        }
    }
    let reached = reached.iter().filter_map(|address| addresses.get(address));
    Ok(reached.cloned().collect())
}

/// Where the functions are that can be told apart. The linker may give two that are alike one place; but the
/// compiler makes a function for each import, `/host:NAME#N`, which does nothing but call the one named.
fn addresses(executable: &[u8], symbols: &BTreeSet<String>) -> Result<BTreeMap<u64, String>> {
    let file = object::File::parse(executable).map_err(|error| error.to_string())?;
    let mut places: BTreeMap<u64, BTreeSet<&str>> = BTreeMap::new();
    for symbol in file
        .symbols()
        .filter(|symbol| symbol.kind() == object::SymbolKind::Text)
    {
        let name = symbol.name().map_err(|error| error.to_string())?;
        let import = name
            .strip_prefix("/host:")
            .and_then(|name| name.rsplit_once('#'));
        let name = import.map_or(name, |(name, _)| name);
        if name.starts_with("wasi:") {
            places.entry(symbol.address()).or_default().insert(name);
        }
    }
    if places.is_empty() {
        return Err("the executable has no symbols".to_owned());
    }
    let single = |(address, names): (u64, BTreeSet<&str>)| {
        let mut names = names.into_iter();
        match (names.next(), names.next()) {
            (Some(name), None) if symbols.contains(name) => Some((address, name.to_owned())),
            _ => None,
        }
    };
    Ok(places.into_iter().filter_map(single).collect())
}
