//! The smallest program with an adapter in it: two components, `a` calls `b`.

use crate::abi::tests::Ast;
use crate::error::Result;
use crate::facts::Facts;
use crate::lower::Env;
use crate::lower::adapter::{Check, Copying, lower_with};
use crate::lower::source::SourceMap;
use crate::plan::{AddressPlan, Space, plan};
use crate::program::*;
use crate::types::{FuncType, Type, TypeId, Types};
use crate::{abi, lower::adapter};
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{Function, SourceLoc};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CompiledCode, Context};
use cranelift_entity::PrimaryMap;

/// What code is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    X86_64,
    Aarch64,
}

/// The program. Its root holds `a` and `b`, each with one core instance and one memory of
/// [`PAGES`] pages.
pub struct World {
    pub program: Program<'static>,
    pub facts: Facts,
    pub plan: AddressPlan,
    pub source: SourceMap,
    pub a: ComponentId,
    pub b: ComponentId,
    pub memory_a: MemoryId,
    pub memory_b: MemoryId,
    pub realloc_a: FuncId,
    pub realloc_b: FuncId,
    pub callee: FuncId,
    pub post_return: FuncId,
    pub adapter: FuncId,
    isas: [OwnedTargetIsa; 2],
}

/// Pages of each memory.
pub const PAGES: u32 = 2;

impl World {
    /// A program whose adapter is for a function of these types.
    pub fn new(params: &[Ast], result: Option<&Ast>) -> World {
        let mut types = Types::default();
        let func = FuncType {
            params: params
                .iter()
                .enumerate()
                .map(|(index, ty)| (format!("p{index}"), ty.intern(&mut types)))
                .collect(),
            result: result.map(|ty| ty.intern(&mut types)),
        };

        let mut components = PrimaryMap::new();
        let mut component = |name: &str, parent| {
            components.push(Component {
                parent,
                name: name.to_owned(),
                path: format!("/{name}"),
                offset: 0,
            })
        };
        let root = component("", None);
        let a = component("a", Some(root));
        let b = component("b", Some(root));

        let mut modules = PrimaryMap::new();
        let module = modules.push(empty_module());
        let mut instances = PrimaryMap::new();
        let mut memories = PrimaryMap::new();
        let mut instance = |component| {
            let instance = instances.push(CoreInstance {
                module,
                component,
                funcs: Vec::new(),
                tables: Vec::new(),
                memories: Vec::new(),
                globals: Vec::new(),
            });
            let memory = memories.push(Memory {
                ty: MemoryType {
                    initial: PAGES,
                    maximum: Some(PAGES),
                    annex: false,
                },
                instance,
                index: 0,
            });
            instances[instance].memories.push(memory);
            (instance, memory)
        };
        let (instance_a, memory_a) = instance(a);
        let (instance_b, memory_b) = instance(b);

        let mut signatures = Signatures::default();
        let realloc_sig = signatures.intern(Signature {
            params: vec![ValType::I32; 4],
            results: vec![ValType::I32],
        });
        let lifted = abi::lifted_signature(&types, &func);
        let post_return_sig = signatures.intern(Signature {
            params: lifted.results.clone(),
            results: Vec::new(),
        });
        let callee_sig = signatures.intern(lifted);
        let adapter_sig = signatures.intern(abi::lowered_signature(&types, &func));

        let mut funcs = PrimaryMap::new();
        let mut wasm = |sig, instance| {
            let index = funcs.len() as u32;
            funcs.push(Func {
                sig,
                kind: FuncKind::Wasm { instance, index },
            })
        };
        let realloc_a = wasm(realloc_sig, instance_a);
        let realloc_b = wasm(realloc_sig, instance_b);
        let callee = wasm(callee_sig, instance_b);
        let post_return = wasm(post_return_sig, instance_b);
        let options = |component, memory, realloc| Options {
            component,
            memory: Some(memory),
            realloc: Some(realloc),
            encoding: StringEncoding::Utf8,
        };
        let adapter = funcs.push(Func {
            sig: adapter_sig,
            kind: FuncKind::Adapter(Box::new(Adapter {
                lower: options(a, memory_a, realloc_a),
                lower_type: func.clone(),
                lift: options(b, memory_b, realloc_b),
                lift_type: func,
                callee,
                post_return: None,
                name: "test:test/i#f".to_owned(),
            })),
        });

        let program = Program {
            components,
            definitions: Default::default(),
            modules,
            instances,
            funcs,
            memories,
            tables: PrimaryMap::new(),
            globals: PrimaryMap::new(),
            resources: PrimaryMap::new(),
            types,
            signatures,
            entry: Entry::Command(Command {
                callee,
                post_return: None,
                component: b,
            }),
        };
        let mut facts = Facts::default();
        // One length is known, the other is loaded.
        facts.growing_memories.insert(memory_b);
        let space = Space {
            address_bits: 47,
            low_constant: true,
        };
        World {
            plan: plan(&program, &facts, space).unwrap(),
            source: SourceMap::new(&program, program.funcs.keys()).unwrap(),
            program,
            facts,
            a,
            b,
            memory_a,
            memory_b,
            realloc_a,
            realloc_b,
            callee,
            post_return,
            adapter,
            isas: ["x86_64-unknown-linux", "aarch64-unknown-linux"].map(isa),
        }
    }

    /// Lets every component see its `may_leave` flag cleared.
    pub fn lock_everything(&mut self) {
        for component in [self.a, self.b] {
            self.facts.locks.insert(component);
        }
    }

    /// The type of the function.
    pub fn func_type(&self) -> &FuncType {
        match &self.program.funcs[self.adapter].kind {
            FuncKind::Adapter(adapter) => &adapter.lift_type,
            _ => unreachable!("made as an adapter"),
        }
    }

    /// The adapter's data.
    pub fn adapter_mut(&mut self) -> &mut Adapter {
        match &mut self.program.funcs[self.adapter].kind {
            FuncKind::Adapter(adapter) => adapter,
            _ => unreachable!("made as an adapter"),
        }
    }

    /// Gives what has been added its address.
    pub fn replan(&mut self) {
        let space = Space {
            address_bits: 47,
            low_constant: true,
        };
        self.plan = plan(&self.program, &self.facts, space).unwrap();
    }

    /// Adds a type.
    pub fn intern(&mut self, ty: Type) -> TypeId {
        self.program.types.intern(ty)
    }

    /// Adds a function, with a source location.
    pub fn add_func(&mut self, params: &[ValType], results: &[ValType], kind: FuncKind) -> FuncId {
        let sig = self.program.signatures.intern(Signature {
            params: params.to_vec(),
            results: results.to_vec(),
        });
        let func = self.program.funcs.push(Func { sig, kind });
        self.source = SourceMap::new(&self.program, self.program.funcs.keys()).unwrap();
        func
    }

    /// Gives the two sides' strings these encodings.
    pub fn set_encodings(&mut self, a: StringEncoding, b: StringEncoding) {
        let adapter = self.adapter_mut();
        adapter.lower.encoding = a;
        adapter.lift.encoding = b;
    }

    /// Gives the adapter's function another type on both sides.
    pub fn set_type(&mut self, func: FuncType) {
        let types = &self.program.types;
        let (lowered, lifted) = (
            abi::lowered_signature(types, &func),
            abi::lifted_signature(types, &func),
        );
        self.program.funcs[self.adapter].sig = self.program.signatures.intern(lowered);
        self.program.funcs[self.callee].sig = self.program.signatures.intern(lifted);
        let adapter = self.adapter_mut();
        adapter.lower_type = func.clone();
        adapter.lift_type = func;
    }

    pub fn env(&self, target: Target) -> Env<'_> {
        Env {
            program: &self.program,
            facts: &self.facts,
            plan: &self.plan,
            source: &self.source,
            isa: &*self.isas[target as usize],
        }
    }

    pub fn source_location(&self) -> SourceLoc {
        self.source.location(self.adapter, 0)
    }

    /// The adapter's IR.
    pub fn lower(&self, target: Target) -> Result<Function> {
        self.lower_with(target, Check::MayLeave, Copying::Bulk)
    }

    pub fn lower_with(&self, target: Target, check: Check, copying: Copying) -> Result<Function> {
        lower_with(&self.env(target), self.adapter, check, copying)
    }

    /// The IR of another trampoline.
    pub fn lower_func(&self, target: Target, func: FuncId) -> Result<Function> {
        adapter::lower(&self.env(target), func, Check::MayLeave)
    }

    /// Verifies and compiles.
    pub fn compile(&self, target: Target, func: Function) -> CompiledCode {
        let isa = &*self.isas[target as usize];
        if let Err(errors) = cranelift_codegen::verify_function(&func, isa) {
            panic!("{errors}\n{func}");
        }
        let mut context = Context::for_function(func);
        context
            .compile(isa, &mut ControlPlane::default())
            .map_err(|error| format!("{:?}", error.inner))
            .unwrap();
        context.take_compiled_code().unwrap()
    }
}

fn isa(triple: &str) -> OwnedTargetIsa {
    let mut flags = settings::builder();
    for (name, value) in [
        ("opt_level", "speed"),
        ("enable_multi_ret_implicit_sret", "true"),
        ("enable_verifier", "true"),
        ("is_pic", "false"),
    ] {
        flags.set(name, value).unwrap();
    }
    cranelift_codegen::isa::lookup_by_name(triple)
        .unwrap()
        .finish(settings::Flags::new(flags))
        .unwrap()
}

fn empty_module() -> Module<'static> {
    Module {
        bytes: &[],
        offset: 0,
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
        exports: Default::default(),
        start: None,
        elements: Vec::new(),
        data: Vec::new(),
        func_names: Default::default(),
        scan: Vec::new(),
    }
}
