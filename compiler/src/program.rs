//! `Program`: the whole composition, flattened. The product of `graph`, and immutable after it.
//!
//! A component graph arrives as components nested in components, each with index spaces, imports
//! and instantiations. `graph` runs all instantiations at compile time and leaves this: a list of
//! core instances in the order in which they come to life, every one with its index spaces
//! resolved to program-wide entities. Nothing here refers to a component's index space any more.
//!
//! A module that is instantiated twice gives two core instances whose functions are different
//! [`FuncId`]s: they have different memories, so they are compiled twice.
//!
//! Analyses never write into a `Program`; they return side tables keyed by these ids.

use crate::types::{FuncType, Types};
use cranelift_entity::{PrimaryMap, SecondaryMap, entity_impl};
use indexmap::{IndexMap, IndexSet};
use std::ops::Range;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u32);
        entity_impl!($name, $prefix);
    )*};
}

ids! {
    /// A component instance: a node of the composition.
    ComponentId = "component";
    /// A core module as it stands in the input, however often it is instantiated.
    ModuleId = "module";
    /// A core module's instance.
    InstanceId = "instance";
    /// A function of the final program: a module's function in one instance, or a trampoline.
    FuncId = "func";
    /// A linear memory.
    MemoryId = "memory";
    /// A table.
    TableId = "table";
    /// A global.
    GlobalId = "global";
    /// A resource type, after substitution: two instantiations of its component give two.
    ResourceId = "resource";
    /// A core function signature, by structure. Equal signatures have equal ids.
    SigId = "sig";
}

/// The whole composition. See the module's documentation.
pub struct Program<'a> {
    /// Every component instance; the root is the first, parents come before children. Scripts have several roots, and
    /// the caller (`invoke`) is one of its own.
    pub components: PrimaryMap<ComponentId, Component>,
    /// The binary component that each is an instance of; empty for what has none, a script's core modules and the caller.
    pub definitions: SecondaryMap<ComponentId, &'a [u8]>,
    /// Every core module that is instantiated.
    pub modules: PrimaryMap<ModuleId, Module<'a>>,
    /// Every core instance, in instantiation order.
    pub instances: PrimaryMap<InstanceId, CoreInstance>,
    /// Every function.
    pub funcs: PrimaryMap<FuncId, Func>,
    /// Every linear memory.
    pub memories: PrimaryMap<MemoryId, Memory>,
    /// Every table.
    pub tables: PrimaryMap<TableId, Table>,
    /// Every global.
    pub globals: PrimaryMap<GlobalId, Global>,
    /// Every resource type.
    pub resources: PrimaryMap<ResourceId, Resource>,
    /// The value types that cross component boundaries.
    pub types: Types,
    /// The core signatures.
    pub signatures: Signatures,
    /// How it is entered.
    pub entry: Entry,
}

/// A component instance.
#[derive(Debug, Clone)]
pub struct Component {
    /// The instance that instantiated it; `None` for a root.
    pub parent: Option<ComponentId>,
    /// Its name within its parent: the name that the composition gave it, or `#index`.
    pub name: String,
    /// Its path from the root, `/` between names; the root's is `/`... see [`Program::path`].
    pub path: String,
    /// Its place in the input.
    pub offset: usize,
}

/// A core signature.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Signature {
    /// Parameter types, in order.
    pub params: Vec<ValType>,
    /// Result types, in order.
    pub results: Vec<ValType>,
}

/// A core value type that nanocc compiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValType {
    I32,
    I64,
    F32,
    F64,
    V128,
    /// `funcref` or a nullable typed function reference.
    FuncRef,
    /// `externref`.
    ExternRef,
}

/// The interner of [`Signature`]s.
#[derive(Debug, Default, Clone)]
pub struct Signatures(IndexSet<Signature>);

impl Signatures {
    /// The id of `signature`.
    pub fn intern(&mut self, signature: Signature) -> SigId {
        SigId::from_u32(self.0.insert_full(signature).0 as u32)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::ops::Index<SigId> for Signatures {
    type Output = Signature;
    fn index(&self, id: SigId) -> &Signature {
        &self.0[id.as_u32() as usize]
    }
}

impl SigId {
    /// The number that stands for the signature in a function reference at run time: never 0.
    pub fn runtime(self) -> u32 {
        self.as_u32() + 1
    }
}

/// A core module, parsed and validated. Index spaces put imports first, as the specification does.
pub struct Module<'a> {
    /// The module's bytes.
    pub bytes: &'a [u8],
    /// Where they begin in the input file.
    pub offset: usize,
    /// The name in its name section, if any.
    pub name: Option<&'a str>,
    /// The type section; `None` where a type isn't a function type.
    pub types: Vec<SigId>,
    /// The imports, in order.
    pub imports: Vec<Import<'a>>,
    /// How many of each index space are imported.
    pub imported: Counts,
    /// Signatures of the whole function index space, imports first.
    pub func_sigs: Vec<SigId>,
    /// Bodies of the defined functions.
    pub bodies: Vec<Body<'a>>,
    /// The whole table index space, imports first.
    pub tables: Vec<TableType>,
    /// Initial values of the defined tables' elements.
    pub table_inits: Vec<Option<ConstExpr>>,
    /// The whole memory index space, imports first.
    pub memories: Vec<MemoryType>,
    /// The whole global index space, imports first.
    pub globals: Vec<GlobalType>,
    /// Initial values of the defined globals.
    pub global_inits: Vec<ConstExpr>,
    /// What the module exports.
    pub exports: IndexMap<&'a str, Export>,
    /// The start function.
    pub start: Option<u32>,
    /// The element segments.
    pub elements: Vec<Element>,
    /// The data segments.
    pub data: Vec<Data<'a>>,
    /// Function names from the name section, by function index.
    pub func_names: std::collections::HashMap<u32, &'a str>,
    /// Features used by a body that matter before lowering (filled by the scan of bodies).
    pub scan: Vec<BodyScan>,
}

/// Numbers of imported items.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub funcs: u32,
    pub tables: u32,
    pub memories: u32,
    pub globals: u32,
}

/// One import of a core module.
#[derive(Debug, Clone)]
pub struct Import<'a> {
    pub module: &'a str,
    pub name: &'a str,
    pub kind: ExternKind,
}

/// The kind of a core import or export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExternKind {
    Func,
    Table,
    Memory,
    Global,
}

/// One export of a core module.
#[derive(Debug, Clone, Copy)]
pub struct Export {
    pub kind: ExternKind,
    /// Index into that kind's index space.
    pub index: u32,
}

/// A defined function's body.
#[derive(Debug, Clone)]
pub struct Body<'a> {
    /// The body, with its local declarations.
    pub bytes: &'a [u8],
    /// Its range in the module, in bytes; in the one that its author has ([`crate::moved`]).
    pub range: Range<u32>,
}

/// What one pass over a body finds; the input of `facts`.
#[derive(Debug, Clone, Default)]
pub struct BodyScan {
    /// Functions that it calls directly, and from how many places (sorted by function index).
    pub calls: Vec<(u32, u32)>,
    /// Functions whose reference it takes with `ref.func` (sorted, unique).
    pub refs: Vec<u32>,
    /// `call_indirect`s: (table, type index), sorted, unique.
    pub indirect: Vec<(u32, u32)>,
    /// Those of them whose index is a constant: (table, type index, slot), and from how many places.
    pub constant_slots: Vec<((u32, u32, u32), u32)>,
    /// Globals that it writes (sorted, unique).
    pub global_writes: Vec<u32>,
    /// Tables that it writes, fills, copies into, initialises or grows (sorted, unique).
    pub table_writes: Vec<u32>,
    /// Tables that it grows (sorted, unique).
    pub table_grows: Vec<u32>,
    /// Memories that it grows (sorted, unique).
    pub memory_grows: Vec<u32>,
    /// Accesses to each memory, roughly weighted by loop depth: (memory, weight).
    pub memory_uses: Vec<(u32, u64)>,
    /// Whether it reads references out of tables, or puts other than a segment's into them.
    pub moves_references: bool,
    /// Number of operators.
    pub operators: u32,
}

/// A table's type.
#[derive(Debug, Clone, Copy)]
pub struct TableType {
    pub element: ValType,
    /// Elements at start.
    pub initial: u32,
    /// The declared maximum.
    pub maximum: Option<u32>,
}

/// A 32-bit memory's type, in 64 KiB pages.
#[derive(Debug, Clone, Copy)]
pub struct MemoryType {
    pub initial: u32,
    pub maximum: Option<u32>,
    /// It has an annex ([`crate::annex`]).
    pub annex: bool,
}

/// A global's type.
#[derive(Debug, Clone, Copy)]
pub struct GlobalType {
    pub ty: ValType,
    pub mutable: bool,
}

/// A constant expression (extended constants included), as a small stack program.
#[derive(Debug, Clone)]
pub struct ConstExpr(pub Vec<ConstOp>);

/// One operator of a [`ConstExpr`]. Indexes are the module's.
#[derive(Debug, Clone, Copy)]
pub enum ConstOp {
    I32(i32),
    I64(i64),
    /// Bits.
    F32(u32),
    /// Bits.
    F64(u64),
    V128(u128),
    GlobalGet(u32),
    RefNull,
    RefFunc(u32),
    I32Add,
    I32Sub,
    I32Mul,
    I64Add,
    I64Sub,
    I64Mul,
}

/// Where and when a segment applies.
#[derive(Debug, Clone)]
pub enum SegmentMode {
    /// Applied at instantiation, to this table or memory, at this offset.
    Active {
        index: u32,
        offset: ConstExpr,
    },
    Passive,
    /// Elements only: there for `ref.func`, never applied.
    Declared,
}

/// An element segment.
#[derive(Debug, Clone)]
pub struct Element {
    pub mode: SegmentMode,
    pub ty: ValType,
    pub items: Vec<ConstExpr>,
}

/// A data segment.
#[derive(Debug, Clone)]
pub struct Data<'a> {
    pub mode: SegmentMode,
    pub bytes: &'a [u8],
}

/// An instance of a core module: its index spaces, resolved.
#[derive(Debug, Clone)]
pub struct CoreInstance {
    pub module: ModuleId,
    /// The component instance that instantiated it.
    pub component: ComponentId,
    /// The function index space, imports first; and so on.
    pub funcs: Vec<FuncId>,
    pub tables: Vec<TableId>,
    pub memories: Vec<MemoryId>,
    pub globals: Vec<GlobalId>,
}

/// A function of the program.
#[derive(Debug, Clone)]
pub struct Func {
    pub sig: SigId,
    pub kind: FuncKind,
}

/// Where a function comes from.
#[derive(Debug, Clone)]
pub enum FuncKind {
    /// A module's defined function `index` (in its whole function index space).
    Wasm { instance: InstanceId, index: u32 },
    /// `canon lower` of a `canon lift`: both fused.
    Adapter(Box<Adapter>),
    /// `canon lower` of a function that the host serves.
    Host(Box<HostCall>),
    /// `canon lower` of a function that nobody serves: calling it traps.
    Unserved(Box<UnservedCall>),
    /// `canon resource.new`, of a resource that `component` defines.
    ResourceNew {
        component: ComponentId,
        resource: ResourceId,
    },
    /// `canon resource.rep`.
    ResourceRep {
        component: ComponentId,
        resource: ResourceId,
    },
    /// `canon resource.drop`, called by `component`.
    ResourceDrop {
        component: ComponentId,
        resource: ResourceId,
    },
}

/// One side's canonical options.
#[derive(Debug, Clone)]
pub struct Options {
    /// The component instance that owns the `canon lift` or `canon lower`.
    pub component: ComponentId,
    pub memory: Option<MemoryId>,
    pub realloc: Option<FuncId>,
    pub encoding: StringEncoding,
}

/// A string encoding of the canonical ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StringEncoding {
    Utf8,
    Utf16,
    CompactUtf16,
}

/// A call from one component into another: `canon lower` fused with `canon lift`.
#[derive(Debug, Clone)]
pub struct Adapter {
    /// The caller's side: `canon lower`.
    pub lower: Options,
    /// The function's type as the caller sees it.
    pub lower_type: FuncType,
    /// The callee's side: `canon lift`.
    pub lift: Options,
    /// The function's type as the callee declares it.
    pub lift_type: FuncType,
    /// The lifted core function.
    pub callee: FuncId,
    pub post_return: Option<FuncId>,
    /// The function's name for people, for example `identity:verification/verify#verify`.
    pub name: String,
}

/// A call into the host.
#[derive(Debug, Clone)]
pub struct HostCall {
    /// The caller's side.
    pub lower: Options,
    pub ty: FuncType,
    /// The shim's symbol, for example `wasi:cli/stdout@0.2#get-stdout`.
    pub symbol: String,
}

/// A call of an import that nobody serves ([`crate::graph::UnknownImports::Trap`]).
#[derive(Debug, Clone)]
pub struct UnservedCall {
    /// The component instance that owns the `canon lower`.
    pub component: ComponentId,
    /// The import, for example `wasi:http/types@0.2.0#[constructor]fields`.
    pub name: String,
}

/// A linear memory.
#[derive(Debug, Clone)]
pub struct Memory {
    pub ty: MemoryType,
    /// The instance that defines it, and its index there.
    pub instance: InstanceId,
    pub index: u32,
}

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    pub ty: TableType,
    pub instance: InstanceId,
    pub index: u32,
}

/// A global.
#[derive(Debug, Clone)]
pub struct Global {
    pub ty: GlobalType,
    pub instance: InstanceId,
    pub index: u32,
}

/// A resource type.
#[derive(Debug, Clone)]
pub enum Resource {
    /// The host's, by its number in `nanocc_wit`'s list.
    Host { number: u32, name: String },
    /// An unknown import's: there is never one of it.
    Unserved { name: String },
    /// Defined by a component instance; `destructor` takes the representation.
    Guest {
        component: ComponentId,
        destructor: Option<FuncId>,
        name: String,
    },
    /// Another name for a guest's type: to the component instance that has it, a type by itself, whose
    /// handles aren't handles of the other (`graph/views.rs`).
    View { of: ResourceId },
}

/// How the program is entered.
#[derive(Debug, Clone)]
pub enum Entry {
    /// By the operating system, once.
    Command(Command),
    /// Step by step, in any order and any number of times, by something outside that also looks at what
    /// instances export. Nothing is instantiated before its step.
    Script(Vec<Step>),
}

/// What the operating system starts: `wasi:cli/run#run`, or the caller's function for one call (`invoke`).
#[derive(Debug, Clone)]
pub struct Command {
    /// The lifted core function, `[] -> [i32]`.
    pub callee: FuncId,
    pub post_return: Option<FuncId>,
    /// The component instance that owns the lift, of what is called in the end.
    pub component: ComponentId,
}

/// Something that a script can have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Brings a core instance to life: checks the sizes of what it imports, applies its segments, runs its
    /// start function. If that traps, what it has done until then remains.
    Instantiate(InstanceId),
    /// Brings that many core instances to life, from the first on, up to the first that traps.
    InstantiateAll(InstanceId, u32),
    /// Calls a function.
    Call(FuncId),
    /// Reads a global.
    Read(GlobalId),
    /// Reads the whole of a memory.
    ReadMemory(MemoryId),
}

impl Entry {
    /// The steps, of a script.
    pub fn steps(&self) -> &[Step] {
        match self {
            Entry::Command(_) => &[],
            Entry::Script(steps) => steps,
        }
    }
}

impl<'a> Program<'a> {
    /// A program of nothing yet.
    pub fn empty(entry: Entry) -> Program<'a> {
        Program {
            components: PrimaryMap::new(),
            definitions: SecondaryMap::new(),
            modules: PrimaryMap::new(),
            instances: PrimaryMap::new(),
            funcs: PrimaryMap::new(),
            memories: PrimaryMap::new(),
            tables: PrimaryMap::new(),
            globals: PrimaryMap::new(),
            resources: PrimaryMap::new(),
            types: Types::default(),
            signatures: Signatures::default(),
            entry,
        }
    }

    /// The module of a function that comes from one, and its index there.
    pub fn wasm(&self, func: FuncId) -> Option<(InstanceId, &Module<'a>, u32)> {
        match self.funcs[func].kind {
            FuncKind::Wasm { instance, index } => Some((
                instance,
                &self.modules[self.instances[instance].module],
                index,
            )),
            _ => None,
        }
    }

    /// The body of a function that has one.
    pub fn body(&self, func: FuncId) -> Option<&Body<'a>> {
        let (_, module, index) = self.wasm(func)?;
        module.bodies.get((index - module.imported.funcs) as usize)
    }

    /// The name of a function for people: from the name section, else its index.
    pub fn func_name(&self, func: FuncId) -> String {
        match &self.funcs[func].kind {
            FuncKind::Wasm { index, .. } => {
                let (_, module, _) = self.wasm(func).expect("a wasm function");
                match module.func_names.get(index) {
                    Some(name) => (*name).to_owned(),
                    None => format!("func[{index}]"),
                }
            }
            FuncKind::Adapter(adapter) => adapter.name.clone(),
            FuncKind::Host(call) => call.symbol.clone(),
            FuncKind::Unserved(call) => call.name.clone(),
            FuncKind::ResourceNew { resource, .. } => self.resource_func("new", *resource),
            FuncKind::ResourceRep { resource, .. } => self.resource_func("rep", *resource),
            FuncKind::ResourceDrop { resource, .. } => self.resource_func("drop", *resource),
        }
    }

    fn resource_func(&self, what: &str, resource: ResourceId) -> String {
        let name = match &self.resources[self.definition(resource)] {
            Resource::Host { name, .. }
            | Resource::Guest { name, .. }
            | Resource::Unserved { name } => name,
            Resource::View { .. } => "",
        };
        format!("[resource-{what}]{name}")
    }

    /// The resource type that a [`Resource::View`] stands for; any other is itself.
    pub fn definition(&self, resource: ResourceId) -> ResourceId {
        let mut at = resource;
        // A view is made after what it is a view of, so this ends.
        while let Resource::View { of } = self.resources[at] {
            at = of;
        }
        at
    }

    /// The component instance whose code a function is: an adapter belongs to its caller.
    pub fn component_of(&self, func: FuncId) -> ComponentId {
        match &self.funcs[func].kind {
            FuncKind::Wasm { instance, .. } => self.instances[*instance].component,
            FuncKind::Adapter(adapter) => adapter.lower.component,
            FuncKind::Host(call) => call.lower.component,
            FuncKind::Unserved(call) => call.component,
            FuncKind::ResourceNew { component, .. }
            | FuncKind::ResourceRep { component, .. }
            | FuncKind::ResourceDrop { component, .. } => *component,
        }
    }

    /// The component instance, the one that instantiated it, and so on to its root.
    pub fn holders(&self, component: ComponentId) -> impl Iterator<Item = ComponentId> + '_ {
        std::iter::successors(Some(component), |&at| self.components[at].parent)
    }

    /// The component instances that a call enters: those that hold the callee and don't hold the caller, from the
    /// inside out. `None` is a caller outside of all. Canonical ABI, `canon lift` (`facts/entry.rs` has more).
    pub fn entering(&self, caller: Option<ComponentId>, callee: ComponentId) -> Vec<ComponentId> {
        let holds_caller = |holder: ComponentId| {
            caller.is_some_and(|caller| self.holders(caller).any(|other| other == holder))
        };
        self.holders(callee)
            .take_while(|&holder| !holds_caller(holder))
            .collect()
    }

    /// The number that stands for a resource type at run time (see `nanocc_shim_abi`).
    pub fn resource_number(&self, resource: ResourceId) -> u32 {
        match &self.resources[resource] {
            Resource::Host { number, .. } => *number,
            Resource::Guest { .. } | Resource::Unserved { .. } | Resource::View { .. } => {
                nanocc_shim_abi::FIRST_GUEST_RESOURCE + resource.as_u32()
            }
        }
    }
}
