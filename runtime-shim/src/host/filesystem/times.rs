//! Setting timestamps.

use linux_raw_sys::general::{O_PATH, UTIME_NOW, UTIME_OMIT};
use rustix::io::Errno;

use super::descriptor;
use super::error::error;
use super::path::Room;
use super::resolve;
use crate::bindings::filesystem::types::{Descriptor, ErrorCode, NewTimestamp, PathFlags};
use crate::clock::{NANOSECONDS, Time};
use crate::guest::{Borrow, Cx, GuestStr};
use crate::sys;

/// A timestamp as the kernel takes it. Nanoseconds may be more than a second's.
fn time(new: NewTimestamp) -> Result<Time, ErrorCode> {
    let special = |nanoseconds: u32| Time {
        seconds: 0,
        nanoseconds: nanoseconds.into(),
    };
    Ok(match new {
        NewTimestamp::NoChange => special(UTIME_OMIT),
        NewTimestamp::Now => special(UTIME_NOW),
        NewTimestamp::Timestamp(time) => {
            let second = NANOSECONDS as u32;
            let seconds = i64::try_from(time.seconds).ok();
            Time {
                seconds: seconds
                    .and_then(|seconds| seconds.checked_add((time.nanoseconds / second).into()))
                    .ok_or(ErrorCode::Overflow)?,
                nanoseconds: (time.nanoseconds % second).into(),
            }
        }
    })
}

/// `set-times`.
pub fn descriptor_set_times(
    _: &mut Cx,
    self_: Borrow<Descriptor>,
    data_access_timestamp: NewTimestamp,
    data_modification_timestamp: NewTimestamp,
) -> Result<(), ErrorCode> {
    let state = descriptor::get(self_);
    if state.is_read_only() {
        return Err(if state.directory {
            ErrorCode::ReadOnly
        } else {
            ErrorCode::NotPermitted
        });
    }
    let times = [
        time(data_access_timestamp)?,
        time(data_modification_timestamp)?,
    ];
    sys::files::set_times(state.number(), &times).map_err(error)
}

/// `set-times-at`.
pub fn descriptor_set_times_at(
    cx: &mut Cx,
    self_: Borrow<Descriptor>,
    path_flags: PathFlags,
    path: GuestStr,
    data_access_timestamp: NewTimestamp,
    data_modification_timestamp: NewTimestamp,
) -> Result<(), ErrorCode> {
    let directory = descriptor::mutable(self_)?.number();
    let times = [
        time(data_access_timestamp)?,
        time(data_modification_timestamp)?,
    ];
    let follow = path_flags.contains(PathFlags::SYMLINK_FOLLOW);
    let mut room = Room::new();
    let path = room.path(cx, path)?;
    set_times_at(directory, path, follow, &times).map_err(error)
}

fn set_times_at(directory: i32, path: &[u8], follow: bool, times: &[Time; 2]) -> Result<(), Errno> {
    if !follow {
        let parent = resolve::parent(directory, path)?;
        // A slash behind a symbolic link follows it.
        if !parent.must_be_directory() {
            return sys::files::set_times_at(parent.fd(), parent.name(), times);
        }
    }
    let file = resolve::open(directory, path, follow, O_PATH, 0)?;
    let result = sys::files::set_times_of_path(file, times);
    sys::close(file);
    result
}
