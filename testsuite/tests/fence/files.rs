//! The rows about files.

use super::Row;
use super::world::{HERE, Mark, World, files, hello, open};
use nanocc_testsuite::Result;
use nanocc_testsuite::fences::call;

pub const ROWS: &[Row] = &[
    ("files, without a directory granted", no_files),
    (
        "files outside of granted directories, none of which may be changed",
        outside_reading,
    ),
    (
        "files outside of granted directories, one of which may be changed",
        outside_changing,
    ),
    (
        "changing files, where no directory may be changed",
        read_only,
    ),
    (
        "making files and opening them to be changed, where no directory may be",
        opening,
    ),
    (
        "changing files in a directory granted for reading, beside one that may be changed",
        beside,
    ),
    (
        "truncating files in a directory granted for reading",
        truncating,
    ),
    ("moving files out of the granted directories", moving),
    (
        "setting times of files outside, where a directory may be changed",
        times,
    ),
    ("names, sizes and times of files outside", metadata),
    ("a directory of another component", others_directory),
    ("devices' controls", controls),
];

fn no_files(world: &World) -> Result<()> {
    let secret = world.at("outside/secret");
    for calls in [
        open(&secret, 0),
        call(libc::SYS_openat, &[HERE, &secret, "0"]),
        call(libc::SYS_mkdirat, &[HERE, &world.at("outside/new"), "448"]),
        call(libc::SYS_faccessat, &[HERE, &secret, "0"]),
        call(libc::SYS_unlinkat, &[HERE, &secret, "0"]),
    ] {
        world.attempt(&hello(), &[], &calls)?;
    }
    // The same for a program that does everything with files, and was granted none.
    world.attempt(&files(), &[], &open(&secret, 0))
}

/// Looking outside, by calls and as a component.
fn outside(world: &World, grants: &[&str]) -> Result<()> {
    for calls in [
        open(&world.at("outside/secret"), 0),
        open(&world.at("outside"), libc::O_DIRECTORY),
        open(&world.at("outside/secret"), libc::O_WRONLY),
        open(&world.at("outside/new"), libc::O_WRONLY | libc::O_CREAT),
    ] {
        world.attempt(&files(), grants, &calls)?;
    }
    world.oversteps(grants, &["read", "/granted/../outside/secret"])?;
    world.oversteps(grants, &["list", "/granted/../outside"])
}

fn outside_reading(world: &World) -> Result<()> {
    outside(world, &["--dir-ro", &world.grant("granted")])
}

fn outside_changing(world: &World) -> Result<()> {
    let grant = world.grant("granted");
    let grants = ["--dir", &grant];
    outside(world, &grants)?;
    for calls in [
        call(libc::SYS_mkdirat, &[HERE, &world.at("outside/new"), "448"]),
        call(
            libc::SYS_unlinkat,
            &[HERE, &world.at("outside/secret"), "0"],
        ),
        call(libc::SYS_symlinkat, &["@x", HERE, &world.at("outside/new")]),
    ] {
        world.attempt(&files(), &grants, &calls)?;
    }
    Ok(())
}

/// What changes something below `folder` without opening it.
fn changes(world: &World, folder: &str) -> Vec<Vec<String>> {
    let at = |name: &str| world.at(&format!("{folder}/{name}"));
    let (new, file) = (at("new"), at("file"));
    vec![
        call(libc::SYS_mkdirat, &[HERE, &new, "448"]),
        call(libc::SYS_unlinkat, &[HERE, &file, "0"]),
        call(libc::SYS_unlinkat, &[HERE, &at("inner"), "512"]),
        call(libc::SYS_symlinkat, &["@x", HERE, &new]),
        call(libc::SYS_linkat, &[HERE, &file, HERE, &new, "0"]),
        call(libc::SYS_renameat2, &[HERE, &file, HERE, &new, "0"]),
    ]
}

fn read_only(world: &World) -> Result<()> {
    let grant = world.grant("granted");
    let grants = ["--dir-ro", &grant];
    for calls in changes(world, "granted") {
        world.attempt(&files(), &grants, &calls)?;
    }
    let times = call(
        libc::SYS_utimensat,
        &[HERE, &world.at("granted/file"), "0", "256"],
    );
    world.attempt(&files(), &grants, &times)?;
    for arguments in [
        &["make-directory", "/granted/new"][..],
        &["remove", "/granted/file"],
        &["remove-directory", "/granted/inner"],
        &["rename", "/granted/file", "/granted/other"],
        &["link", "/granted/file", "/granted/other"],
        &["symlink", "file", "/granted/other"],
        &["times", "/granted/file"],
    ] {
        world.oversteps(&grants, arguments)?;
    }
    Ok(())
}

/// What changes something in `granted` by opening it.
fn openings(world: &World, grants: &[&str]) -> Result<()> {
    for flags in [libc::O_WRONLY, libc::O_RDWR, libc::O_WRONLY | libc::O_TRUNC] {
        world.attempt(&files(), grants, &open(&world.at("granted/file"), flags))?;
    }
    for flags in [libc::O_RDONLY, libc::O_WRONLY] {
        let new = open(&world.at("granted/new"), flags | libc::O_CREAT);
        world.attempt(&files(), grants, &new)?;
    }
    Ok(())
}

fn opening(world: &World) -> Result<()> {
    let grant = world.grant("granted");
    let grants = ["--dir-ro", &grant];
    openings(world, &grants)?;
    // What was opened nevertheless isn't written to.
    if world.mark == Mark::Landlock {
        world.oversteps(&grants, &["change", "/granted/file"])?;
        world.oversteps(&grants, &["create", "/granted/new"])?;
    }
    Ok(())
}

fn beside(world: &World) -> Result<()> {
    let (reading, changing) = (world.grant("granted"), world.grant("outside"));
    let grants = ["--dir-ro", &reading, "--dir", &changing];
    openings(world, &grants)?;
    for calls in changes(world, "granted") {
        world.attempt(&files(), &grants, &calls)?;
    }
    for arguments in [
        &["change", "/granted/file"][..],
        &["create", "/granted/new"],
        &["make-directory", "/granted/new"],
        &["remove", "/granted/file"],
        &["remove-directory", "/granted/inner"],
        &["rename", "/granted/file", "/granted/other"],
    ] {
        world.oversteps(&grants, arguments)?;
    }
    Ok(())
}

fn truncating(world: &World) -> Result<()> {
    let (reading, changing) = (world.grant("granted"), world.grant("outside"));
    let truncate = open(&world.at("granted/file"), libc::O_TRUNC);
    world.attempt(&files(), &["--dir-ro", &reading], &truncate)?;
    world.attempt(
        &files(),
        &["--dir-ro", &reading, "--dir", &changing],
        &truncate,
    )
}

fn moving(world: &World) -> Result<()> {
    let grant = world.grant("granted");
    let grants = ["--dir", &grant];
    let (file, outside) = (world.at("granted/file"), world.at("outside/file"));
    let rename = call(libc::SYS_renameat2, &[HERE, &file, HERE, &outside, "0"]);
    world.attempt(&files(), &grants, &rename)?;
    let link = call(libc::SYS_linkat, &[HERE, &file, HERE, &outside, "0"]);
    world.attempt(&files(), &grants, &link)?;
    world.oversteps(
        &grants,
        &["rename", "/granted/file", "/granted/../outside/file"],
    )?;
    // What was granted is still done.
    let rename = call(
        libc::SYS_renameat2,
        &[HERE, &file, HERE, &world.at("granted/inner/file"), "0"],
    );
    world.attempts(&files(), &grants, Mark::Shim.end(), &rename)
}

fn times(world: &World) -> Result<()> {
    let grant = world.grant("granted");
    let times = call(
        libc::SYS_utimensat,
        &[HERE, &world.at("outside/secret"), "0", "256"],
    );
    world.attempt(&files(), &["--dir", &grant], &times)
}

fn metadata(world: &World) -> Result<()> {
    let grant = world.grant("granted");
    world.oversteps(
        &["--dir-ro", &grant],
        &["size", "/granted/../outside/secret"],
    )
}

/// To the kernel a directory of one component is all components'.
fn others_directory(world: &World) -> Result<()> {
    let (granted, other) = (world.grant("granted"), world.grant("outside"));
    let grants = ["--dir-ro", &granted, "--dir-ro", &other];
    world.attempt(&files(), &grants, &open(&world.at("outside/secret"), 0))?;
    // What lies in one that may be changed may be changed, whatever else it was granted as.
    let inner = format!("{}::/inner", world.path("granted/inner"));
    let grants = ["--dir", &granted, "--dir-ro", &inner];
    let make = call(
        libc::SYS_mkdirat,
        &[HERE, &world.at("granted/inner/new"), "448"],
    );
    world.attempt(&files(), &grants, &make)
}

fn controls(world: &World) -> Result<()> {
    // FIOCLEX, which any descriptor knows.
    let control = call(libc::SYS_ioctl, &["1", "21585"]);
    world.attempt(&hello(), &[], &control)?;
    world.attempt(&files(), &["--dir", &world.grant("granted")], &control)
}
