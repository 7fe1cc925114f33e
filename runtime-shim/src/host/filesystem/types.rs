//! `wasi:filesystem/types`.

use crate::bindings::filesystem::types::ErrorCode;
use crate::bindings::io::error::Error;
use crate::guest::{Borrow, Cx};
use crate::host::io::error;

pub use super::contents::*;
pub use super::descriptor::drop_descriptor;
pub use super::directory::*;
pub use super::entries::*;
pub use super::stat::{
    descriptor_get_type, descriptor_is_same_object, descriptor_metadata_hash,
    descriptor_metadata_hash_at, descriptor_stat, descriptor_stat_at,
};
pub use super::times::{descriptor_set_times, descriptor_set_times_at};

/// `filesystem-error-code`: what a stream failed with, if it is something that files fail with.
pub fn filesystem_error_code(_: &mut Cx, err: Borrow<Error>) -> Option<ErrorCode> {
    super::error::code(error::errno(err))
}
