//! The caller: the component instance that stands for the outside.
//!
//! Its core module has a memory, a `realloc` that only ever gives out more, and a function for each call:
//!
//! ```text
//! memory    0        16         arguments      top
//!           | unused | result   | of the call  | what realloc has given out
//! ```
//!
//! A call's function begins anew: it sets `top` back, and copies its arguments from a passive segment. So
//! calls may come in any order and any number of times, and a trap in the middle of one leaves nothing that the
//! next could notice. The memory starts as large as the largest call needs, and grows by `realloc`.
//!
//! The ids of what the module defines are given out before it is encoded: nobody knows how many calls there will be.

use super::RESULT;
use super::encode::{self, Encoded};
use crate::abi;
use crate::error::Result;
use crate::graph::{empty_module, parse_module};
use crate::program::*;
use crate::types::{FuncType, Type};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataCountSection, DataSection, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, ImportSection, Instruction, MemArg,
    MemorySection, TypeSection,
};
use wasmparser::WasmFeatures;

/// The caller, as long as calls may be added.
pub(crate) struct Caller {
    pub component: ComponentId,
    instance: InstanceId,
    pub memory: MemoryId,
    global: GlobalId,
    realloc: FuncId,
    /// What it imports: the functions that it calls.
    callees: Vec<FuncId>,
    calls: Vec<Planned>,
}

/// A call's function.
struct Planned {
    func: FuncId,
    /// Its place in [`Caller::callees`].
    callee: u32,
    args: Encoded,
    /// Whether the adapter stores the result by itself, or returns it flat.
    result: Passed,
    told: Option<Told>,
}

/// Who is told a call's result.
#[derive(Clone, Copy)]
pub(crate) struct Told {
    /// Its place among what the caller imports: `[i32 i32 i32] -> []`, given a descriptor, and address and length of the
    /// memory's used part.
    pub callee: u32,
    pub descriptor: i32,
}

#[derive(Clone, Copy)]
enum Passed {
    Nothing,
    Flat(ValType),
    Memory,
}

impl Caller {
    /// Adds an instance without functions to `program`. Its module is empty until [`Caller::finish`].
    pub(crate) fn new(program: &mut Program<'_>) -> Caller {
        let component = program.components.push(Component {
            parent: None,
            name: "caller".to_owned(),
            path: "(caller)".to_owned(),
            offset: 0,
        });
        let module = program.modules.push(empty_module(0));
        let instance = program.instances.next_key();
        let ty = MemoryType {
            initial: 1,
            maximum: None,
            annex: false,
        };
        let memory = program.memories.push(Memory {
            ty,
            instance,
            index: 0,
        });
        let global = program.globals.push(Global {
            ty: GlobalType {
                ty: ValType::I32,
                mutable: true,
            },
            instance,
            index: 0,
        });
        let sig = program.signatures.intern(Signature {
            params: vec![ValType::I32; 4],
            results: vec![ValType::I32],
        });
        let kind = FuncKind::Wasm { instance, index: 0 };
        let realloc = program.funcs.push(Func { sig, kind });
        program.instances.push(CoreInstance {
            module,
            component,
            funcs: Vec::new(),
            tables: Vec::new(),
            memories: vec![memory],
            globals: vec![global],
        });
        Caller {
            component,
            instance,
            memory,
            global,
            realloc,
            callees: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// The caller's side of its adapters.
    pub(crate) fn options(&self) -> Options {
        Options {
            component: self.component,
            memory: Some(self.memory),
            realloc: Some(self.realloc),
            encoding: StringEncoding::Utf8,
        }
    }

    /// A function that the caller's functions may call: an adapter of its own, or a host function.
    pub(crate) fn import(&mut self, func: FuncId) -> u32 {
        self.callees.push(func);
        self.callees.len() as u32 - 1
    }

    /// The shim's function that writes a part of the memory to a descriptor, for [`Told`]. No component can import it: it
    /// is in no interface that the host serves.
    pub(crate) fn report(&mut self, program: &mut Program<'_>) -> u32 {
        let number = program.types.intern(Type::U32);
        let param = |name: &str| (name.to_owned(), number);
        let ty = FuncType {
            params: vec![param("descriptor"), param("address"), param("length")],
            result: None,
        };
        let signature = abi::lowered_signature(&program.types, &ty);
        let sig = program.signatures.intern(signature);
        let kind = FuncKind::Host(Box::new(HostCall {
            lower: self.options(),
            ty,
            symbol: nanocc_shim_abi::REPORT.to_owned(),
        }));
        self.import(program.funcs.push(Func { sig, kind }))
    }

    /// Adds a core function that calls `callee` (by [`Caller::import`]), of type `ty`, with `args`. It is `[] -> []`;
    /// with `told`, `[] -> [i32]`: then it calls that at the end, and returns 0.
    pub(crate) fn call(
        &mut self,
        program: &mut Program<'_>,
        callee: u32,
        ty: &FuncType,
        args: Encoded,
        told: Option<Told>,
    ) -> FuncId {
        let result = match abi::flat_results(&program.types, ty) {
            [] => Passed::Nothing,
            [flat] => Passed::Flat(*flat),
            _ => Passed::Memory,
        };
        let sig = program.signatures.intern(Signature {
            params: Vec::new(),
            results: told.map(|_| ValType::I32).into_iter().collect(),
        });
        // Its index is known when the last import is.
        let kind = FuncKind::Wasm {
            instance: self.instance,
            index: 0,
        };
        let func = program.funcs.push(Func { sig, kind });
        self.calls.push(Planned {
            func,
            callee,
            args,
            result,
            told,
        });
        func
    }

    /// Where the arguments of a call begin that returns this.
    pub(crate) fn arguments_at(program: &Program<'_>, ty: &FuncType) -> u32 {
        let size = ty
            .result
            .map_or(0, |result| abi::layout(&program.types, result).size);
        // A flat result is stored whole.
        RESULT.saturating_add(size.max(8))
    }

    /// Makes the module, whose bytes go to `keep`, and completes the instance.
    ///
    /// # Errors
    ///
    /// None that the input could lead to: the module is parsed like any other.
    pub(crate) fn finish<'a>(
        self,
        program: &mut Program<'a>,
        keep: impl FnOnce(Vec<u8>) -> &'a [u8],
    ) -> Result<()> {
        let bytes = keep(self.encode(program));
        let module = parse_module(bytes, WasmFeatures::default(), &mut program.signatures)?;
        let imported = self.callees.len() as u32;
        let defined = [self.realloc].into_iter();
        let defined = defined.chain(self.calls.iter().map(|call| call.func));
        let mut funcs = self.callees.clone();
        for (index, func) in (imported..).zip(defined) {
            let instance = self.instance;
            program.funcs[func].kind = FuncKind::Wasm { instance, index };
            funcs.push(func);
        }
        program.memories[self.memory].ty = module.memories[0];
        program.globals[self.global].ty = module.globals[0];
        let instance = &mut program.instances[self.instance];
        instance.funcs = funcs;
        program.modules[instance.module] = module;
        Ok(())
    }

    fn encode(&self, program: &Program<'_>) -> Vec<u8> {
        let mut types = TypeSection::new();
        let mut imports = ImportSection::new();
        for (index, func) in self.callees.iter().enumerate() {
            let signature = &program.signatures[program.funcs[*func].sig];
            let all = |list: &[ValType]| list.iter().map(|ty| core_type(*ty)).collect::<Vec<_>>();
            types
                .ty()
                .function(all(&signature.params), all(&signature.results));
            imports.import(
                "call",
                &index.to_string(),
                EntityType::Function(index as u32),
            );
        }
        let imported = self.callees.len() as u32;
        let i32 = wasm_encoder::ValType::I32;
        types.ty().function([i32; 4], [i32]);
        types.ty().function([], []);
        types.ty().function([], [i32]);

        let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
        let (mut data, mut exports) = (DataSection::new(), ExportSection::new());
        functions.function(imported);
        code.function(&realloc());
        let mut end = 0;
        for (index, call) in (0..).zip(&self.calls) {
            functions.function(imported + 1 + u32::from(call.told.is_some()));
            code.function(&call.body(program, self.callees[call.callee as usize], index));
            data.passive(call.args.bytes.iter().copied());
            exports.export(&index.to_string(), ExportKind::Func, imported + 1 + index);
            end = end.max(call.args.end());
        }
        let mut memories = MemorySection::new();
        memories.memory(wasm_encoder::MemoryType {
            minimum: u64::from(end).div_ceil(nanocc_shim_abi::WASM_PAGE).max(1),
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut globals = GlobalSection::new();
        let top = wasm_encoder::GlobalType {
            val_type: i32,
            mutable: true,
            shared: false,
        };
        globals.global(top, &ConstExpr::i32_const(0));
        let mut module = wasm_encoder::Module::new();
        module
            .section(&types)
            .section(&imports)
            .section(&functions)
            .section(&memories)
            .section(&globals)
            .section(&exports)
            .section(&DataCountSection {
                count: self.calls.len() as u32,
            })
            .section(&code)
            .section(&data);
        module.finish()
    }
}

impl Planned {
    fn body(&self, program: &Program<'_>, callee: FuncId, segment: u32) -> Function {
        let result = match self.result {
            Passed::Flat(ty) => vec![(1, core_type(ty))],
            Passed::Nothing | Passed::Memory => Vec::new(),
        };
        let mut f = Function::new(result);
        let at = |address: u32| Instruction::I32Const(address as i32);
        f.instruction(&at(self.args.end()));
        f.instruction(&Instruction::GlobalSet(0));
        f.instruction(&at(self.args.base));
        f.instruction(&at(0));
        f.instruction(&at(self.args.bytes.len() as u32));
        f.instruction(&Instruction::MemoryInit {
            mem: 0,
            data_index: segment,
        });
        let signature = &program.signatures[program.funcs[callee].sig];
        for (ty, bits) in signature.params.iter().zip(&self.args.flat) {
            f.instruction(&encode::constant(*ty, *bits));
        }
        if let Passed::Memory = self.result {
            f.instruction(&at(RESULT));
        }
        f.instruction(&Instruction::Call(self.callee));
        if let Passed::Flat(ty) = self.result {
            // In memory, one flat value is a value of the type in its low bytes.
            let arg = |align| MemArg {
                offset: 0,
                align,
                memory_index: 0,
            };
            f.instruction(&Instruction::LocalSet(0));
            f.instruction(&at(RESULT));
            f.instruction(&Instruction::LocalGet(0));
            f.instruction(&match ty {
                ValType::I64 => Instruction::I64Store(arg(3)),
                ValType::F32 => Instruction::F32Store(arg(2)),
                ValType::F64 => Instruction::F64Store(arg(3)),
                _ => Instruction::I32Store(arg(2)),
            });
        }
        if let Some(told) = self.told {
            f.instruction(&Instruction::I32Const(told.descriptor));
            f.instruction(&at(0));
            f.instruction(&Instruction::GlobalGet(0));
            f.instruction(&Instruction::Call(told.callee));
            f.instruction(&at(0));
        }
        f.instruction(&Instruction::End);
        f
    }
}

/// `realloc(old, old_size, align, size)`. What is made smaller stays where it is; anything else gets new room, and its
/// old contents there. Traps where there is no room.
fn realloc() -> Function {
    use Instruction::*;
    const OLD: u32 = 0;
    const OLD_SIZE: u32 = 1;
    const ALIGN: u32 = 2;
    const SIZE: u32 = 3;
    const START: u32 = 4;
    const END: u32 = 5;
    const LACK: u32 = 6;
    let mut f = Function::new([(3, wasm_encoder::ValType::I64)]);
    let page = nanocc_shim_abi::WASM_PAGE as i64;
    for instruction in [
        // if (size <= old_size && old_size != 0) return old
        LocalGet(SIZE),
        LocalGet(OLD_SIZE),
        I32LeU,
        LocalGet(OLD_SIZE),
        I32Const(0),
        I32Ne,
        I32And,
        If(BlockType::Empty),
        LocalGet(OLD),
        Return,
        End,
        // start = (top + align - 1) & -align
        GlobalGet(0),
        I64ExtendI32U,
        LocalGet(ALIGN),
        I64ExtendI32U,
        I64Add,
        I64Const(1),
        I64Sub,
        I64Const(0),
        LocalGet(ALIGN),
        I64ExtendI32U,
        I64Sub,
        I64And,
        LocalTee(START),
        // end = start + size
        LocalGet(SIZE),
        I64ExtendI32U,
        I64Add,
        LocalTee(END),
        // lack = end - memory.size * page
        MemorySize(0),
        I64ExtendI32U,
        I64Const(page),
        I64Mul,
        I64Sub,
        LocalTee(LACK),
        I64Const(0),
        I64GtS,
        If(BlockType::Empty),
        LocalGet(LACK),
        I64Const(page - 1),
        I64Add,
        I64Const(page),
        I64DivU,
        I32WrapI64,
        MemoryGrow(0),
        I32Const(-1),
        I32Eq,
        If(BlockType::Empty),
        Unreachable,
        End,
        End,
        LocalGet(END),
        I32WrapI64,
        GlobalSet(0),
        LocalGet(START),
        I32WrapI64,
        LocalGet(OLD),
        LocalGet(OLD_SIZE),
        MemoryCopy {
            src_mem: 0,
            dst_mem: 0,
        },
        LocalGet(START),
        I32WrapI64,
        End,
    ] {
        f.instruction(&instruction);
    }
    f
}

fn core_type(ty: ValType) -> wasm_encoder::ValType {
    match ty {
        ValType::I64 => wasm_encoder::ValType::I64,
        ValType::F32 => wasm_encoder::ValType::F32,
        ValType::F64 => wasm_encoder::ValType::F64,
        // No other type is among those that stand for values.
        _ => wasm_encoder::ValType::I32,
    }
}
