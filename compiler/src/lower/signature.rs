//! Calling conventions: core wasm signatures as Cranelift signatures.
//!
//! Between functions of the program: Cranelift's `Fast` convention, no context parameter, wasm
//! results as multiple returns. What doesn't fit registers comes back through a return area that
//! the caller provides, which needs the setting `enable_multi_ret_implicit_sret`.
//! To and from the shim: the platform's C convention, at most one result.

use crate::program::{Signature, ValType};
use cranelift_codegen::ir::{self, AbiParam, types};
use cranelift_codegen::isa::CallConv;

/// The type that holds a value of `ty`. References are one 64-bit word (see
/// `nanocc_shim_abi::Table`).
pub fn value_type(ty: ValType) -> ir::Type {
    match ty {
        ValType::I32 => types::I32,
        ValType::I64 => types::I64,
        ValType::F32 => types::F32,
        ValType::F64 => types::F64,
        ValType::V128 => types::I8X16,
        ValType::FuncRef | ValType::ExternRef => types::I64,
    }
}

/// The signature of a function of the program.
pub fn signature(wasm: &Signature) -> ir::Signature {
    from_wasm(wasm, CallConv::Fast)
}

/// The same signature in the platform's C convention: what the shim calls and is called by. A
/// function with more than one result has no such form.
pub fn c_signature(wasm: &Signature) -> ir::Signature {
    from_wasm(wasm, CallConv::SystemV)
}

fn from_wasm(wasm: &Signature, convention: CallConv) -> ir::Signature {
    let types = |types: &[ValType]| {
        types
            .iter()
            .map(|&ty| AbiParam::new(value_type(ty)))
            .collect()
    };
    ir::Signature {
        params: types(&wasm.params),
        returns: types(&wasm.results),
        call_conv: convention,
    }
}

/// A signature in the platform's C convention from Cranelift types.
pub fn c_signature_of(params: &[ir::Type], result: Option<ir::Type>) -> ir::Signature {
    ir::Signature {
        params: params.iter().copied().map(AbiParam::new).collect(),
        returns: result.into_iter().map(AbiParam::new).collect(),
        call_conv: CallConv::SystemV,
    }
}
