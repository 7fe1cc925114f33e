//! Parameters: what the compiler was told to leave open of grants, filled in from the environment when the program starts.
//!
//! `NANOCC_PARAM_data=/srv/data` is what `@data` stands for. A program that has a parameter doesn't start without it: to
//! leave a grant out isn't what its author meant. Said and empty, it is: whoever starts a program may narrow what it was
//! granted, and never widen it. Where the program has more rights than who starts it (`AT_SECURE`), the environment
//! isn't believed, and parameters count as not set.

mod address;

use nanocc_shim_abi::{NO_PARAMETER, NetworkRule, Parameter, StringRef, network};

use self::address::Parsed;
use super::{auxiliary, cannot_run, environment};
use crate::program::{self, string};
use crate::trap::report::Message;

/// `AT_SECURE` of the auxiliary vector.
const SECURE: u32 = linux_raw_sys::auxvec::AT_SECURE;

/// What parameters' variables are called, before their own names.
const PREFIX: &[u8] = b"NANOCC_PARAM_";

/// Every parameter of the program.
fn parameters() -> &'static [Parameter] {
    // SAFETY: the compiler's list is of these, read-only.
    unsafe { program::list(program::authority().parameters) }
}

/// What a parameter of the program's is, if it is set. [`nanocc_prepare_parameters`] has seen to it that it is.
pub fn value(parameter: u32) -> Option<&'static [u8]> {
    let parameter = parameters().get(parameter as usize)?;
    find(environment(), string(parameter.name))
}

/// The value of the parameter called `name` among entries of an environment.
fn find(
    mut environment: impl Iterator<Item = &'static [u8]>,
    name: &[u8],
) -> Option<&'static [u8]> {
    environment.find_map(|entry| {
        let rest = entry.strip_prefix(PREFIX)?.strip_prefix(name)?;
        rest.strip_prefix(b"=")
    })
}

/// `nanocc_shim_abi::prepare::PARAMETERS`: sees to it that every parameter is set, and makes rules of those that are addresses.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn nanocc_prepare_parameters() {
    if auxiliary(SECURE).is_some_and(|secure| secure != 0) {
        if let Some(parameter) = parameters().first() {
            refuse(
                parameter,
                " isn't read from the environment of a program that has more rights than who starts it\n",
            );
        }
        return;
    }
    for (index, parameter) in parameters().iter().enumerate() {
        if value(index as u32).is_none() {
            refuse(
                parameter,
                " isn't set: start the program with it in its environment\n",
            );
        }
    }
    let rules = program::authority().parameter_rules;
    let first = program::address(rules.address).cast::<NetworkRule>();
    for index in 0..rules.count as usize {
        // SAFETY: the compiler's list has that many, writable, and nobody else refers to them now.
        let rule = unsafe { &mut *first.wrapping_add(index) };
        let Some(parameter) = parameters().get(rule.parameter as usize) else {
            debug_assert_eq!(rule.parameter, NO_PARAMETER);
            continue;
        };
        let value = value(rule.parameter).unwrap_or_default();
        if let Err(wrong) = fill(rule, value, parameter.room) {
            refuse(parameter, wrong);
        }
    }
}

/// Ends the program: the parameter's variable, and what is wrong with it.
#[cold]
fn refuse(parameter: &Parameter, wrong: &str) -> ! {
    let mut message = Message::new();
    message
        .text("error: the parameter NANOCC_PARAM_")
        .name(string(parameter.name))
        .text(wrong)
        .text("  component `")
        .name(string(parameter.component))
        .text("` was granted ")
        .text(what(parameter))
        .text(" by it\n");
    cannot_run(&mut message)
}

/// What the component was granted by the parameter.
fn what(parameter: &Parameter) -> &'static str {
    match parameter.room {
        0 => "a directory",
        _ => "use of the network",
    }
}

/// Makes the rule what the parameter's value says. `room` is the address of where a name may be put. The error is
/// the end of a sentence about the parameter.
fn fill(rule: &mut NetworkRule, value: &[u8], room: u64) -> Result<(), &'static str> {
    if value.is_empty() {
        rule.family = network::NOTHING;
        return Ok(());
    }
    let text = core::str::from_utf8(value).map_err(|_| " is not UTF-8\n")?;
    let connects = rule.kind == network::TCP_CONNECT || rule.kind == network::UDP_CONNECT;
    let parsed = Parsed::read(text)
        .ok_or(" is no address: expected ADDRESS or ADDRESS:PORT, with brackets around IPv6\n")?;
    if let Some([low, high]) = parsed.ports {
        if low < rule.ports[0] || high > rule.ports[1] {
            return Err(" has ports that weren't granted\n");
        }
        rule.ports = [low, high];
    }
    if parsed.family == network::NAME {
        if !connects {
            return Err(" is a name, where an address of this machine's is needed\n");
        }
        rule.name = keep(parsed.name, room);
    }
    rule.family = parsed.family;
    rule.prefix = parsed.prefix;
    rule.address = parsed.address;
    Ok(())
}

/// Puts a name in lower case at `room`, which has `nanocc_shim_abi::PARAMETER_ROOM` bytes, and the name fewer.
fn keep(name: &str, room: u64) -> StringRef {
    let at = program::address(room).cast::<u8>();
    for (index, byte) in name.bytes().enumerate() {
        // SAFETY: a name has at most 253 bytes, and nobody refers to the room now.
        unsafe { at.wrapping_add(index).write(byte.to_ascii_lowercase()) };
    }
    StringRef {
        // As `program::string` reads it.
        offset: room.wrapping_sub(program::info().strings) as u32,
        len: name.len() as u32,
    }
}

#[cfg(test)]
mod tests;
