//! Lookups against name servers of our own on this machine's own addresses.

use std::io::{Read, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, MutexGuard, atomic::AtomicUsize, atomic::Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use nanocc_shim_abi::{HandleTable, List};

use super::resolv::Server;
use super::*;

/// A question as a server sees it, and what it came by.
#[derive(Clone)]
struct Asking {
    message: Vec<u8>,
    stream: bool,
}

impl Asking {
    fn name(&self) -> String {
        let (mut name, mut at) = (String::new(), 12);
        while self.message[at] != 0 {
            let end = at + 1 + usize::from(self.message[at]);
            name += std::str::from_utf8(&self.message[at + 1..end]).unwrap();
            name.push('.');
            at = end;
        }
        name
    }

    /// Where the question ends.
    fn end(&self) -> usize {
        12 + self.name().len() + 1 + 4
    }

    fn is_v6(&self) -> bool {
        self.message[self.end() - 3] == 28
    }

    fn is_extended(&self) -> bool {
        self.message[11] == 1
    }

    fn answer(&self, flags: u16, records: &[IpAddr]) -> Vec<u8> {
        let mut bytes = self.message[..self.end()].to_vec();
        bytes[2..4].copy_from_slice(&flags.to_be_bytes());
        bytes[6..12].copy_from_slice(&[0, records.len() as u8, 0, 0, 0, 0]);
        for record in records {
            let (kind, data) = match record {
                IpAddr::V4(v4) => (1, v4.octets().to_vec()),
                IpAddr::V6(v6) => (28, v6.octets().to_vec()),
            };
            bytes.extend([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0, data.len() as u8]);
            bytes.extend(data);
        }
        bytes
    }

    /// The addresses of the family that is asked for.
    fn all(&self, records: &[&str]) -> Vec<u8> {
        let all: Vec<IpAddr> = records.iter().map(|text| text.parse().unwrap()).collect();
        let of_kind: Vec<_> = all
            .into_iter()
            .filter(|address| address.is_ipv6() == self.is_v6())
            .collect();
        self.answer(OK, &of_kind)
    }
}

const OK: u16 = 0x8180;
const NO_NAME: u16 = 0x8183;
const UNAVAILABLE: u16 = 0x8182;
const REFUSED: u16 = 0x8185;
const TRUNCATED: u16 = 0x8380;

/// A server: what it sends to each question, after how long. It listens as long as the test program runs.
fn server(
    on: &str,
    answer: impl Fn(&Asking) -> Vec<(Duration, Vec<u8>)> + Send + Sync + 'static,
) -> (Server, Arc<AtomicUsize>) {
    let answer = Arc::new(answer);
    let asked = Arc::new(AtomicUsize::new(0));
    // Both kinds of ports are free seldom enough that this is tried again.
    let (datagrams, streams) = loop {
        let datagrams = UdpSocket::bind((on, 0)).unwrap();
        if let Ok(streams) = TcpListener::bind(datagrams.local_addr().unwrap()) {
            break (datagrams, streams);
        }
    };
    let at = datagrams.local_addr().unwrap();
    let (answers, count) = (answer.clone(), asked.clone());
    thread::spawn(move || {
        let mut buffer = [0; 2000];
        while let Ok((len, from)) = datagrams.recv_from(&mut buffer) {
            count.fetch_add(1, SeqCst);
            let asking = Asking {
                message: buffer[..len].to_vec(),
                stream: false,
            };
            let (datagrams, answer) = (datagrams.try_clone().unwrap(), answers.clone());
            thread::spawn(move || {
                for (after, message) in answer(&asking) {
                    thread::sleep(after);
                    let _ = datagrams.send_to(&message, from);
                }
            });
        }
    });
    let count = asked.clone();
    thread::spawn(move || {
        for stream in streams.incoming() {
            count.fetch_add(1, SeqCst);
            let (mut stream, answer) = (stream.unwrap(), answer.clone());
            thread::spawn(move || {
                let mut len = [0; 2];
                stream.read_exact(&mut len).unwrap();
                let mut message = vec![0; u16::from_be_bytes(len).into()];
                stream.read_exact(&mut message).unwrap();
                for (after, message) in answer(&Asking {
                    message,
                    stream: true,
                }) {
                    thread::sleep(after);
                    // A piece at a time.
                    let len = (message.len() as u16).to_be_bytes();
                    for piece in [&len[..], &message].concat().chunks(1000) {
                        let _ = stream.write_all(piece);
                        let _ = stream.flush();
                    }
                }
            });
        }
    });
    (of(at), asked)
}

fn of(at: SocketAddr) -> Server {
    Server {
        address: at.ip(),
        zone: 0,
        port: at.port(),
    }
}

fn now(message: Vec<u8>) -> Vec<(Duration, Vec<u8>)> {
    vec![(Duration::ZERO, message)]
}

/// An address at which nobody listens.
fn nobody() -> Server {
    of(UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap())
}

/// An address at which somebody listens who never says anything.
fn silent() -> Server {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let at = of(socket.local_addr().unwrap());
    std::mem::forget(socket);
    at
}

fn instance(authority: u64) -> *mut Instance {
    Box::leak(Box::new(Instance {
        may_leave: 1,
        may_enter: 1,
        files: 0,
        path: StringRef { offset: 0, len: 0 },
        scope: 0,
        authority,
        quota: nanocc_shim_abi::Quota::NONE,
        handles: HandleTable {
            entries: 0,
            len: 0,
            capacity: 0,
            free: 0,
            borrows: 0,
        },
    }))
}

/// A lookup of which the test is the poll.
struct Run {
    lookup: Lookup,
    start: Instant,
    instance: *mut Instance,
    _lock: MutexGuard<'static, ()>,
}

fn run(name: &str, servers: &[Server], text: &str) -> Run {
    run_of(name, servers, text, instance(0))
}

fn run_of(name: &str, servers: &[Server], text: &str, instance: *mut Instance) -> Run {
    let lock = crate::testing::lock();
    let Ok(Asked::Name(name)) = name::parse(name.chars()) else {
        panic!("{name} is no name");
    };
    let mut lookup = Lookup::new(0, instance, name);
    lookup.config = resolv::read(&text.as_bytes(), interface);
    servers
        .iter()
        .for_each(|&server| lookup.config.add_server(server));
    // Each test would take seconds otherwise.
    lookup.config.timeout = 300_000_000;
    lookup.ask();
    Run {
        lookup,
        start: Instant::now(),
        instance,
        _lock: lock,
    }
}

impl Run {
    fn time(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    /// Waits as `poll` does.
    fn end(&mut self) -> Result<Vec<String>, ErrorCode> {
        loop {
            let time = self.time();
            self.lookup.step(time);
            if let Some(end) = self.lookup.end {
                self.lookup.close();
                // SAFETY: nobody has it otherwise.
                assert_eq!(
                    unsafe { (*self.instance).files },
                    0,
                    "a socket is left open"
                );
                let mut all: Vec<_> = self
                    .lookup
                    .addresses
                    .all()
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                all.sort();
                return end.map(|()| all);
            }
            let until = self
                .lookup
                .exchanges
                .iter()
                .filter_map(Exchange::deadline)
                .min()
                .unwrap();
            let mut polled: Vec<_> = self
                .lookup
                .exchanges
                .iter()
                .filter_map(Exchange::waits)
                .map(|(file, direction)| {
                    crate::host::transfer::interest(file.descriptor(), direction)
                })
                .collect();
            let left = until.saturating_sub(self.time());
            assert!(
                left <= self.lookup.config.timeout,
                "it would sleep too long"
            );
            let left = clock::Time {
                seconds: 0,
                nanoseconds: left as i64,
            };
            sys::poll(&mut polled, Some(&left)).unwrap();
        }
    }
}

#[test]
fn both_kinds_of_addresses_are_asked_for() {
    let (server, asked) = server("127.0.0.1", |asking| {
        assert_eq!(asking.name(), "www.x.org.");
        now(asking.all(&["10.0.0.1", "fd00::1", "10.0.0.2"]))
    });
    let all = run("WWW.x.org", &[server], "").end();
    assert_eq!(all.unwrap(), ["10.0.0.1", "10.0.0.2", "fd00::1"]);
    assert_eq!(asked.load(SeqCst), 2);
}

#[test]
fn servers_may_speak_ipv6() {
    if UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return eprintln!("no IPv6 here");
    }
    let (server, _) = server("::1", |asking| now(asking.all(&["10.0.0.1"])));
    assert_eq!(run("x.org", &[server], "").end().unwrap(), ["10.0.0.1"]);
}

#[test]
fn a_name_that_does_not_exist_and_one_without_addresses_are_unresolvable() {
    let (server, _) = server("127.0.0.1", |asking| {
        let flags = if asking.name() == "no.x.org." {
            NO_NAME
        } else {
            OK
        };
        now(asking.answer(flags, &[]))
    });
    for name in ["no.x.org", "empty.x.org"] {
        assert_eq!(
            run(name, &[server], "").end(),
            Err(ErrorCode::NameUnresolvable)
        );
    }
}

#[test]
fn the_other_family_is_enough() {
    let (server, _) = server("127.0.0.1", |asking| {
        if asking.is_v6() {
            now(asking.answer(UNAVAILABLE, &[]))
        } else {
            now(asking.all(&["10.0.0.1"]))
        }
    });
    assert_eq!(run("x.org", &[server], "").end().unwrap(), ["10.0.0.1"]);
}

#[test]
fn a_server_that_cannot_say_is_asked_again_and_then_that_is_the_answer() {
    for (flags, error) in [
        (UNAVAILABLE, ErrorCode::TemporaryResolverFailure),
        (REFUSED, ErrorCode::PermanentResolverFailure),
    ] {
        let (server, asked) = server("127.0.0.1", move |asking| now(asking.answer(flags, &[])));
        assert_eq!(
            run("x.org", &[server], "options attempts:3").end(),
            Err(error)
        );
        assert_eq!(asked.load(SeqCst), 6);
    }
}

#[test]
fn another_server_is_asked_when_one_is_dead_silent_or_useless() {
    let (good, asked) = server("127.0.0.1", |asking| now(asking.all(&["10.0.0.1"])));
    let (bad, _) = server("127.0.0.1", |asking| now(asking.answer(REFUSED, &[])));
    for (i, first) in [nobody(), silent(), bad].into_iter().enumerate() {
        let mut run = run("x.org", &[first, good], "");
        assert_eq!(run.end().unwrap(), ["10.0.0.1"]);
        assert_eq!(asked.load(SeqCst), 2 * (i + 1));
        // A dead one is known at once.
        assert!(i == 1 || run.time() < 250_000_000, "{}", run.time());
    }
}

#[test]
fn silence_is_a_temporary_failure_when_all_time_is_up() {
    let mut run = run("x.org", &[silent(), nobody()], "options attempts:2");
    assert_eq!(run.end(), Err(ErrorCode::TemporaryResolverFailure));
    assert!(
        (600_000_000..2_000_000_000).contains(&run.time()),
        "{}",
        run.time()
    );
}

#[test]
fn a_slow_answer_is_waited_for() {
    let (server, asked) = server("127.0.0.1", |asking| {
        vec![(Duration::from_millis(150), asking.all(&["10.0.0.1"]))]
    });
    assert_eq!(run("x.org", &[server], "").end().unwrap(), ["10.0.0.1"]);
    assert_eq!(asked.load(SeqCst), 2);
}

#[test]
fn an_answer_that_comes_too_late_is_nobodys() {
    // The first answers are wrong and late: their sockets are closed by then.
    let count = AtomicUsize::new(0);
    let (server, _) = server("127.0.0.1", move |asking| {
        match count.fetch_add(1, SeqCst) {
            0 | 1 => vec![(
                Duration::from_millis(400),
                asking.all(&["10.6.6.6", "fd66::6"]),
            )],
            _ => vec![(
                Duration::from_millis(200),
                asking.all(&["10.0.0.1", "fd00::1"]),
            )],
        }
    });
    assert_eq!(
        run("x.org", &[server], "").end().unwrap(),
        ["10.0.0.1", "fd00::1"]
    );
}

#[test]
fn forged_answers_are_passed_over() {
    let (server, _) = server("127.0.0.1", |asking| {
        let wrong = asking.all(&["10.6.6.6", "fd66::6"]);
        let mut all = now(vec![]);
        for id in 1..200u8 {
            let mut forged = wrong.clone();
            forged[0] ^= id;
            all.push((Duration::ZERO, forged));
        }
        let mut other_name = wrong.clone();
        other_name[13] ^= 1;
        let mut other_kind = wrong.clone();
        other_kind[asking.end() - 3] ^= 29;
        let not_an_answer = asking.message.clone();
        for forged in [other_name, other_kind, not_an_answer, wrong[..11].to_vec()] {
            all.push((Duration::ZERO, forged));
        }
        all.push((
            Duration::from_millis(20),
            asking.all(&["10.0.0.1", "fd00::1"]),
        ));
        all
    });
    assert_eq!(
        run("x.org", &[server], "").end().unwrap(),
        ["10.0.0.1", "fd00::1"]
    );
}

#[test]
fn nobody_else_can_answer() {
    let (sender, receiver): (_, Receiver<(Vec<u8>, SocketAddr)>) = channel();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let at = of(socket.local_addr().unwrap());
    thread::spawn(move || {
        let mut buffer = [0; 600];
        while let Ok((len, from)) = socket.recv_from(&mut buffer) {
            sender.send((buffer[..len].to_vec(), from)).unwrap();
            thread::sleep(Duration::from_millis(100));
            let asking = Asking {
                message: buffer[..len].to_vec(),
                stream: false,
            };
            let _ = socket.send_to(&asking.all(&["10.0.0.1", "fd00::1"]), from);
        }
    });
    thread::spawn(move || {
        // Knows everything of the question, but has another port.
        let other = UdpSocket::bind("127.0.0.1:0").unwrap();
        while let Ok((message, from)) = receiver.recv() {
            let asking = Asking {
                message,
                stream: false,
            };
            let _ = other.send_to(&asking.all(&["10.6.6.6", "fd66::6"]), from);
        }
    });
    assert_eq!(
        run("x.org", &[at], "").end().unwrap(),
        ["10.0.0.1", "fd00::1"]
    );
}

#[test]
fn ids_and_ports_differ_each_time() {
    let (sender, receiver) = channel();
    let (server, _) = server("127.0.0.1", move |asking| {
        sender.send([asking.message[0], asking.message[1]]).unwrap();
        now(asking.answer(UNAVAILABLE, &[]))
    });
    for _ in 0..8 {
        let _ = run("x.org", &[server], "options attempts:5").end();
    }
    let ids: std::collections::HashSet<_> = receiver.try_iter().collect();
    // Of 80 random ids two are the same once in 20 times; of as many, five hardly ever.
    assert!(ids.len() > 75, "{}", ids.len());
}

#[test]
fn what_does_not_fit_comes_by_a_stream() {
    let many: Vec<String> = (1..=100).map(|i| format!("10.0.0.{i}")).collect();
    let (server, asked) = server("127.0.0.1", move |asking| {
        let all: Vec<_> = many.iter().map(String::as_str).collect();
        if asking.stream {
            now(asking.all(&all))
        } else {
            now(asking.answer(TRUNCATED, &[]))
        }
    });
    for _ in 0..3 {
        let all = run("x.org", &[server], "").end().unwrap();
        assert_eq!(all.len(), 48);
        assert!(all.contains(&"10.0.0.48".to_string()));
    }
    assert_eq!(asked.load(SeqCst), 12);
    // From the start, if the file says so.
    assert_eq!(
        run("x.org", &[server], "options use-vc")
            .end()
            .unwrap()
            .len(),
        48
    );
    assert_eq!(asked.load(SeqCst), 14);
}

#[test]
fn a_stream_that_fails_is_the_servers_failure() {
    // Says nothing; says nothing after a length; says something else; ends.
    for how in 0..4 {
        let (bad, _) = server("127.0.0.1", move |asking| match (asking.stream, how) {
            (false, _) => now(asking.answer(TRUNCATED, &[])),
            (true, 0) => vec![(Duration::from_secs(2), vec![])],
            (true, 1) => now(vec![]),
            (true, 2) => now(b"\0\0\x81\x80\0\x01\0\0\0\0\0\0".to_vec()),
            (true, _) => vec![],
        });
        let (good, _) = server("127.0.0.1", |asking| now(asking.all(&["10.0.0.1"])));
        assert_eq!(
            run("x.org", &[bad, good], "").end().unwrap(),
            ["10.0.0.1"],
            "{how}"
        );
    }
    // Nobody listens for streams.
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let bad = of(socket.local_addr().unwrap());
    thread::spawn(move || {
        let mut buffer = [0; 600];
        while let Ok((len, from)) = socket.recv_from(&mut buffer) {
            let asking = Asking {
                message: buffer[..len].to_vec(),
                stream: false,
            };
            let _ = socket.send_to(&asking.answer(TRUNCATED, &[]), from);
        }
    });
    assert_eq!(
        run("x.org", &[bad], "").end(),
        Err(ErrorCode::TemporaryResolverFailure)
    );
}

#[test]
fn a_hostile_answer_is_useless() {
    let (server, asked) = server("127.0.0.1", |asking| {
        let mut loops = asking.answer(OK, &["10.0.0.1".parse().unwrap()]);
        let at = asking.end();
        loops[at] = 0xc0;
        loops[at + 1] = at as u8;
        now(loops)
    });
    assert_eq!(
        run("x.org", &[server], "").end(),
        Err(ErrorCode::PermanentResolverFailure)
    );
    assert_eq!(asked.load(SeqCst), 4);
}

#[test]
fn servers_that_do_not_know_extensions_are_asked_without() {
    let (server, asked) = server("127.0.0.1", |asking| {
        now(if asking.is_extended() {
            asking.answer(0x8181, &[])
        } else {
            asking.all(&["10.0.0.1"])
        })
    });
    assert_eq!(
        run("x.org", &[server], "options edns0").end().unwrap(),
        ["10.0.0.1"]
    );
    assert_eq!(asked.load(SeqCst), 4);
    assert_eq!(
        run("x.org", &[server], "options edns0 no-aaaa")
            .end()
            .unwrap(),
        ["10.0.0.1"]
    );
    assert_eq!(asked.load(SeqCst), 6);
}

/// What names are asked for, in which order, when none exists.
fn tried(name: &str, text: &str) -> Vec<String> {
    let (sender, receiver) = channel();
    let (server, _) = server("127.0.0.1", move |asking| {
        if !asking.is_v6() {
            sender.send(asking.name()).unwrap();
        }
        now(asking.answer(NO_NAME, &[]))
    });
    assert_eq!(
        run(name, &[server], text).end(),
        Err(ErrorCode::NameUnresolvable)
    );
    receiver.try_iter().collect()
}

#[test]
fn names_are_tried_within_the_domains_of_the_file() {
    let text = "search a.net b.net.\n";
    assert_eq!(tried("x", text), ["x.a.net.", "x.b.net.", "x."]);
    assert_eq!(tried("x.y", text), ["x.y.", "x.y.a.net.", "x.y.b.net."]);
    assert_eq!(tried("x.", text), ["x."]);
    assert_eq!(
        tried("x.y", &format!("{text}options ndots:2")),
        ["x.y.a.net.", "x.y.b.net.", "x.y."]
    );
    assert_eq!(tried("x", ""), ["x."]);
    // One that would be too long is left out.
    let long = [
        "x".repeat(63),
        "y".repeat(63),
        "z".repeat(63),
        "w".repeat(55),
    ]
    .join(".");
    assert_eq!(
        tried(&long, "search longer.net b.net"),
        [format!("{long}."), format!("{long}.b.net.")]
    );
}

#[test]
fn the_first_name_that_has_addresses_counts() {
    let (server, _) = server("127.0.0.1", |asking| match asking.name().as_str() {
        "x.a.net." => now(asking.answer(OK, &[])),
        "x.b.net." => now(asking.all(&["10.0.0.2"])),
        name => panic!("{name}"),
    });
    assert_eq!(
        run("x", &[server], "search a.net b.net c.net")
            .end()
            .unwrap(),
        ["10.0.0.2"]
    );
}

#[test]
fn a_name_is_not_looked_for_elsewhere_if_nobody_can_say() {
    let (server, _) = server("127.0.0.1", |asking| match asking.name().as_str() {
        "x.a.net." => now(asking.answer(UNAVAILABLE, &[])),
        name => panic!("{name}"),
    });
    assert_eq!(
        run("x", &[server], "search a.net b.net").end(),
        Err(ErrorCode::TemporaryResolverFailure)
    );
}

#[test]
fn sockets_count_as_the_instances_files() {
    let authority = Box::leak(Box::new(AUTHORITY));
    let limited = instance((&raw const *authority).expose_provenance() as u64);
    // SAFETY: the test's own.
    unsafe { (*limited).quota.files = 1 };
    let (server, _) = server("127.0.0.1", |asking| {
        vec![(Duration::from_millis(50), asking.all(&["10.0.0.1"]))]
    });
    // IPv4's addresses are found, and IPv6's can't be asked for.
    assert_eq!(
        run_of("x.org", &[server], "", limited).end().unwrap(),
        ["10.0.0.1"]
    );
    // SAFETY: the test's own.
    unsafe { (*limited).files = 1 };
    let mut run = run_of("x.org", &[server], "", limited);
    run.lookup.step(0);
    assert_eq!(run.lookup.end, Some(Err(ErrorCode::NewSocketLimit)));
}

const NONE: List = List {
    address: 0,
    count: 0,
};
const AUTHORITY: Authority = Authority {
    environment: NONE,
    directories: NONE,
    rules: NONE,
    names: NONE,
    inherits_environment: 0,
    reserved: 0,
};

#[test]
fn hosts_come_first_and_localhost_is_here() {
    let begin = |name: &str, hosts: &str| {
        let Ok(Asked::Name(name)) = name::parse(name.chars()) else {
            panic!("{name}")
        };
        let _lock = crate::testing::lock();
        let mut lookup = Lookup::new(0, instance(0), name);
        lookup.begin(&hosts.as_bytes(), &&b""[..]);
        let mut all: Vec<_> = lookup
            .addresses
            .all()
            .iter()
            .map(ToString::to_string)
            .collect();
        all.sort();
        (lookup.end, all)
    };
    let found = |all: &[&str]| (Some(Ok(())), all.iter().map(ToString::to_string).collect());
    assert_eq!(begin("DB.", "10.0.0.1 db"), found(&["10.0.0.1"]));
    assert_eq!(
        begin("localhost", "10.0.0.1 localhost"),
        found(&["10.0.0.1"])
    );
    assert_eq!(begin("localhost", ""), found(&["127.0.0.1", "::1"]));
    assert_eq!(begin("a.localhost.", ""), found(&["127.0.0.1", "::1"]));
    assert_eq!(begin("notlocalhost", ""), (None, vec![]));
}

#[test]
fn names_may_be_looked_up_that_are_granted_or_may_be_connected_to() {
    use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};

    const STRINGS: &[u8] = b"*.x.orgpeer.netlisten.net";
    // The program's strings are at most 4 GiB from their start, which is 1 in tests.
    let low = std::ptr::with_exposed_provenance_mut(0x3000_0000);
    // SAFETY: nothing that is there is replaced.
    let page = unsafe {
        mmap_anonymous(
            low,
            4096,
            ProtFlags::READ | ProtFlags::WRITE,
            MapFlags::PRIVATE | MapFlags::FIXED_NOREPLACE,
        )
    }
    .unwrap();
    // SAFETY: mapped just now.
    unsafe { page.cast::<u8>().copy_from(STRINGS.as_ptr(), STRINGS.len()) };
    let text = |text: &str| {
        let at = STRINGS
            .windows(text.len())
            .position(|window| window == text.as_bytes())
            .unwrap();
        let offset = (page.expose_provenance() + at) as u64 - crate::program::info().strings;
        StringRef {
            offset: offset as u32,
            len: text.len() as u32,
        }
    };
    fn of<T>(all: Vec<T>) -> List {
        let all = Vec::leak(all);
        List {
            address: all.as_ptr().expose_provenance() as u64,
            count: all.len() as u64,
        }
    }
    let rule = |what: u16, family: u16, name: StringRef| NetworkRule {
        kind: what,
        family,
        prefix: 0,
        ports: [80, 80],
        reserved: 0,
        address: [0; 16],
        name,
        parameter: nanocc_shim_abi::NO_PARAMETER,
    };
    let mut authority = AUTHORITY;
    authority.names = of(vec![text("*.x.org")]);
    authority.rules = of(vec![
        rule(kind::TCP_LISTEN, kind::NAME, text("listen.net")),
        rule(
            kind::UDP_CONNECT,
            kind::ANY,
            StringRef { offset: 0, len: 0 },
        ),
        rule(kind::TCP_CONNECT, kind::NAME, text("peer.net")),
    ]);
    let permits = |name: &str| match name::parse(name.chars()) {
        Ok(Asked::Name(name)) => super::permits(&authority, &name),
        _ => panic!("{name}"),
    };
    for name in ["a.x.org", "A.X.ORG.", "b.a.x.org", "peer.net", "Peer.Net."] {
        assert!(permits(name), "{name}");
    }
    for name in [
        "x.org",
        "ax.org",
        "listen.net",
        "a.peer.net",
        "y.org",
        "a.x.org.y",
        "peer",
    ] {
        assert!(!permits(name), "{name}");
    }
}

#[test]
fn interfaces_are_found_by_their_names() {
    assert_eq!(interface(b"lo"), Some(1));
    assert_eq!(interface(b"no such one"), None);
    assert_eq!(interface(b"a name that is longer than one may be"), None);
}
