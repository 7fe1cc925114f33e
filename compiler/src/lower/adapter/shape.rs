//! Which values may be copied as bytes.
//!
//! Copying bytes skips the element-by-element path, so it is allowed only where the two can't be
//! told apart: every pattern of bits is a value (numbers only: `bool`, `char`, discriminants and
//! flags have invalid or unused patterns, strings, lists and handles mean something else on the
//! other side), and **there is no padding**: the canonical ABI never copies padding, and what lies
//! there is the source's business (a stale secret, say).
//!
//! Isolation: this file decides, it forms no address; the copy itself checks both ranges.

use crate::abi::{self, Shape};
use crate::types::{TypeId, Types};

/// The size in bytes of the values of `from`, if their bytes are also the bytes of the same values
/// of `to`.
pub(super) fn bytes(types: &Types, from: TypeId, to: TypeId) -> Option<u32> {
    if from == to {
        let abi = types.abi(from);
        return abi.plain.then_some(abi.layout.size);
    }
    if !types.abi(from).plain || !types.abi(to).plain {
        return None;
    }
    match (abi::shape(types, from), abi::shape(types, to)) {
        (Shape::Record(from_fields), Shape::Record(to_fields))
            if from_fields.len() == to_fields.len() =>
        {
            // No padding on either side: where the fields' sizes are equal, so are their places.
            let same =
                from_fields
                    .iter()
                    .zip(&to_fields)
                    .all(|((from_name, from), (to_name, to))| {
                        from_name == to_name && bytes(types, *from, *to).is_some()
                    });
            same.then_some(abi::layout(types, from).size)
        }
        _ => None,
    }
}
