//! Grants are an instance's own: one component three times in one executable, one instance with nothing, one with a directory
//! to read, one with a port to connect to, and each tries everything. And what is left to be said at start: parameters.

use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::execute::{self, Executed};
use nanocc_testsuite::machine::Target;
use nanocc_testsuite::{Result, repository};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

/// A folder with a directory `data` to grant, and files around it that nobody may see.
struct Scene(tempfile::TempDir);

impl Scene {
    fn new() -> Result<Scene> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let scene = Scene(folder);
        let made = std::fs::create_dir(scene.path("data"))
            .and_then(|()| std::fs::write(scene.path("data/file"), "contents"))
            .and_then(|()| std::fs::write(scene.path("secret"), "secret"))
            .and_then(|()| symlink("../secret", scene.path("data/link")));
        made.map_err(|error| error.to_string())?;
        Ok(scene)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Compiles the composition with these grants.
    fn compile(&self, target: Target, grants: &[&str]) -> Result<PathBuf> {
        let output = self.path("program");
        let input = repository().join("testsuite/guests/capabilities/three.wac");
        Nanocc::new(&input)
            .args(grants)
            .target(target)
            .args(&["-O0"])
            .output(&output)
            .succeed()?;
        Ok(output)
    }

    fn run(
        &self,
        target: Target,
        program: &Path,
        ports: [u16; 2],
        environment: &[(&str, &str)],
    ) -> Result<Executed> {
        let mut command = target.command(program);
        command
            .args(ports.map(|port| port.to_string()))
            .envs(environment.iter().copied())
            .current_dir(self.0.path());
        execute::run(&mut command, b"the input\n")
    }

    /// Every file of `data`, and what it holds.
    fn data(&self) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(self.path("data")).map_err(|error| error.to_string())? {
            let path = entry.map_err(|error| error.to_string())?.path();
            let bytes = match std::fs::read_link(&path) {
                Ok(target) => target.into_os_string().into_encoded_bytes(),
                Err(_) => std::fs::read(&path).map_err(|error| error.to_string())?,
            };
            files.insert(path, bytes);
        }
        Ok(files)
    }
}

/// What a component's attempts came to: those that didn't fail, as (attempt, what it found).
fn found(done: &Executed, component: &str) -> BTreeMap<String, String> {
    let text = done.stdout_text();
    let lines = text.lines().filter_map(|line| {
        let line = line.strip_prefix(component)?.strip_prefix(": ")?;
        (!line.ends_with(" failed")).then(|| line.to_owned())
    });
    // The attempt is all up to the last word that isn't a part of what was found.
    let attempts = [
        "arguments",
        "variables",
        "stdin",
        "stdout",
        "stderr",
        "list /data",
        "read /data/file",
        "write /data/file",
        "write /data/new",
        "make /data/folder",
        "connect granted",
        "connect other",
        "listen",
        "datagram",
        "look up",
    ];
    lines
        .map(|line| {
            let attempt = attempts.iter().find(|attempt| {
                line.strip_prefix(**attempt)
                    .is_some_and(|rest| rest.starts_with(' '))
            });
            match attempt {
                Some(attempt) => ((*attempt).to_owned(), line[attempt.len() + 1..].to_owned()),
                None => (line, String::new()),
            }
        })
        .collect()
}

/// What a component finds that was granted nothing, and `more`.
fn nothing_but(more: &[(&str, &str)]) -> BTreeMap<String, String> {
    let nothing = [
        ("arguments", "0"),
        ("variables", "0"),
        ("stdin", "0 bytes"),
        ("stdout", "tried"),
        ("stderr", "tried"),
    ];
    let all = nothing.iter().chain(more);
    all.map(|(attempt, found)| ((*attempt).to_owned(), (*found).to_owned()))
        .collect()
}

/// Compares, with words.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: {found:#?}, expected {expected:#?}"))
}

/// On each target that there is.
fn each(test: impl Fn(Target) -> Result<()>) -> Result<()> {
    for target in Target::ALL {
        match target.can_run() {
            Err(reason) if !target.required() => eprintln!("not tested: {reason}"),
            Err(reason) => return Err(reason),
            Ok(()) => test(target).map_err(|error| format!("{}: {error}", target.name()))?,
        }
    }
    Ok(())
}

#[test]
fn each_instance_has_what_it_was_granted_and_nothing_else() -> Result<()> {
    each(|target| {
        let scene = Scene::new()?;
        let listen = || TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string());
        let (granted, other) = (listen()?, listen()?);
        let port = |listener: &TcpListener| listener.local_addr().map(|address| address.port());
        let ports = [port(&granted), port(&other)].map(|port| port.unwrap_or(0));
        let before = scene.data()?;
        let program = scene.compile(
            target,
            &[
                "--dir-ro=store=data::/data",
                &format!("--tcp-connect=api=127.0.0.1:{}", ports[0]),
            ],
        )?;
        let done = std::thread::scope(|scope| {
            scope.spawn(|| {
                if let Ok((mut stream, _)) = granted.accept() {
                    let _ = stream.write_all(b"welcome");
                }
            });
            let done = scene.run(target, &program, ports, &[]);
            // Whoever waits is let go.
            let _ = std::net::TcpStream::connect(("127.0.0.1", ports[0]));
            done
        })?;
        same("status", &done.code()?, &0)?;
        same("standard error", &done.stderr_text(), &String::new())?;
        same("the filter", &found(&done, "filter"), &nothing_but(&[]))?;
        let store = [("list /data", "file link"), ("read /data/file", "contents")];
        same("the store", &found(&done, "store"), &nothing_but(&store))?;
        let api = [("connect granted", "welcome")];
        same("the API", &found(&done, "api"), &nothing_but(&api))?;
        let last = "the program's input: the input\n";
        same("the program", &done.stdout_text().ends_with(last), &true)?;
        same(
            "words of others",
            &done.stdout_text().contains("seen"),
            &false,
        )?;
        same("the files", &scene.data()?, &before)?;
        other
            .set_nonblocking(true)
            .map_err(|error| error.to_string())?;
        let called = other.accept().map(drop).map_err(|error| error.kind());
        same(
            "calls of the other port",
            &called,
            &Err(ErrorKind::WouldBlock),
        )
    })
}

#[test]
fn parameters_are_said_at_start_and_only_narrow() -> Result<()> {
    each(|target| {
        let scene = Scene::new()?;
        let program = scene.compile(target, &["--dir-ro=store=@data::/data"])?;
        let run = |environment: &[(&str, &str)]| scene.run(target, &program, [1, 2], environment);

        let done = run(&[("NANOCC_PARAM_data", "data")])?;
        same("status", &done.code()?, &0)?;
        let store = [("list /data", "file link"), ("read /data/file", "contents")];
        same("the store", &found(&done, "store"), &nothing_but(&store))?;

        let done = run(&[("NANOCC_PARAM_data", "")])?;
        same("status of an empty one", &done.code()?, &0)?;
        same("the store", &found(&done, "store"), &nothing_but(&[]))?;

        for (environment, words) in [
            (vec![], vec!["NANOCC_PARAM_data", "isn't set", "store"]),
            (
                vec![("NANOCC_PARAM_data", "absent")],
                vec!["absent", "store", "can't be opened"],
            ),
            (
                vec![("NANOCC_PARAM_data", "data/file")],
                vec!["data/file", "store", "can't be opened"],
            ),
        ] {
            let done = run(&environment)?;
            same("status", &done.code()?, &126)?;
            same("standard output", &done.stdout_text(), &String::new())?;
            for word in words {
                let text = done.stderr_text();
                if !text.contains(word) {
                    return Err(format!("{environment:?}: no word of {word:?} in: {text}"));
                }
            }
        }
        Ok(())
    })
}

/// A program that has more rights than who starts it doesn't take that one's word.
#[test]
fn parameters_are_not_read_by_who_has_more_rights() -> Result<()> {
    let target = Target::X86_64;
    if !target.is_native() || target.can_run().is_err() {
        eprintln!("not tested: emulators ignore it");
        return Ok(());
    }
    let scene = Scene::new()?;
    let program = scene.compile(target, &["--dir-ro=store=@data::/data"])?;
    // Somebody else's, to which the folder is open.
    let open = std::fs::Permissions::from_mode(0o755);
    let made = chown(&program, Some(65534), Some(65534))
        .and_then(|()| std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o4755)))
        .and_then(|()| std::fs::set_permissions(scene.0.path(), open));
    if made.is_err() {
        eprintln!("not tested: only root gives files away");
        return Ok(());
    }
    let done = scene.run(target, &program, [1, 2], &[("NANOCC_PARAM_data", "data")])?;
    if done.code()? == 0 {
        eprintln!("not tested: the folder's file system ignores it");
        return Ok(());
    }
    same("status", &done.code()?, &126)?;
    let text = done.stderr_text();
    same(
        &text,
        &text.contains("more rights than who starts it"),
        &true,
    )
}

/// Variables: fixed, from outside, all; each once, the explicit ones last.
#[test]
fn variables_are_those_that_were_granted() -> Result<()> {
    each(|target| {
        let scene = Scene::new()?;
        let program = scene.compile(
            target,
            &[
                "--env=filter::MODE=test",
                "--env=store::OUTSIDE",
                "--env=store::ABSENT",
                "--env=store::MODE=a",
                "--env=store::MODE=b",
            ],
        )?;
        let done = scene.run(target, &program, [1, 2], &[("OUTSIDE", "x"), ("MODE", "y")])?;
        same("status", &done.code()?, &0)?;
        for (component, count) in [("filter", "1"), ("store", "2"), ("api", "0")] {
            let found = found(&done, component);
            same(
                component,
                &found.get("variables").map(String::as_str),
                &Some(count),
            )?;
        }
        Ok(())
    })
}

/// One address to listen at and to connect to: what the value can't be for one of both, the program says when it starts.
#[test]
fn one_parameter_is_to_listen_and_to_connect() -> Result<()> {
    each(|target| {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let program = folder.path().join("program");
        let input = repository().join("testsuite/guests/faults/deps/faults/sockets.wasm");
        Nanocc::new(&input)
            .target(target)
            .args(&["--tcp-listen=@here", "--tcp-connect=@here"])
            .output(&program)
            .succeed()?;
        for (value, status, word) in [
            ("127.0.0.1", 0, "sent 12"),
            ("10.0.0.0/8", 1, "access-denied"),
            ("", 1, "access-denied"),
            ("localhost", 126, "an address of this machine's is needed"),
        ] {
            let mut command = target.command(&program);
            command.args(["again", "3"]).env("NANOCC_PARAM_here", value);
            let done = execute::run(&mut command, b"")?;
            same(value, &done.code()?, &status)?;
            let text = done.stderr_text();
            if !text.contains(word) {
                return Err(format!("{value}: no word of {word:?} in: {text}"));
            }
        }
        Ok(())
    })
}

/// `app`, which runs, calls `store`, which asks for standard error if `ask`, and traps.
fn last_words(ask: bool) -> String {
    let ask = if ask { "(drop (call $stderr))" } else { "" };
    format!(
        r#"
(component
  (import "wasi:io/streams@0.2.0" (instance $streams (export "output-stream" (type (sub resource)))))
  (alias export $streams "output-stream" (type $output-stream))
  (import "wasi:cli/stderr@0.2.0" (instance $stderr
    (export "output-stream" (type $o (eq $output-stream)))
    (export "get-stderr" (func (result (own $o))))))
  (component $s
    (import "output-stream" (type $o (sub resource)))
    (import "get-stderr" (func $get-stderr (result (own $o))))
    (core func $get-stderr (canon lower (func $get-stderr)))
    (core module $m
      (import "" "stderr" (func $stderr (result i32)))
      (func $panic (export "last") {ask} unreachable))
    (core instance $i (instantiate $m (with "" (instance (export "stderr" (func $get-stderr))))))
    (func (export "last") (canon lift (core func $i "last"))))
  (component $a
    (import "last" (func $last))
    (core func $last (canon lower (func $last)))
    (core module $m
      (import "" "last" (func $last))
      (func (export "run") (result i32) (call $last) (i32.const 0)))
    (core instance $i (instantiate $m (with "" (instance (export "last" (func $last))))))
    (func $run (result (result)) (canon lift (core func $i "run")))
    (instance $r (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $r)))
  (instance $store (instantiate $s
    (with "output-stream" (type $output-stream)) (with "get-stderr" (func $stderr "get-stderr"))))
  (instance $app (instantiate $a (with "last" (func $store "last"))))
  (export "wasi:cli/run@0.2.0" (instance $app "wasi:cli/run@0.2.0")))
"#
    )
}

/// What a component says as it ends is lost if it has no standard error, so the report of its trap says that.
#[test]
fn a_trap_tells_who_could_not_be_heard() -> Result<()> {
    let note = "  note: component `store` isn't granted standard error (--stderr): what it writes there is lost\n";
    each(|target| {
        let scene = Scene::new()?;
        for (ask, grants, expected) in [
            (true, &[][..], note),
            (true, &["--stderr=store"], ""),
            (false, &[], ""),
        ] {
            let (input, output) = (scene.path("last.wat"), scene.path("last"));
            std::fs::write(&input, last_words(ask)).map_err(|error| error.to_string())?;
            Nanocc::new(&input)
                .args(grants)
                .target(target)
                .output(&output)
                .succeed()?;
            let done = execute::run(&mut target.command(&output), b"")?;
            same("status", &done.code()?, &134)?;
            let text = done.stderr_text();
            let report: Vec<_> = text.split_inclusive('\n').collect();
            same("notes", &report[2..].concat().as_str(), &expected)?;
            if !report[1].starts_with("  in component `store`, function `panic`") {
                return Err(text);
            }
        }
        Ok(())
    })
}
