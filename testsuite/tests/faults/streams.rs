//! Standard streams.

use super::*;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;

#[test]
fn a_device_that_is_full() -> Result<()> {
    for name in GUESTS {
        let full = OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .map_err(|e| e.to_string())?;
        let end = run_to(guest(name, &["write", "100000", "10000"])?, full)?;
        assert_eq!((end.status, end.count), (failed(name), 0), "{end:?}");
        assert!(
            end.error.contains("StorageFull") || end.error.contains("No space"),
            "{end:?}"
        );
    }
    Ok(())
}

#[test]
fn a_disk_that_fills_up() -> Result<()> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let script = "mount -t tmpfs -o size=300k none \"$0\" || exit 77; \"$@\" > \"$0\"/file; status=$?; cat \"$0\"/file; exit $status";
    for name in GUESTS {
        let program = guest(name, &["write", "10000000", "10000"])?;
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "sh", "-c", script])
            .arg(folder.path());
        command.arg(program.get_program()).args(program.get_args());
        let done = match command.output() {
            Ok(done) if !matches!(done.status.code(), Some(1 | 77)) => done,
            _ => {
                eprintln!("left out: no file system can be mounted here");
                return Ok(());
            }
        };
        let end = end(done.status, &done.stderr)?;
        assert_eq!(end.status, failed(name), "{end:?}");
        assert!(end.count >= 290_000, "{end:?}");
        assert!(
            end.error.contains("StorageFull") || end.error.contains("No space"),
            "{end:?}"
        );
        nothing_is_lost(&done.stdout, &end);
    }
    Ok(())
}

#[test]
fn a_file_that_may_not_grow() -> Result<()> {
    for name in GUESTS {
        let mut file = tempfile::tempfile().map_err(|error| error.to_string())?;
        let mut command = guest(name, &["write", "1000000", "7000"])?;
        limited(&mut command, libc::RLIMIT_FSIZE, 100_001);
        let end = run_to(
            command,
            file.try_clone().map_err(|error| error.to_string())?,
        )?;
        assert_eq!(end.status, failed(name), "{end:?}");
        assert!(
            end.error.contains("FileTooLarge") || end.error.contains("too large"),
            "{end:?}"
        );
        let mut got = Vec::new();
        std::io::Seek::rewind(&mut file).map_err(|error| error.to_string())?;
        file.read_to_end(&mut got)
            .map_err(|error| error.to_string())?;
        assert!(
            got.len() == 100_001 && end.count >= 90_000,
            "{} {end:?}",
            got.len()
        );
        nothing_is_lost(&got, &end);
    }
    Ok(())
}

/// As `| head -1` does.
#[test]
fn a_pipe_that_nobody_reads_any_more() -> Result<()> {
    for target in targets()? {
        for name in GUESTS {
            let (reader, writer) = pipe(0);
            let mut command = guest_for(target, name, &["write", "100000000", "1000"])?;
            let child = spawn(command.stdout(writer).stderr(Stdio::piped()))?;
            drop(command);
            let mut reader = File::from(reader);
            let mut first = [0; 300_000];
            reader
                .read_exact(&mut first)
                .map_err(|error| error.to_string())?;
            drop(reader);
            let end = finish(child)?;
            assert!(
                end.status == failed(name) && end.count >= 299_000,
                "{end:?}"
            );
            assert!(
                first == *pattern(0..300_000),
                "other bytes than were written"
            );
        }
    }
    // Rust's `println!` makes an end of it itself: with a trap, not by a signal.
    let (reader, writer) = pipe(0);
    drop(reader);
    let done = guest("program", &["println", "1000"])?
        .stdout(writer)
        .output()
        .map_err(|error| error.to_string())?;
    assert_eq!(done.status.code(), Some(134), "{:?}", done.status);
    assert!(String::from_utf8_lossy(&done.stderr).contains("failed printing to stdout"));
    Ok(())
}

/// The writer waits in the middle of a write when the last reader goes.
#[test]
fn a_full_pipe_whose_reader_goes() -> Result<()> {
    for name in GUESTS {
        let (reader, writer) = pipe(0);
        let mut command = guest(name, &["write", "100000000", "1000000"])?;
        let end = writer.try_clone().map_err(|error| error.to_string())?;
        let child = spawn(command.stdout(end).stderr(Stdio::piped()))?;
        drop(command);
        watch::full(writer.as_fd())?;
        drop((reader, writer));
        let end = finish(child)?;
        assert_eq!(end.status, failed(name), "{end:?}");
    }
    Ok(())
}

/// Whichever of its three streams are closed when it starts: what it does with the others works, and nothing traps.
#[test]
fn streams_that_are_closed_at_start() -> Result<()> {
    for closed in 0..8 {
        let mut command = guest("program", &["both"])?;
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // SAFETY: `close` may be called between fork and exec.
        unsafe {
            command.pre_exec(move || {
                for descriptor in (0..3).filter(|bit| closed & 1 << bit != 0) {
                    libc::close(descriptor);
                }
                Ok(())
            })
        };
        let done = spawn(&mut command)?
            .wait_with_output()
            .map_err(|error| error.to_string())?;
        let code = done
            .status
            .code()
            .ok_or_else(|| format!("closed {closed:b}: {:?}", done.status))?;
        let (out, error) = (closed & 2 != 0, closed & 4 != 0);
        assert_eq!(code, 0, "closed {closed:b}");
        assert_eq!(
            done.stdout,
            if out { "" } else { "out\n" }.as_bytes(),
            "closed {closed:b}"
        );
        assert_eq!(
            done.stderr,
            if error { "" } else { "err\n" }.as_bytes(),
            "closed {closed:b}"
        );
    }
    Ok(())
}

/// Streams that can't be what they are used as.
#[test]
fn streams_of_the_wrong_kind() -> Result<()> {
    let folder = File::open("/").map_err(|error| error.to_string())?;
    let writable = OpenOptions::new()
        .write(true)
        .open("/dev/null")
        .map_err(|error| error.to_string())?;
    for (input, status) in [(folder, 1), (writable, 0)] {
        let mut command = guest("program", &["copy", "1000"])?;
        command.stdin(input);
        let end = run_to(command, Stdio::null())?;
        assert_eq!((end.status, end.count), (status, 0), "{end:?}");
    }
    let readable = File::open("/dev/null").map_err(|error| error.to_string())?;
    let end = run_to(guest("preview1", &["write", "1000", "1000"])?, readable)?;
    assert_eq!((end.status, end.count), (3, 0), "{end:?}");
    Ok(())
}

/// Feeds a guest that copies, in pieces of odd sizes with pauses, and reads what it writes, so.
fn feed(
    name: &str,
    target: Target,
    ends: [(OwnedFd, OwnedFd); 2],
    around: impl FnOnce(i32) -> Box<dyn FnOnce()>,
) -> Result<()> {
    let [(input, to), (from, output)] = ends;
    let mut command = guest_for(target, name, &["copy", "65536"])?;
    let child = spawn(command.stdin(input).stdout(output).stderr(Stdio::piped()))?;
    drop(command);
    let stop = around(child.id() as i32);
    let writer = thread::spawn(move || {
        let (mut to, bytes) = (Blocking(to), pattern(0..SIZE));
        let mut rest = &bytes[..];
        for size in [1, 5000, 70_000, 4096, 65_536, 13].into_iter().cycle() {
            let (piece, after) = rest.split_at(rest.len().min(size));
            to.write_all(piece);
            rest = after;
            if rest.is_empty() {
                break;
            }
            if size < 10 {
                thread::sleep(Duration::from_micros(300));
            }
        }
    });
    let mut got: Vec<u8> = Vec::new();
    let mut reader = Blocking(from);
    let mut buffer = [0; 9000];
    loop {
        let len = reader.read(&mut buffer);
        got.extend(&buffer[..len]);
        if len == 0 {
            break;
        }
        if got.len().is_multiple_of(7) {
            thread::sleep(Duration::from_micros(200));
        }
    }
    writer.join().map_err(|_| "the writer failed")?;
    stop();
    let end = finish(child)?;
    assert_eq!((end.status, end.count), (0, SIZE), "{end:?}");
    assert!(
        got == pattern(0..SIZE),
        "{} bytes, or others than were written",
        got.len()
    );
    Ok(())
}

/// The test's own end of something that may not block.
struct Blocking(OwnedFd);

impl Blocking {
    fn wait(&self, events: i16) {
        let mut polled = libc::pollfd {
            fd: self.0.as_raw_fd(),
            events,
            revents: 0,
        };
        // SAFETY: one structure.
        unsafe { libc::poll(&mut polled, 1, -1) };
    }

    fn write_all(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            // SAFETY: the kernel reads the slice.
            match unsafe { libc::write(self.0.as_raw_fd(), bytes.as_ptr().cast(), bytes.len()) } {
                -1 => {
                    // Nobody reads any more: the program has ended.
                    let error = std::io::Error::last_os_error();
                    assert_ne!(error.raw_os_error(), Some(libc::EPIPE), "{error}");
                    self.wait(libc::POLLOUT);
                }
                len => bytes = &bytes[len as usize..],
            }
        }
    }

    fn read(&mut self, into: &mut [u8]) -> usize {
        loop {
            // SAFETY: the kernel writes within the slice.
            match unsafe { libc::read(self.0.as_raw_fd(), into.as_mut_ptr().cast(), into.len()) } {
                -1 => self.wait(libc::POLLIN),
                len => return len as usize,
            }
        }
    }
}

/// Nobody's descriptor blocks: each of the calls may say `EAGAIN`.
#[test]
fn descriptors_that_do_not_block() -> Result<()> {
    for target in targets()? {
        for name in GUESTS {
            feed(
                name,
                target,
                [pipe(libc::O_NONBLOCK), pipe(libc::O_NONBLOCK)],
                |_| Box::new(|| ()),
            )?;
            feed(
                name,
                target,
                [sockets(libc::SOCK_NONBLOCK), sockets(libc::SOCK_NONBLOCK)],
                |_| Box::new(|| ()),
            )?;
        }
    }
    Ok(())
}

/// Stopped and continued all the time: what a system call was about is interrupted, and `ppoll` says so.
#[test]
fn a_process_that_is_stopped_and_continued() -> Result<()> {
    for target in targets()? {
        for name in GUESTS {
            feed(name, target, [pipe(0), pipe(0)], |process| {
                storm(
                    process,
                    &[libc::SIGSTOP, libc::SIGCONT],
                    Duration::from_micros(150),
                )
            })?;
        }
    }
    Ok(())
}

/// Those that do nothing unless somebody wants them.
#[test]
fn a_flood_of_signals() -> Result<()> {
    const FLOOD: &[i32] = &[
        libc::SIGWINCH,
        libc::SIGCHLD,
        libc::SIGURG,
        libc::SIGCONT,
        libc::SIGPIPE,
    ];
    for name in GUESTS {
        feed(
            name,
            Target::X86_64,
            [sockets(libc::SOCK_NONBLOCK), pipe(0)],
            |process| storm(process, FLOOD, Duration::ZERO),
        )?;
    }
    Ok(())
}

/// A file that is cut off while it is read has ended.
#[test]
fn a_file_that_is_truncated_under_its_reader() -> Result<()> {
    for name in GUESTS {
        let mut file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
        file.write_all(&pattern(0..SIZE))
            .map_err(|error| error.to_string())?;
        let (reader, writer) = pipe(0);
        let mut command = guest(name, &["copy", "50000"])?;
        let input = file.reopen().map_err(|error| error.to_string())?;
        let end = writer.try_clone().map_err(|error| error.to_string())?;
        let child = spawn(command.stdin(input).stdout(end).stderr(Stdio::piped()))?;
        drop(command);
        watch::full(writer.as_fd())?;
        drop(writer);
        file.as_file()
            .set_len(1000)
            .map_err(|error| error.to_string())?;
        let mut got = Vec::new();
        File::from(reader)
            .read_to_end(&mut got)
            .map_err(|error| error.to_string())?;
        let end = finish(child)?;
        assert_eq!((end.status, end.count), (0, got.len() as u64), "{end:?}");
        assert!((50_000..SIZE).contains(&end.count), "{end:?}");
        nothing_is_lost(&got, &end);
    }
    Ok(())
}

/// No descriptor but its three.
#[test]
fn no_descriptors_left() -> Result<()> {
    let file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    std::fs::write(file.path(), pattern(0..SIZE)).map_err(|error| error.to_string())?;
    let mut command = guest("program", &["copy", "50000"])?;
    command.stdin(file.reopen().map_err(|error| error.to_string())?);
    limited(&mut command, libc::RLIMIT_NOFILE, 3);
    let mut output = tempfile::tempfile().map_err(|error| error.to_string())?;
    let end = run_to(
        command,
        output.try_clone().map_err(|error| error.to_string())?,
    )?;
    assert_eq!((end.status, end.count), (0, SIZE), "{end:?}");
    let mut got = Vec::new();
    std::io::Seek::rewind(&mut output).map_err(|error| error.to_string())?;
    output
        .read_to_end(&mut got)
        .map_err(|error| error.to_string())?;
    nothing_is_lost(&got, &end);
    Ok(())
}

/// Ctrl-C and the like end a program as they end any other: they aren't faults.
#[test]
fn signals_that_end_a_program_end_it() -> Result<()> {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let (reader, writer) = pipe(0);
        let mut command = guest("program", &["copy", "1000"])?;
        command
            .stdin(reader)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // Who starts the tests may ignore signals (`nohup`, a shell's `&`), and programs inherit that.
        // SAFETY: signal(2) is a bare system call, which is allowed between fork and exec.
        unsafe {
            command.pre_exec(move || match libc::signal(signal, libc::SIG_DFL) {
                libc::SIG_ERR => Err(std::io::Error::last_os_error()),
                _ => Ok(()),
            });
        }
        let mut child = spawn(&mut command)?;
        ready(child.id());
        // SAFETY: the process is our child.
        unsafe { libc::kill(child.id() as i32, signal) };
        // One that goes on in spite of the signal ends in success.
        drop(writer);
        let status = child.wait().map_err(|error| error.to_string())?;
        assert_eq!(status.signal(), Some(signal), "{status:?}");
    }
    Ok(())
}
