//! Inputs as bytes, for the oracle: compositions are composed by the `wac` crates the way their own command does it.

use crate::Result;
use nanocc::compose::{Kind, preview1};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What `input` stands for, a `.wac`, `.wat` or `.wasm` file: a component or a core module. A composition finds these packages, by name,
/// elsewhere than in `deps`.
pub fn bytes(input: &Path, packages: &HashMap<String, PathBuf>) -> Result<Vec<u8>> {
    match input.extension().and_then(|extension| extension.to_str()) {
        Some("wasm") => crate::read(input),
        Some("wat") => {
            wat::parse_file(input).map_err(|error| format!("{}: {error}", input.display()))
        }
        Some("wac") => composition(input, packages),
        _ => Err(format!("{}: neither .wac, .wat nor .wasm", input.display())),
    }
}

/// The same, where a core module becomes a component by nanocc's own first stage.
pub fn component(input: &Path) -> Result<Vec<u8>> {
    let bytes = bytes(input, &HashMap::new())?;
    match Kind::of(input, &bytes) {
        Ok(Kind::CoreModule) => preview1::component(input, &bytes)
            .map_err(|error| format!("{}: {error}", input.display())),
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
