//! A script's components: instantiated as roots of their own, and called with values.

use super::{Arena, Script};
use crate::error::Result;
use crate::graph::ast::{self, Component};
use crate::graph::instantiate::{Exports, Mark};
use crate::invoke::caller::Caller;
use crate::invoke::types::Unreadable;
use crate::invoke::{FuncType, Returned, Value};
use crate::program::{InstanceId, Step};

/// What a script knows of components.
#[derive(Default)]
pub(super) struct Components<'a> {
    definitions: Vec<(&'a Component<'a>, &'a Arena<'a>)>,
    roots: Vec<Instance<'a>>,
    /// Stands for who drives the script, and where its module is going to be kept; there from the first call on.
    pub(super) caller: Option<(Caller, &'a Arena<'a>)>,
}

/// A component's instance.
struct Instance<'a> {
    arena: &'a Arena<'a>,
    exports: Exports<'a, 'a>,
    steps: Vec<u32>,
}

/// A component that was added to a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition(usize);

/// A component's instance in a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Root(usize);

/// A call of a component's function, with its arguments.
#[derive(Debug)]
pub struct Call {
    step: u32,
    read: Option<u32>,
    returned: Returned,
}

impl Call {
    /// The step that makes the call: a [`Step::Call`] without arguments and results.
    pub fn step(&self) -> u32 {
        self.step
    }

    /// The step that reads what [`Call::result`] wants, after the call and before any other; `None` where
    /// the function has no result.
    pub fn read(&self) -> Option<u32> {
        self.read
    }

    /// The result, from the memory that [`Call::read`] gives; without a result, from nothing.
    ///
    /// # Errors
    ///
    /// [`crate::error::Error::Returned`] where that holds none.
    pub fn result(&self, memory: &[u8]) -> Result<Option<Value>> {
        self.returned.value(memory)
    }
}

impl<'a> Script<'a> {
    /// Adds a component, binary. `arena` keeps what is made of it.
    ///
    /// # Errors
    ///
    /// [`crate::error::Error::Malformed`] for what doesn't parse or validate,
    /// [`crate::error::Error::Unsupported`] for what is valid and not compiled.
    pub fn component(&mut self, bytes: &'a [u8], arena: &'a Arena<'a>) -> Result<Definition> {
        let component = ast::parse(bytes, &mut self.builder.program)?;
        let definitions = &mut self.components.definitions;
        definitions.push((arena.define(component), arena));
        Ok(Definition(definitions.len() - 1))
    }

    /// Links an instance of a component, as a root of its own: what it imports has to be the host's. It comes to life in
    /// its [`Script::steps`].
    ///
    /// # Errors
    ///
    /// As for a program's root; what was refused leaves nothing in the program.
    pub fn instantiate_component(&mut self, definition: Definition) -> Result<Root> {
        let (definition, arena) = self.components.definitions[definition.0];
        let mark = Mark::new(&self.builder.program);
        let first = self.builder.program.instances.len();
        let (_, exports) = match self.builder.root(definition) {
            Ok(root) => root,
            Err(error) => {
                mark.restore(&mut self.builder);
                return Err(error);
            }
        };
        let count = (self.builder.program.instances.len() - first) as u32;
        let first = InstanceId::from_u32(first as u32);
        let steps = match count {
            0 => Vec::new(),
            _ => vec![self.step(Step::InstantiateAll(first, count))],
        };
        self.components.roots.push(Instance {
            arena,
            exports,
            steps,
        });
        Ok(Root(self.components.roots.len() - 1))
    }

    /// The steps that bring an instance to life, in order. After a trap in one of them nothing else of the instance is run.
    pub fn steps(&self, root: Root) -> Vec<u32> {
        self.components.roots[root.0].steps.clone()
    }

    /// The type of a function that an instance exports; its name is as for [`Script::call`].
    ///
    /// # Errors
    ///
    /// [`crate::error::Error::UnknownFunction`], and [`crate::error::Error::Unsupported`] where it takes resources: there
    /// are no such values outside. A result that holds resources isn't part of the type: the function can be called, and
    /// nobody sees what it returns.
    pub fn func_type(&self, root: Root, name: &str) -> Result<FuncType> {
        let exports = &self.components.roots[root.0].exports;
        Ok(self.builder.callable(exports, name, Unreadable::Left)?.ty)
    }

    /// Adds a call of a function that an instance exports: `f`, or `iface#f` for one of an exported instance.
    ///
    /// # Errors
    ///
    /// As [`Script::func_type`]; [`crate::error::Error::ArgumentCount`] and [`crate::error::Error::Argument`] for
    /// arguments that aren't the function's.
    pub fn call(&mut self, root: Root, name: &str, args: &[Value]) -> Result<Call> {
        let instance = &self.components.roots[root.0];
        let function = self
            .builder
            .callable(&instance.exports, name, Unreadable::Left)?;
        let arena = instance.arena;
        let (caller, _) = self
            .components
            .caller
            .get_or_insert_with(|| (Caller::new(&mut self.builder.program), arena));
        let (func, returned) = self.builder.call(caller, &function, args, None)?;
        let memory = caller.memory;
        let step = self.step(Step::Call(func));
        let read = returned
            .is_value()
            .then(|| self.step(Step::ReadMemory(memory)));
        Ok(Call {
            step,
            read,
            returned,
        })
    }
}
