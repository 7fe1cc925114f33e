//! Components with code: everything they are given and everything they do ends up in their state, and the state
//! in the log.
//!
//! A core instance keeps its state in a global `g` that another module exports, in slots for handles in a shared
//! memory, and in the private state of modules that share that memory. Each exported function mixes its arguments
//! into the state, writes a line of log, does some of what it can, and makes its results of the state. So two
//! instances that are mixed up, a call that goes elsewhere, an instantiation that comes too early, a handle with
//! another number: each changes the log.
//!
//! Addresses: handles from 64, constant data from 1024, return areas 2048 (of calls) and 3072 (of functions),
//! lists of handles from 2304, allocated memory from 8192.

use super::calls::LOCALS;
use super::types::{Kind, Names, Sig, Ty, Val, Var};
use super::wiring::{Item, Wiring};
use crate::mutate::Random;
use std::fmt::Write;

/// What a component's code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Exported functions.
    Functions,
    /// `wasi:cli/run`: a long sequence of calls.
    Run,
}

/// A core module of that kind, called `id`.
pub fn module(random: &mut Random, kind: Kind, id: &str) -> String {
    let n = |random: &mut Random| random.below(1 << 16);
    match kind {
        Kind::Memory => {
            let pattern: String = (0..64)
                .map(|_| char::from(b'a' + random.below(26) as u8))
                .collect();
            let start = match random.below(3) {
                0 => format!(
                    "(func $start (global.set $g (i32.xor (global.get $g) (i32.const {})))) (start $start)",
                    n(random)
                ),
                _ => String::new(),
            };
            format!(
                "(core module {id} (memory (export \"memory\") 1) (table (export \"t\") 4 funcref) \
                 (global $g (export \"g\") (mut i32) (i32.const {})) (global $next (mut i32) (i32.const 8192)) \
                 (func (export \"realloc\") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32) \
                 (local $at i32) \
                 (local.set $at (i32.and (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1))) \
                 (i32.sub (i32.const 0) (local.get $align)))) \
                 (global.set $next (i32.add (local.get $at) (local.get $new))) \
                 (block $enough (loop $more (br_if $enough (i32.le_u (global.get $next) (i32.shl (memory.size) (i32.const 16)))) \
                 (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable)) (br $more))) \
                 (if (local.get $old) (then (memory.copy (local.get $at) (local.get $old) \
                 (select (local.get $size) (local.get $new) (i32.lt_u (local.get $size) (local.get $new)))))) \
                 (local.get $at)) {start} (data (i32.const 1024) \"{pattern}\"))",
                n(random)
            )
        }
        Kind::Step => {
            let start = match random.below(2) {
                0 => format!(
                    "(func $start (i32.store (i32.const 16) (i32.add (i32.load (i32.const 16)) (i32.const {})))) (start $start)",
                    n(random)
                ),
                _ => String::new(),
            };
            format!(
                "(core module {id} (import \"env\" \"memory\" (memory 1)) (import \"env\" \"g\" (global $g (mut i32))) \
                 (global $count (mut i32) (i32.const {})) (func (export \"step\") (param $x i32) (result i32) \
                 (global.set $count (i32.add (global.get $count) (i32.const {}))) \
                 (i32.store (i32.const 16) (i32.xor (i32.load (i32.const 16)) (global.get $count))) \
                 (global.set $g (i32.add (global.get $g) (i32.load (i32.const 16)))) \
                 (i32.add (i32.mul (local.get $x) (i32.const {})) (global.get $count))) {start})",
                n(random),
                n(random),
                n(random) | 1
            )
        }
    }
}

/// A resource type that the code has handles of.
pub(super) struct Resource {
    pub(super) var: Var,
    /// Its identifier in the component.
    pub(super) id: String,
    /// Defined here.
    pub(super) mine: bool,
}

/// A function that the main module imports from the component.
pub(super) struct Import {
    name: String,
    params: Vec<&'static str>,
    results: Vec<&'static str>,
    /// The core function's identifier in the component.
    id: String,
}

pub(super) struct Code<'w, 'r> {
    pub(super) wiring: &'w mut Wiring<'r>,
    pub(super) resources: Vec<Resource>,
    /// Component functions that are lowered, `call0` and so on in the main module.
    pub(super) calls: Vec<Sig>,
    pub(super) steps: usize,
    pub(super) utf16: bool,
    imports: Vec<Import>,
    main: String,
}

/// Writes the code of the current scope's component, whose imports are there, and its exports.
pub fn code(wiring: &mut Wiring<'_>, body: Body) {
    let known = wiring.scope().items.len();
    let utf16 = wiring.random.one_in(4);
    let mut code = Code {
        wiring,
        resources: Vec::new(),
        calls: Vec::new(),
        steps: 0,
        utf16,
        imports: Vec::new(),
        main: String::new(),
    };
    code.write(body);
    // What is inside may not have what this code exports.
    wiring.scope().items.truncate(known);
}

fn flat_params(types: &[&str]) -> String {
    types.iter().map(|ty| format!(" (param {ty})")).collect()
}

fn flat_results(types: &[&str]) -> String {
    types.iter().map(|ty| format!(" (result {ty})")).collect()
}

impl Code<'_, '_> {
    pub(super) fn ident(&mut self, prefix: &str) -> String {
        self.wiring.fresh.ident(prefix)
    }

    pub(super) fn emit(&mut self, text: &str) {
        self.wiring.emit(text);
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.wiring.random.below(bound)
    }

    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.wiring.random.one_in(n)
    }

    fn write(&mut self, body: Body) {
        self.aliases(body);
        // The shared instance.
        let memory = self.wiring.module(Kind::Memory);
        let base = self.ident("base");
        self.emit(&format!("(core instance {base} (instantiate {memory}))"));
        let [mem, g, t, realloc] = ["mem", "g", "t", "realloc"].map(|name| self.ident(name));
        for (name, sort, id) in [
            ("memory", "memory", &mem),
            ("g", "global", &g),
            ("t", "table", &t),
            ("realloc", "func", &realloc),
        ] {
            self.emit(&format!(
                "(alias core export {base} \"{name}\" (core {sort} {id}))"
            ));
        }
        let steps = self.steps(&base, &mem, &g);
        let encoding = if self.utf16 {
            " string-encoding=utf16"
        } else {
            ""
        };
        let options = format!("(memory {mem}) (realloc {realloc}){encoding}");
        let mine = body == Body::Functions && self.one_in(2);
        if mine {
            self.define_resource(&mem, &g);
        }
        self.lower(&options);
        let shim = self.one_in(3);
        let exports = self.functions(body);
        self.main_module(
            shim, &steps, &mem, &g, &t, &realloc, &base, &exports, &options, body,
        );
    }

    /// Names for functions and types that came within instances.
    fn aliases(&mut self, body: Body) {
        let mut at = 0;
        while let Some(item) = self.wiring.scope().items.get(at).cloned() {
            at += 1;
            let Item { id, ty, .. } = item;
            let Ty::Instance(exports) = ty else { continue };
            for (name, ty) in exports {
                let wanted = match ty {
                    Ty::Func(_) | Ty::Instance(_) => body == Body::Run || !self.one_in(4),
                    Ty::Module(_) => true,
                    Ty::Resource(_) | Ty::Component(_) => false,
                };
                if wanted && at < 60 {
                    self.wiring.alias_of(&id, &name, ty);
                }
            }
        }
        let names: Names = self.wiring.scope().names.clone();
        let mut names: Vec<(Var, String)> = names.into_iter().collect();
        names.sort();
        for (var, id) in names {
            let mine = false;
            self.resources.push(Resource { var, id, mine });
        }
    }

    /// Instances of `Kind::Step` on the shared memory: the identifiers of their functions.
    fn steps(&mut self, base: &str, mem: &str, g: &str) -> Vec<String> {
        let mut steps = Vec::new();
        for _ in 0..self.below(3) {
            let module = self.wiring.module(Kind::Step);
            let id = self.ident("step");
            let env = match self.below(2) {
                0 => base.to_owned(),
                _ => {
                    let bag = self.ident("bag");
                    self.emit(&format!(
                        "(core instance {bag} (export \"memory\" (memory {mem})) (export \"g\" (global {g})))"
                    ));
                    bag
                }
            };
            self.emit(&format!(
                "(core instance {id} (instantiate {module} (with \"env\" (instance {env}))))"
            ));
            let func = self.ident("step");
            self.emit(&format!(
                "(alias core export {id} \"step\" (core func {func}))"
            ));
            steps.push(func);
        }
        self.steps = steps.len();
        steps
    }

    /// A resource type with or without a destructor, which changes the state and says so in the log.
    fn define_resource(&mut self, mem: &str, g: &str) {
        let id = self.ident("own");
        let var = self.wiring.fresh.var();
        let mut dtor = String::new();
        if !self.one_in(3) {
            let (log, instance, func) = (self.ident("log"), self.ident("dtor"), self.ident("dtor"));
            let log_func = self.wiring.scope().log.clone();
            let (module, number) = (self.ident("m"), self.below(1 << 12));
            self.emit(&format!(
                "(core func {log} (canon lower (func {log_func})))"
            ));
            self.emit(&format!(
                "(core module {module} (import \"\" \"memory\" (memory 1)) (import \"\" \"g\" (global $g (mut i32))) \
                 (import \"\" \"log\" (func $log (param i32 i32 i32) (result i32))) \
                 (func (export \"dtor\") (param $rep i32) \
                 (global.set $g (i32.add (global.get $g) (local.get $rep))) \
                 (drop (call $log (i32.const {number}) (global.get $g) (local.get $rep)))))"
            ));
            self.emit(&format!(
                "(core instance {instance} (instantiate {module} (with \"\" (instance \
                 (export \"memory\" (memory {mem})) (export \"g\" (global {g})) (export \"log\" (func {log}))))))"
            ));
            self.emit(&format!(
                "(alias core export {instance} \"dtor\" (core func {func}))"
            ));
            dtor = format!(" (dtor (func {func}))");
        }
        self.emit(&format!("(type {id} (resource (rep i32){dtor}))"));
        self.wiring.scope().names.insert(var, id.clone());
        let mine = true;
        self.resources.push(Resource { var, id, mine });
    }

    /// Lowers what is imported, and makes the built-ins of the resource types.
    fn lower(&mut self, options: &str) {
        let functions: Vec<(String, Sig)> = self
            .wiring
            .scope()
            .items
            .iter()
            .filter_map(|item| match &item.ty {
                Ty::Func(sig) => Some((item.id.clone(), sig.clone())),
                _ => None,
            })
            .collect();
        let scope = self.wiring.scope();
        let (log, fresh) = (scope.log.clone(), scope.fresh.clone());
        let known: Vec<Var> = self.resources.iter().map(|resource| resource.var).collect();
        let mut all = vec![
            ("log".to_owned(), log, Sig::log()),
            ("fresh".to_owned(), fresh, Sig::fresh()),
        ];
        for (id, sig) in functions {
            let nameable = sig
                .vals()
                .filter_map(Val::var)
                .all(|var| known.contains(&var));
            if nameable && sig != Sig::log() && sig != Sig::fresh() && self.calls.len() < 24 {
                all.push((format!("call{}", self.calls.len()), id, sig.clone()));
                self.calls.push(sig);
            }
        }
        for (name, func, sig) in all {
            let id = self.ident("low");
            self.emit(&format!(
                "(core func {id} (canon lower (func {func}) {options}))"
            ));
            let (params, results) = sig.lowered();
            self.imports.push(Import {
                name,
                params,
                results,
                id,
            });
        }
        for index in 0..self.resources.len() {
            let resource = &self.resources[index];
            let (ty, mine) = (resource.id.clone(), resource.mine);
            let mut built_ins = vec![("drop", "resource.drop", vec![])];
            if mine {
                built_ins.push(("new", "resource.new", vec!["i32"]));
                built_ins.push(("rep", "resource.rep", vec!["i32"]));
            }
            for (name, canon, results) in built_ins {
                let id = self.ident(name);
                self.emit(&format!("(core func {id} (canon {canon} {ty}))"));
                self.imports.push(Import {
                    name: format!("{name}{index}"),
                    params: vec!["i32"],
                    results,
                    id,
                });
            }
        }
    }

    /// The signatures of what is exported.
    fn functions(&mut self, body: Body) -> Vec<(String, Sig)> {
        if body == Body::Run {
            return Vec::new();
        }
        let mut functions = Vec::new();
        for index in 0..1 + self.below(5) {
            let sig = self.signature();
            functions.push((format!("f{index}"), sig));
        }
        // Interfaces of resources, with the names that they have in WIT.
        if let Some(index) = self.resources.iter().position(|resource| resource.mine) {
            let var = self.resources[index].var;
            functions.push((
                "make".to_owned(),
                Sig::new(&[Val::U32], Some(Val::Own(var))),
            ));
            functions.push((
                "[constructor]res".to_owned(),
                Sig::new(&[Val::U32], Some(Val::Own(var))),
            ));
            functions.push((
                "[method]res.get".to_owned(),
                Sig {
                    method: true,
                    params: vec![Val::Borrow(var), Val::U32],
                    result: Some(Val::U32),
                },
            ));
            functions.push((
                "[static]res.join".to_owned(),
                Sig::new(&[Val::Own(var), Val::Own(var)], Some(Val::Own(var))),
            ));
        }
        functions
    }

    fn signature(&mut self) -> Sig {
        let val = |code: &mut Self, result: bool| {
            let var = code.below(code.resources.len());
            let var = code.resources.get(var).map(|resource| resource.var);
            match (code.below(11), var) {
                (0..=3, _) | (6.., None) => Val::U32,
                (4, _) => Val::Text,
                (5, _) => [Val::Words, Val::U64][code.below(2)],
                (6..=7, Some(var)) => Val::Own(var),
                (8, Some(var)) if result => Val::Own(var),
                (8, Some(var)) => Val::Borrow(var),
                (9, Some(var)) => Val::Maybe(var),
                (_, Some(var)) => Val::Many(var),
            }
        };
        let params: Vec<Val> = (0..self.below(4)).map(|_| val(self, false)).collect();
        let result = if self.one_in(5) {
            None
        } else {
            Some(val(self, true))
        };
        // Of what nobody makes there may be nothing to return.
        let result = match result {
            Some(Val::Own(var)) if !self.source(var) => Some(Val::Maybe(var)),
            other => other,
        };
        let sig = Sig::new(&params, result);
        if sig == Sig::log() || sig == Sig::fresh() {
            return Sig::new(&[Val::U32], Some(Val::U32));
        }
        sig
    }

    /// Whether a handle of that type can be made at any time.
    pub(super) fn source(&self, var: Var) -> bool {
        let mine = |resource: &Resource| resource.mine && resource.var == var;
        self.resources.iter().any(mine) || self.constructor(var).is_some()
    }

    /// The imported function that makes one of plain values.
    pub(super) fn constructor(&self, var: Var) -> Option<usize> {
        self.calls.iter().position(|sig| {
            sig.result == Some(Val::Own(var))
                && sig.params.iter().all(|param| param.var().is_none())
        })
    }

    pub(super) fn resource(&self, var: Var) -> usize {
        let found = self
            .resources
            .iter()
            .position(|resource| resource.var == var);
        found.unwrap_or_default()
    }

    #[allow(clippy::too_many_arguments)]
    fn main_module(
        &mut self,
        shim: bool,
        steps: &[String],
        mem: &str,
        g: &str,
        t: &str,
        realloc: &str,
        base: &str,
        exports: &[(String, Sig)],
        options: &str,
        body: Body,
    ) {
        let mut text = std::mem::take(&mut self.main);
        let _ = write!(
            text,
            "(import \"base\" \"memory\" (memory 1)) (import \"base\" \"g\" (global $g (mut i32))) \
             (import \"base\" \"t\" (table $t 4 funcref)) (type $step (func (param i32) (result i32)))"
        );
        for import in &self.imports {
            let (params, results) = (flat_params(&import.params), flat_results(&import.results));
            let name = &import.name;
            let _ = write!(
                text,
                "\n(import \"host\" \"{name}\" (func ${name}{params}{results}))"
            );
        }
        for index in 0..steps.len() {
            let _ = write!(
                text,
                "\n(import \"steps\" \"{index}\" (func $step{index} (type $step)))"
            );
        }
        text.push_str(
            "\n(import \"base\" \"realloc\" (func $realloc (param i32 i32 i32 i32) (result i32)))\n",
        );
        let tag = self.below(1 << 12);
        let multiplier = self.below(1 << 20) * 8 + 5;
        let _ = write!(
            text,
            "(global $id (mut i32) (i32.const 0)) (global $posted (mut i32) (i32.const 0))\n\
             (func $mix (param $x i32) (global.set $g (i32.add (i32.mul (i32.xor (global.get $g) (local.get $x)) \
             (i32.const {multiplier})) (i32.const {tag}))))\n\
             (func $hash (param $at i32) (param $n i32) (loop $l (if (local.get $n) (then \
             (call $mix (i32.load8_u (local.get $at))) (local.set $at (i32.add (local.get $at) (i32.const 1))) \
             (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br $l)))))\n\
             (func $random (result i32) (call $mix (i32.const 7)) (i32.and (i32.shr_u (global.get $g) (i32.const 5)) (i32.const 0xffff)))\n\
             (func $name (if (i32.eqz (global.get $id)) (then (global.set $id (call $fresh)))))\n\
             (func $enter (param $f i32) (result i32) (call $name) (call $mix (global.get $posted)) \
             (call $log (global.get $id) (local.get $f) (global.get $g)))\n"
        );
        // A start function that calls out: only where nothing is filled in later.
        if !shim && self.one_in(2) {
            text.push_str("(start $name)\n");
        }
        for index in 0..self.resources.len() {
            self.pool(&mut text, index);
        }
        for index in 0..self.calls.len() {
            let func = self.call_function(index);
            text.push_str(&func);
        }
        for (name, sig) in exports {
            let func = self.function(name, sig);
            text.push_str(&func);
        }
        if body == Body::Run {
            text.push_str(&format!("(func (export \"run\") (result i32) {LOCALS} (local.set $go (call $enter (i32.const 1)))\n"));
            // Every function once, in any case.
            for index in 0..self.calls.len() {
                let _ = writeln!(text, "(call $use{index})");
            }
            for _ in 0..8 + self.below(24) {
                let operation = self.operation();
                text.push_str(&operation);
            }
            text.push_str(
                "(drop (call $enter (i32.const 999))) (i32.and (global.get $g) (i32.const 1)))\n",
            );
        }
        let module = self.ident("main");
        self.emit(&format!("(core module {module}\n{text})"));
        self.instantiate(shim, &module, steps, base);
        let instance = format!("{module}i");
        self.fill(&instance, steps, t);
        let _ = (mem, g, realloc);
        match body {
            Body::Functions => self.lift(&instance, exports, options),
            Body::Run => {
                let run = self.ident("run");
                self.emit(&format!(
                    "(func {run} (result (result)) (canon lift (core func {instance} \"run\")))"
                ));
                self.emit(&format!(
                    "(instance {run}i (export \"run\" (func {run}))) (export \"wasi:cli/run@0.2.0\" (instance {run}i))"
                ));
            }
        }
    }

    /// The main module's instance: with its imports as they are, or through a table that is filled later.
    fn instantiate(&mut self, shim: bool, module: &str, steps: &[String], base: &str) {
        let mut host = String::new();
        let (mut shims, mut table, mut fills, mut functions) =
            (String::new(), 0, String::new(), String::new());
        let (shim_id, fixups) = (self.ident("shim"), self.ident("fix"));
        for index in 0..self.imports.len() {
            let through = shim && !self.one_in(4);
            let import = &self.imports[index];
            let name = &import.name;
            if through {
                let params = flat_params(&import.params);
                let results = flat_results(&import.results);
                let args: String = (0..import.params.len())
                    .map(|at| format!(" (local.get {at})"))
                    .collect();
                let _ = writeln!(
                    shims,
                    "(func (export \"{table}\"){params}{results} (call_indirect{params}{results}{args} (i32.const {table})))"
                );
                let _ = write!(
                    functions,
                    "(import \"\" \"{table}\" (func{params}{results}))"
                );
                let _ = write!(fills, " (export \"{table}\" (func {}))", import.id);
                let _ = write!(host, " (export \"{name}\" (func {shim_id}f{table}))");
                table += 1;
            } else {
                let _ = write!(host, " (export \"{name}\" (func {}))", import.id);
            }
        }
        if table > 0 {
            self.emit(&format!(
                "(core module {shim_id} (table (export \"$imports\") {table} {table} funcref)\n{shims})"
            ));
            self.emit(&format!(
                "(core instance {shim_id}i (instantiate {shim_id}))"
            ));
            for at in 0..table {
                self.emit(&format!(
                    "(alias core export {shim_id}i \"{at}\" (core func {shim_id}f{at}))"
                ));
            }
        }
        let steps: String = steps
            .iter()
            .enumerate()
            .map(|(at, id)| format!(" (export \"{at}\" (func {id}))"))
            .collect();
        self.emit(&format!("(core instance {module}h{host})"));
        self.emit(&format!("(core instance {module}s{steps})"));
        self.emit(&format!(
            "(core instance {module}i (instantiate {module} (with \"base\" (instance {base})) \
             (with \"host\" (instance {module}h)) (with \"steps\" (instance {module}s))))"
        ));
        if table > 0 {
            let list: String = (0..table).map(|at| format!(" {at}")).collect();
            self.emit(&format!(
                "(core module {fixups} {functions} (import \"\" \"$imports\" (table {table} {table} funcref)) \
                 (elem (i32.const 0) func{list}))"
            ));
            self.emit(&format!(
                "(alias core export {shim_id}i \"$imports\" (core table {fixups}t))"
            ));
            self.emit(&format!(
                "(core instance {fixups}i (instantiate {fixups} (with \"\" (instance \
                 (export \"$imports\" (table {fixups}t)){fills}))))"
            ));
        }
    }

    /// Fills the shared table, mostly.
    fn fill(&mut self, instance: &str, steps: &[String], t: &str) {
        if self.one_in(12) {
            return;
        }
        let (module, factor) = (self.ident("fill"), self.below(1 << 16));
        let mut text = String::from("(import \"\" \"t\" (table 4 funcref))");
        let mut with = format!("(export \"t\" (table {t}))");
        for (at, id) in steps.iter().enumerate() {
            let _ = write!(
                text,
                "(import \"\" \"{at}\" (func $s{at} (param i32) (result i32)))"
            );
            let _ = write!(with, "(export \"{at}\" (func {id}))");
        }
        let _ = write!(
            text,
            "(func $own (param i32) (result i32) (i32.xor (local.get 0) (i32.const {factor})))"
        );
        let elements: String = (0..4)
            .map(|_| match self.below(steps.len() + 1) {
                0 => " $own".to_owned(),
                at => format!(" $s{}", at - 1),
            })
            .collect();
        let _ = write!(text, "(elem (i32.const 0) func{elements})");
        self.emit(&format!("(core module {module} {text})"));
        let _ = instance;
        self.emit(&format!(
            "(core instance {module}i (instantiate {module} (with \"\" (instance {with}))))"
        ));
    }

    /// `put`, `take` and `peek`: the handles that the instance keeps of a type.
    fn pool(&mut self, text: &mut String, index: usize) {
        let at = 64 + 16 * index;
        let slots = [at, at + 4, at + 8];
        let var = self.resources[index].var;
        let _ = write!(
            text,
            "(func $put{index} (param $h i32) (call $mix (local.get $h))"
        );
        for slot in slots {
            let _ = write!(
                text,
                " (if (i32.eqz (i32.load (i32.const {slot}))) (then (i32.store (i32.const {slot}) (local.get $h)) return))"
            );
        }
        let _ = writeln!(text, " (call $drop{index} (local.get $h)))");
        let _ = write!(text, "(func $take{index} (result i32) (local $h i32)");
        for slot in slots.iter().rev() {
            let _ = write!(
                text,
                " (local.set $h (i32.load (i32.const {slot}))) (i32.store (i32.const {slot}) (i32.const 0)) \
                 (if (local.get $h) (then (return (local.get $h))))"
            );
        }
        if self.resources[index].mine {
            let _ = write!(
                text,
                " (call $new{index} (i32.and (global.get $g) (i32.const 0xffff)))"
            );
        } else if let Some(call) = self.constructor(var) {
            let _ = write!(text, " (call $make{call})");
        } else {
            text.push_str(" (i32.const 0)");
        }
        text.push_str(")\n");
        let _ = write!(text, "(func $peek{index} (result i32)");
        for slot in slots {
            let _ = write!(
                text,
                " (if (i32.load (i32.const {slot})) (then (return (i32.load (i32.const {slot})))))"
            );
        }
        text.push_str(" (i32.const 0))\n");
    }
}
