//! WIT's names in Rust's spelling.

/// The Rust name of a function: `[method]output-stream.check-write` is `output_stream_check_write`.
pub fn function_name(name: &str) -> String {
    match name.split_once(']') {
        Some(("[constructor", resource)) => format!("new_{}", snake_part(resource)),
        Some(("[method" | "[static", name)) => snake_part(&name.replace('.', "-")),
        Some(_) => panic!("{name}: a kind of function that WASI 0.2 hasn't"),
        None => snake(name),
    }
}

/// A whole name in snake case, with `_` after it if it is a word of Rust's.
pub fn snake(name: &str) -> String {
    const WORDS: &[&str] = &[
        "as", "async", "await", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
        "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
        "macro", "match", "mod", "move", "mut", "priv", "pub", "ref", "return", "self", "static",
        "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
        "virtual", "where", "while", "yield", "abstract", "become", "override",
    ];
    let name = snake_part(name);
    if WORDS.contains(&name.as_str()) {
        name + "_"
    } else {
        name
    }
}

/// A parameter's name, with `_` after it if an exported function uses the name itself.
pub fn local(name: &str) -> String {
    let name = snake(name);
    match name.as_str() {
        "caller" | "cx" | "params" | "result" | "ret" => name + "_",
        _ => name,
    }
}

/// Part of a name in snake case.
pub fn snake_part(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

pub fn camel(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + &rest.to_lowercase()
    };
    name.split('-').map(word).collect()
}
