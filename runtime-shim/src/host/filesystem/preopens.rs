//! `wasi:filesystem/preopens`: the directories that were granted, which are opened when the program starts.

use nanocc_shim_abi::{Directory, NO_PARAMETER, Preopen, directory};

use super::descriptor::{self, MUTATE, READ, State};
use crate::bindings::filesystem::types::Descriptor;
use crate::guest::{Cx, NewList, NewStr, Own};
use crate::host::open;
use crate::program;
use crate::start::{cannot_run, parameters};
use crate::sys::{check, start};
use crate::trap::report::Message;

/// The descriptor of a directory of the program's, if it is open.
fn opened(index: u32) -> Option<i32> {
    let directories = program::authority().directories;
    let at = program::address(directories.address).cast::<Directory>();
    // SAFETY: the compiler's indexes are within its list, which is written before the program's first instruction alone.
    let descriptor = unsafe { (*at.wrapping_add(index as usize)).descriptor };
    (descriptor >= 0).then_some(descriptor)
}

/// `get-directories`. One whose parameter is empty isn't there.
pub fn get_directories(cx: &mut Cx) -> NewList<(Own<Descriptor>, NewStr)> {
    let preopens: &[Preopen] = match cx.authority() {
        // SAFETY: the list holds those, read-only.
        Some(authority) => unsafe { program::list(authority.directories) },
        None => &[],
    };
    let open = || {
        preopens
            .iter()
            .filter_map(|preopen| Some((preopen, opened(preopen.directory)?)))
    };
    let mut list = cx.list(open().count());
    for (preopen, number) in open() {
        let mutate = if preopen.rights & directory::WRITE == 0 {
            0
        } else {
            MUTATE
        };
        let own = descriptor::new(State {
            file: open::standing(number),
            flags: READ | mutate,
            directory: true,
        });
        // The compiler's strings are UTF-8.
        let name = core::str::from_utf8(program::string(preopen.guest)).unwrap_or_default();
        let name = cx.string(name);
        list.push(cx, (own, name));
    }
    list.finish(cx)
}

/// `nanocc_shim_abi::prepare::DIRECTORIES`: opens every directory that somebody was granted, or ends the program.
///
/// They are opened to be read (`O_PATH` would not do for listing them), whatever the rights: a directory's descriptor can't be
/// written to. What may be changed in it is a matter of the descriptors that guests have, and of the kernel's second fence.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn nanocc_prepare_directories() {
    let directories = program::authority().directories;
    let first = program::address(directories.address).cast::<Directory>();
    for index in 0..directories.count as usize {
        // SAFETY: the compiler's list has that many, writable, and nobody else refers to them now.
        prepare(unsafe { &mut *first.wrapping_add(index) });
    }
}

/// A directory's path; empty if it is a parameter's that is.
fn host(directory: &Directory) -> &'static [u8] {
    if directory.parameter == NO_PARAMETER {
        return program::string(directory.host);
    }
    parameters::value(directory.parameter).unwrap_or_default()
}

fn prepare(directory: &mut Directory) {
    use linux_raw_sys::general::{AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_RDONLY};

    let mut room = super::path::Room::new();
    let host = host(directory);
    if host.is_empty() {
        // Narrowed to nothing when the program was started.
        return;
    }
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    let opened = room
        .c_str(host)
        .map_err(|_| rustix::io::Errno::NAMETOOLONG)
        .and_then(|path| {
            // SAFETY: the kernel reads the string.
            check(unsafe {
                start::openat(AT_FDCWD as usize, path.as_ptr().addr(), flags as usize, 0)
            })
        });
    match opened {
        Ok(descriptor) => directory.descriptor = descriptor as i32,
        Err(errno) => {
            let mut message = Message::new();
            message
                .text("error: the directory `")
                .name(host)
                .text("`, which was granted to component `")
                .name(program::string(directory.component))
                .text("`, can't be opened: ")
                .text(crate::host::io::error::text(errno))
                .text("\n");
            cannot_run(&mut message)
        }
    }
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
