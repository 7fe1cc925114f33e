//! `wasi:sockets/ip-name-lookup`: the addresses of a name.
//!
//! # Where they come from
//!
//! A literal address is its own ([`name`]). A name is looked for in `/etc/hosts` ([`hosts`]), and if it isn't there and isn't `localhost`, the
//! servers of `/etc/resolv.conf` ([`resolv`]) are asked for both kinds of addresses at the same time ([`exchange`], [`message`]): of the name as it
//! is and of the name within the domains that the file lists, until one of these has addresses. They are put in the order in which to
//! connect to them ([`addresses`]). Neither `nsswitch.conf` nor a name service daemon has a say.
//!
//! Both files are opened before the program begins, since it may not open any later, and read anew for each lookup. So a change of the
//! file is seen, and a new file in its place isn't.
//!
//! # Who may look up what
//!
//! The network that a lookup is made with carries the names that its owner was granted ([`Authority::names`]), and those that it may connect to: of these,
//! the lookup teaches the rules the addresses that it found. The name that counts is the one that is asked for, not what the
//! list of domains or an alias makes of it: these are the system's and the name's owner's to say. A literal address
//! tells nothing, so any network will do that isn't the one which leads nowhere.
//!
//! # Waiting
//!
//! `resolve-addresses` sends the questions and returns. A lookup goes on when it is polled ([`OTHER`]), or when the next address is asked for; a
//! pollable of it is ready once the answer is there.

mod addresses;
mod exchange;
mod hosts;
mod message;
mod name;
mod resolv;
mod words;

use core::cell::Cell;
use core::mem::MaybeUninit;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nanocc_shim_abi::{Authority, Instance, NetworkRule, StringRef, network as kind};
use rustix::io::Errno;

use crate::bindings::io::poll::Pollable;
use crate::bindings::sockets::ip_name_lookup::ResolveAddressStream;
use crate::bindings::sockets::network::{ErrorCode, IpAddress, Network};
use crate::checks::denied;
use crate::clock;
use crate::guest::{Borrow, Cx, GuestStr, Own};
use crate::host::io::poll::{self, Event, Other, Waits};
use crate::host::slots::Slots;
use crate::program::{address, list, string};
use crate::sys::{self, SingleThread};

use addresses::Addresses;
use exchange::{Context, Exchange, Outcome};
use message::{Kind, WireName};
use name::{Asked, Name, Refused};
use resolv::Config;
use words::Bytes;

/// A lookup.
#[derive(Clone, Copy)]
struct Lookup {
    /// The stream, and pollables.
    users: u32,
    /// Address of the authority that it was made with, or 0.
    authority: u32,
    /// Address of the instance that made it.
    instance: usize,
    name: Name,
    config: Config,
    /// How many names were tried before [`Lookup::question`].
    tried: u8,
    question: WireName,
    exchanges: [Exchange; 2],
    addresses: Addresses,
    /// How many of them were given out.
    given: u8,
    /// Whether it has ended, and how.
    end: Option<Result<(), ErrorCode>>,
}

/// All lookups; a representation is an index.
static LOOKUPS: SingleThread<Slots<Option<Lookup>, 0>> = SingleThread(Slots::new(None));

/// `/etc/hosts`, or -1.
static HOSTS: SingleThread<Cell<i32>> = SingleThread(Cell::new(-1));
/// `/etc/resolv.conf`, or -1.
static RESOLV: SingleThread<Cell<i32>> = SingleThread(Cell::new(-1));

/// `nanocc_shim_abi::prepare::NAMES`. What isn't there is as if it were empty.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn nanocc_prepare_names() {
    use linux_raw_sys::general::{AT_FDCWD, O_CLOEXEC, O_NOCTTY, O_NONBLOCK, O_RDONLY};

    let flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    for (cell, path) in [(&HOSTS, c"/etc/hosts"), (&RESOLV, c"/etc/resolv.conf")] {
        let at = AT_FDCWD as isize as usize;
        // SAFETY: the path is a C string.
        let opened = unsafe { sys::start::openat(at, path.as_ptr().addr(), flags as usize, 0) };
        cell.0
            .set(sys::check(opened).map_or(-1, |descriptor| descriptor as i32));
    }
}

/// An open file, or none.
struct OpenFile(i32);

impl Bytes for OpenFile {
    fn read(&self, offset: u64, into: &mut [MaybeUninit<u8>]) -> usize {
        if self.0 < 0 {
            return 0;
        }
        loop {
            match sys::files::pread(self.0, into, offset) {
                Err(Errno::INTR) => {}
                result => return result.unwrap_or(0),
            }
        }
    }
}

/// The number of an interface.
fn interface(name: &[u8]) -> Option<u32> {
    // `struct ifreq`: the name with a zero byte after it, then a union of which this is the number.
    let mut request = [0u32; 10];
    if name.len() > 15 {
        return None;
    }
    for (i, &byte) in name.iter().enumerate() {
        request[i / 4] |= u32::from(byte).to_le() << (8 * (i % 4));
    }
    // SAFETY: no memory is touched.
    let socket = unsafe { sys::call::socket_datagram(linux_raw_sys::net::AF_INET as usize) };
    let socket = sys::check(socket).ok()?;
    let at = request.as_mut_ptr().addr();
    // SAFETY: the kernel reads and writes an `ifreq`, which has 40 bytes.
    let result = sys::check(unsafe { sys::call::ioctl_siocgifindex(socket, at) });
    sys::close(socket as i32);
    // The kernel wrote to it.
    result.ok().map(|_| core::hint::black_box(request)[4])
}

impl Lookup {
    fn new(authority: u32, instance: *mut Instance, name: Name) -> Lookup {
        Lookup {
            users: 1,
            authority,
            instance: instance.expose_provenance(),
            name,
            config: Config::DEFAULT,
            tried: 0,
            question: WireName::ROOT,
            exchanges: [Exchange::ended(); 2],
            addresses: Addresses::EMPTY,
            given: 0,
            end: None,
        }
    }

    /// Looks at the files, and begins to ask if the name isn't there.
    fn begin(&mut self, hosts: &impl Bytes, resolv: &impl Bytes) {
        hosts::find(hosts, self.name.text(), &mut self.addresses);
        if self.addresses.all().is_empty() && self.name.is_localhost() {
            self.addresses.push(Ipv6Addr::LOCALHOST.into());
            self.addresses.push(Ipv4Addr::LOCALHOST.into());
        }
        if !self.addresses.all().is_empty() {
            return self.found();
        }
        self.config = resolv::read(resolv, interface);
        self.ask();
    }

    /// The domain within which the name is tried next, of which an empty one stands for the name as it is.
    fn domain(&self) -> Option<&[u8]> {
        let count = match self.name.complete {
            true => 0,
            false => self.config.domains().count(),
        };
        let alone = match self.name.dots() >= usize::from(self.config.dots) {
            true => 0,
            false => count,
        };
        let tried = usize::from(self.tried);
        if tried == alone {
            return Some(b"");
        }
        if tried > count {
            return None;
        }
        self.config
            .domains()
            .nth(if alone == 0 { tried - 1 } else { tried })
    }

    /// Begins to ask for the next name, if there is one.
    fn ask(&mut self) {
        while let Some(domain) = self.domain() {
            let question = WireName::new(self.name.text(), domain);
            self.tried += 1;
            if let Some(question) = question {
                self.question = question;
                self.exchanges[0] = Exchange::new(Kind::V4, &self.config);
                self.exchanges[1] = match self.config.only_v4 {
                    true => Exchange::ended(),
                    false => Exchange::new(Kind::V6, &self.config),
                };
                return;
            }
        }
        self.end = Some(Err(ErrorCode::NameUnresolvable));
    }

    /// There are addresses.
    fn found(&mut self) {
        self.addresses.sort(exchange::reachable);
        super::rules::learn(self.authority, self.name.text(), self.addresses.all());
        self.end = Some(Ok(()));
    }

    /// Goes as far as it can now.
    fn step(&mut self, now: u64) {
        while self.end.is_none() {
            let context = Context {
                config: &self.config,
                name: &self.question,
                instance: address(self.instance as u64).cast(),
                now,
            };
            for exchange in &mut self.exchanges {
                exchange.step(&context, &mut self.addresses);
            }
            let [Some(a), Some(b)] = self.exchanges.map(|exchange| exchange.outcome()) else {
                return;
            };
            match (a, b) {
                _ if !self.addresses.all().is_empty() => self.found(),
                // Not the next name: with a server that is well again, this one might have addresses.
                (Outcome::Failed(error), _) | (_, Outcome::Failed(error)) => {
                    self.end = Some(Err(error));
                }
                _ => self.ask(),
            }
        }
    }

    fn close(&mut self) {
        self.exchanges.iter_mut().for_each(Exchange::close);
    }
}

/// Whether the name may be looked up.
fn permits(authority: &Authority, name: &Name) -> bool {
    let matches = |pattern: StringRef| name::matches(string(pattern), name.text());
    // SAFETY: that is what the compiler lists; rules change only before the program begins.
    let (names, rules) = unsafe {
        (
            list::<StringRef>(authority.names),
            list::<NetworkRule>(authority.rules),
        )
    };
    names.iter().any(|&pattern| matches(pattern))
        || rules.iter().any(|rule| {
            let connects = rule.kind == kind::TCP_CONNECT || rule.kind == kind::UDP_CONNECT;
            connects && rule.family == kind::NAME && matches(rule.name)
        })
}

/// `resolve-addresses`.
pub fn resolve_addresses(
    cx: &mut Cx,
    network: Borrow<Network>,
    name: GuestStr,
) -> Result<Own<ResolveAddressStream>, ErrorCode> {
    let authority = network.rep();
    // SAFETY: it is 0 or the address of an `Authority`, read-only data of the program.
    let names =
        (authority != 0).then(|| unsafe { &*address(authority.into()).cast::<Authority>() });
    if denied(names.is_none()) {
        return Err(ErrorCode::AccessDenied);
    }
    let asked = name::parse(name.chars(cx)).map_err(|refused| match refused {
        Refused::Syntax => ErrorCode::InvalidArgument,
        Refused::Alphabet => ErrorCode::NotSupported,
    })?;
    let mut lookup = Lookup::new(authority, cx.instance(), Name::EMPTY);
    match asked {
        Asked::Address(literal) => {
            lookup.addresses.push(literal);
            lookup.end = Some(Ok(()));
        }
        Asked::Name(name) => {
            if denied(!names.is_some_and(|names| permits(names, &name))) {
                return Err(ErrorCode::AccessDenied);
            }
            lookup.name = name;
            lookup.begin(&OpenFile(HOSTS.0.get()), &OpenFile(RESOLV.0.get()));
            if lookup.end.is_none() {
                lookup.step(clock::monotonic());
            }
        }
    }
    // How it ends, the stream says: otherwise it would depend on the server's speed where a failure is found.
    Ok(Own::new(LOOKUPS.0.insert(Some(lookup))))
}

/// As where the system forbids it.
pub mod denied {
    use crate::bindings::sockets::ip_name_lookup::ResolveAddressStream;
    use crate::bindings::sockets::network::{ErrorCode, Network};
    use crate::guest::{Borrow, Cx, GuestStr, Own};

    /// `resolve-addresses`. Denied whatever the name, an address included.
    pub fn resolve_addresses(
        _: &mut Cx,
        _network: Borrow<Network>,
        _name: GuestStr,
    ) -> Result<Own<ResolveAddressStream>, ErrorCode> {
        Err(ErrorCode::AccessDenied)
    }
}

/// Changes a lookup.
fn change<T>(index: u32, change: impl FnOnce(&mut Lookup) -> T) -> T {
    let mut state = LOOKUPS.0.get(index);
    let Some(lookup) = &mut state else {
        crate::trap::internal_error("a lookup that isn't there");
    };
    let result = change(lookup);
    LOOKUPS.0.set(index, state);
    result
}

/// `resolve-next-address`.
pub fn resolve_address_stream_resolve_next_address(
    _: &mut Cx,
    self_: Borrow<ResolveAddressStream>,
) -> Result<Option<IpAddress>, ErrorCode> {
    advance(self_.rep());
    change(self_.rep(), |lookup| {
        lookup.end.unwrap_or(Err(ErrorCode::WouldBlock))?;
        let next = lookup
            .addresses
            .all()
            .get(usize::from(lookup.given))
            .copied();
        lookup.given += u8::from(next.is_some());
        Ok(next.map(|address| match address {
            IpAddr::V4(v4) => IpAddress::Ipv4(v4.octets().into()),
            IpAddr::V6(v6) => IpAddress::Ipv6(v6.segments().into()),
        }))
    })
}

/// `subscribe`.
pub fn resolve_address_stream_subscribe(
    _: &mut Cx,
    self_: Borrow<ResolveAddressStream>,
) -> Own<Pollable> {
    poll::pollable(Event::Other(&OTHER, self_.rep()))
}

/// The end of a stream of addresses.
pub fn drop_resolve_address_stream(_: &mut Cx, stream: Own<ResolveAddressStream>) {
    release(stream.rep());
}

/// A lookup as what is waited for.
static OTHER: Other = Other {
    waits: |index| {
        change(index, |lookup| Waits {
            now: lookup.end.is_some(),
            files: lookup.exchanges.each_ref().map(Exchange::waits),
            time: lookup.exchanges.iter().filter_map(Exchange::deadline).min(),
        })
    },
    advance,
    retain: |index| change(index, |lookup| lookup.users += 1),
    release,
};

/// Goes as far as it can now: whether that is the end.
fn advance(index: u32) -> bool {
    change(index, |lookup| {
        if lookup.end.is_none() {
            lookup.step(clock::monotonic());
        }
        lookup.end.is_some()
    })
}

/// The end of one use.
fn release(index: u32) {
    let last = change(index, |lookup| {
        lookup.users -= 1;
        if lookup.users == 0 {
            lookup.close();
        }
        lookup.users == 0
    });
    if last {
        LOOKUPS.0.set(index, None);
        LOOKUPS.0.remove(index);
    }
}

#[cfg(test)]
mod tests;
