//! References and tables.

use super::super::constants::Constant;
use super::super::names::{Intrinsic, Name};
use super::super::table::{GuestTable, check_range, element_bytes};
use super::Translation;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, types};
use nanocc_shim_abi::{TABLE_ELEMENT, Trap};
use types::{I32, I64};
use wasmparser::Operator;

impl Translation<'_, '_> {
    /// Translates an operator on references or tables; `false` if it isn't one.
    pub(super) fn table(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::RefNull { .. } => {
                let null = self.b.ins().iconst(I64, 0);
                self.push(null);
            }
            Operator::RefIsNull => {
                let reference = self.pop();
                let null = self.b.ins().icmp_imm_u(IntCC::Equal, reference, 0);
                let null = self.b.ins().uextend(I32, null);
                self.push(null);
            }
            Operator::RefFunc { function_index } => {
                let reference = self.b.func_value(self.core.funcs[function_index as usize]);
                self.push(reference);
            }
            Operator::TableGet { table } => {
                let index = self.pop();
                let element = self.guest_table(table).get(&mut self.b, index);
                self.push(element);
            }
            Operator::TableSet { table } => {
                let (index, element) = self.pop2();
                self.guest_table(table).set(&mut self.b, index, element);
            }
            Operator::TableSize { table } => {
                let len = self.guest_table(table).len(&mut self.b);
                self.push(len);
            }
            Operator::TableGrow { table } => {
                let (element, delta) = self.pop2();
                let id = self.core.tables[table as usize];
                let (pointer, offset) = self.b.planned(self.b.env.plan.tables[id].descriptor);
                let descriptor = self.b.ins().iadd_imm_s(pointer, i64::from(offset));
                let args = [descriptor, delta, element];
                let old = self.b.call_intrinsic(Intrinsic::TableGrow, &args);
                self.push(old.expect("table.grow has a result"));
            }
            Operator::TableFill { table } => self.table_fill(table),
            Operator::TableCopy {
                dst_table,
                src_table,
            } => self.table_copy(dst_table, src_table),
            Operator::TableInit { elem_index, table } => self.table_init(elem_index, table),
            Operator::ElemDrop { elem_index } => {
                let flags = &self.b.env.plan.dropped_elements;
                if let Some(&flag) = flags.get(&(self.instance, elem_index)) {
                    self.b.drop_segment(flag);
                }
            }
            _ => return false,
        }
        true
    }

    pub(super) fn guest_table(&self, index: u32) -> GuestTable {
        GuestTable::new(self.core.tables[index as usize])
    }

    fn table_fill(&mut self, table: u32) {
        let (index, element, count) = self.pop3();
        let id = self.core.tables[table as usize];
        let first = GuestTable::new(id).checked_range(&mut self.b, index, count);
        let flags = self.b.trusted(super::super::builder::Region::Table(id));
        let bytes = element_bytes(&mut self.b, count);
        let past = self.b.ins().iadd(first, bytes);

        let head = self.b.create_block();
        let body = self.b.create_block();
        let done = self.b.create_block();
        let at = self.b.append_block_param(head, I64);
        self.b.ins().jump(head, &[BlockArg::Value(first)]);
        self.b.switch_to_block(head);
        let more = self.b.ins().icmp(IntCC::NotEqual, at, past);
        self.b.ins().brif(more, body, &[], done, &[]);
        self.b.seal_block(body);
        self.b.seal_block(done);
        self.b.switch_to_block(body);
        self.b.ins().store(flags, element, at, 0);
        let next = self.b.ins().iadd_imm_u(at, TABLE_ELEMENT as i64);
        self.b.ins().jump(head, &[BlockArg::Value(next)]);
        self.b.seal_block(head);
        self.b.switch_to_block(done);
    }

    fn table_copy(&mut self, to: u32, from: u32) {
        let (target, source, count) = self.pop3();
        let (to, from) = (self.guest_table(to), self.guest_table(from));
        let target = to.checked_range(&mut self.b, target, count);
        let source = from.checked_range(&mut self.b, source, count);
        let bytes = element_bytes(&mut self.b, count);
        self.b
            .call_intrinsic(Intrinsic::Memmove, &[target, source, bytes]);
    }

    fn table_init(&mut self, segment: u32, table: u32) {
        let (target, source, count) = self.pop3();
        let table = self.guest_table(table);
        let elements = &self.module.elements[segment as usize];
        let flags = &self.b.env.plan.dropped_elements;
        let available = match flags.get(&(self.instance, segment)) {
            Some(&flag) => self.segment_len(flag, elements.items.len()),
            None => self.b.ins().iconst(I32, 0),
        };
        let target = table.checked_range(&mut self.b, target, count);
        check_range(
            &mut self.b,
            source,
            count,
            available,
            Trap::TableOutOfBounds,
        );
        let constant = Name::Constant(Constant::Elements(self.instance, segment));
        let base = self.b.address_of(constant, true);
        let start = element_bytes(&mut self.b, source);
        let source = self.b.ins().iadd(base, start);
        let bytes = element_bytes(&mut self.b, count);
        self.b
            .call_intrinsic(Intrinsic::Memcpy, &[target, source, bytes]);
    }
}
