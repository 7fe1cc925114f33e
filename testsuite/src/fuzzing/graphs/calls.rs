//! The functions of a leaf's main module: how values come out of the state, and go into it.

use super::leaf::Code;
use super::types::{Sig, Ty, Val, Var};
use std::fmt::Write;

/// What each function may use.
pub(super) const LOCALS: &str = "(local $h i32) (local $n i32) (local $go i32) (local $at i32) (local $a0 i32) \
                                 (local $a1 i32) (local $a2 i32) (local $a3 i32)";

/// Where a call's result of two values is written.
const RETURNED: u32 = 2048;
/// Where handles that are passed in a list are.
const LIST: u32 = 2304;
/// Where a function's result of two values is.
const RESULT: u32 = 3072;

impl Code<'_, '_> {
    /// The bytes of a unit of a string.
    fn unit(&self) -> u32 {
        if self.utf16 { 2 } else { 1 }
    }

    /// Statements that get the arguments together, leaving the function if there is a handle missing, and the
    /// arguments. `lent` is a handle to lend instead of one's own.
    fn arguments(&mut self, sig: &Sig, lent: Option<(Var, &str)>) -> (String, String) {
        let (mut before, mut args) = (String::new(), String::new());
        for (index, param) in sig.params.iter().enumerate() {
            let local = format!("$a{}", index % 4);
            match *param {
                Val::U32 => args.push_str(" (call $random)"),
                Val::U64 => args.push_str(" (i64.extend_i32_u (call $random))"),
                Val::Text => args.push_str(
                    " (i32.add (i32.const 1024) (i32.and (global.get $g) (i32.const 30))) \
                     (i32.and (call $random) (i32.const 7))",
                ),
                Val::Words => args.push_str(
                    " (i32.add (i32.const 1024) (i32.and (global.get $g) (i32.const 28))) \
                     (i32.and (call $random) (i32.const 3))",
                ),
                Val::Own(var) => {
                    let r = self.resource(var);
                    let _ = write!(
                        before,
                        " (local.set {local} (call $take{r})) (if (i32.eqz (local.get {local})) (then return))"
                    );
                    let _ = write!(args, " (local.get {local})");
                }
                Val::Borrow(var) => match lent {
                    Some((lent, handle)) if lent == var => {
                        let _ = write!(args, " (local.get {handle})");
                    }
                    _ => {
                        let r = self.resource(var);
                        let _ = write!(
                            before,
                            " (local.set {local} (call $peek{r})) (if (i32.eqz (local.get {local})) (then \
                             (local.set {local} (call $take{r})) (if (i32.eqz (local.get {local})) (then return)) \
                             (call $put{r} (local.get {local}))))"
                        );
                        let _ = write!(args, " (local.get {local})");
                    }
                },
                Val::Maybe(var) => {
                    let r = self.resource(var);
                    let _ = write!(
                        before,
                        " (local.set {local} (i32.const 0)) \
                         (if (i32.and (global.get $g) (i32.const 8)) (then (local.set {local} (call $take{r}))))"
                    );
                    let _ = write!(
                        args,
                        " (i32.ne (local.get {local}) (i32.const 0)) (local.get {local})"
                    );
                }
                Val::Many(var) => {
                    let at = LIST + 16 * index as u32;
                    before.push_str(&self.list(var, at, &local));
                    let _ = write!(args, " (i32.const {at}) (local.get {local})");
                }
            }
        }
        (before, args)
    }

    /// Writes up to two handles to `at`, and how many into `count`.
    fn list(&mut self, var: Var, at: u32, count: &str) -> String {
        let r = self.resource(var);
        let next = at + 4;
        format!(
            " (local.set {count} (i32.const 0)) \
             (if (i32.and (global.get $g) (i32.const 16)) (then (local.set $h (call $take{r})) \
             (if (local.get $h) (then (i32.store (i32.const {at}) (local.get $h)) (local.set {count} (i32.const 1)) \
             (local.set $h (call $take{r})) \
             (if (local.get $h) (then (i32.store (i32.const {next}) (local.get $h)) (local.set {count} (i32.const 2))))))))"
        )
    }

    /// Takes in a value that lies in locals or in memory: `parts` are expressions of its core values.
    fn take_in(&mut self, val: Val, parts: &[String]) -> String {
        let part = |at: usize| parts.get(at).map_or("(i32.const 0)", String::as_str);
        let (first, second) = (part(0), part(1));
        match val {
            Val::U32 => format!(" (call $mix {first})"),
            Val::U64 => format!(
                " (call $mix (i32.wrap_i64 {first})) (call $mix (i32.wrap_i64 (i64.shr_u {first} (i64.const 32))))"
            ),
            Val::Text => {
                let unit = self.unit();
                format!(" (call $hash {first} (i32.mul {second} (i32.const {unit})))")
            }
            Val::Words => format!(" (call $hash {first} (i32.shl {second} (i32.const 2)))"),
            Val::Own(var) => format!(" (call $put{} {first})", self.resource(var)),
            // Of one's own type that's the representation; what is lent from outside is dropped at the end.
            Val::Borrow(_) => format!(" (call $mix {first})"),
            Val::Maybe(var) => format!(
                " (if {first} (then (call $put{} {second})))",
                self.resource(var)
            ),
            Val::Many(var) => format!(
                " (local.set $at {first}) (local.set $n {second}) (call $mix (local.get $n)) \
                 (loop $l (if (local.get $n) (then (call $put{} (i32.load (local.get $at))) \
                 (local.set $at (i32.add (local.get $at) (i32.const 4))) \
                 (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br $l))))",
                self.resource(var)
            ),
        }
    }

    /// A call of an import, and what is done with its result.
    fn call(&mut self, index: usize, lent: Option<(Var, &str)>) -> String {
        let Some(sig) = self.calls.get(index).cloned() else {
            return String::new();
        };
        let (mut text, args) = self.arguments(&sig, lent);
        match sig.result {
            None => {
                let _ = write!(text, " (call $call{index}{args})");
            }
            Some(val @ (Val::U32 | Val::Own(_) | Val::Borrow(_))) => {
                let _ = write!(text, " (local.set $h (call $call{index}{args}))");
                text.push_str(&self.take_in(val, &["(local.get $h)".to_owned()]));
            }
            Some(Val::U64) => {
                let _ = write!(
                    text,
                    " (local.set $h (i32.wrap_i64 (call $call{index}{args})))"
                );
                text.push_str(" (call $mix (local.get $h))");
            }
            Some(val) => {
                let _ = write!(text, " (call $call{index}{args} (i32.const {RETURNED}))");
                // An option's case is a byte, and what comes after it undefined.
                let load = match val {
                    Val::Maybe(_) => "i32.load8_u",
                    _ => "i32.load",
                };
                let parts = [
                    format!("({load} (i32.const {RETURNED}))"),
                    format!("(i32.load (i32.const {}))", RETURNED + 4),
                ];
                text.push_str(&self.take_in(val, &parts));
            }
        }
        text
    }

    /// `use`: a call with arguments of the state; `make`: of a constructor, for the handle.
    pub(super) fn call_function(&mut self, index: usize) -> String {
        let call = self.call(index, None);
        let mut text = format!("(func $use{index} {LOCALS}{call})\n");
        if let Some(sig) = self.calls.get(index).cloned()
            && let Some(Val::Own(var)) = sig.result
            && self.constructor(var) == Some(index)
        {
            let (before, args) = self.arguments(&sig, None);
            let _ = writeln!(
                text,
                "(func $make{index} (result i32){before} (call $call{index}{args}))"
            );
        }
        text
    }

    /// One thing that a function does, in a function with [`LOCALS`].
    pub(super) fn operation(&mut self) -> String {
        let resources = self.resources.len();
        let r = self.below(resources);
        let text = match self.below(24) {
            0..=13 if !self.calls.is_empty() => {
                format!("(call $use{})", self.below(self.calls.len()))
            }
            14 | 15 if self.steps > 0 => {
                let step = self.below(self.steps);
                format!("(call $mix (call $step{step} (global.get $g)))")
            }
            16 => "(call $mix (call_indirect $t (type $step) (global.get $g) \
                   (i32.and (global.get $g) (i32.const 3))))"
                .to_owned(),
            17 | 18 if resources > 0 => format!(
                "(local.set $h (call $take{r})) (if (local.get $h) (then (call $drop{r} (local.get $h))))"
            ),
            19 | 20 if resources > 0 && self.resources[r].mine => format!(
                "(local.set $h (call $new{r} (call $random))) (call $mix (call $rep{r} (local.get $h))) \
                 (call $put{r} (local.get $h))"
            ),
            21 if resources > 0 && self.one_in(2) => self.misuse(r),
            _ => "(call $mix (call $random))".to_owned(),
        };
        format!("(if (local.get $go) (then {text}))\n")
    }

    /// What most likely traps, sometimes.
    fn misuse(&mut self, r: usize) -> String {
        let wrong = self.below(6);
        let act = match self.below(4) {
            0 => format!("(call $drop{r} (i32.const {wrong}))"),
            1 => format!("(call $put{r} (i32.const {wrong}))"),
            2 => {
                let other = self.below(self.resources.len());
                format!("(local.set $h (call $take{r})) (call $put{other} (local.get $h))")
            }
            _ => format!("(local.set $h (call $peek{r})) (call $drop{r} (local.get $h))"),
        };
        let mask = [1, 3, 7][self.below(3)];
        format!("(if (i32.eqz (i32.and (call $random) (i32.const {mask}))) (then {act}))")
    }

    /// An exported function.
    pub(super) fn function(&mut self, name: &str, sig: &Sig) -> String {
        let mut head = String::new();
        let mut body = String::new();
        let mut end = String::new();
        for (index, param) in sig.params.iter().enumerate() {
            let mut parts = Vec::new();
            for (at, ty) in param.flat().iter().enumerate() {
                let _ = write!(head, " (param $p{index}_{at} {ty})");
                parts.push(format!("(local.get $p{index}_{at})"));
            }
            if let Val::Borrow(var) = *param {
                let r = self.resource(var);
                if !self.resources[r].mine {
                    let handle = format!("$p{index}_0");
                    let lends: Vec<usize> = (0..self.calls.len())
                        .filter(|at| {
                            let params = &self.calls[*at].params;
                            let others =
                                |val: &Val| *val == Val::Borrow(var) || val.var().is_none();
                            params.contains(&Val::Borrow(var)) && params.iter().all(others)
                        })
                        .collect();
                    if let Some(call) = self.wiring.random.pick(&lends).copied() {
                        let call = self.call(call, Some((var, &handle)));
                        let _ = write!(body, " (if (local.get $go) (then {call}))");
                    }
                    if !self.one_in(60) {
                        let _ = write!(end, " (call $drop{r} (local.get {handle}))");
                    }
                }
            }
            body.push_str(&self.take_in(*param, &parts));
        }
        let tag = self.below(1 << 12);
        let mut text = format!("(func (export \"{name}\"){head}");
        let result = match sig.result.map(Val::flat) {
            None => "",
            Some([one]) => one,
            Some(_) => "i32",
        };
        if !result.is_empty() {
            let _ = write!(text, " (result {result})");
        }
        let _ = writeln!(
            text,
            " {LOCALS} (local.set $go (call $enter (i32.const {tag}))){body}"
        );
        for _ in 0..self.below(4) {
            let operation = self.operation();
            text.push_str(&operation);
        }
        text.push_str(&end);
        match sig.result {
            None => {}
            Some(Val::U32 | Val::Borrow(_)) => text.push_str(" (call $random)"),
            Some(Val::U64) => text.push_str(" (i64.extend_i32_s (global.get $g))"),
            Some(Val::Own(var)) => {
                let r = self.resource(var);
                let _ = write!(
                    text,
                    " (local.set $h (call $take{r})) (if (i32.eqz (local.get $h)) (then unreachable)) (local.get $h)"
                );
            }
            Some(val) => {
                let length = RESULT + 4;
                let (first, second) = match val {
                    Val::Text => (
                        "(i32.add (i32.const 1024) (i32.and (global.get $g) (i32.const 30)))"
                            .to_owned(),
                        "(i32.and (call $random) (i32.const 7))",
                    ),
                    Val::Words => (
                        "(i32.add (i32.const 1024) (i32.and (global.get $g) (i32.const 28)))"
                            .to_owned(),
                        "(i32.and (call $random) (i32.const 3))",
                    ),
                    Val::Maybe(var) => {
                        let r = self.resource(var);
                        let _ = write!(text, " (local.set $h (call $take{r}))");
                        (
                            "(i32.ne (local.get $h) (i32.const 0))".to_owned(),
                            "(local.get $h)",
                        )
                    }
                    _ => {
                        let at = RESULT + 16;
                        let var = val.var().unwrap_or_default();
                        let list = self.list(var, at, "$n");
                        text.push_str(&list);
                        (format!("(i32.const {at})"), "(local.get $n)")
                    }
                };
                let _ = write!(
                    text,
                    " (i32.store (i32.const {RESULT}) {first}) (i32.store (i32.const {length}) {second}) \
                     (i32.const {RESULT})"
                );
            }
        }
        text.push_str(")\n");
        if !result.is_empty() {
            let _ = writeln!(
                text,
                "(func (export \"post {name}\") (param {result}) \
                 (global.set $posted (i32.add (global.get $posted) (i32.const {tag}))))"
            );
        }
        text
    }

    /// Lifts the main module's functions, and exports them: by themselves, or as an interface.
    pub(super) fn lift(&mut self, instance: &str, exports: &[(String, Sig)], options: &str) {
        let mine = self.resources.iter().position(|resource| resource.mine);
        let interface = self.one_in(2);
        let mut parts = String::new();
        let mut ty = Vec::new();
        if let Some(mine) = mine {
            let (var, id) = (self.resources[mine].var, self.resources[mine].id.clone());
            if interface && self.one_in(2) {
                let _ = write!(parts, " (export \"res\" (type {id}))");
                ty.push(("res".to_owned(), Ty::Resource(var)));
            } else {
                let name = if interface { "owned" } else { "res" };
                let exported = self
                    .wiring
                    .exported(name.to_owned(), &id, Ty::Resource(var), false);
                if interface {
                    let _ = write!(parts, " (export \"res\" (type {exported}))");
                    ty.push(("res".to_owned(), Ty::Resource(var)));
                }
            }
        }
        for (name, sig) in exports {
            let func = self.ident("f");
            let post = if sig.result.is_some() && self.one_in(4) {
                format!(" (post-return (func {instance} \"post {name}\"))")
            } else {
                String::new()
            };
            let types = sig.print(&self.wiring.scope().names);
            self.emit(&format!(
                "(func {func}{types} (canon lift (core func {instance} \"{name}\") {options}{post}))"
            ));
            if interface {
                // An instance made from exports can't have methods.
                let name: String = name
                    .chars()
                    .map(|c| if c.is_alphanumeric() { c } else { 'x' })
                    .collect();
                let _ = write!(parts, " (export \"{name}\" (func {func}))");
                ty.push((name, Ty::Func(sig.clone())));
            } else {
                self.wiring
                    .exported(name.clone(), &func, Ty::Func(sig.clone()), false);
            }
        }
        if interface {
            let (bag, number) = (self.ident("b"), self.wiring.fresh.number());
            self.emit(&format!("(instance {bag}{parts})"));
            let name = match number % 2 {
                0 => format!("fuzz:l{number}/i@1.0.0"),
                _ => format!("inside{number}"),
            };
            self.wiring.exported(name, &bag, Ty::Instance(ty), false);
        }
    }
}
