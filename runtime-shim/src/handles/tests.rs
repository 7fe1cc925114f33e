use std::panic::{AssertUnwindSafe, catch_unwind};

use nanocc_shim_abi::StringRef;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::testing::lock;

fn instance() -> Instance {
    Instance {
        may_leave: 1,
        may_enter: 1,
        scope: 0,
        files: 0,
        authority: 0,
        path: StringRef { offset: 0, len: 0 },
        handles: HandleTable {
            entries: 0,
            len: 0,
            capacity: 0,
            free: 0,
            borrows: 0,
        },
        quota: nanocc_shim_abi::Quota::NONE,
    }
}

/// The canonical ABI's `Table`, `ResourceHandle` and the checks of its resource functions, written
/// down as `definitions.py` has them. An error is the trap.
#[derive(Default)]
struct Reference {
    array: Vec<Option<Handle>>,
    free: Vec<usize>,
    borrows: u32,
}

#[derive(Clone, Copy)]
struct Handle {
    ty: u32,
    rep: u32,
    own: bool,
    lends: u32,
}

impl Reference {
    fn get(&mut self, i: u32) -> Result<&mut Handle, Trap> {
        let slot = if i == 0 {
            None
        } else {
            self.array.get_mut(i as usize - 1)
        };
        slot.and_then(Option::as_mut).ok_or(Trap::UnknownHandle)
    }

    fn get_typed(&mut self, ty: u32, i: u32) -> Result<&mut Handle, Trap> {
        let handle = self.get(i)?;
        if handle.ty == ty {
            Ok(handle)
        } else {
            Err(Trap::HandleTypeMismatch)
        }
    }

    fn add(&mut self, ty: u32, rep: u32, own: bool) -> u32 {
        let handle = Some(Handle {
            ty,
            rep,
            own,
            lends: 0,
        });
        let at = match self.free.pop() {
            Some(at) => at,
            None => {
                self.array.push(None);
                self.array.len() - 1
            }
        };
        self.array[at] = handle;
        at as u32 + 1
    }

    fn remove(&mut self, i: u32) {
        self.array[i as usize - 1] = None;
        self.free.push(i as usize - 1);
    }

    fn apply(&mut self, step: &Step) -> Result<u64, Trap> {
        Ok(match *step {
            Step::New { ty, rep } => self.add(ty, rep, true).into(),
            Step::Rep { ty, handle } => self.get_typed(ty, handle)?.rep.into(),
            Step::Drop { ty, handle } => {
                let h = *self.get_typed(ty, handle)?;
                if h.lends != 0 {
                    return Err(Trap::HandleLent);
                }
                self.remove(handle);
                if h.own {
                    1 << 32 | u64::from(h.rep)
                } else {
                    self.borrows -= 1;
                    0
                }
            }
            Step::LiftOwn { ty, handle } => {
                let h = *self.get_typed(ty, handle)?;
                if h.lends != 0 {
                    return Err(Trap::HandleLent);
                }
                if !h.own {
                    return Err(Trap::HandleNotOwned);
                }
                self.remove(handle);
                h.rep.into()
            }
            Step::LiftBorrow { ty, handle } => {
                let h = self.get_typed(ty, handle)?;
                h.lends += 1;
                h.rep.into()
            }
            Step::EndLoan { handle } => {
                self.get(handle)?.lends -= 1;
                0
            }
            Step::LowerBorrow { ty, rep } => {
                self.borrows += 1;
                self.add(ty, rep, false).into()
            }
        })
    }
}

#[derive(Debug, Clone)]
enum Step {
    New { ty: u32, rep: u32 },
    Rep { ty: u32, handle: u32 },
    Drop { ty: u32, handle: u32 },
    LiftOwn { ty: u32, handle: u32 },
    LiftBorrow { ty: u32, handle: u32 },
    EndLoan { handle: u32 },
    LowerBorrow { ty: u32, rep: u32 },
}

/// The shim's answer to a step; an error is the trap's message.
fn apply(instance: &mut Instance, step: &Step) -> Result<u64, String> {
    let i = &raw mut *instance;
    // SAFETY: the instance is the test's.
    let run = || unsafe {
        match *step {
            Step::New { ty, rep } => nanocc_resource_new(i, ty, rep).into(),
            Step::Rep { ty, handle } => find_typed(table(i), ty, handle).rep.into(),
            Step::Drop { ty, handle } => drop(i, ty, handle).map_or(0, |r| 1 << 32 | u64::from(r)),
            Step::LiftOwn { ty, handle } => lift_own(i, ty, handle).into(),
            Step::LiftBorrow { ty, handle } => lend(table(i), ty, handle).into(),
            Step::EndLoan { handle } => {
                nanocc_end_loan(i, handle);
                0
            }
            Step::LowerBorrow { ty, rep } => nanocc_lower_borrow(i, ty, rep).into(),
        }
    };
    catch_unwind(AssertUnwindSafe(run)).map_err(|e| e.downcast_ref::<String>().unwrap().clone())
}

fn step() -> impl Strategy<Value = Step> {
    let ty = 0x1000u32..0x1003;
    let handle = prop_oneof![20 => 0u32..12, 2 => 0u32..700, 1 => any::<u32>()];
    prop_oneof![
        6 => (ty.clone(), any::<u32>()).prop_map(|(ty, rep)| Step::New { ty, rep }),
        2 => (ty.clone(), any::<u32>()).prop_map(|(ty, rep)| Step::LowerBorrow { ty, rep }),
        2 => (ty.clone(), handle.clone()).prop_map(|(ty, handle)| Step::Rep { ty, handle }),
        2 => (ty.clone(), handle.clone()).prop_map(|(ty, handle)| Step::Drop { ty, handle }),
        2 => (ty.clone(), handle.clone()).prop_map(|(ty, handle)| Step::LiftOwn { ty, handle }),
        1 => (ty, handle.clone()).prop_map(|(ty, handle)| Step::LiftBorrow { ty, handle }),
        2 => handle.prop_map(|handle| Step::EndLoan { handle }),
    ]
}

proptest! {
    /// Every step gives the reference's index, representation or trap. (A trap would end the
    /// program; that it changes nothing lets one run see many.)
    #[test]
    fn agrees_with_the_canonical_abi(steps in vec(step(), 0..400)) {
        let _lock = lock();
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let mut tested = instance();
        let mut reference = Reference::default();
        let mut different = None;
        for step in &steps {
            // Only a lent handle's loan is ever ended.
            if let Step::EndLoan { handle } = *step
                && !reference.get(handle).is_ok_and(|h| h.lends > 0)
            {
                continue;
            }
            let wanted = reference.apply(step).map_err(|t| t.message().to_string());
            let got = apply(&mut tested, step);
            if got != wanted || tested.handles.borrows != reference.borrows {
                different = Some((step.clone(), got, wanted));
                break;
            }
        }
        std::panic::set_hook(hook);
        prop_assert!(different.is_none(), "{different:?}");
    }
}

#[test]
fn a_table_outgrows_the_pool_and_keeps_its_entries() {
    let _lock = lock();
    let mut instance = instance();
    // SAFETY: the instance is the test's; the same below.
    for i in 1..=5000 {
        assert_eq!(unsafe { lower_own(&mut instance, 1, i * 3) }, i);
    }
    for i in 1..=5000 {
        assert_eq!(unsafe { nanocc_resource_rep(&mut instance, 1, i) }, i * 3);
    }
    for i in 1..=5000 {
        assert_eq!(unsafe { nanocc_lift_own(&mut instance, 1, i) }, i * 3);
    }
    // The index that was freed last is given out first.
    assert_eq!(unsafe { lower_own(&mut instance, 1, 1) }, 5000);
    assert_eq!(unsafe { lower_own(&mut instance, 1, 1) }, 4999);
}

#[test]
#[should_panic(expected = "handle table is full")]
fn a_table_has_a_limit() {
    let _lock = lock();
    let mut instance = instance();
    instance.handles.len = MAX_INDEX;
    instance.handles.capacity = MAX_INDEX + 1;
    // SAFETY: the instance is the test's; the call doesn't get as far as its entries.
    unsafe { lower_own(&mut instance, 1, 1) };
}

#[test]
fn loans_have_a_limit() {
    let _lock = lock();
    let mut instance = instance();
    // SAFETY: the instance is this test's own.
    let handle = unsafe { lower_own(&raw mut instance, 1, 2) };
    // SAFETY: the handle was given out.
    unsafe { (*slot(&instance.handles, handle)).loans = u32::MAX - 1 };
    assert_eq!(lend(&mut instance.handles, 1, handle), 2);
    let again = catch_unwind(AssertUnwindSafe(|| lend(&mut instance.handles, 1, handle)));
    let message = *again.unwrap_err().downcast::<String>().unwrap();
    assert_eq!(message, Trap::HandleTableFull.message());
}

#[test]
fn borrows_are_counted_a_call() {
    let _lock = lock();
    let mut instance = instance();
    let i = &raw mut instance;
    // SAFETY: the instance is the test's.
    unsafe {
        let outer = nanocc_enter_call(i);
        let a = nanocc_lower_borrow(i, 1, 10);
        let inner = nanocc_enter_call(i);
        assert_eq!((outer, inner), (0, 1));
        let b = nanocc_lower_borrow(i, 1, 11);
        assert_eq!(nanocc_resource_drop(i, 1, b), 0);
        nanocc_exit_call(i, inner);
        assert_eq!((*i).handles.borrows, 1);
        let left = catch_unwind(|| finish_call(table(i), (*i).scope, outer)).unwrap_err();
        assert_eq!(
            *left.downcast_ref::<String>().unwrap(),
            Trap::BorrowsRemain.message()
        );
        assert_eq!(nanocc_resource_drop(i, 1, a), 0);
        nanocc_exit_call(i, outer);
    }
}

#[test]
fn what_an_inner_call_drops_of_an_outer_one_is_settled() {
    let _lock = lock();
    let mut instance = instance();
    let i = &raw mut instance;
    // SAFETY: the instance is the test's.
    unsafe {
        let outer = nanocc_enter_call(i);
        let a = nanocc_lower_borrow(i, 1, 10);
        let inner = nanocc_enter_call(i);
        let b = nanocc_lower_borrow(i, 1, 11);
        nanocc_resource_drop(i, 1, a);
        nanocc_resource_drop(i, 1, b);
        nanocc_exit_call(i, inner);
        assert_eq!((*i).scope, 1);
        nanocc_exit_call(i, outer);
        assert_eq!((*i).handles.borrows, 0);

        // One that stays is found out when the inner call returns.
        nanocc_enter_call(i);
        let a = nanocc_lower_borrow(i, 1, 10);
        let inner = nanocc_enter_call(i);
        nanocc_lower_borrow(i, 1, 11);
        nanocc_resource_drop(i, 1, a);
        assert!(catch_unwind(|| finish_call(table(i), (*i).scope, inner)).is_err());
    }
}
