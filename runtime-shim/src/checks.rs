//! The shim's own checks of rights, and how the test suite takes them away.
//!
//! What a component may do is checked twice: by the shim, exactly, and by the kernel, as far as it can be told
//! (`FENCES.md`). That the second fence stands by itself is only seen where the first one is down: the test suite builds a
//! variant of the shim (`--cfg nanocc_unchecked`) in which every check of rights says yes. No product contains it.

/// Whether something is denied because a right is missing, given that it is.
#[inline(always)]
pub fn denied(missing: bool) -> bool {
    missing && !cfg!(nanocc_unchecked)
}
