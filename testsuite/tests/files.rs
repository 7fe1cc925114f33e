//! File tests: what `nanocc --emit` prints for the inputs in `testsuite/files/`, compared with what is
//! recorded in each file. `testsuite/files/README.md` says how such a file is written.

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::machine::Target;
use nanocc_testsuite::{files_below, read_text, repository};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = repository().join("testsuite/files");
    let trials = match trials(&root) {
        Ok(trials) => trials,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trials(root: &Path) -> Result<Vec<Trial>, String> {
    let wanted = |name: &str| name.ends_with(".wat") || name.ends_with(".wac");
    let mut trials = Vec::new();
    for path in files_below(root, &wanted)? {
        let relative = path.strip_prefix(root).map_err(|error| error.to_string())?;
        // Dependencies of compositions, and the fuzzer's finds, are no tests of their own.
        if relative.iter().any(|part| part == "deps" || part == "fuzz") {
            continue;
        }
        let name = relative.display().to_string();
        trials.push(Trial::ignorable_test(name, move || check(&path)));
    }
    if trials.is_empty() {
        return Err(format!("no file tests in {}", root.display()));
    }
    Ok(trials)
}

/// A test file, taken apart.
struct File {
    /// How a line of comment begins.
    comment: &'static str,
    /// All before the recorded output.
    input: String,
    /// The arguments of each run.
    runs: Vec<Vec<String>>,
    /// If not empty: only blocks whose first line holds one of these are kept.
    only: Vec<String>,
    /// The recorded output, without the comment signs.
    recorded: String,
}

const BEGIN: &str = "=== ";

fn parse(path: &Path) -> Result<File, String> {
    let text = read_text(path)?;
    let comment = if path.extension().is_some_and(|extension| extension == "wac") {
        "//"
    } else {
        ";;"
    };
    let marker = format!("{comment} {BEGIN}");
    let output_start = match text.find(&format!("\n{marker}")) {
        Some(newline) => newline + 1,
        None => text.len(),
    };
    let (input, output) = text.split_at(output_start);
    let mut runs = Vec::new();
    let mut only = Vec::new();
    for line in input.lines() {
        let Some(words) = line.strip_prefix(comment) else {
            break;
        };
        if let Some(words) = words.trim().strip_prefix("emit:") {
            runs.push(words.split_whitespace().map(str::to_owned).collect());
        } else if let Some(word) = words.trim().strip_prefix("only:") {
            only.push(word.trim().to_owned());
        }
    }
    if runs.is_empty() || runs.iter().any(Vec::is_empty) {
        return Err(format!(
            "{}: no `{comment} emit: STAGE` at the top",
            path.display()
        ));
    }
    let strip = |line: &str| {
        let rest = line.strip_prefix(comment).unwrap_or(line);
        rest.strip_prefix(' ').unwrap_or(rest).to_owned() + "\n"
    };
    Ok(File {
        comment,
        input: input.trim_end().to_owned() + "\n\n",
        runs,
        only,
        recorded: output.lines().map(strip).collect(),
    })
}

fn check(path: &PathBuf) -> Result<Completion, Failed> {
    let file = parse(path)?;
    let mut actual = String::new();
    for run in &file.runs {
        let aarch64 = run.iter().any(|word| word == Target::Aarch64.name());
        if aarch64
            && !Target::Aarch64.required()
            && let Err(reason) = Target::Aarch64.can_compile()
        {
            return Ok(Completion::ignored_with(reason));
        }
        actual += &format!("{BEGIN}{}\n", run.join(" "));
        actual += &product(path, run, &file.only)?;
    }
    if actual == file.recorded {
        return Ok(Completion::Completed);
    }
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        let commented: String = actual
            .lines()
            .map(|line| format!("{} {line}", file.comment).trim_end().to_owned() + "\n")
            .collect();
        std::fs::write(path, file.input + &commented)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        return Ok(Completion::Completed);
    }
    Err(format!(
        "{}\n(BLESS=1 records it)",
        difference(&file.recorded, &actual)
    )
    .into())
}

/// What one run prints, of which only the blocks named by `only` are kept.
fn product(path: &Path, run: &[String], only: &[String]) -> Result<String, String> {
    let (stage, flags) = run.split_first().ok_or("no stage")?;
    let mut nanocc = Nanocc::new(path).arg(format!("--emit={stage}"));
    // The machine that tests run on must not show.
    if !flags.iter().any(|flag| flag == "--target") {
        nanocc = nanocc.target(Target::X86_64);
    }
    for flag in flags {
        nanocc = nanocc.arg(flag);
    }
    let text = nanocc.succeed()?.stdout_text();
    let mut kept = String::new();
    let mut keep = true;
    for line in text.lines() {
        if begins_a_block(stage, line) {
            keep = only.is_empty() || only.iter().any(|word| line.contains(word.as_str()));
        }
        if keep {
            kept += line.trim_end();
            kept += "\n";
        }
    }
    if kept.is_empty() {
        return Err(format!(
            "no block of --emit={stage} is named {only:?}:\n{text}"
        ));
    }
    Ok(kept)
}

/// In a map every line is on its own. Else a line that isn't indented, but for what continues a function
/// in Cranelift's notation.
fn begins_a_block(stage: &str, line: &str) -> bool {
    const CONTINUES: [&str; 7] = [" ", "\t", "}", "@", "block", ";  ", "function "];
    stage == "map" || !line.is_empty() && !CONTINUES.iter().any(|prefix| line.starts_with(prefix))
}

/// The first line that differs, with those around it.
fn difference(expected: &str, actual: &str) -> String {
    let (expected, actual): (Vec<_>, Vec<_>) =
        (expected.lines().collect(), actual.lines().collect());
    let same = expected
        .iter()
        .zip(&actual)
        .take_while(|(a, b)| a == b)
        .count();
    let from = same.saturating_sub(3);
    let show = |lines: &[&str]| {
        let to = lines.len().min(same + 12);
        lines[from.min(to)..to].join("\n")
    };
    format!(
        "differs at line {}\n--- recorded\n{}\n--- printed\n{}",
        same + 1,
        show(&expected),
        show(&actual)
    )
}
