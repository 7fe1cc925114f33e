//! Timestamps: set, left alone, set to now.

use crate::{FOLLOW, Given, HERE, PLAIN, READ, WRITE, file, folder, open};
use wasi_bindings::clocks::wall_clock::{self, Datetime};
use wasi_bindings::filesystem::types::{Descriptor, ErrorCode, NewTimestamp, PathFlags};
use wasi_bindings::{say, show};

fn at_time(seconds: u64, nanoseconds: u32) -> NewTimestamp {
    NewTimestamp::Timestamp(Datetime { seconds, nanoseconds })
}

/// Access and modification in seconds and nanoseconds.
fn times(at: &Descriptor, flags: PathFlags, path: &str) -> Result<Vec<Option<String>>, ErrorCode> {
    let stat = at.stat_at(flags, path)?;
    let times = [stat.data_access_timestamp, stat.data_modification_timestamp];
    let text = |time: Datetime| format!("{}.{:09}", time.seconds, time.nanoseconds);
    Ok(times.map(|time| time.map(text)).to_vec())
}

/// Whether a time is within a minute of now: the file system's clock may be a little behind.
fn is_now(time: Option<Datetime>) -> bool {
    let now = wall_clock::now().seconds;
    time.is_some_and(|time| time.seconds.abs_diff(now) < 60)
}

pub fn run(given: &Given) {
    let at = folder(given, "times");
    let plain = file(&at, "file", b"content");
    at.symlink_at("file", "link").expect("a new link");
    at.create_directory_at("sub").expect("a new folder");
    let stat = plain.stat().expect("a stat");
    say!("new", (is_now(stat.data_access_timestamp), is_now(stat.data_modification_timestamp)));
    say!("new status", is_now(stat.status_change_timestamp));

    let _ = show!(plain.set_times(at_time(1_000_000_000, 123_456_789), at_time(2, 7)));
    let _ = show!(times(&at, HERE, "file"));
    let _ = show!(plain.set_times(NewTimestamp::NoChange, at_time(3, 0)));
    let _ = show!(times(&at, HERE, "file"));
    let _ = show!(plain.set_times(at_time(4, 5), NewTimestamp::NoChange));
    let _ = show!(times(&at, HERE, "file"));
    let _ = show!(plain.set_times(NewTimestamp::NoChange, NewTimestamp::NoChange));
    let _ = show!(times(&at, HERE, "file"));
    let _ = show!(plain.set_times(NewTimestamp::Now, at_time(6, 0)));
    let stat = plain.stat().expect("a stat");
    say!("now, 6", (is_now(stat.data_access_timestamp), is_now(stat.data_modification_timestamp)));
    let _ = show!(plain.set_times(NewTimestamp::Now, NewTimestamp::Now));
    let stat = plain.stat().expect("a stat");
    say!("now", (is_now(stat.data_access_timestamp), is_now(stat.data_modification_timestamp)));
    // Beyond what 32 bits count.
    let _ = show!(plain.set_times(at_time(1 << 33, 1), at_time(1 << 33, 2)));
    let _ = show!(times(&at, HERE, "file"));
    let _ = show!(plain.set_times(at_time(1, 1_000_000_000), at_time(1, 0)));
    let _ = show!(plain.set_times(at_time(u64::MAX, 0), at_time(1, 0)));

    let _ = show!(at.set_times_at(HERE, "file", at_time(10, 1), at_time(11, 2)));
    let _ = show!(times(&at, HERE, "file"));
    let _ = show!(at.set_times_at(HERE, "link", at_time(20, 1), at_time(21, 2)));
    let _ = show!(times(&at, HERE, "file"));
    // Reading a link touches its time of access.
    let modified = at.stat_at(HERE, "link").expect("a stat").data_modification_timestamp;
    say!("the link's own", modified.map(|time| (time.seconds, time.nanoseconds)));
    let _ = show!(at.set_times_at(FOLLOW, "link", at_time(30, 1), at_time(31, 2)));
    let _ = show!(times(&at, HERE, "file"));
    let _ = show!(at.set_times_at(HERE, "sub", at_time(40, 1), at_time(41, 2)));
    let _ = show!(times(&at, HERE, "sub"));
    let _ = show!(at.set_times_at(HERE, "file", NewTimestamp::NoChange, at_time(50, 2)));
    let _ = show!(times(&at, HERE, "file"));
    let _ = show!(at.set_times_at(HERE, "absent", at_time(1, 1), at_time(1, 1)));
    let _ = show!(at.set_times_at(FOLLOW, "../hello.txt", at_time(1, 1), at_time(1, 1)));
    let _ = show!(at.set_times_at(HERE, "", at_time(1, 1), at_time(1, 1)));
    let _ = show!(at.set_times_at(HERE, "/file", at_time(1, 1), at_time(1, 1)));
    let _ = show!(at.set_times_at(HERE, "file", at_time(1, 2_000_000_000), at_time(1, 1)));
    let _ = show!(plain.set_times_at(HERE, "file", at_time(1, 1), at_time(1, 1)));
    let _ = show!(at.set_times(at_time(60, 1), at_time(61, 2)));
    let stat = at.stat().expect("a stat");
    let modified = stat.data_modification_timestamp;
    say!("the folder's own", modified.map(|time| (time.seconds, time.nanoseconds)));

    let write_only = open(&at, "file", PLAIN, WRITE).expect("it is there");
    let _ = show!(write_only.set_times(at_time(70, 1), at_time(71, 2)));
    let _ = show!(times(&at, HERE, "file"));
    let _ = show!(open(&at, "file", PLAIN, READ).map(|_| ()));
    // Written, it is newer.
    let _ = show!(plain.write(b"x", 0));
    let stat = plain.stat().expect("a stat");
    say!("written", is_now(stat.data_modification_timestamp));
}
