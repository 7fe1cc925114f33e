//! Start-up: from spawn to exit of programs that say hello, and their memory at exit.

use crate::memory;
use crate::spawn::Program;
use crate::statistics::{Samples, print_table, row};
use crate::{host, peers};
use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::mutate::Random;
use nanocc_testsuite::{Result, execute, repository};
use std::path::{Path, PathBuf};
use std::process::Command;

struct Contender {
    name: &'static str,
    path: PathBuf,
    args: Vec<String>,
    /// The most that the median may be, in medians of the floor.
    goal: Option<f64>,
    /// A runtime of many megabytes.
    heavy: bool,
}

/// Rounds before those that count.
const WARM_UP: usize = 20;

/// Measures with executables in `folder`, each run `rounds` times, and prints a table.
pub fn run(folder: &Path, rounds: usize) -> Result<()> {
    let contenders = contenders(folder)?;
    for contender in &contenders {
        let done = execute::run(Command::new(&contender.path).args(&contender.args), b"")?;
        if done.code()? != 0 || done.stdout != b"Hello, world!\n" || !done.stderr.is_empty() {
            return Err(format!("{} says something else: {done:?}", contender.name));
        }
    }

    let programs: Vec<Program> = contenders
        .iter()
        .map(|contender| {
            let args: Vec<&str> = contender.args.iter().map(String::as_str).collect();
            Program::new(&contender.path, &args)
        })
        .collect::<Result<_>>()?;
    // What runs after a program that uses megabytes finds cold caches: the runtimes take turns among
    // themselves, and everything light takes turns without them.
    let light: Vec<usize> = (0..programs.len())
        .filter(|&i| !contenders[i].heavy)
        .collect();
    let heavy: Vec<usize> = (0..programs.len())
        .filter(|&i| contenders[i].heavy)
        .collect();
    let samples_of_light = take_turns(&programs, &light, rounds)?;
    let samples_of_heavy = take_turns(&programs, &heavy, rounds.div_ceil(4))?;
    let samples: Vec<&Samples> = (0..programs.len())
        .map(|i| {
            if contenders[i].heavy {
                &samples_of_heavy[i]
            } else {
                &samples_of_light[i]
            }
        })
        .collect();

    println!("Start-up of hello, {rounds} runs each in turns (a quarter of them for the runtimes)");
    let floor = samples.first().map_or(1.0, |samples| samples.median());
    let mut rows = vec![row([
        "",
        "median us",
        "least",
        "p99",
        "x floor",
        "goal",
        "RssAnon KiB",
        "VmHWM",
        "page tables",
        "file B",
    ])];
    for (contender, samples) in contenders.iter().zip(&samples) {
        let resident = memory::at_exit(Command::new(&contender.path).args(&contender.args))?;
        let ratio = samples.median() / floor;
        rows.push(vec![
            contender.name.to_owned(),
            format!("{:.1}", samples.median()),
            format!("{:.1}", samples.least()),
            format!("{:.1}", samples.quantile(0.99)),
            format!("{ratio:.2}"),
            contender.goal.map_or(String::new(), |goal| {
                format!("{goal:.2} {}", if ratio <= goal { "met" } else { "missed" })
            }),
            resident.anonymous.to_string(),
            resident.peak.to_string(),
            resident.page_tables.to_string(),
            std::fs::metadata(&contender.path)
                .map_err(|error| error.to_string())?
                .len()
                .to_string(),
        ]);
    }
    print_table(&rows);
    println!("Goal: anonymous memory of the WAT hello at exit at most 32 KiB.\n");
    Ok(())
}

/// Times the programs numbered `which`, in another order each round: who always came after the same
/// would be measured with what that left in the caches.
fn take_turns(programs: &[Program], which: &[usize], rounds: usize) -> Result<Vec<Samples>> {
    let mut samples = vec![Samples::default(); programs.len()];
    let mut random = Random::new(1);
    let mut order = which.to_vec();
    for round in 0..rounds + WARM_UP {
        for i in (1..order.len()).rev() {
            order.swap(i, random.below(i + 1));
        }
        for &i in &order {
            let time = programs[i].time()?;
            if round >= WARM_UP {
                samples[i].add(time.as_secs_f64() * 1e6);
            }
        }
    }
    Ok(samples)
}

fn contenders(folder: &Path) -> Result<Vec<Contender>> {
    let examples = repository().join("examples/hello");
    let rust = examples.join("deps/hello/rust.wasm");
    let nanocc = |name: &str, input: &Path| {
        let output = folder.join(name);
        Nanocc::new(input)
            .args(&["-O2"])
            .output(&output)
            .succeed()?;
        Ok::<_, String>(output)
    };
    // A copy: a build may replace this program's file while it runs.
    let this = folder.join("wasmtime-host");
    std::fs::copy("/proc/self/exe", &this).map_err(|error| format!("/proc/self/exe: {error}"))?;
    let precompiled = folder.join("rust.cwasm");
    host::precompile(&rust, &precompiled)?;
    let host = |mode: &str, file: &Path| vec![mode.to_owned(), file.to_string_lossy().into_owned()];
    let contender = |name, path, args: Vec<String>, goal| Contender {
        name,
        path,
        heavy: !args.is_empty(),
        args,
        goal,
    };
    Ok(vec![
        contender(
            "hand-written, static (floor)",
            peers::floor(folder)?,
            vec![],
            None,
        ),
        contender(
            "nanocc, WAT hello",
            nanocc("wat-hello", &examples.join("wat/hello.wat"))?,
            vec![],
            Some(1.25),
        ),
        contender(
            "nanocc, Rust hello",
            nanocc("rust-hello", &rust)?,
            vec![],
            Some(1.6),
        ),
        contender(
            "nanocc, C hello",
            nanocc("c-hello", &examples.join("deps/hello/c.wasm"))?,
            vec![],
            None,
        ),
        contender("C, static glibc", peers::c_static(folder)?, vec![], None),
        contender(
            "wasmtime host, precompiled, Rust hello",
            this.clone(),
            host("--host-precompiled", &precompiled),
            None,
        ),
        contender(
            "wasmtime host, JIT, Rust hello",
            this,
            host("--host-jit", &rust),
            None,
        ),
    ])
}
