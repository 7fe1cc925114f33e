//! `--emit=facts`.

use super::Facts;
use crate::program::Program;
use std::fmt::Write;

impl Facts {
    /// The facts as text, deterministic, one a line.
    pub fn print(&self, program: &Program<'_>) -> String {
        let mut out = String::new();
        let reachable = self.reachable_funcs().count();
        let _ = writeln!(
            out,
            "functions {} reachable {reachable}",
            program.funcs.len()
        );
        for func in self.reachable_funcs() {
            let locked = if self.may_run_locked(func) {
                " may-run-locked"
            } else {
                ""
            };
            let _ = writeln!(out, "reachable {func} {}{locked}", program.func_name(func));
        }
        for component in program.components.keys() {
            let path = &program.components[component].path;
            let _ = writeln!(
                out,
                "{component} {path} observes-may-leave {}",
                self.locks(component)
            );
            if self.marks(component) {
                let _ = writeln!(out, "{component} {path} observes-may-enter");
            }
        }
        for (id, memory) in program.memories.iter() {
            let _ = writeln!(
                out,
                "{id} pages {} fixed {} heat {}",
                memory.ty.initial,
                self.memory_fixed(id),
                self.memory_heat(id)
            );
        }
        for id in program.globals.keys() {
            if let Some(value) = self.global_value(id) {
                let _ = writeln!(out, "{id} constant {value:?}");
            }
        }
        for id in program.tables.keys() {
            match self.constant_table(id) {
                None => {
                    let _ = writeln!(out, "{id} variable grows {}", self.table_grows(id));
                }
                Some(slots) => {
                    let _ = writeln!(out, "{id} constant slots {}", slots.len());
                    for (index, slot) in slots.iter().enumerate() {
                        if let Some(func) = slot {
                            let _ = writeln!(out, "  {index} {func} {}", program.func_name(*func));
                        }
                    }
                }
            }
        }
        out
    }
}
