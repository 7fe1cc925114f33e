use super::*;

/// As in the compiler's table of addresses.
fn line(text: &str) -> String {
    let Some(parsed) = Parsed::read(text) else {
        return "-".to_owned();
    };
    // In grants, addresses have ports.
    let Some([low, high]) = parsed.ports else {
        return "-".to_owned();
    };
    let address = parsed.address;
    let what = match parsed.family {
        network::ANY => "ANY".to_owned(),
        network::V4 => {
            let [a, b, c, d, ..] = address;
            format!("V4 {a}.{b}.{c}.{d}/{}", parsed.prefix)
        }
        network::V6 => format!(
            "V6 {}/{}",
            core::net::Ipv6Addr::from(address),
            parsed.prefix
        ),
        _ => format!("NAME {}", parsed.name.to_lowercase()),
    };
    format!("{what} {low}-{high}")
}

#[test]
fn addresses_are_what_the_compilers_table_says() {
    let table = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../compiler/src/policy/address/table.txt"
    );
    let table = std::fs::read_to_string(table).unwrap();
    let mut count = 0;
    for row in table.lines() {
        if row.starts_with('#') || row.is_empty() {
            continue;
        }
        let (text, expected) = match row.strip_suffix(" -") {
            Some(text) => (text.trim_end(), "-"),
            None => row.split_once(' ').unwrap(),
        };
        assert_eq!(line(text), expected.trim(), "{text}");
        count += 1;
    }
    assert!(count > 40);
}

fn rule(kind: u16, ports: [u16; 2]) -> NetworkRule {
    NetworkRule {
        kind,
        family: network::PARAMETER,
        prefix: 0,
        ports,
        reserved: 0,
        address: [0; 16],
        name: StringRef { offset: 0, len: 0 },
        parameter: 0,
    }
}

#[test]
fn values_fill_rules_and_only_narrow_them() {
    let fill = |kind, ports, value: &str| {
        let mut rule = rule(kind, ports);
        let mut room = [0u8; nanocc_shim_abi::PARAMETER_ROOM];
        let at = room.as_mut_ptr().expose_provenance() as u64;
        super::fill(&mut rule, value.as_bytes(), at)
            .map(|()| (rule.family, rule.prefix, rule.ports, rule.name.len, room))
            .map(|(family, prefix, ports, len, room)| {
                let name = String::from_utf8_lossy(room.get(..len as usize).unwrap()).into_owned();
                (family, prefix, ports, name)
            })
    };
    let none = String::new;
    let connect = network::TCP_CONNECT;
    assert_eq!(
        fill(connect, [80, 80], ""),
        Ok((network::NOTHING, 0, [80, 80], none()))
    );
    assert_eq!(
        fill(connect, [80, 80], "10.0.0.0/8"),
        Ok((network::V4, 8, [80, 80], none()))
    );
    assert_eq!(
        fill(connect, [0, 65535], "[::1]:443"),
        Ok((network::V6, 128, [443, 443], none()))
    );
    assert_eq!(
        fill(connect, [80, 90], "DB.Example.org.:82-83"),
        Ok((network::NAME, 0, [82, 83], "db.example.org".to_owned()))
    );
    for (kind, ports, value, words) in [
        (connect, [80, 90], "*:79-81", "weren't granted"),
        (connect, [80, 90], "*:*", "weren't granted"),
        (connect, [80, 80], "::1", "no address"),
        (connect, [80, 80], "a b", "no address"),
        (network::TCP_LISTEN, [80, 80], "example.org", "is a name"),
    ] {
        let error = fill(kind, ports, value).unwrap_err();
        assert!(error.contains(words), "{value}: {error}");
    }
}

#[test]
fn the_variable_of_that_name_is_found() {
    let environment: [&[u8]; 5] = [
        b"NANOCC_PARAM_data2=x",
        b"NANOCC_PARAM_dat=x",
        b"XNANOCC_PARAM_data=x",
        b"NANOCC_PARAM_data=a=b",
        b"NANOCC_PARAM_data=second",
    ];
    let find = |name: &[u8]| super::find(environment.into_iter(), name);
    assert_eq!(find(b"data"), Some(&b"a=b"[..]));
    assert_eq!(find(b"dat"), Some(&b"x"[..]));
    assert_eq!(find(b"da"), None);
}
