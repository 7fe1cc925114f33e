//! Handles: `own` and `borrow`, through the shim's handle tables.
//!
//! A handle is an index into its component instance's table, so it can't be copied: lifting turns it
//! into the resource's representation, lowering makes a new one on the other side.
//!
//! A borrowed handle is lent for the time of the call (canonical ABI: `lift_borrow` and
//! `Subtask.lenders`), so each loan has to be ended afterwards. Of a borrow that is a parameter or lies in
//! a record of them, the trampoline still has the handle when the call returns. Of borrows inside lists and
//! variants it doesn't know how many there were, and the memory they were read from may have
//! changed; the shim keeps those on a stack (`nanocc_shim_abi::intrinsic::LEND`).
//!
//! Isolation: a handle is checked by the shim (index, resource type, ownership) against the table of
//! the instance that gave it; a representation goes to no component but the one that defines the
//! resource.

use super::emit::Emit;
use super::value::Route;
use crate::abi::{Shape, shape};
use crate::error::Result;
use crate::lower::names::Intrinsic;
use crate::program::{ComponentId, Program, Resource, ResourceId};
use crate::types::{FuncType, TypeId, Types};
use cranelift_codegen::ir::Value;

/// Where a function's parameters hold borrows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Borrows {
    /// Some borrow lies inside of a list or a variant.
    pub nested: bool,
    /// Some borrow becomes a handle of the callee, who has to drop it.
    pub lowered: bool,
}

/// Finds the borrows in the parameters of a call into `callee`.
pub(super) fn borrows(program: &Program<'_>, func: &FuncType, callee: ComponentId) -> Borrows {
    let mut found = Borrows::default();
    for &(_, ty) in &func.params {
        find(program, ty, callee, false, &mut found);
    }
    found
}

fn find(program: &Program<'_>, ty: TypeId, callee: ComponentId, nested: bool, found: &mut Borrows) {
    if *found
        == (Borrows {
            nested: true,
            lowered: true,
        })
    {
        return;
    }
    match shape(&program.types, ty) {
        Shape::Borrow(resource) => {
            found.nested |= nested;
            found.lowered |= !defines(program, callee, resource);
        }
        Shape::List(element) => find(program, element, callee, true, found),
        Shape::Record(fields) => {
            for (_, field) in fields {
                find(program, field, callee, nested, found);
            }
        }
        Shape::Variant(cases) => {
            for payload in cases.into_iter().filter_map(|case| case.1) {
                find(program, payload, callee, true, found);
            }
        }
        _ => {}
    }
}

/// Whether the component instance defines the resource type.
fn defines(program: &Program<'_>, component: ComponentId, resource: ResourceId) -> bool {
    let resource = program.definition(resource);
    matches!(program.resources[resource], Resource::Guest { component: owner, .. } if owner == component)
}

/// Whether lowering a value of the type calls `realloc`.
pub(super) fn allocates(types: &Types, ty: TypeId) -> bool {
    match shape(types, ty) {
        Shape::String | Shape::List(_) => true,
        Shape::Record(fields) => fields.iter().any(|field| allocates(types, field.1)),
        Shape::Variant(cases) => cases
            .iter()
            .filter_map(|case| case.1)
            .any(|payload| allocates(types, payload)),
        _ => false,
    }
}

impl Emit<'_, '_> {
    /// Whether both sides mean the same resource type, each by its own name.
    pub fn same_resource(&self, from: ResourceId, to: ResourceId) -> bool {
        let program = self.env.program;
        program.definition(from) == program.definition(to)
    }

    /// Moves ownership: `lift_own`, `lower_own`.
    pub fn own(
        &mut self,
        route: &Route<'_>,
        (from_type, to_type): (ResourceId, ResourceId),
        handle: Value,
    ) -> Value {
        let (from, number) = (
            self.instance(route.from.component),
            self.resource(from_type),
        );
        let rep = self.intrinsic(Intrinsic::LiftOwn, &[from, number, handle]);
        let (to, number) = (self.instance(route.to.component), self.resource(to_type));
        self.intrinsic(Intrinsic::ResourceNew, &[to, number, rep])
    }

    /// Lends: `lift_borrow`, `lower_borrow`. The callee that defines the resource gets the
    /// representation, any other a handle.
    pub fn borrow(
        &mut self,
        route: &Route<'_>,
        (from_type, to_type): (ResourceId, ResourceId),
        handle: Value,
    ) -> Result<Value> {
        if !route.params {
            return Err(self.malformed("a function's result holds a `borrow`"));
        }
        let number = self.resource(from_type);
        let from = self.instance(route.from.component);
        let rep = if self.nesting > 0 {
            self.intrinsic(Intrinsic::Lend, &[from, number, handle])
        } else {
            self.loans.push(handle);
            self.intrinsic(Intrinsic::LiftBorrow, &[from, number, handle])
        };
        if defines(self.env.program, route.to.component, to_type) {
            return Ok(rep);
        }
        let (to, number) = (self.instance(route.to.component), self.resource(to_type));
        Ok(self.intrinsic(Intrinsic::LowerBorrow, &[to, number, rep]))
    }

    /// Ends the loans of the call that has returned. `mark` is the height of the shim's stack of
    /// loans before it, if any were pushed there.
    pub fn end_loans(&mut self, lender: ComponentId, mark: Option<Value>) {
        for handle in std::mem::take(&mut self.loans) {
            let lender = self.instance(lender);
            self.call_intrinsic(Intrinsic::EndLoan, &[lender, handle]);
        }
        if let Some(mark) = mark {
            self.call_intrinsic(Intrinsic::EndLoans, &[mark]);
        }
    }
}
