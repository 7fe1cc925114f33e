//! The size of executables, beside that of the components they were made of.

use crate::statistics::{print_table, row};
use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::{Result, compose, read, repository};
use std::path::Path;

const INPUTS: &[&str] = &[
    "examples/hello/wat/hello.wat",
    "examples/hello/deps/hello/c.wasm",
    "examples/hello/deps/hello/rust.wasm",
    "examples/identity/compose.wac",
    "examples/adder/adder.wac",
];

/// Prints the sizes of executables made in `folder`.
pub fn run(folder: &Path) -> Result<()> {
    println!("Size, in bytes, at -O2");
    let mut rows = vec![row([
        "",
        "component",
        "executable",
        "stripped",
        "x component",
        "shim's code",
        "shim's data",
    ])];
    for input in INPUTS {
        let input_path = repository().join(input);
        let component = compose::component(&input_path)?.len();
        let build = |name: &str, flags: &[&str]| {
            let output = folder.join(name);
            Nanocc::new(&input_path)
                .args(&["-O2"])
                .args(flags)
                .output(&output)
                .succeed()?;
            read(&output)
        };
        let full = build("full", &[])?.len();
        let stripped = build("stripped", &["--strip"])?.len();
        let (code, data) = shim_share(&input_path)?;
        rows.push(vec![
            input.to_string(),
            component.to_string(),
            full.to_string(),
            stripped.to_string(),
            format!("{:.2}", stripped as f64 / component as f64),
            code.to_string(),
            data.to_string(),
        ]);
    }
    print_table(&rows);
    println!(
        "Goals: the shim's share of a hello at most 24576, the stripped Rust hello at most 2.00 x.\n"
    );
    Ok(())
}

/// Bytes of the shim's code and of its data in the file, from the linker's map: what comes neither
/// from the compiler nor from the linker itself.
fn shim_share(input: &Path) -> Result<(u64, u64)> {
    let map = Nanocc::new(input)
        .args(&["-O2", "--emit=map"])
        .succeed()?
        .stdout_text();
    let (mut code, mut data) = (0, 0);
    // ADDRESS SIZE SECTION NAME (ORIGIN), then a blank line and the sums.
    let entries = map.lines().skip(1).take_while(|line| !line.is_empty());
    for line in entries.filter(|line| !line.ends_with("(compiler)") && !line.ends_with("(linker)"))
    {
        let mut words = line.split_whitespace().skip(1);
        let size = words.next().and_then(|word| word.parse::<u64>().ok());
        let (Some(size), Some(section)) = (size, words.next()) else {
            return Err(format!("a line of another form in the map: {line}"));
        };
        match section {
            ".text" => code += size,
            ".bss" => {}
            _ => data += size,
        }
    }
    if code == 0 {
        return Err(format!("no code of the shim's in the map:\n{map}"));
    }
    Ok((code, data))
}
