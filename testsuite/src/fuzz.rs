//! A fuzzing loop: mutate, compile in this process, and keep what makes nanocc panic.
//!
//! nanocc promises an error for bad input, never a panic. A panic is caught, and its input is left in
//! `testsuite/files/fuzz/`, where every later run of the tests replays it. What can't be caught, such
//! as an overflow of the stack, ends the tests; its input is then in the file that was named at the
//! start.

use crate::Result;
use crate::mutate::Random;
use nanocc::compose::{self, Package, PackageError, Request};
use nanocc::options::{Emit, Options, Target};
use nanocc::pipeline;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, OnceLock};
use std::time::{Duration, Instant};

/// An input that takes longer than this to be compiled or refused is reported like a panic. (In a
/// debug build, on a slow machine, the largest guest takes some seconds.)
const PATIENCE: Duration = Duration::from_secs(30);

/// How long to go on, and from which seed.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    pub time: Duration,
    pub seed: u64,
}

impl Effort {
    /// From `NANOCC_FUZZ_SECONDS` (8 if absent) and `NANOCC_FUZZ_SEED` (1 if absent).
    pub fn from_environment() -> Result<Effort> {
        let number = |name: &str, default: u64| match std::env::var(name) {
            Ok(text) => text
                .parse()
                .map_err(|_| format!("{name}={text} is not a number")),
            Err(_) => Ok(default),
        };
        Ok(Effort {
            time: Duration::from_secs(number("NANOCC_FUZZ_SECONDS", 8)?),
            seed: number("NANOCC_FUZZ_SEED", 1)?,
        })
    }
}

/// Where inputs that once made nanocc panic are kept.
pub fn folder() -> PathBuf {
    crate::repository().join("testsuite/files/fuzz")
}

/// A component to mutate.
pub struct Seed {
    /// Its file in the repository.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Every example and guest up to `limit` bytes, compositions composed.
pub fn corpus(limit: usize) -> Result<Vec<Seed>> {
    let repository = crate::repository();
    let mut seeds = Vec::new();
    for folder in ["examples", "testsuite/guests", "testsuite/files"] {
        let wanted = |name: &str| {
            [".wat", ".wasm", ".wac"]
                .iter()
                .any(|extension| name.ends_with(extension))
        };
        for file in crate::files_below(&repository.join(folder), &wanted)? {
            if file.starts_with(self::folder()) {
                continue;
            }
            let bytes = match crate::compose::component(&file) {
                Ok(bytes) => bytes,
                // A composition with a package that `testsuite/big` makes.
                Err(error) if error.contains("unknown package") => continue,
                Err(error) => return Err(error),
            };
            if bytes.len() <= limit {
                let name = file.strip_prefix(&repository).unwrap_or(&file);
                seeds.push(Seed {
                    name: name.display().to_string(),
                    bytes,
                });
            }
        }
    }
    Ok(seeds)
}

/// What a run of the loop did.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    /// Inputs tried.
    pub inputs: u64,
    /// Inputs that nanocc accepted.
    pub accepted: u64,
}

/// Calls `subject` on inputs from `next` until the time is up. `subject` says whether it accepted the
/// input; its panic is a finding, as an error of this function.
pub fn hunt(
    name: &str,
    extension: &str,
    effort: Effort,
    mut next: impl FnMut(&mut Random) -> Vec<u8>,
    subject: impl Fn(&[u8]) -> bool + Sync,
) -> Result<Tally> {
    let current = std::env::temp_dir().join(format!("nanocc-fuzz-{name}.{extension}"));
    eprintln!(
        "fuzz {name}: seed {}, {:?}; the input at work is in {}",
        effort.seed,
        effort.time,
        current.display()
    );
    let mut random = Random::new(effort.seed);
    let mut tally = Tally::default();
    let start = Instant::now();
    while start.elapsed() < effort.time {
        let input = next(&mut random);
        std::fs::write(&current, &input)
            .map_err(|error| format!("{}: {error}", current.display()))?;
        let begun = Instant::now();
        let outcome = caught(|| subject(&input));
        let took = begun.elapsed();
        let fault = match outcome {
            Err(panic) => Some(panic),
            Ok(_) if took > PATIENCE => Some(format!("took {took:?}")),
            Ok(accepted) => {
                tally.accepted += u64::from(accepted);
                None
            }
        };
        tally.inputs += 1;
        if let Some(fault) = fault {
            let kept = keep(name, extension, &input)?;
            return Err(format!(
                "input {} of seed {}, kept as {}: {fault}",
                tally.inputs,
                effort.seed,
                kept.display()
            ));
        }
    }
    let _ = std::fs::remove_file(&current);
    eprintln!(
        "fuzz {name}: {} inputs, {} of them accepted",
        tally.inputs, tally.accepted
    );
    Ok(tally)
}

/// Keeps an input that was a finding. Says where.
pub fn keep(name: &str, extension: &str, input: &[u8]) -> Result<PathBuf> {
    let digest = input.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    });
    let path = folder().join(format!("{name}-{digest:016x}.{extension}"));
    std::fs::create_dir_all(folder())
        .and_then(|()| std::fs::write(&path, input))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

/// Runs `work` as the `nanocc` command does: in threads with large stacks. A panic, in any of
/// them, becomes an error that says where.
pub fn caught<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T> {
    static POOL: OnceLock<std::result::Result<rayon::ThreadPool, String>> = OnceLock::new();
    let pool = POOL
        .get_or_init(|| {
            let builder = rayon::ThreadPoolBuilder::new().stack_size(256 << 20);
            builder.build().map_err(|error| error.to_string())
        })
        .as_ref()?;
    static HOOK: Once = Once::new();
    static LAST: Mutex<Option<String>> = Mutex::new(None);
    fn last() -> MutexGuard<'static, Option<String>> {
        LAST.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
    HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            *last() = Some(info.to_string());
            // Tests that fail on purpose still say so.
            if std::thread::current()
                .name()
                .is_some_and(|name| name != "main")
            {
                previous(info);
            }
        }));
    });
    // One at a time, so that a message is the one of this panic.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    catch_unwind(AssertUnwindSafe(|| pool.install(work)))
        .map_err(|_| last().take().unwrap_or_default())
}

/// Compiles `bytes` in this process, through every stage, as what the file `path` holds. The packages of
/// a composition are those in `deps/` beside it. Says whether the input was accepted.
pub fn compile(path: &Path, bytes: &[u8]) -> bool {
    let folder = path.parent().unwrap_or(path).join("deps");
    let mut load = |request: Request<'_>| {
        let mut file = folder.clone();
        file.extend(request.name.split(':'));
        let searched = ["wat", "wasm"].map(|extension| file.with_added_extension(extension));
        for origin in &searched {
            if let Ok(bytes) = std::fs::read(origin) {
                let origin = origin.clone();
                return Ok(Package { origin, bytes });
            }
        }
        Err(PackageError::Missing {
            searched: searched.to_vec(),
        })
    };
    let mut options = Options::new(Target::x86_64());
    // What prints has to hold as well.
    options.emit = vec![Emit::Graph, Emit::Facts, Emit::Map, Emit::Exe];
    let compiled = compose::compose(path, bytes, &mut load, &())
        .and_then(|composed| pipeline::compile(&composed, &options, None, &()));
    match compiled {
        Ok(_) => true,
        Err(error) => {
            // So are messages.
            let _ = (error.to_string(), error.help());
            false
        }
    }
}

/// The inputs that were kept, with the extension `extension`.
pub fn kept(extension: &str) -> Result<Vec<PathBuf>> {
    let suffix = format!(".{extension}");
    if !folder().is_dir() {
        return Ok(Vec::new());
    }
    crate::files_below(&folder(), &|name| name.ends_with(&suffix))
}
