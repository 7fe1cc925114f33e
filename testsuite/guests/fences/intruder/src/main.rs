//! Does what its arguments say, whether it was granted or not, and says how that went: `done`, or the error in words, with
//! status 1.
//!
//! It does everything that can be done with files, so that a program of it makes every system call that a directory's grant leads to.

use std::env::args;
use std::ffi::{CString, c_char, c_int, c_void};
use std::fs;
use std::io::{Read, Result, Write};
use std::process::exit;
use std::ptr::null;

// What `std` has no stable name for.
unsafe extern "C" {
    fn symlink(to: *const c_char, path: *const c_char) -> c_int;
    fn utimensat(directory: c_int, path: *const c_char, times: *const c_void, flags: c_int) -> c_int;
}

/// `AT_FDCWD`, as C's library for WASI has it.
const HERE: c_int = -2;

fn main() {
    let arguments: Vec<String> = args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match attempt(&arguments) {
        Ok(text) => println!("done{text}"),
        Err(error) => {
            println!("{:?}", error.kind());
            exit(1)
        }
    }
}

fn attempt(arguments: &[&str]) -> Result<String> {
    let mut said = String::new();
    match arguments {
        ["read", path] => said = fs::read_to_string(path)?,
        ["list", path] => said = fs::read_dir(path)?.count().to_string(),
        ["create", path] => fs::write(path, "new")?,
        ["change", path] => fs::OpenOptions::new().write(true).open(path)?.write_all(b"x")?,
        ["truncate", path] => {
            fs::OpenOptions::new().write(true).truncate(true).open(path)?;
        }
        ["make-directory", path] => fs::create_dir(path)?,
        ["remove", path] => fs::remove_file(path)?,
        ["remove-directory", path] => fs::remove_dir(path)?,
        ["rename", from, to] => fs::rename(from, to)?,
        ["link", from, to] => fs::hard_link(from, to)?,
        ["symlink", to, path] => by_c(|| unsafe { symlink(c(to).as_ptr(), c(path).as_ptr()) })?,
        ["times", path] => by_c(|| unsafe { utimensat(HERE, c(path).as_ptr(), null(), 0) })?,
        ["size", path] => said = fs::symlink_metadata(path)?.len().to_string(),
        ["copy"] => {
            std::io::stdin().read_to_string(&mut said)?;
        }
        ["sleep"] => std::thread::sleep(std::time::Duration::from_millis(300)),
        _ => panic!("what is {arguments:?}?"),
    }
    Ok(if said.is_empty() { said } else { format!(": {said}") })
}

fn c(text: &str) -> CString {
    CString::new(text).expect("arguments hold no NUL")
}

/// A call into C's library.
fn by_c(call: impl FnOnce() -> c_int) -> Result<()> {
    match call() {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}
