//! Runs the shim as an executable has it: the one object of the release build, linked with a program
//! that plays the compiler's part (`program.rs`), for this machine's architecture and, where its
//! `core` and qemu are installed, for aarch64.

use std::env;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;

/// An executable and how to run it.
struct Program {
    path: PathBuf,
    runner: Option<&'static str>,
}

/// How to build for an architecture.
struct Toolchain {
    target: &'static str,
    cargo: PathBuf,
    rustc: PathBuf,
    flags: &'static str,
    runner: Option<&'static str>,
}

fn run(command: &mut Command) {
    let output = command
        .output()
        .unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{stderr}",
        output.status
    );
}

/// The shim of products.
const PRODUCT: &str = "--cfg=nanocc_standalone";
/// The shim of the test suite.
const DRIVER: &str = "--cfg=nanocc_standalone --cfg=nanocc_driver";

/// Builds the object as README.md says, the program, and links them.
fn build(toolchain: &Toolchain, variant: &str) -> Program {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = if variant == DRIVER { "-driver" } else { "" };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}{name}", toolchain.target));
    std::fs::create_dir_all(&folder).unwrap();
    let (shim, object, path) = (
        folder.join("shim.o"),
        folder.join("program.o"),
        folder.join("program"),
    );
    run(Command::new(&toolchain.cargo)
        .args(["rustc", "--release", "--lib", "--crate-type", "staticlib"])
        .args(["--target", toolchain.target, "--target-dir"])
        .arg(&folder)
        .arg("--manifest-path")
        .arg(package.join("Cargo.toml"))
        .args(["--", &format!("--emit=obj={}", shim.display())])
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTFLAGS", format!("{variant} {}", toolchain.flags))
        .env("CARGO_PROFILE_RELEASE_LTO", "fat")
        .env("CARGO_PROFILE_RELEASE_PANIC", "abort")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "s"));
    run(Command::new(&toolchain.rustc)
        .args([
            "--edition=2024",
            "--crate-type=lib",
            "--crate-name=program",
            "-O",
            "-Cpanic=abort",
        ])
        .args(toolchain.flags.split(' '))
        .args(["--target", toolchain.target, "-o"])
        .arg(&object)
        .arg("--emit=obj")
        .arg(package.join("tests/native/program.rs")));
    let sysroot = Command::new("rustc")
        .args(["--print", "sysroot"])
        .output()
        .unwrap()
        .stdout;
    let sysroot = PathBuf::from(String::from_utf8(sysroot).unwrap().trim());
    let linker = sysroot.join(format!("lib/rustlib/{}/bin/rust-lld", host()));
    run(Command::new(linker)
        .args([
            "-flavor",
            "gnu",
            "-static",
            "--gc-sections",
            "--image-base=0x400000",
        ])
        .args([
            "-z",
            "max-page-size=65536",
            "--section-start=.nativestack=0x8000000",
        ])
        .args([&object, &shim])
        .arg("-o")
        .arg(&path));
    Program {
        path,
        runner: toolchain.runner,
    }
}

/// The target that rustc makes programs for here.
fn host() -> &'static str {
    if cfg!(target_arch = "x86_64") {
        "x86_64-unknown-linux-gnu"
    } else {
        "aarch64-unknown-linux-gnu"
    }
}

static PROGRAMS: LazyLock<Vec<Program>> = LazyLock::new(|| programs(PRODUCT));
static DRIVERS: LazyLock<Vec<Program>> = LazyLock::new(|| programs(DRIVER));

/// The program with a variant of the shim, for every architecture.
fn programs(variant: &str) -> Vec<Program> {
    let flags = "-Crelocation-model=static -Cforce-frame-pointers=yes";
    let x86_flags = "-Crelocation-model=static -Cforce-frame-pointers=yes -Ctarget-cpu=x86-64-v2";
    let here = Toolchain {
        target: host(),
        cargo: env!("CARGO").into(),
        rustc: "rustc".into(),
        flags: if cfg!(target_arch = "x86_64") {
            x86_flags
        } else {
            flags
        },
        runner: None,
    };
    let mut programs = vec![build(&here, variant)];
    let guests = env::var_os("NANOCC_GUESTS").map_or("/opt/nanocc-guests".into(), PathBuf::from);
    let other = Toolchain {
        target: "aarch64-unknown-linux-gnu",
        cargo: guests.join("bin/guest-cargo"),
        rustc: guests.join("bin/guest-rustc"),
        flags,
        runner: Some("qemu-aarch64-static"),
    };
    let core = guests.join("usr/lib/rustlib/aarch64-unknown-linux-gnu");
    let qemu = Command::new("qemu-aarch64-static")
        .arg("--version")
        .output()
        .is_ok();
    if cfg!(target_arch = "x86_64") && core.exists() && qemu {
        programs.push(build(&other, variant));
    } else {
        eprintln!(
            "not run for aarch64: its core (in {}) or qemu is missing",
            guests.display()
        );
    }
    programs
}

impl Program {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = match self.runner {
            Some(runner) => {
                let mut command = Command::new(runner);
                command.arg(&self.path);
                command
            }
            None => Command::new(&self.path),
        };
        command.args(arguments).env_clear();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    fn run_with_input(&self, arguments: &[&str], input: impl FnOnce(&mut dyn Write)) -> Ran {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut to = child.stdin.take().unwrap();
        let reader = std::thread::spawn(move || child.wait_with_output().unwrap());
        input(&mut to);
        drop(to);
        reader.join().unwrap().into()
    }
}

/// What a program did. The status is `None` if a signal ended it.
#[derive(Debug, PartialEq)]
struct Ran {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        Ran {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

fn each(test: impl Fn(&Program)) {
    PROGRAMS.iter().for_each(test);
}

/// Runs a scenario that only prints, on every architecture.
fn prints(scenario: &str, stdout: &str) {
    each(|program| {
        let wanted = Ran {
            status: Some(0),
            stdout: stdout.into(),
            stderr: String::new(),
        };
        assert_eq!(program.run(&[scenario]), wanted);
    });
}

fn traps(scenario: &str, stderr: &str) {
    each(|program| {
        let wanted = Ran {
            status: Some(134),
            stdout: String::new(),
            stderr: stderr.into(),
        };
        assert_eq!(program.run(&[scenario]), wanted, "{scenario}");
    });
}

#[test]
fn a_program_prints_and_ends() {
    prints("hello", "hello\n");
    each(|program| {
        for (scenario, status) in [("fail", 1), ("exit", 1), ("exit-with-code", 7)] {
            assert_eq!(program.run(&[scenario]).status, Some(status));
        }
    });
}

/// The program with its guests' address space grown, so that the kernel's stack and vDSO lie in it.
#[test]
fn a_program_whose_memories_hold_the_kernels_pages_is_refused() {
    const GUEST: u64 = 0x1000_0000;
    let range = |high: u64| [GUEST.to_le_bytes(), high.to_le_bytes()].concat();
    let (old, new) = (range(GUEST + (8 << 30)), range(1 << 47));
    each(|program| {
        let mut bytes = std::fs::read(&program.path).unwrap();
        let places: Vec<usize> = (0..bytes.len() - old.len())
            .filter(|&at| bytes[at..].starts_with(&old))
            .collect();
        let &[at] = &*places else {
            panic!("{places:?}");
        };
        bytes[at..at + new.len()].copy_from_slice(&new);
        let path = program.path.with_extension("crowded");
        std::fs::copy(&program.path, &path).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let crowded = Program { path, ..*program };
        let ran = crowded.run(&["hello"]);
        assert_eq!((ran.status, &*ran.stdout), (Some(126), ""));
        assert!(
            ran.stderr
                .starts_with("error: the system has put its own pages")
        );
    });
}

#[test]
fn faults_are_traps_with_their_place() {
    traps(
        "divide",
        "error: wasm trap: integer divide by zero\n  \
         in component `checkpoint/a`, function `divide`, at module offset 0x1f3\n",
    );
    traps(
        "load",
        "error: wasm trap: out of bounds memory access\n  \
         in component `service`, function `load`, at module offset 0x3007\n",
    );
    traps(
        "unreachable",
        "error: wasm trap: wasm `unreachable` instruction executed\n  \
         in component `service`, function `unreachable_function`, at module offset 0x4000\n",
    );
}

/// Whoever starts a program may have blocked all signals, as threads of servers do, and that is inherited.
#[test]
fn faults_are_traps_whatever_signals_are_blocked() {
    use std::os::unix::process::CommandExt;

    unsafe extern "C" {
        fn sigprocmask(how: i32, set: *const [u64; 16], old: *mut [u64; 16]) -> i32;
    }
    /// `SIG_SETMASK`.
    const SET: i32 = 2;

    each(|program| {
        for scenario in ["divide", "load", "unreachable"] {
            let mut command = program.command(&[scenario]);
            // SAFETY: the C library's function, which may be called between fork and exec; it reads the set.
            unsafe {
                command.pre_exec(|| {
                    match sigprocmask(SET, &[u64::MAX; 16], std::ptr::null_mut()) {
                        0 => Ok(()),
                        _ => Err(std::io::Error::last_os_error()),
                    }
                });
            }
            let ran = Ran::from(command.output().unwrap());
            assert_eq!(ran.status, Some(134), "{scenario}: {}", ran.stderr);
            assert!(ran.stderr.starts_with("error: wasm trap: "), "{scenario}");
        }
    });
}

#[test]
fn a_stack_that_overflows_is_a_trap() {
    traps(
        "recurse",
        "error: wasm trap: call stack exhausted\n  in component `service`, function `recurse`, at module offset 0x5000\n",
    );
    traps(
        "recurse-in-shim",
        "error: wasm trap: call stack exhausted\n  \
         at the boundary of component `service`, function `recurse_in_shim`\n",
    );
}

#[test]
fn the_shim_traps_in_the_name_of_its_caller() {
    let place = "  in component `service`, function `use_handle`, at module offset 0x7009\n";
    traps(
        "unknown-handle",
        &format!("error: wasm trap: unknown handle index\n{place}"),
    );
    let wrong = "handle index used with the wrong type";
    traps(
        "wrong-handle",
        &format!("error: wasm trap: {wrong}\n{place}"),
    );
    let place = "  in component `service`, function `main`, at module offset 0x1001\n";
    let contract = "host function called against its contract";
    for scenario in ["poll-nothing", "write-unasked", "write-too-much"] {
        traps(scenario, &format!("error: wasm trap: {contract}\n{place}"));
    }
    // The first handle is the stream's.
    traps(
        "no-descriptor",
        &format!("error: wasm trap: {wrong}\n{place}"),
    );
    each(|program| {
        let ran = program.run(&["permit"]);
        assert_eq!(ran.status, Some(134));
        assert_eq!(ran.stdout, "permitted: yes\na\nready: yes\n");
        assert_eq!(ran.stderr, format!("error: wasm trap: {contract}\n{place}"));
    });
}

#[test]
fn a_script_goes_on_after_traps() {
    let add = |a: u64, b: u64| {
        let slots = [u128::from(a) | 9 << 64, u128::from(b)];
        let bytes = slots.into_iter().flat_map(u128::to_le_bytes);
        0u32.to_le_bytes()
            .into_iter()
            .chain(bytes)
            .collect::<Vec<u8>>()
    };
    let step = |number: u32| number.to_le_bytes().to_vec();
    let results = |results: &[u128]| {
        let bytes = results.iter().flat_map(|result| result.to_le_bytes());
        [0; 4].into_iter().chain(bytes).collect::<Vec<u8>>()
    };
    let trap = |number: u32| number.to_le_bytes().to_vec();
    let count = |count: u64| {
        results(&[
            count.into(),
            u128::from(u64::MAX) << 64 | u128::from(!count),
        ])
    };
    let mut exchange = vec![(add(3, 4), results(&[9 << 64 | 7])), (step(6), count(1))];
    // Twice: the handlers' stack and the signals are free again, and no stack is lost.
    for round in 0..2 {
        exchange.extend([
            // A fault; the stack's end in compiled code and in the shim; a trap that the shim raises.
            (step(1), trap(6)),
            (step(2), trap(9)),
            (step(3), trap(9)),
            (step(4), trap(17)),
            (step(5), trap(1)),
            (add(40, round), results(&[9 << 64 | u128::from(40 + round)])),
            (step(6), count(1 + (round + 1) * 4)),
        ]);
    }
    let (commands, answers): (Vec<_>, Vec<_>) = exchange.into_iter().unzip();
    for program in &*DRIVERS {
        let run = |commands: &[u8]| {
            let mut child = program.command(&[]).stdin(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(commands).unwrap();
            child.wait_with_output().unwrap()
        };
        let output = run(&commands.concat());
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(output.stdout, answers.concat());

        for (command, message) in [
            (
                step(7),
                "error: internal error: SIGSEGV at address 0x8, pc 0x",
            ),
            (
                step(8),
                "error: internal error: the script has no such step",
            ),
            (
                add(1, 2)[..30].to_vec(),
                "error: internal error: a command ends too early",
            ),
        ] {
            let output = run(&command);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(stderr.starts_with(message), "{stderr}");
            assert_eq!(output.status.code(), Some(134));
        }
    }
}

#[test]
fn what_is_no_trap_is_called_a_bug() {
    each(|program| {
        // A fault outside of the guests' memories isn't the guest's, even where one is expected.
        for (scenario, function) in [("load-elsewhere", "load"), ("bug", "main")] {
            let Ran { status, stderr, .. } = program.run(&[scenario]);
            assert_eq!(status, Some(134));
            assert!(stderr.starts_with("error: internal error: SIGSEGV at address 0x8, pc 0x"));
            assert!(
                stderr.contains(&format!("function `{function}`")),
                "{stderr}"
            );
            assert!(stderr.ends_with("a bug in nanocc, not in the program: please report it\n"));
        }
    });
}

fn stop(mut child: Child) -> Ran {
    let mut line = [0; 8];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut line)
        .unwrap();
    let id = child.id().to_string();
    run(Command::new("kill").args(["-SEGV", &id]));
    child.wait_with_output().unwrap().into()
}

#[test]
fn a_signal_that_was_sent_is_not_a_bug() {
    // qemu has handlers of its own.
    let ran = stop(PROGRAMS[0].command(&["wait"]).spawn().unwrap());
    assert_eq!(ran.status, Some(134));
    assert!(
        ran.stderr
            .starts_with("error: ended by SIGSEGV, which process "),
        "{ran:?}"
    );
}

#[test]
fn arguments_and_environment_are_told() {
    each(|program| {
        let ran = program.run(&["arguments", "", "two words", "é\u{10ffff}"]);
        let wanted = "arguments\n\ntwo words\né\u{10ffff}\nno directory: yes\nno preopens: yes\n";
        assert_eq!((ran.status, &*ran.stdout), (Some(0), wanted));

        let mut command = program.command(&["environment"]);
        command.env("A", "1").env("EMPTY", "").env("B", "x=y");
        let stdout = Ran::from(command.output().unwrap()).stdout;
        let mut lines: Vec<_> = stdout.lines().collect();
        lines.sort();
        assert_eq!(lines, ["A is 1", "B is x=y", "EMPTY is "]);
    });
}

#[test]
fn what_is_not_utf8_is_refused_or_left_out() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    each(|program| {
        let bad = OsStr::from_bytes(b"a\xff");
        let ran = Ran::from(program.command(&["hello"]).arg(bad).output().unwrap());
        assert_eq!((ran.status, &*ran.stdout), (Some(1), ""));
        assert_eq!(ran.stderr, "error: argument 2 is not valid UTF-8\n");
        let mut command = program.command(&["environment"]);
        let ran = Ran::from(command.env("BAD", bad).env("GOOD", "1").output().unwrap());
        assert_eq!(ran.stdout, "GOOD is 1\n");
    });
}

#[test]
fn without_grants_there_is_nothing() {
    prints(
        "ungranted",
        "stdout is closed: yes\nready: yes\nstderr is closed: yes\nready: yes\n\
         stdin is closed: yes\nready: yes\nnothing is told: yes\nno terminal: yes\n",
    );
}

#[test]
fn a_terminal_is_told_from_other_files() {
    use rustix::pty::{OpenptFlags, openpt, ptsname, unlockpt};
    each(|program| {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
        let theirs = File::options().read(true).write(true).open(name).unwrap();
        let mut child = program
            .command(&["terminals"])
            .stdout(theirs)
            .spawn()
            .unwrap();
        assert!(child.wait().unwrap().success());
        let mut text = Vec::new();
        // A terminal whose other side is closed ends with an error.
        let _ = File::from(ours).read_to_end(&mut text);
        let text = String::from_utf8(text).unwrap();
        let wanted = "stdin: NO\r\nstdout: yes\r\nstderr: NO\r\nwithout a grant: NO\r\n";
        assert_eq!(text, wanted);
    });
    prints(
        "terminals",
        "stdin: NO\nstdout: NO\nstderr: NO\nwithout a grant: NO\n",
    );
}

#[test]
fn input_arrives_whole() {
    let text: String = (0..40_000).map(|i| format!("line {i}\n")).collect();
    each(|program| {
        for (scenario, end) in [
            ("cat", "closed: yes\nstill closed: yes\n"),
            ("cat-polling", ""),
        ] {
            let ran =
                program.run_with_input(&[scenario], |to| to.write_all(text.as_bytes()).unwrap());
            assert_eq!(ran.status, Some(0), "{}", ran.stderr);
            assert!(ran.stdout.starts_with(&text), "{scenario}");
            assert!(ran.stdout.ends_with(end), "{scenario}");
        }
        let ran = program.run_with_input(&["cat-splicing"], |to| {
            to.write_all(text.as_bytes()).unwrap();
        });
        assert_eq!(ran.stdout, format!("nothing: yes\n{text}closed: yes\n"));
    });
}

#[test]
fn an_empty_pipe_is_waited_for() {
    each(|program| {
        let mut child = program
            .command(&["cat-polling"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = [0; 12];
        child
            .stderr
            .as_mut()
            .unwrap()
            .read_exact(&mut line)
            .unwrap();
        assert_eq!(line, *b"time passed\n");
        child.stdin.take().unwrap().write_all(b"at last\n").unwrap();
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_eq!((ran.status, &*ran.stdout), (Some(0), "at last\n"));
    });
}

#[test]
fn input_is_skipped_and_zeros_are_written() {
    each(|program| {
        let ran = program.run_with_input(&["skip"], |to| to.write_all(b"hello world").unwrap());
        assert_eq!(ran.stdout, "6\nworld\n\0\0\0");
    });
}

/// The unit tests do this better, but only for this machine's vector instructions.
#[test]
fn bytes_and_text_are_copied_on_every_architecture() {
    prints("text", "judged: yes\ncopied: yes\nof both kinds: yes\n");
    prints("bytes", "copied: yes\nmoved: yes\nfilled: yes\n");
}

#[test]
fn clocks_and_pollables_work() {
    prints(
        "clocks",
        "not ready: yes\ntime passes: yes\nready now: yes\nthe past is ready: yes\nnever: yes\n\
         resolution: yes\nafter 2024: yes\ntwo of many: yes\n",
    );
}

#[test]
fn random_numbers_are_random() {
    prints(
        "random",
        "numbers differ: yes\nseeds differ: yes\nno bytes: yes\nevery byte is there: yes\n",
    );
}

#[test]
fn a_write_that_fails_says_why_and_closes() {
    each(|program| {
        let mut command = program.command(&["write-error"]);
        let full = File::options().write(true).open("/dev/full").unwrap();
        let ran = Ran::from(command.stdout(full).output().unwrap());
        assert_eq!(
            ran.stderr,
            "an error: yes\nno space left on device (os error 28)\n23\nclosed: yes\n"
        );
        // Nobody reads: no signal, and no error.
        let (_, to) = std::io::pipe().unwrap();
        let ran = Ran::from(
            program
                .command(&["write-error"])
                .stdout(to)
                .output()
                .unwrap(),
        );
        assert_eq!(
            (ran.status, &*ran.stderr),
            (Some(0), "an error: yes\nclosed: yes\n")
        );
    });
}

#[test]
fn closed_descriptors_are_closed_streams() {
    each(|program| {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg("exec \"$@\" >&-").arg("sh");
        if let Some(runner) = program.runner {
            shell.arg(runner);
        }
        shell
            .arg(&program.path)
            .arg("write-error")
            .stderr(Stdio::piped());
        let ran = Ran::from(shell.output().unwrap());
        assert_eq!(
            (ran.status, &*ran.stderr),
            (Some(0), "an error: yes\nclosed: yes\n")
        );
    });
}

#[test]
fn a_program_uses_the_directory_that_it_was_granted() {
    each(|program| {
        let folder = program.path.with_extension("files");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).unwrap();
        // Relative, so from where the program is started.
        let run = || -> Ran {
            let mut command = program.command(&["files"]);
            command.current_dir(&folder).output().unwrap().into()
        };
        let ran = run();
        let missing = "error: the directory `files`, which was granted to component `service`, can't be opened: no such file or directory\n";
        assert_eq!(
            (ran.status, &*ran.stdout, &*ran.stderr),
            (Some(126), "", missing)
        );
        std::fs::create_dir(folder.join("files")).unwrap();
        let ran = run();
        assert_eq!((ran.status, &*ran.stderr), (Some(0), ""), "{}", ran.stdout);
        assert!(!ran.stdout.contains(": NO"), "{}", ran.stdout);
        assert!(ran.stdout.contains("> contents and more.: yes\n"));
        assert!(ran.stdout.ends_with("removed: yes\n"));
        let moved = std::fs::read(folder.join("files/moved")).unwrap();
        assert_eq!(moved, b"> contents and more.");
        assert_eq!(std::fs::read_dir(folder.join("files")).unwrap().count(), 1);
    });
}
