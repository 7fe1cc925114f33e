//! Waiting for more than the process may have open.

use std::io::{Write, pipe};
use std::os::fd::AsRawFd;

use super::*;
use crate::host::open;
use crate::testing::lock;

unsafe extern "C" {
    fn getrlimit(resource: i32, limit: *mut [u64; 2]) -> i32;
    fn setrlimit(resource: i32, limit: *const [u64; 2]) -> i32;
}
const RLIMIT_NOFILE: i32 = 7;
/// Enough for whatever other tests have open meanwhile.
const MOST: u64 = 4096;

/// A process that may have so many files open until the test ends.
struct Limited([u64; 2]);

impl Limited {
    fn new() -> Limited {
        let mut limit = [0; 2];
        // SAFETY: the C library's functions, with room for the two numbers.
        unsafe {
            assert_eq!(getrlimit(RLIMIT_NOFILE, &mut limit), 0);
            let soft = limit[0].min(MOST);
            assert_eq!(setrlimit(RLIMIT_NOFILE, &[soft, limit[1]]), 0);
        }
        Limited(limit)
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        // SAFETY: as above.
        unsafe { setrlimit(RLIMIT_NOFILE, &self.0) };
    }
}

fn ready(events: &[Event], block: bool) -> Vec<usize> {
    let mut found = Vec::new();
    wait_for(|| events.iter().copied(), block, |index| found.push(index));
    found
}

/// The kernel looks at no more places than the process may have files, and pollables of one file are places of their own.
#[test]
fn pollables_may_be_more_than_files() {
    let _lock = lock();
    let _limited = Limited::new();
    let (reader, mut writer) = pipe().unwrap();
    let (input, output) = (
        open::standing(reader.as_raw_fd()),
        open::standing(writer.as_raw_fd()),
    );
    let closed = open::standing(-1);
    let mut events = vec![Event::File(input, Direction::In); MOST as usize + 1];
    events.push(Event::File(closed, Direction::In));
    assert_eq!(ready(&events, false), [0; 0]);
    events[7] = Event::Now;
    assert_eq!(ready(&events, true), [7]);
    // Each has what it asks for, be it the same file's as another's.
    events[7] = Event::File(output, Direction::Out);
    events[9] = Event::File(input, Direction::Out);
    assert_eq!(ready(&events, true), [7]);
    writer.write_all(b"x").unwrap();
    let all = ready(&events, true);
    assert_eq!(all.len(), MOST as usize);
    assert!(!all.contains(&9) && !all.contains(&(events.len() - 1)));
    drop(writer);
    // What nobody asks for and the kernel tells all the same: nobody writes any more.
    assert!(ready(&events, true).contains(&9));
    for file in [input, output, closed] {
        file.release();
    }
}
