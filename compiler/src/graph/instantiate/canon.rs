//! Canonical definitions: functions that are lifted and lowered, and the built-ins of resources.

use super::{Builder, FuncValue, Lifted};
use crate::abi;
use crate::error::{Error, Result};
use crate::graph::builtins;
use crate::program::*;
use std::rc::Rc;
use wasmparser::{CanonicalFunction, CanonicalOption};

impl<'b, 'a> Builder<'b, 'a> {
    pub(super) fn options(
        &self,
        frame: usize,
        list: &[CanonicalOption],
        offset: usize,
    ) -> Result<(Options, Option<FuncId>)> {
        let spaces = &self.frames[frame];
        let mut options = Options {
            component: spaces.component,
            memory: None,
            realloc: None,
            encoding: StringEncoding::Utf8,
        };
        let mut post_return = None;
        for option in list {
            match option {
                CanonicalOption::UTF8 => options.encoding = StringEncoding::Utf8,
                CanonicalOption::UTF16 => options.encoding = StringEncoding::Utf16,
                CanonicalOption::CompactUTF16 => options.encoding = StringEncoding::CompactUtf16,
                CanonicalOption::Memory(index) => {
                    options.memory = Some(spaces.core_memories[*index as usize]);
                }
                CanonicalOption::Realloc(index) => {
                    options.realloc = Some(spaces.core_funcs[*index as usize]);
                }
                CanonicalOption::PostReturn(index) => {
                    post_return = Some(spaces.core_funcs[*index as usize]);
                }
                CanonicalOption::Async | CanonicalOption::Callback(_) => {
                    return Err(self.unsupported(
                        frame,
                        offset,
                        "asynchronous functions (`async`)",
                    ));
                }
                CanonicalOption::CoreType(_) | CanonicalOption::Gc => {
                    return Err(self.unsupported(frame, offset, "the canonical ABI for gc"));
                }
            }
        }
        Ok((options, post_return))
    }

    pub(super) fn canon(
        &mut self,
        frame: usize,
        canon: &CanonicalFunction,
        offset: usize,
    ) -> Result<()> {
        match canon {
            CanonicalFunction::Lift {
                core_func_index,
                type_index,
                options,
            } => {
                let callee = self.frames[frame].core_funcs[*core_func_index as usize];
                let named = |error: Error| error.in_item(|| self.core_name(callee));
                let (options, post_return) = self.options(frame, options, offset).map_err(named)?;
                let ty = self.func_type(frame, *type_index, offset).map_err(named)?;
                let lifted = Lifted {
                    callee,
                    options,
                    post_return,
                    ty: (*ty).clone(),
                    seen: (*ty).clone(),
                };
                self.frames[frame]
                    .funcs
                    .push(FuncValue::Lifted(Rc::new(lifted)));
            }
            CanonicalFunction::Lower {
                func_index,
                options,
            } => {
                let (lower, _) = self.options(frame, options, offset)?;
                let func = self.frames[frame].funcs[*func_index as usize].clone();
                let (ty, kind) = match func {
                    FuncValue::Lifted(lifted) => {
                        let adapter = self.adapter(lower, &lifted);
                        (lifted.seen.clone(), FuncKind::Adapter(Box::new(adapter)))
                    }
                    FuncValue::Host(host) => {
                        let call = HostCall {
                            lower,
                            ty: host.ty.clone(),
                            symbol: host.symbol.clone(),
                        };
                        (host.ty.clone(), FuncKind::Host(Box::new(call)))
                    }
                    FuncValue::Unserved(import) => {
                        let call = UnservedCall {
                            component: lower.component,
                            name: import.name.clone(),
                        };
                        (import.ty.clone(), FuncKind::Unserved(Box::new(call)))
                    }
                };
                let sig = self
                    .program
                    .signatures
                    .intern(abi::lowered_signature(&self.program.types, &ty));
                self.core_func(frame, sig, kind)?;
            }
            CanonicalFunction::ResourceNew { resource } => {
                let resource = self.resource(frame, *resource, offset)?;
                let component = self.frames[frame].component;
                let sig = self.i32_signature(1, 1);
                self.core_func(
                    frame,
                    sig,
                    FuncKind::ResourceNew {
                        component,
                        resource,
                    },
                )?;
            }
            CanonicalFunction::ResourceRep { resource } => {
                let resource = self.resource(frame, *resource, offset)?;
                let component = self.frames[frame].component;
                let sig = self.i32_signature(1, 1);
                self.core_func(
                    frame,
                    sig,
                    FuncKind::ResourceRep {
                        component,
                        resource,
                    },
                )?;
            }
            CanonicalFunction::ResourceDrop { resource } => {
                let resource = self.resource(frame, *resource, offset)?;
                let component = self.frames[frame].component;
                let sig = self.i32_signature(1, 0);
                self.core_func(
                    frame,
                    sig,
                    FuncKind::ResourceDrop {
                        component,
                        resource,
                    },
                )?;
            }
            other => return Err(self.unsupported(frame, offset, builtins::feature(other))),
        }
        Ok(())
    }

    /// The call of a lifted function by who lowers it with `lower`.
    pub(super) fn adapter(&self, lower: Options, lifted: &Lifted) -> Adapter {
        Adapter {
            lower,
            lower_type: lifted.seen.clone(),
            lift: lifted.options.clone(),
            lift_type: lifted.ty.clone(),
            callee: lifted.callee,
            post_return: lifted.post_return,
            name: self.call_name(lifted),
        }
    }

    pub(in crate::graph) fn core_func_at(&self, frame: usize, index: u32) -> FuncId {
        self.frames[frame].core_funcs[index as usize]
    }

    pub(super) fn core_func(&mut self, frame: usize, sig: SigId, kind: FuncKind) -> Result<()> {
        self.unfolded.function(&self.limits)?;
        let id = self.program.funcs.push(Func { sig, kind });
        self.frames[frame].core_funcs.push(id);
        Ok(())
    }

    pub(super) fn i32_signature(&mut self, params: usize, results: usize) -> SigId {
        self.program.signatures.intern(Signature {
            params: vec![ValType::I32; params],
            results: vec![ValType::I32; results],
        })
    }

    /// A function's name for messages: what the callee's name section calls it.
    pub(super) fn call_name(&self, lifted: &Lifted) -> String {
        let component = &self.program.components[lifted.options.component];
        format!("{}#{}", component.path, self.core_name(lifted.callee))
    }

    /// A core function's name: from the name section, else of an export.
    fn core_name(&self, func: FuncId) -> String {
        let FuncKind::Wasm { instance, index } = self.program.funcs[func].kind else {
            return "lifted".to_owned();
        };
        let module = &self.program.modules[self.program.instances[instance].module];
        if let Some(name) = module.func_names.get(&index) {
            return (*name).to_owned();
        }
        let exported = module
            .exports
            .iter()
            .find(|(_, export)| export.kind == ExternKind::Func && export.index == index);
        exported.map_or_else(|| format!("func[{index}]"), |(name, _)| (*name).to_owned())
    }
}
