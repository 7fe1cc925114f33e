//! How large a program may unfold to.
//!
//! Instantiation multiplies: a module that is instantiated a thousand times is compiled a thousand times, and
//! nested components multiply at each level. So a file of some kilobytes can ask for more than any machine
//! has. Everything that later stages keep for each item of an instance is counted before the instance is made, and past
//! a limit the program is refused.
//!
//! The numbers are far from what programs have: a Python interpreter with its libraries has some 65
//! core instances and 100 000 functions.

use crate::error::{Error, Result};
use crate::program::Module;

/// Limits on what instantiation may unfold to; past them it is an error, not an endless compile.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Component instances.
    pub components: usize,
    /// Bytes of their paths, each of which holds the paths of all that hold it.
    pub paths: usize,
    /// Definitions of components (types, aliases, instances ...), each counted once for each instance of its
    /// component, and as many times as it lists items.
    pub definitions: usize,
    /// Core instances.
    pub instances: usize,
    /// Functions, each counted once for each core instance that defines or imports it.
    pub functions: usize,
    /// Globals, likewise.
    pub globals: usize,
    /// Tables, likewise.
    pub tables: usize,
    /// Memories, likewise.
    pub memories: usize,
    /// Data and element segments, each counted once for each instance of its module.
    pub segments: usize,
    /// Elements that tables start with and that element segments hold, likewise.
    pub elements: usize,
    /// Bytes of data segments, likewise.
    pub data: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            components: 10_000,
            paths: 1 << 26,
            definitions: 4_000_000,
            instances: 10_000,
            functions: 4_000_000,
            globals: 1_000_000,
            tables: 10_000,
            memories: 10_000,
            segments: 1_000_000,
            elements: 10_000_000,
            data: 1 << 30,
        }
    }
}

/// What has been unfolded so far.
#[derive(Debug, Default)]
pub(super) struct Unfolded {
    components: usize,
    paths: usize,
    definitions: usize,
    instances: usize,
    functions: usize,
    globals: usize,
    tables: usize,
    memories: usize,
    segments: usize,
    elements: usize,
    data: usize,
}

/// Adds to a count, unless that makes it more than the limit.
fn count(sum: &mut usize, more: usize, limit: usize, what: &'static str) -> Result<()> {
    *sum = sum.saturating_add(more);
    if *sum > limit {
        return Err(Error::limit(what, limit as u64));
    }
    Ok(())
}

impl Unfolded {
    /// Counts an instance of a component.
    pub(super) fn component(&mut self, limits: &Limits) -> Result<()> {
        count(
            &mut self.components,
            1,
            limits.components,
            "component instances",
        )
    }

    /// Counts the path of an instance of a component.
    pub(super) fn path(&mut self, path: &str, limits: &Limits) -> Result<()> {
        let what = "bytes in the paths of component instances";
        count(&mut self.paths, path.len(), limits.paths, what)
    }

    /// Counts a definition that lists `items`.
    pub(super) fn definition(&mut self, items: usize, limits: &Limits) -> Result<()> {
        let (limit, what) = (limits.definitions, "definitions in component instances");
        count(&mut self.definitions, 1 + items, limit, what)
    }

    /// Counts a function that isn't a module's.
    pub(super) fn function(&mut self, limits: &Limits) -> Result<()> {
        count(&mut self.functions, 1, limits.functions, "functions")
    }

    /// Counts an instance of a core module.
    pub(super) fn module(&mut self, module: &Module<'_>, limits: &Limits) -> Result<()> {
        let segments = module.data.len() + module.elements.len();
        let initial = module.tables.iter().skip(module.imported.tables as usize);
        let initial: usize = initial.map(|table| table.initial as usize).sum();
        let items: usize = module.elements.iter().map(|e| e.items.len()).sum();
        let data = module.data.iter().map(|data| data.bytes.len()).sum();
        let functions = module.func_sigs.len();
        count(&mut self.instances, 1, limits.instances, "core instances")?;
        count(
            &mut self.functions,
            functions,
            limits.functions,
            "functions",
        )?;
        count(
            &mut self.globals,
            module.globals.len(),
            limits.globals,
            "globals",
        )?;
        count(
            &mut self.tables,
            module.tables.len(),
            limits.tables,
            "tables",
        )?;
        count(
            &mut self.memories,
            module.memories.len(),
            limits.memories,
            "memories",
        )?;
        count(&mut self.segments, segments, limits.segments, "segments")?;
        let what = "elements in tables and element segments";
        count(&mut self.elements, initial + items, limits.elements, what)?;
        count(&mut self.data, data, limits.data, "bytes in data segments")
    }
}
