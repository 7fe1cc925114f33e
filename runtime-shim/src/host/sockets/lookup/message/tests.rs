use super::*;
use proptest::prelude::*;
use std::net::IpAddr;

fn name(text: &str) -> WireName {
    WireName::new(text.as_bytes(), b"").unwrap()
}

/// A message under construction.
#[derive(Clone)]
struct Message(Vec<u8>);

impl Message {
    /// The answer to a question, without its records.
    fn to(query: &Query, flags: u16, answers: u16) -> Message {
        let mut bytes = query.datagram().to_vec();
        bytes[2..4].copy_from_slice(&flags.to_be_bytes());
        bytes[6..8].copy_from_slice(&answers.to_be_bytes());
        Message(bytes)
    }

    fn record(mut self, owner: &[u8], kind: u16, data: &[u8]) -> Message {
        self.0.extend(owner);
        self.0.extend(kind.to_be_bytes());
        self.0.extend([0, 1, 0, 0, 0, 60]);
        self.0.extend((data.len() as u16).to_be_bytes());
        self.0.extend(data);
        self
    }

    fn read(&self, id: u16, wanted: &str, kind: Kind) -> (Answer, Vec<IpAddr>) {
        let mut addresses = Addresses::EMPTY;
        let answer = read(&self.0, id, &name(wanted), kind, &mut addresses);
        (answer, addresses.all().to_vec())
    }
}

const OK: u16 = 0x8180;
/// A pointer to the question's name.
const ASKED: [u8; 2] = [0xc0, 12];

fn query(extended: bool) -> Query {
    Query::new(7, &name("www.x.org"), Kind::V4, extended)
}

fn v4(text: &str) -> Vec<IpAddr> {
    vec![text.parse().unwrap()]
}

#[test]
fn a_question_is_as_the_rfc_has_it() {
    let wanted = b"\0\x07\x01\0\0\x01\0\0\0\0\0\0\x03www\x01x\x03org\0\0\x01\0\x01";
    assert_eq!(query(false).datagram(), wanted);
    assert_eq!(query(false).stream()[..2], [0, wanted.len() as u8]);
    assert_eq!(&query(false).stream()[2..], wanted);
    let extended = query(true);
    assert_eq!(extended.datagram()[10..12], [0, 1]);
    assert_eq!(
        &extended.datagram()[wanted.len()..],
        b"\0\0\x29\x04\xd0\0\0\0\0\0\0"
    );
    let longest = [
        "x".repeat(63),
        "y".repeat(63),
        "z".repeat(63),
        "w".repeat(61),
    ]
    .join(".");
    let longest = Query::new(7, &name(&longest), Kind::V6, true);
    assert_eq!(longest.stream().len(), QUERY);
}

#[test]
fn names_have_their_limits() {
    let new = |name: &str, domain: &str| {
        WireName::new(name.as_bytes(), domain.as_bytes()).map(|wire| wire.bytes().to_vec())
    };
    assert_eq!(new("a", "b.c").unwrap(), b"\x01a\x01b\x01c\0");
    assert_eq!(new("a", ".").unwrap(), b"\x01a\0");
    assert_eq!(new("a", "b.").unwrap(), b"\x01a\x01b\0");
    assert_eq!(new("a", "b..c"), None);
    assert_eq!(new(&"x".repeat(64), ""), None);
    assert_eq!(
        new(
            &["x".repeat(60), "y".repeat(60), "z".repeat(60)].join("."),
            &"w".repeat(63)
        )
        .map(|_| ()),
        Some(())
    );
    assert_eq!(
        new(
            &["x".repeat(63), "y".repeat(63), "z".repeat(63)].join("."),
            &"w".repeat(62)
        ),
        None
    );
}

#[test]
fn addresses_are_those_of_the_name_and_of_what_it_is_an_alias_for() {
    let message = Message::to(&query(false), OK, 4)
        .record(&ASKED, 5, b"\x03CDN\xc0\x10")
        .record(b"\x05other\0", 1, &[10, 0, 0, 9])
        .record(b"\x03cdn\x01X\x03org\0", 1, &[10, 0, 0, 1])
        .record(b"\x03cdn\xc0\x10", 1, &[10, 0, 0, 2]);
    let (answer, addresses) = message.read(7, "WWW.x.org", Kind::V4);
    assert_eq!(answer, Answer::Found);
    assert_eq!(addresses, [v4("10.0.0.1"), v4("10.0.0.2")].concat());
    // The name's own, once it is an alias, isn't the alias's.
    let message = Message::to(&query(false), OK, 2)
        .record(&ASKED, 5, b"\x03cdn\xc0\x10")
        .record(&ASKED, 1, &[10, 0, 0, 2]);
    assert_eq!(
        message.read(7, "www.x.org", Kind::V4),
        (Answer::Found, vec![])
    );
}

#[test]
fn an_alias_of_itself_ends() {
    let mut message = Message::to(&query(false), OK, 1000);
    for _ in 0..1000 {
        message = message.record(&ASKED, 5, &ASKED);
    }
    assert_eq!(
        message.read(7, "www.x.org", Kind::V4),
        (Answer::Found, vec![])
    );
}

#[test]
fn other_messages_are_no_answers() {
    let good = Message::to(&query(false), OK, 1).record(&ASKED, 1, &[10, 0, 0, 1]);
    assert_eq!(
        good.read(7, "www.x.org", Kind::V4),
        (Answer::Found, v4("10.0.0.1"))
    );
    assert_eq!(good.read(8, "www.x.org", Kind::V4).0, Answer::Other);
    assert_eq!(good.read(7, "www.y.org", Kind::V4).0, Answer::Other);
    assert_eq!(good.read(7, "www.x.org.z", Kind::V4).0, Answer::Other);
    assert_eq!(good.read(7, "www.x.org", Kind::V6).0, Answer::Other);
    assert_eq!(
        Message(query(false).datagram().to_vec())
            .read(7, "www.x.org", Kind::V4)
            .0,
        Answer::Other
    );
    let with = |at: usize, byte: u8| {
        let mut other = good.clone();
        other.0[at] = byte;
        other.read(7, "www.x.org", Kind::V4).0
    };
    // Another operation; another class; no question, two questions.
    assert_eq!(with(2, 0x89), Answer::Other);
    assert_eq!(with(26, 3), Answer::Other);
    assert_eq!(with(5, 0), Answer::Other);
    assert_eq!(with(5, 2), Answer::Other);
}

#[test]
fn codes_say_what_they_say() {
    let code = |flags: u16| {
        Message::to(&query(false), flags, 0)
            .read(7, "www.x.org", Kind::V4)
            .0
    };
    assert_eq!(code(0x8180), Answer::Found);
    assert_eq!(code(0x8380), Answer::Truncated);
    assert_eq!(code(0x8181), Answer::Misunderstood);
    assert_eq!(code(0x8182), Answer::Unavailable);
    assert_eq!(code(0x8183), Answer::NoName);
    assert_eq!(code(0x8184), Answer::Misunderstood);
    assert_eq!(code(0x8185), Answer::Useless);
    // Without the question.
    let bare = Message(b"\0\x07\x81\x81\0\0\0\0\0\0\0\0".to_vec());
    assert_eq!(bare.read(7, "www.x.org", Kind::V4).0, Answer::Misunderstood);
}

#[test]
fn what_cannot_be_read_gives_no_addresses() {
    let begin = |answers| Message::to(&query(false), OK, answers).record(&ASKED, 1, &[10, 0, 0, 1]);
    let useless = (Answer::Useless, vec![]);
    // A record is missing, or cut off.
    assert_eq!(begin(2).read(7, "www.x.org", Kind::V4), useless);
    let mut cut = begin(1);
    cut.0.pop();
    assert_eq!(cut.read(7, "www.x.org", Kind::V4), useless);
    // An address of five bytes; pointers to themselves, to each other, forwards; a label of an unknown kind.
    assert_eq!(
        begin(2)
            .record(&ASKED, 1, &[10, 0, 0, 1, 2])
            .read(7, "www.x.org", Kind::V4),
        useless
    );
    let at = begin(2).0.len() as u8;
    for owner in [
        &[0xc0, at][..],
        &[0xc0, at + 2],
        &[1, b'a', 0xc0, at],
        &[0x40],
        &[0x80, 12],
        &[0xc0, at + 2, 0xc0, at],
        &[0xff, 0xff],
    ] {
        assert_eq!(
            begin(2)
                .record(owner, 1, &[10, 0, 0, 2])
                .read(7, "www.x.org", Kind::V4),
            useless,
            "{owner:?}"
        );
    }
    // A name that is too long by pointers.
    let label = [&[63][..], &[b'x'; 63]].concat();
    let long = [&label[..], &label, &label, &label, &ASKED].concat();
    assert_eq!(
        begin(2)
            .record(&long, 1, &[10, 0, 0, 2])
            .read(7, "www.x.org", Kind::V4),
        useless
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever comes, reading it ends, and gives addresses with `Found` alone.
    #[test]
    fn hostile_messages(
        flags in prop_oneof![Just(OK), any::<u16>()],
        counts in any::<[u8; 6]>(),
        rest in prop::collection::vec(prop_oneof![Just(0xc0u8), Just(12), Just(0), Just(1), Just(5), any::<u8>()], 0..600),
    ) {
        let mut message = Message::to(&query(false), flags, u16::from(counts[0]));
        message.0.extend(rest);
        let (answer, addresses) = message.read(7, "www.x.org", Kind::V4);
        prop_assert!(addresses.is_empty() || answer == Answer::Found);
    }

    #[test]
    fn hostile_bytes(bytes in prop::collection::vec(any::<u8>(), 0..100), id in any::<u16>()) {
        let mut bytes = bytes;
        if bytes.len() > 4 {
            bytes[..2].copy_from_slice(&id.to_be_bytes());
            bytes[2] |= 0x80;
        }
        let _ = Message(bytes).read(id, "www.x.org", Kind::V6);
    }

    /// One bit, anywhere, that is otherwise: never another owner's address.
    #[test]
    fn flipped_bits(at in 0usize..200, bit in 0u8..8) {
        let mut message = Message::to(&query(false), OK, 2)
            .record(&ASKED, 5, b"\x03cdn\xc0\x10")
            .record(b"\x03cdn\xc0\x10", 1, &[10, 0, 0, 1]);
        let len = message.0.len();
        message.0[at % len] ^= 1 << bit;
        let (answer, addresses) = message.read(7, "www.x.org", Kind::V4);
        prop_assert!(addresses.is_empty() || answer == Answer::Found && addresses.len() == 1);
    }
}
