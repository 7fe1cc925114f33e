//! What grants say, to whom, and what becomes of grants that contradict each other, end to end: `--emit=policy` prints who has what.

use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::repository;
use std::path::{Path, PathBuf};

/// A folder for files of grants and components.
struct Scene(tempfile::TempDir);

impl Scene {
    fn new() -> Scene {
        Scene(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// What the composition of `store`, `api` and `filter`, whose `run` is run, says under these grants; a file's
    /// name is its own without the folder.
    fn policy(&self, grants: &[&str]) -> Result<String, String> {
        let parts = repository().join("testsuite/files/policy/parts.wac");
        let done = Nanocc::new(&parts)
            .args(&["--emit", "policy"])
            .args(grants)
            .folder(self.0.path())
            .run()
            .unwrap();
        match done.code() {
            Ok(0) => Ok(done.stdout_text()),
            code => {
                assert_eq!(code, Ok(1), "{}", done.stderr_text());
                Err(done.stderr_text())
            }
        }
    }
}

/// What `component` has, of a policy that is printed.
fn has<'t>(policy: &'t str, component: &str) -> Vec<&'t str> {
    let lines = policy.lines().skip_while(|line| *line != component).skip(1);
    let lines = lines.take_while(|line| line.starts_with(' '));
    lines
        .filter_map(|line| line.strip_prefix("  has "))
        .collect()
}

#[test]
fn files_of_grants_add_up() {
    let scene = Scene::new();
    scene.file(
        "strict.toml",
        "no-default-grants = true\n[component.store]\ndir = \"a\"\n",
    );
    scene.file("more.toml", "[component.store]\ndir-ro = \"b\"\n");
    for order in [["strict.toml", "more.toml"], ["more.toml", "strict.toml"]] {
        let policy = scene.policy(&[
            "--grants", order[0], "--grants", order[1], "--dir", "store=c",
        ]);
        let policy = policy.unwrap();
        let mut of_store = has(&policy, "store");
        of_store.sort_unstable();
        assert_eq!(of_store, ["dir a::a", "dir c::c", "dir-ro b::b"]);
        assert_eq!(has(&policy, "filter"), [""; 0]);
    }
    scene.file("deny.toml", "deny = \"error\"\n");
    let refused = scene.policy(&["--grants", "deny.toml", "--grants", "more.toml"]);
    assert!(refused.unwrap_err().contains("to `api`"));
}

#[test]
fn false_is_no_grant_that_a_default_makes_up_for() {
    let scene = Scene::new();
    for (text, flags, place) in [
        (
            "[entry]\nstdin = false\n",
            &[][..],
            "g.toml:2: stdin = false",
        ),
        ("[entry]\nstdio = false\n", &[], "g.toml:2: stdio = false"),
        (
            "[component.filter]\nargs = false\n",
            &[],
            "g.toml:2: args = false",
        ),
        (
            "no-default-grants = true\n[entry]\nstdio = true\nstdout = false\n",
            &[],
            "g.toml:4: stdout = false",
        ),
        (
            "no-default-grants = true\n[entry]\nstdout = false\n",
            &["--stdout", "filter"],
            "g.toml:3: stdout = false",
        ),
    ] {
        scene.file("g.toml", text);
        let flags = [&["--grants", "g.toml"], flags].concat();
        let message = scene.policy(&flags).unwrap_err();
        for words in [
            "`filter` has it all the same",
            place,
            "no-default-grants = true",
        ] {
            assert!(message.contains(words), "{text}: {message}");
        }
    }
    scene.file(
        "g.toml",
        "no-default-grants = true\n[entry]\nstdin = false\nstdout = true\n[component.store]\nargs = false\n",
    );
    let policy = scene.policy(&["--grants", "g.toml"]).unwrap();
    assert_eq!(has(&policy, "filter"), ["stdout"]);
    scene.file("g.toml", "[component.stoer]\nargs = false\n");
    let message = scene.policy(&["--grants", "g.toml"]).unwrap_err();
    assert!(message.contains("did you mean `store`?"), "{message}");
}

/// `/` is the outermost component in every flag, also where a path could begin.
#[test]
fn the_outermost_component_is_named_by_a_slash() {
    let scene = Scene::new();
    for (flag, said) in [
        ("--dir=/=data::/data", "--dir /=data::/data"),
        ("--tcp-listen=/=127.0.0.1:80", "--tcp-listen /=127.0.0.1:80"),
        ("--dns=/=example.org", "--dns=/=example.org"),
    ] {
        let message = scene.policy(&[flag]).unwrap_err();
        assert!(message.contains("`/` doesn't import `wasi:"), "{message}");
        assert!(
            message.contains(&format!("which `{said}` is about")),
            "{message}"
        );
    }
}

/// A program whose inner component, the one that is run, is called `name`.
fn called(name: &str) -> String {
    format!(
        r#"(component
  (import "wasi:cli/environment@0.2.0" (instance $env
    (export "get-environment" (func (result (list (tuple string string)))))))
  (component $c
    (import "get" (func $get (result (list (tuple string string)))))
    (core module $memory (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024))
    (core instance $memory (instantiate $memory))
    (core func $get (canon lower (func $get) (memory $memory "memory") (realloc (func $memory "realloc"))))
    (core module $m (import "" "get" (func $get (param i32)))
      (func (export "run") (result i32) (call $get (i32.const 0)) i32.const 0))
    (core instance $m (instantiate $m (with "" (instance (export "get" (func $get))))))
    (func $run (result (result)) (canon lift (core func $m "run")))
    (instance $i (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $i)))
  (alias export $env "get-environment" (func $get))
  (instance $"{name}" (instantiate $c (with "get" (func $get))))
  (alias export $"{name}" "wasi:cli/run@0.2.0" (instance $r))
  (export "wasi:cli/run@0.2.0" (instance $r)))
"#
    )
}

fn explain(input: &Path) -> String {
    let done = Nanocc::bare().arg("explain").arg(input).succeed().unwrap();
    done.stdout_text()
}

/// Names are the input's. They end up in files of grants and on terminals, so one that could say something there is none.
#[test]
fn a_name_cannot_grant_itself_anything() {
    let scene = Scene::new();
    let kind = |name: &str| scene.file("named.wat", &called(name));
    let plain = explain(&kind("inner"));
    assert!(
        plain.contains("\n[entry] # inner\n# calls wasi:cli/environment"),
        "{plain}"
    );
    for name in [
        r"a\0ainherit-env = true\0a#",
        r"a\1b[2J",
        r"/",
        r"#7",
        "a b",
        &"x".repeat(300),
    ] {
        let input = kind(name);
        let text = explain(&input);
        // The import is instance 0.
        assert_eq!(text, plain.replace("# inner\n", "# #1\n"), "{name}");
        let policy = Nanocc::new(&input).args(&["--emit", "policy", "--env=#1::A"]);
        let policy = policy.succeed().unwrap().stdout_text();
        assert!(has(&policy, "#1").contains(&"env A"), "{policy}");
    }
}
