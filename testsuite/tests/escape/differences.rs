//! Where nanocc means to answer otherwise than wasmtime 48, which is the model of everything else.

use crate::corpus::Case;

/// An answer: whether it was an error, and what it said.
fn answer(line: &str) -> Option<(&str, Result<&str, &str>)> {
    let (what, answer) = line.split_once(": ")?;
    let answer = match answer.strip_prefix("error ") {
        Some(error) => Err(error),
        None => Ok(answer.strip_prefix("ok")?),
    };
    Some((what, answer))
}

/// Calls that change entries of directories.
const ENTRIES: [&str; 6] = [
    "link-at",
    "symlink-at",
    "rename-at",
    "unlink-file-at",
    "remove-directory-at",
    "create-directory-at",
];

/// Why nanocc's answer `ours` isn't wasmtime's, if it is meant not to be.
pub fn reason(case: &Case, ours: &str, theirs: &str) -> Option<&'static str> {
    let (what, ours) = answer(ours)?;
    let (same, theirs) = answer(theirs)?;
    if what != same {
        return None;
    }
    let read_only = case.grant == "/ro" || what.ends_with("other");
    let slash = case.path.ends_with('/');
    // A call that describes a link itself, and the name that it was told.
    let described = match what.split_once(' ') {
        Some(("stat-at", "")) | Some(("metadata-hash-at", "")) => Some(&*case.path),
        Some(("stat-at", how)) => how.strip_prefix(' '),
        _ => None,
    };
    if ours == Err("read-only") && read_only {
        return Some("the WIT has `read-only` for what a descriptor for reading doesn't permit");
    }
    if ours == Err("invalid") && case.path.contains('\0') && theirs.is_err() {
        return Some("a path with a NUL is refused before it is resolved");
    }
    if ours == Err("name-too-long") && case.path.len() >= 4096 {
        return Some("the limit of 4096 bytes is the whole path's");
    }
    if described.is_some_and(|path| path.ends_with('/') || path.ends_with("/."))
        && (ours.is_err()
            || ours.is_ok_and(|text| text.contains("Directory") || text.trim().is_empty()))
        && theirs.is_ok()
    {
        return Some("a slash after a link follows it, as in POSIX (wasmtime's issue 14380)");
    }
    if what.starts_with("open-at  directory")
        && ours == Err("not-directory")
        && theirs == Err("loop")
    {
        return Some(
            "a link that isn't followed is no directory, before it is a link: as the kernel has it",
        );
    }
    let entry = ENTRIES.iter().any(|name| what.starts_with(name));
    if entry && slash && ours.is_err() && theirs.is_err() {
        return Some(
            "a name with a slash after it is looked at as an entry, as in POSIX, and not as a directory's `.`",
        );
    }
    if what == "remove-directory-at " && slash && ours.is_ok() && theirs == Err("invalid") {
        return Some("a directory can be removed by its name and a slash, as in POSIX");
    }
    if what.starts_with("link-at from")
        && ours == Err("cross-device")
        && theirs == Err("not-permitted")
    {
        return Some(
            "the granted directory itself can't be linked to: Landlock says so before it is seen to be a directory",
        );
    }
    None
}
