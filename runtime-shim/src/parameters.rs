//! The parts of grants that the program's environment fills in.
//!
//! A parameter `data` is the variable `NANOCC_PARAM_data`. Where the program was started with more privileges than its caller has
//! (`AT_SECURE`), the environment is the caller's word, and not looked at.

use linux_raw_sys::auxvec::AT_SECURE;
use nanocc_shim_abi::Parameter;

use crate::program;
use crate::start;

/// What the variables' names start with.
const PREFIX: &[u8] = b"NANOCC_PARAM_";

/// What a parameter was set to: empty if to nothing, `None` if it wasn't set.
pub fn value(parameter: &Parameter) -> Option<&'static [u8]> {
    if start::auxiliary(AT_SECURE).unwrap_or(0) != 0 {
        return None;
    }
    find(start::environment(), program::string(parameter.name))
}

fn find<'e>(mut environment: impl Iterator<Item = &'e [u8]>, name: &[u8]) -> Option<&'e [u8]> {
    environment.find_map(|entry| {
        entry
            .strip_prefix(PREFIX)?
            .strip_prefix(name)?
            .strip_prefix(b"=")
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_parameter_is_the_variable_of_exactly_its_name() {
        let environment: [&[u8]; 5] = [
            b"NANOCC_PARAM_database=/x",
            b"NANOCC_PARAM_dat=/y",
            b"data=/z",
            b"NANOCC_PARAM_data=/a=b",
            b"NANOCC_PARAM_none=",
        ];
        let find = |name: &[u8]| super::find(environment.iter().copied(), name);
        assert_eq!(find(b"data"), Some(&b"/a=b"[..]));
        assert_eq!(find(b"none"), Some(&b""[..]));
        assert_eq!(find(b"da"), None);
    }
}
