//! A function under construction: Cranelift's builder together with what every lowering of ours
//! does the same way: imports by [`Name`], traps, alias regions, words at planned addresses.
//!
//! Everything that a function refers to is imported here, so this file is also where it shows that
//! no IR of ours holds a global value (`names.rs` says why that must not happen).
//!
//! # Alias regions
//!
//! Cranelift may move a load across a store of another region, and it takes an access **without** a
//! region for one that no access with a region can touch. So whatever touches memory that a
//! [`Region`] names has to say so, in every file of `lower`. Calls are barriers for all of them.

use super::Env;
use super::names::{Intrinsic, Name, callee_name};
use super::signature::{c_signature_of, signature};
use super::traps::trap_code;
use crate::plan::DATA_BLOCK;
use crate::program::{ComponentId, FuncId, GlobalId, MemoryId, SigId, TableId};
use cranelift_codegen::ir::{
    self, AliasRegion, AliasRegionData, Endianness, ExtFuncData, ExternalName, InstBuilder,
    MemFlagsData, Type, Value, types,
};
use cranelift_entity::EntityRef;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use nanocc_shim_abi::Trap;
use std::collections::HashMap;
use std::ops::{Deref, DerefMut};

/// Memory that no other region overlaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Region {
    /// A linear memory's bytes.
    Memory(MemoryId),
    /// A table's elements.
    Table(TableId),
    /// A global.
    Global(GlobalId),
    /// The descriptors of memories and tables: only the shim writes them.
    Descriptors,
    /// The flags of dropped segments.
    Dropped,
    /// An instance's `nanocc_shim_abi::Instance`.
    Component(ComponentId),
    /// Constants of the image, which nothing writes.
    Constants,
    /// Stack slots of the function itself.
    Stack,
}

impl Region {
    /// The number that keeps the region apart in every function (inlining merges by it). Entities
    /// beyond the first 1024 of a kind share numbers, which only costs precision: Cranelift has
    /// room for 65535 kinds of access in a function.
    fn number(self) -> u32 {
        let (kind, index) = match self {
            Region::Memory(id) => (1, id.index()),
            Region::Table(id) => (2, id.index()),
            Region::Global(id) => (3, id.index()),
            Region::Descriptors => (4, 0),
            Region::Dropped => (5, 0),
            Region::Component(id) => (6, id.index()),
            Region::Constants => (7, 0),
            Region::Stack => (8, 0),
        };
        kind << 10 | (index as u32 & 0x3ff)
    }

    /// What the IR's text calls it.
    fn description(self) -> &'static str {
        match self {
            Region::Memory(_) => "memory",
            Region::Table(_) => "table",
            Region::Global(_) => "global",
            Region::Descriptors => "descriptors",
            Region::Dropped => "dropped segments",
            Region::Component(_) => "component",
            Region::Constants => "constants",
            Region::Stack => "stack",
        }
    }
}

/// A function under construction. Dereferences to Cranelift's builder.
pub struct Builder<'a, 'f> {
    /// What every lowering sees.
    pub env: Env<'a>,
    builder: FunctionBuilder<'f>,
    imports: HashMap<Name, ir::FuncRef>,
    signatures: HashMap<SigId, ir::SigRef>,
}

impl<'f> Deref for Builder<'_, 'f> {
    type Target = FunctionBuilder<'f>;
    fn deref(&self) -> &FunctionBuilder<'f> {
        &self.builder
    }
}

impl<'f> DerefMut for Builder<'_, 'f> {
    fn deref_mut(&mut self) -> &mut FunctionBuilder<'f> {
        &mut self.builder
    }
}

impl<'a, 'f> Builder<'a, 'f> {
    /// Begins to build `func`, which has its signature and name already.
    pub fn new(
        env: &Env<'a>,
        func: &'f mut ir::Function,
        context: &'f mut FunctionBuilderContext,
    ) -> Self {
        // Cranelift keeps locations relative to a base, which is the first one set unless it is given,
        // and takes the location just below the base for none at all. Inlined code's may lie there.
        func.params.ensure_base_srcloc(ir::SourceLoc::new(0));
        Builder {
            env: *env,
            builder: FunctionBuilder::new(func, context),
            imports: HashMap::new(),
            signatures: HashMap::new(),
        }
    }

    /// Creates the entry block with the function's parameters and switches to it.
    pub fn enter(&mut self) -> Vec<Value> {
        let entry = self.create_block();
        self.append_block_params_for_function_params(entry);
        self.switch_to_block(entry);
        self.seal_block(entry);
        self.block_params(entry).to_vec()
    }

    /// Ends the function. Every block has to be filled.
    pub fn finish(mut self) {
        self.builder.seal_all_blocks();
        let config = self.env.isa.frontend_config();
        self.builder.finalize(config);
    }

    /// Imports `name` with `signature`, once. `near` promises that the linker puts it within the
    /// reach of a direct call.
    pub fn import(
        &mut self,
        name: Name,
        near: bool,
        signature: impl FnOnce() -> ir::Signature,
    ) -> ir::FuncRef {
        if let Some(&known) = self.imports.get(&name) {
            return known;
        }
        let signature = self.builder.import_signature(signature());
        let reference = self
            .builder
            .func
            .declare_imported_user_function(name.encode());
        let imported = self.builder.import_function(ExtFuncData {
            name: ExternalName::user(reference),
            signature,
            colocated: near,
            patchable: false,
        });
        self.imports.insert(name, imported);
        imported
    }

    /// A signature of the program, imported once.
    pub fn sig_ref(&mut self, sig: SigId) -> ir::SigRef {
        if let Some(&known) = self.signatures.get(&sig) {
            return known;
        }
        let imported = self
            .builder
            .import_signature(signature(&self.env.program.signatures[sig]));
        self.signatures.insert(sig, imported);
        imported
    }

    /// A function of the program.
    pub fn func_ref(&mut self, func: FuncId) -> ir::FuncRef {
        let program = self.env.program;
        self.import(Name::Func(func), true, || {
            signature(&program.signatures[program.funcs[func].sig])
        })
    }

    /// Calls a function of the program from code that belongs to none of its functions, and
    /// returns the results.
    pub fn call_func(&mut self, func: FuncId, args: &[Value]) -> Vec<Value> {
        let callee = self.func_ref(func);
        let call = self.ins().call(callee, args);
        self.inst_results(call).to_vec()
    }

    /// Calls `callee` directly from the code of `caller`, and returns the results.
    pub fn call_from(&mut self, caller: FuncId, callee: FuncId, args: &[Value]) -> Vec<Value> {
        let name = callee_name(&self.env, caller, callee);
        let program = self.env.program;
        let imported = self.import(name, true, || {
            signature(&program.signatures[program.funcs[callee].sig])
        });
        let call = self.ins().call(imported, args);
        self.inst_results(call).to_vec()
    }

    /// Calls an intrinsic of the shim.
    pub fn call_intrinsic(&mut self, which: Intrinsic, args: &[Value]) -> Option<Value> {
        let (params, result) = which.signature();
        let callee = self.import(Name::Intrinsic(which), true, || {
            c_signature_of(params, result)
        });
        let call = self.ins().call(callee, args);
        self.inst_results(call).first().copied()
    }

    /// The address of something that isn't called: an `I64`. `near` as in [`Builder::import`].
    pub fn address_of(&mut self, name: Name, near: bool) -> Value {
        let imported = self.import(name, near, || c_signature_of(&[], None));
        self.ins().func_addr(types::I64, imported)
    }

    /// A reference to `func` as tables hold it: its code's address, and its signature's number in
    /// the high half. Of a function that nothing can call, which has no code, the address is 0.
    pub fn func_value(&mut self, func: FuncId) -> Value {
        let sig = self.env.program.funcs[func].sig.runtime();
        if !self.env.facts.reachable(func) {
            return self.ins().iconst(types::I64, i64::from(sig) << 32);
        }
        let imported = self.func_ref(func);
        let code = self.ins().func_addr(types::I64, imported);
        self.ins().bor_imm_u(code, i64::from(sig) << 32)
    }

    /// Cranelift's number for `region` in this function.
    pub fn region(&mut self, region: Region) -> AliasRegion {
        self.builder.func.dfg.alias_regions.insert(AliasRegionData {
            user_id: region.number(),
            description: region.description().into(),
        })
    }

    /// Flags of an access that is aligned and can't trap.
    pub fn trusted(&mut self, region: Region) -> MemFlagsData {
        let region = self.region(region);
        MemFlagsData::trusted()
            .with_endianness(Endianness::Little)
            .with_alias_region(Some(region))
    }

    /// Flags of a load that is aligned, can't trap, and gives the same value at all times and at
    /// every place in the function.
    pub fn constant(&mut self, region: Region) -> MemFlagsData {
        self.trusted(region).with_readonly().with_can_move()
    }

    /// A pointer and an offset that together are `address`, a planned one (`crate::plan`) below
    /// 2^31. Addresses of the data block share one pointer, which is cheap to make on aarch64 too.
    pub fn planned(&mut self, address: u64) -> (Value, i32) {
        debug_assert!(address < 1 << 31, "{address:#x} is no planned address");
        let base = if address >= DATA_BLOCK { DATA_BLOCK } else { 0 };
        let pointer = self.ins().iconst(types::I64, base as i64);
        (pointer, (address - base) as i32)
    }

    /// Loads from a planned address.
    pub fn load_planned(&mut self, ty: Type, flags: MemFlagsData, address: u64) -> Value {
        let (pointer, offset) = self.planned(address);
        self.ins().load(ty, flags, pointer, offset)
    }

    /// Stores to a planned address.
    pub fn store_planned(&mut self, flags: MemFlagsData, value: Value, address: u64) {
        let (pointer, offset) = self.planned(address);
        self.ins().store(flags, value, pointer, offset);
    }

    /// Sets the flag of a segment, at a planned address: it is dropped.
    pub fn drop_segment(&mut self, flag: u64) {
        let flags = self.trusted(Region::Dropped);
        let dropped = self.ins().iconst(types::I32, 1);
        self.store_planned(flags, dropped, flag);
    }

    /// The value of an integer constant, zero-extended, if `value` is one by its definition.
    pub fn known(&self, value: Value) -> Option<u64> {
        let dfg = &self.builder.func.dfg;
        let inst = dfg.value_def(dfg.resolve_aliases(value)).inst()?;
        match dfg.insts[inst] {
            ir::InstructionData::UnaryImm {
                opcode: ir::Opcode::Iconst,
                imm,
            } => {
                let bits = dfg.value_type(value).bits();
                Some(imm.bits() as u64 & (u64::MAX >> (64 - bits)))
            }
            ir::InstructionData::Unary {
                opcode: ir::Opcode::Uextend,
                arg,
            } => self.known(arg),
            _ => None,
        }
    }

    /// Traps, which ends the block.
    pub fn trap(&mut self, trap: Trap) {
        self.ins().trap(trap_code(trap));
    }

    /// Traps if `condition` isn't 0.
    pub fn trap_if(&mut self, condition: Value, trap: Trap) {
        self.ins().trapnz(condition, trap_code(trap));
    }

    /// Traps if `condition` is 0.
    pub fn trap_unless(&mut self, condition: Value, trap: Trap) {
        self.ins().trapz(condition, trap_code(trap));
    }
}
