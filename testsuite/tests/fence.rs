//! The second fence: each row of the table in `runtime-shim/FENCES.md` has a test of its name here, and each test a row.
//!
//! An intruder is a program with a shim whose own checks are off (`testsuite/src/fences.rs`). It does what its grants don't permit: as a
//! component, or, told by `--attempt`, by system calls of its own. What the kernel is said to stop has to fail with the
//! fences, and to succeed without, so that the test shows that nothing else stopped it. (That traps are reported behind the fences is
//! what all tests of traps show: programs have fences unless they are told to have none.)

use libtest_mimic::{Arguments, Failed, Trial};
use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::fences::{End, Intruder, call, calls};
use nanocc_testsuite::machine::Target;
use nanocc_testsuite::{Result, execute, read_text, repository};
use std::collections::BTreeSet;
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trial = |(name, version, test): &Row| {
        let (version, test) = (*version, *test);
        Trial::test(*name, move || run(version, test))
    };
    let mut trials: Vec<Trial> = ROWS
        .iter()
        .map(trial)
        .map(|trial| trial.with_kind("row"))
        .collect();
    trials.push(Trial::test("the table has these rows", rows_and_tests));
    trials.push(Trial::test(
        "without fences a program runs, unless they are required",
        absent,
    ));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A row of the table: its name, the version of Landlock that its test needs (0: none), and the test.
type Row = (&'static str, u32, fn(&World) -> Result<()>);

const ROWS: [Row; 19] = [
    (
        "a system call that the program doesn't make",
        0,
        other_calls,
    ),
    ("executable memory", 0, executable_memory),
    ("another program, another process", 0, processes),
    (
        "a standard stream that no component was granted",
        0,
        streams,
    ),
    ("a standard stream of another component", 0, others_streams),
    ("files, without a directory granted", 0, no_files),
    ("files outside of the granted directories", 2, files_outside),
    (
        "changing files in a directory granted for reading",
        2,
        read_only,
    ),
    (
        "truncating files in a directory granted for reading",
        3,
        truncating,
    ),
    ("moving files out of the granted directories", 2, moving),
    ("names, sizes and times of files outside", 2, metadata),
    ("a directory of another component", 2, others_directory),
    ("devices' controls", 0, controls),
    ("the network, without anything of it granted", 0, no_network),
    ("sockets other than TCP's and UDP's", 0, other_sockets),
    ("listening on another TCP port", 4, listening),
    ("connecting to another TCP port", 4, connecting),
    ("another address at a granted TCP port", 4, addresses),
    ("another UDP address or port", 4, datagrams),
];

fn rows_and_tests() -> Result<(), Failed> {
    let table = read_text(&repository().join("runtime-shim/FENCES.md"))?;
    let rows = table.lines().filter_map(|line| {
        let name = line.strip_prefix("| ")?.split(" | ").next()?;
        (name != "what is beyond the grants").then(|| name.trim().to_owned())
    });
    let rows: Vec<String> = rows.collect();
    let tested: Vec<&str> = ROWS.iter().map(|(name, ..)| *name).collect();
    let distinct: BTreeSet<&str> = tested.iter().copied().collect();
    if rows != tested || distinct.len() != tested.len() {
        return Err(format!("the rows are {rows:#?}, the tests {tested:#?}").into());
    }
    Ok(())
}

fn run(landlock: u32, test: fn(&World) -> Result<()>) -> Result<(), Failed> {
    if let Err(reason) = NATIVE.can_run() {
        eprintln!("skipped: {reason}");
        return Ok(());
    }
    let version = landlock_version();
    if version < landlock {
        eprintln!("skipped: this kernel's Landlock has version {version}, this needs {landlock}");
        return Ok(());
    }
    Ok(test(&World::new()?)?)
}

/// This kernel's version of Landlock, 0 where there is none.
fn landlock_version() -> u32 {
    // SAFETY: without attributes, and with the flag that asks for the version, no memory is touched.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0, 0, 1) };
    u32::try_from(version).unwrap_or(0)
}

const NATIVE: Target = if cfg!(target_arch = "x86_64") {
    Target::X86_64
} else {
    Target::Aarch64
};

/// Where a test's programs and files are:
///
/// ```text
/// granted/file   granted/inner/     outside/secret   outside/inner/
/// ```
struct World {
    folder: tempfile::TempDir,
}

const UNFENCED: [&str; 2] = ["--no-seccomp", "--no-landlock"];

impl World {
    fn new() -> Result<World> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let world = World { folder };
        world.reset()?;
        Ok(world)
    }

    /// The files as they were.
    fn reset(&self) -> Result<()> {
        let make = || {
            for folder in ["granted", "outside"] {
                let folder = self.folder.path().join(folder);
                let _ = std::fs::remove_dir_all(&folder);
                std::fs::create_dir_all(folder.join("inner"))?;
            }
            std::fs::write(self.folder.path().join("granted/file"), "contents")?;
            std::fs::write(self.folder.path().join("outside/secret"), "secret")
        };
        make().map_err(|error: std::io::Error| error.to_string())
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// A file's path as an argument of a system call.
    fn at(&self, name: &str) -> String {
        format!("@{}", self.path(name))
    }

    fn intruder(&self, input: &Path, options: &[&str]) -> Result<Intruder> {
        let output = self.folder.path().join("program");
        Intruder::new(input, options, NATIVE, &output)
    }

    /// Makes these calls in a program of `input` with the grants: with the fences they have to end as `fenced`, without in success.
    fn attempt(
        &self,
        input: &Path,
        grants: &[&str],
        attempted: &[String],
        fenced: End,
    ) -> Result<()> {
        let unfenced = [grants, &UNFENCED].concat();
        for (options, expected) in [(grants, fenced), (&unfenced, End::Done)] {
            self.reset()?;
            let end = self.intruder(input, options)?.attempt(attempted)?;
            if end != expected {
                return Err(format!(
                    "{attempted:?} with {options:?}: {end:?}, not {expected:?}"
                ));
            }
        }
        Ok(())
    }

    /// Runs `intruder.wasm` as the component that it is: with the fences it has to say `fenced`, without that it is done.
    fn oversteps(&self, grants: &[&str], arguments: &[&str], fenced: &str) -> Result<()> {
        let unfenced = [grants, &UNFENCED].concat();
        for (options, expected) in [(grants, fenced), (&unfenced, "done")] {
            self.reset()?;
            let intruder = self.intruder(&files(), options)?;
            let done = execute::run(intruder.command().args(arguments), b"")?;
            let said = done.stdout_text();
            if !said.starts_with(expected) {
                return Err(format!(
                    "{arguments:?} with {options:?}: {said}{}, not {expected}",
                    done.stderr_text()
                ));
            }
        }
        Ok(())
    }
}

/// A program that says hello, and imports nothing else.
fn hello() -> PathBuf {
    repository().join("examples/hello/wat/hello.wat")
}

/// A program that does all that can be done with files.
fn files() -> PathBuf {
    repository().join("testsuite/guests/fences/deps/fences/intruder.wasm")
}

/// A program that makes sockets and looks up names.
fn sockets() -> PathBuf {
    repository().join("testsuite/guests/network/denied.wat")
}

/// What ports are tested with: Landlock alone, since it has to stand where the filter has the calls too.
const LANDLOCK: &str = "--no-seccomp";

const EACCES: End = End::Refused(libc::EACCES);

/// `AT_FDCWD` as a register has it.
const HERE: &str = "18446744073709551516";

/// `struct open_how` with these flags, and `O_CLOEXEC`.
fn how(flags: i32) -> String {
    let flags = (flags | libc::O_CLOEXEC) as u64;
    let fields = [flags, 0, 0].map(u64::to_le_bytes).concat();
    let digits: String = fields.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("%{digits}")
}

/// Opening a file by its path, whatever directory was granted.
fn open(path: &str, flags: i32) -> Vec<String> {
    call(libc::SYS_openat2, &[HERE, path, &how(flags), "24"])
}

/// `struct sockaddr_in`.
fn address(ip: [u8; 4], port: u16) -> String {
    let family = libc::AF_INET.to_le_bytes();
    let fields = [&family[..2], &port.to_be_bytes(), &ip, &[0; 8]].concat();
    let digits: String = fields.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("%{digits}")
}

const LOCAL: [u8; 4] = [127, 0, 0, 1];

fn socket(kind: i32) -> Vec<String> {
    let kind = (kind | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK).to_string();
    call(libc::SYS_socket, &["2", &kind, "0"])
}

fn other_calls(world: &World) -> Result<()> {
    for (number, arguments) in [
        (libc::SYS_getpid, &[][..]),
        (libc::SYS_uname, &["%00"]),
        (libc::SYS_umask, &["18"]),
        (libc::SYS_memfd_create, &["@x", "0"]),
        (libc::SYS_prctl, &["3"]),
        (libc::SYS_dup, &["1"]),
        (libc::SYS_brk, &["0"]),
    ] {
        world.attempt(&hello(), &[], &call(number, arguments), End::Killed)?;
    }
    Ok(())
}

fn executable_memory(world: &World) -> Result<()> {
    let anonymous = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS).to_string();
    let nobody = u64::MAX.to_string();
    for protection in ["5", "7", "4"] {
        let map = call(
            libc::SYS_mmap,
            &["0", "4096", protection, &anonymous, &nobody, "0"],
        );
        world.attempt(&hello(), &[], &map, End::Killed)?;
    }
    // What was mapped as data by a call that is permitted.
    let data = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE).to_string();
    let map = call(libc::SYS_mmap, &["0", "4096", "3", &data, &nobody, "0"]);
    let protect = call(libc::SYS_mprotect, &["$", "4096", "5"]);
    world.attempt(&hello(), &[], &calls(&[map.clone(), protect]), End::Killed)?;
    let allowed = world.intruder(&hello(), &[])?.attempt(&map)?;
    if allowed != End::Done {
        return Err(format!("memory for data isn't mapped: {allowed:?}"));
    }
    Ok(())
}

fn processes(world: &World) -> Result<()> {
    for (number, arguments) in [
        (libc::SYS_execve, &["@/bin/true", "0", "0"][..]),
        (libc::SYS_clone, &["17", "0", "0", "0", "0"]),
        (libc::SYS_kill, &["0", "0"]),
        (libc::SYS_ptrace, &["0"]),
    ] {
        world.attempt(&hello(), &[], &call(number, arguments), End::Killed)?;
    }
    Ok(())
}

fn streams(world: &World) -> Result<()> {
    let read = call(libc::SYS_read, &["0", "%0000", "2"]);
    world.attempt(&hello(), &[], &read, End::Killed)?;
    // Nobody closes a standard stream, or opens anything that could be written.
    let close = call(libc::SYS_close, &["1"]);
    world.attempt(&hello(), &[], &close, End::Killed)
}

/// The process has the stream, so the kernel can't tell whose it is.
fn others_streams(world: &World) -> Result<()> {
    let write = call(libc::SYS_write, &["1", "@x", "1"]);
    world.attempt(&hello(), &[], &write, End::Done)
}

fn no_files(world: &World) -> Result<()> {
    let secret = world.at("outside/secret");
    for calls in [
        open(&secret, 0),
        call(libc::SYS_openat, &[HERE, &secret, "0"]),
        call(libc::SYS_mkdirat, &[HERE, &world.at("outside/new"), "448"]),
        call(libc::SYS_faccessat, &[HERE, &secret, "0"]),
        call(libc::SYS_unlinkat, &[HERE, &secret, "0"]),
    ] {
        world.attempt(&hello(), &[], &calls, End::Killed)?;
    }
    // The same for a program that does everything with files, and was granted none.
    world.attempt(&files(), &[], &open(&secret, 0), End::Killed)
}

fn files_outside(world: &World) -> Result<()> {
    let secret = world.at("outside/secret");
    let read_only = format!("{}::/data", world.path("granted"));
    for grant in ["--dir", "--dir-ro"] {
        let grants = [grant, &read_only];
        for calls in [
            open(&secret, 0),
            open(&world.at("outside"), libc::O_DIRECTORY),
            open(&secret, libc::O_WRONLY),
            call(libc::SYS_mkdirat, &[HERE, &world.at("outside/new"), "448"]),
            call(libc::SYS_unlinkat, &[HERE, &secret, "0"]),
        ] {
            world.attempt(&files(), &grants, &calls, EACCES)?;
        }
        world.oversteps(
            &grants,
            &["read", "/data/../outside/secret"],
            "PermissionDenied",
        )?;
        world.oversteps(&grants, &["list", "/data/../outside"], "PermissionDenied")?;
    }
    Ok(())
}

fn read_only(world: &World) -> Result<()> {
    let grant = format!("{}::/data", world.path("granted"));
    let grants = ["--dir-ro", &grant];
    for calls in [
        open(&world.at("granted/file"), libc::O_WRONLY),
        open(&world.at("granted/file"), libc::O_RDWR),
        call(libc::SYS_mkdirat, &[HERE, &world.at("granted/new"), "448"]),
        call(libc::SYS_unlinkat, &[HERE, &world.at("granted/file"), "0"]),
        call(
            libc::SYS_unlinkat,
            &[HERE, &world.at("granted/inner"), "512"],
        ),
    ] {
        world.attempt(&files(), &grants, &calls, EACCES)?;
    }
    for arguments in [
        &["change", "/data/file"][..],
        &["create", "/data/new"],
        &["make-directory", "/data/new"],
        &["remove", "/data/file"],
        &["remove-directory", "/data/inner"],
        &["rename", "/data/file", "/data/other"],
    ] {
        world.oversteps(&grants, arguments, "PermissionDenied")?;
    }
    Ok(())
}

fn truncating(world: &World) -> Result<()> {
    let grant = format!("{}::/data", world.path("granted"));
    let grants = ["--dir-ro", &grant];
    let open = open(&world.at("granted/file"), libc::O_TRUNC);
    world.attempt(&files(), &grants, &open, EACCES)?;
    world.oversteps(&grants, &["truncate", "/data/file"], "PermissionDenied")
}

fn moving(world: &World) -> Result<()> {
    let grant = format!("{}::/data", world.path("granted"));
    let grants = ["--dir", &grant];
    let (file, outside) = (world.at("granted/file"), world.at("outside/file"));
    let rename = call(libc::SYS_renameat2, &[HERE, &file, HERE, &outside, "0"]);
    world.attempt(&files(), &grants, &rename, EACCES)?;
    let link = call(libc::SYS_linkat, &[HERE, &file, HERE, &outside, "0"]);
    world.attempt(&files(), &grants, &link, EACCES)?;
    let to = ["rename", "/data/file", "/data/../outside/file"];
    world.oversteps(&grants, &to, "PermissionDenied")?;
    // What was granted is still done.
    let within = ["rename", "/data/file", "/data/inner/file"];
    world.oversteps(&grants, &within, "done")
}

fn metadata(world: &World) -> Result<()> {
    let grant = format!("{}::/data", world.path("granted"));
    world.oversteps(
        &["--dir-ro", &grant],
        &["size", "/data/../outside/secret"],
        "done: 6",
    )
}

/// To the kernel a directory of one component is all components'.
fn others_directory(world: &World) -> Result<()> {
    let granted = format!("{}::/data", world.path("granted"));
    let other = format!("{}::/other", world.path("outside"));
    let grants = ["--dir-ro", &granted, "--dir-ro", &other];
    world.attempt(
        &files(),
        &grants,
        &open(&world.at("outside/secret"), 0),
        End::Done,
    )
}

fn controls(world: &World) -> Result<()> {
    // FIOCLEX, which any descriptor knows.
    let control = call(libc::SYS_ioctl, &["1", "21585"]);
    world.attempt(&hello(), &[], &control, End::Killed)?;
    let grant = format!("{}::/data", world.path("granted"));
    world.attempt(&files(), &["--dir", &grant], &control, End::Killed)
}

fn no_network(world: &World) -> Result<()> {
    for kind in [libc::SOCK_STREAM, libc::SOCK_DGRAM] {
        world.attempt(&hello(), &[], &socket(kind), End::Killed)?;
        world.attempt(&sockets(), &[], &socket(kind), End::Killed)?;
    }
    Ok(())
}

fn other_sockets(world: &World) -> Result<()> {
    let grants = [
        "--tcp-connect",
        "127.0.0.1:1",
        "--udp-connect",
        "127.0.0.1:1",
    ];
    let kind = (libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK).to_string();
    for (family, kind, protocol) in [
        ("1", kind.as_str(), "0"),
        ("16", "3", "0"),
        ("2", "1", "0"),
        ("2", kind.as_str(), "262"),
    ] {
        let socket = call(libc::SYS_socket, &[family, kind, protocol]);
        world.attempt(&sockets(), &grants, &socket, End::Killed)?;
    }
    Ok(())
}

/// A port that nobody listens on.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    Ok(address.port())
}

fn listening(world: &World) -> Result<()> {
    let (granted, other) = (free_port()?, free_port()?);
    let grant = format!("127.0.0.1:{granted}");
    let grants = ["--tcp-listen", &grant, LANDLOCK];
    let bind = |port| {
        let bind = call(libc::SYS_bind, &["$0", &address(LOCAL, port), "16"]);
        calls(&[socket(libc::SOCK_STREAM), bind])
    };
    world.attempt(&sockets(), &grants, &bind(other), EACCES)?;
    world.attempt(&sockets(), &grants, &bind(granted), End::Done)
}

/// Connecting by a socket that doesn't wait: in success too it may say that it has only begun.
fn connect(ip: [u8; 4], port: u16) -> Vec<String> {
    let connect = call(libc::SYS_connect, &["$0", &address(ip, port), "16"]);
    calls(&[socket(libc::SOCK_STREAM), connect])
}

/// As [`World::attempt`] of connecting.
fn connects(world: &World, grants: &[&str], (ip, port): ([u8; 4], u16), fenced: End) -> Result<()> {
    for (options, expected) in [(grants, fenced), (&[grants, &UNFENCED].concat(), End::Done)] {
        let end = match world
            .intruder(&sockets(), options)?
            .attempt(&connect(ip, port))?
        {
            End::Refused(libc::EINPROGRESS) => End::Done,
            end => end,
        };
        if end != expected {
            return Err(format!(
                "{ip:?}:{port} with {options:?}: {end:?}, not {expected:?}"
            ));
        }
    }
    Ok(())
}

fn connecting(world: &World) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let port = listener
        .local_addr()
        .map_err(|error| error.to_string())?
        .port();
    let granted = format!("127.0.0.1:{port}");
    let other = format!("127.0.0.1:{}", free_port()?);
    connects(
        world,
        &["--tcp-connect", &other, LANDLOCK],
        (LOCAL, port),
        EACCES,
    )?;
    connects(
        world,
        &["--tcp-connect", &granted, LANDLOCK],
        (LOCAL, port),
        End::Done,
    )?;
    // More ports than Landlock is told.
    connects(
        world,
        &["--tcp-connect", "127.0.0.1:1-1000", LANDLOCK],
        (LOCAL, port),
        End::Done,
    )
}

fn addresses(world: &World) -> Result<()> {
    let listener = TcpListener::bind("0.0.0.0:0").map_err(|error| error.to_string())?;
    let port = listener
        .local_addr()
        .map_err(|error| error.to_string())?
        .port();
    let granted = format!("127.0.0.1:{port}");
    connects(
        world,
        &["--tcp-connect", &granted, LANDLOCK],
        ([127, 0, 0, 2], port),
        End::Done,
    )
}

fn datagrams(world: &World) -> Result<()> {
    let receiver = UdpSocket::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let port = receiver
        .local_addr()
        .map_err(|error| error.to_string())?
        .port();
    let connect = call(libc::SYS_connect, &["$0", &address(LOCAL, port), "16"]);
    let calls = calls(&[socket(libc::SOCK_DGRAM), connect]);
    world.attempt(
        &sockets(),
        &["--udp-connect", "127.0.0.2:9", LANDLOCK],
        &calls,
        End::Done,
    )
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
