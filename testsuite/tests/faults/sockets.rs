//! TCP.

use super::*;
use nanocc_testsuite::compiler::Nanocc;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};

/// The guest, which may listen on this machine and connect to it.
fn granted() -> Result<(tempfile::TempDir, PathBuf)> {
    granted_for(Target::X86_64)
}

pub fn granted_for(target: Target) -> Result<(tempfile::TempDir, PathBuf)> {
    let output = tempfile::tempdir().map_err(text)?;
    let executable = output.path().join("program");
    let input = repository().join("testsuite/guests/faults/deps/faults/sockets.wasm");
    let grants = [
        "-O2",
        "--tcp-connect",
        "127.0.0.1:*",
        "--tcp-listen",
        "127.0.0.1:*",
    ];
    Nanocc::new(&input)
        .target(target)
        .args(&grants)
        .output(&executable)
        .succeed()?;
    Ok((output, executable))
}

pub fn text(error: std::io::Error) -> String {
    error.to_string()
}

/// A guest that pushes so many bytes to a listener of ours.
fn push(mut command: Command, total: u64) -> Result<(Child, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(text)?;
    let port = listener.local_addr().map_err(text)?.port().to_string();
    command
        .args(["push", &port, &total.to_string()])
        .stderr(Stdio::piped());
    let mut child = spawn(&mut command)?;
    listener.set_nonblocking(true).map_err(text)?;
    let begin = Instant::now();
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                patient(&stream)?;
                return Ok((child, stream));
            }
            Err(_) if begin.elapsed() < Duration::from_secs(20) => {
                thread::sleep(Duration::from_millis(5))
            }
            Err(error) => {
                let _ = child.kill();
                return Err(format!("{error}: {:?}", finish(child)));
            }
        }
    }
}

/// No test waits for ever for what doesn't come.
pub fn patient(stream: &TcpStream) -> Result<()> {
    stream.set_nonblocking(false).map_err(text)?;
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .map_err(text)?;
    stream
        .set_write_timeout(Some(Duration::from_secs(20)))
        .map_err(text)
}

/// A guest that gives back what we send to it.
fn echo(executable: &Path) -> Result<(Child, TcpStream)> {
    let port = ports::free()?;
    let mut command = Command::new(executable);
    command
        .args(["echo", &port.to_string()])
        .stderr(Stdio::piped());
    let mut child = spawn(&mut command)?;
    let begin = Instant::now();
    loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => {
                patient(&stream)?;
                return Ok((child, stream));
            }
            Err(error) if begin.elapsed() > Duration::from_secs(20) => {
                let _ = child.kill();
                return Err(format!("{error}: {:?}", finish(child)));
            }
            Err(_) => thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// How it has ended, and how many bytes came to it.
pub fn finish_both(mut child: Child) -> Result<(End, u64)> {
    let mut stderr = Vec::new();
    child
        .stderr
        .take()
        .ok_or("no standard error")?
        .read_to_end(&mut stderr)
        .map_err(text)?;
    let end = end(child.wait().map_err(text)?, &stderr)?;
    let said = String::from_utf8_lossy(&stderr);
    let came = said
        .lines()
        .find_map(|line| line.strip_prefix("came ")?.parse().ok());
    Ok((end, came.ok_or("no report")?))
}

/// Reads slowly, then sends back what came, slowly, after the guest has closed its half.
#[test]
fn a_slow_peer_and_a_half_closed_one() -> Result<()> {
    for target in targets()? {
        slow_and_half_closed(target).map_err(|error| format!("{}: {error}", target.name()))?;
    }
    Ok(())
}

fn slow_and_half_closed(target: Target) -> Result<()> {
    let (_output, executable) = granted_for(target)?;
    let (child, mut stream) = push(target.command(&executable), SIZE)?;
    let mut got = Vec::new();
    let mut buffer = [0; 30_000];
    loop {
        let len = stream.read(&mut buffer).map_err(text)?;
        got.extend(&buffer[..len]);
        if len == 0 {
            break;
        }
        thread::sleep(Duration::from_micros(if got.len() < 100_000 {
            20_000
        } else {
            100
        }));
    }
    assert!(got == pattern(0..SIZE), "{} bytes", got.len());
    for piece in got.chunks(70_001) {
        stream.write_all(piece).map_err(text)?;
        thread::sleep(Duration::from_millis(1));
    }
    drop(stream);
    let (end, came) = finish_both(child)?;
    assert_eq!((end.status, end.count, came), (0, SIZE, SIZE), "{end:?}");
    Ok(())
}

/// The other way round: our half is closed, and what is on its way comes all the same.
#[test]
fn what_is_on_its_way_comes_after_a_half_is_closed() -> Result<()> {
    let (_output, executable) = granted()?;
    let (child, stream) = echo(&executable)?;
    let mut sender = stream.try_clone().map_err(text)?;
    let feeding = thread::spawn(move || {
        sender.write_all(&pattern(0..SIZE)).expect("to send");
        sender.shutdown(Shutdown::Write).expect("to close");
    });
    let mut got = Vec::new();
    let mut stream = stream;
    stream.read_to_end(&mut got).map_err(text)?;
    feeding.join().map_err(|_| "feeding failed")?;
    assert!(got == pattern(0..SIZE), "{} bytes", got.len());
    let (end, came) = finish_both(child)?;
    assert_eq!((end.status, end.count, came), (0, SIZE, SIZE), "{end:?}");
    Ok(())
}

/// A peer that is gone is an error, not a signal; so is one that throws the connection away.
#[test]
fn a_peer_that_goes() -> Result<()> {
    let (_output, executable) = granted()?;
    for reset in [false, true] {
        let (child, mut stream) = push(Command::new(&executable), 1 << 40)?;
        let mut first = [0; 100_000];
        stream.read_exact(&mut first).map_err(text)?;
        assert!(first == *pattern(0..100_000));
        if reset {
            let linger = libc::linger {
                l_onoff: 1,
                l_linger: 0,
            };
            let size = size_of_val(&linger) as u32;
            // SAFETY: the kernel reads the structure.
            let set = unsafe {
                libc::setsockopt(
                    stream.as_raw_fd(),
                    libc::SOL_SOCKET,
                    libc::SO_LINGER,
                    (&raw const linger).cast(),
                    size,
                )
            };
            assert_eq!(set, 0);
        }
        drop(stream);
        let (end, _) = finish_both(child)?;
        assert!(
            end.status == 1 && end.count >= 100_000 && !end.error.is_empty(),
            "{end:?}"
        );
    }
    Ok(())
}

/// Signals all the time, on a connection that is never ready for long.
#[test]
fn signals_while_bytes_come_and_go() -> Result<()> {
    const BOTH: &[i32] = &[libc::SIGSTOP, libc::SIGCONT, libc::SIGURG, libc::SIGWINCH];
    let (_output, executable) = granted()?;
    let (child, stream) = echo(&executable)?;
    let stop = storm(child.id() as i32, BOTH, Duration::from_micros(100));
    let mut sender = stream.try_clone().map_err(text)?;
    let feeding = thread::spawn(move || {
        for piece in pattern(0..SIZE).chunks(10_007) {
            sender.write_all(piece).expect("to send");
            thread::sleep(Duration::from_micros(100));
        }
        sender.shutdown(Shutdown::Write).expect("to close");
    });
    let mut got = Vec::new();
    let mut stream = stream;
    stream.read_to_end(&mut got).map_err(text)?;
    feeding.join().map_err(|_| "feeding failed")?;
    stop();
    assert!(got == pattern(0..SIZE), "{} bytes", got.len());
    let (end, came) = finish_both(child)?;
    assert_eq!((end.status, end.count, came), (0, SIZE, SIZE), "{end:?}");
    Ok(())
}

#[test]
fn no_descriptors_left() -> Result<()> {
    let (_output, executable) = granted()?;
    let mut command = Command::new(&executable);
    command.args(["open", "100"]).stderr(Stdio::piped());
    limited(&mut command, libc::RLIMIT_NOFILE, 13);
    leave_none_over(&mut command);
    let (end, _) = finish_both(spawn(&mut command)?)?;
    // Of the thirteen, three are its standard streams. It keeps none for itself.
    assert!(
        end.status == 1 && end.count == 10 && end.error == "new-socket-limit",
        "{end:?}"
    );
    Ok(())
}
