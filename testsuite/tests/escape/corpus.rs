//! Paths that lead outside, in every way that anybody has thought of, and some that don't.

/// What a path reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Something outside, if it were resolved: nothing may come of it.
    Outside,
    /// A link that leads outside, which is itself an entry of the granted directory.
    Link,
    /// Nothing outside.
    Inside,
}

/// A case: fields as the guest has them.
pub struct Case {
    pub grant: &'static str,
    pub base: &'static str,
    pub plant: String,
    pub path: String,
    pub reach: Reach,
}

impl Case {
    /// The case as the guest reads it.
    pub fn line(&self) -> String {
        let fields = [self.grant, self.base, &self.plant, &self.path];
        let fields: Vec<String> = fields.into_iter().map(encode).collect();
        format!("{}\n", fields.join("\t"))
    }
}

fn encode(field: &str) -> String {
    let mut text = String::new();
    for byte in field.bytes() {
        if byte.is_ascii_graphic() && byte != b'%' {
            text.push(byte.into());
        } else {
            text += &format!("%{byte:02x}");
        }
    }
    text
}

/// Each leads outside before its last name is looked at, or with it.
const OUTSIDE: &[&str] = &[
    // `..` in every form.
    "..",
    "../",
    "..//",
    "../.",
    "../..",
    "../../../../../../../../../../../../../../etc/passwd",
    "../rw/file",
    "../secret",
    "../secret/",
    "../outside",
    "../outside/",
    "../outside/secret",
    "../outside/new",
    "../missing",
    "../outside/missing/missing",
    "./..",
    "./../secret",
    ".//..//secret",
    "././././../secret",
    "a/../..",
    "a/../../",
    "a/../../secret",
    "a/../../rw/file",
    "a/b/../../../secret",
    "a/b/c/../../../../outside/secret",
    "a//..//..//secret",
    "a/./.././../secret",
    "a/b/c/../../../d/../../secret",
    "to-a/../../secret",
    "a/to-sibling/../../secret",
    "a/b/to-top/../secret",
    "a/../a/../a/../a/../../secret",
    // Absolute paths.
    "/",
    "//",
    "/.",
    "/..",
    "/etc/passwd",
    "//etc//passwd",
    "/proc/self/root/etc/passwd",
    "/proc/self/cwd",
    "/proc/self/exe",
    "/proc/self/fd/0",
    "/proc/self/fd/3",
    "/dev/fd/3",
    "/dev/stdin",
    "/rw",
    "/rw/file",
    // Through links.
    "up/",
    "up//",
    "up/.",
    "up/..",
    "up/secret",
    "up/rw/file",
    "up/outside/secret",
    "up/missing",
    "up-slash/",
    "up-slash/secret",
    "up-file/",
    "up-file/.",
    "up-folder/",
    "up-folder//",
    "up-folder///",
    "up-folder/.",
    "up-folder/./",
    "up-folder/..",
    "up-folder/secret",
    "up-folder/secret/",
    "up-folder/missing",
    "up-folder/folder",
    "up-folder/folder/",
    "up-folder/folder/secret",
    "up-folder/folder/../secret",
    "up-folder-slash/",
    "up-folder-slash/.",
    "up-folder-slash/secret",
    "up-folder-slashes/",
    "up-folder-slashes/secret",
    "up-dot/",
    "up-dot/secret",
    "up-dots/",
    "up-dots/secret",
    "up-dangling/",
    "up-dangling/new",
    "to-up/",
    "to-up/secret",
    "to-up/rw/../secret",
    "to-up-folder/",
    "to-up-folder/secret",
    "absolute/",
    "absolute//",
    "absolute/.",
    "absolute/..",
    "absolute/secret",
    "absolute/new",
    "absolute/folder/../secret",
    "absolute-slash/",
    "absolute-slash/secret",
    "absolute-file/",
    "absolute-root/",
    "absolute-root/etc/passwd",
    "magic/",
    "magic/etc/passwd",
    "a/b/to-outside/",
    "a/b/to-outside/secret",
    "a/b/to-outside/outside/secret",
];

/// Links that lead outside.
const LINKS: &[&str] = &[
    "up",
    "up-slash",
    "up-file",
    "up-folder",
    "up-folder-slash",
    "up-folder-slashes",
    "up-dot",
    "up-dots",
    "up-through",
    "up-dangling",
    "to-up",
    "to-up-folder",
    "absolute",
    "absolute-slash",
    "absolute-file",
    "absolute-root",
    "magic",
    "a/b/to-outside",
    "a/../up-file",
    "./up-folder",
    "to-a/b/to-outside",
];

/// What isn't outside, or isn't anything.
const INSIDE: &[&str] = &[
    "",
    ".",
    "./",
    "./.",
    ".//.",
    "a",
    "a/",
    "a//",
    "a/.",
    "a/..",
    "a/../",
    "a/b/..",
    "a/b/../..",
    "a/b/c/../../..",
    "empty",
    "empty/",
    "empty/.",
    "file",
    "./file",
    ".//file",
    "a/../file",
    "to-a/../file",
    "a/to-sibling/../file",
    "a/to-sibling/file",
    "a/b/to-top/file",
    // Something that is no directory, with a slash or more.
    "file/",
    "file//",
    "file/.",
    "file/..",
    "file/../file",
    "file/x",
    "to-file",
    "to-file/",
    "to-file/.",
    "to-a",
    "to-a/",
    "to-a/.",
    "to-a-slash",
    "to-a-slash/",
    "to-a-slash/file",
    // Nothing.
    "missing",
    "missing/",
    "missing/.",
    "missing/..",
    "missing/../..",
    "missing/../../secret",
    "missing/x",
    "missing/x/",
    "new",
    "a/new",
    "a/new/",
    "to-a/new",
    "dangling",
    "dangling/",
    "dangling/x",
    "loop",
    "loop/",
    "loop/x",
    "ping",
    "ping/",
    // No paths.
    "\0",
    "file\0",
    "file\0/../../secret",
    "\0/../secret",
    "a/\0",
    "../secret\0",
    "/\0",
    // Names that only look like something else.
    "...",
    ".../secret",
    ".. ",
    " ..",
    ". .",
    "..\\secret",
    "..\\..\\secret",
    "\\",
    "C:\\",
    "C:/secret",
    "%2e%2e/secret",
    "%2e%2e%2fsecret",
    "..%2fsecret",
    "~",
    "~/secret",
    "$HOME",
    "..;/secret",
    "..\n",
    "\u{2024}\u{2024}/secret",
    "\u{ff0e}\u{ff0e}/secret",
    "..\u{2215}secret",
    "\u{202e}..",
    "a\u{0301}",
    "\u{e1}",
    "*",
    "-",
    "--",
    "\u{10ffff}",
];

/// Texts of links that the guest makes itself, and what is tried through them. They are those of a way out that wasmtime once had
/// (RUSTSEC-2026-0269: slashes at the end of a path or of a link's text), and their kin.
const PLANTED: &[&str] = &[
    "..",
    "../",
    "../.",
    "../..",
    "../outside",
    "../outside/",
    "../outside//",
    "../outside/.",
    "../outside/folder/..",
    "../secret",
    "../secret/",
    "a/../..",
    "a/../../",
    "a/../../outside/",
    "./../outside/",
    "up",
    "up/",
    "up/outside/",
    "up-folder",
    "up-folder/",
    "up-folder-slash",
    "up-folder-slash/",
    "absolute/",
    "absolute-slash",
    "a/b/to-outside/",
    "/",
    "//",
    "/etc",
    "/etc/",
];

/// Every case.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |grant, base, plant: &str, path: String, reach| {
        cases.push(Case {
            grant,
            base,
            plant: plant.to_owned(),
            path,
            reach,
        });
    };
    for grant in ["/rw", "/ro"] {
        for (paths, reach) in [
            (OUTSIDE, Reach::Outside),
            (LINKS, Reach::Link),
            (INSIDE, Reach::Inside),
        ] {
            for path in paths {
                add(grant, "", "", (*path).to_owned(), reach);
            }
        }
    }
    // A directory that was opened is as narrow as one that was granted.
    for path in [
        "..",
        "../",
        "../..",
        "../file",
        "../d/secret",
        "../../secret",
        "to-sibling/..",
        "b/to-top",
        "b/to-top/file",
        "/",
    ] {
        let reach = if path == "b/to-top" {
            Reach::Link
        } else {
            Reach::Outside
        };
        add("/rw", "a", "", path.to_owned(), reach);
    }
    for text in PLANTED {
        for (path, reach) in [
            ("planted", Reach::Link),
            ("planted/", Reach::Outside),
            ("planted//", Reach::Outside),
            ("planted/.", Reach::Outside),
            ("planted/..", Reach::Outside),
            ("planted/secret", Reach::Outside),
            ("planted/secret/", Reach::Outside),
            ("planted/outside/secret", Reach::Outside),
            ("planted/new", Reach::Outside),
            ("a/../planted/", Reach::Outside),
        ] {
            // An absolute link isn't made in the first place.
            let reach = if text.starts_with('/') {
                Reach::Inside
            } else {
                reach
            };
            add("/rw", "", text, path.to_owned(), reach);
        }
    }
    let repeated = |text: &str, count: usize| text.repeat(count);
    for (path, reach) in [
        // Names of 255 bytes and more.
        (repeated("n", 255), Reach::Inside),
        (repeated("n", 256), Reach::Inside),
        (format!("a/{}", repeated("n", 256)), Reach::Inside),
        (
            format!("{}/../../secret", repeated("n", 256)),
            Reach::Inside,
        ),
        // Paths of 4096 bytes and thereabouts.
        (format!("{}file", repeated("./", 2045)), Reach::Inside),
        (format!("{}/file", repeated("./", 2045)), Reach::Inside),
        (format!("{}file", repeated("./", 2046)), Reach::Inside),
        (repeated("a/../", 819), Reach::Inside),
        (format!("{}..", repeated("a/../", 818)), Reach::Outside),
        (format!("{}../secret", repeated("./", 2042)), Reach::Outside),
        (repeated("../", 1365), Reach::Outside),
        (repeated("../", 1366), Reach::Inside),
        (repeated("/", 4095), Reach::Outside),
        (repeated("/", 4096), Reach::Inside),
        (repeated("x", 10_000), Reach::Inside),
        (format!("{}..", repeated("to-a/../", 41)), Reach::Outside),
    ] {
        add("/rw", "", "", path, reach);
    }
    cases
}
