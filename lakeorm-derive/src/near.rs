//! The word that was probably meant.
//!
//! lakeorm counts the distance of two names of columns in the same way, but there (`decode/row/suggest.rs`) letters are
//! compared as Spark compares them, a single letter is near to nothing, and names may be thousands. A macro crate exports
//! nothing but macros and cannot depend on the crate that re-exports it, so `distance` is here and there.

/// The error of an unknown word: the nearest known one if there is one, and all of them.
pub(crate) fn unknown(what: &str, unknown: &str, known: &[&str]) -> String {
    let list = known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match nearest(unknown, known) {
        Some(near) => format!("unknown {what} `{unknown}`; did you mean `{near}`? Expected one of {list}"),
        None => format!("unknown {what} `{unknown}`; expected one of {list}"),
    }
}

fn nearest<'a>(wanted: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = plain(wanted);
    let limit = (plain.len() / 3).max(1);
    known
        .iter()
        .map(|word| (distance(&plain, &self::plain(word)), *word))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

fn plain(word: &str) -> Vec<char> {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How many letters are inserted, removed, replaced or swapped with their neighbour.
fn distance(left: &[char], right: &[char]) -> usize {
    let (mut two_above, mut above): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=right.len()).collect());
    let mut a_before = None;
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        let (mut last, mut b_before) = (i + 1, None);
        for (j, b) in right.iter().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX - 1);
            let replaced = at(&above, j) + usize::from(a != b);
            last = replaced.min(at(&above, j + 1) + 1).min(last + 1);
            if j > 0 && a_before == Some(b) && b_before == Some(a) {
                last = last.min(at(&two_above, j - 1) + 1);
            }
            row.push(last);
            b_before = Some(b);
        }
        two_above = std::mem::replace(&mut above, row);
        a_before = Some(a);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_suggested_and_all_are_listed() {
        assert_eq!(
            unknown("attribute", "renam", &["rename", "skip"]),
            "unknown attribute `renam`; did you mean `rename`? Expected one of `rename`, `skip`"
        );
        assert_eq!(
            unknown("attribute", "ksip", &["rename", "skip"]),
            "unknown attribute `ksip`; did you mean `skip`? Expected one of `rename`, `skip`"
        );
        assert_eq!(
            unknown("attribute", "primary", &["rename", "skip"]),
            "unknown attribute `primary`; expected one of `rename`, `skip`"
        );
    }
}
