//! [`abi::ProgramLimits`]: what the shim needs to know of limits to report them, and to stop the program in time.

use super::{Parts, put};
use crate::policy::Policy;
use linker::{Binding, RelocKind, Relocation, SymbolId};
use nanocc_linker as linker;
use nanocc_shim_abi as abi;
use std::mem::{offset_of, size_of};
use std::time::Duration;

impl Parts<'_> {
    /// Adds the program's limits, if there are any, and names the shim's function that reports those of components.
    pub(super) fn limits(&mut self, policy: &Policy) -> Option<SymbolId> {
        let program = self.env.program;
        let mut list = Vec::new();
        for (component, resource, most) in policy.limits(program) {
            let mut limit = [0; size_of::<abi::Limit>()];
            let instance = self.env.plan.components[component];
            for (at, word) in [
                (offset_of!(abi::Limit, instance), instance),
                (offset_of!(abi::Limit, most), most),
            ] {
                put(&mut limit, at, &word.to_le_bytes());
            }
            let kind = offset_of!(abi::Limit, kind);
            put(&mut limit, kind, &resource.kind().to_le_bytes());
            list.extend(limit);
        }
        let count = list.len() / size_of::<abi::Limit>();
        if count == 0 && !policy.interrupts() {
            return None;
        }

        let mut table = vec![0; size_of::<abi::ProgramLimits>()];
        let micros = |time: Option<Duration>| {
            time.map_or(0, |time| {
                u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
            })
        };
        let at = offset_of!(abi::ProgramLimits, limits);
        for (at, word) in [
            (at + offset_of!(abi::List, count), count as u64),
            (
                offset_of!(abi::ProgramLimits, wall_time),
                micros(policy.timeout),
            ),
            (
                offset_of!(abi::ProgramLimits, cpu_time),
                micros(policy.cpu_timeout),
            ),
        ] {
            put(&mut table, at, &word.to_le_bytes());
        }
        let list = self.constant("__nanocc_limit_list", 8, list.into(), Vec::new());
        let relocation = Relocation {
            offset: (at + offset_of!(abi::List, address)) as u64,
            kind: RelocKind::Abs64,
            target: list,
            addend: 0,
        };
        let symbol = self.constant(abi::compiled::LIMITS, 8, table.into(), vec![relocation]);
        self.symbols[symbol.index()].binding = Binding::Global;
        (count != 0).then(|| self.undefined(abi::intrinsic::REPORT_LIMITS))
    }
}
