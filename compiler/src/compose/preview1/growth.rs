//! A module's memory as if the adapter took none of it.
//!
//! The adapter keeps a stack and its state in the program's memory, a page each, and arguments and variables. It gets room from the
//! program's `cabi_realloc`; a program made for preview 1 alone has none, and then the adapter grows the
//! memory. But an allocator that owns the memory may take everything up to `memory.size` when it is first
//! called (wasi-libc's did until the end of 2022, and is what Debian 12 has): the adapter's pages too.
//! Program and adapter then write over each other.
//!
//! So the module is changed to see only what it had or grew itself:
//!
//! - a global holds the end of that, in pages, at first the memory's initial size;
//! - `memory.size` reads the global;
//! - `memory.grow` is a call that grows the memory and, where that succeeds, moves the end behind what is new.
//!   By nothing it answers as `memory.size`;
//! - the memory's maximum leaves room for the adapter's pages.
//!
//! What was there keeps its bytes and its index, so that all else holds: additions come last in their
//! sections. Functions move by what was added before them, of which the module keeps a note ([`crate::moved`]).

use crate::moved::{self, Moved};
use std::ops::Range;
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, CustomSection, Encode, Function, Instruction, MemorySection,
    MemoryType, RawSection, SectionId, ValType,
};
use wasmparser::{
    Error, ExternalKind, FunctionBody, MemorySectionReader, Operator, Parser, Payload,
    SectionLimited, TypeRef,
};

/// How many pages the adapter grows a memory by: its stack's and its state's, and those for arguments and variables, if
/// one each is enough for them.
const ADAPTER_PAGES: u64 = 4;

/// The most pages a memory can have.
const MAX_PAGES: u64 = 1 << 16;

/// The changed module, which is valid if `module` is; `None` where nothing needs to be changed.
///
/// # Errors
///
/// A module that doesn't parse.
pub fn hidden(module: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    match Shape::read(module)? {
        Some(shape) => shape.change(module).map(Some),
        None => Ok(None),
    }
}

/// What the additions' indices follow from.
#[derive(Debug, Default)]
struct Shape {
    types: u32,
    functions: u32,
    globals: u32,
    /// The exported memory, and how many pages it has at first.
    memory: u32,
    initial: i32,
}

impl Shape {
    /// `None` for a module whose memory has no maximum and that never asks for its size, or whose memory isn't what the
    /// adapter can use.
    fn read(module: &[u8]) -> Result<Option<Shape>, Error> {
        let mut shape = Shape::default();
        let (mut memories, mut exported, mut asks) = (Vec::new(), None, false);
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(groups) => {
                    for group in groups {
                        shape.types += group?.types().len() as u32;
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        match import?.ty {
                            TypeRef::Func(_) | TypeRef::FuncExact(_) => shape.functions += 1,
                            TypeRef::Global(_) => shape.globals += 1,
                            TypeRef::Memory(_) => return Ok(None),
                            _ => {}
                        }
                    }
                }
                Payload::FunctionSection(functions) => shape.functions += functions.count(),
                Payload::MemorySection(section) => {
                    memories = section.into_iter().collect::<Result<Vec<_>, _>>()?;
                }
                Payload::GlobalSection(globals) => shape.globals += globals.count(),
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if export.kind == ExternalKind::Memory && export.name == "memory" {
                            exported = Some(export.index);
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    if let (Some(memory), false) = (exported, asks) {
                        asks = !asking(&body, memory)?.is_empty();
                    }
                }
                _ => {}
            }
        }
        let Some(index) = exported else {
            return Ok(None);
        };
        let Some(memory) = memories.get(index as usize) else {
            return Ok(None);
        };
        let plain = !memory.memory64 && !memory.shared && memory.page_size_log2.is_none();
        shape.memory = index;
        shape.initial = memory.initial as i32;
        // One that has a maximum and never asks may be as large as it can be already.
        let changes = asks || memory.maximum.is_some();
        Ok((changes && plain).then_some(shape))
    }

    fn change(&self, module: &[u8]) -> Result<Vec<u8>, Error> {
        let mut changed = wasm_encoder::Module::new();
        let mut code = CodeSection::new();
        let (mut bodies, mut global_due) = (0, true);
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload?;
            let Some((id, range)) = payload.as_section() else {
                if let Payload::CodeSectionEntry(body) = payload {
                    code.raw(&self.body(module, &body)?);
                    if code.len() == bodies {
                        code.function(&self.grow());
                        changed.section(&code);
                    }
                }
                continue;
            };
            if global_due && follows_globals(id) {
                let data = &[&[1], &*self.global()].concat();
                let id = SectionId::Global as u8;
                changed.section(&RawSection { id, data });
                global_due = false;
            }
            let data = match payload {
                Payload::TypeSection(section) => {
                    let i32 = 0x7f;
                    appended(module, &section, &[0x60, 1, i32, 1, i32])
                }
                Payload::FunctionSection(section) => {
                    let mut ty = Vec::new();
                    self.types.encode(&mut ty);
                    appended(module, &section, &ty)
                }
                Payload::MemorySection(section) => {
                    changed.section(&self.memories(section)?);
                    continue;
                }
                Payload::GlobalSection(section) => {
                    global_due = false;
                    appended(module, &section, &self.global())
                }
                Payload::CodeSectionStart { count, .. } => {
                    bodies = count;
                    continue;
                }
                _ => slice(module, range).to_vec(),
            };
            let data = &data;
            changed.section(&RawSection { id, data });
        }
        let moved = moved(module, changed.as_slice())?.encode();
        changed.section(&CustomSection {
            name: moved::SECTION.into(),
            data: moved.into(),
        });
        Ok(changed.finish())
    }

    /// The end of what the module knows of, as an item of the global section.
    fn global(&self) -> Vec<u8> {
        let (i32, mutable) = (0x7f, 1);
        let mut global = vec![i32, mutable];
        ConstExpr::i32_const(self.initial).encode(&mut global);
        global
    }

    fn memories(&self, section: MemorySectionReader<'_>) -> Result<MemorySection, Error> {
        let mut memories = MemorySection::new();
        for (index, memory) in section.into_iter().enumerate() {
            let memory = memory?;
            let mut maximum = memory.maximum;
            if index as u32 == self.memory {
                maximum = maximum.map(|pages| (pages + ADAPTER_PAGES).min(MAX_PAGES));
            }
            memories.memory(MemoryType {
                minimum: memory.initial,
                maximum,
                memory64: memory.memory64,
                shared: memory.shared,
                page_size_log2: memory.page_size_log2,
            });
        }
        Ok(memories)
    }

    /// A function's body that asks the global and the function in place of the memory.
    fn body(&self, module: &[u8], body: &FunctionBody<'_>) -> Result<Vec<u8>, Error> {
        let range = body.range();
        let (mut copied, mut bytes) = (range.start, Vec::new());
        for (ask, at) in asking(body, self.memory)? {
            bytes.extend(slice(module, copied..at.start));
            match ask {
                Ask::Size => Instruction::GlobalGet(self.globals).encode(&mut bytes),
                Ask::Grow => Instruction::Call(self.functions).encode(&mut bytes),
            }
            copied = at.end;
        }
        bytes.extend(slice(module, copied..range.end));
        Ok(bytes)
    }

    /// What `memory.grow` becomes: a function of the pages to grow by.
    fn grow(&self) -> Function {
        let (pages, before, end) = (0, 1, self.globals);
        let mut function = Function::new([(1, ValType::I32)]);
        let mut code = function.instructions();
        code.local_get(pages).i32_eqz();
        code.if_(BlockType::Empty).global_get(end).return_().end();
        code.local_get(pages).memory_grow(self.memory);
        code.local_tee(before).i32_const(-1).i32_ne();
        code.if_(BlockType::Empty);
        code.local_get(before).local_get(pages).i32_add();
        code.global_set(end).end();
        code.local_get(before).end();
        function
    }
}

/// How far each function of `module` lies from where it was, in `changed`.
fn moved(module: &[u8], changed: &[u8]) -> Result<Moved, Error> {
    let bodies = |module| -> Result<Vec<u32>, Error> {
        let mut starts = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            if let Payload::CodeSectionEntry(body) = payload? {
                starts.push(body.range().start as u32);
            }
        }
        Ok(starts)
    };
    let mut moved = Moved::default();
    for (before, now) in bodies(module)?.into_iter().zip(bodies(changed)?) {
        moved.push(now, now.saturating_sub(before));
    }
    Ok(moved)
}

/// An instruction that asks about the memory, or for more of it.
#[derive(Debug, Clone, Copy)]
enum Ask {
    Size,
    Grow,
}

/// Where in the module `body` asks.
fn asking(body: &FunctionBody<'_>, memory: u32) -> Result<Vec<(Ask, Range<u64>)>, Error> {
    let mut asks = Vec::new();
    // Most bodies don't hold such an instruction's first two bytes (the number's length may vary, not its
    // low bits), and needn't be decoded.
    let low = (memory & 0x7f) as u8;
    let may_ask = |pair: &[u8]| matches!(pair, [0x3f | 0x40, number] if number & 0x7f == low);
    if !body.as_bytes().windows(2).any(may_ask) {
        return Ok(asks);
    }
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        let (operator, start) = operators.read_with_offset()?;
        let ask = match operator {
            Operator::MemorySize { mem } if mem == memory => Ask::Size,
            Operator::MemoryGrow { mem } if mem == memory => Ask::Grow,
            _ => continue,
        };
        asks.push((ask, start..operators.original_position()));
    }
    Ok(asks)
}

/// Whether a section comes after the one of the globals.
fn follows_globals(id: u8) -> bool {
    // A tag section comes before it, whatever its number.
    id > SectionId::Global as u8 && id != SectionId::Tag as u8
}

/// A section's contents with one item more.
fn appended<T>(module: &[u8], section: &SectionLimited<'_, T>, item: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    (section.count() + 1).encode(&mut data);
    data.extend(slice(
        module,
        section.original_position()..section.range().end,
    ));
    data.extend(item);
    data
}

/// A range that the parser told of `module`.
fn slice(module: &[u8], range: Range<u64>) -> &[u8] {
    module
        .get(range.start as usize..range.end as usize)
        .unwrap_or_default()
}
