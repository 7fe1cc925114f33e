//! What this machine can compile for and run.
//!
//! A test of what isn't there is reported as ignored with a reason, so that the suite runs on a
//! machine with nothing but cargo. A suite that silently checks less is worse than one that fails:
//! `NANOCC_TEST_REQUIRE=aarch64` (as `.ci/run` sets it) turns the missing part into a failure.

use crate::Result;
use crate::compiler;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A target that executables are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    X86_64,
    Aarch64,
}

impl Target {
    /// Both.
    pub const ALL: [Target; 2] = [Target::X86_64, Target::Aarch64];

    /// What `--target` is given.
    pub fn name(self) -> &'static str {
        match self {
            Target::X86_64 => "x86_64-linux",
            Target::Aarch64 => "aarch64-linux",
        }
    }

    /// Whether this machine runs its executables itself.
    pub fn is_native(self) -> bool {
        match self {
            Target::X86_64 => cfg!(target_arch = "x86_64"),
            Target::Aarch64 => cfg!(target_arch = "aarch64"),
        }
    }

    fn emulator(self) -> &'static str {
        match self {
            Target::X86_64 => "qemu-x86_64-static",
            Target::Aarch64 => "qemu-aarch64-static",
        }
    }

    /// Whether executables for this target can be made here; if not, why.
    pub fn can_compile(self) -> Result<()> {
        static KNOWN: [OnceLock<Result<()>>; 2] = [OnceLock::new(), OnceLock::new()];
        KNOWN[self as usize]
            .get_or_init(|| {
                let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
                let hello = crate::repository().join("examples/hello/wat/hello.wat");
                let made = compiler::Nanocc::new(&hello)
                    .target(self)
                    .output(&folder.path().join("hello"))
                    .run()?;
                match made.code()? {
                    0 => Ok(()),
                    // The shim for the target isn't there. Any other error is for the tests to see.
                    _ if made.stderr_text().contains("runtime shim") => Err(format!(
                        "nanocc was built without the runtime shim for {}",
                        self.name()
                    )),
                    _ => Ok(()),
                }
            })
            .clone()
    }

    /// Whether executables for this target can be made and run here; if not, why.
    pub fn can_run(self) -> Result<()> {
        self.can_execute()?;
        self.can_compile()
    }

    /// Whether executables for this target can be run here; if not, why.
    pub fn can_execute(self) -> Result<()> {
        if !self.is_native() && found_on_path(self.emulator()).is_none() {
            return Err(format!("no {} here", self.emulator()));
        }
        Ok(())
    }

    /// [`Target::can_run`] for a test that would rather be ignored: a failure if the environment
    /// demands the target.
    pub fn required(self) -> bool {
        demanded(|name| self.name().starts_with(name))
    }

    /// A command that runs `executable`, under the program name `program`.
    pub fn command(self, executable: &Path) -> Command {
        use std::os::unix::process::CommandExt;
        let mut command;
        if self.is_native() {
            command = Command::new(executable);
            command.arg0(PROGRAM);
        } else {
            command = Command::new(self.emulator());
            command.args(["-0", PROGRAM]).arg(executable);
        }
        // There is an environment, and the oracle's guests have none: one that leaks is seen.
        command.env("NANOCC_TEST_SECRET", "nobody was granted this");
        command
    }
}

/// The name a program is told it was called by.
pub const PROGRAM: &str = "program";

/// The file that running `name` would run.
pub fn found_on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// Whether `NANOCC_TEST_REQUIRE` has a name that satisfies `is`.
pub fn demanded(is: impl Fn(&str) -> bool) -> bool {
    std::env::var("NANOCC_TEST_REQUIRE").is_ok_and(|names| {
        let mut names = names.split([',', ' ']).filter(|name| !name.is_empty());
        names.any(is)
    })
}
