//! `wasi:cli`.

/// `wasi:cli/environment`.
pub mod environment {
    use nanocc_shim_abi::grant;

    use crate::guest::{Cx, NewList, NewStr};
    use crate::start;
    use crate::trap::report::Message;

    /// The environment's entries that the interface can express: a name, `=`, a value, in UTF-8. The
    /// first byte belongs to the name even if it is `=`.
    fn variables(granted: bool) -> impl Iterator<Item = (&'static str, &'static str)> {
        granted
            .then(start::environment)
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let text = core::str::from_utf8(entry).ok()?;
                let equals = 1 + text.bytes().skip(1).position(|b| b == b'=')?;
                Some((text.get(..equals)?, text.get(equals + 1..)?))
            })
    }

    /// `get-environment`. Entries that aren't UTF-8 aren't there.
    pub fn get_environment(cx: &mut Cx) -> NewList<(NewStr, NewStr)> {
        let granted = cx.grants() & grant::ENVIRONMENT != 0;
        let mut list = cx.list(variables(granted).count());
        for (name, value) in variables(granted) {
            let pair = (cx.string(name), cx.string(value));
            list.push(cx, pair);
        }
        list.finish(cx)
    }

    /// `get-arguments`, the program's name first.
    pub fn get_arguments(cx: &mut Cx) -> NewList<NewStr> {
        let granted = cx.grants() & grant::ARGUMENTS != 0;
        let arguments = granted.then(start::arguments).into_iter().flatten();
        let mut list = cx.list(arguments.clone().count());
        for (index, argument) in arguments.enumerate() {
            let Ok(argument) = core::str::from_utf8(argument) else {
                not_text(index as u32)
            };
            let argument = cx.string(argument);
            list.push(cx, argument);
        }
        list.finish(cx)
    }

    /// An argument that can't be passed on. Leaving it out or changing it would make the program do
    /// something else than it was told.
    #[cold]
    fn not_text(index: u32) -> ! {
        let mut message = Message::new();
        message
            .text("error: argument ")
            .decimal(index)
            .text(" is not valid UTF-8\n");
        message.flush();
        crate::sys::exit_group(1)
    }

    /// `initial-cwd`: none, as there is no directory to look it up in.
    pub fn initial_cwd(_: &mut Cx) -> Option<NewStr> {
        None
    }
}

/// `wasi:cli/exit`.
pub mod exit {
    use crate::guest::Cx;
    use crate::sys::exit_group;

    /// `exit`.
    pub fn exit(_: &mut Cx, status: Result<(), ()>) -> ! {
        exit_group(status.is_err().into())
    }

    /// `exit-with-code`.
    pub fn exit_with_code(_: &mut Cx, status_code: u8) -> ! {
        exit_group(status_code.into())
    }
}

/// Whether the instance was granted a standard stream.
fn granted(cx: &crate::guest::Cx, grant: u32) -> bool {
    cx.grants() & grant != 0
}

/// `wasi:cli/stdin`.
pub mod stdin {
    use nanocc_shim_abi::grant::STDIN;

    use crate::bindings::io::streams::InputStream;
    use crate::guest::{Cx, Own};
    use crate::host::io::streams;
    use crate::host::open::File;

    /// `get-stdin`.
    pub fn get_stdin(cx: &mut Cx) -> Own<InputStream> {
        if super::granted(cx, STDIN) {
            streams::input(&streams::SEQUENCE_INPUT, File::STDIN, 0)
        } else {
            streams::closed_input()
        }
    }
}

/// `wasi:cli/stdout`.
pub mod stdout {
    use nanocc_shim_abi::grant::STDOUT;

    use crate::bindings::io::streams::OutputStream;
    use crate::guest::{Cx, Own};
    use crate::host::io::streams;
    use crate::host::open::File;

    /// `get-stdout`.
    pub fn get_stdout(cx: &mut Cx) -> Own<OutputStream> {
        if super::granted(cx, STDOUT) {
            streams::output(&streams::SEQUENCE_OUTPUT, File::STDOUT, 0)
        } else {
            streams::closed_output()
        }
    }
}

/// `wasi:cli/stderr`.
pub mod stderr {
    use nanocc_shim_abi::grant::STDERR;

    use crate::bindings::io::streams::OutputStream;
    use crate::guest::{Cx, Own};
    use crate::host::io::streams;
    use crate::host::open::File;

    /// `get-stderr`.
    pub fn get_stderr(cx: &mut Cx) -> Own<OutputStream> {
        if super::granted(cx, STDERR) {
            streams::output(&streams::SEQUENCE_OUTPUT, File::STDERR, 0)
        } else {
            streams::closed_output()
        }
    }
}

/// The descriptor of a terminal that the instance was granted.
fn terminal(cx: &crate::guest::Cx, grant: u32, descriptor: i32) -> Option<u32> {
    (granted(cx, grant) && crate::sys::is_terminal(descriptor)).then_some(descriptor as u32)
}

/// `wasi:cli/terminal-input`.
pub mod terminal_input {
    use crate::bindings::cli::terminal_input::TerminalInput;
    use crate::guest::{Cx, Own};

    /// The end of a terminal's handle.
    pub fn drop_terminal_input(_: &mut Cx, _: Own<TerminalInput>) {}
}

/// `wasi:cli/terminal-output`.
pub mod terminal_output {
    use crate::bindings::cli::terminal_output::TerminalOutput;
    use crate::guest::{Cx, Own};

    /// The end of a terminal's handle.
    pub fn drop_terminal_output(_: &mut Cx, _: Own<TerminalOutput>) {}
}

/// `wasi:cli/terminal-stdin`.
pub mod terminal_stdin {
    use nanocc_shim_abi::grant::STDIN;

    use crate::bindings::cli::terminal_input::TerminalInput;
    use crate::guest::{Cx, Own};

    /// `get-terminal-stdin`.
    pub fn get_terminal_stdin(cx: &mut Cx) -> Option<Own<TerminalInput>> {
        super::terminal(cx, STDIN, 0).map(Own::new)
    }
}

/// `wasi:cli/terminal-stdout`.
pub mod terminal_stdout {
    use nanocc_shim_abi::grant::STDOUT;

    use crate::bindings::cli::terminal_output::TerminalOutput;
    use crate::guest::{Cx, Own};

    /// `get-terminal-stdout`.
    pub fn get_terminal_stdout(cx: &mut Cx) -> Option<Own<TerminalOutput>> {
        super::terminal(cx, STDOUT, 1).map(Own::new)
    }
}

/// `wasi:cli/terminal-stderr`.
pub mod terminal_stderr {
    use nanocc_shim_abi::grant::STDERR;

    use crate::bindings::cli::terminal_output::TerminalOutput;
    use crate::guest::{Cx, Own};

    /// `get-terminal-stderr`.
    pub fn get_terminal_stderr(cx: &mut Cx) -> Option<Own<TerminalOutput>> {
        super::terminal(cx, STDERR, 2).map(Own::new)
    }
}
