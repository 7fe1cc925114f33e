//! Component types as the generator knows them: printing, matching and renaming.
//!
//! A resource type is a variable. **Every variable is introduced once**, by an import, by an export, or by the
//! `resource` definition itself; an occurrence of `Ty::Resource` is an introduction (`sub resource`) where the
//! variable isn't known yet, and an equality (`eq`) where it is. A component's type is closed: instantiating it
//! substitutes all of its variables.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// A resource type.
pub type Var = u32;

/// A value type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Val {
    U32,
    U64,
    Text,
    /// `list<u32>`
    Words,
    Own(Var),
    Borrow(Var),
    /// `option<own<..>>`
    Maybe(Var),
    /// `list<own<..>>`
    Many(Var),
}

impl Val {
    /// The resource type in it.
    pub fn var(self) -> Option<Var> {
        match self {
            Val::Own(var) | Val::Borrow(var) | Val::Maybe(var) | Val::Many(var) => Some(var),
            _ => None,
        }
    }

    fn renamed(self, to: impl Fn(Var) -> Var) -> Val {
        match self {
            Val::Own(var) => Val::Own(to(var)),
            Val::Borrow(var) => Val::Borrow(to(var)),
            Val::Maybe(var) => Val::Maybe(to(var)),
            Val::Many(var) => Val::Many(to(var)),
            other => other,
        }
    }

    /// The core types that it is flattened to.
    pub fn flat(self) -> &'static [&'static str] {
        match self {
            Val::U32 | Val::Own(_) | Val::Borrow(_) => &["i32"],
            Val::U64 => &["i64"],
            Val::Text | Val::Words | Val::Maybe(_) | Val::Many(_) => &["i32", "i32"],
        }
    }

    fn print(self, names: &Names) -> String {
        let name = |var| names.get(&var).map_or("$unnamed", String::as_str);
        match self {
            Val::U32 => "u32".to_owned(),
            Val::U64 => "u64".to_owned(),
            Val::Text => "string".to_owned(),
            Val::Words => "(list u32)".to_owned(),
            Val::Own(var) => format!("(own {})", name(var)),
            Val::Borrow(var) => format!("(borrow {})", name(var)),
            Val::Maybe(var) => format!("(option (own {}))", name(var)),
            Val::Many(var) => format!("(list (own {}))", name(var)),
        }
    }
}

/// A function's type. Parameters are `p0`, `p1` and so on, but for a method's first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sig {
    pub method: bool,
    pub params: Vec<Val>,
    pub result: Option<Val>,
}

impl Sig {
    pub fn new(params: &[Val], result: Option<Val>) -> Sig {
        Sig {
            method: false,
            params: params.to_vec(),
            result,
        }
    }

    /// `log(instance, function, state)`: nonzero while there are lines left.
    pub fn log() -> Sig {
        Sig::new(&[Val::U32, Val::U32, Val::U32], Some(Val::U32))
    }

    /// `fresh()`: a number for each instance.
    pub fn fresh() -> Sig {
        Sig::new(&[], Some(Val::U32))
    }

    pub fn vals(&self) -> impl Iterator<Item = Val> + '_ {
        self.params.iter().chain(&self.result).copied()
    }

    /// `(param "p0" u32) (result u32)`
    pub fn print(&self, names: &Names) -> String {
        let mut text = String::new();
        for (index, param) in self.params.iter().enumerate() {
            let name = match index {
                0 if self.method => "self".to_owned(),
                _ => format!("p{index}"),
            };
            let _ = write!(text, " (param \"{name}\" {})", param.print(names));
        }
        if let Some(result) = self.result {
            let _ = write!(text, " (result {})", result.print(names));
        }
        text
    }

    /// The lowered function's core type; a result of two values goes through memory.
    pub fn lowered(&self) -> (Vec<&'static str>, Vec<&'static str>) {
        let mut params: Vec<_> = self.params.iter().flat_map(|val| val.flat()).collect();
        let mut results = Vec::new();
        match self.result.map(Val::flat) {
            Some([one]) => results.push(*one),
            Some(_) => params.push(&"i32"),
            None => {}
        }
        (params.into_iter().copied().collect(), results)
    }

    fn renamed(&self, to: &impl Fn(Var) -> Var) -> Sig {
        Sig {
            method: self.method,
            params: self.params.iter().map(|val| val.renamed(to)).collect(),
            result: self.result.map(|val| val.renamed(to)),
        }
    }
}

/// Core modules that are passed around are of two types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Memory, allocator, a global and a table.
    Memory,
    /// A function with state of its own and of its instance's memory.
    Step,
}

impl Kind {
    fn print(self) -> &'static str {
        match self {
            Kind::Memory => {
                "(export \"memory\" (memory 1)) (export \"g\" (global (mut i32))) (export \"t\" (table 4 funcref)) \
                 (export \"realloc\" (func (param i32 i32 i32 i32) (result i32)))"
            }
            Kind::Step => {
                "(import \"env\" \"memory\" (memory 1)) (import \"env\" \"g\" (global (mut i32))) \
                 (export \"step\" (func (param i32) (result i32)))"
            }
        }
    }
}

/// What an import or export is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ty {
    Func(Sig),
    Resource(Var),
    Instance(Vec<Named>),
    Module(Kind),
    Component(Box<CompTy>),
}

pub type Named = (String, Ty);

/// A component's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompTy {
    pub imports: Vec<Named>,
    pub exports: Vec<Named>,
}

/// What the resource types are called in a scope: identifiers of the text format, with their `$`.
pub type Names = HashMap<Var, String>;

/// Makes identifiers and variables.
#[derive(Debug, Default)]
pub struct Fresh {
    idents: u32,
    vars: Var,
}

impl Fresh {
    pub fn ident(&mut self, prefix: &str) -> String {
        self.idents += 1;
        format!("${prefix}{}", self.idents)
    }

    pub fn number(&mut self) -> u32 {
        self.idents += 1;
        self.idents
    }

    pub fn var(&mut self) -> Var {
        self.vars += 1;
        self.vars
    }
}

impl Ty {
    /// How the text format refers to an item of this type.
    pub fn sort(&self) -> &'static str {
        match self {
            Ty::Func(_) => "func",
            Ty::Resource(_) => "type",
            Ty::Instance(_) => "instance",
            Ty::Module(_) => "core module",
            Ty::Component(_) => "component",
        }
    }

    /// The resource types that it introduces, in order.
    pub fn introduced(&self, found: &mut Vec<Var>) {
        match self {
            Ty::Resource(var) if !found.contains(var) => found.push(*var),
            Ty::Instance(items) => items.iter().for_each(|(_, ty)| ty.introduced(found)),
            _ => {}
        }
    }

    /// Whether it is or holds a component or core module.
    pub fn has_definitions(&self) -> bool {
        match self {
            Ty::Instance(items) => items.iter().any(|(_, ty)| ty.has_definitions()),
            Ty::Module(_) | Ty::Component(_) => true,
            Ty::Func(_) | Ty::Resource(_) => false,
        }
    }

    /// Whether it is or holds a component whose instances have resource types of their own.
    pub fn makes_types(&self) -> bool {
        match self {
            Ty::Instance(items) => items.iter().any(|(_, ty)| ty.makes_types()),
            Ty::Component(ty) => {
                let mut imported = Vec::new();
                ty.imports
                    .iter()
                    .for_each(|(_, ty)| ty.introduced(&mut imported));
                let mut all = imported.clone();
                ty.exports
                    .iter()
                    .for_each(|(_, ty)| ty.introduced(&mut all));
                let inner = ty.imports.iter().chain(&ty.exports);
                all.len() > imported.len() || inner.into_iter().any(|(_, ty)| ty.makes_types())
            }
            Ty::Module(_) | Ty::Func(_) | Ty::Resource(_) => false,
        }
    }

    /// All resource types that it mentions.
    pub fn mentioned(&self) -> Vec<Var> {
        let mut vars = self.free();
        self.introduced(&mut vars);
        vars
    }

    /// The resource types that it needs known.
    pub fn free(&self) -> Vec<Var> {
        let (mut bound, mut free) = (HashSet::new(), Vec::new());
        self.find_free(&mut bound, &mut free);
        free
    }

    fn find_free(&self, bound: &mut HashSet<Var>, free: &mut Vec<Var>) {
        match self {
            Ty::Func(sig) => {
                for var in sig.vals().filter_map(Val::var) {
                    if !bound.contains(&var) && !free.contains(&var) {
                        free.push(var);
                    }
                }
            }
            Ty::Resource(var) => {
                bound.insert(*var);
            }
            Ty::Instance(items) => {
                for (_, ty) in items {
                    ty.find_free(bound, free);
                }
            }
            Ty::Module(_) | Ty::Component(_) => {}
        }
    }

    /// With other resource types: those that aren't in `map` and are introduced here get fresh ones.
    pub fn renamed(&self, map: &mut HashMap<Var, Var>, fresh: &mut Fresh) -> Ty {
        match self {
            Ty::Func(sig) => Ty::Func(sig.renamed(&|var| map.get(&var).copied().unwrap_or(var))),
            Ty::Resource(var) => Ty::Resource(*map.entry(*var).or_insert_with(|| fresh.var())),
            Ty::Instance(items) => Ty::Instance(
                items
                    .iter()
                    .map(|(name, ty)| (name.clone(), ty.renamed(map, fresh)))
                    .collect(),
            ),
            Ty::Module(_) | Ty::Component(_) => self.clone(),
        }
    }

    /// Whether something of this type will do where `wanted` is wanted, whose variables `bound` maps to
    /// those of this side.
    pub fn matches(&self, wanted: &Ty, bound: &mut HashMap<Var, Var>) -> bool {
        match (self, wanted) {
            (Ty::Func(have), Ty::Func(want)) => {
                let renamed = want.renamed(&|var| bound.get(&var).copied().unwrap_or(Var::MAX));
                *have == renamed
            }
            (Ty::Resource(have), Ty::Resource(want)) => bound.entry(*want).or_insert(*have) == have,
            (Ty::Instance(have), Ty::Instance(want)) => {
                // In any order, by name.
                want.iter().all(|(name, want)| {
                    let found = have.iter().find(|(known, _)| known == name);
                    found.is_some_and(|(_, have)| have.matches(want, bound))
                })
            }
            (Ty::Module(have), Ty::Module(want)) => have == want,
            (Ty::Component(have), Ty::Component(want)) => have.matches(want),
            _ => false,
        }
    }

    /// `(func $id ..)` and so on. Makes known what it introduces by itself; what an instance introduces has to be
    /// aliased ([`open`]).
    pub fn print(&self, id: &str, names: &mut Names, fresh: &mut Fresh) -> String {
        match self {
            Ty::Func(sig) => format!("(func {id}{})", sig.print(names)),
            // The latest name is the one that methods beside it have to use.
            Ty::Resource(var) => match names.insert(*var, id.to_owned()) {
                Some(known) => format!("(type {id} (eq {known}))"),
                None => format!("(type {id} (sub resource))"),
            },
            Ty::Instance(items) => {
                let mut inner = names.clone();
                let body = declarations("export", items, &mut inner, fresh);
                format!("(instance {id}{body})")
            }
            Ty::Module(kind) => format!("(core module {id} {})", kind.print()),
            Ty::Component(ty) => {
                let mut inner = Names::new();
                let imports = declarations("import", &ty.imports, &mut inner, fresh);
                let exports = declarations("export", &ty.exports, &mut inner, fresh);
                format!("(component {id}{imports}{exports})")
            }
        }
    }
}

/// ` (export "name" ...)` for each, with aliases of the resource types that come within instances.
fn declarations(what: &str, items: &[Named], names: &mut Names, fresh: &mut Fresh) -> String {
    let mut text = String::new();
    for (name, ty) in items {
        let id = fresh.ident("d");
        let _ = write!(text, " ({what} \"{name}\" {})", ty.print(&id, names, fresh));
        if let Ty::Instance(inner) = ty {
            text.push_str(&open(&id, inner, names, fresh));
        }
    }
    text
}

/// Aliases of the resource types that the instance `id` introduces and nobody has named yet.
pub fn open(id: &str, items: &[Named], names: &mut Names, fresh: &mut Fresh) -> String {
    let mut text = String::new();
    for (name, ty) in items {
        match ty {
            Ty::Resource(var) if !names.contains_key(var) => {
                let alias = fresh.ident("r");
                let _ = write!(text, " (alias export {id} \"{name}\" (type {alias}))");
                names.insert(*var, alias);
            }
            Ty::Instance(inner) => {
                let mut introduced = Vec::new();
                ty.introduced(&mut introduced);
                if introduced.iter().any(|var| !names.contains_key(var)) {
                    let alias = fresh.ident("n");
                    let _ = write!(text, " (alias export {id} \"{name}\" (instance {alias}))");
                    text.push_str(&open(&alias, inner, names, fresh));
                }
            }
            _ => {}
        }
    }
    text
}

impl CompTy {
    fn matches(&self, wanted: &CompTy) -> bool {
        let mut ours = HashMap::new();
        let imports = self.imports.iter().all(|(name, need)| {
            let given = wanted.imports.iter().find(|(known, _)| known == name);
            given.is_some_and(|(_, given)| given.matches(need, &mut ours))
        });
        // Ours, said in the variables of the wanted type's imports.
        let mut fresh = Fresh {
            idents: 0,
            vars: 1 << 24,
        };
        let exports: Vec<Named> = self
            .exports
            .iter()
            .map(|(name, ty)| (name.clone(), ty.renamed(&mut ours, &mut fresh)))
            .collect();
        let mut theirs = HashMap::new();
        for (_, ty) in &wanted.imports {
            let mut introduced = Vec::new();
            ty.introduced(&mut introduced);
            theirs.extend(introduced.into_iter().map(|var| (var, var)));
        }
        imports
            && wanted.exports.iter().all(|(name, want)| {
                let have = exports.iter().find(|(known, _)| known == name);
                have.is_some_and(|(_, have)| have.matches(want, &mut theirs))
            })
    }
}
