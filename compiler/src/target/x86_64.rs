//! x86-64, level 2 of its psABI: what every x86 server of the last fifteen years has.

use crate::plan::Space;

/// Four-level page tables; the hottest memory's base folds into the addressing mode.
pub const SPACE: Space = Space {
    address_bits: 47,
    low_constant: true,
};

/// x86-64-v2.
pub const FEATURES: &[&str] = &[
    "has_sse3",
    "has_ssse3",
    "has_sse41",
    "has_sse42",
    "has_popcnt",
    "has_cmpxchg16b",
];
