use super::*;

/// As in the table.
fn line(text: &str) -> String {
    let Ok((addresses, ports)) = parse(text, true) else {
        return "-".to_owned();
    };
    let what = match addresses {
        Addresses::Any => "ANY".to_owned(),
        Addresses::Prefix { address, bits } if address.is_ipv4() => format!("V4 {address}/{bits}"),
        Addresses::Prefix { address, bits } => format!("V6 {address}/{bits}"),
        Addresses::Name(name) => format!("NAME {name}"),
        Addresses::Parameter(name) => format!("@{name}"),
    };
    format!("{what} {}-{}", ports.low, ports.high)
}

#[test]
fn addresses_are_what_the_table_says() {
    let mut count = 0;
    for row in include_str!("table.txt").lines() {
        if row.starts_with('#') || row.is_empty() {
            continue;
        }
        // An address with a space in it is refused.
        let (text, expected) = match row.strip_suffix(" -") {
            Some(text) => (text.trim_end(), "-"),
            None => row.split_once(' ').unwrap(),
        };
        assert_eq!(line(text), expected.trim(), "{text}");
        count += 1;
    }
    assert!(count > 40);
}

#[test]
fn what_is_printed_says_the_same() {
    for text in [
        "*:80",
        "10.0.0.0/8:1-2",
        "1.2.3.4:5",
        "[::1]:0",
        "[2001:db8::/32]:*",
        "example.org:8",
        "@db:1-3",
        "@db:*",
    ] {
        let (addresses, ports) = parse(text, true).unwrap();
        assert_eq!(format!("{addresses}:{ports}"), text);
    }
    assert_eq!(parse("@db", true), parse("@db:*", true));
}

#[test]
fn names_are_only_for_who_connects() {
    assert!(parse("example.org:80", false).is_err());
    assert!(parse("@a:80", false).is_ok());
    assert!(parse("@a.b:80", true).is_err());
}
