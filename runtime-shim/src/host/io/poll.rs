//! `wasi:io/poll`: waiting for files and for points in time, with one `ppoll`.
//!
//! A pollable is an [`Event`]. However many of them are waited for, each turn collects the descriptors that matter and the earliest
//! time, makes one system call, and goes over the pollables again to see which it has made ready. An
//! [`Event::Other`] has work to do when its descriptor is ready or its time has come (a name's lookup sends the next question), after which it may
//! be ready or wait on.

use core::cell::Cell;

use linux_raw_sys::general::{POLLIN, POLLOUT};
use nanocc_shim_abi::Trap;
use rustix::io::Errno;

use crate::bindings::io::poll::Pollable;
use crate::clock::{self, NANOSECONDS, Time};
use crate::guest::{Borrow, Cx, GuestSlice, NewList, Own};
use crate::host::open::File;
use crate::host::slots::Slots;
use crate::host::transfer::{self, Direction};
use crate::memory;
use crate::sys::{self, PollFd, SingleThread};
use crate::trap::{out_of_memory, raise};

/// What a pollable waits for.
#[derive(Clone, Copy)]
pub enum Event {
    /// Nothing: it is ready.
    Now,
    /// A file that can be read or written. The pollable is a user of the file.
    File(File, Direction),
    /// The monotonic clock, in nanoseconds.
    Time(u64),
    /// Something else, by its index.
    Other(&'static Other, u32),
}

/// Another kind of event. Its functions get the index.
pub struct Other {
    /// What it waits for now.
    pub waits: fn(u32) -> Waits,
    /// Called when one of that is there: does what is to be done, and says whether the event is ready.
    pub advance: fn(u32) -> bool,
    /// A pollable of it was made.
    pub retain: fn(u32),
    /// A pollable of it was dropped.
    pub release: fn(u32),
}

/// What an [`Other`] waits for.
#[derive(Clone, Copy)]
pub struct Waits {
    /// It is ready.
    pub now: bool,
    /// Files, of which one has to be ready.
    pub files: [Option<(File, Direction)>; 2],
    /// The time at which it wants to go on in any case.
    pub time: Option<u64>,
}

/// Work that goes on whatever is waited for: bytes that a stream has taken and the system hasn't.
pub struct Background {
    /// How many files it waits for.
    pub count: fn() -> usize,
    /// Calls the function with each of them, which is to be written to.
    pub files: fn(&mut dyn FnMut(File)),
    /// Does what can be done without blocking.
    pub advance: fn(),
}

/// What goes on, once there was something. A program in which nothing can has no code for it: the cell is read in a way
/// that nobody can foresee the value of.
static BACKGROUND: SingleThread<Cell<Option<&'static Background>>> = SingleThread(Cell::new(None));

/// From now on, every wait sees to this work too, but for the one for who doesn't read what is written to a standard stream.
pub fn work(background: &'static Background) {
    BACKGROUND.0.set(Some(background));
    transfer::wait_by(|file| wait(Event::File(file, Direction::In)));
}

/// The events of all pollables but those that are [`READY`]; the representation is the index plus 1.
static EVENTS: SingleThread<Slots<Event, 8>> = SingleThread(Slots::new(Event::Now));

/// Representation of a pollable that is ready.
const READY: u32 = 0;

fn event(pollable: Borrow<Pollable>) -> Event {
    match pollable.rep() {
        READY => Event::Now,
        rep => EVENTS.0.get(rep - 1),
    }
}

/// A pollable.
pub fn pollable(event: Event) -> Own<Pollable> {
    match event {
        Event::Now => return Own::new(READY),
        Event::File(file, _) => {
            file.retain();
        }
        Event::Time(_) => {}
        Event::Other(kind, index) => (kind.retain)(index),
    }
    Own::new(1 + EVENTS.0.insert(event))
}

/// The end of a pollable.
pub fn drop_pollable(_: &mut Cx, pollable: Own<Pollable>) {
    let Some(slot) = pollable.rep().checked_sub(1) else {
        return;
    };
    match EVENTS.0.get(slot) {
        Event::Now | Event::Time(_) => {}
        Event::File(file, _) => file.release(),
        Event::Other(kind, index) => (kind.release)(index),
    }
    EVENTS.0.remove(slot);
}

/// Descriptors that are polled from the stack.
const ON_STACK: usize = 32;

/// Room for more, which is kept for the next time.
struct Room {
    start: Cell<*mut PollFd>,
    len: Cell<usize>,
}

static ROOM: SingleThread<Room> = SingleThread(Room {
    start: Cell::new(core::ptr::null_mut()),
    len: Cell::new(0),
});

impl Room {
    /// Room for `len` descriptors, until it is asked for the next time.
    #[allow(clippy::mut_from_ref)] // one wait at a time uses it
    fn get(&self, len: usize) -> &mut [PollFd] {
        if self.len.get() < len {
            let old = self.start.get();
            if !old.is_null() {
                // SAFETY: mapped here with this length, and used by nobody now.
                unsafe { memory::unmap(old.cast(), self.len.get() * size_of::<PollFd>()) };
            }
            self.len.set(0);
            let bytes = len * 2 * size_of::<PollFd>();
            let Some(start) = memory::map(bytes) else {
                out_of_memory()
            };
            self.start.set(start.cast());
            self.len.set(len * 2);
        }
        // SAFETY: that many zeros, and more, were mapped for this; there is one wait at a time.
        unsafe { core::slice::from_raw_parts_mut(self.start.get(), len) }
    }
}

/// Waits for events, whatever list they are in.
struct Wait<'p> {
    polled: &'p mut [PollFd],
    count: usize,
    now: bool,
    earliest: Option<u64>,
}

impl Wait<'_> {
    fn file(&mut self, file: File, direction: Direction) {
        self.polled[self.count] = transfer::interest(file.descriptor(), direction);
        self.count += 1;
    }

    /// A place that the kernel passes over.
    fn nothing(&mut self) {
        self.polled[self.count] = PollFd {
            descriptor: -1,
            events: 0,
            ready: 0,
        };
        self.count += 1;
    }

    fn time(&mut self, time: u64) {
        self.earliest = Some(self.earliest.map_or(time, |other| other.min(time)));
    }

    fn add(&mut self, event: Event) {
        match event {
            Event::Now => self.now = true,
            Event::File(file, direction) => self.file(file, direction),
            Event::Time(time) => self.time(time),
            Event::Other(kind, index) => {
                let waits = (kind.waits)(index);
                self.now |= waits.now;
                // Always as many, so that every event finds its own again whatever the others do meanwhile.
                for file in waits.files {
                    match file {
                        Some((file, direction)) => self.file(file, direction),
                        None => self.nothing(),
                    }
                }
                if let Some(time) = waits.time {
                    self.time(time);
                }
            }
        }
    }

    /// One `ppoll`, none if it had nothing to do: the time after it, if there are times.
    fn ask(&mut self) -> u64 {
        let left = self
            .earliest
            .map(|time| time.saturating_sub(clock::monotonic()));
        let timeout = if self.now { Some(0) } else { left };
        let polled = &mut self.polled[..self.count];
        if !(polled.is_empty() && timeout == Some(0)) {
            let timeout = timeout.map(|nanoseconds| Time {
                seconds: (nanoseconds / NANOSECONDS) as i64,
                nanoseconds: (nanoseconds % NANOSECONDS) as i64,
            });
            let mut result = sys::poll(polled, timeout.as_ref());
            if result == Err(Errno::INVAL) {
                result = poll_files(polled, timeout.as_ref());
            }
            for polled in polled {
                match result {
                    Ok(_) => {}
                    Err(Errno::INTR) => polled.ready = 0,
                    // What can't be polled is ready: the operation will tell.
                    Err(_) => polled.ready = polled.events,
                }
            }
        }
        match self.earliest {
            Some(_) => clock::monotonic(),
            None => 0,
        }
    }

    /// Whether an event is ready. Asked of all events in the order in which they were added; `at` counts their files.
    fn has(&self, event: Event, at: &mut usize, time: u64) -> bool {
        let mut file = || {
            *at += 1;
            self.polled[*at - 1].ready != 0
        };
        match event {
            Event::Now => true,
            Event::File(..) => file(),
            Event::Time(wanted) => wanted <= time,
            Event::Other(kind, index) => {
                let waits = (kind.waits)(index);
                let mut due = waits.time.is_some_and(|wanted| wanted <= time);
                for _ in waits.files {
                    due |= file();
                }
                waits.now || due && (kind.advance)(index)
            }
        }
    }
}

/// `ppoll` for more places than the process may have files open (`RLIMIT_NOFILE`), which the kernel refuses to look at: many
/// pollables may be of one file. It is asked about each file once; descriptors are small numbers, so they are indexes.
#[cold]
#[inline(never)]
fn poll_files(polled: &mut [PollFd], timeout: Option<&Time>) -> Result<usize, Errno> {
    let bytes = size_of_val(polled);
    let Some(at) = memory::map(bytes) else {
        out_of_memory()
    };
    // SAFETY: that many zeros were mapped just now, for this call alone.
    let files = unsafe { core::slice::from_raw_parts_mut(at.cast::<PollFd>(), polled.len()) };
    files.iter_mut().for_each(|file| file.descriptor = -1);
    let mut end = 0;
    for place in polled.iter() {
        // -1 is none.
        end = end.max((place.descriptor + 1) as usize);
        if let Some(file) = files.get_mut(place.descriptor as usize) {
            file.descriptor = place.descriptor;
            file.events |= place.events;
        }
    }
    let result = match files.get_mut(..end) {
        Some(files) => sys::poll(files, timeout),
        None => Err(Errno::INVAL),
    };
    for place in polled {
        let file = files.get(place.descriptor as usize);
        // What isn't asked for is told all the same: errors, and that nobody is at the other end.
        place.ready = file.map_or(0, |file| {
            file.ready & (place.events | !(POLLIN | POLLOUT) as i16)
        });
    }
    // SAFETY: mapped above with this length, and not used any more.
    unsafe { memory::unmap(at, bytes) };
    result
}

/// Waits until one of the events is there, if `block`, and calls `ready` with the index of each that is.
fn wait_for<I: Iterator<Item = Event>>(
    events: impl Fn() -> I,
    block: bool,
    mut ready: impl FnMut(usize),
) {
    let mut on_stack = [PollFd::default(); ON_STACK];
    // SAFETY: the cell is there, and written by nobody else now.
    let background = unsafe { BACKGROUND.0.as_ptr().read_volatile() };
    // While it waits the background's work only becomes less.
    let works = background.map_or(0, |background| (background.count)());
    let count = events().map(Event::files).sum::<usize>() + works;
    let polled = if count > ON_STACK {
        ROOM.0.get(count)
    } else {
        &mut on_stack[..]
    };
    let mut wait = Wait {
        polled,
        count: 0,
        now: false,
        earliest: None,
    };
    loop {
        (wait.count, wait.now, wait.earliest) = (0, !block, None);
        events().for_each(|event| wait.add(event));
        if works != 0
            && let Some(background) = background
        {
            (background.files)(&mut |file| wait.file(file, Direction::Out));
        }
        let time = wait.ask();
        let (mut at, mut any) = (0, false);
        for (index, event) in events().enumerate() {
            if wait.has(event, &mut at, time) {
                any = true;
                ready(index);
            }
        }
        let behind = wait.polled.get(at..wait.count).unwrap_or_default();
        if let Some(background) = background
            && behind.iter().any(|polled| polled.ready != 0)
        {
            (background.advance)();
        }
        if any || !block {
            return;
        }
    }
}

impl Event {
    /// The most files that it waits for.
    fn files(self) -> usize {
        match self {
            Event::Now | Event::Time(_) => 0,
            Event::File(..) => 1,
            Event::Other(..) => 2,
        }
    }
}

/// Waits until an event is there.
pub fn wait(event: Event) {
    wait_for(|| core::iter::once(event), true, |_| {});
}

/// `ready`.
pub fn pollable_ready(_: &mut Cx, self_: Borrow<Pollable>) -> bool {
    let mut is_ready = false;
    let event = event(self_);
    wait_for(|| core::iter::once(event), false, |_| is_ready = true);
    is_ready
}

/// `block`.
pub fn pollable_block(_: &mut Cx, self_: Borrow<Pollable>) {
    wait(event(self_));
}

/// `poll`.
pub fn poll(cx: &mut Cx, pollables: GuestSlice<Borrow<Pollable>>) -> NewList<u32> {
    /// Pollables whose marks fit the stack.
    const ON_STACK: usize = 1024;
    if pollables.is_empty() {
        raise(Trap::HostFunction);
    }
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
    let guest = &*cx;
    wait_for(
        || pollables.iter(guest).map(event),
        true,
        |index| {
            marks[index / 64] |= 1 << (index % 64);
            count += 1;
        },
    );
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

#[cfg(test)]
mod tests;
