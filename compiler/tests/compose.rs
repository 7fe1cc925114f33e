//! Composition against wac's own test corpus, and against packages made here.

use indexmap::IndexMap;
use miette::SourceSpan;
use nanocc::compose::{Composed, Kind, Package, PackageError, Request, compose};
use nanocc::error::Error;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wac_graph::types::BorrowedPackageKey;
use wac_resolver::FileSystemPackageResolver;

/// The tests that the `wac-parser` crate is published with, of the version that this workspace uses.
fn corpus() -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata = String::from_utf8(output.stdout).unwrap();
    let manifest = metadata
        .split('"')
        .find(|text| text.contains("/wac-parser-") && text.ends_with("/Cargo.toml"))
        .expect("the manifest of wac-parser");
    Path::new(manifest).with_file_name("tests")
}

/// wac's tests keep a composition's packages in a folder of its name, components and WIT.
fn load(root: &Path, request: Request<'_>) -> Result<Package, PackageError> {
    let key = BorrowedPackageKey::from_name_and_version(request.name, request.version);
    let keys = IndexMap::from([(key, SourceSpan::from(0))]);
    let resolver = FileSystemPackageResolver::new(root, HashMap::new(), false);
    let mut packages = resolver
        .resolve(&keys)
        .map_err(|e| PackageError::Unusable {
            message: e.to_string(),
        })?;
    match packages.swap_remove(&key) {
        Some(bytes) => Ok(Package {
            origin: root.join(request.name),
            bytes,
        }),
        None => Err(PackageError::Missing {
            searched: vec![root.join(request.name)],
        }),
    }
}

fn compose_file(path: &Path) -> Result<Composed, Error> {
    let text = fs::read(path).unwrap();
    compose(
        path,
        &text,
        &mut |request| load(&path.with_extension(""), request),
        &(),
    )
}

fn compositions(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wac"))
        .collect();
    files.sort();
    files
}

#[test]
fn what_wac_resolves_and_encodes_is_composed() {
    let mut composed = 0;
    for folder in ["resolution", "encoding"] {
        for path in compositions(&corpus().join(folder)) {
            match compose_file(&path) {
                Ok(component) => {
                    assert_eq!(
                        Kind::of(Path::new("x"), &component.bytes).unwrap(),
                        Kind::Component
                    );
                    composed += 1;
                }
                Err(e) => panic!("{}: {e}", path.display()),
            }
        }
    }
    assert!(composed > 10, "only {composed}");
}

#[test]
fn what_wac_only_parses_has_an_error_with_a_place() {
    for path in compositions(&corpus().join("parser")) {
        // They name packages and items that nobody has written.
        match compose_file(&path) {
            Err(Error::MissingPackage { at, .. }) => {
                assert!(at.source_text.get(at.range).is_some(), "{}", path.display());
            }
            Err(Error::Wac { labels, .. }) => assert!(!labels.is_empty(), "{}", path.display()),
            Err(e) => panic!("{}: another error: {e}", path.display()),
            Ok(_) => {}
        }
    }
}

/// wac's blessed results begin with a title, an empty line, a sign and the message.
#[test]
fn what_wac_refuses_is_refused_with_its_message_and_a_place() {
    let mut refused = 0;
    for folder in ["parser/fail", "resolution/fail", "encoding/fail"] {
        for path in compositions(&corpus().join(folder)) {
            let result = fs::read_to_string(format!("{}.result", path.display())).unwrap();
            let expected = result
                .lines()
                .nth(2)
                .unwrap()
                .trim_start_matches([' ', '\u{d7}']);
            match compose_file(&path) {
                Err(Error::Wac {
                    source_text,
                    message,
                    labels,
                    ..
                }) => {
                    // About a package's file nanocc says more than wac.
                    let package = expected.strip_prefix("failed to parse ");
                    assert!(
                        message.contains(expected)
                            || package.is_some_and(|package| message.starts_with(package)),
                        "{}: {message}\n{expected}",
                        path.display()
                    );
                    for (range, _) in labels {
                        assert!(source_text.get(range).is_some(), "{}", path.display());
                    }
                }
                Err(Error::MissingPackage { package, .. }) => {
                    assert!(
                        expected.contains(package.split('@').next().unwrap()),
                        "{}",
                        path.display()
                    );
                }
                Err(e) => panic!("{}: another error: {e}", path.display()),
                Ok(_) => panic!("{}: composed", path.display()),
            }
            refused += 1;
        }
    }
    assert!(refused > 100, "only {refused}");
}

const NUMBER: &str = r#"(component
    (core module $m (func (export "f") (result i32) i32.const 42))
    (core instance $i (instantiate $m))
    (func $f (result u32) (canon lift (core func $i "f")))
    (instance $number (export "f" (func $f)))
    (export "test:api/number" (instance $number)))"#;

fn compose_text(text: &str) -> (Result<Composed, Error>, Vec<String>) {
    let mut requests = Vec::new();
    let result = compose(
        Path::new("main.wac"),
        text.as_bytes(),
        &mut |request| {
            requests.push(request.to_string());
            match request.name {
                "test:number" => Ok(Package {
                    origin: "number.wat".into(),
                    bytes: NUMBER.into(),
                }),
                _ => Err(PackageError::Missing {
                    searched: vec!["deps/x.wasm".into()],
                }),
            }
        },
        &(),
    );
    (result, requests)
}

#[test]
fn names_of_let_statements_are_kept() {
    let (composed, requests) = compose_text(
        "package test:c;
         let first = new test:number {};
         let second = new test:number@1.2.3 {};
         let again = new test:number {};
         export first.number;",
    );
    // Once for each package and version.
    assert_eq!(requests, ["test:number", "test:number@1.2.3"]);
    let bytes = composed.unwrap().bytes;
    let mut names = Vec::new();
    let mut nested = 0;
    for payload in wasmparser::Parser::new(0).parse_all(&bytes) {
        match payload.unwrap() {
            wasmparser::Payload::ComponentSection { .. }
            | wasmparser::Payload::ModuleSection { .. } => nested += 1,
            wasmparser::Payload::End(_) if nested > 0 => nested -= 1,
            wasmparser::Payload::CustomSection(section) if nested == 0 => {
                let wasmparser::KnownCustom::ComponentName(section) = section.as_known() else {
                    continue;
                };
                for name in section {
                    if let wasmparser::ComponentName::Instances(map) = name.unwrap() {
                        names.extend(
                            map.into_iter()
                                .map(|naming| naming.unwrap().name.to_owned()),
                        );
                    }
                }
            }
            _ => {}
        }
    }
    names.sort();
    assert_eq!(names, ["again", "first", "second"]);
}

#[test]
fn a_missing_package_has_its_place_and_a_remedy() {
    let (composed, _) = compose_text("package test:c; let x = new test:absent@2.0.0 {};");
    let error = composed.unwrap_err();
    assert!(
        error
            .help()
            .unwrap()
            .contains("--dep test:absent@2.0.0=PATH")
    );
    let Error::MissingPackage {
        package,
        searched,
        at,
        ..
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(package, "test:absent@2.0.0");
    assert_eq!(searched, [Path::new("deps/x.wasm")]);
    assert_eq!(&at.source_text[at.range.clone()], "test:absent@2.0.0");
}

#[test]
fn inputs_are_known_by_their_content() {
    let component = wat::parse_str("(component)").unwrap();
    let module = wat::parse_str("(module)").unwrap();
    let kind = |path: &str, bytes: &[u8]| Kind::of(Path::new(path), bytes).ok();
    assert_eq!(kind("x.wac", &component), Some(Kind::Component));
    assert_eq!(kind("x.wac", &module), Some(Kind::CoreModule));
    assert_eq!(kind("x.wasm", b";; comment\n (component)"), Some(Kind::Wat));
    assert_eq!(kind("x", b"package a:b;"), Some(Kind::Wac));
    assert_eq!(kind("x.wac", b""), Some(Kind::Wac));
    for (path, bytes) in [
        ("x.wasm", &b""[..]),
        ("x.wasm", b"package a:b;"),
        ("x.wasm", b"\0as"),
        ("x", b"\xff"),
        ("x.wac", b"package \xff"),
        ("x", &component[..6]),
        ("x", b"\0asm\x01\0\x02\0"),
    ] {
        assert_eq!(kind(path, bytes), None, "{path} {bytes:?}");
    }
}

/// Nothing that nests, repeats or refers deeply may end anything but in an error or a component.
#[test]
fn shapes_that_recursion_would_not_survive() {
    let many = |n: usize, piece: &dyn Fn(usize) -> String| (1..=n).map(piece).collect::<String>();
    let texts = [
        format!("let x = {}", "(".repeat(900_000)),
        format!("type t = {}", "list<".repeat(180_000)),
        format!("let x = {}", "new a:b { x: ".repeat(70_000)),
        "/**/".repeat(200_000),
        "/*".repeat(400_000),
        "// x\n".repeat(180_000),
        "\n\t".repeat(400_000),
        format!(
            "type t0 = u8; {}",
            many(20_000, &|i| format!("type t{i} = list<t{}>;\n", i - 1))
        ),
        format!(
            "let x = new test:number {{}}; let y = x{};",
            ".y".repeat(400_000)
        ),
        "x".repeat(2_000_000),
    ];
    // As the command has it: a thread with room for what wac recurses over.
    let work = move || {
        for text in texts {
            let (result, _) = compose_text(&format!("package test:c;\n{text}"));
            if let Err(e) = result {
                assert!(
                    matches!(e, Error::Wac { .. } | Error::Limit { .. }),
                    "{}...: {e}",
                    &text[..20]
                );
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(256 << 20);
    thread.spawn(work).unwrap().join().unwrap();
}

/// A generator of choices: xorshift64*.
struct Choices(u64);

impl Choices {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }

    /// Changes, removes, inserts or moves a few bytes.
    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            if bytes.is_empty() {
                return;
            }
            let at = self.below(bytes.len());
            let length = self.below(bytes.len() - at).min(16);
            match self.below(4) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => drop(bytes.drain(at..at + length)),
                2 => bytes.insert(at, self.below(256) as u8),
                _ => {
                    let piece = bytes[at..at + length].to_vec();
                    let to = self.below(bytes.len());
                    bytes.splice(to..to, piece);
                }
            }
        }
    }
}

#[test]
fn damage_ends_in_an_error() {
    let folders = ["resolution", "encoding", "resolution/fail", "encoding/fail"];
    let files: Vec<_> = folders
        .iter()
        .flat_map(|folder| compositions(&corpus().join(folder)))
        .collect();
    let mut choices = Choices(0x9e37_79b9_7f4a_7c15);
    let mut refused = 0;
    for _ in 0..3000 {
        let path = &files[choices.below(files.len())];
        let mut text = fs::read(path).unwrap();
        let in_package = choices.below(2) == 0;
        if !in_package {
            choices.mutate(&mut text);
        }
        let mut load_damaged = |request: Request<'_>| {
            let mut package = load(&path.with_extension(""), request)?;
            if in_package {
                choices.mutate(&mut package.bytes);
            }
            Ok(package)
        };
        match compose(path, &text, &mut load_damaged, &()) {
            Ok(_) => {}
            Err(e) => {
                refused += 1;
                // An error can be shown: its ranges are in the text.
                if let Error::Wac {
                    source_text,
                    labels,
                    message,
                    ..
                } = e
                {
                    assert!(!message.is_empty());
                    assert!(
                        labels
                            .iter()
                            .all(|(range, _)| source_text.get(range.clone()).is_some())
                    );
                }
            }
        }
    }
    assert!(refused > 1000, "only {refused}");
}
