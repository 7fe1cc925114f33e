//! Runs compiled adapters in this process's children.
//!
//! The program's memories, descriptors and instances are mapped where the plan puts them. The
//! functions around the adapter are written here in Cranelift IR: `realloc`s that only go up, a callee
//! that notes its arguments and returns what it was given to return, and an entry that the test
//! calls. The shim's intrinsics are functions of this file. All talk to the test through one page.
//!
//! A run is a child process, since a trap ends it; the mappings are shared with it.

use super::model::{Memory, Reallocation};
use super::transcoders;
use super::world::{PAGES, Target, World};
use crate::lower::adapter::{Check, Copying};
use crate::lower::names::{Intrinsic, Name};
use crate::lower::signature;
use crate::lower::traps::trap_of;
use crate::program::{FuncId, MemoryId};
use cranelift_codegen::FinalizedMachReloc;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    self, Function, InstBuilder, MemFlagsData, TrapCode, UserExternalName, UserFuncName, Value,
    types,
};
use cranelift_codegen::isa::CallConv;
use cranelift_codegen::{FinalizedRelocTarget, ir::AbiParam};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use nanocc_shim_abi as abi;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

/// Where the page lies that everybody shares.
const PAGE: u64 = 0x0f00_0000;
/// Where code lies.
const CODE: u64 = 0x0e00_0000;
const CODE_LEN: usize = 1 << 20;

// Fields of the page: offsets of words of 8 bytes.
const ARGS: u64 = 0;
const RESULTS: u64 = 0x100;
const CALLEE_ARGS: u64 = 0x200;
const CALLEE_RESULTS: u64 = 0x300;
/// The next free byte, of `a` and of `b`.
const NEXT: u64 = 0x400;
/// Flags that `realloc` and the callee saw: (`a`, `b`) of the last call of each.
const SEEN: u64 = 0x410;
/// The address of a trap.
const TRAPPED: u64 = 0x440;
const LOG_LEN: u64 = 0x448;
const LOG: u64 = 0x450;
const LOG_ENTRIES: u64 = 32;
/// The number of calls of `realloc`, of `a` and of `b`, and the arguments of each.
const REALLOCS: u64 = 0x900;
const REALLOC_ARGS: [u64; 2] = [0x910, 0xc40];
const REALLOC_ENTRIES: u64 = 50;
/// All ones where `realloc` keeps what is in a block, of `a` and of `b`.
const KEEPS: u64 = 0xf80;
/// The number of the call of `realloc` that lies, of `a` and of `b`.
const LIES: u64 = 0xf90;

/// The mappings are at fixed addresses, so one machine exists at a time.
static ONE: Mutex<()> = Mutex::new(());

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Returned {
        results: Vec<u64>,
        callee_args: Vec<u64>,
    },
    Trapped(abi::Trap),
}

/// What is mapped at the plan's addresses, with an adapter's code.
pub struct Machine<'w> {
    world: &'w World,
    traps: Vec<(u64, TrapCode)>,
    entry: u64,
    mappings: Vec<(u64, usize)>,
    _one: MutexGuard<'static, ()>,
}

/// What the `may_leave` flags of `a` and `b` were.
pub type Flags = (u32, u32);

impl<'w> Machine<'w> {
    /// Compiles the world's adapter and everything around it.
    pub fn new(world: &'w World, copying: Copying) -> Machine<'w> {
        let one = ONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut machine = Machine {
            world,
            traps: Vec::new(),
            entry: 0,
            mappings: Vec::new(),
            _one: one,
        };
        machine.map(PAGE, 4096);
        machine.map(CODE, CODE_LEN);
        let block = crate::plan::DATA_BLOCK;
        machine.map(
            block,
            (world.plan.data_block_len as usize).next_multiple_of(4096),
        );
        for id in [world.memory_a, world.memory_b] {
            let slot = world.plan.memories[id];
            let len = PAGES as usize * abi::WASM_PAGE as usize;
            machine.map(slot.base, len);
            for (index, word) in [slot.base, len as u64, len as u64].into_iter().enumerate() {
                set(slot.descriptor + 8 * index as u64, word);
            }
        }
        for component in [world.a, world.b] {
            // `may_leave` is the low half of the first word, `may_enter` the high one.
            set(world.plan.components[component], 1 << 32 | 1);
        }
        machine.link(copying);
        machine
    }

    fn map(&mut self, at: u64, len: usize) {
        // SAFETY: a new mapping that replaces none; the guard `ONE` keeps others from mapping
        // there, and `drop` removes it.
        let got = unsafe {
            libc::mmap(
                std::ptr::with_exposed_provenance_mut(at as usize),
                len,
                libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE,
                -1,
                0,
            )
        };
        assert_eq!(got.addr() as u64, at, "{}", std::io::Error::last_os_error());
        self.mappings.push((at, len));
    }

    /// Compiles, lays out and relocates.
    fn link(&mut self, copying: Copying) {
        let world = self.world;
        let adapter = world
            .lower_with(Target::X86_64, Check::MayLeave, copying)
            .unwrap();
        let mut functions = vec![
            (Some(Name::Func(world.adapter)), adapter),
            (None, self.entry_function()),
            (Some(Name::Func(world.callee)), self.callee_function()),
            (
                Some(Name::Func(world.post_return)),
                self.post_return_function(),
            ),
        ];
        for (index, func) in [world.realloc_a, world.realloc_b].into_iter().enumerate() {
            functions.push((
                Some(Name::Func(func)),
                self.realloc_function(index as u64, func),
            ));
        }

        let mut at = CODE;
        let mut places = BTreeMap::new();
        let mut pending = Vec::new();
        for (name, function) in functions {
            let params = function.params.clone();
            let code = world.compile(Target::X86_64, function);
            at = at.next_multiple_of(64);
            write(at, code.code_buffer());
            match name {
                Some(name) => drop(places.insert(name, at)),
                None => self.entry = at,
            }
            for trap in code.buffer.traps() {
                self.traps.push((at + u64::from(trap.offset), trap.code));
            }
            for reloc in code.buffer.relocs() {
                pending.push((at, reloc.clone(), params.clone()));
            }
            at += code.code_buffer().len() as u64;
        }
        // The intrinsics are far away: movabs rax, address; jmp rax.
        for &which in Intrinsic::ALL {
            if let Some(address) = intrinsic(which) {
                at = at.next_multiple_of(16);
                let mut code = vec![0x48, 0xb8];
                code.extend(address.to_le_bytes());
                code.extend([0xff, 0xe0]);
                write(at, &code);
                places.insert(Name::Intrinsic(which), at);
                at += code.len() as u64;
            }
        }
        assert!(at < CODE + CODE_LEN as u64);
        for (id, slot) in [world.memory_a, world.memory_b].map(|id| (id, world.plan.memories[id])) {
            places.insert(Name::MemoryBase(id), slot.base);
        }
        for (code, reloc, params) in pending {
            relocate(code, &reloc, &params, &places);
        }
    }

    /// `fn()`: calls the adapter with the arguments of the page.
    fn entry_function(&self) -> Function {
        let sig = signature::signature(self.core(self.world.adapter));
        let empty = ir::Signature::new(CallConv::SystemV);
        build(empty, |b, _| {
            let args = load_all(b, ARGS, &sig.params);
            let name = b
                .func
                .declare_imported_user_function(Name::Func(self.world.adapter).encode());
            let signature = b.import_signature(sig.clone());
            let callee = b.import_function(ir::ExtFuncData {
                name: ir::ExternalName::user(name),
                signature,
                colocated: true,
                patchable: false,
            });
            let call = b.ins().call(callee, &args);
            let results = b.inst_results(call).to_vec();
            store_all(b, RESULTS, &results);
            Vec::new()
        })
    }

    /// Notes its arguments and the flags, and returns what the page says.
    fn callee_function(&self) -> Function {
        let sig = signature::signature(self.core(self.world.callee));
        let returns = sig.returns.clone();
        build(sig, |b, params| {
            store_all(b, CALLEE_ARGS, params);
            self.note_flags(b, SEEN);
            load_all(b, CALLEE_RESULTS, &returns)
        })
    }

    fn post_return_function(&self) -> Function {
        let sig = signature::signature(self.core(self.world.post_return));
        build(sig, |b, _| {
            self.note_flags(b, SEEN + 16);
            Vec::new()
        })
    }

    /// Rounds the next free byte up, takes `new_size` bytes from there. Notes its arguments, and does as the page says
    /// about the rest ([`Memory::keeps`], [`Memory::lie`]).
    fn realloc_function(&self, index: u64, func: FuncId) -> Function {
        let sig = signature::signature(self.core(func));
        build(sig, |b, params| {
            self.note_flags(b, SEEN + 32);
            let next = word(b, NEXT + 8 * index);
            let flags = MemFlagsData::trusted();
            let old = b.ins().load(types::I32, flags, next, 0);
            let one = b.ins().iconst(types::I32, 1);
            let low = b.ins().isub(params[2], one);
            let up = b.ins().iadd(old, low);
            let start = b.ins().band_not(up, low);
            let end = b.ins().iadd(start, params[3]);
            b.ins().store(flags, end, next, 0);

            let count_at = word(b, REALLOCS + 8 * index);
            let count = b.ins().load(types::I64, flags, count_at, 0);
            let more = b.ins().iadd_imm_u(count, 1);
            b.ins().store(flags, more, count_at, 0);
            let most = b.ins().iconst(types::I64, REALLOC_ENTRIES as i64 - 1);
            let entry = b.ins().umin(count, most);
            let entry = b.ins().ishl_imm_u(entry, 4);
            let entries = word(b, REALLOC_ARGS[index as usize]);
            let entry = b.ins().iadd(entries, entry);
            for (offset, &param) in params.iter().enumerate() {
                b.ins().store(flags, param, entry, 4 * offset as i32);
            }

            // What fits: a block beyond the memory gets nothing.
            let wide = |b: &mut FunctionBuilder<'_>, value| b.ins().uextend(types::I64, value);
            let (to, size) = (wide(b, start), wide(b, params[3]));
            let end = b.ins().iadd(to, size);
            let length = i64::from(PAGES) * abi::WASM_PAGE as i64;
            let fits = b
                .ins()
                .icmp_imm_u(IntCC::UnsignedLessThanOrEqual, end, length);
            let (from, old_size) = (wide(b, params[0]), wide(b, params[1]));
            let len = b.ins().umin(size, old_size);
            let keeps = word(b, KEEPS + 8 * index);
            let keeps = b.ins().load(types::I64, flags, keeps, 0);
            let len = b.ins().band(len, keeps);
            let zero = b.ins().iconst(types::I64, 0);
            let len = b.ins().select(fits, len, zero);
            let memory = [self.world.memory_a, self.world.memory_b][index as usize];
            let base = b.ins().iconst(types::I64, self.base(memory) as i64);
            let (to, from) = (b.ins().iadd(base, to), b.ins().iadd(base, from));
            let to = b.ins().select(fits, to, base);
            let name = b
                .func
                .declare_imported_user_function(Name::Intrinsic(Intrinsic::Memcpy).encode());
            let mut memcpy = ir::Signature::new(CallConv::SystemV);
            memcpy.params = vec![AbiParam::new(types::I64); 3];
            memcpy.returns = vec![AbiParam::new(types::I64)];
            let signature = b.import_signature(memcpy);
            let memcpy = b.import_function(ir::ExtFuncData {
                name: ir::ExternalName::user(name),
                signature,
                colocated: true,
                patchable: false,
            });
            b.ins().call(memcpy, &[to, from, len]);

            let lie = word(b, LIES + 8 * index);
            let lie = b.ins().load(types::I64, flags, lie, 0);
            let lies = b.ins().icmp(IntCC::Equal, lie, count);
            let lies = b.ins().uextend(types::I32, lies);
            vec![b.ins().iadd(start, lies)]
        })
    }

    fn note_flags(&self, b: &mut FunctionBuilder<'_>, field: u64) {
        for (index, component) in [self.world.a, self.world.b].into_iter().enumerate() {
            let flags = MemFlagsData::trusted();
            let from = b
                .ins()
                .iconst(types::I64, self.world.plan.components[component] as i64);
            let flag = b.ins().load(types::I32, flags, from, 0);
            let to = word(b, field + 4 * index as u64);
            b.ins().store(flags, flag, to, 0);
        }
    }

    fn core(&self, func: FuncId) -> &crate::program::Signature {
        let program = &self.world.program;
        &program.signatures[program.funcs[func].sig]
    }

    /// Runs the adapter. The memories become what it made of them.
    pub fn run(
        &self,
        a: &mut Memory,
        b: &mut Memory,
        args: &[u64],
        callee_results: &[u64],
    ) -> Outcome {
        write(PAGE, &[0; 4096]);
        for (index, &arg) in args.iter().enumerate() {
            set(PAGE + ARGS + 8 * index as u64, arg);
        }
        for (index, &result) in callee_results.iter().enumerate() {
            set(PAGE + CALLEE_RESULTS + 8 * index as u64, result);
        }
        let sides = [
            (self.world.memory_a, &mut *a),
            (self.world.memory_b, &mut *b),
        ];
        for (index, (id, memory)) in sides.into_iter().enumerate() {
            write(self.base(id), &memory.bytes);
            let index = 8 * index as u64;
            set(PAGE + NEXT + index, u64::from(memory.next));
            set(
                PAGE + KEEPS + index,
                if memory.keeps { u64::MAX } else { 0 },
            );
            set(PAGE + LIES + index, memory.lie.map_or(u64::MAX, u64::from));
        }
        let status = self.in_child();
        if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 1 {
            let place = get(PAGE + TRAPPED);
            let trap = self
                .traps
                .iter()
                .find(|trap| trap.0 == place)
                .and_then(|trap| trap_of(trap.1));
            return Outcome::Trapped(trap.unwrap_or_else(|| panic!("no trap at {place:#x}")));
        }
        assert_eq!(status, 0, "the child neither returned nor trapped");
        for (index, (id, memory)) in [(self.world.memory_a, a), (self.world.memory_b, b)]
            .into_iter()
            .enumerate()
        {
            read(self.base(id), &mut memory.bytes);
            memory.next = get(PAGE + NEXT + 8 * index as u64) as u32;
            memory.calls.extend(self.reallocations(index));
        }
        let words = |at: u64, count: usize| {
            (0..count as u64)
                .map(|index| get(PAGE + at + 8 * index))
                .collect()
        };
        Outcome::Returned {
            results: words(RESULTS, self.core(self.world.adapter).results.len()),
            callee_args: words(CALLEE_ARGS, self.core(self.world.callee).params.len()),
        }
    }

    /// The calls of `realloc` of `a` (0) or `b` (1), those of a run that trapped too; if they are very many, the first.
    pub fn reallocations(&self, side: usize) -> Vec<Reallocation> {
        let count = get(PAGE + REALLOCS + 8 * side as u64);
        (0..count.min(REALLOC_ENTRIES - 1))
            .map(|entry| {
                let at = PAGE + REALLOC_ARGS[side] + 16 * entry;
                let (first, second) = (get(at), get(at + 8));
                [first, first >> 32, second, second >> 32].map(|word| word as u32)
            })
            .collect()
    }

    /// The flags that the callee saw, then post-return, then the last `realloc`.
    pub fn seen(&self) -> [Flags; 3] {
        [0, 16, 32].map(|field| {
            let word = get(PAGE + SEEN + field);
            (word as u32, (word >> 32) as u32)
        })
    }

    /// The calls of handle intrinsics: which, and their arguments.
    pub fn log(&self) -> Vec<(Intrinsic, [u64; 3])> {
        (0..get(PAGE + LOG_LEN).min(LOG_ENTRIES))
            .map(|index| {
                let at = PAGE + LOG + 32 * index;
                let which = Intrinsic::ALL[get(at) as usize];
                (which, [get(at + 8), get(at + 16), get(at + 24)])
            })
            .collect()
    }

    fn base(&self, memory: MemoryId) -> u64 {
        self.world.plan.memories[memory].base
    }

    /// Calls the entry in a child, and gives its wait status.
    fn in_child(&self) -> libc::c_int {
        // SAFETY: the child calls nothing but generated code, the intrinsics of the tests and functions that are
        // safe after a fork. Some of the transcoders allocate, which glibc allows after a fork.
        unsafe {
            let child = libc::fork();
            assert!(child >= 0, "{}", std::io::Error::last_os_error());
            if child == 0 {
                let mut action: libc::sigaction = std::mem::zeroed();
                action.sa_sigaction = on_trap as *const () as usize;
                action.sa_flags = libc::SA_SIGINFO;
                for signal in [libc::SIGILL, libc::SIGSEGV] {
                    libc::sigaction(signal, &action, std::ptr::null_mut());
                }
                let entry: extern "C" fn() = std::mem::transmute(
                    std::ptr::with_exposed_provenance::<()>(self.entry as usize),
                );
                entry();
                libc::_exit(0);
            }
            let mut status = 0;
            assert_eq!(libc::waitpid(child, &mut status, 0), child);
            status
        }
    }
}

impl Drop for Machine<'_> {
    fn drop(&mut self) {
        for &(at, len) in &self.mappings {
            // SAFETY: made by `map`, and nobody refers to it any more.
            unsafe { libc::munmap(std::ptr::with_exposed_provenance_mut(at as usize), len) };
        }
    }
}

extern "C" fn on_trap(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel gives a `ucontext_t`; the page is mapped.
    unsafe {
        let context = &*context.cast::<libc::ucontext_t>();
        set(
            PAGE + TRAPPED,
            context.uc_mcontext.gregs[libc::REG_RIP as usize] as u64,
        );
        libc::_exit(1);
    }
}

/// Patches one relocation.
fn relocate(
    code: u64,
    reloc: &FinalizedMachReloc,
    params: &ir::function::FunctionParameters,
    places: &BTreeMap<Name, u64>,
) {
    let at = code + u64::from(reloc.offset);
    let target = match &reloc.target {
        FinalizedRelocTarget::ExternalName(ir::ExternalName::User(name)) => {
            let name = Name::decode(&params.user_named_funcs()[*name]).unwrap();
            *places
                .get(&name)
                .unwrap_or_else(|| panic!("nothing is at {name:?}"))
        }
        FinalizedRelocTarget::Func(offset) => code + u64::from(*offset),
        other => panic!("a relocation to {other:?}"),
    };
    let value = target.wrapping_add_signed(reloc.addend);
    match reloc.kind {
        Reloc::Abs8 => set(at, value),
        Reloc::X86CallPCRel4 | Reloc::X86PCRel4 => {
            let distance = i32::try_from(value.wrapping_sub(at) as i64).unwrap();
            write(at, &distance.to_le_bytes());
        }
        kind => panic!("a relocation of kind {kind:?}"),
    }
}

/// Builds a function of one block.
fn build(
    signature: ir::Signature,
    body: impl FnOnce(&mut FunctionBuilder<'_>, &[Value]) -> Vec<Value>,
) -> Function {
    let name = UserFuncName::User(UserExternalName::new(99, 0));
    let mut func = Function::with_name_signature(name, signature);
    let mut context = FunctionBuilderContext::new();
    let mut b = FunctionBuilder::new(&mut func, &mut context);
    let block = b.create_block();
    b.append_block_params_for_function_params(block);
    b.switch_to_block(block);
    let params = b.block_params(block).to_vec();
    let results = body(&mut b, &params);
    b.ins().return_(&results);
    b.seal_all_blocks();
    b.finalize(cranelift_codegen::isa::TargetFrontendConfig {
        default_call_conv: CallConv::SystemV,
        pointer_width: target_lexicon::PointerWidth::U64,
        page_size_align_log2: 12,
    });
    func
}

fn word(b: &mut FunctionBuilder<'_>, field: u64) -> Value {
    b.ins().iconst(types::I64, (PAGE + field) as i64)
}

fn load_all(b: &mut FunctionBuilder<'_>, field: u64, params: &[AbiParam]) -> Vec<Value> {
    let at = word(b, field);
    let flags = MemFlagsData::trusted();
    let load = |(index, param): (usize, &AbiParam)| {
        b.ins().load(param.value_type, flags, at, 8 * index as i32)
    };
    params.iter().enumerate().map(load).collect()
}

fn store_all(b: &mut FunctionBuilder<'_>, field: u64, values: &[Value]) {
    let at = word(b, field);
    for (index, &value) in values.iter().enumerate() {
        b.ins()
            .store(MemFlagsData::trusted(), value, at, 8 * index as i32);
    }
}

// Bytes at fixed addresses.

fn write(at: u64, bytes: &[u8]) {
    let to = std::ptr::with_exposed_provenance_mut(at as usize);
    // SAFETY: callers write within the mappings of the one machine.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
}

fn read(at: u64, bytes: &mut [u8]) {
    let from = std::ptr::with_exposed_provenance(at as usize);
    // SAFETY: callers read within the mappings of the one machine.
    unsafe { std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), bytes.len()) };
}

fn set(at: u64, word: u64) {
    write(at, &word.to_le_bytes());
}

fn get(at: u64) -> u64 {
    let mut word = [0; 8];
    read(at, &mut word);
    u64::from_le_bytes(word)
}

// The shim's intrinsics, as far as adapters call them. Those for handles note their arguments; a
// representation is a handle plus 1000, a handle a representation plus 100.

fn intrinsic(which: Intrinsic) -> Option<u64> {
    type Two = extern "C" fn(u64, u64) -> u64;
    type Three = extern "C" fn(u64, u64, u64) -> u64;
    Some(match which {
        Intrinsic::Memcpy => libc::memcpy as *const () as u64,
        Intrinsic::LiftOwn => lift_own as Three as *const () as u64,
        Intrinsic::ResourceNew => resource_new as Three as *const () as u64,
        Intrinsic::LiftBorrow => lift_borrow as Three as *const () as u64,
        Intrinsic::Lend => lend as Three as *const () as u64,
        Intrinsic::LowerBorrow => lower_borrow as Three as *const () as u64,
        Intrinsic::EndLoan => end_loan as Two as *const () as u64,
        Intrinsic::ExitCall => exit_call as Two as *const () as u64,
        Intrinsic::EnterCall => enter_call as *const () as u64,
        Intrinsic::LoansMark => loans_mark as *const () as u64,
        Intrinsic::EndLoans => end_loans as *const () as u64,
        _ => return transcoders::address(which),
    })
}

fn note(which: Intrinsic, args: [u64; 3]) {
    let index = get(PAGE + LOG_LEN);
    set(PAGE + LOG_LEN, index + 1);
    if index < LOG_ENTRIES {
        for (offset, word) in [which as u64, args[0], args[1], args[2]]
            .into_iter()
            .enumerate()
        {
            set(PAGE + LOG + 32 * index + 8 * offset as u64, word);
        }
    }
}

/// The low half, where a C `u32` is.
fn low(word: u64) -> u64 {
    word & 0xffff_ffff
}

macro_rules! noting {
    ($($name:ident = $which:ident + $add:literal;)*) => {$(
        extern "C" fn $name(instance: u64, ty: u64, value: u64) -> u64 {
            note(Intrinsic::$which, [instance, low(ty), low(value)]);
            low(value) + $add
        }
    )*};
}

noting! {
    lift_own = LiftOwn + 1000;
    resource_new = ResourceNew + 100;
    lift_borrow = LiftBorrow + 1000;
    lend = Lend + 1000;
    lower_borrow = LowerBorrow + 100;
}

extern "C" fn end_loan(instance: u64, handle: u64) -> u64 {
    note(Intrinsic::EndLoan, [instance, low(handle), 0]);
    0
}

extern "C" fn enter_call(instance: u64) -> u64 {
    note(Intrinsic::EnterCall, [instance, 0, 0]);
    77
}

extern "C" fn exit_call(instance: u64, saved: u64) -> u64 {
    note(Intrinsic::ExitCall, [instance, low(saved), 0]);
    0
}

extern "C" fn loans_mark() -> u64 {
    note(Intrinsic::LoansMark, [0; 3]);
    55
}

extern "C" fn end_loans(mark: u64) -> u64 {
    note(Intrinsic::EndLoans, [low(mark), 0, 0]);
    0
}
