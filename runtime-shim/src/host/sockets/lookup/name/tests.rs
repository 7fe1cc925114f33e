use super::*;
use proptest::prelude::*;

fn asked(text: &str) -> Result<String, Refused> {
    parse(text.chars()).map(|asked| match asked {
        Asked::Address(address) => format!("[{address}]"),
        Asked::Name(name) => {
            let text = std::str::from_utf8(name.text()).unwrap();
            format!("{text}{}", if name.complete { "." } else { "" })
        }
    })
}

#[test]
fn names_are_lower_case_and_may_end_with_a_dot() {
    let long = [
        "x".repeat(63),
        "y".repeat(63),
        "z".repeat(63),
        "w".repeat(61),
    ]
    .join(".");
    for (text, wanted) in [
        ("localhost", "localhost"),
        ("WWW.Example.ORG.", "www.example.org."),
        ("_dmarc.x-1.org", "_dmarc.x-1.org"),
        ("1and1.de", "1and1.de"),
        ("1.2.3.4x", "1.2.3.4x"),
        ("0x1g", "0x1g"),
        (&long, &long),
        (&format!("{long}."), &format!("{long}.")),
    ] {
        assert_eq!(asked(text), Ok(wanted.into()), "{text}");
    }
}

#[test]
fn what_is_no_name_is_refused() {
    let label = "x".repeat(64);
    let long = [
        "x".repeat(63),
        "y".repeat(63),
        "z".repeat(63),
        "w".repeat(62),
    ]
    .join(".");
    for text in [
        "",
        ".",
        "..",
        "a..b",
        ".a",
        "a..",
        "a b",
        "a\0",
        "a/b",
        "http://a",
        "a:80",
        "[::1",
        "::1]",
        "[a]",
        "%61",
        "a%2eb",
        "1.2.3.4.5",
        "256.1.1.1",
        "1.2.3.08",
        "1.2.65536",
        "4294967296",
        "0x100000000",
        "1.2.3.999999999999999999999999",
        ":",
        "1::2::3",
        "fe80::1%1",
        "::1%",
        "[::1]:80",
        &label,
        &long,
        &"a.".repeat(200),
        &"[".repeat(1000),
        "ä b",
        "ä\u{7f}",
    ] {
        assert_eq!(asked(text), Err(Refused::Syntax), "{text:?}");
    }
}

#[test]
fn addresses_are_addresses() {
    for (text, wanted) in [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0x7F000001", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0177.0.1", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("0x", "0.0.0.0"),
        ("255.255.255.255", "255.255.255.255"),
        ("1.2.65535", "1.2.255.255"),
        ("1\u{3002}2\u{ff0e}3\u{ff61}4", "1.2.3.4"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("[2001:DB8::1.2.3.4]", "2001:db8::102:304"),
        (
            "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ),
    ] {
        assert_eq!(asked(text), Ok(format!("[{wanted}]")), "{text}");
    }
}

/// RFC 3492, 7.1, of the alphabets that are known here; and names that exist.
#[test]
fn other_alphabets_are_in_punycode() {
    for (text, wanted) in [
        ("Bücher.example", "xn--bcher-kva.example"),
        ("faß.de", "xn--fa-hia.de"),
        ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
        (
            "почемужеонинеговорятпорусски",
            "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l",
        ),
        ("3年B組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"),
        ("Правда。рф", "xn--80aafi6cg.xn--p1ai"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ] {
        assert_eq!(asked(text), Ok(wanted.into()), "{text}");
    }
    // A combining mark, joiners, Arabic, a full-width letter.
    for text in [
        "u\u{308}.example",
        "a\u{200d}b",
        "موقع",
        "ａ.example",
        "ŀ",
        "İ.tr",
    ] {
        assert_eq!(asked(text), Err(Refused::Alphabet), "{text}");
    }
}

/// Each character that is taken is what UTS 46 makes of it, by itself and beside others.
#[test]
fn characters_are_those_of_uts_46() {
    let mut count = 0;
    for char in '\u{80}'..=char::MAX {
        let taken = small(char);
        if taken == Err(Refused::Alphabet) {
            continue;
        }
        count += 1;
        for text in [
            format!("{char}"),
            format!("a{char}b"),
            format!("{char}я{char}"),
            format!("の{char}ü{char}é"),
        ] {
            let wanted = idna::domain_to_ascii(&text);
            assert_eq!(
                asked(&text).ok(),
                wanted.ok(),
                "{text} U+{:x}",
                u32::from(char)
            );
        }
    }
    assert!(count > 35_000, "{count}");
}

#[test]
fn patterns_match_as_they_say() {
    for (pattern, name, wanted) in [
        ("*", "x", true),
        ("x.org", "x.org", true),
        ("x.org", "X.Org", true),
        ("x.org", "y.x.org", false),
        ("x.org", "xx.org", false),
        ("*.x.org", "y.x.org", true),
        ("*.x.org", "z.y.x.org", true),
        ("*.x.org", "x.org", false),
        ("*.x.org", ".x.org", false),
        ("*.x.org", "yx.org", false),
        ("*x.org", "yx.org", false),
        ("", "x", false),
    ] {
        assert_eq!(
            matches(pattern.as_bytes(), name.as_bytes()),
            wanted,
            "{pattern} {name}"
        );
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(text in "\\PC{0,300}") {
        let _ = asked(&text);
    }

    /// What is taken is what UTS 46 has.
    #[test]
    fn words_are_those_of_uts_46(text in "[a-zA-Z0-9àÉßŁžΣςωЖяぁンー年々한글-]{1,50}") {
        let text = text + ".x";
        if let Ok(Asked::Name(name)) = parse(text.chars()) {
            let wanted = idna::domain_to_ascii(&text);
            // Hyphens in the third and fourth place are Punycode's.
            prop_assume!(wanted.is_ok());
            prop_assert_eq!(std::str::from_utf8(name.text()).unwrap(), wanted.unwrap());
        }
    }

    #[test]
    fn numbers_are_inet_atons(a in 0u32.., parts in 1usize..5, radix in 0usize..3) {
        let write = |value: u32| match radix {
            0 => format!("{value}"),
            1 => format!("0x{value:X}"),
            _ => format!("0{value:o}"),
        };
        let bytes = a.to_be_bytes();
        let mut text: Vec<_> = bytes[..parts - 1].iter().map(|&byte| write(byte.into())).collect();
        text.push(write((u64::from(a) & (u64::MAX >> (32 + 8 * (parts - 1)))) as u32));
        prop_assert_eq!(asked(&text.join(".")), Ok(format!("[{}]", Ipv4Addr::from_bits(a))));
    }
}
