//! What the linker's tests share: making inputs, running outputs, reading them back.

#![allow(dead_code, reason = "every test file uses its own part")]

use nanocc_linker::*;
use std::borrow::Cow;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output as Ran};

/// An input in the making.
pub struct Program {
    pub input: Input<'static>,
}

impl Program {
    pub fn new(machine: Machine) -> Self {
        let input = Input {
            machine,
            atoms: Vec::new(),
            symbols: Vec::new(),
            tables: Vec::new(),
            objects: Vec::new(),
            fixed: Vec::new(),
            layout: Layout::new(machine),
            entry: "_start",
            roots: Vec::new(),
            notes: Vec::new(),
            strip: false,
        };
        Program { input }
    }

    /// Adds an atom and a global symbol of its name.
    pub fn atom(&mut self, name: &str, section: Section, code: Code) -> SymbolId {
        self.contents(
            name,
            section,
            Contents::Bytes(Cow::Owned(code.bytes)),
            code.relocations,
        )
    }

    pub fn bytes(&mut self, name: &str, section: Section, bytes: &[u8]) -> SymbolId {
        self.contents(
            name,
            section,
            Contents::Bytes(Cow::Owned(bytes.to_vec())),
            Vec::new(),
        )
    }

    pub fn zero(&mut self, name: &str, section: Section, size: u64) -> SymbolId {
        self.contents(name, section, Contents::Zero(size), Vec::new())
    }

    pub fn contents(
        &mut self,
        name: &str,
        section: Section,
        contents: Contents<'static>,
        relocations: Vec<Relocation>,
    ) -> SymbolId {
        let atom = AtomId::new(self.input.atoms.len());
        let kind = match section {
            Section::Text => SymbolKind::Func,
            _ => SymbolKind::Object,
        };
        self.input.atoms.push(Atom {
            name: Cow::Owned(name.to_owned()),
            section,
            align: 16,
            contents,
            relocations,
        });
        self.symbol(name, Definition::Defined { atom, offset: 0 }, kind)
    }

    pub fn symbol(&mut self, name: &str, definition: Definition, kind: SymbolKind) -> SymbolId {
        let id = SymbolId::new(self.input.symbols.len());
        self.input.symbols.push(Symbol {
            name: Cow::Owned(name.to_owned()),
            definition,
            binding: Binding::Global,
            kind,
            size: 0,
        });
        id
    }

    pub fn undefined(&mut self, name: &str) -> SymbolId {
        self.symbol(name, Definition::Undefined, SymbolKind::NoType)
    }

    pub fn absolute(&mut self, name: &str, address: u64) -> SymbolId {
        self.symbol(name, Definition::Absolute(address), SymbolKind::NoType)
    }

    pub fn object(&mut self, name: &'static str, bytes: Vec<u8>) {
        self.input.objects.push(ObjectFile {
            name,
            bytes: bytes.leak(),
        });
    }

    pub fn fixed(&mut self, name: &str, address: u64, size: u64, contents: &[(u64, &[u8])]) {
        self.input.fixed.push(FixedSegment {
            name: Cow::Owned(name.to_owned()),
            address,
            size,
            writable: true,
            contents: contents
                .iter()
                .map(|(at, b)| (*at, Cow::Owned(b.to_vec())))
                .collect(),
            relocations: Vec::new(),
        });
    }

    pub fn link(&self) -> Output {
        link(self.input.clone()).unwrap_or_else(|error| panic!("{error}"))
    }

    pub fn error(&self) -> LinkError {
        link(self.input.clone()).expect_err("this can't be linked")
    }
}

/// Machine code in the making.
#[derive(Default, Clone)]
pub struct Code {
    pub bytes: Vec<u8>,
    pub relocations: Vec<Relocation>,
}

impl Code {
    pub fn new() -> Self {
        Code::default()
    }

    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend(bytes);
        self
    }

    pub fn words(mut self, words: &[u32]) -> Self {
        self.bytes
            .extend(words.iter().flat_map(|word| word.to_le_bytes()));
        self
    }

    /// A relocation of the `len` zero bytes that it appends.
    pub fn field(mut self, kind: RelocKind, len: usize, target: SymbolId, addend: i64) -> Self {
        let offset = self.bytes.len() as u64;
        self.relocations.push(Relocation {
            offset,
            kind,
            target,
            addend,
        });
        self.bytes.resize(self.bytes.len() + len, 0);
        self
    }

    /// A relocated aarch64 instruction.
    pub fn instruction(
        mut self,
        word: u32,
        kind: RelocKind,
        target: SymbolId,
        addend: i64,
    ) -> Self {
        let offset = self.bytes.len() as u64;
        self.relocations.push(Relocation {
            offset,
            kind,
            target,
            addend,
        });
        self.words(&[word])
    }

    /// x86-64: `exit(status)`.
    pub fn exit(self, status: u8) -> Self {
        self.raw(&[0xb8, 60, 0, 0, 0, 0xbf, status, 0, 0, 0, 0x0f, 0x05])
    }

    /// x86-64: `exit(status)` unless the word at rax is `word`.
    pub fn expect_at_rax(self, word: u32, status: u8) -> Self {
        self.raw(&[0x81, 0x38])
            .raw(&word.to_le_bytes())
            .raw(&[0x74, 12])
            .exit(status)
    }

    /// x86-64: `exit(status)` unless rax is `number`.
    pub fn expect_rax(self, number: u64, status: u8) -> Self {
        self.raw(&[0x48, 0xb9])
            .raw(&number.to_le_bytes())
            .raw(&[0x48, 0x39, 0xc8, 0x74, 12])
            .exit(status)
    }
}

/// Runs an executable; `None` if this machine can't run it, which is said aloud.
pub fn run(machine: Machine, executable: &[u8]) -> Option<Ran> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("program");
    std::fs::write(&path, executable).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let native = match machine {
        Machine::X86_64 => cfg!(target_arch = "x86_64"),
        Machine::Aarch64 => cfg!(target_arch = "aarch64"),
    };
    let mut command = if native {
        Command::new(&path)
    } else {
        let emulator = match machine {
            Machine::X86_64 => "qemu-x86_64-static",
            Machine::Aarch64 => "qemu-aarch64-static",
        };
        let mut command = Command::new(find(emulator)?);
        command.arg(&path);
        command
    };
    loop {
        match command.output() {
            // Another test's child still holds the file that was just written.
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                std::thread::yield_now();
            }
            ran => return Some(ran.unwrap()),
        }
    }
}

/// Runs and checks the exit status.
#[track_caller]
pub fn expect_status(machine: Machine, executable: &[u8], status: i32) {
    if let Some(ran) = run(machine, executable) {
        assert_eq!(ran.status.code(), Some(status), "{:?}", ran);
    }
}

/// A tool's path; says so when it isn't there.
pub fn find(tool: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path)
        .map(|dir| dir.join(tool))
        .find(|p| p.is_file());
    if found.is_none() {
        eprintln!("skipped: there is no {tool} here");
    }
    found
}

/// Compiles `source` (named `.c` or `.s`) with clang; `None` without one, which is said aloud.
pub fn compile(machine: Machine, name: &str, source: &str, flags: &[&str]) -> Option<Vec<u8>> {
    let clang = find("clang")?;
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join(name), folder.path().join("out.o"));
    std::fs::write(&input, source).unwrap();
    let target = match machine {
        Machine::X86_64 => "x86_64-unknown-linux-gnu",
        Machine::Aarch64 => "aarch64-unknown-linux-gnu",
    };
    let ran = Command::new(clang)
        .args([
            "-c",
            "-O1",
            "-ffreestanding",
            "-ffunction-sections",
            "-fdata-sections",
        ])
        .args([
            "-fno-stack-protector",
            "-fno-pic",
            &format!("--target={target}"),
        ])
        .args(flags)
        .args([Path::new("-o"), &output, &input])
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    Some(std::fs::read(&output).unwrap())
}

/// The C that programs of both machines begin with: system calls and `_start`.
pub fn prelude(machine: Machine) -> &'static str {
    match machine {
        Machine::X86_64 => {
            "static long call3(long n, long a, long b, long c) { long r; __asm__ volatile(\"syscall\"
               : \"=a\"(r) : \"a\"(n), \"D\"(a), \"S\"(b), \"d\"(c) : \"rcx\", \"r11\", \"memory\"); return r; }
             enum { WRITE = 1, EXIT = 60 };
             __asm__(\".section .text._start,\\\"ax\\\"\\n.globl _start\\n_start: call run\\nud2\\n.text\\n\");\n"
        }
        Machine::Aarch64 => {
            "static long call3(long n, long a, long b, long c) { register long x8 __asm__(\"x8\") = n;
               register long x0 __asm__(\"x0\") = a; register long x1 __asm__(\"x1\") = b;
               register long x2 __asm__(\"x2\") = c;
               __asm__ volatile(\"svc 0\" : \"+r\"(x0) : \"r\"(x8), \"r\"(x1), \"r\"(x2) : \"memory\"); return x0; }
             enum { WRITE = 64, EXIT = 93 };
             __asm__(\".section .text._start,\\\"ax\\\"\\n.globl _start\\n_start: bl run\\nudf #0\\n.text\\n\");\n"
        }
    }
}

pub const MACHINES: [Machine; 2] = [Machine::X86_64, Machine::Aarch64];
