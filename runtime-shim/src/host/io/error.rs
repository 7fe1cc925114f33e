//! `wasi:io/error`: what a stream's operation failed with. The representation is the `errno`.

use rustix::io::Errno;

use crate::bindings::io::error::Error;
use crate::guest::{Borrow, Cx, NewStr, Own};

/// The error for an `errno`.
pub fn from_errno(errno: Errno) -> Own<Error> {
    Own::new(errno.raw_os_error() as u32)
}

/// The `errno` of an error.
pub fn errno(error: Borrow<Error>) -> Errno {
    Errno::from_raw_os_error(error.rep() as i32)
}

/// `to-debug-string`: the error in words and its number, as in `no space left on device (os error 28)`.
pub fn error_to_debug_string(cx: &mut Cx, self_: Borrow<Error>) -> NewStr {
    let text = text(errno(self_));
    let mut number = [0; 10];
    let number = decimal(self_.rep(), &mut number);
    cx.concat(&[text, " (os error ", number, ")"])
}

/// An `errno` in words.
pub fn text(errno: Errno) -> &'static str {
    match errno {
        Errno::PERM => "operation not permitted",
        Errno::IO => "input/output error",
        Errno::NXIO => "no such device or address",
        Errno::BADF => "bad file descriptor",
        Errno::NOMEM => "cannot allocate memory",
        Errno::ACCESS => "permission denied",
        Errno::NOENT => "no such file or directory",
        Errno::NOTDIR => "not a directory",
        Errno::LOOP => "too many levels of symbolic links",
        Errno::NAMETOOLONG => "file name too long",
        Errno::ROFS => "read-only file system",
        Errno::MFILE => "too many open files",
        Errno::SPIPE => "illegal seek",
        Errno::INVAL => "invalid argument",
        Errno::ISDIR => "is a directory",
        Errno::FBIG => "file too large",
        Errno::NOSPC => "no space left on device",
        Errno::DQUOT => "disk quota exceeded",
        Errno::PIPE => "broken pipe",
        Errno::CONNRESET => "connection reset by peer",
        Errno::TIMEDOUT => "connection timed out",
        _ => "failed",
    }
}

/// A number in decimal.
fn decimal(mut number: u32, digits: &mut [u8; 10]) -> &str {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 || at == 0 {
            break;
        }
    }
    // SAFETY: the bytes from `at` on are digits.
    unsafe { core::str::from_utf8_unchecked(&digits[at..]) }
}

/// The end of an error: nothing to do.
pub fn drop_error(_: &mut Cx, _: Own<Error>) {}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_written_in_full() {
        for n in [0, 1, 9, 10, 28, 133, 1_000_000_000, u32::MAX] {
            assert_eq!(super::decimal(n, &mut [0; 10]), n.to_string());
        }
    }
}
