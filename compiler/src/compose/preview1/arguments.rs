//! Arguments and variables of any size.
//!
//! The published adapter takes them in a part of its state, a page: more than about 55 KB in one of them, 6,900 arguments
//! or 3,400 variables, and it traps in its `realloc` before the program has begun. No shell stops there, and no
//! other host of preview 1.
//!
//! So the four functions that hand them out are replaced. The first that is asked calls WASI 0.2's once, and what comes
//! back is kept where it was put: in pages for which the adapter asks as for its state, one by one; each lies behind the one before, since nobody else
//! asks meanwhile. The adapter's `realloc` goes there while that call lasts, and is the adapter's own otherwise.
//!
//! A list of arguments is pairs of an address and a length; one of variables is pairs of such pairs, a name and a value. Either
//! is read as one list of strings: behind the last of an entry comes a NUL, behind another `=`.

use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, ImportSection, InstructionSink, MemArg, Module, TypeSection,
    ValType,
};
use wasmparser::{
    CodeSectionReader, ExportSectionReader, FunctionSectionReader, GlobalSectionReader,
    ImportSectionReader, Parser, TypeRef, TypeSectionReader,
};

/// Bytes of a page of memory, as a shift.
const PAGE: i32 = 16;

/// A list that WASI 0.2 tells of, and what preview 1 has for it.
struct List {
    /// The function of `wasi:cli/environment`.
    from: &'static str,
    /// Preview 1's, for how many and how long.
    sizes: &'static str,
    /// Preview 1's, for the list itself.
    get: &'static str,
    /// How many strings an entry has: a power of two.
    strings: i32,
}

const LISTS: [List; 2] = [
    List {
        from: "get-arguments",
        sizes: "args_sizes_get",
        get: "args_get",
        strings: 1,
    },
    List {
        from: "get-environment",
        sizes: "environ_sizes_get",
        get: "environ_get",
        strings: 2,
    },
];

/// What wit-component has lists and strings allocated by.
const REALLOC: &str = "cabi_import_realloc";

/// What the adapter imports to get pages by: module and name.
const ROOM: (&str, &str) = ("__main_module__", "cabi_realloc");

/// Whether a function of preview 1 is one of those that are replaced.
pub fn hands_out(name: &str) -> bool {
    LISTS
        .iter()
        .any(|list| [list.sizes, list.get].contains(&name))
}

/// The adapter with room for arguments and variables of any size.
///
/// # Errors
///
/// An adapter that doesn't have what is changed.
pub fn unbounded(adapter: &[u8]) -> Result<Vec<u8>, String> {
    let mut change = Change::default();
    let mut module = Module::new();
    change
        .parse_core_module(&mut module, Parser::new(0), adapter)
        .map_err(|error| error.to_string())?;
    if change.done != Change::ALL {
        return Err("the adapter's arguments have changed".to_owned());
    }
    Ok(module.finish())
}

#[derive(Default)]
struct Change {
    types: u32,
    functions: u32,
    globals: u32,
    /// The import for each of [`LISTS`].
    from: [Option<u32>; 2],
    /// What was exported as [`REALLOC`].
    realloc: Option<u32>,
    /// [`ROOM`].
    room: Option<u32>,
    /// How many exports lead to a new function, and whether those are there.
    done: (u32, bool),
}

impl Change {
    const ALL: (u32, bool) = (5, true);

    // New globals, in their order: where the next allocation goes; where the pages for them end, and 0 when nothing is
    // being collected; where each list's answer is, and 0 before it was asked for.
    fn next(&self) -> u32 {
        self.globals
    }
    fn end(&self) -> u32 {
        self.globals + 1
    }
    fn answer(&self, list: u32) -> u32 {
        self.globals + 2 + list
    }

    // New functions, in their order: `realloc`, and three for each list.
    fn collect(&self, list: u32) -> u32 {
        self.functions + 1 + 3 * list
    }
    fn sizes(&self, list: u32) -> u32 {
        self.collect(list) + 1
    }
    fn get(&self, list: u32) -> u32 {
        self.collect(list) + 2
    }

    /// `realloc`: while something is being collected, room behind what was; otherwise `adapter`'s.
    fn allocated(&self, adapter: u32, room: u32) -> Function {
        const ALIGN: u32 = 2;
        const SIZE: u32 = 3;
        let (next, end) = (self.next(), self.end());
        let mut function = Function::new([]);
        let mut code = function.instructions();
        code.global_get(end).i32_eqz().if_(BlockType::Empty);
        code.local_get(0).local_get(1).local_get(2).local_get(3);
        code.call(adapter).return_().end();
        // The alignment is a power of two. The address is kept in its place.
        code.global_get(next).local_get(ALIGN).i32_add();
        code.i32_const(1).i32_sub();
        code.i32_const(0).local_get(ALIGN).i32_sub().i32_and();
        code.local_tee(ALIGN).local_get(SIZE).i32_add();
        code.global_set(next);
        // A sum that came round is no address behind the one before.
        code.global_get(next).local_get(ALIGN).i32_lt_u();
        code.if_(BlockType::Empty).unreachable().end();
        code.block(BlockType::Empty).loop_(BlockType::Empty);
        code.global_get(next).global_get(end).i32_le_u().br_if(1);
        page(&mut code, room);
        code.i32_const(1 << PAGE).i32_add().global_set(end);
        code.br(0).end().end();
        code.local_get(ALIGN).end();
        function
    }

    /// Asks for a list, unless it was.
    fn collected(&self, list: u32, from: u32, room: u32) -> Function {
        /// Where the answer goes, in the new page: not at its start, which could be the address 0.
        const AT: i32 = 8;
        let (next, end, answer) = (self.next(), self.end(), self.answer(list));
        let mut function = Function::new([]);
        let mut code = function.instructions();
        code.global_get(answer);
        code.if_(BlockType::Empty).return_().end();
        page(&mut code, room);
        code.i32_const(AT).i32_add().global_set(answer);
        code.global_get(answer).i32_const(8).i32_add();
        code.global_set(next);
        code.global_get(answer).i32_const((1 << PAGE) - AT);
        code.i32_add().global_set(end);
        code.global_get(answer).call(from);
        code.i32_const(0).global_set(end).end();
        function
    }

    /// Preview 1's `sizes(count: *mut usize, bytes: *mut usize) -> errno`.
    fn told(&self, list: u32) -> Function {
        let [count, bytes, at, end, sum] = [0, 1, 2, 3, 4];
        let mut function = Function::new([(3, ValType::I32)]);
        let mut code = function.instructions();
        self.strings(&mut code, list, at, end);
        // Every string has one byte behind it.
        code.local_get(sum).local_get(at).i32_load(word(4));
        code.i32_add().i32_const(1).i32_add().local_set(sum);
        next_string(&mut code, at);
        code.local_get(count).global_get(self.answer(list));
        code.i32_load(word(4)).i32_store(word(0));
        code.local_get(bytes).local_get(sum).i32_store(word(0));
        code.i32_const(0).end();
        function
    }

    /// Preview 1's `get(entries: *mut *mut u8, bytes: *mut u8) -> errno`.
    fn copied(&self, list: u32) -> Function {
        let [entries, bytes, at, end, length, index] = [0, 1, 2, 3, 4, 5];
        let last = LISTS[list as usize].strings - 1;
        let mut function = Function::new([(4, ValType::I32)]);
        let mut code = function.instructions();
        self.strings(&mut code, list, at, end);
        code.local_get(index).i32_const(last).i32_and().i32_eqz();
        code.if_(BlockType::Empty);
        code.local_get(entries).local_get(bytes).i32_store(word(0));
        code.local_get(entries).i32_const(4).i32_add();
        code.local_set(entries).end();
        code.local_get(bytes).local_get(at).i32_load(word(0));
        code.local_get(at).i32_load(word(4)).local_tee(length);
        code.memory_copy(0, 0);
        code.local_get(bytes).local_get(length).i32_add();
        code.local_tee(bytes);
        code.i32_const(0).i32_const(i32::from(b'='));
        code.local_get(index).i32_const(last).i32_and();
        code.i32_const(last).i32_eq().select();
        code.i32_store8(MemArg {
            align: 0,
            ..word(0)
        });
        code.local_get(bytes).i32_const(1).i32_add();
        code.local_set(bytes);
        code.local_get(index).i32_const(1).i32_add();
        code.local_set(index);
        next_string(&mut code, at);
        code.i32_const(0).end();
        function
    }

    /// Collects a list and begins a loop over its strings, with `at` at the first; [`next_string`] ends it.
    fn strings(&self, code: &mut InstructionSink<'_>, list: u32, at: u32, end: u32) {
        code.call(self.collect(list));
        code.global_get(self.answer(list)).i32_load(word(0));
        code.local_tee(at);
        code.global_get(self.answer(list)).i32_load(word(4));
        code.i32_const(8 * LISTS[list as usize].strings);
        code.i32_mul().i32_add().local_set(end);
        code.block(BlockType::Empty).loop_(BlockType::Empty);
        code.local_get(at).local_get(end).i32_eq().br_if(1);
    }
}

/// Ends the loop that [`Change::strings`] begins.
fn next_string(code: &mut InstructionSink<'_>, at: u32) {
    code.local_get(at).i32_const(8).i32_add().local_set(at);
    code.br(0).end().end();
}

/// Asks for a page: its address is on the stack.
fn page(code: &mut InstructionSink<'_>, room: u32) {
    code.i32_const(0).i32_const(0).i32_const(8);
    code.i32_const(1 << PAGE).call(room);
}

/// An aligned word at an offset.
const fn word(offset: u64) -> MemArg {
    MemArg {
        offset,
        align: 2,
        memory_index: 0,
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
        types.ty().function([], []);
        types
            .ty()
            .function([ValType::I32, ValType::I32], [ValType::I32]);
        types.ty().function([ValType::I32; 4], [ValType::I32]);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error> {
        for import in section.clone().into_imports() {
            let import = import?;
            if let TypeRef::Func(_) = import.ty {
                if import.module.starts_with("wasi:cli/environment@") {
                    for (list, from) in LISTS.iter().zip(&mut self.from) {
                        if list.from == import.name {
                            *from = Some(self.functions);
                        }
                    }
                }
                if (import.module, import.name) == ROOM {
                    self.room = Some(self.functions);
                }
                self.functions += 1;
            } else if let TypeRef::Global(_) = import.ty {
                self.globals += 1;
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
        functions.function(self.types + 2);
        for _ in LISTS {
            functions.function(self.types);
            functions.function(self.types + 1);
            functions.function(self.types + 1);
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
        let address = GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        };
        for _ in 0..2 + LISTS.len() {
            globals.global(address, &ConstExpr::i32_const(0));
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
            let mut function = None;
            if export.name == REALLOC {
                self.realloc = Some(export.index);
                function = Some(self.functions);
            }
            for (list, index) in LISTS.iter().zip(0..) {
                if export.name == list.sizes {
                    function = Some(self.sizes(index));
                } else if export.name == list.get {
                    function = Some(self.get(index));
                }
            }
            match function {
                Some(function) => {
                    exports.export(export.name, ExportKind::Func, function);
                    self.done.0 += 1;
                }
                None => utils::parse_export(self, exports, export)?,
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
        if let (Some(realloc), Some(room), [Some(arguments), Some(variables)]) =
            (self.realloc, self.room, self.from)
        {
            code.function(&self.allocated(realloc, room));
            for (list, from) in [arguments, variables].into_iter().enumerate() {
                let list = list as u32;
                code.function(&self.collected(list, from, room));
                code.function(&self.told(list));
                code.function(&self.copied(list));
            }
            self.done.1 = true;
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
            let changed = unbounded(adapter).unwrap();
            Validator::new_with_features(WasmFeatures::all())
                .validate_all(&changed)
                .unwrap();
        }
    }

    #[test]
    fn another_adapter_is_an_error() {
        let module = wat::parse_str(
            r#"(module
                (import "wasi:cli/environment@0.2.0" "get-arguments" (func (param i32)))
                (func (export "args_get") (param i32 i32) (result i32) i32.const 0))"#,
        )
        .unwrap();
        assert!(unbounded(&module).is_err());
    }
}
