//! What somebody may have meant: of the words that there are, the one that is closest to what was written.

/// The word at the smallest distance, if that is small for its length. Of several the first.
pub(crate) fn nearest<'a>(
    written: &str,
    words: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let most = written.chars().count().min(MOST_CHARS) / 3;
    words
        .into_iter()
        .filter(|word| *word != written)
        .map(|word| (distance(written, word), word))
        .filter(|(distance, _)| (1..=most).contains(distance))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Of longer words only so much is looked at: the work is quadratic.
const MOST_CHARS: usize = 64;

/// How many characters have to be put in, taken out, replaced, or exchanged with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(MOST_CHARS).collect();
    let b: Vec<char> = b.chars().take(MOST_CHARS).collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(x != y);
            let mut least = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                least = least.min(before_last[j - 1] + 1);
            }
            row.push(least);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_word_is_found() {
        let words = ["filter", "store", "api", "outer/store", "tcp-listen"];
        for (written, expected) in [
            ("stroe", Some("store")),
            ("Store", Some("store")),
            ("stor", Some("store")),
            ("tcp_listen", Some("tcp-listen")),
            ("tcplisten", Some("tcp-listen")),
            ("outer/stor", Some("outer/store")),
            ("store", None),
            ("ap", None),
            ("", None),
            ("elsewhere", None),
        ] {
            assert_eq!(nearest(written, words), expected, "{written}");
        }
        for (a, b, expected) in [("", "abc", 3), ("ab", "ba", 1), ("kitten", "sitting", 3)] {
            assert_eq!((distance(a, b), distance(b, a)), (expected, expected));
        }
        assert_eq!(nearest(&"x".repeat(1 << 20), words), None);
    }
}
