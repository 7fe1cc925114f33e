//! Calls, globals, locals, and the operators that only move operands.
//!
//! # Indirect calls
//!
//! A table element holds the code's address in its low half and the signature's number in its high
//! half, so one load and one comparison decide. A null element is 0, and no signature's number is:
//! the comparison fails for null as well, and only the failing path tells the two apart.
//!
//! With a constant index into a table whose contents `facts` vouches for, all of it happens here:
//! the call is direct, or a trap.

use super::super::builder::Region;
use super::super::globals;
use super::Translation;
use crate::facts;
use crate::program::SigId;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use nanocc_shim_abi::Trap;
use types::{I32, I64};
use wasmparser::Operator;

impl Translation<'_, '_> {
    /// Translates a call, an operator on globals or locals, `drop` or `select`; `false` if it is
    /// something else.
    pub(super) fn call(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::LocalGet { local_index } => {
                let variable = self.locals[local_index as usize];
                let value = self.b.use_var(variable);
                self.push(value);
            }
            Operator::LocalSet { local_index } => {
                let value = self.pop();
                let variable = self.locals[local_index as usize];
                self.b.def_var(variable, value);
            }
            Operator::LocalTee { local_index } => {
                let value = self.pop();
                let variable = self.locals[local_index as usize];
                self.b.def_var(variable, value);
                self.push(value);
            }
            Operator::GlobalGet { global_index } => {
                let global = self.core.globals[global_index as usize];
                let value = globals::get(&mut self.b, global);
                self.push(value);
            }
            Operator::GlobalSet { global_index } => {
                let value = self.pop();
                let global = self.core.globals[global_index as usize];
                let flags = self.b.trusted(Region::Global(global));
                self.b
                    .store_planned(flags, value, self.b.env.plan.globals[global]);
            }
            Operator::Drop => {
                self.pop();
            }
            Operator::Select | Operator::TypedSelect { .. } => self.select(),
            Operator::Call { function_index } => {
                let callee = self.core.funcs[function_index as usize];
                let sig = self.b.env.program.funcs[callee].sig;
                let args = self.pop_args(sig);
                let results = self.b.call_from(self.func, callee, &args);
                self.values.extend(results);
            }
            Operator::CallIndirect {
                type_index,
                table_index,
            } => self.call_indirect(type_index, table_index),
            _ => return false,
        }
        true
    }

    fn select(&mut self) {
        let condition = self.pop_condition();
        let (first, second) = self.pop2();
        let value = self.b.ins().select(condition, first, second);
        self.push(value);
    }

    fn pop_args(&mut self, sig: SigId) -> Vec<Value> {
        let signature = &self.b.env.program.signatures[sig];
        self.passed += signature.params.len() + signature.results.len();
        self.pop_many(signature.params.len())
    }

    fn call_indirect(&mut self, type_index: u32, table_index: u32) {
        let env = self.b.env;
        let index = self.pop();
        let sig = self.module.types[type_index as usize];
        let args = self.pop_args(sig);
        let table = self.core.tables[table_index as usize];

        // Only where the scan saw it too: the call graph has to know every direct call.
        if let Some(index) = self.b.known(index)
            && self.scanned_slot(table_index, type_index, index as u32)
            && let Some(slot) = env.facts.constant_slot(self.func, table, index as u32)
        {
            match slot {
                Some(callee) if env.program.funcs[callee].sig == sig => {
                    let results = self.b.call_from(self.func, callee, &args);
                    self.values.extend(results);
                }
                Some(_) => self.trap(Trap::BadSignature),
                None => self.trap(Trap::IndirectCallToNull),
            }
            return;
        }

        let element = self.guest_table(table_index).get(&mut self.b, index);
        let found = self.b.ins().ushr_imm_u(element, 32);
        let right = self
            .b
            .ins()
            .icmp_imm_u(IntCC::Equal, found, i64::from(sig.runtime()));
        let go = self.b.create_block();
        let wrong = self.b.create_block();
        self.b.set_cold_block(wrong);
        self.b.ins().brif(right, go, &[], wrong, &[]);
        self.b.seal_block(go);
        self.b.seal_block(wrong);
        self.b.switch_to_block(wrong);
        self.b.trap_unless(element, Trap::IndirectCallToNull);
        self.b.trap(Trap::BadSignature);

        self.b.switch_to_block(go);
        let code = self.b.ins().ireduce(I32, element);
        let code = self.b.ins().uextend(I64, code);
        let sig = self.b.sig_ref(sig);
        let call = self.b.ins().call_indirect(sig, code, &args);
        let results = self.b.inst_results(call).to_vec();
        self.values.extend(results);
    }

    /// Whether the function calls what is in this slot of a table, by an index that is a literal.
    fn scanned_slot(&self, table: u32, ty: u32, slot: u32) -> bool {
        let Some((_, scan)) = facts::scan(self.b.env.program, self.func) else {
            return false;
        };
        let slots = &scan.constant_slots;
        let found = slots.binary_search_by_key(&(table, ty, slot), |(known, _)| *known);
        found.is_ok()
    }

    /// Traps; what follows is unreachable.
    fn trap(&mut self, trap: Trap) {
        self.b.trap(trap);
        self.skipped = Some(0);
    }
}
