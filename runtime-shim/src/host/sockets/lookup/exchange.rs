//! One question and its answer: asking servers in turn until one of them knows.
//!
//! # The problem
//!
//! Whoever can send packets to this machine can send wrong answers; servers are slow, or gone, or say that the
//! answer doesn't fit. And nothing here may block: an exchange is a state, and [`Exchange::step`] takes it as far as it goes now.
//!
//! # What is believed
//!
//! Each time that a question is sent, it is sent from a socket of its own, to which the kernel gives a random port and which is connected to
//! the server, so that the kernel drops what comes from anywhere else; and with a random number. An answer has both of these, and repeats the
//! question. Anything else is passed over, and the time goes on running.
//!
//! ```text
//!   ask ──> Datagram ──answer──────────────────────────> Done
//!    ^        │  │ too long           ┌────answer────────^
//!    │        │  └────────> Stream ───┤
//!    └────────┴──── time is up, or an error: the next server
//! ```

use core::mem::MaybeUninit;
use core::net::IpAddr;

use linux_raw_sys::net::{AF_INET, AF_INET6, sockaddr_in6};
use nanocc_shim_abi::Instance;
use rustix::io::Errno;

use super::addresses::Addresses;
use super::message::{self, Answer, EXTENDED_DATAGRAM, Kind, Query, WireName};
use super::resolv::{Config, Server};
use crate::bindings::sockets::network::ErrorCode;
use crate::host::open::{self, File};
use crate::host::random;
use crate::host::slots::Slots;
use crate::host::sockets::kernel;
use crate::host::transfer::Direction;
use crate::memory;
use crate::sys::{self, SingleThread};

/// How many messages are looked at in one step. Somebody may send them as fast as they are read.
const STEPS: usize = 64;

/// What the exchanges of a lookup have in common.
pub struct Context<'c> {
    /// Servers and times.
    pub config: &'c Config,
    /// The name that is asked for.
    pub name: &'c WireName,
    /// Whose files the sockets are.
    pub instance: *mut Instance,
    /// The time, in nanoseconds.
    pub now: u64,
}

/// How an exchange has ended.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Outcome {
    /// The name exists; its addresses were added, if it has any.
    Found,
    /// There is no such name.
    NoName,
    /// Nobody could say.
    Failed(ErrorCode),
}

#[derive(Clone, Copy)]
enum State {
    /// The next server is to be asked.
    Ask,
    /// A datagram was sent.
    Datagram(File),
    /// A stream to the server, and the block that its answer goes to.
    Stream {
        file: File,
        block: u32,
        /// Bytes that were sent, or received if all are sent.
        done: u32,
        sent: bool,
    },
    /// The end.
    Done(Outcome),
}

/// A question on its way.
#[derive(Clone, Copy)]
pub struct Exchange {
    kind: Kind,
    state: State,
    id: u16,
    /// How many times a server was asked, or was to be.
    turn: u8,
    /// The question says how long an answer may be. Servers that don't understand are asked without that.
    extended: bool,
    /// When it goes on in any case.
    deadline: u64,
    /// A server may know later what it didn't say now, or couldn't be reached.
    temporary: bool,
}

/// Answers that come by streams, 64 KiB each, which are kept for the next time.
static BLOCKS: SingleThread<Slots<usize, 2>> = SingleThread(Slots::new(0));
/// The longest answer in a stream, with its length.
const BLOCK: usize = 2 + 65535;

impl Exchange {
    /// An exchange that is to begin.
    pub fn new(kind: Kind, config: &Config) -> Exchange {
        Exchange {
            kind,
            state: State::Ask,
            id: 0,
            turn: 0,
            extended: config.extended,
            deadline: 0,
            temporary: false,
        }
    }

    /// One that has ended before it began.
    pub fn ended() -> Exchange {
        let mut exchange = Exchange::new(Kind::V4, &Config::DEFAULT);
        exchange.state = State::Done(Outcome::Found);
        exchange
    }

    /// Its end, if it has come.
    pub fn outcome(&self) -> Option<Outcome> {
        match self.state {
            State::Done(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// What it waits for.
    pub fn waits(&self) -> Option<(File, Direction)> {
        match self.state {
            State::Ask | State::Done(_) => None,
            State::Datagram(file)
            | State::Stream {
                file, sent: true, ..
            } => Some((file, Direction::In)),
            State::Stream { file, .. } => Some((file, Direction::Out)),
        }
    }

    /// When it goes on in any case.
    pub fn deadline(&self) -> Option<u64> {
        self.outcome().is_none().then_some(self.deadline)
    }

    /// Closes what is open.
    pub fn close(&mut self) {
        self.deadline = 0;
        match core::mem::replace(&mut self.state, State::Ask) {
            State::Datagram(file) => file.release(),
            State::Stream { file, block, .. } => {
                file.release();
                release_block(block);
            }
            State::Ask => {}
            done @ State::Done(_) => self.state = done,
        }
    }

    fn end(&mut self, outcome: Outcome) {
        self.close();
        self.state = State::Done(outcome);
    }

    /// The next server is to be asked.
    fn next(&mut self) {
        self.close();
        self.turn += 1;
    }

    /// The server can't be reached, or doesn't answer.
    fn give_up(&mut self) {
        self.temporary = true;
        self.next();
    }

    /// Goes as far as it can now.
    pub fn step(&mut self, context: &Context, addresses: &mut Addresses) {
        for _ in 0..STEPS {
            let went_on = match self.state {
                State::Done(_) => return,
                State::Ask => {
                    self.ask(context);
                    Ok(())
                }
                State::Datagram(file) => self.datagram(file, context, addresses),
                State::Stream { .. } => self.stream(context, addresses),
            };
            match went_on {
                Ok(()) => {}
                Err(Errno::AGAIN) if context.now < self.deadline => return,
                // It failed, or the time is up.
                Err(_) => self.give_up(),
            }
        }
        // Somebody sends without end. What is waited for is there, so this goes on at once, until the time is up.
        if context.now >= self.deadline && self.outcome().is_none() {
            self.give_up();
        }
    }

    /// The server whose turn it is.
    fn server(&self, config: &Config) -> Option<Server> {
        let servers = config.servers();
        let turn = usize::from(self.turn);
        if turn >= servers.len() * usize::from(config.attempts) {
            return None;
        }
        servers.get(turn % servers.len()).copied()
    }

    fn ask(&mut self, context: &Context) {
        let Some(server) = self.server(context.config) else {
            return self.end(Outcome::Failed(if self.temporary {
                ErrorCode::TemporaryResolverFailure
            } else {
                ErrorCode::PermanentResolverFailure
            }));
        };
        if let Err(errno) = self.send(server, context) {
            match errno {
                // That the program may not open more won't be otherwise with another server.
                Errno::MFILE | Errno::NFILE => {
                    self.end(Outcome::Failed(ErrorCode::NewSocketLimit));
                }
                Errno::NOMEM | Errno::NOBUFS => self.end(Outcome::Failed(ErrorCode::OutOfMemory)),
                _ => self.give_up(),
            }
        }
    }

    fn send(&mut self, server: Server, context: &Context) -> Result<(), Errno> {
        let mut id = [0; 2];
        random::fill(&mut id);
        self.id = u16::from_ne_bytes(id);
        self.deadline = context.now + context.config.timeout;
        if context.config.stream {
            return self.open_stream(server, context);
        }
        let file = socket(server, false, context.instance)?;
        self.state = State::Datagram(file);
        kernel::send(file, self.query(context).datagram(), None)?;
        Ok(())
    }

    fn query(&self, context: &Context) -> Query {
        Query::new(self.id, context.name, self.kind, self.extended)
    }

    fn open_stream(&mut self, server: Server, context: &Context) -> Result<(), Errno> {
        let block = block().ok_or(Errno::NOMEM)?;
        match socket(server, true, context.instance) {
            Ok(file) => {
                self.state = State::Stream {
                    file,
                    block,
                    done: 0,
                    sent: false,
                };
                Ok(())
            }
            Err(errno) => {
                release_block(block);
                Err(errno)
            }
        }
    }

    /// Looks at a datagram.
    fn datagram(
        &mut self,
        file: File,
        context: &Context,
        addresses: &mut Addresses,
    ) -> Result<(), Errno> {
        // One byte more, so that what is longer than it may be can be told: it would be cut off.
        let mut buffer = [MaybeUninit::uninit(); EXTENDED_DATAGRAM + 1];
        let len = retry(|| sys::read(file.descriptor(), &mut buffer))?;
        // SAFETY: that many bytes have been read into it.
        let message = unsafe { core::slice::from_raw_parts(buffer.as_ptr().cast(), len) };
        let answer = message::read(message, self.id, context.name, self.kind, addresses);
        self.take(answer, context);
        Ok(())
    }

    /// Sends the question, or receives a part of the answer.
    fn stream(&mut self, context: &Context, addresses: &mut Addresses) -> Result<(), Errno> {
        let query = self.query(context);
        let State::Stream {
            file,
            block,
            done,
            sent,
        } = &mut self.state
        else {
            return Ok(());
        };
        if !*sent {
            let rest = query.stream().get(*done as usize..).unwrap_or_default();
            *done += kernel::send(*file, rest, None)? as u32;
            if *done as usize == query.stream().len() {
                (*done, *sent) = (0, true);
            }
            return Ok(());
        }
        let start = crate::program::address(BLOCKS.0.get(*block) as u64).cast::<MaybeUninit<u8>>();
        let have = *done as usize;
        // SAFETY: as many were read into the block, which this exchange alone has.
        let head = unsafe { core::slice::from_raw_parts(start.cast::<u8>(), have) };
        let wanted = match *head {
            [high, low, ..] => 2 + usize::from(u16::from_be_bytes([high, low])),
            _ => 2,
        };
        if have < wanted {
            // SAFETY: the block is that long, and what was read isn't looked at any more.
            let bytes = unsafe { core::slice::from_raw_parts_mut(start, BLOCK) };
            let room = bytes.get_mut(have..wanted).unwrap_or_default();
            match retry(|| sys::read(file.descriptor(), room))? {
                0 => return Err(Errno::CONNRESET),
                len => *done += len as u32,
            }
            return Ok(());
        }
        if have == 2 {
            return Err(Errno::BADMSG);
        }
        let message = head.get(2..).unwrap_or_default();
        let answer = message::read(message, self.id, context.name, self.kind, addresses);
        // This server has said what it has to say.
        let answer = match answer {
            Answer::Other | Answer::Truncated => Answer::Useless,
            other => other,
        };
        self.take(answer, context);
        Ok(())
    }

    fn take(&mut self, answer: Answer, context: &Context) {
        match answer {
            Answer::Other => {}
            Answer::Found => self.end(Outcome::Found),
            Answer::NoName => self.end(Outcome::NoName),
            Answer::Truncated => {
                self.close();
                self.deadline = context.now + context.config.timeout;
                let server = self.server(context.config);
                if server.is_none_or(|server| self.open_stream(server, context).is_err()) {
                    self.give_up();
                }
            }
            // The same server again.
            Answer::Misunderstood if self.extended => {
                self.extended = false;
                self.close();
            }
            Answer::Unavailable => self.give_up(),
            Answer::Misunderstood | Answer::Useless => self.next(),
        }
    }
}

/// Again, as long as a signal comes in between.
fn retry(mut call: impl FnMut() -> Result<usize, Errno>) -> Result<usize, Errno> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            result => return result,
        }
    }
}

/// A socket that is connected to an address, or begins to be.
fn socket(server: Server, stream: bool, instance: *mut Instance) -> Result<File, Errno> {
    // SAFETY: the lookup has it from the `Cx` of the call that began it.
    unsafe { open::room_of(instance) }?;
    let descriptor = connected(server, stream)?;
    // SAFETY: as above.
    Ok(unsafe { open::insert_of(instance, descriptor) })
}

/// The same without more.
fn connected(server: Server, stream: bool) -> Result<i32, Errno> {
    let mut address = [0u8; size_of::<sockaddr_in6>()];
    let port = server.port.to_be_bytes();
    let mut put = |at: usize, bytes: &[u8]| {
        if let Some(room) = address.get_mut(at..at + bytes.len()) {
            room.copy_from_slice(bytes);
        }
    };
    // `struct sockaddr_in` and `sockaddr_in6`: family, port, then address; or flow, address, zone.
    let (family, len) = match server.address {
        IpAddr::V4(v4) => {
            put(4, &v4.octets());
            (AF_INET, 16)
        }
        IpAddr::V6(v6) => {
            put(8, &v6.octets());
            put(24, &server.zone.to_ne_bytes());
            (AF_INET6, address.len())
        }
    };
    address[..2].copy_from_slice(&(family as u16).to_ne_bytes());
    address[2..4].copy_from_slice(&port);
    // SAFETY: no memory is touched.
    let opened = sys::check(unsafe {
        if stream {
            sys::call::socket_stream(family as usize)
        } else {
            sys::call::socket_datagram(family as usize)
        }
    })?;
    let descriptor = opened as i32;
    // SAFETY: the kernel reads the address.
    let result = sys::check(unsafe { sys::call::connect(opened, address.as_ptr().addr(), len) });
    match result {
        // The other two go on by themselves.
        Ok(_) | Err(Errno::INPROGRESS | Errno::INTR) => Ok(descriptor),
        Err(errno) => {
            sys::close(descriptor);
            Err(errno)
        }
    }
}

/// Whether there is a way to an address. Nothing is sent.
pub fn reachable(address: IpAddr) -> bool {
    let server = Server {
        address,
        zone: 0,
        port: 65535,
    };
    connected(server, false).map(sys::close).is_ok()
}

/// The block to use next plus 1, or 0; a free block begins with the same of the one after it.
static FREE: SingleThread<core::cell::Cell<u32>> = SingleThread(core::cell::Cell::new(0));

/// A block of [`BLOCK`] bytes.
fn block() -> Option<u32> {
    if let Some(index) = FREE.0.get().checked_sub(1) {
        let at = crate::program::address(BLOCKS.0.get(index) as u64).cast::<u32>();
        // SAFETY: in a free block, this is the next one.
        FREE.0.set(unsafe { at.read() });
        return Some(index);
    }
    let at = memory::map(BLOCK)?;
    Some(BLOCKS.0.insert(at.addr()))
}

fn release_block(index: u32) {
    let at = crate::program::address(BLOCKS.0.get(index) as u64).cast::<u32>();
    // SAFETY: the block is nobody's any more.
    unsafe { at.write(FREE.0.replace(index + 1)) };
}
