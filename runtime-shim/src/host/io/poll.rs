//! `wasi:io/poll`: waiting for descriptors and for points in time, with one `ppoll`.
//!
//! However many pollables are waited for, there are three descriptors and one earliest time: a first pass over the
//! pollables finds out which matter, then comes the system call, and a second pass sees which pollables it
//! has made ready.

use nanocc_shim_abi::Trap;
use rustix::event::{PollFd, Timespec};
use rustix::io::Errno;

use crate::bindings::io::poll::Pollable;
use crate::clock::{self, NANOSECONDS};
use crate::guest::{Borrow, Cx, GuestSlice, NewList, Own};
use crate::host::descriptor::{self, Direction};
use crate::host::slots::Slots;
use crate::memory;
use crate::sys::SingleThread;
use crate::trap::{out_of_memory, raise};

/// Descriptors that can be waited for: the standard streams.
const DESCRIPTORS: usize = 3;

/// What a pollable waits for.
#[derive(Clone, Copy)]
enum Event {
    /// Nothing: it is ready.
    Now,
    /// A descriptor: the input to be read, an output to be written.
    Descriptor(usize),
    /// The monotonic clock, in nanoseconds.
    Time(u64),
}

/// The times; the representation of their pollables is the index plus [`FIRST_TIME`].
static TIMES: SingleThread<Slots<u64, 8>> = SingleThread(Slots::new(0));

/// Representation of a pollable that is ready. Those of descriptors come after it.
const READY: u32 = 0;
/// The first representation of a time.
const FIRST_TIME: u32 = 1 + DESCRIPTORS as u32;

fn event(pollable: Borrow<Pollable>) -> Event {
    match pollable.rep() {
        READY => Event::Now,
        rep if rep < FIRST_TIME => Event::Descriptor(rep as usize - 1),
        rep => Event::Time(TIMES.0.get(rep - FIRST_TIME)),
    }
}

/// A pollable that is ready.
pub fn at_once() -> Own<Pollable> {
    Own::new(READY)
}

/// A pollable that is ready when the descriptor is.
pub fn on_descriptor(number: i32, direction: Direction) -> Own<Pollable> {
    // Each of the three has one direction.
    debug_assert!(direction == descriptor_direction(number as usize));
    Own::new(1 + number as u32)
}

fn descriptor_direction(number: usize) -> Direction {
    if number == 0 {
        Direction::In
    } else {
        Direction::Out
    }
}

/// A pollable that is ready when the monotonic clock has come to `nanoseconds`.
pub fn at_time(nanoseconds: u64) -> Own<Pollable> {
    Own::new(FIRST_TIME + TIMES.0.insert(nanoseconds))
}

/// What a set of events comes to.
struct Interest {
    /// Something is ready without waiting.
    now: bool,
    descriptors: [bool; DESCRIPTORS],
    earliest: Option<u64>,
}

/// What is ready.
struct Ready {
    descriptors: [bool; DESCRIPTORS],
    /// The time, if a time is waited for.
    time: u64,
}

impl Interest {
    /// `now`: don't wait in any case.
    fn new(now: bool) -> Interest {
        Interest {
            now,
            descriptors: [false; DESCRIPTORS],
            earliest: None,
        }
    }

    fn add(&mut self, event: Event) {
        match event {
            Event::Now => self.now = true,
            Event::Descriptor(number) => self.descriptors[number] = true,
            Event::Time(time) => {
                self.earliest = Some(self.earliest.map_or(time, |other| other.min(time)));
            }
        }
    }

    /// Waits until one of the events is there.
    fn wait(&self) -> Ready {
        loop {
            let left = self
                .earliest
                .map(|time| time.saturating_sub(clock::monotonic()));
            let timeout = if self.now { Some(0) } else { left };
            let ready = self.ask(timeout);
            if self.now
                || ready.descriptors.contains(&true)
                || self.earliest.is_some_and(|time| time <= ready.time)
            {
                return ready;
            }
        }
    }

    /// One `ppoll` of at most `timeout` nanoseconds; none if it had nothing to do.
    fn ask(&self, timeout: Option<u64>) -> Ready {
        // The ones that are asked for, moved to the front.
        let mut polled = [0, 1, 2].map(|number| {
            let flags = descriptor_direction(number).flags();
            PollFd::from_borrowed_fd(descriptor::borrow(number as i32), flags)
        });
        let mut asked = [0; DESCRIPTORS];
        let mut count = 0;
        for number in 0..DESCRIPTORS {
            if self.descriptors[number] {
                polled.swap(count, number);
                asked[count] = number;
                count += 1;
            }
        }
        let timeout = timeout.map(|nanoseconds| Timespec {
            tv_sec: (nanoseconds / NANOSECONDS) as i64,
            tv_nsec: (nanoseconds % NANOSECONDS) as i64,
        });
        let nothing = count == 0 && timeout.is_some_and(|t| t.tv_sec == 0 && t.tv_nsec == 0);
        let result = if nothing {
            Ok(0)
        } else {
            rustix::event::poll(&mut polled[..count], timeout.as_ref())
        };
        let mut descriptors = [false; DESCRIPTORS];
        for (polled, number) in polled.iter().zip(asked).take(count) {
            descriptors[number] = match result {
                Ok(_) => !polled.revents().is_empty(),
                Err(Errno::INTR) => false,
                // What can't be polled is ready: the operation will tell.
                Err(_) => true,
            };
        }
        let time = if self.earliest.is_some() {
            clock::monotonic()
        } else {
            0
        };
        Ready { descriptors, time }
    }
}

impl Ready {
    fn has(&self, event: Event) -> bool {
        match event {
            Event::Now => true,
            Event::Descriptor(number) => self.descriptors[number],
            Event::Time(time) => time <= self.time,
        }
    }
}

/// `ready`.
pub fn pollable_ready(_: &mut Cx, self_: Borrow<Pollable>) -> bool {
    let mut interest = Interest::new(true);
    interest.add(event(self_));
    interest.wait().has(event(self_))
}

/// `block`.
pub fn pollable_block(_: &mut Cx, self_: Borrow<Pollable>) {
    let mut interest = Interest::new(false);
    interest.add(event(self_));
    interest.wait();
}

/// `poll`.
pub fn poll(cx: &mut Cx, pollables: GuestSlice<Borrow<Pollable>>) -> NewList<u32> {
    /// Pollables whose marks fit the stack.
    const ON_STACK: usize = 1024;
    if pollables.is_empty() {
        raise(Trap::HostFunction);
    }
    let mut interest = Interest::new(false);
    pollables
        .iter(cx)
        .for_each(|pollable| interest.add(event(pollable)));
    let ready = interest.wait();

    // The marks are needed because making room for the result may overwrite the argument.
    let words = pollables.len().div_ceil(64);
    let bytes = words * 8;
    let mut on_stack = [0u64; ON_STACK / 64];
    let mapped = if words > on_stack.len() {
        memory::map(bytes).unwrap_or_else(|| out_of_memory())
    } else {
        core::ptr::null_mut()
    };
    let marks = if mapped.is_null() {
        &mut on_stack[..words]
    } else {
        // SAFETY: that many zeros were mapped just now, for this call alone.
        unsafe { core::slice::from_raw_parts_mut(mapped.cast::<u64>(), words) }
    };
    let mut count = 0;
    for (index, pollable) in pollables.iter(cx).enumerate() {
        if ready.has(event(pollable)) {
            marks[index / 64] |= 1 << (index % 64);
            count += 1;
        }
    }
    let mut list = cx.list::<u32>(count);
    for (index, &word) in marks.iter().enumerate() {
        let mut word = word;
        while word != 0 {
            list.push(cx, index as u32 * 64 + word.trailing_zeros());
            word &= word - 1;
        }
    }
    if !mapped.is_null() {
        // SAFETY: mapped above with this length; the marks aren't used any more.
        unsafe { memory::unmap(mapped, bytes) };
    }
    list.finish(cx)
}

/// The end of a pollable.
pub fn drop_pollable(_: &mut Cx, pollable: Own<Pollable>) {
    if let Some(time) = pollable.rep().checked_sub(FIRST_TIME) {
        TIMES.0.remove(time);
    }
}
