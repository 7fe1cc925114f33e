//! The addresses that a lookup gives.

use core::net::IpAddr;

/// How many of a kind there may be; those after that are left out. As many as fit an answer of 512 bytes, and more. Each kind has
/// places of its own: otherwise it would depend on which answer is faster what is left out.
const MOST_OF_A_KIND: usize = 48;
/// How many there may be of both kinds.
const MOST: usize = 2 * MOST_OF_A_KIND;

/// Addresses, each once.
#[derive(Clone, Copy)]
pub struct Addresses {
    all: [IpAddr; MOST],
    len: u8,
}

impl Addresses {
    /// None.
    pub const EMPTY: Addresses = Addresses {
        all: [IpAddr::V4(core::net::Ipv4Addr::UNSPECIFIED); MOST],
        len: 0,
    };

    /// Adds one. An IPv4 address in IPv6's clothes is one of IPv4: the interface promises never to give the other.
    pub fn push(&mut self, address: IpAddr) {
        let address = address.to_canonical();
        let mut same_kind = 0;
        for other in self.all() {
            if *other == address {
                return;
            }
            same_kind += usize::from(other.is_ipv4() == address.is_ipv4());
        }
        if same_kind == MOST_OF_A_KIND {
            return;
        }
        if let Some(at) = self.all.get_mut(usize::from(self.len)) {
            *at = address;
            self.len += 1;
        }
    }

    /// All of them.
    pub fn all(&self) -> &[IpAddr] {
        self.all.get(..self.len.into()).unwrap_or_default()
    }

    /// Forgets those after the first few.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len as u8);
    }

    /// Puts them in the order in which to connect to them: RFC 6724, 6, of which this has rule 1 (what can't be reached comes last), rule 6 (the
    /// precedence of kinds of addresses) and rule 10 (otherwise, as they came). The rules between compare source
    /// addresses; they matter on machines with several global ones.
    pub fn sort(&mut self, reachable: impl Fn(IpAddr) -> bool) {
        let all = self.all.get_mut(..self.len.into()).unwrap_or_default();
        if all.len() < 2 {
            return;
        }
        let mut ranks = [0u8; MOST];
        for (rank, &address) in ranks.iter_mut().zip(all.iter()) {
            *rank = if reachable(address) { 100 } else { 0 } + precedence(address);
        }
        // By insertion, which keeps the order of equals.
        for i in 1..all.len() {
            let mut at = i;
            while at > 0 && ranks[at - 1] < ranks[at] {
                ranks.swap(at - 1, at);
                all.swap(at - 1, at);
                at -= 1;
            }
        }
    }
}

/// RFC 6724, 2.1.
fn precedence(address: IpAddr) -> u8 {
    let IpAddr::V6(v6) = address else { return 35 };
    match v6.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => 50,
        [0x2002, ..] => 30,
        [0x2001, 0, ..] => 5,
        [0xfc00..=0xfdff, ..] => 3,
        [0xfec0..=0xfeff, ..] | [0x3ffe, ..] => 1,
        [0, 0, 0, 0, 0, 0, ..] => 1,
        _ => 40,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(addresses: &[&str], unreachable: &[&str]) -> Vec<String> {
        let mut all = Addresses::EMPTY;
        addresses
            .iter()
            .for_each(|text| all.push(text.parse().unwrap()));
        all.sort(|address| !unreachable.contains(&address.to_string().as_str()));
        all.all().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_can_be_reached_comes_first_and_ipv6_before_ipv4() {
        let all = [
            "10.0.0.1",
            "fd00::1",
            "2001:db8::1",
            "10.0.0.2",
            "::1",
            "2001:db8::2",
        ];
        let wanted = [
            "::1",
            "2001:db8::1",
            "2001:db8::2",
            "10.0.0.1",
            "10.0.0.2",
            "fd00::1",
        ];
        assert_eq!(sorted(&all, &[]), wanted);
        let wanted = [
            "10.0.0.1",
            "10.0.0.2",
            "fd00::1",
            "::1",
            "2001:db8::1",
            "2001:db8::2",
        ];
        assert_eq!(sorted(&all, &["2001:db8::1", "2001:db8::2", "::1"]), wanted);
    }

    /// Many of one kind leave places for the other: it doesn't matter which answer came first.
    #[test]
    fn what_is_left_out_doesn_t_depend_on_the_order_of_answers() {
        let v4: Vec<_> = (0..60).map(|i| format!("10.0.0.{i}")).collect();
        let v6: Vec<_> = (1..60).map(|i| format!("2001:db8::{i:x}")).collect();
        let all = |answers: [&Vec<String>; 2]| {
            let all: Vec<_> = answers.into_iter().flatten().map(String::as_str).collect();
            sorted(&all, &[])
        };
        assert_eq!(all([&v4, &v6]), all([&v6, &v4]));
        assert_eq!(all([&v4, &v6]).len(), MOST);
    }

    #[test]
    fn each_address_is_there_once_and_ipv4_is_ipv4() {
        assert_eq!(sorted(&["::ffff:10.0.0.1", "10.0.0.1"], &[]), ["10.0.0.1"]);
        let many: Vec<_> = (0..300)
            .map(|i| format!("10.0.{}.{}", i / 256, i % 256))
            .collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(sorted(&many, &[]), many[..MOST_OF_A_KIND]);
    }
}
