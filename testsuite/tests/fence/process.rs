//! The rows about the process itself: calls, memory, standard streams.

use super::Row;
use super::world::{HERE, Mark, World, files, hello, open, sockets};
use nanocc_testsuite::fences::{End, call, calls};
use nanocc_testsuite::{Result, read};
use object::Object;
use std::path::Path;

pub const ROWS: &[Row] = &[
    ("a system call that the program doesn't make", other_calls),
    ("executable memory", executable_memory),
    (
        "changing the program's code, where no directory may be changed",
        code_reading,
    ),
    (
        "changing the program's code, where a directory may be changed",
        code_changing,
    ),
    ("another program, another process", processes),
    ("a standard stream that no component was granted", streams),
    (
        "writing to such a stream if it is a pipe, opened anew, where a directory may be changed",
        pipes,
    ),
    ("a standard stream of another component", others_streams),
];

fn other_calls(world: &World) -> Result<()> {
    for (number, arguments) in [
        (libc::SYS_getpid, &[][..]),
        (libc::SYS_uname, &["%00"]),
        (libc::SYS_umask, &["18"]),
        (libc::SYS_memfd_create, &["@x", "0"]),
        (libc::SYS_prctl, &["3"]),
        (libc::SYS_dup, &["1"]),
        (libc::SYS_brk, &["0"]),
        (libc::SYS_personality, &["4294967295"]),
    ] {
        world.attempt(&hello(), &[], &call(number, arguments))?;
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
        world.attempt(&hello(), &[], &map)?;
    }
    // What was mapped as data by a call that is permitted.
    let data = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE).to_string();
    let map = call(libc::SYS_mmap, &["0", "4096", "3", &data, &nobody, "0"]);
    let protect = call(libc::SYS_mprotect, &["$", "4096", "5"]);
    world.attempt(&hello(), &[], &calls(&[map.clone(), protect]))?;
    let remap = call(libc::SYS_mremap, &["$", "4096", "8192", "1"]);
    world.attempt(&hello(), &[], &calls(&[map.clone(), remap]))?;
    let allowed = world.intruder(&hello(), &[])?.attempt(&map)?;
    if allowed != End::Done {
        return Err(format!("memory for data isn't mapped: {allowed:?}"));
    }
    Ok(())
}

/// Opening the process's own memory, through which what may not be written to can be, and putting a byte where the program
/// starts, which it has done.
fn patch(program: &Path, flags: i32) -> Result<Vec<String>> {
    let bytes = read(program)?;
    let file = object::File::parse(&bytes[..]).map_err(|error| error.to_string())?;
    let entry = file.entry().to_string();
    let write = call(libc::SYS_pwrite64, &["$0", "@x", "1", &entry]);
    Ok(calls(&[open("@/proc/self/mem", flags), write]))
}

/// Whether this kernel lets a process write to its own code at all. Since 6.12 it may be told not to.
fn writes_code(world: &World, grants: &[&str]) -> Result<bool> {
    let unfenced = [grants, &super::world::UNFENCED].concat();
    let intruder = world.intruder(&files(), &unfenced)?;
    match intruder.attempt(&patch(
        Path::new(intruder.command().get_program()),
        libc::O_RDWR,
    )?)? {
        End::Refused(libc::EIO | libc::EPERM | libc::EACCES) => {
            eprintln!("skipped: this kernel lets nobody change a process's code");
            Ok(false)
        }
        _ => Ok(true),
    }
}

fn code_reading(world: &World) -> Result<()> {
    let grant = world.grant("granted");
    let grants = ["--dir-ro", &grant];
    if !writes_code(world, &grants)? {
        return Ok(());
    }
    // Landlock comes before it where it is there.
    for more in [&[][..], &["--no-landlock"]] {
        let intruder = world.intruder(&files(), &[&grants[..], more].concat())?;
        let program = intruder.command().get_program().to_owned();
        let end = intruder.attempt(&patch(Path::new(&program), libc::O_RDWR)?)?;
        let alone = !more.is_empty() || super::landlock_version() == 0;
        let expected = if alone { world.mark } else { Mark::Landlock };
        if end != expected.end() {
            return Err(format!("with {more:?}: {end:?}, not {expected:?}"));
        }
    }
    Ok(())
}

fn code_changing(world: &World) -> Result<()> {
    let grant = world.grant("granted");
    let grants = ["--dir", &grant];
    if !writes_code(world, &grants)? {
        return Ok(());
    }
    // Where the file is granted, it is.
    let system = ["--dir", "/proc::/proc"];
    for (grants, expected) in [(&grants, world.mark), (&system, Mark::Shim)] {
        let intruder = world.intruder(&files(), grants)?;
        let program = intruder.command().get_program().to_owned();
        let end = intruder.attempt(&patch(Path::new(&program), libc::O_RDWR)?)?;
        if end != expected.end() {
            return Err(format!("with {grants:?}: {end:?}, not {expected:?}"));
        }
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
        world.attempt(&hello(), &[], &call(number, arguments))?;
    }
    Ok(())
}

fn streams(world: &World) -> Result<()> {
    let read = call(libc::SYS_read, &["0", "%0000", "2"]);
    world.attempt(&hello(), &[], &read)?;
    // Nobody closes a standard stream, or opens anything that could be written.
    let close = call(libc::SYS_close, &["1"]);
    world.attempt(&hello(), &[], &close)?;
    // The same where there are files and sockets to read from and write to.
    let (reading, changing) = (world.grant("granted"), world.grant("outside"));
    let output = call(libc::SYS_write, &["1", "@x", "1"]);
    for (input, grants) in [
        (files(), ["--no-default-grants", "--dir-ro", &reading]),
        (files(), ["--no-default-grants", "--dir", &changing]),
        (
            sockets(),
            ["--no-default-grants", "--tcp-listen", "127.0.0.1:0"],
        ),
        (
            sockets(),
            ["--no-default-grants", "--udp-connect", "127.0.0.1:1"],
        ),
        (
            sockets(),
            ["--no-default-grants", "--dns", "--tcp-connect=127.0.0.1:1"],
        ),
    ] {
        world.attempt(&input, &grants, &read)?;
        world.attempt(&input, &grants, &output)?;
    }
    Ok(())
}

/// Neither fence has a word for a pipe that has a path only by way of the process.
fn pipes(world: &World) -> Result<()> {
    let grant = world.grant("granted");
    let write = call(libc::SYS_write, &["$0", "@x", "1"]);
    let anew = calls(&[open("@/proc/self/fd/1", libc::O_WRONLY), write]);
    let grants = ["--no-default-grants", "--dir", &grant];
    world.attempt(&files(), &grants, &anew)?;
    // Where no file may be changed, nothing but the streams that were granted is written to.
    let grants = ["--no-default-grants", "--dir-ro", &grant];
    world.attempts(&files(), &grants, End::Killed, &anew)?;
    let read = call(libc::SYS_read, &["$0", "%0000", "2"]);
    let anew = calls(&[open("@/proc/self/fd/0", libc::O_RDONLY), read]);
    world.attempts(&files(), &grants, End::Killed, &anew)?;
    let path = call(libc::SYS_openat, &[HERE, "@/proc/self/fd/0", "0"]);
    world.attempts(&hello(), &[], End::Killed, &path)
}

/// The process has the stream, so the kernel can't tell whose it is.
fn others_streams(world: &World) -> Result<()> {
    let write = call(libc::SYS_write, &["1", "@x", "1"]);
    world.attempt(&hello(), &[], &write)
}
