//! What is limited of an instance.

use super::instance::Guest;
use crate::guest::Cx;
use crate::host::open;
use nanocc_shim_abi::limit;
use rustix::io::Errno;
use std::os::fd::IntoRawFd;

#[test]
fn an_instance_has_as_many_files_open_as_it_may() {
    let mut guest = Guest::new();
    guest.instance.quota.files = 2;
    // SAFETY: the guest's tables are laid out as the contract says.
    let cx = unsafe { Cx::enter(guest.caller) };
    let refused = || unsafe { (*cx.instance()).quota.refused };
    let open = || {
        open::room(&cx)?;
        let file = std::fs::File::open("/dev/null").unwrap();
        Ok(open::insert(&cx, file.into_raw_fd()))
    };
    let first = open().unwrap();
    let second = open().unwrap();
    assert_eq!(refused(), 0);
    assert_eq!(open(), Err(Errno::MFILE));
    assert_eq!(refused(), limit::OPEN_FILES);
    // Another user of an open file is no file more, and keeps it open.
    second.retain();
    second.release();
    assert_eq!(open(), Err(Errno::MFILE));
    second.release();
    let third = open().unwrap();
    first.release();
    third.release();
}
