//! When two names mean the same column, the one rule wherever names of columns and fields are compared; and how a message
//! shows them.

use std::borrow::Cow;

/// The system column that records which write a row came from. lakeorm creates and fills it.
pub const INGEST_ID: &str = "_ingest_id";

/// The maximum letters of a name in a message. Spark names an expression after its whole text, and a server may send
/// names of megabytes.
const SHOWN: usize = 256;

/// A name as a message shows it.
pub(crate) fn shown(name: &str) -> Cow<'_, str> {
    cut(name, SHOWN)
}

/// The text up to this many letters, and the number of bytes that are left out.
pub(crate) fn cut(text: &str, letters: usize) -> Cow<'_, str> {
    match text.char_indices().nth(letters) {
        None => Cow::Borrowed(text),
        Some((end, _)) => {
            let (start, rest) = text.split_at(end);
            Cow::Owned(format!("{start}… ({} more bytes left out)", rest.len()))
        }
    }
}

/// Where a wanted name stands among others.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nowhere.
    Nothing,
    /// At this position.
    One(usize),
    /// At these positions, of which none is nearer than the others.
    Several(Vec<usize>),
}

/// Looks for a name: exactly, else without regard to case, as Spark does where `spark.sql.caseSensitive` is false.
pub(crate) fn find<'a>(wanted: &str, names: &(impl Iterator<Item = &'a str> + Clone)) -> Found {
    let matching = |same: &dyn Fn(&str) -> bool| -> Vec<usize> {
        names.clone().enumerate().filter(|(_, name)| same(name)).map(|(index, _)| index).collect()
    };
    let mut positions = matching(&|name| name == wanted);
    if positions.is_empty() {
        positions = matching(&|name| is_same(name, wanted));
    }
    match *positions.as_slice() {
        [] => Found::Nothing,
        [index] => Found::One(index),
        _ => Found::Several(positions),
    }
}

/// Whether two names differ in nothing but case, in any script.
///
/// Letters fold one by one, as Java's `equalsIgnoreCase` does it: `ß` is not `ss`, and a letter with its accent
/// is not the letter and an accent. The dotless `ı` stays itself, since it is a letter of its own where it is used.
pub(crate) fn is_same(left: &str, right: &str) -> bool {
    // A result may have thousands of columns, and most names are ASCII.
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    left.chars().map(folded).eq(right.chars().map(folded))
}

/// The letter without its case. By way of the capital, so that the two small sigmas are one. Where the other case is more
/// than one letter, as that of `ß` and of `İ`, the letter stays itself.
pub(crate) fn folded(letter: char) -> char {
    let capital = if letter == 'ı' { letter } else { single(letter.to_uppercase()).unwrap_or(letter) };
    single(capital.to_lowercase()).unwrap_or(capital)
}

fn single(mut letters: impl Iterator<Item = char>) -> Option<char> {
    let first = letters.next()?;
    letters.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find_in(wanted: &str, names: &[&str]) -> Found {
        find(wanted, &names.iter().copied())
    }

    #[test]
    fn long_names_are_truncated_at_a_character_boundary() {
        assert_eq!(shown("größe"), "größe");
        assert_eq!(cut("größe", 5), "größe");
        assert_eq!(cut("größe", 3), "grö… (3 more bytes left out)");
        assert!(shown(&"é".repeat(1 << 20)).len() < 3 * SHOWN);
    }

    #[test]
    fn names_of_any_script_are_the_same_in_either_case() {
        for (left, right) in [
            ("id", "ID"),
            ("été", "ÉTÉ"),
            ("größe", "GRÖẞE"),
            ("οδος", "ΟΔΟΣ"),
            ("οδος_id", "ΟΔΟΣ_ID"),
            ("οδοσ", "οδος"),
            ("имя", "ИМЯ"),
            ("𐐨", "𐐀"),
            ("ǆ", "ǅ"),
            ("K", "k"),
            ("İD", "İd"),
            ("年", "年"),
        ] {
            assert!(is_same(left, right) && is_same(right, left), "{left} {right}");
        }
    }

    #[test]
    fn different_letters_are_different_names() {
        for (left, right) in [
            ("id", "ıd"),
            ("ıd", "Id"),
            ("id", "İd"),
            ("i\u{307}d", "İd"),
            ("größe", "GRÖSSE"),
            ("\u{e9}", "e\u{301}"),
            ("ﬁ", "fi"),
            ("a", "а"),
            ("id", "id "),
            ("id", "ids"),
        ] {
            assert!(!is_same(left, right) && !is_same(right, left), "{left} {right}");
        }
    }

    #[test]
    fn an_exact_name_goes_before_one_of_another_case() {
        assert_eq!(find_in("été", &["ÉTÉ", "été"]), Found::One(1));
        assert_eq!(find_in("été", &["a", "ÉTÉ"]), Found::One(1));
        assert_eq!(find_in("Été", &["ÉTÉ", "été"]), Found::Several(vec![0, 1]));
        assert_eq!(find_in("a", &["a", "A", "a"]), Found::Several(vec![0, 2]));
        assert_eq!(find_in("ete", &["ÉTÉ"]), Found::Nothing);
    }
}
