//! Where a test's programs and files are, and what the kernel is expected to do to them.

use nanocc_testsuite::Result;
use nanocc_testsuite::fences::{End, Intruder, call};
use nanocc_testsuite::machine::Target;
use nanocc_testsuite::{execute, repository};
use std::cell::RefCell;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

/// How many columns the table has: one for each version of Landlock that adds something, and one without it.
pub const COLUMNS: usize = 7;

/// What a cell of the table says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// `S`.
    Seccomp,
    /// `L`.
    Landlock,
    /// `-`.
    Shim,
}

impl Mark {
    /// Of a cell, whose note doesn't matter here.
    pub fn of(cell: &str) -> Result<Mark> {
        match cell.trim().trim_end_matches(['¹', '²', '³']) {
            "S" => Ok(Mark::Seccomp),
            "L" => Ok(Mark::Landlock),
            "-" => Ok(Mark::Shim),
            _ => Err(format!("`{cell}` is no cell of the table")),
        }
    }

    /// How calls end that the fences are about.
    pub fn end(self) -> End {
        match self {
            Mark::Seccomp => End::Killed,
            Mark::Landlock => End::Refused(libc::EACCES),
            Mark::Shim => End::Done,
        }
    }
}

/// This kernel's version of Landlock, 0 where there is none.
pub fn landlock_version() -> usize {
    // SAFETY: without attributes, and with the flag that asks for the version, no memory is touched.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0, 0, 1) };
    usize::try_from(version).unwrap_or(0)
}

pub const NATIVE: Target = if cfg!(target_arch = "x86_64") {
    Target::X86_64
} else {
    Target::Aarch64
};

pub const UNFENCED: [&str; 2] = ["--no-seccomp", "--no-landlock"];

/// ```text
/// granted/file   granted/inner/     outside/secret   outside/inner/
/// ```
pub struct World {
    folder: tempfile::TempDir,
    /// What the table says here of the test's row.
    pub mark: Mark,
    /// What was compiled, of what and with which options: in a machine made by software, compiling takes most of the time.
    programs: RefCell<Vec<(PathBuf, Vec<String>, Intruder)>>,
}

impl World {
    pub fn new(mark: Mark) -> Result<World> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let world = World {
            folder,
            mark,
            programs: RefCell::default(),
        };
        world.reset()?;
        Ok(world)
    }

    /// The files as they were.
    pub fn reset(&self) -> Result<()> {
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

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// A file's path as an argument of a system call.
    pub fn at(&self, name: &str) -> String {
        format!("@{}", self.path(name))
    }

    /// What follows `--dir` or `--dir-ro` to grant a folder as `/NAME`.
    pub fn grant(&self, name: &str) -> String {
        format!("{}::/{name}", self.path(name))
    }

    /// The program with these options.
    pub fn intruder(&self, input: &Path, options: &[&str]) -> Result<Intruder> {
        let mut programs = self.programs.borrow_mut();
        let made = programs
            .iter()
            .find(|(of, with, _)| of == input && with == options);
        if let Some((_, _, program)) = made {
            return Ok(program.clone());
        }
        let output = self
            .folder
            .path()
            .join(format!("intruder{}", programs.len()));
        let program = Intruder::new(input, options, NATIVE, &output)?;
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        programs.push((input.to_path_buf(), options, program.clone()));
        Ok(program)
    }

    /// Makes these calls in a program of `input` with the grants: with the fences they have to end as the table says, without in success.
    pub fn attempt(&self, input: &Path, grants: &[&str], attempted: &[String]) -> Result<()> {
        self.attempts(input, grants, self.mark.end(), attempted)
    }

    /// As [`World::attempt`], with an end of its own.
    pub fn attempts(
        &self,
        input: &Path,
        grants: &[&str],
        fenced: End,
        attempted: &[String],
    ) -> Result<()> {
        let unfenced = [grants, &UNFENCED].concat();
        for (options, expected) in [(grants, fenced), (&unfenced, End::Done)] {
            self.reset()?;
            let end = match self.intruder(input, options)?.attempt(attempted)? {
                // A socket that doesn't wait has begun to connect.
                End::Refused(libc::EINPROGRESS) => End::Done,
                end => end,
            };
            if end != expected {
                return Err(format!(
                    "{attempted:?} with {options:?}: {end:?}, not {expected:?}"
                ));
            }
        }
        Ok(())
    }

    /// Runs `intruder.wasm` as the component that it is: without the fences it has to say that it is done, with them to end as the
    /// table says.
    pub fn oversteps(&self, grants: &[&str], arguments: &[&str]) -> Result<()> {
        let unfenced = [grants, &UNFENCED].concat();
        for (options, mark) in [(grants, self.mark), (&unfenced, Mark::Shim)] {
            self.reset()?;
            let intruder = self.intruder(&files(), options)?;
            let done = execute::run(intruder.command().args(arguments), b"")?;
            let said = done.stdout_text();
            let as_expected = match mark {
                Mark::Seccomp => done.status.signal() == Some(libc::SIGSYS),
                Mark::Landlock => said.starts_with("PermissionDenied"),
                Mark::Shim => said.starts_with("done"),
            };
            if !as_expected {
                return Err(format!(
                    "{arguments:?} with {options:?}, {mark:?}: {said}{}, {}",
                    done.stderr_text(),
                    done.status
                ));
            }
        }
        Ok(())
    }
}

/// A program that says hello, and imports nothing else.
pub fn hello() -> PathBuf {
    repository().join("examples/hello/wat/hello.wat")
}

/// A program that does all that can be done with files.
pub fn files() -> PathBuf {
    repository().join("testsuite/guests/fences/deps/fences/intruder.wasm")
}

/// A program that does all that can be done with sockets, and looks up names.
pub fn sockets() -> PathBuf {
    repository().join("testsuite/guests/fences/deps/fences/peer.wasm")
}

/// `AT_FDCWD` as a register has it.
pub const HERE: &str = "18446744073709551516";

/// `struct open_how` with these flags, and `O_CLOEXEC`; what it makes is everybody's to read.
fn how(flags: i32) -> String {
    let mode = if flags & libc::O_CREAT != 0 { 0o644 } else { 0 };
    let flags = (flags | libc::O_CLOEXEC) as u64;
    let fields = [flags, mode, 0].map(u64::to_le_bytes).concat();
    let digits: String = fields.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("%{digits}")
}

/// Opening a file by its path, whatever directory was granted.
pub fn open(path: &str, flags: i32) -> Vec<String> {
    call(libc::SYS_openat2, &[HERE, path, &how(flags), "24"])
}
