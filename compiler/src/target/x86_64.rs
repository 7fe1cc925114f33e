//! x86-64, level 2 of its psABI: what every x86 server of the last fifteen years has.

use crate::plan::Space;

/// Programs have 47 bits (four-level page tables), but the kernel's own mappings need room above the guests': it maps
/// from the top down, and begins below the room that the stack may grow to, which `ulimit -s` can make 5/6
/// of the whole, and below up to 1 TiB of randomness. What is left, 2^47 / 6 - 2^40, is more than 2^44. (Where an
/// administrator has asked for more randomness still, the shim's check at start refuses to run.)
///
/// The hottest memory's base folds into the addressing mode.
pub const SPACE: Space = Space {
    address_bits: 44,
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
