//! The number of a directory's parent.
//!
//! The published adapter lists `..` with the number 0, as it doesn't know which it is. wasi-libc takes 0 for "not told" and asks for the entry's own
//! metadata instead, which for `..` leads out of what was granted: since 2023 its `scandir` fails, of any directory.
//! So `fd_readdir` gives `..` a number that says as little, and isn't 0.

use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    MemArg, Module, TypeSection, ValType,
};
use wasmparser::{
    CodeSectionReader, ExportSectionReader, FunctionSectionReader, ImportSectionReader, Parser,
    TypeRef, TypeSectionReader,
};

/// The function that is replaced.
pub const LIST: &str = "fd_readdir";

/// The parent's number.
const PARENT: i64 = -1;

/// Preview 1's `dirent`: `d_next`, `d_ino`, `d_namlen`, `d_type`; the name lies behind it.
const INODE: u64 = 8;
const LENGTH: u64 = 16;
const SIZE: i32 = 24;

/// The adapter with a number for `..`.
///
/// # Errors
///
/// An adapter that doesn't have what is changed.
pub fn numbered(adapter: &[u8]) -> Result<Vec<u8>, String> {
    let mut change = Change::default();
    let mut module = Module::new();
    change
        .parse_core_module(&mut module, Parser::new(0), adapter)
        .map_err(|error| error.to_string())?;
    if !change.done {
        return Err("the adapter's `fd_readdir` has changed".to_owned());
    }
    Ok(module.finish())
}

#[derive(Default)]
struct Change {
    types: u32,
    functions: u32,
    /// What was exported.
    list: Option<u32>,
    done: bool,
}

/// `fd_readdir(fd, buf, buf_len, cookie: u64, bufused: *mut usize) -> errno`.
fn listing(adapters: u32) -> Function {
    let [fd, buf, buf_len, cookie, used, error] = [0, 1, 2, 3, 4, 5];
    let align = |align, offset| MemArg {
        offset,
        align,
        memory_index: 0,
    };
    // The two bytes `..`.
    const NAME: i32 = 0x2e2e;
    let mut function = Function::new([(1, ValType::I32)]);
    let mut code = function.instructions();
    code.local_get(fd).local_get(buf).local_get(buf_len);
    code.local_get(cookie).local_get(used).call(adapters);
    code.local_tee(error).if_(BlockType::Empty);
    code.local_get(error).return_().end();
    // `buf_len` becomes the bytes that are left, from `buf` on.
    code.local_get(used)
        .i32_load(align(2, 0))
        .local_set(buf_len);
    code.block(BlockType::Empty).loop_(BlockType::Empty);
    // An entry that is cut off isn't read by anybody.
    code.local_get(buf_len)
        .i32_const(SIZE + 2)
        .i32_lt_u()
        .br_if(1);
    code.local_get(buf).i32_load(align(0, LENGTH));
    code.i32_const(2).i32_eq();
    code.local_get(buf).i32_load16_u(align(0, SIZE as u64));
    code.i32_const(NAME).i32_eq().i32_and();
    code.if_(BlockType::Empty);
    code.local_get(buf)
        .i64_const(PARENT)
        .i64_store(align(0, INODE));
    code.local_get(error).return_().end();
    // The next one. `fd` is of no more use.
    code.local_get(buf).i32_load(align(0, LENGTH));
    code.i32_const(SIZE).i32_add().local_tee(fd);
    code.local_get(buf_len).i32_gt_u().br_if(1);
    code.local_get(buf).local_get(fd).i32_add().local_set(buf);
    code.local_get(buf_len)
        .local_get(fd)
        .i32_sub()
        .local_set(buf_len);
    code.br(0).end().end();
    code.local_get(error).end();
    function
}

impl Reencode for Change {
    type Error = Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_type_section(self, types, section)?;
        self.types = types.len();
        let i32 = ValType::I32;
        types
            .ty()
            .function([i32, i32, i32, ValType::I64, i32], [i32]);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error> {
        for import in section.clone().into_imports() {
            self.functions += u32::from(matches!(import?.ty, TypeRef::Func(_)));
        }
        utils::parse_import_section(self, imports, section)
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_function_section(self, functions, section)?;
        self.functions += functions.len();
        functions.function(self.types);
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), Error> {
        for export in section {
            let export = export?;
            if export.name == LIST {
                self.list = Some(export.index);
                exports.export(LIST, ExportKind::Func, self.functions);
            } else {
                utils::parse_export(self, exports, export)?;
            }
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_code_section(self, code, section)?;
        if let Some(list) = self.list {
            code.function(&listing(list));
            self.done = true;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_preview1_component_adapter_provider as provider;
    use wasmparser::{Validator, WasmFeatures};

    #[test]
    fn both_adapters_can_be_changed() {
        for adapter in [
            provider::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
            provider::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
        ] {
            Validator::new_with_features(WasmFeatures::all())
                .validate_all(&numbered(adapter).unwrap())
                .unwrap();
        }
    }

    #[test]
    fn another_adapter_is_an_error() {
        let module = wat::parse_str(r#"(module (func (export "fd_write") (param i32)))"#).unwrap();
        assert!(numbered(&module).is_err());
    }
}
