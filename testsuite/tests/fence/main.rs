//! The second fence: each row of the table in `runtime-shim/FENCES.md` has a test of its name here, and each test a row. What the
//! test expects is what the row says in the column of the kernel that it runs on.
//!
//! An intruder is a program with a shim whose own checks are off (`testsuite/src/fences.rs`). It does what its grants don't permit: as a
//! component, or, told by `--attempt`, by system calls of its own. What the kernel is said to stop has to fail with the
//! fences, and to succeed without, so that the test shows that nothing else stopped it; what it isn't said to stop has to succeed with them too.
//! (That traps are reported behind the fences is what all tests of traps show: programs have fences unless they are told to have none.)
//!
//! `testsuite/kernels/run.sh` runs these on the kernels of the other columns.

mod conditions;
mod files;
mod network;
mod process;
mod world;

use libtest_mimic::{Arguments, Failed, Trial};
use nanocc_testsuite::{Result, read_text, repository};
use std::collections::BTreeSet;
use std::process::ExitCode;
use world::{Mark, NATIVE, World, landlock_version};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trial = |(name, test): &Row| {
        let (name, test) = (*name, *test);
        Trial::test(name, move || run(name, test)).with_kind("row")
    };
    let mut trials: Vec<Trial> = rows().map(trial).collect();
    trials.push(Trial::test("the table has these rows", rows_and_tests));
    trials.extend(conditions::trials());
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A row of the table, and its test.
type Row = (&'static str, fn(&World) -> Result<()>);

/// All rows, in the order of the table.
fn rows() -> impl Iterator<Item = &'static Row> {
    process::ROWS.iter().chain(files::ROWS).chain(network::ROWS)
}

/// The table: its rows, and what they say by column.
fn table() -> Result<Vec<(String, Vec<Mark>)>> {
    let text = read_text(&repository().join("runtime-shim/FENCES.md"))?;
    let mut table = Vec::new();
    for line in text.lines() {
        let Some(cells) = line.strip_prefix("| ").and_then(|l| l.strip_suffix(" |")) else {
            continue;
        };
        let mut cells = cells.split(" | ");
        let name = cells.next().unwrap_or_default().trim();
        let marks: Result<Vec<Mark>> = cells.map(Mark::of).collect();
        if name != "what is beyond the grants" {
            table.push((name.to_owned(), marks?));
        }
    }
    Ok(table)
}

fn rows_and_tests() -> Result<(), Failed> {
    let table = table()?;
    let names: Vec<&str> = table.iter().map(|(name, _)| name.as_str()).collect();
    let tested: Vec<&str> = rows().map(|(name, _)| *name).collect();
    let distinct: BTreeSet<&str> = tested.iter().copied().collect();
    if names != tested || distinct.len() != tested.len() {
        return Err(format!("the rows are {names:#?}, the tests {tested:#?}").into());
    }
    for (name, marks) in &table {
        if marks.len() != world::COLUMNS {
            return Err(format!("{name}: {} columns", marks.len()).into());
        }
        // A kernel that enforces something goes on to do so.
        if marks.is_sorted_by_key(|mark| *mark != Mark::Shim) {
            continue;
        }
        return Err(format!("{name}: an older kernel does more").into());
    }
    Ok(())
}

fn run(name: &str, test: fn(&World) -> Result<()>) -> Result<(), Failed> {
    if let Err(reason) = NATIVE.can_run() {
        eprintln!("skipped: {reason}");
        return Ok(());
    }
    let column = landlock_version().min(world::COLUMNS - 1);
    let table = table()?;
    let row = table.iter().find(|(row, _)| row == name);
    let (_, marks) = row.ok_or_else(|| format!("there is no row `{name}`"))?;
    let mark = marks.get(column).ok_or("a column is missing")?;
    Ok(test(&World::new(*mark)?)?)
}
