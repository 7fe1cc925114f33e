//! What Cranelift IR may refer to by name: functions of the program, symbols of the shim, and the
//! bases of memories.
//!
//! **Everything is imported as a function, and no IR holds a `symbol_value`.** Cranelift's inliner
//! (0.135.8) remaps the names of external functions when it copies a callee into a caller, but not
//! those of symbol global values: an inlined callee would then address its caller's memory, and
//! the verifier would say nothing. So a memory's base is an imported pseudo-function whose address
//! is taken by `func_addr`. `testsuite` inlines across two memories and looks at the relocations.

use super::constants::Constant;
use crate::lower::Env;
use crate::program::{FuncId, FuncKind, MemoryId};
use cranelift_codegen::ir::{ExternalName, UserExternalName};
use nanocc_shim_abi::intrinsic;

/// What a name in Cranelift IR stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Name {
    /// Namespace 0: a function of the program.
    Func(FuncId),
    /// Namespace 1: a function of the shim that compiled code calls.
    Intrinsic(Intrinsic),
    /// Namespace 2: not a function: the address of a memory's byte 0.
    MemoryBase(MemoryId),
    /// Namespace 3: the host function behind this `FuncKind::Host` (a symbol of the shim).
    HostSymbol(FuncId),
    /// Namespace 4: not a function: the address of the `nanocc_shim_abi::Caller` of this
    /// `FuncKind::Host` or `FuncKind::ResourceDrop` of a host resource.
    Caller(FuncId),
    /// Namespace 5: a function of the platform's C convention that calls this one (for the shim).
    Thunk(FuncId),
    /// Namespace 7: the program's main function, `lower/init.rs`.
    Main,
    /// Namespace 8: a step of a script, by its number, `lower/init.rs`.
    Step(u32),
    /// Namespaces from 2^30 on: not a function: a read-only constant.
    Constant(Constant),
    /// Namespace 6: a trampoline without its check of the caller's `may_leave` flag, for callers
    /// that never run while it is cleared. Only where [`has_unchecked`] says that there is one.
    Unchecked(FuncId),
}

/// Whether a trampoline checks its caller's `may_leave` flag (canonical ABI, `canon lower` and
/// `resource.new` and `resource.drop`), and so exists without the check too.
pub fn has_unchecked(env: &Env<'_>, func: FuncId) -> bool {
    match env.program.funcs[func].kind {
        FuncKind::Wasm { .. } | FuncKind::ResourceRep { .. } => false,
        FuncKind::Adapter(_)
        | FuncKind::Host(_)
        | FuncKind::Unserved(_)
        | FuncKind::ResourceNew { .. }
        | FuncKind::ResourceDrop { .. } => env.facts.locks(env.program.component_of(func)),
    }
}

/// The name by which code of `caller` calls `callee` directly. References to a function that may
/// be called from anywhere (tables, `ref.func`) are [`Name::Func`] always.
pub fn callee_name(env: &Env<'_>, caller: FuncId, callee: FuncId) -> Name {
    if has_unchecked(env, callee) && !env.facts.may_run_locked(caller) {
        Name::Unchecked(callee)
    } else {
        Name::Func(callee)
    }
}

macro_rules! intrinsics {
    ($($name:ident = $symbol:ident ($($param:ident),*) $(-> $result:ident)?;)*) => {
        /// The shim's intrinsics, as in `nanocc_shim_abi::intrinsic`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Intrinsic { $($name),* }

        impl Intrinsic {
            /// Every intrinsic, in order.
            pub const ALL: &'static [Intrinsic] = &[$(Intrinsic::$name),*];

            /// The symbol that the shim defines.
            pub fn symbol(self) -> &'static str {
                match self { $(Intrinsic::$name => intrinsic::$symbol),* }
            }

            /// Parameter and result types; pointers are `I64`.
            pub fn signature(self) -> (&'static [cranelift_codegen::ir::Type], Option<cranelift_codegen::ir::Type>) {
                #[allow(unused_imports)]
                use cranelift_codegen::ir::types::{I32, I64};
                match self { $(Intrinsic::$name => (&[$($param),*], [$($result,)?].first().copied())),* }
            }
        }
    };
}

intrinsics! {
    MemoryGrow = MEMORY_GROW(I64, I32) -> I32;
    TableGrow = TABLE_GROW(I64, I32, I64) -> I32;
    Utf8Copy = UTF8_COPY(I64, I64, I64) -> I32;
    Utf16Copy = UTF16_COPY(I64, I64, I64) -> I32;
    Latin1ToUtf16 = LATIN1_TO_UTF16(I64, I64, I64);
    Latin1Widen = LATIN1_WIDEN(I64, I64);
    Utf16ToLatin1 = UTF16_TO_LATIN1(I64, I64, I64) -> I64;
    Utf16ToAscii = UTF16_TO_ASCII(I64, I64, I64) -> I64;
    AsciiCopy = ASCII_COPY(I64, I64, I64) -> I64;
    Utf16ToUtf8 = UTF16_TO_UTF8(I64, I64, I64) -> I64;
    Latin1ToUtf8 = LATIN1_TO_UTF8(I64, I64, I64) -> I64;
    Utf8ToUtf16 = UTF8_TO_UTF16(I64, I64, I64) -> I64;
    Utf8ToLatin1 = UTF8_TO_LATIN1(I64, I64, I64) -> I64;
    ResourceNew = RESOURCE_NEW(I64, I32, I32) -> I32;
    ResourceRep = RESOURCE_REP(I64, I32, I32) -> I32;
    ResourceDrop = RESOURCE_DROP(I64, I32, I32) -> I64;
    LiftOwn = LIFT_OWN(I64, I32, I32) -> I32;
    LiftBorrow = LIFT_BORROW(I64, I32, I32) -> I32;
    EndLoan = END_LOAN(I64, I32);
    LoansMark = LOANS_MARK() -> I32;
    Lend = LEND(I64, I32, I32) -> I32;
    EndLoans = END_LOANS(I32);
    LowerBorrow = LOWER_BORROW(I64, I32, I32) -> I32;
    EnterCall = ENTER_CALL(I64) -> I32;
    ExitCall = EXIT_CALL(I64, I32);
    Memcpy = MEMCPY(I64, I64, I64) -> I64;
    Memmove = MEMMOVE(I64, I64, I64) -> I64;
    Memset = MEMSET(I64, I32, I64) -> I64;
}

impl Name {
    /// The name as Cranelift keeps it.
    pub fn encode(self) -> UserExternalName {
        let (namespace, index) = match self {
            Name::Func(id) => (0, id.as_u32()),
            Name::Intrinsic(which) => (1, which as u32),
            Name::MemoryBase(id) => (2, id.as_u32()),
            Name::HostSymbol(id) => (3, id.as_u32()),
            Name::Caller(id) => (4, id.as_u32()),
            Name::Thunk(id) => (5, id.as_u32()),
            Name::Main => (7, 0),
            Name::Step(index) => (8, index),
            Name::Constant(constant) => constant.encode(),
            Name::Unchecked(id) => (6, id.as_u32()),
        };
        UserExternalName { namespace, index }
    }

    /// The inverse of [`Name::encode`]; `None` for a name that isn't ours.
    pub fn decode(name: &UserExternalName) -> Option<Name> {
        let index = name.index;
        Some(match name.namespace {
            0 => Name::Func(FuncId::from_u32(index)),
            1 => Name::Intrinsic(*Intrinsic::ALL.get(index as usize)?),
            2 => Name::MemoryBase(MemoryId::from_u32(index)),
            3 => Name::HostSymbol(FuncId::from_u32(index)),
            4 => Name::Caller(FuncId::from_u32(index)),
            5 => Name::Thunk(FuncId::from_u32(index)),
            6 => Name::Unchecked(FuncId::from_u32(index)),
            7 => Name::Main,
            8 => Name::Step(index),
            namespace => Name::Constant(Constant::decode(namespace, index)?),
        })
    }

    /// The name in `func`'s tables behind an external name of its IR.
    pub fn of(func: &cranelift_codegen::ir::Function, name: &ExternalName) -> Option<Name> {
        match name {
            ExternalName::User(name) => Name::decode(&func.params.user_named_funcs()[*name]),
            _ => None,
        }
    }
}
