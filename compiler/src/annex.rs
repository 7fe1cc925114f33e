//! Annexes: bytes of a memory that its module doesn't know of.
//!
//! A module made for WASI preview 1 shares its memory with the adapter ([`crate::compose::preview1`]), which needs some of it for
//! itself. Anywhere within what `memory.size` counts it would be in the way: there are allocators which take it
//! that what `memory.grow` adds begins where the memory ended when they last looked (Go's and Emscripten's). So a memory may have an annex: the 255
//! pages before the last that a 32-bit address reaches. They are there from the start, zero, at no cost until they are used; the memory grows up to
//! them at most. `memory.size` and limits on memory don't count them.
//!
//! A module asks for one by a custom section, [`SECTION`], of LEB128 numbers: the memory's index and a global's, both defined by the module, the global
//! a mutable `i32` that begins as 0. It begins as the annex's address instead. So the module itself does without wherever the section means nothing; and
//! as a memory then needs more pages, there may be another number, the maximum that it has with an annex.
//! A module that asks for what can't be gets none, as with names; one that asks without need harms nobody, since the annex
//! lies in its own memory's slot.

use crate::program::{ConstExpr, ConstOp, Module, ValType};
use nanocc_shim_abi::{ANNEX_START, WASM_PAGE};
use wasm_encoder::Encode;
use wasmparser::BinaryReader;

/// The custom section's name.
pub const SECTION: &str = "nanocc:annex";

/// The section's contents. `maximum` is in pages.
pub fn request(memory: u32, global: u32, maximum: Option<u32>) -> Vec<u8> {
    let mut data = Vec::new();
    for number in [Some(memory), Some(global), maximum].into_iter().flatten() {
        number.encode(&mut data);
    }
    data
}

/// Gives the module the annex that its section's contents ask for, if that can be.
pub fn give(module: &mut Module<'_>, data: &[u8]) {
    let mut reader = BinaryReader::new(data, 0);
    let (Ok(memory), Ok(global)) = (reader.read_var_u32(), reader.read_var_u32()) else {
        return;
    };
    let defined = memory >= module.imported.memories && global >= module.imported.globals;
    let init = global.wrapping_sub(module.imported.globals) as usize;
    let (Some(memory), Some(ty), Some(init)) = (
        module.memories.get_mut(memory as usize),
        module.globals.get(global as usize),
        module.global_inits.get_mut(init),
    ) else {
        return;
    };
    let pages = (ANNEX_START / WASM_PAGE) as u32;
    let zero = matches!(init.0[..], [ConstOp::I32(0)]);
    if !(defined && zero && ty.mutable && ty.ty == ValType::I32) || memory.initial > pages {
        return;
    }
    if let Ok(maximum) = reader.read_var_u32() {
        memory.maximum = Some(maximum.max(memory.initial));
    }
    memory.annex = true;
    *init = ConstExpr(vec![ConstOp::I32(ANNEX_START as u32 as i32)]);
}
