//! Looking up names: executables with files and a name server of the test's own in place of the system's. That takes a name space of file systems, in
//! which other files are mounted over `/etc/hosts` and `/etc/resolv.conf`, and an address of this machine's own whose port 53 is free; where
//! one of them can't be had, these tests are left out.

use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::machine::Target;
use nanocc_testsuite::{Result, execute, repository};
use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

/// Where the name server is. Any address of 127/8 is this machine's.
const SERVER: &str = "127.77.53.1";

/// Whether the server runs; if not, why.
static RUNNING: LazyLock<Result<()>> = LazyLock::new(|| {
    let datagrams = UdpSocket::bind((SERVER, 53)).map_err(|error| format!("{SERVER}: {error}"))?;
    let streams = TcpListener::bind((SERVER, 53)).map_err(|error| format!("{SERVER}: {error}"))?;
    let mounted = Command::new("unshare").args(["--mount", "true"]).status();
    if !mounted.is_ok_and(|status| status.success()) {
        return Err("no name space of file systems can be made here".to_owned());
    }
    thread::spawn(move || {
        let mut question = [0; 1500];
        while let Ok((len, from)) = datagrams.recv_from(&mut question) {
            let (question, datagrams) = (
                question[..len].to_vec(),
                datagrams.try_clone().expect("a socket"),
            );
            thread::spawn(move || {
                if let Some(answer) = answer(&question, false) {
                    let _ = datagrams.send_to(&answer, from);
                }
            });
        }
    });
    thread::spawn(move || {
        for stream in streams.incoming().flatten() {
            thread::spawn(move || serve(stream));
        }
    });
    Ok(())
});

fn serve(mut stream: impl Read + Write) {
    let mut len = [0; 2];
    stream.read_exact(&mut len).expect("a length");
    let mut question = vec![0; u16::from_be_bytes(len).into()];
    stream.read_exact(&mut question).expect("a question");
    if let Some(answer) = answer(&question, true) {
        let len = (answer.len() as u16).to_be_bytes();
        stream
            .write_all(&[&len[..], &answer].concat())
            .expect("to answer");
    }
}

/// What the server says: the name's first label says what it does.
fn answer(question: &[u8], stream: bool) -> Option<Vec<u8>> {
    let (mut name, mut at) = (Vec::new(), 12);
    while question[at] != 0 {
        let end = at + 1 + usize::from(question[at]);
        name.push(String::from_utf8_lossy(&question[at + 1..end]).into_owned());
        at = end;
    }
    let end = at + 5;
    let v6 = question[at + 2] == 28;
    let mut flags = 0x8180u16;
    let mut records: Vec<IpAddr> = Vec::new();
    let both = ["10.0.0.1".parse().unwrap(), "fd00::1".parse().unwrap()];
    match name[0].as_str() {
        "both" => records.extend(both),
        "four" => records.extend(&both[..1]),
        "slow" | "dropped" => {
            thread::sleep(Duration::from_millis(300));
            records.extend(both);
        }
        "empty" => {}
        "fails" => flags |= 2,
        "refuses" => flags |= 5,
        "silent" => return None,
        "long" if stream => records.extend((1..=100).map(|i| IpAddr::from([10, 1, 0, i]))),
        "long" => flags |= 0x0200,
        "x" if name[1..] == ["search", "test"] => records.extend(both),
        _ => flags |= 3,
    }
    records.retain(|record| record.is_ipv6() == v6);
    let mut answer = question[..end].to_vec();
    answer[2..4].copy_from_slice(&flags.to_be_bytes());
    answer[6..12].copy_from_slice(&[0, records.len() as u8, 0, 0, 0, 0]);
    for record in records {
        answer.extend([
            0xc0,
            12,
            0,
            if v6 { 28 } else { 1 },
            0,
            1,
            0,
            0,
            0,
            60,
            0,
            if v6 { 16 } else { 4 },
        ]);
        match record {
            IpAddr::V4(v4) => answer.extend(v4.octets()),
            IpAddr::V6(v6) => answer.extend(v6.octets()),
        }
    }
    Some(answer)
}

/// An executable of the guest with grants.
fn compile(folder: &tempfile::TempDir, target: Target, grants: &[&str]) -> Result<PathBuf> {
    let input = repository().join("testsuite/guests/names/deps/names/program.wasm");
    let output = folder.path().join("program");
    Nanocc::new(&input)
        .target(target)
        .args(grants)
        .output(&output)
        .succeed()?;
    Ok(output)
}

/// Runs it with these files. A file that is `None` isn't there.
fn run(
    target: Target,
    program: &Path,
    hosts: Option<&str>,
    resolv: Option<&str>,
    words: &[&str],
) -> Result<Vec<String>> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    // A folder in place of `/etc`: what isn't in it isn't there.
    for (name, text) in [("hosts", hosts), ("resolv.conf", resolv)] {
        if let Some(text) = text {
            std::fs::write(folder.path().join(name), text).map_err(|error| error.to_string())?;
        }
    }
    let inner = target.command(program);
    let mut command = Command::new("unshare");
    command.args([
        "--mount",
        "sh",
        "-c",
        "mount --bind \"$0\" /etc && exec \"$@\"",
    ]);
    command
        .arg(folder.path())
        .arg(inner.get_program())
        .args(inner.get_args())
        .args(words);
    let done = execute::run(&mut command, b"")?;
    match done.code()? {
        0 => Ok(done.stdout_text().lines().map(str::to_owned).collect()),
        status => Err(format!("status {status}: {}", done.stderr_text())),
    }
}

/// Calls `test` with every target that can be run here, if anything can.
fn for_each_target(test: impl Fn(Target, &tempfile::TempDir) -> Result<()>) -> Result<()> {
    if let Err(reason) = &*RUNNING {
        eprintln!("left out: {reason}");
        return Ok(());
    }
    for target in Target::ALL {
        match target.can_run() {
            Err(reason) if !target.required() => eprintln!("{} left out: {reason}", target.name()),
            other => {
                other?;
                let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
                test(target, &folder).map_err(|message| format!("{}: {message}", target.name()))?;
            }
        }
    }
    Ok(())
}

/// The system's configuration. Nobody gives up within `timeout` seconds: on a busy machine the server takes its time.
fn resolv(timeout: u32, more: &str) -> String {
    format!("nameserver {SERVER}\noptions timeout:{timeout} attempts:1\n{more}")
}

fn same(found: &[String], wanted: &[&str]) -> Result<()> {
    if found == wanted {
        Ok(())
    } else {
        Err(format!("{found:#?}, expected {wanted:#?}"))
    }
}

#[test]
fn names_are_looked_up_together() -> Result<()> {
    for_each_target(|target, folder| {
        let program = compile(folder, target, &["--dns"])?;
        let names = [
            "together",
            "slow.test",
            "both.test",
            "four.test",
            "long.test",
            "empty.test",
            "no.test",
            "fails.test",
            "refuses.test",
            "silent.test",
            "x",
            "dropped.test",
        ];
        let mut found = run(
            target,
            &program,
            Some(""),
            Some(&resolv(4, "search search.test")),
            &names,
        )?;
        // Who is slow comes late, and doesn't keep the others. (Those that are late come in any order.)
        let position = |name: &str| found.iter().position(|line| line.starts_with(name));
        if position("slow.test") < position("both.test")
            || position("silent.test") < position("slow.test")
        {
            return Err(format!("in another order: {found:#?}"));
        }
        found.sort();
        let many: Vec<_> = (1..=48).map(|i| format!("10.1.0.{i}")).collect();
        let last_part = |line: &str| {
            line.split(' ')
                .skip(1)
                .map(str::to_owned)
                .collect::<std::collections::BTreeSet<_>>()
        };
        let wanted = [
            "both.test: 10.0.0.1 fd00::1",
            "dropped.test: ready",
            "empty.test: name-unresolvable",
            "fails.test: temporary-resolver-failure",
            "four.test: 10.0.0.1",
            &format!("long.test: {}", many.join(" ")),
            "no.test: name-unresolvable",
            "refuses.test: permanent-resolver-failure",
            "silent.test: temporary-resolver-failure",
            "slow.test: 10.0.0.1 fd00::1",
            "x: 10.0.0.1 fd00::1",
        ];
        // In which order a name's addresses are depends on this machine's network.
        let equal = |(found, wanted): (&String, &&str)| {
            last_part(found) == last_part(wanted)
                && found.split(':').next() == wanted.split(':').next()
        };
        if found.len() != wanted.len() || !found.iter().zip(&wanted).all(equal) {
            return Err(format!("{found:#?}, expected {wanted:#?}"));
        }
        Ok(())
    })
}

#[test]
fn nothing_blocks_who_does_not_wait() -> Result<()> {
    for_each_target(|target, folder| {
        let program = compile(folder, target, &["--dns"])?;
        let spin = |name| {
            run(
                target,
                &program,
                Some("10.9.9.9 here"),
                Some(&resolv(30, "")),
                &["spin", name],
            )
        };
        same(&spin("four.test")?[1..], &["four.test: 10.0.0.1"])?;
        let slow = spin("slow.test")?;
        same(&slow[..1], &["waited"])?;
        same(&spin("here")?, &["at once", "here: 10.9.9.9"])?;
        same(&spin("no.test")?[1..], &["no.test: name-unresolvable"])
    })
}

#[test]
fn the_systems_files_count_if_they_are_there() -> Result<()> {
    for_each_target(|target, folder| {
        let program = compile(folder, target, &["--dns"])?;
        let names = [
            "together",
            "both.test",
            "here",
            "localhost",
            "127.1",
            "[::1]",
            "::ffff:10.0.0.1",
            "a b",
            "مثال.test",
        ];
        let hosts = "10.9.9.9 here # and there\n10.8.8.8 both.test\n10.7.7.7 localhost";
        let mut found = run(target, &program, Some(hosts), Some(&resolv(30, "")), &names)?;
        found.sort();
        let literals = [
            "127.1: 127.0.0.1",
            "::ffff:10.0.0.1: 10.0.0.1",
            "[::1]: ::1",
            "a b: invalid-argument",
        ];
        let [a, b, c, d] = literals;
        same(
            &found,
            &[
                a,
                b,
                c,
                d,
                "both.test: 10.8.8.8",
                "here: 10.9.9.9",
                "localhost: 10.7.7.7",
                "مثال.test: not-supported",
            ],
        )?;
        // Without the files: no name but localhost's, and a server on this machine, which there isn't.
        let found = run(
            target,
            &program,
            None,
            None,
            &["together", "localhost", "127.1"],
        )?;
        if found.len() != 2
            || !found
                .iter()
                .any(|line| line.contains("127.0.0.1") && line.contains("::1"))
        {
            return Err(format!("{found:#?}"));
        }
        Ok(())
    })
}

#[test]
fn names_that_were_not_granted_are_denied() -> Result<()> {
    for_each_target(|target, folder| {
        let program = compile(
            folder,
            target,
            &[
                "--dns=*.granted.test",
                "--dns=four.test",
                "--tcp-connect=both.test:80",
            ],
        )?;
        let names = [
            "together",
            "FOUR.test",
            "both.test.",
            "four.granted.test",
            "granted.test",
            "xfour.test",
            "four.test.x",
            "127.0.0.1",
            "localhost",
        ];
        let mut found = run(target, &program, Some(""), Some(&resolv(30, "")), &names)?;
        found.sort();
        let found: Vec<_> = found
            .iter()
            .map(|line| line.replace("fd00::1 10.0.0.1", "10.0.0.1 fd00::1"))
            .collect();
        same(
            &found,
            &[
                "127.0.0.1: 127.0.0.1",
                "FOUR.test: 10.0.0.1",
                "both.test.: 10.0.0.1 fd00::1",
                "four.granted.test: 10.0.0.1",
                "four.test.x: access-denied",
                "granted.test: access-denied",
                "localhost: access-denied",
                "xfour.test: access-denied",
            ],
        )?;
        // Nothing granted: not even an address.
        let program = compile(folder, target, &[])?;
        let found = run(
            target,
            &program,
            Some(""),
            Some(&resolv(30, "")),
            &["together", "four.test", "127.0.0.1"],
        )?;
        same(
            &found,
            &["four.test: access-denied", "127.0.0.1: access-denied"],
        )
    })
}
