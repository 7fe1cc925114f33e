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
