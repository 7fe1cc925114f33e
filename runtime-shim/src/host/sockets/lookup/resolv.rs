//! `resolv.conf`: which servers are asked, and how (resolv.conf(5)).
//!
//! What counts: `nameserver`, `search`, `domain`, and of `options` `ndots`, `timeout`, `attempts`, `edns0`, `use-vc`, `no-aaaa`. Others, and lines
//! that can't be read, are passed over, as the C libraries do. Environment variables (`RES_OPTIONS`, `LOCALDOMAIN`)
//! don't count, and no domain is derived from the host's name.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::words::{Bytes, Words};
use crate::clock::NANOSECONDS;

/// The most servers that are asked.
pub const SERVERS: usize = 3;
/// Room for the domains of `search`: each with its length before it.
const SEARCH: usize = 512;
/// Where servers listen.
const PORT: u16 = 53;

/// A server's address.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Server {
    /// Its address.
    pub address: IpAddr,
    /// The number of the interface by which a link-local one is reached, or 0.
    pub zone: u32,
    /// Its port.
    pub port: u16,
}

/// What the file says.
#[derive(Clone, Copy)]
pub struct Config {
    servers: [Server; SERVERS],
    count: u8,
    /// How many dots a name has that is asked for as it is before it is tried within the domains of `search`.
    pub dots: u8,
    /// How often each server is asked.
    pub attempts: u8,
    /// How long an answer is waited for, in nanoseconds.
    pub timeout: u64,
    /// Questions say how long an answer may be (RFC 6891).
    pub extended: bool,
    /// TCP from the start.
    pub stream: bool,
    /// IPv6's addresses aren't asked for.
    pub only_v4: bool,
    search: [u8; SEARCH],
    search_len: u16,
}

impl Config {
    /// What counts where the file says nothing: one server, on this machine.
    pub const DEFAULT: Config = Config {
        servers: [Server {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            zone: 0,
            port: PORT,
        }; SERVERS],
        count: 0,
        dots: 1,
        attempts: 2,
        timeout: 5 * NANOSECONDS,
        extended: false,
        stream: false,
        only_v4: false,
        search: [0; SEARCH],
        search_len: 0,
    };

    /// The servers, in the order in which they are asked. There is one at least.
    pub fn servers(&self) -> &[Server] {
        let count = usize::from(self.count).max(1);
        self.servers.get(..count).unwrap_or_default()
    }

    /// Another server, if it is one of the first.
    pub fn add_server(&mut self, server: Server) {
        if let Some(at) = self.servers.get_mut(usize::from(self.count)) {
            *at = server;
            self.count += 1;
        }
    }

    fn add_domain(&mut self, domain: &[u8]) {
        let start = usize::from(self.search_len);
        let room = self.search.get_mut(start..start + 1 + domain.len());
        // A word has at most 255 characters.
        if let (Some([len, text @ ..]), Ok(domain_len)) = (room, u8::try_from(domain.len())) {
            *len = domain_len;
            text.copy_from_slice(domain);
            self.search_len += 1 + u16::from(domain_len);
        }
    }

    /// The domains within which names are looked for.
    pub fn domains(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self
            .search
            .get(..self.search_len.into())
            .unwrap_or_default();
        core::iter::from_fn(move || {
            let (&len, after) = rest.split_first()?;
            let (domain, next) = after.split_at_checked(len.into())?;
            rest = next;
            Some(domain)
        })
    }

    fn option(&mut self, option: &[u8]) {
        let (name, value) = match option.iter().position(|&byte| byte == b':') {
            Some(at) => (&option[..at], option.get(at + 1..).and_then(decimal)),
            None => (option, None),
        };
        match (name, value) {
            (b"ndots", Some(value)) => self.dots = value.min(15) as u8,
            (b"timeout", Some(value)) => {
                self.timeout = u64::from(value.clamp(1, 30)) * NANOSECONDS;
            }
            (b"attempts", Some(value)) => self.attempts = value.clamp(1, 5) as u8,
            (b"edns0", _) => self.extended = true,
            (b"use-vc", _) => self.stream = true,
            (b"no-aaaa", _) => self.only_v4 = true,
            _ => {}
        }
    }
}

/// A number, of which only the size matters if it is too large.
fn decimal(digits: &[u8]) -> Option<u32> {
    let digit = |byte: u8| char::from(byte).to_digit(10);
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u32, |value, &byte| {
        Some(value.saturating_mul(10).saturating_add(digit(byte)?))
    })
}

/// Reads the file. `interface` tells the number of an interface by its name.
pub fn read(file: &impl Bytes, interface: impl Fn(&[u8]) -> Option<u32>) -> Config {
    let mut config = Config::DEFAULT;
    let mut words = Words::of(file, b"#;");
    let mut about = Line::Other;
    while let Some(word) = words.next() {
        if word.first {
            about = match word.text {
                b"nameserver" => Line::Server,
                b"options" => Line::Options,
                // The last such line counts.
                b"search" | b"domain" => {
                    config.search_len = 0;
                    Line::Search
                }
                _ => Line::Other,
            };
            continue;
        }
        match about {
            Line::Server => {
                if let Some(server) = server(word.text, &interface) {
                    config.add_server(server);
                }
                about = Line::Other;
            }
            Line::Options => config.option(word.text),
            Line::Search => config.add_domain(word.text),
            Line::Other => {}
        }
    }
    config
}

/// What a line is about.
enum Line {
    Server,
    Options,
    Search,
    Other,
}

/// A server's address: `10.0.0.1`, `fd00::1`, `fe80::1%2`, `fe80::1%eth0`.
fn server(text: &[u8], interface: impl Fn(&[u8]) -> Option<u32>) -> Option<Server> {
    let (address, zone) = match text.iter().position(|&byte| byte == b'%') {
        Some(at) => {
            let zone = text.get(at + 1..)?;
            let zone = decimal(zone).or_else(|| interface(zone))?;
            let address = core::str::from_utf8(&text[..at]).ok()?;
            (address.parse::<Ipv6Addr>().ok()?.into(), zone)
        }
        None => (core::str::from_utf8(text).ok()?.parse().ok()?, 0),
    };
    Some(Server {
        address,
        zone,
        port: PORT,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        read(&text.as_bytes(), |name| (name == b"eth0").then_some(7))
    }

    fn domains(config: &Config) -> Vec<String> {
        config
            .domains()
            .map(|domain| String::from_utf8(domain.into()).unwrap())
            .collect()
    }

    #[test]
    fn an_empty_file_means_a_server_on_this_machine() {
        let config = config("# nothing\n");
        assert_eq!(
            config.servers(),
            [Server {
                address: IpAddr::V4(Ipv4Addr::LOCALHOST),
                zone: 0,
                port: 53
            }]
        );
        assert_eq!(
            (config.dots, config.attempts, config.timeout),
            (1, 2, 5_000_000_000)
        );
        assert!(domains(&config).is_empty());
        assert!(!config.extended && !config.stream && !config.only_v4);
    }

    #[test]
    fn three_servers_count() {
        let config = config(
            "nameserver 10.0.0.1 # the first\n nameserver\tfe80::1%3\nnameserver 10.0.0\nnameserver x\n\
             nameserver fe80::1%eth9\nnameserver fe80::2%eth0\nnameserver 10.0.0.4\n",
        );
        let servers: Vec<_> = config
            .servers()
            .iter()
            .map(|s| (s.address.to_string(), s.zone))
            .collect();
        let wanted = [("10.0.0.1", 0), ("fe80::1", 3), ("fe80::2", 7)];
        assert_eq!(
            servers,
            wanted.map(|(address, zone)| (address.into(), zone))
        );
    }

    #[test]
    fn the_last_search_line_counts_and_options_add_up() {
        let config = config(
            "domain a.example\nsearch b.example c.example\noptions ndots:3 timeout:0\n\
             options attempts:9 rotate edns0 no-aaaa use-vc ndots: ndots:x timeout:99999999999999\n",
        );
        assert_eq!(domains(&config), ["b.example", "c.example"]);
        assert_eq!(
            (config.dots, config.attempts, config.timeout),
            (3, 5, 30_000_000_000)
        );
        assert!(config.extended && config.stream && config.only_v4);
    }

    #[test]
    fn domains_beyond_the_room_are_left_out() {
        let long = ["x".repeat(250), "y".repeat(250), "z".repeat(250)];
        let config = config(&format!("search {} end", long.join(" ")));
        assert_eq!(domains(&config), [&long[0], &long[1], "end"]);
    }
}
