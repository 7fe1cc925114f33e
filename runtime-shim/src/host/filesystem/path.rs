//! Paths that guests pass.

use core::ffi::CStr;

use linux_raw_sys::general::PATH_MAX;
use rustix::io::Errno;

use super::error::error;
use crate::bindings::filesystem::types::ErrorCode;
use crate::guest::{Cx, GuestStr};

/// Where a path lies that isn't in UTF-8 in the guest's memory.
pub struct Room([u8; PATH_MAX as usize]);

impl Room {
    /// Room for the longest path that there is.
    pub fn new() -> Room {
        Room([0; PATH_MAX as usize])
    }

    /// The bytes of a path. They are valid UTF-8, and may be anything else.
    pub fn path<'a>(&'a mut self, cx: &'a Cx, path: GuestStr) -> Result<&'a [u8], ErrorCode> {
        path.utf8(cx, &mut self.0).ok_or(ErrorCode::NameTooLong)
    }

    /// A path as the kernel takes it, which isn't resolved here.
    pub fn c_str(&mut self, path: &[u8]) -> Result<&CStr, ErrorCode> {
        let room = self.0.get_mut(..=path.len());
        let (end, text) = room
            .and_then(<[u8]>::split_last_mut)
            .ok_or(ErrorCode::NameTooLong)?;
        text.copy_from_slice(path);
        *end = 0;
        CStr::from_bytes_with_nul(&self.0[..=path.len()]).map_err(|_| error(Errno::INVAL))
    }

    /// The bytes that `fill` has written, which says how many. What fills all of the room may have been longer.
    pub fn filled(
        &mut self,
        fill: impl FnOnce(&mut [u8]) -> Result<usize, Errno>,
    ) -> Result<&[u8], ErrorCode> {
        let len = fill(&mut self.0).map_err(error)?;
        if len == self.0.len() {
            return Err(ErrorCode::NameTooLong);
        }
        self.0.get(..len).ok_or(ErrorCode::NameTooLong)
    }
}
