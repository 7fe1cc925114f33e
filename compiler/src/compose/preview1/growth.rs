//! A module's memory as if the adapter took none of it.
//!
//! The adapter keeps a stack and its state in the program's memory, a page each, and arguments and variables. It gets room from the
//! program's `cabi_realloc`; a program made for preview 1 alone has none, and then the adapter grows the
//! memory. But an allocator that owns the memory may take everything up to `memory.size` when it is first
//! called (wasi-libc's did until the end of 2022, and is what Debian 12 has), or take it that what it grows the memory by
//! lies right behind what it had (Go's and Emscripten's): the adapter's pages too.
//! Program and adapter then write over each other.
//!
//! So the module gets the function that the adapter gets room from, which gives it pages of the memory's annex ([`crate::annex`]). Other hosts than
//! nanocc know no annex, and a component may be meant for them (`--emit=component`): there, the function grows the memory. For these the module
//! is also changed to see only what it had or grew itself:
//!
//! - a global holds the end of that, in pages, at first the memory's initial size;
//! - `memory.size` reads the global;
//! - `memory.grow` is a call that grows the memory and, where that succeeds, moves the end behind what is new.
//!   By nothing it answers as `memory.size`;
//! - the memory's maximum leaves room for the adapter's pages (with an annex it stays what it was).
//!
//! With an annex this changes nothing but that the memory ends before it.
//!
//! What was there keeps its bytes and its index, so that all else holds: additions come last in their
//! sections. Functions move by what was added before them, of which the module keeps a note ([`crate::moved`]).

use crate::annex;
use crate::moved::{self, Moved};
use nanocc_shim_abi::ANNEX_END;
use std::ops::Range;
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, CustomSection, Encode, ExportKind, Function, Instruction,
    InstructionSink, MemorySection, MemoryType, RawSection, SectionId, ValType,
};
use wasmparser::{
    Error, ExternalKind, FunctionBody, MemorySectionReader, Operator, Parser, Payload,
    SectionLimited, TypeRef,
};

/// How many pages the adapter grows a memory without an annex by: its stack's and its state's, and those for arguments and variables, if
/// one each is enough for them.
const ADAPTER_PAGES: u64 = 4;

/// What wit-component looks for, for the adapter to allocate by.
const ROOM: &str = "cabi_realloc_adapter";

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
    maximum: Option<u32>,
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
        shape.maximum = memory.maximum.map(|pages| pages as u32);
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
                        code.function(&self.room());
                        changed.section(&code);
                    }
                }
                continue;
            };
            if global_due && follows_globals(id) {
                let data = &[vec![2], self.new_globals().concat()].concat();
                let id = SectionId::Global as u8;
                changed.section(&RawSection { id, data });
                global_due = false;
            }
            let data = match payload {
                Payload::TypeSection(section) => {
                    let i32 = 0x7f;
                    let grow = &[0x60, 1, i32, 1, i32][..];
                    appended(
                        module,
                        &section,
                        &[grow, &[0x60, 4, i32, i32, i32, i32, 1, i32]],
                    )
                }
                Payload::FunctionSection(section) => {
                    let types = [self.types, self.types + 1].map(encoded);
                    appended(module, &section, &types)
                }
                Payload::ExportSection(section) => {
                    let mut export = Vec::new();
                    ROOM.encode(&mut export);
                    ExportKind::Func.encode(&mut export);
                    self.room_index().encode(&mut export);
                    appended(module, &section, &[&export])
                }
                Payload::MemorySection(section) => {
                    changed.section(&self.memories(section)?);
                    continue;
                }
                Payload::GlobalSection(section) => {
                    global_due = false;
                    appended(module, &section, &self.new_globals())
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
        changed.section(&CustomSection {
            name: annex::SECTION.into(),
            data: annex::request(self.memory, self.annex(), self.maximum).into(),
        });
        let moved = moved(module, changed.as_slice())?.encode();
        changed.section(&CustomSection {
            name: moved::SECTION.into(),
            data: moved.into(),
        });
        Ok(changed.finish())
    }

    /// The end of what the module knows of, and where the annex's free bytes begin, as items of the global section.
    fn new_globals(&self) -> [Vec<u8>; 2] {
        [self.initial, 0].map(|value| {
            let (i32, mutable) = (0x7f, 1);
            let mut global = vec![i32, mutable];
            ConstExpr::i32_const(value).encode(&mut global);
            global
        })
    }

    /// The second global's index.
    fn annex(&self) -> u32 {
        self.globals + 1
    }

    /// The index of [`Shape::room`].
    fn room_index(&self) -> u32 {
        self.functions + 1
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

    /// What the adapter allocates by, as a `realloc` that is only asked for what is new: whole pages, of the annex or else of the memory.
    fn room(&self) -> Function {
        const PAGE: i32 = 16;
        let (size, at) = (3, 4);
        let mut function = Function::new([(1, ValType::I32)]);
        let mut code = function.instructions();
        // In pages, of which there are too many where the sum comes round to 0.
        code.local_get(size).i32_const((1 << PAGE) - 1).i32_add();
        code.i32_const(PAGE).i32_shr_u().local_set(size);
        code.global_get(self.annex()).local_tee(at);
        code.if_(BlockType::Empty);
        let left = |code: &mut InstructionSink<'_>| {
            code.i32_const(ANNEX_END as u32 as i32).local_get(at);
            code.i32_sub().i32_const(PAGE).i32_shr_u();
        };
        code.local_get(size);
        left(&mut code);
        code.i32_gt_u().if_(BlockType::Empty).unreachable().end();
        code.local_get(at).local_get(size).i32_const(PAGE);
        code.i32_shl().i32_add().global_set(self.annex());
        code.local_get(at).return_().end();
        code.local_get(size).memory_grow(self.memory);
        code.local_tee(at).i32_const(-1).i32_eq();
        code.if_(BlockType::Empty).unreachable().end();
        code.local_get(at).i32_const(PAGE).i32_shl().end();
        function
    }
}

/// An index as it is encoded.
fn encoded(index: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    index.encode(&mut bytes);
    bytes
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

/// A section's contents with some items more.
fn appended<T>(
    module: &[u8],
    section: &SectionLimited<'_, T>,
    items: &[impl AsRef<[u8]>],
) -> Vec<u8> {
    let mut data = Vec::new();
    (section.count() + items.len() as u32).encode(&mut data);
    data.extend(slice(
        module,
        section.original_position()..section.range().end,
    ));
    items.iter().for_each(|item| data.extend(item.as_ref()));
    data
}

/// A range that the parser told of `module`.
fn slice(module: &[u8], range: Range<u64>) -> &[u8] {
    module
        .get(range.start as usize..range.end as usize)
        .unwrap_or_default()
}
