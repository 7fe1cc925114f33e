//! Which imports are served, by name and version.

use nanocc_wit::{LookupError, Reason, host, is_command_entry, lookup, symbol, track};

fn reason(import: &str) -> Reason {
    let LookupError {
        import: named,
        reason,
    } = lookup(import).expect_err(import);
    assert_eq!(named, import);
    reason
}

#[test]
fn versions_have_tracks() {
    for (version, wanted) in [
        ("0.2.0", Some("0.2")),
        ("0.2.12", Some("0.2")),
        ("0.2.99+build.7", Some("0.2")),
        ("0.2", Some("0.2")),
        ("0.3.0", Some("0.3")),
        ("1.0.0", Some("1")),
        ("1.27.3", Some("1")),
        ("1", Some("1")),
        ("0.0.3", Some("0.0.3")),
        ("0.0.0", Some("0.0.0")),
        ("0.2.0-rc-2023-11-10", None),
        ("1.0.0-alpha", None),
        ("0.2.x", None),
        ("0.02", None),
        ("0", None),
        ("0.0", None),
        ("01", None),
        ("1.2", None),
        ("", None),
    ] {
        assert_eq!(track(version).as_deref(), wanted, "{version}");
    }
}

#[test]
fn any_version_of_the_track_is_served() {
    for version in [
        "0.2.0", "0.2.3", "0.2.6", "0.2.12", "0.2.13", "0.2.400", "0.2",
    ] {
        let interface = lookup(&format!("wasi:io/streams@{version}")).expect(version);
        assert_eq!((interface.package, interface.name), ("wasi:io", "streams"));
        assert_eq!(interface.to_string(), "wasi:io/streams@0.2");
    }
}

#[test]
fn other_versions_are_refused() {
    let served = || "wasi:io/streams@0.2.12".to_owned();
    for version in ["0.3.0", "0.1.9", "1.0.0", "0.0.2", "2", "0.3"] {
        assert_eq!(
            reason(&format!("wasi:io/streams@{version}")),
            Reason::OtherTrack { served: served() }
        );
    }
    for version in ["0.2.0-rc-2023-11-10", "0.2.12-rc", "0.2.13-alpha.1"] {
        assert_eq!(
            reason(&format!("wasi:io/streams@{version}")),
            Reason::PreRelease { served: served() }
        );
    }
    for version in ["", "0.2.x", "v0.2.0", "latest", "0.2.0@0.2.0"] {
        assert_eq!(
            reason(&format!("wasi:io/streams@{version}")),
            Reason::BadVersion
        );
    }
    assert_eq!(
        reason("wasi:io/streams"),
        Reason::Unversioned { served: served() }
    );
}

#[test]
fn other_names_are_refused() {
    for name in [
        "",
        "streams",
        "env",
        "wasi:io",
        "wasi/io@0.2.0",
        ":/",
        "wasi:io/@0.2.0",
        ":io/streams@0.2.0",
    ] {
        assert_eq!(reason(name), Reason::NotAnInterface, "{name}");
    }
    let in_random = [
        "wasi:random/random@0.2",
        "wasi:random/insecure@0.2",
        "wasi:random/insecure-seed@0.2",
    ];
    let Reason::UnknownInterface { served } = reason("wasi:random/sure@0.2.0") else {
        panic!()
    };
    assert_eq!(served, in_random);
    // Gated as unstable in WASI, so not served.
    assert!(matches!(
        reason("wasi:clocks/timezone@0.2.0"),
        Reason::UnknownInterface { .. }
    ));
    let Reason::UnknownPackage { served } = reason("wasi:http/types@0.2.0") else {
        panic!()
    };
    assert_eq!(
        served,
        [
            "wasi:io@0.2",
            "wasi:clocks@0.2",
            "wasi:random@0.2",
            "wasi:cli@0.2",
            "wasi:filesystem@0.2",
            "wasi:sockets@0.2"
        ]
    );
    assert_eq!(reason("wasi:cli/run@0.2.0"), Reason::OnlyExported);
}

#[test]
fn the_entry_point_is_recognised() {
    assert!(is_command_entry("wasi:cli/run@0.2.0"));
    assert!(is_command_entry("wasi:cli/run@0.2.12"));
    assert!(!is_command_entry("wasi:cli/run"));
    assert!(!is_command_entry("wasi:cli/run@0.3.0"));
    assert!(!is_command_entry("wasi:cli/run@0.2.0-rc-2023-11-10"));
    assert!(!is_command_entry("wasi:cli/exit@0.2.0"));
    assert!(!is_command_entry("run"));
}

#[test]
fn messages_say_what_is_served() {
    for (import, message) in [
        (
            "wasi:io/streams@0.3.0",
            "nothing serves the import `wasi:io/streams@0.3.0` at this version; `wasi:io/streams@0.2.12` is served",
        ),
        (
            "wasi:random/sure@0.2.0",
            "nothing serves the import `wasi:random/sure@0.2.0`; of this package `wasi:random/random@0.2`, \
             `wasi:random/insecure@0.2`, `wasi:random/insecure-seed@0.2` are served",
        ),
        (
            "a:b/c",
            "nothing serves the import `a:b/c`; of packages, `wasi:io@0.2`, `wasi:clocks@0.2`, \
             `wasi:random@0.2`, `wasi:cli@0.2`, `wasi:filesystem@0.2`, \
             `wasi:sockets@0.2` are served",
        ),
    ] {
        assert_eq!(lookup(import).expect_err(import).to_string(), message);
    }
    let stdout = lookup("wasi:cli/stdout@0.2.0").expect("stdout");
    assert_eq!(
        stdout.function("get-out").expect_err("get-out").to_string(),
        "`wasi:cli/stdout@0.2` has no function `get-out`; of functions, `get-stdout` is served"
    );
    assert_eq!(
        stdout
            .type_export("stdout")
            .expect_err("stdout")
            .to_string(),
        "`wasi:cli/stdout@0.2` has no type `stdout`; of types, `output-stream` is served"
    );
}

#[test]
fn symbols_have_the_track() {
    let streams = lookup("wasi:io/streams@0.2.6").expect("streams");
    let function = streams
        .function("[method]output-stream.check-write")
        .expect("check-write");
    assert_eq!(
        symbol(streams, function),
        "wasi:io/streams@0.2#[method]output-stream.check-write"
    );
    let number = host()
        .resources
        .iter()
        .position(|resource| resource.name == "output-stream")
        .expect("resource");
    let number = nanocc_wit::ResourceNumber(number as u32);
    assert_eq!(
        host().drop_symbol(number).as_deref(),
        Some("wasi:io/streams@0.2#[resource-drop]output-stream")
    );
    assert_eq!(host().drop_symbol(nanocc_wit::ResourceNumber(1000)), None);
}

#[test]
fn every_served_interface_is_found_under_its_own_name() {
    for interface in host().interfaces {
        let name = format!(
            "{}/{}@{}",
            interface.package, interface.name, interface.version
        );
        assert!(std::ptr::eq(lookup(&name).expect("served"), interface));
        for function in interface.functions {
            assert!(std::ptr::eq(
                interface.function(function.name).expect("served"),
                function
            ));
        }
    }
}
