//! 64-bit ARM, version 8.0: no optional feature is assumed.

use crate::plan::Space;

/// Kernels with 39-bit addresses are in use (Android, small boards), half of which go to the
/// kernel's own mappings: it maps from the top down (with `ulimit -s unlimited` from the quarter up, and then the shim's
/// check at start refuses to run what needs that space).
///
/// A constant base would lose the `uxtw` addressing mode, so none is used.
pub const SPACE: Space = Space {
    address_bits: 38,
    low_constant: false,
};

/// The baseline.
pub const FEATURES: &[&str] = &[];
