//! Program-wide source locations: one `u32` names a function and a place in it.
//!
//! Cranelift's `SourceLoc` is 32 bits and survives optimisation; inlining drops it, so `inline.rs`
//! restores it by hand, which only works if a location names its function by itself. So every
//! function owns a contiguous range: a module's function one location for each byte of its body,
//! a trampoline a single one. Location 0 is never used.

use crate::program::{FuncId, Program};
use cranelift_codegen::ir::SourceLoc;
use cranelift_entity::SecondaryMap;

/// The ranges.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    first: SecondaryMap<FuncId, u32>,
    order: Vec<(u32, FuncId)>,
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
            next = next.checked_add(len).ok_or(crate::error::Error::Limit {
                what: "bytes of function bodies",
                limit: u64::from(u32::MAX),
            })?;
        }
        Ok(map)
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

    /// The function that owns `location`, and the offset in its body.
    pub fn find(&self, location: SourceLoc) -> Option<(FuncId, u32)> {
        let bits = location.bits();
        let at = self
            .order
            .partition_point(|&(first, _)| first <= bits)
            .checked_sub(1)?;
        let (first, func) = self.order[at];
        Some((func, bits - first))
    }
}
