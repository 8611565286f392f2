//! Which words of a server's text may stay.

use std::collections::HashSet;

use super::GONE;

/// Small words of English, which say nothing about a longer value that happens to hold them.
const SMALL: [&str; 24] = [
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "for", "from", "has", "in", "is", "it", "not",
    "of", "on", "or", "the", "to", "was", "with", "you",
];

/// Neither a server nor a statement writes a word of more characters.
const MAX_WORD_CHARS: usize = 64;

/// A shorter part of a value stands in half of all words.
const MIN_PART_CHARS: usize = 3;

/// The words of the statement, and those of the values in every spelling; all in lower case.
pub(super) struct Words {
    own: HashSet<String>,
    symbols: HashSet<char>,
    secret: HashSet<String>,
    /// The same, one per line, to find parts of them.
    listed: String,
    /// Punctuation that is a value, or a run of several in one.
    punctuation: Vec<String>,
    /// Whether other numbers than those of a value stay.
    keeps_numbers: bool,
}

impl Words {
    pub(super) fn new(written: &str, spellings: impl Iterator<Item = String>) -> Self {
        let own = words(written).map(str::to_lowercase).collect();
        let symbols = written.chars().filter(|c| !c.is_ascii()).collect();
        let (mut secret, mut punctuation) = (HashSet::new(), Vec::new());
        for spelling in spellings {
            secret.extend(words(&spelling).map(str::to_lowercase));
            let runs = spelling.split(|c: char| !is_punctuation(c));
            punctuation.extend(runs.filter(|run| run.len() > 1).map(str::to_owned));
            if spelling.len() == 1 && spelling.chars().all(is_punctuation) {
                punctuation.extend(["'", "\"", "`"].map(|quote| format!("{quote}{spelling}{quote}")));
            }
        }
        let listed = secret.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
        Self { own, symbols, secret, listed, punctuation, keeps_numbers: false }
    }

    /// The same for cells alone, which a server writes as they are: other numbers are of files, lines and types.
    pub(super) fn keeping_numbers(self) -> Self {
        Self { keeps_numbers: true, ..self }
    }

    /// The text with what may be of a value replaced.
    pub(super) fn kept_in(&self, text: &str) -> String {
        let mut kept = Kept::default();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let length = match first {
                c if is_word(c) => end(rest, is_word),
                c if is_punctuation(c) => end(rest, is_punctuation),
                c => c.len_utf8(),
            };
            let (piece, behind) = rest.split_at(length);
            rest = behind;
            match first {
                c if is_word(c) && self.keeps_word(piece) => kept.word(piece),
                c if is_punctuation(c) && self.keeps_punctuation(piece) => kept.between(piece),
                c if c.is_whitespace() => kept.between(piece),
                c if !is_word(c) && (self.symbols.contains(&c) || "…“”‘’–—".contains(c)) => {
                    kept.between(piece)
                }
                _ => kept.gone(),
            }
        }
        kept.text
    }

    fn keeps_word(&self, word: &str) -> bool {
        let lower = word.to_lowercase();
        if self.secret.contains(&lower) {
            return false;
        }
        if self.own.contains(&lower) {
            return true;
        }
        let length = word.chars().count();
        if length > MAX_WORD_CHARS {
            return false;
        }
        if word.contains(char::is_numeric) {
            let is_part = length >= MIN_PART_CHARS && self.listed.contains(&lower);
            return self.keeps_numbers && !is_part && !self.holds_secret(&lower);
        }
        SMALL.contains(&word) || !self.listed.contains(&lower) && !self.holds_secret(&lower)
    }

    /// A server may write a value right after other letters: `\nabc` for a line break and `abc`.
    fn holds_secret(&self, word: &str) -> bool {
        let ends: Vec<usize> = word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
        ends.iter().enumerate().any(|(from, &start)| {
            let parts = ends.iter().skip(from + MIN_PART_CHARS);
            parts.into_iter().any(|&end| word.get(start..end).is_some_and(|part| self.secret.contains(part)))
        })
    }

    fn keeps_punctuation(&self, run: &str) -> bool {
        !self.punctuation.iter().any(|secret| run.contains(secret.as_str()))
    }
}

/// The words that stay, with one mark for whatever goes between two of them.
#[derive(Default)]
struct Kept {
    text: String,
    /// Where the last mark ends, if no word came after it.
    gone: Option<usize>,
}

impl Kept {
    fn word(&mut self, word: &str) {
        self.text.push_str(word);
        self.gone = None;
    }

    fn between(&mut self, piece: &str) {
        self.text.push_str(piece);
    }

    fn gone(&mut self) {
        match self.gone {
            Some(end) => self.text.truncate(end),
            None => {
                self.text.push_str(GONE);
                self.gone = Some(self.text.len());
            }
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_word(c)).filter(|word| !word.is_empty())
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() && !is_word(c)
}

fn end(text: &str, is: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is(c)).unwrap_or(text.len())
}
