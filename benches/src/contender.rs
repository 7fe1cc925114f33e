//! The programs whose start-up is compared.
//!
//! Everybody runs the same component. The hosts are given it composed, as nanocc's first stage makes
//! it; each host that compiles ahead of time is also given its own compiled form. Which hosts take part
//! depends on the machine: what is on `PATH` and runs components does.
//!
//! A host that fails, or whose program says something else than nanocc's, takes no part, and the table says
//! why: a time for the wrong answer is no figure.

use crate::{host, peers};
use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::execute::{self, Executed};
use nanocc_testsuite::{Result, fences, repository};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program and its arguments.
#[derive(Debug, Clone)]
pub struct Contender {
    /// What the table calls it.
    pub name: String,
    /// What is executed: an absolute path.
    pub path: PathBuf,
    /// Its arguments, the component's own among them.
    pub args: Vec<String>,
    /// What someone has to have on disk to run it, in bytes: the executable, or the host and its input.
    pub files: Vec<PathBuf>,
    /// The most that the median may be, in medians of the floor.
    pub goal: Option<f64>,
}

impl Contender {
    fn native(name: &str, path: PathBuf, args: &[String]) -> Contender {
        Contender {
            name: name.to_owned(),
            files: vec![path.clone()],
            path,
            args: args.to_vec(),
            goal: None,
        }
    }

    fn goal(self, goal: f64) -> Contender {
        let goal = Some(goal);
        Contender { goal, ..self }
    }

    /// The sizes of its files, in bytes.
    pub fn size(&self) -> Result<Vec<u64>> {
        let size = |path: &PathBuf| {
            let metadata = std::fs::metadata(path);
            metadata
                .map(|metadata| metadata.len())
                .map_err(|error| format!("{}: {error}", path.display()))
        };
        self.files.iter().map(size).collect()
    }

    /// Runs it once with all that it says.
    pub fn execute(&self, stdin: &[u8]) -> Result<Executed> {
        execute::run(Command::new(&self.path).args(&self.args), stdin)
    }
}

/// Those that take part, and who doesn't and why.
#[derive(Default)]
pub struct Field {
    pub contenders: Vec<Contender>,
    pub absent: Vec<(String, String)>,
}

impl Field {
    fn take(&mut self, name: &str, contender: Result<Contender>) {
        match contender {
            Ok(contender) => self.contenders.push(contender),
            Err(reason) => {
                // The last lines say it; before come frames of stacks.
                let reason = reason.lines().next().unwrap_or("").to_owned();
                self.absent.push((name.to_owned(), reason));
            }
        }
    }

    /// Leaves those that do what `expected` did.
    pub fn check(&mut self, stdin: &[u8], expected: &Executed) {
        let contenders = std::mem::take(&mut self.contenders);
        for contender in contenders {
            let name = contender.name.clone();
            let checked = contender
                .execute(stdin)
                .and_then(|done| same(&done, expected));
            self.take(&name, checked.map(|()| contender));
        }
    }
}

/// Whether both ended alike and wrote the same output. Hosts put words of their own on standard error.
fn same(done: &Executed, expected: &Executed) -> Result<()> {
    if done.code()? != expected.code()? {
        let said = done.stderr_text();
        let said = said.lines().find(|line| !line.trim().is_empty());
        return Err(format!(
            "ends with status {} instead of {}: {}",
            done.code()?,
            expected.code()?,
            said.unwrap_or("")
        ));
    }
    if done.stdout != expected.stdout {
        return Err("writes something else".to_owned());
    }
    Ok(())
}

/// Who measures anything else measures without the fences.
pub const UNFENCED: [&str; 2] = ["--no-seccomp", "--no-landlock"];

/// `input` compiled by nanocc, without the fences.
pub fn nanocc(name: &str, folder: &Path, input: &Path, args: &[String]) -> Result<Contender> {
    compiled(name, folder, input, &UNFENCED, args)
}

/// `input` compiled by nanocc with these options.
pub fn compiled(
    name: &str,
    folder: &Path,
    input: &Path,
    options: &[&str],
    args: &[String],
) -> Result<Contender> {
    let file: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .collect();
    let output = folder.join(file);
    Nanocc::new(input)
        .args(&["-O2"])
        .args(options)
        .output(&output)
        .succeed()?;
    Ok(Contender::native(name, output, args))
}

/// Hello behind its fences, by hand and by nanocc, each pair with the same filter and rules: the floor first. After each comes
/// the same without fences.
pub fn fenced(folder: &Path) -> Result<Vec<[Contender; 4]>> {
    let hello = repository().join("examples/hello/wat/hello.wat");
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/reader.wat");
    let granted = folder.join("granted");
    std::fs::create_dir_all(&granted).map_err(|error| format!("{}: {error}", granted.display()))?;
    let grant = format!("{}::/", granted.display());
    let open = ["--dir-ro", &grant];
    let floor = Contender::native("hand-written, no fences", peers::floor(folder)?, &[]);
    let pair = |name: &str, input: &Path, options: &[&str], directory: Option<&Path>| {
        let with = compiled(&format!("nanocc, {name}"), folder, input, options, &[])?;
        let unfenced = [options, &UNFENCED].concat();
        let without = format!("nanocc, {name}, no fences");
        let without = compiled(&without, folder, input, &unfenced, &[])?;
        let filter = fences::filter(&with.path)?;
        let output = peers::fenced(folder, &name.replace(' ', "-"), &filter, directory)?;
        let by_hand = Contender::native(&format!("hand-written, {name}"), output, &[]);
        Ok::<_, String>([by_hand, with.goal(1.25), floor.clone(), without])
    };
    Ok(vec![
        pair("filter", &hello, &[], None)?,
        pair("filter and rule", &reader, &open, Some(&granted))?,
    ])
}

/// The programs that say hello without a runtime, the floor first.
pub fn hellos(folder: &Path) -> Result<Vec<Contender>> {
    let examples = repository().join("examples/hello");
    let nanocc = |name: &str, input: &str| nanocc(name, folder, &examples.join(input), &[]);
    let [floor, c] = peers(folder)?;
    Ok(vec![
        floor,
        nanocc("nanocc, WAT hello", "wat/hello.wat")?.goal(1.25),
        nanocc("nanocc, Rust hello", "deps/hello/rust.wasm")?.goal(1.6),
        nanocc("nanocc, C hello", "deps/hello/c.wasm")?,
        c,
    ])
}

/// Hello by hand, the floor, and in C.
pub fn peers(folder: &Path) -> Result<[Contender; 2]> {
    Ok([
        Contender::native("hand-written, static (floor)", peers::floor(folder)?, &[]),
        Contender::native("C, static glibc", peers::c_static(folder)?, &[]),
    ])
}

/// The hosts that can run `component`, a composed one, with `args`.
pub fn hosts(folder: &Path, component: &Path, args: &[String]) -> Field {
    let mut field = Field::default();
    let file = component.to_string_lossy().into_owned();
    let with = |words: &[&str]| {
        let words = words.iter().map(|&word| word.to_owned());
        words.chain(args.iter().cloned()).collect::<Vec<String>>()
    };

    // The wasmtime crate, in a host that does nothing else: this program. A copy, since a build may
    // replace this program's file while it runs.
    let this = folder.join("wasmtime-host");
    let copied = std::fs::copy("/proc/self/exe", &this).map_err(|e| format!("/proc/self/exe: {e}"));
    let compiled = folder.join("library.cwasm");
    let library = |mode: &str, input: &Path| Contender {
        name: String::new(),
        path: this.clone(),
        args: with(&[mode, &input.to_string_lossy()]),
        files: vec![this.clone(), input.to_owned()],
        goal: None,
    };
    let named = |name: &str, contender| Contender {
        name: name.to_owned(),
        ..contender
    };
    let name = "wasmtime library, precompiled";
    let precompiled = copied
        .clone()
        .and_then(|_| host::precompile(component, &compiled));
    field.take(
        name,
        precompiled.map(|()| named(name, library(host::PRECOMPILED, &compiled))),
    );
    let name = "wasmtime library, JIT";
    field.take(
        name,
        copied.map(|_| named(name, library(host::JIT, component))),
    );

    // The wasmtime command.
    if let Some(wasmtime) = on_path("wasmtime") {
        let run = |words: &[&str], input: &Path| Contender {
            name: String::new(),
            path: wasmtime.clone(),
            args: with(words),
            files: vec![wasmtime.clone(), input.to_owned()],
            goal: None,
        };
        let compiled = folder.join("command.cwasm");
        let output = compiled.to_string_lossy().into_owned();
        let name = "wasmtime command, precompiled";
        let precompiled = command(&wasmtime, &["compile", &file, "-o", &output]);
        field.take(
            name,
            precompiled.map(|()| {
                let words = ["run", "--allow-precompiled", &output];
                named(name, run(&words, &compiled))
            }),
        );
        let name = "wasmtime command, JIT";
        let words = ["run", "-C", "cache=n", &file];
        field.take(name, Ok(named(name, run(&words, component))));
    }

    // JavaScript made of it, under Node.
    if let (Some(node), Some(jco)) = (on_path("node"), on_path("jco")) {
        let name = "jco transpiled, Node";
        field.take(name, jco_transpiled(folder, component, &node, &jco, args));
    }

    // Hosts of which we know only how they are told to run a component.
    for (program, words) in [
        ("wasmer", &["run", &file as &str][..]),
        ("wasmedge", &["--enable-component", &file]),
        ("wamr", &[&file]),
    ] {
        if let Some(path) = on_path(program) {
            let contender = Contender {
                name: program.to_owned(),
                args: with(words),
                files: vec![path.clone(), component.to_owned()],
                path,
                goal: None,
            };
            field.take(program, Ok(contender));
        }
    }
    field
}

/// What `jco transpile` makes of a component, and a program that calls its `run`. It imports WASI from
/// the package that jco comes with.
fn jco_transpiled(
    folder: &Path,
    component: &Path,
    node: &Path,
    jco: &Path,
    args: &[String],
) -> Result<Contender> {
    let output = folder.join("jco");
    let shown = output.to_string_lossy().into_owned();
    let file = component.to_string_lossy();
    command(
        jco,
        &["transpile", &file, "--name", "component", "-o", &shown],
    )?;
    let real = std::fs::canonicalize(jco).map_err(|error| format!("{}: {error}", jco.display()))?;
    let scope = "node_modules/@bytecodealliance";
    let modules = real
        .ancestors()
        .map(|folder| folder.join(scope))
        .find(|folder| folder.join("preview2-shim").is_dir())
        .ok_or("the package preview2-shim isn't beside jco")?;
    let at = |error: std::io::Error| format!("{shown}: {error}");
    std::fs::create_dir_all(output.join("node_modules")).map_err(at)?;
    std::os::unix::fs::symlink(modules, output.join(scope)).map_err(at)?;
    std::fs::write(output.join("package.json"), "{ \"type\": \"module\" }\n").map_err(at)?;
    let start = output.join("start.js");
    let text = "import { run } from './component.js';\nrun.run();\n";
    std::fs::write(&start, text).map_err(at)?;

    let mut files = vec![node.to_owned()];
    let made = std::fs::read_dir(&output).map_err(at)?;
    files.extend(made.flatten().map(|entry| entry.path()).filter(|path| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("js" | "wasm"))
    }));
    let mut words = vec![start.to_string_lossy().into_owned()];
    words.extend(args.iter().cloned());
    Ok(Contender {
        name: "jco transpiled, Node".to_owned(),
        path: node.to_owned(),
        args: words,
        files,
        goal: None,
    })
}

/// Runs a step of the preparation.
fn command(program: &Path, args: &[&str]) -> Result<()> {
    let done = execute::run(Command::new(program).args(args), b"")?;
    match done.code()? {
        0 => Ok(()),
        code => {
            let said = done.stderr_text();
            let said = said.lines().find(|line| !line.trim().is_empty());
            Err(format!(
                "{} {}: status {code}: {}",
                program.display(),
                args.first().unwrap_or(&""),
                said.unwrap_or("")
            ))
        }
    }
}

/// The program `name` that a shell would find.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| {
            use std::os::unix::fs::PermissionsExt;
            let metadata = std::fs::metadata(file);
            metadata.is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
        })
        .and_then(|file| std::path::absolute(file).ok())
}
