//! The command line.

use crate::cli::grants::GrantArgs;
use crate::cli::habits::{COMMANDS, advise};
use crate::cli::limits::LimitArgs;
use crate::cli::report::Color;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args, Parser};
use nanocc::options::{Emit, OptLevel, Target};
use semver::Version;
use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

const EXAMPLES: &str = "\
Examples:
  nanocc hello.wasm                        compile a component to `hello`
  nanocc compose.wac -o service            compose the packages in deps/, and compile
  nanocc compose.wac --dep my:db=fake.wat  ... with another component as `my:db`
  nanocc app.wac --target aarch64-linux    compile for another machine
  nanocc app.wac --emit=asm | less         look at the machine code
  nanocc run hello.wasm a --flag           compile and execute at once, with these arguments
  nanocc run --invoke 'add(1, 2)' lib.wasm call a function of a component, and print the result
  nanocc explain app.wac > grants.toml     what it would need; edit it, and compile with --grants
  nanocc inspect app                       what an executable is made of, and what it may do";

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Compile WebAssembly components, or a composition of them, to one static native executable.
#[derive(Parser, Debug)]
#[command(
    name = "nanocc",
    version,
    styles = STYLES,
    args_override_self = true,
    max_term_width = 100,
    override_usage = "nanocc [OPTIONS] <INPUT>\n       nanocc run [OPTIONS] <INPUT> [ARGS]...\n       nanocc explain [OPTIONS] <INPUT>\n       nanocc inspect [OPTIONS] <FILE>",
    after_help = EXAMPLES,
    arg_required_else_help = false
)]
pub struct CompileArgs {
    /// A composition (.wac), a component, or a core module for WASI preview 1 (.wasm, .wat)
    #[arg(value_name = "INPUT")]
    pub input: PathBuf,

    /// Where to write the output [default: INPUT's name without its extension]
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// Print or write these products instead of the executable, separated by commas:
    /// component, graph, facts, grants, policy, clif, asm, obj, fence, map, exe. Text goes to standard output
    /// unless PATH or -o names a file
    #[arg(
        long,
        value_name = "KIND[=PATH]",
        value_delimiter = ',',
        action = ArgAction::Append,
        help_heading = "Output"
    )]
    pub emit: Vec<EmitArg>,

    /// Leave out the symbol table
    #[arg(short, long, help_heading = "Output", overrides_with = "strip")]
    pub strip: bool,

    #[command(flatten)]
    pub common: Common,
}

/// Compile a program and execute it at once. Nothing is left behind; the program takes nanocc's place, so its exit
/// status is the command's.
#[derive(Parser, Debug)]
#[command(
    name = "nanocc run",
    bin_name = "nanocc run",
    styles = STYLES,
    args_override_self = true,
    max_term_width = 100,
    override_usage = "nanocc run [OPTIONS] <INPUT> [ARGS]..."
)]
pub struct RunArgs {
    /// What to compile, as for `nanocc INPUT`, and the program's arguments: all that follows INPUT is the
    /// program's, options too
    #[arg(
        value_names = ["INPUT", "ARGS"],
        num_args = 1..,
        required = true,
        trailing_var_arg = true
    )]
    pub program: Vec<OsString>,

    /// Call a function that the component exports, and print its result: `f(1, "x")`, or
    /// `ns:package/interface.f(...)`; arguments and result are in WAVE
    #[arg(long, value_name = "CALL", help_heading = "Execution")]
    pub invoke: Option<String>,

    #[command(flatten)]
    pub common: Common,
}

/// Print what a program would need to be granted, component by component, as a file for --grants: it can be edited, and
/// compiled with as it is. Nothing is compiled.
#[derive(Parser, Debug)]
#[command(
    name = "nanocc explain",
    bin_name = "nanocc explain",
    styles = STYLES,
    args_override_self = true,
    max_term_width = 100,
    override_usage = "nanocc explain [OPTIONS] <INPUT>"
)]
pub struct ExplainArgs {
    /// As for `nanocc INPUT`
    #[arg(value_name = "INPUT")]
    pub input: PathBuf,

    /// Where to write it [default: standard output]
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,

    #[command(flatten)]
    pub common: Common,
}

/// Say what an executable is made of that nanocc has made, and what it may do: its components with their digests, imports and
/// exports, grants, limits and sizes, and the system calls that the kernel lets it make.
#[derive(Parser, Debug)]
#[command(
    name = "nanocc inspect",
    bin_name = "nanocc inspect",
    styles = STYLES,
    args_override_self = true,
    max_term_width = 100,
    override_usage = "nanocc inspect [OPTIONS] <FILE>"
)]
pub struct InspectArgs {
    /// The executable
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Print JSON: the note in the executable as it is, whose schema is stable
    #[arg(long, overrides_with = "json")]
    pub json: bool,

    /// Colour what is printed
    #[arg(long, value_name = "WHEN", default_value = "auto", value_enum)]
    pub color: Color,
}

/// What every way of compiling takes.
#[derive(Args, Debug)]
pub struct Common {
    /// Optimise: 0 (compile quickly), 1, 2, or s (small)
    #[arg(
        short = 'O',
        value_name = "LEVEL",
        default_value = "2",
        help_heading = "Code generation",
        value_parser = opt_level
    )]
    pub opt: OptLevel,

    /// The machine to compile for: x86_64-linux, aarch64-linux, or a target triple
    /// [default: this machine]
    #[arg(long, value_name = "TARGET", help_heading = "Code generation", value_parser = target)]
    pub target: Option<Target>,

    /// Compile imports that nobody serves to functions that trap, instead of refusing them
    #[arg(
        long,
        help_heading = "Code generation",
        overrides_with = "unknown_imports_trap"
    )]
    pub unknown_imports_trap: bool,

    #[command(flatten)]
    pub limits: LimitArgs,

    /// Don't tell the kernel which system calls the program makes, to refuse all others
    #[arg(long, help_heading = "Fences", overrides_with = "no_seccomp")]
    pub no_seccomp: bool,

    /// Don't tell the kernel which files and TCP ports were granted, to refuse all others
    #[arg(long, help_heading = "Fences", overrides_with = "no_landlock")]
    pub no_landlock: bool,

    /// Let the program refuse to run, with status 126, on a kernel that can't enforce that
    #[arg(long, help_heading = "Fences", overrides_with = "require_fences")]
    pub require_fences: bool,

    /// Threads to compile with [default: one for each core]
    #[arg(
        short,
        long,
        value_name = "N",
        help_heading = "Code generation",
        value_parser = clap::value_parser!(u16).range(1..=1024)
    )]
    pub jobs: Option<u16>,

    /// Look for packages in DIR before `deps` beside the .wac file; can be repeated
    #[arg(long, value_name = "DIR", action = ArgAction::Append, help_heading = "Packages")]
    pub deps_dir: Vec<PathBuf>,

    /// Take the package NAME, at any version or at VERSION, from PATH; can be repeated
    #[arg(
        long,
        value_name = "NAME[@VERSION]=PATH",
        action = ArgAction::Append,
        help_heading = "Packages"
    )]
    pub dep: Vec<Dep>,

    #[command(flatten)]
    pub grants: GrantArgs,

    /// Say what is done; -vv says more
    #[arg(short, long, action = ArgAction::Count, help_heading = "Messages")]
    pub verbose: u8,

    /// Say how long each stage took
    #[arg(long, help_heading = "Messages", overrides_with = "timings")]
    pub timings: bool,

    /// Colour messages
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        value_enum,
        help_heading = "Messages"
    )]
    pub color: Color,
}

/// The command line.
#[derive(Debug)]
pub enum Arguments {
    Compile(CompileArgs),
    Run(RunArgs),
    Explain(ExplainArgs),
    Inspect(InspectArgs),
}

impl Arguments {
    /// Those of the process. Wrong ones end it.
    pub fn parse() -> Arguments {
        let args: Vec<OsString> = std::env::args_os().collect();
        Arguments::try_parse_from(args).unwrap_or_else(|error| error.exit())
    }

    /// The first argument `run` is the word; a file of that name is `./run`. So are the other commands.
    pub(super) fn try_parse_from(args: Vec<OsString>) -> Result<Arguments, clap::Error> {
        let command = args.get(1).and_then(|arg| arg.to_str());
        let command = COMMANDS.into_iter().find(|name| command == Some(name));
        let mut rest = args.clone();
        if command.is_some() {
            rest.remove(1);
        }
        match command {
            Some("run") => RunArgs::try_parse_from(rest).map(Arguments::Run),
            Some("explain") => ExplainArgs::try_parse_from(rest).map(Arguments::Explain),
            Some("inspect") => InspectArgs::try_parse_from(rest).map(Arguments::Inspect),
            _ => CompileArgs::try_parse_from(rest).map(Arguments::Compile),
        }
        .map_err(|error| advise(error, &args))
    }

    /// When to colour messages.
    pub fn color(&self) -> Color {
        match self {
            Arguments::Compile(CompileArgs { common, .. })
            | Arguments::Run(RunArgs { common, .. })
            | Arguments::Explain(ExplainArgs { common, .. }) => common.color,
            Arguments::Inspect(args) => args.color,
        }
    }

    /// How much to say.
    pub fn verbose(&self) -> u8 {
        match self {
            Arguments::Compile(CompileArgs { common, .. })
            | Arguments::Run(RunArgs { common, .. })
            | Arguments::Explain(ExplainArgs { common, .. }) => common.verbose,
            Arguments::Inspect(_) => 0,
        }
    }
}

/// One `--emit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmitArg {
    pub kind: Emit,
    /// `-` is standard output.
    pub path: Option<PathBuf>,
}

impl FromStr for EmitArg {
    type Err = String;

    fn from_str(text: &str) -> Result<EmitArg, String> {
        let (kind, path) = match text.split_once('=') {
            Some((_, "")) => return Err("the path after `=` is empty".to_owned()),
            Some((kind, path)) => (kind, Some(PathBuf::from(path))),
            None => (text, None),
        };
        let kind = kind.parse()?;
        Ok(EmitArg { kind, path })
    }
}

/// One `--dep`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dep {
    pub name: String,
    pub version: Option<Version>,
    pub path: PathBuf,
}

impl FromStr for Dep {
    type Err = String;

    fn from_str(text: &str) -> Result<Dep, String> {
        let form = "expected NAME=PATH or NAME@VERSION=PATH";
        let (package, path) = text.split_once('=').ok_or(form)?;
        if path.is_empty() {
            return Err(format!("the path is empty; {form}"));
        }
        let (name, version) = match package.split_once('@') {
            Some((name, version)) => {
                let parsed = Version::parse(version);
                let parsed = parsed.map_err(|e| format!("`{version}` is no version: {e}"))?;
                (name, Some(parsed))
            }
            None => (package, None),
        };
        if name.split(':').any(str::is_empty) || !name.contains(':') {
            return Err(format!(
                "`{name}` is no package name, which has the form `namespace:name`"
            ));
        }
        Ok(Dep {
            name: name.to_owned(),
            version,
            path: path.into(),
        })
    }
}

fn opt_level(text: &str) -> Result<OptLevel, String> {
    match text {
        "0" => Ok(OptLevel::O0),
        "1" => Ok(OptLevel::O1),
        "2" => Ok(OptLevel::O2),
        "s" => Ok(OptLevel::Os),
        _ => Err("the levels are -O0, -O1, -O2 and -Os".to_owned()),
    }
}

fn target(text: &str) -> Result<Target, String> {
    text.parse::<Target>().map_err(|e| match e.help() {
        Some(help) => format!("{e}; {help}"),
        None => e.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        CompileArgs::command().debug_assert();
        RunArgs::command().debug_assert();
        ExplainArgs::command().debug_assert();
        InspectArgs::command().debug_assert();
    }

    #[test]
    fn the_last_of_repeated_options_counts() {
        let args = [
            "nanocc", "a.wac", "-O0", "-Os", "-j4", "-o", "x", "-oy", "-s", "-s", "-vv",
        ];
        let args = CompileArgs::try_parse_from(args).unwrap();
        assert_eq!(args.common.opt, OptLevel::Os);
        assert_eq!(args.output, Some("y".into()));
        assert_eq!(
            (args.common.jobs, args.strip, args.common.verbose),
            (Some(4), true, 2)
        );
    }

    #[test]
    fn emits_and_packages_add_up() {
        let args = [
            "nanocc",
            "a.wac",
            "--emit=asm=a.s,map",
            "--emit",
            "exe",
            "--dep",
            "a:b=c=d",
            "--dep",
            "a:b@1.2.3-x+y=e",
        ];
        let args = CompileArgs::try_parse_from(args).unwrap();
        let emits = args.emit.iter().map(|emit| emit.kind);
        assert_eq!(emits.collect::<Vec<_>>(), [Emit::Asm, Emit::Map, Emit::Exe]);
        assert_eq!(args.emit[0].path, Some("a.s".into()));
        assert_eq!(args.common.dep[0].path, PathBuf::from("c=d"));
        assert_eq!(
            args.common.dep[1].version,
            Some("1.2.3-x+y".parse().unwrap())
        );
    }

    #[test]
    fn what_follows_the_input_is_the_programs() {
        let parse = |args: &[&str]| {
            let args = [&["nanocc"], args].concat();
            match Arguments::try_parse_from(args.iter().map(OsString::from).collect()) {
                Ok(Arguments::Run(args)) => Some((args.program, args.common.verbose)),
                _ => None,
            }
        };
        let program = |args: &[&str], verbose| {
            Some((args.iter().map(OsString::from).collect::<Vec<_>>(), verbose))
        };
        for (args, expected) in [
            (&["run", "a"][..], program(&["a"], 0)),
            (
                &["run", "-v", "a", "-v", "--help"],
                program(&["a", "-v", "--help"], 1),
            ),
            (&["run", "a", "--", "b"], program(&["a", "--", "b"], 0)),
            (&["run", "--", "-a", "-v"], program(&["-a", "-v"], 0)),
            (&["run", "-O0", "run", "run"], program(&["run", "run"], 0)),
            (&["run", "-o", "x", "a"], None),
            (&["run", "-v"], None),
            (&["run"], None),
            (&["./run"], None),
            (&["-v", "run"], None),
        ] {
            assert_eq!(parse(args), expected, "{args:?}");
        }
    }

    #[test]
    fn malformed_packages_are_refused() {
        for bad in ["a:b", "a:b=", "ab=c", "a:=c", "a:b@1=c", "=c"] {
            assert!(bad.parse::<Dep>().is_err(), "{bad}");
        }
    }
}
