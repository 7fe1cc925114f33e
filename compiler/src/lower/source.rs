//! Program-wide source locations: one `u32` names a function and a place in it.
//!
//! Cranelift's `SourceLoc` is 32 bits and survives optimisation; inlining drops it, so `inline.rs`
//! restores it by hand, which only works if a location names its function by itself. So every
//! function owns a contiguous range: a module's function one location for each byte of its body,
//! a trampoline a single one. After the functions, every core instance owns one location: its
//! instantiation. Location 0 is never used.

use crate::program::{FuncId, InstanceId, Program};
use cranelift_codegen::ir::SourceLoc;
use cranelift_entity::SecondaryMap;

/// The ranges.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    first: SecondaryMap<FuncId, u32>,
    order: Vec<(u32, FuncId)>,
    instances: u32,
}

impl SourceMap {
    /// Gives each of `funcs` (ascending) its range.
    ///
    /// # Errors
    ///
    /// When the bodies together are longer than 4 GiB.
    pub fn new(
        program: &Program<'_>,
        funcs: impl Iterator<Item = FuncId>,
    ) -> crate::error::Result<SourceMap> {
        let mut map = SourceMap::default();
        let mut next: u32 = 1;
        for func in funcs {
            map.first[func] = next;
            map.order.push((next, func));
            let len = program
                .body(func)
                .map_or(1, |body| body.range.len().max(1) as u32);
            next = next.checked_add(len).ok_or_else(too_long)?;
        }
        // The locations of instances and `SourceLoc`'s default value, all ones, stay free.
        u32::try_from(program.instances.len())
            .ok()
            .and_then(|instances| next.checked_add(instances))
            .filter(|&end| end != u32::MAX)
            .ok_or_else(too_long)?;
        map.instances = next;
        Ok(map)
    }

    /// The location of `instance`'s instantiation: segments applied at start.
    pub fn instance(&self, instance: InstanceId) -> SourceLoc {
        SourceLoc::new(self.instances + instance.as_u32())
    }

    /// The first location that belongs to an instance; instance `n` owns the `n`th from there on.
    pub fn first_instance(&self) -> u32 {
        self.instances
    }

    /// The first location of `func`.
    pub fn first(&self, func: FuncId) -> u32 {
        self.first[func]
    }

    /// The location `offset` bytes into the body of `func` (0 for a trampoline).
    pub fn location(&self, func: FuncId, offset: u32) -> SourceLoc {
        SourceLoc::new(self.first[func] + offset)
    }

    /// All ranges: first location and function, ascending.
    pub fn ranges(&self) -> &[(u32, FuncId)] {
        &self.order
    }

    /// The function that owns `location`, and the offset in its body. `None` for a location of an
    /// instance.
    pub fn find(&self, location: SourceLoc) -> Option<(FuncId, u32)> {
        let bits = location.bits();
        if bits >= self.instances {
            return None;
        }
        let at = self
            .order
            .partition_point(|&(first, _)| first <= bits)
            .checked_sub(1)?;
        let (first, func) = self.order[at];
        Some((func, bits - first))
    }
}

fn too_long() -> crate::error::Error {
    crate::error::Error::limit("bytes of function bodies", u64::from(u32::MAX))
}
