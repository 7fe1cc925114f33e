//! Core modules: from sections to `program::Module`, and what an instance of one defines.

use super::ast::malformed;
use crate::annex;
use crate::error::{Error, Place, Result};
use crate::moved::{self, Moved};
use crate::program::*;
use cranelift_entity::PrimaryMap;
use indexmap::IndexMap;
use std::collections::HashMap;
use wasmparser::{
    CompositeInnerType, DataKind, ElementItems, ElementKind, ExternalKind, HeapType, KnownCustom,
    Name, Operator, Payload, RefType, TableInit, TypeRef,
};

/// A module of nothing, at this place of the input.
pub(crate) fn empty<'a>(offset: usize) -> Module<'a> {
    Module {
        bytes: &[],
        offset,
        name: None,
        types: Vec::new(),
        imports: Vec::new(),
        imported: Counts::default(),
        func_sigs: Vec::new(),
        bodies: Vec::new(),
        tables: Vec::new(),
        table_inits: Vec::new(),
        memories: Vec::new(),
        globals: Vec::new(),
        global_inits: Vec::new(),
        exports: IndexMap::new(),
        start: None,
        elements: Vec::new(),
        data: Vec::new(),
        func_names: HashMap::new(),
        scan: Vec::new(),
    }
}

/// The program's entities that core instances define.
pub(super) struct Entities<'p> {
    pub funcs: &'p mut PrimaryMap<FuncId, Func>,
    pub tables: &'p mut PrimaryMap<TableId, Table>,
    pub memories: &'p mut PrimaryMap<MemoryId, Memory>,
    pub globals: &'p mut PrimaryMap<GlobalId, Global>,
}

impl Entities<'_> {
    /// Makes what `module` defines, for its instance `id`, and appends it to the instance's index
    /// spaces, which hold the imports.
    pub(super) fn define(self, module: &Module<'_>, id: InstanceId, instance: &mut CoreInstance) {
        for (index, &sig) in (0..)
            .zip(&module.func_sigs)
            .skip(module.imported.funcs as usize)
        {
            let kind = FuncKind::Wasm {
                instance: id,
                index,
            };
            instance.funcs.push(self.funcs.push(Func { sig, kind }));
        }
        for (index, &ty) in (0..)
            .zip(&module.tables)
            .skip(module.imported.tables as usize)
        {
            instance.tables.push(self.tables.push(Table {
                ty,
                instance: id,
                index,
            }));
        }
        for (index, &ty) in (0..)
            .zip(&module.memories)
            .skip(module.imported.memories as usize)
        {
            instance.memories.push(self.memories.push(Memory {
                ty,
                instance: id,
                index,
            }));
        }
        for (index, &ty) in (0..)
            .zip(&module.globals)
            .skip(module.imported.globals as usize)
        {
            instance.globals.push(self.globals.push(Global {
                ty,
                instance: id,
                index,
            }));
        }
    }
}

fn unsupported(feature: impl Into<String>, offset: usize) -> Error {
    Error::Unsupported {
        feature: feature.into(),
        place: Place::at(offset),
    }
}

pub(super) fn val_type(ty: wasmparser::ValType, offset: usize) -> Result<ValType> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(ty) => ref_type(ty, offset)?,
    })
}

fn ref_type(ty: RefType, offset: usize) -> Result<ValType> {
    if ty == RefType::FUNCREF {
        Ok(ValType::FuncRef)
    } else if ty == RefType::EXTERNREF {
        Ok(ValType::ExternRef)
    } else {
        Err(unsupported(format!("the reference type `{ty}`"), offset))
    }
}

fn global_type(ty: wasmparser::GlobalType, offset: usize) -> Result<GlobalType> {
    if ty.shared {
        return Err(unsupported("shared globals (threads)", offset));
    }
    Ok(GlobalType {
        ty: val_type(ty.content_type, offset)?,
        mutable: ty.mutable,
    })
}

fn memory_type(ty: wasmparser::MemoryType, offset: usize) -> Result<MemoryType> {
    if ty.memory64 {
        return Err(unsupported("64-bit memories (memory64)", offset));
    }
    if ty.shared {
        return Err(unsupported("shared memories (threads)", offset));
    }
    if ty.page_size_log2.is_some_and(|log2| log2 != 16) {
        return Err(unsupported("custom page sizes", offset));
    }
    let pages = |pages: u64| {
        u32::try_from(pages).map_err(|_| unsupported("more than 65536 pages of memory", offset))
    };
    Ok(MemoryType {
        initial: pages(ty.initial)?,
        maximum: ty.maximum.map(pages).transpose()?,
        annex: false,
    })
}

/// Elements a table may start with: as in the JavaScript API and `wasmtime`.
const MAX_TABLE: u64 = 10_000_000;

fn table_type(ty: wasmparser::TableType, offset: usize) -> Result<TableType> {
    if ty.table64 {
        return Err(unsupported("64-bit tables (memory64)", offset));
    }
    if ty.shared {
        return Err(unsupported("shared tables (threads)", offset));
    }
    if ty.initial > MAX_TABLE {
        return Err(Error::Limit {
            what: "elements in a table",
            limit: MAX_TABLE,
        });
    }
    Ok(TableType {
        element: ref_type(ty.element_type, offset)?,
        initial: ty.initial as u32,
        maximum: ty.maximum.map(|max| u32::try_from(max).unwrap_or(u32::MAX)),
    })
}

fn const_expr(expr: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr> {
    let mut ops = Vec::new();
    for op in expr.get_operators_reader().into_iter_with_offsets() {
        let (op, offset) = op.map_err(malformed)?;
        ops.push(match op {
            Operator::I32Const { value } => ConstOp::I32(value),
            Operator::I64Const { value } => ConstOp::I64(value),
            Operator::F32Const { value } => ConstOp::F32(value.bits()),
            Operator::F64Const { value } => ConstOp::F64(value.bits()),
            Operator::V128Const { value } => ConstOp::V128(value.i128() as u128),
            Operator::GlobalGet { global_index } => ConstOp::GlobalGet(global_index),
            Operator::RefNull { hty } => match hty {
                HeapType::FUNC | HeapType::EXTERN => ConstOp::RefNull,
                _ => {
                    return Err(unsupported(
                        format!("null references of type {hty:?}"),
                        offset as usize,
                    ));
                }
            },
            Operator::RefFunc { function_index } => ConstOp::RefFunc(function_index),
            Operator::I32Add => ConstOp::I32Add,
            Operator::I32Sub => ConstOp::I32Sub,
            Operator::I32Mul => ConstOp::I32Mul,
            Operator::I64Add => ConstOp::I64Add,
            Operator::I64Sub => ConstOp::I64Sub,
            Operator::I64Mul => ConstOp::I64Mul,
            Operator::End => break,
            other => {
                return Err(unsupported(
                    format!("{other:?} in a constant expression"),
                    offset as usize,
                ));
            }
        });
    }
    Ok(ConstExpr(ops))
}

pub(super) fn payload<'a>(
    module: &mut Module<'a>,
    signatures: &mut Signatures,
    payload: Payload<'a>,
) -> Result<()> {
    match payload {
        Payload::TypeSection(reader) => {
            for group in reader.into_iter_with_offsets() {
                let (offset, group) = group.map_err(malformed)?;
                let offset = offset as usize;
                identified_by_structure(&group, offset)?;
                for ty in group.into_types() {
                    match ty.composite_type.inner {
                        CompositeInnerType::Func(func) => {
                            let list = |types: &[wasmparser::ValType]| {
                                types
                                    .iter()
                                    .map(|&ty| val_type(ty, offset))
                                    .collect::<Result<_>>()
                            };
                            let signature = Signature {
                                params: list(func.params())?,
                                results: list(func.results())?,
                            };
                            module.types.push(signatures.intern(signature));
                        }
                        _ => return Err(unsupported("garbage-collected types (gc)", offset)),
                    }
                }
            }
        }
        Payload::ImportSection(reader) => {
            for import in reader.into_imports_with_offsets() {
                let (offset, import) = import.map_err(malformed)?;
                self::import(module, import, offset as usize)?;
            }
        }
        Payload::FunctionSection(reader) => {
            for index in reader {
                let sig = module.types[index.map_err(malformed)? as usize];
                module.func_sigs.push(sig);
            }
        }
        Payload::TableSection(reader) => {
            for table in reader.into_iter_with_offsets() {
                let (offset, table) = table.map_err(malformed)?;
                module.tables.push(table_type(table.ty, offset as usize)?);
                module.table_inits.push(match &table.init {
                    TableInit::RefNull => None,
                    TableInit::Expr(expr) => Some(const_expr(expr)?),
                });
            }
        }
        Payload::MemorySection(reader) => {
            for memory in reader.into_iter_with_offsets() {
                let (offset, memory) = memory.map_err(malformed)?;
                module.memories.push(memory_type(memory, offset as usize)?);
            }
        }
        Payload::TagSection(reader) => {
            return Err(unsupported("exceptions", reader.range().start as usize));
        }
        Payload::GlobalSection(reader) => {
            for global in reader.into_iter_with_offsets() {
                let (offset, global) = global.map_err(malformed)?;
                module
                    .globals
                    .push(global_type(global.ty, offset as usize)?);
                module.global_inits.push(const_expr(&global.init_expr)?);
            }
        }
        Payload::ExportSection(reader) => {
            for export in reader.into_iter_with_offsets() {
                let (offset, export) = export.map_err(malformed)?;
                let kind = extern_kind(export.kind, offset as usize)?;
                module.exports.insert(
                    export.name,
                    Export {
                        kind,
                        index: export.index,
                    },
                );
            }
        }
        Payload::StartSection { func, .. } => module.start = Some(func),
        Payload::ElementSection(reader) => {
            for element in reader.into_iter_with_offsets() {
                let (offset, element) = element.map_err(malformed)?;
                let mode = match element.kind {
                    ElementKind::Passive => SegmentMode::Passive,
                    ElementKind::Declared => SegmentMode::Declared,
                    ElementKind::Active {
                        table_index,
                        offset_expr,
                    } => SegmentMode::Active {
                        index: table_index.unwrap_or(0),
                        offset: const_expr(&offset_expr)?,
                    },
                };
                let (ty, items) = match element.items {
                    ElementItems::Functions(funcs) => (
                        ValType::FuncRef,
                        funcs
                            .into_iter()
                            .map(|f| Ok(ConstExpr(vec![ConstOp::RefFunc(f.map_err(malformed)?)])))
                            .collect::<Result<Vec<_>>>()?,
                    ),
                    ElementItems::Expressions(ty, exprs) => (
                        ref_type(ty, offset as usize)?,
                        exprs
                            .into_iter()
                            .map(|expr| const_expr(&expr.map_err(malformed)?))
                            .collect::<Result<Vec<_>>>()?,
                    ),
                };
                module.elements.push(Element { mode, ty, items });
            }
        }
        Payload::DataSection(reader) => {
            for data in reader {
                let data = data.map_err(malformed)?;
                let mode = match data.kind {
                    DataKind::Passive => SegmentMode::Passive,
                    DataKind::Active {
                        memory_index,
                        offset_expr,
                    } => SegmentMode::Active {
                        index: memory_index,
                        offset: const_expr(&offset_expr)?,
                    },
                };
                module.data.push(Data {
                    mode,
                    bytes: data.data,
                });
            }
        }
        Payload::CodeSectionEntry(body) => {
            let range = body.range();
            let start = module.offset as u64;
            module.bodies.push(Body {
                bytes: body.as_bytes(),
                range: (range.start - start) as u32..(range.end - start) as u32,
            });
        }
        Payload::CustomSection(section) if section.name() == moved::SECTION => {
            let moved = Moved::decode(section.data());
            for body in &mut module.bodies {
                let start = moved.original(body.range.start);
                body.range = start..start + body.range.len() as u32;
            }
        }
        Payload::CustomSection(section) if section.name() == annex::SECTION => {
            annex::give(module, section.data());
        }
        Payload::CustomSection(section) => {
            // A damaged name section costs names, not the compilation: the specification says so.
            if let KnownCustom::Name(reader) = section.as_known() {
                for name in reader.into_iter().flatten() {
                    match name {
                        Name::Module { name, .. } => module.name = Some(name),
                        Name::Function(names) => {
                            for naming in names.into_iter().flatten() {
                                module.func_names.insert(naming.index, naming.name);
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// Refuses types that aren't the same as every other of the same structure. A type is its structure here ([`SigId`]);
/// declared subtypes and recursion groups make it more than that, and a call by one of two types of the same
/// structure would be let through to a function of the other.
///
/// What functions *do* is another matter: operators of any proposal may stand in functions that nothing
/// reaches, and are refused by name where they are lowered.
fn identified_by_structure(group: &wasmparser::RecGroup, offset: usize) -> Result<()> {
    if group.types().len() > 1 {
        let feature = "recursion groups of several types (gc)";
        return Err(unsupported(feature, offset));
    }
    for ty in group.types() {
        if !ty.is_final || ty.supertype_idx.is_some() {
            return Err(unsupported("declared subtypes (gc)", offset));
        }
        if ty.composite_type.shared {
            return Err(unsupported("shared types (threads)", offset));
        }
        if ty.composite_type.descriptor_idx.is_some() || ty.composite_type.describes_idx.is_some() {
            return Err(unsupported("custom descriptors", offset));
        }
    }
    Ok(())
}

fn extern_kind(kind: ExternalKind, offset: usize) -> Result<ExternKind> {
    Ok(match kind {
        ExternalKind::Func | ExternalKind::FuncExact => ExternKind::Func,
        ExternalKind::Table => ExternKind::Table,
        ExternalKind::Memory => ExternKind::Memory,
        ExternalKind::Global => ExternKind::Global,
        ExternalKind::Tag => return Err(unsupported("exceptions", offset)),
    })
}

fn import<'a>(
    module: &mut Module<'a>,
    import: wasmparser::Import<'a>,
    offset: usize,
) -> Result<()> {
    let kind = match import.ty {
        TypeRef::Func(index) | TypeRef::FuncExact(index) => {
            module.func_sigs.push(module.types[index as usize]);
            module.imported.funcs += 1;
            ExternKind::Func
        }
        TypeRef::Table(ty) => {
            module.tables.push(table_type(ty, offset)?);
            module.imported.tables += 1;
            ExternKind::Table
        }
        TypeRef::Memory(ty) => {
            module.memories.push(memory_type(ty, offset)?);
            module.imported.memories += 1;
            ExternKind::Memory
        }
        TypeRef::Global(ty) => {
            module.globals.push(global_type(ty, offset)?);
            module.imported.globals += 1;
            ExternKind::Global
        }
        TypeRef::Tag(_) => return Err(unsupported("exceptions", offset)),
    };
    module.imports.push(Import {
        module: import.module,
        name: import.name,
        kind,
    });
    Ok(())
}
