//! Writing a trampoline's IR: the frame of the function, calls, flags, and scalars in memory.
//!
//! Isolation: every access to a guest's memory goes through [`Emit::load`], [`Emit::store`] and
//! [`Emit::range`], which are `GuestMemory`'s in `lower/address.rs`; nothing in `adapter/` adds a
//! number to an address by itself.

use super::{Check, Copying, malformed, place};
use crate::abi::{Layout, MAX_SIZE, Scalar};
use crate::error::{Error, Result};
use crate::lower::Env;
use crate::lower::address::GuestMemory;
use crate::lower::builder::{Builder, Region};
use crate::lower::names::{Intrinsic, Name, has_unchecked};
use crate::lower::signature;
use crate::program::{ComponentId, FuncId, MemoryId, Options, ResourceId, Signature, ValType};
use crate::types::Types;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, Type, Value, types};
use cranelift_frontend::FunctionBuilderContext;
use nanocc_shim_abi::{self as abi, Trap};
use std::mem::offset_of;
use std::ops::{Deref, DerefMut};

/// Parts of types that one trampoline moves at most. A type's size as text is bounded by
/// validation, but not what an adapter for it costs.
const MAX_PARTS: u32 = 200_000;

/// A list or string as its two core values: pointer, and length in elements or code units (tagged, in `latin1+utf16`).
pub(super) type Parts = (Value, Value);

/// A trampoline under construction. Dereferences to the builder that all lowerings share.
pub(super) struct Emit<'a, 'f> {
    b: Builder<'a, 'f>,
    /// The trampoline.
    pub func: FuncId,
    check: Check,
    pub copying: Copying,
    /// Handles lent for the time of the call, known by their place in the parameters.
    pub loans: Vec<Value>,
    /// How many variants and loops the code being written lies in.
    pub nesting: u32,
    parts: u32,
}

impl<'a, 'f> Deref for Emit<'a, 'f> {
    type Target = Builder<'a, 'f>;
    fn deref(&self) -> &Builder<'a, 'f> {
        &self.b
    }
}

impl DerefMut for Emit<'_, '_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.b
    }
}

/// Builds the function that stands for `func`: its core signature, every instruction with its
/// source location. `body` gets the parameters, and ends every block.
pub(super) fn trampoline<'a>(
    env: &Env<'a>,
    func: FuncId,
    check: Check,
    copying: Copying,
    body: impl FnOnce(&mut Emit<'a, '_>, &[Value]) -> Result<()>,
) -> Result<ir::Function> {
    let name = match check {
        Check::MayLeave => Name::Func(func),
        Check::Nothing => Name::Unchecked(func),
    };
    let signature = signature::signature(&env.program.signatures[env.program.funcs[func].sig]);
    function(env, name, func, signature, check, copying, body)
}

/// The same with another name and signature.
pub(super) fn function<'a>(
    env: &Env<'a>,
    name: Name,
    func: FuncId,
    signature: ir::Signature,
    check: Check,
    copying: Copying,
    body: impl FnOnce(&mut Emit<'a, '_>, &[Value]) -> Result<()>,
) -> Result<ir::Function> {
    let mut function =
        ir::Function::with_name_signature(ir::UserFuncName::User(name.encode()), signature);
    let mut context = FunctionBuilderContext::new();
    let mut emit = Emit {
        b: Builder::new(env, &mut function, &mut context),
        func,
        check,
        copying,
        loans: Vec::new(),
        nesting: 0,
        parts: 0,
    };
    let location = env.source.location(func, 0);
    emit.b.set_srcloc(location);
    let params = emit.b.enter();
    body(&mut emit, &params)?;
    emit.b.finish();
    Ok(function)
}

impl<'a> Emit<'a, '_> {
    /// The IR.
    pub fn func_ir(&mut self) -> &mut ir::Function {
        self.b.deref_mut().func
    }

    /// The value types.
    pub fn types(&self) -> &'a Types {
        &self.b.env.program.types
    }

    /// An error in the input that validation should have found.
    pub fn malformed(&self, message: &str) -> Error {
        malformed(&self.b.env, self.func, message)
    }

    /// Returns from the trampoline.
    pub fn give(&mut self, results: &[Value]) {
        self.b.ins().return_(results);
    }

    /// Counts one more part of a type.
    pub fn count_part(&mut self) -> Result<()> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            return Err(Error::Limit {
                what: "parts in the types of one function between components",
                limit: u64::from(MAX_PARTS),
                place: place(&self.b.env, self.func),
            });
        }
        Ok(())
    }

    /// Refuses layouts whose offsets code can't hold.
    pub fn sized(&self, layout: Layout) -> Result<Layout> {
        if layout.size >= MAX_SIZE {
            return Err(Error::Limit {
                what: "bytes in a type of a function between components",
                limit: u64::from(MAX_SIZE),
                place: place(&self.b.env, self.func),
            });
        }
        Ok(layout)
    }

    /// An `I32` constant.
    pub fn i32(&mut self, value: u32) -> Value {
        self.b.ins().iconst(types::I32, i64::from(value))
    }

    /// An `I64` constant.
    pub fn i64(&mut self, value: u64) -> Value {
        self.b.ins().iconst(types::I64, value as i64)
    }

    /// The address of a component's `nanocc_shim_abi::Instance`.
    pub fn instance(&mut self, component: ComponentId) -> Value {
        let address = self.b.env.plan.components[component];
        self.i64(address)
    }

    /// The number that stands for a resource type at run time.
    pub fn resource(&mut self, resource: ResourceId) -> Value {
        let number = self.b.env.program.resource_number(resource);
        self.i32(number)
    }

    /// Calls an intrinsic that has a result.
    pub fn intrinsic(&mut self, which: Intrinsic, args: &[Value]) -> Value {
        self.b
            .call_intrinsic(which, args)
            .expect("the intrinsic has a result by its signature")
    }

    /// Calls a function of the program, whose signature has to be the one given.
    pub fn call_checked(
        &mut self,
        func: FuncId,
        params: &[ValType],
        results: &[ValType],
        args: &[Value],
        what: &str,
    ) -> Result<Vec<Value>> {
        let program = self.b.env.program;
        let Signature {
            params: have_params,
            results: have_results,
        } = &program.signatures[program.funcs[func].sig];
        if have_params != params || have_results != results {
            return Err(self.malformed(&format!(
                "{what} has the core type {have_params:?} -> {have_results:?}, \
                 but the canonical ABI wants {params:?} -> {results:?}"
            )));
        }
        Ok(self.b.call_func(func, args))
    }

    /// Calls the `realloc` of `options` for new memory of `size` bytes (an `I32`).
    pub fn allocate(&mut self, options: &Options, align: u32, size: Value) -> Result<Value> {
        let zero = self.i32(0);
        self.reallocate(options, (zero, zero), align, size)
    }

    /// Calls the `realloc` of `options` for `size` bytes in place of a block, its pointer and its size (all
    /// `I32`s). What it returns is a guest's number.
    pub fn reallocate(
        &mut self,
        options: &Options,
        (old, old_size): (Value, Value),
        align: u32,
        size: Value,
    ) -> Result<Value> {
        let Some(realloc) = options.realloc else {
            return Err(self.malformed("a side that needs a `realloc` has none"));
        };
        let align = self.i32(align);
        let results = self.call_checked(
            realloc,
            &[ValType::I32; 4],
            &[ValType::I32],
            &[old, old_size, align, size],
            "`realloc`",
        )?;
        Ok(results[0])
    }

    /// The memory of `options`.
    pub fn memory(&self, options: &Options) -> Result<MemoryId> {
        options
            .memory
            .ok_or_else(|| self.malformed("a side that needs a memory has none"))
    }

    // The `may_leave` flag.

    /// `canon lower` and its kin: traps if the component may not leave.
    pub fn check_may_leave(&mut self, component: ComponentId) {
        if self.check == Check::Nothing || !has_unchecked(&self.b.env, self.func) {
            return;
        }
        let flags = self.b.trusted(Region::Component(component));
        let address = self.may_leave_address(component);
        let may_leave = self.b.load_planned(types::I32, flags, address);
        self.b.trap_unless(may_leave, Trap::CannotLeave);
    }

    /// Says whether the component may leave from here on. The flag needn't be saved, it is set whenever this is
    /// called to clear it: while it is cleared, all that runs is a `realloc` or post-return, core code of that one
    /// instance, whose every way out (also into the same instance again, or one around it) checks the flag first.
    pub fn set_may_leave(&mut self, component: ComponentId, may: bool) {
        if self.b.env.facts.locks(component) {
            let flags = self.b.trusted(Region::Component(component));
            let address = self.may_leave_address(component);
            let value = self.i32(u32::from(may));
            self.b.store_planned(flags, value, address);
        }
    }

    // The `may_enter` flags.

    /// `canon lift`: traps if an instance that a call from `caller` into `callee` enters is entered already, and marks
    /// all of them. They are to be given to [`Emit::set_may_enter`] when the call is over; those are left out
    /// of whose flags nobody needs to know.
    pub fn enter(&mut self, caller: ComponentId, callee: ComponentId) -> Vec<ComponentId> {
        let env = self.b.env;
        let entering = env.facts.entering(env.program, Some(caller), callee);
        for &component in &entering {
            let flags = self.b.trusted(Region::Component(component));
            let address = may_enter_address(&env, component);
            let may_enter = self.b.load_planned(types::I32, flags, address);
            self.b.trap_unless(may_enter, Trap::CannotEnter);
        }
        self.set_may_enter(&entering, false);
        entering
    }

    /// Says whether the instances may be entered from here on.
    pub fn set_may_enter(&mut self, components: &[ComponentId], may: bool) {
        set_may_enter(&mut self.b, components, may);
    }

    fn may_leave_address(&self, component: ComponentId) -> u64 {
        self.b.env.plan.components[component] + offset_of!(abi::Instance, may_leave) as u64
    }

    // Guest memory.

    /// Traps unless `pointer` is aligned.
    pub fn check_aligned(&mut self, pointer: Value, align: u32) {
        if align > 1 {
            let low = self.b.ins().band_imm_u(pointer, i64::from(align - 1));
            self.b.trap_if(low, Trap::UnalignedPointer);
        }
    }

    /// Traps unless `[pointer, pointer + len)` lies in the memory; the address of its first byte.
    pub fn range(&mut self, memory: MemoryId, pointer: Value, len: Value) -> Value {
        GuestMemory::new(memory).checked_range(&mut self.b, pointer, len, Trap::PointerOutOfBounds)
    }

    /// Traps unless `pointer` is good for a value of this layout.
    pub fn check_pointer(&mut self, memory: MemoryId, pointer: Value, layout: Layout) {
        self.check_aligned(pointer, layout.align);
        let size = self.i64(u64::from(layout.size));
        self.range(memory, pointer, size);
    }

    /// Loads a number, extended to its core type.
    pub fn load(&mut self, memory: MemoryId, scalar: Scalar, at: Value, offset: u32) -> Value {
        let narrow = memory_type(scalar);
        let value = GuestMemory::new(memory).load(&mut self.b, narrow, at, u64::from(offset));
        match scalar {
            Scalar::U8 | Scalar::U16 => self.b.ins().uextend(types::I32, value),
            Scalar::S8 | Scalar::S16 => self.b.ins().sextend(types::I32, value),
            _ => value,
        }
    }

    /// Stores a number, given as its core type.
    pub fn store(
        &mut self,
        memory: MemoryId,
        scalar: Scalar,
        value: Value,
        at: Value,
        offset: u32,
    ) {
        let narrow = memory_type(scalar);
        let value = if self.b.func.dfg.value_type(value) == narrow {
            value
        } else {
            self.b.ins().ireduce(narrow, value)
        };
        GuestMemory::new(memory).store(&mut self.b, value, at, u64::from(offset));
    }

    /// Loads sixteen bytes, an `I8X16`.
    pub fn load_vector(&mut self, memory: MemoryId, at: Value, offset: u32) -> Value {
        GuestMemory::new(memory).load(&mut self.b, types::I8X16, at, u64::from(offset))
    }

    /// Stores sixteen bytes, an `I8X16`.
    pub fn store_vector(&mut self, memory: MemoryId, value: Value, at: Value, offset: u32) {
        GuestMemory::new(memory).store(&mut self.b, value, at, u64::from(offset));
    }

    /// Wraps a number, given as its core type, as the ABI does when it lifts it from a flat value.
    pub fn wrap(&mut self, scalar: Scalar, value: Value) -> Value {
        match scalar {
            Scalar::U8 => self.b.ins().band_imm_u(value, 0xff),
            Scalar::U16 => self.b.ins().band_imm_u(value, 0xffff),
            Scalar::S8 | Scalar::S16 => {
                let narrow = self.b.ins().ireduce(memory_type(scalar), value);
                self.b.ins().sextend(types::I32, narrow)
            }
            _ => value,
        }
    }

    /// Whether `value` (an integer) is above `limit`.
    pub fn above(&mut self, value: Value, limit: u32) -> Value {
        self.b
            .ins()
            .icmp_imm_u(IntCC::UnsignedGreaterThan, value, i64::from(limit))
    }
}

/// Says whether the instances may be entered from here on.
pub(in crate::lower) fn set_may_enter(
    b: &mut Builder<'_, '_>,
    components: &[ComponentId],
    may: bool,
) {
    for &component in components {
        let flags = b.trusted(Region::Component(component));
        let address = may_enter_address(&b.env, component);
        let value = b.ins().iconst(types::I32, i64::from(may));
        b.store_planned(flags, value, address);
    }
}

fn may_enter_address(env: &Env<'_>, component: ComponentId) -> u64 {
    env.plan.components[component] + offset_of!(abi::Instance, may_enter) as u64
}

/// The type of a number in memory.
fn memory_type(scalar: Scalar) -> Type {
    match scalar {
        Scalar::U8 | Scalar::S8 => types::I8,
        Scalar::U16 | Scalar::S16 => types::I16,
        Scalar::I32 => types::I32,
        Scalar::I64 => types::I64,
        Scalar::F32 => types::F32,
        Scalar::F64 => types::F64,
    }
}
