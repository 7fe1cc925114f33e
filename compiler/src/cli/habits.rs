//! What other tools' users type: the flags of wasmtime's that nanocc spells otherwise, and a command's name that isn't first.
//!
//! An unknown flag is an error whatever it is; clap's own advice for one, to put `--` before it, is wrong for these.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;

/// The commands besides compiling.
pub const COMMANDS: [&str; 3] = ["run", "explain", "inspect"];

/// The flags that stand alone too, and have their value after `=`.
const OPTIONAL: [&str; 2] = ["--dns", "--inherit-env"];

/// Flags, and what does the same here.
const FLAGS: [(&[&str], &str); 6] = [
    (
        &["-S", "--wasi", "--inherit-network"],
        "grants are by component and by address: `--tcp-connect '*:*'`, `--tcp-listen`, `--udp-connect`, `--udp-listen`, `--dns`, \
         `--inherit-env`; WASI itself needs no flag",
    ),
    (
        &["-W", "--wasm", "--fuel"],
        "limits are flags of their own: `--max-memory 16MiB`, `--max-table-elements`, `--timeout 5s`, `--cpu-timeout`",
    ),
    (&["--mapdir"], "write `--dir HOST::GUEST`"),
    (
        &["--invoke"],
        "it is a flag of the command `run`: `nanocc run --invoke CALL INPUT`",
    ),
    (
        &["-g", "--debug"],
        "the symbol table is there unless `--strip` leaves it out",
    ),
    (
        &["--release", "--opt-level", "--optimize"],
        "`-O2` is the default; the levels are -O0, -O1, -O2 and -Os",
    ),
];

/// Replaces what clap advises for an unknown argument by what helps. `args` are the process's.
pub fn advise(mut error: clap::Error, args: &[OsString]) -> clap::Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let unknown = unknown.split('=').next().unwrap_or_default();
    let flag = FLAGS.iter().find(|(flags, _)| flags.contains(&unknown));
    let first = args.get(1).and_then(|arg| arg.to_str());
    let later = args.iter().skip(2).find_map(|arg| {
        let name = arg.to_str()?;
        COMMANDS.contains(&name).then_some(name)
    });
    // Of flags whose value may be left out.
    let glued = args.windows(2).find_map(|pair| {
        let (flag, value) = (pair[0].to_str()?, pair[1].to_str()?);
        (OPTIONAL.contains(&flag) && !value.starts_with('-')).then(|| format!("{flag}={value}"))
    });
    let advice = match (flag, glued, later) {
        (Some((_, advice)), ..) => (*advice).to_owned(),
        (None, Some(glued), _) => format!("the value stands after `=`: `{glued}`"),
        (None, None, Some(command)) if first.is_none_or(|first| !COMMANDS.contains(&first)) => {
            format!("a command comes before all flags: `nanocc {command} ...`")
        }
        _ => return error,
    };
    error.remove(ContextKind::SuggestedArg);
    let advice = ContextValue::StyledStrs(vec![StyledStr::from(advice)]);
    error.insert(ContextKind::Suggested, advice);
    error
}

#[cfg(test)]
mod tests {
    use crate::cli::args::Arguments;
    use std::ffi::OsString;

    fn said(args: &str) -> String {
        let args = args.split(' ').map(OsString::from).collect();
        Arguments::try_parse_from(args).unwrap_err().to_string()
    }

    #[test]
    fn what_others_call_otherwise_is_said() {
        for (args, words) in [
            ("nanocc -S inherit-network a.wac", "--tcp-connect '*:*'"),
            ("nanocc a.wac -Sinherit-env", "`--inherit-env`"),
            ("nanocc run --inherit-network a.wac", "--tcp-connect '*:*'"),
            ("nanocc -Wmax-memory-size=1 a.wac", "--max-memory 16MiB"),
            ("nanocc --mapdir=a::b a.wac", "`--dir HOST::GUEST`"),
            ("nanocc --invoke f a.wac", "nanocc run --invoke"),
            ("nanocc --color=never inspect a.wac", "`nanocc inspect ...`"),
            ("nanocc -v run a.wac", "`nanocc run ...`"),
            ("nanocc a.wac --dns api=x.org", "`--dns=api=x.org`"),
            ("nanocc --inherit-env store a.wac", "`--inherit-env=store`"),
        ] {
            let text = said(args);
            assert!(text.contains("unexpected argument"), "{args}: {text}");
            assert!(text.contains(words), "{args}: {text}");
            assert!(!text.contains("to pass"), "{args}: {text}");
        }
        // What clap knows better is left alone.
        assert!(said("nanocc --dirr x a.wac").contains("'--dir'"));
        assert!(said("nanocc inspect a run b").contains("unexpected argument 'run'"));
        assert!(!said("nanocc inspect a run b").contains("before all flags"));
        assert!(said("nanocc --frobnicate a --dns -v").contains("to pass"));
    }
}
