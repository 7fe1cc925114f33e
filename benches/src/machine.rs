//! What a reader needs to know about the machine to place a figure.

use nanocc_testsuite::compiler;
use std::process::Command;

/// Processor, kernel, compilers and date, one a line.
pub fn description() -> String {
    let cpus = std::thread::available_parallelism().map_or(0, |n| n.get());
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = cpuinfo.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let model = field("model name").unwrap_or("processor unknown".to_owned());
    let virtual_machine = field("flags").is_some_and(|flags| flags.contains("hypervisor"));
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut lines = vec![
        said("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
        format!(
            "{cpus} x {model}{}, Linux {}",
            if virtual_machine {
                ", in a virtual machine"
            } else {
                ""
            },
            kernel.trim()
        ),
        said("rustc", &["-V"]),
        said("gcc", &["--version"]),
    ];
    if let Ok(nanocc) = compiler::binary() {
        lines.push(said(&nanocc.to_string_lossy(), &["--version"]));
    }
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// The first line that a program prints.
fn said(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.unwrap_or_default()
        .lines()
        .next()
        .unwrap_or("")
        .to_owned()
}
