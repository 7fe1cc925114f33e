//! `nanocc explain`: what a program would need, as a grants file (`super::file`).
//!
//! A component needs a grant if it can reach a call of a source of authority. What exactly it is going to ask for there, which
//! files, which variables, nobody knows before it runs; so paths and addresses are parameters, for which whoever edits the
//! file writes others. **As it is printed the file can be given to the compiler**, and grants of files and the network no more than
//! those parameters are told at start. Names are the input's, and can't say more here than a name does ([`crate::program::is_name`]).
//!
//! Which of the methods of files and sockets can be reached by anybody tells more: a program that never writes a file
//! needs directories for reading, one that never listens needs no address to listen at.

use super::reach::{Source, reached};
use crate::facts::Facts;
use crate::program::{Entry, FuncKind, Program};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The methods of files that change something.
const CHANGES: [&str; 12] = [
    "descriptor.write-via-stream",
    "descriptor.append-via-stream",
    "descriptor.write",
    "descriptor.set-size",
    "descriptor.set-times",
    "descriptor.set-times-at",
    "descriptor.create-directory-at",
    "descriptor.link-at",
    "descriptor.remove-directory-at",
    "descriptor.rename-at",
    "descriptor.symlink-at",
    "descriptor.unlink-file-at",
];

/// What a program would need.
pub fn explain(program: &Program<'_>, facts: &Facts) -> String {
    let mut methods: BTreeSet<&str> = BTreeSet::new();
    for func in facts.reachable_funcs() {
        if let FuncKind::Host(call) = &program.funcs[func].kind
            && let Some((_, method)) = call.symbol.rsplit_once("[method]")
        {
            methods.insert(method);
        }
    }
    let sources = reached(program, facts);
    let entry = match &program.entry {
        Entry::Command(command) => Some(command.component),
        Entry::Script(_) => None,
    };
    let mut text = "\
# What the program would need, for `nanocc INPUT --grants FILE`. A path or address may take the place of
# a parameter, `@name`; those that stay are told at start, in the variable NANOCC_PARAM_name (empty: nothing).
no-default-grants = true
"
    .to_owned();
    let mut parameters = Parameters::default();
    let mut nothing = Vec::new();
    for id in program.components.keys() {
        let path = &program.components[id].path;
        match sources.get(&id).filter(|sources| !sources.is_empty()) {
            Some(sources) => {
                let mut section = Section {
                    methods: &methods,
                    sources,
                    parameters: &mut parameters,
                    path,
                    text: String::new(),
                };
                section.lines();
                let body = section.text;
                let ambiguous = program.components.values();
                let ambiguous = ambiguous.filter(|other| other.path == *path).count() > 1;
                if entry == Some(id) {
                    let _ = write!(text, "\n[entry] # {path}\n{body}");
                } else if ambiguous {
                    // No grant can be for it.
                    let body = body.replace('\n', "\n# ");
                    let body = body.trim_end_matches("# ");
                    let _ = write!(
                        text,
                        "\n# `{path}` can't be named; give it a name of its own in the composition to grant it this\n# {body}"
                    );
                } else {
                    let _ = write!(text, "\n[component.{}]\n{body}", key(path));
                }
            }
            // Some only rename what others export, and have no code that could ask.
            None if program.instances.values().all(|i| i.component != id) => {}
            None => nothing.push(format!("`{path}`")),
        }
    }
    if !nothing.is_empty() {
        let _ = write!(text, "\n# These need nothing: {}\n", nothing.join(", "));
    }
    text
}

/// A component's section under construction.
struct Section<'a> {
    /// The methods of host resources that anybody can call.
    methods: &'a BTreeSet<&'a str>,
    sources: &'a BTreeSet<Source>,
    parameters: &'a mut Parameters,
    path: &'a str,
    text: String,
}

impl Section<'_> {
    fn lines(&mut self) {
        self.line(&[Source::Arguments], |_| vec!["args = true".to_owned()]);
        for (sources, name) in [
            ([Source::Stdin, Source::TerminalStdin], "stdin"),
            ([Source::Stdout, Source::TerminalStdout], "stdout"),
            ([Source::Stderr, Source::TerminalStderr], "stderr"),
        ] {
            self.line(&sources, |_| vec![format!("{name} = true")]);
        }
        self.line(&[Source::Environment], |_| {
            vec![
                "env = [] # the variables: \"LANG\", \"MODE=production\"; or all, inherit-env = true"
                    .to_owned(),
            ]
        });
        self.line(&[Source::Directories], |section| {
            let mut changes = CHANGES.iter();
            let (name, why) = match changes.find(|method| section.methods.contains(*method)) {
                Some(first) => ("dir", format!("something calls {first}")),
                None => ("dir-ro", "nothing ever changes a file".to_owned()),
            };
            let parameter = section.parameters.name(section.path, "dir");
            vec![format!("{name} = [\"@{parameter}::/\"] # {why}")]
        });
        self.line(
            &[Source::Network, Source::TcpSocket, Source::UdpSocket],
            |section| {
                let mut lines = Vec::new();
                for (method, name, role) in [
                    ("tcp-socket.start-listen", "tcp-listen", "listen"),
                    ("tcp-socket.start-connect", "tcp-connect", "connect"),
                    ("udp-socket.start-bind", "udp-listen", "udp_listen"),
                    ("udp-socket.stream", "udp-connect", "udp_connect"),
                ] {
                    if section.methods.contains(method) {
                        let parameter = section.parameters.name(section.path, role);
                        lines.push(format!(
                            "{name} = [\"@{parameter}\"] # something calls {method}"
                        ));
                    }
                }
                if lines.is_empty() {
                    lines.push("# nothing ever listens or connects".to_owned());
                }
                lines
            },
        );
        self.line(&[Source::Names], |_| {
            vec![
                "dns = [] # the names: \"example.org\", \"*.example.org\"; or all, \"*\""
                    .to_owned(),
            ]
        });
    }

    /// Lines for those of `sources` that the component calls, if it calls any.
    fn line(&mut self, sources: &[Source], lines: impl FnOnce(&mut Self) -> Vec<String>) {
        let called: Vec<String> = sources
            .iter()
            .filter(|source| self.sources.contains(source))
            .map(|source| {
                let (interface, function) = source.names();
                format!("{interface}#{function}")
            })
            .collect();
        if called.is_empty() {
            return;
        }
        let _ = writeln!(self.text, "# calls {}", called.join(", "));
        for line in lines(self) {
            let _ = writeln!(self.text, "{line}");
        }
    }
}

/// The names of parameters, each once.
#[derive(Default)]
struct Parameters(BTreeMap<String, u32>);

impl Parameters {
    /// A parameter of the component at `path`, for `role`.
    fn name(&mut self, path: &str, role: &str) -> String {
        let name: String = path
            .chars()
            .filter(|c| *c != '#')
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .take(40)
            .collect();
        let name = match name.trim_matches('_') {
            "" => role.to_owned(),
            name => format!("{name}_{role}"),
        };
        let count = self.0.entry(name.clone()).or_default();
        *count += 1;
        match *count {
            1 => name,
            count => format!("{name}_{count}"),
        }
    }
}

/// A component's path as a key of TOML.
fn key(path: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if path.chars().all(bare) {
        return path.to_owned();
    }
    // A component's path holds nothing that would have to be escaped.
    format!("\"{path}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::address::parameter_name;

    #[test]
    fn parameters_have_names_of_their_own() {
        let mut parameters = Parameters::default();
        for (path, expected) in [
            ("/", "dir"),
            ("store", "store_dir"),
            ("a/b", "a_b_dir"),
            ("a-b", "a_b_dir_2"),
            ("#0", "0_dir"),
        ] {
            let name = parameters.name(path, "dir");
            assert_eq!(name, expected);
            assert_eq!(parameter_name(&name), Ok(()));
        }
        let long = parameters.name(&"x".repeat(500), "udp_connect");
        assert_eq!(parameter_name(&long), Ok(()));
    }
}
