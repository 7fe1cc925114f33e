//! Components that instantiate others: who gets what, under which names and types.
//!
//! A scope is a component in the making: its text so far and the items of its index spaces, with their types.
//! A definition is made against the scope that it stands in: what it imports is of types of things that are there,
//! so that it can be instantiated, once or several times, with these or with others that match. Whatever a
//! step needs and doesn't find, it is left out.
//!
//! Calls never go from a component to one that it contains or that contains it: only leaves have code
//! ([`super::leaf`]), or a component whose code calls nothing but imports and is called by nothing within it.

use super::leaf::{self, Body};
use super::types::{CompTy, Fresh, Kind, Named, Names, Sig, Ty, Var, open};
use crate::mutate::Random;
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// Something in an index space.
#[derive(Debug, Clone)]
pub struct Item {
    pub id: String,
    pub ty: Ty,
    /// An instance of a component, or of an import: its functions are of the types that it has.
    pub whole: bool,
}

impl Item {
    pub fn new(id: impl Into<String>, ty: Ty) -> Item {
        let (id, whole) = (id.into(), false);
        Item { id, ty, whole }
    }
}

/// A component in the making.
#[derive(Debug, Default)]
pub struct Scope {
    pub text: String,
    pub items: Vec<Item>,
    pub names: Names,
    /// Resource types that exported functions may mention: imported or exported.
    pub named: HashSet<Var>,
    pub imports: Vec<Named>,
    pub exports: Vec<Named>,
    /// The functions that every component has.
    pub log: String,
    pub fresh: String,
}

/// The generator: a stack of scopes, the root's first.
pub struct Wiring<'r> {
    pub random: &'r mut Random,
    pub fresh: Fresh,
    pub scopes: Vec<Scope>,
    /// How many more definitions.
    budget: usize,
}

/// What a definition was made against: an argument for each import, in the scope that it stands in.
pub type Known = HashMap<String, Item>;

/// How deep definitions nest.
const DEPTH: usize = 5;

impl<'r> Wiring<'r> {
    pub fn new(random: &'r mut Random) -> Wiring<'r> {
        let budget = 3 + random.below(12);
        Wiring {
            random,
            fresh: Fresh::default(),
            scopes: vec![Scope::default()],
            budget,
        }
    }

    pub fn scope(&mut self) -> &mut Scope {
        if self.scopes.is_empty() {
            self.scopes.push(Scope::default());
        }
        let last = self.scopes.len() - 1;
        &mut self.scopes[last]
    }

    pub fn emit(&mut self, text: &str) {
        let indent = "  ".repeat(self.scopes.len());
        let scope = self.scope();
        let _ = writeln!(scope.text, "{indent}{text}");
    }

    /// A new item of the current scope, whose definition is emitted already.
    pub fn push(&mut self, id: &str, ty: Ty) {
        if let Ty::Instance(items) = &ty {
            let aliases = {
                let Wiring { scopes, fresh, .. } = self;
                scopes
                    .last_mut()
                    .map(|scope| open(id, items, &mut scope.names, fresh))
                    .unwrap_or_default()
            };
            if !aliases.is_empty() {
                self.emit(aliases.trim_start());
            }
        }
        self.scope().items.push(Item::new(id, ty));
    }

    fn items(&mut self, is: impl Fn(&Ty) -> bool) -> Vec<Item> {
        let items = self.scope().items.iter();
        items.filter(|item| is(&item.ty)).cloned().collect()
    }

    fn any(&mut self, is: impl Fn(&Ty) -> bool) -> Option<Item> {
        let items = self.items(is);
        self.random.pick(&items).cloned()
    }

    /// A core module of that kind, in the current scope.
    pub fn module(&mut self, kind: Kind) -> String {
        let known = self.items(|ty| *ty == Ty::Module(kind));
        if !self.random.one_in(3)
            && let Some(item) = self.random.pick(&known)
        {
            return item.id.clone();
        }
        let id = self.fresh.ident("m");
        let text = leaf::module(self.random, kind, &id);
        self.emit(&text);
        self.push(&id, Ty::Module(kind));
        id
    }

    /// Steps of a component that wires others.
    pub fn steps(&mut self, count: usize) {
        for _ in 0..count {
            let deep = self.scopes.len() >= DEPTH;
            match self.random.below(20) {
                0..=3 => self.define(true),
                4..=6 if !deep => self.define(false),
                4..=6 => self.define(true),
                7..=12 => {
                    if let Some(component) = self.any(|ty| matches!(ty, Ty::Component(_))) {
                        self.instantiate(&component, &Known::new());
                    }
                }
                13 => self.outer(),
                14 | 15 => self.bag(),
                16 | 17 => self.alias(),
                18 => {
                    let kind = *self
                        .random
                        .pick(&[Kind::Memory, Kind::Step])
                        .unwrap_or(&Kind::Step);
                    self.module(kind);
                }
                _ => self.export(),
            }
        }
    }

    /// Defines a component in the current scope, and mostly instantiates it.
    fn define(&mut self, leaf: bool) {
        if self.budget == 0 {
            return;
        }
        self.budget -= 1;
        let wishes = 1 + self.random.below(6);
        let (component, known) = self.component(wishes, |wiring| {
            if leaf {
                leaf::code(wiring, Body::Functions);
                return;
            }
            if wiring.random.one_in(4) {
                // What has code of its own gives it to nobody below.
                leaf::code(wiring, Body::Functions);
            }
            let steps = 3 + wiring.random.below(10);
            wiring.steps(steps);
            for _ in 0..2 + wiring.random.below(5) {
                wiring.export();
            }
        });
        for _ in 0..[1, 1, 1, 2, 3, 0][self.random.below(6)] {
            let known = match self.random.below(3) {
                0 => &Known::new(),
                _ => &known,
            };
            self.instantiate(&component, known);
        }
    }

    /// A component definition whose body `inside` writes, with `wishes` imports of the scope's items.
    pub fn component(&mut self, wishes: usize, inside: impl FnOnce(&mut Self)) -> (Item, Known) {
        let id = self.fresh.ident("c");
        let mut wanted = Vec::new();
        let items = self.scope().items.clone();
        // The latest are the most interesting.
        for _ in 0..wishes {
            let span = if self.random.one_in(2) {
                12
            } else {
                usize::MAX
            };
            let back = self.random.below(items.len().min(span));
            let found = items.len().checked_sub(1 + back);
            // Wasmtime fails on some such ([`Wiring::export`]).
            let rare = self.random.one_in(10);
            if let Some(item) = found.and_then(|at| items.get(at))
                && (rare || !item.ty.makes_types())
            {
                wanted.push(item.clone());
            }
        }
        let names = self.scope().names.clone();
        self.scopes.push(Scope::default());
        self.common_imports();
        let (mut map, mut known) = (HashMap::new(), Known::new());
        for item in wanted {
            let ty = item.ty.clone();
            if matches!(&ty, Ty::Func(sig) if *sig == Sig::log() || *sig == Sig::fresh()) {
                continue;
            }
            let ty = self.weakened(ty);
            // Now and then the same type again, under another name: the component has to take it for another.
            if self.random.one_in(12) {
                map.clear();
            }
            for var in ty.free() {
                if let std::collections::hash_map::Entry::Vacant(entry) = map.entry(var) {
                    let here = self.fresh.var();
                    entry.insert(here);
                    let name = format!("type{}", self.fresh.number());
                    if let Some(id) = names.get(&var) {
                        known.insert(name.clone(), Item::new(id, Ty::Resource(var)));
                    }
                    self.import(name, Ty::Resource(here));
                }
            }
            let ty = ty.renamed(&mut map, &mut self.fresh);
            let number = self.fresh.number();
            let name = match ty {
                Ty::Instance(_) if self.random.one_in(2) => format!("fuzz:p{number}/i@1.0.0"),
                Ty::Resource(_) => format!("type{number}"),
                _ => format!("import{number}"),
            };
            known.insert(name.clone(), item);
            self.import(name, ty);
        }
        inside(self);
        let scope = self.scopes.pop().unwrap_or_default();
        let ty = Ty::Component(Box::new(CompTy {
            imports: scope.imports,
            exports: scope.exports,
        }));
        self.emit(&format!("(component {id}\n{}", scope.text));
        let indent = "  ".repeat(self.scopes.len());
        let outer = self.scope();
        outer.text.truncate(outer.text.trim_end().len());
        let _ = writeln!(outer.text, "\n{indent})");
        self.push(&id, ty.clone());
        (Item::new(id, ty), known)
    }

    /// Every component can write to the log.
    fn common_imports(&mut self) {
        let functions = [("log", Sig::log()), ("fresh", Sig::fresh())];
        if self.random.one_in(3) {
            let items = functions.map(|(name, sig)| (name.to_owned(), Ty::Func(sig)));
            let number = self.fresh.number();
            let id = self.import(
                format!("fuzz:log{number}/api@0.1.0"),
                Ty::Instance(items.to_vec()),
            );
            for name in ["log", "fresh"] {
                let alias = self.fresh.ident(name);
                self.emit(&format!("(alias export {id} \"{name}\" (func {alias}))"));
                self.common(name, alias);
            }
        } else {
            for (name, sig) in functions {
                let id = self.import(name.to_owned(), Ty::Func(sig));
                self.common(name, id);
            }
        }
    }

    fn common(&mut self, name: &str, id: String) {
        match name {
            "log" => self.scope().log = id,
            _ => self.scope().fresh = id,
        }
    }

    fn import(&mut self, name: String, ty: Ty) -> String {
        let id = self.fresh.ident("i");
        let text = {
            let Wiring { scopes, fresh, .. } = self;
            scopes
                .last_mut()
                .map(|scope| ty.print(&id, &mut scope.names, fresh))
                .unwrap_or_default()
        };
        self.emit(&format!("(import \"{name}\" {text})"));
        let mut introduced = Vec::new();
        ty.introduced(&mut introduced);
        self.scope().named.extend(introduced);
        self.scope().imports.push((name, ty.clone()));
        self.push(&id, ty);
        id
    }

    /// A supertype: fewer exports, or a component that is given more.
    fn weakened(&mut self, ty: Ty) -> Ty {
        let random = &mut *self.random;
        match ty {
            Ty::Instance(items) if random.one_in(3) => {
                let keep = |(_, ty): &Named| matches!(ty, Ty::Resource(_)) || !random.one_in(3);
                Ty::Instance(items.into_iter().filter(keep).collect())
            }
            Ty::Component(mut ty) => {
                if random.one_in(3) {
                    let mut keep =
                        |(_, ty): &Named| matches!(ty, Ty::Resource(_)) || !random.one_in(3);
                    ty.exports.retain(|named| keep(named));
                }
                if random.one_in(4) {
                    let name = format!("unused{}", self.fresh.number());
                    ty.imports.push((name, Ty::Func(Sig::log())));
                }
                Ty::Component(ty)
            }
            other => other,
        }
    }

    /// Instantiates `component` with what there is, if that is enough.
    pub fn instantiate(&mut self, component: &Item, known: &Known) -> Option<Item> {
        let Ty::Component(ty) = &component.ty else {
            return None;
        };
        let (args, mut map) = (0..4).find_map(|_| self.arguments(&ty.imports, known))?;
        let id = self.fresh.ident("x");
        let exports: Vec<Named> = ty
            .exports
            .iter()
            .map(|(name, ty)| (name.clone(), ty.renamed(&mut map, &mut self.fresh)))
            .collect();
        self.emit(&format!(
            "(instance {id} (instantiate {}{args}))",
            component.id
        ));
        let ty = Ty::Instance(exports.clone());
        self.push(&id, ty.clone());
        if let Some(item) = self.scope().items.last_mut() {
            item.whole = true;
        }
        for (name, ty) in exports {
            let one_in = match ty {
                Ty::Func(_) => 1,
                _ => 3,
            };
            if self.random.one_in(one_in) {
                self.alias_of(&id, &name, ty);
            }
        }
        Some(Item::new(id, ty))
    }

    /// ` (with "name" (func $f))` for each import, and what its variables stand for.
    fn arguments(
        &mut self,
        imports: &[Named],
        known: &Known,
    ) -> Option<(String, HashMap<Var, Var>)> {
        let mut bound = HashMap::new();
        let mut args = String::new();
        for (name, wanted) in imports {
            let fitting: Vec<Item> = self
                .scope()
                .items
                .iter()
                .filter(|item| item.ty.matches(wanted, &mut bound.clone()))
                .cloned()
                .collect();
            let latest = fitting.len().saturating_sub(3);
            let from = if self.random.one_in(2) { latest } else { 0 };
            let known = known.get(name).cloned();
            let item = match self.random.pick(&fitting[from..]) {
                _ if known
                    .as_ref()
                    .is_some_and(|item| item.ty.matches(wanted, &mut bound.clone())) =>
                {
                    known?
                }
                Some(item) if !(matches!(wanted, Ty::Instance(_)) && self.random.one_in(5)) => {
                    item.clone()
                }
                _ => self.assembled(wanted, &bound)?,
            };
            item.ty.matches(wanted, &mut bound);
            let id = match &item.ty {
                Ty::Resource(var) => self.scope().names.get(var).cloned().unwrap_or(item.id),
                _ => item.id,
            };
            let _ = write!(args, " (with \"{name}\" ({} {id}))", item.ty.sort());
        }
        Some((args, bound))
    }

    /// An instance for `wanted`, made of parts.
    fn assembled(&mut self, wanted: &Ty, bound: &HashMap<Var, Var>) -> Option<Item> {
        let Ty::Instance(parts) = wanted else {
            return None;
        };
        // The names of methods are for what components export and instances import.
        if parts.iter().any(|(name, _)| name.starts_with('[')) {
            return None;
        }
        let mut bound = bound.clone();
        let (mut text, mut ty) = (String::new(), Vec::new());
        for (name, wanted) in parts {
            let fitting: Vec<Item> = self
                .scope()
                .items
                .iter()
                .filter(|item| item.ty.matches(wanted, &mut bound.clone()))
                .cloned()
                .collect();
            let item = self.random.pick(&fitting)?;
            item.ty.matches(wanted, &mut bound);
            let _ = write!(
                text,
                " (export \"{name}\" ({} {}))",
                item.ty.sort(),
                item.id
            );
            ty.push((name.clone(), item.ty.clone()));
        }
        let id = self.fresh.ident("b");
        self.emit(&format!("(instance {id}{text})"));
        let ty = Ty::Instance(ty);
        self.push(&id, ty.clone());
        Some(Item::new(id, ty))
    }

    /// An alias of a component or core module of an enclosing scope.
    fn outer(&mut self) {
        let levels = self.scopes.len();
        if levels < 2 {
            return;
        }
        let count = 1 + self.random.below(levels - 1);
        let from = &self.scopes[levels - 1 - count];
        let items: Vec<Item> = from
            .items
            .iter()
            .filter(|item| matches!(item.ty, Ty::Component(_) | Ty::Module(_)))
            .cloned()
            .collect();
        if let Some(item) = self.random.pick(&items) {
            let id = self.fresh.ident("o");
            let sort = item.ty.sort();
            self.emit(&format!("(alias outer {count} {} ({sort} {id}))", item.id));
            self.push(&id, item.ty.clone());
            if let Ty::Component(_) = item.ty {
                self.instantiate(&Item::new(id, item.ty.clone()), &Known::new());
            }
        }
    }

    /// An instance made from items.
    fn bag(&mut self) {
        let items = self.scope().items.clone();
        let (mut text, mut ty): (String, Vec<Named>) = (String::new(), Vec::new());
        for number in 0..1 + self.random.below(5) {
            let Some(item) = self.random.pick(&items) else {
                return;
            };
            let mut chosen = Vec::new();
            if !self.random.one_in(4) {
                for var in item.ty.free() {
                    if let Some(id) = self.scope().names.get(&var)
                        && !ty.iter().any(|(_, known)| *known == Ty::Resource(var))
                    {
                        chosen.push((
                            format!("type{}", ty.len() + chosen.len()),
                            Ty::Resource(var),
                            id.clone(),
                        ));
                    }
                }
            }
            chosen.push((format!("item{number}"), item.ty.clone(), item.id.clone()));
            for (name, item, id) in chosen {
                let _ = write!(text, " (export \"{name}\" ({} {id}))", item.sort());
                ty.push((name, item));
            }
        }
        let id = self.fresh.ident("b");
        self.emit(&format!("(instance {id}{text})"));
        self.push(&id, Ty::Instance(ty));
    }

    /// Something that an instance exports, by itself.
    fn alias(&mut self) {
        let Some(instance) = self.any(|ty| matches!(ty, Ty::Instance(_))) else {
            return;
        };
        if let Ty::Instance(exports) = &instance.ty
            && let Some((name, ty)) = self.random.pick(exports)
        {
            let (name, ty) = (name.clone(), ty.clone());
            self.alias_of(&instance.id, &name, ty);
        }
    }

    pub fn alias_of(&mut self, instance: &str, name: &str, ty: Ty) -> String {
        let id = self.fresh.ident("a");
        let sort = ty.sort();
        self.emit(&format!(
            "(alias export {instance} \"{name}\" ({sort} {id}))"
        ));
        self.push(&id, ty);
        id
    }

    /// Exports an item, with the types that it needs.
    fn export(&mut self) {
        // Wasmtime has no exports of components and modules that a host would see.
        let root = self.scopes.len() == 1;
        // And it fails (`register_resource`) where a component that defines a resource type is exported and instantiated too.
        let rare = !self.random.one_in(20);
        let Some(item) = self.any(|ty| !(root && ty.has_definitions() || rare && ty.makes_types()))
        else {
            return;
        };
        let needed = match item.ty {
            // It names them itself.
            Ty::Instance(_) if item.whole && item.ty.free().is_empty() && self.random.one_in(2) => {
                Vec::new()
            }
            Ty::Resource(_) => Vec::new(),
            _ => item.ty.mentioned(),
        };
        for var in &needed {
            if !self.scope().named.contains(var)
                && let Some(id) = self.scope().names.get(var).cloned()
            {
                let name = format!("type{}", self.fresh.number());
                self.exported(name, &id, Ty::Resource(*var), false);
            }
        }
        let number = self.fresh.number();
        let name = match item.ty {
            Ty::Instance(_) if self.random.one_in(2) => format!("fuzz:e{number}/i@1.0.0"),
            _ => format!("export{number}"),
        };
        self.exported(name, &item.id, item.ty, !needed.is_empty());
    }

    /// `(export $id "name" ..)`: the new item. `ascribed` says the type in terms of the types that are exported, which
    /// is needed where it is known in terms of others.
    pub fn exported(&mut self, name: String, from: &str, ty: Ty, ascribed: bool) -> String {
        let id = self.fresh.ident("e");
        let sort = ty.sort();
        let mut ascription = String::new();
        if ascribed {
            let mut names = self.scope().names.clone();
            ascription = format!(" {}", ty.print("", &mut names, &mut self.fresh));
        }
        self.emit(&format!(
            "(export {id} \"{name}\" ({sort} {from}){ascription})"
        ));
        let mut introduced = Vec::new();
        ty.introduced(&mut introduced);
        self.scope().named.extend(introduced);
        self.scope().exports.push((name, ty.clone()));
        if let Ty::Resource(var) = ty {
            self.scope().names.insert(var, id.clone());
        }
        self.push(&id, ty);
        id
    }
}
