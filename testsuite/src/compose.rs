//! Inputs as component bytes, for the oracle: what nanocc's first stage does, done by the `wac`
//! crates the way their own command does it.
//!
//! A core module becomes a component by nanocc's own first stage: there is no other that keeps exit statuses
//! and memory as preview 1 has them. The cases of such modules hold what `wasmtime` says about the module as it is.

use crate::Result;
use nanocc::compose::{Kind, preview1};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The component that `input`, a `.wac`, `.wat` or `.wasm` file, stands for.
pub fn component(input: &Path) -> Result<Vec<u8>> {
    component_with(input, &HashMap::new())
}

/// The same, where a composition finds these packages, by name, elsewhere than in `deps`.
pub fn component_with(input: &Path, packages: &HashMap<String, PathBuf>) -> Result<Vec<u8>> {
    let at = |message: String| format!("{}: {message}", input.display());
    let bytes = match input.extension().and_then(|extension| extension.to_str()) {
        Some("wasm") => crate::read(input)?,
        Some("wat") => wat::parse_file(input).map_err(|error| at(error.to_string()))?,
        Some("wac") => return composition(input, packages),
        _ => return Err(at("neither .wac, .wat nor .wasm".to_owned())),
    };
    match Kind::of(input, &bytes) {
        Ok(Kind::CoreModule) => {
            preview1::component(input, &bytes).map_err(|error| at(error.to_string()))
        }
        _ => Ok(bytes),
    }
}

fn composition(input: &Path, packages: &HashMap<String, PathBuf>) -> Result<Vec<u8>> {
    let at = |message: String| format!("{}: {message}", input.display());
    let source = crate::read_text(input)?;
    let document = wac_parser::Document::parse(&source).map_err(|error| at(error.to_string()))?;
    let keys = wac_resolver::packages(&document).map_err(|error| at(error.to_string()))?;
    let folder = input.parent().unwrap_or(Path::new("")).join("deps");
    let packages = wac_resolver::FileSystemPackageResolver::new(folder, packages.clone(), true)
        .resolve(&keys)
        .map_err(|error| at(error.to_string()))?;
    let resolution = document
        .resolve(packages)
        .map_err(|error| at(error.to_string()))?;
    resolution
        .encode(wac_graph::EncodeOptions::default())
        .map_err(|error| at(error.to_string()))
}
