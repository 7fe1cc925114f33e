//! Running the `nanocc` binary.

use crate::Result;
use crate::execute::{self, Executed};
use crate::machine::Target;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

/// The `nanocc` binary under test: the one that the environment variable `NANOCC` names, else that
/// of this build, which is brought up to date first.
pub fn binary() -> Result<PathBuf> {
    static BINARY: OnceLock<Result<PathBuf>> = OnceLock::new();
    BINARY
        .get_or_init(|| match std::env::var_os("NANOCC") {
            Some(path) => Ok(PathBuf::from(path)),
            None => build(),
        })
        .clone()
}

/// Cargo builds a package's binaries before that package's own tests only. `--workspace` selects the
/// features of dependencies as `cargo test --workspace` does, so that nothing is built twice.
fn build() -> Result<PathBuf> {
    let profile = profile_folder()?;
    let (Some(name), Some(target)) = (profile.file_name(), profile.parent()) else {
        return Err("this program lies in no build folder; set NANOCC".to_owned());
    };
    let profile_name = if name == "debug" {
        OsString::from("dev")
    } else {
        name.to_owned()
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let done = Command::new(cargo)
        .args(["build", "--quiet", "--workspace", "--bin", "nanocc"])
        .arg("--profile")
        .arg(profile_name)
        .arg("--target-dir")
        .arg(target)
        .current_dir(crate::repository())
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    if !done.status.success() {
        return Err(format!(
            "nanocc doesn't build:\n{}",
            String::from_utf8_lossy(&done.stderr)
        ));
    }
    Ok(profile.join("nanocc"))
}

/// The folder of this build's profile, such as `TARGET/debug`.
fn profile_folder() -> Result<PathBuf> {
    let here = std::env::current_exe().map_err(|error| error.to_string())?;
    // TARGET/PROFILE/deps/TEST, or TARGET/PROFILE/PROGRAM
    here.ancestors()
        .skip(1)
        .find(|folder| !folder.ends_with("deps"))
        .map(Path::to_path_buf)
        .ok_or_else(|| "this program lies in no build folder; set NANOCC".to_owned())
}

/// The build folder that this program lies in.
///
/// # Errors
///
/// If it lies in none.
pub fn target_folder() -> Result<PathBuf> {
    let profile = profile_folder()?;
    let folder = profile
        .parent()
        .ok_or("this program lies in no build folder")?;
    Ok(folder.to_path_buf())
}

/// One run of `nanocc`.
pub struct Nanocc {
    args: Vec<OsString>,
    folder: Option<PathBuf>,
}

impl Nanocc {
    /// Compiles `input`.
    pub fn new(input: &Path) -> Nanocc {
        Nanocc::bare().arg(input)
    }

    /// Without arguments.
    pub fn bare() -> Nanocc {
        Nanocc {
            args: Vec::new(),
            folder: None,
        }
    }

    /// One more argument.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Nanocc {
        self.args.push(arg.into());
        self
    }

    /// More arguments.
    pub fn args(mut self, args: &[&str]) -> Nanocc {
        self.args.extend(args.iter().map(OsString::from));
        self
    }

    /// `--target`.
    pub fn target(self, target: Target) -> Nanocc {
        self.args(&["--target", target.name()])
    }

    /// `-o`.
    pub fn output(self, path: &Path) -> Nanocc {
        self.arg("-o").arg(path)
    }

    /// The current folder.
    pub fn folder(mut self, folder: &Path) -> Nanocc {
        self.folder = Some(folder.to_path_buf());
        self
    }

    /// The command, not yet run.
    pub fn command(&self) -> Result<Command> {
        let mut command = Command::new(binary()?);
        command.args(&self.args);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        Ok(command)
    }

    /// Runs it.
    pub fn run(self) -> Result<Executed> {
        execute::run(&mut self.command()?, b"")
    }

    /// Runs it; anything but success, and any word on standard error, is an error.
    pub fn succeed(self) -> Result<Executed> {
        let done = self.run()?;
        match done.code()? {
            0 if done.stderr.is_empty() => Ok(done),
            status => Err(format!(
                "nanocc ended with status {status} and said:\n{}",
                done.stderr_text()
            )),
        }
    }
}

/// How an executable is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mode {
    pub target: Target,
    /// `-O0`, `-O2` and so on.
    pub level: &'static str,
}

/// Executables, each made once however many tests run it.
pub struct Executables {
    folder: PathBuf,
    made: Mutex<HashMap<Made, Making>>,
}

/// What is compiled, with which grants, and how.
type Made = (PathBuf, Vec<String>, Mode);
type Making = Arc<OnceLock<Result<PathBuf>>>;

impl Executables {
    /// Keeps them in `folder`.
    pub fn new(folder: &Path) -> Executables {
        Executables {
            folder: folder.to_path_buf(),
            made: Mutex::new(HashMap::new()),
        }
    }

    /// The executable of `input` with these grants. Who comes second waits for the first.
    pub fn get(&self, input: &Path, grants: &[String], mode: Mode) -> Result<PathBuf> {
        let (making, number) = {
            let mut made = self.made.lock().map_err(|error| error.to_string())?;
            let number = made.len();
            let making = made
                .entry((input.to_path_buf(), grants.to_vec(), mode))
                .or_default();
            (making.clone(), number)
        };
        making
            .get_or_init(|| {
                let output = self.folder.join(format!("executable{number}"));
                // The tests run in parallel themselves.
                let grants: Vec<&str> = grants.iter().map(String::as_str).collect();
                Nanocc::new(input)
                    .args(&grants)
                    .target(mode.target)
                    .args(&[mode.level, "-j1"])
                    .output(&output)
                    .succeed()?;
                Ok(output)
            })
            .clone()
    }
}
