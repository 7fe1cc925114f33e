//! One position in a file, whether it is read or written.
//!
//! The published adapter reads and writes a file by two streams of WASI 0.2, each of which goes on where it itself has come
//! to. A program that reads a few bytes, writes some and reads on, without seeking in between, then reads what it has
//! just written. The position that the adapter keeps besides is right, and `fd_seek` drops the streams. So the file is
//! sought to where it is whenever reading turns to writing, or back.
//!
//! Which it was last is a bit for each of the 128 descriptors that the adapter has room for: set for writing. A descriptor
//! that is new finds what the one before it left, and the worst of it is a seek too many; but one that takes another's
//! number has streams already, and is sought at once.
//!
//! A stream of WASI 0.2 that has come to its end or has failed is closed for good. But a file's end is only where it ends now: who reads on
//! finds what has been written there since; and who writes again, the disk being full no longer, succeeds. So a file whose end was
//! read, or with which something failed, is sought to where it is as well. And so is one whose flags are set: a stream that appends is another
//! one.

use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, MemArg, Module, TypeSection, ValType,
};
use wasmparser::{
    CodeSectionReader, ExportSectionReader, FunctionSectionReader, GlobalSectionReader,
    ImportSectionReader, KnownCustom, Name, NameSectionReader, Parser, Payload, TypeRef,
    TypeSectionReader,
};

/// The functions that are replaced.
const READ: &str = "fd_read";
const WRITE: &str = "fd_write";
const RENUMBER: &str = "fd_renumber";
const FLAGS: &str = "fd_fdstat_set_flags";

const SEEK: &str = "fd_seek";

/// Whether a program with these functions of preview 1 needs the change.
pub fn needed(uses: impl Fn(&str) -> bool) -> bool {
    uses(READ) || uses(WRITE)
}

/// The adapter with one position for a file.
///
/// # Errors
///
/// An adapter that doesn't have what is changed.
pub fn shared(adapter: &[u8]) -> Result<Vec<u8>, String> {
    let changed = || "the adapter's `fd_read` has changed".to_owned();
    let mut change = Change {
        stack: stack_pointer(adapter).ok_or_else(changed)?,
        ..Change::default()
    };
    let mut module = Module::new();
    change
        .parse_core_module(&mut module, Parser::new(0), adapter)
        .map_err(|error| error.to_string())?;
    change.done.then(|| module.finish()).ok_or_else(changed)
}

/// The global that is the stack pointer, which wit-component too knows by its name.
fn stack_pointer(adapter: &[u8]) -> Option<u32> {
    for payload in Parser::new(0).parse_all(adapter) {
        let Payload::CustomSection(section) = payload.ok()? else {
            continue;
        };
        let KnownCustom::Name(names) = section.as_known() else {
            continue;
        };
        let names: NameSectionReader<'_> = names;
        for names in names {
            if let Name::Global(names) = names.ok()? {
                for naming in names {
                    let naming = naming.ok()?;
                    if naming.name == "__stack_pointer" {
                        return Some(naming.index);
                    }
                }
            }
        }
    }
    None
}

#[derive(Default)]
struct Change {
    stack: u32,
    types: u32,
    functions: u32,
    globals: u32,
    read: Option<u32>,
    write: Option<u32>,
    renumber: Option<u32>,
    flags: Option<u32>,
    seek: Option<u32>,
    done: bool,
}

impl Change {
    // New functions, in their order.
    fn settle(&self) -> u32 {
        self.functions
    }
    fn turn(&self) -> u32 {
        self.functions + 1
    }
    /// The first of [`READ`], [`WRITE`], [`RENUMBER`] and [`FLAGS`].
    fn replaced(&self) -> u32 {
        self.functions + 2
    }

    /// `settle(fd)`: seeks to where the file is. What can't be sought has no streams that know a position.
    fn settling(&self, seek: u32) -> Function {
        /// `whence.cur`.
        const HERE: i32 = 1;
        /// Room for the position that `fd_seek` tells, and the stack's alignment.
        const ROOM: i32 = 16;
        let [fd, room] = [0, 1];
        let mut function = Function::new([(1, ValType::I32)]);
        let mut code = function.instructions();
        code.global_get(self.stack).i32_const(ROOM).i32_sub();
        code.local_tee(room).global_set(self.stack);
        code.local_get(fd).i64_const(0).i32_const(HERE);
        code.local_get(room).call(seek).drop();
        code.local_get(room).i32_const(ROOM).i32_add();
        code.global_set(self.stack).end();
        function
    }

    /// `turn(fd, writes)`: settles the file unless it was the same the last time.
    fn turning(&self) -> Function {
        let [fd, writes] = [0, 1];
        let mut function = Function::new([]);
        let mut code = function.instructions();
        for (word, globals) in (0..2).zip(self.globals..) {
            // A shift is by the lower six bits of the number.
            code.local_get(fd).i32_const(6).i32_shr_u();
            code.i32_const(word).i32_eq().if_(BlockType::Empty);
            code.global_get(globals);
            code.local_get(fd).i64_extend_i32_u().i64_shr_u();
            code.i64_const(1).i64_and();
            code.local_get(writes).i64_ne().if_(BlockType::Empty);
            code.global_get(globals).i64_const(1);
            code.local_get(fd).i64_extend_i32_u().i64_shl();
            code.i64_xor().global_set(globals);
            code.local_get(fd).call(self.settle());
            code.end().end();
        }
        code.end();
        function
    }

    /// [`READ`] or [`WRITE`].
    fn transferring(&self, writes: bool, adapters: u32) -> Function {
        let [fd, vectors, count, transferred, error] = [0, 1, 2, 3, 4];
        let mut function = Function::new([(1, ValType::I32)]);
        let mut code = function.instructions();
        code.local_get(fd).i64_const(writes.into());
        code.call(self.turn());
        code.local_get(fd).local_get(vectors);
        code.local_get(count).local_get(transferred);
        code.call(adapters).local_set(error);
        code.local_get(error);
        if !writes {
            // Where it succeeded, it has said how much it read.
            let result = MemArg {
                offset: 0,
                align: 2,
                memory_index: 0,
            };
            code.if_(BlockType::Result(ValType::I32)).i32_const(1);
            code.else_().local_get(transferred).i32_load(result);
            code.i32_eqz().end();
        }
        code.if_(BlockType::Empty);
        code.local_get(fd).call(self.settle()).end();
        code.local_get(error).end();
        function
    }

    /// [`RENUMBER`] or [`FLAGS`], of two arguments, of which `settled` is the file.
    fn settling_after(&self, adapters: u32, settled: u32) -> Function {
        let error = 2;
        let mut function = Function::new([(1, ValType::I32)]);
        let mut code = function.instructions();
        code.local_get(0).local_get(1).call(adapters);
        code.local_tee(error).i32_eqz().if_(BlockType::Empty);
        code.local_get(settled).call(self.settle()).end();
        code.local_get(error).end();
        function
    }
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
        types.ty().function([ValType::I32], []);
        types.ty().function([ValType::I32, ValType::I64], []);
        types.ty().function([ValType::I32; 4], [ValType::I32]);
        types.ty().function([ValType::I32; 2], [ValType::I32]);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut wasm_encoder::ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error> {
        for import in section.clone().into_imports() {
            match import?.ty {
                TypeRef::Func(_) => self.functions += 1,
                TypeRef::Global(_) => self.globals += 1,
                _ => {}
            }
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
        for new in [0, 1, 2, 2, 3, 3] {
            functions.function(self.types + new);
        }
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_global_section(self, globals, section)?;
        self.globals += globals.len();
        let bits = GlobalType {
            val_type: ValType::I64,
            mutable: true,
            shared: false,
        };
        for _ in 0..2 {
            globals.global(bits, &ConstExpr::i64_const(0));
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), Error> {
        for export in section {
            let export = export?;
            let (place, new) = match export.name {
                READ => (&mut self.read, 0),
                WRITE => (&mut self.write, 1),
                RENUMBER => (&mut self.renumber, 2),
                FLAGS => (&mut self.flags, 3),
                name => {
                    if name == SEEK {
                        self.seek = Some(export.index);
                    }
                    utils::parse_export(self, exports, export)?;
                    continue;
                }
            };
            *place = Some(export.index);
            exports.export(export.name, ExportKind::Func, self.replaced() + new);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_code_section(self, code, section)?;
        let replaced = [self.read, self.write, self.renumber, self.flags];
        if let ([Some(read), Some(write), Some(renumber), Some(flags)], Some(seek)) =
            (replaced, self.seek)
        {
            code.function(&self.settling(seek));
            code.function(&self.turning());
            code.function(&self.transferring(false, read));
            code.function(&self.transferring(true, write));
            code.function(&self.settling_after(renumber, 1));
            code.function(&self.settling_after(flags, 0));
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
            let changed = shared(adapter).unwrap();
            Validator::new_with_features(WasmFeatures::all())
                .validate_all(&changed)
                .unwrap();
        }
    }

    #[test]
    fn another_adapter_is_an_error() {
        let module = wat::parse_str(
            r#"(module
                (global $__stack_pointer (mut i32) (i32.const 0))
                (func (export "fd_read") (param i32 i32 i32 i32) (result i32) i32.const 0))"#,
        )
        .unwrap();
        assert!(shared(&module).is_err());
    }
}
