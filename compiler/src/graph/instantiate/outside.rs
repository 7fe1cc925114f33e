//! Calls from outside (`invoke`): an adapter between the caller and an exported function, for given values.

use super::{Builder, Exports, FuncValue, Item, Lifted};
use crate::abi;
use crate::error::{Error, Place, Result};
use crate::invoke::caller::{Caller, Told};
use crate::invoke::encode::{Encoded, Misfit};
use crate::invoke::types::{Unreadable, wave, wave_func};
use crate::invoke::{self, Returned, Value};
use crate::program::*;
use std::rc::Rc;
use wasm_wave::wasm::WasmFunc;

/// An exported function that can be called from outside.
#[derive(Clone)]
pub(in crate::graph) struct Callable {
    /// As it was asked for.
    name: String,
    lifted: Rc<Lifted>,
    /// The function's type, as values are made for it.
    pub(in crate::graph) ty: invoke::FuncType,
}

impl Callable {
    /// The component instance whose function it is.
    pub(super) fn component(&self) -> ComponentId {
        self.lifted.options.component
    }
}

/// The item at a path of exported instances, `#` between names.
fn at<'e, 'b, 'a>(exports: &'e Exports<'b, 'a>, path: &str) -> Option<&'e Item<'b, 'a>> {
    if let Some(item) = exports.get(path) {
        return Some(item);
    }
    let (instance, rest) = path.split_once('#')?;
    match exports.get(instance)? {
        Item::Instance(exports) => at(exports, rest),
        _ => None,
    }
}

/// The functions in exported instances, by their paths.
fn functions(exports: &Exports<'_, '_>, prefix: &str, found: &mut Vec<String>) {
    for (name, item) in exports {
        match item {
            Item::Func(_) => found.push(format!("{prefix}{name}")),
            Item::Instance(exports) => functions(exports, &format!("{prefix}{name}#"), found),
            _ => {}
        }
    }
}

/// A function's path as a call's text has it: `a:b/c@1.0.0#f` is `a:b/c.f@1.0.0` there.
fn spelled(path: &str) -> String {
    let Some((instance, function)) = path.rsplit_once('#') else {
        return path.to_owned();
    };
    let instance = instance.replace('#', ".");
    match instance.split_once('@') {
        Some((name, version)) => format!("{name}.{function}@{version}"),
        None => format!("{instance}.{function}"),
    }
}

/// The path of the function that a call's text names: with its interface, and with the interface's version or without it; or
/// by itself, if the component exports it so, or else if one interface alone has it.
///
/// # Errors
///
/// [`Error::UnknownFunction`], [`Error::AmbiguousFunction`].
pub(super) fn resolve(exports: &Exports<'_, '_>, name: &str) -> Result<String> {
    let mut paths = Vec::new();
    functions(exports, "", &mut paths);
    // Constructors and methods have names that can't be written there, and no values to be called with.
    paths.retain(|path| !path.contains('['));
    if paths.iter().any(|path| path == name) {
        return Ok(name.to_owned());
    }
    let names = |path: &String| {
        let full = spelled(path);
        let version = full.split_once('@').map(|(without, _)| without);
        full == name || version == Some(name) || path.rsplit('#').next() == Some(name)
    };
    let found: Vec<&String> = paths.iter().filter(|path| names(path)).collect();
    let quoted = |path: &String| format!("`{}`", spelled(path));
    match found.as_slice() {
        [path] => Ok((*path).clone()),
        [] => Err(Error::UnknownFunction {
            name: name.to_owned(),
            exports: paths.iter().map(quoted).collect(),
        }),
        several => Err(Error::AmbiguousFunction {
            name: name.to_owned(),
            exports: several.iter().map(|path| quoted(path)).collect(),
        }),
    }
}

impl<'b, 'a> Builder<'b, 'a> {
    /// The function that is exported as `name`; `#` leads into exported instances.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownFunction`]; [`Error::Unsupported`] where it can't be called with values.
    pub(in crate::graph) fn callable(
        &self,
        exports: &Exports<'b, 'a>,
        name: &str,
        unreadable: Unreadable,
    ) -> Result<Callable> {
        let refuse = |what: String| {
            Err(Error::Unsupported {
                feature: format!("calling `{name}` from outside: {what}"),
                place: Place::default().item(name),
            })
        };
        match at(exports, name) {
            Some(Item::Func(FuncValue::Lifted(lifted))) => {
                match wave_func(&self.program.types, &lifted.seen, unreadable) {
                    Ok(ty) => Ok(Callable {
                        name: name.to_owned(),
                        lifted: lifted.clone(),
                        ty,
                    }),
                    Err((part, why)) => refuse(format!("{part} {}", why.reason())),
                }
            }
            Some(Item::Func(FuncValue::Host(_) | FuncValue::Unserved(_))) => {
                refuse("it is an import that is exported again".to_owned())
            }
            _ => {
                let mut exported = Vec::new();
                functions(exports, "", &mut exported);
                Err(Error::UnknownFunction {
                    name: name.to_owned(),
                    exports: exported.iter().map(|name| format!("`{name}`")).collect(),
                })
            }
        }
    }

    /// Adds a core function of the caller's that calls `function` with `args`. `told` is as for [`Caller::call`].
    ///
    /// # Errors
    ///
    /// [`Error::ArgumentCount`], [`Error::Argument`], [`Error::Limit`].
    pub(in crate::graph) fn call(
        &mut self,
        caller: &mut Caller,
        function: &Callable,
        args: &[Value],
        told: Option<Told>,
    ) -> Result<(FuncId, Returned)> {
        let ty = function.lifted.seen.clone();
        if args.len() != ty.params.len() {
            return Err(Error::ArgumentCount {
                function: function.name.clone(),
                expected: ty.params.len(),
                given: args.len(),
            });
        }
        let types = &self.program.types;
        let mut encoded = Encoded::new(Caller::arguments_at(&self.program, &ty));
        let done = encoded.arguments(types, &ty, args);
        done.map_err(|(index, misfit)| {
            let (parameter, ty) = &ty.params[index];
            let detail = match misfit {
                Misfit::Type => match wave(types, *ty) {
                    Ok(ty) => format!("expected a value of type `{ty}`"),
                    Err(why) => why.reason().to_owned(),
                },
                Misfit::Size => format!("more than {} bytes", abi::MAX_SIZE),
            };
            Error::Argument {
                function: function.name.clone(),
                parameter: parameter.clone(),
                detail,
            }
        })?;
        self.unfolded.function(&self.limits)?;
        self.unfolded.function(&self.limits)?;
        let read = ty.result.filter(|_| function.ty.results().next().is_some());
        let returned = Returned::new(&self.program.types, read);
        let adapter = self.adapter(caller.options(), &function.lifted);
        let signature = abi::lowered_signature(&self.program.types, &ty);
        let sig = self.program.signatures.intern(signature);
        let kind = FuncKind::Adapter(Box::new(adapter));
        let callee = caller.import(self.program.funcs.push(Func { sig, kind }));
        let func = caller.call(&mut self.program, callee, &ty, encoded, told);
        Ok((func, returned))
    }
}
