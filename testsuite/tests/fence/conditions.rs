//! Programs behind both fences, in the conditions in which programs run: what they do works, and the fences are there, or it is said
//! what isn't.

use super::world::{Mark, NATIVE, World, files, hello, landlock_version, sockets};
use libtest_mimic::{Failed, Trial};
use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::machine::Target;
use nanocc_testsuite::watch::{self, Status};
use nanocc_testsuite::{Result, execute, ports, read_text, sandbox};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub fn trials() -> Vec<Trial> {
    type Test = fn(&World) -> Result<()>;
    let native: [(&str, Test); 7] = [
        (
            "a server and a client by name, behind both fences",
            conversation,
        ),
        ("what the kernel says of a program with fences", told),
        (
            "no memory is executable and writable, whatever the process was told",
            personality,
        ),
        (
            "a user without privileges has the same fences",
            unprivileged,
        ),
        ("in a sandbox that refuses calls, programs run", sandboxed),
        ("waiting goes on after the program was stopped", stopped),
        (
            "without descriptors left, a program ends with a message",
            no_descriptors,
        ),
    ];
    let native = native.into_iter().map(|(name, test)| {
        Trial::test(name, move || {
            if let Err(reason) = NATIVE.can_run() {
                eprintln!("skipped: {reason}");
                return Ok(());
            }
            Ok(test(&World::new(Mark::Shim)?)?)
        })
    });
    let absent = Trial::test(
        "without fences a program runs, unless they are required",
        absent,
    );
    native.chain([absent]).collect()
}

/// The program with nanocc's own shim.
fn program(world: &World, name: &str, input: &Path, options: &[&str]) -> Result<PathBuf> {
    let output = PathBuf::from(world.path(name));
    let nanocc = Nanocc::new(input).target(NATIVE).args(options);
    nanocc.output(&output).succeed()?;
    Ok(output)
}

/// A program that runs, and is ended in any case.
struct Running(Child);

impl Running {
    fn new(command: &mut Command) -> Result<Running> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let spawned = command.spawn();
        spawned.map(Running).map_err(|error| error.to_string())
    }

    /// A line of what it says.
    fn line(&mut self) -> Result<String> {
        let output = self.0.stdout.as_mut().ok_or("no pipe")?;
        let mut line = String::new();
        let read = BufReader::with_capacity(1, output).read_line(&mut line);
        read.map_err(|error| error.to_string())?;
        Ok(line.trim_end().to_owned())
    }

    /// A file of the kernel's about it.
    fn told(&self, name: &str) -> Result<String> {
        read_text(Path::new(&format!("/proc/{}/{name}", self.0.id())))
    }

    /// Waits until it sleeps in a system call, after all preparations: it has a filter by then.
    fn settle(&self) -> Result<()> {
        watch::process(self.0.id(), |status| {
            status.field("Seccomp") == "2" && status.state() == 'S'
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Options with which a program runs only if all fences that this kernel can put up are up.
fn required(version: usize) -> &'static [&'static str] {
    if landlock_version() >= version {
        &["--require-fences"]
    } else {
        &[]
    }
}

fn conversation(world: &World) -> Result<()> {
    for (serves, fetches, listen, connect) in [
        ("serve", "fetch", "--tcp-listen", "--tcp-connect"),
        ("hear", "say", "--udp-listen", "--udp-connect"),
    ] {
        let port = ports::free()?.to_string();
        let (here, there) = (format!("127.0.0.1:{port}"), format!("localhost:{port}"));
        // Whoever hears datagrams from everybody may answer only those that it may send to.
        let answers = if listen == "--udp-listen" {
            &["--udp-connect", "127.0.0.1:*"][..]
        } else {
            &[]
        };
        let options = [&[listen, &here], answers, required(4)].concat();
        let server = program(world, "server", &sockets(), &options)?;
        let options = [&[connect, &there], required(4)].concat();
        let client = program(world, "client", &sockets(), &options)?;
        let mut server = Running::new(Command::new(server).args([serves, &port]))?;
        let said = server.line()?;
        if said != "ready" {
            return Err(format!("the server says `{said}`"));
        }
        let mut command = Command::new(&client);
        let done = execute::run(command.args([fetches, "localhost", &port]), b"")?;
        if done.stdout_text() != "A QUESTION\n" || done.code()? != 0 {
            return Err(format!("the client: {done:?}"));
        }
        let status = server.0.wait().map_err(|error| error.to_string())?;
        if !status.success() {
            return Err(format!("the server ended with {status}"));
        }
        // Another port wasn't granted.
        let done = execute::run(Command::new(&client).args([fetches, "localhost", "9"]), b"")?;
        if !done.stdout_text().contains("access-denied") {
            return Err(format!("another port: {done:?}"));
        }
    }
    Ok(())
}

/// One filter, and no more privileges; nothing of it where there are no fences.
fn told(world: &World) -> Result<()> {
    let grant = world.grant("granted");
    for (options, privileges, filter) in [
        (&["--dir", &grant][..], "1", "2"),
        (&["--no-seccomp", "--dir", &grant], "1", "0"),
        (&["--no-landlock"], "1", "2"),
        (&["--no-landlock", "--no-seccomp"], "0", "0"),
    ] {
        let path = program(world, "program", &files(), options)?;
        let mut running = Running::new(Command::new(path).arg("copy"))?;
        let wanted = [("NoNewPrivs", privileges), ("Seccomp", filter)];
        let process = running.0.id();
        let has = |status: &Status| {
            wanted
                .iter()
                .all(|(name, value)| status.field(name) == *value)
        };
        watch::process(process, |status| has(status) && status.state() == 'S')?;
        let status = Status::of(process)?;
        // The count of filters is there since 5.9.
        let one = filter == "0" || status.field("Seccomp_filters") == "1";
        if !has(&status) || !one {
            return Err(format!(
                "{options:?}: not {wanted:?}, one filter:\n{status:?}"
            ));
        }
        drop(running.0.stdin.take());
        let ended = running.0.wait().map_err(|error| error.to_string())?;
        if !ended.success() {
            return Err(format!("{options:?}: {ended}"));
        }
    }
    Ok(())
}

/// `READ_IMPLIES_EXEC` would have the kernel make executable what is mapped to be read. It forgets it when a program is executed that
/// says of its stack that it isn't executable, as these do.
fn personality(world: &World) -> Result<()> {
    const READ_IMPLIES_EXEC: libc::c_ulong = 0x40_0000;
    let path = program(
        world,
        "program",
        &files(),
        &["--dir", &world.grant("granted")],
    )?;
    let mut command = Command::new(path);
    // SAFETY: one system call, which touches no memory.
    unsafe {
        command.arg("copy").pre_exec(|| {
            libc::personality(READ_IMPLIES_EXEC);
            Ok(())
        })
    };
    let running = Running::new(&mut command)?;
    running.settle()?;
    let maps = running.told("maps")?;
    let both = |line: &&str| {
        line.split(' ')
            .nth(1)
            .is_some_and(|p| p.contains('w') && p.contains('x'))
    };
    match maps.lines().find(both) {
        Some(line) => Err(format!("`{line}` is executable and writable")),
        None => Ok(()),
    }
}

fn unprivileged(world: &World) -> Result<()> {
    const NOBODY: u32 = 65534;
    // SAFETY: no memory is touched.
    if unsafe { libc::geteuid() } != 0 {
        eprintln!("skipped: only root becomes somebody else");
        return Ok(());
    }
    let path = program(
        world,
        "program",
        &files(),
        &[&["--dir-ro", &world.grant("granted")], required(3)].concat(),
    )?;
    // Whatever the mask of who tests.
    let folder = path.parent().ok_or("no folder")?;
    for (path, mode) in [
        (folder, 0o755),
        (&path, 0o755),
        (&folder.join("granted"), 0o755),
        (&folder.join("granted/file"), 0o644),
    ] {
        let open = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(path, open).map_err(|error| error.to_string())?;
    }
    let passable = |folder: &Path| {
        let metadata = std::fs::metadata(folder);
        metadata.is_ok_and(|metadata| metadata.permissions().mode() & 1 == 1)
    };
    if !folder.ancestors().all(passable) {
        eprintln!("skipped: {} isn't everybody's", folder.display());
        return Ok(());
    }
    let done = execute::run(
        Command::new(path)
            .args(["read", "/granted/file"])
            .uid(NOBODY)
            .gid(NOBODY),
        b"",
    )?;
    if done.stdout_text() != "done: contents\n" {
        return Err(format!("{done:?}"));
    }
    Ok(())
}

/// What containers refuse: the newest calls, and those of the fences. Whatever the error, a program goes on with what there is.
fn sandboxed(world: &World) -> Result<()> {
    let grant = world.grant("granted");
    let modern = [
        libc::SYS_openat2,
        libc::SYS_copy_file_range,
        libc::SYS_pwritev2,
    ];
    let landlock = [
        libc::SYS_landlock_create_ruleset,
        libc::SYS_landlock_add_rule,
        libc::SYS_landlock_restrict_self,
    ];
    let seccomp = [libc::SYS_seccomp];
    let path = program(world, "program", &files(), &["--dir", &grant])?;
    let strict = program(
        world,
        "strict",
        &files(),
        &["--dir", &grant, "--require-fences"],
    )?;
    for error in [libc::ENOSYS, libc::EPERM] {
        for calls in [
            &modern[1..],
            &landlock,
            &seccomp,
            &[&landlock[..], &seccomp].concat(),
        ] {
            for arguments in [
                &["read", "/granted/file"][..],
                &["create", "/granted/new"],
                &["rename", "/granted/file", "/granted/inner/file"],
            ] {
                world.reset()?;
                let mut command = Command::new(&path);
                sandbox::refuse(command.args(arguments), calls, error);
                let done = execute::run(&mut command, b"")?;
                // A container that answers new calls as forbidden means it; but of `openat2`, where there is another way.
                if !done.stdout_text().starts_with("done") {
                    return Err(format!(
                        "{arguments:?} without {calls:?}, {error}: {done:?}"
                    ));
                }
            }
        }
        world.reset()?;
        let mut command = Command::new(&path);
        sandbox::refuse(command.args(["read", "/granted/file"]), &modern, error);
        let done = execute::run(&mut command, b"")?;
        if done.stdout_text() != "done: contents\n" {
            return Err(format!("without {modern:?}, {error}: {done:?}"));
        }
        for (calls, named) in [(&landlock[..], "Landlock"), (&seccomp, "seccomp")] {
            let mut command = Command::new(&strict);
            sandbox::refuse(command.args(["read", "/granted/file"]), calls, error);
            let done = execute::run(&mut command, b"")?;
            // Of an older kernel it is Landlock that is too old in any case.
            let named = if landlock_version() < 3 {
                "Landlock"
            } else {
                named
            };
            if done.code()? != 126 || !done.stderr_text().contains(named) {
                return Err(format!(
                    "--require-fences without {calls:?}, {error}: {done:?}"
                ));
            }
        }
    }
    Ok(())
}

/// A kernel that goes on with a wait after a stop may do so by a call of its own, `restart_syscall`; that of `ppoll` isn't one of them.
fn stopped(world: &World) -> Result<()> {
    let path = program(world, "program", &files(), &[])?;
    let mut running = Running::new(Command::new(path).arg("sleep"))?;
    running.settle()?;
    let id = running.0.id() as i32;
    for (signal, state) in [(libc::SIGSTOP, 'T'), (libc::SIGCONT, 'S')].repeat(2) {
        // SAFETY: the process is a child that wasn't waited for.
        unsafe { libc::kill(id, signal) };
        watch::process(id as u32, |status| [state, 'Z'].contains(&status.state()))?;
    }
    let mut said = String::new();
    let output = running.0.stdout.as_mut().ok_or("no pipe")?;
    output
        .read_to_string(&mut said)
        .map_err(|error| error.to_string())?;
    let status = running.0.wait().map_err(|error| error.to_string())?;
    if said != "done\n" || !status.success() {
        return Err(format!("`{said}`, {status}, signal {:?}", status.signal()));
    }
    Ok(())
}

/// Landlock's rules need a descriptor for a moment.
fn no_descriptors(world: &World) -> Result<()> {
    if landlock_version() < 2 {
        eprintln!("skipped: Landlock isn't there, or of no use here");
        return Ok(());
    }
    let path = program(
        world,
        "program",
        &files(),
        &["--dir", &world.grant("granted")],
    )?;
    for (most, code, said) in [
        (5, 0, ""),
        (
            4,
            126,
            "error: Landlock's rules can't be set: system error 24\n",
        ),
        (3, 126, "error: the directory"),
    ] {
        let mut command = Command::new(&path);
        let limit = libc::rlimit {
            rlim_cur: most,
            rlim_max: most,
        };
        // SAFETY: one system call, which reads the structure.
        unsafe {
            command.arg("make-directory").arg("/granted/new").pre_exec(
                move || match libc::setrlimit(libc::RLIMIT_NOFILE, &limit) {
                    0 => Ok(()),
                    _ => Err(std::io::Error::last_os_error()),
                },
            )
        };
        world.reset()?;
        let done = execute::run(&mut command, b"")?;
        if done.code()? != code || !done.stderr_text().starts_with(said) {
            return Err(format!("{most} descriptors: {done:?}"));
        }
    }
    Ok(())
}

/// qemu's user mode has neither seccomp nor Landlock.
fn absent() -> Result<(), Failed> {
    let emulated = Target::Aarch64;
    if emulated.is_native() {
        eprintln!("skipped: aarch64 isn't emulated here");
        return Ok(());
    }
    if let Err(reason) = emulated.can_run() {
        eprintln!("skipped: {reason}");
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    for (options, status, said) in [
        (&[][..], 0, ""),
        (
            &["--require-fences"],
            126,
            "error: the kernel can't be told the system calls that the program may make (seccomp)",
        ),
        (&["--require-fences", "--no-seccomp"], 0, ""),
    ] {
        let output = folder.path().join("program");
        Nanocc::new(&hello())
            .target(emulated)
            .args(options)
            .output(&output)
            .succeed()?;
        let done = execute::run(&mut emulated.command(&output), b"")?;
        if done.code()? != status || !done.stderr_text().starts_with(said) {
            return Err(format!("{options:?}: {done:?}").into());
        }
    }
    Ok(())
}
