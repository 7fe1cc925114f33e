//! The errors of files.

use rustix::io::Errno;

use crate::bindings::filesystem::types::ErrorCode;

/// The table of `error-code` in the interface: numbers of errors, all below 256, and their codes. (A `match` would take ten times
/// the room.)
static CODES: [(u8, ErrorCode); 38] = [
    row(Errno::ACCESS, ErrorCode::Access),
    row(Errno::AGAIN, ErrorCode::WouldBlock),
    row(Errno::ALREADY, ErrorCode::Already),
    row(Errno::BADF, ErrorCode::BadDescriptor),
    row(Errno::BUSY, ErrorCode::Busy),
    row(Errno::DEADLK, ErrorCode::Deadlock),
    row(Errno::DQUOT, ErrorCode::Quota),
    row(Errno::EXIST, ErrorCode::Exist),
    row(Errno::FBIG, ErrorCode::FileTooLarge),
    row(Errno::ILSEQ, ErrorCode::IllegalByteSequence),
    row(Errno::INPROGRESS, ErrorCode::InProgress),
    row(Errno::INTR, ErrorCode::Interrupted),
    row(Errno::INVAL, ErrorCode::Invalid),
    row(Errno::IO, ErrorCode::Io),
    row(Errno::ISDIR, ErrorCode::IsDirectory),
    row(Errno::LOOP, ErrorCode::Loop),
    row(Errno::MLINK, ErrorCode::TooManyLinks),
    row(Errno::MSGSIZE, ErrorCode::MessageSize),
    row(Errno::NAMETOOLONG, ErrorCode::NameTooLong),
    row(Errno::NODEV, ErrorCode::NoDevice),
    row(Errno::NOENT, ErrorCode::NoEntry),
    row(Errno::NOLCK, ErrorCode::NoLock),
    row(Errno::NOMEM, ErrorCode::InsufficientMemory),
    row(Errno::NOSPC, ErrorCode::InsufficientSpace),
    row(Errno::NOTDIR, ErrorCode::NotDirectory),
    row(Errno::NOTEMPTY, ErrorCode::NotEmpty),
    row(Errno::NOTRECOVERABLE, ErrorCode::NotRecoverable),
    row(Errno::NOTSUP, ErrorCode::Unsupported),
    row(Errno::NOSYS, ErrorCode::Unsupported),
    row(Errno::NOTTY, ErrorCode::NoTty),
    row(Errno::NXIO, ErrorCode::NoSuchDevice),
    row(Errno::OVERFLOW, ErrorCode::Overflow),
    row(Errno::PERM, ErrorCode::NotPermitted),
    row(Errno::PIPE, ErrorCode::Pipe),
    row(Errno::ROFS, ErrorCode::ReadOnly),
    row(Errno::SPIPE, ErrorCode::InvalidSeek),
    row(Errno::TXTBSY, ErrorCode::TextFileBusy),
    row(Errno::XDEV, ErrorCode::CrossDevice),
];

const fn row(errno: Errno, code: ErrorCode) -> (u8, ErrorCode) {
    let number = errno.raw_os_error();
    assert!(number == number as u8 as i32);
    (number as u8, code)
}

/// The code for an `errno`, if there is one.
pub fn code(errno: Errno) -> Option<ErrorCode> {
    let number = errno.raw_os_error();
    CODES
        .iter()
        .find(|(of, _)| i32::from(*of) == number)
        .map(|(_, code)| *code)
}

/// The code for what a system call failed with. What the interface has no word for (too many open files, for one) is `io`.
#[cold]
pub fn error(errno: Errno) -> ErrorCode {
    code(errno).unwrap_or(ErrorCode::Io)
}
