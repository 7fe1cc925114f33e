//! `hosts`: lines of an address and its names (hosts(5)).

use core::net::IpAddr;

use super::addresses::Addresses;
use super::words::{Bytes, Words};

/// The addresses of all lines that have the name, in their order. An address with a zone isn't one that the interface can
/// tell, and is passed over.
pub fn find(file: &impl Bytes, name: &[u8], found: &mut Addresses) {
    let mut words = Words::of(file, b"#");
    let mut address = None;
    while let Some(word) = words.next() {
        if word.first {
            let text = core::str::from_utf8(word.text).ok();
            address = text.and_then(|text| text.parse::<IpAddr>().ok());
        } else if word.text.strip_suffix(b".").unwrap_or(word.text).eq_ignore_ascii_case(name)
            // Once a line.
            && let Some(address) = address.take()
        {
            found.push(address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str) -> Vec<String> {
        const HOSTS: &[u8] = b"127.0.0.1 localhost loopback # localhost2\n\
            ::1\tlocalhost  ip6-localhost\n# 10.0.0.1 db\n10.0.0.2 db DB.internal db\r\nfe80::1%eth0 db\n\
            not-an-address db\n ::ffff:10.0.0.4 db.\n10.0.0.5 dbx";
        let mut addresses = Addresses::EMPTY;
        find(&HOSTS, name.as_bytes(), &mut addresses);
        let all = addresses.all();
        all.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_lines_of_a_name_count() {
        assert_eq!(found("localhost"), ["127.0.0.1", "::1"]);
        assert_eq!(found("ip6-localhost"), ["::1"]);
        assert_eq!(found("db"), ["10.0.0.2", "10.0.0.4"]);
        assert_eq!(found("db.internal"), ["10.0.0.2"]);
        assert_eq!(found("localhost2"), [""; 0]);
        assert_eq!(found("eth0"), [""; 0]);
    }
}
