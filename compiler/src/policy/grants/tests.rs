use super::*;

fn path(host: &str, guest: &str, writable: bool) -> What {
    What::Directory {
        host: HostPath::Path(host.to_owned()),
        guest: guest.to_owned(),
        writable,
    }
}

fn parameter(name: &str, guest: &str) -> What {
    What::Directory {
        host: HostPath::Parameter(name.to_owned()),
        guest: guest.to_owned(),
        writable: true,
    }
}

fn variable(name: &str, value: Option<&str>) -> What {
    What::Variable {
        name: name.to_owned(),
        value: value.map(str::to_owned),
    }
}

fn names(pattern: &str) -> What {
    What::Names(pattern.to_owned())
}

#[test]
fn words_grant_what_they_say() {
    for (key, text, who, what) in [
        ("dir", "/srv", None, path("/srv", "/srv", true)),
        ("dir", "/srv::/data", None, path("/srv", "/data", true)),
        (
            "dir-ro",
            "store=data::/data",
            Some("store"),
            path("data", "/data", false),
        ),
        ("dir", "a/b=.::.", Some("a/b"), path(".", ".", true)),
        ("dir", "#3=x", Some("#3"), path("x", "x", true)),
        ("dir", "/=x", Some("/"), path("x", "x", true)),
        ("dir", "//=x", None, path("//=x", "//=x", true)),
        // What begins like a path or a parameter is one.
        ("dir", "/a=b::/c", None, path("/a=b", "/c", true)),
        ("dir", "./a=b::/c", None, path("./a=b", "/c", true)),
        ("dir", "a b=c::/d", None, path("a b=c", "/d", true)),
        ("dir", "@data::/d", None, parameter("data", "/d")),
        ("dir", "store=@a_1::x", Some("store"), parameter("a_1", "x")),
        // The first `::` counts; a guest's name may hold another.
        ("dir", "a::b::c", None, path("a", "b::c", true)),
        ("env", "A", None, variable("A", None)),
        ("env", "A=", None, variable("A", Some(""))),
        ("env", "A=b=c::d", None, variable("A", Some("b=c::d"))),
        ("env", "store::A=b", Some("store"), variable("A", Some("b"))),
        ("env", "a/b::A", Some("a/b"), variable("A", None)),
        ("inherit-env", "", None, What::Environment),
        ("inherit-env", "#0", Some("#0"), What::Environment),
        ("args", "/", Some("/"), What::Arguments),
        ("stdio", "a", Some("a"), What::Streams),
        ("stdin", "a", Some("a"), What::Stream(Stream::In)),
        ("stdout", "a", Some("a"), What::Stream(Stream::Out)),
        ("stderr", "a", Some("a"), What::Stream(Stream::Err)),
        ("dns", "", None, names("*")),
        ("dns", "*", None, names("*")),
        (
            "dns",
            "api=*.Example.ORG.",
            Some("api"),
            names("*.example.org"),
        ),
        ("dns", "example.org", None, names("example.org")),
        (
            "tcp-listen",
            "api=127.0.0.1:80",
            Some("api"),
            What::Network {
                kind: Network::TcpListen,
                addresses: Addresses::Prefix {
                    address: [127, 0, 0, 1].into(),
                    bits: 32,
                },
                ports: Ports { low: 80, high: 80 },
            },
        ),
    ] {
        let grant = read(key, text).unwrap();
        let expected = (who.map(|who| Who(who.to_owned())), what);
        assert_eq!((grant.who, grant.what), expected, "{key} {text}");
    }
}

#[test]
fn other_words_are_refused_with_a_reason() {
    for (key, text, reason) in [
        ("dir", "", "path is empty"),
        ("dir", "::/x", "path is empty"),
        ("dir", "store=", "path is empty"),
        ("dir", "x::", "after `::` is empty"),
        ("dir", "@data", "what the guest calls it"),
        ("dir", "@data/sub::/x", "no parameter"),
        ("dir", "@::/x", "no parameter"),
        ("dir-ro", "a\0b", "NUL"),
        ("env", "", "name is empty"),
        ("env", "=x", "name is empty"),
        ("env", "a::=x", "name is empty"),
        ("env", "a b::A", "no component"),
        ("args", "", "no component"),
        ("args", "a=b", "no component"),
        ("stdio", "./x", "no component"),
        ("dns", "*.*.org", "host's name"),
        ("dns", "a..b", "host's name"),
        ("dns", "10.0.0.1", "host's name"),
        ("tcp-listen", "example.org:80", "address of this machine's"),
        ("udp-listen", "store=:80", "address of this machine's"),
        ("dir", "x::a\0b", "NUL"),
        ("tcp-connect", "https://example.org:80", "is a URL"),
        (
            "tcp-connect",
            "[::ffff:10.0.0.1]:80",
            "write the IPv4 address, `10.0.0.1`",
        ),
        (
            "udp-listen",
            "[::ffff:0:0/96]:80",
            "write the IPv4 address, `0.0.0.0`",
        ),
        ("tcp-udp", "x", "no grant"),
    ] {
        let said = read(key, text).expect_err(text);
        assert!(said.contains(reason), "{key} {text}: {said}");
    }
}

#[test]
fn messages_say_what_was_written() {
    for (key, text, said) in [
        ("dir", "store=a", "--dir store=a"),
        ("dns", "api=*", "--dns=api=*"),
        ("inherit-env", "api", "--inherit-env=api"),
        ("inherit-env", "", "--inherit-env"),
    ] {
        assert_eq!(read(key, text).unwrap().said, said);
    }
}

#[test]
fn every_key_is_read() {
    for key in KEYS {
        let known =
            for_whom(key).is_some() || !what(key, "").is_err_and(|e| e.contains("no grant"));
        assert!(known, "{key}");
    }
}
