//! Which words of a server's text may stay.

use std::collections::HashSet;

use super::GONE;

/// Small words of English, which say nothing about a longer value that happens to hold them.
const SMALL: [&str; 24] = [
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "for", "from", "has", "in", "is", "it", "not",
    "of", "on", "or", "the", "to", "was", "with", "you",
];

/// The types of Arrow that Sail names, as far as their names hold numbers.
const ARROW_TYPES: [&str; 21] = [
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "UInt8",
    "UInt16",
    "UInt32",
    "UInt64",
    "Float16",
    "Float32",
    "Float64",
    "Utf8",
    "LargeUtf8",
    "Utf8View",
    "Date32",
    "Date64",
    "Time32",
    "Time64",
    "Decimal64",
    "Decimal128",
    "Decimal256",
];

/// Words with numbers that servers list where they wanted one of them: formats, checksums and types of files.
const CHOICES: [&str; 15] = [
    "utf8", "UTF8", "base32", "base64", "MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "INT32",
    "INT64", "INT96", "float32", "float64",
];

/// Character sets that servers list so, each a name of several words.
const CHARSETS: [&str; 8] =
    ["UTF-8", "UTF-16", "UTF-16BE", "UTF-16LE", "UTF-32", "ISO-8859-1", "utf-8", "utf-16"];

/// Maximum characters of a word that may stay: neither a server nor a statement writes a longer one.
const MAX_WORD_CHARS: usize = 64;

/// Minimum characters of a part of a value that is looked for: half of all words hold a shorter one.
const MIN_PART_CHARS: usize = 3;

/// The most bytes of words that each unknown word of a text is looked for in: in more it would take seconds.
const MOST_LISTED: usize = 256 * 1024;

/// The words of the statement, and those of the values in every spelling; all in lower case.
pub(super) struct Words {
    own: HashSet<String>,
    symbols: HashSet<char>,
    secret: HashSet<String>,
    /// The same, one per line, to find parts of them; `None` where they are too many to look through for each word.
    listed: Option<String>,
    /// Punctuation that is a value, or a run of several in one.
    punctuation: HashSet<String>,
    /// Names that stay as they are, whatever their words are.
    names: Vec<String>,
    /// Whether other numbers than those of a value stay.
    keeps_numbers: bool,
}

impl Words {
    pub(super) fn new(written: &str, spellings: impl Iterator<Item = String>) -> Self {
        let own = words(written).map(str::to_lowercase).collect();
        let symbols = written.chars().filter(|c| !c.is_ascii()).collect();
        let (mut secret, mut punctuation) = (HashSet::new(), HashSet::new());
        for spelling in spellings {
            secret.extend(words(&spelling).map(str::to_lowercase));
            let runs = spelling.split(|c: char| !is_punctuation(c));
            punctuation.extend(runs.filter(|run| run.len() > 1).map(str::to_owned));
            if spelling.len() == 1 && spelling.chars().all(is_punctuation) {
                punctuation.extend(["'", "\"", "`"].map(|quote| format!("{quote}{spelling}{quote}")));
            }
        }
        let is_short = secret.iter().map(String::len).sum::<usize>() <= MOST_LISTED;
        let listed = is_short.then(|| secret.iter().map(String::as_str).collect::<Vec<_>>().join("\n"));
        Self { own, symbols, secret, listed, punctuation, names: Vec::new(), keeps_numbers: false }
    }

    /// The same, where these names stay as a whole: a value may share words with them.
    pub(super) fn keeping(self, names: &[String]) -> Self {
        let names = names.iter().filter(|name| name.starts_with(is_word)).cloned().collect();
        Self { names, ..self }
    }

    /// The same for cells alone, which a server writes as they are: other numbers are of files, lines and types.
    pub(super) fn keeping_numbers(self) -> Self {
        Self { keeps_numbers: true, ..self }
    }

    /// The text with what may be of a value replaced.
    pub(super) fn kept_in(&self, text: &str) -> String {
        let mut kept = KeptText::default();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let own = || self.names.iter().find_map(|name| split_name(rest, name));
            if let Some((name, behind)) = own().or_else(|| self.split_charset(rest)) {
                kept.word(name);
                rest = behind;
                continue;
            }
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
            let is_part = length >= MIN_PART_CHARS && self.may_be_part(&lower);
            let may_stay = self.keeps_numbers || ARROW_TYPES.contains(&word) || CHOICES.contains(&word);
            return may_stay && !is_part && !self.holds_secret(&lower);
        }
        SMALL.contains(&word) || !self.may_be_part(&lower) && !self.holds_secret(&lower)
    }

    /// The character set that the text begins with and what follows, if none of its words may be of a value.
    fn split_charset<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str)> {
        let found = CHARSETS.iter().find_map(|name| split_name(text, name))?;
        let may_be_of_a_value = |word: String| {
            let is_part = word.len() >= MIN_PART_CHARS && self.may_be_part(&word);
            is_part || self.secret.contains(&word) || self.holds_secret(&word)
        };
        (!words(found.0).map(str::to_lowercase).any(may_be_of_a_value)).then_some(found)
    }

    /// Whether the word may be a part of one of the values'. Of very many words any may be.
    fn may_be_part(&self, word: &str) -> bool {
        self.listed.as_ref().is_none_or(|listed| listed.contains(word))
    }

    /// A server may write a value right after other letters: `\nabc` for a line break and `abc`.
    fn holds_secret(&self, word: &str) -> bool {
        let ends: Vec<usize> = word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
        ends.iter().enumerate().any(|(from, &start)| {
            let parts = ends.iter().skip(from + MIN_PART_CHARS);
            parts.into_iter().any(|&end| word.get(start..end).is_some_and(|part| self.secret.contains(part)))
        })
    }

    /// A long run goes unread: looking through it would take too long.
    fn keeps_punctuation(&self, run: &str) -> bool {
        let is_secret = |part: &str| self.punctuation.contains(part);
        let begins_secret =
            |rest: &str| (1..=rest.len()).any(|length| rest.get(..length).is_some_and(is_secret));
        let holds_secret = || (0..run.len()).any(|start| run.get(start..).is_some_and(begins_secret));
        self.punctuation.is_empty() || run.len() <= MAX_WORD_CHARS && !holds_secret()
    }
}

/// The words that stay, with one mark for whatever goes between two of them.
#[derive(Default)]
struct KeptText {
    text: String,
    /// Where the last mark ends, if no word came after it.
    gone: Option<usize>,
}

impl KeptText {
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

/// The name that the text begins with as a whole, and what follows.
fn split_name<'t>(text: &'t str, name: &str) -> Option<(&'t str, &'t str)> {
    let behind = text.strip_prefix(name)?;
    let name = text.get(..name.len())?;
    (!behind.starts_with(is_word)).then_some((name, behind))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_of_a_value_goes_wherever_a_run_holds_it() {
        let words = Words::new("", ["(<[".to_owned(), "x".to_owned(), "%".to_owned()].into_iter());
        assert_eq!(words.kept_in("a ((<[) b"), format!("a {GONE} b"));
        assert_eq!(words.kept_in("'%' ([ ."), format!("{GONE} ([ ."));
        let long = "-".repeat(MAX_WORD_CHARS + 1);
        assert_eq!(words.kept_in(&long), GONE);
        assert_eq!(Words::new("", std::iter::empty()).kept_in(&long), long);
    }

    #[test]
    fn a_name_stays_as_a_whole_whatever_words_a_value_has() {
        let words = Words::new("", std::iter::once("io.sql.MyExtensions7".to_owned()));
        let words = words.keeping(&["spark.sql.extensions".to_owned()]);
        let said = "the \"spark.sql.extensions\" of sql or xspark.sql.extensions";
        assert_eq!(words.kept_in(said), "the \"spark.sql.extensions\" of … or xspark.…");
    }

    #[test]
    fn beside_very_many_words_of_values_only_the_statements_own_and_small_ones_stay() {
        let told = "the orders failed with 17 rows";
        let few = Words::new("SELECT orders", std::iter::once("ada".to_owned())).keeping_numbers();
        assert_eq!(few.kept_in(told), told);
        let value: String = (0..MOST_LISTED / 8).map(|number| format!("w{number:x} ")).collect();
        let repeated = Words::new("SELECT orders", std::iter::once(value.repeat(2)));
        assert!(repeated.listed.is_some(), "a word that comes often counts once");
        let value: String = (0..MOST_LISTED / 4).map(|number| format!("w{number:x} ")).collect();
        let many = Words::new("SELECT orders", std::iter::once(value)).keeping_numbers();
        assert_eq!(many.kept_in(told), format!("the orders {GONE} with 17 {GONE}"));
        assert_eq!(many.kept_in("w1f"), GONE);
    }
}
