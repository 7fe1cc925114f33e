//! Read-only constants that code refers to: the bytes of data segments and the items of element
//! segments that are applied at run time (`memory.init`, `table.init`, initialisation).
//!
//! A data segment's bytes are there once for each module, however often it is instantiated. An
//! element segment holds references to an instance's functions, so it is there once for each
//! instance. Constants have names of their own ([`Name::Constant`]) that need no table.
//!
//! [`Name::Constant`]: super::names::Name::Constant

use crate::consts;
use crate::error::Result;
use crate::facts;
use crate::program::{FuncId, InstanceId, ModuleId, Program};

/// A read-only constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Constant {
    /// The bytes of a module's data segment.
    Data(ModuleId, u32),
    /// The items of an instance's element segment, as tables hold them: eight bytes each.
    Elements(InstanceId, u32),
}

/// Namespaces of Cranelift's names from here on are modules, whose data segments the index counts.
const DATA: u32 = 1 << 30;
/// Namespaces from here on are instances, whose element segments the index counts.
const ELEMENTS: u32 = 2 << 30;

impl Constant {
    /// Namespace and index for Cranelift. The ids are below 2^30: `graph` limits instances, and
    /// every module has at least one.
    pub(super) fn encode(self) -> (u32, u32) {
        match self {
            Constant::Data(module, segment) => (DATA | module.as_u32(), segment),
            Constant::Elements(instance, segment) => (ELEMENTS | instance.as_u32(), segment),
        }
    }

    /// The inverse of [`Constant::encode`].
    pub(super) fn decode(namespace: u32, index: u32) -> Option<Constant> {
        let id = namespace & (DATA - 1);
        match namespace & !(DATA - 1) {
            DATA => Some(Constant::Data(ModuleId::from_u32(id), index)),
            ELEMENTS => Some(Constant::Elements(InstanceId::from_u32(id), index)),
            _ => None,
        }
    }

    /// Alignment in bytes that code relies on.
    pub fn align(self) -> u32 {
        match self {
            Constant::Data(..) => 1,
            Constant::Elements(..) => nanocc_shim_abi::TABLE_ELEMENT as u32,
        }
    }
}

/// The bytes of [`Constant::Data`].
pub fn data<'a>(program: &Program<'a>, module: ModuleId, segment: u32) -> &'a [u8] {
    program.modules[module].data[segment as usize].bytes
}

/// The items of [`Constant::Elements`]; `None` is a null reference.
///
/// # Errors
///
/// [`crate::error::Error::Limit`] for items that take too long to evaluate.
pub fn elements(
    program: &Program<'_>,
    instance: InstanceId,
    segment: u32,
) -> Result<Vec<Option<FuncId>>> {
    let module = &program.modules[program.instances[instance].module];
    module.elements[segment as usize]
        .items
        .iter()
        .map(|item| match consts::eval(program, instance, item) {
            Some(facts::Constant::Func(func)) => Ok(Some(func)),
            Some(_) => Ok(None),
            None => Err(consts::over_budget()),
        })
        .collect()
}
