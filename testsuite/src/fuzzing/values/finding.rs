//! A disagreement: made small, told, and kept as a file that the tests replay.

use super::case::{self, Case, Id, Part, State};
use super::guest::{self, World, tag};
use super::run::{self, Built, End, Engines, Mismatch, Run, Verdict};
use super::source::Words;
use super::types::{Func, Type};
use crate::mutate::Random;
use crate::{Result, fuzz};
use std::fmt::Write;
use std::path::PathBuf;

/// Components compiled to make one disagreement small.
const PATIENCE: usize = 150;
/// Cases tried on each.
const TRIES: usize = 40;

/// Makes the disagreement small, keeps it, and says what it is.
pub fn report(
    engines: &mut Engines,
    built: &Built,
    world: &World,
    id: Id,
    cases: &[&Case],
    mismatch: &Mismatch,
) -> Result<String> {
    let mut state = State::default();
    let alone = case::concrete(world, id, &mut state, false);
    let again = match &alone {
        Some(case) => run::check(engines, built, &[case])?,
        None => None,
    };
    let (text, case, mismatch) = match (alone, again) {
        (Some(case), Some(mismatch)) => {
            let single = World {
                funcs: vec![world.funcs[id.func].clone()],
                ..world.clone()
            };
            let first = Small {
                world: world.clone(),
                id,
                case,
                mismatch,
            };
            let small = reduce(engines, first, single)?;
            (guest::component(&small.world), small.case, small.mismatch)
        }
        // It takes what came before: kept whole.
        _ => {
            let whole = Case {
                input: cases.iter().flat_map(|case| case.input.clone()).collect(),
                output: cases.iter().flat_map(|case| case.output.clone()).collect(),
                trap: cases.last().and_then(|case| case.trap),
                one_or_two: Vec::new(),
                odd: false,
                sites: [0; 4],
            };
            (guest::component(world), whole, mismatch.clone())
        }
    };
    let message = told(&case, &mismatch);
    let path = keep(&text, &case)?;
    Ok(format!("{message}kept as {}", path.display()))
}

struct Small {
    world: World,
    id: Id,
    case: Case,
    mismatch: Mismatch,
}

/// Simplifies as long as the same ones disagree.
fn reduce(engines: &mut Engines, first: Small, single: World) -> Result<Small> {
    let verdict = first.mismatch.verdict;
    let mut small = first;
    let mut random = Random::new(small.id.seed);
    let mut spent = 0;
    let mut next = vec![single];
    'smaller: loop {
        for world in next {
            if spent == PATIENCE {
                break 'smaller;
            }
            spent += 1;
            if let Some(found) = search(engines, world, small.id, verdict, &mut random)? {
                small = found;
                next = simpler(&small.world);
                continue 'smaller;
            }
        }
        break;
    }
    Ok(small)
}

/// Looks for the disagreement in another world.
fn search(
    engines: &mut Engines,
    world: World,
    id: Id,
    verdict: Verdict,
    random: &mut Random,
) -> Result<Option<Small>> {
    let built = engines.build(&guest::component(&world))?;
    let mut best: Option<Small> = None;
    for attempt in 0..TRIES {
        let mut try_id = Id { func: 0, ..id };
        if attempt > 0 {
            try_id.seed = random.number();
            try_id.hostile = None;
            if let Some((part, _)) = id.hostile {
                match in_part(&world, try_id, part, random) {
                    Some(id) => try_id = id,
                    None => continue,
                }
            }
        }
        let Some(case) = case::concrete(&world, try_id, &mut State::default(), false) else {
            continue;
        };
        let smaller = best
            .as_ref()
            .is_none_or(|best| case.input.len() < best.case.input.len());
        if !smaller {
            continue;
        }
        if let Some(mismatch) = run::check(engines, &built, &[&case])?
            && mismatch.verdict == verdict
        {
            best = Some(Small {
                world: world.clone(),
                id: try_id,
                case,
                mismatch,
            });
        }
    }
    Ok(best)
}

fn in_part(world: &World, id: Id, part: Part, random: &mut Random) -> Option<Id> {
    let case = case::concrete(world, id, &mut State::default(), false)?;
    let sites = case.sites[part as usize];
    (sites > 0).then(|| Id {
        hostile: Some((part, random.below(sites))),
        ..id
    })
}

/// Worlds of one function with something less.
fn simpler(world: &World) -> Vec<World> {
    let func = &world.funcs[0];
    let mut funcs = Vec::new();
    if func.result.is_some() {
        funcs.push(Func {
            result: None,
            ..func.clone()
        });
    }
    for at in 0..func.params.len() {
        let mut less = func.clone();
        less.params.remove(at);
        funcs.push(less);
    }
    for at in 0..func.params.len() {
        for ty in simpler_types(&func.params[at]) {
            let mut less = func.clone();
            less.params[at] = ty;
            funcs.push(less);
        }
    }
    for ty in func.result.iter().flat_map(simpler_types) {
        funcs.push(Func {
            result: Some(ty),
            ..func.clone()
        });
    }
    funcs
        .into_iter()
        .map(|func| World {
            funcs: vec![func],
            ..world.clone()
        })
        .collect()
}

fn simpler_types(ty: &Type) -> Vec<Type> {
    let less = |parts: &[Type], make: &dyn Fn(Vec<Type>) -> Type| {
        let mut all = parts.to_vec();
        if parts.len() > 1 {
            for at in 0..parts.len() {
                let mut parts = parts.to_vec();
                parts.remove(at);
                all.push(make(parts));
            }
        }
        for at in 0..parts.len() {
            for ty in simpler_types(&parts[at]) {
                let mut parts = parts.to_vec();
                parts[at] = ty;
                all.push(make(parts));
            }
        }
        all
    };
    match ty {
        Type::List(element) => {
            let mut all = vec![(**element).clone()];
            all.extend(
                simpler_types(element)
                    .into_iter()
                    .map(|ty| Type::List(Box::new(ty))),
            );
            all
        }
        Type::Record(fields) => less(fields, &Type::Record),
        Type::Tuple(fields) => less(fields, &Type::Tuple),
        Type::Option(some) => {
            let mut all = vec![(**some).clone()];
            all.extend(
                simpler_types(some)
                    .into_iter()
                    .map(|ty| Type::Option(Box::new(ty))),
            );
            all
        }
        Type::Result(ok, error) => [ok, error]
            .into_iter()
            .flatten()
            .map(|ty| (**ty).clone())
            .collect(),
        Type::Variant(cases) => {
            let mut all: Vec<Type> = cases.iter().flatten().cloned().collect();
            if cases.len() > 1 {
                for at in 0..cases.len().min(8) {
                    let mut cases = cases.clone();
                    cases.remove(at);
                    all.push(Type::Variant(cases));
                }
            }
            for at in 0..cases.len() {
                if let Some(ty) = &cases[at] {
                    let mut without = cases.clone();
                    without[at] = None;
                    all.push(Type::Variant(without));
                    for ty in simpler_types(ty) {
                        let mut cases = cases.clone();
                        cases[at] = Some(ty);
                        all.push(Type::Variant(cases));
                    }
                }
            }
            all
        }
        _ => Vec::new(),
    }
}

/// The disagreement in words.
fn told(case: &Case, mismatch: &Mismatch) -> String {
    let mut out = String::new();
    let who = match (mismatch.verdict.nanocc, mismatch.verdict.wasmtime) {
        (true, true) => "nanocc and wasmtime disagree with the model",
        (true, false) => "nanocc disagrees with wasmtime and the model",
        _ => "wasmtime disagrees with nanocc and the model",
    };
    let _ = writeln!(out, "{who}:");
    let expected = lines(&case.output, &ending(case.trap));
    let verdict = mismatch.verdict;
    let runs = [
        ("nanocc", verdict.nanocc, &mismatch.nanocc),
        ("wasmtime", verdict.wasmtime, &mismatch.wasmtime),
    ]
    .map(|(name, wrong, run)| (name, wrong, lines(&run.output, &ended(run))));
    let same = |got: &[String]| {
        got.iter()
            .zip(&expected)
            .take_while(|(a, b)| a == b)
            .count()
    };
    let first = runs
        .iter()
        .filter(|(_, wrong, _)| *wrong)
        .map(|(_, _, got)| same(got))
        .min()
        .unwrap_or(0)
        .saturating_sub(8);
    let _ = writeln!(out, "  expected, from line {first}:");
    for line in expected.iter().skip(first).take(20) {
        let _ = writeln!(out, "    {line}");
    }
    for (name, wrong, got) in runs {
        let same = same(&got);
        if !wrong {
            let _ = writeln!(out, "  {name}: as expected");
            continue;
        }
        let _ = writeln!(out, "  {name}, from line {same}:");
        for line in got.iter().skip(same).take(12) {
            let _ = writeln!(out, "    {line}");
        }
    }
    out
}

fn ending(trap: Option<Words>) -> String {
    match trap {
        None => "ends".to_owned(),
        Some(words) => format!("traps: {}", words.join(" or ")),
    }
}

fn ended(run: &Run) -> String {
    match &run.end {
        End::Status(0) => "ends".to_owned(),
        End::Status(status) => format!("status {status}"),
        End::Trap(_, words) => format!("traps: {words}"),
    }
}

/// A report's records, a line each.
fn lines(output: &[u8], end: &str) -> Vec<String> {
    let words: Vec<u64> = output
        .as_chunks::<8>()
        .0
        .iter()
        .map(|word| u64::from_le_bytes(*word))
        .collect();
    let mut lines = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let (name, len) = match words[at] {
            tag::ENTERED => {
                // As many words as its parameters: until the next record, which isn't known; so one line.
                ("entered", 1)
            }
            tag::REALLOC => ("realloc", 4),
            tag::POST_RETURN => ("post-return", 2),
            tag::RETURNED => ("returned", 2),
            tag::MEMORY => ("memory", 2),
            tag::REP => ("rep", 1),
            tag::HANDLE => ("handle", 1),
            tag::DESTROYED => ("destroyed", 1),
            _ => ("value", 0),
        };
        let from = if name == "value" { at } else { at + 1 };
        let to = (at + 1 + len).min(words.len());
        let values: Vec<String> = words[from..to]
            .iter()
            .map(|word| format!("{word:#x}"))
            .collect();
        lines.push(format!("{name} {}", values.join(" ")));
        at = to;
    }
    lines.push(end.to_owned());
    lines
}

/// Keeps the component, with everything else in comments ahead of it.
fn keep(text: &str, case: &Case) -> Result<PathBuf> {
    let mut out = String::from(
        ";; A call about which nanocc, wasmtime and the fuzzer's model disagreed: `fuzz values`.\n",
    );
    for (name, bytes) in [("input", &case.input), ("output", &case.output)] {
        let _ = write!(out, ";; {name}: ");
        for byte in bytes {
            let _ = write!(out, "{byte:02x}");
        }
        out.push('\n');
    }
    if let Some(words) = case.trap {
        let _ = writeln!(out, ";; trap: {}", words.join("|"));
    }
    out += text;
    fuzz::keep("values", "wat", out.as_bytes())
}

/// A disagreement that was kept.
pub struct Kept {
    pub path: PathBuf,
    text: String,
    input: Vec<u8>,
    output: Vec<u8>,
    trap: Option<Vec<String>>,
}

/// All of them.
pub fn kept() -> Result<Vec<Kept>> {
    let mut all = Vec::new();
    for path in fuzz::kept("wat")? {
        let name = path.file_name().and_then(|name| name.to_str());
        if !name.is_some_and(|name| name.starts_with("values-")) {
            continue;
        }
        let text = crate::read_text(&path)?;
        let header = |name: &str| {
            let start = format!(";; {name}: ");
            text.lines()
                .take_while(|line| line.starts_with(";;"))
                .find_map(|line| line.strip_prefix(&start))
        };
        let bytes = |name: &str| -> Result<Vec<u8>> {
            let text = header(name).unwrap_or("");
            let digits: Vec<u8> = text
                .chars()
                .map(|char| char.to_digit(16).map(|digit| digit as u8))
                .collect::<Option<_>>()
                .ok_or_else(|| format!("{}: `{name}` isn't hexadecimal", path.display()))?;
            Ok(digits
                .chunks(2)
                .map(|pair| pair.iter().fold(0, |all, digit| all << 4 | digit))
                .collect())
        };
        let (input, output) = (bytes("input")?, bytes("output")?);
        let trap = header("trap").map(|words| words.split('|').map(str::to_owned).collect());
        all.push(Kept {
            input,
            output,
            trap,
            text,
            path,
        });
    }
    Ok(all)
}

impl Kept {
    /// Compiles and runs it again. The error says what is wrong.
    pub fn replay(&self, engines: &mut Engines) -> Result<()> {
        let built = engines.build(&self.text)?;
        let run = built.nanocc(&self.input)?;
        let ended = match (&run.end, &self.trap) {
            (End::Status(0), None) => true,
            (End::Trap(_, text), Some(words)) => words.contains(text),
            _ => false,
        };
        if ended && run.output == self.output {
            return Ok(());
        }
        Err(format!("{}: {run:?}", self.path.display()))
    }
}
