//! Many connections, and their ends: peers that never read, programs that end before their bytes are gone.

use super::sockets::{finish_both, granted_for, patient, text};
use super::*;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::Path;

/// A listener whose connections have room for few bytes that nobody has read yet.
fn narrow() -> Result<(TcpListener, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(text)?;
    let room = 4096i32;
    // SAFETY: the kernel reads the number.
    let set = unsafe {
        libc::setsockopt(
            listener.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVBUF,
            (&raw const room).cast(),
            size_of_val(&room) as u32,
        )
    };
    assert_eq!(set, 0);
    let port = listener.local_addr().map_err(text)?.port().to_string();
    Ok((listener, port))
}

fn start(target: Target, executable: &Path, words: &[&str]) -> Result<Child> {
    let mut command = target.command(executable);
    spawn(
        command
            .args(words)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped()),
    )
}

/// Calls `test` for every machine there is.
fn everywhere(test: impl Fn(Target, &Path) -> Result<()>) -> Result<()> {
    for target in targets()? {
        let (_output, executable) = granted_for(target)?;
        test(target, &executable).map_err(|error| format!("{}: {error}", target.name()))?;
    }
    Ok(())
}

/// A program that ends, or drops a connection and ends, has its bytes go first, as slow as their reader is.
#[test]
fn what_was_written_before_the_end_comes() -> Result<()> {
    everywhere(|target, executable| {
        for how in ["drop", "close", "end"] {
            let (listener, port) = narrow()?;
            let child = start(target, executable, &["leave", &port, how])?;
            let (mut stream, _) = listener.accept().map_err(text)?;
            patient(&stream)?;
            thread::sleep(Duration::from_millis(300));
            let mut got: Vec<u8> = Vec::new();
            let mut buffer = [0; 3000];
            loop {
                let len = stream.read(&mut buffer).map_err(text)?;
                got.extend(&buffer[..len]);
                if len == 0 {
                    break;
                }
                thread::sleep(Duration::from_millis(2));
            }
            let (end, _) = finish_both(child)?;
            assert_eq!((end.status, end.error.as_str()), (0, ""), "{how}");
            // More than the two ends have room for: some of it was the program's until it ended.
            assert!(end.count >= 60_000, "{how}: {end:?}");
            assert!(
                got == pattern(0..end.count),
                "{how}: {} bytes, {end:?}",
                got.len()
            );
        }
        Ok(())
    })
}

/// A peer that takes nothing stops neither who drops the connection nor, for ever, who ends.
#[test]
fn a_peer_that_never_reads_is_given_up() -> Result<()> {
    let (_output, executable) = granted_for(Target::X86_64)?;
    let mut all = Vec::new();
    let begin = Instant::now();
    for how in ["drop", "close", "end"] {
        let (listener, port) = narrow()?;
        let child = start(Target::X86_64, &executable, &["leave", &port, how])?;
        all.push((how, child, listener.accept().map_err(text)?));
    }
    for (how, child, _connection) in all {
        let (end, _) = finish_both(child)?;
        assert_eq!((end.status, end.error.as_str()), (0, ""), "{how}");
        // Ten seconds, and what the kernel needs to see that they are over.
        let took = begin.elapsed();
        assert!(took > Duration::from_secs(5), "{how}: {took:?}");
        assert!(took < Duration::from_secs(60), "{how}: {took:?}");
    }
    Ok(())
}

/// Bytes that were written go on while the program waits for its standard input.
#[test]
fn bytes_go_while_standard_input_is_waited_for() -> Result<()> {
    everywhere(|target, executable| {
        let (listener, port) = narrow()?;
        let mut child = start(target, executable, &["reader", &port])?;
        let input = child.stdin.take().ok_or("no standard input")?;
        let (mut stream, _) = listener.accept().map_err(text)?;
        patient(&stream)?;
        thread::sleep(Duration::from_millis(300));
        let mut got = vec![0; 60_000];
        stream.read_exact(&mut got).map_err(text)?;
        drop(input);
        stream.read_to_end(&mut got).map_err(text)?;
        let (end, came) = finish_both(child)?;
        assert_eq!((end.status, came), (0, 0), "{end:?}");
        assert!(got == pattern(0..end.count), "{} bytes, {end:?}", got.len());
        Ok(())
    })
}

/// What a process has used: clock ticks on the processor, and open descriptors.
fn used(process: u32) -> Result<(u64, usize)> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).map_err(text)?;
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split(' ')
        .collect();
    let ticks = |index: usize| fields.get(index).and_then(|n| n.parse::<u64>().ok());
    let descriptors = std::fs::read_dir(format!("/proc/{process}/fd")).map_err(text)?;
    // The fourteenth and fifteenth field of all; these begin with the third.
    let both = ticks(12).zip(ticks(13)).ok_or("no such fields")?;
    Ok((both.0 + both.1, descriptors.count()))
}

/// How many descriptors a process of ours may have.
fn descriptors() -> Result<usize> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the kernel writes the structure.
    match unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) } {
        0 => Ok(usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX)),
        _ => Err(text(std::io::Error::last_os_error())),
    }
}

/// A server with many connections answers all of them, costs nothing while nobody says anything, and has as many descriptors as it
/// started with when they are over.
#[test]
fn many_connections_at_once() -> Result<()> {
    // Each takes a descriptor here and one there, and other tests have some at the same time.
    let count = (descriptors()? / 2).min(300);
    everywhere(|target, executable| {
        let port = ports::free()?;
        let words = ["many", &port.to_string(), &count.to_string()];
        let child = start(target, executable, &words)?;
        let begin = Instant::now();
        let first = loop {
            match TcpStream::connect(("127.0.0.1", port)) {
                Ok(stream) => break stream,
                Err(error) if begin.elapsed() > Duration::from_secs(20) => return Err(text(error)),
                Err(_) => thread::sleep(Duration::from_millis(5)),
            }
        };
        let mut all = vec![first];
        while all.len() < count {
            all.push(TcpStream::connect(("127.0.0.1", port)).map_err(text)?);
        }
        for stream in &all {
            patient(stream)?;
        }
        for round in 0..3 {
            for (index, stream) in all.iter_mut().enumerate() {
                stream
                    .write_all(&pattern(index as u64..index as u64 + 1000 + round))
                    .map_err(text)?;
            }
            for (index, stream) in all.iter_mut().enumerate() {
                let mut got = vec![0; 1000 + round as usize];
                stream.read_exact(&mut got).map_err(text)?;
                assert!(
                    got == pattern(index as u64..index as u64 + 1000 + round),
                    "{index}"
                );
            }
        }
        let (ticks, descriptors) = used(child.id())?;
        // Its standard streams and the listener; what starts it for another machine has some of its own.
        let own = descriptors.saturating_sub(count);
        assert!((4..20).contains(&own), "{descriptors} descriptors");
        thread::sleep(Duration::from_millis(500));
        let idle = used(child.id())?.0 - ticks;
        assert!(idle <= 5, "{idle} ticks for nothing");
        let last = all.pop();
        drop(all);
        let begin = Instant::now();
        while used(child.id())?.1 != own + 1 {
            if begin.elapsed() > Duration::from_secs(20) {
                return Err(format!("{:?} of {descriptors} are left", used(child.id())?));
            }
            thread::sleep(Duration::from_millis(20));
        }
        drop(last);
        let (end, came) = finish_both(child)?;
        let sent = count as u64 * (1000 + 1001 + 1002);
        assert_eq!((end.status, end.count, came), (0, sent, sent), "{end:?}");
        Ok(())
    })
}

/// Connections that are over leave nothing behind: with few descriptors there can be any number of them.
#[test]
fn one_connection_after_the_other() -> Result<()> {
    everywhere(|target, executable| {
        let mut command = target.command(executable);
        command.args(["again", "2000"]).stderr(Stdio::piped());
        limited(&mut command, libc::RLIMIT_NOFILE, 40);
        leave_none_over(&mut command);
        let (end, came) = finish_both(spawn(&mut command)?)?;
        assert_eq!((end.status, end.count, came), (0, 8000, 8000), "{end:?}");
        Ok(())
    })
}
