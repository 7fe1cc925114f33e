//! Strings: checked, copied and validated in one pass.
//!
//! Isolation: the source's range is the lifting side's claim and is checked against its memory; the
//! target's range comes from the lowering side's `realloc` and is checked against that memory.
//! Both by `GuestMemory::checked_range`. The shim's copy gets the two addresses and the one length
//! that both checks were made for.
//!
//! The ABI validates before it calls `realloc`; here the copy validates, after it. A bad string
//! traps either way, and what `realloc` did meanwhile nobody can see.

use super::emit::Emit;
use super::value::Route;
use crate::abi::MAX_STRING_BYTES;
use crate::error::Result;
use crate::lower::names::Intrinsic;
use crate::program::StringEncoding;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use nanocc_shim_abi::Trap;

/// A string as its two core values: pointer and length in code units (tagged, in `latin1+utf16`).
pub(super) type Parts = (Value, Value);

impl Emit<'_, '_> {
    /// Moves a string.
    pub fn string(&mut self, route: &Route<'_>, string: Parts) -> Result<Parts> {
        use StringEncoding::{CompactUtf16, Utf8, Utf16};
        match (route.from.encoding, route.to.encoding) {
            (Utf8, Utf8) => self.utf8_to_utf8(route, string),
            (from @ (Utf8 | Utf16 | CompactUtf16), to) => Err(self.unsupported(format!(
                "strings from {} to {}",
                encoding_name(from),
                encoding_name(to)
            ))),
        }
    }

    /// `load_string_from_range` and `store_string_copy`, in their order.
    fn utf8_to_utf8(&mut self, route: &Route<'_>, (pointer, len): Parts) -> Result<Parts> {
        let (from, to) = (self.memory(route.from)?, self.memory(route.to)?);
        let too_long = self.above(len, MAX_STRING_BYTES);
        self.trap_if(too_long, Trap::StringTooLong);
        let source = self.range(from, pointer, len);
        let copy = self.allocate(route.to, 1, len)?;
        let target = self.range(to, copy, len);
        let bytes = self.ins().uextend(types::I64, len);
        let source = if from == to {
            // A component that calls itself: the two may overlap, which the pass that validates doesn't allow
            // for. So the bytes are moved first, and then validated where they are.
            self.call_intrinsic(Intrinsic::Memmove, &[target, source, bytes]);
            target
        } else {
            source
        };
        let valid = self.intrinsic(Intrinsic::Utf8Copy, &[target, source, bytes]);
        self.trap_unless(valid, Trap::InvalidString);
        Ok((copy, len))
    }
}

/// An encoding's name as in the component model's text format.
fn encoding_name(encoding: StringEncoding) -> &'static str {
    match encoding {
        StringEncoding::Utf8 => "utf8",
        StringEncoding::Utf16 => "utf16",
        StringEncoding::CompactUtf16 => "latin1+utf16",
    }
}
