//! Bad input ends in one clear error: status 1, the place and a remedy on standard error, no output
//! file left behind and an existing one kept. Wrong usage is status 2.

use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::execute::Executed;
use nanocc_testsuite::{Result, compose, files_below, fuzz, repository};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// A folder with inputs, and a place for the output that must stay empty.
struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Result<Scene> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        std::fs::create_dir(folder.path().join("out")).map_err(|error| error.to_string())?;
        Ok(Scene { folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> Result<PathBuf> {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap_or(&path))
            .and_then(|()| std::fs::write(&path, content))
            .map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(path)
    }

    /// Compiles `input`, which has to fail with all of `words` in the message: once with nothing at
    /// the output path, once with a file there.
    fn refused(&self, input: &Path, words: &[&str]) -> Result<()> {
        let output = self.path("out/program");
        let compile = || Nanocc::new(input).output(&output).run();
        complains(&compile()?, 1, words)?;
        let left = files_below(&self.path("out"), &|_| true)?;
        if !left.is_empty() {
            return Err(format!("left behind: {left:?}"));
        }
        std::fs::write(&output, "kept").map_err(|error| error.to_string())?;
        complains(&compile()?, 1, words)?;
        let left = files_below(&self.path("out"), &|_| true)?;
        let kept = std::fs::read(&output).map_err(|error| error.to_string())?;
        if kept != b"kept" || left != [output.clone()] {
            return Err(format!(
                "the existing output was not kept; there is {left:?}"
            ));
        }
        std::fs::remove_file(&output).map_err(|error| error.to_string())
    }

    /// The same for a component in text form.
    fn refuses_wat(&self, text: &str, words: &[&str]) -> Result<()> {
        let input = self.file("component.wat", text)?;
        self.refused(&input, words)
    }
}

/// One error, with that status and those words, and nothing on standard output.
fn complains(done: &Executed, status: i32, words: &[&str]) -> Result<()> {
    let text = done.stderr_text();
    let complain = |what: &str| Err(format!("{what}; nanocc said:\n{text}"));
    if done.code()? != status {
        return complain(&format!("status {}, expected {status}", done.code()?));
    }
    if !done.stdout.is_empty() {
        return complain("something on standard output");
    }
    if text.contains("panicked") || text.contains("RUST_BACKTRACE") {
        return complain("a panic");
    }
    // Paths and names may be broken over lines.
    let joined: String = text
        .lines()
        .map(|line| {
            line.trim()
                .trim_start_matches(['│', '|', '×', '╰', '─', '▶', ' '])
        })
        .collect::<Vec<_>>()
        .join(" ");
    let squeezed = joined.replace(' ', "");
    for word in words {
        if !squeezed.contains(&word.replace(' ', "")) {
            return complain(&format!("no word of {word:?}"));
        }
    }
    if text.matches("error").count() == 0 && !text.contains('×') {
        return complain("not called an error");
    }
    Ok(())
}

fn hello() -> Result<Vec<u8>> {
    compose::component(&repository().join("examples/hello/wat/hello.wat"))
}

#[test]
fn truncated_files() -> Result<()> {
    let scene = Scene::new()?;
    let whole = hello()?;
    // The export of `run` comes last, but for names: nothing up to there is a program.
    let mut program = 0;
    for payload in wasmparser::Parser::new(0).parse_all(&whole) {
        let payload = payload.map_err(|error| error.to_string())?;
        if let wasmparser::Payload::ComponentExportSection(section) = payload {
            program = section.range().end as usize;
        }
    }
    for end in 0..program {
        let accepted = fuzz::caught(|| fuzz::compile(Path::new("cut.wasm"), &whole[..end]))
            .map_err(|panic| format!("cut at {end}: {panic}"))?;
        if accepted {
            return Err(format!("accepted when cut at {end}"));
        }
    }
    // And some of them the whole way: in the header, at and in sections, near the end.
    for end in [
        0,
        1,
        4,
        7,
        8,
        9,
        11,
        whole.len() / 3,
        whole.len() / 2,
        program - 1,
        whole.len() - 1,
    ] {
        let input = scene.file("cut.wasm", &whole[..end])?;
        scene
            .refused(&input, &["cut.wasm"])
            .map_err(|message| format!("cut at {end}: {message}"))?;
    }
    Ok(())
}

#[test]
fn truncated_dependency() -> Result<()> {
    let scene = Scene::new()?;
    let from = repository().join("examples/identity");
    let source = nanocc_testsuite::read_text(&from.join("compose.wac"))?;
    let input = scene.file("compose.wac", source)?;
    for file in files_below(&from.join("deps"), &|_| true)? {
        let name = file
            .strip_prefix(&from)
            .map_err(|error| error.to_string())?;
        let mut bytes = nanocc_testsuite::read(&file)?;
        bytes.truncate(bytes.len() * 2 / 3);
        scene.file(&name.to_string_lossy(), bytes)?;
    }
    scene.refused(&input, &["compose.wac", "identity:"])
}

#[test]
fn no_component() -> Result<()> {
    let scene = Scene::new()?;
    let empty = scene.file("empty.wasm", "")?;
    scene.refused(&empty, &["empty.wasm"])?;
    let text = scene.file("text.wasm", "int main() { return 0; }\n")?;
    scene.refused(&text, &["text.wasm"])?;
    let elf = std::env::current_exe().map_err(|error| error.to_string())?;
    let elf = scene.file("elf.wasm", &nanocc_testsuite::read(&elf)?[..4096])?;
    scene.refused(&elf, &["elf.wasm"])?;
    let syntax = scene.file("syntax.wat", "(component\n  (core module\n    (fnuc)))\n")?;
    scene.refused(&syntax, &["syntax.wat", ":3:"])?;
    scene.refused(&scene.path("absent.wasm"), &["absent.wasm"])?;
    scene.refused(&scene.path("absent.wac"), &["absent.wac"])?;
    scene.refused(&scene.path("out"), &["out"])
}

#[test]
fn corrupted_bytes() -> Result<()> {
    let scene = Scene::new()?;
    let whole = hello()?;
    let at = whole
        .windows(13)
        .position(|window| window == b"wasi:cli/run@")
        .ok_or("hello doesn't export wasi:cli/run")?;
    // A name that isn't UTF-8, a section of no known kind, and a length that leads past the end.
    for (offset, byte) in [(at + 2, 0xff), (8, 0x3f), (9, 0xff)] {
        let mut bytes = whole.clone();
        bytes[offset] = byte;
        let input = scene.file("bad.wasm", bytes)?;
        scene
            .refused(&input, &["bad.wasm", "offset 0x"])
            .map_err(|message| format!("{byte:#x} at {offset:#x}: {message}"))?;
    }
    Ok(())
}

#[test]
fn nothing_to_run() -> Result<()> {
    let scene = Scene::new()?;
    scene.refuses_wat("(component)", &["component.wat", "wasi:cli/run"])
}

/// A component that could be run, but for `imports`.
fn command_with(imports: &str) -> String {
    format!(
        r#"(component
  {imports}
  (core module $m (func (export "run") (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $run)))"#
    )
}

/// Imports one function of `interface` and calls it from a core module, so that it is needed.
fn command_importing(interface: &str, name: &str, ty: &str, core: &str) -> String {
    format!(
        r#"(component
  (import "{interface}" (instance $imported (export "{name}" (func {ty}))))
  (core func $lowered (canon lower (func $imported "{name}")))
  (core module $m
    (import "" "f" (func $f {core}))
    (func (export "run") (result i32) (unreachable) (call $f) (unreachable)))
  (core instance $i (instantiate $m (with "" (instance (export "f" (func $lowered))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $run)))"#
    )
}

#[test]
fn unknown_imports() -> Result<()> {
    let scene = Scene::new()?;
    let component =
        |interface: &str| command_importing(interface, "now", "(result u64)", "(result i64)");
    // What the same component is when the import is known.
    let input = scene.file("known.wat", component("wasi:clocks/monotonic-clock@0.2.0"))?;
    Nanocc::new(&input).output(&scene.path("known")).succeed()?;
    for interface in [
        "acme:shop/till@1.0.0",
        "acme:shop/till",
        "wasi:clocks/sundial@0.2.0",
        // Another track, and pre-releases, which match nothing but themselves.
        "wasi:clocks/monotonic-clock@0.3.0",
        "wasi:clocks/monotonic-clock@1.0.0",
        "wasi:clocks/monotonic-clock@0.2.0-rc-2023-11-10",
    ] {
        scene
            .refuses_wat(&component(interface), &["component.wat", interface])
            .map_err(|message| format!("{interface}: {message}"))?;
    }
    Ok(())
}

#[test]
fn imports_of_another_type() -> Result<()> {
    let scene = Scene::new()?;
    let clock = "wasi:clocks/monotonic-clock@0.2.0";
    for (name, ty, core) in [
        ("now", "(result u32)", "(result i32)"),
        (
            "now",
            "(param \"at\" u64) (result u64)",
            "(param i64) (result i64)",
        ),
        ("today", "(result u64)", "(result i64)"),
    ] {
        scene
            .refuses_wat(
                &command_importing(clock, name, ty, core),
                &["component.wat", clock, name],
            )
            .map_err(|message| format!("{name} {ty}: {message}"))?;
    }
    Ok(())
}

#[test]
fn features_not_supported() -> Result<()> {
    let scene = Scene::new()?;
    for (feature, module) in [
        (
            "relaxed_simd",
            "(func $begin (drop (i8x16.relaxed_swizzle (v128.const i64x2 1 2) (v128.const i64x2 3 4))))
             (start $begin)",
        ),
        ("threads", "(memory 1 1 shared)"),
        (
            "tail_call",
            "(func $begin (return_call $begin)) (start $begin)",
        ),
        ("gc", "(type (struct (field i32)))"),
        ("subtypes", "(type (sub (func (result i32))))"),
        (
            "subtypes",
            "(type $a (sub (func))) (type (sub final $a (func)))",
        ),
        ("recursion groups", "(rec (type (func)) (type (func)))"),
        ("shared types", "(type (shared (func)))"),
        ("memory64", "(memory i64 1)"),
        ("exceptions", "(tag)"),
        ("`exnref`", "(type (func (param exnref)))"),
        ("`anyref`", "(type (func (param anyref)))"),
    ] {
        let text = command_with(&format!(
            "(core module $odd {module}) (core instance (instantiate $odd))"
        ));
        scene
            .refuses_wat(
                &text,
                &["component.wat", "not supported", feature, "offset 0x", "help"],
            )
            .map_err(|message| format!("{feature}: {message}"))?;
    }
    // A type in a group of its own is the type; what nothing reaches isn't lowered.
    for module in [
        "(rec (type $t (func (result i32)))) (func (type $t) i32.const 0)",
        "(func $never (return_call $never))",
        "(func $never (block $out (try_table (catch_all $out))))",
    ] {
        let text = command_with(&format!(
            "(core module $odd {module}) (core instance (instantiate $odd))"
        ));
        let input = scene.file("unreached.wat", text)?;
        Nanocc::new(&input)
            .output(&scene.path("unreached"))
            .succeed()?;
    }
    Ok(())
}

/// A component `inner` that exports a function of this type, lifted from a core function `work`.
fn lifting(ty: &str, core: &str) -> String {
    command_with(&format!(
        r#"(component $inner
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
      (func (export "work") {core} unreachable))
    (core instance $i (instantiate $m))
    (func (export "f") {ty}
      (canon lift (core func $i "work") (memory $i "memory") (realloc (func $i "realloc")))))
  (instance $inner (instantiate $inner))"#
    ))
}

/// Valid by the specification, and announced or gated there: refused with a name, a place and a remedy.
#[test]
fn component_features_not_supported() -> Result<()> {
    let scene = Scene::new()?;
    for (feature, remedy, ty, core) in [
        (
            "`map`",
            "tuple<K, V>",
            r#"(param "p" (map u32 string))"#,
            "(param i32 i32)",
        ),
        (
            "`list<_, N>`",
            "tuple",
            r#"(param "p" (list u32 2))"#,
            "(param i32 i32)",
        ),
        // Deep in another type, and as a result.
        (
            "`list<_, N>`",
            "tuple",
            r#"(param "p" (list (option (list u8 3))))"#,
            "(param i32 i32)",
        ),
        (
            "`map`",
            "tuple<K, V>",
            "(result (map u32 u8))",
            "(result i32)",
        ),
        (
            "`error-context`",
            "result",
            r#"(param "p" error-context)"#,
            "(param i32)",
        ),
        (
            "`stream`",
            "WASI 0.2",
            r#"(param "p" (stream u8))"#,
            "(param i32)",
        ),
        (
            "`future`",
            "WASI 0.2",
            "(result (future string))",
            "(result i32)",
        ),
        (
            "`async func`",
            "WASI 0.2",
            r#"async (param "p" u32)"#,
            "(param i32)",
        ),
    ] {
        let place = [
            "component.wat",
            "not supported",
            "component `inner`",
            "`work`",
            "offset 0x",
        ];
        let words: Vec<&str> = place.into_iter().chain([feature, remedy, "help"]).collect();
        scene
            .refuses_wat(&lifting(ty, core), &words)
            .map_err(|message| format!("{ty}: {message}"))?;
    }
    let start = r#"(core module $s (func (export "s"))) (core instance $s (instantiate $s))
        (func $s (canon lift (core func $s "s"))) (start $s)"#;
    let context = r#"(core module $s (memory (export "m") 1)) (core instance $s (instantiate $s))
        (core func (canon error-context.new (memory $s "m")))"#;
    for (feature, remedy, definitions) in [
        (
            "component values",
            "function",
            r#"(import "v" (value $v u32)) (export "w" (value $v))"#,
        ),
        ("component start functions", "function", start),
        ("`error-context.new`", "result", context),
        (
            "`task.return`",
            "WASI 0.2",
            "(core func (canon task.return))",
        ),
        (
            "`waitable-set.new`",
            "WASI 0.2",
            "(core func (canon waitable-set.new))",
        ),
        (
            "`stream.new`",
            "WASI 0.2",
            "(type $s (stream u8)) (core func (canon stream.new $s))",
        ),
        (
            "`future.new`",
            "WASI 0.2",
            "(type $s (future u8)) (core func (canon future.new $s))",
        ),
    ] {
        let words = [
            "component.wat",
            "not supported",
            feature,
            remedy,
            "component `/`",
            "offset 0x",
        ];
        scene
            .refuses_wat(&command_with(definitions), &words)
            .map_err(|message| format!("{feature}: {message}"))?;
    }
    // Types that nothing uses cost nothing.
    let unused = "(type (list u32 2)) (type (map u32 u32)) (type (stream u8)) (type error-context)";
    let input = scene.file("unused.wat", command_with(unused))?;
    Nanocc::new(&input)
        .output(&scene.path("unused"))
        .succeed()?;
    Ok(())
}

/// What the binary format's limits exclude isn't valid, whoever would compile it.
#[test]
fn types_beyond_the_limits() -> Result<()> {
    let scene = Scene::new()?;
    let labels = |count: usize| (0..count).map(|i| format!("\"l{i}\" ")).collect::<String>();
    for (ty, words) in [
        (format!("(flags {})", labels(33)), "more than 32 flags"),
        ("(flags)".to_owned(), "at least one"),
        ("(record)".to_owned(), "at least one"),
        ("(tuple)".to_owned(), "at least one"),
        ("(variant)".to_owned(), "at least one"),
        ("(enum)".to_owned(), "at least one"),
    ] {
        scene
            .refuses_wat(
                &command_with(&format!("(type {ty})")),
                &["component.wat", words, "offset 0x"],
            )
            .map_err(|message| format!("{ty}: {message}"))?;
    }
    let input = scene.file(
        "flags.wat",
        command_with(&format!("(type (flags {}))", labels(32))),
    )?;
    Nanocc::new(&input).output(&scene.path("flags")).succeed()?;
    Ok(())
}

#[test]
fn missing_dependency() -> Result<()> {
    let scene = Scene::new()?;
    let input = scene.file(
        "compose.wac",
        "package test:composition;\nlet a = new acme:nowhere { ... };\nexport a...;\n",
    )?;
    scene.refused(&input, &["compose.wac", "acme:nowhere", "deps"])
}

#[test]
fn compositions_that_do_not_fit() -> Result<()> {
    let scene = Scene::new()?;
    for (name, text) in [
        (
            "provider",
            r#"(component
                (core module $m (func (export "f") (param i32) (result i32) local.get 0))
                (core instance $i (instantiate $m))
                (func (export "verify") (param "id" u32) (result u32) (canon lift (core func $i "f"))))"#,
        ),
        (
            "consumer",
            r#"(component
                (import "verify" (func (param "id" u32) (result u64))))"#,
        ),
    ] {
        scene.file(&format!("deps/test/{name}.wat"), text)?;
    }
    let input = scene.file(
        "compose.wac",
        "package test:composition;\n\
         let p = new test:provider { ... };\n\
         let c = new test:consumer { verify: p.verify };\n\
         export c...;\n",
    )?;
    scene.refused(&input, &["compose.wac", "verify", "u64"])?;
    let input = scene.file(
        "unknown.wac",
        "package test:composition;\nlet c = nonsense;\nexport c...;\n",
    )?;
    scene.refused(&input, &["unknown.wac", "nonsense"])?;
    let input = scene.file("syntax.wac", "package test:composition;\nlet = new;\n")?;
    scene.refused(&input, &["syntax.wac", "let"])
}

/// Each level instantiates the one below it twice.
#[test]
fn exploding_instantiation() -> Result<()> {
    let scene = Scene::new()?;
    let mut text = String::from(
        "(component\n  (component $c0 (core module $m) (core instance (instantiate $m)))\n",
    );
    for level in 1..40 {
        let below = level - 1;
        let _ = writeln!(
            text,
            "  (component $c{level} (alias outer 1 $c{below} (component $b)) (instance (instantiate $b)) (instance (instantiate $b)))"
        );
    }
    text.push_str("  (instance (instantiate $c39))\n)\n");
    let begun = std::time::Instant::now();
    scene.refuses_wat(&text, &["component.wat", "instances"])?;
    // Being refused late would be no better than not at all.
    if begun.elapsed().as_secs() > 60 {
        return Err(format!("took {:?}", begun.elapsed()));
    }
    Ok(())
}

/// A path holds the paths of all that hold it: what is nested deep and has long names would fill any memory.
#[test]
fn exploding_paths() -> Result<()> {
    let scene = Scene::new()?;
    let mut text = String::from("(component\n  (component $c0)\n");
    let name = "x".repeat(255);
    for level in 1..600 {
        let below = level - 1;
        let _ = writeln!(
            text,
            "  (component $c{level} (alias outer 1 $c{below} (component $b)) (instance ${name} (instantiate $b)))"
        );
    }
    text.push_str("  (instance (instantiate $c599)) (instance (instantiate $c599))\n)\n");
    // Where, in words that fit a screen.
    let place = "(component `#1/xxx";
    scene.refuses_wat(
        &text,
        &["component.wat", "more than", "paths", place, "xxx...xxx"],
    )
}

/// Small files that would unfold to more globals, tables, segments, definitions and bytes than a machine has.
#[test]
fn exploding_modules() -> Result<()> {
    let scene = Scene::new()?;
    let instances = "(core instance (instantiate $many))".repeat(200);
    let passive = format!("(memory 1) (data \"{}\")", "x".repeat(6 << 20));
    let begun = std::time::Instant::now();
    for (module, what) in [
        ("(global i32 (i32.const 0))".repeat(6_000), "globals"),
        ("(table 0 funcref)".repeat(60), "tables"),
        ("(memory 0)".repeat(60), "memories"),
        ("(table 100000 funcref)".to_owned(), "elements in tables"),
        (
            "(table 60000 funcref) (elem func)".to_owned(),
            "elements in tables",
        ),
        (passive, "bytes in data segments"),
        (
            format!("(memory 1){}", "(data \"\")".repeat(6_000)),
            "segments",
        ),
    ] {
        let text = command_with(&format!("(core module $many {module}) {instances}"));
        scene
            .refuses_wat(&text, &["component.wat", "more than", what])
            .map_err(|message| format!("{what}: {message}"))?;
    }
    let types = "(type (list u8))".repeat(50_000);
    let instances = "(instance (instantiate $many))".repeat(100);
    let text = command_with(&format!("(component $many {types}) {instances}"));
    scene.refuses_wat(&text, &["component.wat", "more than", "definitions"])?;
    if begun.elapsed().as_secs() > 60 {
        return Err(format!("took {:?}", begun.elapsed()));
    }
    Ok(())
}

/// More memories than there are slots below what the kernel maps for itself.
#[test]
fn too_many_memories() -> Result<()> {
    let scene = Scene::new()?;
    let modules = format!(
        "(core module $many {}) {}",
        "(memory 0)".repeat(93),
        "(core instance (instantiate $many))".repeat(22)
    );
    scene.refuses_wat(
        &command_with(&modules),
        &["2046 memories", "2045", "compose fewer"],
    )
}

#[test]
fn unwritable_output() -> Result<()> {
    let scene = Scene::new()?;
    let input = scene.file("hello.wasm", hello()?)?;
    for output in ["nowhere/program", "hello.wasm/program", "out"] {
        let path = scene.path(output);
        let done = Nanocc::new(&input).output(&path).run()?;
        complains(&done, 1, &[&path.to_string_lossy()])
            .map_err(|message| format!("{output}: {message}"))?;
    }
    let left = files_below(scene.folder.path(), &|_| true)?;
    if left == [input] {
        Ok(())
    } else {
        Err(format!("left behind: {left:?}"))
    }
}

#[test]
fn wrong_usage() -> Result<()> {
    let input = repository().join("examples/hello/wat/hello.wat");
    let text = input.to_string_lossy();
    for args in [
        &[][..],
        &["--no-such-flag"],
        &[&*text, "--emit=soup"],
        &[&*text, "-O9"],
        &[&*text, "-j", "many"],
        &[&*text, "--dep", "nothing-to-see"],
        &[&*text, "-o"],
        &[&*text, &*text],
    ] {
        let done = Nanocc::bare().args(args).run()?;
        complains(&done, 2, &[]).map_err(|message| format!("{args:?}: {message}"))?;
    }
    Ok(())
}

#[test]
fn unknown_targets() -> Result<()> {
    let scene = Scene::new()?;
    let input = scene.file("hello.wasm", hello()?)?;
    for target in ["pdp11", "riscv64-linux", "x86_64-pc-windows-msvc"] {
        let done = Nanocc::new(&input)
            .output(&scene.path("out/program"))
            .args(&["--target", target])
            .run()?;
        // A triple that doesn't parse is wrong usage, one that nanocc doesn't serve an error.
        let status = done.code()?;
        if !(1..=2).contains(&status) {
            return Err(format!("{target}: status {status}"));
        }
        complains(&done, status, &[target]).map_err(|message| format!("{target}: {message}"))?;
    }
    Ok(())
}
