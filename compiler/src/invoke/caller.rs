//! The caller's core module.
//!
//! It imports the lowered functions, and exports, for each call, a function without parameters and results that passes
//! the arguments, which are constants or lie in its memory. `realloc` takes from the end of what is laid out, and
//! each call starts there again: what a call has returned is gone with the next one.

use super::encode::{Arguments, Image};
use crate::program::{Signature, ValType};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, GlobalSection, GlobalType, ImportSection, MemArg, MemorySection,
    MemoryType, Module, TypeSection, ValType as CoreType,
};

/// The names of what the module exports.
pub(crate) const MEMORY: &str = "memory";
pub(crate) const REALLOC: &str = "realloc";

/// A call that the module makes.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The core type of the lowered function.
    pub(crate) signature: Signature,
    pub(crate) arguments: Arguments,
    /// Where the result goes: by a pointer if the signature has one more parameter than there are arguments, else
    /// stored by the caller.
    pub(crate) result: Option<u32>,
    /// What else is called with the memory's first address and its length, once the result is there: the import of
    /// this index, after the calls' own.
    pub(crate) report: bool,
}

/// The name of the function that makes call `index`.
pub(crate) fn name(index: usize) -> String {
    format!("call {index}")
}

/// The module that makes `calls`, with `image` in its memory. Import `index` of the module `""` is the function of
/// call `index`; if a call reports, one more import, `report`, is `[i32 i32] -> []`.
pub(crate) fn module(image: &Image, calls: &[Call]) -> Vec<u8> {
    let heap = (image.bytes.len().max(1) as u32).next_multiple_of(16);
    let reports = calls.iter().any(|call| call.report);
    let imported = calls.len() as u32 + u32::from(reports);

    let mut types = TypeSection::new();
    let mut imports = ImportSection::new();
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    let core = |types: &[ValType]| types.iter().map(|&ty| core_type(ty)).collect::<Vec<_>>();
    for (index, call) in (0..).zip(calls) {
        let signature = &call.signature;
        types
            .ty()
            .function(core(&signature.params), core(&signature.results));
        imports.import("", &index.to_string(), EntityType::Function(index));
    }
    let realloc_type = types.len();
    types.ty().function([CoreType::I32; 4], [CoreType::I32; 1]);
    let call_type = types.len();
    types.ty().function([], []);
    if reports {
        let report_type = types.len();
        types.ty().function([CoreType::I32; 2], []);
        imports.import("", "report", EntityType::Function(report_type));
    }

    functions.function(realloc_type);
    exports.export(REALLOC, ExportKind::Func, imported);
    code.function(&realloc());
    for (index, call) in calls.iter().enumerate() {
        functions.function(call_type);
        exports.export(&name(index), ExportKind::Func, imported + 1 + index as u32);
        code.function(&function(index as u32, call, heap, calls.len() as u32));
    }

    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: u64::from(heap).div_ceil(PAGE) + 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    exports.export(MEMORY, ExportKind::Memory, 0);
    let mut globals = GlobalSection::new();
    let next = GlobalType {
        val_type: CoreType::I32,
        mutable: true,
        shared: false,
    };
    globals.global(next, &ConstExpr::i32_const(heap as i32));
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(0), image.bytes.iter().copied());

    let mut module = Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&functions)
        .section(&memories)
        .section(&globals)
        .section(&exports)
        .section(&code)
        .section(&data);
    module.finish()
}

/// Bytes of a page.
const PAGE: u64 = 0x1_0000;

fn core_type(ty: ValType) -> CoreType {
    match ty {
        ValType::I64 => CoreType::I64,
        ValType::F32 => CoreType::F32,
        ValType::F64 => CoreType::F64,
        // The canonical ABI has no others.
        _ => CoreType::I32,
    }
}

fn at(offset: u32, align: u32) -> MemArg {
    MemArg {
        offset: u64::from(offset),
        align,
        memory_index: 0,
    }
}

/// The function that makes a call.
fn function(index: u32, call: &Call, heap: u32, report: u32) -> Function {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    code.i32_const(heap as i32).global_set(0);
    let by_pointer = call.signature.params.len() > call.arguments.values.len();
    if let (Some(result), false) = (call.result, by_pointer) {
        // The address that the result is stored at.
        code.i32_const(result as i32);
    }
    for &(ty, bits) in &call.arguments.values {
        match ty {
            ValType::I64 => code.i64_const(bits as i64),
            ValType::F32 => code.f32_const(f32::from_bits(bits as u32).into()),
            ValType::F64 => code.f64_const(f64::from_bits(bits).into()),
            _ => code.i32_const(bits as i32),
        };
    }
    if let (Some(result), true) = (call.result, by_pointer) {
        code.i32_const(result as i32);
    }
    code.call(index);
    match call.signature.results.first() {
        Some(ValType::I64) => code.i64_store(at(0, 3)),
        Some(ValType::F32) => code.f32_store(at(0, 2)),
        Some(ValType::F64) => code.f64_store(at(0, 3)),
        Some(_) => code.i32_store(at(0, 2)),
        None => &mut code,
    };
    if call.report {
        code.i32_const(0).global_get(0).call(report);
    }
    code.end();
    function
}

/// `realloc(old, old size, align, size)`: takes new memory, grows for it, and copies what there was.
fn realloc() -> Function {
    let (old, old_size, align, size, new, end) = (0, 1, 2, 3, 4, 5);
    let mut function = Function::new([(1, CoreType::I32), (1, CoreType::I64)]);
    let mut code = function.instructions();
    // new = (next + align - 1) & -align
    code.global_get(0).local_get(align).i32_add();
    code.i32_const(1).i32_sub();
    code.i32_const(0).local_get(align).i32_sub().i32_and();
    code.local_set(new);
    // end = new + size, in 64 bits
    code.local_get(new).i64_extend_i32_u();
    code.local_get(size).i64_extend_i32_u();
    code.i64_add().local_set(end);
    // Pages that are missing; more than there can be is a trap.
    code.local_get(end).i64_const(1 << 32).i64_ge_u();
    code.if_(BlockType::Empty).unreachable().end();
    code.local_get(end);
    code.memory_size(0).i64_extend_i32_u();
    code.i64_const(16).i64_shl().i64_gt_u();
    code.if_(BlockType::Empty);
    code.local_get(end).i64_const(PAGE as i64 - 1).i64_add();
    code.i64_const(16).i64_shr_u().i32_wrap_i64();
    code.memory_size(0).i32_sub().memory_grow(0);
    code.i32_const(-1).i32_eq();
    code.if_(BlockType::Empty).unreachable().end();
    code.end();
    code.local_get(end).i32_wrap_i64().global_set(0);
    // The smaller of the sizes is kept.
    code.local_get(new).local_get(old);
    code.local_get(old_size).local_get(size);
    code.local_get(old_size).local_get(size).i32_lt_u().select();
    code.memory_copy(0, 0);
    code.local_get(new).end();
    function
}
