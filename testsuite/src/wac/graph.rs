//! A composition graph as a program in WAC.
//!
//! `wac-graph`'s tests build graphs by calls; nanocc composes what the WAC language says. So a graph is written
//! down in it: a node is a `let` (or an `import`), an edge an argument, and what no edge satisfies is implicit
//! (`...`). Some graphs no text stands for (a cycle, a package that is there twice): these are skipped.

use super::{Packages, Verdict, same_shape};
use crate::Result;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType, ComponentValType};
use wasmparser::{Validator, WasmFeatures};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

/// `graph.json`.
#[derive(Deserialize)]
struct Graph {
    #[serde(default)]
    packages: Vec<PackageFile>,
    #[serde(default)]
    nodes: Vec<Node>,
    #[serde(default)]
    arguments: Vec<Argument>,
    #[serde(default)]
    exports: Vec<Export>,
}

#[derive(Deserialize)]
struct PackageFile {
    name: String,
    version: Option<String>,
    path: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", tag = "type")]
enum Node {
    Import {
        name: String,
        package: usize,
        export: String,
    },
    Instantiation {
        package: usize,
    },
    Alias {
        source: usize,
        export: String,
    },
}

#[derive(Deserialize)]
struct Argument {
    source: usize,
    target: usize,
    name: String,
}

#[derive(Deserialize)]
struct Export {
    node: usize,
    name: String,
}

/// Why there is no text for a graph.
enum Untold {
    /// The language has no words for it.
    Language(String),
    /// The case is damaged.
    Case(String),
}

impl From<String> for Untold {
    fn from(message: String) -> Untold {
        Untold::Case(message)
    }
}

/// Composes a graph's text with nanocc.
pub(super) fn judge(path: &Path) -> Result<Verdict> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let graph: Graph = serde_json::from_str(&crate::read_text(path)?)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    let mut packages = Packages::below(folder);
    let text = match graph.text(folder, &mut packages) {
        Ok(text) => text,
        Err(Untold::Language(what)) => {
            return Ok(Verdict::Skipped(format!("WAC has no words for {what}")));
        }
        Err(Untold::Case(message)) => return Err(message),
    };
    let composed = packages.compose(&path.with_extension("wac"), &text);
    let expected = crate::read_text(&folder.join("encoded.wat"));
    let refusal = crate::read_text(&folder.join("error.txt"));
    match (composed, expected, refusal) {
        (Ok(component), Ok(expected), _) => {
            same_shape(&component, &expected, packages.loaded.into_iter())
        }
        (Ok(_), Err(_), Ok(refusal)) => {
            Err(format!("nanocc accepts it, expected `{}`", refusal.trim()))
        }
        (Err(error), Err(_), Ok(refusal)) => same_reason(&error.to_string(), &refusal),
        (Err(error), ..) => Err(format!("nanocc refuses it: {error}")),
        (_, Err(error), Err(_)) => Err(error),
    }
}

/// What `wac-graph` says of a call, and what the language's resolver says of the statement that stands for it.
/// Names are `_`.
const REASONS: &[(&str, &str)] = &[
    (
        "argument _ has already been passed to the instantiation",
        "duplicate instantiation argument _",
    ),
    (
        "an export with the name _ already exists",
        "duplicate export _",
    ),
    (
        "instance does not have an export named _",
        "the instance has no export named _",
    ),
    (
        "an instantiation of package _ implicitly imports an item named _, but it conflicts with an explicit \
         import of the same name",
        "import _ conflicts with an item that was implicitly imported by an instantiation of _",
    ),
    (
        "import name _ already exists in the graph",
        "duplicate import _",
    ),
    (
        "argument name _ is not an import of package _",
        "component _ has no import named _",
    ),
    (
        "expected source node to be an instance, but the node is a function",
        "an instance is required to perform an access operation",
    ),
];

/// Compares what nanocc says of the text with what `wac-graph` says of the calls.
fn same_reason(said: &str, refusal: &str) -> Result<Verdict> {
    let (_, causes) = refusal
        .split_once("Caused by:")
        .ok_or("the result names no cause")?;
    // One cause stands alone; several have numbers.
    let causes = causes
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let causes: Vec<&str> = causes
        .map(|line| match line.split_once(": ") {
            Some((number, cause)) if number.parse::<u32>().is_ok() => cause,
            _ => line,
        })
        .collect();
    let expected = causes.join(": ");
    let (ours, theirs) = (nameless(said), nameless(&expected));
    let same = said == expected || (REASONS.contains(&(&theirs.0, &ours.0)) && theirs.1 == ours.1);
    if same {
        return Ok(Verdict::Passed);
    }
    Err(format!("nanocc says `{said}`, expected `{expected}`"))
}

/// A message without its names, and these, sorted.
fn nameless(message: &str) -> (String, Vec<&str>) {
    let mut names = Vec::new();
    let mut text = String::new();
    for (index, part) in message.split('`').enumerate() {
        if index % 2 == 0 {
            text += part;
        } else {
            text.push('_');
            names.push(part);
        }
    }
    names.sort_unstable();
    (text, names)
}

impl Graph {
    /// The text; its packages are made on the way.
    fn text(&self, folder: &Path, packages: &mut Packages) -> Result<String, Untold> {
        let mut types = Vec::new();
        for package in &self.packages {
            let path = folder.join(&package.path);
            let bytes = if path.is_dir() || package.path.ends_with(".wit") {
                types.push(wit_package(&path)?);
                implementation(&path)?
            } else {
                wat::parse_file(&path).map_err(|error| error.to_string())?
            };
            let name = package.name.clone();
            if packages.made.insert(name, bytes).is_some() {
                let what = format!("two packages called `{}`", package.name);
                return Err(Untold::Language(what));
            }
        }
        for (name, types) in types {
            packages.made.entry(name).or_insert(types);
        }
        let mut text = "package nanocc:graph;\n".to_owned();
        for index in self.order()? {
            match &self.nodes[index] {
                Node::Import {
                    name,
                    package,
                    export,
                } => {
                    let package = self.package(*package)?;
                    let ty = import_type(&packages.made[&package.name], export)?;
                    let _ = writeln!(text, "import n{index} as \"{name}\": {ty};");
                }
                Node::Instantiation { package } => {
                    let PackageFile { name, version, .. } = self.package(*package)?;
                    let version = version.as_ref().map_or(String::new(), |v| format!("@{v}"));
                    let _ = write!(text, "let n{index} = new {name}{version} {{ ");
                    for argument in self.arguments.iter().filter(|a| a.target == index) {
                        let _ = write!(text, "\"{}\": n{}, ", argument.name, argument.source);
                    }
                    text += "... };\n";
                }
                Node::Alias { source, export } => {
                    let _ = writeln!(text, "let n{index} = n{source}[\"{export}\"];");
                }
            }
        }
        for export in &self.exports {
            let _ = writeln!(text, "export n{} as \"{}\";", export.node, export.name);
        }
        Ok(text)
    }

    fn package(&self, index: usize) -> Result<&PackageFile, Untold> {
        let package = self.packages.get(index);
        package.ok_or_else(|| Untold::Case(format!("there is no package {index}")))
    }

    /// The nodes, each after all that it refers to.
    fn order(&self) -> Result<Vec<usize>, Untold> {
        let mut waits: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, node) in self.nodes.iter().enumerate() {
            let waits = waits.entry(index).or_default();
            if let Node::Alias { source, .. } = node {
                waits.push(*source);
            }
        }
        for argument in &self.arguments {
            if !matches!(
                self.nodes.get(argument.target),
                Some(Node::Instantiation { .. })
            ) {
                return Err(Untold::Language(
                    "an argument for what is no instantiation".to_owned(),
                ));
            }
            waits
                .entry(argument.target)
                .or_default()
                .push(argument.source);
        }
        let mut order: Vec<usize> = Vec::new();
        while order.len() < waits.len() {
            let next = waits.iter().find(|(index, waits)| {
                !order.contains(index) && waits.iter().all(|source| order.contains(source))
            });
            let (index, _) = next.ok_or_else(|| Untold::Language("a cycle".to_owned()))?;
            order.push(*index);
        }
        Ok(order)
    }
}

/// A WIT package's name, and its types as a component.
fn wit_package(path: &Path) -> Result<(String, Vec<u8>)> {
    let mut resolve = Resolve::new();
    let (package, _) = resolve
        .push_path(path)
        .map_err(|error| format!("{error:#}"))?;
    let name = &resolve.packages[package].name;
    let name = format!("{}:{}", name.namespace, name.name);
    let types = wit_component::encode(&resolve, package).map_err(|error| format!("{error:#}"))?;
    Ok((name, types))
}

/// A component of the only world of a WIT package, whose functions trap.
fn implementation(path: &Path) -> Result<Vec<u8>> {
    let make = || -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
        let mut resolve = Resolve::new();
        let (package, _) = resolve.push_path(path)?;
        let world = resolve.select_world(&[package], None)?;
        let abi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);
        let mut module = wit_component::dummy_module(&resolve, world, abi);
        wit_component::embed_component_metadata(
            &mut module,
            &resolve,
            world,
            StringEncoding::UTF8,
        )?;
        Ok(ComponentEncoder::default().module(&module)?.encode()?)
    };
    make().map_err(|error| format!("{}: {error}", path.display()))
}

/// The type of what a component exports, in WAC's words, for an import of such a thing.
fn import_type(component: &[u8], export: &str) -> Result<String, Untold> {
    let types = Validator::new_with_features(WasmFeatures::all())
        .validate_all(component)
        .map_err(|error| error.to_string())?;
    let types = types.as_ref();
    let item = types
        .component_item_for_export(export)
        .ok_or_else(|| format!("no export `{export}`"))?;
    let func = match &item.ty {
        // An interface is known by its path.
        ComponentEntityType::Instance(_) if export.contains('/') => return Ok(export.to_owned()),
        ComponentEntityType::Func(func)
        | ComponentEntityType::Type {
            created: ComponentAnyTypeId::Func(func),
            ..
        } => &types[*func],
        other => {
            return Err(Untold::Language(format!(
                "the type {other:?} without its name"
            )));
        }
    };
    let primitive = |ty: &ComponentValType| match ty {
        ComponentValType::Primitive(ty) => Ok(ty.to_string()),
        ComponentValType::Type(_) => Err(Untold::Language("a type without a name".to_owned())),
    };
    let mut text = "func(".to_owned();
    for (name, ty) in &func.params {
        let _ = write!(text, "{name}: {}, ", primitive(ty)?);
    }
    text += ")";
    if let Some(result) = &func.result {
        let _ = write!(text, " -> {}", primitive(result)?);
    }
    Ok(text)
}
