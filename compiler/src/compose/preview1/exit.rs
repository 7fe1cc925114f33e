//! The exit status, which the published adapter loses.
//!
//! Its `proc_exit` calls `wasi:cli/exit#exit`, which knows success and failure only: a program that ends
//! with 3 ends with 1. `exit-with-code` has the type of `proc_exit`, and the world that the adapter is
//! described by has it, so the adapter's import takes that name and is exported as `proc_exit` itself.

use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{ExportKind, Module};
use wasmparser::{Export, ExportSectionReader, ImportSectionReader, Parser, TypeRef};

/// The adapter with `proc_exit` keeping the status, of which the system passes on eight bits.
///
/// # Errors
///
/// An adapter that doesn't have what is changed.
pub fn kept(adapter: &[u8]) -> Result<Vec<u8>, String> {
    let mut change = Change::default();
    let mut module = Module::new();
    change
        .parse_core_module(&mut module, Parser::new(0), adapter)
        .map_err(|error| error.to_string())?;
    if !change.done {
        return Err("the adapter's `proc_exit` has changed".to_owned());
    }
    Ok(module.finish())
}

#[derive(Default)]
struct Change {
    /// The function that was `exit`.
    exit: Option<u32>,
    done: bool,
}

impl Reencode for Change {
    type Error = Infallible;

    fn parse_import_section(
        &mut self,
        imports: &mut wasm_encoder::ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error> {
        let mut functions = 0;
        for import in section.into_imports() {
            let mut import = import?;
            if let TypeRef::Func(_) = import.ty {
                if import.module.starts_with("wasi:cli/exit@") && import.name == "exit" {
                    import.name = "exit-with-code";
                    self.exit = Some(functions);
                }
                functions += 1;
            }
            utils::parse_import(self, imports, import)?;
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut wasm_encoder::ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), Error> {
        for export in section {
            let export: Export<'_> = export?;
            match (export.name, self.exit) {
                ("proc_exit", Some(exit)) => {
                    exports.export(export.name, ExportKind::Func, exit);
                    self.done = true;
                }
                _ => utils::parse_export(self, exports, export)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_preview1_component_adapter_provider as provider;
    use wasmparser::{ExternalKind, Payload, Validator, WasmFeatures};

    #[test]
    fn the_status_goes_straight_to_the_host() {
        for adapter in [
            provider::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
            provider::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
        ] {
            let kept = kept(adapter).unwrap();
            Validator::new_with_features(WasmFeatures::all())
                .validate_all(&kept)
                .unwrap();
            let (mut imports, mut exported) = (Vec::new(), None);
            for payload in Parser::new(0).parse_all(&kept) {
                match payload.unwrap() {
                    Payload::ImportSection(section) => {
                        let all = section.into_imports().map(Result::unwrap);
                        let functions = all.filter(|i| matches!(i.ty, TypeRef::Func(_)));
                        imports.extend(functions.map(|i| i.name));
                    }
                    Payload::ExportSection(section) => {
                        for export in section {
                            let export = export.unwrap();
                            if export.name == "proc_exit" {
                                assert_eq!(export.kind, ExternalKind::Func);
                                exported = Some(export.index);
                            }
                        }
                    }
                    _ => {}
                }
            }
            let exit = imports.get(exported.unwrap() as usize);
            assert_eq!(exit, Some(&"exit-with-code"));
        }
    }

    #[test]
    fn another_adapter_is_an_error() {
        let module = wat::parse_str(r#"(module (func (export "proc_exit") (param i32)))"#).unwrap();
        assert!(kept(&module).is_err());
    }
}
