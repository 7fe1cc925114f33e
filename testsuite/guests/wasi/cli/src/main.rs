//! Every function of wasi:cli. The first argument says which part.

use wasi_bindings::cli::{
    environment, exit, stderr, stdin, stdout, terminal_stderr, terminal_stdin, terminal_stdout,
};
use wasi_bindings::io::streams::StreamError;
use wasi_bindings::{say, show};

fn main() -> Result<(), u8> {
    let arguments = environment::get_arguments();
    let part = arguments.get(1).map_or("", String::as_str);
    match part {
        "environment" => {
            let mut variables = environment::get_environment();
            variables.sort();
            say!("environment", variables);
            let _ = show!(environment::get_arguments());
            let _ = show!(environment::initial_cwd());
        }
        "stdio" => stdio(),
        "terminals" => {
            let _ = show!(terminal_stdin::get_terminal_stdin());
            let _ = show!(terminal_stdout::get_terminal_stdout());
            let _ = show!(terminal_stderr::get_terminal_stderr());
            // Each call gives a handle of its own.
            let (first, second) = (
                terminal_stdout::get_terminal_stdout(),
                terminal_stdout::get_terminal_stdout(),
            );
            drop(first);
            say!("the second", second);
        }
        "exit-ok" => exit::exit(Ok(())),
        "exit-error" => exit::exit(Err(())),
        "exit-code" => {
            let code = arguments.get(2).and_then(|code| code.parse().ok());
            exit::exit_with_code(code.unwrap_or(0));
            println!("never said");
        }
        "return-error" => return Err(1),
        other => say!("no such part", other),
    }
    Ok(())
}

fn stdio() {
    let out = stdout::get_stdout();
    let err = stderr::get_stderr();
    let input = stdin::get_stdin();
    let write = |text: &str| out.blocking_write_and_flush(text.as_bytes());
    let mut copied = 0;
    loop {
        match input.blocking_read(7) {
            Ok(bytes) => {
                copied += bytes.len();
                out.blocking_write_and_flush(&bytes).expect("standard output is open");
            }
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(error)) => {
                let _ = write(&error.to_debug_string());
                break;
            }
        }
    }
    // Two handles of one stream write in the order of the calls.
    let again = stdout::get_stdout();
    again.blocking_write_and_flush(b"|").expect("standard output is open");
    write(&format!("{copied}\n")).expect("standard output is open");
    err.blocking_write_and_flush(b"to standard error\n").expect("standard error is open");
}
