//! Which component instances can ever be found entered by a call that would enter them.
//!
//! # The rule
//!
//! Canonical ABI, `canon lift`: a call from instance C into instance D enters every instance that holds D and
//! doesn't hold C (an instance holds itself and what lies within it): [`Program::entering`]. If one of them
//! is entered already the call traps; else all are marked, the call runs, and the marks are taken back. The
//! destructor's call of `resource.drop` is such a call, from the instance that drops to the one that defines. So what traps
//! is coming back into an instance X from outside of X while a call that came from outside of X still runs in it.
//!
//! # When a mark is never looked at in vain
//!
//! Coming back takes a chain of calls that begins in X, leaves it and ends in X again. Three kinds of calls change
//! the instance, by where the callee D lies from the caller C (within one instance nothing is entered):
//!
//! * *down*, D lies within C;
//! * *aside*, they lie in different children of some M. C's child was given D's function (or resource type) by M,
//!   as an argument of its instantiation, so D's child came to life before C's child began to;
//! * *up*, C lies within D: a function that D lifts of its own core code, given to one of its children.
//!
//! Nothing else gets from one instance to another: core functions don't cross, a host function runs nothing of
//! a guest but its caller's `realloc`, and while a `realloc` or post-return runs its instance may not leave. Start
//! functions begin chains without entering anything; that makes fewer marks, not more chains.
//!
//! **Claim.** A chain that leaves X and comes back has a call up into an instance that holds X and isn't X.
//! Let M be the innermost instance that holds all of the chain; since some of it lies outside of X, M holds X and
//! isn't X. If some call of the chain runs in M itself, the first such comes from within M, so it is a
//! call up into M. If none does, all calls lie in children of M; calls down and up stay in a child, and calls aside
//! between children go to an older one, never back. So the chain can't return to the child that holds X
//! once it has left it, and if it never leaves that child, M isn't the innermost.
//!
//! So an instance's mark is needed only strictly within the target of a reachable call up. What composition
//! makes has none: those programs have no marks.
//!
//! # Scripts
//!
//! What drives a script survives traps. A trap leaves its marks, and so an instance is poisoned. A driver enters from the outside,
//! and everything it enters lies in a root, which it enters too; so roots that are entered have marks.

use crate::program::*;
use cranelift_entity::EntitySet;

/// The component instances that need a mark.
pub(super) fn marked(
    program: &Program<'_>,
    reachable: &EntitySet<FuncId>,
) -> EntitySet<ComponentId> {
    let calls = || reachable.iter().filter_map(|func| call(program, func));
    let mut targets: EntitySet<ComponentId> = EntitySet::new();
    for (caller, callee) in calls() {
        if caller != callee && program.holders(caller).any(|holder| holder == callee) {
            targets.insert(callee);
        }
    }
    let mut marked = EntitySet::new();
    for component in program.components.keys() {
        if program
            .holders(component)
            .skip(1)
            .any(|holder| targets.contains(holder))
        {
            marked.insert(component);
        }
    }
    if let Entry::Script(_) = program.entry {
        for (caller, callee) in calls() {
            for entered in program.entering(Some(caller), callee) {
                if program.components[entered].parent.is_none() {
                    marked.insert(entered);
                }
            }
        }
    }
    marked
}

/// The instances between which a trampoline calls, if it does: whether or not a resource has a destructor, a drop of what is
/// owned is a call.
fn call(program: &Program<'_>, func: FuncId) -> Option<(ComponentId, ComponentId)> {
    match &program.funcs[func].kind {
        FuncKind::Adapter(adapter) => Some((adapter.lower.component, adapter.lift.component)),
        FuncKind::ResourceDrop {
            component,
            resource,
        } => match program.resources[program.definition(*resource)] {
            Resource::Guest {
                component: owner, ..
            } => Some((*component, owner)),
            Resource::Host { .. } | Resource::Unserved { .. } | Resource::View { .. } => None,
        },
        FuncKind::Wasm { .. }
        | FuncKind::Host(_)
        | FuncKind::Unserved(_)
        | FuncKind::ResourceNew { .. }
        | FuncKind::ResourceRep { .. } => None,
    }
}
