//! Calls of components' functions from outside, with values.
//!
//! # The problem
//!
//! A component's function takes values of component types, and who stands outside of the program has them as values too:
//! text on a command line, a test's expectations. What the canonical ABI says about passing them is in the
//! adapters, which go between two component instances.
//!
//! # The way
//!
//! So the outside is a component instance like any other, the *caller*: a root of its own, with a core module that is made here
//! (`caller.rs`). A call is an ordinary adapter between the caller and the function's instance, and a core function of the
//! caller's that runs it. Arguments are encoded when the program is compiled, as the ABI lays them out in the caller's
//! memory (`encode.rs`), and the result is decoded from a copy of that memory when the call is over (`decode.rs`).
//! **Nothing about a call from outside is another way through the canonical ABI than products use.**
//!
//! Values are the crate wasm-wave's, which has their text form as well.

pub(crate) mod caller;
pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod types;
pub(crate) mod wave;

use crate::error::{Error, Result};
use crate::types::{TypeId, Types};

pub use wasm_wave::value::{FuncType, Type, Value};

/// Where the caller's functions put what the call returns, aligned to 8: a value of the result's type.
pub(crate) const RESULT: u32 = 16;

/// What a called function returns: enough to read it in the caller's memory.
#[derive(Debug)]
pub struct Returned {
    types: Types,
    result: Option<TypeId>,
}

impl Returned {
    pub(crate) fn new(types: &Types, result: Option<TypeId>) -> Returned {
        let mut own = Types::default();
        let result = result.map(|id| types::copy(types, id, &mut own));
        Returned { types: own, result }
    }

    /// Whether there is something to read.
    pub fn is_value(&self) -> bool {
        self.result.is_some()
    }

    /// The value that the last call has left in the caller's `memory`; `None` for a function without a result.
    ///
    /// # Errors
    ///
    /// [`Error::Returned`] where that is no value: then it isn't the memory of this call's caller.
    pub fn value(&self, memory: &[u8]) -> Result<Option<Value>> {
        let Some(result) = self.result else {
            return Ok(None);
        };
        decode::value(&self.types, result, memory, RESULT).map(Some)
    }

    /// The same as text, in WAVE; `()` for a function without a result.
    ///
    /// # Errors
    ///
    /// As [`Returned::value`].
    pub fn text(&self, memory: &[u8]) -> Result<String> {
        match self.value(memory)? {
            None => Ok("()".to_owned()),
            Some(value) => wasm_wave::to_string(&value).map_err(|error| Error::Returned {
                detail: error.to_string(),
            }),
        }
    }
}

#[cfg(test)]
mod tests;
