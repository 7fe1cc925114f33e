//! WebAssembly text as a tree: changes to its wiring, and smaller programs that still differ.

use crate::mutate::Random;
use std::time::Instant;

/// An atom (a word, a string with its quotes), or a list in parentheses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Atom(String),
    List(Vec<Node>),
}

/// Where a node is: an index at each level.
type Path = Vec<usize>;

impl Node {
    /// The first list of the text. The generator's text has no comments; kept files start with lines of them.
    pub fn parse(text: &str) -> Option<Node> {
        let mut stack: Vec<Vec<Node>> = Vec::new();
        let mut rest = text;
        loop {
            rest = rest.trim_start();
            let first = rest.chars().next()?;
            match first {
                ';' => rest = rest.split_once('\n')?.1,
                '(' => {
                    stack.push(Vec::new());
                    rest = &rest[1..];
                }
                ')' => {
                    let list = Node::List(stack.pop()?);
                    match stack.last_mut() {
                        Some(outer) => outer.push(list),
                        None => return Some(list),
                    }
                    rest = &rest[1..];
                }
                _ => {
                    let end = match first {
                        '"' => rest[1..].find('"')? + 2,
                        _ => rest.find(|c: char| c.is_whitespace() || "()".contains(c))?,
                    };
                    stack.last_mut()?.push(Node::Atom(rest[..end].to_owned()));
                    rest = &rest[end..];
                }
            }
        }
    }

    /// The text, a line for each field of a component.
    pub fn print(&self) -> String {
        let mut text = String::new();
        self.write(0, &mut text);
        text.push('\n');
        text
    }

    fn write(&self, indent: usize, text: &mut String) {
        match self {
            Node::Atom(atom) => text.push_str(atom),
            Node::List(nodes) => {
                let tall = self.is("component") || self.is("core module");
                text.push('(');
                for (at, node) in nodes.iter().enumerate() {
                    if tall && matches!(node, Node::List(_)) {
                        text.push('\n');
                        text.push_str(&"  ".repeat(indent + 1));
                    } else if at > 0 {
                        text.push(' ');
                    }
                    node.write(indent + 1, text);
                }
                text.push(')');
            }
        }
    }

    /// Whether it is a list that starts with these words.
    fn is(&self, words: &str) -> bool {
        let Node::List(nodes) = self else {
            return false;
        };
        let mut nodes = nodes.iter();
        words
            .split(' ')
            .all(|word| matches!(nodes.next(), Some(Node::Atom(atom)) if atom == word))
    }

    fn at(&mut self, path: &[usize]) -> Option<&mut Node> {
        match (path, self) {
            ([], node) => Some(node),
            ([first, rest @ ..], Node::List(nodes)) => nodes.get_mut(*first)?.at(rest),
            _ => None,
        }
    }

    /// The paths of the nodes that satisfy `is`, outer ones first; not within what `skip` satisfies.
    fn paths(&self, is: &dyn Fn(&Node) -> bool, skip: &dyn Fn(&Node) -> bool) -> Vec<Path> {
        fn walk(
            node: &Node,
            path: &mut Path,
            is: &dyn Fn(&Node) -> bool,
            skip: &dyn Fn(&Node) -> bool,
            found: &mut Vec<Path>,
        ) {
            if skip(node) {
                return;
            }
            if is(node) {
                found.push(path.clone());
            }
            if let Node::List(nodes) = node {
                for (at, node) in nodes.iter().enumerate() {
                    path.push(at);
                    walk(node, path, is, skip, found);
                    path.pop();
                }
            }
        }
        let mut found = Vec::new();
        walk(self, &mut Vec::new(), is, skip, &mut found);
        found
    }

    fn size(&self) -> usize {
        match self {
            Node::Atom(_) => 1,
            Node::List(nodes) => 1 + nodes.iter().map(Node::size).sum::<usize>(),
        }
    }

    fn remove(&mut self, path: &[usize]) -> Option<()> {
        let (last, outer) = path.split_last()?;
        match self.at(outer)? {
            Node::List(nodes) if *last < nodes.len() => {
                nodes.remove(*last);
                Some(())
            }
            _ => None,
        }
    }
}

/// The program with one or two changes to its wiring; not within core modules.
pub fn mutated(text: &str, random: &mut Random) -> Option<String> {
    let mut tree = Node::parse(text)?;
    for _ in 0..1 + random.below(2) {
        change(&mut tree, random)?;
    }
    Some(tree.print())
}

fn change(tree: &mut Node, random: &mut Random) -> Option<()> {
    let core = |node: &Node| node.is("core module");
    let atoms = |prefix: &'static str| move |node: &Node| matches!(node, Node::Atom(atom) if atom.starts_with(prefix));
    match random.below(10) {
        // Another item.
        0..=3 => {
            let all = tree.paths(&atoms("$"), &core);
            let to = random.pick(&all)?.clone();
            let Some(Node::Atom(old)) = tree.at(&to).cloned() else {
                return None;
            };
            let kind = |text: &str| {
                text.trim_end_matches(|c: char| c.is_ascii_digit())
                    .to_owned()
            };
            let mut alike = Vec::new();
            for path in &all {
                if let Some(Node::Atom(other)) = tree.at(path).cloned()
                    && (kind(&other) == kind(&old) || random.one_in(20))
                {
                    alike.push(other);
                }
            }
            let new = random.pick(&alike)?.clone();
            *tree.at(&to)? = Node::Atom(new);
        }
        // An index.
        4 => {
            let all = tree.paths(&atoms("$"), &core);
            let to = random.pick(&all)?;
            let index = [random.below(4), random.below(30), 1000][random.below(3)];
            *tree.at(to)? = Node::Atom(index.to_string());
        }
        // Something is missing.
        5 | 6 => {
            let words = [
                "with", "export", "import", "alias", "param", "result", "memory", "realloc",
            ];
            let word = *random.pick(&words)?;
            let all = tree.paths(&|node| node.is(word), &core);
            tree.remove(random.pick(&all)?)?;
        }
        // Another type.
        7 => {
            let words = [
                "u32", "u64", "string", "own", "borrow", "sub", "eq", "func", "instance",
            ];
            let is =
                |node: &Node| matches!(node, Node::Atom(atom) if words.contains(&atom.as_str()));
            let all = tree.paths(&is, &core);
            let to = random.pick(&all)?;
            let word = [random.pick(&words[..3])?, random.pick(&words)?][random.below(2)];
            *tree.at(to)? = Node::Atom((*word).to_owned());
        }
        // Another name.
        8 => {
            let all = tree.paths(&atoms("\""), &core);
            let from = random.pick(&all)?;
            let name = tree.at(from)?.clone();
            *tree.at(random.pick(&all)?)? = name;
        }
        // Twice, or in another place.
        _ => {
            let is = |node: &Node| node.is("component");
            let all = tree.paths(&is, &core);
            let path = random.pick(&all)?;
            let Some(Node::List(fields)) = tree.at(path) else {
                return None;
            };
            let lists: Vec<usize> = (0..fields.len())
                .filter(|at| matches!(fields[*at], Node::List(_)))
                .collect();
            let (one, other) = (*random.pick(&lists)?, *random.pick(&lists)?);
            if random.one_in(2) {
                fields.swap(one, other);
            } else {
                let again = fields[one].clone();
                fields.insert(other, again);
            }
        }
    }
    Some(())
}

/// Leaves out what it can, the largest parts first, as long as the rest is still `interesting`.
pub fn smaller(text: &str, until: Instant, mut interesting: impl FnMut(&str) -> bool) -> String {
    let Some(mut tree) = Node::parse(text) else {
        return text.to_owned();
    };
    loop {
        let before = tree.size();
        let mut paths = tree.paths(&|node| matches!(node, Node::List(_)), &|_| false);
        // Uses come after definitions, and have to go first.
        paths.reverse();
        let mut sized: Vec<(usize, Path)> = paths
            .into_iter()
            .filter_map(|path| Some((tree.at(&path)?.size(), path)))
            .collect();
        // By orders of magnitude: within one, from the end.
        sized.sort_by_key(|(size, _)| std::cmp::Reverse(size.ilog2() / 2));
        let mut removed: Vec<Path> = Vec::new();
        for (_, path) in sized {
            if Instant::now() > until {
                return tree.print();
            }
            // Paths behind or within what was removed lead elsewhere now: they are for the next round.
            let moved = removed.iter().any(|gone| {
                let (last, outer) = gone
                    .split_last()
                    .map_or((0, &gone[..]), |(last, outer)| (*last, outer));
                path.starts_with(outer) && path.get(outer.len()).is_some_and(|at| *at >= last)
            });
            if moved || path.is_empty() {
                continue;
            }
            let mut fewer = tree.clone();
            if fewer.remove(&path).is_some() && interesting(&fewer.print()) {
                tree = fewer;
                removed.push(path);
            }
        }
        if tree.size() == before {
            return tree.print();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn text_is_kept() {
        let text = ";; a comment\n(component $c (import \"a b\" (func)) (core module))";
        let tree = Node::parse(text).unwrap();
        assert_eq!(Node::parse(&tree.print()), Some(tree));
        assert_eq!(Node::parse("(component"), None);
    }

    #[test]
    fn what_is_not_needed_goes() {
        let text = "(component (type $a (func)) (type $b (func)) (component (type $c (func))))";
        let until = Instant::now() + Duration::from_secs(5);
        let rest = smaller(text, until, |text| text.contains("$b"));
        assert_eq!(rest, "(component\n  (type $b))\n");
    }
}
