//! Trees and paths that nobody thought of: both ways against a model that canonicalizes.

use std::collections::VecDeque;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// An entry to plant: the names that lead to it, and what it is.
#[derive(Debug, Clone)]
enum Entry {
    Directory(Vec<&'static str>),
    File(Vec<&'static str>),
    Link(Vec<&'static str>, String),
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "c"])
}

/// Paths and texts of links.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        6 => name(),
        4 => Just(".."),
        1 => Just("."),
        1 => Just(""),
        1 => Just("secret"),
    ];
    let slash = prop_oneof![8 => Just(""), 1 => Just("/"), 1 => Just("//")];
    let start = prop_oneof![15 => Just(""), 1 => Just("/")];
    (start, vec(part, 1..7), slash)
        .prop_map(|(start, parts, end)| format!("{start}{}{end}", parts.join("/")))
        .prop_filter("no link is empty", |text| !text.is_empty())
}

fn entry() -> impl Strategy<Value = Entry> {
    let way = || vec(name(), 1..4);
    prop_oneof![
        3 => way().prop_map(Entry::Directory),
        2 => way().prop_map(Entry::File),
        4 => (way(), text()).prop_map(|(way, text)| Entry::Link(way, text)),
    ]
}

/// Plants an entry, unless something is in the way.
fn plant(root: &Path, entry: &Entry) {
    let (Entry::Directory(way) | Entry::File(way) | Entry::Link(way, _)) = entry;
    let mut at = root.to_owned();
    let (last, way) = way.split_last().expect("never empty");
    for name in way {
        at.push(name);
        match fs::symlink_metadata(&at) {
            Ok(data) if data.is_dir() => {}
            Ok(_) => return,
            Err(_) => fs::create_dir(&at).expect("a new folder"),
        }
    }
    at.push(last);
    if fs::symlink_metadata(&at).is_ok() {
        return;
    }
    match entry {
        Entry::Directory(_) => fs::create_dir(&at),
        Entry::File(_) => fs::write(&at, "inside"),
        Entry::Link(_, text) => symlink(text, &at),
    }
    .expect("nothing is there");
}

/// The names of a path; a slash at the end is as good as a dot after it.
fn names(path: &str) -> Result<VecDeque<String>, Errno> {
    if path.starts_with('/') {
        return Err(Errno::PERM);
    }
    let mut names: VecDeque<String> = path
        .split('/')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    if path.ends_with('/') {
        names.push_back(".".to_owned());
    }
    Ok(names)
}

/// Where a path leads.
fn resolve(root: &Path, path: &str, follow: bool) -> Result<PathBuf, Errno> {
    let mut rest = names(path)?;
    let mut way: Vec<String> = Vec::new();
    let mut links = 0;
    let at = |way: &[String]| way.iter().fold(root.to_owned(), |at, name| at.join(name));
    while let Some(name) = rest.pop_front() {
        if !at(&way).is_dir() {
            return Err(Errno::NOTDIR);
        }
        match &*name {
            "." => {}
            ".." => {
                way.pop().ok_or(Errno::PERM)?;
            }
            _ => {
                way.push(name);
                let data = fs::symlink_metadata(at(&way)).map_err(|_| Errno::NOENT)?;
                if data.is_symlink() && (follow || !rest.is_empty()) {
                    links += 1;
                    if links > 40 {
                        return Err(Errno::LOOP);
                    }
                    let text = fs::read_link(at(&way)).expect("it is a link");
                    let mut names = names(text.to_str().expect("made of letters"))?;
                    names.append(&mut rest);
                    rest = names;
                    way.pop();
                }
            }
        }
    }
    Ok(at(&way))
}

/// Everything in a tree.
fn listing(at: &Path, to: &mut Vec<String>) {
    let mut entries: Vec<_> = fs::read_dir(at)
        .expect("it is a folder")
        .map(|entry| entry.expect("it is readable").path())
        .collect();
    entries.sort();
    for entry in entries {
        let data = fs::symlink_metadata(&entry).expect("it is there");
        to.push(format!(
            "{} {}",
            entry.file_name().expect("it has one").display(),
            data.len()
        ));
        if data.is_dir() {
            listing(&entry, to);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Looking something up.
    #[test]
    fn both_ways_agree_with_the_model(
        entries in vec(entry(), 1..16),
        paths in vec((text(), any::<bool>()), 1..24),
    ) {
        let tree = Tree::new(|folder| entries.iter().for_each(|entry| plant(&folder.join("root"), entry)));
        for (path, follow) in &paths {
            let expected = resolve(&tree.path("root"), path, *follow)
                .map(|path| fs::symlink_metadata(path).expect("the model found it").ino());
            for (way, open) in ways() {
                let found = open(tree.root.as_raw_fd(), path.as_bytes(), *follow, O_PATH, 0).map(|descriptor| {
                    // SAFETY: it was opened just now.
                    let file = unsafe { File::from_raw_fd(descriptor) };
                    file.metadata().expect("it is open").ino()
                });
                prop_assert_eq!(found, expected, "{} {:?} {}", way, path, follow);
            }
        }
    }

    /// Making and emptying files: the trees are the same afterwards, and what is outside is as it was.
    #[test]
    fn both_ways_change_the_same(
        entries in vec(entry(), 1..16),
        opened in vec(
            (
                text(),
                any::<bool>(),
                prop::sample::select(vec![
                    O_RDONLY,
                    O_WRONLY,
                    O_RDONLY | O_DIRECTORY,
                    O_WRONLY | O_CREAT,
                    O_WRONLY | O_CREAT | O_EXCL,
                    O_RDWR | O_CREAT | O_TRUNC,
                    O_RDWR | O_TRUNC,
                ]),
            ),
            1..16,
        ),
    ) {
        /// What each path gave, and what is outside afterwards.
        type Seen = (Vec<Result<(), Errno>>, Vec<String>);
        let mut seen: Vec<Seen> = Vec::new();
        for (_, open) in ways() {
            let tree = Tree::new(|folder| entries.iter().for_each(|entry| plant(&folder.join("root"), entry)));
            let before = outside(&tree.folder.0);
            let results = opened
                .iter()
                .map(|(path, follow, flags)| {
                    open(tree.root.as_raw_fd(), path.as_bytes(), *follow, *flags, 0o600).map(sys::close)
                })
                .collect();
            let mut all = Vec::new();
            listing(&tree.path("root"), &mut all);
            prop_assert_eq!(outside(&tree.folder.0), before);
            seen.push((results, all));
        }
        for other in &seen[1..] {
            prop_assert_eq!(&seen[0], other);
        }
    }
}
