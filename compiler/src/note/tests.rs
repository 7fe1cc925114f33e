use super::*;

#[test]
fn a_world_is_the_components_own() {
    let component = wat::parse_str(
        r#"(component
             (import "a:b/types" (instance $types (export "t" (type (sub resource)))))
             (alias export $types "t" (type $t))
             (import "t" (type (eq $t)))
             (core module (import "not" "this" (func)) (func (export "nor-this")))
             (component (import "inner" (func)) (core module (func (export "x"))))
             (import "f" (func $f (param "x" string)))
             (component $two (import "more" (func $g)) (export "out" (func $g)))
             (export "g" (func $f))
             (type $r (record (field "a" u8)))
             (export "r" (type $r))
             (instance $two (instantiate $two (with "more" (func $f))))
             (export "c:d/e@1.0.0" (instance $two)))"#,
    );
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| name.to_string())
            .collect::<Vec<_>>()
    };
    let expected = (names(&["a:b/types", "f"]), names(&["g", "c:d/e@1.0.0"]));
    assert_eq!(world(&component.unwrap()), expected);
    assert_eq!(world(b""), (Vec::new(), Vec::new()));
}

#[test]
fn a_note_is_read_by_its_version() {
    let note = Note {
        schema: SCHEMA,
        nanocc: "1.2.3".to_owned(),
        target: "x86_64-linux".to_owned(),
        entry: None,
        fences: FenceNote {
            seccomp: false,
            landlock: true,
            required: false,
        },
        system_calls: None,
        timeout_ms: Some(5),
        cpu_timeout_ms: None,
        parameters: vec!["a".to_owned()],
        directories: Vec::new(),
        components: Vec::new(),
    };
    let text = note.to_json();
    assert_eq!(parse(text.as_bytes()), Ok(note));
    // A field more is a newer nanocc's of the same version.
    let more = text.replacen('{', "{\"more\": [1, {}],", 1);
    assert!(parse(more.as_bytes()).is_ok());
    let newer = text.replace("\"schema\": 2", "\"schema\": 1000000");
    let error = parse(newer.as_bytes()).unwrap_err();
    assert_eq!(
        error,
        NoteError::Version {
            schema: 1_000_000,
            reads: 2
        }
    );
    assert!(error.help().unwrap().contains("newer one"));
    let older = text.replace("\"schema\": 2", "\"schema\": 1");
    let error = parse(older.as_bytes()).unwrap_err();
    assert_eq!(
        error,
        NoteError::Version {
            schema: 1,
            reads: 2
        }
    );
    assert!(error.help().unwrap().contains("compile it anew"));
    for bad in [
        "",
        "[]",
        "{}",
        "{\"schema\": \"1\"}",
        "{\"schema\": 2}",
        "5",
    ] {
        let error = parse(bad.as_bytes()).unwrap_err();
        assert!(matches!(error, NoteError::Damaged(_)), "{bad}: {error}");
    }
}
