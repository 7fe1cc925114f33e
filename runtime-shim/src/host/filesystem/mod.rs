//! `wasi:filesystem`, as far as there is anything to it while no directory can be granted: the list
//! of directories is empty, so nobody ever holds a descriptor.

pub mod resolve;

/// `wasi:filesystem/preopens`.
pub mod preopens {
    use crate::bindings::filesystem::types::Descriptor;
    use crate::guest::{Cx, NewList, NewStr, Own};

    /// `get-directories`.
    pub fn get_directories(cx: &mut Cx) -> NewList<(Own<Descriptor>, NewStr)> {
        cx.list(0).finish(cx)
    }

    /// No directories.
    pub mod denied {
        use crate::bindings::filesystem::types::Descriptor;
        use crate::guest::{Cx, NewList, NewStr, Own};

        /// `get-directories`.
        pub fn get_directories(cx: &mut Cx) -> NewList<(Own<Descriptor>, NewStr)> {
            cx.list(0).finish(cx)
        }
    }
}

/// `wasi:filesystem/types`.
pub mod types {
    use rustix::io::Errno;

    use crate::bindings::filesystem::types::ErrorCode;
    use crate::bindings::io::error::Error;
    use crate::guest::{Borrow, Cx};
    use crate::host::io::error;

    /// `filesystem-error-code`: what a stream failed with, if it is something that files fail with.
    pub fn filesystem_error_code(_: &mut Cx, err: Borrow<Error>) -> Option<ErrorCode> {
        Some(match error::errno(err) {
            Errno::ACCESS => ErrorCode::Access,
            Errno::AGAIN => ErrorCode::WouldBlock,
            Errno::BADF => ErrorCode::BadDescriptor,
            Errno::BUSY => ErrorCode::Busy,
            Errno::DEADLK => ErrorCode::Deadlock,
            Errno::DQUOT => ErrorCode::Quota,
            Errno::FBIG => ErrorCode::FileTooLarge,
            Errno::INTR => ErrorCode::Interrupted,
            Errno::INVAL => ErrorCode::Invalid,
            Errno::IO => ErrorCode::Io,
            Errno::ISDIR => ErrorCode::IsDirectory,
            Errno::NODEV => ErrorCode::NoDevice,
            Errno::NOLCK => ErrorCode::NoLock,
            Errno::NOMEM => ErrorCode::InsufficientMemory,
            Errno::NOSPC => ErrorCode::InsufficientSpace,
            Errno::NOTSUP => ErrorCode::Unsupported,
            Errno::NXIO => ErrorCode::NoSuchDevice,
            Errno::OVERFLOW => ErrorCode::Overflow,
            Errno::PERM => ErrorCode::NotPermitted,
            Errno::PIPE => ErrorCode::Pipe,
            Errno::ROFS => ErrorCode::ReadOnly,
            Errno::SPIPE => ErrorCode::InvalidSeek,
            _ => return None,
        })
    }
}
