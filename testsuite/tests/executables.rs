//! What the "static executable" promises: properties of the file, and of its first moments.

use nanocc_testsuite::compiler::{Executables, Mode, Nanocc};
use nanocc_testsuite::machine::{PROGRAM, Target};
use nanocc_testsuite::{Result, execute, read, repository, step};
use object::elf::{
    EM_AARCH64, EM_X86_64, ET_EXEC, PF_R, PF_W, PF_X, PT_DYNAMIC, PT_GNU_STACK, PT_INTERP, PT_LOAD,
    PT_TLS,
};
use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};
use object::{Endianness, Object};
use std::path::{Path, PathBuf};
use std::process::Command;

const INPUTS: &[&str] = &[
    "examples/hello/wat/hello.wat",
    "examples/hello/deps/hello/rust.wasm",
    "examples/identity/compose.wac",
];

fn levels(target: Target) -> Vec<Mode> {
    ["-O0", "-O2"].map(|level| Mode { target, level }).to_vec()
}

/// Calls `check` with every input's executable for every target that can be compiled for.
fn for_each_executable(check: impl Fn(&str, Target, &Path) -> Result<()>) -> Result<()> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let executables = Executables::new(folder.path());
    for target in Target::ALL {
        match target.can_compile() {
            Err(reason) if !target.required() => {
                eprintln!("{} left out: {reason}", target.name());
                continue;
            }
            other => other?,
        }
        for mode in levels(target) {
            for input in INPUTS {
                let executable = executables.get(&repository().join(input), &[], mode)?;
                check(input, target, &executable)
                    .map_err(|message| format!("{input}, {mode:?}: {message}"))?;
            }
        }
    }
    Ok(())
}

/// A loadable segment.
#[derive(Debug)]
struct Segment {
    flags: u32,
    address: u64,
    memory: u64,
    offset: u64,
    file: u64,
    align: u64,
}

fn expect(holds: bool, message: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { Err(message()) }
}

#[test]
fn is_a_static_elf_file() -> Result<()> {
    for_each_executable(|_, target, path| {
        let bytes = read(path)?;
        let file = ElfFile64::<Endianness>::parse(&*bytes).map_err(|error| error.to_string())?;
        let endian = file.endian();
        let header = file.elf_header();
        let machine = match target {
            Target::X86_64 => EM_X86_64,
            Target::Aarch64 => EM_AARCH64,
        };
        expect(header.e_machine(endian) == machine, || {
            "another machine".to_owned()
        })?;
        expect(header.e_type(endian) == ET_EXEC, || {
            "not ET_EXEC".to_owned()
        })?;

        let mut segments = Vec::new();
        let mut stack = None;
        for segment in file.elf_program_headers() {
            let flags = segment.p_flags(endian).0;
            match segment.p_type(endian) {
                PT_INTERP => return Err("an interpreter".to_owned()),
                PT_DYNAMIC => return Err("a dynamic section".to_owned()),
                PT_TLS => return Err("thread-local storage, which nothing sets up".to_owned()),
                PT_GNU_STACK => stack = Some(flags),
                PT_LOAD => segments.push(Segment {
                    flags,
                    address: segment.p_vaddr(endian),
                    memory: segment.p_memsz(endian),
                    offset: segment.p_offset(endian),
                    file: segment.p_filesz(endian),
                    align: segment.p_align(endian),
                }),
                _ => {}
            }
        }
        expect(stack == Some(PF_R.0 | PF_W.0), || {
            format!("PT_GNU_STACK is {stack:?}")
        })?;
        expect(file.section_by_name(".dynamic").is_none(), || {
            "a .dynamic section".to_owned()
        })?;
        expect(file.section_by_name(".eh_frame").is_none(), || {
            "an .eh_frame".to_owned()
        })?;
        expect(file.dynamic_symbols().next().is_none(), || {
            "dynamic symbols".to_owned()
        })?;
        expect(
            file.dynamic_relocations()
                .is_none_or(|mut r| r.next().is_none()),
            || "dynamic relocations".to_owned(),
        )?;

        let page: u64 = match target {
            Target::X86_64 => 0x1000,
            Target::Aarch64 => 0x1_0000,
        };
        for segment in &segments {
            let show = || format!("{segment:x?}");
            expect(segment.flags & (PF_W.0 | PF_X.0) != PF_W.0 | PF_X.0, || {
                format!("writable and executable: {}", show())
            })?;
            expect(
                segment.align >= page && segment.align.is_power_of_two(),
                || format!("aligned for smaller pages than {page:#x}: {}", show()),
            )?;
            expect(segment.address % page == segment.offset % page, || {
                format!("the kernel can't map it: {}", show())
            })?;
            expect(segment.file <= segment.memory, || {
                format!("cut off: {}", show())
            })?;
            expect(segment.offset + segment.file <= bytes.len() as u64, || {
                format!("past the end of the file: {}", show())
            })?;
        }
        // No page holds parts of two segments: their permissions would mix.
        for pair in segments.windows(2) {
            let end = (pair[0].address + pair[0].memory).next_multiple_of(page);
            expect(end <= pair[1].address / page * page, || {
                format!("overlap: {pair:x?}")
            })?;
        }
        let entry = header.e_entry(endian);
        let within = |segment: &&Segment| {
            (segment.address..segment.address + segment.memory).contains(&entry)
        };
        let home = segments
            .iter()
            .find(within)
            .ok_or("the entry point is in no segment")?;
        expect(home.flags == PF_R.0 | PF_X.0, || {
            format!("the entry point is in {home:x?}")
        })
    })
}

/// The guests' bytes are in the file and mapped at the memory's own address: a program that copied
/// them at start would hold them elsewhere.
#[test]
fn constant_data_is_mapped_where_the_memory_is() -> Result<()> {
    for_each_executable(|input, _, path| {
        // Each line is in an active data segment of the guest.
        let needle: &[u8] = match input {
            name if name.contains("hello") => b"Hello, world!\n",
            _ => return Ok(()),
        };
        let bytes = read(path)?;
        let file = ElfFile64::<Endianness>::parse(&*bytes).map_err(|error| error.to_string())?;
        let endian = file.endian();
        let at: Vec<u64> = file
            .elf_program_headers()
            .iter()
            .filter(|segment| segment.p_type(endian) == PT_LOAD)
            .filter(|segment| segment.p_flags(endian).0 & PF_W.0 != 0)
            .filter_map(|segment| {
                let data = segment.data(endian, &*bytes).ok()?;
                let position = data
                    .windows(needle.len())
                    .position(|window| window == needle)?;
                Some(segment.p_vaddr(endian) + position as u64)
            })
            .collect();
        let copies = bytes
            .windows(needle.len())
            .filter(|window| *window == needle)
            .count();
        expect(at.len() == 1 && copies == 1, || {
            format!("{copies} copies in the file, writable and mapped at {at:x?}")
        })?;
        // hello.wat says where its text is in its memory, which begins at a page's start.
        let offset = at[0] % 4096;
        expect(!input.ends_with("hello.wat") || offset == 16, || {
            format!("mapped at {:#x}", at[0])
        })
    })
}

#[test]
fn two_builds_are_the_same_bytes() -> Result<()> {
    let here = tempfile::tempdir().map_err(|error| error.to_string())?;
    let elsewhere = tempfile::tempdir().map_err(|error| error.to_string())?;
    for target in Target::ALL {
        if target.can_compile().is_err() && !target.required() {
            continue;
        }
        for input in INPUTS.iter().chain(&["testsuite/guests/chain/longer.wac"]) {
            let input = repository().join(input);
            let build = |folder: &Path, input: &Path, name: &str, threads: &str| {
                let output = folder.join(name);
                Nanocc::new(input)
                    .target(target)
                    .folder(folder)
                    .args(&["-O2", threads])
                    .output(&output)
                    .succeed()?;
                read(&output)
            };
            let first = build(here.path(), &input, "first", "-j1")?;
            let copied = copy_of_input(&input, elsewhere.path())?;
            let others = [
                (
                    "the same again",
                    build(here.path(), &input, "second", "-j1")?,
                ),
                ("with -j2", build(here.path(), &input, "third", "-j2")?),
                ("with -j7", build(here.path(), &input, "third", "-j7")?),
                (
                    "of a copy elsewhere",
                    build(elsewhere.path(), &copied, "other", "-j2")?,
                ),
            ];
            for (what, bytes) in others {
                expect(first == bytes, || {
                    let at = first.iter().zip(&bytes).take_while(|(a, b)| a == b).count();
                    format!("{}, {what}: differs at byte {at:#x}", input.display())
                })?;
            }
        }
    }
    Ok(())
}

/// The input and its `deps/`, in another folder.
fn copy_of_input(input: &Path, folder: &Path) -> Result<PathBuf> {
    let from = input.parent().unwrap_or(input);
    let mut files = vec![input.to_path_buf()];
    if from.join("deps").is_dir() {
        files.extend(nanocc_testsuite::files_below(&from.join("deps"), &|_| {
            true
        })?);
    }
    for file in files {
        let relative = file.strip_prefix(from).map_err(|error| error.to_string())?;
        let to = folder.join(relative);
        std::fs::create_dir_all(to.parent().unwrap_or(folder))
            .and_then(|()| std::fs::copy(&file, &to))
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(folder.join(input.file_name().unwrap_or_default()))
}

/// Nothing reserves address space beyond what is used: 64 MiB are plenty.
#[test]
fn runs_with_little_address_space() -> Result<()> {
    if Target::X86_64.can_run().is_err() || cfg!(not(target_arch = "x86_64")) {
        return Ok(());
    }
    for_each_executable(|_, target, path| {
        if target != Target::X86_64 {
            return Ok(());
        }
        let free = execute::run(Command::new(path).args(["alice"]), b"")?;
        let script = "ulimit -v 65536 && exec \"$0\" \"$@\"";
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(path).arg("alice");
        let limited = execute::run(&mut command, b"")?;
        expect(limited.code()? == free.code()?, || limited.stderr_text())?;
        expect(limited.stdout == free.stdout, || limited.stdout_text())
    })
}

/// What isn't the program's own code and data is little: no page of padding more than the layout needs, no
/// constants that nothing reads, tables of a few bytes an entry.
#[test]
#[cfg(target_arch = "x86_64")]
fn a_hello_is_small() -> Result<()> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let output = folder.path().join("hello");
    for (input, most) in [
        // An image of four pages, a page of memory, and the data block.
        ("examples/hello/wat/hello.wat", 5 * 4096 + 256),
        // 1.95 and 2.2 times the component.
        ("examples/hello/deps/hello/rust.wasm", 127_400),
        ("examples/hello/deps/hello/c.wasm", 91_000),
    ] {
        Nanocc::new(&repository().join(input))
            .args(&["-O2", "--strip"])
            .output(&output)
            .succeed()?;
        let size = read(&output)?.len();
        expect(size <= most, || format!("{input}: {size} bytes"))?;
    }
    Ok(())
}

#[test]
fn runs_when_stripped() -> Result<()> {
    let Some(strip) = nanocc_testsuite::machine::found_on_path("strip") else {
        eprintln!("left out: no strip here");
        return Ok(());
    };
    for_each_executable(|_, target, path| {
        if target != Target::X86_64 || target.can_run().is_err() {
            return Ok(());
        }
        let stripped = path.with_extension("stripped");
        let done = execute::run(Command::new(&strip).arg("-o").arg(&stripped).arg(path), b"")?;
        expect(done.code()? == 0, || done.stderr_text())?;
        expect(read(&stripped)?.len() < read(path)?.len(), || {
            "stripping removed nothing".to_owned()
        })?;
        let run = |path: &Path| execute::run(target.command(path).arg("mallory"), b"");
        let (full, stripped) = (run(path)?, run(&stripped)?);
        expect(full.code()? == stripped.code()?, || stripped.stderr_text())?;
        expect(full.stdout == stripped.stdout, || stripped.stdout_text())
    })
}

/// CPUID traps to the hypervisor of a virtual machine, some 4 us each: a start-up of 100 us has no
/// room for it. Every instruction from the first to the last is looked at.
#[test]
#[cfg(target_arch = "x86_64")]
fn executes_no_cpuid() -> Result<()> {
    for_each_executable(|_, target, path| {
        if target != Target::X86_64 {
            return Ok(());
        }
        let mut instructions = 0u64;
        let mut found = None;
        step::each_instruction(Command::new(path).arg("alice"), &mut |address, code| {
            instructions += 1;
            if code.starts_with(&[0x0f, 0xa2]) {
                found.get_or_insert(address);
            }
        })?;
        expect(found.is_none(), || format!("CPUID at {found:x?}"))?;
        // The tracer sees what it is there to see.
        expect(instructions > 100, || {
            format!("only {instructions} instructions")
        })
    })
}

/// The output is executable, whatever was there before is replaced, and nothing else appears.
#[test]
fn leaves_one_file() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let output = folder.path().join(PROGRAM);
    std::fs::write(&output, "what was there").map_err(|error| error.to_string())?;
    Nanocc::new(&repository().join(INPUTS[0]))
        .output(&output)
        .succeed()?;
    let names = nanocc_testsuite::files_below(folder.path(), &|_| true)?;
    expect(names == [output.clone()], || format!("{names:?}"))?;
    let mode = std::fs::metadata(&output)
        .map_err(|error| error.to_string())?
        .permissions()
        .mode();
    expect(
        mode & 0o111 == 0o111 & mode >> 2 && mode & 0o100 != 0,
        || format!("mode {mode:o}"),
    )?;
    expect(read(&output)?.starts_with(b"\x7fELF"), || {
        "no ELF file".to_owned()
    })
}
