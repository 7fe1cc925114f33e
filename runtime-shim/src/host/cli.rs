//! `wasi:cli`.

/// `wasi:cli/environment`.
pub mod environment {
    use nanocc_shim_abi::{Authority, EnvironmentEntry};

    use crate::guest::{Cx, NewList, NewStr};
    use crate::program::{list, string};
    use crate::start;
    use crate::trap::report::Message;

    /// The environment's entries that the interface can express: a name, `=`, a value, in UTF-8. The
    /// first byte belongs to the name even if it is `=`.
    fn variables() -> impl Iterator<Item = (&'static [u8], &'static [u8])> {
        start::environment().filter_map(|entry| {
            let text = core::str::from_utf8(entry).ok()?;
            let equals = 1 + text.bytes().skip(1).position(|b| b == b'=')?;
            Some((entry.get(..equals)?, entry.get(equals + 1..)?))
        })
    }

    /// Whether a variable is seen because all are: those that were granted by name come after them.
    fn is_inherited(granted: &[EnvironmentEntry], name: &[u8]) -> bool {
        !granted.iter().any(|entry| string(entry.name) == name)
    }

    /// The variables that were granted: first those that are only because all are, then those by name.
    fn granted(
        authority: Option<&'static Authority>,
    ) -> impl Iterator<Item = (&'static [u8], &'static [u8])> {
        let inherits = authority.is_some_and(|authority| authority.inherits_environment != 0);
        let named: &'static [EnvironmentEntry] = match authority {
            // SAFETY: the compiler's list is of these, and read-only.
            Some(authority) => unsafe { list(authority.environment) },
            None => &[],
        };
        let all = inherits.then(variables).into_iter().flatten();
        let inherited = all.filter(|(name, _)| is_inherited(named, name));
        inherited.chain(named.iter().filter_map(|entry| {
            let name = string(entry.name);
            if entry.inherited == 0 {
                return Some((name, string(entry.value)));
            }
            variables().find(|(other, _)| *other == name)
        }))
    }

    /// `get-environment`. Entries that aren't UTF-8 aren't there. Of a variable that was granted by name there is one, the first; what all
    /// are inherited with is as it was found, even if a name is there twice.
    pub fn get_environment(cx: &mut Cx) -> NewList<(NewStr, NewStr)> {
        let authority = cx.authority();
        let mut list = cx.list(granted(authority).count());
        for (name, value) in granted(authority) {
            // Both are UTF-8: the compiler's strings, and what was looked at above.
            let (Ok(name), Ok(value)) = (core::str::from_utf8(name), core::str::from_utf8(value))
            else {
                continue;
            };
            let pair = (cx.string(name), cx.string(value));
            list.push(cx, pair);
        }
        list.finish(cx)
    }

    /// `get-arguments`, the program's name first.
    pub fn get_arguments(cx: &mut Cx) -> NewList<NewStr> {
        let arguments = start::arguments();
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

    /// An empty world.
    pub mod denied {
        use crate::guest::{Cx, NewList, NewStr};

        /// No variables.
        pub fn get_environment(cx: &mut Cx) -> NewList<(NewStr, NewStr)> {
            cx.list(0).finish(cx)
        }

        /// No arguments, not even the program's name.
        pub fn get_arguments(cx: &mut Cx) -> NewList<NewStr> {
            cx.list(0).finish(cx)
        }
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
    use crate::start::end;

    /// `exit`.
    pub fn exit(_: &mut Cx, status: Result<(), ()>) -> ! {
        end(status.is_err().into())
    }

    /// `exit-with-code`.
    pub fn exit_with_code(_: &mut Cx, status_code: u8) -> ! {
        end(status_code.into())
    }
}

/// `wasi:cli/stdin`.
pub mod stdin {
    use crate::bindings::io::streams::InputStream;
    use crate::guest::{Cx, Own};
    use crate::host::io::streams;
    use crate::host::open::File;

    /// `get-stdin`.
    pub fn get_stdin(_: &mut Cx) -> Own<InputStream> {
        streams::input(&streams::SEQUENCE_INPUT, File::STDIN, 0)
    }

    /// A closed stream.
    pub mod denied {
        use crate::bindings::io::streams::InputStream;
        use crate::guest::{Cx, Own};
        use crate::host::io::streams;

        /// `get-stdin`.
        pub fn get_stdin(_: &mut Cx) -> Own<InputStream> {
            streams::closed_input()
        }
    }
}

/// `wasi:cli/stdout`.
pub mod stdout {
    use crate::bindings::io::streams::OutputStream;
    use crate::guest::{Cx, Own};
    use crate::host::io::streams;
    use crate::host::open::File;

    /// `get-stdout`.
    pub fn get_stdout(_: &mut Cx) -> Own<OutputStream> {
        streams::output(&streams::SEQUENCE_OUTPUT, File::STDOUT, 0)
    }

    /// A closed stream.
    pub mod denied {
        use crate::bindings::io::streams::OutputStream;
        use crate::guest::{Cx, Own};
        use crate::host::io::streams;

        /// `get-stdout`.
        pub fn get_stdout(_: &mut Cx) -> Own<OutputStream> {
            streams::closed_output()
        }
    }
}

/// `wasi:cli/stderr`.
pub mod stderr {
    use crate::bindings::io::streams::OutputStream;
    use crate::guest::{Cx, Own};
    use crate::host::io::streams;
    use crate::host::open::File;

    /// `get-stderr`.
    pub fn get_stderr(_: &mut Cx) -> Own<OutputStream> {
        streams::output(&streams::SEQUENCE_OUTPUT, File::STDERR, 0)
    }

    /// A closed stream.
    pub mod denied {
        use crate::bindings::io::streams::OutputStream;
        use crate::guest::{Cx, Own};
        use crate::host::io::streams;
        use crate::trap::unheard;

        /// `get-stderr`.
        pub fn get_stderr(cx: &mut Cx) -> Own<OutputStream> {
            unheard::denied_to(cx.instance());
            streams::closed_output()
        }
    }
}

/// The descriptor, if it is a terminal.
fn terminal(descriptor: i32) -> Option<u32> {
    crate::sys::is_terminal(descriptor).then_some(descriptor as u32)
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
    use crate::bindings::cli::terminal_input::TerminalInput;
    use crate::guest::{Cx, Own};

    /// `get-terminal-stdin`.
    pub fn get_terminal_stdin(_: &mut Cx) -> Option<Own<TerminalInput>> {
        super::terminal(0).map(Own::new)
    }

    /// No terminal.
    pub mod denied {
        use crate::bindings::cli::terminal_input::TerminalInput;
        use crate::guest::{Cx, Own};

        /// `get-terminal-stdin`.
        pub fn get_terminal_stdin(_: &mut Cx) -> Option<Own<TerminalInput>> {
            None
        }
    }
}

/// `wasi:cli/terminal-stdout`.
pub mod terminal_stdout {
    use crate::bindings::cli::terminal_output::TerminalOutput;
    use crate::guest::{Cx, Own};

    /// `get-terminal-stdout`.
    pub fn get_terminal_stdout(_: &mut Cx) -> Option<Own<TerminalOutput>> {
        super::terminal(1).map(Own::new)
    }

    /// No terminal.
    pub mod denied {
        use crate::bindings::cli::terminal_output::TerminalOutput;
        use crate::guest::{Cx, Own};

        /// `get-terminal-stdout`.
        pub fn get_terminal_stdout(_: &mut Cx) -> Option<Own<TerminalOutput>> {
            None
        }
    }
}

/// `wasi:cli/terminal-stderr`.
pub mod terminal_stderr {
    use crate::bindings::cli::terminal_output::TerminalOutput;
    use crate::guest::{Cx, Own};

    /// `get-terminal-stderr`.
    pub fn get_terminal_stderr(_: &mut Cx) -> Option<Own<TerminalOutput>> {
        super::terminal(2).map(Own::new)
    }

    /// No terminal.
    pub mod denied {
        use crate::bindings::cli::terminal_output::TerminalOutput;
        use crate::guest::{Cx, Own};

        /// `get-terminal-stderr`.
        pub fn get_terminal_stderr(_: &mut Cx) -> Option<Own<TerminalOutput>> {
            None
        }
    }
}
