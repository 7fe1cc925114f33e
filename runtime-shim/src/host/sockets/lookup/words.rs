//! The words of a file of lines, as `hosts` and `resolv.conf` are: read a piece at a time, however long the file and its lines.

use core::mem::MaybeUninit;

/// The longest word that is kept; names and addresses are shorter.
const LONGEST: usize = 255;

/// A file's bytes: fills the slice from an offset, and says with how many. None are the end, as an error is.
pub trait Bytes {
    /// See there.
    fn read(&self, offset: u64, into: &mut [MaybeUninit<u8>]) -> usize;
}

/// A file that is read from its start.
pub struct Words<'f, F> {
    file: &'f F,
    /// Where the next piece is.
    offset: u64,
    piece: [MaybeUninit<u8>; 1024],
    /// Read and not used: from, to.
    rest: (usize, usize),
    word: [u8; LONGEST],
    /// The line has ended, and the next word begins another one.
    line_over: bool,
    /// Characters that begin a comment which reaches to the end of the line.
    comment: &'static [u8],
}

/// A word. One that is too long to be kept is empty.
pub struct Word<'w> {
    /// Its characters.
    pub text: &'w [u8],
    /// It is the first of its line.
    pub first: bool,
}

impl<'f, F: Bytes> Words<'f, F> {
    /// The words of a file.
    pub fn of(file: &'f F, comment: &'static [u8]) -> Words<'f, F> {
        Words {
            file,
            offset: 0,
            piece: [MaybeUninit::uninit(); 1024],
            rest: (0, 0),
            word: [0; LONGEST],
            line_over: true,
            comment,
        }
    }

    fn byte(&mut self) -> Option<u8> {
        if self.rest.0 == self.rest.1 {
            let len = self.file.read(self.offset, &mut self.piece);
            self.offset += len as u64;
            self.rest = (0, len);
        }
        let byte = self.piece.get(self.rest.0..self.rest.1)?.first()?;
        self.rest.0 += 1;
        // SAFETY: below the number of bytes that were read into it.
        Some(unsafe { byte.assume_init() })
    }

    /// The next word.
    pub fn next(&mut self) -> Option<Word<'_>> {
        let first = |over: &mut bool| core::mem::replace(over, false);
        let mut byte = self.byte()?;
        let mut begins = first(&mut self.line_over);
        loop {
            if self.comment.contains(&byte) {
                while byte != b'\n' {
                    byte = self.byte()?;
                }
            }
            match byte {
                b'\n' => begins = true,
                b' ' | b'\t' | b'\r' => {}
                _ => break,
            }
            byte = self.byte()?;
        }
        let mut len = 0;
        loop {
            if let Some(at) = self.word.get_mut(len) {
                *at = byte;
            }
            len += 1;
            let Some(next) = self.byte() else { break };
            byte = next;
            if matches!(byte, b' ' | b'\t' | b'\r') {
                break;
            }
            if byte == b'\n' || self.comment.contains(&byte) {
                self.rest.0 -= 1;
                break;
            }
        }
        Some(Word {
            text: self.word.get(..len).unwrap_or_default(),
            first: begins,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Bytes for &[u8] {
        fn read(&self, offset: u64, into: &mut [MaybeUninit<u8>]) -> usize {
            // Few at a time, so that words cross pieces.
            let rest = self.get(offset as usize..).unwrap_or_default();
            let len = rest.len().min(into.len()).min(7);
            into[..len]
                .iter_mut()
                .zip(rest)
                .for_each(|(at, &byte)| _ = at.write(byte));
            len
        }
    }

    fn words(text: &[u8]) -> Vec<(bool, Vec<u8>)> {
        let mut words = Words::of(&text, b"#;");
        let mut all = Vec::new();
        while let Some(word) = words.next() {
            all.push((word.first, word.text.to_vec()));
        }
        all
    }

    #[test]
    fn comments_and_empty_lines_are_passed_over() {
        let text = b"# a comment\n\n  one\ttwo#three\r\nfour ; five\n\n;\n six\nseven";
        let wanted = [
            (true, "one"),
            (false, "two"),
            (true, "four"),
            (true, "six"),
            (true, "seven"),
        ];
        assert_eq!(
            words(text),
            wanted.map(|(first, word)| (first, word.into()))
        );
    }

    proptest! {
        #[test]
        fn words_are_those_of_the_lines(text in "([a-z]{0,9}|[a-z]{250,260}|[ \t\n#;]){0,40}") {
            let mut wanted = Vec::new();
            for line in text.split('\n') {
                let line = line.split(['#', ';']).next().unwrap();
                for (i, word) in line.split_ascii_whitespace().enumerate() {
                    wanted.push((i == 0, if word.len() > LONGEST { Vec::new() } else { word.into() }));
                }
            }
            prop_assert_eq!(words(text.as_bytes()), wanted);
        }
    }
}
