//! A call as text, in WAVE: `f(1, "x")`.

use super::{FuncType, Type, Value};
use crate::error::{Error, Result};
use std::ops::Range;
use wasm_wave::parser::ParserError;
use wasm_wave::untyped::UntypedFuncCall;
use wasm_wave::wasm::{DisplayFunc, WasmFunc};

/// A call, whose function nobody has looked for yet.
pub(crate) struct Call<'t>(UntypedFuncCall<'t>);

impl<'t> Call<'t> {
    /// # Errors
    ///
    /// [`Error::Call`].
    pub(crate) fn parse(text: &'t str) -> Result<Call<'t>> {
        let form = "a call is written `name(argument, ...)`, for example `f(1, \"x\")`";
        let call = UntypedFuncCall::parse(text);
        call.map(Call)
            .map_err(|error| refuse(text, &error, form.to_owned()))
    }

    /// The function's name, with its interface or without.
    pub(crate) fn name(&self) -> &str {
        self.0.name()
    }

    /// The arguments, for a function of this type.
    ///
    /// # Errors
    ///
    /// [`Error::Call`].
    pub(crate) fn arguments(&self, ty: &FuncType) -> Result<Vec<Value>> {
        let types: Vec<Type> = ty.params().collect();
        let args = self.0.to_wasm_params(types.iter());
        args.map_err(|error| {
            let help = format!("`{}` is `{}`", self.name(), DisplayFunc(ty.clone()));
            refuse(self.0.source(), &error, help)
        })
    }
}

fn refuse(text: &str, error: &ParserError, help: String) -> Error {
    let mut message = error.kind().to_string();
    if let Some(detail) = error.detail() {
        message = format!("{message}: {detail}");
    }
    Error::Call {
        text: text.to_owned(),
        range: on_boundaries(text, error.span()),
        message,
        help,
    }
}

/// The range, made to begin and end where characters do.
fn on_boundaries(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start);
    start..text.ceil_char_boundary(range.end.max(start))
}
