//! `wasi:clocks`.

/// `wasi:clocks/monotonic-clock`: Linux's `CLOCK_MONOTONIC`.
pub mod monotonic_clock {
    use crate::bindings::io::poll::Pollable;
    use crate::clock;
    use crate::guest::{Cx, Own};
    use crate::host::io::poll::{self, Event};

    /// `now`.
    pub fn now(_: &mut Cx) -> u64 {
        clock::monotonic()
    }

    /// `resolution`.
    pub fn resolution(_: &mut Cx) -> u64 {
        clock::nanoseconds(clock::resolution(clock::MONOTONIC))
    }

    /// `subscribe-instant`.
    pub fn subscribe_instant(_: &mut Cx, when: u64) -> Own<Pollable> {
        poll::pollable(Event::Time(when))
    }

    /// `subscribe-duration`. A time that the clock can't show never comes.
    pub fn subscribe_duration(_: &mut Cx, when: u64) -> Own<Pollable> {
        poll::pollable(Event::Time(clock::monotonic().saturating_add(when)))
    }
}

/// `wasi:clocks/wall-clock`: Linux's `CLOCK_REALTIME`.
pub mod wall_clock {
    use crate::bindings::clocks::wall_clock::Datetime;
    use crate::clock::{self, Time};
    use crate::guest::Cx;

    /// A clock that stands before 1970 shows its start: the interface has no earlier times.
    fn datetime(time: Time) -> Datetime {
        match u64::try_from(time.seconds) {
            Ok(seconds) => Datetime {
                seconds,
                nanoseconds: time.nanoseconds as u32,
            },
            Err(_) => Datetime {
                seconds: 0,
                nanoseconds: 0,
            },
        }
    }

    /// `now`.
    pub fn now(_: &mut Cx) -> Datetime {
        datetime(clock::now(clock::REALTIME))
    }

    /// `resolution`.
    pub fn resolution(_: &mut Cx) -> Datetime {
        datetime(clock::resolution(clock::REALTIME))
    }
}
