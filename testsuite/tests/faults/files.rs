//! Files in granted directories.

use super::*;
use nanocc_testsuite::compiler::Nanocc;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A guest that was granted a folder as `/`.
fn granted(name: &str, folder: &Path) -> Result<(tempfile::TempDir, PathBuf)> {
    let output = tempfile::tempdir().map_err(|error| error.to_string())?;
    let executable = output.path().join("program");
    let mut grant = OsString::from(folder);
    grant.push("::/");
    let input = repository().join(format!("testsuite/guests/faults/deps/faults/{name}.wasm"));
    Nanocc::new(&input)
        .args(&["-O2", "--dir"])
        .arg(grant)
        .output(&executable)
        .succeed()?;
    Ok((output, executable))
}

fn command(executable: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(executable);
    command.args(words).stdin(Stdio::null());
    command
}

fn text(error: std::io::Error) -> String {
    error.to_string()
}

#[test]
fn a_disk_that_fills_up() -> Result<()> {
    let folder = tempfile::tempdir().map_err(text)?;
    let (_output, executable) = granted("program", folder.path())?;
    let script = "mount -t tmpfs -o size=300k none \"$0\" || exit 77; \"$@\"; status=$?; cat \"$0\"/file; exit $status";
    for chunk in [1000, 10_000, 1_000_000] {
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "sh", "-c", script])
            .arg(folder.path());
        command
            .arg(&executable)
            .args(["file-write", "file", "10000000", &chunk.to_string()]);
        let done = match command.output() {
            Ok(done)
                if !matches!(done.status.code(), Some(77))
                    && !done.stderr.starts_with(b"unshare") =>
            {
                done
            }
            _ => {
                eprintln!("left out: no file system can be mounted here");
                return Ok(());
            }
        };
        let end = end(done.status, &done.stderr)?;
        assert_eq!(
            (end.status, end.error.as_str()),
            (1, "StorageFull"),
            "{end:?}"
        );
        // Of a write that fails, what has been written isn't told.
        assert!(end.count + chunk >= 290_000, "{end:?}");
        nothing_is_lost(&done.stdout, &end);
    }
    Ok(())
}

#[test]
fn a_file_that_may_not_grow() -> Result<()> {
    let folder = tempfile::tempdir().map_err(text)?;
    let (_output, executable) = granted("program", folder.path())?;
    let mut command = command(&executable, &["file-write", "file", "1000000", "7000"]);
    limited(&mut command, libc::RLIMIT_FSIZE, 100_001);
    let end = run_to(command, Stdio::null())?;
    assert_eq!(
        (end.status, end.error.as_str()),
        (1, "FileTooLarge"),
        "{end:?}"
    );
    let got = std::fs::read(folder.path().join("file")).map_err(text)?;
    assert!(got.len() == 100_001 && end.count >= 98_000, "{end:?}");
    nothing_is_lost(&got, &end);
    Ok(())
}

/// A stream that has failed is closed, but a file isn't.
#[test]
fn a_file_is_written_again_once_there_is_room() -> Result<()> {
    let folder = tempfile::tempdir().map_err(text)?;
    let (_output, executable) = granted("preview1", folder.path())?;
    let mut command = command(&executable, &["again", "file"]);
    limited(&mut command, libc::RLIMIT_FSIZE, 20_001);
    let done = command.output().map_err(text)?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert_eq!(said, "File too large\nFile too large\n5000\n5000\n");
    let length = std::fs::metadata(folder.path().join("file")).map_err(text)?;
    assert_eq!((length.len(), done.status.code()), (10_000, Some(0)));
    Ok(())
}

#[test]
fn signals_while_files_are_copied() -> Result<()> {
    const BOTH: &[i32] = &[libc::SIGSTOP, libc::SIGCONT, libc::SIGWINCH, libc::SIGCONT];
    let folder = tempfile::tempdir().map_err(text)?;
    let (_output, executable) = granted("program", folder.path())?;
    let size = 20 * SIZE;
    std::fs::write(folder.path().join("from"), pattern(0..size)).map_err(text)?;
    let mut command = command(&executable, &["file-copy", "from", "to", "5000"]);
    let child = spawn(command.stdout(Stdio::null()).stderr(Stdio::piped()))?;
    let stop = storm(child.id() as i32, BOTH, Duration::from_micros(50));
    // It is waited for after the last signal.
    watch::ended(child.id())?;
    stop();
    let end = finish(child)?;
    assert_eq!((end.status, end.count), (0, size), "{end:?}");
    let got = std::fs::read(folder.path().join("to")).map_err(text)?;
    assert!(got.len() as u64 == size);
    nothing_is_lost(&got, &end);
    Ok(())
}

/// Cut off again and again while it is read: what was read is what was there, and then it has ended.
#[test]
fn a_file_that_is_truncated_under_its_reader() -> Result<()> {
    let folder = tempfile::tempdir().map_err(text)?;
    let (_output, executable) = granted("program", folder.path())?;
    let path = folder.path().join("file");
    for round in 0..6 {
        std::fs::write(&path, pattern(0..SIZE)).map_err(text)?;
        let (reader, writer) = pipe(0);
        let mut command = command(&executable, &["file-cat", "file", "50000"]);
        let child = spawn(command.stdout(writer).stderr(Stdio::piped()))?;
        drop(command);
        let mut reader = File::from(reader);
        let mut got = vec![0; 40_000];
        reader.read_exact(&mut got).map_err(text)?;
        let file = File::options().write(true).open(&path).map_err(text)?;
        let shorter = thread::spawn(move || {
            // Whole pages: of one that is cut in the middle, the kernel's reader may see the zeros.
            for pages in (0..SIZE / 4096).rev() {
                file.set_len(pages * 4096).expect("to cut it off");
            }
        });
        if round % 2 == 0 {
            thread::sleep(Duration::from_millis(2));
        }
        reader.read_to_end(&mut got).map_err(text)?;
        shorter.join().map_err(|_| "it wasn't cut off")?;
        let end = finish(child)?;
        assert_eq!((end.status, end.count), (0, got.len() as u64), "{end:?}");
        nothing_is_lost(&got, &end);
    }
    Ok(())
}

#[test]
fn no_descriptors_left() -> Result<()> {
    let folder = tempfile::tempdir().map_err(text)?;
    let (_output, executable) = granted("program", folder.path())?;
    std::fs::write(folder.path().join("file"), "text\n").map_err(text)?;
    // The three, the directory, and six.
    let mut few = command(&executable, &["open", "file", "100"]);
    limited(&mut few, libc::RLIMIT_NOFILE, 10);
    let done = few.output().map_err(text)?;
    let end = end(done.status, &done.stderr)?;
    assert!(
        end.status == 1 && (4..=6).contains(&end.count) && !end.error.is_empty(),
        "{end:?}"
    );
    assert_eq!(done.stdout, b"text\ntext\n");
    // Not even the directory can be opened: that is said before it begins.
    let mut none = command(&executable, &["open", "file", "100"]);
    limited(&mut none, libc::RLIMIT_NOFILE, 3);
    let done = none.output().map_err(text)?;
    assert_eq!(done.status.code(), Some(126), "{:?}", done.status);
    assert!(String::from_utf8_lossy(&done.stderr).contains(&*folder.path().to_string_lossy()));
    Ok(())
}

/// The three are closed when it starts: what it opens doesn't become one of them.
#[test]
fn streams_that_are_closed_at_start_do_not_become_files() -> Result<()> {
    let folder = tempfile::tempdir().map_err(text)?;
    let (_output, executable) = granted("program", folder.path())?;
    for closed in 1..8 {
        let mut command = command(&executable, &["file-write", "file", "100000", "1000"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // SAFETY: `close` may be called between fork and exec.
        unsafe {
            command.pre_exec(move || {
                for descriptor in (0..3).filter(|bit| closed & 1 << bit != 0) {
                    libc::close(descriptor);
                }
                Ok(())
            })
        };
        let done = spawn(&mut command)?.wait_with_output().map_err(text)?;
        assert_eq!(done.status.code(), Some(0), "closed {closed:b}: {done:?}");
        let got = std::fs::read(folder.path().join("file")).map_err(text)?;
        assert!(
            got == pattern(0..100_000),
            "closed {closed:b}: the file has other bytes"
        );
    }
    Ok(())
}
